//! Reads captured or live CTI traffic; `cti-inspect --help` tells how.

use std::process::ExitCode;

fn main() -> ExitCode {
    contact_center_tools::inspect::main()
}
