#![doc = include_str!("../README.md")]
//!
//! # Contents
//!
//! | item | what it does |
//! | --- | --- |
//! | [`BodyCodec`], [`Body`] | the wrapper: bytes to value and back |
//! | [`Payload`] | a child of the wrapper as a slice, with the namespaces it inherits |
//! | [`Condition`] | why a session ended |
//! | [`Rid`], [`Sid`] | ids of requests and sessions |
//! | [`KeySequence`], [`KeyCheck`] | keys that tie requests together without TLS |
//! | [`session::Manager`] | a connection manager: many sessions, one timer |
//! | [`session::Session`] | one session of it, to be stored elsewhere |
//! | [`session::Client`] | the other end: schedules requests, repeats what was lost |
//! | [`session::Profile`] | how to speak to the servers in the field |
//! | [`discovery`] | the URL of a domain's connection manager |
//!
//! # Features
//!
//! | feature | adds |
//! | --- | --- |
//! | `http` | [requests and responses](http) of the `http` crate, in and out |
//! | `futures` | [a client](stream) as a `Stream` of events and a `Sink` of payloads |
//! | `serde` | sessions as values that another process takes up: `session::{SessionState, ManagerState, ClientState}`; `Serialize` and `Deserialize` on the data in events |
//!
//! No feature is on by default.
//!
//! # Time
//!
//! Every machine is told the time: `now` is the time since an origin that the caller chose once.
//! After any call that takes `&mut self`, drain `poll_event` and `poll_transmit` and re-arm a
//! timer from `poll_timeout`, as the example above does. `handle_timeout` may come early or
//! twice.
#![forbid(unsafe_code)]

mod body;
mod condition;
pub mod discovery;
mod error;
#[cfg(feature = "serde")]
mod forms;
#[cfg(feature = "http")]
pub mod http;
mod keys;
pub mod ns;
mod payload;
mod rid;
pub mod session;
#[cfg(feature = "futures")]
pub mod stream;

pub use body::{Body, BodyCodec, BodyKind, Version};
pub use condition::Condition;
pub use error::DecodeError;
pub use keys::{KeyCheck, KeySequence};
pub use payload::Payload;
pub use rid::{Rid, Sid};
/// The XML layer, whose types this crate's own API shows.
pub use wire_xml as xml;
