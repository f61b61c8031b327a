//! Plays hostile sessions against a CTI server; `cti-mutate --help` tells how.

use std::process::ExitCode;

fn main() -> ExitCode {
    contact_center_tools::mutate::main()
}
