//! `axl` against a small server of the same crate: what it prints, what it asks, and how it fails.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod axl_server;

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use axl_server::{AxlServer, Nature};
use soap_axl::axl::Version;

/// A schema of one operation, in the manner of Cisco's.
const SMALL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../soap-axl/tests/golden/small.xsd"
);

/// What the tool said, and its exit status.
struct Said {
    out: String,
    err: String,
    status: i32,
}

impl Said {
    /// All of it, without what is other each time.
    fn told(&self, server: &AxlServer) -> String {
        let Self { out, err, status } = self;
        let text = format!(
            "{out}{}{err}exit {status}",
            if err.is_empty() { "" } else { "--\n" }
        );
        text.replace(&server.address.to_string(), "SERVER")
            .replace(&server.fingerprint.to_string(), "FINGERPRINT")
    }
}

/// Runs the tool with nothing but these arguments and variables.
fn run(arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_axl"));
    for name in [
        "HOST",
        "USER",
        "PASSWORD",
        "CA_FILE",
        "PIN",
        "VERSION",
        "SCHEMA_FILE",
    ] {
        command.env_remove(format!("AXL_{name}"));
    }
    let mut child = command
        .args(arguments)
        .env("COLUMNS", "80")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Whoever reads nothing may be gone.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Said {
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        status: output.status.code().unwrap(),
    }
}

/// Asks as the administrator over TLS, with the authority of the server.
fn ask(server: &AxlServer, arguments: &[&str]) -> Said {
    ask_with(server, arguments, "")
}

fn ask_with(server: &AxlServer, arguments: &[&str], input: &str) -> Said {
    let host = server.address.to_string();
    let environment = [
        ("AXL_HOST", host.as_str()),
        ("AXL_USER", "admin"),
        ("AXL_PASSWORD", "axl-secret"),
        ("AXL_CA_FILE", server.authority.to_str().unwrap()),
    ];
    run(arguments, &environment, input)
}

#[test]
fn the_help_fits_eighty_columns() {
    let help = run(&["--help"], &[], "");
    assert_eq!(help.status, 0, "{}", help.err);
    insta::assert_snapshot!("help", help.out);
    for command in [
        "check", "get", "list", "add", "update", "remove", "sql", "do", "changes",
    ] {
        let help = run(&[command, "--help"], &[], "").out;
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{command}: {line}");
        }
    }
    assert!(help.out.lines().all(|line| line.chars().count() <= 80));
    insta::assert_snapshot!("help_do", run(&["do", "--help"], &[], "").out);
}

#[test]
fn what_stands_beside_return_is_printed() {
    let server = AxlServer::secure(Nature::default());
    let answer = ask(&server, &["do", "getSmartLicenseStatus", "-o", "json"]);
    assert_eq!(answer.status, 0, "{}", answer.err);
    assert_eq!(
        answer.out.split_whitespace().collect::<String>(),
        r#"{"return":"success","LicenseDetails":{"SmartLicensing":"ENABLED"}}"#
    );
}

#[test]
fn answers_have_four_forms() {
    let server = AxlServer::secure(Nature::default());
    let told = |arguments: &[&str]| ask(&server, arguments).told(&server);
    insta::assert_snapshot!("check", told(&["check"]));
    let get = ["get", "phone", "SEP000000000001"];
    insta::assert_snapshot!("get_table", told(&get));
    insta::assert_snapshot!("get_json", told(&[&get[..], &["-o", "json"]].concat()));
    insta::assert_snapshot!("get_csv", told(&[&get[..], &["-o", "csv"]].concat()));
    insta::assert_snapshot!("get_xml", told(&[&get[..], &["-o", "xml"]].concat()));
    let list = ["list", "phone", "--tags", "name,description,uuid"];
    insta::assert_snapshot!(
        "list_table",
        told(&[&list[..], &["--width", "60"]].concat())
    );
    insta::assert_snapshot!("list_csv", told(&[&list[..], &["-o", "csv"]].concat()));
    insta::assert_snapshot!("list_json", told(&[&list[..], &["-o", "json"]].concat()));
    insta::assert_snapshot!("sql", told(&["sql", "select name, pin from device"]));
    let two = [
        "get",
        "phone",
        "SEP000000000001",
        "SEP000000000002",
        "-o",
        "json",
    ];
    assert!(told(&two).starts_with("[\n"), "several are an array");
}

#[test]
fn a_session_is_one_connection_with_its_cookie() {
    let server = AxlServer::secure(Nature::default());
    let said = ask(&server, &["list", "phone", "--page", "1"]);
    assert_eq!(said.status, 0, "{}", said.err);
    assert_eq!(server.connections(), 1);
    // Of four requests, the first had none yet.
    assert_eq!(server.cookies(), ["JSESSIONIDSSO=c0ffee"; 3]);
    assert!(!format!("{}{}", said.out, said.err).contains("c0ffee"));
    let closing = AxlServer::clear(Nature {
        closes: true,
        ..Nature::default()
    });
    let host = format!("http://{}", closing.address);
    let environment = [("AXL_PASSWORD", "axl-secret")];
    let arguments = [
        "--host", &host, "--user", "admin", "list", "phone", "--page", "1",
    ];
    let said = run(&arguments, &environment, "");
    assert_eq!(said.status, 0, "{}", said.err);
    assert_eq!(said.out.lines().count(), 4, "a heading and three phones");
}

#[test]
fn lists_are_fetched_in_pages_that_the_server_bears() {
    let server = AxlServer::secure(Nature {
        phones: 25,
        most: 10,
        busy: 2,
        ..Nature::default()
    });
    let said = ask(&server, &["list", "phone", "-o", "csv"]);
    assert_eq!(said.status, 0, "{}", said.err);
    assert_eq!(said.out.lines().count(), 26);
    assert_eq!(said.err.matches("asks to wait").count(), 2, "{}", said.err);
    let said = ask(&server, &["list", "phone", "-o", "csv", "--limit", "4"]);
    assert_eq!(said.out.lines().count(), 5);
    let last = server.requests().pop().unwrap();
    assert!(last.contains("<skip>0</skip><first>4</first>"), "{last}");
    // SQL as well, where the statement has an order.
    let statement = "select name from device order by name";
    let said = ask(&server, &["sql", statement, "-o", "csv"]);
    assert_eq!(said.status, 0, "{}", said.err);
    assert_eq!(said.out.lines().count(), 26);
    let last = server.requests().pop().unwrap();
    assert!(last.contains("select SKIP 25 FIRST 10 name"), "{last}");
    let said = ask(&server, &["sql", "select name from device"]);
    assert_eq!(said.status, 1);
    assert!(said.err.contains("add ORDER BY"), "{}", said.err);
    let said = ask(&server, &["sql", statement, "--page", "5", "-o", "csv"]);
    assert_eq!(said.out.lines().count(), 26);
}

#[test]
fn a_busy_server_is_given_up_after_so_many_tries() {
    let server = AxlServer::secure(Nature {
        busy: 9,
        ..Nature::default()
    });
    let said = ask(
        &server,
        &["--tries", "3", "get", "phone", "SEP000000000001"],
    );
    assert_eq!(said.status, 5, "{}", said.err);
    assert_eq!(server.requests().len(), 3);
    insta::assert_snapshot!("busy", said.told(&server));
}

#[test]
fn requests_say_what_the_command_line_does() {
    let server = AxlServer::secure(Nature::default());
    let namespace = "xmlns:ns=\"http://www.cisco.com/AXL/API/14.0\"";
    let sent = |arguments: &[&str], input: &str| {
        let said = ask_with(&server, arguments, input);
        assert_eq!(said.status, 0, "{arguments:?}: {}", said.err);
        let last = server.requests().pop().unwrap();
        last.replace(&format!(" {namespace}"), "")
            .replace("<ns:", "<")
            .replace("</ns:", "</")
    };
    let phone = "SEP000000000001";
    let get = ["get", "phone", phone, "--tags", "name,lines/line/index"];
    assert_eq!(
        sent(&get, ""),
        "<getPhone><name>SEP000000000001</name><returnedTags><name/><lines><line><index/></line>\
         </lines></returnedTags></getPhone>"
    );
    let update = [
        "update",
        "phone",
        phone,
        "description=a & b",
        "ownerUserName:=null",
    ];
    let updated = sent(&update, "");
    let (before, nil) = updated.split_once("<ownerUserName ").unwrap();
    assert_eq!(
        before,
        "<updatePhone><name>SEP000000000001</name><description>a &amp; b</description>"
    );
    assert!(
        nil.contains("/XMLSchema-instance\"") && nil.contains(":nil=\"true\"/>"),
        "{nil}"
    );
    let list = [
        "list",
        "phone",
        "SEP%",
        "--where",
        "devicePoolName=Default",
        "--tags",
        "name",
    ];
    assert!(sent(&list, "").starts_with(
        "<listPhone><searchCriteria><name>SEP%</name><devicePoolName>Default</devicePoolName>\
         </searchCriteria><returnedTags><name/></returnedTags><skip>"
    ));
    assert_eq!(
        sent(
            &["remove", "phone", "{1b1b6f0a-abcd-0123-4567-89abcdef0123}"],
            ""
        ),
        "<removePhone><uuid>{1B1B6F0A-ABCD-0123-4567-89ABCDEF0123}</uuid></removePhone>"
    );
    assert_eq!(
        sent(
            &["do", "updatePhone", "-"],
            r#"{"name":"x","description":"y"}"#
        ),
        "<updatePhone><name>x</name><description>y</description></updatePhone>"
    );
    let reset = ["deviceName=SEP1", "isHardReset=true"];
    assert_eq!(
        sent(
            &[&["do", "doDeviceReset", "@isMGCP=false"], &reset[..]].concat(),
            ""
        ),
        "<doDeviceReset isMGCP=\"false\"><deviceName>SEP1</deviceName>\
         <isHardReset>true</isHardReset></doDeviceReset>"
    );
    assert_eq!(
        sent(
            &["do", "doDeviceReset", "-"],
            "<doDeviceReset isMGCP=\"t\"><deviceName>SEP1</deviceName>\
             <deviceResetType>Reset</deviceResetType></doDeviceReset>"
        ),
        "<doDeviceReset isMGCP=\"t\"><deviceName>SEP1</deviceName>\
         <deviceResetType>Reset</deviceResetType></doDeviceReset>"
    );
    assert_eq!(
        sent(
            &["do", "doDeviceReset", "@isMGCP=false", "-"],
            "<doDeviceReset isMGCP=\"t\"><deviceName>SEP1</deviceName>\
             <deviceResetType>Reset</deviceResetType></doDeviceReset>"
        ),
        "<doDeviceReset isMGCP=\"t\"><deviceName>SEP1</deviceName>\
         <deviceResetType>Reset</deviceResetType></doDeviceReset>"
    );
    assert_eq!(
        sent(
            &["update", "phone", phone, "-"],
            "<updatePhone a=\"b\"><description>c</description></updatePhone>"
        ),
        "<updatePhone a=\"b\"><name>SEP000000000001</name><description>c</description>\
         </updatePhone>"
    );
    let statement = "update device set description = 'x'";
    assert_eq!(
        sent(&["sql", "--write", "-"], statement),
        format!("<executeSQLUpdate><sql>{statement}</sql></executeSQLUpdate>")
    );
    let both = ["remove", "phone", "SEP000000000001", "SEP000000000002"];
    let before = server.requests().len();
    let said = ask(&server, &both);
    assert_eq!(server.requests().len(), before + 2);
    assert_eq!(said.out.lines().count(), 2, "a key each: {}", said.out);
}

#[test]
fn changes_are_told_line_by_line() {
    let server = AxlServer::secure(Nature::default());
    let changes = |form| {
        let arguments = ["changes", "--interval", "1", "--polls", "2", "-o", form];
        ask(&server, &arguments).told(&server)
    };
    insta::assert_snapshot!("changes_table", changes("table"));
    insta::assert_snapshot!("changes_json", changes("json"));
    insta::assert_snapshot!("changes_csv", changes("csv"));
}

#[test]
fn a_schema_orders_fills_in_and_checks() {
    let server = AxlServer::secure(Nature::default());
    let schema = ["--schema", SMALL];
    let told = |arguments: &[&str]| ask(&server, &[&schema[..], arguments].concat()).told(&server);
    insta::assert_snapshot!(
        "schema_dry_run",
        told(&[
            "add",
            "thing",
            "--dry-run",
            "lines=t",
            "password=@/dev/null",
            "name=x"
        ])
    );
    insta::assert_snapshot!(
        "schema_violations",
        told(&[
            "add",
            "Thing",
            "name=longer than five",
            "nope=1",
            "lines=maybe"
        ])
    );
    insta::assert_snapshot!("schema_unknown", told(&["get", "things", "x"]));
    assert_eq!(server.requests(), [""; 0], "nothing was sent");
    insta::assert_snapshot!("schema_add", told(&["add", "thing", "name=x"]));
    // That schema's list is not one of AXL's.
    let list = [
        "list",
        "thing",
        "--tags",
        "name,pool",
        "-o",
        "csv",
        "--where",
        "name=%",
    ];
    insta::assert_snapshot!("list_of_anything", ask(&server, &list).told(&server));
}

#[test]
fn failures_help() {
    let server = AxlServer::secure(Nature::default());
    let host = server.address.to_string();
    let authority = server.authority.to_str().unwrap();
    let get = ["get", "phone", "SEP000000000001"];
    let told = |user: &str, password: &str, more: &[&str]| {
        let environment = [
            ("AXL_HOST", host.as_str()),
            ("AXL_USER", user),
            ("AXL_PASSWORD", password),
        ];
        let said = run(&[&get[..], more].concat(), &environment, "");
        assert!(!said.err.contains(password), "{}", said.err);
        said.told(&server)
    };
    let trust = ["--ca-file", authority];
    insta::assert_snapshot!(
        "not_found",
        ask(&server, &["get", "phone", "x"]).told(&server)
    );
    insta::assert_snapshot!("password", told("admin", "hunter2", &trust));
    insta::assert_snapshot!("role", told("norole", "axl-secret", &trust));
    let version = ["--ca-file", authority, "--version", "15.0"];
    insta::assert_snapshot!("version", told("admin", "axl-secret", &version));
    insta::assert_snapshot!("untrusted", {
        let other = AxlServer::secure(Nature::default());
        let file = other.authority.to_str().unwrap();
        told("admin", "axl-secret", &["--ca-file", file])
    });
    let pinned = server.fingerprint.to_string();
    let right = told("admin", "axl-secret", &["--pin", &pinned]);
    assert!(right.ends_with("exit 0"), "{right}");
    let wrong = format!("sha256:{}", "0".repeat(64));
    insta::assert_snapshot!("pin", told("admin", "axl-secret", &["--pin", &wrong]));
    let environment = [
        ("AXL_HOST", host.as_str()),
        ("AXL_USER", "reader"),
        ("AXL_PASSWORD", "axl-secret"),
    ];
    let arguments = ["--ca-file", authority, "remove", "phone", "SEP000000000001"];
    insta::assert_snapshot!("read_only", run(&arguments, &environment, "").told(&server));
}

#[test]
fn what_is_not_axl_is_told() {
    for (name, status, text) in [
        ("page_404", 404, "<h1>Not Found</h1>"),
        ("page_200", 200, "Welcome to \u{1b}[31mnginx"),
        ("page_302", 302, ""),
    ] {
        let server = AxlServer::secure(Nature {
            page: Some((status, text)),
            ..Nature::default()
        });
        insta::assert_snapshot!(name, ask(&server, &["list", "user"]).told(&server));
    }
}

#[test]
fn passwords_go_where_they_should_and_nowhere_else() {
    let server = AxlServer::clear(Nature::default());
    let host = format!("http://{}", server.address);
    let file = server.folder().join("password");
    fs::write(&file, "axl-secret\nsecond line\n").unwrap();
    let from_file = ["--user", "admin", "--password-file", file.to_str().unwrap()];
    let check = |host: &str, more: &[&str]| {
        run(
            &[&["--host", host, "check"], &from_file[..], more].concat(),
            &[],
            "",
        )
    };
    // Loopback needs no leave.
    assert_eq!(check(&host, &[]).status, 0);
    // A documentation address (RFC 5737): nobody is there, and nobody is asked.
    let elsewhere = check("http://192.0.2.1:8080", &[]);
    assert_eq!(elsewhere.status, 2);
    assert!(
        elsewhere.err.contains("--i-accept-clear-http"),
        "{}",
        elsewhere.err
    );
    let argument = run(
        &["do", "doAuthenticateUser", "userid=x", "password=hunter2"],
        &[],
        "",
    );
    assert_eq!(argument.status, 2);
    assert!(argument.err.contains("PASSWORD=@FILE") && !argument.err.contains("hunter2"));
    let dry = ["do", "doAuthenticateUser", "--dry-run", "userid=x"];
    let field = format!("password=@{}", file.display());
    let dry = run(&[&dry[..], &[&field]].concat(), &[], "");
    assert_eq!(dry.status, 0, "{}", dry.err);
    assert!(
        dry.out.contains("<password>(hidden)</password>"),
        "{}",
        dry.out
    );
    for missing in [&["check"][..], &["check", "--host", "h"]] {
        let said = run(missing, &[], "");
        assert_eq!(said.status, 2);
        assert!(said.err.starts_with("axl: no "), "{}", said.err);
    }
    let old = run(&["--version", "10.5", "check"], &[], "");
    assert!(
        old.err.contains("11.5, 12.0, 12.5, 14.0, 15.0"),
        "{}",
        old.err
    );
    assert_eq!(old.status, 2);
    assert!(Version::KNOWN.len() == 5);
}
