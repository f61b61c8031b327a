//! How values stand in elements: the traits that the table macro is built on.

use core::fmt;
use std::borrow::Cow;

use crate::{
    DecodeError, Decoder, Encoder, Secret,
    axl::{Field, Tags, Uuid},
    names::Names,
    xml::Element,
};

/// What a type looks like as the content of one element.
pub trait Content: Clone + PartialEq + fmt::Debug + Sized + 'static {
    /// The value before anything of it was read.
    const BLANK: Self;
    /// The table of a record; nothing for other types.
    const FIELDS: &'static [Field] = &[];

    /// Reads the open element to its end, into a value that is blank.
    ///
    /// # Errors
    ///
    /// When the content is not of this type. What was read so far stands in the value then.
    fn fill(&mut self, decoder: &mut Decoder<'_>, wire: &'static str) -> Result<(), DecodeError>;

    /// Reads the open element to its end.
    ///
    /// # Errors
    ///
    /// When the content is not of this type.
    fn read(decoder: &mut Decoder<'_>, wire: &'static str) -> Result<Self, DecodeError> {
        let mut value = Self::BLANK;
        value.fill(decoder, wire)?;
        Ok(value)
    }

    /// Writes one element named `wire`.
    fn write(&self, encoder: &mut Encoder, wire: &str);

    /// Names and values of the attributes, for an element that is another's to write. Only records
    /// and [`Dynamic`](crate::axl::Dynamic) have any.
    fn attributes(&self) -> Vec<(Cow<'static, str>, String)> {
        Vec::new()
    }

    /// Writes what is inside of the element, where the element is another's to write. Only records
    /// and [`Dynamic`](crate::axl::Dynamic) have an inside that can stand elsewhere.
    fn write_inside(&self, _encoder: &mut Encoder) {}

    /// Takes away what a `returnedTags` mask does not want. Only records have parts to lose;
    /// attributes always stay.
    fn mask(&mut self, _tags: &Tags) {}

    /// Prints it as a part of a record: as `Debug` does, save for free XML, whose text may be
    /// secret.
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A value of an attribute.
pub trait AttributeValue: Clone + PartialEq + fmt::Debug + Sized + 'static {
    /// Reads it.
    fn from_text(text: &str) -> Option<Self>;
    /// Writes it.
    fn to_text(&self) -> String;
}

impl AttributeValue for String {
    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn to_text(&self) -> String {
        self.clone()
    }
}

impl AttributeValue for Uuid {
    fn from_text(text: &str) -> Option<Self> {
        Some(Self::new(text))
    }

    fn to_text(&self) -> String {
        self.as_str().to_owned()
    }
}

impl AttributeValue for u64 {
    fn from_text(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

impl AttributeValue for i64 {
    fn from_text(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

impl AttributeValue for bool {
    fn from_text(text: &str) -> Option<Self> {
        parse_bool(text)
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

/// AXL's boolean: `t`, `f`, `true`, `false`, `0`, `1`, in any case.
fn parse_bool(text: &str) -> Option<bool> {
    let text = text.trim();
    let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["true", "t", "1"]) {
        Some(true)
    } else if is(["false", "f", "0"]) {
        Some(false)
    } else {
        None
    }
}

impl Content for String {
    const BLANK: Self = Self::new();

    fn fill(&mut self, decoder: &mut Decoder<'_>, _wire: &'static str) -> Result<(), DecodeError> {
        *self = decoder.text()?.into_owned();
        Ok(())
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder.text_element(wire, self);
    }
}

impl Content for Secret {
    const BLANK: Self = Self::EMPTY;

    fn fill(&mut self, decoder: &mut Decoder<'_>, _wire: &'static str) -> Result<(), DecodeError> {
        *self = Self::new(decoder.text()?);
        Ok(())
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder.text_element(wire, self.expose());
    }
}

impl Content for Uuid {
    const BLANK: Self = Self::EMPTY;

    fn fill(&mut self, decoder: &mut Decoder<'_>, _wire: &'static str) -> Result<(), DecodeError> {
        *self = Self::new(decoder.text()?.trim());
        Ok(())
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder.text_element(wire, self.as_str());
    }
}

/// Written as `true` and `false`.
impl Content for bool {
    const BLANK: Self = false;

    fn fill(&mut self, decoder: &mut Decoder<'_>, wire: &'static str) -> Result<(), DecodeError> {
        let text = decoder.text()?;
        *self = parse_bool(&text).ok_or_else(|| decoder.invalid(wire, "a boolean"))?;
        Ok(())
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder.text_element(wire, if *self { "true" } else { "false" });
    }
}

impl Content for u64 {
    const BLANK: Self = 0;

    fn fill(&mut self, decoder: &mut Decoder<'_>, wire: &'static str) -> Result<(), DecodeError> {
        let text = decoder.text()?;
        let number = text.trim().parse();
        *self = number.map_err(|_| decoder.invalid(wire, "a number that is not negative"))?;
        Ok(())
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder.text_element(wire, &self.to_string());
    }
}

impl Content for i64 {
    const BLANK: Self = 0;

    fn fill(&mut self, decoder: &mut Decoder<'_>, wire: &'static str) -> Result<(), DecodeError> {
        let text = decoder.text()?;
        let number = text.trim().parse();
        *self = number.map_err(|_| decoder.invalid(wire, "an integer"))?;
        Ok(())
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder.text_element(wire, &self.to_string());
    }
}

/// Free XML, such as `vendorConfig`: kept as it came, in its order. It is written under its own
/// name.
impl Content for Element {
    // Its name is not known before it is read, which puts another in the place of this one.
    const BLANK: Self = Self::from_static("", "any");

    fn fill(&mut self, decoder: &mut Decoder<'_>, _wire: &'static str) -> Result<(), DecodeError> {
        *self = decoder.element()?;
        Ok(())
    }

    fn write(&self, encoder: &mut Encoder, _wire: &str) {
        encoder.element(self);
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Names::one(self), f)
    }
}

/// What most writing operations answer: the `{UUID}` of the object touched, or `true`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Returned(String);

impl Returned {
    /// The answer with a key.
    pub fn key(uuid: &Uuid) -> Self {
        Self(uuid.to_braced())
    }

    /// The answer that something was done to no object in particular.
    pub fn done() -> Self {
        Self("true".to_owned())
    }

    /// The text as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key, when the answer is one.
    pub fn uuid(&self) -> Option<Uuid> {
        let text = self.0.trim();
        (text.starts_with('{') && text.ends_with('}')).then(|| Uuid::new(text))
    }
}

impl Content for Returned {
    const BLANK: Self = Self(String::new());

    fn fill(&mut self, decoder: &mut Decoder<'_>, _wire: &'static str) -> Result<(), DecodeError> {
        self.0 = decoder.text()?.into_owned();
        Ok(())
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder.text_element(wire, &self.0);
    }
}

/// A reference to another object: its name, its key, or both.
///
/// With a key the name may be empty and the key wins; without either the reference is cleared.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ForeignKey {
    /// Name of the object; may be empty.
    pub name: String,
    /// Key of the object.
    pub uuid: Option<Uuid>,
}

impl ForeignKey {
    /// A reference by name.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            uuid: None,
        }
    }

    /// A reference by name and key, as answers have it.
    pub fn new(name: impl Into<String>, uuid: Uuid) -> Self {
        Self {
            name: name.into(),
            uuid: Some(uuid),
        }
    }
}

impl Content for ForeignKey {
    const BLANK: Self = Self {
        name: String::new(),
        uuid: None,
    };

    fn fill(&mut self, decoder: &mut Decoder<'_>, _wire: &'static str) -> Result<(), DecodeError> {
        let uuid = decoder.attribute("", "uuid");
        self.uuid = uuid.filter(|uuid| !uuid.is_empty()).map(Uuid::new);
        self.name = decoder.text()?.into_owned();
        Ok(())
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder
            .open(wire)
            .attr_opt("uuid", self.uuid.as_ref().map(Uuid::as_str));
        encoder.text(&self.name);
        encoder.close();
    }
}
