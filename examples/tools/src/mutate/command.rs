//! The command: its arguments, what it prints, its exit status.

use std::error::Error as _;
use std::io::{IsTerminal, Write, stderr};
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum, value_parser};
use cti_proto::Version;

use super::wire::Wire;
use super::{Error, Report, Settings, run};

/// Plays hostile sessions against a CTI server (GED-188) and looks whether an honest one beside them
/// goes on.
///
/// The sessions are well framed: what is wrong stands inside the messages, or in their order. A
/// finding is a server that takes no connection any more, opens no session any more, ends the honest
/// session, does not answer it, writes what cannot be read, or closes in the middle of a message; the
/// steps that led there and the line that plays them again are printed. Such sessions can end a
/// server for all of its users: only servers on this machine are taken, unless you say that it is
/// yours.
#[derive(Clone, Debug, Eq, Parser, PartialEq)]
#[command(version, after_help = AFTER_HELP)]
struct Arguments {
    /// The server.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:42027")]
    connect: String,
    /// Family of the server: Unified CCE (ucce) or Unified CCX (uccx).
    #[arg(long, value_enum, default_value_t = Family::Ucce)]
    dialect: Family,
    /// Protocol version of all sessions: 5 to 25 in ucce, if not given 23; 10 to 18 in uccx, if not
    /// given 17.
    #[arg(long, value_name = "N")]
    protocol: Option<u32>,
    /// Number that all sessions follow from: with the same build and the same options, a session of
    /// the same seed and number sends the same.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Number of the first session, to play one again.
    #[arg(long, value_name = "N", default_value_t = 0)]
    first: u64,
    /// How many sessions. With 1, the server is looked at after every step.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    sessions: u64,
    /// Seconds that an answer to the honest session may take.
    #[arg(long, value_name = "SECONDS", default_value_t = PATIENCE,
        value_parser = value_parser!(u64).range(1..=3_600))]
    patience: u64,
    /// ClientPassword of all sessions.
    #[arg(long, default_value = "")]
    password: String,
    /// PeripheralID of the switch to name in requests.
    #[arg(long, value_name = "ID", default_value_t = 1)]
    peripheral: u32,
    /// A login id, extension or telephone that the server knows; may come again.
    #[arg(long)]
    device: Vec<String>,
    /// The server is not on this machine; it is mine, nobody else depends on it, and I want it attacked.
    #[arg(long)]
    i_own_this_server: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Family {
    Ucce,
    Uccx,
}

impl Arguments {
    fn version(&self) -> Version {
        match self.dialect {
            Family::Ucce => Version::ucce(self.protocol.unwrap_or(23)),
            Family::Uccx => Version::uccx(self.protocol.unwrap_or(17)),
        }
    }

    fn settings(&self, server: SocketAddr) -> Settings {
        let mut settings = Settings::new(server, self.version());
        settings.seed = self.seed;
        settings.first = self.first;
        settings.sessions = self.sessions;
        settings.patience = Duration::from_secs(self.patience);
        settings.password = self.password.clone().into_bytes();
        settings.known.peripheral_id = self.peripheral;
        if !self.device.is_empty() {
            settings.known.devices.clone_from(&self.device);
        }
        settings.i_own_this_server = self.i_own_this_server;
        settings
    }
}

/// Plays what the command line asks for: 0 without a finding, 1 with one, 2 if it could not begin.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match play(&arguments) {
        Ok(found) => ExitCode::from(u8::from(found)),
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}

/// Whether there was a finding; in words, why it could not begin.
fn play(arguments: &Arguments) -> Result<bool, String> {
    let settings = reach(arguments)?;
    let (first, count) = (settings.first, settings.sessions);
    println!(
        "{}, {}, seed {}, sessions {first} up to {}",
        settings.server,
        settings.version,
        settings.seed,
        first.saturating_add(count)
    );
    let mut line = Line::new(count);
    let report = run(&settings, |report| line.show(report));
    line.clear();
    let report = report.map_err(|error| in_words(&error))?;
    print!("{report}");
    let Some(finding) = &report.finding else {
        return Ok(false);
    };
    println!("again, with the same build:");
    println!("  {}", again(arguments, finding.session, 1));
    if finding.session > first {
        println!("with all that came before:");
        println!("  {}", again(arguments, first, finding.session - first + 1));
    }
    Ok(true)
}

/// Settings for the first address of the server's name where somebody listens. One that must not be tested is not called.
fn reach(arguments: &Arguments) -> Result<Settings, String> {
    let name = &arguments.connect;
    let mut problem = format!("{name} is no address");
    let addresses = name
        .to_socket_addrs()
        .map_err(|error| format!("{problem}: {error}"))?;
    for server in addresses {
        let settings = arguments.settings(server);
        let tried = settings.check().and_then(|()| {
            Wire::connect(server, None).map_err(|source| Error::Connect { server, source })
        });
        match tried {
            Ok(_) => return Ok(settings),
            Err(error) => problem = in_words(&error),
        }
    }
    Err(problem)
}

/// An error with what it stems from.
fn in_words(error: &Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        words.push_str(&format!(": {error}"));
        source = error.source();
    }
    if matches!(error, Error::Remote(_)) {
        words.push_str("; --i-own-this-server says that this is wanted");
    }
    words
}

/// How far the run is, on a line of the terminal that is written over; nothing where there is none.
struct Line {
    sessions: u64,
    /// When it was last written; `None` if it is not to be.
    last: Option<Instant>,
}

impl Line {
    fn new(sessions: u64) -> Self {
        Self {
            sessions,
            last: stderr().is_terminal().then(Instant::now),
        }
    }

    fn show(&mut self, report: &Report) {
        if let Some(last) = &mut self.last
            && last.elapsed() >= BETWEEN
        {
            *last = Instant::now();
            let _ = write!(stderr(), "\r{} of {}", report.sessions, self.sessions);
        }
    }

    fn clear(&self) {
        if self.last.is_some() {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

/// The line that plays `sessions` sessions from `first` on.
fn again(arguments: &Arguments, first: u64, sessions: u64) -> String {
    let words = again_words(arguments, first, sessions);
    let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
    words.join(" ")
}

/// The words of that line, with all that is not as it is without them. The password is left to who types it.
fn again_words(arguments: &Arguments, first: u64, sessions: u64) -> Vec<String> {
    let family = match arguments.dialect {
        Family::Ucce => "ucce",
        Family::Uccx => "uccx",
    };
    let protocol = arguments.version().number();
    let mut words = vec!["cti-mutate".to_owned()];
    let mut add = |name: &str, value: &str| {
        // What begins with a dash is taken for an option where it stands alone.
        if value.starts_with('-') {
            words.push(format!("{name}={value}"));
        } else {
            words.extend([name.to_owned(), value.to_owned()]);
        }
    };
    add("--connect", &arguments.connect);
    add("--dialect", family);
    add("--protocol", &protocol.to_string());
    add("--seed", &arguments.seed.to_string());
    add("--first", &first.to_string());
    add("--sessions", &sessions.to_string());
    if arguments.patience != PATIENCE {
        add("--patience", &arguments.patience.to_string());
    }
    if !arguments.password.is_empty() {
        add("--password", "PASSWORD");
    }
    if arguments.peripheral != 1 {
        add("--peripheral", &arguments.peripheral.to_string());
    }
    for device in &arguments.device {
        add("--device", device);
    }
    if arguments.i_own_this_server {
        words.push("--i-own-this-server".to_owned());
    }
    words
}

/// A word as a POSIX shell reads it back.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=.,:/+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

const AFTER_HELP: &str = "\
Examples:
  cti-mutate --connect 127.0.0.1:12028 --dialect uccx --device 1001001
  cti-mutate --connect 127.0.0.1:42027 --protocol 23 --seed 7 --first 512 --sessions 1

Exit code: 0 nothing was found, 1 at the first finding, 2 it could not begin.";

/// Seconds, if not said otherwise.
const PATIENCE: u64 = 5;
/// Between two lines of how far the run is.
const BETWEEN: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Arguments {
        Arguments::try_parse_from(words).unwrap()
    }

    #[test]
    fn the_line_that_plays_again_has_all_that_was_asked_for() {
        for words in [
            &["cti-mutate"][..],
            &[
                "cti-mutate",
                "--dialect",
                "uccx",
                "--connect",
                "[::1]:12028",
            ],
            &[
                "cti-mutate",
                "--patience=9",
                "--i-own-this-server",
                "--peripheral=5000",
            ],
            &[
                "cti-mutate",
                "--device",
                "o'hara $HOME",
                "--device=-1",
                "--device=",
            ],
        ] {
            let mut arguments = parse(words);
            let again = again_words(&arguments, 7, 1);
            arguments.protocol = Some(arguments.version().number());
            (arguments.first, arguments.sessions) = (7, 1);
            assert_eq!(Arguments::try_parse_from(again).unwrap(), arguments);
        }
    }

    #[test]
    fn a_password_is_not_printed() {
        let line = again(&parse(&["cti-mutate", "--password", "geheim"]), 0, 1);
        assert!(line.contains("--password PASSWORD") && !line.contains("geheim"));
    }

    #[test]
    fn a_word_is_quoted_where_a_shell_would_change_it() {
        assert_eq!(quoted("127.0.0.1:42027"), "127.0.0.1:42027");
        assert_eq!(quoted("[::1]:42027"), "'[::1]:42027'");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("o'hara"), r"'o'\''hara'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn each_dialect_has_a_version_of_its_own() {
        assert_eq!(parse(&["cti-mutate"]).version(), Version::ucce(23));
        let uccx = parse(&["cti-mutate", "--dialect", "uccx"]);
        assert_eq!(uccx.version(), Version::uccx(17));
    }

    #[test]
    fn patience_is_at_least_a_second_and_at_most_an_hour() {
        for patience in ["0", "3601", "18446744073709551615"] {
            assert!(Arguments::try_parse_from(["cti-mutate", "--patience", patience]).is_err());
        }
        assert_eq!(parse(&["cti-mutate", "--patience", "3600"]).patience, 3_600);
    }
}
