//! Who is available, and who hears of it. RFC 6121 §3 and §4.

use std::time::Duration;

use super::{Roster, Router, RouterEvent, RouterTransmit, SessionKey};
use crate::jid::Jid;
use crate::stanza::{Condition, ErrorType, Presence, PresenceKind, Stanza, StanzaError};

impl Router {
    pub(super) fn on_broadcast(&mut self, now: Duration, session: SessionKey, presence: Presence) {
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

    pub(super) fn become_unavailable(
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
            stanza: Stanza::Presence(presence).into(),
        });
    }

    pub(super) fn on_directed(&mut self, session: SessionKey, presence: Presence) {
        let (Some(to), Some(entry)) = (presence.to.clone(), self.sessions.get_mut(&session)) else {
            return;
        };
        match presence.kind {
            PresenceKind::Available => {
                let is_full = entry.directed.len() >= self.config.max_directed;
                if is_full && !entry.directed.contains(&to) {
                    // Nobody gets what cannot be taken back (XC-PR-02).
                    let error = StanzaError::new(ErrorType::Wait, Condition::RESOURCE_CONSTRAINT);
                    return self.send_presence(session, presence.to_error(error));
                }
                entry.directed.insert(to);
            }
            PresenceKind::Unavailable => {
                entry.directed.remove(&to);
            }
            PresenceKind::Subscribe
            | PresenceKind::Subscribed
            | PresenceKind::Unsubscribe
            | PresenceKind::Unsubscribed
            | PresenceKind::Probe => return self.on_subscription(session, &to, presence),
            PresenceKind::Error => {}
        }
        self.route(Stanza::Presence(presence));
    }

    /// XC-PR-05: without a roster nobody's presence can be subscribed to, and whoever asks is told.
    fn on_subscription(&mut self, session: SessionKey, to: &Jid, presence: Presence) {
        if self.config.roster == Roster::Host {
            let stanza = Box::new(Stanza::Presence(presence));
            return self.events.push_back(RouterEvent::Roster(stanza));
        }
        match presence.kind {
            PresenceKind::Probe => self.on_probe(session, to),
            PresenceKind::Subscribe | PresenceKind::Unsubscribe => {
                let mut refusal = Presence::new(PresenceKind::Unsubscribed);
                refusal.from = Some(to.bare());
                self.send_presence(session, refusal);
            }
            // Permission for somebody who cannot have asked: RFC 6121 §3.1.6 and §3.2.3 want no answer.
            PresenceKind::Subscribed
            | PresenceKind::Unsubscribed
            | PresenceKind::Available
            | PresenceKind::Unavailable
            | PresenceKind::Error => {}
        }
    }

    /// RFC 6121 §4.3.2: whoever may see somebody's presence gets it, everybody else a refusal.
    fn on_probe(&mut self, session: SessionKey, to: &Jid) {
        let Some(from) = self.jid(session) else {
            return;
        };
        let is_seen = to.same_bare(from)
            || self
                .config
                .beacon
                .as_ref()
                .is_some_and(|beacon| beacon.same_bare(from) || beacon.same_bare(to));
        let mut answers: Vec<Presence> = if is_seen {
            self.available_of(&to.bare())
                .iter()
                .filter_map(|key| self.sessions.get(key)?.presence.clone())
                .filter(|presence| to.is_bare() || presence.from.as_ref() == Some(to))
                .collect()
        } else {
            Vec::new()
        };
        if answers.is_empty() {
            let mut nothing = Presence::new(if is_seen {
                PresenceKind::Unavailable
            } else {
                PresenceKind::Unsubscribed
            });
            nothing.from = Some(to.bare());
            answers.push(nothing);
        }
        for answer in answers {
            self.send_presence(session, answer);
        }
    }

    pub(super) fn available_of(&self, user: &Jid) -> Vec<SessionKey> {
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
