//! What a service changed, so that it can be written down and made again.
//!
//! Each input that changes something lasting yields one [`Entry`] by
//! [`Service::poll_journal`](super::Service::poll_journal). The host writes entries in order, and once they cannot be lost
//! any more it says so by [`journal_confirmed`](super::Service::journal_confirmed). Until then nobody hears of them.

mod codec;

use std::collections::{BTreeMap, VecDeque};

use super::node_config::NodeConfig;
use crate::form::SubscribeOptions;
use crate::id::{ItemId, NodeId, SubId};
use crate::jid::Jid;
use crate::pubsub::{Affiliation, SubscriptionState};
use crate::stanza::Payload;

/// What one input changed: all of it or nothing of it is made again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Its place: 1, 2, 3 and so on over the life of a service. A snapshot's entry has the place up to which it goes.
    pub seq: u64,
    /// The changes, in order.
    pub changes: Vec<Change>,
}

/// A change of what lasts. The root collection is `None`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// A node is there. XEP-0060 §8.1.
    NodeCreated {
        /// Which.
        node: NodeId,
        /// Its settings.
        config: Box<NodeConfig>,
        /// Who made it, unless it was the host.
        creator: Option<Jid>,
        /// When, in milliseconds since 1970, UTC.
        created_at: i64,
    },
    /// The settings of a node are others. §8.2.
    NodeConfigured {
        /// Which.
        node: Option<NodeId>,
        /// Its settings now.
        config: Box<NodeConfig>,
    },
    /// A node is gone, with its items, affiliations and subscriptions. §8.4.
    NodeDeleted {
        /// Which.
        node: NodeId,
        /// Where it went.
        moved_to: Option<String>,
    },
    /// A node is in a collection. XEP-0248.
    Associated {
        /// In which.
        collection: NodeId,
        /// Which node.
        node: NodeId,
    },
    /// A node is not in a collection any more.
    Disassociated {
        /// In which it was.
        collection: NodeId,
        /// Which node.
        node: NodeId,
    },
    /// What a user may do with a node; `none` is no affiliation. XEP-0060 §8.9.
    Affiliated {
        /// With which.
        node: Option<NodeId>,
        /// Who, by bare address.
        user: Jid,
        /// What.
        affiliation: Affiliation,
    },
    /// What a user may do with every node; `none` is no affiliation.
    ServiceAffiliated {
        /// Who, by bare address.
        user: Jid,
        /// What.
        affiliation: Affiliation,
    },
    /// There is a subscription, or it is another now: one of the same subid is replaced. §6.1.
    Subscribed {
        /// To which node.
        node: Option<NodeId>,
        /// Whose.
        jid: Jid,
        /// What it is now.
        subscription: Subscription,
    },
    /// A subscription is over. §6.2.
    Unsubscribed {
        /// To which node.
        node: Option<NodeId>,
        /// Whose.
        jid: Jid,
        /// Which of several.
        subid: Option<SubId>,
    },
    /// An item is there, and the newest of its node. §7.1. A storage keeps the payload.
    ItemPublished {
        /// Of which node.
        node: NodeId,
        /// Which item.
        item: ItemRecord,
        /// What it holds.
        payload: Option<Payload>,
    },
    /// An item is there, and the storage has what it holds: for snapshots.
    ItemKept {
        /// Of which node.
        node: NodeId,
        /// Which item.
        item: ItemRecord,
    },
    /// Items are gone. §7.2.
    ItemsRemoved {
        /// Of which node.
        node: NodeId,
        /// Which.
        items: Vec<ItemId>,
    },
    /// All items of a node are gone. §8.5.
    Purged {
        /// Of which node.
        node: NodeId,
    },
}

/// An item without what it holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ItemRecord {
    /// Its name.
    pub id: ItemId,
    /// Who published it (PS-7.1-09).
    pub publisher: Jid,
    /// When, in milliseconds since 1970, UTC.
    pub published_at: i64,
    /// How long its payload is, in bytes.
    pub size: u64,
}

/// A subscription without its node and address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subscription {
    /// Which of several, where the service uses subids.
    pub subid: Option<SubId>,
    /// How far it has come.
    pub state: SubscriptionState,
    /// Its options, where they are not those of the service. When it ends is among them.
    pub options: Option<Box<SubscribeOptions>>,
}

impl Change {
    /// The nodes that the change is about.
    fn nodes(&self) -> (Option<NodeId>, Option<NodeId>) {
        let root = |node: &Option<NodeId>| Some(node.clone().unwrap_or_else(NodeId::root));
        match self {
            Self::NodeCreated { node, .. }
            | Self::NodeDeleted { node, .. }
            | Self::ItemPublished { node, .. }
            | Self::ItemKept { node, .. }
            | Self::ItemsRemoved { node, .. }
            | Self::Purged { node } => (Some(node.clone()), None),
            Self::NodeConfigured { node, .. }
            | Self::Affiliated { node, .. }
            | Self::Subscribed { node, .. }
            | Self::Unsubscribed { node, .. } => (root(node), None),
            Self::Associated { collection, node } | Self::Disassociated { collection, node } => {
                (Some(collection.clone()), Some(node.clone()))
            }
            Self::ServiceAffiliated { .. } => (None, None),
        }
    }

    fn user(&self) -> Option<Jid> {
        match self {
            Self::Affiliated { user, .. } | Self::ServiceAffiliated { user, .. } => {
                Some(user.clone())
            }
            Self::Subscribed { jid, .. } | Self::Unsubscribed { jid, .. } => Some(jid.bare()),
            Self::NodeCreated { .. }
            | Self::NodeConfigured { .. }
            | Self::NodeDeleted { .. }
            | Self::Associated { .. }
            | Self::Disassociated { .. }
            | Self::ItemPublished { .. }
            | Self::ItemKept { .. }
            | Self::ItemsRemoved { .. }
            | Self::Purged { .. } => None,
        }
    }

    const fn is_about_the_list(&self) -> bool {
        matches!(
            self,
            Self::NodeCreated { .. }
                | Self::NodeDeleted { .. }
                | Self::Associated { .. }
                | Self::Disassociated { .. }
        )
    }
}

/// The journal's state inside a service.
#[derive(Debug)]
pub(super) struct Journal {
    /// The place of the last entry that was made.
    last: u64,
    confirmed: u64,
    out: VecDeque<Entry>,
    changes: Vec<Change>,
    /// What was changed and is not confirmed, with the place of its last change.
    nodes: BTreeMap<NodeId, u64>,
    users: BTreeMap<Jid, u64>,
    list: u64,
}

impl Journal {
    pub(super) const fn new(last: u64) -> Self {
        Self {
            last,
            confirmed: last,
            out: VecDeque::new(),
            changes: Vec::new(),
            nodes: BTreeMap::new(),
            users: BTreeMap::new(),
            list: 0,
        }
    }

    pub(super) fn record(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Makes an entry of what was recorded. Returns its place, or 0 if there was nothing.
    pub(super) fn finish(&mut self) -> u64 {
        if self.changes.is_empty() {
            return 0;
        }
        self.last += 1;
        let seq = self.last;
        for change in &self.changes {
            let (one, two) = change.nodes();
            for node in one.into_iter().chain(two) {
                self.nodes.insert(node, seq);
            }
            if let Some(user) = change.user() {
                self.users.insert(user, seq);
            }
            if change.is_about_the_list() {
                self.list = seq;
            }
        }
        let changes = core::mem::take(&mut self.changes);
        self.out.push_back(Entry { seq, changes });
        seq
    }

    /// Takes a confirmation. Places that were never given, or are confirmed already, are left alone.
    pub(super) fn confirm(&mut self, seq: u64) -> u64 {
        self.confirmed = self.confirmed.max(seq.min(self.last));
        let confirmed = self.confirmed;
        if confirmed == self.last {
            self.nodes.clear();
            self.users.clear();
        } else {
            self.nodes.retain(|_, seq| *seq > confirmed);
            self.users.retain(|_, seq| *seq > confirmed);
        }
        confirmed
    }

    pub(super) fn pop(&mut self) -> Option<Entry> {
        self.out.pop_front()
    }

    /// What must be confirmed before anybody is told of the node.
    pub(super) fn of_node(&self, node: &NodeId) -> u64 {
        self.nodes.get(node).copied().unwrap_or(0)
    }

    pub(super) fn of_user(&self, user: &Jid) -> u64 {
        self.users.get(user.bare_str()).copied().unwrap_or(0)
    }

    /// What must be confirmed before anybody is told which nodes there are.
    pub(super) const fn of_list(&self) -> u64 {
        if self.list > self.confirmed {
            self.list
        } else {
            0
        }
    }

    pub(super) const fn unconfirmed(&self) -> u64 {
        self.last - self.confirmed
    }

    pub(super) const fn last(&self) -> u64 {
        self.last
    }
}
