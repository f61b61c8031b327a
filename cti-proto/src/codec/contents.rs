//! Fields seen without their types: what printing, JSON and tools read.

use alloc::vec::Vec;
use core::fmt;

use crate::codec::fixed::Fixed;
use crate::codec::floating::RawField;
use crate::codec::named::{NamedArray, NamedVariable};
use crate::codec::spec::{Field, Place};
use crate::codec::text::{Blob, Secret, Text};

/// What one field holds, whatever its Rust type.
///
/// `Display` writes it as a log shows it: names for numbers that have one, texts quoted with control
/// characters escaped, passwords as `(secret)`. `{:#}` adds the number behind a name.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum FieldValue<'a> {
    /// Nothing: the floating field is not there, or the fixed field holds the protocol's own null.
    Absent,
    /// A number that has no names: a count, a time, an id.
    Number(i64),
    /// BOOL.
    Flag(bool),
    /// A number from a table of the specification, with its name there.
    Code(u32, Option<&'static str>),
    /// A mask with names for its bits.
    Mask(Bits),
    /// STRING.
    Text(&'a Text),
    /// UNSPEC.
    Bytes(&'a [u8]),
    /// A password, which is not shown.
    Secret,
    /// NAMEDVAR.
    NamedVariable(&'a NamedVariable),
    /// NAMEDARRAY.
    NamedArray(&'a NamedArray),
    /// A field that may come many times, or a list of entries.
    List(List<'a>),
    /// An entry of a list, with fields of its own.
    Entry(Contents<'a>),
}

impl<'a> FieldValue<'a> {
    /// The number of a [`Number`](Self::Number), [`Code`](Self::Code), [`Mask`](Self::Mask) or
    /// [`Flag`](Self::Flag).
    pub fn number(self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Code(number, _) => Some(number.into()),
            Self::Mask(mask) => Some(mask.bits.into()),
            Self::Flag(flag) => Some(flag.into()),
            Self::Absent
            | Self::Text(_)
            | Self::Bytes(_)
            | Self::Secret
            | Self::NamedVariable(_)
            | Self::NamedArray(_)
            | Self::List(_)
            | Self::Entry(_) => None,
        }
    }

    /// The text of a [`Text`](Self::Text).
    pub const fn text(self) -> Option<&'a Text> {
        if let Self::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// Whether there is nothing to show: no value, or a list without entries.
    pub fn is_absent(self) -> bool {
        if let Self::List(list) = self {
            list.is_empty()
        } else {
            matches!(self, Self::Absent)
        }
    }
}

/// The bits of a mask, with their names.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Bits {
    bits: u32,
    names: &'static [(&'static str, u32)],
}

impl Bits {
    pub(crate) const fn new(bits: u32, names: &'static [(&'static str, u32)]) -> Self {
        Self { bits, names }
    }

    /// All bits.
    pub const fn bits(self) -> u32 {
        self.bits
    }

    /// The names of the bits that are set, in the order of the specification.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.set().map(|(name, _)| *name)
    }

    /// The bits that are set and have no name.
    pub fn unnamed(self) -> u32 {
        self.set().fold(self.bits, |left, (_, bit)| left & !bit)
    }

    fn set(self) -> impl Iterator<Item = &'static (&'static str, u32)> {
        self.names
            .iter()
            .filter(move |(_, bit)| *bit != 0 && self.bits & bit == *bit)
    }
}

/// The fields of a message, of a record or of an entry of a list.
///
/// `Display` writes them as `name=value`, `{:#}` one below the other.
#[derive(Clone, Copy)]
pub struct Contents<'a>(&'a dyn Composite);

impl<'a> Contents<'a> {
    pub(crate) const fn new(composite: &'a dyn Composite) -> Self {
        Self(composite)
    }

    /// Every field in the order of the table, absent ones included. Counters are no fields: their
    /// lists know how long they are.
    pub fn fields(self) -> impl Iterator<Item = (&'static Field, FieldValue<'a>)> {
        let lines = self.0.lines().iter();
        lines
            .filter(|line| !matches!(line.place, Place::Count { .. }))
            .zip(self.0.values())
    }

    /// What the field called `name` holds; [`FieldValue::Absent`] if there is none.
    pub fn get(self, name: &str) -> FieldValue<'a> {
        self.fields()
            .find(|(field, _)| field.name == name)
            .map_or(FieldValue::Absent, |(_, value)| value)
    }

    /// The floating fields that no line of the table took, in wire order.
    pub fn other(self) -> &'a [RawField] {
        self.0.other()
    }
}

impl fmt::Debug for Contents<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.fields().filter(|(_, value)| !value.is_absent());
        f.debug_map()
            .entries(fields.map(|(field, value)| (field.name, value)))
            .finish_non_exhaustive()
    }
}

/// Values of one field.
#[derive(Clone, Copy)]
pub struct List<'a>(&'a dyn Sequence);

impl<'a> List<'a> {
    /// How many.
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The values in wire order.
    pub fn iter(self) -> impl Iterator<Item = FieldValue<'a>> {
        (0..self.len()).map(move |index| self.0.at(index))
    }
}

impl fmt::Debug for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A type that stands in a table.
pub(crate) trait AsValue {
    fn as_value(&self) -> FieldValue<'_>;
}

/// A fixed field is always there; its null says that it means nothing.
pub(crate) fn fixed_value<T: AsValue + Fixed + PartialEq>(field: &T) -> FieldValue<'_> {
    let value = field.as_value();
    let null = value.number() != Some(0) && *field == T::ABSENT;
    if null { FieldValue::Absent } else { value }
}

/// A struct whose fields a table lists.
pub(crate) trait Composite {
    /// The table.
    fn lines(&self) -> &'static [Field];

    /// What each line holds, counters left out.
    fn values(&self) -> Vec<FieldValue<'_>>;

    /// What no line took.
    fn other(&self) -> &[RawField] {
        &[]
    }
}

trait Sequence {
    fn len(&self) -> usize;
    fn at(&self, index: usize) -> FieldValue<'_>;
}

impl<T: AsValue> Sequence for Vec<T> {
    fn len(&self) -> usize {
        self.len()
    }

    fn at(&self, index: usize) -> FieldValue<'_> {
        self.get(index).map_or(FieldValue::Absent, T::as_value)
    }
}

impl<T: AsValue> AsValue for Vec<T> {
    fn as_value(&self) -> FieldValue<'_> {
        FieldValue::List(List(self))
    }
}

impl<T: AsValue> AsValue for Option<T> {
    fn as_value(&self) -> FieldValue<'_> {
        self.as_ref().map_or(FieldValue::Absent, T::as_value)
    }
}

macro_rules! values {
    ($($ty:ty: $self:ident => $value:expr;)*) => {$(
        impl AsValue for $ty {
            fn as_value(&$self) -> FieldValue<'_> {
                $value
            }
        }
    )*};
}

values! {
    u8: self => FieldValue::Number((*self).into());
    u16: self => FieldValue::Number((*self).into());
    u32: self => FieldValue::Number((*self).into());
    i32: self => FieldValue::Number((*self).into());
    bool: self => FieldValue::Flag(*self);
    Text: self => FieldValue::Text(self);
    Blob: self => FieldValue::Bytes(&self.0);
    Secret: self => FieldValue::Secret;
    NamedVariable: self => FieldValue::NamedVariable(self);
    NamedArray: self => FieldValue::NamedArray(self);
}

impl<const N: usize> AsValue for [u8; N] {
    fn as_value(&self) -> FieldValue<'_> {
        FieldValue::Bytes(self)
    }
}
