//! What stands in an operation, as a tree of elements.

use std::io::{self, Write};

use anstyle::Style;
use soap_axl::axl::schema::{ElementRef, Primitive, TypeRef};

/// How much to show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    /// Levels.
    pub(super) depth: usize,
    /// Only what has to be there.
    pub(super) required: bool,
    /// All values, not as many as a line holds.
    pub(super) values: bool,
    /// Columns of a line.
    pub(super) width: usize,
}

/// A line of the tree.
struct Line<'s> {
    depth: usize,
    name: String,
    marks: &'static str,
    what: What<'s>,
}

/// What stands behind a name.
struct What<'s> {
    kind: &'s str,
    /// Values that the schema lists.
    values: &'s [String],
    default: Option<&'s str>,
}

/// Writes what a place holds. Of the names in `choices` one has to be there.
pub(super) fn show(
    out: &mut dyn Write,
    head: &str,
    place: TypeRef<'_>,
    choices: &[String],
    shown: Shown,
) -> io::Result<()> {
    writeln!(out, "{BOLD}{head}{BOLD:#}")?;
    let mut lines = Vec::new();
    collect(place, 1, choices, shown, &mut lines);
    if lines.is_empty() {
        if place.primitive().is_some() {
            for line in in_lines(&what_of(place, None), shown, 2) {
                writeln!(out, "  {line}")?;
            }
        }
        return Ok(());
    }
    let widths = lines.iter().map(|line| 2 * line.depth + line.name.len());
    let width = widths.max().unwrap_or(0);
    for line in &lines {
        let name = format!("{}{}", "  ".repeat(line.depth), line.name);
        let column = width + GAPS;
        for (number, text) in in_lines(&line.what, shown, column).iter().enumerate() {
            let line = if number == 0 {
                format!("{name:<width$}  {:<3} {text}", line.marks)
            } else {
                format!("{:column$}{text}", "")
            };
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    let used = |mark: char| lines.iter().any(|line| line.marks.contains(mark));
    let legend: Vec<&str> = LEGEND
        .iter()
        .filter(|(mark, _)| used(*mark))
        .map(|(_, text)| *text)
        .collect();
    if !legend.is_empty() {
        writeln!(out, "{DIM}{}{DIM:#}", legend.join(", "))?;
    }
    Ok(())
}

fn collect<'s>(
    place: TypeRef<'s>,
    depth: usize,
    choices: &[String],
    shown: Shown,
    lines: &mut Vec<Line<'s>>,
) {
    let attributes = place.attributes().filter(|name| *name != "sequence");
    for name in attributes.filter(|_| !shown.required) {
        lines.push(Line {
            depth,
            name: format!("@{name}"),
            marks: "",
            what: What {
                kind: "attribute",
                values: &[],
                default: None,
            },
        });
    }
    for child in place.children() {
        let is_choice = choices.iter().any(|name| name == child.name());
        if shown.required && !child.is_required() && !is_choice {
            continue;
        }
        let content = child.content();
        lines.push(Line {
            depth,
            name: child.name().to_owned(),
            marks: if is_choice { "?" } else { marks(child) },
            what: what_of(content, child.default()),
        });
        // Of a text, the attributes are few and the same.
        if content.primitive().is_none() && depth < shown.depth {
            collect(content, depth + 1, &[], shown, lines);
        }
    }
}

fn marks(child: ElementRef<'_>) -> &'static str {
    match (child.is_required(), child.repeats(), child.is_nillable()) {
        (true, true, true) => "!*0",
        (true, true, false) => "!*",
        (true, false, true) => "!0",
        (true, false, false) => "!",
        (false, true, true) => "*0",
        (false, true, false) => "*",
        (false, false, true) => "0",
        (false, false, false) => "",
    }
}

fn what_of<'s>(place: TypeRef<'s>, default: Option<&'s str>) -> What<'s> {
    let kind = match place.primitive() {
        None if place.children().next().is_none() => "free XML",
        None if place.name().is_empty() => "elements",
        None => place.name(),
        Some(Primitive::Boolean) => "true or false",
        Some(Primitive::Integer) => "integer",
        Some(Primitive::Unsigned) => "number",
        Some(Primitive::Uuid) => "key",
        // The schema's integer that may be left empty: a union of the two.
        Some(_) if place.name() == "XInteger" => "integer",
        Some(_) if place.attributes().any(|name| name == "uuid") => "name of another object",
        Some(_) => "text",
    };
    let values = match place.primitive() {
        Some(Primitive::Boolean) | None => &[],
        Some(_) => place.values(),
    };
    What {
        kind,
        values,
        default,
    }
}

/// The text behind a name, from this column on.
fn in_lines(what: &What<'_>, shown: Shown, column: usize) -> Vec<String> {
    let room = shown.width.saturating_sub(column).max(LEAST);
    let tail = what
        .default
        .map_or_else(String::new, |default| format!(", default {default:?}"));
    let values: Vec<&String> = what
        .values
        .iter()
        .filter(|value| !value.is_empty())
        .collect();
    if values.is_empty() {
        return vec![format!("{}{tail}", what.kind)];
    }
    if shown.values {
        let mut lines: Vec<String> = values.iter().map(|value| (*value).clone()).collect();
        if let Some(first) = lines.first_mut() {
            first.push_str(&tail);
        }
        return lines;
    }
    let mut text = String::new();
    for (number, value) in values.iter().enumerate() {
        let left = values.len() - number;
        let behind = if left == 1 {
            tail.len()
        } else {
            MORE + tail.len()
        };
        if number > 0 {
            if text.len() + 3 + value.len() + behind > room {
                text.push_str(&format!(" | .. {left} more{tail}"));
                return vec![text];
            }
            text.push_str(" | ");
        }
        text.push_str(value);
    }
    vec![format!("{text}{tail}")]
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const LEGEND: [(char, &str); 4] = [
    ('!', "! has to be there"),
    ('?', "? one of these has to be there"),
    ('*', "* may repeat"),
    ('0', "0 may be nil"),
];
/// Columns between a name and what it is.
const GAPS: usize = 6;
/// Narrowest column of values.
const LEAST: usize = 20;
/// Room for ` | .. 311 more`.
const MORE: usize = 14;
