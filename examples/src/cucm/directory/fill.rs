//! What a directory begins with: the objects that every CUCM has, and the seed.

use ring::digest;
use rusqlite::{Connection, params};
use soap_axl::{
    axl::{AxlCode, AxlError},
    xml::Element,
};

use super::{
    super::dictionary::{Object, numbers},
    Writer, refused,
};
use crate::seed::{AxlRole, Seed};

/// Adds what has never been added before: what was removed since stays away.
pub(super) fn fill(connection: &Connection, seed: &Seed) -> Result<(), AxlError> {
    names(connection).map_err(refused)?;
    let mut filler = Filler {
        connection,
        writer: Writer::new(connection),
    };
    filler.standard_objects()?;
    filler.application_users(seed)?;
    filler.users_and_devices(seed)?;
    // Nobody was there to be told.
    connection
        .execute("delete from changed", [])
        .map_err(refused)?;
    Ok(())
}

/// Key of an object of the seed: the same for the same object at every start, in the form of
/// RFC 9562 version 8.
pub(in super::super) fn pkid(table: &str, name: &str) -> String {
    let hash = digest::digest(&digest::SHA256, format!("{table}\0{name}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    key_of(bytes, 8)
}

/// Bytes as a key of this version of RFC 9562, in the spelling of SQL.
pub(super) fn key_of(mut bytes: [u8; 16], version: u8) -> String {
    bytes[6] = (version << 4) | (bytes[6] & 0x0f);
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

/// Tables of names: numbered ones, and objects that are only referred to.
fn names(connection: &Connection) -> rusqlite::Result<()> {
    let numbered = |table: &str, number: i64, name: &str, prefix: &str| {
        let signs = |c: char| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        };
        let moniker: String = format!("{prefix}_{name}").chars().map(signs).collect();
        let sql = format!("insert or ignore into {table} values (?1, ?2, ?3)");
        connection.execute(&sql, params![number, name, moniker])
    };
    for (number, name) in MODELS {
        numbered("typemodel", *number, name, "MODEL")?;
        numbered("typeproduct", *number, name, "PRODUCT")?;
    }
    for (table, prefix, names) in NUMBERED {
        for (number, name) in *names {
            numbered(table, *number, name, prefix)?;
        }
    }
    let add = |table: &str, name: &str| {
        if is_new(connection, &pkid(table, name))? {
            let sql = format!("insert or ignore into {table} (pkid, name) values (?1, ?2)");
            connection.execute(&sql, [&pkid(table, name), name])?;
        }
        Ok::<_, rusqlite::Error>(())
    };
    for (table, names) in NAMED {
        names.iter().try_for_each(|name| add(table, name))?;
    }
    for (_, model) in MODELS {
        for protocol in ["SIP", "SCCP"] {
            let short = model.trim_start_matches("Cisco ");
            add("phonetemplate", &format!("Standard {short} {protocol}"))?;
            let profile = format!("{model} - Standard {protocol} Non-Secure Profile");
            add("securityprofile", &profile)?;
        }
    }
    for (group, role) in ROLES_OF_GROUPS {
        let map = pkid("functionroledirgroupmap", &format!("{group}\0{role}"));
        if is_new(connection, &map)? {
            connection.execute(
                "insert into functionroledirgroupmap (pkid, fkdirgroup, fkfunctionrole) \
                 select ?1, g.pkid, r.pkid from dirgroup g, functionrole r \
                 where g.name = ?2 and r.name = ?3",
                [&map, *group, *role],
            )?;
        }
    }
    Ok(())
}

/// Whether the object was never added, which it is from now on.
fn is_new(connection: &Connection, pkid: &str) -> rusqlite::Result<bool> {
    let sql = "insert or ignore into seeded values (?1)";
    Ok(connection.prepare_cached(sql)?.execute([pkid])? == 1)
}

struct Filler<'c> {
    connection: &'c Connection,
    writer: Writer<'c>,
}

impl Filler<'_> {
    fn standard_objects(&mut self) -> Result<(), AxlError> {
        for name in ["Hub_None", "Phantom", "Shadow"] {
            self.add("Location", name, &[("name", name)], Vec::new())?;
        }
        self.add("Region", "Default", &[("name", "Default")], Vec::new())?;
        self.add("DevicePool", "Default", &[("name", "Default")], Vec::new())?;
        for (name, usage) in [
            ("EnterpriseWideData", "Subscriber"),
            ("localhost", "Publisher"),
        ] {
            let texts = [("name", name), ("nodeUsage", usage)];
            self.add("ProcessNode", name, &texts, Vec::new())?;
        }
        for (node, service, name, value) in PARAMETERS {
            let texts = [
                ("processNodeName", *node),
                ("service", *service),
                ("name", *name),
                ("value", *value),
            ];
            let unique = format!("{node}\0{service}\0{name}");
            self.add("ServiceParameter", &unique, &texts, Vec::new())?;
        }
        for (name, description) in [
            ("Directory URI", "Directory URIs of users"),
            (
                "Global Learned E164 Numbers",
                "E.164 numbers of other clusters",
            ),
            (
                "Global Learned E164 Patterns",
                "E.164 patterns of other clusters",
            ),
        ] {
            let texts = [("name", name), ("description", description)];
            self.add("RoutePartition", name, &texts, Vec::new())?;
        }
        Ok(())
    }

    fn application_users(&mut self, seed: &Seed) -> Result<(), AxlError> {
        for user in &seed.application_users {
            let groups = match user.role {
                AxlRole::Full => vec!["Standard CCM Super Users"],
                AxlRole::ReadOnly => vec![READ_ONLY_GROUP],
                AxlRole::None => Vec::new(),
            };
            let lists = vec![groups_element(&groups)];
            self.add("AppUser", &user.name, &[("userid", &user.name)], lists)?;
        }
        Ok(())
    }

    /// One phone and one line for each agent, and a route point for the queue.
    fn users_and_devices(&mut self, seed: &Seed) -> Result<(), AxlError> {
        let groups = || groups_element(&["Standard CCM End Users", "Standard CTI Enabled"]);
        for user in &seed.administrators {
            let texts = [
                ("userid", user.login_id.as_str()),
                ("lastName", &user.login_id),
            ];
            self.add("User", &user.login_id, &texts, vec![groups()])?;
        }
        for agent in &seed.agents {
            let team = seed.teams.iter().find(|team| team.id == agent.team);
            let name = format!("{} {}", agent.first_name, agent.last_name);
            self.line(&agent.extension, &name)?;
            let texts = [
                ("userid", agent.login_id.as_str()),
                ("firstName", &agent.first_name),
                ("lastName", &agent.last_name),
                ("department", team.map_or("", |team| &team.name)),
                ("telephoneNumber", &agent.extension),
            ];
            let extension =
                Element::new("", "primaryExtension").with_child(text("pattern", &agent.extension));
            self.add("User", &agent.login_id, &texts, vec![groups(), extension])?;
            let phone = device_name(&agent.extension);
            let description = format!("{name} {}", agent.extension);
            let texts = [
                ("name", phone.as_str()),
                ("description", &description),
                ("product", "Cisco 8841"),
                ("devicePoolName", "Default"),
                ("phoneTemplateName", "Standard 8841 SIP"),
                (
                    "securityProfileName",
                    "Cisco 8841 - Standard SIP Non-Secure Profile",
                ),
                ("sipProfileName", "Standard SIP Profile"),
                ("ownerUserName", &agent.login_id),
            ];
            let line = appearance(&agent.extension)
                .with_child(text("label", &agent.extension))
                .with_child(text("display", &name));
            let lines = vec![Element::new("", "lines").with_child(line)];
            if self.add("Phone", &phone, &texts, lines)? {
                // The phone's owner was there before it; now the owner may control it.
                let (owner, device) = (pkid("enduser", &agent.login_id), pkid("device", &phone));
                self.connection
                    .prepare_cached(
                        "insert into enduserdevicemap (fkenduser, fkdevice, tkuserassociation) \
                         select u.pkid, ?2, 1 from enduser u where u.pkid = ?1",
                    )
                    .and_then(|mut statement| statement.execute([owner, device]))
                    .map_err(refused)?;
            }
        }
        let queue = &seed.queue;
        self.line(&queue.route_point, &queue.name)?;
        let name = format!("RP_{}", queue.route_point);
        let texts = [
            ("name", name.as_str()),
            ("description", &queue.name),
            ("devicePoolName", "Default"),
        ];
        let lines = Element::new("", "lines").with_child(appearance(&queue.route_point));
        self.add("CtiRoutePoint", &name, &texts, vec![lines])?;
        Ok(())
    }

    fn line(&mut self, pattern: &str, name: &str) -> Result<(), AxlError> {
        let texts = [
            ("pattern", pattern),
            ("description", name),
            ("alertingName", name),
        ];
        self.add("Line", pattern, &texts, Vec::new()).map(drop)
    }

    /// Adds an object that never was; whether it did.
    fn add(
        &mut self,
        object: &str,
        unique: &str,
        texts: &[(&'static str, &str)],
        lists: Vec<Element>,
    ) -> Result<bool, AxlError> {
        let Some(object) = Object::named(object) else {
            return Ok(false);
        };
        let pkid = pkid(object.table, unique);
        if !is_new(self.connection, &pkid).map_err(refused)? {
            return Ok(false);
        }
        let mut element = Element::new("", object.element);
        for (tag, value) in texts.iter().filter(|(_, value)| !value.is_empty()) {
            element.push_child(text(tag, value));
        }
        lists.into_iter().for_each(|list| element.push_child(list));
        match self.writer.add(object, &element, Some(&pkid)) {
            Ok(_) => Ok(true),
            // Somebody has added one of that name.
            Err(error) if error.code == AxlCode::DUPLICATE => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn text(tag: &'static str, value: &str) -> Element {
    Element::new("", tag).with_text(value)
}

/// A line on a phone.
fn appearance(pattern: &str) -> Element {
    let dirn = Element::new("", "dirn").with_child(text("pattern", pattern));
    Element::new("", "line").with_child(dirn)
}

fn groups_element(names: &[&str]) -> Element {
    let mut groups = Element::new("", "associatedGroups");
    for name in names {
        groups.push_child(Element::new("", "userGroup").with_child(text("name", name)));
    }
    groups
}

/// Name of an agent's phone: `SEP` and twelve hexadecimal digits, the extension at their end.
fn device_name(extension: &str) -> String {
    let digits: String = extension.chars().filter(char::is_ascii_digit).collect();
    format!("SEP{digits:0>12}")
}

/// Ours: CUCM has the role, and leaves the group to its administrator.
const READ_ONLY_GROUP: &str = "AXL Read Only Users";

const ROLES_OF_GROUPS: &[(&str, &str)] = &[
    ("Standard CCM Super Users", "Standard AXL API Access"),
    ("Standard CCM Super Users", "Standard CCM Admin Users"),
    (READ_ONLY_GROUP, "Standard AXL Read Only API Access"),
    ("Standard CCM End Users", "Standard CCM End Users"),
    ("Standard CTI Enabled", "Standard CTI Enabled"),
];

/// Models of devices, with their numbers in CUCM.
const MODELS: &[(i64, &str)] = &[
    (72, "CTI Port"),
    (73, "CTI Route Point"),
    (131, "SIP Trunk"),
    (336, "Third-party SIP Device (Basic)"),
    (374, "Third-party SIP Device (Advanced)"),
    (404, "Cisco 7962"),
    (434, "Cisco 7942"),
    (435, "Cisco 7945"),
    (436, "Cisco 7965"),
    (437, "Cisco 7975"),
    (503, "Cisco Unified Client Services Framework"),
    (562, "Cisco Dual Mode for iPhone"),
    (575, "Cisco Dual Mode for Android"),
    (621, "Cisco 7821"),
    (622, "Cisco 7841"),
    (623, "Cisco 7861"),
    (652, "Cisco Jabber for Tablet"),
    (683, "Cisco 8841"),
    (684, "Cisco 8851"),
    (685, "Cisco 8861"),
    (36213, "Cisco 7811"),
    (36216, "Cisco 8811"),
    (36224, "Cisco 8845"),
    (36225, "Cisco 8865"),
];

/// Tables of numbered names, with how their monikers begin, of which others know the numbers.
#[expect(
    clippy::type_complexity,
    reason = "a table of tables, read in one place"
)]
const NUMBERED: &[(&str, &str, &[(i64, &str)])] = &[
    (
        "typeclass",
        "CLASS",
        &[
            (1, "Phone"),
            (2, "Gateway"),
            (7, "Route List"),
            (10, "CTI Route Point"),
            (18, "Trunk"),
            (254, "Device Profile"),
        ],
    ),
    (
        "typepatternusage",
        "PATTERN_USAGE",
        &[
            (0, "Call Park"),
            (1, "Conference"),
            (numbers::USAGE_DEVICE, "Device"),
            (3, "Translation"),
            (4, "Call Pick Up Group"),
            (5, "Route"),
            (6, "Message Waiting"),
            (7, "Hunt Pilot"),
        ],
    ),
    (
        "typedeviceprotocol",
        "DEVICE_PROTOCOL",
        &[(0, "SCCP"), (11, "SIP")],
    ),
    (
        "typestatus",
        "STATUS",
        &[(0, "Off"), (1, "On"), (2, "Default")],
    ),
    (
        "typenodeusage",
        "NODE_USAGE",
        &[(0, "Publisher"), (1, "Subscriber")],
    ),
    (
        "typeservice",
        "SERVICE",
        &[
            (0, "Cisco CallManager"),
            (1, "Cisco Tftp"),
            (11, "Enterprise Wide"),
            (24, "Cisco Database Layer Monitor"),
        ],
    ),
];

/// Objects that are only referred to, by table.
const NAMED: &[(&str, &[&str])] = &[
    (
        "dirgroup",
        &[
            "Standard CCM Super Users",
            READ_ONLY_GROUP,
            "Standard CCM End Users",
            "Standard CTI Enabled",
        ],
    ),
    (
        "functionrole",
        &[
            "Standard AXL API Access",
            "Standard AXL Read Only API Access",
            "Standard CCM Admin Users",
            "Standard CCM End Users",
            "Standard CTI Enabled",
        ],
    ),
    ("callmanagergroup", &["Default"]),
    (
        "codeclist",
        &["Factory Default low loss", "Factory Default lossy"],
    ),
    ("commonphoneconfig", &["Standard Common Phone Profile"]),
    ("datetimesetting", &["CMLocal"]),
    ("featurecontrolpolicy", &["Default"]),
    ("lbmhubgroup", &[]),
    (
        "phonetemplate",
        &[
            "Standard Client Services Framework",
            "Standard CTI Port",
            "Universal Device Template Button Layout",
        ],
    ),
    ("presencegroup", &["Standard Presence group"]),
    (
        "securityprofile",
        &[
            "Non Secure SIP Trunk Profile",
            "Universal Device Template - Model-independent Security Profile",
        ],
    ),
    (
        "sipprofile",
        &[
            "Standard SIP Profile",
            "Standard SIP Profile For Cisco VCS",
            "Standard SIP Profile for Mobile Device",
        ],
    ),
    (
        "softkeytemplate",
        &[
            "Standard User",
            "Standard Feature",
            "Standard Manager",
            "Standard Assistant",
        ],
    ),
    ("srst", &["Disable", "Use Default Gateway"]),
    ("timeschedule", &["All the time"]),
    ("userprofile", &["Standard (Factory Default) User Profile"]),
    ("voicemessagingprofile", &["Default", "NoVoiceMail"]),
];

/// Service parameters: node, service, name, value.
const PARAMETERS: &[(&str, &str, &str, &str)] = &[
    (
        "EnterpriseWideData",
        "Enterprise Wide",
        "ClusterID",
        "StandAloneCluster",
    ),
    ("localhost", "Cisco CallManager", "CdrEnabled", "F"),
    (
        "localhost",
        "Cisco CallManager",
        "CallDiagnosticsEnabled",
        "0",
    ),
    ("localhost", "Cisco CallManager", "TimerT302_msec", "15000"),
    ("localhost", "Cisco CallManager", "TimerT301_msec", "180000"),
    (
        "localhost",
        "Cisco Database Layer Monitor",
        "AXLChangeNotification",
        "On",
    ),
];
