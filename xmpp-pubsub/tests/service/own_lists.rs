//! What an entity is subscribed to, and what it is to nodes: §5.6 and §5.7.

use std::time::Duration;

use xmpp_pubsub::client::{Config, PubSub};
use xmpp_pubsub::service::NodeConfig;
use xmpp_pubsub::{Feature, ns};

use crate::common::{
    Bench, OWNER, READER, attribute, config, error, jid, meaning, node, pubsub_result, row,
};

const FRANCISCO: &str = "francisco@denmark.lit";

#[test]
fn the_list_spans_all_nodes_and_all_addresses_of_the_account() {
    let mut bench = Bench::open();
    bench.add("another", NodeConfig::default());
    for (node, from, address) in [
        ("princely_musings", READER, FRANCISCO),
        ("princely_musings", READER, READER),
        ("another", READER, "francisco@denmark.lit/walls"),
        ("another", "bernardo@denmark.lit/x", "bernardo@denmark.lit"),
    ] {
        bench.pubsub(
            from,
            "set",
            &format!("<subscribe node='{node}' jid='{address}'/>"),
        );
    }
    let asker = "francisco@denmark.lit/elsewhere";
    let answer = bench.pubsub(asker, "get", "<subscriptions/>");
    let expected = "<subscriptions>\
        <subscription node='another' jid='francisco@denmark.lit/walls' subscription='subscribed'/>\
        <subscription node='princely_musings' jid='francisco@denmark.lit' subscription='subscribed'/>\
        <subscription node='princely_musings' jid='francisco@denmark.lit/barracks' subscription='subscribed'/>\
        </subscriptions>";
    assert_eq!(
        meaning(&answer),
        pubsub_result(asker, expected),
        "PS-5.6-01, PS-5.6-03"
    );
}

#[test]
fn a_client_asks_by_an_empty_element_or_by_a_node() {
    let mut client = PubSub::new(Config::new(jid("pubsub.shakespeare.lit"), 1));
    client.subscriptions(Duration::ZERO, None);
    client.subscriptions(Duration::ZERO, Some(&node("node6")));
    let sent = [(); 2].map(|()| {
        let stanza = client.poll_transmit().unwrap();
        String::from_utf8(stanza.to_bytes().to_vec()).unwrap()
    });
    for (sent, element) in sent
        .iter()
        .zip(["<subscriptions/>", "<subscriptions node='node6'/>"])
    {
        let id = attribute(sent, "id");
        let expected = format!(
            "<iq type='get' to='pubsub.shakespeare.lit' id='{id}'>\
             <pubsub xmlns='{}'>{element}</pubsub></iq>",
            ns::PUBSUB
        );
        assert_eq!(meaning(sent), meaning(&expected), "PS-5.6-02, PS-5.6-06");
    }
    let mut bench = Bench::open();
    let answer = bench.pubsub(READER, "set", "<subscriptions/>");
    assert_eq!(
        error(&answer),
        row("modify", "bad-request", ""),
        "PS-5.6-02: a set is none"
    );
}

#[test]
fn a_node_narrows_the_list_of_subscriptions() {
    let mut bench = Bench::new(config().with_multi_subscribe(true));
    bench.add("node5", NodeConfig::default());
    bench.add("node6", NodeConfig::default());
    let [one, two, _] = ["node6", "node6", "node5"].map(|node| {
        let subscribe = format!("<subscribe node='{node}' jid='{FRANCISCO}'/>");
        attribute(&bench.pubsub(READER, "set", &subscribe), "subid")
    });
    let answer = bench.pubsub(READER, "get", "<subscriptions node='node6'/>");
    let expected = format!(
        "<subscriptions node='node6'>\
         <subscription node='node6' jid='{FRANCISCO}' subscription='subscribed' subid='{one}'/>\
         <subscription node='node6' jid='{FRANCISCO}' subscription='subscribed' subid='{two}'/>\
         </subscriptions>"
    );
    assert_eq!(
        meaning(&answer),
        pubsub_result(READER, &expected),
        "PS-5.6-06, PS-5.6-04, PS-6.1-20"
    );
}

#[test]
fn no_subscriptions_and_no_support() {
    let answer = Bench::open().pubsub(READER, "get", "<subscriptions/>");
    assert_eq!(
        meaning(&answer),
        pubsub_result(READER, "<subscriptions/>"),
        "PS-5.6-05"
    );
    let off = config().with_feature(Feature::RETRIEVE_SUBSCRIPTIONS, false);
    let answer = Bench::new(off).pubsub(READER, "get", "<subscriptions/>");
    assert_eq!(
        error(&answer),
        row(
            "cancel",
            "feature-not-implemented",
            "unsupported[retrieve-subscriptions]"
        ),
        "PS-5.6-05"
    );
}

#[test]
fn affiliations_of_all_nodes_or_one() {
    let mut bench = Bench::open();
    bench.add("node5", NodeConfig::default());
    bench.add("node6", NodeConfig::default());
    bench.affiliate(FRANCISCO, "publisher");
    let outcast = format!("<affiliation jid='{FRANCISCO}' affiliation='outcast'/>");
    bench.owner(
        OWNER,
        "set",
        &format!("<affiliations node='node5'>{outcast}</affiliations>"),
    );
    let all = bench.pubsub(READER, "get", "<affiliations/>");
    let expected = "<affiliations><affiliation node='node5' affiliation='outcast'/>\
        <affiliation node='princely_musings' affiliation='publisher'/></affiliations>";
    assert_eq!(
        meaning(&all),
        pubsub_result(READER, expected),
        "PS-5.7-01, PS-5.7-02"
    );
    let one = bench.pubsub(READER, "get", "<affiliations node='node5'/>");
    let expected = "<affiliations node='node5'>\
        <affiliation node='node5' affiliation='outcast'/></affiliations>";
    assert_eq!(meaning(&one), pubsub_result(READER, expected), "PS-5.7-04");
    let none = bench.pubsub(READER, "get", "<affiliations node='node6'/>");
    assert_eq!(
        meaning(&none),
        pubsub_result(READER, "<affiliations node='node6'/>"),
        "PS-5.7-04"
    );
}

#[test]
fn no_affiliations_and_no_support() {
    let answer = Bench::open().pubsub(READER, "get", "<affiliations/>");
    assert_eq!(
        meaning(&answer),
        pubsub_result(READER, "<affiliations/>"),
        "PS-5.7-03"
    );
    let off = config().with_feature(Feature::RETRIEVE_AFFILIATIONS, false);
    let answer = Bench::new(off).pubsub(READER, "get", "<affiliations/>");
    assert_eq!(
        error(&answer),
        row(
            "cancel",
            "feature-not-implemented",
            "unsupported[retrieve-affiliations]"
        ),
        "PS-5.7-03"
    );
}
