//! Everything that sessions share: one router, one pubsub service, and the way to each session.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::BytesMut;
use tokio::sync::{
    Notify,
    mpsc::{self, UnboundedReceiver},
};
use xmpp_pubsub::{
    Jid, Outgoing, Stanza, StanzaError,
    service::Service,
    session::{Router, RouterConfig, RouterEvent, SessionKey, Traffic},
    stream::{StreamCondition, StreamError},
};

use super::{
    journal::{Journal, Report},
    login::WEB_SERVICE,
    nodes::{self, START},
    outlet::{Outlet, Put},
};
use crate::{
    driver::{Clock, sleep_until},
    shutdown::Shutdown,
};

/// The addresses served.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// Of users.
    pub(super) domain: Jid,
    /// Of the pubsub service.
    pub(super) pubsub: Jid,
}

/// What a session is handed.
#[derive(Debug)]
pub(super) enum ToSession {
    /// A stanza for its client.
    Stanza(Outgoing),
    /// The session must end, with this error.
    Close(StreamError),
}

impl ToSession {
    /// The stanza, if it is one.
    pub(super) fn into_stanza(self) -> Option<Stanza> {
        match self {
            Self::Stanza(stanza) => Some(stanza.into_stanza()),
            Self::Close(_) => None,
        }
    }
}

/// The way to a session.
#[derive(Debug)]
pub(super) enum Way {
    /// To the session's own task.
    Task(mpsc::Sender<ToSession>),
    /// To the session's stream.
    Outlet(Arc<dyn Outlet>),
    /// To the task of all BOSH sessions, which bounds what waits for each of them.
    Bosh(mpsc::UnboundedSender<(SessionKey, ToSession)>),
}

/// Outlets that have something to write. Dropped, it leaves that to the tasks of their sessions.
#[derive(Debug)]
pub(super) struct Due {
    outlets: VecDeque<Arc<dyn Outlet>>,
}

impl Due {
    /// Writes to all of them.
    pub(super) async fn write(mut self) {
        let mut count = 0_usize;
        let mut room = BytesMut::new();
        while let Some(outlet) = self.outlets.pop_front() {
            outlet.write(&mut room);
            count += 1;
            if count.is_multiple_of(IN_A_ROW) {
                tokio::task::yield_now().await;
            }
        }
    }
}

impl Drop for Due {
    fn drop(&mut self) {
        for outlet in &self.outlets {
            outlet.wake();
        }
    }
}

/// The hub. Clones are the same one.
#[derive(Clone, Debug)]
pub(super) struct Hub {
    shared: Arc<Mutex<Shared>>,
    clock: Clock,
    /// Told when the service wants to be woken at another time.
    other_time: Arc<Notify>,
}

#[derive(Debug)]
struct Shared {
    names: Names,
    router: Router,
    service: Service,
    /// Where the service's changes are written, if they are and it has not ended.
    journal: Option<Journal>,
    ways: HashMap<SessionKey, Way>,
    /// What the present call has something for.
    outlets: VecDeque<Arc<dyn Outlet>>,
    /// Whose stanza it takes: that session looks after its own.
    calling: Option<SessionKey>,
    last: u64,
    /// When the service wants to be woken, as far as [`Hub::keep_time`] was told.
    due: Option<Duration>,
    other_time: Arc<Notify>,
}

impl Hub {
    /// A hub without sessions. The service's clock stands at [`START`].
    pub(super) fn new(
        names: Names,
        service: Service,
        journal: Option<Journal>,
        for_router: u64,
    ) -> Self {
        let mut config = RouterConfig::new(names.domain.clone(), for_router)
            .with_component(names.pubsub.clone())
            .with_traffic(Traffic::ServicesOnly);
        // The web service starts the clock of a forced sign-out when it sees a user go; users see whether it is there.
        if let Ok(web) = Jid::from_parts(Some(WEB_SERVICE), names.domain.domain(), None) {
            config = config.with_beacon(web);
        }
        let router = Router::new(config);
        let ways = HashMap::default();
        let other_time = Arc::new(Notify::new());
        let clock = Clock::start();
        let mut shared = Shared {
            names,
            router,
            service,
            journal,
            ways,
            outlets: VecDeque::new(),
            calling: None,
            last: 0,
            due: None,
            other_time: Arc::clone(&other_time),
        };
        // What ended while there was no service is told, and what will end is waited for.
        shared.hand_out(START);
        Self {
            shared: Arc::new(Mutex::new(shared)),
            clock,
            other_time,
        }
    }

    /// Hears what is written and read, until there is no more. If that was not asked for, the service is over: it
    /// has done more than is written, and must not say so.
    pub(super) async fn keep_journal(self, mut reports: UnboundedReceiver<Report>) {
        loop {
            match reports.recv().await {
                Some(Report::Written {
                    seq,
                    wants_snapshot,
                }) => self.written(seq, wants_snapshot),
                Some(Report::Read { id, answer }) => {
                    let now = self.clock.now();
                    let mut shared = self.lock();
                    shared.service.handle_storage(now, id, answer);
                    shared.hand_out(now);
                }
                Some(Report::Failed(error)) => {
                    tracing::error!(
                        %error,
                        "the journal cannot be written and the service ends; started again, it goes on from what \
                         was written"
                    );
                    break;
                }
                None => break,
            }
        }
        self.lock().service.journal_failed();
    }

    /// Lets the journal's thread end. Whatever happens from now on is not written.
    pub(super) fn close_journal(&self) {
        self.lock().journal = None;
    }

    fn written(&self, seq: u64, wants_snapshot: bool) {
        let now = self.clock.now();
        let mut shared = self.lock();
        shared.service.journal_confirmed(now, seq);
        shared.hand_out(now);
        // Every entry is handed out.
        if wants_snapshot && let Some(journal) = &shared.journal {
            journal.compact(shared.service.snapshot());
        }
    }

    /// Wakes the service when it wants to be: for leases that end, digests, items that are too old.
    pub(super) async fn keep_time(self, shutdown: Shutdown) {
        loop {
            let due = self.lock().due.map(|due| self.clock.instant(due));
            tokio::select! {
                () = shutdown.requested() => return,
                () = self.other_time.notified() => {}
                () = sleep_until(due) => {
                    let now = self.clock.now();
                    let mut shared = self.lock();
                    shared.service.handle_timeout(now);
                    shared.hand_out(now);
                }
            }
        }
    }

    /// The clock that sessions go by.
    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    /// A number for a new session.
    pub(super) fn next_key(&self) -> SessionKey {
        let mut shared = self.lock();
        shared.last += 1;
        SessionKey(shared.last)
    }

    /// Gives a session its address, from which on it gets stanzas.
    pub(super) fn bind(
        &self,
        key: SessionKey,
        user: &Jid,
        resource: Option<&str>,
        way: Way,
    ) -> Result<Jid, StanzaError> {
        let now = self.clock.now();
        let mut shared = self.lock();
        let jid = shared.router.bind(now, key, user, resource);
        if let Ok(jid) = &jid {
            shared.ways.insert(key, way);
            let Shared { service, names, .. } = &mut *shared;
            match jid.local() {
                Some(WEB_SERVICE) | None => {}
                Some(login_id) => nodes::add_user(service, now, names, login_id),
            }
        }
        shared.hand_out(now);
        jid
    }

    /// Forgets a session.
    pub(super) fn unbind(&self, key: SessionKey) {
        let now = self.clock.now();
        let mut shared = self.lock();
        shared.ways.remove(&key);
        shared.router.unbind(now, key);
        shared.hand_out(now);
    }

    /// Tells the senders of stanzas that a session was handed, and its client never got. The session is
    /// forgotten by now.
    pub(super) fn undelivered(&self, stanzas: impl IntoIterator<Item = Stanza>) {
        let now = self.clock.now();
        let mut shared = self.lock();
        for stanza in stanzas {
            shared.router.handle_undelivered(&stanza);
        }
        shared.hand_out(now);
    }

    /// Takes a stanza of a session. What it brought others is to be written; what it brought the session itself is left to
    /// its task.
    pub(super) fn stanza(&self, key: SessionKey, stanza: Stanza) -> Due {
        let now = self.clock.now();
        let mut shared = self.lock();
        shared.router.handle_stanza(now, key, stanza);
        shared.calling = Some(key);
        let due = shared.hand_out(now);
        shared.calling = None;
        due
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Router and service are whole after every call, so that a panic elsewhere does not spoil them.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Moves stanzas, events and entries of the journal until nothing is left.
    fn hand_out(&mut self, now: Duration) -> Due {
        loop {
            let mut idle = true;
            while let Some(entry) = self.service.poll_journal() {
                if let Some(journal) = &self.journal {
                    journal.append(entry);
                }
            }
            while let Some(request) = self.service.poll_storage() {
                if let Some(journal) = &self.journal {
                    journal.read(request);
                }
            }
            while let Some(event) = self.router.poll_event() {
                idle = false;
                self.on_event(now, event);
            }
            while let Some(stanza) = self.service.poll_outgoing() {
                idle = false;
                self.router.deliver(stanza);
                // One after the other, before there are many.
                self.send_all();
            }
            idle &= !self.send_all();
            if idle {
                break;
            }
        }
        let due = self.service.poll_timeout();
        if due != self.due {
            self.due = due;
            self.other_time.notify_one();
        }
        Due {
            outlets: std::mem::take(&mut self.outlets),
        }
    }

    fn on_event(&mut self, now: Duration, event: RouterEvent) {
        match event {
            // There is one component.
            RouterEvent::Component { stanza, .. } => self.service.handle_stanza(now, &stanza),
            RouterEvent::Replaced { session, jid } => {
                tracing::info!(%jid, "a newer session took the resource");
                let error = StreamCondition::CONFLICT.into();
                self.send(session, ToSession::Close(error));
                self.ways.remove(&session);
            }
            RouterEvent::Reachable { jid, reachable } => {
                self.service.set_reachable(now, &jid, reachable);
            }
            RouterEvent::UserAvailable { user } => tracing::info!(%user, "available"),
            RouterEvent::UserUnavailable { user, since } => {
                tracing::info!(%user, since = ?Duration::from_secs(since.as_secs()), "unavailable");
            }
            // Nobody keeps a roster here.
            RouterEvent::Roster(_) | _ => {}
        }
    }

    /// Returns whether there was something to send.
    fn send_all(&mut self) -> bool {
        let mut sent = false;
        while let Some(transmit) = self.router.poll_transmit() {
            sent = true;
            self.send(transmit.session, ToSession::Stanza(transmit.stanza));
        }
        sent
    }

    /// A session whose task does not keep up loses its way, by which the task knows that it must end.
    fn send(&mut self, key: SessionKey, item: ToSession) {
        let kept = match self.ways.get(&key) {
            Some(Way::Task(task)) => task.try_send(item).is_ok(),
            Some(Way::Outlet(outlet)) => match outlet.put(item) {
                Put::First => {
                    if self.calling != Some(key) {
                        self.outlets.push_back(Arc::clone(outlet));
                    }
                    true
                }
                Put::Kept => true,
                Put::Full => false,
            },
            Some(Way::Bosh(task)) => task.send((key, item)).is_ok(),
            None => return,
        };
        if !kept {
            tracing::warn!(jid = ?self.router.jid(key), "a session does not keep up");
            self.ways.remove(&key);
        }
    }
}

/// Streams written to before other tasks have their turn: at a few microseconds each, less than 10 ms. Each turn given away
/// wakes another thread, which with 64 in a row cost more than the writing saved.
const IN_A_ROW: usize = 512;

#[cfg(test)]
pub(super) mod tests;
