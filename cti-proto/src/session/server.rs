//! The server's side of one session: one machine for each connection.
//!
//! ```text
//!            OPEN_REQ, valid        accept
//!   ┌─────────┐          ┌──────────┐        ┌──────┐
//!   │ Waiting ├─────────►│ Deciding ├───────►│ Open │
//!   └────┬────┘          └────┬─────┘        └──┬───┘
//!        │ no OPEN_REQ        │ refuse          │ CLOSE_REQ, close
//!        │ invalid, version   │                 │ silence, slow peer
//!        ▼                    ▼                 ▼
//!   ┌───────────────────────────────────────────────────┐
//!   │ Closed                                            │
//!   └───────────────────────────────────────────────────┘
//! ```

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a session names the few messages it acts on"
)]

use alloc::collections::{BTreeMap, VecDeque};
use core::ops::RangeInclusive;
use core::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::code::{ControlFailureCode, InvokeId, PeripheralErrorCode, ServiceMask, StatusCode};
use crate::frame::{Frame, FrameCodec};
use crate::message::{
    Body, CloseConf, ControlFailureConf, FailureConf, FailureEvent, HeartbeatConf, Message,
    OpenConf, OpenReq, Role,
};
use crate::session::admission::{NO_IDLE_TIMEOUT, check_open};
use crate::session::filter::Wants;
use crate::session::{CloseReason, Error};
use crate::version::{Dialect, Version};

/// What the server takes and how long it waits.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// The family this server belongs to; the number in OPEN_REQ does not tell.
    pub dialect: Dialect,
    /// Versions that are taken; others are refused with status 1.
    pub versions: RangeInclusive<u32>,
    /// A standby node refuses every OPEN_REQ with status 92.
    pub standing: Standing,
    /// How long the connection may stay without OPEN_REQ.
    pub open_timeout: Duration,
    /// Most requests of the client that wait for an answer; more are refused with status 17.
    pub max_requests: usize,
    /// Most encoded bytes that wait to be polled; beyond, the session ends.
    pub max_unsent: usize,
    /// Most events that wait to be polled.
    pub max_events: usize,
}

/// Whether a node serves clients.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Standing {
    /// It does.
    #[default]
    Master,
    /// Another node does.
    Standby,
}

impl Config {
    /// Takes the given versions of `dialect`, as master.
    pub const fn new(dialect: Dialect, versions: RangeInclusive<u32>) -> Self {
        Self {
            dialect,
            versions,
            standing: Standing::Master,
            open_timeout: Duration::from_secs(30),
            max_requests: 256,
            max_unsent: 1 << 20,
            max_events: 65_536,
        }
    }

    /// Whether this node serves clients.
    #[must_use]
    pub fn standing(mut self, standing: Standing) -> Self {
        self.standing = standing;
        self
    }

    /// How long the connection may stay without OPEN_REQ.
    #[must_use]
    pub fn open_timeout(mut self, timeout: Duration) -> Self {
        self.open_timeout = timeout;
        self
    }

    /// Most encoded bytes that wait to be polled.
    #[must_use]
    pub fn max_unsent(mut self, bytes: usize) -> Self {
        self.max_unsent = bytes;
        self
    }
}

/// What the application should know.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "nearly all events are messages")]
pub enum Event {
    /// A client asks for a session, and its OPEN_REQ keeps the rules. Answer by
    /// [`Server::accept`] or [`Server::refuse`], and then call `handle_input` again: what came
    /// behind the OPEN_REQ waits in the caller's buffer.
    OpenRequested {
        /// The version it asks for.
        version: Version,
        /// All it said.
        request: OpenReq,
    },
    /// A request. Answer by [`Server::answer`], [`Server::fail`] or [`Server::fail_control`].
    Request {
        /// Names the request in the answer.
        invoke_id: InvokeId,
        /// The request.
        message: Message,
    },
    /// A message without an answer: CONFIG_REQUEST_EVENT and its like, or a confirmation.
    Message(Message),
    /// A message that could not be read or is not part of the version; it was answered with
    /// FAILURE_CONF.
    Rejected {
        /// The whole message.
        frame: Frame,
        /// What the client was told.
        status: StatusCode,
    },
    /// The session is over; nothing follows. The connection can be dropped once `poll_transmit` is
    /// empty.
    Closed(CloseReason),
}

/// What became of a message for the client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum Delivery {
    /// It waits to be polled.
    Queued,
    /// The client did not ask for it.
    Filtered,
}

/// A server's session with one client.
#[derive(Debug)]
pub struct Server {
    config: Config,
    codec: FrameCodec,
    state: State,
    /// Encoded, not yet handed out.
    out: BytesMut,
    events: VecDeque<Event>,
}

#[derive(Debug)]
enum State {
    Waiting {
        deadline: Duration,
    },
    Deciding {
        version: Version,
        wants: Wants,
        invoke_id: InvokeId,
        idle: Option<Duration>,
    },
    Open(Open),
    Closed,
}

#[derive(Debug)]
struct Open {
    version: Version,
    wants: Wants,
    idle: Option<Duration>,
    /// When the client has been silent for too long.
    deadline: Option<Duration>,
    /// Requests without an answer; a client may use one InvokeID twice.
    pending: BTreeMap<InvokeId, usize>,
}

impl Server {
    /// A session on a connection that was taken at `now`.
    pub fn new(now: Duration, config: Config) -> Self {
        let newest = Version::new(config.dialect, *config.versions.end());
        Self {
            codec: FrameCodec::new(newest),
            state: State::Waiting {
                deadline: now.saturating_add(config.open_timeout),
            },
            out: BytesMut::new(),
            events: VecDeque::new(),
            config,
        }
    }

    /// Opens the session that [`Event::OpenRequested`] asked for. The InvokeID of `conf` is set;
    /// services that were not asked for are taken out.
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] when nobody asks; [`Error::Encode`] when `conf` cannot be written.
    pub fn accept(&mut self, now: Duration, mut conf: OpenConf) -> Result<(), Error> {
        let State::Deciding {
            version,
            mut wants,
            invoke_id,
            idle,
        } = self.state
        else {
            return Err(self.caller_error("accept"));
        };
        wants.services = wants.services.and(conf.services_granted);
        conf.services_granted = wants.services;
        conf.invoke_id = invoke_id;
        Message::from(conf).encode(version, &mut self.out)?;
        self.state = State::Open(Open {
            version,
            wants,
            idle,
            deadline: idle.map(|idle| now.saturating_add(idle)),
            pending: BTreeMap::new(),
        });
        Ok(())
    }

    /// Refuses the session that [`Event::OpenRequested`] asked for, which ends it.
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] when nobody asks.
    pub fn refuse(&mut self, status: StatusCode) -> Result<(), Error> {
        let State::Deciding {
            version, invoke_id, ..
        } = self.state
        else {
            return Err(self.caller_error("refuse"));
        };
        self.refuse_open(version, invoke_id, status);
        Ok(())
    }

    /// Confirms a request. The InvokeID of `confirmation` is set.
    ///
    /// # Errors
    ///
    /// The session is not open, no such request waits, `confirmation` is none or cannot be
    /// written; the session goes on. [`Error::SlowPeer`] ends it.
    pub fn answer(
        &mut self,
        invoke_id: InvokeId,
        confirmation: impl Into<Message>,
    ) -> Result<(), Error> {
        let mut message = confirmation.into();
        let message_type = message.message_type();
        if message
            .table()
            .is_none_or(|table| table.role != Role::Confirmation)
        {
            return Err(Error::WrongRole {
                message_type,
                wanted: "confirmation",
            });
        }
        let State::Open(open) = &mut self.state else {
            return Err(self.caller_error("answer"));
        };
        if !open.pending.contains_key(&invoke_id) {
            return Err(Error::NotWaiting { invoke_id });
        }
        message.set_invoke_id(invoke_id);
        message.encode(open.version, &mut self.out)?;
        open.settle(invoke_id);
        self.check_unsent()
    }

    /// Refuses a request on the protocol level: FAILURE_CONF.
    ///
    /// # Errors
    ///
    /// As for [`Server::answer`].
    pub fn fail(&mut self, invoke_id: InvokeId, status: StatusCode) -> Result<(), Error> {
        self.answer(
            invoke_id,
            FailureConf::with(|failure| failure.status = status),
        )
    }

    /// Refuses a request on behalf of the switch: CONTROL_FAILURE_CONF.
    ///
    /// # Errors
    ///
    /// As for [`Server::answer`].
    pub fn fail_control(
        &mut self,
        invoke_id: InvokeId,
        failure_code: ControlFailureCode,
        peripheral_error_code: PeripheralErrorCode,
    ) -> Result<(), Error> {
        let failure = ControlFailureConf::with(|failure| {
            failure.failure_code = failure_code;
            failure.peripheral_error_code = peripheral_error_code;
        });
        self.answer(invoke_id, failure)
    }

    /// Sends an event, if the client asked for such; see [`Server::wants`].
    ///
    /// # Errors
    ///
    /// The session is not open, or `message` cannot be written; the session goes on.
    /// [`Error::SlowPeer`] ends it.
    pub fn send(&mut self, message: impl Into<Message>) -> Result<Delivery, Error> {
        let message = message.into();
        let State::Open(open) = &self.state else {
            return Err(self.caller_error("send"));
        };
        if !open.wants.admits(open.version, &message) {
            return Ok(Delivery::Filtered);
        }
        message.encode(open.version, &mut self.out)?;
        self.check_unsent()?;
        Ok(Delivery::Queued)
    }

    /// Ends the session: FAILURE_EVENT with `status`, by rule
    /// [`StatusCode::CTI_SERVER_OFFLINE`]. Does nothing to a session that is over.
    pub fn close(&mut self, status: StatusCode) {
        match &self.state {
            State::Open(open) => self.say_goodbye(open.version, status),
            State::Deciding {
                version, invoke_id, ..
            } => {
                let (version, invoke_id) = (*version, *invoke_id);
                return self.refuse_open(version, invoke_id, status);
            }
            State::Waiting { .. } | State::Closed => {}
        }
        self.finish(CloseReason::Local);
    }

    /// Takes complete messages off the front of `input` and leaves the rest. While the application
    /// decides about an OPEN_REQ, everything behind it is left.
    ///
    /// # Errors
    ///
    /// The session is over: the stream cannot be followed, the first message is no OPEN_REQ, the
    /// client reads too slowly, or events stay unread beyond the limit. `poll_transmit` may hold
    /// what the client is told.
    pub fn handle_input(&mut self, now: Duration, input: &mut BytesMut) -> Result<(), Error> {
        loop {
            match self.state {
                State::Waiting { .. } | State::Open(_) => {}
                State::Deciding { .. } => return Ok(()),
                State::Closed => {
                    input.clear();
                    return Ok(());
                }
            }
            if self.events.len() >= self.config.max_events {
                self.finish(CloseReason::EventsUnread);
                return Err(Error::EventsUnread {
                    max: self.config.max_events,
                });
            }
            match self.codec.decode(input) {
                Ok(Some(frame)) => self.on_frame(now, frame)?,
                Ok(None) => return Ok(()),
                Err(error) => {
                    if let State::Open(open) = &self.state {
                        self.say_goodbye(open.version, error.status());
                    }
                    self.finish(CloseReason::Protocol);
                    return Err(error.into());
                }
            }
        }
    }

    /// Does what is due at `now`. Harmless when nothing is.
    pub fn handle_timeout(&mut self, now: Duration) {
        match &self.state {
            State::Waiting { deadline } if *deadline <= now => {
                self.finish(CloseReason::OpenTimedOut);
            }
            State::Open(open) if open.deadline.is_some_and(|deadline| deadline <= now) => {
                self.finish(CloseReason::IdleTimedOut);
            }
            State::Waiting { .. } | State::Deciding { .. } | State::Open(_) | State::Closed => {}
        }
    }

    /// The client closed the connection, or it broke.
    pub fn handle_eof(&mut self) {
        self.finish(CloseReason::Disconnected);
    }

    /// Bytes for the client. Poll when the connection takes more: what waits here counts against
    /// [`Config::max_unsent`].
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        (!self.out.is_empty()).then(|| self.out.split().freeze())
    }

    /// The next thing to know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`Server::handle_timeout`] next.
    pub fn poll_timeout(&self) -> Option<Duration> {
        match &self.state {
            State::Waiting { deadline } => Some(*deadline),
            State::Open(open) => open.deadline,
            State::Deciding { .. } | State::Closed => None,
        }
    }

    /// The version of an open session.
    pub fn version(&self) -> Option<Version> {
        match &self.state {
            State::Open(open) => Some(open.version),
            State::Waiting { .. } | State::Deciding { .. } | State::Closed => None,
        }
    }

    /// Whether messages can be sent.
    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Whether the session is over.
    pub const fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// The services of an open session.
    pub fn services(&self) -> ServiceMask {
        match &self.state {
            State::Open(open) => open.wants.services,
            State::Waiting { .. } | State::Deciding { .. } | State::Closed => ServiceMask::NONE,
        }
    }

    /// Whether the client asked for events like `message`, by services and masks. Which agents and
    /// calls concern a CLIENT_EVENTS client is the application's knowledge.
    pub fn wants(&self, message: &Message) -> bool {
        match &self.state {
            State::Open(open) => open.wants.admits(open.version, message),
            State::Waiting { .. } | State::Deciding { .. } | State::Closed => false,
        }
    }

    fn on_frame(&mut self, now: Duration, frame: Frame) -> Result<(), Error> {
        let open = match &mut self.state {
            State::Open(open) => open,
            State::Waiting { .. } => return self.on_open_req(&frame),
            State::Deciding { .. } | State::Closed => return Ok(()),
        };
        open.deadline = open.idle.map(|idle| now.saturating_add(idle));
        let version = open.version;
        match Message::decode(version, frame.clone()) {
            Ok(message) => self.on_message(version, frame, message),
            Err(error) => self.reject(version, frame, error.status()),
        }
    }

    /// Reads OPEN_REQ: first InvokeID and VersionNumber, which stand in the same place in every
    /// version, and the rest only if the version is known. GED-188, "OPEN_REQ".
    fn on_open_req(&mut self, frame: &Frame) -> Result<(), Error> {
        let invoke_id = invoke_id(frame);
        let newest = Version::new(self.config.dialect, *self.config.versions.end());
        if frame.message_type != OpenReq::TABLE.number {
            let reply = StatusCode::SESSION_NOT_OPEN;
            self.put_failure(newest, invoke_id, reply);
            self.finish(CloseReason::Protocol);
            let got = frame.message_type;
            return Err(Error::Peer {
                got,
                state: "waiting for OPEN_REQ",
                reply,
            });
        }
        let Some(number) = frame.body.get(4..8).and_then(|number| number.first_chunk()) else {
            self.refuse_open(newest, invoke_id, StatusCode::INVALID_MESSAGE_LENGTH);
            return Ok(());
        };
        let number = u32::from_be_bytes(*number);
        let version = Version::new(self.config.dialect, number);
        let checked = if !self.config.versions.contains(&number) || !version.is_known() {
            Err(StatusCode::INVALID_VERSION)
        } else if self.config.standing == Standing::Standby {
            Err(StatusCode::SERVER_NOT_MASTER)
        } else {
            OpenReq::decode(version, &frame.body)
                .map_err(|error| error.status())
                .and_then(|request| check_open(version, &request).map(|()| request))
        };
        match checked {
            Err(status) => self.refuse_open(version, invoke_id, status),
            Ok(request) => {
                self.codec = FrameCodec::new(version);
                let wants = Wants::new(&request);
                let idle = (request.idle_timeout != NO_IDLE_TIMEOUT)
                    .then(|| Duration::from_secs(u64::from(request.idle_timeout)));
                self.state = State::Deciding {
                    version,
                    wants,
                    invoke_id,
                    idle,
                };
                self.events
                    .push_back(Event::OpenRequested { version, request });
            }
        }
        Ok(())
    }

    fn on_message(
        &mut self,
        version: Version,
        frame: Frame,
        message: Message,
    ) -> Result<(), Error> {
        match message {
            Message::HeartbeatReq(request) => {
                let conf = HeartbeatConf::with(|conf| conf.invoke_id = request.invoke_id);
                Message::from(conf).encode(version, &mut self.out)?;
                self.check_unsent()
            }
            Message::CloseReq(request) => {
                let conf = CloseConf::with(|conf| conf.invoke_id = request.invoke_id);
                Message::from(conf).encode(version, &mut self.out)?;
                self.finish(CloseReason::Peer {
                    status: request.status,
                });
                Ok(())
            }
            Message::OpenReq(_) => self.reject(version, frame, StatusCode::SESSION_ALREADY_OPEN),
            Message::Unknown(_) => self.reject(version, frame, unknown_type_status(version)),
            message => match (message.table().map(|table| table.role), message.invoke_id()) {
                (Some(Role::Request), Some(invoke_id)) => {
                    self.on_request(invoke_id, frame, message)
                }
                _ => {
                    self.events.push_back(Event::Message(message));
                    Ok(())
                }
            },
        }
    }

    fn on_request(
        &mut self,
        invoke_id: InvokeId,
        frame: Frame,
        message: Message,
    ) -> Result<(), Error> {
        let State::Open(open) = &mut self.state else {
            return Ok(());
        };
        if open.pending.values().sum::<usize>() >= self.config.max_requests {
            let version = open.version;
            return self.reject(version, frame, StatusCode::UNSPECIFIED_FAILURE);
        }
        *open.pending.entry(invoke_id).or_default() += 1;
        self.events.push_back(Event::Request { invoke_id, message });
        Ok(())
    }

    fn reject(&mut self, version: Version, frame: Frame, status: StatusCode) -> Result<(), Error> {
        self.put_failure(version, invoke_id(&frame), status);
        self.events.push_back(Event::Rejected { frame, status });
        self.check_unsent()
    }

    fn refuse_open(&mut self, version: Version, invoke_id: InvokeId, status: StatusCode) {
        self.put_failure(version, invoke_id, status);
        self.finish(CloseReason::Refused { status });
    }

    /// FAILURE_CONF has the same eight bytes in every version and always fits.
    fn put_failure(&mut self, version: Version, invoke_id: InvokeId, status: StatusCode) {
        let failure = FailureConf::with(|failure| {
            failure.invoke_id = invoke_id;
            failure.status = status;
        });
        let written = Message::from(failure).encode(version, &mut self.out);
        debug_assert_eq!(written, Ok(()));
    }

    fn say_goodbye(&mut self, version: Version, status: StatusCode) {
        let failure = FailureEvent::with(|failure| failure.status = status);
        let written = Message::from(failure).encode(version, &mut self.out);
        debug_assert_eq!(written, Ok(()));
    }

    fn check_unsent(&mut self) -> Result<(), Error> {
        let (len, max) = (self.out.len(), self.config.max_unsent);
        if len <= max {
            return Ok(());
        }
        self.finish(CloseReason::SlowPeer);
        Err(Error::SlowPeer { len, max })
    }

    fn finish(&mut self, reason: CloseReason) {
        if !matches!(self.state, State::Closed) {
            self.state = State::Closed;
            self.events.push_back(Event::Closed(reason));
        }
    }

    fn caller_error(&self, attempted: &'static str) -> Error {
        let state = match self.state {
            State::Waiting { .. } => "waiting for OPEN_REQ",
            State::Deciding { .. } => "deciding about OPEN_REQ",
            State::Open(_) => "open",
            State::Closed => "closed",
        };
        Error::Caller { attempted, state }
    }
}

impl Open {
    fn settle(&mut self, invoke_id: InvokeId) {
        if let Some(count) = self.pending.get_mut(&invoke_id) {
            *count -= 1;
            if *count == 0 {
                self.pending.remove(&invoke_id);
            }
        }
    }
}

/// UCCX knows 2 as "invalid message type", UCCE has 48 for it.
const fn unknown_type_status(version: Version) -> StatusCode {
    match version.dialect() {
        Dialect::Ucce => StatusCode::INVALID_MSG_TYPE_FOR_VERSION,
        Dialect::Uccx => StatusCode::INVALID_MESSAGE_LENGTH,
    }
}

/// The first four bytes, where every request has its InvokeID; zero if there are less.
fn invoke_id(frame: &Frame) -> InvokeId {
    InvokeId(
        frame
            .body
            .first_chunk()
            .map_or(0, |id| u32::from_be_bytes(*id)),
    )
}
