//! Opening a database file.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, Transaction};

use super::RepositoryError;

/// A database file of one server.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    connection: Connection,
}

impl Database {
    /// Opens a file and brings its tables up to date.
    ///
    /// `migrations` are SQL scripts; each runs once per file, in order. The file remembers how
    /// many have run.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, is no database, or was written by a newer version.
    pub fn open(path: &Path, migrations: &[&str]) -> Result<Self, RepositoryError> {
        let prepare = || {
            let connection = Connection::open(path)?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            // With WAL this survives a kill; only a loss of power can undo the last commits.
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            Ok(connection)
        };
        Self::prepare(path, prepare(), migrations)
    }

    /// A database that ends with the process, with the tables of these scripts.
    ///
    /// # Errors
    ///
    /// A script is wrong.
    pub fn open_in_memory(migrations: &[&str]) -> Result<Self, RepositoryError> {
        Self::prepare(
            Path::new(":memory:"),
            Connection::open_in_memory(),
            migrations,
        )
    }

    fn prepare(
        path: &Path,
        opened: rusqlite::Result<Connection>,
        migrations: &[&str],
    ) -> Result<Self, RepositoryError> {
        let fail = |reason: &dyn fmt::Display| RepositoryError {
            path: path.to_owned(),
            reason: reason.to_string(),
        };
        let prepare = || -> rusqlite::Result<(Connection, u32)> {
            let connection = opened?;
            connection.pragma_update(None, "foreign_keys", true)?;
            let version = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
            Ok((connection, version))
        };
        let (mut connection, version) = prepare().map_err(|error| fail(&error))?;
        let done = usize::try_from(version)
            .ok()
            .filter(|done| *done <= migrations.len());
        let done = done.ok_or_else(|| fail(&"written by a newer version of this program"))?;
        let mut migrate = || -> rusqlite::Result<()> {
            let transaction = connection.transaction()?;
            let mut version = version;
            for script in &migrations[done..] {
                transaction.execute_batch(script)?;
                version += 1;
            }
            transaction.pragma_update(None, "user_version", version)?;
            transaction.commit()
        };
        migrate().map_err(|error| fail(&error))?;
        Ok(Self {
            path: path.to_owned(),
            connection,
        })
    }

    /// From now on what was written survives a loss of power too. Each transaction waits for the disk.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn survive_power_loss(&mut self) -> Result<(), RepositoryError> {
        self.connection
            .pragma_update(None, "synchronous", "FULL")
            .map_err(|error| self.error(&error))
    }

    /// The connection, for those who have more to say than a transaction's work.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The same, to change its settings or begin a transaction.
    pub fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Runs `work` in a transaction, which is kept if `work` succeeds.
    ///
    /// # Errors
    ///
    /// What `work` or the database says.
    pub fn transaction<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, RepositoryError> {
        let run = |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        run(&mut self.connection).map_err(|error: rusqlite::Error| self.error(&error))
    }

    /// An error about this file.
    pub(super) fn error(&self, reason: &dyn fmt::Display) -> RepositoryError {
        RepositoryError {
            path: self.path.clone(),
            reason: reason.to_string(),
        }
    }
}

/// How long to wait for another process that uses the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_run_once_each_and_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("test.sqlite");
        let one = "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);";
        let two = "INSERT INTO a VALUES (2);";
        drop(Database::open(&path, &[one]).unwrap());
        drop(Database::open(&path, &[one, two]).unwrap());
        let mut database = Database::open(&path, &[one, two]).unwrap();
        let sum: i64 = database
            .transaction(|t| t.query_row("SELECT sum(x) * 10 + count(*) FROM a", [], |r| r.get(0)))
            .unwrap();
        assert_eq!(sum, 32);
    }

    #[test]
    fn a_file_of_a_newer_version_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("test.sqlite");
        drop(Database::open(&path, &["", ""]).unwrap());
        let error = Database::open(&path, &[""]).unwrap_err();
        assert!(error.reason.contains("newer version"), "{error}");
    }

    #[test]
    fn a_file_that_is_no_database_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("test.sqlite");
        std::fs::write(
            &path,
            "this is a text of some length and no database at all",
        )
        .unwrap();
        let error = Database::open(&path, &[]).unwrap_err();
        assert!(error.to_string().contains("test.sqlite"), "{error}");
    }
}
