//! Requests, answers and events: GED-188, "Session rules" 3 and 9.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use std::time::Duration;

use bytes::BytesMut;
use cti_proto::code::{
    AgentState, AgentStateMask, CallEventMask, CallId, ConfigMask, ControlFailureCode, InvokeId,
    MessageType, PeripheralErrorCode, ServiceMask, StatusCode,
};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{
    AgentStateEvent, AnswerCallConf, AnswerCallReq, BeginCallEvent, CloseReq, ConfigCsqEvent,
    ConfigRequestEvent, HeartbeatReq, HoldCallReq, OpenConf, OpenReq, QueryAgentStateConf,
    QueryAgentStateReq, SetAgentStateReq, TeamConfigConf, TeamConfigReq,
};
use cti_proto::session::client::{Answer, Failure};
use cti_proto::session::server::Delivery;
use cti_proto::session::{CloseReason, Error, client, server};
use cti_proto::{Dialect, Message, Version};

use common::pair::Pair;

fn text(text: &str) -> Text {
    Text::try_from(text).unwrap()
}

fn config() -> client::Config {
    client::Config::new(Version::uccx(17), text("c"), Secret::default())
        .services(ServiceMask::ALL_EVENTS | ServiceMask::CLIENT_CONTROL)
        .call_events(CallEventMask::CALL_DELIVERED_MASK)
        .agent_states(AgentStateMask::NOT_READY_MASK)
        .request_timeout(Duration::from_secs(10))
}

fn open_granted(client: client::Config, server: server::Config, granted: ServiceMask) -> Pair {
    let mut pair = Pair::new(client, server);
    pair.client.open(pair.now).unwrap();
    pair.settle();
    let granted = OpenConf::with(|conf| conf.services_granted = granted);
    pair.server.accept(pair.now, granted).unwrap();
    pair.settle();
    pair.take_client();
    pair.take_server();
    pair.client_bytes.clear();
    pair.server_bytes.clear();
    pair
}

fn open(client: client::Config, server: server::Config) -> Pair {
    open_granted(client, server, ServiceMask::KNOWN)
}

fn open_pair(server: server::Config) -> Pair {
    open(config(), server)
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

/// The one answer among the client's events.
fn answer(pair: &mut Pair) -> Answer {
    match &pair.take_client()[..] {
        [client::Event::Answer(answer)] => answer.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn answers_find_their_requests_in_any_order() {
    let mut pair = pair();
    let query = QueryAgentStateReq::new();
    let first = pair.client.request(pair.now, query).unwrap();
    let second = pair.client.request(pair.now, AnswerCallReq::new()).unwrap();
    assert_ne!(first.invoke_id(), second.invoke_id());
    pair.settle();
    let conf = AnswerCallConf::new();
    pair.server.answer(second.invoke_id(), conf).unwrap();
    let conf = QueryAgentStateConf::with(|conf| conf.agent_state = AgentState::TALKING);
    pair.server.answer(first.invoke_id(), conf).unwrap();
    pair.settle();
    let events = pair.take_client();
    let [client::Event::Answer(answer), client::Event::Answer(later)] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(answer.request, MessageType::ANSWER_CALL_REQ);
    assert!(matches!(answer.of(second), Some(Ok(_))));
    assert!(answer.of(first).is_none());
    let conf = later.of(first).unwrap().unwrap();
    assert_eq!(conf.agent_state, AgentState::TALKING);
    assert_eq!(
        pair.server_bytes[..12],
        [0, 0, 0, 4, 0, 0, 0, 43, 0, 0, 0, 3]
    );
}

#[test]
fn a_proxy_sends_any_request_and_takes_any_confirmation() {
    let mut pair = pair();
    let message = Message::from(AnswerCallReq::new());
    let handle = pair.client.request(pair.now, message).unwrap();
    pair.settle();
    let id = asked(&mut pair);
    pair.server.answer(id, AnswerCallConf::new()).unwrap();
    pair.settle();
    let answer = answer(&mut pair);
    let conf = answer.of(handle).unwrap().unwrap();
    assert!(matches!(conf, Message::AnswerCallConf(_)));
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
    let _ = pair.client.request(pair.now, request).unwrap();
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
    let handle = pair.client.request(pair.now, AnswerCallReq::new()).unwrap();
    pair.settle();
    let status = StatusCode::INVALID_CALLID;
    let id = asked(&mut pair);
    pair.server.fail(id, status).unwrap();
    pair.settle();
    let refused = answer(&mut pair);
    let Some(Err(Failure::Server(failure))) = refused.of(handle) else {
        panic!("{refused:?}");
    };
    assert_eq!(failure.status, status);

    let handle = pair.client.request(pair.now, AnswerCallReq::new()).unwrap();
    pair.settle();
    let id = asked(&mut pair);
    let code = ControlFailureCode::NO_CALL_TO_ANSWER;
    pair.server
        .fail_control(id, code, PeripheralErrorCode(88_012))
        .unwrap();
    pair.settle();
    let refused = answer(&mut pair);
    let Some(Err(Failure::Switch(failure))) = refused.of(handle) else {
        panic!("{refused:?}");
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
    let handle = pair.client.request(pair.now, AnswerCallReq::new()).unwrap();
    let long = Duration::from_secs(15);
    let slow = pair
        .client
        .request_within(pair.now, AnswerCallReq::new(), long)
        .unwrap();
    pair.drive(Duration::from_secs(10));
    let over = answer(&mut pair);
    assert_eq!(over.of(handle), Some(Err(&Failure::TimedOut)));
    let conf = AnswerCallConf::new();
    pair.server.answer(handle.invoke_id(), conf).unwrap();
    pair.drive(Duration::from_secs(15));
    let events = pair.take_client();
    let [
        client::Event::Message(Message::AnswerCallConf(late)),
        client::Event::Answer(over),
    ] = &events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!(late.invoke_id, handle.invoke_id());
    assert_eq!(over.of(slow), Some(Err(&Failure::TimedOut)));
}

#[test]
fn an_answer_of_another_kind_does_not_settle_the_request() {
    let mut pair = pair();
    let handle = pair.client.request(pair.now, AnswerCallReq::new()).unwrap();
    pair.settle();
    let other = QueryAgentStateConf::new(AgentState::NOT_READY);
    pair.server.answer(handle.invoke_id(), other).unwrap();
    pair.settle();
    assert!(matches!(
        pair.take_client()[..],
        [client::Event::Message(Message::QueryAgentStateConf(_))]
    ));
    pair.drive(Duration::from_secs(10));
    assert_eq!(
        answer(&mut pair).of(handle),
        Some(Err(&Failure::TimedOut)),
        "it waits on"
    );
}

#[test]
fn a_second_answer_is_a_message() {
    let mut pair = pair();
    let handle = pair.client.request(pair.now, AnswerCallReq::new()).unwrap();
    let _ = pair.client.poll_transmit();
    // ANSWER_CALL_CONF, InvokeID 2, twice, and CONTROL_FAILURE_CONF behind.
    let conf = [0, 0, 0, 4, 0, 0, 0, 43, 0, 0, 0, 2];
    let refusal = [0, 0, 0, 10, 0, 0, 0, 35, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0];
    let bytes = [&conf[..], &conf, &refusal].concat();
    let mut input = BytesMut::from(&bytes[..]);
    pair.client.handle_input(pair.now, &mut input).unwrap();
    pair.settle();
    let events = pair.take_client();
    let [
        client::Event::Answer(answer),
        client::Event::Message(Message::AnswerCallConf(_)),
        client::Event::Message(Message::ControlFailureConf(_)),
    ] = &events[..]
    else {
        panic!("{events:?}");
    };
    assert!(matches!(answer.of(handle), Some(Ok(_))));
}

#[test]
fn invoke_ids_wrap_and_leave_out_0_the_absent_value_and_what_is_in_flight() {
    let mut config = config();
    config.first_invoke_id = InvokeId(0xffff_fffd);
    let mut pair = open(config, server::Config::new(Dialect::Uccx, 10..=17));
    let mut ids = Vec::new();
    for _ in 0..3 {
        let handle = pair.client.request(pair.now, AnswerCallReq::new()).unwrap();
        ids.push(handle.invoke_id().0);
    }
    assert_eq!(ids, [0xffff_fffe, 1, 2], "OPEN_REQ took 0xffff_fffd");

    let mut config = self::config();
    config.first_invoke_id = pair.client.next_invoke_id();
    let mut pair = open(config, server::Config::new(Dialect::Uccx, 10..=17));
    let handle = pair.client.request(pair.now, AnswerCallReq::new()).unwrap();
    assert_eq!(
        handle.invoke_id().0,
        4,
        "a session after another goes on counting"
    );
}

#[test]
fn the_session_sends_its_own_requests_itself() {
    let mut pair = pair();
    for message in [
        Message::from(OpenReq::new(17, Text::EMPTY, Secret::default())),
        HeartbeatReq::new().into(),
        CloseReq::new(StatusCode::NO_ERROR).into(),
    ] {
        let error = pair.client.request(pair.now, message).unwrap_err();
        let attempted = "send a request of the session itself";
        let state = "open";
        assert_eq!(error, Error::Caller { attempted, state });
    }
    assert!(pair.client.poll_transmit().is_none());
}

#[test]
fn with_ignore_conf_control_is_done_when_it_is_sent() {
    let config = config().services(ServiceMask::CLIENT_CONTROL | ServiceMask::IGNORE_CONF);
    let mut pair = open(config, server::Config::new(Dialect::Uccx, 10..=17));
    let handle = pair.client.request(pair.now, HoldCallReq::new()).unwrap();
    assert_eq!(
        pair.client.poll_timeout(),
        Some(Duration::from_secs(5)),
        "the heartbeat only"
    );
    pair.settle();
    assert_eq!(
        answer(&mut pair).of(handle),
        Some(Err(&Failure::Unconfirmed))
    );
    // HOLD_CALL_REQ, InvokeID 2, was sent all the same.
    assert_eq!(pair.client_bytes[4..12], [0, 0, 0, 54, 0, 0, 0, 2]);
    let id = asked(&mut pair);
    let code = ControlFailureCode::GENERIC_OPERATION;
    pair.server
        .fail_control(id, code, PeripheralErrorCode(0))
        .unwrap();
    pair.settle();
    assert!(matches!(
        &pair.take_client()[..],
        [client::Event::Message(Message::ControlFailureConf(late))] if late.invoke_id == handle.invoke_id()
    ));

    let query = QueryAgentStateReq::new();
    let handle = pair.client.request(pair.now, query).unwrap();
    pair.settle();
    let id = asked(&mut pair);
    pair.server
        .answer(id, QueryAgentStateConf::new(AgentState::NOT_READY))
        .unwrap();
    pair.settle();
    assert!(
        matches!(answer(&mut pair).of(handle), Some(Ok(_))),
        "what asks for data is answered"
    );
}

#[test]
fn without_the_grant_of_ignore_conf_control_is_confirmed() {
    let asks = config().services(ServiceMask::CLIENT_CONTROL | ServiceMask::IGNORE_CONF);
    let grants = ServiceMask::CLIENT_CONTROL;
    let mut pair = open_granted(asks, server::Config::new(Dialect::Uccx, 10..=17), grants);
    let _ = pair.client.request(pair.now, HoldCallReq::new()).unwrap();
    pair.settle();
    assert!(pair.take_client().is_empty());
}

#[test]
fn team_config_is_confirmed_by_number_244() {
    let mut pair = pair();
    let handle = pair.client.request(pair.now, TeamConfigReq::new()).unwrap();
    pair.settle();
    let conf = TeamConfigConf::new(StatusCode::NO_ERROR);
    pair.server.answer(handle.invoke_id(), conf).unwrap();
    pair.settle();
    assert!(matches!(answer(&mut pair).of(handle), Some(Ok(_))));
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
    pair.client
        .send(ConfigRequestEvent::new(ConfigMask::NONE))
        .unwrap();
    pair.settle();
    assert!(matches!(
        &pair.take_server()[..],
        [server::Event::Message(Message::ConfigRequestEvent(_))]
    ));
    let error = pair
        .client
        .request(
            pair.now,
            Message::from(ConfigRequestEvent::new(ConfigMask::NONE)),
        )
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
    let mut input = BytesMut::new();
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
        let _ = pair.client.request(pair.now, request).unwrap();
    }
    pair.settle();
    assert!(matches!(
        &pair.take_client()[..],
        [client::Event::Answer(Answer { result: Err(Failure::Server(failure)), .. })]
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
    let handle = pair.client.request(pair.now, AnswerCallReq::new()).unwrap();
    pair.settle();
    pair.server.close(StatusCode::CTI_SERVER_OFFLINE);
    pair.settle();
    let status = StatusCode::CTI_SERVER_OFFLINE;
    let events = pair.take_client();
    let [client::Event::Answer(answer), closed] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(answer.of(handle), Some(Err(&Failure::Closed)));
    let reason = CloseReason::Failure { status };
    assert_eq!(*closed, client::Event::Closed(reason));
    assert_eq!(pair.server_bytes, [0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 15]);
}

#[test]
fn a_flood_of_unread_events_ends_the_session() {
    let mut config = config();
    config.max_events = 100;
    let mut pair = open(config, server::Config::new(Dialect::Uccx, 10..=17));
    let conf = [0, 0, 0, 4, 0, 0, 0, 43, 0, 0, 0, 9];
    let mut input = BytesMut::from(&conf.repeat(200)[..]);
    let error = pair.client.handle_input(pair.now, &mut input).unwrap_err();
    assert_eq!(error, Error::EventsUnread { max: 100 });
    let mut events = Vec::new();
    while let Some(event) = pair.client.poll_event() {
        events.push(event);
    }
    assert_eq!(events.len(), 101);
    let closed = client::Event::Closed(CloseReason::EventsUnread);
    assert_eq!(events[100], closed);
}
