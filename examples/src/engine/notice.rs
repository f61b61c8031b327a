//! What the engine tells its clients, before it is written as GED-188.

use core::time::Duration;

use super::agent::AgentState;
use crate::telephony::{Address, AddressKind, CallData, CallId, Cause};

/// Something that clients should know.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Notice {
    /// State of an agent.
    Agent(AgentNotice),
    /// Something happened to a call.
    Call(CallNotice),
    /// The switch can be reached, or not any more.
    Switch {
        /// Whether it can.
        in_service: bool,
    },
}

/// An agent's state, for AGENT_STATE_EVENT and QUERY_AGENT_STATE_CONF.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AgentNotice {
    /// Login id.
    pub login_id: String,
    /// The line, while signed in.
    pub line: Option<Address>,
    /// The state.
    pub state: AgentState,
    /// Reason code; 0 for none.
    pub reason: u16,
    /// How long the agent has been in the state.
    pub duration: Duration,
    /// Whether a NOT_READY waits for the end of the call.
    pub pending_not_ready: bool,
}

/// What happened to a call, and the call as it stood then.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CallNotice {
    /// What happened.
    pub event: CallEvent,
    /// The connection that it happened to; for the call as a whole, the caller's.
    pub device: Party,
    /// Why.
    pub cause: Cause,
    /// The call.
    pub call: CallFacts,
}

/// An address with what it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Party {
    /// The address.
    pub address: Address,
    /// What it is.
    pub kind: AddressKind,
}

/// What all messages about one call say.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CallFacts {
    /// Its number.
    pub id: CallId,
    /// Its kind.
    pub kind: CallKind,
    /// Who started it.
    pub calling: Party,
    /// What was dialled.
    pub called: Party,
    /// Where it was before, if it was sent on.
    pub last_redirect: Option<Party>,
    /// Whether it came through the queue.
    pub queued: bool,
    /// Its variables.
    pub data: CallData,
    /// Lines that are or were on the call: whose agents hear about it.
    pub lines: Vec<Address>,
}

/// Kinds of call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallKind {
    /// To the queue.
    Queue,
    /// From outside to a line.
    OtherIn,
    /// From line to line.
    Inside,
    /// From a line to outside.
    Out,
}

/// What happened to a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallEvent {
    /// BEGIN_CALL.
    Began,
    /// CALL_SERVICE_INITIATED: the device went off hook.
    ServiceInitiated,
    /// CALL_ORIGINATED: the device has dialled.
    Originated,
    /// CALL_QUEUED: the call waits at the device.
    Queued,
    /// CALL_DELIVERED: the device rings.
    Delivered,
    /// CALL_ESTABLISHED: the device answered.
    Established,
    /// CALL_HELD by the device.
    Held,
    /// CALL_RETRIEVED by the device.
    Retrieved,
    /// CALL_FAILED at the device.
    Failed,
    /// CALL_CONNECTION_CLEARED: the device left.
    ConnectionCleared,
    /// CALL_CLEARED: nobody is left.
    Cleared,
    /// END_CALL: nothing more will be said.
    Ended,
    /// CALL_DATA_UPDATE.
    DataUpdated,
}
