//! A call as its participants see it.

use std::collections::BTreeSet;

use super::{
    engine::{CallData, CallEvent, CallId, FailureCause, PartyState},
    time::UtcMillis,
};

/// A call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Dialog {
    /// Id; the engine's number of the call.
    pub id: CallId,
    /// State of the whole.
    pub state: CallState,
    /// Who called; empty when withheld.
    pub from: String,
    /// What was dialled.
    pub to: String,
    /// Queue that the call came from.
    pub queue: Option<u32>,
    /// Call variables, wrap-up reason and the like.
    pub data: CallData,
    /// In the order in which they joined.
    pub participants: Vec<Participant>,
    /// Login ids of the users who were told of this dialog.
    pub told: BTreeSet<String>,
    /// Whether the last picture of the engine left it out, and no event came since.
    pub is_left_out: bool,
}

/// A party of a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Participant {
    /// Line or number.
    pub address: String,
    /// Whether it is an agent's line.
    pub is_agent: bool,
    /// State of this party.
    pub state: CallState,
    /// Why the call failed.
    pub cause: Option<FailureCause>,
    /// When the party joined.
    pub joined: UtcMillis,
    /// Since when it is in this state.
    pub state_changed: UtcMillis,
}

/// State of a dialog or of a participant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallState {
    /// Off hook.
    Initiating,
    /// Dialled.
    Initiated,
    /// Rings.
    Alerting,
    /// Talks.
    Active,
    /// On hold; participants only.
    Held,
    /// Busy, or a number that is none.
    Failed,
    /// Over.
    Dropped,
    /// The agent wraps up; participants only.
    WrapUp,
}

impl CallState {
    /// The constant in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initiating => "INITIATING",
            Self::Initiated => "INITIATED",
            Self::Alerting => "ALERTING",
            Self::Active => "ACTIVE",
            Self::Held => "HELD",
            Self::Failed => "FAILED",
            Self::Dropped => "DROPPED",
            Self::WrapUp => "WRAP_UP",
        }
    }

    /// What a participant in this state can ask for. Only what this service carries out is offered.
    pub fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Initiating | Self::Initiated | Self::Failed => &["UPDATE_CALL_DATA", "DROP"],
            Self::Alerting => &["ANSWER"],
            Self::Active => &["HOLD", "UPDATE_CALL_DATA", "DROP"],
            Self::Held => &["RETRIEVE", "UPDATE_CALL_DATA", "DROP"],
            Self::WrapUp => &["UPDATE_CALL_DATA"],
            Self::Dropped => &[],
        }
    }

    fn is_over(self) -> bool {
        matches!(self, Self::Dropped | Self::WrapUp)
    }
}

impl Dialog {
    /// A call that just began.
    pub(super) fn new(id: CallId) -> Self {
        Self {
            id,
            state: CallState::Initiating,
            from: String::new(),
            to: String::new(),
            queue: None,
            data: CallData::default(),
            participants: Vec::new(),
            told: BTreeSet::new(),
            is_left_out: false,
        }
    }

    /// A call that the new picture of the engine leaves out while its agent wraps up: it is over.
    pub(super) fn left_out(mut self, now: UtcMillis) -> Self {
        self.end(now);
        self.is_left_out = true;
        self
    }

    /// Whether it ends with the wrap-up, since nobody can tell whether the engine will say so.
    pub(super) fn ends_with_wrap_up(&self) -> bool {
        let wraps_up = |party: &Participant| party.state == CallState::WrapUp;
        self.is_left_out && !self.participants.iter().any(wraps_up)
    }

    /// The party with this address.
    pub(super) fn participant(&self, address: &str) -> Option<&Participant> {
        self.participants
            .iter()
            .find(|party| party.address == address)
    }

    /// Whether this line takes part and has not left.
    pub(super) fn engages(&self, address: &str) -> bool {
        self.participant(address)
            .is_some_and(|party| !party.state.is_over())
    }

    /// Takes over what happened (the table "CTI event to Dialog event").
    pub(super) fn apply(
        &mut self,
        now: UtcMillis,
        event: &CallEvent,
        is_agent: &dyn Fn(&str) -> bool,
    ) {
        let set = |dialog: &mut Self, address: &str, state| {
            dialog.set(now, address, state, is_agent);
        };
        match event {
            CallEvent::Began(data) => {
                self.merge(data);
                if let Some(ani) = &self.data.ani {
                    self.from.clone_from(ani);
                }
                if let Some(number) = self.data.dialed_number.as_ref().or(self.data.dnis.as_ref()) {
                    self.to.clone_from(number);
                }
            }
            CallEvent::ServiceInitiated { calling } => {
                self.state = CallState::Initiating;
                self.from.clone_from(calling);
                set(self, calling, CallState::Initiating);
            }
            CallEvent::Originated { calling, called } => {
                self.state = CallState::Initiated;
                self.from.clone_from(calling);
                self.to.clone_from(called);
                set(self, calling, CallState::Initiated);
            }
            CallEvent::Delivered {
                alerting,
                calling,
                called,
                queue,
                data,
            } => {
                self.merge(data);
                self.route(calling, called);
                self.queue = queue.or(self.queue);
                self.state = CallState::Alerting;
                if self
                    .participant(calling)
                    .is_none_or(|party| party.state != CallState::Active)
                {
                    set(self, calling, CallState::Initiated);
                }
                set(self, alerting, CallState::Alerting);
            }
            CallEvent::Established {
                answering,
                calling,
                called,
            } => {
                self.route(calling, called);
                self.state = CallState::Active;
                set(self, calling, CallState::Active);
                set(self, answering, CallState::Active);
            }
            CallEvent::Held { device } => set(self, device, CallState::Held),
            CallEvent::Retrieved { device } => set(self, device, CallState::Active),
            CallEvent::Failed { device, cause } => {
                self.state = CallState::Failed;
                set(self, device, CallState::Failed);
                if let Some(party) = self.participants.iter_mut().find(|p| p.address == *device) {
                    party.cause = Some(*cause);
                }
            }
            CallEvent::ConnectionCleared { device } => {
                set(self, device, CallState::Dropped);
                let left = self
                    .participants
                    .iter()
                    .filter(|party| !party.state.is_over())
                    .count();
                // An agent who leaves ends a call of two; a caller who leaves does not yet end it
                // for the agent.
                if left == 0 || (left == 1 && is_agent(device)) {
                    self.end(now);
                }
            }
            CallEvent::Cleared | CallEvent::Ended => self.end(now),
            CallEvent::Data(data) => self.merge(data),
            CallEvent::Snapshot { data, parties } => {
                self.merge(data);
                if let Some(ani) = self.data.ani.clone() {
                    self.route(&ani, "");
                }
                if let Some(number) = self.data.dialed_number.clone() {
                    self.route("", &number);
                }
                for (address, state) in parties {
                    self.set(now, address, CallState::from(*state), is_agent);
                }
                self.state = whole(&self.participants);
            }
        }
    }

    /// The agent on this line begins or ends wrap-up. Returns whether that changed anything.
    pub(super) fn wrap_up(&mut self, now: UtcMillis, address: &str, wraps_up: bool) -> bool {
        let (from, to) = if wraps_up {
            (CallState::Dropped, CallState::WrapUp)
        } else {
            (CallState::WrapUp, CallState::Dropped)
        };
        let party = self
            .participants
            .iter_mut()
            .find(|p| p.address == address && p.state == from);
        let Some(party) = party else { return false };
        party.state = to;
        party.state_changed = now;
        true
    }

    /// Keeps from an earlier picture of the same call what a snapshot cannot say.
    pub(super) fn inherit(&mut self, old: &Self) {
        self.told.clone_from(&old.told);
        // What told of the call told of no party.
        if self.participants.is_empty() {
            self.participants.clone_from(&old.participants);
            self.state = old.state;
        }
        self.queue = self.queue.or(old.queue);
        if self.from.is_empty() {
            self.from.clone_from(&old.from);
        }
        if self.to.is_empty() {
            self.to.clone_from(&old.to);
        }
        let mut data = old.data.clone();
        core::mem::swap(&mut data, &mut self.data);
        self.merge(&data);
        for party in &mut self.participants {
            if let Some(old) = old.participant(&party.address) {
                party.joined = old.joined;
                if party.state == old.state {
                    party.state_changed = old.state_changed;
                }
            }
        }
    }

    fn set(
        &mut self,
        now: UtcMillis,
        address: &str,
        state: CallState,
        agent: &dyn Fn(&str) -> bool,
    ) {
        // A withheld caller has no address, and no participant.
        if address.is_empty() {
            return;
        }
        if let Some(party) = self.participants.iter_mut().find(|p| p.address == address) {
            if party.state != state {
                party.state = state;
                party.state_changed = now;
            }
        } else if self.participants.len() < MAX_PARTICIPANTS {
            self.participants.push(Participant {
                address: address.to_owned(),
                is_agent: agent(address),
                state,
                cause: None,
                joined: now,
                state_changed: now,
            });
        }
    }

    fn end(&mut self, now: UtcMillis) {
        self.state = CallState::Dropped;
        for party in &mut self.participants {
            if !party.state.is_over() {
                party.state = CallState::Dropped;
                party.state_changed = now;
            }
        }
    }

    /// `from` and `to` are those of the first leg: later events do not change them.
    fn route(&mut self, calling: &str, called: &str) {
        if self.from.is_empty() {
            self.from = calling.to_owned();
        }
        if self.to.is_empty() {
            self.to = called.to_owned();
        }
    }

    fn merge(&mut self, data: &CallData) {
        let update = |old: &mut Option<String>, new: &Option<String>| {
            if new.is_some() {
                old.clone_from(new);
            }
        };
        update(&mut self.data.call_type, &data.call_type);
        update(&mut self.data.ani, &data.ani);
        update(&mut self.data.dnis, &data.dnis);
        update(&mut self.data.dialed_number, &data.dialed_number);
        update(&mut self.data.wrap_up, &data.wrap_up);
        let variables = &mut self.data.variables;
        for (name, value) in &data.variables {
            if let Some((_, old)) = variables.iter_mut().find(|(known, _)| known == name) {
                old.clone_from(value);
            } else if variables.len() < MAX_VARIABLES {
                variables.push((name.clone(), value.clone()));
            }
        }
    }
}

impl From<PartyState> for CallState {
    fn from(state: PartyState) -> Self {
        match state {
            PartyState::Initiated => Self::Initiated,
            PartyState::Alerting => Self::Alerting,
            PartyState::Connected => Self::Active,
            PartyState::Held => Self::Held,
            PartyState::Failed => Self::Failed,
            PartyState::Gone => Self::Dropped,
        }
    }
}

/// State of the whole, from the states of its parties.
fn whole(participants: &[Participant]) -> CallState {
    let any = |state| participants.iter().any(|party| party.state == state);
    if any(CallState::Failed) {
        CallState::Failed
    } else if any(CallState::Alerting) {
        CallState::Alerting
    } else if any(CallState::Active) || any(CallState::Held) {
        CallState::Active
    } else if any(CallState::Initiated) {
        CallState::Initiated
    } else if any(CallState::Initiating) {
        CallState::Initiating
    } else {
        CallState::Dropped
    }
}

/// A conference has at most 16 parties (SNAPSHOT_CALL_CONF); some may have left.
const MAX_PARTICIPANTS: usize = 64;

/// Ten call variables, and as many named ones as fit into 2000 bytes of the smallest.
const MAX_VARIABLES: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: u64, events: &[CallEvent]) -> Dialog {
        let mut dialog = Dialog::new(CallId(1));
        for event in events {
            dialog.apply(UtcMillis(time), event, &|line| line.starts_with("100"));
        }
        dialog
    }

    fn states(dialog: &Dialog) -> (&'static str, Vec<(&str, &'static str)>) {
        let parties = dialog
            .participants
            .iter()
            .map(|p| (p.address.as_str(), p.state.as_str()));
        (dialog.state.as_str(), parties.collect())
    }

    fn delivered() -> CallEvent {
        CallEvent::Delivered {
            alerting: "1001".into(),
            calling: "555".into(),
            called: "6000".into(),
            queue: Some(1),
            data: CallData::default(),
        }
    }

    fn established() -> CallEvent {
        CallEvent::Established {
            answering: "1001".into(),
            calling: "555".into(),
            called: "6000".into(),
        }
    }

    fn cleared(device: &str) -> CallEvent {
        CallEvent::ConnectionCleared {
            device: device.into(),
        }
    }

    #[test]
    fn a_call_that_rings_is_alerting_at_the_agent_and_initiated_at_the_caller() {
        let dialog = at(0, &[CallEvent::Began(CallData::default()), delivered()]);
        let expected = ("ALERTING", vec![("555", "INITIATED"), ("1001", "ALERTING")]);
        assert_eq!(states(&dialog), expected);
        assert_eq!((dialog.from.as_str(), dialog.to.as_str()), ("555", "6000"));
    }

    #[test]
    fn a_caller_who_hangs_up_leaves_the_agent_active() {
        let dialog = at(0, &[delivered(), established(), cleared("555")]);
        let expected = ("ACTIVE", vec![("555", "DROPPED"), ("1001", "ACTIVE")]);
        assert_eq!(states(&dialog), expected);
    }

    #[test]
    fn an_agent_who_hangs_up_ends_a_call_of_two() {
        let dialog = at(0, &[delivered(), established(), cleared("1001")]);
        let expected = ("DROPPED", vec![("555", "DROPPED"), ("1001", "DROPPED")]);
        assert_eq!(states(&dialog), expected);
    }

    #[test]
    fn a_withheld_caller_is_no_participant() {
        let mut event = delivered();
        if let CallEvent::Delivered { calling, .. } = &mut event {
            calling.clear();
        }
        let dialog = at(0, &[event]);
        assert_eq!(states(&dialog), ("ALERTING", vec![("1001", "ALERTING")]));
        assert_eq!(dialog.from, "");
    }

    #[test]
    fn a_snapshot_keeps_what_it_cannot_say() {
        let old = at(1000, &[delivered(), established()]);
        let mut new = at(
            9000,
            &[CallEvent::Snapshot {
                data: CallData::default(),
                parties: vec![
                    ("555".into(), PartyState::Connected),
                    ("1001".into(), PartyState::Held),
                ],
            }],
        );
        new.inherit(&old);
        assert_eq!(
            states(&new),
            ("ACTIVE", vec![("555", "ACTIVE"), ("1001", "HELD")])
        );
        assert_eq!(new.queue, Some(1));
        assert_eq!(new.participants[0].state_changed, UtcMillis(1000));
        assert_eq!(new.participants[1].state_changed, UtcMillis(9000));
    }
}
