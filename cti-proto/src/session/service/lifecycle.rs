//! Connections: taken, fed, timed, emptied, ended.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::sync::Arc;
use core::time::Duration;

use bytes::{Bytes, BytesMut};

use super::call::Calls;
use super::directory::Directory;
use super::monitor::Monitors;
use super::peripheral::Clock;
use super::team::Teams;
use super::upload::Upload;
use super::{Client, Config, ConfigStore, ConnectionId, Event, Party, Service};
use crate::code::{ServiceMask, StatusCode};
use crate::session::CloseReason;
use crate::session::server::{self, Server, Taken};
use crate::version::Version;

impl Service {
    /// A service without clients.
    pub fn new(config: Config) -> Self {
        Self {
            session: Arc::new(config.session.clone()),
            standing: config.session.standing,
            parties: BTreeMap::new(),
            next_connection: 0,
            round: 0,
            timers: BTreeSet::new(),
            ready: VecDeque::new(),
            slow: VecDeque::new(),
            events: VecDeque::new(),
            directory: Directory::default(),
            calls: Calls::default(),
            monitors: Monitors::default(),
            teams: Teams::default(),
            peripherals: BTreeMap::new(),
            store: ConfigStore::default(),
            maintenance: None,
            clock: Clock::UNSET,
            config,
        }
    }

    /// Takes a connection. `None` when there is no room: drop it, since it has not said in which
    /// version a refusal would have to be written.
    pub fn accept(&mut self, now: Duration) -> Option<ConnectionId> {
        if self.parties.len() >= self.config.max_connections {
            return None;
        }
        let connection = ConnectionId(self.next_connection);
        self.next_connection += 1;
        let party = Party {
            session: Server::with_shared(now, Arc::clone(&self.session), self.standing),
            armed: None,
            is_ready: false,
            round: 0,
            lingers_until: None,
            client: Client::default(),
            upload: Upload::default(),
        };
        self.parties.insert(connection, party);
        self.rearm(connection);
        Some(connection)
    }

    /// Takes complete messages off the front of `input` and leaves the rest. Messages are left,
    /// too, while the application decides about an OPEN_REQ and while
    /// [`Config::max_events`](super::Config::max_events) events wait: call again after that.
    pub fn handle_input(&mut self, now: Duration, connection: ConnectionId, input: &mut BytesMut) {
        while self.events.len() < self.config.max_events {
            let Some(party) = self.parties.get_mut(&connection) else {
                input.clear();
                return;
            };
            // An error is the end of the session, which its last event tells.
            let taken = party.session.handle_one(now, input);
            self.settle(now, connection);
            match taken {
                Ok(Taken::Message) => {}
                Ok(Taken::Nothing) => return,
                Err(_) => return input.clear(),
            }
        }
    }

    /// The client closed the connection, or it broke: nothing more is written to it.
    pub fn handle_eof(&mut self, now: Duration, connection: ConnectionId) {
        if let Some(party) = self.parties.get_mut(&connection) {
            party.session.handle_eof();
            self.settle(now, connection);
            self.forget(connection);
        }
    }

    /// Does what is due at `now`. Harmless when nothing is.
    pub fn handle_timeout(&mut self, now: Duration) {
        while let Some(&(at, connection)) = self.timers.first().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, connection));
            let Some(party) = self.parties.get_mut(&connection) else {
                continue;
            };
            party.armed = None;
            if party.lingers_until.is_some_and(|until| until <= now) {
                self.forget(connection);
                continue;
            }
            party.session.handle_timeout(now);
            self.settle(now, connection);
        }
        self.maintain(now);
    }

    /// Ends a session: FAILURE_EVENT with `status`, by rule
    /// [`StatusCode::CTI_SERVER_OFFLINE`]. Does nothing to one that is over.
    pub fn close(&mut self, now: Duration, connection: ConnectionId, status: StatusCode) {
        if let Some(party) = self.parties.get_mut(&connection) {
            party.session.close(status);
            self.settle(now, connection);
        }
    }

    /// Ends all sessions: FAILURE_EVENT with status 15, in UCCX 92. New connections can be taken afterwards;
    /// an application that goes away takes none.
    pub fn close_all(&mut self, now: Duration) {
        let connections: BTreeSet<ConnectionId> = self.parties.keys().copied().collect();
        for connection in connections {
            let status = StatusCode::CTI_SERVER_OFFLINE.in_dialect(self.session.dialect);
            self.close(now, connection, status);
        }
    }

    /// The next thing to know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The next connection that has got bytes since it was last named. Take them by
    /// [`Service::poll_transmit`] when the connection can be written.
    pub fn poll_ready(&mut self) -> Option<ConnectionId> {
        while let Some(connection) = self.ready.pop_front() {
            if let Some(party) = self.parties.get_mut(&connection) {
                party.is_ready = false;
                if !party.session.unsent().is_empty() {
                    return Some(connection);
                }
            }
        }
        None
    }

    /// Bytes for a client, at most about 16 KiB at a time. Poll until `None`, when the connection
    /// takes more: what waits here counts against
    /// [`server::Config::max_unsent`](crate::session::server::Config::max_unsent). One event that
    /// many clients get is the same bytes for all of them, shared.
    pub fn poll_transmit(&mut self, connection: ConnectionId) -> Option<Bytes> {
        let party = self.parties.get_mut(&connection)?;
        let bytes = party.session.poll_transmit();
        party.upload.pump(&mut party.session);
        if party.session.is_closed() && party.session.unsent().is_empty() {
            self.forget(connection);
        }
        bytes
    }

    /// When to call [`Service::handle_timeout`] next. May be earlier than something is due.
    pub fn poll_timeout(&self) -> Option<Duration> {
        let timer = self.timers.first().map(|(at, _)| *at);
        let maintenance = self.maintenance.as_ref().map(|running| running.deadline());
        timer.into_iter().chain(maintenance).min()
    }

    /// Whether the session can be sent messages.
    pub fn is_open(&self, connection: ConnectionId) -> bool {
        self.session_of(connection).is_some_and(Server::is_open)
    }

    /// The version of an open session.
    pub fn version(&self, connection: ConnectionId) -> Option<Version> {
        self.session_of(connection)?.version()
    }

    /// The services of an open session.
    pub fn services(&self, connection: ConnectionId) -> ServiceMask {
        self.session_of(connection)
            .map_or(ServiceMask::NONE, Server::services)
    }

    /// Connections, open or not.
    pub fn connections(&self) -> usize {
        self.parties.len()
    }

    /// Bytes that wait for a client.
    pub fn unsent(&self, connection: ConnectionId) -> usize {
        self.session_of(connection)
            .map_or(0, |session| session.unsent().len())
    }

    fn session_of(&self, connection: ConnectionId) -> Option<&Server> {
        self.parties.get(&connection).map(|party| &party.session)
    }

    /// Follows up whatever happened to a session: its events, its timer, its bytes.
    pub(super) fn settle(&mut self, now: Duration, connection: ConnectionId) {
        self.settle_one(now, connection);
        self.let_go(now);
    }

    /// Follows up the ends of clients that did not keep up. Never while a message is handed to
    /// many: the end of one is told to others, which is a message of its own and may be the end of
    /// the next.
    pub(super) fn let_go(&mut self, now: Duration) {
        while let Some(connection) = self.slow.pop_front() {
            self.settle_one(now, connection);
        }
    }

    fn settle_one(&mut self, now: Duration, connection: ConnectionId) {
        while let Some(event) = self
            .parties
            .get_mut(&connection)
            .and_then(|party| party.session.poll_event())
        {
            self.on_session_event(now, connection, event);
        }
        self.mark_ready(connection);
        self.rearm(connection);
    }

    /// A session that failed to take a message is over, which its events tell.
    pub(super) fn mark_ready(&mut self, connection: ConnectionId) {
        if let Some(party) = self.parties.get_mut(&connection)
            && !party.is_ready
            && !party.session.unsent().is_empty()
        {
            party.is_ready = true;
            self.ready.push_back(connection);
        }
    }

    fn on_session_event(&mut self, now: Duration, connection: ConnectionId, event: server::Event) {
        match event {
            server::Event::OpenRequested { version, request } => {
                self.on_open_requested(now, connection, version, request);
            }
            server::Event::Request { invoke_id, message } => {
                self.on_request(now, connection, invoke_id, message);
            }
            server::Event::Message(message) => self.on_message(now, connection, message),
            server::Event::Rejected { frame, status } => {
                self.events.push_back(Event::Rejected {
                    connection,
                    frame,
                    status,
                });
            }
            server::Event::Closed(reason) => self.on_closed(now, connection, reason),
        }
    }

    fn on_closed(&mut self, now: Duration, connection: ConnectionId, reason: CloseReason) {
        self.detach(connection, reason);
        let Some(party) = self.parties.get_mut(&connection) else {
            return;
        };
        party.upload.clear();
        if party.session.unsent().is_empty() {
            self.forget(connection);
        } else {
            party.lingers_until = Some(now.saturating_add(self.config.linger));
        }
        self.events.push_back(Event::Closed { connection, reason });
        // It may have been the last one that a hand-over waited for.
        self.maintain(now);
    }

    /// Drops a connection whose session is over.
    fn forget(&mut self, connection: ConnectionId) {
        if let Some(party) = self.parties.remove(&connection)
            && let Some(at) = party.armed
        {
            self.timers.remove(&(at, connection));
        }
    }

    /// Sets the timer of a connection. One that is due before the deadline is left: to move it with
    /// each message of the client costs more than to look once in vain.
    fn rearm(&mut self, connection: ConnectionId) {
        let Some(party) = self.parties.get_mut(&connection) else {
            return;
        };
        let deadline = party.lingers_until.or_else(|| party.session.poll_timeout());
        match (party.armed, deadline) {
            (Some(armed), Some(deadline)) if armed <= deadline => return,
            (Some(armed), _) => {
                self.timers.remove(&(armed, connection));
            }
            (None, _) => {}
        }
        party.armed = deadline;
        self.timers.extend(deadline.map(|at| (at, connection)));
    }
}
