//! The end of a subscription: §6.2.

use std::time::Duration;

use xmpp_pubsub::client::{Config as ClientConfig, PubSub};
use xmpp_pubsub::service::{AccessModel, NodeConfig};
use xmpp_pubsub::{SubId, ns};

use crate::common::{
    Bench, OWNER, READER, attribute, config, error, events, jid, meaning, node, pubsub_result,
    result, row,
};

const FRANCISCO: &str = "francisco@denmark.lit";
const OWN: &str = "<unsubscribe node='princely_musings' jid='francisco@denmark.lit'/>";

#[test]
fn a_client_names_node_address_and_subid() {
    let mut client = PubSub::new(ClientConfig::new(jid("pubsub.shakespeare.lit"), 1));
    let subid = SubId::new("ba49252aaa4f5d320c24d3766f0bdcade78c78d3").unwrap();
    let name = node("princely_musings");
    client.unsubscribe(Duration::ZERO, &name, jid(FRANCISCO), None);
    client.unsubscribe(Duration::ZERO, &name, jid(FRANCISCO), Some(subid));
    for subid in ["", " subid='ba49252aaa4f5d320c24d3766f0bdcade78c78d3'"] {
        let sent = client.poll_transmit().unwrap();
        let sent = String::from_utf8(sent.to_bytes().to_vec()).unwrap();
        let expected = format!(
            "<iq type='set' to='pubsub.shakespeare.lit' id='{}'><pubsub xmlns='{}'>\
             <unsubscribe node='princely_musings' jid='{FRANCISCO}'{subid}/></pubsub></iq>",
            attribute(&sent, "id"),
            ns::PUBSUB
        );
        assert_eq!(meaning(&sent), meaning(&expected), "PS-6.2-01");
    }
}

#[test]
fn the_end_is_confirmed_and_no_event_comes_any_more() {
    let mut bench = Bench::open();
    bench.subscribe(READER, FRANCISCO);
    let answer = bench.pubsub(READER, "set", OWN);
    assert_eq!(meaning(&answer), result(READER, ""), "PS-6.2-02");
    assert_eq!(events(&bench.publish("a")), 0, "PS-6.2-02");
    let list = bench.pubsub(READER, "get", "<subscriptions/>");
    assert_eq!(
        meaning(&list),
        pubsub_result(READER, "<subscriptions/>"),
        "PS-6.2-02"
    );
}

#[test]
fn a_subid_that_nobody_needs_does_no_harm() {
    let mut bench = Bench::open();
    bench.subscribe(READER, FRANCISCO);
    let answer = bench.pubsub(
        READER,
        "set",
        &format!("<unsubscribe node='princely_musings' jid='{FRANCISCO}' subid='x'/>"),
    );
    assert_eq!(meaning(&answer), result(READER, ""), "PS-6.2-07");
    assert_eq!(events(&bench.publish("a")), 0, "PS-6.2-07");
}

#[test]
fn ends_that_are_refused() {
    let mut bench = Bench::open();
    assert_eq!(
        error(&bench.pubsub(READER, "set", OWN)),
        row("cancel", "unexpected-request", "not-subscribed"),
        "PS-6.2-04"
    );
    bench.subscribe(READER, FRANCISCO);
    for session in ["bernardo@denmark.lit/x", OWNER] {
        assert_eq!(
            error(&bench.pubsub(session, "set", OWN)),
            row("auth", "forbidden", ""),
            "PS-6.2-05: {session}"
        );
    }
    assert_eq!(
        events(&bench.publish("a")),
        1,
        "PS-6.2-05: it is still there"
    );
    // Another session of his is another address.
    let full = OWN.replace(FRANCISCO, READER);
    assert_eq!(
        error(&bench.pubsub(READER, "set", &full)),
        row("cancel", "unexpected-request", "not-subscribed"),
        "PS-6.2-04"
    );
    let absent = OWN.replace("princely_musings", "absent");
    assert_eq!(
        error(&bench.pubsub(READER, "set", &absent)),
        row("cancel", "item-not-found", ""),
        "PS-6.2-06"
    );
}

#[test]
fn a_node_that_is_hidden_is_answered_for_like_none() {
    let mut hiding = config();
    hiding.hide_closed_nodes = true;
    let closed = NodeConfig::default().with_access_model(AccessModel::Whitelist);
    let mut bench = Bench::with(hiding, closed);
    bench.affiliate("bernardo@denmark.lit", "member");
    bench.subscribe("bernardo@denmark.lit/x", "bernardo@denmark.lit");
    for address in [FRANCISCO, "bernardo@denmark.lit"] {
        for (kind, element) in [
            ("set", "unsubscribe"),
            ("get", "options"),
            ("set", "options"),
        ] {
            let [there, not] = ["princely_musings", "absent"].map(|node| {
                let content = format!("<{element} node='{node}' jid='{address}'/>");
                error(&bench.pubsub(READER, kind, &content))
            });
            assert_eq!(there, not, "PS-14.5-01: {kind} {element} {address}");
        }
    }
    let own = "<unsubscribe node='princely_musings' jid='bernardo@denmark.lit'/>";
    let answer = bench.pubsub("bernardo@denmark.lit/x", "set", own);
    assert!(answer.contains(" type=\"result\""), "PS-14.5-01: {answer}");
}
