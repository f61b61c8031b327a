//! What a response leads to (XEP-0124 §7.2, §13, §14.2, §17).

use std::time::Duration;

use bytes::Bytes;

use super::super::moment::Moment;
use super::super::{ClientEvent, CloseReason, Opened, RequestId};
use super::streams::Streams;
use super::{Agreed, Client, Flight, HttpErrors, State};
use crate::body::{Body, BodyKind};
use crate::condition::Condition;
use crate::rid::Rid;

impl Client {
    /// Takes the response to a request.
    pub fn handle_response(&mut self, now: Duration, id: RequestId, status: u16, body: &Bytes) {
        if matches!(self.state, State::Idle | State::Closed) {
            return;
        }
        let Some(request) = self.outstanding.get_mut(&id.rid) else {
            // A copy that was answered already.
            return;
        };
        if matches!(request.flight, Flight::Answered) {
            return;
        }
        let is_newest = request.attempt == id.attempt;
        let is_sent = matches!(request.flight, Flight::Sent { .. } | Flight::Given { .. });
        let response = if status == 200 {
            let Ok(response) = self.config.codec.decode(body) else {
                request.unreadable += 1;
                if request.unreadable >= MAX_UNREADABLE {
                    return self.close(CloseReason::Malformed);
                }
                // An intermediary may have answered with something of its own.
                return self.handle_failure(now, id);
            };
            response
        } else {
            let Some(condition) = self.final_status(status) else {
                return self.handle_failure(now, id);
            };
            Body::terminate(Some(condition))
        };
        match response.kind {
            // The older copies of a request are told to give way to the newest.
            BodyKind::Error if is_newest && is_sent => self.on_recoverable(now, id.rid),
            BodyKind::Error => {}
            // Quirk: Prosody and ejabberd tell them so by an empty wrapper, and answer the newest.
            BodyKind::Normal
                if !is_newest && self.sid.is_some() && response.payloads.is_empty() => {}
            BodyKind::Normal | BodyKind::Terminate => self.accept(now, id.rid, response),
        }
    }

    /// §17.1, and what intermediaries say.
    fn final_status(&self, status: u16) -> Option<Condition> {
        let legacy = self.config.version.is_none() || self.agreed.legacy;
        let is_final = legacy || self.config.http_errors == HttpErrors::Final;
        Condition::from_legacy_status(status).filter(|_| is_final)
    }

    /// §17.3: at once, but later and later if the server goes on asking.
    fn on_recoverable(&mut self, now: Duration, rid: Rid) {
        if self.state == State::Ending {
            self.lose(now, rid);
            return self.end_if_complete();
        }
        let Some(request) = self.outstanding.get_mut(&rid) else {
            return;
        };
        request.errors += 1;
        let errors = request.errors;
        let unanswered = self.unanswered_up_to(rid);
        if errors == 1 {
            for rid in unanswered {
                self.repeat(now, rid);
            }
            return;
        }
        let wait = self.config.retry.wait(errors - 1, self.chance.draw());
        for rid in unanswered {
            if let Some(request) = self.outstanding.get_mut(&rid) {
                request.flight = Flight::Lost {
                    again: now.saturating_add(wait),
                };
            }
        }
    }

    /// The answer to a request, which may come before that to an earlier one.
    fn accept(&mut self, now: Duration, rid: Rid, response: Body) {
        self.heard = Moment::of(now);
        self.asked = Moment::of(now);
        let (report, ack) = (response.report, response.ack.unwrap_or(rid));
        let is_normal = response.kind == BodyKind::Normal;
        self.answer(rid, response);
        if is_normal {
            self.answer_pauses_before(rid);
        }
        if is_normal && self.state != State::Ending {
            if let Some(rid) = report {
                self.repeat_missing(now, rid);
            }
            if self.agreed.acks {
                self.repeat_unacknowledged(now, ack);
            }
        }
        self.take_responses(now);
    }

    fn answer(&mut self, rid: Rid, response: Body) {
        if let Some(request) = self.outstanding.get_mut(&rid) {
            request.flight = Flight::Answered;
            self.early.insert(rid, response);
        }
    }

    /// Requests are answered in order, and a pause without payloads (§10).
    fn answer_pauses_before(&mut self, rid: Rid) {
        let is_open_pause = |request: &super::Outstanding| {
            request.is_pause && !matches!(request.flight, Flight::Answered)
        };
        for earlier in self.rids_where(is_open_pause) {
            if earlier < rid {
                self.answer(earlier, Body::default());
            }
        }
    }

    /// Handles responses as far as their turn has come.
    fn take_responses(&mut self, now: Duration) {
        while let Some(response) = self.early.remove(&self.expected) {
            self.outstanding.remove(&self.expected);
            self.expected = self.expected.next().unwrap_or(Rid::MAX);
            if self.ends_session(&response) {
                return self.on_terminate(response);
            }
            self.on_response(now, response);
            if self.state == State::Closed {
                return;
            }
        }
        if self.early.values().any(|body| self.ends_session(body)) {
            if self.state != State::Closing {
                self.state = State::Ending;
            }
            let at = now.saturating_add(self.config.close_timeout);
            self.closing_until = Some(self.closing_until.map_or(at, |until| until.min(at)));
            return self.end_if_complete();
        }
        if self.state == State::Closing {
            if !self.has_many_streams() {
                self.leave(now);
            }
            if self.outstanding.is_empty() && self.queue.is_empty() {
                return self.close(CloseReason::Local(self.farewell));
            }
        }
        self.schedule(now);
    }

    /// Ends what the server has ended, unless an earlier response may still come.
    pub(super) fn end_if_complete(&mut self) {
        let mut terminal = self
            .early
            .iter()
            .filter(|(_, body)| self.ends_session(body));
        let Some((&last, _)) = terminal.next() else {
            return;
        };
        let mut earlier = self.outstanding.range(..last);
        if !earlier.any(|(_, request)| matches!(request.flight, Flight::Sent { .. })) {
            self.end();
        }
    }

    /// The session is over, whatever has not come.
    pub(super) fn end(&mut self) {
        match self.take_terminal() {
            Some(response) => self.on_terminate(response),
            None => self.close(CloseReason::Local(self.farewell)),
        }
    }

    fn take_terminal(&mut self) -> Option<Body> {
        let early = std::mem::take(&mut self.early);
        early.into_values().find(|body| self.ends_session(body))
    }

    fn on_terminate(&mut self, mut response: Body) {
        if response.condition == Some(Condition::OtherRequest) {
            // The reason is in the answer to that other request, if it is here already.
            response = self.take_terminal().unwrap_or(response);
        }
        // Whatever the server says while we are leaving, we have left.
        let reason = if self.state == State::Closing {
            CloseReason::Local(self.farewell)
        } else {
            CloseReason::Peer(response.condition)
        };
        let uri = response.uri;
        // Of several streams, all have ended: what is told here is told of the session.
        self.events
            .extend(response.payloads.into_iter().map(ClientEvent::Payload));
        if let Some(uri) = uri.filter(|_| self.state != State::Closing) {
            self.on_redirect(uri);
        }
        self.close(reason);
    }

    /// A response in its turn.
    fn on_response(&mut self, now: Duration, mut response: Body) {
        if self.state == State::Creating {
            let Some(sid) = response.sid.take() else {
                return self.close(CloseReason::Malformed);
            };
            self.on_created(sid, &mut response);
        } else if response
            .sid
            .as_ref()
            .is_some_and(|sid| Some(sid) != self.sid.as_ref())
        {
            return self.close(CloseReason::Malformed);
        }
        self.hand_over(now, response);
    }

    fn on_created(&mut self, sid: crate::rid::Sid, response: &mut Body) {
        self.agreed = Agreed::new(&self.config, response);
        self.sid = Some(sid.clone());
        self.state = State::Open;
        let stream = response.stream.take().filter(|name| !name.is_empty());
        self.streams = stream.map(|name| Streams::new(&name, &self.config.to));
        let accept = response.accept.as_deref().unwrap_or_default();
        let codings = accept.split(',').map(wire_xml::text::trim);
        self.events.push_back(ClientEvent::Opened(Opened {
            sid,
            from: response.from.take(),
            ver: response.ver,
            wait: self.agreed.wait,
            hold: response.hold.unwrap_or(self.config.hold),
            requests: self.agreed.requests,
            polling: self.agreed.is_polling,
            inactivity: self.agreed.inactivity,
            max_pause: self.agreed.max_pause,
            accept: codings
                .filter(|coding| !coding.is_empty())
                .map(str::to_ascii_lowercase)
                .collect(),
            xmpp_version: response.xmpp_version,
            restartlogic: response.restartlogic,
            authid: response.authid.take(),
            stream: self.streams.as_ref().map(|streams| streams.first.clone()),
        }));
    }
}

/// After so many responses that cannot be read, the server itself must have written them.
const MAX_UNREADABLE: u32 = 3;
