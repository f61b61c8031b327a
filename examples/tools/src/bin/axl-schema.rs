//! Reads Cisco's schema of AXL; `axl-schema --help` tells how.

use std::process::ExitCode;

fn main() -> ExitCode {
    contact_center_tools::axl_schema::main()
}
