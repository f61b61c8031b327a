//! What AXL's operations do: those on objects by the data dictionary, the others one by one.

use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension as _};
use soap_axl::{
    HttpResponse,
    axl::{self, AxlCode, AxlError, DndUser, ForeignKey, Received, Returned, Uuid},
    xml::Element,
};

use super::{
    accounts::Accounts,
    changes::Changes,
    dictionary::{Object, SecretKind},
    directory::{self, Directory, Page, Touched, Writer, refused},
    sql,
};

/// What operations work on, one at a time.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) directory: Directory,
    pub(super) changes: Changes,
}

/// What an operation does with an object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verb {
    Get,
    List,
    Add,
    Update,
    Remove,
    /// Apply, restart and so on: the configuration stays as it is.
    Touch,
}

impl Desk {
    /// Does an operation.
    ///
    /// # Errors
    ///
    /// What the fault says.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "an operation is served once it has an arm or an object, not once the crate has a type for it"
    )]
    pub(super) fn perform(
        &mut self,
        accounts: &Accounts,
        received: &Received,
    ) -> Result<HttpResponse, AxlError> {
        use axl::Request as Operation;

        match received.request() {
            Operation::DoAuthenticateUser(operation) => {
                Ok(received.answer(&authenticate(accounts, operation)))
            }
            Operation::GetCcmVersion(operation) => self.version(received, operation),
            Operation::ExecuteSqlQuery(operation) => {
                let connection = self.directory.connection_mut();
                let rows = sql::query(connection, &operation.sql)?;
                Ok(received.answer(&axl::ExecuteSqlQueryReply {
                    rows,
                    other: Vec::new(),
                }))
            }
            Operation::ExecuteSqlUpdate(operation) => {
                let (rows, touched) = self
                    .directory
                    .write(|connection| sql::update(connection, &operation.sql))?;
                self.changes.record(touched, None);
                self.load_users(accounts)?;
                Ok(received.answer(&axl::ExecuteSqlUpdateReply {
                    rows_updated: i64::try_from(rows).unwrap_or(i64::MAX),
                    other: Vec::new(),
                }))
            }
            Operation::ListChange(operation) => {
                let reply = self.changes.list(operation);
                Ok(received.answer_inside(&reply))
            }
            Operation::DoDeviceLogin(operation) => self.done(received, |connection| {
                let device = device(connection, "Phone", &operation.device_name)?;
                let profile = device_profile(connection, &operation.profile_name)?;
                let user = user(connection, "userid", &operation.user_id)?;
                if is_taken(connection, &device)? {
                    let message = "another user is logged in at the device";
                    return Err(AxlError::new(AxlCode::RULE, message));
                }
                run(
                    connection,
                    "update device set fkenduser_login = ?2, ikdevice_currentloginprofile = ?3, \
                     em_logintime = ?4, em_loginduration = ?5 where pkid = ?1",
                    rusqlite::params![
                        device,
                        user,
                        profile,
                        seconds(),
                        i64::try_from(operation.login_duration).unwrap_or(i64::MAX)
                    ],
                )
            }),
            Operation::DoDeviceLogout(operation) => self.done(received, |connection| {
                let device = device(connection, "Phone", &operation.device_name)?;
                if !is_taken(connection, &device)? {
                    let message = "nobody is logged in at the device";
                    return Err(AxlError::new(AxlCode::RULE, message));
                }
                run(
                    connection,
                    "update device set fkenduser_login = null, em_logintime = null, \
                     ikdevice_currentloginprofile = null, em_loginduration = null where pkid = ?1",
                    [device],
                )
            }),
            Operation::DoChangeDndStatus(operation) => self.done(received, |connection| {
                let user = match &operation.user {
                    DndUser::UserId(userid) => user(connection, "userid", userid)?,
                    DndUser::Uuid(uuid) => user(connection, "pkid", &uuid.to_pkid())?,
                };
                run(
                    connection,
                    "update device set dndstatus = ?2 where tkclass = 1 and (fkenduser = ?1 or \
                     pkid in (select fkdevice from enduserdevicemap where fkenduser = ?1))",
                    [user.as_str(), if operation.dnd_status { "t" } else { "f" }],
                )
            }),
            Operation::DoDeviceReset(operation) => self.done(received, |connection| {
                device(connection, "Device", &operation.device_name).map(drop)
            }),
            Operation::DoLdapSync(operation) => {
                let (column, value) = match &operation.key {
                    axl::NameKey::Name(name) => ("name", name.clone()),
                    axl::NameKey::Uuid(uuid) => ("pkid", uuid.to_pkid()),
                };
                let sql = format!("select pkid from directorypluginconfig where {column} = ?1");
                find(self.directory.connection(), &sql, &value, "LdapDirectory")?;
                Ok(received.answer(&"Sync initiated successfully".to_owned()))
            }
            other => self.on_object(accounts, received, other.name()),
        }
    }

    /// What is done with an object whose table says how.
    fn on_object(
        &mut self,
        accounts: &Accounts,
        received: &Received,
        name: &str,
    ) -> Result<HttpResponse, AxlError> {
        let (verb, object) = of_object(name).ok_or_else(|| {
            let message = format!("{name} is not served by this stand-in");
            AxlError::new(AxlCode::GENERAL, message)
        })?;
        let operation = received
            .request()
            .to_dynamic()
            .map_err(|error| AxlError::new(AxlCode::GENERAL, error.to_string()).by_client())?;
        let mut request = Element::new("", "request");
        for child in operation.children {
            request.push_child(child);
        }
        let version = received.version();
        let connection = self.directory.connection();
        match verb {
            Verb::Get => {
                let pkid = directory::locate(connection, object, &request)?;
                let tags = child(&request, "returnedTags");
                let found = directory::get(connection, object, &pkid, tags, version)?;
                Ok(returned(received, &[found]))
            }
            Verb::List => {
                let page = Page {
                    skip: number(&request, "skip"),
                    first: number(&request, "first"),
                };
                let criteria = child(&request, "searchCriteria");
                let tags = child(&request, "returnedTags");
                let found = directory::list(connection, object, criteria, tags, page, version)?;
                within_limit(found.len(), returned(received, &found))
            }
            Verb::Touch => {
                let pkid = directory::locate(connection, object, &request)?;
                Ok(received.answer(&Returned::key(&Uuid::new(pkid))))
            }
            Verb::Add => {
                let element = child(&request, object.element).ok_or_else(|| {
                    let message = format!("the element {} is missing", object.element);
                    AxlError::new(AxlCode::GENERAL, message).by_client()
                })?;
                let (pkid, touched) =
                    self.change(accounts, |writer| writer.add(object, element, None))?;
                self.record(accounts, touched, Some((&pkid, element)))?;
                Ok(received.answer(&Returned::key(&Uuid::new(pkid))))
            }
            Verb::Update => {
                let pkid = directory::locate(connection, object, &request)?;
                let (pkid, touched) = self.change(accounts, |writer| {
                    writer.update(object, &pkid, &request)?;
                    Ok(pkid)
                })?;
                let said = directory::changes(object, &request);
                self.record(accounts, touched, Some((&pkid, &said)))?;
                Ok(received.answer(&Returned::key(&Uuid::new(pkid))))
            }
            Verb::Remove => {
                let pkid = directory::locate(connection, object, &request)?;
                let (pkid, touched) = self.change(accounts, |writer| {
                    writer.remove(object, &pkid)?;
                    Ok(pkid)
                })?;
                let said = directory::changes(object, &request);
                self.record(accounts, touched, Some((&pkid, &said)))?;
                Ok(received.answer(&Returned::key(&Uuid::new(pkid))))
            }
        }
    }

    /// Changes one object, whose key `work` returns, and keeps the secrets that were said of it.
    fn change(
        &mut self,
        accounts: &Accounts,
        work: impl FnOnce(&mut Writer<'_>) -> Result<String, AxlError>,
    ) -> Result<(String, Vec<Touched>), AxlError> {
        let ((pkid, secrets), touched) = self.directory.write(|connection| {
            let mut writer = Writer::new(connection);
            let pkid = work(&mut writer)?;
            Accounts::store(connection, &writer.secrets)?;
            Ok((pkid, writer.secrets))
        })?;
        let connection = self.directory.connection();
        accounts.learn(connection, &secrets).map_err(refused)?;
        Ok((pkid, touched))
    }

    /// Does what is answered with `true`.
    fn done(
        &mut self,
        received: &Received,
        work: impl FnOnce(&Connection) -> Result<(), AxlError>,
    ) -> Result<HttpResponse, AxlError> {
        let ((), touched) = self.directory.write(|connection| work(connection))?;
        self.changes.record(touched, None);
        Ok(received.answer(&Returned::done()))
    }

    fn version(
        &self,
        received: &Received,
        operation: &axl::GetCcmVersion,
    ) -> Result<HttpResponse, AxlError> {
        if let Some(node) = operation
            .process_node_name
            .as_ref()
            .filter(|name| !name.is_empty())
        {
            let sql = "select pkid from processnode where name = ?1";
            find(self.directory.connection(), sql, node, "ProcessNode")?;
        }
        Ok(received.answer(&axl::GetCcmVersionReply {
            component_version: axl::ComponentVersion {
                version: RELEASE.into(),
                other: Vec::new(),
            },
            other: Vec::new(),
        }))
    }

    /// Remembers what was changed, and who may sign in from now on.
    fn record(
        &mut self,
        accounts: &Accounts,
        touched: Vec<Touched>,
        said: Option<(&str, &Element)>,
    ) -> Result<(), AxlError> {
        let users = touched
            .iter()
            .any(|touched| matches!(touched.object.as_str(), "User" | "AppUser"));
        self.changes.record(touched, said);
        if users {
            self.load_users(accounts)
        } else {
            Ok(())
        }
    }

    fn load_users(&self, accounts: &Accounts) -> Result<(), AxlError> {
        accounts
            .load_users(self.directory.connection())
            .map_err(refused)
    }
}

/// Says whether a user's password or PIN is right.
pub(super) fn authenticate(
    accounts: &Accounts,
    operation: &axl::DoAuthenticateUser,
) -> axl::DoAuthenticateUserReply {
    let (kind, secret) = match &operation.secret {
        axl::UserSecret::Password(password) => (SecretKind::Password, password),
        axl::UserSecret::Pin(pin) => (SecretKind::Pin, pin),
    };
    let right = accounts.is_end_user(&operation.userid, kind, secret.expose());
    axl::DoAuthenticateUserReply {
        user_authenticated: right,
        code: if right { 0 } else { WRONG_CREDENTIALS },
        days_to_expiry: None,
        is_warning_needed: Some(false),
        other: Vec::new(),
    }
}

/// The verb and the object in the name of an operation.
fn of_object(operation: &str) -> Option<(Verb, &'static Object)> {
    VERBS.iter().find_map(|(word, verb)| {
        let object = Object::named(operation.strip_prefix(word)?)?;
        Some((*verb, object))
    })
}

/// The answer with these elements in `return`.
fn returned(received: &Received, elements: &[Element]) -> HttpResponse {
    received.answer_with(|encoder| {
        encoder.open("return");
        elements.iter().for_each(|element| encoder.element(element));
        encoder.close();
    })
}

/// CUCM refuses a list over 8 MB and says how many rows would fit.
fn within_limit(rows: usize, response: HttpResponse) -> Result<HttpResponse, AxlError> {
    let bytes = response.body.len();
    if bytes <= sql::MAX_RESULT {
        return Ok(response);
    }
    let fits = (rows.saturating_mul(sql::MAX_RESULT) / bytes).max(1);
    Err(AxlError::query_too_large(rows as u64, fits as u64))
}

fn child<'e>(parent: &'e Element, local: &str) -> Option<&'e Element> {
    parent.children().find(|child| child.local() == local)
}

fn number(request: &Element, local: &str) -> Option<u64> {
    child(request, local)?.text().trim().parse().ok()
}

/// Key of a device of any kind.
fn device(connection: &Connection, object: &str, key: &ForeignKey) -> Result<String, AxlError> {
    match &key.uuid {
        Some(uuid) => {
            let sql = "select pkid from device where pkid = ?1";
            find(connection, sql, &uuid.to_pkid(), object)
        }
        None => find(
            connection,
            "select pkid from device where name = ?1",
            &key.name,
            object,
        ),
    }
}

/// Key of a device profile, whose class is 254.
fn device_profile(connection: &Connection, key: &ForeignKey) -> Result<String, AxlError> {
    let pkid = device(connection, "DeviceProfile", key)?;
    let sql = "select pkid from device where pkid = ?1 and tkclass = 254";
    find(connection, sql, &pkid, "DeviceProfile")
}

fn user(connection: &Connection, column: &str, value: &str) -> Result<String, AxlError> {
    let sql = format!("select pkid from enduser where {column} = ?1");
    find(connection, &sql, value, "User")
}

fn is_taken(connection: &Connection, device: &str) -> Result<bool, AxlError> {
    let sql = "select fkenduser_login is not null from device where pkid = ?1";
    connection
        .query_row(sql, [device], |row| row.get(0))
        .map_err(refused)
}

fn find(connection: &Connection, sql: &str, value: &str, object: &str) -> Result<String, AxlError> {
    connection
        .query_row(sql, [value], |row| row.get(0))
        .optional()
        .map_err(refused)?
        .ok_or_else(|| AxlError::not_found(object))
}

fn run(connection: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<(), AxlError> {
    connection.execute(sql, values).map(drop).map_err(refused)
}

/// Seconds since 1970.
fn seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}

const VERBS: &[(&str, Verb)] = &[
    ("get", Verb::Get),
    ("list", Verb::List),
    ("add", Verb::Add),
    ("update", Verb::Update),
    ("remove", Verb::Remove),
    ("apply", Verb::Touch),
    ("reset", Verb::Touch),
    ("restart", Verb::Touch),
    ("wipe", Verb::Touch),
    ("lock", Verb::Touch),
];

/// What this stand-in says it is.
const RELEASE: &str = "14.0.1.10000(20)";
/// Our own number; the schema names none.
const WRONG_CREDENTIALS: i64 = 1;
