//! Several streams in one session (XEP-0124 §16), from the client's side.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::queue::{Item, Queued, Target};
use super::{Client, ClientConfig, State};
use crate::body::{Body, BodyKind, Version};
use crate::condition::Condition;
use crate::payload::Payload;
use crate::session::{ClientEvent, Error, Farewell, StreamName};

/// A wish for a further stream in a session (XEP-0124 §16.3).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StreamRequest {
    pub(super) to: String,
    pub(super) from: Option<String>,
    pub(super) route: Option<String>,
}

impl StreamRequest {
    /// Asks for a stream with this domain. Language and version of XMPP are those of the session.
    #[must_use]
    pub fn new(to: impl Into<String>) -> Self {
        Self {
            to: to.into(),
            from: None,
            route: None,
        }
    }

    /// Names the originator.
    #[must_use]
    pub fn with_from(mut self, from: impl Into<String>) -> Self {
        self.from = Some(from.into());
        self
    }

    /// Names a route, `proto:host:port`, towards a proxying server.
    #[must_use]
    pub fn with_route(mut self, route: impl Into<String>) -> Self {
        self.route = Some(route.into());
        self
    }

    pub(super) fn to_body(&self, config: &ClientConfig) -> Body {
        Body {
            to: Some(self.to.clone()),
            from: self.from.clone(),
            route: self.route.clone(),
            lang: config.lang.clone(),
            xmpp_version: config.xmpp_version,
            ..Body::default()
        }
    }
}

/// What happened in one of several streams. Before a second one is asked for, there are no such
/// events.
#[derive(Clone)]
#[non_exhaustive]
pub enum ClientStreamEvent {
    /// The server opened a stream that was asked for; features come as payload, perhaps later.
    Opened {
        /// The name that it was given.
        stream: StreamName,
        /// The domain that was asked for.
        to: String,
        /// Identity of the backend.
        from: Option<String>,
        /// Version of XMPP.
        xmpp_version: Option<Version>,
    },
    /// A payload came, in the order of request ids.
    Payload {
        /// Which stream.
        stream: StreamName,
        /// What came.
        payload: Payload,
    },
    /// The backend's identity, known later than the stream.
    From {
        /// Which stream.
        stream: StreamName,
        /// Who it is.
        from: String,
    },
    /// The server closed one stream, or refused to open it (§16.6). The session goes on.
    Closed {
        /// Which stream.
        stream: StreamName,
        /// The reason, if there was one.
        condition: Option<Condition>,
        /// Payloads for this stream that were never put into a request, in order.
        unsent: Vec<Bytes>,
    },
}

/// The content of payloads does not show.
impl fmt::Debug for ClientStreamEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened {
                stream, to, from, ..
            } => f
                .debug_struct("Opened")
                .field("stream", stream)
                .field("to", to)
                .field("from", from)
                .finish_non_exhaustive(),
            Self::Payload { stream, payload } => f
                .debug_struct("Payload")
                .field("stream", stream)
                .field("payload", payload)
                .finish(),
            Self::From { stream, from } => f
                .debug_struct("From")
                .field("stream", stream)
                .field("from", from)
                .finish(),
            Self::Closed {
                stream,
                condition,
                unsent,
            } => f
                .debug_struct("Closed")
                .field("stream", stream)
                .field("condition", condition)
                .field("unsent", &unsent.len())
                .finish(),
        }
    }
}

/// The streams of a session whose server offers several.
pub(super) struct Streams {
    pub(super) first: StreamName,
    /// With the domain of each, in the order of opening.
    pub(super) open: Vec<(StreamName, String)>,
    /// Domains of those that were asked for and not named yet.
    pub(super) opening: VecDeque<String>,
    /// The newest of those that were closed: what still comes for them is dropped.
    pub(super) closed: VecDeque<StreamName>,
    /// A second one was asked for, so from now on wrappers name their stream.
    pub(super) many: bool,
}

/// Whom a response is for.
enum Addressed {
    /// The session, which has had one stream only.
    Session,
    Stream(StreamName),
    /// One that was asked for and has a name now.
    NewStream(StreamName),
    /// One that was closed, or nothing at all.
    Nobody,
    /// One that never was.
    Unknown,
}

impl Streams {
    pub(super) fn new(first: &str, to: &str) -> Self {
        let first = StreamName::new(first);
        Self {
            open: vec![(first.clone(), to.to_owned())],
            first,
            opening: VecDeque::new(),
            closed: VecDeque::new(),
            many: false,
        }
    }

    pub(super) fn is_open(&self, stream: &StreamName) -> bool {
        self.open.iter().any(|(open, _)| open == stream)
    }

    fn close(&mut self, stream: &StreamName, remembered: usize) {
        self.open.retain(|(open, _)| open != stream);
        if self.closed.len() >= remembered {
            self.closed.pop_front();
        }
        self.closed.push_back(stream.clone());
    }
}

impl Client {
    /// Asks for a further stream in this session (XEP-0124 §16.3), behind everything queued.
    /// [`ClientStreamEvent::Opened`] tells its name. From now on what happens in any stream,
    /// the first too, is a [`ClientEvent::Stream`].
    ///
    /// # Errors
    ///
    /// If the session is not open, the server offers no further streams, or
    /// [`ClientConfig::max_streams`] are open.
    pub fn open_stream(&mut self, now: Duration, request: StreamRequest) -> Result<(), Error> {
        const ATTEMPTED: &str = "open a stream";
        self.require_open(ATTEMPTED)?;
        let refused = |state| {
            Err(Error::Caller {
                attempted: ATTEMPTED,
                state,
            })
        };
        let Some(streams) = &mut self.streams else {
            return refused("the server offers one");
        };
        if streams.open.len() + streams.opening.len() >= self.config.max_streams {
            return refused("as many as configured are open");
        }
        streams.many = true;
        streams.opening.push_back(request.to.clone());
        self.enqueue(now, ATTEMPTED, Target::All, Item::Open(Box::new(request)))
    }

    /// Closes one stream, behind everything queued for it (§16.5). The session goes on, unless
    /// this was the last one: then it is ended as by
    /// [`terminate_with`](Self::terminate_with). Nothing more is told of the stream.
    ///
    /// # Errors
    ///
    /// If the session or the stream is not open.
    pub fn close_stream(
        &mut self,
        now: Duration,
        stream: &StreamName,
        farewell: Farewell,
    ) -> Result<(), Error> {
        self.require_open("close a stream")?;
        self.require_stream(stream)?;
        let remembered = self.config.max_streams;
        let Some(streams) = self
            .streams
            .as_mut()
            .filter(|streams| streams.open.len() + streams.opening.len() > 1)
        else {
            return self.terminate_with(now, farewell);
        };
        streams.close(stream, remembered);
        self.push(Queued {
            target: Target::Stream(stream.clone()),
            item: Item::Close(Box::new(farewell)),
        });
        self.resume(now);
        Ok(())
    }

    /// The streams that are open, oldest first; none if the server offers no further ones.
    pub fn streams(&self) -> impl Iterator<Item = &StreamName> {
        self.streams
            .iter()
            .flat_map(|streams| streams.open.iter().map(|(name, _)| name))
    }

    pub(super) fn require_stream(&self, stream: &StreamName) -> Result<(), Error> {
        let open = self.streams().any(|open| open == stream);
        open.then_some(()).ok_or(Error::NoStream)
    }

    pub(super) fn is_first_closed(&self) -> bool {
        self.streams
            .as_ref()
            .is_some_and(|streams| !streams.is_open(&streams.first))
    }

    pub(super) fn has_many_streams(&self) -> bool {
        self.streams.as_ref().is_some_and(|streams| streams.many)
    }

    /// The `stream` of a request: left out while there is one stream, and for all of them.
    pub(super) fn wire_name(&self, target: &Target) -> Option<String> {
        let streams = self.streams.as_ref().filter(|streams| streams.many)?;
        match target {
            Target::First => Some(streams.first.as_str().to_owned()),
            Target::Stream(name) => Some(name.as_str().to_owned()),
            Target::All => None,
        }
    }

    pub(super) fn domain_of(&self, target: &Target) -> String {
        let Target::Stream(stream) = target else {
            return self.config.to.clone();
        };
        let mut open = self.streams.iter().flat_map(|streams| &streams.open);
        open.find(|(name, _)| name == stream)
            .map_or_else(|| self.config.to.clone(), |(_, to)| to.clone())
    }

    /// Whether a response ends the session, and not one stream of several (§16.6).
    pub(super) fn ends_session(&self, response: &Body) -> bool {
        let named = response.stream.is_some() && self.has_many_streams();
        response.kind == BodyKind::Terminate && !named
    }

    /// Hands what a response carries to the stream that it is for.
    pub(super) fn hand_over(&mut self, now: Duration, mut response: Body) {
        match self.addressed(&response) {
            Addressed::Session => {
                if let Some(from) = response.from.take() {
                    self.events.push_back(ClientEvent::From(from));
                }
                let payloads = response.payloads.into_iter();
                self.events.extend(payloads.map(ClientEvent::Payload));
            }
            Addressed::Stream(stream) => self.hand_to(now, &stream, response),
            Addressed::NewStream(stream) => {
                // The event has told it.
                response.from = None;
                self.hand_to(now, &stream, response);
            }
            Addressed::Nobody => {}
            // §16.4: a server that mixes up its streams cannot be trusted with them.
            Addressed::Unknown if self.state == State::Open => {
                self.say_farewell(now, Farewell::condition(Condition::ItemNotFound));
            }
            Addressed::Unknown => {}
        }
    }

    fn addressed(&mut self, response: &Body) -> Addressed {
        let is_bare = response.payloads.is_empty()
            && response.from.is_none()
            && response.kind == BodyKind::Normal;
        let name = response.stream.as_deref().map(StreamName::new);
        let Some(streams) = &mut self.streams else {
            let unknown = name.is_some() && !is_bare;
            return if unknown {
                Addressed::Unknown
            } else {
                Addressed::Session
            };
        };
        let Some(name) = name else {
            // §16.4: unnamed means the first, even when it is closed.
            return match streams.many {
                false => Addressed::Session,
                true if streams.is_open(&streams.first) => Addressed::Stream(streams.first.clone()),
                true => Addressed::Nobody,
            };
        };
        if streams.is_open(&name) {
            return if streams.many {
                Addressed::Stream(name)
            } else {
                Addressed::Session
            };
        }
        if streams.closed.contains(&name) {
            return Addressed::Nobody;
        }
        if let Some(to) = streams.opening.pop_front() {
            streams.open.push((name.clone(), to.clone()));
            if response.kind == BodyKind::Normal {
                let opened = ClientStreamEvent::Opened {
                    stream: name.clone(),
                    to,
                    from: response.from.clone(),
                    xmpp_version: response.xmpp_version,
                };
                self.events.push_back(ClientEvent::Stream(opened));
            }
            return Addressed::NewStream(name);
        }
        if is_bare {
            Addressed::Nobody
        } else {
            Addressed::Unknown
        }
    }

    fn hand_to(&mut self, now: Duration, stream: &StreamName, response: Body) {
        let stream = || stream.clone();
        let mut events: Vec<ClientStreamEvent> = Vec::new();
        if let Some(from) = response.from {
            let stream = stream();
            events.push(ClientStreamEvent::From { stream, from });
        }
        for payload in response.payloads {
            let stream = stream();
            events.push(ClientStreamEvent::Payload { stream, payload });
        }
        let events = events.into_iter().map(ClientEvent::Stream);
        self.events.extend(events);
        if response.kind == BodyKind::Terminate {
            self.on_stream_closed(now, stream(), response.condition);
        }
    }

    fn on_stream_closed(
        &mut self,
        now: Duration,
        stream: StreamName,
        condition: Option<Condition>,
    ) {
        let remembered = self.config.max_streams;
        let Some(streams) = &mut self.streams else {
            return;
        };
        streams.close(&stream, remembered);
        let none_left = streams.open.is_empty() && streams.opening.is_empty();
        let is_first = streams.first == stream;
        let mut unsent = Vec::new();
        let mut kept = VecDeque::new();
        for queued in std::mem::take(&mut self.queue) {
            let for_it = match &queued.target {
                Target::First => is_first,
                Target::Stream(name) => *name == stream,
                Target::All => false,
            };
            if for_it {
                unsent.extend(queued.into_payload());
            } else {
                kept.push_back(queued);
            }
        }
        self.queued_bytes = kept.iter().map(Queued::len).sum();
        self.queue = kept;
        self.events
            .push_back(ClientEvent::Stream(ClientStreamEvent::Closed {
                stream,
                condition,
                unsent,
            }));
        // §16.5: the server ends the session with its last stream; it is asked to if it did not.
        if none_left && self.state == State::Open {
            self.say_farewell(now, Farewell::plain());
        }
    }
}
