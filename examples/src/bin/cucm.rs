//! The CUCM stand-in.

use std::process::ExitCode;

use examples::{command, cucm};

fn main() -> ExitCode {
    command::run(
        "cucm",
        "The CUCM stand-in: users, phones, calls",
        cucm::start,
    )
}
