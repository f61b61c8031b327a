//! What stanzas carry: elements that the stanza layer does not look into.

use core::fmt;
use core::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use smallvec::SmallVec;
use wire_xml::text::is_escaped;
use wire_xml::{Element, Limits, Name, Profile, Scope, Str, Writer};

use crate::error::DecodeError;
use crate::ns;
use crate::shared::place;

/// One element as its own bytes, with every namespace declared that it uses.
///
/// It can be written into any stream without being parsed again, and a clone costs a reference count: an event that
/// goes to ten thousand subscribers is encoded once.
///
/// One that came out of [`Stanza::decode_shared`](super::Stanza::decode_shared) or
/// [`Event::decode`](crate::event::Event::decode) may be a slice of what it was read from, and keeps all of that in memory;
/// [`detach`](Self::detach) makes a copy for whoever wants to keep it.
#[derive(Clone)]
pub struct Payload {
    name: PayloadName,
    xml: Bytes,
}

/// The name of the element at the root.
#[derive(Clone)]
enum PayloadName {
    /// It stands in the bytes: the namespace in its declaration, the local name in the tag.
    Placed {
        ns: Span,
        local: Span,
    },
    Kept(Name<'static>),
}

#[derive(Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn of(part: &str, whole: &[u8]) -> Option<Self> {
        let place = place(whole, part.as_bytes())?;
        Some(Self {
            start: u32::try_from(place.start).ok()?,
            end: u32::try_from(place.end).ok()?,
        })
    }

    fn of_bytes(self, whole: &Bytes) -> &[u8] {
        whole
            .get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }

    /// The bytes were read as text before.
    fn of_text(self, whole: &Bytes) -> &str {
        core::str::from_utf8(self.of_bytes(whole)).unwrap_or_default()
    }
}

impl Payload {
    /// Encodes an element.
    #[must_use]
    pub fn from_element(element: &Element) -> Self {
        Self::build(
            Name::new(
                ns::intern(element.ns()),
                Str::from(element.local()).to_shared(),
            ),
            ROOM,
            |writer| {
                writer.element(element);
            },
        )
    }

    /// Checks that `xml` is one element as XMPP allows it, and copies it.
    ///
    /// # Errors
    ///
    /// If it is not.
    pub fn parse(xml: &[u8], limits: &Limits) -> Result<Self, DecodeError> {
        Ok(Self::from_element(&Element::parse(
            xml,
            Profile::Xmpp,
            limits,
        )?))
    }

    /// As [`from_element`](Self::from_element), of an element without attributes that holds only text, in the form in which
    /// text is written here; `None` if it is another. `xml` was read before, and `name` in it.
    pub(crate) fn of_text(name: &Name<'_>, xml: &[u8]) -> Option<Self> {
        let tag = xml.iter().position(|byte| *byte == b'>')?;
        let end = xml.iter().rposition(|byte| *byte == b'<')?;
        let text = xml.get(tag + 1..end).filter(|text| !text.is_empty())?;
        if !is_escaped(text) {
            return None;
        }
        let kept = Name::new(ns::intern(name.ns()), Str::from(name.local()).to_shared());
        Some(Self::build(kept, ROOM + text.len(), |writer| {
            writer.start(name.ns(), name.local());
            writer.raw(text).end();
        }))
    }

    /// Takes an element that means the same wherever it is put out of `input`; `name` was read from it before. `share` makes
    /// a slice or a copy.
    pub(crate) fn slice(
        name: &Name<'_>,
        input: &[u8],
        range: Range<usize>,
        share: impl FnOnce(Range<usize>) -> Bytes,
    ) -> Self {
        let xml = input.get(range.clone()).unwrap_or_default();
        let name = match (Span::of(name.ns(), xml), Span::of(name.local(), xml)) {
            (Some(ns), Some(local)) => PayloadName::Placed { ns, local },
            _ => PayloadName::kept(name),
        };
        Self {
            name,
            xml: share(range),
        }
    }

    /// Copies an element out of a document in which `scope` was in force; `name` was read from it before.
    pub(crate) fn cut(
        name: &Name<'_>,
        xml: &[u8],
        scope: &Scope,
        limits: &Limits,
    ) -> Result<Self, DecodeError> {
        if scope.namespace("").is_none() {
            // Children without a namespace would take on that of the stream they are written to.
            let element = Element::parse_in(xml, Profile::Xmpp, limits, scope)?;
            return Ok(Self::from_element(&element));
        }
        let mut copy = BytesMut::with_capacity(xml.len() + ROOM_FOR_DECLARATIONS);
        scope.write_standalone(xml, Profile::Xmpp, limits, &mut copy)?;
        Ok(Self {
            name: PayloadName::kept(name),
            xml: copy.freeze(),
        })
    }

    /// Encodes what `write` writes: one element of that name, of `room` bytes or more.
    pub(crate) fn build(
        name: Name<'static>,
        room: usize,
        write: impl FnOnce(&mut Writer<&mut BytesMut>),
    ) -> Self {
        let mut xml = BytesMut::with_capacity(room);
        // A default namespace that nobody uses: each element then declares its own, or that it has none.
        let scope = Scope::new().with("", "urn:none");
        write(&mut Writer::within(&mut xml, &scope));
        Self {
            name: PayloadName::Kept(name),
            xml: xml.freeze(),
        }
    }

    /// Encodes what `write` writes: one element with a name of ours.
    pub(crate) fn known(
        ns: &'static str,
        local: &'static str,
        write: impl FnOnce(&mut Writer<&mut BytesMut>),
    ) -> Self {
        Self::build(Name::new(ns, local), ROOM, write)
    }

    /// As [`known`](Self::known), with room for what the element carries.
    pub(crate) fn carrying(
        payloads: usize,
        ns: &'static str,
        local: &'static str,
        write: impl FnOnce(&mut Writer<&mut BytesMut>),
    ) -> Self {
        Self::build(Name::new(ns, local), payloads + 2 * ROOM, write)
    }

    /// An element of ours without attributes or content.
    pub(crate) fn empty(ns: &'static str, local: &'static str) -> Self {
        Self::known(ns, local, |writer| {
            writer.start(ns, local).end();
        })
    }

    /// The tree.
    ///
    /// # Errors
    ///
    /// If the element is nested deeper than a tree may be ([`Limits::MAX_DEPTH`]).
    pub fn to_element(&self) -> Result<Element, DecodeError> {
        Ok(Element::parse(&self.xml, Profile::Xmpp, &Limits::MAX)?)
    }

    /// The same element in a buffer of its own.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self {
            name: self.name.clone(),
            xml: Bytes::copy_from_slice(&self.xml),
        }
    }

    /// The expanded name.
    #[must_use]
    pub fn name(&self) -> Name<'_> {
        match &self.name {
            PayloadName::Placed { ns, local } => {
                Name::new(ns.of_text(&self.xml), local.of_text(&self.xml))
            }
            PayloadName::Kept(name) => name.clone(),
        }
    }

    /// Whether the element has this expanded name.
    #[must_use]
    pub fn is(&self, ns: &str, local: &str) -> bool {
        match &self.name {
            PayloadName::Placed {
                ns: own_ns,
                local: own_local,
            } => {
                own_local.of_bytes(&self.xml) == local.as_bytes()
                    && own_ns.of_bytes(&self.xml) == ns.as_bytes()
            }
            PayloadName::Kept(name) => name.is(ns, local),
        }
    }

    /// The element as bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &Bytes {
        &self.xml
    }
}

impl PayloadName {
    fn kept(name: &Name<'_>) -> Self {
        Self::Kept(Name::new(
            ns::intern(name.ns()),
            Str::from(name.local()).to_shared(),
        ))
    }
}

/// Equal bytes have equal names.
impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.xml == other.xml
    }
}

impl Eq for Payload {}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.xml))
    }
}

/// The payloads of one stanza, in order. A clone costs a reference count at most, whatever their number.
#[derive(Clone, Default)]
pub struct Payloads(Repr);

#[derive(Clone, Default)]
enum Repr {
    #[default]
    None,
    One(Payload),
    Many(Arc<[Payload]>),
}

impl Payloads {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[Payload] {
        match &self.0 {
            Repr::None => &[],
            Repr::One(payload) => core::slice::from_ref(payload),
            Repr::Many(payloads) => payloads,
        }
    }

    /// All of them, in order.
    pub fn iter(&self) -> core::slice::Iter<'_, Payload> {
        self.as_slice().iter()
    }

    /// The same payloads, each in a buffer of its own.
    #[must_use]
    pub fn detach(&self) -> Self {
        let detached: SmallVec<[Payload; 1]> = self.iter().map(Payload::detach).collect();
        detached.into()
    }

    /// The first of that name.
    #[must_use]
    pub fn find(&self, ns: &str, local: &str) -> Option<&Payload> {
        self.iter().find(|payload| payload.is(ns, local))
    }
}

impl From<Payload> for Payloads {
    fn from(payload: Payload) -> Self {
        Self(Repr::One(payload))
    }
}

impl From<Option<Payload>> for Payloads {
    fn from(payload: Option<Payload>) -> Self {
        payload.map(Self::from).unwrap_or_default()
    }
}

impl From<Vec<Payload>> for Payloads {
    fn from(mut payloads: Vec<Payload>) -> Self {
        match payloads.len() {
            0 | 1 => payloads.pop().into(),
            _ => Self(Repr::Many(payloads.into())),
        }
    }
}

impl From<SmallVec<[Payload; 1]>> for Payloads {
    fn from(mut payloads: SmallVec<[Payload; 1]>) -> Self {
        match payloads.len() {
            0 | 1 => payloads.pop().into(),
            _ => Self(Repr::Many(payloads.into_iter().collect())),
        }
    }
}

impl<'a> IntoIterator for &'a Payloads {
    type Item = &'a Payload;
    type IntoIter = core::slice::Iter<'a, Payload>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Payloads {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Payloads {}

impl fmt::Debug for Payloads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

/// An element without payload; a guess, the buffer grows.
const ROOM: usize = 128;

/// Two declarations of common length; a guess, the buffer grows.
const ROOM_FOR_DECLARATIONS: usize = 96;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_keeps_its_meaning_wherever_it_is_written() {
        let source = b"<outer xmlns='urn:a' xmlns:p='urn:p'><p:x q='1'><y/></p:x></outer>";
        let outer = Element::parse(source, Profile::Xmpp, &Limits::default()).unwrap();
        let inner = outer.child("urn:p", "x").unwrap();
        let payload = Payload::from_element(inner);
        assert_eq!(&payload.to_element().unwrap(), inner);
        let mut out = BytesMut::new();
        let mut writer = Writer::new(&mut out);
        writer.start("urn:other", "item");
        writer.raw(payload.as_bytes()).end();
        let item = Element::parse(&out, Profile::Xmpp, &Limits::default()).unwrap();
        assert_eq!(item.child("urn:p", "x"), Some(inner));
    }

    #[test]
    fn an_element_without_namespace_does_not_take_on_the_streams() {
        let element = Element::new("", "Update").with_child(Element::new("", "data"));
        let payload = Payload::from_element(&element);
        assert_eq!(
            payload.as_bytes().as_ref(),
            br#"<Update xmlns=""><data/></Update>"#
        );
    }
}
