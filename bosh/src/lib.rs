//! BOSH (XEP-0124, XEP-0206) without IO: wrapper codec, client and connection-manager sessions.
#![forbid(unsafe_code)]

mod body;
mod condition;
mod error;
mod keys;
pub mod ns;
mod payload;
mod rid;

pub use body::{Body, BodyCodec, BodyKind, Version};
pub use condition::Condition;
pub use error::DecodeError;
pub use keys::{KeyCheck, KeySequence};
pub use payload::Payload;
pub use rid::{Rid, Sid};
/// The XML layer, whose types this crate's own API shows.
pub use wire_xml as xml;
