//! What a log shows: messages on one line and as blocks, with nothing of a peer that a terminal acts on.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use bytes::{Bytes, BytesMut};
use cti_proto::code::{
    AgentState, CallId, InvokeId, MessageType, PeripheralId, ReasonCode, RecordType, ServiceMask,
    SkillGroupId, StatusCode,
};
use cti_proto::codec::{FieldValue, NamedVariable, RawField, Secret, Text};
use cti_proto::message::{
    AgentRecord, AgentSkillGroup, AgentStateEvent, BeginCallEvent, ConfigAgentEvent, FailureConf,
    OpenReq, SetAgentStateReq, SkillGroup,
};
use cti_proto::{Frame, Message, Tag};

use common::synth::{sample, versions};

fn text(text: &str) -> Option<Text> {
    Some(text.try_into().unwrap())
}

fn open_req() -> OpenReq {
    OpenReq::with(|open| {
        open.invoke_id = InvokeId(1);
        open.version_number = 24;
        open.idle_timeout = 20;
        open.services_requested = ServiceMask::CLIENT_EVENTS | ServiceMask(0x4000_0000);
        open.client_id = text("desk \"7\"");
        open.client_password = Some(Secret::text("hunter2"));
        open.agent_id = text("1001");
    })
}

fn agent_state_event() -> AgentStateEvent {
    AgentStateEvent::with(|event| {
        event.peripheral_id = PeripheralId(5000);
        event.skill_group_state = AgentState::TALKING;
        event.agent_state = AgentState(99);
        event.event_reason_code = ReasonCode::AGT_LOGON;
        event.agent_id = text("1001");
        event.skill_groups = vec![
            SkillGroup::with(|group| {
                group.number = Some(SkillGroupId(17));
                group.priority = Some(0);
                group.state = Some(AgentState::TALKING);
            }),
            SkillGroup::with(|group| group.number = Some(SkillGroupId::NULL)),
        ];
        event.other = vec![RawField {
            tag: Tag(9999),
            data: Bytes::from_static(&[1, 2, 0xfe]),
        }];
    })
}

#[test]
fn an_open_request_names_its_masks_and_hides_its_password() {
    let open = open_req();
    assert_eq!(
        open.to_string(),
        "OPEN_REQ invoke_id=1 version_number=24 idle_timeout=20 \
         services_requested=CLIENT_EVENTS|0x40000000 client_id=\"desk \\\"7\\\"\" \
         client_password=(secret) agent_id=\"1001\""
    );
    assert_eq!(
        format!("{open:#}"),
        r#"
OPEN_REQ
    invoke_id          = 1
    version_number     = 24
    idle_timeout       = 20
    services_requested = CLIENT_EVENTS|0x40000000
    call_msg_mask      = 0x0
    agent_state_mask   = 0x0
    config_msg_mask    = 0x0
    reserved1          = 0
    reserved2          = 0
    reserved3          = 0
    client_id          = "desk \"7\""
    client_password    = (secret)
    agent_id           = "1001""#
            .trim_start()
    );
}

#[test]
fn an_agent_state_event_lists_its_skill_groups_and_unknown_fields() {
    let event = Message::from(agent_state_event());
    assert_eq!(
        event.to_string(),
        "AGENT_STATE_EVENT peripheral_id=5000 skill_group_state=TALKING agent_state=99 \
         event_reason_code=AGT_LOGON agent_mode=NOT_ROUTABLE agent_id=\"1001\" \
         skill_groups=[{number=17 priority=0 state=TALKING}, {number=NULL}] tag 9999=0x0102fe"
    );
    assert_eq!(
        format!("{event:#}"),
        r#"
AGENT_STATE_EVENT
    monitor_id                = 0
    peripheral_id             = 5000
    session_id                = 0
    skill_group_state         = TALKING (4)
    state_duration            = 0
    skill_group_priority      = 0
    agent_state               = 99
    event_reason_code         = AGT_LOGON (32760)
    mrd_id                    = 0
    num_tasks                 = 0
    agent_mode                = NOT_ROUTABLE (0)
    max_task_limit            = 0
    icm_agent_id              = 0
    agent_availability_status = 0
    department_id             = 0
    agent_id                  = "1001"
    skill_groups
      - number   = 17
        priority = 0
        state    = TALKING (4)
      - number = NULL (4294967295)
    tag 9999 = 0x0102fe"#
            .trim_start()
    );
}

/// CALL_DELIVERED_EVENT of `golden/uccx17_call_delivered_event.hex`.
#[test]
fn a_delivered_call_shows_devices_and_call_data() {
    let golden = include_str!("golden/uccx17_call_delivered_event.hex");
    let mut input: BytesMut = golden
        .lines()
        .flat_map(|line| line.split('#').next().unwrap().split_whitespace())
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect();
    let version = cti_proto::Version::uccx(17);
    let frame = cti_proto::FrameCodec::new(version)
        .decode(&mut input)
        .unwrap()
        .unwrap();
    let message = Message::decode(version, frame).unwrap();
    assert_eq!(
        message.to_string(),
        "CALL_DELIVERED_EVENT peripheral_id=1 peripheral_type=ACMI_CRS \
         connection_device_id_type=STATIC connection_call_id=16777217 line_type=UNKNOWN \
         service_number=1 skill_group_number=1 alerting_device_type=AGENT_DEVICE \
         calling_device_type=EXTERNAL called_device_type=ROUTE_POINT \
         local_connection_state=ALERTING event_cause=NEW_CALL connection_device_id=\"1001001\" \
         alerting_device_id=\"1001001\" calling_device_id=\"5550100\" called_device_id=\"8000\" \
         ani=\"5550100\" dnis=\"8000\" dialed_number=\"8000\" call_variable2=\"two\""
    );
}

#[test]
fn records_are_shown_inside_their_message() {
    let event = ConfigAgentEvent::with(|event| {
        event.records = vec![AgentRecord::with(RecordType::ADD, |record| {
            record.login_name = text("jsmith");
            record.skill_groups = vec![AgentSkillGroup::with(|group| group.priority = Some(1))];
            record.other = vec![RawField {
                tag: Tag::CLIENT_ID,
                data: Bytes::from_static(b"x\0"),
            }];
        })];
    });
    assert_eq!(
        event.to_string(),
        "CONFIG_AGENT_EVENT records=[{record_type=ADD login_name=\"jsmith\" \
         skill_groups=[{priority=1}] tag 1 CLIENT_ID=0x7800}]"
    );
    assert_eq!(
        format!("{event:#}"),
        r#"
CONFIG_AGENT_EVENT
    records
      - record_type = ADD (0)
        login_name  = "jsmith"
        skill_groups
          - priority = 1
        tag 1 CLIENT_ID = 0x7800"#
            .trim_start()
    );
    assert_eq!(
        format!("{:#}", event.records[0]),
        r#"
record_type = ADD (0)
login_name  = "jsmith"
skill_groups
  - priority = 1
tag 1 CLIENT_ID = 0x7800"#
            .trim_start()
    );
}

#[test]
fn an_unknown_message_is_dumped_unless_it_may_hold_a_password() {
    let frame = Frame {
        message_type: MessageType(9999),
        body: Bytes::from_static(b"\x00\x00\x00\x07agent 1001\x1b[2J\xff"),
    };
    let message = Message::Unknown(frame);
    assert_eq!(
        message.to_string(),
        "message 9999 of 19 bytes 0x000000076167656e7420313030311b5b324aff"
    );
    assert_eq!(
        format!("{message:#}"),
        "message 9999 of 19 bytes\n    \
         0000  00 00 00 07 61 67 65 6e 74 20 31 30 30 31 1b 5b  ....agent 1001.[\n    \
         0010  32 4a ff                                         2J."
    );
    let long = Frame {
        message_type: MessageType::SYSTEM_EVENT,
        body: Bytes::from(vec![0xaa; 100]),
    };
    let shown = format!("SYSTEM_EVENT of 100 bytes 0x{}..(36 more)", "aa".repeat(64));
    assert_eq!(long.to_string(), shown);
    for message_type in [MessageType::OPEN_REQ, MessageType::SET_AGENT_STATE_REQ] {
        let body = Bytes::from_static(b"hunter2");
        let shown = Frame { message_type, body };
        assert!(shown.to_string().ends_with("of 7 bytes (secret)"));
        assert!(format!("{shown:#}").ends_with("of 7 bytes (secret)"));
    }
}

#[test]
fn passwords_are_not_shown_as_unknown_fields_either() {
    for tag in [Tag::CLIENT_PASSWORD, Tag::AGENT_PASSWORD] {
        let data = Bytes::from_static(b"hunter2\0");
        let field = RawField { tag, data };
        let name = tag.name().unwrap();
        assert_eq!(field.to_string(), format!("tag {} {name}=(secret)", tag.0));
        let message = FailureConf::with(|failure| failure.other = vec![field]);
        assert!(!format!("{message} {message:#} {message:?}").contains("hunter2"));
    }
    let request = SetAgentStateReq::with(|request| {
        request.agent_password = Some(Secret::text("hunter2"));
    });
    assert!(!format!("{request} {request:#} {request:?}").contains("hunter2"));
}

/// A peer may put anything into a text; a log is read on a terminal.
#[test]
fn control_characters_of_a_peer_are_escaped() {
    let hostile = "\x1b]0;owned\x07 \x08\r\n\t \u{9b}2J \u{202e}cba \u{2066} don't é 中 \x7f";
    let mut bytes = hostile.as_bytes().to_vec();
    bytes.extend(b"\xff\xc3");
    let event = BeginCallEvent::with(|event| {
        event.ani = Some(Text::new(bytes).unwrap());
        let (name, value) = (text(hostile).unwrap(), text(hostile).unwrap());
        event.named_variables = vec![NamedVariable::new(name, value)];
    });
    let escaped =
        r"\u{1b}]0;owned\u{7} \u{8}\r\n\t \u{9b}2J \u{202e}cba \u{2066} don't é 中 \u{7f}";
    let line = event.to_string();
    assert!(
        line.contains(&format!("ani=\"{escaped}\\xff\\xc3\"")),
        "{line}"
    );
    assert!(
        line.ends_with(&format!("named_variables=[\"{escaped}\"=\"{escaped}\"]")),
        "{line}"
    );
    let block = format!("{event:#}");
    let printable = |c: char| c == '\n' || !c.is_control();
    assert!(block.chars().all(printable), "{block}");
}

#[test]
fn codes_and_masks_print_their_names() {
    assert_eq!(AgentState::TALKING.to_string(), "TALKING");
    assert_eq!(format!("{:#}", AgentState::TALKING), "TALKING (4)");
    assert_eq!(format!("[{:>8}]", AgentState::LOGIN), "[   LOGIN]");
    assert_eq!(AgentState(1000).to_string(), "1000");
    assert_eq!(AgentState::from_name("TALKING"), Some(AgentState::TALKING));
    assert_eq!(AgentState::from_name("talking"), None);
    assert_eq!(InvokeId(7).to_string(), "7");
    assert_eq!(CallId::NULL.to_string(), "NULL");
    assert_eq!(StatusCode(0xffff).to_string(), "65535");
    assert_eq!(ServiceMask::NONE.to_string(), "0x0");
    let mask = ServiceMask::SUPERVISOR | ServiceMask::CLIENT_EVENTS;
    assert_eq!(mask.to_string(), "CLIENT_EVENTS|SUPERVISOR");
    assert_eq!(format!("{mask:?}"), "ServiceMask(CLIENT_EVENTS|SUPERVISOR)");
}

#[test]
fn fields_are_found_by_name() {
    let event = Message::from(agent_state_event());
    let contents = event.contents().unwrap();
    assert_eq!(contents.get("peripheral_id").number(), Some(5000));
    assert_eq!(contents.get("agent_id").text(), text("1001").as_ref());
    assert!(contents.get("agent_extension").is_absent());
    assert!(contents.get("skill_group_id").is_absent(), "holds the null");
    assert!(contents.get("no_such_field").is_absent());
    let FieldValue::List(groups) = contents.get("skill_groups") else {
        panic!("{contents:?}");
    };
    assert_eq!((groups.len(), groups.iter().count()), (2, 2));
    assert_eq!(contents.other().len(), 1);
}

/// Each field that a decoder filled is on the line, each on a line of its own in the block.
#[test]
fn every_message_shows_all_its_fields() {
    let mut checked = 0;
    for table in Message::TABLES {
        for version in versions().filter(|version| table.gate.admits(*version)) {
            let body = Bytes::from(sample(table, version).body);
            let frame = Frame {
                message_type: table.number,
                body,
            };
            let message = Message::decode(version, frame).unwrap();
            let (line, block) = (message.to_string(), format!("{message:#}"));
            assert!(
                line.starts_with(table.name) && !line.contains('\n'),
                "{line}"
            );
            let contents = message.contents().unwrap();
            for (field, value) in contents.fields().filter(|(_, value)| !value.is_absent()) {
                let shown = format!("\n    {}", field.name);
                assert!(block.contains(&shown), "{version} {}: {block}", field.name);
                let gated = !field.gate.admits(version) && value.number() == Some(0);
                let shown = format!(" {}=", field.name);
                assert!(
                    gated || line.contains(&shown),
                    "{version} {}: {line}",
                    field.name
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 10_000, "{checked} fields");
}
