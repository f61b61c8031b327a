//! What the web service keeps: `finesse.sqlite`.

use std::path::Path;

use rusqlite::{Transaction, params};

use super::{Database, FinesseRepository, RepositoryError};
use crate::finesse::core::{Category, ReasonCode, WrapUpReason};

/// [`FinesseRepository`] in a SQLite file.
#[derive(Debug)]
pub struct SqliteFinesseRepository {
    database: Database,
}

impl SqliteFinesseRepository {
    /// Opens the file. A new one gets these reasons.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or written, or was written by a newer version.
    pub fn open(
        path: &Path,
        reason_codes: &[ReasonCode],
        wrap_up_reasons: &[WrapUpReason],
    ) -> Result<Self, RepositoryError> {
        let mut database = Database::open(path, MIGRATIONS)?;
        database.transaction(|transaction| {
            if is_new(transaction)? {
                fill(transaction, reason_codes, wrap_up_reasons)?;
            }
            Ok(())
        })?;
        Ok(Self { database })
    }
}

impl FinesseRepository for SqliteFinesseRepository {
    fn reason_codes(&mut self) -> Result<Vec<ReasonCode>, RepositoryError> {
        self.database.transaction(|transaction| {
            let mut rows = transaction
                .prepare("SELECT id, category, code, label, system FROM reason_code ORDER BY id")?;
            let rows = rows.query_map([], |row| {
                let category: String = row.get("category")?;
                Ok(ReasonCode {
                    id: row.get("id")?,
                    // The table takes no other.
                    category: Category::parse(&category).unwrap_or(Category::NotReady),
                    code: row.get("code")?,
                    label: row.get("label")?,
                    system: row.get("system")?,
                })
            })?;
            rows.collect()
        })
    }

    fn wrap_up_reasons(&mut self) -> Result<Vec<WrapUpReason>, RepositoryError> {
        self.database.transaction(|transaction| {
            let mut rows =
                transaction.prepare("SELECT id, label FROM wrap_up_reason ORDER BY id")?;
            let rows = rows.query_map([], |row| {
                Ok(WrapUpReason {
                    id: row.get("id")?,
                    label: row.get("label")?,
                })
            })?;
            rows.collect()
        })
    }
}

fn is_new(transaction: &Transaction<'_>) -> rusqlite::Result<bool> {
    transaction.query_row("SELECT NOT EXISTS (SELECT 1 FROM filled)", [], |row| {
        row.get(0)
    })
}

fn fill(
    transaction: &Transaction<'_>,
    reason_codes: &[ReasonCode],
    wrap_up_reasons: &[WrapUpReason],
) -> rusqlite::Result<()> {
    for reason in reason_codes {
        transaction.execute(
            "INSERT INTO reason_code (id, category, code, label, system) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![reason.id, reason.category.as_str(), reason.code, reason.label, reason.system],
        )?;
    }
    for reason in wrap_up_reasons {
        transaction.execute(
            "INSERT INTO wrap_up_reason (id, label) VALUES (?1, ?2)",
            params![reason.id, reason.label],
        )?;
    }
    transaction.execute("INSERT INTO filled DEFAULT VALUES", [])?;
    Ok(())
}

const MIGRATIONS: &[&str] = &["
    CREATE TABLE reason_code (
        id INTEGER PRIMARY KEY,
        category TEXT NOT NULL CHECK (category IN ('NOT_READY', 'LOGOUT')),
        code INTEGER NOT NULL CHECK (code BETWEEN 0 AND 65535),
        label TEXT NOT NULL,
        system INTEGER NOT NULL CHECK (system IN (0, 1)),
        UNIQUE (category, code)
    );
    CREATE TABLE wrap_up_reason (id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE);
    -- Has a row once the defaults are in, so that reasons which somebody deleted do not come back.
    CREATE TABLE filled (id INTEGER PRIMARY KEY);
"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finesse::core::{default_reason_codes, default_wrap_up_reasons};

    #[test]
    fn a_new_file_gets_the_defaults_and_keeps_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("finesse.sqlite");
        let (codes, reasons) = (default_reason_codes(), default_wrap_up_reasons());
        let mut repository = SqliteFinesseRepository::open(&path, &codes, &reasons).unwrap();
        assert_eq!(repository.reason_codes().unwrap(), codes);
        assert_eq!(repository.wrap_up_reasons().unwrap(), reasons);
        drop(repository);

        let mut repository = SqliteFinesseRepository::open(&path, &[], &[]).unwrap();
        assert_eq!(repository.reason_codes().unwrap(), codes);
    }

    #[test]
    fn reasons_that_were_deleted_stay_away() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("finesse.sqlite");
        let codes = default_reason_codes();
        let mut repository = SqliteFinesseRepository::open(&path, &codes, &[]).unwrap();
        let delete = |t: &Transaction<'_>| t.execute("DELETE FROM reason_code", []);
        repository.database.transaction(delete).unwrap();
        drop(repository);
        let mut repository = SqliteFinesseRepository::open(&path, &codes, &[]).unwrap();
        assert_eq!(repository.reason_codes().unwrap(), []);
    }
}
