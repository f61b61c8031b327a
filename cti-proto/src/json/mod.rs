//! The JSON form of messages: `serde` without a line of it in the tables.
//!
//! Written for JSON and read from any format that describes itself. Reading goes through a [`Tree`] of
//! limited depth, and from there by the same code as the bytes of the wire.

mod read;
mod tree;
mod write;

pub(crate) use read::{filled, value};
