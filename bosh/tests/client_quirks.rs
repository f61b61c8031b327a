//! What a client does where a server is known to fail it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod peer;

use std::time::Duration;

use bosh::session::{ClientConfig, ClientEvent, Farewell, Pauses, StreamRequest};
use peer::{GRANTED, NS, Peer, config, empty};

fn granted(requests: u32) -> String {
    format!("sid='s1' wait='60' hold='1' requests='{requests}' ver='1.6' maxpause='120'")
}

fn unanswered() -> ClientConfig {
    config().with_pauses(Pauses::Unanswered)
}

fn ordered() -> ClientConfig {
    config().with_order(true, Duration::ZERO)
}

fn carrying(rid: u64, payload: &str) -> String {
    format!("<body xmlns=\"{NS}\" rid=\"{rid}\" sid=\"s1\">{payload}</body>")
}

#[test]
fn a_pause_that_is_never_answered_takes_no_request() {
    let (mut peer, poll) = Peer::open(unanswered(), &granted(2));
    peer.pause(120);
    let _pause = peer.sent();
    peer.answer(poll.id, "/>");
    peer.seconds(80);
    assert!(peer.is_silent(), "its silence is no broken connection");
    peer.send("<a xmlns='urn:a'/>");
    let first = peer.sent();
    assert_eq!(first.body, carrying(103, "<a xmlns='urn:a'/>"));
    peer.send("<b xmlns='urn:b'/>");
    assert_eq!(peer.text(), carrying(104, "<b xmlns='urn:b'/>"));
    peer.send("<c xmlns='urn:c'/>");
    assert!(peer.is_silent(), "BOSH-11-01: those two count");
    assert_eq!(peer.client.outstanding(), 3);
    peer.answer(first.id, "/>");
    assert_eq!(
        peer.client.outstanding(),
        2,
        "a pause counts as answered when a later request is"
    );
    assert_eq!(peer.text(), carrying(105, "<c xmlns='urn:c'/>"));
}

#[test]
fn one_request_alone_goes_on_behind_such_a_pause() {
    let (mut peer, _) = Peer::open(unanswered(), &granted(1));
    peer.pause(100);
    let pause = peer.sent();
    peer.client.resume(peer.now);
    assert!(peer.is_silent(), "it may be on its way yet");
    peer.seconds(2);
    let poll = peer.sent();
    assert_eq!(poll.body, empty(102));
    peer.answer(poll.id, "><x xmlns='urn:x'/></body>");
    assert_eq!(peer.payloads(), ["x"]);
    assert_eq!(peer.client.outstanding(), 0);
    // An answer that comes when all is over says nothing.
    peer.answer(pause.id, "type='terminate' condition='item-not-found'/>");
    assert!(peer.event().is_none());
}

/// One request alone is granted, and the connection of its pause broke.
fn in_doubt() -> Peer {
    let (mut peer, _) = Peer::open(config(), &granted(1));
    peer.pause(100);
    let pause = peer.sent();
    peer.client.handle_failure(peer.now, pause.id);
    peer.send("<a xmlns='urn:a'/>");
    peer
}

#[test]
fn with_one_request_alone_a_pause_in_doubt_is_followed_by_another() {
    let question = format!("<body xmlns=\"{NS}\" rid=\"102\" sid=\"s1\" pause=\"120\"/>");
    let mut peer = in_doubt();
    let sent = peer.sent();
    assert_eq!(
        sent.body, question,
        "BOSH-11-02: inside of the window whether the server had the first or not"
    );
    assert!(peer.is_silent(), "what was said waits");
    // The server had it, and answers this one at once.
    peer.answer(sent.id, "/>");
    assert_eq!(peer.text(), carrying(103, "<a xmlns='urn:a'/>"));
    assert_eq!(peer.client.outstanding(), 1);

    // It had not: then this one waits until the first comes again.
    let mut peer = in_doubt();
    let sent = peer.sent();
    peer.seconds(10);
    let again = peer.sent();
    assert_eq!(
        (again.id.rid.get(), again.id.attempt),
        (101, 2),
        "BOSH-14.3-03"
    );
    peer.answer(again.id, "/>");
    peer.answer(sent.id, "/>");
    assert_eq!(peer.text(), carrying(103, "<a xmlns='urn:a'/>"));
}

#[test]
fn the_last_words_do_not_go_behind_a_pause_in_doubt() {
    let mut narrow = config();
    narrow.max_request = 20;
    let (mut peer, _) = Peer::open(narrow, &granted(1));
    peer.pause(100);
    let pause = peer.sent();
    peer.client.handle_failure(peer.now, pause.id);
    let words = ["<a xmlns='urn:a'/>", "<b xmlns='urn:b'/>"].map(Into::into);
    assert_eq!(peer.client.terminate(peer.now, &words), Ok(()));
    let sent = peer.sent();
    assert_eq!(
        sent.body,
        format!("<body xmlns=\"{NS}\" rid=\"102\" sid=\"s1\" pause=\"120\"/>"),
        "BOSH-11-02: a payload would be outside of the window if the pause was lost"
    );
    peer.answer(sent.id, "/>");
    let first = peer.sent();
    assert_eq!(first.body, carrying(103, "<a xmlns='urn:a'/>"));
    peer.answer(first.id, "/>");
    assert_eq!(
        peer.text(),
        format!(
            "<body xmlns=\"{NS}\" rid=\"104\" sid=\"s1\" type=\"terminate\"><b xmlns='urn:b'/></body>"
        )
    );
}

#[test]
fn such_a_pause_counts_while_it_may_be_on_its_way() {
    let (mut peer, poll) = Peer::open(unanswered(), &granted(2));
    peer.pause(100);
    let _pause = peer.sent();
    peer.answer(poll.id, "/>");
    peer.send("<a xmlns='urn:a'/>");
    assert_eq!(peer.text(), carrying(103, "<a xmlns='urn:a'/>"));
    peer.send("<b xmlns='urn:b'/>");
    assert!(
        peer.is_silent(),
        "BOSH-14.2-03: if it overtook the pause, it would be outside of the window"
    );
    peer.seconds(2);
    assert_eq!(peer.text(), carrying(104, "<b xmlns='urn:b'/>"));
}

#[test]
fn such_a_pause_counts_when_its_connection_broke() {
    let (mut peer, poll) = Peer::open(unanswered(), &granted(2));
    peer.pause(100);
    let pause = peer.sent();
    peer.answer(poll.id, "/>");
    peer.client.handle_failure(peer.now, pause.id);
    peer.send("<a xmlns='urn:a'/>");
    assert_eq!(peer.text(), carrying(103, "<a xmlns='urn:a'/>"));
    peer.send("<b xmlns='urn:b'/>");
    assert!(
        peer.is_silent(),
        "BOSH-14.2-03: if it was lost, the next id is outside of the window"
    );
}

#[test]
fn no_request_overtakes_one_whose_connection_broke() {
    let (mut peer, poll) = Peer::open(ordered(), GRANTED);
    peer.client.handle_failure(peer.now, poll.id);
    peer.send("<a xmlns='urn:a'/>");
    assert!(peer.is_silent(), "the server has forgotten the first one");
    peer.pass(Duration::from_millis(500));
    let again = peer.sent();
    assert_eq!((again.id.attempt, again.body), (2, poll.body));
    assert_eq!(peer.text(), carrying(102, "<a xmlns='urn:a'/>"));

    // Nor does the end of the session.
    peer.client.handle_failure(peer.now, again.id);
    peer.client.terminate(peer.now, &[]).unwrap();
    assert!(peer.is_silent());
    peer.seconds(1);
    assert_eq!(peer.sent().id.attempt, 3);
    assert!(
        peer.text()
            .contains("rid=\"103\" sid=\"s1\" type=\"terminate\"")
    );
}

#[test]
fn without_being_told_so_a_client_loses_no_time_by_a_broken_connection() {
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    peer.client.handle_failure(peer.now, poll.id);
    peer.send("<a xmlns='urn:a'/>");
    assert_eq!(
        peer.text(),
        carrying(102, "<a xmlns='urn:a'/>"),
        "BOSH-14.2-01"
    );
}

#[test]
fn requests_keep_the_distance_that_they_are_told_to() {
    let pace = Duration::from_millis(20);
    let (mut peer, _poll) = Peer::open(config().with_order(true, pace), GRANTED);
    peer.send("<a xmlns='urn:a'/>");
    assert!(peer.is_silent());
    assert_eq!(peer.client.poll_timeout(), Some(pace));
    peer.pass(pace - Duration::from_nanos(1));
    assert!(peer.is_silent());
    peer.pass(Duration::from_nanos(1));
    let first = peer.sent();
    assert_eq!(
        (first.id.attempt, first.body),
        (1, carrying(102, "<a xmlns='urn:a'/>").into())
    );

    // A pause that waits for its turn was not lost when the client speaks again.
    let granted = granted(3);
    let (mut peer, _poll) = Peer::open(config().with_order(true, pace), &granted);
    peer.pause(60);
    assert!(peer.is_silent());
    peer.send("<b xmlns='urn:b'/>");
    peer.pass(pace);
    assert!(peer.text().contains("rid=\"102\" sid=\"s1\" pause=\"60\""));
    peer.pass(pace);
    assert_eq!(peer.text(), carrying(103, "<b xmlns='urn:b'/>"));
}

#[test]
fn nothing_overtakes_a_pause_that_waits_for_its_turn() {
    let pace = Duration::from_millis(20);
    let (mut peer, poll) = Peer::open(config().with_order(true, pace), &granted(2));
    peer.pause(60);
    peer.answer(poll.id, "/>");
    peer.client.resume(peer.now);
    assert!(peer.is_silent());
    peer.pass(pace);
    assert!(peer.text().contains("rid=\"102\" sid=\"s1\" pause=\"60\""));
    peer.pass(pace);
    assert_eq!(peer.text(), empty(103), "BOSH-14.1-01");
}

#[test]
fn what_waited_for_its_turn_at_the_end_is_handed_back() {
    let (mut peer, poll) = Peer::open(ordered(), GRANTED);
    peer.client.handle_failure(peer.now, poll.id);
    let words = ["<a xmlns='urn:a'/>", "<b xmlns='urn:b'/>"];
    peer.send(words[0]);
    peer.client.terminate(peer.now, &[words[1].into()]).unwrap();
    assert!(peer.is_silent());
    peer.client.abandon();
    let Some(ClientEvent::Closed { unsent, .. }) = peer.event() else {
        panic!("goes on");
    };
    assert_eq!(unsent, words);

    // Of several streams, the farewell of one that never went as well.
    let granted = format!("{GRANTED} stream='one'");
    let (mut peer, _poll) = Peer::open(config(), &granted);
    let other = StreamRequest::new("example.org");
    peer.client.open_stream(peer.now, other).unwrap();
    assert!(peer.text().contains("to=\"example.org\""));
    let farewell = Farewell::plain().with_payload(words[0].into());
    let one = peer.client.streams().next().unwrap().clone();
    peer.client.close_stream(peer.now, &one, farewell).unwrap();
    peer.client.terminate(peer.now, &[words[1].into()]).unwrap();
    assert!(peer.is_silent(), "BOSH-11-01");
    peer.client.abandon();
    let Some(ClientEvent::Closed { unsent, .. }) = peer.event() else {
        panic!("goes on");
    };
    assert_eq!(unsent, words);
}
