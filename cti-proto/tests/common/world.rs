//! Agents and calls of a switch, and what a server says when it is asked about them.
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test names the few things it looks at"
)]

use std::collections::BTreeMap;

use cti_proto::Message;
use cti_proto::code::{
    AgentState, CallId, CallType, ConnectionDeviceIdType, LocalConnectionState, PeripheralId,
    SkillGroupId, StatusCode,
};
use cti_proto::codec::{NamedVariable, Text};
use cti_proto::message::{
    AgentStateEvent, BeginCallEvent, CallConnectionClearedEvent, CallDataUpdateEvent, CallDevice,
    CallEstablishedEvent, CallHeldEvent, DeviceCall, EndCallEvent, QueryAgentStateConf,
    QueryDeviceInfoConf, SkillGroup, SnapshotCallConf, SnapshotDeviceConf,
};

use super::net::Reply;

/// The switch of all worlds.
pub(crate) const SWITCH: PeripheralId = PeripheralId(5_000);

/// What is so, whatever a client believes.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    /// By login id; who is not in it is logged out.
    pub(crate) agents: BTreeMap<String, Agent>,
    pub(crate) calls: BTreeMap<u32, Call>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Agent {
    pub(crate) state: AgentState,
    pub(crate) device: String,
    /// State in skill group 1.
    pub(crate) group: AgentState,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Call {
    /// Connections by device.
    pub(crate) parties: BTreeMap<String, LocalConnectionState>,
    /// Call variable 1.
    pub(crate) variable: String,
    /// Expanded call context variables.
    pub(crate) named: BTreeMap<String, String>,
}

pub(crate) fn text(text: &str) -> Text {
    Text::try_from(text).unwrap()
}

impl World {
    /// What a server answers.
    pub(crate) fn reply(&self, request: &Message) -> Option<Reply> {
        Some(match request {
            Message::QueryAgentStateReq(query) => {
                let id = query.agent_id.as_ref()?.to_str().ok()?;
                match self.agents.get(id) {
                    None => Err(StatusCode::AGENT_NOT_LOGGED_ON),
                    Some(agent) => Ok(agent.conf(id).into()),
                }
            }
            Message::SnapshotDeviceReq(query) => {
                let device = query.agent_instrument.as_ref()?.to_str().ok()?;
                Ok(self.calls_at(device).into())
            }
            Message::SnapshotCallReq(query) => match self.calls.get(&query.connection_call_id.0) {
                None => Err(StatusCode::INVALID_CALLID),
                Some(call) => Ok(call.conf(query.connection_call_id).into()),
            },
            Message::QueryDeviceInfoReq(_) => {
                Ok(QueryDeviceInfoConf::with(|conf| conf.max_active_calls = 2).into())
            }
            _ => return None,
        })
    }

    fn calls_at(&self, device: &str) -> SnapshotDeviceConf {
        let calls = self.calls.iter();
        let here = calls.filter_map(|(id, call)| Some((id, *call.parties.get(device)?)));
        let calls = here.map(|(id, state)| {
            DeviceCall::with(|call| {
                call.connection_call_id = Some(CallId(*id));
                call.connection_device_id_type = Some(ConnectionDeviceIdType::STATIC);
                call.connection_device_id = Some(text(device));
                call.state = Some(state);
            })
        });
        SnapshotDeviceConf::with(|conf| conf.calls = calls.collect())
    }

    /// AGENT_STATE_EVENT for an agent as it is now.
    pub(crate) fn agent_event(&self, id: &str) -> AgentStateEvent {
        let agent = self.agents.get(id);
        AgentStateEvent::with(|event| {
            event.peripheral_id = SWITCH;
            event.mrd_id = 1;
            event.agent_id = Some(text(id));
            event.skill_group_number = SkillGroupId::NULL;
            event.agent_state = agent.map_or(AgentState::LOGOUT, |agent| agent.state);
            if let Some(agent) = agent {
                event.skill_group_number = SkillGroupId(1);
                event.skill_group_state = agent.group;
                event.agent_extension = Some(text(&agent.device));
                event.agent_instrument = Some(text(&agent.device));
            }
        })
    }

    /// BEGIN_CALL_EVENT for a call as it is now.
    pub(crate) fn begin_event(&self, id: u32) -> BeginCallEvent {
        let call = &self.calls[&id];
        BeginCallEvent::with(|event| {
            event.peripheral_id = SWITCH;
            event.connection_call_id = CallId(id);
            event.connection_device_id_type = ConnectionDeviceIdType::STATIC;
            event.connection_device_id = Some(text("1000"));
            event.call_type = CallType::ACD_IN;
            event.call_variable1 = Some(text(&call.variable));
            event.named_variables = call.named();
        })
    }

    /// CALL_DATA_UPDATE_EVENT for a call as it is now.
    pub(crate) fn data_event(&self, id: u32) -> CallDataUpdateEvent {
        let call = &self.calls[&id];
        CallDataUpdateEvent::with(|event| {
            event.peripheral_id = SWITCH;
            event.connection_call_id = CallId(id);
            event.connection_device_id_type = ConnectionDeviceIdType::STATIC;
            event.connection_device_id = Some(text("1000"));
            event.new_connection_call_id = CallId(id);
            event.new_connection_device_id_type = ConnectionDeviceIdType::STATIC;
            event.new_connection_device_id = Some(text("1000"));
            event.call_type = CallType::ACD_IN;
            event.call_variable1 = Some(text(&call.variable));
            event.named_variables = call.named();
        })
    }

    /// The event of a connection as it is now.
    pub(crate) fn connection_event(&self, id: u32, device: &str) -> Message {
        let state = self.calls[&id].parties[device];
        if state == LocalConnectionState::HOLD {
            return CallHeldEvent::with(|event| {
                event.peripheral_id = SWITCH;
                event.connection_call_id = CallId(id);
                event.connection_device_id_type = ConnectionDeviceIdType::STATIC;
                event.connection_device_id = Some(text(device));
                event.holding_device_id = Some(text(device));
                event.local_connection_state = state;
            })
            .into();
        }
        CallEstablishedEvent::with(|event| {
            event.peripheral_id = SWITCH;
            event.connection_call_id = CallId(id);
            event.connection_device_id_type = ConnectionDeviceIdType::STATIC;
            event.connection_device_id = Some(text(device));
            event.answering_device_id = Some(text(device));
            event.calling_device_id = Some(text("1000"));
            event.called_device_id = Some(text(device));
            event.local_connection_state = state;
        })
        .into()
    }
}

/// END_CALL_EVENT.
pub(crate) fn end_event(id: u32) -> EndCallEvent {
    EndCallEvent::with(|event| {
        event.peripheral_id = SWITCH;
        event.connection_call_id = CallId(id);
        event.connection_device_id_type = ConnectionDeviceIdType::STATIC;
        event.connection_device_id = Some(text("1000"));
    })
}

/// CALL_CONNECTION_CLEARED_EVENT.
pub(crate) fn cleared_event(id: u32, device: &str) -> CallConnectionClearedEvent {
    CallConnectionClearedEvent::with(|event| {
        event.peripheral_id = SWITCH;
        event.connection_call_id = CallId(id);
        event.connection_device_id_type = ConnectionDeviceIdType::STATIC;
        event.connection_device_id = Some(text(device));
        event.releasing_device_id = Some(text(device));
    })
}

impl Agent {
    pub(crate) fn new(state: AgentState, device: &str) -> Self {
        Self {
            state,
            device: device.into(),
            group: state,
        }
    }

    fn conf(&self, id: &str) -> QueryAgentStateConf {
        QueryAgentStateConf::with(|conf| {
            conf.agent_state = self.state;
            conf.mrd_id = 1;
            conf.agent_id = Some(text(id));
            conf.agent_extension = Some(text(&self.device));
            conf.agent_instrument = Some(text(&self.device));
            conf.skill_groups = vec![SkillGroup::with(|group| {
                group.number = Some(SkillGroupId(1));
                group.state = Some(self.group);
            })];
        })
    }
}

impl Call {
    pub(crate) fn new(device: &str, state: LocalConnectionState, variable: &str) -> Self {
        Self {
            parties: [(device.into(), state)].into(),
            variable: variable.into(),
            named: BTreeMap::new(),
        }
    }

    fn named(&self) -> Vec<NamedVariable> {
        let named = self.named.iter();
        named
            .map(|(name, value)| NamedVariable::new(text(name), text(value)))
            .collect()
    }

    fn conf(&self, id: CallId) -> SnapshotCallConf {
        let devices = self.parties.iter().map(|(device, state)| {
            CallDevice::with(|party| {
                party.connection_call_id = Some(id);
                party.connection_device_id_type = Some(ConnectionDeviceIdType::STATIC);
                party.connection_device_id = Some(text(device));
                party.connection_state = Some(*state);
            })
        });
        SnapshotCallConf::with(|conf| {
            conf.call_type = CallType::ACD_IN;
            conf.call_variable1 = Some(text(&self.variable));
            conf.named_variables = self.named();
            conf.call_devices = devices.collect();
        })
    }
}
