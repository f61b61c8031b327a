//! What the engine keeps, so that the next one can go on.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    agent::{Agent, AgentState},
    call::Tracked,
};
use crate::telephony::{Address, CallId};

/// A change to what is kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// An agent's state.
    Agent(AgentRecord),
    /// A call.
    Call(Box<Tracked>),
    /// A call that is no more.
    CallGone(CallId),
}

/// Everything that was kept.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Saved {
    /// Agents that ever changed state.
    pub agents: Vec<AgentRecord>,
    /// Calls.
    pub calls: Vec<Tracked>,
}

/// An agent's state as it is kept.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AgentRecord {
    /// Login id.
    pub login_id: String,
    /// The state.
    pub state: AgentState,
    /// Reason code; 0 for none.
    pub reason: u16,
    /// Since when, in milliseconds of the engine's clock.
    pub since_ms: u64,
    /// The line, while signed in.
    pub line: Option<Address>,
    /// Reason code of a NOT_READY that waits for the end of the call.
    pub pending: Option<u16>,
    /// The call of the queue.
    pub call: Option<CallId>,
    /// When RESERVED or WORK ends by itself, in milliseconds of the engine's clock.
    pub due_ms: Option<u64>,
    /// See [`Agent::resumes`].
    pub resumes: bool,
}

impl AgentRecord {
    /// The record of an agent.
    #[must_use]
    pub fn of(login_id: &str, agent: &Agent) -> Self {
        Self {
            login_id: login_id.to_owned(),
            state: agent.state,
            reason: agent.reason,
            since_ms: to_ms(agent.since),
            line: agent.line.clone(),
            pending: agent.pending,
            call: agent.call,
            due_ms: agent.due.map(to_ms),
            resumes: agent.resumes,
        }
    }

    /// The agent of a record.
    #[must_use]
    pub fn agent(&self) -> Agent {
        Agent {
            state: self.state,
            reason: self.reason,
            since: Duration::from_millis(self.since_ms),
            line: self.line.clone(),
            pending: self.pending,
            call: self.call,
            due: self.due_ms.map(Duration::from_millis),
            resumes: self.resumes,
        }
    }
}

fn to_ms(at: Duration) -> u64 {
    u64::try_from(at.as_millis()).unwrap_or(u64::MAX)
}
