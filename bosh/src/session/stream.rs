//! The streams in one session, as the caller sees them (XEP-0124 §16).

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::body::Version;
use crate::condition::Condition;
use crate::payload::Payload;

/// The name of a stream: opaque, made by the connection manager (XEP-0124 §16.2). `Debug` shows
/// only its beginning, as for a [`Sid`](crate::Sid).
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct StreamName(Arc<str>);

impl StreamName {
    /// Takes any text; what it means is the server's business.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.0.chars().take(4).collect();
        write!(f, "StreamName({shown}…)")
    }
}

/// What happened in one of several streams.
#[derive(Clone)]
#[non_exhaustive]
pub enum StreamEvent {
    /// The client opened a further stream (XEP-0124 §16.3), as [`Event::Open`](super::Event::Open)
    /// did the first.
    Open(OpenStream),
    /// A payload came. What the client sends to all streams comes once for each. While a session
    /// has had only one stream, this is [`Event::Payload`](super::Event::Payload).
    Payload {
        /// Which stream.
        stream: StreamName,
        /// What came.
        payload: Payload,
    },
    /// The client closed one stream (XEP-0124 §16.5, §16.6). The session goes on.
    Closed {
        /// Which stream.
        stream: StreamName,
        /// The reason, if there was one.
        condition: Option<Condition>,
        /// Payloads of this stream that were never put into a response, in order.
        undelivered: Vec<Bytes>,
    },
}

/// The content of payloads does not show.
impl fmt::Debug for StreamEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(open) => open.fmt(f),
            Self::Payload { stream, payload } => f
                .debug_struct("Payload")
                .field("stream", stream)
                .field("payload", payload)
                .finish(),
            Self::Closed {
                stream,
                condition,
                undelivered,
            } => f
                .debug_struct("Closed")
                .field("stream", stream)
                .field("condition", condition)
                .field("undelivered", &undelivered.len())
                .finish(),
        }
    }
}

/// A request for a further stream in a session (XEP-0124 §16.3).
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct OpenStream {
    /// The name that the stream was given.
    pub stream: StreamName,
    /// Domain that the client wants.
    pub to: Option<String>,
    /// Originator of the stream.
    pub from: Option<String>,
    /// `proto:host:port`; not a URI.
    pub route: Option<String>,
    /// `xml:lang`.
    pub lang: Option<String>,
    /// Version of XMPP.
    pub xmpp_version: Option<Version>,
}
