//! NAMEDVAR and NAMEDARRAY: expanded call context (ECC) data. GED-188, "NAMEDVAR Data Type".

use bytes::{BufMut, BytesMut};

use crate::codec::floating::{Data, Value};
use crate::codec::text::Text;

/// One expanded call context variable.
///
/// Quirk: from UCCE 20 on the guide prints UCHAR with size 2 for tag and length of it, and of
/// [`NamedArray`]. The size is followed, as all fields of these versions have two bytes for each: one
/// byte where others have two could not be told from the first byte of two.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NamedVariable {
    /// As configured on the server, at most 32 bytes.
    pub name: Text,
    /// At most 210 bytes.
    pub value: Text,
}

impl NamedVariable {
    /// A variable with its value.
    pub const fn new(name: Text, value: Text) -> Self {
        Self { name, value }
    }
}

impl Value for NamedVariable {
    fn parse(data: &Data<'_>) -> Option<Self> {
        parse_pair(data, 0).map(|(name, value)| Self { name, value })
    }

    fn wire_len(&self) -> usize {
        self.name.wire_len() + self.value.wire_len()
    }

    fn put(&self, out: &mut BytesMut) {
        self.name.put(out);
        self.value.put(out);
    }

    fn part_too_long(&self) -> Option<(usize, usize)> {
        pair_too_long(&self.name, &self.value)
    }

    fn call_data_len(&self) -> usize {
        self.wire_len()
    }
}

/// One element of an expanded call context array.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NamedArray {
    /// Place of the element.
    pub index: u8,
    /// As configured on the server, at most 32 bytes.
    pub name: Text,
    /// At most 210 bytes.
    pub value: Text,
}

impl NamedArray {
    /// An element with its value.
    pub const fn new(index: u8, name: Text, value: Text) -> Self {
        Self { index, name, value }
    }
}

impl Value for NamedArray {
    fn parse(data: &Data<'_>) -> Option<Self> {
        let index = *data.bytes().first()?;
        parse_pair(data, 1).map(|(name, value)| Self { index, name, value })
    }

    fn wire_len(&self) -> usize {
        1 + self.name.wire_len() + self.value.wire_len()
    }

    fn put(&self, out: &mut BytesMut) {
        out.put_u8(self.index);
        self.name.put(out);
        self.value.put(out);
    }

    fn part_too_long(&self) -> Option<(usize, usize)> {
        pair_too_long(&self.name, &self.value)
    }

    fn call_data_len(&self) -> usize {
        self.wire_len()
    }
}

/// Length and maximum of the part that is too long, its NUL included.
fn pair_too_long(name: &Text, value: &Text) -> Option<(usize, usize)> {
    let parts = [(name.wire_len(), MAX_NAME), (value.wire_len(), MAX_VALUE)];
    parts.into_iter().find(|(len, max)| len > max)
}

/// pair = name NUL value [NUL], from byte `start` on
fn parse_pair(data: &Data<'_>, start: usize) -> Option<(Text, Text)> {
    let pair = data.bytes().get(start..)?;
    let name_len = pair.iter().position(|byte| *byte == 0)?;
    let value = pair.get(name_len + 1..)?;
    let value_len = value
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(value.len());
    let value_start = start + name_len + 1;
    Some((
        Text::until_nul(data.slice(start..start + name_len)),
        Text::until_nul(data.slice(value_start..value_start + value_len)),
    ))
}

/// With its NUL. GED-188, "NAMEDVAR Data Type".
const MAX_NAME: usize = 33;

/// With its NUL. GED-188, "NAMEDVAR Data Type".
const MAX_VALUE: usize = 211;
