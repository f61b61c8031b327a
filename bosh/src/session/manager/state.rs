//! Feature `serde`: a connection manager, or one session of it, taken down and taken up.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::sessions::Entry;
use super::{Channel, Event, Manager, SessionId};
use crate::session::RequestSlot;
use crate::session::config::ServerConfig;
use crate::session::server::{Session, SessionState};
use crate::session::state::{EventForm, StateError, VERSION, check_version, fits, within};

/// A [`Manager`] between two processes: all its sessions, and what it has not told yet.
///
/// Serialised, it is a record of the fields `version`, `next` (the number of sessions so far),
/// `shutting_down`, `sessions` (`serial` and `session`, a [`SessionState`] each) and `events`.
///
/// **It is a secret**, as [`SessionState`] is.
#[derive(Clone, Deserialize, Serialize)]
pub struct ManagerState {
    version: u32,
    next: u64,
    shutting_down: bool,
    sessions: Vec<Kept>,
    /// With the serial number of the session, which may be over.
    events: Vec<(u64, EventForm)>,
}

#[derive(Clone, Deserialize, Serialize)]
struct Kept {
    serial: u64,
    session: SessionState,
}

impl ManagerState {
    /// The sessions alone, oldest first, to be taken up one by one. Their events go with them.
    #[must_use]
    pub fn into_sessions(self) -> Vec<SessionState> {
        let mut events: BTreeMap<u64, Vec<EventForm>> = BTreeMap::new();
        for (serial, event) in self.events {
            events.entry(serial).or_default().push(event);
        }
        let sessions = self.sessions.into_iter();
        sessions
            .map(
                |Kept {
                     serial,
                     mut session,
                 }| {
                    session
                        .events
                        .extend(events.remove(&serial).into_iter().flatten());
                    session
                },
            )
            .collect()
    }
}

/// Of the sessions only their number shows.
impl fmt::Debug for ManagerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagerState")
            .field("version", &self.version)
            .field("sessions", &self.sessions.len())
            .field("shutting_down", &self.shutting_down)
            .finish_non_exhaustive()
    }
}

impl Manager {
    /// Takes all sessions down, so that another process can take them up. Send what
    /// [`poll_transmit`](Self::poll_transmit) has before: what is left of it is lost with its
    /// connections. Events that were not taken go along.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use bosh::session::{Manager, ManagerState, RequestSlot, ServerConfig};
    /// use bytes::Bytes;
    ///
    /// const NS: &str = "http://jabber.org/protocol/httpbind";
    ///
    /// let mut manager = Manager::new(ServerConfig::default(), || "k7Fq2".to_owned());
    /// let post = format!("<body xmlns='{NS}' rid='42' to='localhost' wait='60' hold='1' ver='1.6'/>");
    /// manager.handle_request(Duration::from_secs(5_000), RequestSlot(1), Bytes::from(post));
    ///
    /// // The process ends, and with it the connection of the request. The text is a secret.
    /// let state = manager.into_state(Duration::from_secs(5_000));
    /// let text = serde_json::to_string(&state)?;
    ///
    /// // Another one starts, whose clock counts anew.
    /// let state: ManagerState = serde_json::from_str(&text)?;
    /// let sids = || "w3Zx8".to_owned();
    /// let mut manager = Manager::from_state(ServerConfig::default(), sids, Duration::ZERO, state)?;
    /// assert_eq!(manager.len(), 1);
    /// assert!(manager.poll_event().is_some(), "nobody was told of the session yet");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn into_state(self, now: Duration) -> ManagerState {
        let next = self.sessions.next;
        let mut sessions: Vec<Kept> = self
            .sessions
            .into_entries()
            .map(|entry| Kept {
                serial: entry.id.serial,
                session: entry.into_state(now),
            })
            .collect();
        sessions.sort_unstable_by_key(|kept| kept.serial);
        let events = self.events.into_iter();
        ManagerState {
            version: VERSION,
            next,
            shutting_down: self.shutting_down,
            sessions,
            events: events
                .map(|(id, event)| (id.serial, event.into()))
                .collect(),
        }
    }

    /// Goes on where another process took its manager down; `now` is this process's time, and
    /// `sids` are as in [`Manager::new`].
    ///
    /// [`SessionId`]s are new: [`sessions`](Self::sessions) tells which is whose by the
    /// [`Sid`](crate::Sid).
    ///
    /// # Errors
    ///
    /// If the state is of another version, holds more sessions than the settings allow, or one of
    /// them cannot be taken up. To lose no others then,
    /// [take them up one by one](ManagerState::into_sessions).
    pub fn from_state(
        config: ServerConfig,
        sids: impl FnMut() -> String + Send + 'static,
        now: Duration,
        state: ManagerState,
    ) -> Result<Self, StateError> {
        check_version(state.version)?;
        let mut manager = Self::new(config, sids);
        let mut known = BTreeMap::new();
        for Kept { serial, session } in state.sessions {
            fits(
                "sessions",
                manager.sessions.next <= serial && serial < state.next,
            )?;
            manager.sessions.next = serial;
            known.insert(serial, manager.take_up(now, session)?);
        }
        fits("sessions", state.next < u64::MAX / 2)?;
        manager.sessions.next = state.next;
        for (serial, event) in state.events {
            fits("events", serial < state.next)?;
            // One that is over has its last words.
            let gone = SessionId {
                serial,
                index: u32::MAX,
            };
            let id = known.get(&serial).copied().unwrap_or(gone);
            let event = event.read(&manager.config.codec)?;
            manager.events.push_back((id, event));
        }
        manager.shutting_down = state.shutting_down;
        Ok(manager)
    }

    /// Takes one session down, so that another manager can take it up, with the events that were
    /// not taken. The manager knows nothing of it any more.
    ///
    /// The slots are those of the requests that waited in it. They are never answered: their
    /// connections are to be closed, so that the client repeats the requests where the session
    /// is now.
    ///
    /// `None` if the session is over.
    #[must_use]
    pub fn take_down(
        &mut self,
        now: Duration,
        id: SessionId,
    ) -> Option<(SessionState, Vec<RequestSlot>)> {
        self.flush();
        let entry = self.sessions.remove(id)?;
        self.timers.set(id.index, None);
        if entry.authenticating {
            self.unauthenticated -= 1;
        }
        let slots = entry.session.waiting();
        let (own, others): (VecDeque<_>, _) = std::mem::take(&mut self.events)
            .into_iter()
            .partition(|(other, _)| *other == id);
        self.events = others;
        let mut state = entry.into_state(now);
        let events = own.into_iter().map(|(_, event): (_, Event)| event.into());
        state.events.extend(events);
        Some((state, slots))
    }

    /// Takes up one session that another manager took down; `now` is this process's time.
    ///
    /// # Errors
    ///
    /// As for [`Session::from_state`]; also if this manager is being shut down, has as many
    /// sessions as it may, or one with the same id, or if the session is over.
    pub fn take_up(&mut self, now: Duration, state: SessionState) -> Result<SessionId, StateError> {
        if self.shutting_down {
            return Err(StateError::ShuttingDown);
        }
        within(
            "sessions",
            self.sessions.len() + 1,
            self.config.max_sessions,
        )?;
        let sid = state.sid();
        fits("the session id", !sid.as_str().is_empty())?;
        if self.sessions.find(sid).is_some() {
            return Err(StateError::SidInUse);
        }
        let channel = state.channel.unwrap_or(Channel::Clear);
        let mut session = Session::from_state(Arc::clone(&self.config), now, state)?;
        fits("the end of the session", !session.is_ended())?;
        let Some(id) = self.sessions.next_id() else {
            let max = u64::from(u32::MAX);
            return Err(StateError::Limit {
                what: "sessions",
                max,
            });
        };
        self.tell_all(id, &mut session);
        self.sessions.put(id, channel, session);
        self.with(id, |_| {});
        Ok(id)
    }
}

impl Entry {
    fn into_state(self, now: Duration) -> SessionState {
        let mut state = self.session.into_state(now);
        state.channel = Some(self.channel);
        state
    }
}
