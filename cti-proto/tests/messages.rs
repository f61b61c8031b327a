//! Every message in every version that has it, from bytes that the field tables alone describe.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test names the few things it looks at"
)]

mod common;

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use cti_proto::codec::{Field, FieldValue, Place};
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

/// A floating field of a message, of its lists or of its records.
struct Found {
    field: &'static Field,
    /// The lists that it stands in, outermost first.
    lists: Vec<&'static str>,
}

fn floating(lines: &'static [Field], version: Version, lists: &[&'static str]) -> Vec<Found> {
    let mut found = Vec::new();
    for field in lines.iter().filter(|line| line.gate.admits(version)) {
        match field.place {
            Place::Floating { .. } => found.push(Found {
                field,
                lists: lists.to_vec(),
            }),
            Place::List { entry } => {
                found.extend(floating(entry, version, &[lists, &[field.name]].concat()));
            }
            Place::Fixed { .. } | Place::Count { .. } | _ => {}
        }
    }
    found
}

impl Found {
    /// The type of the value, without its slot.
    fn inner(&self) -> &'static str {
        let inner = self.field.type_name.split_once('<').unwrap().1;
        inner.strip_suffix('>').unwrap().trim()
    }

    /// A body with `data` in this field, beside it only what has to be there, in the order in which
    /// it is written.
    fn body(&self, table: &Table, version: Version, sample: &Sample, data: &[u8]) -> Vec<u8> {
        let mut body = sample.body[..sample.fixed_len].to_vec();
        for line in table.fields {
            if let Place::Count { list } = line.place
                && let Some(at) = table.fixed_range(version, line.name)
            {
                body[at].copy_from_slice(&u16::from(self.fills(list, 0)).to_be_bytes());
            }
        }
        self.put(&mut body, table.fields, version, 0, data);
        body
    }

    /// Whether the list or repeated field called `name` has an entry, `depth` lists below the message.
    fn fills(&self, name: &str, depth: usize) -> bool {
        match self.lists.get(depth) {
            Some(list) => *list == name,
            None => self.field.name == name,
        }
    }

    fn put(
        &self,
        body: &mut Vec<u8>,
        lines: &[Field],
        version: Version,
        depth: usize,
        data: &[u8],
    ) {
        for line in lines.iter().filter(|line| line.gate.admits(version)) {
            let here = self.lists.len() == depth && line.name == self.field.name;
            match line.place {
                Place::List { entry } if self.lists.get(depth) == Some(&line.name) => {
                    self.put(body, entry, version, depth + 1, data);
                }
                Place::Floating { .. } => {
                    let own = match line.counts {
                        _ if here => data,
                        Some(list) if self.fills(list, depth) => &[0, 1],
                        None if line.required.admits(version) => b"a\0",
                        // Opens a record.
                        None if depth > 0 && line.name == "record_type" => &[0, 0],
                        Some(_) | None => continue,
                    };
                    let tag = line.tag(version).unwrap().0;
                    put_field(body, version.field_width(), tag, own);
                }
                Place::List { .. } | Place::Fixed { .. } | Place::Count { .. } | _ => {}
            }
        }
    }

    /// What the field holds in `message`.
    fn value<'a>(&self, message: &'a Message) -> FieldValue<'a> {
        let first = |value| match value {
            FieldValue::List(list) => list.iter().next().unwrap_or(FieldValue::Absent),
            single => single,
        };
        let mut contents = message.contents().unwrap();
        for list in &self.lists {
            let FieldValue::Entry(entry) = first(contents.get(list)) else {
                return FieldValue::Absent;
            };
            contents = entry;
        }
        first(contents.get(self.field.name))
    }

    /// Data of the longest length that the field has, and data that are too long.
    fn longest(&self, version: Version) -> (Vec<u8>, Vec<u8>) {
        let max = self.max(version);
        let text = |len: usize| [vec![b'x'; len - 1], vec![0]].concat();
        match self.inner() {
            "Text" => (text(max), text(max + 1)),
            "NamedVariable" => (
                [text(33), text(211)].concat(),
                [text(33), text(212)].concat(),
            ),
            "NamedArray" => (
                [vec![7], text(33), text(211)].concat(),
                [vec![7], text(34), text(210)].concat(),
            ),
            "bool" => (vec![0, 1], vec![0, 0, 1]),
            // The list is empty.
            _ if self.field.counts.is_some() => (vec![0; max], vec![0; max + 1]),
            _ => (vec![1; max], vec![1; max + 1]),
        }
    }

    fn max(&self, version: Version) -> usize {
        let max = self.field.max(version);
        max.min(version.field_width().max_data_len())
    }

    /// Length and maximum that the encoder names for the data that are too long; `None` for numbers.
    fn excess(&self, version: Version) -> Option<(usize, usize)> {
        match self.inner() {
            "Text" | "Blob" | "Secret" => Some((self.max(version) + 1, self.max(version))),
            // The value.
            "NamedVariable" => Some((212, 211)),
            // The name.
            "NamedArray" => Some((34, 33)),
            _ => None,
        }
    }

    /// Whether `message` keeps a field with `data` as it came, in itself or in a record.
    fn is_kept(&self, message: &Message, data: &[u8]) -> bool {
        let mut contents = message.contents().unwrap();
        let mut kept = contents.other().to_vec();
        for list in &self.lists {
            let FieldValue::List(list) = contents.get(list) else {
                break;
            };
            let Some(FieldValue::Entry(entry)) = list.iter().next() else {
                break;
            };
            contents = entry;
            kept.extend_from_slice(contents.other());
        }
        matches!(&kept[..], [field] if field.data == data)
    }

    /// Whether `message` holds `data` in this field.
    fn holds(&self, message: &Message, data: &[u8]) -> bool {
        let parts: Vec<&[u8]> = data.split(|byte| *byte == 0).collect();
        match self.value(message) {
            FieldValue::Text(text) => [text.as_bytes(), b""] == parts[..],
            FieldValue::Bytes(bytes) => bytes == data,
            FieldValue::Secret => secret(message) == data,
            FieldValue::NamedVariable(variable) => {
                [variable.name.as_bytes(), variable.value.as_bytes(), b""] == parts[..]
            }
            FieldValue::NamedArray(element) => {
                let name = [&[element.index], element.name.as_bytes()].concat();
                [&name, element.value.as_bytes(), b""] == parts[..]
            }
            FieldValue::Flag(flag) => flag == data.contains(&1),
            number => {
                let all = data.iter();
                let sum = all.fold(0, |number, byte| number << 8 | i64::from(*byte));
                number.number() == Some(sum)
            }
        }
    }
}

/// The password of the two messages that have one.
fn secret(message: &Message) -> &[u8] {
    let secret = match message {
        Message::OpenReq(request) => &request.client_password,
        Message::SetAgentStateReq(request) => &request.agent_password,
        _ => panic!("{message:?}"),
    };
    secret.as_ref().unwrap().expose()
}

#[test]
fn every_field_is_read_past_its_maximum_and_written_up_to_it() {
    let mut refused = BTreeMap::new();
    for_each(|table, version, sample| {
        for found in floating(table.fields, version, &[]) {
            let (longest, too_long) = found.longest(version);
            let name = format!("{} {} {version}", table.name, found.field.name);

            let body = found.body(table, version, &sample, &longest);
            let message = Message::decode(version, frame(table, &body)).unwrap();
            assert!(found.holds(&message, &longest), "{name}: {message:?}");
            let mut wire = BytesMut::new();
            assert_eq!(message.encode(version, &mut wire), Ok(()), "{name}");
            assert_eq!(wire[HEADER_LEN..], body, "{name}");

            if too_long.len() > version.field_width().max_data_len() {
                continue;
            }
            let body = found.body(table, version, &sample, &too_long);
            let message = Message::decode(version, frame(table, &body)).unwrap();
            let written = message.encode(version, &mut BytesMut::new());
            if let Some((len, max)) = found.excess(version) {
                assert!(found.holds(&message, &too_long), "{name}: {message:?}");
                let expected = EncodeError::FieldTooLong {
                    message: table.name,
                    field: found.field.name,
                    len,
                    max,
                };
                assert_eq!(written, Err(expected), "{name}");
                *refused.entry(found.inner()).or_insert(0) += 1;
            } else {
                // A number of another size is kept as it came; a BOOL of 3 bytes is one.
                assert_eq!(written, Ok(()), "{name}");
                let as_bool = found.inner() == "bool" && found.holds(&message, &too_long);
                let kept = found.is_kept(&message, &too_long);
                assert!(as_bool || kept, "{name}: {message:?}");
            }
        }
    });
    let kinds: Vec<_> = refused.keys().copied().collect();
    let of_length = ["Blob", "NamedArray", "NamedVariable", "Secret", "Text"];
    assert_eq!(kinds, of_length, "{refused:?}");
    assert!(refused["Text"] > 10_000, "{refused:?}");
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
            let known: Vec<Tag> = floating(table.fields, other, &[])
                .iter()
                .filter_map(|found| found.field.tag(other))
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
