//! Floating part: tagged fields after the fixed part. GED-188, "Floating Part".

use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;
use core::iter::FusedIterator;
use core::ops::Range;

use crate::codec::fixed::Fixed;
use crate::codec::spec::Field;
use crate::error::{DecodeError, EncodeError};
use crate::tag::Tag;
use crate::version::{FieldWidth, Gate, Version};
use bytes::{BufMut, Bytes, BytesMut};

/// A floating field as it came: what no table of the session's version knows, a second one where
/// the table has room for one, or one whose data does not fit its type.
#[derive(Clone, Eq, PartialEq)]
pub struct RawField {
    /// The number before the data.
    pub tag: Tag,
    /// The data, a closing NUL included.
    pub data: Bytes,
}

impl RawField {
    /// Whether the tag is one of the two that carry passwords.
    pub(crate) fn is_secret(&self) -> bool {
        self.tag == Tag::CLIENT_PASSWORD || self.tag == Tag::AGENT_PASSWORD
    }
}

/// Leaves out the data of a password.
impl fmt::Debug for RawField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("RawField");
        f.field("tag", &self.tag);
        if self.is_secret() {
            f.finish_non_exhaustive()
        } else {
            f.field("data", &format_args!("{:02x?}", &self.data[..]))
                .finish()
        }
    }
}

/// Walks the floating fields of a body in wire order, without copying.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    body: &'a Bytes,
    ranges: Ranges<'a>,
}

impl<'a> Fields<'a> {
    /// Walks `body` from byte `start`, the end of its fixed part; `message` names it in errors.
    pub fn new(message: &'static str, width: FieldWidth, body: &'a Bytes, start: usize) -> Self {
        Self {
            body,
            ranges: Ranges::new(message, width, body, start),
        }
    }

    /// The next field, or `None` at the end of the body.
    ///
    /// # Errors
    ///
    /// [`DecodeError::FloatingPartTruncated`] when the body ends inside a field.
    pub fn next_field(&mut self) -> Result<Option<RawField>, DecodeError> {
        let field = self.ranges.step()?;
        Ok(field.map(|(tag, range)| RawField {
            tag,
            data: self.body.slice(range),
        }))
    }

    /// Why a message is refused in which the list whose next entry would begin at `offset` is full.
    #[cold]
    pub(crate) const fn too_many_entries(&self, offset: usize) -> DecodeError {
        DecodeError::TooManyEntries {
            message: self.ranges.message,
            offset,
            max: MAX_ENTRIES,
        }
    }

    /// The next field, which tells `refused` where it stands if a list has no room for it.
    #[inline]
    pub(crate) fn next_data<'b>(
        &mut self,
        refused: &'b Cell<Option<usize>>,
    ) -> Result<Option<Data<'b>>, DecodeError>
    where
        'a: 'b,
    {
        let Some((tag, range)) = self.ranges.step()? else {
            return Ok(None);
        };
        Ok(Some(Data {
            tag,
            body: self.body,
            start: range.start,
            end: range.end,
            refused: Some(refused),
        }))
    }
}

/// Walks tags and lengths of the floating fields of a body in wire order: what each item names is
/// the tag, and where in the body its data stand. The last item is an error when the body ends
/// inside a field.
#[derive(Clone, Debug)]
pub struct Ranges<'a> {
    message: &'static str,
    width: FieldWidth,
    body: &'a [u8],
    at: usize,
}

impl<'a> Ranges<'a> {
    /// Walks `body` from byte `start`, the end of its fixed part; `message` names it in errors.
    #[inline]
    pub const fn new(
        message: &'static str,
        width: FieldWidth,
        body: &'a [u8],
        start: usize,
    ) -> Self {
        Self {
            message,
            width,
            body,
            at: start,
        }
    }

    #[inline]
    fn step(&mut self) -> Result<Option<(Tag, Range<usize>)>, DecodeError> {
        let input = self.body.get(self.at..).unwrap_or_default();
        if input.is_empty() {
            return Ok(None);
        }
        let Some((tag, len)) = field_header(self.width, input) else {
            return Err(self.truncated());
        };
        let start = self.at + self.width.header_len();
        let end = start + len;
        if end > self.body.len() {
            return Err(self.truncated());
        }
        self.at = end;
        Ok(Some((tag, start..end)))
    }

    #[cold]
    const fn truncated(&self) -> DecodeError {
        DecodeError::FloatingPartTruncated {
            message: self.message,
            offset: self.at,
        }
    }
}

impl Iterator for Ranges<'_> {
    type Item = Result<(Tag, Range<usize>), DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let item = self.step().transpose();
        if matches!(item, Some(Err(_))) {
            self.at = self.body.len();
        }
        item
    }
}

impl FusedIterator for Ranges<'_> {}

/// Tag and length of the field at the front of `input`.
#[inline]
pub(crate) fn field_header(width: FieldWidth, input: &[u8]) -> Option<(Tag, usize)> {
    match (width, input) {
        (FieldWidth::Narrow, [tag, len, ..]) => Some((Tag(u16::from(*tag)), usize::from(*len))),
        (FieldWidth::WideTag, [high, low, len, ..]) => {
            Some((Tag(u16::from_be_bytes([*high, *low])), usize::from(*len)))
        }
        (FieldWidth::Wide, [high, low, len_high, len_low, ..]) => Some((
            Tag(u16::from_be_bytes([*high, *low])),
            usize::from(u16::from_be_bytes([*len_high, *len_low])),
        )),
        (FieldWidth::Narrow | FieldWidth::WideTag | FieldWidth::Wide, _) => None,
    }
}

/// The data of one field inside their body.
#[derive(Clone, Copy)]
pub(crate) struct Data<'a> {
    pub(crate) tag: Tag,
    body: &'a Bytes,
    start: usize,
    end: usize,
    refused: Option<&'a Cell<Option<usize>>>,
}

impl<'a> Data<'a> {
    /// All of `body` as the data of one field.
    #[cfg(any(feature = "serde", feature = "arbitrary"))]
    pub(crate) const fn whole(tag: Tag, body: &'a Bytes) -> Self {
        let end = body.len();
        Self {
            tag,
            body,
            start: 0,
            end,
            refused: None,
        }
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.body.get(self.start..self.end).unwrap_or_default()
    }

    /// A part that shares the buffer of the body.
    #[inline]
    pub(crate) fn slice(&self, range: Range<usize>) -> Bytes {
        self.body
            .slice(self.start + range.start..self.start + range.end)
    }

    /// Puts the next entry, which this field is or begins, into `list`, unless the list is full: then the whole
    /// message is refused in the end.
    pub(crate) fn open<T>(&self, list: &mut Vec<T>, entry: T) {
        if list.len() < MAX_ENTRIES {
            list.push(entry);
        } else if let Some(refused) = self.refused {
            refused.set(refused.get().or(Some(self.start)));
        }
    }

    /// All of it, for the application to keep.
    pub(crate) fn keep(&self) -> RawField {
        RawField {
            tag: self.tag,
            data: self.body.slice(self.start..self.end),
        }
    }
}

/// The data of one floating field.
pub(crate) trait Value: Sized {
    /// Bytes of a number, zero for texts and blobs.
    const WIDTH: usize = 0;

    /// Reads the data; `None` if it does not fit the type.
    fn parse(data: &Data<'_>) -> Option<Self>;

    /// Bytes of data, a closing NUL included.
    fn wire_len(&self) -> usize;

    /// Appends the data.
    fn put(&self, out: &mut BytesMut);

    /// Appends tag, length and data.
    #[inline]
    fn write(&self, field: &'static Field, tag: Tag, max: usize, out: &mut FieldWriter<'_>) {
        out.sized(field, tag, max, self);
    }

    /// Length and maximum of a part that is too long within the data.
    fn part_too_long(&self) -> Option<(usize, usize)> {
        None
    }

    /// What it adds to the 2000 bytes that named variables and arrays may take in one message.
    fn call_data_len(&self) -> usize {
        0
    }
}

macro_rules! fixed_values {
    ($($ty:ty),*) => {$(
        impl $crate::codec::Value for $ty {
            const WIDTH: usize = <Self as $crate::codec::Fixed>::WIDTH;

            fn parse(data: &$crate::codec::Data<'_>) -> Option<Self> {
                let mut rest = data.bytes();
                <Self as $crate::codec::Fixed>::take(&mut rest).filter(|_| rest.is_empty())
            }

            fn wire_len(&self) -> usize {
                <Self as $crate::codec::Fixed>::WIDTH
            }

            fn put(&self, out: &mut bytes::BytesMut) {
                $crate::codec::Fixed::put(self, out);
            }

            #[inline]
            fn write(
                &self,
                _field: &'static $crate::codec::Field,
                tag: $crate::Tag,
                _max: usize,
                out: &mut $crate::codec::FieldWriter<'_>,
            ) {
                let mut data = [0; <Self as $crate::codec::Fixed>::WIDTH];
                $crate::codec::Fixed::put(self, &mut &mut data[..]);
                out.number(tag, data);
            }
        }
    )*};
}

pub(crate) use fixed_values;

fixed_values!(u8, u16, u32, i32);

/// Quirk: the UCCX guide prints size 4 for the BOOL AutoWork. Any length of 1 to 4 bytes is read, 2
/// are written.
impl Value for bool {
    const WIDTH: usize = <Self as Fixed>::WIDTH;

    fn parse(data: &Data<'_>) -> Option<Self> {
        let bytes = data.bytes();
        matches!(bytes.len(), 1..=4).then(|| bytes.iter().any(|byte| *byte != 0))
    }

    fn wire_len(&self) -> usize {
        <Self as Fixed>::WIDTH
    }

    fn put(&self, out: &mut BytesMut) {
        Fixed::put(self, out);
    }

    #[inline]
    fn write(&self, _field: &'static Field, tag: Tag, _max: usize, out: &mut FieldWriter<'_>) {
        out.number(tag, u16::from(*self).to_be_bytes());
    }
}

/// How often a floating field may come: `Option<T>` once, `Vec<T>` any number of times.
pub(crate) trait Slot {
    /// Takes the data of one field; `false` when there is no room or they do not fit.
    fn absorb(&mut self, data: &Data<'_>) -> bool;

    /// Writes what is held.
    fn emit(&self, field: &'static Field, out: &mut FieldWriter<'_>);
}

impl<T: Value> Slot for Option<T> {
    #[inline]
    fn absorb(&mut self, data: &Data<'_>) -> bool {
        if self.is_some() {
            return false;
        }
        *self = T::parse(data);
        self.is_some()
    }

    #[inline]
    fn emit(&self, field: &'static Field, out: &mut FieldWriter<'_>) {
        match self {
            Some(value) => out.value(field, value),
            None => out.absent(field),
        }
    }
}

impl<T: Value> Slot for Vec<T> {
    fn absorb(&mut self, data: &Data<'_>) -> bool {
        let Some(value) = T::parse(data) else {
            return false;
        };
        data.open(self, value);
        true
    }

    fn emit(&self, field: &'static Field, out: &mut FieldWriter<'_>) {
        if self.len() > MAX_ENTRIES {
            return out.too_many_entries(field.name, self.len());
        }
        self.iter().for_each(|value| out.value(field, value));
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

    /// Puts the field into the last entry of `list` or opens a new one; `false` if the list has no
    /// such tag or the data do not fit.
    fn absorb(list: &mut Vec<Self>, version: Version, data: &Data<'_>) -> bool;

    /// Brings counters that were read into line with their lists.
    fn settle(&mut self);

    /// Writes the entry.
    fn emit(&self, out: &mut FieldWriter<'_>);
}

/// The floating part of a message or record, as the tables generate it.
pub(crate) trait Floating {
    /// Takes a field; `false` if it has no place in the tables of `version`.
    fn absorb(&mut self, version: Version, data: &Data<'_>) -> bool;

    /// Takes what `absorb` did not into `other`.
    fn keep(&mut self, field: RawField);

    /// Brings counters that were read into line with their lists.
    fn settle(&mut self);

    /// Writes all fields: first the single ones in table order, then what was kept, then the lists.
    fn emit(&self, out: &mut FieldWriter<'_>);
}

/// A floating counter as it is written: what its list holds. An empty list has a counter if the
/// peer sent one.
pub(crate) fn count(told: Option<u16>, len: usize) -> Option<u16> {
    // More than a counter can say never fits a message.
    let len = u16::try_from(len).unwrap_or(u16::MAX);
    if len == 0 { told.map(|_| 0) } else { Some(len) }
}

/// Appends floating fields in the width of a version, within their limits.
///
/// The first field that cannot be written is remembered for [`FieldWriter::finish`].
pub(crate) struct FieldWriter<'a> {
    message: &'static str,
    version: Version,
    width: FieldWidth,
    out: &'a mut BytesMut,
    call_data: usize,
    error: Option<EncodeError>,
}

impl<'a> FieldWriter<'a> {
    pub(crate) fn new(message: &'static str, version: Version, out: &'a mut BytesMut) -> Self {
        Self {
            message,
            version,
            width: version.field_width(),
            out,
            call_data: 0,
            error: None,
        }
    }

    /// What could not be written.
    #[inline]
    pub(crate) fn finish(self) -> Result<(), EncodeError> {
        if self.error.is_none() {
            return Ok(());
        }
        self.failed()
    }

    /// Apart from [`finish`](Self::finish), which else would copy an error that is seldom there.
    #[cold]
    #[inline(never)]
    fn failed(self) -> Result<(), EncodeError> {
        self.error.map_or(Ok(()), Err)
    }

    /// Writes a list, if the version has it.
    #[inline]
    pub(crate) fn list<G: Group>(&mut self, name: &'static str, gate: Gate, entries: &[G]) {
        if !gate.admits(self.version) {
            return;
        }
        if entries.len() > MAX_ENTRIES {
            return self.too_many_entries(name, entries.len());
        }
        entries.iter().for_each(|entry| entry.emit(self));
    }

    /// Writes what an earlier decode kept.
    #[inline]
    pub(crate) fn other(&mut self, fields: &[RawField]) {
        for field in fields {
            if self.header("other", field.tag, field.data.len(), usize::MAX) {
                self.out.put_slice(&field.data);
            }
        }
    }

    /// Leaves a field out, if that is allowed.
    #[inline]
    fn absent(&mut self, field: &'static Field) {
        if field.required.admits(self.version) && field.gate.admits(self.version) {
            self.missing(field);
        }
    }

    /// Writes a value, if the version has the field. Inlined, so that tag, gate and maximum are
    /// constants: the gate of most fields goes away, and so does the choice between equal tags.
    #[inline]
    fn value<T: Value>(&mut self, field: &'static Field, value: &T) {
        if let Some((tag, max)) = field.floating(self.version) {
            value.write(field, tag, max, self);
        }
    }

    /// Writes a number; its type is as long as the field.
    ///
    /// With room for the longest one at hand, no write below can grow the buffer.
    #[inline(never)]
    pub(crate) fn number<const N: usize>(&mut self, tag: Tag, data: [u8; N]) {
        if self.out.capacity() - self.out.len() < MAX_NUMBER_LEN {
            return self.number_after_growth(tag, data);
        }
        let [high, low] = tag.0.to_be_bytes();
        match (self.width, &data[..]) {
            (FieldWidth::Narrow, _) if high != 0 => self.tag_too_high(tag),
            (FieldWidth::Narrow, &[a]) => self.out.put_slice(&[low, 1, a]),
            (FieldWidth::Narrow, &[a, b]) => self.out.put_slice(&[low, 2, a, b]),
            (FieldWidth::Narrow, &[a, b, c, d]) => self.out.put_slice(&[low, 4, a, b, c, d]),
            (FieldWidth::WideTag, &[a]) => self.out.put_slice(&[high, low, 1, a]),
            (FieldWidth::WideTag, &[a, b]) => self.out.put_slice(&[high, low, 2, a, b]),
            (FieldWidth::WideTag, &[a, b, c, d]) => {
                self.out.put_slice(&[high, low, 4, a, b, c, d]);
            }
            (FieldWidth::Wide, &[a]) => self.out.put_slice(&[high, low, 0, 1, a]),
            (FieldWidth::Wide, &[a, b]) => self.out.put_slice(&[high, low, 0, 2, a, b]),
            (FieldWidth::Wide, &[a, b, c, d]) => {
                self.out.put_slice(&[high, low, 0, 4, a, b, c, d]);
            }
            (FieldWidth::Narrow | FieldWidth::WideTag | FieldWidth::Wide, _) => {
                const { assert!(N == 1 || N == 2 || N == 4, "no number has this size") };
            }
        }
    }

    #[cold]
    fn number_after_growth<const N: usize>(&mut self, tag: Tag, data: [u8; N]) {
        self.out.reserve(MAX_NUMBER_LEN);
        self.number(tag, data);
    }

    /// Writes a text or blob.
    #[inline(never)]
    fn sized<T: Value>(&mut self, field: &'static Field, tag: Tag, max: usize, value: &T) {
        let call_data = value.call_data_len();
        if call_data > 0 {
            self.call_data += call_data;
            if self.call_data > MAX_CALL_DATA {
                return self.too_much_call_data();
            }
            if let Some((len, max)) = value.part_too_long() {
                return self.too_long(field.name, len, max);
            }
        }
        if self.header(field.name, tag, value.wire_len(), max) {
            value.put(self.out);
        }
    }

    /// Writes tag and length; `false` if they cannot be written.
    #[inline(always)]
    fn header(&mut self, field: &'static str, tag: Tag, len: usize, max: usize) -> bool {
        // What passes `max_data_len` fits the bytes of the length.
        let max = max.min(self.width.max_data_len());
        if len > max {
            self.too_long(field, len, max);
            return false;
        }
        let [tag_high, tag_low] = tag.0.to_be_bytes();
        let [.., len_high, len_low] = len.to_be_bytes();
        match self.width {
            FieldWidth::Narrow if tag_high != 0 => {
                self.tag_too_high(tag);
                return false;
            }
            FieldWidth::Narrow => self.out.put_slice(&[tag_low, len_low]),
            FieldWidth::WideTag => self.out.put_slice(&[tag_high, tag_low, len_low]),
            FieldWidth::Wide => self.out.put_slice(&[tag_high, tag_low, len_high, len_low]),
        }
        true
    }

    #[cold]
    fn too_much_call_data(&mut self) {
        self.fail(EncodeError::TooMuchCallData {
            message: self.message,
            len: self.call_data,
        });
    }

    #[cold]
    fn too_long(&mut self, field: &'static str, len: usize, max: usize) {
        self.fail(EncodeError::FieldTooLong {
            message: self.message,
            field,
            len,
            max,
        });
    }

    #[cold]
    fn too_many_entries(&mut self, field: &'static str, len: usize) {
        self.fail(EncodeError::TooManyEntries {
            message: self.message,
            field,
            len,
            max: MAX_ENTRIES,
        });
    }

    #[cold]
    fn tag_too_high(&mut self, tag: Tag) {
        self.fail(EncodeError::TagTooHigh {
            message: self.message,
            tag: tag.0,
        });
    }

    #[cold]
    fn missing(&mut self, field: &'static Field) {
        self.fail(EncodeError::MissingField {
            message: self.message,
            field: field.name,
            version: self.version,
        });
    }

    fn fail(&mut self, error: EncodeError) {
        self.error.get_or_insert(error);
    }
}

/// Entries of one list in one message. The guides announce 99 at most (CSQs of an agent); a message
/// of 12,500 bytes with the four fields of each call of a device has no room for more than this.
pub(crate) const MAX_ENTRIES: usize = 512;
/// Tag, length and data of a number at most.
const MAX_NUMBER_LEN: usize = 8;
/// Named variables and arrays of one message together. GED-188, "Expanded Call Context".
pub(crate) const MAX_CALL_DATA: usize = 2_000;
