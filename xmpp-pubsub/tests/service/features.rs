//! What is advertised is done, and what is off says so: §5.1, §10 and the error table.

use xmpp_pubsub::service::{AccessModel, Config, NodeConfig};
use xmpp_pubsub::{Feature, ns};

use crate::common::{Bench, OWNER, READER, config, done, error, form, refused};

const INFO: &str = "<query xmlns='http://jabber.org/protocol/disco#info'/>";

/// A request that needs a feature, and whether it is one of owners.
fn request(feature: &Feature) -> Option<(&'static str, &'static str, String)> {
    let pubsub = |kind, content: &str| Some((kind, ns::PUBSUB, content.to_owned()));
    let owner = |kind, content: &str| Some((kind, ns::PUBSUB_OWNER, content.to_owned()));
    let affiliate = |name: &str| {
        let entry = format!("<affiliation jid='x@denmark.lit' affiliation='{name}'/>");
        owner(
            "set",
            &format!("<affiliations node='princely_musings'>{entry}</affiliations>"),
        )
    };
    let configure = |var: &str, value: &str| {
        let form = form("node_config", &[(var, value)]);
        owner(
            "set",
            &format!("<configure node='princely_musings'>{form}</configure>"),
        )
    };
    let options = |fields: &[(&str, &str)]| {
        let form = form("subscribe_options", fields);
        let own = "node='princely_musings' jid='hamlet@denmark.lit'";
        pubsub(
            "set",
            &format!("<subscribe {own}/><options>{form}</options>"),
        )
    };
    let item = "<item id='a'><e xmlns='urn:e'/></item>";
    match feature.as_str() {
        "config-node" => owner("get", "<configure node='princely_musings'/>"),
        "config-node-max" => configure("max_payload_size", "max"),
        "create-nodes" => pubsub("set", "<create node='new'/>"),
        "delete-items" | "retract-items" | "persistent-items" => pubsub(
            "set",
            "<retract node='princely_musings'><item id='a'/></retract>",
        ),
        "delete-nodes" => owner("set", "<delete node='princely_musings'/>"),
        "leased-subscription" => options(&[("expire", "2007-01-01T00:00:00Z")]),
        "manage-subscriptions" => owner("get", "<subscriptions node='princely_musings'/>"),
        "member-affiliation" => affiliate("member"),
        "modify-affiliations" => owner("get", "<affiliations node='princely_musings'/>"),
        "multi-items" => configure("max_items", "2"),
        "outcast-affiliation" => affiliate("outcast"),
        "presence-notifications" => configure("presence_based_delivery", "1"),
        "publish" => pubsub(
            "set",
            &format!("<publish node='princely_musings'>{item}</publish>"),
        ),
        "publish-node-full" => configure("publish_node_full", "reject"),
        "publish-only-affiliation" => affiliate("publish-only"),
        "publish-options" => pubsub(
            "set",
            &format!(
                "<publish node='princely_musings'>{item}</publish><publish-options>{}</publish-options>",
                form("publish-options", &[("access_model", "open")])
            ),
        ),
        "publisher-affiliation" => affiliate("publisher"),
        "purge-nodes" => owner("set", "<purge node='princely_musings'/>"),
        "retrieve-affiliations" => pubsub("get", "<affiliations/>"),
        "retrieve-default" => owner("get", "<default/>"),
        "retrieve-default-sub" => pubsub("get", "<default/>"),
        "retrieve-items" => pubsub("get", "<items node='princely_musings'/>"),
        "retrieve-subscriptions" => pubsub("get", "<subscriptions/>"),
        "subscribe" => pubsub(
            "set",
            "<subscribe node='princely_musings' jid='hamlet@denmark.lit'/>",
        ),
        "subscription-options" => options(&[]),
        "collections" => configure("node_type", "collection"),
        _ => None,
    }
}

fn ask(config: Config, feature: &Feature) -> Option<(String, String)> {
    let (kind, namespace, content) = request(feature)?;
    let mut bench = Bench::with(config, NodeConfig::default());
    bench.publish("a");
    let info = bench.ask(READER, "get", INFO);
    let content = format!("<pubsub xmlns='{namespace}'>{content}</pubsub>");
    Some((info, bench.ask(OWNER, kind, &content)))
}

#[test]
fn nothing_that_is_advertised_answers_unsupported() {
    let all = config().with_feature(Feature::COLLECTIONS, true);
    let mut asked = 0;
    for feature in all.features() {
        let Some((info, answer)) = ask(all.clone(), &feature) else {
            continue;
        };
        assert!(
            info.contains(&format!("var=\"{}\"", feature.to_namespace())),
            "PS-3-05, {feature}: {info}"
        );
        assert!(
            answer.contains("type=\"result\""),
            "PS-3-06, {feature}: {answer}"
        );
        asked += 1;
    }
    assert_eq!(asked, 28, "of the features that a request can ask for");
}

#[test]
fn what_is_off_answers_with_its_name() {
    for name in Feature::KNOWN {
        let feature = Feature::from_name(name);
        let off = config().with_feature(feature.clone(), false);
        let Some((info, answer)) = ask(off, &feature) else {
            continue;
        };
        assert!(
            !info.contains(&format!("var=\"{}\"", feature.to_namespace())),
            "PS-3-05, {feature}: {info}"
        );
        assert_eq!(
            error(&answer),
            (
                "cancel".to_owned(),
                "feature-not-implemented".to_owned(),
                Some(format!("unsupported[{name}]"))
            ),
            "PS-5.6-05, PS-5.7-03, PS-6.4-03, PS-8.3-03: {answer}"
        );
    }
}

#[test]
fn names_of_nodes_that_the_service_makes() {
    let off = config().with_feature(Feature::INSTANT_NODES, false);
    let answer = Bench::new(off).pubsub(OWNER, "set", "<create/>");
    assert_eq!(
        error(&answer),
        (
            "modify".to_owned(),
            "not-acceptable".to_owned(),
            Some("nodeid-required".to_owned())
        ),
        "PS-8.1-03, T8: {answer}"
    );
    let answer = Bench::new(config()).pubsub(OWNER, "set", "<create/>");
    assert!(
        answer.contains("<create node=\""),
        "PS-8.1-04, PS-8.1-05: {answer}"
    );
}

#[test]
fn configuration_that_is_not_offered_with_a_node_is_ignored() {
    let off = config().with_feature(Feature::CREATE_AND_CONFIGURE, false);
    let mut bench = Bench::new(off);
    let form = form("node_config", &[("access_model", "whitelist")]);
    let create = format!("<create node='n'/><configure>{form}</configure>");
    bench.pubsub(OWNER, "set", &create);
    let shown = bench.owner(OWNER, "get", "<configure node='n'/>");
    assert!(
        shown.contains("var=\"pubsub#access_model\" type=\"list-single\"><value>open</value>"),
        "PS-8.1-10: {shown}"
    );
}

#[test]
fn identity_and_the_bare_namespace() {
    let mut bench = Bench::open();
    let info = bench.ask(READER, "get", INFO);
    assert!(
        info.contains(
            "<identity category=\"pubsub\" type=\"service\" name=\"Publish-subscribe\"/>"
        ),
        "PS-5.1-01: {info}"
    );
    assert!(
        info.contains("<feature var=\"http://jabber.org/protocol/pubsub\"/>"),
        "PS-5.1-02: {info}"
    );
    assert!(
        info.contains("<feature var=\"http://jabber.org/protocol/disco#info\"/>"),
        "DI-01: {info}"
    );
    assert!(
        info.contains("#subscription-notifications\""),
        "PS-12.14-03: {info}"
    );
    for model in AccessModel::ALL {
        let name = format!("#access-{model}\"");
        assert!(info.contains(&name), "PS-4.5-01: {name} in {info}");
    }
}

#[test]
fn answers_are_not_answered_and_what_nobody_knows_is_unavailable() {
    let mut bench = Bench::open();
    for (kind, content) in [("result", ""), ("error", "<error type='cancel'/>")] {
        let said = bench.ask(READER, kind, content);
        assert_eq!(said, "", "XC-SZ-05: {kind}");
    }
    let answer = bench.ask(READER, "get", "<x xmlns='urn:x'/>");
    refused(&answer, "cancel", "service-unavailable", None);
    done(&bench.ask(READER, "get", "<ping xmlns='urn:xmpp:ping'/>"));
    let answer = bench.pubsub(READER, "set", "<subscribe node='a' jid='@'/>");
    refused(&answer, "modify", "jid-malformed", None);
    let answer = bench.pubsub(READER, "set", "");
    refused(&answer, "modify", "bad-request", None);
}
