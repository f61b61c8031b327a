//! `arbitrary::Arbitrary`, for fuzz tests of what is built on this crate.
//!
//! A message holds what its table foresees, within the maxima of some known version, so that it can
//! be written. Codes have mostly values with a name. Behind the end of the bytes everything is plain:
//! known, short and without what is seldom there.

use alloc::vec::Vec;

use ::arbitrary::{Arbitrary, Error, Result, Unstructured};
use bytes::Bytes;

use crate::code::MessageType;
use crate::codec::{
    Blob, Cell, Data, Field, Fill, Fixed, Kind, Kinded, MAX_CALL_DATA, MAX_ENTRIES, NamedArray,
    NamedVariable, Place, RawField, Secret, SlotCell, Text,
};
use crate::frame::{Frame, HEADER_LEN};
use crate::message::{Message, Table};
use crate::tag::Tag;
use crate::version::{Dialect, Gate, Version};

impl Message {
    /// Any message that `version` has, with fields that it has and within its maxima: it can be
    /// written, and is read as it was written.
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
        if tables.is_empty() || rarely(32, bytes)? {
            return unknown(version, bytes).map(Self::Unknown);
        }
        Self::arbitrary_of(bytes.choose(&tables)?, version, bytes)
    }

    /// The message of `table`, filled as [`arbitrary_in`](Self::arbitrary_in) does. A version that
    /// does not have it cannot write it.
    ///
    /// # Errors
    ///
    /// As [`Arbitrary::arbitrary`], and for a table that is not one of [`TABLES`](Self::TABLES).
    pub fn arbitrary_of(
        table: &Table,
        version: Version,
        bytes: &mut Unstructured<'_>,
    ) -> Result<Self> {
        let mut message = Self::blank(table).ok_or(Error::IncorrectFormat)?;
        if let Some(body) = message.fill() {
            let part = Part::Message(table.gate);
            Draw::new(part, body.lines(), version, bytes).fill(body, part)?;
        }
        Ok(message)
    }
}

impl<'a> Arbitrary<'a> for Message {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        Self::arbitrary_in(known_version(|_| true, bytes)?, bytes)
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

/// A message, record or entry of its own, within the maxima of some version that has it.
pub(crate) fn filled<T: Fill>(part: Part, bytes: &mut Unstructured<'_>) -> Result<T> {
    let value = T::blank();
    let has = |version| match part {
        Part::Message(gate) => gate.admits(version),
        Part::Entry => value.lines().iter().any(|line| line.gate.admits(version)),
    };
    let version = known_version(has, bytes)?;
    filled_in(part, version, bytes)
}

/// The same within the maxima of `version`.
pub(crate) fn filled_in<T: Fill>(
    part: Part,
    version: Version,
    bytes: &mut Unstructured<'_>,
) -> Result<T> {
    let mut value = T::blank();
    Draw::new(part, value.lines(), version, bytes).fill(&mut value, part)?;
    Ok(value)
}

#[derive(Clone, Copy)]
pub(crate) enum Part {
    /// Of the versions with this gate.
    Message(Gate),
    /// Begins where its first field comes: that one must be there.
    Entry,
}

/// One message that is being filled.
struct Draw<'a, 'b> {
    version: Version,
    /// Tags that some line of the whole table takes.
    taken: Vec<Tag>,
    /// Bytes that the message can still grow by.
    room: usize,
    /// Bytes that its named variables and arrays can still grow by.
    call_data: usize,
    bytes: &'a mut Unstructured<'b>,
}

impl<'a, 'b> Draw<'a, 'b> {
    fn new(part: Part, lines: &[Field], version: Version, bytes: &'a mut Unstructured<'b>) -> Self {
        let mut taken = Vec::new();
        match part {
            Part::Message(_) => collect(lines, version, &mut taken),
            // It is not known of which message: no field of that one may fall into the entry.
            Part::Entry => taken.extend(Tag::NAMES.iter().map(|(_, tag)| *tag)),
        }
        Self {
            version,
            taken,
            room: version.max_message_len() - HEADER_LEN - SPARE,
            call_data: MAX_CALL_DATA,
            bytes,
        }
    }

    fn fill(&mut self, target: &mut dyn Fill, part: Part) -> Result<()> {
        let version = self.version;
        let lines = target
            .lines()
            .iter()
            .filter(|line| !matches!(line.place, Place::Count { .. }));
        let mut begun = matches!(part, Part::Message(_));
        let mut lens = Vec::new();
        for (line, cell) in lines.clone().zip(target.cells()) {
            if !line.gate.admits(version) || line.counts.is_some() {
                continue;
            }
            match cell {
                Cell::Fixed(cell) => {
                    let data = data(cell.kind(), 0, self.bytes)?;
                    self.take(data.len());
                    cell.set(&data);
                }
                Cell::Slot(cell) => {
                    let needed = !begun || line.required.admits(version);
                    lens.push((line.name, self.slot(line, needed, cell)?));
                }
                Cell::List(list) => {
                    let entries = self.times(FEW_ENTRIES)?;
                    let mut len = 0_u16;
                    while len < entries && self.room >= PLENTY {
                        self.fill(list.push(), Part::Entry)?;
                        len += 1;
                    }
                    lens.push((line.name, len));
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
                let data = Bytes::copy_from_slice(&len.to_be_bytes());
                cell.absorb(&Data::whole(line.tag(version).unwrap_or(Tag(0)), &data));
            }
        }
        if let Some(other) = target.other_mut()
            && rarely(8, self.bytes)?
        {
            self.other(other)?;
        }
        Ok(())
    }

    /// Fills a floating field; how often it comes.
    fn slot(&mut self, line: &Field, needed: bool, cell: &mut dyn SlotCell) -> Result<u16> {
        let wanted = if cell.repeats() {
            self.times(FEW_REPEATS)?
        } else {
            u16::from(needed || bool::arbitrary(self.bytes)?)
        };
        let header = self.version.field_width().header_len();
        let is_call_data = matches!(cell.kind(), Kind::Variable | Kind::Array);
        let mut times = 0;
        while times < wanted {
            let full = self.room < PLENTY || is_call_data && self.call_data < MAX_PAIR;
            if full && !needed {
                break;
            }
            let max = line
                .max(self.version)
                .min(self.version.field_width().max_data_len())
                .min(self.room);
            let data = Bytes::from(data(cell.kind(), max, self.bytes)?);
            self.take(header + data.len());
            if is_call_data {
                self.call_data = self.call_data.saturating_sub(data.len());
            }
            let tag = line.tag(self.version).unwrap_or(Tag(0));
            cell.absorb(&Data::whole(tag, &data));
            times += 1;
        }
        Ok(times)
    }

    /// Fields that no line takes: of other messages, or of none.
    fn other(&mut self, other: &mut Vec<RawField>) -> Result<()> {
        let width = self.version.field_width();
        for _ in 0..self.bytes.int_in_range(0..=MAX_OTHER)? {
            let tag = if self.bytes.arbitrary()? {
                self.bytes.choose(Tag::NAMES)?.1
            } else {
                Tag(self.bytes.int_in_range(1..=width.max_tag())?)
            };
            let data = raw(MAX_OTHER_DATA, self.bytes)?;
            // No field has tag 0; where a body has two forms, it tells that this one is wrong.
            let stays = tag != Tag(0) && tag.0 <= width.max_tag() && !self.taken.contains(&tag);
            if stays && self.room >= PLENTY {
                self.take(width.header_len() + data.len());
                let data = data.into();
                other.push(RawField { tag, data });
            }
        }
        Ok(())
    }

    /// How often something comes: mostly at most `few` times, now and then as often as fits.
    fn times(&mut self, few: u16) -> Result<u16> {
        let most = if rarely(32, self.bytes)? {
            u16::try_from(MAX_ENTRIES).unwrap_or(few)
        } else {
            few
        };
        self.bytes.int_in_range(0..=most)
    }

    const fn take(&mut self, len: usize) {
        self.room = self.room.saturating_sub(len);
    }
}

/// The tags of `lines`, and of the entries of their lists.
fn collect(lines: &[Field], version: Version, tags: &mut Vec<Tag>) {
    for line in lines.iter().filter(|line| line.gate.admits(version)) {
        match line.place {
            Place::List { entry } => collect(entry, version, tags),
            Place::Fixed { .. } | Place::Count { .. } | Place::Floating { .. } => {
                tags.extend(line.tag(version));
            }
        }
    }
}

/// True once in `times` times, and not behind the end of the bytes, where a number is the first of
/// its range.
fn rarely(times: u8, bytes: &mut Unstructured<'_>) -> Result<bool> {
    Ok(!bytes.ratio(times - 1, times)?)
}

/// What stands on the wire, in at most `max` bytes where the kind does not say how many.
fn data(kind: Kind, max: usize, bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    Ok(match kind {
        Kind::Number { width, .. } => exactly(width, bytes)?,
        Kind::Flag => alloc::vec![0, bytes.arbitrary::<bool>()?.into()],
        Kind::Code { width, names } => {
            let named = match names {
                [] => false,
                // The one name of an id is its null.
                [_] => rarely(8, bytes)?,
                _ => !rarely(8, bytes)?,
            };
            if named {
                low_bytes(bytes.choose(names)?.1, width)
            } else {
                exactly(width, bytes)?
            }
        }
        Kind::Mask { width, names } => {
            let known = names.iter().fold(0, |known, (_, bit)| known | bit);
            let all = rarely(8, bytes)?;
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
    let max = if rarely(16, bytes)? {
        max
    } else {
        max.min(MOSTLY)
    };
    bytes.int_in_range(0..=max)
}

/// With its NUL; mostly ASCII, now and then anything else but NUL.
fn text(max: usize, bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let any = rarely(8, bytes)?;
    let mut text = raw(max, bytes)?;
    for byte in &mut text {
        if any {
            *byte = (*byte).max(1);
        } else {
            *byte = b' ' + *byte % 95;
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
        if rarely(16, bytes)? {
            Ok(Self::new(bytes.arbitrary()?, bytes.arbitrary()?))
        } else {
            known_version(|_| true, bytes)
        }
    }
}

/// One of the versions that the tables cover and `has` takes, of each dialect as often.
fn known_version(has: impl Fn(Version) -> bool, bytes: &mut Unstructured<'_>) -> Result<Version> {
    let ucce = (5..=25).map(Version::ucce);
    let uccx = (10..=18).map(Version::uccx);
    let mut dialects = Vec::from([
        ucce.filter(|version| has(*version)).collect::<Vec<_>>(),
        uccx.filter(|version| has(*version)).collect(),
    ]);
    dialects.retain(|versions| !versions.is_empty());
    let versions = bytes.choose(&dialects)?;
    bytes.choose(versions).copied()
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

/// Values of a field that repeats, and entries of a list, most of the time.
const FEW_REPEATS: u16 = 2;
const FEW_ENTRIES: u16 = 3;
/// Fields that no line takes.
const MAX_OTHER: u8 = 3;
const MAX_OTHER_DATA: usize = 16;
/// Bytes kept back for counters and for fields that must be there.
const SPARE: usize = 256;
/// Room for a field or for the first one of an entry, whatever it is.
const PLENTY: usize = MAX_PAIR + 4;
/// Bytes of a name and a value of call data. GED-188, "NAMEDVAR Data Type".
const MAX_NAME: usize = 32;
const MAX_VALUE: usize = 210;
/// Both with their NUL, behind the index in an array.
const MAX_PAIR: usize = 1 + MAX_NAME + 1 + MAX_VALUE + 1;
/// Bytes that a text or blob mostly has at most.
const MOSTLY: usize = 24;
/// Bytes of an unread body.
const MAX_BODY: usize = 600;
