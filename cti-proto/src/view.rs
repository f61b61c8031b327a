//! A look at a message without building it.
//!
//! A proxy or a filter often wants one agent id or call id of a message that it passes on as it is.
//! [`View`] finds fixed fields by the tables and floating fields by their tags, in place: nothing is
//! copied and nothing is allocated.
//!
//! ```
//! use cti_proto::{FrameCodec, Tag, Version, View};
//!
//! # fn main() -> Result<(), cti_proto::DecodeError> {
//! let version = Version::uccx(17);
//! // CALL_CLEARED_EVENT of call 77 on device 1001, as a proxy finds it in its read buffer.
//! let mut wire = vec![0, 0, 0, 27, 0, 0, 0, 13];
//! wire.extend([0, 0, 0, 0, 0, 0, 0, 1, 0, 21, 0, 0, 0, 0, 0, 77, 0, 3, 0xff, 0xff]);
//! wire.extend([25, 5, b'1', b'0', b'0', b'1', 0]);
//!
//! let codec = FrameCodec::new(version);
//! let Some(frame) = codec.peek(&wire)? else { return Ok(()) };
//! let Some(view) = View::new(version, frame)? else { return Ok(()) };
//! assert_eq!(view.table().name, "CALL_CLEARED_EVENT");
//! assert_eq!(view.number("connection_call_id")?, Some(77));
//! assert_eq!(view.text("connection_device_id")?, Some(&b"1001"[..]));
//! for field in view.floating() {
//!     let (tag, range) = field?;
//!     assert_eq!((tag, &view.body()[range]), (Tag::CONNECTION_DEVID, &b"1001\0"[..]));
//! }
//! # Ok(())
//! # }
//! ```

use core::iter::FusedIterator;
use core::ops::Range;
use core::slice;

use crate::codec::{Field, Form, Ranges, fixed_width};
use crate::error::DecodeError;
use crate::frame::FrameRef;
use crate::message::{Table, table_of_body};
use crate::tag::Tag;
use crate::version::Version;

/// A message body with its table: where each field stands, in place.
///
/// Reading is as lenient as [`Message::decode`](crate::Message::decode); counters and the sizes of
/// floating fields are not checked.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    table: &'static Table,
    version: Version,
    form: Form,
    body: &'a [u8],
    fixed_len: usize,
}

impl<'a> View<'a> {
    /// A view of `frame` in the layout of `version`; `None` where
    /// [`Message::decode`](crate::Message::decode) yields `Unknown`.
    ///
    /// # Errors
    ///
    /// [`DecodeError::FixedPartTruncated`] when the body ends inside its fixed part.
    pub fn new(
        version: Version,
        frame: impl Into<FrameRef<'a>>,
    ) -> Result<Option<Self>, DecodeError> {
        let FrameRef { message_type, body } = frame.into();
        let Some(table) = table_of_body(version, message_type, body) else {
            return Ok(None);
        };
        let (form, fixed_len) = Form::with_fixed_len(table.fields, &table.shape, version, body);
        if fixed_len > body.len() {
            let lines = FixedFields::new(table, version, form);
            return Err(lines.truncated(table.name, body.len()));
        }
        Ok(Some(Self {
            table,
            version,
            form,
            body,
            fixed_len,
        }))
    }

    /// The message's table.
    pub const fn table(&self) -> &'static Table {
        self.table
    }

    /// The whole body, which all ranges index.
    pub const fn body(&self) -> &'a [u8] {
        self.body
    }

    /// The lines of the fixed part in wire order, counters included, with where each one stands.
    #[inline]
    pub fn fixed(&self) -> FixedFields {
        FixedFields::new(self.table, self.version, self.form)
    }

    /// Tag and data range of each floating field in wire order, those of list entries included.
    ///
    /// An item is an error, and the last one, when the body ends inside a field:
    /// [`DecodeError::FloatingPartTruncated`].
    #[inline]
    pub const fn floating(&self) -> Ranges<'a> {
        Ranges::new(self.table.name, self.form.width, self.body, self.fixed_len)
    }

    /// The data of the field that the table calls `name`: of a fixed field or counter, or of the
    /// first floating field with the tag that this dialect gives it. `None` if the version does not
    /// have it or it did not come. Fields of list entries have no name here.
    ///
    /// # Errors
    ///
    /// [`DecodeError::FloatingPartTruncated`] when the body ends inside a field before it is found.
    pub fn data(&self, name: &str) -> Result<Option<&'a [u8]>, DecodeError> {
        if let Some((_, range)) = self.fixed().find(|(line, _)| line.name == name) {
            return Ok(self.body.get(range));
        }
        let line = self.table.fields.iter().find(|line| line.name == name);
        let tag = line
            .filter(|line| line.gate.admits(self.version))
            .and_then(|line| line.tag(self.version));
        match tag {
            Some(tag) => self.tagged(tag),
            None => Ok(None),
        }
    }

    /// The data of the first floating field with `tag`.
    ///
    /// # Errors
    ///
    /// [`DecodeError::FloatingPartTruncated`] when the body ends inside a field before it is found.
    pub fn tagged(&self, tag: Tag) -> Result<Option<&'a [u8]>, DecodeError> {
        for field in self.floating() {
            let (own, range) = field?;
            if own == tag {
                return Ok(self.body.get(range));
            }
        }
        Ok(None)
    }

    /// A number of up to 4 bytes by name, as [`View::data`] finds it; signed ones come with their
    /// bits as they are. `None` also for data of another size.
    ///
    /// # Errors
    ///
    /// As for [`View::data`].
    pub fn number(&self, name: &str) -> Result<Option<u32>, DecodeError> {
        Ok(self.data(name)?.and_then(|data| match *data {
            [a] => Some(u32::from(a)),
            [a, b] => Some(u32::from(u16::from_be_bytes([a, b]))),
            [a, b, c, d] => Some(u32::from_be_bytes([a, b, c, d])),
            _ => None,
        }))
    }

    /// A STRING by name up to its first NUL, as [`View::data`] finds it.
    ///
    /// # Errors
    ///
    /// As for [`View::data`].
    pub fn text(&self, name: &str) -> Result<Option<&'a [u8]>, DecodeError> {
        Ok(self
            .data(name)?
            .and_then(|data| data.split(|byte| *byte == 0).next()))
    }
}

/// Lines of a fixed part and where they stand; made by [`View::fixed`].
#[derive(Clone, Debug)]
pub struct FixedFields {
    lines: slice::Iter<'static, Field>,
    version: Version,
    form: Form,
    at: usize,
}

impl FixedFields {
    #[inline]
    fn new(table: &Table, version: Version, form: Form) -> Self {
        Self {
            lines: table.shape.lines_of(table.fields).iter(),
            version,
            form,
            at: 0,
        }
    }

    #[cold]
    fn truncated(mut self, message: &'static str, len: usize) -> DecodeError {
        let (field, offset) = self
            .find(|(_, range)| range.end > len)
            .map_or(("", len), |(line, range)| (line.name, range.start));
        DecodeError::FixedPartTruncated {
            message,
            field,
            offset,
        }
    }
}

impl Iterator for FixedFields {
    type Item = (&'static Field, Range<usize>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = self.lines.next()?;
            let width = fixed_width(line)?;
            if self.form.shows(self.version, line) {
                let start = self.at;
                self.at += width;
                return Some((line, start..self.at));
            }
        }
    }
}

impl FusedIterator for FixedFields {}

impl Table {
    /// Bytes of the fixed part in `version`, as its usual form has it.
    pub fn fixed_len(&self, version: Version) -> usize {
        Form::usual(version).fixed_len(self.fields, &self.shape, version)
    }

    /// Where the fixed field or counter called `name` stands in a body of `version`; `None` if that
    /// version does not have it. A filter asks once and then looks at each body there.
    pub fn fixed_range(&self, version: Version, name: &str) -> Option<Range<usize>> {
        self.fixed_lines(version)
            .find(|(line, _)| line.name == name)
            .map(|(_, range)| range)
    }

    fn fixed_lines(&self, version: Version) -> FixedFields {
        FixedFields::new(self, version, Form::usual(version))
    }
}
