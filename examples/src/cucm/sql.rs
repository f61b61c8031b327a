//! `executeSQLQuery`: Informix `SELECT` statements on the directory's tables.
//!
//! Statements run on SQLite. Informix's `SKIP` and `FIRST` become its `LIMIT` and `OFFSET`; joins,
//! `LIKE`, `ORDER BY`, `GROUP BY` and aggregates are the same in both. An authorizer lets
//! statements do nothing but read these tables, a clock bounds their work, and an answer over
//! 8 MB is refused with the numbers that CUCM gives.

use std::time::{Duration, Instant};

use rusqlite::{
    Connection, ErrorCode,
    hooks::{AuthAction, AuthContext, Authorization},
    limits::Limit,
    types::ValueRef,
};
use soap_axl::axl::{AxlCode, AxlError, Presence, Row};

/// Bounds what statements may do from now on.
pub(super) fn restrict(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_VALUE)?;
    connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, MAX_SQL)?;
    connection.set_limit(Limit::SQLITE_LIMIT_COLUMN, 200)?;
    connection.set_limit(Limit::SQLITE_LIMIT_EXPR_DEPTH, 50)?;
    connection.set_limit(Limit::SQLITE_LIMIT_COMPOUND_SELECT, 20)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 64)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.authorizer(Some(authorize))
}

/// Runs a statement.
///
/// # Errors
///
/// It is no `SELECT`, SQLite does not take it, it works too long, or its result is too large.
pub(super) fn query(connection: &mut Connection, sql: &str) -> Result<Vec<Row>, AxlError> {
    let sql = to_sqlite(sql)?;
    // Instructions do not tell: one of them may compare or replace in the longest value.
    let end = Instant::now() + MAX_TIME;
    let handler = move || Instant::now() >= end;
    connection
        .progress_handler(STEPS, Some(handler))
        .map_err(|error| refused(&error))?;
    let result = collect(connection, &sql);
    connection
        .progress_handler(0, None::<fn() -> bool>)
        .map_err(|error| refused(&error))?;
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
        return Err(AxlError::of_too_large(matched, fits.max(1)));
    }
    Ok(rows)
}

/// Moves `SKIP n` and `FIRST n` from the front to the end.
fn to_sqlite(sql: &str) -> Result<String, AxlError> {
    let sql = sql.trim().trim_end_matches(';').trim_end();
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

fn authorize(context: AuthContext<'_>) -> Authorization {
    let allowed = if let AuthAction::Read { table_name, .. } = context.action {
        !table_name.starts_with("sqlite_")
    } else if let AuthAction::Function { function_name } = context.action {
        FUNCTIONS
            .iter()
            .any(|name| function_name.eq_ignore_ascii_case(name))
    } else {
        matches!(context.action, AuthAction::Select)
    };
    if allowed {
        Authorization::Allow
    } else {
        Authorization::Deny
    }
}

fn refused(error: &rusqlite::Error) -> AxlError {
    let code = match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted | ErrorCode::TooBig) => AxlCode::GENERAL,
        _ => AxlCode::SYNTAX,
    };
    let text = match code {
        AxlCode::GENERAL => "the statement takes too long or too much memory".to_owned(),
        _ => error.to_string(),
    };
    AxlError::new(code, text)
}

/// Functions that statements may call: those that both dialects have and that cost little.
const FUNCTIONS: &[&str] = &[
    "abs", "avg", "coalesce", "count", "ifnull", "length", "like", "lower", "max", "min", "nullif",
    "replace", "round", "substr", "sum", "trim", "upper",
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
        let mut directory = Directory::from_seed(&Seed::default()).unwrap();
        query(&mut directory.connection, sql)
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
