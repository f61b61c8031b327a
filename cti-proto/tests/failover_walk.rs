//! Which side the failover client tries and when: GED-188, "Session rules" 2 and 12, and the high
//! availability of UCCX.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use std::time::Duration;

use cti_proto::code::{AgentState, PeripheralId, ServiceMask, StatusCode, SystemEventId};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{SetAgentStateReq, SystemEvent};
use cti_proto::session::failover::{Config, Event, Failed, Failover, Side};
use cti_proto::session::{CloseReason, Error, client, server};
use cti_proto::{Dialect, Version};

use common::net::{Mood, Net};

fn session(version: Version) -> client::Config {
    client::Config::new(version, Text::try_from("desk").unwrap(), Secret::default())
        .services(ServiceMask::CLIENT_CONTROL)
}

fn net(version: Version, moods: [Mood; 2]) -> Net {
    let config = Config::new(session(version)).seed(7).clients(100);
    let server = server::Config::new(version.dialect(), 5..=25);
    Net::new(
        Failover::new(config),
        moods.map(|mood| (server.clone(), mood)).into(),
    )
}

fn ucce(moods: [Mood; 2]) -> Net {
    net(Version::ucce(23), moods)
}

fn uccx(moods: [Mood; 2]) -> Net {
    net(Version::uccx(17), moods)
}

fn refused(side: usize, version: Version, status: StatusCode) -> Event {
    Event::Refused {
        side: Side(side),
        version,
        status,
    }
}

#[test]
fn the_first_side_that_opens_serves() {
    let mut net = ucce([Mood::Serve, Mood::Serve]);
    net.open();
    let [Event::Active { side, version, .. }] = &net.take()[..] else {
        panic!();
    };
    assert_eq!((*side, *version), (Side(0), Version::ucce(23)));
    assert_eq!(net.client.active_side(), Some(Side(0)));
    // Header, InvokeID 1, version 23, IdleTimeout 20.
    let open = &net.written[0].2;
    assert_eq!(
        open[4..20],
        [0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 23, 0, 0, 0, 20]
    );
    net.drive_for(600);
    assert_eq!(net.attempts(), [(0, 0)], "one side is enough");
    assert!(net.take().is_empty());
}

#[test]
fn rule_12_both_sides_then_a_random_wait_then_15_30_60_120_120() {
    let mut net = ucce([Mood::Unreachable, Mood::Unreachable]);
    net.open();
    net.drive_for(400);
    let attempts = net.attempts();
    let spread = attempts[2].0;
    assert!(spread <= 10, "a tenth of a second for each of 100 clients");
    let starts = [
        0,
        spread,
        spread + 15,
        spread + 45,
        spread + 105,
        spread + 225,
        spread + 345,
    ];
    let expected: Vec<_> = starts.iter().flat_map(|at| [(*at, 0), (*at, 1)]).collect();
    assert_eq!(attempts, expected);
}

#[test]
fn rule_12_the_last_good_side_comes_first() {
    let mut net = ucce([Mood::Unreachable, Mood::Serve]);
    net.open();
    net.drive_for(60);
    net.clear();
    net.sides[0].mood = Mood::Serve;
    net.cut(1);
    assert_eq!(net.attempts(), [(60, 1)]);
    let events = net.take();
    let [
        Event::Interrupted {
            side,
            reason,
            last_heard,
        },
        Event::Active { side: new, .. },
        Event::Lost(lost),
    ] = &events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!((*side, *new), (Side(1), Side(1)));
    assert_eq!(*reason, CloseReason::Disconnected);
    assert_eq!(*last_heard, Duration::from_secs(60), "a heartbeat each 5 s");
    assert_eq!((lost.since, lost.until), (*last_heard, net.now));
}

#[test]
fn rule_12_a_side_that_dies_is_left_for_the_other() {
    let mut net = ucce([Mood::Serve, Mood::Serve]);
    net.open();
    net.drive_for(60);
    net.sides[0].mood = Mood::Unreachable;
    net.cut(0);
    assert_eq!(net.client.active_side(), Some(Side(1)));
    net.drive_for(600);
    net.sides[0].mood = Mood::Serve;
    net.drive_for(600);
    assert_eq!(net.client.active_side(), Some(Side(1)), "no fail-back");
}

#[test]
fn rule_1_a_mute_side_has_30_s() {
    let mut net = ucce([Mood::Mute, Mood::Serve]);
    net.open();
    net.drive(Duration::from_secs(29));
    assert_eq!(net.client.active_side(), None);
    net.drive(Duration::from_secs(30));
    assert_eq!(net.client.active_side(), Some(Side(1)));
    assert_eq!(net.connections(0), 0, "the host was told to drop it");
}

#[test]
fn rule_1_a_mute_side_has_60_s_above_500_clients() {
    let config = Config::new(session(Version::ucce(23))).clients(501);
    let server = server::Config::new(Dialect::Ucce, 5..=25);
    let sides = vec![(server.clone(), Mood::Mute), (server, Mood::Serve)];
    let mut net = Net::new(Failover::new(config), sides);
    net.open();
    net.drive(Duration::from_secs(59));
    assert_eq!(net.client.active_side(), None);
    net.drive(Duration::from_secs(60));
    assert_eq!(net.client.active_side(), Some(Side(1)));
}

#[test]
fn a_connection_that_comes_about_too_late_is_dropped() {
    let mut net = ucce([Mood::BlackHole, Mood::Serve]);
    net.open();
    net.drive(Duration::from_secs(9));
    assert_eq!(net.attempts(), [(0, 0)]);
    net.drive(Duration::from_secs(10));
    assert_eq!(net.client.active_side(), Some(Side(1)));
}

#[test]
fn rule_2_status_1_steps_down_to_what_the_side_speaks() {
    let versions = [25, 23, 15].map(Version::ucce);
    let config = Config::new(session(versions[0])).versions(versions);
    let server = server::Config::new(Dialect::Ucce, 5..=15);
    let sides = vec![(server, Mood::Serve)];
    let mut net = Net::new(Failover::new(config.sides(1)), sides);
    net.open();
    let events = net.take();
    let status = StatusCode::INVALID_VERSION;
    assert_eq!(events[0], refused(0, versions[0], status));
    assert_eq!(events[1], refused(0, versions[1], status));
    assert!(matches!(&events[2], Event::Active { version, .. } if *version == versions[2]));
    assert_eq!(net.attempts(), [(0, 0), (0, 0), (0, 0)]);
    // Wide fields up to version 20, narrow ones below: ClientID "desk" is tag 1, length 5.
    assert_eq!(net.written[0].2[52..57], [0, 1, 0, 5, b'd']);
    assert_eq!(net.written[2].2[52..55], [1, 5, b'd']);
    // The version that was taken is asked for at once after a break.
    net.drive_for(60);
    net.clear();
    net.cut(0);
    assert_eq!(net.written[0].2[12..16], [0, 0, 0, 15]);
}

#[test]
fn rule_2_no_version_in_common_ends_the_walk() {
    let config = Config::new(session(Version::ucce(25)));
    let server = server::Config::new(Dialect::Ucce, 5..=15);
    let sides = vec![(server.clone(), Mood::Serve), (server, Mood::Serve)];
    let mut net = Net::new(Failover::new(config), sides);
    net.open();
    let events = net.take();
    assert_eq!(
        events[2..],
        [Event::Failed(Failed::NoVersion), Event::Closed]
    );
    net.drive_for(600);
    assert_eq!(net.attempts().len(), 2);
    assert_eq!(net.client.poll_timeout(), None);
}

#[test]
fn a_standby_of_version_23_refuses_with_15_and_the_walk_goes_on() {
    let mut net = ucce([Mood::StandBy, Mood::Serve]);
    net.open();
    let status = StatusCode::CTI_SERVER_OFFLINE;
    assert_eq!(net.take()[0], refused(0, Version::ucce(23), status));
    assert_eq!(net.client.active_side(), Some(Side(1)));
}

#[test]
fn a_standby_of_version_24_refuses_with_107_who_does_not_ask_for_it() {
    let mut net = net(Version::ucce(24), [Mood::StandBy, Mood::Serve]);
    net.open();
    let status = StatusCode::INVALID_CLIENT_FOR_STANDBY;
    assert_eq!(net.take()[0], refused(0, Version::ucce(24), status));
    assert_eq!(net.client.active_side(), Some(Side(1)));
}

#[test]
fn a_side_in_maintenance_refuses_with_110_and_is_asked_again() {
    let refuse = Mood::Refuse(StatusCode::SERVER_IN_MAINTENANCE_MODE);
    let mut net = net(Version::ucce(24), [refuse, refuse]);
    net.open();
    net.drive_for(40);
    assert_eq!(net.attempts().len(), 6, "twice both, and again after 15 s");
    net.sides[1].mood = Mood::Serve;
    net.drive_for(60);
    assert_eq!(net.client.active_side(), Some(Side(1)));
}

#[test]
fn what_walking_cannot_cure_ends_the_machine() {
    for status in [
        StatusCode::INVALID_PASSWORD,
        StatusCode::INVALID_SERVICE_MASK,
        StatusCode::INVALID_CALL_MSG_MASK,
        StatusCode::INVALID_AGENT_STATE_MASK,
        StatusCode::INVALID_CONFIG_MSG_MASK,
        StatusCode::INVALID_PERIPHERAL_ID,
        StatusCode::DEVICE_IN_USE,
        StatusCode::INCONSISTENT_AGENT_DATA,
    ] {
        let mut net = ucce([Mood::Refuse(status), Mood::Serve]);
        net.open();
        let side = Side(0);
        let expected = [
            refused(0, Version::ucce(23), status),
            Event::Failed(Failed::Refused { side, status }),
            Event::Closed,
        ];
        assert_eq!(net.take(), expected);
        net.drive_for(600);
        assert_eq!(net.attempts(), [(0, 0)], "{status:?} is not hammered");
        assert!(net.client.is_closed());
    }
}

#[test]
fn a_session_that_the_same_client_opened_elsewhere_is_not_fought_for() {
    let mut net = ucce([Mood::Serve, Mood::Serve]);
    net.open();
    net.drive_for(60);
    net.clear();
    net.shut(0, StatusCode::NEW_SESSION_OPENED);
    let events = net.take();
    let side = Side(0);
    assert_eq!(
        events[1..],
        [Event::Failed(Failed::TakenOver { side }), Event::Closed]
    );
    net.drive_for(600);
    assert!(net.attempts().is_empty());
}

#[test]
fn rule_8_a_server_that_goes_off_line_is_left_at_once() {
    let mut net = ucce([Mood::Serve, Mood::Serve]);
    net.open();
    net.drive_for(60);
    net.take();
    net.sides[0].mood = Mood::Refuse(StatusCode::CTI_SERVER_OFFLINE);
    net.shut(0, StatusCode::CTI_SERVER_OFFLINE);
    let status = StatusCode::CTI_SERVER_OFFLINE;
    let events = net.take();
    assert!(matches!(
        &events[0],
        Event::Interrupted { reason: CloseReason::Failure { status: why }, .. } if *why == status
    ));
    assert_eq!(net.client.active_side(), Some(Side(1)));
}

#[test]
fn rule_6_a_half_open_side_is_found_out_by_three_heartbeats() {
    let mut net = ucce([Mood::Serve, Mood::Serve]);
    net.open();
    net.drive_for(62);
    net.clear();
    net.half_open(0);
    net.sides[0].mood = Mood::BlackHole;
    net.drive(Duration::from_secs(79));
    assert!(net.take().is_empty());
    net.drive(Duration::from_secs(90));
    let events = net.take();
    let Event::Interrupted {
        reason, last_heard, ..
    } = &events[0]
    else {
        panic!("{events:?}");
    };
    assert_eq!(*reason, CloseReason::HeartbeatsMissed);
    assert_eq!(*last_heard, Duration::from_secs(60));
    // HEARTBEAT_REQ at 65, 70 and 75 s; given up at 80 s.
    assert_eq!(net.types(0), [5, 5, 5]);
    assert_eq!(net.attempts(), [(80, 0), (90, 1)]);
    let Some(Event::Lost(lost)) = events.iter().find(|event| matches!(event, Event::Lost(_)))
    else {
        panic!("{events:?}");
    };
    assert_eq!(lost.since, Duration::from_secs(60), "not 80 s");
}

#[test]
fn requests_without_an_active_side_are_not_taken() {
    let mut net = ucce([Mood::Unreachable, Mood::Unreachable]);
    let request = || SetAgentStateReq::with(|request| request.agent_state = AgentState::LOGIN);
    let state = |net: &mut Net| match net.client.request(net.now, request()) {
        Err(Error::Caller { state, .. }) => state,
        other => panic!("{other:?}"),
    };
    assert_eq!(state(&mut net), "idle");
    net.open();
    assert_eq!(state(&mut net), "walking");
    net.client.close(net.now, StatusCode::NO_ERROR);
    net.settle();
    assert_eq!(state(&mut net), "ended");
    assert_eq!(net.take(), [Event::Closed]);
}

#[test]
fn rule_8_close_says_goodbye_and_waits_for_the_answer() {
    let mut net = ucce([Mood::Serve, Mood::Serve]);
    net.open();
    net.clear();
    net.client.close(net.now, StatusCode::NO_ERROR);
    net.settle();
    assert_eq!(net.types(0), [7]);
    assert_eq!(net.take(), [Event::Closed]);
    assert_eq!(net.connections(0), 0);
    assert_eq!(net.client.poll_timeout(), None);
}

#[test]
fn uccx_a_standby_node_refuses_with_92_and_the_next_is_asked() {
    let mut net = uccx([Mood::Refuse(StatusCode::SERVER_NOT_MASTER), Mood::Serve]);
    net.open();
    let status = StatusCode::SERVER_NOT_MASTER;
    assert_eq!(net.take()[0], refused(0, Version::uccx(17), status));
    assert_eq!(net.client.active_side(), Some(Side(1)));
}

#[test]
fn uccx_10_s_pass_between_two_attempts_at_a_node_that_refused() {
    let refuse = Mood::Refuse(StatusCode::SERVER_NOT_MASTER);
    let mut net = uccx([refuse, refuse]);
    net.open();
    net.drive_for(25);
    let expected = [(0, 0), (0, 1), (10, 0), (10, 1), (20, 0), (20, 1)];
    assert_eq!(net.attempts(), expected);
}

#[test]
fn uccx_a_node_whose_system_event_says_off_line_is_left() {
    let mut net = uccx([Mood::Serve, Mood::Serve]);
    net.open();
    net.drive_for(60);
    net.clear();
    let offline = SystemEvent::with(|event| {
        event.system_event_id = SystemEventId::PERIPHERAL_OFFLINE;
        event.system_event_arg1 = PeripheralId(1).0;
    });
    net.send(0, offline.clone());
    assert_eq!(net.client.active_side(), Some(Side(1)));
    assert_eq!(
        net.attempts(),
        [(60, 1)],
        "the node that is off-line has to wait"
    );
    // CLOSE_REQ to the old node, with status 0.
    let close = &net
        .written
        .iter()
        .find(|(_, side, _)| *side == 0)
        .unwrap()
        .2;
    assert_eq!(close[..8], [0, 0, 0, 8, 0, 0, 0, 7]);
    assert_eq!(close[12..], [0, 0, 0, 0]);
    assert_eq!(net.connections(0), 0);
    let events = net.take();
    assert_eq!(
        events[0],
        Event::Message(offline.into()),
        "the application sees it"
    );
    assert!(matches!(
        events[1],
        Event::Interrupted { side: Side(0), .. }
    ));
}

#[test]
fn uccx_the_walk_starts_over_at_the_head_of_the_list() {
    let refuse = Mood::Refuse(StatusCode::SERVER_NOT_MASTER);
    let mut net = uccx([refuse, Mood::Serve]);
    net.open();
    net.drive_for(60);
    net.clear();
    net.sides[0].mood = Mood::Serve;
    net.cut(1);
    assert_eq!(net.attempts(), [(60, 0)]);
}

#[test]
fn uccx_a_version_that_is_refused_is_stepped_down_after_10_s() {
    let versions = [Version::uccx(18), Version::uccx(17)];
    let config = Config::new(session(versions[0]))
        .versions(versions)
        .sides(1);
    let server = server::Config::new(Dialect::Uccx, 10..=17);
    let mut net = Net::new(Failover::new(config), vec![(server, Mood::Serve)]);
    net.open();
    net.drive_for(10);
    assert_eq!(net.attempts(), [(0, 0), (10, 0)]);
    assert_eq!(net.client.active_side(), Some(Side(0)));
    // Tags of 2 bytes and lengths of 1 byte in version 18, both of 1 byte in 17.
    assert_eq!(net.written[0].2[52..56], [0, 1, 5, b'd']);
    assert_eq!(net.written[1].2[52..55], [1, 5, b'd']);
}

#[test]
fn a_slow_application_loses_the_session_and_not_the_memory() {
    let mut config = Config::new(session(Version::ucce(23)));
    config.max_events = 10;
    let server = server::Config::new(Dialect::Ucce, 5..=25);
    let mut net = Net::new(Failover::new(config), vec![(server, Mood::Serve)]);
    net.open();
    net.take();
    // The harness reads events; here they are left.
    let mut heap = bytes::BytesMut::new();
    for _ in 0..1_000 {
        heap.extend_from_slice(&[0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 17]);
        net.client.handle_input(
            net.now,
            cti_proto::session::failover::Connection(0),
            &mut heap,
        );
    }
    let mut events = Vec::new();
    while let Some(event) = net.client.poll_event() {
        events.push(event);
    }
    assert!(events.len() < 20, "{}", events.len());
    assert!(events.iter().any(|event| matches!(
        event,
        Event::Interrupted {
            reason: CloseReason::EventsUnread,
            ..
        }
    )));
}

#[test]
fn uccx_a_node_that_says_it_is_no_master_any_more_is_left_for_the_next() {
    let mut net = uccx([Mood::Serve, Mood::Serve]);
    net.open();
    net.drive_for(60);
    net.take();
    let status = StatusCode::SERVER_NOT_MASTER;
    net.sides[0].mood = Mood::Refuse(status);
    net.shut(0, status);
    let events = net.take();
    assert!(matches!(
        &events[0],
        Event::Interrupted { reason: CloseReason::Failure { status: why }, .. } if *why == status
    ));
    assert_eq!(net.client.active_side(), Some(Side(1)));
}
