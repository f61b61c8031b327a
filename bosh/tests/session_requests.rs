//! XEP-0124 §8, §9, §14: order, holding, waiting, repeating, acknowledging.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use bosh::Condition;
use bosh::session::{CloseReason, Event, Farewell, ServerConfig};
use bytes::Bytes;
use common::{EMPTY, Server, error, parse, terminate, wrapped};

#[test]
fn bosh_8_05_and_08_a_request_waits_and_is_answered_empty() {
    let mut server = Server::open();
    let slot = server.empty(1);
    server.pass(Duration::from_millis(59_999));
    assert!(server.is_waiting(slot), "BOSH-8-04");
    server.pass(Duration::from_millis(1));
    assert_eq!(server.taken(slot), EMPTY, "BOSH-8-05, BOSH-8-08");
}

#[test]
fn bosh_8_05_wait_is_kept_for_each_request() {
    let config = ServerConfig::default().with_max_hold(2);
    let mut server = Server::open_with(config, "wait='10' hold='2' ver='1.6'");
    let first = server.empty(1);
    server.seconds(6);
    let second = server.empty(2);
    server.seconds(4);
    assert_eq!(
        server.taken(first),
        EMPTY,
        "J3: a later request does not prolong the wait"
    );
    assert!(server.is_waiting(second));
    server.seconds(6);
    assert_eq!(server.taken(second), EMPTY, "J3");
}

#[test]
fn a_request_that_came_before_the_gap_was_filled_waits_from_its_arrival() {
    let config = ServerConfig::default().with_max_hold(2);
    let mut server = Server::open_with(config, "wait='10' hold='2' ver='1.6'");
    let second = server.empty(2);
    server.seconds(7);
    let first = server.empty(1);
    server.seconds(3);
    assert_eq!(server.taken(second), EMPTY, "J3, BOSH-8-05");
    assert_eq!(server.taken(first), EMPTY);
    assert_eq!(
        server.answered()[1..],
        [first, second],
        "BOSH-8-07: answers go in the order of ids, not of arrival"
    );
}

#[test]
fn bosh_8_06_no_more_than_hold_are_kept_and_the_oldest_goes_first() {
    let mut server = Server::open();
    let first = server.empty(1);
    server.seconds(3);
    let second = server.payload(2, "a");
    assert_eq!(server.taken(first), EMPTY, "BOSH-8-06");
    assert!(server.is_waiting(second));
    server.send("<b xmlns='urn:b'/>");
    assert_eq!(
        server.taken(second),
        wrapped("<b xmlns='urn:b'/>"),
        "BOSH-8-09"
    );
}

#[test]
fn bosh_8_09_payloads_queued_together_travel_together() {
    let mut server = Server::open();
    for payload in ["<a xmlns='urn:a'/>", "<b xmlns='urn:b'/>"] {
        server.send(payload);
    }
    let slot = server.empty(1);
    assert_eq!(
        server.taken(slot),
        wrapped("<a xmlns='urn:a'/><b xmlns='urn:b'/>"),
        "BOSH-8-09"
    );
}

#[test]
fn a_response_has_a_size() {
    let config = ServerConfig::default().with_bytes(40, 100);
    let mut server = Server::open_with(config, "wait='60' hold='1' ver='1.6'");
    for _ in 0..4 {
        server.send("<a xmlns='urn:a'/>");
    }
    let full = server
        .manager
        .send(server.now, server.id(), "x".repeat(29).into());
    assert_eq!(full, Err(bosh::session::Error::QueueFull { max: 100 }));
    let two = wrapped("<a xmlns='urn:a'/><a xmlns='urn:a'/>");
    let (first, second) = (server.empty(1), server.empty(2));
    assert_eq!(
        (server.taken(first), server.taken(second)),
        (two.clone(), two)
    );
    assert!(
        server
            .manager
            .send(server.now, server.id(), "<a/>".into())
            .is_ok()
    );
}

#[test]
fn bosh_8_02_payloads_are_forwarded_in_the_order_of_request_ids() {
    let mut server = Server::open();
    let second = server.payload(2, "second");
    assert_eq!(server.told(), [""; 0], "BOSH-8-02, BOSH-14.2-01");
    let first = server.payload(1, "first");
    assert_eq!(
        server.told(),
        ["first", "second"],
        "BOSH-8-02, BOSH-14.2-01"
    );
    assert_eq!(server.taken(first), EMPTY);
    assert!(server.is_waiting(second));
}

#[test]
fn bosh_8_11_empty_requests_wait_as_others_do() {
    for request in ["/>", "><a xmlns='urn:a'/></body>"] {
        let mut server = Server::open();
        let slot = server.request(1, request);
        server.pass(Duration::from_millis(59_999));
        assert!(server.is_waiting(slot), "BOSH-8-11 {request}");
        server.pass(Duration::from_millis(1));
        assert_eq!(server.taken(slot), EMPTY, "BOSH-8-11 {request}");
        let slot = server.request(2, request);
        server.send("<b xmlns='urn:b'/>");
        assert_eq!(
            server.taken(slot),
            wrapped("<b xmlns='urn:b'/>"),
            "BOSH-8-11 {request}"
        );
    }
}

#[test]
fn a_gap_that_is_never_filled_ends_the_session() {
    let mut server = Server::open_with(ServerConfig::default(), "wait='10' hold='1' ver='1.6'");
    let early = server.empty(2);
    server.seconds(14);
    assert!(server.is_waiting(early));
    server.seconds(1);
    assert_eq!(server.taken(early), terminate("item-not-found"), "J11");
    assert_eq!(
        server.reason(),
        Some(CloseReason::Violation(Condition::ItemNotFound))
    );
}

#[test]
fn bosh_14_2_03_and_04_the_window_has_an_upper_edge() {
    let mut server = Server::open();
    let edge = server.payload(2, "edge");
    assert!(server.is_waiting(edge), "BOSH-14.2-03");
    let mut server = Server::open();
    let held = server.empty(1);
    let above = server.empty(4);
    assert_eq!(
        server.taken(above),
        terminate("item-not-found"),
        "BOSH-14.2-04"
    );
    assert_eq!(
        server.taken(held),
        terminate("other-request"),
        "BOSH-17.2-09, J14"
    );
    let later = server.empty(2);
    assert_eq!(
        server.taken(later),
        terminate("item-not-found"),
        "BOSH-14.2-04: the session ended"
    );
    assert_eq!(server.told(), ["Violation(ItemNotFound)"]);
}

#[test]
fn bosh_14_3_04_an_answered_request_gets_the_same_answer_again() {
    let mut server = Server::open();
    let first = server.payload(1, "a");
    server.send("<b xmlns='urn:b'/>");
    let again = server.payload(1, "a");
    assert_eq!(
        server.taken(again),
        wrapped("<b xmlns='urn:b'/>"),
        "BOSH-14.3-04"
    );
    assert_eq!(server.taken(again), server.taken(first));
    assert_eq!(
        server.told(),
        ["a"],
        "BOSH-14.3-04: its payloads are not processed twice"
    );
}

#[test]
fn bosh_14_3_09_an_answer_that_went_to_a_dead_connection_is_still_there() {
    let mut server = Server::open();
    let dead = server.empty(1);
    server.send("<a xmlns='urn:a'/>");
    // It was written, and only then the connection is seen to be gone.
    assert_eq!(server.taken(dead), wrapped("<a xmlns='urn:a'/>"));
    server.disconnect(dead);
    server.seconds(20);
    let again = server.empty(1);
    assert_eq!(
        server.taken(again),
        wrapped("<a xmlns='urn:a'/>"),
        "BOSH-14.3-09"
    );
}

#[test]
fn bosh_14_3_02_and_08_as_many_answers_are_kept_as_requests_may_be_open() {
    let mut server = Server::open();
    for rid in 1..=3 {
        let name = format!("a{rid}");
        server.payload(rid, &name);
        server.send(&format!("<b{rid} xmlns='urn:b'/>"));
    }
    let kept = server.payload(2, "a2");
    assert_eq!(
        server.taken(kept),
        wrapped("<b2 xmlns='urn:b'/>"),
        "BOSH-14.3-02"
    );
    let dropped = server.payload(1, "a1");
    assert_eq!(
        server.taken(dropped),
        terminate("item-not-found"),
        "BOSH-14.3-08"
    );
    assert_eq!(
        server.reason(),
        Some(CloseReason::Violation(Condition::ItemNotFound)),
        "BOSH-14.3-08: the session is over"
    );
    let mut other = Server::open();
    let above = other.empty(9);
    assert_eq!(
        server.taken(dropped),
        other.taken(above),
        "BOSH-14.3-08: no telling it from an id that never was"
    );
}

#[test]
fn bosh_14_3_05_the_second_copy_of_a_held_request_gets_the_real_answer() {
    let mut server = Server::open();
    let old = server.payload(1, "a");
    let new = server.payload(1, "a");
    assert_eq!(server.taken(old), error(), "BOSH-14.3-05, BOSH-17.3-01");
    assert!(server.is_waiting(new), "BOSH-14.3-05");
    server.send("<b xmlns='urn:b'/>");
    assert_eq!(
        server.taken(new),
        wrapped("<b xmlns='urn:b'/>"),
        "BOSH-14.3-05"
    );
    assert_eq!(server.told(), ["a"]);
}

#[test]
fn the_second_copy_of_a_request_above_a_gap_replaces_the_first() {
    let mut server = Server::open();
    let old = server.payload(2, "b");
    let new = server.payload(2, "b");
    assert_eq!(server.taken(old), error(), "BOSH-14.3-05");
    server.payload(1, "a");
    assert_eq!(server.told(), ["a", "b"]);
    server.send("<c xmlns='urn:c'/>");
    assert_eq!(server.taken(new), wrapped("<c xmlns='urn:c'/>"));
}

#[test]
fn bosh_14_3_07_too_many_repeats_end_the_session() {
    let config = ServerConfig::default().with_max_repeats(2);
    let mut server = Server::open_with(config.clone(), "wait='60' hold='1' ver='1.6'");
    server.empty(1);
    server.send("<b xmlns='urn:b'/>");
    for _ in 0..2 {
        let again = server.empty(1);
        assert_eq!(server.taken(again), wrapped("<b xmlns='urn:b'/>"));
    }
    let excessive = server.empty(1);
    assert_eq!(
        server.taken(excessive),
        terminate("policy-violation"),
        "BOSH-14.3-07"
    );

    let mut server = Server::open_with(config, "wait='60' hold='1' ver='1.6'");
    let slots = [(); 4].map(|()| server.empty(1));
    assert_eq!(server.taken(slots[2]), error());
    assert_eq!(
        server.taken(slots[3]),
        terminate("policy-violation"),
        "BOSH-14.3-07 while held"
    );
}

#[test]
fn a_broken_connection_loses_nothing() {
    let mut server = Server::open();
    let broken = server.empty(1);
    server.disconnect(broken);
    server.send("<a xmlns='urn:a'/>");
    assert!(
        server.is_waiting(broken),
        "nothing is sent to a connection known to be gone"
    );
    let again = server.empty(1);
    assert_eq!(
        server.taken(again),
        wrapped("<a xmlns='urn:a'/>"),
        "BOSH-14.3-05: the new copy gets the answer"
    );
}

#[test]
fn a_broken_connection_is_passed_over_for_a_later_one() {
    let mut server = Server::open();
    let broken = server.empty(1);
    server.disconnect(broken);
    server.seconds(5);
    let live = server.empty(2);
    server.send("<a xmlns='urn:a'/>");
    assert_eq!(server.taken(live), wrapped("<a xmlns='urn:a'/>"));
    let again = server.empty(1);
    assert_eq!(
        server.taken(again),
        EMPTY,
        "BOSH-14.3-04: its answer was stored"
    );
}

#[test]
fn a_session_whose_connections_are_all_gone_comes_to_its_end() {
    let mut server = Server::open();
    let broken = server.empty(1);
    server.disconnect(broken);
    server.seconds(91);
    assert_eq!(server.reason(), Some(CloseReason::Inactive), "BOSH-10-03");
    assert!(server.is_waiting(broken), "the slot does not come back");
}

#[test]
fn bosh_9_2_05_a_lagging_acknowledgement_is_reported() {
    let attributes = "ack='1' wait='60' hold='1' ver='1.6'";
    let mut server = Server::open_with(ServerConfig::default(), attributes);
    server.request(1, "ack='1000'/>");
    server.send("<a xmlns='urn:a'/>");
    server.pass(Duration::from_millis(2500));
    let slot = server.request(2, "ack='1000'/>");
    assert_eq!(
        server.taken(slot),
        "<body xmlns=\"http://jabber.org/protocol/httpbind\" report=\"1001\" time=\"2500\"/>",
        "BOSH-9.2-04, BOSH-9.2-05"
    );
    server.seconds(3);
    let slot = server.empty(3);
    assert!(
        server.is_waiting(slot),
        "BOSH-9.2-08: no ack says that everything came"
    );
}

#[test]
fn an_acknowledgement_that_crossed_a_response_is_not_reported() {
    let attributes = "ack='1' wait='60' hold='1' ver='1.6'";
    let mut server = Server::open_with(ServerConfig::default(), attributes);
    server.request(1, "ack='1000'/>");
    server.send("<a xmlns='urn:a'/>");
    server.pass(Duration::from_millis(999));
    let slot = server.request(2, "ack='1000'><b xmlns='urn:b'/></body>");
    assert!(
        server.is_waiting(slot),
        "BOSH-9.2-04: the response may be on its way"
    );
}

#[test]
fn responses_that_are_never_acknowledged_are_not_kept_for_ever() {
    let attributes = "ack='1' wait='60' hold='1' ver='1.6'";
    let mut server = Server::open_with(ServerConfig::default(), attributes);
    for rid in 1..=17 {
        server.request(rid, "ack='1000'/>");
        server.send("<b xmlns='urn:b'/>");
    }
    let kept = server.request(2, "ack='1000'/>");
    assert!(
        server.taken(kept).contains("urn:b"),
        "BOSH-14.3-02: sixteen"
    );
    let dropped = server.request(1, "ack='1000'/>");
    assert_eq!(
        server.taken(dropped),
        terminate("item-not-found"),
        "BOSH-14.3-02"
    );
}

#[test]
fn bosh_9_2_07_unacknowledged_responses_are_kept_for_longer() {
    let attributes = "ack='1' wait='60' hold='1' ver='1.6'";
    let mut server = Server::open_with(ServerConfig::default(), attributes);
    for rid in 1..=5 {
        server.request(rid, "ack='1000'/>");
        server.send(&format!("<b{rid} xmlns='urn:b'/>"));
    }
    let again = server.request(1, "ack='1000'/>");
    assert_eq!(
        parse(&server.taken(again))
            .children()
            .next()
            .unwrap()
            .local(),
        "b1",
        "BOSH-14.3-02"
    );
    server.request(6, "ack='1005'/>");
    server.send("<b6 xmlns='urn:b'/>");
    let dropped = server.request(1, "ack='1000'/>");
    assert_eq!(
        server.taken(dropped),
        terminate("item-not-found"),
        "BOSH-9.2-07"
    );
}

#[test]
fn bosh_10_03_and_04_silence_ends_the_session() {
    let mut server = Server::open();
    server.seconds(29);
    assert_eq!(server.manager.len(), 1);
    server.seconds(1);
    assert_eq!(server.reason(), Some(CloseReason::Inactive), "BOSH-10-03");
    let late = server.empty(1);
    assert_eq!(
        server.taken(late),
        terminate("item-not-found"),
        "BOSH-10-04"
    );
}

#[test]
fn what_was_never_sent_is_handed_back() {
    let mut server = Server::open();
    server.send("<a xmlns='urn:a'/>");
    server.seconds(30);
    let Some((_, Event::Terminated { undelivered, .. })) = server.events.last() else {
        panic!("the session did not end");
    };
    assert_eq!(undelivered, &["<a xmlns='urn:a'/>"], "XBOSH-7-01");
}

#[test]
fn a_farewell_that_was_never_said_is_handed_back() {
    let mut server = Server::open();
    server.send("<a xmlns='urn:a'/>");
    let farewell = Farewell::stream_error(Bytes::from_static(b"<stream:error/>"));
    let id = server.id();
    server.manager.close(server.now, id, farewell).unwrap();
    server.seconds(30);
    let Some((_, Event::Terminated { undelivered, .. })) = server.events.last() else {
        panic!("the session did not end");
    };
    let unsaid: [&[u8]; 2] = [b"<a xmlns='urn:a'/>", b"<stream:error/>"];
    assert_eq!(undelivered, &unsaid, "XBOSH-7-01");
}

#[test]
fn every_request_has_its_answer_exactly_once_at_the_end() {
    let mut server = Server::open();
    let held = server.empty(1);
    let early = server.empty(3);
    let offender = server.empty(9);
    for slot in [held, early, offender] {
        assert!(!server.is_waiting(slot));
    }
    assert_eq!(server.manager.poll_timeout(), None);
}
