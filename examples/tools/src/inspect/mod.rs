//! `cti-inspect`: what clients and CTI servers say to each other, and what is wrong with it.
//!
//! `capture` takes TCP segments out of a capture file, `flow` puts them in order, `hexdump` and `proxy`
//! are the other two sources of bytes. `conversation` makes messages of them, `report` filters, prints
//! and counts.

use std::fs::File;
use std::io::{self, BufReader, IsTerminal, Read};
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

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
}

/// Runs the tool with the process's arguments, input and output.
pub fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(flawless) if flawless || !args.show.check => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(FLAWED),
        // Whoever reads has seen enough.
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            let mut stderr = anstream::stderr().lock();
            // Nothing is left to do when this cannot be written either.
            let _ = io::Write::write_fmt(&mut stderr, format_args!("cti-inspect: {failure}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing was wrong with what was read.
fn run(args: &Args) -> Result<bool, Failure> {
    let mut report = Report::new(&args.show);
    match &args.command {
        Some(Command::Proxy(proxy)) => proxy::run(proxy, &args.show, &mut report)?,
        None => match args.file.as_deref() {
            Some(path) if path != Path::new("-") => {
                let file = File::open(path).map_err(|source| Failure::Open {
                    name: path.display().to_string(),
                    source,
                })?;
                read(file, args, &mut report)?;
            }
            None if io::stdin().is_terminal() => {
                Args::command().print_help().map_err(Failure::Write)?;
                return Ok(true);
            }
            Some(_) | None => {
                report.flush_each_line();
                read(io::stdin(), args, &mut report)?;
            }
        },
    }
    report.finish()
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
        capture::read(head, input, &args.show, report)
    } else {
        let whole = io::Cursor::new(head).chain(input);
        hexdump::read(BufReader::new(whole), &args.show, report)
    }
}

/// Exit code of `--check` when something is wrong with the traffic; 2 is clap's for bad arguments.
const FLAWED: u8 = 3;
