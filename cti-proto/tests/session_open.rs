//! Opening a session: GED-188, "Session rules" 1 to 4.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use std::ops::RangeInclusive;
use std::time::Duration;

use bytes::BytesMut;
use cti_proto::code::{ConfigMask, PeripheralId, ServiceMask, StatusCode};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{OpenConf, OpenReq};
use cti_proto::session::server::Standing;
use cti_proto::session::{CloseReason, Error, Server, client, server};
use cti_proto::{Dialect, Message, Version};

use common::pair::Pair;

fn client(version: Version) -> client::Config {
    client::Config::new(
        version,
        Text::try_from("finesse").unwrap(),
        Secret::new(&b"swordfish"[..]),
    )
    .services(ServiceMask::ALL_EVENTS)
    .config_records(ConfigMask::AGENT)
}

fn server(versions: RangeInclusive<u32>) -> server::Config {
    server::Config::new(Dialect::Uccx, versions)
}

#[test]
fn a_session_opens_with_what_both_want() {
    let mut pair = Pair::new(client(Version::uccx(17)), server(10..=17));
    pair.client.open(pair.now).unwrap();
    pair.settle();
    let [server::Event::OpenRequested { version, request }] = &pair.take_server()[..] else {
        panic!();
    };
    assert_eq!(*version, Version::uccx(17));
    assert_eq!(request.client_id.as_ref().unwrap(), "finesse");
    assert_eq!(
        request.client_password.as_ref().unwrap().expose(),
        b"swordfish"
    );
    let conf = OpenConf::with(|conf| {
        conf.services_granted = ServiceMask::ALL_EVENTS | ServiceMask::SUPERVISOR;
        conf.peripheral_online = true;
    });
    pair.server.accept(pair.now, conf).unwrap();
    pair.settle();
    let [client::Event::Opened(conf), client::Event::System(_)] = &pair.take_client()[..] else {
        panic!()
    };
    assert_eq!(
        conf.services_granted,
        ServiceMask::ALL_EVENTS,
        "only what was asked for"
    );
    assert!(pair.client.is_open() && pair.server.is_open());
    assert_eq!(pair.server.version(), Some(Version::uccx(17)));
    // Header, InvokeID 1, version 17, IdleTimeout 20, PeripheralID 1.
    let open = [
        0, 0, 0, 0x41, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 17, 0, 0, 0, 20, 0, 0, 0, 1,
    ];
    assert_eq!(pair.client_bytes[..24], open);
    // Fixed part of 44 bytes, then the floating fields ClientID and ClientPassword.
    assert_eq!(pair.client_bytes[52..62], *b"\x01\x08finesse\0");
    assert_eq!(pair.client_bytes[62..], *b"\x02\x09swordfish");
    assert_eq!(
        pair.server_bytes[..12],
        [0, 0, 0, 26, 0, 0, 0, 4, 0, 0, 0, 1]
    );
}

#[test]
fn a_version_that_the_server_does_not_speak_is_refused_with_status_1() {
    let mut pair = Pair::new(client(Version::uccx(18)), server(10..=17));
    pair.client.open(pair.now).unwrap();
    pair.settle();
    let refused = CloseReason::Refused {
        status: StatusCode::INVALID_VERSION,
    };
    assert_eq!(pair.take_client(), [client::Event::Closed(refused)]);
    assert_eq!(pair.take_server(), [server::Event::Closed(refused)]);
    assert_eq!(
        pair.server_bytes,
        [0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]
    );
}

#[test]
fn an_unknown_version_is_refused_before_the_floating_part_is_read() {
    let mut machine = Server::new(Duration::ZERO, server(10..=17));
    // InvokeID 7, version 99, and then bytes in which no width of floating fields comes out even.
    let mut input = BytesMut::from(
        &[
            0, 0, 0, 12, 0, 0, 0, 3, 0, 0, 0, 7, 0, 0, 0, 99, 0xff, 0xff, 0xff, 0xff,
        ][..],
    );
    machine.handle_input(Duration::ZERO, &mut input).unwrap();
    let refusal = machine.poll_transmit().unwrap();
    assert_eq!(
        refusal[..],
        [0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 1]
    );
    assert!(machine.is_closed());
}

#[test]
fn a_standby_node_refuses_with_status_92() {
    let mut pair = Pair::new(
        client(Version::uccx(17)),
        server(10..=17).standing(Standing::Standby),
    );
    pair.client.open(pair.now).unwrap();
    pair.settle();
    let refused = CloseReason::Refused {
        status: StatusCode::SERVER_NOT_MASTER,
    };
    assert_eq!(pair.take_client(), [client::Event::Closed(refused)]);
    assert_eq!(pair.server_bytes[15], 92);
}

#[test]
fn the_application_refuses_with_its_own_status() {
    let mut pair = Pair::new(client(Version::uccx(17)), server(10..=17));
    pair.client.open(pair.now).unwrap();
    pair.settle();
    pair.server.refuse(StatusCode::INVALID_PASSWORD).unwrap();
    pair.settle();
    let refused = CloseReason::Refused {
        status: StatusCode::INVALID_PASSWORD,
    };
    assert_eq!(pair.take_client(), [client::Event::Closed(refused)]);
    let error = pair
        .server
        .refuse(StatusCode::INVALID_PASSWORD)
        .unwrap_err();
    assert_eq!(
        error,
        Error::Caller {
            attempted: "refuse",
            state: "closed"
        }
    );
}

/// Status that `request` is refused with; `None` if the application is asked.
fn judge(version: Version, request: OpenReq) -> Option<StatusCode> {
    let config = server::Config::new(version.dialect(), 5..=25);
    let mut machine = Server::new(Duration::ZERO, config);
    machine
        .handle_input(Duration::ZERO, &mut wire(version, request))
        .unwrap();
    match machine.poll_event() {
        Some(server::Event::OpenRequested { .. }) => None,
        Some(server::Event::Closed(CloseReason::Refused { status })) => Some(status),
        other => panic!("{other:?}"),
    }
}

/// The bytes of `request`, also if it lacks a required field, which the encoder refuses to write.
fn wire(version: Version, mut request: OpenReq) -> BytesMut {
    let whole = valid(version);
    let missing = (
        request.client_id.is_none(),
        request.client_password.is_none(),
    );
    request.client_id = request.client_id.or(whole.client_id);
    request.client_password = request.client_password.or(whole.client_password);
    let mut wire = BytesMut::new();
    Message::from(request).encode(version, &mut wire).unwrap();
    // ClientID "x" and an empty ClientPassword, tag and length in one byte each.
    let (client_id, client_password) = (&[1, 2, b'x', 0][..], &[2, 0][..]);
    let kept = match missing {
        (false, false) => return wire,
        (true, _) => client_password,
        (_, true) => client_id,
    };
    let fields = [client_id, client_password].concat();
    let at = wire.windows(6).position(|bytes| bytes == fields).unwrap();
    let rest = wire.split_off(at + fields.len());
    wire.truncate(at);
    wire.extend_from_slice(kept);
    wire.extend_from_slice(&rest);
    let len = u32::try_from(wire.len() - 8).unwrap();
    wire[..4].copy_from_slice(&len.to_be_bytes());
    wire
}

fn valid(version: Version) -> OpenReq {
    OpenReq::with(|open| {
        open.version_number = version.number();
        open.idle_timeout = 20;
        open.client_id = Some(Text::try_from("x").unwrap());
        open.client_password = Some(Secret::default());
    })
}

#[test]
fn each_broken_rule_has_its_status() {
    let version = Version::ucce(15);
    type Break = fn(&mut OpenReq);
    let cases: [(StatusCode, Break); 16] = [
        (StatusCode::INVALID_SERVICE_MASK, |open| {
            open.services_requested.0 |= 0x4000_0000
        }),
        // ACTIVE_STANDBY came with version 24, the masks of network recording with 23, records of
        // terminals with 24.
        (StatusCode::INVALID_SERVICE_MASK, |open| {
            open.services_requested.0 |= 0x0200_0000
        }),
        (StatusCode::INVALID_CALL_MSG_MASK, |open| {
            open.call_msg_mask.0 |= 0x1000_0000
        }),
        (StatusCode::INVALID_CALL_MSG_MASK, |open| {
            open.call_msg_mask.0 = 0xffff_ffff
        }),
        (StatusCode::INVALID_CONFIG_MSG_MASK, |open| {
            open.config_msg_mask.0 = 0x100
        }),
        (StatusCode::INVALID_AGENT_STATE_MASK, |open| {
            open.agent_state_mask.0 = 0x8000_0000
        }),
        (StatusCode::INVALID_CONFIG_MSG_MASK, |open| {
            open.config_msg_mask.0 = 0x8000_0000
        }),
        (StatusCode::INVALID_RESERVED_FIELD, |open| {
            open.reserved1 = 1
        }),
        (StatusCode::INVALID_RESERVED_FIELD, |open| {
            open.reserved2 = 1
        }),
        (StatusCode::INVALID_RESERVED_FIELD, |open| {
            open.reserved3 = 1
        }),
        (StatusCode::INVALID_TIMEOUT, |open| open.idle_timeout = 19),
        (StatusCode::REQUIRED_DATA_MISSING, |open| {
            open.client_id = None
        }),
        (StatusCode::REQUIRED_DATA_MISSING, |open| {
            open.client_password = None
        }),
        (StatusCode::INVALID_PERIPHERAL_ID, |open| {
            open.services_requested = ServiceMask::CLIENT_EVENTS;
        }),
        (StatusCode::REQUIRED_DATA_MISSING, |open| {
            open.services_requested = ServiceMask::CLIENT_EVENTS;
            open.peripheral_id = PeripheralId(5_000);
        }),
        (StatusCode::INVALID_VERSION, |open| open.version_number = 26),
    ];
    assert_eq!(judge(version, valid(version)), None);
    for (status, break_rule) in cases {
        let mut request = valid(version);
        break_rule(&mut request);
        assert_eq!(judge(version, request), Some(status));
    }
}

#[test]
fn a_version_takes_the_bits_that_it_has() {
    let mut request = valid(Version::ucce(25));
    request.services_requested.0 |= 0x0200_0000;
    request.call_msg_mask.0 = 0xffff_ffff;
    request.agent_state_mask.0 = 0x3fff;
    request.config_msg_mask.0 = 0x3ff;
    assert_eq!(judge(Version::ucce(25), request), None);
}

/// Its guide lists 0 to 11, 13, 17, 18, 23, 92 to 94 and 96.
#[test]
fn uccx_is_told_by_a_status_of_its_own_list() {
    let version = Version::uccx(17);
    type Break = fn(&mut OpenReq);
    let cases: [(u32, Break); 7] = [
        (3, |open| open.services_requested.0 = 0x11),
        (3, |open| open.services_requested.0 |= 0x4000_0000),
        (3, |open| open.agent_state_mask.0 = 0x8000_0000),
        (3, |open| open.config_msg_mask.0 = 0x8000_0000),
        (3, |open| open.reserved1 = 1),
        (18, |open| open.idle_timeout = 9),
        (6, |open| open.client_id = None),
    ];
    for (status, break_rule) in cases {
        let mut request = valid(version);
        break_rule(&mut request);
        assert_eq!(judge(version, request), Some(StatusCode(status)));
    }
    let listed = |status| matches!(status, 0..=11 | 13 | 17 | 18 | 23 | 92..=94 | 96);
    for status in 0..=96 {
        let told = StatusCode(status).in_dialect(Dialect::Uccx);
        assert!(listed(told.0), "{status} becomes {told:?}");
        assert!(!listed(status) || told.0 == status, "{status}");
        assert_eq!(StatusCode(status).in_dialect(Dialect::Ucce).0, status);
    }
}

#[test]
fn uccx_wants_a_short_idle_timeout() {
    let version = Version::uccx(17);
    let mut request = valid(version);
    request.idle_timeout = 120;
    assert_eq!(judge(version, request), Some(StatusCode::INVALID_TIMEOUT));
    let mut request = valid(version);
    request.idle_timeout = 0xffff_ffff;
    assert_eq!(judge(version, request), None);
}

#[test]
fn a_first_message_that_is_no_open_req_is_answered_with_status_4() {
    let mut machine = Server::new(Duration::ZERO, server(10..=17));
    let mut input = BytesMut::from(&[0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 9][..]);
    assert!(machine.handle_input(Duration::ZERO, &mut input).is_err());
    let answer = machine.poll_transmit().unwrap();
    assert_eq!(answer[..], [0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 4]);
    assert_eq!(
        machine.poll_event(),
        Some(server::Event::Closed(CloseReason::Protocol))
    );
}

#[test]
fn silence_ends_both_sides_after_30_seconds() {
    let mut pair = Pair::new(client(Version::uccx(17)), server(10..=17));
    pair.connected = false;
    pair.client.open(pair.now).unwrap();
    pair.drive(Duration::from_secs(29));
    assert!(pair.take_client().is_empty() && pair.take_server().is_empty());
    pair.drive(Duration::from_secs(30));
    assert_eq!(
        pair.take_client(),
        [client::Event::Closed(CloseReason::OpenTimedOut)]
    );
    assert_eq!(
        pair.take_server(),
        [server::Event::Closed(CloseReason::OpenTimedOut)]
    );
}

#[test]
fn what_comes_behind_open_req_waits_for_the_decision() {
    let mut pair = Pair::new(client(Version::uccx(17)), server(10..=17));
    pair.client.open(pair.now).unwrap();
    let mut input = BytesMut::from(&pair.client.poll_transmit().unwrap()[..]);
    input.extend_from_slice(&[0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 2]);
    pair.server.handle_input(pair.now, &mut input).unwrap();
    assert_eq!(input.len(), 12);
    pair.server.accept(pair.now, OpenConf::new()).unwrap();
    pair.server.handle_input(pair.now, &mut input).unwrap();
    let out = pair.server.poll_transmit().unwrap();
    assert!(out.ends_with(&[0, 0, 0, 4, 0, 0, 0, 6, 0, 0, 0, 2]));
}
