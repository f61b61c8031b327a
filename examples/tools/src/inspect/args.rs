//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use cti_proto::{Dialect, Version};

use crate::inspect::filter::{ClientFilter, TypeFilter};
use crate::terminal::Color;

/// Shows what clients and CTI servers (GED-188) say to each other, and what is wrong with it.
///
/// CTI is how desktops and other clients of a Cisco contact centre hear of agents and calls and control
/// them.
///
/// Reads a capture (pcap or pcapng), a hex dump (plain, xxd, hexdump -C, Wireshark's), or stands
/// between a live client and its server. A capture may begin in the middle of a session and may
/// lack packets.
#[derive(Debug, Parser)]
#[command(
    name = "cti-inspect",
    version,
    disable_version_flag = true,
    args_conflicts_with_subcommands = true,
    max_term_width = 100,
    after_help = AFTER_HELP
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Capture or hex dump; `-`, or nothing in a pipe, is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    /// Print the version of this tool
    #[arg(short = 'V', long = "tool-version", action = clap::ArgAction::Version)]
    tool_version: (),

    #[command(flatten)]
    pub(crate) show: Show,

    /// Server ports to follow, and no others. Else 12028, 42027 and 43027 with those of further
    /// instances (40 apart), and every connection that carries CTI messages
    #[arg(
        long,
        value_name = "PORT",
        value_delimiter = ',',
        help_heading = "Reading"
    )]
    pub(crate) port: Vec<u16>,
}

impl Args {
    /// The process's arguments; ends the process if they do not fit together.
    pub(crate) fn of_process() -> Self {
        let args = Self::parse();
        let counts = args.show.summary || args.show.check;
        if let Some(Command::Proxy(Proxy {
            connections: None, ..
        })) = &args.command
            && counts
        {
            // Nothing else ends the proxy but a signal, and that leaves no time to count.
            let missing = "--summary and --check of the proxy need its end: give --connections";
            Self::command()
                .error(ErrorKind::MissingRequiredArgument, missing)
                .exit()
        }
        args
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Forward live connections unchanged and show what passes
    Proxy(Proxy),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Proxy {
    /// Where clients connect to, for example 127.0.0.1:42027
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: String,

    /// The server that they mean
    #[arg(long, value_name = "ADDR")]
    pub(crate) connect: String,

    /// End after so many connections; else a signal ends the proxy
    #[arg(long, value_name = "N")]
    pub(crate) connections: Option<u64>,
}

#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Reading")]
pub(crate) struct Show {
    /// Dialect of the sessions, else found from what they say
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) dialect: Option<DialectName>,

    /// Protocol version of the sessions, with --dialect; else found from what they say
    #[arg(long, value_name = "N", global = true, requires = "dialect")]
    pub(crate) version: Option<u32>,

    /// Only these messages, by name or number; `!NAME` leaves them out
    #[arg(
        long = "type",
        value_name = "TYPE",
        value_delimiter = ',',
        global = true,
        help_heading = "Filters"
    )]
    pub(crate) types: Vec<TypeFilter>,

    /// Only messages about this agent (id, extension or telephone), their answers, and those that
    /// cannot be read, of which nobody can tell
    #[arg(long, value_name = "ID", global = true, help_heading = "Filters")]
    pub(crate) agent: Option<String>,

    /// Only messages about this call (ConnectionCallID), their answers, and those that cannot be read
    #[arg(long, value_name = "ID", global = true, help_heading = "Filters")]
    pub(crate) call: Option<u32>,

    /// Only sessions of this client
    #[arg(
        long,
        value_name = "IP[:PORT]",
        global = true,
        help_heading = "Filters"
    )]
    pub(crate) client: Option<ClientFilter>,

    /// Show each field on a line of its own
    #[arg(
        short = 'v',
        long,
        visible_alias = "verbose",
        global = true,
        help_heading = "Output"
    )]
    pub(crate) long: bool,

    /// Write one JSON object a line
    #[arg(long, global = true, conflicts_with = "long", help_heading = "Output")]
    pub(crate) json: bool,

    /// What stands before a message: seconds since the first packet, or date and time in UTC
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "relative",
        global = true,
        help_heading = "Output"
    )]
    pub(crate) time: TimeForm,

    /// Count at the end: messages, failures, response times. The proxy needs --connections for it
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) summary: bool,

    /// Exit with 3 if anything is wrong with the traffic, or a part of it could not be read. The
    /// proxy needs --connections for it
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) check: bool,

    /// Colours; `auto` means on a terminal, unless NO_COLOR is set
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        global = true,
        help_heading = "Output"
    )]
    pub(crate) color: Color,
}

impl Show {
    /// What the user says the version is.
    pub(crate) fn version(&self) -> Option<Version> {
        let dialect = self.dialect()?;
        self.version.map(|number| Version::new(dialect, number))
    }

    /// What the user says the dialect is.
    pub(crate) fn dialect(&self) -> Option<Dialect> {
        self.dialect.map(|name| match name {
            DialectName::Ucce => Dialect::Ucce,
            DialectName::Uccx => Dialect::Uccx,
        })
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DialectName {
    /// Unified CCE, versions 5 to 25
    Ucce,
    /// Unified CCX, versions 10 to 18
    Uccx,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum TimeForm {
    Relative,
    Absolute,
}

/// Where a server listens unless told otherwise: UCCX, and both sides of each UCCE instance.
pub(crate) fn is_well_known(port: u16) -> bool {
    const INSTANCES: u16 = 25;
    let of_side = |first: u16| {
        port.checked_sub(first)
            .is_some_and(|above| above % 40 == 0 && above / 40 < INSTANCES)
    };
    port == 12_028 || of_side(42_027) || of_side(43_027)
}

/// The client of a connection between `one` and `other`, if a port tells it.
pub(crate) fn client_by_port(
    one: SocketAddr,
    other: SocketAddr,
    is_server: impl Fn(u16) -> bool,
) -> Option<SocketAddr> {
    match (is_server(one.port()), is_server(other.port())) {
        (true, false) => Some(other),
        (false, true) => Some(one),
        (true, true) | (false, false) => None,
    }
}

const AFTER_HELP: &str = "\
Examples:
  cti-inspect session.pcapng
  cti-inspect session.pcapng --type '!HEARTBEAT_REQ,!HEARTBEAT_CONF' --agent 1001001
  xxd stream.bin | cti-inspect --dialect ucce --version 20 -v
  tcpdump -i any -U -w - port 42027 | cti-inspect
  cti-inspect proxy --listen 127.0.0.1:42027 --connect cti-a.example.com:42027

A line has the time, the number of the session, `->` from the client or `<-` from the server, and
the message; what is wrong stands behind `!`. Passwords are never shown.

Exit code: 0 the input was read, 1 it could not be read, 2 bad arguments, 3 something is wrong with
the traffic or a part of it was not read (with --check only).";
