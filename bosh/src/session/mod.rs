//! Sessions: who may send what, when, and what is answered.

mod client;
mod config;
mod manager;
mod moment;
mod replay;
mod server;
#[cfg(feature = "serde")]
mod state;
mod stream;
mod wheel;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use wire_xml::Str;

#[cfg(feature = "serde")]
pub use client::ClientState;
pub use client::{
    Client, ClientConfig, ClientStreamEvent, HttpErrors, Pauses, Profile, Retry, StreamRequest,
};
pub use config::{PauseAboveMaximum, ServerConfig};
#[cfg(feature = "serde")]
pub use manager::ManagerState;
pub use manager::{Channel, Manager, SessionId};
pub use server::Session;
#[cfg(feature = "serde")]
pub use server::SessionState;
#[cfg(feature = "serde")]
pub use state::StateError;
pub use stream::{OpenStream, StreamEvent, StreamName};

use crate::body::Version;
use crate::condition::Condition;
use crate::payload::Payload;
use crate::rid::{Rid, Sid};

/// The caller's name for an HTTP request that waits for its response.
///
/// Each request that is handed in must have a slot of its own; it comes back exactly once, in a
/// [`Transmit`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RequestSlot(pub u64);

/// An HTTP response to send.
#[derive(Clone, Eq, PartialEq)]
#[must_use]
pub struct Transmit {
    /// The request that is answered.
    pub slot: RequestSlot,
    /// HTTP status: 200, or 400, 403 or 404 for a client without `ver` (XEP-0124 §17.1), or 403
    /// for a request that must not come in clear (§19.1). Behind 403 the connection is closed.
    pub status: u16,
    /// Value of the Content-Type header.
    pub content_type: Str<'static>,
    /// The wrapper, empty for a status other than 200.
    pub body: Bytes,
}

/// The body, which may hold secrets, does not show.
impl fmt::Debug for Transmit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transmit")
            .field("slot", &self.slot)
            .field("status", &self.status)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What happened in a session of the connection manager.
#[derive(Clone)]
#[non_exhaustive]
pub enum Event {
    /// A client created the session: the stream is to be opened, and features or a refusal sent.
    Open(Open),
    /// A payload came, in the order of request ids.
    Payload(Payload),
    /// The client wants a new stream in the same session (XEP-0206 §5); features are due again.
    Restart(Restart),
    /// Something about one of several streams, if [`ServerConfig::max_streams`] allows them.
    Stream(StreamEvent),
    /// The session is over. Nothing follows.
    Terminated {
        /// Why.
        reason: CloseReason,
        /// Payloads that were never put into a response, in order, that of a farewell too.
        undelivered: Vec<Bytes>,
    },
}

/// The content of payloads does not show.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(open) => open.fmt(f),
            Self::Payload(payload) => payload.fmt(f),
            Self::Restart(restart) => restart.fmt(f),
            Self::Stream(event) => event.fmt(f),
            Self::Terminated {
                reason,
                undelivered,
            } => f
                .debug_struct("Terminated")
                .field("reason", reason)
                .field("undelivered", &undelivered.len())
                .finish(),
        }
    }
}

/// A session creation request (XEP-0124 §7.1).
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Open {
    /// The request, by which the caller knows the peer's address and whether TLS protects it.
    pub slot: RequestSlot,
    /// Domain that the client wants.
    pub to: Option<String>,
    /// Originator of the stream.
    pub from: Option<String>,
    /// `proto:host:port`; not a URI.
    pub route: Option<String>,
    /// `xml:lang`.
    pub lang: Option<String>,
    /// Highest BOSH version of the client; `None` for a legacy client.
    pub ver: Option<Version>,
    /// Version of XMPP.
    pub xmpp_version: Option<Version>,
    /// Name of the first stream, if the session may have several (§16.2).
    pub stream: Option<StreamName>,
}

/// A stream restart request (XEP-0206 §5).
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Restart {
    /// Which of several streams; `None` while the session has had only one.
    pub stream: Option<StreamName>,
    /// Domain that the client wants.
    pub to: Option<String>,
    /// Identity, to be tied to outer credentials after SASL EXTERNAL.
    pub from: Option<String>,
    /// `xml:lang`.
    pub lang: Option<String>,
    /// Version of XMPP.
    pub xmpp_version: Option<Version>,
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum CloseReason {
    /// The peer ended it, with a condition if there was a reason.
    Peer(Option<Condition>),
    /// The caller ended it.
    Local(Option<Condition>),
    /// The client was silent for longer than agreed (XEP-0124 §10).
    Inactive,
    /// The peer broke a rule; it was told this condition.
    Violation(Condition),
    /// The client did not authenticate in time.
    NotAuthenticated,
    /// No answer could be had from the server, however often it was asked.
    Unreachable,
    /// The server's responses are no BOSH.
    Malformed,
    /// The caller gave the session up without telling the server.
    Abandoned,
}

/// One HTTP request of a [`Client`]: a copy of a BOSH request.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RequestId {
    /// The BOSH request.
    pub rid: Rid,
    /// Which copy of it, from 1.
    pub attempt: u32,
}

/// An HTTP request to make: a POST of this body, labelled `text/xml; charset=utf-8`.
#[derive(Clone, Eq, PartialEq)]
#[must_use]
pub struct ClientTransmit {
    /// To be handed back with what became of it.
    pub id: RequestId,
    /// The wrapper.
    pub body: Bytes,
}

/// The body, which may hold secrets, does not show.
impl fmt::Debug for ClientTransmit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTransmit")
            .field("id", &self.id)
            .field("body_len", &self.body.len())
            .finish()
    }
}

/// What happened in a [`Client`].
#[derive(Clone)]
#[non_exhaustive]
pub enum ClientEvent {
    /// The session was created. Features come as payload, perhaps later.
    Opened(Opened),
    /// A payload came, in the order of request ids.
    Payload(Payload),
    /// The backend's identity, known later than the session (XEP-0124 §7.2).
    From(String),
    /// Something about one of several streams, if [`Client::open_stream`] asked for them.
    Stream(ClientStreamEvent),
    /// The server is at another URI, and the client may go there:
    /// [`Client::redirected`] has the settings. [`ClientEvent::Closed`] follows.
    SeeOtherUri(String),
    /// The server is said to be at another URI, and the client must not go there.
    /// [`ClientEvent::Closed`] follows.
    RedirectRefused {
        /// What was said.
        uri: String,
        /// Why not.
        reason: RedirectRefused,
    },
    /// The session is over. Nothing follows.
    Closed {
        /// Why.
        reason: CloseReason,
        /// Payloads that were never sent, in order, that of a farewell too.
        unsent: Vec<Bytes>,
    },
}

/// The content of payloads does not show.
impl fmt::Debug for ClientEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened(opened) => opened.fmt(f),
            Self::Payload(payload) => payload.fmt(f),
            Self::Stream(event) => event.fmt(f),
            Self::From(from) => f.debug_tuple("From").field(from).finish(),
            Self::SeeOtherUri(uri) => f.debug_tuple("SeeOtherUri").field(uri).finish(),
            Self::RedirectRefused { uri, reason } => f
                .debug_struct("RedirectRefused")
                .field("uri", uri)
                .field("reason", reason)
                .finish(),
            Self::Closed { reason, unsent } => f
                .debug_struct("Closed")
                .field("reason", reason)
                .field("unsent", &unsent.len())
                .finish(),
        }
    }
}

/// Why a client does not go where the server sends it (XEP-0124 §17.2, §19.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum RedirectRefused {
    /// It is no http or https URI, or too long.
    NoHttp,
    /// It is http, and the session was https, or nobody said what it was.
    Insecure,
    /// The client was sent on too often.
    TooMany,
}

/// What the creation response said (XEP-0124 §7.2).
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Opened {
    /// The session id.
    pub sid: Sid,
    /// Identity of the backend.
    pub from: Option<String>,
    /// BOSH version spoken; `None` for a legacy server.
    pub ver: Option<Version>,
    /// Longest time that a request is held.
    pub wait: Duration,
    /// Most requests that are held.
    pub hold: u32,
    /// Most requests without a response, by the server and by the client's own limit.
    pub requests: usize,
    /// Whether the client polls: it asked for that, or the server grants one request alone.
    pub polling: bool,
    /// Silence that ends the session, `None` for never.
    pub inactivity: Option<Duration>,
    /// Longest pause, `None` if there is none.
    pub max_pause: Option<Duration>,
    /// Content codings that requests may have, in lower case. Empty: none.
    pub accept: Vec<String>,
    /// Version of XMPP.
    pub xmpp_version: Option<Version>,
    /// What the server says about restarts. Servers that support them may not say so.
    pub restartlogic: Option<bool>,
    /// Stream id for XEP-0078.
    pub authid: Option<String>,
    /// Name of the first stream, if the session may have several (§16.2).
    pub stream: Option<StreamName>,
}

/// How the caller ends a session.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Farewell {
    pub(crate) condition: Option<Condition>,
    pub(crate) payload: Option<Bytes>,
    pub(crate) uri: Option<String>,
}

impl Farewell {
    /// A plain end.
    #[must_use]
    pub fn plain() -> Self {
        Self::default()
    }

    /// An end for a reason.
    #[must_use]
    pub fn condition(condition: Condition) -> Self {
        Self {
            condition: Some(condition),
            ..Self::default()
        }
    }

    /// An end by a stream error, which is the element given (XEP-0206 §6). It may use the
    /// prefix `stream`.
    #[must_use]
    pub fn stream_error(error: Bytes) -> Self {
        Self {
            payload: Some(error),
            ..Self::condition(Condition::RemoteStreamError)
        }
    }

    /// Adds an element behind everything queued, such as what the application knows of an
    /// undefined condition.
    #[must_use]
    pub fn with_payload(mut self, payload: Bytes) -> Self {
        self.payload = Some(payload);
        self
    }

    /// Sends the client to another URI (XEP-0124 §17.2).
    #[must_use]
    pub fn see_other_uri(uri: impl Into<String>) -> Self {
        Self {
            uri: Some(uri.into()),
            ..Self::condition(Condition::SeeOtherUri)
        }
    }
}

/// The payload does not show.
impl fmt::Debug for Farewell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Farewell")
            .field("condition", &self.condition)
            .field("uri", &self.uri)
            .finish_non_exhaustive()
    }
}

/// A command that cannot be carried out now.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The session is over, is being ended, or never was.
    #[error("no such session")]
    NoSession,
    /// The stream is closed or never was.
    #[error("no such stream")]
    NoStream,
    /// The session holds as many bytes for the client as it may.
    #[error("queue of {max} bytes is full")]
    QueueFull {
        /// The limit.
        max: usize,
    },
    /// The caller asked for something that does not fit the state.
    #[error("cannot {attempted} while {state}")]
    Caller {
        /// What was asked for.
        attempted: &'static str,
        /// What the session is doing.
        state: &'static str,
    },
}

/// Most payloads put into one wrapper: well below what a [`BodyCodec`](crate::BodyCodec) reads.
const MAX_PAYLOADS: usize = 512;
