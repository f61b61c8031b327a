//! Active, standby and maintenance: GED-188, "Active and standby", rule 8.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use std::time::Duration;

use cti_proto::code::{InvokeId, ServiceMask};
use cti_proto::message::{
    ActiveMaintenanceRespMsg, AnswerCallReq, EndCallEvent, HeartbeatReq, OpenReq,
    StoppingRequestsToThisSideInd,
};
use cti_proto::session::server::Standing;
use cti_proto::session::service::{ConnectionId, Event};
use cti_proto::session::{CloseReason, Error};
use cti_proto::{Dialect, Version};

use common::floor::{Floor, bridge, frames, text};

const VERSION: Version = Version::ucce(24);

fn mover(version: Version) -> OpenReq {
    let mut request = bridge(version);
    request.services_requested = ServiceMask::ALL_EVENTS | ServiceMask::ACTIVE_STANDBY;
    request
}

/// What an OPEN_REQ of this is refused with.
fn refused(floor: &mut Floor, version: Version, request: OpenReq) -> Option<u8> {
    let connection = floor.connect(version);
    floor.say(connection, request);
    let heard = frames(&floor.bytes(connection));
    heard.first().map(|heard| heard.body[7])
}

fn answer(floor: &mut Floor, connection: ConnectionId, accepted: bool) {
    floor.say(
        connection,
        ActiveMaintenanceRespMsg::with(|answer| {
            answer.invoke_id = InvokeId(1);
            answer.maintenance_mode_accepted = accepted;
        }),
    );
}

fn end() -> EndCallEvent {
    EndCallEvent::with(|event| event.connection_device_id = Some(text("2001")))
}

#[test]
fn a_standby_side_refuses_each_client_with_its_status() {
    let mut floor = Floor::of(Dialect::Ucce);
    floor.service.set_standing(floor.now, Standing::Standby);
    let old = Version::ucce(23);
    assert_eq!(refused(&mut floor, old, bridge(old)), Some(15));
    assert_eq!(refused(&mut floor, VERSION, bridge(VERSION)), Some(107));
    assert_eq!(refused(&mut floor, VERSION, mover(VERSION)), None);
    let mut floor = Floor::of(Dialect::Uccx);
    floor.service.set_standing(floor.now, Standing::Standby);
    let version = Version::uccx(17);
    assert_eq!(refused(&mut floor, version, bridge(version)), Some(92));
}

#[test]
fn a_standby_session_beats_and_closes_and_is_told_when_the_side_becomes_active() {
    let mut floor = Floor::of(Dialect::Ucce);
    floor.service.set_standing(floor.now, Standing::Standby);
    let (connection, _) = floor.try_open(VERSION, mover(VERSION));
    let heard = floor.heard(connection);
    // SessionType stands at the end of the fixed part of 32 bytes.
    assert_eq!(heard[0].body[30..32], [0, 2]);
    floor.say(
        connection,
        HeartbeatReq::with(|beat| beat.invoke_id = InvokeId(5)),
    );
    floor.say(
        connection,
        AnswerCallReq::with(|request| request.invoke_id = InvokeId(6)),
    );
    let heard = floor.heard(connection);
    assert_eq!((heard[0].number, heard[1].number), (6, 1));
    assert_eq!(heard[1].body, [0, 0, 0, 6, 0, 0, 0, 12]);
    assert_eq!(floor.service.publish(floor.now, end()), Ok(0));
    floor.service.set_standing(floor.now, Standing::Master);
    assert_eq!(
        floor.bytes(connection),
        [0, 0, 0, 0, 0, 0, 1, 21],
        "STANDBY_ACTIVE_EVENT_MSG"
    );
    assert_eq!(floor.service.publish(floor.now, end()), Ok(1));
}

#[test]
fn an_active_side_says_so() {
    let mut floor = Floor::of(Dialect::Ucce);
    let (connection, _) = floor.try_open(VERSION, mover(VERSION));
    assert_eq!(floor.heard(connection)[0].body[30..32], [0, 1]);
}

#[test]
fn maintenance_moves_the_clients_when_all_agree() {
    let mut floor = Floor::of(Dialect::Ucce);
    let one = floor.open(VERSION, mover(VERSION));
    let two = floor.open(VERSION, mover(VERSION));
    let old = floor.open(Version::ucce(15), bridge(Version::ucce(15)));
    floor.service.begin_maintenance(floor.now).unwrap();
    assert_eq!(floor.bytes(one), [0, 0, 0, 4, 0, 0, 1, 22, 0, 0, 0, 1]);
    assert_eq!(floor.bytes(old), b"");
    assert_eq!(refused(&mut floor, VERSION, mover(VERSION)), Some(110));
    floor.events();
    answer(&mut floor, one, true);
    assert_eq!(floor.events(), []);
    answer(&mut floor, two, true);
    let decided = Event::MaintenanceDecided {
        moves: true,
        accepted: 2,
        declined: 0,
    };
    assert_eq!(floor.events(), [decided]);
    assert_eq!(floor.bytes(one), [0, 0, 0, 2, 0, 0, 1, 24, 0, 1]);
    floor.bytes(two);
    floor.drive(Duration::from_secs(4));
    floor.say(one, StoppingRequestsToThisSideInd::new());
    assert_eq!(floor.events(), []);
    floor.say(two, StoppingRequestsToThisSideInd::new());
    let events = floor.events();
    let closed = Event::Closed {
        connection: old,
        reason: CloseReason::Local,
    };
    assert_eq!(
        events,
        [closed, Event::MaintenanceOver { moved: 2, left: 0 }]
    );
    assert_eq!(floor.bytes(old), [0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 15]);
    assert_eq!(floor.service.standing(), Standing::Standby);
    assert!(floor.service.is_open(one), "as a standby session");
    assert_eq!(floor.service.publish(floor.now, end()), Ok(0));
}

#[test]
fn silence_for_5_s_counts_as_no() {
    let mut floor = Floor::of(Dialect::Ucce);
    let one = floor.open(VERSION, mover(VERSION));
    let two = floor.open(VERSION, mover(VERSION));
    floor.service.begin_maintenance(floor.now).unwrap();
    floor.bytes(one);
    answer(&mut floor, one, true);
    floor.drive(Duration::from_millis(4_999));
    assert_eq!(floor.events(), []);
    floor.drive(Duration::from_secs(5));
    let decided = Event::MaintenanceDecided {
        moves: false,
        accepted: 1,
        declined: 1,
    };
    assert_eq!(floor.events(), [decided]);
    assert_eq!(floor.bytes(one), [0, 0, 0, 2, 0, 0, 1, 24, 0, 0]);
    assert_eq!(floor.service.standing(), Standing::Master);
    answer(&mut floor, two, true);
    assert_eq!(floor.events(), [], "too late");
    assert_eq!(refused(&mut floor, VERSION, mover(VERSION)), None);
}

#[test]
fn a_client_that_does_not_stop_within_5_s_of_the_outcome_is_counted() {
    let mut floor = Floor::of(Dialect::Ucce);
    let one = floor.open(VERSION, mover(VERSION));
    floor.service.begin_maintenance(floor.now).unwrap();
    answer(&mut floor, one, true);
    floor.events();
    floor.drive(Duration::from_secs(5));
    assert_eq!(
        floor.events(),
        [Event::MaintenanceOver { moved: 0, left: 1 }]
    );
    let error = floor.service.begin_maintenance(floor.now);
    assert!(matches!(
        error,
        Err(Error::Caller {
            state: "standby",
            ..
        })
    ));
}

#[test]
fn a_client_that_leaves_by_the_door_is_not_waited_for() {
    let mut floor = Floor::of(Dialect::Ucce);
    let one = floor.open(VERSION, mover(VERSION));
    floor.service.begin_maintenance(floor.now).unwrap();
    answer(&mut floor, one, true);
    floor.events();
    floor.service.handle_eof(floor.now, one);
    let events = floor.events();
    assert_eq!(events[1..], [Event::MaintenanceOver { moved: 0, left: 0 }]);
}

#[test]
fn maintenance_without_clients_is_over_at_once() {
    let mut floor = Floor::of(Dialect::Ucce);
    floor.service.begin_maintenance(floor.now).unwrap();
    assert!(matches!(
        floor.events()[..],
        [
            Event::MaintenanceDecided { moves: true, .. },
            Event::MaintenanceOver { .. }
        ]
    ));
    assert_eq!(floor.service.poll_timeout(), None);
}

#[test]
fn rule_8_the_end_of_the_server_is_failure_event_15_for_all() {
    let mut floor = Floor::of(Dialect::Ucce);
    let open = floor.open(VERSION, bridge(VERSION));
    let asking = floor.connect(VERSION);
    floor.say(asking, bridge(VERSION));
    let silent = floor.connect(VERSION);
    floor.events();
    floor.service.close_all(floor.now);
    assert_eq!(floor.events().len(), 3);
    assert_eq!(floor.bytes(open), [0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 15]);
    let refusal = [0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 15];
    assert_eq!(floor.bytes(asking), refusal);
    assert_eq!(floor.bytes(silent), b"");
    assert_eq!(floor.service.connections(), 0);
}

#[test]
fn who_waits_for_a_decision_is_refused_as_an_open_req_would_be() {
    let old = Version::ucce(23);
    for (standing, version, request, status) in [
        (Standing::Standby, old, bridge(old), Some(15)),
        (Standing::Standby, VERSION, bridge(VERSION), Some(107)),
        (Standing::Standby, VERSION, mover(VERSION), None),
        (Standing::Maintenance, old, bridge(old), Some(15)),
        (Standing::Maintenance, VERSION, mover(VERSION), Some(110)),
    ] {
        let mut floor = Floor::of(Dialect::Ucce);
        let connection = floor.connect(version);
        floor.say(connection, request);
        floor.service.set_standing(floor.now, standing);
        let heard = floor.heard(connection);
        let told = heard.first().map(|heard| (heard.number, heard.body[7]));
        assert_eq!(told, status.map(|status| (1, status)), "{standing:?}");
    }
}
