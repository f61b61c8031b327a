//! What a request leads to: order, repeats, pace, keys (XEP-0124 §9 to §15).

use std::time::Duration;

use super::super::config::PauseAboveMaximum;
use super::super::replay::Keys;
use super::super::{CloseReason, Event, RequestSlot, Restart};
use super::{Early, Held, Newest, Session, State};
use crate::body::{Body, BodyKind};
use crate::condition::Condition;
use crate::rid::Rid;

impl Session {
    /// A request id that was seen before (§14.3).
    pub(super) fn on_repeat(&mut self, now: Duration, slot: RequestSlot, rid: Rid, request: &Body) {
        let most = self.config.max_repeats;
        let keys = Keys::of(request);
        if let Some(held) = self.held.iter_mut().find(|held| held.rid == rid) {
            if held.keys != keys {
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
        let body = stored.body.clone();
        self.answer(slot, body);
        self.begin_silence(now, None);
    }

    /// A request id above all accepted ones, inside the window.
    pub(super) fn on_new(&mut self, now: Duration, slot: RequestSlot, rid: Rid, request: Body) {
        if let Some(early) = self.early.get_mut(&rid) {
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
                empty: is_empty(&request),
                answered_with_payloads: false,
            });
        }
        self.silence = None;
        let early = Early {
            slot: Some(slot),
            arrived: now,
            body: request,
            repeats: 0,
        };
        self.early.insert(rid, early);
        while let Some(next) = self.last.next() {
            let Some(request) = self.early.remove(&next) else {
                break;
            };
            self.last = next;
            self.accept(now, next, request);
            if matches!(self.state, State::Ended) {
                break;
            }
        }
    }

    /// §11 and §12.
    fn is_overactive(&self, now: Duration, rid: Rid, request: &Body) -> bool {
        if request.pause.is_some() || request.kind == BodyKind::Terminate {
            return false;
        }
        // What pauses may have overtaken this one (§11).
        let held = self.held.iter().filter(|held| held.pause.is_none());
        let early = self.early.values().map(|early| &early.body);
        let early = early.filter(|body| body.pause.is_none() && body.kind != BodyKind::Terminate);
        let unanswered = (held.count() + early.count() + 1) as u64;
        if unanswered > self.agreed.requests {
            return true;
        }
        let (Some(polling), Some(newest)) = (self.config.polling, self.newest) else {
            return false;
        };
        // What came out of order says nothing about the pace at which it was sent.
        let in_order = self.last.next() == Some(rid) && newest.rid <= self.last;
        let in_time = now.saturating_sub(newest.arrived) >= polling;
        if !is_empty(request) || !in_order || in_time {
            return false;
        }
        if self.agreed.polling {
            newest.empty && !newest.answered_with_payloads
        } else {
            unanswered == self.agreed.requests
        }
    }

    /// The next request in order: its payloads are forwarded, and it waits for its answer.
    fn accept(&mut self, now: Duration, rid: Rid, request: Early) {
        let Early {
            slot,
            arrived,
            body,
            repeats,
        } = request;
        let keys = Keys::of(&body);
        if !self.keys.accept(keys.key(), keys.new_key()) {
            self.fail(slot, Condition::ItemNotFound);
            return;
        }
        let pause = match (body.pause, self.config.max_pause) {
            (Some(seconds), Some(most)) => {
                let pause = Duration::from_secs(u64::from(seconds));
                if pause > most && self.config.pause_above_maximum == PauseAboveMaximum::Terminate {
                    self.fail(slot, Condition::PolicyViolation);
                    return;
                }
                Some(pause.min(most))
            }
            _ => None,
        };
        let report = self.on_acknowledgement(now, rid, &body);
        self.held.push_back(Held {
            rid,
            slot,
            due: arrived + self.agreed.wait,
            pause,
            report,
            keys,
            repeats,
        });
        if body.restart {
            // Its payloads are ignored (XEP-0206 §5).
            self.events.push_back(Event::Restart(Restart {
                to: body.to,
                from: body.from,
                lang: body.lang,
                xmpp_version: body.xmpp_version,
            }));
            return;
        }
        self.events
            .extend(body.payloads.into_iter().map(Event::Payload));
        if body.kind == BodyKind::Terminate {
            let (held, early) = (self.take_held(), self.take_early());
            self.answer_all(held, early, Body::terminate(None), None);
            self.end(CloseReason::Peer(body.condition));
        }
    }

    /// §9.2. Returns the first response that the client seems to miss.
    fn on_acknowledgement(
        &mut self,
        now: Duration,
        rid: Rid,
        body: &Body,
    ) -> Option<(Rid, Duration)> {
        if !self.agreed.client_acks {
            return None;
        }
        // Left out, it says that every earlier response has come.
        let acknowledged = body.ack.or_else(|| rid.previous())?;
        self.acknowledged = self.acknowledged.max(Some(acknowledged));
        let missed = self.replay.find(acknowledged.next()?)?;
        let age = now.saturating_sub(missed.sent);
        (age >= self.config.report_after).then_some((missed.rid, missed.sent))
    }
}

/// Asks only to be answered: nothing that a client must be free to send at once.
fn is_empty(request: &Body) -> bool {
    request.payloads.is_empty() && !request.restart && request.pause.is_none()
}
