//! The whole contact centre in one process: switch, engine, notification service and web service.

use std::process::ExitCode;

use clap::Parser as _;
use examples::{
    command::{self, CommandError},
    contact_center::{ContactCenter, Welcome},
    settings::{Flags, Settings},
    shutdown,
};

/// A working contact centre in one process.
///
/// Starts a simulated switch with AXL, the CTI engine, the notification service and the web service
/// with the agent desktop, connected over real loopback sockets; then prints where everything is and
/// who can sign in.
#[derive(clap::Parser)]
#[command(version, after_help = command::AFTER_HELP)]
struct Command {
    #[command(flatten)]
    flags: Flags,
}

fn main() -> ExitCode {
    command::log_to_stderr("warn");
    command::finish("contact-center", run(Command::parse().flags))
}

fn run(flags: Flags) -> Result<(), CommandError> {
    let settings = Settings::resolve(flags)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut center = ContactCenter::start(settings).await?;
        println!("{}", Welcome(&center.settings));
        tokio::select! {
            signal = shutdown::signal() => signal?,
            server = center.failed() => return Err(CommandError::Ended(server)),
        }
        println!("Closing.");
        center.stop().await;
        Ok(())
    })
}
