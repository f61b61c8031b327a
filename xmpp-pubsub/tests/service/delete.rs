//! Nodes that are deleted. XEP-0060 §8.4.

use xmpp_pubsub::Feature;
use xmpp_pubsub::service::{AccessModel, Configuration, NodeConfig};

use crate::common::{Bench, OWNER, READER, config, done, node};
use crate::wire::{all, empty_result, event, fault, ids, kept, missing, offers, without, xml};

const DELETE: &str = "<delete node='princely_musings'/>";

#[test]
fn what_can_be_made_can_be_deleted() {
    let mut bench = Bench::open();
    assert!(
        offers(&mut bench, "create-nodes") && offers(&mut bench, "delete-nodes"),
        "PS-8.4-01"
    );
    bench.publish("a");
    let answer = bench.say(
        "<iq type='set' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='delete1'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>\
         <delete node='princely_musings'/></pubsub></iq>",
    );
    assert_eq!(
        all(&answer),
        [xml(
            "<iq type='result' from='pubsub.shakespeare.lit' to='hamlet@denmark.lit/elsinore' id='delete1'/>"
        )],
        "PS-8.4-02, examples 157 and 159"
    );
    assert!(
        !bench.service.contains_node(&node("princely_musings")),
        "PS-8.4-01"
    );
    done(&bench.pubsub(OWNER, "set", "<create node='princely_musings'/>"));
    assert_eq!(kept(&mut bench).len(), 0, "PS-8.4-01: its items went too");
    let elsewhere = bench.pubsub(OWNER, "set", DELETE);
    assert_eq!(
        fault(&elsewhere),
        "modify bad-request",
        "PS-8.4-02: not the namespace"
    );
}

#[test]
fn all_subscribers_learn_of_the_end_after_the_owner_does() {
    let mut config = config();
    config.configuration = Configuration::Required;
    let authorize = NodeConfig::default().with_access_model(AccessModel::Authorize);
    let mut bench = Bench::with(config, authorize);
    done(&bench.owner(
        OWNER,
        "set",
        "<affiliations node='princely_musings'>\
         <affiliation jid='bernardo@denmark.lit' affiliation='member'/></affiliations>",
    ));
    let unconfigured = bench.subscribe("bernardo@denmark.lit/x", "bernardo@denmark.lit");
    assert!(
        unconfigured.contains("subscription=\"unconfigured\""),
        "PS-8.4-03: {unconfigured}"
    );
    let pending = bench.subscribe(READER, "francisco@denmark.lit");
    assert!(
        pending.contains("subscription=\"pending\""),
        "PS-8.4-03: {pending}"
    );
    let options = "<subscribe node='princely_musings' jid='hamlet@denmark.lit'/><options>\
                   <x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>\
                   <value>http://jabber.org/protocol/pubsub#subscribe_options</value></field>\
                   <field var='pubsub#deliver'><value>0</value></field></x></options>";
    done(&bench.pubsub(OWNER, "set", options));
    let uri = "xmpp:hamlet@denmark.lit?;node=blog";
    let redirect = format!("<redirect uri='{uri}'/>");
    let delete = format!("<delete node='princely_musings'>{redirect}</delete>");
    let told = |to| event(to, &delete);
    assert_eq!(
        all(&bench.owner(OWNER, "set", &delete)),
        [
            empty_result(),
            told("bernardo@denmark.lit"),
            told("francisco@denmark.lit"),
            told("hamlet@denmark.lit"),
        ],
        "PS-8.4-02, PS-8.4-03, examples 158 to 160: whoever waits, and whoever wants no events"
    );
    let later = bench.subscribe("horatio@denmark.lit/x", "horatio@denmark.lit");
    let gone = format!(
        "<iq type='error' from='pubsub.shakespeare.lit' to='horatio@denmark.lit/x' id='i/1'>\
         <error type='modify'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>{uri}</gone>\
         </error></iq>"
    );
    assert_eq!(all(&later), [xml(&gone)], "PS-8.4-04");
}

#[test]
fn a_name_that_is_taken_anew_sends_nobody_on() {
    let mut bench = Bench::open();
    let delete = "<delete node='princely_musings'><redirect uri='xmpp:denmark.lit'/></delete>";
    done(&bench.owner(OWNER, "set", delete));
    let answer = bench.subscribe(READER, "francisco@denmark.lit");
    assert_eq!(fault(&answer), "modify gone", "PS-8.4-04");
    done(&bench.pubsub(OWNER, "set", "<create node='princely_musings'/>"));
    let answer = bench.subscribe(READER, "francisco@denmark.lit");
    assert!(
        answer.contains("subscription=\"subscribed\""),
        "PS-8.4-04: {answer}"
    );
    // Nor does a node that just went.
    done(&bench.owner(OWNER, "set", DELETE));
    let answer = bench.subscribe(READER, "francisco@denmark.lit");
    assert_eq!(fault(&answer), "cancel item-not-found", "PS-8.4-04");
}

#[test]
fn an_owner_may_have_set_the_node_to_end_in_silence() {
    for (set, told) in [
        (NodeConfig::default(), true),
        (
            NodeConfig {
                notify_delete: false,
                ..NodeConfig::default()
            },
            false,
        ),
        // These are about events as long as there is a node.
        (
            NodeConfig {
                deliver_notifications: false,
                ..NodeConfig::default()
            },
            true,
        ),
        (
            NodeConfig {
                presence_based_delivery: true,
                ..NodeConfig::default()
            },
            true,
        ),
    ] {
        for collections in [false, true] {
            let config = config().with_feature(Feature::COLLECTIONS, collections);
            let mut bench = Bench::with(config, set.clone());
            if collections {
                // Somebody listens above, so that both ways to find subscribers are gone.
                let above = NodeConfig::collection();
                bench.add("blogs", above);
                let associate =
                    "<collection node='blogs'><associate node='princely_musings'/></collection>";
                done(&bench.owner(OWNER, "set", associate));
                let subscribe = "<subscribe node='blogs' jid='hamlet@denmark.lit/elsinore'/>";
                done(&bench.pubsub(OWNER, "set", subscribe));
            }
            bench.subscribe(READER, "francisco@denmark.lit");
            let sent = all(&bench.owner(OWNER, "set", DELETE));
            assert_eq!(
                sent.contains(&event("francisco@denmark.lit", DELETE)),
                told,
                "PS-8.4-03: {collections} {set:?}"
            );
        }
    }
}

#[test]
fn a_deletion_that_cannot_be_is_refused() {
    let mut bench = Bench::open();
    bench.publish("a");
    for (from, content, expected) in [
        (READER, DELETE, "auth forbidden"),
        (OWNER, "<delete node='none'/>", "cancel item-not-found"),
        (OWNER, "<delete/>", "modify bad-request nodeid-required"),
    ] {
        let answer = bench.owner(from, "set", content);
        assert_eq!(fault(&answer), expected, "PS-8.4-05: {from} {content}");
    }
    let items = bench.pubsub(READER, "get", "<items node='princely_musings'/>");
    assert_eq!(ids(&items, "item"), ["a"], "PS-8.4-05: it is all there");
    // The root collection stays.
    let mut bench = Bench::new(config().with_feature(Feature::COLLECTIONS, true));
    for content in ["<delete/>", "<delete node=''/>"] {
        let answer = bench.owner(OWNER, "set", content);
        assert_eq!(fault(&answer), "cancel not-allowed", "PS-8.4-05: {content}");
    }
    let mut bench = without(Feature::DELETE_NODES);
    assert!(!offers(&mut bench, "delete-nodes"), "PS-8.4-01");
    let answer = bench.owner(OWNER, "set", DELETE);
    assert_eq!(fault(&answer), missing("delete-nodes"), "PS-8.4-01");
}
