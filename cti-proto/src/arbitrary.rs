//! `arbitrary::Arbitrary`, for fuzz tests of what is built on this crate.
//!
//! A message holds what its table foresees, within the maxima of some known version, so that nearly
//! all can be written. Codes have mostly values with a name.

use alloc::vec::Vec;

use ::arbitrary::{Arbitrary, Result, Unstructured};
use bytes::Bytes;

use crate::code::MessageType;
use crate::codec::{
    Blob, Cell, Data, Field, Fill, Fixed, Kind, Kinded, NamedArray, NamedVariable, Place, RawField,
    Secret, Text,
};
use crate::frame::Frame;
use crate::message::{Message, Table};
use crate::tag::Tag;
use crate::version::{Dialect, Version};

impl Message {
    /// Any message that `version` has, with fields that it has and within its maxima: unless it
    /// grows too long as a whole, it is read as it was written.
    ///
    /// # Errors
    ///
    /// As [`Arbitrary::arbitrary`].
    pub fn arbitrary_in(version: Version, bytes: &mut Unstructured<'_>) -> Result<Self> {
        let tables: Vec<&Table> = Self::TABLES
            .iter()
            .copied()
            .filter(|table| table.gate.admits(version))
            .collect();
        if tables.is_empty() || bytes.ratio(1, 32)? {
            return unknown(version, bytes).map(Self::Unknown);
        }
        let Some(mut message) = Self::blank(bytes.choose(&tables)?) else {
            return unknown(version, bytes).map(Self::Unknown);
        };
        if let Some(body) = message.fill() {
            fill(body, version, Part::Message, bytes)?;
        }
        Ok(message)
    }
}

impl<'a> Arbitrary<'a> for Message {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        Self::arbitrary_in(known_version(bytes)?, bytes)
    }
}

/// A frame of a number that `version` does not have.
fn unknown(version: Version, bytes: &mut Unstructured<'_>) -> Result<Frame> {
    let mut frame = Frame::arbitrary(bytes)?;
    if Message::table_of(version, frame.message_type).is_some() {
        frame.message_type.0 |= 0x8000_0000;
    }
    Ok(frame)
}

/// A message, record or entry of its own, within the maxima of some version.
pub(crate) fn filled<T: Fill>(bytes: &mut Unstructured<'_>) -> Result<T> {
    let version = known_version(bytes)?;
    let mut value = T::blank();
    fill(&mut value, version, Part::Message, bytes)?;
    Ok(value)
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Part {
    Message,
    /// Begins where its first field comes: that one must be there.
    Entry,
}

fn fill(
    target: &mut dyn Fill,
    version: Version,
    part: Part,
    bytes: &mut Unstructured<'_>,
) -> Result<()> {
    let lines = target
        .lines()
        .iter()
        .filter(|line| !matches!(line.place, Place::Count { .. }));
    let mut begun = part == Part::Message;
    let mut lens = Vec::new();
    for (line, cell) in lines.clone().zip(target.cells()) {
        if !line.gate.admits(version) || line.counts.is_some() {
            continue;
        }
        match cell {
            Cell::Fixed(cell) => {
                let data = data(cell.kind(), 0, bytes)?;
                cell.set(&data);
            }
            Cell::Slot(cell) => {
                let times = if cell.repeats() {
                    bytes.int_in_range(0..=MAX_REPEATS)?
                } else {
                    let needed = !begun || line.required.admits(version);
                    u8::from(needed || bool::arbitrary(bytes)?)
                };
                lens.push((line.name, times));
                for _ in 0..times {
                    let data = Bytes::from(data(cell.kind(), max(line, version), bytes)?);
                    cell.absorb(&Data::whole(line.tag(version).unwrap_or(Tag(0)), &data));
                }
            }
            Cell::List(list) => {
                let entries = bytes.int_in_range(0..=MAX_ENTRIES)?;
                for _ in 0..entries {
                    fill(list.push(), version, Part::Entry, bytes)?;
                }
                lens.push((line.name, entries));
            }
        }
        begun = true;
    }
    for (line, cell) in lines.zip(target.cells()) {
        let list = line.counts.filter(|_| line.gate.admits(version));
        let counted = lens
            .iter()
            .find(|(name, len)| Some(*name) == list && *len > 0);
        if let (Cell::Slot(cell), Some((_, len))) = (cell, counted) {
            let data = Bytes::copy_from_slice(&[0, *len]);
            cell.absorb(&Data::whole(line.tag(version).unwrap_or(Tag(0)), &data));
        }
    }
    if let Some(other) = target.other_mut()
        && bytes.ratio(1, 8)?
    {
        let tag = Tag(bytes.int_in_range(0..=version.field_width().max_tag())?);
        // No field has tag 0; where a body has two forms, it tells that this one is wrong.
        if tag.name().is_none() && tag != Tag(0) {
            let data = raw(16, bytes)?.into();
            other.push(RawField { tag, data });
        }
    }
    Ok(())
}

fn max(line: &Field, version: Version) -> usize {
    line.max(version).min(version.field_width().max_data_len())
}

/// What stands on the wire, in at most `max` bytes where the kind does not say how many.
fn data(kind: Kind, max: usize, bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    Ok(match kind {
        Kind::Number { width, .. } => exactly(width, bytes)?,
        Kind::Flag => alloc::vec![0, bytes.arbitrary::<bool>()?.into()],
        Kind::Code { width, names } => {
            // The one name of an id is its null.
            let named = if names.len() > 1 { 7 } else { 1 };
            if !names.is_empty() && bytes.ratio(named, 8_u8)? {
                low_bytes(bytes.choose(names)?.1, width)
            } else {
                exactly(width, bytes)?
            }
        }
        Kind::Mask { width, names } => {
            let known = names.iter().fold(0, |known, (_, bit)| known | bit);
            let all = bytes.ratio(1, 8)?;
            let bits = u32::arbitrary(bytes)?;
            low_bytes(if all { bits } else { bits & known }, width)
        }
        Kind::Text => text(max.saturating_sub(1), bytes)?,
        Kind::Bytes {
            exactly: Some(width),
        } => exactly(width, bytes)?,
        Kind::Bytes { exactly: None } | Kind::Secret => raw(max, bytes)?,
        Kind::Variable => pair(bytes)?,
        Kind::Array => {
            let mut data = alloc::vec![bytes.arbitrary()?];
            data.extend(pair(bytes)?);
            data
        }
    })
}

fn low_bytes(number: u32, width: usize) -> Vec<u8> {
    number
        .to_be_bytes()
        .into_iter()
        .skip(4_usize.saturating_sub(width))
        .collect()
}

fn exactly(width: usize, bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut data = alloc::vec![0; width];
    bytes.fill_buffer(&mut data)?;
    Ok(data)
}

fn raw(max: usize, bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    exactly(len(max, bytes)?, bytes)
}

/// Mostly short, now and then anything that fits.
fn len(max: usize, bytes: &mut Unstructured<'_>) -> Result<usize> {
    let max = if bytes.ratio(15, 16)? {
        max.min(MOSTLY)
    } else {
        max
    };
    bytes.int_in_range(0..=max)
}

/// With its NUL; mostly ASCII, now and then anything else but NUL.
fn text(max: usize, bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let ascii = bytes.ratio(7, 8)?;
    let mut text = raw(max, bytes)?;
    for byte in &mut text {
        if ascii {
            *byte = b' ' + *byte % 95;
        } else {
            *byte = (*byte).max(1);
        }
    }
    text.push(0);
    Ok(text)
}

/// name NUL value NUL
fn pair(bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut pair = text(MAX_NAME, bytes)?;
    pair.extend(text(MAX_VALUE, bytes)?);
    Ok(pair)
}

/// Mostly one with a name.
pub(crate) fn code<T: Fixed + Kinded>(bytes: &mut Unstructured<'_>) -> Result<T> {
    let data = data(T::KIND, 0, bytes)?;
    Ok(T::take(&mut &data[..]).unwrap_or(T::ABSENT))
}

impl<'a> Arbitrary<'a> for Version {
    /// Mostly one of the versions that the tables cover.
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        if bytes.ratio(1, 16)? {
            Ok(Self::new(bytes.arbitrary()?, bytes.arbitrary()?))
        } else {
            known_version(bytes)
        }
    }
}

fn known_version(bytes: &mut Unstructured<'_>) -> Result<Version> {
    Ok(match bytes.arbitrary()? {
        Dialect::Ucce => Version::ucce(bytes.int_in_range(5..=25)?),
        Dialect::Uccx => Version::uccx(bytes.int_in_range(10..=18)?),
    })
}

impl<'a> Arbitrary<'a> for Dialect {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        Ok(*bytes.choose(&[Self::Ucce, Self::Uccx])?)
    }
}

impl<'a> Arbitrary<'a> for Frame {
    /// Mostly with the number of a message.
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self {
            message_type: MessageType::arbitrary(bytes)?,
            body: raw(MAX_BODY, bytes)?.into(),
        })
    }
}

macro_rules! from_data {
    ($($ty:ty, max $max:expr, |$data:ident| $value:expr;)*) => {$(
        impl<'a> Arbitrary<'a> for $ty {
            fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
                let $data = data(<$ty as Kinded>::KIND, $max, bytes)?;
                Ok($value)
            }
        }
    )*};
}

from_data! {
    Text, max 255, |data| Self::until_nul(data);
    Blob, max 255, |data| Self(data.into());
    Secret, max 64, |data| Self::new(data);
}

impl<'a> Arbitrary<'a> for NamedVariable {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let (name, value) = (text(MAX_NAME, bytes)?, text(MAX_VALUE, bytes)?);
        Ok(Self::new(Text::until_nul(name), Text::until_nul(value)))
    }
}

impl<'a> Arbitrary<'a> for NamedArray {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let NamedVariable { name, value } = bytes.arbitrary()?;
        Ok(Self::new(bytes.arbitrary()?, name, value))
    }
}

impl<'a> Arbitrary<'a> for RawField {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self {
            tag: bytes.arbitrary()?,
            data: raw(255, bytes)?.into(),
        })
    }
}

/// Values of a field that repeats, so that call data stay below their 2000 bytes.
const MAX_REPEATS: u8 = 2;
/// Entries of a list.
const MAX_ENTRIES: u8 = 3;
/// Bytes of a name and a value of call data. GED-188, "NAMEDVAR Data Type".
const MAX_NAME: usize = 32;
const MAX_VALUE: usize = 210;
/// Bytes that a text or blob mostly has at most.
const MOSTLY: usize = 24;
/// Bytes of an unread body.
const MAX_BODY: usize = 600;
