//! The storages of the notification service against the contract of `xmpp-pubsub`.

#![allow(clippy::unwrap_used, reason = "helpers of a test")]

use examples::repository::{NotificationRepository as _, SqliteNotificationRepository};
use xmpp_pubsub::{
    ItemId, NodeId,
    service::{
        contract::{self, Storage},
        journal::Entry,
        storage::{MemoryStorage, StoredItem},
    },
};

/// A file that is closed and opened again.
struct Sqlite {
    repository: SqliteNotificationRepository,
    dir: tempfile::TempDir,
}

impl Sqlite {
    fn new() -> Self {
        Self::open(tempfile::tempdir().unwrap())
    }

    fn open(dir: tempfile::TempDir) -> Self {
        let path = dir.path().join("notification.sqlite");
        let repository = SqliteNotificationRepository::open(&path).unwrap();
        Self { repository, dir }
    }
}

impl Storage for Sqlite {
    fn append(&mut self, entries: &[Entry]) {
        self.repository.append(entries).unwrap();
    }

    fn read(&mut self, node: &NodeId, items: &[ItemId]) -> Vec<StoredItem> {
        self.repository.items(node, items).unwrap()
    }

    fn entries(&mut self) -> Vec<Entry> {
        self.repository.entries().unwrap()
    }

    fn compact(&mut self, snapshot: &Entry) {
        self.repository.compact(snapshot).unwrap();
    }

    fn reopen(self) -> Self {
        let Self { repository, dir } = self;
        drop(repository);
        Self::open(dir)
    }
}

#[test]
fn sqlite_keeps_the_contract() {
    contract::check(Sqlite::new());
    contract::check_service(Sqlite::new());
}

#[test]
fn memory_keeps_the_contract() {
    contract::check(MemoryStorage::default());
    contract::check_service(MemoryStorage::default());
}
