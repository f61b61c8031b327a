//! When a manager of many sessions wakes up, and which session an id means.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use bosh::session::{CloseReason, Error, ServerConfig};
use bytes::Bytes;
use common::{EMPTY, Server};

/// A session whose creation was answered at second 0, and in which nothing waits.
fn open(inactivity: Duration) -> Server {
    let config = ServerConfig::default()
        .with_inactivity(Some(inactivity))
        .with_creation_grace(Duration::from_secs(100));
    Server::open_with(config, "wait='60' hold='1' ver='1.6'")
}

/// The times up to `end` at which the manager is woken up.
fn wakes(server: &mut Server, end: Duration) -> Vec<Duration> {
    let mut wakes = Vec::new();
    while let Some(time) = server.manager.poll_timeout().filter(|&time| time <= end) {
        wakes.push(time);
        server.pass(time.saturating_sub(server.now));
    }
    wakes
}

fn seconds(times: &[u64]) -> Vec<Duration> {
    times.iter().copied().map(Duration::from_secs).collect()
}

#[test]
fn a_deadline_that_was_put_off_is_looked_at_when_nothing_is_due() {
    let mut server = open(Duration::from_secs(16));
    let slot = server.empty(1);
    let before = Duration::from_secs(59);
    assert_eq!(wakes(&mut server, before), seconds(&[16, 32, 48]));
    assert!(server.is_waiting(slot) && server.events.is_empty());
    let end = Duration::from_secs(60);
    assert_eq!(wakes(&mut server, end), seconds(&[60]));
    assert_eq!(server.taken(slot), EMPTY);
}

#[test]
fn a_deadline_is_looked_at_four_times_at_most() {
    for inactivity in 1..=90 {
        let mut server = open(Duration::from_secs(inactivity));
        let slot = server.empty(1);
        let wakes = wakes(&mut server, Duration::from_millis(59_999));
        assert!(wakes.len() <= 4, "{wakes:?}");
        assert!(server.is_waiting(slot));
        server.pass(Duration::from_secs(60) - server.now);
        assert_eq!(server.taken(slot), EMPTY, "{inactivity} s");
    }
}

#[test]
fn an_answer_that_begins_a_short_silence_brings_the_time_forward() {
    let mut server = open(Duration::from_secs(5));
    let slot = server.empty(1);
    assert_eq!(wakes(&mut server, Duration::from_secs(20)), seconds(&[5]));
    assert_eq!(server.manager.poll_timeout(), Some(Duration::from_secs(60)));
    server.now = Duration::from_secs(20);
    server.send("<a xmlns='urn:p'/>");
    assert!(!server.is_waiting(slot));
    let end = Duration::from_secs(25);
    assert_eq!(server.manager.poll_timeout(), Some(end));
    server.pass(end - server.now);
    assert_eq!(server.reason(), Some(CloseReason::Inactive));
}

#[test]
fn a_pause_that_is_shorter_than_inactivity_ends_on_time() {
    let mut server = open(Duration::from_secs(16));
    let first = server.empty(1);
    server.seconds(20);
    let pause = server.request(2, "pause='3'/>");
    assert!(!server.is_waiting(first) && !server.is_waiting(pause));
    server.pass(Duration::from_millis(2_999));
    assert_eq!(server.reason(), None);
    server.pass(Duration::from_millis(1));
    assert_eq!(server.reason(), Some(CloseReason::Inactive));
}

/// Where silence ends at once, there is no time at which to look before a deadline.
#[test]
fn without_inactivity_a_deadline_that_is_near_is_waited_for() {
    for rest in 1..=5 {
        let mut server = open(Duration::ZERO);
        let slot = server.empty(1);
        let end = Duration::from_secs(60);
        server.now = end - Duration::from_nanos(rest);
        server.manager.handle_timeout(server.now);
        server.drain();
        assert!(server.is_waiting(slot));
        assert_eq!(server.manager.poll_timeout(), Some(end));
        server.pass(end - server.now);
        assert_eq!(server.taken(slot), EMPTY);
    }
}

#[test]
fn an_id_of_a_session_that_is_over_means_no_later_one() {
    let mut server = Server::open();
    let stale = server.id();
    server.request(1, "type='terminate'/>");
    assert!(server.manager.is_empty());
    server.create("wait='60' hold='1' ver='1.6'");
    let payload = Bytes::from_static(b"<a xmlns='urn:p'/>");
    let sent = server.manager.send(server.now, stale, payload);
    assert!(matches!(sent, Err(Error::NoSession)), "{sent:?}");
    let declared = server.manager.set_authenticated(stale);
    assert!(matches!(declared, Err(Error::NoSession)), "{declared:?}");
    assert!(server.manager.session(stale).is_none());
    let living = server.id();
    assert!(server.manager.session(living).is_some());
}
