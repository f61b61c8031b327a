//! What a response leads to (XEP-0124 §7.2, §13, §17).

use std::time::Duration;

use super::super::{ClientEvent, CloseReason, Opened, RequestId};
use super::{Agreed, Client, HttpErrors, State};
use crate::body::Body;
use crate::condition::Condition;

impl Client {
    /// §17.1, and what intermediaries say.
    pub(super) fn on_http_error(&mut self, now: Duration, id: RequestId, status: u16) {
        let legacy = self.config.version.is_none() || self.agreed.legacy;
        let is_final = legacy || self.config.http_errors == HttpErrors::Final;
        match Condition::from_legacy_status(status).filter(|_| is_final) {
            Some(condition) => self.close(self.closed_by_peer(Some(condition))),
            None => self.handle_failure(now, id),
        }
    }

    pub(super) fn on_terminate(&mut self, response: Body) {
        let reason = self.closed_by_peer(response.condition);
        let uri = response.uri;
        self.events
            .extend(response.payloads.into_iter().map(ClientEvent::Payload));
        if let Some(uri) = uri {
            self.events.push_back(ClientEvent::SeeOtherUri(uri));
        }
        self.close(reason);
    }

    /// Whatever the server says while we are leaving, we have left.
    fn closed_by_peer(&self, condition: Option<Condition>) -> CloseReason {
        match self.state {
            State::Closing => CloseReason::Local(None),
            State::Idle | State::Creating | State::Open | State::Closed => {
                CloseReason::Peer(condition)
            }
        }
    }

    /// A response in its turn.
    pub(super) fn on_response(&mut self, mut response: Body) {
        if self.state == State::Creating {
            let Some(sid) = response.sid.take() else {
                return self.close(CloseReason::Malformed);
            };
            self.agreed = Agreed::new(&self.config, &response);
            self.sid = Some(sid.clone());
            self.state = State::Open;
            self.events.push_back(ClientEvent::Opened(Opened {
                sid,
                from: response.from.take(),
                ver: response.ver,
                wait: self.agreed.wait,
                inactivity: self.agreed.inactivity,
                max_pause: self.agreed.max_pause,
                xmpp_version: response.xmpp_version,
                restartlogic: response.restartlogic,
                authid: response.authid.take(),
            }));
        } else if response
            .sid
            .as_ref()
            .is_some_and(|sid| Some(sid) != self.sid.as_ref())
        {
            return self.close(CloseReason::Malformed);
        }
        self.events
            .extend(response.payloads.into_iter().map(ClientEvent::Payload));
    }
}
