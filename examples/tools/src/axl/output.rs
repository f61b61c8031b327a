//! What is printed: tables for people, JSON, CSV and XML for programs.

use std::io::{self, Write};

use clap::ValueEnum;

use super::json::Inside;
use super::node::Node;
use super::table::{shown, write_record, write_rows};

/// How answers are printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Form {
    /// For people: columns that fit the terminal, what is empty left out
    Table,
    /// Everything that came, in its order
    Json,
    /// Columns with commas (RFC 4180)
    Csv,
    /// Everything that came, as elements
    Xml,
}

/// What came back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Answer {
    /// A list, and the columns wanted; all that there are when none is named.
    Rows(Vec<String>, Vec<Node>),
    /// One thing with parts.
    Record(Node),
    /// One word, such as the key of what was changed.
    Text(String),
}

/// Where and how to print.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    pub(super) form: Form,
    /// Columns that a table may take; `None` for any number.
    pub(super) width: Option<usize>,
}

impl Output {
    /// Prints an answer, without passwords.
    pub(super) fn write(self, out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
        let answer = answer.without_secrets();
        match self.form {
            Form::Table => self.write_table(out, &answer),
            Form::Json => write_json(out, &answer),
            Form::Csv => write_csv(out, &answer),
            Form::Xml => write_xml(out, &answer),
        }
    }

    fn write_table(self, out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
        match answer {
            Answer::Rows(columns, items) => {
                let columns = columns_of(columns, items);
                write_rows(out, &columns, &cells(&columns, items), self.width)
            }
            Answer::Record(record) => write_record(out, record, self.width),
            Answer::Text(text) => writeln!(out, "{}", shown(text)),
        }
    }
}

impl Answer {
    fn without_secrets(&self) -> Self {
        match self {
            Self::Rows(columns, items) => {
                let items = items.iter().map(Node::without_secrets).collect();
                Self::Rows(columns.clone(), items)
            }
            Self::Record(record) => Self::Record(record.without_secrets()),
            Self::Text(text) => Self::Text(text.clone()),
        }
    }
}

fn write_json(out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
    match answer {
        Answer::Rows(_, items) => {
            let items: Vec<_> = items.iter().map(Inside).collect();
            serde_json::to_writer_pretty(&mut *out, &items)?;
        }
        Answer::Record(record) => serde_json::to_writer_pretty(&mut *out, &Inside(record))?,
        Answer::Text(text) => serde_json::to_writer(&mut *out, text)?,
    }
    writeln!(out)
}

fn write_xml(out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
    match answer {
        Answer::Rows(_, items) => {
            let list = Node {
                children: items.clone(),
                ..Node::new("return")
            };
            write!(out, "{}", list.to_xml())
        }
        Answer::Record(record) => write!(out, "{}", record.to_xml()),
        Answer::Text(text) => write!(out, "{}", Node::leaf("return", text.clone()).to_xml()),
    }
}

fn write_csv(out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
    match answer {
        Answer::Rows(columns, items) => {
            let columns = columns_of(columns, items);
            write_csv_line(out, &columns)?;
            for row in cells(&columns, items) {
                write_csv_line(out, &row)?;
            }
            Ok(())
        }
        Answer::Record(record) => {
            let columns = columns_of(&[], std::slice::from_ref(record));
            write_csv_line(out, &columns)?;
            for row in cells(&columns, std::slice::from_ref(record)) {
                write_csv_line(out, &row)?;
            }
            Ok(())
        }
        Answer::Text(text) => write_csv_line(out, std::slice::from_ref(text)),
    }
}

pub(super) fn write_csv_line(out: &mut dyn Write, cells: &[String]) -> io::Result<()> {
    for (number, cell) in cells.iter().enumerate() {
        if number > 0 {
            out.write_all(b",")?;
        }
        if cell.contains([',', '"', '\n', '\r']) {
            write!(out, "\"{}\"", cell.replace('"', "\"\""))?;
        } else {
            out.write_all(cell.as_bytes())?;
        }
    }
    out.write_all(b"\n")
}

/// The columns wanted, or the names of everything in the items, in the order they came first.
fn columns_of(wanted: &[String], items: &[Node]) -> Vec<String> {
    if !wanted.is_empty() {
        return wanted.to_vec();
    }
    let mut columns: Vec<String> = Vec::new();
    for child in items.iter().flat_map(|item| &item.children) {
        if !columns.contains(&child.name) {
            columns.push(child.name.clone());
        }
    }
    columns
}

fn cells(columns: &[String], items: &[Node]) -> Vec<Vec<String>> {
    let row = |item: &Node| columns.iter().map(|column| cell(item, column)).collect();
    items.iter().map(row).collect()
}

/// What a path leads to in an item; several values are parted by commas.
fn cell(item: &Node, path: &str) -> String {
    let mut places = vec![item];
    for step in path.split('/') {
        places = places
            .into_iter()
            .flat_map(|place| {
                place
                    .children
                    .iter()
                    .filter(move |child| child.name == step)
            })
            .collect();
    }
    if places.is_empty() && path == "uuid" {
        return item.attribute("uuid").unwrap_or_default().to_owned();
    }
    let mut values = Vec::new();
    for place in places {
        texts(place, &mut values);
    }
    values.join(", ")
}

fn texts<'n>(node: &'n Node, found: &mut Vec<&'n str>) {
    if node.children.is_empty() && !node.is_empty() {
        found.push(&node.text);
    }
    for child in &node.children {
        texts(child, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_hold_what_their_paths_lead_to() {
        let line = |pattern: &str| {
            Node::new("line").with(Node::new("dirn").with(Node::leaf("pattern", pattern)))
        };
        let mut item = Node::new("phone")
            .with(Node::leaf("name", "SEP1"))
            .with(Node::new("lines").with(line("1")).with(line("2")));
        item.attributes.push(("uuid".to_owned(), "{7}".to_owned()));
        assert_eq!(cell(&item, "lines/line/dirn/pattern"), "1, 2");
        assert_eq!(cell(&item, "lines"), "1, 2");
        assert_eq!(cell(&item, "uuid"), "{7}");
        assert_eq!(cell(&item, "nothing"), "");
    }

    #[test]
    fn csv_quotes_what_would_be_taken_for_its_own() {
        let mut out = Vec::new();
        let cells = ["a", "b,c", "d\"e", "f\ng", ""].map(str::to_owned);
        write_csv_line(&mut out, &cells).unwrap();
        // RFC 4180 §2, but for the line end, which is that of the system's other tools.
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "a,\"b,c\",\"d\"\"e\",\"f\ng\",\n"
        );
    }
}
