//! Settings of a router, and what it tells.

use std::time::Duration;

use crate::jid::Jid;
use crate::stanza::{Outgoing, Stanza};

/// The host's number for one connection.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SessionKey(pub u64);

/// Settings of a [`Router`](super::Router).
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
    /// Who keeps rosters. Nobody by default.
    pub roster: Roster,
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
            roster: Roster::None,
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

    /// Sets who keeps rosters.
    #[must_use]
    pub const fn with_roster(mut self, roster: Roster) -> Self {
        self.roster = roster;
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

/// Who keeps rosters. RFC 6121 §2 and §3.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Roster {
    /// Nobody: a request gets an empty roster, and whoever asks to see somebody's presence is refused (XC-PR-05).
    None,
    /// The host: what concerns rosters is [`RouterEvent::Roster`].
    Host,
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
    /// With [`Roster::Host`]: a roster request, or a presence of type `subscribe`, `subscribed`, `unsubscribe`,
    /// `unsubscribed` or `probe`, with its sender. The host carries it out, and answers through
    /// [`Router::deliver`](super::Router::deliver).
    Roster(Box<Stanza>),
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
    pub stanza: Outgoing,
}
