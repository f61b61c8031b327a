//! What the notification service keeps: `notification.sqlite`.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::Path,
};

use rusqlite::{OptionalExtension as _, Transaction, params, types::Type};
use xmpp_pubsub::{
    ItemId, NodeId,
    service::{
        journal::{Change, Entry},
        storage::StoredItem,
    },
    stanza::Payload,
    xml::Limits,
};

use super::{Database, NotificationRepository, RepositoryError};

/// [`NotificationRepository`] in a SQLite file. Nobody else can open the file meanwhile.
#[derive(Debug)]
pub struct SqliteNotificationRepository {
    database: Database,
    /// The place of the last entry.
    last: u64,
    /// Bytes of the first entry, which is the snapshot where there was one.
    snapshot: u64,
    /// Bytes of the entries behind it.
    journal: u64,
    /// Two services that write one journal would make nonsense of it.
    _lock: File,
}

impl SqliteNotificationRepository {
    /// Opens the file, and makes it where there is none.
    ///
    /// # Errors
    ///
    /// As [`Database::open`]; or somebody else has it open.
    pub fn open(path: &Path) -> Result<Self, RepositoryError> {
        let lock = lock(&path.with_extension("lock"))?;
        let mut database = Database::open(path, MIGRATIONS)?;
        database.survive_power_loss()?;
        let (last, snapshot, all) = database.transaction(|transaction| {
            let last = transaction.query_row("SELECT max(seq) FROM entry", [], |row| {
                row.get::<_, Option<i64>>(0)
            })?;
            let snapshot = transaction
                .query_row(
                    "SELECT length(content) FROM entry ORDER BY seq LIMIT 1",
                    [],
                    |row| row.get::<_, i64>(0),
                )
                .optional()?;
            let all = transaction.query_row(
                "SELECT coalesce(sum(length(content)), 0) FROM entry",
                [],
                |row| row.get::<_, i64>(0),
            )?;
            Ok((last.unwrap_or(0), snapshot.unwrap_or(0), all))
        })?;
        Ok(Self {
            database,
            last: last.unsigned_abs(),
            snapshot: snapshot.unsigned_abs(),
            journal: (all - snapshot).unsigned_abs(),
            _lock: lock,
        })
    }
}

impl NotificationRepository for SqliteNotificationRepository {
    fn entries(&mut self) -> Result<Vec<Entry>, RepositoryError> {
        self.database.transaction(|transaction| {
            let mut rows = transaction.prepare("SELECT content FROM entry ORDER BY seq")?;
            let rows = rows.query_map([], |row| {
                let content = row.get_ref(0)?.as_blob()?;
                Entry::decode(content).map_err(|error| {
                    rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, Box::new(error))
                })
            })?;
            rows.collect()
        })
    }

    fn append(&mut self, entries: &[Entry]) -> Result<(), RepositoryError> {
        let mut last = self.last;
        for entry in entries {
            if entry.seq != last + 1 {
                let reason = format!("entry {} of the journal follows {last}", entry.seq);
                return Err(self.database.error(&reason));
            }
            last = entry.seq;
        }
        let bytes = self.database.transaction(|transaction| {
            let mut bytes = 0;
            for entry in entries {
                for change in &entry.changes {
                    keep_items(transaction, change)?;
                }
                bytes += insert(transaction, entry)?;
            }
            Ok(bytes)
        })?;
        self.last = last;
        self.journal += bytes;
        Ok(())
    }

    fn items(
        &mut self,
        node: &NodeId,
        items: &[ItemId],
    ) -> Result<Vec<StoredItem>, RepositoryError> {
        self.database.transaction(|transaction| {
            let mut select = transaction
                .prepare_cached("SELECT payload FROM item WHERE node = ?1 AND id = ?2")?;
            let mut found = Vec::new();
            for id in items {
                let payload = select
                    .query_row(params![node.as_str(), id.as_str()], |row| {
                        row.get_ref(0)?.as_blob_or_null()?.map(read).transpose()
                    })
                    .optional()?;
                found.extend(payload.map(|payload| StoredItem {
                    id: id.clone(),
                    payload,
                }));
            }
            Ok(found)
        })
    }

    fn compact(&mut self, snapshot: &Entry) -> Result<(), RepositoryError> {
        let (bytes, behind) = self.database.transaction(|transaction| {
            let seq = place(snapshot)?;
            transaction.execute("DELETE FROM entry WHERE seq <= ?1", [seq])?;
            let behind = transaction.query_row(
                "SELECT coalesce(sum(length(content)), 0) FROM entry",
                [],
                |row| row.get::<_, i64>(0),
            )?;
            Ok((insert(transaction, snapshot)?, behind.unsigned_abs()))
        })?;
        self.last = self.last.max(snapshot.seq);
        self.snapshot = bytes;
        self.journal = behind;
        Ok(())
    }

    fn wants_snapshot(&self) -> bool {
        self.journal > LEAST_JOURNAL.max(2 * self.snapshot)
    }
}

/// Takes the file, for as long as it is open.
fn lock(path: &Path) -> Result<File, RepositoryError> {
    let fail = |reason: String| RepositoryError {
        path: path.to_owned(),
        reason,
    };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(|error| fail(error.to_string()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(fail(
            "another notification service keeps its nodes here".to_owned(),
        )),
        Err(TryLockError::Error(error)) => Err(fail(error.to_string())),
    }
}

/// Keeps what items hold, and lets go of what nobody will ask for.
fn keep_items(transaction: &Transaction<'_>, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::ItemPublished {
            node,
            item,
            payload,
        } => {
            let mut insert = transaction.prepare_cached(
                "INSERT OR REPLACE INTO item (node, id, payload) VALUES (?1, ?2, ?3)",
            )?;
            let payload: Option<&[u8]> =
                payload.as_ref().map(|payload| payload.as_bytes().as_ref());
            insert.execute(params![node.as_str(), item.id.as_str(), payload])?;
        }
        Change::ItemsRemoved { node, items } => {
            let mut delete =
                transaction.prepare_cached("DELETE FROM item WHERE node = ?1 AND id = ?2")?;
            for item in items {
                delete.execute([node.as_str(), item.as_str()])?;
            }
        }
        Change::Purged { node } | Change::NodeDeleted { node, .. } => {
            let mut delete = transaction.prepare_cached("DELETE FROM item WHERE node = ?1")?;
            delete.execute([node.as_str()])?;
        }
        Change::NodeCreated { .. }
        | Change::NodeConfigured { .. }
        | Change::Associated { .. }
        | Change::Disassociated { .. }
        | Change::Affiliated { .. }
        | Change::ServiceAffiliated { .. }
        | Change::Subscribed { .. }
        | Change::Unsubscribed { .. }
        | Change::ItemKept { .. }
        | _ => {}
    }
    Ok(())
}

/// Writes an entry, and returns its length.
fn insert(transaction: &Transaction<'_>, entry: &Entry) -> rusqlite::Result<u64> {
    let content = entry.encode();
    let mut insert =
        transaction.prepare_cached("INSERT INTO entry (seq, content) VALUES (?1, ?2)")?;
    insert.execute(params![place(entry)?, content.as_ref()])?;
    Ok(u64::try_from(content.len()).unwrap_or(u64::MAX))
}

/// SQLite counts to 2^63.
fn place(entry: &Entry) -> rusqlite::Result<i64> {
    i64::try_from(entry.seq)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

fn read(payload: &[u8]) -> rusqlite::Result<Payload> {
    // It passed the limits of a stream before it was written.
    Payload::parse(payload, &Limits::MAX)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, Box::new(error)))
}

/// Bytes of entries before which no snapshot is worth its while.
const LEAST_JOURNAL: u64 = 1024 * 1024;

const MIGRATIONS: &[&str] = &["
    -- A snapshot, where there was one, and the entries behind it.
    CREATE TABLE entry (seq INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT;
    -- Without a payload it is an item that holds nothing.
    CREATE TABLE item (
        node TEXT NOT NULL,
        id TEXT NOT NULL,
        payload BLOB,
        PRIMARY KEY (node, id)
    ) STRICT;
"];

#[cfg(test)]
mod tests {
    use xmpp_pubsub::{Jid, service::journal::ItemRecord};

    use super::*;

    fn published(seq: u64, bytes: usize) -> Entry {
        let text = format!("<e xmlns='urn:e'>{}</e>", "x".repeat(bytes));
        let change = Change::ItemPublished {
            node: NodeId::new("n").unwrap(),
            item: ItemRecord {
                id: ItemId::new("i").unwrap(),
                publisher: Jid::new("finesse@localhost").unwrap(),
                published_at: 0,
                size: 0,
            },
            payload: Some(Payload::parse(text.as_bytes(), &Limits::MAX).unwrap()),
        };
        Entry {
            seq,
            changes: vec![change],
        }
    }

    fn purged(seq: u64) -> Entry {
        let node = NodeId::new("n").unwrap();
        Entry {
            seq,
            changes: vec![Change::Purged { node }],
        }
    }

    fn open(dir: &tempfile::TempDir) -> Result<SqliteNotificationRepository, RepositoryError> {
        SqliteNotificationRepository::open(&dir.path().join("notification.sqlite"))
    }

    /// Something of the connection's own that stays until it is closed.
    fn set(repository: &mut SqliteNotificationRepository, pragma: &str, value: i64) {
        let set = |transaction: &Transaction<'_>| {
            transaction.query_row(&format!("PRAGMA {pragma} = {value}"), [], |_| Ok(()))
        };
        // Not every one of them answers.
        let _ = repository.database.transaction(set);
    }

    #[test]
    fn a_full_disk_keeps_none_of_the_entries_and_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let mut repository = open(&dir).unwrap();
        repository.append(&[purged(1)]).unwrap();
        set(&mut repository, "max_page_count", 20);
        let error = repository
            .append(&[purged(2), published(3, 1 << 20)])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("notification.sqlite") && error.contains("full"),
            "{error}"
        );
        assert_eq!(repository.entries().unwrap(), [purged(1)]);
        drop(repository);
        let mut repository = open(&dir).unwrap();
        repository.append(&[purged(2)]).unwrap();
        assert_eq!(repository.entries().unwrap(), [purged(1), purged(2)]);
    }

    #[test]
    fn a_database_that_cannot_be_written_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let mut repository = open(&dir).unwrap();
        set(&mut repository, "query_only", 1);
        for error in [
            repository.append(&[purged(1)]).unwrap_err().to_string(),
            repository.compact(&purged(0)).unwrap_err().to_string(),
        ] {
            assert!(
                error.contains("notification.sqlite") && error.contains("readonly"),
                "{error}"
            );
        }
        assert_eq!(repository.entries().unwrap(), []);
    }

    #[test]
    fn an_entry_must_follow_the_last_one() {
        let dir = tempfile::tempdir().unwrap();
        let mut repository = open(&dir).unwrap();
        repository.append(&[purged(1), purged(2)]).unwrap();
        for seq in [0, 2, 4] {
            assert!(repository.append(&[purged(seq)]).is_err(), "{seq}");
        }
        drop(repository);
        let mut repository = open(&dir).unwrap();
        assert!(repository.append(&[purged(2)]).is_err());
        repository.append(&[purged(3)]).unwrap();
    }

    #[test]
    fn nobody_else_opens_the_file_meanwhile() {
        let dir = tempfile::tempdir().unwrap();
        let repository = open(&dir).unwrap();
        let error = open(&dir).unwrap_err().to_string();
        assert!(error.contains("another notification service"), "{error}");
        drop(repository);
        open(&dir).unwrap();
    }

    #[test]
    fn a_journal_that_has_grown_wants_a_snapshot() {
        let dir = tempfile::tempdir().unwrap();
        let mut repository = open(&dir).unwrap();
        repository.append(&[purged(1)]).unwrap();
        assert!(!repository.wants_snapshot());
        repository.append(&[published(2, 2 << 20)]).unwrap();
        assert!(repository.wants_snapshot());
        drop(repository);
        let mut repository = open(&dir).unwrap();
        assert!(repository.wants_snapshot(), "after a restart too");
        repository.append(&[purged(3)]).unwrap();
        repository.compact(&published(2, 1 << 20)).unwrap();
        assert!(!repository.wants_snapshot());
        assert_eq!(
            repository.entries().unwrap(),
            [published(2, 1 << 20), purged(3)]
        );
        // A larger snapshot is worth a longer journal.
        repository.append(&[published(4, 3 << 19)]).unwrap();
        assert!(!repository.wants_snapshot());
        repository.append(&[published(5, 1 << 20)]).unwrap();
        assert!(repository.wants_snapshot());
    }

    #[test]
    fn what_is_no_entry_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let mut repository = open(&dir).unwrap();
        let spoil = |transaction: &Transaction<'_>| {
            transaction.execute("INSERT INTO entry VALUES (1, CAST('<a/>' AS BLOB))", [])
        };
        repository.database.transaction(spoil).unwrap();
        let error = repository.entries().unwrap_err().to_string();
        assert!(error.contains("notification.sqlite"), "{error}");
    }
}
