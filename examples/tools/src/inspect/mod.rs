//! `cti-inspect`: what clients and CTI servers say to each other, and what is wrong with it.
//!
//! `capture` takes TCP segments out of a capture file, `flow` puts them in order, `hexdump` and `proxy`
//! are the other two sources of bytes. `conversation` makes messages of them, `report` filters, prints
//! and counts.

use std::fs::File;
use std::io::{self, BufReader, IsTerminal, Read};
use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;

mod args;
mod capture;
mod conversation;
mod filter;
mod flow;
mod hexdump;
mod packet;
mod proxy;
mod reassembly;
mod render;
mod report;
mod request;
mod summary;
mod timestamp;

use args::{Args, Command};
use report::Report;

/// Why the input could not be read to its end.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{name}: {source}")]
    Open { name: String, source: io::Error },
    #[error("cannot read the input: {0}")]
    Read(io::Error),
    #[error("cannot write: {0}")]
    Write(io::Error),
    #[error("the input is neither pcap, pcapng nor a hex dump: {0}")]
    Format(String),
    #[error("the capture file is damaged: {0}")]
    Capture(String),
    #[error("cannot listen on {address}: {source}")]
    Listen { address: String, source: io::Error },
    #[error("the proxy takes no more connections")]
    Accept,
    #[error("a hex dump has neither addresses nor ports: leave out --port and --client")]
    NoAddresses,
}

impl Failure {
    /// Whether there is nothing to count.
    const fn is_before_reading(&self) -> bool {
        matches!(
            self,
            Self::Open { .. } | Self::Listen { .. } | Self::NoAddresses | Self::Write(_)
        )
    }

    /// Whether whoever read has seen enough.
    fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// What the tool came to.
#[derive(Debug)]
struct Outcome {
    /// Something is wrong with what was read.
    flawed: bool,
    failure: Option<Failure>,
}

/// Runs the tool with the process's arguments, input and output.
pub fn main() -> ExitCode {
    let args = Args::of_process();
    let Outcome { flawed, failure } = run(&args);
    let check = args.show.check;
    match failure {
        None if flawed && check => ExitCode::from(FLAWED),
        None => ExitCode::SUCCESS,
        Some(failure) if failure.is_broken_pipe() => match (check, flawed) {
            (false, _) => ExitCode::SUCCESS,
            (true, true) => ExitCode::from(FLAWED),
            // What nobody waited for was not looked at.
            (true, false) => ExitCode::FAILURE,
        },
        Some(failure) => {
            let mut stderr = anstream::stderr().lock();
            // Nothing is left to do when this cannot be written either.
            let _ = io::Write::write_fmt(&mut stderr, format_args!("cti-inspect: {failure}\n"));
            if matches!(failure, Failure::NoAddresses) {
                ExitCode::from(BAD_ARGUMENTS)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn run(args: &Args) -> Outcome {
    if args.command.is_none() && args.file.is_none() && io::stdin().is_terminal() {
        let failure = Args::command().print_help().map_err(Failure::Write).err();
        let flawed = false;
        return Outcome { flawed, failure };
    }
    let mut report = Report::new(&args.show);
    let failure = show(args, &mut report).err();
    let flawed = report.is_flawed();
    if failure.as_ref().is_some_and(Failure::is_before_reading) {
        return Outcome { flawed, failure };
    }
    let finished = report.finish();
    Outcome {
        flawed,
        failure: failure.or_else(|| finished.err()),
    }
}

/// Shows all that the arguments name.
fn show(args: &Args, report: &mut Report) -> Result<(), Failure> {
    match &args.command {
        Some(Command::Proxy(proxy)) => proxy::run(proxy, &args.show, report),
        None => match args.file.as_deref() {
            Some(path) if path != Path::new("-") => {
                let file = File::open(path).map_err(|source| Failure::Open {
                    name: path.display().to_string(),
                    source,
                })?;
                read(file, args, report)
            }
            Some(_) | None => {
                report.flush_each_line();
                read(io::stdin(), args, report)
            }
        },
    }
}

/// Tells the form of `input` by its first bytes and reads it to its end.
fn read(input: impl Read + Send, args: &Args, report: &mut Report) -> Result<(), Failure> {
    let mut input = BufReader::new(input);
    let mut head = Vec::new();
    input
        .by_ref()
        .take(4)
        .read_to_end(&mut head)
        .map_err(Failure::Read)?;
    if capture::is_capture(&head) {
        capture::read(head, input, args, report)
    } else if !args.port.is_empty() || args.show.client.is_some() {
        Err(Failure::NoAddresses)
    } else {
        let whole = io::Cursor::new(head).chain(input);
        hexdump::read(BufReader::new(whole), &args.show, report)
    }
}

/// Exit code of `--check` when something is wrong with the traffic.
const FLAWED: u8 = 3;

/// The one that clap has.
const BAD_ARGUMENTS: u8 = 2;
