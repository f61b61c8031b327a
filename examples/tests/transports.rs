//! One login and conversation with the notification service over TCP, WebSocket (in clear and over TLS) and BOSH: the
//! application sees the same, whatever carries its stream.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of a test")]
#![allow(clippy::wildcard_enum_match_arm, reason = "what is not expected fails")]

mod common;

use std::{collections::HashMap, fmt::Debug, net::SocketAddr, sync::Arc, time::Duration};

use bosh::session::{ClientConfig as BoshConfig, ClientEvent as BoshEvent, RequestId};
use bytes::{Bytes, BytesMut};
use examples::{
    cucm,
    driver::{Clock, sleep_until},
    notification,
    server::Server,
    settings::Settings,
    shutdown::{self, ShutdownTrigger},
    tls,
};
use futures::{SinkExt as _, StreamExt as _};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest as _},
};
use xmpp_pubsub::{
    Jid, Stanza,
    event::{Event, ItemChange},
    notification::unwrap,
    ns,
    sasl::Password,
    session::{Client, ClientConfig, ClientEvent, Security},
    stream::Form,
    xml::{Limits, Scope},
};

const LIMIT: Duration = Duration::from_secs(20);
const OWN: &str = "/finesse/api/User/1001001";
const OPEN: &str =
    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>";

struct Node {
    server: Server,
    settings: Settings,
    secret: String,
    trigger: ShutdownTrigger,
    _cucm: ShutdownTrigger,
    _dir: tempfile::TempDir,
}

async fn start() -> Node {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = common::settings(&dir);
    let (cucm_trigger, shutdown) = shutdown::channel();
    let cucm = cucm::start(Arc::new(settings.clone()), shutdown).await;
    settings.cucm.axl = cucm.unwrap().address("axl").unwrap();
    let (trigger, shutdown) = shutdown::channel();
    let server = notification::start(Arc::new(settings.clone()), shutdown).await;
    Node {
        server: server.unwrap(),
        secret: std::fs::read_to_string(dir.path().join("finesse.secret")).unwrap(),
        settings,
        trigger,
        _cucm: cucm_trigger,
        _dir: dir,
    }
}

/// What carries a stream.
#[derive(Clone, Copy)]
enum Way {
    Tcp,
    WebSocket,
    /// WebSocket over TLS.
    SecureWebSocket,
    Bosh,
}

impl Way {
    const fn form(self) -> Form {
        match self {
            Self::Tcp => Form::Tcp,
            Self::WebSocket | Self::SecureWebSocket => Form::WebSocket,
            Self::Bosh => Form::Bosh,
        }
    }
}

/// What carries a WebSocket.
trait Wire: AsyncRead + AsyncWrite + Debug + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Debug + Send + Unpin> Wire for T {}

impl Node {
    fn address(&self, name: &str) -> SocketAddr {
        self.server.address(name).unwrap()
    }

    async fn clear(&self) -> Box<dyn Wire> {
        Box::new(TcpStream::connect(self.address("bosh")).await.unwrap())
    }

    async fn secure(&self) -> Box<dyn Wire> {
        let connector =
            tokio_rustls::TlsConnector::from(tls::client_config(&self.settings).unwrap());
        let stream = TcpStream::connect(self.address("bosh-tls")).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        Box::new(connector.connect(name, stream).await.unwrap())
    }

    async fn desk(&self, way: Way, jid: &str, password: &str) -> Desk {
        let clock = Clock::start();
        let config = ClientConfig::new(jid.parse().unwrap(), Password::new(password), 7)
            .with_security(Security::Protected);
        let mut desk = Desk {
            xmpp: Client::new(config, way.form()),
            carrier: match way {
                Way::Tcp => Carrier::tcp(self.address("xmpp")).await,
                Way::WebSocket => Carrier::web_socket(self.clear().await).await,
                Way::SecureWebSocket => Carrier::web_socket(self.secure().await).await,
                Way::Bosh => Carrier::bosh(self.address("bosh"), clock.now()),
            },
            clock,
            events: Vec::new(),
        };
        desk.xmpp.open(clock.now()).unwrap();
        desk
    }
}

/// A stream's way, in use.
enum Carrier {
    Tcp {
        stream: TcpStream,
        input: BytesMut,
    },
    WebSocket(Box<WebSocketStream<Box<dyn Wire>>>),
    Bosh {
        client: Box<bosh::session::Client>,
        address: SocketAddr,
        answers: mpsc::Receiver<(RequestId, u16, Bytes)>,
        answer: mpsc::Sender<(RequestId, u16, Bytes)>,
    },
}

impl Carrier {
    async fn tcp(address: SocketAddr) -> Self {
        Self::Tcp {
            stream: TcpStream::connect(address).await.unwrap(),
            input: BytesMut::new(),
        }
    }

    async fn web_socket(wire: Box<dyn Wire>) -> Self {
        let socket = socket(wire, "/ws/", Some("xmpp")).await;
        Self::WebSocket(Box::new(socket.unwrap()))
    }

    fn bosh(address: SocketAddr, now: Duration) -> Self {
        let config = BoshConfig::new("localhost", bosh::Rid::new(1_000).unwrap());
        let mut client = bosh::session::Client::new(config);
        client.open(now).unwrap();
        let (answer, answers) = mpsc::channel(16);
        Self::Bosh {
            client: Box::new(client),
            address,
            answers,
            answer,
        }
    }
}

async fn socket(
    wire: Box<dyn Wire>,
    path: &str,
    protocol: Option<&str>,
) -> Result<WebSocketStream<Box<dyn Wire>>, tokio_tungstenite::tungstenite::Error> {
    let mut request = format!("ws://localhost{path}")
        .into_client_request()
        .unwrap();
    if let Some(protocol) = protocol {
        let header = protocol.parse().unwrap();
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", header);
    }
    let (socket, answer) = tokio_tungstenite::client_async(request, wire).await?;
    assert_eq!(
        answer.headers()["Sec-WebSocket-Protocol"],
        "xmpp",
        "RFC 7395 section 3.1"
    );
    Ok(socket)
}

/// One POST on a connection of its own: status and body of the answer.
async fn post(address: SocketAddr, body: Bytes) -> (u16, Bytes) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /http-bind/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let text = std::str::from_utf8(&answer).unwrap();
    let end = text.find("\r\n\r\n").unwrap() + 4;
    let status = text[9..12].parse().unwrap();
    (status, Bytes::copy_from_slice(&answer[end..]))
}

/// A client, what carries its stream, and what its application saw.
struct Desk {
    xmpp: Client,
    carrier: Carrier,
    clock: Clock,
    events: Vec<String>,
}

impl Desk {
    /// Goes on until the application has seen `count` events.
    async fn until(&mut self, count: usize) {
        let all = async {
            loop {
                self.hand_over().await;
                if self.events.len() >= count {
                    return;
                }
                self.hear().await;
            }
        };
        if timeout(LIMIT, all).await.is_err() {
            panic!("waited for {count} events: {:#?}", self.events);
        }
    }

    async fn hand_over(&mut self) {
        let now = self.clock.now();
        while let Some(event) = self.xmpp.poll_event() {
            if let Some(event) = describe(&event) {
                self.events.push(event);
            }
            match (event, &mut self.carrier) {
                (ClientEvent::Restart, Carrier::Bosh { client, .. }) => {
                    client.restart(now).unwrap()
                }
                (ClientEvent::Closed { .. }, Carrier::Bosh { client, .. }) => {
                    // The server may have ended the session before.
                    let _ = client.terminate(now, &[]);
                }
                _ => {}
            }
        }
        while let Some(bytes) = self.xmpp.poll_transmit() {
            match &mut self.carrier {
                Carrier::Tcp { stream, .. } => stream.write_all(&bytes).await.unwrap(),
                Carrier::WebSocket(socket) => {
                    let text = String::from_utf8(bytes.to_vec()).unwrap();
                    socket.send(Message::text(text)).await.unwrap();
                }
                Carrier::Bosh { client, .. } => client.send(now, bytes).unwrap(),
            }
        }
        if let Carrier::Bosh {
            client,
            address,
            answer,
            ..
        } = &mut self.carrier
        {
            while let Some(request) = client.poll_transmit() {
                let (address, answer) = (*address, answer.clone());
                tokio::spawn(async move {
                    let (status, body) = post(address, request.body).await;
                    let _ = answer.send((request.id, status, body)).await;
                });
            }
        }
    }

    async fn hear(&mut self) {
        match &mut self.carrier {
            Carrier::Tcp { stream, input } => {
                let count = stream.read_buf(input).await.unwrap_or_default();
                if count == 0 {
                    return self.xmpp.transport_lost();
                }
                self.xmpp.handle_input(self.clock.now(), input).unwrap();
            }
            Carrier::WebSocket(socket) => match socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    let message = Bytes::copy_from_slice(text.as_bytes());
                    self.xmpp.handle_message(self.clock.now(), message).unwrap();
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(_) | None => self.xmpp.transport_lost(),
            },
            Carrier::Bosh {
                client, answers, ..
            } => {
                let due = client.poll_timeout().map(|time| self.clock.instant(time));
                tokio::select! {
                    answer = answers.recv() => {
                        let (id, status, body) = answer.unwrap();
                        client.handle_response(self.clock.now(), id, status, &body);
                    }
                    () = sleep_until(due) => client.handle_timeout(self.clock.now()),
                }
                let now = self.clock.now();
                while let Some(event) = client.poll_event() {
                    match event {
                        BoshEvent::Payload(payload) => {
                            let (bytes, scope) = (payload.bytes().clone(), payload.scope().clone());
                            self.xmpp.handle_payload(now, bytes, scope).unwrap();
                        }
                        BoshEvent::Closed { .. } => self.xmpp.handle_terminate(None),
                        other => assert!(matches!(other, BoshEvent::Opened(_)), "{other:?}"),
                    }
                }
            }
        }
    }

    /// Is answered by the server.
    async fn pings(&mut self) {
        let count = self.events.len();
        self.say("<iq type='get' id='alive' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>");
        while !self.events[count..].contains(&"result to alive".to_owned()) {
            self.until(self.events.len() + 1).await;
        }
    }

    fn say(&mut self, text: &str) {
        let scope = Scope::new().with("", "jabber:client");
        let stanza = Stanza::decode(text.as_bytes(), &scope, &Limits::default()).unwrap();
        self.xmpp.send(&stanza).unwrap();
    }
}

/// An event as the application tells it, without what is random.
fn describe(event: &ClientEvent) -> Option<String> {
    Some(match event {
        // Of BOSH alone, and not the application's.
        ClientEvent::Restart => return None,
        ClientEvent::Online { jid } => format!("online as {jid}"),
        ClientEvent::Stanza(Stanza::Message(message)) => {
            let event = message.payloads.find(ns::PUBSUB_EVENT, "event").unwrap();
            let Ok(Event::Items { node, changes, .. }) = Event::decode(event) else {
                panic!("{event:?}");
            };
            let ItemChange::Published(item) = &changes[0] else {
                panic!("{changes:?}");
            };
            let text = unwrap(&item.payloads.as_slice()[0]).unwrap();
            format!("{} says {text}", node.as_str())
        }
        ClientEvent::Stanza(Stanza::Presence(presence)) => format!(
            "presence {:?} of {}",
            presence.kind,
            presence.from.as_ref().map_or("nobody", Jid::as_str)
        ),
        ClientEvent::Stanza(Stanza::Iq(iq)) => {
            let kind = format!("{:?}", iq.content);
            let kind = kind.split(['(', ' ']).next().unwrap().to_lowercase();
            format!("{kind} to {}", iq.id)
        }
        ClientEvent::Closed { reason } => format!("closed: {reason}"),
        _ => panic!("{event:?}"),
    })
}

/// What an agent's desktop does, and sees.
async fn conversation(node: &Node, way: Way) -> Vec<String> {
    let mut agent = node
        .desk(way, "1001001@localhost/desktop", "ccx-1001001")
        .await;
    agent.until(2).await;
    agent.say("<iq type='get' id='p1' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>");
    agent.until(3).await;
    let mut web = node
        .desk(Way::Tcp, "finesse@localhost/finesse", &node.secret)
        .await;
    web.until(1).await;
    agent.until(4).await;
    for change in 1..=3 {
        web.say(&format!(
            "<iq type='set' to='pubsub.localhost' id='w{change}'>\
             <pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='{OWN}'><item>\
             <notification xmlns='http://jabber.org/protocol/pubsub'>&lt;Update&gt;{change} &amp;amp; \u{e9}&lt;/Update&gt;\
             </notification></item></publish></pubsub></iq>"
        ));
        web.hand_over().await;
        agent.until(4 + change).await;
    }
    agent.say(
        "<iq type='set' to='pubsub.localhost' id='s1'><pubsub xmlns='http://jabber.org/protocol/pubsub'>\
         <subscribe node='/finesse/api/User/1001002' jid='1001001@localhost'/></pubsub></iq>",
    );
    agent.until(8).await;
    agent.xmpp.close();
    agent.until(9).await;
    agent.events
}

#[tokio::test]
async fn one_conversation_is_the_same_over_tcp_websocket_and_bosh() {
    let node = start().await;
    let mut seen = HashMap::new();
    for (name, way) in [
        ("TCP", Way::Tcp),
        ("WebSocket", Way::WebSocket),
        ("WebSocket over TLS", Way::SecureWebSocket),
        ("BOSH", Way::Bosh),
    ] {
        seen.insert(name, conversation(&node, way).await);
    }
    let expected = [
        "online as 1001001@localhost/desktop",
        "presence Available of 1001001@localhost/desktop",
        "result to p1",
        "presence Available of finesse@localhost/finesse",
        "/finesse/api/User/1001001 says <Update>1 &amp; \u{e9}</Update>",
        "/finesse/api/User/1001001 says <Update>2 &amp; \u{e9}</Update>",
        "/finesse/api/User/1001001 says <Update>3 &amp; \u{e9}</Update>",
        // Only supervisors see other users.
        "error to s1",
        "closed: the stream was ended by us",
    ];
    assert_eq!(seen.len(), 4);
    for (name, events) in seen {
        assert_eq!(events, expected, "{name}");
    }
}

#[tokio::test]
async fn a_web_socket_without_the_subprotocol_is_refused() {
    let node = start().await;
    for protocol in [None, Some("chat")] {
        let refused = socket(node.clear().await, "/ws/", protocol).await;
        let Err(tokio_tungstenite::tungstenite::Error::Http(answer)) = refused else {
            panic!("RFC 7395 section 3.1: {refused:?}");
        };
        assert_eq!(answer.status(), 400, "RFC 7395 section 3.1");
    }
}

#[tokio::test]
async fn what_is_no_message_of_xmpp_ends_the_web_socket() {
    let node = start().await;
    for (message, condition) in [
        (Message::binary(OPEN.as_bytes().to_vec()), "bad-format"),
        (Message::text(format!(" {OPEN}")), "not-well-formed"),
        (
            Message::text(
                "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'/>",
            ),
            "bad-format",
        ),
    ] {
        let mut socket = socket(node.clear().await, "/ws/", Some("xmpp"))
            .await
            .unwrap();
        socket.send(message).await.unwrap();
        let heard = texts(&mut socket).await;
        let end = [
            format!(
                "<stream:error xmlns:stream=\"http://etherx.jabber.org/streams\"><{condition} "
            ),
            "<close xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\"/>".to_owned(),
        ];
        assert!(
            heard[0].starts_with("<open "),
            "RFC 7395 section 3.4: {heard:?}"
        );
        assert!(
            heard[1].starts_with(&end[0]),
            "RFC 7395 section 3.5: {heard:?}"
        );
        assert_eq!(heard[2], end[1], "RFC 7395 section 3.6");
        assert_eq!(heard.len(), 3);
    }
}

#[tokio::test]
async fn a_message_that_is_too_long_ends_its_web_socket_and_no_other() {
    let node = start().await;
    let mut honest = node
        .desk(Way::WebSocket, "1001001@localhost/desktop", "ccx-1001001")
        .await;
    honest.until(2).await;
    let connect = async || {
        let mut socket = socket(node.clear().await, "/ws/", Some("xmpp"))
            .await
            .unwrap();
        socket.send(Message::text(OPEN)).await.unwrap();
        socket
    };
    let message =
        |bytes: usize| Message::text(format!("<auth xmlns='a'>{}</auth>", "x".repeat(bytes)));

    let mut long = connect().await;
    long.send(message(100_000)).await.unwrap();
    let heard = texts(&mut long).await;
    let told = heard.iter().any(|text| text.contains("<policy-violation "));
    assert!(told, "RFC 6120 section 4.9.3.14: {heard:?}");

    // Beyond what the service takes off the wire nobody is told anything.
    let mut longer = connect().await;
    let _ = longer.send(message(300_000)).await;
    texts(&mut longer).await;

    honest.pings().await;
}

#[tokio::test]
async fn a_flood_of_pings_ends_its_web_socket() {
    let node = start().await;
    let mut socket = socket(node.clear().await, "/ws/", Some("xmpp"))
        .await
        .unwrap();
    socket.send(Message::text(OPEN)).await.unwrap();
    for _ in 0..900 {
        socket.feed(Message::Ping(Bytes::new())).await.unwrap();
    }
    socket.flush().await.unwrap();
    for _ in 0..900 {
        let pong = timeout(LIMIT, async {
            loop {
                if let Message::Pong(_) = socket.next().await.unwrap().unwrap() {
                    return;
                }
            }
        });
        pong.await.expect("an answer to each within the pace");
    }
    for _ in 0..3_000 {
        if socket.send(Message::Ping(Bytes::new())).await.is_err() {
            break;
        }
    }
    let heard = texts(&mut socket).await;
    let told = heard.iter().any(|text| text.contains("<policy-violation "));
    assert!(told, "{heard:?}");
}

#[tokio::test]
async fn a_web_socket_that_is_not_read_is_let_go_and_delays_nobody() {
    let node = start().await;
    let mut idle = node
        .desk(Way::WebSocket, "1001001@localhost/idle", "ccx-1001001")
        .await;
    idle.until(2).await;
    let mut web = node
        .desk(Way::Tcp, "finesse@localhost/web", &node.secret)
        .await;
    web.until(1).await;
    // More than sockets and the service keep for one who does not read.
    let text = "x".repeat(60_000);
    for _ in 0..300 {
        web.say(&format!(
            "<message to='1001001@localhost/idle' type='headline'><body>{text}</body></message>"
        ));
        web.hand_over().await;
    }
    web.pings().await;
    let Carrier::WebSocket(socket) = &mut idle.carrier else {
        panic!("it is a WebSocket");
    };
    let heard = texts(socket).await;
    assert!(heard.len() < 300, "it was let go: {}", heard.len());
}

#[tokio::test]
async fn at_the_end_clients_on_web_sockets_are_told() {
    let node = start().await;
    let mut agent = node
        .desk(Way::WebSocket, "1001001@localhost/desktop", "ccx-1001001")
        .await;
    agent.until(2).await;
    node.trigger.request();
    agent.until(3).await;
    assert!(
        agent.events[2].contains("system-shutdown"),
        "RFC 6120 section 4.9.3.20: {}",
        agent.events[2]
    );
    timeout(LIMIT, node.server.task)
        .await
        .expect("an end")
        .unwrap();
}

/// All text messages up to the closing frame.
async fn texts(socket: &mut WebSocketStream<Box<dyn Wire>>) -> Vec<String> {
    let mut heard = Vec::new();
    loop {
        match timeout(LIMIT, socket.next()).await.expect("an end") {
            Some(Ok(Message::Text(text))) => heard.push(text.to_string()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return heard,
            Some(Ok(_)) => {}
        }
    }
}
