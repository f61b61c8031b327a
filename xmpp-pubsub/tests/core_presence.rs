//! Presence, delivery and resources: RFC 6120 §7 and §10, RFC 6121 §2 to §4 and §8, at the router.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use common::{Pair, client_config, jid, server_config};
use xmpp_pubsub::ns;
use xmpp_pubsub::session::{
    Conflict, Roster, Router, RouterConfig, RouterEvent, ServerEvent, SessionKey,
};
use xmpp_pubsub::stanza::{Condition, PresenceKind, Stanza};
use xmpp_pubsub::stream::Form;
use xmpp_pubsub::xml::{Limits, Scope};

const NOW: Duration = Duration::from_secs(100);

fn stanza(text: &str) -> Stanza {
    let scope = Scope::new().with("", ns::CLIENT);
    Stanza::decode(text.as_bytes(), &scope, &Limits::default()).unwrap()
}

struct Bench(Router);

impl Bench {
    fn new() -> Self {
        Self::with(|config| config)
    }

    fn with(change: impl FnOnce(RouterConfig) -> RouterConfig) -> Self {
        let config = RouterConfig::new(jid("localhost"), 1)
            .with_component(jid("pubsub.localhost"))
            .with_beacon(jid("finesse@localhost"));
        Self(Router::new(change(config)))
    }

    fn bind(&mut self, key: u64, full: &str) {
        let full = jid(full);
        let bound = self.0.bind(NOW, SessionKey(key), &full, full.resource());
        assert_eq!(bound.unwrap(), full);
    }

    /// What a stanza of this session leads to: `key: stanza` a line.
    fn send(&mut self, key: u64, text: &str) -> Vec<String> {
        self.0.handle_stanza(NOW, SessionKey(key), stanza(text));
        self.sent()
    }

    fn sent(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.0.poll_transmit())
            .map(|transmit| {
                let text = String::from_utf8(transmit.stanza.to_bytes().to_vec()).unwrap();
                format!(
                    "{}: {}",
                    transmit.session.0,
                    text.replace(" xmlns=\"jabber:client\"", "")
                )
            })
            .collect()
    }

    fn events(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.0.poll_event())
            .map(|event| format!("{event:?}"))
            .collect()
    }

    /// Who gets this from `a@localhost/x`, which is session 1.
    fn receivers(&mut self, text: &str) -> Vec<u64> {
        self.send(1, text)
            .iter()
            .map(|line| line.split(':').next().unwrap().parse().unwrap())
            .collect()
    }
}

#[test]
fn initial_presence_makes_a_session_available() {
    let pair = Pair::new(
        Form::Tcp,
        client_config("1001001@localhost/desktop", "right"),
        server_config(),
    );
    let presence = pair.server_events.iter().find_map(|event| {
        let ServerEvent::Stanza(Stanza::Presence(presence)) = event else {
            return None;
        };
        Some(presence)
    });
    let presence = presence.unwrap();
    assert_eq!(
        (presence.kind, presence.priority, presence.to.is_none()),
        (PresenceKind::Available, 0, true),
        "XC-PR-01"
    );
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost/x");
    bench.bind(2, "b@localhost/y");
    assert_eq!(
        bench.receivers("<message to='b@localhost' type='headline'/>"),
        [],
        "XC-PR-01"
    );
    bench.send(2, "<presence/>");
    assert_eq!(
        bench.receivers("<message to='b@localhost' type='headline'/>"),
        [2],
        "XC-PR-01"
    );
}

#[test]
fn whoever_saw_a_lost_session_is_told() {
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost/x");
    bench.bind(2, "a@localhost/z");
    bench.bind(3, "b@localhost/y");
    for key in [1, 2] {
        bench.send(key, "<presence/>");
    }
    bench.send(1, "<presence to='b@localhost/y'/>");
    bench.send(1, "<presence to='pubsub.localhost'/>");
    bench.events();
    bench.0.unbind(NOW, SessionKey(1));
    assert_eq!(
        bench.sent(),
        [
            "3: <presence from=\"a@localhost/x\" to=\"b@localhost/y\" type=\"unavailable\"/>",
            "2: <presence from=\"a@localhost/x\" to=\"a@localhost/z\" type=\"unavailable\"/>",
        ],
        "XC-PR-02"
    );
    let events = bench.events();
    assert!(
        events[0].starts_with("Component { component: \"pubsub.localhost\"")
            && events[0].contains("kind: Unavailable"),
        "XC-PR-02: {events:?}"
    );
    assert_eq!(
        events[1..],
        ["Reachable { jid: \"a@localhost/x\", reachable: false }"],
        "XC-PR-02: the pubsub service knows"
    );
    bench.0.unbind(NOW, SessionKey(2));
    assert_eq!(
        bench.events(),
        [
            "Reachable { jid: \"a@localhost/z\", reachable: false }",
            "UserUnavailable { user: \"a@localhost\", since: 100s }",
        ],
        "XC-PR-02: the clock of a forced logout starts"
    );
}

#[test]
fn directed_presence_that_could_not_be_taken_back_is_refused() {
    let mut bench = Bench::with(|mut config| {
        config.max_directed = 1;
        config
    });
    bench.bind(1, "a@localhost/x");
    bench.bind(2, "b@localhost/y");
    bench.bind(3, "c@localhost/z");
    assert_eq!(bench.receivers("<presence to='b@localhost/y'/>"), [2]);
    let refused = bench.send(1, "<presence to='c@localhost/z'/>");
    assert_eq!(
        refused,
        [
            "1: <presence from=\"c@localhost/z\" to=\"a@localhost/x\" type=\"error\">\
          <error type=\"wait\">\
          <resource-constraint xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/></error></presence>"
        ],
        "XC-PR-02"
    );
    assert_eq!(
        bench.receivers("<presence to='b@localhost/y'><show>away</show></presence>"),
        [2]
    );
    assert_eq!(
        bench.receivers("<presence to='b@localhost/y' type='unavailable'/>"),
        [2]
    );
    assert_eq!(
        bench.receivers("<presence to='c@localhost/z'/>"),
        [3],
        "there is room again"
    );
}

#[test]
fn priority_and_show() {
    for (text, priority) in [("-128", -128), ("127", 127), (" 5 ", 5), ("+1", 1)] {
        let Stanza::Presence(presence) =
            stanza(&format!("<presence><priority>{text}</priority></presence>"))
        else {
            panic!()
        };
        assert_eq!(presence.priority, priority, "XC-PR-03");
        assert_eq!(presence.is_reachable(), priority >= 0, "XC-PR-03");
    }
    let scope = Scope::new().with("", ns::CLIENT);
    let decode = |text: &str| Stanza::decode(text.as_bytes(), &scope, &Limits::default());
    for bad in ["128", "-129", "", "1.0", "x"] {
        let text = format!("<presence><priority>{bad}</priority></presence>");
        assert!(decode(&text).is_err(), "XC-PR-03: {bad}");
    }
    for show in ["away", "chat", "dnd", "xa"] {
        let Stanza::Presence(presence) =
            stanza(&format!("<presence><show>{show}</show></presence>"))
        else {
            panic!()
        };
        assert_eq!(presence.show.unwrap().as_str(), show, "XC-PR-03");
    }
    assert!(
        decode("<presence><show>busy</show></presence>").is_err(),
        "XC-PR-03"
    );
    // A negative priority gets nothing for the bare address, and hears presence all the same.
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost/x");
    bench.bind(2, "b@localhost/y");
    bench.bind(3, "b@localhost/z");
    bench.send(2, "<presence><priority>-1</priority></presence>");
    bench.send(3, "<presence/>");
    assert_eq!(
        bench.receivers("<message to='b@localhost'/>"),
        [3],
        "XC-PR-03"
    );
    assert_eq!(
        bench.receivers("<message to='b@localhost/y'/>"),
        [2],
        "XC-PR-03: asked for by name"
    );
    assert_eq!(
        bench.receivers("<presence to='b@localhost'/>"),
        [2, 3],
        "XC-PR-03"
    );
}

#[test]
fn a_roster_that_nobody_keeps_is_empty() {
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost/x");
    assert_eq!(
        bench.send(
            1,
            "<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>"
        ),
        [
            "1: <iq to=\"a@localhost/x\" id=\"1\" type=\"result\"><query xmlns=\"jabber:iq:roster\"/></iq>"
        ],
        "XC-PR-04"
    );
    let set = bench.send(
        1,
        "<iq type='set' id='2'><query xmlns='jabber:iq:roster'><item jid='b@localhost'/></query></iq>",
    );
    assert!(set[0].contains("<not-allowed "), "XC-PR-04: {set:?}");
}

#[test]
fn a_roster_of_the_host_is_the_hosts() {
    let mut bench = Bench::with(|config| config.with_roster(Roster::Host));
    bench.bind(1, "a@localhost/x");
    for request in [
        "<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>",
        "<iq to='a@localhost' type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>",
        "<presence to='b@localhost' type='subscribe'/>",
        "<presence to='b@localhost' type='subscribed'/>",
        "<presence to='b@localhost' type='unsubscribe'/>",
        "<presence to='b@localhost' type='unsubscribed'/>",
        "<presence to='b@localhost' type='probe'/>",
    ] {
        assert_eq!(bench.send(1, request), [""; 0], "{request}");
        let Some(RouterEvent::Roster(stanza)) = bench.0.poll_event() else {
            panic!("XC-PR-04, XC-PR-05: {request}")
        };
        assert_eq!(
            stanza.sender(),
            Some(&jid("a@localhost/x")),
            "XC-PR-04, XC-PR-05"
        );
    }
    // The answer of the host.
    bench
        .0
        .deliver(stanza("<iq to='a@localhost/x' type='result' id='1'/>"));
    assert_eq!(
        bench.sent(),
        ["1: <iq to=\"a@localhost/x\" id=\"1\" type=\"result\"/>"]
    );
}

#[test]
fn who_asks_to_see_presence_is_answered() {
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost/x");
    for kind in ["subscribe", "unsubscribe", "probe"] {
        assert_eq!(
            bench.send(1, &format!("<presence to='b@localhost' type='{kind}'/>")),
            ["1: <presence from=\"b@localhost\" to=\"a@localhost/x\" type=\"unsubscribed\"/>"],
            "XC-PR-05: {kind}"
        );
    }
    for kind in ["subscribed", "unsubscribed"] {
        let text = format!("<presence to='b@localhost' type='{kind}'/>");
        assert_eq!(
            bench.send(1, &text),
            [""; 0],
            "XC-PR-05: RFC 6121 §3.1.6 and §3.2.3"
        );
    }
    // Whom one may see: the own account and the beacon.
    let gone =
        "1: <presence from=\"finesse@localhost\" to=\"a@localhost/x\" type=\"unavailable\"/>";
    let probe = "<presence to='finesse@localhost' type='probe'/>";
    assert_eq!(bench.send(1, probe), [gone], "XC-PR-05");
    bench.bind(2, "finesse@localhost/web");
    bench.send(2, "<presence><show>chat</show></presence>");
    assert_eq!(
        bench.send(1, probe),
        [
            "1: <presence from=\"finesse@localhost/web\" to=\"a@localhost/x\"><show>chat</show></presence>"
        ],
        "XC-PR-05"
    );
    assert_eq!(
        bench.send(2, "<presence to='a@localhost/q' type='probe'/>"),
        ["2: <presence from=\"a@localhost\" to=\"finesse@localhost/web\" type=\"unavailable\"/>"],
        "XC-PR-05"
    );
}

#[test]
fn a_resource_that_is_in_use() {
    let ask = |conflict| {
        let mut bench = Bench::with(|config| config.with_conflict(conflict));
        bench.bind(1, "a@localhost/desktop");
        bench.send(1, "<presence/>");
        bench.events();
        let second = bench
            .0
            .bind(NOW, SessionKey(2), &jid("a@localhost"), Some("desktop"));
        (second, bench.events())
    };
    let (second, events) = ask(Conflict::Replace);
    assert_eq!(second.unwrap(), jid("a@localhost/desktop"), "XC-BI-02");
    assert_eq!(
        events.last().unwrap(),
        "Replaced { session: SessionKey(1), jid: \"a@localhost/desktop\" }",
        "XC-BI-02: the old stream ends with conflict"
    );
    let (second, events) = ask(Conflict::Refuse);
    assert_eq!(
        second.unwrap_err().condition,
        Condition::CONFLICT,
        "XC-BI-02"
    );
    assert!(events.is_empty());
    let (second, events) = ask(Conflict::Rename);
    assert_ne!(
        second.unwrap(),
        jid("a@localhost/desktop"),
        "XC-BI-01, XC-BI-02"
    );
    assert!(events.is_empty());
}

#[test]
fn a_full_address_is_that_session_only() {
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost/x");
    bench.bind(2, "b@localhost/y");
    bench.bind(3, "b@localhost/z");
    bench.send(2, "<presence/>");
    let query = "<iq to='b@localhost/z' type='get' id='1'><q xmlns='urn:q'/></iq>";
    assert_eq!(bench.receivers(query), [3], "XC-SZ-10");
    for kind in ["normal", "chat", "groupchat", "headline", "error"] {
        let there = format!("<message to='b@localhost/z' type='{kind}'/>");
        assert_eq!(bench.receivers(&there), [3], "XC-SZ-10: {kind}");
    }
    let gone = bench.send(1, &query.replace("/z", "/gone"));
    assert!(
        gone[0].starts_with("1: ") && gone[0].contains("<service-unavailable "),
        "XC-SZ-10"
    );
    let answer = "<iq to='b@localhost/gone' type='result' id='1'/>";
    assert_eq!(bench.receivers(answer), [], "XC-SZ-10");
    for (kind, receivers) in [
        ("normal", &[2][..]),
        ("chat", &[2]),
        // Told to the sender.
        ("groupchat", &[1]),
        ("headline", &[]),
        ("error", &[]),
    ] {
        let text = format!("<message to='b@localhost/gone' type='{kind}'/>");
        assert_eq!(bench.receivers(&text), receivers, "XC-SZ-10: {kind}");
    }
}

#[test]
fn a_bare_address_is_every_available_session() {
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost/x");
    bench.bind(2, "b@localhost/y");
    bench.bind(3, "b@localhost/z");
    bench.bind(4, "b@localhost/connected");
    bench.bind(5, "b@localhost/low");
    bench.send(2, "<presence/>");
    bench.send(3, "<presence><priority>5</priority></presence>");
    bench.send(5, "<presence><priority>-1</priority></presence>");
    for (kind, receivers) in [
        ("normal", &[2, 3][..]),
        ("unknown", &[2, 3]),
        ("chat", &[2, 3]),
        ("headline", &[2, 3]),
        // RFC 6121 §8.5.2.1.1: refused, and ignored.
        ("groupchat", &[1]),
        ("error", &[]),
    ] {
        let text = format!("<message to='b@localhost' type='{kind}'/>");
        let mut found = bench.receivers(&text);
        found.sort_unstable();
        assert_eq!(found, receivers, "XC-SZ-11: {kind}");
    }
    for (kind, is_told) in [
        ("normal", true),
        ("chat", true),
        ("headline", false),
        ("error", false),
    ] {
        let sent = bench.send(
            1,
            &format!("<message to='nobody@localhost' type='{kind}'/>"),
        );
        let told = sent
            .iter()
            .any(|line| line.contains("<service-unavailable "));
        assert_eq!(told, is_told, "XC-SZ-11: {kind}: {sent:?}");
    }
}

#[test]
fn without_an_addressee_it_is_for_the_own_account() {
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost/x");
    bench.bind(2, "a@localhost/y");
    bench.bind(3, "b@localhost/z");
    for key in [2, 3] {
        bench.send(key, "<presence/>");
    }
    assert_eq!(
        bench.receivers("<message type='chat'/>"),
        [2],
        "XC-SZ-02: the account's sessions"
    );
    let answer = bench.send(
        1,
        "<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>",
    );
    assert_eq!(
        answer,
        ["1: <iq to=\"a@localhost/x\" id=\"p\" type=\"result\"/>"],
        "XC-SZ-02: the account answers"
    );
    let mut receivers = bench.receivers("<presence/>");
    receivers.sort_unstable();
    assert_eq!(
        receivers,
        [1, 1, 2],
        "XC-SZ-02: to its own sessions, and theirs to it"
    );
}

#[test]
fn order_is_kept_between_two_addresses() {
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost/x");
    bench.bind(2, "b@localhost/y");
    bench.send(2, "<presence/>");
    for n in 0..50 {
        let to = ["b@localhost/y", "b@localhost", "b@localhost/gone"][n % 3];
        let text = match n % 2 {
            0 => format!("<message to='{to}' id='{n}'/>"),
            _ => format!("<iq to='b@localhost/y' type='result' id='{n}'/>"),
        };
        bench.0.handle_stanza(NOW, SessionKey(1), stanza(&text));
    }
    let ids: Vec<usize> = bench
        .sent()
        .iter()
        .map(|line| {
            line.split(" id=\"")
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    assert_eq!(ids, (0..50).collect::<Vec<_>>(), "XC-SZ-09");
}

#[test]
fn what_is_not_understood_passes_as_it_is() {
    let mut bench = Bench::new();
    bench.bind(1, "a@localhost/x");
    bench.bind(2, "b@localhost/y");
    assert_eq!(
        bench.send(
            1,
            "<message to='b@localhost/y' xml:lang='de' more='1'><x xmlns='urn:x'><y a='b'/>text</x></message>"
        ),
        ["2: <message from=\"a@localhost/x\" to=\"b@localhost/y\" more=\"1\" xml:lang=\"de\">\
          <x xmlns='urn:x'><y a='b'/>text</x></message>"],
        "XC-SZ-12, XC-SZ-13"
    );
}
