#![doc = include_str!("../README.md")]
//!
//! # Contents
//!
//! | item | what it does |
//! | --- | --- |
//! | [`Reader`] | pull reader over a complete document, fragment or stream header |
//! | [`Writer`] | writes into any `BufMut`; escapes, declares namespaces |
//! | [`Element`], [`Node`] | an owned tree for payloads that nobody modelled |
//! | [`Splitter`] | finds stream header, stanzas and stream end in a growing buffer |
//! | [`Scope`] | the namespace bindings in force at a place, to read or copy a slice out of context |
//! | [`Limits`], [`Profile`] | what a peer may send |
//! | [`text`] | `xs:boolean`, `xs:dateTime` and base64 |
#![forbid(unsafe_code)]

mod chars;
mod element;
mod error;
mod limits;
mod name;
mod reader;
mod scope;
mod splitter;
pub mod text;
mod writer;

pub use element::{Attribute, Element, Node};
pub use error::{Error, ErrorClass, ErrorKind};
pub use limits::{Limits, Profile};
pub use name::{Name, Str};
pub use reader::{AttributeRef, Event, Leaf, Reader, Skipped, Start};
pub use scope::{Scope, XML_NAMESPACE, XMLNS_NAMESPACE};
pub use splitter::{Part, Splitter};
pub use writer::{Tag, Writer};
