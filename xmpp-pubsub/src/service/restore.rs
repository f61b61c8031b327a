//! A service that begins, or begins again; and its journal, confirmed or failed.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use super::approval::Approvals;
use super::bounce::Bounces;
use super::capabilities::Known;
use super::clock::Clock;
use super::config::{Config, Persistence};
use super::digest::Digests;
use super::journal::{Change, Entry, Journal};
use super::node::Node;
use super::node_config::NodeConfig;
use super::outbox::Outbox;
use super::people::{People, Rosters};
use super::state::State;
use super::storage::Storage;
use super::{Kind, Service};
use crate::id::{IdSource, NodeId};
use crate::pubsub::Affiliation;

impl Service {
    /// A service without nodes.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::restore(config, [])
    }

    /// A service as it was when the last of these entries was made: a [snapshot](Self::snapshot), or nothing, and
    /// everything after it, in order. What was transient is gone: the host says anew who is available, what it
    /// subscribed itself, and what rosters have, see [`set_rosters`](Self::set_rosters).
    ///
    /// Give it another seed each time, so that names it makes are new ones.
    #[must_use]
    pub fn restore(config: Config, entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut ids = IdSource::new(config.seed);
        let millis = i64::try_from(config.lease_warning.as_millis()).unwrap_or(i64::MAX);
        let mut state = State {
            warn_before: millis,
            utc: i64::MIN,
            ..State::default()
        };
        state.moved.most = config.remembered_moves;
        let root = Node::new(NodeConfig::collection(), None, 0);
        state.nodes.insert(NodeId::root(), root);
        let asks = config.persistence == Persistence::Journal;
        let mut storage = Storage::default();
        let mut last = 0;
        for entry in entries {
            last = entry.seq;
            for change in &entry.changes {
                state.apply(change);
                if !asks && state.is_kept(change) {
                    storage.keep(change);
                }
            }
        }
        if config.kind == Kind::Account {
            state.apply(&Change::ServiceAffiliated {
                user: config.address.bare(),
                affiliation: Affiliation::Owner,
            });
        }
        state.utc = 0;
        let outbox = Outbox::new(&ids.next_hex(), config.max_withheld.1);
        Self {
            clock: Clock::default(),
            now: Duration::ZERO,
            utc: 0,
            state,
            people: People::default(),
            rosters: Rosters::Complete,
            journal: Journal::new(last),
            storage,
            outbox,
            answer: None,
            staged: Vec::new(),
            seen: 0,
            messages: 0,
            digests: Digests::new(config.max_digest),
            bounces: Bounces::new(config.remembered_publishes),
            capabilities: Known::default(),
            approvals: Approvals::new(config.remembered_publishes),
            locked: BTreeSet::new(),
            redirects: BTreeMap::new(),
            share: None,
            ended: false,
            ids,
            config,
        }
    }

    /// The next entry to write down.
    pub fn poll_journal(&mut self) -> Option<Entry> {
        self.journal.pop()
    }

    /// Everything up to that entry cannot be lost any more: what waited for it goes out.
    pub fn journal_confirmed(&mut self, now: Duration, seq: u64) {
        if self.ended {
            return;
        }
        self.begin(now);
        let confirmed = self.journal.confirm(seq);
        self.outbox.confirm(confirmed);
        self.finish();
    }

    /// An entry could not be written down. The service has promised more than it can keep, so it ends: what waits is
    /// never sent, requests are answered with an error, and the host makes a new one from what was written.
    pub fn journal_failed(&mut self) {
        self.ended = true;
        self.outbox.give_up();
    }

    /// All that lasts, as one entry from which a service can be restored: the entries up to its place can be dropped. What
    /// items hold stays in the storage.
    ///
    /// Take it when every entry is handed out; it has the place of the last one.
    #[must_use]
    pub fn snapshot(&self) -> Entry {
        let mut changes = Vec::new();
        for (user, known) in self.state.roles.iter() {
            if let Some(affiliation) = known.service {
                changes.push(Change::ServiceAffiliated {
                    user: user.clone(),
                    affiliation,
                });
            }
        }
        for (node, to) in self.state.moved.iter() {
            // Made and deleted: that leaves where it went.
            changes.push(Change::NodeDeleted {
                node: node.clone(),
                moved_to: Some(to.to_owned()),
            });
        }
        for (id, node) in &self.state.nodes {
            if !id.is_root() {
                changes.push(Change::NodeCreated {
                    node: id.clone(),
                    config: Box::new(node.config.clone()),
                    creator: node.creator.clone(),
                    created_at: node.created_at,
                });
            } else if node.config != NodeConfig::collection() {
                changes.push(Change::NodeConfigured {
                    node: None,
                    config: Box::new(node.config.clone()),
                });
            }
        }
        for (id, node) in &self.state.nodes {
            self.push_node(&mut changes, id, node);
        }
        Entry {
            seq: self.journal.last(),
            changes,
        }
    }

    fn push_node(&self, changes: &mut Vec<Change>, id: &NodeId, node: &Node) {
        let whole = self.config.persistence == Persistence::WholeJournal;
        for collection in &node.parents {
            changes.push(Change::Associated {
                collection: collection.clone(),
                node: id.clone(),
            });
        }
        for (user, affiliation) in &node.affiliations {
            changes.push(Change::Affiliated {
                node: id.shown(),
                user: user.clone(),
                affiliation: *affiliation,
            });
        }
        for (jid, subscriber) in node.subscribers.iter() {
            let made = subscriber.made.iter();
            let made = made.filter(|made| whole || !made.is_transient());
            changes.extend(made.map(|made| Change::Subscribed {
                node: id.shown(),
                jid: jid.clone(),
                subscription: made.clone(),
            }));
        }
        for item in node.items.iter() {
            changes.push(match self.storage.held(id, &item.id) {
                Some(payload) if whole => Change::ItemPublished {
                    node: id.clone(),
                    item: item.clone(),
                    payload,
                },
                Some(_) | None => Change::ItemKept {
                    node: id.clone(),
                    item: item.clone(),
                },
            });
        }
        if let (true, Some((item, payload))) = (whole, node.items.last())
            && node.items.get(&item.id).is_none()
        {
            changes.push(Change::ItemPublished {
                node: id.clone(),
                item: item.clone(),
                payload: payload.clone(),
            });
        }
    }
}
