//! A failover client between servers that do anything.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use arbitrary::{Arbitrary, Result, Unstructured};
use bytes::BytesMut;
use cti_proto::code::{InvokeId, MessageType, ServiceMask, SessionType, StatusCode, SystemEventId};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{
    AnswerCallReq, Body, FailureConf, MakeCallReq, OpenConf, QueryAgentStateReq, Role,
    SetAgentStateReq, SetCallDataReq, SnapshotCallReq, SnapshotDeviceReq, SystemEvent, Table,
    UserMessageReq,
};
use cti_proto::session::failover::{
    AgentKey, Config, Connection, Consent, DeviceKey, Event, Failover,
};
use cti_proto::session::{Error, client};
use cti_proto::{Dialect, FrameCodec, Message, Version};

use super::small::{PERIPHERAL, call_id, choose, tamed, text};
use super::{confirmation_of, made, message_of, only_whole_messages, pick_version, seldom};

/// Two versions, a seed, and what two or three servers and the application do.
///
/// Every request is answered once, every connection ends once, no break is told where nothing was active. Bytes go to
/// connections that stand, and are whole messages. The machine ends once, says so, and then says nothing more; no timer
/// that has run out stays.
pub fn failover(data: &[u8]) {
    let mut data = Unstructured::new(data);
    let Ok(mut world) = World::new(&mut data) else {
        return;
    };
    while !data.is_empty() && !world.over {
        if world.step(&mut data).is_err() {
            break;
        }
    }
    world.finish();
}

/// The first server of a client of `version` says `bytes` and breaks; the second one answers what the client asks then.
pub(crate) fn seed(version: Version, bytes: &[u8]) -> Vec<u8> {
    let number = version.number() as u8;
    let choice = match version.dialect() {
        Dialect::Ucce => number - 5,
        Dialect::Uccx => number + 11,
    };
    // No standby, two sides, eight bytes of randomness, consent.
    let mut seed = vec![choice, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0];
    let open = |seed: &mut Vec<u8>| {
        Operation::Connected.put(seed, &[]);
        // Not on standby; no more services than the client needs.
        Operation::OpenConf.put(seed, &[1, 0, 0, 0, 0]);
    };
    let say = |seed: &mut Vec<u8>, bytes: &[u8]| {
        for bytes in bytes.chunks(usize::from(u8::MAX)) {
            Operation::Bytes.put(seed, &[bytes.len() as u8]);
            seed.extend(bytes);
        }
    };
    open(&mut seed);
    say(&mut seed, bytes);
    Operation::Eof.put(&mut seed, &[]);
    open(&mut seed);
    // The OPEN_CONF says that the switch is off-line, and in UCCX it is the only one.
    let mut online = SystemEvent::new(SystemEventId::PERIPHERAL_ONLINE);
    online.system_event_arg1 = PERIPHERAL.0;
    let mut wire = BytesMut::new();
    let written = Message::from(online).encode(version, &mut wire);
    assert_eq!(written, Ok(()));
    say(&mut seed, &wire);
    for _ in 0..3 {
        Operation::Answer.put(&mut seed, &[]);
    }
    seed
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Operation {
    Connected,
    ConnectFailed,
    Eof,
    OpenConf,
    Refuse,
    /// The next request is answered by its confirmation.
    Answer,
    Fail,
    Tamed,
    AnyMessage,
    Bytes,
    NextTimer,
    Wait,
    Jump,
    Request,
    Send,
    WatchAgent,
    WatchDevice,
    Unwatch,
    AnswerMaintenance,
    Close,
}

impl Operation {
    /// Appends the input of this operation, which takes `data`.
    fn put(self, seed: &mut Vec<u8>, data: &[u8]) {
        seed.extend(super::variant(self as usize, Self::Close as usize + 1));
        seed.extend(data);
    }
}

struct World {
    machine: Failover,
    /// The first of those that are asked for.
    version: Version,
    now: Duration,
    over: bool,
    /// That the machine asked for, with what the peer knows about each.
    connections: BTreeMap<Connection, Peer>,
    last_connection: Option<Connection>,
    unanswered: BTreeSet<InvokeId>,
    /// Whether a side serves the application.
    active: bool,
}

struct Peer {
    connected: bool,
    dialect: Dialect,
    /// Named in its OPEN_REQ.
    version: Option<Version>,
    /// From the machine, not yet cut into frames.
    sent: BytesMut,
    /// Requests without an answer.
    asked: Vec<(MessageType, InvokeId)>,
    input: BytesMut,
}

impl World {
    fn new(data: &mut Unstructured<'_>) -> Result<Self> {
        let version = pick_version(data.arbitrary()?);
        let older = Version::new(version.dialect(), version.number().saturating_sub(1));
        let mut config = client::Config::new(version, Text::EMPTY, Secret::default());
        config.services = ServiceMask::ALL_EVENTS | ServiceMask::CLIENT_CONTROL;
        if data.arbitrary()? {
            config.services = config.services | ServiceMask::ACTIVE_STANDBY;
        }
        config.max_requests = MAX_REQUESTS;
        config.max_events = MAX_EVENTS;
        let mut config = Config::new(config)
            .sides(2 + usize::from(data.arbitrary::<bool>()?))
            .versions([version, older])
            .seed(data.arbitrary()?)
            .maintenance(match data.int_in_range(0..=2)? {
                0 => Consent::WithStandby,
                1 => Consent::Never,
                _ => Consent::Ask,
            });
        (config.max_agents, config.max_calls, config.max_parties) = (8, 8, 4);
        (config.max_watched, config.max_events) = (8, MAX_EVENTS);
        let mut machine = Failover::new(config);
        machine.open(Duration::ZERO).expect("nothing was begun yet");
        let mut world = Self {
            machine,
            version,
            now: Duration::ZERO,
            over: false,
            connections: BTreeMap::new(),
            last_connection: None,
            unanswered: BTreeSet::new(),
            active: false,
        };
        world.drain();
        Ok(world)
    }

    fn step(&mut self, data: &mut Unstructured<'_>) -> Result<()> {
        let operation: Operation = data.arbitrary()?;
        match operation {
            Operation::Connected => {
                if let Some(connection) = choose(&self.connections, data, |peer| !peer.connected)? {
                    if let Some(peer) = self.connections.get_mut(&connection) {
                        peer.connected = true;
                    }
                    self.machine.handle_connected(self.now, connection);
                }
            }
            Operation::ConnectFailed => {
                if let Some(connection) = choose(&self.connections, data, |peer| !peer.connected)? {
                    self.connections.remove(&connection);
                    self.machine.handle_connect_failed(self.now, connection);
                }
            }
            Operation::Eof => {
                if let Some(connection) = choose(&self.connections, data, |peer| peer.connected)? {
                    self.connections.remove(&connection);
                    self.machine.handle_eof(self.now, connection);
                }
            }
            Operation::OpenConf
            | Operation::Refuse
            | Operation::Answer
            | Operation::Fail
            | Operation::Tamed
            | Operation::AnyMessage
            | Operation::Bytes => self.on_server(operation, data)?,
            Operation::NextTimer => {
                if let Some(at) = self.machine.poll_timeout() {
                    self.pass(at.saturating_sub(self.now));
                }
            }
            Operation::Wait => self.pass(Duration::from_millis(data.arbitrary::<u16>()?.into())),
            Operation::Jump => self.pass(Duration::from_secs(data.arbitrary::<u32>()?.into())),
            Operation::Request => {
                let tables: Vec<_> = REQUESTS
                    .iter()
                    .copied()
                    .filter(|table| table.gate.admits(self.version))
                    .collect();
                self.request(made(data.choose(&tables)?, self.version, data)?);
            }
            Operation::Send => {
                let roles = [Role::Event, Role::Confirmation];
                let _ = self.machine.send(message_of(self.version, &roles, data)?);
            }
            Operation::WatchAgent => {
                let key = agent_key(data)?;
                let _ = self.machine.watch_agent(self.now, key);
            }
            Operation::WatchDevice => {
                let key = DeviceKey::new(PERIPHERAL, &text(data)?);
                let _ = self.machine.watch_device(self.now, key);
            }
            Operation::Unwatch => {
                self.machine.unwatch_agent(&agent_key(data)?);
                let key = DeviceKey::new(PERIPHERAL, &text(data)?);
                self.machine.unwatch_device(&key);
            }
            Operation::AnswerMaintenance => {
                let _ = self.machine.answer_maintenance(self.now, data.arbitrary()?);
            }
            Operation::Close => {
                // Rarely, since everything ends with it.
                if seldom(data)? {
                    let status = StatusCode(data.arbitrary::<u8>()?.into());
                    self.machine.close(self.now, status);
                }
            }
        }
        self.drain();
        Ok(())
    }

    fn request(&mut self, message: Message) {
        if let Some(Ok(asked)) = ask(&mut self.machine, self.now, message) {
            assert!(
                self.unanswered.insert(asked),
                "{asked:?} is in use by another request"
            );
        }
    }

    /// A server writes on one of its connections.
    fn on_server(&mut self, operation: Operation, data: &mut Unstructured<'_>) -> Result<()> {
        let Some(connection) = choose(&self.connections, data, |peer| peer.version.is_some())?
        else {
            return Ok(());
        };
        let Some(peer) = self.connections.get_mut(&connection) else {
            return Ok(());
        };
        let version = peer.version.unwrap_or(self.version);
        let next = peer.asked.first().copied();
        let message: Message = match (operation, next) {
            (Operation::OpenConf, Some((MessageType::OPEN_REQ, invoke_id))) => {
                peer.asked.remove(0);
                let standby = !data.ratio(3, 4)?;
                let granted = ServiceMask(data.arbitrary()?);
                OpenConf::with(|conf| {
                    conf.invoke_id = invoke_id;
                    conf.services_granted = granted | ServiceMask::CLIENT_CONTROL;
                    conf.session_type = if standby {
                        SessionType::STANDBY
                    } else {
                        SessionType::ACTIVE
                    };
                })
                .into()
            }
            (Operation::Refuse | Operation::Fail, Some((_, invoke_id))) => {
                peer.asked.remove(0);
                let statuses = [1, 15, 92, 107, 110, 36, 10, 11, 16, 17, 9];
                let status = StatusCode(*data.choose(&statuses)?);
                FailureConf::with(|failure| {
                    failure.invoke_id = invoke_id;
                    failure.status = status;
                })
                .into()
            }
            (Operation::Answer, Some((asked, invoke_id))) => {
                peer.asked.remove(0);
                let Some(mut message) = confirmation_of(asked, version, data)? else {
                    return Ok(());
                };
                if let Message::SnapshotDeviceConf(conf) = &mut message {
                    for call in &mut conf.calls {
                        call.connection_call_id = Some(call_id(data)?);
                    }
                }
                message.set_invoke_id(invoke_id);
                message
            }
            (Operation::Tamed, _) => tamed(version, data)?,
            (Operation::Bytes, _) => {
                let len = usize::from(data.arbitrary::<u8>()?).min(data.len());
                peer.input.extend_from_slice(data.bytes(len)?);
                self.machine
                    .handle_input(self.now, connection, &mut peer.input);
                return Ok(());
            }
            _ => Message::arbitrary_in(version, data)?,
        };
        if message.encode(version, &mut peer.input).is_ok() {
            self.machine
                .handle_input(self.now, connection, &mut peer.input);
        }
        Ok(())
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.saturating_add(time);
        self.machine.handle_timeout(self.now);
        let next = self.machine.poll_timeout();
        assert!(
            next.is_none_or(|next| next > self.now),
            "the timer of {next:?} is due at {:?} and stays",
            self.now
        );
    }

    /// Takes all output and events.
    fn drain(&mut self) {
        while let Some(transmit) = self.machine.poll_transmit() {
            let Some(peer) = self.connections.get_mut(&transmit.connection) else {
                panic!("bytes for {:?}, which is gone", transmit.connection);
            };
            assert!(peer.connected, "bytes for a connection that does not stand");
            peer.sent.extend_from_slice(&transmit.bytes);
            peer.listen();
        }
        let mut count = 0;
        while let Some(event) = self.machine.poll_event() {
            count += 1;
            assert!(count <= 4 * MAX_EVENTS, "more events than the limit");
            self.on_event(event);
        }
    }

    fn on_event(&mut self, event: Event) {
        assert!(!self.over, "{event:?} after the end");
        match event {
            Event::Connect { connection, side } => {
                assert!(side.0 < 3, "{side:?} is not in the list");
                assert!(
                    self.last_connection.is_none_or(|last| last < connection),
                    "{connection:?} comes again"
                );
                self.last_connection = Some(connection);
                let peer = Peer::new(self.version.dialect());
                self.connections.insert(connection, peer);
            }
            Event::Disconnect { connection } => {
                let peer = self.connections.remove(&connection);
                let mut peer = peer.expect("a connection that is not gone yet");
                only_whole_messages(&mut peer.sent);
            }
            // From one side to the next there need not be a break.
            Event::Active { .. } => self.active = true,
            Event::Interrupted { .. } => {
                assert!(self.active, "no side was active");
                self.active = false;
            }
            Event::Answer(answer) => {
                let asked = answer.invoke_id;
                assert!(
                    self.unanswered.remove(&asked),
                    "{asked:?} was answered and not asked"
                );
            }
            Event::Closed => {
                assert!(self.connections.is_empty(), "connections that stay");
                assert!(self.unanswered.is_empty(), "requests without an answer");
                self.over = true;
            }
            _ => {}
        }
    }

    fn finish(mut self) {
        if !self.over {
            self.machine.close(self.now, StatusCode::NO_ERROR);
            self.drain();
        }
        // CLOSE_CONF never comes.
        for _ in 0..1_000 {
            if self.over {
                break;
            }
            let at = self.machine.poll_timeout();
            let at = at.expect("a machine that has not ended waits for something");
            self.pass(at.saturating_sub(self.now));
            self.drain();
        }
        assert!(self.over, "closed long ago and not ended");
        assert_eq!(self.machine.poll_timeout(), None);
    }
}

impl Peer {
    fn new(dialect: Dialect) -> Self {
        Self {
            connected: false,
            dialect,
            version: None,
            sent: BytesMut::new(),
            asked: Vec::new(),
            input: BytesMut::new(),
        }
    }

    /// Takes whole messages off what the machine sent.
    fn listen(&mut self) {
        let codec = FrameCodec::new(Version::ucce(25));
        while let Ok(Some(frame)) = codec.decode(&mut self.sent) {
            let number = |place: usize| {
                let bytes = frame.body.get(place..place + 4);
                bytes.and_then(|bytes| bytes.try_into().ok().map(u32::from_be_bytes))
            };
            let Some(invoke_id) = number(0) else {
                continue;
            };
            if frame.message_type == MessageType::OPEN_REQ {
                let asked = number(4).expect("VersionNumber");
                self.version = Some(Version::new(self.dialect, asked));
            }
            self.asked.push((frame.message_type, InvokeId(invoke_id)));
        }
    }
}

/// The requests that the application makes.
macro_rules! requests {
    ($($kind:ident),*) => {
        const REQUESTS: &[&Table] = &[$( &$kind::TABLE ),*];

        fn ask(
            machine: &mut Failover,
            now: Duration,
            message: Message,
        ) -> Option<std::result::Result<InvokeId, Error>> {
            match message {
                $( Message::$kind(request) => {
                    Some(machine.request(now, request).map(|handle| handle.invoke_id()))
                } )*
                _ => None,
            }
        }
    };
}

requests!(
    QueryAgentStateReq,
    SetAgentStateReq,
    SnapshotCallReq,
    SnapshotDeviceReq,
    MakeCallReq,
    AnswerCallReq,
    SetCallDataReq,
    UserMessageReq
);

fn agent_key(data: &mut Unstructured<'_>) -> Result<AgentKey> {
    Ok(AgentKey::new(PERIPHERAL, &text(data)?))
}

const MAX_REQUESTS: usize = 8;
const MAX_EVENTS: usize = 512;

#[cfg(test)]
mod tests {
    use cti_proto::code::AgentState;
    use cti_proto::message::AgentStateEvent;

    use super::*;

    #[test]
    fn a_seed_tells_an_active_client_what_it_was_made_from_and_breaks() {
        let versions = (5..=25).map(Version::ucce);
        for version in versions.chain((10..=18).map(Version::uccx)) {
            let event = AgentStateEvent::with(|event| {
                event.peripheral_id = PERIPHERAL;
                event.agent_state = AgentState::AVAILABLE;
                event.agent_id = Some(Text::try_from("1001").unwrap());
                event.agent_instrument = event.agent_id.clone();
            });
            let mut wire = BytesMut::new();
            Message::from(event).encode(version, &mut wire).unwrap();
            let seed = seed(version, &wire);
            let mut data = Unstructured::new(&seed);
            let mut world = World::new(&mut data).unwrap();
            let (mut sides, mut agents) = (BTreeSet::new(), 0);
            let mut asked = Vec::new();
            while !data.is_empty() {
                world.step(&mut data).unwrap();
                sides.extend(world.machine.active_side());
                agents = agents.max(world.machine.picture().agents().count());
                let peers = world.connections.values();
                asked.extend(peers.flat_map(|peer| peer.asked.clone()));
            }
            let kinds: BTreeSet<_> = asked.iter().map(|(kind, _)| *kind).collect();
            world.finish();
            assert_eq!((sides.len(), agents), (2, 1), "{version}");
            assert!(
                kinds.contains(&MessageType::QUERY_AGENT_STATE_REQ),
                "{version}"
            );
        }
    }
}
