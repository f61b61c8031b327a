//! `cti-mutate` against a server that holds, and against servers that do not.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use contact_center_tools::mutate::{Error, Fault, Settings, run};
use cti_proto::code::{ServiceMask, StatusCode};
use cti_proto::message::OpenConf;
use cti_proto::session::server::{Config, Event, InferredLayouts, Server};
use cti_proto::{Dialect, Version};

/// What a server does at the first SNAPSHOT_DEVICE_REQ or QUERY_DEVICE_INFO_REQ that cannot be read.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Weakness {
    None,
    /// It ends altogether.
    Dies,
    /// It answers nobody any more.
    Hangs,
    /// It announces eight bytes of FAILURE_CONF and sends five, then goes on.
    WritesRubbish,
    /// It closes in the middle of a FAILURE_CONF, in order.
    CutsOff,
    /// It sends HEARTBEAT_CONFs that nobody asked for to everyone, as fast as they are taken.
    Floods,
    /// It takes no connection any more, but serves those that stand.
    StopsAccepting,
    /// It refuses every OPEN_REQ, but serves the sessions that are open.
    RefusesOpen,
}

#[test]
fn a_server_of_this_crate_holds_in_every_width() {
    for version in [Version::ucce(15), Version::uccx(18), Version::ucce(23)] {
        let mut settings = Settings::new(serve(version.dialect(), Weakness::None), version);
        settings.sessions = 12;
        let report = run(&settings, |_| {}).unwrap();
        assert!(report.finding.is_none(), "{version}: {report}");
        assert_eq!(report.sessions, 12);
        // Hostile or not, most sessions are opened, and requests are answered.
        assert!(report.answers["OPEN_CONF"] > 4, "{report}");
        assert!(report.answers.len() > 3, "{report}");
    }
}

#[test]
fn what_follows_the_end_of_a_session_is_played_in_a_new_one() {
    let version = Version::ucce(23);
    let mut settings = Settings::new(serve(version.dialect(), Weakness::None), version);
    settings.sessions = 40;
    let report = run(&settings, |_| {}).unwrap();
    assert!(report.finding.is_none(), "{report}");
    // A session that is never opened again is confirmed once at most.
    assert!(report.answers["OPEN_CONF"] > report.sessions, "{report}");
}

#[test]
fn a_server_that_dies_is_found_and_the_session_can_be_played_again() {
    find(Weakness::Dies, |fault| {
        matches!(fault, Fault::Gone(_) | Fault::Ended)
    });
}

#[test]
fn a_server_that_hangs_is_found_and_the_session_can_be_played_again() {
    find(Weakness::Hangs, is_silence);
}

#[test]
fn a_server_that_writes_half_a_body_is_found_and_the_session_can_be_played_again() {
    find(Weakness::WritesRubbish, |fault| {
        matches!(fault, Fault::Malformed(_))
    });
}

#[test]
fn a_server_that_closes_in_the_middle_of_a_message_is_found_and_the_session_can_be_played_again() {
    find(Weakness::CutsOff, |fault| matches!(fault, Fault::Cut(10)));
}

#[test]
fn a_server_that_never_stops_sending_is_silent_in_time() {
    let began = Instant::now();
    find(Weakness::Floods, is_silence);
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_server_that_stops_accepting_is_found_and_the_session_can_be_played_again() {
    find(
        Weakness::StopsAccepting,
        |fault| matches!(fault, Fault::Shut(what) if matches!(**what, Fault::Silent(_))),
    );
}

#[test]
fn a_server_that_refuses_every_open_req_is_found_and_the_session_can_be_played_again() {
    let refused = Fault::Refused(StatusCode::CTI_SERVER_OFFLINE);
    let expected = Fault::Shut(Box::new(refused));
    find(Weakness::RefusesOpen, move |fault| *fault == expected);
}

/// The standing session is asked before a new one is: the server may have answered that before it was struck.
fn is_silence(fault: &Fault) -> bool {
    let asked = if let Fault::Shut(asked) = fault {
        asked
    } else {
        fault
    };
    matches!(asked, Fault::Silent(_))
}

/// The weakness is found, and found again by one session alone.
fn find(weakness: Weakness, expected: impl Fn(&Fault) -> bool) {
    let mut settings = Settings::new(serve(Dialect::Ucce, weakness), Version::ucce(23));
    settings.patience = Duration::from_millis(500);
    let first = run(&settings, |_| {}).unwrap().finding.unwrap();
    assert!(expected(&first.fault), "{first}");
    // What is shown is a step that was played and sent something.
    assert!(
        first.step < first.fates.len() && !first.bytes.is_empty(),
        "{first}"
    );
    let shown = first.to_string();
    let unplayed = shown.matches("(not played)").count();
    assert_eq!(unplayed, first.steps.len() - first.fates.len(), "{shown}");

    settings.sessions = 1;
    // On a loaded machine a server can be late: what is seen in a session can stem from the one before.
    let again = (0..6).find_map(|attempt| {
        settings.server = serve(Dialect::Ucce, weakness);
        settings.first = first.session.saturating_sub(attempt % 2);
        run(&settings, |_| {}).unwrap().finding
    });
    let again = again.unwrap();
    assert!(expected(&again.fault), "{again}");
    let sent = &again.steps[..=again.step];
    assert!(sent.iter().any(|step| step.contains("_DEVICE")), "{again}");
    if again.session == first.session {
        assert_eq!(again.steps, first.steps);
    }
}

#[test]
fn nobody_is_hit_by_a_slip_of_the_pen() {
    let there =
        |address: &str| Settings::new(address.parse().unwrap(), Version::ucce(23)).is_local();
    assert!(there("127.0.0.1:42027") && there("127.9.9.9:1") && there("[::1]:42027"));
    assert!(!there("192.0.2.1:42027") && !there("[2001:db8::1]:42027") && !there("0.0.0.0:1"));

    let mut settings = Settings::new("192.0.2.1:42027".parse().unwrap(), Version::ucce(23));
    assert!(matches!(run(&settings, |_| {}), Err(Error::Remote(_))));
    assert!(matches!(settings.check(), Err(Error::Remote(_))));
    settings.i_own_this_server = true;
    assert!(settings.check().is_ok());
}

#[test]
fn a_version_that_is_not_known_is_refused_with_those_that_are() {
    let settings = Settings::new(serve(Dialect::Uccx, Weakness::None), Version::uccx(23));
    let error = run(&settings, |_| {}).unwrap_err();
    assert!(error.to_string().contains("UCCX 10 to 18"), "{error}");
}

/// Exit status of the command, and what it prints, with such arguments.
fn command(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_cti-mutate"))
        .args(arguments)
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(printed).unwrap())
}

#[test]
fn the_exit_status_tells_how_it_went() {
    let server = serve(Dialect::Ucce, Weakness::None).to_string();
    let (status, printed) = command(&["--connect", &server, "--sessions", "2"]);
    assert_eq!(status, Some(0), "{printed}");
    assert!(
        printed.contains("UCCE 23, seed 1, sessions 0 up to 2"),
        "{printed}"
    );

    let server = serve(Dialect::Uccx, Weakness::RefusesOpen).to_string();
    let (status, printed) = command(&[
        "--connect",
        &server,
        "--dialect",
        "uccx",
        "--device",
        "10 01",
    ]);
    assert_eq!(status, Some(1), "{printed}");
    let again =
        format!("  cti-mutate --connect {server} --dialect uccx --protocol 17 --seed 1 --first ");
    assert!(
        printed.contains(&again) && printed.contains(" --device '10 01'"),
        "{printed}"
    );

    for (arguments, expected) in [
        (&["--connect", "192.0.2.1:42027"][..], "--i-own-this-server"),
        (&["--protocol", "4"], "UCCE has the versions 5 to 25"),
        (&["--password", &"x".repeat(65)], "client_password has "),
        (&["--connect", "127.0.0.1:1"], "efused"),
        (&["--connect", "127.0.0.1"], "is no address"),
        (&["--patience", "0"], "1..=3600"),
    ] {
        let (status, printed) = command(arguments);
        assert_eq!(status, Some(2), "{printed}");
        assert!(printed.contains(expected), "{printed}");
    }
}

#[test]
fn a_server_that_is_not_there_is_no_finding() {
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    assert!(run(&Settings::new(address, Version::ucce(23)), |_| {}).is_err());
}

/// A server with a thread for each connection, until it dies of its weakness.
fn serve(dialect: Dialect, weakness: Weakness) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    let struck = Arc::new(AtomicBool::new(false));
    thread::spawn(move || {
        loop {
            if weakness == Weakness::Dies && struck.load(Ordering::SeqCst) {
                return;
            }
            if weakness == Weakness::StopsAccepting && struck.load(Ordering::SeqCst) {
                // The system goes on to take connections for it.
                thread::sleep(Duration::from_millis(1));
                continue;
            }
            match listener.accept() {
                Ok((stream, _)) => {
                    let struck = Arc::clone(&struck);
                    thread::spawn(move || converse(stream, dialect, weakness, &struck));
                }
                Err(_) => thread::sleep(Duration::from_micros(200)),
            }
        }
    });
    address
}

fn converse(mut stream: TcpStream, dialect: Dialect, weakness: Weakness, struck: &AtomicBool) {
    let origin = Instant::now();
    stream.set_nonblocking(false).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(4)))
        .unwrap();
    let versions = match dialect {
        Dialect::Ucce => 5..=25,
        Dialect::Uccx => 10..=18,
    };
    let config = Config::new(dialect, versions).inferred_layouts(InferredLayouts::Taken);
    let mut server = Server::new(Duration::ZERO, config);
    let mut input = BytesMut::new();
    let mut buffer = [0; 4_096];
    while !server.is_closed() {
        match stream.read(&mut buffer) {
            Ok(0) => server.handle_eof(),
            Ok(count) => input.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
        if struck.load(Ordering::SeqCst) {
            match weakness {
                Weakness::Dies => return,
                Weakness::Hangs => continue,
                Weakness::Floods => {
                    stream
                        .set_write_timeout(Some(Duration::from_millis(4)))
                        .unwrap();
                    let _ = stream.write(&UNASKED.repeat(500));
                    continue;
                }
                Weakness::None
                | Weakness::WritesRubbish
                | Weakness::CutsOff
                | Weakness::StopsAccepting
                | Weakness::RefusesOpen => {}
            }
        }
        let now = origin.elapsed();
        loop {
            let before = input.len();
            let _ = server.handle_input(now, &mut input);
            while let Some(event) = server.poll_event() {
                match event {
                    Event::OpenRequested { .. }
                        if weakness == Weakness::RefusesOpen && struck.load(Ordering::SeqCst) =>
                    {
                        server.refuse(StatusCode::CTI_SERVER_OFFLINE).unwrap();
                    }
                    Event::OpenRequested { .. } => {
                        let conf =
                            OpenConf::with(|conf| conf.services_granted = ServiceMask::KNOWN);
                        server.accept(now, conf).unwrap();
                    }
                    Event::Request { invoke_id, .. } => {
                        let _ = server.fail(invoke_id, StatusCode::UNSPECIFIED_FAILURE);
                    }
                    Event::Rejected { frame, .. } if [78, 84].contains(&frame.message_type.0) => {
                        struck.store(true, Ordering::SeqCst);
                        if weakness == Weakness::WritesRubbish {
                            let _ = stream.write_all(&[0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
                        }
                        if weakness == Weakness::CutsOff {
                            let _ = stream.write_all(&[0, 0, 0, 8, 0, 0, 0, 1, 0, 0]);
                            let _ = stream.shutdown(Shutdown::Write);
                            return;
                        }
                    }
                    Event::Message(_) | Event::Rejected { .. } | Event::Closed(_) | _ => {}
                }
            }
            if input.len() == before {
                break;
            }
        }
        server.handle_timeout(now);
        if weakness == Weakness::Hangs && struck.load(Ordering::SeqCst) {
            continue;
        }
        while let Some(bytes) = server.poll_transmit() {
            if stream.write_all(&bytes).is_err() {
                return;
            }
        }
    }
}

/// HEARTBEAT_CONF with an InvokeID that nobody uses.
const UNASKED: [u8; 12] = [0, 0, 0, 4, 0, 0, 0, 6, 0xff, 0xff, 0xff, 0xff];
