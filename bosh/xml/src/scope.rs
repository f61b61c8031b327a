//! Namespace bindings in force at a place, kept apart from the document they came from.

use std::sync::Arc;

use bytes::BufMut;

use crate::error::Error;
use crate::limits::{Limits, Profile};
use crate::name::Str;
use crate::reader::{Event, Reader};
use crate::writer::put_attribute;

/// The namespace that the prefix `xml` is always bound to.
pub const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// The namespace of namespace declarations. Nothing may be bound to it.
pub const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

/// Which prefix stands for which namespace at one place of a document.
///
/// The default namespace has the prefix `""`. The prefix `xml` is always there and not listed.
/// Cloning is cheap: the bindings are shared.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Scope {
    bindings: Arc<[(Str<'static>, Str<'static>)]>,
}

impl Scope {
    /// No binding at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same bindings and one more; an empty `ns` takes the binding of the prefix away.
    #[must_use]
    pub fn with(&self, prefix: &str, ns: impl Into<Str<'static>>) -> Self {
        let ns = ns.into();
        let mut bindings: Vec<_> = self
            .bindings
            .iter()
            .filter(|(bound, _)| *bound != prefix)
            .cloned()
            .collect();
        if !ns.is_empty() {
            bindings.push((Str::from(prefix).to_shared(), ns));
        }
        Self {
            bindings: bindings.into(),
        }
    }

    /// The namespace that `prefix` stands for.
    #[must_use]
    pub fn namespace(&self, prefix: &str) -> Option<&str> {
        if prefix == "xml" {
            return Some(XML_NAMESPACE);
        }
        self.bindings
            .iter()
            .find(|(bound, _)| *bound == prefix)
            .map(|(_, ns)| ns.as_str())
    }

    /// All bindings as (prefix, namespace).
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.bindings
            .iter()
            .map(|(prefix, ns)| (prefix.as_str(), ns.as_str()))
    }

    /// How many bindings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bindings.len()
    }

    /// Whether there is no binding.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bindings.is_empty()
    }

    /// Copies `element`, a slice of a document in which this scope was in force, and puts those
    /// declarations on its start tag that it uses without declaring them. All other bytes are
    /// copied as they are.
    ///
    /// The default namespace is declared if there is one, used or not.
    ///
    /// # Errors
    ///
    /// If `element` is not one complete element under `limits` and `profile`.
    pub fn write_standalone(
        &self,
        element: &[u8],
        profile: Profile,
        limits: &Limits,
        out: &mut impl BufMut,
    ) -> Result<(), Error> {
        let mut reader = Reader::document_in(element, profile, limits, self)?;
        let mut insert_at = None;
        while let Some(event) = reader.next_event()? {
            if let (Event::Start(start), None) = (event, insert_at) {
                insert_at = Some(start.name_end);
            }
        }
        let insert_at = insert_at.unwrap_or_default();
        out.put_slice(&element[..insert_at]);
        for ((prefix, ns), used) in self.bindings.iter().zip(reader.inherited_use()) {
            if used.in_use || (prefix.is_empty() && !used.hidden_on_root) {
                out.put_slice(if prefix.is_empty() {
                    b" xmlns"
                } else {
                    b" xmlns:"
                });
                out.put_slice(prefix.as_bytes());
                put_attribute(out, ns);
            }
        }
        out.put_slice(&element[insert_at..]);
        Ok(())
    }

    pub(crate) fn bindings(&self) -> &[(Str<'static>, Str<'static>)] {
        &self.bindings
    }

    pub(crate) fn from_bindings(bindings: Vec<(Str<'static>, Str<'static>)>) -> Self {
        Self {
            bindings: bindings.into(),
        }
    }
}
