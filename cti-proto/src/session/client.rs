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

use crate::code::{
    AgentStateMask, CallEventMask, ConfigMask, InvokeId, MessageType, PeripheralId, ServiceMask,
    StatusCode,
};
use crate::codec::{Secret, Text};
use crate::error::DecodeError;
use crate::frame::{Frame, FrameCodec};
use crate::message::{
    CloseConf, CloseReq, ControlFailureConf, FailureConf, HeartbeatReq, Message, OpenConf, OpenReq,
    Role,
};
use crate::session::admission::NO_IDLE_TIMEOUT;
use crate::session::timer::Pending;
use crate::session::{CloseReason, Error};
use crate::version::{Dialect, Version};

/// What the client asks for and how long it waits.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// The version to ask for. The server does not bargain: after a refusal with status 1 a new
    /// session asks for a lower one.
    pub version: Version,
    /// Name of the client application.
    pub client_id: Text,
    /// Its password; may be empty.
    pub password: Secret,
    /// Text that identifies its user.
    pub signature: Option<Text>,
    /// Services to ask for.
    pub services: ServiceMask,
    /// Call events to ask for.
    pub call_events: CallEventMask,
    /// Agent states whose events to ask for.
    pub agent_states: AgentStateMask,
    /// Kinds of configuration records to ask for.
    pub config_records: ConfigMask,
    /// The switch; needed for [`ServiceMask::CLIENT_EVENTS`] in UCCE. UCCX always takes 1.
    pub peripheral_id: PeripheralId,
    /// Extension of the agent, for [`ServiceMask::CLIENT_EVENTS`].
    pub agent_extension: Option<Text>,
    /// Login id of the agent, for [`ServiceMask::CLIENT_EVENTS`].
    pub agent_id: Option<Text>,
    /// Telephone of the agent, for [`ServiceMask::CLIENT_EVENTS`].
    pub agent_instrument: Option<Text>,
    /// Time between heartbeats; `None` sends none. 5 s is the least that servers take, desktops
    /// should use 90 s. The IdleTimeout follows from it: four times as much, in UCCX at most 119 s.
    pub heartbeat: Option<Duration>,
    /// How long OPEN_CONF may take: 30 s, with more than 500 clients 60 s.
    pub open_timeout: Duration,
    /// How long an answer may take.
    pub request_timeout: Duration,
    /// How long CLOSE_CONF may take: 5 s.
    pub close_timeout: Duration,
    /// The first InvokeID; later ones count up.
    pub first_invoke_id: InvokeId,
    /// Most requests that wait for an answer at a time.
    pub max_requests: usize,
    /// Most events that wait to be polled.
    pub max_events: usize,
}

impl Config {
    /// Asks for `version` as `client_id`, without services, with a heartbeat each 5 s.
    pub fn new(version: Version, client_id: Text, password: Secret) -> Self {
        Self {
            version,
            client_id,
            password,
            signature: None,
            services: ServiceMask::NONE,
            call_events: CallEventMask::NONE,
            agent_states: AgentStateMask::NONE,
            config_records: ConfigMask::NONE,
            peripheral_id: match version.dialect() {
                Dialect::Ucce => PeripheralId::NULL,
                Dialect::Uccx => PeripheralId(1),
            },
            agent_extension: None,
            agent_id: None,
            agent_instrument: None,
            heartbeat: Some(MIN_HEARTBEAT),
            open_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(30),
            close_timeout: Duration::from_secs(5),
            first_invoke_id: InvokeId(1),
            max_requests: 1_024,
            max_events: 65_536,
        }
    }

    /// Services to ask for.
    #[must_use]
    pub fn services(mut self, services: ServiceMask) -> Self {
        self.services = services;
        self
    }

    /// Call events to ask for.
    #[must_use]
    pub fn call_events(mut self, events: CallEventMask) -> Self {
        self.call_events = events;
        self
    }

    /// Agent states whose events to ask for.
    #[must_use]
    pub fn agent_states(mut self, states: AgentStateMask) -> Self {
        self.agent_states = states;
        self
    }

    /// Kinds of configuration records to ask for.
    #[must_use]
    pub fn config_records(mut self, records: ConfigMask) -> Self {
        self.config_records = records;
        self
    }

    /// The switch.
    #[must_use]
    pub fn peripheral_id(mut self, peripheral_id: PeripheralId) -> Self {
        self.peripheral_id = peripheral_id;
        self
    }

    /// Text that identifies the user of the application.
    #[must_use]
    pub fn signature(mut self, signature: Text) -> Self {
        self.signature = Some(signature);
        self
    }

    /// Telephone of the agent, for [`ServiceMask::CLIENT_EVENTS`].
    #[must_use]
    pub fn agent_instrument(mut self, instrument: Text) -> Self {
        self.agent_instrument = Some(instrument);
        self
    }

    /// Time between heartbeats; `None` sends none.
    #[must_use]
    pub fn heartbeat(mut self, interval: Option<Duration>) -> Self {
        self.heartbeat = interval;
        self
    }

    /// How long an answer may take.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    fn open_req(&self, invoke_id: InvokeId) -> OpenReq {
        OpenReq::with(|open| {
            open.invoke_id = invoke_id;
            open.version_number = self.version.number();
            open.idle_timeout = self.idle_timeout();
            open.peripheral_id = self.peripheral_id;
            open.services_requested = self.services;
            open.call_msg_mask = self.call_events;
            open.agent_state_mask = self.agent_states;
            open.config_msg_mask = self.config_records;
            open.client_id = Some(self.client_id.clone());
            open.client_password = Some(self.password.clone());
            open.client_signature = self.signature.clone();
            open.agent_extension = self.agent_extension.clone();
            open.agent_id = self.agent_id.clone();
            open.agent_instrument = self.agent_instrument.clone();
        })
    }

    /// Seconds; four heartbeats, but never below what servers take.
    fn idle_timeout(&self) -> u32 {
        let Some(interval) = self.heartbeat else {
            return NO_IDLE_TIMEOUT;
        };
        let seconds = interval.as_secs().saturating_mul(4).max(MIN_IDLE_TIMEOUT);
        let seconds = match self.version.dialect() {
            Dialect::Ucce => seconds,
            Dialect::Uccx => seconds.min(MAX_UCCX_IDLE_TIMEOUT),
        };
        u32::try_from(seconds).unwrap_or(NO_IDLE_TIMEOUT)
    }
}

/// What the application should know.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "nearly all events are messages")]
pub enum Event {
    /// The session is open.
    Opened(OpenConf),
    /// A request is done. Each request ends in exactly one of these.
    Answer {
        /// What [`Client::request`] returned.
        invoke_id: InvokeId,
        /// The request.
        request: MessageType,
        /// The confirmation, or why there is none.
        result: Result<Message, Failure>,
    },
    /// A message that answers no request: an event, or a confirmation that came after its deadline.
    Message(Message),
    /// A body that cannot be read; the session goes on.
    Malformed {
        /// The whole message.
        frame: Frame,
        /// What is wrong with it.
        error: DecodeError,
    },
    /// The session is over; nothing follows. The connection can be dropped once `poll_transmit` is
    /// empty.
    Closed(CloseReason),
}

/// Why a request has no confirmation.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Failure {
    /// FAILURE_CONF: the server refused.
    Server(FailureConf),
    /// CONTROL_FAILURE_CONF: the switch refused.
    Switch(ControlFailureConf),
    /// No answer came in time.
    TimedOut,
    /// The session ended first.
    Closed,
}

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

/// Least time between heartbeats. GED-188, "HEARTBEAT_REQ".
const MIN_HEARTBEAT: Duration = Duration::from_secs(5);
/// Unanswered heartbeats that end the session. GED-188, "HEARTBEAT_REQ".
const MISSED_HEARTBEATS: usize = 3;
/// Four times the least heartbeat interval, in seconds.
const MIN_IDLE_TIMEOUT: u64 = 20;
/// UCCX wants less than 120 s.
const MAX_UCCX_IDLE_TIMEOUT: u64 = 119;
