//! When requests go out, for the first time or again (XEP-0124 §9 to §12, §14).

use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::super::moment::Moment;
use super::super::{ClientTransmit, MAX_PAYLOADS, RequestId};
use super::{Client, Flight, Outstanding, Pauses, State};
use crate::body::Body;
use crate::rid::Rid;

impl Client {
    /// Sends what may be sent: queued payloads while requests are free, and an empty request
    /// when none is with the server (§10).
    pub(super) fn schedule(&mut self, now: Duration) {
        loop {
            let speaks = match self.state {
                State::Open => self.paused.is_none(),
                // Of one stream, `leave` sends what is left.
                State::Closing => self.has_many_streams() && !self.queue.is_empty(),
                State::Idle | State::Creating | State::Ending | State::Closed => false,
            };
            if !speaks || !self.has_free_request() {
                return;
            }
            let has_word = !self.doubts_pause();
            if let Some((body, payloads)) = has_word.then(|| self.next_request()).flatten() {
                self.transmit_new(now, body, &payloads);
            } else if !self.queue.is_empty() {
                // It waits until the pause is certain.
                self.transmit_new(now, self.question(), &[]);
            } else if self.is_asking() || self.poll_at().is_some_and(|at| at > now) {
                return;
            } else if !self.events.is_empty() {
                // What the caller says to them takes the place of an empty request.
                self.deferred = Some(now);
                return;
            } else {
                self.transmit_new(now, self.question(), &[]);
            }
        }
    }

    /// Where one request alone is granted, whether a pause arrived whose connection broke: if it did
    /// not, the next request id is outside of the window, and if it did, the server does not know it
    /// again.
    fn doubts_pause(&self) -> bool {
        let mut requests = self.outstanding.values();
        let is_lost = |request: &Outstanding| {
            request.is_pause && request.attempt > 0 && matches!(request.flight, Flight::Lost { .. })
        };
        let is_answered = self.config.pauses == Pauses::Answered;
        is_answered && self.agreed.requests == 1 && requests.any(is_lost)
    }

    /// A request that says nothing. In doubt of a pause it is one more pause, which is inside of the
    /// window either way (§11): it is answered at once if the server had the first, and is in its
    /// place when that is sent again.
    fn question(&self) -> Body {
        let usual = self.agreed.inactivity.unwrap_or(Duration::MAX);
        let longest = self.agreed.max_pause.filter(|_| self.doubts_pause());
        // As long as the inactivity it changes nothing (§10).
        let pause = longest.map(|longest| usual.min(longest).as_secs());
        Body {
            pause: pause.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX)),
            ..Body::default()
        }
    }

    /// Sends the last request of a session of one stream at once, unless what is queued needs more
    /// than one.
    pub(super) fn leave(&mut self, now: Duration) {
        while !self.has_left {
            let fits = self.queued_bytes <= self.config.max_request || self.queue.len() == 1;
            if fits && self.queue.len() <= MAX_PAYLOADS {
                self.has_left = true;
                let (_, payloads) = self.take_payloads().unwrap_or_default();
                self.transmit_new(now, Body::terminate(self.farewell), &payloads);
            } else if !self.has_free_request() {
                return;
            } else if self.doubts_pause() {
                self.transmit_new(now, self.question(), &[]);
            } else {
                let (_, payloads) = self.take_payloads().unwrap_or_default();
                self.transmit_new(now, Body::default(), &payloads);
            }
        }
    }

    /// Whether the server can answer something. A pause leads to nothing.
    fn is_asking(&self) -> bool {
        self.outstanding.values().any(|request| !request.is_pause)
    }

    /// Sends an empty request, unless the server can answer something already.
    pub(super) fn ask(&mut self, now: Duration) {
        if self.state == State::Open && self.paused.is_none() && self.may_ask() {
            self.transmit_new(now, self.question(), &[]);
        }
    }

    /// Whether an empty request makes sense.
    fn may_ask(&self) -> bool {
        !self.is_asking() && self.has_free_request()
    }

    /// §11. A pause that was not answered counts, lest the next ids lie outside of the window if
    /// it was lost. With one request alone, nobody would ever learn whether it was: then it counts
    /// until its connection breaks.
    fn has_free_request(&self) -> bool {
        let is_lost = |request: &Outstanding| matches!(request.flight, Flight::Lost { .. });
        let requests = || self.outstanding.values();
        if self.config.in_order && requests().any(|request| is_lost(request) && !request.is_pause) {
            return false;
        }
        let counts = |request: &&Outstanding| !matches!(request.flight, Flight::Given { .. });
        match self.agreed.requests {
            1 => requests()
                .filter(counts)
                .enumerate()
                .all(|(place, request)| {
                    place == 0 && request.is_pause && request.attempt > 0 && is_lost(request)
                }),
            most => requests().filter(counts).count() < most,
        }
    }

    /// A pause that the server will not answer.
    pub(super) fn is_unanswered_pause(&self, rid: Rid) -> bool {
        let request = self.outstanding.get(&rid);
        self.config.pauses == Pauses::Unanswered && request.is_some_and(|request| request.is_pause)
    }

    /// The server has the pause, as far as can be known. Until then it counts, lest the next ids
    /// overtake it and lie outside of the window.
    pub(super) fn give(&mut self, rid: Rid) {
        if let Some(request) = self.outstanding.get_mut(&rid)
            && let Flight::Sent { since, .. } = request.flight
        {
            request.flight = Flight::Given { since };
        }
    }

    /// When a polling client asks again.
    pub(super) fn poll_at(&self) -> Option<Duration> {
        let asks = self.state == State::Open && self.paused.is_none();
        if !asks || !self.agreed.is_polling || !self.may_ask() {
            return None;
        }
        let shortest = self.agreed.polling.unwrap_or_default();
        let longest = self
            .agreed
            .inactivity
            .map_or(Duration::MAX, |inactivity| inactivity / 2);
        let interval = self.config.poll_interval.min(longest).max(shortest);
        // Counted from the response, lest a slow request and a quick one come too close (§12).
        Some((self.asked + interval).to_duration())
    }

    pub(super) fn transmit_new(&mut self, now: Duration, mut body: Body, payloads: &[Bytes]) {
        let rid = self.next;
        self.next = rid.next().unwrap_or(Rid::MAX);
        body.rid = Some(rid);
        body.sid.clone_from(&self.sid);
        if self.sid.is_some() && self.config.acks && self.expected != rid {
            // Left out when every response has come (§9.2).
            body.ack = self.expected.previous();
        }
        if let Some(keys) = &mut self.keys {
            (body.key, body.newkey) = keys.next(self.sid.is_none());
        }
        let mut out = BytesMut::with_capacity(256);
        body.encode(payloads, &mut out);
        if self.outstanding.is_empty() {
            // Whoever polls or pauses is silent by its own choice.
            self.heard = Moment::of(now);
        }
        let request = Outstanding {
            body: out.freeze(),
            unsent: payloads.to_vec(),
            attempt: 0,
            flight: Flight::Lost { again: now },
            unreadable: 0,
            errors: 0,
            is_pause: body.pause.is_some(),
        };
        self.outstanding.insert(rid, request);
        self.asked = Moment::of(now);
        self.deferred = None;
        self.repeat(now, rid);
    }

    /// A request and all earlier ones without a response.
    pub(super) fn unanswered_up_to(&self, rid: Rid) -> Vec<Rid> {
        let requests = self.outstanding.range(..=rid);
        requests
            .filter(|(_, request)| !matches!(request.flight, Flight::Answered))
            .map(|(&rid, _)| rid)
            .collect()
    }

    /// §9.2: the server has answered a request whose answer did not come.
    pub(super) fn repeat_missing(&mut self, now: Duration, rid: Rid) {
        let missing = self.outstanding.get(&rid);
        if missing.is_some_and(|request| {
            !request.is_pause && matches!(request.flight, Flight::Sent { .. })
        }) {
            self.repeat(now, rid);
        }
    }

    /// §9.1: what the server has not received by now, it will not.
    ///
    /// That is a guess, since a stored response says what the server had when it was first given: a
    /// pause that has come since, and whose answer is not kept, must not come again.
    pub(super) fn repeat_unacknowledged(&mut self, now: Duration, ack: Rid) {
        let lost_after = self.config.lost_after;
        let is_late = |request: &Outstanding| matches!(request.flight, Flight::Sent { since, .. } | Flight::Given { since } if since.saturating_add(lost_after) <= now);
        let is_lost = |request: &Outstanding| !request.is_pause && is_late(request);
        for rid in self.rids_where(is_lost) {
            if rid > ack {
                self.repeat(now, rid);
            }
        }
    }

    /// The connection of a request broke; when it is sent again.
    pub(super) fn lose(&mut self, now: Duration, rid: Rid) {
        let pause_again = self.pause_again(self.paused.map_or(now, |pause| pause.resume.max(now)));
        let Some(request) = self.outstanding.get_mut(&rid) else {
            return;
        };
        if !matches!(request.flight, Flight::Sent { .. } | Flight::Given { .. }) {
            return;
        }
        let again = if request.is_pause {
            pause_again
        } else {
            let chance = self.chance.draw();
            now.saturating_add(self.config.retry.wait(request.attempt, chance))
        };
        request.flight = Flight::Lost { again };
    }

    /// A pause is over.
    pub(super) fn wake(&mut self, now: Duration) {
        self.heard = Moment::of(now);
        let pause_again = self.pause_again(now);
        for request in self.outstanding.values_mut() {
            let is_lost = matches!(request.flight, Flight::Lost { .. });
            if request.is_pause && request.attempt > 0 && is_lost {
                request.flight = Flight::Lost { again: pause_again };
            }
        }
    }

    /// If the server had the pause, it would have answered what came after it by then.
    fn pause_again(&self, resumed: Duration) -> Duration {
        resumed
            .saturating_add(self.agreed.wait)
            .saturating_add(self.config.response_margin / 2)
    }

    /// Sends the bytes of a request, once more if it was sent before, or says when to.
    pub(super) fn repeat(&mut self, now: Duration, rid: Rid) {
        if self.state == State::Ending {
            return;
        }
        let turn = self.turn_of(now, rid);
        let patience = self.patience();
        let unanswered = self.is_unanswered_pause(rid);
        let lost_after = self.config.lost_after;
        if let Some(request) = self.outstanding.get_mut(&rid) {
            if turn > now {
                request.flight = Flight::Lost { again: turn };
                return;
            }
            let until = now.saturating_add(if unanswered { lost_after } else { patience });
            request.attempt = request.attempt.saturating_add(1);
            request.unsent = Vec::new();
            request.flight = Flight::Sent { since: now, until };
            let id = RequestId {
                rid,
                attempt: request.attempt,
            };
            let is_new = request.attempt == 1;
            let is_pause = request.is_pause;
            // A copy that nobody took yet need not go twice.
            self.transmits.retain(|transmit| transmit.id.rid != rid);
            self.transmits.push_back(ClientTransmit {
                id,
                body: request.body.clone(),
            });
            if is_new {
                self.wait_for_word_of_pauses(now, rid, is_pause);
            }
        }
    }

    /// The time has come at which a request goes out again: but a pause only when something was asked
    /// since that would tell whether it was lost. If the server had it, it need not know it again.
    pub(super) fn repeat_due(&mut self, now: Duration, rid: Rid) {
        if !self.needs_word_of_pause(rid) {
            self.repeat(now, rid);
        } else if self.state == State::Open && self.may_ask() {
            self.ask(now);
        } else if self.is_asking() {
            // What came before it is answered first, and then there is room to ask; or what comes
            // after it waits for its turn.
            let again = self.pause_again(now);
            if let Some(pause) = self.outstanding.get_mut(&rid) {
                pause.flight = Flight::Lost { again };
            }
        } else {
            self.repeat(now, rid);
        }
    }

    /// Whether this is a pause that may be lost, and nothing behind it was sent.
    fn needs_word_of_pause(&self, rid: Rid) -> bool {
        let was_sent = |request: &Outstanding| request.attempt > 0;
        let is_pause = self
            .outstanding
            .get(&rid)
            .is_some_and(|request| request.is_pause && was_sent(request));
        let mut later = self.outstanding.range(rid..).skip(1);
        is_pause && self.paused.is_none() && !later.any(|(_, request)| was_sent(request))
    }

    /// The first request behind a pause that may be lost tells whether it was: it has time to be
    /// answered, whenever it went out. If it pauses itself, that is at once.
    fn wait_for_word_of_pauses(&mut self, now: Duration, first: Rid, is_pause: bool) {
        let at_once = now.saturating_add(self.config.response_margin);
        let due = self.pause_again(now);
        let mut earlier = self.outstanding.range_mut(..first).rev();
        let pauses = earlier.by_ref().take_while(|(_, request)| request.is_pause);
        for (_, pause) in pauses.filter(|(_, request)| request.attempt > 0) {
            if let Flight::Lost { again } = &mut pause.flight {
                *again = if is_pause { at_once } else { due.max(*again) };
            }
        }
    }

    /// When a request may go out: not before those that it must not overtake.
    fn turn_of(&self, now: Duration, rid: Rid) -> Duration {
        let (in_order, pace) = (self.config.in_order, self.config.pace);
        // A lost pause is sent again when nothing else is answered.
        let holds_back =
            |request: &Outstanding| request.attempt == 0 || in_order && !request.is_pause;
        let after = self.outstanding.iter().filter_map(|(&other, request)| {
            match request.flight {
                Flight::Sent { since, .. } | Flight::Given { since } if !pace.is_zero() => {
                    Some(since.saturating_add(pace))
                }
                // One that is due goes first.
                Flight::Lost { again } if other < rid && holds_back(request) => {
                    Some(again.max(now.saturating_add(Duration::from_nanos(1))))
                }
                Flight::Sent { .. }
                | Flight::Given { .. }
                | Flight::Lost { .. }
                | Flight::Answered => None,
            }
        });
        after.fold(now, Duration::max)
    }

    pub(super) fn patience(&self) -> Duration {
        let wait = if self.sid.is_some() {
            self.agreed.wait
        } else {
            self.config.wait
        };
        wait.saturating_add(self.config.response_margin)
    }

    /// When the server must have forgotten the session: it may have held a request for `wait`
    /// and then waited for `inactivity`.
    pub(super) fn give_up_at(&self) -> Option<Duration> {
        if self.outstanding.is_empty() || self.paused.is_some() {
            return None;
        }
        let alive = self.agreed.inactivity.unwrap_or(self.config.give_up);
        Some((self.heard + self.patience() + alive).to_duration())
    }
}
