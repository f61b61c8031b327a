//! What clients ask, and how the engine goes about it.

use core::time::Duration;

use super::{Engine, Purpose, Ticket};
use crate::{
    engine::{
        agent::{Agent, AgentState, Asked, Force},
        call::Tracked,
        failure::Failure,
        machine::Output,
        machine::Profile,
        notice::CallEvent,
    },
    telephony::{Address, CallData, CallId, Cause, Request, TerminalState},
};

/// What a client asks the engine to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Command {
    /// Change an agent's state.
    SetState {
        /// Login id.
        login_id: String,
        /// The line to sign in on; the agent's own if absent.
        line: Option<Address>,
        /// The state.
        asked: Asked,
        /// Who wants it.
        force: Force,
    },
    /// Place a call.
    MakeCall {
        /// The line, on which an agent must be signed in.
        line: Address,
        /// The number.
        to: Address,
        /// Variables of the call.
        data: CallData,
    },
    /// Answer a call, or the one that rings.
    Answer {
        /// The call.
        call: Option<CallId>,
        /// The line.
        line: Address,
    },
    /// Put a call on hold.
    Hold {
        /// The call.
        call: CallId,
        /// The line.
        line: Address,
    },
    /// Take a call back.
    Retrieve {
        /// The call.
        call: CallId,
        /// The line.
        line: Address,
    },
    /// Leave a call.
    Drop {
        /// The call.
        call: CallId,
        /// The line.
        line: Address,
    },
    /// End a call for everybody.
    Clear {
        /// The call.
        call: CallId,
    },
    /// Set variables of a call.
    SetData {
        /// The call.
        call: CallId,
        /// The variables to set.
        data: CallData,
    },
}

/// What came of a command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Done {
    /// The new call, where one was made.
    pub call: Option<CallId>,
}

impl Engine {
    /// A client asks for something. The answer comes as [`Output::Answer`], at once or later.
    pub fn command(&mut self, now: Duration, ticket: Ticket, command: Command) {
        let request = match command {
            Command::SetState {
                login_id,
                line,
                asked,
                force,
            } => {
                let result = self.set_state(now, &login_id, line, asked, force);
                let result = result.map(|()| Done { call: None });
                self.outputs.push_back(Output::Answer { ticket, result });
                self.settle(now);
                return;
            }
            Command::SetData { call, data } if self.calls.get(&call).is_some_and(|c| c.over) => {
                let result = self.set_data_after_the_end(call, data);
                let result = result.map(|()| Done { call: None });
                self.outputs.push_back(Output::Answer { ticket, result });
                self.settle(now);
                return;
            }
            Command::MakeCall { line, to, data } => self
                .agent_on(&line)
                .map(|_| Request::MakeCall {
                    from: line.clone(),
                    to,
                    data,
                })
                .ok_or(Failure::INVALID_CALLING_DEVICE),
            Command::Answer {
                call: Some(call),
                line,
            } => Ok(Request::Answer {
                call,
                address: line,
            }),
            Command::Answer { call: None, line } => self
                .ringing_at(&line)
                .map(|call| Request::Answer {
                    call,
                    address: line,
                })
                .ok_or(Failure::NO_CALL_TO_ANSWER),
            Command::Hold { call, line } => Ok(Request::Hold {
                call,
                address: line,
            }),
            Command::Retrieve { call, line } => Ok(Request::Unhold {
                call,
                address: line,
            }),
            Command::Drop { call, line } => Ok(Request::Disconnect {
                call,
                address: line,
            }),
            Command::Clear { call } => Ok(Request::Clear { call }),
            Command::SetData { call, data } => Ok(Request::SetData { call, data }),
        };
        match request {
            Ok(request) if self.in_service => self.ask(Purpose::Command(ticket), request),
            Ok(_) => self.refuse(ticket, Failure::OUT_OF_SERVICE),
            Err(failure) => self.refuse(ticket, failure),
        }
    }

    fn set_state(
        &mut self,
        now: Duration,
        login_id: &str,
        line: Option<Address>,
        asked: Asked,
        force: Force,
    ) -> Result<(), Failure> {
        let agent = self.agents.get(login_id).ok_or(Failure::UNKNOWN_AGENT)?;
        let before = agent.clone();
        if asked == Asked::Login {
            let line = self.sign_in_line(login_id, agent, line)?;
            if let Some(agent) = self.agents.get_mut(login_id) {
                agent.sign_in(now, line);
            }
        } else if let Some(agent) = self.agents.get_mut(login_id) {
            agent.ask(now, asked, force)?;
        }
        // Signing in again is an event too: whoever asked waits for one.
        if asked == Asked::Login || self.agents.get(login_id) != Some(&before) {
            self.agent_changed(now, login_id);
        }
        match before.state {
            AgentState::Reserved if matches!(asked, Asked::Logout(_)) => {
                self.take_back(login_id.to_owned(), before.call, before.line);
            }
            AgentState::Work => self.end_if_wrapped_up(before.call),
            AgentState::Logout
            | AgentState::NotReady
            | AgentState::Ready
            | AgentState::Reserved
            | AgentState::Talking => {}
        }
        Ok(())
    }

    /// The line to sign in on, if the agent may have it.
    fn sign_in_line(
        &self,
        login_id: &str,
        agent: &Agent,
        line: Option<Address>,
    ) -> Result<Address, Failure> {
        let profile = self.profile(login_id).ok_or(Failure::UNKNOWN_AGENT)?;
        let line = line.unwrap_or_else(|| profile.extension.clone());
        if !self.is_line(&line) {
            return Err(Failure::INVALID_LOGON_DEVICE);
        }
        if self.agent_on(&line).is_some_and(|other| other != login_id) {
            return Err(Failure::BUSY);
        }
        if line != profile.extension || agent.line.as_ref().is_some_and(|old| *old != line) {
            return Err(Failure::INVALID_LOGON_DEVICE);
        }
        if !self.in_service {
            return Err(Failure::OUT_OF_SERVICE);
        }
        Ok(line)
    }

    /// The switch has forgotten a call that is being wrapped up; the engine has not.
    fn set_data_after_the_end(&mut self, id: CallId, data: CallData) -> Result<(), Failure> {
        let tracked = self.calls.get_mut(&id).ok_or(Failure::UNKNOWN_CALL)?;
        let mut merged = tracked.call.data.clone();
        merged.0.extend(data.0);
        if !merged.is_valid() {
            return Err(Failure::VALUE_OUT_OF_RANGE);
        }
        tracked.call.data = merged;
        let caller = tracked.calling();
        self.dirty_calls.insert(id);
        self.tell_call(id, CallEvent::DataUpdated, caller, Cause::Normal);
        Ok(())
    }

    pub(super) fn profile(&self, login_id: &str) -> Option<&Profile> {
        self.config
            .agents
            .iter()
            .find(|profile| profile.login_id == login_id)
    }

    fn ringing_at(&self, line: &Address) -> Option<CallId> {
        let rings = |tracked: &&Tracked| {
            tracked.call.leg(line).and_then(|leg| leg.terminal) == Some(TerminalState::Ringing)
        };
        self.calls.values().find(rings).map(Tracked::id)
    }
}
