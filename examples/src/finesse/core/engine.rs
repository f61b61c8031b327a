//! What the engine tells the web service and what the web service asks of it, in the words of this
//! service.
//!
//! `finesse::cti` translates to and from GED-188 messages; nothing here knows their layout.

use core::fmt;

use super::model::{AgentState, Role};

/// Joins a request to the engine with its confirmation. The CTI client sends it as the InvokeID.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Token(pub u32);

/// Number of a call, and id of its dialog.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct CallId(pub u32);

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Something that the engine reported.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EngineEvent {
    /// An agent was added or changed (CONFIG_AGENT_EVENT).
    Agent(AgentRecord),
    /// An agent is no longer configured.
    AgentRemoved {
        /// Login id.
        login_id: String,
    },
    /// A contact service queue was added or changed (CONFIG_CSQ_EVENT).
    Queue(QueueRecord),
    /// A team was added or changed (TEAM_CONFIG_EVENT).
    Team(TeamRecord),
    /// A team is no longer configured.
    TeamRemoved {
        /// Number of the team.
        id: u32,
    },
    /// State of an agent: a change, or the answer to a query.
    AgentState(AgentReport),
    /// Something happened to a call.
    Call {
        /// Which call.
        id: CallId,
        /// What happened.
        event: CallEvent,
    },
    /// A request was accepted.
    Confirmed {
        /// Of which request.
        token: Token,
        /// The call that a MAKE_CALL_CONF names.
        call: Option<CallId>,
    },
    /// A request was refused.
    Refused {
        /// Of which request.
        token: Token,
        /// Why.
        failure: Failure,
    },
}

/// Who an agent is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AgentRecord {
    /// Login id; the key.
    pub login_id: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Configured line, empty when there is none.
    pub extension: String,
    /// Agent or supervisor.
    pub role: Role,
}

/// A contact service queue.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct QueueRecord {
    /// Number; the key.
    pub id: u32,
    /// Shown to people.
    pub name: String,
    /// Whether its calls are followed by wrap-up.
    pub wrap_up: bool,
}

/// A change to a team.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TeamRecord {
    /// Number; the key.
    pub id: u32,
    /// Shown to people.
    pub name: String,
    /// Members that come, change or go.
    pub members: Vec<TeamMember>,
}

/// One member in a [`TeamRecord`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TeamMember {
    /// Login id.
    pub login_id: String,
    /// Whether this member supervises the team.
    pub supervises: bool,
    /// Whether the member leaves the team.
    pub removed: bool,
}

/// State of an agent as the engine has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AgentReport {
    /// Login id.
    pub login_id: String,
    /// Line the agent is signed in on, where reported.
    pub extension: Option<String>,
    /// The state.
    pub state: AgentState,
    /// Reason code number, where reported.
    pub reason: Option<u16>,
    /// How long the agent has been in this state, seconds; `None` where the message cannot say.
    pub for_seconds: Option<u32>,
    /// State that follows when the call ends, where reported.
    pub next: Option<AgentState>,
}

/// What happened to a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CallEvent {
    /// BEGIN_CALL_EVENT.
    Began(CallData),
    /// CALL_SERVICE_INITIATED_EVENT: a phone went off hook.
    ServiceInitiated {
        /// The phone.
        calling: String,
    },
    /// CALL_ORIGINATED_EVENT: the number was dialled.
    Originated {
        /// The phone.
        calling: String,
        /// Whom it dialled.
        called: String,
    },
    /// CALL_DELIVERED_EVENT: a phone rings.
    Delivered {
        /// The phone that rings.
        alerting: String,
        /// Caller, empty when withheld.
        calling: String,
        /// What was dialled.
        called: String,
        /// Queue that the call comes from.
        queue: Option<u32>,
        /// Call data that came along.
        data: CallData,
    },
    /// CALL_ESTABLISHED_EVENT: a phone was answered.
    Established {
        /// The phone.
        answering: String,
        /// Caller, empty when withheld.
        calling: String,
        /// What was dialled.
        called: String,
    },
    /// CALL_HELD_EVENT.
    Held {
        /// The phone that put the call on hold.
        device: String,
    },
    /// CALL_RETRIEVED_EVENT.
    Retrieved {
        /// The phone that took the call back.
        device: String,
    },
    /// CALL_FAILED_EVENT.
    Failed {
        /// The phone whose call failed.
        device: String,
        /// Why.
        cause: FailureCause,
    },
    /// CALL_CONNECTION_CLEARED_EVENT.
    ConnectionCleared {
        /// The party that left.
        device: String,
    },
    /// CALL_CLEARED_EVENT: no party is left.
    Cleared,
    /// END_CALL_EVENT: nothing further will be reported.
    Ended,
    /// CALL_DATA_UPDATE_EVENT.
    Data(CallData),
    /// SNAPSHOT_CALL_CONF: the call as it stands.
    Snapshot {
        /// Call data.
        data: CallData,
        /// Each party and what it does.
        parties: Vec<(String, PartyState)>,
    },
}

/// State of a party, from a snapshot (LocalConnectionState).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PartyState {
    /// LCS_INITIATE.
    Initiated,
    /// LCS_ALERTING.
    Alerting,
    /// LCS_CONNECT.
    Connected,
    /// LCS_HOLD.
    Held,
    /// LCS_FAIL.
    Failed,
    /// LCS_NULL and the rest.
    Gone,
}

/// Why a call failed; `stateCause` of the participant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FailureCause {
    /// CEC_BUSY.
    Busy,
    /// CEC_DEST_NOT_OBTAINABLE and its kin.
    BadDestination,
    /// Anything else.
    Other,
}

impl FailureCause {
    /// The constant in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "BUSY",
            Self::BadDestination => "BAD_DESTINATION",
            Self::Other => "OTHER",
        }
    }
}

/// Call data: `None` and missing entries mean "not said".
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CallData {
    /// `callType` constant.
    pub call_type: Option<String>,
    /// Number of the caller.
    pub ani: Option<String>,
    /// Number that reached the system.
    pub dnis: Option<String>,
    /// Number that was dialled.
    pub dialed_number: Option<String>,
    /// `callVariable1` to `callVariable10`, `user.*` and arrays, by name.
    pub variables: Vec<(String, String)>,
    /// Wrap-up reason.
    pub wrap_up: Option<String>,
}

impl CallData {
    /// The value of a variable.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let mut variables = self.variables.iter();
        let (_, value) = variables.find(|(known, _)| known == name)?;
        Some(value)
    }

    /// Whether these are, among others, the variables and the wrap-up reason of `asked`.
    pub fn holds(&self, asked: &Self) -> bool {
        (asked.wrap_up.is_none() || self.wrap_up == asked.wrap_up)
            && asked
                .variables
                .iter()
                .all(|(name, value)| self.variable(name) == Some(value))
    }
}

/// Why the engine refused: GED-188 control failure.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    /// `FailureCode`.
    pub code: u16,
    /// Its constant.
    pub name: String,
    /// `PeripheralErrorCode`, 0 when there is none.
    pub peripheral: u32,
}

impl Failure {
    /// CF_GENERIC_OPERATION: the engine confirmed and did something else.
    pub fn not_done() -> Self {
        Self::new(1, "CF_GENERIC_OPERATION")
    }

    /// CF_INVALID_OBJECT_STATE: the object is not in a state for it.
    pub fn invalid_state() -> Self {
        Self::new(22, "CF_INVALID_OBJECT_STATE")
    }

    /// CF_RESOURCE_OUT_OF_SERVICE: the engine went away before it answered.
    pub fn out_of_service() -> Self {
        Self::new(34, "CF_RESOURCE_OUT_OF_SERVICE")
    }

    /// CF_REQUEST_TIMEOUT_REJECTION: the engine did not answer in time.
    pub fn timeout() -> Self {
        Self::new(78, "CF_REQUEST_TIMEOUT_REJECTION")
    }

    fn new(code: u16, name: &str) -> Self {
        Self {
            code,
            name: name.to_owned(),
            peripheral: 0,
        }
    }
}

/// Something that the engine is asked to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EngineRequest {
    /// SET_AGENT_STATE_REQ.
    SetAgentState {
        /// Whose.
        login_id: String,
        /// Line of the agent.
        extension: String,
        /// The state asked for.
        state: AskedState,
        /// Reason code number, 0 for none.
        reason: u16,
        /// Whether the agent's own wish does not count (sign-out after lost presence).
        forced: bool,
    },
    /// MAKE_CALL_REQ.
    MakeCall {
        /// Line to call from.
        from: String,
        /// Number to dial.
        to: String,
    },
    /// ANSWER_CALL_REQ, HOLD_CALL_REQ, RETRIEVE_CALL_REQ or CLEAR_CONNECTION_REQ.
    Control {
        /// Which call.
        call: CallId,
        /// Line whose connection is meant.
        device: String,
        /// What to do.
        action: CallAction,
    },
    /// SET_CALL_DATA_REQ.
    SetCallData {
        /// Which call.
        call: CallId,
        /// Line of the agent who asks.
        device: String,
        /// What to set.
        data: CallData,
    },
}

/// A state that can be asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AskedState {
    /// Sign in.
    Login,
    /// Sign out.
    Logout,
    /// Ready for calls.
    Ready,
    /// Not ready for calls.
    NotReady,
}

/// What to do to the own connection of a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallAction {
    /// Pick up.
    Answer,
    /// Put on hold.
    Hold,
    /// Take back.
    Retrieve,
    /// Hang up.
    Drop,
}
