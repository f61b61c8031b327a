//! A service between clients and an application that do anything.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use arbitrary::{Arbitrary, Result, Unstructured};
use bytes::BytesMut;
use cti_proto::code::{
    AgentFlags, AgentState, AgentStateMask, CallEventMask, ConfigMask, InvokeId, MessageType,
    PeripheralId, PeripheralType, ServiceMask, StatusCode,
};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{
    ActiveMaintenanceRespMsg, CloseReq, HeartbeatReq, MonitorStartReq, OpenConf, OpenReq, Role,
    SetAgentStateReq,
};
use cti_proto::session::server::{self, InferredLayouts, Standing};
use cti_proto::session::service::{
    Config, ConnectionId, Event, Peripheral, Service, Team, TeamMembership,
};
use cti_proto::{Dialect, EncodeError, FrameCodec, Message, Version};

use super::small::{PERIPHERAL, call_id, choose, tamed, text};
use super::{confirmation_of, pick_version};

/// A dialect, and what clients and application do.
///
/// A session ends once, and nothing is told of it after that. Requests come from sessions that are open, and what clients
/// are sent are whole messages that their version can read. What waits for a client is bounded. No timer that has run out
/// stays, and in the end nothing is left.
pub fn service(data: &[u8]) {
    let mut data = Unstructured::new(data);
    let Ok(choice) = data.arbitrary() else {
        return;
    };
    let mut world = World::new(choice);
    while !data.is_empty() && world.step(&mut data).is_ok() {}
    world.finish();
}

/// A client of `version` opens a session and sends `bytes`, and the application answers. An OPEN_REQ among the bytes is
/// the one that opens.
pub(crate) fn seed(version: Version, bytes: &[u8]) -> Vec<u8> {
    let number = version.number() as u8;
    let (choice, number) = match version.dialect() {
        Dialect::Ucce => (0, number - 5),
        Dialect::Uccx => (21, number - 10),
    };
    let mut seed = vec![choice];
    Operation::Connect.put(&mut seed, &[number]);
    if bytes[4..8] != MessageType::OPEN_REQ.0.to_be_bytes() {
        // A client of all events, agent 0; one of version 24 or 25 can stand by.
        let standby = version.number() >= 24;
        let open = [0, 1, 0, 0];
        Operation::Connected.put(&mut seed, if standby { &open } else { &open[1..] });
        Operation::Admit.put(&mut seed, &[]);
    }
    for bytes in bytes.chunks(usize::from(u8::MAX)) {
        // The InvokeID that other messages have, and how many bytes there are.
        Operation::Bytes.put(&mut seed, &[0, bytes.len() as u8]);
        seed.extend(bytes);
    }
    Operation::Admit.put(&mut seed, &[]);
    Operation::Heartbeat.put(&mut seed, &[9]);
    Operation::Read.put(&mut seed, &[]);
    // The status, if there is no confirmation.
    Operation::Answer.put(&mut seed, &[17]);
    seed
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Operation {
    Connect,
    Connected,
    Heartbeat,
    Close,
    Monitor,
    AgentState,
    Maintained,
    AnyMessage,
    Bytes,
    Eof,
    Read,
    Admit,
    Refuse,
    Answer,
    Fail,
    Publish,
    PublishAny,
    Send,
    SetTeam,
    RemoveTeam,
    SetPeripheral,
    SetStanding,
    BeginMaintenance,
    CloseOne,
    NextTimer,
    Wait,
    Jump,
}

impl Operation {
    /// Appends the input of this operation, which takes `data`.
    fn put(self, seed: &mut Vec<u8>, data: &[u8]) {
        seed.extend(super::variant(self as usize, Self::Jump as usize + 1));
        seed.extend(data);
    }
}

struct World {
    service: Service,
    dialect: Dialect,
    now: Duration,
    clients: BTreeMap<ConnectionId, Client>,
    ended: BTreeSet<ConnectionId>,
}

struct Client {
    version: Version,
    input: BytesMut,
    sent: BytesMut,
    deciding: bool,
    open: bool,
    over: bool,
    /// Requests that the application has not answered.
    asked: Vec<(InvokeId, Message)>,
}

impl World {
    fn new(choice: u8) -> Self {
        let dialect = pick_version(choice).dialect();
        let versions = match dialect {
            Dialect::Ucce => 5..=25,
            Dialect::Uccx => 10..=18,
        };
        let session = server::Config::new(dialect, versions)
            .inferred_layouts(InferredLayouts::Taken)
            .max_requests(MAX_REQUESTS)
            .max_unsent(MAX_UNSENT);
        let config = Config::new(session)
            .max_connections(MAX_CONNECTIONS)
            .max_events(MAX_EVENTS)
            .max_calls(6)
            .max_monitors(4);
        let mut service = Service::new(config);
        let peripheral = Peripheral::new(PERIPHERAL, PeripheralType(17));
        service.set_peripheral(Duration::ZERO, peripheral);
        Self {
            service,
            dialect,
            now: Duration::ZERO,
            clients: BTreeMap::new(),
            ended: BTreeSet::new(),
        }
    }

    fn step(&mut self, data: &mut Unstructured<'_>) -> Result<()> {
        let operation: Operation = data.arbitrary()?;
        match operation {
            Operation::Connect => {
                let full = self.service.connections() >= MAX_CONNECTIONS;
                let connection = self.service.accept(self.now);
                assert_eq!(connection.is_none(), full);
                if let Some(connection) = connection {
                    let version = version_of(self.dialect, data.arbitrary()?);
                    self.clients.insert(connection, Client::new(version));
                }
            }
            Operation::Connected => {
                if let Some(connection) = choose(&self.clients, data, |client| !client.open)? {
                    let version = self.clients[&connection].version;
                    self.on_client(connection, &open_req(version, data)?.into());
                }
            }
            Operation::Heartbeat
            | Operation::Close
            | Operation::Monitor
            | Operation::AgentState
            | Operation::Maintained
            | Operation::AnyMessage
            | Operation::Bytes => self.client_does(operation, data)?,
            Operation::Eof => {
                if let Some(connection) = choose(&self.clients, data, |client| !client.over)? {
                    self.service.handle_eof(self.now, connection);
                }
            }
            Operation::Read => {
                if let Some(connection) = choose(&self.clients, data, |_| true)? {
                    self.read(connection);
                }
            }
            Operation::Admit => {
                if let Some(connection) = choose(&self.clients, data, |client| client.deciding)? {
                    let conf = OpenConf::with(|conf| conf.services_granted = ServiceMask::KNOWN);
                    let _ = self.service.admit(self.now, connection, conf);
                    self.decided(connection);
                }
            }
            Operation::Refuse => {
                if let Some(connection) = choose(&self.clients, data, |client| client.deciding)? {
                    let status = StatusCode(data.arbitrary::<u8>()?.into());
                    let _ = self.service.refuse(self.now, connection, status);
                    self.decided(connection);
                }
            }
            Operation::Answer | Operation::Fail => {
                if let Some(connection) =
                    choose(&self.clients, data, |client| !client.asked.is_empty())?
                {
                    self.answer(operation, connection, data)?;
                }
            }
            Operation::Publish => {
                let version = version_of(self.dialect, data.arbitrary()?);
                let _ = self.service.publish(self.now, tamed(version, data)?);
            }
            Operation::PublishAny => {
                let version = version_of(self.dialect, data.arbitrary()?);
                let message = Message::arbitrary_in(version, data)?;
                // A raw body that other versions know by a table goes to their clients as it is.
                let known = |number| Message::TABLES.iter().any(|table| table.number == number);
                if matches!(&message, Message::Unknown(frame) if known(frame.message_type)) {
                    return Ok(());
                }
                let _ = self.service.publish(self.now, message);
            }
            Operation::Send => {
                if let Some(connection) = choose(&self.clients, data, |client| client.open)? {
                    let message = tamed(self.clients[&connection].version, data)?;
                    let _ = self.service.send(self.now, connection, message);
                }
            }
            Operation::SetTeam => {
                let members = (0..data.int_in_range(0..=4)?)
                    .map(|_| {
                        Ok(TeamMembership {
                            agent_id: text(data)?,
                            flags: AgentFlags(data.arbitrary()?),
                        })
                    })
                    .collect::<Result<_>>()?;
                let team = Team::new(data.int_in_range(0..=3)?, PERIPHERAL, members);
                // Texts of any length: too long ones are refused.
                let _ = self.service.set_team(self.now, team);
            }
            Operation::RemoveTeam => {
                self.service
                    .remove_team(self.now, data.int_in_range(0..=3)?);
            }
            Operation::SetPeripheral => {
                let peripheral = Peripheral::new(PERIPHERAL, PeripheralType(17));
                let peripheral = peripheral.online(data.arbitrary()?);
                self.service.set_peripheral(self.now, peripheral);
            }
            Operation::SetStanding => {
                let standing = if data.arbitrary()? {
                    Standing::Master
                } else {
                    Standing::Standby
                };
                self.service.set_standing(self.now, standing);
            }
            Operation::BeginMaintenance => {
                let _ = self.service.begin_maintenance(self.now);
            }
            Operation::CloseOne => {
                if let Some(connection) = choose(&self.clients, data, |client| !client.over)? {
                    let status = StatusCode(data.arbitrary::<u8>()?.into());
                    self.service.close(self.now, connection, status);
                }
            }
            Operation::NextTimer => {
                if let Some(at) = self.service.poll_timeout() {
                    self.pass(at.saturating_sub(self.now));
                }
            }
            Operation::Wait => self.pass(Duration::from_millis(data.arbitrary::<u16>()?.into())),
            Operation::Jump => self.pass(Duration::from_secs(data.arbitrary::<u16>()?.into())),
        }
        self.drain();
        Ok(())
    }

    fn client_does(&mut self, operation: Operation, data: &mut Unstructured<'_>) -> Result<()> {
        let Some(connection) = choose(&self.clients, data, |client| !client.over)? else {
            return Ok(());
        };
        let version = self.clients[&connection].version;
        let id = InvokeId(data.arbitrary::<u8>()?.into());
        let message: Message = match operation {
            Operation::Heartbeat => HeartbeatReq::with(|beat| beat.invoke_id = id).into(),
            Operation::Close => CloseReq::with(|close| close.invoke_id = id).into(),
            Operation::Monitor => {
                let (call, device) = (call_id(data)?, text(data)?);
                let by_call = data.arbitrary()?;
                let mut monitor = MonitorStartReq::arbitrary_in(version, data)?;
                monitor.invoke_id = id;
                monitor.peripheral_id = PERIPHERAL;
                if by_call {
                    monitor.connection_call_id = call;
                }
                monitor.monitored_device_id = Some(device);
                monitor.into()
            }
            Operation::AgentState => {
                let agent = text(data)?;
                SetAgentStateReq::with(|request| {
                    request.invoke_id = id;
                    request.peripheral_id = PERIPHERAL;
                    request.agent_state = AgentState::LOGIN;
                    request.agent_id = Some(agent.clone());
                    request.agent_instrument = Some(agent);
                })
                .into()
            }
            Operation::Maintained => {
                let accepted = data.arbitrary()?;
                ActiveMaintenanceRespMsg::with(|answer| {
                    answer.invoke_id = id;
                    answer.maintenance_mode_accepted = accepted;
                })
                .into()
            }
            Operation::Bytes => {
                let len = usize::from(data.arbitrary::<u8>()?).min(data.len());
                let bytes = data.bytes(len)?.to_vec();
                if let Some(client) = self.clients.get_mut(&connection) {
                    client.input.extend_from_slice(&bytes);
                }
                self.feed(connection);
                return Ok(());
            }
            _ => Message::arbitrary_in(version, data)?,
        };
        self.on_client(connection, &message);
        Ok(())
    }

    fn on_client(&mut self, connection: ConnectionId, message: &Message) {
        if let Some(client) = self.clients.get_mut(&connection) {
            // What the version cannot hold is not sent.
            let _ = message.encode(client.version, &mut client.input);
        }
        self.feed(connection);
    }

    fn feed(&mut self, connection: ConnectionId) {
        let now = self.now;
        if let Some(client) = self.clients.get_mut(&connection) {
            self.service
                .handle_input(now, connection, &mut client.input);
        }
    }

    fn decided(&mut self, connection: ConnectionId) {
        if let Some(client) = self.clients.get_mut(&connection) {
            client.deciding = false;
            client.open = self.service.is_open(connection);
        }
        // What came behind the OPEN_REQ has waited.
        self.feed(connection);
    }

    fn answer(
        &mut self,
        operation: Operation,
        connection: ConnectionId,
        data: &mut Unstructured<'_>,
    ) -> Result<()> {
        let Some(client) = self.clients.get_mut(&connection) else {
            return Ok(());
        };
        let (id, request) = client.asked.remove(0);
        let conf = match operation {
            Operation::Answer => confirmation_of(request.message_type(), client.version, data)?,
            _ => None,
        };
        // An answer of zeros leaves out what some versions require: then the request is still open.
        let lacks = |conf: &Message| {
            let written = conf.encode(client.version, &mut BytesMut::new());
            matches!(written, Err(EncodeError::MissingField { .. }))
        };
        let answered = match conf {
            Some(conf) if !lacks(&conf) => self.service.answer(self.now, connection, id, conf),
            _ => {
                let status = StatusCode(data.arbitrary::<u8>()?.into());
                self.service.fail(self.now, connection, id, status)
            }
        };
        // The session can have ended, or ends by it, which an event tells.
        if let Err(error) = answered {
            self.drain();
            let over = self.ended.contains(&connection);
            assert!(over, "{request:?} cannot be answered: {error}");
        }
        Ok(())
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.saturating_add(time);
        self.service.handle_timeout(self.now);
        let next = self.service.poll_timeout();
        assert!(
            next.is_none_or(|next| next > self.now),
            "the timer of {next:?} is due at {:?} and stays",
            self.now
        );
    }

    /// A client reads what waits for it.
    fn read(&mut self, connection: ConnectionId) {
        let Some(client) = self.clients.get_mut(&connection) else {
            return;
        };
        while let Some(bytes) = self.service.poll_transmit(connection) {
            client.sent.extend_from_slice(&bytes);
        }
        let codec = FrameCodec::new(Version::ucce(25));
        while let Ok(Some(frame)) = codec.decode(&mut client.sent) {
            // A refusal is in the layout of the newest version if the client's is not known.
            if frame.message_type != MessageType::FAILURE_CONF {
                let read = Message::decode(client.version, frame);
                assert!(read.is_ok(), "{read:?} was sent");
            }
        }
        assert!(client.sent.is_empty(), "half a message was sent");
    }

    fn drain(&mut self) {
        let mut count = 0;
        while let Some(event) = self.service.poll_event() {
            count += 1;
            assert!(count <= 4 * MAX_EVENTS, "more events than the limit");
            self.on_event(event);
        }
        while let Some(connection) = self.service.poll_ready() {
            assert!(self.clients.contains_key(&connection));
        }
        for connection in self.clients.keys() {
            let unsent = self.service.unsent(*connection);
            assert!(unsent <= MAX_UNSENT + 2 * 12_500, "{unsent} bytes wait");
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::OpenRequested {
                connection,
                version,
                ..
            } => {
                let client = self.live(connection);
                client.deciding = true;
                // Raw bytes can ask for another one.
                client.version = version;
            }
            Event::Request {
                connection,
                invoke_id,
                message,
            } => {
                let client = self.live(connection);
                assert!(client.open, "{message:?} before the session is open");
                assert!(
                    message
                        .table()
                        .is_some_and(|table| table.role == Role::Request)
                );
                client.asked.push((invoke_id, message));
                assert!(client.asked.len() <= MAX_REQUESTS, "too many requests");
            }
            Event::Message { connection, .. }
            | Event::Report { connection, .. }
            | Event::Rejected { connection, .. } => {
                self.live(connection);
            }
            Event::Closed { connection, .. } => {
                let client = self.live(connection);
                (client.over, client.open, client.deciding) = (true, false, false);
                client.asked.clear();
                self.ended.insert(connection);
            }
            _ => {}
        }
    }

    /// A client whose session is not over.
    fn live(&mut self, connection: ConnectionId) -> &mut Client {
        assert!(
            !self.ended.contains(&connection),
            "something of {connection} after its end"
        );
        self.clients
            .get_mut(&connection)
            .expect("a connection that was taken")
    }

    fn finish(mut self) {
        self.service.close_all(self.now);
        self.drain();
        let all: Vec<ConnectionId> = self.clients.keys().copied().collect();
        for connection in &all {
            self.read(*connection);
            self.service.handle_eof(self.now, *connection);
        }
        self.drain();
        for _ in 0..4 {
            self.pass(Duration::from_secs(60));
            self.drain();
        }
        assert_eq!(self.ended.len(), all.len(), "sessions that do not end");
        assert_eq!(
            self.service.connections(),
            0,
            "something is left of sessions"
        );
        assert_eq!(self.service.poll_timeout(), None, "nothing to wait for");
    }
}

impl Client {
    fn new(version: Version) -> Self {
        Self {
            version,
            input: BytesMut::new(),
            sent: BytesMut::new(),
            deciding: false,
            open: false,
            over: false,
            asked: Vec::new(),
        }
    }
}

fn version_of(dialect: Dialect, choice: u8) -> Version {
    match dialect {
        Dialect::Ucce => pick_version(choice % 21),
        Dialect::Uccx => pick_version(21 + choice % 9),
    }
}

/// Mostly one that is taken.
fn open_req(version: Version, data: &mut Unstructured<'_>) -> Result<OpenReq> {
    let services = [
        ServiceMask::ALL_EVENTS,
        ServiceMask::CLIENT_EVENTS,
        ServiceMask::CLIENT_EVENTS | ServiceMask::SUPERVISOR,
        ServiceMask::ALL_EVENTS | ServiceMask::PERIPHERAL_MONITOR,
    ];
    let services = *data.choose(&services)? | ServiceMask::CLIENT_CONTROL;
    let standby = version.number() >= 24 && data.arbitrary()?;
    let agent = text(data)?;
    let name = text(data)?;
    Ok(OpenReq::with(|open| {
        open.invoke_id = InvokeId(1);
        open.version_number = version.number();
        open.idle_timeout = 60;
        open.peripheral_id = match version.dialect() {
            Dialect::Ucce if !services.contains(ServiceMask::CLIENT_EVENTS) => PeripheralId::NULL,
            Dialect::Ucce | Dialect::Uccx => PERIPHERAL,
        };
        open.services_requested = services;
        if standby {
            open.services_requested = services | ServiceMask::ACTIVE_STANDBY;
        }
        open.call_msg_mask = CallEventMask::known_in(version);
        open.agent_state_mask = AgentStateMask::KNOWN;
        open.config_msg_mask = ConfigMask::NONE;
        open.client_id = Some(name);
        open.client_password = Some(Secret::new(&b""[..]));
        open.client_signature = Some(Text::EMPTY);
        open.agent_id = Some(agent.clone());
        open.agent_instrument = Some(agent);
    }))
}

const MAX_CONNECTIONS: usize = 5;
const MAX_REQUESTS: usize = 4;
const MAX_EVENTS: usize = 64;
const MAX_UNSENT: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the session opens, and the requests that the application sees.
    fn run(seed: &[u8]) -> (bool, Vec<Message>) {
        let mut data = Unstructured::new(seed);
        let mut world = World::new(data.arbitrary().unwrap());
        let (mut open, mut asked) = (false, Vec::new());
        while !data.is_empty() {
            world.step(&mut data).unwrap();
            let client = world.clients.values().next().unwrap();
            open |= client.open;
            if let Some((_, request)) = client.asked.first()
                && asked.last() != Some(request)
            {
                asked.push(request.clone());
            }
        }
        world.finish();
        (open, asked)
    }

    #[test]
    fn a_seed_opens_a_session_and_asks_what_it_was_made_from() {
        let versions = (5..=25).map(Version::ucce);
        for version in versions.chain((10..=18).map(Version::uccx)) {
            let mut request = SetAgentStateReq::new(AgentState::LOGIN);
            request.invoke_id = InvokeId(3);
            request.peripheral_id = PERIPHERAL;
            request.agent_instrument = Some(Text::try_from("1001").unwrap());
            let mut wire = BytesMut::new();
            Message::from(request.clone())
                .encode(version, &mut wire)
                .unwrap();
            let (open, asked) = run(&seed(version, &wire));
            assert!(open, "{version}");
            assert_eq!(asked, [Message::from(request)], "{version}");
        }
    }

    #[test]
    fn a_seed_of_an_open_req_opens_by_it() {
        for version in [Version::ucce(15), Version::ucce(25), Version::uccx(17)] {
            let mut open = open_req(version, &mut Unstructured::new(&[])).unwrap();
            // More than one piece.
            open.client_signature = Some(Text::try_from("x".repeat(60).as_str()).unwrap());
            open.client_id = open.client_signature.clone();
            open.client_password = Some(Secret::new(vec![7; 64]));
            open.agent_instrument = open.client_signature.clone();
            let mut wire = BytesMut::new();
            Message::from(open).encode(version, &mut wire).unwrap();
            assert!(wire.len() > 255);
            assert!(run(&seed(version, &wire)).0, "{version}");
        }
    }
}
