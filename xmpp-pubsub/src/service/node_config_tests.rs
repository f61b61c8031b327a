//! The form of a node's settings, both ways.

use super::*;
use crate::stanza::Condition;

fn limits() -> Config {
    Config::new(Jid::new("pubsub.localhost").unwrap(), 1).with_feature(Feature::COLLECTIONS, true)
}

fn submit(var: &str, value: &str) -> Form {
    let mut form = Form::new(FormKind::Submit, ns::NODE_CONFIG);
    form.fields.push(Field::text(var, value));
    form
}

#[test]
fn ps_8_2_05_fields_left_out_keep_their_value() {
    let mut config = NodeConfig::transient();
    config
        .apply(&submit("pubsub#title", "Calls"), &limits())
        .unwrap();
    let expected = NodeConfig {
        title: "Calls".to_owned(),
        ..NodeConfig::transient()
    };
    assert_eq!(
        config, expected,
        "PS-8.2-05: fields left out keep their value"
    );
}

#[test]
fn df_01_unknown_fields_are_ignored() {
    let mut config = NodeConfig::default();
    for (var, value) in [
        ("pubsub#replyroom", "x"),
        ("pubsub#publish_full_node", "reject"),
    ] {
        config.apply(&submit(var, value), &limits()).unwrap();
        assert_eq!(config, NodeConfig::default(), "T2: {var} is no field");
    }
    config
        .apply(&submit("pubsub#publish_node_full", "reject"), &limits())
        .unwrap();
    assert_eq!(config.publish_node_full, NodeFull::Reject, "T2");
}

#[test]
fn ps_8_1_07_an_access_model_that_is_not_offered_is_refused() {
    let limits = limits().with_feature(Feature::ACCESS_ROSTER, false);
    for model in ["roster", "nonsense"] {
        let error = NodeConfig::default()
            .apply(&submit("pubsub#access_model", model), &limits)
            .unwrap_err();
        assert_eq!(error.condition, Condition::NOT_ACCEPTABLE);
        assert_eq!(
            error.pubsub,
            Some(PubSubCondition::UNSUPPORTED_ACCESS_MODEL)
        );
    }
}

#[test]
fn ps_6_3_05_booleans_have_four_spellings() {
    for (value, expected) in [("0", false), ("false", false), ("1", true), ("true", true)] {
        let mut config = NodeConfig::default();
        config
            .apply(&submit("pubsub#persist_items", value), &limits())
            .unwrap();
        assert_eq!(config.persist_items, expected, "{value}");
    }
    assert!(
        NodeConfig::default()
            .apply(&submit("pubsub#persist_items", "yes"), &limits())
            .is_err()
    );
}

#[test]
fn ps_12_23_01_max_means_the_limit_of_the_service() {
    let mut config = NodeConfig::default();
    config
        .apply(&submit("pubsub#max_items", "max"), &limits())
        .unwrap();
    assert_eq!(config.max_items, limits().max_items);
    for value in ["1001", "0", "-1"] {
        let form = submit("pubsub#max_items", value);
        assert!(config.apply(&form, &limits()).is_err(), "{value}");
    }
    let off = limits().with_feature(Feature::CONFIG_NODE_MAX, false);
    let error = config
        .apply(&submit("pubsub#max_items", "max"), &off)
        .unwrap_err();
    assert_eq!(error.feature.as_deref(), Some("config-node-max"));
}

#[test]
fn what_is_switched_off_can_be_said_again_and_not_changed() {
    let off = limits().with_feature(Feature::PRESENCE_NOTIFICATIONS, false);
    let mut config = NodeConfig::default();
    let form = |value| submit("pubsub#presence_based_delivery", value);
    assert_eq!(config.apply(&form("0"), &off), Ok(()));
    let error = config.apply(&form("1"), &off).unwrap_err();
    assert_eq!(error.feature.as_deref(), Some("presence-notifications"));
    let shown = config.to_form(FormKind::Form, &off);
    assert!(shown.field("pubsub#presence_based_delivery").is_none());
}

#[test]
fn every_field_of_the_form_can_be_submitted_back() {
    let leaf = NodeConfig {
        node_type: NodeType::Leaf,
        title: "x".to_owned(),
        description: "y".to_owned(),
        language: "de".to_owned(),
        payload_type: "urn:e".to_owned(),
        contact: vec![Jid::new("a@b").unwrap()],
        access_model: AccessModel::Roster,
        roster_groups_allowed: vec!["g".to_owned()],
        publish_model: PublishModel::Open,
        persist_items: false,
        max_items: 7,
        item_expire: Some(60),
        publish_node_full: NodeFull::Reject,
        purge_offline: true,
        max_payload_size: 9,
        deliver_payloads: false,
        deliver_notifications: false,
        presence_based_delivery: true,
        notification_type: MessageKind::Normal,
        send_last: SendLast::OnSub,
        itemreply: ItemReply::Publisher,
        notify_config: true,
        notify_delete: false,
        notify_retract: false,
        notify_sub: true,
        subscribe: false,
        tempsub: true,
        dataform_xslt: "http://x".to_owned(),
        ..NodeConfig::default()
    };
    let collection = NodeConfig {
        children_max: 3,
        children_association_policy: AssociationPolicy::Whitelist,
        children_association_whitelist: vec![Jid::new("a@b").unwrap()],
        ..NodeConfig::collection()
    };
    for config in [leaf, collection] {
        let mut other = NodeConfig::default();
        let form = config.to_form(FormKind::Submit, &limits());
        other.apply(&form, &limits()).unwrap();
        assert_eq!(other, config);
    }
}
