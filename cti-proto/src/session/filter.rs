//! Which events a session wants, by services and masks.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a filter names the few messages it holds back"
)]

use crate::code::{AgentState, AgentStateMask, CallEventMask, MessageType, ServiceMask};
use crate::message::{Message, OpenReq};
use crate::version::Dialect;

/// What OPEN_REQ asked for; `services` shrinks to what was granted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wants {
    pub(crate) services: ServiceMask,
    pub(crate) call_events: CallEventMask,
    pub(crate) agent_states: AgentStateMask,
}

/// What decides whether a session wants an event; the same for all sessions of a dialect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Class {
    /// A bit of CallMsgMask.
    Call(CallEventMask),
    /// A bit of AgentStateMask; a state without one passes.
    AgentState(AgentStateMask),
    /// The teams of supervisors.
    Team,
    /// Configuration of UCCX, which has a service for it.
    Config,
    /// Whoever gets it wants it.
    Plain,
}

impl Class {
    pub(crate) fn new(dialect: Dialect, message: &Message) -> Self {
        match message {
            Message::AgentStateEvent(event) => {
                Self::AgentState(agent_state_mask(event.agent_state))
            }
            Message::AgentTeamConfigEvent(_) | Message::TeamConfigEvent(_) => Self::Team,
            // Its number has another meaning in UCCX.
            Message::CallAttributeChangeEvent(_) => {
                Self::Call(CallEventMask::CALL_ATTRIBUTE_CHANGE_MASK)
            }
            Message::ConfigBeginEvent(_)
            | Message::ConfigEndEvent(_)
            | Message::ConfigKeyEvent(_)
            | Message::ConfigApplicationEvent(_)
            | Message::ConfigCsqEvent(_)
            | Message::ConfigAgentEvent(_)
            | Message::ConfigDeviceEvent(_)
            | Message::ConfigTerminalEvent(_)
                if dialect == Dialect::Uccx =>
            {
                Self::Config
            }
            _ => call_event_mask(message.message_type()).map_or(Self::Plain, Self::Call),
        }
    }
}

impl Wants {
    pub(crate) fn new(request: &OpenReq) -> Self {
        Self {
            services: request.services_requested,
            call_events: request.call_msg_mask,
            agent_states: request.agent_state_mask,
        }
    }

    pub(crate) fn admits(&self, class: Class) -> bool {
        let watches = self.services.intersects(WATCHES);
        match class {
            Class::Call(mask) => watches && self.call_events.contains(mask),
            Class::AgentState(mask) => watches && self.agent_states.contains(mask),
            // The mask has a bit for AGENT_TEAM_CONFIG_EVENT; supervisors get it without.
            Class::Team => {
                self.services.contains(ServiceMask::SUPERVISOR)
                    || (watches
                        && self
                            .call_events
                            .contains(CallEventMask::AGENT_TEAM_CONFIG_MASK))
            }
            Class::Config => self.services.contains(ServiceMask::CONFIG_EVENTS),
            Class::Plain => true,
        }
    }
}

/// The bit of CallMsgMask for a call event. GED-188, "Call Event Message Masks".
fn call_event_mask(message_type: MessageType) -> Option<CallEventMask> {
    Some(match message_type {
        MessageType::CALL_DELIVERED_EVENT => CallEventMask::CALL_DELIVERED_MASK,
        MessageType::CALL_QUEUED_EVENT => CallEventMask::CALL_QUEUED_MASK,
        MessageType::CALL_ESTABLISHED_EVENT => CallEventMask::CALL_ESTABLISHED_MASK,
        MessageType::CALL_HELD_EVENT => CallEventMask::CALL_HELD_MASK,
        MessageType::CALL_RETRIEVED_EVENT => CallEventMask::CALL_RETRIEVED_MASK,
        MessageType::CALL_CLEARED_EVENT => CallEventMask::CALL_CLEARED_MASK,
        MessageType::CALL_CONNECTION_CLEARED_EVENT => CallEventMask::CALL_CONNECTION_CLEARED_MASK,
        MessageType::CALL_ORIGINATED_EVENT => CallEventMask::CALL_ORIGINATED_MASK,
        MessageType::CALL_CONFERENCED_EVENT => CallEventMask::CALL_CONFERENCED_MASK,
        MessageType::CALL_TRANSFERRED_EVENT => CallEventMask::CALL_TRANSFERRED_MASK,
        MessageType::CALL_DIVERTED_EVENT => CallEventMask::CALL_DIVERTED_MASK,
        MessageType::CALL_SERVICE_INITIATED_EVENT => CallEventMask::CALL_SERVICE_INITIATED_MASK,
        MessageType::CALL_TRANSLATION_ROUTE_EVENT => CallEventMask::CALL_TRANSLATION_ROUTE_MASK,
        MessageType::BEGIN_CALL_EVENT => CallEventMask::BEGIN_CALL_MASK,
        MessageType::END_CALL_EVENT => CallEventMask::END_CALL_MASK,
        MessageType::CALL_DATA_UPDATE_EVENT => CallEventMask::CALL_DATA_UPDATE_MASK,
        MessageType::CALL_FAILED_EVENT => CallEventMask::CALL_FAILED_MASK,
        MessageType::CALL_REACHED_NETWORK_EVENT => CallEventMask::CALL_REACHED_NETWORK_MASK,
        MessageType::CALL_DEQUEUED_EVENT => CallEventMask::CALL_DEQUEUED_MASK,
        MessageType::AGENT_PRE_CALL_EVENT => CallEventMask::AGENT_PRE_CALL_MASK,
        MessageType::AGENT_PRE_CALL_ABORT_EVENT => CallEventMask::AGENT_PRE_CALL_ABORT_MASK,
        MessageType::RTP_STARTED_EVENT => CallEventMask::RTP_STARTED_MASK,
        MessageType::RTP_STOPPED_EVENT => CallEventMask::RTP_STOPPED_MASK,
        MessageType::CALL_AGENT_GREETING_EVENT => CallEventMask::CALL_AGENT_GREETING_MASK,
        MessageType::NETWORK_RECORDING_STARTED_EVENT => {
            CallEventMask::NETWORK_RECORDING_STARTED_MASK
        }
        MessageType::NETWORK_RECORDING_ENDED_EVENT => CallEventMask::NETWORK_RECORDING_ENDED_MASK,
        MessageType::NETWORK_RECORDING_FAILED_EVENT => CallEventMask::NETWORK_RECORDING_FAILED_MASK,
        MessageType::NETWORK_RECORDING_TARGET_INFO_EVENT => {
            CallEventMask::NETWORK_RECORDING_TARGET_INFO_MASK
        }
        _ => return None,
    })
}

/// The bit of AgentStateMask for a state; UNKNOWN has none. GED-188, "Agent State Masks".
fn agent_state_mask(state: AgentState) -> AgentStateMask {
    match state {
        AgentState::LOGIN => AgentStateMask::LOGIN_MASK,
        AgentState::LOGOUT => AgentStateMask::LOGOUT_MASK,
        AgentState::NOT_READY => AgentStateMask::NOT_READY_MASK,
        AgentState::AVAILABLE => AgentStateMask::AVAILABLE_MASK,
        AgentState::TALKING => AgentStateMask::TALKING_MASK,
        AgentState::WORK_NOT_READY => AgentStateMask::WORK_NOT_READY_MASK,
        AgentState::WORK_READY => AgentStateMask::WORK_READY_MASK,
        AgentState::BUSY_OTHER => AgentStateMask::BUSY_OTHER_MASK,
        AgentState::RESERVED => AgentStateMask::RESERVED_MASK,
        AgentState::HOLD => AgentStateMask::HOLD_MASK,
        AgentState::ACTIVE => AgentStateMask::ACTIVE_MASK,
        AgentState::PAUSED => AgentStateMask::PAUSED_MASK,
        AgentState::INTERRUPTED => AgentStateMask::INTERRUPTED_MASK,
        AgentState::NOT_ACTIVE => AgentStateMask::NOT_ACTIVE_MASK,
        _ => AgentStateMask::NONE,
    }
}

/// The services that bring calls and agents.
pub(crate) const WATCHES: ServiceMask =
    ServiceMask(ServiceMask::CLIENT_EVENTS.0 | ServiceMask::ALL_EVENTS.0);
