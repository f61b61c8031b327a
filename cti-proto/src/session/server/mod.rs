//! The server's side of one session: one machine for each connection.
//!
//! ```text
//!            OPEN_REQ, valid        accept
//!   ┌─────────┐          ┌──────────┐        ┌──────┐
//!   │ Waiting ├─────────►│ Deciding ├───────►│ Open │
//!   └────┬────┘          └────┬─────┘        └──┬───┘
//!        │ no OPEN_REQ        │ refuse          │ CLOSE_REQ, close
//!        │ invalid, version   │ no decision     │ silence, slow peer
//!        ▼                    ▼                 ▼
//!   ┌───────────────────────────────────────────────────┐
//!   │ Closed                                            │
//!   └───────────────────────────────────────────────────┘
//! ```
//!
//! What the machine decides by itself, with the status it answers: the version (1), bits of the masks
//! that the version does not have (19, 20, 21, 95), reserved fields (22), the IdleTimeout (18), a missing
//! or needless PeripheralID (7), missing client or agent data (6), the standing of this side (92 in UCCX;
//! 15, 107, 110 in UCCE), a first message that is no OPEN_REQ (4), a second OPEN_REQ (5), no decision in
//! time (16). In an open session: unknown messages (48), fields of a later version (49), cut messages (2)
//! and fields (23), counters that do not equal their lists (77, 78, 39, 25), more than 2000 bytes of call
//! data (73), too many requests at a time (17). UCCX has fewer statuses: there a client gets the one that
//! [`StatusCode::in_dialect`] names, 3 for masks, reserved fields, fields and counters. Agents, devices and other sessions are not its
//! knowledge: [`Service`](super::Service) has them, or the application.

mod config;
mod event;
mod receive;

pub use config::{Config, InferredLayouts, Standing};
pub use event::{Delivery, Event};

use alloc::collections::{BTreeMap, VecDeque};
use alloc::sync::Arc;
use core::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::code::{
    ControlFailureCode, InvokeId, MessageType, PeripheralErrorCode, ServiceMask, SessionType,
    StatusCode,
};
use crate::frame::FrameCodec;
use crate::message::{
    Confirmed, ControlFailureConf, FailureConf, FailureEvent, Message, OpenConf, Pair, Role,
    StandbyActiveEventMsg,
};
use crate::session::admission::check_standing;
use crate::session::filter::{Class, Wants};
use crate::session::outbox::Outbox;
use crate::session::{CloseReason, Error};
use crate::version::{Dialect, Version};

/// A server's session with one client.
#[derive(Debug)]
pub struct Server {
    config: Arc<Config>,
    standing: Standing,
    codec: FrameCodec,
    state: State,
    /// Status of the FAILURE_EVENT that ended the open session.
    goodbye: Option<StatusCode>,
    out: Outbox,
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
        deadline: Duration,
    },
    Open(Open),
    Closed,
}

#[derive(Debug)]
pub(crate) struct Open {
    version: Version,
    wants: Wants,
    idle: Option<Duration>,
    /// When the client has been silent for too long.
    deadline: Option<Duration>,
    /// Requests without an answer; a client may use one InvokeID twice.
    pending: BTreeMap<InvokeId, usize>,
    /// All of them.
    waiting: usize,
    /// Only heartbeats and the end are served.
    standby: bool,
}

impl Server {
    /// A session on a connection that was taken at `now`.
    pub fn new(now: Duration, config: Config) -> Self {
        let standing = config.standing;
        Self::with_shared(now, Arc::new(config), standing)
    }

    /// A session of many that have the same configuration.
    pub(crate) fn with_shared(now: Duration, config: Arc<Config>, standing: Standing) -> Self {
        Self {
            codec: FrameCodec::new(config.newest()),
            standing,
            state: State::Waiting {
                deadline: now.saturating_add(config.open_timeout),
            },
            goodbye: None,
            out: Outbox::default(),
            events: VecDeque::new(),
            config,
        }
    }

    /// Opens the session that [`Event::OpenRequested`] asked for. The InvokeID of `conf` is set;
    /// services that were not asked for are taken out; SessionType is set, and ACTIVE_STANDBY
    /// granted, from UCCE 24 on.
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] when nobody asks; [`Error::Encode`] when `conf` cannot be written.
    pub fn accept(&mut self, now: Duration, conf: OpenConf) -> Result<(), Error> {
        let (bytes, open) = self.prepare(now, conf)?;
        self.out.share(bytes);
        self.state = State::Open(open);
        Ok(())
    }

    /// OPEN_CONF and the session that it opens.
    pub(crate) fn prepare(
        &self,
        now: Duration,
        mut conf: OpenConf,
    ) -> Result<(Bytes, Open), Error> {
        let State::Deciding {
            version,
            mut wants,
            invoke_id,
            idle,
            ..
        } = self.state
        else {
            return Err(self.caller_error("accept"));
        };
        let standby = self.standing == Standing::Standby;
        let mut granted = conf.services_granted;
        if has_standby(version) {
            granted = granted | ServiceMask::ACTIVE_STANDBY;
            conf.session_type = if standby {
                SessionType::STANDBY
            } else {
                SessionType::ACTIVE
            };
        }
        wants.services = wants.services.and(granted);
        conf.services_granted = wants.services;
        conf.invoke_id = invoke_id;
        let mut bytes = BytesMut::new();
        Message::from(conf).encode(version, &mut bytes)?;
        let open = Open {
            version,
            wants,
            idle,
            deadline: idle.map(|idle| now.saturating_add(idle)),
            pending: BTreeMap::new(),
            waiting: 0,
            standby,
        };
        Ok((bytes.freeze(), open))
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

    /// Confirms a request. The InvokeID of `confirmation` is set. A client with the service
    /// IGNORE_CONF is not sent confirmations of third-party control.
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
        let ignored =
            open.wants.services.contains(ServiceMask::IGNORE_CONF) && is_ignored(message_type);
        if !ignored {
            message.set_invoke_id(invoke_id);
            self.out.write(|out| message.encode(open.version, out))?;
        }
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
        self.send_ref(&message.into())
    }

    pub(crate) fn send_ref(&mut self, message: &Message) -> Result<Delivery, Error> {
        let State::Open(open) = &self.state else {
            return Err(self.caller_error("send"));
        };
        if !self.wants(message) {
            return Ok(Delivery::Filtered);
        }
        self.out.write(|out| message.encode(open.version, out))?;
        self.check_unsent()?;
        Ok(Delivery::Queued)
    }

    /// A request is answered by bytes that come in another way.
    pub(crate) fn settle_request(&mut self, invoke_id: InvokeId) {
        if let State::Open(open) = &mut self.state {
            open.settle(invoke_id);
        }
    }

    /// Sends bytes that were encoded for the version of this session and that it wants.
    ///
    /// # Errors
    ///
    /// [`Error::SlowPeer`] ends the session.
    pub(crate) fn send_shared(&mut self, message: Bytes) -> Result<(), Error> {
        self.out.share(message);
        self.check_unsent()
    }

    /// This side became active, standby, or asks its clients to move. A standby session that
    /// becomes active is told by STANDBY_ACTIVE_EVENT_MSG. Of open sessions, a side that becomes
    /// standby keeps those with ACTIVE_STANDBY; the others end with status 15 (92 in UCCX). Who
    /// waits for a decision is refused if its OPEN_REQ would be refused now.
    pub fn set_standing(&mut self, standing: Standing) {
        self.standing = standing;
        let offline = self.offline_status();
        match &mut self.state {
            State::Waiting { .. } | State::Closed => {}
            State::Deciding {
                version,
                wants,
                invoke_id,
                ..
            } => {
                let (version, invoke_id) = (*version, *invoke_id);
                if let Err(status) = check_standing(version, wants.services, standing) {
                    self.refuse_open(version, invoke_id, status);
                }
            }
            State::Open(open) => match standing {
                Standing::Master if open.standby => {
                    open.standby = false;
                    let version = open.version;
                    self.say(version, StandbyActiveEventMsg::new());
                }
                Standing::Master | Standing::Maintenance => {}
                Standing::Standby if open.keeps_standby() => open.standby = true,
                Standing::Standby => self.close(offline),
            },
        }
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
        while self.handle_one(now, input)? == Taken::Message {
            if self.events.len() >= self.config.max_events && !self.is_closed() {
                self.finish(CloseReason::EventsUnread);
                return Err(Error::EventsUnread {
                    max: self.config.max_events,
                });
            }
        }
        Ok(())
    }

    /// Does what is due at `now`. Harmless when nothing is.
    pub fn handle_timeout(&mut self, now: Duration) {
        match &self.state {
            State::Waiting { deadline } if *deadline <= now => {
                self.finish(CloseReason::OpenTimedOut);
            }
            State::Deciding {
                version,
                invoke_id,
                deadline,
                ..
            } if *deadline <= now => {
                let (version, invoke_id) = (*version, *invoke_id);
                self.refuse_by_rule(version, invoke_id, StatusCode::TIMEOUT);
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
    /// [`Config::max_unsent`] and [`Config::max_unsent_messages`].
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        self.out.take()
    }

    /// The next thing to know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`Server::handle_timeout`] next.
    pub fn poll_timeout(&self) -> Option<Duration> {
        match &self.state {
            State::Waiting { deadline } | State::Deciding { deadline, .. } => Some(*deadline),
            State::Open(open) => open.deadline,
            State::Closed => None,
        }
    }

    /// The version of an open session.
    pub fn version(&self) -> Option<Version> {
        self.open().map(|open| open.version)
    }

    /// Whether messages can be sent.
    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Whether the session is over.
    pub const fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Whether only heartbeats and the end of an open session are served.
    pub fn is_standby(&self) -> bool {
        self.open().is_some_and(|open| open.standby)
    }

    /// The services of an open session.
    pub fn services(&self) -> ServiceMask {
        self.open()
            .map_or(ServiceMask::NONE, |open| open.wants.services)
    }

    /// Whether the client asked for events like `message`, by services and masks; nothing while
    /// the session is standby. Which agents and calls concern a CLIENT_EVENTS client is the
    /// knowledge of [`Service`](super::Service), or of the application.
    pub fn wants(&self, message: &Message) -> bool {
        self.admits(Class::new(self.config.dialect, message))
    }

    pub(crate) fn admits(&self, class: Class) -> bool {
        self.open()
            .is_some_and(|open| !open.standby && open.wants.admits(class))
    }

    /// What an open session asked for and was granted.
    pub(crate) fn wanted(&self) -> Option<&Wants> {
        self.open().map(|open| &open.wants)
    }

    pub(crate) const fn is_deciding(&self) -> bool {
        matches!(self.state, State::Deciding { .. })
    }

    /// Status of the FAILURE_EVENT that ended the open session.
    pub(crate) const fn goodbye(&self) -> Option<StatusCode> {
        self.goodbye
    }

    pub(crate) fn max_unsent(&self) -> usize {
        self.config.max_unsent
    }

    /// The client takes nothing; what waits for it is dropped.
    pub(crate) fn close_slow(&mut self) {
        self.out.clear();
        self.finish(CloseReason::SlowPeer);
    }

    pub(crate) const fn unsent(&self) -> &Outbox {
        &self.out
    }

    const fn open(&self) -> Option<&Open> {
        match &self.state {
            State::Open(open) => Some(open),
            State::Waiting { .. } | State::Deciding { .. } | State::Closed => None,
        }
    }

    /// Tells a peer that this side does not serve.
    fn offline_status(&self) -> StatusCode {
        StatusCode::CTI_SERVER_OFFLINE.in_dialect(self.config.dialect)
    }

    /// Refuses what breaks a rule that this machine knows.
    fn refuse_by_rule(&mut self, version: Version, invoke_id: InvokeId, status: StatusCode) {
        self.refuse_open(version, invoke_id, status.in_dialect(version.dialect()));
    }

    fn refuse_open(&mut self, version: Version, invoke_id: InvokeId, status: StatusCode) {
        self.put_failure(version, invoke_id, status);
        self.finish(CloseReason::Refused { status });
    }

    fn put_failure(&mut self, version: Version, invoke_id: InvokeId, status: StatusCode) {
        let failure = FailureConf::with(|failure| {
            failure.invoke_id = invoke_id;
            failure.status = status;
        });
        self.say(version, failure);
    }

    fn say_goodbye(&mut self, version: Version, status: StatusCode) {
        self.goodbye = Some(status);
        let failure = FailureEvent::with(|failure| failure.status = status);
        self.say(version, failure);
    }

    /// Sends a message of fixed length that the version has: it always fits.
    fn say(&mut self, version: Version, message: impl Into<Message>) {
        let message = message.into();
        let written = self.out.write(|out| message.encode(version, out));
        debug_assert_eq!(written, Ok(()));
    }

    /// A client that is too slow gets nothing more: what waits for it is dropped.
    fn check_unsent(&mut self) -> Result<(), Error> {
        let (len, messages) = (self.out.len(), self.out.messages());
        let max = self.config.max_unsent;
        if len <= max && messages <= self.config.max_unsent_messages {
            return Ok(());
        }
        self.out.clear();
        self.finish(CloseReason::SlowPeer);
        Err(Error::SlowPeer { len, max })
    }

    fn finish(&mut self, reason: CloseReason) {
        if !self.is_closed() {
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
            self.waiting -= 1;
            *count -= 1;
            if *count == 0 {
                self.pending.remove(&invoke_id);
            }
        }
    }

    /// Whether the session may go on when this side becomes standby.
    const fn keeps_standby(&self) -> bool {
        has_standby(self.version) && self.wants.services.contains(ServiceMask::ACTIVE_STANDBY)
    }
}

/// Whether a call of [`Server::handle_one`] found something to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Taken {
    Message,
    Nothing,
}

/// Whether the version knows sessions with a standby side.
pub(crate) const fn has_standby(version: Version) -> bool {
    matches!(version.dialect(), Dialect::Ucce) && version.number() >= 24
}

/// Whether a client with IGNORE_CONF does without this confirmation; see
/// [`Confirmed::UnlessIgnored`]. Refusals are always sent.
fn is_ignored(confirmation: MessageType) -> bool {
    let ignored = |pair: &Pair| pair.confirmed == Confirmed::UnlessIgnored;
    let mut pairs = Pair::ALL.iter();
    pairs.any(|pair| pair.confirmation.number == confirmation && ignored(pair))
}
