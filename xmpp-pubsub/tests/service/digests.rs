//! Events that are collected, and what happens to the subscriptions that want them meanwhile. XEP-0060 §16.4.2.

use std::time::Duration;

use xmpp_pubsub::Feature;
use xmpp_pubsub::service::{AccessModel, Config, NodeConfig};

use crate::common::{Bench, NOW, OWNER, READER, attribute, config, done, events, form, node, to};

const FRANCISCO: &str = "francisco@denmark.lit";
const MINUTE: Duration = Duration::from_secs(60);

/// The leaf `princely_musings` in the collection `blogs`; a digest takes a minute, unless somebody says more.
fn bench() -> Bench {
    bench_of(config())
}

fn bench_of(mut config: Config) -> Bench {
    config.digest_frequency = MINUTE;
    let config = config
        .with_feature(Feature::COLLECTIONS, true)
        .with_multi_subscribe(true);
    let mut bench = Bench::with(config, NodeConfig::default().with_max_items(10));
    bench.add("blogs", NodeConfig::collection());
    let joined = bench
        .service
        .associate(NOW, &node("blogs"), &node("princely_musings"));
    assert_eq!(joined, Ok(()));
    bench
}

/// Subscribes to a digest, and returns the subid.
fn subscribe(bench: &mut Bench, name: &str, more: &[(&str, &str)]) -> String {
    let mut fields = vec![("digest", "1")];
    if name == "blogs" {
        fields.push(("subscription_type", "items"));
    }
    fields.extend(more);
    let form = form("subscribe_options", &fields);
    let answer = bench.pubsub(
        READER,
        "set",
        &format!("<subscribe node='{name}' jid='{FRANCISCO}'/><options>{form}</options>"),
    );
    done(&answer);
    attribute(&answer, "subid")
}

fn unsubscribe(bench: &mut Bench, name: &str, subid: &str) {
    let content = format!("<unsubscribe node='{name}' jid='{FRANCISCO}' subid='{subid}'/>");
    done(&bench.pubsub(READER, "set", &content));
}

#[test]
fn a_subscription_that_ends_takes_with_it_what_was_collected_for_it_alone() {
    let mut bench = bench();
    let first = subscribe(&mut bench, "princely_musings", &[]);
    bench.publish("a");
    let second = subscribe(&mut bench, "princely_musings", &[]);
    bench.publish("b");
    unsubscribe(&mut bench, "princely_musings", &first);
    let sent = bench.wait(MINUTE);
    assert_eq!(events(&sent), 1, "PS-12.25-01: {sent}");
    assert!(
        sent.contains("<item id=\"b\"") && !sent.contains("<item id=\"a\""),
        "PS-12.25-01: {sent}"
    );
    assert!(sent.contains(&second) && !sent.contains(&first), "{sent}");
    bench.publish("c");
    unsubscribe(&mut bench, "princely_musings", &second);
    assert_eq!(bench.wait(MINUTE), "", "PS-12.25-01: nobody wants it");
}

#[test]
fn who_has_left_a_collection_gets_nothing_that_was_collected_there() {
    let mut bench = bench();
    let subid = subscribe(&mut bench, "blogs", &[]);
    bench.publish("a");
    unsubscribe(&mut bench, "blogs", &subid);
    assert_eq!(bench.wait(MINUTE), "", "PS-12.25-01");
}

#[test]
fn a_digest_names_the_collection_that_it_comes_through() {
    let mut bench = bench();
    subscribe(&mut bench, "blogs", &[]);
    bench.publish("a");
    let sent = bench.wait(MINUTE);
    assert!(
        sent.contains("<items node=\"princely_musings\"><item id=\"a\"")
            && sent.contains("<header name=\"Collection\">blogs</header>"),
        "CN-04: {sent}"
    );
}

#[test]
fn who_may_not_read_the_node_any_more_gets_nothing_that_was_collected_of_it() {
    let mut bench = bench();
    subscribe(&mut bench, "blogs", &[]);
    bench.publish("a");
    bench.configure(&[("access_model", AccessModel::Whitelist.as_str())]);
    let sent = bench.wait(MINUTE);
    assert_eq!(events(&sent), 0, "PS-14.3-01: {sent}");
}

#[test]
fn a_node_that_is_made_again_has_nothing_of_the_one_before() {
    let mut bench = bench();
    subscribe(&mut bench, "blogs", &[]);
    bench.publish("a");
    assert!(
        bench
            .service
            .delete_node(NOW, &node("princely_musings"), None)
    );
    bench.sent();
    bench.add("princely_musings", NodeConfig::default());
    let sent = bench.wait(MINUTE);
    assert_eq!(sent, "", "PS-12.25-01");
}

#[test]
fn the_shorter_of_two_times_counts() {
    for times in [["0", "5000"], ["5000", "0"], ["9000", "5000"]] {
        let mut bench = bench();
        for time in times {
            subscribe(
                &mut bench,
                "princely_musings",
                &[("digest_frequency", time)],
            );
        }
        bench.publish("a");
        assert_eq!(bench.wait(Duration::from_millis(4_999)), "");
        let sent = bench.wait(Duration::from_millis(1));
        assert_eq!(events(&sent), 1, "PS-12.25-01, {times:?}: {sent}");
    }
}

#[test]
fn an_event_beside_a_digest_that_became_full_can_come_back() {
    let mut small = config();
    small.max_digest = 1;
    let mut bench = bench_of(small);
    subscribe(&mut bench, "princely_musings", &[]);
    let bernardo = "bernardo@denmark.lit";
    done(&bench.subscribe("bernardo@denmark.lit/x", bernardo));
    let sent = bench.publish("a");
    assert_eq!(to(&sent, FRANCISCO).len(), 1, "full at once: {sent}");
    let id = attribute(to(&sent, bernardo)[0], "id");
    bench.say(&format!(
        "<message type='error' from='{bernardo}' to='pubsub.shakespeare.lit' id='{id}'>\
         <error type='modify'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>"
    ));
    let count = bench.service.subscriber_count(&node("princely_musings"));
    assert_eq!(count, 1, "PS-12.4-02");
    assert!(
        bench
            .owner(OWNER, "get", "<subscriptions node='princely_musings'/>")
            .contains(FRANCISCO)
    );
}
