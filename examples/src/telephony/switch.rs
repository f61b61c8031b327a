//! The switch: calls, their legs, and the clock that makes phones stop ringing.
//!
//! A machine without sockets or clock. After each [`Switch::handle_request`] or
//! [`Switch::handle_timeout`] drain [`Switch::poll_event`] and re-arm from
//! [`Switch::poll_timeout`].

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::message::{
    Address, AddressKind, Call, CallData, CallId, Cause, Event, Leg, Origin, Refusal, Reply,
    Request, SimulatedCall, Snapshot,
};
use super::state::{CallState, ConnectionState, TerminalState};

/// The numbers of a switch and its limits.
#[derive(Clone, Debug)]
pub struct Config {
    /// Lines: each is one phone.
    pub lines: BTreeSet<Address>,
    /// CTI route points.
    pub route_points: BTreeSet<Address>,
    /// Digits that a line dials to get out. What follows is not looked at; somebody answers.
    pub outside_prefix: String,
    /// Number of the first call. A host that starts a switch anew passes a higher one each time,
    /// so that no program takes a new call for an old one.
    pub first_call: CallId,
    /// How long a line rings before the call to it fails. A program that routes calls takes them
    /// back sooner.
    pub no_answer: Duration,
    /// How long a number outside rings before somebody answers.
    pub outside_answer: Duration,
    /// Most calls at one time.
    pub max_calls: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            lines: BTreeSet::new(),
            route_points: BTreeSet::new(),
            outside_prefix: "9".to_owned(),
            first_call: CallId(1),
            no_answer: Duration::from_secs(60),
            outside_answer: Duration::from_secs(2),
            // A snapshot of this many calls with full variables stays within one line of the
            // line protocol.
            max_calls: 250,
        }
    }
}

/// An event with its place in the order of events.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sequenced {
    /// Counts from 1, without gaps.
    pub sequence: u64,
    /// The event.
    pub event: Event,
}

/// The simulated switch.
#[derive(Debug)]
pub struct Switch {
    config: Config,
    calls: BTreeMap<CallId, Live>,
    next_call: CallId,
    timers: BTreeSet<(Duration, Timer)>,
    sequence: u64,
    events: VecDeque<Sequenced>,
}

#[derive(Debug)]
struct Live {
    call: Call,
    state: CallState,
    /// How long the simulated caller stays once answered.
    talk: Option<Duration>,
    answered: bool,
}

#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Timer {
    call: CallId,
    address: Address,
    kind: TimerKind,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum TimerKind {
    NoAnswer,
    OutsideAnswer,
    HangUp,
}

impl Switch {
    /// A switch without calls.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            next_call: config.first_call,
            config,
            calls: BTreeMap::new(),
            timers: BTreeSet::new(),
            sequence: 0,
            events: VecDeque::new(),
        }
    }

    /// Carries out a request, or refuses it and changes nothing.
    ///
    /// # Errors
    ///
    /// [`Refusal`] when what the [`Request`] needs does not hold.
    pub fn handle_request(&mut self, now: Duration, request: Request) -> Result<Reply, Refusal> {
        let done = match request {
            Request::MakeCall { from, to, data } => {
                return self.make_call(now, from, to, data).map(Reply::Call);
            }
            Request::SimulateCall(simulated) => {
                return self.simulate(now, simulated).map(Reply::Call);
            }
            Request::Snapshot => return Ok(Reply::Snapshot(self.snapshot())),
            Request::Ping => Ok(()),
            Request::Answer { call, address } => self.answer(now, call, &address),
            Request::Hold { call, address } => self.hold(call, &address),
            Request::Unhold { call, address } => self.unhold(call, &address),
            Request::Disconnect { call, address } => self.disconnect(call, &address),
            Request::Clear { call } => self.clear(call),
            Request::Redirect { call, address, to } => {
                const FROM: [ConnectionState; 2] =
                    [ConnectionState::Offered, ConnectionState::Alerting];
                self.send_on(now, call, &address, to, &FROM)
            }
            Request::Queue { call, address } => self.queue(call, &address),
            Request::Route { call, address, to } => {
                self.send_on(now, call, &address, to, &[ConnectionState::Queued])
            }
            Request::SetData { call, data } => self.set_data(call, data),
        };
        done.map(|()| Reply::Done)
    }

    /// Lets time pass. Harmless when nothing is due.
    pub fn handle_timeout(&mut self, now: Duration) {
        while let Some((due, _)) = self.timers.first() {
            if *due > now {
                return;
            }
            let Some((_, timer)) = self.timers.pop_first() else {
                return;
            };
            // A timer whose call has moved on finds a state that refuses the step.
            let _moved_on = match timer.kind {
                TimerKind::NoAnswer => self.give_up_ringing(timer.call, &timer.address),
                TimerKind::OutsideAnswer => self.answer_outside(now, timer.call, &timer.address),
                TimerKind::HangUp => self.disconnect(timer.call, &timer.address),
            };
        }
    }

    /// Takes the next event.
    pub fn poll_event(&mut self) -> Option<Sequenced> {
        self.events.pop_front()
    }

    /// When [`Self::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.timers.first().map(|(due, _)| *due)
    }

    /// Everything as it stands after the last event.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            sequence: self.sequence,
            lines: self.config.lines.iter().cloned().collect(),
            route_points: self.config.route_points.iter().cloned().collect(),
            calls: self.calls.values().map(|live| live.call.clone()).collect(),
        }
    }

    /// Number of the last event.
    #[must_use]
    pub fn last_sequence(&self) -> u64 {
        self.sequence
    }

    fn make_call(
        &mut self,
        now: Duration,
        from: Address,
        to: Address,
        data: CallData,
    ) -> Result<CallId, Refusal> {
        if !self.config.lines.contains(&from) {
            return Err(Refusal::UnknownAddress);
        }
        if from == to {
            return Err(Refusal::BadDestination);
        }
        if self.uses_phone(&from, None) || self.calls_of(&from) >= MAX_CALLS_OF_LINE {
            return Err(Refusal::Busy);
        }
        let id = self.begin(Origin::Line, &from, &to, data)?;
        self.add_leg(id, &from, AddressKind::Line)?;
        self.connection(id, &from, ConnectionState::Initiated, Cause::NewCall)?;
        self.terminal(id, &from, TerminalState::Talking, Cause::NewCall)?;
        self.connection(id, &from, ConnectionState::Dialing, Cause::Normal)?;
        match self.destination(&to) {
            Ok(AddressKind::Outside) => {
                self.connection(id, &from, ConnectionState::NetworkReached, Cause::Normal)?;
                self.offer(now, id, &to, AddressKind::Outside, Cause::NewCall)?;
                self.connection(id, &from, ConnectionState::NetworkAlerting, Cause::Normal)?;
            }
            Ok(kind @ (AddressKind::Line | AddressKind::RoutePoint)) => {
                self.connection(id, &from, ConnectionState::Established, Cause::Normal)?;
                self.offer(now, id, &to, kind, Cause::NewCall)?;
            }
            Err(cause) => self.connection(id, &from, ConnectionState::Failed, cause)?,
        }
        Ok(id)
    }

    fn simulate(&mut self, now: Duration, simulated: SimulatedCall) -> Result<CallId, Refusal> {
        let SimulatedCall {
            from,
            to,
            data,
            patience_ms,
            talk_ms,
        } = simulated;
        if self.kind(&from) != AddressKind::Outside {
            return Err(Refusal::UnknownAddress);
        }
        let kind = match self.destination(&to) {
            Ok(AddressKind::Outside) | Err(Cause::BadDestination) => {
                return Err(Refusal::BadDestination);
            }
            Ok(kind @ (AddressKind::Line | AddressKind::RoutePoint)) => kind,
            Err(_) => return Err(Refusal::Busy),
        };
        let id = self.begin(Origin::Inbound, &from, &to, data)?;
        if let Some(live) = self.calls.get_mut(&id) {
            live.talk = talk_ms.map(|ms| Duration::from_millis(ms.into()));
        }
        self.add_leg(id, &from, AddressKind::Outside)?;
        self.connection(id, &from, ConnectionState::Initiated, Cause::NewCall)?;
        self.connection(id, &from, ConnectionState::Dialing, Cause::Normal)?;
        self.connection(id, &from, ConnectionState::Established, Cause::Normal)?;
        self.offer(now, id, &to, kind, Cause::NewCall)?;
        if let Some(patience) = patience_ms {
            let due = now.saturating_add(Duration::from_millis(patience.into()));
            self.start_timer(due, id, &from, TimerKind::HangUp);
        }
        Ok(id)
    }

    fn answer(&mut self, now: Duration, id: CallId, address: &Address) -> Result<(), Refusal> {
        let leg = self.leg(id, address)?;
        if leg.terminal != Some(TerminalState::Ringing) {
            return Err(Refusal::InvalidState);
        }
        self.connection(id, address, ConnectionState::Established, Cause::Normal)?;
        self.terminal(id, address, TerminalState::Talking, Cause::Normal)?;
        self.answered(now, id, address);
        Ok(())
    }

    fn hold(&mut self, id: CallId, address: &Address) -> Result<(), Refusal> {
        let leg = self.leg(id, address)?;
        if leg.terminal != Some(TerminalState::Talking)
            || leg.connection != ConnectionState::Established
        {
            return Err(Refusal::InvalidState);
        }
        self.terminal(id, address, TerminalState::Held, Cause::Normal)
    }

    fn unhold(&mut self, id: CallId, address: &Address) -> Result<(), Refusal> {
        if self.leg(id, address)?.terminal != Some(TerminalState::Held) {
            return Err(Refusal::InvalidState);
        }
        if self.uses_phone(address, Some(id)) {
            return Err(Refusal::Busy);
        }
        self.terminal(id, address, TerminalState::Talking, Cause::Normal)
    }

    fn disconnect(&mut self, id: CallId, address: &Address) -> Result<(), Refusal> {
        if !self.leg(id, address)?.connection.is_live() {
            return Err(Refusal::InvalidState);
        }
        self.drop_leg(id, address, Cause::Normal)?;
        self.settle(id)
    }

    fn clear(&mut self, id: CallId) -> Result<(), Refusal> {
        let live = self.calls.get(&id).ok_or(Refusal::UnknownCall)?;
        let addresses: Vec<Address> = live
            .call
            .legs
            .iter()
            .map(|leg| leg.address.clone())
            .collect();
        for address in &addresses {
            self.drop_leg(id, address, Cause::Normal)?;
        }
        self.settle(id)
    }

    fn queue(&mut self, id: CallId, address: &Address) -> Result<(), Refusal> {
        let leg = self.leg(id, address)?;
        if leg.kind != AddressKind::RoutePoint {
            return Err(Refusal::UnknownAddress);
        }
        if leg.connection != ConnectionState::Offered {
            return Err(Refusal::InvalidState);
        }
        self.connection(id, address, ConnectionState::Queued, Cause::Normal)
    }

    /// Redirects from one of the states `from`. A queued call is offered again first: JTAPI has
    /// no other way out of a queue that ends at another address.
    fn send_on(
        &mut self,
        now: Duration,
        id: CallId,
        address: &Address,
        to: Address,
        from: &[ConnectionState],
    ) -> Result<(), Refusal> {
        let state = self.leg(id, address)?.connection;
        if !from.contains(&state) {
            return Err(Refusal::InvalidState);
        }
        if self.leg(id, &to).is_ok() {
            return Err(Refusal::BadDestination);
        }
        let kind = self.destination(&to).map_err(|cause| match cause {
            Cause::Busy => Refusal::Busy,
            Cause::Normal
            | Cause::NewCall
            | Cause::BadDestination
            | Cause::NoAnswer
            | Cause::Redirected => Refusal::BadDestination,
        })?;
        if state == ConnectionState::Queued {
            self.connection(id, address, ConnectionState::Offered, Cause::Normal)?;
        }
        self.drop_leg(id, address, Cause::Redirected)?;
        self.offer(now, id, &to, kind, Cause::Redirected)
    }

    fn set_data(&mut self, id: CallId, data: CallData) -> Result<(), Refusal> {
        let live = self.calls.get_mut(&id).ok_or(Refusal::UnknownCall)?;
        let mut merged = live.call.data.clone();
        merged.0.extend(data.0);
        if !merged.is_valid() {
            return Err(Refusal::InvalidData);
        }
        live.call.data = merged.clone();
        self.emit(Event::Data {
            call: id,
            data: merged,
        });
        Ok(())
    }

    /// Nobody answered: the line's connection fails and goes, and the caller hears about it. A
    /// caller outside hangs up.
    fn give_up_ringing(&mut self, id: CallId, address: &Address) -> Result<(), Refusal> {
        if self.leg(id, address)?.connection != ConnectionState::Alerting {
            return Err(Refusal::InvalidState);
        }
        self.connection(id, address, ConnectionState::Failed, Cause::NoAnswer)?;
        self.drop_leg(id, address, Cause::NoAnswer)?;
        let callers: Vec<(Address, AddressKind)> = self
            .calls
            .get(&id)
            .map(|live| {
                live.call
                    .legs
                    .iter()
                    .map(|leg| (leg.address.clone(), leg.kind))
                    .collect()
            })
            .unwrap_or_default();
        for (caller, kind) in callers {
            if kind == AddressKind::Line {
                self.connection(id, &caller, ConnectionState::Failed, Cause::NoAnswer)?;
            } else {
                self.drop_leg(id, &caller, Cause::NoAnswer)?;
            }
        }
        self.end_if_empty(id)
    }

    fn answer_outside(
        &mut self,
        now: Duration,
        id: CallId,
        address: &Address,
    ) -> Result<(), Refusal> {
        self.connection(id, address, ConnectionState::Established, Cause::Normal)?;
        self.answered(now, id, address);
        let waiting: Vec<Address> = self
            .calls
            .get(&id)
            .map(|live| {
                let waits = |leg: &&Leg| leg.connection == ConnectionState::NetworkAlerting;
                live.call
                    .legs
                    .iter()
                    .filter(waits)
                    .map(|leg| leg.address.clone())
                    .collect()
            })
            .unwrap_or_default();
        for caller in waiting {
            self.connection(id, &caller, ConnectionState::Established, Cause::Normal)?;
        }
        Ok(())
    }

    /// The first answer ends a simulated caller's patience and starts the time it stays.
    fn answered(&mut self, now: Duration, id: CallId, address: &Address) {
        self.timers
            .retain(|(_, timer)| timer.call != id || timer.address != *address);
        let Some(live) = self.calls.get_mut(&id) else {
            return;
        };
        if live.call.origin != Origin::Inbound || live.answered {
            return;
        }
        live.answered = true;
        let caller = live.call.calling.clone();
        let talk = live.talk;
        self.timers
            .retain(|(_, timer)| timer.call != id || timer.kind != TimerKind::HangUp);
        if let Some(talk) = talk {
            self.start_timer(now.saturating_add(talk), id, &caller, TimerKind::HangUp);
        }
    }

    fn begin(
        &mut self,
        origin: Origin,
        calling: &Address,
        called: &Address,
        data: CallData,
    ) -> Result<CallId, Refusal> {
        if !data.is_valid() {
            return Err(Refusal::InvalidData);
        }
        if self.calls.len() >= self.config.max_calls {
            return Err(Refusal::Full);
        }
        let id = self.next_call;
        self.next_call = CallId(match id.0.wrapping_add(1) {
            // 0 and the CTI protocol's "no call" are left out.
            0 | u32::MAX => 1,
            next => next,
        });
        let call = Call {
            id,
            origin,
            calling: calling.clone(),
            called: called.clone(),
            data,
            legs: Vec::new(),
        };
        let live = Live {
            call,
            state: CallState::Idle,
            talk: None,
            answered: false,
        };
        self.calls.insert(id, live);
        self.call_state(id, CallState::Active);
        Ok(id)
    }

    fn add_leg(&mut self, id: CallId, address: &Address, kind: AddressKind) -> Result<(), Refusal> {
        let live = self.calls.get_mut(&id).ok_or(Refusal::UnknownCall)?;
        live.call.legs.push(Leg {
            address: address.clone(),
            kind,
            connection: ConnectionState::Idle,
            terminal: None,
        });
        Ok(())
    }

    /// The call reaches an address.
    fn offer(
        &mut self,
        now: Duration,
        id: CallId,
        to: &Address,
        kind: AddressKind,
        cause: Cause,
    ) -> Result<(), Refusal> {
        self.add_leg(id, to, kind)?;
        self.connection(id, to, ConnectionState::Offered, cause)?;
        match kind {
            AddressKind::RoutePoint => {}
            AddressKind::Line => {
                self.connection(id, to, ConnectionState::Alerting, cause)?;
                self.terminal(id, to, TerminalState::Ringing, cause)?;
                let due = now.saturating_add(self.config.no_answer);
                self.start_timer(due, id, to, TimerKind::NoAnswer);
            }
            AddressKind::Outside => {
                self.connection(id, to, ConnectionState::Alerting, cause)?;
                let due = now.saturating_add(self.config.outside_answer);
                self.start_timer(due, id, to, TimerKind::OutsideAnswer);
            }
        }
        Ok(())
    }

    /// The one place where a connection changes.
    fn connection(
        &mut self,
        id: CallId,
        address: &Address,
        next: ConnectionState,
        cause: Cause,
    ) -> Result<(), Refusal> {
        let leg = self.leg_mut(id, address)?;
        if !leg.connection.may_become(next) {
            return Err(Refusal::InvalidState);
        }
        leg.connection = next;
        let kind = leg.kind;
        self.emit(Event::Connection {
            call: id,
            address: address.clone(),
            kind,
            state: next,
            cause,
        });
        Ok(())
    }

    /// The one place where a terminal connection changes.
    fn terminal(
        &mut self,
        id: CallId,
        address: &Address,
        next: TerminalState,
        cause: Cause,
    ) -> Result<(), Refusal> {
        let leg = self.leg_mut(id, address)?;
        if !leg.terminal.unwrap_or(TerminalState::Idle).may_become(next) {
            return Err(Refusal::InvalidState);
        }
        leg.terminal = Some(next);
        self.emit(Event::Terminal {
            call: id,
            address: address.clone(),
            state: next,
            cause,
        });
        Ok(())
    }

    /// The one place where a call changes.
    fn call_state(&mut self, id: CallId, next: CallState) {
        let Some(live) = self.calls.get_mut(&id) else {
            return;
        };
        if !live.state.may_become(next) {
            return;
        }
        live.state = next;
        match next {
            CallState::Idle => {}
            CallState::Active => {
                let call = live.call.clone();
                self.emit(Event::CallActive(call));
            }
            CallState::Invalid => {
                self.calls.remove(&id);
                self.timers.retain(|(_, timer)| timer.call != id);
                self.emit(Event::CallInvalid { call: id });
            }
        }
    }

    /// The phone, then the address, leave the call.
    fn drop_leg(&mut self, id: CallId, address: &Address, cause: Cause) -> Result<(), Refusal> {
        if self.leg(id, address)?.terminal.is_some() {
            self.terminal(id, address, TerminalState::Dropped, cause)?;
        }
        self.connection(id, address, ConnectionState::Disconnected, cause)?;
        self.timers
            .retain(|(_, timer)| timer.call != id || timer.address != *address);
        if let Some(live) = self.calls.get_mut(&id) {
            live.call.legs.retain(|leg| leg.address != *address);
        }
        Ok(())
    }

    /// One address alone has nobody to talk to: it leaves too.
    fn settle(&mut self, id: CallId) -> Result<(), Refusal> {
        if let Some(live) = self.calls.get(&id)
            && let [last] = live.call.legs.as_slice()
        {
            let address = last.address.clone();
            self.drop_leg(id, &address, Cause::Normal)?;
        }
        self.end_if_empty(id)
    }

    fn end_if_empty(&mut self, id: CallId) -> Result<(), Refusal> {
        let live = self.calls.get(&id).ok_or(Refusal::UnknownCall)?;
        if live.call.legs.is_empty() {
            self.call_state(id, CallState::Invalid);
        }
        Ok(())
    }

    fn start_timer(&mut self, due: Duration, call: CallId, address: &Address, kind: TimerKind) {
        self.timers.insert((
            due,
            Timer {
                call,
                address: address.clone(),
                kind,
            },
        ));
    }

    fn emit(&mut self, event: Event) {
        self.sequence += 1;
        self.events.push_back(Sequenced {
            sequence: self.sequence,
            event,
        });
    }

    fn leg(&self, id: CallId, address: &Address) -> Result<&Leg, Refusal> {
        let live = self.calls.get(&id).ok_or(Refusal::UnknownCall)?;
        live.call.leg(address).ok_or(Refusal::NotOnCall)
    }

    fn leg_mut(&mut self, id: CallId, address: &Address) -> Result<&mut Leg, Refusal> {
        let live = self.calls.get_mut(&id).ok_or(Refusal::UnknownCall)?;
        let legs = &mut live.call.legs;
        legs.iter_mut()
            .find(|leg| leg.address == *address)
            .ok_or(Refusal::NotOnCall)
    }

    fn kind(&self, address: &Address) -> AddressKind {
        if self.config.lines.contains(address) {
            AddressKind::Line
        } else if self.config.route_points.contains(address) {
            AddressKind::RoutePoint
        } else {
            AddressKind::Outside
        }
    }

    /// What a call to this number would reach, or why it would fail.
    fn destination(&self, to: &Address) -> Result<AddressKind, Cause> {
        match self.kind(to) {
            AddressKind::Line if self.calls_of(to) > 0 => Err(Cause::Busy),
            kind @ (AddressKind::Line | AddressKind::RoutePoint) => Ok(kind),
            AddressKind::Outside => {
                let number = to.as_str().strip_prefix(&self.config.outside_prefix);
                match number {
                    Some(number) if number.len() >= MIN_OUTSIDE_DIGITS => Ok(AddressKind::Outside),
                    Some(_) | None => Err(Cause::BadDestination),
                }
            }
        }
    }

    /// Whether the phone of a line rings or talks, on a call other than `except`.
    fn uses_phone(&self, line: &Address, except: Option<CallId>) -> bool {
        self.legs_of(line).any(|(id, leg)| {
            Some(id) != except
                && matches!(
                    leg.terminal,
                    Some(TerminalState::Ringing | TerminalState::Talking)
                )
        })
    }

    fn calls_of(&self, line: &Address) -> usize {
        self.legs_of(line).count()
    }

    fn legs_of<'a>(&'a self, line: &'a Address) -> impl Iterator<Item = (CallId, &'a Leg)> {
        self.calls
            .iter()
            .filter_map(move |(id, live)| Some((*id, live.call.leg(line)?)))
    }
}

/// A line holds one call while it makes another.
const MAX_CALLS_OF_LINE: usize = 2;

/// Fewest digits after the prefix that leads outside.
const MIN_OUTSIDE_DIGITS: usize = 3;
