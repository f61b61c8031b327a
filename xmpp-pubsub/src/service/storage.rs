//! What items hold. It lives behind a storage that the host asks: [`Service::poll_storage`] and
//! [`Service::handle_storage`].
//!
//! A storage keeps the entries of the journal in order, and what the items hold that they publish:
//!
//! - An item's payload is there from its [`Change::ItemPublished`] until an `ItemsRemoved`, `Purged` or `NodeDeleted` that
//!   names it. A publish of the same name replaces it.
//! - A request sees every entry that was handed out before it.
//! - An entry is there whole or not at all, and an entry is never there without those before it.
//! - The journal can be replaced by [`Service::snapshot`]; payloads stay, since `ItemKept` leaves them alone.

use std::collections::{BTreeMap, VecDeque};

use super::config::Persistence;
use super::journal::{Change, Entry, ItemRecord};
use super::request::Work;
use super::{Service, ServiceError};
use crate::id::{ItemId, NodeId, SubId};
use crate::jid::Jid;
use crate::rsm;
use crate::stanza::{Iq, Payload};

/// Names a request to the storage.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct RequestId(u64);

/// The service asks what items hold.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct StorageRequest {
    /// To be given back with the answer.
    pub id: RequestId,
    /// Of which node.
    pub node: NodeId,
    /// Which items.
    pub items: Vec<ItemId>,
}

/// What one item holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredItem {
    /// Its name.
    pub id: ItemId,
    /// What it holds, if anything.
    pub payload: Option<Payload>,
}

/// The storage could not answer. Whoever waits for it is told so.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the storage could not answer")]
pub struct StorageError;

/// A storage in memory: the example of what a storage is, and for tests.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    entries: Vec<Entry>,
    payloads: PayloadMap,
}

impl MemoryStorage {
    /// Writes an entry down.
    pub fn append(&mut self, entry: Entry) {
        for change in &entry.changes {
            self.payloads.apply(change);
        }
        self.entries.push(entry);
    }

    /// What items hold. Those that are not there are left out.
    #[must_use]
    pub fn read(&self, node: &NodeId, items: &[ItemId]) -> Vec<StoredItem> {
        self.payloads.read(node, items)
    }

    /// The journal, for [`Service::restore`].
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.clone()
    }

    /// Replaces the journal by a snapshot.
    pub fn compact(&mut self, snapshot: Entry) {
        self.entries = vec![snapshot];
    }
}

/// What items hold, by node and name.
#[derive(Clone, Debug, Default)]
pub(super) struct PayloadMap {
    nodes: BTreeMap<NodeId, BTreeMap<ItemId, Option<Payload>>>,
}

impl PayloadMap {
    fn apply(&mut self, change: &Change) {
        match change {
            Change::ItemPublished {
                node,
                item,
                payload,
            } => {
                let items = self.nodes.entry(node.clone()).or_default();
                items.insert(item.id.clone(), payload.clone());
            }
            Change::ItemsRemoved { node, items } => {
                if let Some(kept) = self.nodes.get_mut(node) {
                    for item in items {
                        kept.remove(item);
                    }
                }
            }
            Change::Purged { node } | Change::NodeDeleted { node, .. } => {
                self.nodes.remove(node);
            }
            Change::NodeCreated { .. }
            | Change::NodeConfigured { .. }
            | Change::Associated { .. }
            | Change::Disassociated { .. }
            | Change::Affiliated { .. }
            | Change::ServiceAffiliated { .. }
            | Change::Subscribed { .. }
            | Change::Unsubscribed { .. }
            | Change::ItemKept { .. } => {}
        }
    }

    fn read(&self, node: &NodeId, items: &[ItemId]) -> Vec<StoredItem> {
        let Some(kept) = self.nodes.get(node) else {
            return Vec::new();
        };
        let found = items.iter().filter_map(|id| {
            Some(StoredItem {
                id: id.clone(),
                payload: kept.get(id)?.clone(),
            })
        });
        found.collect()
    }
}

/// What an answer of the storage is for.
#[derive(Debug)]
pub(super) enum Purpose {
    /// Somebody asked for items.
    Items {
        request: Box<Iq>,
        items: Vec<ItemRecord>,
        set: Option<rsm::Set>,
    },
    /// Somebody is to get the last item.
    Last {
        to: Jid,
        subids: Vec<SubId>,
        item: ItemRecord,
    },
}

/// The storage's state inside a service.
#[derive(Debug, Default)]
pub(super) struct Storage {
    /// Where no storage is asked.
    memory: PayloadMap,
    requests: VecDeque<StorageRequest>,
    open: BTreeMap<RequestId, (NodeId, Purpose)>,
    busy: BTreeMap<NodeId, Busy>,
    last: u64,
}

/// A node of which the storage is asked something.
#[derive(Debug, Default)]
struct Busy {
    open: usize,
    waiting: VecDeque<Work>,
}

impl Storage {
    /// Keeps what a change holds, where no storage is asked.
    pub(super) fn keep(&mut self, change: &Change) {
        self.memory.apply(change);
    }

    /// What an item holds, where that is in memory.
    pub(super) fn held(&self, node: &NodeId, item: &ItemId) -> Option<Option<Payload>> {
        self.memory.nodes.get(node)?.get(item).cloned()
    }

    pub(super) fn is_busy(&self, node: &NodeId) -> bool {
        self.busy.contains_key(node)
    }

    fn ask(&mut self, node: &NodeId, items: Vec<ItemId>, purpose: Purpose) {
        self.last += 1;
        let id = RequestId(self.last);
        self.requests.push_back(StorageRequest {
            id,
            node: node.clone(),
            items,
        });
        self.open.insert(id, (node.clone(), purpose));
        self.busy.entry(node.clone()).or_default().open += 1;
    }
}

impl Service {
    /// The next question to the storage.
    pub fn poll_storage(&mut self) -> Option<StorageRequest> {
        self.storage.requests.pop_front()
    }

    /// Takes an answer of the storage. What came to the node meanwhile is done then, in order. An answer that nobody
    /// waits for is ignored.
    pub fn handle_storage(
        &mut self,
        now: core::time::Duration,
        id: RequestId,
        answer: Result<Vec<StoredItem>, StorageError>,
    ) {
        let Some((node, purpose)) = self.storage.open.remove(&id) else {
            return;
        };
        self.begin(now);
        if !self.ended {
            self.see_node(&node);
            self.complete(&node, purpose, answer);
        }
        self.finish();
        if let Some(busy) = self.storage.busy.get_mut(&node) {
            busy.open = busy.open.saturating_sub(1);
        }
        while let Some(work) = self.next_work(&node) {
            self.begin(now);
            self.work(&node, work);
            self.finish();
        }
    }

    /// What waits for a node of which nothing is asked any more.
    fn next_work(&mut self, node: &NodeId) -> Option<Work> {
        let busy = self.storage.busy.get_mut(node)?;
        if busy.open > 0 {
            return None;
        }
        let work = busy.waiting.pop_front();
        if work.is_none() {
            self.storage.busy.remove(node);
        }
        work
    }

    /// Puts work off until the storage has answered.
    pub(super) fn put_off(&mut self, node: &NodeId, work: Work) -> Result<(), ServiceError> {
        let most = self.config.max_waiting_per_node;
        let busy = self.storage.busy.entry(node.clone()).or_default();
        if busy.waiting.len() >= most {
            return Err(ServiceError::Busy);
        }
        busy.waiting.push_back(work);
        Ok(())
    }

    /// Gets what items hold, at once or by asking.
    pub(super) fn fetch(&mut self, node: &NodeId, items: Vec<ItemId>, purpose: Purpose) {
        if items.is_empty() || self.config.persistence != Persistence::Journal {
            let answer = self.storage.memory.read(node, &items);
            self.complete(node, purpose, Ok(answer));
        } else {
            self.storage.ask(node, items, purpose);
        }
    }

    fn complete(
        &mut self,
        node: &NodeId,
        purpose: Purpose,
        answer: Result<Vec<StoredItem>, StorageError>,
    ) {
        match purpose {
            Purpose::Items {
                request,
                items,
                set,
            } => {
                // That he may see it can rest on what is not confirmed.
                if let Some(from) = &request.from {
                    self.see_user(from);
                }
                self.answer_items(node, &request, items, set, answer);
            }
            Purpose::Last { to, subids, item } => {
                self.see_user(&to);
                // Who cannot be told now is told of the next one, and so is he whose item went meanwhile.
                let mut stored = answer.into_iter().flatten();
                if let Some(stored) = stored.find(|stored| stored.id == item.id) {
                    self.send_stored(node, to, subids, item, stored.payload);
                }
            }
        }
    }
}
