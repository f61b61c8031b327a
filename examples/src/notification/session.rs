//! One client with a task of its own, whatever carries its stream.

use std::{sync::Arc, time::Duration};

use tokio::sync::{
    OwnedSemaphorePermit, Semaphore,
    mpsc::{self, error::TryRecvError},
};
use xmpp_pubsub::{
    Jid,
    sasl::SaslCondition,
    session::{Error, Security, Server, ServerConfig, ServerEvent, SessionKey},
    stream::{Form, StreamCondition, StreamError},
};

use super::{
    hub::{Hub, ToSession, Way},
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
    fn machine(&mut self) -> &mut Server;

    /// Moves what there is to move until the machine has an event. Nothing is lost when the future is dropped.
    async fn next(&mut self) -> Result<ServerEvent, Ended<Error>>;

    /// The machine was told what it had waited for.
    fn resume(&mut self);

    /// Sends what waits, and ends the connection.
    async fn flush(&mut self);
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
        let (sender, commands) = mpsc::channel(queue(self.all));
        let mut session = Session {
            key: self.hub.next_key(),
            carrier: carrier(Server::new(clock.now(), config, form)),
            clock,
            sender: Some(sender),
            commands,
            stranger: Some(room.stranger),
            pace: Some(Pace::new(clock.now())),
            clients: self,
        };
        let ended = session.run().await;
        tracing::debug!(jid = ?session.carrier.machine().jid(), ended, "XMPP: over");
        session.clients.hub.unbind(session.key);
        session.commands.close();
        let left = std::iter::from_fn(|| session.commands.try_recv().ok());
        let left = left.filter_map(ToSession::into_stanza).collect::<Vec<_>>();
        session.clients.hub.undelivered(left);
        drop(room.place);
    }
}

struct Session<C> {
    key: SessionKey,
    carrier: C,
    clock: Clock,
    /// Our end of the way, until it is given to the hub.
    sender: Option<mpsc::Sender<ToSession>>,
    commands: mpsc::Receiver<ToSession>,
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
                event = self.carrier.next() => match event {
                    Ok(ServerEvent::Authenticate { user, credentials }) => {
                        let (login, verdicts) = (self.clients.login.clone(), verdicts.clone());
                        tokio::spawn(async move {
                            let verdict = login.check(&user, &credentials).await;
                            // The session may be gone by now.
                            let _ = verdicts.send(verdict).await;
                        });
                    }
                    Ok(ServerEvent::Bind { user, resource }) => self.on_bind(&user, resource.as_deref()),
                    Ok(ServerEvent::Stanza(stanza)) => {
                        let cost = pace::cost(&stanza);
                        self.clients.hub.stanza(self.key, stanza);
                        self.keep_pace(cost).await;
                        // Whoever sends all the time must be answered too.
                        if let Err(error) = self.take_commands() {
                            return self.close(error).await;
                        }
                    }
                    Ok(ServerEvent::Closed { reason }) => {
                        tracing::debug!(%reason, "XMPP: the stream ended");
                        self.carrier.flush().await;
                        return "the stream ended";
                    }
                    Ok(_) => {}
                    Err(Ended::Disconnected) => return "the client is gone",
                    Err(Ended::Session(_)) => return "the client broke the protocol",
                    Err(Ended::SlowPeer) => return "the client does not read",
                },
                command = self.commands.recv() => {
                    if let Err(error) = self.on_command(command) {
                        return self.close(error).await;
                    }
                }
            }
        }
    }

    /// Hands the client what is there for it, up to a limit.
    ///
    /// # Errors
    ///
    /// As [`Self::on_command`].
    fn take_commands(&mut self) -> Result<(), StreamError> {
        for _ in 0..AT_ONCE {
            match self.commands.try_recv() {
                Ok(command) => self.on_command(Some(command))?,
                Err(TryRecvError::Disconnected) => self.on_command(None)?,
                Err(TryRecvError::Empty) => break,
            }
        }
        Ok(())
    }

    /// # Errors
    ///
    /// What the session must end with.
    fn on_command(&mut self, command: Option<ToSession>) -> Result<(), StreamError> {
        match command {
            Some(ToSession::Stanza(stanza)) => self.carrier.machine().send(&stanza),
            Some(ToSession::Close(error)) => return Err(error),
            // The hub has let go of us, because we did not keep up.
            None => {
                return Err(StreamError::new(
                    StreamCondition::RESOURCE_CONSTRAINT,
                    "the client does not keep up",
                ));
            }
        }
        Ok(())
    }

    /// A client that talks too fast is read more slowly.
    async fn keep_pace(&mut self, cost: u32) {
        let now = self.clock.now();
        if self.pace.as_mut().is_some_and(|pace| !pace.take(now, cost)) {
            tokio::time::sleep(pace::EACH * cost).await;
        }
    }

    fn on_verdict(&mut self, verdict: Result<(), SaslCondition>) {
        let answered = match verdict {
            Ok(()) => self.carrier.machine().authenticate_ok(),
            Err(condition) => self.carrier.machine().authenticate_failed(condition),
        };
        if let Err(error) = answered {
            // It timed out, or gave up, while the password was checked.
            tracing::debug!(%error, "XMPP: a late verdict");
        }
        self.carrier.resume();
    }

    fn on_bind(&mut self, user: &Jid, resource: Option<&str>) {
        let Some(sender) = self.sender.clone() else {
            return;
        };
        let way = Way::Task(sender);
        let answered = match self.clients.hub.bind(self.key, user, resource, way) {
            Ok(jid) => {
                tracing::info!(%jid, "XMPP: online");
                self.sender = None;
                self.stranger = None;
                if jid.local() == Some(WEB_SERVICE) {
                    self.pace = None;
                }
                self.carrier.machine().bind_ok(jid)
            }
            Err(error) => self.carrier.machine().bind_failed(error),
        };
        if let Err(error) = answered {
            tracing::debug!(%error, "XMPP: a late address");
        }
        self.carrier.resume();
    }

    async fn close(&mut self, error: StreamError) -> &'static str {
        self.carrier.machine().close(Some(error));
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
/// Stanzas for the client after one from it: a few, so that they are written before there are too many.
const AT_ONCE: usize = 8;
/// Bytes that wait for a client that does not read.
pub(super) const MAX_OUTPUT: usize = 1024 * 1024;
const FAREWELL: Duration = Duration::from_secs(3);
