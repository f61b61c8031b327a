//! One connection to one side.

use alloc::collections::BTreeMap;
use core::time::Duration;

use crate::code::{InvokeId, ServiceMask, SessionType, StatusCode};
use crate::message::OpenConf;
use crate::session::CloseReason;
use crate::session::client::Client;
use crate::session::failover::event::{Connection, Side};
use crate::session::failover::recovery::Query;
use crate::version::{Dialect, Version};

/// A connection and what runs on it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) connection: Connection,
    pub(super) side: Side,
    pub(super) version: Version,
    pub(super) state: State,
    /// What recovery asked.
    pub(super) queries: BTreeMap<InvokeId, Query>,
    /// When OPEN_REQ was sent.
    pub(super) asked: Duration,
    /// When the last bytes came.
    pub(super) last_heard: Duration,
    /// When it last said something that only a serving side says.
    pub(super) last_served: Duration,
    /// Its OPEN_CONF.
    pub(super) conf: Option<OpenConf>,
    /// Whether the host has told that the connection is gone.
    pub(super) gone: bool,
    /// Why it is ended, when the session itself cannot know.
    pub(super) ended: Option<CloseReason>,
    /// Whether the application set something up that ends with the session.
    pub(super) registered: bool,
}

/// How far a connection has come.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "there are two or three links, nearly always with a session"
)]
pub(super) enum State {
    /// The host connects.
    Connecting { deadline: Duration },
    /// A session runs.
    Session { client: Client, role: Role },
}

/// What a session is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role {
    /// It is not open yet.
    Opening,
    /// It serves the application.
    Active,
    /// It may have to.
    Standby,
    /// It did; what was asked is still answered. It is closed when nothing is left to be answered or
    /// `close` has come, and dropped at `drop`.
    Retiring { close: Duration, drop: Duration },
}

impl Link {
    pub(super) fn new(
        connection: Connection,
        side: Side,
        version: Version,
        deadline: Duration,
    ) -> Self {
        Self {
            connection,
            side,
            version,
            state: State::Connecting { deadline },
            queries: BTreeMap::new(),
            asked: Duration::ZERO,
            last_heard: Duration::ZERO,
            last_served: Duration::ZERO,
            conf: None,
            gone: false,
            ended: None,
            registered: false,
        }
    }

    pub(super) fn client(&mut self) -> Option<&mut Client> {
        match &mut self.state {
            State::Session { client, .. } => Some(client),
            State::Connecting { .. } => None,
        }
    }

    pub(super) const fn session(&self) -> Option<&Client> {
        match &self.state {
            State::Session { client, .. } => Some(client),
            State::Connecting { .. } => None,
        }
    }

    pub(super) const fn role(&self) -> Option<Role> {
        match &self.state {
            State::Session { role, .. } => Some(*role),
            State::Connecting { .. } => None,
        }
    }

    pub(super) fn set_role(&mut self, new: Role) {
        if let State::Session { role, .. } = &mut self.state {
            *role = new;
        }
    }

    /// Whether it is on its way to a session.
    pub(super) const fn is_attempt(&self) -> bool {
        matches!(self.role(), None | Some(Role::Opening))
    }

    /// Whether its side has, or will have, a session of use.
    pub(super) const fn is_of_use(&self) -> bool {
        !matches!(self.role(), Some(Role::Retiring { .. }))
    }

    /// Whether the session can stand by.
    pub(super) fn has_standby(&self) -> bool {
        let granted = self.conf.as_ref().map(|conf| conf.services_granted);
        knows_standby(self.version)
            && granted.is_some_and(|services| services.contains(ServiceMask::ACTIVE_STANDBY))
    }

    /// Since when something may be missing, now that it serves no more. A side that can stand by
    /// answers heartbeats after it has stopped to serve, and nothing tells when it did.
    pub(super) fn served_until(&self) -> Duration {
        if self.has_standby() {
            self.last_served
        } else {
            self.last_heard
        }
    }

    /// Whether OPEN_CONF said that the side stands by.
    pub(super) fn opened_on_standby(&self) -> bool {
        let session_type = self.conf.as_ref().map(|conf| conf.session_type);
        knows_standby(self.version) && session_type == Some(SessionType::STANDBY)
    }

    /// Does what is due at `now`.
    pub(super) fn handle_timeout(&mut self, now: Duration) {
        let State::Session { client, role } = &mut self.state else {
            return;
        };
        client.handle_timeout(now);
        if let Role::Retiring { close, drop } = *role {
            if close <= now || client.requests_in_flight() == 0 {
                client.close(now, StatusCode::NO_ERROR);
            }
            if drop <= now {
                client.handle_eof();
            }
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        match &self.state {
            State::Connecting { deadline } => Some(*deadline),
            State::Session { client, role } => {
                let own = match role {
                    // A session that is being closed has nothing left to wait for but the drop.
                    Role::Retiring { close, .. } if client.is_open() => Some(*close),
                    Role::Retiring { drop, .. } => Some(*drop),
                    Role::Opening | Role::Active | Role::Standby => None,
                };
                own.into_iter().chain(client.poll_timeout()).min()
            }
        }
    }
}

/// Whether a version has active and standby sides.
const fn knows_standby(version: Version) -> bool {
    matches!(version.dialect(), Dialect::Ucce) && version.number() >= 24
}
