//! A client of several servers: it walks from side to side, keeps a session, and makes up for breaks.
//!
//! ```text
//!            open                   OPEN_CONF
//!   ┌──────┐      ┌─────────────┐   STANDBY_ACTIVE_EVENT_MSG   ┌────────┐
//!   │ Idle ├─────►│ Walking     ├─────────────────────────────►│ Active │
//!   └──────┘      │ try a side, │                              │        │
//!                 │ wait, try   │◄─────────────────────────────┤        │
//!                 │ the next    │   session lost, SYSTEM_EVENT │        │
//!                 └──────┬──────┘   off-line (UCCX), left for  └───┬────┘
//!                        │          maintenance                    │
//!                        │ refused for good                        │ taken over
//!                        │ close                                   │ close
//!                        ▼                                         ▼
//!                 ┌─────────────────────────────────────────────────────┐
//!                 │ Ending, Ended                                       │
//!                 └─────────────────────────────────────────────────────┘
//! ```
//!
//! The host owns the sockets: [`Event::Connect`] and [`Event::Disconnect`] tell it what to do with
//! them, and `handle_connected`, `handle_connect_failed`, `handle_input` and `handle_eof` tell the
//! machine what became of them. After any call with `&mut self`, drain `poll_transmit`, then
//! `poll_event`, until both are empty, then re-arm from `poll_timeout`.
//!
//! ```
//! use core::time::Duration;
//!
//! use cti_proto::Version;
//! use cti_proto::codec::{Secret, Text};
//! use cti_proto::session::client;
//! use cti_proto::session::failover::{Config, Connection, Event, Failover};
//!
//! /// To be called after anything that happened; returns when `handle_timeout` is due.
//! fn drain(
//!     failover: &mut Failover,
//!     mut write: impl FnMut(Connection, &[u8]),
//!     mut on_event: impl FnMut(&mut Failover, Event),
//! ) -> Option<Duration> {
//!     loop {
//!         while let Some(transmit) = failover.poll_transmit() {
//!             write(transmit.connection, &transmit.bytes);
//!         }
//!         let Some(event) = failover.poll_event() else {
//!             return failover.poll_timeout();
//!         };
//!         on_event(failover, event);
//!     }
//! }
//!
//! let session = client::Config::new(Version::uccx(17), Text::try_from("desk")?, Secret::text("pw"));
//! let mut failover = Failover::new(Config::new(session.bridge_mode()).seed(7));
//! failover.open(Duration::ZERO)?;
//! let mut written = Vec::new();
//! drain(&mut failover, |_, bytes| written.extend_from_slice(bytes), |failover, event| match event {
//!     // A host connects to the server that it knows as this side; here it stands at once.
//!     Event::Connect { connection, .. } => failover.handle_connected(Duration::ZERO, connection),
//!     Event::Disconnect { .. } => {} // Drop the socket.
//!     other => println!("{other:?}"), // For the application.
//! });
//! assert_eq!(written[4..8], [0, 0, 0, 3]); // OPEN_REQ
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Sides
//!
//! UCCE: the last good side, the other, a random wait of up to a tenth of a second for each client, both
//! again, then 15, 30, 60, 120, 120 .. s. UCCX: the list from its head until a node opens; 10 s after a
//! refusal, [`Config::retry_after`] after another failure before the same node is tried again; no
//! fail-back. A standby node refuses with 92, a standby side with 15 or
//! 107, a side in maintenance with 110: the walk goes on. Status 1 steps down to the next older version.
//! What walking cannot cure ends the machine by [`Event::Failed`]. A session that lasted less than 10 s
//! counts as an attempt that failed.
//!
//! From version 24 on, a client that asks for `ACTIVE_STANDBY` is connected to all sides. Requests go to
//! the active one. The service is left out of OPEN_REQ for older versions, which would refuse it.
//! Where two sides say that they are active, the one that said so last is believed: the messages carry no
//! time. An OPEN_CONF that answers a question from before the other side became active says nothing of
//! now; that side is connected and asked anew.
//!
//! # Recovery
//!
//! A client of `ALL_EVENTS` or `CLIENT_EVENTS` keeps a [`Picture`] of what the application was told. After
//! each opening it asks for the state of all agents, devices and calls that are known or watched, compares,
//! and tells each [`Difference`]; [`Event::Recovered`] ends it. Events that arrive meanwhile are taken in
//! and passed on in order. Nothing is asked without the service `CLIENT_CONTROL`.
//!
//! A switch that is off-line at the opening, by OPEN_CONF or SYSTEM_EVENT, is asked about when it is
//! back; `Recovered` waits for it for [`Config::offline_timeout`], then [`Event::Unrecovered`] names it.
//! One that comes back later is asked about again, and what is watched while a side is active at once:
//! another `Recovered` ends each.
//!
//! A server answers and tells in one stream: an answer counts as newer than the events before it and older
//! than those behind it. Only the end of a call outweighs an answer that comes after it.
//!
//! # What a break loses
//!
//! Some things no snapshot brings back. The machine tells the application of each:
//!
//! | lost | told by |
//! | --- | --- |
//! | states that agents or connections entered and left again | [`Loss::AgentTransitions`], [`Loss::ConnectionTransitions`] |
//! | reason, direction and duration of an agent's state | [`Loss::AgentReasons`]; `reason` of the agent is `None` |
//! | agents who logged in unwatched: no message lists agents | [`Loss::UnwatchedAgents`] |
//! | calls that began and ended, a reused call id among them | [`Loss::ShortCalls`] |
//! | calls that began at devices without a watcher or known agent | [`Loss::UnwatchedCalls`] |
//! | wrap-up data and cause of the end of calls that ended | [`Loss::LastWordsOfCalls`], [`Difference::CallEnded`] |
//! | call data that were overwritten or are in no snapshot | [`Loss::CallData`] |
//! | places in queues | [`Loss::Queues`] |
//! | announced calls, media streams, greetings, recordings | [`Loss::Notices`] |
//! | messages of other clients | [`Loss::UserMessages`] |
//! | what went off-line and came back | [`Loss::SystemEvents`] |
//! | changes of teams and of the configuration | [`Loss::Teams`], [`Loss::Configuration`] |
//! | monitors, registered services and variables, a request for configuration updates | [`Loss::Registrations`] |
//! | whether a request without an answer happened | [`Failure::is_in_doubt`](crate::session::client::Failure::is_in_doubt) |
//! | a snapshot that was refused, not answered, or not asked for as the switch is off-line | [`Event::Unrecovered`] |
//! | agents and calls beyond the limits of memory | [`Event::BeyondLimit`] |
//!
//! The break begins when the old side was heard last, not when it was found to be gone: with a half-open
//! connection that is up to four heartbeats earlier. A side that can stand by (version 24) answers
//! heartbeats on standby, too: there the break begins with the last event or answer. [`Lost::since`] says
//! so.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use bytes::BytesMut;

use crate::code::{InvokeId, StatusCode};
use crate::message::{Message, Request, TeamConfigReq};
use crate::session::client::{Client, ConfigUpload, Handle, OffLine};
use crate::session::{CloseReason, Error};

mod config;
mod difference;
mod event;
mod link;
mod loss;
mod maintenance;
mod picture;
mod recovery;
mod sides;
mod transitions;

pub use config::{Config, Consent};
pub use difference::{ConnectionChange, Difference};
pub use event::{Connection, DeviceKey, Event, Failed, Side, Subject, Transmit, Unknown};
pub use loss::{Loss, Lost};
pub use picture::{Agent, AgentKey, Call, CallData, CallKey, Party, Picture};

use link::{Link, Role};
use maintenance::Maintenance;
use recovery::{Offline, Recovery, Watched};
use sides::Walk;
use transitions::registers;

/// A client that keeps a session with one of several servers.
#[derive(Debug)]
pub struct Failover {
    config: Config,
    state: State,
    walk: Walk,
    links: Vec<Link>,
    /// The connection whose session serves the application.
    active: Option<Connection>,
    /// When it became the active one.
    active_since: Duration,
    maintenance: Maintenance,
    /// Since when nothing is heard.
    gap: Option<Gap>,
    picture: Picture,
    watched: Watched,
    recovery: Recovery,
    offline: Offline,
    /// Whether the application was told that there is no room for agents, and for calls.
    told_full: (bool, bool),
    next_connection: u64,
    next_invoke_id: InvokeId,
    events: VecDeque<Event>,
    /// Last words of links that are gone.
    unsent: VecDeque<Transmit>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Idle,
    Running,
    Ending,
    Ended,
}

/// A time without an active side.
#[derive(Clone, Copy, Debug)]
struct Gap {
    since: Duration,
    registered: bool,
}

impl Failover {
    /// A machine that has not begun; [`Failover::open`] begins it.
    pub fn new(config: Config) -> Self {
        let mut config = config;
        if config.versions.is_empty() {
            config.versions.push(config.client.version);
        }
        if config.clients > MANY_CLIENTS {
            config.client.open_timeout = config.client.open_timeout.max(LONG_OPEN_TIMEOUT);
        }
        let mut machine = Self {
            walk: Walk::new(&config),
            picture: Picture::new(&config),
            state: State::Idle,
            links: Vec::new(),
            active: None,
            active_since: Duration::ZERO,
            maintenance: Maintenance::None,
            gap: None,
            watched: Watched::default(),
            recovery: Recovery::default(),
            offline: Offline::new(),
            told_full: (false, false),
            next_connection: 0,
            next_invoke_id: config.client.first_invoke_id,
            events: VecDeque::new(),
            unsent: VecDeque::new(),
            config,
        };
        machine.watch_own();
        machine
    }

    /// Begins to walk.
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] when it has begun already.
    pub fn open(&mut self, now: Duration) -> Result<(), Error> {
        if self.state != State::Idle {
            return Err(self.caller_error("open"));
        }
        self.state = State::Running;
        self.settle(now);
        Ok(())
    }

    /// Ends all sessions with `status` (0, 15 or 16). [`Event::Closed`] tells when that is done.
    pub fn close(&mut self, now: Duration, status: StatusCode) {
        if matches!(self.state, State::Ending | State::Ended) {
            return;
        }
        self.end(now, status);
        self.settle(now);
    }

    /// Sends a request to the active side and returns the handle by which its [`Event::Answer`] is
    /// known. Handles are not used twice, whatever side they belong to.
    ///
    /// # Errors
    ///
    /// There is no active side or it is being left, too many requests wait, `request` asks for nothing
    /// or cannot be written. Nothing was sent.
    pub fn request<R: Request>(&mut self, now: Duration, request: R) -> Result<Handle<R>, Error> {
        self.ask_active(now, "send a request", |client| client.request(now, request))
    }

    /// Asks the active side for all teams of the supervisor (UCCX); see [`Client::request_teams`].
    /// After a break they have to be asked for again.
    ///
    /// # Errors
    ///
    /// As for [`Client::request_teams`], and when there is no active side or it is being left.
    pub fn request_teams(&mut self, now: Duration) -> Result<Handle<TeamConfigReq>, Error> {
        self.ask_active(now, "ask for teams", |client| client.request_teams(now))
    }

    /// Sends a request whose InvokeID no side has seen.
    fn ask_active<R>(
        &mut self,
        now: Duration,
        attempted: &'static str,
        ask: impl FnOnce(&mut Client) -> Result<Handle<R>, Error>,
    ) -> Result<Handle<R>, Error> {
        let next = self.next_invoke_id;
        let client = self.serving(attempted)?;
        client.count_from(next);
        let sent = ask(client);
        self.next_invoke_id = client.next_invoke_id();
        // What is not confirmed is answered at once.
        self.settle(now);
        sent
    }

    /// Sends a message without an answer of its own to the active side.
    ///
    /// # Errors
    ///
    /// As for [`Failover::request`], but for requests.
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        let registers = registers(message.message_type());
        self.serving("send a message")?.send(message)?;
        if registers && let Some(link) = self.active_link() {
            link.registered = true;
        }
        Ok(())
    }

    /// Uploads configuration from the active side; see [`Client::upload`]. After a break it has to be
    /// asked for again: the new session knows nothing of it.
    ///
    /// # Errors
    ///
    /// As for [`Client::upload`], and when there is no active side or it is being left.
    pub fn upload(&mut self, now: Duration, upload: ConfigUpload) -> Result<(), Error> {
        self.serving("upload configuration")?.upload(now, upload)?;
        if let Some(link) = self.active_link() {
            link.registered = true;
        }
        self.settle(now);
        Ok(())
    }

    /// Asks for an agent's state after each opening, and now if a side is active, whether or not events
    /// named the agent before. When it is asked now, another [`Event::Recovered`] tells that the
    /// answers are in.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyWatched`] at [`Config::max_watched`].
    pub fn watch_agent(&mut self, now: Duration, key: AgentKey) -> Result<(), Error> {
        let max = self.config.max_watched;
        if self.watched.agents.len() >= max && !self.watched.agents.contains(&key) {
            return Err(Error::TooManyWatched { max });
        }
        if self.active.is_some() {
            let deadline = self.offline_deadline(now);
            self.recovery.ask_agent(&key, &self.offline, deadline);
        }
        self.watched.agents.insert(key);
        self.settle(now);
        Ok(())
    }

    /// Asks for the calls at a device and for what it can do after each opening, and now if a side is
    /// active. When it is asked now, another [`Event::Recovered`] tells that the answers are in.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyWatched`] at [`Config::max_watched`].
    pub fn watch_device(&mut self, now: Duration, key: DeviceKey) -> Result<(), Error> {
        let max = self.config.max_watched;
        if self.watched.devices.len() >= max && !self.watched.devices.contains_key(&key) {
            return Err(Error::TooManyWatched { max });
        }
        if self.active.is_some() {
            let deadline = self.offline_deadline(now);
            self.recovery
                .ask_watched_device(&key, &self.offline, deadline);
        }
        self.watched.devices.entry(key).or_insert(None);
        self.settle(now);
        Ok(())
    }

    /// Asks about an agent no more, unless events name the agent.
    pub fn unwatch_agent(&mut self, key: &AgentKey) {
        self.watched.agents.remove(key);
    }

    /// Asks about a device no more, unless a known agent sits there.
    pub fn unwatch_device(&mut self, key: &DeviceKey) {
        self.watched.devices.remove(key);
    }

    /// Answers [`Event::MaintenanceAsked`].
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] when nothing is asked any more.
    pub fn answer_maintenance(&mut self, now: Duration, consent: bool) -> Result<(), Error> {
        let Maintenance::Asked {
            connection,
            invoke_id,
            ..
        } = self.maintenance
        else {
            return Err(self.caller_error("answer about maintenance"));
        };
        self.maintenance = Maintenance::None;
        self.consent(connection, invoke_id, consent);
        self.settle(now);
        Ok(())
    }

    /// The host is connected to the side that [`Event::Connect`] named.
    pub fn handle_connected(&mut self, now: Duration, connection: Connection) {
        let mut config = self.config.client.clone();
        let Some(link) = self.link(connection) else {
            return;
        };
        if !matches!(link.state, link::State::Connecting { .. }) {
            return;
        }
        config.version = link.version;
        // An off-line node is closed in good order here.
        config.off_line = OffLine::Tells;
        let mut client = Client::new(config);
        let opened = client.open(now);
        link.asked = now;
        link.last_heard = now;
        link.state = link::State::Session {
            client,
            role: Role::Opening,
        };
        if let Err(error) = opened {
            self.fail(now, Failed::Config(error));
        }
        self.settle(now);
    }

    /// The host could not connect.
    pub fn handle_connect_failed(&mut self, now: Duration, connection: Connection) {
        self.handle_eof(now, connection);
    }

    /// Takes complete messages off the front of `input` and leaves the rest. What comes from a
    /// connection that is gone is dropped.
    pub fn handle_input(&mut self, now: Duration, connection: Connection, input: &mut BytesMut) {
        let full = self.events.len() >= self.config.max_events;
        let Some(link) = self.link(connection) else {
            return input.clear();
        };
        if !input.is_empty() {
            link.last_heard = now;
        }
        if full {
            link.ended = Some(CloseReason::EventsUnread);
        }
        if let Some(client) = link.client() {
            if full {
                client.handle_eof();
            }
            // What is wrong comes as the reason of `Closed`, too.
            let _ = client.handle_input(now, input);
        }
        self.settle(now);
    }

    /// The connection ended.
    pub fn handle_eof(&mut self, now: Duration, connection: Connection) {
        let Some(link) = self.link(connection) else {
            return;
        };
        link.gone = true;
        match link.client() {
            Some(client) => client.handle_eof(),
            None => self.on_not_connected(now, connection),
        }
        self.settle(now);
    }

    /// Does what is due at `now`. Harmless when nothing is.
    pub fn handle_timeout(&mut self, now: Duration) {
        let mut late = Vec::new();
        for link in &mut self.links {
            link.handle_timeout(now);
            if let link::State::Connecting { deadline } = link.state
                && deadline <= now
            {
                late.push(link.connection);
            }
        }
        for connection in late {
            self.on_not_connected(now, connection);
        }
        self.on_maintenance_timeout(now);
        self.settle(now);
    }

    /// Bytes for a connection. Drain before [`Failover::poll_event`].
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        if let Some(transmit) = self.unsent.pop_front() {
            return Some(transmit);
        }
        self.links.iter_mut().find_map(|link| {
            let connection = link.connection;
            let bytes = link.client()?.poll_transmit()?;
            Some(Transmit { connection, bytes })
        })
    }

    /// The next thing to do or to know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`Failover::handle_timeout`] next. `None` before [`Failover::open`], after
    /// [`Event::Closed`], and while sessions without heartbeats are all there is.
    pub fn poll_timeout(&self) -> Option<Duration> {
        let links = self.links.iter().filter_map(Link::poll_timeout);
        let walk = self.is_looking().then(|| self.walk.wait()).flatten();
        let maintenance = self.maintenance.poll_timeout();
        let offline = self.recovery.poll_timeout();
        links.chain(walk).chain(maintenance).chain(offline).min()
    }

    /// What the application believes.
    pub const fn picture(&self) -> &Picture {
        &self.picture
    }

    /// The side that serves the application.
    pub fn active_side(&self) -> Option<Side> {
        let active = self.active?;
        let link = self.links.iter().find(|link| link.connection == active)?;
        Some(link.side)
    }

    /// The session with that side: its version, services, peripherals and teams.
    pub fn session(&self) -> Option<&Client> {
        let active = self.active?;
        let mut links = self.links.iter();
        links.find(|link| link.connection == active)?.session()
    }

    /// Whether a side serves the application and all questions about it are answered.
    pub const fn is_recovered(&self) -> bool {
        self.active.is_some() && !self.recovery.is_unfinished()
    }

    /// Whether the machine has ended.
    pub fn is_closed(&self) -> bool {
        self.state == State::Ended
    }
}

/// Above as many clients, OPEN_CONF may take longer. GED-188, "OPEN_REQ".
const MANY_CLIENTS: u32 = 500;
/// How long it may take then.
const LONG_OPEN_TIMEOUT: Duration = Duration::from_secs(60);
