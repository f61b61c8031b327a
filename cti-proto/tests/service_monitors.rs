//! Monitors: GED-188, "Miscellaneous Service" of MONITOR_START_REQ and its kin.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use cti_proto::code::{
    AgentFlags, AgentState, AgentStateMask, CallEventMask, CallId, ConnectionDeviceIdType,
    DeviceIdType, DistributionType, InvokeId, PeripheralId, ServiceMask, StatusCode,
};
use cti_proto::codec::Text;
use cti_proto::message::{
    AgentStateEvent, BeginCallEvent, CallDataUpdateEvent, ChangeMonitorMaskReq,
    ClientEventReportReq, EndCallEvent, MonitorAgentTeamStartReq, MonitorAgentTeamStopReq,
    MonitorStartReq, MonitorStopReq, SessionMonitorStartReq, UserMessageReq,
};
use cti_proto::session::service::{ConnectionId, Event, Team, TeamMembership};
use cti_proto::{Dialect, Version};

use common::floor::{Floor, Heard, bridge, desk, text};

const VERSION: Version = Version::ucce(15);
const SWITCH: PeripheralId = PeripheralId(5_000);

fn watcher(floor: &mut Floor, services: ServiceMask) -> ConnectionId {
    let mut request = bridge(VERSION);
    request.services_requested = services;
    floor.open(VERSION, request)
}

fn start(device: &str) -> MonitorStartReq {
    MonitorStartReq::with(|request| {
        request.invoke_id = InvokeId(3);
        request.peripheral_id = SWITCH;
        request.call_msg_mask = bridge(VERSION).call_msg_mask;
        request.agent_state_mask = AgentStateMask::KNOWN;
        request.connection_device_id = Some(Text::EMPTY);
        request.monitored_device_type = DeviceIdType::DEVICE_IDENTIFIER;
        request.monitored_device_id = Some(text(device));
    })
}

fn begin(call: u32, device: &str) -> BeginCallEvent {
    BeginCallEvent::with(|event| {
        event.peripheral_id = SWITCH;
        event.connection_call_id = CallId(call);
        event.connection_device_id = Some(text(device));
    })
}

fn end(call: u32) -> EndCallEvent {
    EndCallEvent::with(|event| {
        event.peripheral_id = SWITCH;
        event.connection_call_id = CallId(call);
        event.connection_device_id = Some(text("2001"));
    })
}

fn failure(status: u8) -> Vec<Heard> {
    vec![Heard {
        number: 1,
        body: vec![0, 0, 0, 3, 0, 0, 0, status],
    }]
}

fn confirmed(number: u32) -> Vec<Heard> {
    vec![Heard {
        number,
        body: vec![0, 0, 0, 3],
    }]
}

#[test]
fn a_device_monitor_gets_copies_with_its_monitor_id() {
    let mut floor = Floor::of(Dialect::Ucce);
    let monitor = watcher(&mut floor, ServiceMask::PERIPHERAL_MONITOR);
    let watching = floor.open(VERSION, bridge(VERSION));
    floor.say(monitor, start("2001"));
    let conf = Heard {
        number: 94,
        body: vec![0, 0, 0, 3, 0, 0, 0, 1],
    };
    assert_eq!(floor.heard(monitor), [conf]);
    let now = floor.now;
    assert_eq!(floor.service.publish(now, begin(7, "2001")), Ok(2));
    assert_eq!(floor.service.publish(now, begin(8, "2002")), Ok(1));
    let copy = floor.heard(monitor);
    let original = floor.heard(watching);
    assert_eq!(copy.len(), 1);
    assert_eq!(copy[0].body[..4], [0, 0, 0, 1]);
    assert_eq!(original[0].body[..4], [0; 4]);
    assert_eq!(copy[0].body[4..], original[0].body[4..]);

    floor.say(
        monitor,
        ChangeMonitorMaskReq::with(|request| {
            request.invoke_id = InvokeId(3);
            request.monitor_id = 1;
            request.call_msg_mask = CallEventMask::CALL_DELIVERED_MASK;
        }),
    );
    assert_eq!(floor.heard(monitor), confirmed(98));
    floor.service.publish(now, begin(9, "2001")).unwrap();
    assert_eq!(floor.heard(monitor), []);

    let stop = MonitorStopReq::with(|request| {
        request.invoke_id = InvokeId(3);
        request.monitor_id = 1;
    });
    floor.say(watching, stop.clone());
    assert_eq!(floor.heard(watching)[1..], failure(55), "not its own");
    floor.say(monitor, stop.clone());
    assert_eq!(floor.heard(monitor), confirmed(96));
    floor.say(monitor, stop);
    assert_eq!(floor.heard(monitor), failure(55));
}

#[test]
fn a_call_monitor_ends_with_its_call() {
    let mut floor = Floor::of(Dialect::Ucce);
    let monitor = watcher(&mut floor, ServiceMask::CONNECTION_MONITOR);
    let mut request = start("");
    request.monitored_device_type = DeviceIdType::NONE;
    request.connection_call_id = CallId(7);
    floor.say(monitor, request.clone());
    assert_eq!(floor.heard(monitor), failure(13), "no such call");
    let now = floor.now;
    floor.service.publish(now, begin(7, "2001")).unwrap();
    floor.say(monitor, request);
    floor.service.publish(now, end(7)).unwrap();
    floor.service.publish(now, begin(7, "2001")).unwrap();
    assert_eq!(floor.numbers(monitor), [94, 24]);
}

#[test]
fn monitors_that_cannot_be_are_refused_each_with_its_status() {
    let mut floor = Floor::of(Dialect::Ucce);
    let monitor = watcher(&mut floor, ServiceMask::PERIPHERAL_MONITOR);
    let stranger = watcher(&mut floor, ServiceMask::NONE);
    floor.say(stranger, start("2001"));
    assert_eq!(floor.heard(stranger), failure(12), "not its service");
    floor.say(monitor, start(""));
    assert_eq!(floor.heard(monitor), failure(6), "neither call nor device");
    let mut request = start("2001");
    request.agent_state_mask = AgentStateMask(0x8000_0000);
    floor.say(monitor, request);
    assert_eq!(floor.heard(monitor), failure(21));
    floor.say(monitor, start("2001"));
    floor.say(monitor, start("2001"));
    assert_eq!(floor.heard(monitor)[1..], failure(89), "it exists already");
}

#[test]
fn a_client_that_is_gone_leaves_no_monitor() {
    let mut floor = Floor::of(Dialect::Ucce);
    let monitor = watcher(&mut floor, ServiceMask::PERIPHERAL_MONITOR);
    floor.say(monitor, start("2001"));
    floor.service.handle_eof(floor.now, monitor);
    assert_eq!(floor.service.publish(floor.now, begin(7, "2001")), Ok(0));
}

#[test]
fn client_monitors_are_told_of_sessions_and_can_watch_them() {
    let mut floor = Floor::of(Dialect::Ucce);
    let monitor = watcher(&mut floor, ServiceMask::CLIENT_MONITOR);
    let client = floor.open(VERSION, desk(VERSION, "1001", "2001"));
    let heard = floor.heard(monitor);
    assert_eq!(heard[0].number, 99);
    // SessionID 1, peripheral 5000, ServicesGranted.
    let fixed = [0, 0, 0, 1, 0, 0, 0x13, 0x88, 0, 0, 0, 5];
    assert_eq!(heard[0].body[..12], fixed);
    let watch = |session_id| {
        SessionMonitorStartReq::with(|request| {
            request.invoke_id = InvokeId(3);
            request.session_id = session_id;
        })
    };
    floor.say(monitor, watch(0));
    assert_eq!(floor.heard(monitor), failure(57), "its own session");
    floor.say(monitor, watch(77));
    assert_eq!(floor.heard(monitor), failure(63));
    floor.say(monitor, watch(1));
    floor.say(monitor, watch(1));
    let heard = floor.heard(monitor);
    assert_eq!(
        (heard[0].number, &heard[0].body[4..]),
        (102, &[0, 0, 0, 1][..])
    );
    assert_eq!(heard[1..], failure(56));
    floor.service.publish(floor.now, begin(7, "2001")).unwrap();
    let copy = floor.heard(monitor);
    assert_eq!(
        (copy[0].number, &copy[0].body[..4]),
        (23, &[0, 0, 0, 1][..])
    );
    assert_eq!(floor.numbers(client), [23]);
    floor.service.handle_eof(floor.now, client);
    let heard = floor.heard(monitor);
    assert_eq!(heard[0].number, 100);
    // E_CTI_CLIENT_DISCONNECTED.
    assert_eq!(heard[0].body[8..12], [0, 0, 0, 37]);
}

#[test]
fn a_supervisor_who_monitors_a_team_gets_one_copy_with_the_monitor_id() {
    let mut floor = Floor::of(Dialect::Ucce);
    let member = |agent: &str, flags| TeamMembership {
        agent_id: text(agent),
        flags,
    };
    let members = vec![
        member("1001", AgentFlags::SUPERVISOR),
        member("1002", AgentFlags::NONE),
    ];
    floor
        .service
        .set_team(floor.now, Team::new(9, SWITCH, members))
        .unwrap();
    let mut request = desk(VERSION, "1001", "2001");
    request.services_requested = request.services_requested | ServiceMask::SUPERVISOR;
    let supervisor = floor.open(VERSION, request);
    let start = |team_id| {
        MonitorAgentTeamStartReq::with(|request| {
            request.invoke_id = InvokeId(3);
            request.team_id = team_id;
        })
    };
    floor.say(supervisor, start(8));
    assert_eq!(floor.heard(supervisor), failure(65));
    floor.say(supervisor, start(9));
    assert_eq!(floor.heard(supervisor)[0].body[4..], [0, 0, 0, 1]);
    let event = AgentStateEvent::with(|event| {
        event.peripheral_id = SWITCH;
        event.agent_state = AgentState::TALKING;
        event.agent_id = Some(text("1002"));
    });
    assert_eq!(floor.service.publish(floor.now, event.clone()), Ok(1));
    assert_eq!(floor.heard(supervisor)[0].body[..4], [0, 0, 0, 1]);
    floor.say(
        supervisor,
        MonitorAgentTeamStopReq::with(|request| {
            request.invoke_id = InvokeId(3);
            request.monitor_id = 1;
        }),
    );
    assert_eq!(floor.heard(supervisor), confirmed(138));
    floor.service.publish(floor.now, event).unwrap();
    assert_eq!(floor.heard(supervisor)[0].body[..4], [0, 0, 0, 0]);
}

#[test]
fn texts_reach_the_client_they_name_and_reports_the_application() {
    let mut floor = Floor::of(Dialect::Ucce);
    let sender = floor.open(VERSION, bridge(VERSION));
    let receiver = floor.open(VERSION, desk(VERSION, "1001", "2001"));
    let message = |distribution, agent: &str| {
        UserMessageReq::with(|request| {
            request.invoke_id = InvokeId(3);
            request.peripheral_id = SWITCH;
            request.distribution = distribution;
            request.agent_id = Some(text(agent));
            request.text = Some(text("hello"));
        })
    };
    floor.say(
        sender,
        message(DistributionType::DISTRIBUTE_TO_CLIENT, "1001"),
    );
    assert_eq!(floor.heard(sender), confirmed(108));
    let heard = floor.heard(receiver);
    assert_eq!(heard[0].number, 109);
    assert!(heard[0].body.ends_with(b"hello\0"));
    floor.say(
        sender,
        message(DistributionType::DISTRIBUTE_TO_CLIENT, "1009"),
    );
    assert_eq!(floor.heard(sender), failure(63));
    floor.say(
        sender,
        message(DistributionType::DISTRIBUTE_TO_SUPERVISOR, "1001"),
    );
    assert_eq!(floor.heard(sender), failure(64));
    floor.say(sender, message(DistributionType(9), "1001"));
    assert_eq!(floor.heard(sender), failure(71));
    floor.events();

    floor.say(
        sender,
        ClientEventReportReq::with(|report| {
            report.invoke_id = InvokeId(3);
            report.object_name = Some(text("desk"));
            report.text = Some(text("out of paper"));
        }),
    );
    assert_eq!(floor.heard(sender), confirmed(33));
    assert!(matches!(
        &floor.events()[..],
        [Event::Report { connection, report }]
            if *connection == sender && report.text.as_ref().unwrap() == "out of paper"
    ));
}

#[test]
fn a_monitor_of_a_call_goes_with_it_to_its_new_id() {
    let mut floor = Floor::of(Dialect::Ucce);
    let monitor = watcher(&mut floor, ServiceMask::CONNECTION_MONITOR);
    let now = floor.now;
    floor.service.publish(now, begin(7, "2001")).unwrap();
    let mut request = start("");
    request.connection_call_id = CallId(7);
    floor.say(monitor, request);
    assert_eq!(floor.numbers(monitor), [94]);
    let update = CallDataUpdateEvent::with(|event| {
        event.peripheral_id = SWITCH;
        event.connection_call_id = CallId(7);
        event.connection_device_id = Some(text("2001"));
        event.new_connection_device_id = Some(text("2001"));
        event.new_connection_device_id_type = ConnectionDeviceIdType::STATIC;
        event.new_connection_call_id = CallId(9);
    });
    floor.service.publish(now, update).unwrap();
    floor.service.publish(now, end(7)).unwrap();
    assert_eq!(floor.numbers(monitor), [25], "7 is another call now");
    floor.service.publish(now, end(9)).unwrap();
    assert_eq!(floor.numbers(monitor), [24]);
}

#[test]
fn client_monitors_are_told_with_which_status_the_server_ended_a_session() {
    let mut floor = Floor::of(Dialect::Ucce);
    let monitor = watcher(&mut floor, ServiceMask::CLIENT_MONITOR);
    let first = floor.open(VERSION, desk(VERSION, "1001", "2001"));
    let again = floor.open(VERSION, desk(VERSION, "1001", "2001"));
    assert!(!floor.service.is_open(first));
    floor
        .service
        .close(floor.now, again, StatusCode::CTI_SERVER_OFFLINE);
    let heard = floor.heard(monitor);
    // CLIENT_SESSION_CLOSED_EVENT: SessionID, PeripheralID, Status.
    let closed = heard.iter().filter(|heard| heard.number == 100);
    let statuses: Vec<&[u8]> = closed.map(|heard| &heard.body[8..12]).collect();
    assert_eq!(statuses, [[0, 0, 0, 11], [0, 0, 0, 15]]);
}
