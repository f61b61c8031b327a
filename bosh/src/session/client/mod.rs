//! The client's side of a session.
//!
//! ```text
//!   ┌──────┐ open() ┌──────────┐ creation response ┌──────┐ terminate() ┌─────────┐
//!   │ Idle │ ─────▶ │ Creating │ ────────────────▶ │ Open │ ──────────▶ │ Closing │
//!   └──────┘        └──────────┘                   └──────┘             └─────────┘
//!                        │ refused, unreachable        │ terminate, HTTP error,  │ answer,
//!                        ▼                             ▼ unreachable             ▼ time out
//!                   ┌──────────────────────────────────────────────────────────────┐
//!                   │                            Closed                            │
//!                   └──────────────────────────────────────────────────────────────┘
//! ```
//!
//! A request is outstanding until its response was handled, and responses are handled in the
//! order of request ids. A request whose connection broke is sent again byte for byte.

mod config;
mod responses;
mod schedule;

pub use config::{ClientConfig, HttpErrors, Retry};

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::{ClientEvent, ClientTransmit, CloseReason, Error, RequestId};
use crate::body::{Body, BodyKind};
use crate::keys::KeySequence;
use crate::rid::{Rid, Sid};

/// A BOSH client: long-polls, keeps order, and sends again what was lost.
///
/// Each [`ClientTransmit`] is the body of an HTTP POST for the caller to make, on any
/// connection that has no request in flight. What becomes of it comes back through
/// [`handle_response`](Self::handle_response) or [`handle_failure`](Self::handle_failure).
///
/// After any call, drain [`poll_event`](Self::poll_event) and
/// [`poll_transmit`](Self::poll_transmit), and re-arm from [`poll_timeout`](Self::poll_timeout):
///
/// ```
/// use std::time::Duration;
///
/// use bosh::Rid;
/// use bosh::session::{Client, ClientConfig, ClientEvent};
/// use bytes::Bytes;
///
/// // The first request id must be unpredictable.
/// let rid = Rid::new(1_573_741_820).ok_or("a rid is positive")?;
/// let mut client = Client::new(ClientConfig::new("example.com", rid));
/// let now = Duration::ZERO;
/// client.open(now)?;
///
/// // POST each body; here the server's answer to the creation request is made up.
/// while let Some(request) = client.poll_transmit() {
///     if client.sid().is_some() {
///         break; // an empty request, which the server now holds
///     }
///     let answer = "<body xmlns='http://jabber.org/protocol/httpbind' sid='SomeSID' wait='60' \
///                   hold='1' requests='2' inactivity='30' ver='1.6'/>";
///     client.handle_response(now, request.id, 200, &Bytes::from(answer));
/// }
/// while let Some(event) = client.poll_event() {
///     match event {
///         ClientEvent::Opened(opened) => assert_eq!(opened.wait, Duration::from_secs(60)),
///         ClientEvent::Payload(payload) => println!("{}", payload.name()),
///         ClientEvent::Closed { reason, .. } => println!("over: {reason:?}"),
///         _ => {}
///     }
/// }
/// // If no answer comes by then, `handle_timeout` sends the same bytes again.
/// assert_eq!(client.poll_timeout(), Some(Duration::from_secs(70)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Client {
    config: ClientConfig,
    state: State,
    sid: Option<Sid>,
    agreed: Agreed,
    /// Id of the next new request.
    next: Rid,
    /// Id of the request whose response is to be handled next.
    expected: Rid,
    outstanding: BTreeMap<Rid, Outstanding>,
    /// Responses above one that is still missing.
    early: BTreeMap<Rid, Body>,
    queue: VecDeque<Queued>,
    queued_bytes: usize,
    /// When the server was heard last, or was first spoken to.
    heard: Duration,
    /// When the newest new request went out.
    asked: Duration,
    paused: Option<Pause>,
    closing_until: Option<Duration>,
    /// The request that ends the session was made.
    has_left: bool,
    keys: Option<Keys>,
    transmits: VecDeque<ClientTransmit>,
    events: VecDeque<ClientEvent>,
}

/// Key sequences, one after the other (XEP-0124 §15).
struct Keys {
    sequence: KeySequence,
    length: usize,
    seeds: Box<dyn FnMut() -> String + Send>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Idle,
    Creating,
    Open,
    Closing,
    Closed,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Creating => "creating the session",
            Self::Open => "open",
            Self::Closing => "closing",
            Self::Closed => "closed",
        }
    }
}

/// What the creation response granted.
#[derive(Clone, Copy, Debug, Default)]
struct Agreed {
    wait: Duration,
    /// `None`: no limit was announced.
    requests: Option<usize>,
    polling: Option<Duration>,
    inactivity: Option<Duration>,
    max_pause: Option<Duration>,
    is_polling: bool,
    /// The server sent no `ver` (XEP-0124 §17.1).
    legacy: bool,
}

struct Outstanding {
    body: Bytes,
    attempt: u32,
    flight: Flight,
    /// How often the response could not be read.
    unreadable: u32,
}

#[derive(Clone, Copy, Debug)]
enum Flight {
    /// Sent; counts as broken after this time.
    Sent { until: Duration },
    /// The connection broke; to be sent again at this time.
    Lost { again: Duration },
    /// The response is in `early`.
    Answered,
}

enum Queued {
    Payload(Bytes),
    Restart,
}

#[derive(Clone, Copy, Debug)]
struct Pause {
    /// When to make a request, so that the server does not forget the session.
    resume: Duration,
}

impl Client {
    /// Makes a client that has not said anything yet.
    #[must_use]
    pub fn new(config: ClientConfig) -> Self {
        Self {
            state: State::Idle,
            sid: None,
            agreed: Agreed::default(),
            next: config.first_rid,
            expected: config.first_rid,
            outstanding: BTreeMap::new(),
            early: BTreeMap::new(),
            queue: VecDeque::new(),
            queued_bytes: 0,
            heard: Duration::ZERO,
            asked: Duration::ZERO,
            paused: None,
            closing_until: None,
            has_left: false,
            keys: None,
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            config,
        }
    }

    /// Protects the session by key sequences of `length` keys, for where there is no TLS
    /// (XEP-0124 §15). Each seed must be unpredictable, and so should the length be; some
    /// thousands are common. Call it before [`open`](Self::open).
    #[must_use]
    pub fn with_keys(
        mut self,
        length: usize,
        mut seeds: impl FnMut() -> String + Send + 'static,
    ) -> Self {
        let sequence = KeySequence::new(&seeds(), length);
        self.keys = Some(Keys {
            sequence,
            length,
            seeds: Box::new(seeds),
        });
        self
    }

    /// Asks for a session (XEP-0124 §7.1).
    ///
    /// # Errors
    ///
    /// If it was called before.
    pub fn open(&mut self, now: Duration) -> Result<(), Error> {
        self.require(State::Idle, "open a session")?;
        self.state = State::Creating;
        self.heard = now;
        let config = &self.config;
        let seconds = u32::try_from(config.wait.as_secs()).unwrap_or(u32::MAX);
        let body = Body {
            to: Some(config.to.clone()),
            from: config.from.clone(),
            route: config.route.clone(),
            lang: config.lang.clone(),
            content: config.content.clone(),
            wait: Some(seconds),
            hold: Some(config.hold),
            ver: config.version,
            xmpp_version: config.xmpp_version,
            ack: Rid::new(1).filter(|_| config.acks),
            ..Body::default()
        };
        self.transmit_new(now, body, &[]);
        Ok(())
    }

    /// Queues a complete element, which declares its own namespaces. What is queued while no
    /// request is free travels together.
    ///
    /// # Errors
    ///
    /// If the session is not open, or the queue is full: then the payload was not taken.
    pub fn send(&mut self, now: Duration, payload: Bytes) -> Result<(), Error> {
        self.require(State::Open, "send")?;
        let max = self.config.max_queue;
        if self.queued_bytes + payload.len() > max {
            return Err(Error::QueueFull { max });
        }
        self.queued_bytes += payload.len();
        self.queue.push_back(Queued::Payload(payload));
        self.paused = None;
        self.schedule(now);
        Ok(())
    }

    /// Asks for a new stream in the same session, as after SASL success (XEP-0206 §5). Goes
    /// behind what was queued before.
    ///
    /// # Errors
    ///
    /// If the session is not open.
    pub fn restart(&mut self, now: Duration) -> Result<(), Error> {
        self.require(State::Open, "restart the stream")?;
        self.queue.push_back(Queued::Restart);
        self.paused = None;
        self.schedule(now);
        Ok(())
    }

    /// Announces silence and stops asking, for instance while a page is reloaded (§10). The next
    /// `send` or [`resume`](Self::resume) ends it, or three quarters of the time.
    ///
    /// # Errors
    ///
    /// If the session is not open, or the server grants no pause as long.
    pub fn pause(&mut self, now: Duration, length: Duration) -> Result<(), Error> {
        self.require(State::Open, "pause")?;
        if self.agreed.max_pause.is_none_or(|longest| length > longest) {
            return Err(Error::Caller {
                attempted: "pause",
                state: "not granted such a pause",
            });
        }
        let seconds = u32::try_from(length.as_secs()).unwrap_or(u32::MAX);
        let body = Body {
            pause: Some(seconds),
            ..Body::default()
        };
        self.paused = Some(Pause {
            resume: now + length * 3 / 4,
        });
        self.transmit_new(now, body, &[]);
        Ok(())
    }

    /// Ends a pause.
    pub fn resume(&mut self, now: Duration) {
        let was_paused = self.paused.take().is_some();
        self.schedule(now);
        if was_paused && self.state == State::Open && self.outstanding.is_empty() {
            // The server waits no longer than the pause was, whenever the next poll is due (§10).
            self.transmit_new(now, Body::default(), &[]);
        }
    }

    /// Ends the session (§13). Everything queued goes first, then the payloads given (such as an
    /// unavailable presence), in the last request if it holds them; [`ClientEvent::Closed`]
    /// follows.
    ///
    /// # Errors
    ///
    /// If the session is not open.
    pub fn terminate(&mut self, now: Duration, payloads: &[Bytes]) -> Result<(), Error> {
        self.require(State::Open, "terminate")?;
        self.state = State::Closing;
        self.closing_until = Some(now + self.config.close_timeout);
        // A restart would come too late.
        self.queue
            .retain(|queued| matches!(queued, Queued::Payload(_)));
        self.queued_bytes += payloads.iter().map(Bytes::len).sum::<usize>();
        self.queue
            .extend(payloads.iter().cloned().map(Queued::Payload));
        self.leave(now);
        Ok(())
    }

    /// Takes the response to a request.
    pub fn handle_response(&mut self, now: Duration, id: RequestId, status: u16, body: &Bytes) {
        if matches!(self.state, State::Idle | State::Closed) {
            return;
        }
        let Some(request) = self.outstanding.get_mut(&id.rid) else {
            // A copy that was answered already.
            return;
        };
        if status != 200 {
            return self.on_http_error(now, id, status);
        }
        let Ok(response) = self.config.codec.decode(body) else {
            request.unreadable += 1;
            if request.unreadable >= MAX_UNREADABLE {
                return self.close(CloseReason::Malformed);
            }
            // An intermediary may have answered with something of its own.
            return self.handle_failure(now, id);
        };
        self.heard = now;
        // Polls are counted from here, lest a slow one and a quick one come too close (§12).
        self.asked = now;
        if response.kind == BodyKind::Terminate {
            return self.on_terminate(response);
        }
        if response.kind == BodyKind::Error {
            // The older copies of a request are told to give way to the newest.
            if request.attempt == id.attempt {
                self.repeat_up_to(now, id.rid);
            }
            return;
        }
        request.flight = Flight::Answered;
        let report = response.report;
        self.early.insert(id.rid, response);
        if let Some(rid) = report {
            self.repeat_missing(now, rid);
        }
        while let Some(response) = self.early.remove(&self.expected) {
            self.outstanding.remove(&self.expected);
            self.expected = self.expected.next().unwrap_or(Rid::MAX);
            self.on_response(response);
            if self.state == State::Closed {
                return;
            }
        }
        if self.state == State::Closing {
            self.leave(now);
            if self.outstanding.is_empty() {
                return self.close(CloseReason::Local(None));
            }
        }
        self.schedule(now);
    }

    /// Takes note that a connection broke, or gave no HTTP response, before the response came.
    pub fn handle_failure(&mut self, now: Duration, id: RequestId) {
        let retry = self.config.retry;
        if let Some(request) = self.outstanding.get_mut(&id.rid)
            && request.attempt == id.attempt
            && matches!(request.flight, Flight::Sent { .. })
        {
            request.flight = Flight::Lost {
                again: now + retry.delay(request.attempt),
            };
        }
    }

    /// Does what is due; may be called at any time.
    pub fn handle_timeout(&mut self, now: Duration) {
        if matches!(self.state, State::Idle | State::Closed) {
            return;
        }
        if self.closing_until.is_some_and(|until| until <= now) {
            return self.close(CloseReason::Local(None));
        }
        if self.give_up_at().is_some_and(|at| at <= now) {
            return self.close(CloseReason::Unreachable);
        }
        let late: Vec<RequestId> = self
            .outstanding
            .iter()
            .filter(|(_, request)| matches!(request.flight, Flight::Sent { until } if until <= now))
            .map(|(&rid, request)| RequestId {
                rid,
                attempt: request.attempt,
            })
            .collect();
        for id in late {
            self.handle_failure(now, id);
        }
        let again: Vec<Rid> = self
            .outstanding
            .iter()
            .filter(|(_, request)| matches!(request.flight, Flight::Lost { again } if again <= now))
            .map(|(&rid, _)| rid)
            .collect();
        for rid in again {
            self.repeat(now, rid);
        }
        if self.paused.is_some_and(|pause| pause.resume <= now) {
            self.resume(now);
        }
        self.schedule(now);
    }

    /// The next HTTP request to make.
    pub fn poll_transmit(&mut self) -> Option<ClientTransmit> {
        self.transmits.pop_front()
    }

    /// The next thing to know.
    pub fn poll_event(&mut self) -> Option<ClientEvent> {
        self.events.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) at the latest.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        if matches!(self.state, State::Idle | State::Closed) {
            return None;
        }
        let flights = self
            .outstanding
            .values()
            .filter_map(|request| match request.flight {
                Flight::Sent { until } => Some(until),
                Flight::Lost { again } => Some(again),
                Flight::Answered => None,
            });
        let resume = self.paused.map(|pause| pause.resume);
        let others = [
            self.closing_until,
            self.give_up_at(),
            resume,
            self.poll_at(),
        ];
        flights.chain(others.into_iter().flatten()).min()
    }

    /// The session id, once there is one.
    #[must_use]
    pub fn sid(&self) -> Option<&Sid> {
        self.sid.as_ref()
    }

    /// How many requests have no response yet.
    #[must_use]
    pub fn outstanding(&self) -> usize {
        self.outstanding.len()
    }

    /// Whether the session is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    fn require(&self, state: State, attempted: &'static str) -> Result<(), Error> {
        if self.state == state {
            return Ok(());
        }
        Err(Error::Caller {
            attempted,
            state: self.state.name(),
        })
    }

    fn close(&mut self, reason: CloseReason) {
        self.state = State::Closed;
        self.outstanding.clear();
        self.early.clear();
        self.transmits.clear();
        self.queued_bytes = 0;
        let unsent = std::mem::take(&mut self.queue)
            .into_iter()
            .filter_map(|queued| match queued {
                Queued::Payload(payload) => Some(payload),
                Queued::Restart => None,
            })
            .collect();
        self.events
            .push_back(ClientEvent::Closed { reason, unsent });
    }
}

impl Keys {
    /// `key` and `newkey` of the next request.
    fn next(&mut self, creation: bool) -> (Option<String>, Option<String>) {
        let key = self.sequence.take();
        if creation {
            return (None, key);
        }
        if self.sequence.remaining() > 0 {
            return (key, None);
        }
        self.sequence = KeySequence::new(&(self.seeds)(), self.length);
        (key, self.sequence.take())
    }
}

/// Requests and payloads, which may hold secrets, do not show.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("state", &self.state)
            .field("next", &self.next)
            .field("expected", &self.expected)
            .field("outstanding", &self.outstanding.len())
            .field("queued", &self.queue.len())
            .finish_non_exhaustive()
    }
}

impl Agreed {
    fn new(config: &ClientConfig, response: &Body) -> Self {
        let time = |seconds: u32| Duration::from_secs(u64::from(seconds));
        let wait = response.wait.map_or(config.wait, time);
        let hold = response.hold.unwrap_or(config.hold);
        let requests = response.requests.map(|requests| (requests as usize).max(1));
        Self {
            wait,
            requests,
            polling: response.polling.map(time),
            inactivity: response.inactivity.map(time),
            max_pause: response.maxpause.map(time),
            is_polling: wait.is_zero() || hold == 0 || requests == Some(1),
            legacy: response.ver.is_none(),
        }
    }
}

/// After so many responses that cannot be read, the server itself must have written them.
const MAX_UNREADABLE: u32 = 3;
