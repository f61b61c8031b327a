//! What one session refuses, and with which status: GED-188, "Session rules" 2 to 4 and 9.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use std::time::Duration;

use bytes::{BufMut, BytesMut};
use cti_proto::code::{InvokeId, PeripheralId, ServiceMask, StatusCode};
use cti_proto::codec::NamedVariable;
use cti_proto::message::{
    AnswerCallConf, AnswerCallReq, HeartbeatReq, OpenConf, OpenReq, SetCallDataReq,
};
use cti_proto::session::server::{Config, InferredLayouts, Server};
use cti_proto::{Message, Version};

use common::floor::{bridge, text};

fn bytes(version: Version, message: impl Into<Message>) -> BytesMut {
    let mut out = BytesMut::new();
    message.into().encode(version, &mut out).unwrap();
    out
}

fn config(version: Version) -> Config {
    let number = version.number();
    let config = Config::new(version.dialect(), number..=number);
    config.inferred_layouts(InferredLayouts::Taken)
}

/// An open session, its OPEN_CONF read.
fn open(version: Version, services: ServiceMask) -> Server {
    let mut server = Server::new(Duration::ZERO, config(version));
    let mut request = bridge(version);
    request.services_requested = services;
    server
        .handle_input(Duration::ZERO, &mut bytes(version, request))
        .unwrap();
    let conf = OpenConf::with(|conf| conf.services_granted = services);
    server.accept(Duration::ZERO, conf).unwrap();
    server.poll_transmit().unwrap();
    while server.poll_event().is_some() {}
    server
}

/// The status that a message is refused with.
fn refused(server: &mut Server, mut input: BytesMut) -> Option<u8> {
    server.handle_input(Duration::ZERO, &mut input).unwrap();
    let answer = server.poll_transmit()?;
    assert_eq!(answer[..8], [0, 0, 0, 8, 0, 0, 0, 1]);
    Some(answer[15])
}

fn judge(version: Version, request: OpenReq) -> Option<u8> {
    refused(
        &mut Server::new(Duration::ZERO, config(version)),
        bytes(version, request),
    )
}

/// A message of the given number and body.
fn raw(number: u32, body: &[u8]) -> BytesMut {
    let mut out = BytesMut::new();
    out.put_u32(u32::try_from(body.len()).unwrap());
    out.put_u32(number);
    out.put_slice(body);
    out
}

/// REGISTER_VARIABLES_REQ: InvokeID, CallVariableMask, NumNamedVariables, NumNamedArrays.
fn register(variables: u16, arrays: u16, fields: &[u8]) -> BytesMut {
    let mut body = vec![0, 0, 0, 9, 0, 0];
    body.extend(variables.to_be_bytes());
    body.extend(arrays.to_be_bytes());
    body.extend(fields);
    raw(110, &body)
}

#[test]
fn rule_2_versions_without_a_document_are_taken_by_config_only() {
    for (version, confirmed) in [
        (Version::ucce(15), true),
        (Version::ucce(20), false),
        (Version::ucce(25), true),
        (Version::uccx(10), true),
        (Version::uccx(17), true),
        (Version::uccx(18), false),
    ] {
        let number = version.number();
        let config = Config::new(version.dialect(), 5..=25);
        let mut server = Server::new(Duration::ZERO, config);
        let status = refused(&mut server, bytes(version, bridge(version)));
        assert_eq!(status, (!confirmed).then_some(1), "{number}");
        assert_eq!(judge(version, bridge(version)), None);
    }
}

#[test]
fn rule_4_a_peripheral_id_without_client_events_is_refused_with_7() {
    let mut request = bridge(Version::ucce(15));
    request.peripheral_id = PeripheralId(5_000);
    assert_eq!(judge(Version::ucce(15), request.clone()), Some(7));
    request.version_number = 17;
    request.peripheral_id = PeripheralId(1);
    assert_eq!(
        judge(Version::uccx(17), request),
        None,
        "UCCX has no use for it"
    );
}

#[test]
fn rule_7_the_idle_timeout_has_bounds() {
    for (version, least, most) in [
        (Version::ucce(15), 20, u32::MAX - 1),
        (Version::uccx(17), 10, 119),
    ] {
        let status = |idle_timeout| {
            let mut request = bridge(version);
            request.idle_timeout = idle_timeout;
            judge(version, request)
        };
        assert_eq!((status(0), status(least - 1)), (Some(18), Some(18)));
        assert_eq!(
            (status(least), status(most), status(u32::MAX)),
            (None, None, None)
        );
    }
    let mut request = bridge(Version::uccx(17));
    request.idle_timeout = 120;
    assert_eq!(judge(Version::uccx(17), request), Some(18));
}

#[test]
fn rule_2_a_message_of_a_later_version_gives_48_and_a_tag_of_a_later_one_49() {
    let version = Version::ucce(9);
    let mut server = open(version, ServiceMask::ALL_EVENTS);
    // START_NETWORK_RECORDING_REQ (268) came with version 23.
    let request = raw(268, &[0, 0, 0, 9]);
    assert_eq!(refused(&mut server, request), Some(48));
    // ROUTER_CALL_KEY_DAY (72) came to SET_CALL_DATA_REQ with version 14.
    for (version, status) in [(version, Some(49)), (Version::ucce(14), None)] {
        let mut server = open(version, ServiceMask::ALL_EVENTS);
        let mut input = bytes(
            version,
            SetCallDataReq::with(|request| request.connection_device_id = Some(text("2001"))),
        );
        input.extend_from_slice(&[72, 4, 0, 0, 0, 1]);
        let len = u32::try_from(input.len() - 8).unwrap();
        input[..4].copy_from_slice(&len.to_be_bytes());
        assert_eq!(refused(&mut server, input), status);
        assert!(server.is_open());
    }
    // A tag that no version knows is kept for the application.
    let mut input = bytes(version, HeartbeatReq::new());
    input.extend_from_slice(&[250, 1, 0]);
    input[3] = 7;
    server.handle_input(Duration::ZERO, &mut input).unwrap();
    assert_eq!(server.poll_transmit().unwrap()[7], 6);
}

#[test]
fn counters_that_do_not_equal_their_lists_are_refused_with_77_and_78() {
    let mut server = open(Version::ucce(15), ServiceMask::ALL_EVENTS);
    // NAMEDVAR 82: name NUL value NUL. NAMEDARRAY 83: index before it.
    let (variable, array) = (b"\x52\x04a\0b\0", b"\x53\x05\x00a\0b\0");
    assert_eq!(refused(&mut server, register(1, 0, variable)), None);
    assert_eq!(refused(&mut server, register(2, 0, variable)), Some(77));
    assert_eq!(refused(&mut server, register(0, 0, variable)), Some(77));
    assert_eq!(refused(&mut server, register(0, 1, array)), None);
    assert_eq!(refused(&mut server, register(0, 0, array)), Some(78));
    assert_eq!(
        refused(&mut server, register(65_535, 65_535, &[])),
        Some(77)
    );
}

#[test]
fn more_than_2000_bytes_of_call_data_are_refused_with_73() {
    let mut server = open(Version::ucce(15), ServiceMask::ALL_EVENTS);
    let long = NamedVariable::new(text("a"), text(&"x".repeat(197)));
    let mut field = vec![82, 200];
    field.extend_from_slice(b"a\0");
    field.extend_from_slice(long.value.as_bytes());
    field.push(0);
    assert_eq!(
        refused(&mut server, register(10, 0, &field.repeat(10))),
        None
    );
    assert_eq!(
        refused(&mut server, register(11, 0, &field.repeat(11))),
        Some(73)
    );
}

#[test]
fn rule_9_ignore_conf_leaves_out_confirmations_of_control_and_no_refusal() {
    let version = Version::ucce(15);
    let mut server = open(
        version,
        ServiceMask::CLIENT_CONTROL | ServiceMask::IGNORE_CONF,
    );
    let ask = |server: &mut Server| {
        let request = AnswerCallReq::with(|request| request.invoke_id = InvokeId(9));
        server
            .handle_input(Duration::ZERO, &mut bytes(version, request))
            .unwrap();
    };
    ask(&mut server);
    server.answer(InvokeId(9), AnswerCallConf::new()).unwrap();
    assert_eq!(server.poll_transmit(), None);
    ask(&mut server);
    server
        .fail(InvokeId(9), StatusCode::INVALID_CALLID)
        .unwrap();
    assert_eq!(server.poll_transmit().unwrap()[15], 13);
}
