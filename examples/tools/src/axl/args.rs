//! The command line.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, builder::RangedU64ValueParser};
use soap_axl::axl::Version;

use super::output::Form;
use crate::net::Fingerprint;
use crate::terminal::Color;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "axl",
    version,
    about = ABOUT,
    long_about = None,
    disable_version_flag = true,
    disable_help_flag = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = AFTER_HELP
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,

    #[command(flatten)]
    pub(super) server: ServerArgs,

    #[command(flatten)]
    pub(super) show: ShowArgs,

    /// Print this, or what a command takes
    // One help for both flags: the long form would put each option on lines of its own.
    #[arg(short, long, global = true, action = clap::ArgAction::HelpShort)]
    help: (),

    /// Print the version of this tool
    #[arg(short = 'V', long = "tool-version", action = clap::ArgAction::Version)]
    tool_version: (),
}

/// Whom to ask, and as whom.
#[derive(Clone, Debug, ClapArgs)]
pub(super) struct ServerArgs {
    /// The publisher, as HOST or HOST:PORT; http://HOST:PORT is not encrypted
    #[arg(long, value_name = "HOST", env = "AXL_HOST", hide_env = true, global = true, help_heading = SERVER)]
    pub(super) host: Option<String>,

    /// Who asks; the password comes from --password-file, AXL_PASSWORD or a prompt
    #[arg(long, value_name = "NAME", env = "AXL_USER", hide_env = true, global = true, help_heading = SERVER)]
    pub(super) user: Option<String>,

    /// File whose first line is the password
    #[arg(long, value_name = "FILE", global = true, help_heading = SERVER)]
    pub(super) password_file: Option<PathBuf>,

    /// Certificate authorities to trust (PEM); else those of the system
    #[arg(
        long,
        value_name = "FILE",
        env = "AXL_CA_FILE", hide_env = true,
        global = true,
        conflicts_with = "pin",
        help_heading = SERVER
    )]
    pub(super) ca_file: Option<PathBuf>,

    /// Trust this one certificate: sha256: and its fingerprint
    #[arg(long, value_name = "SHA256", env = "AXL_PIN", hide_env = true, global = true, help_heading = SERVER)]
    pub(super) pin: Option<Fingerprint>,

    /// Version of AXL to speak, 11.5 to 15.0; else that of --schema, or 14.0
    #[arg(
        long,
        value_name = "VERSION",
        env = "AXL_VERSION", hide_env = true,
        global = true,
        value_parser = version,
        help_heading = SERVER
    )]
    pub(super) version: Option<Version>,

    /// Longest time for an answer
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 120,
        value_parser = RangedU64ValueParser::<u64>::new().range(1..=3_600),
        global = true,
        help_heading = SERVER
    )]
    pub(super) timeout: u64,

    /// How often to ask a server that asks to wait (HTTP 503)
    #[arg(
        long,
        value_name = "N",
        default_value_t = 6,
        value_parser = clap::value_parser!(u32).range(1..=100),
        global = true,
        help_heading = SERVER
    )]
    pub(super) tries: u32,

    /// Send the password unencrypted to another machine
    #[arg(long, global = true, help_heading = SERVER)]
    pub(super) i_accept_clear_http: bool,
}

/// How to print.
#[derive(Clone, Debug, ClapArgs)]
pub(super) struct ShowArgs {
    /// How to print
    #[arg(
        short,
        long,
        value_name = "FORM",
        default_value = "table",
        global = true,
        help_heading = OUTPUT
    )]
    pub(super) output: Form,

    /// Columns that a table may take; else those of the terminal, or any number elsewhere
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(40..),
        global = true,
        help_heading = OUTPUT
    )]
    pub(super) width: Option<u16>,

    /// Colours; `auto` means on a terminal, unless NO_COLOR is set
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true, help_heading = OUTPUT)]
    pub(super) color: Color,

    /// Cisco's schema (AXLSoap.xsd, or what axl-schema makes of it): requests are put in order,
    /// filled in and checked
    #[arg(
        long,
        value_name = "FILE",
        env = "AXL_SCHEMA_FILE", hide_env = true,
        global = true,
        help_heading = OUTPUT
    )]
    pub(super) schema: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// See whether the server can be reached and lets you in, and which release it is
    Check,
    /// Show one thing with everything in it
    Get(GetArgs),
    /// List things of a kind
    List(ListArgs),
    /// Add a thing
    #[command(after_help = FIELDS_HELP)]
    Add(AddArgs),
    /// Change fields of a thing
    #[command(after_help = FIELDS_HELP)]
    Update(UpdateArgs),
    /// Remove things
    Remove(RemoveArgs),
    /// Ask or change the database in SQL, whose dialect is Informix
    Sql(SqlArgs),
    /// Do any of AXL's thousand operations
    #[command(after_help = FIELDS_HELP)]
    Do(DoArgs),
    /// Tell what changes, from now on
    Changes(ChangesArgs),
}

#[derive(Debug, ClapArgs)]
pub(super) struct GetArgs {
    /// Kind of thing, for example phone
    pub(super) object: String,

    /// What it is known by; or FIELD=VALUE, for things that one word does not name
    #[arg(value_name = "KEY", required = true)]
    pub(super) keys: Vec<String>,

    /// Ask for these parts only, by name or path: name,lines/line/dirn/pattern
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) tags: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ListArgs {
    /// Kind of thing, for example phone
    pub(super) object: String,

    /// Only those whose name matches; % stands for anything. For users it is the userid, for lines
    /// the pattern
    #[arg(value_name = "PATTERN")]
    pub(super) pattern: Option<String>,

    /// Only those where a field matches; all of them must, if it is given again
    #[arg(long = "where", value_name = "FIELD=PATTERN")]
    pub(super) criteria: Vec<String>,

    /// What to show, by name or path; uuid is the key. Else what such things are known by
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) tags: Vec<String>,

    /// Not more than so many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) limit: Option<u64>,

    /// How many to ask for at a time
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1_000,
        value_parser = clap::value_parser!(u64).range(1..=100_000)
    )]
    pub(super) page: u64,
}

#[derive(Debug, ClapArgs)]
pub(super) struct AddArgs {
    /// Kind of thing, for example css
    pub(super) object: String,

    /// Its fields; `-` reads them from standard input
    #[arg(value_name = "FIELD=VALUE", required = true)]
    pub(super) fields: Vec<String>,

    #[command(flatten)]
    pub(super) send: SendArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct UpdateArgs {
    /// Kind of thing, for example phone
    pub(super) object: String,

    /// Which ones, then what to change; `-` reads that from standard input
    #[arg(value_name = "KEY|FIELD=VALUE", required = true)]
    pub(super) words: Vec<String>,

    #[command(flatten)]
    pub(super) send: SendArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct RemoveArgs {
    /// Kind of thing, for example phone
    pub(super) object: String,

    /// Which ones; or FIELD=VALUE, for things that one word does not name
    #[arg(value_name = "KEY", required = true)]
    pub(super) keys: Vec<String>,

    #[command(flatten)]
    pub(super) send: SendArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct DoArgs {
    /// Name of the operation, for example doDeviceReset
    pub(super) operation: String,

    /// What stands in the request; `-` reads it from standard input
    #[arg(value_name = "FIELD=VALUE")]
    pub(super) fields: Vec<String>,

    #[command(flatten)]
    pub(super) send: SendArgs,
}

/// Before a request is sent.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(super) struct SendArgs {
    /// Print the request instead of sending it; needs neither server nor password
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Send it as it is, whatever the schema says
    #[arg(long)]
    pub(super) unchecked: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct SqlArgs {
    /// The statement; `-` reads it from standard input
    #[arg(value_name = "STATEMENT")]
    pub(super) statement: String,

    /// Let it change the database, past everything that CUCM checks
    #[arg(long)]
    pub(super) write: bool,

    /// Fetch so many rows at a time; the statement needs an ORDER BY
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(super) page: Option<u64>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ChangesArgs {
    /// Kinds of things to be told of; else all
    #[arg(value_name = "OBJECT")]
    pub(super) objects: Vec<String>,

    /// Time between two questions
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 120,
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    pub(super) interval: u64,

    /// Stop after so many questions; else only when you stop it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) polls: Option<u64>,
}

fn version(text: &str) -> Result<Version, String> {
    let version: Version = text.parse().map_err(|error| format!("{error}"))?;
    if Version::KNOWN.contains(&version) {
        return Ok(version);
    }
    let known: Vec<_> = Version::KNOWN.iter().map(ToString::to_string).collect();
    Err(format!("this tool speaks {}", known.join(", ")))
}

const ABOUT: &str = "\
Looks at and changes the configuration of Cisco CUCM: phones, users, lines, ...

AXL is the way in that CUCM (Unified Communications Manager) has for programs:
a web service on port 8443, for users with the role \"Standard AXL API Access\".
OBJECT is a kind of thing as AXL spells it: phone, user, line, devicePool, css,
routePartition, sipTrunk and some two hundred others. KEY is what one of them is
known by: a phone's name, a user's userid, a line's pattern, or a uuid.";

const SERVER: &str = "Server";
const OUTPUT: &str = "Output and schema";

const AFTER_HELP: &str = "\
Examples:
  export AXL_HOST=cucm.example.com AXL_USER=axladmin
  axl check
  axl list phone SEP% --where devicePoolName=Default --tags name,description
  axl get user jdoe
  axl list user --output csv > users.csv
  axl update phone SEP001122334455 description='Front desk'
  axl sql 'select name, description from device order by name'
  axl do doDeviceReset deviceName=SEP001122334455 deviceResetType=Restart

The environment stands in for options that are not given: AXL_HOST, AXL_USER,
AXL_PASSWORD, AXL_CA_FILE, AXL_PIN, AXL_VERSION, AXL_SCHEMA_FILE. Passwords are
never shown, nor taken from an argument. Cisco's schema is what CUCM serves at
https://HOST:8443/plugins/axlsqltoolkit.zip.

Exit code:
  0  done
  1  the server says why it does not do it
  2  nothing was sent: bad arguments, or not what the schema wants
  3  the server cannot be reached, or its certificate is not trusted
  4  wrong password, or no role
  5  the server answers, but not as AXL of this version does";

const FIELDS_HELP: &str = "\
FIELD is the name of an element, or the path to one:
  description='Front desk'            the text of an element
  lines/line/dirn/pattern=1001        inside of others
  lines/line[2]/index=2               inside the second of its name
  devicePoolName/@uuid='{1B1B..}'     an attribute
  @isMGCP=false                       an attribute of the operation itself
  ownerUserName:=null                 JSON; null says nil, which clears a field
  lines:='{\"line\":[{\"index\":1}]}'     JSON; objects and arrays are elements
  password=? or password=@FILE        asked for, or the first line of a file
The same field twice makes two elements.

Standard input is XML (the operation's element, an envelope around it, or what
is inside) or JSON as --output json prints it.

Without --schema, fields are sent in the order in which they stand here; AXL
wants its own. --schema knows that, and axl-schema show prints it.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }
}
