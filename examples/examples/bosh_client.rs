//! An XMPP client over BOSH that is driven line by line: the crates `bosh` and `xmpp-pubsub` on std sockets, against any
//! server on this machine: over HTTP in the clear it sends no password elsewhere.
//!
//! ```text
//! cargo run -p examples --example bosh_client -- http://127.0.0.1:5280/http-bind agent0 secret-0
//! ```
//!
//! It logs in with SASL PLAIN, binds a resource and sends its presence. Then it does what standard input says, one
//! command in a line, and ends when that ends or the session does:
//!
//! | command | what |
//! | --- | --- |
//! | `send JID TEXT` | sends a chat message |
//! | `restart` | asks for a new stream in the same session |
//! | `pause SECONDS`, `resume` | announces silence, and ends it |
//! | `terminate` | ends the session |
//!
//! What happens comes out, one event in a line: `opened`, `bound JID`, `online`, `features`, `message FROM TEXT`,
//! `bounced FROM`, `refused COMMAND`, `given-up REASON`, `closed REASON`. The tests in `tests/interop` read that.

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpStream, ToSocketAddrs as _},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use bosh::{
    Rid,
    session::{
        self as bosh_session, ClientConfig, ClientEvent, ClientTransmit, Farewell, Profile,
        RequestId, Retry,
    },
};
use bytes::Bytes;
use clap::{Parser, ValueEnum};
use xmpp_pubsub::{
    Jid, ns,
    sasl::Password,
    session::{self as xmpp_session, Security},
    stanza::{Message, MessageKind, Payload, Presence, PresenceKind, Stanza},
    stream::Form,
    xml::Element,
};

const MAX_BODY: u64 = 1024 * 1024;
const MAX_HEAD: u64 = 16 * 1024;

#[derive(Parser)]
#[command(about = "An XMPP client over BOSH that is driven by lines on standard input")]
struct Arguments {
    /// `http://HOST:PORT/PATH` of the connection manager
    url: String,
    /// Name of the account
    user: String,
    /// Its password
    password: String,
    /// Domain to be served by
    #[arg(long, default_value = "localhost")]
    domain: String,
    /// Resource to bind
    #[arg(long, default_value = "interop")]
    resource: String,
    /// The server, of which some things are known: its way of doing them is the default of what follows
    #[arg(long, value_enum, default_value = "xep")]
    profile: Server,
    /// Seconds that the server may hold a request
    #[arg(long)]
    wait: Option<u64>,
    /// Requests that the server may hold; 0 polls
    #[arg(long)]
    hold: Option<u32>,
    /// Seconds between polls
    #[arg(long, default_value_t = 5)]
    poll: u64,
    /// Announces no version of BOSH, as clients before 1.6 did
    #[arg(long)]
    legacy: bool,
    /// Keys in a sequence that protects the session, 0 for none
    #[arg(long, default_value_t = 0)]
    keys: usize,
    /// Whether responses are acknowledged
    #[arg(long)]
    acks: Option<bool>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Server {
    Xep,
    Openfire,
    Prosody,
    Ejabberd,
}

impl Server {
    const fn profile(self) -> &'static Profile {
        match self {
            Self::Xep => &Profile::XEP,
            Self::Openfire => &Profile::OPENFIRE,
            Self::Prosody => &Profile::PROSODY,
            Self::Ejabberd => &Profile::EJABBERD,
        }
    }
}

/// What wakes up the main loop.
enum Input {
    Command(String),
    /// Standard input has ended.
    End,
    Done(RequestId, io::Result<(u16, Bytes)>),
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let (inputs, inbox) = mpsc::channel();
    let commands = inputs.clone();
    thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            if commands.send(Input::Command(line)).is_err() {
                return;
            }
        }
        // Nobody is left to hear it if the session has ended.
        let _ = commands.send(Input::End);
    });
    Session::new(arguments, inputs)?.run(&inbox)
}

/// One BOSH session and the XMPP stream in it.
struct Session {
    bosh: bosh_session::Client,
    xmpp: xmpp_session::Client,
    origin: Instant,
    server: Arc<Http>,
    inputs: mpsc::Sender<Input>,
    is_over: bool,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    requests: u64,
    repeated: u64,
    broken: u64,
}

impl Session {
    fn new(arguments: Arguments, inputs: mpsc::Sender<Input>) -> io::Result<Self> {
        let server = Arc::new(Http::new(&arguments.url)?);
        let random = || getrandom::u64().map_err(io::Error::other);
        let first = Rid::new((random()? >> 12) + 1).unwrap_or(Rid::MAX);
        let profile = arguments.profile.profile();
        let wait = arguments.wait.map_or(profile.wait, Duration::from_secs);
        let mut config = ClientConfig::new(arguments.domain.as_str(), first)
            .with_profile(profile)
            .with_wait(wait, arguments.hold.unwrap_or(profile.hold))
            .with_acks(arguments.acks.unwrap_or(profile.acks))
            .with_poll_interval(Duration::from_secs(arguments.poll))
            .with_retry(Retry {
                first: Duration::from_millis(50),
                longest: Duration::from_secs(1),
                ..Retry::default()
            });
        if arguments.legacy {
            config = config.with_version(None);
        }
        let mut bosh = bosh_session::Client::new(config);
        if arguments.keys > 0 {
            let seeds = || getrandom::u64().map_or_else(|_| String::new(), |seed| seed.to_string());
            bosh = bosh.with_keys(arguments.keys, seeds);
        }
        let Arguments {
            user,
            password,
            domain,
            resource,
            ..
        } = &arguments;
        let jid = Jid::new(&format!("{user}@{domain}/{resource}")).map_err(io::Error::other)?;
        let config = xmpp_session::ClientConfig::new(jid, Password::new(password), random()?)
            .with_security(server.security()?);
        Ok(Self {
            bosh,
            xmpp: xmpp_session::Client::new(config, Form::Bosh),
            origin: Instant::now(),
            server,
            inputs,
            is_over: false,
            counts: Counts::default(),
        })
    }

    fn run(mut self, inbox: &mpsc::Receiver<Input>) -> io::Result<()> {
        self.bosh.open(self.now()).map_err(io::Error::other)?;
        self.xmpp.open(self.now()).map_err(io::Error::other)?;
        loop {
            while let Some(event) = self.bosh.poll_event() {
                self.on_bosh_event(event);
            }
            self.speak();
            if self.is_over {
                let Counts {
                    requests,
                    repeated,
                    broken,
                } = self.counts;
                println!("counts requests={requests} repeated={repeated} broken={broken}");
                return Ok(());
            }
            while let Some(transmit) = self.bosh.poll_transmit() {
                self.post(transmit);
            }
            let idle = Duration::from_secs(3600);
            let times = [self.bosh.poll_timeout(), self.xmpp.poll_timeout()];
            let until = times.into_iter().flatten().min();
            let sleep = until.map_or(idle, |at| at.saturating_sub(self.now()));
            match inbox.recv_timeout(sleep) {
                Ok(Input::Command(line)) => self.on_command(&line),
                Ok(Input::End) => return Ok(()),
                Ok(Input::Done(id, outcome)) => self.on_outcome(id, outcome),
                Err(_) => {
                    let now = self.now();
                    self.bosh.handle_timeout(now);
                    self.xmpp.handle_timeout(now);
                }
            }
        }
    }

    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    fn post(&mut self, transmit: ClientTransmit) {
        self.counts.requests += 1;
        self.counts.repeated += u64::from(transmit.id.attempt > 1);
        // Written here, so that requests leave in their order.
        let sent = self.server.send(&transmit.body);
        let (server, inputs) = (self.server.clone(), self.inputs.clone());
        thread::spawn(move || {
            let outcome = sent.and_then(|connection| server.receive(connection));
            // The session may be over.
            let _ = inputs.send(Input::Done(transmit.id, outcome));
        });
    }

    fn on_outcome(&mut self, id: RequestId, outcome: io::Result<(u16, Bytes)>) {
        let now = self.now();
        match outcome {
            Ok((status, body)) => self.bosh.handle_response(now, id, status, &body),
            Err(_) => {
                self.counts.broken += 1;
                self.bosh.handle_failure(now, id);
            }
        }
    }

    fn on_command(&mut self, line: &str) {
        let now = self.now();
        let mut words = line.splitn(3, ' ');
        let done = match (words.next(), words.next(), words.next()) {
            (Some("send"), Some(to), Some(text)) => self.say(to, text),
            (Some("restart"), None, None) => told(self.bosh.restart(now)),
            (Some("pause"), Some(seconds), None) => {
                let seconds = seconds.parse().unwrap_or_default();
                told(self.bosh.pause(now, Duration::from_secs(seconds)))
            }
            (Some("resume"), None, None) => {
                self.bosh.resume(now);
                Ok(())
            }
            (Some("terminate"), None, None) => {
                let gone = Stanza::Presence(Presence::new(PresenceKind::Unavailable));
                // Nobody is told of somebody who never came.
                let _ = self.xmpp.send(&gone);
                self.xmpp.close();
                Ok(())
            }
            _ => Err("no such command".to_owned()),
        };
        if let Err(error) = done {
            println!("refused {line}: {error}");
        }
    }

    fn say(&mut self, to: &str, text: &str) -> Result<(), String> {
        let body = Element::new(ns::CLIENT, "body").with_text(text);
        let mut message = Message::new(MessageKind::Chat, Payload::from_element(&body));
        message.to = Some(told(Jid::new(to))?);
        told(self.xmpp.send(&Stanza::Message(message)))
    }

    /// What the session below tells the stream in it.
    fn on_bosh_event(&mut self, event: ClientEvent) {
        match event {
            ClientEvent::Opened(opened) => println!(
                "opened ver={} wait={} inactivity={} pause={} polls={}",
                opened.ver.map_or_else(none, |ver| ver.to_string()),
                opened.wait.as_secs(),
                seconds(opened.inactivity),
                seconds(opened.max_pause),
                opened.polling,
            ),
            // Of a stream that was begun anew by command.
            ClientEvent::Payload(payload)
                if payload.name().is(ns::STREAM, "features") && self.xmpp.jid().is_some() =>
            {
                println!("features");
            }
            ClientEvent::Payload(payload) => {
                let (bytes, scope) = (payload.bytes().clone(), payload.scope().clone());
                if let Err(error) = self.xmpp.handle_payload(self.now(), bytes, scope) {
                    println!("unreadable {error}");
                }
            }
            ClientEvent::SeeOtherUri(uri) => println!("elsewhere {uri}"),
            ClientEvent::Closed { reason, unsent } => {
                if let bosh_session::CloseReason::Peer(condition) = reason {
                    self.xmpp
                        .handle_terminate(condition.map(bosh::Condition::as_str));
                } else {
                    self.xmpp.transport_lost();
                }
                self.speak();
                println!("closed {reason:?} unsent={}", unsent.len());
                self.is_over = true;
            }
            ClientEvent::From(from) => println!("from {from}"),
            ClientEvent::RedirectRefused { uri, reason } => println!("not to {uri}: {reason:?}"),
            ClientEvent::Stream(event) => println!("of a stream {event:?}"),
            _ => println!("unknown event"),
        }
    }

    /// What the stream tells the session below, and us.
    fn speak(&mut self) {
        let now = self.now();
        while let Some(element) = self.xmpp.poll_transmit() {
            if let Err(error) = self.bosh.send(now, element) {
                println!("unsaid {error}");
            }
        }
        while let Some(event) = self.xmpp.poll_event() {
            self.on_xmpp_event(event);
        }
    }

    fn on_xmpp_event(&mut self, event: xmpp_session::ClientEvent) {
        let now = self.now();
        match event {
            xmpp_session::ClientEvent::Restart => {
                if let Err(error) = self.bosh.restart(now) {
                    println!("refused restart: {error}");
                }
            }
            xmpp_session::ClientEvent::Online { jid } => println!("bound {jid}\nonline"),
            xmpp_session::ClientEvent::Stanza(Stanza::Message(message)) => {
                let from = message.from.as_ref().map_or("nobody", Jid::as_str);
                if message.kind == MessageKind::Error {
                    println!("bounced {from}");
                } else if let Some(body) = message.payloads.find(ns::CLIENT, "body")
                    && let Ok(body) = body.to_element()
                {
                    println!("message {from} {}", body.text());
                }
            }
            xmpp_session::ClientEvent::Stanza(_) => {}
            xmpp_session::ClientEvent::Closed { reason } => {
                match &reason {
                    xmpp_session::CloseReason::Refused(condition) => {
                        println!("not-authenticated {}", condition.as_str());
                    }
                    xmpp_session::CloseReason::PeerError(error) => println!("stream-error {error}"),
                    xmpp_session::CloseReason::GivenUp(_)
                    | xmpp_session::CloseReason::Unsupported(_) => println!("given-up {reason}"),
                    xmpp_session::CloseReason::Peer
                    | xmpp_session::CloseReason::Moved(_)
                    | xmpp_session::CloseReason::Error(_)
                    | xmpp_session::CloseReason::Ended
                    | xmpp_session::CloseReason::TlsFailed
                    | xmpp_session::CloseReason::NotBound(_)
                    | xmpp_session::CloseReason::TransportLost
                    | _ => {}
                }
                let farewell = self.xmpp.poll_stream_error();
                let farewell = farewell.map_or_else(Farewell::plain, Farewell::stream_error);
                // The server may have ended the session before.
                let _ = self.bosh.terminate_with(now, farewell);
            }
            xmpp_session::ClientEvent::StartTls | _ => println!("unknown event"),
        }
    }
}

fn told<T>(done: Result<T, impl ToString>) -> Result<T, String> {
    done.map_err(|error| error.to_string())
}

fn seconds(time: Option<Duration>) -> String {
    time.map_or_else(none, |time| time.as_secs().to_string())
}

fn none() -> String {
    "none".to_owned()
}

/// The HTTP server, and connections to it that have no request in flight.
struct Http {
    address: String,
    path: String,
    idle: Mutex<Vec<BufReader<TcpStream>>>,
}

impl Http {
    fn new(url: &str) -> io::Result<Self> {
        let invalid = || io::Error::new(io::ErrorKind::InvalidInput, "not http://HOST:PORT/PATH");
        let rest = url.strip_prefix("http://").ok_or_else(invalid)?;
        let (address, path) = rest.split_once('/').ok_or_else(invalid)?;
        Ok(Self {
            address: address.to_owned(),
            path: format!("/{path}"),
            idle: Mutex::default(),
        })
    }

    /// Who else can read what is sent: nobody, if it stays on this machine. In the clear the session sends no password.
    fn security(&self) -> io::Result<Security> {
        let mut addresses = self.address.to_socket_addrs()?;
        Ok(if addresses.all(|address| address.ip().is_loopback()) {
            Security::Protected
        } else {
            Security::Clear
        })
    }

    /// Writes a POST; the answer is to come on the connection returned. That the server has closed an idle connection
    /// meanwhile shows as a failure, and the session sends the request again.
    fn send(&self, body: &[u8]) -> io::Result<BufReader<TcpStream>> {
        let free = self.idle().pop();
        let mut connection = match free {
            Some(connection) => connection,
            None => {
                let stream = TcpStream::connect(&self.address)?;
                stream.set_nodelay(true)?;
                BufReader::new(stream)
            }
        };
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: {}\r\n\r\n",
            self.path,
            self.address,
            body.len()
        );
        let request = [head.as_bytes(), body].concat();
        connection.get_mut().write_all(&request)?;
        Ok(connection)
    }

    /// Waits for status and body of the answer.
    fn receive(&self, mut connection: BufReader<TcpStream>) -> io::Result<(u16, Bytes)> {
        let response = read_response(&mut connection)?;
        if !response.closes {
            self.idle().push(connection);
        }
        Ok((response.status, response.body))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<BufReader<TcpStream>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Response {
    status: u16,
    body: Bytes,
    /// Whether the server closes the connection.
    closes: bool,
}

fn read_response(reader: &mut impl BufRead) -> io::Result<Response> {
    let malformed = || io::Error::from(io::ErrorKind::InvalidData);
    let mut head = reader.by_ref().take(MAX_HEAD);
    let mut line = String::new();
    head.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|text| text.parse().ok());
    let status = status.ok_or(io::ErrorKind::UnexpectedEof)?;
    let mut headers = HashMap::new();
    loop {
        line.clear();
        if head.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length: u64 = match headers.get("content-length") {
        Some(length) => length.parse().map_err(|_| malformed())?,
        None => return Err(malformed()),
    };
    if length > MAX_BODY {
        return Err(malformed());
    }
    let mut body = Vec::new();
    reader.by_ref().take(length).read_to_end(&mut body)?;
    if body.len() as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let connection = headers.get("connection").map(String::as_str);
    Ok(Response {
        status,
        body: body.into(),
        closes: connection.is_some_and(|value| value.eq_ignore_ascii_case("close")),
    })
}
