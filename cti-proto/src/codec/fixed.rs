//! Fixed part: packed big-endian fields without padding. GED-188, "Data Types".

use bytes::{BufMut, Bytes, BytesMut};

use crate::codec::floating::Fields;
use crate::codec::form::{Form, Shape};
use crate::codec::spec::Field;
use crate::error::DecodeError;
use crate::version::Version;

/// A type that can stand in the fixed part.
pub(crate) trait Fixed: Sized {
    /// Bytes on the wire.
    const WIDTH: usize;

    /// What a field holds that means nothing here: the protocol's own null, else zero.
    const ABSENT: Self;

    /// Takes the value off the front of `src`; `None` if too little is left.
    fn take(src: &mut &[u8]) -> Option<Self>;

    /// Appends the value.
    fn put(&self, out: &mut impl BufMut);
}

macro_rules! integers {
    ($($int:ident $put:ident),*) => {$(
        impl Fixed for $int {
            const WIDTH: usize = size_of::<$int>();
            const ABSENT: Self = 0;

            #[inline]
            fn take(src: &mut &[u8]) -> Option<Self> {
                let (value, rest) = src.split_first_chunk()?;
                *src = rest;
                Some($int::from_be_bytes(*value))
            }

            #[inline]
            fn put(&self, out: &mut impl BufMut) {
                out.$put(*self);
            }
        }
    )*};
}

integers!(u8 put_u8, u16 put_u16, u32 put_u32, i32 put_i32);

/// BOOL: 2 bytes, 0 or 1. Reading takes any other value for true.
impl Fixed for bool {
    const WIDTH: usize = 2;
    const ABSENT: Self = false;

    fn take(src: &mut &[u8]) -> Option<Self> {
        u16::take(src).map(|value| value != 0)
    }

    fn put(&self, out: &mut impl BufMut) {
        out.put_u16(u16::from(*self));
    }
}

/// UNSPEC of a fixed size.
impl<const N: usize> Fixed for [u8; N] {
    const WIDTH: usize = N;
    const ABSENT: Self = [0; N];

    fn take(src: &mut &[u8]) -> Option<Self> {
        let (value, rest) = src.split_first_chunk()?;
        *src = rest;
        Some(*value)
    }

    fn put(&self, out: &mut impl BufMut) {
        out.put_slice(self);
    }
}

/// Writes a field where `version` has it, or perhaps has it and the value says something.
#[inline]
pub(crate) fn put_fixed<T: Fixed + PartialEq>(
    field: &T,
    line: &'static Field,
    version: Version,
    out: &mut BytesMut,
) {
    if line.gate.admits(version) || (line.perhaps.admits(version) && *field != T::ABSENT) {
        field.put(out);
    }
}

/// Reads a body from its front.
pub(crate) struct FixedPart<'a> {
    message: &'static str,
    version: Version,
    form: Form,
    body: &'a Bytes,
    rest: &'a [u8],
}

impl<'a> FixedPart<'a> {
    /// Of a message whose table has `lines` of the given shape.
    #[inline]
    pub(crate) fn new(
        message: &'static str,
        lines: &[Field],
        shape: &Shape,
        version: Version,
        body: &'a Bytes,
    ) -> Self {
        Self {
            message,
            version,
            form: Form::of(lines, shape, version, body),
            body,
            rest: body,
        }
    }

    /// Reads a field where the body has it.
    #[inline]
    pub(crate) fn read<T: Fixed>(
        &mut self,
        field: &mut T,
        line: &'static Field,
    ) -> Result<(), DecodeError> {
        if !self.form.has(self.version, line.gate, line.perhaps) {
            return Ok(());
        }
        match T::take(&mut self.rest) {
            Some(value) => {
                *field = value;
                Ok(())
            }
            None => Err(self.truncated(line.name)),
        }
    }

    /// Passes over a counter where the version has it.
    #[inline]
    pub(crate) fn skip_count(&mut self, line: &'static Field) -> Result<(), DecodeError> {
        self.read(&mut 0_u16, line)
    }

    pub(crate) fn floating(self) -> Fields<'a> {
        let start = self.body.len() - self.rest.len();
        Fields::new(self.message, self.form.width, self.body, start)
    }

    #[cold]
    const fn truncated(&self, field: &'static str) -> DecodeError {
        let offset = self.body.len() - self.rest.len();
        DecodeError::FixedPartTruncated {
            message: self.message,
            field,
            offset,
        }
    }
}
