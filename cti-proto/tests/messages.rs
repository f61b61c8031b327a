//! Every message in every version that has it, from bytes that the field tables alone describe.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use bytes::{Bytes, BytesMut};
use cti_proto::message::Table;
use cti_proto::{DecodeError, EncodeError, Frame, HEADER_LEN, Message, Version};

use common::synth::{Sample, is_disputed, put_field, sample, versions};

/// Runs `check` for every message in every version that has it.
fn for_each(mut check: impl FnMut(&Table, Version, Sample)) {
    let mut checked = 0;
    for table in Message::TABLES {
        for version in versions().filter(|version| table.gate.admits(*version)) {
            check(table, version, sample(table, version));
            checked += 1;
        }
    }
    assert!(checked > 2_000, "{checked} samples");
}

fn frame(table: &Table, body: &[u8]) -> Frame {
    Frame {
        message_type: table.number,
        body: Bytes::copy_from_slice(body),
    }
}

#[test]
fn every_message_is_read_and_written_back_byte_for_byte() {
    for_each(|table, version, sample| {
        let message = Message::decode(version, frame(table, &sample.body)).unwrap();
        assert_eq!(message.table().unwrap().name, table.name, "{version}");
        let mut out = BytesMut::new();
        message.encode(version, &mut out).unwrap();
        let len = u32::try_from(sample.body.len()).unwrap();
        assert_eq!(out[..4], len.to_be_bytes(), "{} {version}", table.name);
        assert_eq!(
            out[4..8],
            table.number.0.to_be_bytes(),
            "{} {version}",
            table.name
        );
        assert_eq!(out[HEADER_LEN..], sample.body, "{} {version}", table.name);
    });
}

#[test]
fn every_message_cut_at_every_byte_gives_an_error_that_names_the_place() {
    for_each(|table, version, sample| {
        if is_disputed(table, version) {
            return; // A cut body may be whole in its other form, see `quirks.rs`.
        }
        for len in 0..sample.body.len() {
            let result = Message::decode(version, frame(table, &sample.body[..len]));
            if len < sample.fixed_len {
                let Err(DecodeError::FixedPartTruncated {
                    message, offset, ..
                }) = result
                else {
                    panic!("{} {version} {len}: {result:?}", table.name);
                };
                assert!(message == table.name && offset <= len);
            } else if sample.boundaries.contains(&len) {
                assert!(result.is_ok(), "{} {version} {len}: {result:?}", table.name);
            } else {
                let Err(DecodeError::FloatingPartTruncated { message, offset }) = result else {
                    panic!("{} {version} {len}: {result:?}", table.name);
                };
                assert!(message == table.name && sample.boundaries.contains(&offset));
            }
        }
    });
}

#[test]
fn every_text_is_read_past_its_maximum_and_written_up_to_it() {
    for_each(|table, version, sample| {
        for field in table
            .fields
            .iter()
            .filter(|field| field.gate.admits(version))
        {
            let room = version.field_width().max_data_len();
            let (Some(tag), max) = (field.tag(version), field.max(version)) else {
                continue;
            };
            if field.type_name != "Option<Text>" || max >= room {
                continue;
            }
            for len in [max, max + 1] {
                let mut body = sample.body[..sample.fixed_len].to_vec();
                for other in table.fields.iter().filter(|other| other.name != field.name) {
                    if other.required.admits(version) && other.gate.admits(version) {
                        let tag = other.tag(version).unwrap().0;
                        put_field(&mut body, version.field_width(), tag, b"a\0");
                    }
                }
                let mut text = vec![b'x'; len];
                text[len - 1] = 0;
                put_field(&mut body, version.field_width(), tag.0, &text);
                let message = Message::decode(version, frame(table, &body)).unwrap();
                let written = message.encode(version, &mut BytesMut::new());
                if len == max {
                    assert_eq!(written, Ok(()), "{} {} {version}", table.name, field.name);
                } else {
                    let (message, field) = (table.name, field.name);
                    let expected = EncodeError::FieldTooLong {
                        message,
                        field,
                        len,
                        max,
                    };
                    assert_eq!(written, Err(expected), "{version}");
                }
            }
        }
    });
}

#[test]
fn a_message_of_another_version_is_unknown_and_is_not_written() {
    for table in Message::TABLES {
        for version in versions().filter(|version| !table.gate.admits(*version)) {
            let other = Message::TABLES
                .iter()
                .any(|other| other.number == table.number && other.gate.admits(version));
            let frame = frame(table, &[0; 400]);
            let message = Message::decode(version, frame.clone());
            if !other {
                assert_eq!(
                    message,
                    Ok(Message::Unknown(frame)),
                    "{} {version}",
                    table.name
                );
            }
            let home = versions()
                .find(|version| table.gate.admits(*version))
                .unwrap();
            let sample = sample(table, home);
            let message = Message::decode(home, self::frame(table, &sample.body)).unwrap();
            assert_eq!(
                message.encode(version, &mut BytesMut::new()),
                Err(EncodeError::NotInVersion {
                    message: table.name,
                    version
                })
            );
        }
    }
}

#[test]
fn a_number_means_one_message_in_each_version() {
    for version in versions() {
        let mut numbers: Vec<_> = Message::TABLES
            .iter()
            .filter(|table| table.gate.admits(version))
            .map(|table| table.number)
            .collect();
        let all = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), all, "{version}");
    }
}

#[test]
fn a_message_without_a_required_field_is_not_written() {
    let mut checked = 0;
    for_each(|table, version, sample| {
        for field in table
            .fields
            .iter()
            .filter(|field| field.gate.admits(version))
        {
            if !field.required.admits(version) {
                continue;
            }
            // Everything but this field and what follows it.
            let mut body = sample.body[..sample.fixed_len].to_vec();
            for other in table
                .fields
                .iter()
                .take_while(|other| other.name != field.name)
            {
                if other.required.admits(version) && other.gate.admits(version) {
                    let tag = other.tag(version).unwrap().0;
                    put_field(&mut body, version.field_width(), tag, b"a\0");
                }
            }
            let message = Message::decode(version, frame(table, &body)).unwrap();
            let (message, field) = (message.encode(version, &mut BytesMut::new()), field.name);
            let expected = EncodeError::MissingField {
                message: table.name,
                field,
                version,
            };
            assert_eq!(message, Err(expected));
            checked += 1;
        }
    });
    assert!(checked > 300, "{checked} fields");
}
