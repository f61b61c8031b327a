//! The SQL schema that follows from the data dictionary.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::LazyLock,
};

use super::{Column, Field, List, OBJECTS};

/// The script that makes all tables.
pub(in super::super) fn schema() -> String {
    let mut script = String::new();
    let tables = &*TABLES;
    for (name, table) in &tables.described {
        let columns: Vec<_> = table
            .columns
            .iter()
            .map(|(column, kind)| format!(",\n  {column} {kind}"))
            .collect();
        script.push_str(&create(name, &format!("{PKID}{}", columns.concat())));
        for (column, _) in table
            .columns
            .iter()
            .filter(|(_, kind)| table.is_map && kind.contains("references"))
        {
            script.push_str(&format!(
                "create index {name}_{column} on {name} ({column});\n"
            ));
        }
        if table.columns.iter().any(|(column, _)| *column == SERIAL) {
            script.push_str(&serial(name, SERIAL));
        }
        script.push_str(&key(name));
    }
    for name in &tables.named {
        script.push_str(&create(
            name,
            &format!("{PKID}, name text unique, description text"),
        ));
        script.push_str(&key(name));
    }
    for name in &tables.kinds {
        script.push_str(&create(
            name,
            "enum integer primary key, name text unique, moniker text",
        ));
    }
    for object in OBJECTS {
        let columns: Vec<_> = object
            .keys
            .iter()
            .filter_map(|tag| object.field(tag)?.column.name())
            .enumerate()
            .map(|(place, column)| match place {
                0 => column.to_owned(),
                _ => format!("coalesce({column}, '')"),
            })
            .collect();
        let (table, columns) = (object.table, columns.join(", "));
        script.push_str(&format!(
            "create unique index if not exists {table}_key on {table} ({columns});\n"
        ));
    }
    script.push_str(&serial("location", "id"));
    script.push_str(REST);
    script.push_str(&log_of_changes());
    script
}

/// Whether SQL may read the table.
pub(in super::super) fn is_readable(table: &str) -> bool {
    let tables = &*TABLES;
    is_writable(table) || tables.kinds.contains(table)
}

/// Whether SQL may change the table.
pub(in super::super) fn is_writable(table: &str) -> bool {
    let tables = &*TABLES;
    tables.described.contains_key(table) || tables.named.contains(table) || VIEWS.contains(&table)
}

/// The column by which rows of a table are named.
pub(in super::super) fn named_by(table: &str) -> &'static str {
    match table {
        "enduser" => "userid",
        "numplan" => "dnorpattern",
        _ => "name",
    }
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut tables = Tables::default();
    for object in OBJECTS {
        tables.table(object.table, false);
        if let Some((column, _)) = object.only {
            tables.column(object.table, column, "integer".to_owned());
        }
        tables.fields(object.table, object.fields, false);
    }
    let described = &tables.described;
    tables.named.retain(|name| !described.contains_key(name));
    tables
});

#[derive(Debug, Default)]
struct Tables {
    described: BTreeMap<&'static str, Table>,
    /// Tables that are only referred to: they have names.
    named: BTreeSet<&'static str>,
    /// Tables of numbered names.
    kinds: BTreeSet<&'static str>,
}

#[derive(Debug, Default)]
struct Table {
    /// Columns and how they are declared.
    columns: Vec<(&'static str, String)>,
    /// Whether its rows belong to rows of another table, and go with them.
    is_map: bool,
}

impl Tables {
    fn table(&mut self, name: &'static str, is_map: bool) {
        self.described.entry(name).or_default().is_map = is_map;
    }

    fn column(&mut self, table: &'static str, column: &'static str, kind: String) {
        let columns = &mut self.described.entry(table).or_default().columns;
        if !columns.iter().any(|(name, _)| *name == column) {
            columns.push((column, kind));
        }
    }

    fn reference(&mut self, table: &'static str, column: &'static str, target: &'static str) {
        self.named.insert(target);
        let is_map = self.described.get(table).is_some_and(|table| table.is_map);
        let action = match target {
            _ if is_map => " on delete cascade",
            "device" | "enduser" | "numplan" => " on delete set null",
            _ => "",
        };
        self.column(
            table,
            column,
            format!("text references {target} (pkid){action}"),
        );
    }

    fn fields(&mut self, table: &'static str, fields: &'static [Field], is_map: bool) {
        for field in fields {
            self.field(table, field, is_map);
        }
    }

    fn field(&mut self, table: &'static str, field: &'static Field, is_map: bool) {
        match field.column {
            Column::Uuid | Column::Secret(_) | Column::Dropped => {}
            Column::Serial => self.column(table, SERIAL, "integer".to_owned()),
            Column::Text(column) => self.column(table, column, "text".to_owned()),
            Column::Number(column) => self.column(table, column, "integer".to_owned()),
            Column::Flag(column) => {
                let set = if field.default == Some("true") {
                    't'
                } else {
                    'f'
                };
                self.column(table, column, format!("text not null default '{set}'"));
            }
            Column::Kind(column, kinds) => {
                self.kinds.insert(kinds);
                self.column(table, column, "integer".to_owned());
            }
            Column::Key(column, target) | Column::Name(column, target) => {
                self.reference(table, column, target);
            }
            Column::Line(column, _) => self.reference(table, column, "numplan"),
            Column::Group(fields) => self.fields(table, fields, is_map),
            Column::List(list) | Column::One(list) => self.list(table, list),
        }
    }

    fn list(&mut self, of: &'static str, list: &'static List) {
        self.table(list.table, true);
        let owner = match list.of {
            "pkid" => of,
            column => column.trim_start_matches("fk"),
        };
        self.reference(list.table, list.owner, owner);
        for (column, _) in list.only {
            self.column(list.table, column, "integer".to_owned());
        }
        for field in list.fields() {
            // The entry of a list is as static as the list.
            self.field(list.table, field, true);
        }
    }
}

impl Column {
    /// The one column that it is, if it is one.
    pub(in super::super) fn name(&self) -> Option<&'static str> {
        match *self {
            Self::Text(column)
            | Self::Number(column)
            | Self::Flag(column)
            | Self::Kind(column, _)
            | Self::Key(column, _)
            | Self::Name(column, _)
            | Self::Line(column, _) => Some(column),
            Self::Serial => Some(SERIAL),
            Self::Uuid => Some("pkid"),
            Self::Group(_) | Self::List(_) | Self::One(_) | Self::Secret(_) | Self::Dropped => None,
        }
    }
}

fn create(table: &str, columns: &str) -> String {
    format!(
        "create table {table} ({columns});
"
    )
}

/// A column whose next number a row gets when it is made.
fn serial(table: &str, column: &str) -> String {
    format!(
        "create index {table}_{column} on {table} ({column});\n\
         create trigger {table}_{column}_next after insert on {table} when new.{column} is null \
         begin update {table} set {column} = (select coalesce(max({column}), 0) + 1 from {table}) \
         where rowid = new.rowid; end;\n"
    )
}

/// Gives a row that comes without a key one in CUCM's spelling. A default of the column would be
/// looked at by the authorizer of statements that only read.
fn key(table: &str) -> String {
    format!(
        "create trigger {table}{MAKES_KEY} after insert on {table} when new.pkid is null begin \
         update {table} set pkid = lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || \
         substr(hex(randomblob(2)), 2) || '-a' || substr(hex(randomblob(2)), 2) || '-' || \
         hex(randomblob(6))) where rowid = new.rowid; end;\n"
    )
}

/// Triggers that write down which objects were added, changed and removed.
fn log_of_changes() -> String {
    let mut script = String::new();
    for object in OBJECTS {
        let (name, table) = (object.name, object.table);
        for (event, row, action) in [
            ("insert", "new", "'a'"),
            // A row is there once it has its key.
            (
                "update",
                "new",
                "case when old.pkid is null then 'a' else 'u' end",
            ),
            ("delete", "old", "'r'"),
        ] {
            let is_one = object.only.map_or_else(String::new, |(column, number)| {
                format!(" and {row}.{column} = {number}")
            });
            // Writing to a string does not fail.
            let _ = writeln!(
                script,
                "create trigger changed_{name}_{event} after {event} on {table} \
                 when {row}.pkid is not null{is_one} \
                 begin insert into changed values ('{name}', {row}.pkid, {action}); end;"
            );
        }
    }
    script
}

const PKID: &str = "pkid text primary key";

/// How the names of triggers end that give keys to rows.
pub(in super::super) const MAKES_KEY: &str = "_without_key";

const SERIAL: &str = "ctiid";

/// Tables of CUCM that are part of another one here.
const VIEWS: &[&str] = &["callforwarddynamic", "extensionmobilitydynamic"];

const REST: &str = "
create unique index devicenumplanmap_place on devicenumplanmap (fkdevice, numplanindex);
create view callforwarddynamic as select pkid, pkid as fknumplan,
    dynamiccfadestination as cfadestination, dynamiccfavoicemailenabled as cfavoicemailenabled,
    fkcallingsearchspace_dynamiccfa as fkcallingsearchspace_cfa, fkcallingsearchspace_scfa
    from numplan;
create trigger callforwarddynamic_update instead of update on callforwarddynamic begin
    update numplan set dynamiccfadestination = new.cfadestination,
    dynamiccfavoicemailenabled = new.cfavoicemailenabled,
    fkcallingsearchspace_dynamiccfa = new.fkcallingsearchspace_cfa,
    fkcallingsearchspace_scfa = new.fkcallingsearchspace_scfa where pkid = new.pkid; end;
create view extensionmobilitydynamic as select pkid, pkid as fkdevice,
    ikdevice_currentloginprofile as fkdevice_currentloginprofile, fkenduser_login as fkenduser,
    em_logintime as logintime, em_loginduration as loginduration from device
    where fkenduser_login is not null;
create trigger callingsearchspacemember_added after insert on callingsearchspacemember begin
    update callingsearchspace set clause = (select group_concat(name, ':') from (select p.name
    from callingsearchspacemember m join routepartition p on p.pkid = m.fkroutepartition
    where m.fkcallingsearchspace = new.fkcallingsearchspace order by m.sortorder))
    where pkid = new.fkcallingsearchspace; end;
create trigger callingsearchspacemember_removed after delete on callingsearchspacemember begin
    update callingsearchspace set clause = (select group_concat(name, ':') from (select p.name
    from callingsearchspacemember m join routepartition p on p.pkid = m.fkroutepartition
    where m.fkcallingsearchspace = old.fkcallingsearchspace order by m.sortorder))
    where pkid = old.fkcallingsearchspace; end;
create table kept (owner text not null, element text not null, xml text not null);
create index kept_owner on kept (owner);
create table credential (owner text not null, kind integer not null, salt blob, hash blob,
    primary key (owner, kind));
create table seeded (pkid text primary key);
create table changed (object text not null, pkid text not null, action text not null);
";

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn tables_are_named_as_in_the_data_dictionary() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(&schema()).unwrap();
        for (table, columns) in [
            (
                "device",
                "pkid, name, description, tkmodel, tkclass, fkdevicepool, fkenduser",
            ),
            (
                "numplan",
                "pkid, dnorpattern, fkroutepartition, tkpatternusage, alertingname",
            ),
            (
                "devicenumplanmap",
                "fkdevice, fknumplan, numplanindex, label, display, e164mask",
            ),
            (
                "enduser",
                "pkid, userid, firstname, lastname, department, mailid, islocaluser",
            ),
            ("applicationuser", "pkid, name, isstandard"),
            ("typemodel", "enum, name, moniker"),
            ("routepartition", "pkid, name, description"),
            ("callingsearchspace", "pkid, name, clause"),
            (
                "callingsearchspacemember",
                "fkcallingsearchspace, fkroutepartition, sortorder",
            ),
            (
                "devicepool",
                "pkid, name, fkregion, fklocation, fkcallmanagergroup",
            ),
            (
                "processconfig",
                "paramname, paramvalue, tkservice, fkprocessnode",
            ),
            ("callforwarddynamic", "fknumplan, cfadestination"),
        ] {
            let sql = format!("select {columns} from {table}");
            assert!(connection.prepare(&sql).is_ok(), "{sql}");
            assert!(is_readable(table), "{table}");
        }
    }

    #[test]
    fn what_is_not_of_the_dictionary_is_out_of_reach() {
        for table in ["credential", "kept", "seeded", "changed", "sqlite_master"] {
            assert!(!is_readable(table) && !is_writable(table), "{table}");
        }
        assert!(!is_writable("typemodel"));
    }
}
