//! Deleting items. XEP-0060 §7.2 and §8.5.

use xmpp_pubsub::Feature;
use xmpp_pubsub::pubsub::Affiliation;
use xmpp_pubsub::service::NodeConfig;

use crate::common::{Bench, NOW, OWNER, READER, config, done, jid, node};
use crate::wire::{
    all, empty_result, event, fault, kept, messages, missing, offers, values, without, xml,
};

const RETRACT_A: &str = "<retract node='princely_musings'><item id='a'/></retract>";

#[test]
fn an_item_is_retracted_by_its_name() {
    let mut bench = Bench::open();
    assert!(offers(&mut bench, "delete-items"), "PS-7.2-01");
    bench.publish("a");
    bench.publish("ae890ac52d0df67ed7cfdf51b644e901");
    let answer = bench.say(
        "<iq type='set' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='retract1'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub'><retract node='princely_musings'>\
         <item id='ae890ac52d0df67ed7cfdf51b644e901'/></retract></pubsub></iq>",
    );
    assert_eq!(
        all(&answer),
        [xml(
            "<iq type='result' from='pubsub.shakespeare.lit' to='hamlet@denmark.lit/elsinore' id='retract1'/>"
        )],
        "PS-7.2-02, examples 115 and 116"
    );
    assert_eq!(kept(&mut bench), ["a"], "PS-7.2-01, PS-7.2-03");
    let asked = bench.pubsub(OWNER, "get", RETRACT_A);
    assert_eq!(fault(&asked), "modify bad-request", "PS-7.2-02: not a set");
    assert_eq!(kept(&mut bench), ["a"], "PS-7.2-02");
}

#[test]
fn several_items_are_retracted_at_once_only_where_batches_are_on() {
    let two = "<retract node='princely_musings'><item id='a'/><item id='b'/></retract>";
    let mut bench = Bench::open();
    bench.publish("a");
    bench.publish("b");
    let answer = bench.pubsub(OWNER, "set", two);
    assert_eq!(
        fault(&answer),
        "cancel not-allowed max-items-exceeded",
        "PS-7.2-02, T1"
    );
    assert_eq!(kept(&mut bench), ["a", "b"], "T1");

    let mut config = config();
    config.batches = true;
    let mut bench = Bench::with(config, NodeConfig::default().with_max_items(10));
    bench.publish("a");
    let answer = bench.pubsub(OWNER, "set", two);
    assert_eq!(fault(&answer), "cancel item-not-found", "T1: b is missing");
    assert_eq!(kept(&mut bench), ["a"], "T1: all or nothing");
    bench.publish("b");
    bench.subscribe(READER, "francisco@denmark.lit");
    assert_eq!(
        messages(&bench.pubsub(OWNER, "set", two)),
        [event(
            "francisco@denmark.lit",
            "<items node='princely_musings'><retract id='a'/><retract id='b'/></items>"
        )],
        "T1: in one event"
    );
    assert_eq!(kept(&mut bench).len(), 0, "T1");
    bench.publish("a");
    let twice = "<retract node='princely_musings'><item id='a'/><item id='a'/></retract>";
    assert_eq!(
        messages(&bench.pubsub(OWNER, "set", twice)),
        [event(
            "francisco@denmark.lit",
            "<items node='princely_musings'><retract id='a'/></items>"
        )],
        "T1: who names an item twice means one"
    );
}

#[test]
fn a_retract_is_told_if_the_publisher_or_the_node_wants_it() {
    for (notify, node_tells, told) in [
        (" notify='true'", false, true),
        (" notify='1'", false, true),
        (" notify='false'", false, false),
        ("", false, false),
        ("", true, true),
        (" notify='true'", true, true),
        (" notify='0'", true, true),
    ] {
        let set = NodeConfig {
            notify_retract: node_tells,
            ..NodeConfig::default().with_max_items(10)
        };
        let mut bench = Bench::with(config(), set);
        bench.publish("a");
        bench.subscribe(READER, "francisco@denmark.lit");
        bench.subscribe("bernardo@denmark.lit/x", "bernardo@denmark.lit");
        let retract = format!("<retract node='princely_musings'{notify}><item id='a'/></retract>");
        let gone = "<items node='princely_musings'><retract id='a'/></items>";
        let mut expected = vec![empty_result()];
        if told {
            expected.extend(
                ["bernardo@denmark.lit", "francisco@denmark.lit"].map(|to| event(to, gone)),
            );
        }
        assert_eq!(
            all(&bench.pubsub(OWNER, "set", &retract)),
            expected,
            "PS-7.2-03, PS-7.2-04, T11, example 117: {notify} {node_tells}"
        );
        assert_eq!(kept(&mut bench).len(), 0, "PS-7.2-03");
    }
}

#[test]
fn a_retract_that_cannot_be_is_refused() {
    let mut bench = Bench::open();
    bench.add("transient", NodeConfig::transient());
    bench.publish("a");
    let item = "<item id='a'/>";
    let here = "node='princely_musings'";
    for (from, node, items, expected) in [
        (READER, here, item, "auth forbidden"),
        (OWNER, "node='none'", item, "cancel item-not-found"),
        (OWNER, here, "<item id='b'/>", "cancel item-not-found"),
        (OWNER, "", item, "modify bad-request nodeid-required"),
        (OWNER, here, "", "modify bad-request item-required"),
        (OWNER, here, "<item/>", "modify bad-request item-required"),
        (
            OWNER,
            "node='transient'",
            item,
            "cancel feature-not-implemented unsupported[persistent-items]",
        ),
    ] {
        let content = format!("<retract {node}>{items}</retract>");
        let answer = bench.pubsub(from, "set", &content);
        assert_eq!(fault(&answer), expected, "PS-7.2-06: {content}");
    }
    assert_eq!(kept(&mut bench), ["a"], "PS-7.2-06");
    for (feature, name) in [
        (Feature::DELETE_ITEMS, "delete-items"),
        (Feature::PERSISTENT_ITEMS, "persistent-items"),
    ] {
        let mut bench = without(feature);
        assert!(!offers(&mut bench, "delete-items"), "PS-7.2-01: {name}");
        let answer = bench.pubsub(OWNER, "set", RETRACT_A);
        assert_eq!(fault(&answer), missing(name), "PS-7.2-06: {name}");
    }
}

#[test]
fn who_only_publishes_retracts_only_his_own() {
    let mut bench = Bench::open();
    bench.publish("a");
    let name = node("princely_musings");
    let bernardo = "bernardo@denmark.lit/tower";
    bench
        .service
        .set_affiliation(NOW, &name, &jid(bernardo), Affiliation::PublishOnly)
        .unwrap();
    let publish =
        "<publish node='princely_musings'><item id='b'><entry xmlns='urn:e'/></item></publish>";
    done(&bench.pubsub(bernardo, "set", publish));
    let answer = bench.pubsub(bernardo, "set", RETRACT_A);
    assert_eq!(fault(&answer), "auth forbidden", "PS-7.2-06: not his");
    let own = "<retract node='princely_musings'><item id='b'/></retract>";
    done(&bench.pubsub(bernardo, "set", own));
    assert_eq!(kept(&mut bench), ["a"], "PS-7.2-06");
}

#[test]
fn publishers_reach_the_items_of_others_where_that_is_allowed() {
    for (allowed, expected) in [(true, "result"), (false, "error")] {
        let mut config = config();
        config.publishers_delete_all = allowed;
        let mut bench = Bench::with(config, NodeConfig::default().with_max_items(10));
        bench.publish("a");
        let name = node("princely_musings");
        let bernardo = "bernardo@denmark.lit/tower";
        bench
            .service
            .set_affiliation(NOW, &name, &jid(bernardo), Affiliation::Publisher)
            .unwrap();
        for answer in [
            bench.pubsub(bernardo, "set", RETRACT_A),
            bench.owner(bernardo, "set", "<purge node='princely_musings'/>"),
        ] {
            assert_eq!(
                values(&answer, "iq", " type"),
                [expected],
                "PS-7.2-06, PS-8.5-03: {answer}"
            );
        }
    }
}

#[test]
fn all_items_can_be_deleted_at_once() {
    let mut bench = Bench::open();
    assert!(offers(&mut bench, "purge-nodes"), "PS-8.5-01");
    for id in ["a", "b", "c"] {
        bench.publish(id);
    }
    bench.subscribe(READER, "francisco@denmark.lit");
    bench.subscribe("bernardo@denmark.lit/x", "bernardo@denmark.lit");
    let answer = bench.say(
        "<iq type='set' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='i/1'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>\
         <purge node='princely_musings'/></pubsub></iq>",
    );
    let purge = "<purge node='princely_musings'/>";
    assert_eq!(
        all(&answer),
        [
            empty_result(),
            event("bernardo@denmark.lit", purge),
            event("francisco@denmark.lit", purge)
        ],
        "PS-8.5-02, examples 163 and 165"
    );
    assert_eq!(kept(&mut bench).len(), 0, "PS-8.5-01");
    let set = NodeConfig {
        notify_retract: false,
        ..NodeConfig::default()
    };
    let mut bench = Bench::with(config(), set);
    bench.publish("a");
    bench.subscribe(READER, "francisco@denmark.lit");
    let answer = bench.owner(OWNER, "set", purge);
    assert_eq!(
        all(&answer),
        [empty_result()],
        "PS-8.5-02, T11: the node does not tell it"
    );
    assert_eq!(kept(&mut bench).len(), 0, "PS-8.5-01");
}

#[test]
fn a_purge_that_cannot_be_is_refused() {
    let mut bench = Bench::open();
    bench.add("transient", NodeConfig::transient());
    bench.publish("a");
    for (from, node, expected) in [
        (READER, "node='princely_musings'", "auth forbidden"),
        (OWNER, "node='none'", "cancel item-not-found"),
        (OWNER, "", "modify bad-request nodeid-required"),
        (
            OWNER,
            "node='transient'",
            "cancel feature-not-implemented unsupported[persistent-items]",
        ),
    ] {
        let answer = bench.owner(from, "set", &format!("<purge {node}/>"));
        assert_eq!(fault(&answer), expected, "PS-8.5-03: {from} {node}");
    }
    assert_eq!(kept(&mut bench), ["a"], "PS-8.5-03");
    for (feature, name) in [
        (Feature::PURGE_NODES, "purge-nodes"),
        (Feature::PERSISTENT_ITEMS, "persistent-items"),
    ] {
        let mut bench = without(feature);
        assert!(!offers(&mut bench, "purge-nodes"), "PS-8.5-01: {name}");
        let answer = bench.owner(OWNER, "set", "<purge node='princely_musings'/>");
        assert_eq!(fault(&answer), missing(name), "PS-8.5-03: {name}");
    }
}
