//! Who is online, and where a stanza goes. RFC 6120 §8 and §10, RFC 6121 §4 and §8.
//!
//! ```text
//!            bind                 presence                 presence unavailable, unbind
//!   (none) ────────▶ connected ────────────▶ available ────────────────────────────────▶ connected / (none)
//!                                 │                                   │
//!              first of the user: UserAvailable        last of the user: UserUnavailable
//! ```

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::domain::Domain;
use crate::id::IdSource;
use crate::jid::Jid;
use crate::stanza::{
    Condition, ErrorType, Iq, IqContent, Message, MessageKind, Presence, PresenceKind, Stanza,
    StanzaError,
};

/// The host's number for one connection.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SessionKey(pub u64);

/// Settings of a [`Router`].
#[derive(Clone, Debug)]
pub struct RouterConfig {
    /// The domain served, such as `localhost`.
    pub domain: Jid,
    /// Random number of the host's: makes resources for clients that name none.
    pub seed: u64,
    /// Services at addresses of their own: stanzas to them become [`RouterEvent::Component`].
    pub components: Vec<Jid>,
    /// A user whom everybody sees and who sees everybody, without a roster: his presence goes to every available
    /// session, and theirs to him. None by default.
    pub beacon: Option<Jid>,
    /// Whom users may write to. Everybody by default.
    pub traffic: Traffic,
    /// What happens when a resource is asked for that is in use (XC-BI-02).
    pub conflict: Conflict,
    /// Most sessions of one user. Default 10.
    pub max_sessions_per_user: usize,
    /// Most addresses that one session can send directed presence to. Default 100.
    pub max_directed: usize,
}

impl RouterConfig {
    /// Settings for `domain`. `seed` is a random number of the host's.
    #[must_use]
    pub const fn new(domain: Jid, seed: u64) -> Self {
        Self {
            domain,
            seed,
            components: Vec::new(),
            beacon: None,
            traffic: Traffic::Everybody,
            conflict: Conflict::Replace,
            max_sessions_per_user: 10,
            max_directed: 100,
        }
    }

    /// Adds a service with an address of its own.
    #[must_use]
    pub fn with_component(mut self, address: Jid) -> Self {
        self.components.push(address);
        self
    }

    /// Names the user whom everybody sees and who sees everybody.
    #[must_use]
    pub fn with_beacon(mut self, user: Jid) -> Self {
        self.beacon = Some(user.bare());
        self
    }

    /// Sets whom users may write to.
    #[must_use]
    pub const fn with_traffic(mut self, traffic: Traffic) -> Self {
        self.traffic = traffic;
        self
    }

    /// Sets what happens when a resource is in use.
    #[must_use]
    pub const fn with_conflict(mut self, conflict: Conflict) -> Self {
        self.conflict = conflict;
        self
    }
}

/// Whom users may write to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Traffic {
    /// Services, themselves, and each other.
    Everybody,
    /// Services and themselves: what is for somebody else counts as not deliverable. The beacon writes to everybody.
    /// A notification service wants this, so that nobody can flood the session of somebody else.
    ServicesOnly,
}

/// What happens when a resource is asked for that is in use. RFC 6120 §7.7.2.2.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Conflict {
    /// The old session ends with stream error `conflict`: what a user wants whose network broke.
    Replace,
    /// The new session gets stanza error `conflict`.
    Refuse,
    /// The new session gets a resource of the server's making.
    Rename,
}

/// What the host should know or do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RouterEvent {
    /// End this session with stream error `conflict`: a newer one took its resource. It is unbound already.
    Replaced {
        /// The session that must end.
        session: SessionKey,
        /// Its address.
        jid: Jid,
    },
    /// A stanza for a service with an address of its own.
    Component {
        /// Whose it is.
        component: Jid,
        /// The stanza; `from` is the sender's full address.
        stanza: Box<Stanza>,
    },
    /// The session gets messages that are sent to its user, or no longer. Feeds a pubsub service.
    Reachable {
        /// The session's address.
        jid: Jid,
        /// Available with a priority of 0 or more.
        reachable: bool,
    },
    /// The user has a first available session.
    UserAvailable {
        /// The user's bare address.
        user: Jid,
    },
    /// The user's last available session is gone. A clock that signs him out starts here.
    UserUnavailable {
        /// The user's bare address.
        user: Jid,
        /// When it happened.
        since: Duration,
    },
}

/// One stanza for one session.
#[derive(Clone, Debug)]
#[must_use]
pub struct RouterTransmit {
    /// Whom to hand it to.
    pub session: SessionKey,
    /// What to send.
    pub stanza: Stanza,
}

/// Knows every bound session of a domain and decides where stanzas go.
///
/// After each call with `&mut self`, drain [`poll_transmit`](Self::poll_transmit) and
/// [`poll_event`](Self::poll_event). There are no timers here.
#[derive(Debug)]
pub struct Router {
    config: RouterConfig,
    ids: IdSource,
    sessions: BTreeMap<SessionKey, Session>,
    users: BTreeMap<Jid, User>,
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
    pub const fn new(config: RouterConfig) -> Self {
        Self {
            ids: IdSource::new(config.seed),
            config,
            sessions: BTreeMap::new(),
            users: BTreeMap::new(),
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
        let user = user.bare();
        let made = |ids: &mut IdSource| user.with_resource(&ids.next_hex());
        let asked = match resource {
            Some(resource) => user.with_resource(resource),
            None => made(&mut self.ids),
        };
        let mut jid =
            asked.map_err(|_| StanzaError::new(ErrorType::Modify, Condition::BAD_REQUEST))?;
        let present = self.users.get(&user);
        if let Some(old) = present.and_then(|user| user.sessions.get(&jid)).copied() {
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
    pub fn deliver(&mut self, stanza: Stanza) {
        let Some(to) = stanza.recipient().cloned() else {
            return;
        };
        let targets = self.targets(&to, &stanza);
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

    fn on_broadcast(&mut self, now: Duration, session: SessionKey, presence: Presence) {
        match presence.kind {
            PresenceKind::Available => self.become_available(session, presence),
            PresenceKind::Unavailable => self.become_unavailable(now, session, Some(presence)),
            // Without `to` the others mean nothing (RFC 6121 §3 and §4 ask for an address).
            PresenceKind::Subscribe
            | PresenceKind::Subscribed
            | PresenceKind::Unsubscribe
            | PresenceKind::Unsubscribed
            | PresenceKind::Probe
            | PresenceKind::Error => {}
        }
    }

    fn become_available(&mut self, session: SessionKey, presence: Presence) {
        let Some(entry) = self.sessions.get_mut(&session) else {
            return;
        };
        let jid = entry.jid.clone();
        let before = entry.presence.replace(presence.clone());
        let was = before.as_ref().is_some_and(Presence::is_reachable);
        if was != presence.is_reachable() {
            let reachable = presence.is_reachable();
            self.events.push_back(RouterEvent::Reachable {
                jid: jid.clone(),
                reachable,
            });
        }
        if before.as_ref() == Some(&presence) {
            // Everybody else knows it: a client cannot keep others busy by repeating itself.
            return self.send_presence(session, presence);
        }
        if before.is_none() {
            let user = self.users.entry(jid.bare()).or_default();
            user.available += 1;
            if user.available == 1 {
                self.events
                    .push_back(RouterEvent::UserAvailable { user: jid.bare() });
            }
        }
        self.tell_observers(&jid, &presence);
        if before.is_none() {
            self.tell_newcomer(session, &jid);
        }
    }

    fn become_unavailable(
        &mut self,
        now: Duration,
        session: SessionKey,
        presence: Option<Presence>,
    ) {
        let Some(entry) = self.sessions.get_mut(&session) else {
            return;
        };
        let jid = entry.jid.clone();
        let directed = core::mem::take(&mut entry.directed);
        let before = entry.presence.take();
        let mut presence = presence.unwrap_or_else(|| Presence::new(PresenceKind::Unavailable));
        presence.from = Some(jid.clone());
        for to in directed {
            let mut copy = presence.clone();
            copy.to = Some(to);
            self.route(Stanza::Presence(copy));
        }
        let Some(before) = before else {
            return;
        };
        if before.is_reachable() {
            self.events.push_back(RouterEvent::Reachable {
                jid: jid.clone(),
                reachable: false,
            });
        }
        let bare = jid.bare();
        if let Some(user) = self.users.get_mut(&bare) {
            user.available = user.available.saturating_sub(1);
            if user.available == 0 {
                let user = bare.clone();
                self.events
                    .push_back(RouterEvent::UserUnavailable { user, since: now });
            }
        }
        self.tell_observers(&jid, &presence);
    }

    /// Sends a presence to those who see this session: the user's own sessions, and the beacon or everybody.
    fn tell_observers(&mut self, jid: &Jid, presence: &Presence) {
        let bare = jid.bare();
        let mut observers = self.available_of(&bare);
        match &self.config.beacon {
            Some(beacon) if *beacon == bare => {
                observers = self
                    .sessions
                    .iter()
                    .filter(|(_, session)| session.presence.is_some())
                    .map(|(key, _)| *key)
                    .collect();
            }
            Some(beacon) => observers.extend(self.available_of(beacon)),
            None => {}
        }
        for session in observers {
            self.send_presence(session, presence.clone());
        }
    }

    /// Sends a session that became available the presence of those whom it sees.
    fn tell_newcomer(&mut self, session: SessionKey, jid: &Jid) {
        let bare = jid.bare();
        let seen: Vec<Presence> = match &self.config.beacon {
            Some(beacon) if *beacon == bare => self
                .sessions
                .iter()
                .filter(|(key, _)| **key != session)
                .filter_map(|(_, session)| session.presence.clone())
                .collect(),
            beacon => {
                let mut keys = self.available_of(&bare);
                keys.retain(|key| *key != session);
                if let Some(beacon) = beacon {
                    keys.extend(self.available_of(beacon));
                }
                keys.iter()
                    .filter_map(|key| self.sessions.get(key)?.presence.clone())
                    .collect()
            }
        };
        for presence in seen {
            self.send_presence(session, presence);
        }
    }

    fn send_presence(&mut self, session: SessionKey, mut presence: Presence) {
        let Some(entry) = self.sessions.get(&session) else {
            return;
        };
        presence.to = Some(entry.jid.clone());
        self.out.push_back(RouterTransmit {
            session,
            stanza: Stanza::Presence(presence),
        });
    }

    fn on_directed(&mut self, session: SessionKey, presence: Presence) {
        let (Some(to), Some(entry)) = (presence.to.clone(), self.sessions.get_mut(&session)) else {
            return;
        };
        match presence.kind {
            PresenceKind::Available => {
                if entry.directed.len() < self.config.max_directed {
                    entry.directed.insert(to);
                }
            }
            PresenceKind::Unavailable => {
                entry.directed.remove(&to);
            }
            PresenceKind::Subscribe => {
                // There is no roster; the request is refused rather than left open (XC-PR-05).
                let mut refusal = Presence::new(PresenceKind::Unsubscribed);
                refusal.from = Some(to.bare());
                self.send_presence(session, refusal);
                return;
            }
            PresenceKind::Subscribed
            | PresenceKind::Unsubscribe
            | PresenceKind::Unsubscribed
            | PresenceKind::Probe => return,
            PresenceKind::Error => {}
        }
        self.route(Stanza::Presence(presence));
    }

    fn route(&mut self, stanza: Stanza) {
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
        let targets = match self.may_write(stanza.sender(), &to) {
            true => self.targets(&to, &stanza),
            false => Vec::new(),
        };
        if targets.is_empty() {
            return self.bounce(&stanza, Condition::SERVICE_UNAVAILABLE);
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
    fn targets(&self, to: &Jid, stanza: &Stanza) -> Vec<SessionKey> {
        let Some(user) = self.users.get(to.bare_str()) else {
            return Vec::new();
        };
        if !to.is_bare() {
            if let Some(session) = user.sessions.get(to) {
                return vec![*session];
            }
            // A normal or chat message to a session that is gone goes to the others (XC-SZ-10).
            let kind = match stanza {
                Stanza::Message(message) => message.kind,
                Stanza::Iq(_) | Stanza::Presence(_) => return Vec::new(),
            };
            if !matches!(kind, MessageKind::Normal | MessageKind::Chat) {
                return Vec::new();
            }
            // An event for one session is for nobody else.
            if stanza.is_pubsub_event() {
                return Vec::new();
            }
        }
        match stanza {
            Stanza::Iq(_) => Vec::new(),
            Stanza::Message(_) | Stanza::Presence(_) => user
                .sessions
                .values()
                .filter(|key| {
                    self.sessions
                        .get(key)
                        .and_then(|session| session.presence.as_ref())
                        .is_some_and(Presence::is_reachable)
                })
                .copied()
                .collect(),
        }
    }

    fn hand_out(&mut self, targets: Vec<SessionKey>, stanza: Stanza) {
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
    fn bounce(&mut self, stanza: &Stanza, condition: Condition) {
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
        let domain = Domain {
            address: &self.config.domain,
            components: &self.config.components,
        };
        if let Some(answer) = domain.answer(iq) {
            self.deliver(Stanza::Iq(answer));
        }
    }

    fn available_of(&self, user: &Jid) -> Vec<SessionKey> {
        let Some(user) = self.users.get(user) else {
            return Vec::new();
        };
        user.sessions
            .values()
            .filter(|key| {
                self.sessions
                    .get(key)
                    .is_some_and(|session| session.presence.is_some())
            })
            .copied()
            .collect()
    }
}
