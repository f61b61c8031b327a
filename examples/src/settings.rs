//! One set of settings for all binaries.
//!
//! Every server needs its neighbours' addresses, so all binaries share one [`Settings`] and one list of
//! flags. A value comes from, in rising order: the built-in default, the TOML file named by `--config`,
//! the environment, the command line.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use etcetera::BaseStrategy as _;
use serde::Deserialize;

use crate::seed::{AxlRole, Password, Seed, SeedError};

/// Where everything is and what it starts with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Keys, certificates, secrets and databases live here; readable by the owner alone.
    pub data_dir: PathBuf,
    /// XMPP domain; the pubsub service is `pubsub.` in front of it.
    pub xmpp_domain: String,
    /// Users, application users, teams and the queue.
    pub seed: Seed,
    /// The scripted caller.
    pub caller: CallerSettings,
    /// The CUCM stand-in.
    pub cucm: CucmSettings,
    /// The CTI server.
    pub engine: EngineSettings,
    /// The notification service.
    pub notification: NotificationSettings,
    /// The web service.
    pub finesse: FinesseSettings,
}

/// The scripted caller of the simulated switch.
#[derive(Clone, Copy, Debug)]
pub struct CallerSettings {
    /// Calls placed to the queue each minute, 0 to 600; 0 places none.
    pub calls_per_minute: u32,
}

/// The CUCM stand-in: its addresses, and what becomes of its directory.
#[derive(Clone, Copy, Debug)]
pub struct CucmSettings {
    /// AXL over HTTPS.
    pub axl: SocketAddr,
    /// The simulated switch's line protocol, in clear and on loopback only.
    pub switch: SocketAddr,
    /// Whether the directory is kept in the data folder; else it begins with the seed at every start.
    pub keep: bool,
}

/// Addresses of the engine.
#[derive(Clone, Copy, Debug)]
pub struct EngineSettings {
    /// GED-188.
    pub cti: SocketAddr,
}

/// The notification service: its addresses, for how many it has room, and where it keeps its nodes.
#[derive(Clone, Copy, Debug)]
pub struct NotificationSettings {
    /// XMPP in clear, on loopback only.
    pub xmpp: SocketAddr,
    /// XMPP with TLS from the first byte.
    pub xmpp_tls: SocketAddr,
    /// BOSH in clear, on loopback only.
    pub bosh: SocketAddr,
    /// BOSH over TLS.
    pub bosh_tls: SocketAddr,
    /// BOSH sessions at one time, and as many clients over TCP and WebSocket, 1 to [`MOST_SESSIONS`].
    pub sessions: u32,
    /// Where nodes, subscriptions and items are kept.
    pub storage: NotificationStorage,
}

/// Where the notification service keeps its nodes, and who is affiliated and subscribed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum NotificationStorage {
    /// In `notification.sqlite` in the data folder.
    Sqlite,
    /// In memory: a restart begins with the nodes of the seed.
    Memory,
}

impl NotificationSettings {
    /// Sessions at one time.
    #[must_use]
    pub fn places(&self) -> usize {
        usize::try_from(self.sessions).unwrap_or(usize::MAX)
    }

    /// Sessions among them that have not logged in: the others of a full house keep their places from whoever knocks.
    #[must_use]
    pub fn strangers(&self) -> usize {
        (self.places() / 4).max(1)
    }

    /// Connections of a BOSH listener: a session that sends while a request is held has two.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.places().saturating_mul(2)
    }
}

/// The highest value of [`NotificationSettings::sessions`]: beyond that there are no descriptors for the connections.
pub const MOST_SESSIONS: u32 = 100_000;

/// Addresses of the web service.
#[derive(Clone, Copy, Debug)]
pub struct FinesseSettings {
    /// REST and the page in clear, on loopback only.
    pub http: SocketAddr,
    /// REST and the page over TLS.
    pub https: SocketAddr,
}

/// The flags that every binary takes. Each can also be given by the environment variable in its help
/// text, or by the key of the same name in the file of `--config`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Settings")]
pub struct Flags {
    /// TOML file with any of these settings.
    #[arg(long, value_name = "FILE", env = "CONTACT_CENTER_CONFIG")]
    config: Option<PathBuf>,
    /// Folder for keys, certificates and databases [default: the platform's data folder].
    #[arg(long, value_name = "DIR", env = "CONTACT_CENTER_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// TOML file with the users, application users and teams to start with.
    #[arg(long, value_name = "FILE", env = "CONTACT_CENTER_SEED")]
    seed: Option<PathBuf>,
    /// XMPP domain [default: localhost].
    #[arg(long, value_name = "NAME", env = "CONTACT_CENTER_XMPP_DOMAIN")]
    xmpp_domain: Option<String>,
    /// Simulated calls to the queue each minute, 0 for none [default: 2].
    #[arg(long, value_name = "N", env = "CONTACT_CENTER_CALLS_PER_MINUTE",
          value_parser = clap::value_parser!(u32).range(0..=600))]
    calls_per_minute: Option<u32>,
    /// CUCM: AXL over HTTPS [default: 127.0.0.1:8443].
    #[arg(long, value_name = "ADDR", env = "CONTACT_CENTER_CUCM_AXL")]
    cucm_axl: Option<SocketAddr>,
    /// CUCM: the simulated switch [default: 127.0.0.1:2748].
    #[arg(long, value_name = "ADDR", env = "CONTACT_CENTER_CUCM_SWITCH")]
    cucm_switch: Option<SocketAddr>,
    /// CUCM: whether what AXL changes is kept in the data folder; else every start begins with the seed
    /// [default: false].
    #[arg(long, value_name = "BOOL", env = "CONTACT_CENTER_CUCM_KEEP",
          num_args = 0..=1, default_missing_value = "true")]
    cucm_keep: Option<bool>,
    /// CUCM: application user with full AXL access, instead of those of the seed that have it.
    #[arg(
        long,
        value_name = "NAME:PASSWORD",
        env = "CONTACT_CENTER_CUCM_ADMIN",
        hide_env_values = true, value_parser = secret
    )]
    cucm_admin: Option<Password>,
    /// CUCM: application user with read-only AXL access, instead of those of the seed that have it.
    #[arg(
        long,
        value_name = "NAME:PASSWORD",
        env = "CONTACT_CENTER_CUCM_READER",
        hide_env_values = true, value_parser = secret
    )]
    cucm_reader: Option<Password>,
    /// CUCM: application user without an AXL role, instead of those of the seed that have none.
    #[arg(
        long,
        value_name = "NAME:PASSWORD",
        env = "CONTACT_CENTER_CUCM_NOBODY",
        hide_env_values = true, value_parser = secret
    )]
    cucm_nobody: Option<Password>,
    /// Engine: CTI server, GED-188 [default: 127.0.0.1:12028].
    #[arg(long, value_name = "ADDR", env = "CONTACT_CENTER_ENGINE_CTI")]
    engine_cti: Option<SocketAddr>,
    /// Notification service: XMPP in clear [default: 127.0.0.1:5222].
    #[arg(long, value_name = "ADDR", env = "CONTACT_CENTER_NOTIFICATION_XMPP")]
    notification_xmpp: Option<SocketAddr>,
    /// Notification service: XMPP over TLS [default: 127.0.0.1:5223].
    #[arg(
        long,
        value_name = "ADDR",
        env = "CONTACT_CENTER_NOTIFICATION_XMPP_TLS"
    )]
    notification_xmpp_tls: Option<SocketAddr>,
    /// Notification service: BOSH in clear [default: 127.0.0.1:7071].
    #[arg(long, value_name = "ADDR", env = "CONTACT_CENTER_NOTIFICATION_BOSH")]
    notification_bosh: Option<SocketAddr>,
    /// Notification service: BOSH over TLS [default: 127.0.0.1:7443].
    #[arg(
        long,
        value_name = "ADDR",
        env = "CONTACT_CENTER_NOTIFICATION_BOSH_TLS"
    )]
    notification_bosh_tls: Option<SocketAddr>,
    /// Notification service: sessions at one time, up to a quarter of them not logged in [default: 4096].
    #[arg(long, value_name = "N", env = "CONTACT_CENTER_NOTIFICATION_SESSIONS",
          value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_SESSIONS)))]
    notification_sessions: Option<u32>,
    /// Notification service: where nodes, subscriptions and items are kept [default: sqlite].
    #[arg(
        long,
        value_name = "WHERE",
        env = "CONTACT_CENTER_NOTIFICATION_STORAGE"
    )]
    notification_storage: Option<NotificationStorage>,
    /// Web service: REST and desktop in clear [default: 127.0.0.1:8082].
    #[arg(long, value_name = "ADDR", env = "CONTACT_CENTER_FINESSE_HTTP")]
    finesse_http: Option<SocketAddr>,
    /// Web service: REST and desktop over TLS [default: 127.0.0.1:8445].
    #[arg(long, value_name = "ADDR", env = "CONTACT_CENTER_FINESSE_HTTPS")]
    finesse_https: Option<SocketAddr>,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The file of `--config` cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file of `--config` is not what it should be.
    #[error("{path} is not a settings file: {source}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, column and reason.
        source: Box<toml::de::Error>,
    },
    /// The seed file is not usable.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// The XMPP domain is empty or holds a character that no domain has.
    #[error("`{0}` is not a domain name; give one with --xmpp-domain")]
    Domain(String),
    /// More calls than the simulated caller places.
    #[error("calls_per_minute is {0}; it can be 0 to 600")]
    CallRate(u32),
    /// Room for nobody, or for more than there can be.
    #[error("[notification] sessions is {0}; it can be 1 to {MOST_SESSIONS}")]
    Sessions(u32),
    /// An application user without a name or a password. What was given may be a password.
    #[error("--cucm-{0} takes a name, a colon and a password")]
    Account(&'static str),
    /// The platform has no home folder to put the data folder into.
    #[error("no home folder found; name a folder with --data-dir")]
    NoHome,
}

impl Settings {
    /// Resolves flags, environment, file and defaults.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or understood, or a value out of its range.
    pub fn resolve(flags: Flags) -> Result<Self, SettingsError> {
        let file = match &flags.config {
            Some(path) => File::read(path)?,
            None => File::default(),
        };
        let data_dir = match flags.data_dir.or(file.data_dir) {
            Some(dir) => dir,
            None => default_data_dir()?,
        };
        let mut seed = match flags.seed.or(file.seed) {
            Some(path) => Seed::read(&path)?,
            None => Seed::default(),
        };
        for (flag, account, role) in [
            ("admin", flags.cucm_admin.or(file.cucm.admin), AxlRole::Full),
            (
                "reader",
                flags.cucm_reader.or(file.cucm.reader),
                AxlRole::ReadOnly,
            ),
            (
                "nobody",
                flags.cucm_nobody.or(file.cucm.nobody),
                AxlRole::None,
            ),
        ] {
            let Some(account) = account else {
                continue;
            };
            let (name, password) = account
                .expose()
                .split_once(':')
                .filter(|(name, password)| !name.is_empty() && !password.is_empty())
                .ok_or(SettingsError::Account(flag))?;
            seed.set_application_user(name.to_owned(), Password::new(password), role)?;
        }
        let defaults = Self::with_data_dir(data_dir);
        let settings = Self {
            seed,
            xmpp_domain: flags
                .xmpp_domain
                .or(file.xmpp_domain)
                .unwrap_or(defaults.xmpp_domain),
            caller: CallerSettings {
                calls_per_minute: flags
                    .calls_per_minute
                    .or(file.caller.calls_per_minute)
                    .unwrap_or(defaults.caller.calls_per_minute),
            },
            cucm: CucmSettings {
                axl: flags
                    .cucm_axl
                    .or(file.cucm.axl)
                    .unwrap_or(defaults.cucm.axl),
                switch: flags
                    .cucm_switch
                    .or(file.cucm.switch)
                    .unwrap_or(defaults.cucm.switch),
                keep: flags
                    .cucm_keep
                    .or(file.cucm.keep)
                    .unwrap_or(defaults.cucm.keep),
            },
            engine: EngineSettings {
                cti: flags
                    .engine_cti
                    .or(file.engine.cti)
                    .unwrap_or(defaults.engine.cti),
            },
            notification: NotificationSettings {
                xmpp: flags
                    .notification_xmpp
                    .or(file.notification.xmpp)
                    .unwrap_or(defaults.notification.xmpp),
                xmpp_tls: flags
                    .notification_xmpp_tls
                    .or(file.notification.xmpp_tls)
                    .unwrap_or(defaults.notification.xmpp_tls),
                bosh: flags
                    .notification_bosh
                    .or(file.notification.bosh)
                    .unwrap_or(defaults.notification.bosh),
                bosh_tls: flags
                    .notification_bosh_tls
                    .or(file.notification.bosh_tls)
                    .unwrap_or(defaults.notification.bosh_tls),
                sessions: flags
                    .notification_sessions
                    .or(file.notification.sessions)
                    .unwrap_or(defaults.notification.sessions),
                storage: flags
                    .notification_storage
                    .or(file.notification.storage)
                    .unwrap_or(defaults.notification.storage),
            },
            finesse: FinesseSettings {
                http: flags
                    .finesse_http
                    .or(file.finesse.http)
                    .unwrap_or(defaults.finesse.http),
                https: flags
                    .finesse_https
                    .or(file.finesse.https)
                    .unwrap_or(defaults.finesse.https),
            },
            data_dir: defaults.data_dir,
        };
        settings.check()?;
        Ok(settings)
    }

    /// The defaults, with the data folder given.
    #[must_use]
    pub fn with_data_dir(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            xmpp_domain: "localhost".to_owned(),
            seed: Seed::default(),
            caller: CallerSettings {
                calls_per_minute: 2,
            },
            cucm: CucmSettings {
                axl: loopback(8443),
                switch: loopback(2748),
                keep: false,
            },
            engine: EngineSettings {
                cti: loopback(12028),
            },
            notification: NotificationSettings {
                xmpp: loopback(5222),
                xmpp_tls: loopback(5223),
                bosh: loopback(7071),
                bosh_tls: loopback(7443),
                // Two thousand desktops, and some air.
                sessions: 4096,
                storage: NotificationStorage::Sqlite,
            },
            finesse: FinesseSettings {
                http: loopback(8082),
                https: loopback(8445),
            },
        }
    }

    /// Domain of the pubsub service.
    #[must_use]
    pub fn pubsub_domain(&self) -> String {
        format!("pubsub.{}", self.xmpp_domain)
    }

    fn check(&self) -> Result<(), SettingsError> {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        if self.xmpp_domain.is_empty() || !self.xmpp_domain.chars().all(legal) {
            return Err(SettingsError::Domain(self.xmpp_domain.clone()));
        }
        if self.caller.calls_per_minute > 600 {
            return Err(SettingsError::CallRate(self.caller.calls_per_minute));
        }
        if !(1..=MOST_SESSIONS).contains(&self.notification.sessions) {
            return Err(SettingsError::Sessions(self.notification.sessions));
        }
        Ok(())
    }
}

/// The settings file: every key may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    data_dir: Option<PathBuf>,
    seed: Option<PathBuf>,
    xmpp_domain: Option<String>,
    caller: FileCaller,
    cucm: FileCucm,
    engine: FileEngine,
    notification: FileNotification,
    finesse: FileFinesse,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileCaller {
    calls_per_minute: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileCucm {
    axl: Option<SocketAddr>,
    switch: Option<SocketAddr>,
    keep: Option<bool>,
    admin: Option<Password>,
    reader: Option<Password>,
    nobody: Option<Password>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileEngine {
    cti: Option<SocketAddr>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileNotification {
    xmpp: Option<SocketAddr>,
    xmpp_tls: Option<SocketAddr>,
    bosh: Option<SocketAddr>,
    bosh_tls: Option<SocketAddr>,
    sessions: Option<u32>,
    storage: Option<NotificationStorage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileFinesse {
    http: Option<SocketAddr>,
    https: Option<SocketAddr>,
}

impl File {
    fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = std::fs::read_to_string(path).map_err(|source| SettingsError::Read {
            path: path.to_owned(),
            source,
        })?;
        toml::from_str(&text).map_err(|source| SettingsError::Parse {
            path: path.to_owned(),
            source: Box::new(source),
        })
    }
}

/// A value of a flag that no message repeats.
#[expect(clippy::unnecessary_wraps, reason = "clap's form of a parser")]
fn secret(text: &str) -> Result<Password, std::convert::Infallible> {
    Ok(Password::new(text))
}

fn default_data_dir() -> Result<PathBuf, SettingsError> {
    let strategy = etcetera::choose_base_strategy().map_err(|_| SettingsError::NoHome)?;
    Ok(strategy.data_dir().join("contact-center"))
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        flags: Flags,
    }

    fn resolve(arguments: &[&str]) -> Result<Settings, SettingsError> {
        let all = [&["test", "--data-dir", "data"], arguments].concat();
        Settings::resolve(Command::parse_from(all).flags)
    }

    #[test]
    fn a_flag_beats_the_file_and_the_file_beats_the_default() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("settings.toml");
        std::fs::write(
            &path,
            "[finesse]\nhttp = \"127.0.0.1:18082\"\nhttps = \"127.0.0.1:18445\"\n",
        )
        .unwrap();
        let config = path.to_str().unwrap();

        let settings = resolve(&["--config", config, "--finesse-http", "127.0.0.1:28082"]).unwrap();

        assert_eq!(settings.finesse.http.port(), 28082);
        assert_eq!(settings.finesse.https.port(), 18445);
        assert_eq!(settings.engine.cti.port(), 12028);
    }

    #[test]
    fn an_unknown_key_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("settings.toml");
        std::fs::write(&path, "[finesse]\nport = 1\n").unwrap();

        let error = resolve(&["--config", path.to_str().unwrap()])
            .unwrap_err()
            .to_string();

        assert!(error.contains("unknown field `port`"), "{error}");
    }

    #[test]
    fn room_for_nobody_or_for_too_many_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("settings.toml");
        let config = path.to_str().unwrap();
        for sessions in ["0", "100001"] {
            std::fs::write(&path, format!("[notification]\nsessions = {sessions}\n")).unwrap();
            let error = resolve(&["--config", config]).unwrap_err().to_string();
            let expected = format!("[notification] sessions is {sessions}; it can be 1 to 100000");
            assert_eq!(error, expected);

            let flags = ["test", "--notification-sessions", sessions];
            let error = Command::try_parse_from(flags).err().unwrap().to_string();
            assert!(error.contains("1..=100000"), "{error}");
        }
    }

    #[test]
    fn sessions_decide_over_strangers_and_connections() {
        let room = |arguments: &[&str]| {
            let settings = resolve(arguments).unwrap().notification;
            (
                settings.places(),
                settings.strangers(),
                settings.connections(),
            )
        };
        assert_eq!(room(&[]), (4096, 1024, 8192));
        assert_eq!(room(&["--notification-sessions", "1"]), (1, 1, 2));
        assert_eq!(
            room(&["--notification-sessions", "12000"]),
            (12_000, 3_000, 24_000)
        );
    }

    #[test]
    fn nodes_are_kept_unless_memory_is_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("settings.toml");
        std::fs::write(&path, "[notification]\nstorage = \"memory\"\n").unwrap();
        let config = path.to_str().unwrap();
        let storage = |arguments: &[&str]| resolve(arguments).unwrap().notification.storage;
        assert_eq!(storage(&[]), NotificationStorage::Sqlite);
        assert_eq!(storage(&["--config", config]), NotificationStorage::Memory);
        let both = ["--config", config, "--notification-storage", "sqlite"];
        assert_eq!(storage(&both), NotificationStorage::Sqlite);
    }

    #[test]
    fn application_users_are_named_by_flags_and_by_the_file() {
        let users = |settings: &Settings, role| -> Vec<(String, String)> {
            let users = settings.seed.application_users.iter();
            users
                .filter(|user| user.role == role)
                .map(|user| (user.name.clone(), user.password.expose().to_owned()))
                .collect()
        };
        let pair = |name: &str, password: &str| vec![(name.to_owned(), password.to_owned())];
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("settings.toml");
        std::fs::write(&path, "[cucm]\nadmin = \"a:file\"\nreader = \"r:file\"\n").unwrap();
        let config = path.to_str().unwrap();

        let settings = resolve(&["--config", config, "--cucm-admin", "boss:secret:2"]).unwrap();

        assert_eq!(users(&settings, AxlRole::Full), pair("boss", "secret:2"));
        assert_eq!(users(&settings, AxlRole::ReadOnly), pair("r", "file"));
        assert_eq!(users(&settings, AxlRole::None), pair("noaxl", "ccx-noaxl"));
        // One name cannot have two roles.
        assert!(resolve(&["--cucm-admin", "noaxl:x"]).is_err());
        // No password is repeated.
        for wrong in [":s3cret", "s3cret:", "s3cret"] {
            let error = resolve(&["--cucm-admin", wrong]).unwrap_err().to_string();
            assert_eq!(error, "--cucm-admin takes a name, a colon and a password");
        }
    }

    #[test]
    fn the_directory_is_kept_if_that_is_asked_for() {
        assert!(!resolve(&[]).unwrap().cucm.keep);
        assert!(resolve(&["--cucm-keep"]).unwrap().cucm.keep);
        assert!(!resolve(&["--cucm-keep", "false"]).unwrap().cucm.keep);
    }

    #[test]
    fn a_domain_with_a_blank_is_refused() {
        assert!(matches!(
            resolve(&["--xmpp-domain", "a b"]),
            Err(SettingsError::Domain(_))
        ));
    }
}
