//! `executeSQLQuery` and `executeSQLUpdate`: Informix SQL on the directory's tables.
//!
//! Statements run on SQLite. Informix's `SKIP` and `FIRST` become its `LIMIT` and `OFFSET`; joins,
//! `LIKE`, `ORDER BY`, `GROUP BY` and aggregates are the same in both. An authorizer lets
//! statements do nothing but read and change the tables of the data dictionary, a clock bounds
//! their work, and an answer over 8 MB is refused with the numbers that CUCM gives.

use std::time::{Duration, Instant};

use rusqlite::{
    Connection, ErrorCode,
    hooks::{AuthAction, AuthContext, Authorization},
    limits::Limit,
    types::ValueRef,
};
use soap_axl::axl::{AxlCode, AxlError, Presence, Row};

use super::{
    dictionary::{MAKES_KEY, is_readable, is_writable},
    directory::constraint,
};

/// Runs a `SELECT`.
///
/// # Errors
///
/// It is no `SELECT`, SQLite does not take it, it works too long, or its result is too large.
pub(super) fn query(connection: &mut Connection, sql: &str) -> Result<Vec<Row>, AxlError> {
    let sql = to_sqlite(sql)?;
    restricted(connection, Access::Read, |connection| {
        collect(connection, &sql)
    })
}

/// Runs an `INSERT`, `UPDATE` or `DELETE`; how many rows it touched. Nothing of it stays if it
/// fails.
///
/// # Errors
///
/// It is another statement, SQLite does not take it, or it works too long.
pub(super) fn update(connection: &mut Connection, sql: &str) -> Result<usize, AxlError> {
    let sql = without_end(sql);
    let verbs = ["insert", "update", "delete"];
    if !verbs.iter().any(|verb| take_word(sql, verb).is_some()) {
        let message = "only INSERT, UPDATE and DELETE statements are run here";
        return Err(AxlError::new(AxlCode::SYNTAX, message));
    }
    restricted(connection, Access::Write, |connection| {
        connection
            .prepare(sql)
            .and_then(|mut statement| statement.execute([]))
            .map_err(|error| refused(&error))
    })
}

/// What a statement may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Access {
    Read,
    Write,
}

/// Does `work` with the connection bounded, and lifts the bounds again.
fn restricted<T>(
    connection: &mut Connection,
    access: Access,
    work: impl FnOnce(&Connection) -> Result<T, AxlError>,
) -> Result<T, AxlError> {
    let limited = |connection: &mut Connection| -> rusqlite::Result<Vec<(Limit, i32)>> {
        let mut before = Vec::new();
        for (limit, value) in LIMITS {
            before.push((limit, connection.limit(limit)?));
            connection.set_limit(limit, value)?;
        }
        connection.authorizer(Some(move |context: AuthContext<'_>| {
            authorize(&context, access)
        }))?;
        // Instructions do not tell: one of them may compare or replace in the longest value.
        let end = Instant::now() + MAX_TIME;
        connection.progress_handler(STEPS, Some(move || Instant::now() >= end))?;
        Ok(before)
    };
    let lifted = |connection: &mut Connection, before: Vec<(Limit, i32)>| -> rusqlite::Result<()> {
        connection.progress_handler(0, None::<fn() -> bool>)?;
        connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
        for (limit, value) in before {
            connection.set_limit(limit, value)?;
        }
        Ok(())
    };
    let before = limited(connection).map_err(|error| refused(&error))?;
    let result = work(connection);
    lifted(connection, before).map_err(|error| refused(&error))?;
    result
}

fn collect(connection: &Connection, sql: &str) -> Result<Vec<Row>, AxlError> {
    let mut statement = connection.prepare(sql).map_err(|error| refused(&error))?;
    let names: Vec<String> = statement.column_names().map(element_name).collect();
    let mut rows = Vec::new();
    let mut bytes = 0;
    let mut matched: u64 = 0;
    let mut found = statement.query([]).map_err(|error| refused(&error))?;
    while let Some(row) = found.next().map_err(|error| refused(&error))? {
        matched += 1;
        if bytes > MAX_RESULT {
            // Only counted from here on.
            continue;
        }
        let mut columns = Row::new();
        for (index, name) in names.iter().enumerate() {
            let value = row.get_ref(index).map_err(|error| refused(&error))?;
            let value = to_text(value);
            bytes += 2 * name.len() + 5 + value.value().map_or(0, String::len);
            columns = columns.with(name.as_str(), value);
        }
        rows.push(columns);
    }
    if bytes > MAX_RESULT {
        let fits = u64::try_from(rows.len().saturating_sub(1)).unwrap_or(matched);
        return Err(AxlError::query_too_large(matched, fits.max(1)));
    }
    Ok(rows)
}

/// Moves `SKIP n` and `FIRST n` from the front to the end.
fn to_sqlite(sql: &str) -> Result<String, AxlError> {
    let sql = without_end(sql);
    let mut rest = take_word(sql, "select")
        .ok_or_else(|| AxlError::new(AxlCode::SYNTAX, "only SELECT statements are run here"))?;
    let mut skip = None;
    let mut first = None;
    if let Some(after) = take_word(rest, "skip") {
        let (number, after) = take_number(after)?;
        (skip, rest) = (Some(number), after);
    }
    if let Some(after) = take_word(rest, "first").or_else(|| take_word(rest, "limit")) {
        let (number, after) = take_number(after)?;
        (first, rest) = (Some(number), after);
    }
    let mut statement = format!("select {rest}");
    if skip.is_some() || first.is_some() {
        let limit = first.unwrap_or(i64::MAX);
        statement.push_str(&format!(" limit {limit} offset {}", skip.unwrap_or(0)));
    }
    Ok(statement)
}

fn without_end(sql: &str) -> &str {
    sql.trim().trim_end_matches(';').trim_end()
}

/// What follows the word, when the text begins with it.
fn take_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(word.len())?;
    let ends = rest.starts_with(|c: char| c.is_ascii_whitespace());
    (head.eq_ignore_ascii_case(word) && ends).then(|| rest.trim_start())
}

fn take_number(text: &str) -> Result<(i64, &str), AxlError> {
    let end = text
        .bytes()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let number = digits
        .parse()
        .map_err(|_| AxlError::new(AxlCode::SYNTAX, "SKIP and FIRST take a number"))?;
    Ok((number, rest.trim_start()))
}

/// Informix names `count(*)` by its function; what is no name at all becomes `expression`.
fn element_name(column: &str) -> String {
    let end = column
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(column.len());
    let name = column[..end].to_ascii_lowercase();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name
    } else {
        "expression".to_owned()
    }
}

fn to_text(value: ValueRef<'_>) -> Presence<String> {
    match value {
        ValueRef::Null => Presence::Absent,
        ValueRef::Integer(number) => Presence::Value(number.to_string()),
        ValueRef::Real(number) => Presence::Value(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            Presence::Value(String::from_utf8_lossy(bytes).into_owned())
        }
    }
}

fn authorize(context: &AuthContext<'_>, access: Access) -> Authorization {
    let writes = access == Access::Write;
    let allowed = if let AuthAction::Read { table_name, .. } = context.action {
        is_readable(table_name)
    } else if let AuthAction::Function { function_name } = context.action {
        let is = |name: &&str| function_name.eq_ignore_ascii_case(name);
        FUNCTIONS.iter().any(is) || makes_key(context) && ["hex", "randomblob"].iter().any(is)
    } else if let AuthAction::Insert { table_name } = context.action {
        // Triggers write down what was changed; statements cannot name that table.
        writes && (is_writable(table_name) || is_log(context, table_name))
    } else if let AuthAction::Update { table_name, .. } | AuthAction::Delete { table_name } =
        context.action
    {
        writes && is_writable(table_name)
    } else {
        matches!(context.action, AuthAction::Select)
    };
    if allowed {
        Authorization::Allow
    } else {
        Authorization::Deny
    }
}

/// Whether a trigger of ours gives a row its key.
fn makes_key(context: &AuthContext<'_>) -> bool {
    context
        .accessor
        .is_some_and(|trigger| trigger.ends_with(MAKES_KEY))
}

/// Whether a trigger of ours writes to the list of changes.
fn is_log(context: &AuthContext<'_>, table: &str) -> bool {
    table == "changed"
        && context
            .accessor
            .is_some_and(|trigger| trigger.starts_with("changed_"))
}

fn refused(error: &rusqlite::Error) -> AxlError {
    let extended = error
        .sqlite_error()
        .map_or(0, |failure| failure.extended_code);
    if let Some(error) = constraint(extended) {
        return error;
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted | ErrorCode::TooBig) => AxlError::new(
            AxlCode::GENERAL,
            "the statement takes too long or too much memory",
        ),
        _ => AxlError::new(AxlCode::SYNTAX, error.to_string()),
    }
}

/// Functions that statements may call: those that both dialects have and that cost little, and
/// the one that a trigger calls.
const FUNCTIONS: &[&str] = &[
    "abs",
    "avg",
    "coalesce",
    "count",
    "group_concat",
    "ifnull",
    "length",
    "like",
    "lower",
    "max",
    "min",
    "nullif",
    "replace",
    "round",
    "substr",
    "sum",
    "trim",
    "upper",
];

/// Bounds of a statement.
const LIMITS: [(Limit, i32); 7] = [
    (Limit::SQLITE_LIMIT_LENGTH, MAX_VALUE),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, MAX_SQL),
    (Limit::SQLITE_LIMIT_COLUMN, 300),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 50),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 20),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 64),
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
];

/// Longest text of a value, in bytes. What is stored is far shorter; what a statement makes of it bounds how
/// long a single instruction takes.
const MAX_VALUE: i32 = 64 * 1024;
/// Longest statement, in bytes.
const MAX_SQL: i32 = 64 * 1024;
/// Instructions of SQLite's machine between two looks at the clock.
const STEPS: i32 = 1_000;
/// How long a statement may work; others wait for it.
const MAX_TIME: Duration = Duration::from_secs(3);
/// CUCM refuses results over 8 MB.
pub(super) const MAX_RESULT: usize = 8 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::{super::directory::Directory, *};
    use crate::seed::Seed;

    fn run(sql: &str) -> Result<Vec<Row>, AxlError> {
        let mut directory = Directory::open(None, &Seed::default()).unwrap();
        query(directory.connection_mut(), sql)
    }

    #[test]
    fn skip_and_first_page_as_in_informix() {
        let rows = run(
            "SELECT SKIP 2 FIRST 3 userid FROM enduser WHERE userid LIKE '1001%' ORDER BY userid;",
        )
        .unwrap();
        let ids: Vec<_> = rows.iter().map(|row| row.text("userid").unwrap()).collect();
        assert_eq!(ids, ["1001003", "1001004", "1001005"]);
        assert!(
            run("select first 1 name from device where name = 'none'")
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn device_and_numplan_are_joined_through_their_map() {
        let rows = run("select d.name, n.dnorpattern from device as d \
            inner join devicenumplanmap as m on m.fkdevice = d.pkid \
            inner join numplan as n on m.fknumplan = n.pkid where n.dnorpattern = '1001007'")
        .unwrap();
        assert_eq!(rows[0].text("name"), Some("SEP000001001007"));
        assert_eq!(rows[0].text("dnorpattern"), Some("1001007"));
    }

    #[test]
    fn a_count_is_named_by_its_function_and_null_is_empty() {
        assert_eq!(
            run("select count(*) from enduser").unwrap()[0].text("count"),
            Some("21")
        );
        let rows = run("select fkroutepartition from numplan").unwrap();
        assert_eq!(rows[0].text("fkroutepartition"), Some(""));
    }

    #[test]
    fn nothing_but_reading_the_tables_is_possible() {
        for sql in [
            "delete from enduser",
            "insert into enduser values (1)",
            "attach database '/tmp/x' as x",
            "pragma user_version",
            "select * from sqlite_master",
            "select load_extension('x')",
            "select randomblob(1000000000)",
            "select * from (with recursive t(n) as (select 1 union all select n + 1 from t) select n from t)",
            "select",
            "",
        ] {
            assert_eq!(run(sql).unwrap_err().code, AxlCode::SYNTAX, "{sql}");
        }
    }

    #[test]
    fn a_statement_that_works_too_long_is_stopped() {
        let error = run(
            "select count(*) from enduser a, enduser b, enduser c, enduser d, enduser e, \
            enduser f, enduser g, enduser h",
        )
        .unwrap_err();
        assert_eq!(error.code, AxlCode::GENERAL);
        assert!(error.message.contains("too long"), "{}", error.message);
    }

    #[test]
    fn few_instructions_on_long_values_are_stopped_in_time() {
        let start = Instant::now();
        let error = run(&format!(
            "select count(*) from enduser a, enduser b, enduser c, enduser d where \
            replace(a.userid || b.userid || c.userid || d.userid || '{}', '1', 'a') like '%a%a%a%a%b%'",
            "1".repeat(40_000)
        ))
        .unwrap_err();
        assert_eq!(error.code, AxlCode::GENERAL);
        assert!(start.elapsed() < 3 * MAX_TIME, "{:?}", start.elapsed());
    }

    #[test]
    fn a_result_over_8_mb_is_refused_with_both_numbers() {
        let error = run(
            "select a.pkid p, b.pkid q, c.pkid r, d.pkid s from enduser a, enduser b, \
            enduser c, enduser d where d.userid < '1001011'",
        )
        .unwrap_err();
        let numbers = error.too_large().unwrap();
        assert_eq!(numbers.matched, 21 * 21 * 21 * 10);
        assert!(numbers.suggested > 1000 && numbers.suggested < numbers.matched);
    }
}
