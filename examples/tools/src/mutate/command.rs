//! The command: its arguments, what it prints, its exit status.

use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use cti_proto::Version;

use super::{Settings, run};

/// Plays hostile sessions against a CTI server (GED-188) and looks whether an honest one beside them
/// goes on.
///
/// The sessions are well framed: what is wrong stands inside the messages, or in their order. All
/// follows from the seed and the number of a session. A finding is a server that takes no connection
/// any more, ends the honest session, does not answer it, or writes what cannot be read; the steps
/// that led there and the line that plays them again are printed. Such sessions can end a server for
/// all of its users: only servers on this machine are taken, unless you say that it is yours.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER_HELP)]
struct Arguments {
    /// The server.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:42027")]
    connect: String,
    /// Family of the server: Unified CCE (ucce) or Unified CCX (uccx).
    #[arg(long, value_enum, default_value_t = Family::Ucce)]
    dialect: Family,
    /// Protocol version of all sessions: 5 to 25 in ucce, 10 to 18 in uccx.
    #[arg(long, value_name = "N", default_value_t = 23)]
    protocol: u32,
    /// Number that all sessions follow from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Number of the first session, to play one again.
    #[arg(long, value_name = "N", default_value_t = 0)]
    first: u64,
    /// How many sessions. With 1, the server is looked at after every step.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    sessions: u64,
    /// Seconds that an answer to the honest session may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
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

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Family {
    Ucce,
    Uccx,
}

/// Plays what the command line asks for: 0 without a finding, 1 with one, 2 if it could not begin.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Some(server) = resolve(&arguments.connect) else {
        eprintln!("{} is no address", arguments.connect);
        return ExitCode::from(2);
    };
    let version = match arguments.dialect {
        Family::Ucce => Version::ucce(arguments.protocol),
        Family::Uccx => Version::uccx(arguments.protocol),
    };
    if !version.is_known() {
        eprintln!("{version} is not known");
        return ExitCode::from(2);
    }
    let mut settings = Settings::new(server, version);
    settings.seed = arguments.seed;
    settings.first = arguments.first;
    settings.sessions = arguments.sessions;
    settings.patience = Duration::from_secs(arguments.patience);
    settings.password = arguments.password.clone().into_bytes();
    settings.known.peripheral_id = arguments.peripheral;
    if !arguments.device.is_empty() {
        settings.known.devices.clone_from(&arguments.device);
    }
    settings.i_own_this_server = arguments.i_own_this_server;
    if !settings.is_local() && !arguments.i_own_this_server {
        eprintln!(
            "{server} is not on this machine. These sessions can end a server for all of its users; \
             --i-own-this-server says that this is wanted."
        );
        return ExitCode::from(2);
    }
    let (first, end) = (
        settings.first,
        settings.first.saturating_add(settings.sessions),
    );
    println!(
        "{server}, {version}, seed {}, sessions {first} up to {end}",
        settings.seed
    );
    match run(&settings, |_| {}) {
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
        Ok(report) => {
            print!("{report}");
            let Some(finding) = &report.finding else {
                return ExitCode::SUCCESS;
            };
            println!("again: {}", again(&arguments, finding.session, 1));
            println!(
                "or, with all that came before: {}",
                again(&arguments, first, finding.session - first + 1)
            );
            ExitCode::from(1)
        }
    }
}

fn resolve(address: &str) -> Option<SocketAddr> {
    address.to_socket_addrs().ok()?.next()
}

/// The line that plays `sessions` sessions from `first` on. The password is left to who types it.
fn again(arguments: &Arguments, first: u64, sessions: u64) -> String {
    let family = match arguments.dialect {
        Family::Ucce => "ucce",
        Family::Uccx => "uccx",
    };
    let mut line = format!(
        "cti-mutate --connect {} --dialect {family} --protocol {} --seed {} --first {first} --sessions {sessions}",
        arguments.connect, arguments.protocol, arguments.seed
    );
    if arguments.peripheral != 1 {
        line.push_str(&format!(" --peripheral {}", arguments.peripheral));
    }
    for device in &arguments.device {
        line.push_str(&format!(" --device {device}"));
    }
    line
}

const AFTER_HELP: &str = "\
Examples:
  cti-mutate --connect 127.0.0.1:12028 --dialect uccx --protocol 17 --device 1001001
  cti-mutate --connect 127.0.0.1:42027 --protocol 23 --seed 7 --first 512 --sessions 1

Exit code: 0 nothing was found, 1 at the first finding, 2 it could not begin.";
