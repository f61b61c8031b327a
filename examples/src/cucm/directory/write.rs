//! Elements into rows of the directory.

use rusqlite::{Connection, params_from_iter, types::Value};
use soap_axl::{
    Secret,
    axl::{AxlCode, AxlError},
    xml::Element,
};

use super::{
    super::dictionary::{Column, Entry, Field, LineUse, List, Object, SecretKind},
    State, capital, missing, refused, state,
    value::{line, lookup, random_key},
};

/// A secret that an operation sets, or takes away.
#[derive(Debug)]
pub(in super::super) struct NewSecret {
    /// Key of the user.
    pub(in super::super) owner: String,
    pub(in super::super) kind: SecretKind,
    pub(in super::super) secret: Option<Secret>,
}

/// Writes objects inside a transaction.
#[derive(Debug)]
pub(in super::super) struct Writer<'c> {
    connection: &'c Connection,
    /// Secrets that the operation said; the caller keeps them.
    pub(in super::super) secrets: Vec<NewSecret>,
}

/// Columns with what they are to hold.
type Columns = Vec<(&'static str, Value)>;

/// Whether a row is made or changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mode {
    /// What is absent has its default.
    Add,
    /// What is absent stays.
    Update,
}

impl<'c> Writer<'c> {
    pub(in super::super) fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            secrets: Vec::new(),
        }
    }

    /// Adds an object, under this key if one is given; answers its key.
    pub(in super::super) fn add(
        &mut self,
        object: &Object,
        element: &Element,
        pkid: Option<&str>,
    ) -> Result<String, AxlError> {
        let mut columns = self.columns(object.fields, element, Mode::Add)?;
        if let Some((column, number)) = object.only {
            columns.retain(|(name, _)| *name != column);
            columns.push((column, Value::Integer(number)));
        }
        if let Some(pkid) = pkid {
            columns.push(("pkid", Value::Text(pkid.to_owned())));
        }
        let pkid = self.insert(object.table, columns)?;
        self.lists(object.fields, &pkid, element)?;
        self.secrets(object, &pkid, element);
        self.keep(object.fields, &pkid, element)?;
        Ok(pkid)
    }

    /// Changes an object as the elements of an operation say, of which `keys` name it.
    pub(in super::super) fn update(
        &mut self,
        object: &Object,
        pkid: &str,
        request: &Element,
    ) -> Result<(), AxlError> {
        let changes = changes(object, request);
        let mut columns = self.columns(object.fields, &changes, Mode::Update)?;
        // Even if only lists change, the row was touched.
        columns.push(("pkid", Value::Text(pkid.to_owned())));
        let sets: Vec<_> = columns
            .iter()
            .enumerate()
            .map(|(place, (column, _))| format!("{column} = ?{}", place + 1))
            .collect();
        let sql = format!(
            "update {} set {} where pkid = ?{}",
            object.table,
            sets.join(", "),
            columns.len()
        );
        self.run(&sql, columns.into_iter().map(|(_, value)| value))?;
        self.lists(object.fields, pkid, &changes)?;
        self.secrets(object, pkid, &changes);
        self.keep(object.fields, pkid, &changes)
    }

    /// Takes an object out, with what belongs to it.
    pub(in super::super) fn remove(&self, object: &Object, pkid: &str) -> Result<(), AxlError> {
        let key = || [Value::Text(pkid.to_owned())];
        for field in object.fields {
            if let Column::List(list) | Column::One(list) = field.column
                && !field.read_only
            {
                self.empty(list, pkid)?;
            }
        }
        self.run("delete from kept where owner = ?1", key())?;
        self.run("delete from credential where owner = ?1", key())?;
        self.run(
            &format!("delete from {} where pkid = ?1", object.table),
            key(),
        )?;
        Ok(())
    }

    /// What the children of `parent` say about columns.
    fn columns(
        &self,
        fields: &'static [Field],
        parent: &Element,
        mode: Mode,
    ) -> Result<Columns, AxlError> {
        let mut columns = Columns::new();
        for field in fields {
            let said = if field.read_only {
                State::Absent
            } else {
                state(parent, field.tag)
            };
            if let Column::Group(inner) = field.column {
                columns.extend(self.group(inner, said, mode)?);
                continue;
            }
            let Some(column) = field.column.name() else {
                continue;
            };
            if matches!(field.column, Column::Uuid | Column::Serial) {
                continue;
            }
            let value = match said {
                State::Value(element) => lookup(self.connection, field, element)?,
                State::Clear if field.required => None,
                State::Clear if matches!(field.column, Column::Flag(_)) => {
                    Some(Value::Text("f".to_owned()))
                }
                State::Clear => Some(Value::Null),
                State::Absent if mode == Mode::Update => continue,
                State::Absent => self.default(field, parent)?,
            };
            match value {
                Some(value) => columns.push((column, value)),
                None if field.required => return Err(missing(field.tag)),
                None => {}
            }
        }
        Ok(columns)
    }

    fn group(
        &self,
        fields: &'static [Field],
        said: State<'_>,
        mode: Mode,
    ) -> Result<Columns, AxlError> {
        match said {
            State::Value(element) => self.columns(fields, element, mode),
            State::Clear => {
                let mut cleared = Element::new("", "cleared");
                for field in fields {
                    cleared.push_child(Element::new("", field.tag));
                }
                self.columns(fields, &cleared, mode)
            }
            State::Absent => self.columns(fields, &Element::new("", "absent"), mode),
        }
    }

    /// What a new row has in a column of which nothing is said.
    fn default(&self, field: &Field, parent: &Element) -> Result<Option<Value>, AxlError> {
        let Some(default) = field.default else {
            return Ok(None);
        };
        let found = match default.strip_prefix('=') {
            Some(other) => match state(parent, other) {
                State::Value(element) => lookup(self.connection, field, element),
                State::Absent | State::Clear => return Ok(None),
            },
            None => {
                let element = Element::new("", field.tag).with_text(default);
                lookup(self.connection, field, &element)
            }
        };
        match found {
            // A standard object that is not there any more is not referred to.
            Err(error) if error.code == AxlCode::NOT_FOUND => Ok(None),
            other => other,
        }
    }

    /// Lists that are said whole, and what is to be put in and taken out of others.
    fn lists(
        &mut self,
        fields: &'static [Field],
        owner: &str,
        parent: &Element,
    ) -> Result<(), AxlError> {
        for field in fields.iter().filter(|field| !field.read_only) {
            let (Column::List(list) | Column::One(list)) = field.column else {
                continue;
            };
            let is_one = matches!(field.column, Column::One(_));
            let [removed, added] =
                ["remove", "add"].map(|verb| format!("{verb}{}", capital(field.tag)));
            let parts = [state(parent, &removed), state(parent, &added)];
            let whole = state(parent, field.tag);
            let is_said = |state: &State<'_>| !matches!(state, State::Absent);
            if is_said(&whole) && parts.iter().any(is_said) {
                let message = format!("{} goes without {removed} and {added}", field.tag);
                return Err(AxlError::new(AxlCode::RULE, message).by_client());
            }
            if is_said(&whole) {
                self.empty(list, owner)?;
            }
            match whole {
                State::Value(entry) if is_one => self.entry(list, owner, entry)?,
                State::Value(entries) => self.entries(list, owner, entries)?,
                State::Absent | State::Clear => {}
            }
            if let State::Value(entries) = parts[0] {
                for entry in entries_of(list, entries) {
                    self.take_out(list, owner, entry)?;
                }
            }
            if let State::Value(entries) = parts[1] {
                self.entries(list, owner, entries)?;
            }
        }
        Ok(())
    }

    fn entries(&mut self, list: &'static List, owner: &str, all: &Element) -> Result<(), AxlError> {
        entries_of(list, all).try_for_each(|entry| self.entry(list, owner, entry))
    }

    /// Puts one entry into a list.
    fn entry(&mut self, list: &'static List, owner: &str, entry: &Element) -> Result<(), AxlError> {
        let mut columns = match &list.entry {
            Entry::Record(_, fields) => self.columns(fields, entry, Mode::Add)?,
            Entry::Value(field) => {
                match (field.column.name(), lookup(self.connection, field, entry)?) {
                    (Some(column), Some(value)) if value != Value::Null => vec![(column, value)],
                    _ => return Ok(()),
                }
            }
        };
        columns.push((list.owner, Value::Text(owner.to_owned())));
        for (column, number) in list.only {
            columns.push((column, Value::Integer(*number)));
        }
        if let Some(position) = list.position
            && !columns
                .iter()
                .any(|(column, value)| *column == position && *value != Value::Null)
        {
            let sql = format!(
                "select coalesce(max({position}), 0) + 1 from {} where {} = ?1",
                list.table, list.owner
            );
            let next: i64 = self
                .connection
                .prepare_cached(&sql)
                .and_then(|mut statement| statement.query_row([owner], |row| row.get(0)))
                .map_err(refused)?;
            columns.retain(|(column, _)| *column != position);
            columns.push((position, Value::Integer(next)));
        }
        let pkid = self.insert(list.table, columns)?;
        if let Entry::Record(_, fields) = &list.entry {
            self.lists(fields, &pkid, entry)?;
            self.keep(fields, &pkid, entry)?;
        }
        Ok(())
    }

    /// Takes the entry out of a list that has what `entry` says.
    fn take_out(&self, list: &'static List, owner: &str, entry: &Element) -> Result<(), AxlError> {
        let mut values = vec![Value::Text(owner.to_owned())];
        let mut condition = format!("{} = ?1", list.owner);
        for field in list.fields() {
            let Some(column) = field
                .column
                .name()
                .filter(|name| list.identity.contains(name))
            else {
                continue;
            };
            let State::Value(element) = state(entry, field.tag) else {
                continue;
            };
            let value = if matches!(field.column, Column::Line(..)) {
                line(self.connection, element, LineUse::Find)?
            } else {
                lookup(self.connection, field, element)?
            };
            values.push(value.unwrap_or(Value::Null));
            condition.push_str(&format!(" and {column} = ?{}", values.len()));
        }
        if values.len() == 1 {
            return Err(missing(list.element()));
        }
        let sql = format!("delete from {} where {condition}", list.table);
        match self.run(&sql, values)? {
            0 => Err(AxlError::not_found(&capital(list.element()))),
            _ => Ok(()),
        }
    }

    fn empty(&self, list: &List, owner: &str) -> Result<(), AxlError> {
        let mut condition = format!("{} = ?1", list.owner);
        for (column, number) in list.only {
            condition.push_str(&format!(" and {column} = {number}"));
        }
        let rows = format!("from {} where {condition}", list.table);
        let owner = || [Value::Text(owner.to_owned())];
        self.run(
            &format!("delete from kept where owner in (select pkid {rows})"),
            owner(),
        )?;
        self.run(&format!("delete {rows}"), owner())?;
        Ok(())
    }

    fn secrets(&mut self, object: &Object, owner: &str, parent: &Element) {
        for field in object.fields {
            let Column::Secret(kind) = field.column else {
                continue;
            };
            let secret = match state(parent, field.tag) {
                State::Absent => continue,
                State::Clear => None,
                State::Value(element) => Some(Secret::new(element.text())),
            };
            self.secrets.push(NewSecret {
                owner: owner.to_owned(),
                kind,
                secret,
            });
        }
    }

    /// Keeps elements that are in no table as they came, instead of those of the same name.
    fn keep(&self, fields: &[Field], owner: &str, parent: &Element) -> Result<(), AxlError> {
        let is_known = |local: &str| {
            let part = local
                .strip_prefix("add")
                .or_else(|| local.strip_prefix("remove"));
            let is_part =
                part.is_some_and(|part| part.starts_with(|c: char| c.is_ascii_uppercase()));
            is_part || fields.iter().any(|field| field.tag == local)
        };
        let unknown = || parent.children().filter(|child| !is_known(child.local()));
        for child in unknown() {
            self.run(
                "delete from kept where owner = ?1 and element = ?2",
                [owner, child.local()].map(|text| Value::Text(text.to_owned())),
            )?;
        }
        for child in unknown() {
            if child.nodes().is_empty() {
                continue;
            }
            let texts = [owner, child.local(), &child.to_string()];
            self.run(
                "insert into kept values (?1, ?2, ?3)",
                texts.map(|text| Value::Text(text.to_owned())),
            )?;
        }
        Ok(())
    }

    /// Inserts a row, and answers its key; a new one, if there is none among the columns.
    fn insert(&self, table: &str, mut columns: Columns) -> Result<String, AxlError> {
        if !columns.iter().any(|(column, _)| *column == "pkid") {
            columns.push(("pkid", Value::Text(random_key()?)));
        }
        let names: Vec<_> = columns.iter().map(|(column, _)| *column).collect();
        let places: Vec<_> = (1..=names.len()).map(|place| format!("?{place}")).collect();
        let sql = format!(
            "insert into {table} ({}) values ({}) returning pkid",
            names.join(", "),
            places.join(", ")
        );
        let values = params_from_iter(columns.into_iter().map(|(_, value)| value));
        self.connection
            .prepare_cached(&sql)
            .and_then(|mut statement| statement.query_row(values, |row| row.get(0)))
            .map_err(refused)
    }

    fn run(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<usize, AxlError> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(params_from_iter(values)))
            .map_err(refused)
    }
}

fn entries_of<'e>(list: &List, entries: &'e Element) -> impl Iterator<Item = &'e Element> {
    let element = list.element();
    entries
        .children()
        .filter(move |child| child.local() == element)
}

/// The elements of an update without those that name the object, and `newName` as `name`.
pub(in super::super) fn changes(object: &Object, request: &Element) -> Element {
    let mut changes = Element::new("", object.element);
    let names = || object.keys.iter().chain(object.narrowing);
    for child in request.children() {
        let local = child.local();
        if local == "uuid" || names().any(|name| *name == local) {
            continue;
        }
        let renamed = local.strip_prefix("new").map(small);
        match names().find(|name| renamed.as_deref() == Some(**name)) {
            None => changes.push_child(child.clone()),
            Some(name) => {
                let mut copy = Element::new("", *name).with_text(child.text());
                for attribute in child.attributes() {
                    let (ns, local) = (attribute.name.ns(), attribute.name.local());
                    copy.set_attr(ns.to_owned(), local.to_owned(), attribute.value.clone());
                }
                changes.push_child(copy);
            }
        }
    }
    changes
}

fn small(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}
