//! Many sessions, found by their ids, with one timer.

#[cfg(feature = "serde")]
mod state;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use wire_xml::Str;

use super::config::ServerConfig;
use super::server::{Output, Session};
use super::wheel::Wheel;
use super::{Error, Event, Farewell, RequestSlot, StreamName, Transmit};
use crate::body::{Body, BodyKind, CONTENT_TYPE};
use crate::condition::Condition;
use crate::rid::{Rid, Sid};

#[cfg(feature = "serde")]
pub use state::ManagerState;

/// A session inside one [`Manager`]. Unlike the [`Sid`] it is no secret; it is never used twice.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SessionId {
    /// How many sessions there were before it.
    serial: u64,
    /// Its place among those that live.
    index: u32,
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.serial, f)
    }
}

/// How a request came, as far as the connection manager must know.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Channel {
    /// Without encryption, or the host cannot tell.
    Clear,
    /// Over TLS.
    Secure,
}

/// A connection manager: takes HTTP requests, answers every one of them, and keeps sessions.
///
/// Whatever a peer sends leads to an answer, never to an error. After any call, drain
/// [`poll_transmit`](Self::poll_transmit) and [`poll_event`](Self::poll_event), carry out what
/// the events ask for, drain again, and re-arm from [`poll_timeout`](Self::poll_timeout).
pub struct Manager {
    config: Arc<ServerConfig>,
    /// Where session ids come from: unpredictable and never the same twice.
    sids: Box<dyn FnMut() -> String + Send>,
    next: u64,
    sessions: Vec<Option<Box<Entry>>>,
    /// Places in `sessions` that are free.
    free: Vec<u32>,
    by_sid: HashMap<Sid, SessionId>,
    by_slot: HashMap<RequestSlot, SessionId>,
    timers: Wheel,
    /// What is due in one call, kept for its memory.
    due: Vec<(Duration, u32)>,
    /// Lent to the session that is at work, kept for its memory.
    output: Output,
    unauthenticated: usize,
    shutting_down: bool,
    /// Sessions to which payloads were sent since the last drain.
    unflushed: Vec<SessionId>,
    transmits: VecDeque<Transmit>,
    events: VecDeque<(SessionId, Event)>,
}

#[derive(Debug)]
struct Entry {
    id: SessionId,
    session: Session,
    /// That of the creation request.
    channel: Channel,
    armed: Option<Duration>,
    authenticating: bool,
    unflushed: bool,
}

impl Manager {
    /// Starts without sessions. `sids` makes ids of sessions and names of streams, each one
    /// unpredictable, unique and legal in an XML attribute (XEP-0124 §7.2, §16.2, §19.3).
    pub fn new(config: ServerConfig, sids: impl FnMut() -> String + Send + 'static) -> Self {
        Self {
            config: Arc::new(config),
            sids: Box::new(sids),
            next: 0,
            sessions: Vec::new(),
            free: Vec::new(),
            by_sid: HashMap::new(),
            by_slot: HashMap::new(),
            timers: Wheel::new(),
            due: Vec::new(),
            output: Output::default(),
            unauthenticated: 0,
            shutting_down: false,
            unflushed: Vec::new(),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Takes the body of an HTTP POST. Exactly one [`Transmit`] with this `slot` will follow,
    /// at once or when there is something to say.
    pub fn handle_request(&mut self, now: Duration, slot: RequestSlot, body: Bytes) {
        self.handle_request_over(now, Channel::Clear, slot, body);
    }

    /// [`handle_request`](Self::handle_request) for a host that has both encrypted and clear
    /// connections. A session that was created over TLS takes no request that came in clear
    /// (XEP-0124 §19.1): it is answered by HTTP 403 without a body, the connection is to be
    /// closed, and the session goes on, so that nobody can end it who has only seen its id.
    pub fn handle_request_over(
        &mut self,
        now: Duration,
        channel: Channel,
        slot: RequestSlot,
        body: Bytes,
    ) {
        let request = match self.config.codec.decode(&body) {
            Ok(request) => request,
            // Which session was meant cannot be trusted; it goes on.
            Err(error) => return self.refuse(slot, error.condition()),
        };
        let Some(rid) = request.rid else {
            return match request.sid {
                Some(_) => self.refuse(slot, Condition::BadRequest),
                None => self.refuse_creation(slot, Condition::BadRequest, &request),
            };
        };
        let Some(sid) = &request.sid else {
            return self.create(now, channel, slot, rid, request);
        };
        let Some(&id) = self.by_sid.get(sid) else {
            return self.refuse(slot, Condition::ItemNotFound);
        };
        let secure = |entry: &Entry| entry.channel == Channel::Secure;
        if channel == Channel::Clear
            && entry(&mut self.sessions, id).is_some_and(|entry| secure(entry))
        {
            return self.transmit(slot, INSECURE, Bytes::new());
        }
        self.by_slot.insert(slot, id);
        let mut ids = std::mem::replace(&mut self.sids, Box::new(String::new));
        self.with(id, |session| {
            session.handle_request_with_streams(now, slot, rid, request, &mut ids);
        });
        self.sids = ids;
    }

    /// Takes note that the client has closed the HTTP connection of a request that waits. The
    /// slot will not come back.
    pub fn handle_disconnect(&mut self, now: Duration, slot: RequestSlot) {
        if let Some(id) = self.by_slot.remove(&slot) {
            self.with(id, |session| session.handle_disconnect(now, slot));
        }
    }

    /// Does what is due; may be called at any time.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.flush();
        let mut due = std::mem::take(&mut self.due);
        loop {
            self.timers.take_due(now, &mut due);
            if due.is_empty() {
                break;
            }
            // In the order of deadlines, then of creation.
            due.sort_unstable_by_key(|&(deadline, index)| (deadline, self.at(index)));
            for (_, index) in due.drain(..) {
                if let Some(Some(entry)) = self.sessions.get_mut(index as usize) {
                    entry.armed = None;
                    let id = entry.id;
                    self.with(id, |session| session.handle_timeout(now));
                }
            }
        }
        self.due = due;
    }

    /// Queues a complete element for a client. It declares its own namespaces and may use the
    /// prefix `stream`, as features do. What is queued before the next drain travels together.
    ///
    /// # Errors
    ///
    /// If the session is over or its queue is full: then the payload was not taken.
    pub fn send(&mut self, now: Duration, id: SessionId, payload: Bytes) -> Result<(), Error> {
        self.queue(id, |session| session.send(now, payload))
    }

    /// Queues a complete element for one stream of a client (XEP-0124 §16).
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send); also if the stream is not open.
    pub fn send_to(
        &mut self,
        now: Duration,
        id: SessionId,
        stream: &StreamName,
        payload: Bytes,
    ) -> Result<(), Error> {
        self.queue(id, |session| session.send_to(now, stream, payload))
    }

    /// Tells a client who serves a stream, if that was not known when it was opened (XEP-0124
    /// §16.3).
    ///
    /// # Errors
    ///
    /// As for [`send_to`](Self::send_to).
    pub fn send_from(
        &mut self,
        now: Duration,
        id: SessionId,
        stream: &StreamName,
        from: impl Into<String>,
    ) -> Result<(), Error> {
        self.queue(id, |session| session.send_from(now, stream, from))
    }

    /// Ends one stream, behind everything queued for it; with the last one the session is closed
    /// (XEP-0124 §16.5, §16.6).
    ///
    /// # Errors
    ///
    /// If the session is over or being ended, or the stream is not open.
    pub fn close_stream(
        &mut self,
        now: Duration,
        id: SessionId,
        stream: &StreamName,
        farewell: Farewell,
    ) -> Result<(), Error> {
        let mut result = Err(Error::NoSession);
        self.with(id, |session| {
            result = session.close_stream(now, stream, farewell);
        });
        result
    }

    /// Ends a session. Queued payloads go first. If no request is waiting, the next one is told.
    ///
    /// # Errors
    ///
    /// If the session is over or being ended.
    pub fn close(&mut self, now: Duration, id: SessionId, farewell: Farewell) -> Result<(), Error> {
        let mut result = Err(Error::NoSession);
        self.with(id, |session| result = session.close(now, farewell));
        result
    }

    /// Declares the client of a session authenticated, so that it may stay.
    ///
    /// # Errors
    ///
    /// If the session is over.
    pub fn set_authenticated(&mut self, id: SessionId) -> Result<(), Error> {
        if self.session(id).is_none() {
            return Err(Error::NoSession);
        }
        self.with(id, Session::set_authenticated);
        Ok(())
    }

    /// Ends all sessions with system-shutdown and refuses new ones (XEP-0124 §17.2).
    pub fn shutdown(&mut self, now: Duration) {
        self.shutting_down = true;
        // In the order of creation, so that the same calls give the same output.
        let mut ids: Vec<SessionId> = self.ids().collect();
        ids.sort_unstable();
        for id in ids {
            self.with(id, |session| {
                // A session that is being ended already needs no second farewell.
                let _ = session.close(now, Farewell::condition(Condition::SystemShutdown));
            });
        }
    }

    /// The next response to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.flush();
        self.transmits.pop_front()
    }

    /// The next thing to know, and in which session.
    pub fn poll_event(&mut self) -> Option<(SessionId, Event)> {
        self.events.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) at the latest. Nothing may be due then
    /// yet, if the deadlines of many sessions are close together; nothing is ever done late.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.timers.next()
    }

    /// How many sessions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_sid.len()
    }

    /// Whether there is no session.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_sid.is_empty()
    }

    /// All sessions, in the order of creation.
    pub fn sessions(&self) -> impl Iterator<Item = (SessionId, &Session)> {
        let mut ids: Vec<SessionId> = self.ids().collect();
        ids.sort_unstable();
        let session = |id| Some((id, self.session(id)?));
        ids.into_iter().filter_map(session)
    }

    /// A session, to look at.
    #[must_use]
    pub fn session(&self, id: SessionId) -> Option<&Session> {
        let entry = self.sessions.get(id.index as usize)?.as_ref()?;
        (entry.id == id).then_some(&entry.session)
    }

    fn create(
        &mut self,
        now: Duration,
        channel: Channel,
        slot: RequestSlot,
        rid: Rid,
        request: Body,
    ) {
        if request.kind == BodyKind::Terminate {
            return self.answer(slot, Body::terminate(None).to_bytes());
        }
        if self.shutting_down {
            return self.refuse_creation(slot, Condition::SystemShutdown, &request);
        }
        if self.by_sid.len() >= self.config.max_sessions
            || self.unauthenticated >= self.config.max_unauthenticated
        {
            return self.refuse_creation(slot, Condition::PolicyViolation, &request);
        }
        let sid = Sid::new((self.sids)());
        if sid.as_str().is_empty() || self.by_sid.contains_key(&sid) {
            return self.refuse_creation(slot, Condition::InternalServerError, &request);
        }
        let Some(id) = self.next_id() else {
            return self.refuse_creation(slot, Condition::PolicyViolation, &request);
        };
        let config = Arc::clone(&self.config);
        let first = (config.max_streams > 1).then(|| StreamName::new((self.sids)()));
        let mut session =
            Session::create_with_streams(config, sid.clone(), now, slot, rid, request, first);
        let events = std::mem::take(&mut session.out.events);
        self.events
            .extend(events.into_iter().map(|event| (id, event)));
        self.put(id, channel, session);
        self.by_sid.insert(sid, id);
        self.by_slot.insert(slot, id);
        self.with(id, |_| {});
    }

    /// Queues something, to be looked at before the next drain.
    fn queue(
        &mut self,
        id: SessionId,
        step: impl FnOnce(&mut Session) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let entry = entry(&mut self.sessions, id).ok_or(Error::NoSession)?;
        step(&mut entry.session)?;
        if !std::mem::replace(&mut entry.unflushed, true) {
            self.unflushed.push(id);
        }
        Ok(())
    }

    /// Runs a step of one session and collects what came of it.
    fn with(&mut self, id: SessionId, step: impl FnOnce(&mut Session)) {
        let Some(entry) = entry(&mut self.sessions, id) else {
            return;
        };
        let session = &mut entry.session;
        std::mem::swap(&mut session.out, &mut self.output);
        step(session);
        session.flush();
        std::mem::swap(&mut session.out, &mut self.output);
        while let Some(transmit) = self.output.transmits.pop_front() {
            self.by_slot.remove(&transmit.slot);
            self.transmits.push_back(transmit);
        }
        while let Some(event) = self.output.events.pop_front() {
            self.events.push_back((id, event));
        }
        let authenticating = session.is_authenticating();
        if authenticating != entry.authenticating {
            entry.authenticating = authenticating;
            if authenticating {
                self.unauthenticated += 1;
            } else {
                self.unauthenticated -= 1;
            }
        }
        let deadline = session.poll_timeout();
        if deadline != entry.armed {
            entry.armed = deadline;
            self.timers.set(id.index, deadline);
        }
        if entry.session.is_ended() {
            self.by_sid.remove(entry.session.sid());
            self.sessions[id.index as usize] = None;
            self.free.push(id.index);
        }
    }

    fn flush(&mut self) {
        let mut unflushed = std::mem::take(&mut self.unflushed);
        for id in unflushed.drain(..) {
            if let Some(entry) = entry(&mut self.sessions, id) {
                entry.unflushed = false;
            }
            self.with(id, |_| {});
        }
        self.unflushed = unflushed;
    }

    /// In no order that means anything.
    fn ids(&self) -> impl Iterator<Item = SessionId> {
        let entries = self.sessions.iter().flatten();
        entries.map(|entry| entry.id)
    }

    fn at(&self, index: u32) -> Option<SessionId> {
        let entry = self.sessions.get(index as usize)?.as_ref()?;
        Some(entry.id)
    }

    fn next_id(&mut self) -> Option<SessionId> {
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                let index = u32::try_from(self.sessions.len()).ok()?;
                self.sessions.push(None);
                index
            }
        };
        let serial = self.next;
        self.next += 1;
        Some(SessionId { serial, index })
    }

    fn put(&mut self, id: SessionId, channel: Channel, session: Session) {
        if let Some(place) = self.sessions.get_mut(id.index as usize) {
            *place = Some(Box::new(Entry {
                id,
                session,
                channel,
                armed: None,
                authenticating: false,
                unflushed: false,
            }));
        }
    }

    /// A client that gave no `ver` gets an HTTP error where there is one (§17.1).
    fn refuse_creation(&mut self, slot: RequestSlot, condition: Condition, request: &Body) {
        match condition.legacy_status().filter(|_| request.ver.is_none()) {
            Some(status) => self.transmit(slot, status, Bytes::new()),
            None => self.refuse(slot, condition),
        }
    }

    fn refuse(&mut self, slot: RequestSlot, condition: Condition) {
        self.answer(slot, Body::terminate(Some(condition)).to_bytes());
    }

    fn answer(&mut self, slot: RequestSlot, body: Bytes) {
        self.transmit(slot, 200, body);
    }

    fn transmit(&mut self, slot: RequestSlot, status: u16, body: Bytes) {
        let content_type = Str::borrowed(CONTENT_TYPE);
        self.transmits.push_back(Transmit {
            slot,
            status,
            content_type,
            body,
        });
    }
}

fn entry(sessions: &mut [Option<Box<Entry>>], id: SessionId) -> Option<&mut Entry> {
    let entry = sessions.get_mut(id.index as usize)?.as_deref_mut()?;
    (entry.id == id).then_some(entry)
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manager")
            .field("sessions", &self.by_sid.len())
            .field("unauthenticated", &self.unauthenticated)
            .field("shutting_down", &self.shutting_down)
            .finish_non_exhaustive()
    }
}

/// HTTP 403, to a request in clear for a session over TLS.
const INSECURE: u16 = 403;
