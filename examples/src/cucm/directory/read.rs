//! Rows of the directory as elements.

use rusqlite::{Connection, Row, types::ValueRef};
use soap_axl::{
    axl::{AxlCode, AxlError, OperationTable, Uuid, Version},
    xml::{Element, Limits, Profile},
};

use super::{
    super::{
        dictionary::{Column, Entry, Field, List, Object, named_by},
        sql::MAX_RESULT,
    },
    State, refused, state,
};

/// Part of a list: how many to leave out, how many to answer.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Page {
    pub(in super::super) skip: Option<u64>,
    pub(in super::super) first: Option<u64>,
}

/// One object, reduced to what `tags` wants; whole without them.
pub(in super::super) fn get(
    connection: &Connection,
    object: &Object,
    pkid: &str,
    tags: Option<&Element>,
    version: Version,
) -> Result<Element, AxlError> {
    let mut reader = Reader::new(connection, version);
    let condition = "t.pkid = ?1";
    let found = reader
        .rows(object, condition, &[pkid.to_owned()], tags, Shape::Whole)
        .map_err(refused)?;
    found
        .into_iter()
        .next()
        .ok_or_else(|| AxlError::not_found(object.name))
}

/// The objects that match, flat, reduced to what `tags` wants.
///
/// # Errors
///
/// They are over the 8 MB that CUCM answers at most, or cannot be searched that way.
pub(in super::super) fn list(
    connection: &Connection,
    object: &Object,
    criteria: Option<&Element>,
    tags: Option<&Element>,
    page: Page,
    version: Version,
) -> Result<Vec<Element>, AxlError> {
    let mut condition = object.condition();
    let mut values = Vec::new();
    for wanted in criteria.into_iter().flat_map(Element::children) {
        let name = object
            .field(wanted.local())
            .filter(|field| field.column.name().is_some())
            .and_then(|field| expressions(field).pop())
            .ok_or_else(|| {
                let message = format!("{} cannot be searched by {}", object.name, wanted.local());
                AxlError::new(AxlCode::GENERAL, message).by_client()
            })?;
        values.push(wanted.text().into_owned());
        condition.push_str(&format!(" and coalesce({name}, '') like ?{}", values.len()));
    }
    let order = object
        .field(object.keys[0])
        .and_then(|field| field.column.name())
        .unwrap_or("pkid");
    // -1 is no limit.
    let number = |number: Option<u64>, none| {
        number.map_or(none, |number| i64::try_from(number).unwrap_or(i64::MAX))
    };
    let page = format!(
        "order by t.{order}, t.pkid limit {} offset {}",
        number(page.first, -1),
        number(page.skip, 0)
    );
    let rest = format!("{condition} {page}");
    let mut reader = Reader::new(connection, version);
    let found = reader
        .rows(object, &rest, &values, tags, Shape::Flat)
        .map_err(refused)?;
    if reader.bytes <= MAX_RESULT {
        return Ok(found);
    }
    let sql = format!(
        "select count(*) from (select 1 from {} t where {rest})",
        object.table
    );
    let matched: i64 = connection
        .query_row(&sql, rusqlite::params_from_iter(&values), |row| row.get(0))
        .map_err(refused)?;
    let fits = found.len().saturating_sub(1).max(1);
    Err(AxlError::query_too_large(
        matched.unsigned_abs(),
        fits as u64,
    ))
}

/// Whether lists within an object are answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Shape {
    Whole,
    Flat,
}

/// Wants everything, or the children of an element.
type Mask<'e> = Option<&'e Element>;

/// Rows to elements, with how long they are together.
struct Reader<'c> {
    connection: &'c Connection,
    version: Version,
    /// About as many bytes as the elements have.
    bytes: usize,
}

impl<'c> Reader<'c> {
    fn new(connection: &'c Connection, version: Version) -> Self {
        Self {
            connection,
            version,
            bytes: 0,
        }
    }

    /// Objects, until they are too long for an answer.
    fn rows(
        &mut self,
        object: &Object,
        condition: &str,
        values: &[String],
        tags: Mask<'_>,
        shape: Shape,
    ) -> rusqlite::Result<Vec<Element>> {
        let fields: Vec<&Field> = object
            .fields
            .iter()
            .filter(|field| shape == Shape::Whole || field.is_flat())
            .filter(|field| !field.is_new || self.version >= Version::V12_5)
            .filter(|field| wants(tags, field))
            .collect();
        let others = tags.is_none_or(|tags| {
            tags.children()
                .any(|child| object.field(child.local()).is_none())
        });
        let sql = format!(
            "select t.pkid{} from {} t where {condition}",
            columns(&fields),
            object.table
        );
        let connection = self.connection;
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let mut element = Element::new("", object.element);
            let mut children = self.fields(&mut element, &fields, row, &mut 1, tags)?;
            if others {
                let kept = self.kept(&row.get::<_, String>(0)?, tags)?;
                if !kept.is_empty() {
                    children.extend(kept);
                    in_order_of_schema(object, &mut children);
                }
            }
            children
                .into_iter()
                .for_each(|child| element.push_child(child));
            found.push(element);
            self.bytes += 2 * object.element.len() + 60;
            if self.bytes > MAX_RESULT {
                break;
            }
        }
        Ok(found)
    }

    /// Attributes of `element`, and its children.
    fn fields(
        &mut self,
        element: &mut Element,
        fields: &[&Field],
        row: &Row<'_>,
        at: &mut usize,
        tags: Mask<'_>,
    ) -> rusqlite::Result<Vec<Element>> {
        let mut children = Vec::new();
        for field in fields {
            let inner = inner(tags, field.tag);
            match field.column {
                Column::Uuid => {
                    let pkid = next(row, at)?.unwrap_or_default();
                    element.set_attr("", field.tag, Uuid::new(pkid).to_braced());
                }
                Column::Serial => {
                    if let Some(number) = next(row, at)? {
                        element.set_attr("", field.tag, number);
                    }
                }
                Column::Text(_) | Column::Number(_) | Column::Kind(..) | Column::Name(..) => {
                    children.extend(self.text(field, next(row, at)?));
                }
                Column::Flag(_) => {
                    let set = next(row, at)?.is_some_and(|flag| flag == "t");
                    children.extend(self.text(field, Some(set.to_string())));
                }
                Column::Key(..) => {
                    let pkid = next(row, at)?;
                    let mut child = self.text(field, next(row, at)?);
                    if let (Some(pkid), Some(child)) = (pkid, &mut child) {
                        child.set_attr("", "uuid", Uuid::new(pkid).to_braced());
                        self.bytes += 46;
                    }
                    children.extend(child);
                }
                Column::Line(..) => children.extend(self.line(field.tag, row, at)?),
                Column::Group(fields) => {
                    let mut child = Element::new("", field.tag);
                    // All its columns were selected.
                    let all: Vec<_> = fields.iter().collect();
                    let grandchildren = self.fields(&mut child, &all, row, at, inner)?;
                    for grandchild in grandchildren {
                        let local = grandchild.local();
                        let is_wanted =
                            |tags: &Element| tags.children().any(|tag| tag.local() == local);
                        if inner.is_none_or(is_wanted) {
                            child.push_child(grandchild);
                        }
                    }
                    children.push(child);
                }
                Column::List(list) => {
                    let owner = next(row, at)?.unwrap_or_default();
                    let mut child = Element::new("", field.tag);
                    for entry in self.list(list, &owner, inner)? {
                        child.push_child(entry);
                    }
                    if !child.nodes().is_empty() {
                        children.push(child);
                    }
                }
                Column::One(list) => {
                    let owner = next(row, at)?.unwrap_or_default();
                    children.extend(self.list(list, &owner, inner)?.into_iter().next());
                }
                Column::Secret(_) | Column::Dropped => {}
            }
        }
        Ok(children)
    }

    fn list(&mut self, list: &List, owner: &str, tags: Mask<'_>) -> rusqlite::Result<Vec<Element>> {
        let tags = inner(tags, list.element());
        let fields: Vec<_> = list
            .fields()
            .iter()
            .filter(|field| matches!(list.entry, Entry::Value(_)) || wants(tags, field))
            .collect();
        let mut condition = format!("t.{} = ?1", list.owner);
        for (column, number) in list.only {
            condition.push_str(&format!(" and t.{column} = {number}"));
        }
        let sql = format!(
            "select t.pkid{} from {} t where {condition} order by {}, t.rowid",
            columns(&fields),
            list.table,
            list.position
                .map_or_else(|| "1 = 1".to_owned(), |column| format!("t.{column}")),
        );
        let connection = self.connection;
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query([owner])?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            let mut element = Element::new("", list.element());
            let children = self.fields(&mut element, &fields, row, &mut 1, tags)?;
            match list.entry {
                Entry::Value(_) => entries.extend(children),
                Entry::Record(..) => {
                    let kept = self.kept(&row.get::<_, String>(0)?, tags)?;
                    for child in children.into_iter().chain(kept) {
                        element.push_child(child);
                    }
                    entries.push(element);
                }
            }
        }
        Ok(entries)
    }

    /// What is in no table, as it came.
    fn kept(&mut self, owner: &str, tags: Mask<'_>) -> rusqlite::Result<Vec<Element>> {
        let mut statement = self
            .connection
            .prepare_cached("select element, xml from kept where owner = ?1 order by rowid")?;
        let mut rows = statement.query([owner])?;
        let mut kept = Vec::new();
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            if tags.is_some_and(|tags| !tags.children().any(|child| child.local() == name)) {
                continue;
            }
            let xml: String = row.get(1)?;
            self.bytes += xml.len();
            // It was written from such an element.
            if let Ok(element) = Element::parse(xml.as_bytes(), Profile::Soap, &Limits::default()) {
                kept.push(element);
            }
        }
        Ok(kept)
    }

    fn line(
        &mut self,
        tag: &'static str,
        row: &Row<'_>,
        at: &mut usize,
    ) -> rusqlite::Result<Option<Element>> {
        let (pkid, pattern, partition) = (next(row, at)?, next(row, at)?, next(row, at)?);
        let Some(pkid) = pkid else {
            return Ok(None);
        };
        let mut line = Element::new("", tag);
        // The schema has the attribute here alone.
        if tag == "dirn" {
            line.set_attr("", "uuid", Uuid::new(pkid).to_braced());
        }
        for (tag, text) in [("pattern", pattern), ("routePartitionName", partition)] {
            let text = text.unwrap_or_default();
            self.bytes += 2 * tag.len() + 5 + text.len();
            line.push_child(Element::new("", tag).with_text(text));
        }
        Ok(Some(line))
    }

    fn text(&mut self, field: &Field, text: Option<String>) -> Option<Element> {
        if field.is_left_out && text.is_none() {
            return None;
        }
        let text = text.unwrap_or_default();
        self.bytes += 2 * field.tag.len() + 5 + text.len();
        Some(Element::new("", field.tag).with_text(text))
    }
}

fn wants(tags: Mask<'_>, field: &Field) -> bool {
    matches!(field.column, Column::Uuid | Column::Serial)
        || tags.is_none_or(|tags| tags.children().any(|child| child.local() == field.tag))
}

/// What is wanted inside a child; everything, where the mask has it empty.
fn inner<'e>(tags: Mask<'e>, tag: &str) -> Mask<'e> {
    match state(tags?, tag) {
        State::Value(child) => Some(child).filter(|child| child.children().next().is_some()),
        State::Absent | State::Clear => None,
    }
}

/// The columns of fields, each with a comma before it.
fn columns(fields: &[&Field]) -> String {
    fields
        .iter()
        .flat_map(|field| expressions(field))
        .map(|expression| format!(", {expression}"))
        .collect()
}

/// What is selected for a field; the last is what it is searched by.
fn expressions(field: &Field) -> Vec<String> {
    match field.column {
        Column::Uuid => vec!["t.pkid".to_owned()],
        Column::Serial => vec!["t.ctiid".to_owned()],
        Column::Text(column) | Column::Number(column) | Column::Flag(column) => {
            vec![format!("t.{column}")]
        }
        Column::Kind(column, kinds) => {
            vec![format!(
                "(select name from {kinds} where enum = t.{column})"
            )]
        }
        Column::Name(column, table) => vec![name_of(column, table)],
        Column::Key(column, table) => vec![format!("t.{column}"), name_of(column, table)],
        Column::Line(column, _) => vec![
            format!("t.{column}"),
            name_of(column, "numplan"),
            format!(
                "(select p.name from numplan n join routepartition p \
                 on p.pkid = n.fkroutepartition where n.pkid = t.{column})"
            ),
        ],
        Column::Group(fields) => fields.iter().flat_map(expressions).collect(),
        Column::List(list) | Column::One(list) => vec![format!("t.{}", list.of)],
        Column::Secret(_) | Column::Dropped => Vec::new(),
    }
}

fn name_of(column: &str, table: &str) -> String {
    format!(
        "(select {} from {table} where pkid = t.{column})",
        named_by(table)
    )
}

/// The next column as text.
fn next(row: &Row<'_>, at: &mut usize) -> rusqlite::Result<Option<String>> {
    let value = row.get_ref(*at)?;
    *at += 1;
    Ok(match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
    })
}

/// Sorts children as the table of the operation has them; what it does not name comes last.
fn in_order_of_schema(object: &Object, children: &mut [Element]) {
    let table = OperationTable::of(&format!("get{}", object.name));
    let Some(fields) = table.and_then(|table| table.reply.first()) else {
        return;
    };
    let place = |child: &Element| {
        let found = fields
            .inner
            .iter()
            .position(|field| field.wire == child.local());
        found.unwrap_or(usize::MAX)
    };
    children.sort_by_key(place);
}
