//! Feature `serde`: a session of the connection manager, taken down and taken up.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::agreed::Agreed;
use super::streams::{Item, Queued, Streams};
use super::{Early, Held, Newest, Session, Silence, Special, State};
use crate::body::{Body, CONTENT_TYPE, content_type};
use crate::keys::KeyCheck;
use crate::rid::{Rid, Sid};
use crate::session::config::ServerConfig;
use crate::session::manager::Channel;
use crate::session::moment::Moment;
use crate::session::replay::{AnsweredPause, BufferPool, Kept, Keys, Replay, Stored};
use crate::session::server::Output;
use crate::session::state::{
    BodyForm, EventForm, FarewellForm, FromNow, Octets, Span, StateError, VERSION, check_version,
    fits, within,
};
use crate::session::{RequestSlot, StreamName};

/// A [`Session`] between two processes: everything in it but the HTTP connections and the
/// settings.
///
/// Serialised, it is a record of this form; a process reads the version that it writes, and
/// refuses others with [`StateError::Version`].
///
/// | field | what it holds |
/// | --- | --- |
/// | `version` | version of the form, 1 |
/// | `sid`, `channel`, `phase`, `terms` | who, how it was created, whether it is being ended, what was agreed |
/// | `last`, `held`, `early` | the window of request ids: accepted, waiting for an answer, waiting for a gap |
/// | `stored`, `acknowledged` | responses for clients that ask again, and the last that they have |
/// | `pauses` | pauses that were answered, whose responses are not stored; none if it is missing |
/// | `key` | what the next key must hash to |
/// | `newest`, `silence`, `authentication` | the clocks of activity, silence and login |
/// | `queue`, `streams` | what waits for a response, and the streams it is for |
/// | `events` | what the application was not told yet |
///
/// **It is a secret.** Whoever has it can act in the session, and reads what both ends said: the
/// session id, keys and payloads are in it. Keep it as a password is kept. `Debug` shows none of
/// that.
///
/// # Times
///
/// Times are nanoseconds from the moment of taking down; meanwhile they stand still. A host that
/// knows how long the session was nowhere can take it up as of that much earlier.
///
/// # Requests that were waiting
///
/// Their connections end with the process that held them, so they count as broken (as by
/// [`Session::handle_disconnect`]). The requests themselves are accepted, and their payloads
/// forwarded or kept behind a gap. The client repeats them: then each waits on, and gets its one
/// answer. Until then payloads wait for a connection. When its time comes, a request that nobody
/// repeats is answered into the store, where the client finds the answer.
///
/// Responses that were not taken by `poll_transmit` are lost with their connections: the client
/// asks for them again and gets them from the store.
#[derive(Clone, Deserialize, Serialize)]
pub struct SessionState {
    version: u32,
    sid: Sid,
    /// Of the request that created it; `None` for a session outside of a manager.
    pub(in crate::session) channel: Option<Channel>,
    phase: Phase,
    terms: Terms,
    last: Rid,
    held: Vec<HeldForm>,
    early: Vec<EarlyForm>,
    stored: Vec<StoredForm>,
    #[serde(default)]
    pauses: Vec<PauseForm>,
    acknowledged: Option<Rid>,
    key: Option<String>,
    newest: Option<NewestForm>,
    silence: Option<SilenceForm>,
    /// Until when the session must be declared authenticated.
    authentication: Option<FromNow>,
    queue: Vec<QueuedForm>,
    streams: Option<StreamsForm>,
    pub(in crate::session) events: Vec<EventForm>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Phase {
    Open,
    Closing(FarewellForm),
    Ended,
}

#[derive(Clone, Deserialize, Serialize)]
struct Terms {
    wait: Span,
    hold: u32,
    inactivity: Option<Span>,
    polling: bool,
    legacy: bool,
    content_type: String,
    client_acks: bool,
}

/// `key` and `newkey` of a request.
type KeysForm = (Option<String>, Option<String>);

#[derive(Clone, Deserialize, Serialize)]
struct HeldForm {
    rid: Rid,
    due: FromNow,
    opening: Option<BodyForm>,
    pause: Option<Span>,
    report: Option<(Rid, FromNow)>,
    keys: KeysForm,
    repeats: u32,
}

#[derive(Clone, Deserialize, Serialize)]
struct EarlyForm {
    rid: Rid,
    arrived: FromNow,
    request: BodyForm,
    repeats: u32,
}

#[derive(Clone, Deserialize, Serialize)]
struct StoredForm {
    rid: Rid,
    response: Octets,
    sent: FromNow,
    keys: KeysForm,
    repeats: u32,
}

#[derive(Clone, Deserialize, Serialize)]
struct PauseForm {
    rid: Rid,
    length: Span,
    keys: KeysForm,
    repeats: u32,
}

#[derive(Clone, Deserialize, Serialize)]
struct NewestForm {
    rid: Rid,
    arrived: FromNow,
    empty: bool,
    answered_with_payloads: bool,
}

#[derive(Clone, Deserialize, Serialize)]
struct SilenceForm {
    since: FromNow,
    limit: Option<Span>,
}

#[derive(Clone, Deserialize, Serialize)]
struct QueuedForm {
    stream: Option<StreamName>,
    item: ItemForm,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum ItemForm {
    Payload(Octets),
    From(String),
    Closed(FarewellForm),
}

#[derive(Clone, Deserialize, Serialize)]
struct StreamsForm {
    first: StreamName,
    open: Vec<StreamName>,
    closed: Vec<StreamName>,
    many: bool,
}

impl SessionState {
    /// The session id.
    #[must_use]
    pub fn sid(&self) -> &Sid {
        &self.sid
    }
}

/// Neither payloads nor keys show, and of the session id only its beginning.
impl fmt::Debug for SessionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionState")
            .field("version", &self.version)
            .field("sid", &self.sid)
            .field("last", &self.last)
            .field("held", &self.held.len())
            .field("early", &self.early.len())
            .field("stored", &self.stored.len())
            .field("queued", &self.queue.len())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// The HTTP requests that wait, in the order of request ids.
    pub(in crate::session) fn waiting(&self) -> Vec<RequestSlot> {
        let held = self.held.iter().filter_map(|held| held.slot);
        let early = self.early.iter().filter_map(|early| early.slot);
        held.chain(early).collect()
    }

    /// Takes the session down, so that another process can take it up. What
    /// [`SessionState`] says of requests that wait holds from now on.
    #[must_use]
    pub fn into_state(self, now: Duration) -> SessionState {
        let now = Moment::of(now);
        let from_now = |moment| FromNow::of(moment, now);
        let (replay, pauses) = (self.replay.iter(), self.replay.pauses());
        let events = self.out.into_iter().flat_map(|out| out.events);
        SessionState {
            version: VERSION,
            sid: self.sid,
            channel: None,
            phase: match self.state {
                State::Open => Phase::Open,
                State::Closing(farewell) => Phase::Closing((*farewell).into()),
                State::Ended => Phase::Ended,
            },
            terms: Terms {
                wait: self.agreed.wait.into(),
                hold: self.agreed.hold,
                inactivity: self.agreed.inactivity.map(Span::from),
                polling: self.agreed.polling,
                legacy: self.agreed.legacy,
                content_type: self.agreed.content_type().as_str().to_owned(),
                client_acks: self.agreed.client_acks,
            },
            last: self.last,
            stored: replay
                .map(|stored| StoredForm {
                    rid: stored.rid,
                    response: Octets(stored.body.to_bytes()),
                    sent: from_now(stored.sent),
                    keys: keys_form(&stored.keys),
                    repeats: stored.repeats,
                })
                .collect(),
            pauses: pauses
                .map(|pause| PauseForm {
                    rid: pause.rid,
                    length: pause.length.into(),
                    keys: keys_form(&pause.keys),
                    repeats: pause.repeats,
                })
                .collect(),
            held: self
                .held
                .into_iter()
                .map(|held| HeldForm {
                    rid: held.rid,
                    due: from_now(held.due),
                    pause: held.pause().map(Span::from),
                    report: held.report().map(|(rid, sent)| (rid, from_now(sent))),
                    keys: keys_form(held.keys()),
                    repeats: held.repeats,
                    opening: held
                        .special
                        .and_then(|special| special.opening)
                        .map(|opening| (*opening).into()),
                })
                .collect(),
            early: self
                .early
                .into_iter()
                .map(|early| EarlyForm {
                    rid: early.rid,
                    arrived: from_now(early.arrived),
                    request: early.body.into(),
                    repeats: early.repeats,
                })
                .collect(),
            acknowledged: self.acknowledged,
            key: self.keys.expected().map(str::to_owned),
            newest: self.newest.map(|newest| NewestForm {
                rid: newest.rid,
                arrived: from_now(newest.arrived),
                empty: newest.empty,
                answered_with_payloads: newest.answered_with_payloads,
            }),
            silence: self.silence.map(|silence| SilenceForm {
                since: from_now(silence.since),
                limit: silence.limit.map(Span::from),
            }),
            authentication: self.authentication.map(from_now),
            queue: self.queue.into_iter().map(QueuedForm::from).collect(),
            streams: self.streams.map(|streams| StreamsForm {
                first: streams.first,
                open: streams.open,
                closed: streams.closed.into(),
                many: streams.many,
            }),
            events: events.map(EventForm::from).collect(),
        }
    }

    /// Takes a session up where another process took it down; `now` is this process's time.
    ///
    /// The settings may be others than before: what was agreed with the client stays, and must
    /// be within them.
    ///
    /// # Errors
    ///
    /// If the state is of another version, passes a limit of the settings, cannot be read, or
    /// contradicts itself.
    pub fn from_state(
        config: Arc<ServerConfig>,
        now: Duration,
        state: SessionState,
    ) -> Result<Self, StateError> {
        state.check(&config)?;
        let now = Moment::of(now);
        let codec = config.codec;
        let most = config.max_repeats;
        // Whatever the state says, no clock runs ahead, and no answer is due later than it can be.
        let past = |moment: FromNow| moment.moment(now).min(now);
        let wait = Duration::from(state.terms.wait);
        let latest = now + wait.max(config.creation_grace);
        let mut replay = Replay::default();
        for stored in state.stored {
            replay.push(Stored {
                rid: stored.rid,
                body: Kept::of(&stored.response.0, &mut BufferPool::default()),
                sent: past(stored.sent),
                keys: keys(stored.keys),
                repeats: stored.repeats.min(most),
            });
        }
        let pauses = state.pauses.len();
        for pause in state.pauses {
            let pause = AnsweredPause {
                rid: pause.rid,
                length: pause.length.into(),
                keys: keys(pause.keys),
                repeats: pause.repeats.min(most),
            };
            replay.push_pause(pause, pauses);
        }
        let mut held = SmallVec::with_capacity(state.held.len());
        for form in state.held {
            let opening = form.opening.map(|opening| opening.read(&codec));
            held.push(Held {
                rid: form.rid,
                slot: None,
                due: form.due.moment(now).min(latest),
                special: Special {
                    opening: opening.transpose()?.map(Box::new),
                    pause: form.pause.map(Duration::from),
                    report: form.report.map(|(rid, sent)| (rid, past(sent))),
                    keys: keys(form.keys),
                }
                .boxed(),
                repeats: form.repeats.min(most),
            });
        }
        let mut early = Vec::with_capacity(state.early.len());
        for form in state.early {
            early.push(Early {
                rid: form.rid,
                slot: None,
                arrived: past(form.arrived),
                body: form.request.read(&codec)?,
                repeats: form.repeats.min(most),
            });
        }
        let queue: VecDeque<Queued> = state.queue.into_iter().map(Queued::from).collect();
        let events = state.events.into_iter().map(|event| event.read(&codec));
        let events: VecDeque<_> = events.collect::<Result<_, _>>()?;
        let out = (!events.is_empty()).then(|| {
            Box::new(Output {
                events,
                ..Output::default()
            })
        });
        Ok(Self {
            sid: state.sid,
            state: match state.phase {
                Phase::Open => State::Open,
                Phase::Closing(farewell) => State::Closing(Box::new(farewell.into())),
                Phase::Ended => State::Ended,
            },
            agreed: state.terms.into(),
            last: state.last,
            held,
            early,
            replay,
            keys: KeyCheck::new(state.key.as_deref()),
            acknowledged: state.acknowledged,
            newest: state.newest.map(|newest| Newest {
                rid: newest.rid,
                arrived: past(newest.arrived),
                empty: newest.empty,
                answered_with_payloads: newest.answered_with_payloads,
            }),
            silence: state.silence.map(|silence| Silence {
                since: past(silence.since),
                limit: silence.limit.map(Duration::from),
            }),
            authentication: state.authentication.map(|until| until.moment(now)),
            queued_bytes: queue.iter().map(Queued::len).sum(),
            queue,
            unflushed: None,
            streams: state.streams.map(|streams| {
                Box::new(Streams {
                    first: streams.first,
                    open: streams.open,
                    closed: streams.closed.into(),
                    many: streams.many,
                })
            }),
            out,
            config,
        })
    }
}

impl SessionState {
    /// What later steps rely on.
    fn check(&self, config: &ServerConfig) -> Result<(), StateError> {
        check_version(self.version)?;
        let terms = &self.terms;
        let hold = terms.hold as usize;
        within("requests held", hold, config.max_hold as usize)?;
        if Duration::from(terms.wait) > config.max_wait {
            let max = config.max_wait.as_secs();
            return Err(StateError::Limit {
                what: "`wait`",
                max,
            });
        }
        fits("`content`", content_type(&terms.content_type).is_some())?;
        let requests = hold.saturating_add(1);
        // One more than agreed may pause or terminate (§11).
        let most = requests.saturating_add(1);
        within("requests that wait", self.held.len(), most)?;
        within("requests above a gap", self.early.len(), most)?;
        within("pauses", self.pauses.len(), most)?;
        let most = config.max_stored_responses.max(requests);
        within("stored responses", self.stored.len(), most)?;
        let next = self.last.next();
        let highest = self.last.get() + u64::from(terms.hold) + 2;
        let is_early = |rid: Rid| rid > self.last && rid.get() <= highest && Some(rid) != next;
        let held = self.held.iter().map(|held| held.rid);
        let early = self.early.iter().map(|early| early.rid);
        let in_order = is_ascending(held.clone()) && is_ascending(early.clone());
        let in_window = held.clone().all(|rid| rid <= self.last) && early.clone().all(is_early);
        fits("request ids", in_order && in_window)?;
        let stored = self.stored.iter().map(|stored| stored.rid);
        let first_held = held.min().or(next);
        let answered = |rid| first_held.is_none_or(|first| rid < first);
        let fitting = is_ascending(stored.clone()) && stored.clone().all(answered);
        fits("stored responses", fitting)?;
        let pauses = self.pauses.iter().map(|pause| pause.rid);
        let fitting = is_ascending(pauses.clone()) && pauses.clone().all(answered);
        fits("pauses", fitting)?;
        let newest = self.newest.as_ref();
        let fitting = newest.is_none_or(|newest| newest.rid.get() <= highest);
        fits("the newest request", fitting)?;
        let idle = self.held.is_empty() && self.early.is_empty();
        let over = matches!(self.phase, Phase::Ended);
        fits("silence", over || idle == self.silence.is_some())?;
        fits("`held`", idle || matches!(self.phase, Phase::Open))?;
        self.check_queue(config)
    }

    fn check_queue(&self, config: &ServerConfig) -> Result<(), StateError> {
        let mut bytes = 0_usize;
        for queued in &self.queue {
            fits("streams", queued.stream.is_some() == self.streams.is_some())?;
            bytes += match &queued.item {
                ItemForm::Payload(payload) => payload.0.len(),
                ItemForm::From(from) => from.len(),
                // The end of a stream has a place of its own.
                ItemForm::Closed(_) => 0,
            };
        }
        within("bytes queued", bytes, config.max_queue)?;
        let Some(streams) = &self.streams else {
            return Ok(());
        };
        let most = config.max_streams.max(1);
        within("streams", streams.open.len(), most)?;
        within("closed streams", streams.closed.len(), most)?;
        let names = streams.open.iter().chain(&streams.closed);
        let unique = names.clone().enumerate().all(|(place, name)| {
            !name.as_str().is_empty() && !names.clone().take(place).any(|other| other == name)
        });
        fits("streams", unique && !streams.open.is_empty())
    }
}

fn is_ascending(mut rids: impl Iterator<Item = Rid>) -> bool {
    let Some(mut before) = rids.next() else {
        return true;
    };
    rids.all(|rid| std::mem::replace(&mut before, rid) < rid)
}

fn keys_form(keys: &Keys) -> KeysForm {
    let owned = |key: &str| key.to_owned();
    (keys.key().map(owned), keys.new_key().map(owned))
}

fn keys((key, newkey): KeysForm) -> Keys {
    Keys::of(&Body {
        key,
        newkey,
        ..Body::default()
    })
}

impl From<Terms> for Agreed {
    fn from(terms: Terms) -> Self {
        Self {
            wait: terms.wait.into(),
            hold: terms.hold,
            inactivity: terms.inactivity.map(Duration::from),
            polling: terms.polling,
            legacy: terms.legacy,
            content_type: match terms.content_type.as_str() {
                CONTENT_TYPE => None,
                other => Some(Arc::from(other)),
            },
            client_acks: terms.client_acks,
        }
    }
}

impl From<Queued> for QueuedForm {
    fn from(queued: Queued) -> Self {
        Self {
            stream: queued.stream,
            item: match queued.item {
                Item::Payload(payload) => ItemForm::Payload(Octets(payload)),
                Item::From(from) => ItemForm::From(from),
                Item::Closed(farewell) => ItemForm::Closed((*farewell).into()),
            },
        }
    }
}

impl From<QueuedForm> for Queued {
    fn from(form: QueuedForm) -> Self {
        Self {
            stream: form.stream,
            item: match form.item {
                ItemForm::Payload(payload) => Item::Payload(payload.0),
                ItemForm::From(from) => Item::From(from),
                ItemForm::Closed(farewell) => Item::Closed(Box::new(farewell.into())),
            },
        }
    }
}
