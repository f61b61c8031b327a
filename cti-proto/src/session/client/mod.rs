//! The client's side of a session.
//!
//! ```text
//!            open             OPEN_CONF            close
//!   ┌──────┐      ┌─────────┐           ┌──────┐         ┌─────────┐
//!   │ Idle ├─────►│ Opening ├──────────►│ Open ├────────►│ Closing │
//!   └──────┘      └────┬────┘           └──┬───┘         └────┬────┘
//!                      │ FAILURE_CONF      │ FAILURE_EVENT    │ CLOSE_CONF
//!                      │ no answer         │ missed beats     │ no answer
//!                      ▼                   ▼                  ▼
//!                 ┌─────────────────────────────────────────────────┐
//!                 │ Closed                                          │
//!                 └─────────────────────────────────────────────────┘
//! ```

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a session names the few messages it acts on"
)]
use alloc::collections::VecDeque;
use core::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::code::{InvokeId, ServiceMask, StatusCode};
use crate::frame::{Frame, FrameCodec};
use crate::message::{CloseReq, Confirmed, HeartbeatReq, Message, OpenConf, Pair, Request, Role};
use crate::session::{CloseReason, Error};
use crate::version::Version;

mod config;
mod event;
mod heartbeat;
mod pending;
mod request;

pub use config::Config;
pub use event::Event;
pub use request::{Answer, Failure, Handle};

use heartbeat::{Due, Heartbeat};
use pending::{Answered, Pending, Waiting};

/// A client's session.
#[derive(Debug)]
pub struct Client {
    config: Config,
    codec: FrameCodec,
    state: State,
    granted: ServiceMask,
    next_invoke_id: InvokeId,
    pending: Pending,
    /// Encoded, not yet handed out.
    out: BytesMut,
    events: VecDeque<Event>,
}

#[derive(Debug)]
enum State {
    Idle,
    Opening {
        invoke_id: InvokeId,
        deadline: Duration,
    },
    Open {
        heartbeat: Option<Heartbeat>,
    },
    Closing {
        invoke_id: InvokeId,
        deadline: Duration,
    },
    Closed,
}

impl Client {
    /// A session that has not begun; [`Client::open`] begins it.
    pub fn new(config: Config) -> Self {
        Self {
            codec: FrameCodec::new(config.version),
            state: State::Idle,
            granted: ServiceMask::NONE,
            next_invoke_id: config.first_invoke_id,
            pending: Pending::default(),
            out: BytesMut::new(),
            events: VecDeque::new(),
            config,
        }
    }

    /// Sends OPEN_REQ. Call once, when the connection stands.
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] when the session has begun already, [`Error::Encode`] when a text of the
    /// configuration is too long.
    pub fn open(&mut self, now: Duration) -> Result<(), Error> {
        if !matches!(self.state, State::Idle) {
            return Err(self.caller_error("open"));
        }
        let invoke_id = self.allocate();
        self.put(&self.config.open_req(invoke_id).into())?;
        let deadline = now.saturating_add(self.config.open_timeout);
        self.state = State::Opening {
            invoke_id,
            deadline,
        };
        Ok(())
    }

    /// Sends a request under a new InvokeID and returns the handle by which its [`Event::Answer`] is
    /// known. The InvokeID in `request` is replaced.
    ///
    /// # Errors
    ///
    /// The session is not open, too many requests wait, `request` is a [`Message`] that asks for
    /// nothing or that the session sends itself, or cannot be written. The session goes on.
    pub fn request<R: Request>(&mut self, now: Duration, request: R) -> Result<Handle<R>, Error> {
        self.request_within(now, request, self.config.request_timeout)
    }

    /// Like [`Client::request`], with a deadline of its own.
    ///
    /// # Errors
    ///
    /// As for [`Client::request`].
    pub fn request_within<R: Request>(
        &mut self,
        now: Duration,
        request: R,
        timeout: Duration,
    ) -> Result<Handle<R>, Error> {
        self.ask(now, request.into(), timeout).map(Handle::new)
    }

    /// Sends a message that has no answer of its own: CONFIG_REQUEST_EVENT and its like, or the
    /// confirmation of a service that this client offers.
    ///
    /// # Errors
    ///
    /// The session is not open, `message` is a request or cannot be written. The session goes on.
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        if !matches!(self.state, State::Open { .. }) {
            return Err(self.caller_error("send a message"));
        }
        if message
            .table()
            .is_some_and(|table| table.role == Role::Request)
        {
            let message_type = message.message_type();
            return Err(Error::WrongRole {
                message_type,
                wanted: "event",
            });
        }
        self.put(&message)
    }

    /// Ends the session: sends CLOSE_REQ with `status` (0, 15 or 16) and waits for CLOSE_CONF. A
    /// session that is not open ends at once.
    pub fn close(&mut self, now: Duration, status: StatusCode) {
        match self.state {
            State::Open { .. } => {}
            State::Idle | State::Opening { .. } => return self.finish(CloseReason::Local),
            State::Closing { .. } | State::Closed => return,
        }
        let invoke_id = self.allocate();
        let close = CloseReq::with(|close| {
            close.invoke_id = invoke_id;
            close.status = status;
        });
        if self.put(&close.into()).is_err() {
            return self.finish(CloseReason::Local);
        }
        let deadline = now.saturating_add(self.config.close_timeout);
        self.state = State::Closing {
            invoke_id,
            deadline,
        };
    }

    /// Takes complete messages off the front of `input` and leaves the rest.
    ///
    /// # Errors
    ///
    /// The session is over: the stream cannot be followed, or events stay unread beyond the limit.
    pub fn handle_input(&mut self, now: Duration, input: &mut BytesMut) -> Result<(), Error> {
        while !matches!(self.state, State::Closed) {
            if self.events.len() >= self.config.max_events {
                self.finish(CloseReason::EventsUnread);
                return Err(Error::EventsUnread {
                    max: self.config.max_events,
                });
            }
            match self.codec.decode(input) {
                Ok(Some(frame)) => self.on_frame(now, frame),
                Ok(None) => return Ok(()),
                Err(error) => {
                    self.finish(CloseReason::Protocol);
                    return Err(error.into());
                }
            }
        }
        input.clear();
        Ok(())
    }

    /// Does what is due at `now`. Harmless when nothing is.
    pub fn handle_timeout(&mut self, now: Duration) {
        while let Some(answer) = self.pending.pop_due(now) {
            self.events.push_back(Event::Answer(answer));
        }
        match &mut self.state {
            State::Opening { deadline, .. } if *deadline <= now => {
                self.finish(CloseReason::OpenTimedOut);
            }
            State::Closing { deadline, .. } if *deadline <= now => self.finish(CloseReason::Local),
            State::Open {
                heartbeat: Some(heartbeat),
            } => match heartbeat.due(now) {
                Due::Nothing => {}
                Due::Beat => self.beat(now),
                Due::Lost => self.finish(CloseReason::HeartbeatsMissed),
            },
            State::Idle
            | State::Opening { .. }
            | State::Open { .. }
            | State::Closing { .. }
            | State::Closed => {}
        }
    }

    /// The peer closed the connection, or it broke.
    pub fn handle_eof(&mut self) {
        self.finish(match self.state {
            State::Closing { .. } => CloseReason::Local,
            State::Idle | State::Opening { .. } | State::Open { .. } | State::Closed => {
                CloseReason::Disconnected
            }
        });
    }

    /// Bytes for the peer.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        (!self.out.is_empty()).then(|| self.out.split().freeze())
    }

    /// The next thing to know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`Client::handle_timeout`] next.
    pub fn poll_timeout(&self) -> Option<Duration> {
        let own = match &self.state {
            State::Opening { deadline, .. } | State::Closing { deadline, .. } => Some(*deadline),
            State::Open { heartbeat } => heartbeat.as_ref().map(Heartbeat::next),
            State::Idle | State::Closed => None,
        };
        own.into_iter().chain(self.pending.next_deadline()).min()
    }

    /// The version of the session.
    pub const fn version(&self) -> Version {
        self.config.version
    }

    /// The settings the session was made with.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The services that OPEN_CONF granted; none before.
    pub const fn services(&self) -> ServiceMask {
        self.granted
    }

    /// The InvokeID that the next request goes under, unless one in flight has it. A session that
    /// takes this one's place can go on counting there, so that no handle means two requests.
    pub const fn next_invoke_id(&self) -> InvokeId {
        self.next_invoke_id
    }

    /// Requests that wait for an answer.
    pub fn requests_in_flight(&self) -> usize {
        self.pending.len()
    }

    /// Goes on counting InvokeIDs at `next`, so that sessions side by side do not use one twice.
    pub(in crate::session) const fn count_from(&mut self, next: InvokeId) {
        self.next_invoke_id = next;
    }

    /// Whether requests can be sent.
    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// Whether the session is over.
    pub const fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    fn on_frame(&mut self, now: Duration, frame: Frame) {
        if let State::Open {
            heartbeat: Some(heartbeat),
        } = &mut self.state
        {
            heartbeat.hear(&frame);
        }
        match Message::decode(self.config.version, frame.clone()) {
            Ok(message) => self.on_message(now, message),
            Err(error) => self.events.push_back(Event::Malformed { frame, error }),
        }
    }

    fn on_message(&mut self, now: Duration, message: Message) {
        let id = message.invoke_id();
        match (&mut self.state, message) {
            (State::Opening { invoke_id, .. }, Message::OpenConf(conf))
                if id == Some(*invoke_id) =>
            {
                self.on_open(now, conf);
            }
            (State::Opening { invoke_id, .. }, Message::FailureConf(failure))
                if id == Some(*invoke_id) =>
            {
                self.finish(CloseReason::Refused {
                    status: failure.status,
                });
            }
            (State::Closing { invoke_id, .. }, Message::CloseConf(_) | Message::FailureConf(_))
                if id == Some(*invoke_id) =>
            {
                self.finish(CloseReason::Local);
            }
            (_, Message::FailureEvent(failure)) if ends_session(failure.status) => {
                self.finish(CloseReason::Failure {
                    status: failure.status,
                });
            }
            (State::Open { .. } | State::Closing { .. }, Message::HeartbeatConf(_)) => {}
            (
                State::Open {
                    heartbeat: Some(heartbeat),
                },
                Message::FailureConf(failure),
            ) if id.is_some_and(|id| heartbeat.contains(id)) => {
                self.finish(CloseReason::Failure {
                    status: failure.status,
                });
            }
            (_, message) => self.on_answer(message),
        }
    }

    fn on_open(&mut self, now: Duration, conf: OpenConf) {
        let heartbeat = self.config.heartbeat_interval();
        self.state = State::Open {
            heartbeat: heartbeat.map(|interval| Heartbeat::new(now, interval)),
        };
        self.granted = conf.services_granted;
        self.events.push_back(Event::Opened(conf));
    }

    /// Gives a message to the request it answers, or to the application as it is.
    fn on_answer(&mut self, message: Message) {
        self.events.push_back(match self.pending.answer(message) {
            Answered::Answer(answer) => Event::Answer(answer),
            Answered::Passed(message) => Event::Message(message),
        });
    }

    fn ask(
        &mut self,
        now: Duration,
        mut message: Message,
        timeout: Duration,
    ) -> Result<InvokeId, Error> {
        let request = message.message_type();
        if !matches!(self.state, State::Open { .. }) {
            return Err(self.caller_error("send a request"));
        }
        let pair = message
            .table()
            .and_then(|table| Pair::of(table.number))
            .ok_or(Error::WrongRole {
                message_type: request,
                wanted: "request",
            })?;
        if pair.confirmed == Confirmed::BySession {
            return Err(self.caller_error("send a request of the session itself"));
        }
        if self.pending.len() >= self.config.max_requests {
            return Err(Error::TooManyRequests {
                max: self.config.max_requests,
            });
        }
        let invoke_id = self.allocate();
        message.set_invoke_id(invoke_id);
        self.put(&message)?;
        if pair.confirmed == Confirmed::UnlessIgnored
            && self.granted.contains(ServiceMask::IGNORE_CONF)
        {
            self.events.push_back(Event::Answer(Answer {
                invoke_id,
                request,
                result: Err(Failure::Unconfirmed),
            }));
        } else {
            let waiting = Waiting {
                request,
                confirmation: pair.confirmation.number,
                deadline: now.saturating_add(timeout),
            };
            self.pending.insert(invoke_id, waiting);
        }
        Ok(invoke_id)
    }

    fn beat(&mut self, now: Duration) {
        let invoke_id = self.allocate();
        let beat = HeartbeatReq::with(|beat| beat.invoke_id = invoke_id);
        let written = self.put(&beat.into());
        debug_assert_eq!(written, Ok(()), "every version has it");
        if let State::Open {
            heartbeat: Some(heartbeat),
        } = &mut self.state
        {
            heartbeat.sent(now, invoke_id);
        }
    }

    fn finish(&mut self, reason: CloseReason) {
        if matches!(self.state, State::Closed) {
            return;
        }
        self.state = State::Closed;
        while let Some(answer) = self.pending.pop_closed() {
            self.events.push_back(Event::Answer(answer));
        }
        self.events.push_back(Event::Closed(reason));
    }

    fn put(&mut self, message: &Message) -> Result<(), Error> {
        Ok(message.encode(self.config.version, &mut self.out)?)
    }

    /// An InvokeID that nothing in flight has. Zero and the absent value are passed over: a peer that
    /// refuses what has no InvokeID may answer with them.
    fn allocate(&mut self) -> InvokeId {
        loop {
            let id = self.next_invoke_id;
            self.next_invoke_id = InvokeId(id.0.wrapping_add(1));
            let beats = matches!(&self.state, State::Open { heartbeat: Some(heartbeat) }
                if heartbeat.contains(id));
            if !beats && !matches!(id.0, 0 | u32::MAX) && !self.pending.contains(id) {
                return id;
            }
        }
    }

    fn caller_error(&self, attempted: &'static str) -> Error {
        let state = match self.state {
            State::Idle => "idle",
            State::Opening { .. } => "opening",
            State::Open { .. } => "open",
            State::Closing { .. } => "closing",
            State::Closed => "closed",
        };
        Error::Caller { attempted, state }
    }
}

/// FAILURE_EVENT with another status leaves the session open.
const fn ends_session(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::CTI_SERVER_OFFLINE
            | StatusCode::NEW_SESSION_OPENED
            | StatusCode::SESSION_NOT_OPEN
            | StatusCode::TIMEOUT
    )
}
