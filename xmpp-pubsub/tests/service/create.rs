//! Nodes that are created. XEP-0060 §8.1.

use xmpp_pubsub::Feature;
use xmpp_pubsub::pubsub::Affiliation;
use xmpp_pubsub::service::{CreatePolicy, NodeConfig, Standing};

use crate::common::{Bench, NOW, OWNER, READER, config, done, jid, node};
use crate::wire::{all, empty_result, fault, form, missing, offers, submit, value, values, xml};

#[test]
fn a_node_is_created_by_name() {
    let mut bench = Bench::new(config());
    assert!(offers(&mut bench, "create-nodes"), "PS-8.1-01");
    let answer = bench.say(
        "<iq type='set' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='create1'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub'><create node='princely_musings'/></pubsub></iq>",
    );
    assert_eq!(
        all(&answer),
        [xml(
            "<iq type='result' from='pubsub.shakespeare.lit' to='hamlet@denmark.lit/elsinore' id='create1'/>"
        )],
        "PS-8.1-02, PS-8.1-05, examples 125 and 138: the name was kept, so it is not told"
    );
    assert!(
        bench.service.contains_node(&node("princely_musings")),
        "PS-8.1-01"
    );
    let own = bench.owner(OWNER, "get", "<affiliations node='princely_musings'/>");
    assert!(
        own.contains("<affiliation jid=\"hamlet@denmark.lit\" affiliation=\"owner\"/>"),
        "PS-8.1-01: {own}"
    );
    let asked = bench.pubsub(OWNER, "get", "<create node='other'/>");
    assert_eq!(fault(&asked), "modify bad-request", "PS-8.1-02: not a set");
    assert_eq!(bench.service.node_count(), 1, "PS-8.1-02");
}

#[test]
fn a_node_is_created_without_a_name() {
    let mut bench = Bench::new(config());
    let mut made = Vec::new();
    for _ in 0..2 {
        let answer = bench.say(
        "<iq type='set' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='create2'>\
             <pubsub xmlns='http://jabber.org/protocol/pubsub'><create/></pubsub></iq>",
        );
        let [name] = values(&answer, "create", "node").try_into().unwrap();
        let expected = format!(
            "<iq type='result' from='pubsub.shakespeare.lit' to='hamlet@denmark.lit/elsinore' \
             id='create2'><pubsub xmlns='http://jabber.org/protocol/pubsub'>\
             <create node='{name}'/></pubsub></iq>"
        );
        assert_eq!(
            all(&answer),
            [xml(&expected)],
            "PS-8.1-02, PS-8.1-04, PS-8.1-05, examples 131 and 132"
        );
        assert!(
            bench.service.contains_node(&node(&name)),
            "PS-8.1-05: {name} is what the node is called"
        );
        made.push(name);
    }
    assert_ne!(made[0], made[1], "PS-8.1-04: unique");
}

#[test]
fn who_may_create_is_a_setting() {
    let mut bench = Bench::new(config().with_create(CreatePolicy::ServiceOwners));
    let answer = bench.pubsub(OWNER, "set", "<create node='a'/>");
    assert_eq!(fault(&answer), "auth forbidden", "PS-8.1-01, PS-8.1-03");
    let admin = jid("admin@denmark.lit");
    bench
        .service
        .set_service_affiliation(NOW, &admin, Affiliation::Owner);
    done(&bench.pubsub("admin@denmark.lit/x", "set", "<create node='a'/>"));
    assert!(bench.service.contains_node(&node("a")), "PS-8.1-01");
}

#[test]
fn a_creation_that_cannot_be_is_refused() {
    let mut limits = config();
    limits.max_nodes = 1;
    let mut bench = Bench::new(limits);
    let barred = jid("claudius@denmark.lit");
    bench
        .service
        .set_service_affiliation(NOW, &barred, Affiliation::Outcast);
    done(&bench.pubsub(OWNER, "set", "<create node='a'/>"));
    for (from, content, expected) in [
        (OWNER, "<create node='a'/>", "cancel conflict"),
        (READER, "<create node='a'/>", "cancel conflict"),
        (
            "claudius@denmark.lit/x",
            "<create node='b'/>",
            "auth forbidden",
        ),
        (
            OWNER,
            "<create node='b'/>",
            "cancel not-allowed max-nodes-exceeded",
        ),
    ] {
        let answer = bench.pubsub(from, "set", content);
        assert_eq!(fault(&answer), expected, "PS-8.1-03: {from} {content}");
    }
    assert_eq!(bench.service.node_count(), 1, "PS-8.1-03");

    let mut bench = Bench::new(config().with_feature(Feature::CREATE_NODES, false));
    assert!(!offers(&mut bench, "create-nodes"), "PS-8.1-01");
    let answer = bench.pubsub(OWNER, "set", "<create node='a'/>");
    assert_eq!(fault(&answer), missing("create-nodes"), "PS-8.1-03, ex 126");
}

#[test]
fn who_has_to_register_first_is_told_so() {
    let mut bench = Bench::new(config());
    let user = jid("hamlet@denmark.lit");
    bench
        .service
        .set_standing(NOW, &user, Standing::Unregistered);
    let create = "<create node='princely_musings'/>";
    let answer = bench.pubsub(OWNER, "set", create);
    assert_eq!(
        fault(&answer),
        "auth registration-required",
        "PS-8.1-03, example 127"
    );
    bench.service.set_standing(NOW, &user, Standing::Good);
    let answer = bench.pubsub(OWNER, "set", create);
    assert_eq!(all(&answer), [empty_result()], "PS-8.1-03: now he may");
}

#[test]
fn where_nodes_need_a_name_one_is_required() {
    let mut bench = Bench::new(config().with_feature(Feature::INSTANT_NODES, false));
    assert!(!offers(&mut bench, "instant-nodes"), "T8");
    for content in ["<create/>", "<create node=''/>"] {
        let answer = bench.pubsub(OWNER, "set", content);
        assert_eq!(
            all(&answer),
            [xml(
                "<iq type='error' from='pubsub.shakespeare.lit' to='hamlet@denmark.lit/elsinore' id='i/1'>\
                 <error type='modify'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\
                 <nodeid-required xmlns='http://jabber.org/protocol/pubsub#errors'/></error></iq>"
            )],
            "PS-8.1-03, T8, example 130: {content}"
        );
    }
    done(&bench.pubsub(OWNER, "set", "<create node='a'/>"));
    assert_eq!(bench.service.node_count(), 1, "T8");
}

#[test]
fn another_access_model_is_asked_for_beside_create() {
    let mut bench = Bench::new(config());
    let answer = bench.say(
        "<iq type='set' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='i/1'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub'><create node='princely_musings'/>\
         <configure><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>\
         <value>http://jabber.org/protocol/pubsub#node_config</value></field>\
         <field var='pubsub#access_model'><value>whitelist</value></field></x></configure></pubsub></iq>",
    );
    assert_eq!(
        all(&answer),
        [empty_result()],
        "PS-8.1-06, PS-8.1-09, example 134"
    );
    let answer = bench.subscribe(READER, "francisco@denmark.lit");
    assert_eq!(
        fault(&answer),
        "cancel not-allowed closed-node",
        "PS-8.1-06: and it is in force"
    );
    let mut create = |name: &str, model: &str| {
        let set = submit("node_config", &[("pubsub#access_model", model)]);
        bench.pubsub(
            OWNER,
            "set",
            &format!("<create node='{name}'/><configure>{set}</configure>"),
        )
    };
    for model in ["authorize", "open", "presence", "roster", "whitelist"] {
        done(&create(model, model));
    }
    let unknown = "modify not-acceptable unsupported-access-model";
    assert_eq!(
        fault(&create("a", "nonsense")),
        unknown,
        "PS-8.1-07, example 136"
    );
    assert!(!bench.service.contains_node(&node("a")), "PS-8.1-07");

    let mut bench = Bench::new(config().with_feature(Feature::ACCESS_ROSTER, false));
    let set = submit("node_config", &[("pubsub#access_model", "roster")]);
    let content = format!("<create node='a'/><configure>{set}</configure>");
    let answer = bench.pubsub(OWNER, "set", &content);
    assert_eq!(fault(&answer), unknown, "PS-8.1-07: one that is off");
}

#[test]
fn a_node_is_a_leaf_unless_asked_for_otherwise() {
    let mut bench = Bench::new(config().with_feature(Feature::COLLECTIONS, true));
    let identity = |bench: &mut Bench, name: &str| {
        let content =
            format!("<query xmlns='http://jabber.org/protocol/disco#info' node='{name}'/>");
        values(&bench.ask(READER, "get", &content), "identity", "type")
    };
    done(&bench.pubsub(OWNER, "set", "<create node='a'/>"));
    assert_eq!(identity(&mut bench, "a"), ["leaf"], "PS-8.1-08");
    let shown = form(&bench.owner(OWNER, "get", "<configure node='a'/>"));
    assert_eq!(value(&shown, "pubsub#node_type"), "leaf", "PS-8.1-08");
    let set = submit("node_config", &[("pubsub#node_type", "collection")]);
    let content = format!("<create node='b'/><configure>{set}</configure>");
    done(&bench.pubsub(OWNER, "set", &content));
    assert_eq!(identity(&mut bench, "b"), ["collection"], "PS-8.1-08");
}

#[test]
fn the_configuration_comes_after_create_and_names_no_node() {
    let mut bench = Bench::new(config());
    assert!(offers(&mut bench, "create-and-configure"), "PS-8.1-10");
    let set = submit("node_config", &[("pubsub#title", "Princely Musings")]);
    for content in [
        format!("<configure>{set}</configure><create node='a'/>"),
        format!("<create node='a'/><configure node='a'>{set}</configure>"),
        format!("<create node='a'/><configure node='b'>{set}</configure>"),
    ] {
        let answer = bench.pubsub(OWNER, "set", &content);
        assert_eq!(fault(&answer), "modify bad-request", "PS-8.1-09: {content}");
    }
    assert_eq!(bench.service.node_count(), 0, "PS-8.1-09");
    let both = format!("<create node='a'/><configure>{set}</configure>");
    let title = |bench: &mut Bench| {
        let shown = form(&bench.owner(OWNER, "get", "<configure node='a'/>"));
        value(&shown, "pubsub#title")
    };
    done(&bench.pubsub(OWNER, "set", &both));
    assert_eq!(title(&mut bench), "Princely Musings", "PS-8.1-10");

    let mut bench = Bench::new(config().with_feature(Feature::CREATE_AND_CONFIGURE, false));
    assert!(!offers(&mut bench, "create-and-configure"), "PS-8.1-10");
    assert_eq!(
        all(&bench.pubsub(OWNER, "set", &both)),
        [empty_result()],
        "PS-8.1-10: without the feature the node is made"
    );
    assert_eq!(title(&mut bench), "", "PS-8.1-10: and the form passed over");
}

#[test]
fn a_whole_form_beside_create_is_taken() {
    let mut bench = Bench::new(config());
    let set = submit(
        "node_config",
        &[
            ("pubsub#title", "Princely Musings (Atom)"),
            ("pubsub#deliver_notifications", "1"),
            ("pubsub#deliver_payloads", "1"),
            ("pubsub#persist_items", "1"),
            ("pubsub#max_items", "10"),
            ("pubsub#item_expire", "604800"),
            ("pubsub#access_model", "open"),
            ("pubsub#publish_model", "publishers"),
            ("pubsub#purge_offline", "0"),
            ("pubsub#send_last_published_item", "never"),
            ("pubsub#presence_based_delivery", "false"),
            ("pubsub#notification_type", "headline"),
            ("pubsub#notify_config", "0"),
            ("pubsub#notify_delete", "0"),
            ("pubsub#notify_retract", "0"),
            ("pubsub#notify_sub", "0"),
            ("pubsub#max_payload_size", "1028"),
            ("pubsub#type", "urn:example:e2ee:bundle"),
            (
                "pubsub#body_xslt",
                "http://jabxslt.jabberstudio.org/atom_body.xslt",
            ),
        ],
    );
    let content = format!("<create node='princely_musings'/><configure>{set}</configure>");
    let answer = bench.pubsub(OWNER, "set", &content);
    assert_eq!(
        all(&answer),
        [empty_result()],
        "PS-8.1-09, examples 137 and 138"
    );
    let shown = form(&bench.owner(OWNER, "get", "<configure node='princely_musings'/>"));
    for (var, expected) in [
        ("pubsub#title", "Princely Musings (Atom)"),
        ("pubsub#max_items", "10"),
        ("pubsub#item_expire", "604800"),
        ("pubsub#send_last_published_item", "never"),
        ("pubsub#notify_delete", "0"),
        ("pubsub#max_payload_size", "1028"),
        ("pubsub#type", "urn:example:e2ee:bundle"),
    ] {
        assert_eq!(value(&shown, var), expected, "PS-8.1-09: {var}");
    }
}

#[test]
fn a_node_is_made_in_its_collection_at_once() {
    let config = config()
        .with_feature(Feature::COLLECTIONS, true)
        .with_auto_create(true);
    let mut bench = Bench::new(config);
    bench.add("blogs", NodeConfig::collection());
    let set = submit("node_config", &[("pubsub#collection", "blogs")]);
    let create = format!("<create node='a'/><configure>{set}</configure>");
    assert_eq!(
        all(&bench.pubsub(OWNER, "set", &create)),
        [empty_result()],
        "by create and configure"
    );
    let options = submit("publish-options", &[("pubsub#collection", "blogs")]);
    let publish = format!(
        "<publish node='b'><item id='i'><entry xmlns='urn:e'/></item></publish>\
         <publish-options>{options}</publish-options>"
    );
    assert_eq!(
        all(&bench.pubsub(OWNER, "set", &publish)),
        [empty_result()],
        "by a publish"
    );
    let query = "<query xmlns='http://jabber.org/protocol/disco#items' node='blogs'/>";
    let listed = bench.ask(READER, "get", query);
    assert_eq!(values(&listed, "item", "node"), ["a", "b"], "{listed}");
    // Where the creator may not add to it, no node is made.
    let create = create.replace("node='a'", "node='c'");
    let answer = bench.pubsub(READER, "set", &create);
    assert_eq!(fault(&answer), "auth forbidden");
    assert!(!bench.service.contains_node(&node("c")));
}
