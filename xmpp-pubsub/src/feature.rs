//! What a service can do, by name. XEP-0060 §10 and §16.3.

use crate::names::open_names;
use crate::ns;

open_names! {
    /// A feature of publish-subscribe, as `unsupported` names it and discovery lists it. XEP-0060 §10.
    pub struct Feature {
        /// New nodes ask an owner. §4.5.
        ACCESS_AUTHORIZE = "access-authorize",
        /// New nodes are open. §4.5.
        ACCESS_OPEN = "access-open",
        /// New nodes are open to who may see the owner's presence. §4.5.
        ACCESS_PRESENCE = "access-presence",
        /// New nodes are open to groups of a roster. §4.5.
        ACCESS_ROSTER = "access-roster",
        /// New nodes have a list. §4.5.
        ACCESS_WHITELIST = "access-whitelist",
        /// A publish creates its node. §7.1.4.
        AUTO_CREATE = "auto-create",
        /// Presence is as good as a subscription. §9.1.
        AUTO_SUBSCRIBE = "auto-subscribe",
        /// Nodes can hold nodes. XEP-0248.
        COLLECTIONS = "collections",
        /// Nodes can be configured. §8.2.
        CONFIG_NODE = "config-node",
        /// `max` is a value of settings that count. §16.3.
        CONFIG_NODE_MAX = "config-node-max",
        /// Both in one request. §8.1.3.
        CREATE_AND_CONFIGURE = "create-and-configure",
        /// Nodes can be created. §8.1.
        CREATE_NODES = "create-nodes",
        /// Items can be deleted. §7.2.
        DELETE_ITEMS = "delete-items",
        /// Nodes can be deleted. §8.4.
        DELETE_NODES = "delete-nodes",
        /// Events go to who says in his capabilities that he wants them. §9.2.
        FILTERED_NOTIFICATIONS = "filtered-notifications",
        /// Who waits for approval can be asked. §8.7.
        GET_PENDING = "get-pending",
        /// The service names nodes. §8.1.
        INSTANT_NODES = "instant-nodes",
        /// Publishers name items. §7.1.
        ITEM_IDS = "item-ids",
        /// The last item is sent to new subscribers. §4.3.
        LAST_PUBLISHED = "last-published",
        /// Subscriptions can end by themselves. §12.19.
        LEASED_SUBSCRIPTION = "leased-subscription",
        /// Owners change subscriptions. §8.8.
        MANAGE_SUBSCRIPTIONS = "manage-subscriptions",
        /// There are members. §4.1.
        MEMBER_AFFILIATION = "member-affiliation",
        /// Nodes say what they are about. §5.4.
        META_DATA = "meta-data",
        /// Owners change affiliations. §8.9.
        MODIFY_AFFILIATIONS = "modify-affiliations",
        /// A node can be in several collections. XEP-0248.
        MULTI_COLLECTION = "multi-collection",
        /// Nodes keep more than one item. §10.
        MULTI_ITEMS = "multi-items",
        /// An address can be subscribed several times. §6.1.6.
        MULTI_SUBSCRIBE = "multi-subscribe",
        /// There are outcasts. §4.1.
        OUTCAST_AFFILIATION = "outcast-affiliation",
        /// Items are kept. §7.1.
        PERSISTENT_ITEMS = "persistent-items",
        /// Events wait for presence. §12.6.
        PRESENCE_NOTIFICATIONS = "presence-notifications",
        /// Who may see presence is subscribed. §9.1.
        PRESENCE_SUBSCRIBE = "presence-subscribe",
        /// Items can be published. §7.1.
        PUBLISH = "publish",
        /// What a full node does can be set. §7.1.2.5.
        PUBLISH_NODE_FULL = "publish-node-full",
        /// There are entities that only publish. §4.1.
        PUBLISH_ONLY_AFFILIATION = "publish-only-affiliation",
        /// A publish can have preconditions. §7.1.5.
        PUBLISH_OPTIONS = "publish-options",
        /// There are publishers. §4.1.
        PUBLISHER_AFFILIATION = "publisher-affiliation",
        /// An account is a service. §9.
        PUBSUB_ON_A_JID = "pubsub-on-a-jid",
        /// All items can be deleted at once. §8.5.
        PURGE_NODES = "purge-nodes",
        /// Items can be retracted. §7.2.
        RETRACT_ITEMS = "retract-items",
        /// An entity can ask for its affiliations. §5.7.
        RETRIEVE_AFFILIATIONS = "retrieve-affiliations",
        /// The default configuration can be asked for. §8.3.
        RETRIEVE_DEFAULT = "retrieve-default",
        /// The default options of subscriptions can be asked for. §6.4.
        RETRIEVE_DEFAULT_SUB = "retrieve-default-sub",
        /// Items can be asked for. §6.5.
        RETRIEVE_ITEMS = "retrieve-items",
        /// An entity can ask for its subscriptions. §5.6.
        RETRIEVE_SUBSCRIPTIONS = "retrieve-subscriptions",
        /// Items come in pages. §6.5.4; it is not registered.
        RSM = "rsm",
        /// Nodes can be subscribed to. §6.1.
        SUBSCRIBE = "subscribe",
        /// Changes of subscriptions are told. §12.14.
        SUBSCRIPTION_NOTIFICATIONS = "subscription-notifications",
        /// Subscriptions have options. §6.3.
        SUBSCRIPTION_OPTIONS = "subscription-options",
    }
}

impl Feature {
    /// The feature that a namespace of disco#info stands for, if it is one of publish-subscribe. The namespace of
    /// publish-subscribe itself, which older clients look for (§5.1), is none.
    #[must_use]
    pub fn from_namespace(namespace: &str) -> Option<Self> {
        let name = namespace.strip_prefix(ns::PUBSUB)?.strip_prefix('#')?;
        (!name.is_empty()).then(|| Self::from_name(name))
    }

    /// The namespace for disco#info.
    #[must_use]
    pub fn to_namespace(&self) -> String {
        format!("{}#{self}", ns::PUBSUB)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_known_by_its_namespace() {
        let feature = Feature::from_namespace("http://jabber.org/protocol/pubsub#auto-create");
        assert_eq!(feature, Some(Feature::AUTO_CREATE));
        assert_eq!(
            Feature::AUTO_CREATE.to_namespace(),
            "http://jabber.org/protocol/pubsub#auto-create"
        );
        for other in ["http://jabber.org/protocol/pubsub", "urn:xmpp:ping"] {
            assert_eq!(Feature::from_namespace(other), None, "{other}");
        }
    }
}
