//! The session with the engine: opened again and again, its picture built each time, then events in and
//! requests out.

mod read;
mod rebuild;
#[cfg(test)]
mod tests;
mod write;

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use bytes::{Bytes, BytesMut};
use cti_proto::{
    Message, Version,
    code::{
        AgentStateMask, CallEventMask, ConfigMask, InvokeId, ServiceMask, StatusCode, SystemEventId,
    },
    codec::{Secret, Text},
    session::{
        Client, CloseReason, Error,
        client::{Config, Event, Failure as Refusal, OffLine},
    },
};
use tokio::{net::TcpStream, sync::mpsc, time::Instant};

use self::rebuild::Rebuild;
use super::{
    connect::connect,
    core::{CallId, Core, EngineEvent, EngineRequest, Token},
    node::Node,
};
use crate::{
    driver::{Driver, Machine, sleep_until},
    shutdown::Shutdown,
};

/// Keeps a session with the engine at `address` until the end is asked for.
pub(super) async fn run(node: Node, address: SocketAddr, shutdown: Shutdown) {
    while !shutdown.is_requested() {
        let Some(connection) = connect(address, &shutdown).await else {
            return;
        };
        let pause = match connection {
            Ok(stream) => {
                let ended = Session::new(node.clone(), stream).run(&shutdown).await;
                node.change(Core::engine_lost);
                tracing::warn!(%address, %ended, "no session with the engine");
                ended.pause()
            }
            Err(error) => {
                tracing::debug!(%address, %error, "no engine");
                AFTER_LOSS
            }
        };
        tokio::select! {
            () = shutdown.requested() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
enum SessionEnd {
    /// The machine said so.
    #[error("{0:?}")]
    Closed(CloseReason),
    /// The stream broke, or the peer does not read.
    #[error("the connection broke")]
    Broken,
    /// What the engine describes did not become complete in time.
    #[error("the engine did not describe itself in time")]
    NoPicture,
    /// The session could not be used.
    #[error(transparent)]
    Machine(#[from] Error),
}

impl SessionEnd {
    /// How long to leave the engine alone. One that refused is not asked again for 10 s: that is how long
    /// a standby is left alone.
    fn pause(&self) -> Duration {
        match self {
            Self::Closed(CloseReason::Refused { .. }) => AFTER_REFUSAL,
            Self::Closed(_) | Self::Broken | Self::NoPicture | Self::Machine(_) => AFTER_LOSS,
        }
    }
}

/// One session, from the connection to its end.
struct Session {
    node: Node,
    driver: Driver<Client, TcpStream>,
    requests: mpsc::UnboundedReceiver<(Token, EngineRequest)>,
    tokens: BTreeMap<InvokeId, Token>,
    rebuild: Option<(Rebuild, Instant)>,
}

impl Session {
    fn new(node: Node, stream: TcpStream) -> Self {
        let requests = node.attach_engine();
        let driver = Driver::new(Client::new(config()), stream, node.clock(), MAX_OUTPUT);
        Self {
            node,
            driver,
            requests,
            tokens: BTreeMap::new(),
            rebuild: None,
        }
    }

    async fn run(mut self, shutdown: &Shutdown) -> SessionEnd {
        let now = self.driver.now();
        if let Err(error) = self.driver.machine.open(now) {
            return error.into();
        }
        loop {
            let deadline = self.rebuild.as_ref().map(|(_, deadline)| *deadline);
            let result = tokio::select! {
                biased;
                () = shutdown.requested() => {
                    let now = self.driver.now();
                    self.driver.machine.close(now, StatusCode::NO_ERROR);
                    self.driver.flush().await;
                    return SessionEnd::Closed(CloseReason::Local);
                }
                event = self.driver.next() => match event {
                    Ok(Event::Closed(reason)) => {
                        self.driver.flush().await;
                        return SessionEnd::Closed(reason);
                    }
                    Ok(event) => self.on_event(event),
                    Err(_) => return SessionEnd::Broken,
                },
                Some((token, request)) = self.requests.recv() => {
                    self.on_request(token, &request);
                    Ok(())
                }
                () = sleep_until(deadline) => return SessionEnd::NoPicture,
            };
            if let Err(error) = result.and_then(|()| self.go_on_rebuilding()) {
                return error.into();
            }
        }
    }

    fn on_event(&mut self, event: Event) -> Result<(), Error> {
        match event {
            Event::Opened(conf) if conf.peripheral_online => self.begin_rebuilding(),
            Event::Opened(_) => {
                tracing::info!("the engine is there, but has no switch");
                Ok(())
            }
            Event::Answer(answer) => {
                self.on_answer(answer.invoke_id, &answer.result);
                Ok(())
            }
            Event::Message(Message::SystemEvent(event)) => match event.system_event_id {
                SystemEventId::PERIPHERAL_OFFLINE => {
                    tracing::warn!("the engine has lost its switch");
                    self.rebuild = None;
                    self.node.change(Core::engine_lost);
                    Ok(())
                }
                SystemEventId::PERIPHERAL_ONLINE if self.is_idle() => self.begin_rebuilding(),
                _ => Ok(()),
            },
            Event::Message(message) => {
                if let Some((rebuild, _)) = &mut self.rebuild {
                    rebuild.on_message(&message);
                }
                let events = read::events(&message);
                self.node.change(|core, now| {
                    for event in events {
                        core.handle_engine(now, event);
                    }
                });
                Ok(())
            }
            Event::Malformed { frame, error } => {
                tracing::warn!(message = ?frame.message_type, %error, "a message of the engine is unreadable");
                Ok(())
            }
            // Looked at before.
            Event::Closed(_) | _ => Ok(()),
        }
    }

    fn on_answer(&mut self, invoke_id: InvokeId, result: &Result<Message, Refusal>) {
        if let Some(token) = self.tokens.remove(&invoke_id) {
            let event = match result {
                Ok(Message::MakeCallConf(conf)) => EngineEvent::Confirmed {
                    token,
                    call: Some(CallId(conf.new_connection_call_id.0)),
                },
                Ok(_) => EngineEvent::Confirmed { token, call: None },
                Err(refusal) => EngineEvent::Refused {
                    token,
                    failure: read::failure(refusal),
                },
            };
            self.node.change(|core, now| core.handle_engine(now, event));
            return;
        }
        let event = self
            .rebuild
            .as_mut()
            .and_then(|(rebuild, _)| rebuild.on_answer(invoke_id, result));
        if let Some(event) = event {
            self.node.change(|core, now| core.handle_engine(now, event));
        }
    }

    fn on_request(&mut self, token: Token, request: &EngineRequest) {
        let now = self.driver.now();
        match self.driver.machine.request(now, write::message(request)) {
            Ok(handle) => {
                self.tokens.insert(handle.invoke_id(), token);
            }
            Err(error) => {
                tracing::warn!(%error, "a request cannot be sent");
                let failure = read::failure(&Refusal::Closed);
                let event = EngineEvent::Refused { token, failure };
                self.node.change(|core, now| core.handle_engine(now, event));
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.rebuild.is_none() && !self.node.read(|core, _| core.is_in_service())
    }

    fn begin_rebuilding(&mut self) -> Result<(), Error> {
        self.node.change(Core::engine_connected);
        self.rebuild = Some((Rebuild::new(), Instant::now() + PICTURE));
        self.driver.machine.send(Rebuild::begin())
    }

    fn go_on_rebuilding(&mut self) -> Result<(), Error> {
        let Some((rebuild, _)) = &mut self.rebuild else {
            return Ok(());
        };
        while let Some((query, message)) = rebuild.next_query() {
            let now = self.driver.now();
            let invoke_id = self.driver.machine.request(now, message)?.invoke_id();
            rebuild.sent(invoke_id, query);
        }
        if rebuild.is_finished() {
            self.rebuild = None;
            tracing::info!("in service");
            self.node.change(Core::engine_ready);
        }
        Ok(())
    }
}

impl Machine for Client {
    type Event = Event;
    type Error = Error;

    fn handle_input(&mut self, now: Duration, input: &mut BytesMut) -> Result<(), Error> {
        Self::handle_input(self, now, input)
    }

    fn handle_timeout(&mut self, now: Duration) -> Result<(), Error> {
        Self::handle_timeout(self, now);
        Ok(())
    }

    fn poll_transmit(&mut self) -> Option<Bytes> {
        Self::poll_transmit(self)
    }

    fn poll_event(&mut self) -> Option<Event> {
        Self::poll_event(self)
    }

    fn poll_timeout(&self) -> Option<Duration> {
        Self::poll_timeout(self)
    }
}

/// Bridge mode: the events of all agents and calls.
fn config() -> Config {
    let services = ServiceMask::ALL_EVENTS
        | ServiceMask::CLIENT_CONTROL
        | ServiceMask::CALL_DATA_UPDATE
        | ServiceMask::SUPERVISOR
        | ServiceMask::CONFIG_EVENTS;
    Config::new(
        Version::uccx(VERSION),
        Text::until_nul(CLIENT_ID),
        Secret::default(),
    )
    .services(services)
    .call_events(CallEventMask::KNOWN)
    .agent_states(AgentStateMask::KNOWN)
    .config_records(ConfigMask::SKILL_GROUP | ConfigMask::AGENT)
    // The engine is the only node, and tells when its switch is back.
    .off_line(OffLine::Tells)
}

/// UCCX protocol version.
pub(super) const VERSION: u32 = 17;

/// ClientID in OPEN_REQ.
const CLIENT_ID: &str = "finesse";

/// Bytes that wait for an engine that does not read.
const MAX_OUTPUT: usize = 1024 * 1024;

/// How long the picture may take to become complete.
const PICTURE: Duration = Duration::from_secs(30);

/// UCCX CTI guide: wait at least 10 s after a refused OPEN_REQ.
const AFTER_REFUSAL: Duration = Duration::from_secs(10);

const AFTER_LOSS: Duration = Duration::from_secs(1);
