//! The engine's picture of a call: what the switch said last, and what the engine adds.

use serde::{Deserialize, Serialize};

use super::notice::{CallEvent, CallFacts, CallKind, Party};
use crate::telephony::{
    Address, AddressKind, Call, CallId, Cause, ConnectionState, Event, Leg, Origin, TerminalState,
};

/// A call that the engine follows.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Tracked {
    /// The call as the switch described it.
    pub call: Call,
    /// What the called number is.
    pub called_kind: AddressKind,
    /// The address that sent the call on last.
    pub last_redirect: Option<(Address, AddressKind)>,
    /// Place in the order of arrival at the queue. Kept when an agent does not answer, so that the
    /// caller does not wait anew.
    pub arrival: Option<u64>,
    /// Lines that are or were on the call.
    pub lines: Vec<Address>,
    /// The switch is done with the call; an agent wraps it up.
    pub over: bool,
}

impl Tracked {
    /// A call that became active, still without legs.
    #[must_use]
    pub fn new(mut call: Call, called_kind: AddressKind) -> Self {
        call.legs.clear();
        Self {
            call,
            called_kind,
            last_redirect: None,
            arrival: None,
            lines: Vec::new(),
            over: false,
        }
    }

    /// Number of the call.
    #[must_use]
    pub fn id(&self) -> CallId {
        self.call.id
    }

    /// The leg of an address, made if it is not there.
    pub fn leg_mut(&mut self, address: &Address, kind: AddressKind) -> &mut Leg {
        let legs = &mut self.call.legs;
        let index = legs
            .iter()
            .position(|leg| leg.address == *address)
            .unwrap_or_else(|| {
                legs.push(Leg {
                    address: address.clone(),
                    kind,
                    connection: ConnectionState::Idle,
                    terminal: None,
                });
                legs.len() - 1
            });
        if kind == AddressKind::Line && !self.lines.contains(address) {
            self.lines.push(address.clone());
        }
        &mut legs[index]
    }

    /// What all messages about this call say.
    #[must_use]
    pub fn facts(&self) -> CallFacts {
        let calling = self.calling();
        let kind = match (self.call.origin, self.called_kind) {
            (_, AddressKind::RoutePoint) => CallKind::Queue,
            (Origin::Inbound, AddressKind::Line | AddressKind::Outside) => CallKind::OtherIn,
            (Origin::Line, AddressKind::Line) => CallKind::Inside,
            (Origin::Line, AddressKind::Outside) => CallKind::Out,
        };
        let party = |(address, kind): &(Address, AddressKind)| Party {
            address: address.clone(),
            kind: *kind,
        };
        CallFacts {
            id: self.call.id,
            kind,
            calling,
            called: Party {
                address: self.call.called.clone(),
                kind: self.called_kind,
            },
            last_redirect: self.last_redirect.as_ref().map(party),
            queued: self.arrival.is_some(),
            data: self.call.data.clone(),
            lines: self.lines.clone(),
        }
    }

    /// The caller.
    #[must_use]
    pub fn calling(&self) -> Party {
        let kind = match self.call.origin {
            Origin::Inbound => AddressKind::Outside,
            Origin::Line => AddressKind::Line,
        };
        Party {
            address: self.call.calling.clone(),
            kind,
        }
    }

    /// The events that bring somebody who comes now to where the call is.
    #[must_use]
    pub fn replay(&self) -> Vec<(CallEvent, Party)> {
        let mut events = vec![(CallEvent::Began, self.calling())];
        if self.over {
            events.extend(
                self.lines
                    .iter()
                    .map(|line| Party {
                        address: line.clone(),
                        kind: AddressKind::Line,
                    })
                    .flat_map(|party| {
                        [
                            CallEvent::Delivered,
                            CallEvent::Established,
                            CallEvent::ConnectionCleared,
                        ]
                        .map(|event| (event, party.clone()))
                    }),
            );
            events.push((CallEvent::Cleared, self.calling()));
            return events;
        }
        // The caller comes first: the callee's events name it.
        let (callers, callees): (Vec<&Leg>, Vec<&Leg>) = self
            .call
            .legs
            .iter()
            .partition(|leg| leg.address == self.call.calling);
        for leg in callers.into_iter().chain(callees) {
            let party = Party {
                address: leg.address.clone(),
                kind: leg.kind,
            };
            let is_caller = leg.address == self.call.calling;
            let steps = told_of(leg, is_caller);
            events.extend(steps.into_iter().map(|event| (event, party.clone())));
        }
        events
    }
}

/// What was told of a leg until it got where it is.
fn told_of(leg: &Leg, is_caller: bool) -> Vec<CallEvent> {
    use ConnectionState as C;
    let held = leg.terminal == Some(TerminalState::Held);
    let mut events = match (is_caller, leg.kind) {
        (true, AddressKind::Outside | AddressKind::RoutePoint) => Vec::new(),
        (true, AddressKind::Line) => match leg.connection {
            C::Idle | C::Disconnected | C::Unknown => Vec::new(),
            C::Initiated | C::Dialing | C::Queued | C::Offered | C::Alerting => {
                vec![CallEvent::ServiceInitiated]
            }
            C::NetworkReached | C::NetworkAlerting | C::Established => {
                vec![CallEvent::ServiceInitiated, CallEvent::Originated]
            }
            C::Failed => vec![CallEvent::ServiceInitiated, CallEvent::Failed],
        },
        (false, AddressKind::RoutePoint) => match leg.connection {
            C::Queued => vec![CallEvent::Queued],
            C::Idle
            | C::Offered
            | C::Alerting
            | C::Initiated
            | C::Dialing
            | C::NetworkReached
            | C::NetworkAlerting
            | C::Established
            | C::Failed
            | C::Disconnected
            | C::Unknown => Vec::new(),
        },
        (false, AddressKind::Line | AddressKind::Outside) => match leg.connection {
            C::Established => vec![CallEvent::Delivered, CallEvent::Established],
            C::Alerting | C::Failed => vec![CallEvent::Delivered],
            C::Idle
            | C::Queued
            | C::Offered
            | C::Initiated
            | C::Dialing
            | C::NetworkReached
            | C::NetworkAlerting
            | C::Disconnected
            | C::Unknown => Vec::new(),
        },
    };
    if held {
        events.push(CallEvent::Held);
    }
    events
}

/// The events that the switch would have sent from the engine's picture of a call to its own.
///
/// `known` is the engine's picture, `None` for a call it has not heard of.
#[must_use]
pub(super) fn missed(known: Option<&Call>, now: &Call) -> Vec<Event> {
    let mut events = Vec::new();
    match known {
        None => events.push(Event::CallActive(Call {
            legs: Vec::new(),
            ..now.clone()
        })),
        Some(known) => {
            events.extend(
                known
                    .legs
                    .iter()
                    .filter(|leg| now.leg(&leg.address).is_none())
                    .map(|leg| Event::Connection {
                        call: now.id,
                        address: leg.address.clone(),
                        kind: leg.kind,
                        state: ConnectionState::Disconnected,
                        cause: Cause::Redirected,
                    }),
            );
            if known.data != now.data {
                events.push(Event::Data {
                    call: now.id,
                    data: now.data.clone(),
                });
            }
        }
    }
    for leg in &now.legs {
        let before = known.and_then(|known| known.leg(&leg.address));
        climb(now, leg, before, &mut events);
    }
    events
}

/// The events of a call that ended unheard.
#[must_use]
pub(super) fn ended(known: &Call) -> Vec<Event> {
    let mut events: Vec<Event> = known
        .legs
        .iter()
        .map(|leg| Event::Connection {
            call: known.id,
            address: leg.address.clone(),
            kind: leg.kind,
            state: ConnectionState::Disconnected,
            cause: Cause::Normal,
        })
        .collect();
    events.push(Event::CallInvalid { call: known.id });
    events
}

/// One rung of the ladder that a leg climbs.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Rung {
    Connection(ConnectionState),
    Terminal(TerminalState),
}

/// The events from `before` to `leg`, in the order in which the switch sends them.
fn climb(call: &Call, leg: &Leg, before: Option<&Leg>, events: &mut Vec<Event>) {
    use ConnectionState as C;
    use Rung::{Connection, Terminal};
    use TerminalState as T;
    const CALLER: &[Rung] = &[
        Connection(C::Initiated),
        Terminal(T::Talking),
        Connection(C::Dialing),
        Connection(C::Established),
        Terminal(T::Held),
    ];
    const CALLER_OUT: &[Rung] = &[
        Connection(C::Initiated),
        Terminal(T::Talking),
        Connection(C::Dialing),
        Connection(C::NetworkReached),
        Connection(C::NetworkAlerting),
    ];
    const CALLER_FAILED: &[Rung] = &[
        Connection(C::Initiated),
        Terminal(T::Talking),
        Connection(C::Dialing),
        Connection(C::Failed),
    ];
    const CALLEE: &[Rung] = &[
        Connection(C::Offered),
        Connection(C::Alerting),
        Terminal(T::Ringing),
        Connection(C::Established),
        Terminal(T::Talking),
        Terminal(T::Held),
    ];
    const CALLEE_FAILED: &[Rung] = &[
        Connection(C::Offered),
        Connection(C::Alerting),
        Connection(C::Failed),
    ];
    const WAITING: &[Rung] = &[Connection(C::Offered), Connection(C::Queued)];

    let is_caller = leg.address == call.calling;
    let ladder = match (is_caller, leg.connection) {
        (true, C::NetworkReached | C::NetworkAlerting) => CALLER_OUT,
        (true, C::Failed) => CALLER_FAILED,
        (true, _) => CALLER,
        (false, C::Failed) => CALLEE_FAILED,
        (false, C::Queued) => WAITING,
        (false, _) => CALLEE,
    };
    let leaves_system = matches!(leg.connection, C::NetworkReached | C::NetworkAlerting);
    let reached = |leg: &Leg| {
        let left_system =
            matches!(leg.connection, C::NetworkReached | C::NetworkAlerting) && !leaves_system;
        // A caller whose call left the system is past dialling, whatever came of it.
        let connection = if left_system {
            C::Dialing
        } else {
            leg.connection
        };
        let connection = ladder
            .iter()
            .position(|rung| *rung == Connection(connection));
        let terminal = leg
            .terminal
            .and_then(|state| ladder.iter().position(|rung| *rung == Terminal(state)));
        connection.max(terminal)
    };
    let Some(top) = reached(leg) else { return };
    let start = match before {
        None => 0,
        // A state that lies on another ladder leads straight to the new one.
        Some(before) => reached(before).map_or(top, |from| from + 1),
    };
    let back = before
        .is_some_and(|before| before.terminal == Some(T::Held) && leg.terminal == Some(T::Talking));
    let rungs = if back {
        &[Terminal(T::Talking)]
    } else {
        ladder.get(start..=top).unwrap_or_default()
    };
    for rung in rungs {
        match *rung {
            Connection(state) => events.push(Event::Connection {
                call: call.id,
                address: leg.address.clone(),
                kind: leg.kind,
                state,
                cause: Cause::Normal,
            }),
            Terminal(state) if leg.terminal.is_some() => events.push(Event::Terminal {
                call: call.id,
                address: leg.address.clone(),
                state,
                cause: Cause::Normal,
            }),
            Terminal(_) => {}
        }
    }
}
