//! State that must outlive a restart: one trait for each concern, SQLite behind them.
//!
//! Each server keeps a database file of its own in the data folder, so that none waits for
//! another's lock and each can be thrown away alone.

mod engine;
mod finesse;
mod sqlite;

use std::path::PathBuf;

pub use self::{
    engine::SqliteEngineRepository, finesse::SqliteFinesseRepository, sqlite::Database,
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

/// Why state could not be read or kept.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct RepositoryError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub reason: String,
}
