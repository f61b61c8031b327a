//! What a request leads to: order, repeats, pace, keys (XEP-0124 §9 to §15).

use std::time::Duration;

use super::super::RequestSlot;
use super::super::config::PauseAboveMaximum;
use super::super::moment::Moment;
use super::super::replay::Keys;
use super::streams::Addressed;
use super::{Early, Held, Newest, Session, Special, State};
use crate::body::{Body, BodyKind};
use crate::condition::Condition;
use crate::rid::Rid;

impl Session {
    /// A request id that was seen before (§14.3).
    pub(super) fn on_repeat(&mut self, now: Moment, slot: RequestSlot, rid: Rid, request: &Body) {
        let most = self.config.max_repeats;
        let keys = Keys::of(request);
        if let Some(held) = self.held.iter_mut().find(|held| held.rid == rid) {
            if *held.keys() != keys {
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
        if let Some(pause) = self
            .replay
            .find_pause(rid)
            .filter(|pause| pause.keys == keys)
        {
            pause.repeats += 1;
            if pause.repeats > most {
                self.fail(Some(slot), Condition::PolicyViolation);
                return;
            }
            let length = pause.length;
            self.answer_pause_again(slot, rid);
            // What came behind it has ended it.
            self.prolong_silence(now, (rid == self.last).then_some(length));
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
        let body = stored.body.to_bytes();
        self.answer(slot, body);
        // It came before a pause and does not end it.
        self.prolong_silence(now, None);
    }

    /// A response was sent once more: the client may be silent from now on, and no shorter than
    /// before.
    fn prolong_silence(&mut self, now: Moment, pause: Option<Duration>) {
        let before = self.silence;
        self.begin_silence(now, pause);
        self.silence = match (before, self.silence) {
            (Some(before), Some(after)) => Some(before.longer(after)),
            (_, after) => after,
        };
    }

    /// A request id above all accepted ones, inside the window.
    pub(super) fn on_new(
        &mut self,
        now: Moment,
        slot: RequestSlot,
        rid: Rid,
        request: Body,
        names: &mut dyn FnMut() -> String,
    ) {
        if let Some(early) = self.early.iter_mut().find(|early| early.rid == rid) {
            early.repeats += 1;
            let excessive = early.repeats > self.config.max_repeats;
            let old = early.slot.replace(slot);
            self.answer_recoverable(old);
            if excessive {
                self.fail(None, Condition::PolicyViolation);
            }
            return;
        }
        if self.is_overactive(now, rid, &request) {
            self.fail(Some(slot), Condition::PolicyViolation);
            return;
        }
        if self.newest.is_none_or(|newest| newest.rid < rid) {
            self.newest = Some(Newest {
                rid,
                arrived: now,
                empty: self.is_empty(&request),
                answered_with_payloads: false,
            });
        }
        self.silence = None;
        let request = Early {
            rid,
            slot: Some(slot),
            arrived: now,
            body: request,
            repeats: 0,
        };
        if self.last.next() == Some(rid) {
            self.last = rid;
            self.accept(now, request, names);
            return self.accept_early(now, names);
        }
        let place = self.early.partition_point(|early| early.rid < rid);
        self.early.insert(place, request);
    }

    /// What a gap held back and its filling lets through.
    fn accept_early(&mut self, now: Moment, names: &mut dyn FnMut() -> String) {
        while !matches!(self.state, State::Ended)
            && let Some(next) = self.last.next()
        {
            if self.early.first().is_none_or(|early| early.rid != next) {
                break;
            }
            let request = self.early.remove(0);
            self.last = next;
            self.accept(now, request, names);
        }
    }

    /// §11 and §12.
    fn is_overactive(&self, now: Moment, rid: Rid, request: &Body) -> bool {
        if request.pause.is_some() || request.kind == BodyKind::Terminate {
            // One of each beyond those that are agreed: more come from nobody who keeps to the rules, as
            // when an answer that is due waits for a stream that is being opened.
            return (self.held.len() + self.early.len()) as u64 >= self.agreed.requests() + 2;
        }
        // What pauses may have overtaken this one (§11).
        let held = self.held.iter().filter(|held| held.pause().is_none());
        let early = self.early.iter().map(|early| &early.body);
        let early = early.filter(|body| body.pause.is_none() && body.kind != BodyKind::Terminate);
        let unanswered = (held.count() + early.count() + 1) as u64;
        if unanswered > self.agreed.requests() {
            return true;
        }
        let (Some(polling), Some(newest)) = (self.config.polling, self.newest) else {
            return false;
        };
        // What came out of order says nothing about the pace at which it was sent.
        let in_order = self.last.next() == Some(rid) && newest.rid <= self.last;
        let in_time = now.since(newest.arrived) >= polling;
        if !self.is_empty(request) || !in_order || in_time {
            return false;
        }
        if self.agreed.polling {
            newest.empty && !newest.answered_with_payloads
        } else {
            unanswered == self.agreed.requests()
        }
    }

    /// The next request in order: its payloads are forwarded, and it waits for its answer.
    fn accept(&mut self, now: Moment, request: Early, names: &mut dyn FnMut() -> String) {
        let Early {
            rid,
            slot,
            arrived,
            mut body,
            repeats,
        } = request;
        let keys = Keys::of(&body);
        if !self.keys.accept(keys.key(), keys.new_key()) {
            self.fail(slot, Condition::ItemNotFound);
            return;
        }
        let pause = match (body.pause, self.config.max_pause) {
            // Nothing is paused by what ends the session.
            (Some(seconds), Some(most)) if body.kind != BodyKind::Terminate => {
                let pause = Duration::from_secs(u64::from(seconds));
                if pause > most && self.config.pause_above_maximum == PauseAboveMaximum::Terminate {
                    self.fail(slot, Condition::PolicyViolation);
                    return;
                }
                Some(pause.min(most))
            }
            _ => None,
        };
        let addressed = self.addressed(&body);
        if let Addressed::Unknown = addressed {
            self.fail(slot, Condition::ItemNotFound);
            return;
        }
        let report = self.on_acknowledgement(now, rid, &body);
        let wait = arrived + self.agreed.wait;
        let mut held = Held {
            rid,
            slot,
            due: wait,
            special: None,
            repeats,
        };
        let mut special = Special {
            opening: None,
            pause,
            report,
            keys,
        };
        if self.opens_stream(&body) {
            if self.streams().count() >= self.config.max_streams {
                self.fail(slot, Condition::PolicyViolation);
                return;
            }
            let Some(opening) = self.open_stream(names(), body) else {
                self.fail(slot, Condition::InternalServerError);
                return;
            };
            special.opening = Some(opening);
            held.special = special.boxed();
            held.due = wait.min(now + self.config.creation_grace);
            self.held.push(held);
            return;
        }
        held.special = special.boxed();
        self.held.push(held);
        let restart = body.restart;
        self.forward(&addressed, &mut body);
        if body.kind == BodyKind::Terminate && !restart {
            self.on_terminate(addressed, &body);
        }
    }

    /// Asks only to be answered: nothing that a client must be free to send at once.
    fn is_empty(&self, request: &Body) -> bool {
        let bare = request.payloads.is_empty() && !request.restart && request.pause.is_none();
        bare && !self.opens_stream(request)
    }

    /// §9.2. Returns the first response that the client seems to miss.
    fn on_acknowledgement(&mut self, now: Moment, rid: Rid, body: &Body) -> Option<(Rid, Moment)> {
        if !self.agreed.client_acks {
            return None;
        }
        // Left out, it says that every earlier response has come.
        let acknowledged = body.ack.or_else(|| rid.previous())?;
        self.acknowledged = self.acknowledged.max(Some(acknowledged));
        let missed = self.replay.find(acknowledged.next()?)?;
        let age = now.since(missed.sent);
        (age >= self.config.report_after).then_some((missed.rid, missed.sent))
    }
}
