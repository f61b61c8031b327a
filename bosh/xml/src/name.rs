//! Expanded names, and strings that are borrowed or shared.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// A string that is borrowed or shared: cloning never copies its characters.
///
/// Namespace names are repeated for every element of a document; with this type neither reading
/// nor keeping them costs memory per repetition.
#[derive(Clone)]
pub struct Str<'a>(Inner<'a>);

#[derive(Clone)]
enum Inner<'a> {
    Borrowed(&'a str),
    Shared(Arc<str>),
}

impl<'a> Str<'a> {
    /// Wraps a borrowed string.
    #[must_use]
    pub const fn borrowed(text: &'a str) -> Self {
        Self(Inner::Borrowed(text))
    }

    /// The characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Inner::Borrowed(text) => text,
            Inner::Shared(text) => text,
        }
    }

    /// A copy that borrows nothing.
    #[must_use]
    pub fn to_shared(&self) -> Str<'static> {
        match &self.0 {
            Inner::Borrowed("") => Str::borrowed(""),
            Inner::Borrowed(text) => Str(Inner::Shared(Arc::from(*text))),
            Inner::Shared(text) => Str(Inner::Shared(Arc::clone(text))),
        }
    }

    /// Tells one borrowed string from another without looking at it; `None` if shared already.
    pub(crate) fn place(&self) -> Option<(usize, usize)> {
        match &self.0 {
            Inner::Borrowed(text) => Some((text.as_ptr().addr(), text.len())),
            Inner::Shared(_) => None,
        }
    }
}

impl Deref for Str<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl<'a> From<&'a str> for Str<'a> {
    fn from(text: &'a str) -> Self {
        Self::borrowed(text)
    }
}

impl From<String> for Str<'_> {
    fn from(text: String) -> Self {
        Self(Inner::Shared(Arc::from(text)))
    }
}

impl From<Arc<str>> for Str<'_> {
    fn from(text: Arc<str>) -> Self {
        Self(Inner::Shared(text))
    }
}

impl Default for Str<'_> {
    fn default() -> Self {
        Self::borrowed("")
    }
}

impl AsRef<str> for Str<'_> {
    fn as_ref(&self) -> &str {
        self
    }
}

impl Borrow<str> for Str<'_> {
    fn borrow(&self) -> &str {
        self
    }
}

impl PartialEq for Str<'_> {
    fn eq(&self, other: &Self) -> bool {
        same(self, other)
    }
}

impl Eq for Str<'_> {}

impl PartialEq<str> for Str<'_> {
    fn eq(&self, other: &str) -> bool {
        same(self, other)
    }
}

impl PartialEq<&str> for Str<'_> {
    fn eq(&self, other: &&str) -> bool {
        same(self, other)
    }
}

impl PartialOrd for Str<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Str<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Str<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for Str<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Str<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// Whether both texts are the same. Most comparisons here are of nothing with nothing, and the C library may take long
/// for those: it may touch memory to which an empty text points and which is not there.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && (a.is_empty() || a == b)
}

/// A namespace name and a local name. The namespace is empty when there is none, as for every
/// attribute without a prefix (Namespaces in XML 1.0 §6.2).
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Name<'a> {
    pub(crate) ns: Str<'a>,
    pub(crate) local: Str<'a>,
}

impl<'a> Name<'a> {
    /// Joins a namespace name and a local name.
    pub fn new(ns: impl Into<Str<'a>>, local: impl Into<Str<'a>>) -> Self {
        Self {
            ns: ns.into(),
            local: local.into(),
        }
    }

    /// The namespace name, empty if none.
    #[must_use]
    pub fn ns(&self) -> &str {
        &self.ns
    }

    /// The local name.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.local
    }

    /// Both parts, to `match` on.
    #[must_use]
    pub fn parts(&self) -> (&str, &str) {
        (&self.ns, &self.local)
    }

    /// Whether this is the name made of these two parts.
    #[must_use]
    pub fn is(&self, ns: &str, local: &str) -> bool {
        same(&self.local, local) && same(&self.ns, ns)
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// James Clark's notation: `{namespace}local`.
impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.ns.is_empty() {
            write!(f, "{{{}}}", self.ns)?;
        }
        f.write_str(&self.local)
    }
}
