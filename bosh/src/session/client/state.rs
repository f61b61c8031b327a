//! Feature `serde`: a client, taken down and taken up.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::chance::Chance;
use super::queue::{Item, Queued, Target};
use super::streams::{ClientStreamEvent, StreamRequest, Streams};
use super::{Agreed, Client, ClientConfig, Flight, Keys, Outstanding, Pause, Pauses, State};
use crate::body::{BodyCodec, Version};
use crate::condition::Condition;
use crate::keys::KeySequence;
use crate::rid::{Rid, Sid};
use crate::session::moment::Moment;
use crate::session::state::{
    BodyForm, FarewellForm, FromNow, Octets, PayloadForm, Span, StateError, VERSION, bytes,
    check_version, fits, octets, within,
};
use crate::session::{ClientEvent, CloseReason, Opened, RedirectRefused, StreamName};

/// A [`Client`] between two processes, such as a page and the same page loaded again: everything
/// in it but the HTTP connections, the settings and the source of seeds.
///
/// Serialised, it is a record of this form; a process reads the version that it writes, and
/// refuses others with [`StateError::Version`].
///
/// | field | what it holds |
/// | --- | --- |
/// | `version` | version of the form, 1 |
/// | `phase`, `sid`, `terms` | how far the session has come, and what was granted |
/// | `next`, `expected` | ids of the next request, and of the next response to be told |
/// | `outstanding`, `early` | requests without a response, byte for byte; responses above a gap |
/// | `queue`, `streams` | what waits for a request, and the streams it is for |
/// | `heard`, `asked`, `paused`, `closing_until` | the clocks of silence, polling, pause and end |
/// | `has_left`, `farewell`, `redirect` | what is known of the end |
/// | `chance`, `keys` | where waiting times come from; the first key that is left, and how many |
/// | `events` | what the application was not told yet |
///
/// **It is a secret.** Whoever has it can act in the session, and reads what both ends said: the
/// session id, keys and payloads are in it. Keep it as a password is kept. `Debug` shows none of
/// that.
///
/// Times are nanoseconds from the moment of taking down; meanwhile they stand still.
///
/// Every HTTP request that was on its way has lost its connection. Taken up, the client sends it
/// again at once, byte for byte, so that the server answers it from its store and nothing is lost
/// or doubled. A pause is kept, and not sent again, if it was the last that was missing; with
/// other responses missing it ends.
#[derive(Clone, Deserialize, Serialize)]
pub struct ClientState {
    version: u32,
    phase: Phase,
    sid: Option<Sid>,
    terms: Terms,
    next: Rid,
    expected: Rid,
    outstanding: Vec<OutstandingForm>,
    early: Vec<(Rid, BodyForm)>,
    queue: Vec<QueuedForm>,
    streams: Option<StreamsForm>,
    heard: FromNow,
    asked: FromNow,
    /// When to make a request.
    paused: Option<FromNow>,
    closing_until: Option<FromNow>,
    has_left: bool,
    farewell: Option<Condition>,
    redirect: Option<String>,
    chance: u64,
    keys: Option<KeysForm>,
    events: Vec<EventForm>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Phase {
    Idle,
    Creating,
    Open,
    Closing,
    Ending,
    Closed,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
struct Terms {
    wait: Span,
    requests: u32,
    polling: Option<Span>,
    inactivity: Option<Span>,
    max_pause: Option<Span>,
    is_polling: bool,
    acks: bool,
    legacy: bool,
}

#[derive(Clone, Deserialize, Serialize)]
struct OutstandingForm {
    rid: Rid,
    request: Octets,
    /// The payloads in it, while its turn has not come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unsent: Vec<Octets>,
    attempt: u32,
    flight: FlightForm,
    unreadable: u32,
    errors: u32,
    is_pause: bool,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum FlightForm {
    /// At this time on a connection, which is gone.
    Sent(FromNow),
    /// To be sent at this time.
    Lost(FromNow),
    Answered,
}

#[derive(Clone, Deserialize, Serialize)]
struct QueuedForm {
    target: TargetForm,
    item: ItemForm,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum TargetForm {
    First,
    Stream(StreamName),
    All,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum ItemForm {
    Payload(Octets),
    Restart {
        from: Option<String>,
    },
    Open {
        to: String,
        from: Option<String>,
        route: Option<String>,
    },
    Close(FarewellForm),
    Terminate(FarewellForm),
}

#[derive(Clone, Deserialize, Serialize)]
struct StreamsForm {
    first: StreamName,
    /// With the domain of each.
    open: Vec<(StreamName, String)>,
    opening: Vec<String>,
    closed: Vec<StreamName>,
    many: bool,
}

#[derive(Clone, Deserialize, Serialize)]
struct KeysForm {
    /// K(1) of the sequence.
    first: String,
    left: usize,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum EventForm {
    Opened(Box<Opened>),
    Payload(PayloadForm),
    From(String),
    StreamOpened {
        stream: StreamName,
        to: String,
        from: Option<String>,
        xmpp_version: Option<Version>,
    },
    StreamPayload {
        stream: StreamName,
        payload: PayloadForm,
    },
    StreamFrom {
        stream: StreamName,
        from: String,
    },
    StreamClosed {
        stream: StreamName,
        condition: Option<Condition>,
        unsent: Vec<Octets>,
    },
    SeeOtherUri(String),
    RedirectRefused {
        uri: String,
        reason: RedirectRefused,
    },
    Closed {
        reason: CloseReason,
        unsent: Vec<Octets>,
    },
}

impl ClientState {
    /// The session id, once there is one.
    #[must_use]
    pub fn sid(&self) -> Option<&Sid> {
        self.sid.as_ref()
    }
}

/// Neither payloads nor keys show, and of the session id only its beginning.
impl fmt::Debug for ClientState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientState")
            .field("version", &self.version)
            .field("phase", &self.phase)
            .field("sid", &self.sid)
            .field("outstanding", &self.outstanding.len())
            .field("queued", &self.queue.len())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Takes the client down, so that another process can take it up. Requests that were not
    /// taken by [`poll_transmit`](Self::poll_transmit) are made there, events that were not taken
    /// are told there.
    #[must_use]
    pub fn into_state(self, now: Duration) -> ClientState {
        let now = Moment::of(now);
        let at = |time: Duration| FromNow::of(Moment::of(time), now);
        let agreed = self.agreed;
        let outstanding = self.outstanding.into_iter();
        ClientState {
            version: VERSION,
            phase: self.state.into(),
            sid: self.sid,
            terms: Terms {
                wait: agreed.wait.into(),
                requests: u32::try_from(agreed.requests).unwrap_or(u32::MAX),
                polling: agreed.polling.map(Span::from),
                inactivity: agreed.inactivity.map(Span::from),
                max_pause: agreed.max_pause.map(Span::from),
                is_polling: agreed.is_polling,
                acks: agreed.acks,
                legacy: agreed.legacy,
            },
            next: self.next,
            expected: self.expected,
            outstanding: outstanding
                .map(|(rid, request)| OutstandingForm {
                    rid,
                    request: Octets(request.body),
                    unsent: octets(request.unsent),
                    attempt: request.attempt,
                    flight: match request.flight {
                        Flight::Sent { since, .. } | Flight::Given { since } => {
                            FlightForm::Sent(at(since))
                        }
                        Flight::Lost { again } => FlightForm::Lost(at(again)),
                        Flight::Answered => FlightForm::Answered,
                    },
                    unreadable: request.unreadable,
                    errors: request.errors,
                    is_pause: request.is_pause,
                })
                .collect(),
            early: self
                .early
                .into_iter()
                .map(|(rid, body)| (rid, body.into()))
                .collect(),
            queue: self.queue.into_iter().map(QueuedForm::from).collect(),
            streams: self.streams.map(|streams| StreamsForm {
                first: streams.first,
                open: streams.open,
                opening: streams.opening.into(),
                closed: streams.closed.into(),
                many: streams.many,
            }),
            heard: FromNow::of(self.heard, now),
            asked: FromNow::of(self.asked, now),
            paused: self.paused.map(|pause| at(pause.resume)),
            closing_until: self.closing_until.map(at),
            has_left: self.has_left,
            farewell: self.farewell,
            redirect: self.redirect,
            chance: self.chance.0,
            keys: self.keys.and_then(|keys| {
                Some(KeysForm {
                    first: keys.sequence.first()?.to_owned(),
                    left: keys.sequence.remaining(),
                })
            }),
            events: self.events.into_iter().map(EventForm::from).collect(),
        }
    }

    /// Takes a client up where another process took it down; `now` is this process's time. Call
    /// [`handle_timeout`](Self::handle_timeout) to send again what was on its way.
    ///
    /// # Errors
    ///
    /// If the state is of another version, passes a limit of the settings, cannot be read or
    /// contradicts itself; and if the session has key sequences:
    /// [`from_state_with_keys`](Self::from_state_with_keys) takes it up then.
    pub fn from_state(
        config: ClientConfig,
        now: Duration,
        state: ClientState,
    ) -> Result<Self, StateError> {
        if state.keys.is_some() {
            return Err(StateError::NoSeeds);
        }
        Self::take_up(config, now, state, None)
    }

    /// [`from_state`](Self::from_state) for a session that may have key sequences. `length` and
    /// `seeds` are as in [`with_keys`](Self::with_keys), for the sequences to come; they are not
    /// used if the session has none.
    ///
    /// # Errors
    ///
    /// As for [`from_state`](Self::from_state), and if more keys are left than `length` and
    /// 65,536.
    pub fn from_state_with_keys(
        config: ClientConfig,
        now: Duration,
        mut state: ClientState,
        length: usize,
        seeds: impl FnMut() -> String + Send + 'static,
    ) -> Result<Self, StateError> {
        let Some(keys) = state.keys.take() else {
            return Self::take_up(config, now, state, None);
        };
        fits("keys", keys.left > 0)?;
        within("keys", keys.left, length.max(MAX_KEYS))?;
        let keys = Keys {
            sequence: KeySequence::from_first(keys.first, keys.left),
            length,
            seeds: Box::new(seeds),
        };
        Self::take_up(config, now, state, Some(keys))
    }

    fn take_up(
        config: ClientConfig,
        now: Duration,
        state: ClientState,
        keys: Option<Keys>,
    ) -> Result<Self, StateError> {
        state.check(&config)?;
        let origin = Moment::of(now);
        // No clock runs ahead.
        let past = |time: FromNow| time.moment(origin).min(origin);
        let future = |time: FromNow| time.moment(origin).to_duration();
        let codec = config.codec;
        let mut early = BTreeMap::new();
        for (rid, body) in state.early {
            early.insert(rid, body.read(&codec)?);
        }
        let queue: VecDeque<Queued> = state.queue.into_iter().map(Queued::from).collect();
        let events = state.events.into_iter().map(|event| event.read(&codec));
        let mut client = Self {
            state: state.phase.into(),
            sid: state.sid,
            agreed: state.terms.agreed(&config),
            streams: state.streams.map(|streams| Streams {
                first: streams.first,
                open: streams.open,
                opening: streams.opening.into(),
                closed: streams.closed.into(),
                many: streams.many,
            }),
            next: state.next,
            expected: state.expected,
            outstanding: BTreeMap::new(),
            early,
            queued_bytes: queue.iter().map(Queued::len).sum(),
            queue,
            heard: past(state.heard),
            asked: past(state.asked),
            deferred: None,
            paused: state.paused.map(|resume| Pause {
                resume: future(resume),
            }),
            closing_until: state.closing_until.map(future),
            has_left: state.has_left,
            farewell: state.farewell,
            redirect: state.redirect,
            chance: Chance(state.chance),
            keys,
            transmits: VecDeque::new(),
            events: events.collect::<Result<_, _>>()?,
            config,
        };
        let pace = client.config.pace;
        for form in state.outstanding {
            let flight = match form.flight {
                FlightForm::Sent(_) if form.is_pause => client.lost_pause(now),
                FlightForm::Sent(since) => Flight::Lost {
                    again: (since.moment(origin) + pace).to_duration().max(now),
                },
                FlightForm::Lost(again) => Flight::Lost {
                    again: future(again),
                },
                FlightForm::Answered => Flight::Answered,
            };
            let request = Outstanding {
                body: form.request.0,
                unsent: bytes(form.unsent),
                attempt: form.attempt,
                flight,
                unreadable: form.unreadable.min(MOST_TIMES),
                errors: form.errors.min(MOST_TIMES),
                is_pause: form.is_pause,
            };
            client.outstanding.insert(form.rid, request);
        }
        client.go_on(now);
        Ok(client)
    }

    fn go_on(&mut self, now: Duration) {
        if matches!(self.state, State::Idle | State::Closed) {
            return;
        }
        self.end_if_complete();
        let waits = |request: &Outstanding| request.is_pause && request.attempt == 0;
        let misses = |request: &Outstanding| {
            !request.is_pause && matches!(request.flight, Flight::Lost { .. })
        };
        let mut requests = self.outstanding.values();
        // To ask for a response ends the pause at the server, too.
        if self.paused.is_some() && !requests.any(waits) && self.outstanding.values().any(misses) {
            self.resume(now);
        }
        self.schedule(now);
    }

    /// Nobody knows whether a pause that was on its way has arrived. If it has, an answer to what
    /// came after it is there by the time at which it is sent again.
    fn lost_pause(&self, now: Duration) -> Flight {
        if self.config.pauses == Pauses::Unanswered {
            let until = now.saturating_add(self.config.lost_after);
            return Flight::Sent { since: now, until };
        }
        let resumed = self.paused.map_or(now, |pause| pause.resume.max(now));
        Flight::Lost {
            again: resumed.saturating_add(self.patience()),
        }
    }
}

impl ClientState {
    /// What later steps rely on.
    fn check(&self, config: &ClientConfig) -> Result<(), StateError> {
        check_version(self.version)?;
        let created = match self.phase {
            Phase::Idle | Phase::Creating => self.sid.is_none(),
            Phase::Open | Phase::Closing | Phase::Ending => self.sid.is_some(),
            Phase::Closed => true,
        };
        fits("the session id", created)?;
        let ending = matches!(self.phase, Phase::Closing | Phase::Ending);
        fits(
            "the time of the end",
            !ending || self.closing_until.is_some(),
        )?;
        // One more may pause, and one terminate (§11, §13).
        let most = config.max_requests.max(1).saturating_add(2);
        within("requests without a response", self.outstanding.len(), most)?;
        let mut next = Some(self.expected);
        for request in &self.outstanding {
            fits("request ids", next == Some(request.rid))?;
            next = request.rid.next();
        }
        let all = match self.phase {
            Phase::Closed => self.outstanding.is_empty() && self.early.is_empty(),
            Phase::Idle => self.outstanding.is_empty() && next == Some(self.next),
            Phase::Creating | Phase::Open | Phase::Closing | Phase::Ending => {
                next == Some(self.next)
            }
        };
        fits("request ids", all)?;
        let answered = self
            .outstanding
            .iter()
            .filter(|request| matches!(request.flight, FlightForm::Answered));
        let early = self.early.iter().map(|&(rid, _)| rid);
        fits(
            "early responses",
            answered.map(|request| request.rid).eq(early),
        )?;
        self.check_queue(config)
    }

    fn check_queue(&self, config: &ClientConfig) -> Result<(), StateError> {
        let payloads = self.queue.iter().map(|queued| match &queued.item {
            ItemForm::Payload(payload) => payload.0.len(),
            // The end has a place of its own.
            ItemForm::Restart { .. }
            | ItemForm::Open { .. }
            | ItemForm::Close(_)
            | ItemForm::Terminate(_) => 0,
        });
        // So have the last words.
        if self.phase != Phase::Closing {
            within("bytes queued", payloads.sum(), config.max_queue)?;
        }
        let Some(streams) = &self.streams else {
            return Ok(());
        };
        let most = config.max_streams.max(1);
        within(
            "streams",
            streams.open.len().saturating_add(streams.opening.len()),
            most,
        )?;
        within("closed streams", streams.closed.len(), most)
    }
}

impl Terms {
    fn agreed(self, config: &ClientConfig) -> Agreed {
        Agreed {
            wait: self.wait.into(),
            requests: (self.requests as usize).clamp(1, config.max_requests.max(1)),
            polling: self.polling.map(Duration::from),
            inactivity: self.inactivity.map(Duration::from),
            max_pause: self.max_pause.map(Duration::from),
            is_polling: self.is_polling,
            acks: self.acks,
            legacy: self.legacy,
        }
    }
}

impl From<State> for Phase {
    fn from(state: State) -> Self {
        match state {
            State::Idle => Self::Idle,
            State::Creating => Self::Creating,
            State::Open => Self::Open,
            State::Closing => Self::Closing,
            State::Ending => Self::Ending,
            State::Closed => Self::Closed,
        }
    }
}

impl From<Phase> for State {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Idle => Self::Idle,
            Phase::Creating => Self::Creating,
            Phase::Open => Self::Open,
            Phase::Closing => Self::Closing,
            Phase::Ending => Self::Ending,
            Phase::Closed => Self::Closed,
        }
    }
}

impl From<Queued> for QueuedForm {
    fn from(queued: Queued) -> Self {
        Self {
            target: match queued.target {
                Target::First => TargetForm::First,
                Target::Stream(stream) => TargetForm::Stream(stream),
                Target::All => TargetForm::All,
            },
            item: match queued.item {
                Item::Payload(payload) => ItemForm::Payload(Octets(payload)),
                Item::Restart { from } => ItemForm::Restart { from },
                Item::Open(request) => {
                    let StreamRequest { to, from, route } = *request;
                    ItemForm::Open { to, from, route }
                }
                Item::Close(farewell) => ItemForm::Close((*farewell).into()),
                Item::Terminate(farewell) => ItemForm::Terminate((*farewell).into()),
            },
        }
    }
}

impl From<QueuedForm> for Queued {
    fn from(form: QueuedForm) -> Self {
        Self {
            target: match form.target {
                TargetForm::First => Target::First,
                TargetForm::Stream(stream) => Target::Stream(stream),
                TargetForm::All => Target::All,
            },
            item: match form.item {
                ItemForm::Payload(payload) => Item::Payload(payload.0),
                ItemForm::Restart { from } => Item::Restart { from },
                ItemForm::Open { to, from, route } => {
                    Item::Open(Box::new(StreamRequest { to, from, route }))
                }
                ItemForm::Close(farewell) => Item::Close(Box::new(farewell.into())),
                ItemForm::Terminate(farewell) => Item::Terminate(Box::new(farewell.into())),
            },
        }
    }
}

impl From<ClientEvent> for EventForm {
    fn from(event: ClientEvent) -> Self {
        match event {
            ClientEvent::Opened(opened) => Self::Opened(Box::new(opened)),
            ClientEvent::Payload(payload) => Self::Payload(payload.into()),
            ClientEvent::From(from) => Self::From(from),
            ClientEvent::Stream(ClientStreamEvent::Opened {
                stream,
                to,
                from,
                xmpp_version,
            }) => Self::StreamOpened {
                stream,
                to,
                from,
                xmpp_version,
            },
            ClientEvent::Stream(ClientStreamEvent::Payload { stream, payload }) => {
                Self::StreamPayload {
                    stream,
                    payload: payload.into(),
                }
            }
            ClientEvent::Stream(ClientStreamEvent::From { stream, from }) => {
                Self::StreamFrom { stream, from }
            }
            ClientEvent::Stream(ClientStreamEvent::Closed {
                stream,
                condition,
                unsent,
            }) => Self::StreamClosed {
                stream,
                condition,
                unsent: octets(unsent),
            },
            ClientEvent::SeeOtherUri(uri) => Self::SeeOtherUri(uri),
            ClientEvent::RedirectRefused { uri, reason } => Self::RedirectRefused { uri, reason },
            ClientEvent::Closed { reason, unsent } => Self::Closed {
                reason,
                unsent: octets(unsent),
            },
        }
    }
}

impl EventForm {
    fn read(self, codec: &BodyCodec) -> Result<ClientEvent, StateError> {
        let event = match self {
            Self::Opened(opened) => return Ok(ClientEvent::Opened(*opened)),
            Self::Payload(payload) => return Ok(ClientEvent::Payload(payload.read(codec)?)),
            Self::From(from) => return Ok(ClientEvent::From(from)),
            Self::SeeOtherUri(uri) => return Ok(ClientEvent::SeeOtherUri(uri)),
            Self::RedirectRefused { uri, reason } => {
                return Ok(ClientEvent::RedirectRefused { uri, reason });
            }
            Self::Closed { reason, unsent } => {
                let unsent = bytes(unsent);
                return Ok(ClientEvent::Closed { reason, unsent });
            }
            Self::StreamOpened {
                stream,
                to,
                from,
                xmpp_version,
            } => ClientStreamEvent::Opened {
                stream,
                to,
                from,
                xmpp_version,
            },
            Self::StreamPayload { stream, payload } => ClientStreamEvent::Payload {
                stream,
                payload: payload.read(codec)?,
            },
            Self::StreamFrom { stream, from } => ClientStreamEvent::From { stream, from },
            Self::StreamClosed {
                stream,
                condition,
                unsent,
            } => ClientStreamEvent::Closed {
                stream,
                condition,
                unsent: bytes(unsent),
            },
        };
        Ok(ClientEvent::Stream(event))
    }
}

/// Longest key sequence that is taken up whatever length the caller names.
const MAX_KEYS: usize = 65_536;
/// Counters start from no higher number.
const MOST_TIMES: u32 = 1_000_000;
