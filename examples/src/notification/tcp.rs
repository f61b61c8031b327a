//! XMPP over TCP, in clear and over TLS: a task for each connection.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{
        Semaphore,
        mpsc::{self, error::TryRecvError},
    },
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;
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
    driver::{Driver, Ended, Machine},
    shutdown::Shutdown,
};

/// What every connection needs.
#[derive(Clone, Debug)]
pub(super) struct Tcp {
    domain: Jid,
    hub: Hub,
    login: Login,
    shutdown: Shutdown,
    /// Connections at one time, over both listeners.
    places: Arc<Semaphore>,
    /// Those of them that have not logged in.
    strangers: Arc<Semaphore>,
}

impl Tcp {
    pub(super) fn new(domain: Jid, hub: Hub, login: Login, shutdown: Shutdown) -> Self {
        Self {
            domain,
            hub,
            login,
            shutdown,
            places: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
            strangers: Arc::new(Semaphore::new(MAX_STRANGERS)),
        }
    }

    /// Serves a listener until the end is asked for and the clients have been told.
    pub(super) async fn accept(
        self,
        listener: TcpListener,
        tls: Option<Arc<rustls::ServerConfig>>,
    ) {
        let acceptor = tls.map(TlsAcceptor::from);
        let mut connections = JoinSet::new();
        loop {
            let (stream, address) = tokio::select! {
                () = self.shutdown.requested() => break,
                Some(_) = connections.join_next() => continue,
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        tracing::warn!(%error, "XMPP: cannot accept");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                        continue;
                    }
                },
            };
            let (Ok(place), Ok(stranger)) = (
                Arc::clone(&self.places).try_acquire_owned(),
                Arc::clone(&self.strangers).try_acquire_owned(),
            ) else {
                tracing::warn!(%address, "XMPP: no room for one more connection");
                continue;
            };
            // Events are small and must leave at once.
            let _ = stream.set_nodelay(true);
            let (tcp, acceptor) = (self.clone(), acceptor.clone());
            connections.spawn(async move {
                tcp.connection(stream, address, acceptor, stranger).await;
                drop(place);
            });
        }
        drop(listener);
        let all_gone = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(FAREWELL, all_gone).await.is_err() {
            connections.shutdown().await;
        }
    }

    async fn connection(
        self,
        stream: TcpStream,
        address: SocketAddr,
        acceptor: Option<TlsAcceptor>,
        stranger: tokio::sync::OwnedSemaphorePermit,
    ) {
        let Some(acceptor) = acceptor else {
            return self.session(stream, address, stranger).await;
        };
        match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => self.session(stream, address, stranger).await,
            Ok(Err(error)) => tracing::debug!(%address, %error, "XMPP: no TLS"),
            Err(_) => tracing::debug!(%address, "XMPP: the TLS handshake took too long"),
        }
    }

    async fn session<S>(
        self,
        stream: S,
        address: SocketAddr,
        stranger: tokio::sync::OwnedSemaphorePermit,
    ) where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let Ok(seed) = getrandom::u64() else {
            return;
        };
        // The listener in clear takes loopback addresses only, so that passwords are safe on both.
        let config = ServerConfig::new(self.domain.clone(), seed, Security::Protected)
            .with_negotiation_timeout(NEGOTIATION);
        let clock = self.hub.clock();
        let machine = Server::new(clock.now(), config, Form::Tcp);
        let (sender, commands) = mpsc::channel(QUEUE);
        let mut session = Session {
            key: self.hub.next_key(),
            driver: Driver::new(machine, stream, clock, MAX_OUTPUT),
            sender: Some(sender),
            commands,
            stranger: Some(stranger),
            pace: Some(Pace::new(clock.now())),
            tcp: self,
        };
        let ended = session.run().await;
        tracing::debug!(%address, jid = ?session.driver.machine.jid(), ended, "XMPP: over");
        session.tcp.hub.unbind(session.key);
    }
}

struct Session<S> {
    key: SessionKey,
    driver: Driver<Server, S>,
    /// Our end of the way, until it is given to the hub.
    sender: Option<mpsc::Sender<ToSession>>,
    commands: mpsc::Receiver<ToSession>,
    /// Our place among those who have not logged in.
    stranger: Option<tokio::sync::OwnedSemaphorePermit>,
    /// The web service publishes as fast as it can, everybody else keeps a pace.
    pace: Option<Pace>,
    tcp: Tcp,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    /// Runs to the end, and says why it came.
    async fn run(&mut self) -> &'static str {
        let (verdicts, mut checked) = mpsc::channel(1);
        let shutdown = self.tcp.shutdown.clone();
        loop {
            tokio::select! {
                biased;
                () = shutdown.requested() => {
                    return self.close(StreamCondition::SYSTEM_SHUTDOWN.into()).await;
                }
                Some(verdict) = checked.recv() => self.on_verdict(verdict),
                event = self.driver.next() => match event {
                    Ok(ServerEvent::Authenticate { user, credentials }) => {
                        let (login, verdicts) = (self.tcp.login.clone(), verdicts.clone());
                        tokio::spawn(async move {
                            let verdict = login.check(&user, &credentials).await;
                            // The session may be gone by now.
                            let _ = verdicts.send(verdict).await;
                        });
                    }
                    Ok(ServerEvent::Bind { user, resource }) => self.on_bind(&user, resource.as_deref()),
                    Ok(ServerEvent::Stanza(stanza)) => {
                        let cost = pace::cost(&stanza);
                        self.tcp.hub.stanza(self.key, stanza);
                        self.keep_pace(cost).await;
                        // Whoever sends all the time must be answered too.
                        if let Err(error) = self.take_commands() {
                            return self.close(error).await;
                        }
                    }
                    Ok(ServerEvent::Closed { reason }) => {
                        tracing::debug!(%reason, "XMPP: the stream ended");
                        self.driver.flush().await;
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
            Some(ToSession::Stanza(stanza)) => self.driver.machine.send(&stanza),
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
        let now = self.driver.now();
        if self.pace.as_mut().is_some_and(|pace| !pace.take(now, cost)) {
            tokio::time::sleep(pace::EACH * cost).await;
        }
    }

    fn on_verdict(&mut self, verdict: Result<(), SaslCondition>) {
        let answered = match verdict {
            Ok(()) => self.driver.machine.authenticate_ok(),
            Err(condition) => self.driver.machine.authenticate_failed(condition),
        };
        if let Err(error) = answered {
            // It timed out, or gave up, while the password was checked.
            tracing::debug!(%error, "XMPP: a late verdict");
        }
        self.driver.resume();
    }

    fn on_bind(&mut self, user: &Jid, resource: Option<&str>) {
        let Some(sender) = self.sender.clone() else {
            return;
        };
        let way = Way::Task(sender);
        let answered = match self.tcp.hub.bind(self.key, user, resource, way) {
            Ok(jid) => {
                tracing::info!(%jid, "XMPP: online");
                self.sender = None;
                self.stranger = None;
                if jid.local() == Some(WEB_SERVICE) {
                    self.pace = None;
                }
                self.driver.machine.bind_ok(jid)
            }
            Err(error) => self.driver.machine.bind_failed(error),
        };
        if let Err(error) = answered {
            tracing::debug!(%error, "XMPP: a late address");
        }
        self.driver.resume();
    }

    async fn close(&mut self, error: StreamError) -> &'static str {
        self.driver.machine.close(Some(error));
        self.driver.flush().await;
        "ended by us"
    }
}

impl Machine for Server {
    type Event = ServerEvent;
    type Error = Error;

    fn handle_input(&mut self, now: Duration, input: &mut BytesMut) -> Result<(), Error> {
        self.handle_input(now, input)
    }

    fn handle_timeout(&mut self, now: Duration) -> Result<(), Error> {
        self.handle_timeout(now);
        Ok(())
    }

    fn poll_transmit(&mut self) -> Option<Bytes> {
        self.poll_transmit()
    }

    fn poll_event(&mut self) -> Option<ServerEvent> {
        self.poll_event()
    }

    fn poll_timeout(&self) -> Option<Duration> {
        self.poll_timeout()
    }
}

/// Connections at one time: two thousand desktops, and some air.
const MAX_CONNECTIONS: usize = 4096;
/// Connections that have not logged in, at one time.
const MAX_STRANGERS: usize = 1024;
/// Time for login and resource; a password is checked within five seconds.
const NEGOTIATION: Duration = Duration::from_secs(15);
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Stanzas that wait for a session's task. The web service gets the presence of every session in one go when it
/// comes online, before its task can hand on the first.
pub(super) const QUEUE: usize = MAX_CONNECTIONS + super::bosh::MAX_SESSIONS + 1024;
/// Stanzas for the client after one from it: a few, so that they are written before there are too many.
const AT_ONCE: usize = 8;
/// Bytes that wait for a client that does not read.
const MAX_OUTPUT: usize = 1024 * 1024;
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const FAREWELL: Duration = Duration::from_secs(3);
