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
//! `poll_event`, then re-arm from `poll_timeout`.
//!
//! # Sides
//!
//! UCCE: the last good side, the other, a random wait of up to a tenth of a second for each client, both
//! again, then 15, 30, 60, 120, 120 .. s. UCCX: the list from its head until a node opens; 10 s between
//! two attempts at the same node; no fail-back. A standby node refuses with 92, a standby side with 15 or
//! 107, a side in maintenance with 110: the walk goes on. Status 1 steps down to the next older version.
//! What walking cannot cure ends the machine by [`Event::Failed`]. A session that lasted less than 10 s
//! counts as an attempt that failed.
//!
//! From version 24 on, a client that asks for `ACTIVE_STANDBY` is connected to all sides. Requests go to
//! the active one. The service is left out of OPEN_REQ for older versions, which would refuse it.
//!
//! # Recovery
//!
//! A client of `ALL_EVENTS` or `CLIENT_EVENTS` keeps a [`Picture`] of what the application was told. After
//! each opening it asks for the state of all agents, devices and calls that are known or watched, compares,
//! and tells each [`Difference`]; [`Event::Recovered`] ends it. Events that arrive meanwhile are taken in
//! and passed on in order. Nothing is asked without the service `CLIENT_CONTROL`.
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
//! | monitors, registered services and variables | [`Loss::Registrations`] |
//! | whether a request without an answer happened | [`Failure::Closed`], [`Failure::TimedOut`] |
//! | a snapshot that was refused or not answered | [`Event::Unrecovered`] |
//! | agents and calls beyond the limits of memory | [`Event::BeyondLimit`] |
//!
//! The break begins when the old side was heard last, not when it was found to be gone: with a half-open
//! connection that is up to four heartbeats earlier. [`Lost::since`] says so.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a session names the few messages it acts on"
)]

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::code::{InvokeId, MessageType, PeripheralId, ServiceMask, StatusCode, SystemEventId};
use crate::codec::Text;
use crate::message::{
    ActiveMaintenanceRespMsg, Message, OpenConf, Request, StoppingRequestsToThisSideInd,
};
use crate::session::client::{self, Answer, Client, Failure, Handle, OffLine};
use crate::session::{CloseReason, Error};
use crate::version::Dialect;

mod config;
mod difference;
mod event;
mod link;
mod loss;
mod maintenance;
mod picture;
mod recovery;
mod sides;

pub use config::{Config, Consent};
pub use difference::{ConnectionChange, Difference};
pub use event::{Connection, DeviceKey, Event, Failed, Side, Subject, Transmit, Unknown};
pub use loss::{Loss, Lost};
pub use picture::{Agent, AgentKey, Call, CallData, CallKey, Party, Picture};

use link::{Link, Role, knows_standby};
use maintenance::Maintenance;
use picture::Effect;
use recovery::{Recovery, Watched};
use sides::{Step, Verdict, Walk};

/// A client that keeps a session with one of several servers.
#[derive(Debug)]
pub struct Failover {
    config: Config,
    state: State,
    walk: Walk,
    links: Vec<Link>,
    /// The connection whose session serves the application.
    active: Option<Connection>,
    maintenance: Maintenance,
    /// Since when nothing is heard.
    gap: Option<Gap>,
    picture: Picture,
    watched: Watched,
    recovery: Recovery,
    /// Switches that are off-line, and since when.
    offline: BTreeMap<PeripheralId, Duration>,
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
        let sides = config.sides.max(1);
        let walk = Walk::new(sides, config.versions.clone(), config.seed, config.clients);
        let mut machine = Self {
            walk,
            picture: Picture::new(&config),
            state: State::Idle,
            links: Vec::new(),
            active: None,
            maintenance: Maintenance::None,
            gap: None,
            watched: Watched::default(),
            recovery: Recovery::default(),
            offline: BTreeMap::new(),
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
        let next = self.next_invoke_id;
        let client = self.serving("send a request")?;
        client.count_from(next);
        let sent = client.request(now, request);
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

    /// Asks for an agent's state after each opening, and now if a side is active, whether or not events
    /// named the agent before.
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
            self.recovery.ask_agent(&key);
        }
        self.watched.agents.insert(key);
        self.settle(now);
        Ok(())
    }

    /// Asks for the calls at a device and for what it can do after each opening, and now if a side is
    /// active.
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
            self.recovery.ask_watched_device(&key);
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
        if !knows_standby(link.version) {
            config.services = config.services.without(ServiceMask::ACTIVE_STANDBY);
        }
        let mut client = Client::new(config);
        let opened = client.open(now);
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
        links.chain(walk).chain(maintenance).min()
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

    /// Whether a side serves the application and all questions about it are answered.
    pub const fn is_recovered(&self) -> bool {
        self.active.is_some() && !self.recovery.is_unfinished()
    }

    /// Whether the machine has ended.
    pub fn is_closed(&self) -> bool {
        self.state == State::Ended
    }

    /// Works until there is nothing to be done at `now`.
    fn settle(&mut self, now: Duration) {
        loop {
            while let Some((connection, event)) = self.next_session_event() {
                self.on_session_event(now, connection, event);
            }
            self.ask(now);
            if !self.walk_on(now) {
                break;
            }
        }
        if self.state == State::Ending && self.links.is_empty() {
            self.state = State::Ended;
            self.events.push_back(Event::Closed);
        }
    }

    fn next_session_event(&mut self) -> Option<(Connection, client::Event)> {
        self.links
            .iter_mut()
            .find_map(|link| Some((link.connection, link.client()?.poll_event()?)))
    }

    fn on_session_event(&mut self, now: Duration, connection: Connection, event: client::Event) {
        match event {
            client::Event::Opened(conf) => self.on_opened(now, connection, conf),
            client::Event::Answer(answer) => self.on_answer(now, connection, answer),
            client::Event::Message(message) => self.on_message(now, connection, message),
            // The message that brought the change was told, and nobody uploads here.
            client::Event::System(_) | client::Event::Team(_) | client::Event::Config(_) => {}
            client::Event::Malformed { frame, error } => {
                if self.active == Some(connection) {
                    self.events.push_back(Event::Malformed { frame, error });
                }
            }
            client::Event::Closed(reason) => self.on_closed(now, connection, reason),
        }
    }

    fn on_opened(&mut self, now: Duration, connection: Connection, conf: OpenConf) {
        let Some(link) = self.link(connection) else {
            return;
        };
        link.conf = Some(detach(conf));
        let (side, standby) = (link.side, link.opened_on_standby());
        self.walk.opened(now, side, !standby);
        if standby {
            if let Some(link) = self.link(connection) {
                link.set_role(Role::Standby);
            }
            self.events.push_back(Event::Standby { side });
        } else {
            self.promote(now, connection);
        }
    }

    /// `connection` serves the application from now on.
    fn promote(&mut self, now: Duration, connection: Connection) {
        if self.active == Some(connection) {
            return;
        }
        self.retire_active(now);
        self.active = Some(connection);
        let Some(link) = self.link(connection) else {
            return;
        };
        link.set_role(Role::Active);
        let (side, version) = (link.side, link.version);
        let conf = link.conf.clone().unwrap_or_default();
        self.walk.opened(now, side, true);
        let granted = conf.services_granted;
        self.events.push_back(Event::Active {
            side,
            version,
            conf,
        });
        self.offline.clear();
        if let Some(gap) = self.gap.take() {
            self.tell_lost(now, gap);
        }
        self.recovery = Recovery::default();
        let events = ServiceMask::ALL_EVENTS | ServiceMask::CLIENT_EVENTS;
        if self.config.client.services.intersects(events) {
            let max_calls = self.config.max_calls;
            self.recovery = Recovery::begin(&self.picture, &self.watched, max_calls);
        }
        if !granted.contains(ServiceMask::CLIENT_CONTROL) {
            let events = &mut self.events;
            self.recovery.give_up(|event| events.push_back(event));
        }
    }

    /// Another side is active now. The one that was answers what was asked, and tells nothing more.
    fn retire_active(&mut self, now: Duration) {
        let Some(old) = self.active.take() else {
            return;
        };
        let maintenance = core::mem::take(&mut self.maintenance);
        let Some(link) = self.link(old) else {
            return;
        };
        link.set_role(match maintenance {
            Maintenance::Leaving { close, drop, .. } => Role::Retiring { close, drop },
            Maintenance::None | Maintenance::Asked { .. } => Role::Standby,
        });
        link.handle_timeout(now);
        let gap = Gap {
            since: link.last_heard,
            registered: link.registered,
        };
        self.gap.get_or_insert(gap);
    }

    fn on_answer(&mut self, now: Duration, connection: Connection, answer: Answer) {
        let is_active = self.active == Some(connection);
        let Some(link) = self.link(connection) else {
            return;
        };
        let query = link.queries.remove(&answer.invoke_id);
        link.registered |= answer.result.is_ok() && registers(answer.request);
        // It may be waiting for this.
        link.handle_timeout(now);
        match query {
            None => self.events.push_back(Event::Answer(answer)),
            Some(query) if is_active && answer.result != Err(Failure::Closed) => {
                let events = &mut self.events;
                self.recovery.on_answer(
                    query,
                    answer.result,
                    &mut self.picture,
                    &mut self.watched,
                    |event| events.push_back(event),
                );
            }
            // The next session asks again.
            Some(_) => {}
        }
    }

    fn on_message(&mut self, now: Duration, connection: Connection, message: Message) {
        if matches!(message, Message::StandbyActiveEventMsg(_)) {
            let role = self.link(connection).and_then(|link| link.role());
            if role == Some(Role::Standby) {
                self.promote(now, connection);
            }
            return;
        }
        if self.active != Some(connection) {
            return;
        }
        match &message {
            Message::ActiveMaintenanceReqMsg(request) => {
                return self.on_maintenance_request(now, connection, request.invoke_id);
            }
            Message::ActiveMaintenanceEventMsg(event) => {
                let takes_place = event.maintenance_mode_status;
                return self.on_maintenance_decided(now, connection, takes_place);
            }
            _ => {}
        }
        let system = match &message {
            Message::SystemEvent(event) => {
                Some((event.system_event_id, PeripheralId(event.system_event_arg1)))
            }
            _ => None,
        };
        self.paint(&message);
        self.events.push_back(Event::Message(message));
        if let Some((event_id, peripheral_id)) = system {
            self.on_system_event(now, connection, event_id, peripheral_id);
        }
    }

    /// Takes an event into the picture.
    fn paint(&mut self, message: &Message) {
        let agents = &self.watched.agents;
        let effect = self.picture.apply(message, |key| agents.contains(key));
        let subject = match effect {
            Effect::None => return,
            Effect::Ended(key) => return self.recovery.call_ended(key),
            Effect::Renamed(old, new) => return self.recovery.call_renamed(old, new),
            Effect::NoRoomForAgent(key) if !self.told_full.0 => {
                self.told_full.0 = true;
                Subject::Agent(key)
            }
            Effect::NoRoomForCall(key) if !self.told_full.1 => {
                self.told_full.1 = true;
                Subject::Call(key)
            }
            Effect::NoRoomForAgent(_) | Effect::NoRoomForCall(_) => return,
        };
        self.events.push_back(Event::BeyondLimit { subject });
    }

    fn on_system_event(
        &mut self,
        now: Duration,
        connection: Connection,
        event_id: SystemEventId,
        peripheral_id: PeripheralId,
    ) {
        let Some(link) = self.link(connection) else {
            return;
        };
        let (side, dialect) = (link.side, link.version.dialect());
        match (dialect, event_id) {
            (Dialect::Uccx, SystemEventId::PERIPHERAL_OFFLINE) => {
                let drop = now.saturating_add(self.config.client.close_timeout);
                self.interrupt(now, Role::Retiring { close: now, drop }, CloseReason::Local);
                self.walk.left(now, side);
            }
            (Dialect::Ucce, SystemEventId::PERIPHERAL_OFFLINE)
                if self.offline.len() < MAX_PERIPHERALS =>
            {
                self.offline.entry(peripheral_id).or_insert(now);
            }
            (Dialect::Ucce, SystemEventId::PERIPHERAL_ONLINE) => {
                let Some(since) = self.offline.remove(&peripheral_id) else {
                    return;
                };
                let registered = false;
                self.tell_lost(now, Gap { since, registered });
                self.recovery
                    .ask_peripheral(peripheral_id, &self.picture, &self.watched);
            }
            _ => {}
        }
    }

    /// The active side serves no more, though its session stands; the walk begins anew.
    fn interrupt(&mut self, now: Duration, role: Role, reason: CloseReason) {
        let Some(connection) = self.active else {
            return;
        };
        self.retire_active(now);
        let Some(link) = self.link(connection) else {
            return;
        };
        link.set_role(role);
        link.handle_timeout(now);
        let (side, last_heard) = (link.side, link.last_heard);
        self.events.push_back(Event::Interrupted {
            side,
            reason,
            last_heard,
        });
        self.recovery = Recovery::default();
        self.walk.broke(now, side);
    }

    fn on_closed(&mut self, now: Duration, connection: Connection, reason: CloseReason) {
        let was_active = self.active == Some(connection);
        let Some(place) = self
            .links
            .iter()
            .position(|link| link.connection == connection)
        else {
            return;
        };
        if was_active {
            self.retire_active(now);
            self.maintenance = Maintenance::None;
        }
        let mut link = self.links.remove(place);
        while let Some(bytes) = link.client().and_then(Client::poll_transmit) {
            self.unsent.push_back(Transmit { connection, bytes });
        }
        if !link.gone {
            self.events.push_back(Event::Disconnect { connection });
        }
        let (side, version, last_heard) = (link.side, link.version, link.last_heard);
        let reason = link.ended.unwrap_or(reason);
        match link.role() {
            // The application asked for the end.
            _ if self.state == State::Ending => {}
            _ if was_active => {
                self.events.push_back(Event::Interrupted {
                    side,
                    reason,
                    last_heard,
                });
                self.recovery = Recovery::default();
                if reason == TAKEN_OVER {
                    return self.fail(now, Failed::TakenOver { side });
                }
                self.walk.broke(now, side);
            }
            Some(Role::Standby) => {
                self.events.push_back(Event::StandbyGone { side, reason });
                self.walk.broke(now, side);
            }
            Some(Role::Opening) => {
                let CloseReason::Refused { status } = reason else {
                    return self.walk.failed(now, side);
                };
                self.events.push_back(Event::Refused {
                    side,
                    version,
                    status,
                });
                match self.walk.refused(now, side, status) {
                    Verdict::WalkOn => {}
                    Verdict::NoVersion => self.fail(now, Failed::NoVersion),
                    Verdict::Incurable => self.fail(now, Failed::Refused { side, status }),
                }
            }
            Some(Role::Active | Role::Retiring { .. }) | None => {}
        }
    }

    /// The host did not connect, or not in time.
    fn on_not_connected(&mut self, now: Duration, connection: Connection) {
        let Some(place) = self
            .links
            .iter()
            .position(|link| link.connection == connection)
        else {
            return;
        };
        let link = self.links.remove(place);
        if !link.gone {
            self.events.push_back(Event::Disconnect { connection });
        }
        self.walk.failed(now, link.side);
    }

    /// Begins an attempt if one is due; `true` if it did.
    fn walk_on(&mut self, now: Duration) -> bool {
        if !self.is_looking() {
            return false;
        }
        if self.events.len() >= self.config.max_events {
            self.walk.pause(now.saturating_add(UNREAD_PAUSE));
            return false;
        }
        let links = &self.links;
        let linked = |side| {
            links
                .iter()
                .any(|link| link.side == side && link.is_of_use())
        };
        match self.walk.next(now, |side| !linked(side)) {
            Step::Try { side, version } => {
                let connection = Connection(self.next_connection);
                self.next_connection += 1;
                let deadline = now.saturating_add(self.config.connect_timeout);
                let link = Link::new(connection, side, version, deadline);
                self.links.push(link);
                self.events.push_back(Event::Connect { connection, side });
                true
            }
            Step::Wait(_) | Step::Done => false,
        }
    }

    /// Whether a side is to be tried as soon as the walk allows it.
    fn is_looking(&self) -> bool {
        if self.state != State::Running || self.links.iter().any(Link::is_attempt) {
            return false;
        }
        let active = self
            .links
            .iter()
            .find(|link| Some(link.connection) == self.active);
        active.is_none_or(Link::has_standby)
    }

    /// Sends what recovery wants to know.
    fn ask(&mut self, now: Duration) {
        let Some(connection) = self.active else {
            return;
        };
        let most = self.config.max_queries.min(self.config.client.max_requests);
        let link = self
            .links
            .iter_mut()
            .find(|link| link.connection == connection);
        if let Some(link) = link
            && !self.maintenance.is_leaving()
        {
            let link::State::Session { client, .. } = &mut link.state else {
                return;
            };
            while let Some((query, message)) = self.recovery.next(most, &self.picture) {
                client.count_from(self.next_invoke_id);
                let sent = client.request(now, message);
                self.next_invoke_id = client.next_invoke_id();
                let Ok(handle) = sent else {
                    self.recovery.not_sent(query);
                    break;
                };
                link.queries.insert(handle.invoke_id(), query);
            }
        }
        if let Some(unrecovered) = self.recovery.finish() {
            self.events.push_back(Event::Recovered { unrecovered });
        }
    }

    fn tell_lost(&mut self, now: Duration, gap: Gap) {
        let kinds = loss::losses(&self.config.client, gap.registered);
        self.events.push_back(Event::Lost(Lost {
            since: gap.since,
            until: now,
            kinds,
        }));
    }

    fn on_maintenance_request(
        &mut self,
        now: Duration,
        connection: Connection,
        invoke_id: InvokeId,
    ) {
        let standby = |link: &Link| link.role() == Some(Role::Standby);
        match self.config.maintenance {
            Consent::WithStandby => {
                let consent = self.links.iter().any(standby);
                self.consent(connection, invoke_id, consent);
            }
            Consent::Never => self.consent(connection, invoke_id, false),
            Consent::Ask => {
                self.maintenance = Maintenance::asked(connection, invoke_id, now);
                if let Some(deadline) = self.maintenance.poll_timeout() {
                    self.events.push_back(Event::MaintenanceAsked { deadline });
                }
            }
        }
    }

    fn consent(&mut self, connection: Connection, invoke_id: InvokeId, consent: bool) {
        let response = ActiveMaintenanceRespMsg::with(|response| {
            response.invoke_id = invoke_id;
            response.maintenance_mode_accepted = consent;
        });
        if let Some(client) = self.link(connection).and_then(Link::client) {
            // Silence counts as no: a session that cannot send has said no.
            let _ = client.send(response);
        }
    }

    fn on_maintenance_decided(&mut self, now: Duration, connection: Connection, takes_place: bool) {
        self.maintenance = Maintenance::None;
        self.events
            .push_back(Event::MaintenanceDecided { takes_place });
        if !takes_place {
            return;
        }
        if let Some(client) = self.link(connection).and_then(Link::client) {
            // A session that cannot send is at its end.
            let _ = client.send(StoppingRequestsToThisSideInd::new());
        }
        self.maintenance = Maintenance::leaving(now);
    }

    fn on_maintenance_timeout(&mut self, now: Duration) {
        match self.maintenance {
            Maintenance::Asked { deadline, .. } if deadline <= now => {
                self.maintenance = Maintenance::None;
            }
            Maintenance::Leaving { close, drop, .. } if close <= now => {
                self.interrupt(now, Role::Retiring { close, drop }, CloseReason::Local);
            }
            Maintenance::None | Maintenance::Asked { .. } | Maintenance::Leaving { .. } => {}
        }
    }

    fn fail(&mut self, now: Duration, failed: Failed) {
        if matches!(self.state, State::Ending | State::Ended) {
            return;
        }
        self.events.push_back(Event::Failed(failed));
        self.end(now, StatusCode::NO_ERROR);
    }

    fn end(&mut self, now: Duration, status: StatusCode) {
        self.state = State::Ending;
        let mut attempts = Vec::new();
        for link in &mut self.links {
            match link.client() {
                Some(client) => client.close(now, status),
                None => attempts.push(link.connection),
            }
        }
        for connection in attempts {
            self.on_not_connected(now, connection);
        }
    }

    /// A client of CLIENT_EVENTS wants to know about its own agent and device.
    fn watch_own(&mut self) {
        let client = &self.config.client;
        if !client.services.contains(ServiceMask::CLIENT_EVENTS) {
            return;
        }
        let peripheral_id = client.peripheral_id;
        if let Some(agent_id) = &client.agent_id {
            let key = AgentKey::new(peripheral_id, agent_id);
            self.watched.agents.insert(key);
        }
        let device = client.agent_instrument.as_ref();
        if let Some(device) = device.or(client.agent_extension.as_ref()) {
            let key = DeviceKey::new(peripheral_id, device);
            self.watched.devices.insert(key, None);
        }
    }

    /// The session that takes requests.
    fn serving(&mut self, attempted: &'static str) -> Result<&mut Client, Error> {
        let error = self.caller_error(attempted);
        if self.maintenance.is_leaving() {
            return Err(error);
        }
        self.active_link().and_then(Link::client).ok_or(error)
    }

    fn active_link(&mut self) -> Option<&mut Link> {
        self.active.and_then(|connection| self.link(connection))
    }

    fn link(&mut self, connection: Connection) -> Option<&mut Link> {
        self.links
            .iter_mut()
            .find(|link| link.connection == connection)
    }

    fn caller_error(&self, attempted: &'static str) -> Error {
        let state = match (self.state, self.active) {
            (State::Idle, _) => "idle",
            (State::Running, None) => "walking",
            (State::Running, Some(_)) if self.maintenance.is_leaving() => "leaving a side",
            (State::Running, Some(_)) => "active",
            (State::Ending, _) => "ending",
            (State::Ended, _) => "ended",
        };
        Error::Caller { attempted, state }
    }
}

/// A copy that does not keep the input buffer alive.
fn detach(mut conf: OpenConf) -> OpenConf {
    let texts = [
        &mut conf.agent_extension,
        &mut conf.agent_id,
        &mut conf.agent_instrument,
    ];
    for text in texts {
        *text = text.as_ref().map(Text::detach);
    }
    for field in &mut conf.other {
        field.data = Bytes::copy_from_slice(&field.data);
    }
    conf
}

/// Whether a message sets something up that ends with the session.
const fn registers(message_type: MessageType) -> bool {
    matches!(
        message_type,
        MessageType::MONITOR_START_REQ
            | MessageType::CHANGE_MONITOR_MASK_REQ
            | MessageType::SESSION_MONITOR_START_REQ
            | MessageType::REGISTER_VARIABLES_REQ
            | MessageType::REGISTER_SERVICE_REQ
            | MessageType::MONITOR_AGENT_TEAM_START_REQ
            | MessageType::TEAM_CONFIG_REQ
            | MessageType::CONFIG_REQUEST_EVENT
    )
}

/// How a session ends whose client opened another.
const TAKEN_OVER: CloseReason = CloseReason::Failure {
    status: StatusCode::NEW_SESSION_OPENED,
};
/// Above as many clients, OPEN_CONF may take longer. GED-188, "OPEN_REQ".
const MANY_CLIENTS: u32 = 500;
/// How long it may take then.
const LONG_OPEN_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the walk rests while the application does not read its events.
const UNREAD_PAUSE: Duration = Duration::from_secs(1);
/// Most switches that are followed while they are off-line; a server has a handful.
const MAX_PERIPHERALS: usize = 256;
