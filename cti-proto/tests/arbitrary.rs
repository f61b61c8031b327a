//! Feature `arbitrary`: what it makes is worth fuzzing with.
#![cfg(feature = "arbitrary")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use arbitrary::{Arbitrary, Unstructured};
use bytes::BytesMut;
use cti_proto::code::AgentState;
use cti_proto::codec::Place;
use cti_proto::{EncodeError, FrameCodec, Message, Version};

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

#[test]
fn a_message_of_a_version_is_read_as_it_was_written() {
    let (mut made, mut too_long) = (0, 0);
    for version in versions() {
        let codec = FrameCodec::new(version);
        for seed in 0..250 {
            let noise = noise(seed << 8 | u64::from(version.number()), 4_000);
            let message = Message::arbitrary_in(version, &mut Unstructured::new(&noise)).unwrap();
            made += 1;
            let mut wire = BytesMut::new();
            match message.encode(version, &mut wire) {
                Err(EncodeError::TooLong { .. }) => too_long += 1,
                other => {
                    assert_eq!(other, Ok(()), "{version}: {message:#}");
                    let frame = codec.decode(&mut wire).unwrap().unwrap();
                    let read = Message::decode(version, frame).unwrap();
                    assert_eq!(read, message, "{version}: {message:#}");
                }
            }
        }
    }
    assert!(too_long * 100 < made, "{too_long} of {made} are too long");
}

#[test]
fn every_field_of_every_message_is_filled_now_and_then() {
    let mut left: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for table in Message::TABLES {
        let fields = table.fields.iter().filter(|field| {
            let counter = matches!(field.place, Place::Count { .. });
            let admits = |version| table.gate.admits(version) && field.gate.admits(version);
            !counter && versions().any(admits)
        });
        let left = left.entry(table.name).or_default();
        left.extend(fields.map(|field| field.name));
    }
    for noise in noise(1, 1_000_000).windows(2_000).step_by(17) {
        let message = Message::arbitrary(&mut Unstructured::new(noise)).unwrap();
        let (Some(table), Some(contents)) = (message.table(), message.contents()) else {
            continue;
        };
        let left = left.get_mut(table.name).unwrap();
        for (field, value) in contents.fields() {
            if !value.is_absent() && value.number() != Some(0) {
                left.remove(field.name);
            }
        }
    }
    left.retain(|_, fields| !fields.is_empty());
    assert!(left.is_empty(), "{left:?}");
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
}
