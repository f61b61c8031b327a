//! What the failover client asks after a break, and what it tells: GED-188, "QUERY_AGENT_STATE_REQ",
//! "SNAPSHOT_DEVICE_REQ", "SNAPSHOT_CALL_REQ", "QUERY_DEVICE_INFO_REQ".
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test names the few things it looks at"
)]

mod common;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use bytes::BytesMut;
use cti_proto::code::{
    AgentState, CallId, InvokeId, LocalConnectionState, ReasonCode, ServiceMask, StatusCode,
    SystemEventId,
};
use cti_proto::codec::Text;
use cti_proto::message::{CallDataUpdateEvent, SetAgentStateReq, TeamConfigConf};
use cti_proto::session::client::Failure;
use cti_proto::session::failover::{
    AgentKey, Config, Connection, DeviceKey, Difference, Event, Subject, Unknown,
};
use cti_proto::session::{Error, server};
use cti_proto::{Dialect, Message, Version};

use common::bridge::{call, differences, net_of, session, system, told};
use common::net::Net;
use common::world::{Agent, Call, SWITCH, World, end_event, text};

fn agent_100() -> AgentKey {
    AgentKey::new(SWITCH, &text("100"))
}

fn recovered(events: &[Event]) -> Option<usize> {
    events.iter().find_map(|event| match event {
        Event::Recovered { unrecovered } => Some(*unrecovered),
        _ => None,
    })
}

#[test]
fn after_a_break_all_that_is_known_is_asked_about() {
    let (mut net, _) = told();
    net.cut(0);
    // OPEN_REQ, QUERY_AGENT_STATE_REQ, SNAPSHOT_DEVICE_REQ, SNAPSHOT_CALL_REQ.
    assert_eq!(net.types(0), [3, 36, 84, 82]);
    let agent = &net.written[1].2;
    // After the InvokeID: PeripheralID 5000, MRDID 1, ICMAgentID 0, AgentID as tag 5.
    assert_eq!(
        agent[12..],
        *b"\0\0\x13\x88\0\0\0\x01\0\0\0\0\0\x05\0\x04100\0"
    );
    // PeripheralID, device type 0, AgentInstrument as tag 6.
    assert_eq!(
        net.written[2].2[12..],
        *b"\0\0\x13\x88\0\0\0\x06\0\x051001\0"
    );
    // PeripheralID, ConnectionCallID 7, type static, ConnectionDeviceID as tag 25.
    assert_eq!(
        net.written[3].2[12..],
        *b"\0\0\x13\x88\0\0\0\x07\0\0\0\x19\0\x051001\0"
    );
    let events = net.take();
    assert!(differences(&events).is_empty(), "nothing changed");
    assert_eq!(recovered(&events), Some(0));
    assert!(net.client.is_recovered());
}

#[test]
fn an_agent_in_another_state_is_told_with_both_states() {
    let (mut net, world) = told();
    let after = Agent::new(AgentState::NOT_READY, "1001");
    world.borrow_mut().agents.insert("100".into(), after);
    net.cut(0);
    let events = net.take();
    let [Difference::Agent { key, before, after }] = &differences(&events)[..] else {
        panic!("{events:?}");
    };
    assert_eq!(*key, agent_100());
    let (before, after) = (before.as_ref().unwrap(), after.as_ref().unwrap());
    assert_eq!(before.state, AgentState::TALKING);
    assert_eq!(before.reason, Some(ReasonCode(5)));
    assert_eq!(after.state, AgentState::NOT_READY);
    assert_eq!(after.reason, None, "no snapshot has the reason");
    assert_eq!(net.client.picture().agent(key), Some(after));
}

#[test]
fn an_agent_who_logged_out_is_told_and_forgotten() {
    let (mut net, world) = told();
    world.borrow_mut().agents.clear();
    net.cut(0);
    let events = net.take();
    let [
        Difference::Agent {
            after: Some(after), ..
        },
    ] = &differences(&events)[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!(after.state, AgentState::LOGOUT);
    assert_eq!(net.client.picture().agents().count(), 0);
    assert_eq!(recovered(&events), Some(0), "the refusal is an answer");
}

#[test]
fn a_call_that_ended_is_told_with_what_was_known_of_it() {
    let (mut net, world) = told();
    world.borrow_mut().calls.clear();
    net.cut(0);
    let events = net.take();
    let differences = differences(&events);
    let [ended @ Difference::CallEnded { key, call: known }] = &differences[..] else {
        panic!("{events:?}");
    };
    assert_eq!(*key, call(7));
    assert_eq!(known.data.variables[0], Some(text("gold")));
    let [change] = &ended.connections()[..] else {
        panic!();
    };
    assert_eq!(change.device, "1001");
    assert_eq!(change.before, Some(LocalConnectionState::CONNECT));
    assert_eq!(change.after, None);
    assert_eq!(net.client.picture().calls().count(), 0);
}

#[test]
fn a_call_that_began_at_the_device_of_a_known_agent_is_found() {
    let (mut net, world) = told();
    let new = Call::new("1001", LocalConnectionState::ALERTING, "silver");
    world.borrow_mut().calls.insert(8, new);
    net.cut(0);
    let events = net.take();
    let differences = differences(&events);
    let [began @ Difference::CallBegan { key, call: found }] = &differences[..] else {
        panic!("{events:?}");
    };
    assert_eq!(*key, call(8));
    assert_eq!(found.data.variables[0], Some(text("silver")));
    let after = began.connections()[0].after;
    assert_eq!(after, Some(LocalConnectionState::ALERTING));
}

#[test]
fn a_call_that_changed_is_told_with_its_connections_and_data() {
    let (mut net, world) = told();
    {
        let mut world = world.borrow_mut();
        let call = world.calls.get_mut(&7).unwrap();
        call.parties
            .insert("1001".into(), LocalConnectionState::HOLD);
        call.parties
            .insert("1002".into(), LocalConnectionState::CONNECT);
        call.variable = "platinum".into();
        call.named.insert("user.order".into(), "17".into());
    }
    net.cut(0);
    let events = net.take();
    let differences = differences(&events);
    let [changed @ Difference::CallChanged { before, after, .. }] = &differences[..] else {
        panic!("{events:?}");
    };
    let changes: Vec<_> = changed
        .connections()
        .into_iter()
        .map(|change| (change.device, change.before, change.after))
        .collect();
    let connected = Some(LocalConnectionState::CONNECT);
    assert_eq!(
        changes,
        [
            (text("1001"), connected, Some(LocalConnectionState::HOLD)),
            (text("1002"), None, connected),
        ]
    );
    assert_eq!(before.data.variables[0], Some(text("gold")));
    assert_eq!(after.data.variables[0], Some(text("platinum")));
    assert_eq!(after.data.named_variables[&text("user.order")], "17");
}

#[test]
fn events_before_the_snapshot_are_no_difference() {
    let (mut net, world) = told();
    net.sides[0].answers.clear();
    net.cut(0);
    let after = Agent::new(AgentState::WORK_READY, "1001");
    world.borrow_mut().agents.insert("100".into(), after);
    let event = world.borrow().agent_event("100");
    net.send(0, event.clone());
    for (invoke_id, request) in net.requests(0) {
        let reply = world.borrow().reply(&request).unwrap();
        net.reply(0, invoke_id, reply);
    }
    for (invoke_id, request) in net.requests(0) {
        let reply = world.borrow().reply(&request).unwrap();
        net.reply(0, invoke_id, reply);
    }
    let events = net.take();
    assert!(events.contains(&Event::Message(event.into())));
    assert!(differences(&events).is_empty(), "{events:?}");
    assert_eq!(recovered(&events), Some(0));
}

#[test]
fn a_call_that_ends_during_recovery_is_not_brought_back_by_a_late_snapshot() {
    let (mut net, world) = told();
    net.sides[0].answers.clear();
    net.cut(0);
    let snapshot = net.requests(0);
    let late = world.borrow().clone();
    world.borrow_mut().calls.clear();
    net.send(0, end_event(7));
    for (invoke_id, request) in snapshot {
        net.reply(0, invoke_id, late.reply(&request).unwrap());
    }
    let events = net.take();
    assert_eq!(net.client.picture().calls().count(), 0);
    assert!(differences(&events).is_empty(), "{events:?}");
    assert_eq!(recovered(&events), Some(0));
}

#[test]
fn a_call_that_gets_a_new_id_is_followed() {
    let (mut net, _) = told();
    let update = CallDataUpdateEvent::with(|event| {
        event.peripheral_id = SWITCH;
        event.connection_call_id = CallId(7);
        event.connection_device_id = Some(text("1001"));
        event.new_connection_call_id = CallId(9);
        event.new_connection_device_id = Some(text("1001"));
        event.call_variable2 = Some(text("second"));
    });
    net.send(0, update);
    assert_eq!(net.client.picture().call(&call(7)), None);
    let found = net.client.picture().call(&call(9)).unwrap();
    assert_eq!(
        found.data.variables[..2],
        [Some(text("gold")), Some(text("second"))]
    );
    assert_eq!(found.parties.len(), 1);
}

#[test]
fn no_more_than_the_limit_of_questions_is_open() {
    let world = Rc::new(RefCell::new(World::default()));
    let config = Config::new(session(ServiceMask::ALL_EVENTS)).max_queries(4);
    let mut net = net_of(config, &world);
    net.sides[0].answers.clear();
    for agent in 0..20 {
        let key = AgentKey::new(SWITCH, &text(&agent.to_string()));
        net.client.watch_agent(net.now, key).unwrap();
    }
    net.open();
    let mut asked = 0;
    for _ in 0..20 {
        let open = net.requests(0);
        assert!(open.len() <= 4);
        asked += open.len();
        for (invoke_id, _) in open {
            net.reply(0, invoke_id, Err(StatusCode::AGENT_NOT_LOGGED_ON));
        }
    }
    assert_eq!(asked, 20);
    assert_eq!(recovered(&net.take()), Some(0));
}

#[test]
fn a_break_during_recovery_begins_it_anew() {
    let (mut net, world) = told();
    net.sides[0].answers.clear();
    world.borrow_mut().agents.clear();
    net.cut(0);
    net.drive_for(20);
    assert!(!net.client.is_recovered());
    let shared = Rc::clone(&world);
    net.answer(0, move |request| shared.borrow().reply(request));
    net.cut(0);
    let events = net.take();
    assert_eq!(differences(&events).len(), 1, "the agent logged out");
    assert_eq!(recovered(&events), Some(0));
}

#[test]
fn what_is_watched_is_asked_about_at_once_and_after_each_break() {
    let (mut net, world) = told();
    let agent = AgentKey::new(SWITCH, &text("200"));
    world
        .borrow_mut()
        .agents
        .insert("200".into(), Agent::new(AgentState::AVAILABLE, "1002"));
    net.client.watch_agent(net.now, agent.clone()).unwrap();
    net.settle();
    assert_eq!(net.types(0), [36, 84], "the agent, and the device it names");
    assert!(matches!(
        &net.take()[..],
        [
            Event::Difference(Difference::Agent {
                before: None,
                after: Some(_),
                ..
            }),
            Event::Recovered { unrecovered: 0 },
        ]
    ));
    let device = DeviceKey::new(SWITCH, &text("1003"));
    net.client.watch_device(net.now, device.clone()).unwrap();
    assert!(!net.client.is_recovered(), "nothing is answered yet");
    net.settle();
    let [
        Event::Difference(Difference::Device { info, .. }),
        Event::Recovered { unrecovered: 0 },
    ] = &net.take()[..]
    else {
        panic!();
    };
    assert!(net.client.is_recovered());
    assert_eq!(info.max_active_calls, 2);
    net.clear();
    net.cut(0);
    assert_eq!(net.types(0), [3, 36, 36, 84, 78, 84, 84, 82]);
    assert!(
        differences(&net.take()).is_empty(),
        "the device is the same"
    );
}

#[test]
fn a_client_of_client_events_watches_its_own_agent_and_device() {
    let world = Rc::new(RefCell::new(World::default()));
    let mut config = session(ServiceMask::CLIENT_EVENTS).peripheral_id(SWITCH);
    config.agent_id = Some(text("100"));
    config.agent_instrument = Some(text("1001"));
    world
        .borrow_mut()
        .agents
        .insert("100".into(), Agent::new(AgentState::AVAILABLE, "1001"));
    let call = Call::new("1001", LocalConnectionState::CONNECT, "gold");
    world.borrow_mut().calls.insert(7, call);
    let mut net = net_of(Config::new(config), &world);
    net.open();
    assert_eq!(net.types(0), [3, 36, 84, 78, 82]);
    assert!(matches!(
        &differences(&net.take())[..],
        [
            Difference::Agent { .. },
            Difference::Device { .. },
            Difference::CallBegan { .. }
        ]
    ));
}

#[test]
fn a_peripheral_that_comes_back_is_asked_about() {
    let (mut net, world) = told();
    net.send(0, system(SystemEventId::PERIPHERAL_ONLINE));
    assert!(net.types(0).is_empty(), "it was not gone");
    net.send(0, system(SystemEventId::PERIPHERAL_OFFLINE));
    world.borrow_mut().calls.clear();
    net.drive_for(3);
    net.clear();
    net.send(0, system(SystemEventId::PERIPHERAL_ONLINE));
    assert_eq!(net.types(0), [36, 84, 82]);
    let events = net.take();
    let Some(Event::Lost(lost)) = events.get(1) else {
        panic!("{events:?}");
    };
    assert_eq!(lost.until - lost.since, Duration::from_secs(3));
    assert!(matches!(
        &differences(&events)[..],
        [Difference::CallEnded { .. }]
    ));
    assert_eq!(recovered(&events), Some(0));
}

#[test]
fn a_peripheral_that_is_off_line_at_the_opening_is_asked_about_when_it_is_back() {
    let world = Rc::new(RefCell::new(World::default()));
    let config = session(ServiceMask::CLIENT_EVENTS).peripheral_id(SWITCH);
    let mut config = Config::new(config);
    config.client.agent_instrument = Some(text("1001"));
    let mut net = net_of(config, &world);
    net.open();
    let call = Call::new("1001", LocalConnectionState::CONNECT, "gold");
    world.borrow_mut().calls.insert(7, call);
    let begin = world.borrow().begin_event(7);
    net.send(0, begin);
    net.drive_for(60);
    net.clear();
    world.borrow_mut().calls.clear();
    net.sides[0].peripheral_online = false;
    net.cut(0);
    let key = AgentKey::new(SWITCH, &text("100"));
    net.client.watch_agent(net.now, key).unwrap();
    net.settle();
    assert_eq!(net.types(0), [3], "there is nobody to ask");
    assert_eq!(recovered(&net.take()), None);
    assert!(!net.client.is_recovered());
    net.drive_for(3);
    net.clear();
    net.send(0, system(SystemEventId::PERIPHERAL_ONLINE));
    assert_eq!(net.types(0), [36, 84, 78, 82]);
    let events = net.take();
    let lost = events.iter().find_map(|event| match event {
        Event::Lost(lost) => Some(lost.until - lost.since),
        _ => None,
    });
    assert_eq!(lost, Some(Duration::from_secs(3)), "since the opening");
    let ended = |difference: &Difference| matches!(difference, Difference::CallEnded { .. });
    assert!(differences(&events).iter().any(ended), "{events:?}");
    assert_eq!(recovered(&events), Some(0));
    assert_eq!(net.client.picture().calls().count(), 0);
}

#[test]
fn a_peripheral_that_stays_off_line_is_named_and_holds_recovery_up_no_longer() {
    let world = Rc::new(RefCell::new(World::default()));
    let config = session(ServiceMask::CLIENT_EVENTS).peripheral_id(SWITCH);
    let mut config = Config::new(config).offline_timeout(Duration::from_secs(30));
    config.client.agent_instrument = Some(text("1001"));
    let mut net = net_of(config, &world);
    net.sides[0].peripheral_online = false;
    net.client.watch_agent(net.now, agent_100()).unwrap();
    net.open();
    assert_eq!(net.types(0), [3], "there is nobody to ask");
    net.drive_for(29);
    net.clear();
    assert!(!net.client.is_recovered());
    net.drive_for(1);
    let unknown = Event::Unrecovered {
        subject: Subject::Peripheral(SWITCH),
        failure: Unknown::OffLine,
    };
    assert_eq!(net.take(), [unknown, Event::Recovered { unrecovered: 1 }]);
    assert!(net.client.is_recovered());
    net.drive_for(60);
    net.clear();
    net.send(0, system(SystemEventId::PERIPHERAL_ONLINE));
    assert_eq!(net.types(0), [36, 84, 78], "all the same");
    assert_eq!(recovered(&net.take()), Some(0));
}

#[test]
fn a_peripheral_that_goes_again_before_it_is_asked_about_is_waited_for() {
    let (mut net, world) = told();
    net.sides[0].answers.clear();
    for agent in 0..20 {
        let key = AgentKey::new(SWITCH, &text(&agent.to_string()));
        net.client.watch_agent(net.now, key).unwrap();
    }
    net.settle();
    for id in [
        SystemEventId::PERIPHERAL_OFFLINE,
        SystemEventId::PERIPHERAL_ONLINE,
        SystemEventId::PERIPHERAL_OFFLINE,
    ] {
        net.send(0, system(id));
    }
    for _ in 0..2 {
        for (invoke_id, _) in net.requests(0) {
            net.reply(0, invoke_id, Err(StatusCode::AGENT_NOT_LOGGED_ON));
        }
    }
    assert_eq!(net.types(0), [36; 20], "no more than what was queued");
    assert_eq!(recovered(&net.take()), None);
    let shared = Rc::clone(&world);
    net.answer(0, move |request| shared.borrow().reply(request));
    net.send(0, system(SystemEventId::PERIPHERAL_ONLINE));
    assert!(recovered(&net.take()).is_some());
    assert!(net.client.is_recovered());
}

#[test]
fn what_is_watched_without_client_control_is_told_to_be_unknown() {
    let world = Rc::new(RefCell::new(World::default()));
    let mut config = Config::new(session(ServiceMask::ALL_EVENTS));
    config.client.services = ServiceMask::ALL_EVENTS;
    let mut net = net_of(config, &world);
    net.open();
    net.clear();
    net.client.watch_agent(net.now, agent_100()).unwrap();
    net.settle();
    assert!(net.types(0).is_empty(), "nothing is asked");
    let unknown = Event::Unrecovered {
        subject: Subject::Agent(agent_100()),
        failure: Unknown::NotGranted,
    };
    assert_eq!(net.take(), [unknown, Event::Recovered { unrecovered: 1 }]);
}

#[test]
fn teams_are_asked_for_by_handles_of_their_own() {
    let mut config = session(ServiceMask::SUPERVISOR);
    config.version = Version::uccx(17);
    let world = Rc::new(RefCell::new(World::default()));
    let mut net = net_of(Config::new(config), &world);
    let early = net.client.request_teams(net.now).unwrap_err();
    assert!(matches!(early, Error::Caller { state: "idle", .. }));
    for side in &mut net.sides {
        side.config = server::Config::new(Dialect::Uccx, 11..=18);
    }
    net.answer(0, |request| match request {
        Message::TeamConfigReq(_) => Some(Ok(TeamConfigConf::new(StatusCode::NO_ERROR).into())),
        _ => None,
    });
    net.open();
    net.clear();
    let first = net.client.request_teams(net.now).unwrap();
    net.settle();
    let [(_, 0, bytes)] = &net.written[..] else {
        panic!("{:?}", net.written);
    };
    // TEAM_CONFIG_REQ, then, after the InvokeID, ConfigParam 1: all teams.
    assert_eq!(bytes[4..8], [0, 0, 0, 242]);
    assert_eq!(bytes[12..], [0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    let [Event::Answer(answer)] = &net.take()[..] else {
        panic!();
    };
    assert!(matches!(answer.of(first), Some(Ok(_))));
    net.drive_for(60);
    net.cut(0);
    net.drive_for(60);
    let second = net.client.request_teams(net.now).unwrap();
    assert_ne!(first.invoke_id(), second.invoke_id());
}

#[test]
fn a_request_that_was_open_at_the_break_is_in_doubt() {
    let (mut net, _) = told();
    let request = SetAgentStateReq::with(|request| request.agent_state = AgentState::LOGOUT);
    let handle = net.client.request(net.now, request).unwrap();
    net.settle();
    net.cut(0);
    let events = net.take();
    let Event::Answer(answer) = &events[0] else {
        panic!("{events:?}");
    };
    let failure = answer.of(handle).unwrap().unwrap_err();
    assert_eq!(*failure, Failure::Closed);
    assert!(failure.is_in_doubt());
    assert!(
        matches!(events[1], Event::Interrupted { .. }),
        "then the break"
    );
}

#[test]
fn a_request_ends_at_its_deadline() {
    let (mut net, _) = told();
    let request = SetAgentStateReq::with(|request| request.agent_state = AgentState::LOGOUT);
    let handle = net.client.request(net.now, request).unwrap();
    net.drive_for(29);
    assert!(net.take().is_empty());
    net.drive_for(1);
    let [Event::Answer(answer)] = &net.take()[..] else {
        panic!();
    };
    assert_eq!(answer.of(handle), Some(Err(&Failure::TimedOut)));
    assert!(Failure::TimedOut.is_in_doubt());
}

#[test]
fn handles_are_not_used_twice_over_sessions() {
    let (mut net, _) = told();
    let request = || SetAgentStateReq::with(|request| request.agent_state = AgentState::LOGOUT);
    let mut handles = Vec::new();
    for _ in 0..5 {
        handles.push(net.client.request(net.now, request()).unwrap().invoke_id());
        net.settle();
        net.cut(0);
        net.drive_for(60);
    }
    let distinct: BTreeSet<InvokeId> = handles.iter().copied().collect();
    assert_eq!(distinct.len(), 5, "{handles:?}");
}

#[test]
fn a_question_without_an_answer_is_told() {
    let (mut net, world) = told();
    net.sides[0].answers.clear();
    let shared = Rc::clone(&world);
    net.answer(0, move |request| match request {
        Message::QueryAgentStateReq(_) => None,
        Message::SnapshotDeviceReq(_) => Some(Err(StatusCode::INVALID_DEVICE)),
        request => shared.borrow().reply(request),
    });
    net.cut(0);
    net.drive_for(30);
    let events = net.take();
    let unknown: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Unrecovered { subject, failure } => Some((subject.clone(), failure.clone())),
            _ => None,
        })
        .collect();
    let [(device, Unknown::Failed(Failure::Server(refusal))), agent] = &unknown[..] else {
        panic!("{unknown:?}");
    };
    assert_eq!(
        *device,
        Subject::Device(DeviceKey::new(SWITCH, &text("1001")))
    );
    assert_eq!(refusal.status, StatusCode::INVALID_DEVICE);
    let timed_out = Unknown::Failed(Failure::TimedOut);
    assert_eq!(*agent, (Subject::Agent(agent_100()), timed_out));
    assert_eq!(recovered(&events), Some(2));
}

#[test]
fn a_question_that_cannot_be_written_is_told() {
    let (mut net, _) = told();
    let agent = AgentKey::new(SWITCH, &text("longer than 12 bytes"));
    net.client.watch_agent(net.now, agent.clone()).unwrap();
    net.settle();
    let unknown = net.take();
    let [
        Event::Unrecovered { subject, failure },
        Event::Recovered { unrecovered: 1 },
    ] = &unknown[..]
    else {
        panic!("{unknown:?}");
    };
    assert_eq!(*subject, Subject::Agent(agent));
    assert!(matches!(failure, Unknown::NotWritable(Error::Encode(_))));
    net.cut(0);
    assert_eq!(recovered(&net.take()), Some(1), "and nothing waits for it");
}

#[test]
fn without_client_control_all_that_is_known_may_be_wrong() {
    let world = Rc::new(RefCell::new(World::default()));
    let mut config = Config::new(session(ServiceMask::ALL_EVENTS));
    config.client.services = ServiceMask::ALL_EVENTS;
    let mut net = net_of(config, &world);
    net.open();
    let agent = Agent::new(AgentState::AVAILABLE, "1001");
    world.borrow_mut().agents.insert("100".into(), agent);
    let event = world.borrow().agent_event("100");
    net.send(0, event);
    net.drive_for(60);
    net.clear();
    net.cut(0);
    assert_eq!(net.types(0), [3], "nothing is asked");
    let events = net.take();
    let agent = Event::Unrecovered {
        subject: Subject::Agent(agent_100()),
        failure: Unknown::NotGranted,
    };
    assert!(events.contains(&agent), "{events:?}");
    assert_eq!(recovered(&events), Some(2), "and the device");
}

#[test]
fn memory_is_bounded_and_what_is_beyond_it_is_told_once() {
    let world = Rc::new(RefCell::new(World::default()));
    let mut config = Config::new(session(ServiceMask::ALL_EVENTS));
    config.max_agents = 3;
    config.max_calls = 2;
    config.max_watched = 1;
    let mut net = net_of(config, &world);
    net.open();
    net.take();
    for id in 0..10_u32 {
        let (agent, begin) = {
            let mut world = world.borrow_mut();
            let name = id.to_string();
            let agent = Agent::new(AgentState::AVAILABLE, "1001");
            world.agents.insert(name.clone(), agent);
            let call = Call::new("1001", LocalConnectionState::CONNECT, "");
            world.calls.insert(id, call);
            (world.agent_event(&name), world.begin_event(id))
        };
        net.send(0, agent);
        net.send(0, begin);
    }
    let picture = net.client.picture();
    assert_eq!((picture.agents().count(), picture.calls().count()), (3, 2));
    let beyond: Vec<_> = net
        .take()
        .into_iter()
        .filter(|event| matches!(event, Event::BeyondLimit { .. }))
        .collect();
    assert_eq!(beyond.len(), 2, "{beyond:?}");
    let watch = |net: &mut Net, id| {
        let key = AgentKey::new(SWITCH, &text(id));
        net.client.watch_agent(net.now, key)
    };
    watch(&mut net, "1").unwrap();
    assert_eq!(watch(&mut net, "2"), Err(Error::TooManyWatched { max: 1 }));
    assert_eq!(watch(&mut net, "1"), Ok(()));
}

#[test]
fn the_picture_keeps_no_input_buffer_alive() {
    let world = Rc::new(RefCell::new(World::default()));
    let mut net = net_of(Config::new(session(ServiceMask::ALL_EVENTS)), &world);
    net.open();
    let mut call = Call::new("1001", LocalConnectionState::CONNECT, "gold");
    call.named.insert("user.order".into(), "17".into());
    world.borrow_mut().calls.insert(7, call);
    let agent = Agent::new(AgentState::AVAILABLE, "1001");
    world.borrow_mut().agents.insert("100".into(), agent);
    let mut input = BytesMut::with_capacity(4_096);
    {
        let world = world.borrow();
        let messages: [Message; 3] = [
            world.agent_event("100").into(),
            world.begin_event(7).into(),
            world.connection_event(7, "1001"),
        ];
        for message in messages {
            message.encode(Version::ucce(23), &mut input).unwrap();
        }
    }
    net.client.handle_input(net.now, Connection(0), &mut input);
    net.settle();
    net.take();
    assert_eq!(net.client.picture().calls().count(), 1);
    assert!(
        input.try_reclaim(4_000),
        "somebody holds a slice of the input"
    );
}

#[test]
fn a_hostile_server_cannot_make_recovery_grow() {
    let world = Rc::new(RefCell::new(World::default()));
    let mut config = Config::new(session(ServiceMask::ALL_EVENTS));
    config.max_calls = 50;
    let mut net = net_of(config, &world);
    for id in 0..200 {
        let call = Call::new("1001", LocalConnectionState::CONNECT, "");
        world.borrow_mut().calls.insert(id, call);
    }
    let device = DeviceKey::new(SWITCH, &text("1001"));
    net.client.watch_device(net.now, device).unwrap();
    net.open();
    assert_eq!(net.client.picture().calls().count(), 50);
    let snapshots = net.types(0).iter().filter(|number| **number == 82).count();
    assert_eq!(snapshots, 50);
    let events = net.take();
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::BeyondLimit { .. }))
    );
}

#[test]
fn text_keys_are_compared_byte_for_byte() {
    let latin = Text::until_nul(&b"M\xfcller"[..]);
    assert_ne!(
        AgentKey::new(SWITCH, &latin),
        AgentKey::new(SWITCH, &text("Müller"))
    );
}
