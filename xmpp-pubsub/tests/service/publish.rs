//! Publishing, retracting and purging beyond the basics: §7.1, §7.2, §8.5, §12.11 and §12.24.

use std::time::Duration;

use xmpp_pubsub::Feature;
use xmpp_pubsub::pubsub::Affiliation;
use xmpp_pubsub::service::{NodeConfig, NodeFull};

use crate::common::{
    Bench, NOW, OWNER, READER, config, done, error, events, form, jid, node, refused, to,
};

const FRANCISCO: &str = "francisco@denmark.lit";

fn ids(bench: &mut Bench) -> Vec<String> {
    let answer = bench.pubsub(OWNER, "get", "<items node='princely_musings'/>");
    let parts = answer.split("<item id=\"").skip(1);
    parts
        .map(|part| part.split('"').next().unwrap().to_owned())
        .collect()
}

fn full(policy: NodeFull) -> Bench {
    let config_of_node = NodeConfig {
        max_items: 2,
        publish_node_full: policy,
        ..NodeConfig::default()
    };
    let mut bench = Bench::with(config(), config_of_node);
    bench.publish("a");
    bench.publish("b");
    bench.subscribe(READER, FRANCISCO);
    bench
}

#[test]
fn a_full_node_follows_its_policy() {
    let mut bench = full(NodeFull::RetractOldest);
    let sent = bench.publish("c");
    assert!(sent.contains("<retract id=\"a\"/>"), "PS-7.1-16: {sent}");
    assert_eq!(ids(&mut bench), ["b", "c"], "PS-7.1-15, PS-7.1-16");
    let mut bench = full(NodeFull::DiscardOldest);
    let sent = bench.publish("c");
    assert!(!sent.contains("<retract"), "PS-7.1-17: {sent}");
    assert_eq!(ids(&mut bench), ["b", "c"], "PS-7.1-17");
    let mut bench = full(NodeFull::Reject);
    refused(&bench.publish("c"), "cancel", "conflict", Some("node-full"));
    assert_eq!(ids(&mut bench), ["a", "b"], "PS-7.1-17");
    let again = bench.publish("a");
    done(&again);
    assert_eq!(ids(&mut bench), ["b", "a"], "PS-7.1-06, PS-12.1-01");
}

#[test]
fn a_payload_of_another_namespace() {
    let mut bench = Bench::open();
    bench.configure(&[("type", "urn:other")]);
    let answer = bench.publish("a");
    assert_eq!(
        error(&answer).2.as_deref(),
        Some("invalid-payload"),
        "PS-7.1-18: {answer}"
    );
}

#[test]
fn options_make_the_node_or_must_fit() {
    let mut bench = Bench::new(config().with_auto_create(true));
    let mut publish = |fields: &[(&str, &str)]| {
        let form = form("publish-options", fields);
        bench.pubsub(
            OWNER,
            "set",
            &format!("<publish node='n'><item><e xmlns='urn:e'/></item></publish><publish-options>{form}</publish-options>"),
        )
    };
    let answer = publish(&[("nonsense", "1")]);
    assert_eq!(
        error(&answer).2.as_deref(),
        Some("precondition-not-met"),
        "PS-7.1-43, T16: {answer}"
    );
    done(&publish(&[
        ("access_model", "whitelist"),
        ("max_items", "7"),
    ]));
    let answer = publish(&[("access_model", "whitelist"), ("persist_items", "true")]);
    assert!(
        answer.contains("type=\"result\""),
        "PS-7.1-44, T17: by value, not by spelling: {answer}"
    );
    let answer = publish(&[("max_items", "8")]);
    assert_eq!(
        error(&answer).2.as_deref(),
        Some("precondition-not-met"),
        "PS-7.1-44: {answer}"
    );
    let form = bench.owner(OWNER, "get", "<configure node='n'/>");
    assert!(
        form.contains("<value>whitelist</value>") && form.contains("<value>7</value>"),
        "PS-7.1-45: {form}"
    );
    let own = bench.pubsub(OWNER, "get", "<affiliations/>");
    assert!(
        own.contains("node=\"n\" affiliation=\"owner\""),
        "PS-7.1-40: {own}"
    );
}

#[test]
fn a_batch_is_whole_or_not_at_all() {
    let mut batches = config();
    batches.batches = true;
    let mut bench = Bench::with(batches, NodeConfig::default().with_max_items(3));
    bench.subscribe(READER, FRANCISCO);
    let items = |ids: &[&str]| -> String {
        ids.iter()
            .map(|id| format!("<item id='{id}'><e xmlns='urn:e'/></item>"))
            .collect()
    };
    let publish = |bench: &mut Bench, items: &str| {
        let content = format!("<publish node='princely_musings'>{items}</publish>");
        bench.pubsub(OWNER, "set", &content)
    };
    let sent = publish(&mut bench, &items(&["a", "b"]));
    assert_eq!(events(&sent), 1, "PS-12.11-01: {sent}");
    assert_eq!(sent.matches("<item id=").count(), 2, "PS-12.11-01: {sent}");
    let answer = publish(&mut bench, &format!("{}<item id='d'/>", items(&["c"])));
    assert_eq!(error(&answer).2.as_deref(), Some("payload-required"));
    assert_eq!(
        ids(&mut bench),
        ["a", "b"],
        "PS-12.11-02, T1: nothing of it"
    );
    let answer = publish(&mut bench, &items(&["c", "d", "e", "f"]));
    assert_eq!(
        error(&answer),
        (
            "cancel".into(),
            "not-allowed".into(),
            Some("max-items-exceeded".into())
        ),
        "PS-12.11-03: {answer}"
    );
    let retract = |bench: &mut Bench, items: &str| {
        let content = format!("<retract node='princely_musings'>{items}</retract>");
        bench.pubsub(OWNER, "set", &content)
    };
    let answer = retract(&mut bench, "<item id='a'/><item id='x'/>");
    assert_eq!(error(&answer).1, "item-not-found");
    assert_eq!(ids(&mut bench), ["a", "b"], "PS-12.11-02: nothing of it");
    let sent = retract(&mut bench, "<item id='a'/><item id='b'/>");
    assert!(
        sent.contains("<retract id=\"a\"/><retract id=\"b\"/>"),
        "PS-12.11-01: {sent}"
    );
}

#[test]
fn who_deletes_what() {
    let mut bench = Bench::open();
    let name = node("princely_musings");
    for (user, affiliation) in [
        ("one@denmark.lit", Affiliation::PublishOnly),
        ("two@denmark.lit", Affiliation::Publisher),
    ] {
        bench
            .service
            .set_affiliation(NOW, &name, &jid(user), affiliation)
            .unwrap();
    }
    let publish = |bench: &mut Bench, from: &str, id: &str| {
        done(&bench.pubsub(
            from,
            "set",
            &format!("<publish node='princely_musings'><item id='{id}'><e xmlns='urn:e'/></item></publish>"),
        ));
    };
    let retract = |bench: &mut Bench, from: &str, id: &str| {
        let answer = bench.pubsub(
            from,
            "set",
            &format!("<retract node='princely_musings'><item id='{id}'/></retract>"),
        );
        answer.contains("type=\"result\"")
    };
    publish(&mut bench, "one@denmark.lit/x", "one");
    publish(&mut bench, "two@denmark.lit/x", "two");
    assert!(
        !retract(&mut bench, "one@denmark.lit/x", "two"),
        "PS-4.1-05"
    );
    assert!(
        retract(&mut bench, "one@denmark.lit/y", "one"),
        "PS-4.1-03, PS-4.1-01"
    );
    publish(&mut bench, "one@denmark.lit/x", "one");
    assert!(retract(&mut bench, "two@denmark.lit/x", "one"), "PS-4.1-04");
    let answer = bench.owner(
        "one@denmark.lit/x",
        "set",
        "<purge node='princely_musings'/>",
    );
    refused(&answer, "auth", "forbidden", None);
    done(&bench.owner(
        "two@denmark.lit/x",
        "set",
        "<purge node='princely_musings'/>",
    ));
}

#[test]
fn a_retraction_is_told_if_either_wants_it() {
    for (by_node, by_publisher, expected) in [
        ("0", "", 0),
        ("0", " notify='true'", 1),
        ("1", "", 1),
        ("1", " notify='0'", 1),
    ] {
        let mut bench = Bench::open();
        bench.configure(&[("notify_retract", by_node)]);
        bench.publish("a");
        bench.subscribe(READER, FRANCISCO);
        let sent = bench.pubsub(
            OWNER,
            "set",
            &format!("<retract node='princely_musings'{by_publisher}><item id='a'/></retract>"),
        );
        assert_eq!(
            events(&sent),
            expected,
            "PS-7.2-03, PS-7.2-04, T11: node {by_node}, publisher {by_publisher}"
        );
    }
}

#[test]
fn a_retraction_has_subids_and_a_purge_has_none() {
    let mut bench = Bench::with(config().with_multi_subscribe(true), NodeConfig::default());
    bench.publish("a");
    bench.subscribe(READER, FRANCISCO);
    let sent = bench.pubsub(
        OWNER,
        "set",
        "<retract node='princely_musings'><item id='a'/></retract>",
    );
    assert!(
        to(&sent, FRANCISCO)[0].contains("<retract id=\"a\"/></items></event><headers "),
        "PS-7.2-05, PS-12.16-01: {sent}"
    );
    let sent = bench.owner(OWNER, "set", "<purge node='princely_musings'/>");
    assert!(
        !to(&sent, FRANCISCO)[0].contains("<headers"),
        "PS-12.16-01: {sent}"
    );
}

#[test]
fn items_expire_in_silence() {
    let mut bench = Bench::open();
    bench.configure(&[("item_expire", "60")]);
    bench.subscribe(READER, FRANCISCO);
    bench.publish("a");
    bench.wait(Duration::from_secs(30));
    bench.publish("b");
    assert_eq!(
        bench.wait(Duration::from_secs(30)),
        "",
        "PS-12.24-01: no event is due"
    );
    assert_eq!(ids(&mut bench), ["b"], "PS-12.24-01, PS-6.5-05");
    bench.wait(Duration::from_secs(30));
    assert_eq!(ids(&mut bench), [""; 0], "PS-12.24-01");
    assert_eq!(bench.service.poll_timeout(), None);
}

#[test]
fn items_go_with_their_publisher() {
    let mut bench = Bench::open();
    bench.configure(&[("purge_offline", "1")]);
    bench.subscribe(READER, FRANCISCO);
    bench.online(OWNER);
    bench.online("hamlet@denmark.lit/second");
    bench.publish("a");
    bench.offline(OWNER);
    assert_eq!(ids(&mut bench), ["a"], "PS-12.24-01: he is still there");
    let sent = bench.offline("hamlet@denmark.lit/second");
    assert!(sent.contains("<retract id=\"a\"/>"), "PS-12.24-01: {sent}");
    assert_eq!(ids(&mut bench), [""; 0], "PS-12.24-01");
}

#[test]
fn names_that_publishers_may_not_choose() {
    let mut bench = Bench::with(
        config().with_feature(Feature::ITEM_IDS, false),
        NodeConfig::default(),
    );
    let answer = bench.publish("chosen");
    assert!(
        answer.contains("<item id=\"") && !answer.contains("chosen"),
        "PS-7.1-05: the name that it got: {answer}"
    );
}

#[test]
fn a_node_without_payloads_tells_that_something_is_new() {
    let mut bench = Bench::open();
    bench.configure(&[("deliver_payloads", "0")]);
    bench.subscribe(READER, FRANCISCO);
    let sent = bench.publish("a");
    assert!(
        to(&sent, FRANCISCO)[0]
            .contains("<items node=\"princely_musings\"><item id=\"a\"/></items>"),
        "PS-7.1-10, PS-4.3-04: {sent}"
    );
    let items = bench.pubsub(READER, "get", "<items node='princely_musings'/>");
    assert!(
        items.contains("<entry xmlns=\"urn:e\"/>"),
        "PS-4.3-01: it is kept: {items}"
    );
}
