//! What users are to nodes: §4.1.

use xmpp_pubsub::service::{AccessModel, NodeConfig};
use xmpp_pubsub::{Feature, ns};

use crate::common::{Bench, OWNER, READER, config, error, meaning, result, row};

const FRANCISCO: &str = "francisco@denmark.lit";
const OPTIONAL: [(&str, Feature); 4] = [
    ("member", Feature::MEMBER_AFFILIATION),
    ("outcast", Feature::OUTCAST_AFFILIATION),
    ("publisher", Feature::PUBLISHER_AFFILIATION),
    ("publish-only", Feature::PUBLISH_ONLY_AFFILIATION),
];

fn is_done(answer: &str) -> bool {
    answer.lines().next().unwrap().contains(" type=\"result\"")
}

#[test]
fn an_affiliation_belongs_to_the_bare_address() {
    let mut bench = Bench::open();
    bench.affiliate("francisco@denmark.lit/barracks", "publisher");
    let list = bench.owner(OWNER, "get", "<affiliations node='princely_musings'/>");
    let expected = format!(
        "<pubsub xmlns='{}'><affiliations node='princely_musings'>\
         <affiliation jid='francisco@denmark.lit' affiliation='publisher'/>\
         <affiliation jid='hamlet@denmark.lit' affiliation='owner'/></affiliations></pubsub>",
        ns::PUBSUB_OWNER
    );
    assert_eq!(meaning(&list), result(OWNER, &expected), "PS-4.1-01");
    let publish = "<publish node='princely_musings'><item><a xmlns='urn:e'/></item></publish>";
    for session in ["francisco@denmark.lit/barracks", "francisco@denmark.lit/x"] {
        let answer = bench.pubsub(session, "set", publish);
        assert!(is_done(&answer), "PS-4.1-01, {session}: {answer}");
    }
}

/// Where an owner approves subscriptions, nothing but the affiliation lets anybody in: the matrix as it stands.
#[test]
fn the_matrix_of_privileges() {
    let all = [
        (
            "subscribe",
            "set",
            ns::PUBSUB,
            "<subscribe node='princely_musings' jid='francisco@denmark.lit'/>",
        ),
        (
            "retrieve",
            "get",
            ns::PUBSUB,
            "<items node='princely_musings'/>",
        ),
        (
            "publish",
            "set",
            ns::PUBSUB,
            "<publish node='princely_musings'><item id='own'><a xmlns='urn:e'/></item></publish>",
        ),
        (
            "delete his own",
            "set",
            ns::PUBSUB,
            "<retract node='princely_musings'><item id='own'/></retract>",
        ),
        (
            "delete another's",
            "set",
            ns::PUBSUB,
            "<retract node='princely_musings'><item id='other'/></retract>",
        ),
        (
            "purge",
            "set",
            ns::PUBSUB_OWNER,
            "<purge node='princely_musings'/>",
        ),
        (
            "configure",
            "get",
            ns::PUBSUB_OWNER,
            "<configure node='princely_musings'/>",
        ),
        (
            "delete",
            "set",
            ns::PUBSUB_OWNER,
            "<delete node='princely_musings'/>",
        ),
    ];
    for (affiliation, allowed) in [
        ("owner", "yes yes yes yes yes yes yes yes"),
        ("publisher", "yes yes yes yes yes yes no no"),
        ("publish-only", "no no yes yes no no no no"),
        ("member", "yes yes no no no no no no"),
        // He may ask, and an owner decides.
        ("none", "yes no no no no no no no"),
        ("outcast", "no no no no no no no no"),
    ] {
        let node = NodeConfig::default()
            .with_access_model(AccessModel::Authorize)
            .with_max_items(10);
        let mut bench = Bench::with(config(), node);
        bench.publish("other");
        if affiliation != "none" {
            bench.affiliate(FRANCISCO, affiliation);
        }
        for ((what, kind, ns, content), allowed) in all.iter().zip(allowed.split(' ')) {
            let answer = bench.ask(
                READER,
                kind,
                &format!("<pubsub xmlns='{ns}'>{content}</pubsub>"),
            );
            assert_eq!(
                is_done(&answer),
                allowed == "yes",
                "PS-4.1-03: {affiliation}, {what}: {answer}"
            );
        }
    }
}

#[test]
fn items_of_others_are_for_publishers_if_that_is_set_and_never_for_publish_only() {
    for (affiliation, set, expected) in [
        ("publisher", true, true),
        ("publisher", false, false),
        ("publish-only", true, false),
        ("publish-only", false, false),
    ] {
        let mut config = config();
        config.publishers_delete_all = set;
        let mut bench = Bench::with(config, NodeConfig::default());
        bench.publish("other");
        bench.affiliate(FRANCISCO, affiliation);
        let retract = "<retract node='princely_musings'><item id='other'/></retract>";
        let answer = bench.pubsub(READER, "set", retract);
        assert_eq!(
            is_done(&answer),
            expected,
            "PS-4.1-04, PS-4.1-05: {affiliation}, {set}: {answer}"
        );
        if !expected {
            assert_eq!(
                error(&answer),
                row("auth", "forbidden", ""),
                "PS-4.1-05: {affiliation}"
            );
        }
    }
}

#[test]
fn owner_and_none_are_always_there_and_each_of_the_others_has_its_feature() {
    for (name, feature) in OPTIONAL {
        let listed = format!("var=\"http://jabber.org/protocol/pubsub#{name}-affiliation\"");
        let mut bench = Bench::open();
        assert!(bench.info("").contains(&listed), "PS-4.1-02: {name}");
        let answer = bench.affiliate(FRANCISCO, name);
        assert!(is_done(&answer), "PS-3-04: {answer}");
        let list = bench.pubsub(READER, "get", "<affiliations/>");
        let entry = format!("<affiliation node=\"princely_musings\" affiliation=\"{name}\"/>");
        assert!(list.contains(&entry), "PS-3-04: {list}");

        let mut bench = Bench::with(config().with_feature(feature, false), NodeConfig::default());
        assert!(
            !bench.info("").contains(&listed),
            "PS-4.1-02: {name} is off"
        );
        let answer = bench.affiliate(FRANCISCO, name);
        let missing = format!("unsupported[{name}-affiliation]");
        assert_eq!(
            error(&answer),
            row("cancel", "feature-not-implemented", &missing),
            "PS-3-04"
        );
    }
    let config = OPTIONAL.into_iter().fold(config(), |config, (_, feature)| {
        config.with_feature(feature, false)
    });
    let mut bench = Bench::with(config, NodeConfig::default());
    let answer = bench.affiliate(FRANCISCO, "owner");
    assert!(is_done(&answer), "PS-3-03: {answer}");
    let own = bench.owner(
        READER,
        "set",
        "<affiliations node='princely_musings'>\
         <affiliation jid='francisco@denmark.lit' affiliation='none'/></affiliations>",
    );
    assert!(is_done(&own), "PS-3-03: {own}");
}
