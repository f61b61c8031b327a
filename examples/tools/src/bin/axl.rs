//! Talks to Cisco CUCM over AXL; `axl --help` tells how.

use std::process::ExitCode;

fn main() -> ExitCode {
    contact_center_tools::axl::main()
}
