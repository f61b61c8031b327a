//! What a client asks for, by mode and version: GED-188, "Session rules" 2 to 5.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use std::time::Duration;

use cti_proto::code::{
    AgentStateMask, CallEventMask, ConfigMask, PeripheralId, ServiceMask, StatusCode,
};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::OpenReq;
use cti_proto::session::client::{AgentDevice, Client, Config};
use cti_proto::session::{CloseReason, server};
use cti_proto::{Dialect, FrameCodec, Message, Version};

use bytes::BytesMut;
use common::pair::Pair;

fn text(text: &str) -> Text {
    Text::try_from(text).unwrap()
}

fn config(version: Version) -> Config {
    Config::new(version, text("desk"), Secret::default())
}

/// OPEN_REQ as the server reads it, and its bytes.
fn open_req(config: Config) -> (OpenReq, Vec<u8>) {
    let version = config.version;
    let mut client = Client::new(config);
    client.open(Duration::ZERO).unwrap();
    let bytes = client.poll_transmit().unwrap();
    let mut input = BytesMut::from(&bytes[..]);
    let frame = FrameCodec::new(version)
        .decode(&mut input)
        .unwrap()
        .unwrap();
    let Ok(Message::OpenReq(open)) = Message::decode(version, frame) else {
        panic!();
    };
    (open, bytes.to_vec())
}

/// What the server says to the OPEN_REQ of a session; `None` when it takes it.
fn refusal(config: Config) -> Option<StatusCode> {
    let version = config.version;
    let server = server::Config::new(version.dialect(), version.number()..=version.number());
    let mut pair = Pair::new(config, server);
    pair.client.open(pair.now).unwrap();
    pair.settle();
    match pair.client.close_reason() {
        Some(CloseReason::Refused { status }) => Some(status),
        Some(other) => panic!("{other:?}"),
        None => None,
    }
}

#[test]
fn agent_mode_names_switch_and_device_and_beats_like_a_desktop() {
    let device = AgentDevice::Extension(text("3001"));
    let config = config(Version::ucce(23)).agent_mode(PeripheralId(5_000), device);
    let (open, bytes) = open_req(config.clone());
    let services = ServiceMask::CLIENT_EVENTS | ServiceMask::CLIENT_CONTROL;
    assert_eq!(open.services_requested, services);
    assert_eq!(open.peripheral_id, PeripheralId(5_000));
    assert_eq!(open.agent_state_mask, AgentStateMask::KNOWN);
    assert_eq!(open.idle_timeout, 360);
    // AgentExtension is tag 4, in two bytes since version 20.
    assert!(bytes.ends_with(b"\0\x04\0\x053001\0"));
    assert_eq!(refusal(config), None);
}

#[test]
fn agent_mode_takes_any_of_the_three_names_of_an_agent() {
    for version in [Version::ucce(15), Version::uccx(17)] {
        for device in [
            AgentDevice::Extension(text("3001")),
            AgentDevice::AgentId(text("1001")),
            AgentDevice::Instrument(text("3001")),
        ] {
            let config = config(version);
            let config = config.agent_mode(PeripheralId(5_000), device);
            assert_eq!(refusal(config), None);
        }
    }
}

#[test]
fn bridge_mode_names_no_switch_and_no_agent() {
    let device = AgentDevice::AgentId(text("1001"));
    let agent = config(Version::ucce(25)).agent_mode(PeripheralId(5_000), device.clone());
    let (open, _) = open_req(agent.bridge_mode());
    let services = ServiceMask::ALL_EVENTS | ServiceMask::CLIENT_CONTROL;
    assert_eq!(open.services_requested, services);
    assert_eq!(open.peripheral_id, PeripheralId::NULL);
    assert_eq!(open.agent_id, None);
    assert_eq!(open.call_msg_mask, CallEventMask::KNOWN);

    let agent = config(Version::uccx(17)).agent_mode(PeripheralId(5_000), device);
    assert_eq!(agent.peripheral_id, PeripheralId(1));
    let bridge = agent.bridge_mode();
    assert_eq!(bridge.peripheral_id, PeripheralId(1));
    assert_eq!(refusal(bridge), None, "never both modes");
}

#[test]
fn masks_hold_no_bits_of_later_versions() {
    let all = |version| {
        let mut config = config(version)
            .bridge_mode()
            .configuration(ConfigMask::KNOWN);
        config.services = config.services | ServiceMask::ACTIVE_STANDBY;
        open_req(config).0
    };
    let open = all(Version::ucce(14));
    assert_eq!(open.call_msg_mask.0, 0x07ff_ffff);
    assert_eq!(open.config_msg_mask.0, 0x1f);
    assert!(
        !open
            .services_requested
            .contains(ServiceMask::ACTIVE_STANDBY)
    );
    assert_eq!(all(Version::ucce(15)).call_msg_mask.0, 0x0fff_ffff);
    assert_eq!(all(Version::ucce(20)).config_msg_mask.0, 0x3f);
    assert_eq!(all(Version::ucce(22)).config_msg_mask.0, 0xff);
    let open = all(Version::ucce(24));
    assert_eq!(open.call_msg_mask.0, 0xffff_ffff);
    assert_eq!(open.config_msg_mask.0, 0x3ff);
    assert!(
        open.services_requested
            .contains(ServiceMask::ACTIVE_STANDBY)
    );
    let uccx = |number| {
        let config = config(Version::uccx(number)).configuration(ConfigMask(0x1f));
        open_req(config).0.config_msg_mask.0
    };
    assert_eq!((uccx(17), uccx(18)), (0x0f, 0x1f));
}

#[test]
fn a_refused_version_is_followed_by_lower_ones_until_one_is_taken() {
    let mut config = Some(config(Version::ucce(25)).lower_versions([15, 14, 24, 15, 25]));
    let mut asked = Vec::new();
    let opened = loop {
        let Some(next) = config.take() else {
            panic!("no version is left");
        };
        asked.push(next.version.number());
        // Each session has a connection of its own.
        let mut pair = Pair::new(next, server::Config::new(Dialect::Ucce, 9..=15));
        assert!(pair.client.step_down().is_none(), "not refused yet");
        pair.client.open(pair.now).unwrap();
        pair.settle();
        if !pair.client.is_closed() {
            break pair;
        }
        config = pair.client.step_down();
    };
    assert_eq!(asked, [25, 24, 15]);
    assert_eq!(opened.client.version(), Version::ucce(15));
    // The OPEN_REQ of version 15 has floating fields of one byte each: ClientID and its password.
    assert!(opened.client_bytes.ends_with(b"\x01\x05desk\0\x02\0"));
    assert_eq!(opened.client_bytes[12..16], [0, 0, 0, 15]);
}

#[test]
fn open_req_is_in_the_widths_of_the_version_it_asks_for() {
    let tail = |version| {
        let (_, bytes) = open_req(config(version));
        bytes[52..].to_vec()
    };
    assert_eq!(tail(Version::ucce(19)), b"\x01\x05desk\0\x02\0");
    assert_eq!(tail(Version::ucce(20)), b"\0\x01\0\x05desk\0\0\x02\0\0");
    assert_eq!(tail(Version::uccx(17)), b"\x01\x05desk\0\x02\0");
    assert_eq!(tail(Version::uccx(18)), b"\0\x01\x05desk\0\0\x02\0");
}

#[test]
fn a_session_steps_down_for_its_version_only() {
    let config = config(Version::uccx(17)).lower_versions(10..=16);
    let server = server::Config::new(Dialect::Uccx, 10..=17);
    let standby = server.standing(server::Standing::Standby);
    let mut pair = Pair::new(config, standby);
    pair.client.open(pair.now).unwrap();
    pair.settle();
    let status = StatusCode::SERVER_NOT_MASTER;
    assert_eq!(
        pair.client.close_reason(),
        Some(CloseReason::Refused { status })
    );
    assert!(pair.client.step_down().is_none());
}

#[test]
fn the_last_version_has_no_lower_one() {
    let config = config(Version::uccx(11)).lower_versions([10]);
    let lower = config.next_lower().unwrap();
    assert_eq!(lower.version, Version::uccx(10));
    assert!(lower.next_lower().is_none());
}
