//! A service, a publisher and a subscriber on std sockets and threads: no runtime anywhere.
//!
//! `cargo run -p xmpp-pubsub --example blocking` prints what each end sees, then ends.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "an example owns clock, sockets and threads"
)]

use std::collections::HashMap;
use std::error::Error;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use xmpp_pubsub::client::{self, PubSub};
use xmpp_pubsub::pubsub::{Affiliation, Item};
use xmpp_pubsub::sasl::{Password, SaslCondition};
use xmpp_pubsub::service::{self, NewNode, NodeConfig, Service};
use xmpp_pubsub::session::{
    Client, ClientConfig, ClientEvent, Router, RouterConfig, RouterEvent, Security, Server,
    ServerConfig, ServerEvent, SessionKey,
};
use xmpp_pubsub::stream::Form;
use xmpp_pubsub::{Jid, NodeId, Outgoing, notification};

fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let hub = Arc::new(Mutex::new(Hub::new()?));
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let (Ok(stream), hub) = (stream, Arc::clone(&hub)) else {
                continue;
            };
            thread::spawn(move || {
                if let Err(error) = serve(SessionKey(number as u64), stream, &hub) {
                    eprintln!("server: {error}");
                }
            });
        }
    });
    let (ready, is_ready) = mpsc::channel();
    let subscriber = thread::spawn(move || subscribe(address, &ready).map_err(|e| e.to_string()));
    is_ready.recv()?;
    publish(address)?;
    let document = subscriber.join().map_err(|_| "the subscriber panicked")??;
    println!("the subscriber got {document}");
    Ok(())
}

/// What all sessions share.
struct Hub {
    router: Router,
    service: Service,
    sessions: HashMap<SessionKey, Sender<Outgoing>>,
}

impl Hub {
    fn new() -> Result<Self, Box<dyn Error>> {
        let pubsub = Jid::new(PUBSUB)?;
        let mut service = Service::new(service::Config::new(pubsub.clone(), 1));
        let config = NodeConfig::transient();
        let new = NewNode {
            node: NodeId::new(NODE)?,
            config,
            owner: None,
        };
        service.create_node(Duration::ZERO, new)?;
        let publisher = Jid::new("publisher@localhost")?;
        service.set_service_affiliation(Duration::ZERO, &publisher, Affiliation::Publisher);
        let config = RouterConfig::new(Jid::new("localhost")?, 2).with_component(pubsub);
        Ok(Self {
            router: Router::new(config),
            service,
            sessions: HashMap::new(),
        })
    }

    fn hand_out(&mut self, now: Duration) {
        while let Some(event) = self.router.poll_event() {
            if let RouterEvent::Component { stanza, .. } = event {
                self.service.handle_stanza(now, &stanza);
            }
        }
        while let Some(stanza) = self.service.poll_outgoing() {
            self.router.deliver(stanza);
        }
        while let Some(transmit) = self.router.poll_transmit() {
            if let Some(session) = self.sessions.get(&transmit.session) {
                // A session whose thread has ended is unbound soon.
                let _ = session.send(transmit.stanza);
            }
        }
    }
}

/// One session of the server: its thread reads, and looks every few milliseconds for what others sent.
fn serve(key: SessionKey, mut stream: TcpStream, hub: &Mutex<Hub>) -> Result<(), Box<dyn Error>> {
    let (sender, stanzas) = mpsc::channel();
    let origin = Instant::now();
    let config = ServerConfig::new(Jid::new("localhost")?, key.0, Security::Protected);
    let mut session = Server::new(Duration::ZERO, config, Form::Tcp);
    let mut input = BytesMut::new();
    stream.set_read_timeout(Some(TICK))?;
    while !session.is_closed() {
        if !read(&mut stream, &mut input)? {
            session.transport_lost();
        }
        // An error is told to the client, and the session is over.
        let _ = session.handle_input(origin.elapsed(), &mut input);
        session.handle_timeout(origin.elapsed());
        stanzas
            .try_iter()
            .for_each(|stanza: Outgoing| session.send_outgoing(&stanza));
        while let Some(event) = session.poll_event() {
            let mut hub = hub.lock().unwrap_or_else(PoisonError::into_inner);
            match event {
                ServerEvent::Authenticate { credentials, .. } => {
                    if credentials.password.matches("secret") {
                        session.authenticate_ok()?;
                    } else {
                        session.authenticate_failed(SaslCondition::NOT_AUTHORIZED)?;
                    }
                }
                ServerEvent::Bind { user, resource } => {
                    let now = origin.elapsed();
                    match hub.router.bind(now, key, &user, resource.as_deref()) {
                        Ok(jid) => {
                            hub.sessions.insert(key, sender.clone());
                            session.bind_ok(jid)?;
                        }
                        Err(error) => session.bind_failed(error)?,
                    }
                }
                ServerEvent::Stanza(stanza) => {
                    hub.router.handle_stanza(origin.elapsed(), key, stanza);
                }
                ServerEvent::Closed { reason } => {
                    println!("server: {reason}");
                    hub.router.unbind(origin.elapsed(), key);
                }
                // Neither was offered.
                ServerEvent::StartTls
                | ServerEvent::ScramKeys { .. }
                | ServerEvent::LoginChecked { .. }
                | _ => {}
            }
            hub.hand_out(origin.elapsed());
        }
        while let Some(bytes) = session.poll_transmit() {
            stream.write_all(&bytes)?;
        }
    }
    Ok(())
}

/// A client: a session and the requests that stand on it.
struct Peer {
    stream: TcpStream,
    input: BytesMut,
    session: Client,
    pubsub: PubSub,
    origin: Instant,
}

impl Peer {
    fn connect(address: SocketAddr, jid: &str) -> Result<Self, Box<dyn Error>> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(TICK))?;
        let config = ClientConfig::new(Jid::new(jid)?, Password::new("secret"), 3);
        let mut session = Client::new(config, Form::Tcp);
        session.open(Duration::ZERO)?;
        let pubsub = PubSub::new(client::Config::new(Jid::new(PUBSUB)?, 4));
        Ok(Self {
            stream,
            input: BytesMut::new(),
            session,
            pubsub,
            origin: Instant::now(),
        })
    }

    /// Moves bytes and time until something happened.
    fn next(&mut self) -> Result<Happened, Box<dyn Error>> {
        loop {
            while let Some(event) = self.session.poll_event() {
                match event {
                    ClientEvent::Online { jid } => return Ok(Happened::Online(jid)),
                    ClientEvent::Stanza(stanza) => {
                        let now = self.origin.elapsed();
                        drop(self.pubsub.handle_stanza(now, stanza));
                    }
                    ClientEvent::Closed { reason } => return Err(reason.into()),
                    ClientEvent::StartTls | ClientEvent::Restart | _ => {}
                }
            }
            if let Some(event) = self.pubsub.poll_event() {
                return Ok(Happened::PubSub(Box::new(event)));
            }
            while let Some(stanza) = self.pubsub.poll_transmit() {
                self.session.send(&stanza)?;
            }
            while let Some(bytes) = self.session.poll_transmit() {
                self.stream.write_all(&bytes)?;
            }
            if !read(&mut self.stream, &mut self.input)? {
                self.session.transport_lost();
            }
            self.session
                .handle_input(self.origin.elapsed(), &mut self.input)?;
            self.session.handle_timeout(self.origin.elapsed());
            self.pubsub.handle_timeout(self.origin.elapsed());
        }
    }
}

#[allow(
    clippy::large_enum_variant,
    reason = "one of it is there at a time, and is taken apart at once"
)]
enum Happened {
    Online(Jid),
    PubSub(Box<client::Event>),
}

fn subscribe(address: SocketAddr, ready: &Sender<()>) -> Result<String, Box<dyn Error>> {
    let mut peer = Peer::connect(address, "subscriber@localhost/example")?;
    loop {
        match peer.next()? {
            Happened::Online(jid) => {
                println!("subscriber: online as {jid}");
                peer.pubsub
                    .subscribe(peer.origin.elapsed(), &NodeId::new(NODE)?, jid.bare());
            }
            Happened::PubSub(event) => match *event {
                client::Event::Done { outcome, .. } => {
                    println!("subscriber: {outcome:?}");
                    ready.send(())?;
                }
                client::Event::Failed { failure, .. } => return Err(failure.into()),
                client::Event::Notification(notification) => {
                    if let Some(document) = document(&notification.event) {
                        return Ok(document);
                    }
                }
                client::Event::Approval(_)
                | client::Event::Followed { .. }
                | client::Event::FollowEnded { .. }
                | client::Event::PossibleGap { .. }
                | client::Event::Left { .. }
                | _ => {}
            },
        }
    }
}

fn publish(address: SocketAddr) -> Result<(), Box<dyn Error>> {
    let mut peer = Peer::connect(address, "publisher@localhost/example")?;
    loop {
        match peer.next()? {
            Happened::Online(jid) => {
                println!("publisher: online as {jid}");
                let item = Item::new(notification::wrap("<Update><event>PUT</event></Update>"));
                peer.pubsub
                    .publish(peer.origin.elapsed(), &NodeId::new(NODE)?, item);
            }
            Happened::PubSub(event) => match *event {
                client::Event::Done { outcome, .. } => {
                    println!("publisher: {outcome:?}");
                    return Ok(());
                }
                client::Event::Failed { failure, .. } => return Err(failure.into()),
                client::Event::Notification(_) | _ => {}
            },
        }
    }
}

fn document(event: &xmpp_pubsub::event::Event) -> Option<String> {
    let xmpp_pubsub::event::Event::Items { changes, .. } = event else {
        return None;
    };
    changes.iter().find_map(|change| match change {
        xmpp_pubsub::event::ItemChange::Published(item) => {
            item.payload().and_then(notification::unwrap)
        }
        xmpp_pubsub::event::ItemChange::Retracted(_) => None,
    })
}

/// Reads what is there within a tick; false at the end of the stream.
fn read(stream: &mut TcpStream, input: &mut BytesMut) -> Result<bool, std::io::Error> {
    let mut buffer = [0; 4096];
    match stream.read(&mut buffer) {
        Ok(0) => Ok(false),
        Ok(count) => {
            input.extend_from_slice(&buffer[..count]);
            Ok(true)
        }
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            Ok(true)
        }
        Err(error) => Err(error),
    }
}

const PUBSUB: &str = "pubsub.localhost";
const NODE: &str = "/finesse/api/User/1001001";
const TICK: Duration = Duration::from_millis(5);
