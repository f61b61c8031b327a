//! Every message in every version that has it, from bytes that the field tables alone describe.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use bytes::{Bytes, BytesMut};
use cti_proto::codec::{Field, Place};
use cti_proto::message::Table;
use cti_proto::{
    DecodeError, EncodeError, Frame, FrameRef, HEADER_LEN, Message, Tag, Version, View,
};

use common::cut::assert_whole_in_a_form;
use common::synth::{Sample, UNKNOWN_TAG, is_disputed, put_field, sample, versions};

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
    let mut whole = 0;
    for_each(|table, version, sample| {
        for len in 0..sample.body.len() {
            let body = &sample.body[..len];
            let result = Message::decode(version, frame(table, body));
            if is_disputed(table, version)
                && !sample.boundaries.contains(&len)
                && let Ok(message) = &result
            {
                assert_whole_in_a_form(table, version, body, message);
                whole += 1;
            } else if len < sample.fixed_len {
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
    assert!(whole > 0, "no cut body is whole in its other form");
}

/// A floating field of a message, of its lists or of its records, and what must stand before it.
type Found = (Vec<u8>, &'static Field);

fn floating(lines: &'static [Field], version: Version, before: &[u8], out: &mut Vec<Found>) {
    let mut opener = before.to_vec();
    for line in lines.iter().filter(|line| line.gate.admits(version)) {
        match line.place {
            Place::Floating { .. } if line.name == "record_type" && lines.len() > 4 => {
                let tag = line.tag(version).unwrap().0;
                put_field(&mut opener, version.field_width(), tag, &[0, 0]);
            }
            Place::Floating { .. } => out.push((opener.clone(), line)),
            Place::List { entry } => floating(entry, version, &opener, out),
            Place::Fixed { .. } | Place::Count { .. } | _ => {}
        }
    }
}

/// Data of the longest length that the field has, and data that are too long.
fn longest(field: &Field, version: Version) -> (Vec<u8>, Vec<u8>) {
    let max = field.max(version).min(version.field_width().max_data_len());
    let inner = field.type_name.split(['<', '>']).nth(1).unwrap().trim();
    let text = |len: usize| [vec![b'x'; len - 1], vec![0]].concat();
    match inner {
        "Text" => (text(max), text(max + 1)),
        "NamedVariable" => (
            [text(33), text(211)].concat(),
            [text(33), text(212)].concat(),
        ),
        "NamedArray" => (
            [vec![7], text(33), text(211)].concat(),
            [vec![7], text(34), text(210)].concat(),
        ),
        _ => (vec![1; max], vec![1; max + 1]),
    }
}

#[test]
fn every_field_is_read_past_its_maximum_and_written_up_to_it() {
    let mut refused = 0;
    for_each(|table, version, sample| {
        let width = version.field_width();
        let mut fixed = sample.body[..sample.fixed_len].to_vec();
        for field in table
            .fields
            .iter()
            .filter(|field| field.gate.admits(version))
        {
            // The lists are empty but for the one that is looked at.
            if let (Place::Count { .. }, Some(at)) =
                (field.place, table.fixed_range(version, field.name))
            {
                fixed[at].fill(0);
            }
        }
        let mut places = Vec::new();
        floating(table.fields, version, &[], &mut places);
        for (before, field) in places {
            let mut required = fixed.clone();
            for other in table.fields.iter().filter(|other| other.name != field.name) {
                if other.required.admits(version) && other.gate.admits(version) {
                    put_field(&mut required, width, other.tag(version).unwrap().0, b"a\0");
                }
            }
            required.extend(before);
            let (longest, too_long) = longest(field, version);
            let tag = field.tag(version).unwrap().0;
            let name = format!("{} {} {version}", table.name, field.name);

            let mut body = required.clone();
            put_field(&mut body, width, tag, &longest);
            let message = Message::decode(version, frame(table, &body)).unwrap();
            assert_eq!(
                message.encode(version, &mut BytesMut::new()),
                Ok(()),
                "{name}"
            );

            if too_long.len() > width.max_data_len() {
                continue;
            }
            put_field(&mut required, width, tag, &too_long);
            let message = Message::decode(version, frame(table, &required)).unwrap();
            let written = message.encode(version, &mut BytesMut::new());
            match written {
                Err(EncodeError::FieldTooLong {
                    message,
                    field: own,
                    len,
                    max,
                }) => {
                    assert_eq!((message, own), (table.name, field.name), "{name}");
                    assert!(len > max, "{name}");
                    refused += 1;
                }
                // A number of another size is kept as it came; a BOOL of 3 bytes is one.
                Ok(()) => assert!(!field.type_name.contains("Text"), "{name}"),
                other => panic!("{name}: {other:?}"),
            }
        }
    });
    assert!(refused > 5_000, "{refused} fields");
}

#[test]
fn a_field_is_left_out_in_versions_that_do_not_have_it() {
    let mut changes = 0;
    for_each(|table, version, sample| {
        let message = Message::decode(version, frame(table, &sample.body)).unwrap();
        let next = Version::new(version.dialect(), version.number() + 1);
        let before = Version::new(version.dialect(), version.number() - 1);
        for other in [before, next] {
            if !other.is_known() || !table.gate.admits(other) || is_disputed(table, other) {
                continue;
            }
            let mut wire = BytesMut::new();
            message.encode(other, &mut wire).unwrap();
            let body = wire.split_off(HEADER_LEN);
            let view = FrameRef {
                message_type: table.number,
                body: &body,
            };
            let view = View::new(other, view).unwrap().unwrap();
            let mut places = Vec::new();
            floating(table.fields, other, &[], &mut places);
            let known: Vec<Tag> = places
                .iter()
                .filter_map(|(_, field)| field.tag(other))
                .collect();
            for field in view.floating() {
                let (tag, _) = field.unwrap();
                let kept = tag.0 == UNKNOWN_TAG || tag == Tag::RECORD_TYPE;
                assert!(
                    kept || known.contains(&tag),
                    "{} {tag:?} {other}",
                    table.name
                );
            }
            changes += usize::from(body.len() != sample.body.len());
        }
    });
    assert!(
        changes > 100,
        "{changes} messages change between two versions"
    );
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
