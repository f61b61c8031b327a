//! One session at the connection manager.
//!
//! ```text
//!              request ids in order            close(), stream error
//!   create ──▶ ┌──────┐ ─────────────────────▶ ┌─────────┐
//!              │ Open │                        │ Closing │  until a request comes that can
//!              └──────┘                        └─────────┘  carry the farewell
//!                 │ terminate, violation,           │
//!                 ▼ inactivity                      ▼
//!              ┌───────────────────────────────────────┐
//!              │                 Ended                 │
//!              └───────────────────────────────────────┘
//! ```
//!
//! A request is `early` while one below it is missing, then `held` until it is answered, then
//! in the replay buffer. After every input [`Session::advance`] answers what is due:
//!
//! | request | answered at the latest |
//! | --- | --- |
//! | held | `wait` after it came, whatever came later (XEP-0124 §8) |
//! | creation | after `creation_grace` |
//! | early | `wait` and `gap_margin` after it came, by the end of the session |
//! | repeat | at once, or when the request it repeats is answered |

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use wire_xml::Str;

use super::config::{PauseAboveMaximum, ServerConfig};
use super::replay::{Keys, Replay, Stored};
use super::{CloseReason, Error, Event, Farewell, Open, RequestSlot, Restart, Transmit};
use crate::body::{Body, BodyKind, Version};
use crate::condition::Condition;
use crate::keys::KeyCheck;
use crate::rid::{Rid, Sid};

/// The connection manager's side of one session.
///
/// [`Manager`](super::Manager) keeps many; use this type alone to store sessions elsewhere.
pub struct Session {
    config: Arc<ServerConfig>,
    sid: Sid,
    state: State,
    agreed: Agreed,
    /// The creation response but for its payloads, until it is sent.
    creation: Option<Box<Body>>,
    /// Highest request id received with all below it.
    last: Rid,
    /// Accepted and not answered, in the order of request ids.
    held: VecDeque<Held>,
    /// Above a gap.
    early: BTreeMap<Rid, Early>,
    replay: Replay,
    keys: KeyCheck,
    /// Highest response that the client says it has, with all below it.
    acknowledged: Option<Rid>,
    newest: Option<Newest>,
    silence: Option<Silence>,
    /// Until when the session must be declared authenticated.
    authentication: Option<Duration>,
    queue: VecDeque<Bytes>,
    queued_bytes: usize,
    /// Payloads were queued at this time and not yet offered to a held request.
    unflushed: Option<Duration>,
    transmits: VecDeque<Transmit>,
    events: VecDeque<Event>,
}

#[derive(Debug)]
enum State {
    Open,
    Closing(Box<Farewell>),
    Ended,
}

/// What client and server settled on at creation.
struct Agreed {
    wait: Duration,
    hold: usize,
    requests: u64,
    inactivity: Option<Duration>,
    polling: bool,
    /// The client sent no `ver` (XEP-0124 §17.1).
    legacy: bool,
    content_type: Str<'static>,
    /// The client announced acknowledgements (§9).
    client_acks: bool,
}

struct Held {
    rid: Rid,
    /// `None` once the HTTP connection is known to be gone.
    slot: Option<RequestSlot>,
    due: Duration,
    pause: Option<Duration>,
    /// First response that the client seems to miss.
    report: Option<(Rid, Duration)>,
    keys: Keys,
    repeats: u32,
}

struct Early {
    slot: Option<RequestSlot>,
    arrived: Duration,
    body: Body,
    repeats: u32,
}

/// The newest new request, for the rules of §11 and §12.
#[derive(Clone, Copy, Debug)]
struct Newest {
    arrived: Duration,
    empty: bool,
    answered_with_payloads: bool,
}

/// No request is waiting.
#[derive(Clone, Copy, Debug)]
struct Silence {
    since: Duration,
    limit: Option<Duration>,
}

impl Session {
    /// Creates a session for a request without `sid`. The request waits for features, so
    /// [`Event::Open`] must be looked at before a response is expected.
    #[must_use]
    pub fn create(
        config: Arc<ServerConfig>,
        sid: Sid,
        now: Duration,
        slot: RequestSlot,
        rid: Rid,
        request: Body,
    ) -> Self {
        let agreed = Agreed::new(&config, &request);
        let creation = agreed.response(&config, &sid, rid, &request);
        let mut session = Self {
            keys: KeyCheck::new(request.newkey.as_deref()),
            authentication: config.authentication_timeout.map(|timeout| now + timeout),
            sid,
            state: State::Open,
            agreed,
            creation: Some(Box::new(creation)),
            last: rid,
            held: VecDeque::new(),
            early: BTreeMap::new(),
            replay: Replay::default(),
            acknowledged: None,
            newest: None,
            silence: None,
            queue: VecDeque::new(),
            queued_bytes: 0,
            unflushed: None,
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            config,
        };
        session.held.push_back(Held {
            rid,
            slot: Some(slot),
            due: now + session.config.creation_grace,
            pause: None,
            report: None,
            keys: Keys::of(&request),
            repeats: 0,
        });
        session.events.push_back(Event::Open(Open {
            slot,
            to: request.to,
            from: request.from,
            route: request.route,
            lang: request.lang,
            ver: request.ver,
            xmpp_version: request.xmpp_version,
        }));
        session
            .events
            .extend(request.payloads.into_iter().map(Event::Payload));
        session
    }

    /// Takes a request with the `sid` of this session.
    pub fn handle_request(&mut self, now: Duration, slot: RequestSlot, rid: Rid, request: Body) {
        match &self.state {
            State::Open => {}
            // Any request will do to tell the client.
            State::Closing(_) => return self.say_farewell(vec![slot]),
            State::Ended => return self.answer_terminate(slot, Some(Condition::ItemNotFound)),
        }
        if rid <= self.last {
            self.on_repeat(now, slot, rid, &request);
        } else if rid
            .above(self.last)
            .is_some_and(|above| above > self.agreed.requests)
        {
            self.fail(Some(slot), Condition::ItemNotFound);
        } else {
            self.on_new(now, slot, rid, request);
        }
        self.advance(now);
    }

    /// Takes note that the HTTP connection of a waiting request is gone. Its response will be
    /// stored for the client that asks again.
    pub fn handle_disconnect(&mut self, now: Duration, slot: RequestSlot) {
        let held = self.held.iter_mut().map(|held| &mut held.slot);
        let early = self.early.values_mut().map(|early| &mut early.slot);
        for waiting in held.chain(early) {
            if *waiting == Some(slot) {
                *waiting = None;
            }
        }
        self.advance(now);
    }

    /// Does what is due; may be called at any time.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.flush();
        if self.authentication.is_some_and(|deadline| deadline <= now) {
            self.authentication = None;
            self.fail_with(
                None,
                Condition::PolicyViolation,
                CloseReason::NotAuthenticated,
            );
        }
        if self.gap_deadline().is_some_and(|deadline| deadline <= now) {
            let slot = self.early.pop_first().and_then(|(_, early)| early.slot);
            self.fail(slot, Condition::ItemNotFound);
        }
        if self
            .silence
            .and_then(Silence::deadline)
            .is_some_and(|deadline| deadline <= now)
        {
            let reason = match &self.state {
                State::Closing(farewell) => CloseReason::Local(farewell.condition),
                State::Open | State::Ended => CloseReason::Inactive,
            };
            self.end(reason);
        }
        self.advance(now);
    }

    /// Queues a complete element for the client. It declares its own namespaces and may use the
    /// prefix `stream`, as features do. Everything queued before the next
    /// [`poll_transmit`](Self::poll_transmit) can travel in one response.
    ///
    /// # Errors
    ///
    /// If the session is being ended, or the queue is full: then the payload was not taken.
    pub fn send(&mut self, now: Duration, payload: Bytes) -> Result<(), Error> {
        if !matches!(self.state, State::Open) {
            return Err(Error::NoSession);
        }
        let max = self.config.max_queue;
        if self.queued_bytes + payload.len() > max {
            return Err(Error::QueueFull { max });
        }
        self.queued_bytes += payload.len();
        self.queue.push_back(payload);
        self.unflushed = Some(now);
        Ok(())
    }

    /// Ends the session. Queued payloads go first. If no request is waiting, the next one is
    /// told.
    ///
    /// # Errors
    ///
    /// If the session is being ended already.
    pub fn close(&mut self, now: Duration, farewell: Farewell) -> Result<(), Error> {
        if !matches!(self.state, State::Open) {
            return Err(Error::NoSession);
        }
        self.state = State::Closing(Box::new(farewell));
        if let Some(silence) = &mut self.silence {
            silence.limit.get_or_insert(FAREWELL_TIME);
        }
        self.advance(now);
        Ok(())
    }

    /// Declares the client authenticated, so that it may stay.
    pub fn set_authenticated(&mut self) {
        self.authentication = None;
    }

    /// The next response to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.flush();
        self.transmits.pop_front()
    }

    /// The next thing to know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) at the latest.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        if matches!(self.state, State::Ended) {
            return None;
        }
        let due = self.held.iter().map(|held| held.due).min();
        let silence = self.silence.and_then(Silence::deadline);
        [due, silence, self.gap_deadline(), self.authentication]
            .into_iter()
            .flatten()
            .min()
    }

    /// The session id.
    #[must_use]
    pub fn sid(&self) -> &Sid {
        &self.sid
    }

    /// Whether the session is over.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// Whether a request waits, so that a payload would leave at once.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.held.iter().any(|held| held.slot.is_some())
    }

    /// Whether the client still has to authenticate.
    #[must_use]
    pub fn is_authenticating(&self) -> bool {
        self.authentication.is_some()
    }

    /// A request id that was seen before (§14.3).
    fn on_repeat(&mut self, now: Duration, slot: RequestSlot, rid: Rid, request: &Body) {
        let most = self.config.max_repeats;
        let keys = Keys::of(request);
        if let Some(held) = self.held.iter_mut().find(|held| held.rid == rid) {
            if held.keys != keys {
                self.fail(Some(slot), Condition::ItemNotFound);
                return;
            }
            held.repeats += 1;
            let excessive = held.repeats > most;
            let old = held.slot.replace(slot);
            self.answer_recoverable(old);
            if excessive {
                self.fail(None, Condition::PolicyViolation);
            }
            return;
        }
        // One answer for a response no longer stored and a key that does not fit (§14.3, §15.5).
        let Some(stored) = self.replay.find(rid).filter(|stored| stored.keys == keys) else {
            self.fail(Some(slot), Condition::ItemNotFound);
            return;
        };
        stored.repeats += 1;
        if stored.repeats > most {
            self.fail(Some(slot), Condition::PolicyViolation);
            return;
        }
        let body = stored.body.clone();
        self.answer(slot, body);
        self.begin_silence(now, None);
    }

    /// A request id above all accepted ones, inside the window.
    fn on_new(&mut self, now: Duration, slot: RequestSlot, rid: Rid, request: Body) {
        if let Some(early) = self.early.get_mut(&rid) {
            early.repeats += 1;
            let excessive = early.repeats > self.config.max_repeats;
            let old = early.slot.replace(slot);
            self.answer_recoverable(old);
            if excessive {
                self.fail(None, Condition::PolicyViolation);
            }
            return;
        }
        if self.is_overactive(now, &request) {
            self.fail(Some(slot), Condition::PolicyViolation);
            return;
        }
        self.newest = Some(Newest {
            arrived: now,
            empty: is_empty(&request),
            answered_with_payloads: false,
        });
        self.silence = None;
        let early = Early {
            slot: Some(slot),
            arrived: now,
            body: request,
            repeats: 0,
        };
        self.early.insert(rid, early);
        while let Some(next) = self.last.next() {
            let Some(request) = self.early.remove(&next) else {
                break;
            };
            self.last = next;
            self.accept(now, next, request);
            if matches!(self.state, State::Ended) {
                break;
            }
        }
    }

    /// §11 and §12.
    fn is_overactive(&self, now: Duration, request: &Body) -> bool {
        if request.pause.is_some() || request.kind == BodyKind::Terminate {
            return false;
        }
        let unanswered = (self.held.len() + self.early.len() + 1) as u64;
        if unanswered > self.agreed.requests {
            return true;
        }
        let (Some(polling), Some(newest)) = (self.config.polling, self.newest) else {
            return false;
        };
        if !is_empty(request) || now.saturating_sub(newest.arrived) >= polling {
            return false;
        }
        if self.agreed.polling {
            newest.empty && !newest.answered_with_payloads
        } else {
            unanswered == self.agreed.requests
        }
    }

    /// The next request in order: its payloads are forwarded, and it waits for its answer.
    fn accept(&mut self, now: Duration, rid: Rid, request: Early) {
        let Early {
            slot,
            arrived,
            body,
            repeats,
        } = request;
        let keys = Keys::of(&body);
        if !self.keys.accept(keys.key(), keys.new_key()) {
            self.fail(slot, Condition::ItemNotFound);
            return;
        }
        let pause = match (body.pause, self.config.max_pause) {
            (Some(seconds), Some(most)) => {
                let pause = Duration::from_secs(u64::from(seconds));
                if pause > most && self.config.pause_above_maximum == PauseAboveMaximum::Terminate {
                    self.fail(slot, Condition::PolicyViolation);
                    return;
                }
                Some(pause.min(most))
            }
            _ => None,
        };
        let report = self.on_acknowledgement(now, rid, &body);
        self.held.push_back(Held {
            rid,
            slot,
            due: arrived + self.agreed.wait,
            pause,
            report,
            keys,
            repeats,
        });
        if body.restart {
            // Its payloads are ignored (XEP-0206 §5).
            self.events.push_back(Event::Restart(Restart {
                to: body.to,
                from: body.from,
                lang: body.lang,
                xmpp_version: body.xmpp_version,
            }));
            return;
        }
        self.events
            .extend(body.payloads.into_iter().map(Event::Payload));
        if body.kind == BodyKind::Terminate {
            let waiting = self.take_waiting();
            self.answer_all(waiting, Body::terminate(None), None);
            self.end(CloseReason::Peer(body.condition));
        }
    }

    /// §9.2. Returns the first response that the client seems to miss.
    fn on_acknowledgement(
        &mut self,
        now: Duration,
        rid: Rid,
        body: &Body,
    ) -> Option<(Rid, Duration)> {
        if !self.agreed.client_acks {
            return None;
        }
        // Left out, it says that every earlier response has come.
        let acknowledged = body.ack.or_else(|| rid.previous())?;
        self.acknowledged = self.acknowledged.max(Some(acknowledged));
        let missed = self.replay.find(acknowledged.next()?)?;
        let age = now.saturating_sub(missed.sent);
        (age >= self.config.report_after).then_some((missed.rid, missed.sent))
    }

    /// Answers what is due, to a fixed point.
    fn advance(&mut self, now: Duration) {
        self.unflushed = None;
        loop {
            match &self.state {
                State::Ended => return,
                State::Closing(_) => {
                    let waiting = self.take_waiting();
                    if waiting.is_empty() {
                        break;
                    }
                    return self.say_farewell(waiting);
                }
                State::Open => {}
            }
            if !self.is_answer_due(now) {
                break;
            }
            self.answer_oldest(now);
        }
        if self.held.is_empty() && self.early.is_empty() && self.silence.is_none() {
            self.begin_silence(now, None);
        }
    }

    fn is_answer_due(&self, now: Duration) -> bool {
        let Some(oldest) = self.held.front() else {
            return false;
        };
        // Answers go in order, so a later request that is due forces the earlier ones.
        if self.held.iter().any(|held| held.is_due(now)) {
            return true;
        }
        // Features come with the creation response, even if nothing is ever held.
        if self.creation.is_none() && self.held.len() > self.agreed.hold {
            return true;
        }
        // A payload leaves by the oldest connection that is still there.
        !self.queue.is_empty()
            && oldest.pause.is_none()
            && self.held.iter().any(|held| held.slot.is_some())
    }

    fn answer_oldest(&mut self, now: Duration) {
        let Some(held) = self.held.pop_front() else {
            return;
        };
        let mut payloads = Vec::new();
        if held.slot.is_some() && held.pause.is_none() {
            let mut bytes = 0;
            while let Some(payload) = self.queue.front() {
                bytes += payload.len();
                if bytes > self.config.max_response && !payloads.is_empty() {
                    break;
                }
                payloads.extend(self.queue.pop_front());
            }
            self.queued_bytes -= payloads.iter().map(Bytes::len).sum::<usize>();
        }
        if let Some(newest) = &mut self.newest
            && held.rid == self.last
        {
            newest.answered_with_payloads = !payloads.is_empty();
        }
        let mut body = match self.creation.take() {
            Some(creation) => *creation,
            None => Body::default(),
        };
        if self.config.acks && self.agreed.client_acks && self.last != held.rid {
            body.ack = Some(self.last);
        }
        if let Some((rid, sent)) = held.report {
            body.report = Some(rid);
            let age = now.saturating_sub(sent).as_millis();
            body.time = Some(u64::try_from(age).unwrap_or(u64::MAX));
        }
        let mut out = BytesMut::with_capacity(64);
        body.encode(&payloads, &mut out);
        let bytes = out.freeze();
        if held.pause.is_none() {
            let (rid, keys, repeats) = (held.rid, held.keys, held.repeats);
            self.replay.push(Stored {
                rid,
                body: bytes.clone(),
                sent: now,
                keys,
                repeats,
            });
            let always = usize::try_from(self.agreed.requests).unwrap_or(usize::MAX);
            let acknowledged = self.acknowledged.filter(|_| self.agreed.client_acks);
            self.replay.trim(
                always,
                acknowledged,
                self.config.max_stored_responses.max(always),
            );
        }
        if let Some(slot) = held.slot {
            self.answer(slot, bytes);
        }
        self.begin_silence(now, held.pause);
    }

    fn begin_silence(&mut self, now: Duration, pause: Option<Duration>) {
        if self.held.is_empty() && self.early.is_empty() {
            let farewell = matches!(self.state, State::Closing(_)).then_some(FAREWELL_TIME);
            let limit = pause.or(self.agreed.inactivity).or(farewell);
            self.silence = Some(Silence { since: now, limit });
        }
    }

    fn flush(&mut self) {
        if let Some(now) = self.unflushed.take() {
            self.advance(now);
        }
    }

    /// The caller's end of the session reaches the client.
    fn say_farewell(&mut self, waiting: Vec<RequestSlot>) {
        let State::Closing(farewell) = std::mem::replace(&mut self.state, State::Ended) else {
            return;
        };
        let mut body = Body::terminate(farewell.condition);
        body.uri = farewell.uri;
        self.answer_all(waiting, body, farewell.payload);
        self.end(CloseReason::Local(farewell.condition));
    }

    /// Ends the session for a broken rule. The request that broke it is told which, all others
    /// that another request ended the session (§17.2).
    fn fail(&mut self, offender: Option<RequestSlot>, condition: Condition) {
        self.fail_with(offender, condition, CloseReason::Violation(condition));
    }

    fn fail_with(
        &mut self,
        offender: Option<RequestSlot>,
        condition: Condition,
        reason: CloseReason,
    ) {
        if matches!(self.state, State::Ended) {
            return;
        }
        let waiting = self.take_waiting();
        let told = if offender.is_some() {
            Condition::OtherRequest
        } else {
            condition
        };
        for slot in waiting {
            self.answer_terminate(slot, Some(told));
        }
        if let Some(slot) = offender {
            self.answer_terminate(slot, Some(condition));
        }
        self.end(reason);
    }

    /// The oldest request gets `last` with everything queued, all others an empty wrapper (§13).
    fn answer_all(&mut self, waiting: Vec<RequestSlot>, last: Body, payload: Option<Bytes>) {
        let mut waiting = waiting.into_iter();
        let Some(oldest) = waiting.next() else {
            return;
        };
        let legacy = last.condition.and_then(Condition::legacy_status);
        match legacy.filter(|_| self.agreed.legacy && self.queue.is_empty() && payload.is_none()) {
            Some(status) => self.transmit(oldest, status, Bytes::new()),
            None => {
                let mut out = BytesMut::new();
                last.encode(self.queue.iter().chain(&payload), &mut out);
                self.queue.clear();
                self.answer(oldest, out.freeze());
            }
        }
        for slot in waiting {
            self.answer(slot, Body::default().to_bytes());
        }
    }

    /// Every request that waits, oldest first.
    fn take_waiting(&mut self) -> Vec<RequestSlot> {
        let held = std::mem::take(&mut self.held)
            .into_iter()
            .map(|held| held.slot);
        let early = std::mem::take(&mut self.early)
            .into_values()
            .map(|early| early.slot);
        held.chain(early).flatten().collect()
    }

    fn end(&mut self, reason: CloseReason) {
        self.state = State::Ended;
        self.silence = None;
        self.authentication = None;
        self.replay.clear();
        self.queued_bytes = 0;
        let undelivered = std::mem::take(&mut self.queue).into();
        self.events.push_back(Event::Terminated {
            reason,
            undelivered,
        });
    }

    /// §17.3: the copy that came later gets the real answer.
    fn answer_recoverable(&mut self, slot: Option<RequestSlot>) {
        if let Some(slot) = slot {
            let body = Body {
                kind: BodyKind::Error,
                ..Body::default()
            };
            self.answer(slot, body.to_bytes());
        }
    }

    fn answer_terminate(&mut self, slot: RequestSlot, condition: Option<Condition>) {
        match condition
            .and_then(Condition::legacy_status)
            .filter(|_| self.agreed.legacy)
        {
            Some(status) => self.transmit(slot, status, Bytes::new()),
            None => self.answer(slot, Body::terminate(condition).to_bytes()),
        }
    }

    fn answer(&mut self, slot: RequestSlot, body: Bytes) {
        self.transmit(slot, 200, body);
    }

    fn transmit(&mut self, slot: RequestSlot, status: u16, body: Bytes) {
        let content_type = self.agreed.content_type.clone();
        self.transmits.push_back(Transmit {
            slot,
            status,
            content_type,
            body,
        });
    }

    fn gap_deadline(&self) -> Option<Duration> {
        let oldest = self.early.values().map(|early| early.arrived).min()?;
        Some(oldest + self.agreed.wait + self.config.gap_margin)
    }
}

/// Payloads, responses and keys do not show.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("sid", &self.sid)
            .field("state", &self.state)
            .field("last", &self.last)
            .field("held", &self.held.len())
            .field("early", &self.early.len())
            .field("queued", &self.queue.len())
            .finish_non_exhaustive()
    }
}

impl Agreed {
    /// §7.1 and §7.2.
    fn new(config: &ServerConfig, request: &Body) -> Self {
        let asked = |seconds: u32| Duration::from_secs(u64::from(seconds));
        let wait = request
            .wait
            .map_or(config.max_wait, |wait| asked(wait).min(config.max_wait));
        // A fraction of a second cannot be told to the client.
        let wait = Duration::from_secs(wait.as_secs());
        let hold = request.hold.unwrap_or(1).min(config.max_hold);
        let polling = hold == 0 || wait.is_zero();
        Self {
            wait,
            hold: hold as usize,
            requests: u64::from(hold) + 1,
            inactivity: if polling {
                config.polling_inactivity
            } else {
                config.inactivity
            },
            polling,
            legacy: request.ver.is_none(),
            content_type: request
                .content
                .clone()
                .map_or(Str::borrowed(CONTENT_TYPE), Str::from),
            client_acks: request.ack.is_some(),
        }
    }

    fn response(&self, config: &ServerConfig, sid: &Sid, rid: Rid, request: &Body) -> Body {
        let seconds = |time: Duration| u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
        Body {
            sid: Some(sid.clone()),
            wait: Some(seconds(self.wait)),
            hold: u32::try_from(self.hold).ok(),
            requests: u32::try_from(self.requests).ok(),
            ver: Some(
                request
                    .ver
                    .map_or(config.version, |ver| ver.min(config.version)),
            ),
            polling: config.polling.map(seconds),
            inactivity: self.inactivity.map(seconds),
            maxpause: config.max_pause.map(seconds),
            accept: config.accept.clone(),
            from: config.from.clone().or_else(|| request.to.clone()),
            ack: Some(rid).filter(|_| config.acks && self.client_acks),
            xmpp_version: request
                .xmpp_version
                .map(|version| version.min(Version::new(1, 0))),
            restartlogic: Some(true),
            ..Body::default()
        }
    }
}

impl Held {
    fn is_due(&self, now: Duration) -> bool {
        self.due <= now || self.pause.is_some() || self.report.is_some()
    }
}

impl Silence {
    fn deadline(self) -> Option<Duration> {
        self.limit.map(|limit| self.since + limit)
    }
}

/// Asks only to be answered: nothing that a client must be free to send at once.
fn is_empty(request: &Body) -> bool {
    request.payloads.is_empty() && !request.restart
}

/// How long a farewell waits for a client that may be silent for ever.
const FAREWELL_TIME: Duration = Duration::from_secs(60);

/// Of responses whose client named no other (§7.1).
pub(super) const CONTENT_TYPE: &str = "text/xml; charset=utf-8";
