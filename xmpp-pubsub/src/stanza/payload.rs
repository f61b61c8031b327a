//! What stanzas carry: elements that the stanza layer does not look into.

use core::fmt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use wire_xml::{Element, Limits, Name, Profile, Scope, Str, Writer};

use crate::error::DecodeError;
use crate::ns;

/// One element as its own bytes, with every namespace declared that it uses.
///
/// It can be written into any stream without being parsed again, and a clone costs a reference count: an event that
/// goes to ten thousand subscribers is encoded once.
#[derive(Clone, Eq, PartialEq)]
pub struct Payload {
    name: Name<'static>,
    xml: Bytes,
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
        let name = Name::new(ns::intern(name.ns()), Str::from(name.local()).to_shared());
        Ok(Self {
            name,
            xml: copy.freeze(),
        })
    }

    /// Encodes what `write` writes: one element of that name.
    pub(crate) fn build(
        name: Name<'static>,
        write: impl FnOnce(&mut Writer<&mut BytesMut>),
    ) -> Self {
        let mut xml = BytesMut::new();
        // A default namespace that nobody uses: each element then declares its own, or that it has none.
        let scope = Scope::new().with("", "urn:none");
        write(&mut Writer::within(&mut xml, &scope));
        Self {
            name,
            xml: xml.freeze(),
        }
    }

    /// Encodes what `write` writes: one element with a name of ours.
    pub(crate) fn known(
        ns: &'static str,
        local: &'static str,
        write: impl FnOnce(&mut Writer<&mut BytesMut>),
    ) -> Self {
        Self::build(Name::new(ns, local), write)
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

    /// The expanded name.
    #[must_use]
    pub const fn name(&self) -> &Name<'static> {
        &self.name
    }

    /// Whether the element has this expanded name.
    #[must_use]
    pub fn is(&self, ns: &str, local: &str) -> bool {
        self.name.is(ns, local)
    }

    /// The element as bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &Bytes {
        &self.xml
    }
}

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
