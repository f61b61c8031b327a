//! The session with the engine: the machine keeps one, its picture is built each time, then events in and
//! requests out.

mod connections;
mod read;
mod rebuild;
#[cfg(test)]
mod tests;
mod write;

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use cti_proto::{
    Message, Version,
    code::{
        AgentStateMask, CallEventMask, ConfigMask, InvokeId, ServiceMask, StatusCode, SystemEventId,
    },
    codec::{Secret, Text},
    session::{
        Error, Failover,
        client::{self, Failure as Refusal, OffLine},
        failover::{Config, Connection, Event, Failed},
    },
};
use tokio::{sync::mpsc, time::Instant};

use self::{
    connections::{Arrival, Connections},
    rebuild::Rebuild,
};
use super::{
    core::{CallId, Core, EngineEvent, EngineRequest, Token},
    node::Node,
};
use crate::{
    driver::{Clock, sleep_until},
    shutdown::Shutdown,
};

/// Keeps a session with one of the engines at `addresses` until the end is asked for.
pub(super) async fn run(node: Node, addresses: &[SocketAddr], shutdown: Shutdown) {
    while let Some(failed) = Session::new(node.clone(), addresses, &shutdown)
        .run(&shutdown)
        .await
    {
        tracing::error!(?failed, "no engine will have this web service");
        tokio::select! {
            () = shutdown.requested() => return,
            () = tokio::time::sleep(AFTER_FAILURE) => {}
        }
    }
}

/// A session with one engine after the other.
struct Session {
    node: Node,
    clock: Clock,
    machine: Failover,
    connections: Connections,
    requests: mpsc::UnboundedReceiver<(Token, EngineRequest)>,
    tokens: BTreeMap<InvokeId, Token>,
    rebuild: Option<(Rebuild, Instant)>,
    failed: Option<Failed>,
}

impl Session {
    fn new(node: Node, addresses: &[SocketAddr], shutdown: &Shutdown) -> Self {
        let requests = node.attach_engine();
        let clock = node.clock();
        Self {
            node,
            clock,
            machine: Failover::new(config(addresses.len())),
            connections: Connections::new(addresses, shutdown),
            requests,
            tokens: BTreeMap::new(),
            rebuild: None,
            failed: None,
        }
    }

    /// Returns why walking from engine to engine cannot help; `None` when the end was asked for.
    async fn run(mut self, shutdown: &Shutdown) -> Option<Failed> {
        if let Err(error) = self.machine.open(self.clock.now()) {
            return Some(Failed::Config(error));
        }
        loop {
            while let Some(event) = self.next_event() {
                self.on_event(event);
                self.go_on_rebuilding();
            }
            if self.machine.is_closed() {
                self.connections.finish().await;
                return self.failed;
            }
            let timeout = self.machine.poll_timeout();
            let timeout = timeout.map(|time| self.clock.instant(time));
            let deadline = self.rebuild.as_ref().map(|(_, deadline)| *deadline);
            tokio::select! {
                biased;
                () = shutdown.requested() => {
                    self.machine.close(self.clock.now(), StatusCode::NO_ERROR);
                    self.transmit();
                    self.connections.finish().await;
                    return None;
                }
                () = sleep_until(timeout) => self.machine.handle_timeout(self.clock.now()),
                () = sleep_until(deadline) => {
                    tracing::warn!("the engine did not describe itself in time");
                    self.drop_active();
                }
                Some((token, request)) = self.requests.recv() => self.on_request(token, &request),
                (connection, arrival) = self.connections.next() => self.on_arrival(connection, arrival),
            }
        }
    }

    /// What the machine tells next, once what it sends is on its way.
    fn next_event(&mut self) -> Option<Event> {
        self.transmit();
        self.machine.poll_event()
    }

    fn transmit(&mut self) {
        while let Some(transmit) = self.machine.poll_transmit() {
            let connection = transmit.connection;
            if !self.connections.send(transmit) {
                tracing::warn!("the engine does not read");
                self.drop_connection(connection);
            }
        }
    }

    fn on_arrival(&mut self, connection: Connection, arrival: Arrival) {
        let now = self.clock.now();
        match arrival {
            Arrival::Connected => self.machine.handle_connected(now, connection),
            Arrival::Input(input) => {
                if let Some(input) = self.connections.input(connection, input) {
                    self.machine.handle_input(now, connection, input);
                }
            }
            Arrival::Ended => self.drop_connection(connection),
        }
    }

    fn drop_connection(&mut self, connection: Connection) {
        self.connections.disconnect(connection);
        self.machine.handle_eof(self.clock.now(), connection);
    }

    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "what is lost or differs shows in the picture that is built anew"
    )]
    fn on_event(&mut self, event: Event) {
        match event {
            Event::Connect { connection, side } => self.connections.connect(connection, side),
            Event::Disconnect { connection } => self.connections.disconnect(connection),
            Event::Refused { side, status, .. } => {
                tracing::warn!(side = side.0, ?status, "an engine refuses");
            }
            Event::Active { conf, .. } if conf.peripheral_online => self.begin_rebuilding(),
            Event::Active { .. } => tracing::info!("the engine is there, but has no switch"),
            Event::Interrupted { reason, .. } => {
                tracing::warn!(?reason, "no session with the engine");
                self.out_of_service();
                // What was asked of the old session is not for the next one.
                self.requests = self.node.attach_engine();
            }
            Event::Answer(answer) => self.on_answer(answer.invoke_id, &answer.result),
            Event::Message(message) => self.on_message(&message),
            Event::Malformed { frame, error } => {
                tracing::warn!(message = ?frame.message_type, %error, "a message of the engine is unreadable");
            }
            Event::Failed(failed) => self.failed = Some(failed),
            _ => {}
        }
    }

    fn on_message(&mut self, message: &Message) {
        if let Message::SystemEvent(event) = message {
            return match event.system_event_id {
                SystemEventId::PERIPHERAL_OFFLINE => {
                    tracing::warn!("the engine has lost its switch");
                    self.out_of_service();
                }
                SystemEventId::PERIPHERAL_ONLINE if self.is_idle() => self.begin_rebuilding(),
                _ => {}
            };
        }
        if let Some((rebuild, _)) = &mut self.rebuild {
            rebuild.on_message(message);
        }
        let events = read::events(message);
        self.node.change(|core, now| {
            for event in events {
                core.handle_engine(now, event);
            }
        });
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
        let now = self.clock.now();
        match self.machine.request(now, write::message(request)) {
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

    fn out_of_service(&mut self) {
        self.rebuild = None;
        self.node.change(Core::engine_lost);
    }

    fn is_idle(&self) -> bool {
        self.rebuild.is_none() && !self.node.read(|core, _| core.is_in_service())
    }

    fn begin_rebuilding(&mut self) {
        self.node.change(Core::engine_connected);
        match self.machine.send(Rebuild::begin()) {
            Ok(()) => self.rebuild = Some((Rebuild::new(), Instant::now() + PICTURE)),
            Err(error) => self.give_up(&error),
        }
    }

    fn go_on_rebuilding(&mut self) {
        let Some((rebuild, _)) = &mut self.rebuild else {
            return;
        };
        while let Some((query, message)) = rebuild.next_query() {
            match self.machine.request(self.clock.now(), message) {
                Ok(handle) => rebuild.sent(handle.invoke_id(), query),
                Err(error) => return self.give_up(&error),
            }
        }
        if rebuild.is_finished() {
            self.rebuild = None;
            tracing::info!("in service");
            self.node.change(Core::engine_ready);
        }
    }

    /// A session that cannot be asked is of no use.
    fn give_up(&mut self, error: &Error) {
        tracing::warn!(%error, "the engine cannot be asked");
        self.drop_active();
    }

    fn drop_active(&mut self) {
        self.rebuild = None;
        let side = self.machine.active_side();
        if let Some(connection) = side.and_then(|side| self.connections.newest(side)) {
            self.drop_connection(connection);
        }
    }
}

/// Bridge mode: the events of all agents and calls.
fn config(sides: usize) -> Config {
    let services = ServiceMask::ALL_EVENTS
        | ServiceMask::CLIENT_CONTROL
        | ServiceMask::CALL_DATA_UPDATE
        | ServiceMask::SUPERVISOR
        | ServiceMask::CONFIG_EVENTS;
    let client = client::Config::new(
        Version::uccx(VERSION),
        Text::until_nul(CLIENT_ID),
        Secret::default(),
    )
    .services(services)
    .call_events(CallEventMask::KNOWN)
    .agent_states(AgentStateMask::KNOWN)
    .config_records(ConfigMask::SKILL_GROUP | ConfigMask::AGENT)
        // No other engine has another switch.
        .off_line(OffLine::Tells);
    Config::new(client).sides(sides).retry_after(AFTER_LOSS)
}

/// UCCX protocol version.
pub(super) const VERSION: u32 = 17;

/// ClientID in OPEN_REQ.
const CLIENT_ID: &str = "finesse";

/// How long the picture may take to become complete.
const PICTURE: Duration = Duration::from_secs(30);

/// The engines are near, and a call that rings cannot wait.
const AFTER_LOSS: Duration = Duration::from_secs(1);

/// When to ask again after all engines refused what this web service asks for.
const AFTER_FAILURE: Duration = Duration::from_secs(60);
