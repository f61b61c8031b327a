//! Requests, answers and events: GED-188, "Session rules" 3 and 9.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use std::time::Duration;

use cti_proto::code::{
    AgentState, AgentStateMask, CallEventMask, CallId, ControlFailureCode, InvokeId, MessageType,
    PeripheralErrorCode, ServiceMask, StatusCode,
};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{
    AgentStateEvent, AnswerCallConf, AnswerCallReq, BeginCallEvent, ConfigCsqEvent,
    ConfigRequestEvent, OpenConf, QueryAgentStateConf, QueryAgentStateReq, SetAgentStateReq,
    TeamConfigConf, TeamConfigReq,
};
use cti_proto::session::client::Failure;
use cti_proto::session::server::Delivery;
use cti_proto::session::{CloseReason, Error, client, server};
use cti_proto::{Dialect, Message, Version};

use common::pair::Pair;

fn text(text: &str) -> Text {
    Text::try_from(text).unwrap()
}

fn open_pair(server: server::Config) -> Pair {
    let client = client::Config::new(Version::uccx(17), text("c"), Secret::default())
        .services(ServiceMask::ALL_EVENTS | ServiceMask::CLIENT_CONTROL)
        .call_events(CallEventMask::CALL_DELIVERED_MASK)
        .agent_states(AgentStateMask::NOT_READY_MASK)
        .request_timeout(Duration::from_secs(10));
    let mut pair = Pair::new(client, server);
    pair.client.open(pair.now).unwrap();
    pair.settle();
    let granted = OpenConf::with(|conf| conf.services_granted = ServiceMask::KNOWN);
    pair.server.accept(pair.now, granted).unwrap();
    pair.settle();
    pair.take_client();
    pair.take_server();
    pair.client_bytes.clear();
    pair.server_bytes.clear();
    pair
}

fn pair() -> Pair {
    open_pair(server::Config::new(Dialect::Uccx, 10..=17))
}

/// The one request the server was asked.
fn asked(pair: &mut Pair) -> InvokeId {
    let [server::Event::Request { invoke_id, .. }] = &pair.take_server()[..] else {
        panic!()
    };
    *invoke_id
}

#[test]
fn answers_find_their_requests_in_any_order() {
    let mut pair = pair();
    let first = pair
        .client
        .request(pair.now, QueryAgentStateReq::new())
        .unwrap();
    let second = pair.client.request(pair.now, AnswerCallReq::new()).unwrap();
    assert_ne!(first, second);
    pair.settle();
    pair.server.answer(second, AnswerCallConf::new()).unwrap();
    let conf = QueryAgentStateConf::with(|conf| conf.agent_state = AgentState::TALKING);
    pair.server.answer(first, conf).unwrap();
    pair.settle();
    let events = pair.take_client();
    let [
        client::Event::Answer {
            invoke_id,
            request,
            result,
        },
        later,
    ] = &events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!(
        (*invoke_id, *request),
        (second, MessageType::ANSWER_CALL_REQ)
    );
    assert!(matches!(result, Ok(Message::AnswerCallConf(_))));
    let client::Event::Answer {
        invoke_id,
        result: Ok(Message::QueryAgentStateConf(conf)),
        ..
    } = later
    else {
        panic!("{later:?}");
    };
    assert_eq!((*invoke_id, conf.agent_state), (first, AgentState::TALKING));
    assert_eq!(
        pair.server_bytes[..12],
        [0, 0, 0, 4, 0, 0, 0, 43, 0, 0, 0, 3]
    );
}

#[test]
fn set_agent_state_travels_packed() {
    let mut pair = pair();
    let request = SetAgentStateReq::with(|request| {
        request.peripheral_id.0 = 1;
        request.agent_state = AgentState::AVAILABLE;
        request.agent_id = Some(text("1001001"));
        request.agent_instrument = Some(text("1001001"));
    });
    pair.client.request(pair.now, request).unwrap();
    pair.settle();
    let expected = [
        &[0, 0, 0, 41, 0, 0, 0, 38][..], // body of 21 + 2 * 10 bytes, type 38
        &[0, 0, 0, 2, 0, 0, 0, 1, 0, 3, 0, 0, 0, 0], // InvokeID, peripheral, state, mode, groups
        &[0, 0, 0, 0, 0, 0, 0],          // reason, forced flag, capacity
        &[6, 8],
        b"1001001\0",
        &[194, 8],
        b"1001001\0", // instrument, and the agent by the long tag
    ]
    .concat();
    assert_eq!(pair.client_bytes, expected);
}

#[test]
fn refusals_of_both_kinds_reach_the_request() {
    let mut pair = pair();
    let id = pair.client.request(pair.now, AnswerCallReq::new()).unwrap();
    pair.settle();
    let asked_id = asked(&mut pair);
    pair.server
        .fail(asked_id, StatusCode::INVALID_CALLID)
        .unwrap();
    pair.settle();
    let [
        client::Event::Answer {
            invoke_id,
            result: Err(Failure::Server(failure)),
            ..
        },
    ] = &pair.take_client()[..]
    else {
        panic!();
    };
    assert_eq!(
        (*invoke_id, failure.status),
        (id, StatusCode::INVALID_CALLID)
    );

    pair.client.request(pair.now, AnswerCallReq::new()).unwrap();
    pair.settle();
    let id = asked(&mut pair);
    let code = ControlFailureCode::NO_CALL_TO_ANSWER;
    pair.server
        .fail_control(id, code, PeripheralErrorCode(88_012))
        .unwrap();
    pair.settle();
    let [
        client::Event::Answer {
            result: Err(Failure::Switch(failure)),
            ..
        },
    ] = &pair.take_client()[..]
    else {
        panic!();
    };
    assert_eq!(failure.failure_code, code);
    assert_eq!(
        failure.peripheral_error_code,
        PeripheralErrorCode::CCX_CALL_ID_NULL
    );
    assert_eq!(
        pair.server.fail(id, StatusCode::TIMEOUT),
        Err(Error::NotWaiting { invoke_id: id })
    );
}

#[test]
fn a_request_without_answer_ends_at_its_deadline_and_a_late_answer_is_a_message() {
    let mut pair = pair();
    let id = pair.client.request(pair.now, AnswerCallReq::new()).unwrap();
    let long = Duration::from_secs(15);
    let slow = pair
        .client
        .request_within(pair.now, AnswerCallReq::new(), long)
        .unwrap();
    pair.drive(Duration::from_secs(10));
    let request = MessageType::ANSWER_CALL_REQ;
    let timed_out = |invoke_id| client::Event::Answer {
        invoke_id,
        request,
        result: Err(Failure::TimedOut),
    };
    assert_eq!(pair.take_client(), [timed_out(id)]);
    pair.server.answer(id, AnswerCallConf::new()).unwrap();
    pair.drive(Duration::from_secs(15));
    let events = pair.take_client();
    assert!(matches!(
        &events[0],
        client::Event::Message(Message::AnswerCallConf(_))
    ));
    assert_eq!(events[1], timed_out(slow));
}

#[test]
fn an_answer_of_another_kind_does_not_settle_the_request() {
    let mut pair = pair();
    let id = pair.client.request(pair.now, AnswerCallReq::new()).unwrap();
    pair.settle();
    pair.server.answer(id, QueryAgentStateConf::new()).unwrap();
    pair.settle();
    assert!(matches!(
        pair.take_client()[..],
        [client::Event::Message(Message::QueryAgentStateConf(_))]
    ));
}

#[test]
fn team_config_is_confirmed_by_number_244() {
    let mut pair = pair();
    let id = pair.client.request(pair.now, TeamConfigReq::new()).unwrap();
    pair.settle();
    pair.server.answer(id, TeamConfigConf::new()).unwrap();
    pair.settle();
    assert!(matches!(
        pair.take_client()[..],
        [client::Event::Answer {
            result: Ok(Message::TeamConfigConf(_)),
            ..
        }]
    ));
}

#[test]
fn events_pass_by_services_and_masks() {
    let mut pair = pair();
    let state = |state| AgentStateEvent::with(|event| event.agent_state = state);
    assert_eq!(
        pair.server.send(state(AgentState::NOT_READY)),
        Ok(Delivery::Queued)
    );
    assert_eq!(
        pair.server.send(state(AgentState::TALKING)),
        Ok(Delivery::Filtered)
    );
    assert_eq!(
        pair.server.send(BeginCallEvent::new()),
        Ok(Delivery::Filtered)
    );
    assert_eq!(
        pair.server.send(ConfigCsqEvent::new()),
        Ok(Delivery::Filtered),
        "no such service"
    );
    pair.settle();
    let events = pair.take_client();
    assert!(matches!(
        &events[..],
        [client::Event::Message(Message::AgentStateEvent(_))]
    ));
}

#[test]
fn configuration_requests_have_no_invoke_id() {
    let mut pair = pair();
    pair.client.send(ConfigRequestEvent::new()).unwrap();
    pair.settle();
    assert!(matches!(
        &pair.take_server()[..],
        [server::Event::Message(Message::ConfigRequestEvent(_))]
    ));
    let error = pair
        .client
        .request(pair.now, ConfigRequestEvent::new())
        .unwrap_err();
    let message_type = MessageType::CONFIG_REQUEST_EVENT;
    assert_eq!(
        error,
        Error::WrongRole {
            message_type,
            wanted: "request"
        }
    );
}

#[test]
fn an_unknown_or_unreadable_request_is_refused_and_the_session_goes_on() {
    let mut pair = pair();
    let mut input = bytes::BytesMut::new();
    input.extend_from_slice(&[0, 0, 0, 4, 0, 0, 3, 0xe8, 0, 0, 0, 77]); // type 1000
    input.extend_from_slice(&[0, 0, 0, 6, 0, 0, 0, 42, 0, 0, 0, 78, 0, 0]); // ANSWER_CALL_REQ, cut
    pair.server.handle_input(pair.now, &mut input).unwrap();
    pair.settle();
    let refusals = [
        [0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 77, 0, 0, 0, 2],
        [0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 78, 0, 0, 0, 2],
    ];
    assert_eq!(pair.server_bytes, refusals.concat());
    assert!(pair.server.is_open());
}

#[test]
fn requests_beyond_the_limit_are_refused() {
    let mut config = server::Config::new(Dialect::Uccx, 10..=17);
    config.max_requests = 2;
    let mut pair = open_pair(config);
    for _ in 0..3 {
        let request = AnswerCallReq::with(|request| request.connection_call_id = CallId(1));
        pair.client.request(pair.now, request).unwrap();
    }
    pair.settle();
    assert!(matches!(
        &pair.take_client()[..],
        [client::Event::Answer { result: Err(Failure::Server(failure)), .. }]
            if failure.status == StatusCode::UNSPECIFIED_FAILURE
    ));
}

#[test]
fn a_slow_client_is_closed() {
    let mut pair = open_pair(server::Config::new(Dialect::Uccx, 10..=17).max_unsent(1_000));
    let event = AgentStateEvent::with(|event| event.agent_state = AgentState::NOT_READY);
    let error = loop {
        if let Err(error) = pair.server.send(event.clone()) {
            break error;
        }
    };
    assert!(matches!(error, Error::SlowPeer { max: 1_000, .. }));
    assert_eq!(
        pair.server.poll_event(),
        Some(server::Event::Closed(CloseReason::SlowPeer))
    );
}

#[test]
fn requests_that_wait_when_the_session_ends_are_answered() {
    let mut pair = pair();
    let invoke_id = pair.client.request(pair.now, AnswerCallReq::new()).unwrap();
    pair.settle();
    pair.server.close(StatusCode::CTI_SERVER_OFFLINE);
    pair.settle();
    let request = MessageType::ANSWER_CALL_REQ;
    let status = StatusCode::CTI_SERVER_OFFLINE;
    assert_eq!(
        pair.take_client(),
        [
            client::Event::Answer {
                invoke_id,
                request,
                result: Err(Failure::Closed)
            },
            client::Event::Closed(CloseReason::Failure { status }),
        ]
    );
    assert_eq!(pair.server_bytes, [0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 15]);
}
