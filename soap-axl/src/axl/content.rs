//! How values stand in elements: the traits that the table macro is built on.

use crate::{
    DecodeError, DecodeErrorKind, Decoder, Encoder, Secret,
    axl::{Field, Uuid, macros::once},
    xml::Element,
};

/// What a type looks like as the content of one element.
pub trait Content: Sized {
    /// The table of a record; nothing for other types.
    const FIELDS: &'static [Field] = &[];

    /// Reads the open element to its end.
    ///
    /// # Errors
    ///
    /// When the content is not of this type.
    fn read(decoder: &mut Decoder<'_>, wire: &'static str) -> Result<Self, DecodeError>;

    /// Writes one element named `wire`.
    fn write(&self, encoder: &mut Encoder, wire: &str);

    /// Writes what is inside of the element, where its name is another's to write. Only records
    /// have an inside that can stand elsewhere.
    fn write_inside(&self, _encoder: &mut Encoder) {}

    /// Takes away what a `returnedTags` mask does not want. Only records have parts to lose;
    /// attributes always stay.
    fn mask(&mut self, _tags: &Tags) {}
}

/// How often a field comes: `T` exactly once, `Option<T>` at most once, [`Presence<T>`] at most
/// once and perhaps nil, `Vec<T>` any number of times, a choice once under one of its names.
pub trait Slot: Sized {
    /// What has been read so far.
    type Pending: Default;
    /// The table of the record that it holds; nothing for other types.
    const FIELDS: &'static [Field] = &[];

    /// Takes the open element if it is this field's; `false` leaves it open.
    ///
    /// # Errors
    ///
    /// When the content is not of this type or came too often.
    fn absorb(
        pending: &mut Self::Pending,
        wire: &'static str,
        local: &str,
        decoder: &mut Decoder<'_>,
    ) -> Result<bool, DecodeError>;

    /// The value, when the parent has ended.
    ///
    /// # Errors
    ///
    /// When a required field is missing.
    fn settle(
        pending: Self::Pending,
        wire: &'static str,
        decoder: &Decoder<'_>,
    ) -> Result<Self, DecodeError>;

    /// Writes as many elements as there are values.
    fn emit(&self, wire: &str, encoder: &mut Encoder);

    /// Takes away what the mask of the parent does not want. What is required stays.
    fn mask(&mut self, wire: &str, tags: &Tags);
}

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

impl<T: Content> Slot for T {
    type Pending = Option<T>;
    const FIELDS: &'static [Field] = <T as Content>::FIELDS;

    fn absorb(
        pending: &mut Option<T>,
        wire: &'static str,
        local: &str,
        decoder: &mut Decoder<'_>,
    ) -> Result<bool, DecodeError> {
        if local != wire {
            return Ok(false);
        }
        once(pending.is_some(), wire, decoder)?;
        *pending = Some(T::read(decoder, wire)?);
        Ok(true)
    }

    fn settle(
        pending: Option<T>,
        wire: &'static str,
        decoder: &Decoder<'_>,
    ) -> Result<Self, DecodeError> {
        pending.ok_or_else(|| decoder.error(DecodeErrorKind::Missing(wire)))
    }

    fn emit(&self, wire: &str, encoder: &mut Encoder) {
        self.write(encoder, wire);
    }

    fn mask(&mut self, wire: &str, tags: &Tags) {
        if let Some(inner) = tags.inner(wire).filter(|inner| !inner.is_empty()) {
            Content::mask(self, inner);
        }
    }
}

impl<T: Content> Slot for Option<T> {
    type Pending = Self;
    const FIELDS: &'static [Field] = <T as Content>::FIELDS;

    fn absorb(
        pending: &mut Self,
        wire: &'static str,
        local: &str,
        decoder: &mut Decoder<'_>,
    ) -> Result<bool, DecodeError> {
        <T as Slot>::absorb(pending, wire, local, decoder)
    }

    fn settle(
        pending: Self,
        _wire: &'static str,
        _decoder: &Decoder<'_>,
    ) -> Result<Self, DecodeError> {
        Ok(pending)
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
}

impl<T: Content> Slot for Presence<T> {
    type Pending = Self;
    const FIELDS: &'static [Field] = <T as Content>::FIELDS;

    fn absorb(
        pending: &mut Self,
        wire: &'static str,
        local: &str,
        decoder: &mut Decoder<'_>,
    ) -> Result<bool, DecodeError> {
        if local != wire {
            return Ok(false);
        }
        once(!pending.is_absent(), wire, decoder)?;
        *pending = if decoder.is_nil()? {
            decoder.skip()?;
            Self::Nil
        } else {
            Self::Value(T::read(decoder, wire)?)
        };
        Ok(true)
    }

    fn settle(
        pending: Self,
        _wire: &'static str,
        _decoder: &Decoder<'_>,
    ) -> Result<Self, DecodeError> {
        Ok(pending)
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
}

impl<T: Content> Slot for Vec<T> {
    type Pending = Self;
    const FIELDS: &'static [Field] = <T as Content>::FIELDS;

    fn absorb(
        pending: &mut Self,
        wire: &'static str,
        local: &str,
        decoder: &mut Decoder<'_>,
    ) -> Result<bool, DecodeError> {
        if local != wire {
            return Ok(false);
        }
        pending.push(T::read(decoder, wire)?);
        Ok(true)
    }

    fn settle(
        pending: Self,
        _wire: &'static str,
        _decoder: &Decoder<'_>,
    ) -> Result<Self, DecodeError> {
        Ok(pending)
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
}

/// A value of an attribute.
pub trait AttributeValue: Sized {
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
    fn read(decoder: &mut Decoder<'_>, _wire: &'static str) -> Result<Self, DecodeError> {
        Ok(decoder.text()?.into_owned())
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder.text_element(wire, self);
    }
}

impl Content for Secret {
    fn read(decoder: &mut Decoder<'_>, _wire: &'static str) -> Result<Self, DecodeError> {
        Ok(Self::new(decoder.text()?))
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder.text_element(wire, self.expose());
    }
}

impl Content for Uuid {
    fn read(decoder: &mut Decoder<'_>, _wire: &'static str) -> Result<Self, DecodeError> {
        Ok(Self::new(decoder.text()?.trim()))
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder.text_element(wire, self.as_str());
    }
}

/// Written as `true` and `false`.
impl Content for bool {
    fn read(decoder: &mut Decoder<'_>, wire: &'static str) -> Result<Self, DecodeError> {
        let text = decoder.text()?;
        parse_bool(&text).ok_or_else(|| decoder.invalid(wire, "a boolean"))
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder.text_element(wire, if *self { "true" } else { "false" });
    }
}

impl Content for u64 {
    fn read(decoder: &mut Decoder<'_>, wire: &'static str) -> Result<Self, DecodeError> {
        let text = decoder.text()?;
        text.trim()
            .parse()
            .map_err(|_| decoder.invalid(wire, "a number that is not negative"))
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder.text_element(wire, &self.to_string());
    }
}

impl Content for i64 {
    fn read(decoder: &mut Decoder<'_>, wire: &'static str) -> Result<Self, DecodeError> {
        let text = decoder.text()?;
        text.trim()
            .parse()
            .map_err(|_| decoder.invalid(wire, "an integer"))
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder.text_element(wire, &self.to_string());
    }
}

/// A large record of which few are held.
impl<T: Content> Content for Box<T> {
    const FIELDS: &'static [Field] = <T as Content>::FIELDS;

    fn read(decoder: &mut Decoder<'_>, wire: &'static str) -> Result<Self, DecodeError> {
        T::read(decoder, wire).map(Self::new)
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        T::write(self, encoder, wire);
    }

    fn mask(&mut self, tags: &Tags) {
        Content::mask(&mut **self, tags);
    }
}

/// Free XML, such as `vendorConfig`: kept as it came, in its order. It is written under its own
/// name.
impl Content for Element {
    fn read(decoder: &mut Decoder<'_>, _wire: &'static str) -> Result<Self, DecodeError> {
        decoder.element()
    }

    fn write(&self, encoder: &mut Encoder, _wire: &str) {
        encoder.element(self);
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
    fn read(decoder: &mut Decoder<'_>, _wire: &'static str) -> Result<Self, DecodeError> {
        Ok(Self(decoder.text()?.into_owned()))
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
    fn read(decoder: &mut Decoder<'_>, _wire: &'static str) -> Result<Self, DecodeError> {
        let uuid = decoder
            .attribute("", "uuid")
            .filter(|uuid| !uuid.is_empty())
            .map(Uuid::new);
        Ok(Self {
            name: decoder.text()?.into_owned(),
            uuid,
        })
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder
            .open(wire)
            .attr_opt("uuid", self.uuid.as_ref().map(Uuid::as_str));
        encoder.text(&self.name);
        encoder.close();
    }
}

/// Which children of an answer are wanted: `returnedTags`.
///
/// On the wire it is an instance of the answer's type used as a mask: an element that is there is
/// wanted, and what it holds does not count, save for elements inside it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tags(Vec<(String, Self)>);

impl Tags {
    /// Wants these children, whole.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(
            names
                .into_iter()
                .map(|name| (name.to_owned(), Self::default()))
                .collect(),
        )
    }

    /// Wants these children of one child.
    #[must_use]
    pub fn with_inner(mut self, name: &str, inner: Self) -> Self {
        self.0.push((name.to_owned(), inner));
        self
    }

    /// Whether the child of this name is wanted.
    pub fn wants(&self, name: &str) -> bool {
        self.0.iter().any(|(wanted, _)| wanted == name)
    }

    /// What is wanted inside the child of this name; `None` when the child is not wanted, an
    /// empty mask when it is wanted whole.
    pub fn inner(&self, name: &str) -> Option<&Self> {
        self.0
            .iter()
            .find(|(wanted, _)| wanted == name)
            .map(|(_, inner)| inner)
    }

    /// Whether nothing is wanted by name.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names wanted, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl Content for Tags {
    fn read(decoder: &mut Decoder<'_>, _wire: &'static str) -> Result<Self, DecodeError> {
        // Without recursion: the peer chooses the depth.
        let mut parents: Vec<(Self, String)> = Vec::new();
        let mut tags = Self::default();
        loop {
            match decoder.child()? {
                Some(name) => {
                    parents.push((core::mem::take(&mut tags), name.local().to_owned()));
                }
                None => match parents.pop() {
                    Some((mut parent, name)) => {
                        parent.0.push((name, core::mem::take(&mut tags)));
                        tags = parent;
                    }
                    None => return Ok(tags),
                },
            }
        }
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder.open(wire);
        for (name, inner) in &self.0 {
            // As deep as the caller built it.
            inner.write(encoder, name);
        }
        encoder.close();
    }
}
