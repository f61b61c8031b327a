//! What a service is set to: what it offers, and its limits.

use core::time::Duration;
use std::collections::BTreeSet;

use super::models::{AccessModel, SendLast};
use super::node_config::NodeConfig;
use crate::feature::Feature;
use crate::id::NodeId;
use crate::jid::Jid;
use crate::stanza::Payload;

/// Settings of a [`Service`](super::Service). What disco#info lists, what forms offer and what is accepted follow from
/// this one value.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address of the service, such as `pubsub.localhost`. The bare address of a user makes it a service of an
    /// account, see [`Kind`].
    pub address: Jid,
    /// Whether it is a service of its own, or that of an account.
    pub kind: Kind,
    /// Random number of the host's: makes ids of messages, nodes, items and subscriptions.
    pub seed: u64,
    /// The `name` of the service's identity. XEP-0060 §5.1.
    pub name: String,
    /// The languages, as tags, that the form of a node offers. An owner can set another. XEP-0060 §5.4. Default `en`.
    pub languages: Vec<String>,
    /// What a new node is set to where its creator says nothing.
    pub node_defaults: NodeConfig,
    /// Who creates nodes.
    pub create: CreatePolicy,
    /// Whether collections can be made by stanza, where there are any. On by default. XEP-0248 §7.1.
    pub create_collections: bool,
    /// Whether there are commands (XEP-0050), of which `get-pending` is the only one. On by default.
    pub commands: bool,
    /// Where changes are written down. Default: nowhere.
    pub persistence: Persistence,
    /// What happens where a user and one of his sessions are both subscribed.
    pub overlap: Overlap,
    /// What a message that comes back does to the subscription that it was sent for.
    pub on_bounce: OnBounce,
    /// Whether several items may come in one publish or retract, all or nothing. XEP-0060 §12.11. Off by default
    /// (trap 1).
    pub batches: bool,
    /// Whether an owner can make a publisher a member, which the chart of §8.9 leaves out (trap 15). Off by default.
    pub publisher_to_member: bool,
    /// Whether publishers delete and purge items of others too (PS-4.1-04). On by default.
    pub publishers_delete_all: bool,
    /// Whether options must come before a subscription brings events. Default: they are optional.
    pub configuration: Configuration,
    /// Makes a message body of a payload, for subscribers with `include_body`. Without it the option is not offered
    /// (PS-12.8-01).
    pub body: Option<fn(&Payload) -> Option<String>>,
    /// Whether the service asks to see the presence of who subscribes in a way that hangs on presence (PS-12.6-01). Off by
    /// default, for a host that knows it.
    pub ask_presence: bool,
    /// Addresses that subscribe others (PS-6.1-04), by bare address.
    pub proxies: BTreeSet<Jid>,
    /// Whether nodes that the requester may not read are answered as if they were not there, and are left out of
    /// lists (PS-14.5-01). Off by default, since XEP-0060 names another error.
    pub hide_closed_nodes: bool,
    /// Longest lease that is granted, and the one that a subscription without a wish gets. Default: as wished.
    pub max_lease: Option<Duration>,
    /// How long before its end a lease is warned of. Default one day.
    pub lease_warning: Duration,
    /// When a subscription goes that was never configured. Default one hour.
    pub unconfigured_timeout: Duration,
    /// How long events are collected where a digest says nothing else. Default one day, as XEP-0060 leaves it open.
    pub digest_frequency: Duration,
    /// Most nodes. Default 100,000.
    pub max_nodes: usize,
    /// Most subscriptions of one user, all resources together. Default 1,000. At the limit those end first that he made
    /// by the full address of a session that is not available any more.
    pub max_subscriptions_per_user: usize,
    /// Most subscriptions of one node. Default 1,000,000.
    pub max_subscriptions_per_node: usize,
    /// Most affiliations that one node keeps. Default 10,000.
    pub max_affiliations_per_node: usize,
    /// Most items that a node can be set to keep. Default 1,000.
    pub max_items: usize,
    /// Longest payload that a node can be set to take, in bytes. Default 64 KiB.
    pub max_payload: usize,
    /// Most nodes that a collection can be set to hold. Default 10,000.
    pub max_children: usize,
    /// Most collections above a node, one in another. Default 8.
    pub max_depth: usize,
    /// Most fields of a form. Default 100.
    pub max_form_fields: usize,
    /// Most entries in one answer of a list. Default 1,000.
    pub max_listed: usize,
    /// Most sessions and contacts that the service knows of, each. Default 1,000,000.
    pub max_presences: usize,
    /// Most entries of the journal that wait for confirmation; then requests are told to wait. Default 10,000.
    pub max_unconfirmed: u64,
    /// Most stanzas that wait for the journal, for all and for one user. Default 1,000,000 and 10,000. Over the first,
    /// requests are told to wait; over the second, events to that user are dropped.
    pub max_withheld: (usize, usize),
    /// Most requests to one node that wait while the storage is asked. Default 100.
    pub max_waiting_per_node: usize,
    /// Most events in one digest; one more sends it at once. Default 100.
    pub max_digest: usize,
    /// How often messages of one subscription may come back with an error that may pass. Default 5.
    pub max_bounces: u32,
    /// How many publishes are remembered to know what comes back. Default 10,000.
    pub remembered_publishes: usize,
    /// How many sets of capabilities are remembered. Default 10,000.
    pub remembered_capabilities: usize,
    /// How many deleted nodes are remembered that went elsewhere. Default 10,000.
    pub remembered_moves: usize,
    features: BTreeSet<Feature>,
}

impl Config {
    /// Settings for a service at `address`. `seed` is a random number of the host's.
    #[must_use]
    pub fn new(address: Jid, seed: u64) -> Self {
        let features = Feature::KNOWN
            .iter()
            .filter(|name| !OFF_BY_DEFAULT.contains(*name))
            .map(|name| Feature::from_name(name));
        Self {
            address,
            kind: Kind::Service,
            seed,
            name: "Publish-subscribe".to_owned(),
            languages: vec!["en".to_owned()],
            node_defaults: NodeConfig::default(),
            create: CreatePolicy::Anyone,
            create_collections: true,
            commands: true,
            persistence: Persistence::Memory,
            overlap: Overlap::Both,
            on_bounce: OnBounce::EndSubscription,
            batches: false,
            publisher_to_member: false,
            publishers_delete_all: true,
            configuration: Configuration::Optional,
            body: None,
            ask_presence: false,
            proxies: BTreeSet::new(),
            hide_closed_nodes: false,
            max_lease: None,
            lease_warning: Duration::from_secs(24 * 60 * 60),
            unconfigured_timeout: Duration::from_secs(60 * 60),
            digest_frequency: Duration::from_secs(24 * 60 * 60),
            max_nodes: 100_000,
            max_subscriptions_per_user: 1_000,
            max_subscriptions_per_node: 1_000_000,
            max_affiliations_per_node: 10_000,
            max_items: 1_000,
            max_payload: 64 * 1024,
            max_children: 10_000,
            max_depth: 8,
            max_form_fields: 100,
            max_listed: 1_000,
            max_presences: 1_000_000,
            max_unconfirmed: 10_000,
            max_withheld: (1_000_000, 10_000),
            max_waiting_per_node: 100,
            max_digest: 100,
            max_bounces: 5,
            remembered_publishes: 10_000,
            remembered_capabilities: 10_000,
            remembered_moves: 10_000,
            features: features.collect(),
        }
    }

    /// Settings for the service of a user: `account` is his bare address. XEP-0060 §9, XEP-0163: a publish creates its
    /// node, contacts get events by presence, and only those that they say they want.
    #[must_use]
    pub fn account(account: &Jid, seed: u64) -> Self {
        let defaults = NodeConfig::default().with_access_model(AccessModel::Presence);
        let mut config = Self::new(account.bare(), seed).with_node_defaults(defaults);
        config.kind = Kind::Account;
        config.create = CreatePolicy::ServiceOwners;
        config.features.insert(Feature::AUTO_CREATE);
        config
    }

    /// Whether the service offers something. What rests on a feature that is off is off too.
    #[must_use]
    pub fn has(&self, feature: &Feature) -> bool {
        let account = self.kind == Kind::Account;
        match feature.as_str() {
            // PS-6.1-26: it says what new nodes are set to.
            "last-published" => self.node_defaults.send_last == SendLast::OnSubAndPresence,
            "auto-subscribe"
            | "filtered-notifications"
            | "presence-subscribe"
            | "pubsub-on-a-jid" => account,
            "get-pending" if !self.commands => false,
            "multi-items" => {
                self.on(feature) && self.max_items > 1 && self.has(&Feature::PERSISTENT_ITEMS)
            }
            _ => self.on(feature) && needs(feature).is_none_or(|needed| self.has(&needed)),
        }
    }

    /// Everything that the service offers, in the order of [`Feature::KNOWN`].
    pub fn features(&self) -> impl Iterator<Item = Feature> {
        Feature::KNOWN
            .iter()
            .map(|name| Feature::from_name(name))
            .filter(|feature| self.has(feature))
    }

    /// Switches something on or off. What is off is not advertised, not in forms, and answered with `unsupported`.
    #[must_use]
    pub fn with_feature(mut self, feature: Feature, on: bool) -> Self {
        if feature == Feature::LAST_PUBLISHED {
            self.node_defaults.send_last = if on {
                SendLast::OnSubAndPresence
            } else {
                SendLast::Never
            };
        } else if on {
            self.features.insert(feature);
        } else {
            self.features.remove(&feature);
        }
        self
    }

    /// Sets the name of the service's identity.
    #[must_use]
    pub fn with_name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Sets what new nodes start with.
    #[must_use]
    pub fn with_node_defaults(mut self, defaults: NodeConfig) -> Self {
        self.node_defaults = defaults;
        self
    }

    /// Sets who creates nodes.
    #[must_use]
    pub const fn with_create(mut self, policy: CreatePolicy) -> Self {
        self.create = policy;
        self
    }

    /// Sets whether a publish creates its node.
    #[must_use]
    pub fn with_auto_create(self, on: bool) -> Self {
        self.with_feature(Feature::AUTO_CREATE, on)
    }

    /// Sets whether an address may hold several subscriptions to a node.
    #[must_use]
    pub fn with_multi_subscribe(self, on: bool) -> Self {
        self.with_feature(Feature::MULTI_SUBSCRIBE, on)
    }

    /// Sets what happens where a user and one of his sessions are both subscribed.
    #[must_use]
    pub const fn with_overlap(mut self, overlap: Overlap) -> Self {
        self.overlap = overlap;
        self
    }

    /// Sets where changes are written down.
    #[must_use]
    pub const fn with_persistence(mut self, persistence: Persistence) -> Self {
        self.persistence = persistence;
        self
    }

    /// Sets what a message that comes back does.
    #[must_use]
    pub const fn with_on_bounce(mut self, on_bounce: OnBounce) -> Self {
        self.on_bounce = on_bounce;
        self
    }

    fn on(&self, feature: &Feature) -> bool {
        self.features.contains(feature)
    }
}

/// What a feature rests on.
fn needs(feature: &Feature) -> Option<Feature> {
    Some(match feature.as_str() {
        "create-and-configure" | "instant-nodes" => Feature::CREATE_NODES,
        "auto-create" | "publish-options" | "item-ids" => Feature::PUBLISH,
        "delete-items" | "purge-nodes" | "publish-node-full" | "retrieve-items" => {
            Feature::PERSISTENT_ITEMS
        }
        "retract-items" => Feature::DELETE_ITEMS,
        "rsm" => Feature::RETRIEVE_ITEMS,
        "retrieve-default" => Feature::CONFIG_NODE,
        "leased-subscription" | "retrieve-default-sub" => Feature::SUBSCRIPTION_OPTIONS,
        "subscription-options" | "multi-subscribe" => Feature::SUBSCRIBE,
        "get-pending" => Feature::ACCESS_AUTHORIZE,
        "multi-collection" => Feature::COLLECTIONS,
        _ => return None,
    })
}

/// Whether a service stands alone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// At an address of its own.
    Service,
    /// At the bare address of a user, who owns it. XEP-0060 §9, XEP-0163.
    Account,
}

/// Where changes are written down.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Persistence {
    /// Nowhere: everything is in memory and done at once. There is no journal, and no storage is asked.
    Memory,
    /// In a journal: what lasts is told once the host has confirmed it, and payloads are asked for from a storage.
    Journal,
    /// In a journal, and all of it: what items hold stays in memory and in snapshots, and what is otherwise transient
    /// (subscriptions that end with presence, the last item of a node that keeps none) is written down too. No storage is
    /// asked. For services that take over from each other, see [`cluster`](super::cluster).
    WholeJournal,
}

/// Who creates nodes by stanza. The host always can.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CreatePolicy {
    /// Any entity that the service does not bar.
    Anyone,
    /// Owners of the service only: see [`Service::set_service_affiliation`](super::Service::set_service_affiliation).
    ServiceOwners,
}

/// What happens where `user@domain` and `user@domain/resource` are both subscribed to a node.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Overlap {
    /// Each gets its event, so that the session sees it twice. XEP-0060 §6.1.6 counts addresses.
    Both,
    /// A session that is available, and so gets what its user gets, is not sent a second copy.
    OncePerSession,
}

/// What a message that comes back does. XEP-0060 §12.4.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OnBounce {
    /// It ends the subscription, at once where the error says that it will not pass, else at a limit.
    EndSubscription,
    /// Nothing: for a host that knows better who is there.
    Nothing,
}

/// Whether subscriptions must be configured. XEP-0060 §6.1.5.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Configuration {
    /// They need not.
    Optional,
    /// They need not, and the answer to a request says that they can.
    Offered,
    /// A subscription is `unconfigured` until its options are set.
    Required,
    /// Options must come with the request.
    WithRequest,
}

/// What the host says of a node that it makes.
#[derive(Clone, Debug)]
pub struct NewNode {
    /// Its name.
    pub node: NodeId,
    /// Its settings.
    pub config: NodeConfig,
    /// Its first owner, if any besides the owners of the service.
    pub owner: Option<Jid>,
}

const OFF_BY_DEFAULT: &[&str] = &[
    "auto-create",
    "collections",
    "multi-collection",
    "multi-subscribe",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config::new(Jid::new("pubsub.localhost").unwrap(), 1)
    }

    #[test]
    fn what_rests_on_something_that_is_off_is_off() {
        let config = config().with_feature(Feature::PERSISTENT_ITEMS, false);
        for feature in [
            Feature::DELETE_ITEMS,
            Feature::RETRACT_ITEMS,
            Feature::RETRIEVE_ITEMS,
            Feature::RSM,
            Feature::PURGE_NODES,
        ] {
            assert!(!config.has(&feature), "{feature}");
        }
        assert!(config.has(&Feature::PUBLISH));
    }

    #[test]
    fn last_published_follows_what_new_nodes_are_set_to() {
        assert!(config().has(&Feature::LAST_PUBLISHED));
        let transient = config().with_node_defaults(NodeConfig::transient());
        assert!(!transient.has(&Feature::LAST_PUBLISHED));
        let off = config().with_feature(Feature::LAST_PUBLISHED, false);
        assert_eq!(off.node_defaults.send_last, SendLast::Never);
    }

    #[test]
    fn what_presence_implies_is_for_accounts() {
        let juliet = Jid::new("juliet@capulet.lit").unwrap();
        for feature in [Feature::AUTO_SUBSCRIBE, Feature::PUBSUB_ON_A_JID] {
            assert!(!config().has(&feature));
            assert!(Config::account(&juliet, 1).has(&feature));
        }
    }
}
