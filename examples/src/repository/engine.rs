//! The engine's tables.

use std::path::Path;

use rusqlite::{Transaction, params, types::Type};
use serde::{Serialize, de::DeserializeOwned};

use super::{Database, EngineRepository, RepositoryError};
use crate::engine::{AgentRecord, Change, Saved, Tracked};

/// The engine's state in SQLite.
#[derive(Debug)]
pub struct SqliteEngineRepository {
    database: Database,
}

impl SqliteEngineRepository {
    /// Opens the file, and makes it where there is none.
    ///
    /// # Errors
    ///
    /// As [`Database::open`].
    pub fn open(path: &Path) -> Result<Self, RepositoryError> {
        Ok(Self {
            database: Database::open(path, MIGRATIONS)?,
        })
    }
}

impl EngineRepository for SqliteEngineRepository {
    fn load(&mut self) -> Result<Saved, RepositoryError> {
        self.database.transaction(|transaction| {
            Ok(Saved {
                agents: all(transaction, "SELECT state FROM agent ORDER BY login_id")?,
                calls: all(transaction, "SELECT state FROM call ORDER BY id")?,
            })
        })
    }

    fn save(&mut self, changes: &[Change]) -> Result<(), RepositoryError> {
        self.database.transaction(|transaction| {
            for change in changes {
                match change {
                    Change::Agent(agent) => save_agent(transaction, agent)?,
                    Change::Call(call) => save_call(transaction, call)?,
                    Change::CallGone(call) => {
                        let mut delete =
                            transaction.prepare_cached("DELETE FROM call WHERE id = ?1")?;
                        delete.execute([call.0])?;
                    }
                }
            }
            Ok(())
        })
    }
}

fn save_agent(transaction: &Transaction<'_>, agent: &AgentRecord) -> rusqlite::Result<()> {
    let mut insert = transaction
        .prepare_cached("INSERT OR REPLACE INTO agent (login_id, state) VALUES (?1, ?2)")?;
    insert.execute(params![agent.login_id, to_json(agent)?])?;
    Ok(())
}

fn save_call(transaction: &Transaction<'_>, call: &Tracked) -> rusqlite::Result<()> {
    let mut insert =
        transaction.prepare_cached("INSERT OR REPLACE INTO call (id, state) VALUES (?1, ?2)")?;
    insert.execute(params![call.id().0, to_json(call)?])?;
    Ok(())
}

fn all<T: DeserializeOwned>(
    transaction: &Transaction<'_>,
    query: &str,
) -> rusqlite::Result<Vec<T>> {
    let mut statement = transaction.prepare(query)?;
    let rows = statement.query_map([], |row| {
        let text: String = row.get(0)?;
        serde_json::from_str(&text).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error))
        })
    })?;
    rows.collect()
}

fn to_json<T: Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

const MIGRATIONS: &[&str] = &["
    CREATE TABLE agent (login_id TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE call (id INTEGER PRIMARY KEY, state TEXT NOT NULL) STRICT;
"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::AgentState,
        telephony::{
            Address, AddressKind, Call, CallData, CallId, ConnectionState, Leg, Origin,
            TerminalState,
        },
    };

    fn address(text: &str) -> Address {
        Address::new(text).unwrap()
    }

    fn agent(state: AgentState) -> AgentRecord {
        AgentRecord {
            login_id: "1001".to_owned(),
            state,
            reason: 3,
            since_ms: 1_800_000_000_123,
            line: Some(address("1001")),
            pending: Some(4),
            call: Some(CallId(7)),
            due_ms: Some(1_800_000_060_123),
            resumes: false,
        }
    }

    fn call(id: u32) -> Tracked {
        let call = Call {
            id: CallId(id),
            origin: Origin::Inbound,
            calling: address("4085550100"),
            called: address("6000"),
            data: CallData([("callVariable1".to_owned(), "Ünïcode".to_owned())].into()),
            legs: Vec::new(),
        };
        let mut tracked = Tracked::new(call, AddressKind::RoutePoint);
        tracked.call.legs.push(Leg {
            address: address("1001"),
            kind: AddressKind::Line,
            connection: ConnectionState::Established,
            terminal: Some(TerminalState::Held),
        });
        tracked.arrival = Some(9);
        tracked
    }

    #[test]
    fn what_was_kept_is_there_after_the_file_is_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("engine.sqlite");
        let mut repository = SqliteEngineRepository::open(&path).unwrap();
        assert_eq!(repository.load().unwrap(), Saved::default());
        let changes = [
            Change::Agent(agent(AgentState::Reserved)),
            Change::Call(Box::new(call(7))),
            Change::Call(Box::new(call(8))),
        ];
        repository.save(&changes).unwrap();
        let changes = [
            Change::Agent(agent(AgentState::Talking)),
            Change::CallGone(CallId(8)),
        ];
        repository.save(&changes).unwrap();
        drop(repository);

        let saved = SqliteEngineRepository::open(&path).unwrap().load().unwrap();
        let expected = Saved {
            agents: vec![agent(AgentState::Talking)],
            calls: vec![call(7)],
        };
        assert_eq!(saved, expected);
    }
}
