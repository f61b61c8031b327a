#![doc = include_str!("../README.md")]
//!
//! # Map of the crate
//!
//! | items | what they are |
//! | --- | --- |
//! | [`EnvelopeCodec`], [`encode`], [`Envelope`], [`Body`], [`HeaderBlock`] | messages of SOAP 1.1 and 1.2, bytes to value and back |
//! | [`Decoder`], [`Encoder`] | reading and writing what is inside a body |
//! | [`Tree`], [`TreeNode`] | an entry that nobody modelled, as a tree over its message |
//! | [`Fault`], [`FaultCode`] | one value for the faults of both versions |
//! | [`post`], [`Incoming`], [`CallError`], [`Refusal`] | the client half |
//! | [`Service`], [`Receiving`], [`Message`] | the server half |
//! | [`RequestHead`], [`ResponseHead`], [`HttpRequest`], [`HttpResponse`] | HTTP as plain values |
//! | [`Credentials`], [`Secret`] | HTTP Basic, and passwords that print nothing |
//! | [`axl`] | Cisco's AXL on top of all this |
//!
//! SOAP answers one request with one response and keeps no state between them, so that the halves
//! are values that are used up, not sessions: head, body in pieces, finish. There is no timer and
//! nothing to poll.
#![forbid(unsafe_code)]

pub mod axl;
mod client;
mod credentials;
mod decoder;
mod encoder;
mod encoding;
mod envelope;
mod error;
mod fault;
mod http;
mod names;
pub mod ns;
mod service;
mod tree;

pub use client::{Answer, CallError, Incoming, MAX_EXCERPT, Refusal, RefusalKind, post};
pub use credentials::{Credentials, CredentialsError, MAX_HEADER, Secret};
pub use decoder::Decoder;
pub use encoder::Encoder;
pub use encoding::EncodingError;
pub use envelope::{
    Body, Envelope, EnvelopeCodec, HeaderBlock, Role, SoapVersion, Strictness, encode,
};
pub use error::{DecodeError, DecodeErrorKind};
pub use fault::{Fault, FaultCode, Reason};
pub use http::{
    ContentType, Cookie, Headers, HttpRequest, HttpResponse, MAX_COOKIE, MAX_COOKIES, RequestHead,
    ResponseHead,
};
pub use service::{Message, Receiving, Service};
pub use tree::{Tree, TreeContent, TreeNode};
/// The XML layer, whose types this crate's API shows.
pub use wire_xml as xml;
