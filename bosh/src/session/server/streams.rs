//! Several streams in one session (XEP-0124 §16).

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use super::{Session, State};
use crate::body::{Body, BodyKind, Version};
use crate::session::moment::Moment;
use crate::session::{
    CloseReason, Error, Event, Farewell, MAX_PAYLOADS, OpenStream, Restart, StreamEvent, StreamName,
};

/// The streams of a session that may have several.
pub(super) struct Streams {
    pub(super) first: StreamName,
    /// In the order of opening.
    pub(super) open: Vec<StreamName>,
    /// The newest of those that were closed: what still comes for them is dropped.
    pub(super) closed: VecDeque<StreamName>,
    /// A second one was opened, so from now on wrappers name their stream.
    pub(super) many: bool,
}

/// What waits for a response.
pub(super) struct Queued {
    /// `None` in a session that cannot have several streams.
    pub(super) stream: Option<StreamName>,
    pub(super) item: Item,
}

pub(super) enum Item {
    Payload(Bytes),
    /// Identity of the backend, known late (§16.3).
    From(String),
    /// The stream ends; nothing follows for it.
    Closed(Box<Farewell>),
}

/// What a request is about.
pub(super) enum Addressed {
    /// The session, which has had one stream only.
    Session,
    /// These streams.
    Streams(Vec<StreamName>),
    /// A stream that was closed, or nothing at all.
    Nobody,
    /// A stream that never was, or was closed long ago.
    Unknown,
}

/// What one response carries: items of one stream.
#[derive(Default)]
pub(super) struct Run {
    pub(super) stream: Option<StreamName>,
    pub(super) from: Option<String>,
    pub(super) payloads: Vec<Bytes>,
    pub(super) closed: Option<Box<Farewell>>,
}

impl Streams {
    pub(super) fn new(first: StreamName) -> Self {
        Self {
            open: vec![first.clone()],
            first,
            closed: VecDeque::new(),
            many: false,
        }
    }

    /// Takes a stream out of those that are open.
    fn close(&mut self, stream: &StreamName, remembered: usize) {
        self.open.retain(|open| open != stream);
        if self.closed.len() >= remembered {
            self.closed.pop_front();
        }
        self.closed.push_back(stream.clone());
    }
}

impl Queued {
    /// Bytes of payload.
    pub(super) fn len(&self) -> usize {
        match &self.item {
            Item::Payload(payload) => payload.len(),
            Item::From(from) => from.len(),
            Item::Closed(farewell) => farewell.payload.as_ref().map_or(0, Bytes::len),
        }
    }

    pub(super) fn into_payload(self) -> Option<Bytes> {
        match self.item {
            Item::Payload(payload) => Some(payload),
            Item::Closed(farewell) => farewell.payload,
            Item::From(_) => None,
        }
    }
}

impl Run {
    /// Puts all but the payloads on a wrapper and returns them.
    pub(super) fn write_head(self, many: bool, body: &mut Body) -> Vec<Bytes> {
        let Self {
            stream,
            from,
            mut payloads,
            closed,
        } = self;
        if let Some(stream) = stream.filter(|_| many || closed.is_some()) {
            body.stream = Some(stream.as_str().to_owned());
        }
        if from.is_some() {
            body.from = from;
        }
        if let Some(farewell) = closed {
            body.kind = BodyKind::Terminate;
            body.condition = farewell.condition;
            body.uri = farewell.uri;
            payloads.extend(farewell.payload);
        }
        payloads
    }
}

impl Session {
    /// Queues a complete element for one stream of the client, as [`send`](Self::send) does.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send); also if the stream is not open.
    pub fn send_to(
        &mut self,
        now: Duration,
        stream: &StreamName,
        payload: Bytes,
    ) -> Result<(), Error> {
        self.require_stream(stream)?;
        self.enqueue(now, Some(stream.clone()), Item::Payload(payload))
    }

    /// Tells the client who serves a stream, if that was not known when it was opened (XEP-0124
    /// §16.3).
    ///
    /// # Errors
    ///
    /// As for [`send_to`](Self::send_to).
    pub fn send_from(
        &mut self,
        now: Duration,
        stream: &StreamName,
        from: impl Into<String>,
    ) -> Result<(), Error> {
        self.require_stream(stream)?;
        self.enqueue(now, Some(stream.clone()), Item::From(from.into()))
    }

    /// Ends one stream, behind everything queued for it. The session goes on, unless this was the
    /// last one: then it is closed as by [`close`](Self::close) (XEP-0124 §16.5, §16.6).
    ///
    /// # Errors
    ///
    /// If the session is being ended, or the stream is not open.
    pub fn close_stream(
        &mut self,
        now: Duration,
        stream: &StreamName,
        farewell: Farewell,
    ) -> Result<(), Error> {
        self.require_stream(stream)?;
        let remembered = self.config.max_streams;
        let Some(streams) = self
            .streams
            .as_mut()
            .filter(|streams| streams.open.len() > 1)
        else {
            return self.close(now, farewell);
        };
        streams.close(stream, remembered);
        self.push(Queued {
            stream: Some(stream.clone()),
            item: Item::Closed(Box::new(farewell)),
        });
        self.unflushed = Some(Moment::of(now));
        Ok(())
    }

    /// The streams that are open, oldest first; none if the session cannot have several.
    pub fn streams(&self) -> impl Iterator<Item = &StreamName> {
        self.streams.iter().flat_map(|streams| &streams.open)
    }

    fn require_stream(&self, stream: &StreamName) -> Result<(), Error> {
        if !matches!(self.state, State::Open) {
            return Err(Error::NoSession);
        }
        let open = self.streams().any(|open| open == stream);
        open.then_some(()).ok_or(Error::NoStream)
    }

    pub(super) fn enqueue(
        &mut self,
        now: Duration,
        stream: Option<StreamName>,
        item: Item,
    ) -> Result<(), Error> {
        let queued = Queued { stream, item };
        let max = self.config.max_queue;
        if self.queued_bytes + queued.len() > max {
            return Err(Error::QueueFull { max });
        }
        self.push(queued);
        self.unflushed = Some(Moment::of(now));
        Ok(())
    }

    fn push(&mut self, queued: Queued) {
        self.queued_bytes += queued.len();
        self.queue.push_back(queued);
    }

    /// Whether wrappers have to say which stream they are about.
    pub(super) fn has_many_streams(&self) -> bool {
        self.streams.as_ref().is_some_and(|streams| streams.many)
    }

    /// Takes from the queue what the next response can carry; only of `stream` if one is named.
    pub(super) fn take_run(&mut self, stream: Option<&str>) -> Run {
        let mut run = Run::default();
        let mut bytes = 0;
        while let Some(next) = self.queue.front() {
            let own = next.stream.as_ref().map(StreamName::as_str);
            let wanted = run.stream.as_ref().map(StreamName::as_str).or(stream);
            if wanted.is_some() && wanted != own {
                break;
            }
            bytes += next.len();
            let long = bytes > self.config.max_response && !run.payloads.is_empty();
            let full = long || run.payloads.len() >= MAX_PAYLOADS;
            // A second identity is news of its own.
            let second = run.from.is_some() && matches!(next.item, Item::From(_));
            if full || second || run.closed.is_some() {
                break;
            }
            let Some(next) = self.queue.pop_front() else {
                break;
            };
            self.queued_bytes -= next.len();
            run.stream = next.stream;
            match next.item {
                Item::Payload(payload) => run.payloads.push(payload),
                Item::From(from) => run.from = Some(from),
                Item::Closed(farewell) => run.closed = Some(farewell),
            }
        }
        if self.queue.is_empty() {
            // Most sessions have nothing to say most of the time.
            self.queue = VecDeque::new();
        }
        run
    }

    /// Whether a request asks for a further stream (§16.3).
    pub(super) fn opens_stream(&self, request: &Body) -> bool {
        self.streams.is_some()
            && matches!(self.state, State::Open)
            && request.to.is_some()
            && request.stream.is_none()
            && request.kind == BodyKind::Normal
            && request.pause.is_none()
            && !request.restart
            && request.payloads.is_empty()
    }

    /// Opens a stream and returns the wrapper that answers; `None` if `name` cannot be one.
    pub(super) fn open_stream(&mut self, name: String, request: Body) -> Option<Box<Body>> {
        let streams = self.streams.as_mut()?;
        let name = StreamName::new(name);
        if name.as_str().is_empty()
            || streams.open.contains(&name)
            || streams.closed.contains(&name)
        {
            return None;
        }
        streams.many = true;
        streams.open.push(name.clone());
        let response = Body {
            stream: Some(name.as_str().to_owned()),
            from: self.config.from.clone().or_else(|| request.to.clone()),
            xmpp_version: request
                .xmpp_version
                .map(|version| version.min(Version::new(1, 0))),
            ..Body::default()
        };
        self.tell(Event::Stream(StreamEvent::Open(OpenStream {
            stream: name,
            to: request.to,
            from: request.from,
            route: request.route,
            lang: request.lang,
            xmpp_version: request.xmpp_version,
        })));
        Some(Box::new(response))
    }

    /// §16.4.
    pub(super) fn addressed(&self, request: &Body) -> Addressed {
        let Some(streams) = &self.streams else {
            return Addressed::Session;
        };
        let is = |name: &&StreamName| Some(name.as_str()) == request.stream.as_deref();
        match &request.stream {
            None if streams.many => Addressed::Streams(streams.open.clone()),
            None => Addressed::Session,
            Some(_) => match streams.open.iter().find(is) {
                Some(stream) if streams.many => Addressed::Streams(vec![stream.clone()]),
                Some(_) => Addressed::Session,
                None if streams.closed.iter().any(|name| is(&name)) || is_bare(request) => {
                    Addressed::Nobody
                }
                None => Addressed::Unknown,
            },
        }
    }

    /// Hands payloads and restarts to the streams they are for.
    pub(super) fn forward(&mut self, addressed: &Addressed, request: &mut Body) {
        let restart = request.restart.then(|| Restart {
            stream: None,
            to: request.to.take(),
            from: request.from.take(),
            lang: request.lang.take(),
            xmpp_version: request.xmpp_version,
        });
        let payloads = std::mem::take(&mut request.payloads);
        match addressed {
            Addressed::Session => match restart {
                // Its payloads are ignored (XEP-0206 §5).
                Some(restart) => self.tell(Event::Restart(restart)),
                None => payloads
                    .into_iter()
                    .for_each(|payload| self.tell(Event::Payload(payload))),
            },
            Addressed::Streams(streams) => {
                for stream in streams {
                    if let Some(restart) = &restart {
                        let stream = Some(stream.clone());
                        let restart = restart.clone();
                        self.tell(Event::Restart(Restart { stream, ..restart }));
                        continue;
                    }
                    for payload in &payloads {
                        let (stream, payload) = (stream.clone(), payload.clone());
                        self.tell(Event::Stream(StreamEvent::Payload { stream, payload }));
                    }
                }
            }
            Addressed::Nobody | Addressed::Unknown => {}
        }
    }

    /// The client ends the session, or one stream of several (§13, §16.5, §16.6).
    pub(super) fn on_terminate(&mut self, addressed: Addressed, request: &Body) {
        if let (Addressed::Streams(closed), true) = (&addressed, request.stream.is_some()) {
            let remembered = self.config.max_streams;
            let several = self.streams().count() > closed.len();
            if let Some(streams) = self.streams.as_mut().filter(|_| several) {
                for stream in closed {
                    streams.close(stream, remembered);
                }
                closed
                    .iter()
                    .for_each(|stream| self.drop_stream(stream, request));
                return;
            }
        }
        if let Addressed::Nobody = addressed {
            return;
        }
        let (held, early) = (self.take_held(), self.take_early());
        self.answer_all(held, early, Body::terminate(None), None);
        self.end(CloseReason::Peer(request.condition));
    }

    fn drop_stream(&mut self, stream: &StreamName, request: &Body) {
        let (gone, kept) = std::mem::take(&mut self.queue)
            .into_iter()
            .partition::<VecDeque<_>, _>(|queued| queued.stream.as_ref() == Some(stream));
        self.queue = kept;
        self.queued_bytes = self.queue.iter().map(Queued::len).sum();
        self.tell(Event::Stream(StreamEvent::Closed {
            stream: stream.clone(),
            condition: request.condition,
            undelivered: gone.into_iter().filter_map(Queued::into_payload).collect(),
        }));
    }

    pub(super) fn tell(&mut self, event: Event) {
        self.output().events.push_back(event);
    }
}

/// Says nothing that a stream could be meant by (§16.4).
fn is_bare(request: &Body) -> bool {
    request.payloads.is_empty() && !request.restart && request.kind == BodyKind::Normal
}
