//! Nodes in nodes: XEP-0248.

use xmpp_pubsub::service::{Config, NodeConfig};
use xmpp_pubsub::{Feature, ns};

use crate::common::{Bench, OWNER, READER, config, done, error, events, form, node, refused, to};

const FRANCISCO: &str = "francisco@denmark.lit";

fn collections() -> Config {
    config()
        .with_feature(Feature::COLLECTIONS, true)
        .with_feature(Feature::MULTI_COLLECTION, true)
}

/// `top` holds `middle`, which holds the leaf `princely_musings`; `other` is a collection by itself.
fn tree() -> Bench {
    let mut bench = Bench::with(collections(), NodeConfig::default());
    for name in ["top", "middle", "other"] {
        bench.add(name, NodeConfig::collection());
    }
    for (collection, child) in [("top", "middle"), ("middle", "princely_musings")] {
        bench
            .service
            .associate(bench.now, &node(collection), &node(child))
            .unwrap();
    }
    bench
}

fn subscribe(bench: &mut Bench, collection: &str, fields: &[(&str, &str)]) -> String {
    let form = form("subscribe_options", fields);
    bench.pubsub(
        READER,
        "set",
        &format!("<subscribe{collection} jid='{FRANCISCO}'/><options>{form}</options>"),
    )
}

fn configure(bench: &mut Bench, name: &str, fields: &[(&str, &str)]) -> String {
    let form = form("node_config", fields);
    bench.owner(
        OWNER,
        "set",
        &format!("<configure node='{name}'>{form}</configure>"),
    )
}

#[test]
fn features_and_identity() {
    let mut bench = tree();
    let info = bench.ask(
        READER,
        "get",
        "<query xmlns='http://jabber.org/protocol/disco#info'/>",
    );
    for name in ["collections", "multi-collection", "multi-collections"] {
        assert!(
            info.contains(&format!("#{name}\"/>")),
            "CN-01: {name} in {info}"
        );
    }
    let info = bench.ask(
        READER,
        "get",
        "<query xmlns='http://jabber.org/protocol/disco#info' node='top'/>",
    );
    assert!(
        info.contains("<identity category=\"pubsub\" type=\"collection\"/>"),
        "PS-5.3-01: {info}"
    );
    let items = |bench: &mut Bench, node: &str| {
        let query = format!("<query xmlns='http://jabber.org/protocol/disco#items'{node}/>");
        bench.ask(READER, "get", &query)
    };
    let first = items(&mut bench, "");
    assert!(
        first.contains("node=\"top\"") && !first.contains("node=\"middle\""),
        "PS-5.2-01: the first level: {first}"
    );
    assert!(items(&mut bench, " node='top'").contains("node=\"middle\""));
}

#[test]
fn items_reach_those_who_follow_a_collection() {
    for (collection, depth, expected) in [
        ("middle", "1", 1),
        ("top", "1", 0),
        ("top", "2", 1),
        ("top", "all", 1),
        ("other", "all", 0),
    ] {
        let mut bench = tree();
        done(&subscribe(
            &mut bench,
            &format!(" node='{collection}'"),
            &[
                ("subscription_type", "items"),
                ("subscription_depth", depth),
            ],
        ));
        let sent = bench.publish("a");
        assert_eq!(
            events(&sent),
            expected,
            "CN-06, {collection} {depth}: {sent}"
        );
        if expected == 1 {
            let told = to(&sent, FRANCISCO)[0];
            assert!(
                told.contains("<items node=\"princely_musings\"><item id=\"a\">")
                    && told.contains(&format!(
                        "<header name=\"Collection\">{collection}</header></headers></message>"
                    )),
                "CN-04: {told}"
            );
        }
    }
    let mut bench = tree();
    done(&subscribe(
        &mut bench,
        "",
        &[
            ("subscription_type", "items"),
            ("subscription_depth", "all"),
        ],
    ));
    assert_eq!(
        events(&bench.publish("a")),
        1,
        "PS-6.1-01, T22: the root collection"
    );
}

#[test]
fn one_event_however_many_ways_lead_there() {
    let mut bench = tree();
    for name in ["top", "middle"] {
        let fields = [("subscription_type", "all"), ("subscription_depth", "all")];
        done(&subscribe(&mut bench, &format!(" node='{name}'"), &fields));
    }
    done(&bench.subscribe(READER, FRANCISCO));
    let sent = bench.publish("a");
    assert_eq!(events(&sent), 1, "PS-6.1-23: {sent}");
    for name in ["top", "middle"] {
        let header = format!("<header name=\"Collection\">{name}</header>");
        assert!(sent.contains(&header), "CN-04: {sent}");
    }
}

#[test]
fn who_is_away_is_not_reached_by_another_way() {
    let mut bench = tree();
    bench.configure(&[
        ("presence_based_delivery", "1"),
        ("send_last_published_item", "never"),
    ]);
    done(&subscribe(
        &mut bench,
        " node='middle'",
        &[("subscription_type", "items")],
    ));
    done(&bench.subscribe(READER, FRANCISCO));
    assert_eq!(events(&bench.publish("a")), 0, "PS-12.6-01, CN-05");
    bench.online(READER);
    assert_eq!(events(&bench.publish("b")), 1, "PS-12.6-01, CN-05");
}

#[test]
fn a_leaf_keeps_its_own_rules() {
    let mut bench = tree();
    bench.configure(&[
        ("access_model", "whitelist"),
        ("notification_type", "normal"),
    ]);
    let fields = [("subscription_type", "items")];
    done(&subscribe(&mut bench, " node='middle'", &fields));
    assert_eq!(
        events(&bench.publish("a")),
        0,
        "PS-14.3-01: he may not read the leaf"
    );
    bench.configure(&[("access_model", "open"), ("deliver_payloads", "0")]);
    let sent = bench.publish("b");
    assert!(
        sent.contains("<item id=\"b\"/>") && !sent.contains("headline"),
        "CN-05: {sent}"
    );
}

#[test]
fn nodes_that_join_and_leave_are_told() {
    let mut bench = tree();
    done(&subscribe(&mut bench, " node='other'", &[]));
    assert_eq!(
        events(&bench.publish("a")),
        0,
        "CN-06: the default is nodes"
    );
    let sent = configure(
        &mut bench,
        "princely_musings",
        &[("collection", "middle|other")],
    );
    assert!(
        to(&sent, FRANCISCO)[0].contains(
            "<collection node=\"other\"><associate node=\"princely_musings\"/></collection>"
        ),
        "CN-07: {sent}"
    );
    let sent = configure(&mut bench, "other", &[("children", "")]);
    assert!(
        sent.contains("<disassociate node=\"princely_musings\"/>"),
        "CN-07: {sent}"
    );
    done(&subscribe(&mut bench, "", &[]));
    let sent = bench.pubsub(OWNER, "set", "<create node='new'/>");
    assert!(
        sent.contains("<collection><associate node=\"new\"/></collection>"),
        "CN-07: the root has no name: {sent}"
    );
}

#[test]
fn both_views_agree() {
    let mut bench = tree();
    done(&configure(
        &mut bench,
        "other",
        &[("children", "princely_musings")],
    ));
    let leaf = bench.owner(OWNER, "get", "<configure node='princely_musings'/>");
    assert!(
        leaf.contains("<field var=\"pubsub#collection\" type=\"text-multi\"><value>middle</value><value>other</value></field>"),
        "CN-16, CN-10: {leaf}"
    );
    done(&configure(
        &mut bench,
        "princely_musings",
        &[("collection", "other")],
    ));
    let middle = bench.owner(OWNER, "get", "<configure node='middle'/>");
    assert!(
        middle.contains("<field var=\"pubsub#children\" type=\"text-multi\"/>"),
        "CN-16: {middle}"
    );
    for var in [
        "children_max",
        "children_association_policy",
        "children_association_whitelist",
    ] {
        assert!(middle.contains(&format!("pubsub#{var}")), "CN-10: {var}");
    }
}

#[test]
fn what_collections_cannot_be() {
    let mut bench = tree();
    let invalid = Some("invalid-options".to_owned());
    let not_allowed = ("cancel".to_owned(), "not-allowed".to_owned(), invalid);
    for (name, var, value) in [
        ("top", "collection", "middle"),
        ("middle", "children", "top|princely_musings"),
        ("top", "collection", "top"),
    ] {
        let answer = configure(&mut bench, name, &[(var, value)]);
        assert_eq!(
            error(&answer),
            not_allowed,
            "CN-02: {name} {var} {value}: {answer}"
        );
    }
    let answer = configure(&mut bench, "princely_musings", &[("children", "top")]);
    assert_eq!(error(&answer), not_allowed, "CN-11: a leaf with children");
    let answer = configure(&mut bench, "other", &[("node_type", "leaf")]);
    assert_eq!(error(&answer), not_allowed, "CN-11: a collection to a leaf");
    let answer = configure(
        &mut bench,
        "middle",
        &[
            ("children_max", "1"),
            ("children", "princely_musings|other"),
        ],
    );
    assert_eq!(
        error(&answer).2.as_deref(),
        Some("max-nodes-exceeded"),
        "CN-11: {answer}"
    );
    let answer = bench.pubsub(
        OWNER,
        "set",
        "<publish node='top'><item><e xmlns='urn:e'/></item></publish>",
    );
    assert_eq!(
        error(&answer).2.as_deref(),
        Some("unsupported[publish]"),
        "CN-03: {answer}"
    );
    let answer = bench.pubsub(OWNER, "get", "<items node='top'/>");
    assert_eq!(
        error(&answer).2.as_deref(),
        Some("unsupported[retrieve-items]"),
        "CN-09: {answer}"
    );
}

#[test]
fn a_leaf_that_becomes_a_collection_loses_its_items() {
    let mut bench = tree();
    done(&bench.publish("a"));
    done(&configure(
        &mut bench,
        "princely_musings",
        &[("node_type", "collection")],
    ));
    let shown = bench.owner(OWNER, "get", "<configure node='princely_musings'/>");
    assert!(
        shown.contains(
            "<field var=\"pubsub#node_type\" type=\"list-single\"><value>collection</value>"
        ) && !shown.contains("max_items"),
        "CN-12: {shown}"
    );
    let children = bench.ask(
        OWNER,
        "get",
        "<query xmlns='http://jabber.org/protocol/disco#items' node='princely_musings'/>",
    );
    assert!(
        !children.contains("name=\"a\""),
        "CN-12, PS-4.4-01: {children}"
    );
}

#[test]
fn the_root_stays_and_children_of_others_do() {
    let mut bench = tree();
    let answer = bench.owner(OWNER, "set", "<delete/>");
    assert_eq!(
        (error(&answer).0, error(&answer).1),
        ("cancel".to_owned(), "not-allowed".to_owned()),
        "CN-13, PS-8.4-05: {answer}"
    );
    done(&configure(
        &mut bench,
        "princely_musings",
        &[("collection", "middle|other")],
    ));
    done(&bench.owner(OWNER, "set", "<delete node='middle'/>"));
    let shown = bench.owner(OWNER, "get", "<configure node='princely_musings'/>");
    assert!(
        shown.contains("pubsub#collection\" type=\"text-multi\"><value>other</value></field>"),
        "CN-15: {shown}"
    );
}

fn associate(bench: &mut Bench, from: &str, what: &str, collection: &str, child: &str) -> String {
    let content = format!("<collection node='{collection}'><{what} node='{child}'/></collection>");
    bench.owner(from, "set", &content)
}

#[test]
fn association_by_request() {
    let mut bench = tree();
    done(&associate(
        &mut bench,
        OWNER,
        "associate",
        "other",
        "princely_musings",
    ));
    done(&associate(
        &mut bench,
        OWNER,
        "dissociate",
        "other",
        "princely_musings",
    ));
    let answer = associate(
        &mut bench,
        OWNER,
        "disassociate",
        "other",
        "princely_musings",
    );
    assert_eq!(
        error(&answer).1,
        "bad-request",
        "CN-14: not associated: {answer}"
    );
    let answer = associate(&mut bench, READER, "associate", "other", "princely_musings");
    assert_eq!(error(&answer).1, "forbidden", "CN-14: not his: {answer}");
    let answer = associate(&mut bench, OWNER, "associate", "middle", "top");
    assert_eq!(
        error(&answer).2.as_deref(),
        Some("invalid-options"),
        "CN-02: {answer}"
    );
    // CN-10: who may add nodes is a policy of the collection.
    done(&bench.pubsub(READER, "set", "<create node='own'/>"));
    for (policy, listed, allowed) in [
        ("owner", "", false),
        ("whitelist", "x@y", false),
        ("whitelist", FRANCISCO, true),
        ("all", "", true),
    ] {
        let fields = [
            ("children_association_policy", policy),
            ("children_association_whitelist", listed),
        ];
        done(&configure(&mut bench, "other", &fields));
        let answer = associate(&mut bench, READER, "associate", "other", "own");
        assert_eq!(
            answer.contains("\"result\""),
            allowed,
            "CN-10, {policy}: {answer}"
        );
        if allowed {
            done(&associate(&mut bench, READER, "dissociate", "other", "own"));
        }
    }
}

#[test]
fn second_subscriptions_of_one_type() {
    let mut bench = Bench::new(collections().with_multi_subscribe(true));
    bench.add("c", NodeConfig::collection());
    let items = [("subscription_type", "items")];
    done(&subscribe(&mut bench, " node='c'", &items));
    done(&subscribe(&mut bench, " node='c'", &[]));
    let answer = subscribe(&mut bench, " node='c'", &items);
    assert_eq!(error(&answer).1, "conflict", "CN-08: {answer}");
}

#[test]
fn collections_that_are_not_offered() {
    let mut bench = Bench::open();
    let unsupported = Some("unsupported[collections]");
    let form = form("node_config", &[("node_type", "collection")]);
    for (ns, kind, content) in [
        (
            ns::PUBSUB,
            "set",
            format!("<create node='c'/><configure>{form}</configure>"),
        ),
        (ns::PUBSUB, "set", format!("<subscribe jid='{FRANCISCO}'/>")),
        (
            ns::PUBSUB_OWNER,
            "get",
            "<default type='collection'/>".to_owned(),
        ),
        (
            ns::PUBSUB_OWNER,
            "set",
            "<collection node='c'><associate node='d'/></collection>".to_owned(),
        ),
    ] {
        let answer = bench.ask(
            READER,
            kind,
            &format!("<pubsub xmlns='{ns}'>{content}</pubsub>"),
        );
        refused(&answer, "cancel", "feature-not-implemented", unsupported);
    }
    let one = config().with_feature(Feature::COLLECTIONS, true);
    let mut bench = Bench::with(one, NodeConfig::default());
    for name in ["a", "b"] {
        bench.add(name, NodeConfig::collection());
    }
    let answer = configure(&mut bench, "princely_musings", &[("collection", "a|b")]);
    assert_eq!(
        error(&answer).2.as_deref(),
        Some("unsupported[multi-collection]"),
        "CN-01: {answer}"
    );
}
