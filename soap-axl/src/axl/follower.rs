//! Follows what changes in the configuration.

use core::time::Duration;
use std::collections::VecDeque;

use crate::axl::{
    AxlCallError, BackOff, Change, ChangeObjects, ListChange, ListChangeReply, StartChangeId,
};

/// How a follower asks.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FollowConfig {
    /// Time between two questions. Default 2 minutes: the server makes nothing of being asked more
    /// often, since it collects changes itself.
    pub interval: Duration,
    /// Kinds of objects to be told of, as in `Phone`; all when there are none.
    pub objects: Vec<String>,
    /// Waits after failures; `max_tries` does not count, since a follower goes on.
    pub back_off: BackOff,
}

impl Default for FollowConfig {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(120),
            objects: Vec::new(),
            back_off: BackOff::default(),
        }
    }
}

impl FollowConfig {
    /// Sets the time between two questions.
    #[must_use]
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets the kinds of objects to be told of.
    #[must_use]
    pub fn with_objects<'a>(mut self, objects: impl IntoIterator<Item = &'a str>) -> Self {
        self.objects = objects.into_iter().map(str::to_owned).collect();
        self
    }

    /// Sets the waits after failures.
    #[must_use]
    pub fn with_back_off(mut self, back_off: BackOff) -> Self {
        self.back_off = back_off;
        self
    }
}

/// What a follower tells.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FollowEvent {
    /// Everything has to be fetched anew; what changes from now on follows.
    Resync(ResyncReason),
    /// What has changed, at least one, in order.
    Changes(Vec<Change>),
    /// A question failed; it is asked again.
    Failed(AxlCallError),
}

/// Why everything has to be fetched anew.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ResyncReason {
    /// This is the beginning.
    Start,
    /// The server has another memory of changes than before: it was restarted.
    NewQueue,
    /// The server has forgotten changes that were not asked for in time.
    Forgotten,
}

/// Asks for changes again and again.
///
/// ```text
///            poll_transmit            answer
///   ready ------------------> asked ----------> waiting (interval, or after a failure longer)
///     ^                                            |
///     +--------------------------------------------+ handle_timeout
/// ```
///
/// The first answer only tells where to begin, so that [`FollowEvent::Resync`] comes before any
/// change; it comes again whenever changes may have been missed. After each call take
/// [`ChangeFollower::poll_transmit`] and [`ChangeFollower::poll_event`] until `None`, then re-arm
/// the timer from [`ChangeFollower::poll_timeout`].
#[derive(Debug)]
pub struct ChangeFollower {
    config: FollowConfig,
    state: State,
    /// Where the next question begins.
    position: Option<StartChangeId>,
    /// Failures in a row.
    failures: u32,
    events: VecDeque<FollowEvent>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Ready,
    Asked,
    Waiting { until: Duration },
}

impl ChangeFollower {
    /// A follower that knows nothing yet.
    pub fn new(config: FollowConfig) -> Self {
        Self {
            config,
            state: State::Ready,
            position: None,
            failures: 0,
            events: VecDeque::new(),
        }
    }

    /// A follower that goes on where another one stopped ([`ChangeFollower::position`]).
    #[must_use]
    pub fn resume(mut self, position: StartChangeId) -> Self {
        self.position = Some(position);
        self
    }

    /// The next question, once; its outcome goes to [`ChangeFollower::handle_answer`].
    #[must_use]
    pub fn poll_transmit(&mut self) -> Option<ListChange> {
        if self.state != State::Ready {
            return None;
        }
        self.state = State::Asked;
        let objects = &self.config.objects;
        Some(ListChange {
            start_change_id: self.position.clone(),
            objects: (!objects.is_empty()).then(|| ChangeObjects {
                objects: objects.clone(),
                other: Vec::new(),
            }),
            other: Vec::new(),
        })
    }

    /// What became of the question. Ignored when none is out.
    pub fn handle_answer(&mut self, now: Duration, answer: Result<ListChangeReply, AxlCallError>) {
        if self.state != State::Asked {
            return;
        }
        let wait = match answer {
            Ok(reply) => {
                self.failures = 0;
                self.on_reply(reply)
            }
            Err(error) => self.on_error(error),
        };
        self.state = match wait {
            Some(wait) => State::Waiting {
                until: now.saturating_add(wait),
            },
            None => State::Ready,
        };
    }

    /// The time of [`ChangeFollower::poll_timeout`] has come; earlier it does nothing.
    pub fn handle_timeout(&mut self, now: Duration) {
        if let State::Waiting { until } = self.state
            && until <= now
        {
            self.state = State::Ready;
        }
    }

    /// What there is to tell.
    pub fn poll_event(&mut self) -> Option<FollowEvent> {
        self.events.pop_front()
    }

    /// When to call [`ChangeFollower::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Duration> {
        match self.state {
            State::Waiting { until } => Some(until),
            State::Ready | State::Asked => None,
        }
    }

    /// Where the next question begins, to be written down for [`ChangeFollower::resume`]; `None`
    /// before the first answer. Everything before it has been told.
    pub fn position(&self) -> Option<&StartChangeId> {
        self.position.as_ref()
    }

    /// Takes in an answer; how long to wait, `None` when more is there at once.
    fn on_reply(&mut self, reply: ListChangeReply) -> Option<Duration> {
        let changes = reply.changes.into_value().unwrap_or_default().changes;
        let queue = reply.queue_info.into_value().unwrap_or_default();
        let asked = self.position.take();
        let newest = changes.iter().filter_map(|change| change.id.value()).max();
        let next = queue
            .next_start_change_id
            .into_value()
            .or_else(|| newest.map(|id| id.saturating_add(1)))
            .or_else(|| asked.as_ref().map(|asked| asked.id));
        let queue_id = queue
            .queue_id
            .into_value()
            .or_else(|| asked.as_ref().map(|asked| asked.queue_id.clone()));
        let first = queue.first_change_id.into_value();
        let reason = match &asked {
            None => Some(ResyncReason::Start),
            Some(asked) if queue_id.as_ref() != Some(&asked.queue_id) => {
                Some(ResyncReason::NewQueue)
            }
            Some(asked) if first.is_some_and(|first| first > asked.id) => {
                Some(ResyncReason::Forgotten)
            }
            Some(_) => None,
        };
        self.position = next
            .zip(queue_id)
            .map(|(id, queue_id)| StartChangeId { id, queue_id });
        if let Some(reason) = reason {
            // What is to be fetched now holds these changes already.
            self.events.push_back(FollowEvent::Resync(reason));
            return Some(self.config.interval);
        }
        let advanced = match (&asked, &self.position) {
            (Some(asked), Some(position)) => position.id > asked.id,
            _ => false,
        };
        let last = queue.last_change_id.into_value();
        let more = last
            .zip(next)
            .is_some_and(|(last, next)| advanced && next <= last);
        if !changes.is_empty() {
            self.events.push_back(FollowEvent::Changes(changes));
        }
        (!more).then_some(self.config.interval)
    }

    fn on_error(&mut self, error: AxlCallError) -> Option<Duration> {
        self.failures = self.failures.saturating_add(1);
        let wait = self.config.back_off.wait_after(self.failures, &error);
        if let AxlCallError::Operation { .. } = error {
            // It may be the position that the server does not like.
            self.position = None;
        }
        self.events.push_back(FollowEvent::Failed(error));
        Some(wait)
    }
}
