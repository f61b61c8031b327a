//! The command line that the server binaries share.

use std::{process::ExitCode, sync::Arc};

use clap::{CommandFactory as _, FromArgMatches as _};
use tracing_subscriber::EnvFilter;

use crate::{
    server::{Server, StartError},
    settings::{Flags, Settings, SettingsError},
    shutdown::{self, Shutdown},
};

/// Flags of every server binary.
#[derive(Debug, clap::Parser)]
#[command(version, after_help = AFTER_HELP)]
struct Command {
    #[command(flatten)]
    flags: Flags,
}

/// Runs one server until Ctrl-C: reads the command line, starts it, prints its addresses on the
/// standard output, one `name address` a line.
pub fn run<F, S>(name: &'static str, about: &'static str, start: F) -> ExitCode
where
    F: FnOnce(Arc<Settings>, Shutdown) -> S,
    S: Future<Output = Result<Server, StartError>>,
{
    log_to_stderr("info");
    let matches = Command::command().name(name).about(about).get_matches();
    let flags = match Command::from_arg_matches(&matches) {
        Ok(command) => command.flags,
        Err(error) => error.exit(),
    };
    finish(name, serve(name, flags, start))
}

/// Turns the end of a program into its exit code, and tells people why.
pub fn finish(name: &str, result: Result<(), CommandError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Sends log lines to the standard error output; `RUST_LOG` chooses which, else `default`.
pub fn log_to_stderr(default: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}

/// Why a program ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// A flag, a variable or a file is wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A server could not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A server ended by itself.
    #[error("{0} ended by itself; the log above says why")]
    Ended(&'static str),
    /// The system refused threads or signals.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

fn serve<F, S>(name: &'static str, flags: Flags, start: F) -> Result<(), CommandError>
where
    F: FnOnce(Arc<Settings>, Shutdown) -> S,
    S: Future<Output = Result<Server, StartError>>,
{
    let settings = Arc::new(Settings::resolve(flags)?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (trigger, shutdown) = shutdown::channel();
        let server = start(settings, shutdown).await?;
        for (name, address) in &server.addresses {
            println!("{name} {address}");
        }
        let mut task = server.task;
        tokio::select! {
            signal = shutdown::signal() => signal?,
            _ = &mut task => return Err(CommandError::Ended(name)),
        }
        trigger.request();
        // A server that panicked while it closed has printed why.
        let _ = task.await;
        Ok(())
    })
}

/// Stands below the flags of every binary.
pub const AFTER_HELP: &str = "\
Each setting comes from the command line, else from the environment, else from the file of --config, \
else from its default. RUST_LOG chooses what is logged (for example RUST_LOG=debug).";
