//! The last item, for those who come later: §3, §4.3, §6.1.7 and §6.5.5.

use std::time::Duration;

use xmpp_pubsub::service::{NodeConfig, SendLast};
use xmpp_pubsub::{Feature, ns};

use crate::common::{Bench, OWNER, READER, attribute, config, events, meaning, pubsub_result, to};

const FRANCISCO: &str = "francisco@denmark.lit";
const FEATURE: &str = "var=\"http://jabber.org/protocol/pubsub#last-published\"";

#[test]
fn a_new_subscriber_gets_the_newest_item_and_its_date() {
    let mut bench = Bench::open();
    bench.publish("a");
    bench.publish("b");
    bench.wait(Duration::from_secs(60));
    let sent = bench.subscribe(READER, FRANCISCO);
    let told = to(&sent, FRANCISCO)[0];
    let id = attribute(told, "id");
    let expected = format!(
        "<message from='pubsub.shakespeare.lit' to='{FRANCISCO}' id='{id}' type='headline'>\
         <event xmlns='{}'><items node='princely_musings'>\
         <item id='b'><entry xmlns='urn:e'/></item></items></event>\
         <delay xmlns='urn:xmpp:delay' stamp='2006-01-01T00:00:01Z'/></message>",
        ns::PUBSUB_EVENT
    );
    assert_eq!(meaning(told), meaning(&expected), "PS-6.1-25, PS-12.10-01");
    assert_eq!(events(&sent), 1, "PS-6.1-25: {sent}");
}

#[test]
fn where_every_node_sends_it_a_feature_says_so() {
    let mut bench = Bench::with(config(), NodeConfig::default());
    assert!(bench.info("").contains(FEATURE), "PS-6.1-26");
    let shown = bench.owner(OWNER, "get", "<default/>");
    assert!(
        shown.contains(
            "<field var=\"pubsub#send_last_published_item\" type=\"list-single\">\
             <value>on_sub_and_presence</value>"
        ),
        "PS-4.3-02: {shown}"
    );
    bench.publish("a");
    assert_eq!(events(&bench.subscribe(READER, FRANCISCO)), 1, "PS-4.3-02");
    assert_eq!(events(&bench.online(READER)), 1, "PS-4.3-02");
    bench.offline(READER);
    bench.configure(&[("send_last_published_item", "on_sub")]);
    assert_eq!(
        events(&bench.online(READER)),
        0,
        "PS-4.3-02: owners set it otherwise"
    );
    bench.configure(&[("send_last_published_item", "never")]);
    assert_eq!(
        events(&bench.subscribe("bernardo@denmark.lit/x", "bernardo@denmark.lit")),
        0,
        "PS-4.3-02: owners set it otherwise"
    );
    let off = config().with_feature(Feature::LAST_PUBLISHED, false);
    let defaults = off.node_defaults.clone();
    let mut bench = Bench::with(off, defaults);
    assert!(!bench.info("").contains(FEATURE), "PS-6.1-26");
    bench.publish("a");
    assert_eq!(events(&bench.subscribe(READER, FRANCISCO)), 0, "PS-6.1-26");
}

#[test]
fn it_is_the_subscriber_whose_presence_counts() {
    let mut bench = Bench::open();
    bench.publish("a");
    bench.subscribe(READER, FRANCISCO);
    let sent = bench.say(&format!(
        "<presence from='{OWNER}' to='pubsub.shakespeare.lit'/>"
    ));
    assert_eq!(sent, "", "PS-4.3-03: the publisher's brings nothing");
    let sent = bench.say(&format!(
        "<presence from='{READER}' to='pubsub.shakespeare.lit'/>"
    ));
    assert_eq!(
        (events(&sent), to(&sent, READER).len()),
        (1, 1),
        "PS-4.3-03: the subscriber's brings it to him: {sent}"
    );
}

#[test]
fn it_is_kept_even_where_nothing_is_stored() {
    let config_of_node = NodeConfig {
        persist_items: false,
        ..NodeConfig::default()
    };
    let mut bench = Bench::with(config(), config_of_node.clone());
    bench.publish("a");
    bench.publish("b");
    let sent = bench.subscribe(READER, FRANCISCO);
    assert!(
        to(&sent, FRANCISCO)[0].contains("<item id=\"b\"><entry xmlns=\"urn:e\"/></item>"),
        "PS-3-07: {sent}"
    );
    let answer = bench.pubsub(READER, "get", "<items node='princely_musings'/>");
    let item = "<items node='princely_musings'><item id='b'><entry xmlns='urn:e'/></item></items>";
    assert_eq!(meaning(&answer), pubsub_result(READER, item), "PS-6.5-08");
    let mut bench = Bench::with(config(), config_of_node.with_send_last(SendLast::Never));
    bench.publish("a");
    let sent = bench.subscribe(READER, FRANCISCO);
    assert_eq!(events(&sent), 0, "PS-3-07: as the node is set: {sent}");
}

#[test]
fn an_address_gets_it_once_however_many_subscriptions_it_has() {
    let mut bench = Bench::with(config().with_multi_subscribe(true), NodeConfig::default());
    bench.publish("a");
    let first = bench.subscribe(READER, FRANCISCO);
    assert_eq!(events(&first), 1, "T21: {first}");
    let second = bench.subscribe(READER, FRANCISCO);
    assert_eq!(events(&second), 0, "T21: {second}");
    let sent = bench.online(READER);
    let subids = [first, second].map(|answer| attribute(&answer, "subid"));
    assert_eq!(events(&sent), 1, "T21: {sent}");
    assert!(
        subids
            .iter()
            .all(|subid| sent.contains(&format!("<header name=\"SubID\">{subid}</header>"))),
        "T21: {sent}"
    );
}

#[test]
fn it_is_the_newest_where_none_was_sent_for_a_while() {
    for persist_items in [true, false] {
        let config_of_node = NodeConfig {
            persist_items,
            ..NodeConfig::default().with_max_items(10)
        };
        let mut bench = Bench::with(config(), config_of_node);
        bench.publish("a");
        bench.configure(&[("send_last_published_item", "never")]);
        bench.publish("b");
        bench.configure(&[("send_last_published_item", "on_sub")]);
        let sent = bench.subscribe(READER, FRANCISCO);
        assert!(!sent.contains("<item id=\"a\">"), "PS-12.10-01: {sent}");
        assert_eq!(
            sent.contains("<item id=\"b\">"),
            persist_items,
            "PS-12.10-01: nobody has what was not kept: {sent}"
        );
    }
}
