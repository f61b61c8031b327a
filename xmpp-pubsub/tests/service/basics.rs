//! The service, request by request, named by the rows of XEP-0060 that it follows.

use xmpp_pubsub::pubsub::{Affiliation, Item};
use xmpp_pubsub::service::{AccessModel, CreatePolicy, NewNode, NodeConfig, Overlap, Service};
use xmpp_pubsub::stanza::{MessageKind, Payload, Stanza};
use xmpp_pubsub::xml::Element;
use xmpp_pubsub::{notification, ns};

use crate::common::{Bench, NOW, OWNER, READER, config, done, error, jid, node, refused};

#[test]
fn ps_6_1_02_subscribe_and_the_answer_byte_for_byte() {
    let mut bench = Bench::open();
    assert_eq!(
        bench.subscribe(READER, "francisco@denmark.lit"),
        "<iq xmlns=\"jabber:client\" from=\"pubsub.shakespeare.lit\" \
         to=\"francisco@denmark.lit/barracks\" id=\"i/1\" type=\"result\">\
         <pubsub xmlns=\"http://jabber.org/protocol/pubsub\">\
         <subscription node=\"princely_musings\" jid=\"francisco@denmark.lit\" \
         subscription=\"subscribed\"/></pubsub></iq>\n"
    );
    // PS-6.1-22: again, the present state.
    assert!(
        bench
            .subscribe(READER, "francisco@denmark.lit")
            .contains("\"subscribed\"")
    );
    assert_eq!(bench.service.subscriber_count(&node("princely_musings")), 1);
}

#[test]
fn errors_of_subscribe() {
    let mut bench = Bench::open();
    // PS-6.1-03, example 30.
    let answer = bench.subscribe(READER, "bernardo@denmark.lit");
    refused(&answer, "modify", "bad-request", Some("invalid-jid"));
    // PS-6.1-13, example 41.
    let answer = bench.pubsub(
        READER,
        "set",
        "<subscribe node='none' jid='francisco@denmark.lit'/>",
    );
    refused(&answer, "cancel", "item-not-found", None);
    // PS-6.1-09, example 37.
    let name = node("princely_musings");
    bench
        .service
        .set_affiliation(
            NOW,
            &name,
            &jid("francisco@denmark.lit"),
            Affiliation::Outcast,
        )
        .unwrap();
    let answer = bench.subscribe(READER, "francisco@denmark.lit");
    refused(&answer, "auth", "forbidden", None);
    // PS-6.1-05, example 33.
    let mut bench = Bench::whitelist();
    let answer = bench.subscribe(READER, "francisco@denmark.lit");
    refused(&answer, "cancel", "not-allowed", Some("closed-node"));
    // PS-6.1-10, example 38.
    let mut config = config();
    config.max_subscriptions_per_user = 1;
    let mut bench = Bench::new(config);
    for name in ["a", "b"] {
        let config = NodeConfig::default();
        bench
            .service
            .create_node(
                NOW,
                NewNode {
                    node: node(name),
                    config,
                    owner: None,
                },
            )
            .unwrap();
    }
    done(&bench.pubsub(
        READER,
        "set",
        "<subscribe node='a' jid='francisco@denmark.lit'/>",
    ));
    let answer = bench.pubsub(
        READER,
        "set",
        "<subscribe node='b' jid='francisco@denmark.lit'/>",
    );
    refused(
        &answer,
        "wait",
        "policy-violation",
        Some("too-many-subscriptions"),
    );
    // PS-6.3-12: options go behind.
    let answer = bench.pubsub(
        READER,
        "set",
        "<options><x xmlns='jabber:x:data' type='submit'/></options><subscribe node='a' jid='francisco@denmark.lit'/>",
    );
    refused(&answer, "modify", "bad-request", None);
}

#[test]
fn ps_6_1_10_sessions_that_are_gone_do_not_use_up_what_a_user_may_have() {
    let mut config = config();
    config.max_subscriptions_per_user = 3;
    let mut bench = Bench::new(config);
    bench
        .service
        .create_node(
            NOW,
            NewNode {
                node: node("princely_musings"),
                config: NodeConfig::default(),
                owner: None,
            },
        )
        .unwrap();
    let [first, second, third, fourth] =
        ["1", "2", "3", "4"].map(|resource| format!("francisco@denmark.lit/{resource}"));
    done(&bench.subscribe(&first, "francisco@denmark.lit"));
    for session in [&first, &second] {
        bench.service.set_reachable(NOW, &jid(session), true);
        done(&bench.subscribe(session, session));
    }
    let many = Some("too-many-subscriptions");
    refused(
        &bench.subscribe(&third, &third),
        "wait",
        "policy-violation",
        many,
    );
    bench.service.set_reachable(NOW, &jid(&first), false);
    let answer = bench.subscribe(&third, &third);
    done(&answer);
    let told = answer.lines().nth(1).unwrap();
    assert!(
        told.contains(&format!("to=\"{first}\"")) && told.contains("subscription=\"none\""),
        "§12.14: {told}"
    );
    let list = bench.pubsub(&third, "get", "<subscriptions/>");
    assert!(
        list.contains("jid=\"francisco@denmark.lit\"") && list.contains(&second),
        "{list}"
    );
    assert!(!list.contains(&first), "{list}");
    // Whoever asks keeps his own, even before he is available.
    bench.service.set_reachable(NOW, &jid(&third), false);
    let answer = bench.pubsub(
        &third,
        "set",
        &format!("<subscribe node='princely_musings' jid='{fourth}'/>"),
    );
    refused(&answer, "wait", "policy-violation", many);
}

#[test]
fn ps_6_1_11_a_node_without_subscriptions() {
    let mut bench = Bench::new(config());
    let config = NodeConfig {
        subscribe: false,
        ..NodeConfig::default()
    };
    bench
        .service
        .create_node(
            NOW,
            NewNode {
                node: node("princely_musings"),
                config,
                owner: None,
            },
        )
        .unwrap();
    let answer = bench.subscribe(READER, "francisco@denmark.lit");
    refused(
        &answer,
        "cancel",
        "feature-not-implemented",
        Some("unsupported[subscribe]"),
    );
}

#[test]
fn ps_6_2_unsubscribe_and_its_errors() {
    let mut bench = Bench::open();
    let mut ask = |from: &str, attributes: &str| {
        bench.pubsub(from, "set", &format!("<unsubscribe {attributes}/>"))
    };
    let own = "node='princely_musings' jid='francisco@denmark.lit'";
    // PS-6.2-04, example 50.
    refused(
        &ask(READER, own),
        "cancel",
        "unexpected-request",
        Some("not-subscribed"),
    );
    // PS-6.2-05, example 51.
    refused(
        &ask(READER, "node='princely_musings' jid='bernardo@denmark.lit'"),
        "auth",
        "forbidden",
        None,
    );
    // PS-6.2-06, example 52.
    refused(
        &ask(READER, "node='none' jid='francisco@denmark.lit'"),
        "cancel",
        "item-not-found",
        None,
    );
    bench.subscribe(READER, "francisco@denmark.lit");
    // PS-6.2-07: a subid that nobody gave is ignored.
    done(&bench.pubsub(READER, "set", &format!("<unsubscribe {own} subid='x'/>")));
    assert_eq!(bench.service.subscriber_count(&node("princely_musings")), 0);
}

#[test]
fn ps_6_1_20_several_subscriptions_are_told_apart_by_subid() {
    let mut bench = Bench::new(config().with_multi_subscribe(true));
    let config = NodeConfig::default();
    let owner = Some(jid("hamlet@denmark.lit"));
    bench
        .service
        .create_node(
            NOW,
            NewNode {
                node: node("princely_musings"),
                config,
                owner,
            },
        )
        .unwrap();
    let subid = |answer: &str| {
        let rest = answer.split("subid=\"").nth(1).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let first = subid(&bench.subscribe(READER, "francisco@denmark.lit"));
    let second = subid(&bench.subscribe(READER, "francisco@denmark.lit"));
    assert_ne!(first, second);
    // PS-6.1-23 and PS-7.1-14: one event, both subids, headers last.
    let sent = bench.publish("a");
    assert_eq!(sent.matches("<message").count(), 1, "{sent}");
    assert!(
        sent.contains(&format!(
            "</event><headers xmlns=\"http://jabber.org/protocol/shim\">\
             <header name=\"SubID\">{first}</header><header name=\"SubID\">{second}</header>\
             </headers></message>"
        )),
        "{sent}"
    );
    let own = "node='princely_musings' jid='francisco@denmark.lit'";
    // PS-6.2-03, example 49.
    let answer = bench.pubsub(READER, "set", &format!("<unsubscribe {own}/>"));
    refused(&answer, "modify", "bad-request", Some("subid-required"));
    // PS-6.2-08, example 53.
    let answer = bench.pubsub(READER, "set", &format!("<unsubscribe {own} subid='x'/>"));
    refused(&answer, "modify", "not-acceptable", Some("invalid-subid"));
    done(&bench.pubsub(
        READER,
        "set",
        &format!("<unsubscribe {own} subid='{first}'/>"),
    ));
    let list = bench.pubsub(READER, "get", "<subscriptions/>");
    assert!(
        list.contains(&second) && !list.contains(&first),
        "PS-5.6-04: {list}"
    );
}

#[test]
fn ps_7_1_07_an_event_reaches_each_address_once_and_byte_for_byte() {
    let mut bench = Bench::open();
    bench.subscribe(READER, "francisco@denmark.lit");
    bench.subscribe("bernardo@denmark.lit/x", "bernardo@denmark.lit/x");
    let sent = bench.publish("ae89");
    let lines: Vec<&str> = sent.lines().collect();
    assert_eq!(lines.len(), 3, "{sent}");
    assert_eq!(
        lines[0],
        "<iq xmlns=\"jabber:client\" from=\"pubsub.shakespeare.lit\" to=\"hamlet@denmark.lit/elsinore\" \
         id=\"i/1\" type=\"result\"/>",
        "PS-7.1-05"
    );
    let id = lines[1]
        .split(" id=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert_eq!(
        lines[1],
        format!(
            "<message xmlns=\"jabber:client\" from=\"pubsub.shakespeare.lit\" \
             to=\"bernardo@denmark.lit/x\" id=\"{id}\" type=\"headline\">\
             <event xmlns=\"http://jabber.org/protocol/pubsub#event\">\
             <items node=\"princely_musings\"><item id=\"ae89\"><entry xmlns=\"urn:e\"/></item>\
             </items></event></message>"
        )
    );
    assert!(lines[2].contains("to=\"francisco@denmark.lit\""));
    assert!(!lines[2].contains(id), "PS-12.4-01");
}

#[test]
fn ps_7_1_04_an_item_without_id_gets_one_and_the_result_names_it() {
    let mut bench = Bench::open();
    let answer = bench.pubsub(
        OWNER,
        "set",
        "<publish node='princely_musings'><item publisher='x@y'><entry xmlns='urn:e'/></item></publish>",
    );
    assert!(
        answer.contains("<publish node=\"princely_musings\"><item id=\""),
        "{answer}"
    );
    // PS-7.1-12: what a client says of the publisher is not believed.
    let items = bench.pubsub(READER, "get", "<items node='princely_musings'/>");
    assert!(!items.contains("publisher="), "{items}");
}

#[test]
fn errors_of_publish() {
    let mut bench = Bench::open();
    let mut publish = |from: &str, node: &str, items: &str| {
        bench.pubsub(from, "set", &format!("<publish {node}>{items}</publish>"))
    };
    let here = "node='princely_musings'";
    let item = "<item><entry xmlns='urn:e'/></item>";
    // PS-7.1-18, examples 105, 107, 109, 110; PS-7.1-31, PS-7.1-32.
    refused(&publish(READER, here, item), "auth", "forbidden", None);
    refused(
        &publish(OWNER, "node='none'", item),
        "cancel",
        "item-not-found",
        None,
    );
    refused(
        &publish(OWNER, "", item),
        "modify",
        "bad-request",
        Some("nodeid-required"),
    );
    refused(
        &publish(OWNER, here, ""),
        "modify",
        "bad-request",
        Some("item-required"),
    );
    refused(
        &publish(OWNER, here, "<item/>"),
        "modify",
        "bad-request",
        Some("payload-required"),
    );
    refused(
        &publish(
            OWNER,
            here,
            "<item><a xmlns='urn:e'/><b xmlns='urn:e'/></item>",
        ),
        "modify",
        "bad-request",
        Some("invalid-payload"),
    );
    refused(
        &publish(OWNER, here, &format!("{item}{item}")),
        "cancel",
        "not-allowed",
        Some("max-items-exceeded"),
    );
    let big = format!(
        "<item><entry xmlns='urn:e'>{}</entry></item>",
        "x".repeat(64 * 1024)
    );
    refused(
        &publish(OWNER, here, &big),
        "modify",
        "not-acceptable",
        Some("payload-too-big"),
    );
    // PS-7.1-33, example 113.
    let config = NodeConfig {
        deliver_payloads: false,
        ..NodeConfig::transient()
    };
    let owner = Some(jid("hamlet@denmark.lit"));
    bench
        .service
        .create_node(
            NOW,
            NewNode {
                node: node("signal"),
                config,
                owner,
            },
        )
        .unwrap();
    bench.pubsub(
        READER,
        "set",
        "<subscribe node='signal' jid='francisco@denmark.lit'/>",
    );
    let answer = bench.pubsub(
        OWNER,
        "set",
        "<publish node='signal'><item id='a'/></publish>",
    );
    refused(&answer, "modify", "bad-request", Some("item-forbidden"));
    let sent = bench.pubsub(OWNER, "set", "<publish node='signal'/>");
    assert!(
        sent.contains("<items node=\"signal\"/>"),
        "PS-4.3-04: {sent}"
    );
}

#[test]
fn ps_7_1_43_publish_options_are_preconditions() {
    let mut bench = Bench::open();
    let mut publish = |var: &str, value: &str| {
        bench.pubsub(
            OWNER,
            "set",
            &format!(
                "<publish node='princely_musings'><item><entry xmlns='urn:e'/></item></publish>\
                 <publish-options><x xmlns='jabber:x:data' type='submit'>\
                 <field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/pubsub#publish-options</value></field>\
                 <field var='{var}'><value>{value}</value></field></x></publish-options>"
            ),
        )
    };
    done(&publish("pubsub#access_model", "open"));
    done(&publish("pubsub#persist_items", "true"));
    for (var, value) in [
        ("pubsub#access_model", "whitelist"),
        ("pubsub#nonsense", "1"),
    ] {
        refused(
            &publish(var, value),
            "cancel",
            "conflict",
            Some("precondition-not-met"),
        );
    }
}

#[test]
fn ps_7_1_40_a_publish_makes_its_node_where_that_is_on() {
    let mut bench = Bench::new(
        config()
            .with_auto_create(true)
            .with_create(CreatePolicy::ServiceOwners),
    );
    bench
        .service
        .set_service_affiliation(NOW, &jid("finesse@denmark.lit"), Affiliation::Owner);
    let publish =
        "<publish node='/finesse/api/Team/1/Users'><item><a xmlns='urn:e'/></item></publish>";
    refused(
        &bench.pubsub(READER, "set", publish),
        "cancel",
        "item-not-found",
        None,
    );
    done(&bench.pubsub("finesse@denmark.lit/web", "set", publish));
    assert!(
        bench
            .service
            .contains_node(&node("/finesse/api/Team/1/Users"))
    );
}

#[test]
fn ps_7_1_40_a_publish_that_is_refused_makes_no_node() {
    let mut config = config().with_auto_create(true);
    config.max_payload = 100;
    config.node_defaults.max_payload_size = 100;
    let mut bench = Bench::new(config);
    let item = "<item><a xmlns='urn:e'/></item>";
    let big = format!("<item><a xmlns='urn:e'>{}</a></item>", "x".repeat(100));
    for (items, condition) in [
        (String::new(), "item-required"),
        ("<item/>".to_owned(), "payload-required"),
        (big, "payload-too-big"),
        (item.repeat(2), "max-items-exceeded"),
    ] {
        let publish = format!("<publish node='new'>{items}</publish>");
        let answer = bench.pubsub(OWNER, "set", &publish);
        assert_eq!(error(&answer).2.as_deref(), Some(condition));
        assert!(!bench.service.contains_node(&node("new")), "{condition}");
        let affiliations = bench.pubsub(OWNER, "get", "<affiliations/>");
        assert!(!affiliations.contains("new"), "{affiliations}");
    }
    done(&bench.pubsub(
        OWNER,
        "set",
        &format!("<publish node='new'>{item}</publish>"),
    ));
    assert!(bench.service.contains_node(&node("new")));
}

#[test]
fn ps_6_5_items_newest_last_and_by_id() {
    let mut bench = Bench::open();
    for id in ["a", "b", "c"] {
        bench.publish(id);
    }
    let ids = |answer: &str| {
        let parts = answer.split("<item id=\"").skip(1);
        parts
            .map(|part| part.split('"').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let all = bench.pubsub(READER, "get", "<items node='princely_musings'/>");
    assert_eq!(ids(&all), ["a", "b", "c"], "PS-6.5-05");
    let newest = bench.pubsub(
        READER,
        "get",
        "<items node='princely_musings' max_items='2'/>",
    );
    assert_eq!(ids(&newest), ["b", "c"], "PS-6.5-11");
    let named = bench.pubsub(
        READER,
        "get",
        "<items node='princely_musings'><item id='a'/><item id='x'/></items>",
    );
    assert_eq!(ids(&named), ["a"], "PS-6.5-10, PS-6.5-15");
    let mut closed = Bench::whitelist();
    let answer = closed.pubsub(READER, "get", "<items node='princely_musings'/>");
    refused(&answer, "cancel", "not-allowed", Some("closed-node"));
}

#[test]
fn ps_7_2_retract_and_its_errors() {
    let mut bench = Bench::open();
    bench.publish("a");
    bench.subscribe(READER, "francisco@denmark.lit");
    let mut retract = |from: &str, node: &str, items: &str| {
        bench.pubsub(from, "set", &format!("<retract {node}>{items}</retract>"))
    };
    let here = "node='princely_musings'";
    refused(
        &retract(READER, here, "<item id='a'/>"),
        "auth",
        "forbidden",
        None,
    );
    refused(
        &retract(OWNER, here, "<item id='x'/>"),
        "cancel",
        "item-not-found",
        None,
    );
    refused(
        &retract(OWNER, "", "<item id='a'/>"),
        "modify",
        "bad-request",
        Some("nodeid-required"),
    );
    refused(
        &retract(OWNER, here, ""),
        "modify",
        "bad-request",
        Some("item-required"),
    );
    let sent = retract(OWNER, here, "<item id='a'/>");
    assert!(
        sent.contains("<items node=\"princely_musings\"><retract id=\"a\"/></items>"),
        "PS-7.2-03: {sent}"
    );
}

#[test]
fn ps_8_1_create_configure_and_delete() {
    let mut bench = Bench::new(config());
    let answer = bench.pubsub(OWNER, "set", "<create/>");
    assert!(answer.contains("<create node=\""), "PS-8.1-04: {answer}");
    done(&bench.pubsub(OWNER, "set", "<create node='n'/>"));
    refused(
        &bench.pubsub(READER, "set", "<create node='n'/>"),
        "cancel",
        "conflict",
        None,
    );
    // PS-8.1-09.
    let answer = bench.pubsub(OWNER, "set", "<configure/><create node='m'/>");
    refused(&answer, "modify", "bad-request", None);
    let form = "<x xmlns='jabber:x:data' type='submit'><field var='pubsub#access_model'><value>whitelist</value></field></x>";
    done(&bench.pubsub(
        OWNER,
        "set",
        &format!("<create node='m'/><configure>{form}</configure>"),
    ));
    let answer = bench.pubsub(
        READER,
        "set",
        "<subscribe node='m' jid='francisco@denmark.lit'/>",
    );
    refused(&answer, "cancel", "not-allowed", Some("closed-node"));
    // PS-8.2-03 and PS-8.2-04.
    let form = bench.owner(OWNER, "get", "<configure node='m'/>");
    assert!(
        form.contains("var=\"pubsub#access_model\"") && form.contains("<value>whitelist</value>")
    );
    refused(
        &bench.owner(READER, "get", "<configure node='m'/>"),
        "auth",
        "forbidden",
        None,
    );
    refused(
        &bench.owner(OWNER, "get", "<configure/>"),
        "modify",
        "bad-request",
        Some("nodeid-required"),
    );
    refused(
        &bench.owner(OWNER, "get", "<configure node='x'/>"),
        "cancel",
        "item-not-found",
        None,
    );
    // PS-8.2-06: cancel changes nothing.
    done(&bench.owner(
        OWNER,
        "set",
        "<configure node='m'><x xmlns='jabber:x:data' type='cancel'/></configure>",
    ));
    // PS-8.4.
    bench.pubsub(
        OWNER,
        "set",
        "<subscribe node='n' jid='hamlet@denmark.lit'/>",
    );
    refused(
        &bench.owner(READER, "set", "<delete node='n'/>"),
        "auth",
        "forbidden",
        None,
    );
    let sent = bench.owner(
        OWNER,
        "set",
        "<delete node='n'><redirect uri='xmpp:x'/></delete>",
    );
    assert!(
        sent.contains("<delete node=\"n\"><redirect uri=\"xmpp:x\"/></delete>"),
        "{sent}"
    );
    refused(
        &bench.owner(OWNER, "set", "<delete node='n'/>"),
        "cancel",
        "item-not-found",
        None,
    );
    assert!(
        bench
            .pubsub(OWNER, "get", "<subscriptions/>")
            .contains("<subscriptions/>"),
        "PS-5.6-05"
    );
}

#[test]
fn ps_8_5_purge_is_one_event() {
    let mut bench = Bench::open();
    bench.publish("a");
    bench.publish("b");
    bench.subscribe(READER, "francisco@denmark.lit");
    let sent = bench.owner(OWNER, "set", "<purge node='princely_musings'/>");
    assert_eq!(
        sent.matches("<purge node=\"princely_musings\"/>").count(),
        1,
        "PS-8.5-02: {sent}"
    );
    let items = bench.pubsub(READER, "get", "<items node='princely_musings'/>");
    assert!(
        items.contains("<items node=\"princely_musings\"/>"),
        "PS-6.5-12, T12: {items}"
    );
}

#[test]
fn ps_8_9_affiliations() {
    let mut bench = Bench::whitelist();
    let set = |bench: &mut Bench, entries: &str| {
        let content = format!("<affiliations node='princely_musings'>{entries}</affiliations>");
        bench.owner(OWNER, "set", &content)
    };
    done(&set(
        &mut bench,
        "<affiliation jid='francisco@denmark.lit' affiliation='member'/>",
    ));
    done(&bench.subscribe(READER, "francisco@denmark.lit"));
    let list = bench.owner(OWNER, "get", "<affiliations node='princely_musings'/>");
    assert!(
        list.contains("<affiliation jid=\"hamlet@denmark.lit\" affiliation=\"owner\"/>"),
        "PS-8.9-03"
    );
    // PS-8.9-06 and PS-8.9-08: the last owner stays, the other change is made.
    let answer = set(
        &mut bench,
        "<affiliation jid='hamlet@denmark.lit' affiliation='none'/>\
         <affiliation jid='bernardo@denmark.lit' affiliation='publisher'/>",
    );
    refused(&answer, "modify", "not-acceptable", None);
    assert!(
        answer.contains("<affiliation jid=\"hamlet@denmark.lit\" affiliation=\"owner\"/>"),
        "{answer}"
    );
    let list = bench.owner(OWNER, "get", "<affiliations node='princely_musings'/>");
    assert!(list.contains("bernardo@denmark.lit"), "{list}");
    // PS-8.9-07.
    let twice = "<affiliation jid='a@b' affiliation='member'/><affiliation jid='a@b/c' affiliation='none'/>";
    refused(&set(&mut bench, twice), "modify", "bad-request", None);
    // PS-12.14-01: who is struck off the list is told that his subscription is gone.
    let sent = set(
        &mut bench,
        "<affiliation jid='francisco@denmark.lit' affiliation='none'/>",
    );
    assert!(
        sent.contains("to=\"francisco@denmark.lit\"") && sent.contains("subscription=\"none\""),
        "{sent}"
    );
    assert_eq!(bench.service.subscriber_count(&node("princely_musings")), 0);
    let own = bench.pubsub("bernardo@denmark.lit/x", "get", "<affiliations/>");
    assert!(
        own.contains("<affiliation node=\"princely_musings\" affiliation=\"publisher\"/>"),
        "PS-5.7-02"
    );
}

#[test]
fn ps_8_8_subscriptions_by_the_owner() {
    let mut bench = Bench::open();
    let set = |bench: &mut Bench, entries: &str| {
        let content = format!("<subscriptions node='princely_musings'>{entries}</subscriptions>");
        bench.owner(OWNER, "set", &content)
    };
    let sent = set(
        &mut bench,
        "<subscription jid='bard@shakespeare.lit' subscription='subscribed'/>",
    );
    assert!(
        sent.contains("to=\"bard@shakespeare.lit\""),
        "PS-8.8-09: {sent}"
    );
    let list = bench.owner(OWNER, "get", "<subscriptions node='princely_musings'/>");
    assert!(
        list.contains("jid=\"bard@shakespeare.lit\" subscription=\"subscribed\""),
        "PS-8.8-03"
    );
    done(&set(
        &mut bench,
        "<subscription jid='bard@shakespeare.lit' subscription='none'/>",
    ));
    let answer = set(
        &mut bench,
        "<subscription jid='bard@shakespeare.lit' subscription='pending'/>",
    );
    refused(&answer, "modify", "not-acceptable", None);
    refused(
        &bench.owner(READER, "get", "<subscriptions node='princely_musings'/>"),
        "auth",
        "forbidden",
        None,
    );
}

#[test]
fn ps_5_discovery() {
    let mut bench = Bench::open();
    let info = |bench: &mut Bench, node: &str| {
        bench.ask(
            READER,
            "get",
            &format!("<query xmlns='{}'{node}/>", ns::DISCO_INFO),
        )
    };
    let service = info(&mut bench, "");
    assert!(
        service.contains("<identity category=\"pubsub\" type=\"service\""),
        "PS-5.1-01"
    );
    assert!(
        service.contains("var=\"http://jabber.org/protocol/pubsub\""),
        "PS-5.1-02"
    );
    assert!(
        !service.contains("#multi-subscribe"),
        "not advertised while off"
    );
    let leaf = info(&mut bench, " node='princely_musings'");
    assert!(
        leaf.contains("<identity category=\"pubsub\" type=\"leaf\"/>"),
        "PS-5.3-01"
    );
    assert!(
        leaf.contains(
            "<query xmlns=\"http://jabber.org/protocol/disco#info\" node=\"princely_musings\">"
        ),
        "PS-5.3-02"
    );
    refused(
        &info(&mut bench, " node='none'"),
        "cancel",
        "item-not-found",
        None,
    );
    bench.publish("ae89");
    let items = |bench: &mut Bench, node: &str| {
        bench.ask(
            READER,
            "get",
            &format!("<query xmlns='{}'{node}/>", ns::DISCO_ITEMS),
        )
    };
    assert!(
        items(&mut bench, "")
            .contains("<item jid=\"pubsub.shakespeare.lit\" node=\"princely_musings\"/>")
    );
    assert!(
        items(&mut bench, " node='princely_musings'")
            .contains("<item jid=\"pubsub.shakespeare.lit\" name=\"ae89\"/>"),
        "PS-5.5-01"
    );
}

#[test]
fn ps_3_06_nothing_that_is_advertised_answers_unsupported() {
    let mut bench = Bench::open();
    bench.publish("ae89");
    let requests = [
        (
            "set",
            ns::PUBSUB,
            "<subscribe node='princely_musings' jid='hamlet@denmark.lit'/>",
        ),
        ("get", ns::PUBSUB, "<subscriptions/>"),
        ("get", ns::PUBSUB, "<affiliations/>"),
        ("get", ns::PUBSUB, "<items node='princely_musings'/>"),
        (
            "set",
            ns::PUBSUB,
            "<retract node='princely_musings'><item id='ae89'/></retract>",
        ),
        ("set", ns::PUBSUB, "<create/>"),
        (
            "get",
            ns::PUBSUB_OWNER,
            "<configure node='princely_musings'/>",
        ),
        ("get", ns::PUBSUB_OWNER, "<default/>"),
        (
            "get",
            ns::PUBSUB_OWNER,
            "<subscriptions node='princely_musings'/>",
        ),
        (
            "get",
            ns::PUBSUB_OWNER,
            "<affiliations node='princely_musings'/>",
        ),
        ("set", ns::PUBSUB_OWNER, "<purge node='princely_musings'/>"),
        ("set", ns::PUBSUB_OWNER, "<delete node='princely_musings'/>"),
    ];
    for (kind, ns, content) in requests {
        done(&bench.ask(
            OWNER,
            kind,
            &format!("<pubsub xmlns='{ns}'>{content}</pubsub>"),
        ));
    }
}

#[test]
fn xc_sz_05_answers_are_not_answered_and_the_unknown_is_unavailable() {
    let mut bench = Bench::open();
    assert_eq!(bench.ask(READER, "result", ""), "");
    assert_eq!(bench.ask(READER, "error", "<error type='cancel'/>"), "");
    let answer = bench.ask(READER, "get", "<x xmlns='urn:x'/>");
    refused(&answer, "cancel", "service-unavailable", None);
    done(&bench.ask(READER, "get", "<ping xmlns='urn:xmpp:ping'/>"));
    let answer = bench.pubsub(READER, "set", "<subscribe node='a' jid='@'/>");
    refused(&answer, "modify", "jid-malformed", None);
    refused(
        &bench.pubsub(READER, "set", ""),
        "modify",
        "bad-request",
        None,
    );
}

#[test]
fn ps_14_5_01_closed_nodes_can_be_hidden() {
    let mut config = config();
    config.hide_closed_nodes = true;
    let mut bench = Bench::new(config);
    let config = NodeConfig::default().with_access_model(AccessModel::Whitelist);
    bench
        .service
        .create_node(
            NOW,
            NewNode {
                node: node("secret"),
                config,
                owner: None,
            },
        )
        .unwrap();
    for (kind, content) in [
        (
            "set",
            "<subscribe node='NODE' jid='francisco@denmark.lit'/>",
        ),
        ("get", "<items node='NODE'/>"),
        (
            "set",
            "<publish node='NODE'><item><a xmlns='urn:e'/></item></publish>",
        ),
    ] {
        let there = bench.pubsub(READER, kind, &content.replace("NODE", "secret"));
        let not = bench.pubsub(READER, kind, &content.replace("NODE", "absent"));
        assert_eq!(error(&there), error(&not), "{content}");
    }
    let list = bench.ask(
        READER,
        "get",
        &format!("<query xmlns='{}'/>", ns::DISCO_ITEMS),
    );
    assert!(!list.contains("secret"));
}

#[test]
fn automatic_subscriptions_are_the_hosts_alone() {
    let mut bench = Bench::open();
    let name = node("princely_musings");
    bench
        .service
        .subscribe_automatically(NOW, &name, &jid("francisco@denmark.lit"))
        .unwrap();
    assert!(
        bench
            .pubsub(READER, "get", "<subscriptions/>")
            .contains("<subscriptions/>")
    );
    let unsubscribe = "<unsubscribe node='princely_musings' jid='francisco@denmark.lit'/>";
    let answer = bench.pubsub(READER, "set", unsubscribe);
    refused(
        &answer,
        "cancel",
        "unexpected-request",
        Some("not-subscribed"),
    );
    done(&bench.subscribe(READER, "francisco@denmark.lit"));
    assert_eq!(
        bench.publish("a").matches("<message").count(),
        1,
        "once for both"
    );
    done(&bench.pubsub(READER, "set", unsubscribe));
    assert_eq!(
        bench.publish("b").matches("<message").count(),
        1,
        "still automatic"
    );
    bench
        .service
        .unsubscribe_automatically(NOW, &name, &jid("francisco@denmark.lit"));
    assert_eq!(bench.publish("c").matches("<message").count(), 0);
}

#[test]
fn a_session_that_gets_its_users_events_is_not_sent_a_second_copy() {
    for (overlap, reachable, expected) in [
        (Overlap::Both, true, 2),
        (Overlap::OncePerSession, true, 1),
        (Overlap::OncePerSession, false, 2),
    ] {
        let mut bench = Bench::new(config().with_overlap(overlap));
        let owner = Some(jid("hamlet@denmark.lit"));
        let config = NodeConfig::default();
        bench
            .service
            .create_node(
                NOW,
                NewNode {
                    node: node("princely_musings"),
                    config,
                    owner,
                },
            )
            .unwrap();
        bench.subscribe(READER, "francisco@denmark.lit");
        bench.subscribe(READER, READER);
        bench.service.set_reachable(NOW, &jid(READER), reachable);
        assert_eq!(
            bench.publish("a").matches("<message").count(),
            expected,
            "{overlap:?}"
        );
    }
}

#[test]
fn the_finesse_event_as_clients_expect_it() {
    let config = config().with_node_defaults(
        NodeConfig::transient()
            .with_access_model(AccessModel::Whitelist)
            .with_notification_type(MessageKind::Normal),
    );
    let mut service = Service::new(config.clone());
    let name = node("/finesse/api/User/1001001");
    let new = NewNode {
        node: name.clone(),
        config: config.node_defaults,
        owner: None,
    };
    service.create_node(NOW, new).unwrap();
    service
        .subscribe_automatically(NOW, &name, &jid("1001001@localhost"))
        .unwrap();
    let item = Item::new(notification::wrap("<Update><event>PUT</event></Update>"));
    service
        .publish(NOW, &name, &jid("finesse@localhost"), item)
        .unwrap();
    let mut bench = Bench { service, now: NOW };
    let sent = bench.sent();
    let id = sent
        .split(" id=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let item = sent
        .split("<item id=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert_eq!(
        sent,
        format!(
            "<message xmlns=\"jabber:client\" from=\"pubsub.shakespeare.lit\" \
             to=\"1001001@localhost\" id=\"{id}\">\
             <event xmlns=\"http://jabber.org/protocol/pubsub#event\">\
             <items node=\"/finesse/api/User/1001001\"><item id=\"{item}\">\
             <notification xmlns=\"http://jabber.org/protocol/pubsub\">\
             &lt;Update&gt;&lt;event&gt;PUT&lt;/event&gt;&lt;/Update&gt;</notification></item>\
             </items></event></message>\n"
        )
    );
}

#[test]
fn ps_7_1_01_a_publish_is_encoded_once_for_all() {
    let mut service = Service::new(config());
    let name = node("n");
    let config = NodeConfig::transient();
    service
        .create_node(
            NOW,
            NewNode {
                node: name.clone(),
                config,
                owner: None,
            },
        )
        .unwrap();
    for user in 0..100 {
        service
            .subscribe_automatically(NOW, &name, &jid(&format!("u{user}@b")))
            .unwrap();
    }
    let item = Item::new(Payload::from_element(&Element::new("urn:e", "entry")));
    service.publish(NOW, &name, &jid("p@b"), item).unwrap();
    let mut places = std::collections::BTreeSet::new();
    let mut count = 0;
    while let Some(Stanza::Message(message)) = service.poll_transmit() {
        places.insert(message.payloads.as_slice()[0].as_bytes().as_ptr());
        count += 1;
    }
    assert_eq!((count, places.len()), (100, 1));
}
