//! What the simulation (`simulation.rs`) found at the connection manager, each fault as the shortest exchange that shows
//! it. Sections are those of XEP-0124.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use bosh::session::{CloseReason, Farewell, ServerConfig};
use bytes::Bytes;
use common::{EMPTY, NS, Server, terminate, wrapped};

#[test]
fn a_pause_that_overtakes_the_requests_before_it_is_in_the_window() {
    let mut server = Server::open();
    let pause = server.request(3, "pause='60'/>");
    assert!(
        server.is_waiting(pause),
        "§11: one more than `requests` may pause, in whatever order they come"
    );
    let (first, second) = (server.payload(1, "a"), server.payload(2, "b"));
    assert_eq!(server.told(), ["a", "b"], "§14.2");
    for slot in [first, second, pause] {
        assert_eq!(server.taken(slot), EMPTY, "§10");
    }
    let beyond = server.empty(6);
    assert_eq!(
        server.taken(beyond),
        terminate("item-not-found"),
        "§14.2: without a pause the window is no wider"
    );
}

#[test]
fn a_terminate_that_overtakes_the_requests_before_it_is_in_the_window() {
    let mut server = Server::open();
    server.request(3, "type='terminate'><z xmlns='urn:p'/></body>");
    server.payload(2, "b");
    server.payload(1, "a");
    assert_eq!(server.told(), ["a", "b", "z", "Peer(None)"], "§13, §14.2");
}

#[test]
fn what_is_queued_does_not_leave_by_the_answer_to_a_pause() {
    let mut server = Server::open();
    server.send("<s xmlns='urn:s'/>");
    // They come before the request that they follow, and before there is anything to answer by.
    let end = server.request(3, "type='terminate'/>");
    let second = server.empty(2);
    let pause = server.request(1, "pause='60'/>");
    assert_eq!(
        server.taken(pause),
        EMPTY,
        "§10: a client that misses this answer passes it over"
    );
    let last = format!("<body xmlns=\"{NS}\" type=\"terminate\"><s xmlns='urn:s'/></body>");
    assert_eq!(server.taken(second), last, "§13");
    assert_eq!(server.taken(end), EMPTY);
    assert_eq!(server.reason(), Some(CloseReason::Peer(None)));
}

#[test]
fn a_request_that_ends_the_session_pauses_nothing() {
    let mut server = Server::open();
    server.send("<s xmlns='urn:s'/>");
    let end = server.request(1, "pause='60' type='terminate'/>");
    let last = format!("<body xmlns=\"{NS}\" type=\"terminate\"><s xmlns='urn:s'/></body>");
    assert_eq!(server.taken(end), last, "§13");
}

#[test]
fn a_farewell_waits_for_more_than_a_pause() {
    let mut server = Server::open();
    let pause = server.request(2, "pause='60'/>");
    let (now, id) = (server.now, server.id());
    let first = server.empty(1);
    assert_eq!(
        [server.taken(first), server.taken(pause)],
        [EMPTY, EMPTY],
        "§10"
    );
    server.manager.close(now, id, Farewell::plain()).unwrap();
    server.drain();
    let next = server.empty(3);
    let plain = format!("<body xmlns=\"{NS}\" type=\"terminate\"/>");
    assert_eq!(server.taken(next), plain, "§17.2");
}

#[test]
fn a_farewell_does_not_take_the_place_of_a_stored_response() {
    let mut server = Server::open();
    let lost = server.empty(1);
    server.send("<s xmlns='urn:s'/>");
    assert_eq!(server.taken(lost), wrapped("<s xmlns='urn:s'/>"));
    let (now, id) = (server.now, server.id());
    server.manager.close(now, id, Farewell::plain()).unwrap();
    server.drain();
    let again = server.empty(1);
    assert_eq!(
        server.taken(again),
        wrapped("<s xmlns='urn:s'/>"),
        "§14.3: a rid that was answered gets the stored response"
    );
    assert_eq!(server.reason(), None);
    let next = server.empty(2);
    assert_eq!(
        server.taken(next),
        format!("<body xmlns=\"{NS}\" type=\"terminate\"/>"),
        "§17.2"
    );
    assert_eq!(server.reason(), Some(CloseReason::Local(None)));
}

#[test]
fn a_request_above_a_gap_is_not_confirmed_when_the_host_ends_the_session() {
    let mut server = Server::open_with(
        ServerConfig::default().with_max_hold(2),
        "wait='60' hold='2' ver='1.6'",
    );
    let (held, above) = (server.empty(1), server.payload(3, "lost"));
    let (now, id) = (server.now, server.id());
    server.manager.close(now, id, Farewell::plain()).unwrap();
    server.drain();
    assert!(server.told().iter().all(|what| what != "lost"));
    let plain = format!("<body xmlns=\"{NS}\" type=\"terminate\"/>");
    assert_eq!(server.taken(held), plain);
    assert_eq!(
        server.taken(above),
        plain,
        "§8: an empty wrapper would say that its payload was forwarded"
    );
}

#[test]
fn a_farewell_waits_behind_more_than_one_response_holds() {
    let config = ServerConfig::default().with_bytes(40, 1_000);
    let mut server = Server::open_with(config, "wait='60' hold='1' ver='1.6'");
    let id = server.id();
    for number in 0..4 {
        let payload = format!("<s xmlns='urn:s' n='{number}'/>");
        let now = server.now;
        server.manager.send(now, id, Bytes::from(payload)).unwrap();
    }
    let now = server.now;
    server.manager.close(now, id, Farewell::plain()).unwrap();
    server.drain();
    for number in 0..3 {
        let slot = server.empty(1 + number);
        let payload = format!("<s xmlns='urn:s' n='{number}'/>");
        assert_eq!(server.taken(slot), wrapped(&payload), "§8");
    }
    let last = server.empty(4);
    assert_eq!(
        server.taken(last),
        format!("<body xmlns=\"{NS}\" type=\"terminate\"><s xmlns='urn:s' n='3'/></body>"),
        "§17.2"
    );
}

#[test]
fn a_flood_of_short_payloads_is_more_than_one_response() {
    let mut server = Server::open();
    let id = server.id();
    for _ in 0..1_100 {
        let now = server.now;
        let payload = Bytes::from_static(b"<s xmlns='urn:s'/>");
        server.manager.send(now, id, payload).unwrap();
    }
    let mut counts = Vec::new();
    for rid in 1..=3 {
        let slot = server.empty(rid);
        counts.push(server.taken(slot).matches("<s ").count());
    }
    assert_eq!(counts, [512, 512, 76], "§6: fewer than a reader takes");
}
