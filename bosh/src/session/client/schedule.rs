//! When requests go out, for the first time or again (XEP-0124 §9 to §12, §14).

use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::super::{ClientTransmit, MAX_PAYLOADS, RequestId};
use super::{Client, Flight, Outstanding, Queued, State};
use crate::body::Body;
use crate::rid::Rid;

impl Client {
    /// Sends what may be sent: queued payloads while requests are free, and an empty request
    /// when none is with the server (§10).
    pub(super) fn schedule(&mut self, now: Duration) {
        while self.state == State::Open && self.paused.is_none() {
            if !self.is_request_free() {
                return;
            }
            match self.queue.front() {
                Some(Queued::Restart) => {
                    self.queue.pop_front();
                    let body = Body {
                        to: Some(self.config.to.clone()),
                        lang: self.config.lang.clone(),
                        restart: true,
                        ..Body::default()
                    };
                    self.transmit_new(now, body, &[]);
                }
                Some(Queued::Payload(_)) => {
                    let payloads = self.take_payloads();
                    self.transmit_new(now, Body::default(), &payloads);
                }
                None if self.poll_at().is_some_and(|at| at > now) => return,
                None if self.outstanding.is_empty() => {
                    self.transmit_new(now, Body::default(), &[]);
                }
                None => return,
            }
        }
    }

    fn is_request_free(&self) -> bool {
        let most = self.agreed.requests;
        most.is_none_or(|most| self.outstanding.len() < most)
    }

    /// Sends the last request at once, unless what is queued needs more than one.
    pub(super) fn leave(&mut self, now: Duration) {
        while !self.has_left {
            let fits = self.queued_bytes <= self.config.max_request || self.queue.len() == 1;
            if fits && self.queue.len() <= MAX_PAYLOADS {
                self.has_left = true;
                let payloads = self.take_payloads();
                self.transmit_new(now, Body::terminate(None), &payloads);
            } else if self.is_request_free() {
                let payloads = self.take_payloads();
                self.transmit_new(now, Body::default(), &payloads);
            } else {
                return;
            }
        }
    }

    /// When a polling client asks again.
    pub(super) fn poll_at(&self) -> Option<Duration> {
        let asks = self.state == State::Open && self.paused.is_none();
        if !asks || !self.agreed.is_polling || !self.outstanding.is_empty() {
            return None;
        }
        let shortest = self.agreed.polling.unwrap_or_default();
        let longest = self
            .agreed
            .inactivity
            .map_or(Duration::MAX, |inactivity| inactivity / 2);
        Some(self.asked + self.config.poll_interval.min(longest).max(shortest))
    }

    fn take_payloads(&mut self) -> Vec<Bytes> {
        let mut payloads = Vec::new();
        let mut bytes = 0;
        while let Some(Queued::Payload(payload)) = self.queue.front() {
            bytes += payload.len();
            let is_long = bytes > self.config.max_request && !payloads.is_empty();
            if is_long || payloads.len() >= MAX_PAYLOADS {
                break;
            }
            self.queued_bytes -= payload.len();
            payloads.push(payload.clone());
            self.queue.pop_front();
        }
        payloads
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
            self.heard = now;
        }
        let request = Outstanding {
            body: out.freeze(),
            attempt: 0,
            flight: Flight::Lost { again: now },
            unreadable: 0,
        };
        self.outstanding.insert(rid, request);
        self.asked = now;
        self.repeat(now, rid);
    }

    /// §17.3: this request and all earlier ones without a response.
    pub(super) fn repeat_up_to(&mut self, now: Duration, rid: Rid) {
        let rids: Vec<Rid> = self
            .outstanding
            .range(..=rid)
            .map(|(&rid, _)| rid)
            .collect();
        for rid in rids {
            let answered = self
                .outstanding
                .get(&rid)
                .is_some_and(|request| matches!(request.flight, Flight::Answered));
            if !answered {
                self.repeat(now, rid);
            }
        }
    }

    /// §9.2: the server has answered a request whose answer did not come.
    pub(super) fn repeat_missing(&mut self, now: Duration, rid: Rid) {
        let missing = self.outstanding.get(&rid);
        if missing.is_some_and(|request| matches!(request.flight, Flight::Sent { .. })) {
            self.repeat(now, rid);
        }
    }

    /// Sends the bytes of a request, once more if it was sent before.
    pub(super) fn repeat(&mut self, now: Duration, rid: Rid) {
        let patience = self.patience();
        if let Some(request) = self.outstanding.get_mut(&rid) {
            request.attempt += 1;
            request.flight = Flight::Sent {
                until: now + patience,
            };
            let id = RequestId {
                rid,
                attempt: request.attempt,
            };
            self.transmits.push_back(ClientTransmit {
                id,
                body: request.body.clone(),
            });
        }
    }

    fn patience(&self) -> Duration {
        let wait = if self.sid.is_some() {
            self.agreed.wait
        } else {
            self.config.wait
        };
        wait + self.config.response_margin
    }

    /// When the server must have forgotten the session: it may have held a request for `wait`
    /// and then waited for `inactivity`.
    pub(super) fn give_up_at(&self) -> Option<Duration> {
        if self.outstanding.is_empty() {
            return None;
        }
        let alive = self.agreed.inactivity.unwrap_or(self.config.give_up);
        Some(self.heard + self.patience() + alive)
    }
}
