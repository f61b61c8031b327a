//! The task that owns the engine: between the switch, the clients, the clock and the repository.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use cti_proto::{
    Message,
    code::{
        InvokeId, MessageType, MultilineAgentControl, PeripheralId, PeripheralType, ServiceMask,
        StatusCode, Timestamp,
    },
    message::{OpenConf, OpenPeripheral, OpenReq},
};
use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        oneshot,
    },
    time::{Duration, Instant, timeout},
};

use super::{
    connection::{ClientId, FromClient, ToClient},
    failure::Failure,
    machine::{AskId, Command, Engine, Output, Ticket},
    notice::Notice,
    record::Change,
    wire::{self, Asks},
};
use crate::{
    driver::sleep_until,
    repository::EngineRepository,
    shutdown::Shutdown,
    telephony::{Address, Provider, ProviderEvent, RequestId},
};

/// The engine and everything around it.
pub(super) struct Hub<P, R> {
    engine: Engine,
    clock: EngineClock,
    provider: P,
    repository: R,
    asks: BTreeMap<RequestId, AskId>,
    clients: BTreeMap<ClientId, Client>,
    tickets: BTreeMap<Ticket, Asker>,
    next_ticket: Ticket,
}

/// An open session.
struct Client {
    to: mpsc::Sender<ToClient>,
    scope: Scope,
    services: ServiceMask,
}

/// What a session hears of and may control.
#[derive(Clone, Debug)]
enum Scope {
    /// Bridge mode: everything.
    All,
    /// Agent mode: one agent and line.
    Agent { login_id: String, line: Address },
    /// Neither: answers to queries only.
    None,
}

/// Who waits for the answer to a command.
struct Asker {
    client: ClientId,
    invoke_id: InvokeId,
    request: MessageType,
}

/// Time since the Unix epoch: the calendar asked once, a monotonic clock from there on.
#[derive(Clone, Copy, Debug)]
pub(super) struct EngineClock {
    started: Instant,
    at_start: Duration,
}

impl EngineClock {
    pub(super) fn start() -> Self {
        let at_start = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            started: Instant::now(),
            at_start,
        }
    }

    pub(super) fn now(&self) -> Duration {
        self.at_start + self.started.elapsed()
    }

    fn instant(&self, time: Duration) -> Instant {
        self.started + time.saturating_sub(self.at_start)
    }
}

impl<P: Provider, R: EngineRepository> Hub<P, R> {
    pub(super) fn new(engine: Engine, clock: EngineClock, provider: P, repository: R) -> Self {
        Self {
            engine,
            clock,
            provider,
            repository,
            asks: BTreeMap::new(),
            clients: BTreeMap::new(),
            tickets: BTreeMap::new(),
            next_ticket: Ticket(1),
        }
    }

    /// Runs until `shutdown`. `ready` is told when clients can be taken: once the switch has shown
    /// itself, or let it be known that it is away, or kept silent for too long.
    pub(super) async fn run(
        mut self,
        mut from_clients: mpsc::Receiver<(ClientId, FromClient)>,
        ready: oneshot::Sender<()>,
        shutdown: Shutdown,
    ) {
        if let Ok(Some(event)) = timeout(SWITCH_LIMIT, self.provider.next()).await {
            self.on_provider(event);
            self.carry_out();
        }
        // The listener went down with the process.
        let _ = ready.send(());
        loop {
            let due = self
                .engine
                .poll_timeout()
                .map(|due| self.clock.instant(due));
            tokio::select! {
                () = shutdown.requested() => break,
                event = self.provider.next() => match event {
                    Some(event) => self.on_provider(event),
                    None => break,
                },
                Some((id, from)) = from_clients.recv() => self.on_client(id, from),
                () = sleep_until(due) => self.engine.handle_timeout(self.clock.now()),
            }
            self.carry_out();
        }
        for client in self.clients.values() {
            // A client that is too far behind is cut off by its own task.
            let _ = client
                .to
                .try_send(ToClient::Close(StatusCode::CTI_SERVER_OFFLINE));
        }
        // Sessions write their farewell and end; they hold the other side of this channel. Without a provider
        // there is nothing to wait for: the end of this task ends the server.
        self.clients.clear();
        if shutdown.is_requested() {
            while from_clients.recv().await.is_some() {}
        }
    }

    fn on_provider(&mut self, event: ProviderEvent) {
        let now = self.clock.now();
        match event {
            ProviderEvent::InService(snapshot) => {
                tracing::info!(calls = snapshot.calls.len(), "switch in service");
                self.engine.switch_in_service(now, &snapshot);
            }
            ProviderEvent::OutOfService => self.engine.switch_out_of_service(),
            ProviderEvent::Event(event) => self.engine.switch_event(now, event),
            ProviderEvent::Answer { request, result } => {
                if let Some(ask) = self.asks.remove(&request) {
                    self.engine.switch_answer(now, ask, result);
                }
            }
        }
    }

    fn on_client(&mut self, id: ClientId, from: FromClient) {
        match from {
            FromClient::Open { request, client } => self.open(id, &request, client),
            FromClient::Request { invoke_id, message } => self.request(id, invoke_id, *message),
            FromClient::Message(message) => self.message(id, &message),
            FromClient::Gone => {
                if self.clients.remove(&id).is_some() {
                    tracing::info!(client = id.0, "CTI session over");
                }
            }
        }
    }

    /// Decides about an OPEN_REQ. What can be told from the message alone has been checked.
    fn open(&mut self, id: ClientId, request: &OpenReq, to: mpsc::Sender<ToClient>) {
        let now = self.clock.now();
        let scope = match self.scope(request) {
            Ok(scope) if self.engine.in_service() => scope,
            Ok(_) => return refuse(&to, StatusCode::JTAPI_CCM_PROBLEM),
            Err(status) => return refuse(&to, status),
        };
        if let Scope::Agent { line, .. } = &scope
            && let Err(status) = self.take_over(line, request)
        {
            return refuse(&to, status);
        }
        let services = request.services_requested.and(SERVICES);
        let conf = self.open_conf(&scope, services);
        // The channel is new and empty.
        let _ = to.try_send(ToClient::Accept(Box::new(conf)));
        self.clients.insert(
            id,
            Client {
                to,
                scope: scope.clone(),
                services,
            },
        );
        tracing::info!(client = id.0, ?scope, ?services, "CTI session open");
        if matches!(scope, Scope::All) {
            let event = wire::system_event(self.engine.in_service(), utc_seconds(now));
            self.send_to(id, ToClient::Event(Arc::new(event.into())));
        }
        // What was before the client came.
        let queue = self.engine.config().queue.id;
        for notice in self.engine.picture(now) {
            if hears(&scope, &notice) {
                let message = wire::notice(&notice, queue, utc_seconds(now));
                self.send_to(id, ToClient::Event(Arc::new(message)));
            }
        }
    }

    fn scope(&self, request: &OpenReq) -> Result<Scope, StatusCode> {
        let services = request.services_requested;
        if services.contains(ServiceMask::ALL_EVENTS) {
            return Ok(Scope::All);
        }
        if !services.contains(ServiceMask::CLIENT_EVENTS) {
            return Ok(Scope::None);
        }
        let named = |profile: &&super::machine::Profile| {
            let line = profile.extension.as_str();
            let is = |text: &Option<cti_proto::codec::Text>, value: &str| {
                text.as_ref().is_none_or(|text| *text == *value)
            };
            is(&request.agent_id, &profile.login_id)
                && is(&request.agent_extension, line)
                && is(&request.agent_instrument, line)
        };
        let profile = self.engine.config().agents.iter().find(named);
        let profile = profile.ok_or(StatusCode::INVALID_AGENT_DATA)?;
        let (login_id, line) = (profile.login_id.clone(), profile.extension.clone());
        Ok(Scope::Agent { login_id, line })
    }

    /// One client has a line: the same agent's new session ends the old one.
    fn take_over(&mut self, line: &Address, request: &OpenReq) -> Result<(), StatusCode> {
        let holds = |client: &Client| matches!(&client.scope, Scope::Agent { line: held, .. } if held == line);
        let holder = self
            .clients
            .iter()
            .find(|(_, client)| holds(client))
            .map(|(id, _)| *id);
        let Some(holder) = holder else { return Ok(()) };
        if request.agent_id.is_none() {
            return Err(StatusCode::DEVICE_IN_USE);
        }
        self.send_to(holder, ToClient::Close(StatusCode::NEW_SESSION_OPENED));
        self.clients.remove(&holder);
        Ok(())
    }

    fn open_conf(&self, scope: &Scope, services: ServiceMask) -> OpenConf {
        let now = self.clock.now();
        OpenConf::with(|conf| {
            conf.services_granted = services;
            conf.pg_status = wire::status(self.engine.in_service());
            conf.icm_central_controller_time = Timestamp(utc_seconds(now));
            conf.peripheral_online = self.engine.in_service();
            conf.peripheral_type = PeripheralType::ACMI_CRS;
            conf.num_peripherals = Some(1);
            conf.peripherals = vec![OpenPeripheral::with(|peripheral| {
                peripheral.id = Some(PeripheralId(1));
                peripheral.multiline_agent_control = Some(MultilineAgentControl::SINGLE_LINE);
            })];
            if let Scope::Agent { login_id, .. } = scope
                && let Some(agent) = self.engine.agent(now, login_id)
            {
                let event = wire::agent_state(&agent, self.engine.config().queue.id);
                conf.agent_state = event.agent_state;
                conf.agent_id = event.agent_id;
                conf.agent_extension = event.agent_extension;
                conf.agent_instrument = event.agent_instrument;
            }
        })
    }

    fn request(&mut self, id: ClientId, invoke_id: InvokeId, message: Message) {
        let Some(client) = self.clients.get(&id) else {
            return;
        };
        let request = message.message_type();
        match wire::parse(&self.engine, message) {
            Asks::Command(_) | Asks::Refused(_)
                if !client.services.contains(ServiceMask::CLIENT_CONTROL) =>
            {
                self.send_to(
                    id,
                    ToClient::Fail(invoke_id, StatusCode::UNSPECIFIED_FAILURE),
                );
            }
            Asks::Command(command) => {
                if let Err(failure) = may(&self.engine, &client.scope, &command) {
                    return self.send_to(id, ToClient::FailControl(invoke_id, failure));
                }
                let ticket = self.next_ticket;
                self.next_ticket = Ticket(ticket.0 + 1);
                self.tickets.insert(
                    ticket,
                    Asker {
                        client: id,
                        invoke_id,
                        request,
                    },
                );
                self.engine.command(self.clock.now(), ticket, command);
            }
            Asks::Refused(failure) => {
                self.send_to(id, ToClient::FailControl(invoke_id, failure));
            }
            Asks::Other(message) => self.look(id, invoke_id, &message),
        }
    }

    /// Requests that the present state answers.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the requests that the engine answers"
    )]
    fn look(&mut self, id: ClientId, invoke_id: InvokeId, message: &Message) {
        let engine = &self.engine;
        let result: Result<Message, Failure> = match message {
            Message::QueryAgentStateReq(request) => {
                wire::query_agent(engine, self.clock.now(), request).map(Into::into)
            }
            Message::SnapshotCallReq(request) => {
                wire::snapshot_call(engine, request.connection_call_id).map(Into::into)
            }
            Message::SnapshotDeviceReq(request) => {
                wire::snapshot_device(engine, request).map(Into::into)
            }
            Message::QueryDeviceInfoReq(_) => Ok(wire::device_info().into()),
            Message::TeamConfigReq(_) => {
                let (events, confirmation) = wire::team_upload(engine.config());
                for event in events {
                    self.send_to(id, ToClient::Event(Arc::new(event)));
                }
                Ok(confirmation.into())
            }
            _ => {
                let status = StatusCode::INVALID_MESSAGE_LENGTH;
                return self.send_to(id, ToClient::Fail(invoke_id, status));
            }
        };
        self.send_to(
            id,
            match result {
                Ok(confirmation) => ToClient::Answer(invoke_id, Box::new(confirmation)),
                Err(failure) => ToClient::FailControl(invoke_id, failure),
            },
        );
    }

    fn message(&mut self, id: ClientId, message: &Message) {
        if let Message::ConfigRequestEvent(request) = message {
            let config = self.engine.config();
            for message in wire::config_upload(config, request.config_information) {
                self.send_to(id, ToClient::Event(Arc::new(message)));
            }
        } else if let Message::ConfigRequestKeyEvent(_) = message {
            let message = wire::config_keys();
            self.send_to(id, ToClient::Event(Arc::new(message.into())));
        } else {
            tracing::debug!(client = id.0, number = ?message.message_type(), "not acted on");
        }
    }

    /// Does what the engine wants done: keeps first, acts after.
    fn carry_out(&mut self) {
        let mut changes: Vec<Change> = Vec::new();
        let mut rest = Vec::new();
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Save(change) => changes.push(change),
                output @ (Output::Ask { .. } | Output::Answer { .. } | Output::Tell(_)) => {
                    rest.push(output);
                }
            }
        }
        if !changes.is_empty()
            && let Err(error) = self.repository.save(&changes)
        {
            tracing::error!(%error, "state is not kept; a restart would lose it");
        }
        for output in rest {
            match output {
                Output::Save(_) => {}
                Output::Ask { id, request } => {
                    let request = self.provider.request(request);
                    self.asks.insert(request, id);
                }
                Output::Answer { ticket, result } => {
                    let Some(asker) = self.tickets.remove(&ticket) else {
                        continue;
                    };
                    let answer = match result {
                        Ok(done) => wire::confirmation(asker.request, done).map_or(
                            ToClient::Fail(asker.invoke_id, StatusCode::UNSPECIFIED_FAILURE),
                            |message| ToClient::Answer(asker.invoke_id, Box::new(message)),
                        ),
                        Err(failure) => ToClient::FailControl(asker.invoke_id, failure),
                    };
                    self.send_to(asker.client, answer);
                }
                Output::Tell(notice) => self.tell(&notice),
            }
        }
    }

    fn tell(&mut self, notice: &Notice) {
        tracing::debug!(?notice, "tell");
        let queue = self.engine.config().queue.id;
        let message = Arc::new(wire::notice(notice, queue, utc_seconds(self.clock.now())));
        let listeners: BTreeSet<ClientId> = self
            .clients
            .iter()
            .filter(|(_, client)| hears(&client.scope, notice))
            .map(|(id, _)| *id)
            .collect();
        for id in listeners {
            self.send_to(id, ToClient::Event(Arc::clone(&message)));
        }
    }

    fn send_to(&mut self, id: ClientId, told: ToClient) {
        let Some(client) = self.clients.get(&id) else {
            return;
        };
        if let Err(TrySendError::Full(_)) = client.to.try_send(told) {
            tracing::warn!(client = id.0, "CTI client does not keep up; it is let go");
            self.clients.remove(&id);
        }
    }
}

fn refuse(to: &mpsc::Sender<ToClient>, status: StatusCode) {
    // The channel is new and empty.
    let _ = to.try_send(ToClient::Refuse(status));
}

/// Whether a session hears of a notice.
fn hears(scope: &Scope, notice: &Notice) -> bool {
    match (scope, notice) {
        (Scope::All, _) => true,
        (Scope::None, _) => false,
        (Scope::Agent { login_id, .. }, Notice::Agent(agent)) => agent.login_id == *login_id,
        (Scope::Agent { line, .. }, Notice::Call(call)) => call.call.lines.contains(line),
        (Scope::Agent { .. }, Notice::Switch { .. }) => true,
    }
}

/// Whether a session may ask for this: in agent mode for its own agent, line and calls, without
/// events for nothing.
fn may(engine: &Engine, scope: &Scope, command: &Command) -> Result<(), Failure> {
    let (own, own_line) = match scope {
        Scope::All => return Ok(()),
        Scope::Agent { login_id, line } => (login_id, line),
        Scope::None => return Err(Failure::PRIVILEGE_VIOLATION),
    };
    let call = |id| engine.call(id).ok_or(Failure::UNKNOWN_CALL);
    let allowed = match command {
        Command::SetState { login_id, .. } => login_id == own,
        Command::MakeCall { line, .. }
        | Command::Answer { line, .. }
        | Command::Hold { line, .. }
        | Command::Retrieve { line, .. }
        | Command::Drop { line, .. } => line == own_line,
        Command::Clear { call: id } => call(*id)?.call.leg(own_line).is_some(),
        // The agent who wraps up is no longer on the call.
        Command::SetData { call: id, .. } => call(*id)?.lines.contains(own_line),
    };
    allowed.then_some(()).ok_or(Failure::PRIVILEGE_VIOLATION)
}

fn utc_seconds(now: Duration) -> u32 {
    u32::try_from(now.as_secs()).unwrap_or(u32::MAX)
}

/// What a session can have.
const SERVICES: ServiceMask = ServiceMask(
    ServiceMask::CLIENT_EVENTS.0
        | ServiceMask::CALL_DATA_UPDATE.0
        | ServiceMask::CLIENT_CONTROL.0
        | ServiceMask::ALL_EVENTS.0
        | ServiceMask::SUPERVISOR.0
        | ServiceMask::CONFIG_EVENTS.0,
);

/// How long clients wait at the start for the switch to show itself.
const SWITCH_LIMIT: Duration = Duration::from_secs(5);
