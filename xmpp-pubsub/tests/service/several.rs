//! Several subscriptions of one address: §6.1.6, and what §6.2, §6.3 and §6.5 say of them.

use xmpp_pubsub::service::NodeConfig;

use crate::common::{
    Bench, READER, attribute, config, error, events, meaning, pubsub_result, row, to,
};

const FRANCISCO: &str = "francisco@denmark.lit";
const OWN: &str = "node='princely_musings' jid='francisco@denmark.lit'";

/// A service that has them, and the subids of two that Francisco has.
fn two() -> (Bench, [String; 2]) {
    let mut bench = Bench::with(
        config().with_multi_subscribe(true),
        NodeConfig::default().with_max_items(10),
    );
    let subids = [(); 2].map(|()| attribute(&bench.subscribe(READER, FRANCISCO), "subid"));
    (bench, subids)
}

#[test]
fn an_address_may_hold_several_and_a_feature_says_so() {
    let feature = "var=\"http://jabber.org/protocol/pubsub#multi-subscribe\"";
    let (mut bench, [one, two]) = two();
    assert!(bench.info("").contains(feature), "PS-6.1-19");
    let list = bench.pubsub(READER, "get", "<subscriptions/>");
    assert_eq!(
        list.matches("<subscription ").count(),
        2,
        "PS-6.1-19: {list}"
    );
    assert_ne!(one, two, "PS-6.1-20");
    let other = attribute(&bench.subscribe(READER, READER), "subid");
    assert!(other != one && other != two, "PS-6.1-20: {other}");
    assert!(!Bench::open().info("").contains(feature), "PS-6.1-19");
}

#[test]
fn subids_stand_wherever_a_subscription_does() {
    let (mut bench, [one, two]) = two();
    let entry =
        |subid: &str| format!("<subscription {OWN} subid='{subid}' subscription='subscribed'/>");
    let list = bench.pubsub(READER, "get", "<subscriptions/>");
    let expected = format!(
        "<subscriptions>{}{}</subscriptions>",
        entry(&one),
        entry(&two)
    );
    assert_eq!(
        meaning(&list),
        pubsub_result(READER, &expected),
        "PS-6.1-20: in the list"
    );
    let options = bench.pubsub(READER, "get", &format!("<options {OWN} subid='{two}'/>"));
    assert_eq!(
        attribute(&options, "subid"),
        two,
        "PS-6.1-20: with options: {options}"
    );
    // The owner ends them, of which events tell.
    let sent = bench.affiliate(FRANCISCO, "outcast");
    let told: Vec<String> = to(&sent, FRANCISCO)
        .into_iter()
        .filter(|line| line.contains("<subscription "))
        .map(|line| attribute(line, "subid"))
        .collect();
    assert_eq!(told, [one, two], "PS-6.1-20: in events: {sent}");
}

#[test]
fn subids_come_from_the_service() {
    let (mut bench, [one, two]) = two();
    let answer = bench.pubsub(READER, "set", &format!("<subscribe {OWN} subid='{one}'/>"));
    let made = attribute(&answer, "subid");
    assert!(made != one && made != two, "PS-6.1-21: {answer}");
    let answer = bench.pubsub(READER, "set", &format!("<subscribe {OWN} subid='mine'/>"));
    assert_ne!(attribute(&answer, "subid"), "mine", "PS-6.1-21: {answer}");
}

#[test]
fn an_event_comes_once_by_however_many_subscriptions() {
    let (mut bench, [one, two]) = two();
    let sent = bench.publish("a");
    assert_eq!(events(&sent), 1, "PS-6.1-23: {sent}");
    for subid in [&one, &two] {
        let header = format!("<header name=\"SubID\">{subid}</header>");
        assert!(sent.contains(&header), "PS-6.1-23, PS-6.1-20: {sent}");
    }
}

#[test]
fn one_of_several_must_be_named_to_end_it() {
    let (mut bench, [one, two]) = two();
    let answer = bench.pubsub(READER, "set", &format!("<unsubscribe {OWN}/>"));
    assert_eq!(
        error(&answer),
        row("modify", "bad-request", "subid-required"),
        "PS-6.2-03"
    );
    let answer = bench.pubsub(READER, "set", &format!("<unsubscribe {OWN} subid='x'/>"));
    assert_eq!(
        error(&answer),
        row("modify", "not-acceptable", "invalid-subid"),
        "PS-6.2-08"
    );
    bench.pubsub(
        READER,
        "set",
        &format!("<unsubscribe {OWN} subid='{one}'/>"),
    );
    let list = bench.pubsub(READER, "get", "<subscriptions/>");
    assert!(
        list.contains(&two) && !list.contains(&one),
        "PS-6.2-03: the named one is gone: {list}"
    );
    // The one that is left need not be named; a wrong name is wrong all the same.
    let answer = bench.pubsub(
        READER,
        "set",
        &format!("<unsubscribe {OWN} subid='{one}'/>"),
    );
    assert_eq!(
        error(&answer),
        row("modify", "not-acceptable", "invalid-subid"),
        "PS-6.2-08"
    );
    bench.pubsub(READER, "set", &format!("<unsubscribe {OWN}/>"));
    let list = bench.pubsub(READER, "get", "<subscriptions/>");
    assert_eq!(
        meaning(&list),
        pubsub_result(READER, "<subscriptions/>"),
        "PS-6.2-03"
    );
}

#[test]
fn one_of_several_must_be_named_to_retrieve() {
    let (mut bench, [one, _]) = two();
    bench.publish("a");
    let items = |bench: &mut Bench, from: &str, subid: &str| {
        bench.pubsub(
            from,
            "get",
            &format!("<items node='princely_musings'{subid}/>"),
        )
    };
    assert_eq!(
        error(&items(&mut bench, READER, "")),
        row("modify", "bad-request", "subid-required"),
        "PS-6.5-14"
    );
    assert_eq!(
        error(&items(&mut bench, READER, " subid='x'")),
        row("modify", "not-acceptable", "invalid-subid"),
        "PS-6.5-14"
    );
    let answer = items(&mut bench, READER, &format!(" subid='{one}'"));
    assert!(answer.contains("<item id=\"a\">"), "PS-6.5-14: {answer}");
    let answer = items(&mut bench, "horatio@denmark.lit/x", "");
    assert!(
        answer.contains("<item id=\"a\">"),
        "PS-6.5-16: without a subscription none is named: {answer}"
    );
}

#[test]
fn one_of_several_must_be_named_to_configure() {
    let (mut bench, _) = two();
    for (subid, expected) in [
        ("", row("modify", "bad-request", "subid-required")),
        (
            " subid='x'",
            row("modify", "not-acceptable", "invalid-subid"),
        ),
    ] {
        for kind in ["get", "set"] {
            let content =
                format!("<options {OWN}{subid}><x xmlns='jabber:x:data' type='submit'/></options>");
            let answer = bench.pubsub(READER, kind, &content);
            assert_eq!(error(&answer), expected, "PS-6.3-07, PS-6.3-10: {kind}");
        }
    }
}
