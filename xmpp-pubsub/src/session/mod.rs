//! Sessions: from the first byte of a stream to stanzas, at either end, and who is where.
//!
//! | machine | role |
//! | --- | --- |
//! | [`Server`] | one client's session, at the server |
//! | [`Client`] | a session with a server, at the client |
//! | [`Router`] | all sessions of a domain: addresses, presence, delivery |

mod client;
mod domain;
mod router;
mod server;

use bytes::BufMut;
use wire_xml::Writer;

use crate::ns;
use crate::stanza::Payload;
use crate::stream::{SeeOtherUri, StreamError};

pub use client::{Client, ClientConfig, ClientEvent};
pub use router::{
    Conflict, Roster, Router, RouterConfig, RouterEvent, RouterTransmit, SessionKey, Traffic,
};
pub use server::{Security, Server, ServerConfig, ServerEvent};

/// Why a session ended.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// The peer ended the stream in order.
    #[error("the peer ended the stream")]
    Peer,
    /// The server ended the stream in order, and the client is to go on there. Never from TLS to a transport without
    /// (RFC 7395 §3.6.1).
    #[error("the stream goes on at {}", .0.as_str())]
    Moved(SeeOtherUri),
    /// The peer ended the stream with an error.
    #[error("the peer ended the stream: {0}")]
    PeerError(StreamError),
    /// We ended the stream with an error, which was sent.
    #[error("the stream was ended: {0}")]
    Error(StreamError),
    /// The application ended the stream in order.
    #[error("the stream was ended by us")]
    Ended,
    /// No TLS came about: the server refused, the client asked for what was not offered, or it took too long.
    #[error("no TLS came about")]
    TlsFailed,
    /// The login was given up: the server did not prove that it knows the password, or asked what is not done.
    #[error("the login was given up: {0}")]
    GivenUp(crate::sasl::ScramError),
    /// The server refused the login.
    #[error("login refused: {0}")]
    Refused(crate::sasl::SaslCondition),
    /// The server offers nothing that we can use to go on.
    #[error("the server offers no {0}")]
    Unsupported(&'static str),
    /// The server refused to give an address.
    #[error("no address: {0}")]
    NotBound(crate::stanza::StanzaError),
    /// The transport broke.
    #[error("the connection was lost")]
    TransportLost,
}

/// A fault that ends a session, or a call that makes no sense now.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The peer broke the protocol; the stream error was sent and the session is over.
    #[error(transparent)]
    Peer(#[from] StreamError),
    /// The caller asked for something that is not possible now.
    #[error("cannot {attempted} while {state}")]
    Caller {
        /// What was asked for.
        attempted: &'static str,
        /// How things stand.
        state: &'static str,
    },
}

/// `<bind xmlns='…'><name>value</name></bind>`, of requests and answers. RFC 6120 §7.6.
fn bind_payload(child: Option<(&'static str, &str)>) -> Payload {
    Payload::known(ns::BIND, "bind", |writer| {
        writer.start(ns::BIND, "bind");
        write_child(writer, child);
        writer.end();
    })
}

fn write_child<B: BufMut>(writer: &mut Writer<B>, child: Option<(&'static str, &str)>) {
    if let Some((name, value)) = child {
        writer.text_element(ns::BIND, name, value);
    }
}

/// The language of the peer's stream, where stanzas without one differ by it from what our own header says.
fn foreign_language(lang: &str) -> Option<Box<str>> {
    let is_tag = !lang.is_empty()
        && lang.len() <= LONGEST_LANGUAGE
        && lang
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (is_tag && !lang.eq_ignore_ascii_case(LANGUAGE)).then(|| Box::from(lang))
}

/// What our streams say about stanzas without a language.
const LANGUAGE: &str = "en";
/// RFC 5646 §4.4.1: applications need no more.
const LONGEST_LANGUAGE: usize = 35;
