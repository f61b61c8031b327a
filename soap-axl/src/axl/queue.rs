//! Several calls at a time, within what a server bears.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use crate::axl::{AxlCallError, BackOff, Effect};

/// How many calls are sent at a time, and how often.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct QueueConfig {
    /// Calls out at a time. Default 4: the results of all calls together have to stay within
    /// CUCM's 16 MB, and one may have 8.
    pub max_in_flight: usize,
    /// Of these, calls that write. Default 1: one node takes all writes, and does them one by one.
    pub max_writes: usize,
    /// Calls waiting to be sent. Default 1000.
    pub max_waiting: usize,
    /// When a call that was refused is sent again.
    pub back_off: BackOff,
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self {
            max_in_flight: 4,
            max_writes: 1,
            max_waiting: 1000,
            back_off: BackOff::default(),
        }
    }
}

impl QueueConfig {
    /// Sets how many calls are out at a time, and how many of these may write; at least 1.
    #[must_use]
    pub fn with_in_flight(mut self, calls: usize, writes: usize) -> Self {
        self.max_in_flight = calls.max(1);
        self.max_writes = writes.max(1);
        self
    }

    /// Sets how many calls can wait.
    #[must_use]
    pub fn with_waiting(mut self, calls: usize) -> Self {
        self.max_waiting = calls;
        self
    }

    /// Sets when a call that was refused is sent again.
    #[must_use]
    pub fn with_back_off(mut self, back_off: BackOff) -> Self {
        self.back_off = back_off;
        self
    }
}

/// Names a call in a [`Queue`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CallId(u64);

/// The queue is full.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{waiting} calls are waiting already")]
pub struct QueueFull {
    /// Calls that wait.
    pub waiting: usize,
}

/// What is to be done with the outcome of a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// The call is over, well or not.
    Final,
    /// The call is sent again later; its outcome does not count.
    SentAgain,
}

/// Sends calls in the order they came, as many at a time as the server bears, and those that it
/// puts off (503) again.
///
/// `C` is what the caller sends: an operation, an HTTP request, a key to one. When a server puts
/// one call off, it does so for all that write, so that these wait too; calls that read go on.
///
/// ```text
///           push              poll_transmit                 handle_outcome
///   caller ------> waiting ------------------> in flight ------------------> over
///                    ^                             | 503
///                    +-----------------------------+  sent again, first in line
/// ```
///
/// After each call take [`Queue::poll_transmit`] until `None`, then re-arm the timer from
/// [`Queue::poll_timeout`].
#[derive(Debug)]
pub struct Queue<C> {
    config: QueueConfig,
    waiting: VecDeque<Waiting<C>>,
    /// Calls that are out, with how often each was sent.
    in_flight: BTreeMap<CallId, Waiting<C>>,
    writes_in_flight: usize,
    /// Until when calls that write are held back.
    held_until: Option<Duration>,
    next: u64,
}

#[derive(Debug)]
struct Waiting<C> {
    id: CallId,
    effect: Effect,
    call: C,
    tries: u32,
    /// A read that was refused waits on its own.
    not_before: Option<Duration>,
}

impl<C: Clone> Queue<C> {
    /// An empty queue.
    pub fn new(config: QueueConfig) -> Self {
        Self {
            config,
            waiting: VecDeque::new(),
            in_flight: BTreeMap::new(),
            writes_in_flight: 0,
            held_until: None,
            next: 0,
        }
    }

    /// Takes a call; what it does is said by its effect ([`Effect::of`]).
    ///
    /// # Errors
    ///
    /// [`QueueFull`] when as many calls wait as may.
    pub fn push(&mut self, effect: Effect, call: C) -> Result<CallId, QueueFull> {
        let waiting = self.waiting.len();
        if waiting >= self.config.max_waiting {
            return Err(QueueFull { waiting });
        }
        let id = CallId(self.next);
        self.next += 1;
        self.waiting.push_back(Waiting {
            id,
            effect,
            call,
            tries: 0,
            not_before: None,
        });
        Ok(id)
    }

    /// The next call to be sent; its outcome goes to [`Queue::handle_outcome`].
    #[must_use]
    pub fn poll_transmit(&mut self) -> Option<(CallId, C)> {
        if self.in_flight.len() >= self.config.max_in_flight {
            return None;
        }
        let may_write = self.held_until.is_none() && self.writes_in_flight < self.config.max_writes;
        // A write that has to wait does not hold up the reads behind it, but all writes.
        let at = self
            .waiting
            .iter()
            .position(|waiting| match waiting.effect {
                Effect::Read => waiting.not_before.is_none(),
                Effect::Write => may_write,
            })?;
        let mut sent = self.waiting.remove(at)?;
        sent.tries += 1;
        if sent.effect == Effect::Write {
            self.writes_in_flight += 1;
        }
        let out = (sent.id, sent.call.clone());
        self.in_flight.insert(sent.id, sent);
        Some(out)
    }

    /// What became of a call. One that is not out is over.
    #[must_use]
    pub fn handle_outcome<T>(
        &mut self,
        now: Duration,
        id: CallId,
        outcome: &Result<T, AxlCallError>,
    ) -> Verdict {
        let Some(mut sent) = self.in_flight.remove(&id) else {
            return Verdict::Final;
        };
        if sent.effect == Effect::Write {
            self.writes_in_flight -= 1;
        }
        let wait = match outcome {
            Ok(_) => None,
            Err(error) => self.config.back_off.wait(sent.tries, error),
        };
        let Some(wait) = wait else {
            return Verdict::Final;
        };
        let until = now.saturating_add(wait);
        match sent.effect {
            Effect::Write => {
                self.held_until = Some(self.held_until.map_or(until, |held| held.max(until)))
            }
            Effect::Read => sent.not_before = Some(until),
        }
        // Before those that came later.
        let place = self.waiting.partition_point(|other| other.id < sent.id);
        self.waiting.insert(place, sent);
        Verdict::SentAgain
    }

    /// The time of [`Queue::poll_timeout`] has come; earlier it does nothing.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.held_until = self.held_until.filter(|until| *until > now);
        for waiting in &mut self.waiting {
            waiting.not_before = waiting.not_before.filter(|until| *until > now);
        }
    }

    /// Gives up a call that has not been sent; `None` when it has, or is over.
    pub fn cancel(&mut self, id: CallId) -> Option<C> {
        let at = self.waiting.iter().position(|waiting| waiting.id == id)?;
        self.waiting.remove(at).map(|waiting| waiting.call)
    }

    /// When to call [`Queue::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Duration> {
        let reads = self.waiting.iter().filter_map(|waiting| waiting.not_before);
        reads.chain(self.held_until).min()
    }

    /// Calls that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Calls that are out.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }
}
