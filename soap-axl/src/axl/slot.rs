//! How often fields come, and what is done with any field of a record.

use core::{any::Any, fmt};

use crate::{
    DecodeError, Decoder, Encoder,
    axl::{AttributeValue, Content, Field, Tags},
};

/// A value that may be left out or said to be nil. In updates, absent keeps what is there, nil
/// clears it, and a value replaces it.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Presence<T> {
    /// The element is not there.
    #[default]
    Absent,
    /// The element says `xsi:nil`.
    Nil,
    /// The element holds a value, perhaps an empty one.
    Value(T),
}

impl<T> Presence<T> {
    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Nil => None,
        }
    }

    /// The value itself, if there is one.
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Nil => None,
        }
    }

    /// Whether the element is not there.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether the element says nil.
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }
}

impl<T> From<T> for Presence<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl From<&str> for Presence<String> {
    fn from(value: &str) -> Self {
        Self::Value(value.to_owned())
    }
}

impl<T> From<Option<T>> for Presence<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Self::Value)
    }
}

/// What a record does with one of its children, whatever its type: there is one engine for all
/// records, which sees their fields as these. The macros alone need it.
#[doc(hidden)]
pub trait Slot: Same {
    /// Reads the open element, whose name is this field's.
    ///
    /// # Errors
    ///
    /// When the content is not of this type.
    fn absorb(
        &mut self,
        wire: &'static str,
        local: &str,
        decoder: &mut Decoder<'_>,
    ) -> Result<(), DecodeError>;

    /// Writes as many elements as there are values.
    fn emit(&self, wire: &str, encoder: &mut Encoder);

    /// Takes away what the mask of the parent does not want. What is required stays.
    fn mask(&mut self, wire: &str, tags: &Tags);

    /// Whether there is anything to write.
    fn is_there(&self) -> bool {
        true
    }

    /// Prints it for people, without text that nobody named, which may be secret.
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

/// The type of a field: `T` exactly once, `Option<T>` at most once, [`Presence<T>`] at most once
/// and perhaps nil, `Vec<T>` any number of times, a choice once under one of its names. The macros
/// alone need it.
#[doc(hidden)]
pub trait SlotType: Slot + Sized {
    /// The value before anything was read.
    const BLANK: Self;
    /// How often it comes.
    const OCCURS: Occurs;
    /// The table of the record that it holds; nothing for other types.
    const FIELDS: &'static [Field] = &[];
}

/// How often a field comes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Occurs {
    /// Exactly once.
    Once,
    /// Exactly once, under one of several names.
    Choice,
    /// At most once.
    Optional,
    /// Any number of times.
    Any,
}

/// What a record does with one of its attributes.
#[doc(hidden)]
pub trait AttributeSlot: Same {
    /// Takes the text of the attribute; `false` when it is not of this type.
    fn take(&mut self, text: &str) -> bool;
    /// The text to write, if there is any.
    fn text(&self) -> Option<String>;
}

/// Values whose type is not known, compared and copied.
#[doc(hidden)]
pub trait Same: Any + fmt::Debug {
    /// Whether the other is of this type and equal.
    fn is_same(&self, other: &dyn Any) -> bool;
    /// Becomes as the other, if that is of this type.
    fn copy_from(&mut self, other: &dyn Any);
}

impl<T: Any + Clone + PartialEq + fmt::Debug> Same for T {
    fn is_same(&self, other: &dyn Any) -> bool {
        other.downcast_ref() == Some(self)
    }

    fn copy_from(&mut self, other: &dyn Any) {
        if let Some(other) = other.downcast_ref::<Self>() {
            self.clone_from(other);
        }
    }
}

impl<T: AttributeValue> AttributeSlot for Option<T> {
    fn take(&mut self, text: &str) -> bool {
        *self = T::from_text(text);
        self.is_some()
    }

    fn text(&self) -> Option<String> {
        self.as_ref().map(T::to_text)
    }
}

impl<T: Content> Slot for T {
    fn absorb(
        &mut self,
        wire: &'static str,
        _local: &str,
        decoder: &mut Decoder<'_>,
    ) -> Result<(), DecodeError> {
        self.fill(decoder, wire)
    }

    fn emit(&self, wire: &str, encoder: &mut Encoder) {
        self.write(encoder, wire);
    }

    fn mask(&mut self, wire: &str, tags: &Tags) {
        if let Some(inner) = tags.inner(wire).filter(|inner| !inner.is_empty()) {
            Content::mask(self, inner);
        }
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Content::show(self, f)
    }
}

impl<T: Content> SlotType for T {
    const BLANK: Self = <T as Content>::BLANK;
    const OCCURS: Occurs = Occurs::Once;
    const FIELDS: &'static [Field] = <T as Content>::FIELDS;
}

impl<T: Content> Slot for Option<T> {
    fn absorb(
        &mut self,
        wire: &'static str,
        _local: &str,
        decoder: &mut Decoder<'_>,
    ) -> Result<(), DecodeError> {
        self.insert(<T as Content>::BLANK).fill(decoder, wire)
    }

    fn emit(&self, wire: &str, encoder: &mut Encoder) {
        if let Some(value) = self {
            value.write(encoder, wire);
        }
    }

    fn mask(&mut self, wire: &str, tags: &Tags) {
        match self {
            Some(value) if tags.wants(wire) => Slot::mask(value, wire, tags),
            Some(_) | None => *self = None,
        }
    }

    fn is_there(&self) -> bool {
        self.is_some()
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_in("Some", self.as_ref().map(|value| value as _), "None", f)
    }
}

impl<T: Content> SlotType for Option<T> {
    const BLANK: Self = None;
    const OCCURS: Occurs = Occurs::Optional;
    const FIELDS: &'static [Field] = <T as Content>::FIELDS;
}

impl<T: Content> Slot for Presence<T> {
    fn absorb(
        &mut self,
        wire: &'static str,
        _local: &str,
        decoder: &mut Decoder<'_>,
    ) -> Result<(), DecodeError> {
        if decoder.is_nil()? {
            *self = Self::Nil;
            return decoder.skip();
        }
        *self = Self::Value(<T as Content>::BLANK);
        match self {
            Self::Value(value) => value.fill(decoder, wire),
            Self::Absent | Self::Nil => Ok(()),
        }
    }

    fn emit(&self, wire: &str, encoder: &mut Encoder) {
        match self {
            Self::Absent => {}
            Self::Nil => encoder.nil_element(wire),
            Self::Value(value) => value.write(encoder, wire),
        }
    }

    fn mask(&mut self, wire: &str, tags: &Tags) {
        match self {
            Self::Nil if tags.wants(wire) => {}
            Self::Value(value) if tags.wants(wire) => Slot::mask(value, wire, tags),
            Self::Absent | Self::Nil | Self::Value(_) => *self = Self::Absent,
        }
    }

    fn is_there(&self) -> bool {
        !self.is_absent()
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nothing = if self.is_nil() { "Nil" } else { "Absent" };
        show_in("Value", self.value().map(|value| value as _), nothing, f)
    }
}

impl<T: Content> SlotType for Presence<T> {
    const BLANK: Self = Self::Absent;
    const OCCURS: Occurs = Occurs::Optional;
    const FIELDS: &'static [Field] = <T as Content>::FIELDS;
}

impl<T: Content> Slot for Vec<T> {
    fn absorb(
        &mut self,
        wire: &'static str,
        _local: &str,
        decoder: &mut Decoder<'_>,
    ) -> Result<(), DecodeError> {
        // Read where it stays: records are large.
        self.push(<T as Content>::BLANK);
        match self.last_mut() {
            Some(value) => value.fill(decoder, wire),
            None => Ok(()),
        }
    }

    fn emit(&self, wire: &str, encoder: &mut Encoder) {
        for value in self {
            value.write(encoder, wire);
        }
    }

    fn mask(&mut self, wire: &str, tags: &Tags) {
        if !tags.wants(wire) {
            self.clear();
        }
        for value in self {
            Slot::mask(value, wire, tags);
        }
    }

    fn is_there(&self) -> bool {
        !self.is_empty()
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.iter().map(|value| Shown(value));
        f.debug_list().entries(values).finish()
    }
}

impl<T: Content> SlotType for Vec<T> {
    const BLANK: Self = Self::new();
    const OCCURS: Occurs = Occurs::Any;
    const FIELDS: &'static [Field] = <T as Content>::FIELDS;
}

fn show_in(
    name: &str,
    value: Option<&dyn Slot>,
    nothing: &str,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    match value {
        Some(value) => f.debug_tuple(name).field(&Shown(value)).finish(),
        None => f.write_str(nothing),
    }
}

/// Prints a field as [`Slot::show`] does.
pub(crate) struct Shown<'a>(pub(crate) &'a dyn Slot);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(f)
    }
}
