//! The engine.

use std::process::ExitCode;

use examples::{command, engine};

fn main() -> ExitCode {
    command::run(
        "engine",
        "The engine: agents, the queue, the CTI server",
        engine::start,
    )
}
