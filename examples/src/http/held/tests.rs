use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::Request,
    routing::{get, post},
};
use http::StatusCode;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
    time::timeout,
};

use super::*;
use crate::{
    http::{read_body, serve_held},
    shutdown::{self, ShutdownTrigger},
};

/// Answers `held` and the body; `wait` not before it is told, `large` with much, and `forbidden` with 403.
#[derive(Clone, Debug, Default)]
struct Echo {
    go: Arc<Notify>,
    waiting: Arc<AtomicUsize>,
    dropped: Arc<AtomicUsize>,
}

struct Waits<'a>(&'a Echo);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
        self.0.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

impl Hold for Echo {
    fn takes(&self, path: &str) -> bool {
        path == "/"
    }

    async fn answer(&self, _: Peer, body: Bytes) -> http::Response<Bytes> {
        if body.starts_with(b"wait") {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            let _waits = Waits(self);
            self.go.notified().await;
        }
        let text = String::from_utf8_lossy(&body);
        let mut response = http::Response::new(format!("held {text}").into());
        if body == "large" {
            *response.body_mut() = vec![b'x'; LARGE].into();
        }
        if body == "forbidden" {
            *response.status_mut() = StatusCode::FORBIDDEN;
            let close = http::HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        response
    }
}

const LARGE: usize = 16 << 20;
const LIMIT: Duration = Duration::from_secs(20);

struct Node {
    address: SocketAddr,
    echo: Echo,
    trigger: ShutdownTrigger,
    server: tokio::task::JoinHandle<()>,
}

impl Node {
    async fn start(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (trigger, shutdown) = shutdown::channel();
        let by_router = |request: Request| async {
            match read_body(request.into_body()).await {
                Ok(body) => format!("router {}", String::from_utf8_lossy(&body)),
                Err(error) => error.to_string(),
            }
        };
        let router = Router::new()
            .route("/", post(by_router).get(|| async { "page" }))
            .route("/large", get(|| async { "y".repeat(LARGE) }));
        let echo = Echo::default();
        let server = tokio::spawn(serve_held(
            listener,
            None,
            echo.clone(),
            router,
            limits,
            shutdown,
        ));
        Self {
            address,
            echo,
            trigger,
            server,
        }
    }

    async fn connect(&self) -> Peered {
        Peered {
            stream: TcpStream::connect(self.address).await.unwrap(),
            heard: Vec::new(),
        }
    }

    async fn waiting(&self, count: usize) {
        let all = async {
            while self.echo.waiting.load(Ordering::SeqCst) != count {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(LIMIT, all).await.expect("in time");
    }
}

/// The client's end of a connection.
struct Peered {
    stream: TcpStream,
    heard: Vec<u8>,
}

impl Peered {
    async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// The head and the body of the next answer.
    async fn hear(&mut self) -> (String, String) {
        let end = loop {
            if let Some(at) = self.heard.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(
                self.more().await,
                "{:?}",
                String::from_utf8_lossy(&self.heard)
            );
        };
        let head = String::from_utf8(self.heard.drain(..end).collect()).unwrap();
        let length = head.split("content-length: ").nth(1);
        let length = length.map_or(0, |rest| {
            rest.split("\r\n").next().unwrap().parse().unwrap()
        });
        while self.heard.len() < length {
            assert!(self.more().await, "{head}");
        }
        let body = self.heard.drain(..length).collect();
        (head, String::from_utf8(body).unwrap())
    }

    async fn body(&mut self) -> String {
        self.hear().await.1
    }

    async fn more(&mut self) -> bool {
        let mut room = vec![0; 65_536];
        let read = timeout(LIMIT, self.stream.read(&mut room)).await;
        let count = read.expect("in time").unwrap_or(0);
        self.heard.extend_from_slice(&room[..count]);
        count > 0
    }

    async fn is_silent(&mut self) -> bool {
        let quiet = Duration::from_millis(150);
        self.heard.is_empty() && timeout(quiet, self.stream.read_u8()).await.is_err()
    }

    async fn is_closed(&mut self) -> bool {
        self.heard.is_empty() && !self.more().await
    }
}

fn plain(body: &str) -> String {
    with("", body)
}

fn with(headers: &str, body: &str) -> String {
    let length = body.len();
    format!("POST / HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
}

#[test]
fn plain_is_what_can_be_read_in_one_way_only() {
    let hold = Echo::default();
    let parse = |head: &str| Post::parse(head.as_bytes(), &hold, 100);
    for (headers, closes) in [
        ("Content-Length: 3\r\n", false),
        ("content-length:3 \r\nConnection: Keep-Alive\r\n", false),
        ("CONTENT-LENGTH: 003\r\nConnection: close\r\n", true),
        (
            "Content-Length: 3\r\nConnection: close\r\nConnection: keep-alive\r\n",
            true,
        ),
        (
            "Content-Length: 3\r\nContent-Type: text/xml\r\nX-Empty:\r\n",
            false,
        ),
    ] {
        let head = format!("POST / HTTP/1.1\r\n{headers}\r\n");
        let expected = Post {
            head: head.len(),
            body: 3,
            closes,
        };
        assert_eq!(parse(&head), Some(expected), "{head}");
    }
    for head in [
        "",
        "POST / HTTP/1.1\r\nContent-Length: 3\r\n",
        "POST / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 3\r\n\r\n",
        "post / HTTP/1.1\r\nContent-Length: 3\r\n\r\n",
        "POST /other HTTP/1.1\r\nContent-Length: 3\r\n\r\n",
        "POST /?query HTTP/1.1\r\nContent-Length: 3\r\n\r\n",
        "POST http://a/ HTTP/1.1\r\nContent-Length: 3\r\n\r\n",
    ] {
        assert_eq!(parse(head), None, "{head}");
    }
    for headers in [
        "Content-Length: 3\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Content-Length: 3\r\nTransfer-Encoding : chunked\r\n",
        "Content-Length: 3\r\n Transfer-Encoding: chunked\r\n",
        "Content-Length:\r\n",
        "Content-Length: +3\r\n",
        "Content-Length: -3\r\n",
        "Content-Length: 3, 3\r\n",
        "Content-Length: 3 3\r\n",
        "Content-Length: 0x3\r\n",
        "Content-Length: 101\r\n",
        "Content-Length: 18446744073709551616\r\n",
        "Content-Length: 3\r\nContent-Encoding: gzip\r\n",
        "Content-Length: 3\r\nExpect: 100-continue\r\n",
        "Content-Length: 3\r\nUpgrade: websocket\r\n",
        "Content-Length: 3\r\nTrailer: x\r\n",
        "Content-Length: 3\r\nConnection: upgrade\r\n",
        "Content-Length: 3\r\nConnection: keep-alive, close\r\n",
    ] {
        let head = format!("POST / HTTP/1.1\r\n{headers}\r\n");
        assert_eq!(parse(&head), None, "{head}");
    }
    let many = "X: y\r\n".repeat(HEADERS);
    assert_eq!(
        parse(&format!(
            "POST / HTTP/1.1\r\n{many}Content-Length: 3\r\n\r\n"
        )),
        None
    );
}

#[tokio::test]
async fn a_held_request_leaves_no_buffer_behind() {
    let (mut client, stream) = tokio::io::duplex(1024);
    let mut line = Line {
        stream,
        heard: Vec::new(),
    };
    client.write_all(plain("abc").as_bytes()).await.unwrap();
    poll_fn(|cx| line.poll_hear(cx)).await.unwrap();
    let post = Post::parse(&line.heard, &Echo::default(), 100).unwrap();
    assert_eq!(line.take(&post), "abc");
    assert_eq!(line.heard.capacity(), 0);
}

#[tokio::test]
async fn a_plain_request_is_held_and_answered_and_so_is_the_next() {
    let node = Node::start(Limits::default()).await;
    let mut peer = node.connect().await;
    peer.say(plain("wait 1")).await;
    node.waiting(1).await;
    assert!(peer.is_silent().await);
    node.echo.go.notify_one();
    let (head, body) = peer.hear().await;
    assert_eq!(body, "held wait 1");
    let lines: Vec<&str> = head.split("\r\n").collect();
    assert_eq!(lines[..2], ["HTTP/1.1 200 OK", "content-length: 11"]);
    assert!(
        lines[2].starts_with("date: ") && lines[2].ends_with(" GMT"),
        "{head}"
    );
    assert_eq!(lines[3..], ["", ""]);
    peer.say(plain("2")).await;
    assert_eq!(peer.body().await, "held 2");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let node = Node::start(Limits::default()).await;
    let mut peer = node.connect().await;
    peer.say(plain("wait 1") + &plain("2") + &plain("wait 3"))
        .await;
    node.waiting(1).await;
    assert!(peer.is_silent().await, "the second waits for the first");
    node.echo.go.notify_one();
    assert_eq!(peer.body().await, "held wait 1");
    assert_eq!(peer.body().await, "held 2");
    // While one is held, and in pieces.
    node.waiting(1).await;
    let next = plain("4");
    let (first, second) = next.split_at(20);
    peer.say(first).await;
    assert!(peer.is_silent().await);
    node.echo.go.notify_one();
    assert_eq!(peer.body().await, "held wait 3");
    peer.say(second).await;
    assert_eq!(peer.body().await, "router 4", "a head in pieces is hyper's");
}

#[tokio::test]
async fn wherever_the_bytes_are_cut_the_answers_are_the_same() {
    let node = Node::start(Limits::default()).await;
    let page = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let all = plain("1") + page + &plain("2") + &plain("3");
    let each = (1..all.len()).map(async |at| {
        let (first, second) = all.split_at(at);
        let mut peer = node.connect().await;
        let _ = peer.stream.set_nodelay(true);
        peer.say(first).await;
        sleep(Duration::from_millis(20)).await;
        peer.say(second).await;
        for expected in [" 1", "page", " 2", " 3"] {
            let body = peer.body().await;
            assert!(
                body.ends_with(expected),
                "cut at {at}: {body}, not {expected}"
            );
        }
    });
    futures::future::join_all(each).await;
}

#[tokio::test]
async fn a_peer_that_goes_while_its_request_is_held_is_noticed() {
    let node = Node::start(Limits::default()).await;
    let mut gone = node.connect().await;
    gone.say(plain("wait")).await;
    node.waiting(1).await;
    drop(gone);
    node.waiting(0).await;
    assert_eq!(node.echo.dropped.load(Ordering::SeqCst), 1);
    // As hyper has it, who says no more wants no answer.
    let mut half = node.connect().await;
    half.say(plain("wait")).await;
    node.waiting(1).await;
    half.stream.shutdown().await.unwrap();
    node.waiting(0).await;
    assert!(half.is_closed().await);
}

#[tokio::test]
async fn a_body_may_come_in_pieces_and_be_large() {
    let node = Node::start(Limits::default()).await;
    let mut peer = node.connect().await;
    let request = plain("abcdef");
    let (head, body) = request.split_at(request.len() - 6);
    for part in [head, &body[..1], &body[1..3], &body[3..]] {
        peer.say(part).await;
        assert!(part.ends_with('f') || peer.is_silent().await);
    }
    assert_eq!(peer.body().await, "held abcdef");
    let large = "z".repeat(200_000);
    peer.say(plain(&large) + &plain("behind")).await;
    assert_eq!(peer.body().await, format!("held {large}"));
    assert_eq!(peer.body().await, "held behind");
    peer.say(plain(&"z".repeat(300_000))).await;
    assert_eq!(peer.body().await, "the request body is too large");
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up_in_time() {
    let node = Node::start(Limits {
        body_timeout: Duration::from_millis(200),
        ..Limits::default()
    })
    .await;
    let mut peer = node.connect().await;
    peer.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na")
        .await;
    let answer = timeout(Duration::from_secs(5), peer.body()).await.unwrap();
    assert_eq!(answer, "the request body did not come in time");
    assert!(peer.is_closed().await);
    assert_eq!(node.echo.dropped.load(Ordering::SeqCst), 0);
    // One that breaks off is no request.
    let mut peer = node.connect().await;
    peer.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na")
        .await;
    peer.stream.shutdown().await.unwrap();
    let mut answer = String::new();
    peer.stream.read_to_string(&mut answer).await.unwrap();
    assert!(!answer.contains("held"), "{answer}");
}

#[tokio::test]
async fn an_idle_connection_and_a_head_that_never_ends_are_given_up() {
    let node = Node::start(Limits {
        head_timeout: Duration::from_millis(200),
        ..Limits::default()
    })
    .await;
    let mut silent = node.connect().await;
    let mut slow = node.connect().await;
    slow.say("POST / HTTP/1.1\r\nHost:").await;
    let mut again = node.connect().await;
    again.say(plain("1")).await;
    assert_eq!(again.body().await, "held 1");
    let ended = timeout(Duration::from_secs(5), async {
        assert!(silent.is_closed().await && again.is_closed().await);
        let mut answer = String::new();
        slow.stream.read_to_string(&mut answer).await.unwrap();
        assert!(!answer.contains("200"), "{answer}");
    });
    ended.await.unwrap();
    // A held one is no idle one.
    let mut held = node.connect().await;
    held.say(plain("wait")).await;
    sleep(Duration::from_millis(500)).await;
    node.echo.go.notify_one();
    assert_eq!(held.body().await, "held wait");
}

#[tokio::test]
async fn what_is_not_plain_is_answered_by_hyper_and_the_router() {
    let node = Node::start(Limits::default()).await;
    let chunked =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    for (request, answer) in [
        (chunked.to_owned(), "router abc"),
        (with("Content-Length: 3\r\n", "abc"), "router abc"),
        (plain("abc").replace("1.1", "1.0"), "router abc"),
        (plain("abc").replace("POST /", "POST /?x"), "router abc"),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), "page"),
    ] {
        let mut peer = node.connect().await;
        peer.say(&request).await;
        assert_eq!(peer.body().await, answer, "{request}");
    }
    let mut peer = node.connect().await;
    let expects = with("Expect: 100-continue\r\n", "abc");
    let (head, body) = expects.split_at(expects.len() - 3);
    peer.say(head).await;
    assert_eq!(peer.hear().await.0, "HTTP/1.1 100 Continue\r\n\r\n");
    peer.say(body).await;
    assert_eq!(peer.body().await, "router abc");
}

#[tokio::test]
async fn no_request_is_smuggled_past_a_disputed_length() {
    let node = Node::start(Limits::default()).await;
    for headers in [
        "Content-Length: 3\r\nContent-Length: 30\r\n",
        "Content-Length: +3\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked, identity\r\n",
        "Content-Length: 3\r\nTransfer-Encoding : chunked\r\n",
    ] {
        let mut peer = node.connect().await;
        peer.say(format!(
            "POST / HTTP/1.1\r\nHost: a\r\n{headers}\r\nabc{}",
            plain("smuggled")
        ))
        .await;
        assert!(peer.hear().await.0.starts_with("HTTP/1.1 400"), "{headers}");
        assert!(peer.is_closed().await, "{headers}");
    }
    // Both are framed by the chunks, and nothing comes behind them.
    let mut peer = node.connect().await;
    let both = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    peer.say(both.to_owned() + &plain("smuggled")).await;
    assert_eq!(peer.body().await, "router ");
    assert!(peer.is_closed().await);
}

#[tokio::test]
async fn a_connection_comes_back_from_hyper_when_it_is_at_rest() {
    let node = Node::start(Limits::default()).await;
    let mut peer = node.connect().await;
    let page = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    peer.say(page).await;
    assert_eq!(peer.body().await, "page");
    peer.say(plain("1")).await;
    assert_eq!(peer.body().await, "held 1");
    // Both ends of a pipeline, whoever reads what.
    peer.say(page.to_owned() + page + &plain("2") + &plain("3"))
        .await;
    for expected in ["page", "page", " 2", " 3"] {
        let body = peer.body().await;
        assert!(body.ends_with(expected), "{body}, not {expected}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_taken_yet_is_not_lost_when_the_connection_comes_back() {
    let node = Node::start(Limits::default()).await;
    let mut peer = node.connect().await;
    peer.say("GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await;
    sleep(Duration::from_millis(200)).await;
    let half = plain("behind");
    let (first, second) = half.split_at(30);
    peer.say(first).await;
    let body = peer.body().await;
    assert_eq!(body.len(), LARGE);
    peer.say(second).await;
    assert!(peer.body().await.ends_with(" behind"));
}

#[tokio::test]
async fn a_connection_is_closed_when_either_end_says_so() {
    let node = Node::start(Limits::default()).await;
    for (request, line) in [
        (with("Connection: close\r\n", "1"), "HTTP/1.1 200 OK\r\n"),
        (plain("forbidden"), "HTTP/1.1 403 Forbidden\r\n"),
    ] {
        let mut peer = node.connect().await;
        peer.say(request).await;
        let (head, _) = peer.hear().await;
        assert!(head.starts_with(line), "{head}");
        assert_eq!(head.matches("connection: close\r\n").count(), 1, "{head}");
        assert!(peer.is_closed().await);
    }
}

#[tokio::test]
async fn a_peer_that_takes_no_answer_is_given_up() {
    let node = Node::start(Limits {
        write_timeout: Duration::from_millis(50),
        ..Limits::default()
    })
    .await;
    let mut peer = node.connect().await;
    peer.say(plain("large")).await;
    sleep(Duration::from_millis(400)).await;
    let mut answer = Vec::new();
    let ended = peer.stream.read_to_end(&mut answer).await;
    assert!(
        ended.is_err() || answer.len() < LARGE,
        "{} bytes",
        answer.len()
    );
}

#[tokio::test]
async fn at_the_end_held_requests_are_answered_and_idle_connections_closed() {
    let node = Node::start(Limits::default()).await;
    let mut held = node.connect().await;
    held.say(plain("wait")).await;
    node.waiting(1).await;
    let mut idle = node.connect().await;
    idle.say(plain("1")).await;
    assert_eq!(idle.body().await, "held 1");
    node.trigger.request();
    assert!(idle.is_closed().await);
    assert!(held.is_silent().await);
    node.echo.go.notify_one();
    let (head, body) = held.hear().await;
    assert_eq!(body, "held wait");
    assert!(head.contains("connection: close\r\n"), "{head}");
    assert!(held.is_closed().await);
    timeout(LIMIT, node.server).await.expect("it ends").unwrap();
}
