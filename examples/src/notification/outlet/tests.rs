//! A line and the client's end of its stream.

use std::{pin::pin, task::Waker, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, DuplexStream, WriteHalf, duplex, split},
    net::{TcpListener, TcpStream},
};
use xmpp_pubsub::{
    Jid,
    session::{Security, ServerConfig, ServerEvent},
    stream::Form,
    xml::{Limits, Scope},
};

use super::*;

const HEADER: &str = "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams'>";

fn say(machine: &mut Server, text: &str) {
    let mut input = BytesMut::from(text);
    machine.handle_input(Duration::ZERO, &mut input).unwrap();
}

/// A machine up to the moment in which the client asks for an address.
fn binding() -> Server {
    let domain = Jid::new("localhost").unwrap();
    let config = ServerConfig::new(domain, 1, Security::Protected);
    let mut machine = Server::new(Duration::ZERO, config, Form::Tcp);
    say(&mut machine, HEADER);
    say(
        &mut machine,
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>",
    );
    let event = machine.poll_event();
    assert!(
        matches!(event, Some(ServerEvent::Authenticate { .. })),
        "{event:?}"
    );
    machine.authenticate_ok().unwrap();
    say(&mut machine, HEADER);
    let bind = "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
    say(&mut machine, bind);
    let event = machine.poll_event();
    assert!(matches!(event, Some(ServerEvent::Bind { .. })), "{event:?}");
    while machine.poll_transmit().is_some() {}
    machine
}

fn bound() -> Server {
    let mut machine = binding();
    machine.bind_ok(Jid::new("a@localhost/r").unwrap()).unwrap();
    while machine.poll_transmit().is_some() {}
    machine
}

/// A line, and the client's end of its stream, which holds so many bytes.
fn line(
    machine: Server,
    bytes: usize,
    room: usize,
) -> (Line<WriteHalf<DuplexStream>>, DuplexStream) {
    let (stream, client) = duplex(bytes);
    let (_, writer) = split(stream);
    (Line::new(machine, writer, room), client)
}

fn message(number: usize) -> ToSession {
    let text = format!("<message id='m{number}'><body>something to read</body></message>");
    let scope = Scope::new().with("", "jabber:client");
    let stanza = Stanza::decode(text.as_bytes(), &scope, &Limits::default());
    ToSession::Stanza(stanza.unwrap().into())
}

/// Ids of the messages in what the client read.
fn ids(text: &[u8]) -> Vec<usize> {
    let text = String::from_utf8_lossy(text);
    let ids = text.split("id=\"m").skip(1);
    ids.map(|rest| rest.split('"').next().unwrap().parse().unwrap())
        .collect()
}

fn is_told<W: Writer>(line: &Line<W>) -> bool {
    let told = pin!(line.told());
    let mut cx = Context::from_waker(Waker::noop());
    told.poll(&mut cx).is_ready()
}

#[tokio::test]
async fn whoever_brings_something_writes_it() {
    let (line, mut client) = line(bound(), 4096, 8);
    assert_eq!(line.put(message(1)), Put::First);
    assert_eq!(line.put(message(2)), Put::Kept);
    line.write(&mut BytesMut::new());
    let mut heard = BytesMut::with_capacity(4096);
    client.read_buf(&mut heard).await.unwrap();
    assert_eq!(ids(&heard), [1, 2]);
    assert!(!is_told(&line), "the session's task sleeps on");
    assert_eq!(line.put(message(3)), Put::First);
}

#[tokio::test]
async fn a_reply_that_is_held_back_holds_back_nobody_elses_stanza() {
    let (line, mut client) = line(bound(), 4096, 8);
    // The session's own: its task goes on with the next event before it writes.
    assert_eq!(line.put(message(1)), Put::First);
    line.push(&mut line.end(), true);
    assert_eq!(line.put(message(2)), Put::First);
    line.write(&mut BytesMut::new());
    let mut heard = BytesMut::with_capacity(4096);
    client.read_buf(&mut heard).await.unwrap();
    while ids(&heard).len() < 2 {
        client.read_buf(&mut heard).await.unwrap();
    }
    assert_eq!(ids(&heard), [1, 2]);
}

#[tokio::test]
async fn what_a_socket_does_not_take_at_once_is_the_tasks_and_keeps_its_order() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = TcpStream::connect(address);
    let (client, accepted) = tokio::join!(client, listener.accept());
    let (mut client, (_reader, writer)) = (client.unwrap(), accepted.unwrap().0.into_split());
    // A connection is told that it can be written to by the runtime.
    writer.writable().await.unwrap();
    let line = Line::new(bound(), writer, usize::MAX);
    let mut room = BytesMut::new();
    let mut count = 0;
    while !is_told(&line) {
        let _ = line.put(message(count));
        line.write(&mut room);
        count += 1;
    }
    let mut heard = BytesMut::new();
    let read = async {
        while ids(&heard).len() < count || !heard.ends_with(b"</message>") {
            client.read_buf(&mut heard).await.unwrap();
        }
    };
    assert!(line.push(&mut line.end(), false).full);
    tokio::join!(line.emptied(), read);
    assert_eq!(ids(&heard), (0..count).collect::<Vec<_>>());
    assert!(!line.push(&mut line.end(), false).full);
}

#[tokio::test]
async fn what_a_full_stream_does_not_take_is_the_tasks_and_keeps_its_order() {
    let (line, mut client) = line(bound(), 100, 64);
    for number in 0..40 {
        let _ = line.put(message(number));
        line.write(&mut BytesMut::new());
    }
    assert!(is_told(&line));
    let state = line.push(&mut line.end(), false);
    assert!(state.full && !state.over_limit && state.last.is_none());
    let mut heard = BytesMut::new();
    let read = async {
        while ids(&heard).len() < 40 || !heard.ends_with(b"</message>") {
            client.read_buf(&mut heard).await.unwrap();
        }
    };
    tokio::join!(line.emptied(), read);
    assert_eq!(ids(&heard), (0..40).collect::<Vec<_>>());
    assert!(!line.push(&mut line.end(), false).full);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_over_its_limit_some_time() {
    let (line, _client) = line(bound(), 100, usize::MAX);
    let mut count = 0;
    while !line.push(&mut line.end(), false).over_limit {
        let _ = line.put(message(count));
        count += 1;
        line.write(&mut BytesMut::new());
    }
    assert!(count * 60 > MAX_OUTPUT / 2, "{count}");
    tokio::time::timeout(Duration::from_secs(5), line.emptied())
        .await
        .expect("nobody waits for it");
}

#[test]
fn nothing_is_sent_before_the_client_has_its_address() {
    let (line, _client) = line(binding(), 4096, 8);
    assert_eq!(line.put(message(1)), Put::First);
    line.write(&mut BytesMut::new());
    assert!(is_told(&line), "it is left to the session's task");
    assert_eq!(line.put(message(2)), Put::Kept);
    assert_eq!(line.left().len(), 2);
}

#[test]
fn who_has_no_room_ends_behind_what_waits() {
    let (line, _client) = line(bound(), 4096, 1);
    assert_eq!(line.put(message(1)), Put::First);
    assert_eq!(line.put(message(2)), Put::Full);
    assert!(is_told(&line));
    let last = line.push(&mut line.end(), false).last.unwrap();
    assert_eq!(last.condition, StreamCondition::RESOURCE_CONSTRAINT);
    assert!(line.left().is_empty());
}

#[test]
fn a_conflict_is_told_behind_what_waits() {
    let (line, _client) = line(bound(), 4096, 8);
    assert_eq!(line.put(message(1)), Put::First);
    let conflict = StreamError::from(StreamCondition::CONFLICT);
    assert_eq!(line.put(ToSession::Close(conflict)), Put::Kept);
    assert!(is_told(&line));
    let last = line.push(&mut line.end(), false).last.unwrap();
    assert_eq!(last.condition, StreamCondition::CONFLICT);
    assert!(line.left().is_empty());
}

#[tokio::test]
async fn a_stream_that_is_gone_is_told() {
    let (line, client) = line(bound(), 4096, 8);
    drop(client);
    let _ = line.put(message(1));
    line.write(&mut BytesMut::new());
    assert!(is_told(&line));
    assert!(line.push(&mut line.end(), false).broken);
}
