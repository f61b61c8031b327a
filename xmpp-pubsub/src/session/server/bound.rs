//! From a login to stanzas: resource, stanzas, silence. RFC 6120 §7 and §8.

use std::time::Duration;

use super::{Ping, Server, ServerEvent, State};
use crate::error::DecodeError;
use crate::id::StanzaId;
use crate::jid::Jid;
use crate::ns;
use crate::session::{CloseReason, Error, bind_payload};
use crate::stanza::{Condition, ErrorType, Iq, IqContent, Payload, Stanza, StanzaError};
use crate::stream::{Form, Fragment, StreamCondition, StreamError};

impl Server {
    /// The client has this address now.
    ///
    /// # Errors
    ///
    /// If no address was asked for.
    pub fn bind_ok(&mut self, jid: Jid) -> Result<(), Error> {
        let State::BindAsked { request, .. } = &self.state else {
            return Err(self.misuse("bind a resource"));
        };
        let mut answer = request.to_result(Some(bind_payload(Some(("jid", jid.as_str())))));
        answer.to = Some(jid.clone());
        self.out.stanza(&Stanza::Iq(answer));
        self.state = State::Bound { jid };
        self.negotiation_ends = None;
        Ok(())
    }

    /// The client cannot have that address; it may ask for another.
    ///
    /// # Errors
    ///
    /// If no address was asked for.
    pub fn bind_failed(&mut self, error: StanzaError) -> Result<(), Error> {
        let State::BindAsked { user, request } = &self.state else {
            return Err(self.misuse("refuse a resource"));
        };
        let answer = request.to_error(error);
        self.state = State::Binding { user: user.clone() };
        self.out.stanza(&Stanza::Iq(answer));
        Ok(())
    }

    pub(super) fn on_bind(&mut self, fragment: &Fragment, user: Jid) -> Result<(), Error> {
        let stanza = match fragment.to_stanza(&self.config.limits) {
            Ok(stanza) => stanza,
            Err(error) => return self.on_bad_stanza(fragment, error, &user),
        };
        let Stanza::Iq(request) = stanza else {
            return Err(self.fail(StreamCondition::NOT_AUTHORIZED.into()));
        };
        let resource = match &request.content {
            IqContent::Set(payload) if payload.is(ns::BIND, "bind") => requested_resource(payload),
            IqContent::Get(_)
            | IqContent::Set(_)
            | IqContent::Result(_)
            | IqContent::Error { .. } => {
                return Err(self.fail(StreamError::new(
                    StreamCondition::NOT_AUTHORIZED,
                    "bind a resource first",
                )));
            }
        };
        self.state = State::BindAsked {
            user: user.clone(),
            request: Box::new(request),
        };
        self.events.push_back(ServerEvent::Bind { user, resource });
        Ok(())
    }

    pub(super) fn on_stanza(&mut self, fragment: &Fragment, jid: &Jid) -> Result<(), Error> {
        let mut stanza = match fragment.to_stanza(&self.config.limits) {
            Ok(stanza) => stanza,
            Err(error) => return self.on_bad_stanza(fragment, error, jid),
        };
        // XC-SZ-01: a client speaks for itself.
        if stanza
            .sender()
            .is_some_and(|from| from != jid && *from != jid.bare())
        {
            return Err(self.fail(StreamCondition::INVALID_FROM.into()));
        }
        stanza.set_sender(Some(jid.clone()));
        if let (None, Some(lang)) = (stanza.lang(), &self.lang) {
            // RFC 6120 §8.1.5: other streams have another default.
            stanza.set_lang(Some(lang.clone()));
        }
        if let Stanza::Iq(iq) = &stanza {
            match &iq.content {
                IqContent::Set(payload) if payload.is(ns::SESSION, "session") => {
                    self.out.stanza(&Stanza::Iq(iq.to_result(None)));
                    return Ok(());
                }
                IqContent::Set(payload) if payload.is(ns::BIND, "bind") => {
                    let error = StanzaError::new(ErrorType::Cancel, Condition::NOT_ALLOWED);
                    self.out.stanza(&Stanza::Iq(iq.to_error(error)));
                    return Ok(());
                }
                IqContent::Result(_) | IqContent::Error { .. }
                    if self.ping.as_ref().is_some_and(|ping| ping.id == iq.id) =>
                {
                    self.ping = None;
                    return Ok(());
                }
                IqContent::Get(_)
                | IqContent::Set(_)
                | IqContent::Result(_)
                | IqContent::Error { .. } => {}
            }
        }
        self.events.push_back(ServerEvent::Stanza(stanza));
        Ok(())
    }

    fn on_bad_stanza(
        &mut self,
        fragment: &Fragment,
        error: DecodeError,
        jid: &Jid,
    ) -> Result<(), Error> {
        match error {
            DecodeError::Xml(error) => Err(self.fail(error.into())),
            DecodeError::Stanza(malformed) => {
                if let Some(mut answer) = malformed.to_answer() {
                    answer.to = Some(jid.clone());
                    self.out.stanza(&Stanza::Iq(answer));
                }
                Ok(())
            }
            _ if fragment.name().is(ns::STREAM, "error") => {
                let error = fragment
                    .to_element(&self.config.limits)
                    .map(|element| StreamError::from_element(&element))
                    .unwrap_or_else(|_| StreamCondition::UNDEFINED_CONDITION.into());
                self.finish(CloseReason::PeerError(error));
                Ok(())
            }
            DecodeError::Unexpected { .. }
            | DecodeError::Missing { .. }
            | DecodeError::Invalid { .. }
            | DecodeError::Jid { .. }
            | DecodeError::Id { .. } => Err(self.fail(StreamError::new(
                StreamCondition::UNSUPPORTED_STANZA_TYPE,
                &format!("{} is no stanza", fragment.name()),
            ))),
        }
    }

    pub(super) fn on_sign_of_life(&mut self, now: Duration) {
        self.last_input = self.last_input.max(now);
        // Whatever comes shows that somebody is there; the answer itself is dropped when it comes.
        if let Some(ping) = &mut self.ping {
            ping.ends = now.saturating_add(self.config.ping_timeout);
        }
    }

    pub(super) fn ping_if_silent(&mut self, now: Duration) {
        let Some(due) = self.silence_ends() else {
            return;
        };
        if due > now {
            return;
        }
        let (Some(jid), Ok(id)) = (self.jid().cloned(), StanzaId::new(&self.ids.next_hex())) else {
            return;
        };
        let mut ping =
            Iq::new(id.clone(), IqContent::Get(Payload::empty(ns::PING, "ping"))).with_to(jid);
        ping.from = Some(self.config.domain.clone());
        self.out.stanza(&Stanza::Iq(ping));
        self.ping = Some(Ping {
            id,
            ends: now.saturating_add(self.config.ping_timeout),
        });
    }

    /// When something must be done about a silent client. BOSH knows by itself when a client is gone.
    pub(super) fn silence_ends(&self) -> Option<Duration> {
        match (&self.state, &self.ping) {
            (State::Bound { .. }, Some(ping)) => Some(ping.ends),
            (State::Bound { .. }, None) if self.form != Form::Bosh => self
                .config
                .ping_after
                .map(|after| self.last_input.saturating_add(after)),
            _ => None,
        }
    }
}

fn requested_resource(bind: &Payload) -> Option<String> {
    let element = bind.to_element().ok()?;
    let resource = element
        .child(ns::BIND, "resource")?
        .text()
        .trim()
        .to_owned();
    (!resource.is_empty()).then_some(resource)
}
