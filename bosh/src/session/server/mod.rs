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
//! in the replay buffer: of a pause only that it was answered, and not the response (§14.3). After
//! every input [`Session::advance`] answers what is due, to a fixed point; [`Session`] says when
//! that is.

mod agreed;
mod answers;
mod requests;
#[cfg(feature = "serde")]
mod state;
mod streams;

#[cfg(feature = "serde")]
pub use state::SessionState;

use std::collections::VecDeque;
use std::fmt;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use smallvec::SmallVec;

use self::agreed::Agreed;
use self::answers::{FAREWELL_TIME, Waiting};
use self::streams::{Item, Queued, Streams};
use super::config::ServerConfig;
use super::moment::Moment;
use super::replay::{BufferPool, Keys, Replay};
use super::{CloseReason, Error, Event, Farewell, Open, RequestSlot, StreamName, Transmit};
use crate::body::{Body, BodyKind};
use crate::condition::Condition;
use crate::keys::KeyCheck;
use crate::rid::{Rid, Sid};

/// The connection manager's side of one session.
///
/// [`Manager`](super::Manager) keeps many; use this type alone to store sessions elsewhere.
///
/// # How long a request waits
///
/// Every request has its answer at a time that is fixed when it comes, whatever the client does
/// after that, and whatever the application does or leaves undone. It only takes a host that calls
/// [`handle_timeout`](Self::handle_timeout) when [`poll_timeout`](Self::poll_timeout) says.
///
/// | request | answered at the latest |
/// | --- | --- |
/// | creates the session | `creation_grace` after it came: so long the application may leave it without features |
/// | in order | `wait` after it came, whatever came later (XEP-0124 §8); at once if `wait` or `hold` is zero |
/// | opens a further stream (§16.3) | as one in order, and no later than `creation_grace` after its turn |
/// | pauses (§10), or ends the session (§13) | at once, in its turn |
/// | above a gap, which is filled | `wait` after it came, or when the gap is filled if that is over |
/// | above a gap, which is not | `wait` and `gap_margin` after it came, by the end of the session with item-not-found |
/// | repeats one that waits | when that one would be; the older copy at once (§14.3) |
/// | repeats one that was answered | at once |
/// | any, when the session ends or is over | at once |
///
/// However many requests are missing below it, each one above a gap counts from its own arrival,
/// and the oldest ends the session for all. So no request waits longer than
/// [`ServerConfig::longest_answer`].
///
/// A session without a request ends when it was silent for `inactivity`, or the pause that was
/// asked for; one that is closed, after a minute if it may be silent for ever.
// Everything that an event and a request touch lies here, and not behind pointers: of many
// sessions none is in a cache when its turn comes. What is rare is in boxes. The order is that of
// memory: first what a deadline is made of, which is all that is looked at when one was put off.
#[repr(C)]
pub struct Session {
    state: State,
    config: Arc<ServerConfig>,
    /// Until when the session must be declared authenticated.
    authentication: Option<Moment>,
    silence: Option<Silence>,
    /// Above a gap, in the order of request ids.
    early: Vec<Early>,
    /// Accepted and not answered, in the order of request ids.
    held: SmallVec<[Held; USUAL_REQUESTS]>,
    /// Highest request id received with all below it.
    last: Rid,
    /// Highest response that the client says it has, with all below it.
    acknowledged: Option<Rid>,
    newest: Option<Newest>,
    /// `None` if the session has one stream and cannot have more.
    streams: Option<Box<Streams>>,
    /// Made when there is first something to say; a manager lends its own.
    pub(in crate::session) out: Option<Box<Output>>,
    queued_bytes: usize,
    /// Payloads were queued at this time and not yet offered to a held request.
    unflushed: Option<Moment>,
    queue: VecDeque<Queued>,
    agreed: Agreed,
    keys: KeyCheck,
    replay: Replay,
    sid: Sid,
}

/// What the caller has not taken yet.
#[derive(Default)]
pub(in crate::session) struct Output {
    pub(in crate::session) transmits: VecDeque<Transmit>,
    pub(in crate::session) events: VecDeque<Event>,
    /// For answers to store. The manager's are lent to the session that is at work.
    pub(in crate::session) pool: BufferPool,
}

#[derive(Debug)]
enum State {
    Open,
    Closing(Box<Farewell>),
    Ended,
}

#[repr(C)]
struct Held {
    due: Moment,
    rid: Rid,
    /// `None` once the HTTP connection is known to be gone.
    slot: Option<RequestSlot>,
    special: Option<Box<Special>>,
    repeats: u32,
}

/// What few requests have.
#[derive(Default)]
struct Special {
    /// The answer but for its payloads, to a request that opened the session or a stream.
    opening: Option<Box<Body>>,
    pause: Option<Duration>,
    /// First response that the client seems to miss.
    report: Option<(Rid, Moment)>,
    keys: Keys,
}

struct Early {
    rid: Rid,
    slot: Option<RequestSlot>,
    arrived: Moment,
    body: Body,
    repeats: u32,
}

/// The request with the highest id, for the rules of §11 and §12.
#[derive(Clone, Copy, Debug)]
struct Newest {
    rid: Rid,
    arrived: Moment,
    empty: bool,
    answered_with_payloads: bool,
}

/// No request is waiting.
#[derive(Clone, Copy, Debug)]
struct Silence {
    since: Moment,
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
        Self::create_with_streams(config, sid, now, slot, rid, request, None)
    }

    /// The same for a session that may have several streams, the first of which has this name
    /// (XEP-0124 §16).
    #[must_use]
    pub fn create_with_streams(
        config: Arc<ServerConfig>,
        sid: Sid,
        now: Duration,
        slot: RequestSlot,
        rid: Rid,
        request: Body,
        first: Option<StreamName>,
    ) -> Self {
        let now = Moment::of(now);
        let agreed = Agreed::new(&config, &request);
        let creation = agreed.response(&config, &sid, rid, &request, first.as_ref());
        let streams = first.clone().map(|first| Box::new(Streams::new(first)));
        let mut session = Self {
            keys: KeyCheck::new(request.newkey.as_deref()),
            authentication: config.authentication_timeout.map(|timeout| now + timeout),
            sid,
            state: State::Open,
            agreed,
            last: rid,
            held: SmallVec::new(),
            early: Vec::new(),
            replay: Replay::default(),
            acknowledged: None,
            newest: None,
            silence: None,
            queue: VecDeque::new(),
            queued_bytes: 0,
            unflushed: None,
            streams,
            out: None,
            config,
        };
        session.held.push(Held {
            rid,
            slot: Some(slot),
            due: now + session.config.creation_grace,
            special: Special {
                opening: Some(Box::new(creation)),
                keys: Keys::of(&request),
                ..Special::default()
            }
            .boxed(),
            repeats: 0,
        });
        session.tell(Event::Open(Open {
            slot,
            to: request.to,
            from: request.from,
            route: request.route,
            lang: request.lang,
            ver: request.ver,
            xmpp_version: request.xmpp_version,
            stream: first,
        }));
        for payload in request.payloads {
            session.tell(Event::Payload(payload));
        }
        session
    }

    /// Takes a request with the `sid` of this session.
    pub fn handle_request(&mut self, now: Duration, slot: RequestSlot, rid: Rid, request: Body) {
        self.handle_request_with_streams(now, slot, rid, request, &mut String::new);
    }

    /// The same for a session that may have several streams: `names` makes the name of each one
    /// that the client opens, unpredictable and unique.
    pub fn handle_request_with_streams(
        &mut self,
        now: Duration,
        slot: RequestSlot,
        rid: Rid,
        request: Body,
        names: &mut dyn FnMut() -> String,
    ) {
        let now = Moment::of(now);
        match self.state {
            State::Open => {}
            // What was answered before is answered the same: the farewell is for what comes next.
            State::Closing(_) if self.replay.knows(rid) => {
                return self.on_repeat(now, slot, rid, &request);
            }
            State::Closing(_) if self.needs_responses() || request.pause.is_some() => {}
            // Any other request will do to tell the client.
            State::Closing(_) => {
                return self.say_farewell(vec![Waiting::new(slot)], Vec::new());
            }
            State::Ended => return self.answer_terminate(slot, Some(Condition::ItemNotFound)),
        }
        // One more than agreed may pause or terminate (§11), and may overtake the others.
        let extra = request.pause.is_some() || request.kind == BodyKind::Terminate;
        let window = self.agreed.requests() + u64::from(extra);
        if rid <= self.last {
            self.on_repeat(now, slot, rid, &request);
        } else if rid.above(self.last).is_some_and(|above| above > window) {
            self.fail(Some(slot), Condition::ItemNotFound);
        } else {
            self.on_new(now, slot, rid, request, names);
        }
        self.advance(now);
    }

    /// Takes note that the HTTP connection of a waiting request is gone. Its response will be
    /// stored for the client that asks again.
    pub fn handle_disconnect(&mut self, now: Duration, slot: RequestSlot) {
        let held = self.held.iter_mut().map(|held| &mut held.slot);
        let early = self.early.iter_mut().map(|early| &mut early.slot);
        for waiting in held.chain(early) {
            if *waiting == Some(slot) {
                *waiting = None;
            }
        }
        self.advance(Moment::of(now));
    }

    /// Does what is due; may be called at any time.
    pub fn handle_timeout(&mut self, now: Duration) {
        let now = Moment::of(now);
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
            let slot = self.early.remove(0).slot;
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
    /// [`poll_transmit`](Self::poll_transmit) can travel in one response. Of several streams, the
    /// first is meant.
    ///
    /// # Errors
    ///
    /// If the session is being ended, or the queue is full: then the payload was not taken.
    pub fn send(&mut self, now: Duration, payload: Bytes) -> Result<(), Error> {
        if !matches!(self.state, State::Open) {
            return Err(Error::NoSession);
        }
        let first = self.streams.as_ref().map(|streams| streams.first.clone());
        match first {
            Some(first) => self.send_to(now, &first, payload),
            None => self.enqueue(now, None, Item::Payload(payload)),
        }
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
        self.advance(Moment::of(now));
        Ok(())
    }

    /// Declares the client authenticated, so that it may stay.
    pub fn set_authenticated(&mut self) {
        self.authentication = None;
    }

    /// The next response to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.flush();
        self.out.as_mut()?.transmits.pop_front()
    }

    /// The next thing to know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.out.as_mut()?.events.pop_front()
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
            .map(Moment::to_duration)
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

    pub(in crate::session) fn flush(&mut self) {
        if let Some(now) = self.unflushed.take() {
            self.advance(now);
        }
    }

    /// Reads a little of everything that a payload and its answer touch: `Sessions::prefetch` of
    /// the manager says why.
    pub(in crate::session) fn prefetch(&self) {
        let newest = self.newest.is_some_and(|newest| newest.empty);
        let lengths = [self.early.len(), self.queue.len(), self.sid.len()];
        black_box((newest, self.agreed.hold, lengths));
        self.replay.prefetch();
    }

    /// A time at which to look whether `deadline`, which is that of now and to come, still stands:
    /// as early as an answer can bring it forward, which is to the end of a silence, but so that
    /// it is looked at four times at most, and always later than now.
    pub(in crate::session) fn next_look(&self, now: Duration, deadline: Duration) -> Duration {
        let rest = deadline.saturating_sub(now);
        // That of the session is mostly the same, but further off in memory.
        match self.config.inactivity {
            Some(inactivity)
                if self.silence.is_none() && !inactivity.is_zero() && inactivity >= rest / 4 =>
            {
                deadline.min(now.saturating_add(inactivity))
            }
            _ => deadline,
        }
    }

    fn output(&mut self) -> &mut Output {
        self.out.get_or_insert_default()
    }

    fn gap_deadline(&self) -> Option<Moment> {
        let oldest = self.early.iter().map(|early| early.arrived).min()?;
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

impl Held {
    fn is_due(&self, now: Moment) -> bool {
        self.due <= now || self.pause().is_some() || self.report().is_some()
    }

    fn opening(&self) -> Option<&Body> {
        self.special.as_ref()?.opening.as_deref()
    }

    fn pause(&self) -> Option<Duration> {
        self.special.as_ref()?.pause
    }

    fn report(&self) -> Option<(Rid, Moment)> {
        self.special.as_ref()?.report
    }

    fn keys(&self) -> &Keys {
        self.special
            .as_ref()
            .map_or(&Keys::NONE, |special| &special.keys)
    }
}

impl Special {
    /// `None` if there is nothing in it.
    fn boxed(self) -> Option<Box<Self>> {
        let is_usual = self.opening.is_none() && self.pause.is_none() && self.report.is_none();
        (!is_usual || self.keys != Keys::NONE).then(|| Box::new(self))
    }
}

impl Silence {
    fn deadline(self) -> Option<Moment> {
        self.limit.map(|limit| self.since + limit)
    }

    /// The one that ends later.
    fn longer(self, other: Self) -> Self {
        match (self.deadline(), other.deadline()) {
            (None, _) => self,
            (Some(own), Some(others)) if own > others => self,
            (Some(_), _) => other,
        }
    }
}

/// Requests that a client may have unanswered, and responses that are stored for it, by the
/// default of [`ServerConfig::max_hold`]: so many lie in the session itself.
pub(super) const USUAL_REQUESTS: usize = 2;
