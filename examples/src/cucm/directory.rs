//! The directory: every object of the data dictionary in SQLite.
//!
//! Typed operations read and write it by the tables of [`dictionary`](super::dictionary),
//! `executeSQLQuery` and `executeSQLUpdate` as it stands, in [`sql`](super::sql).

mod fill;
mod read;
mod value;
mod write;

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OptionalExtension as _, ffi, types::Value};
use soap_axl::{
    axl::{AxlCode, AxlError, Uuid},
    ns,
    xml::Element,
};

pub(super) use self::{
    fill::pkid,
    read::{Page, get, list},
    write::{NewSecret, Writer, changes},
};
use super::dictionary::{self, Object};
use crate::{
    repository::{Database, RepositoryError},
    seed::Seed,
};

/// The directory.
#[derive(Debug)]
pub(super) struct Directory {
    database: Database,
}

/// An object that was added (`a`), changed (`u`) or removed (`r`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Touched {
    /// As in `Phone`.
    pub(super) object: String,
    pub(super) pkid: String,
    pub(super) action: String,
}

impl Directory {
    /// Opens the file, or a directory in memory, and adds what of the seed has never been in it.
    pub(super) fn open(path: Option<&Path>, seed: &Seed) -> Result<Self, RepositoryError> {
        let place = path.unwrap_or_else(|| Path::new(":memory:"));
        let fail = |reason: String| RepositoryError {
            path: place.to_owned(),
            reason,
        };
        let schema = dictionary::schema();
        let migrations = [schema.as_str(), "create table layout (script text)"];
        let mut database = match path {
            Some(path) => Database::open(path, &migrations)?,
            None => Database::open_in_memory(&migrations)?,
        };
        let has_layout = database.transaction(|transaction| {
            let script = transaction
                .query_row("select script from layout", [], |row| {
                    row.get::<_, String>(0)
                })
                .optional()?;
            if script.is_none() {
                transaction.execute("insert into layout values (?1)", [&schema])?;
            }
            Ok(script.is_none_or(|script| script == schema))
        })?;
        if !has_layout {
            return Err(fail(
                "laid out by another version of this program; put the file away".to_owned(),
            ));
        }
        let mut directory = Self { database };
        let settle = |connection: &mut Connection| -> rusqlite::Result<()> {
            // Informix tells cases apart.
            connection.pragma_update(None, "case_sensitive_like", true)?;
            connection.set_prepared_statement_cache_capacity(STATEMENTS);
            Ok(())
        };
        settle(directory.connection_mut()).map_err(|error| fail(error.to_string()))?;
        directory
            .write(|connection| fill::fill(connection, seed))
            .map_err(|error| fail(error.to_string()))?;
        Ok(directory)
    }

    /// Does all of `work` or nothing; with what it touched.
    pub(super) fn write<T>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<T, AxlError>,
    ) -> Result<(T, Vec<Touched>), AxlError> {
        let connection = self.connection_mut();
        let end = |connection: &Connection, how: &str| {
            if connection.is_autocommit() {
                return Ok(());
            }
            connection.execute_batch(how).map_err(refused)
        };
        // One that panicked left its transaction.
        end(connection, "rollback")?;
        connection
            .execute_batch("begin immediate")
            .map_err(refused)?;
        let done = work(connection).and_then(|value| {
            let touched = take_touched(connection).map_err(refused)?;
            end(connection, "commit")?;
            Ok((value, touched))
        });
        if done.is_err() {
            end(connection, "rollback")?;
        }
        done
    }

    pub(super) fn connection(&self) -> &Connection {
        self.database.connection()
    }

    pub(super) fn connection_mut(&mut self) -> &mut Connection {
        self.database.connection_mut()
    }
}

/// What the triggers wrote down, each object once: one that is new is not changed too, and one that
/// came and went was never there.
fn take_touched(connection: &Connection) -> rusqlite::Result<Vec<Touched>> {
    let mut touched: Vec<Touched> = Vec::new();
    let mut statement =
        connection.prepare_cached("select object, pkid, action from changed order by rowid")?;
    let rows = statement.query_map([], |row| {
        Ok(Touched {
            object: row.get(0)?,
            pkid: row.get(1)?,
            action: row.get(2)?,
        })
    })?;
    let mut places = std::collections::HashMap::new();
    for row in rows {
        let row = row?;
        match places.get(&row.pkid) {
            None => {
                places.insert(row.pkid.clone(), touched.len());
                touched.push(row);
            }
            Some(&place) if row.action == "r" => {
                let earlier: &mut Touched = &mut touched[place];
                if earlier.action == "a" {
                    earlier.action.clear();
                } else {
                    earlier.action = row.action;
                }
            }
            Some(_) => {}
        }
    }
    touched.retain(|touched| !touched.action.is_empty());
    connection.execute("delete from changed", [])?;
    Ok(touched)
}

/// Key of the object that the elements of an operation name.
///
/// # Errors
///
/// It is not there, or nothing says which.
pub(super) fn locate(
    connection: &Connection,
    object: &Object,
    request: &Element,
) -> Result<String, AxlError> {
    let mut conditions = vec![object.condition()];
    let mut values: Vec<Value> = Vec::new();
    let mut must_be = |column: &str, value: Value| {
        values.push(value);
        conditions.push(format!("t.{column} is ?{}", values.len()));
    };
    if let State::Value(uuid) = state(request, "uuid") {
        must_be("pkid", Value::Text(Uuid::new(uuid.text()).to_pkid()));
    } else {
        let tags = object.keys.iter().chain(object.narrowing);
        for (place, tag) in tags.enumerate() {
            let Some((field, column)) = object
                .field(tag)
                .and_then(|field| Some((field, field.column.name()?)))
            else {
                continue;
            };
            match state(request, tag) {
                State::Value(element) => {
                    let value = value::lookup(connection, field, element)?;
                    must_be(
                        column,
                        value.ok_or_else(|| AxlError::not_found(object.name))?,
                    );
                }
                State::Absent | State::Clear if place == 0 => return Err(missing(tag)),
                State::Absent | State::Clear if place < object.keys.len() => {
                    must_be(column, Value::Null);
                }
                State::Absent | State::Clear => {}
            }
        }
    }
    let sql = format!(
        "select t.pkid from {} t where {}",
        object.table,
        conditions.join(" and ")
    );
    connection
        .prepare_cached(&sql)
        .and_then(|mut statement| {
            statement
                .query_row(rusqlite::params_from_iter(values), |row| row.get(0))
                .optional()
        })
        .map_err(refused)?
        .ok_or_else(|| AxlError::not_found(object.name))
}

/// What an element says.
#[derive(Clone, Copy, Debug)]
enum State<'e> {
    Absent,
    /// It is nil or empty.
    Clear,
    Value(&'e Element),
}

/// The child of this name. A reference with a key may be without text.
fn state<'e>(parent: &'e Element, tag: &str) -> State<'e> {
    match parent.children().find(|child| child.local() == tag) {
        None => State::Absent,
        Some(child) => {
            let is_nil = matches!(child.attr_ns(ns::XSI, "nil"), Some("true" | "1"));
            let has_key = child.attr("uuid").is_some_and(|uuid| !uuid.is_empty());
            if is_nil || child.nodes().is_empty() && !has_key {
                State::Clear
            } else {
                State::Value(child)
            }
        }
    }
}

/// The text with its first letter a capital one.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

fn missing(tag: &str) -> AxlError {
    AxlError::new(
        AxlCode::GENERAL,
        format!("the element {tag} is missing or empty"),
    )
    .by_client()
}

/// What the database said, as CUCM passes it on.
pub(super) fn refused(error: rusqlite::Error) -> AxlError {
    let extended = error
        .sqlite_error()
        .map_or(0, |failure| failure.extended_code);
    constraint(extended).unwrap_or_else(|| {
        if error.sqlite_error_code() == Some(ErrorCode::TooBig) {
            return AxlError::new(AxlCode::GENERAL, "a value is too long").by_client();
        }
        tracing::error!(%error, "the directory cannot be used");
        AxlError::new(AxlCode::GENERAL, "the directory cannot be used")
    })
}

/// A rule of the schema that was broken, by SQLite's extended code.
pub(super) fn constraint(extended: i32) -> Option<AxlError> {
    match extended {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => Some(AxlError::new(
            AxlCode::DUPLICATE,
            "Could not insert new row - duplicate value in a UNIQUE INDEX column.",
        )),
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Some(AxlError::new(
            AxlCode::REFERENCED,
            "Key value for constraint is still being referenced.",
        )),
        _ => None,
    }
}

/// Statements that stay prepared.
const STATEMENTS: usize = 256;
