//! `spec/requirements.tsv` says of each requirement which tests prove it, or why none does.
//!
//! Whether that is true is checked in one place for all crates, `.ci/requirements.py`; this test
//! runs it, so that `cargo test` fails on a table that does not hold.
//! `cargo test -p xmpp-pubsub --test requirements -- --nocapture` prints the coverage.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

#[test]
fn the_table_of_requirements_holds() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/requirements.py");
    let output = Command::new("python3")
        .arg(script)
        .arg("xmpp-pubsub")
        .output()
        .expect("python3 runs");
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    let faults: Vec<_> = said.lines().filter(|line| line.contains("FAULT")).collect();
    assert!(
        output.status.success(),
        "{faults:#?} {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
