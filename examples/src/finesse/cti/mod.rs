//! The session with the engine: the failover client keeps one and asks what is so after each opening. Its
//! picture is handed on when it is complete; then events come in and requests go out.

mod connections;
mod picture;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::Duration,
};

use cti_proto::{
    Message, Version,
    code::{
        AgentStateMask, CallEventMask, ConfigMask, InvokeId, ServiceMask, StatusCode, SystemEventId,
    },
    codec::{Secret, Text},
    session::{
        Error, Failover,
        client::{self, ConfigEvent, ConfigRecords, Failure as Refusal, OffLine},
        failover::{AgentKey, Config, Connection, Event, Failed},
    },
};
use tokio::{sync::mpsc, time::Instant};

use self::{
    connections::{Arrival, Connections},
    picture::{Progress, Watch},
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
    /// While the picture is not complete.
    progress: Option<Progress>,
    watched: BTreeSet<AgentKey>,
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
            progress: None,
            watched: BTreeSet::new(),
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
            }
            self.look_whether_complete();
            if self.machine.is_closed() {
                self.connections.finish().await;
                return self.failed;
            }
            let timeout = self.machine.poll_timeout();
            let timeout = timeout.map(|time| self.clock.instant(time));
            let deadline = self.progress.as_ref().map(Progress::deadline);
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
        reason = "what is lost or differs shows in the picture that is handed on"
    )]
    fn on_event(&mut self, event: Event) {
        match event {
            Event::Connect { connection, side } => self.connections.connect(connection, side),
            Event::Disconnect { connection } => self.connections.disconnect(connection),
            Event::Refused { side, status, .. } => {
                tracing::warn!(side = side.0, ?status, "an engine refuses");
            }
            Event::Active { conf, .. } if conf.peripheral_online => self.begin(),
            Event::Active { .. } => tracing::info!("the engine is there, but has no switch"),
            Event::Interrupted { reason, .. } => {
                tracing::warn!(?reason, "no session with the engine");
                self.out_of_service();
                // What was asked of the old session is not for the next one.
                self.requests = self.node.attach_engine();
            }
            Event::Answer(answer) => self.on_answer(answer.invoke_id, &answer.result),
            Event::Message(message) => self.on_message(&message),
            Event::Config(event) => self.on_config(event),
            Event::Unrecovered { subject, failure } => {
                tracing::warn!(?subject, ?failure, "the engine does not say what is so");
            }
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
                SystemEventId::PERIPHERAL_ONLINE if self.is_idle() => self.begin(),
                _ => {}
            };
        }
        self.tell(read::events(message));
    }

    fn on_config(&mut self, event: ConfigEvent) {
        match event {
            ConfigEvent::Uploaded(records) => self.on_records(&records, true),
            ConfigEvent::Changed(records) => self.on_records(&records, false),
            ConfigEvent::Done(_) => self.ask(),
            ConfigEvent::Failed { failure, .. } => {
                tracing::warn!(?failure, "the engine does not describe itself");
                self.drop_active();
            }
            // The keys are never known before, and changes come record by record.
            ConfigEvent::Compared { .. } | ConfigEvent::ChangesEnd { .. } | _ => {}
        }
    }

    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "two kinds of records are uploaded"
    )]
    fn on_records(&mut self, records: &ConfigRecords, uploaded: bool) {
        match records {
            ConfigRecords::Agents(event) => {
                let watches = picture::watches(event);
                if let Some(progress) = self.progress.as_mut().filter(|_| uploaded) {
                    progress.on_uploaded(&watches);
                }
                watches.into_iter().for_each(|watch| self.watch(watch));
                self.tell(read::agents(event));
            }
            ConfigRecords::Csqs(event) => self.tell(read::queues(event)),
            _ => {}
        }
    }

    fn watch(&mut self, watch: Watch) {
        match watch {
            Watch::Begin(key) => {
                if self.watched.insert(key.clone())
                    && let Err(error) = self.machine.watch_agent(self.clock.now(), key)
                {
                    tracing::warn!(%error, "an agent cannot be watched");
                }
            }
            Watch::End(key) => {
                self.watched.remove(&key);
                self.machine.unwatch_agent(&key);
            }
        }
    }

    /// The configuration is there; the teams are not part of it.
    fn ask(&mut self) {
        let Some(progress) = &mut self.progress else {
            return;
        };
        match self.machine.request_teams(self.clock.now()) {
            Ok(handle) => progress.on_asked(handle.invoke_id()),
            Err(error) => return self.give_up(&error),
        }
        let gone = progress.gone(&self.watched);
        gone.into_iter()
            .map(Watch::End)
            .for_each(|watch| self.watch(watch));
    }

    fn tell(&self, events: Vec<EngineEvent>) {
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
            self.tell(vec![event]);
        } else if let Some(progress) = &mut self.progress {
            progress.on_answer(invoke_id);
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
                self.tell(vec![event]);
            }
        }
    }

    fn out_of_service(&mut self) {
        self.progress = None;
        self.node.change(Core::engine_lost);
    }

    fn is_idle(&self) -> bool {
        self.progress.is_none() && !self.node.read(|core, _| core.is_in_service())
    }

    fn begin(&mut self) {
        self.node.change(Core::engine_connected);
        match self.machine.upload(self.clock.now(), picture::upload()) {
            Ok(()) => self.progress = Some(Progress::new(Instant::now() + PICTURE)),
            Err(error) => self.give_up(&error),
        }
    }

    /// Hands the picture on once nothing of it is missing.
    fn look_whether_complete(&mut self) {
        let asked = self.progress.as_ref().is_some_and(Progress::is_asked);
        if !asked || !self.machine.is_recovered() {
            return;
        }
        self.progress = None;
        let picture = self.machine.picture();
        let agents = picture.agents();
        let agents = agents.filter_map(|(key, agent)| read::agent(key, agent));
        let calls = picture.calls().map(|(key, call)| read::call(*key, call));
        self.tell(agents.chain(calls).collect());
        tracing::info!("in service");
        self.node.change(Core::engine_ready);
    }

    /// A session that cannot be asked is of no use.
    fn give_up(&mut self, error: &Error) {
        tracing::warn!(%error, "the engine cannot be asked");
        self.drop_active();
    }

    fn drop_active(&mut self) {
        self.progress = None;
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
