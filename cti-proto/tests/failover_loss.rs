//! What the failover client says it may have missed: which kinds of loss a break can bring, and that each does.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test names the few things it looks at"
)]

mod common;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use cti_proto::code::{
    AgentState, CallEventMask, ConfigMask, LocalConnectionState, ServiceMask, StatusCode,
    SystemEventId,
};
use cti_proto::message::{
    ConfigRequestEvent, ConfigRequestKeyEvent, Confirmed, Pair, Table, UserMessageEvent,
};
use cti_proto::session::failover::{Config, DeviceKey, Difference, Event, Failover, Loss};
use cti_proto::session::{client, server};
use cti_proto::{Frame, Message, Version};

use common::bridge::{call, differences, net_of, session, system, told};
use common::net::{Mood, Net, Reply};
use common::synth::sample;
use common::world::{Agent, Call, SWITCH, World, text};

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
