//! What travels inside a wrapper.

use std::fmt;

use bytes::{Bytes, BytesMut};
use wire_xml::{Element, Limits, Name, Profile, Scope};

/// A child of the wrapper: its bytes as they came, and the namespaces it inherits.
///
/// Nothing is rebuilt. The bytes are a slice of the request or response they came in, and keep
/// all of it in memory; take [`Payload::to_standalone`] or [`Payload::to_element`] of what is to
/// outlive it.
#[derive(Clone, Eq, PartialEq)]
pub struct Payload {
    pub(crate) name: Name<'static>,
    pub(crate) bytes: Bytes,
    pub(crate) scope: Scope,
}

impl Payload {
    /// The expanded name of the element.
    ///
    /// An element that inherits the wrapper's default namespace counts as `jabber:client`, with
    /// everything in it that inherits the same (XEP-0206 §2).
    ///
    /// Quirk: an element in no namespace, which only a wrapper with a prefix can hold, has none
    /// here. Put into another wrapper as it is, it will be read as `jabber:client` there.
    #[must_use]
    pub fn name(&self) -> &Name<'static> {
        &self.name
    }

    /// The element as it came.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The namespaces in force around the element, httpbind as default replaced by
    /// `jabber:client`.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The element as a document of its own: declarations that it inherits and uses are added to
    /// its start tag, all else is as it came.
    #[must_use]
    pub fn to_standalone(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(self.bytes.len() + 64);
        match self
            .scope
            .write_standalone(&self.bytes, Profile::Xmpp, &WIDE, &mut out)
        {
            Ok(()) => out.freeze(),
            // The element was read under narrower limits when the wrapper was.
            Err(_) => self.bytes.clone(),
        }
    }

    /// The element as a tree.
    ///
    /// # Errors
    ///
    /// If it passes `limits`; that it is well-formed was checked with the wrapper.
    pub fn to_element(&self, limits: &Limits) -> Result<Element, wire_xml::Error> {
        Element::parse_in(&self.bytes, Profile::Xmpp, limits, &self.scope)
    }
}

/// Only the name shows: the content may be a password.
impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload")
            .field("name", &self.name)
            .field("len", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Lets everything pass that any codec may have let pass.
const WIDE: Limits = Limits::MAX;
