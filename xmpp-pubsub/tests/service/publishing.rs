//! Publishing. XEP-0060 §7.1.

use xmpp_pubsub::Feature;
use xmpp_pubsub::service::{ItemReply, NodeConfig, NodeFull};

use crate::common::{Bench, OWNER, READER, config, done, node};
use crate::wire::{
    all, empty_result, event, fault, ids, kept, messages, missing, offers, submit, values, without,
    xml,
};

#[test]
fn a_publish_is_a_set_that_names_its_node() {
    let mut bench = Bench::open();
    assert!(offers(&mut bench, "publish"), "PS-7.1-01");
    let answer = bench.say(
        "<iq type='set' from='hamlet@denmark.lit/blogbot' to='pubsub.shakespeare.lit' id='publish1'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='princely_musings'>\
         <item id='bnd81g37d61f49fgn581'><entry xmlns='http://www.w3.org/2005/Atom'>\
         <title>Soliloquy</title></entry></item></publish></pubsub></iq>",
    );
    assert_eq!(
        all(&answer),
        [xml(
            "<iq type='result' from='pubsub.shakespeare.lit' to='hamlet@denmark.lit/blogbot' id='publish1'/>"
        )],
        "PS-7.1-02, PS-7.1-05, example 98"
    );
    assert_eq!(kept(&mut bench), ["bnd81g37d61f49fgn581"], "PS-7.1-01");
    let item = "<item><entry xmlns='urn:e'/></item>";
    let here = format!("<publish node='princely_musings'>{item}</publish>");
    let asked = bench.pubsub(OWNER, "get", &here);
    assert_eq!(fault(&asked), "modify bad-request", "PS-7.1-02: not a set");
    let nowhere = bench.pubsub(OWNER, "set", &format!("<publish>{item}</publish>"));
    assert_eq!(
        fault(&nowhere),
        "modify bad-request nodeid-required",
        "PS-7.1-02: no node"
    );
    assert_eq!(kept(&mut bench).len(), 1, "PS-7.1-02");

    let mut bench = without(Feature::PUBLISH);
    assert!(!offers(&mut bench, "publish"), "PS-7.1-01: it is off");
    let answer = bench.publish("a");
    assert_eq!(fault(&answer), missing("publish"), "PS-7.1-01, example 106");
}

#[test]
fn a_publish_holds_one_item_or_none() {
    let mut bench = Bench::open();
    let item = "<item><entry xmlns='urn:e'/></item>";
    let mut publish = |node: &str, items: &str| {
        let content = format!("<publish node='{node}'>{items}</publish>");
        bench.pubsub(OWNER, "set", &content)
    };
    done(&publish("princely_musings", item));
    let two = publish("princely_musings", &item.repeat(2));
    assert_eq!(
        fault(&two),
        "cancel not-allowed max-items-exceeded",
        "PS-7.1-03, T1: two items, and batches are off"
    );
    assert_eq!(kept(&mut bench).len(), 1, "PS-7.1-03");
    let signal = NodeConfig {
        deliver_payloads: false,
        ..NodeConfig::transient()
    };
    bench.add("elsinore_doorbell", signal);
    bench.pubsub(
        READER,
        "set",
        "<subscribe node='elsinore_doorbell' jid='francisco@denmark.lit'/>",
    );
    let none = bench.pubsub(OWNER, "set", "<publish node='elsinore_doorbell'/>");
    assert_eq!(
        all(&none),
        [
            empty_result(),
            event("francisco@denmark.lit", "<items node='elsinore_doorbell'/>")
        ],
        "PS-7.1-03: no item on a node that wants none"
    );
}

#[test]
fn a_batch_is_taken_whole_or_not_at_all_where_it_is_on() {
    let mut config = config();
    config.batches = true;
    let mut bench = Bench::with(config, NodeConfig::default().with_max_items(10));
    bench.subscribe(READER, "francisco@denmark.lit");
    let mut publish = |items: &str| {
        let content = format!("<publish node='princely_musings'>{items}</publish>");
        bench.pubsub(OWNER, "set", &content)
    };
    let item = |id: &str| format!("<item id='{id}'><entry xmlns='urn:e'/></item>");
    let spoilt = publish(&format!("{}{}<item id='c'/>", item("a"), item("b")));
    assert_eq!(
        fault(&spoilt),
        "modify bad-request payload-required",
        "T1: the third lacks what the node wants"
    );
    let taken = publish(&format!("{}{}", item("a"), item("b")));
    let entry = "<entry xmlns='urn:e'/>";
    assert_eq!(
        all(&taken),
        [
            empty_result(),
            event(
                "francisco@denmark.lit",
                &format!(
                    "<items node='princely_musings'><item id='a'>{entry}</item>\
                     <item id='b'>{entry}</item></items>"
                )
            )
        ],
        "T1: two items in one event"
    );
    assert_eq!(kept(&mut bench), ["a", "b"], "T1: and nothing of the first");
}

#[test]
fn an_item_without_a_name_is_given_one() {
    let mut bench = Bench::open();
    bench.subscribe(READER, "francisco@denmark.lit");
    let named = bench.publish("ae890ac52d0df67ed7cfdf51b644e901");
    assert_eq!(
        ids(&named, "item"),
        ["ae890ac52d0df67ed7cfdf51b644e901"],
        "PS-7.1-04: the publisher's name, in the event alone"
    );
    let publish = "<publish node='princely_musings'><item><entry xmlns='urn:e'/></item></publish>";
    let mut made = Vec::new();
    for _ in 0..2 {
        let sent = bench.pubsub(OWNER, "set", publish);
        let [told, seen] = ids(&sent, "item").try_into().unwrap();
        assert_eq!(
            told, seen,
            "PS-7.1-05: the result names it as the event does"
        );
        let expected = format!(
            "<iq type='result' from='pubsub.shakespeare.lit' to='hamlet@denmark.lit/elsinore' id='i/1'>\
             <pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='princely_musings'>\
             <item id='{told}'/></publish></pubsub></iq>"
        );
        assert_eq!(all(&sent)[0], xml(&expected), "PS-7.1-05, example 99");
        made.push(told);
    }
    assert_ne!(made[0], made[1], "PS-7.1-30: unique in the node");
    assert_eq!(
        kept(&mut bench)[1..],
        made,
        "PS-7.1-30: and kept under that name"
    );
}

#[test]
fn a_name_that_is_taken_means_a_new_version() {
    let mut bench = Bench::open();
    bench.subscribe(READER, "francisco@denmark.lit");
    bench.publish("a");
    bench.publish("b");
    let entry = "<entry xmlns='urn:e'>again</entry>";
    let again = bench.pubsub(
        OWNER,
        "set",
        &format!("<publish node='princely_musings'><item id='a'>{entry}</item></publish>"),
    );
    assert_eq!(
        all(&again),
        [
            empty_result(),
            event(
                "francisco@denmark.lit",
                &format!("<items node='princely_musings'><item id='a'>{entry}</item></items>")
            )
        ],
        "PS-7.1-06: no error, and told like any other"
    );
    let items = bench.pubsub(READER, "get", "<items node='princely_musings'/>");
    assert_eq!(ids(&items, "item"), ["b", "a"], "PS-7.1-06: overwritten");
    assert!(
        items.contains("<item id=\"a\"><entry xmlns=\"urn:e\">again</entry></item>"),
        "PS-7.1-06: {items}"
    );
}

#[test]
fn each_subscriber_gets_one_event_under_an_id_of_its_own() {
    let quiet = NodeConfig {
        deliver_payloads: false,
        ..NodeConfig::default()
    };
    let mut bench = Bench::with(config(), quiet);
    let subscribers = [
        "bard@shakespeare.lit",
        "bernardo@denmark.lit",
        "bernardo@denmark.lit/tower",
        "francisco@denmark.lit",
    ];
    for subscriber in subscribers {
        done(&bench.subscribe(subscriber, subscriber));
    }
    let sent = bench.publish("ae890ac52d0df67ed7cfdf51b644e901");
    let told = subscribers.map(|to| {
        event(
            to,
            "<items node='princely_musings'><item id='ae890ac52d0df67ed7cfdf51b644e901'/></items>",
        )
    });
    assert_eq!(
        messages(&sent),
        told,
        "PS-7.1-07, PS-7.1-10: without payload, example 101"
    );
    let mut unique = values(&sent, "message", "id");
    unique.extend(values(&bench.publish("b"), "message", "id"));
    let count = unique.len();
    unique.sort();
    unique.dedup();
    assert_eq!(
        (count, unique.len()),
        (8, 8),
        "PS-7.1-08, PS-12.4-01: {unique:?}"
    );
}

#[test]
fn a_bounce_is_known_by_the_id_of_its_event() {
    let mut bench = Bench::open();
    bench.subscribe(READER, "francisco@denmark.lit");
    bench.subscribe("bernardo@denmark.lit/x", "bernardo@denmark.lit");
    let sent = bench.publish("a");
    let to_francisco = sent
        .lines()
        .find(|line| line.contains("to=\"francisco@denmark.lit\""))
        .unwrap();
    let id = &values(to_francisco, "message", "id")[0];
    let bounce = |id: &str| {
        format!(
            "<message type='error' from='francisco@denmark.lit' to='pubsub.shakespeare.lit' id='{id}'>\
             <error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\
             </error></message>"
        )
    };
    let name = node("princely_musings");
    bench.say(&bounce("of-another"));
    assert_eq!(bench.service.subscriber_count(&name), 2, "PS-7.1-08");
    bench.say(&bounce(id));
    assert_eq!(bench.service.subscriber_count(&name), 1, "PS-7.1-08");
}

#[test]
fn payloads_are_in_events_where_the_node_delivers_them() {
    for (deliver, content) in [(true, "<entry xmlns='urn:e'/>"), (false, "")] {
        let set = NodeConfig {
            deliver_payloads: deliver,
            ..NodeConfig::default()
        };
        let mut bench = Bench::with(config(), set);
        bench.subscribe(READER, "francisco@denmark.lit");
        let items = format!("<items node='princely_musings'><item id='a'>{content}</item></items>");
        assert_eq!(
            messages(&bench.publish("a")),
            [event("francisco@denmark.lit", &items)],
            "PS-7.1-10: {deliver}"
        );
    }
}

#[test]
fn the_service_says_who_published_and_the_client_does_not() {
    let set = NodeConfig {
        itemreply: ItemReply::Publisher,
        ..NodeConfig::default().with_max_items(10)
    };
    let mut bench = Bench::with(config(), set);
    bench.subscribe(READER, "francisco@denmark.lit");
    let claim = "<publish node='princely_musings'>\
                 <item id='a' publisher='claudius@denmark.lit'><entry xmlns='urn:e'/></item></publish>";
    let sent = bench.pubsub("hamlet@denmark.lit/blogbot", "set", claim);
    let told = sent.lines().nth(1).unwrap();
    let item = "<item id=\"a\" publisher=\"hamlet@denmark.lit\"><entry xmlns=\"urn:e\"/></item>";
    assert!(told.contains(item), "PS-7.1-11, example 102: {told}");
    assert!(!sent.contains("claudius"), "PS-7.1-12: {sent}");
    assert_eq!(
        values(told, "item", "publisher"),
        ["hamlet@denmark.lit"],
        "PS-7.1-13: by the bare address, which is the affiliated one"
    );
    let items = bench.pubsub(READER, "get", "<items node='princely_musings'/>");
    assert!(items.contains(item), "PS-7.1-11, example 103: {items}");
}

#[test]
fn it_is_kept_who_published_what() {
    let mut bench = Bench::open();
    done(&bench.owner(
        OWNER,
        "set",
        "<affiliations node='princely_musings'>\
         <affiliation jid='bernardo@denmark.lit' affiliation='publisher'/></affiliations>",
    ));
    bench.publish("a");
    let publish =
        "<publish node='princely_musings'><item id='b'><entry xmlns='urn:e'/></item></publish>";
    done(&bench.pubsub("bernardo@denmark.lit/tower", "set", publish));
    // Nobody was told so far. The node begins to tell it, of older items too.
    let set = submit("node_config", &[("pubsub#itemreply", "publisher")]);
    done(&bench.owner(
        OWNER,
        "set",
        &format!("<configure node='princely_musings'>{set}</configure>"),
    ));
    let items = bench.pubsub(READER, "get", "<items node='princely_musings'/>");
    assert_eq!(
        values(&items, "item", "publisher"),
        ["hamlet@denmark.lit", "bernardo@denmark.lit"],
        "PS-7.1-09"
    );
}

#[test]
fn an_event_of_items_names_the_subscriptions_that_matched() {
    let config = config().with_multi_subscribe(true);
    let mut bench = Bench::with(config, NodeConfig::default().with_max_items(10));
    let mut subids = Vec::new();
    for _ in 0..2 {
        let answer = bench.subscribe(READER, "francisco@denmark.lit");
        subids.extend(values(&answer, "subscription", "subid"));
    }
    let [first, second] = subids.try_into().unwrap();
    let headers = format!(
        "<headers xmlns='http://jabber.org/protocol/shim'><header name='SubID'>{first}</header>\
         <header name='SubID'>{second}</header></headers>"
    );
    let message = |change: &str| {
        xml(&format!(
            "<message type='headline' from='pubsub.shakespeare.lit' to='francisco@denmark.lit'>\
             <event xmlns='http://jabber.org/protocol/pubsub#event'>\
             <items node='princely_musings'>{change}</items></event>{headers}</message>"
        ))
    };
    assert_eq!(
        messages(&bench.publish("a")),
        [message("<item id='a'><entry xmlns='urn:e'/></item>")],
        "PS-7.1-14, example 104"
    );
    let retract = "<retract node='princely_musings' notify='true'><item id='a'/></retract>";
    assert_eq!(
        messages(&bench.pubsub(OWNER, "set", retract)),
        [message("<retract id='a'/>")],
        "PS-7.2-05, example 118"
    );
}

fn full(policy: NodeFull) -> Bench {
    let set = NodeConfig {
        publish_node_full: policy,
        ..NodeConfig::default().with_max_items(2)
    };
    let mut bench = Bench::with(config(), set);
    bench.publish("a");
    bench.publish("b");
    bench.subscribe(READER, "francisco@denmark.lit");
    bench
}

#[test]
fn a_full_node_drops_its_oldest_item() {
    let entry = "<entry xmlns='urn:e'/>";
    let published = event(
        "francisco@denmark.lit",
        &format!("<items node='princely_musings'><item id='c'>{entry}</item></items>"),
    );
    let retracted = event(
        "francisco@denmark.lit",
        "<items node='princely_musings'><retract id='a'/></items>",
    );
    let mut bench = full(NodeFull::RetractOldest);
    assert_eq!(
        messages(&bench.publish("c")),
        [published.clone(), retracted],
        "PS-7.1-16: the oldest is retracted"
    );
    assert_eq!(kept(&mut bench), ["b", "c"], "PS-7.1-15");
    let mut bench = full(NodeFull::DiscardOldest);
    assert_eq!(
        messages(&bench.publish("c")),
        [published],
        "PS-7.1-17: the oldest goes in silence"
    );
    assert_eq!(kept(&mut bench), ["b", "c"], "PS-7.1-15");
    // Where it cannot be set the first is what is done.
    assert_eq!(
        NodeConfig::default().publish_node_full,
        NodeFull::RetractOldest,
        "PS-7.1-16"
    );
    let mut bench = without(Feature::PUBLISH_NODE_FULL);
    bench.subscribe(READER, "francisco@denmark.lit");
    let last = ('a'..='k').map(|id| bench.publish(&id.to_string())).last();
    assert_eq!(ids(&last.unwrap(), "retract"), ["a"], "PS-7.1-16");
}

#[test]
fn a_full_node_may_refuse() {
    let mut bench = full(NodeFull::Reject);
    let answer = bench.publish("c");
    assert_eq!(
        all(&answer),
        [xml(
            "<iq type='error' from='pubsub.shakespeare.lit' to='hamlet@denmark.lit/elsinore' id='i/1'>\
             <error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\
             <node-full xmlns='http://jabber.org/protocol/pubsub#errors'/></error></iq>"
        )],
        "PS-7.1-17, T23, example 108"
    );
    assert_eq!(kept(&mut bench), ["a", "b"], "PS-7.1-15");
    // A new version takes no more room.
    assert_eq!(all(&bench.publish("a"))[0], empty_result(), "PS-7.1-17");
}

#[test]
fn a_publish_that_cannot_be_is_refused() {
    let mut bench = Bench::new(config().with_feature(Feature::COLLECTIONS, true));
    let set = NodeConfig {
        max_payload_size: 100,
        payload_type: "urn:e".to_owned(),
        ..NodeConfig::default()
    };
    bench.add("princely_musings", set);
    bench.add("blogs", NodeConfig::collection());
    let item = "<item><entry xmlns='urn:e'/></item>";
    let big = format!(
        "<item><entry xmlns='urn:e'>{}</entry></item>",
        "x".repeat(100)
    );
    let cases = [
        (
            READER,
            "princely_musings",
            item,
            "auth forbidden".to_owned(),
        ),
        (OWNER, "blogs", item, missing("publish")),
        (OWNER, "none", item, "cancel item-not-found".to_owned()),
        (
            OWNER,
            "princely_musings",
            &big,
            "modify not-acceptable payload-too-big".to_owned(),
        ),
        (
            OWNER,
            "princely_musings",
            "<item><entry xmlns='urn:e'/><entry xmlns='urn:e'/></item>",
            "modify bad-request invalid-payload".to_owned(),
        ),
        (
            OWNER,
            "princely_musings",
            "<item><entry xmlns='urn:other'/></item>",
            "modify bad-request invalid-payload".to_owned(),
        ),
    ];
    for (from, node, items, expected) in cases {
        let content = format!("<publish node='{node}'>{items}</publish>");
        let answer = bench.pubsub(from, "set", &content);
        assert_eq!(fault(&answer), expected, "PS-7.1-18: {content}");
    }
    let nothing: [&str; 0] = [];
    assert_eq!(kept(&mut bench), nothing, "PS-7.1-18");
}

#[test]
fn what_a_node_wants_of_a_publish() {
    let set = |persist_items, deliver_payloads| NodeConfig {
        persist_items,
        deliver_payloads,
        ..NodeConfig::default()
    };
    let mut bench = Bench::new(config());
    let mut publish = |config: NodeConfig, items: &str| {
        let name = format!("n{}", bench.service.node_count());
        bench.add(&name, config);
        bench.pubsub(
            OWNER,
            "set",
            &format!("<publish node='{name}'>{items}</publish>"),
        )
    };
    let required = "modify bad-request item-required";
    let entry = "<item><entry xmlns='urn:e'/></item>";
    for deliver in [true, false] {
        let answer = publish(set(true, deliver), "");
        assert_eq!(fault(&answer), required, "PS-7.1-31, example 111");
        done(&publish(set(true, deliver), entry));
    }
    done(&publish(set(true, false), "<item id='no-payload'/>"));
    for persist in [true, false] {
        let answer = publish(set(persist, true), "<item id='a'/>");
        assert_eq!(
            fault(&answer),
            "modify bad-request payload-required",
            "PS-7.1-32, example 112"
        );
    }
    for items in ["<item id='a'/>", entry] {
        let answer = publish(set(false, false), items);
        assert_eq!(
            fault(&answer),
            "modify bad-request item-forbidden",
            "PS-7.1-33, example 113"
        );
    }
}
