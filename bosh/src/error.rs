//! Faults in a wrapper.

use crate::condition::Condition;

/// A request or response that is no BOSH wrapper.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not XML, or XML that XEP-0124 §6 forbids.
    #[error(transparent)]
    Xml(#[from] wire_xml::Error),
    /// The root is not `body` in the httpbind namespace.
    #[error("root element is not an httpbind body")]
    NotBody,
    /// Text between the payloads (XEP-0124 §6). White space is accepted.
    #[error("text directly inside the wrapper, before byte {offset}")]
    Text {
        /// Where the text ends.
        offset: usize,
    },
    /// An attribute whose value is not of its type.
    #[error("bad value of attribute {name}")]
    Attribute {
        /// Local name of the attribute.
        name: &'static str,
    },
    /// A request without a `rid` (XEP-0124 §6).
    #[error("request without a rid")]
    MissingRid,
    /// More payloads than the codec lets pass.
    #[error("more than {max} payloads")]
    TooManyPayloads {
        /// The limit.
        max: usize,
    },
}

impl DecodeError {
    /// What the peer is told.
    #[must_use]
    pub const fn condition(self) -> Condition {
        Condition::BadRequest
    }
}
