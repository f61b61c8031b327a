//! The command: its arguments, what it prints, its exit status.

use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use cti_proto::Version;

use super::{Settings, run};

/// Plays well-framed hostile sessions against a CTI server and looks whether an honest one beside them goes on.
///
/// Ends with 0 if nothing was found, 1 at the first finding (with the line that plays it again), 2 if it could not begin.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The server, as host:port.
    #[arg(long, default_value = "127.0.0.1:42027")]
    connect: String,
    /// Family of the server.
    #[arg(long, value_enum, default_value_t = Family::Ucce)]
    dialect: Family,
    /// VersionNumber of all sessions.
    #[arg(long, default_value_t = 23)]
    protocol: u32,
    /// What all sessions follow from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of the first session.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// How many sessions; one alone is looked at after every step.
    #[arg(long, default_value_t = 1_000)]
    sessions: u64,
    /// Seconds that an answer to the honest session may take.
    #[arg(long, default_value_t = 5)]
    patience: u64,
    /// ClientPassword of all sessions.
    #[arg(long, default_value = "")]
    password: String,
    /// Switch to name in requests.
    #[arg(long, default_value_t = 1)]
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
