//! The configuration of a node. XEP-0060 §16.4.4, and XEP-0248 §7.2.1 for collections.

use super::typed::typed_form;
use super::value::{IntegerOrMax, word_value};
use super::{Form, FormKind};
use crate::error::DecodeError;
use crate::id::NodeId;
use crate::jid::Jid;
use crate::names::open_names;
use crate::ns;

open_names! {
    /// Who may subscribe and retrieve. XEP-0060 §4.5.
    pub struct AccessModel {
        /// Whom an owner approves.
        AUTHORIZE = "authorize",
        /// Anyone.
        OPEN = "open",
        /// Who may see the owner's presence.
        PRESENCE = "presence",
        /// Who is in certain groups of the owner's roster.
        ROSTER = "roster",
        /// Who is listed.
        WHITELIST = "whitelist",
    }
}

open_names! {
    /// Who may publish. XEP-0060 §16.4.4.
    pub struct PublishModel {
        /// Publishers and owners.
        PUBLISHERS = "publishers",
        /// Subscribers too.
        SUBSCRIBERS = "subscribers",
        /// Anyone.
        OPEN = "open",
    }
}

open_names! {
    /// Who may add a node to a collection. XEP-0248 §7.2.1.
    pub struct AssociationPolicy {
        /// Anyone.
        ALL = "all",
        /// Owners of the collection.
        OWNER = "owner",
        /// Who is listed.
        WHITELIST = "whitelist",
    }
}

open_names! {
    /// Whose address events carry for a reply. XEP-0060 §12.17.
    pub struct ItemReply {
        /// The owner's.
        OWNER = "owner",
        /// The publisher's.
        PUBLISHER = "publisher",
        /// Nobody's.
        NONE = "none",
    }
}

open_names! {
    /// Whether a node holds items or nodes. XEP-0248 §7.2.1.
    pub struct NodeType {
        /// Items.
        LEAF = "leaf",
        /// Nodes.
        COLLECTION = "collection",
    }
}

open_names! {
    /// The type of messages that carry events. XEP-0060 §12.8.
    pub struct NotificationType {
        /// Stored for who is away.
        NORMAL = "normal",
        /// Not stored.
        HEADLINE = "headline",
    }
}

open_names! {
    /// What happens to a publish where no more items fit. XEP-0060 §7.1.2.5.
    pub struct PublishNodeFull {
        /// The oldest item goes, and is told as retracted.
        RETRACT_OLDEST = "retract-oldest",
        /// The oldest item goes in silence.
        DISCARD_OLDEST = "discard-oldest",
        /// The publish is refused.
        REJECT = "reject",
    }
}

open_names! {
    /// When the last item is sent to a subscriber. XEP-0060 §6.1.7.
    pub struct SendLastPublishedItem {
        /// Never.
        NEVER = "never",
        /// When he subscribes.
        ON_SUB = "on_sub",
        /// When he becomes available too.
        ON_SUB_AND_PRESENCE = "on_sub_and_presence",
    }
}

word_value!(
    AccessModel,
    PublishModel,
    AssociationPolicy,
    ItemReply,
    NodeType,
    NotificationType,
    PublishNodeFull,
    SendLastPublishedItem
);

typed_form! {
    /// The settings of a node, as its owner sees and changes them. XEP-0060 §16.4.4.
    pub struct NodeConfig: ns::NODE_CONFIG => {
        /// Who may subscribe and retrieve.
        access_model: ListSingle AccessModel = "pubsub#access_model",
        /// Where a transformation of payloads to message bodies is.
        body_xslt: TextSingle String = "pubsub#body_xslt",
        /// What a collection holds. XEP-0248.
        children: TextMulti Vec<NodeId> = "pubsub#children",
        /// Who may add nodes to a collection. XEP-0248.
        children_association_policy: ListSingle AssociationPolicy =
            "pubsub#children_association_policy",
        /// Who may do so where they are listed. XEP-0248.
        children_association_whitelist: JidMulti Vec<Jid> =
            "pubsub#children_association_whitelist",
        /// How many nodes a collection can hold. XEP-0248.
        children_max: TextSingle IntegerOrMax = "pubsub#children_max",
        /// The collections that the node is in. XEP-0248.
        collection: TextMulti Vec<NodeId> = "pubsub#collection",
        /// Whom to ask about the node.
        contact: JidMulti Vec<Jid> = "pubsub#contact",
        /// Where a transformation of payloads to data forms is.
        dataform_xslt: TextSingle String = "pubsub#dataform_xslt",
        /// Whether events are sent.
        deliver_notifications: Boolean bool = "pubsub#deliver_notifications",
        /// Whether events carry payloads.
        deliver_payloads: Boolean bool = "pubsub#deliver_payloads",
        /// Words for people.
        description: TextSingle String = "pubsub#description",
        /// How long items are kept, in seconds.
        item_expire: TextSingle IntegerOrMax = "pubsub#item_expire",
        /// Whose address events carry for a reply.
        itemreply: ListSingle ItemReply = "pubsub#itemreply",
        /// The language of the payloads.
        language: ListSingle String = "pubsub#language",
        /// How many items are kept.
        max_items: TextSingle IntegerOrMax = "pubsub#max_items",
        /// How long a payload may be, in bytes.
        max_payload_size: TextSingle u64 = "pubsub#max_payload_size",
        /// Whether it holds items or nodes. XEP-0248.
        node_type: ListSingle NodeType = "pubsub#node_type",
        /// The type of messages that carry events.
        notification_type: ListSingle NotificationType = "pubsub#notification_type",
        /// Whether subscribers are told of a change of settings.
        notify_config: Boolean bool = "pubsub#notify_config",
        /// Whether subscribers are told when the node goes.
        notify_delete: Boolean bool = "pubsub#notify_delete",
        /// Whether subscribers are told when items go.
        notify_retract: Boolean bool = "pubsub#notify_retract",
        /// Whether owners are told of subscriptions.
        notify_sub: Boolean bool = "pubsub#notify_sub",
        /// Whether items are kept.
        persist_items: Boolean bool = "pubsub#persist_items",
        /// Whether events go to subscribers only while they are available.
        presence_based_delivery: Boolean bool = "pubsub#presence_based_delivery",
        /// Who may publish.
        publish_model: ListSingle PublishModel = "pubsub#publish_model",
        /// What happens to a publish where no more items fit. The text also has another spelling, which is wrong
        /// (trap 2).
        publish_node_full: ListSingle PublishNodeFull = "pubsub#publish_node_full",
        /// Whether items go when their publisher does.
        purge_offline: Boolean bool = "pubsub#purge_offline",
        /// Which groups of the owner's roster may subscribe.
        roster_groups_allowed: ListMulti Vec<String> = "pubsub#roster_groups_allowed",
        /// When the last item is sent.
        send_last_published_item: ListSingle SendLastPublishedItem =
            "pubsub#send_last_published_item",
        /// Whether it can be subscribed to.
        subscribe: Boolean bool = "pubsub#subscribe",
        /// Whether all subscriptions end with presence. XEP-0060 §12.5.
        tempsub: Boolean bool = "pubsub#tempsub",
        /// A name for people.
        title: TextSingle String = "pubsub#title",
        /// What the payloads are: usually their namespace.
        payload_type: TextSingle String = "pubsub#type",
    }
}

/// What a publisher expects of a node: its fields are those of the configuration, each a precondition. XEP-0060 §7.1.5.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PublishOptions(pub NodeConfig);

impl PublishOptions {
    /// The value of `FORM_TYPE`.
    pub const FORM_TYPE: &'static str = ns::PUBLISH_OPTIONS;

    /// Reads the values of a form.
    ///
    /// # Errors
    ///
    /// If the form has another `FORM_TYPE`, or a listed field holds what it cannot hold.
    pub fn from_form(form: &Form) -> Result<Self, DecodeError> {
        super::typed::check_type(form, Self::FORM_TYPE)?;
        NodeConfig::from_fields(form).map(Self)
    }

    /// Reads the values of a form, and keeps in `other` a listed field that holds what it cannot hold.
    ///
    /// # Errors
    ///
    /// If the form has another `FORM_TYPE`.
    pub fn from_form_lenient(form: &Form) -> Result<Self, DecodeError> {
        super::typed::check_type(form, Self::FORM_TYPE)?;
        Ok(Self(NodeConfig::from_fields_lenient(form)))
    }

    /// The form beside a publish.
    #[must_use]
    pub fn to_form(&self) -> Form {
        let mut form = Form::new(FormKind::Submit, Self::FORM_TYPE);
        self.0.fill(&mut form);
        form
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Field;

    fn submit(var: &str, values: &[&str]) -> Form {
        let mut form = Form::new(FormKind::Submit, ns::NODE_CONFIG);
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        form.fields.push(Field::new(var, None, values));
        form
    }

    #[test]
    fn ps_12_23_01_max_and_numbers() {
        for (text, value) in [
            ("max", IntegerOrMax::Max),
            ("10", IntegerOrMax::Integer(10)),
        ] {
            let form = submit("pubsub#max_items", &[text]);
            let config = NodeConfig::from_form(&form).unwrap();
            assert_eq!(config.max_items, Some(value));
            assert_eq!(
                config.to_form(FormKind::Submit).fields[1].values,
                [text],
                "{text}"
            );
        }
    }

    #[test]
    fn ps_6_3_05_the_four_spellings_of_a_boolean() {
        for (text, value) in [("0", false), ("1", true), ("false", false), ("true", true)] {
            let form = submit("pubsub#subscribe", &[text]);
            let config = NodeConfig::from_form(&form).unwrap();
            assert_eq!(config.subscribe, Some(value));
            let mut filled = form.clone();
            config.fill(&mut filled);
            assert_eq!(filled, form, "the spelling stays");
        }
    }

    #[test]
    fn a_value_that_cannot_be_is_an_error_or_kept() {
        for values in [&["many"][..], &["1", "2"]] {
            let form = submit("pubsub#max_items", values);
            assert_eq!(
                NodeConfig::from_form(&form),
                Err(DecodeError::Invalid {
                    element: "field",
                    field: "pubsub#max_items"
                })
            );
            let config = NodeConfig::from_form_lenient(&form).unwrap();
            assert_eq!(config.max_items, None);
            assert_eq!(config.to_form(FormKind::Submit), {
                let mut written = submit("pubsub#max_items", values);
                written.fields[0].kind = Some(crate::form::FieldKind::Hidden);
                written
            });
        }
    }

    #[test]
    fn df_05_an_address_that_comes_again_is_dropped() {
        let form = submit("pubsub#contact", &["a@b", "A@b", "c@b"]);
        let config = NodeConfig::from_form(&form).unwrap();
        assert_eq!(config.contact.unwrap().len(), 2);
    }

    #[test]
    fn a_field_of_somebody_elses_is_kept() {
        let form = submit("pubsub#replyroom", &["a@b"]);
        let config = NodeConfig::from_form(&form).unwrap();
        assert_eq!(config.other.len(), 1);
        assert_eq!(config.to_form(FormKind::Submit).fields.len(), 2);
    }

    #[test]
    fn another_form_is_refused() {
        let form = submit("pubsub#title", &["T"]);
        assert!(PublishOptions::from_form(&form).is_err());
        assert_eq!(
            PublishOptions::from_form_lenient(&form),
            Err(DecodeError::Invalid {
                element: "x",
                field: "FORM_TYPE"
            })
        );
    }

    #[test]
    fn options_of_a_publish_have_the_fields_of_the_configuration() {
        let config = NodeConfig {
            access_model: Some(AccessModel::PRESENCE),
            ..NodeConfig::default()
        };
        let form = PublishOptions(config.clone()).to_form();
        assert_eq!(form.form_type(), Some(ns::PUBLISH_OPTIONS));
        assert_eq!(PublishOptions::from_form(&form), Ok(PublishOptions(config)));
    }
}
