//! Who exists when the contact centre starts for the first time.

use std::{
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
};

use serde::Deserialize;

/// Users, application users, teams and the queue.
///
/// The default has agents 1001001 to 1001018, supervisors 1001019 and 1001020, one administrator, three
/// application users and one queue. A file of `--seed` replaces all of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// Agents and supervisors.
    pub agents: Vec<SeedAgent>,
    /// Administrators of the web service.
    #[serde(default)]
    pub administrators: Vec<SeedAdministrator>,
    /// AXL application users.
    pub application_users: Vec<SeedApplicationUser>,
    /// The teams that agents belong to.
    pub teams: Vec<SeedTeam>,
    /// The contact service queue that simulated calls go to.
    pub queue: SeedQueue,
}

/// An end user of CUCM who can sign in at the desktop.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedAgent {
    /// Login id; also the XMPP user name.
    pub login_id: String,
    /// Checked by CUCM.
    pub password: Password,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Directory number of the agent's line.
    pub extension: String,
    /// What the user may do.
    #[serde(default)]
    pub role: SeedRole,
    /// Id of the team.
    pub team: u32,
}

/// What a user of the desktop may do.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum SeedRole {
    /// Own state and own calls.
    #[default]
    Agent,
    /// The team's too.
    Supervisor,
}

/// An administrator of the web service; an end user of CUCM without a line.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedAdministrator {
    /// Login id.
    pub login_id: String,
    /// Checked by CUCM.
    pub password: Password,
}

/// A user that programs sign in to AXL with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedApplicationUser {
    /// User name.
    pub name: String,
    /// Checked by CUCM.
    pub password: Password,
    /// AXL access.
    pub role: AxlRole,
}

/// AXL access of an application user.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum AxlRole {
    /// "Standard AXL API Access": read and write.
    Full,
    /// "Standard AXL Read Only API Access".
    ReadOnly,
    /// No AXL role.
    None,
}

/// A team of agents.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedTeam {
    /// Number of the team.
    pub id: u32,
    /// Shown to people.
    pub name: String,
}

/// The contact service queue.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedQueue {
    /// Number of the CSQ.
    pub id: u32,
    /// Shown to people.
    pub name: String,
    /// Directory number of the CTI route point that callers dial.
    pub route_point: String,
    /// Longest wrap-up time, seconds.
    #[serde(default = "default_wrap_up")]
    pub wrap_up_seconds: u32,
}

/// A password; never printed.
#[derive(Clone, Deserialize, Eq, PartialEq)]
#[serde(transparent)]
pub struct Password(String);

/// Why a seed file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not TOML of the right form. The text of the file stays out of the message, since it
    /// holds passwords.
    #[error("{path} is not a seed file: {reason}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong, without the line.
        reason: String,
    },
    /// Two entries claim the same id, or one names what is not there.
    #[error("seed file: {0}")]
    Inconsistent(String),
}

impl Seed {
    /// Reads a seed file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is of another form, or contradicts itself.
    pub fn read(path: &Path) -> Result<Self, SeedError> {
        let text = std::fs::read_to_string(path).map_err(|source| SeedError::Read {
            path: path.to_owned(),
            source,
        })?;
        let seed: Self = toml::from_str(&text).map_err(|error| SeedError::Parse {
            path: path.to_owned(),
            reason: error.message().to_owned(),
        })?;
        seed.check()?;
        Ok(seed)
    }

    /// Whether any password is one that stands in the public documentation.
    #[must_use]
    pub fn has_default_password(&self) -> bool {
        let agents = self
            .agents
            .iter()
            .map(|user| (&user.login_id, &user.password));
        let admins = self
            .administrators
            .iter()
            .map(|user| (&user.login_id, &user.password));
        let applications = self
            .application_users
            .iter()
            .map(|user| (&user.name, &user.password));
        agents
            .chain(admins)
            .chain(applications)
            .any(|(name, password)| password.0 == default_password(name))
    }

    /// The agent with this login id.
    #[must_use]
    pub fn agent(&self, login_id: &str) -> Option<&SeedAgent> {
        self.agents.iter().find(|agent| agent.login_id == login_id)
    }

    /// Puts one application user in the place of those with this AXL access.
    ///
    /// # Errors
    ///
    /// One with another access has the name.
    pub fn set_application_user(
        &mut self,
        name: String,
        password: Password,
        role: AxlRole,
    ) -> Result<(), SeedError> {
        let users = &mut self.application_users;
        let place = users.iter().position(|user| user.role == role);
        users.retain(|user| user.role != role);
        let user = SeedApplicationUser {
            name,
            password,
            role,
        };
        users.insert(place.unwrap_or(users.len()).min(users.len()), user);
        self.check()
    }

    fn check(&self) -> Result<(), SeedError> {
        let mut names = BTreeSet::new();
        let mut extensions = BTreeSet::new();
        for agent in &self.agents {
            if !names.insert(agent.login_id.as_str()) {
                return Err(SeedError::Inconsistent(format!(
                    "user {} twice",
                    agent.login_id
                )));
            }
            if !extensions.insert(agent.extension.as_str()) {
                return Err(SeedError::Inconsistent(format!(
                    "extension {} twice",
                    agent.extension
                )));
            }
            if !self.teams.iter().any(|team| team.id == agent.team) {
                return Err(SeedError::Inconsistent(format!(
                    "user {} is in team {}, which is not listed",
                    agent.login_id, agent.team
                )));
            }
        }
        for administrator in &self.administrators {
            if !names.insert(administrator.login_id.as_str()) {
                return Err(SeedError::Inconsistent(format!(
                    "user {} twice",
                    administrator.login_id
                )));
            }
        }
        let mut applications = BTreeSet::new();
        for user in &self.application_users {
            if !applications.insert(user.name.as_str()) {
                return Err(SeedError::Inconsistent(format!(
                    "application user {} twice",
                    user.name
                )));
            }
        }
        Ok(())
    }
}

impl Default for Seed {
    fn default() -> Self {
        let agents = (1_001_001..=1_001_020)
            .zip(AGENT_NAMES)
            .map(|(id, (first, last))| {
                let login_id = id.to_string();
                SeedAgent {
                    password: Password(default_password(&login_id)),
                    extension: login_id.clone(),
                    first_name: first.to_owned(),
                    last_name: last.to_owned(),
                    role: if id >= 1_001_019 {
                        SeedRole::Supervisor
                    } else {
                        SeedRole::Agent
                    },
                    team: 1,
                    login_id,
                }
            });
        let application = |name: &str, role| SeedApplicationUser {
            name: name.to_owned(),
            password: Password(default_password(name)),
            role,
        };
        Self {
            agents: agents.collect(),
            administrators: vec![SeedAdministrator {
                login_id: "admin".to_owned(),
                password: Password(default_password("admin")),
            }],
            application_users: vec![
                application("axladmin", AxlRole::Full),
                application("axlreader", AxlRole::ReadOnly),
                application("noaxl", AxlRole::None),
            ],
            teams: vec![SeedTeam {
                id: 1,
                name: "Service".to_owned(),
            }],
            queue: SeedQueue {
                id: 1,
                name: "Service".to_owned(),
                route_point: "6000".to_owned(),
                wrap_up_seconds: default_wrap_up(),
            },
        }
    }
}

impl Password {
    /// Takes a password.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, to be compared or sent, never to be printed.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

fn default_password(name: &str) -> String {
    format!("ccx-{name}")
}

fn default_wrap_up() -> u32 {
    60
}

/// Words of the telephone alphabet and colours: nobody's name.
const AGENT_NAMES: [(&str, &str); 20] = [
    ("Alfa", "Amber"),
    ("Bravo", "Azure"),
    ("Charlie", "Beige"),
    ("Delta", "Blue"),
    ("Echo", "Bronze"),
    ("Foxtrot", "Coral"),
    ("Golf", "Cyan"),
    ("Hotel", "Gold"),
    ("India", "Green"),
    ("Juliett", "Grey"),
    ("Kilo", "Indigo"),
    ("Lima", "Ivory"),
    ("Mike", "Jade"),
    ("November", "Lilac"),
    ("Oscar", "Olive"),
    ("Papa", "Plum"),
    ("Quebec", "Rose"),
    ("Romeo", "Ruby"),
    ("Sierra", "Silver"),
    ("Tango", "Teal"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_seed_is_consistent_and_known_to_the_public() {
        let seed = Seed::default();
        seed.check().unwrap();
        assert!(seed.has_default_password());
        assert_eq!(seed.agents.len(), 20);
        assert_eq!(seed.agent("1001019").unwrap().role, SeedRole::Supervisor);
    }

    #[test]
    fn no_password_is_ever_printed() {
        let printed = format!("{:?}", Seed::default());
        assert!(!printed.contains("ccx-"), "{printed}");
    }

    #[test]
    fn a_broken_seed_file_does_not_show_its_passwords() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("seed.toml");
        std::fs::write(&path, "[[agents]]\npassword = 's3cret'\n").unwrap();
        let error = format!("{:?}", Seed::read(&path).unwrap_err());
        assert!(!error.contains("s3cret"), "{error}");
    }
}
