//! What every storage has to do, as a test that runs against it.
//!
//! A storage is whatever keeps the entries of the journal and what items hold: see [`storage`](super::storage). Give it
//! the few operations of [`Storage`] in a test, and call [`check`].

use core::time::Duration;

use super::journal::{Change, Entry, ItemRecord};
use super::storage::{MemoryStorage, StoredItem};
use super::{Config, NewNode, NodeConfig, Persistence, Service};
use crate::id::{ItemId, NodeId};
use crate::jid::Jid;
use crate::pubsub::Item;
use crate::stanza::Payload;

/// The operations that the contract is about.
pub trait Storage: Sized {
    /// Writes entries down, in order. When it returns they cannot be lost.
    fn append(&mut self, entries: &[Entry]);
    /// What items hold. Those that are not there are left out.
    fn read(&mut self, node: &NodeId, items: &[ItemId]) -> Vec<StoredItem>;
    /// The journal, in order.
    fn entries(&mut self) -> Vec<Entry>;
    /// Replaces the journal by a snapshot; what items hold stays.
    fn compact(&mut self, snapshot: &Entry);
    /// Closes the storage and opens it again, as after a crash.
    #[must_use]
    fn reopen(self) -> Self;
}

impl Storage for MemoryStorage {
    fn append(&mut self, entries: &[Entry]) {
        for entry in entries {
            Self::append(self, entry.clone());
        }
    }

    fn read(&mut self, node: &NodeId, items: &[ItemId]) -> Vec<StoredItem> {
        Self::read(self, node, items)
    }

    fn entries(&mut self) -> Vec<Entry> {
        Self::entries(self)
    }

    fn compact(&mut self, snapshot: &Entry) {
        Self::compact(self, snapshot.clone());
    }

    fn reopen(self) -> Self {
        self
    }
}

/// Runs the contract against an empty storage.
///
/// # Panics
///
/// If the storage does not keep the contract.
pub fn check<S: Storage>(mut storage: S) {
    assert!(storage.entries().is_empty(), "a new storage is empty");
    let entries = sample();
    let (first, rest) = entries.split_at(2);
    storage.append(first);
    storage.append(rest);
    storage = storage.reopen();
    assert_eq!(storage.entries(), entries, "entries stay, in order");
    let (node, other) = (node("a"), node_of_another());
    assert_eq!(
        read(&mut storage, &node, &["1", "2", "3"]),
        [("1", Some("new")), ("3", None)],
        "a publish of the same name replaces, what was removed is gone, an item can be empty"
    );
    assert_eq!(
        read(&mut storage, &other, &["1"]),
        [("1", Some("other"))],
        "names of items are those of one node"
    );
    assert!(read(&mut storage, &node, &[]).is_empty());
    assert!(read(&mut storage, &NodeId::root(), &["1"]).is_empty());
    storage.append(&[entry(5, Change::Purged { node: node.clone() })]);
    assert!(
        read(&mut storage, &node, &["1", "3"]).is_empty(),
        "a purge removes all items of the node"
    );
    assert_eq!(
        read(&mut storage, &other, &["1"]),
        [("1", Some("other"))],
        "and of no other"
    );
    let snapshot = entry(
        5,
        Change::ItemKept {
            node: other.clone(),
            item: record("1"),
        },
    );
    storage.compact(&snapshot);
    storage = storage.reopen();
    assert_eq!(
        storage.entries(),
        [snapshot],
        "a snapshot replaces the journal"
    );
    assert_eq!(
        read(&mut storage, &other, &["1"]),
        [("1", Some("other"))],
        "and leaves alone what items hold"
    );
    let deleted = Change::NodeDeleted {
        node: other.clone(),
        moved_to: None,
    };
    storage.append(&[entry(6, deleted)]);
    storage = storage.reopen();
    assert!(
        read(&mut storage, &other, &["1"]).is_empty(),
        "a node takes its items with it"
    );
    assert_eq!(storage.entries().len(), 2, "entries follow the snapshot");
}

/// Runs a service on an empty storage, ends both, and goes on from what was written.
///
/// # Panics
///
/// If the service that comes back knows less.
pub fn check_service<S: Storage>(mut storage: S) {
    let now = Duration::ZERO;
    let config = |seed| {
        let address = Jid::new("pubsub.localhost");
        let address = address.unwrap_or_else(|_| unreachable!("the address above is one"));
        Config::new(address, seed).with_persistence(Persistence::Journal)
    };
    let mut service = Service::restore(config(1), storage.entries());
    let publisher = Jid::new("finesse@localhost");
    let publisher = publisher.unwrap_or_else(|_| unreachable!("the address above is one"));
    let new = NewNode {
        node: node("a"),
        config: NodeConfig::default().with_max_items(10),
        owner: Some(publisher.clone()),
    };
    assert!(service.create_node(now, new).is_ok());
    for id in ["1", "2"] {
        let item = Item::new(payload(id)).with_id(item_id(id));
        let published = service.publish(now, &node("a"), &publisher, item);
        assert!(published.is_ok(), "{published:?}");
    }
    let written: Vec<Entry> = core::iter::from_fn(|| service.poll_journal()).collect();
    storage.append(&written);
    let mut storage = storage.reopen();
    let before = service.snapshot();
    let service = Service::restore(config(2), storage.entries());
    assert_eq!(service.snapshot(), before, "a service comes back as it was");
    storage.compact(&before);
    let mut storage = storage.reopen();
    let service = Service::restore(config(3), storage.entries());
    assert_eq!(service.snapshot(), before, "from a snapshot too");
    assert_eq!(
        read(&mut storage, &node("a"), &["1", "2"]),
        [("1", Some("1")), ("2", Some("2"))]
    );
}

fn sample() -> Vec<Entry> {
    let (one, other) = (node("a"), node_of_another());
    let published = |node: &NodeId, id: &str, holds: Option<&str>| Change::ItemPublished {
        node: node.clone(),
        item: record(id),
        payload: holds.map(payload),
    };
    let created = |node: &NodeId| Change::NodeCreated {
        node: node.clone(),
        config: Box::new(NodeConfig::default()),
        creator: None,
        created_at: 0,
    };
    vec![
        Entry {
            seq: 1,
            changes: vec![created(&one), created(&other)],
        },
        Entry {
            seq: 2,
            changes: vec![
                published(&one, "1", Some("old")),
                published(&one, "2", Some("two")),
                published(&other, "1", Some("other")),
            ],
        },
        entry(
            3,
            Change::ItemsRemoved {
                node: one.clone(),
                items: vec![item_id("2")],
            },
        ),
        Entry {
            seq: 4,
            changes: vec![
                published(&one, "1", Some("new")),
                published(&one, "3", None),
            ],
        },
    ]
}

fn read<S: Storage>(
    storage: &mut S,
    node: &NodeId,
    items: &[&'static str],
) -> Vec<(&'static str, Option<&'static str>)> {
    let ids: Vec<ItemId> = items.iter().map(|id| item_id(id)).collect();
    let mut found = storage.read(node, &ids);
    found.sort_by(|one, other| one.id.cmp(&other.id));
    found
        .into_iter()
        .map(|stored| {
            let id = items.iter().find(|id| **id == stored.id.as_str());
            let holds = stored.payload.as_ref();
            let texts = ["old", "new", "two", "other", "1", "2"];
            let text = holds.map(|holds| {
                let text = texts.iter().find(|text| payload(text) == *holds);
                *text.unwrap_or(&"something else")
            });
            (*id.unwrap_or(&"an item that nobody asked for"), text)
        })
        .collect()
}

fn entry(seq: u64, change: Change) -> Entry {
    Entry {
        seq,
        changes: vec![change],
    }
}

fn record(id: &str) -> ItemRecord {
    let publisher = Jid::new("finesse@localhost");
    ItemRecord {
        id: item_id(id),
        publisher: publisher.unwrap_or_else(|_| unreachable!("the address above is one")),
        published_at: 0,
        size: 0,
    }
}

fn payload(text: &str) -> Payload {
    Payload::known("urn:e", "e", |writer| {
        writer.text_element("urn:e", "e", text);
    })
}

fn node(name: &str) -> NodeId {
    NodeId::new(name).unwrap_or_else(|_| unreachable!("names here are names"))
}

fn node_of_another() -> NodeId {
    node("b <&\"'>")
}

fn item_id(id: &str) -> ItemId {
    ItemId::new(id).unwrap_or_else(|_| unreachable!("names here are names"))
}
