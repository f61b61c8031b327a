//! The client of `examples/blocking.rs` seen from the wire: what its HTTP requests look like, one by one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test fails by panicking, and this one has sockets and threads"
)]

#[allow(dead_code, reason = "an example has a main")]
#[path = "../examples/blocking.rs"]
mod blocking;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use bosh::xml::{Element, Limits, Profile};

/// All bytes that came on one connection, up to the answer.
type Request = String;

/// Lets the example's client talk to the example's server, and returns what it sent, by the rids
/// of the requests.
fn requests() -> Vec<Request> {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    thread::spawn(move || blocking::serve(server));
    let (between, seen) = listen_between(address);
    blocking::talk(between).unwrap();
    // Which connection is seen to end first is left to chance; the last request is the end.
    let mut requests = Vec::new();
    while !is_whole(&requests) {
        requests.push(seen.recv_timeout(PATIENCE).unwrap());
        requests.sort_by_key(|request| rid(request));
    }
    requests
}

fn is_whole(requests: &[Request]) -> bool {
    let Some((first, last)) = requests.first().zip(requests.last()) else {
        return false;
    };
    body(first).attr("sid").is_none()
        && body(last).attr("type") == Some("terminate")
        && rid(last) - rid(first) + 1 == requests.len() as u64
}

/// An address that leads to another one, and the requests that pass.
fn listen_between(server: SocketAddr) -> (SocketAddr, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (saw, seen) = mpsc::channel();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, saw) = (client.unwrap(), saw.clone());
            thread::spawn(move || {
                let request = pass(client, server);
                // Who counts requests may be done.
                let _ = saw.send(request);
            });
        }
    });
    (address, seen)
}

/// Passes everything on in both directions, and returns what the client said.
fn pass(client: TcpStream, server: SocketAddr) -> Request {
    let (mut from, mut to) = (
        client.try_clone().unwrap(),
        TcpStream::connect(server).unwrap(),
    );
    let (mut back, mut answer) = (client, to.try_clone().unwrap());
    let copies = thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = answer.read(&mut buffer) {
            if back.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
    });
    let mut said = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        said.extend_from_slice(&buffer[..count]);
        to.write_all(&buffer[..count]).unwrap();
    }
    to.shutdown(Shutdown::Both).unwrap();
    copies.join().unwrap();
    String::from_utf8(said).unwrap()
}

fn body(request: &str) -> Element {
    let body = request.split_once("\r\n\r\n").unwrap().1;
    Element::parse(body.as_bytes(), Profile::Xmpp, &Limits::default()).unwrap()
}

fn rid(request: &str) -> u64 {
    body(request).attr("rid").unwrap().parse().unwrap()
}

#[test]
fn bosh_5_04_requests_are_posts_with_a_label_and_a_length() {
    let requests = requests();
    assert!(requests.len() >= 4, "a session of some length");
    for request in requests {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let mut lines: Vec<_> = head.split("\r\n").collect();
        assert_eq!(
            lines.remove(0),
            "POST /http-bind/ HTTP/1.1",
            "BOSH-5-04, BOSH-5-01"
        );
        assert!(lines.remove(0).starts_with("Host: 127.0.0.1:"), "BOSH-5-01");
        let length = format!("Content-Length: {}", body.len());
        assert_eq!(
            lines,
            ["Content-Type: text/xml; charset=utf-8", length.as_str()],
            "BOSH-5-09, BOSH-5-06, BOSH-5-03: and nothing else"
        );
    }
}

#[test]
fn bosh_18_1_01_each_request_has_a_connection_of_its_own() {
    let requests = requests();
    let first = rid(&requests[0]);
    for (request, expected) in requests.iter().zip(first..) {
        assert_eq!(
            (rid(request), request.matches("POST ").count()),
            (expected, 1),
            "BOSH-18.1-01, BOSH-5-11: one request, though others are held"
        );
    }
}

#[test]
fn bosh_13_03_the_last_request_wants_no_answer() {
    let requests = requests();
    let last = body(requests.last().unwrap());
    assert_eq!(
        (last.attr("type"), last.children().count()),
        (Some("terminate"), 0),
        "BOSH-13-03"
    );
}

#[test]
fn bosh_14_1_01_the_first_rid_is_large_and_not_guessed() {
    let [one, other] = [requests(), requests()].map(|requests| rid(&requests[0]));
    assert_ne!(one, other, "BOSH-14.1-01, BOSH-19.3-01");
    // Of random numbers below 2^52, one in a million is below 2^32.
    assert!(one.max(other) > 1 << 32, "BOSH-14.1-01, BOSH-19.3-01");
    assert!(one.max(other) <= 1 << 52, "BOSH-14.1-02");
}

#[test]
fn bosh_15_3_01_seeds_and_lengths_of_key_sequences_are_not_guessed() {
    let newkeys: Vec<_> = [requests(), requests()]
        .iter()
        .map(|requests| body(&requests[0]).attr("newkey").map(str::to_owned))
        .collect();
    assert!(newkeys[0].is_some(), "BOSH-15.3-01");
    assert_ne!(newkeys[0], newkeys[1], "BOSH-15.3-01");
    let lengths: Vec<_> = (0..20).map(|_| blocking::key_sequence_length()).collect();
    assert!(
        lengths.iter().any(|length| *length != lengths[0]),
        "BOSH-15.3-01: {lengths:?}"
    );
    assert!(
        lengths.iter().all(|length| *length >= 1000),
        "BOSH-15.5-01: {lengths:?}"
    );
}

const PATIENCE: Duration = Duration::from_secs(20);
