//! Feature `serde`: a client is taken down in the middle of everything, as when a page is loaded again, and
//! taken up by a process whose clock shows another time.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod json;
mod peer;

use std::mem;
use std::time::Duration;

use bosh::session::{
    Client, ClientConfig, ClientEvent, ClientState, ClientStreamEvent, CloseReason, StateError,
    StreamRequest,
};
use bosh::{Condition, KeySequence, Rid};
use bytes::Bytes;
use peer::{GRANTED, NS, Peer, config, empty};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What the clock of the other process shows: less than the times that are remembered.
const THERE: Duration = Duration::from_secs(1);

fn text(peer: &mut Peer) -> String {
    let client = mem::replace(&mut peer.client, Client::new(config()));
    serde_json::to_string_pretty(&client.into_state(peer.now)).unwrap()
}

fn taken_down(peer: &mut Peer) -> Value {
    serde_json::from_str(&text(peer)).unwrap()
}

fn taken_up(config: ClientConfig, state: Value) -> Result<Client, StateError> {
    let state: ClientState = serde_json::from_value(state).expect("it has the form of a state");
    Client::from_state(config, THERE, state)
}

/// The page is gone, and loaded again.
fn hand_over(peer: &mut Peer, config: ClientConfig) {
    let state = taken_down(peer);
    peer.client = taken_up(config, state).unwrap();
    peer.now = THERE;
    peer.pass(Duration::ZERO);
}

#[test]
fn what_was_on_its_way_is_sent_again_byte_for_byte() {
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    peer.send("<a xmlns='urn:p'/>");
    let payload = peer.sent();
    peer.send("<b xmlns='urn:p'/>");
    assert!(peer.is_silent(), "two requests are granted");
    hand_over(&mut peer, config());
    let (first, second) = (peer.sent(), peer.sent());
    assert_eq!((&first.body, &second.body), (&poll.body, &payload.body));
    assert_eq!((first.id.attempt, second.id.attempt), (2, 2));
    assert!(peer.is_silent());
    peer.answer(first.id, "/>");
    let text = peer.text();
    assert!(
        text.ends_with("rid=\"103\" sid=\"s1\"><b xmlns='urn:p'/></body>"),
        "{text}"
    );
}

#[test]
fn a_response_above_a_gap_is_told_in_its_turn() {
    let (mut peer, _) = Peer::open(config(), GRANTED);
    peer.send("<a xmlns='urn:p'/>");
    let second = peer.sent();
    peer.answer(second.id, "><p:two xmlns:p='urn:p'/></body>");
    assert!(peer.payloads().is_empty());
    hand_over(&mut peer, config());
    let first = peer.sent();
    assert_eq!(first.id.rid, Rid::new(101).unwrap());
    peer.answer(first.id, "><one xmlns='urn:p'/></body>");
    assert_eq!(peer.payloads(), ["one", "two"]);
}

#[test]
fn a_pause_outlasts_the_page() {
    let (mut peer, poll) = Peer::open(config(), &format!("{GRANTED} maxpause='120'"));
    peer.pause(80);
    let pause = peer.sent();
    peer.answer(poll.id, "/>");
    peer.answer(pause.id, "/>");
    peer.seconds(20);
    hand_over(&mut peer, config());
    assert!(peer.is_silent());
    peer.seconds(39);
    assert!(peer.is_silent(), "three quarters of 80 s");
    peer.seconds(1);
    assert_eq!(peer.text(), empty(103));
}

#[test]
fn a_pause_whose_answer_was_lost_is_not_sent_again() {
    let (mut peer, poll) = Peer::open(config(), &format!("{GRANTED} maxpause='120'"));
    peer.pause(80);
    let _ = peer.sent();
    peer.answer(poll.id, "/>");
    hand_over(&mut peer, config());
    assert!(peer.is_silent());
    peer.client.resume(peer.now);
    let next = peer.sent();
    assert_eq!(next.body, empty(103));
    peer.answer(next.id, "><a xmlns='urn:p'/></body>");
    assert_eq!(peer.payloads(), ["a"], "the pause counts as answered");
}

/// A poller that paused behind a request whose answer did not come, and was handed over; the
/// request is answered now.
fn in_doubt_about_a_pause() -> Peer {
    let polling =
        "sid='s1' wait='0' hold='1' requests='2' ver='1.6' inactivity='60' maxpause='120'";
    let config = || config().with_poll_interval(Duration::from_secs(30));
    let (mut peer, _) = Peer::open(config(), polling);
    peer.send("<a xmlns='urn:p'/>");
    let first = peer.sent();
    peer.pause(80);
    let _ = peer.sent();
    hand_over(&mut peer, config());
    let again = peer.sent();
    assert_eq!(again.body, first.body);
    peer.answer(again.id, "/>");
    assert!(peer.is_silent());
    peer
}

#[test]
fn a_server_is_asked_something_new_before_a_pause_is_sent_again() {
    let mut peer = in_doubt_about_a_pause();
    // Without `wait`, half of the margin.
    peer.seconds(5);
    let ask = peer.sent();
    assert_eq!(ask.body, empty(103), "it would not know the pause again");
    peer.answer(ask.id, "/>");
    assert_eq!(peer.client.outstanding(), 0, "the pause counts as answered");
}

#[test]
fn the_first_request_behind_a_pause_has_time_to_be_answered() {
    let mut peer = in_doubt_about_a_pause();
    peer.seconds(4);
    peer.send("<b xmlns='urn:p'/>");
    let next = peer.sent();
    peer.seconds(4);
    assert!(peer.is_silent(), "the pause is not sent again yet");
    peer.seconds(1);
    let pause = peer.sent();
    assert_eq!(pause.id.rid.next(), Some(next.id.rid), "now it is");
}

#[test]
fn a_pause_ends_if_a_response_is_missing() {
    let (mut peer, poll) = Peer::open(config(), &format!("{GRANTED} maxpause='120'"));
    peer.pause(80);
    let pause = peer.sent();
    hand_over(&mut peer, config());
    let again = peer.sent();
    assert_eq!(again.body, poll.body);
    peer.answer(again.id, "/>");
    let next = peer.sent();
    assert_eq!(next.id.rid, pause.id.rid.next().unwrap());
}

#[test]
fn a_client_gives_up_when_it_would_have() {
    let (mut peer, _) = Peer::open(config(), GRANTED);
    peer.seconds(40);
    hand_over(&mut peer, config());
    // 60 s of wait, 10 s of margin, 30 s of inactivity.
    peer.seconds(59);
    assert!(peer.event().is_none());
    peer.seconds(1);
    assert_eq!(peer.closed(), Some(CloseReason::Unreachable));
}

#[test]
fn a_poller_keeps_its_pace() {
    let (mut peer, create) = Peer::open(
        config(),
        "sid='s1' wait='0' hold='0' requests='1' polling='7'",
    );
    assert_eq!(create.id.rid, Rid::new(100).unwrap());
    peer.seconds(4);
    hand_over(&mut peer, config());
    peer.pass(Duration::from_millis(2999));
    assert!(peer.is_silent());
    peer.pass(Duration::from_millis(1));
    assert_eq!(peer.text(), empty(101));
}

#[test]
fn keys_go_on_in_their_sequence() {
    let with_keys = |length| {
        let mut peer = Peer {
            client: Client::new(config()).with_keys(length, || "seed".to_owned()),
            now: Duration::ZERO,
            opened: None,
        };
        peer.client.open(Duration::ZERO).unwrap();
        let create = peer.sent();
        peer.answer(create.id, &format!("{GRANTED}/>"));
        assert!(matches!(peer.event(), Some(ClientEvent::Opened(_))));
        peer
    };
    let mut keys = KeySequence::new("seed", 3);
    let mut key = || keys.take().unwrap();
    let mut peer = with_keys(3);
    let (_, second, third) = (key(), key(), key());
    let poll = peer.sent();
    assert!(String::from_utf8_lossy(&poll.body).contains(&second));
    let state = taken_down(&mut peer);
    let error = taken_up(config(), state.clone()).unwrap_err();
    assert_eq!(error, StateError::NoSeeds);
    let state: ClientState = serde_json::from_value(state).unwrap();
    let seeds = || "later seed".to_owned();
    peer.client = Client::from_state_with_keys(config(), THERE, state, 3, seeds).unwrap();
    peer.now = THERE;
    peer.pass(Duration::ZERO);
    assert_eq!(peer.sent().body, poll.body, "with the same key");
    peer.send("<a xmlns='urn:p'/>");
    let text = peer.text();
    let newkey = KeySequence::new("later seed", 3).take().unwrap();
    let expected = format!("key=\"{third}\" newkey=\"{newkey}\"");
    assert!(text.contains(&expected), "{text}");

    let mut state = taken_down(&mut with_keys(3));
    *state.pointer_mut("/keys/left").unwrap() = json!(65_537);
    let state: ClientState = serde_json::from_value(state).unwrap();
    let error = Client::from_state_with_keys(config(), THERE, state, 3, seeds).unwrap_err();
    let (what, max) = ("keys", 65_536);
    assert_eq!(error, StateError::Limit { what, max });
}

#[test]
fn a_session_that_is_being_created_is_asked_for_again() {
    let mut peer = Peer::new(config());
    let create = peer.sent();
    hand_over(&mut peer, config());
    let again = peer.sent();
    assert_eq!(again.body, create.body);
    peer.answer(again.id, &format!("{GRANTED}/>"));
    assert!(matches!(peer.event(), Some(ClientEvent::Opened(_))));
}

#[test]
fn events_that_nobody_took_are_told_by_the_other_process() {
    let mut peer = Peer::new(config());
    let create = peer.sent();
    peer.answer(
        create.id,
        &format!("{GRANTED}><message><x/></message></body>"),
    );
    hand_over(&mut peer, config());
    let Some(ClientEvent::Opened(opened)) = peer.event() else {
        panic!("not opened");
    };
    assert_eq!(
        (opened.sid.as_str(), opened.inactivity),
        ("s1", Some(Duration::from_secs(30)))
    );
    let Some(ClientEvent::Payload(payload)) = peer.event() else {
        panic!("no payload");
    };
    assert!(payload.name().is("jabber:client", "message"), "{payload:?}");
    let sent = peer.sent();
    peer.answer(
        sent.id,
        "type='terminate' condition='see-other-uri'><uri>https://elsewhere.example/</uri></body>",
    );
    hand_over(&mut peer, config());
    let Some(ClientEvent::SeeOtherUri(uri)) = peer.event() else {
        panic!("no redirect");
    };
    assert_eq!(uri, "https://elsewhere.example/");
    let reason = CloseReason::Peer(Some(Condition::SeeOtherUri));
    assert_eq!(peer.closed(), Some(reason));
    let redirected = peer.client.redirected(Rid::new(7).unwrap()).unwrap();
    assert_eq!(
        redirected.uri.as_deref(),
        Some("https://elsewhere.example/")
    );
}

#[test]
fn the_end_of_a_session_outlasts_the_page() {
    let (mut peer, _) = Peer::open(config(), GRANTED);
    peer.client
        .terminate(peer.now, &[Bytes::from_static(b"<bye xmlns='urn:p'/>")])
        .unwrap();
    let last = peer.sent();
    peer.seconds(3);
    hand_over(&mut peer, config());
    let again = [peer.sent(), peer.sent()].map(|request| request.body);
    assert!(again.contains(&last.body));
    peer.seconds(2);
    assert_eq!(peer.closed(), Some(CloseReason::Local(None)), "5 s");
}

#[test]
fn an_end_that_waits_for_earlier_responses_waits_no_more() {
    let (mut peer, _) = Peer::open(config(), GRANTED);
    peer.send("<a xmlns='urn:p'/>");
    let second = peer.sent();
    peer.answer(second.id, "type='terminate' condition='host-gone'/>");
    assert!(peer.event().is_none(), "the first may still be answered");
    hand_over(&mut peer, config());
    let reason = CloseReason::Peer(Some(Condition::HostGone));
    assert_eq!(peer.closed(), Some(reason));
}

#[test]
fn several_streams_go_on() {
    let (mut peer, poll) = Peer::open(config(), &format!("{GRANTED} stream='one'"));
    peer.client
        .open_stream(peer.now, StreamRequest::new("other"))
        .unwrap();
    let request = peer.sent();
    hand_over(&mut peer, config());
    let again = [peer.sent(), peer.sent()];
    assert_eq!(
        (&again[0].body, &again[1].body),
        (&poll.body, &request.body)
    );
    peer.answer(again[0].id, "/>");
    peer.answer(again[1].id, "stream='two' from='other'/>");
    let Some(ClientEvent::Stream(ClientStreamEvent::Opened { stream, to, .. })) = peer.event()
    else {
        panic!("not opened");
    };
    assert_eq!((stream.as_str(), to.as_str()), ("two", "other"));
    peer.client
        .send_to(peer.now, &stream, Bytes::from_static(b"<a/>"))
        .unwrap();
    hand_over(&mut peer, config());
    let text = peer.text();
    assert!(text.contains("stream=\"two\"><a/></body>"), "{text}");
}

/// A client with something in many fields.
fn busy() -> Peer {
    let acks = config().with_acks(true);
    let (mut peer, _) = Peer::open(
        acks,
        "sid='s1' wait='60' hold='1' requests='3' ver='1.6' ack='100' inactivity='30' polling='5' maxpause='120'",
    );
    peer.send("<a xmlns='urn:p'>&amp;</a>");
    let second = peer.sent();
    peer.seconds(2);
    peer.answer(second.id, "><m><x xmlns:q='urn:q'/></m></body>");
    peer.send("<b xmlns='urn:p'/>");
    peer.send("<c xmlns='urn:p'/>");
    let broken = peer.sent();
    peer.client.handle_failure(peer.now, broken.id);
    peer
}

/// The form is a promise: a process reads what one before it wrote.
#[test]
fn the_text_of_a_state_is_stable() {
    let text = text(&mut busy()) + "\n";
    let golden = include_str!("golden/client_state.json");
    assert!(text == golden, "{text}");
    let mut peer = busy();
    peer.client = taken_up(config(), serde_json::from_str(golden).unwrap()).unwrap();
    peer.pass(Duration::ZERO);
    let first = peer.sent();
    assert_eq!(first.body, empty(101));
    peer.answer(first.id, "/>");
    assert_eq!(peer.payloads(), ["m"]);
}

#[test]
fn no_secret_shows() {
    let state: ClientState = serde_json::from_value(taken_down(&mut busy())).unwrap();
    let shown = format!("{state:?}");
    assert!(!shown.contains("urn:"), "{shown}");
    assert_eq!(state.sid().map(|sid| sid.as_str()), Some("s1"));
}

/// Where in the state what is put, and what that is called.
#[test]
fn a_state_that_contradicts_itself_is_refused() {
    let good = taken_down(&mut busy());
    let request = good.pointer("/outstanding/0").unwrap().clone();
    for (place, value, what) in [
        ("/version", json!(2), "has version 2"),
        ("/phase", json!("idle"), "the session id"),
        ("/phase", json!("closing"), "the time of the end"),
        ("/phase", json!("closed"), "request ids"),
        ("/sid", json!(null), "the session id"),
        ("/next", json!(1), "request ids"),
        ("/expected", json!(1), "request ids"),
        ("/outstanding", json!([]), "request ids"),
        (
            "/outstanding",
            json!(vec![&request; 19]),
            "requests without a response",
        ),
        (
            "/outstanding/1/flight",
            json!({"sent": 0}),
            "early responses",
        ),
        ("/early", json!([]), "early responses"),
        ("/early/0/0", json!(101), "early responses"),
        ("/early/0/1/head", json!("<x/>"), "a wrapper"),
        ("/early/0/1/payloads/0/element", json!("<m>"), "a payload"),
        (
            "/queue",
            json!([{"target": "first", "item": {"payload": "x".repeat(1024 * 1024 + 1)}}]),
            "bytes queued",
        ),
        (
            "/streams",
            json!({
                "first": "a",
                "open": vec![("a", "b"); 9],
                "opening": [],
                "closed": [],
                "many": true,
            }),
            "streams",
        ),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(place).unwrap() = value;
        let error = taken_up(config(), bad).expect_err(place).to_string();
        assert!(error.contains(what), "{place}: {error}");
    }
}

fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (90_u64..110).prop_map(Value::from),
        (0_u64..10).prop_map(Value::from),
        "[a-z<>/&=' ]{0,12}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({"sent": -5})),
        Just(json!("answered")),
        Just(json!("closing")),
        Just(json!("ending")),
    ]
}

proptest! {
    /// Nothing panics, and what is taken up comes to an end.
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
        let Ok(state) = serde_json::from_value::<ClientState>(state) else {
            return Ok(());
        };
        let Ok(mut client) = Client::from_state(config(), THERE, state) else {
            return Ok(());
        };
        let mut now = THERE;
        for round in 0..40_u64 {
            client.handle_timeout(now);
            let _ = client.send(now, Bytes::from_static(b"<a xmlns='urn:p'/>"));
            // Whoever is answered at once asks at once.
            for _ in 0..4 {
                let Some(request) = client.poll_transmit() else {
                    break;
                };
                if round % 3 == 0 {
                    let body = format!("<body xmlns='{NS}'><p xmlns='urn:p'/></body>");
                    client.handle_response(now, request.id, 200, &Bytes::from(body));
                } else {
                    client.handle_failure(now, request.id);
                }
            }
            while client.poll_event().is_some() {}
            now += Duration::from_millis(700);
        }
        let _ = client.terminate(now, &[]);
        client.handle_timeout(now + Duration::from_secs(10));
        let idle = client.poll_timeout().is_none();
        prop_assert!(client.is_closed() || idle || client.outstanding() > 0);
    }
}
