//! Events that are collected. XEP-0060 §12.25: options `digest` and `digest_frequency`.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use super::Service;
use super::notify::headers;
use crate::event::{Event, ItemChange};
use crate::id::{ItemId, NodeId, SubId};
use crate::jid::Jid;

#[derive(Debug, Default)]
pub(super) struct Digests {
    /// By node and address.
    waiting: BTreeMap<(NodeId, Jid), Digest>,
    dues: BTreeSet<(Duration, NodeId, Jid)>,
    /// Those that hold as much as they may.
    full: BTreeSet<(NodeId, Jid)>,
    most: usize,
}

#[derive(Debug)]
struct Digest {
    due: Duration,
    changes: Vec<ItemChange>,
    subids: BTreeSet<SubId>,
}

impl Digests {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            ..Self::default()
        }
    }

    /// Adds changes, of which one of the same item replaces an earlier one.
    pub(super) fn add(
        &mut self,
        now: Duration,
        node: &NodeId,
        jid: &Jid,
        changes: &[ItemChange],
        after: Duration,
        subids: Vec<SubId>,
    ) {
        let key = (node.clone(), jid.clone());
        let dues = &mut self.dues;
        let digest = self.waiting.entry(key.clone()).or_insert_with(|| {
            let due = now + after;
            dues.insert((due, node.clone(), jid.clone()));
            Digest {
                due,
                changes: Vec::new(),
                subids: BTreeSet::new(),
            }
        });
        digest.subids.extend(subids);
        for change in changes {
            digest
                .changes
                .retain(|known| item_of(known).is_none() || item_of(known) != item_of(change));
            digest.changes.push(change.clone());
        }
        if digest.changes.len() >= self.most {
            self.full.insert(key);
        }
    }

    pub(super) fn next(&self) -> Option<Duration> {
        self.dues.first().map(|(due, ..)| *due)
    }

    /// Drops what was collected for a subscription that is over.
    pub(super) fn forget(&mut self, node: &NodeId, jid: &Jid) {
        self.take(&(node.clone(), jid.clone()));
    }

    fn take(&mut self, key: &(NodeId, Jid)) -> Option<Digest> {
        let digest = self.waiting.remove(key)?;
        self.dues
            .remove(&(digest.due, key.0.clone(), key.1.clone()));
        self.full.remove(key);
        Some(digest)
    }
}

impl Service {
    pub(super) fn send_due_digests(&mut self) {
        while self.digests.next().is_some_and(|due| due <= self.now) {
            let Some((_, node, jid)) = self.digests.dues.first().cloned() else {
                return;
            };
            self.send_digest(&(node, jid));
        }
    }

    pub(super) fn send_full_digests(&mut self) {
        while let Some(key) = self.digests.full.first().cloned() {
            self.send_digest(&key);
        }
    }

    fn send_digest(&mut self, key: &(NodeId, Jid)) {
        let Some(digest) = self.digests.take(key) else {
            return;
        };
        let (node, jid) = key;
        let Some(kind) = self
            .state
            .nodes
            .get(node)
            .map(|node| node.config.notification_type)
        else {
            return;
        };
        self.see_node(node);
        let event = Event::items(node.clone(), digest.changes);
        let subids: Vec<_> = digest.subids.into_iter().collect();
        let payloads: Vec<_> = [event.to_payload()]
            .into_iter()
            .chain(headers(&subids, &[]))
            .collect();
        let first = self.messages;
        self.send_message(jid.clone(), kind, payloads.into());
        self.bounces.remember(first, self.messages, node);
    }
}

const fn item_of(change: &ItemChange) -> Option<&ItemId> {
    match change {
        ItemChange::Published(item) => item.id.as_ref(),
        ItemChange::Retracted(id) => Some(id),
    }
}
