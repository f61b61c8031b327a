//! The HTTP rules of BOSH (XEP-0124 §5, §17.1, §19) on the notification server, over raw sockets, byte by byte.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of a test")]

mod common;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use examples::{
    cucm, notification,
    server::{Server, StartError},
    settings::Settings,
    shutdown::{self, ShutdownTrigger},
    tls,
};
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::client::TlsStream;

const NS: &str = "http://jabber.org/protocol/httpbind";
const EMPTY: &str = "<body xmlns=\"http://jabber.org/protocol/httpbind\"/>";
const LIMIT: Duration = Duration::from_secs(20);

struct Node {
    settings: Settings,
    server: Server,
    _triggers: [ShutdownTrigger; 2],
    _dir: tempfile::TempDir,
}

impl Node {
    async fn start() -> Self {
        Self::with_room(4096).await
    }

    /// With so many places for sessions.
    async fn with_room(sessions: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut settings = common::settings(&dir);
        settings.notification.sessions = sessions;
        let (cucm_trigger, shutdown) = shutdown::channel();
        let cucm = cucm::start(Arc::new(settings.clone()), shutdown)
            .await
            .unwrap();
        settings.cucm.axl = cucm.address("axl").unwrap();
        let (trigger, shutdown) = shutdown::channel();
        let server = notification::start(Arc::new(settings.clone()), shutdown)
            .await
            .unwrap();
        Self {
            settings,
            server,
            _triggers: [trigger, cucm_trigger],
            _dir: dir,
        }
    }

    fn address(&self, name: &str) -> SocketAddr {
        self.server.address(name).unwrap()
    }

    async fn clear(&self) -> Connection<TcpStream> {
        Connection::new(TcpStream::connect(self.address("bosh")).await.unwrap())
    }

    async fn secure(&self) -> Connection<TlsStream<TcpStream>> {
        let connector =
            tokio_rustls::TlsConnector::from(tls::client_config(&self.settings).unwrap());
        let stream = TcpStream::connect(self.address("bosh-tls")).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        Connection::new(connector.connect(name, stream).await.unwrap())
    }

    /// One request on a connection of its own.
    async fn post(&self, headers: &str, body: &str) -> Response {
        let mut connection = self.clear().await;
        connection.post(headers, body).await;
        connection.response().await
    }

    /// A session, by its id; the next request is the second.
    async fn session(&self, attributes: &str) -> String {
        self.post("", &create(attributes)).await.sid()
    }
}

fn create(attributes: &str) -> String {
    format!("<body xmlns='{NS}' rid='1' to='localhost' wait='30' hold='1' {attributes}/>")
}

fn terminate(condition: &str) -> String {
    format!("<body xmlns=\"{NS}\" type=\"terminate\" condition=\"{condition}\"/>")
}

fn request(sid: &str, rid: u64, rest: &str) -> String {
    format!("<body xmlns='{NS}' rid='{rid}' sid='{sid}' {rest}")
}

/// One HTTP connection on which we write what we like.
struct Connection<S> {
    stream: S,
    heard: Vec<u8>,
}

/// One HTTP response as it came.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Response {
    line: String,
    /// With names in lower case.
    headers: Vec<(String, String)>,
    body: String,
}

impl Response {
    fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert_eq!(values.next(), None, "{name} comes once");
        value
    }

    fn sid(&self) -> String {
        let rest = self.body.split(" sid=\"").nth(1);
        let rest = rest.unwrap_or_else(|| panic!("a session: {self:?}"));
        rest.split('"').next().unwrap().to_owned()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    fn new(stream: S) -> Self {
        let heard = Vec::new();
        Self { stream, heard }
    }

    async fn say(&mut self, bytes: &str) {
        self.stream.write_all(bytes.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    async fn post(&mut self, headers: &str, body: &str) {
        let length = body.len();
        let head = format!(
            "POST /http-bind/ HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {length}\r\n\r\n"
        );
        self.say(&(head + body)).await;
    }

    /// Waits for more; `None` at the end of the connection.
    async fn read(&mut self) -> Option<()> {
        let mut buffer = [0; 4096];
        let read = timeout(LIMIT, self.stream.read(&mut buffer)).await;
        let count = read.expect("an answer in time").unwrap_or(0);
        self.heard.extend_from_slice(&buffer[..count]);
        (count > 0).then_some(())
    }

    /// One response, which says how long it is.
    async fn response(&mut self) -> Response {
        let end = loop {
            if let Some(at) = self.heard.windows(4).position(|end| end == b"\r\n\r\n") {
                break at;
            }
            self.read().await.expect("a response");
        };
        let head = String::from_utf8(self.heard.drain(..end + 4).collect()).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let line = lines.next().unwrap().to_owned();
        let headers: Vec<_> = lines
            .map(|header| header.split_once(": ").expect("a header"))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut response = Response {
            line,
            headers,
            body: String::new(),
        };
        let length = response.header("content-length").expect("a length");
        let length: usize = length.parse().unwrap();
        while self.heard.len() < length {
            self.read().await.expect("the whole of the response");
        }
        response.body = String::from_utf8(self.heard.drain(..length).collect()).unwrap();
        response
    }

    /// Whether nothing comes for a while.
    async fn is_silent(&mut self) -> bool {
        let quiet = Duration::from_millis(300);
        self.heard.is_empty() && timeout(quiet, self.stream.read_u8()).await.is_err()
    }

    async fn is_closed(&mut self) -> bool {
        self.heard.is_empty() && self.read().await.is_none()
    }
}

#[tokio::test]
async fn bosh_5_01_and_03_http_1_0_and_1_1_with_nothing_but_what_http_demands() {
    let node = Node::start().await;
    let body = create("ver='1.6'");
    let length = body.len();
    let mut old = node.clear().await;
    old.say(&format!(
        "POST /http-bind/ HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{body}"
    ))
    .await;
    let response = old.response().await;
    assert_eq!(response.line, "HTTP/1.0 200 OK", "BOSH-5-01, BOSH-5-03");
    assert!(response.body.starts_with("<body xmlns="), "BOSH-5-01");
    assert!(
        old.is_closed().await,
        "BOSH-5-01: HTTP/1.0 asks for no more"
    );

    let mut new = node.clear().await;
    new.say(&format!(
        "POST /http-bind/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}"
    ))
    .await;
    let response = new.response().await;
    assert_eq!(response.line, "HTTP/1.1 200 OK", "BOSH-5-01, BOSH-5-03");
    assert!(response.body.starts_with("<body xmlns="), "BOSH-5-01");
    let date = response.header("date").unwrap_or_default();
    assert!(date.ends_with(" GMT"), "BOSH-5-01: {date}");
}

#[tokio::test]
async fn bosh_5_02_unknown_headers_change_nothing() {
    let node = Node::start().await;
    let sid = node.session("ver='1.6'").await;
    let headers = "X-Unknown: 1\r\nDNT: 1\r\nX-Online-Host: elsewhere\r\nPragma: no-cache\r\n\
                   Cookie: a=b\r\nAuthorization: Nonsense x\r\nX-Empty:\r\n";
    let response = node.post(headers, &request(&sid, 2, "pause='60'/>")).await;
    assert_eq!(
        (response.line.as_str(), response.body.as_str()),
        ("HTTP/1.1 200 OK", EMPTY),
        "BOSH-5-02"
    );
}

#[tokio::test]
async fn bosh_5_06_chunks_are_understood_and_not_made() {
    let node = Node::start().await;
    let body = create("ver='1.6'");
    let (first, second) = body.split_at(31);
    let mut connection = node.clear().await;
    connection
        .say(&format!(
            "POST /http-bind/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n\
             {:x}\r\n{first}\r\n",
            first.len()
        ))
        .await;
    assert!(connection.is_silent().await);
    connection
        .say(&format!(
            "{:x};ext=1\r\n{second}\r\n0\r\n\r\n",
            second.len()
        ))
        .await;
    let response = connection.response().await;
    let sid = response.sid();
    let later = node.post("", &request(&sid, 2, "pause='60'/>")).await;
    for response in [response, later] {
        assert_eq!(response.line, "HTTP/1.1 200 OK");
        assert_eq!(
            (
                response.header("transfer-encoding"),
                response.header("content-length")
            ),
            (None, Some(response.body.len().to_string().as_str())),
            "BOSH-5-06"
        );
    }
}

#[tokio::test]
async fn bosh_5_10_the_label_of_a_body_is_ignored() {
    let node = Node::start().await;
    for label in [
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: text/xml; charset=iso-8859-1\r\n",
        "Content-Type: application/json\r\n",
        "Content-Type: ;;;\r\n",
    ] {
        // In UTF-8, whatever the label says.
        let body = create("ver='1.6' from='é@localhost'");
        let response = node.post(label, &body).await;
        assert_eq!(response.line, "HTTP/1.1 200 OK", "BOSH-5-10 {label}");
        let sid = response.sid();
        let response = node.post(label, &request(&sid, 2, "pause='60'/>")).await;
        assert_eq!(response.body, EMPTY, "BOSH-5-10 {label}");
    }
}

#[tokio::test]
async fn bosh_5_07_and_08_whoever_takes_compressed_responses_may_say_so() {
    let node = Node::start().await;
    let plain = node.session("ver='1.6'").await;
    let response = node.post("", &request(&plain, 2, "pause='60'/>")).await;
    assert_eq!(
        (response.header("content-encoding"), response.body.as_str()),
        (None, EMPTY),
        "BOSH-5-08: nothing is compressed for who did not ask"
    );
    for accepted in ["gzip, deflate, br", "identity", "*;q=0.1"] {
        let accepted = format!("Accept-Encoding: {accepted}\r\n");
        let response = node.post(&accepted, &create("ver='1.6'")).await;
        let coding = response.header("content-encoding").map(str::to_owned);
        let sid = response.sid();
        let response = node
            .post(&accepted, &request(&sid, 2, "pause='60'/>"))
            .await;
        assert_eq!(
            (
                coding,
                response.header("content-encoding"),
                response.body.as_str()
            ),
            (None, None, EMPTY),
            "BOSH-5-07: and need not be heard"
        );
    }
}

#[tokio::test]
async fn bosh_5_11_connections_are_reused_or_not() {
    let node = Node::start().await;
    let mut one = node.clear().await;
    one.post("", &create("ver='1.6'")).await;
    let sid = one.response().await.sid();
    // On the same connection, which then is held.
    one.post("", &request(&sid, 2, "/>")).await;
    assert!(one.is_silent().await);
    // On another one, which answers both.
    let mut other = node.clear().await;
    other.post("", &request(&sid, 3, "pause='60'/>")).await;
    assert_eq!(one.response().await.body, EMPTY, "BOSH-5-11: the held one");
    assert_eq!(other.response().await.body, EMPTY, "BOSH-5-11");
    let sid = node.session("ver='1.6'").await;
    for rid in 2..5 {
        let mut connection = node.clear().await;
        let pause = request(&sid, rid, "pause='60'/>");
        connection.post("Connection: close\r\n", &pause).await;
        assert_eq!(connection.response().await.body, EMPTY, "BOSH-5-11");
        assert!(connection.is_closed().await, "BOSH-5-11");
    }
}

#[tokio::test]
async fn a_second_request_on_a_connection_waits_for_the_answer_to_the_first() {
    let node = Node::start().await;
    let mut one = node.clear().await;
    one.post("", &create("ver='1.6'").replace("wait='30'", "wait='1'"))
        .await;
    let sid = one.response().await.sid();
    let second = request(&sid, 3, "type='terminate'/>");
    one.post("", &request(&sid, 2, "/>")).await;
    one.post("", &second).await;
    assert!(one.is_silent().await, "the first is held");
    let first = one.response().await;
    assert_eq!(
        (first.line.as_str(), first.body.as_str()),
        ("HTTP/1.1 200 OK", EMPTY)
    );
    let last = one.response().await.body;
    assert!(last.contains("type=\"terminate\""), "{last}");
}

#[tokio::test]
async fn pages_preflights_and_requests_share_a_connection() {
    let node = Node::start().await;
    let mut connection = node.clear().await;
    for _ in 0..2 {
        connection
            .say("GET /tunnel/config.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await;
        let page = connection.response().await;
        assert!(page.body.contains("boshPath"), "{page:?}");
        // Its answer has neither a body nor a length.
        connection
            .say("OPTIONS /http-bind/ HTTP/1.1\r\nHost: localhost\r\nOrigin: https://example.com\r\n\r\n")
            .await;
        while !connection.heard.ends_with(b"\r\n\r\n") {
            connection.read().await.expect("an answer");
        }
        let answer = std::mem::take(&mut connection.heard);
        assert!(answer.starts_with(b"HTTP/1.1 204 "), "{answer:?}");
        connection.post("", &create("ver='1.6'")).await;
        let response = connection.response().await;
        assert_eq!(response.header("access-control-allow-origin"), Some("*"));
        let pause = request(&response.sid(), 2, "pause='60'/>");
        connection.post("Connection: keep-alive\r\n", &pause).await;
        assert_eq!(connection.response().await.body, EMPTY);
    }
}

#[tokio::test]
async fn bosh_7_1_19_and_20_responses_are_labelled_as_the_client_needs() {
    let node = Node::start().await;
    let sid = node.session("ver='1.6'").await;
    let response = node.post("", &request(&sid, 2, "pause='60'/>")).await;
    assert_eq!(
        response.header("content-type"),
        Some("text/xml; charset=utf-8"),
        "BOSH-7.1-20"
    );
    let response = node
        .post("", &create("ver='1.6' content='text/html'"))
        .await;
    assert_eq!(
        response.header("content-type"),
        Some("text/html"),
        "BOSH-7.1-19: the first"
    );
    let sid = response.sid();
    // One in between, and the last, above the window.
    for (rid, expected) in [(2, EMPTY.to_owned()), (9, terminate("item-not-found"))] {
        let response = node.post("", &request(&sid, rid, "pause='60'/>")).await;
        assert_eq!(
            (response.header("content-type"), &response.body),
            (Some("text/html"), &expected),
            "BOSH-7.1-19"
        );
    }
    let forged = create("ver='1.6' content='a&#13;&#10;X-Forged: b'");
    let response = node.post("", &forged).await;
    assert_eq!(response.body, terminate("bad-request"));
    assert_eq!(response.header("x-forged"), None, "BOSH-7.1-19");
}

#[tokio::test]
async fn bosh_17_1_http_errors_are_for_legacy_clients() {
    let node = Node::start().await;
    let legacy = node.session("").await;
    let response = node.post("", &request(&legacy, 9, "/>")).await;
    assert_eq!(
        (response.line.as_str(), response.body.as_str()),
        ("HTTP/1.1 404 Not Found", ""),
        "BOSH-17.1-03"
    );
    let sid = node.session("ver='1.6'").await;
    let response = node.post("", &request(&sid, 9, "/>")).await;
    assert_eq!(
        (response.line.as_str(), response.body),
        ("HTTP/1.1 200 OK", terminate("item-not-found")),
        "BOSH-17.1-02"
    );
}

#[tokio::test]
async fn bosh_17_1_03_a_creation_request_without_rid_is_a_bad_request() {
    let node = Node::start().await;
    let create = |version: &str| {
        format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' to='localhost' {version} hold='1'/>"
        )
    };
    let legacy = node.post("", &create("")).await;
    assert_eq!(
        (legacy.line.as_str(), legacy.body.as_str()),
        ("HTTP/1.1 400 Bad Request", ""),
        "BOSH-17.1-03"
    );
    let response = node.post("", &create("ver='1.11'")).await;
    assert_eq!(
        (response.line.as_str(), response.body),
        ("HTTP/1.1 200 OK", terminate("bad-request")),
        "BOSH-17.1-02"
    );
}

#[tokio::test]
async fn bosh_17_2_05_and_06_a_domain_that_is_not_served_is_refused() {
    let node = Node::start().await;
    let create = async |to: &str| {
        let create = format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' rid='1' to='{to}' ver='1.11' hold='1'/>"
        );
        let response = node.post("", &create).await;
        assert_eq!(response.line, "HTTP/1.1 200 OK");
        response.body
    };
    assert_eq!(
        create("nosuch.invalid").await,
        terminate("host-unknown"),
        "BOSH-17.2-05"
    );
    for to in ["", "two words"] {
        assert_eq!(
            create(to).await,
            terminate("improper-addressing"),
            "BOSH-17.2-06 {to:?}"
        );
    }
}

#[tokio::test]
async fn the_room_of_the_settings_is_all_that_there_is() {
    // Two of eight places are for those who have not logged in.
    let node = Node::with_room(8).await;
    for _ in 0..2 {
        node.session("ver='1.6'").await;
    }
    let refused = node.post("", &create("ver='1.6'")).await;
    assert_eq!(refused.body, terminate("policy-violation"));
    // And two connections for each.
    let node = Node::with_room(1).await;
    let mut inside = [node.clear().await, node.clear().await];
    for connection in &mut inside {
        connection.post("", "").await;
        connection.response().await;
    }
    assert!(node.clear().await.is_closed().await);
}

#[tokio::test]
async fn a_body_with_a_content_coding_is_refused_by_http() {
    let node = Node::start().await;
    let coded = "Content-Encoding: gzip\r\n";
    let response = node.post(coded, &create("ver='1.6'")).await;
    assert_eq!(response.line, "HTTP/1.1 415 Unsupported Media Type");
    assert_eq!(response.header("accept-encoding"), Some("identity"));
    let plain = "Content-Encoding: identity\r\n";
    let response = node.post(plain, &create("ver='1.6'")).await;
    assert_eq!(response.line, "HTTP/1.1 200 OK");
    assert!(!response.sid().is_empty());
}

#[tokio::test]
async fn bosh_7_2_01_session_ids_are_drawn_from_randomness() {
    let node = Node::start().await;
    let mut sids = Vec::new();
    for _ in 0..20 {
        let sid = node.session("ver='1.6'").await;
        assert!(
            sid.len() == 32 && sid.bytes().all(|b| b.is_ascii_hexdigit()),
            "BOSH-7.2-01, BOSH-19.3-01: 128 bits, {sid}"
        );
        sids.push(sid);
    }
    // Two that are no neighbours: each half differs from that of all others.
    for half in [0..16, 16..32] {
        let mut halves: Vec<_> = sids.iter().map(|sid| &sid[half.clone()]).collect();
        halves.sort_unstable();
        halves.dedup();
        assert_eq!(halves.len(), 20, "BOSH-7.2-01, BOSH-19.3-01");
    }
}

#[tokio::test]
async fn bosh_19_1_01_encryption_is_there_and_needed_beyond_this_machine() {
    let node = Node::start().await;
    let mut secure = node.secure().await;
    secure.post("", &create("ver='1.6'")).await;
    let response = secure.response().await;
    assert_eq!(response.line, "HTTP/1.1 200 OK", "BOSH-19.1-01");
    assert!(
        response.body.contains("<mechanism>PLAIN</mechanism>"),
        "BOSH-19.1-01"
    );

    let dir = tempfile::tempdir().unwrap();
    let mut settings = common::settings(&dir);
    settings.notification.bosh = "0.0.0.0:0".parse().unwrap();
    let (_trigger, shutdown) = shutdown::channel();
    let refused = notification::start(Arc::new(settings), shutdown).await;
    assert!(
        matches!(refused, Err(StartError::ClearOnNetwork { .. })),
        "BOSH-19.1-01: in clear for this machine alone"
    );
}

#[tokio::test]
async fn bosh_19_1_02_and_05_a_session_over_tls_stays_there() {
    let node = Node::start().await;
    let mut secure = node.secure().await;
    secure.post("", &create("ver='1.6'")).await;
    let sid = secure.response().await.sid();
    for rest in ["/>", "type='terminate'/>"] {
        let mut clear = node.clear().await;
        clear.post("", &request(&sid, 2, rest)).await;
        let response = clear.response().await;
        assert_eq!(
            (response.line.as_str(), response.body.as_str()),
            ("HTTP/1.1 403 Forbidden", ""),
            "BOSH-19.1-02 {rest}"
        );
        assert!(clear.is_closed().await, "BOSH-19.1-05 {rest}");
    }
    secure.post("", &request(&sid, 2, "pause='60'/>")).await;
    assert_eq!(
        secure.response().await.body,
        EMPTY,
        "BOSH-19.1-05: the session goes on"
    );
}

#[tokio::test]
async fn bosh_19_1_03_every_connection_shows_the_same_certificate() {
    let node = Node::start().await;
    let mut shown: Vec<CertificateDer<'_>> = Vec::new();
    for _ in 0..3 {
        let connection = node.secure().await;
        let (_, session) = connection.stream.get_ref();
        shown.push(session.peer_certificates().unwrap()[0].clone().into_owned());
    }
    assert_eq!(shown[0], shown[1], "BOSH-19.1-03");
    assert_eq!(shown[0], shown[2], "BOSH-19.1-03");
}

#[tokio::test]
async fn xbosh_2_05_and_4_07_neither_tls_nor_compression_inside_bosh() {
    let node = Node::start().await;
    let create = create("ver='1.6' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'");
    let created = node.post("", &create).await;
    let features = created.body.split_once("<mechanisms").expect("features").1;
    assert_eq!(
        features,
        " xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\">\
         <mechanism>PLAIN</mechanism></mechanisms></stream:features></body>",
        "XBOSH-2-05, XBOSH-4-07"
    );
    for element in [
        "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
        "<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>",
    ] {
        let sid = node.post("", &create).await.sid();
        let asked = request(&sid, 2, &format!(">{element}</body>"));
        let response = node.post("", &asked).await;
        assert!(
            !response.body.contains("<proceed") && !response.body.contains("<compressed"),
            "XBOSH-2-05, XBOSH-4-07: {response:?}"
        );
        assert!(
            response.body.contains("condition=\"remote-stream-error\""),
            "XBOSH-2-05, XBOSH-4-07: {response:?}"
        );
    }
}

#[tokio::test]
async fn xbosh_5_06_a_restart_makes_nobody_somebody_else() {
    use base64::Engine as _;

    let node = Node::start().await;
    let sid = node.session("ver='1.6'").await;
    let external =
        "><auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth></body>";
    let response = node.post("", &request(&sid, 2, external)).await;
    assert!(
        response.body.contains("<invalid-mechanism/></failure>"),
        "XBOSH-5-06: {response:?}"
    );

    let sid = node.session("ver='1.6'").await;
    let password = base64::engine::general_purpose::STANDARD.encode("\x001001001\0ccx-1001001");
    let auth = format!(
        "><auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{password}</auth></body>"
    );
    let response = node.post("", &request(&sid, 2, &auth)).await;
    assert!(response.body.contains("<success "), "{response:?}");
    let restart = "from='1001002@localhost' to='localhost' xmpp:restart='true' \
                   xmlns:xmpp='urn:xmpp:xbosh'/>";
    let response = node.post("", &request(&sid, 3, restart)).await;
    assert!(response.body.contains("xmpp-bind"), "{response:?}");
    let bind = "><iq xmlns='jabber:client' type='set' id='b'>\
                <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq></body>";
    let response = node.post("", &request(&sid, 4, bind)).await;
    assert!(
        response.body.contains("<jid>1001001@localhost/r</jid>"),
        "XBOSH-5-06: {response:?}"
    );
}
