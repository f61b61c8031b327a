//! The notification service.

use std::process::ExitCode;

use examples::{command, notification};

fn main() -> ExitCode {
    command::run(
        "notification",
        "The notification service: XMPP with publish-subscribe, over TCP and BOSH",
        notification::start,
    )
}
