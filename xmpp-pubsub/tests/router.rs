//! Who is online, and where stanzas go.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use wire_xml::{Limits, Scope};
use xmpp_pubsub::session::{Conflict, Router, RouterConfig, RouterEvent, SessionKey, Traffic};
use xmpp_pubsub::stanza::{Condition, Stanza};
use xmpp_pubsub::{Jid, ns};

const NOW: Duration = Duration::from_secs(100);

fn jid(text: &str) -> Jid {
    Jid::new(text).unwrap()
}

fn stanza(text: &str) -> Stanza {
    let scope = Scope::new().with("", ns::CLIENT);
    Stanza::decode(text.as_bytes(), &scope, &Limits::default()).unwrap()
}

struct Bench {
    router: Router,
}

impl Bench {
    fn new() -> Self {
        Self::with(|config| config)
    }

    fn with(change: impl FnOnce(RouterConfig) -> RouterConfig) -> Self {
        let config = RouterConfig::new(jid("localhost"), 1)
            .with_component(jid("pubsub.localhost"))
            .with_beacon(jid("finesse@localhost"));
        Self {
            router: Router::new(change(config)),
        }
    }

    fn bind(&mut self, key: u64, user: &str, resource: &str) {
        self.router
            .bind(NOW, SessionKey(key), &jid(user), Some(resource))
            .unwrap();
    }

    /// What a stanza of this session leads to: `key: stanza` a line.
    fn send(&mut self, key: u64, text: &str) -> Vec<String> {
        self.router
            .handle_stanza(NOW, SessionKey(key), stanza(text));
        self.sent()
    }

    fn sent(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(transmit) = self.router.poll_transmit() {
            let text = String::from_utf8(transmit.stanza.to_bytes().to_vec()).unwrap();
            let text = text.replace(" xmlns=\"jabber:client\"", "");
            lines.push(format!("{}: {text}", transmit.session.0));
        }
        lines
    }

    fn events(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.router.poll_event())
            .map(|event| format!("{event:?}"))
            .collect()
    }
}

#[test]
fn xc_sz_10_a_full_address_is_that_session_only() {
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost", "x");
    bench.bind(2, "b@localhost", "y");
    bench.bind(3, "b@localhost", "z");
    assert_eq!(
        bench.send(1, "<message to='b@localhost/z' type='headline'/>"),
        ["3: <message from=\"a@localhost/x\" to=\"b@localhost/z\" type=\"headline\"/>"]
    );
    // Not there: a request is answered, a headline dropped.
    let answer = bench.send(
        1,
        "<iq to='b@localhost/q' type='get' id='1'><q xmlns='urn:q'/></iq>",
    );
    assert!(answer[0].starts_with(
        "1: <iq from=\"b@localhost/q\" to=\"a@localhost/x\" id=\"1\" type=\"error\">"
    ));
    assert!(answer[0].contains("<service-unavailable "));
    assert!(
        bench
            .send(1, "<message to='b@localhost/q' type='headline'/>")
            .is_empty()
    );
}

#[test]
fn xc_sz_11_a_bare_address_is_every_available_session() {
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost", "x");
    for (key, resource) in [(2, "y"), (3, "z"), (4, "w")] {
        bench.bind(key, "b@localhost", resource);
    }
    bench.send(2, "<presence/>");
    bench.send(3, "<presence><priority>-1</priority></presence>");
    let sent = bench.send(1, "<message to='b@localhost'/>");
    assert_eq!(
        sent,
        ["2: <message from=\"a@localhost/x\" to=\"b@localhost\"/>"]
    );
    bench.send(4, "<presence/>");
    assert_eq!(bench.send(1, "<message to='b@localhost'/>").len(), 2);
    // Nobody there: the sender of a chat is told, a headline is dropped.
    assert!(
        bench.send(1, "<message to='c@localhost' type='chat'/>")[0].contains("service-unavailable")
    );
    assert!(
        bench
            .send(1, "<message to='c@localhost' type='headline'/>")
            .is_empty()
    );
}

#[test]
fn an_event_for_a_session_that_is_gone_is_for_nobody_else() {
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost", "x");
    bench.send(1, "<presence/>");
    let event = "<message from='pubsub.localhost' to='a@localhost/gone'>\
        <event xmlns='http://jabber.org/protocol/pubsub#event'><purge node='n'/></event></message>";
    bench.router.deliver(stanza(event));
    assert!(bench.sent().is_empty());
    bench.router.deliver(stanza(&event.replace("/gone", "")));
    assert_eq!(bench.sent().len(), 1);
}

/// XEP-0206 §7.
#[test]
fn the_sender_of_what_a_dead_client_did_not_get_is_told() {
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost", "x");
    let mut told = |text: &str| {
        let text = text.replace(" to=", " from='a@localhost/x' to=");
        bench.router.handle_undelivered(&stanza(&text));
        bench.sent()
    };
    let message =
        told("<message to='b@localhost/gone' type='chat' id='m'><body>x</body></message>");
    assert!(message[0].starts_with("1: <message from=\"b@localhost/gone\" to=\"a@localhost/x\""));
    assert!(
        message[0].contains("<recipient-unavailable "),
        "{message:?}"
    );
    let iq = told("<iq to='b@localhost/gone' type='get' id='i'><q xmlns='urn:q'/></iq>");
    assert!(iq[0].contains("<service-unavailable "), "{iq:?}");
    for silent in [
        "<presence to='b@localhost/gone'/>",
        "<message to='b@localhost/gone' type='headline'/>",
        "<message to='b@localhost/gone' type='error'/>",
        "<iq to='b@localhost/gone' type='result' id='r'/>",
    ] {
        assert!(told(silent).is_empty(), "{silent}");
    }
}

#[test]
fn what_the_domain_answers() {
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost", "x");
    let cases = [
        // Ids are echoed exactly.
        (
            "<iq to='localhost' type='get' id='c2s/+='><ping xmlns='urn:xmpp:ping'/></iq>",
            "<iq from=\"localhost\" to=\"a@localhost/x\" id=\"c2s/+=\" type=\"result\"/>",
        ),
        (
            "<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>",
            "<iq to=\"a@localhost/x\" id=\"1\" type=\"result\"><query xmlns=\"jabber:iq:roster\"/></iq>",
        ),
        (
            "<iq to='localhost' type='set' id='1'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>",
            "<iq from=\"localhost\" to=\"a@localhost/x\" id=\"1\" type=\"result\"/>",
        ),
        (
            "<iq to='localhost' type='get' id='1'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>",
            "<item jid=\"pubsub.localhost\"/>",
        ),
        (
            "<iq to='localhost' type='get' id='1'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
            "<identity category=\"server\" type=\"im\"/>",
        ),
        (
            "<iq to='a@localhost' type='get' id='1'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
            "<identity category=\"account\" type=\"registered\"/>",
        ),
        (
            "<iq to='localhost' type='get' id='1'><q xmlns='urn:q'/></iq>",
            "<service-unavailable ",
        ),
        (
            "<iq to='b@localhost' type='get' id='1'><q xmlns='urn:q'/></iq>",
            "<service-unavailable ",
        ),
        (
            "<iq to='x@elsewhere' type='get' id='1'><q xmlns='urn:q'/></iq>",
            "<remote-server-not-found ",
        ),
    ];
    for (request, expected) in cases {
        let answer = bench.send(1, request);
        assert_eq!(answer.len(), 1, "{request}");
        assert!(answer[0].contains(expected), "{request}: {}", answer[0]);
    }
    assert!(
        bench
            .send(1, "<iq to='localhost' type='result' id='1'/>")
            .is_empty(),
        "XC-SZ-05"
    );
}

#[test]
fn a_component_gets_its_stanzas_with_the_senders_full_address() {
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost", "x");
    bench.send(
        1,
        "<iq to='pubsub.localhost' from='a@localhost' type='get' id='1'><q xmlns='urn:q'/></iq>",
    );
    let Some(RouterEvent::Component { component, stanza }) = bench.router.poll_event() else {
        panic!();
    };
    assert_eq!(component, jid("pubsub.localhost"));
    assert_eq!(stanza.sender(), Some(&jid("a@localhost/x")));
}

#[test]
fn xc_bi_02_conflict_rules() {
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost", "desktop");
    bench.send(1, "<presence/>");
    bench.events();
    bench.bind(2, "a@localhost", "desktop");
    let events = bench.events();
    assert!(
        events
            .iter()
            .any(|event| event.starts_with("Replaced { session: SessionKey(1)")),
        "{events:?}"
    );
    assert_eq!(bench.router.jid(SessionKey(1)), None);
    assert_eq!(
        bench.router.jid(SessionKey(2)),
        Some(&jid("a@localhost/desktop"))
    );
    // The one that was replaced ends later: nothing happens to its successor.
    bench.router.unbind(NOW, SessionKey(1));
    assert_eq!(bench.router.len(), 1);

    let mut bench = Bench::with(|config| config.with_conflict(Conflict::Refuse));
    bench.bind(1, "a@localhost", "desktop");
    let error = bench
        .router
        .bind(NOW, SessionKey(2), &jid("a@localhost"), Some("desktop"))
        .unwrap_err();
    assert_eq!(error.condition, Condition::CONFLICT);

    let mut bench = Bench::with(|config| config.with_conflict(Conflict::Rename));
    bench.bind(1, "a@localhost", "desktop");
    let other = bench
        .router
        .bind(NOW, SessionKey(2), &jid("a@localhost"), Some("desktop"))
        .unwrap();
    assert_ne!(other.resource(), Some("desktop"));
    // XC-BI-01: without a resource the server makes one.
    let made = bench
        .router
        .bind(NOW, SessionKey(3), &jid("a@localhost"), None)
        .unwrap();
    assert_eq!(made.resource().map(str::len), Some(16));
}

#[test]
fn a_user_has_so_many_sessions_and_no_more() {
    let mut bench = Bench::new();
    for key in 0..10 {
        bench.bind(key, "a@localhost", &format!("r{key}"));
    }
    let error = bench
        .router
        .bind(NOW, SessionKey(10), &jid("a@localhost"), Some("r"))
        .unwrap_err();
    assert_eq!(error.condition, Condition::RESOURCE_CONSTRAINT);
    assert!(
        bench
            .router
            .bind(NOW, SessionKey(11), &jid("b@localhost"), Some("r"))
            .is_ok()
    );
}

#[test]
fn xc_pr_02_the_forced_logout_clock_starts_when_the_last_session_is_gone() {
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost", "x");
    bench.bind(2, "a@localhost", "y");
    assert!(bench.events().is_empty(), "connected is not available");
    bench.send(1, "<presence/>");
    bench.send(2, "<presence/>");
    bench.send(1, "<presence><show>away</show></presence>");
    let events = bench.events();
    assert_eq!(
        events,
        [
            "Reachable { jid: \"a@localhost/x\", reachable: true }",
            "UserAvailable { user: \"a@localhost\" }",
            "Reachable { jid: \"a@localhost/y\", reachable: true }",
        ]
    );
    assert!(bench.router.is_available(&jid("a@localhost")));
    bench.router.unbind(NOW, SessionKey(1));
    assert_eq!(
        bench.events(),
        ["Reachable { jid: \"a@localhost/x\", reachable: false }"]
    );
    bench.send(2, "<presence type='unavailable'/>");
    assert_eq!(
        bench.events(),
        [
            "Reachable { jid: \"a@localhost/y\", reachable: false }",
            "UserUnavailable { user: \"a@localhost\", since: 100s }",
        ]
    );
    bench.router.unbind(NOW, SessionKey(2));
    assert!(bench.events().is_empty(), "once is enough");
    assert!(bench.router.is_empty());
}

#[test]
fn everybody_sees_the_beacon_and_the_beacon_sees_everybody() {
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost", "x");
    assert_eq!(
        bench.send(1, "<presence/>"),
        ["1: <presence from=\"a@localhost/x\" to=\"a@localhost/x\"/>"],
        "a session sees itself, RFC 6121 §4.2.2"
    );
    bench.bind(9, "finesse@localhost", "web");
    let sent = bench.send(9, "<presence/>");
    assert_eq!(
        sent,
        [
            "1: <presence from=\"finesse@localhost/web\" to=\"a@localhost/x\"/>",
            "9: <presence from=\"finesse@localhost/web\" to=\"finesse@localhost/web\"/>",
            "9: <presence from=\"a@localhost/x\" to=\"finesse@localhost/web\"/>",
        ]
    );
    bench.bind(2, "b@localhost", "y");
    let sent = bench.send(2, "<presence/>");
    assert!(sent.contains(
        &"9: <presence from=\"b@localhost/y\" to=\"finesse@localhost/web\"/>".to_owned()
    ));
    assert!(sent.contains(
        &"2: <presence from=\"finesse@localhost/web\" to=\"b@localhost/y\"/>".to_owned()
    ));
    assert!(
        !sent.iter().any(|line| line.contains("a@localhost")),
        "others are not seen"
    );
    bench.router.unbind(NOW, SessionKey(9));
    let sent = bench.sent();
    assert!(sent.contains(
        &"1: <presence from=\"finesse@localhost/web\" to=\"a@localhost/x\" type=\"unavailable\"/>".to_owned()
    ));
    assert_eq!(sent.len(), 2);
}

#[test]
fn a_presence_that_changes_nothing_is_told_to_nobody_else() {
    let mut bench = Bench::new();
    for (key, user) in [
        (1, "a@localhost"),
        (2, "a@localhost"),
        (9, "finesse@localhost"),
    ] {
        bench.bind(key, user, &format!("r{key}"));
        bench.send(key, "<presence/>");
    }
    bench.events();
    assert_eq!(
        bench.send(1, "<presence/>"),
        ["1: <presence from=\"a@localhost/r1\" to=\"a@localhost/r1\"/>"]
    );
    assert_eq!(
        bench.send(9, "<presence/>"),
        ["9: <presence from=\"finesse@localhost/r9\" to=\"finesse@localhost/r9\"/>"]
    );
    assert!(bench.events().is_empty());
    let away = "<presence><show>away</show></presence>";
    assert_eq!(bench.send(1, away).len(), 3, "both sessions and the beacon");
    assert_eq!(bench.send(1, away).len(), 1);
}

#[test]
fn xc_pr_02_directed_presence_is_taken_back() {
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost", "x");
    bench.bind(2, "b@localhost", "y");
    assert_eq!(bench.send(1, "<presence to='b@localhost/y'/>").len(), 1);
    bench.router.unbind(NOW, SessionKey(1));
    assert_eq!(
        bench.sent(),
        ["2: <presence from=\"a@localhost/x\" to=\"b@localhost/y\" type=\"unavailable\"/>"]
    );
    // XC-PR-05: a request to see presence is refused, not left open.
    let sent = bench.send(2, "<presence to='a@localhost' type='subscribe'/>");
    assert_eq!(
        sent,
        ["2: <presence from=\"a@localhost\" to=\"b@localhost/y\" type=\"unsubscribed\"/>"]
    );
}

#[test]
fn users_of_a_notification_service_cannot_reach_each_other() {
    let mut bench = Bench::with(|config| config.with_traffic(Traffic::ServicesOnly));
    for (key, user) in [
        (1, "a@localhost"),
        (2, "a@localhost"),
        (3, "b@localhost"),
        (9, "finesse@localhost"),
    ] {
        bench.bind(key, user, &format!("r{key}"));
        bench.send(key, "<presence/>");
    }
    assert!(
        bench
            .send(1, "<message to='b@localhost' type='headline'/>")
            .is_empty()
    );
    assert!(
        bench.send(1, "<message to='b@localhost/r3'/>")[0]
            .starts_with("1: <message from=\"b@localhost/r3\"")
    );
    assert!(bench.send(1, "<presence to='b@localhost/r3'/>").is_empty());
    assert_eq!(bench.send(1, "<message to='a@localhost/r2'/>").len(), 1);
    assert_eq!(bench.send(9, "<message to='b@localhost/r3'/>").len(), 1);
}
