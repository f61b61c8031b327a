//! Feature `serde`: messages to JSON and back.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bytes::{Bytes, BytesMut};
use cti_proto::code::{AgentState, InvokeId, MessageType, PeripheralId, ServiceMask, StatusCode};
use cti_proto::codec::{Blob, Field, NamedArray, NamedVariable, Place, RawField, Secret, Text};
use cti_proto::message::{
    AgentStateEvent, BeginCallEvent, HeartbeatReq, OpenReq, SetAgentStateReq, SkillGroup,
};
use cti_proto::session::CloseReason;
use cti_proto::{Dialect, Frame, FrameCodec, Message, Tag, Version};
use serde_json::{Value, from_str, from_value, json, to_value};

use common::synth::{sample, versions};

fn text(text: &str) -> Option<Text> {
    Some(text.try_into().unwrap())
}

/// To JSON and back; passwords are lost on the way.
fn round_trip(message: &Message, what: &str) {
    let written = serde_json::to_string(message).unwrap();
    let read: Message = from_str(&written).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(
        &read,
        &without_passwords(message.clone()),
        "{what}: {written}"
    );
    assert_eq!(serde_json::to_string(&read).unwrap(), written, "{what}");
}

fn without_passwords(mut message: Message) -> Message {
    if let Message::OpenReq(open) = &mut message {
        open.client_password = None;
    }
    if let Message::SetAgentStateReq(request) = &mut message {
        request.agent_password = None;
    }
    message
}

#[test]
fn an_agent_state_event_reads_like_its_table() {
    let event = AgentStateEvent::with(|event| {
        event.peripheral_id = PeripheralId(5000);
        event.agent_state = AgentState::TALKING;
        event.agent_id = text("1001");
        event.skill_groups = vec![SkillGroup::with(|group| group.state = Some(AgentState(99)))];
        event.other = vec![RawField {
            tag: Tag(9999),
            data: Bytes::from_static(&[1, 0xfe]),
        }];
    });
    let expected = json!({
        "message": "AGENT_STATE_EVENT",
        "monitor_id": 0,
        "peripheral_id": 5000,
        "session_id": 0,
        "skill_group_state": "LOGIN",
        "state_duration": 0,
        "skill_group_priority": 0,
        "agent_state": "TALKING",
        "event_reason_code": 0,
        "mrd_id": 0,
        "num_tasks": 0,
        "agent_mode": "NOT_ROUTABLE",
        "max_task_limit": 0,
        "icm_agent_id": 0,
        "agent_availability_status": 0,
        "department_id": 0,
        "agent_id": "1001",
        "skill_groups": [{"state": 99}],
        "other": [{"tag": 9999, "data": "01fe"}],
    });
    let message = Message::from(event.clone());
    assert_eq!(to_value(&message).unwrap(), expected);
    round_trip(&message, "AGENT_STATE_EVENT");
    // A body alone has no name.
    let mut body = expected;
    body.as_object_mut().unwrap().remove("message");
    assert_eq!(to_value(&event).unwrap(), body);
    assert_eq!(from_value::<AgentStateEvent>(body).unwrap(), event);
}

#[test]
fn what_is_not_said_is_absent() {
    let message: Message =
        from_str(r#"{"agent_state":"TALKING","message":"AGENT_STATE_EVENT"}"#).unwrap();
    let expected = AgentStateEvent::with(|event| event.agent_state = AgentState::TALKING);
    assert_eq!(message, expected.into());
    let null = r#"{"message":"AGENT_STATE_EVENT","agent_state":4,"agent_id":null}"#;
    assert_eq!(from_str::<Message>(null).unwrap(), message);
}

#[test]
fn masks_are_lists_of_names_or_numbers() {
    let json = |mask: ServiceMask| to_value(mask).unwrap();
    let mask = ServiceMask::CLIENT_EVENTS | ServiceMask::SUPERVISOR;
    assert_eq!(json(mask), json!(["CLIENT_EVENTS", "SUPERVISOR"]));
    assert_eq!(json(ServiceMask::NONE), json!([]));
    assert_eq!(json(ServiceMask(0x4000_0001)), json!(0x4000_0001));
    for mask in [
        mask,
        ServiceMask::NONE,
        ServiceMask(0x4000_0001),
        ServiceMask::KNOWN,
    ] {
        assert_eq!(from_value::<ServiceMask>(json(mask)).unwrap(), mask);
    }
}

#[test]
fn texts_that_are_not_utf8_and_blobs_are_hexadecimal() {
    let event = BeginCallEvent::with(|event| {
        event.ani = Some(Text::new(&b"M\xfcller"[..]).unwrap());
        event.user_to_user_info = Some(Blob(Bytes::from_static(&[0, 1, 0xff])));
        event.named_variables = vec![NamedVariable::new(text("a").unwrap(), text("").unwrap())];
        let name = Text::new(&b"\xff"[..]).unwrap();
        event.named_arrays = vec![NamedArray::new(3, name, text("é").unwrap())];
    });
    let json = to_value(&event).unwrap();
    assert_eq!(json["ani"], json!({"hex": "4dfc6c6c6572"}));
    assert_eq!(json["user_to_user_info"], json!("0001ff"));
    assert_eq!(json["named_variables"], json!([{"name": "a", "value": ""}]));
    let expected = json!([{"index": 3, "name": {"hex": "ff"}, "value": "é"}]);
    assert_eq!(json["named_arrays"], expected);
    round_trip(&event.into(), "BEGIN_CALL_EVENT");
}

#[test]
fn passwords_are_read_and_never_written() {
    let open: OpenReq = from_str(r#"{"client_password":"hunter2"}"#).unwrap();
    assert_eq!(open.client_password, Some(Secret::new(&b"hunter2"[..])));
    let request: SetAgentStateReq = from_str(r#"{"agent_password":"hunter2"}"#).unwrap();
    assert_eq!(request.agent_password, Some(Secret::text("hunter2")));
    let kept = RawField {
        tag: Tag::AGENT_PASSWORD,
        data: Bytes::from_static(b"hunter2\0"),
    };
    let failure = HeartbeatReq::with(|request| request.other = vec![kept.clone()]);
    let frame = Frame {
        message_type: MessageType::OPEN_REQ,
        body: Bytes::from_static(b"hunter2"),
    };
    let written = [
        serde_json::to_string(&Message::from(open)).unwrap(),
        serde_json::to_string(&Message::from(request)).unwrap(),
        serde_json::to_string(&Message::from(failure)).unwrap(),
        serde_json::to_string(&kept).unwrap(),
        serde_json::to_string(&Message::Unknown(frame.clone())).unwrap(),
        serde_json::to_string(&frame).unwrap(),
    ];
    for json in &written {
        assert!(
            !json.contains("hunter2") && !json.contains("68756e74657232"),
            "{json}"
        );
        assert!(!json.contains("_password\""), "{json}");
    }
    assert_eq!(
        written[5],
        r#"{"message":"OPEN_REQ","number":3,"body":null}"#
    );
    assert!(
        from_str::<Frame>(&written[5]).is_err(),
        "nothing is made up for the body"
    );
}

#[test]
fn an_unknown_message_keeps_its_number_and_body() {
    let frame = |number| Frame {
        message_type: MessageType(number),
        body: Bytes::from_static(&[0, 7, 0xff]),
    };
    let unknown = Message::Unknown(frame(9999));
    let expected = json!({"message": "UNKNOWN", "number": 9999, "body": "0007ff"});
    assert_eq!(to_value(&unknown).unwrap(), expected);
    round_trip(&unknown, "9999");
    // A message that the session's version does not have.
    let unknown = Message::Unknown(frame(30));
    assert_eq!(to_value(&unknown).unwrap()["message"], "AGENT_STATE_EVENT");
    round_trip(&unknown, "30");
}

#[test]
fn every_golden_message_survives() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let index = fs::read_to_string(directory.join("index.tsv")).unwrap();
    let mut count = 0;
    for line in index.lines().skip(1) {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap();
        let (file, dialect, number) = (next(), next(), next());
        let dialect = match dialect {
            "ucce" => Dialect::Ucce,
            _ => Dialect::Uccx,
        };
        let version = Version::new(dialect, number.parse().unwrap());
        let mut wire: BytesMut = fs::read_to_string(directory.join(file))
            .unwrap()
            .lines()
            .flat_map(|line| line.split('#').next().unwrap().split_whitespace())
            .map(|byte| u8::from_str_radix(byte, 16).unwrap())
            .collect();
        let frame = FrameCodec::new(version).decode(&mut wire).unwrap().unwrap();
        round_trip(&Message::decode(version, frame).unwrap(), file);
        count += 1;
    }
    assert!(count >= 180, "{count} files");
}

#[test]
fn every_message_of_every_version_survives() {
    let mut count = 0;
    for table in Message::TABLES {
        for version in versions().filter(|version| table.gate.admits(*version)) {
            let frame = Frame {
                message_type: table.number,
                body: Bytes::from(sample(table, version).body),
            };
            let message = Message::decode(version, frame).unwrap();
            round_trip(&message, &format!("{} {version}", table.name));
            count += 1;
        }
    }
    assert!(count > 2_000, "{count} messages");
}

/// The keys beside the fields are told apart from them by their names alone.
#[test]
fn no_field_is_called_like_a_key_of_the_form() {
    fn names(fields: &'static [Field], out: &mut BTreeSet<&'static str>) {
        for field in fields {
            out.insert(field.name);
            if let Place::List { entry } = field.place {
                names(entry, out);
            }
        }
    }
    let mut all = BTreeSet::new();
    let mut top = BTreeSet::new();
    for table in Message::TABLES {
        names(table.fields, &mut all);
        top.extend(table.fields.iter().map(|field| field.name));
    }
    for key in ["message", "dialect", "body"] {
        assert!(!top.contains(key), "{key}");
    }
    assert!(!all.contains("other"));
}

#[test]
fn what_no_message_can_hold_is_refused_with_its_place() {
    let fault = |json: Value| from_value::<Message>(json).unwrap_err().to_string();
    let state = |value: Value| fault(json!({"message": "AGENT_STATE_EVENT", "agent_state": value}));
    let id = |value: Value| fault(json!({"message": "AGENT_STATE_EVENT", "agent_id": value}));
    let place = "AGENT_STATE_EVENT: agent_state: ";
    assert_eq!(
        state(json!("SLEEPING")),
        format!("{place}there is no \"SLEEPING\"")
    );
    assert_eq!(
        state(json!(65536)),
        format!("{place}65536 does not fit 2 bytes")
    );
    assert_eq!(state(json!(-1)), format!("{place}-1 does not fit 2 bytes"));
    assert_eq!(
        state(json!([4])),
        format!("{place}takes a name or a whole number")
    );
    assert!(state(json!(4.5)).contains("invalid type: floating point"));
    let place = "AGENT_STATE_EVENT: agent_id: ";
    assert_eq!(
        id(json!("10\u{0}01")),
        format!("{place}holds a NUL at byte 2")
    );
    assert_eq!(
        id(json!({"hex": "3100"})),
        format!("{place}holds a NUL at byte 1")
    );
    assert_eq!(
        id(json!({"hex": "310"})),
        format!("{place}takes a string of hexadecimal digits")
    );
    assert_eq!(
        id(json!({"hex": "+1"})),
        format!("{place}takes a string of hexadecimal digits")
    );
    assert_eq!(
        id(json!({"hex": "31", "x": 1})),
        format!("{place}there is no \"x\" here")
    );
    assert_eq!(
        id(json!(1001)),
        format!("{place}takes a string, or an object with `hex`")
    );
    assert_eq!(
        fault(json!({"message": "AGENT_STATE_EVENT", "agentState": 4})),
        "AGENT_STATE_EVENT: there is no \"agentState\" here"
    );
    assert_eq!(
        fault(json!({"message": "AGENT_STATE_EVENT", "num_skill_groups": 1})),
        "AGENT_STATE_EVENT: there is no \"num_skill_groups\" here",
        "counters follow from their lists"
    );
    assert_eq!(
        fault(json!({"message": "AGENT_STATE_EVENT", "skill_groups": [{}, {"state": -1}]})),
        "AGENT_STATE_EVENT: skill_groups: state: -1 does not fit 2 bytes"
    );
    assert_eq!(
        fault(json!({"message": "NO_SUCH_EVENT"})),
        "there is no message \"NO_SUCH_EVENT\""
    );
    assert_eq!(fault(json!({"agent_state": 4})), "\"message\" is missing");
    assert_eq!(fault(json!([])), "takes an object");
    assert_eq!(
        fault(json!({"number": 9999, "body": "0"})),
        "takes a string of hexadecimal digits"
    );
    let twice = r#"{"message":"HEARTBEAT_REQ","invoke_id":1,"invoke_id":2}"#;
    assert!(
        from_str::<Message>(twice)
            .unwrap_err()
            .to_string()
            .starts_with("\"invoke_id\" stands twice")
    );
    let large = r#"{"message":"HEARTBEAT_REQ","invoke_id":18446744073709551615}"#;
    assert!(from_str::<Message>(large).is_err());
}

#[test]
fn deep_nesting_ends_early() {
    let deep = format!(r#"{{"message":{}"#, "[".repeat(100));
    let error = from_str::<Message>(&deep).unwrap_err().to_string();
    assert!(
        error.starts_with("nested deeper than any message"),
        "{error}"
    );
}

/// The maxima hold when the message is written, as for any other message.
#[test]
fn a_long_text_is_read_and_not_encoded() {
    let json = json!({"message": "AGENT_STATE_EVENT", "agent_id": "1".repeat(300)});
    let message: Message = from_value(json).unwrap();
    let written = message.encode(Version::ucce(23), &mut BytesMut::new());
    assert!(written.is_err());
}

#[test]
fn versions_frames_and_reasons_have_a_form_too() {
    let version = Version::uccx(17);
    let json = json!({"dialect": "UCCX", "number": 17});
    assert_eq!(to_value(version).unwrap(), json);
    assert_eq!(from_value::<Version>(json).unwrap(), version);
    let frame = Frame {
        message_type: MessageType::HEARTBEAT_REQ,
        body: Bytes::from_static(&[0, 0, 0, 7]),
    };
    let json = json!({"message": "HEARTBEAT_REQ", "number": 5, "body": "00000007"});
    assert_eq!(to_value(&frame).unwrap(), json);
    assert_eq!(from_value::<Frame>(json).unwrap(), frame);
    let reason = CloseReason::Refused {
        status: StatusCode::INVALID_VERSION,
    };
    let json = to_value(reason).unwrap();
    assert_eq!(
        json["refused"]["status"],
        to_value(StatusCode::INVALID_VERSION).unwrap()
    );
    assert_eq!(from_value::<CloseReason>(json).unwrap(), reason);
    assert_eq!(to_value(InvokeId(7)).unwrap(), json!(7));
    assert_eq!(to_value(PeripheralId::NULL).unwrap(), json!("NULL"));
}

/// Whether a password stands among what no line of the table took, which is not written either.
#[cfg(feature = "arbitrary")]
fn keeps_password(contents: cti_proto::codec::Contents<'_>) -> bool {
    use cti_proto::codec::FieldValue;

    let password = [Tag::CLIENT_PASSWORD, Tag::AGENT_PASSWORD];
    let mut other = contents.other().iter();
    other.any(|field| password.contains(&field.tag))
        || contents.fields().any(|(_, value)| {
            let FieldValue::List(list) = value else {
                return false;
            };
            list.iter()
                .any(|value| matches!(value, FieldValue::Entry(entry) if keeps_password(entry)))
        })
}

/// Messages with texts of any bytes, and what becomes of them when a byte of their JSON changes.
#[cfg(feature = "arbitrary")]
#[test]
fn any_message_survives_and_damage_is_an_error_or_another_message() {
    use arbitrary::{Arbitrary, Unstructured};

    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        (state >> 33) as usize
    };
    let bytes: Vec<u8> = (0..300_000).map(|_| noise() as u8).collect();
    let (mut read, mut refused) = (0, 0);
    for bytes in bytes.windows(2_000).step_by(199) {
        let message = Message::arbitrary(&mut Unstructured::new(bytes)).unwrap();
        // Nothing of the body of a frame that may hold a password is written.
        if matches!(&message, Message::Unknown(frame) if [3, 38].contains(&frame.message_type.0))
            || message.contents().is_some_and(keeps_password)
        {
            continue;
        }
        round_trip(&message, "arbitrary");
        let mut json = serde_json::to_vec(&message).unwrap();
        let at = noise() % json.len();
        json[at] = b"0\"{}[],:xy-9\\\xff"[noise() % 14];
        match serde_json::from_slice::<Message>(&json) {
            Ok(message) => {
                round_trip(&message, "damaged");
                let _ = message.encode(Version::ucce(25), &mut BytesMut::new());
                read += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(
        read > 100 && refused > 100,
        "{read} read, {refused} refused"
    );
}
