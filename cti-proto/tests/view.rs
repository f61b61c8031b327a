//! The borrowed pass agrees with the decoder, on good bytes and on bad ones.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use bytes::Bytes;
use common::synth::{UNKNOWN_DATA, UNKNOWN_TAG, sample, versions};
use cti_proto::code::MessageType;
use cti_proto::message::Table;
use cti_proto::{DecodeError, Frame, FrameRef, Message, Tag, Version, View};

/// Every table in every version that has it.
fn layouts() -> impl Iterator<Item = (&'static Table, Version)> {
    Message::TABLES.iter().flat_map(|table| {
        versions()
            .filter(|version| table.gate.admits(*version))
            .map(|version| (*table, version))
    })
}

fn view<'a>(
    version: Version,
    message_type: MessageType,
    body: &'a [u8],
) -> Result<View<'a>, DecodeError> {
    let frame = FrameRef { message_type, body };
    View::new(version, frame).map(|view| view.expect("a message with a table"))
}

#[test]
fn fixed_fields_and_ranges_cover_the_body_of_every_message() {
    for (table, version) in layouts() {
        let sample = sample(table, version);
        let view = view(version, table.number, &sample.body).unwrap();
        assert_eq!(view.table().name, table.name, "{version}");

        let mut end = 0;
        for (line, range) in view.fixed() {
            assert_eq!(range.start, end, "{} {version}: {}", table.name, line.name);
            end = range.end;
            assert_eq!(table.fixed_range(version, line.name), Some(range.clone()));
            assert_eq!(view.data(line.name), Ok(Some(&sample.body[range])));
        }
        assert_eq!(end, sample.fixed_len, "{} {version}", table.name);
        assert_eq!(table.fixed_len(version), sample.fixed_len);

        let header = version.field_width().header_len();
        let mut boundaries = vec![end];
        for field in view.floating() {
            let (_, range) = field.unwrap();
            assert_eq!(range.start, end + header);
            end = range.end;
            boundaries.push(end);
        }
        assert_eq!(boundaries, sample.boundaries, "{} {version}", table.name);
        assert_eq!(view.tagged(Tag(UNKNOWN_TAG)), Ok(Some(UNKNOWN_DATA)));
    }
}

#[test]
fn a_body_cut_anywhere_gives_the_error_of_the_decoder() {
    for (table, version) in layouts() {
        let body = Bytes::from(sample(table, version).body);
        for len in 0..body.len() {
            let message_type = table.number;
            let body = body.slice(..len);
            let decoded = Message::decode(
                version,
                Frame {
                    message_type,
                    body: body.clone(),
                },
            );
            let viewed = view(version, message_type, &body)
                .and_then(|view| view.floating().try_for_each(|field| field.map(drop)));
            assert_eq!(
                viewed.err(),
                decoded.err(),
                "{} {version} at {len}",
                table.name
            );
        }
    }
}

#[test]
fn an_error_is_the_last_item() {
    let body = [0, 0, 0, 1, 0, 0, 0, 2, 8, 200, 1];
    let view = view(Version::uccx(17), MessageType::FAILURE_CONF, &body).unwrap();
    let mut floating = view.floating();
    let error = DecodeError::FloatingPartTruncated {
        message: "FAILURE_CONF",
        offset: 8,
    };
    assert_eq!(floating.next(), Some(Err(error.clone())));
    assert_eq!(floating.next(), None);
    assert_eq!(view.tagged(Tag::ANI), Err(error));
}

#[test]
fn what_has_no_table_has_no_view() {
    let frame = |message_type| FrameRef {
        message_type,
        body: &[0; 64],
    };
    // Nobody speaks 9999; CALL_ATTRIBUTE_CHANGE_EVENT and the UCCX statistics share 240.
    assert!(
        View::new(Version::ucce(14), frame(MessageType(9_999)))
            .unwrap()
            .is_none()
    );
    let names = [Version::ucce(14), Version::uccx(14)].map(|version| {
        let view = View::new(version, frame(MessageType(240))).unwrap();
        view.map(|view| view.table().name)
    });
    assert_eq!(
        names,
        [
            Some("CALL_ATTRIBUTE_CHANGE_EVENT"),
            Some("QUERY_AGENT_QUEUE_STATISTICS_CONF")
        ]
    );
}

/// Guides 24 and 25 print FailureCode USHORT and PeripheralErrorCode UINT, the others Status UINT;
/// the length tells.
#[test]
fn both_bodies_of_failure_conf_show_their_status() {
    let short = [0, 0, 0, 7, 0, 15, 0, 0, 0, 9];
    let usual = [0, 0, 0, 7, 0, 0, 0, 15];
    for body in [&short[..], &usual] {
        let view = view(Version::ucce(24), MessageType::FAILURE_CONF, body).unwrap();
        assert_eq!(view.number("invoke_id"), Ok(Some(7)));
        assert_eq!(view.number("status"), Ok(Some(15)));
        assert_eq!(view.floating().count(), 0);
    }
}

#[test]
fn a_field_is_found_under_the_tag_of_its_dialect() {
    for (version, tag) in [
        (Version::ucce(24), Tag::AGENT_ID),
        (Version::uccx(17), Tag::AGENT_ID_LONG),
    ] {
        let table = Message::table_of(version, MessageType::AGENT_STATE_EVENT).unwrap();
        let mut body = vec![0; table.fixed_len(version)];
        common::synth::put_field(&mut body, version.field_width(), tag.0, b"1001\0");
        let view = view(version, table.number, &body).unwrap();
        assert_eq!(view.text("agent_id"), Ok(Some(&b"1001"[..])));
        assert_eq!(view.data("agent_id"), Ok(Some(&b"1001\0"[..])));
        assert_eq!(view.data("agent_extension"), Ok(None));
        assert_eq!(view.data("no_such_field"), Ok(None));
        assert_eq!(view.number("agent_id"), Ok(None));
    }
}
