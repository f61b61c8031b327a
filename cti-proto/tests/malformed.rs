//! Hostile input: floods, lies about lengths, time that jumps, and buffers kept alive.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use cti_proto::code::{MessageType, ServiceMask, StatusCode};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{
    AgentStateEvent, Body, ConfigAgentEvent, ListAgentTeamConf, OpenConf, QueryAgentStateReq,
    SetAgentStateReq, SetCallDataReq,
};
use cti_proto::session::{Client, CloseReason, Error, Server, client, server};
use cti_proto::{DecodeError, Dialect, EncodeError, Frame, Message, Version};

const VERSION: Version = Version::uccx(17);

fn open_server() -> Server {
    let mut client = Client::new(client::Config::new(VERSION, Text::EMPTY, Secret::default()));
    client.open(Duration::ZERO).unwrap();
    let mut input = BytesMut::from(&client.poll_transmit().unwrap()[..]);
    let mut server = Server::new(Duration::ZERO, server::Config::new(Dialect::Uccx, 10..=17));
    server.handle_input(Duration::ZERO, &mut input).unwrap();
    let conf = OpenConf::with(|conf| conf.services_granted = ServiceMask::KNOWN);
    server.accept(Duration::ZERO, conf).unwrap();
    while server.poll_event().is_some() || server.poll_transmit().is_some() {}
    server
}

#[test]
fn a_huge_length_ends_the_session_with_a_goodbye() {
    let mut server = open_server();
    let mut input = BytesMut::from(&[0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 5][..]);
    let error = server.handle_input(Duration::ZERO, &mut input).unwrap_err();
    assert_eq!(
        error,
        Error::Decode(DecodeError::TooLong {
            len: 0x8000_0007,
            max: 12_500
        })
    );
    // FAILURE_EVENT with E_CTI_INVALID_MESSAGE_LENGTH.
    assert_eq!(
        server.poll_transmit().unwrap()[..],
        [0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 2]
    );
    assert_eq!(
        server.poll_event(),
        Some(server::Event::Closed(CloseReason::Protocol))
    );
    assert_eq!(server.poll_event(), None);
}

#[test]
fn a_flood_of_heartbeats_that_nobody_reads_ends_at_the_limit_of_unsent_bytes() {
    let mut server = open_server();
    let beats = [0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 1].repeat(100_000);
    let mut input = BytesMut::from(&beats[..]);
    let error = server.handle_input(Duration::ZERO, &mut input).unwrap_err();
    assert!(matches!(error, Error::SlowPeer { len, max } if len <= max + 12));
    assert_eq!(
        server.poll_event(),
        Some(server::Event::Closed(CloseReason::SlowPeer))
    );
}

#[test]
fn a_flood_of_events_that_nobody_polls_ends_at_the_limit_of_events() {
    let mut server = open_server();
    let mut input = BytesMut::new();
    for _ in 0..70_000 {
        input.put_slice(&[0, 0, 0, 8, 0, 0, 0, 232, 0, 0, 0, 0, 0, 0, 0, 1]);
    }
    let error = server.handle_input(Duration::ZERO, &mut input).unwrap_err();
    assert_eq!(error, Error::EventsUnread { max: 65_536 });
}

#[test]
fn a_second_open_req_is_refused_with_status_5() {
    let mut server = open_server();
    let mut client = Client::new(client::Config::new(VERSION, Text::EMPTY, Secret::default()));
    client.open(Duration::ZERO).unwrap();
    let mut input = BytesMut::from(&client.poll_transmit().unwrap()[..]);
    server.handle_input(Duration::ZERO, &mut input).unwrap();
    assert_eq!(server.poll_transmit().unwrap()[12..], [0, 0, 0, 5]);
    assert!(server.is_open());
}

#[test]
fn time_that_stands_still_or_jumps_does_no_harm() {
    let mut client = Client::new(client::Config::new(VERSION, Text::EMPTY, Secret::default()));
    client.open(Duration::MAX).unwrap();
    for now in [Duration::ZERO, Duration::MAX, Duration::ZERO] {
        client.handle_timeout(now);
    }
    assert_eq!(
        client.poll_event(),
        Some(client::Event::Closed(CloseReason::OpenTimedOut))
    );
    let mut server = open_server();
    server.handle_timeout(Duration::ZERO);
    assert!(server.is_open());
    server.handle_timeout(Duration::MAX);
    assert_eq!(
        server.poll_event(),
        Some(server::Event::Closed(CloseReason::IdleTimedOut))
    );
}

#[test]
fn a_body_of_nothing_but_empty_fields_is_read_in_one_pass() {
    // Ten bytes of fixed part are missing in none of these: 12,492 bytes of tag 0, length 0.
    let mut body = vec![0; 16];
    body.extend([0; 12_476]);
    let frame = Frame {
        message_type: MessageType::QUERY_AGENT_STATE_REQ,
        body: body.into(),
    };
    let Message::QueryAgentStateReq(request) = Message::decode(VERSION, frame).unwrap() else {
        panic!();
    };
    assert_eq!(request.other.len(), 12_476 / 2);
}

#[test]
fn call_data_beyond_2000_bytes_are_read_but_not_written() {
    let version = Version::ucce(23);
    let mut body = vec![0; SetCallDataReq::TABLE.fixed_len(version)];
    for _ in 0..45 {
        body.extend([0, 82, 0, 244]);
        body.extend([&[b'n'; 32][..], &[0], &[b'v'; 210], &[0]].concat());
    }
    let request = SetCallDataReq::decode(version, &Bytes::from(body)).unwrap();
    assert_eq!(request.named_variables.len(), 45);
    let written = Message::from(request).encode(version, &mut BytesMut::new());
    let message = "SET_CALL_DATA_REQ";
    assert_eq!(
        written,
        Err(EncodeError::TooMuchCallData {
            message,
            len: 9 * 244
        })
    );
}

#[test]
fn list_entries_that_come_back_to_front_are_read_in_one_pass_and_kept_in_order() {
    let version = Version::ucce(25);
    let fixed = vec![0; AgentStateEvent::TABLE.fixed_len(version)];
    // State before number: each field opens an entry of its own.
    let pair = [0, 65, 0, 2, 0, 3, 0, 62, 0, 4, 0, 0, 0, 9];
    let body = [&fixed[..], &pair.repeat(500)].concat();
    let event = AgentStateEvent::decode(version, &Bytes::from(body.clone())).unwrap();
    assert_eq!(event.skill_groups.len(), 501);
    let mut out = BytesMut::new();
    Message::from(event).encode(version, &mut out).unwrap();
    assert_eq!(out[8 + fixed.len()..], body[fixed.len()..]);
}

#[test]
fn a_field_that_comes_twice_or_does_not_fit_is_kept() {
    let mut body = vec![0; QueryAgentStateReq::TABLE.fields.len() - 3 + 12];
    body.extend([194, 2, b'1', 0, 194, 2, b'2', 0, 62, 3, 0, 0, 1]);
    let request = QueryAgentStateReq::decode(VERSION, &Bytes::from(body.clone())).unwrap();
    assert_eq!(request.agent_id.as_ref().unwrap(), "1");
    assert_eq!(request.other.len(), 2);
    let mut out = BytesMut::new();
    Message::from(request).encode(VERSION, &mut out).unwrap();
    assert_eq!(out[8..], body);
}

#[test]
fn a_field_before_the_first_record_stays_outside_the_records() {
    // NumRecords, an unknown field, and one record with an unknown field of its own.
    let body = [0, 1, 240, 1, 9, 183, 2, 0, 0, 190, 2, b'a', 0, 241, 1, 8];
    let event = ConfigAgentEvent::decode(VERSION, &Bytes::copy_from_slice(&body)).unwrap();
    assert_eq!((event.other.len(), event.records.len()), (1, 1));
    assert_eq!(event.records[0].other.len(), 1);
    let mut out = BytesMut::new();
    Message::from(event).encode(VERSION, &mut out).unwrap();
    assert_eq!(out[8..], body);
}

#[test]
fn a_list_takes_512_entries_and_not_one_more() {
    // NumRecords, then RecordType (tag 183, 2 bytes), which opens a record.
    let body = |records: usize| {
        let mut body = vec![0, 1];
        body.extend([183, 2, 0, 1].repeat(records));
        Bytes::from(body)
    };
    let mut event = ConfigAgentEvent::decode(VERSION, &body(512)).unwrap();
    assert_eq!(event.records.len(), 512);
    let mut wire = BytesMut::new();
    Message::from(event.clone())
        .encode(VERSION, &mut wire)
        .unwrap();
    // The counter is the list's.
    assert_eq!(wire[8..14], [2, 0, 183, 2, 0, 1]);

    let error = ConfigAgentEvent::decode(VERSION, &body(513)).unwrap_err();
    let full = DecodeError::TooManyEntries {
        message: "CONFIG_AGENT_EVENT",
        offset: 2 + 512 * 4 + 2,
        max: 512,
    };
    assert_eq!(error, full);
    assert_eq!(error.status(), StatusCode::INVALID_FIELD_LENGTH);
    assert_eq!(
        error.to_string(),
        "CONFIG_AGENT_EVENT has a list of more than 512 entries, passed at byte 2052"
    );

    event.records.push(event.records[0].clone());
    assert_eq!(
        Message::from(event)
            .encode(VERSION, &mut BytesMut::new())
            .unwrap_err(),
        EncodeError::TooManyEntries {
            message: "CONFIG_AGENT_EVENT",
            field: "num_records",
            len: 513,
            max: 512,
        }
    );
}

#[test]
fn a_field_that_repeats_is_taken_512_times_and_not_once_more() {
    let fixed = vec![0; ListAgentTeamConf::TABLE.fixed_len(VERSION)];
    // ListTeamID (tag 92, 4 bytes).
    let body = |teams: usize| {
        let fields = [92, 4, 0, 0, 0, 7].repeat(teams);
        Bytes::from([&fixed[..], &fields].concat())
    };
    let mut conf = ListAgentTeamConf::decode(VERSION, &body(512)).unwrap();
    assert_eq!(conf.team_ids, [7; 512]);

    let error = ListAgentTeamConf::decode(VERSION, &body(513)).unwrap_err();
    let full = DecodeError::TooManyEntries {
        message: "LIST_AGENT_TEAM_CONF",
        offset: fixed.len() + 512 * 6 + 2,
        max: 512,
    };
    assert_eq!(error, full);

    conf.team_ids.push(7);
    let refused = Message::from(conf).encode(VERSION, &mut BytesMut::new());
    assert!(
        matches!(
            refused,
            Err(EncodeError::TooManyEntries {
                len: 513,
                max: 512,
                ..
            })
        ),
        "{refused:?}"
    );
}

#[test]
fn passwords_are_shown_nowhere() {
    let request = SetAgentStateReq::with(|request| {
        request.agent_instrument = Some(Text::try_from("1001").unwrap());
        request.agent_password = Some(Secret::text("hunter2"));
    });
    let mut wire = BytesMut::new();
    Message::from(request.clone())
        .encode(VERSION, &mut wire)
        .unwrap();
    let frame = cti_proto::FrameCodec::new(VERSION)
        .decode(&mut wire)
        .unwrap()
        .unwrap();
    let mut twice = frame.body.to_vec();
    twice.extend(b"\x31\x08hunter2\0");
    let kept = SetAgentStateReq::decode(VERSION, &Bytes::from(twice)).unwrap();
    assert_eq!(kept.other.len(), 1);
    for shown in [
        format!("{request:?}"),
        format!("{frame:?}"),
        format!("{kept:?}"),
    ] {
        assert!(
            !shown.contains("hunter2") && !shown.contains("104, 117"),
            "{shown}"
        );
        assert!(!shown.contains("68, 75, 6e"), "{shown}");
    }
    let config = client::Config::new(VERSION, Text::EMPTY, Secret::text("hunter2"));
    assert!(!format!("{:?}", Client::new(config)).contains("hunter2"));
}

#[test]
fn detached_texts_do_not_keep_their_buffers() {
    let mut agents = Vec::new();
    for number in 0..2_000_u32 {
        // A read of 64 KiB that holds one message of interest.
        let mut read = BytesMut::with_capacity(65_536);
        read.put_slice(&[0, 0, 0, 26, 0, 0, 0, 36]);
        read.put_bytes(0, 16);
        read.put_slice(&[194, 8]);
        read.put_slice(format!("{:07}\0", number).as_bytes());
        let frame = cti_proto::FrameCodec::new(VERSION)
            .decode(&mut read)
            .unwrap()
            .unwrap();
        let Message::QueryAgentStateReq(request) = Message::decode(VERSION, frame).unwrap() else {
            panic!();
        };
        let agent = request.agent_id.as_ref().unwrap().detach();
        drop(request);
        // The whole buffer is free again: nothing else holds a part of it.
        assert!(read.try_reclaim(65_000), "agent {number} keeps its buffer");
        agents.push(agent);
    }
    assert_eq!(agents[1_999], "0001999");
}

#[test]
fn a_status_tells_what_was_wrong_with_a_body() {
    let cut = Message::decode(
        VERSION,
        Frame {
            message_type: MessageType::ANSWER_CALL_REQ,
            body: Bytes::from_static(&[0; 13]),
        },
    );
    let error = cut.unwrap_err();
    assert_eq!(error.status(), StatusCode::INVALID_MESSAGE_LENGTH);
    assert_eq!(
        error.to_string(),
        "ANSWER_CALL_REQ ends at byte 12, inside connection_device_id_type"
    );
}
