#![doc = include_str!("../README.md")]
//!
//! # Contents
//!
//! | module | what it has |
//! | --- | --- |
//! | [`session`] | machines: [`session::Client`], [`session::Server`], [`session::Router`] |
//! | [`client`] | a machine: requests to a service, and its events |
//! | [`service`] | a machine: the service (feature `service`, on by default) |
//! | [`stanza`], [`stream`], [`sasl`] | the codec of RFC 6120 |
//! | [`pubsub`], [`owner`], [`event`] | the codec of XEP-0060, one module per namespace |
//! | [`form`], [`disco`], [`rsm`], [`command`], [`caps`], [`shim`], [`delay`], [`notification`] | what travels inside |
#![forbid(unsafe_code)]

pub mod caps;
pub mod client;
pub mod command;
mod decode;
pub mod delay;
pub mod disco;
mod error;
pub mod event;
mod feature;
pub mod form;
mod id;
mod in_place;
mod jid;
mod names;
pub mod notification;
pub mod ns;
mod other;
pub mod owner;
pub mod pubsub;
pub mod rsm;
pub mod sasl;
#[cfg(feature = "service")]
pub mod service;
pub mod session;
mod shared;
pub mod shim;
pub mod stanza;
pub mod stream;
mod uri;

/// The XML layer, as far as this API shows it.
pub mod xml {
    pub use wire_xml::{
        Attribute, Element, Error, ErrorClass, Limits, Name, Profile, Scope, Writer,
    };
}

pub use error::{DecodeError, Malformed};
pub use feature::Feature;
pub use id::{IdError, ItemId, NodeId, StanzaId, SubId};
pub use jid::{Jid, JidError, Part};
pub use other::Other;
pub use stanza::{Iq, Message, Outgoing, Payload, Presence, Stanza, StanzaError};
pub use uri::{Uri, UriError};
