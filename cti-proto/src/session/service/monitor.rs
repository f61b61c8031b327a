//! Monitors: copies of events for clients that watch a call, a device, a team or a session.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use bytes::{Bytes, BytesMut};

use super::call::CallKey;
use super::directory::{Key, found};
use super::publish::Copies;
use super::{ConnectionId, Service};
use crate::code::{AgentStateMask, CallEventMask, CallId, DeviceIdType, ServiceMask, StatusCode};
use crate::frame::HEADER_LEN;
use crate::message::{
    ChangeMonitorMaskConf, ChangeMonitorMaskReq, ClientSessionClosedEvent,
    ClientSessionOpenedEvent, Message, MonitorAgentTeamStartConf, MonitorStartConf,
    MonitorStartReq, SessionMonitorStartConf,
};
use crate::session::CloseReason;
use crate::session::admission::Unused;
use crate::session::filter::Class;
use crate::version::Version;

/// All monitors.
#[derive(Debug, Default)]
pub(super) struct Monitors {
    monitors: BTreeMap<MonitorId, Monitor>,
    last: u32,
    of_client: BTreeMap<ConnectionId, BTreeSet<MonitorId>>,
    of_call: BTreeMap<CallKey, BTreeSet<MonitorId>>,
    of_device: BTreeMap<Key, BTreeSet<MonitorId>>,
    of_team: BTreeMap<u32, BTreeSet<MonitorId>>,
    of_session: BTreeMap<ConnectionId, BTreeSet<MonitorId>>,
}

/// Names a monitor in the events it brings; zero is none.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct MonitorId(u32);

#[derive(Debug)]
struct Monitor {
    client: ConnectionId,
    target: Target,
    masks: Masks,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Target {
    Call(CallKey),
    Device(Key),
    /// AGENT_STATE_EVENTs of its members.
    Team(u32),
    /// Everything with a MonitorID that the session gets.
    Session(ConnectionId),
}

#[derive(Clone, Copy, Debug)]
struct Masks {
    call_events: CallEventMask,
    agent_states: AgentStateMask,
}

impl Masks {
    const ALL: Self = Self {
        call_events: CallEventMask::KNOWN,
        agent_states: AgentStateMask::KNOWN,
    };

    fn new(
        version: Version,
        call_events: CallEventMask,
        agent_states: AgentStateMask,
    ) -> Result<Self, StatusCode> {
        if call_events.intersects(Unused::in_version(version).call_events) {
            return Err(StatusCode::INVALID_CALL_MSG_MASK);
        }
        if agent_states.without(AgentStateMask::KNOWN) != AgentStateMask::NONE {
            return Err(StatusCode::INVALID_AGENT_STATE_MASK);
        }
        Ok(Self {
            call_events,
            agent_states,
        })
    }

    const fn admit(self, class: Class) -> bool {
        match class {
            Class::Call(mask) => self.call_events.contains(mask),
            Class::AgentState(mask) => self.agent_states.contains(mask),
            Class::Team | Class::Config | Class::Plain => false,
        }
    }
}

impl Monitors {
    /// Whether any session is watched.
    pub(super) fn watches_sessions(&self) -> bool {
        !self.of_session.is_empty()
    }

    pub(super) fn remove_client(&mut self, client: ConnectionId) {
        for id in self.of_client.remove(&client).unwrap_or_default() {
            self.remove(id);
        }
        for id in self.of_session.remove(&client).unwrap_or_default() {
            self.remove(id);
        }
    }

    /// Monitors of calls that are over end by themselves.
    pub(super) fn end_calls(&mut self, calls: &[CallKey]) {
        for call in calls {
            for id in self.of_call.remove(call).unwrap_or_default() {
                self.remove(id);
            }
        }
    }

    /// A call got another id.
    pub(super) fn move_call(&mut self, old: CallKey, new: CallKey) {
        let Some(ids) = self.of_call.remove(&old) else {
            return;
        };
        for id in &ids {
            if let Some(monitor) = self.monitors.get_mut(id) {
                monitor.target = Target::Call(new);
            }
        }
        self.of_call.entry(new).or_default().extend(ids);
    }

    pub(super) fn end_team(&mut self, team: u32) {
        for id in self.of_team.remove(&team).unwrap_or_default() {
            self.remove(id);
        }
    }

    fn start(
        &mut self,
        client: ConnectionId,
        target: Target,
        masks: Masks,
        max: usize,
    ) -> Result<MonitorId, StatusCode> {
        let own = self.of_client.entry(client).or_default();
        if own.len() >= max {
            return Err(StatusCode::UNSPECIFIED_FAILURE);
        }
        let known = |id: &MonitorId| self.monitors.get(id).map(|monitor| &monitor.target);
        if own.iter().any(|id| known(id) == Some(&target)) {
            return Err(match target {
                Target::Call(_) | Target::Device(_) => StatusCode::MONITOR_ALREADY_EXISTS,
                Target::Team(_) => StatusCode::AGENT_TEAM_MONITOR_ALREADY_EXISTS,
                Target::Session(_) => StatusCode::SESSION_MONITOR_ALREADY_EXISTS,
            });
        }
        // Four thousand million later a number could be in use still.
        let id = loop {
            self.last = self.last.checked_add(1).unwrap_or(1);
            if !self.monitors.contains_key(&MonitorId(self.last)) {
                break MonitorId(self.last);
            }
        };
        own.insert(id);
        match &target {
            Target::Call(call) => self.of_call.entry(*call).or_default().insert(id),
            Target::Device(key) => self.of_device.entry(key.clone()).or_default().insert(id),
            Target::Team(team) => self.of_team.entry(*team).or_default().insert(id),
            Target::Session(session) => self.of_session.entry(*session).or_default().insert(id),
        };
        let monitor = Monitor {
            client,
            target,
            masks,
        };
        self.monitors.insert(id, monitor);
        Ok(id)
    }

    /// The client's own monitor of this number.
    fn own(&mut self, client: ConnectionId, id: u32) -> Result<&mut Monitor, StatusCode> {
        self.monitors
            .get_mut(&MonitorId(id))
            .filter(|monitor| monitor.client == client)
            .ok_or(StatusCode::INVALID_MONITORID)
    }

    fn remove(&mut self, id: MonitorId) {
        let Some(monitor) = self.monitors.remove(&id) else {
            return;
        };
        take_out(&mut self.of_client, &monitor.client, id);
        match &monitor.target {
            Target::Call(call) => take_out(&mut self.of_call, call, id),
            Target::Device(key) => take_out(&mut self.of_device, key, id),
            Target::Team(team) => take_out(&mut self.of_team, team, id),
            Target::Session(session) => take_out(&mut self.of_session, session, id),
        }
    }

    /// Monitors of these calls and devices that want such an event, and their clients.
    fn reached(
        &self,
        class: Class,
        calls: &[CallKey],
        devices: &[Key],
    ) -> Vec<(ConnectionId, MonitorId)> {
        if self.monitors.is_empty() {
            return Vec::new();
        }
        let by_call = calls
            .iter()
            .filter_map(|call| self.of_call.get(call))
            .flatten();
        let mut reached: BTreeSet<MonitorId> = by_call.copied().collect();
        for device in devices {
            reached.extend(found(&self.of_device, device).flatten());
        }
        let monitor = |id: MonitorId| Some((id, self.monitors.get(&id)?));
        reached
            .into_iter()
            .filter_map(monitor)
            .filter(|(_, monitor)| monitor.masks.admit(class))
            .map(|(id, monitor)| (monitor.client, id))
            .collect()
    }

    /// The first monitor of each client for any of these teams.
    fn reached_by_team(
        &self,
        teams: impl Iterator<Item = u32>,
    ) -> BTreeMap<ConnectionId, MonitorId> {
        let ids = teams.filter_map(|team| self.of_team.get(&team)).flatten();
        let mut reached = BTreeMap::new();
        for id in ids {
            if let Some(monitor) = self.monitors.get(id) {
                reached.entry(monitor.client).or_insert(*id);
            }
        }
        reached
    }

    fn watchers_of(&self, session: ConnectionId) -> Vec<(ConnectionId, MonitorId)> {
        let ids = self.of_session.get(&session).into_iter().flatten();
        ids.filter_map(|id| Some((self.monitors.get(id)?.client, *id)))
            .collect()
    }
}

fn take_out<K: Ord>(map: &mut BTreeMap<K, BTreeSet<MonitorId>>, key: &K, id: MonitorId) {
    if let Some(ids) = map.get_mut(key) {
        ids.remove(&id);
        if ids.is_empty() {
            map.remove(key);
        }
    }
}

impl Service {
    /// MONITOR_START_REQ: a call if it names one, else a device.
    pub(super) fn start_monitor(
        &mut self,
        connection: ConnectionId,
        request: &MonitorStartReq,
    ) -> Result<Message, StatusCode> {
        let masks = Masks::new(
            self.version_of(connection),
            request.call_msg_mask,
            request.agent_state_mask,
        )?;
        let peripheral = self.peripheral_id(request.peripheral_id);
        let (target, service) = if request.connection_call_id != CallId::NULL {
            let call = CallKey {
                peripheral,
                call: request.connection_call_id,
            };
            if !self.calls.contains(call) {
                return Err(StatusCode::INVALID_CALLID);
            }
            (Target::Call(call), ServiceMask::CONNECTION_MONITOR)
        } else {
            let device = request.monitored_device_id.as_ref();
            let device = device.filter(|device| !device.is_empty());
            let (Some(device), true) =
                (device, request.monitored_device_type != DeviceIdType::NONE)
            else {
                return Err(StatusCode::REQUIRED_DATA_MISSING);
            };
            let key = Key::new(peripheral, device).detach();
            (Target::Device(key), ServiceMask::PERIPHERAL_MONITOR)
        };
        if !self.services(connection).contains(service) {
            return Err(StatusCode::FUNCTION_NOT_AVAILABLE);
        }
        let id = self.add_monitor(connection, target, masks)?;
        Ok(MonitorStartConf::with(|conf| conf.monitor_id = id.0).into())
    }

    /// MONITOR_STOP_REQ and its kin.
    pub(super) fn stop_monitor(
        &mut self,
        connection: ConnectionId,
        monitor_id: u32,
    ) -> Result<(), StatusCode> {
        self.monitors.own(connection, monitor_id)?;
        self.monitors.remove(MonitorId(monitor_id));
        Ok(())
    }

    /// That of a session which asks for something.
    fn version_of(&self, connection: ConnectionId) -> Version {
        let version = self.version(connection);
        version.unwrap_or_else(|| self.session.newest())
    }

    /// CHANGE_MONITOR_MASK_REQ.
    pub(super) fn change_monitor(
        &mut self,
        connection: ConnectionId,
        request: &ChangeMonitorMaskReq,
    ) -> Result<Message, StatusCode> {
        let masks = Masks::new(
            self.version_of(connection),
            request.call_msg_mask,
            request.agent_state_mask,
        )?;
        self.monitors.own(connection, request.monitor_id)?.masks = masks;
        Ok(ChangeMonitorMaskConf::new().into())
    }

    /// SESSION_MONITOR_START_REQ.
    pub(super) fn start_session_monitor(
        &mut self,
        connection: ConnectionId,
        session_id: u32,
    ) -> Result<Message, StatusCode> {
        let session = ConnectionId(u64::from(session_id));
        if session == connection {
            return Err(StatusCode::SESSION_MONITOR_IS_CLIENTS);
        }
        if !self.is_open(session) {
            return Err(StatusCode::CLIENT_NOT_FOUND);
        }
        let id = self.add_monitor(connection, Target::Session(session), Masks::ALL)?;
        Ok(SessionMonitorStartConf::with(|conf| conf.monitor_id = id.0).into())
    }

    /// MONITOR_AGENT_TEAM_START_REQ, for supervisors of the team.
    pub(super) fn start_team_monitor(
        &mut self,
        connection: ConnectionId,
        team: u32,
    ) -> Result<Message, StatusCode> {
        if !self
            .teams
            .supervisors(team)
            .any(|client| client == connection)
        {
            return Err(StatusCode::TEAM_NOT_FOUND);
        }
        let id = self.add_monitor(connection, Target::Team(team), Masks::ALL)?;
        Ok(MonitorAgentTeamStartConf::with(|conf| conf.monitor_id = id.0).into())
    }

    fn add_monitor(
        &mut self,
        connection: ConnectionId,
        target: Target,
        masks: Masks,
    ) -> Result<MonitorId, StatusCode> {
        let max = self.config.max_monitors;
        self.monitors.start(connection, target, masks, max)
    }

    /// Sends an agent's state to those who monitor its teams; how many that are. It is their one
    /// copy of this round: a supervisor who monitors a team gets its events with the MonitorID.
    pub(super) fn feed_team_monitors(
        &mut self,
        class: Class,
        agent: Option<&Key>,
        copies: &mut Copies<'_>,
    ) -> usize {
        if !matches!(class, Class::AgentState(_)) {
            return 0;
        }
        let teams = agent
            .into_iter()
            .flat_map(|agent| self.teams.of_agent(agent));
        let reached = self.monitors.reached_by_team(teams);
        let round = self.round;
        let mut sent = 0;
        for (client, id) in reached {
            if self.send_copy(client, id, copies) {
                sent += 1;
                if let Some(party) = self.parties.get_mut(&client) {
                    party.round = round;
                }
            }
        }
        sent
    }

    /// Sends a published event to the monitors of its calls and devices; how many that are.
    pub(super) fn feed_monitors(
        &mut self,
        class: Class,
        calls: &[CallKey],
        devices: &[Key],
        copies: &mut Copies<'_>,
    ) -> usize {
        let reached = self.monitors.reached(class, calls, devices);
        let mut sent = 0;
        for (client, id) in reached {
            sent += usize::from(self.send_copy(client, id, copies));
        }
        sent
    }

    /// Gives those who watch a session what it was sent.
    pub(super) fn copy_to_watchers(&mut self, session: ConnectionId, copies: &mut Copies<'_>) {
        for (client, id) in self.monitors.watchers_of(session) {
            self.send_copy(client, id, copies);
        }
    }

    /// A copy with the number of the monitor in it, if the message has a place for it.
    fn send_copy(&mut self, client: ConnectionId, id: MonitorId, copies: &mut Copies<'_>) -> bool {
        let first = copies
            .message()
            .table()
            .and_then(|table| table.fields.first());
        if first.is_none_or(|field| field.name != "monitor_id") {
            return false;
        }
        let party = self.parties.get(&client);
        let party = party.filter(|party| !party.session.is_standby());
        let Some(bytes) = party.and_then(|party| copies.of(party)) else {
            return false;
        };
        self.hand(client, with_monitor(&bytes, id));
        true
    }

    /// CLIENT_SESSION_OPENED_EVENT for clients with the service CLIENT_MONITOR.
    pub(super) fn tell_session_opened(&mut self, connection: ConnectionId) {
        let Some(party) = self.parties.get(&connection) else {
            return;
        };
        let Some(wants) = party.session.wanted() else {
            return;
        };
        let client = &party.client;
        let event = ClientSessionOpenedEvent::with(|event| {
            event.session_id = session_id(connection);
            event.peripheral_id = client.peripheral.unwrap_or(event.peripheral_id);
            event.services_granted = wants.services;
            event.call_msg_mask = wants.call_events;
            event.agent_state_mask = wants.agent_states;
            event.client_id = Some(client.client_id.clone());
            event.client_signature.clone_from(&client.signature);
            event.agent_id.clone_from(&client.asked.agent_id);
            event
                .agent_extension
                .clone_from(&client.asked.agent_extension);
            event
                .agent_instrument
                .clone_from(&client.asked.agent_instrument);
        });
        self.tell_client_monitors(connection, &event.into());
    }

    /// CLIENT_SESSION_CLOSED_EVENT for the same, and for those who watched the session.
    pub(super) fn tell_session_closed(&mut self, connection: ConnectionId, reason: CloseReason) {
        let Some(party) = self.parties.get(&connection) else {
            return;
        };
        let client = &party.client;
        let event = ClientSessionClosedEvent::with(|event| {
            event.session_id = session_id(connection);
            event.peripheral_id = client.peripheral.unwrap_or(event.peripheral_id);
            let goodbye = party.session.goodbye();
            event.status = goodbye.unwrap_or_else(|| status_of(reason));
            event.client_id = Some(client.client_id.clone());
            event.client_signature.clone_from(&client.signature);
            event.agent_id.clone_from(&client.asked.agent_id);
            event
                .agent_extension
                .clone_from(&client.asked.agent_extension);
            event
                .agent_instrument
                .clone_from(&client.asked.agent_instrument);
        });
        self.tell_client_monitors(connection, &event.into());
    }

    fn tell_client_monitors(&mut self, about: ConnectionId, message: &Message) {
        let mut copies = Copies::new(message);
        self.round += 1;
        let clients: Vec<ConnectionId> = self.directory.client_monitors.iter().copied().collect();
        for client in clients.into_iter().filter(|client| *client != about) {
            self.share(client, Class::Plain, &mut copies);
        }
    }
}

/// Sessions are known to clients by the low half of their number.
fn session_id(connection: ConnectionId) -> u32 {
    let [_, _, _, _, a, b, c, d] = connection.0.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

const fn status_of(reason: CloseReason) -> StatusCode {
    match reason {
        CloseReason::Peer { status }
        | CloseReason::Refused { status }
        | CloseReason::Failure { status } => status,
        CloseReason::Disconnected => StatusCode::CLIENT_DISCONNECTED,
        CloseReason::OpenTimedOut | CloseReason::HeartbeatsMissed | CloseReason::IdleTimedOut => {
            StatusCode::TIMEOUT
        }
        CloseReason::Local
        | CloseReason::Protocol
        | CloseReason::SlowPeer
        | CloseReason::EventsUnread => StatusCode::UNSPECIFIED_FAILURE,
    }
}

/// A copy of an encoded message whose body begins with MonitorID.
fn with_monitor(message: &Bytes, id: MonitorId) -> Bytes {
    let mut copy = BytesMut::from(&message[..]);
    if let Some(place) = copy.get_mut(HEADER_LEN..HEADER_LEN + 4) {
        place.copy_from_slice(&id.0.to_be_bytes());
    }
    copy.freeze()
}
