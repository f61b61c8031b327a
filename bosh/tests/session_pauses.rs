//! XEP-0124 §10 and §14.3: a pause that was answered comes once more, by a client that misses the answer
//! or by a network that doubles requests. No session ends by that.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use bosh::KeySequence;
use bosh::session::{CloseReason, Farewell, ServerConfig};
use common::{EMPTY, FIRST, NS, Server, terminate, wrapped};

const NORMAL: &str = "wait='60' hold='1' ver='1.6'";

#[test]
fn bosh_14_3_04_a_pause_that_was_answered_is_answered_again() {
    let mut server = Server::open();
    let pause = "pause='10'><a xmlns='urn:p'/></body>";
    let first = server.request(1, pause);
    server.send("<b xmlns='urn:b'/>");
    let again = server.request(1, pause);
    assert_eq!(server.taken(again), server.taken(first), "BOSH-14.3-04");
    assert_eq!(server.taken(again), EMPTY, "BOSH-10-10");
    assert_eq!(
        server.told(),
        ["a"],
        "BOSH-14.3-04: no payload is told twice"
    );
    let next = server.empty(2);
    assert_eq!(server.taken(next), wrapped("<b xmlns='urn:b'/>"));
}

#[test]
fn bosh_14_3_01_the_answer_to_a_pause_is_not_kept() {
    let mut server = Server::open_with(ServerConfig::default(), &format!("{NORMAL} ack='1'"));
    for rid in 1..=2 {
        server.payload(rid, "a");
        server.send(&format!("<b{rid} xmlns='urn:b'/>"));
    }
    let first = server.request(3, "pause='10'/>");
    assert_eq!(server.taken(first), EMPTY);
    for rid in 1..=2 {
        let again = server.payload(rid, "a");
        assert_eq!(
            server.taken(again),
            wrapped(&format!("<b{rid} xmlns='urn:b'/>")),
            "BOSH-14.3-01: it takes the place of no response"
        );
    }
    server.empty(4);
    let again = server.request(3, "pause='10'/>");
    assert_eq!(
        server.taken(again),
        format!("<body xmlns=\"{NS}\" ack=\"{}\"/>", FIRST + 4),
        "BOSH-14.3-01, BOSH-9.1-02: it is made anew"
    );
}

#[test]
fn a_pause_lasts_from_the_last_answer_to_it() {
    let mut server = Server::open();
    server.request(1, "pause='100'/>");
    server.seconds(60);
    server.request(1, "pause='100'/>");
    server.seconds(99);
    assert_eq!(server.reason(), None, "BOSH-10-09");
    server.seconds(1);
    assert_eq!(server.reason(), Some(CloseReason::Inactive), "BOSH-10-09");
}

#[test]
fn a_late_copy_of_a_pause_pauses_nothing() {
    let mut server = Server::open();
    server.request(1, "pause='100'/>");
    let held = server.empty(2);
    let late = server.request(1, "pause='100'/>");
    assert_eq!(server.taken(late), EMPTY);
    assert!(server.is_waiting(held), "BOSH-10-12: it flushes nothing");
    server.send("<b xmlns='urn:b'/>");
    assert_eq!(server.taken(held), wrapped("<b xmlns='urn:b'/>"));
    server.seconds(20);
    server.request(1, "pause='100'/>");
    server.seconds(29);
    assert_eq!(server.reason(), None, "BOSH-10-12");
    server.seconds(1);
    assert_eq!(
        server.reason(),
        Some(CloseReason::Inactive),
        "BOSH-10-12: the silence is that of a session without a pause"
    );
}

#[test]
fn as_many_pauses_are_known_again_as_may_be_open() {
    // One request alone, and one more that pauses: a client that doubts its first pause sends a second.
    let mut server = Server::open_with(ServerConfig::default(), "wait='0' hold='0' ver='1.6'");
    for rid in 1..=2 {
        server.request(rid, "pause='60'/>");
    }
    for rid in 1..=2 {
        let again = server.request(rid, "pause='60'/>");
        assert_eq!(server.taken(again), EMPTY, "BOSH-11-02 {rid}");
    }
    server.request(3, "pause='60'/>");
    let old = server.request(1, "pause='60'/>");
    assert_eq!(
        server.taken(old),
        terminate("item-not-found"),
        "BOSH-14.3-08"
    );
}

#[test]
fn a_pause_is_known_again_however_many_requests_came_since() {
    let mut server = Server::open();
    server.request(1, "pause='60'/>");
    for rid in 2..=9 {
        server.payload(rid, "a");
        server.send("<b xmlns='urn:b'/>");
    }
    let late = server.request(1, "pause='60'/>");
    assert_eq!(server.taken(late), EMPTY, "BOSH-14.3-04");
    let next = server.empty(10);
    assert!(server.is_waiting(next));
}

#[test]
fn repeats_of_a_pause_are_counted() {
    let config = ServerConfig::default().with_max_repeats(2);
    let mut server = Server::open_with(config, NORMAL);
    for _ in 0..3 {
        let slot = server.request(1, "pause='60'/>");
        assert_eq!(server.taken(slot), EMPTY, "BOSH-14.3-06");
    }
    let excessive = server.request(1, "pause='60'/>");
    assert_eq!(
        server.taken(excessive),
        terminate("policy-violation"),
        "BOSH-14.3-07"
    );
}

#[test]
fn a_copy_of_a_pause_needs_its_key() {
    let mut keys = KeySequence::new("seed", 5);
    let attributes = format!("{NORMAL} newkey='{}'", keys.take().unwrap());
    let mut server = Server::open_with(ServerConfig::default(), &attributes);
    let pause = format!("key='{}' pause='60'/>", keys.take().unwrap());
    server.request(1, &pause);
    let again = server.request(1, &pause);
    assert_eq!(server.taken(again), EMPTY, "BOSH-15.5-03");
    let stolen = server.request(1, "pause='60'/>");
    assert_eq!(
        server.taken(stolen),
        terminate("item-not-found"),
        "BOSH-15.4-04"
    );
}

#[test]
fn a_pause_whose_connection_broke_above_a_gap_is_answered_when_it_comes_again() {
    let mut server = Server::open();
    let broken = server.request(2, "pause='60'/>");
    server.disconnect(broken);
    let first = server.empty(1);
    assert_eq!(server.taken(first), EMPTY);
    assert!(server.is_waiting(broken));
    let again = server.request(2, "pause='60'/>");
    assert_eq!(server.taken(again), EMPTY, "BOSH-14.3-09");
}

#[test]
fn a_farewell_does_not_take_the_place_of_the_answer_to_a_pause() {
    let mut server = Server::open();
    server.request(1, "pause='60'/>");
    let id = server.id();
    let farewell = Farewell::plain();
    server.manager.close(server.now, id, farewell).unwrap();
    server.drain();
    let again = server.request(1, "pause='60'/>");
    assert_eq!(server.taken(again), EMPTY, "BOSH-14.3-04");
    let next = server.empty(2);
    assert_eq!(
        server.taken(next),
        format!("<body xmlns=\"{NS}\" type=\"terminate\"/>")
    );
}
