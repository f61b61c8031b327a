//! How much, and which parts of XML, a peer may send.

/// Bounds on one document. All sizes are bytes of input.
///
/// The work done for a document is linear in its length for any setting; the limits bound memory
/// and the constant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Longest document, fragment, stanza or stream header. Default 1 MiB: far above any stanza
    /// that servers let through (RFC 6120 asks for at least 10,000 bytes), small enough to hold
    /// one per peer.
    pub document: usize,
    /// Deepest nesting, the root being 1. Default 64; real payloads stay below 20. Never above
    /// [`Limits::MAX_DEPTH`], so that a tree can be dropped without a deep stack.
    pub depth: usize,
    /// Most attributes of one element, namespace declarations not counted. Default 64.
    pub attributes: usize,
    /// Most namespace declarations in force at one place, inherited ones included. Default 64:
    /// looking up a prefix walks this list.
    pub namespaces: usize,
    /// Longest qualified name. Default 256.
    pub name: usize,
    /// Longest namespace name. Default 512: an element repeats its namespace's name by two bytes
    /// of prefix, so that long ones would make little input into much work and output.
    pub namespace_name: usize,
    /// Longest value of an attribute that declares no namespace. Default 16 KiB, room for the odd
    /// URI or signature.
    pub attribute_value: usize,
    /// Longest run of text without a tag. Default 1 MiB, as for the document.
    pub text: usize,
}

impl Limits {
    /// The largest value that [`Limits::depth`] can be set to.
    pub const MAX_DEPTH: usize = 512;

    /// No limit but the depth: for input that has passed other limits before.
    pub const MAX: Self = Self {
        document: usize::MAX,
        depth: Self::MAX_DEPTH,
        attributes: usize::MAX,
        namespaces: usize::MAX,
        name: usize::MAX,
        namespace_name: usize::MAX,
        attribute_value: usize::MAX,
        text: usize::MAX,
    };

    /// Sets the longest document.
    #[must_use]
    pub const fn with_document(mut self, bytes: usize) -> Self {
        self.document = bytes;
        self
    }

    /// Sets the deepest nesting, at most [`Limits::MAX_DEPTH`].
    #[must_use]
    pub const fn with_depth(mut self, depth: usize) -> Self {
        self.depth = if depth > Self::MAX_DEPTH {
            Self::MAX_DEPTH
        } else {
            depth
        };
        self
    }

    /// Sets the most attributes of one element.
    #[must_use]
    pub const fn with_attributes(mut self, count: usize) -> Self {
        self.attributes = count;
        self
    }

    /// Sets the most namespace declarations in force at one place.
    #[must_use]
    pub const fn with_namespaces(mut self, count: usize) -> Self {
        self.namespaces = count;
        self
    }

    /// Sets the longest qualified name.
    #[must_use]
    pub const fn with_name(mut self, bytes: usize) -> Self {
        self.name = bytes;
        self
    }

    /// Sets the longest namespace name.
    #[must_use]
    pub const fn with_namespace_name(mut self, bytes: usize) -> Self {
        self.namespace_name = bytes;
        self
    }

    /// Sets the longest attribute value.
    #[must_use]
    pub const fn with_attribute_value(mut self, bytes: usize) -> Self {
        self.attribute_value = bytes;
        self
    }

    /// Sets the longest run of text.
    #[must_use]
    pub const fn with_text(mut self, bytes: usize) -> Self {
        self.text = bytes;
        self
    }

    /// The depth in force, whatever the field says.
    pub(crate) fn effective_depth(&self) -> usize {
        self.depth.min(Self::MAX_DEPTH)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document: 1024 * 1024,
            depth: 64,
            attributes: 64,
            namespaces: 64,
            name: 256,
            namespace_name: 512,
            attribute_value: 16 * 1024,
            text: 1024 * 1024,
        }
    }
}

/// Which parts of XML 1.0 a protocol admits. No profile admits a DTD, a processing instruction
/// or an entity other than the five predefined ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Profile {
    /// RFC 6120 §11 and XEP-0124 §6: comments are refused as well, the encoding is UTF-8.
    Xmpp,
    /// SOAP 1.1 §3: comments are skipped. The bytes must be UTF-8 (a caller transcodes first),
    /// so the encoding named in the XML declaration is not looked at.
    Soap,
}
