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
    AgentState, AgentStateMask, CallEventMask, CallId, ConfigMask, InvokeId, LocalConnectionState,
    ReasonCode, ServiceMask, StatusCode, SystemEventId,
};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{
    CallDataUpdateEvent, ConfigRequestEvent, ConfigRequestKeyEvent, Confirmed, Pair,
    SetAgentStateReq, SystemEvent, Table, TeamConfigConf, UserMessageEvent,
};
use cti_proto::session::client::Failure;
use cti_proto::session::failover::{
    AgentKey, CallKey, Config, Connection, DeviceKey, Difference, Event, Failover, Loss, Subject,
    Unknown,
};
use cti_proto::session::{Error, client, server};
use cti_proto::{Dialect, Frame, Message, Version};

use common::net::{Mood, Net, Reply};
use common::synth::sample;
use common::world::{Agent, Call, SWITCH, World, end_event, text};

fn session(services: ServiceMask) -> client::Config {
    client::Config::new(Version::ucce(23), text("bridge"), Secret::default())
        .services(services | ServiceMask::CLIENT_CONTROL)
        .call_events(CallEventMask::KNOWN)
        .agent_states(AgentStateMask::KNOWN)
}

fn net_of(config: Config, world: &Rc<RefCell<World>>) -> Net {
    let server =
        server::Config::new(Dialect::Ucce, 5..=25).inferred_layouts(server::InferredLayouts::Taken);
    let sides = vec![(server.clone(), Mood::Serve), (server, Mood::Serve)];
    let mut net = Net::new(Failover::new(config), sides);
    for side in 0..2 {
        let world = Rc::clone(world);
        net.answer(side, move |request| world.borrow().reply(request));
    }
    net
}

/// A bridge client that was told of agent 100 at device 1001 and of call 7 there.
fn told() -> (Net, Rc<RefCell<World>>) {
    let world = Rc::new(RefCell::new(World::default()));
    let mut net = net_of(Config::new(session(ServiceMask::ALL_EVENTS)), &world);
    net.open();
    {
        let mut world = world.borrow_mut();
        let agent = Agent::new(AgentState::TALKING, "1001");
        world.agents.insert("100".into(), agent);
        let call = Call::new("1001", LocalConnectionState::CONNECT, "gold");
        world.calls.insert(7, call);
    }
    let (agent, begin, connected) = {
        let world = world.borrow();
        let mut agent = world.agent_event("100");
        agent.event_reason_code = ReasonCode(5);
        let connected = world.connection_event(7, "1001");
        (agent, world.begin_event(7), connected)
    };
    net.send(0, agent);
    net.send(0, begin);
    net.send(0, connected);
    net.drive_for(60);
    net.clear();
    (net, world)
}

fn agent_100() -> AgentKey {
    AgentKey::new(SWITCH, &text("100"))
}

fn call(id: u32) -> CallKey {
    CallKey::new(SWITCH, CallId(id))
}

/// The differences among `events`.
fn differences(events: &[Event]) -> Vec<Difference> {
    let differences = events.iter().filter_map(|event| match event {
        Event::Difference(difference) => Some(difference.clone()),
        _ => None,
    });
    differences.collect()
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

fn system(id: SystemEventId) -> SystemEvent {
    SystemEvent::with(|event| {
        event.system_event_id = id;
        event.system_event_arg1 = SWITCH.0;
    })
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

/// Cuts the connection of a client with `config` that was told nothing, and gives what it says of
/// losses.
fn lost(mut config: client::Config, change: impl FnOnce(&mut client::Config)) -> Vec<Loss> {
    change(&mut config);
    let world = Rc::new(RefCell::new(World::default()));
    let mut net = net_of(Config::new(config), &world);
    net.open();
    net.drive_for(60);
    net.take();
    net.cut(0);
    let lost = net.take().into_iter().find_map(|event| match event {
        Event::Lost(lost) => Some(lost.kinds),
        _ => None,
    });
    lost.unwrap()
}

#[test]
fn a_client_of_everything_is_told_of_every_kind_of_loss() {
    let config = session(ServiceMask::ALL_EVENTS | ServiceMask::SUPERVISOR);
    let kinds = lost(config, |config| {
        config.config_records = ConfigMask::AGENT;
    });
    let all = [
        Loss::AgentTransitions,
        Loss::AgentReasons,
        Loss::UnwatchedAgents,
        Loss::ConnectionTransitions,
        Loss::ShortCalls,
        Loss::UnwatchedCalls,
        Loss::LastWordsOfCalls,
        Loss::CallData,
        Loss::Queues,
        Loss::Notices,
        Loss::UserMessages,
        Loss::SystemEvents,
        Loss::Teams,
        Loss::Configuration,
    ];
    assert_eq!(
        kinds, all,
        "all but registrations, of which there were none"
    );
}

#[test]
fn a_client_that_asked_for_no_events_loses_none() {
    let kinds = lost(session(ServiceMask::NONE), |_| {});
    assert_eq!(kinds, [Loss::UserMessages, Loss::SystemEvents]);
}

#[test]
fn a_client_of_client_events_has_no_strangers_to_miss() {
    let mut config = session(ServiceMask::CLIENT_EVENTS).peripheral_id(SWITCH);
    config.agent_id = Some(text("100"));
    let kinds = lost(config, |_| {});
    assert!(!kinds.contains(&Loss::UnwatchedAgents) && !kinds.contains(&Loss::UnwatchedCalls));
    assert!(kinds.contains(&Loss::AgentTransitions) && kinds.contains(&Loss::ShortCalls));
}

/// What a client of all events is told when `meanwhile` happens while it is away.
fn told_after(meanwhile: impl FnOnce(&mut World)) -> (Vec<Loss>, Vec<Difference>) {
    let (mut net, world) = told();
    meanwhile(&mut world.borrow_mut());
    net.cut(0);
    let events = net.take();
    let kinds = events.iter().find_map(|event| match event {
        Event::Lost(lost) => Some(lost.kinds.clone()),
        _ => None,
    });
    (kinds.unwrap(), differences(&events))
}

#[test]
fn loss_of_states_that_an_agent_entered_and_left_again() {
    let (kinds, differences) = told_after(|world| {
        let states = [AgentState::WORK_READY, AgentState::TALKING];
        for state in states {
            let agent = world.agents.get_mut("100").unwrap();
            (agent.state, agent.group) = (state, state);
        }
    });
    assert!(differences.is_empty(), "the snapshot shows none of it");
    assert!(kinds.contains(&Loss::AgentTransitions));
}

#[test]
fn loss_of_the_reason_of_a_state() {
    let (kinds, differences) = told_after(|world| {
        world.agents.get_mut("100").unwrap().state = AgentState::NOT_READY;
    });
    assert!(matches!(
        &differences[..],
        [Difference::Agent { after: Some(agent), .. }] if agent.reason.is_none()
    ));
    assert!(kinds.contains(&Loss::AgentReasons));
}

#[test]
fn loss_of_agents_whom_nobody_watches() {
    let (kinds, differences) = told_after(|world| {
        let agent = Agent::new(AgentState::AVAILABLE, "1009");
        world.agents.insert("900".into(), agent);
    });
    assert!(differences.is_empty(), "nobody asks about agent 900");
    assert!(kinds.contains(&Loss::UnwatchedAgents));
}

#[test]
fn loss_of_states_that_a_connection_entered_and_left_again() {
    let (kinds, differences) = told_after(|world| {
        let states = [LocalConnectionState::HOLD, LocalConnectionState::CONNECT];
        for state in states {
            let call = world.calls.get_mut(&7).unwrap();
            call.parties.insert("1001".into(), state);
        }
    });
    assert!(differences.is_empty());
    assert!(kinds.contains(&Loss::ConnectionTransitions));
}

#[test]
fn loss_of_calls_that_began_and_ended() {
    let (kinds, differences) = told_after(|world| {
        let call = Call::new("1001", LocalConnectionState::CONNECT, "brief");
        world.calls.insert(8, call);
        world.calls.remove(&8);
    });
    assert!(differences.is_empty());
    assert!(kinds.contains(&Loss::ShortCalls));
}

#[test]
fn loss_of_the_end_of_a_call_whose_id_is_used_again() {
    let (kinds, differences) = told_after(|world| {
        let call = Call::new("1001", LocalConnectionState::CONNECT, "another");
        world.calls.insert(7, call);
    });
    assert!(
        matches!(&differences[..], [Difference::CallChanged { .. }]),
        "two calls look like one"
    );
    assert!(kinds.contains(&Loss::ShortCalls));
}

#[test]
fn loss_of_calls_at_devices_that_nobody_watches() {
    let (kinds, differences) = told_after(|world| {
        let call = Call::new("1009", LocalConnectionState::CONNECT, "far");
        world.calls.insert(8, call);
    });
    assert!(differences.is_empty());
    assert!(kinds.contains(&Loss::UnwatchedCalls));
}

#[test]
fn loss_of_the_last_words_of_a_call_that_ended() {
    let (kinds, differences) = told_after(|world| {
        world.calls.get_mut(&7).unwrap().variable = "sold".into();
        world.calls.remove(&7);
    });
    let [Difference::CallEnded { call, .. }] = &differences[..] else {
        panic!("{differences:?}");
    };
    assert_eq!(
        call.data.variables[0],
        Some(text("gold")),
        "not the last value"
    );
    assert!(kinds.contains(&Loss::LastWordsOfCalls));
}

#[test]
fn loss_of_call_data_that_were_overwritten() {
    let (kinds, differences) = told_after(|world| {
        for value in ["silver", "gold"] {
            world.calls.get_mut(&7).unwrap().variable = value.into();
        }
    });
    assert!(differences.is_empty());
    assert!(kinds.contains(&Loss::CallData));
}

#[test]
fn loss_of_named_variables_before_version_6() {
    let world = Rc::new(RefCell::new(World::default()));
    let mut config = session(ServiceMask::ALL_EVENTS);
    config.version = Version::ucce(5);
    let mut net = net_of(Config::new(config), &world);
    net.open();
    let mut call = Call::new("1001", LocalConnectionState::CONNECT, "gold");
    call.named.insert("user.order".into(), "17".into());
    world.borrow_mut().calls.insert(7, call);
    let device = DeviceKey::new(SWITCH, &text("1001"));
    net.client.watch_device(net.now, device).unwrap();
    net.settle();
    let found = net.client.picture().call(&self::call(7)).unwrap();
    assert_eq!(found.data.variables[0], Some(text("gold")));
    assert!(found.data.named_variables.is_empty(), "version 5 has none");
    net.drive_for(60);
    net.take();
    net.cut(0);
    assert!(net.take().iter().any(|event| matches!(
        event,
        Event::Lost(lost) if lost.kinds.contains(&Loss::CallData)
    )));
}

/// What a client of all events is told when the server says `message` while nothing arrives.
fn told_without(message: impl Into<Message>) -> Vec<Event> {
    let (mut net, _) = told();
    let message = message.into();
    net.send(0, message.clone());
    assert!(net.take().contains(&Event::Message(message.clone())));
    net.half_open(0);
    net.drive_for(1);
    let said = net.now;
    net.send(0, message);
    net.drive_for(1);
    assert!(net.take().is_empty(), "nothing arrived");
    net.cut(0);
    let events = net.take();
    let lost = events.iter().find_map(|event| match event {
        Event::Lost(lost) => Some(lost),
        _ => None,
    });
    let lost = lost.unwrap();
    assert!(lost.since < said && said < lost.until, "{lost:?}");
    assert!(differences(&events).is_empty(), "{events:?}");
    events
}

/// Whether `kind` was told to be lost.
fn names(events: &[Event], kind: Loss) -> bool {
    events.iter().any(|event| match event {
        Event::Lost(lost) => lost.kinds.contains(&kind),
        _ => false,
    })
}

fn has_message(events: &[Event], is_it: impl Fn(&Message) -> bool) -> bool {
    events.iter().any(|event| match event {
        Event::Message(message) => is_it(message),
        _ => false,
    })
}

#[test]
fn loss_of_a_user_message_that_another_client_sent() {
    let message = UserMessageEvent::with(|event| event.text = Some(text("lunch at noon")));
    let events = told_without(message);
    let is_it = |message: &Message| matches!(message, Message::UserMessageEvent(_));
    assert!(!has_message(&events, is_it), "no snapshot brings it");
    assert!(names(&events, Loss::UserMessages));
}

#[test]
fn loss_of_a_system_event_that_nothing_repeats() {
    let mut link = system(SystemEventId::TEXT_FYI);
    link.text = Some(text("the link to the other site is down"));
    let events = told_without(link);
    let is_it = |message: &Message| matches!(message, Message::SystemEvent(_));
    assert!(!has_message(&events, is_it), "no snapshot brings it");
    assert!(names(&events, Loss::SystemEvents));
}

#[test]
fn loss_of_a_system_event_whose_outcome_the_opening_tells() {
    let (mut net, _) = told();
    net.half_open(0);
    net.drive_for(1);
    net.send(0, system(SystemEventId::PERIPHERAL_OFFLINE));
    net.sides[0].peripheral_online = false;
    net.cut(0);
    let events = net.take();
    let is_it = |message: &Message| matches!(message, Message::SystemEvent(_));
    assert!(!has_message(&events, is_it), "{events:?}");
    assert!(names(&events, Loss::SystemEvents));
    let conf = events.iter().find_map(|event| match event {
        Event::Active { conf, .. } => Some(conf),
        _ => None,
    });
    assert!(!conf.unwrap().peripheral_online, "where that led to");
}

#[test]
fn loss_of_queues_notices_teams_and_configuration_by_what_was_asked_for() {
    let with = |mask| {
        lost(session(ServiceMask::ALL_EVENTS), |config| {
            config.call_events = mask;
        })
    };
    let bits_of = [
        (
            Loss::Queues,
            &[
                CallEventMask::CALL_QUEUED_MASK,
                CallEventMask::CALL_DEQUEUED_MASK,
            ][..],
        ),
        (
            Loss::Notices,
            &[
                CallEventMask::AGENT_PRE_CALL_MASK,
                CallEventMask::AGENT_PRE_CALL_ABORT_MASK,
                CallEventMask::RTP_STARTED_MASK,
                CallEventMask::RTP_STOPPED_MASK,
                CallEventMask::CALL_AGENT_GREETING_MASK,
                CallEventMask::NETWORK_RECORDING_STARTED_MASK,
                CallEventMask::NETWORK_RECORDING_ENDED_MASK,
                CallEventMask::NETWORK_RECORDING_FAILED_MASK,
                CallEventMask::NETWORK_RECORDING_TARGET_INFO_MASK,
            ],
        ),
    ];
    for (kind, bits) in bits_of {
        for mask in bits {
            assert!(with(*mask).contains(&kind), "{mask:?}");
        }
        let others = bits
            .iter()
            .fold(CallEventMask::KNOWN, |mask, bit| mask.without(*bit));
        assert!(!with(others).contains(&kind), "{kind:?}");
        assert!(!with(CallEventMask::NONE).contains(&kind), "{kind:?}");
    }
    let kinds = lost(session(ServiceMask::SUPERVISOR), |_| {});
    assert!(kinds.contains(&Loss::Teams));
    let kinds = lost(session(ServiceMask::NONE), |config| {
        config.config_records = ConfigMask::AGENT;
    });
    assert!(kinds.contains(&Loss::Configuration));
}

/// A client of a server that answers every request as `reply` says.
fn net_that_answers(version: Version, reply: impl Fn(&Table) -> Reply + Copy + 'static) -> Net {
    let without = ServiceMask::CLIENT_EVENTS
        .with(ServiceMask::IGNORE_CONF)
        .with(ServiceMask::ACTIVE_STANDBY);
    let mut config = session(ServiceMask::KNOWN.without(without));
    config.version = version;
    let server = server::Config::new(version.dialect(), 5..=25)
        .inferred_layouts(server::InferredLayouts::Taken);
    let sides = vec![(server.clone(), Mood::Serve), (server, Mood::Serve)];
    let mut net = Net::new(Failover::new(Config::new(config)), sides);
    for side in 0..2 {
        net.answer(side, move |request| {
            Some(reply(Pair::of(request.message_type())?.confirmation))
        });
    }
    net.open();
    net.drive_for(60);
    net.clear();
    net
}

/// Whether a break now loses what was set up.
fn loses_registrations(net: &mut Net) -> bool {
    net.cut(0);
    let events = net.take();
    names(&events, Loss::Registrations)
}

/// A message of the table with a value in each field.
fn filled(table: &Table, version: Version) -> Message {
    let frame = Frame {
        message_type: table.number,
        body: sample(table, version).body.into(),
    };
    Message::decode(version, frame).unwrap()
}

#[test]
fn loss_of_what_the_application_had_set_up() {
    // MONITOR_START_REQ, CHANGE_MONITOR_MASK_REQ, SESSION_MONITOR_START_REQ, REGISTER_VARIABLES_REQ,
    // MONITOR_AGENT_TEAM_START_REQ, REGISTER_SERVICE_REQ, TEAM_CONFIG_REQ.
    let registers = [93, 97, 101, 110, 135, 143, 242];
    let mut set_up = BTreeSet::new();
    for version in [Version::ucce(23), Version::uccx(17)] {
        let confirmed = move |table: &Table| Ok(filled(table, version));
        let refused = |_: &Table| Err(StatusCode::UNSPECIFIED_FAILURE);
        let requests = Pair::ALL
            .iter()
            .filter(|pair| pair.confirmed != Confirmed::BySession)
            .map(|pair| pair.request)
            .filter(|request| request.gate.admits(version));
        for request in requests {
            let name = format!("{} {version}", request.name);
            let mut net = net_that_answers(version, confirmed);
            let message = filled(request, version);
            let handle = net.client.request(net.now, message.clone()).unwrap();
            net.settle();
            let events = net.take();
            let is_confirmed = events.iter().any(|event| match event {
                Event::Answer(answer) => matches!(answer.of(handle), Some(Ok(_))),
                _ => false,
            });
            assert!(is_confirmed, "{name}: {events:?}");
            let expected = registers.contains(&request.number.0);
            assert_eq!(loses_registrations(&mut net), expected, "{name}");
            net.drive_for(60);
            assert!(
                !loses_registrations(&mut net),
                "{name}: it was not set up again"
            );
            if expected {
                set_up.insert(request.number.0);
                let mut net = net_that_answers(version, refused);
                net.client.request(net.now, message).map(drop).unwrap();
                net.settle();
                assert!(!loses_registrations(&mut net), "{name}: it was refused");
            }
        }
    }
    assert_eq!(set_up, registers.into(), "each in one of the versions");
}

#[test]
fn loss_of_the_wish_to_hear_of_changes_of_the_configuration() {
    for version in [Version::ucce(23), Version::uccx(17)] {
        let open = || net_that_answers(version, |_| Err(StatusCode::UNSPECIFIED_FAILURE));
        let mut net = open();
        net.client
            .send(ConfigRequestEvent::new(ConfigMask::AGENT))
            .unwrap();
        net.settle();
        assert!(loses_registrations(&mut net), "{version}");
        net.drive_for(60);
        assert!(
            !loses_registrations(&mut net),
            "{version}: it was not set up again"
        );
        let mut net = open();
        let upload = client::ConfigUpload::new(ConfigMask::AGENT);
        net.client.upload(net.now, upload).unwrap();
        net.settle();
        assert!(loses_registrations(&mut net), "{version}");
        let mut net = open();
        net.client.send(ConfigRequestKeyEvent::new()).unwrap();
        net.settle();
        assert!(
            !loses_registrations(&mut net),
            "{version}: keys are answered once"
        );
    }
}

#[test]
fn text_keys_are_compared_byte_for_byte() {
    let latin = Text::until_nul(&b"M\xfcller"[..]);
    assert_ne!(
        AgentKey::new(SWITCH, &latin),
        AgentKey::new(SWITCH, &text("Müller"))
    );
}
