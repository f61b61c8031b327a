//! The notification service over real sockets, with bytes typed by hand: login, events, refusals, and the end.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of a test")]

mod common;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use examples::{
    cucm, notification,
    server::Server,
    settings::Settings,
    shutdown::{self, ShutdownTrigger},
    tls,
};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

struct Node {
    settings: Settings,
    server: Server,
    trigger: ShutdownTrigger,
    _cucm: ShutdownTrigger,
    _dir: tempfile::TempDir,
}

async fn start() -> Node {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = common::settings(&dir);
    let (cucm_trigger, shutdown) = shutdown::channel();
    let cucm = cucm::start(Arc::new(settings.clone()), shutdown)
        .await
        .unwrap();
    settings.cucm.axl = cucm.address("axl").unwrap();
    let (trigger, shutdown) = shutdown::channel();
    let server = notification::start(Arc::new(settings.clone()), shutdown)
        .await
        .unwrap();
    Node {
        settings,
        server,
        trigger,
        _cucm: cucm_trigger,
        _dir: dir,
    }
}

impl Node {
    fn address(&self, name: &str) -> SocketAddr {
        self.server.address(name).unwrap()
    }

    fn secret(&self) -> String {
        std::fs::read_to_string(self.settings.data_dir.join("finesse.secret")).unwrap()
    }

    async fn tcp(&self) -> Talk<TcpStream> {
        Talk::new(TcpStream::connect(self.address("xmpp")).await.unwrap())
    }

    async fn tls(&self) -> Talk<tokio_rustls::client::TlsStream<TcpStream>> {
        let connector =
            tokio_rustls::TlsConnector::from(tls::client_config(&self.settings).unwrap());
        let stream = TcpStream::connect(self.address("xmpp-tls")).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        Talk::new(connector.connect(name, stream).await.unwrap())
    }

    /// One POST on a connection of its own, and its answer with the head.
    async fn post(&self, path: &str, body: &str) -> String {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        self.http(&format!("{head}{body}")).await
    }

    async fn get(&self, path: &str) -> String {
        self.http(&format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        ))
        .await
    }

    async fn http(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address("bosh")).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        timeout(LIMIT, stream.read_to_end(&mut answer))
            .await
            .expect("an answer")
            .unwrap();
        String::from_utf8(answer).unwrap()
    }
}

/// A stream on which we speak and wait for words.
struct Talk<S> {
    stream: S,
    heard: String,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    fn new(stream: S) -> Self {
        Self {
            stream,
            heard: String::new(),
        }
    }

    async fn say(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Reads on until the text has come, and takes everything up to its end.
    async fn hear(&mut self, text: &str) -> String {
        loop {
            if let Some(at) = self.heard.find(text) {
                return self.heard.drain(..at + text.len()).collect();
            }
            let mut buffer = [0; 4096];
            let read = timeout(LIMIT, self.stream.read(&mut buffer)).await;
            let count = read.unwrap_or_else(|_| panic!("waited for {text}: {}", self.heard));
            let count = count.unwrap_or(0);
            assert!(count > 0, "ended before {text}: {}", self.heard);
            self.heard
                .push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        }
    }

    /// Reads to the end.
    async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        // A reset instead of an end is an end too.
        let _ = timeout(LIMIT, self.stream.read_to_end(&mut bytes))
            .await
            .expect("an end");
        std::mem::take(&mut self.heard) + &String::from_utf8(bytes).unwrap()
    }

    async fn login(&mut self, user: &str, password: &str, resource: &str) {
        self.say(HEADER).await;
        self.hear("</stream:features>").await;
        self.say(&auth(user, password)).await;
        self.hear("<success xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>")
            .await;
        self.say(HEADER).await;
        self.hear("</stream:features>").await;
        self.say(&bind(resource)).await;
        self.hear(&format!(
            "<jid>{user}@localhost/{resource}</jid></bind></iq>"
        ))
        .await;
        self.say("<presence/>").await;
        self.hear("<presence from").await;
        self.hear("/>").await;
    }

    async fn publish(&mut self, node: &str, document: &str) {
        self.say(&format!(
            "<iq type='set' to='pubsub.localhost' id='p1'>\
             <pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='{node}'><item>\
             <notification xmlns='http://jabber.org/protocol/pubsub'>{document}</notification>\
             </item></publish></pubsub></iq>"
        ))
        .await;
    }
}

fn auth(user: &str, password: &str) -> String {
    use base64::Engine as _;
    let message = base64::engine::general_purpose::STANDARD.encode(format!("\0{user}\0{password}"));
    format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{message}</auth>")
}

fn bind(resource: &str) -> String {
    format!(
        "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
         <resource>{resource}</resource></bind></iq>"
    )
}

const HEADER: &str = "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' \
    xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const LIMIT: Duration = Duration::from_secs(20);
const OWN: &str = "/finesse/api/User/1001001";

#[tokio::test]
async fn an_event_travels_from_the_web_service_to_an_agent_over_tls() {
    let node = start().await;
    let mut agent = node.tls().await;
    agent.login("1001001", "ccx-1001001", "desktop").await;
    let mut web = node.tcp().await;
    web.login("finesse", &node.secret(), "finesse").await;
    let seen = agent.hear("to=\"1001001@localhost/desktop\"/>").await;
    assert!(
        seen.contains("<presence from=\"finesse@localhost/finesse\""),
        "{seen}"
    );
    web.publish(OWN, "&lt;Update&gt;&lt;data/&gt;&lt;/Update&gt;")
        .await;
    web.hear("id=\"p1\" type=\"result\"").await;
    let event = agent.hear("</message>").await;
    assert!(
        event.contains(
            "<event xmlns=\"http://jabber.org/protocol/pubsub#event\">\
             <items node=\"/finesse/api/User/1001001\"><item id="
        ),
        "{event}"
    );
    assert!(
        event.contains("&lt;Update&gt;&lt;data/&gt;&lt;/Update&gt;</notification>"),
        "{event}"
    );
    // The agent goes without a word, and the web service hears of it.
    drop(agent);
    web.hear("<presence from=\"1001001@localhost/desktop\"")
        .await;
    assert!(web.hear("/>").await.contains("type=\"unavailable\""));
}

#[tokio::test]
async fn a_large_answer_over_tls_comes_whole() {
    let node = start().await;
    let mut agent = node.tls().await;
    agent.login("1001001", "ccx-1001001", "desktop").await;
    let mut web = node.tcp().await;
    web.login("finesse", &node.secret(), "finesse").await;
    let large = "x".repeat(60_000);
    for _ in 0..5 {
        web.publish(OWN, &large).await;
    }
    for _ in 0..5 {
        assert!(agent.hear("</message>").await.len() > 60_000);
    }
}

#[tokio::test]
async fn wrong_passwords_are_refused_and_so_is_the_wrong_secret() {
    let node = start().await;
    for (user, password) in [("1001001", "wrong"), ("finesse", "wrong"), ("nobody", "x")] {
        let mut client = node.tcp().await;
        client.say(HEADER).await;
        client.hear("</stream:features>").await;
        client.say(&auth(user, password)).await;
        let answer = client.hear("</failure>").await;
        assert!(
            answer.ends_with("<not-authorized/></failure>"),
            "{user}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_newer_session_takes_the_resource_and_the_old_one_is_told() {
    let node = start().await;
    let mut old = node.tcp().await;
    old.login("1001001", "ccx-1001001", "desktop").await;
    let mut new = node.tcp().await;
    new.login("1001001", "ccx-1001001", "desktop").await;
    let end = old.rest().await;
    assert!(
        end.ends_with(
            "<stream:error><conflict xmlns=\"urn:ietf:params:xml:ns:xmpp-streams\"/>\
             </stream:error></stream:stream>"
        ),
        "{end}"
    );
    new.say("<iq type='get' id='x' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
        .await;
    new.hear("id=\"x\" type=\"result\"/>").await;
}

#[tokio::test]
async fn what_is_no_xmpp_is_told_so_and_cut_off() {
    let node = start().await;
    for (input, condition) in [
        ("GET / HTTP/1.1\r\n\r\n", "not-well-formed"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "restricted-xml"),
        (
            "<stream:stream xmlns='jabber:client' xmlns:stream='urn:x'>",
            "invalid-namespace",
        ),
    ] {
        let mut client = node.tcp().await;
        client.say(input).await;
        let answer = client.rest().await;
        assert!(
            answer.contains(&format!("<{condition} ")),
            "{input}: {answer}"
        );
        assert!(answer.ends_with("</stream:stream>"), "{answer}");
    }
}

#[tokio::test]
async fn a_client_that_sends_all_the_time_is_answered_all_the_time() {
    const PINGS: usize = 12_000;
    let node = start().await;
    let mut web = node.tcp().await;
    web.login("finesse", &node.secret(), "finesse").await;
    let ping = "<iq type='get' id='x' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>";
    let input = ping.repeat(PINGS);
    let answer = "id=\"x\" type=\"result\"/>";
    let (mut reader, mut writer) = tokio::io::split(web.stream);
    let write = writer.write_all(input.as_bytes());
    let read = async {
        let (mut heard, mut answers) = (String::new(), 0);
        let mut buffer = [0; 4096];
        while answers < PINGS {
            let read = timeout(LIMIT, reader.read(&mut buffer)).await;
            let count = read.expect("an answer").unwrap();
            assert!(count > 0, "ended after {answers}: {heard}");
            heard.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
            let whole = heard.rfind(answer).map_or(0, |at| at + answer.len());
            answers += heard.drain(..whole).as_str().matches(answer).count();
        }
    };
    let (written, ()) = tokio::join!(write, read);
    written.unwrap();
}

/// What a JabberWerx page or Strophe says over BOSH; one client for the tests below.
struct BoshClient<'a> {
    node: &'a Node,
    sid: String,
    rid: u64,
}

impl<'a> BoshClient<'a> {
    async fn open(node: &'a Node, path: &str) -> (Self, String) {
        let answer = node
            .post(
                path,
                "<body xmlns='http://jabber.org/protocol/httpbind' rid='100' to='localhost' \
                 hold='1' wait='30' ver='1.9' xml:lang='en' xmpp:version='1.0' \
                 xmlns:xmpp='urn:xmpp:xbosh'/>",
            )
            .await;
        let sid = answer.split("sid=").nth(1).expect("a sid");
        let quote = sid.chars().next().unwrap();
        let sid = sid[1..].split(quote).next().unwrap().to_owned();
        (
            Self {
                node,
                sid,
                rid: 100,
            },
            answer,
        )
    }

    fn body(&mut self, attributes: &str, content: &str) -> String {
        self.rid += 1;
        format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' rid='{}' sid='{}' {attributes}>\
             {content}</body>",
            self.rid, self.sid
        )
    }

    async fn send(&mut self, attributes: &str, content: &str) -> String {
        let body = self.body(attributes, content);
        self.node.post("/http-bind/", &body).await
    }

    async fn login(&mut self, user: &str, password: &str) {
        let answer = self.send("", &auth(user, password)).await;
        assert!(answer.contains("<success "), "{answer}");
        let restart = "xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh'";
        let answer = self.send(restart, "").await;
        assert!(
            answer.contains("urn:ietf:params:xml:ns:xmpp-bind"),
            "{answer}"
        );
        let bind = bind("cisco").replace("<iq ", "<iq xmlns='jabber:client' ");
        let answer = self.send("", &bind).await;
        assert!(
            answer.contains(&format!("<jid>{user}@localhost/cisco</jid>")),
            "{answer}"
        );
        let answer = self.send("", "<presence xmlns='jabber:client'/>").await;
        assert!(answer.contains("<presence "), "{answer}");
    }
}

#[tokio::test]
async fn an_event_reaches_a_held_bosh_request() {
    let node = start().await;
    let (mut agent, answer) = BoshClient::open(&node, "/http-bind").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(
        answer.contains("access-control-allow-origin: *"),
        "{answer}"
    );
    assert!(answer.contains("<mechanism>PLAIN</mechanism>"), "{answer}");
    for granted in [
        "wait=\"30\"",
        "hold=\"1\"",
        "requests=\"2\"",
        "inactivity=\"60\"",
    ] {
        assert!(
            answer.replace('\'', "\"").contains(granted),
            "{granted}: {answer}"
        );
    }
    agent.login("1001001", "ccx-1001001").await;
    // Two requests in one body are answered in one go.
    let both = agent
        .send(
            "",
            "<iq xmlns='jabber:client' type='get' to='localhost' id='1'>\
             <query xmlns='http://jabber.org/protocol/disco#info'/></iq>\
             <iq xmlns='jabber:client' type='get' to='localhost' id='2'>\
             <query xmlns='http://jabber.org/protocol/disco#items'/></iq>",
        )
        .await;
    assert!(
        both.contains("id=\"1\" type=\"result\"") && both.contains("pubsub.localhost"),
        "{both}"
    );

    let held = agent.body("", "");
    let event = async { node.post("/http-bind/", &held).await };
    let publish = async {
        let mut web = node.tcp().await;
        web.login("finesse", &node.secret(), "finesse").await;
        // The presence of the web service may take the first held request.
        web.publish(OWN, "&lt;Update/&gt;").await;
        web.hear("type=\"result\"").await;
        web
    };
    let (first, _web) = tokio::join!(event, publish);
    let event = if first.contains("<message ") {
        first
    } else {
        agent.send("", "").await
    };
    assert!(event.contains("&lt;Update/&gt;</notification>"), "{event}");
}

#[tokio::test]
async fn what_came_while_the_held_request_was_broken_is_there_when_it_is_sent_again() {
    let node = start().await;
    let (mut agent, _) = BoshClient::open(&node, "/http-bind").await;
    agent.login("1001001", "ccx-1001001").await;
    let held = agent.body("", "");
    let mut broken = TcpStream::connect(node.address("bosh")).await.unwrap();
    let head = "POST /http-bind/ HTTP/1.1\r\nHost: localhost\r\n";
    let request = format!("{head}Content-Length: {}\r\n\r\n{held}", held.len());
    broken.write_all(request.as_bytes()).await.unwrap();
    let heard = timeout(Duration::from_millis(300), broken.read_u8()).await;
    assert!(heard.is_err(), "it is held");
    drop(broken);
    tokio::time::sleep(Duration::from_millis(200)).await;

    let mut web = node.tcp().await;
    web.login("finesse", &node.secret(), "finesse").await;
    web.publish(OWN, "&lt;Update/&gt;").await;
    web.hear("type=\"result\"").await;
    let mut heard = node.post("/http-bind/", &held).await;
    if !heard.contains("<message ") {
        heard += &agent.send("", "").await;
    }
    let events = heard.matches("&lt;Update/&gt;</notification>").count();
    assert_eq!(events, 1, "{heard}");
}

#[tokio::test]
async fn a_wrong_password_over_bosh_is_not_authorized() {
    let node = start().await;
    let (mut agent, _) = BoshClient::open(&node, "/http-bind/").await;
    let answer = agent.send("", &auth("1001001", "wrong")).await;
    assert!(answer.contains("<not-authorized/></failure>"), "{answer}");
}

/// The check of the first password must not let in whoever is named next.
#[tokio::test]
async fn nobody_gets_in_by_the_password_of_a_login_that_he_aborted() {
    const ABORT: &str = "<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
    let node = start().await;
    let own = auth("1001001", "ccx-1001001");
    let input = format!("{own}{ABORT}{}", auth("finesse", "x"));
    let mut client = node.tcp().await;
    client.say(&format!("{HEADER}{input}")).await;
    let answer = client.rest().await;
    assert!(answer.contains("<policy-violation "), "{answer}");
    assert!(!answer.contains("<success"), "{answer}");
    let (mut client, _) = BoshClient::open(&node, "/http-bind/").await;
    let answer = client.send("", &input).await;
    assert!(answer.contains("<policy-violation "), "{answer}");
    assert!(!answer.contains("<success"), "{answer}");

    // Who only changed his mind can begin anew.
    let mut client = node.tcp().await;
    client.say(&format!("{HEADER}{own}{ABORT}")).await;
    client.hear("<aborted/></failure>").await;
    client.say(&own).await;
    client.hear("<success ").await;
    let (mut client, _) = BoshClient::open(&node, "/http-bind/").await;
    let answer = client.send("", &format!("{own}{ABORT}")).await;
    assert!(answer.contains("<aborted/></failure>"), "{answer}");
    client.login("1001001", "ccx-1001001").await;
}

#[tokio::test]
async fn what_surrounds_bosh() {
    let node = start().await;
    let page = node.get("/http-bind/").await;
    assert!(
        page.starts_with("HTTP/1.1 200 OK") && page.contains("text/html"),
        "{page}"
    );
    let preflight = node
        .http(
            "OPTIONS /http-bind/ HTTP/1.1\r\nHost: localhost\r\nOrigin: https://example.com\r\n\
             Access-Control-Request-Method: POST\r\nConnection: close\r\n\r\n",
        )
        .await;
    assert!(preflight.starts_with("HTTP/1.1 204"), "{preflight}");
    assert!(
        preflight.contains("access-control-allow-headers: Content-Type"),
        "{preflight}"
    );
    let tunnel = node.get("/tunnel/").await;
    assert!(
        tunnel.contains("content-security-policy: default-src 'none';"),
        "{tunnel}"
    );
    assert!(
        tunnel.contains("<script type=\"module\" src=\"tunnel.js\">"),
        "{tunnel}"
    );
    assert!(
        node.get("/tunnel/config.json")
            .await
            .contains("\"boshPath\":\"/http-bind/\"")
    );
    assert!(
        node.get("/tunnel/vendor/strophe.esm.js")
            .await
            .contains("text/javascript")
    );
    assert!(
        node.get("/tunnel/../Cargo.toml")
            .await
            .starts_with("HTTP/1.1 404")
    );
    let (_, session) = BoshClient::open(&node, "/http-bind/").await;
    let refused = node.post("/http-bind/", "<nonsense").await;
    assert!(refused.contains("bad-request"), "{refused}");
    let too_large = node.post("/http-bind/", &"x".repeat(2_000_000)).await;
    assert!(too_large.starts_with("HTTP/1.1 413"), "{too_large}");
    for answer in [session, refused, too_large] {
        for header in [
            "content-security-policy: default-src 'none'; sandbox; frame-ancestors 'none'\r\n",
            "x-content-type-options: nosniff\r\n",
        ] {
            assert!(answer.contains(header), "{header}: {answer}");
        }
    }
}

#[tokio::test]
async fn the_end_is_told_on_every_transport() {
    let node = start().await;
    let mut agent = node.tcp().await;
    agent.login("1001001", "ccx-1001001", "desktop").await;
    let (mut other, _) = BoshClient::open(&node, "/http-bind/").await;
    other.login("1001002", "ccx-1001002").await;
    let held = other.body("", "");
    let end = async { node.post("/http-bind/", &held).await };
    let stop = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        node.trigger.request();
    };
    let (body, ()) = tokio::join!(end, stop);
    assert!(
        body.contains("terminate") && body.contains("system-shutdown"),
        "{body}"
    );
    let stream = agent.rest().await;
    assert!(
        stream.ends_with(
            "<stream:error><system-shutdown xmlns=\"urn:ietf:params:xml:ns:xmpp-streams\"/>\
             </stream:error></stream:stream>"
        ),
        "{stream}"
    );
    let Node { server, .. } = node;
    timeout(LIMIT, server.task).await.expect("it ends").unwrap();
}
