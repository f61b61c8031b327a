//! What the engine says fits into every version, and says what it should.

use core::time::Duration;

use bytes::BytesMut;
use cti_proto::{
    Dialect, FrameCodec, Message, Version,
    code::{ConfigMask, ServiceMask},
    codec::Secret,
    message::{ConfigRequestEvent, OpenConf, TeamConfigReq},
    session::{
        client::{self, Client},
        server,
        service::{self, Event, Service},
    },
};

use super::*;
use crate::{
    engine::{
        machine::{Config, Profile, Queue},
        notice::{AgentNotice, CallEvent, CallFacts, CallKind, CallNotice, Party},
    },
    telephony::{Address, CallId, Cause},
};

const QUEUE: u32 = 1;

const EVENTS: [CallEvent; 13] = [
    CallEvent::Began,
    CallEvent::ServiceInitiated,
    CallEvent::Originated,
    CallEvent::Queued,
    CallEvent::Delivered,
    CallEvent::Established,
    CallEvent::Held,
    CallEvent::Retrieved,
    CallEvent::Failed,
    CallEvent::ConnectionCleared,
    CallEvent::Cleared,
    CallEvent::Ended,
    CallEvent::DataUpdated,
];

fn versions() -> impl Iterator<Item = Version> {
    (10..=18).map(Version::uccx)
}

fn party(kind: AddressKind) -> Party {
    let digit = match kind {
        AddressKind::Line => "1",
        AddressKind::RoutePoint => "6",
        AddressKind::Outside => "4",
    };
    Party {
        address: Address::new(digit.repeat(Address::MAX_LEN)).unwrap(),
        kind,
    }
}

/// As much data as a call can have.
fn full_data() -> CallData {
    let mut data = CallData::default();
    for number in 1..=10 {
        let value = "v".repeat(CallData::MAX_CALL_VARIABLE);
        data.0.insert(format!("callVariable{number}"), value);
    }
    data.0.insert(
        "wrapUpReason".to_owned(),
        "w".repeat(CallData::MAX_CALL_VARIABLE),
    );
    for number in 0..8 {
        let name = format!("user.{number}{}", "n".repeat(CallData::MAX_NAME - 6));
        data.0.insert(name, "x".repeat(CallData::MAX_VALUE));
    }
    assert!(data.is_valid());
    data
}

fn call_notice(event: CallEvent) -> CallNotice {
    CallNotice {
        event,
        device: party(AddressKind::Line),
        cause: Cause::NewCall,
        call: CallFacts {
            id: CallId(0xdead_beef),
            kind: CallKind::Queue,
            calling: party(AddressKind::Outside),
            called: party(AddressKind::RoutePoint),
            last_redirect: Some(party(AddressKind::RoutePoint)),
            queued: true,
            data: full_data(),
            lines: Vec::new(),
        },
    }
}

fn there_and_back(version: Version, message: &Message) -> Message {
    let mut bytes = BytesMut::new();
    message.encode(version, &mut bytes).unwrap();
    let frame = FrameCodec::new(version)
        .decode(&mut bytes)
        .unwrap()
        .unwrap();
    assert!(bytes.is_empty());
    Message::decode(version, frame).unwrap()
}

#[test]
fn the_longest_call_events_fit_into_every_version() {
    for version in versions() {
        for event in EVENTS {
            let message = call_event(&call_notice(event), QUEUE);
            assert_eq!(
                there_and_back(version, &message),
                message,
                "{version:?} {event:?}"
            );
        }
    }
}

#[test]
fn call_data_is_the_same_on_both_sides() {
    let Message::CallDeliveredEvent(event) = call_event(&call_notice(CallEvent::Delivered), QUEUE)
    else {
        panic!()
    };
    assert_eq!(take_data!(event), full_data());
}

#[test]
fn an_agent_event_names_agent_line_and_what_is_to_come() {
    let agent = AgentNotice {
        login_id: "1001001".to_owned(),
        line: Some(Address::new("1001001").unwrap()),
        state: AgentState::Talking,
        reason: 0,
        duration: Duration::from_millis(61_900),
        pending_not_ready: true,
    };
    for version in versions() {
        let message = agent_state(&agent, QUEUE).into();
        let Message::AgentStateEvent(event) = there_and_back(version, &message) else {
            panic!()
        };
        assert_eq!(event.agent_id.unwrap(), "1001001");
        assert_eq!(event.agent_extension.unwrap(), "1001001");
        assert_eq!(event.agent_state, code::AgentState::TALKING);
        assert_eq!(event.next_agent_state, Some(code::AgentState::NOT_READY));
        assert_eq!(event.state_duration, 61);
    }
}

#[test]
fn uploads_of_long_names_and_many_agents_fit_into_every_version() {
    let profile = |number: u32| Profile {
        login_id: format!("{number:0128}"),
        first_name: "Ä".repeat(40),
        last_name: "ß".repeat(40),
        extension: Address::new(format!("{number:015}")).unwrap(),
        supervisor: number == 0,
        team: 1,
    };
    let config = Config {
        agents: (0..95).map(profile).collect(),
        teams: [(1, "t".repeat(80))].into(),
        queue: Queue {
            id: QUEUE,
            name: "q".repeat(80),
            route_point: Address::new("6000").unwrap(),
            wrap_up: Duration::from_secs(60),
        },
        ring_limit: Duration::from_secs(20),
    };
    for version in versions() {
        let (mut members, mut agents, mut ends) = (0, 0, 0);
        for message in uploaded(version, &config, ConfigMask(0xf)) {
            ends += usize::from(matches!(message, Message::ConfigEndEvent(_)));
            if let Message::TeamConfigEvent(event) = &message {
                members += event.members.len();
            } else if let Message::ConfigAgentEvent(event) = &message {
                agents += event.records.len();
            }
        }
        assert_eq!((members, agents, ends), (95, 95, 4), "{version:?}");
    }
}

/// What a client is told that asks for configuration and teams.
fn uploaded(version: Version, config: &Config, wanted: ConfigMask) -> Vec<Message> {
    let now = Duration::ZERO;
    let session = server::Config::new(Dialect::Uccx, 10..=18)
        .inferred_layouts(server::InferredLayouts::Taken);
    let mut service = Service::new(service::Config::new(session));
    set_up(&mut service, config, now);
    let services = ServiceMask::CONFIG_EVENTS | ServiceMask::SUPERVISOR;
    let asks = client::Config::new(version, text("finesse", 63), Secret::default());
    let mut client = Client::new(asks.services(services));
    let connection = service.accept(now).unwrap();
    let say = |client: &mut Client, service: &mut Service| {
        let mut told = BytesMut::new();
        let mut said = BytesMut::new();
        while let Some(bytes) = client.poll_transmit() {
            said.extend_from_slice(&bytes);
        }
        service.handle_input(now, connection, &mut said);
        if let Some(Event::OpenRequested { .. }) = service.poll_event() {
            let conf = OpenConf::with(|conf| conf.services_granted = services);
            assert_eq!(service.admit(now, connection, conf), Ok(true));
        }
        while let Some(bytes) = service.poll_transmit(connection) {
            told.extend_from_slice(&bytes);
        }
        told
    };
    client.open(now).unwrap();
    let mut opened = say(&mut client, &mut service);
    client.handle_input(now, &mut opened).unwrap();
    let _ = client.request(now, TeamConfigReq::new()).unwrap();
    let ask = ConfigRequestEvent::with(|ask| ask.config_information = wanted);
    client.send(ask).unwrap();
    let mut told = say(&mut client, &mut service);
    let codec = FrameCodec::new(version);
    let mut messages = Vec::new();
    while let Some(frame) = codec.decode(&mut told).unwrap() {
        messages.push(Message::decode(version, frame).unwrap());
    }
    messages
}

#[test]
fn an_upload_holds_what_was_asked_for() {
    let config = Config {
        agents: Vec::new(),
        teams: [].into(),
        queue: Queue {
            id: QUEUE,
            name: "Service".to_owned(),
            route_point: Address::new("6000").unwrap(),
            wrap_up: Duration::ZERO,
        },
        ring_limit: Duration::from_secs(20),
    };
    let version = Version::uccx(17);
    let nothing = uploaded(version, &config, ConfigMask::NONE);
    assert!(matches!(nothing[..], [Message::TeamConfigConf(_)]));
    let upload = uploaded(version, &config, ConfigMask::SKILL_GROUP);
    let [
        Message::TeamConfigConf(_),
        Message::ConfigBeginEvent(_),
        Message::ConfigCsqEvent(csq),
        Message::ConfigEndEvent(_),
    ] = upload.as_slice()
    else {
        panic!("{upload:?}")
    };
    assert_eq!(csq.records[0].csq_name.clone().unwrap(), "Service");
    assert_eq!(csq.records[0].auto_work, Some(false));
}
