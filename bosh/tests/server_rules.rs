//! Rules for the connection manager that show only in the whole of a session.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use bosh::session::{Channel, Event, Manager, RequestSlot, ServerConfig};
use bytes::Bytes;
use common::NS;

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
