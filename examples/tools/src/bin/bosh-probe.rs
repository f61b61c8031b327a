//! Tests a BOSH server against XEP-0124 and XEP-0206; `bosh-probe --help` tells how.

use std::process::ExitCode;

fn main() -> ExitCode {
    contact_center_tools::probe::main()
}
