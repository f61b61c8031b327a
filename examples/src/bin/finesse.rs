//! The web service.

use std::process::ExitCode;

use examples::{command, finesse};

fn main() -> ExitCode {
    command::run(
        "finesse",
        "The web service: REST, notifications, agent desktop",
        finesse::start,
    )
}
