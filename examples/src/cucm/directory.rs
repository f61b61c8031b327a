//! Users, phones and lines in tables named as in CUCM's data dictionary.
//!
//! An in-memory SQLite database made from the seed. Passwords are not in it. Typed operations read
//! it here, `executeSQLQuery` in [`sql`](super::sql).

use ring::digest;
use rusqlite::{Connection, OptionalExtension as _, Row as SqlRow, ToSql, params};
use soap_axl::axl::{
    AppUser, AppUserCriteria, AssociatedDevices, AssociatedGroups, DeviceProtocol, Dirn,
    ForeignKey, Line, LineCriteria, LineKey, NameKey, Phone, PhoneCriteria, PhoneLine, PhoneLines,
    Presence, PrimaryExtension, Product, User, UserCriteria, UserGroup, UserKey, Uuid,
};

use crate::seed::Seed;

/// The directory.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) connection: Connection,
}

/// Part of a list: how many to leave out, how many to answer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Page {
    pub(super) skip: Option<u64>,
    pub(super) first: Option<u64>,
}

impl Directory {
    /// Fills the tables from the seed.
    pub(super) fn from_seed(seed: &Seed) -> rusqlite::Result<Self> {
        let mut connection = Connection::open_in_memory()?;
        connection.execute_batch(TABLES)?;
        let transaction = connection.transaction()?;
        fill(&transaction, seed)?;
        transaction.commit()?;
        // Informix tells cases apart.
        connection.pragma_update(None, "case_sensitive_like", true)?;
        super::sql::restrict(&mut connection)?;
        Ok(Self { connection })
    }

    /// One user with everything.
    pub(super) fn user(&self, key: &UserKey) -> rusqlite::Result<Option<User>> {
        let (column, value) = match key {
            UserKey::Userid(userid) => ("userid", userid.clone()),
            UserKey::Uuid(uuid) => ("pkid", uuid.to_pkid()),
        };
        let sql = format!("{USERS} where enduser.{column} = ?1");
        let user = self
            .connection
            .query_row(&sql, [value], read_user)
            .optional()?;
        user.map(|user| self.with_lists(user)).transpose()
    }

    /// Users that match, without nested lists.
    pub(super) fn users(&self, criteria: &UserCriteria, page: Page) -> rusqlite::Result<Vec<User>> {
        let filters = [
            ("enduser.firstname", &criteria.first_name),
            ("enduser.lastname", &criteria.last_name),
            ("enduser.userid", &criteria.userid),
            ("enduser.department", &criteria.department),
        ];
        self.list(USERS, &filters, "enduser.userid", page, read_user)
    }

    /// One phone with its lines.
    pub(super) fn phone(&self, key: &NameKey) -> rusqlite::Result<Option<Phone>> {
        let (column, value) = match key {
            NameKey::Name(name) => ("name", name.clone()),
            NameKey::Uuid(uuid) => ("pkid", uuid.to_pkid()),
        };
        let sql = format!("{PHONES} and device.{column} = ?1");
        let phone = self
            .connection
            .query_row(&sql, [value], read_phone)
            .optional()?;
        phone.map(|phone| self.with_lines(phone)).transpose()
    }

    /// Phones that match, without their lines.
    pub(super) fn phones(
        &self,
        criteria: &PhoneCriteria,
        page: Page,
    ) -> rusqlite::Result<Vec<Phone>> {
        let filters = [
            ("device.name", &criteria.name),
            ("device.description", &criteria.description),
            ("typedeviceprotocol.name", &criteria.protocol),
            ("devicepool.name", &criteria.device_pool_name),
            // No phone of ours has a search space; only `%` matches nothing.
            ("''", &criteria.calling_search_space_name),
            ("''", &criteria.security_profile_name),
        ];
        self.list(PHONES, &filters, "device.name", page, read_phone)
    }

    /// Lines that match.
    pub(super) fn lines(&self, criteria: &LineCriteria, page: Page) -> rusqlite::Result<Vec<Line>> {
        let filters = [
            ("numplan.dnorpattern", &criteria.pattern),
            ("numplan.description", &criteria.description),
            ("typepatternusage.name", &criteria.usage),
            (
                "coalesce(routepartition.name, '')",
                &criteria.route_partition_name,
            ),
        ];
        self.list(LINES, &filters, "numplan.dnorpattern", page, read_line)
    }

    /// One line.
    pub(super) fn line(&self, key: &LineKey) -> rusqlite::Result<Option<Line>> {
        let (column, value) = match key {
            LineKey::Uuid(uuid) => ("pkid", uuid.to_pkid()),
            LineKey::Pattern(pattern) => ("dnorpattern", pattern.clone()),
        };
        let sql = format!("{LINES} where numplan.{column} = ?1");
        self.connection
            .query_row(&sql, [value], read_line)
            .optional()
    }

    /// One application user.
    pub(super) fn app_user(&self, key: &UserKey) -> rusqlite::Result<Option<AppUser>> {
        let (column, value) = match key {
            UserKey::Userid(userid) => ("name", userid.clone()),
            UserKey::Uuid(uuid) => ("pkid", uuid.to_pkid()),
        };
        let sql = format!("{APP_USERS} where {column} = ?1");
        self.connection
            .query_row(&sql, [value], read_app_user)
            .optional()
    }

    /// Application users that match.
    pub(super) fn app_users(
        &self,
        criteria: &AppUserCriteria,
        page: Page,
    ) -> rusqlite::Result<Vec<AppUser>> {
        let filters = [("name", &criteria.userid)];
        self.list(APP_USERS, &filters, "name", page, read_app_user)
    }

    /// `base` may end in a where clause; each filter is a `LIKE` pattern on a column.
    fn list<T>(
        &self,
        base: &str,
        filters: &[(&str, &Option<String>)],
        order: &str,
        page: Page,
        read: fn(&SqlRow<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let mut sql = base.to_owned();
        if !sql.contains(" where ") {
            sql.push_str(" where 1 = 1");
        }
        let mut values: Vec<&dyn ToSql> = Vec::new();
        for (column, pattern) in filters {
            if let Some(pattern) = pattern {
                values.push(pattern);
                sql.push_str(&format!(" and {column} like ?{}", values.len()));
            }
        }
        // -1 is no limit.
        let first = page
            .first
            .map_or(-1, |first| i64::try_from(first).unwrap_or(i64::MAX));
        let skip = page
            .skip
            .map_or(0, |skip| i64::try_from(skip).unwrap_or(i64::MAX));
        sql.push_str(&format!(" order by {order} limit {first} offset {skip}"));
        let mut statement = self.connection.prepare(&sql)?;
        statement.query_map(values.as_slice(), read)?.collect()
    }

    fn with_lists(&self, mut user: User) -> rusqlite::Result<User> {
        let pkid = user.uuid.as_ref().map(Uuid::to_pkid).unwrap_or_default();
        let names = |sql: &str| -> rusqlite::Result<Vec<String>> {
            let mut statement = self.connection.prepare(sql)?;
            statement.query_map([&pkid], |row| row.get(0))?.collect()
        };
        let devices = names(
            "select device.name from device join enduserdevicemap \
             on enduserdevicemap.fkdevice = device.pkid \
             where enduserdevicemap.fkenduser = ?1 order by device.name",
        )?;
        if !devices.is_empty() {
            user.associated_devices = Presence::Value(AssociatedDevices {
                devices,
                ..Default::default()
            });
        }
        let groups = names(
            "select dirgroup.name from dirgroup join enduserdirgroupmap \
             on enduserdirgroupmap.fkdirgroup = dirgroup.pkid \
             where enduserdirgroupmap.fkenduser = ?1 order by dirgroup.name",
        )?;
        if !groups.is_empty() {
            let group = |name: String| UserGroup {
                name: name.into(),
                ..Default::default()
            };
            let groups = groups.into_iter().map(group).collect();
            user.associated_groups = Presence::Value(AssociatedGroups {
                groups,
                ..Default::default()
            });
        }
        Ok(user)
    }

    fn with_lines(&self, mut phone: Phone) -> rusqlite::Result<Phone> {
        let pkid = phone.uuid.as_ref().map(Uuid::to_pkid).unwrap_or_default();
        let mut statement = self.connection.prepare(
            "select map.ctiid, map.pkid, map.numplanindex, map.label, map.display, \
             numplan.pkid, numplan.dnorpattern from devicenumplanmap map \
             join numplan on numplan.pkid = map.fknumplan \
             where map.fkdevice = ?1 order by map.numplanindex",
        )?;
        let lines = statement
            .query_map([&pkid], |row| {
                Ok(PhoneLine {
                    ctiid: row
                        .get::<_, Option<i64>>(0)?
                        .and_then(|id| u64::try_from(id).ok()),
                    uuid: Some(key(row, 1)?),
                    index: Presence::Value(row.get::<_, i64>(2)?.to_string()),
                    label: text(row, 3)?,
                    display: text(row, 4)?,
                    dirn: Presence::Value(Dirn {
                        uuid: Some(key(row, 5)?),
                        pattern: text(row, 6)?,
                        route_partition_name: Presence::Value(ForeignKey::default()),
                        other: Vec::new(),
                    }),
                    ..Default::default()
                })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        if !lines.is_empty() {
            phone.lines = Presence::Value(PhoneLines {
                lines,
                ..Default::default()
            });
        }
        Ok(phone)
    }
}

fn read_user(row: &SqlRow<'_>) -> rusqlite::Result<User> {
    let extension: Option<String> = row.get("extension")?;
    Ok(User {
        uuid: Some(key(row, 0)?),
        userid: text(row, 1)?,
        first_name: text(row, 2)?,
        last_name: text(row, 3)?,
        department: text(row, 4)?,
        mailid: text(row, 5)?,
        telephone_number: text(row, 6)?,
        status: Presence::Value(row.get::<_, i64>(7)?.to_string()),
        enable_cti: true.into(),
        home_cluster: true.into(),
        presence_group_name: ForeignKey::named("Standard Presence group").into(),
        primary_extension: extension
            .map(|pattern| PrimaryExtension {
                pattern: pattern.into(),
                route_partition_name: "".into(),
                other: Vec::new(),
            })
            .into(),
        ..Default::default()
    })
}

fn read_phone(row: &SqlRow<'_>) -> rusqlite::Result<Phone> {
    let owner: Option<String> = row.get("owner")?;
    Ok(Phone {
        uuid: Some(key(row, 0)?),
        ctiid: row
            .get::<_, Option<i64>>(1)?
            .and_then(|id| u64::try_from(id).ok()),
        name: text(row, 2)?,
        description: text(row, 3)?,
        product: Presence::Value(Product::from(row.get::<_, String>(4)?.as_str())),
        model: text(row, 4)?,
        class: "Phone".into(),
        protocol: Presence::Value(DeviceProtocol::from(row.get::<_, String>(5)?.as_str())),
        protocol_side: "User".into(),
        device_pool_name: Presence::Value(ForeignKey::new(row.get::<_, String>(6)?, key(row, 7)?)),
        common_phone_config_name: ForeignKey::named("Standard Common Phone Profile").into(),
        location_name: ForeignKey::named("Hub_None").into(),
        owner_user_name: owner.map(ForeignKey::named).into(),
        allow_cti_control_flag: (row.get::<_, String>(8)? == "t").into(),
        ..Default::default()
    })
}

fn read_line(row: &SqlRow<'_>) -> rusqlite::Result<Line> {
    Ok(Line {
        uuid: Some(key(row, 0)?),
        pattern: text(row, 1)?,
        description: text(row, 2)?,
        usage: text(row, 3)?,
        route_partition_name: Presence::Value(ForeignKey::default()),
        alerting_name: text(row, 4)?,
        ascii_alerting_name: text(row, 4)?,
        ..Default::default()
    })
}

fn read_app_user(row: &SqlRow<'_>) -> rusqlite::Result<AppUser> {
    Ok(AppUser {
        uuid: Some(key(row, 0)?),
        userid: text(row, 1)?,
        presence_group_name: ForeignKey::named("Standard Presence group").into(),
        is_standard: (row.get::<_, String>(2)? == "t").into(),
        ..Default::default()
    })
}

fn key(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<Uuid> {
    Ok(Uuid::new(
        Uuid::new(row.get::<_, String>(column)?).to_braced(),
    ))
}

fn text(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<Presence<String>> {
    Ok(Presence::Value(
        row.get::<_, Option<String>>(column)?.unwrap_or_default(),
    ))
}

/// One phone and one line for each agent, a route point for the queue, and the standard objects
/// that a fresh CUCM has.
fn fill(connection: &Connection, seed: &Seed) -> rusqlite::Result<()> {
    let pool = pkid("devicepool", "Default");
    connection.execute("insert into devicepool values (?1, 'Default')", [&pool])?;
    for name in ["Standard CCM End Users", "Standard CTI Enabled"] {
        connection.execute(
            "insert into dirgroup values (?1, ?2)",
            [&pkid("dirgroup", name), name],
        )?;
    }
    for user in &seed.application_users {
        connection.execute(
            "insert into applicationuser values (?1, ?2, 'f')",
            [&pkid("applicationuser", &user.name), &user.name],
        )?;
    }
    for user in &seed.administrators {
        insert_user(connection, &user.login_id, ("", &user.login_id), "", None)?;
    }
    for (number, agent) in (1_i64..).zip(&seed.agents) {
        let team = seed.teams.iter().find(|team| team.id == agent.team);
        let department = team.map_or("", |team| &team.name);
        let name = (agent.first_name.as_str(), agent.last_name.as_str());
        let user = insert_user(
            connection,
            &agent.login_id,
            name,
            department,
            Some(&agent.extension),
        )?;
        let full_name = format!("{} {}", agent.first_name, agent.last_name);
        let device_name = device_name(&agent.extension);
        let device = pkid("device", &device_name);
        connection.execute(
            "insert into device values (?1, ?2, ?3, 683, 11, 1, ?4, ?5, 't', ?6)",
            params![
                device,
                device_name,
                format!("{full_name} {}", agent.extension),
                pool,
                user,
                number
            ],
        )?;
        let line = insert_line(connection, &agent.extension, &full_name, 2)?;
        connection.execute(
            "insert into devicenumplanmap values (?1, ?2, ?3, 1, ?4, ?5, ?6)",
            params![
                pkid("devicenumplanmap", &device_name),
                device,
                line,
                agent.extension,
                full_name,
                number
            ],
        )?;
        connection.execute(
            "insert into enduserdevicemap values (?1, ?2, ?3, 1)",
            [&pkid("enduserdevicemap", &device_name), &user, &device],
        )?;
        connection.execute(
            "insert into endusernumplanmap values (?1, ?2, ?3, 1)",
            [&pkid("endusernumplanmap", &agent.login_id), &user, &line],
        )?;
    }
    let route_point = format!("RP_{}", seed.queue.route_point);
    let device = pkid("device", &route_point);
    connection.execute(
        "insert into device values (?1, ?2, ?3, 73, 11, 10, ?4, null, 't', null)",
        [&device, &route_point, &seed.queue.name, &pool],
    )?;
    let line = insert_line(connection, &seed.queue.route_point, &seed.queue.name, 2)?;
    connection.execute(
        "insert into devicenumplanmap values (?1, ?2, ?3, 1, '', '', null)",
        [&pkid("devicenumplanmap", &route_point), &device, &line],
    )?;
    connection.execute(
        "insert into processnode values (?1, 'EnterpriseWideData'), (?2, 'localhost')",
        [
            pkid("processnode", "EnterpriseWideData"),
            pkid("processnode", "localhost"),
        ],
    )?;
    Ok(())
}

fn insert_user(
    connection: &Connection,
    userid: &str,
    (first_name, last_name): (&str, &str),
    department: &str,
    extension: Option<&str>,
) -> rusqlite::Result<String> {
    let user = pkid("enduser", userid);
    connection.execute(
        "insert into enduser values (?1, ?2, ?3, ?4, ?5, '', ?6, 1, 't')",
        [
            &user,
            userid,
            first_name,
            last_name,
            department,
            extension.unwrap_or_default(),
        ],
    )?;
    connection.execute(
        "insert into enduserdirgroupmap select lower(hex(randomblob(16))), ?1, pkid from dirgroup",
        [&user],
    )?;
    Ok(user)
}

fn insert_line(
    connection: &Connection,
    pattern: &str,
    alerting_name: &str,
    usage: i64,
) -> rusqlite::Result<String> {
    let line = pkid("numplan", pattern);
    connection.execute(
        "insert or ignore into numplan values (?1, ?2, ?3, ?4, null, ?3)",
        params![line, pattern, alerting_name, usage],
    )?;
    Ok(line)
}

/// Name of an agent's phone: `SEP` and twelve hexadecimal digits, the extension at their end.
fn device_name(extension: &str) -> String {
    let digits: String = extension.chars().filter(char::is_ascii_digit).collect();
    format!("SEP{digits:0>12}")
}

/// A key that is the same for the same object at every start, in the form of RFC 9562 version 8.
fn pkid(table: &str, name: &str) -> String {
    let hash = digest::digest(&digest::SHA256, format!("{table}\0{name}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    bytes[6] = 0x80 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

const USERS: &str = "select enduser.pkid, enduser.userid, enduser.firstname, enduser.lastname, \
    enduser.department, enduser.mailid, enduser.telephonenumber, enduser.status, \
    numplan.dnorpattern as extension from enduser \
    left join endusernumplanmap on endusernumplanmap.fkenduser = enduser.pkid \
    left join numplan on numplan.pkid = endusernumplanmap.fknumplan";

/// 1 is the class of phones.
const PHONES: &str = "select device.pkid, device.ctiid, device.name, device.description, \
    typemodel.name, typedeviceprotocol.name, devicepool.name, devicepool.pkid, \
    device.allowcticontrolflag, enduser.userid as owner from device \
    join typemodel on typemodel.enum = device.tkmodel \
    join typedeviceprotocol on typedeviceprotocol.enum = device.tkdeviceprotocol \
    join devicepool on devicepool.pkid = device.fkdevicepool \
    left join enduser on enduser.pkid = device.fkenduser where device.tkclass = 1";

const APP_USERS: &str = "select pkid, name, isstandard from applicationuser";

const LINES: &str = "select numplan.pkid, numplan.dnorpattern, numplan.description, \
    typepatternusage.name, numplan.alertingname from numplan \
    join typepatternusage on typepatternusage.enum = numplan.tkpatternusage \
    left join routepartition on routepartition.pkid = numplan.fkroutepartition";

const TABLES: &str = "
create table applicationuser (pkid text primary key, name text unique, isstandard text);
create table devicepool (pkid text primary key, name text unique);
create table dirgroup (pkid text primary key, name text unique);
create table routepartition (pkid text primary key, name text unique);
create table processnode (pkid text primary key, name text unique);
create table typemodel (enum integer primary key, name text, moniker text);
create table typedeviceprotocol (enum integer primary key, name text, moniker text);
create table typeclass (enum integer primary key, name text, moniker text);
create table typepatternusage (enum integer primary key, name text, moniker text);
create table enduser (pkid text primary key, userid text unique, firstname text, lastname text,
    department text, mailid text, telephonenumber text, status integer, islocaluser text);
create table enduserdirgroupmap (pkid text primary key, fkenduser text, fkdirgroup text);
create table device (pkid text primary key, name text unique, description text, tkmodel integer,
    tkdeviceprotocol integer, tkclass integer, fkdevicepool text, fkenduser text,
    allowcticontrolflag text, ctiid integer);
create table numplan (pkid text primary key, dnorpattern text, description text,
    tkpatternusage integer, fkroutepartition text, alertingname text);
create table devicenumplanmap (pkid text primary key, fkdevice text, fknumplan text,
    numplanindex integer, label text, display text, ctiid integer);
create table enduserdevicemap (pkid text primary key, fkenduser text, fkdevice text,
    tkuserassociation integer);
create table endusernumplanmap (pkid text primary key, fkenduser text, fknumplan text,
    tkdnusage integer);
create index enduserdevicemap_enduser on enduserdevicemap (fkenduser);
create index endusernumplanmap_enduser on endusernumplanmap (fkenduser);
create index enduserdirgroupmap_enduser on enduserdirgroupmap (fkenduser);
create index devicenumplanmap_device on devicenumplanmap (fkdevice);
insert into typemodel values (683, 'Cisco 8841', 'MODEL_CISCO_8841'),
    (73, 'CTI Route Point', 'MODEL_CTI_ROUTE_POINT');
insert into typedeviceprotocol values (0, 'SCCP', 'DEVICE_PROTOCOL_SCCP'),
    (11, 'SIP', 'DEVICE_PROTOCOL_SIP');
insert into typeclass values (1, 'Phone', 'CLASS_PHONE'),
    (10, 'CTI Route Point', 'CLASS_CTI_ROUTE_POINT');
insert into typepatternusage values (2, 'Device', 'PATTERN_USAGE_DEVICE');
";

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> Directory {
        Directory::from_seed(&Seed::default()).unwrap()
    }

    #[test]
    fn a_user_is_found_by_name_and_by_key_in_either_spelling() {
        let directory = directory();
        let by_name = directory
            .user(&UserKey::Userid("1001001".to_owned()))
            .unwrap()
            .unwrap();
        let uuid = by_name.uuid.clone().unwrap();
        for spelling in [uuid.as_str().to_owned(), uuid.to_pkid()] {
            let by_key = directory.user(&UserKey::Uuid(Uuid::new(spelling))).unwrap();
            assert_eq!(by_key.as_ref(), Some(&by_name));
        }
        let extension = by_name.primary_extension.value().unwrap();
        assert_eq!(
            extension.pattern.value().map(String::as_str),
            Some("1001001")
        );
        let devices = &by_name.associated_devices.value().unwrap().devices;
        assert_eq!(devices, &["SEP000001001001"]);
        assert_eq!(
            directory.user(&UserKey::Userid("1".to_owned())).unwrap(),
            None
        );
    }

    #[test]
    fn keys_are_the_same_at_every_start() {
        let key = NameKey::Name("SEP000001001002".to_owned());
        let uuid = || directory().phone(&key).unwrap().unwrap().uuid;
        assert_eq!(uuid(), uuid());
    }

    #[test]
    fn a_list_ends_and_pages() {
        let directory = directory();
        let criteria = PhoneCriteria {
            name: Some("SEP%".to_owned()),
            ..Default::default()
        };
        let page = |skip, first| Page {
            skip: Some(skip),
            first: Some(first),
        };
        assert_eq!(
            directory.phones(&criteria, Page::default()).unwrap().len(),
            20
        );
        assert_eq!(directory.phones(&criteria, page(15, 10)).unwrap().len(), 5);
        assert!(
            directory
                .phones(&criteria, page(20, 10))
                .unwrap()
                .is_empty()
        );
        assert!(
            directory
                .phones(&criteria, page(u64::MAX, u64::MAX))
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn all_criteria_must_match_and_quotes_are_only_text() {
        let directory = directory();
        let list = |first: &str, userid: &str| {
            let criteria = UserCriteria {
                first_name: Some(first.to_owned()),
                userid: Some(userid.to_owned()),
                ..Default::default()
            };
            directory.users(&criteria, Page::default()).unwrap().len()
        };
        assert_eq!(list("Alfa", "%"), 1);
        assert_eq!(list("alfa", "%"), 0);
        assert_eq!(list("Alfa", "1001002"), 0);
        assert_eq!(list("' or '1' = '1", "%"), 0);
    }

    #[test]
    fn a_phone_has_its_line_and_the_route_point_is_no_phone() {
        let directory = directory();
        let phone = directory
            .phone(&NameKey::Name("SEP000001001003".to_owned()))
            .unwrap()
            .unwrap();
        let line = &phone.lines.value().unwrap().lines[0];
        let pattern = &line.dirn.value().unwrap().pattern;
        assert_eq!(pattern.value().map(String::as_str), Some("1001003"));
        assert_eq!(
            directory
                .phone(&NameKey::Name("RP_6000".to_owned()))
                .unwrap(),
            None
        );
        let lines = directory
            .lines(&LineCriteria::default(), Page::default())
            .unwrap();
        assert_eq!(lines.len(), 21);
    }
}
