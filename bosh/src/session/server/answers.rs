//! When requests are answered, and with what (XEP-0124 §8, §13, §17).

use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::super::moment::Moment;
use super::super::replay::{AnsweredPause, Kept, LONGEST_COPIED, Stored};
use super::super::{CloseReason, Event, MAX_PAYLOADS, RequestSlot, Transmit};
use super::streams::Queued;
use super::{Held, Session, Silence, Special, State};
use crate::body::{Body, BodyKind};
use crate::condition::Condition;
use crate::rid::Rid;

impl Session {
    /// Answers what is due, to a fixed point.
    pub(super) fn advance(&mut self, now: Moment) {
        self.unflushed = None;
        loop {
            match &self.state {
                State::Ended => return,
                // More than one response holds goes before the farewell, and so does the answer to
                // a pause.
                State::Closing(_) if self.needs_responses() && !self.held.is_empty() => {}
                State::Closing(_) if self.is_pause_alone() => {}
                State::Closing(_) => {
                    let held = self.take_held();
                    let early = self.take_early();
                    if held.is_empty() && early.is_empty() {
                        break;
                    }
                    return self.say_farewell(held, early);
                }
                State::Open => {}
            }
            if !matches!(self.state, State::Closing(_)) && !self.is_answer_due(now) {
                break;
            }
            self.answer_oldest(now);
        }
        if self.held.is_empty() && self.early.is_empty() && self.silence.is_none() {
            self.begin_silence(now, None);
        }
    }

    /// Whether what is queued needs more than one response.
    pub(super) fn needs_responses(&self) -> bool {
        let is_long = self.queued_bytes > self.config.max_response && self.queue.len() > 1;
        // A wrapper that ends the session is about no stream, so it carries nothing of one.
        let is_apart = self.has_many_streams() && !self.queue.is_empty();
        is_long || is_apart || self.queue.len() > MAX_PAYLOADS
    }

    /// Whether pauses wait, and nothing else whose answer may hold payloads.
    fn is_pause_alone(&self) -> bool {
        let mut waiting = self
            .held
            .iter()
            .filter(|held| held.slot.is_some())
            .peekable();
        waiting.peek().is_some() && waiting.all(|held| held.pause().is_some())
    }

    fn is_answer_due(&self, now: Moment) -> bool {
        let Some(oldest) = self.held.first() else {
            return false;
        };
        // Answers go in order, so a later request that is due forces the earlier ones.
        if self.held.iter().any(|held| held.is_due(now)) {
            return true;
        }
        // Features come with the response to creation, even if nothing is ever held.
        if oldest.opening().is_none() && self.held.len() > self.agreed.hold as usize {
            return true;
        }
        // A payload leaves by the oldest connection that is still there.
        !self.queue.is_empty()
            && oldest.pause().is_none()
            && self.held.iter().any(|held| held.slot.is_some())
    }

    fn answer_oldest(&mut self, now: Moment) {
        if self.held.is_empty() {
            return;
        }
        let Held {
            rid,
            slot,
            special,
            repeats,
            ..
        } = self.held.remove(0);
        let Special {
            opening,
            pause,
            report,
            keys,
        } = special.map_or_else(Special::default, |special| *special);
        let mut body = opening.map_or_else(Body::default, |opening| *opening);
        let mut payloads = Vec::new();
        if slot.is_some() && pause.is_none() {
            let run = self.take_run(body.stream.as_deref());
            payloads = run.write_head(self.has_many_streams(), &mut body);
        }
        if let Some(newest) = &mut self.newest
            && rid == newest.rid
        {
            newest.answered_with_payloads = !payloads.is_empty();
        }
        body.ack = self.acknowledgement(rid).or(body.ack);
        if let Some((missed, sent)) = report {
            body.report = Some(missed);
            let age = now.since(sent).as_millis();
            body.time = Some(u64::try_from(age).unwrap_or(u64::MAX));
        }
        let is_bare = payloads.is_empty() && body == Body::default();
        let bytes = if is_bare {
            Bytes::from_static(EMPTY)
        } else {
            let content: usize = payloads.iter().map(Bytes::len).sum();
            let mut out = BytesMut::with_capacity(WRAPPER + content);
            body.encode(&payloads, &mut out);
            if out.len() > LONGEST_COPIED && out.capacity() > out.len() + WRAPPER {
                // It may be stored as it is, perhaps for long.
                Bytes::copy_from_slice(&out)
            } else {
                out.freeze()
            }
        };
        let always = usize::try_from(self.agreed.requests()).unwrap_or(usize::MAX);
        if let Some(length) = pause {
            let pause = AnsweredPause {
                rid,
                length,
                keys,
                repeats,
            };
            // So many may be open, and one more that pauses (§11).
            self.replay.push_pause(pause, always.saturating_add(1));
        } else {
            let acknowledged = self.acknowledged.filter(|_| self.agreed.client_acks);
            let most = self.config.max_stored_responses.max(always);
            let pool = &mut self.out.get_or_insert_default().pool;
            self.replay.make_room(always, acknowledged, most, pool);
            let body = if is_bare {
                Kept::Shared(bytes.clone())
            } else {
                Kept::of(&bytes, pool)
            };
            self.replay.push(Stored {
                rid,
                body,
                sent: now,
                keys,
                repeats,
            });
        }
        if let Some(slot) = slot {
            self.answer(slot, bytes);
        }
        self.begin_silence(now, pause);
    }

    /// A pause that was answered is answered once more: without payloads, as it was (§10).
    pub(super) fn answer_pause_again(&mut self, slot: RequestSlot, rid: Rid) {
        let body = Body {
            ack: self.acknowledgement(rid),
            ..Body::default()
        };
        self.answer(slot, body.to_bytes());
    }

    /// §9.1: what a response says of the requests that have come.
    fn acknowledgement(&self, rid: Rid) -> Option<Rid> {
        let speaks = self.config.acks && self.agreed.client_acks && self.last != rid;
        speaks.then_some(self.last)
    }

    pub(super) fn begin_silence(&mut self, now: Moment, pause: Option<Duration>) {
        if self.held.is_empty() && self.early.is_empty() {
            let farewell = matches!(self.state, State::Closing(_)).then_some(FAREWELL_TIME);
            let limit = pause.or(self.agreed.inactivity).or(farewell);
            self.silence = Some(Silence { since: now, limit });
        }
    }

    /// The caller's end of the session reaches the client.
    pub(super) fn say_farewell(&mut self, held: Vec<Waiting>, early: Vec<RequestSlot>) {
        let State::Closing(farewell) = std::mem::replace(&mut self.state, State::Ended) else {
            return;
        };
        let mut body = Body::terminate(farewell.condition);
        body.uri = farewell.uri;
        self.answer_all(held, early, body, farewell.payload);
        self.end(CloseReason::Local(farewell.condition));
    }

    /// Ends the session for a broken rule. The request that broke it is told which, all others
    /// that another request ended the session (§17.2).
    pub(super) fn fail(&mut self, offender: Option<RequestSlot>, condition: Condition) {
        self.fail_with(offender, condition, CloseReason::Violation(condition));
    }

    pub(super) fn fail_with(
        &mut self,
        offender: Option<RequestSlot>,
        condition: Condition,
        reason: CloseReason,
    ) {
        if matches!(self.state, State::Ended) {
            return;
        }
        let held = self.take_held().into_iter().map(|waiting| waiting.slot);
        let waiting: Vec<_> = held.chain(self.take_early()).collect();
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

    /// The oldest request gets `last` with everything queued, all others an empty wrapper (§13):
    /// but for those that are `early`, since that would say that their payloads were forwarded.
    ///
    /// A pause is never that oldest one: a client that misses the answer to it passes it over,
    /// since it holds no payloads (§10).
    pub(super) fn answer_all(
        &mut self,
        held: Vec<Waiting>,
        early: Vec<RequestSlot>,
        last: Body,
        payload: Option<Bytes>,
    ) {
        let (pauses, held): (Vec<_>, Vec<_>) = held.into_iter().partition(|held| held.is_pause);
        for pause in pauses {
            self.answer(pause.slot, Body::default().to_bytes());
        }
        let (mut held, mut early) = (held.into_iter(), early.into_iter());
        let condition = last.condition;
        let many = self.has_many_streams();
        while many && held.len() > 1 && !self.queue.is_empty() {
            let mut body = Body::default();
            let payloads = self.take_run(None).write_head(many, &mut body);
            if let Some(waiting) = held.next() {
                let mut out = BytesMut::new();
                body.encode(&payloads, &mut out);
                self.answer(waiting.slot, out.freeze());
            }
        }
        let oldest = held.next().map(|waiting| waiting.slot);
        let Some(oldest) = oldest.or_else(|| early.next()) else {
            return;
        };
        let legacy = last.condition.and_then(Condition::legacy_status);
        match legacy.filter(|_| self.agreed.legacy && self.queue.is_empty() && payload.is_none()) {
            Some(status) => self.transmit(oldest, status, Bytes::new()),
            None => {
                let mut out = BytesMut::new();
                let queued = if many {
                    Vec::new()
                } else {
                    let queue = std::mem::take(&mut self.queue);
                    queue.into_iter().filter_map(Queued::into_payload).collect()
                };
                last.encode(queued.iter().chain(&payload), &mut out);
                self.answer(oldest, out.freeze());
            }
        }
        for waiting in held {
            self.answer(waiting.slot, Body::default().to_bytes());
        }
        for slot in early {
            self.answer_terminate(slot, condition);
        }
    }

    /// Every accepted request that waits, oldest first.
    pub(super) fn take_held(&mut self) -> Vec<Waiting> {
        let held = std::mem::take(&mut self.held).into_iter();
        held.filter_map(|held| {
            let is_pause = held.pause().is_some();
            held.slot.map(|slot| Waiting { slot, is_pause })
        })
        .collect()
    }

    /// Every request that waits for an earlier one, oldest first.
    pub(super) fn take_early(&mut self) -> Vec<RequestSlot> {
        let early = std::mem::take(&mut self.early);
        early.into_iter().filter_map(|early| early.slot).collect()
    }

    pub(super) fn end(&mut self, reason: CloseReason) {
        let unsaid = match std::mem::replace(&mut self.state, State::Ended) {
            State::Closing(farewell) => farewell.payload,
            State::Open | State::Ended => None,
        };
        self.silence = None;
        self.authentication = None;
        self.replay.clear();
        self.queued_bytes = 0;
        let undelivered = std::mem::take(&mut self.queue)
            .into_iter()
            .filter_map(Queued::into_payload)
            .chain(unsaid)
            .collect();
        self.tell(Event::Terminated {
            reason,
            undelivered,
        });
    }

    /// §17.3: the copy that came later gets the real answer.
    pub(super) fn answer_recoverable(&mut self, slot: Option<RequestSlot>) {
        if let Some(slot) = slot {
            let body = Body {
                kind: BodyKind::Error,
                ..Body::default()
            };
            self.answer(slot, body.to_bytes());
        }
    }

    pub(super) fn answer_terminate(&mut self, slot: RequestSlot, condition: Option<Condition>) {
        match condition
            .and_then(Condition::legacy_status)
            .filter(|_| self.agreed.legacy)
        {
            Some(status) => self.transmit(slot, status, Bytes::new()),
            None => self.answer(slot, Body::terminate(condition).to_bytes()),
        }
    }

    pub(super) fn answer(&mut self, slot: RequestSlot, body: Bytes) {
        self.transmit(slot, 200, body);
    }

    fn transmit(&mut self, slot: RequestSlot, status: u16, body: Bytes) {
        let content_type = self.agreed.content_type();
        self.output().transmits.push_back(Transmit {
            slot,
            status,
            content_type,
            body,
        });
    }
}

/// An accepted request that waits for its answer, on a connection that is still there.
pub(super) struct Waiting {
    slot: RequestSlot,
    is_pause: bool,
}

impl Waiting {
    /// A request that does not pause.
    pub(super) const fn new(slot: RequestSlot) -> Self {
        Self {
            slot,
            is_pause: false,
        }
    }
}

/// Bytes of a wrapper with few attributes.
const WRAPPER: usize = 128;

/// An answer that says nothing, which most of them do.
const EMPTY: &[u8] = br#"<body xmlns="http://jabber.org/protocol/httpbind"/>"#;

/// How long a farewell waits for a client that may be silent for ever.
pub(super) const FAREWELL_TIME: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_answer_is_an_empty_wrapper() {
        assert_eq!(Body::default().to_bytes(), EMPTY);
    }
}
