//! Events that are collected. XEP-0060 §12.25: options `digest` and `digest_frequency`.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use super::Service;
use super::notify::headers;
use crate::event::{Changes, Event, ItemChange};
use crate::id::{ItemId, NodeId, SubId};
use crate::jid::Jid;

/// What was collected. Each change waits for the subscriptions that want it, and goes when the last of them ends.
#[derive(Debug, Default)]
pub(super) struct Digests {
    /// By node and address.
    waiting: BTreeMap<NodeId, BTreeMap<Jid, Digest>>,
    /// For which nodes something waits for an address.
    nodes: BTreeMap<Jid, BTreeSet<NodeId>>,
    dues: BTreeSet<(Duration, NodeId, Jid)>,
    /// Those that hold as much as they may.
    full: BTreeSet<(NodeId, Jid)>,
    most: usize,
}

#[derive(Debug)]
struct Digest {
    due: Duration,
    changes: Vec<Collected>,
}

#[derive(Debug)]
struct Collected {
    /// Nothing, where a node only tells that something happened.
    change: Option<ItemChange>,
    sources: Vec<Source>,
}

/// A subscription that wants an event: to the node itself, or to a collection above it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Source {
    pub(super) node: NodeId,
    pub(super) subid: Option<SubId>,
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
        sources: &[Source],
    ) {
        let dues = &mut self.dues;
        let nodes = &mut self.nodes;
        let all = self.waiting.entry(node.clone()).or_default();
        let digest = all.entry(jid.clone()).or_insert_with(|| {
            let due = now + after;
            dues.insert((due, node.clone(), jid.clone()));
            nodes.entry(jid.clone()).or_default().insert(node.clone());
            Digest {
                due,
                changes: Vec::new(),
            }
        });
        let items = changes.iter().map(Some);
        for change in items.chain(changes.is_empty().then_some(None)) {
            let same = |known: &Collected| match (known.change.as_ref(), change) {
                (Some(known), Some(change)) => {
                    item_of(known).is_some() && item_of(known) == item_of(change)
                }
                (known, change) => known.is_none() && change.is_none(),
            };
            digest.changes.retain(|known| !same(known));
            digest.changes.push(Collected {
                change: change.cloned(),
                sources: sources.to_vec(),
            });
        }
        if digest.changes.len() >= self.most {
            self.full.insert((node.clone(), jid.clone()));
        }
    }

    pub(super) fn next(&self) -> Option<Duration> {
        self.dues.first().map(|(due, ..)| *due)
    }

    /// Drops what was collected for one subscription alone.
    pub(super) fn forget(&mut self, place: &NodeId, jid: &Jid, subid: Option<&SubId>) {
        self.drop_sources(jid, |source| {
            source.node == *place && source.subid.as_ref() == subid
        });
    }

    /// Drops what was collected for all subscriptions of an address to a place alone.
    pub(super) fn forget_all(&mut self, place: &NodeId, jid: &Jid) {
        self.drop_sources(jid, |source| source.node == *place);
    }

    fn drop_sources(&mut self, jid: &Jid, ended: impl Fn(&Source) -> bool) {
        let Some(nodes) = self.nodes.get(jid) else {
            return;
        };
        for node in nodes.clone() {
            let all = self.waiting.get_mut(&node);
            let Some(digest) = all.and_then(|all| all.get_mut(jid)) else {
                continue;
            };
            digest.changes.retain_mut(|collected| {
                collected.sources.retain(|source| !ended(source));
                !collected.sources.is_empty()
            });
            if digest.changes.is_empty() {
                self.take(&node, jid);
            }
        }
    }

    /// Drops what was collected about a node that is gone.
    pub(super) fn forget_node(&mut self, node: &NodeId) {
        let all = self.waiting.get(node).map(|all| all.keys().cloned());
        for jid in all.into_iter().flatten().collect::<Vec<_>>() {
            self.take(node, &jid);
        }
    }

    fn take(&mut self, node: &NodeId, jid: &Jid) -> Option<Digest> {
        let all = self.waiting.get_mut(node)?;
        let digest = all.remove(jid)?;
        if all.is_empty() {
            self.waiting.remove(node);
        }
        if let Some(nodes) = self.nodes.get_mut(jid) {
            nodes.remove(node);
            if nodes.is_empty() {
                self.nodes.remove(jid);
            }
        }
        self.dues.remove(&(digest.due, node.clone(), jid.clone()));
        self.full.remove(&(node.clone(), jid.clone()));
        Some(digest)
    }
}

impl Service {
    pub(super) fn send_due_digests(&mut self) {
        while self.digests.next().is_some_and(|due| due <= self.now) {
            let Some((_, node, jid)) = self.digests.dues.first().cloned() else {
                return;
            };
            self.send_digest(&node, &jid);
        }
    }

    pub(super) fn send_full_digests(&mut self) {
        while let Some((node, jid)) = self.digests.full.first().cloned() {
            self.send_digest(&node, &jid);
        }
    }

    fn send_digest(&mut self, id: &NodeId, jid: &Jid) {
        let Some(digest) = self.digests.take(id, jid) else {
            return;
        };
        let Some(node) = self.state.nodes.get(id) else {
            return;
        };
        // PS-14.3-01: who follows a collection may have been put out of the node meanwhile.
        if self.check_retrieve(node, jid).is_err() {
            return;
        }
        let kind = node.config.notification_type;
        let (mut subids, mut collections) = (Vec::new(), Vec::new());
        for source in digest.changes.iter().flat_map(|known| &known.sources) {
            let subid = source.subid.as_ref();
            subids.extend(subid.filter(|subid| !subids.contains(*subid)).cloned());
            let above = source.node != *id && !source.node.is_root();
            if above && !collections.contains(&source.node) {
                collections.push(source.node.clone());
            }
        }
        self.see_node(id);
        let changes = digest.changes.into_iter();
        let changes: Changes = changes.filter_map(|known| known.change).collect();
        let event = Event::items(id.clone(), changes);
        let payloads: Vec<_> = [event.to_payload()]
            .into_iter()
            .chain(headers(&subids, &collections))
            .collect();
        let first = self.messages;
        self.send_message(jid.clone(), kind, payloads.into());
        self.bounces.remember(first, self.messages, id);
    }
}

const fn item_of(change: &ItemChange) -> Option<&ItemId> {
    match change {
        ItemChange::Published(item) => item.id.as_ref(),
        ItemChange::Retracted(id) => Some(id),
    }
}
