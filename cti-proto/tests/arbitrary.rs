//! Feature `arbitrary`: what it makes is worth fuzzing with.
#![cfg(feature = "arbitrary")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use arbitrary::{Arbitrary, Unstructured};
use bytes::BytesMut;
use cti_proto::code::{AgentState, CallId};
use cti_proto::codec::{Contents, Field, FieldValue, Place, RawField};
use cti_proto::message::{
    AgentRecord, Body, ConfigAgentEvent, CsqDequeuedEvent, NetworkRecordingStartedEvent, OpenReq,
    TeamConfigReq,
};
use cti_proto::{FrameCodec, Message, Version};

use common::synth::versions;

/// Bytes without a pattern, the same in each run.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[2]
    };
    (0..len).map(|_| next()).collect()
}

/// Checks that `version` writes the message and reads the same.
fn survives(version: Version, message: &Message) {
    let mut wire = BytesMut::new();
    let written = message.encode(version, &mut wire);
    assert_eq!(written, Ok(()), "{version}: {message:#}");
    let codec = FrameCodec::new(version);
    let frame = codec.decode(&mut wire).unwrap().unwrap();
    let read = Message::decode(version, frame).unwrap();
    assert_eq!(&read, message, "{version}: {message:#}");
}

/// The contents of a message, and of the entries of its lists, one below the other.
fn contents(message: &Message) -> Vec<Contents<'_>> {
    let mut all = Vec::from_iter(message.contents());
    let mut at = 0;
    while let Some(contents) = all.get(at).copied() {
        for (_, value) in contents.fields() {
            if let FieldValue::List(list) = value {
                for value in list.iter() {
                    if let FieldValue::Entry(entry) = value {
                        all.push(entry);
                    }
                }
            }
        }
        at += 1;
    }
    all
}

#[test]
fn a_message_of_a_version_is_read_as_it_was_written() {
    for version in versions() {
        for seed in 0..250 {
            let noise = noise(seed << 8 | u64::from(version.number()), 4_000);
            let message = Message::arbitrary_in(version, &mut Unstructured::new(&noise)).unwrap();
            survives(version, &message);
        }
    }
}

#[test]
fn each_message_is_made_in_each_version_that_has_it() {
    for version in versions() {
        let tables = Message::TABLES.iter();
        for table in tables.filter(|table| table.gate.admits(version)) {
            let seed = u64::from(table.number.0 << 8 | version.number());
            for len in [0, 40, 4_000] {
                let noise = noise(seed, len);
                let mut bytes = Unstructured::new(&noise);
                let message = Message::arbitrary_of(table, version, &mut bytes).unwrap();
                assert_eq!(message.table().unwrap().name, table.name);
                survives(version, &message);
            }
        }
    }
}

#[test]
fn every_field_of_every_message_is_filled_now_and_then() {
    let mut left: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for table in Message::TABLES {
        let admitted: Vec<_> = versions()
            .filter(|version| table.gate.admits(*version))
            .collect();
        let left = left.entry(table.name).or_default();
        lines("", table.fields, &admitted, left);
    }
    for noise in noise(1, 1_000_000).windows(2_000).step_by(17) {
        let message = Message::arbitrary(&mut Unstructured::new(noise)).unwrap();
        let (Some(table), Some(contents)) = (message.table(), message.contents()) else {
            continue;
        };
        filled("", contents, left.get_mut(table.name).unwrap());
    }
    left.retain(|_, fields| !fields.is_empty());
    assert!(left.is_empty(), "{left:?}");
}

/// Every line that one of `versions` has, those of the entries of lists behind the list's name.
fn lines(above: &str, table: &[Field], versions: &[Version], out: &mut BTreeSet<String>) {
    for field in table {
        let admitted: Vec<_> = versions
            .iter()
            .copied()
            .filter(|version| field.gate.admits(*version))
            .collect();
        if admitted.is_empty() || matches!(field.place, Place::Count { .. }) {
            continue;
        }
        let name = format!("{above}{}", field.name);
        if let Place::List { entry } = field.place {
            lines(&format!("{name}."), entry, &admitted, out);
        }
        out.insert(name);
    }
}

/// Takes what `contents` holds out of `left`.
fn filled(above: &str, contents: Contents<'_>, left: &mut BTreeSet<String>) {
    for (field, value) in contents.fields() {
        let name = format!("{above}{}", field.name);
        if let FieldValue::List(list) = value {
            for entry in list.iter() {
                if let FieldValue::Entry(entry) = entry {
                    filled(&format!("{name}."), entry, left);
                }
            }
        }
        if !value.is_absent() && value.number() != Some(0) {
            left.remove(&name);
        }
    }
}

#[test]
fn messages_and_records_keep_fields_of_others_in_every_width() {
    for version in [Version::ucce(19), Version::uccx(18), Version::ucce(25)] {
        let (mut named, mut unnamed) = (0, 0);
        let mut most = [0, 0];
        for noise in noise(2, 100_000).windows(2_000).step_by(17) {
            let message = Message::arbitrary_in(version, &mut Unstructured::new(noise)).unwrap();
            for (depth, contents) in contents(&message).into_iter().enumerate() {
                let with_name = |field: &&RawField| field.tag.name().is_some();
                named += contents.other().iter().filter(with_name).count();
                unnamed += contents.other().iter().count();
                let most = &mut most[depth.min(1)];
                *most = contents.other().len().max(*most);
            }
        }
        unnamed -= named;
        assert!(named > 0 && unnamed > 0, "{version}: {named}, {unnamed}");
        assert_eq!(most, [3, 3], "{version}");
    }
}

/// A reader takes 512 entries of a list, and as many repeated fields as the message has room for.
#[test]
fn lists_are_long_now_and_then() {
    for version in [Version::ucce(19), Version::uccx(18), Version::ucce(25)] {
        let (mut entries, mut repeats) = (0, 0);
        for noise in noise(3, 100_000).windows(2_000).step_by(17) {
            let message = Message::arbitrary_in(version, &mut Unstructured::new(noise)).unwrap();
            for (_, value) in contents(&message).into_iter().flat_map(Contents::fields) {
                if let FieldValue::List(list) = value {
                    let of_entries = matches!(list.iter().next(), Some(FieldValue::Entry(_)));
                    let most = if of_entries {
                        &mut entries
                    } else {
                        &mut repeats
                    };
                    *most = list.len().max(*most);
                }
            }
        }
        assert!(
            (100..=512).contains(&entries),
            "{version}: {entries} entries"
        );
        assert!(
            (10..=512).contains(&repeats),
            "{version}: {repeats} repeats"
        );
    }
}

/// Else no version could write it with the fields that it requires.
#[test]
fn a_struct_is_made_for_a_version_that_has_it() {
    fn check<T: for<'a> Arbitrary<'a> + Into<Message>>() {
        for noise in noise(4, 30_000).windows(1_000).step_by(101) {
            let message: Message = T::arbitrary(&mut Unstructured::new(noise)).unwrap().into();
            let table = message.table().unwrap();
            let mut having = versions().filter(|version| table.gate.admits(*version));
            assert!(
                having.any(|version| {
                    let mut wire = BytesMut::new();
                    let written = message.encode(version, &mut wire).is_ok();
                    let frame = FrameCodec::new(version).decode(&mut wire).unwrap();
                    let read = frame.map(|frame| Message::decode(version, frame).unwrap());
                    written && read.as_ref() == Some(&message)
                }),
                "{message:#}"
            );
        }
    }
    check::<OpenReq>();
    check::<TeamConfigReq>();
    check::<CsqDequeuedEvent>();
    check::<NetworkRecordingStartedEvent>();
    check::<ConfigAgentEvent>();
}

#[test]
fn a_struct_of_a_version_is_read_as_it_was_written() {
    for version in versions() {
        for seed in 0..50 {
            let noise = noise(seed, 1_000);
            let mut bytes = Unstructured::new(&noise);
            let open = OpenReq::arbitrary_in(version, &mut bytes).unwrap();
            survives(version, &open.into());
            if ConfigAgentEvent::TABLE.gate.admits(version) {
                let mut event = ConfigAgentEvent::new();
                let records = (0..4).map(|_| AgentRecord::arbitrary_in(version, &mut bytes));
                event.records = records.collect::<Result<_, _>>().unwrap();
                survives(version, &event.into());
            }
        }
    }
}

#[test]
fn codes_and_versions_are_mostly_known_ones() {
    let noise = noise(7, 40_000);
    let mut bytes = Unstructured::new(&noise);
    let (mut named, mut known) = (0, 0);
    for _ in 0..1_000 {
        named += usize::from(AgentState::arbitrary(&mut bytes).unwrap().name().is_some());
        known += usize::from(Version::arbitrary(&mut bytes).unwrap().is_known());
    }
    assert!((800..1_000).contains(&named), "{named}");
    assert!((880..1_000).contains(&known), "{known}");
}

#[test]
fn no_bytes_make_a_message_too() {
    let mut empty = Unstructured::new(&[]);
    let message = Message::arbitrary(&mut empty).unwrap();
    let written = message.encode(Version::ucce(5), &mut BytesMut::new());
    assert_eq!(written, Ok(()), "{message}");
    assert!(message.table().is_some(), "{message}");
    for version in versions() {
        let message = Message::arbitrary_in(version, &mut empty).unwrap();
        assert!(message.table().is_some(), "{version}: {message}");
        let contents = message.contents().unwrap();
        assert!(contents.other().is_empty(), "{version}: {message}");
    }
    let version = Version::arbitrary(&mut empty).unwrap();
    assert!(version.is_known(), "{version}");
    assert_eq!(CallId::arbitrary(&mut empty).unwrap(), CallId(0));
}
