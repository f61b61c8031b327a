//! Who gets which event: GED-188, "Session rules" 3 to 5 and 13.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use bytes::Bytes;
use cti_proto::code::{
    AgentFlags, AgentState, AgentStateMask, CallEventMask, CallId, ConnectionDeviceIdType,
    DeviceIdType, PeripheralId, PeripheralType, ServiceMask,
};
use cti_proto::codec::{NamedVariable, RawField, Text};
use cti_proto::message::{
    AgentStateEvent, BeginCallEvent, CallConferencedEvent, CallConnectionClearedEvent,
    CallDataUpdateEvent, CallDeliveredEvent, EndCallEvent, QueryAgentStateConf,
};
use cti_proto::session::service::{Config, Event, Peripheral, Team, TeamMembership};
use cti_proto::session::{CloseReason, Error, server};
use cti_proto::{Dialect, Tag, Version};

use common::floor::{Floor, Heard, bridge, desk, text};

const VERSION: Version = Version::ucce(15);
const SWITCH: PeripheralId = PeripheralId(5_000);

fn begin(call: u32, device: &str) -> BeginCallEvent {
    BeginCallEvent::with(|event| {
        event.peripheral_id = SWITCH;
        event.connection_call_id = CallId(call);
        event.connection_device_id = Some(text(device));
        event.call_variable1 = Some(text("first"));
    })
}

fn delivered(call: u32, from: &str, to: &str) -> CallDeliveredEvent {
    CallDeliveredEvent::with(|event| {
        event.peripheral_id = SWITCH;
        event.connection_call_id = CallId(call);
        event.connection_device_id = Some(text(to));
        event.alerting_device_type = DeviceIdType::DEVICE_IDENTIFIER;
        event.alerting_device_id = Some(text(to));
        event.calling_device_id = Some(text(from));
        event.called_device_id = Some(text("6000"));
    })
}

fn end(call: u32) -> EndCallEvent {
    EndCallEvent::with(|event| {
        event.peripheral_id = SWITCH;
        event.connection_call_id = CallId(call);
        event.connection_device_id = Some(text("2001"));
    })
}

fn state(agent: &str, state: AgentState) -> AgentStateEvent {
    AgentStateEvent::with(|event| {
        event.peripheral_id = SWITCH;
        event.agent_state = state;
        event.agent_id = Some(text(agent));
    })
}

#[test]
fn one_event_for_1000_clients_is_encoded_once_and_shared() {
    let mut floor = Floor::of(Dialect::Ucce);
    let clients: Vec<_> = (0..1_000)
        .map(|_| floor.open(VERSION, bridge(VERSION)))
        .collect();
    let now = floor.now;
    assert_eq!(floor.service.publish(now, end(7)), Ok(1_000));
    let copies: Vec<_> = clients
        .iter()
        .map(|client| floor.service.poll_transmit(*client).unwrap())
        .collect();
    // MonitorID, peripheral 5000, its type, ConnectionDeviceIDType, call 7, CONNECTION_DEVID 25.
    let expected = [
        &[0, 0, 0, 23, 0, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0x13, 0x88][..],
        &[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 7, 25, 5],
        b"2001\0",
    ];
    assert_eq!(copies[0], expected.concat());
    assert!(
        copies
            .iter()
            .all(|copy| copy.as_ptr() == copies[0].as_ptr())
    );
    assert_eq!(floor.service.poll_ready(), None, "nothing is left to write");
}

#[test]
fn poll_ready_names_each_client_that_has_bytes_once() {
    let mut floor = Floor::of(Dialect::Ucce);
    let idle = floor.open(VERSION, desk(VERSION, "1001", "2001"));
    let watching = floor.open(VERSION, bridge(VERSION));
    while floor.service.poll_ready().is_some() {}
    floor.service.publish(floor.now, end(1)).unwrap();
    floor.service.publish(floor.now, end(2)).unwrap();
    assert_eq!(floor.service.poll_ready(), Some(watching));
    assert_eq!(floor.service.poll_ready(), None);
    assert_eq!(floor.numbers(watching), [24, 24]);
    assert_eq!(floor.service.poll_transmit(idle), None);
}

#[test]
fn rule_3_masks_choose_what_is_sent() {
    let mut floor = Floor::of(Dialect::Ucce);
    let mut request = bridge(VERSION);
    request.call_msg_mask = CallEventMask::CALL_DELIVERED_MASK;
    request.agent_state_mask = AgentStateMask::TALKING_MASK;
    let client = floor.open(VERSION, request);
    let now = floor.now;
    assert_eq!(floor.service.publish(now, begin(1, "2001")), Ok(0));
    assert_eq!(floor.service.publish(now, delivered(1, "9", "2001")), Ok(1));
    for (agent_state, sent) in [(AgentState::TALKING, 1), (AgentState::HOLD, 0)] {
        let event = state("1001", agent_state);
        assert_eq!(floor.service.publish(now, event), Ok(sent));
    }
    assert_eq!(floor.numbers(client), [9, 30]);
}

#[test]
fn rule_5_a_client_hears_of_a_call_from_when_its_device_takes_part_until_its_end() {
    let mut floor = Floor::of(Dialect::Ucce);
    let caller = floor.open(VERSION, desk(VERSION, "1001", "2001"));
    let called = floor.open(VERSION, desk(VERSION, "1002", "2002"));
    let other = floor.open(VERSION, desk(VERSION, "1003", "2003"));
    let now = floor.now;
    floor.service.publish(now, begin(7, "2001")).unwrap();
    assert_eq!(floor.numbers(caller), [23]);
    assert_eq!(floor.numbers(called), [0; 0]);
    floor
        .service
        .publish(now, delivered(7, "2001", "2002"))
        .unwrap();
    assert_eq!(floor.numbers(caller), [9]);
    assert_eq!(
        floor.numbers(called),
        [23, 9],
        "BEGIN_CALL_EVENT comes first"
    );
    let left = CallConnectionClearedEvent::with(|event| {
        event.peripheral_id = SWITCH;
        event.connection_call_id = CallId(7);
        event.connection_device_id = Some(text("2001"));
        event.releasing_device_id = Some(text("2001"));
    });
    floor.service.publish(now, left).unwrap();
    floor.service.publish(now, end(7)).unwrap();
    assert_eq!(floor.numbers(caller), [14, 24], "who left hears the end");
    assert_eq!(floor.numbers(called), [14, 24]);
    // The number is free again.
    floor.service.publish(now, begin(7, "2003")).unwrap();
    assert_eq!(floor.numbers(other), [23]);
    assert_eq!(floor.numbers(caller), [0; 0]);
}

#[test]
fn the_same_device_at_another_switch_is_another_device() {
    let mut floor = Floor::of(Dialect::Ucce);
    let client = floor.open(VERSION, desk(VERSION, "1001", "2001"));
    let mut event = begin(7, "2001");
    event.peripheral_id = PeripheralId(5_001);
    assert_eq!(floor.service.publish(floor.now, event), Ok(0));
    assert_eq!(floor.numbers(client), [0; 0]);
}

#[test]
fn rule_5_a_new_client_gets_begin_call_for_running_calls_with_their_present_data() {
    let mut floor = Floor::of(Dialect::Ucce);
    let now = floor.now;
    floor.service.publish(now, begin(7, "2001")).unwrap();
    floor.service.publish(now, begin(8, "2009")).unwrap();
    let update = CallDataUpdateEvent::with(|event| {
        event.peripheral_id = SWITCH;
        event.connection_call_id = CallId(7);
        event.connection_device_id = Some(text("2001"));
        event.new_connection_device_id = Some(Text::EMPTY);
        event.new_connection_device_id_type = ConnectionDeviceIdType::NONE;
        event.call_variable1 = Some(text("second"));
    });
    floor.service.publish(now, update).unwrap();
    let (client, _) = floor.try_open(VERSION, desk(VERSION, "1001", "2001"));
    let heard = floor.heard(client);
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[1].number, 23);
    assert!(heard[1].body.windows(7).any(|bytes| bytes == b"second\0"));
    floor.service.publish(now, end(7)).unwrap();
    assert_eq!(floor.numbers(client), [24], "it follows the call");
    assert_eq!(floor.service.publish(now, end(8)), Ok(0));
}

#[test]
fn a_conference_joins_the_followers_of_both_calls() {
    let mut floor = Floor::of(Dialect::Ucce);
    let first = floor.open(VERSION, desk(VERSION, "1001", "2001"));
    let second = floor.open(VERSION, desk(VERSION, "1002", "2002"));
    let now = floor.now;
    floor.service.publish(now, begin(7, "2001")).unwrap();
    floor.service.publish(now, begin(8, "2002")).unwrap();
    let conference = CallConferencedEvent::with(|event| {
        event.peripheral_id = SWITCH;
        event.primary_call_id = CallId(7);
        event.secondary_call_id = CallId(8);
        event.primary_device_id = Some(text("2001"));
        event.secondary_device_id = Some(text("2001"));
    });
    floor.service.publish(now, conference).unwrap();
    floor.service.publish(now, end(8)).unwrap();
    floor.service.publish(now, end(7)).unwrap();
    assert_eq!(floor.numbers(first), [23, 17, 24]);
    assert_eq!(floor.numbers(second), [23, 17, 24, 24]);
}

#[test]
fn uccx_a_secondary_line_belongs_to_the_agent_of_the_primary_one() {
    let mut floor = Floor::of(Dialect::Uccx);
    let version = Version::uccx(17);
    let client = floor.open(version, desk(version, "1001", "2001"));
    let mut event = begin(7, "2001.2009");
    event.peripheral_id = PeripheralId(1);
    assert_eq!(floor.service.publish(floor.now, event), Ok(1));
    assert_eq!(floor.numbers(client), [23]);
}

#[test]
fn rule_13_supervisors_get_their_teams_and_the_states_of_the_members() {
    let mut floor = Floor::of(Dialect::Ucce);
    let member = |agent: &str, flags| TeamMembership {
        agent_id: text(agent),
        flags,
    };
    let team = |name: &str, agent: &str| {
        let members = vec![
            member("1001", AgentFlags::PRIMARY_SUPERVISOR),
            member(agent, AgentFlags::NONE),
        ];
        Team::new(9, SWITCH, members).name(text(name))
    };
    let now = floor.now;
    floor.service.set_team(now, team("sales", "1002")).unwrap();
    floor
        .service
        .publish(now, state("1002", AgentState::TALKING))
        .unwrap();
    floor.now += std::time::Duration::from_secs(3);
    let now = floor.now;
    let mut request = desk(VERSION, "1001", "2001");
    request.services_requested = request.services_requested | ServiceMask::SUPERVISOR;
    let (supervisor, _) = floor.try_open(VERSION, request);
    let heard = floor.heard(supervisor);
    // Peripheral 5000, team 9, two agents, ADD_AGENT; AGENT_TEAM_NAME 234 comes with version 16.
    let fixed = [0, 0, 0x13, 0x88, 0, 0, 0, 9, 0, 2, 0, 1];
    assert_eq!((heard[1].number, &heard[1].body[..12]), (128, &fixed[..]));
    // AgentID, its flags, TALKING, for 3 s.
    let talking = b"1002\0";
    let at = heard[1].body.windows(5).position(|bytes| bytes == talking);
    let rest = &heard[1].body[at.unwrap() + 5..];
    assert_eq!(rest[2..4], [0, 0], "{rest:?}");
    assert_eq!(rest[6..8], [0, 4], "{rest:?}");
    assert_eq!(rest[10..14], [0, 0, 0, 3]);

    let own = floor.open(VERSION, desk(VERSION, "1002", "2002"));
    let event = state("1002", AgentState::NOT_READY);
    assert_eq!(floor.service.publish(now, event), Ok(2));
    let event = state("1003", AgentState::NOT_READY);
    assert_eq!(floor.service.publish(now, event), Ok(0));
    assert_eq!(floor.numbers(supervisor), [30]);
    assert_eq!(floor.numbers(own), [30]);
    floor
        .service
        .set_team(now, team("service", "1003"))
        .unwrap();
    assert_eq!(floor.numbers(supervisor), [128], "an update");
    let event = state("1003", AgentState::NOT_READY);
    assert_eq!(floor.service.publish(now, event), Ok(1));
}

#[test]
fn a_peripheral_that_goes_off_line_is_told_to_those_who_watch_it() {
    let mut floor = Floor::of(Dialect::Ucce);
    let kind = PeripheralType::ACMI_IPCC;
    for id in [5_000, 5_001] {
        let switch = Peripheral::new(PeripheralId(id), kind);
        floor.service.set_peripheral(floor.now, switch);
    }
    let watching = floor.open(VERSION, bridge(VERSION));
    let at_first = floor.open(VERSION, desk(VERSION, "1001", "2001"));
    let gone = Peripheral::new(PeripheralId(5_001), kind).online(false);
    floor.service.set_peripheral(floor.now, gone.clone());
    assert_eq!(floor.numbers(watching), [31]);
    assert_eq!(floor.numbers(at_first), [0; 0]);
    floor.service.set_peripheral(floor.now, gone);
    assert_eq!(floor.numbers(watching), [0; 0], "nothing changed");
}

#[test]
fn clients_of_several_versions_each_get_their_layout() {
    let mut floor = Floor::of(Dialect::Ucce);
    let (narrow, wide) = (Version::ucce(15), Version::ucce(25));
    let old = floor.open(narrow, bridge(narrow));
    let new = floor.open(wide, bridge(wide));
    assert_eq!(floor.service.publish(floor.now, end(7)), Ok(2));
    let [Heard { body: old, .. }] = &floor.heard(old)[..] else {
        panic!();
    };
    assert_eq!(old[16..], *b"\x19\x052001\0");
    let [Heard { body: new, .. }] = &floor.heard(new)[..] else {
        panic!();
    };
    assert_eq!(new[16..], *b"\0\x19\0\x052001\0");
}

#[test]
fn what_is_no_event_and_what_cannot_be_written_is_the_callers_fault() {
    let mut floor = Floor::of(Dialect::Ucce);
    let client = floor.open(VERSION, bridge(VERSION));
    let now = floor.now;
    let error = floor
        .service
        .publish(now, QueryAgentStateConf::with(|_| ()))
        .unwrap_err();
    assert!(matches!(
        error,
        Error::WrongRole {
            wanted: "event",
            ..
        }
    ));
    let mut event = end(7);
    event.connection_device_id = Some(text(&"x".repeat(64)));
    let error = floor.service.publish(now, event).unwrap_err();
    assert!(matches!(error, Error::Encode(_)));
    assert_eq!(floor.numbers(client), [0; 0]);
    assert!(floor.service.is_open(client));
}

#[test]
fn calls_are_followed_up_to_a_limit() {
    let session = server::Config::new(Dialect::Ucce, 15..=15);
    let mut floor = Floor::new(Config::new(session).max_calls(2));
    let now = floor.now;
    floor.service.publish(now, begin(1, "2001")).unwrap();
    floor.service.publish(now, begin(2, "2001")).unwrap();
    let error = floor.service.publish(now, begin(3, "2001"));
    assert_eq!(error, Err(Error::TooManyCalls { max: 2 }));
    floor.service.publish(now, end(1)).unwrap();
    assert_eq!(floor.service.publish(now, begin(3, "2001")), Ok(0));
}

#[test]
fn a_slow_client_is_let_go_and_others_do_not_notice() {
    let session = server::Config::new(Dialect::Ucce, 15..=15);
    for session in [
        session.clone().max_unsent(300),
        session.max_unsent_messages(9),
    ] {
        let mut floor = Floor::new(Config::new(session));
        let slow = floor.open(VERSION, bridge(VERSION));
        let quick = floor.open(VERSION, bridge(VERSION));
        for call in 1..=10 {
            floor.service.publish(floor.now, end(call)).unwrap();
            assert_eq!(floor.numbers(quick), [24]);
        }
        let closed = Event::Closed {
            connection: slow,
            reason: CloseReason::SlowPeer,
        };
        assert_eq!(floor.events(), [closed]);
        assert_eq!(floor.service.connections(), 1, "its bytes are gone, too");
    }
}

fn update(call: u32) -> CallDataUpdateEvent {
    CallDataUpdateEvent::with(|event| {
        event.peripheral_id = SWITCH;
        event.connection_call_id = CallId(call);
        event.connection_device_id = Some(text("2001"));
        event.new_connection_device_id = Some(Text::EMPTY);
        event.new_connection_device_id_type = ConnectionDeviceIdType::NONE;
    })
}

#[test]
fn call_context_beyond_2000_bytes_pushes_out_what_was_set_longest_ago() {
    let mut floor = Floor::of(Dialect::Ucce);
    let now = floor.now;
    floor.service.publish(now, begin(7, "2001")).unwrap();
    // 9 variables of 7 and 195 bytes with their NULs: 1,818 bytes each time.
    let long = |name: &str| NamedVariable::new(text(name), text(&"x".repeat(194)));
    for round in ["a", "b"] {
        let mut event = update(7);
        event.named_variables = (0..9).map(|n| long(&format!("user{round}{n}"))).collect();
        floor.service.publish(now, event).unwrap();
    }
    let (client, _) = floor.try_open(VERSION, desk(VERSION, "1001", "2001"));
    let heard = floor.heard(client);
    assert_eq!(heard[1].number, 23, "it can be told");
    let has = |name: &str| {
        let mut windows = heard[1].body.windows(6);
        windows.any(|bytes| bytes == name.as_bytes())
    };
    assert!((0..9).all(|n| has(&format!("userb{n}"))));
    assert!((0..9).all(|n| !has(&format!("usera{n}"))));
}

#[test]
fn a_version_that_cannot_hold_all_of_a_call_is_told_of_the_call() {
    let mut floor = Floor::of(Dialect::Ucce);
    let now = floor.now;
    // A tag that fits one byte, 17 fields of 255 bytes: 4,369 bytes.
    let unknown = |tag| RawField {
        tag: Tag(tag),
        data: Bytes::from(vec![b'u'; 255]),
    };
    let variable = |n: u8| NamedVariable::new(text(&format!("user{n}")), text(&"v".repeat(200)));
    for (call, unknown_fields, tag, variables) in [(7, 17, 250, 2), (8, 1, 9_000, 2), (9, 0, 0, 9)]
    {
        let mut event = begin(call, "2001");
        event.other = vec![unknown(tag); unknown_fields];
        event.named_variables = (0..variables).map(variable).collect();
        floor.service.publish(now, event).unwrap();
    }
    let old = Version::ucce(15);
    let (client, _) = floor.try_open(old, desk(old, "1001", "2001"));
    let heard = floor.heard(client);
    assert_eq!(
        heard.iter().map(|frame| frame.number).collect::<Vec<_>>(),
        [4, 23, 23, 23]
    );
    let has = |at: usize, what: &[u8]| heard[at].body.windows(what.len()).any(|part| part == what);
    assert!(!has(1, b"uuuu") && has(1, b"user1"), "too long");
    assert!(!has(2, b"uuuu") && has(2, b"user1"), "a tag of two bytes");
    assert!(has(3, b"user8"), "nothing is left out that fits");
}

#[test]
fn what_a_joining_client_could_not_be_told_is_not_taken() {
    let mut floor = Floor::of(Dialect::Ucce);
    let now = floor.now;
    let mut event = begin(7, "2001");
    event.ani = Some(text(&"1".repeat(40)));
    let refused = floor.service.publish(now, event);
    assert!(matches!(refused, Err(Error::Encode(_))), "{refused:?}");
    floor.service.publish(now, begin(7, "2001")).unwrap();
    let mut event = update(7);
    event.ani = Some(text(&"1".repeat(40)));
    let refused = floor.service.publish(now, event);
    assert!(matches!(refused, Err(Error::Encode(_))), "{refused:?}");
    let (client, _) = floor.try_open(VERSION, desk(VERSION, "1001", "2001"));
    assert_eq!(floor.numbers(client), [4, 23]);
}

#[test]
fn a_call_that_takes_the_id_of_a_running_one_takes_its_place() {
    let mut floor = Floor::of(Dialect::Ucce);
    let now = floor.now;
    floor.service.publish(now, begin(7, "2001")).unwrap();
    floor.service.publish(now, begin(8, "2002")).unwrap();
    let mut event = update(7);
    event.new_connection_call_id = CallId(8);
    event.new_connection_device_id_type = ConnectionDeviceIdType::STATIC;
    floor.service.publish(now, event).unwrap();
    let old = floor.open(VERSION, desk(VERSION, "1002", "2002"));
    assert_eq!(floor.numbers(old), [0; 0], "its call is over");
    let (new, _) = floor.try_open(VERSION, desk(VERSION, "1001", "2001"));
    assert_eq!(floor.numbers(new), [4, 23]);
    floor.service.publish(now, end(8)).unwrap();
    assert_eq!(floor.numbers(new), [24]);
    assert_eq!(floor.numbers(old), [0; 0]);
}
