//! Where a stanza goes. RFC 6120 §10, RFC 6121 §8.

use smallvec::{SmallVec, smallvec};

use super::{Roster, Router, RouterEvent, RouterTransmit, SessionKey, Traffic, User};
use crate::jid::Jid;
use crate::ns;
use crate::session::domain::Domain;
use crate::stanza::{
    Condition, ErrorType, Iq, IqContent, Message, MessageKind, Outgoing, Presence, Stanza,
    StanzaError,
};

impl Router {
    pub(super) fn route(&mut self, stanza: Stanza) {
        let to = match (stanza.recipient(), &stanza) {
            (Some(to), _) => to.clone(),
            // XC-SZ-02: without an address it is for the sender's own account.
            (None, Stanza::Iq(iq)) => return self.answer(&iq.clone()),
            (None, _) => match stanza.sender() {
                Some(from) => from.bare(),
                None => return,
            },
        };
        if let Some(component) = self
            .config
            .components
            .iter()
            .find(|component| component.same_bare(&to))
        {
            let component = component.clone();
            self.events.push_back(RouterEvent::Component {
                component,
                stanza: Box::new(stanza),
            });
            return;
        }
        if to.domain() != self.config.domain.domain() {
            return self.bounce(&stanza, Condition::REMOTE_SERVER_NOT_FOUND);
        }
        if to.local().is_none() || (to.is_bare() && matches!(stanza, Stanza::Iq(_))) {
            if let Stanza::Iq(iq) = &stanza {
                self.answer(iq);
            }
            return;
        }
        let stanza = Outgoing::from(stanza);
        let targets = match self.may_write(stanza.sender(), &to) {
            true => self.targets(&to, &stanza),
            false => SmallVec::new(),
        };
        if targets.is_empty() {
            return self.bounce(&stanza.into_stanza(), Condition::SERVICE_UNAVAILABLE);
        }
        self.hand_out(targets, stanza);
    }

    fn may_write(&self, from: Option<&Jid>, to: &Jid) -> bool {
        match self.config.traffic {
            Traffic::Everybody => true,
            Traffic::ServicesOnly => from.is_some_and(|from| {
                from.same_bare(to)
                    || self
                        .config
                        .beacon
                        .as_ref()
                        .is_some_and(|beacon| beacon.same_bare(from))
            }),
        }
    }

    /// RFC 6121 §8: which sessions get a stanza that is addressed to a user.
    pub(super) fn targets(&self, to: &Jid, stanza: &Outgoing) -> SmallVec<[SessionKey; 2]> {
        if !to.is_bare() {
            if let Some(session) = self.addresses.get(to) {
                return smallvec![*session];
            }
            // A normal or chat message to a session that is gone goes to the others (XC-SZ-10). An event for one session
            // is for nobody else.
            let kind = stanza.message_kind();
            let goes_on = matches!(kind, Some(MessageKind::Normal | MessageKind::Chat));
            if !goes_on || stanza.is_pubsub_event() {
                return SmallVec::new();
            }
        }
        let Some(user) = self.users.get(to.bare_str()) else {
            return SmallVec::new();
        };
        match stanza.message_kind() {
            // RFC 6121 §8.5.2.1.1: a user is no room, and an error is for whoever sent the message.
            Some(MessageKind::Groupchat | MessageKind::Error) => SmallVec::new(),
            Some(MessageKind::Normal | MessageKind::Chat | MessageKind::Headline) => {
                self.sessions_of(user, Presence::is_reachable)
            }
            // §8.5.2.1.2: whatever their priority.
            None if stanza.is_presence() => self.sessions_of(user, |_| true),
            None => SmallVec::new(),
        }
    }

    /// The sessions of a user whose presence is like that.
    fn sessions_of(
        &self,
        user: &User,
        is_meant: impl Fn(&Presence) -> bool,
    ) -> SmallVec<[SessionKey; 2]> {
        let sessions = user.sessions.values().copied();
        sessions
            .filter(|key| {
                let session = self.sessions.get(key);
                let presence = session.and_then(|session| session.presence.as_ref());
                presence.is_some_and(&is_meant)
            })
            .collect()
    }

    pub(super) fn hand_out(&mut self, targets: SmallVec<[SessionKey; 2]>, stanza: Outgoing) {
        let mut targets = targets.into_iter();
        let Some(last) = targets.next_back() else {
            return;
        };
        for session in targets {
            self.out.push_back(RouterTransmit {
                session,
                stanza: stanza.clone(),
            });
        }
        self.out.push_back(RouterTransmit {
            session: last,
            stanza,
        });
    }

    /// Tells a sender that nobody got his stanza; answers are never answered (XC-SZ-05).
    pub(super) fn bounce(&mut self, stanza: &Stanza, condition: Condition) {
        let error = StanzaError::new(ErrorType::Cancel, condition);
        let answer = match stanza {
            Stanza::Iq(iq) => match iq.content {
                IqContent::Get(_) | IqContent::Set(_) => Stanza::Iq(iq.to_error(error)),
                IqContent::Result(_) | IqContent::Error { .. } => return,
            },
            Stanza::Message(message) => match message.kind {
                MessageKind::Normal | MessageKind::Chat | MessageKind::Groupchat => {
                    Stanza::Message(Message::to_error(message, error))
                }
                MessageKind::Headline | MessageKind::Error => return,
            },
            Stanza::Presence(_) => return,
        };
        self.deliver(answer);
    }

    fn answer(&mut self, iq: &Iq) {
        if self.config.roster == Roster::Host && is_roster_request(iq) {
            let stanza = Box::new(Stanza::Iq(iq.clone()));
            return self.events.push_back(RouterEvent::Roster(stanza));
        }
        let domain = Domain {
            address: &self.config.domain,
            components: &self.config.components,
        };
        if let Some(answer) = domain.answer(iq) {
            self.deliver(Stanza::Iq(answer));
        }
    }
}

/// A request about the sender's own roster.
fn is_roster_request(iq: &Iq) -> bool {
    let is_own = match (&iq.to, &iq.from) {
        (None, _) => true,
        (Some(to), Some(from)) => to.same_bare(from),
        (Some(_), None) => false,
    };
    let (IqContent::Get(payload) | IqContent::Set(payload)) = &iq.content else {
        return false;
    };
    is_own && payload.is(ns::ROSTER, "query")
}
