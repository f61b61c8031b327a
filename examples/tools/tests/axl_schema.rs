//! `axl-schema` on a small schema, and on Cisco's where it can be had.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

#[path = "../../../soap-axl/tests/common/schema.rs"]
mod source;

use std::fs;
use std::process::Command;

const SMALL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../soap-axl/tests/golden/small.xsd"
);

/// What the tool says, and its exit status.
fn run(schema: &str, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_axl-schema"))
        .args(arguments)
        .env("AXL_SCHEMA_FILE", schema)
        .env("COLUMNS", "80")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    let status = output.status.code().unwrap();
    format!("{}exit {status}", String::from_utf8(text).unwrap())
}

#[test]
fn the_help_fits_eighty_columns() {
    let help = run(SMALL, &["--help"]);
    assert!(
        help.lines().all(|line| line.chars().count() <= 80),
        "{help}"
    );
    insta::assert_snapshot!("schema_help", help);
    insta::assert_snapshot!("schema_help_show", run(SMALL, &["show", "--help"]));
}

#[test]
fn operations_are_listed_and_shown() {
    assert_eq!(run(SMALL, &["list", "--match", "ADD"]), "addThing\nexit 0");
    insta::assert_snapshot!("show", run(SMALL, &["show", "addthing"]));
    insta::assert_snapshot!(
        "show_required",
        run(SMALL, &["show", "addThing", "--required"])
    );
    insta::assert_snapshot!(
        "show_values",
        run(SMALL, &["show", "addThing", "thing/type", "--values"])
    );
    insta::assert_snapshot!(
        "show_answer",
        run(SMALL, &["show", "listThing", "--answer"])
    );
    insta::assert_snapshot!("show_nothing", run(SMALL, &["show", "thing"]));
    insta::assert_snapshot!(
        "show_nowhere",
        run(SMALL, &["show", "addThing", "thing/nope"])
    );
}

#[test]
fn a_table_serves_as_the_schema_does() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("small.table");
    let table = table.to_str().unwrap();
    let written = run(SMALL, &["table", "--file", table]);
    assert!(
        written.starts_with("axl-schema: AXL 14.0, 2 operations, "),
        "{written}"
    );
    assert!(fs::metadata(table).unwrap().len() < fs::metadata(SMALL).unwrap().len() / 3);
    for arguments in [
        &["show", "addThing"][..],
        &["generate", "--operation", "addThing"],
    ] {
        assert_eq!(run(table, arguments), run(SMALL, arguments));
    }
    let broken = folder.path().join("broken.table");
    fs::write(&broken, b"AXLT\x01\x0e\x00\xff").unwrap();
    let said = run(broken.to_str().unwrap(), &["list"]);
    assert!(
        said.contains("damaged") && said.ends_with("exit 2"),
        "{said}"
    );
    let said = run("/nowhere/AXLSoap.xsd", &["list"]);
    assert!(
        said.contains("/nowhere/AXLSoap.xsd: ") && said.ends_with("exit 2"),
        "{said}"
    );
}

#[test]
fn records_are_written_for_the_operations_named() {
    insta::assert_snapshot!(
        "generate",
        run(SMALL, &["generate", "--operation", "addThing"])
    );
}

#[test]
fn cisco_s_schema_is_read_from_its_folder() {
    let Some(xsd) = source::xsd("14.0") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("AXLSoap.xsd"), xsd).unwrap();
    let path = folder.path().to_str().unwrap();
    let all = run(path, &["list"]);
    assert_eq!(all.lines().count(), 1068 + 1, "with the exit status");
    let phone = run(path, &["show", "addPhone", "phone", "--required"]);
    for name in ["name", "product", "class", "protocol", "devicePoolName"] {
        assert!(phone.contains(&format!("\n  {name} ")), "{name}: {phone}");
    }
    assert!(
        phone.lines().all(|line| line.chars().count() <= 100),
        "{phone}"
    );
    let records = run(path, &["generate", "--operation", "getPhone,listUser"]);
    assert!(records.contains("Request of `listUser`"), "{records}");
    // What AXL_SCHEMA_FILE and --schema name is the same.
    let fields = [
        "add",
        "phone",
        "--dry-run",
        "name=SEP001122334455",
        "product=Cisco 8841",
        "class=Phone",
        "protocol=SIP",
        "devicePoolName=Default",
        "locationName=Hub_None",
        "commonPhoneConfigName=Standard Common Phone Profile",
        "lines/line/index=1",
        "lines/line/dirn/pattern=1001",
        "--schema",
        path,
    ];
    let output = Command::new(env!("CARGO_BIN_EXE_axl"))
        .args(fields)
        .output()
        .unwrap();
    let request = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for filled in [
        "<protocolSide>User</protocolSide>",
        "<primaryPhoneName",
        "<routePartitionName",
    ] {
        assert!(request.contains(filled), "{filled}: {request}");
    }
}
