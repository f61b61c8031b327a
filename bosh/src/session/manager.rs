//! Many sessions, found by their ids, with one timer.

mod sessions;
#[cfg(feature = "serde")]
mod state;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use wire_xml::Str;

use self::sessions::Sessions;
use super::config::ServerConfig;
use super::moment::Moment;
use super::replay::BufferPool;
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
    sessions: Sessions,
    /// A time for each session at which to look at it: its deadline, or one before it.
    timers: Wheel,
    /// What is due in one call, kept for its memory.
    due: Vec<(Duration, u32)>,
    /// Lent to the session that is at work, kept for its memory.
    output: Option<Box<Output>>,
    unauthenticated: usize,
    shutting_down: bool,
    /// Sessions to which payloads were sent since the last drain.
    unflushed: Vec<SessionId>,
    transmits: VecDeque<Transmit>,
    events: VecDeque<(SessionId, Event)>,
}

impl Manager {
    /// Starts without sessions. `sids` makes ids of sessions and names of streams, each one
    /// unpredictable, unique and legal in an XML attribute (XEP-0124 §7.2, §16.2, §19.3).
    pub fn new(config: ServerConfig, sids: impl FnMut() -> String + Send + 'static) -> Self {
        Self {
            config: Arc::new(config),
            sids: Box::new(sids),
            sessions: Sessions::default(),
            timers: Wheel::new(),
            due: Vec::new(),
            output: Some(Box::new(Output {
                pool: BufferPool::of_many(),
                ..Output::default()
            })),
            unauthenticated: 0,
            shutting_down: false,
            unflushed: Vec::new(),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Takes the body of an HTTP POST. Exactly one [`Transmit`] with this `slot` will follow,
    /// at once or when there is something to say.
    ///
    /// Returns the session that the request is for, for
    /// [`handle_disconnect`](Self::handle_disconnect); `None` if it is refused.
    pub fn handle_request(
        &mut self,
        now: Duration,
        slot: RequestSlot,
        body: Bytes,
    ) -> Option<SessionId> {
        self.handle_request_over(now, Channel::Clear, slot, body)
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
    ) -> Option<SessionId> {
        let request = match self.config.codec.decode(&body) {
            Ok(request) => request,
            // Which session was meant cannot be trusted; it goes on.
            Err(error) => {
                self.refuse(slot, error.condition());
                return None;
            }
        };
        let Some(rid) = request.rid else {
            match request.sid {
                Some(_) => self.refuse(slot, Condition::BadRequest),
                None => self.refuse_creation(slot, Condition::BadRequest, &request),
            }
            return None;
        };
        let Some(sid) = &request.sid else {
            return self.create(now, channel, slot, rid, request);
        };
        let Some(entry) = self.sessions.find(sid) else {
            self.refuse(slot, Condition::ItemNotFound);
            return None;
        };
        if channel == Channel::Clear && entry.channel == Channel::Secure {
            self.transmit(slot, INSECURE, Bytes::new());
            return None;
        }
        let id = entry.id;
        let mut ids = std::mem::replace(&mut self.sids, Box::new(String::new));
        self.with(id, |session| {
            session.handle_request_with_streams(now, slot, rid, request, &mut ids);
        });
        self.sids = ids;
        Some(id)
    }

    /// Takes note that the client has closed the HTTP connection of a request for `session` that
    /// waits. The slot will not come back. A request that is answered already, or a session that is
    /// over, changes nothing.
    pub fn handle_disconnect(&mut self, now: Duration, session: SessionId, slot: RequestSlot) {
        self.with(session, |session| session.handle_disconnect(now, slot));
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
            due.retain_mut(|(deadline, index)| self.is_due(now, *index, deadline));
            // In the order of deadlines, then of creation.
            due.sort_unstable_by_key(|&(deadline, index)| (deadline, self.sessions.id_at(index)));
            for (_, index) in due.drain(..) {
                if let Some(id) = self.sessions.id_at(index) {
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
        if self.sessions.get(id).is_none() {
            return Err(Error::NoSession);
        }
        self.with(id, Session::set_authenticated);
        Ok(())
    }

    /// Ends all sessions with system-shutdown and refuses new ones (XEP-0124 §17.2).
    pub fn shutdown(&mut self, now: Duration) {
        self.shutting_down = true;
        // In the order of creation, so that the same calls give the same output.
        let mut ids: Vec<SessionId> = self.sessions.ids().collect();
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
    /// yet, if the deadlines of many sessions are close together, or one was put off meanwhile;
    /// nothing is ever done late.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.timers.next()
    }

    /// How many sessions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether there is no session.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sessions.len() == 0
    }

    /// All sessions, in the order of creation.
    pub fn sessions(&self) -> impl Iterator<Item = (SessionId, &Session)> {
        let mut ids: Vec<SessionId> = self.sessions.ids().collect();
        ids.sort_unstable();
        let session = |id| Some((id, self.session(id)?));
        ids.into_iter().filter_map(session)
    }

    /// A session, to look at.
    #[must_use]
    pub fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(id).map(|entry| &entry.session)
    }

    fn create(
        &mut self,
        now: Duration,
        channel: Channel,
        slot: RequestSlot,
        rid: Rid,
        request: Body,
    ) -> Option<SessionId> {
        if request.kind == BodyKind::Terminate {
            self.answer(slot, Body::terminate(None).to_bytes());
            return None;
        }
        let (id, sid) = match self.admit() {
            Ok(ids) => ids,
            Err(condition) => {
                self.refuse_creation(slot, condition, &request);
                return None;
            }
        };
        let config = Arc::clone(&self.config);
        let first = (config.max_streams > 1).then(|| StreamName::new((self.sids)()));
        let mut session = Session::create_with_streams(config, sid, now, slot, rid, request, first);
        self.tell_all(id, &mut session);
        self.sessions.put(id, channel, session);
        self.with(id, |_| {});
        Some(id)
    }

    /// The ids of a session more, or why there is to be none.
    fn admit(&mut self) -> Result<(SessionId, Sid), Condition> {
        if self.shutting_down {
            return Err(Condition::SystemShutdown);
        }
        if self.sessions.len() >= self.config.max_sessions
            || self.unauthenticated >= self.config.max_unauthenticated
        {
            return Err(Condition::PolicyViolation);
        }
        let sid = Sid::new((self.sids)());
        if sid.as_str().is_empty() || self.sessions.find(&sid).is_some() {
            return Err(Condition::InternalServerError);
        }
        let id = self.sessions.next_id().ok_or(Condition::PolicyViolation)?;
        Ok((id, sid))
    }

    /// Queues something, to be looked at before the next drain.
    fn queue(
        &mut self,
        id: SessionId,
        step: impl FnOnce(&mut Session) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.sessions.prefetch(id);
        let entry = self.sessions.get_mut(id).ok_or(Error::NoSession)?;
        step(&mut entry.session)?;
        if !std::mem::replace(&mut entry.unflushed, true) {
            self.unflushed.push(id);
        }
        Ok(())
    }

    /// Runs a step of one session and collects what came of it.
    fn with(&mut self, id: SessionId, step: impl FnOnce(&mut Session)) {
        let Some(entry) = self.sessions.get_mut(id) else {
            return;
        };
        let session = &mut entry.session;
        std::mem::swap(&mut session.out, &mut self.output);
        step(session);
        session.flush();
        std::mem::swap(&mut session.out, &mut self.output);
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
        // One that was put off waits until the time comes that is set: nearly every answer and
        // every request puts it off, and to set it again touches other sessions' times.
        let time = deadline.map(Moment::of);
        let is_put_off = time > entry.armed && entry.armed.is_some();
        if time != entry.armed && !is_put_off {
            entry.armed = time;
            self.timers.set(id.index, deadline);
        }
        let is_ended = session.is_ended();
        if let Some(output) = &mut self.output {
            while let Some(transmit) = output.transmits.pop_front() {
                self.transmits.push_back(transmit);
            }
            while let Some(event) = output.events.pop_front() {
                self.events.push_back((id, event));
            }
        }
        if is_ended {
            self.sessions.remove(id);
        }
    }

    /// Whether a session has something to do, and since when; if not, its time is set anew.
    fn is_due(&mut self, now: Duration, index: u32, since: &mut Duration) -> bool {
        let id = self.sessions.id_at(index);
        let Some(entry) = id.and_then(|id| self.sessions.get_mut(id)) else {
            return false;
        };
        entry.armed = None;
        let Some(deadline) = entry.session.poll_timeout() else {
            return false;
        };
        *since = deadline;
        if deadline > now {
            // The next answer is not to bring it forward.
            let next = entry.session.next_look(now, deadline);
            entry.armed = Some(Moment::of(next));
            self.timers.set(index, Some(next));
        }
        deadline <= now
    }

    /// Takes over what a session tells that no one has asked yet.
    fn tell_all(&mut self, id: SessionId, session: &mut Session) {
        let events = session.out.take().map(|out| out.events);
        let events = events.into_iter().flatten();
        self.events.extend(events.map(|event| (id, event)));
    }

    fn flush(&mut self) {
        let mut unflushed = std::mem::take(&mut self.unflushed);
        for id in unflushed.drain(..) {
            if let Some(entry) = self.sessions.get_mut(id) {
                entry.unflushed = false;
            }
            self.with(id, |_| {});
        }
        self.unflushed = unflushed;
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

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manager")
            .field("sessions", &self.sessions.len())
            .field("unauthenticated", &self.unauthenticated)
            .field("shutting_down", &self.shutting_down)
            .finish_non_exhaustive()
    }
}

/// HTTP 403, to a request in clear for a session over TLS.
const INSECURE: u16 = 403;
