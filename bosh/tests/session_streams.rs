//! Several streams in one session (XEP-0124 §16), at the connection manager.

mod common;

use std::time::Duration;

use bosh::Condition;
use bosh::session::{
    CloseReason, Error, Event, Farewell, RequestSlot, ServerConfig, StreamEvent, StreamName,
};
use bytes::Bytes;
use common::{EMPTY, NS, Server, parse, terminate, wrapped};

const FIRST: &str = "sid-2";
const SECOND: &str = "sid-3";

fn config() -> ServerConfig {
    ServerConfig::default().with_max_streams(3)
}

/// A session that may have several streams and has one.
fn single() -> Server {
    Server::open_with(config(), "wait='60' hold='1' ver='1.6'")
}

/// A session with two streams, whose next request id is 2.
fn double() -> Server {
    let mut server = single();
    let slot = server.request(1, "to='example.org'/>");
    server.seconds(1);
    assert!(!server.is_waiting(slot));
    server.events.clear();
    server
}

fn send_to(server: &mut Server, stream: &str, payload: &str) -> Result<(), Error> {
    let (now, id) = (server.now, server.id());
    let payload = Bytes::copy_from_slice(payload.as_bytes());
    let sent = server
        .manager
        .send_to(now, id, &StreamName::new(stream), payload);
    server.drain();
    sent
}

fn close_stream(server: &mut Server, stream: &str, farewell: Farewell) -> Result<(), Error> {
    let (now, id) = (server.now, server.id());
    let closed = server
        .manager
        .close_stream(now, id, &StreamName::new(stream), farewell);
    server.drain();
    closed
}

/// What happened, as `stream:name` for payloads.
fn told(server: &Server) -> Vec<String> {
    let one = |event: &Event| match event {
        Event::Stream(StreamEvent::Open(open)) => format!("{}:open", open.stream.as_str()),
        Event::Stream(StreamEvent::Payload { stream, payload }) => {
            format!("{}:{}", stream.as_str(), payload.name().local())
        }
        Event::Stream(StreamEvent::Closed {
            stream, condition, ..
        }) => format!("{}:closed {condition:?}", stream.as_str()),
        Event::Payload(payload) => payload.name().local().to_owned(),
        Event::Restart(restart) => {
            let stream = restart.stream.as_ref().map_or("", StreamName::as_str);
            format!("{stream}:restart")
        }
        Event::Terminated { reason, .. } => format!("{reason:?}"),
        Event::Open(_) | Event::Stream(_) | _ => "?".to_owned(),
    };
    server.events.iter().map(|(_, event)| one(event)).collect()
}

fn named(stream: &str, payload: &str) -> String {
    format!("<body xmlns=\"{NS}\" stream=\"{stream}\">{payload}</body>")
}

#[test]
fn support_is_announced_by_the_name_of_the_first_stream() {
    let mut server = Server::new(config());
    let response = server.create("wait='60' hold='1' ver='1.6'");
    let response = parse(&response);
    assert_eq!(response.attr("sid"), Some("sid-1"));
    assert_eq!(
        response.attr("stream"),
        Some(FIRST),
        "BOSH-16.2-01: drawn from the source of session ids, so as opaque and unique"
    );
    let mut plain = Server::new(ServerConfig::default());
    let response = plain.create("wait='60' hold='1' ver='1.6'");
    assert_eq!(
        parse(&response).attr("stream"),
        None,
        "BOSH-16.2-01: not announced where it is not offered"
    );
}

#[test]
fn a_stream_is_opened_and_named_in_the_answer() {
    let mut server = single();
    let slot = server.request(
        1,
        "to='example.org' from='user@example.org' route='xmpp:example.org:9999' xml:lang='en' \
         xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'/>",
    );
    let Some((_, Event::Stream(StreamEvent::Open(open)))) = server.events.first() else {
        panic!("BOSH-16.3-04: {:?}", server.events);
    };
    assert_eq!(open.stream.as_str(), SECOND);
    assert_eq!(open.to.as_deref(), Some("example.org"));
    assert_eq!(open.from.as_deref(), Some("user@example.org"));
    assert_eq!(open.route.as_deref(), Some("xmpp:example.org:9999"));
    assert_eq!(open.lang.as_deref(), Some("en"));
    assert!(server.is_waiting(slot), "features are waited for");
    assert_eq!(send_to(&mut server, SECOND, "<f xmlns='urn:f'/>"), Ok(()));
    assert_eq!(
        server.taken(slot),
        format!(
            "<body xmlns=\"{NS}\" xmlns:xmpp=\"urn:xmpp:xbosh\" from=\"example.org\" \
             stream=\"{SECOND}\" xmpp:version=\"1.0\"><f xmlns='urn:f'/></body>"
        ),
        "BOSH-16.3-04, XBOSH-4-08: the name, the version, nothing of the session"
    );
}

#[test]
fn a_stream_without_features_is_named_after_the_grace_of_creation() {
    let mut server = single();
    let slot = server.request(1, "to='example.org'/>");
    server.pass(Duration::from_millis(999));
    assert!(server.is_waiting(slot));
    server.pass(Duration::from_millis(1));
    assert_eq!(
        server.taken(slot),
        format!("<body xmlns=\"{NS}\" from=\"example.org\" stream=\"{SECOND}\"/>"),
        "BOSH-16.3-04"
    );
}

#[test]
fn an_opening_request_does_not_carry_payloads_of_another_stream() {
    let mut server = single();
    let opening = server.request(1, "to='example.org'/>");
    server.send("<a xmlns='urn:p'/>");
    assert_eq!(
        server.taken(opening),
        format!("<body xmlns=\"{NS}\" from=\"example.org\" stream=\"{SECOND}\"/>"),
        "BOSH-16.4-03"
    );
    let next = server.empty(2);
    assert_eq!(server.taken(next), named(FIRST, "<a xmlns='urn:p'/>"));
}

#[test]
fn an_identity_that_is_known_late_names_its_stream() {
    let mut server = double();
    let slot = server.empty(2);
    let (now, id) = (server.now, server.id());
    let name = StreamName::new(SECOND);
    let sent = server.manager.send_from(now, id, &name, "late.example.org");
    assert_eq!(sent, Ok(()));
    server.drain();
    assert_eq!(
        server.taken(slot),
        format!("<body xmlns=\"{NS}\" from=\"late.example.org\" stream=\"{SECOND}\"/>"),
        "BOSH-16.3-05"
    );
}

#[test]
fn responses_name_their_stream_once_there_are_several() {
    let mut server = single();
    let slot = server.empty(1);
    server.send("<a xmlns='urn:p'/>");
    assert_eq!(
        server.taken(slot),
        wrapped("<a xmlns='urn:p'/>"),
        "one stream needs no name"
    );
    let mut server = double();
    server.send("<a xmlns='urn:p'/>");
    server.send("<b xmlns='urn:p'/>");
    assert_eq!(send_to(&mut server, SECOND, "<c xmlns='urn:p'/>"), Ok(()));
    server.send("<d xmlns='urn:p'/>");
    let bodies: Vec<String> = (2..5)
        .map(|rid| {
            let slot = server.empty(rid);
            server.taken(slot)
        })
        .collect();
    assert_eq!(
        bodies,
        [
            named(FIRST, "<a xmlns='urn:p'/><b xmlns='urn:p'/>"),
            named(SECOND, "<c xmlns='urn:p'/>"),
            named(FIRST, "<d xmlns='urn:p'/>"),
        ],
        "BOSH-16.4-01, BOSH-16.4-03: each names its stream and none mixes two"
    );
    let slot = server.empty(5);
    server.seconds(60);
    assert_eq!(server.taken(slot), EMPTY, "BOSH-16.4-07");
}

#[test]
fn requests_go_to_the_stream_they_name_or_to_all() {
    let mut server = double();
    server.request(2, &format!("stream='{SECOND}'><a xmlns='urn:p'/></body>"));
    server.request(3, "><b xmlns='urn:p'/><c xmlns='urn:p'/></body>");
    assert_eq!(
        told(&server),
        [
            format!("{SECOND}:a"),
            format!("{FIRST}:b"),
            format!("{FIRST}:c"),
            format!("{SECOND}:b"),
            format!("{SECOND}:c"),
        ],
        "BOSH-16.4-02: without a name it is a broadcast"
    );
    server.events.clear();
    let restart = "xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh'/>";
    server.request(4, &format!("stream='{SECOND}' {restart}"));
    assert_eq!(told(&server), [format!("{SECOND}:restart")]);
}

#[test]
fn the_name_of_the_only_stream_may_be_given() {
    let mut server = single();
    server.request(1, &format!("stream='{FIRST}'><a xmlns='urn:p'/></body>"));
    assert_eq!(told(&server), ["a"]);
}

#[test]
fn an_unknown_stream_ends_the_session() {
    let mut server = double();
    let slot = server.request(2, "stream='other'><a xmlns='urn:p'/></body>");
    assert_eq!(
        server.taken(slot),
        terminate("item-not-found"),
        "BOSH-16.4-04"
    );
    assert_eq!(told(&server), ["Violation(ItemNotFound)"]);
}

#[test]
fn the_stream_of_an_empty_wrapper_does_not_count() {
    let mut server = double();
    let slot = server.request(2, "stream='other'/>");
    assert!(server.is_waiting(slot), "BOSH-16.4-07");
    assert_eq!(told(&server), [""; 0]);
}

#[test]
fn payloads_for_a_stream_just_closed_are_dropped() {
    let mut server = double();
    server.request(2, &format!("type='terminate' stream='{SECOND}'/>"));
    server.events.clear();
    let slot = server.request(3, &format!("stream='{SECOND}'><a xmlns='urn:p'/></body>"));
    assert!(server.is_waiting(slot), "BOSH-16.4-06: the session goes on");
    assert_eq!(told(&server), [""; 0], "BOSH-16.4-06");
    assert_eq!(
        send_to(&mut server, SECOND, "<a/>"),
        Err(Error::NoStream),
        "nothing more goes the other way"
    );
}

#[test]
fn ends_of_a_closed_stream_do_not_pile_up_behind_one_that_is_being_opened() {
    let mut server = double();
    let end = format!("type='terminate' stream='{SECOND}'/>");
    server.request(2, &end);
    let opening = server.request(3, "to='example.net'/>");
    // Two are agreed, and one more of each kind may come.
    let waiting: Vec<_> = (4..7).map(|rid| server.request(rid, &end)).collect();
    assert!(waiting.iter().all(|&slot| server.is_waiting(slot)));
    let excessive = server.request(7, &end);
    assert_eq!(server.taken(excessive), terminate("policy-violation"));
    assert!(!server.is_waiting(opening), "the session is over");
    assert_eq!(
        server.reason(),
        Some(CloseReason::Violation(Condition::PolicyViolation))
    );
}

#[test]
fn one_stream_is_closed_by_its_name() {
    let mut server = double();
    assert_eq!(send_to(&mut server, SECOND, "<x xmlns='urn:p'/>"), Ok(()));
    server.send("<y xmlns='urn:p'/>");
    let rest = format!("type='terminate' stream='{SECOND}'><a xmlns='urn:p'/></body>");
    let slot = server.request(2, &rest);
    assert_eq!(
        told(&server),
        [format!("{SECOND}:a"), format!("{SECOND}:closed None")]
    );
    let Some((_, Event::Stream(StreamEvent::Closed { undelivered, .. }))) = server.events.last()
    else {
        panic!("the stream was closed");
    };
    assert_eq!(undelivered, &["<x xmlns='urn:p'/>"]);
    assert_eq!(
        server.taken(slot),
        named(FIRST, "<y xmlns='urn:p'/>"),
        "the other stream goes on, and is named as before"
    );
}

#[test]
fn closing_the_last_stream_ends_the_session() {
    let mut server = double();
    server.request(2, &format!("type='terminate' stream='{FIRST}'/>"));
    server.events.clear();
    server.seconds(2);
    let held = server.empty(3);
    let last = server.request(4, &format!("type='terminate' stream='{SECOND}'/>"));
    assert_eq!(told(&server), ["Peer(None)"], "BOSH-16.5-02");
    let end = format!("<body xmlns=\"{NS}\" type=\"terminate\"/>");
    assert_eq!(
        [server.taken(held), server.taken(last)],
        [end, EMPTY.to_owned()],
        "BOSH-16.5-02"
    );
}

#[test]
fn an_unnamed_end_closes_all_streams() {
    let mut server = double();
    let slot = server.request(2, "type='terminate'><a xmlns='urn:p'/></body>");
    assert_eq!(
        told(&server),
        [
            format!("{FIRST}:a"),
            format!("{SECOND}:a"),
            "Peer(None)".to_owned()
        ],
        "BOSH-16.5-03: the payload goes to all"
    );
    assert_eq!(
        server.taken(slot),
        format!("<body xmlns=\"{NS}\" type=\"terminate\"/>"),
        "BOSH-16.5-03"
    );
}

#[test]
fn an_error_closes_the_stream_it_names_and_no_other() {
    let mut server = double();
    let farewell = Farewell::condition(Condition::RemoteConnectionFailed);
    assert_eq!(send_to(&mut server, SECOND, "<x xmlns='urn:p'/>"), Ok(()));
    assert_eq!(close_stream(&mut server, SECOND, farewell), Ok(()));
    server.send("<y xmlns='urn:p'/>");
    let slot = server.empty(2);
    assert_eq!(
        server.taken(slot),
        format!(
            "<body xmlns=\"{NS}\" type=\"terminate\" condition=\"remote-connection-failed\" \
             stream=\"{SECOND}\"><x xmlns='urn:p'/></body>"
        ),
        "BOSH-16.6-01"
    );
    let slot = server.empty(3);
    assert_eq!(
        server.taken(slot),
        named(FIRST, "<y xmlns='urn:p'/>"),
        "BOSH-16.6-01: the session goes on"
    );
    let rest = format!("type='terminate' condition='remote-stream-error' stream='{FIRST}'/>");
    server.request(4, &rest);
    assert_eq!(
        told(&server),
        ["Peer(Some(RemoteStreamError))"],
        "BOSH-16.5-02: that was the last one"
    );
}

#[test]
fn an_error_of_the_client_closes_the_stream_it_names() {
    let mut server = double();
    let rest = format!("type='terminate' condition='remote-stream-error' stream='{FIRST}'/>");
    let slot = server.request(2, &rest);
    assert_eq!(
        told(&server),
        [format!("{FIRST}:closed Some(RemoteStreamError)")],
        "BOSH-16.6-01"
    );
    assert!(server.is_waiting(slot));
    let (now, id) = (server.now, server.id());
    let sent = server.manager.send(now, id, Bytes::from_static(b"<a/>"));
    assert_eq!(sent, Err(Error::NoStream), "the first stream is meant");
}

#[test]
fn an_unnamed_error_closes_all_streams() {
    let mut server = double();
    server.send("<y xmlns='urn:p'/>");
    assert_eq!(send_to(&mut server, SECOND, "<x xmlns='urn:p'/>"), Ok(()));
    let (now, id) = (server.now, server.id());
    let farewell = Farewell::condition(Condition::SystemShutdown);
    assert_eq!(server.manager.close(now, id, farewell), Ok(()));
    let bodies: Vec<String> = (2..5)
        .map(|rid| {
            let slot = server.empty(rid);
            server.taken(slot)
        })
        .collect();
    assert_eq!(
        bodies,
        [
            named(FIRST, "<y xmlns='urn:p'/>"),
            named(SECOND, "<x xmlns='urn:p'/>"),
            terminate("system-shutdown"),
        ],
        "BOSH-16.6-02, BOSH-16.4-03: queued payloads first, the end is about no stream"
    );
    let end = CloseReason::Local(Some(Condition::SystemShutdown));
    assert_eq!(told(&server), [format!("{end:?}")], "BOSH-16.6-02");
}

#[test]
fn closing_the_last_stream_by_the_host_ends_the_session() {
    let mut server = double();
    let plain = Farewell::plain;
    assert_eq!(close_stream(&mut server, FIRST, plain()), Ok(()));
    assert_eq!(
        close_stream(&mut server, FIRST, plain()),
        Err(Error::NoStream)
    );
    assert_eq!(close_stream(&mut server, SECOND, plain()), Ok(()));
    let first = server.empty(2);
    let second = server.empty(3);
    let end = |stream: &str| format!("<body xmlns=\"{NS}\" type=\"terminate\"{stream}/>");
    assert_eq!(
        [server.taken(first), server.taken(second)],
        [end(&format!(" stream=\"{FIRST}\"")), end("")],
        "BOSH-16.5-02"
    );
    assert_eq!(told(&server), ["Local(None)"]);
}

#[test]
fn a_stream_can_be_refused_in_the_answer_that_names_it() {
    let mut server = single();
    let slot = server.request(1, "to='nowhere.example.org'/>");
    let farewell = Farewell::condition(Condition::HostUnknown);
    assert_eq!(close_stream(&mut server, SECOND, farewell), Ok(()));
    assert_eq!(
        server.taken(slot),
        format!(
            "<body xmlns=\"{NS}\" type=\"terminate\" condition=\"host-unknown\" \
             from=\"nowhere.example.org\" stream=\"{SECOND}\"/>"
        ),
        "BOSH-16.6-01"
    );
    let next = server.empty(2);
    assert!(server.is_waiting(next), "BOSH-16.6-01: the session goes on");
}

#[test]
fn more_streams_than_allowed_break_a_rule() {
    let mut server = double();
    server.request(2, "to='a.example.org'/>");
    let slot = server.request(3, "to='b.example.org'/>");
    assert_eq!(server.taken(slot), terminate("policy-violation"));
}

#[test]
fn the_answer_to_an_opening_request_is_given_again() {
    let mut server = single();
    let lost = server.request(1, "to='example.org'/>");
    server.disconnect(lost);
    server.seconds(1);
    let again: RequestSlot = server.request(1, "to='example.org'/>");
    assert_eq!(
        server.taken(again),
        format!("<body xmlns=\"{NS}\" from=\"example.org\" stream=\"{SECOND}\"/>")
    );
    assert_eq!(told(&server), [format!("{SECOND}:open")], "once");
}
