//! State that must outlive a restart: one trait for each concern, SQLite behind them.
//!
//! Each server keeps a database file of its own in the data folder, so that none waits for
//! another's lock and each can be thrown away alone.

mod engine;
mod sqlite;

use std::path::PathBuf;

pub use self::{engine::SqliteEngineRepository, sqlite::Database};
use crate::engine::{Change, Saved};

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

/// Why state could not be read or kept.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct RepositoryError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub reason: String,
}
