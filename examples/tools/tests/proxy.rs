//! The proxy between a client and a server, over loopback sockets.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Output, Stdio};
use std::thread;
use std::time::Duration;

use common::{golden, tool, with_invoke_id};

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
    for (arguments, code) in [(&[][..], 0), (&["--check"], 3)] {
        let proxy = Proxy::start(&free.to_string(), 1, arguments);
        let mut client = TcpStream::connect(&proxy.address).unwrap();
        let mut nothing = Vec::new();
        // The proxy hangs up: nothing comes, or a reset.
        assert_eq!(client.read_to_end(&mut nothing).unwrap_or_default(), 0);
        let output = proxy.output();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("cannot connect to"), "{text}");
        assert_eq!(output.status.code(), Some(code));
    }
}

#[test]
fn forwarding_does_not_wait_for_whoever_reads() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = Proxy::start(&listener.local_addr().unwrap().to_string(), 2, &["--check"]);
    let mut first = connected(&proxy, &listener);
    // Each message is a read of its own, and makes a long line. Pipe and queue hold far less.
    let event = golden("uccx17_agent_state_event");
    for _ in 0..3_000 {
        first.1.write_all(&event).unwrap();
        let mut bytes = vec![0; event.len()];
        first.0.read_exact(&mut bytes).unwrap();
        assert_eq!(bytes, event);
    }
    let (mut client, mut server) = connected(&proxy, &listener);
    client.write_all(b"request").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut received = Vec::new();
    server.read_to_end(&mut received).unwrap();
    assert_eq!(received, b"request");
    server.write_all(b"answer").unwrap();
    drop(server);
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"answer");
    drop(first);
    let output = proxy.output();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("the capture lost bytes"), "{text}");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn forwarding_outlives_whoever_reads() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    for (event, code) in [
        ("uccx17_agent_state_event", 0),
        ("uccx17_heartbeat_conf", 3),
    ] {
        let mut proxy = Proxy::start(&address, 1, &["--check"]);
        drop(proxy.child.stdout.take());
        let event = golden(event);
        let (mut client, mut server) = connected(&proxy, &listener);
        for _ in 0..100 {
            server.write_all(&event).unwrap();
            let mut bytes = vec![0; event.len()];
            client.read_exact(&mut bytes).unwrap();
            assert_eq!(bytes, event);
        }
        drop((client, server));
        let output = proxy.output();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            errors.matches("nothing more is shown").count(),
            1,
            "{errors}"
        );
        // What cannot be shown is looked at all the same.
        assert_eq!(output.status.code(), Some(code), "{errors}");
    }
}

#[test]
fn connections_are_limited() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = Proxy::start(&listener.local_addr().unwrap().to_string(), 258, &[]);
    let mut open: Vec<_> = (0..256).map(|_| connected(&proxy, &listener)).collect();
    let mut refused = TcpStream::connect(&proxy.address).unwrap();
    assert_eq!(refused.read(&mut [0]).unwrap_or_default(), 0);
    // One that ends makes room, as soon as its threads are done.
    let (mut client, mut server) = open.pop().unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(server.read(&mut [0]).unwrap(), 0);
    drop(server);
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    thread::sleep(Duration::from_millis(500));
    let (mut client, mut server) = connected(&proxy, &listener);
    client.write_all(b"x").unwrap();
    server.read_exact(&mut [0]).unwrap();
    drop((open, client, server));
    let text = String::from_utf8(proxy.output().stdout).unwrap();
    assert_eq!(
        text.matches("256 connections are open").count(),
        1,
        "{text}"
    );
}

#[test]
fn arguments_that_the_proxy_cannot_follow_are_refused() {
    for arguments in [&["--check"][..], &["--summary"], &["--port", "42027"]] {
        let ends = [
            "proxy",
            "--listen",
            "127.0.0.1:0",
            "--connect",
            "127.0.0.1:1",
        ];
        let output = tool(&[&ends[..], arguments].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

/// A connection through the proxy: the client's end and the server's.
fn connected(proxy: &Proxy, listener: &TcpListener) -> (TcpStream, TcpStream) {
    let client = TcpStream::connect(&proxy.address).unwrap();
    let server = listener.accept().unwrap().0;
    for socket in [&client, &server] {
        socket.set_nodelay(true).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
    }
    (client, server)
}

/// What the server got, what the client got, and what the tool printed.
fn through_proxy(requests: &[Vec<u8>], answers: &[Vec<u8>]) -> (Vec<u8>, Vec<u8>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap().to_string();
    let proxy = Proxy::start(&server, 1, &[]);
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
    let output = proxy.output();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    (received.0, received.1, text)
}

struct Proxy {
    child: std::process::Child,
    address: String,
}

impl Proxy {
    /// For so many connections.
    fn start(server: &str, connections: u64, arguments: &[&str]) -> Self {
        let connections = connections.to_string();
        let ends = ["proxy", "--listen", "127.0.0.1:0", "--connect", server];
        let mut child = tool(&[&ends[..], &["--connections", &connections], arguments].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stderr = child.stderr.as_mut().unwrap();
        // The rest of it is for whoever asks for the output.
        while !line.ends_with('\n') {
            let mut byte = [0];
            stderr.read_exact(&mut byte).unwrap();
            line.push(char::from(byte[0]));
        }
        let address = line.split_once("listening on ").unwrap().1;
        let address = address.split(',').next().unwrap().to_owned();
        Self { child, address }
    }

    /// What it printed until it ended.
    fn output(self) -> Output {
        self.child.wait_with_output().unwrap()
    }
}
