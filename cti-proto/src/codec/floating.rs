//! Floating part: tagged fields after the fixed part. GED-188, "Floating Part".

use alloc::vec::Vec;
use core::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use nom::combinator::map;
use nom::multi::length_data;
use nom::number::complete::{be_u8, be_u16};
use nom::sequence::pair;
use nom::{IResult, Parser};

use crate::codec::spec::Field;
use crate::error::{DecodeError, EncodeError};
use crate::tag::Tag;
use crate::version::{FieldWidth, Gate, Version};

/// A floating field as it came: what no table of the session's version knows, a second one where
/// the table has room for one, or one whose data does not fit its type.
#[derive(Clone, Eq, PartialEq)]
pub struct RawField {
    /// The number before the data.
    pub tag: Tag,
    /// The data, a closing NUL included.
    pub data: Bytes,
}

/// Leaves out the data of the two tags that carry passwords.
impl fmt::Debug for RawField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("RawField");
        f.field("tag", &self.tag);
        if self.tag == Tag::CLIENT_PASSWORD || self.tag == Tag::AGENT_PASSWORD {
            f.finish_non_exhaustive()
        } else {
            f.field("data", &format_args!("{:02x?}", &self.data[..]))
                .finish()
        }
    }
}

/// Walks the floating fields of a body in wire order, without copying.
#[derive(Clone, Debug)]
pub struct Fields {
    message: &'static str,
    width: FieldWidth,
    body: Bytes,
    at: usize,
}

impl Fields {
    /// Walks `body` from byte `start`, the end of its fixed part; `message` names it in errors.
    pub const fn new(message: &'static str, width: FieldWidth, body: Bytes, start: usize) -> Self {
        Self {
            message,
            width,
            body,
            at: start,
        }
    }

    /// The next field, or `None` at the end of the body.
    ///
    /// # Errors
    ///
    /// [`DecodeError::FloatingPartTruncated`] when the body ends inside a field.
    pub fn next_field(&mut self) -> Result<Option<RawField>, DecodeError> {
        let input = self.body.get(self.at..).unwrap_or_default();
        if input.is_empty() {
            return Ok(None);
        }
        let Ok((rest, (tag, data))) = field(self.width, input) else {
            return Err(DecodeError::FloatingPartTruncated {
                message: self.message,
                offset: self.at,
            });
        };
        self.at = self.body.len() - rest.len();
        Ok(Some(RawField {
            tag: Tag(tag),
            data: self.body.slice(self.at - data.len()..self.at),
        }))
    }
}

/// field = tag length data
fn field(width: FieldWidth, input: &[u8]) -> IResult<&[u8], (u16, &[u8]), ()> {
    match width {
        FieldWidth::Narrow => pair(map(be_u8, u16::from), length_data(be_u8)).parse_complete(input),
        FieldWidth::WideTag => pair(be_u16, length_data(be_u8)).parse_complete(input),
        FieldWidth::Wide => pair(be_u16, length_data(be_u16)).parse_complete(input),
    }
}

/// The data of one floating field.
pub(crate) trait Value: Sized {
    /// Bytes of a number, zero for texts and blobs.
    const WIDTH: usize = 0;

    /// Reads the data; hands it back if it does not fit the type.
    fn parse(data: Bytes) -> Result<Self, Bytes>;

    /// Bytes of data, a closing NUL included.
    fn wire_len(&self) -> usize;

    /// Appends the data.
    fn put(&self, out: &mut BytesMut);

    /// What it adds to the 2000 bytes that named variables and arrays may take in one message.
    fn call_data_len(&self) -> usize {
        0
    }
}

macro_rules! fixed_values {
    ($($ty:ty),*) => {$(
        impl $crate::codec::Value for $ty {
            const WIDTH: usize = <Self as $crate::codec::Fixed>::WIDTH;

            fn parse(data: bytes::Bytes) -> Result<Self, bytes::Bytes> {
                let mut rest = &data[..];
                match <Self as $crate::codec::Fixed>::take(&mut rest) {
                    Some(value) if rest.is_empty() => Ok(value),
                    _ => Err(data),
                }
            }

            fn wire_len(&self) -> usize {
                <Self as $crate::codec::Fixed>::WIDTH
            }

            fn put(&self, out: &mut bytes::BytesMut) {
                $crate::codec::Fixed::put(self, out);
            }
        }
    )*};
}

pub(crate) use fixed_values;

fixed_values!(u8, u16, u32, i32, bool);

/// How often a floating field may come: `Option<T>` once, `Vec<T>` any number of times.
pub(crate) trait Slot {
    /// Takes the data of one field; hands it back when there is no room or it does not fit.
    fn absorb(&mut self, data: Bytes) -> Option<Bytes>;

    /// Writes what is held.
    fn emit(&self, field: &Field, out: &mut FieldWriter<'_>) -> Result<(), EncodeError>;
}

impl<T: Value> Slot for Option<T> {
    fn absorb(&mut self, data: Bytes) -> Option<Bytes> {
        if self.is_some() {
            return Some(data);
        }
        match T::parse(data) {
            Ok(value) => {
                *self = Some(value);
                None
            }
            Err(data) => Some(data),
        }
    }

    fn emit(&self, field: &Field, out: &mut FieldWriter<'_>) -> Result<(), EncodeError> {
        match self {
            Some(value) => out.value(field, value),
            None => Ok(()),
        }
    }
}

impl<T: Value> Slot for Vec<T> {
    fn absorb(&mut self, data: Bytes) -> Option<Bytes> {
        match T::parse(data) {
            Ok(value) => {
                self.push(value);
                None
            }
            Err(data) => Some(data),
        }
    }

    fn emit(&self, field: &Field, out: &mut FieldWriter<'_>) -> Result<(), EncodeError> {
        self.iter().try_for_each(|value| out.value(field, value))
    }
}

/// What the tables need to know of a slot's type.
pub(crate) trait SlotType {
    /// A slot that holds nothing.
    const EMPTY: Self;
    /// Bytes of its number, zero for texts and blobs.
    const WIDTH: usize;
}

impl<T: Value> SlotType for Option<T> {
    const EMPTY: Self = None;
    const WIDTH: usize = T::WIDTH;
}

impl<T: Value> SlotType for Vec<T> {
    const EMPTY: Self = Self::new();
    const WIDTH: usize = T::WIDTH;
}

/// One entry of a list whose entries span several fields.
pub(crate) trait Group: Sized {
    /// The fields of an entry, in wire order.
    const ENTRY: &'static [Field];

    /// Puts the field into the last entry of `list` or opens a new one; hands it back if the list
    /// has no such tag or the data does not fit.
    fn absorb(list: &mut Vec<Self>, version: Version, field: RawField) -> Option<RawField>;

    /// Writes the entry.
    fn emit(&self, out: &mut FieldWriter<'_>) -> Result<(), EncodeError>;
}

/// The floating part of a message or record, as the tables generate it.
pub(crate) trait Floating {
    /// Hands back a field that has no place in the tables of `version`.
    fn absorb(&mut self, version: Version, field: RawField) -> Option<RawField>;

    /// Takes what `absorb` handed back into `other`.
    fn keep(&mut self, field: RawField);

    /// Writes all fields: first the single ones in table order, then the lists, then what was kept.
    fn emit(&self, out: &mut FieldWriter<'_>) -> Result<(), EncodeError>;
}

/// Appends floating fields in the width of a version, within their limits.
pub(crate) struct FieldWriter<'a> {
    message: &'static str,
    version: Version,
    out: &'a mut BytesMut,
    call_data: usize,
}

impl<'a> FieldWriter<'a> {
    pub(crate) fn new(message: &'static str, version: Version, out: &'a mut BytesMut) -> Self {
        Self {
            message,
            version,
            out,
            call_data: 0,
        }
    }

    /// Writes a list, if the version has it.
    pub(crate) fn list<G: Group>(&mut self, gate: Gate, entries: &[G]) -> Result<(), EncodeError> {
        if !gate.admits(self.version) {
            return Ok(());
        }
        entries.iter().try_for_each(|entry| entry.emit(self))
    }

    /// Writes what an earlier decode kept.
    pub(crate) fn other(&mut self, fields: &[RawField]) -> Result<(), EncodeError> {
        let width = self.version.field_width();
        fields.iter().try_for_each(|field| {
            self.header("other", field.tag, field.data.len(), width.max_data_len())?;
            self.out.put_slice(&field.data);
            Ok(())
        })
    }

    fn value<T: Value>(&mut self, field: &Field, value: &T) -> Result<(), EncodeError> {
        let Some(tag) = field
            .tag(self.version)
            .filter(|_| field.gate.admits(self.version))
        else {
            return Ok(());
        };
        let room = self.version.field_width().max_data_len();
        let max = match field.max(self.version) {
            0 => room,
            max => max.min(room),
        };
        self.call_data += value.call_data_len();
        if self.call_data > MAX_CALL_DATA {
            let len = self.call_data;
            return Err(EncodeError::TooMuchCallData {
                message: self.message,
                len,
            });
        }
        self.header(field.name, tag, value.wire_len(), max)?;
        value.put(self.out);
        Ok(())
    }

    fn header(
        &mut self,
        field: &'static str,
        tag: Tag,
        len: usize,
        max: usize,
    ) -> Result<(), EncodeError> {
        let message = self.message;
        let too_long = EncodeError::FieldTooLong {
            message,
            field,
            len,
            max,
        };
        if len > max {
            return Err(too_long);
        }
        match self.version.field_width() {
            FieldWidth::Narrow => {
                let Ok(tag) = u8::try_from(tag.0) else {
                    return Err(EncodeError::TagTooHigh {
                        message,
                        tag: tag.0,
                    });
                };
                self.out.put_u8(tag);
                self.out.put_u8(u8::try_from(len).map_err(|_| too_long)?);
            }
            FieldWidth::WideTag => {
                self.out.put_u16(tag.0);
                self.out.put_u8(u8::try_from(len).map_err(|_| too_long)?);
            }
            FieldWidth::Wide => {
                self.out.put_u16(tag.0);
                self.out.put_u16(u16::try_from(len).map_err(|_| too_long)?);
            }
        }
        Ok(())
    }
}

/// Named variables and arrays of one message together. GED-188, "Expanded Call Context".
const MAX_CALL_DATA: usize = 2_000;
