//! The client's side of a session.
//!
//! ```text
//!   ┌──────┐ open() ┌──────────┐ creation response ┌──────┐ terminate() ┌─────────┐
//!   │ Idle │ ─────▶ │ Creating │ ────────────────▶ │ Open │ ──────────▶ │ Closing │
//!   └──────┘        └──────────┘                   └──────┘             └─────────┘
//!                        │       terminate, HTTP error  │                    │
//!                        │ refused,               ┌────────┐                 │ answer,
//!                        │ unreachable            │ Ending │                 │ time out
//!                        │                        └────────┘                 │
//!                        ▼     earlier responses have come │                 ▼
//!                   ┌──────────────────────────────────────────────────────────────┐
//!                   │                            Closed                            │
//!                   └──────────────────────────────────────────────────────────────┘
//! ```
//!
//! A request is outstanding until its response was handled, and responses are handled in the
//! order of request ids, the end of the session too. A request whose connection broke is sent
//! again byte for byte. A pause is not: its answer is empty and need not be kept (§14.3), so that a
//! second copy may end the session. It counts as given when a later request is answered, and only
//! when one was sent and is not answered in time, the pause was lost. Where one request alone is
//! granted, that later request is a second pause, which may be one more (§11).

mod chance;
mod config;
mod profile;
mod queue;
mod redirect;
mod responses;
mod schedule;
#[cfg(feature = "serde")]
mod state;
mod streams;

pub use config::{ClientConfig, HttpErrors, Pauses, Retry};
pub use profile::Profile;
#[cfg(feature = "serde")]
pub use state::ClientState;
pub use streams::{ClientStreamEvent, StreamRequest};

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use self::chance::Chance;
use self::queue::{Item, Queued, Target};
use self::streams::Streams;
use super::moment::Moment;
use super::{ClientEvent, ClientTransmit, CloseReason, Error, Farewell, RequestId};
use crate::body::Body;
use crate::condition::Condition;
use crate::keys::KeySequence;
use crate::rid::{Rid, Sid};

/// A BOSH client: long-polls, keeps order, and sends again what was lost.
///
/// Each [`ClientTransmit`] is the body of an HTTP POST for the caller to make, on any
/// connection that has no request in flight. What becomes of it comes back through
/// [`handle_response`](Self::handle_response) or [`handle_failure`](Self::handle_failure).
///
/// After any call, drain [`poll_event`](Self::poll_event), then
/// [`poll_transmit`](Self::poll_transmit), and re-arm from [`poll_timeout`](Self::poll_timeout).
/// While there are events, an empty request is held back: what the caller sends on hearing them
/// takes its place.
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
/// loop {
///     while let Some(event) = client.poll_event() {
///         match event {
///             ClientEvent::Opened(opened) => assert_eq!(opened.wait, Duration::from_secs(60)),
///             ClientEvent::Payload(payload) => println!("{}", payload.name()),
///             ClientEvent::Closed { reason, .. } => println!("over: {reason:?}"),
///             _ => {}
///         }
///     }
///     // POST each body; here the server's answer to the creation request is made up.
///     let Some(request) = client.poll_transmit() else { break };
///     if client.sid().is_some() {
///         continue; // an empty request, which the server now holds
///     }
///     let answer = "<body xmlns='http://jabber.org/protocol/httpbind' sid='SomeSID' wait='60' \
///                   hold='1' requests='2' inactivity='30' ver='1.6'/>";
///     client.handle_response(now, request.id, 200, &Bytes::from(answer));
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
    /// `None`: the server offers one stream.
    streams: Option<Streams>,
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
    heard: Moment,
    /// When the newest new request went out, or a response came after it.
    asked: Moment,
    /// Since when an empty request is due, once the caller has heard the events.
    deferred: Option<Duration>,
    paused: Option<Pause>,
    closing_until: Option<Duration>,
    /// The request that ends the session was made.
    has_left: bool,
    /// What the caller ends the session with.
    farewell: Option<Condition>,
    /// Where the server is instead.
    redirect: Option<String>,
    chance: Chance,
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
    /// The caller ends the session.
    Closing,
    /// The server has ended the session; responses to earlier requests are on their way.
    Ending,
    Closed,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Creating => "creating the session",
            Self::Open => "open",
            Self::Closing => "closing",
            Self::Ending => "being ended by the server",
            Self::Closed => "closed",
        }
    }
}

/// What the creation response granted.
#[derive(Clone, Copy, Debug, Default)]
struct Agreed {
    wait: Duration,
    requests: usize,
    polling: Option<Duration>,
    inactivity: Option<Duration>,
    max_pause: Option<Duration>,
    is_polling: bool,
    /// The server acknowledges requests (§9.1).
    acks: bool,
    /// The server sent no `ver` (XEP-0124 §17.1).
    legacy: bool,
}

struct Outstanding {
    body: Bytes,
    /// The payloads in it, while its turn has not come.
    unsent: Vec<Bytes>,
    /// How often it was sent.
    attempt: u32,
    flight: Flight,
    /// How often the response could not be read.
    unreadable: u32,
    /// How often the server asked for it again.
    errors: u32,
    /// It announces a pause.
    is_pause: bool,
}

#[derive(Clone, Copy, Debug)]
enum Flight {
    /// Sent at one time; counts as broken after another.
    Sent { since: Duration, until: Duration },
    /// A pause without an answer ([`Pauses::Unanswered`]), which has had time to arrive.
    Given { since: Duration },
    /// The connection broke, or it was not sent yet; to be sent at this time.
    Lost { again: Duration },
    /// The response is in `early`.
    Answered,
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
            streams: None,
            next: config.first_rid,
            expected: config.first_rid,
            outstanding: BTreeMap::new(),
            early: BTreeMap::new(),
            queue: VecDeque::new(),
            queued_bytes: 0,
            heard: Moment::of(Duration::ZERO),
            asked: Moment::of(Duration::ZERO),
            deferred: None,
            paused: None,
            closing_until: None,
            has_left: false,
            farewell: None,
            redirect: None,
            chance: Chance(config.seed),
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
        self.heard = Moment::of(now);
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

    /// Announces silence and stops asking, for instance while a page is reloaded (§10). What is
    /// queued goes along. The next `send` or [`resume`](Self::resume) ends the pause, or three
    /// quarters of its time. Less than 5 s is not asked for if more is granted: a bad round trip
    /// would outlast it. Whole seconds are asked for.
    ///
    /// Whoever leaves the page should wait until [`outstanding`](Self::outstanding) is zero.
    /// Where one request alone is granted this is more than advice: when the connection of a pause
    /// breaks, nobody can know whether the server had it, and the id of the next request is inside of
    /// the window in one of the two cases only. A second pause goes first then, which may be one more
    /// than agreed (§11). A server that takes it for a request id above the window ends the session,
    /// and so may a second broken connection.
    ///
    /// # Errors
    ///
    /// If the session is not open, the server grants no pause as long, or a pause before was not
    /// answered yet.
    pub fn pause(&mut self, now: Duration, length: Duration) -> Result<(), Error> {
        self.require_open("pause")?;
        let refused = |state| {
            Err(Error::Caller {
                attempted: "pause",
                state,
            })
        };
        let Some(longest) = self.agreed.max_pause.filter(|&longest| length <= longest) else {
            return refused("not granted such a pause");
        };
        if self.outstanding.values().any(|request| request.is_pause) {
            return refused("waiting for the answer to a pause");
        }
        if self.state == State::Ending {
            return Ok(());
        }
        let length = length.max(SHORTEST_PAUSE).min(longest);
        let seconds = u32::try_from(length.as_secs()).unwrap_or(u32::MAX);
        let (target, payloads) = self
            .take_payloads()
            .unwrap_or_else(|| (Target::All, Vec::new()));
        let body = Body {
            pause: Some(seconds),
            stream: self.wire_name(&target),
            ..Body::default()
        };
        self.paused = Some(Pause {
            resume: now.saturating_add(length / 4 * 3),
        });
        self.transmit_new(now, body, &payloads);
        Ok(())
    }

    /// Ends a pause.
    pub fn resume(&mut self, now: Duration) {
        let was_paused = self.paused.take().is_some();
        if was_paused {
            self.wake(now);
        }
        self.schedule(now);
        if was_paused {
            // The server waits no longer than the pause was, whenever the next poll is due (§10).
            self.ask(now);
        }
    }

    /// Ends the session (§13). Everything queued goes first, then the payloads given (such as an
    /// unavailable presence, of several streams to all), in the last request if it holds them;
    /// [`ClientEvent::Closed`]
    /// follows.
    ///
    /// # Errors
    ///
    /// If the session is not open.
    pub fn terminate(&mut self, now: Duration, payloads: &[Bytes]) -> Result<(), Error> {
        self.require_open("terminate")?;
        for payload in payloads {
            self.push(Queued {
                target: self.everyone(),
                item: Item::Payload(payload.clone()),
            });
        }
        self.say_farewell(now, Farewell::plain());
        Ok(())
    }

    /// [`terminate`](Self::terminate) that tells the server why (§17.2).
    ///
    /// # Errors
    ///
    /// If the session is not open.
    pub fn terminate_with(&mut self, now: Duration, farewell: Farewell) -> Result<(), Error> {
        self.require_open("terminate")?;
        self.say_farewell(now, farewell);
        Ok(())
    }

    /// Ends the session without another request, as is due when the connection is not encrypted
    /// any more or another certificate is shown (§19.1). The server learns it by silence.
    pub fn abandon(&mut self) {
        if self.state != State::Closed {
            self.close(CloseReason::Abandoned);
        }
    }

    /// Takes note that a connection broke, or gave no HTTP response, before the response came.
    pub fn handle_failure(&mut self, now: Duration, id: RequestId) {
        let is_newest = self
            .outstanding
            .get(&id.rid)
            .is_some_and(|request| request.attempt == id.attempt);
        if is_newest {
            self.lose(now, id.rid);
            self.end_if_complete();
        }
    }

    /// Does what is due; may be called at any time.
    pub fn handle_timeout(&mut self, now: Duration) {
        if matches!(self.state, State::Idle | State::Closed) {
            return;
        }
        if self.closing_until.is_some_and(|until| until <= now) {
            return self.end();
        }
        if self.give_up_at().is_some_and(|at| at <= now) {
            return self.close(CloseReason::Unreachable);
        }
        let is_late = |request: &Outstanding| matches!(request.flight, Flight::Sent { until, .. } if until <= now);
        let mut gave = false;
        for rid in self.rids_where(is_late) {
            if self.is_unanswered_pause(rid) {
                self.give(rid);
                gave = true;
            } else {
                self.lose(now, rid);
            }
        }
        self.end_if_complete();
        let is_due = |request: &Outstanding| matches!(request.flight, Flight::Lost { again } if again <= now);
        for rid in self.rids_where(is_due) {
            self.repeat_due(now, rid);
        }
        if self.paused.is_some_and(|pause| pause.resume <= now) {
            self.resume(now);
        }
        self.schedule(now);
        // A pause that is over may have kept the only request; or nobody takes the events.
        if gave || self.deferred.take().is_some() {
            self.ask(now);
        }
    }

    /// The next HTTP request to make. An empty one waits until the events are drained.
    pub fn poll_transmit(&mut self) -> Option<ClientTransmit> {
        if self.events.is_empty()
            && let Some(due) = self.deferred.take()
        {
            self.schedule(due);
        }
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
                Flight::Sent { until, .. } => Some(until),
                Flight::Lost { again } => Some(again).filter(|_| self.state != State::Ending),
                Flight::Given { .. } | Flight::Answered => None,
            });
        let resume = self.paused.map(|pause| pause.resume);
        let others = [
            self.closing_until,
            self.give_up_at(),
            resume,
            self.poll_at(),
            self.deferred,
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

    /// A session that the server is ending takes everything yet, and hands it back as unsent.
    fn require_open(&self, attempted: &'static str) -> Result<(), Error> {
        match self.state {
            State::Ending => Ok(()),
            State::Idle | State::Creating | State::Open | State::Closing | State::Closed => {
                self.require(State::Open, attempted)
            }
        }
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

    /// Tells the server that the session ends, and why. In a session of one stream everything
    /// queued goes along; of several, each goes in a request of its own first (§16.4).
    fn say_farewell(&mut self, now: Duration, farewell: Farewell) {
        if self.state == State::Ending {
            let target = self.everyone();
            if let Some(payload) = farewell.payload {
                self.push(Queued {
                    target,
                    item: Item::Payload(payload),
                });
            }
            return self.end();
        }
        self.state = State::Closing;
        self.paused = None;
        self.farewell = farewell.condition;
        self.closing_until = Some(now.saturating_add(self.config.close_timeout));
        if self.has_many_streams() {
            self.push(Queued {
                target: Target::All,
                item: Item::Terminate(Box::new(farewell)),
            });
            return self.schedule(now);
        }
        // A restart would come too late.
        let unsent = self.take_unsent().into_iter().chain(farewell.payload);
        for payload in unsent {
            self.push(Queued {
                target: Target::First,
                item: Item::Payload(payload),
            });
        }
        self.leave(now);
    }

    /// Whom the last words of a session are for.
    fn everyone(&self) -> Target {
        if self.has_many_streams() {
            Target::All
        } else {
            Target::First
        }
    }

    fn rids_where(&self, wanted: impl Fn(&Outstanding) -> bool) -> Vec<Rid> {
        let requests = self.outstanding.iter();
        requests
            .filter(|(_, request)| wanted(request))
            .map(|(&rid, _)| rid)
            .collect()
    }

    fn close(&mut self, reason: CloseReason) {
        self.state = State::Closed;
        self.deferred = None;
        let outstanding = std::mem::take(&mut self.outstanding);
        let mut unsent: Vec<Bytes> = outstanding
            .into_values()
            .flat_map(|request| request.unsent)
            .collect();
        self.early.clear();
        self.transmits.clear();
        unsent.extend(self.take_unsent());
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
        // No server may hold longer than it was asked to.
        let wait = response.wait.map_or(config.wait, time).min(config.wait);
        let hold = response.hold.unwrap_or(config.hold);
        // Without an announcement there is no limit but ours (§11).
        let requests = response
            .requests
            .map_or(usize::MAX, |requests| requests as usize);
        Self {
            wait,
            requests: requests.clamp(1, config.max_requests.max(1)),
            polling: response.polling.map(time),
            inactivity: response.inactivity.map(time),
            max_pause: response.maxpause.map(time),
            is_polling: wait.is_zero() || hold == 0 || requests <= 1,
            acks: response.ack.is_some(),
            legacy: response.ver.is_none(),
        }
    }
}

/// A bad round trip, and some time to answer.
const SHORTEST_PAUSE: Duration = Duration::from_secs(5);
