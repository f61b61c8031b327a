//! From a login to stanzas: address, stanzas, silence. RFC 6120 §7 and §8.

use std::time::Duration;

use super::{Client, ClientEvent, State};
use crate::disco;
use crate::error::DecodeError;
use crate::id::StanzaId;
use crate::jid::Jid;
use crate::ns;
use crate::session::{CloseReason, Error};
use crate::stanza::{Condition, ErrorType, Iq, IqContent, Payload, Stanza, StanzaError};
use crate::stream::{Form, StreamCondition, StreamError};

impl Client {
    pub(super) fn on_stanza(&mut self, mut stanza: Stanza) -> Result<(), Error> {
        if let (None, Some(lang)) = (stanza.lang(), &self.lang) {
            // RFC 6120 §8.1.5.
            stanza.set_lang(Some(lang.clone()));
        }
        // XC-SZ-04: an answer is one to us by its id and its sender.
        let is_ours = self.is_own(stanza.sender());
        match (&self.state, stanza) {
            (State::Bind { request, session }, Stanza::Iq(iq)) if is_ours && *request == iq.id => {
                let session = *session;
                self.on_bound(iq, session)
            }
            (State::Session { request, jid }, Stanza::Iq(iq)) if is_ours && *request == iq.id => {
                // A server that refuses the session of RFC 3921 has none to give: RFC 6120 needs none.
                let jid = jid.clone();
                self.on_online(jid);
                Ok(())
            }
            (State::Online { .. }, stanza) => {
                self.on_online_stanza(stanza);
                Ok(())
            }
            (State::Closing { .. }, stanza) => {
                // Nothing can be answered any more.
                self.events.push_back(ClientEvent::Stanza(stanza));
                Ok(())
            }
            (State::Bind { .. } | State::Session { .. }, _) => Ok(()),
            _ => Err(self.fail(StreamCondition::NOT_AUTHORIZED.into())),
        }
    }

    /// A stanza that cannot be read concerns nobody else; a request is answered, whatever it is (XC-SZ-03).
    pub(super) fn on_bad_stanza(&mut self, error: &DecodeError) {
        let (State::Online { .. }, DecodeError::Stanza(malformed)) = (&self.state, error) else {
            return;
        };
        if let Some(answer) = malformed.to_answer() {
            self.out.stanza(&Stanza::Iq(Iq {
                from: None,
                ..answer
            }));
        }
    }

    /// The own account, the own server and nobody are equal as senders of what the server answers. RFC 6120 §8.1.2.1.
    fn is_own(&self, from: Option<&Jid>) -> bool {
        from.is_none_or(|from| {
            from.same_bare(&self.config.jid) || *from == self.config.jid.to_domain()
        })
    }

    fn on_bound(&mut self, iq: Iq, session: bool) -> Result<(), Error> {
        let jid = match iq.content {
            IqContent::Result(Some(payload)) => bound_jid(&payload),
            IqContent::Error { error, .. } => {
                self.out.close();
                self.end(CloseReason::NotBound(*error));
                return Ok(());
            }
            IqContent::Get(_) | IqContent::Set(_) | IqContent::Result(None) => None,
        };
        let Some(jid) = jid else {
            return Err(self.fail(StreamError::new(
                StreamCondition::INVALID_XML,
                "the answer to bind has no address",
            )));
        };
        if !session {
            self.on_online(jid);
        } else if let Some(request) = self.request(Payload::empty(ns::SESSION, "session")) {
            self.state = State::Session { request, jid };
        }
        Ok(())
    }

    fn on_online(&mut self, jid: Jid) {
        self.negotiation_ends = None;
        self.state = State::Online { jid: jid.clone() };
        if let Some(presence) = &self.config.initial_presence {
            self.out.stanza(&Stanza::Presence(presence.clone()));
        }
        self.events.push_back(ClientEvent::Online { jid });
    }

    fn on_online_stanza(&mut self, stanza: Stanza) {
        if let Stanza::Iq(iq) = &stanza {
            match &iq.content {
                IqContent::Get(payload) if payload.is(ns::PING, "ping") => {
                    self.out.stanza(&Stanza::Iq(iq.to_result(None)));
                    return;
                }
                IqContent::Get(payload) if payload.is(ns::DISCO_INFO, "query") => {
                    let answer = self.describe(iq, payload);
                    self.out.stanza(&Stanza::Iq(answer));
                    return;
                }
                // Nothing else is served here (XC-SZ-03).
                IqContent::Get(_) | IqContent::Set(_) => {
                    let error = StanzaError::new(ErrorType::Cancel, Condition::SERVICE_UNAVAILABLE);
                    self.out.stanza(&Stanza::Iq(iq.to_error(error)));
                    return;
                }
                IqContent::Result(_) | IqContent::Error { .. } => {}
            }
        }
        self.events.push_back(ClientEvent::Stanza(stanza));
    }

    /// XEP-0030 §3: what a client is, and the little that it serves.
    fn describe(&self, iq: &Iq, payload: &Payload) -> Iq {
        match disco::Info::decode(payload) {
            Ok(query) if query.node.is_none() => {
                let info = disco::Info {
                    identities: vec![self.config.identity.clone()],
                    features: vec![ns::DISCO_INFO.to_owned(), ns::PING.to_owned()],
                    ..disco::Info::default()
                };
                iq.to_result(Some(info.to_payload()))
            }
            Ok(_) => iq.to_error(StanzaError::new(
                ErrorType::Cancel,
                Condition::ITEM_NOT_FOUND,
            )),
            Err(error) => iq.to_error(error.to_stanza_error()),
        }
    }

    /// Sends a request to the own account or server and returns its id.
    pub(super) fn request(&mut self, payload: Payload) -> Option<StanzaId> {
        let id = StanzaId::new(&self.ids.next_hex()).ok()?;
        self.out
            .stanza(&Stanza::Iq(Iq::new(id.clone(), IqContent::Set(payload))));
        Some(id)
    }

    pub(super) fn on_sign_of_life(&mut self, now: Duration) {
        self.last_input = self.last_input.max(now);
        self.ping_ends = None;
    }

    pub(super) fn ping_if_silent(&mut self, now: Duration) {
        let Some(due) = self.silence_ends() else {
            return;
        };
        if due > now {
            return;
        }
        let Ok(id) = StanzaId::new(&self.ids.next_hex()) else {
            return;
        };
        let ping = Iq::new(id, IqContent::Get(Payload::empty(ns::PING, "ping")))
            .with_to(self.config.jid.to_domain());
        self.out.stanza(&Stanza::Iq(ping));
        self.ping_ends = Some(now.saturating_add(self.config.ping_timeout));
    }

    pub(super) fn silence_ends(&self) -> Option<Duration> {
        self.jid()?;
        // BOSH knows by itself when a server is gone.
        let after = self.config.ping_after.filter(|_| self.form != Form::Bosh)?;
        Some(self.last_input.saturating_add(after))
    }
}

fn bound_jid(bind: &Payload) -> Option<Jid> {
    let element = bind.to_element().ok()?;
    Jid::new(element.child(ns::BIND, "jid")?.text().trim()).ok()
}
