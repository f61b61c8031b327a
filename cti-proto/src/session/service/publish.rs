//! One event for those whom it concerns, encoded once for each version.

use alloc::vec::Vec;
use core::time::Duration;

use bytes::{Bytes, BytesMut};

use super::call::{CallKey, call_keys, device_keys};
use super::directory::Key;
use super::subject::{Audience, Subject};
use super::{ConnectionId, Party, Service};
use crate::error::EncodeError;
use crate::message::{BeginCallEvent, Message, Role};
use crate::session::Error;
use crate::session::filter::Class;
use crate::session::server::Delivery;
use crate::version::Version;

impl Service {
    /// Sends an event to all clients that it concerns and that want it; returns how many get it.
    ///
    /// - Call events: ALL_EVENTS clients, and CLIENT_EVENTS clients whose device takes or took
    ///   part in the call. A client whose device joins gets the call's BEGIN_CALL_EVENT first; if
    ///   its version cannot hold that, without the fields that nobody knows, then without expanded
    ///   call context.
    /// - AGENT_STATE_EVENT: ALL_EVENTS clients, the agent's own client, its supervisors.
    /// - EMERGENCY_CALL_EVENT: ALL_EVENTS clients and the agent's supervisors.
    /// - Team configuration: ALL_EVENTS clients and the team's supervisors.
    /// - SYSTEM_EVENT: all that watch anything at that switch.
    /// - Everything else, unknown messages included: ALL_EVENTS clients.
    /// - Monitors of the call, its devices or the agent's team get a copy with their MonitorID.
    ///
    /// What a version does not have is not for its clients. A client that does not keep up is let
    /// go ([`CloseReason::SlowPeer`](crate::session::CloseReason::SlowPeer)); others do not notice.
    ///
    /// # Errors
    ///
    /// [`Error::WrongRole`] for requests and confirmations; [`Error::TooManyCalls`]: nobody got it.
    /// [`Error::Encode`] when a version has the message but cannot hold these fields; clients of
    /// other versions got it. What a call began with and what changes its data is kept for those
    /// who join: when the newest version cannot hold it, nobody got it.
    pub fn publish(&mut self, now: Duration, message: impl Into<Message>) -> Result<usize, Error> {
        let message = message.into();
        if message
            .table()
            .is_some_and(|table| table.role != Role::Event)
        {
            return Err(Error::WrongRole {
                message_type: message.message_type(),
                wanted: "event",
            });
        }
        let subject = Subject::new(&message);
        let peripheral = self.peripheral_id(subject.peripheral);
        let calls = call_keys(peripheral, &subject);
        if let Some(call) = calls.first()
            && !self.calls.contains(*call)
            && self.calls.len() >= self.config.max_calls
        {
            return Err(Error::TooManyCalls {
                max: self.config.max_calls,
            });
        }
        let mut copies = Copies::new(&message);
        if matches!(
            message,
            Message::BeginCallEvent(_) | Message::CallDataUpdateEvent(_)
        ) {
            copies.check(self.session.newest())?;
        }
        if let (Some(call), Message::BeginCallEvent(begin)) = (calls.first(), &message) {
            self.calls.begin(*call, begin);
        }
        // Who has not heard of a call need not hear of its end.
        if !matches!(message, Message::EndCallEvent(_)) {
            let joined = self.calls.join(peripheral, &subject, &self.directory);
            for (connection, call) in joined {
                if !matches!(message, Message::BeginCallEvent(_)) {
                    self.show_call(now, connection, call);
                }
            }
        }
        let class = Class::new(self.session.dialect, &message);
        let agent = subject.agent.map(|agent| Key::new(peripheral, agent));
        let devices = device_keys(peripheral, &subject);
        self.round += 1;
        let mut sent = self.feed_team_monitors(class, agent.as_ref(), &mut copies);
        let audience = self.audience(&subject, &calls, agent.as_ref(), &devices);
        for connection in audience {
            sent += usize::from(self.share(connection, class, &mut copies));
        }
        sent += self.feed_monitors(class, &calls, &devices, &mut copies);
        if let Some((old, new)) = self.calls.update(peripheral, &subject, &message) {
            self.monitors.move_call(old, new);
        }
        if let Message::EndCallEvent(_) = message {
            self.monitors.end_calls(&calls);
        }
        if let Message::AgentStateEvent(event) = &message {
            self.teams
                .note_state(now, agent.as_ref(), event.agent_state);
        }
        self.let_go(now);
        copies.result().map(|()| sent)
    }

    /// Sends a message to one client, if it wants it.
    ///
    /// # Errors
    ///
    /// The session is not open, or its version cannot write the message.
    pub fn send(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        message: impl Into<Message>,
    ) -> Result<Delivery, Error> {
        let message = message.into();
        let Some(party) = self.parties.get_mut(&connection) else {
            return Err(Error::Caller {
                attempted: "send",
                state: "closed",
            });
        };
        let result = party.session.send_ref(&message);
        self.settle(now, connection);
        match result {
            // The end of the session is told by an event.
            Err(Error::SlowPeer { .. }) => Ok(Delivery::Filtered),
            other => other,
        }
    }

    /// Tells a client of a call that its device is part of. A version that cannot hold all that
    /// is known of it is told of the call all the same.
    pub(super) fn show_call(&mut self, now: Duration, connection: ConnectionId, call: CallKey) {
        let Some(begin) = self.calls.begun(call) else {
            return;
        };
        let mut message = Message::from(begin.clone());
        let shorter: [fn(&mut BeginCallEvent); 2] = [
            |begin| begin.other.clear(),
            |begin| {
                begin.named_variables.clear();
                begin.named_arrays.clear();
            },
        ];
        for shorten in shorter {
            let sent = self.send_one(now, connection, &message);
            let (Err(Error::Encode(_)), Message::BeginCallEvent(begin)) = (sent, &mut message)
            else {
                return;
            };
            shorten(begin);
        }
        let _ = self.send_one(now, connection, &message);
    }

    /// Gives a client its copy, once a round; whether it gets one.
    pub(super) fn share(
        &mut self,
        connection: ConnectionId,
        class: Class,
        copies: &mut Copies<'_>,
    ) -> bool {
        let round = self.round;
        let Some(party) = self.parties.get_mut(&connection) else {
            return false;
        };
        if party.round == round || !party.session.admits(class) {
            return false;
        }
        let Some(bytes) = copies.of(party) else {
            return false;
        };
        party.round = round;
        if party.session.send_shared(bytes).is_err() {
            self.slow.push_back(connection);
        } else if !party.is_ready {
            party.is_ready = true;
            self.ready.push_back(connection);
        }
        if self.monitors.watches_sessions() {
            self.copy_to_watchers(connection, copies);
        }
        true
    }

    /// Puts bytes into a client's outbox. One that is full ends the session, which its events tell.
    pub(super) fn hand(&mut self, connection: ConnectionId, bytes: Bytes) {
        let Some(party) = self.parties.get_mut(&connection) else {
            return;
        };
        if party.session.send_shared(bytes).is_ok() {
            self.mark_ready(connection);
        } else {
            self.slow.push_back(connection);
        }
    }

    /// Whom an event concerns; a client with two reasons may come twice.
    fn audience(
        &self,
        subject: &Subject<'_>,
        calls: &[CallKey],
        agent: Option<&Key>,
        devices: &[Key],
    ) -> Vec<ConnectionId> {
        let directory = &self.directory;
        let mut audience: Vec<ConnectionId> = match subject.audience {
            Audience::Watchers(None) => return directory.watchers.iter().copied().collect(),
            Audience::Watchers(Some(peripheral)) => {
                let at = |connection: &&ConnectionId| {
                    self.parties.get(connection).is_some_and(|party| {
                        party.client.peripheral.is_none_or(|own| own == peripheral)
                    })
                };
                return directory.watchers.iter().filter(at).copied().collect();
            }
            Audience::Call
            | Audience::Agent
            | Audience::Supervisors
            | Audience::Team(_)
            | Audience::Bridge => directory.bridges.iter().copied().collect(),
        };
        let of_agent = agent
            .into_iter()
            .flat_map(|agent| directory.of_agent(agent));
        let of_devices = devices
            .iter()
            .flat_map(|device| directory.of_device(device));
        match subject.audience {
            Audience::Call if calls.is_empty() => audience.extend(of_devices),
            Audience::Call => {
                let followers = calls.iter().flat_map(|call| self.calls.followers(*call));
                audience.extend(followers.chain(of_agent));
            }
            Audience::Agent => {
                audience.extend(of_agent.chain(of_devices));
                audience.extend(
                    agent
                        .iter()
                        .flat_map(|agent| self.teams.supervisors_of(agent)),
                );
            }
            Audience::Supervisors => {
                audience.extend(
                    agent
                        .iter()
                        .flat_map(|agent| self.teams.supervisors_of(agent)),
                );
            }
            Audience::Team(team) => audience.extend(self.teams.supervisors(team)),
            Audience::Watchers(_) | Audience::Bridge => {}
        }
        audience
    }
}

/// A message in the layouts of the versions that were asked for.
#[derive(Debug)]
pub(super) struct Copies<'a> {
    message: &'a Message,
    encoded: Vec<(Version, Option<Bytes>)>,
    failure: Option<EncodeError>,
}

impl<'a> Copies<'a> {
    pub(super) const fn new(message: &'a Message) -> Self {
        Self {
            message,
            encoded: Vec::new(),
            failure: None,
        }
    }

    pub(super) const fn message(&self) -> &'a Message {
        self.message
    }

    /// The bytes for an open session, shared by all of its version.
    pub(super) fn of(&mut self, party: &Party) -> Option<Bytes> {
        self.in_version(party.session.version()?)
    }

    /// Fails if `version` has the message and cannot hold its fields.
    fn check(&mut self, version: Version) -> Result<(), Error> {
        self.in_version(version);
        self.failure
            .clone()
            .map_or(Ok(()), |failure| Err(failure.into()))
    }

    fn in_version(&mut self, version: Version) -> Option<Bytes> {
        if let Some((_, bytes)) = self.encoded.iter().find(|(known, _)| *known == version) {
            return bytes.clone();
        }
        let mut out = BytesMut::with_capacity(256);
        let bytes = match self.message.encode(version, &mut out) {
            Ok(()) => Some(out.freeze()),
            Err(EncodeError::NotInVersion { .. }) => None,
            Err(failure) => {
                self.failure.get_or_insert(failure);
                None
            }
        };
        self.encoded.push((version, bytes.clone()));
        bytes
    }

    fn result(self) -> Result<(), Error> {
        self.failure.map_or(Ok(()), |failure| Err(failure.into()))
    }
}
