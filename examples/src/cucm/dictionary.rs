//! The data dictionary: which element of AXL is which column of which table.
//!
//! Everything the directory does follows from these tables: its SQL schema, the operations on
//! every [`Object`], the tables that SQL may read and change, and the changes that `listChange`
//! tells. Tables and columns are named as in CUCM's data dictionary, where `fk` begins the key of
//! another row and `tk` the number of a row in a table of names (`typemodel` and so on).
//!
//! An element that is in no table is kept as it came and answered at the end of its object.

mod devices;
pub(super) mod numbers;
mod system;
mod tables;
mod users;

pub(super) use tables::{MAKES_KEY, is_readable, is_writable, named_by, schema};

/// Every object that is served, in the order in which their tables are made.
pub(super) const OBJECTS: &[&Object] = &[
    &system::PROCESS_NODE,
    &system::SERVICE_PARAMETER,
    &system::LOCATION,
    &system::REGION,
    &numbers::ROUTE_PARTITION,
    &numbers::CSS,
    &system::DEVICE_POOL,
    &numbers::LINE,
    &numbers::ROUTE_PATTERN,
    &users::USER,
    &users::APP_USER,
    &devices::PHONE,
    &devices::DEVICE_PROFILE,
    &devices::SIP_TRUNK,
    &devices::CTI_ROUTE_POINT,
];

/// An object of AXL.
#[derive(Debug)]
pub(super) struct Object {
    /// As in `getPhone`.
    pub(super) name: &'static str,
    /// The element that holds it.
    pub(super) element: &'static str,
    pub(super) table: &'static str,
    /// Which rows of the table are objects of this name: a column and its number.
    pub(super) only: Option<(&'static str, i64)>,
    /// Elements that name one. The others go with the first: one that is left out must be empty
    /// in the object, save those of [`Object::narrowing`].
    pub(super) keys: &'static [&'static str],
    /// Elements that may stand beside the keys and need not.
    pub(super) narrowing: &'static [&'static str],
    /// In the order of the schema.
    pub(super) fields: &'static [Field],
}

/// An element and what it is in the database.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// Name of the element.
    pub(super) tag: &'static str,
    pub(super) column: Column,
    /// What a new row has when nothing is said; with `=` in front, what another element says.
    pub(super) default: Option<&'static str>,
    /// It may not be empty.
    pub(super) required: bool,
    /// It is answered, never taken.
    pub(super) read_only: bool,
    /// It is not answered in versions of the schema before 12.5, which do not have it.
    pub(super) is_new: bool,
    /// It is not answered when it is empty; the others are, as CUCM does.
    pub(super) is_left_out: bool,
}

/// What an element is in the database.
#[derive(Clone, Copy, Debug)]
pub(super) enum Column {
    /// Key of the row, as attribute `uuid`.
    Uuid,
    /// A number that the row gets when it is made, as attribute `ctiid`.
    Serial,
    /// Text; empty is null.
    Text(&'static str),
    /// A number; empty is null.
    Number(&'static str),
    /// `t` or `f`.
    Flag(&'static str),
    /// Number of a row of a table of names, as the name. A name that is not there is added: the
    /// schema's lists are open.
    Kind(&'static str, &'static str),
    /// Key of a row of a table, as its name with attribute `uuid`.
    Key(&'static str, &'static str),
    /// The same without the attribute.
    Name(&'static str, &'static str),
    /// Key of a line, as pattern and partition inside the element.
    Line(&'static str, LineUse),
    /// Several columns inside the element.
    Group(&'static [Field]),
    /// Rows of another table inside the element.
    List(&'static List),
    /// The row of another table that there may be, as the element itself.
    One(&'static List),
    /// A password that is kept so that it can only be compared with.
    Secret(SecretKind),
    /// A secret that nothing here asks for: taken and not kept.
    Dropped,
}

/// What becomes of a line that is not there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum LineUse {
    /// It is made, as when a phone is added with a new number.
    Make,
    /// It is an error.
    Find,
}

/// What a kept secret is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum SecretKind {
    Password,
    Pin,
}

impl SecretKind {
    /// Its number in the database; CUCM's `typecredential` has the same.
    pub(super) fn number(self) -> i64 {
        match self {
            Self::Password => 3,
            Self::Pin => 4,
        }
    }
}

/// Rows of another table that belong to a row.
#[derive(Debug)]
pub(super) struct List {
    pub(super) table: &'static str,
    /// The column that names the row they belong to.
    pub(super) owner: &'static str,
    /// The column of that row which is meant, mostly its key.
    pub(super) of: &'static str,
    /// Which rows of the table: columns and their numbers.
    pub(super) only: &'static [(&'static str, i64)],
    /// The column with the place in the order, counted from 1; by itself when nothing is said.
    pub(super) position: Option<&'static str>,
    /// Columns by which an entry that is to be removed is found, of those that are given.
    pub(super) identity: &'static [&'static str],
    pub(super) entry: Entry,
}

/// What an entry of a list looks like.
#[derive(Debug)]
pub(super) enum Entry {
    /// The element is the value.
    Value(Field),
    /// Elements inside the element.
    Record(&'static str, &'static [Field]),
}

impl Object {
    /// The object of this name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        OBJECTS.iter().find(|object| object.name == name).copied()
    }

    /// The condition for rows of the table `t` to be objects of this name.
    pub(super) fn condition(&self) -> String {
        match self.only {
            Some((column, number)) => format!("t.{column} = {number}"),
            None => "1 = 1".to_owned(),
        }
    }

    pub(super) fn field(&self, tag: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.tag == tag)
    }
}

impl List {
    /// A list with entries of one value each.
    const fn of_values(table: &'static str, owner: &'static str, value: Field) -> Self {
        Self {
            table,
            owner,
            of: "pkid",
            only: &[],
            position: None,
            identity: &[],
            entry: Entry::Value(value),
        }
    }

    /// A list with entries of several elements.
    const fn of_records(
        table: &'static str,
        owner: &'static str,
        element: &'static str,
        fields: &'static [Field],
    ) -> Self {
        Self {
            table,
            owner,
            of: "pkid",
            only: &[],
            position: None,
            identity: &[],
            entry: Entry::Record(element, fields),
        }
    }

    const fn only(mut self, only: &'static [(&'static str, i64)]) -> Self {
        self.only = only;
        self
    }

    const fn of(mut self, column: &'static str) -> Self {
        self.of = column;
        self
    }

    const fn position(mut self, column: &'static str) -> Self {
        self.position = Some(column);
        self
    }

    const fn identity(mut self, columns: &'static [&'static str]) -> Self {
        self.identity = columns;
        self
    }

    /// Name of an entry's element.
    pub(super) fn element(&self) -> &'static str {
        match &self.entry {
            Entry::Value(field) => field.tag,
            Entry::Record(element, _) => element,
        }
    }

    /// Columns of an entry.
    pub(super) fn fields(&self) -> &[Field] {
        match &self.entry {
            Entry::Value(field) => std::slice::from_ref(field),
            Entry::Record(_, fields) => fields,
        }
    }
}

impl Field {
    const fn new(tag: &'static str, column: Column) -> Self {
        Self {
            tag,
            column,
            default: None,
            required: false,
            read_only: false,
            is_new: false,
            is_left_out: false,
        }
    }

    const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    const fn new_in_12_5(mut self) -> Self {
        self.is_new = true;
        self
    }

    const fn left_out_if_empty(mut self) -> Self {
        self.is_left_out = true;
        self
    }

    /// Whether it is in the answer of a list, which has no lists within it.
    pub(super) fn is_flat(&self) -> bool {
        !matches!(self.column, Column::List(_) | Column::Group(_))
    }
}

const UUID: Field = Field::new("uuid", Column::Uuid);
const CTIID: Field = Field::new("ctiid", Column::Serial);

const fn text(tag: &'static str, column: &'static str) -> Field {
    Field::new(tag, Column::Text(column))
}

const fn number(tag: &'static str, column: &'static str) -> Field {
    Field::new(tag, Column::Number(column))
}

const fn flag(tag: &'static str, column: &'static str) -> Field {
    Field::new(tag, Column::Flag(column)).or("false")
}

const fn kind(tag: &'static str, column: &'static str, table: &'static str) -> Field {
    Field::new(tag, Column::Kind(column, table))
}

const fn key(tag: &'static str, column: &'static str, table: &'static str) -> Field {
    Field::new(tag, Column::Key(column, table))
}

const fn name(tag: &'static str, column: &'static str, table: &'static str) -> Field {
    Field::new(tag, Column::Name(column, table))
}

const fn group(tag: &'static str, fields: &'static [Field]) -> Field {
    Field::new(tag, Column::Group(fields))
}

const fn list(tag: &'static str, list: &'static List) -> Field {
    Field::new(tag, Column::List(list))
}

const fn one(tag: &'static str, list: &'static List) -> Field {
    Field::new(tag, Column::One(list))
}

const fn dropped(tag: &'static str) -> Field {
    Field::new(tag, Column::Dropped)
}

#[cfg(test)]
mod tests {
    use soap_axl::axl::{OperationTable, is_secret};

    use super::*;

    #[test]
    fn no_secret_that_the_records_have_is_answered() {
        let mut secrets = 0;
        for object in OBJECTS {
            let Some(table) = OperationTable::of(&format!("add{}", object.name)) else {
                continue;
            };
            let record = table
                .request
                .iter()
                .find(|field| field.wire == object.element);
            for field in record.unwrap().inner {
                if is_secret(field.wire) && field.inner.is_empty() {
                    let known = object.field(field.wire).map(|field| field.column);
                    let hidden = matches!(known, Some(Column::Secret(_) | Column::Dropped));
                    assert!(hidden, "{} of {}", field.wire, object.name);
                    secrets += 1;
                }
            }
        }
        assert!(secrets >= 7, "{secrets} of phones and users");
    }
}
