//! State that must outlive a restart: one trait for each concern, SQLite behind them.
//!
//! Each server keeps a database file of its own in the data folder, so that none waits for
//! another's lock and each can be thrown away alone.

mod engine;
mod finesse;
mod notification;
mod sqlite;

use std::path::PathBuf;

use xmpp_pubsub::{
    ItemId, NodeId,
    service::{journal::Entry, storage::StoredItem},
};

pub use self::{
    engine::SqliteEngineRepository, finesse::SqliteFinesseRepository,
    notification::SqliteNotificationRepository, sqlite::Database,
};
use crate::{
    engine::{Change, Saved},
    finesse::core::{ReasonCode, WrapUpReason},
};

/// What the engine keeps: agents, their pending states, and calls.
pub trait EngineRepository: Send {
    /// Everything that was kept.
    ///
    /// # Errors
    ///
    /// The store cannot be read, or holds what this version does not understand.
    fn load(&mut self) -> Result<Saved, RepositoryError>;

    /// Keeps all of these changes or none. They survive the death of the process as soon as this
    /// returns; a loss of power may undo the last of them.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    fn save(&mut self, changes: &[Change]) -> Result<(), RepositoryError>;
}

/// What the web service keeps: what users can choose from.
pub trait FinesseRepository: Send {
    /// Reasons for NOT_READY and LOGOUT.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    fn reason_codes(&mut self) -> Result<Vec<ReasonCode>, RepositoryError>;

    /// Reasons for wrap-up.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    fn wrap_up_reasons(&mut self) -> Result<Vec<WrapUpReason>, RepositoryError>;
}

/// What the notification service keeps: the journal of its nodes, and what their items hold. It does what
/// [`xmpp_pubsub::service::storage`] asks of a storage.
pub trait NotificationRepository: Send {
    /// The journal, in order: a snapshot, if there was one, and what followed.
    ///
    /// # Errors
    ///
    /// The store cannot be read, or holds what this version does not understand.
    fn entries(&mut self) -> Result<Vec<Entry>, RepositoryError>;

    /// Keeps all of these entries, which follow the last one, or none. They survive the death of the process and a
    /// loss of power as soon as this returns.
    ///
    /// # Errors
    ///
    /// The store cannot be written, or somebody else has written to it.
    fn append(&mut self, entries: &[Entry]) -> Result<(), RepositoryError>;

    /// What these items of a node hold. Those that are not there are left out.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    fn items(
        &mut self,
        node: &NodeId,
        items: &[ItemId],
    ) -> Result<Vec<StoredItem>, RepositoryError>;

    /// Puts a snapshot in the place of the entries up to its own. What items hold stays.
    ///
    /// # Errors
    ///
    /// The store cannot be written; the journal is as it was then.
    fn compact(&mut self, snapshot: &Entry) -> Result<(), RepositoryError>;

    /// Whether so much followed the last snapshot that it is time for another.
    fn wants_snapshot(&self) -> bool;
}

/// Why state could not be read or kept.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct RepositoryError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub reason: String,
}
