//! Rules for the connection manager that show only in the whole of a session: what each response
//! acknowledges, what of a creation request may be ignored.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use bosh::session::{Channel, Event, Manager, RequestSlot, ServerConfig};
use bytes::Bytes;
use common::{EMPTY, FIRST, NS, Server, parse, wrapped};

fn ack(server: &Server, slot: RequestSlot) -> Option<String> {
    parse(&server.taken(slot)).attr("ack").map(str::to_owned)
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn bosh_9_1_02_every_response_says_what_has_come() {
    let config = ServerConfig::default().with_max_hold(2);
    let mut server = Server::new(config);
    let created = server.create("ack='1' wait='60' hold='2' ver='1.6'");
    assert_eq!(
        parse(&created).attr("ack"),
        Some("1000"),
        "BOSH-9.1-02: the first response, though it says nothing new"
    );
    let [first, second, third] = [1, 2, 3].map(|rid| server.payload(rid, "a"));
    assert_eq!(
        ack(&server, first),
        text("1003"),
        "BOSH-9.1-01, BOSH-9.1-02"
    );
    // The fourth is on its way yet.
    let fifth = server.payload(5, "a");
    server.send("<x xmlns='urn:x'/>");
    assert_eq!(
        ack(&server, second),
        text("1003"),
        "BOSH-9.1-01: no further than the gap"
    );
    let fourth = server.payload(4, "a");
    assert_eq!(
        ack(&server, third),
        text("1005"),
        "BOSH-9.1-01, BOSH-9.1-02"
    );
    server.send("<x xmlns='urn:x'/>");
    assert_eq!(ack(&server, fourth), text("1005"), "BOSH-9.1-02");
    server.send("<x xmlns='urn:x'/>");
    assert_eq!(
        ack(&server, fifth),
        None,
        "BOSH-9.1-03: it would be the id of the request"
    );
}

#[test]
fn bosh_7_1_12_a_manager_serves_several_domains() {
    let mut server = Server::new(ServerConfig::default());
    let mut answers = Vec::new();
    for domain in ["a.example", "b.example"] {
        let slot = server.post(&format!(
            "<body xmlns='{NS}' rid='{FIRST}' to='{domain}' ver='1.6'/>"
        ));
        let Some((_, Event::Open(open))) = server.events.last().cloned() else {
            panic!("no session")
        };
        assert_eq!(open.to.as_deref(), Some(domain), "BOSH-7.1-12");
        server.send(&format!("<of xmlns='{domain}'/>"));
        answers.push(parse(&server.taken(slot)));
    }
    let served: Vec<_> = answers
        .iter()
        .map(|answer| (answer.attr("from"), answer.children().next().unwrap().ns()))
        .collect();
    assert_eq!(
        served,
        [
            (Some("a.example"), "a.example"),
            (Some("b.example"), "b.example")
        ],
        "BOSH-7.1-12"
    );
    assert_eq!(server.manager.len(), 2);
}

#[test]
fn what_may_be_ignored_of_a_creation_request_changes_nothing() {
    let created = |more: &str| {
        let mut server = Server::new(ServerConfig::default());
        server.create(&format!("wait='60' hold='1' ver='1.6' {more}"))
    };
    let plain = created("");
    assert_eq!(created("route='xmpp:b:9999'"), plain, "BOSH-7.1-15");
    assert_eq!(created("secure='true'"), plain, "OLD-1");
    assert_eq!(created("window='5'"), plain, "OLD-2");
}

#[test]
fn xbosh_4_05_no_stream_id_is_told() {
    let mut server = Server::new(ServerConfig::default());
    let created = parse(&server.create("wait='60' hold='1' ver='1.6'"));
    assert_eq!(
        created.attr("authid"),
        None,
        "XBOSH-4-05: only XEP-0078 has a use for it"
    );
}

#[test]
fn bosh_15_1_01_keys_are_not_needed() {
    let mut server = Server::open();
    let slot = server.payload(1, "a");
    server.send("<b xmlns='urn:b'/>");
    assert_eq!(server.told(), ["a"], "BOSH-15.1-01");
    assert_eq!(
        server.taken(slot),
        wrapped("<b xmlns='urn:b'/>"),
        "BOSH-15.1-01"
    );
}

#[test]
fn bosh_19_1_02_and_05_a_session_over_tls_takes_nothing_in_clear() {
    let mut manager = Manager::new(ServerConfig::default(), || "s".to_owned());
    let now = Duration::ZERO;
    let create = format!("<body xmlns='{NS}' rid='1' to='a' ver='1.6'/>");
    manager.handle_request_over(now, Channel::Secure, RequestSlot(0), create.into());
    while let Some((session, _)) = manager.poll_event() {
        manager
            .send(now, session, "<f xmlns='urn:f'/>".into())
            .unwrap();
    }
    assert!(manager.poll_transmit().is_some());

    let request = |rid: u64, rest: &str| {
        Bytes::from(format!("<body xmlns='{NS}' rid='{rid}' sid='s' {rest}"))
    };
    // Whoever has seen the session id can neither speak nor listen nor end the session.
    for (rid, rest) in [
        (2, "><a xmlns='urn:a'/></body>"),
        (1, "/>"),
        (9, "/>"),
        (2, "type='terminate'/>"),
    ] {
        manager.handle_request_over(now, Channel::Clear, RequestSlot(rid), request(rid, rest));
        let answer = manager.poll_transmit().unwrap();
        assert_eq!(
            (answer.slot, answer.status, answer.body),
            (RequestSlot(rid), 403, Bytes::new()),
            "BOSH-19.1-02 {rest}"
        );
        assert!(
            manager.poll_event().is_none() && manager.len() == 1,
            "BOSH-19.1-05 {rest}"
        );
    }
    let payload = request(2, "><b xmlns='urn:b'/></body>");
    manager.handle_request_over(now, Channel::Secure, RequestSlot(20), payload);
    assert!(
        matches!(manager.poll_event(), Some((_, Event::Payload(b))) if b.name().local() == "b"),
        "BOSH-19.1-05: the session goes on"
    );

    // The other way round nothing is given away.
    let mut manager = Manager::new(ServerConfig::default(), || "s".to_owned());
    let create = format!("<body xmlns='{NS}' rid='1' to='a' ver='1.6'/>");
    manager.handle_request(now, RequestSlot(0), create.into());
    let payload = request(2, "><b xmlns='urn:b'/></body>");
    manager.handle_request_over(now, Channel::Secure, RequestSlot(1), payload);
    let payloads = std::iter::from_fn(|| manager.poll_event())
        .filter(|(_, event)| matches!(event, Event::Payload(_)));
    assert_eq!(payloads.count(), 1);
}

#[test]
fn a_gap_that_is_filled_late_holds_nothing_back() {
    let mut server = Server::open();
    let second = server.payload(2, "b");
    server.seconds(50);
    assert!(server.is_waiting(second));
    let first = server.payload(1, "a");
    assert_eq!(server.told(), ["a", "b"], "J11");
    assert_eq!(server.taken(first), EMPTY);
    server.seconds(10);
    assert_eq!(
        server.taken(second),
        EMPTY,
        "J3: sixty seconds from its arrival"
    );
}
