//! XEP-0124 §10 to §13 and §15, XEP-0206 §5: pause, overactivity, polling, end, keys, restart.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use bosh::session::{CloseReason, Event, Farewell, PauseAboveMaximum, ServerConfig};
use bosh::{Condition, KeySequence};
use common::{EMPTY, FIRST, NS, Server, terminate, wrapped};

const NORMAL: &str = "wait='60' hold='1' ver='1.6'";

#[test]
fn bosh_10_09_and_12_a_pause_answers_everything_and_lasts_once() {
    let mut server = Server::open();
    let held = server.empty(1);
    let pause = server.request(2, "pause='100'/>");
    assert_eq!(
        (server.taken(held), server.taken(pause)),
        (EMPTY.into(), EMPTY.into()),
        "BOSH-10-09"
    );
    server.seconds(99);
    assert_eq!(server.manager.len(), 1, "BOSH-10-09");
    server.empty(3);
    server.seconds(60);
    server.seconds(29);
    assert_eq!(server.manager.len(), 1);
    server.seconds(1);
    assert_eq!(server.reason(), Some(CloseReason::Inactive), "BOSH-10-12");
}

#[test]
fn a_request_that_is_repeated_does_not_end_a_pause() {
    let mut server = Server::open();
    server.payload(1, "a");
    server.send("<b xmlns='urn:b'/>");
    server.request(2, "pause='100'/>");
    server.seconds(10);
    let again = server.payload(1, "a");
    assert_eq!(server.taken(again), wrapped("<b xmlns='urn:b'/>"));
    server.seconds(89);
    assert_eq!(server.manager.len(), 1, "BOSH-10-09");
    server.seconds(1);
    assert_eq!(server.reason(), Some(CloseReason::Inactive));
}

#[test]
fn bosh_10_10_the_answer_to_a_pause_has_no_payloads() {
    let mut server = Server::open();
    server.send("<a xmlns='urn:a'/>");
    let pause = server.request(1, "pause='10'/>");
    assert_eq!(server.taken(pause), EMPTY, "BOSH-10-10");
    let next = server.empty(2);
    assert_eq!(
        server.taken(next),
        wrapped("<a xmlns='urn:a'/>"),
        "BOSH-10-10: they come later"
    );
}

#[test]
fn bosh_10_11_a_short_pause_shortens_the_silence() {
    for pause in [5, 30] {
        let mut server = Server::open();
        let held = server.empty(1);
        let slot = server.request(2, &format!("pause='{pause}'/>"));
        assert_eq!(
            [server.taken(held), server.taken(slot)],
            [EMPTY, EMPTY],
            "BOSH-10-11: it flushes"
        );
        server.seconds(pause - 1);
        assert_eq!(server.manager.len(), 1, "BOSH-10-11 {pause}");
        server.seconds(1);
        assert_eq!(server.reason(), Some(CloseReason::Inactive), "BOSH-10-11");
    }
}

#[test]
fn a_pause_above_the_maximum_ends_the_session_or_is_shortened() {
    let mut server = Server::open();
    let pause = server.request(1, "pause='121'/>");
    assert_eq!(
        server.taken(pause),
        terminate("policy-violation"),
        "BOSH-10-13, J4"
    );
    let maximum = Some(Duration::from_secs(40));
    let config = ServerConfig::default().with_max_pause(maximum, PauseAboveMaximum::Shorten);
    let mut server = Server::open_with(config, NORMAL);
    let pause = server.request(1, "pause='121'/>");
    assert_eq!(server.taken(pause), EMPTY, "J4");
    server.seconds(40);
    assert_eq!(server.reason(), Some(CloseReason::Inactive), "J4");
}

#[test]
fn bosh_14_3_01_an_error_is_not_kept() {
    let mut server = Server::open();
    let old = server.empty(1);
    server.empty(1);
    assert_eq!(
        server.taken(old),
        format!("<body xmlns=\"{NS}\" type=\"error\"/>")
    );
    server.seconds(60);
    let again = server.empty(1);
    assert_eq!(
        server.taken(again),
        EMPTY,
        "BOSH-14.3-01: the answer is repeated, not the error"
    );
}

#[test]
fn bosh_11_03_more_open_requests_than_agreed_end_the_session() {
    let mut server = Server::open();
    let held = server.empty(1);
    let early = server.payload(3, "c");
    let filler = server.payload(2, "b");
    assert_eq!(
        server.taken(filler),
        terminate("policy-violation"),
        "BOSH-11-03, BOSH-17.2-10"
    );
    assert_eq!(
        server.taken(held),
        terminate("other-request"),
        "BOSH-17.2-09"
    );
    assert_eq!(server.taken(early), terminate("other-request"));
}

#[test]
fn bosh_11_02_one_more_may_pause_or_terminate() {
    let end = format!("<body xmlns=\"{NS}\" type=\"terminate\"/>");
    for (last, told) in [
        ("pause='10'/>", [EMPTY, EMPTY]),
        ("type='terminate'/>", [&end, EMPTY]),
    ] {
        let mut server = Server::open();
        let held = server.empty(1);
        server.payload(3, "c");
        let filler = server.request(2, last);
        assert_eq!(
            [server.taken(held), server.taken(filler)],
            told,
            "BOSH-11-02 {last}"
        );
    }
}

#[test]
fn bosh_11_03_repeats_do_not_count() {
    let mut server = Server::open();
    for _ in 0..5 {
        server.payload(1, "a");
    }
    assert_eq!(server.reason(), None, "BOSH-11-03");
}

#[test]
fn bosh_11_05_empty_requests_in_quick_succession_end_the_session() {
    let mut server = Server::open();
    server.empty(1);
    server.pass(Duration::from_millis(1999));
    let second = server.empty(2);
    assert_eq!(
        server.taken(second),
        terminate("policy-violation"),
        "BOSH-11-05"
    );
    let mut server = Server::open();
    server.empty(1);
    server.seconds(2);
    server.empty(2);
    assert_eq!(
        server.reason(),
        None,
        "BOSH-11-05: the polling time has passed"
    );
    let mut server = Server::open();
    server.empty(1);
    server.payload(2, "a");
    assert_eq!(server.reason(), None, "BOSH-11-05: it has a payload");
    let mut server = Server::open_with(ServerConfig::default().with_polling(None), NORMAL);
    server.empty(1);
    server.empty(2);
    assert_eq!(server.reason(), None, "BOSH-11-06");
}

#[test]
fn requests_that_overtake_each_other_are_not_overactive() {
    // The client asked, then had something to say; the second came first.
    let mut server = Server::open();
    server.payload(2, "a");
    server.empty(1);
    assert_eq!(
        server.told(),
        ["a"],
        "BOSH-11-05: the last in order has a payload"
    );
    // And the other way round: the pace of what overtook is not known.
    let mut server = Server::open();
    server.empty(2);
    server.payload(1, "a");
    assert_eq!(server.told(), ["a"], "BOSH-11-05");
}

#[test]
fn bosh_12_06_and_04_a_polling_session_is_answered_at_once_and_has_a_pace() {
    for attributes in [
        "wait='0' hold='1' ver='1.6'",
        "wait='60' hold='0' ver='1.6'",
    ] {
        let mut server = Server::open_with(ServerConfig::default(), attributes);
        let first = server.empty(1);
        assert_eq!(server.taken(first), EMPTY, "BOSH-12-06");
        server.pass(Duration::from_millis(500));
        let payload = server.payload(2, "a");
        assert_eq!(
            server.taken(payload),
            EMPTY,
            "BOSH-12-04: payloads may be sent at any time"
        );
        server.pass(Duration::from_millis(500));
        let third = server.empty(3);
        assert_eq!(
            server.taken(third),
            EMPTY,
            "BOSH-12-04: the one before was not empty"
        );
        server.pass(Duration::from_millis(500));
        let fourth = server.empty(4);
        assert_eq!(
            server.taken(fourth),
            terminate("policy-violation"),
            "BOSH-12-04"
        );
    }
    let config = ServerConfig::default().with_polling(None);
    let mut server = Server::open_with(config, "wait='0' hold='0' ver='1.6'");
    for rid in 1..=5 {
        let slot = server.empty(rid);
        assert_eq!(server.taken(slot), EMPTY, "BOSH-12-05");
    }
    let mut server = Server::open_with(ServerConfig::default(), "wait='0' hold='0' ver='1.6'");
    server.send("<a xmlns='urn:a'/>");
    server.empty(1);
    let second = server.empty(2);
    assert_eq!(
        server.taken(second),
        EMPTY,
        "BOSH-12-04: the first was answered with payloads"
    );
}

#[test]
fn bosh_13_02_and_04_terminate_forwards_its_payloads_and_ends_all() {
    let mut server = Server::open();
    let last = server.request(1, "type='terminate'><p xmlns='urn:p'/></body>");
    assert_eq!(
        server.taken(last),
        format!("<body xmlns=\"{NS}\" type=\"terminate\"/>"),
        "BOSH-13-04, J5"
    );
    assert_eq!(server.told(), ["p", "Peer(None)"], "BOSH-13-02");
    let late = server.empty(2);
    assert_eq!(
        server.taken(late),
        terminate("item-not-found"),
        "BOSH-13-06"
    );

    let mut server = Server::open();
    let held = server.empty(1);
    let last = server.request(2, "type='terminate'/>");
    assert_eq!(
        server.taken(held),
        format!("<body xmlns=\"{NS}\" type=\"terminate\"/>"),
        "BOSH-13-04"
    );
    assert_eq!(server.taken(last), EMPTY, "BOSH-13-04, J5");
}

#[test]
fn what_is_queued_leaves_with_the_end() {
    let mut server = Server::open();
    server.send("<a xmlns='urn:a'/>");
    let last = server.request(1, "type='terminate' condition='host-gone'/>");
    assert_eq!(
        server.taken(last),
        format!("<body xmlns=\"{NS}\" type=\"terminate\"><a xmlns='urn:a'/></body>")
    );
    assert_eq!(
        server.reason(),
        Some(CloseReason::Peer(Some(Condition::HostGone))),
        "BOSH-17.2-17"
    );
}

#[test]
fn a_farewell_waits_for_a_request_that_can_carry_it() {
    let mut server = Server::open();
    let now = server.now;
    server.send("<a xmlns='urn:a'/>");
    let id = server.id();
    server
        .manager
        .close(
            now,
            id,
            Farewell::condition(Condition::RemoteConnectionFailed),
        )
        .unwrap();
    server.drain();
    assert_eq!(server.reason(), None);
    assert!(server.manager.send(now, id, "<b/>".into()).is_err());
    assert!(server.manager.close(now, id, Farewell::plain()).is_err());
    let next = server.empty(1);
    assert_eq!(
        server.taken(next),
        format!(
            "<body xmlns=\"{NS}\" type=\"terminate\" condition=\"remote-connection-failed\"><a xmlns='urn:a'/></body>"
        ),
        "BOSH-17.2-11"
    );
    let reason = CloseReason::Local(Some(Condition::RemoteConnectionFailed));
    assert_eq!(server.reason(), Some(reason));

    let mut server = Server::open();
    server
        .manager
        .close(server.now, server.id(), Farewell::plain())
        .unwrap();
    server.seconds(30);
    assert_eq!(
        server.reason(),
        Some(CloseReason::Local(None)),
        "nobody came for it"
    );
    assert!(server.manager.is_empty());
}

#[test]
fn a_farewell_does_not_wait_for_ever_for_a_client_that_may_be_silent() {
    for broken in [false, true] {
        let mut server = Server::open_with(ServerConfig::default().with_inactivity(None), NORMAL);
        if broken {
            let slot = server.empty(1);
            server.disconnect(slot);
        }
        server.seconds(3600);
        assert_eq!(server.reason(), None, "BOSH-10-05");
        server
            .manager
            .close(server.now, server.id(), Farewell::plain())
            .unwrap();
        server.seconds(60);
        assert_eq!(server.reason(), Some(CloseReason::Local(None)));
        assert!(server.manager.is_empty());
    }
}

#[test]
fn a_farewell_does_not_wait_for_a_connection_that_is_gone() {
    let mut server = Server::open();
    let broken = server.empty(1);
    server.disconnect(broken);
    server
        .manager
        .close(server.now, server.id(), Farewell::plain())
        .unwrap();
    let again = server.empty(1);
    assert_eq!(
        server.taken(again),
        format!("<body xmlns=\"{NS}\" type=\"terminate\"/>")
    );
}

#[test]
fn xbosh_5_07_a_restart_is_told_and_its_stanzas_are_ignored() {
    let mut server = Server::open();
    let slot = server.request(
        1,
        "to='localhost' from='a@localhost' xml:lang='en' x:restart='1' xmlns:x='urn:xmpp:xbosh'><iq/></body>",
    );
    assert_eq!(server.told(), ["restart"], "XBOSH-5-04");
    let Event::Restart(restart) = &server.events[0].1 else {
        panic!("no restart")
    };
    assert_eq!(restart.to.as_deref(), Some("localhost"));
    assert_eq!(restart.from.as_deref(), Some("a@localhost"), "XBOSH-5-05");
    server.send("<stream:features/>");
    assert_eq!(
        server.taken(slot),
        format!(
            "<body xmlns=\"{NS}\" xmlns:stream=\"http://etherx.jabber.org/streams\"><stream:features/></body>"
        ),
        "XBOSH-5-07"
    );
}

#[test]
fn bosh_15_4_03_keys_are_checked_in_the_order_of_request_ids() {
    let mut keys = KeySequence::new("seed", 5);
    let attributes = format!("{NORMAL} newkey='{}'", keys.take().unwrap());
    let mut server = Server::open_with(ServerConfig::default(), &attributes);
    let [first, second] = [keys.take().unwrap(), keys.take().unwrap()];
    server.request(2, &format!("key='{second}'><b xmlns=''/></body>"));
    server.request(1, &format!("key='{first}'><a xmlns=''/></body>"));
    assert_eq!(server.told(), ["a", "b"], "BOSH-15.4-03");
    let again = server.request(1, &format!("key='{first}'><a xmlns=''/></body>"));
    assert_eq!(server.taken(again), EMPTY, "BOSH-15.5-03");
    let wrong = server.request(
        3,
        "key='0000000000000000000000000000000000000000'><c xmlns=''/></body>",
    );
    assert_eq!(
        server.taken(wrong),
        terminate("item-not-found"),
        "BOSH-15.4-04"
    );
    assert_eq!(
        server.told(),
        ["a", "b", "Violation(ItemNotFound)"],
        "BOSH-15.4-04"
    );
}

#[test]
fn a_copy_without_the_key_is_no_copy() {
    let mut keys = KeySequence::new("seed", 5);
    let attributes = format!("{NORMAL} newkey='{}'", keys.take().unwrap());
    let mut server = Server::open_with(ServerConfig::default(), &attributes);
    let first = keys.take().unwrap();
    server.request(1, &format!("key='{first}'/>"));
    server.send("<secret xmlns='urn:s'/>");
    let stolen = server.empty(1);
    assert_eq!(
        server.taken(stolen),
        terminate("item-not-found"),
        "BOSH-15.4-04"
    );
}

#[test]
fn a_copy_of_a_waiting_request_needs_its_key_too() {
    let mut keys = KeySequence::new("seed", 5);
    let attributes = format!("{NORMAL} newkey='{}'", keys.take().unwrap());
    let mut server = Server::open_with(ServerConfig::default(), &attributes);
    let held = server.request(1, &format!("key='{}'/>", keys.take().unwrap()));
    let thief = server.empty(1);
    assert_eq!(
        server.taken(thief),
        terminate("item-not-found"),
        "BOSH-15.4-04"
    );
    assert_eq!(server.taken(held), terminate("other-request"));
}

#[test]
fn a_creation_request_in_a_session_is_a_normal_request() {
    let mut server = Server::open();
    let slot = server.request(1, "to='localhost' wait='5' hold='0' ver='1.6' stream='x'/>");
    server.seconds(59);
    assert!(server.is_waiting(slot), "J9, BOSH-16.3-03");
    assert_eq!(server.manager.len(), 1);
}

#[test]
fn a_creation_request_repeated_makes_a_session_of_its_own() {
    let mut server = Server::new(ServerConfig::default());
    let create = format!("<body xmlns='{NS}' rid='{FIRST}' to='a' ver='1.6'/>");
    let first = server.post(&create);
    let second = server.post(&create);
    server.seconds(1);
    assert!(
        server.taken(first).contains("sid-1") && server.taken(second).contains("sid-2"),
        "J12"
    );
    server.seconds(30);
    assert!(server.manager.is_empty(), "J12: both die by inactivity");
}

#[test]
fn a_session_is_not_created_to_be_ended() {
    let mut server = Server::new(ServerConfig::default());
    let slot = server.post(&format!(
        "<body xmlns='{NS}' rid='{FIRST}' type='terminate'/>"
    ));
    assert_eq!(
        server.taken(slot),
        format!("<body xmlns=\"{NS}\" type=\"terminate\"/>")
    );
    assert!(server.manager.is_empty() && server.events.is_empty());
}
