//! Following the switch: what its events mean for calls, agents and clients.

use core::time::Duration;

use super::Engine;
use crate::{
    engine::{
        agent::{AgentState, reason},
        call::Tracked,
        notice::{CallEvent, Party},
    },
    telephony::{Address, AddressKind, CallId, Cause, ConnectionState, Event, TerminalState},
};

impl Engine {
    /// Follows what the switch tells.
    pub(super) fn follow(&mut self, now: Duration, event: Event) {
        match event {
            Event::CallActive(call) => {
                let called_kind = self.kind(&call.called);
                let tracked = Tracked::new(call, called_kind);
                let (id, caller) = (tracked.id(), tracked.calling());
                self.calls.insert(id, tracked);
                self.dirty_calls.insert(id);
                self.tell_call(id, CallEvent::Began, caller, Cause::NewCall);
            }
            Event::Connection {
                call,
                address,
                kind,
                state,
                cause,
            } => {
                self.on_connection(now, call, Party { address, kind }, state, cause);
            }
            Event::Terminal {
                call,
                address,
                state,
                cause,
            } => {
                self.on_terminal(now, call, address, state, cause);
            }
            Event::Data { call, data } => {
                let Some(tracked) = self.calls.get_mut(&call) else {
                    return;
                };
                tracked.call.data = data;
                let caller = tracked.calling();
                self.dirty_calls.insert(call);
                self.tell_call(call, CallEvent::DataUpdated, caller, Cause::Normal);
            }
            Event::CallInvalid { call } => {
                let Some(tracked) = self.calls.get_mut(&call) else {
                    return;
                };
                tracked.over = true;
                let caller = tracked.calling();
                self.dirty_calls.insert(call);
                self.tell_call(call, CallEvent::Cleared, caller, Cause::Normal);
                self.end_if_wrapped_up(Some(call));
            }
        }
    }

    fn on_connection(
        &mut self,
        now: Duration,
        id: CallId,
        party: Party,
        state: ConnectionState,
        cause: Cause,
    ) {
        let Some(tracked) = self.calls.get_mut(&id) else {
            return;
        };
        let is_caller = party.address == tracked.call.calling;
        let leg = tracked.leg_mut(&party.address, party.kind);
        let before = leg.connection;
        leg.connection = state;
        self.dirty_calls.insert(id);
        let line = party.address.clone();
        match (state, party.kind) {
            (ConnectionState::Initiated, AddressKind::Line) => {
                self.tell_call(id, CallEvent::ServiceInitiated, party, cause);
                self.own_call(now, id, &line, reason::OFF_HOOK);
            }
            (ConnectionState::NetworkReached, AddressKind::Line) => {
                self.tell_call(id, CallEvent::Originated, party, cause);
            }
            (ConnectionState::Established, AddressKind::Line)
                if is_caller && before == ConnectionState::Dialing =>
            {
                self.tell_call(id, CallEvent::Originated, party, cause);
            }
            (ConnectionState::Offered, AddressKind::RoutePoint)
                if party.address == self.config.queue.route_point =>
            {
                self.ask_queue(id);
            }
            (ConnectionState::Queued, AddressKind::RoutePoint) => {
                self.enqueue(id);
                self.tell_call(id, CallEvent::Queued, party, cause);
            }
            (ConnectionState::Alerting, AddressKind::Outside) => {
                self.tell_call(id, CallEvent::Delivered, party, cause);
            }
            (ConnectionState::Established, AddressKind::Outside) if !is_caller => {
                self.tell_call(id, CallEvent::Established, party, cause);
            }
            (ConnectionState::Failed, AddressKind::Line) if is_caller => {
                self.tell_call(id, CallEvent::Failed, party, cause);
            }
            (ConnectionState::Disconnected, _) => self.on_disconnected(now, id, party, cause),
            // Steps in between, which no client is told of.
            (
                ConnectionState::Idle
                | ConnectionState::Queued
                | ConnectionState::Offered
                | ConnectionState::Alerting
                | ConnectionState::Initiated
                | ConnectionState::Dialing
                | ConnectionState::NetworkReached
                | ConnectionState::NetworkAlerting
                | ConnectionState::Established
                | ConnectionState::Failed
                | ConnectionState::Unknown,
                _,
            ) => {}
        }
    }

    fn on_disconnected(&mut self, now: Duration, id: CallId, party: Party, cause: Cause) {
        self.waiting
            .retain(|_, waiting| *waiting != id || party.kind != AddressKind::RoutePoint);
        if party.kind != AddressKind::RoutePoint {
            self.tell_call(id, CallEvent::ConnectionCleared, party.clone(), cause);
        }
        if let Some(tracked) = self.calls.get_mut(&id) {
            tracked.call.legs.retain(|leg| leg.address != party.address);
            if cause == Cause::Redirected {
                tracked.last_redirect = Some((party.address.clone(), party.kind));
            }
        }
        if party.kind == AddressKind::Line {
            self.left(now, id, &party.address, cause);
        }
    }

    fn on_terminal(
        &mut self,
        now: Duration,
        id: CallId,
        line: Address,
        state: TerminalState,
        cause: Cause,
    ) {
        let Some(tracked) = self.calls.get_mut(&id) else {
            return;
        };
        let leg = tracked.leg_mut(&line, AddressKind::Line);
        let before = leg.terminal.replace(state);
        self.dirty_calls.insert(id);
        let party = Party {
            address: line.clone(),
            kind: AddressKind::Line,
        };
        match (before, state) {
            (_, TerminalState::Ringing) => {
                self.tell_call(id, CallEvent::Delivered, party, cause);
                self.own_call(now, id, &line, reason::OTHER_CALL);
            }
            (Some(TerminalState::Ringing), TerminalState::Talking) => {
                self.tell_call(id, CallEvent::Established, party, cause);
                self.answered(now, id, &line);
            }
            (Some(TerminalState::Held), TerminalState::Talking) => {
                self.tell_call(id, CallEvent::Retrieved, party, cause);
            }
            (_, TerminalState::Held) => self.tell_call(id, CallEvent::Held, party, cause),
            // Off hook at the caller, and dropped: the connection tells of both.
            (
                _,
                TerminalState::Idle
                | TerminalState::Talking
                | TerminalState::Bridged
                | TerminalState::InUse
                | TerminalState::Dropped
                | TerminalState::Unknown,
            ) => {}
        }
    }

    /// A line got a call that is not the one its agent is reserved for.
    fn own_call(&mut self, now: Duration, id: CallId, line: &Address, reason: u16) {
        let Some(login_id) = self.agent_on(line).map(str::to_owned) else {
            return;
        };
        let Some(agent) = self.agents.get_mut(&login_id) else {
            return;
        };
        if agent.call != Some(id) && agent.state == AgentState::Ready {
            agent.own_call(now, reason);
            self.agent_changed(now, &login_id);
        }
    }

    fn answered(&mut self, now: Duration, id: CallId, line: &Address) {
        let Some(login_id) = self.agent_on(line).map(str::to_owned) else {
            return;
        };
        let Some(agent) = self.agents.get_mut(&login_id) else {
            return;
        };
        if agent.call == Some(id) && agent.state == AgentState::Reserved {
            agent.talk(now);
            self.agent_changed(now, &login_id);
        }
    }

    /// A line left a call.
    fn left(&mut self, now: Duration, id: CallId, line: &Address, cause: Cause) {
        let Some(login_id) = self.agent_on(line).map(str::to_owned) else {
            return;
        };
        let wrap_up = self.config.queue.wrap_up;
        let idle = self.line_is_idle(line);
        let Some(agent) = self.agents.get_mut(&login_id) else {
            return;
        };
        let before = agent.clone();
        if agent.call == Some(id) {
            match (agent.state, cause) {
                (AgentState::Reserved, Cause::Redirected | Cause::NoAnswer) => agent.no_answer(now),
                (AgentState::Reserved, _) => agent.give_back(now),
                (AgentState::Talking, _) => agent.call_ended(now, wrap_up),
                (
                    AgentState::Logout
                    | AgentState::NotReady
                    | AgentState::Ready
                    | AgentState::Work,
                    _,
                ) => {}
            }
        } else if idle {
            agent.line_idle(now);
        }
        if *agent != before {
            self.agent_changed(now, &login_id);
        }
    }

    fn kind(&self, address: &Address) -> AddressKind {
        if self.is_line(address) {
            AddressKind::Line
        } else if *address == self.config.queue.route_point {
            AddressKind::RoutePoint
        } else {
            AddressKind::Outside
        }
    }
}
