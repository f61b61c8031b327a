//! The questions that follow an opening: which agents, devices and calls are asked about, in what
//! order, and what their answers mean.
//!
//! Agents come first, then the devices that are watched or where known agents sit, then the calls that
//! are known or were found at a device.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use core::time::Duration;

use crate::code::{
    AgentState, ConnectionDeviceIdType, ControlFailureCode, DeviceIdType, PeripheralId, StatusCode,
};
use crate::codec::Text;
use crate::message::{
    Message, QueryAgentStateReq, QueryDeviceInfoConf, QueryDeviceInfoReq, SnapshotCallReq,
    SnapshotDeviceConf, SnapshotDeviceReq,
};
use crate::session::Error;
use crate::session::client::Failure;
use crate::session::failover::difference::Difference;
use crate::session::failover::event::{DeviceKey, Event, Subject, Unknown};
use crate::session::failover::picture::{Agent, AgentKey, Call, CallKey, Picture};

/// One question.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Query {
    /// QUERY_AGENT_STATE.
    Agent(AgentKey),
    /// SNAPSHOT_DEVICE.
    Device(DeviceKey),
    /// QUERY_DEVICE_INFO.
    DeviceInfo(DeviceKey),
    /// SNAPSHOT_CALL. The connection was seen at a device; without one any of the picture is named.
    Call(CallKey, Option<(ConnectionDeviceIdType, Text)>),
}

/// What the application watches.
#[derive(Debug, Default)]
pub(super) struct Watched {
    pub(super) agents: BTreeSet<AgentKey>,
    /// With what each can do, once that is known.
    pub(super) devices: BTreeMap<DeviceKey, Option<QueryDeviceInfoConf>>,
}

/// Switches that are off-line, and since when.
pub(super) type Offline = BTreeMap<PeripheralId, Duration>;

/// The questions of one session.
#[derive(Debug, Default)]
pub(super) struct Recovery {
    queue: VecDeque<Query>,
    /// Switches that came back. Each is asked about when the queue is empty: one that comes and
    /// goes all the time does not fill it.
    again: BTreeSet<PeripheralId>,
    /// Switches that are off-line and to be asked about when they are back.
    waiting: BTreeSet<PeripheralId>,
    /// When `Recovered` stops to wait for them. A switch that comes and goes does not move it.
    wait_until: Option<Duration>,
    in_flight: usize,
    /// Devices and calls that were asked about.
    devices: BTreeSet<DeviceKey>,
    calls: BTreeSet<CallKey>,
    /// Calls that ended while they were asked about: a late answer must not bring them back.
    ended: BTreeSet<CallKey>,
    unrecovered: usize,
    /// Whether `Recovered` is still to be told.
    unfinished: bool,
    /// Most calls that are asked about.
    max_calls: usize,
}

impl Recovery {
    /// All questions about what is known and watched at switches that can answer.
    pub(super) fn begin(
        picture: &Picture,
        watched: &Watched,
        offline: &Offline,
        wait_until: Duration,
        max_calls: usize,
    ) -> Self {
        let mut recovery = Self::all(picture, watched, max_calls);
        let queue = core::mem::take(&mut recovery.queue);
        for query in queue {
            if !recovery.waits_for(query.peripheral_id(), offline, wait_until) {
                recovery.queue.push_back(query);
            }
        }
        recovery
    }

    fn all(picture: &Picture, watched: &Watched, max_calls: usize) -> Self {
        let mut recovery = Self {
            unfinished: true,
            max_calls,
            ..Self::default()
        };
        let known = picture.agents().map(|(key, _)| key);
        let agents: BTreeSet<&AgentKey> = known.chain(&watched.agents).collect();
        for key in agents {
            recovery.queue.push_back(Query::Agent(key.clone()));
        }
        for key in watched.devices.keys() {
            recovery.ask_device(key);
            recovery.queue.push_back(Query::DeviceInfo(key.clone()));
        }
        for (key, agent) in picture.agents() {
            recovery.ask_device_of(key.peripheral_id, agent);
        }
        for (key, _) in picture.calls() {
            recovery.ask_call(*key, None);
        }
        recovery
    }

    /// Asks about an agent that is watched from now on.
    pub(super) fn ask_agent(&mut self, key: &AgentKey, offline: &Offline, wait_until: Duration) {
        self.unfinished = true;
        if self.waits_for(key.peripheral_id, offline, wait_until) {
            return;
        }
        self.queue.push_back(Query::Agent(key.clone()));
    }

    /// Asks about a device that is watched from now on.
    pub(super) fn ask_watched_device(
        &mut self,
        key: &DeviceKey,
        offline: &Offline,
        wait_until: Duration,
    ) {
        self.unfinished = true;
        if self.waits_for(key.peripheral_id, offline, wait_until) {
            return;
        }
        self.devices.remove(key);
        self.ask_device(key);
        self.queue.push_back(Query::DeviceInfo(key.clone()));
    }

    /// Asks again about what is known of a switch that was gone.
    pub(super) fn ask_peripheral(&mut self, peripheral_id: PeripheralId) {
        self.waiting.remove(&peripheral_id);
        self.again.insert(peripheral_id);
        self.unfinished = true;
    }

    /// Questions about a switch that are not queued yet wait until it is back.
    pub(super) fn peripheral_gone(&mut self, peripheral_id: PeripheralId, wait_until: Duration) {
        if self.again.remove(&peripheral_id) {
            self.wait_for(peripheral_id, wait_until);
        }
    }

    /// Whether a switch cannot be asked now; it is when it is back.
    fn waits_for(
        &mut self,
        peripheral_id: PeripheralId,
        offline: &Offline,
        wait_until: Duration,
    ) -> bool {
        let waits = offline.contains_key(&peripheral_id);
        if waits {
            self.wait_for(peripheral_id, wait_until);
        }
        waits
    }

    fn wait_for(&mut self, peripheral_id: PeripheralId, wait_until: Duration) {
        self.waiting.insert(peripheral_id);
        self.wait_until.get_or_insert(wait_until);
    }

    /// When [`Recovery::stop_waiting`] has something to do.
    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        self.wait_until.filter(|_| !self.waiting.is_empty())
    }

    /// What is known of switches that stayed off-line for too long remains unknown. They are asked
    /// about all the same when they are back.
    pub(super) fn stop_waiting(&mut self, now: Duration, mut tell: impl FnMut(Event)) {
        if self.poll_timeout().is_none_or(|until| until > now) {
            return;
        }
        for peripheral_id in core::mem::take(&mut self.waiting) {
            self.unrecovered += 1;
            tell(Event::Unrecovered {
                subject: Subject::Peripheral(peripheral_id),
                failure: Unknown::OffLine,
            });
        }
    }

    fn queue_peripheral(
        &mut self,
        peripheral_id: PeripheralId,
        picture: &Picture,
        watched: &Watched,
    ) {
        let all = Self::all(picture, watched, self.max_calls);
        self.devices.clear();
        self.calls.clear();
        for query in all.queue {
            if query.peripheral_id() == peripheral_id {
                match &query {
                    Query::Device(key) => drop(self.devices.insert(key.clone())),
                    Query::Call(key, _) => drop(self.calls.insert(*key)),
                    Query::Agent(_) | Query::DeviceInfo(_) => {}
                }
                self.queue.push_back(query);
            }
        }
    }

    /// The next question, if no more than `most` are open with it. Calls that ended meanwhile are not
    /// asked about.
    pub(super) fn next(
        &mut self,
        most: usize,
        picture: &Picture,
        watched: &Watched,
    ) -> Option<(Query, Message)> {
        if self.in_flight >= most {
            return None;
        }
        while let Some(query) = self.pop(picture, watched) {
            let gone = match &query {
                Query::Call(key, None) => picture.call(key).is_none(),
                Query::Call(key, Some(_)) => self.ended.contains(key),
                Query::Agent(_) | Query::Device(_) | Query::DeviceInfo(_) => false,
            };
            if !gone {
                self.in_flight += 1;
                let message = query.message(picture);
                return Some((query, message));
            }
        }
        None
    }

    fn pop(&mut self, picture: &Picture, watched: &Watched) -> Option<Query> {
        while self.queue.is_empty() {
            let peripheral_id = self.again.pop_first()?;
            self.queue_peripheral(peripheral_id, picture, watched);
        }
        self.queue.pop_front()
    }

    /// A question could not be sent now; it is asked later.
    pub(super) fn not_sent(&mut self, query: Query) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.queue.push_front(query);
    }

    /// A question cannot be written.
    pub(super) fn not_writable(&mut self, query: &Query, error: Error) -> Event {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.unrecovered += 1;
        Event::Unrecovered {
            subject: query.subject(),
            failure: Unknown::NotWritable(error),
        }
    }

    /// Nothing can be asked: all questions stay open.
    pub(super) fn give_up(
        &mut self,
        picture: &Picture,
        watched: &Watched,
        mut tell: impl FnMut(Event),
    ) {
        while let Some(query) = self.pop(picture, watched) {
            self.unrecovered += 1;
            tell(Event::Unrecovered {
                subject: query.subject(),
                failure: Unknown::NotGranted,
            });
        }
    }

    /// Whether all answers are in; true once.
    pub(super) fn finish(&mut self) -> Option<usize> {
        let asked = self.queue.is_empty() && self.again.is_empty() && self.waiting.is_empty();
        if !asked || self.in_flight > 0 {
            return None;
        }
        self.devices.clear();
        self.calls.clear();
        self.ended.clear();
        self.wait_until = None;
        let unrecovered = core::mem::take(&mut self.unrecovered);
        core::mem::take(&mut self.unfinished).then_some(unrecovered)
    }

    /// Whether `Recovered` is still to come.
    pub(super) const fn is_unfinished(&self) -> bool {
        self.unfinished
    }

    /// A call is over: what is still said about it is old.
    pub(super) fn call_ended(&mut self, key: CallKey) {
        if self.calls.contains(&key) {
            self.ended.insert(key);
        }
    }

    /// A call has a new id, which an answer about the old one cannot know.
    pub(super) fn call_renamed(&mut self, old: CallKey, new: CallKey) {
        self.call_ended(old);
        if self.unfinished {
            self.ask_call(new, None);
        }
    }

    /// Takes in an answer and tells what it changes.
    pub(super) fn on_answer(
        &mut self,
        query: Query,
        result: Result<Message, Failure>,
        picture: &mut Picture,
        watched: &mut Watched,
        mut tell: impl FnMut(Event),
    ) {
        self.in_flight = self.in_flight.saturating_sub(1);
        match (query, result) {
            (Query::Agent(key), Ok(Message::QueryAgentStateConf(conf))) => {
                let after = Picture::agent_of(picture.agent(&key), &conf);
                self.ask_device_of(key.peripheral_id, &after);
                put_agent(key, Some(after), picture, watched, tell);
            }
            (Query::Agent(key), Err(failure)) if is_logged_out(&failure) => {
                let after = picture.agent(&key).map(|agent| Agent {
                    state: AgentState::LOGOUT,
                    reason: None,
                    ..agent.clone()
                });
                put_agent(key, after.or_else(logged_out), picture, watched, tell);
            }
            (Query::Device(key), Ok(Message::SnapshotDeviceConf(conf))) => {
                self.on_device(&key, &conf, tell);
            }
            (Query::Device(_), Err(failure)) if has_no_calls(&failure) => {}
            (Query::DeviceInfo(key), Ok(Message::QueryDeviceInfoConf(conf))) => {
                put_device(key, conf, watched, tell);
            }
            (Query::Call(key, connection), Ok(Message::SnapshotCallConf(conf))) => {
                if !self.ended.contains(&key) {
                    let after = picture.call_of(key, connection, &conf);
                    put_call(key, Some(after), picture, tell);
                }
            }
            (Query::Call(key, _), Err(failure)) if is_over(&failure) => {
                put_call(key, None, picture, tell);
            }
            (query, Err(failure)) => {
                self.unrecovered += 1;
                tell(Event::Unrecovered {
                    subject: query.subject(),
                    failure: Unknown::Failed(failure),
                });
            }
            // The session matches answers with requests by their names.
            (_, Ok(_)) => {}
        }
    }

    fn on_device(
        &mut self,
        device: &DeviceKey,
        conf: &SnapshotDeviceConf,
        mut tell: impl FnMut(Event),
    ) {
        for call in &conf.calls {
            let Some(call_id) = call.connection_call_id else {
                continue;
            };
            let device_id_type = call
                .connection_device_id_type
                .unwrap_or(ConnectionDeviceIdType::STATIC);
            let connection = call.connection_device_id.as_ref();
            let connection = connection.map(|device| (device_id_type, device.detach()));
            let key = CallKey::new(device.peripheral_id, call_id);
            if self.calls.len() >= self.max_calls && !self.calls.contains(&key) {
                tell(Event::BeyondLimit {
                    subject: Subject::Call(key),
                });
                return;
            }
            self.ask_call(key, connection);
        }
    }

    fn ask_device_of(&mut self, peripheral_id: PeripheralId, agent: &Agent) {
        if agent.state == AgentState::LOGOUT {
            return;
        }
        if let Some(device) = agent.instrument.as_ref().or(agent.extension.as_ref()) {
            self.ask_device(&DeviceKey::new(peripheral_id, device));
        }
    }

    fn ask_device(&mut self, key: &DeviceKey) {
        if self.devices.insert(key.clone()) {
            self.queue.push_back(Query::Device(key.clone()));
        }
    }

    fn ask_call(&mut self, key: CallKey, connection: Option<(ConnectionDeviceIdType, Text)>) {
        if self.calls.insert(key) {
            self.queue.push_back(Query::Call(key, connection));
        }
    }
}

impl Query {
    pub(super) fn subject(&self) -> Subject {
        match self {
            Self::Agent(key) => Subject::Agent(key.clone()),
            Self::Device(key) | Self::DeviceInfo(key) => Subject::Device(key.clone()),
            Self::Call(key, _) => Subject::Call(*key),
        }
    }

    const fn peripheral_id(&self) -> PeripheralId {
        match self {
            Self::Agent(key) => key.peripheral_id,
            Self::Device(key) | Self::DeviceInfo(key) => key.peripheral_id,
            Self::Call(key, _) => key.peripheral_id,
        }
    }

    fn message(&self, picture: &Picture) -> Message {
        match self {
            Self::Agent(key) => QueryAgentStateReq::with(|query| {
                query.peripheral_id = key.peripheral_id;
                query.mrd_id = key.mrd_id;
                query.agent_id = Some(key.agent_id.clone());
            })
            .into(),
            Self::Device(key) => SnapshotDeviceReq::with(|query| {
                query.peripheral_id = key.peripheral_id;
                query.snapshot_device_type = DeviceIdType::DEVICE_IDENTIFIER;
                query.agent_instrument = Some(key.instrument.clone());
            })
            .into(),
            Self::DeviceInfo(key) => QueryDeviceInfoReq::with(|query| {
                query.peripheral_id = key.peripheral_id;
                query.agent_instrument = Some(key.instrument.clone());
            })
            .into(),
            Self::Call(key, connection) => {
                let connection = connection.clone().or_else(|| {
                    let call = picture.call(key)?;
                    let party = call.parties.first_key_value();
                    let party = party.map(|(device, party)| (party.device_id_type, device.clone()));
                    party.or_else(|| call.named_by.clone())
                });
                SnapshotCallReq::with(|query| {
                    query.peripheral_id = key.peripheral_id;
                    query.connection_call_id = key.call_id;
                    query.connection_device_id_type = ConnectionDeviceIdType::NONE;
                    if let Some((device_id_type, device)) = connection {
                        query.connection_device_id_type = device_id_type;
                        query.connection_device_id = Some(device);
                    }
                })
                .into()
            }
        }
    }
}

fn put_agent(
    key: AgentKey,
    after: Option<Agent>,
    picture: &mut Picture,
    watched: &Watched,
    mut tell: impl FnMut(Event),
) {
    let gone = after
        .as_ref()
        .is_none_or(|agent| agent.state == AgentState::LOGOUT);
    let kept = after
        .clone()
        .filter(|_| !gone || watched.agents.contains(&key));
    let Ok(before) = picture.replace_agent(&key, kept) else {
        return tell(Event::BeyondLimit {
            subject: Subject::Agent(key),
        });
    };
    if let Some(difference) = Difference::of_agent(&key, before, after.as_ref()) {
        tell(Event::Difference(difference));
    }
}

fn put_call(key: CallKey, after: Option<Call>, picture: &mut Picture, mut tell: impl FnMut(Event)) {
    let Ok(before) = picture.replace_call(key, after) else {
        return tell(Event::BeyondLimit {
            subject: Subject::Call(key),
        });
    };
    if let Some(difference) = Difference::of_call(key, before, picture.call(&key)) {
        tell(Event::Difference(difference));
    }
}

fn put_device(
    key: DeviceKey,
    info: QueryDeviceInfoConf,
    watched: &mut Watched,
    mut tell: impl FnMut(Event),
) {
    let Some(before) = watched.devices.get_mut(&key) else {
        return;
    };
    let mut kept = info.clone();
    // Each answer has its own InvokeID; fields nobody knows would keep the input buffer alive.
    kept.invoke_id = crate::code::InvokeId(0);
    kept.other.clear();
    if before.as_ref() == Some(&kept) {
        return;
    }
    *before = Some(kept);
    tell(Event::Difference(Difference::Device { key, info }));
}

/// What is said of an agent that nobody knew and who is not there.
fn logged_out() -> Option<Agent> {
    Some(Agent {
        state: AgentState::LOGOUT,
        ..Agent::new()
    })
}

/// Whether the server says that the agent is not there.
fn is_logged_out(failure: &Failure) -> bool {
    match failure {
        Failure::Server(failure) => failure.status == StatusCode::AGENT_NOT_LOGGED_ON,
        Failure::Switch(_) | Failure::TimedOut | Failure::Closed | Failure::Unconfirmed => false,
    }
}

/// Whether the server says that there is no call at the device.
fn has_no_calls(failure: &Failure) -> bool {
    match failure {
        Failure::Server(failure) => failure.status == StatusCode::NO_CALL_ACTIVE,
        Failure::Switch(failure) => failure.failure_code == ControlFailureCode::NO_ACTIVE_CALL,
        Failure::TimedOut | Failure::Closed | Failure::Unconfirmed => false,
    }
}

/// Whether the server says that there is no such call.
fn is_over(failure: &Failure) -> bool {
    match failure {
        Failure::Server(failure) => matches!(
            failure.status,
            StatusCode::INVALID_CALLID | StatusCode::NO_CALL_ACTIVE
        ),
        Failure::Switch(failure) => matches!(
            failure.failure_code,
            ControlFailureCode::INVALID_CSTA_CALL_IDENTIFIER
                | ControlFailureCode::INVALID_CSTA_CONNECTION_IDENTIFIER
                | ControlFailureCode::NO_ACTIVE_CALL
        ),
        Failure::TimedOut | Failure::Closed | Failure::Unconfirmed => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_that_comes_and_goes_is_asked_about_once() {
        let config = crate::session::failover::Config::new(crate::session::client::Config::new(
            crate::version::Version::ucce(23),
            Text::try_from("x").unwrap(),
            crate::codec::Secret::default(),
        ));
        let picture = Picture::new(&config);
        let mut watched = Watched::default();
        for number in ["1001", "1002", "1003"] {
            let instrument = Text::try_from(number).unwrap();
            let key = DeviceKey::new(PeripheralId(5_000), &instrument);
            watched.devices.insert(key, None);
        }
        let mut recovery = Recovery::default();
        for _ in 0..1_000 {
            recovery.ask_peripheral(PeripheralId(5_000));
            recovery.ask_peripheral(PeripheralId(5_001));
        }
        let asked = core::iter::from_fn(|| recovery.next(usize::MAX, &picture, &watched));
        assert_eq!(asked.count(), 6, "calls and abilities of three devices");
        assert_eq!(recovery.finish(), None, "they are not answered");
    }
}
