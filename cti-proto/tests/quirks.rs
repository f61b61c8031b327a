//! Where the documents of GED-188 do not agree: one test for each reading of each disputed point.
//! `spec/README.md` lists the points.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use bytes::{Bytes, BytesMut};
use cti_proto::code::{
    AgentState, ConnectionDeviceIdType, EnabledService, MessageType, SessionType,
};
use cti_proto::codec::RawField;
use cti_proto::message::{
    AgentStateEvent, Body, CallAgentGreetingEvent, CallAttributeChangeEvent, CallDequeuedEvent,
    CallFailedEvent, CallReachedNetworkEvent, ClearConnectionReq, ConfigAgentEvent,
    ConfigAgentServiceEvent, ConfigCsqEvent, ConfigRequestEvent, ConfigServiceEvent,
    ConfigSkillGroupEvent, EmergencyCallEvent, FailureConf, OpenConf, OpenReq,
    QueryAgentQueueStatisticsConf, QueryAgentStateReq, QueryAgentStatisticsConf,
    QueryDeviceInfoConf, QuerySkillGroupStatisticsConf, SendDtmfSignalReq, SetAgentServiceDataReq,
    SetAgentStateReq, SetAppDataReq, SetCallDataReq, SnapshotCallConf, StartNetworkRecordingConf,
    StartNetworkRecordingReq, TeamConfigConf, TeamConfigReq,
};
use cti_proto::{DecodeError, Frame, FrameRef, Message, Tag, Version, View};

use common::synth::{put_field, versions};

fn read(version: Version, number: u32, body: &[u8]) -> Message {
    let frame = Frame {
        message_type: MessageType(number),
        body: Bytes::copy_from_slice(body),
    };
    Message::decode(version, frame).unwrap()
}

/// The body as a message is written.
fn written(version: Version, message: impl Into<Message>) -> Vec<u8> {
    let mut wire = BytesMut::new();
    message.into().encode(version, &mut wire).unwrap();
    wire.split_off(8).to_vec()
}

/// Reads `body`, and writes back the same bytes.
macro_rules! kept {
    ($version:expr, $message:ident, $body:expr) => {{
        let body: &[u8] = &$body;
        let number = $message::TABLE.number.0;
        let Message::$message(message) = read($version, number, body) else {
            panic!("{} is not read as such", stringify!($message));
        };
        assert_eq!(written($version, message.clone()), body, "{}", $version);
        message
    }};
}

/// Reads `body`, which is written another way.
macro_rules! taken {
    ($version:expr, $message:ident, $body:expr) => {{
        let number = $message::TABLE.number.0;
        let Message::$message(message) = read($version, number, &$body) else {
            panic!("{} is not read as such", stringify!($message));
        };
        message
    }};
}

/// Fixed parts whose bytes count upwards, so that a shifted field shows.
fn counting(len: u8) -> Vec<u8> {
    (1..=len).collect()
}

fn with_field(version: Version, mut body: Vec<u8>, tag: Tag, data: &[u8]) -> Vec<u8> {
    put_field(&mut body, version.field_width(), tag.0, data);
    body
}

#[test]
fn failure_conf_of_8_bytes_has_a_status() {
    for version in versions() {
        let failure = kept!(version, FailureConf, [0, 0, 0, 9, 0, 0, 0, 48]);
        assert_eq!((failure.invoke_id.0, failure.status.0), (9, 48));
        assert_eq!(failure.peripheral_error_code.0, 0);
    }
}

#[test]
fn failure_conf_of_10_bytes_has_a_failure_code_and_keeps_the_peripheral_error_code() {
    for version in [Version::ucce(24), Version::ucce(25)] {
        let body = [0, 0, 0, 9, 0, 48, 0, 0, 0, 7];
        let failure = kept!(version, FailureConf, body);
        assert_eq!((failure.invoke_id.0, failure.status.0), (9, 48));
        assert_eq!(failure.peripheral_error_code.0, 7);
        let frame = FrameRef {
            message_type: MessageType::FAILURE_CONF,
            body: &body,
        };
        let view = View::new(version, frame).unwrap().unwrap();
        assert_eq!(view.number("status"), Ok(Some(48)));
        assert_eq!(view.number("peripheral_error_code"), Ok(Some(7)));
    }
    let before = Frame {
        message_type: MessageType::FAILURE_CONF,
        body: Bytes::from_static(&[0, 0, 0, 9, 0, 48, 0, 0, 0, 7]),
    };
    assert!(Message::decode(Version::ucce(23), before).is_err());
}

#[test]
fn a_failure_with_a_status_that_is_too_large_for_the_10_byte_form_keeps_all_4_bytes_of_it() {
    let body = [0, 0, 0, 9, 0, 1, 0, 0, 0, 0, 0, 7];
    let failure = kept!(Version::ucce(24), FailureConf, body);
    assert_eq!(failure.status.0, 0x1_0000);
    assert_eq!(failure.peripheral_error_code.0, 7);
}

#[test]
fn config_request_event_without_config_msg_mask() {
    for version in (19..=25).map(Version::ucce) {
        let request = taken!(version, ConfigRequestEvent, [0, 0, 0, 4, 0, 0, 0x13, 0x88]);
        assert_eq!(
            (request.config_information.0, request.peripheral_id.0),
            (4, 5_000)
        );
        let with_customer = with_field(
            version,
            vec![0, 0, 0, 4, 0, 0, 0x13, 0x88],
            Tag::CUSTOMER_ID,
            &[0, 0, 0, 3],
        );
        let request = taken!(version, ConfigRequestEvent, with_customer);
        assert_eq!(
            (request.peripheral_id.0, request.customer_id),
            (5_000, Some(3))
        );
    }
    let written = written(
        Version::ucce(23),
        taken!(
            Version::ucce(23),
            ConfigRequestEvent,
            [0, 0, 0, 4, 0, 0, 0x13, 0x88]
        ),
    );
    assert_eq!(written.len(), 8);
}

#[test]
fn config_request_event_with_config_msg_mask() {
    for version in (19..=25).map(Version::ucce) {
        let body = [0, 0, 0, 4, 0, 0, 0, 6, 0, 0, 0x13, 0x88];
        let request = kept!(version, ConfigRequestEvent, body);
        assert_eq!(
            (request.config_msg_mask.0, request.peripheral_id.0),
            (6, 5_000)
        );
    }
}

#[test]
fn session_type_is_read_with_and_without_from_version_23_on() {
    let mut common = counting(30);
    // PeripheralOnline is a BOOL.
    common[20..22].copy_from_slice(&[0, 1]);
    let common = &common[..];
    let floating = [0, 4, 0, 5, b'1', b'0', b'0', b'1', 0];
    for version in (23..=25).map(Version::ucce) {
        let with = [common, &[0, 1], &floating].concat();
        let conf = kept!(version, OpenConf, with);
        assert_eq!(conf.session_type, SessionType(1));
        assert_eq!(conf.agent_extension.unwrap(), "1001");
        let without = [common, &floating].concat();
        let conf = taken!(version, OpenConf, without);
        assert_eq!(conf.agent_extension.unwrap(), "1001");
    }
    let bare = kept!(Version::ucce(23), OpenConf, common);
    assert_eq!(bare.department_id, 0x1b1c_1d1e);
}

#[test]
fn set_agent_state_req_has_16_17_and_21_bytes() {
    let mut lens = Vec::new();
    for number in [9, 10, 11, 12] {
        let version = Version::ucce(number);
        let request = SetAgentStateReq::new(AgentState::LOGIN);
        lens.push(written(version, request).len());
    }
    assert_eq!(lens, [16, 17, 17, 21]);
}

#[test]
fn set_agent_state_req_is_read_with_17_and_21_bytes_from_10_to_13() {
    for version in (10..=13).map(Version::ucce) {
        let body = |len| {
            let mut fixed = counting(len);
            // NumSkillGroups is zero.
            fixed[12..14].fill(0);
            with_field(version, fixed, Tag::AGENT_INSTRUMENT, b"1001\0")
        };
        let long = kept!(version, SetAgentStateReq, body(21));
        assert_eq!(
            (long.forced_flag.0, long.agent_service_req.0),
            (0x11, 0x1213_1415)
        );
        let short = taken!(version, SetAgentStateReq, body(17));
        assert_eq!((short.forced_flag.0, short.agent_service_req.0), (0x11, 0));
        for request in [long, short] {
            assert_eq!(request.agent_instrument.unwrap(), "1001", "{version}");
        }
        let written = written(version, SetAgentStateReq::new(AgentState::LOGIN));
        assert_eq!(written.len(), if version.number() < 12 { 17 } else { 21 });
    }
    // The documents are of one mind about these.
    for (version, len) in [
        (Version::ucce(9), 17),
        (Version::ucce(14), 17),
        (Version::uccx(11), 21),
        (Version::uccx(12), 17),
    ] {
        let body = with_field(version, counting(len), Tag::AGENT_INSTRUMENT, b"1001\0");
        let frame = Frame {
            message_type: SetAgentStateReq::TABLE.number,
            body: body.into(),
        };
        let message = Message::decode(version, frame);
        let is_read = message.as_ref().is_ok_and(|message| {
            let instrument = message.contents().unwrap().get("agent_instrument");
            instrument.text().is_some_and(|text| *text == "1001")
        });
        assert!(!is_read, "{version}: {message:?}");
    }
}

#[test]
fn call_reached_network_event_has_24_bytes_up_to_9_and_28_from_10() {
    for (number, len) in [(9, 24), (10, 28), (14, 28)] {
        let table = Message::table_of(Version::ucce(number), MessageType(34)).unwrap();
        assert_eq!(table.fixed_len(Version::ucce(number)), len);
    }
}

#[test]
fn call_reached_network_event_is_read_with_24_and_28_bytes_from_10_to_13() {
    let body = |version, fixed| with_field(version, fixed, Tag::CONNECTION_DEVID, b"1001\0");
    for version in (10..=13).map(Version::ucce) {
        let long = kept!(
            version,
            CallReachedNetworkEvent,
            body(version, counting(28))
        );
        assert_eq!((long.line_handle.0, long.line_type.0), (0x1112, 0x1314));
        assert_eq!(
            (long.trunk_used_device_type.0, long.event_cause.0),
            (0x1516, 0x1b1c)
        );
        let short = body(version, counting(24));
        let event = taken!(version, CallReachedNetworkEvent, short);
        assert_eq!(
            (event.trunk_used_device_type.0, event.event_cause.0),
            (0x1112, 0x1718)
        );
        for event in [&long, &event] {
            assert_eq!(event.connection_device_id.as_ref().unwrap(), "1001");
        }
        let frame = FrameRef {
            message_type: MessageType(34),
            body: &short,
        };
        let view = View::new(version, frame).unwrap().unwrap();
        assert_eq!(view.number("event_cause"), Ok(Some(0x1718)));
        assert_eq!(view.text("connection_device_id"), Ok(Some(&b"1001"[..])));
    }
    let version = Version::ucce(9);
    kept!(
        version,
        CallReachedNetworkEvent,
        body(version, counting(24))
    );
    let version = Version::ucce(14);
    let frame = Frame {
        message_type: MessageType(34),
        body: body(version, counting(24)).into(),
    };
    assert!(Message::decode(version, frame).is_err());
}

#[test]
fn query_device_info_conf_is_read_with_40_and_44_bytes() {
    for version in versions() {
        // NumLines is zero.
        let mut body = counting(44);
        body[10..12].copy_from_slice(&[0, 0]);
        let long = kept!(version, QueryDeviceInfoConf, body);
        assert_eq!(long.supervision_service_supported, 0x292a_2b2c);
        let short = taken!(version, QueryDeviceInfoConf, body[..40]);
        assert_eq!(short.supervision_service_supported, 0);
        assert_eq!(
            short.other_features_supported,
            long.other_features_supported
        );
    }
}

#[test]
fn clear_connection_req_of_uccx_is_read_with_14_and_16_bytes() {
    for version in (14..=18).map(Version::uccx) {
        let body = |fixed| with_field(version, fixed, Tag::CONNECTION_DEVID, b"1001\0");
        let short = kept!(version, ClearConnectionReq, body(counting(14)));
        assert_eq!(short.connection_device_id.unwrap(), "1001");
        let long = kept!(version, ClearConnectionReq, body(counting(16)));
        assert_eq!(long.connection_device_id.unwrap(), "1001");
        assert_eq!(long.requesting_device_id_type.0, 0x0f10);
    }
}

#[test]
fn emergency_call_event_is_read_with_14_and_18_bytes() {
    for version in versions().filter(|version| version.number() >= 8) {
        let body = |fixed| with_field(version, fixed, Tag::CONNECTION_DEVID, b"1001\0");
        let short = taken!(version, EmergencyCallEvent, body(counting(14)));
        assert_eq!(
            (short.peripheral_id.0, short.session_id),
            (0x0102_0304, 0x0b0c_0d0e)
        );
        let long = kept!(version, EmergencyCallEvent, body(counting(18)));
        assert_eq!(
            (long.invoke_id.0, long.session_id),
            (0x0102_0304, 0x0f10_1112)
        );
    }
}

#[test]
fn snapshot_call_conf_of_uccx_has_one_number_more_from_11_on() {
    // The four counters are zero.
    let fixed = |len| {
        let mut fixed = counting(len);
        fixed[6..14].fill(0);
        fixed
    };
    for version in (10..=18).map(Version::uccx) {
        let body = |len| with_field(version, fixed(len), Tag::ANI, b"5551\0");
        let short = taken!(version, SnapshotCallConf, body(16));
        assert_eq!(
            (short.reserved, short.ani.unwrap()),
            (0, "5551".try_into().unwrap())
        );
        let long = kept!(version, SnapshotCallConf, body(20));
        assert_eq!(long.reserved, 0x1112_1314);
    }
    let version = Version::ucce(15);
    let conf = kept!(
        version,
        SnapshotCallConf,
        with_field(version, fixed(16), Tag::ANI, b"5551\0")
    );
    assert_eq!(conf.ani.unwrap(), "5551");
}

#[test]
fn call_failed_event_is_read_with_and_without_monitor_id() {
    for version in [Version::ucce(14), Version::ucce(15)] {
        let body = |fixed| with_field(version, fixed, Tag::CONNECTION_DEVID, b"1001\0");
        let with = kept!(version, CallFailedEvent, body(counting(24)));
        assert_eq!(
            (with.monitor_id, with.peripheral_id.0),
            (0x0102_0304, 0x0506_0708)
        );
        let without = taken!(version, CallFailedEvent, body(counting(20)));
        assert_eq!(
            (without.monitor_id, without.peripheral_id.0),
            (0, 0x0102_0304)
        );
        assert_eq!(without.connection_device_id.unwrap(), "1001");
    }
}

#[test]
fn a_field_that_no_table_of_call_dequeued_event_has_is_kept() {
    let version = Version::ucce(15);
    let mut fixed = counting(34);
    // NumSkillGroups is zero.
    fixed[28..30].fill(0);
    assert_eq!(fixed.len(), CallDequeuedEvent::TABLE.fixed_len(version));
    let body = with_field(version, fixed, Tag(239), &[0, 1]);
    let event = kept!(version, CallDequeuedEvent, body);
    assert_eq!(event.other[0].tag, Tag(239));
}

#[test]
fn cti_client_signature_of_agent_state_event_has_tag_3_in_ucce_and_23_in_uccx() {
    let event = |version, tag| {
        let fixed = vec![0; AgentStateEvent::TABLE.fixed_len(version)];
        kept!(
            version,
            AgentStateEvent,
            with_field(version, fixed, tag, b"me\0")
        )
    };
    for (version, own, other) in [
        (
            Version::ucce(15),
            Tag::CLIENT_SIGNATURE,
            Tag::CTI_CLIENT_SIGNATURE,
        ),
        (
            Version::uccx(17),
            Tag::CTI_CLIENT_SIGNATURE,
            Tag::CLIENT_SIGNATURE,
        ),
    ] {
        assert_eq!(event(version, own).cti_client_signature.unwrap(), "me");
        assert_eq!(event(version, other).other[0].tag, other);
    }
}

#[test]
fn numbers_236_to_238_below_19_can_be_read_as_team_and_as_config_messages() {
    for version in [Version::ucce(14), Version::ucce(15)] {
        for number in 230..=238 {
            let frame = read(version, number, &[0; 8]);
            assert!(matches!(frame, Message::Unknown(_)), "{number} {version}");
        }
        let request = Bytes::from_static(&[0, 0, 0, 9, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        let request = TeamConfigReq::decode(version, &request).unwrap();
        assert_eq!(request.invoke_id.0, 9);
        let conf = Bytes::from_static(&[0, 0, 0, 9, 0, 0, 0, 0]);
        assert_eq!(
            TeamConfigConf::decode(version, &conf).unwrap().invoke_id.0,
            9
        );
        let records = Bytes::from_static(&[0, 1, 183, 2, 0, 0, 179, 4, 0, 0, 0, 7]);
        let event = ConfigSkillGroupEvent::decode(version, &records).unwrap();
        assert_eq!(event.records.len(), 1);
    }
}

#[test]
fn number_240_is_another_message_in_each_dialect() {
    for version in (5..=25).map(Version::ucce) {
        let event = kept!(version, CallAttributeChangeEvent, counting(20));
        assert_eq!(event.connection_device_id_type.0, 0x0b0c);
    }
    let version = Version::uccx(17);
    let body = with_field(version, counting(12), Tag::AGENT_ID_LONG, b"1\0");
    let conf = kept!(version, QueryAgentQueueStatisticsConf, body);
    assert_eq!(conf.calls_in_queue, 0x0506_0708);
}

#[test]
fn connection_device_id_type_of_call_attribute_change_event_has_2_or_4_bytes() {
    for version in [Version::ucce(14), Version::ucce(15), Version::ucce(23)] {
        let before = &counting(10)[..];
        let after = &[9, 9, 9, 1, 9, 9, 9, 2][..];
        let body = |kind: &[u8]| {
            let fixed = [before, kind, after].concat();
            with_field(version, fixed, Tag::CONNECTION_DEVID, b"1001\0")
        };
        let narrow = kept!(version, CallAttributeChangeEvent, body(&[0, 1]));
        let wide = taken!(version, CallAttributeChangeEvent, body(&[0, 0, 0, 1]));
        assert_eq!(narrow, wide);
        assert_eq!(wide.connection_device_id_type, ConnectionDeviceIdType(1));
        let body = body(&[0, 0, 0, 1]);
        let frame = FrameRef {
            message_type: MessageType(240),
            body: &body,
        };
        let view = View::new(version, frame).unwrap().unwrap();
        assert_eq!(view.number("connection_device_id_type"), Ok(Some(1)));
        assert_eq!(view.number("service_number"), Ok(Some(0x0909_0902)));
    }
}

#[test]
fn network_recording_has_the_numbers_of_the_tables() {
    let first = Message::table_of(Version::ucce(23), MessageType(268)).unwrap();
    assert_eq!(first.name, "START_NETWORK_RECORDING_REQ");
    let last = Message::table_of(Version::ucce(23), MessageType(275)).unwrap();
    assert_eq!(last.name, "NETWORK_RECORDING_TARGET_INFO_EVENT");
    assert!(Message::table_of(Version::ucce(23), MessageType(267)).is_none());
}

#[test]
fn network_recording_with_the_numbers_of_the_list() {
    let version = Version::ucce(23);
    // START_NETWORK_RECORDING_REQ by the list: no message of the tables.
    let start = with_field(version, counting(14), Tag::CONNECTION_DEVID, b"1001\0");
    let Message::Unknown(frame) = read(version, 267, &start) else {
        panic!("267 is read as a message");
    };
    assert_eq!(frame.body, start);
    assert_eq!(written(version, Message::Unknown(frame.clone())), start);
    let start = StartNetworkRecordingReq::decode(version, &frame.body).unwrap();
    assert_eq!(start.connection_device_id.unwrap(), "1001");
    // START_NETWORK_RECORDING_CONF by the list, the request by the tables.
    let frame = Frame {
        message_type: MessageType(268),
        body: Bytes::from_static(&[0, 0, 0, 9]),
    };
    let conf = StartNetworkRecordingConf::decode(version, &frame.body).unwrap();
    assert_eq!(conf.invoke_id.0, 9);
    let error = Message::decode(version, frame).unwrap_err();
    assert_eq!(
        error.to_string(),
        "START_NETWORK_RECORDING_REQ ends at byte 4, inside peripheral_id"
    );
}

#[test]
fn tag_141_is_the_skill_target_and_185_is_auto_work() {
    let version = Version::ucce(19);
    let body = [0, 1, 183, 2, 0, 0, 141, 4, 0, 0, 0, 7, 185, 2, 0, 1];
    let event = taken!(version, ConfigAgentEvent, body);
    assert_eq!(event.records[0].agent_skill_target_id, Some(7));
    let event = taken!(version, ConfigSkillGroupEvent, body);
    assert_eq!(event.records[0].auto_work, Some(true));
}

#[test]
fn auto_work_is_read_with_2_and_4_bytes() {
    let version = Version::uccx(17);
    for data in [&[0, 1][..], &[0, 0, 0, 1]] {
        let body = with_field(version, vec![0, 1, 183, 2, 0, 0], Tag::AUTO_WORK, data);
        let event = taken!(version, ConfigCsqEvent, body);
        assert_eq!(event.records[0].auto_work, Some(true));
    }
}

#[test]
fn tags_312_and_313_count_answers_in_24_and_25() {
    for version in [Version::ucce(24), Version::ucce(25)] {
        let body = with_field(version, counting(20), Tag(312), &[0, 2]);
        let body = with_field(version, body, Tag(313), &[0, 3]);
        let request = kept!(version, SetAgentServiceDataReq, body);
        assert_eq!(request.num_positive_answers_suggestions, Some(2));
        assert_eq!(request.num_negative_answers_suggestions, Some(3));
    }
    assert_eq!((Tag::MEDIA_TYPE, Tag::MEDIA_PROVIDER), (Tag(312), Tag(313)));
}

#[test]
fn tags_312_and_313_are_kept_where_they_are_media_type_and_media_provider() {
    let version = Version::ucce(25);
    let media = |body| {
        let body = with_field(version, body, Tag::MEDIA_TYPE, &[0, 2]);
        with_field(version, body, Tag::MEDIA_PROVIDER, &[0, 3])
    };
    // MEDIA_LOGIN_REQ, whose body no public document prints.
    let login = media(counting(8));
    let Message::Unknown(frame) = read(version, 151, &login) else {
        panic!("151 is read as a message");
    };
    assert_eq!(written(version, Message::Unknown(frame)), login);
    let request = kept!(version, QueryAgentStateReq, media(counting(16)));
    let kept: Vec<_> = request
        .other
        .iter()
        .map(|field| (field.tag, &field.data[..]))
        .collect();
    let expected = [
        (Tag::MEDIA_TYPE, &[0, 2][..]),
        (Tag::MEDIA_PROVIDER, &[0, 3]),
    ];
    assert_eq!(kept, expected);
}

#[test]
fn application_path_id_has_tag_97() {
    for version in versions() {
        let open = |tag| {
            let body = with_field(version, vec![0; 44], Tag::CLIENT_ID, b"me\0");
            let body = with_field(version, body, Tag::CLIENT_PASSWORD, b"");
            with_field(version, body, tag, &[0, 0, 0, 7])
        };
        let request = kept!(version, OpenReq, open(Tag(97)));
        assert_eq!(request.application_path_id, Some(7), "{version}");
        // The guide of version 9 says 84, which is the call control table elsewhere.
        let request = kept!(version, OpenReq, open(Tag(84)));
        assert_eq!(request.application_path_id, None, "{version}");
        assert_eq!(request.other[0].tag, Tag::CALL_CONTROL_TABLE);
        assert_eq!(request.other[0].data[..], [0, 0, 0, 7]);
    }
    let version = Version::ucce(9);
    let data = |tag| with_field(version, counting(4), tag, &[0, 0, 0, 7]);
    let request = kept!(version, SetAppDataReq, data(Tag(97)));
    assert_eq!(request.application_path_id, Some(7));
    let request = kept!(version, SetAppDataReq, data(Tag(84)));
    assert_eq!(request.other[0].tag, Tag::CALL_CONTROL_TABLE);
}

#[test]
fn named_variables_have_2_bytes_for_tag_and_length_from_20_on() {
    for version in (20..=25).map(Version::ucce) {
        // NumNamedVariables and NumNamedArrays end the fixed part.
        let fixed = |variables| {
            let mut fixed = vec![0; SetCallDataReq::TABLE.fixed_len(version)];
            for name in ["num_named_variables", "num_named_arrays"] {
                let at = SetCallDataReq::TABLE.fixed_range(version, name).unwrap();
                fixed[at].copy_from_slice(&[0, variables]);
            }
            with_field(version, fixed, Tag::CONNECTION_DEVID, b"1\0")
        };
        let wide = [
            &fixed(1)[..],
            &[0, 82, 0, 4, b'n', 0, b'v', 0],
            &[0, 83, 0, 5, 9, b'n', 0, b'v', 0],
        ]
        .concat();
        let request = kept!(version, SetCallDataReq, wide);
        assert_eq!(request.named_variables[0].value, "v");
        assert_eq!(request.named_arrays[0].index, 9);
        // With one byte for each, as the type says, the body does not come out even.
        let narrow = [&fixed(1)[..], &[82, 4, b'n', 0, b'v', 0]].concat();
        let frame = Frame {
            message_type: SetCallDataReq::TABLE.number,
            body: narrow.into(),
        };
        let error = Message::decode(version, frame).unwrap_err();
        assert!(matches!(error, DecodeError::FloatingPartTruncated { .. }));
    }
}

#[test]
fn fields_whose_tags_nobody_prints_are_kept() {
    let version = Version::ucce(24);
    let tag = Tag(320);
    // UniqueInstanceID.
    let body = with_field(version, vec![0; 44], Tag::CLIENT_ID, b"me\0");
    let body = with_field(version, body, Tag::CLIENT_PASSWORD, b"");
    let request = kept!(
        version,
        OpenReq,
        with_field(version, body, tag, b"instance\0")
    );
    assert_eq!(request.other[0].tag, tag);
    // GreetingType.
    let body = vec![0; CallAgentGreetingEvent::TABLE.fixed_len(version)];
    let body = with_field(version, body, Tag::CONNECTION_DEVID, b"1\0");
    let body = with_field(version, body, Tag::AGENT_ID, b"1001\0");
    let body = with_field(version, body, tag, b"good morning\0");
    let event = kept!(version, CallAgentGreetingEvent, body);
    assert_eq!(event.other[0].data, b"good morning\0"[..]);
    // TotalAnswersSuggestion.
    let body = with_field(version, counting(20), tag, &[0, 9]);
    let request = kept!(version, SetAgentServiceDataReq, body);
    assert_eq!(request.other[0].data[..], [0, 9]);
}

#[test]
fn pause_duration_is_read_with_2_and_4_bytes() {
    for version in versions() {
        let tones = |fixed| {
            let body = with_field(version, fixed, Tag::CONNECTION_DEVID, b"1001\0");
            with_field(version, body, Tag::DTMF_STRING, b"123#\0")
        };
        let before = &counting(16)[..];
        let wide = kept!(
            version,
            SendDtmfSignalReq,
            tones([before, &[0, 0, 0, 100]].concat())
        );
        let narrow = taken!(
            version,
            SendDtmfSignalReq,
            tones([before, &[0, 100]].concat())
        );
        assert_eq!(wide, narrow, "{version}");
        assert_eq!(narrow.pause_duration, 100);
        let body = tones([before, &[0, 100]].concat());
        let frame = FrameRef {
            message_type: MessageType(91),
            body: &body,
        };
        let view = View::new(version, frame).unwrap().unwrap();
        assert_eq!(view.number("pause_duration"), Ok(Some(100)));
        assert_eq!(view.text("dtmf_string"), Ok(Some(&b"123#"[..])));
    }
}

#[test]
fn query_agent_statistics_conf_is_read_with_328_and_344_fixed_bytes() {
    for version in [
        Version::ucce(9),
        Version::ucce(14),
        Version::ucce(15),
        Version::ucce(23),
    ] {
        let fixed = |len: usize| (0..len).map(|at| u8::try_from(at / 4).unwrap()).collect();
        let body = |len| with_field(version, fixed(len), Tag::AGENT_ID, b"1001\0");
        let long = kept!(version, QueryAgentStatisticsConf, body(344));
        let short = taken!(version, QueryAgentStatisticsConf, body(328));
        assert_eq!(short.agent_id, long.agent_id);
        assert_eq!(
            (
                long.icm_available_time_session,
                short.icm_available_time_session
            ),
            (0x0505_0505, 0)
        );
        // Behind the two fields that it leaves out.
        assert_eq!(
            (long.agent_out_calls_session, short.agent_out_calls_session),
            (0x0707_0707, 0x0505_0505)
        );
    }
}

#[test]
fn query_skill_group_statistics_conf_is_read_with_584_and_596_fixed_bytes() {
    let body: Vec<u8> = (0..596).map(|at| u8::try_from(at / 4).unwrap()).collect();
    for version in [Version::ucce(9), Version::ucce(15)] {
        let long = kept!(version, QuerySkillGroupStatisticsConf, body);
        let short = taken!(version, QuerySkillGroupStatisticsConf, body[..584]);
        assert_eq!(
            (long.longest_call_q_today, short.longest_call_q_today),
            (0x9494_9494, 0)
        );
        assert_eq!(short.emergency_calls_today, long.emergency_calls_today);
    }
}

#[test]
fn skills_of_a_configured_agent_are_pairs_of_fields() {
    let version = Version::ucce(19);
    let body = [
        &[0, 1, 183, 2, 0, 0, 191, 2, 0, 2][..],
        &[62, 4, 0, 0, 0, 1, 64, 2, 0, 5],
        &[62, 4, 0, 0, 0, 2, 64, 2, 0, 6],
    ]
    .concat();
    let event = kept!(version, ConfigAgentEvent, body);
    let skills: Vec<_> = event.records[0]
        .skill_groups
        .iter()
        .map(|skill| (skill.number.unwrap().0, skill.priority))
        .collect();
    assert_eq!(skills, [(1, Some(5)), (2, Some(6))]);
}

/// What a list cannot take stands in `other` of its record as it came.
fn kept_data(other: &[RawField]) -> Vec<(u16, &[u8])> {
    other
        .iter()
        .map(|field| (field.tag.0, &field.data[..]))
        .collect()
}

#[test]
fn skills_of_a_configured_agent_as_an_array_are_kept() {
    let version = Version::ucce(19);
    // NumSkills is 2, each field has the data of both.
    let body = [
        &[0, 1, 183, 2, 0, 0, 191, 2, 0, 2][..],
        &[62, 8, 0, 0, 0, 1, 0, 0, 0, 2],
        &[64, 4, 0, 5, 0, 6],
    ]
    .concat();
    let event = taken!(version, ConfigAgentEvent, body);
    let [record] = &event.records[..] else {
        panic!("{event:?}");
    };
    assert!(record.skill_groups.is_empty());
    let expected = [(62, &[0, 0, 0, 1, 0, 0, 0, 2][..]), (64, &[0, 5, 0, 6])];
    assert_eq!(kept_data(&record.other), expected);
    // They are written as they came; NumSkills counts the list, which is empty.
    let written = written(version, event);
    assert_eq!(written[8..10], [0, 0]);
    assert_eq!(written[10..], body[10..]);
}

#[test]
fn media_routing_domains_of_a_configured_agent_are_pairs_of_fields_and_arrays_are_kept() {
    let version = Version::ucce(21);
    // RecordType, NumMRDs.
    let record = [0, 1, 0, 183, 0, 2, 0, 0, 1, 5, 0, 2, 0, 2];
    let pairs = [
        &record[..],
        &[1, 6, 0, 4, 0, 0, 0, 1, 1, 7, 0, 2, 0, 3],
        &[1, 6, 0, 4, 0, 0, 0, 2, 1, 7, 0, 2, 0, 4],
    ]
    .concat();
    let event = kept!(version, ConfigAgentEvent, pairs);
    let domains: Vec<_> = event.records[0]
        .media_routing_domains
        .iter()
        .map(|domain| (domain.id, domain.state))
        .collect();
    assert_eq!(domains, [(Some(1), Some(3)), (Some(2), Some(4))]);
    let arrays = [
        &record[..],
        &[1, 6, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2],
        &[1, 7, 0, 4, 0, 3, 0, 4],
    ]
    .concat();
    let event = taken!(version, ConfigAgentEvent, arrays);
    assert!(event.records[0].media_routing_domains.is_empty());
    let expected = [(262, &[0, 0, 0, 1, 0, 0, 0, 2][..]), (263, &[0, 3, 0, 4])];
    assert_eq!(kept_data(&event.records[0].other), expected);
    assert_eq!(written(version, event)[14..], arrays[14..]);
}

#[test]
fn members_of_a_service_are_pairs_of_fields_and_arrays_are_kept() {
    let version = Version::ucce(19);
    // RecordType, NumServiceMembers.
    let record = [0, 1, 183, 2, 0, 0, 186, 2, 0, 2];
    let pairs = [
        &record[..],
        &[187, 4, 0, 0, 0, 1, 188, 2, 0, 3],
        &[187, 4, 0, 0, 0, 2, 188, 2, 0, 4],
    ]
    .concat();
    let event = kept!(version, ConfigServiceEvent, pairs);
    let members: Vec<_> = event.records[0]
        .members
        .iter()
        .map(|member| (member.member, member.priority))
        .collect();
    assert_eq!(members, [(Some(1), Some(3)), (Some(2), Some(4))]);
    let arrays = [
        &record[..],
        &[187, 8, 0, 0, 0, 1, 0, 0, 0, 2, 188, 4, 0, 3, 0, 4],
    ]
    .concat();
    let event = taken!(version, ConfigServiceEvent, arrays);
    assert!(event.records[0].members.is_empty());
    let expected = [(187, &[0, 0, 0, 1, 0, 0, 0, 2][..]), (188, &[0, 3, 0, 4])];
    assert_eq!(kept_data(&event.records[0].other), expected);
    assert_eq!(written(version, event)[10..], arrays[10..]);
}

#[test]
fn enabled_services_are_repeated_fields_and_an_array_is_kept() {
    for version in [Version::ucce(24), Version::ucce(25)] {
        // RecordType, NumOfEnabledServices.
        let record = [0, 1, 0, 183, 0, 2, 0, 0, 1, 54, 0, 2, 0, 2];
        let repeated = [&record[..], &[1, 53, 0, 2, 0, 1, 1, 53, 0, 2, 0, 2]].concat();
        let event = kept!(version, ConfigAgentServiceEvent, repeated);
        assert_eq!(
            event.records[0].enabled_services,
            [EnabledService(1), EnabledService(2)]
        );
        let array = [&record[..], &[1, 53, 0, 4, 0, 1, 0, 2]].concat();
        let event = taken!(version, ConfigAgentServiceEvent, array);
        assert!(event.records[0].enabled_services.is_empty());
        let expected = [(309, &[0, 1, 0, 2][..])];
        assert_eq!(kept_data(&event.records[0].other), expected);
        assert_eq!(written(version, event)[14..], array[14..]);
    }
}

#[test]
fn fields_of_uccx_18_have_2_byte_tags_and_are_read_with_other_widths_too() {
    let version = Version::uccx(18);
    let long_id = 194;
    let wide_tag = [
        &counting(16)[..],
        &[0, long_id, 5, b'1', b'0', b'0', b'1', 0],
    ]
    .concat();
    let request = kept!(version, QueryAgentStateReq, wide_tag);
    assert_eq!(request.agent_id.as_ref().unwrap(), "1001");
    let narrow = [&counting(16)[..], &[long_id, 5, b'1', b'0', b'0', b'1', 0]].concat();
    assert_eq!(taken!(version, QueryAgentStateReq, narrow), request);
    let wide = [
        &counting(16)[..],
        &[0, long_id, 0, 5, b'1', b'0', b'0', b'1', 0],
    ]
    .concat();
    assert_eq!(taken!(version, QueryAgentStateReq, wide), request);
}

#[test]
fn a_body_that_fits_neither_form_is_read_by_its_own_table() {
    let version = Version::ucce(15);
    let frame = Frame {
        message_type: MessageType(91),
        body: Bytes::from(vec![0xee; 25]),
    };
    let error = Message::decode(version, frame).unwrap_err();
    assert_eq!(
        error.to_string(),
        "SEND_DTMF_SIGNAL_REQ ends inside the floating field that begins at byte 20"
    );
}
