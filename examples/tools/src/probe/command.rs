//! The command: its arguments, what it prints, its exit status.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use serde_json::json;

use super::{Credentials, Error, Requirement, Scenario, Settings, Target, Trust, run};
use crate::terminal::{Color, password, width, wrap};

/// Tests a BOSH server (XEP-0124, XEP-0206) and reports by requirement.
///
/// Scenarios are played against the server: right requests, wrong ones, late ones, repeated ones and
/// broken connections. Each names the requirements it looks at, by the ids of the crate `bosh`
/// (section and number), and says of each: pass; fail (a MUST is broken); deviates (a SHOULD, or what
/// peers rely on); note (allowed either way, this is how the server does it); not applicable (not
/// offered); inconclusive (not seen, and why). A failure comes with what was sent and received.
///
/// Some scenarios need a login: with --user (SASL PLAIN), or without one if the server offers
/// ANONYMOUS. The scenarios create some hundred sessions and break rules on purpose: only servers on this
/// machine are taken, unless you say that you may test the other.
#[derive(Debug, Parser)]
#[command(
    name = "bosh-probe",
    version,
    max_term_width = 100,
    after_help = AFTER_HELP
)]
struct Args {
    /// The server, for example http://127.0.0.1:5280/http-bind
    #[arg(value_name = "URL", required_unless_present = "list")]
    url: Option<String>,

    /// Domain that sessions ask for (`to`); else the host of the URL
    #[arg(long, value_name = "DOMAIN")]
    host: Option<String>,

    /// Local part of the JID that logs in; the password comes from BOSH_PROBE_PASSWORD,
    /// --password-file or a prompt
    #[arg(long, value_name = "NAME")]
    user: Option<String>,

    /// File whose first line is the password
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,

    /// Certificate authorities to trust (PEM); else those of the system
    #[arg(long, value_name = "FILE", help_heading = "TLS")]
    ca: Option<PathBuf>,

    /// Take any certificate
    #[arg(long, conflicts_with = "ca", help_heading = "TLS")]
    insecure: bool,

    /// Only these scenarios, by name or part of one
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        help_heading = "Scenarios"
    )]
    only: Vec<String>,

    /// Not these scenarios
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        help_heading = "Scenarios"
    )]
    skip: Vec<String>,

    /// Also those that wait for the end of inactivity
    #[arg(long, help_heading = "Scenarios")]
    slow: bool,

    /// Name the scenarios and what they look at, and end
    #[arg(long, help_heading = "Scenarios")]
    list: bool,

    /// Longest time of a scenario
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        value_parser = clap::value_parser!(u64).range(5..=3_600),
        help_heading = "Scenarios"
    )]
    timeout: u64,

    /// Scenarios at the same time
    #[arg(
        long,
        value_name = "N",
        default_value_t = 4,
        value_parser = clap::value_parser!(u16).range(1..=16),
        help_heading = "Scenarios"
    )]
    jobs: u16,

    /// The server is not on this machine, and I may test it
    #[arg(long, help_heading = "Scenarios")]
    i_may_test_this_server: bool,

    /// Show each passed requirement on a line of its own
    #[arg(short, long, help_heading = "Output")]
    verbose: bool,

    /// Write one JSON object a line: each scenario, then the summary
    #[arg(long, conflicts_with = "verbose", help_heading = "Output")]
    json: bool,

    /// Colours; `auto` means on a terminal, unless NO_COLOR is set
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Output"
    )]
    color: Color,
}

/// Why nothing was tested.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Target(#[from] super::TargetError),
    #[error(transparent)]
    Run(#[from] Error),
    #[error("no password: {0}")]
    Password(io::Error),
    #[error(
        "{0} is not on this machine. The scenarios break rules on purpose and leave sessions behind; \
         --i-may-test-this-server says that this is allowed there."
    )]
    Foreign(String),
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

/// Tests what the command line names: 0 if no MUST failed, 1 if one did, 2 if nothing was tested.
pub fn main() -> ExitCode {
    let args = Args::parse();
    anstream::ColorChoice::from(args.color).write_global();
    let outcome = if args.list {
        list(args.json)
    } else {
        test(&args)
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        // Whoever reads has seen enough.
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            let mut stderr = anstream::stderr().lock();
            // Nothing is left to do when this cannot be written either.
            let _ = writeln!(stderr, "bosh-probe: {failure}");
            ExitCode::from(2)
        }
    }
}

fn test(args: &Args) -> Result<bool, Failure> {
    let trust = match &args.ca {
        Some(file) => Trust::File(file.clone()),
        None if args.insecure => Trust::Anyone,
        None => Trust::System,
    };
    let target = Target::new(args.url.as_deref().unwrap_or_default(), &trust)?;
    if !target.is_local() && !args.i_may_test_this_server {
        return Err(Failure::Foreign(target.to_string()));
    }
    let mut settings = Settings::new(target);
    if let Some(host) = &args.host {
        settings.domain.clone_from(host);
    }
    if let Some(user) = &args.user {
        settings.credentials = Some(Credentials {
            user: user.clone(),
            password: password(args.password_file.as_deref(), PASSWORD, "Password: ")
                .map_err(Failure::Password)?,
        });
    }
    settings.only.clone_from(&args.only);
    settings.skip.clone_from(&args.skip);
    settings.slow = args.slow;
    settings.timeout = Duration::from_secs(args.timeout);
    settings.jobs = usize::from(args.jobs);
    let width = width();
    let mut failed = None;
    let mut print = |work: &dyn Fn(&mut dyn Write) -> io::Result<()>| {
        if failed.is_none() {
            let mut out = anstream::stdout().lock();
            failed = work(&mut out).and_then(|()| out.flush()).err();
        }
    };
    if !args.json {
        print(&|out| writeln!(out, "{}, sessions for {}", settings.target, settings.domain));
    }
    let report = run(&settings, |scenario| {
        print(&|mut out| {
            if args.json {
                writeln!(out, "{}", scenario.to_json())
            } else {
                scenario.write(&mut out, width, args.verbose)
            }
        });
    })?;
    print(&|mut out| {
        if args.json {
            writeln!(out, "{}", report.to_json())
        } else {
            report.write(&mut out, width)
        }
    });
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(report.is_conforming()),
    }
}

fn list(as_json: bool) -> Result<bool, Failure> {
    let mut out = anstream::stdout().lock();
    let width = width();
    for scenario in Scenario::all() {
        if as_json {
            let line = json!({
                "name": scenario.name,
                "what": scenario.what,
                "slow": scenario.slow,
                "checks": scenario.checks,
            });
            writeln!(out, "{line}")?;
            continue;
        }
        let bold = anstyle::Style::new().bold();
        let slow = if scenario.slow { "  (slow)" } else { "" };
        writeln!(out, "{bold}{}{bold:#}{slow}", scenario.name)?;
        for line in wrap(scenario.what, width - 2, width - 2) {
            writeln!(out, "  {line}")?;
        }
        for line in wrap(&levels(scenario), width - 4, width - 4) {
            writeln!(out, "    {line}")?;
        }
    }
    Ok(true)
}

/// The requirements a scenario looks at, gathered by level.
fn levels(scenario: &Scenario) -> String {
    let mut text = String::new();
    let mut last = "";
    let mut checks: Vec<&Requirement> = scenario
        .checks
        .iter()
        .filter_map(|id| Requirement::find(id))
        .collect();
    checks.sort_by_key(|it| (!it.is_must(), it.is_free(), it.level));
    for requirement in checks {
        if requirement.level != last {
            last = requirement.level;
            text.push_str(last);
            text.push_str(": ");
        }
        text.push_str(requirement.id);
        text.push(' ');
    }
    text
}

const PASSWORD: &str = "BOSH_PROBE_PASSWORD";

const AFTER_HELP: &str = "\
Examples:
  bosh-probe http://127.0.0.1:5280/http-bind --host localhost
  bosh-probe http://127.0.0.1:5280/http-bind --host localhost --user juliet --slow
  bosh-probe https://xmpp.example.com:7443/http-bind --user juliet --i-may-test-this-server
  bosh-probe http://127.0.0.1:5280/http-bind --only pause,window --json

In an exchange, `>` is what was sent and `<` what came back, with seconds since the scenario began
and the number of the HTTP connection. Passwords are never shown.

Exit code: 0 no MUST failed, 1 a MUST failed, 2 bad arguments, or the server cannot be reached.";
