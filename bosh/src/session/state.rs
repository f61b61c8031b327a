//! Feature `serde`: what a session is when it travels from one process to another.
//!
//! A state holds times as nanoseconds from the moment at which it was taken down: what is still to
//! come is positive, what is over is negative. So it means the same to a process whose clock
//! counts from another origin.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use wire_xml::{Limits, Profile, Reader, Scope};

use super::moment::Moment;
use super::{CloseReason, Event, Farewell, Open, OpenStream, Restart, StreamEvent, StreamName};
use crate::body::{Body, BodyCodec, shared_name};
use crate::condition::Condition;
use crate::error::DecodeError;
use crate::payload::Payload;

/// A state that cannot be taken up.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// It was written in another form.
    #[error("state has version {got}, and {VERSION} is read")]
    Version {
        /// The version of that form.
        got: u32,
    },
    /// It holds more than the settings allow.
    #[error("{what} of the state pass the limit of {max}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// The limit, in the unit of the setting; times in seconds.
        max: u64,
    },
    /// It says what no session can have come to.
    #[error("{what} of the state contradict the rest of it")]
    Contradiction {
        /// What does not fit.
        what: &'static str,
    },
    /// A wrapper or payload in it cannot be read.
    #[error("{what} of the state: {error}")]
    Decode {
        /// What was to be read.
        what: &'static str,
        /// Why it cannot be.
        #[source]
        error: DecodeError,
    },
    /// The session has key sequences, which want a source of seeds.
    #[error("the session has key sequences, and no seeds were given")]
    NoSeeds,
    /// There is a session with the same id.
    #[error("a session with the id of the state exists")]
    SidInUse,
    /// The connection manager is being shut down.
    #[error("the connection manager is being shut down")]
    ShuttingDown,
}

/// The form that is written, and the only one that is read.
pub(super) const VERSION: u32 = 1;

pub(super) fn check_version(got: u32) -> Result<(), StateError> {
    if got == VERSION {
        return Ok(());
    }
    Err(StateError::Version { got })
}

/// Holds a count against a limit.
pub(super) fn within(what: &'static str, count: usize, max: usize) -> Result<(), StateError> {
    if count <= max {
        return Ok(());
    }
    let max = u64::try_from(max).unwrap_or(u64::MAX);
    Err(StateError::Limit { what, max })
}

pub(super) fn fits(what: &'static str, fits: bool) -> Result<(), StateError> {
    fits.then_some(()).ok_or(StateError::Contradiction { what })
}

/// A moment, as nanoseconds from the one at which the state was taken down.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct FromNow(i64);

impl FromNow {
    pub(super) fn of(moment: Moment, now: Moment) -> Self {
        Self(moment.relative_to(now))
    }

    pub(super) fn moment(self, now: Moment) -> Moment {
        Moment::after(now, self.0)
    }
}

/// A length of time in nanoseconds.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct Span(u64);

impl From<Duration> for Span {
    fn from(time: Duration) -> Self {
        Self(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
    }
}

impl From<Span> for Duration {
    fn from(span: Span) -> Self {
        Self::from_nanos(span.0)
    }
}

/// Bytes, as text where the format has text and they are some: all of XML is.
#[derive(Clone)]
pub(super) struct Octets(pub(super) Bytes);

impl Serialize for Octets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_bytes(&self.0);
        }
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => serializer.collect_seq(self.0.iter()),
        }
    }
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(OctetsVisitor)
        } else {
            deserializer.deserialize_byte_buf(OctetsVisitor)
        }
    }
}

struct OctetsVisitor;

impl<'de> Visitor<'de> for OctetsVisitor {
    type Value = Octets;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text or bytes")
    }

    fn visit_str<E>(self, text: &str) -> Result<Octets, E> {
        Ok(Octets(Bytes::copy_from_slice(text.as_bytes())))
    }

    fn visit_string<E>(self, text: String) -> Result<Octets, E> {
        Ok(Octets(Bytes::from(text)))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Octets, E> {
        Ok(Octets(Bytes::copy_from_slice(bytes)))
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Octets, E> {
        Ok(Octets(Bytes::from(bytes)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Octets, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = sequence.next_element()? {
            bytes.push(byte);
        }
        Ok(Octets(Bytes::from(bytes)))
    }
}

/// A payload: its bytes as they came, and the namespaces around them.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct PayloadForm {
    element: Octets,
    /// (prefix, namespace).
    scope: Vec<(String, String)>,
}

impl From<Payload> for PayloadForm {
    fn from(payload: Payload) -> Self {
        let bindings = payload.scope.iter();
        Self {
            scope: bindings
                .map(|(prefix, ns)| (prefix.to_owned(), ns.to_owned()))
                .collect(),
            element: Octets(payload.bytes),
        }
    }
}

impl PayloadForm {
    /// Reads the element once more: what is told of it later rests on that.
    pub(super) fn read(self, codec: &BodyCodec) -> Result<Payload, StateError> {
        const WHAT: &str = "a payload";
        let limits = codec.limits();
        within("namespaces", self.scope.len(), limits.namespaces)?;
        let scope = self
            .scope
            .into_iter()
            .fold(Scope::new(), |scope, (prefix, ns)| scope.with(&prefix, ns));
        let read = |bytes: &Bytes| -> Result<_, DecodeError> {
            let mut reader = Reader::document_in(bytes, Profile::Xmpp, limits, &scope)?;
            let name = match reader.next_event()? {
                Some(wire_xml::Event::Start(start)) => shared_name(&start.name),
                Some(wire_xml::Event::Text(_) | wire_xml::Event::End) | None => {
                    return Err(DecodeError::NotBody);
                }
            };
            while reader.next_event()?.is_some() {}
            Ok(name)
        };
        let bytes = self.element.0;
        let name = read(&bytes).map_err(|error| StateError::Decode { what: WHAT, error })?;
        Ok(Payload { name, bytes, scope })
    }
}

/// A wrapper, whose payloads stay the slices that they are.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct BodyForm {
    head: Octets,
    payloads: Vec<PayloadForm>,
}

impl From<Body> for BodyForm {
    fn from(mut body: Body) -> Self {
        let payloads = std::mem::take(&mut body.payloads);
        Self {
            head: Octets(body.to_bytes()),
            payloads: payloads.into_iter().map(PayloadForm::from).collect(),
        }
    }
}

impl BodyForm {
    pub(super) fn read(self, codec: &BodyCodec) -> Result<Body, StateError> {
        within("payloads", self.payloads.len(), codec.max_payloads())?;
        // Written anew, an attribute may be longer than it came.
        let longest = codec.limits().document.saturating_mul(6);
        within("bytes of a wrapper", self.head.0.len(), longest)?;
        let decoded = BodyCodec::new(Limits::MAX).decode(&self.head.0);
        let mut body = decoded.map_err(|error| StateError::Decode {
            what: "a wrapper",
            error,
        })?;
        fits("payloads of a wrapper", body.payloads.is_empty())?;
        let payloads = self.payloads.into_iter();
        body.payloads = payloads
            .map(|payload| payload.read(codec))
            .collect::<Result<_, _>>()?;
        Ok(body)
    }
}

/// How an end was to be told.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct FarewellForm {
    condition: Option<Condition>,
    payload: Option<Octets>,
    uri: Option<String>,
}

impl From<Farewell> for FarewellForm {
    fn from(farewell: Farewell) -> Self {
        Self {
            condition: farewell.condition,
            payload: farewell.payload.map(Octets),
            uri: farewell.uri,
        }
    }
}

impl From<FarewellForm> for Farewell {
    fn from(form: FarewellForm) -> Self {
        Self {
            condition: form.condition,
            payload: form.payload.map(|payload| payload.0),
            uri: form.uri,
        }
    }
}

/// An event that nobody has taken yet.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum EventForm {
    Open(Open),
    Payload(PayloadForm),
    Restart(Restart),
    StreamOpen(OpenStream),
    StreamPayload {
        stream: StreamName,
        payload: PayloadForm,
    },
    StreamClosed {
        stream: StreamName,
        condition: Option<Condition>,
        undelivered: Vec<Octets>,
    },
    Terminated {
        reason: CloseReason,
        undelivered: Vec<Octets>,
    },
}

impl From<Event> for EventForm {
    fn from(event: Event) -> Self {
        match event {
            Event::Open(open) => Self::Open(open),
            Event::Payload(payload) => Self::Payload(payload.into()),
            Event::Restart(restart) => Self::Restart(restart),
            Event::Stream(StreamEvent::Open(open)) => Self::StreamOpen(open),
            Event::Stream(StreamEvent::Payload { stream, payload }) => Self::StreamPayload {
                stream,
                payload: payload.into(),
            },
            Event::Stream(StreamEvent::Closed {
                stream,
                condition,
                undelivered,
            }) => Self::StreamClosed {
                stream,
                condition,
                undelivered: octets(undelivered),
            },
            Event::Terminated {
                reason,
                undelivered,
            } => Self::Terminated {
                reason,
                undelivered: octets(undelivered),
            },
        }
    }
}

impl EventForm {
    pub(super) fn read(self, codec: &BodyCodec) -> Result<Event, StateError> {
        Ok(match self {
            Self::Open(open) => Event::Open(open),
            Self::Payload(payload) => Event::Payload(payload.read(codec)?),
            Self::Restart(restart) => Event::Restart(restart),
            Self::StreamOpen(open) => Event::Stream(StreamEvent::Open(open)),
            Self::StreamPayload { stream, payload } => Event::Stream(StreamEvent::Payload {
                stream,
                payload: payload.read(codec)?,
            }),
            Self::StreamClosed {
                stream,
                condition,
                undelivered,
            } => Event::Stream(StreamEvent::Closed {
                stream,
                condition,
                undelivered: bytes(undelivered),
            }),
            Self::Terminated {
                reason,
                undelivered,
            } => Event::Terminated {
                reason,
                undelivered: bytes(undelivered),
            },
        })
    }
}

pub(super) fn octets(of: impl IntoIterator<Item = Bytes>) -> Vec<Octets> {
    of.into_iter().map(Octets).collect()
}

pub(super) fn bytes(of: impl IntoIterator<Item = Octets>) -> Vec<Bytes> {
    of.into_iter().map(|octets| octets.0).collect()
}
