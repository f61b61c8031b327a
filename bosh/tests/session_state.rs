//! Feature `serde`: sessions of the connection manager are taken down in the middle of everything, and
//! taken up by a process whose clock shows another time.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;
mod json;

use std::mem;
use std::time::Duration;

use bosh::session::{
    Channel, CloseReason, Event, Farewell, Manager, ManagerState, RequestSlot, ServerConfig,
    SessionState, StateError, StreamEvent, StreamName,
};
use bosh::{Condition, KeySequence};
use bytes::Bytes;
use common::{EMPTY, FIRST, NS, Server, terminate, wrapped};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What the clock of the other process shows.
const THERE: Duration = Duration::from_secs(3);

fn taken_up(config: ServerConfig, state: Value) -> Result<Manager, StateError> {
    let state: ManagerState = serde_json::from_value(state).expect("it has the form of a state");
    Manager::from_state(config, || "later-sid".to_owned(), THERE, state)
}

/// Ends the process: all connections are gone.
fn taken_down(server: &mut Server) -> Value {
    serde_json::from_str(&text(server)).unwrap()
}

fn text(server: &mut Server) -> String {
    let replacement = Manager::new(ServerConfig::default(), String::new);
    let manager = mem::replace(&mut server.manager, replacement);
    serde_json::to_string_pretty(&manager.into_state(server.now)).unwrap()
}

fn hand_over(server: &mut Server, config: ServerConfig) {
    let state = taken_down(server);
    server.manager = taken_up(config, state).unwrap();
    server.now = THERE;
    server.session = server.manager.sessions().next().map(|(id, _)| id);
    server.drain();
}

#[test]
fn a_held_request_is_repeated_and_waits_for_the_rest_of_its_time() {
    let mut server = Server::open();
    server.empty(1);
    server.seconds(20);
    hand_over(&mut server, ServerConfig::default());
    let again = server.empty(1);
    server.seconds(39);
    assert!(server.is_waiting(again), "wait is 60 s from the first copy");
    server.seconds(1);
    assert_eq!(server.taken(again), EMPTY);
}

#[test]
fn a_held_request_that_nobody_repeats_is_answered_into_the_store() {
    let mut server = Server::open();
    server.empty(1);
    hand_over(&mut server, ServerConfig::default());
    // Nobody is there to take it: it must not be lost.
    server.send("<late xmlns='urn:p'/>");
    server.seconds(61);
    let again = server.empty(1);
    assert_eq!(server.taken(again), EMPTY);
    let next = server.empty(2);
    assert_eq!(server.taken(next), wrapped("<late xmlns='urn:p'/>"));
}

#[test]
fn what_was_queued_or_answered_is_there() {
    let mut server = Server::open();
    let first = server.payload(1, "a");
    server.send("<b xmlns='urn:p'/>");
    let answer = server.taken(first);
    assert_eq!(answer, wrapped("<b xmlns='urn:p'/>"));
    server.send("<c xmlns='urn:p'/>");
    hand_over(&mut server, ServerConfig::default());
    server.events.clear();
    let again = server.payload(1, "a");
    assert_eq!(server.taken(again), answer, "the same bytes");
    assert_eq!(server.told(), [""; 0], "and its payload is not told twice");
    let next = server.empty(2);
    assert_eq!(server.taken(next), wrapped("<c xmlns='urn:p'/>"));
}

#[test]
fn a_request_above_a_gap_keeps_its_payloads_and_namespaces() {
    let mut server = Server::open_with(
        ServerConfig::default().with_max_hold(2),
        "wait='60' hold='2' ver='1.6'",
    );
    let early = format!(
        "<b:body xmlns:b='{NS}' xmlns='urn:d' xmlns:p='urn:p&amp;q' rid='{}' sid='sid-1'>\
         <p:x  a = '1'>&lt;<y/></p:x></b:body>",
        FIRST + 2
    );
    server.post(&early);
    hand_over(&mut server, ServerConfig::default().with_max_hold(2));
    assert_eq!(server.told(), [""; 0]);
    let gap = server.empty(1);
    let [(_, Event::Payload(payload))] = &server.events[..] else {
        panic!("{:?}", server.events);
    };
    assert!(payload.name().is("urn:p&q", "x"), "{payload:?}");
    assert_eq!(&payload.bytes()[..], b"<p:x  a = '1'>&lt;<y/></p:x>");
    assert_eq!(payload.scope().namespace(""), Some("urn:d"));
    assert!(server.is_waiting(gap));
    let again = server.post(&early);
    server.send("<z xmlns='urn:p'/>");
    assert_eq!(server.taken(gap), wrapped("<z xmlns='urn:p'/>"));
    assert!(server.is_waiting(again));
}

#[test]
fn a_gap_ends_the_session_when_it_would_have() {
    let mut server = Server::open();
    server.empty(2);
    server.seconds(50);
    hand_over(&mut server, ServerConfig::default());
    server.seconds(14);
    assert_eq!(server.reason(), None);
    server.seconds(1);
    let reason = CloseReason::Violation(Condition::ItemNotFound);
    assert_eq!(server.reason(), Some(reason), "65 s after it came");
}

#[test]
fn events_that_nobody_took_are_told_by_the_other_process() {
    let mut server = Server::open();
    let body = format!(
        "<body xmlns='{NS}' rid='{}' sid='sid-1'><message><x/></message></body>",
        FIRST + 1
    );
    server
        .manager
        .handle_request(server.now, RequestSlot(77), Bytes::from(body));
    hand_over(&mut server, ServerConfig::default());
    let [(id, Event::Payload(payload))] = &server.events[..] else {
        panic!("{:?}", server.events);
    };
    assert_eq!(Some(*id), server.session);
    assert!(payload.name().is("jabber:client", "message"), "{payload:?}");
    // The last words of a session that is over are not lost either.
    let body = format!(
        "<body xmlns='{NS}' rid='{}' sid='sid-1' type='terminate'/>",
        FIRST + 2
    );
    server.events.clear();
    server
        .manager
        .handle_request(server.now, RequestSlot(78), Bytes::from(body));
    hand_over(&mut server, ServerConfig::default());
    assert_eq!(server.reason(), Some(CloseReason::Peer(None)));
    assert!(server.manager.is_empty());
}

#[test]
fn silence_pause_and_login_end_when_they_would_have() {
    let mut server = Server::open();
    server.request(1, "pause='100'/>");
    server.seconds(60);
    hand_over(&mut server, ServerConfig::default());
    server.seconds(39);
    assert_eq!(server.reason(), None, "a pause of 100 s");
    server.seconds(1);
    assert_eq!(server.reason(), Some(CloseReason::Inactive));

    let mut server = Server::open();
    server.seconds(29);
    hand_over(&mut server, ServerConfig::default());
    server.seconds(1);
    assert_eq!(server.reason(), Some(CloseReason::Inactive), "30 s");

    let config = || ServerConfig::default().with_inactivity(None);
    let mut server = Server::new(config());
    server.post(&format!(
        "<body xmlns='{NS}' rid='{FIRST}' to='localhost' wait='60' hold='1' ver='1.6'/>"
    ));
    server.seconds(50);
    hand_over(&mut server, config());
    server.events.clear();
    server.seconds(9);
    assert_eq!(server.reason(), None);
    server.seconds(1);
    assert_eq!(server.reason(), Some(CloseReason::NotAuthenticated), "60 s");
}

#[test]
fn keys_go_on_and_an_exact_copy_is_still_one() {
    let mut keys = KeySequence::new("seed", 5);
    let mut key = || keys.take().unwrap();
    let mut server = Server::new(ServerConfig::default());
    let newkey = key();
    server.create(&format!("wait='60' hold='1' ver='1.6' newkey='{newkey}'"));
    let (first, second) = (key(), key());
    let slot = server.request(1, &format!("key='{first}'/>"));
    server.send("<a xmlns='urn:p'/>");
    let answer = server.taken(slot);
    hand_over(&mut server, ServerConfig::default());
    let again = server.request(1, &format!("key='{first}'/>"));
    assert_eq!(server.taken(again), answer, "an exact copy");
    let next = server.request(2, &format!("key='{second}'/>"));
    assert!(server.is_waiting(next));
    hand_over(&mut server, ServerConfig::default());
    server.seconds(2);
    let wrong = server.request(3, "key='0123456789012345678901234567890123456789'/>");
    assert_eq!(server.taken(wrong), terminate("item-not-found"));
}

#[test]
fn a_pause_is_known_again_and_a_form_without_pauses_is_read() {
    let mut server = Server::open();
    server.request(1, "pause='100'/>");
    let mut older = taken_down(&mut server);
    server.manager = taken_up(ServerConfig::default(), older.clone()).unwrap();
    server.now = THERE;
    server.seconds(40);
    let again = server.request(1, "pause='100'/>");
    assert_eq!(server.taken(again), EMPTY, "BOSH-14.3-04");
    server.seconds(99);
    assert_eq!(server.reason(), None, "BOSH-10-09: as long as it asked for");
    server.seconds(1);
    assert_eq!(server.reason(), Some(CloseReason::Inactive));

    let session = older.pointer_mut("/sessions/0/session").unwrap();
    assert!(session.as_object_mut().unwrap().remove("pauses").is_some());
    server.manager = taken_up(ServerConfig::default(), older).unwrap();
    let again = server.request(1, "pause='100'/>");
    assert_eq!(server.taken(again), terminate("item-not-found"));
}

#[test]
fn acknowledgements_and_the_age_of_a_missing_response_go_on() {
    let mut server = Server::open_with(
        ServerConfig::default(),
        "wait='60' hold='1' ver='1.6' ack='1'",
    );
    for rid in 1..=3 {
        server.empty(rid);
        server.send("<a xmlns='urn:p'/>");
    }
    server.seconds(4);
    hand_over(&mut server, ServerConfig::default());
    server.seconds(2);
    // The client has the response to 1 and misses that to 2.
    let slot = server.request(4, &format!("ack='{}'/>", FIRST + 1));
    let answer = server.taken(slot);
    assert!(
        answer.contains(" report=\"1002\" time=\"6000\""),
        "{answer}"
    );
}

#[test]
fn several_streams_go_on() {
    let config = || ServerConfig::default().with_max_streams(3);
    let mut server = Server::new(config());
    let creation = server.create("wait='60' hold='1' ver='1.6'");
    assert!(creation.contains("stream=\"sid-2\""), "{creation}");
    server.request(1, "to='other'/>");
    let second = server.events.iter().find_map(|(_, event)| {
        let Event::Stream(StreamEvent::Open(open)) = event else {
            return None;
        };
        Some(open.stream.clone())
    });
    let (first, second) = (StreamName::new("sid-2"), second.unwrap());
    let id = server.id();
    let queue = |server: &mut Server, stream: &StreamName, payload: &'static str| {
        let (now, id) = (server.now, server.id());
        let payload = Bytes::from_static(payload.as_bytes());
        server.manager.send_to(now, id, stream, payload).unwrap();
        server.drain();
    };
    queue(&mut server, &second, "<s xmlns='urn:p'/>");
    queue(&mut server, &first, "<a xmlns='urn:p'/>");
    queue(&mut server, &second, "<b xmlns='urn:p'/>");
    let farewell = Farewell::condition(Condition::HostGone);
    let now = server.now;
    server
        .manager
        .close_stream(now, id, &second, farewell)
        .unwrap();
    hand_over(&mut server, config());
    let slot = server.empty(2);
    let answer = server.taken(slot);
    assert!(answer.contains("stream=\"sid-2\"><a "), "{answer}");
    let slot = server.empty(3);
    let answer = server.taken(slot);
    let end = format!("stream=\"{}\"><b ", second.as_str());
    assert!(
        answer.contains(&end) && answer.contains("host-gone"),
        "{answer}"
    );
    let session = server.manager.session(server.id()).unwrap();
    assert_eq!(session.streams().collect::<Vec<_>>(), [&first]);
}

#[test]
fn a_session_over_tls_stays_one() {
    let mut manager = Manager::new(ServerConfig::default(), || "sid-1".to_owned());
    let post =
        |rid: u64, rest: &str| Bytes::from(format!("<body xmlns='{NS}' rid='{rid}' {rest}/>"));
    let now = Duration::ZERO;
    let creation = post(1, "to='localhost' wait='60' hold='1' ver='1.6'");
    manager.handle_request_over(now, Channel::Secure, RequestSlot(1), creation);
    let state = serde_json::to_value(manager.into_state(now)).unwrap();
    let mut manager = taken_up(ServerConfig::default(), state).unwrap();
    let next = post(2, "sid='sid-1' type='terminate'");
    manager.handle_request_over(THERE, Channel::Clear, RequestSlot(2), next);
    let answer = manager.poll_transmit().unwrap();
    assert_eq!((answer.slot, answer.status), (RequestSlot(2), 403));
    assert_eq!(manager.len(), 1, "and nobody ended it");
}

#[test]
fn a_farewell_waits_for_the_next_request() {
    let mut server = Server::open();
    let (now, id) = (server.now, server.id());
    let farewell = Farewell::see_other_uri("https://elsewhere.example/")
        .with_payload(Bytes::from_static(b"<bye xmlns='urn:p'/>"));
    server.manager.close(now, id, farewell).unwrap();
    hand_over(&mut server, ServerConfig::default());
    let slot = server.empty(1);
    let answer = server.taken(slot);
    assert!(
        answer.ends_with(
            "condition=\"see-other-uri\"><uri>https://elsewhere.example/</uri>\
             <bye xmlns='urn:p'/></body>"
        ),
        "{answer}"
    );
    let reason = CloseReason::Local(Some(Condition::SeeOtherUri));
    assert_eq!(server.reason(), Some(reason));
}

#[test]
fn a_legacy_client_stays_one_and_so_does_its_content_type() {
    let mut server = Server::open_with(ServerConfig::default(), "hold='1' content='text/plain'");
    hand_over(&mut server, ServerConfig::default());
    let slot = server.empty(9);
    let answer = server.response(slot).unwrap();
    assert_eq!((answer.status, &*answer.content_type), (404, "text/plain"));
}

#[test]
fn the_pace_of_polls_is_remembered() {
    let mut server = Server::open_with(ServerConfig::default(), "wait='0' hold='0' ver='1.6'");
    server.empty(1);
    server.pass(Duration::from_millis(1500));
    hand_over(&mut server, ServerConfig::default());
    server.pass(Duration::from_millis(499));
    let slot = server.empty(2);
    assert_eq!(server.taken(slot), terminate("policy-violation"), "2 s");
}

#[test]
fn a_manager_that_is_shutting_down_still_is() {
    let mut server = Server::open();
    server.manager.shutdown(server.now);
    hand_over(&mut server, ServerConfig::default());
    let slot = server.post(&format!(
        "<body xmlns='{NS}' rid='1' to='localhost' ver='1.6'/>"
    ));
    assert_eq!(server.taken(slot), terminate("system-shutdown"));
    let slot = server.empty(1);
    assert_eq!(server.taken(slot), terminate("system-shutdown"));
}

#[test]
fn one_session_goes_to_another_manager() {
    let mut server = Server::open();
    let stays = server.id();
    server.create("wait='60' hold='1' ver='1.6'");
    let goes = server.id();
    let waiting = server.post(&format!(
        "<body xmlns='{NS}' rid='{}' sid='sid-2'><a xmlns='urn:p'/></body>",
        FIRST + 1
    ));
    let (state, slots) = server.manager.take_down(server.now, goes).unwrap();
    assert_eq!(slots, [waiting], "its connection is to be closed");
    assert!(server.manager.take_down(server.now, goes).is_none());
    assert_eq!((server.manager.len(), state.sid().as_str()), (1, "sid-2"));
    assert!(server.manager.session(stays).is_some());
    server.seconds(100);
    assert!(server.is_waiting(waiting), "no answer comes from here");

    let mut there = Server::open();
    there.events.clear();
    there.session = Some(there.manager.take_up(there.now, state.clone()).unwrap());
    let error = there.manager.take_up(there.now, state);
    assert_eq!(error, Err(StateError::SidInUse));
    let again = there.post(&format!(
        "<body xmlns='{NS}' rid='{}' sid='sid-2'><a xmlns='urn:p'/></body>",
        FIRST + 1
    ));
    there.send("<b xmlns='urn:p'/>");
    assert_eq!(there.taken(again), wrapped("<b xmlns='urn:p'/>"));
    assert_eq!(there.told(), [""; 0], "it was told where it came first");
}

/// A session with something in every field.
fn busy() -> Server {
    let config = ServerConfig::default().with_max_hold(3);
    let mut server = Server::new(config);
    server.create("wait='60' hold='3' ver='1.11' ack='1' newkey='k0'");
    let id = server.id();
    let _ = server.manager.set_authenticated(id);
    server.create("wait='60' hold='3' ver='1.11' ack='1' content='text/plain'");
    let post = |server: &mut Server, rid: u64, rest: &str| {
        server.post(&format!(
            "<body xmlns='{NS}' rid='{}' sid='sid-2' {rest}",
            FIRST + rid
        ))
    };
    post(&mut server, 1, "/>");
    server.send("<one xmlns='urn:p'>&lt;</one>");
    server.pass(Duration::from_millis(1500));
    post(&mut server, 2, "/>");
    post(&mut server, 4, "><m><x xmlns:q='urn:q'/></m></body>");
    server
}

/// The form is a promise: a process reads what one before it wrote.
#[test]
fn the_text_of_a_state_is_stable() {
    let text = text(&mut busy()) + "\n";
    let golden = include_str!("golden/manager_state.json");
    assert!(text == golden, "{text}");
    let config = ServerConfig::default().with_max_hold(3);
    let mut manager = taken_up(config, serde_json::from_str(golden).unwrap()).unwrap();
    let body = format!("<body xmlns='{NS}' rid='1003' sid='sid-2'/>");
    manager.handle_request(THERE, RequestSlot(1), body.into());
    let Some((_, Event::Payload(payload))) = manager.poll_event() else {
        panic!("the request above the gap is told");
    };
    assert_eq!(&payload.bytes()[..], b"<m><x xmlns:q='urn:q'/></m>");
}

#[test]
fn no_secret_shows() {
    let mut server = busy();
    let text = taken_down(&mut server);
    let whole: ManagerState = serde_json::from_value(text).unwrap();
    let shown = format!("{whole:?} {:?}", whole.clone().into_sessions());
    for secret in ["k0", "urn:p", "urn:q", "one"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn sessions_of_a_state_are_taken_up_one_by_one() {
    let mut state = taken_down(&mut busy());
    *state.pointer_mut("/sessions/0/session/version").unwrap() = json!(2);
    let config = || ServerConfig::default().with_max_hold(3);
    let error = taken_up(config(), state.clone()).unwrap_err();
    assert_eq!(error, StateError::Version { got: 2 });
    let state: ManagerState = serde_json::from_value(state).unwrap();
    let mut manager = Manager::new(config(), String::new);
    let taken = state.into_sessions().into_iter();
    let taken: Vec<bool> = taken
        .map(|session: SessionState| manager.take_up(THERE, session).is_ok())
        .collect();
    assert_eq!(taken, [false, true]);
}

#[test]
fn a_state_that_passes_the_settings_is_refused() {
    let state = taken_down(&mut busy());
    let config = || ServerConfig::default().with_max_hold(3);
    let mut few = config();
    few.max_stored_responses = 1;
    for (config, what) in [
        (config().with_max_hold(2), "requests held"),
        (config().with_max_wait(Duration::from_secs(59)), "`wait`"),
        (config().with_sessions(1, 1), "sessions"),
    ] {
        let error = taken_up(config, state.clone()).unwrap_err();
        assert!(
            matches!(error, StateError::Limit { what: other, .. } if other == what),
            "{what}: {error}"
        );
    }
    // As many as `requests` says are always kept.
    assert!(taken_up(few, state).is_ok());
}

/// Where in the state what is put, and what that is called.
#[test]
fn a_state_that_contradicts_itself_is_refused() {
    let good = taken_down(&mut busy());
    let early = good.pointer("/sessions/1/session/early/0").unwrap().clone();
    let held = good.pointer("/sessions/1/session/held/0").unwrap().clone();
    let stored = good
        .pointer("/sessions/1/session/stored/0")
        .unwrap()
        .clone();
    let pause = |rid: u64| json!({ "rid": rid, "length": 1, "keys": [null, null], "repeats": 0 });
    let config = || ServerConfig::default().with_max_hold(3);
    for (place, value, what) in [
        ("/version", json!(0), "has version 0"),
        ("/sessions/1/serial", json!(0), "sessions"),
        ("/next", json!(1), "sessions"),
        ("/next", json!(u64::MAX), "sessions"),
        ("/sessions/1/session/sid", json!("sid-1"), "exists"),
        ("/sessions/1/session/sid", json!(""), "the session id"),
        ("/sessions/0/session/phase", json!("ended"), "the end"),
        (
            "/sessions/1/session/terms/hold",
            json!(4_000_000_000_u32),
            "requests held",
        ),
        ("/sessions/1/session/terms/wait", json!(u64::MAX), "`wait`"),
        (
            "/sessions/1/session/terms/content_type",
            json!("a\r\nb: c"),
            "`content`",
        ),
        ("/sessions/1/session/last", json!(1), "request ids"),
        ("/sessions/1/session/last", json!(1005), "request ids"),
        (
            "/sessions/1/session/held",
            json!([held, held]),
            "request ids",
        ),
        (
            "/sessions/1/session/held",
            json!(vec![&held; 9]),
            "requests that wait",
        ),
        (
            "/sessions/1/session/early",
            json!([early, early]),
            "request ids",
        ),
        (
            "/sessions/1/session/pauses",
            json!([pause(1001), pause(1001)]),
            "pauses",
        ),
        ("/sessions/1/session/pauses", json!([pause(1002)]), "pauses"),
        (
            "/sessions/1/session/pauses",
            json!([1, 2, 3, 4, 5, 6].map(pause)),
            "pauses",
        ),
        (
            "/sessions/1/session/early",
            json!(vec![&early; 9]),
            "above a gap",
        ),
        (
            "/sessions/1/session/early/0/rid",
            json!(1003),
            "request ids",
        ),
        (
            "/sessions/1/session/early/0/rid",
            json!(1099),
            "request ids",
        ),
        (
            "/sessions/1/session/early/0/request/head",
            json!("<body"),
            "a wrapper",
        ),
        (
            "/sessions/1/session/early/0/request/payloads/0/element",
            json!("<m><x></m>"),
            "a payload",
        ),
        (
            "/sessions/1/session/early/0/request/payloads/0/element",
            json!("<m/><m/>"),
            "a payload",
        ),
        (
            "/sessions/1/session/early/0/request/payloads/0/scope",
            json!(vec![("p", "urn:p"); 65]),
            "namespaces",
        ),
        (
            "/sessions/1/session/stored",
            json!(vec![&stored; 17]),
            "stored responses",
        ),
        (
            "/sessions/1/session/stored",
            json!([stored, stored]),
            "stored responses",
        ),
        (
            "/sessions/1/session/stored/0/rid",
            json!(1002),
            "stored responses",
        ),
        (
            "/sessions/1/session/newest/rid",
            json!(9_000_000),
            "the newest request",
        ),
        (
            "/sessions/1/session/silence",
            json!({"since": 0, "limit": null}),
            "silence",
        ),
        (
            "/sessions/1/session/phase",
            json!({"closing": {"condition": null, "payload": null, "uri": null}}),
            "`held`",
        ),
        (
            "/sessions/1/session/queue",
            json!([{"stream": "s", "item": {"payload": "<a/>"}}]),
            "streams",
        ),
        (
            "/sessions/1/session/queue",
            json!([{"stream": null, "item": {"payload": "x".repeat(1024 * 1024 + 1)}}]),
            "bytes queued",
        ),
        (
            "/sessions/1/session/streams",
            json!({"first": "a", "open": ["a", "b"], "closed": [], "many": true}),
            "streams",
        ),
        (
            "/sessions/1/session/streams",
            json!({"first": "a", "open": ["a"], "closed": ["a"], "many": true}),
            "streams",
        ),
        ("/events", json!([[9, {"restart": {}}]]), "events"),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(place).unwrap() = value;
        let error = taken_up(config(), bad).expect_err(place).to_string();
        assert!(error.contains(what), "{place}: {error}");
    }
}

#[test]
fn clocks_that_run_ahead_are_set_back() {
    let mut state = taken_down(&mut busy());
    for place in [
        "held/0/due",
        "early/0/arrived",
        "newest/arrived",
        "stored/0/sent",
    ] {
        let place = format!("/sessions/1/session/{place}");
        *state.pointer_mut(&place).unwrap() = json!(i64::MAX);
    }
    let config = ServerConfig::default().with_max_hold(3);
    let manager = taken_up(config, state).unwrap();
    let deadline = manager.poll_timeout().unwrap();
    assert!(deadline <= THERE + Duration::from_secs(65), "{deadline:?}");
}

fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (900_u64..1_100).prop_map(Value::from),
        (0_u64..10).prop_map(Value::from),
        "[a-z<>/&=' ]{0,12}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!("ended")),
        Just(json!("<m/>")),
    ]
}

proptest! {
    /// Nothing panics, and what is taken up lives like a session.
    #[test]
    fn a_corrupted_state_is_refused_or_harmless(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), anything()), 1..6),
    ) {
        let mut state = taken_down(&mut busy());
        for (place, value) in changes {
            let mut places = Vec::new();
            json::leaves(&state, "", &mut places);
            let place = &places[place.index(places.len())];
            *state.pointer_mut(place).unwrap() = value;
        }
        let config = ServerConfig::default().with_max_hold(3);
        let Ok(state) = serde_json::from_value::<ManagerState>(state) else {
            return Ok(());
        };
        let Ok(mut manager) = Manager::from_state(config, String::new, THERE, state) else {
            return Ok(());
        };
        let sids: Vec<_> = manager.sessions().map(|(id, session)| (id, session.sid().clone())).collect();
        let mut now = THERE;
        let mut slot = 0;
        for rid in [1001_u64, 1002, 1003, 1004, 1001, 1005, 1006] {
            for (id, sid) in &sids {
                let body = format!("<body xmlns='{NS}' rid='{rid}' sid='{}'/>", sid.as_str());
                slot += 1;
                manager.handle_request(now, RequestSlot(slot), body.into());
                let _ = manager.send(now, *id, Bytes::from_static(b"<a xmlns='urn:p'/>"));
            }
            now += Duration::from_secs(3);
            manager.handle_timeout(now);
        }
        now += Duration::from_secs(66);
        for _ in 0..9 {
            manager.handle_timeout(now);
        }
        let mut answered = 0;
        while manager.poll_transmit().is_some() {
            answered += 1;
        }
        prop_assert_eq!(answered, slot, "every request is answered");
    }
}
