//! Who is online, and where a stanza goes. RFC 6120 §8 and §10, RFC 6121 §4 and §8.
//!
//! ```text
//!            bind                 presence                 presence unavailable, unbind
//!   (none) ────────▶ connected ────────────▶ available ────────────────────────────────▶ connected / (none)
//!                                 │                                   │
//!              first of the user: UserAvailable        last of the user: UserUnavailable
//! ```

mod config;
mod presence;
mod route;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use crate::id::IdSource;
use crate::jid::Jid;
use crate::stanza::{Condition, ErrorType, Outgoing, Presence, Stanza, StanzaError};

pub use config::{
    Conflict, Roster, RouterConfig, RouterEvent, RouterTransmit, SessionKey, Traffic,
};

/// Knows every bound session of a domain and decides where stanzas go.
///
/// After each call with `&mut self`, drain [`poll_transmit`](Self::poll_transmit) and
/// [`poll_event`](Self::poll_event). There are no timers here.
#[derive(Debug)]
pub struct Router {
    config: RouterConfig,
    ids: IdSource,
    sessions: BTreeMap<SessionKey, Session>,
    users: HashMap<Jid, User>,
    /// By full address.
    addresses: HashMap<Jid, SessionKey>,
    out: VecDeque<RouterTransmit>,
    events: VecDeque<RouterEvent>,
}

#[derive(Debug)]
struct Session {
    jid: Jid,
    /// The last available presence, as it is sent to others.
    presence: Option<Presence>,
    /// Who got directed presence and must hear of its end (XC-PR-02).
    directed: BTreeSet<Jid>,
}

#[derive(Debug, Default)]
struct User {
    /// By full address.
    sessions: BTreeMap<Jid, SessionKey>,
    available: usize,
}

impl Router {
    /// A router without sessions.
    #[must_use]
    pub fn new(config: RouterConfig) -> Self {
        Self {
            ids: IdSource::new(config.seed),
            config,
            sessions: BTreeMap::new(),
            users: HashMap::new(),
            addresses: HashMap::new(),
            out: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Gives a session its address. RFC 6120 §7.
    ///
    /// # Errors
    ///
    /// `bad-request` for a resource that cannot be prepared, `conflict` where that is the policy,
    /// `resource-constraint` over the limit of sessions.
    pub fn bind(
        &mut self,
        now: Duration,
        session: SessionKey,
        user: &Jid,
        resource: Option<&str>,
    ) -> Result<Jid, StanzaError> {
        if self.sessions.contains_key(&session) {
            // What was for its old address must not go there for ever.
            self.unbind(now, session);
        }
        let user = user.bare();
        let made = |ids: &mut IdSource| user.with_resource(&ids.next_hex());
        let asked = match resource {
            Some(resource) => user.with_resource(resource),
            None => made(&mut self.ids),
        };
        let mut jid =
            asked.map_err(|_| StanzaError::new(ErrorType::Modify, Condition::BAD_REQUEST))?;
        if let Some(old) = self.addresses.get(&jid).copied() {
            match self.config.conflict {
                Conflict::Replace => {
                    self.unbind(now, old);
                    self.events.push_back(RouterEvent::Replaced {
                        session: old,
                        jid: jid.clone(),
                    });
                }
                Conflict::Refuse => {
                    return Err(StanzaError::new(ErrorType::Cancel, Condition::CONFLICT));
                }
                Conflict::Rename => {
                    jid = made(&mut self.ids).map_err(|_| {
                        StanzaError::new(ErrorType::Cancel, Condition::INTERNAL_SERVER_ERROR)
                    })?;
                }
            }
        }
        let entry = self.users.entry(user.clone()).or_default();
        if entry.sessions.len() >= self.config.max_sessions_per_user {
            return Err(
                StanzaError::new(ErrorType::Wait, Condition::RESOURCE_CONSTRAINT)
                    .with_text("too many sessions of this user"),
            );
        }
        entry.sessions.insert(jid.clone(), session);
        self.addresses.insert(jid.clone(), session);
        self.sessions.insert(
            session,
            Session {
                jid: jid.clone(),
                presence: None,
                directed: BTreeSet::new(),
            },
        );
        Ok(jid)
    }

    /// Forgets a session that ended; whoever saw its presence is told. Unknown sessions are ignored.
    pub fn unbind(&mut self, now: Duration, session: SessionKey) {
        self.become_unavailable(now, session, None);
        let Some(gone) = self.sessions.remove(&session) else {
            return;
        };
        self.addresses.remove(&gone.jid);
        let bare = gone.jid.bare();
        if let Some(user) = self.users.get_mut(&bare) {
            user.sessions.remove(&gone.jid);
            if user.sessions.is_empty() {
                self.users.remove(&bare);
            }
        }
    }

    /// Takes a stanza that a bound session sent. Its `from` becomes the session's full address.
    pub fn handle_stanza(&mut self, now: Duration, session: SessionKey, mut stanza: Stanza) {
        let Some(jid) = self
            .sessions
            .get(&session)
            .map(|session| session.jid.clone())
        else {
            return;
        };
        stanza.set_sender(Some(jid));
        match stanza {
            Stanza::Presence(presence) if presence.to.is_none() => {
                self.on_broadcast(now, session, presence);
            }
            Stanza::Presence(presence) => self.on_directed(session, presence),
            Stanza::Iq(_) | Stanza::Message(_) => self.route(stanza),
        }
    }

    /// Routes a stanza that a component or the host sends; nobody is told if it cannot be delivered.
    pub fn deliver(&mut self, stanza: impl Into<Outgoing>) {
        let stanza = stanza.into();
        let Some(to) = stanza.recipient() else {
            return;
        };
        let targets = self.targets(to, &stanza);
        self.hand_out(targets, stanza);
    }

    /// Takes back a stanza that a session was handed and its client never got, once the session was
    /// unbound: the sender of a query is told `service-unavailable`, that of a message
    /// `recipient-unavailable`, presence and answers are dropped (XEP-0206 §7).
    pub fn handle_undelivered(&mut self, stanza: &Stanza) {
        let condition = match stanza {
            Stanza::Iq(_) => Condition::SERVICE_UNAVAILABLE,
            Stanza::Message(_) | Stanza::Presence(_) => Condition::RECIPIENT_UNAVAILABLE,
        };
        self.bounce(stanza, condition);
    }

    /// The next stanza to send.
    pub fn poll_transmit(&mut self) -> Option<RouterTransmit> {
        self.out.pop_front()
    }

    /// The next thing to know or do.
    pub fn poll_event(&mut self) -> Option<RouterEvent> {
        self.events.pop_front()
    }

    /// The address of a session, if it is bound.
    #[must_use]
    pub fn jid(&self, session: SessionKey) -> Option<&Jid> {
        self.sessions.get(&session).map(|session| &session.jid)
    }

    /// How many sessions are bound.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether nobody is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Whether the user has a session that is available.
    #[must_use]
    pub fn is_available(&self, user: &Jid) -> bool {
        self.users
            .get(user.bare_str())
            .is_some_and(|user| user.available > 0)
    }
}
