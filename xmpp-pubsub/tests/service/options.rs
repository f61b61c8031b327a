//! Options of subscriptions, and leases: §6.3, §6.4, §12.5 and §12.19.

use std::time::Duration;

use xmpp_pubsub::Feature;
use xmpp_pubsub::service::{Configuration, NodeConfig};

use crate::common::{
    Bench, READER, attribute, config, done, error, events, form, node, refused, to,
};

const FRANCISCO: &str = "francisco@denmark.lit";
const OWN: &str = "node='princely_musings' jid='francisco@denmark.lit'";

fn set(bench: &mut Bench, attributes: &str, fields: &[(&str, &str)]) -> String {
    let form = form("subscribe_options", fields);
    bench.pubsub(
        READER,
        "set",
        &format!("<options {attributes}>{form}</options>"),
    )
}

fn subscribe_with(bench: &mut Bench, fields: &[(&str, &str)]) -> String {
    let form = form("subscribe_options", fields);
    bench.pubsub(
        READER,
        "set",
        &format!("<subscribe {OWN}/><options>{form}</options>"),
    )
}

#[test]
fn options_are_shown_and_set() {
    let mut bench = Bench::open();
    done(&bench.subscribe(READER, FRANCISCO));
    let shown = bench.pubsub(READER, "get", &format!("<options {OWN}/>"));
    for part in [
        "<options node=\"princely_musings\" jid=\"francisco@denmark.lit\">",
        "<value>http://jabber.org/protocol/pubsub#subscribe_options</value>",
        "<field var=\"pubsub#deliver\" type=\"boolean\"><value>1</value></field>",
    ] {
        assert!(shown.contains(part), "PS-6.3-04: {part} in {shown}");
    }
    assert!(
        !shown.contains("include_body"),
        "PS-12.8-01: no mapping, no offer: {shown}"
    );
    let answer = set(&mut bench, OWN, &[("deliver", "false")]);
    assert!(
        answer.ends_with(" type=\"result\"/>\n"),
        "PS-6.3-09: a bare result: {answer}"
    );
    assert_eq!(events(&bench.publish("a")), 0, "PS-4.2-03");
    done(&set(&mut bench, OWN, &[("deliver", "1")]));
    assert_eq!(events(&bench.publish("b")), 1, "PS-6.3-05");
}

#[test]
fn errors_of_options() {
    let mut bench = Bench::open();
    let get = |bench: &mut Bench, attributes: &str| {
        bench.pubsub(READER, "get", &format!("<options {attributes}/>"))
    };
    let rows = [
        (
            "node='princely_musings' jid='bernardo@denmark.lit'",
            "auth",
            "forbidden",
            None,
        ),
        (OWN, "modify", "unexpected-request", Some("not-subscribed")),
        (
            "node='princely_musings'",
            "modify",
            "bad-request",
            Some("jid-required"),
        ),
        (
            "node='none' jid='francisco@denmark.lit'",
            "cancel",
            "item-not-found",
            None,
        ),
    ];
    for (attributes, kind, condition, pubsub) in rows {
        let answer = get(&mut bench, attributes);
        let expected = (
            kind.to_owned(),
            condition.to_owned(),
            pubsub.map(str::to_owned),
        );
        assert_eq!(
            error(&answer),
            expected,
            "PS-6.3-06, PS-6.3-07, PS-6.3-08, T5: {answer}"
        );
    }
    done(&bench.subscribe(READER, FRANCISCO));
    for (var, value) in [
        ("show-values", "nonsense"),
        ("deliver", "perhaps"),
        ("include_body", "1"),
        ("expire", "2005-12-31T00:00:00Z"),
        ("subscription_type", "nodes"),
    ] {
        let answer = set(&mut bench, OWN, &[(var, value)]);
        let expected = Some("invalid-options".to_owned());
        assert_eq!(error(&answer).2, expected, "PS-6.3-10, {var}: {answer}");
    }
    let off = config().with_feature(Feature::SUBSCRIPTION_OPTIONS, false);
    let mut bench = Bench::with(off, NodeConfig::default());
    let answer = get(&mut bench, OWN);
    assert_eq!(
        error(&answer).2.as_deref(),
        Some("unsupported[subscription-options]"),
        "PS-6.3-08: {answer}"
    );
}

#[test]
fn several_subscriptions_have_options_each() {
    let config = config().with_multi_subscribe(true);
    let mut bench = Bench::with(config, NodeConfig::default());
    let one = attribute(&bench.subscribe(READER, FRANCISCO), "subid");
    let two = attribute(&bench.subscribe(READER, FRANCISCO), "subid");
    let answer = set(&mut bench, OWN, &[("deliver", "0")]);
    assert_eq!(
        error(&answer).2.as_deref(),
        Some("subid-required"),
        "PS-6.3-07: {answer}"
    );
    let answer = set(&mut bench, &format!("{OWN} subid='x'"), &[("deliver", "0")]);
    assert_eq!(
        error(&answer).2.as_deref(),
        Some("invalid-subid"),
        "PS-6.3-07: {answer}"
    );
    done(&set(
        &mut bench,
        &format!("{OWN} subid='{one}'"),
        &[("deliver", "0")],
    ));
    let sent = bench.publish("a");
    let told = to(&sent, FRANCISCO)[0];
    assert!(
        told.contains(&two) && !told.contains(&one),
        "PS-7.1-14, PS-12.20-01, PS-6.1-20: the subids that match: {told}"
    );
}

#[test]
fn subscribe_and_configure_at_once() {
    let mut bench = Bench::open();
    let answer = subscribe_with(
        &mut bench,
        &[
            ("deliver", "1"),
            ("digest", "0"),
            ("show-values", "chat|online|away"),
        ],
    );
    assert!(
        answer.contains(
            "subscription=\"subscribed\"/><options><x xmlns=\"jabber:x:data\" type=\"result\">"
        ),
        "PS-6.3-13, PS-6.3-11: {answer}"
    );
    let values = "<field var=\"pubsub#show-values\" type=\"list-multi\"><value>chat</value><value>online</value><value>away</value>";
    assert!(answer.contains(values), "PS-6.3-13: {answer}");
    let form = form("subscribe_options", &[]);
    for wrong in [
        format!("<options>{form}</options><subscribe {OWN}/>"),
        format!("<subscribe {OWN}/><options {OWN}>{form}</options>"),
    ] {
        let answer = bench.pubsub(READER, "set", &wrong);
        assert_eq!(error(&answer).1, "bad-request", "PS-6.3-12: {answer}");
    }
}

#[test]
fn options_that_must_come_first() {
    let mut required = config();
    required.configuration = Configuration::Required;
    let mut bench = Bench::with(required, NodeConfig::default());
    let answer = bench.subscribe(READER, FRANCISCO);
    assert!(
        answer.contains(
            "subscription=\"unconfigured\"><subscribe-options><required/></subscribe-options>"
        ),
        "PS-6.1-15: {answer}"
    );
    assert_eq!(
        events(&bench.publish("a")),
        0,
        "PS-6.1-15: no events before"
    );
    let sent = set(&mut bench, OWN, &[("deliver", "1")]);
    assert_eq!(events(&sent), 1, "the last item, now: {sent}");
    assert_eq!(events(&bench.publish("b")), 1, "live");
    done(&bench.subscribe("bernardo@denmark.lit/x", "bernardo@denmark.lit"));
    let sent = bench.wait(Duration::from_secs(3_601));
    assert_eq!(
        to(&sent, "bernardo@denmark.lit").len(),
        1,
        "PS-6.1-16, PS-4.2-02: what is never configured times out: {sent}"
    );
    let mut with_request = config();
    with_request.configuration = Configuration::WithRequest;
    let mut bench = Bench::with(with_request, NodeConfig::default());
    let answer = bench.subscribe(READER, FRANCISCO);
    refused(
        &answer,
        "modify",
        "not-acceptable",
        Some("configuration-required"),
    );
    let answer = subscribe_with(&mut bench, &[("deliver", "1")]);
    assert!(
        answer.contains("subscription=\"subscribed\""),
        "PS-6.1-17: {answer}"
    );
}

#[test]
fn default_options_of_a_node_and_of_the_service() {
    let mut bench = Bench::open();
    for content in ["<default node='princely_musings'/>", "<default/>"] {
        let answer = bench.pubsub(READER, "get", content);
        assert!(
            answer.contains("<default") && answer.contains("#subscribe_options</value>"),
            "PS-6.4-03, PS-6.4-01, PS-6.4-02: {answer}"
        );
    }
    for (off, name) in [
        (
            Feature::SUBSCRIPTION_OPTIONS,
            "unsupported[subscription-options]",
        ),
        (
            Feature::RETRIEVE_DEFAULT_SUB,
            "unsupported[retrieve-default-sub]",
        ),
    ] {
        let mut bench = Bench::new(config().with_feature(off, false));
        let answer = bench.pubsub(READER, "get", "<default/>");
        assert_eq!(
            error(&answer).2.as_deref(),
            Some(name),
            "PS-6.4-03: {answer}"
        );
    }
}

#[test]
fn a_lease_is_cut_renewed_warned_of_and_ends() {
    let mut leased = config();
    leased.max_lease = Some(Duration::from_secs(10 * DAY));
    let mut bench = Bench::with(leased, NodeConfig::default());
    let answer = subscribe_with(&mut bench, &[("expire", "2006-03-31T23:59:59Z")]);
    assert!(
        answer.contains("<value>2006-01-11T00:00:01Z</value>"),
        "PS-12.19-03: cut to now and the longest: {answer}"
    );
    let sent = bench.wait(Duration::from_secs(9 * DAY));
    assert!(
        to(&sent, FRANCISCO)[0].contains(
            "<subscription node=\"princely_musings\" jid=\"francisco@denmark.lit\" \
             subscription=\"subscribed\" expiry=\"2006-01-11T00:00:01Z\"/>"
        ),
        "PS-12.19-02: {sent}"
    );
    // PS-12.19-03: renewed.
    done(&set(&mut bench, OWN, &[("expire", "2006-01-12T00:00:00Z")]));
    assert_eq!(
        bench
            .wait(Duration::from_secs(DAY))
            .matches("\"none\"")
            .count(),
        0
    );
    let sent = bench.wait(Duration::from_secs(DAY));
    assert!(
        sent.contains("subscription=\"none\""),
        "PS-12.19-01: it ended: {sent}"
    );
    assert_eq!(
        bench.service.subscriber_count(&node("princely_musings")),
        0,
        "PS-12.19-01"
    );
    assert_eq!(
        bench.service.poll_timeout(),
        None,
        "nothing is left to wait for"
    );
}

#[test]
fn leases_that_are_not_offered() {
    let off = config().with_feature(Feature::LEASED_SUBSCRIPTION, false);
    let mut bench = Bench::with(off, NodeConfig::default());
    let answer = subscribe_with(&mut bench, &[("expire", "2006-03-31T23:59:59Z")]);
    refused(
        &answer,
        "cancel",
        "feature-not-implemented",
        Some("unsupported[leased-subscription]"),
    );
}

#[test]
fn what_ends_with_presence() {
    let mut bench = Bench::open();
    bench.online("francisco@denmark.lit/barracks");
    bench.online("francisco@denmark.lit/walls");
    done(&subscribe_with(&mut bench, &[("expire", "presence")]));
    assert_eq!(
        bench.offline("francisco@denmark.lit/walls"),
        "",
        "PS-12.5-01: one is left"
    );
    let sent = bench.offline(READER);
    assert!(sent.contains("subscription=\"none\""), "PS-12.5-01: {sent}");
    let temporary = NodeConfig {
        tempsub: true,
        ..NodeConfig::default()
    };
    let mut bench = Bench::with(config(), temporary);
    bench.online(READER);
    done(&bench.subscribe(READER, READER));
    let shown = bench.pubsub(
        READER,
        "get",
        &format!("<options node='princely_musings' jid='{READER}'/>"),
    );
    assert!(
        shown.contains("<value>presence</value>"),
        "PS-12.5-02: {shown}"
    );
    let sent = bench.say(&format!("<presence type='unavailable' from='{READER}'/>"));
    assert!(sent.contains("subscription=\"none\""), "PS-12.5-02: {sent}");
}

const DAY: u64 = 24 * 60 * 60;
