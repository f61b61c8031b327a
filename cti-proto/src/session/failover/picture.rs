//! What the application believes: agents and calls, as events and snapshots told.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a picture shows what the few messages it names tell"
)]

use alloc::collections::BTreeMap;

use crate::code::{
    AgentState, CallEventMask, CallId, CallType, ConnectionDeviceIdType, LocalConnectionState,
    PeripheralId, ReasonCode, SkillGroupId,
};
use crate::codec::{Blob, NamedArray, NamedVariable, Text};
use crate::message::{
    AgentStateEvent, ConnectedParty, Message, QueryAgentStateConf, SkillGroup, SnapshotCallConf,
};
use crate::session::failover::config::Config;

/// An agent in a media routing domain.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct AgentKey {
    /// The switch.
    pub peripheral_id: PeripheralId,
    /// Media routing domain: 1 for voice, and always in UCCX.
    pub mrd_id: i32,
    /// Login id.
    pub agent_id: Text,
}

impl AgentKey {
    /// The agent of a switch in the domain for voice. The text is copied.
    pub fn new(peripheral_id: PeripheralId, agent_id: &Text) -> Self {
        Self {
            peripheral_id,
            mrd_id: VOICE,
            agent_id: agent_id.detach(),
        }
    }

    /// The same agent in another media routing domain.
    #[must_use]
    pub fn mrd_id(mut self, mrd_id: i32) -> Self {
        self.mrd_id = mrd_id;
        self
    }
}

/// What is believed about an agent.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Agent {
    /// State of the agent.
    pub state: AgentState,
    /// Why the agent is in this state; unknown after a snapshot that changed it.
    pub reason: Option<ReasonCode>,
    /// Extension.
    pub extension: Option<Text>,
    /// Telephone.
    pub instrument: Option<Text>,
    /// State in each skill group or CSQ, by the number that the switch gives it.
    pub skill_groups: BTreeMap<SkillGroupId, AgentState>,
}

/// A call of a switch.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct CallKey {
    /// The switch.
    pub peripheral_id: PeripheralId,
    /// ConnectionCallID.
    pub call_id: CallId,
}

impl CallKey {
    /// The call `call_id` of a switch.
    pub const fn new(peripheral_id: PeripheralId, call_id: CallId) -> Self {
        Self {
            peripheral_id,
            call_id,
        }
    }
}

/// What is believed about a call.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Call {
    /// Its kind; zero until something tells.
    pub call_type: CallType,
    /// Its data.
    pub data: CallData,
    /// Its connections, by ConnectionDeviceID.
    pub parties: BTreeMap<Text, Party>,
    /// The device by which the call was first named.
    pub(super) named_by: Option<(ConnectionDeviceIdType, Text)>,
}

/// A connection of a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Party {
    /// Kind of the connection device id.
    pub device_id_type: ConnectionDeviceIdType,
    /// State of the connection.
    pub state: LocalConnectionState,
}

/// Data of a call, as far as snapshots tell them. An empty text counts as none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct CallData {
    /// Number of the caller.
    pub ani: Option<Text>,
    /// ISDN user to user information.
    pub user_to_user_info: Option<Blob>,
    /// Number that was dialled, as the network tells.
    pub dnis: Option<Text>,
    /// Number that was dialled.
    pub dialed_number: Option<Text>,
    /// Digits that the caller entered.
    pub caller_entered_digits: Option<Text>,
    /// Call variables 1 to 10.
    pub variables: [Option<Text>; 10],
    /// Wrap-up data.
    pub wrapup_data: Option<Text>,
    /// Expanded call context variables.
    pub named_variables: BTreeMap<Text, Text>,
    /// Expanded call context arrays, by name and place.
    pub named_arrays: BTreeMap<(Text, u8), Text>,
}

/// All agents and calls that are known.
#[derive(Debug)]
pub struct Picture {
    agents: BTreeMap<AgentKey, Agent>,
    calls: BTreeMap<CallKey, Call>,
    max_agents: usize,
    max_calls: usize,
    max_parties: usize,
    /// Whether END_CALL_EVENT will tell that a call is over; without it CALL_CLEARED_EVENT does.
    ends_are_told: bool,
}

/// What a message did to the picture, beyond changing an entry.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Effect {
    /// Nothing of note.
    None,
    /// A call is over.
    Ended(CallKey),
    /// A call has a new id.
    Renamed(CallKey, CallKey),
    /// There is no room for an agent.
    NoRoomForAgent(AgentKey),
    /// There is no room for a call.
    NoRoomForCall(CallKey),
}

impl Picture {
    pub(super) fn new(config: &Config) -> Self {
        let calls = config.client.call_events;
        Self {
            agents: BTreeMap::new(),
            calls: BTreeMap::new(),
            max_agents: config.max_agents,
            max_calls: config.max_calls,
            max_parties: config.max_parties,
            ends_are_told: calls.contains(CallEventMask::END_CALL_MASK),
        }
    }

    /// What is believed about an agent.
    pub fn agent(&self, key: &AgentKey) -> Option<&Agent> {
        self.agents.get(key)
    }

    /// All known agents who are logged in, and those who are watched.
    pub fn agents(&self) -> impl Iterator<Item = (&AgentKey, &Agent)> {
        self.agents.iter()
    }

    /// What is believed about a call.
    pub fn call(&self, key: &CallKey) -> Option<&Call> {
        self.calls.get(key)
    }

    /// All known calls.
    pub fn calls(&self) -> impl Iterator<Item = (&CallKey, &Call)> {
        self.calls.iter()
    }

    /// Takes in an event. `watched` tells whether an agent is kept after logging out.
    pub(super) fn apply(
        &mut self,
        message: &Message,
        watched: impl Fn(&AgentKey) -> bool,
    ) -> Effect {
        match message {
            Message::AgentStateEvent(event) => self.on_agent_state(event, watched),
            _ => self.on_call_event(message),
        }
    }

    /// Puts in what a snapshot told about an agent, and gives what was believed before.
    pub(super) fn replace_agent(
        &mut self,
        key: &AgentKey,
        agent: Option<Agent>,
    ) -> Result<Option<Agent>, ()> {
        let Some(agent) = agent else {
            return Ok(self.agents.remove(key));
        };
        if self.agents.len() >= self.max_agents && !self.agents.contains_key(key) {
            return Err(());
        }
        Ok(self.agents.insert(key.clone(), agent))
    }

    /// Puts in what a snapshot told about a call, and gives what was believed before.
    pub(super) fn replace_call(
        &mut self,
        key: CallKey,
        call: Option<Call>,
    ) -> Result<Option<Call>, ()> {
        let Some(call) = call else {
            return Ok(self.calls.remove(&key));
        };
        if self.calls.len() >= self.max_calls && !self.calls.contains_key(&key) {
            return Err(());
        }
        Ok(self.calls.insert(key, call))
    }

    /// What QUERY_AGENT_STATE_CONF tells. What it leaves out stays as `before` has it.
    pub(super) fn agent_of(before: Option<&Agent>, conf: &QueryAgentStateConf) -> Agent {
        let same_state = before.filter(|agent| agent.state == conf.agent_state);
        let mut skill_groups = BTreeMap::new();
        merge_groups(&mut skill_groups, &conf.skill_groups);
        if conf.skill_groups.is_empty() {
            skill_groups = before.map_or_else(BTreeMap::new, |agent| agent.skill_groups.clone());
        }
        Agent {
            state: conf.agent_state,
            reason: same_state.and_then(|agent| agent.reason),
            extension: kept(&conf.agent_extension)
                .or_else(|| before.and_then(|agent| agent.extension.clone())),
            instrument: kept(&conf.agent_instrument)
                .or_else(|| before.and_then(|agent| agent.instrument.clone())),
            skill_groups,
        }
    }

    /// What SNAPSHOT_CALL_CONF tells about the call `key`, which was asked about at `connection`.
    pub(super) fn call_of(
        &self,
        key: CallKey,
        connection: Option<(ConnectionDeviceIdType, Text)>,
        conf: &SnapshotCallConf,
    ) -> Call {
        let mut call = Call::new();
        call.call_type = conf.call_type;
        call.named_by = connection;
        if let Some(before) = self.calls.get(&key) {
            if before.named_by.is_some() {
                call.named_by.clone_from(&before.named_by);
            }
            if conf.call_type == CallType(0) {
                call.call_type = before.call_type;
            }
        }
        call.data.merge(call_data!(conf));
        let own = conf.call_devices.iter().filter(|device| {
            device
                .connection_call_id
                .is_none_or(|call_id| call_id == key.call_id)
        });
        for device in own.take(self.max_parties) {
            let Some(device_id) = &device.connection_device_id else {
                continue;
            };
            let state = device
                .connection_state
                .unwrap_or(LocalConnectionState::NONE);
            if state == LocalConnectionState::NULL {
                continue;
            }
            let device_id_type = device
                .connection_device_id_type
                .unwrap_or(ConnectionDeviceIdType::STATIC);
            let party = Party {
                device_id_type,
                state,
            };
            call.parties.insert(device_id.detach(), party);
        }
        call
    }

    fn on_agent_state(
        &mut self,
        event: &AgentStateEvent,
        watched: impl Fn(&AgentKey) -> bool,
    ) -> Effect {
        let Some(agent_id) = &event.agent_id else {
            return Effect::None;
        };
        let key = AgentKey::new(event.peripheral_id, agent_id).mrd_id(event.mrd_id);
        if event.agent_state == AgentState::LOGOUT && !watched(&key) {
            self.agents.remove(&key);
            return Effect::None;
        }
        if self.agents.len() >= self.max_agents && !self.agents.contains_key(&key) {
            return Effect::NoRoomForAgent(key);
        }
        let agent = self.agents.entry(key).or_insert_with(Agent::new);
        agent.state = event.agent_state;
        agent.reason = Some(event.event_reason_code);
        if let Some(extension) = kept(&event.agent_extension) {
            agent.extension = Some(extension);
        }
        if let Some(instrument) = kept(&event.agent_instrument) {
            agent.instrument = Some(instrument);
        }
        if event.skill_group_number != SkillGroupId::NULL
            && agent.skill_groups.len() < MAX_SKILL_GROUPS
        {
            let groups = &mut agent.skill_groups;
            groups.insert(event.skill_group_number, event.skill_group_state);
        }
        merge_groups(&mut agent.skill_groups, &event.skill_groups);
        if event.agent_state == AgentState::LOGOUT {
            agent.skill_groups.clear();
        }
        Effect::None
    }

    fn on_call_event(&mut self, message: &Message) -> Effect {
        use LocalConnectionState as State;
        match message {
            Message::BeginCallEvent(event) => {
                let key = CallKey::new(event.peripheral_id, event.connection_call_id);
                let Some(call) = self.call_mut(key) else {
                    return Effect::NoRoomForCall(key);
                };
                call.call_type = event.call_type;
                call.data.merge(call_data!(event));
                if let Some(device) = &event.connection_device_id {
                    let device = (event.connection_device_id_type, device.detach());
                    call.named_by.get_or_insert(device);
                }
                Effect::None
            }
            Message::CallDataUpdateEvent(event) => {
                let old = CallKey::new(event.peripheral_id, event.connection_call_id);
                let Some(mut call) = self.calls.remove(&old) else {
                    return Effect::None;
                };
                call.call_type = event.call_type;
                call.data.merge(call_data!(event));
                let renamed = event.new_connection_call_id != CallId::NULL
                    && event.new_connection_call_id != old.call_id;
                if !renamed {
                    self.calls.insert(old, call);
                    return Effect::None;
                }
                let new = CallKey::new(event.peripheral_id, event.new_connection_call_id);
                self.calls.insert(new, call);
                Effect::Renamed(old, new)
            }
            Message::EndCallEvent(event) => {
                let key = CallKey::new(event.peripheral_id, event.connection_call_id);
                self.calls.remove(&key);
                Effect::Ended(key)
            }
            Message::CallClearedEvent(event) => {
                let key = CallKey::new(event.peripheral_id, event.connection_call_id);
                if !self.ends_are_told {
                    self.calls.remove(&key);
                    return Effect::Ended(key);
                }
                if let Some(call) = self.calls.get_mut(&key) {
                    call.parties.clear();
                }
                Effect::None
            }
            Message::CallConnectionClearedEvent(event) => {
                let key = CallKey::new(event.peripheral_id, event.connection_call_id);
                let device = event.connection_device_id.as_ref();
                if let (Some(call), Some(device)) = (self.calls.get_mut(&key), device) {
                    call.parties.remove(device);
                }
                Effect::None
            }
            Message::CallDivertedEvent(event) => {
                let key = CallKey::new(event.peripheral_id, event.connection_call_id);
                let device = event.connection_device_id.as_ref();
                if let (Some(call), Some(device)) = (self.calls.get_mut(&key), device) {
                    call.parties.remove(device);
                }
                Effect::None
            }
            Message::CallDeliveredEvent(event) => {
                let effect = connect!(self, event, State::ALERTING);
                let key = CallKey::new(event.peripheral_id, event.connection_call_id);
                if let Some(call) = self.calls.get_mut(&key) {
                    call.data.merge(call_data!(event));
                }
                effect
            }
            Message::CallOriginatedEvent(event) => connect!(self, event, State::CONNECT),
            Message::CallServiceInitiatedEvent(event) => connect!(self, event, State::INITIATE),
            Message::CallEstablishedEvent(event) => connect!(self, event, State::CONNECT),
            Message::CallHeldEvent(event) => connect!(self, event, State::HOLD),
            Message::CallRetrievedEvent(event) => connect!(self, event, State::CONNECT),
            Message::CallQueuedEvent(event) => connect!(self, event, State::QUEUED),
            Message::CallReachedNetworkEvent(event) => connect!(self, event, State::CONNECT),
            Message::CallFailedEvent(event) => connect!(self, event, State::FAIL),
            Message::CallConferencedEvent(event) => self.rearrange(
                event.peripheral_id,
                [event.primary_call_id, event.secondary_call_id],
                &event.connected_parties,
            ),
            Message::CallTransferredEvent(event) => self.rearrange(
                event.peripheral_id,
                [event.primary_call_id, event.secondary_call_id],
                &event.connected_parties,
            ),
            _ => Effect::None,
        }
    }

    /// A connection is in `state`.
    fn connect(
        &mut self,
        key: CallKey,
        device_id_type: ConnectionDeviceIdType,
        device: Option<&Text>,
        state: LocalConnectionState,
    ) -> Effect {
        let max_parties = self.max_parties;
        let Some(call) = self.call_mut(key) else {
            return Effect::NoRoomForCall(key);
        };
        let Some(device) = device else {
            return Effect::None;
        };
        if call.parties.len() >= max_parties && !call.parties.contains_key(device) {
            return Effect::NoRoomForCall(key);
        }
        let party = Party {
            device_id_type,
            state,
        };
        // UCCX has a call named by a device, and the parties may all be gone one day.
        let named_by = || (device_id_type, device.detach());
        call.named_by.get_or_insert_with(named_by);
        call.parties.insert(device.detach(), party);
        Effect::None
    }

    /// Two calls exchanged their connections; those that are left are listed.
    fn rearrange(
        &mut self,
        peripheral_id: PeripheralId,
        calls: [CallId; 2],
        parties: &[ConnectedParty],
    ) -> Effect {
        for call_id in calls {
            if let Some(call) = self.calls.get_mut(&CallKey::new(peripheral_id, call_id)) {
                call.parties.clear();
            }
        }
        let mut effect = Effect::None;
        for party in parties {
            let call_id = party.call_id.unwrap_or(calls[0]);
            let device_id_type = party
                .device_id_type
                .unwrap_or(ConnectionDeviceIdType::STATIC);
            let key = CallKey::new(peripheral_id, call_id);
            let device = party.device_id.as_ref();
            let state = LocalConnectionState::CONNECT;
            if let Effect::NoRoomForCall(key) = self.connect(key, device_id_type, device, state) {
                effect = Effect::NoRoomForCall(key);
            }
        }
        effect
    }

    /// The entry of a call, made if there is room for it.
    fn call_mut(&mut self, key: CallKey) -> Option<&mut Call> {
        if key.call_id == CallId::NULL
            || (self.calls.len() >= self.max_calls && !self.calls.contains_key(&key))
        {
            return None;
        }
        Some(self.calls.entry(key).or_insert_with(Call::new))
    }
}

impl Agent {
    pub(super) const fn new() -> Self {
        Self {
            state: AgentState::UNKNOWN,
            reason: None,
            extension: None,
            instrument: None,
            skill_groups: BTreeMap::new(),
        }
    }
}

impl Call {
    pub(super) fn new() -> Self {
        Self {
            call_type: CallType(0),
            data: CallData::default(),
            parties: BTreeMap::new(),
            named_by: None,
        }
    }
}

impl CallData {
    /// Takes over what `news` has; an event names what changed and leaves the rest out.
    fn merge(&mut self, news: Self) {
        let take = |old: &mut Option<Text>, new: Option<Text>| {
            if new.is_some() {
                *old = new.filter(|text| !text.is_empty());
            }
        };
        take(&mut self.ani, news.ani);
        take(&mut self.dnis, news.dnis);
        take(&mut self.dialed_number, news.dialed_number);
        take(&mut self.caller_entered_digits, news.caller_entered_digits);
        take(&mut self.wrapup_data, news.wrapup_data);
        for (old, new) in self.variables.iter_mut().zip(news.variables) {
            take(old, new);
        }
        if let Some(info) = news.user_to_user_info {
            self.user_to_user_info = Some(info).filter(|info| !info.0.is_empty());
        }
        for (name, value) in news.named_variables {
            if self.named_variables.len() < MAX_NAMED || self.named_variables.contains_key(&name) {
                self.named_variables.insert(name, value);
            }
        }
        for (place, value) in news.named_arrays {
            if self.named_arrays.len() < MAX_NAMED || self.named_arrays.contains_key(&place) {
                self.named_arrays.insert(place, value);
            }
        }
    }
}

fn merge_groups(groups: &mut BTreeMap<SkillGroupId, AgentState>, news: &[SkillGroup]) {
    for group in news {
        let (Some(number), Some(state)) = (group.number, group.state) else {
            continue;
        };
        if groups.len() < MAX_SKILL_GROUPS || groups.contains_key(&number) {
            groups.insert(number, state);
        }
    }
}

/// A copy of a text that says something.
fn kept(text: &Option<Text>) -> Option<Text> {
    let said = text.as_ref().filter(|text| !text.is_empty());
    said.map(Text::detach)
}

/// The connection of a call event is in the state that the event tells, or else in the given one.
macro_rules! connect {
    ($picture:expr, $event:expr, $state:expr) => {{
        let key = CallKey::new($event.peripheral_id, $event.connection_call_id);
        let state = match $event.local_connection_state {
            LocalConnectionState::NONE | LocalConnectionState::NULL => $state,
            told => told,
        };
        let device = $event.connection_device_id.as_ref();
        $picture.connect(key, $event.connection_device_id_type, device, state)
    }};
}

/// The call data of a message, copied. Four messages carry the same fields.
macro_rules! call_data {
    ($message:expr) => {{
        let message = $message;
        CallData {
            ani: message.ani.as_ref().map(Text::detach),
            user_to_user_info: message.user_to_user_info.as_ref().map(Blob::detach),
            dnis: message.dnis.as_ref().map(Text::detach),
            dialed_number: message.dialed_number.as_ref().map(Text::detach),
            caller_entered_digits: message.caller_entered_digits.as_ref().map(Text::detach),
            variables: [
                message.call_variable1.as_ref().map(Text::detach),
                message.call_variable2.as_ref().map(Text::detach),
                message.call_variable3.as_ref().map(Text::detach),
                message.call_variable4.as_ref().map(Text::detach),
                message.call_variable5.as_ref().map(Text::detach),
                message.call_variable6.as_ref().map(Text::detach),
                message.call_variable7.as_ref().map(Text::detach),
                message.call_variable8.as_ref().map(Text::detach),
                message.call_variable9.as_ref().map(Text::detach),
                message.call_variable10.as_ref().map(Text::detach),
            ],
            wrapup_data: message.call_wrapup_data.as_ref().map(Text::detach),
            named_variables: message
                .named_variables
                .iter()
                .map(detach_variable)
                .collect(),
            named_arrays: message.named_arrays.iter().map(detach_array).collect(),
        }
    }};
}

use {call_data, connect};

fn detach_variable(variable: &NamedVariable) -> (Text, Text) {
    (variable.name.detach(), variable.value.detach())
}

fn detach_array(array: &NamedArray) -> ((Text, u8), Text) {
    ((array.name.detach(), array.index), array.value.detach())
}

/// Media routing domain of voice. GED-188, "Media Routing Domains"; UCCX always writes 1.
const VOICE: i32 = 1;
/// Skill groups of one agent: UCCX lists 99 CSQs, UCCE fewer skill groups.
const MAX_SKILL_GROUPS: usize = 256;
/// Expanded call context data of one message fill 2,000 bytes, three bytes each at least.
const MAX_NAMED: usize = 667;
