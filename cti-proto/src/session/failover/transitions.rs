//! What the outside does to the machine, and what it does about it: all transitions.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a session names the few messages it acts on"
)]

use alloc::vec::Vec;
use core::time::Duration;

use bytes::Bytes;

use crate::code::{InvokeId, MessageType, PeripheralId, ServiceMask, StatusCode, SystemEventId};
use crate::codec::Text;
use crate::message::{ActiveMaintenanceRespMsg, Message, OpenConf, StoppingRequestsToThisSideInd};
use crate::session::client::{self, Answer, Availability, Client, Failure, OffLine};
use crate::session::failover::config::Consent;
use crate::session::failover::event::{Connection, Event, Failed, Subject, Transmit};
use crate::session::failover::link::{self, Link, Role};
use crate::session::failover::loss::{self, Lost};
use crate::session::failover::maintenance::Maintenance;
use crate::session::failover::picture::{AgentKey, Effect};
use crate::session::failover::recovery::{Offline, Recovery};
use crate::session::failover::sides::{Step, Verdict};
use crate::session::failover::{DeviceKey, Failover, Gap, State};
use crate::session::{CloseReason, Error};
use crate::version::Dialect;

impl Failover {
    /// Works until there is nothing to be done at `now`.
    pub(super) fn settle(&mut self, now: Duration) {
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
            client::Event::System(change) => self.pass(connection, Event::System(change)),
            client::Event::Team(change) => self.pass(connection, Event::Team(change)),
            client::Event::Config(event) => self.pass(connection, Event::Config(event)),
            client::Event::Malformed { frame, error } => {
                self.pass(connection, Event::Malformed { frame, error });
            }
            client::Event::Closed(reason) => self.on_closed(now, connection, reason),
        }
    }

    /// What the active side tells is for the application.
    fn pass(&mut self, connection: Connection, event: Event) {
        if self.active == Some(connection) {
            self.events.push_back(event);
        }
    }

    fn on_opened(&mut self, now: Duration, connection: Connection, conf: OpenConf) {
        let (active, active_since) = (self.active, self.active_since);
        let Some(link) = self.link(connection) else {
            return;
        };
        link.conf = Some(detach(conf));
        // It may have been active when it was asked, and another side since: nothing tells a session
        // that its side is on standby now. An answer to a later question does.
        let is_old = active.is_some() && link.asked <= active_since;
        if is_old && !link.opened_on_standby() {
            link.ended = Some(CloseReason::Local);
            if let Some(client) = link.client() {
                client.handle_eof();
            }
            return;
        }
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
        self.active_since = now;
        let Some(link) = self.link(connection) else {
            return;
        };
        link.set_role(Role::Active);
        link.last_served = now;
        let (side, version) = (link.side, link.version);
        let conf = link.conf.clone().unwrap_or_default();
        self.walk.opened(now, side, true);
        self.events.push_back(Event::Active {
            side,
            version,
            conf,
        });
        self.offline = self.offline_at(now);
        if let Some(gap) = self.gap.take() {
            self.tell_lost(now, gap);
        }
        self.recovery = Recovery::default();
        let events = ServiceMask::ALL_EVENTS | ServiceMask::CLIENT_EVENTS;
        if self.config.client.services.intersects(events) {
            self.recovery = Recovery::begin(
                &self.picture,
                &self.watched,
                &self.offline,
                self.offline_deadline(now),
                self.config.max_calls,
            );
        }
    }

    /// How long `Recovered` waits for a switch that is off-line.
    pub(super) const fn offline_deadline(&self, now: Duration) -> Duration {
        now.saturating_add(self.config.offline_timeout)
    }

    /// The switches that the active side has told to be off-line: by OPEN_CONF, or by events, on
    /// standby, too.
    fn offline_at(&self, now: Duration) -> Offline {
        let peripherals = self.session().into_iter();
        peripherals
            .flat_map(|session| session.system().peripherals())
            .filter(|(_, known)| known.availability == Availability::Offline)
            .map(|(id, _)| (id, now))
            .take(MAX_PERIPHERALS)
            .collect()
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
            since: link.served_until(),
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
        // A side on standby refuses, too.
        if matches!(answer.result, Ok(_) | Err(Failure::Switch(_))) {
            link.last_served = now;
        }
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
        if let Some(link) = self.active_link() {
            link.last_served = now;
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
        let peripheral_id = match dialect {
            Dialect::Ucce => peripheral_id,
            // It has one switch, whatever the argument says.
            Dialect::Uccx => PeripheralId(1),
        };
        match (dialect, event_id) {
            (Dialect::Uccx, SystemEventId::PERIPHERAL_OFFLINE)
                if self.config.client.off_line == OffLine::Ends =>
            {
                let drop = now.saturating_add(self.config.client.close_timeout);
                self.interrupt(now, Role::Retiring { close: now, drop }, CloseReason::Local);
                self.walk.left(now, side);
            }
            (_, SystemEventId::PERIPHERAL_OFFLINE) if self.offline.len() < MAX_PERIPHERALS => {
                self.offline.entry(peripheral_id).or_insert(now);
                let deadline = self.offline_deadline(now);
                self.recovery.peripheral_gone(peripheral_id, deadline);
            }
            (_, SystemEventId::PERIPHERAL_ONLINE) => {
                let Some(since) = self.offline.remove(&peripheral_id) else {
                    return;
                };
                let registered = false;
                self.tell_lost(now, Gap { since, registered });
                self.recovery.ask_peripheral(peripheral_id);
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
            self.recovery = Recovery::default();
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
    pub(super) fn on_not_connected(&mut self, now: Duration, connection: Connection) {
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
    pub(super) fn is_looking(&self) -> bool {
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
            let granted = |conf: &OpenConf| conf.services_granted;
            let granted = link.conf.as_ref().map_or(ServiceMask::NONE, granted);
            if !granted.contains(ServiceMask::CLIENT_CONTROL) {
                let events = &mut self.events;
                let tell = |event| events.push_back(event);
                self.recovery.give_up(&self.picture, &self.watched, tell);
            }
            while let Some((query, message)) =
                self.recovery.next(most, &self.picture, &self.watched)
            {
                client.count_from(self.next_invoke_id);
                let sent = client.request(now, message);
                self.next_invoke_id = client.next_invoke_id();
                match sent {
                    Ok(handle) => {
                        link.queries.insert(handle.invoke_id(), query);
                    }
                    Err(error @ Error::Encode(_)) => {
                        let event = self.recovery.not_writable(&query, error);
                        self.events.push_back(event);
                    }
                    Err(_) => {
                        self.recovery.not_sent(query);
                        break;
                    }
                }
            }
        }
        let events = &mut self.events;
        self.recovery
            .stop_waiting(now, |event| events.push_back(event));
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

    pub(super) fn consent(&mut self, connection: Connection, invoke_id: InvokeId, consent: bool) {
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

    pub(super) fn on_maintenance_timeout(&mut self, now: Duration) {
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

    pub(super) fn fail(&mut self, now: Duration, failed: Failed) {
        if matches!(self.state, State::Ending | State::Ended) {
            return;
        }
        self.events.push_back(Event::Failed(failed));
        self.end(now, StatusCode::NO_ERROR);
    }

    pub(super) fn end(&mut self, now: Duration, status: StatusCode) {
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
    pub(super) fn watch_own(&mut self) {
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
    pub(super) fn serving(&mut self, attempted: &'static str) -> Result<&mut Client, Error> {
        let error = self.caller_error(attempted);
        if self.maintenance.is_leaving() {
            return Err(error);
        }
        self.active_link().and_then(Link::client).ok_or(error)
    }

    pub(super) fn active_link(&mut self) -> Option<&mut Link> {
        self.active.and_then(|connection| self.link(connection))
    }

    pub(super) fn link(&mut self, connection: Connection) -> Option<&mut Link> {
        self.links
            .iter_mut()
            .find(|link| link.connection == connection)
    }

    pub(super) fn caller_error(&self, attempted: &'static str) -> Error {
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
pub(super) const fn registers(message_type: MessageType) -> bool {
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
/// How long the walk rests while the application does not read its events.
const UNREAD_PAUSE: Duration = Duration::from_secs(1);
/// Most switches that are followed while they are off-line; a server has a handful.
const MAX_PERIPHERALS: usize = 256;
