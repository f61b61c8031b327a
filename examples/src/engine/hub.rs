//! The task that owns the engine: between the switch, the clients, the clock and the repository.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::{Bytes, BytesMut};
use cti_proto::{
    Message,
    code::{
        ControlFailureCode, InvokeId, MessageType, PeripheralErrorCode, ServiceMask, StatusCode,
        Timestamp,
    },
    message::{OpenConf, OpenReq},
    session::{
        self,
        service::{self, ConnectionId, Event, Service},
    },
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Duration, Instant, timeout},
};

use super::{
    connection::FromClient,
    failure::Failure,
    machine::{AskId, Command, Engine, Output, Profile, Ticket},
    notice::{CallEvent, Notice},
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
    service: Service,
    clock: EngineClock,
    provider: P,
    repository: R,
    asks: BTreeMap<RequestId, AskId>,
    clients: BTreeMap<ConnectionId, Client>,
    tickets: BTreeMap<Ticket, Asker>,
    next_ticket: Ticket,
}

/// One connection.
struct Client {
    writer: mpsc::Sender<Bytes>,
    /// The beginning of a message.
    input: BytesMut,
    scope: Scope,
    /// The session has ended; what it had to say is being written.
    over: bool,
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
    connection: ConnectionId,
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
    pub(super) fn new(
        engine: Engine,
        sessions: service::Config,
        clock: EngineClock,
        provider: P,
        repository: R,
    ) -> Self {
        let mut service = Service::new(sessions);
        wire::set_up(&mut service, engine.config(), clock.now());
        Self {
            engine,
            service,
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
        mut from_clients: mpsc::Receiver<FromClient>,
        ready: oneshot::Sender<()>,
        shutdown: Shutdown,
    ) {
        // Calls that an engine before this one followed.
        for notice in self.engine.picture(self.clock.now()) {
            self.tell(&notice);
        }
        if let Ok(Some(event)) = timeout(SWITCH_LIMIT, self.provider.next()).await {
            self.on_provider(event);
            self.settle();
        }
        // The listener went down with the process.
        let _ = ready.send(());
        loop {
            let due = self.engine.poll_timeout();
            let due = due.into_iter().chain(self.service.poll_timeout()).min();
            tokio::select! {
                () = shutdown.requested() => break,
                event = self.provider.next() => match event {
                    Some(event) => self.on_provider(event),
                    None => break,
                },
                Some(from) = from_clients.recv() => self.on_client(from),
                () = sleep_until(due.map(|due| self.clock.instant(due))) => {
                    let now = self.clock.now();
                    self.engine.handle_timeout(now);
                    self.service.handle_timeout(now);
                }
            }
            self.settle();
        }
        self.service.close_all(self.clock.now());
        self.settle();
        // Connections write their farewell and end; they hold the other side of this channel. Without a provider
        // there is nothing to wait for: the end of this task ends the server.
        if shutdown.is_requested() {
            while let Some(from) = from_clients.recv().await {
                if let FromClient::Written(connection) = from {
                    self.write(connection);
                }
            }
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

    fn on_client(&mut self, from: FromClient) {
        let now = self.clock.now();
        match from {
            FromClient::Connected { writer, reply } => {
                let Some(connection) = self.service.accept(now) else {
                    return;
                };
                let client = Client {
                    writer,
                    input: BytesMut::new(),
                    scope: Scope::None,
                    over: false,
                };
                self.clients.insert(connection, client);
                if reply.send(connection).is_err() {
                    self.on_gone(connection);
                }
            }
            FromClient::Bytes {
                connection,
                bytes,
                turn: _turn,
            } => {
                if let Some(client) = self.clients.get_mut(&connection) {
                    client.input.unsplit(bytes);
                    self.service
                        .handle_input(now, connection, &mut client.input);
                }
                // Before the next piece is read.
                self.settle();
            }
            FromClient::Written(connection) => self.write(connection),
            FromClient::Gone(connection) => self.on_gone(connection),
        }
    }

    fn on_gone(&mut self, connection: ConnectionId) {
        self.service.handle_eof(self.clock.now(), connection);
        self.clients.remove(&connection);
    }

    /// Goes on until nobody has anything to say.
    fn settle(&mut self) {
        loop {
            self.carry_out();
            let Some(event) = self.service.poll_event() else {
                break;
            };
            self.on_event(event);
        }
        while let Some(connection) = self.service.poll_ready() {
            self.write(connection);
        }
    }

    /// Hands over what the connection has room for.
    fn write(&mut self, connection: ConnectionId) {
        let Some(client) = self.clients.get(&connection) else {
            return;
        };
        loop {
            let Ok(room) = client.writer.try_reserve() else {
                return;
            };
            match self.service.poll_transmit(connection) {
                Some(piece) => room.send(piece),
                None => break,
            }
        }
        if client.over {
            self.clients.remove(&connection);
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::OpenRequested {
                connection,
                request,
                ..
            } => {
                if let Err(error) = self.open(connection, &request) {
                    tracing::warn!(%connection, %error, "no CTI session");
                }
                // What the client sent behind its OPEN_REQ has waited for this.
                if let Some(client) = self.clients.get_mut(&connection) {
                    let now = self.clock.now();
                    self.service
                        .handle_input(now, connection, &mut client.input);
                }
            }
            Event::Request {
                connection,
                invoke_id,
                message,
            } => self.request(connection, invoke_id, message),
            Event::Rejected {
                connection,
                frame,
                status,
            } => {
                tracing::debug!(%connection, ?frame.message_type, ?status, "rejected");
            }
            Event::Closed { connection, reason } => {
                tracing::info!(%connection, ?reason, "CTI session over");
                if let Some(client) = self.clients.get_mut(&connection) {
                    client.over = true;
                }
                self.write(connection);
            }
            // Messages that the engine has no use for, reports, maintenance, which UCCX does not have.
            other @ (Event::Message { .. }
            | Event::Report { .. }
            | Event::MaintenanceDecided { .. }
            | Event::MaintenanceOver { .. }
            | _) => tracing::debug!(?other, "not acted on"),
        }
    }

    /// Decides about an OPEN_REQ. What can be told from the message alone has been checked.
    fn open(&mut self, connection: ConnectionId, request: &OpenReq) -> Result<(), session::Error> {
        let now = self.clock.now();
        let scope = match self.scope(request) {
            Ok(scope) if self.engine.in_service() => scope,
            Ok(_) => {
                let status = StatusCode::JTAPI_CCM_PROBLEM;
                return self.service.refuse(now, connection, status);
            }
            Err(status) => return self.service.refuse(now, connection, status),
        };
        let conf = self.open_conf(&scope, request.services_requested.and(SERVICES));
        match self.service.admit(now, connection, conf) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => {
                // Nobody else would end a session that is never decided.
                self.service
                    .refuse(now, connection, StatusCode::UNSPECIFIED_FAILURE)?;
                return Err(error);
            }
        }
        tracing::info!(%connection, ?scope, services = ?self.service.services(connection), "CTI session open");
        // What was before the client came.
        for notice in self.engine.picture(now) {
            if is_news(&scope, &notice)
                && let Some(message) = self.message(&notice)
            {
                let _ = self.service.send(now, connection, message)?;
            }
        }
        if let Some(client) = self.clients.get_mut(&connection) {
            client.scope = scope;
        }
        Ok(())
    }

    fn scope(&self, request: &OpenReq) -> Result<Scope, StatusCode> {
        let services = request.services_requested;
        if services.contains(ServiceMask::ALL_EVENTS) {
            return Ok(Scope::All);
        }
        if !services.contains(ServiceMask::CLIENT_EVENTS) {
            return Ok(Scope::None);
        }
        let named = |profile: &&Profile| {
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

    /// What the engine knows of it; the service adds switch and clock.
    fn open_conf(&self, scope: &Scope, services: ServiceMask) -> OpenConf {
        OpenConf::with(|conf| {
            conf.services_granted = services;
            if let Scope::Agent { login_id, line } = scope
                && let Some(agent) = self.engine.agent(self.clock.now(), login_id)
            {
                let event = wire::agent_state(&agent, self.engine.config().queue.id);
                conf.agent_state = event.agent_state;
                conf.agent_id = event.agent_id;
                // The line belongs to the agent, signed in or not.
                conf.agent_extension = Some(wire::extension(line));
                conf.agent_instrument = Some(wire::extension(line));
            }
        })
    }

    fn request(&mut self, connection: ConnectionId, invoke_id: InvokeId, message: Message) {
        let Some(client) = self.clients.get(&connection) else {
            return;
        };
        let request = message.message_type();
        match wire::parse(&self.engine, message) {
            Asks::Command(command) => {
                if let Err(failure) = may(&self.engine, &client.scope, &command) {
                    return self.answer(connection, invoke_id, Err(failure));
                }
                let ticket = self.next_ticket;
                self.next_ticket = Ticket(ticket.0 + 1);
                self.tickets.insert(
                    ticket,
                    Asker {
                        connection,
                        invoke_id,
                        request,
                    },
                );
                self.engine.command(self.clock.now(), ticket, command);
            }
            Asks::Refused(failure) => self.answer(connection, invoke_id, Err(failure)),
            Asks::Other(message) => self.look(connection, invoke_id, &message),
        }
    }

    /// Requests that the present state answers.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the requests that the engine answers"
    )]
    fn look(&mut self, connection: ConnectionId, invoke_id: InvokeId, message: &Message) {
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
            _ => return self.fail(connection, invoke_id, StatusCode::INVALID_MESSAGE_LENGTH),
        };
        self.answer(connection, invoke_id, result);
    }

    fn answer(
        &mut self,
        connection: ConnectionId,
        invoke_id: InvokeId,
        result: Result<Message, Failure>,
    ) {
        let now = self.clock.now();
        let answered = match result {
            Ok(confirmation) => self
                .service
                .answer(now, connection, invoke_id, confirmation),
            Err(failure) => self.service.fail_control(
                now,
                connection,
                invoke_id,
                ControlFailureCode(failure.code),
                PeripheralErrorCode(failure.peripheral),
            ),
        };
        if let Err(error) = answered {
            tracing::debug!(%connection, %error, "answer not sent");
        }
    }

    fn fail(&mut self, connection: ConnectionId, invoke_id: InvokeId, status: StatusCode) {
        let now = self.clock.now();
        if let Err(error) = self.service.fail(now, connection, invoke_id, status) {
            tracing::debug!(%connection, %error, "refusal not sent");
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
                    let (connection, invoke_id) = (asker.connection, asker.invoke_id);
                    match result.map(|done| wire::confirmation(asker.request, done)) {
                        Ok(Some(message)) => self.answer(connection, invoke_id, Ok(message)),
                        Ok(None) => {
                            self.fail(connection, invoke_id, StatusCode::UNSPECIFIED_FAILURE);
                        }
                        Err(failure) => self.answer(connection, invoke_id, Err(failure)),
                    }
                }
                Output::Tell(notice) => self.tell(&notice),
            }
        }
    }

    fn tell(&mut self, notice: &Notice) {
        tracing::debug!(?notice, "tell");
        let now = self.clock.now();
        if let Notice::Switch { in_service } = notice {
            self.service.set_clock(now, Timestamp(utc_seconds(now)));
            self.service
                .set_peripheral(now, wire::peripheral(*in_service));
        }
        if let Some(message) = self.message(notice)
            && let Err(error) = self.service.publish(now, message)
        {
            tracing::warn!(%error, ?notice, "not all clients are told");
        }
    }

    /// The event that tells of a notice; the service itself tells of the switch.
    fn message(&self, notice: &Notice) -> Option<Message> {
        let queue = self.engine.config().queue.id;
        match notice {
            Notice::Agent(agent) => Some(wire::agent_state(agent, queue).into()),
            Notice::Call(call) => Some(wire::call_event(call, queue)),
            Notice::Switch { .. } => None,
        }
    }
}

/// Whether a session that opens is told of a notice of the present picture. GED-188 leaves such events out, a desktop
/// wants them.
fn is_news(scope: &Scope, notice: &Notice) -> bool {
    match (scope, notice) {
        (Scope::All, _) => true,
        (Scope::None, _) => false,
        (Scope::Agent { login_id, .. }, Notice::Agent(agent)) => agent.login_id == *login_id,
        // The service has told it of the beginning.
        (Scope::Agent { line, .. }, Notice::Call(call)) => {
            call.event != CallEvent::Began && call.call.lines.contains(line)
        }
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
