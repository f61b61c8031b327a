//! Cisco CTI Server protocol (GED-188) without IO: framing, messages, client and server sessions.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![warn(clippy::std_instead_of_core)]

extern crate alloc;

mod error;
mod frame;
mod macros;
mod tag;
#[cfg(feature = "tokio-codec")]
mod tokio_codec;
mod version;

pub mod code;
pub mod codec;
pub mod message;
pub mod session;

pub use error::{DecodeError, EncodeError};
pub use frame::{Frame, FrameCodec, HEADER_LEN};
pub use message::Message;
pub use tag::Tag;
#[cfg(feature = "tokio-codec")]
pub use tokio_codec::CodecError;
pub use version::{Dialect, FieldWidth, Gate, Version};
