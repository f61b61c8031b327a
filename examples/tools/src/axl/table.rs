//! Tables that fit the terminal, and records line by line.

use std::io::{self, Write};

use anstyle::Style;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::node::Node;

/// Writes rows under their headings, in lines of at most `width` columns. Columns give way from the
/// widest on; rows of too many columns are written one below the other instead.
pub(super) fn write_rows(
    out: &mut dyn Write,
    columns: &[String],
    rows: &[Vec<String>],
    width: Option<usize>,
) -> io::Result<()> {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| shown(cell)).collect())
        .collect();
    let natural: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            cells
                .map(|cell| cell.width())
                .fold(column.width(), usize::max)
        })
        .collect();
    let Some(widths) = fit(&natural, width) else {
        return write_apart(out, columns, &rows, width);
    };
    write_line(out, columns, &widths, BOLD)?;
    for row in &rows {
        write_line(out, row, &widths, Style::new())?;
    }
    Ok(())
}

fn write_line(
    out: &mut dyn Write,
    cells: &[String],
    widths: &[usize],
    style: Style,
) -> io::Result<()> {
    let mut line = String::new();
    let mut missing = 0;
    for (cell, width) in cells.iter().zip(widths) {
        line.push_str(&" ".repeat(missing));
        let cell = cut(cell, *width);
        missing = width - cell.width() + GAP;
        line.push_str(&cell);
    }
    writeln!(out, "{style}{}{style:#}", line.trim_end())
}

/// Each row as lines of column and value.
fn write_apart(
    out: &mut dyn Write,
    columns: &[String],
    rows: &[Vec<String>],
    width: Option<usize>,
) -> io::Result<()> {
    for (number, row) in rows.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        let mut record = Node::new("");
        for (column, cell) in columns.iter().zip(row) {
            record = record.with(Node::leaf(column.clone(), cell.clone()));
        }
        write_record(out, &record, width)?;
    }
    Ok(())
}

/// Writes what is in an element line by line, and leaves out what says nothing.
pub(super) fn write_record(
    out: &mut dyn Write,
    record: &Node,
    width: Option<usize>,
) -> io::Result<()> {
    write_inside(out, record, 0, width)
}

fn write_inside(
    out: &mut dyn Write,
    node: &Node,
    depth: usize,
    width: Option<usize>,
) -> io::Result<()> {
    let children: Vec<_> = node.children.iter().filter(|child| says(child)).collect();
    let leaves = children.iter().filter(|child| child.children.is_empty());
    let names = leaves.map(|child| child.name.width()).max().unwrap_or(0);
    let indent = " ".repeat(2 * depth);
    for child in children {
        if !child.children.is_empty() {
            writeln!(out, "{indent}{BOLD}{}{BOLD:#}", shown(&child.name))?;
            write_inside(out, child, depth + 1, width)?;
            continue;
        }
        let name = shown(&child.name);
        let pad = " ".repeat(names.saturating_sub(name.width()) + GAP);
        let room = width.map(|width| width.saturating_sub(indent.len() + names + GAP).max(LEAST));
        let value = shown(&child.text);
        let value = room.map_or_else(|| value.clone(), |room| cut(&value, room));
        writeln!(out, "{indent}{BOLD}{name}{BOLD:#}{pad}{value}")?;
    }
    Ok(())
}

/// Whether anything in it is worth a line.
fn says(node: &Node) -> bool {
    if node.children.is_empty() {
        return !node.is_empty();
    }
    node.children.iter().any(says)
}

/// Widths of columns for lines of at most `width`; `None` when they would be too narrow to read.
fn fit(natural: &[usize], width: Option<usize>) -> Option<Vec<usize>> {
    let gaps = GAP * natural.len().saturating_sub(1);
    let Some(width) = width else {
        return Some(natural.to_vec());
    };
    // By the first column a row is known: it stays whole unless it takes more than its half.
    let fixed = usize::from(natural.first().is_some_and(|first| *first <= width / 2));
    let (first, others) = natural.split_at(fixed);
    let room = width.saturating_sub(gaps + first.iter().sum::<usize>());
    let needed = |most: usize| others.iter().map(|width| (*width).min(most)).sum::<usize>();
    let widest = others.iter().copied().max().unwrap_or(0);
    let most = (0..=widest).rev().find(|most| needed(*most) <= room)?;
    if most < LEAST && most < widest {
        return None;
    }
    let mut left = room - needed(most);
    let others = others.iter().map(|width| {
        let more = usize::from(*width > most && left > 0);
        left -= more;
        (*width).min(most) + more
    });
    Some(first.iter().copied().chain(others).collect())
}

/// The text in at most so many columns, with a mark where something is left out.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        short.push(c);
    }
    short.push('…');
    short
}

/// Text of a peer for a terminal: on one line, and without what steers terminals.
pub(super) fn shown(text: &str) -> String {
    let steers =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

const BOLD: Style = Style::new().bold();
/// Spaces between columns.
const GAP: usize = 2;
/// Narrowest column of which something is left out.
const LEAST: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn table(width: Option<usize>, columns: &[&str], rows: &[&[&str]]) -> String {
        let text = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let columns: Vec<String> = text(columns);
        let rows: Vec<Vec<String>> = rows.iter().map(|row| text(row)).collect();
        let mut out = anstream::StripStream::new(Vec::new());
        write_rows(&mut out, &columns, &rows, width).unwrap();
        String::from_utf8(out.into_inner()).unwrap()
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let text = table(None, &["name", "x"], &[&["a", "日本"], &["a long one", ""]]);
        assert_eq!(text, "name        x\na           日本\na long one\n");
    }

    #[test]
    fn the_widest_columns_give_way() {
        let row: &[&str] = &["SEP001122334455", "a description that is long", "SIP"];
        let text = table(Some(40), &["name", "description", "protocol"], &[row]);
        assert_eq!(
            text,
            "name             description    protocol\nSEP001122334455  a descriptio…  SIP\n"
        );
        for width in 26..60 {
            let text = table(Some(width), &["name", "description", "protocol"], &[row]);
            assert!(
                text.lines().all(|line| line.width() <= width),
                "{width}: {text}"
            );
        }
    }

    #[test]
    fn too_many_columns_are_written_one_below_the_other() {
        let columns: Vec<String> = (0..20).map(|number| format!("column{number}")).collect();
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        let cells = vec!["a value of some length"; 20];
        let text = table(Some(60), &names, &[&cells, &cells]);
        assert_eq!(text.lines().count(), 41);
        assert!(
            text.starts_with("column0   a value of some length\ncolumn1   a value"),
            "{text}"
        );
    }

    #[test]
    fn what_steers_a_terminal_is_shown_as_what_it_is() {
        assert_eq!(shown("a\u{1b}[2J\nb\u{202e}"), "a\\u{1b}[2J\\nb\\u{202e}");
    }
}
