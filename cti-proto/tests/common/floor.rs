//! A service and clients that are nothing but bytes.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::BytesMut;
use cti_proto::code::{AgentStateMask, CallEventMask, InvokeId, PeripheralId, ServiceMask};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{OpenConf, OpenReq};
use cti_proto::session::Error;
use cti_proto::session::server::{self, InferredLayouts};
use cti_proto::session::service::{Config, ConnectionId, Event, Service};
use cti_proto::{Dialect, Message, Version};

pub(crate) struct Floor {
    pub(crate) service: Service,
    pub(crate) now: Duration,
    pub(crate) events: Vec<Event>,
    versions: BTreeMap<ConnectionId, Version>,
    inputs: BTreeMap<ConnectionId, BytesMut>,
}

/// A message as it travelled.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Heard {
    pub(crate) number: u32,
    pub(crate) body: Vec<u8>,
}

impl Floor {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            service: Service::new(config),
            now: Duration::ZERO,
            events: Vec::new(),
            versions: BTreeMap::new(),
            inputs: BTreeMap::new(),
        }
    }

    /// Takes all versions of a dialect.
    pub(crate) fn of(dialect: Dialect) -> Self {
        let session = server::Config::new(dialect, 5..=25);
        Self::new(Config::new(
            session.inferred_layouts(InferredLayouts::Taken),
        ))
    }

    pub(crate) fn connect(&mut self, version: Version) -> ConnectionId {
        let connection = self.service.accept(self.now).unwrap();
        self.versions.insert(connection, version);
        connection
    }

    /// Sends as the client of `connection`.
    pub(crate) fn say(&mut self, connection: ConnectionId, message: impl Into<Message>) {
        let input = self.inputs.entry(connection).or_default();
        message
            .into()
            .encode(self.versions[&connection], input)
            .unwrap();
        self.feed(connection);
    }

    /// Gives the service what waits in the buffer of `connection`.
    pub(crate) fn feed(&mut self, connection: ConnectionId) {
        let input = self.inputs.entry(connection).or_default();
        self.service.handle_input(self.now, connection, input);
        self.poll();
    }

    pub(crate) fn poll(&mut self) {
        while let Some(event) = self.service.poll_event() {
            self.events.push(event);
        }
    }

    pub(crate) fn events(&mut self) -> Vec<Event> {
        self.poll();
        std::mem::take(&mut self.events)
    }

    /// Asks for a session and has it admitted with all services asked for.
    pub(crate) fn try_open(
        &mut self,
        version: Version,
        request: OpenReq,
    ) -> (ConnectionId, Result<bool, Error>) {
        let connection = self.connect(version);
        let conf = OpenConf::with(|conf| conf.services_granted = request.services_requested);
        self.say(connection, request);
        let admitted = self.service.admit(self.now, connection, conf);
        self.poll();
        (connection, admitted)
    }

    /// As `try_open`, forgetting what was said so far.
    pub(crate) fn open(&mut self, version: Version, request: OpenReq) -> ConnectionId {
        let (connection, admitted) = self.try_open(version, request);
        assert_eq!(admitted, Ok(true), "{:?}", self.events);
        self.bytes(connection);
        self.events.clear();
        connection
    }

    /// All bytes for a client.
    pub(crate) fn bytes(&mut self, connection: ConnectionId) -> Vec<u8> {
        let mut all = Vec::new();
        while let Some(bytes) = self.service.poll_transmit(connection) {
            all.extend_from_slice(&bytes);
        }
        all
    }

    pub(crate) fn heard(&mut self, connection: ConnectionId) -> Vec<Heard> {
        frames(&self.bytes(connection))
    }

    /// Numbers of the messages for a client.
    pub(crate) fn numbers(&mut self, connection: ConnectionId) -> Vec<u32> {
        let heard = self.heard(connection);
        heard.into_iter().map(|heard| heard.number).collect()
    }

    /// Moves the clock from timer to timer up to `until`.
    pub(crate) fn drive(&mut self, until: Duration) {
        while let Some(next) = self.service.poll_timeout().filter(|next| *next <= until) {
            self.now = self.now.max(next);
            self.service.handle_timeout(self.now);
            self.poll();
        }
        self.now = until;
    }
}

pub(crate) fn frames(mut bytes: &[u8]) -> Vec<Heard> {
    let mut frames = Vec::new();
    while let [a, b, c, d, e, f, g, h, rest @ ..] = bytes {
        let len = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let number = u32::from_be_bytes([*e, *f, *g, *h]);
        let (body, rest) = rest.split_at(len);
        frames.push(Heard {
            number,
            body: body.to_vec(),
        });
        bytes = rest;
    }
    assert!(bytes.is_empty());
    frames
}

pub(crate) fn text(text: &str) -> Text {
    Text::try_from(text).unwrap()
}

/// OPEN_REQ of a client that watches everything.
pub(crate) fn bridge(version: Version) -> OpenReq {
    OpenReq::with(|open| {
        open.invoke_id = InvokeId(7);
        open.version_number = version.number();
        open.idle_timeout = 0xffff_ffff;
        open.services_requested = ServiceMask::ALL_EVENTS;
        open.call_msg_mask = CallEventMask::known_in(version);
        open.agent_state_mask = AgentStateMask::KNOWN;
        open.client_id = Some(text("bridge"));
        open.client_password = Some(Secret::default());
    })
}

/// OPEN_REQ of an agent's client at peripheral 5000.
pub(crate) fn desk(version: Version, agent: &str, extension: &str) -> OpenReq {
    let mut open = bridge(version);
    open.services_requested = ServiceMask::CLIENT_EVENTS | ServiceMask::CLIENT_CONTROL;
    open.peripheral_id = PeripheralId(5_000);
    open.client_id = Some(text("desk"));
    open.agent_id = Some(text(agent));
    open.agent_extension = Some(text(extension));
    open
}
