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
//!
//! | what | asked by | told by |
//! | --- | --- | --- |
//! | version and services | [`Config`], [`Client::open`] | [`Event::Opened`], [`Client::step_down`] |
//! | a request | [`Client::request`], a [`Handle`] | [`Event::Answer`], [`Answer::of`] |
//! | events, as the masks let them | [`Config::agent_mode`], [`Config::bridge_mode`] | [`Event::Message`] |
//! | peripherals and telephones | | [`Event::System`], [`Client::system`] |
//! | teams | [`Config::supervisor`], [`Client::request_teams`] | [`Event::Team`], [`Client::teams`] |
//! | configuration | [`Config::configuration`], [`Client::upload`] | [`Event::Config`] |
//! | the end | [`Client::close`] | [`Event::Closed`], [`Client::close_reason`] |
//!
//! ```
//! use core::time::Duration;
//!
//! use cti_proto::codec::Text;
//! use cti_proto::message::QueryAgentStateReq;
//! use cti_proto::session::Error;
//! use cti_proto::session::client::{Answer, Client, Failure, Handle};
//!
//! fn ask(
//!     client: &mut Client,
//!     now: Duration,
//!     agent_id: &Text,
//! ) -> Result<Handle<QueryAgentStateReq>, Error> {
//!     let agent_id = Some(agent_id.clone());
//!     client.request(now, QueryAgentStateReq::with(|request| request.agent_id = agent_id))
//! }
//!
//! fn on_answer(answer: &Answer, asked: Handle<QueryAgentStateReq>) {
//!     match answer.of(asked) {
//!         Some(Ok(conf)) => println!("the agent is {:?}", conf.agent_state),
//!         Some(Err(Failure::Switch(why))) => println!("no: {:?}", why.failure_code),
//!         Some(Err(other)) => println!("no: {other:?}"),
//!         None => {} // The answer to another request.
//!     }
//! }
//! ```

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a session names the few messages it acts on"
)]

use alloc::collections::VecDeque;
use core::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::code::{InvokeId, ServiceMask, StatusCode, SystemEventId};
use crate::frame::{Frame, FrameCodec};
use crate::message::{CloseReq, HeartbeatReq, Message, OpenConf, SystemEvent};
use crate::session::{CloseReason, Error};
use crate::version::Version;

mod commands;
mod config;
mod event;
mod heartbeat;
mod pending;
mod records;
mod request;
mod system;
mod teams;
mod upload;

pub use crate::session::ConfigKey;
pub use config::{AgentDevice, Config, OffLine};
pub use event::Event;
pub use records::{ConfigKeys, ConfigKind, ConfigRecords};
pub use request::{Answer, Failure, Handle};
pub use system::{Availability, Peripheral, System, SystemChange};
pub use teams::{Member, MemberId, Team, TeamChange, TeamId, Teams};
pub use upload::{ConfigEvent, ConfigUpload, UploadFailure, UploadSummary, Uploaded};

use heartbeat::{Due, Heartbeat};
use pending::Pending;
use upload::Uploads;

/// A client's session.
#[derive(Debug)]
pub struct Client {
    config: Config,
    codec: FrameCodec,
    state: State,
    granted: ServiceMask,
    next_invoke_id: InvokeId,
    pending: Pending,
    /// The request whose answers begin with TEAM_CONFIG_EVENTs.
    team_request: Option<InvokeId>,
    uploads: Uploads,
    system: System,
    teams: Teams,
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
    Closed(CloseReason),
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
            team_request: None,
            uploads: Uploads::new(config.version, config.upload_silence),
            system: System::new(config.version, config.max_tracked),
            teams: Teams::new(config.max_tracked),
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

    /// Ends the session: sends CLOSE_REQ with `status` (0, 15 or 16) and waits for CLOSE_CONF. A
    /// session that is not open ends at once.
    pub fn close(&mut self, now: Duration, status: StatusCode) {
        match self.state {
            State::Open { .. } => {}
            State::Idle | State::Opening { .. } => return self.finish(CloseReason::Local),
            State::Closing { .. } | State::Closed(_) => return,
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
        while !matches!(self.state, State::Closed(_)) {
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
        self.uploads.handle_timeout(now, &mut self.events);
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
            | State::Closed(_) => {}
        }
    }

    /// The peer closed the connection, or it broke.
    pub fn handle_eof(&mut self) {
        self.finish(match self.state {
            State::Closing { .. } => CloseReason::Local,
            State::Idle | State::Opening { .. } | State::Open { .. } | State::Closed(_) => {
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
            State::Idle | State::Closed(_) => None,
        };
        own.into_iter()
            .chain(self.pending.next_deadline())
            .chain(self.uploads.deadline())
            .min()
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

    /// What is known of the server, its switches and their telephones.
    pub const fn system(&self) -> &System {
        &self.system
    }

    /// The teams of a supervisor, as far as the server told.
    pub const fn teams(&self) -> &Teams {
        &self.teams
    }

    /// Whether an upload runs.
    pub const fn is_uploading(&self) -> bool {
        self.uploads.is_running()
    }

    /// Why the session is over; `None` while it is not.
    pub const fn close_reason(&self) -> Option<CloseReason> {
        match self.state {
            State::Closed(reason) => Some(reason),
            State::Idle | State::Opening { .. } | State::Open { .. } | State::Closing { .. } => {
                None
            }
        }
    }

    /// After the server refused the version: the settings for a session that asks for the next lower
    /// one, over a new connection. `None` in any other state, and when no version is left; see
    /// [`Config::next_lower`].
    pub fn step_down(&self) -> Option<Config> {
        let status = StatusCode::INVALID_VERSION;
        (self.close_reason() == Some(CloseReason::Refused { status }))
            .then(|| self.config.next_lower())?
    }

    /// Whether requests can be sent.
    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// Whether the session is over.
    pub const fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed(_))
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
            (_, message) => self.on_answer(now, message),
        }
    }

    fn on_open(&mut self, now: Duration, conf: OpenConf) {
        let heartbeat = self.config.heartbeat_interval();
        self.state = State::Open {
            heartbeat: heartbeat.map(|interval| Heartbeat::new(now, interval)),
        };
        self.granted = conf.services_granted;
        let mut changes = VecDeque::new();
        let own = self.config.peripheral_id;
        self.system.on_open(own, &conf, &mut changes);
        self.events.push_back(Event::Opened(conf));
        self.events.append(&mut changes);
    }

    /// Gives a message to the request it answers, to the upload it belongs to, or to the application.
    fn on_answer(&mut self, now: Duration, message: Message) {
        if let Some((invoke_id, waiting)) = self.pending.settle(&message) {
            let result = match message {
                Message::FailureConf(failure) => Err(Failure::Server(failure)),
                Message::ControlFailureConf(failure) => Err(Failure::Switch(failure)),
                confirmation => Ok(confirmation),
            };
            self.events.push_back(Event::Answer(Answer {
                invoke_id,
                request: waiting.request,
                result,
            }));
        } else if self.uploads.takes(&message) {
            if let Some(next) = self.uploads.on_message(now, message, &mut self.events) {
                let written = self.put(&next);
                debug_assert_eq!(
                    written,
                    Ok(()),
                    "its like was written when the upload began"
                );
            }
        } else {
            self.on_event(now, message);
        }
    }

    fn on_event(&mut self, now: Duration, message: Message) {
        let mut changes = VecDeque::new();
        let mut ends = false;
        match &message {
            Message::SystemEvent(event) => {
                self.system.on_event(event, &mut changes);
                ends = self.config.off_line == OffLine::Ends && is_off_line(event);
            }
            Message::AgentTeamConfigEvent(event) => self.teams.on_agent_team(event, &mut changes),
            Message::TeamConfigEvent(event) => {
                self.teams.on_team(event, &mut changes);
                if let Some(id) = self.team_request {
                    let deadline = now.saturating_add(self.config.request_timeout);
                    self.pending.extend(id, deadline);
                }
            }
            _ => {}
        }
        self.events.push_back(Event::Message(message));
        self.events.append(&mut changes);
        if ends {
            let status = StatusCode::CTI_SERVER_OFFLINE;
            self.finish(CloseReason::Failure { status });
        }
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
        if matches!(self.state, State::Closed(_)) {
            return;
        }
        self.state = State::Closed(reason);
        while let Some(answer) = self.pending.pop_closed() {
            self.events.push_back(Event::Answer(answer));
        }
        let failure = UploadFailure::Closed;
        self.uploads.fail(failure, &mut self.events);
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
            State::Closed(_) => "closed",
        };
        Error::Caller { attempted, state }
    }
}

/// FAILURE_EVENT with another status leaves the session open.
const fn ends_session(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::CTI_SERVER_OFFLINE
            | StatusCode::SERVER_NOT_MASTER
            | StatusCode::NEW_SESSION_OPENED
            | StatusCode::SESSION_NOT_OPEN
            | StatusCode::TIMEOUT
    )
}

fn is_off_line(event: &SystemEvent) -> bool {
    event.system_event_id == SystemEventId::PERIPHERAL_OFFLINE
}
