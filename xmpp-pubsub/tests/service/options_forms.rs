//! The forms of options, as the examples have them: §6.3 and §6.4.

use xmpp_pubsub::Feature;
use xmpp_pubsub::service::{Config, NodeConfig};
use xmpp_pubsub::stanza::Payload;

use crate::common::{
    Bench, READER, config, error, events, form, meaning, pubsub_result, result, row,
};

const FRANCISCO: &str = "francisco@denmark.lit";
const OWN: &str = "node='princely_musings' jid='francisco@denmark.lit'";

fn with_body() -> Config {
    let mut config = config();
    config.body = Some(|payload: &Payload| Some(payload.to_element().ok()?.text().into_owned()));
    config
}

/// The form of options, of such a kind, with these values of the fields that example 56 has.
fn options(kind: &str, deliver: &str, digest: &str, body: &str, shows: [&str; 3]) -> String {
    let choices = ["away", "chat", "dnd", "online", "xa"]
        .map(|show| format!("<option><value>{show}</value></option>"))
        .concat();
    let shows = shows.map(|show| format!("<value>{show}</value>")).concat();
    format!(
        "<x xmlns='jabber:x:data' type='{kind}'><field var='FORM_TYPE' type='hidden'>\
         <value>http://jabber.org/protocol/pubsub#subscribe_options</value></field>\
         <field var='pubsub#deliver' type='boolean'><value>{deliver}</value></field>\
         <field var='pubsub#digest' type='boolean'><value>{digest}</value></field>\
         <field var='pubsub#digest_frequency' type='text-single'><value>86400000</value></field>\
         <field var='pubsub#expire' type='text-single'/>\
         <field var='pubsub#include_body' type='boolean'><value>{body}</value></field>\
         <field var='pubsub#show-values' type='list-multi'>{shows}{choices}</field></x>"
    )
}

const SUBMITTED: &[(&str, &str)] = &[
    ("deliver", "1"),
    ("digest", "0"),
    ("include_body", "false"),
    ("show-values", "chat|online|away"),
];

#[test]
fn options_are_advertised_shown_and_set() {
    let mut bench = Bench::with(with_body(), NodeConfig::default());
    let feature = "var=\"http://jabber.org/protocol/pubsub#subscription-options\"";
    assert!(bench.info("").contains(feature), "PS-6.3-02");
    bench.subscribe(READER, FRANCISCO);
    let set = format!(
        "<options {OWN}>{}</options>",
        form("subscribe_options", SUBMITTED)
    );
    let answer = bench.pubsub(READER, "set", &set);
    assert_eq!(meaning(&answer), result(READER, ""), "PS-6.3-09, PS-6.3-01");
    let answer = bench.pubsub(READER, "get", &format!("<options {OWN}/>"));
    let held = options("form", "1", "0", "0", ["chat", "online", "away"]);
    let expected = format!("<options {OWN}>{held}</options>");
    assert_eq!(
        meaning(&answer),
        pubsub_result(READER, &expected),
        "PS-6.3-03, PS-6.3-04"
    );
}

#[test]
fn what_is_advertised_follows_the_settings() {
    let off = config().with_feature(Feature::SUBSCRIPTION_OPTIONS, false);
    let info = Bench::with(off, NodeConfig::default()).info("");
    assert!(
        !info.contains("#subscription-options\"") && !info.contains("#leased-subscription\""),
        "PS-6.3-02: {info}"
    );
}

#[test]
fn options_ride_along_with_subscribe_without_an_address() {
    let mut bench = Bench::with(with_body(), NodeConfig::default());
    let form = form("subscribe_options", SUBMITTED);
    let both = format!("<subscribe {OWN}/><options>{form}</options>");
    let answer = bench.pubsub(READER, "set", &both);
    let held = options("result", "1", "0", "0", ["chat", "online", "away"]);
    let expected =
        format!("<subscription {OWN} subscription='subscribed'/><options>{held}</options>");
    assert_eq!(
        meaning(&answer),
        pubsub_result(READER, &expected),
        "PS-6.3-11, PS-6.3-13, T5, T6"
    );
    // Alone, they need one.
    for kind in ["get", "set"] {
        let alone = format!("<options node='princely_musings'>{form}</options>");
        let answer = bench.pubsub(READER, kind, &alone);
        assert_eq!(
            error(&answer),
            row("modify", "bad-request", "jid-required"),
            "PS-6.3-07, T5: {kind}"
        );
    }
}

#[test]
fn options_follow_subscribe_and_name_nothing() {
    let mut bench = Bench::open();
    let form = form("subscribe_options", &[("deliver", "1")]);
    let subscribe = format!("<subscribe {OWN}/>");
    for wrong in [
        format!("<options>{form}</options>{subscribe}"),
        format!("{subscribe}<options node='princely_musings'>{form}</options>"),
        format!("{subscribe}<options jid='{FRANCISCO}'>{form}</options>"),
        format!("{subscribe}<options {OWN}>{form}</options>"),
    ] {
        let answer = bench.pubsub(READER, "set", &wrong);
        assert_eq!(
            error(&answer),
            row("modify", "bad-request", ""),
            "PS-6.3-12: {wrong}"
        );
    }
    let list = bench.pubsub(READER, "get", "<subscriptions/>");
    assert_eq!(
        meaning(&list),
        pubsub_result(READER, "<subscriptions/>"),
        "PS-6.3-12: nobody is subscribed"
    );
}

#[test]
fn no_node_means_the_root() {
    let on = config().with_feature(Feature::COLLECTIONS, true);
    let mut bench = Bench::with(on, NodeConfig::default());
    bench.pubsub(READER, "set", &format!("<subscribe jid='{FRANCISCO}'/>"));
    for node in ["", " node=''"] {
        let answer = bench.pubsub(
            READER,
            "get",
            &format!("<options jid='{FRANCISCO}'{node}/>"),
        );
        assert!(
            answer.contains("<options jid=\"francisco@denmark.lit\"><x ")
                && answer.contains("var=\"pubsub#subscription_depth\""),
            "PS-6.3-03, T22: {answer}"
        );
    }
}

#[test]
fn booleans_come_as_words_or_digits() {
    let mut bench = Bench::open();
    bench.subscribe(READER, FRANCISCO);
    for (value, expected) in [("0", 0), ("1", 1), ("false", 0), ("true", 1)] {
        let form = form("subscribe_options", &[("deliver", value)]);
        bench.pubsub(READER, "set", &format!("<options {OWN}>{form}</options>"));
        assert_eq!(events(&bench.publish("a")), expected, "PS-6.3-05: {value}");
    }
}

#[test]
fn each_refusal_of_options_get_and_set() {
    let form = form("subscribe_options", &[("deliver", "1")]);
    for kind in ["get", "set"] {
        let mut bench = Bench::open();
        let mut ask = |attributes: &str| {
            bench.pubsub(
                READER,
                kind,
                &format!("<options {attributes}>{form}</options>"),
            )
        };
        assert_eq!(
            error(&ask("node='princely_musings' jid='bernardo@denmark.lit'")),
            row("auth", "forbidden", ""),
            "PS-6.3-06: {kind}"
        );
        assert_eq!(
            error(&ask(OWN)),
            row("modify", "unexpected-request", "not-subscribed"),
            "PS-6.3-07, T3: {kind}"
        );
        assert_eq!(
            error(&ask("node='absent' jid='francisco@denmark.lit'")),
            row("cancel", "item-not-found", ""),
            "PS-6.3-08: {kind}"
        );
        let off = config().with_feature(Feature::SUBSCRIPTION_OPTIONS, false);
        let mut bench = Bench::with(off, NodeConfig::default());
        let answer = bench.pubsub(READER, kind, &format!("<options {OWN}>{form}</options>"));
        assert_eq!(
            error(&answer),
            row(
                "cancel",
                "feature-not-implemented",
                "unsupported[subscription-options]"
            ),
            "PS-6.3-08: {kind}"
        );
    }
    let mut bench = Bench::open();
    bench.subscribe(READER, FRANCISCO);
    let wrong = crate::common::form("subscribe_options", &[("show-values", "asleep")]);
    let answer = bench.pubsub(READER, "set", &format!("<options {OWN}>{wrong}</options>"));
    assert_eq!(
        error(&answer),
        row("modify", "bad-request", "invalid-options"),
        "PS-6.3-10"
    );
}

#[test]
fn defaults_of_a_node_and_of_the_service() {
    let mut bench = Bench::with(with_body(), NodeConfig::default());
    let all = "<value>away</value><value>chat</value><value>dnd</value><value>online</value>\
        <value>xa</value>";
    let held = options("form", "1", "0", "0", ["", "", ""])
        .replace("<value></value><value></value><value></value>", all);
    for node in [" node='princely_musings'", ""] {
        let answer = bench.pubsub(READER, "get", &format!("<default{node}/>"));
        let expected = format!("<default{node}>{held}</default>");
        assert_eq!(
            meaning(&answer),
            pubsub_result(READER, &expected),
            "PS-6.4-01, PS-6.4-02, PS-6.4-03: {node}"
        );
    }
    let absent = bench.pubsub(READER, "get", "<default node='absent'/>");
    assert_eq!(
        error(&absent),
        row("cancel", "item-not-found", ""),
        "PS-6.4-01"
    );
    // In the owner's namespace it is another thing.
    let other = bench.owner(READER, "get", "<default/>");
    assert!(
        other.contains("#node_config</value>") && !other.contains("#subscribe_options"),
        "PS-6.4-01: {other}"
    );
}
