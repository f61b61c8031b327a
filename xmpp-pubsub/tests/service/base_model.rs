//! What a service is, and what goes to whom: §3 and §4.2 to §4.5.

use std::collections::BTreeSet;

use xmpp_pubsub::pubsub::Affiliation;
use xmpp_pubsub::service::{AccessModel, NodeConfig, SendLast};
use xmpp_pubsub::{Feature, ns};

use crate::common::{
    Bench, NOW, OWNER, READER, attribute, config, error, events, form, jid, meaning, node, row, to,
};

const FRANCISCO: &str = "francisco@denmark.lit";

#[test]
fn what_is_published_reaches_every_subscriber() {
    let mut bench = Bench::open();
    for (from, address) in [
        (READER, FRANCISCO),
        ("bernardo@denmark.lit/x", "bernardo@denmark.lit/x"),
        ("horatio@denmark.lit/y", "horatio@denmark.lit"),
        (OWNER, "hamlet@denmark.lit"),
    ] {
        bench.subscribe(from, address);
    }
    let sent = bench.publish("a");
    let reached: BTreeSet<String> = sent
        .lines()
        .filter(|line| line.contains("<item id=\"a\"><entry xmlns=\"urn:e\"/></item>"))
        .map(|line| attribute(line, "to"))
        .collect();
    let expected = [
        "bernardo@denmark.lit/x",
        FRANCISCO,
        "hamlet@denmark.lit",
        "horatio@denmark.lit",
    ];
    assert_eq!(
        reached,
        expected.map(str::to_owned).into(),
        "PS-3-01: {sent}"
    );
    assert_eq!(events(&sent), 4, "PS-3-01: {sent}");
}

#[test]
fn whoever_asks_to_subscribe_is_told_yes_or_no() {
    let mut bench = Bench::open();
    bench.affiliate("bernardo@denmark.lit", "outcast");
    bench.add(
        "closed",
        NodeConfig::default().with_access_model(AccessModel::Whitelist),
    );
    bench.add(
        "asked",
        NodeConfig::default().with_access_model(AccessModel::Authorize),
    );
    for (from, request, told) in [
        (
            READER,
            "node='princely_musings' jid='francisco@denmark.lit'",
            "result",
        ),
        (READER, "node='asked' jid='francisco@denmark.lit'", "result"),
        (READER, "node='closed' jid='francisco@denmark.lit'", "error"),
        (READER, "node='absent' jid='francisco@denmark.lit'", "error"),
        (
            READER,
            "node='princely_musings' jid='hamlet@denmark.lit'",
            "error",
        ),
        (READER, "node='princely_musings'", "error"),
        (READER, "jid='francisco@denmark.lit'", "error"),
        (
            "bernardo@denmark.lit/x",
            "node='princely_musings' jid='bernardo@denmark.lit'",
            "error",
        ),
    ] {
        let sent = bench.pubsub(from, "set", &format!("<subscribe {request}/>"));
        let answers: Vec<&str> = sent
            .lines()
            .filter(|line| line.starts_with("<iq "))
            .collect();
        assert_eq!(answers.len(), 1, "PS-3-02: {request}: {sent}");
        assert_eq!(
            (
                attribute(answers[0], "to").as_str(),
                attribute(answers[0], "type").as_str()
            ),
            (from, told),
            "PS-3-02: {request}: {sent}"
        );
    }
}

/// What is optional, and a request that cannot be without it.
fn optional() -> Vec<(Feature, &'static str, &'static str, String)> {
    let submit = form("publish-options", &[("persist_items", "1")]);
    let publish = "<publish node='princely_musings'><item><a xmlns='urn:e'/></item></publish>";
    let own = "node='princely_musings' jid='hamlet@denmark.lit'";
    let musings = "node='princely_musings'";
    let own_ns = ns::PUBSUB_OWNER;
    vec![
        (
            Feature::SUBSCRIBE,
            "set",
            ns::PUBSUB,
            format!("<subscribe {own}/>"),
        ),
        (
            Feature::SUBSCRIBE,
            "set",
            ns::PUBSUB,
            format!("<unsubscribe {own}/>"),
        ),
        (
            Feature::RETRIEVE_SUBSCRIPTIONS,
            "get",
            ns::PUBSUB,
            "<subscriptions/>".into(),
        ),
        (
            Feature::RETRIEVE_AFFILIATIONS,
            "get",
            ns::PUBSUB,
            "<affiliations/>".into(),
        ),
        (
            Feature::SUBSCRIPTION_OPTIONS,
            "get",
            ns::PUBSUB,
            format!("<options {own}/>"),
        ),
        (
            Feature::RETRIEVE_DEFAULT_SUB,
            "get",
            ns::PUBSUB,
            "<default/>".into(),
        ),
        (
            Feature::RETRIEVE_ITEMS,
            "get",
            ns::PUBSUB,
            format!("<items {musings}/>"),
        ),
        (
            Feature::PERSISTENT_ITEMS,
            "get",
            ns::PUBSUB,
            format!("<items {musings}/>"),
        ),
        (Feature::PUBLISH, "set", ns::PUBSUB, publish.into()),
        (
            Feature::PUBLISH_OPTIONS,
            "set",
            ns::PUBSUB,
            format!("{publish}<publish-options>{submit}</publish-options>"),
        ),
        (
            Feature::DELETE_ITEMS,
            "set",
            ns::PUBSUB,
            format!("<retract {musings}><item id='a'/></retract>"),
        ),
        (
            Feature::CREATE_NODES,
            "set",
            ns::PUBSUB,
            "<create node='new'/>".into(),
        ),
        (
            Feature::CONFIG_NODE,
            "get",
            own_ns,
            format!("<configure {musings}/>"),
        ),
        (
            Feature::RETRIEVE_DEFAULT,
            "get",
            own_ns,
            "<default/>".into(),
        ),
        (
            Feature::PURGE_NODES,
            "set",
            own_ns,
            format!("<purge {musings}/>"),
        ),
        (
            Feature::DELETE_NODES,
            "set",
            own_ns,
            format!("<delete {musings}/>"),
        ),
        (
            Feature::MANAGE_SUBSCRIPTIONS,
            "get",
            own_ns,
            format!("<subscriptions {musings}/>"),
        ),
        (
            Feature::MODIFY_AFFILIATIONS,
            "get",
            own_ns,
            format!("<affiliations {musings}/>"),
        ),
    ]
}

#[test]
fn discovery_tells_what_is_there_and_that_works() {
    for (feature, kind, ns, content) in optional() {
        for on in [true, false] {
            let mut bench = Bench::with(
                config().with_feature(feature.clone(), on),
                NodeConfig::default(),
            );
            bench.publish("a");
            bench.subscribe(OWNER, "hamlet@denmark.lit");
            let listed = format!("<feature var=\"http://jabber.org/protocol/pubsub#{feature}\"/>");
            assert_eq!(
                bench.info("").contains(&listed),
                on,
                "PS-3-05: {feature}, {on}"
            );
            let request = format!("<pubsub xmlns='{ns}'>{content}</pubsub>");
            let answer = bench.ask(OWNER, kind, &request);
            if on {
                assert!(
                    answer.contains(" type=\"result\""),
                    "PS-3-06: {feature}: {answer}"
                );
            } else {
                assert_eq!(
                    error(&answer),
                    row(
                        "cancel",
                        "feature-not-implemented",
                        &format!("unsupported[{feature}]")
                    ),
                    "PS-3-05: {feature}: {answer}"
                );
            }
        }
    }
}

#[test]
fn what_a_service_can_leave_out() {
    let mut bench = Bench::with(
        config().with_feature(Feature::META_DATA, false),
        NodeConfig {
            deliver_payloads: false,
            ..NodeConfig::default()
        },
    );
    bench.subscribe(READER, FRANCISCO);
    let event = bench.publish("a");
    assert!(
        event.contains("<items node=\"princely_musings\"><item id=\"a\"/></items>"),
        "PS-3-09: no payloads: {event}"
    );
    let info = bench.info(" node='princely_musings'");
    assert!(!info.contains("meta-data"), "PS-3-09: no metadata: {info}");
    let collection = form("node_config", &[("node_type", "collection")]);
    let create = format!("<create node='c'/><configure>{collection}</configure>");
    assert_eq!(
        error(&bench.pubsub(OWNER, "set", &create)),
        row(
            "cancel",
            "feature-not-implemented",
            "unsupported[collections]"
        ),
        "PS-3-09: no collections"
    );
    let mut bench = Bench::with(
        config().with_feature(Feature::PERSISTENT_ITEMS, false),
        NodeConfig::default().with_send_last(SendLast::Never),
    );
    bench.publish("a");
    assert_eq!(
        error(&bench.pubsub(READER, "get", "<items node='princely_musings'/>")),
        row(
            "cancel",
            "feature-not-implemented",
            "unsupported[persistent-items]"
        ),
        "PS-3-09: no storage"
    );
    let mut bench = Bench::with(
        config().with_feature(Feature::MULTI_ITEMS, false),
        NodeConfig::default(),
    );
    let form = bench.owner(OWNER, "get", "<configure node='princely_musings'/>");
    assert!(
        form.contains("pubsub#persist_items") && !form.contains("pubsub#max_items"),
        "PS-3-09: no cap to set: {form}"
    );
}

#[test]
fn owners_decide_who_subscribes_who_publishes_and_who_may_come() {
    let mut bench = Bench::whitelist();
    let bard = "<subscription jid='bard@shakespeare.lit' subscription='subscribed'/>";
    bench.affiliate("bard@shakespeare.lit", "member");
    bench.affiliate(FRANCISCO, "publisher");
    let set = format!("<subscriptions node='princely_musings'>{bard}</subscriptions>");
    bench.owner(OWNER, "set", &set);
    let publish =
        "<publish node='princely_musings'><item id='x'><a xmlns='urn:e'/></item></publish>";
    let sent = bench.pubsub(READER, "set", publish);
    assert_eq!(
        to(&sent, "bard@shakespeare.lit").len(),
        1,
        "PS-3-08: Francisco publishes, the bard is told: {sent}"
    );
    let shown = bench.owner(OWNER, "get", "<configure node='princely_musings'/>");
    assert!(
        shown.contains(
            "<field var=\"pubsub#access_model\" type=\"list-single\"><value>whitelist</value>"
        ),
        "PS-4.5-03: {shown}"
    );
    let stranger = "horatio@denmark.lit";
    let answer = bench.subscribe("horatio@denmark.lit/x", stranger);
    assert_eq!(
        error(&answer),
        row("cancel", "not-allowed", "closed-node"),
        "PS-4.5-03"
    );
    bench.configure(&[("access_model", "open")]);
    let answer = bench.subscribe("horatio@denmark.lit/x", stranger);
    assert!(
        answer.contains("subscription=\"subscribed\""),
        "PS-4.5-03: {answer}"
    );
    let fresh = bench.pubsub(OWNER, "set", "<create node='fresh'/>");
    assert!(fresh.contains(" type=\"result\""), "{fresh}");
    let answer = bench.pubsub(
        READER,
        "set",
        &format!("<subscribe node='fresh' jid='{FRANCISCO}'/>"),
    );
    assert!(
        answer.contains("subscription=\"subscribed\""),
        "PS-4.5-01: open where nothing is said: {answer}"
    );
}

#[test]
fn nothing_goes_to_who_waits_or_has_not_asked() {
    let mut bench = Bench::with(
        config(),
        NodeConfig::default().with_access_model(AccessModel::Authorize),
    );
    bench.subscribe(READER, FRANCISCO);
    bench.online(READER);
    bench.online("bernardo@denmark.lit/x");
    let sent = bench.publish("a");
    assert_eq!(events(&sent), 0, "PS-4.2-01: {sent}");
    bench.offline(READER);
    let sent = bench.online(READER);
    assert_eq!(
        sent, "",
        "PS-4.2-01: nor does his presence bring the last item"
    );
    bench.affiliate(FRANCISCO, "member");
    let sent = bench.publish("b");
    assert_eq!(to(&sent, FRANCISCO).len(), 1, "PS-4.2-03: approved: {sent}");
}

#[test]
fn owners_choose_storage_and_payloads() {
    let payload = "<item id=\"a\"><entry xmlns=\"urn:e\"/></item>";
    let bare = "<item id=\"a\"/>";
    for (persist, deliver, told, kept) in [
        ("1", "1", payload, true),
        ("1", "0", bare, true),
        ("0", "1", payload, false),
        ("0", "0", "", false),
    ] {
        let mut bench = Bench::open();
        bench.subscribe(READER, FRANCISCO);
        bench.configure(&[
            ("persist_items", persist),
            ("deliver_payloads", deliver),
            ("send_last_published_item", "never"),
        ]);
        let sent = if told.is_empty() {
            bench.pubsub(OWNER, "set", "<publish node='princely_musings'/>")
        } else {
            bench.publish("a")
        };
        let id = attribute(to(&sent, FRANCISCO)[0], "id");
        let event = format!(
            "<message from='pubsub.shakespeare.lit' to='{FRANCISCO}' id='{id}' type='headline'>\
             <event xmlns='{}'><items node='princely_musings'>{told}</items></event></message>",
            ns::PUBSUB_EVENT
        );
        assert_eq!(
            meaning(to(&sent, FRANCISCO)[0]),
            meaning(&event),
            "PS-4.3-01, PS-4.3-04: {persist}, {deliver}"
        );
        let items = bench.pubsub(READER, "get", "<items node='princely_musings'/>");
        assert_eq!(
            items.contains("<item id=\"a\""),
            kept,
            "PS-4.3-01: {persist}, {deliver}: {items}"
        );
    }
}

#[test]
fn leaves_hold_items_and_collections_hold_nodes() {
    let config = config().with_feature(Feature::COLLECTIONS, true);
    let mut bench = Bench::with(config, NodeConfig::default());
    bench.add("plays", NodeConfig::collection());
    bench.configure(&[("collection", "plays")]);
    bench.publish("a");
    let list = |bench: &mut Bench, node: &str| {
        let query = format!("<query xmlns='{}' node='{node}'/>", ns::DISCO_ITEMS);
        bench.ask(READER, "get", &query)
    };
    let nodes = list(&mut bench, "plays");
    assert!(
        nodes.contains("<item jid=\"pubsub.shakespeare.lit\" node=\"princely_musings\"/>"),
        "PS-4.4-01: {nodes}"
    );
    let items = list(&mut bench, "princely_musings");
    assert!(
        items.contains("<item jid=\"pubsub.shakespeare.lit\" name=\"a\"/>"),
        "PS-4.4-01: {items}"
    );
    let publish = "<publish node='plays'><item><a xmlns='urn:e'/></item></publish>";
    assert_eq!(
        error(&bench.pubsub(OWNER, "set", publish)),
        row("cancel", "feature-not-implemented", "unsupported[publish]"),
        "PS-4.4-01: no items in a collection"
    );
    bench.add("sonnets", NodeConfig::default());
    let form = form("node_config", &[("collection", "princely_musings")]);
    let configure = format!("<configure node='sonnets'>{form}</configure>");
    assert_eq!(
        error(&bench.owner(OWNER, "set", &configure)),
        row("cancel", "not-allowed", "invalid-options"),
        "PS-4.4-01: no nodes in a leaf"
    );
}

#[test]
fn whitelists_have_owners_and_whom_they_make_members() {
    let mut bench = Bench::whitelist();
    bench.publish("a");
    let items = "<items node='princely_musings'/>";
    let answer = bench.pubsub(OWNER, "get", items);
    assert!(answer.contains("<item id=\"a\">"), "PS-4.5-02: {answer}");
    let answer = bench.subscribe(OWNER, "hamlet@denmark.lit");
    assert!(
        answer.contains("subscription=\"subscribed\""),
        "PS-4.5-02: {answer}"
    );
    let answer = bench.pubsub(READER, "get", items);
    assert_eq!(
        error(&answer),
        row("cancel", "not-allowed", "closed-node"),
        "PS-4.5-02, T26"
    );
    bench.affiliate(FRANCISCO, "member");
    let answer = bench.pubsub(READER, "get", items);
    assert!(
        answer.contains("<item id=\"a\">"),
        "PS-4.5-02, T26: a member, without a subscription: {answer}"
    );
    bench
        .service
        .set_affiliation(
            NOW,
            &node("princely_musings"),
            &jid(FRANCISCO),
            Affiliation::Publisher,
        )
        .unwrap();
    let answer = bench.pubsub(READER, "get", items);
    assert!(
        answer.contains("<item id=\"a\">"),
        "T26: a publisher: {answer}"
    );
}
