//! What hostile clients can do to a service: nothing to others, and little to it.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use std::time::Duration;

use bytes::BytesMut;
use cti_proto::code::{AgentFlags, CallId, InvokeId, PeripheralId, ServiceMask, StatusCode};
use cti_proto::message::{
    AnswerCallConf, AnswerCallReq, EndCallEvent, HeartbeatReq, QueryAgentStateReq, SnapshotCallReq,
    TeamConfigReq,
};
use cti_proto::session::service::{Config, ConnectionId, Event, Team, TeamMembership};
use cti_proto::session::{CloseReason, Error, server};
use cti_proto::{Dialect, Message, Version};

use common::floor::{Floor, bridge, desk, frames, text};

const VERSION: Version = Version::ucce(15);

fn session() -> server::Config {
    server::Config::new(Dialect::Ucce, 15..=15)
}

fn closed(events: &[Event], connection: ConnectionId) -> Option<CloseReason> {
    let mut reasons = events.iter().filter_map(|event| {
        let Event::Closed {
            connection: own,
            reason,
        } = event
        else {
            return None;
        };
        (*own == connection).then_some(*reason)
    });
    reasons.next()
}

#[test]
fn ten_thousand_connections_that_say_nothing_are_gone_after_30_s() {
    let mut floor = Floor::new(Config::new(session()).max_connections(10_000));
    let first = floor.connect(VERSION);
    for _ in 1..10_000 {
        floor.connect(VERSION);
    }
    assert_eq!(floor.service.accept(floor.now), None, "no room");
    floor.drive(Duration::from_secs(29));
    assert_eq!(floor.service.connections(), 10_000);
    floor.drive(Duration::from_secs(30));
    assert_eq!(floor.service.connections(), 0);
    let events = floor.events();
    assert_eq!(events.len(), 10_000);
    assert_eq!(closed(&events, first), Some(CloseReason::OpenTimedOut));
    assert_eq!(floor.service.poll_timeout(), None);
    assert!(floor.service.accept(floor.now).is_some());
}

#[test]
fn ten_thousand_idle_clients_are_silent_and_one_event_reaches_its_own() {
    let mut floor = Floor::new(Config::new(session()));
    let clients: Vec<_> = (0..10_000)
        .map(|number| {
            let mut request = desk(VERSION, &format!("a{number}"), &number.to_string());
            request.idle_timeout = 400;
            floor.open(VERSION, request)
        })
        .collect();
    while floor.service.poll_ready().is_some() {}
    let event = cti_proto::message::BeginCallEvent::with(|event| {
        event.peripheral_id = PeripheralId(5_000);
        event.connection_call_id = CallId(1);
        event.connection_device_id = Some(text("7777"));
    });
    assert_eq!(floor.service.publish(floor.now, event), Ok(1));
    assert_eq!(floor.service.poll_ready(), Some(clients[7_777]));
    assert_eq!(floor.service.poll_ready(), None);
    floor.drive(Duration::from_secs(399));
    assert_eq!(floor.service.connections(), 10_000);
    let beat = HeartbeatReq::with(|beat| beat.invoke_id = InvokeId(1));
    floor.say(clients[0], beat);
    floor.drive(Duration::from_secs(400));
    assert_eq!(floor.service.connections(), 2, "and the one with bytes");
    assert!(floor.service.is_open(clients[0]));
}

#[test]
fn a_client_that_asks_and_never_reads_is_let_go() {
    let mut floor = Floor::new(Config::new(session().max_unsent(10_000)));
    let quiet = floor.open(VERSION, bridge(VERSION));
    let flood = floor.open(VERSION, bridge(VERSION));
    let mut input = BytesMut::new();
    for number in 0..5_000 {
        let beat = HeartbeatReq::with(|beat| beat.invoke_id = InvokeId(number));
        Message::from(beat).encode(VERSION, &mut input).unwrap();
    }
    floor.service.handle_input(floor.now, flood, &mut input);
    assert_eq!(closed(&floor.events(), flood), Some(CloseReason::SlowPeer));
    assert!(input.is_empty());
    assert!(floor.service.is_open(quiet));
    assert_eq!(floor.service.unsent(flood), 0);
}

#[test]
fn requests_without_answers_are_refused_beyond_the_limit() {
    let mut floor = Floor::new(Config::new(session().max_requests(3)));
    let client = floor.open(VERSION, bridge(VERSION));
    for number in 1..=4 {
        let request = QueryAgentStateReq::with(|request| request.invoke_id = InvokeId(number));
        floor.say(client, request);
    }
    let heard = floor.heard(client);
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].body, [0, 0, 0, 4, 0, 0, 0, 17]);
    let requests = floor.events();
    assert_eq!(
        requests.len(),
        4,
        "three requests and what became of the fourth"
    );
}

#[test]
fn an_invoke_id_that_is_used_twice_is_answered_twice() {
    let mut floor = Floor::new(Config::new(session()));
    let client = floor.open(VERSION, desk(VERSION, "1001", "2001"));
    let now = floor.now;
    for _ in 0..2 {
        floor.say(
            client,
            AnswerCallReq::with(|request| request.invoke_id = InvokeId(8)),
        );
    }
    let conf = AnswerCallConf::new;
    floor
        .service
        .answer(now, client, InvokeId(8), conf())
        .unwrap();
    let status = StatusCode::INVALID_CALLID;
    floor
        .service
        .fail(now, client, InvokeId(8), status)
        .unwrap();
    let error = floor.service.answer(now, client, InvokeId(8), conf());
    let invoke_id = InvokeId(8);
    assert_eq!(error, Err(Error::NotWaiting { invoke_id }));
    assert_eq!(floor.numbers(client), [43, 1]);
}

#[test]
fn requests_without_their_service_never_reach_the_application() {
    let mut floor = Floor::new(Config::new(session()));
    let client = floor.open(VERSION, bridge(VERSION));
    floor.say(
        client,
        AnswerCallReq::with(|request| request.invoke_id = InvokeId(8)),
    );
    assert_eq!(floor.heard(client)[0].body, [0, 0, 0, 8, 0, 0, 0, 12]);
    assert_eq!(floor.events(), []);
}

#[test]
fn input_waits_while_the_application_leaves_events_unread() {
    let mut floor = Floor::new(Config::new(session()).max_events(2));
    let client = floor.open(VERSION, bridge(VERSION));
    let mut input = BytesMut::new();
    for number in 0..5 {
        let request = SnapshotCallReq::with(|request| request.invoke_id = InvokeId(number));
        Message::from(request).encode(VERSION, &mut input).unwrap();
    }
    let one = input.len() / 5;
    let mut seen = 0;
    for left in [3, 1, 0] {
        floor.service.handle_input(floor.now, client, &mut input);
        assert_eq!(input.len(), left * one);
        seen += floor.events().len();
    }
    assert_eq!(seen, 5);
}

#[test]
fn bytes_of_an_ended_session_are_kept_for_5_s() {
    let mut floor = Floor::new(Config::new(session()));
    let client = floor.open(VERSION, bridge(VERSION));
    floor
        .service
        .close(floor.now, client, StatusCode::CTI_SERVER_OFFLINE);
    floor.drive(Duration::from_secs(4));
    assert_eq!(floor.service.connections(), 1);
    floor.drive(Duration::from_secs(5));
    assert_eq!(floor.service.connections(), 0);
    assert_eq!(floor.service.poll_transmit(client), None);
}

#[test]
fn a_stream_that_cannot_be_followed_ends_its_own_session_only() {
    let mut floor = Floor::new(Config::new(session()));
    let bad = floor.open(VERSION, bridge(VERSION));
    let good = floor.open(VERSION, bridge(VERSION));
    let mut input = BytesMut::from(&[0xff; 64][..]);
    floor.service.handle_input(floor.now, bad, &mut input);
    assert_eq!(closed(&floor.events(), bad), Some(CloseReason::Protocol));
    let goodbye = frames(&floor.bytes(bad));
    assert_eq!((goodbye[0].number, goodbye[0].body[3]), (2, 2));
    assert!(floor.service.is_open(good));
    let mut late = BytesMut::from(&[0; 12][..]);
    floor.service.handle_input(floor.now, bad, &mut late);
    assert!(late.is_empty(), "nobody waits for it");
}

/// OPEN_REQ of a client that watches everything, sessions included.
fn overseer() -> cti_proto::message::OpenReq {
    let mut request = bridge(VERSION);
    request.services_requested = ServiceMask::ALL_EVENTS | ServiceMask::CLIENT_MONITOR;
    request
}

fn end(call: u32) -> EndCallEvent {
    EndCallEvent::with(|event| event.connection_call_id = CallId(call))
}

#[test]
fn the_end_of_a_slow_client_takes_no_event_from_those_who_are_told_of_it() {
    let mut floor = Floor::new(Config::new(session().max_unsent_messages(9)));
    let slow = floor.open(VERSION, bridge(VERSION));
    let overseer = floor.open(VERSION, overseer());
    let mut heard = Vec::new();
    for call in 1..=10 {
        floor.service.publish(floor.now, end(call)).unwrap();
        heard.extend(floor.numbers(overseer));
    }
    assert_eq!(closed(&floor.events(), slow), Some(CloseReason::SlowPeer));
    let (events, others): (Vec<u32>, Vec<u32>) = heard.into_iter().partition(|type_| *type_ == 24);
    assert_eq!(events, [24; 10], "END_CALL_EVENT, each of them once");
    assert_eq!(others, [100], "CLIENT_SESSION_CLOSED_EVENT");
}

#[test]
fn overseers_that_all_stop_reading_are_let_go_one_after_the_other() {
    const OVERSEERS: usize = 300;
    let mut floor = Floor::new(Config::new(session().max_unsent_messages(OVERSEERS)));
    for _ in 0..OVERSEERS {
        floor.open(VERSION, overseer());
    }
    assert_eq!(floor.service.connections(), OVERSEERS);
    // The first one is full, and the end of each fills the next.
    for call in 0..2 {
        floor.service.publish(floor.now, end(call)).unwrap();
    }
    let events = floor.events();
    let is_slow = |event: &&Event| {
        let reason = CloseReason::SlowPeer;
        matches!(event, Event::Closed { reason: own, .. } if *own == reason)
    };
    assert_eq!(events.iter().filter(is_slow).count(), OVERSEERS);
    assert_eq!(floor.service.connections(), 0);
}

#[test]
fn teams_that_are_asked_for_and_not_read_are_not_collected() {
    const TEAMS: u32 = 100;
    let version = Version::uccx(17);
    let mut floor = Floor::new(Config::new(server::Config::new(Dialect::Uccx, 17..=17)));
    for id in 1..=TEAMS {
        let members = (0..64).map(|number| TeamMembership {
            agent_id: text(&format!("agent{number}")),
            flags: AgentFlags::NONE,
        });
        let team = Team::new(id, PeripheralId::NULL, members.collect()).name(text("team"));
        floor.service.set_team(floor.now, team).unwrap();
    }
    let mut request = bridge(version);
    request.services_requested = ServiceMask::ALL_EVENTS | ServiceMask::SUPERVISOR;
    let client = floor.open(version, request);
    for number in 0..1_000 {
        floor.say(
            client,
            TeamConfigReq::with(|request| {
                request.invoke_id = InvokeId(number);
                request.config_param = 1;
            }),
        );
    }
    let numbers = floor.numbers(client);
    let count = |type_| numbers.iter().filter(|own| **own == type_).count();
    assert_eq!(count(243), TEAMS as usize, "TEAM_CONFIG_EVENT");
    assert_eq!(count(244), 1, "TEAM_CONFIG_CONF");
    assert_eq!(count(1), 999, "FAILURE_CONF");
    floor.say(client, TeamConfigReq::new());
    assert_eq!(floor.numbers(client).len(), TEAMS as usize + 1);
}
