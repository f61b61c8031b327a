//! What elements say, as values of columns.

use rusqlite::{Connection, OptionalExtension as _, params_from_iter, types::Value};
use soap_axl::{
    axl::{AxlCode, AxlError, Uuid},
    xml::Element,
};

use super::{
    super::dictionary::{Column, Field, LineUse, named_by, numbers},
    State, capital,
    fill::key_of,
    refused, state,
};

/// What a column is to hold when an element says this; `None` for nothing.
///
/// # Errors
///
/// The text is no value of the column, or what it names is not there.
pub(super) fn lookup(
    connection: &Connection,
    field: &Field,
    element: &Element,
) -> Result<Option<Value>, AxlError> {
    let text = element.text();
    let wrong = |expected: &str| {
        let message = format!("the element {} must be {expected}", field.tag);
        AxlError::new(AxlCode::GENERAL, message).by_client()
    };
    Ok(Some(match field.column {
        Column::Text(_) => Value::Text(text.into_owned()),
        Column::Number(_) => {
            let number = text.trim().parse().map_err(|_| wrong("a number"))?;
            Value::Integer(number)
        }
        Column::Flag(_) => {
            let set = match text.trim().to_ascii_lowercase().as_str() {
                "true" | "t" | "1" => "t",
                "false" | "f" | "0" => "f",
                _ => return Err(wrong("a boolean")),
            };
            Value::Text(set.to_owned())
        }
        Column::Kind(_, kinds) => Value::Integer(kind(connection, kinds, &text)?),
        Column::Key(_, table) | Column::Name(_, table) => {
            let (column, value) = match element.attr("uuid").filter(|uuid| !uuid.is_empty()) {
                Some(uuid) => ("pkid", Uuid::new(uuid).to_pkid()),
                None => (named_by(table), text.into_owned()),
            };
            let sql = format!("select pkid from {table} where {column} = ?1");
            let found = row(connection, &sql, [Value::Text(value)])?;
            let object = || capital(field.tag.strip_suffix("Name").unwrap_or(field.tag));
            Value::Text(found.ok_or_else(|| AxlError::not_found(&object()))?)
        }
        Column::Line(_, line_use) => return line(connection, element, line_use),
        Column::Uuid
        | Column::Serial
        | Column::Group(_)
        | Column::List(_)
        | Column::One(_)
        | Column::Secret(_)
        | Column::Dropped => return Ok(None),
    }))
}

/// The number of a name; a new one, if the name is new.
fn kind(connection: &Connection, kinds: &str, name: &str) -> Result<i64, AxlError> {
    let sql = format!("select enum from {kinds} where name = ?1");
    if let Some(number) = row(connection, &sql, [Value::Text(name.to_owned())])? {
        return Ok(number);
    }
    let signs = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    let moniker: String = format!("{}_{name}", kinds.trim_start_matches("type"))
        .chars()
        .map(signs)
        .collect();
    let sql = format!(
        "insert into {kinds} (enum, name, moniker) \
         values ((select coalesce(max(enum), -1) + 1 from {kinds}), ?1, ?2) returning enum"
    );
    let values = [Value::Text(name.to_owned()), Value::Text(moniker)];
    row(connection, &sql, values)?
        .ok_or_else(|| AxlError::new(AxlCode::GENERAL, "no number is left"))
}

/// Key of the line with the pattern and partition inside an element.
pub(super) fn line(
    connection: &Connection,
    element: &Element,
    line_use: LineUse,
) -> Result<Option<Value>, AxlError> {
    let pattern = match state(element, "pattern") {
        State::Value(pattern) => pattern.text().into_owned(),
        State::Absent | State::Clear => {
            let uuid = element.attr("uuid").filter(|uuid| !uuid.is_empty());
            let Some(uuid) = uuid.map(|uuid| Uuid::new(uuid).to_pkid()) else {
                return Ok(None);
            };
            let found: Option<String> = row(
                connection,
                "select pkid from numplan where pkid = ?1",
                [Value::Text(uuid)],
            )?;
            return match found {
                Some(pkid) => Ok(Some(Value::Text(pkid))),
                None => Err(AxlError::not_found("Line")),
            };
        }
    };
    let partition = match state(element, "routePartitionName") {
        State::Value(partition) => {
            lookup(connection, &numbers::PARTITION_OF_LINE, partition)?.unwrap_or(Value::Null)
        }
        State::Absent | State::Clear => Value::Null,
    };
    let sql = "select pkid from numplan where dnorpattern = ?1 and fkroutepartition is ?2";
    let values = [Value::Text(pattern), partition];
    let found: Option<String> = row(connection, sql, values.clone())?;
    match found {
        Some(pkid) => Ok(Some(Value::Text(pkid))),
        None if line_use == LineUse::Find => Err(AxlError::not_found("Line")),
        None => {
            let sql = format!(
                "insert into numplan (dnorpattern, fkroutepartition, pkid, tkpatternusage) \
                 values (?1, ?2, ?3, {}) returning pkid",
                numbers::USAGE_DEVICE
            );
            let key = [Value::Text(random_key()?)];
            Ok(row(connection, &sql, values.into_iter().chain(key))?.map(Value::Text))
        }
    }
}

/// A key that no object has had, in the form of RFC 9562 version 4.
pub(super) fn random_key() -> Result<String, AxlError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|_| AxlError::new(AxlCode::GENERAL, "the system gives no random bytes"))?;
    Ok(key_of(bytes, 4))
}

/// The one value of the first row.
fn row<T: rusqlite::types::FromSql>(
    connection: &Connection,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<T>, AxlError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| {
            statement
                .query_row(params_from_iter(values), |row| row.get(0))
                .optional()
        })
        .map_err(refused)
}
