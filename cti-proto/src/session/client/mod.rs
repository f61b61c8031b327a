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

use crate::code::{InvokeId, MessageType, StatusCode};
use crate::frame::{Frame, FrameCodec};
use crate::message::{CloseConf, CloseReq, HeartbeatReq, Message, Role};
use crate::session::{CloseReason, Error};
use crate::version::Version;

mod config;
mod event;
mod pending;

pub use config::Config;
pub use event::{Event, Failure};

use pending::Pending;

/// A client's session.
#[derive(Debug)]
pub struct Client {
    config: Config,
    codec: FrameCodec,
    state: State,
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

#[derive(Debug)]
struct Heartbeat {
    interval: Duration,
    next: Duration,
    /// Sent since the last sign of life, at most three.
    unanswered: VecDeque<InvokeId>,
}

impl Client {
    /// A session that has not begun; [`Client::open`] begins it.
    pub fn new(config: Config) -> Self {
        Self {
            codec: FrameCodec::new(config.version),
            state: State::Idle,
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

    /// Sends a request under a new InvokeID, which is returned and comes back in
    /// [`Event::Answer`]. The InvokeID in `message` is replaced.
    ///
    /// # Errors
    ///
    /// The session is not open, too many requests wait, `message` is not a request or cannot be
    /// written. The session goes on.
    pub fn request(
        &mut self,
        now: Duration,
        message: impl Into<Message>,
    ) -> Result<InvokeId, Error> {
        self.request_within(now, message, self.config.request_timeout)
    }

    /// Like [`Client::request`], with a deadline of its own.
    ///
    /// # Errors
    ///
    /// As for [`Client::request`].
    pub fn request_within(
        &mut self,
        now: Duration,
        message: impl Into<Message>,
        timeout: Duration,
    ) -> Result<InvokeId, Error> {
        let mut message = message.into();
        let message_type = message.message_type();
        if !matches!(self.state, State::Open { .. }) {
            return Err(self.caller_error("send a request"));
        }
        if message
            .table()
            .is_none_or(|table| table.role != Role::Request)
        {
            return Err(Error::WrongRole {
                message_type,
                wanted: "request",
            });
        }
        if self.pending.len() >= self.config.max_requests {
            return Err(Error::TooManyRequests {
                max: self.config.max_requests,
            });
        }
        let invoke_id = self.allocate();
        message.set_invoke_id(invoke_id);
        self.put(&message)?;
        self.pending
            .insert(invoke_id, message_type, now.saturating_add(timeout));
        Ok(invoke_id)
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
        while let Some((invoke_id, request)) = self.pending.pop_due(now) {
            let result = Err(Failure::TimedOut);
            self.events.push_back(Event::Answer {
                invoke_id,
                request,
                result,
            });
        }
        match &mut self.state {
            State::Opening { deadline, .. } if *deadline <= now => {
                self.finish(CloseReason::OpenTimedOut);
            }
            State::Closing { deadline, .. } if *deadline <= now => self.finish(CloseReason::Local),
            State::Open {
                heartbeat: Some(heartbeat),
            } if heartbeat.next <= now => {
                if heartbeat.unanswered.len() >= MISSED_HEARTBEATS {
                    return self.finish(CloseReason::HeartbeatsMissed);
                }
                heartbeat.next = now.saturating_add(heartbeat.interval);
                self.beat();
            }
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
            State::Open { heartbeat } => heartbeat.as_ref().map(|heartbeat| heartbeat.next),
            State::Idle | State::Closed => None,
        };
        own.into_iter().chain(self.pending.next_deadline()).min()
    }

    /// The version of the session.
    pub const fn version(&self) -> Version {
        self.config.version
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
            && !answers(&heartbeat.unanswered, &frame, MessageType::FAILURE_CONF)
        {
            heartbeat.unanswered.clear();
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
                let heartbeat = self.config.heartbeat.map(|interval| Heartbeat {
                    interval,
                    next: now.saturating_add(interval),
                    unanswered: VecDeque::new(),
                });
                self.state = State::Open { heartbeat };
                self.events.push_back(Event::Opened(conf));
            }
            (State::Opening { invoke_id, .. }, Message::FailureConf(failure))
                if id == Some(*invoke_id) =>
            {
                self.finish(CloseReason::Refused {
                    status: failure.status,
                });
            }
            (State::Closing { invoke_id, .. }, Message::CloseConf(CloseConf { .. }))
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
            ) if id.is_some_and(|id| heartbeat.unanswered.contains(&id)) => {
                self.finish(CloseReason::Failure {
                    status: failure.status,
                });
            }
            (_, message) => self.on_answer(message),
        }
    }

    /// Gives a message to the request it answers, or to the application as it is.
    fn on_answer(&mut self, message: Message) {
        let answered = message
            .invoke_id()
            .filter(|id| self.is_answer(*id, &message));
        let request = answered.and_then(|id| Some((id, self.pending.remove(id)?)));
        let Some((invoke_id, request)) = request else {
            return self.events.push_back(Event::Message(message));
        };
        let result = match message {
            Message::FailureConf(failure) => Err(Failure::Server(failure)),
            Message::ControlFailureConf(failure) => Err(Failure::Switch(failure)),
            confirmation => Ok(confirmation),
        };
        self.events.push_back(Event::Answer {
            invoke_id,
            request,
            result,
        });
    }

    /// Whether `message` is one of the three answers that the pending request can have.
    fn is_answer(&self, id: InvokeId, message: &Message) -> bool {
        let (Some(request), Some(table)) = (self.pending.request(id), message.table()) else {
            return false;
        };
        match table.number {
            MessageType::FAILURE_CONF | MessageType::CONTROL_FAILURE_CONF => true,
            _ => table.role == Role::Confirmation && confirms(table.name, request),
        }
    }

    fn beat(&mut self) {
        let invoke_id = self.allocate();
        let beat = HeartbeatReq::with(|beat| beat.invoke_id = invoke_id);
        if self.put(&beat.into()).is_ok()
            && let State::Open {
                heartbeat: Some(heartbeat),
            } = &mut self.state
        {
            heartbeat.unanswered.push_back(invoke_id);
        }
    }

    fn finish(&mut self, reason: CloseReason) {
        if matches!(self.state, State::Closed) {
            return;
        }
        self.state = State::Closed;
        while let Some((invoke_id, request)) = self.pending.pop() {
            let result = Err(Failure::Closed);
            self.events.push_back(Event::Answer {
                invoke_id,
                request,
                result,
            });
        }
        self.events.push_back(Event::Closed(reason));
    }

    fn put(&mut self, message: &Message) -> Result<(), Error> {
        Ok(message.encode(self.config.version, &mut self.out)?)
    }

    /// An InvokeID that no request in flight has.
    fn allocate(&mut self) -> InvokeId {
        while self.pending.request(self.next_invoke_id).is_some() {
            self.next_invoke_id = InvokeId(self.next_invoke_id.0.wrapping_add(1));
        }
        let invoke_id = self.next_invoke_id;
        self.next_invoke_id = InvokeId(invoke_id.0.wrapping_add(1));
        invoke_id
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

/// Whether `frame` is of type `message_type` and answers one of `ids`.
fn answers(ids: &VecDeque<InvokeId>, frame: &Frame, message_type: MessageType) -> bool {
    let Some(id) = frame
        .body
        .first_chunk()
        .map(|id| InvokeId(u32::from_be_bytes(*id)))
    else {
        return false;
    };
    frame.message_type == message_type && ids.contains(&id)
}

/// Whether the confirmation called `name` belongs to `request`: the same name but for its ending.
/// The numbers do not tell, TEAM_CONFIG_REQ (242) is confirmed by 244.
fn confirms(name: &str, request: MessageType) -> bool {
    let tables = Message::TABLES
        .iter()
        .filter(|table| table.number == request);
    let stem = name.strip_suffix("_CONF");
    tables
        .into_iter()
        .any(|table| table.name.strip_suffix("_REQ") == stem)
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

/// Unanswered heartbeats that end the session. GED-188, "HEARTBEAT_REQ".
const MISSED_HEARTBEATS: usize = 3;
