//! Thin AXL: `executeSQLQuery`, `executeSQLUpdate`.

use core::fmt;

use crate::{
    DecodeError, Decoder, Encoder,
    axl::{Content, Presence, macros::operation},
};

operation! {
    /// Runs a `SELECT` on the database, whose dialect is Informix.
    ///
    /// Pages are asked for by `SELECT SKIP n FIRST m ...`.
    ExecuteSqlQuery "executeSQLQuery" {
        /// The statement.
        sql: String = "sql";
    }
    /// Rows of a query.
    -> ExecuteSqlQueryReply {
        /// The rows; none when nothing matched.
        rows: Vec<Row> = "row";
    }

    /// Runs an `INSERT`, `UPDATE` or `DELETE` on the database.
    ExecuteSqlUpdate "executeSQLUpdate" {
        /// The statement.
        sql: String = "sql";
    }
    /// What a statement changed.
    -> ExecuteSqlUpdateReply {
        /// Rows that it touched.
        rows_updated: i64 = "rowsUpdated";
    }
}

impl ExecuteSqlQuery {
    /// Runs this statement.
    pub fn new(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            other: Vec::new(),
        }
    }
}

/// A row: columns in the order selected, by name. `Debug` prints names alone: a column may be secret.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Row {
    columns: Vec<(String, Presence<String>)>,
}

impl Row {
    /// A row without columns.
    pub const fn new() -> Self {
        Self {
            columns: Vec::new(),
        }
    }

    /// Adds a column at the end. The name must be an XML name. An absent value is written as an
    /// empty element, as null is.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Presence<String>>) -> Self {
        self.columns.push((name.into(), value.into()));
        self
    }

    /// The text of the first column of this name, in any case; null is empty text.
    pub fn text(&self, name: &str) -> Option<&str> {
        let column = self
            .columns
            .iter()
            .find(|(have, _)| have.eq_ignore_ascii_case(name));
        column.map(|(_, value)| value.value().map_or("", String::as_str))
    }

    /// Names and values in order.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &Presence<String>)> {
        self.columns
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| name).collect();
        f.debug_tuple("Row").field(&names).finish()
    }
}

impl Content for Row {
    const BLANK: Self = Self::new();

    fn fill(&mut self, decoder: &mut Decoder<'_>, _wire: &'static str) -> Result<(), DecodeError> {
        while let Some(name) = decoder.child()? {
            let value = if decoder.is_nil()? {
                decoder.skip()?;
                Presence::Nil
            } else {
                Presence::Value(decoder.text()?.into_owned())
            };
            self.columns.push((name.local().to_owned(), value));
        }
        Ok(())
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder.open(wire);
        for (name, value) in &self.columns {
            match value {
                Presence::Absent => encoder.text_element(name, ""),
                Presence::Nil => encoder.nil_element(name),
                Presence::Value(text) => encoder.text_element(name, text),
            }
        }
        encoder.close();
    }
}
