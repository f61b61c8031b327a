//! Cisco CTI Server protocol (GED-188) without IO: framing, messages, client and server sessions.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![warn(clippy::std_instead_of_core)]

extern crate alloc;

mod error;
mod frame;
mod macros;
mod tag;
mod version;

pub mod code;
pub mod codec;
pub mod message;

pub use error::{DecodeError, EncodeError};
pub use frame::{Frame, FrameCodec, HEADER_LEN};
pub use message::Message;
pub use tag::Tag;
pub use version::{Dialect, FieldWidth, Gate, Version};
