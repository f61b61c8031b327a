//! What a service knows of nodes and users, and how each [`Change`] alters it. Live inputs, the journal and snapshots all
//! come through here, so that a state that is made again equals the one that was.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::by_address::ByAddress;
use super::clock::{Calendar, Due};
use super::journal::{Change, Subscription};
use super::node::{Node, Subscriber};
use super::node_set::NodeSet;
use crate::id::{ItemId, NodeId, SubId};
use crate::jid::Jid;
use crate::pubsub::Affiliation;

/// Nodes, users, and what is due.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The root collection is among them where there are collections.
    pub(super) nodes: BTreeMap<NodeId, Node>,
    /// By bare address: where a user is subscribed, so that finding it does not walk the nodes.
    pub(super) users: ByAddress<User>,
    /// By bare address: what a user is to the service and to nodes. Far fewer have an entry.
    pub(super) roles: ByAddress<Roles>,
    /// Owners of the service, who decide where a node has none.
    pub(super) service_owners: BTreeSet<Jid>,
    /// Nodes with subscriptions that wait for approval.
    pub(super) pending: BTreeSet<NodeId>,
    pub(super) moved: Moved,
    pub(super) calendar: Calendar,
    /// How long before its end a lease is warned of, in milliseconds.
    pub(super) warn_before: i64,
    /// What date it is: a warning that would be late already is left out.
    pub(super) utc: i64,
}

#[derive(Debug, Default)]
pub(super) struct User {
    /// Where an address of the user is subscribed.
    pub(super) nodes: NodeSet,
    /// How many subscriptions were made by stanza.
    pub(super) made: usize,
}

#[derive(Debug, Default)]
pub(super) struct Roles {
    /// On every node, unless the node says more.
    pub(super) service: Option<Affiliation>,
    /// Where the user has an affiliation.
    pub(super) affiliated: BTreeSet<NodeId>,
    /// Nodes that he published on, and that lose his items when he goes.
    pub(super) published: BTreeSet<NodeId>,
}

impl Roles {
    fn is_empty(&self) -> bool {
        self.service.is_none() && self.affiliated.is_empty() && self.published.is_empty()
    }
}

/// Nodes that went elsewhere, the last ones. XEP-0060 §8.4.
#[derive(Debug, Default)]
pub(super) struct Moved {
    to: BTreeMap<NodeId, String>,
    order: VecDeque<NodeId>,
    pub(super) most: usize,
}

impl Moved {
    pub(super) fn get(&self, node: &NodeId) -> Option<&str> {
        self.to.get(node).map(String::as_str)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&NodeId, &str)> {
        self.order
            .iter()
            .filter_map(|node| Some((node, self.get(node)?)))
    }

    fn insert(&mut self, node: &NodeId, to: &str) {
        if self.to.insert(node.clone(), to.to_owned()).is_none() {
            self.order.push_back(node.clone());
        }
        while self.order.len() > self.most {
            if let Some(oldest) = self.order.pop_front() {
                self.to.remove(&oldest);
            }
        }
    }

    fn remove(&mut self, node: &NodeId) {
        if self.to.remove(node).is_some() {
            self.order.retain(|moved| moved != node);
        }
    }
}

impl State {
    /// Applies a change. One that makes no sense, such as an item of a node that is not there, changes nothing.
    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::NodeCreated {
                node,
                config,
                creator,
                created_at,
            } => {
                self.moved.remove(node);
                let made = Node::new((**config).clone(), creator.clone(), *created_at);
                self.nodes.insert(node.clone(), made);
                self.hang_under_root(node);
            }
            Change::NodeConfigured { node, config } => self.configure(&key(node.as_ref()), config),
            Change::NodeDeleted { node, moved_to } => self.delete(node, moved_to.as_deref()),
            Change::Associated { collection, node } => self.associate(collection, node),
            Change::Disassociated { collection, node } => self.disassociate(collection, node),
            Change::Affiliated {
                node,
                user,
                affiliation,
            } => self.affiliate(&key(node.as_ref()), user, *affiliation),
            Change::ServiceAffiliated { user, affiliation } => {
                let entry = self.roles.entry(user.clone()).or_default();
                entry.service = (*affiliation != Affiliation::None).then_some(*affiliation);
                if *affiliation == Affiliation::Owner {
                    self.service_owners.insert(user.clone());
                } else {
                    self.service_owners.remove(user);
                }
                self.forget_roles_if_empty(user);
            }
            Change::Subscribed {
                node,
                jid,
                subscription,
            } => self.subscribe(&key(node.as_ref()), jid, subscription),
            Change::Unsubscribed { node, jid, subid } => {
                self.unsubscribe(&key(node.as_ref()), jid, subid.as_ref());
            }
            Change::ItemPublished {
                node: id,
                item,
                payload,
            } => {
                if let Some(node) = self.nodes.get_mut(id) {
                    if node.config.persist_items {
                        node.items.insert(item.clone());
                    }
                    if node.keeps_last() {
                        node.items.set_last(item.clone(), payload.clone());
                    }
                }
                self.note_publisher(id, &item.publisher);
                self.arm_items(id);
            }
            Change::ItemKept { node: id, item } => {
                if let Some(node) = self.nodes.get_mut(id) {
                    node.items.insert(item.clone());
                }
                self.note_publisher(id, &item.publisher);
                self.arm_items(id);
            }
            Change::ItemsRemoved { node: id, items } => self.remove_items(id, items),
            Change::Purged { node: id } => {
                if let Some(node) = self.nodes.get_mut(id) {
                    node.items.clear();
                }
                self.arm_items(id);
            }
        }
    }

    /// Whether a storage has to do with a change: not with an item of a node that keeps none.
    pub(super) fn is_kept(&self, change: &Change) -> bool {
        let Change::ItemPublished { node, .. } = change else {
            return true;
        };
        let node = self.nodes.get(node);
        node.is_some_and(|node| node.config.persist_items)
    }

    /// The subscriptions of an address to a node, made if there are none.
    pub(super) fn subscriber(&mut self, id: &NodeId, jid: &Jid) -> Option<&mut Subscriber> {
        self.user_at(id, jid)?;
        let node = self.nodes.get_mut(id)?;
        Some(node.subscribers.entry(jid.clone()).or_default())
    }

    /// A user who is subscribed to a node from now on.
    fn user_at(&mut self, id: &NodeId, jid: &Jid) -> Option<&mut User> {
        // The node's own name: a million subscriptions share it.
        let (id, _) = self.nodes.get_key_value(id)?;
        let user = self.users.entry(jid.bare()).or_default();
        user.nodes.insert(id.clone());
        Some(user)
    }

    pub(super) fn forget_subscriber_if_empty(&mut self, id: &NodeId, jid: &Jid) {
        let Some(node) = self.nodes.get_mut(id) else {
            return;
        };
        if node.subscribers.get(jid).is_some_and(Subscriber::is_empty) {
            node.subscribers.remove(jid);
        }
        if node.of_user(jid).next().is_none() {
            if let Some(user) = self.users.get_mut(&jid.bare()) {
                user.nodes.remove(id);
            }
            self.forget_user_if_empty(jid);
        }
    }

    fn configure(&mut self, id: &NodeId, config: &super::node_config::NodeConfig) {
        let Some(node) = self.nodes.get_mut(id) else {
            return;
        };
        let purges = config.purge_offline && !node.config.purge_offline;
        node.config = config.clone();
        if !node.keeps_last() {
            // It would be an old one by the time that it is wanted again.
            node.items.forget_last();
        }
        if purges {
            let publishers: BTreeSet<_> = node.items.iter().map(|i| i.publisher.clone()).collect();
            for publisher in publishers {
                self.note_publisher(id, &publisher);
            }
        }
        self.arm_items(id);
    }

    fn delete(&mut self, id: &NodeId, moved_to: Option<&str>) {
        if let Some(to) = moved_to {
            self.moved.insert(id, to);
        }
        let Some(node) = self.nodes.remove(id) else {
            return;
        };
        for (jid, subscriber) in node.subscribers.iter() {
            for made in &subscriber.made {
                for (utc, due) in self.dues_of(id, jid, made) {
                    self.calendar.remove(utc, due);
                }
            }
            if let Some(user) = self.users.get_mut(&jid.bare()) {
                user.nodes.remove(id);
                user.made = user.made.saturating_sub(subscriber.made.len());
            }
            self.forget_user_if_empty(jid);
        }
        for jid in node.affiliations.keys() {
            if let Some(roles) = self.roles.get_mut(jid) {
                roles.affiliated.remove(id);
            }
            self.forget_roles_if_empty(jid);
        }
        for publisher in &node.publishers {
            if let Some(roles) = self.roles.get_mut(publisher) {
                roles.published.remove(id);
            }
            self.forget_roles_if_empty(publisher);
        }
        self.pending.remove(id);
        if let Some(utc) = node.items_due {
            self.calendar.remove(utc, Due::Items(id.clone()));
        }
        for parent in node.parents.iter().chain([&NodeId::root()]) {
            if let Some(parent) = self.nodes.get_mut(parent) {
                parent.children.remove(id);
            }
        }
        for child in &node.children {
            if let Some(child) = self.nodes.get_mut(child) {
                child.parents.remove(id);
            }
            self.hang_under_root(child);
        }
    }

    /// A node in no other collection is in the root.
    fn hang_under_root(&mut self, id: &NodeId) {
        let orphan = self
            .nodes
            .get(id)
            .is_some_and(|node| node.parents.is_empty());
        if let Some(root) = self.nodes.get_mut(&NodeId::root()) {
            if orphan {
                root.children.insert(id.clone());
            } else {
                root.children.remove(id);
            }
        }
    }

    fn associate(&mut self, collection: &NodeId, id: &NodeId) {
        if !self.nodes.contains_key(id) {
            return;
        }
        let Some(parent) = self.nodes.get_mut(collection) else {
            return;
        };
        parent.children.insert(id.clone());
        if let Some(node) = self.nodes.get_mut(id) {
            node.parents.insert(collection.clone());
        }
        self.hang_under_root(id);
    }

    fn disassociate(&mut self, collection: &NodeId, id: &NodeId) {
        if let Some(parent) = self.nodes.get_mut(collection) {
            parent.children.remove(id);
        }
        if let Some(node) = self.nodes.get_mut(id) {
            node.parents.remove(collection);
        }
        self.hang_under_root(id);
    }

    fn affiliate(&mut self, id: &NodeId, user: &Jid, affiliation: Affiliation) {
        let Some(node) = self.nodes.get_mut(id) else {
            return;
        };
        let entry = self.roles.entry(user.clone()).or_default();
        let before = if affiliation == Affiliation::None {
            entry.affiliated.remove(id);
            node.affiliations.remove(user)
        } else {
            entry.affiliated.insert(id.clone());
            node.affiliations.insert(user.clone(), affiliation)
        };
        node.owners += usize::from(affiliation == Affiliation::Owner);
        node.owners -= usize::from(before == Some(Affiliation::Owner));
        self.forget_roles_if_empty(user);
    }

    fn subscribe(&mut self, id: &NodeId, jid: &Jid, subscription: &Subscription) {
        let Some(node) = self.nodes.get_mut(id) else {
            return;
        };
        let subscriber = node.subscribers.entry(jid.clone()).or_default();
        let replaced = match subscriber.position(subscription.subid.as_ref()) {
            Some(place) => subscriber
                .made
                .get_mut(place)
                .map(|made| core::mem::replace(made, subscription.clone())),
            None => {
                subscriber.made.push(subscription.clone());
                None
            }
        };
        subscriber.settle();
        subscriber.note_pending(jid, &mut node.pending);
        if let Some(replaced) = replaced {
            for (utc, due) in self.dues_of(id, jid, &replaced) {
                self.calendar.remove(utc, due);
            }
        } else {
            node.subscriptions += 1;
            if let Some(user) = self.user_at(id, jid) {
                user.made += 1;
            }
        }
        for (utc, due) in self.dues_of(id, jid, subscription) {
            if utc > self.utc || matches!(due, Due::End(..)) {
                self.calendar.add(utc, due);
            }
        }
        self.note_pending(id);
    }

    fn unsubscribe(&mut self, id: &NodeId, jid: &Jid, subid: Option<&SubId>) {
        let Some(node) = self.nodes.get_mut(id) else {
            return;
        };
        let Some(subscriber) = node.subscribers.get_mut(jid) else {
            return;
        };
        let Some(place) = subscriber.position(subid) else {
            return;
        };
        let removed = subscriber.made.remove(place);
        subscriber.settle();
        subscriber.note_pending(jid, &mut node.pending);
        node.subscriptions -= 1;
        if let Some(user) = self.users.get_mut(&jid.bare()) {
            user.made = user.made.saturating_sub(1);
        }
        for (utc, due) in self.dues_of(id, jid, &removed) {
            self.calendar.remove(utc, due);
        }
        self.note_pending(id);
        self.forget_subscriber_if_empty(id, jid);
    }

    fn note_pending(&mut self, id: &NodeId) {
        let node = self.nodes.get(id);
        if node.is_some_and(|node| !node.pending.is_empty()) {
            self.pending.insert(id.clone());
        } else {
            self.pending.remove(id);
        }
    }

    /// When a subscription is warned of and when it ends.
    fn dues_of(&self, id: &NodeId, jid: &Jid, made: &Subscription) -> Vec<(i64, Due)> {
        let Some(end) = made.ends_at() else {
            return Vec::new();
        };
        let (id, jid, subid) = (id.clone(), jid.clone(), made.subid.clone());
        let warning = end.saturating_sub(self.warn_before);
        vec![
            (
                warning,
                Due::Warning(id.clone(), jid.clone(), subid.clone()),
            ),
            (end, Due::End(id, jid, subid)),
        ]
    }

    fn remove_items(&mut self, id: &NodeId, items: &[ItemId]) {
        if let Some(node) = self.nodes.get_mut(id) {
            for item in items {
                node.items.remove(item);
            }
        }
        self.arm_items(id);
    }

    fn note_publisher(&mut self, id: &NodeId, publisher: &Jid) {
        let node = self.nodes.get_mut(id);
        if let Some(node) = node.filter(|node| node.config.purge_offline) {
            node.publishers.insert(publisher.bare());
            let roles = self.roles.entry(publisher.bare()).or_default();
            roles.published.insert(id.clone());
        }
    }

    /// Puts the end of the oldest item into the calendar.
    pub(super) fn arm_items(&mut self, id: &NodeId) {
        let Some(node) = self.nodes.get_mut(id) else {
            return;
        };
        let due = node.config.item_expire.and_then(|seconds| {
            let oldest = node.items.oldest()?;
            let millis = i64::try_from(seconds).ok()?.checked_mul(1000)?;
            oldest.published_at.checked_add(millis)
        });
        if due == node.items_due {
            return;
        }
        if let Some(utc) = core::mem::replace(&mut node.items_due, due) {
            self.calendar.remove(utc, Due::Items(id.clone()));
        }
        if let Some(utc) = due {
            self.calendar.add(utc, Due::Items(id.clone()));
        }
    }

    fn forget_user_if_empty(&mut self, jid: &Jid) {
        let user = self.users.get(&jid.bare());
        if user.is_some_and(|user| user.nodes.is_empty()) {
            self.users.remove(&jid.bare());
        }
    }

    pub(super) fn forget_roles_if_empty(&mut self, jid: &Jid) {
        if self.roles.get(&jid.bare()).is_some_and(Roles::is_empty) {
            self.roles.remove(&jid.bare());
        }
    }
}

/// The name under which a node of the journal is kept.
pub(super) fn key(node: Option<&NodeId>) -> NodeId {
    node.cloned().unwrap_or_else(NodeId::root)
}
