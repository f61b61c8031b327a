//! NAMEDVAR and NAMEDARRAY: expanded call context (ECC) data. GED-188, "NAMEDVAR Data Type".

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::codec::floating::Value;
use crate::codec::text::Text;

/// One expanded call context variable.
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
    fn parse(data: Bytes) -> Result<Self, Bytes> {
        let Some(end) = data.iter().position(|byte| *byte == 0) else {
            return Err(data);
        };
        let name = Text::until_nul(data.slice(..end));
        Ok(Self {
            name,
            value: Text::until_nul(data.slice(end + 1..)),
        })
    }

    fn wire_len(&self) -> usize {
        self.name.wire_len() + self.value.wire_len()
    }

    fn put(&self, out: &mut BytesMut) {
        self.name.put(out);
        self.value.put(out);
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
    fn parse(mut data: Bytes) -> Result<Self, Bytes> {
        let whole = data.clone();
        let Ok(index) = data.try_get_u8() else {
            return Err(whole);
        };
        let variable = NamedVariable::parse(data).map_err(|_| whole)?;
        Ok(Self {
            index,
            name: variable.name,
            value: variable.value,
        })
    }

    fn wire_len(&self) -> usize {
        1 + self.name.wire_len() + self.value.wire_len()
    }

    fn put(&self, out: &mut BytesMut) {
        out.put_u8(self.index);
        self.name.put(out);
        self.value.put(out);
    }

    fn call_data_len(&self) -> usize {
        self.wire_len()
    }
}
