//! `bosh-probe` against a server that does right, and against servers that get one thing wrong.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod bosh_server;

use std::process::Command;
use std::thread;

use bosh_server::{Fault, serve};
use contact_center_tools::probe::{Error, Report, Settings, Target, Trust, Verdict, run};

fn settings(fault: Fault) -> Settings {
    let url = format!("http://{}/http-bind", serve(fault));
    let mut settings = Settings::new(Target::new(&url, &Trust::Anyone).unwrap());
    settings.domain = "localhost".to_owned();
    settings
}

fn probe(fault: Fault) -> Report {
    run(&settings(fault), |_| {}).unwrap()
}

/// What each fault breaks.
const FAULTS: [(Fault, &[&str], &[&str]); 16] = [
    (Fault::ContentType, &["BOSH-7.1-20"], &[]),
    // Also to a client that gave no `ver`.
    (Fault::WindowForgiven, &["BOSH-14.2-04"], &["BOSH-17.1-03"]),
    (Fault::RepeatForgotten, &[], &["BOSH-14.3-04"]),
    (Fault::RepeatProcessed, &[], &["BOSH-14.3-04"]),
    (Fault::HoldAbove, &["BOSH-7.2-10"], &[]),
    (Fault::WaitAbove, &["BOSH-7.2-03"], &[]),
    (
        Fault::AnswersEarly,
        &["BOSH-8-02", "BOSH-8-07", "BOSH-14.2-01"],
        &[],
    ),
    (Fault::GapForgotten, &["BOSH-14.2-01"], &["BOSH-14.2-03"]),
    (Fault::PauseCarries, &["BOSH-10-10"], &[]),
    (Fault::Comments, &["BOSH-6-05"], &[]),
    (Fault::RestartlogicMissing, &["XBOSH-4-02"], &[]),
    (Fault::RequestsMissing, &["BOSH-7.2-02"], &[]),
    (
        Fault::TerminateForgotten,
        &["BOSH-13-02"],
        &["BOSH-13-04", "BOSH-13-06"],
    ),
    (Fault::OldCopyForgotten, &[], &["BOSH-14.3-05"]),
    (Fault::HttpErrors, &[], &["BOSH-17.1-02", "BOSH-17.2-03"]),
    (Fault::NamespaceHalf, &[], &["XBOSH-2-04"]),
];

#[test]
fn a_server_of_the_bosh_crate_fails_nothing() {
    let report = probe(Fault::None);
    let lines: Vec<String> = report
        .by_requirement()
        .iter()
        .map(|(requirement, verdict)| format!("{:<14} {}", requirement.id, verdict.as_str()))
        .collect();
    assert!(report.is_conforming(), "{:?}", report.ids(Verdict::Fail));
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn each_fault_is_found_and_nothing_else() {
    thread::scope(|scope| {
        let runs: Vec<_> = FAULTS
            .iter()
            .map(|&(fault, fails, deviates)| {
                scope.spawn(move || (fault, fails, deviates, probe(fault)))
            })
            .collect();
        let mut wrong = Vec::new();
        for run in runs {
            let (fault, fails, deviates, report) = run.join().unwrap();
            let found = (report.ids(Verdict::Fail), report.ids(Verdict::Deviates));
            if found != (fails.to_vec(), deviates.to_vec()) {
                wrong.push(format!("{fault:?}: {found:?}"));
            }
            let told = report.scenarios.iter().flat_map(|it| &it.findings);
            for finding in told.filter(|it| it.verdict >= Verdict::Deviates) {
                let id = finding.requirement.id;
                if !fails.contains(&id) && !deviates.contains(&id) {
                    let (text, exchanges) = (&finding.text, &finding.exchanges);
                    wrong.push(format!("{fault:?}: {id}: {text}: {exchanges:#?}"));
                }
                assert!(
                    !finding.text.is_empty(),
                    "{fault:?} {id}: says what is wrong"
                );
                assert!(
                    finding.exchanges.len() > 1,
                    "{fault:?} {id}: shows the exchange"
                );
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}

#[test]
fn a_name_that_is_none_and_a_server_that_is_not_there_are_errors() {
    let mut wrong = settings(Fault::None);
    wrong.only = vec!["no-such-scenario".to_owned()];
    assert!(matches!(
        run(&wrong, |_| {}),
        Err(Error::UnknownScenario(_))
    ));
    let gone = Target::new("http://127.0.0.1:1/", &Trust::Anyone).unwrap();
    assert!(matches!(
        run(&Settings::new(gone), |_| {}),
        Err(Error::Unreachable { .. })
    ));
}

fn command(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_bosh-probe"))
        .args(arguments)
        .output()
        .unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    text.push_str(&String::from_utf8(output.stderr).unwrap());
    (output.status.code().unwrap(), text)
}

#[test]
fn the_exit_code_says_whether_a_must_failed() {
    let url = |fault| format!("http://{}/http-bind", serve(fault));
    let of = |fault| command(&[&url(fault), "--host", "localhost", "--only", "window-above"]);
    let (code, text) = of(Fault::None);
    assert_eq!(code, 0, "{text}");
    let (code, text) = of(Fault::WindowForgiven);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("fail           BOSH-14.2-04 MUST: an id above the window ends the session")
    );
    assert!(
        text.contains("type='terminate'") || text.contains("type=\"terminate\""),
        "{text}"
    );
    assert_eq!(command(&["http://127.0.0.1:1/"]).0, 2);
    let (code, text) = command(&["http://192.0.2.1/http-bind"]);
    assert_eq!(code, 2);
    assert!(text.contains("--i-may-test-this-server"), "{text}");
}

#[test]
fn json_has_each_scenario_and_the_summary() {
    let url = format!("http://{}/http-bind", serve(Fault::WindowForgiven));
    let (_, text) = command(&[
        &url,
        "--host",
        "localhost",
        "--only",
        "window-above",
        "--json",
    ]);
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["name"], "window-above");
    let finding = &lines[0]["findings"][0];
    assert_eq!(finding["id"], "BOSH-14.2-04");
    assert_eq!(finding["verdict"], "fail");
    assert_eq!(finding["exchanges"][1]["kind"], "sent");
    let summary = lines.last().unwrap();
    assert_eq!(summary["type"], "summary");
    assert_eq!(summary["conforming"], false);
    assert_eq!(summary["requirements"]["BOSH-14.2-04"], "fail");
}
