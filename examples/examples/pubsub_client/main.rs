//! A publish-subscribe client (XEP-0060) over TCP that is driven line by line: the crate `xmpp-pubsub` on one std socket
//! and one thread, against any server. `Client::turn` here and `link.rs` are all that a program of yours needs.
//!
//! ```text
//! XMPP_PASSWORD=secret cargo run -p examples --example pubsub_client -- user@example.org
//! ```
//!
//! It goes on over TLS by STARTTLS, logs in with the strongest mechanism that both ends know, and does what standard input
//! says, one command in a line. A connection that breaks is made again, and what was followed goes on. At the end of the
//! input, or at `leave`, the subscriptions of what is followed end, then the session.
//!
//! | command | what |
//! | --- | --- |
//! | `info [NODE]`, `entries [NODE]` | what the service or a node is, and what it has |
//! | `create NODE [FIELD=VALUE]...` | makes a node; `FIELD` without its `pubsub#` |
//! | `configuration NODE`, `configure NODE FIELD=VALUE...` | shows and changes settings |
//! | `subscribe NODE [FIELD=VALUE]...`, `unsubscribe NODE` | for this account, with options |
//! | `options NODE`, `set-options NODE FIELD=VALUE...` | of that subscription |
//! | `subscriptions [NODE]`, `affiliations [NODE]` | of this account |
//! | `publish NODE ITEM XML`, `publish-text NODE ITEM TEXT` | an element, or any text, which is escaped |
//! | `items NODE [NEWEST]`, `item NODE ITEM...`, `pages NODE SIZE` | retrieves: at once, by name, page by page |
//! | `retract NODE ITEM`, `purge NODE`, `delete NODE [URI]` | deletes an item, all of them, or the node, which moved to `URI` |
//! | `affiliates NODE`, `affiliate NODE JID AFFILIATION` | who may do what |
//! | `subscribers NODE`, `subscriber NODE JID STATE` | who is subscribed |
//! | `allow`, `deny` | answers who asked to subscribe, the oldest first |
//! | `follow NODE [NEWEST]`, `unfollow NODE` | keeps a subscription, and asks for what was missed among so many items |
//! | `leave` | ends it all |
//!
//! Each request is answered by lines of its own, and then `done` or `failed REASON`. What happens by itself comes between
//! them: `online JID`, `event WHAT NODE ...`, `missed WHAT NODE ...` of what came while there was no connection,
//! `followed NODE STATE`, `unfollowed NODE`, `gap NODE REASON`, `approval NODE JID`, `left COUNT`, `closed REASON`. The
//! tests in `tests/interop` read that.

mod command;
mod link;
mod tell;

use std::{
    collections::VecDeque,
    error::Error,
    io,
    path::PathBuf,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use clap::{Parser, ValueEnum};
use xmpp_pubsub::{
    Jid,
    client::{Approval, Config, PubSub},
    session::{ClientEvent, CloseReason},
    stream::StreamCondition,
};

use link::{Link, TICK};

const RETRY: Duration = Duration::from_millis(500);

#[derive(Parser)]
#[command(about = "A publish-subscribe client that is driven by lines on standard input")]
struct Arguments {
    /// Who logs in: USER@DOMAIN or USER@DOMAIN/RESOURCE
    jid: Jid,
    /// His password
    #[arg(long, env = "XMPP_PASSWORD", hide_env_values = true)]
    password: String,
    /// HOST:PORT of the server [default: port 5222 of the domain]
    #[arg(long)]
    server: Option<String>,
    /// Address of the publish-subscribe service [default: pubsub.DOMAIN]
    #[arg(long)]
    service: Option<Jid>,
    /// Certificates of who may vouch for the server, as PEM [default: those of the system]
    #[arg(long)]
    ca: Option<PathBuf>,
    /// Talks in the clear, the password too: to a server on this machine only
    #[arg(long)]
    clear: bool,
    /// The weakest mechanism that will do to log in
    #[arg(long, value_enum, default_value = "plain")]
    weakest: Weakest,
}

#[derive(Clone, Copy, ValueEnum)]
enum Weakest {
    Plain,
    #[value(name = "scram-sha-1")]
    ScramSha1,
    #[value(name = "scram-sha-256")]
    ScramSha256,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let mut client = Client::new(arguments)?;
    while !client.is_over {
        // What is asked before there is a session would be lost.
        if client.is_online() {
            match lines.try_recv() {
                Ok(line) => client.command(&line),
                Err(mpsc::TryRecvError::Disconnected) if client.pubsub.open_requests() == 0 => {
                    client.leave();
                }
                Err(_) => {}
            }
        }
        client.turn()?;
    }
    Ok(())
}

/// What outlives a connection, and the connection while there is one.
struct Client {
    arguments: Arguments,
    origin: Instant,
    pubsub: PubSub,
    link: Option<Link>,
    /// When to connect, while there is no connection.
    connect_at: Duration,
    /// Who asked to subscribe to a node of ours.
    approvals: VecDeque<Approval>,
    is_leaving: bool,
    is_over: bool,
}

impl Client {
    fn new(arguments: Arguments) -> Result<Self, Box<dyn Error>> {
        let service = match &arguments.service {
            Some(service) => service.clone(),
            None => Jid::new(&format!("pubsub.{}", arguments.jid.domain()))?,
        };
        Ok(Self {
            pubsub: PubSub::new(Config::new(service, getrandom::u64()?)),
            arguments,
            origin: Instant::now(),
            link: None,
            connect_at: Duration::ZERO,
            approvals: VecDeque::new(),
            is_leaving: false,
            is_over: false,
        })
    }

    /// Moves bytes and time once around: what came goes in, what is to be known and to be sent comes out.
    fn turn(&mut self) -> Result<(), Box<dyn Error>> {
        let now = self.origin.elapsed();
        match &mut self.link {
            Some(link) => link.receive(now),
            None if now >= self.connect_at => self.connect(now)?,
            None => thread::sleep(TICK),
        }
        self.pubsub.handle_timeout(now);
        while let Some(event) = self
            .link
            .as_mut()
            .and_then(|link| link.session.poll_event())
        {
            self.on_session_event(now, event)?;
        }
        while let Some(event) = self.pubsub.poll_event() {
            self.on_event(event);
        }
        if let Some(link) = &mut self.link {
            while let Some(stanza) = self.pubsub.poll_transmit() {
                link.session.send(&stanza)?;
            }
            link.flush();
        }
        Ok(())
    }

    fn is_online(&self) -> bool {
        let session = self.link.as_ref().map(|link| &link.session);
        session.is_some_and(|session| session.jid().is_some())
    }

    fn connect(&mut self, now: Duration) -> Result<(), Box<dyn Error>> {
        match Link::new(now, &self.arguments) {
            Ok(link) => self.link = Some(link?),
            Err(error) => {
                println!("closed {error}");
                self.connect_at = now + RETRY;
                self.is_over = self.is_leaving;
            }
        }
        Ok(())
    }

    fn on_session_event(
        &mut self,
        now: Duration,
        event: ClientEvent,
    ) -> Result<(), Box<dyn Error>> {
        match event {
            ClientEvent::StartTls => {
                if let Some(link) = &mut self.link {
                    link.start_tls(&self.arguments)?;
                }
            }
            ClientEvent::Online { jid } => {
                println!("online {jid}");
                self.pubsub.connected(now, &jid);
            }
            ClientEvent::Stanza(stanza) => {
                // What is given back is not the service's, and nothing to us.
                drop(self.pubsub.handle_stanza(now, stanza));
            }
            ClientEvent::Closed { reason } => {
                println!("closed {reason}");
                // The goodbye, if there is one.
                if let Some(mut link) = self.link.take() {
                    link.flush();
                }
                self.pubsub.connection_lost();
                self.connect_at = now + RETRY;
                if !may_pass(&reason) && !self.is_leaving {
                    return Err(reason.into());
                }
                self.is_over = self.is_leaving;
            }
            // Of BOSH.
            ClientEvent::Restart | _ => {}
        }
        Ok(())
    }

    /// Ends the subscriptions of what is followed; `Event::Left` says when that is done.
    fn leave(&mut self) {
        if !self.is_leaving {
            self.is_leaving = true;
            self.pubsub.leave(self.origin.elapsed());
        }
    }
}

/// Whether another attempt may do better.
fn may_pass(reason: &CloseReason) -> bool {
    match reason {
        CloseReason::TransportLost | CloseReason::Peer => true,
        // Somebody logged in as this resource: he would be put out, and so on.
        CloseReason::PeerError(error) => error.condition != StreamCondition::CONFLICT,
        CloseReason::Moved(_)
        | CloseReason::Error(_)
        | CloseReason::Ended
        | CloseReason::TlsFailed
        | CloseReason::GivenUp(_)
        | CloseReason::Refused(_)
        | CloseReason::Unsupported(_)
        | CloseReason::NotBound(_)
        | _ => false,
    }
}
