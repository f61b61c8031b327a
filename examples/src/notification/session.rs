//! One client with a task of its own, whatever carries its stream.

use std::{sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use xmpp_pubsub::{
    Jid, Stanza,
    sasl::SaslCondition,
    session::{Error, Security, Server, ServerConfig, ServerEvent, SessionKey},
    stream::{Form, StreamCondition, StreamError},
};

use super::{
    hub::{Hub, Way},
    login::{Login, WEB_SERVICE},
    pace::{self, Pace},
};
use crate::{
    driver::{Clock, Ended},
    settings::NotificationSettings,
    shutdown::Shutdown,
};

/// What carries a stream: bytes over TCP or messages over a WebSocket.
pub(super) trait Carrier {
    /// Asks the machine, or tells it something.
    fn with_machine<T>(&mut self, ask: impl FnOnce(&mut Server) -> T) -> T;

    /// The way to the client, until it is [`bound`](Self::bound).
    fn way(&self) -> Option<Way>;

    /// The hub alone has the way now.
    fn bound(&mut self);

    /// Moves what there is to move until something has to be done. Nothing is lost when the future is dropped.
    async fn next(&mut self) -> Result<Step, Ended<Error>>;

    /// The machine was told what it had waited for.
    fn resume(&mut self);

    /// Sends what waits, and ends the connection.
    async fn flush(&mut self);

    /// What the hub has handed out and the machine was not given. Nothing follows: the hub has forgotten the session.
    fn left(&mut self) -> Vec<Stanza>;
}

/// What a session has to do.
#[derive(Debug)]
pub(super) enum Step {
    /// The machine tells something.
    Event(ServerEvent),
    /// The hub has the session end.
    Close(StreamError),
}

/// What every such client needs. Clones are the same one.
#[derive(Clone, Debug)]
pub(super) struct Clients {
    domain: Jid,
    hub: Hub,
    login: Login,
    shutdown: Shutdown,
    /// Clients at one time, over all listeners.
    places: Arc<Semaphore>,
    /// How many places there are.
    all: u32,
    /// Those of them that have not logged in.
    strangers: Arc<Semaphore>,
}

/// Room for one client that has not logged in.
#[derive(Debug)]
pub(super) struct Room {
    place: OwnedSemaphorePermit,
    stranger: OwnedSemaphorePermit,
}

impl Clients {
    pub(super) fn new(
        domain: Jid,
        settings: &NotificationSettings,
        hub: Hub,
        login: Login,
        shutdown: Shutdown,
    ) -> Self {
        Self {
            domain,
            hub,
            login,
            shutdown,
            places: Arc::new(Semaphore::new(settings.places())),
            all: settings.sessions,
            strangers: Arc::new(Semaphore::new(settings.strangers())),
        }
    }

    /// Room for one more, if there is.
    pub(super) fn room(&self) -> Option<Room> {
        Some(Room {
            place: Arc::clone(&self.places).try_acquire_owned().ok()?,
            stranger: Arc::clone(&self.strangers).try_acquire_owned().ok()?,
        })
    }

    pub(super) fn clock(&self) -> Clock {
        self.hub.clock()
    }

    /// Stanzas that may wait for one of them.
    pub(super) fn queue(&self) -> usize {
        queue(self.all)
    }

    pub(super) fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }

    /// Waits until the end is asked for and the clients have been told.
    pub(super) async fn farewell(self) {
        self.shutdown.requested().await;
        // Who is still there then is cut off.
        let _ = tokio::time::timeout(FAREWELL, self.places.acquire_many(self.all)).await;
    }

    /// Serves a client to its end. `carrier` is made around the server's machine.
    pub(super) async fn serve<C: Carrier>(
        self,
        room: Room,
        form: Form,
        carrier: impl FnOnce(Server) -> C,
    ) {
        let Ok(seed) = getrandom::u64() else {
            return;
        };
        // Listeners in clear take loopback addresses only, so that passwords are safe on all.
        let config = ServerConfig::new(self.domain.clone(), seed, Security::Protected)
            .with_negotiation_timeout(NEGOTIATION);
        let clock = self.clock();
        let mut session = Session {
            key: self.hub.next_key(),
            carrier: carrier(Server::new(clock.now(), config, form)),
            clock,
            stranger: Some(room.stranger),
            pace: Some(Pace::new(clock.now())),
            clients: self,
        };
        let ended = session.run().await;
        let jid = session
            .carrier
            .with_machine(|machine| machine.jid().cloned());
        tracing::debug!(?jid, ended, "XMPP: over");
        session.clients.hub.unbind(session.key);
        let left = session.carrier.left();
        session.clients.hub.undelivered(left);
        drop(room.place);
    }
}

struct Session<C> {
    key: SessionKey,
    carrier: C,
    clock: Clock,
    /// Our place among those who have not logged in.
    stranger: Option<OwnedSemaphorePermit>,
    /// The web service publishes as fast as it can, everybody else keeps a pace.
    pace: Option<Pace>,
    clients: Clients,
}

impl<C: Carrier> Session<C> {
    /// Runs to the end, and says why it came.
    async fn run(&mut self) -> &'static str {
        let (verdicts, mut checked) = mpsc::channel(1);
        let shutdown = self.clients.shutdown.clone();
        loop {
            tokio::select! {
                biased;
                () = shutdown.requested() => {
                    return self.close(StreamCondition::SYSTEM_SHUTDOWN.into()).await;
                }
                Some(verdict) = checked.recv() => self.on_verdict(verdict),
                step = self.carrier.next() => match step {
                    Ok(Step::Event(event)) => {
                        if let Some(ended) = self.on_event(event, &verdicts).await {
                            return ended;
                        }
                    }
                    Ok(Step::Close(error)) => return self.close(error).await,
                    Err(Ended::Disconnected) => return "the client is gone",
                    Err(Ended::Session(_)) => return "the client broke the protocol",
                    Err(Ended::SlowPeer) => return "the client does not read",
                },
            }
        }
    }

    /// Does what the machine wants. Says why the session is over, when it is.
    async fn on_event(
        &mut self,
        event: ServerEvent,
        verdicts: &mpsc::Sender<Result<(), SaslCondition>>,
    ) -> Option<&'static str> {
        match event {
            ServerEvent::Authenticate { user, credentials } => {
                let (login, verdicts) = (self.clients.login.clone(), verdicts.clone());
                tokio::spawn(async move {
                    let verdict = login.check(&user, &credentials).await;
                    // The session may be gone by now.
                    let _ = verdicts.send(verdict).await;
                });
            }
            ServerEvent::Bind { user, resource } => self.on_bind(&user, resource.as_deref()),
            ServerEvent::Stanza(stanza) => {
                let cost = pace::cost(&stanza);
                self.clients.hub.stanza(self.key, stanza).write().await;
                self.keep_pace(cost).await;
            }
            ServerEvent::Closed { reason } => {
                tracing::debug!(%reason, "XMPP: the stream ended");
                self.carrier.flush().await;
                return Some("the stream ended");
            }
            // The stream offers neither TLS nor SCRAM.
            ServerEvent::StartTls | _ => {}
        }
        None
    }

    /// A client that talks too fast is read more slowly.
    async fn keep_pace(&mut self, cost: u32) {
        let now = self.clock.now();
        if self.pace.as_mut().is_some_and(|pace| !pace.take(now, cost)) {
            tokio::time::sleep(pace::EACH * cost).await;
        }
    }

    fn on_verdict(&mut self, verdict: Result<(), SaslCondition>) {
        let answered = self.carrier.with_machine(|machine| match verdict {
            Ok(()) => machine.authenticate_ok(),
            Err(condition) => machine.authenticate_failed(condition),
        });
        if let Err(error) = answered {
            // It timed out, or gave up, while the password was checked.
            tracing::debug!(%error, "XMPP: a late verdict");
        }
        self.carrier.resume();
    }

    fn on_bind(&mut self, user: &Jid, resource: Option<&str>) {
        let Some(way) = self.carrier.way() else {
            return;
        };
        let answered = match self.clients.hub.bind(self.key, user, resource, way) {
            Ok(jid) => {
                tracing::info!(%jid, "XMPP: online");
                self.carrier.bound();
                self.stranger = None;
                if jid.local() == Some(WEB_SERVICE) {
                    self.pace = None;
                }
                self.carrier.with_machine(|machine| machine.bind_ok(jid))
            }
            Err(error) => self
                .carrier
                .with_machine(|machine| machine.bind_failed(error)),
        };
        if let Err(error) = answered {
            tracing::debug!(%error, "XMPP: a late address");
        }
        self.carrier.resume();
    }

    async fn close(&mut self, error: StreamError) -> &'static str {
        self.carrier
            .with_machine(|machine| machine.close(Some(error)));
        self.carrier.flush().await;
        "ended by us"
    }
}

/// Stanzas that wait for a session's task. The web service gets the presence of every session, of BOSH and of others,
/// in one go when it comes online, before its task can hand on the first.
pub(super) fn queue(sessions: u32) -> usize {
    let sessions = usize::try_from(sessions).unwrap_or(usize::MAX);
    sessions.saturating_mul(2).saturating_add(1024)
}

/// Time for login and resource; a password is checked within five seconds.
const NEGOTIATION: Duration = Duration::from_secs(15);
/// Bytes that wait for a client that does not read.
pub(super) const MAX_OUTPUT: usize = 1024 * 1024;
const FAREWELL: Duration = Duration::from_secs(3);
