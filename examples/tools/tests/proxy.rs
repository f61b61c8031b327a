//! The proxy between a client and a server, over loopback sockets.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Stdio;
use std::thread;

use common::{tool, with_invoke_id};

#[test]
fn both_directions_pass_unchanged_and_are_shown() {
    let requests = [
        with_invoke_id("uccx17_open_req", 1),
        with_invoke_id("uccx17_close_req", 2),
    ];
    let answers = [
        with_invoke_id("uccx17_open_conf", 1),
        with_invoke_id("uccx17_close_conf", 2),
    ];
    let (received, sent, text) = through_proxy(&requests, &answers);
    assert_eq!(received, requests.concat());
    assert_eq!(sent, answers.concat());
    let names: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once("-> ").or_else(|| line.split_once("<- ")))
        .filter_map(|(_, rest)| rest.split(' ').next())
        .collect();
    assert_eq!(
        names[1..],
        ["OPEN_REQ", "OPEN_CONF", "CLOSE_REQ", "CLOSE_CONF"],
        "{text}"
    );
}

#[test]
fn what_is_no_cti_passes_too() {
    let requests = [b"GET / HTTP/1.1\r\n\r\n".to_vec(), vec![0xff; 50_000]];
    let answers = [b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![0; 100_000]];
    let (received, sent, text) = through_proxy(&requests, &answers);
    assert_eq!(received, requests.concat());
    assert_eq!(sent, answers.concat());
    assert!(text.contains("cannot be followed from byte 0 on"), "{text}");
    assert!(text.contains("50018 bytes at 0 skipped"), "{text}");
}

#[test]
fn a_server_that_is_not_there_is_told() {
    // A port that was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut proxy = Proxy::start(&free.to_string());
    let mut client = TcpStream::connect(&proxy.address).unwrap();
    let mut nothing = Vec::new();
    // The proxy hangs up: nothing comes, or a reset.
    assert_eq!(client.read_to_end(&mut nothing).unwrap_or_default(), 0);
    assert!(proxy.text().contains("cannot connect to"));
}

/// What the server got, what the client got, and what the tool printed.
fn through_proxy(requests: &[Vec<u8>], answers: &[Vec<u8>]) -> (Vec<u8>, Vec<u8>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap().to_string();
    let mut proxy = Proxy::start(&server);
    let received = thread::scope(|scope| {
        let server = scope.spawn(|| {
            let (mut socket, _) = listener.accept().unwrap();
            let mut received = Vec::new();
            for (request, answer) in requests.iter().zip(answers) {
                let mut bytes = vec![0; request.len()];
                socket.read_exact(&mut bytes).unwrap();
                received.extend(bytes);
                socket.write_all(answer).unwrap();
            }
            socket.shutdown(Shutdown::Write).unwrap();
            socket.read_to_end(&mut received).unwrap();
            received
        });
        let mut client = TcpStream::connect(&proxy.address).unwrap();
        let mut sent = Vec::new();
        for (request, answer) in requests.iter().zip(answers) {
            client.write_all(request).unwrap();
            let mut bytes = vec![0; answer.len()];
            client.read_exact(&mut bytes).unwrap();
            sent.extend(bytes);
        }
        client.shutdown(Shutdown::Write).unwrap();
        client.read_to_end(&mut sent).unwrap();
        (server.join().unwrap(), sent)
    });
    (received.0, received.1, proxy.text())
}

struct Proxy {
    child: std::process::Child,
    address: String,
}

impl Proxy {
    /// For one connection.
    fn start(server: &str) -> Self {
        let mut child = tool(&[
            "proxy",
            "--listen",
            "127.0.0.1:0",
            "--connect",
            server,
            "--connections",
            "1",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.split_once("listening on ").unwrap().1;
        let address = address.split(',').next().unwrap().to_owned();
        Self { child, address }
    }

    /// What it printed until it ended.
    fn text(&mut self) -> String {
        let mut text = String::new();
        self.child
            .stdout
            .as_mut()
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert!(self.child.wait().unwrap().success());
        text
    }
}
