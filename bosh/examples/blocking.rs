//! BOSH on std sockets and threads: no runtime, no HTTP library.
//!
//! A server that echoes every stanza, and a client that talks to it:
//!
//! ```text
//! cargo run -p bosh --example blocking            both, over loopback
//! cargo run -p bosh --example blocking -- serve   the server alone, until it is stopped
//! ```
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the host owns clock, sockets and threads; the crate under it does not"
)]

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use bosh::Rid;
use bosh::session::{
    Client, ClientConfig, ClientEvent, ClientTransmit, Event, Manager, RequestId, RequestSlot,
    ServerConfig, Transmit,
};
use bytes::Bytes;

fn main() -> io::Result<()> {
    let alone = std::env::args().nth(1).as_deref() == Some("serve");
    let listener = TcpListener::bind(if alone {
        "127.0.0.1:7071"
    } else {
        "127.0.0.1:0"
    })?;
    let address = listener.local_addr()?;
    println!("serving http://{address}/http-bind/");
    if alone {
        return serve(listener);
    }
    thread::spawn(move || serve(listener));
    talk(address)
}

/// An HTTP request on its way to the thread that owns the manager.
struct Post {
    body: Bytes,
    answer: Sender<Transmit>,
}

pub(crate) fn serve(listener: TcpListener) -> io::Result<()> {
    let (posts, inbox) = mpsc::channel();
    thread::spawn(move || manage(inbox));
    for stream in listener.incoming() {
        let (stream, posts) = (stream?, posts.clone());
        thread::spawn(move || answer_requests(stream, posts));
    }
    Ok(())
}

/// One connection: a request, its answer, the next request.
fn answer_requests(mut stream: TcpStream, posts: Sender<Post>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some((_, body)) = read_http(&mut reader)? {
        let (answer, answered) = mpsc::channel();
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        posts
            .send(Post { body, answer })
            .map_err(|_| io::ErrorKind::BrokenPipe)?;
        let response = answered.recv().map_err(gone)?;
        write!(
            stream,
            "HTTP/1.1 {} OK\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
            response.status,
            response.content_type,
            response.body.len()
        )?;
        stream.write_all(&response.body)?;
    }
    Ok(())
}

/// The thread that owns the connection manager.
fn manage(inbox: Receiver<Post>) {
    let origin = Instant::now();
    let mut manager = Manager::new(ServerConfig::default(), unpredictable);
    let mut waiting: BTreeMap<RequestSlot, Sender<Transmit>> = BTreeMap::new();
    let mut slots = 0;
    loop {
        let now = origin.elapsed();
        let idle = Duration::from_secs(3600);
        let sleep = manager
            .poll_timeout()
            .map_or(idle, |at| at.saturating_sub(now));
        match inbox.recv_timeout(sleep) {
            Ok(Post { body, answer }) => {
                let slot = RequestSlot(slots);
                slots += 1;
                waiting.insert(slot, answer);
                manager.handle_request(origin.elapsed(), slot, body);
            }
            Err(RecvTimeoutError::Timeout) => manager.handle_timeout(origin.elapsed()),
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let now = origin.elapsed();
        while let Some((session, event)) = manager.poll_event() {
            let reply = match event {
                Event::Open(_) => {
                    // A real server waits for SASL success.
                    let _ = manager.set_authenticated(session);
                    Some(Bytes::from_static(b"<stream:features/>"))
                }
                Event::Restart(_) => Some(Bytes::from_static(b"<stream:features/>")),
                Event::Payload(payload) => Some(payload.to_standalone()),
                Event::Terminated { .. } => None,
                Event::Stream(_) | _ => None,
            };
            if let Some(reply) = reply
                && let Err(error) = manager.send(now, session, reply)
            {
                println!("session {session}: {error}");
            }
        }
        while let Some(response) = manager.poll_transmit() {
            if let Some(answer) = waiting.remove(&response.slot) {
                // The connection may be gone; its client will ask again.
                let _ = answer.send(response);
            }
        }
    }
}

/// A client that says three things, hears them back, and leaves.
pub(crate) fn talk(address: SocketAddr) -> io::Result<()> {
    let origin = Instant::now();
    let rid = Rid::new(u64::from_be_bytes(*b"\0\x0f\xff\xff\xff\xff\xff\xff") & random())
        .unwrap_or(Rid::MAX);
    // Keys stand in for TLS, which std does not have: nobody else can speak in this session.
    let mut client = Client::new(ClientConfig::new("localhost", rid))
        .with_keys(key_sequence_length(), unpredictable);
    let (done, outcomes) = mpsc::channel();
    client.open(origin.elapsed()).map_err(io::Error::other)?;
    let mut heard = 0;
    loop {
        while let Some(event) = client.poll_event() {
            let now = origin.elapsed();
            match event {
                ClientEvent::Opened(opened) => {
                    println!("opened, requests wait up to {:?}", opened.wait);
                    for text in ["one", "two", "three"] {
                        let stanza =
                            format!("<message xmlns='jabber:client'><body>{text}</body></message>");
                        client
                            .send(now, Bytes::from(stanza))
                            .map_err(io::Error::other)?;
                    }
                }
                ClientEvent::Payload(payload) if payload.name().is("jabber:client", "message") => {
                    println!("heard {}", String::from_utf8_lossy(payload.bytes()));
                    heard += 1;
                    if heard == 3 {
                        client.terminate(now, &[]).map_err(io::Error::other)?;
                    }
                }
                ClientEvent::Payload(payload) => println!("heard {}", payload.name()),
                ClientEvent::Closed { reason, .. } => {
                    println!("closed: {reason:?}");
                    return if heard == 3 {
                        Ok(())
                    } else {
                        Err(io::ErrorKind::Other.into())
                    };
                }
                ClientEvent::SeeOtherUri(_) | _ => {}
            }
        }
        while let Some(transmit) = client.poll_transmit() {
            let done = done.clone();
            thread::spawn(move || done.send((transmit.id, post(address, &transmit))));
        }
        let sleep = client.poll_timeout().map_or(Duration::from_secs(1), |at| {
            at.saturating_sub(origin.elapsed())
        });
        match outcomes.recv_timeout(sleep) {
            Ok((id, outcome)) => take(&mut client, origin.elapsed(), id, outcome),
            Err(_) => client.handle_timeout(origin.elapsed()),
        }
    }
}

fn take(client: &mut Client, now: Duration, id: RequestId, outcome: io::Result<(u16, Bytes)>) {
    match outcome {
        Ok((status, body)) => client.handle_response(now, id, status, &body),
        Err(error) => {
            println!("request {} broke: {error}", id.rid);
            client.handle_failure(now, id);
        }
    }
}

/// One POST on a connection of its own.
fn post(address: SocketAddr, transmit: &ClientTransmit) -> io::Result<(u16, Bytes)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    write!(
        stream,
        "POST /http-bind/ HTTP/1.1\r\nHost: {address}\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: {}\r\n\r\n",
        transmit.body.len()
    )?;
    stream.write_all(&transmit.body)?;
    let (line, body) =
        read_http(&mut BufReader::new(stream))?.ok_or(io::ErrorKind::UnexpectedEof)?;
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Ok((status.ok_or(io::ErrorKind::InvalidData)?, body))
}

/// Reads a message with a Content-Length: its first line and its body. `None` at the end.
fn read_http(reader: &mut impl BufRead) -> io::Result<Option<(String, Bytes)>> {
    let mut first = String::new();
    // A header block of 16 KiB is plenty.
    let mut head = reader.take(16 * 1024);
    if head.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut length = 0;
    loop {
        let mut line = String::new();
        if head.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value
                .trim()
                .parse()
                .map_err(|_| io::ErrorKind::InvalidData)?;
        }
    }
    if length > MAX_BODY {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((first, Bytes::from(body))))
}

/// Session ids and seeds from the randomness that std's hash maps are seeded with: good enough to show.
/// A real server asks the operating system.
fn unpredictable() -> String {
    format!("{:016x}{:016x}", random(), random())
}

/// As unpredictable as the seed, and long: a new sequence costs as many hashes.
pub(crate) fn key_sequence_length() -> usize {
    1000 + (random() % 1000) as usize
}

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

const MAX_BODY: usize = 1024 * 1024;
