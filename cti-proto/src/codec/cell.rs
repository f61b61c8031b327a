//! Fields written without their types: what the features `serde` and `arbitrary` fill.

use alloc::vec::Vec;

use crate::codec::contents::Composite;
use crate::codec::fixed::Fixed;
use crate::codec::floating::{Data, RawField, Slot, Value};
use crate::codec::named::{NamedArray, NamedVariable};
use crate::codec::text::{Blob, Secret, Text};

/// What the data of a field are on the wire.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A number of so many bytes, two's complement if it can be negative.
    Number {
        width: usize,
        #[cfg_attr(
            not(feature = "serde"),
            allow(dead_code, reason = "JSON alone has a sign")
        )]
        signed: bool,
    },
    /// BOOL.
    Flag,
    /// A number of so many bytes, with names.
    Code {
        width: usize,
        names: &'static [(&'static str, u32)],
    },
    Mask {
        width: usize,
        names: &'static [(&'static str, u32)],
    },
    Text,
    /// UNSPEC; in the fixed part always so many bytes.
    Bytes {
        exactly: Option<usize>,
    },
    Secret,
    Variable,
    Array,
}

/// A type that stands in a table.
pub(crate) trait Kinded {
    const KIND: Kind;
}

/// A field, to be filled with the bytes of the wire.
pub(crate) enum Cell<'a> {
    Fixed(&'a mut dyn FixedCell),
    Slot(&'a mut dyn SlotCell),
    List(&'a mut dyn ListCell),
}

/// A field that is always there.
pub(crate) trait FixedCell {
    fn kind(&self) -> Kind;

    /// Takes `bytes`; `false` if there are too few or too many.
    fn set(&mut self, bytes: &[u8]) -> bool;
}

impl<T: Fixed + Kinded> FixedCell for T {
    fn kind(&self) -> Kind {
        T::KIND
    }

    fn set(&mut self, mut bytes: &[u8]) -> bool {
        match T::take(&mut bytes) {
            Some(value) if bytes.is_empty() => {
                *self = value;
                true
            }
            Some(_) | None => false,
        }
    }
}

/// A field that comes once or not at all, or any number of times.
pub(crate) trait SlotCell {
    fn kind(&self) -> Kind;

    fn repeats(&self) -> bool;

    /// Takes the data of one field; `false` if they do not fit.
    fn absorb(&mut self, data: &Data<'_>) -> bool;
}

impl<T: Value + Kinded> SlotCell for Option<T> {
    fn kind(&self) -> Kind {
        T::KIND
    }

    fn repeats(&self) -> bool {
        false
    }

    fn absorb(&mut self, data: &Data<'_>) -> bool {
        Slot::absorb(self, data)
    }
}

impl<T: Value + Kinded> SlotCell for Vec<T> {
    fn kind(&self) -> Kind {
        T::KIND
    }

    fn repeats(&self) -> bool {
        true
    }

    fn absorb(&mut self, data: &Data<'_>) -> bool {
        Slot::absorb(self, data)
    }
}

/// A list whose entries have fields of their own.
pub(crate) trait ListCell {
    /// A new entry at the end.
    fn push(&mut self) -> &mut dyn Fill;
}

impl<T: Fill> ListCell for Vec<T> {
    fn push(&mut self) -> &mut dyn Fill {
        self.push_mut(T::blank())
    }
}

/// A struct whose fields a table lists.
pub(crate) trait Fill: Composite {
    /// With the protocol's absent values.
    fn blank() -> Self
    where
        Self: Sized;

    /// Its fields, counters left out.
    fn cells(&mut self) -> Vec<Cell<'_>>;

    /// Where it keeps what no line took; an entry of a list does not.
    fn other_mut(&mut self) -> Option<&mut Vec<RawField>> {
        None
    }
}

macro_rules! kinds {
    ($($ty:ty: $kind:expr;)*) => {$(
        impl Kinded for $ty {
            const KIND: Kind = $kind;
        }
    )*};
}

kinds! {
    u8: Kind::Number { width: 1, signed: false };
    u16: Kind::Number { width: 2, signed: false };
    u32: Kind::Number { width: 4, signed: false };
    i32: Kind::Number { width: 4, signed: true };
    bool: Kind::Flag;
    Text: Kind::Text;
    Blob: Kind::Bytes { exactly: None };
    Secret: Kind::Secret;
    NamedVariable: Kind::Variable;
    NamedArray: Kind::Array;
}

impl<const N: usize> Kinded for [u8; N] {
    const KIND: Kind = Kind::Bytes { exactly: Some(N) };
}
