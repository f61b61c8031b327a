//! The queue: which call goes to which agent, and what happens when it cannot.

use core::time::Duration;

use super::{Engine, Purpose};
use crate::{
    engine::{
        agent::{Agent, AgentState},
        call::Tracked,
        notice::CallEvent,
    },
    telephony::{Address, CallId, Cause, ConnectionState, Refusal, Request, TerminalState},
};

impl Engine {
    /// Asks that a call offered at the route point may wait there, unless that is asked already.
    pub(super) fn ask_queue(&mut self, call: CallId) {
        let asked =
            |purpose: &Purpose| matches!(purpose, Purpose::Queue { call: asked } if *asked == call);
        if !self.asked.values().any(asked) {
            let address = self.config.queue.route_point.clone();
            self.ask(Purpose::Queue { call }, Request::Queue { call, address });
        }
    }

    /// Asks for what the state of the calls calls for, whatever was asked before and came to
    /// nothing: calls offered at the route point are to wait, and calls that ring where nobody is
    /// signed in are to come back.
    pub(super) fn ask_again(&mut self) {
        for call in self.at_route_point(ConnectionState::Offered) {
            self.ask_queue(call);
        }
        let stranded: Vec<(String, CallId, Address)> = self
            .config
            .agents
            .iter()
            .filter_map(|profile| {
                let line = profile.extension.clone();
                let call = self.stranded_at(&line)?;
                Some((profile.login_id.clone(), call, line))
            })
            .collect();
        for (login_id, call, line) in stranded {
            self.take_back(login_id, Some(call), Some(line));
        }
    }

    /// The call of the queue that rings at a line on which nobody is signed in.
    fn stranded_at(&self, line: &Address) -> Option<CallId> {
        let rings = |tracked: &&Tracked| {
            let terminal = tracked.call.leg(line).and_then(|leg| leg.terminal);
            tracked.arrival.is_some() && terminal == Some(TerminalState::Ringing)
        };
        let call = self.calls.values().find(rings).map(Tracked::id)?;
        self.agent_on(line).is_none().then_some(call)
    }

    fn pause(&mut self, now: Duration) {
        self.pause = Some(now.saturating_add(PAUSE));
    }

    pub(super) fn queue_refused(&mut self, now: Duration, call: CallId, refusal: Refusal) {
        // Mostly the call has gone or moved on, and the switch has said so. After `Lost` comes a
        // snapshot.
        let offered = self.at_route_point(ConnectionState::Offered);
        if refusal != Refusal::Lost && offered.contains(&call) {
            self.pause(now);
        }
    }

    pub(super) fn enqueue(&mut self, id: CallId) {
        let Some(tracked) = self.calls.get_mut(&id) else {
            return;
        };
        let arrival = *tracked.arrival.get_or_insert_with(|| {
            let arrival = self.next_arrival;
            self.next_arrival += 1;
            arrival
        });
        self.waiting.insert(arrival, id);
    }

    /// Sends the call that has waited longest to the agent who has waited longest, while there are
    /// both.
    pub(super) fn dispatch(&mut self, now: Duration) {
        while self.in_service && self.pause.is_none() {
            let Some((&arrival, &call)) = self.waiting.first_key_value() else {
                return;
            };
            let Some(login_id) = self.longest_ready() else {
                return;
            };
            let Some(agent) = self.agents.get_mut(&login_id) else {
                return;
            };
            let Some(line) = agent.line.clone() else {
                return;
            };
            self.waiting.remove(&arrival);
            agent.reserve(now, call, now.saturating_add(self.config.ring_limit));
            self.agent_changed(now, &login_id);
            let address = self.config.queue.route_point.clone();
            self.ask(
                Purpose::Route { login_id, call },
                Request::Route {
                    call,
                    address,
                    to: line,
                },
            );
        }
    }

    /// The agent who has been READY longest and whose line is on no call. Equals go by login id.
    fn longest_ready(&self) -> Option<String> {
        self.agents
            .iter()
            .filter(|(_, agent)| agent.state == AgentState::Ready)
            .filter(|(_, agent)| {
                agent
                    .line
                    .as_ref()
                    .is_some_and(|line| self.line_is_idle(line))
            })
            .min_by_key(|(login_id, agent)| (agent.since, *login_id))
            .map(|(login_id, _)| login_id.clone())
    }

    pub(super) fn route_refused(
        &mut self,
        now: Duration,
        login_id: &str,
        call: CallId,
        refusal: Refusal,
    ) {
        if refusal == Refusal::Lost {
            // The next snapshot says where the call is.
            return;
        }
        let Some(agent) = self.agents.get_mut(login_id) else {
            return;
        };
        if agent.call == Some(call) && agent.state == AgentState::Reserved {
            if refusal == Refusal::Busy {
                agent.line_refused(now);
            } else {
                agent.give_back(now);
            }
            self.agent_changed(now, login_id);
        }
        if self.is_queued(call) {
            self.enqueue(call);
            // Nothing about the agent's line: it would be refused again at once.
            if refusal != Refusal::Busy {
                self.pause(now);
            }
        }
    }

    /// Nobody else looks after an agent whose ring limit is over: either the call is still there
    /// and the limit runs anew, or the agent is free.
    pub(super) fn take_back_refused(
        &mut self,
        now: Duration,
        login_id: &str,
        call: CallId,
        refusal: Refusal,
    ) {
        if refusal == Refusal::Lost {
            // The next snapshot says where the call is.
            return;
        }
        let terminal = self.terminal_at_agent(login_id);
        let stranded = self
            .profile(login_id)
            .is_some_and(|profile| self.stranded_at(&profile.extension) == Some(call));
        if stranded {
            self.pause(now);
        }
        let Some(agent) = self.agents.get_mut(login_id) else {
            return;
        };
        if agent.state != AgentState::Reserved || agent.call != Some(call) {
            return;
        }
        // What was not sent says nothing about the call, which may be on its way to the line.
        if refusal == Refusal::Overrun || terminal == Some(TerminalState::Ringing) {
            agent.due = Some(now.saturating_add(PAUSE));
            return;
        }
        agent.give_back(now);
        self.agent_changed(now, login_id);
        if self.is_queued(call) {
            self.enqueue(call);
        }
    }

    /// What an agent's phone does with the call that the agent is reserved for or on.
    fn terminal_at_agent(&self, login_id: &str) -> Option<TerminalState> {
        let agent = self.agents.get(login_id)?;
        let (call, line) = agent.call.zip(agent.line.as_ref())?;
        self.calls.get(&call)?.call.leg(line)?.terminal
    }

    /// After a snapshot: agents whose call is elsewhere than they think.
    pub(super) fn put_right(&mut self, now: Duration) {
        let wrap_up = self.config.queue.wrap_up;
        self.ask_again();
        for call in self.at_route_point(ConnectionState::Queued) {
            self.enqueue(call);
        }
        let login_ids: Vec<String> = self.agents.keys().cloned().collect();
        for login_id in login_ids {
            let Some(agent) = self.agents.get(&login_id) else {
                continue;
            };
            let leg = self.terminal_at_agent(&login_id);
            let idle = agent
                .line
                .as_ref()
                .is_none_or(|line| self.line_is_idle(line));
            let before = agent.clone();
            let Some(agent) = self.agents.get_mut(&login_id) else {
                continue;
            };
            match (agent.state, leg) {
                (AgentState::Reserved, Some(TerminalState::Ringing)) => {
                    // Whoever was to take the call back may not have lived to do it.
                    agent.due = agent.due.or(Some(now));
                }
                (AgentState::Reserved, Some(TerminalState::Talking | TerminalState::Held)) => {
                    agent.talk(now);
                }
                (AgentState::Reserved, _) => agent.give_back(now),
                (AgentState::Talking, None) => agent.call_ended(now, wrap_up),
                (AgentState::NotReady, _) if idle => agent.line_idle(now),
                (
                    AgentState::Logout
                    | AgentState::NotReady
                    | AgentState::Ready
                    | AgentState::Talking
                    | AgentState::Work,
                    _,
                ) => {}
            }
            if *agent != before {
                self.agent_changed(now, &login_id);
            }
        }
        let over: Vec<CallId> = self
            .calls
            .values()
            .filter(|call| call.over)
            .map(Tracked::id)
            .collect();
        for call in over {
            self.end_if_wrapped_up(Some(call));
        }
    }

    pub(super) fn take_back(
        &mut self,
        login_id: String,
        call: Option<CallId>,
        line: Option<Address>,
    ) {
        if let Some((call, address)) = call.zip(line) {
            let to = self.config.queue.route_point.clone();
            let request = Request::Redirect { call, address, to };
            self.ask(Purpose::TakeBack { login_id, call }, request);
        }
    }

    /// END_CALL waits until nobody wraps the call up.
    pub(super) fn end_if_wrapped_up(&mut self, call: Option<CallId>) {
        let Some(id) = call else { return };
        let Some(tracked) = self.calls.get(&id) else {
            return;
        };
        let wrapped_up = |agent: &Agent| agent.call == Some(id) && agent.state == AgentState::Work;
        if tracked.over && !self.agents.values().any(wrapped_up) {
            let caller = tracked.calling();
            self.tell_call(id, CallEvent::Ended, caller, Cause::Normal);
            self.calls.remove(&id);
            self.dirty_calls.insert(id);
        }
    }

    fn is_queued(&self, call: CallId) -> bool {
        let connection = self
            .calls
            .get(&call)
            .and_then(|tracked| self.connection_at_route_point(tracked));
        connection == Some(ConnectionState::Queued)
    }

    /// Calls whose connection at the route point is in this state.
    fn at_route_point(&self, state: ConnectionState) -> Vec<CallId> {
        self.calls
            .values()
            .filter(|tracked| self.connection_at_route_point(tracked) == Some(state))
            .map(Tracked::id)
            .collect()
    }

    fn connection_at_route_point(&self, tracked: &Tracked) -> Option<ConnectionState> {
        let leg = tracked.call.leg(&self.config.queue.route_point)?;
        Some(leg.connection)
    }
}

/// How long the engine lets a switch be that refused what should have been possible.
const PAUSE: Duration = Duration::from_secs(1);
