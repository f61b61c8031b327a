//! A failover client, servers that a test scripts, and the wires between them, with a clock that only
//! the test moves.
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "the harness acts on the few things that it names"
)]

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use cti_proto::Message;
use cti_proto::code::{InvokeId, ServiceMask, StatusCode};
use cti_proto::message::OpenConf;
use cti_proto::session::failover::{Connection, Event, Failover, Side};
use cti_proto::session::server::{self, Server, Standing};

/// What a side does with the clients that come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mood {
    /// Takes them; from version 24 on as the active side.
    Serve,
    /// Takes those of version 24 on standby; refuses others with 15, or with 107 if they do not ask
    /// for `ACTIVE_STANDBY`.
    StandBy,
    /// Refuses them.
    Refuse(StatusCode),
    /// Takes the connection and says nothing.
    Mute,
    /// Refuses the connection.
    Unreachable,
    /// Neither takes nor refuses the connection.
    BlackHole,
}

/// One server as the test sees it.
pub(crate) struct Script {
    pub(crate) mood: Mood,
    pub(crate) config: server::Config,
    /// What OPEN_CONF says of the switch.
    pub(crate) peripheral_online: bool,
    /// What each request is answered with; what is not in it gets no answer.
    pub(crate) answers: Vec<Answer>,
    /// What the server saw, sessions apart.
    pub(crate) seen: Vec<server::Event>,
}

type Answer = Box<dyn FnMut(&Message) -> Option<Reply>>;

/// A confirmation, or the status of a FAILURE_CONF.
pub(crate) type Reply = Result<Message, StatusCode>;

/// One connection.
struct Wire {
    side: Side,
    server: Server,
    to_client: VecDeque<(Duration, Bytes)>,
    to_server: VecDeque<(Duration, Bytes)>,
    client_input: BytesMut,
    server_input: BytesMut,
    /// Whether bytes arrive; a half-open wire loses them and nobody is told.
    carries: bool,
}

pub(crate) struct Net {
    pub(crate) client: Failover,
    pub(crate) now: Duration,
    pub(crate) delay: Duration,
    pub(crate) sides: Vec<Script>,
    /// What the client told, but for what was for the host.
    pub(crate) events: Vec<(Duration, Event)>,
    /// Attempts to connect, in order.
    pub(crate) attempts: Vec<(Duration, usize)>,
    /// All that the client wrote, message by message.
    pub(crate) written: Vec<(Duration, usize, Vec<u8>)>,
    wires: BTreeMap<Connection, Wire>,
    /// Connections that stand, or fail, at their time.
    connecting: VecDeque<(Duration, Connection, Side, bool)>,
}

impl Net {
    pub(crate) fn new(client: Failover, sides: Vec<(server::Config, Mood)>) -> Self {
        let script = |(config, mood)| Script {
            mood,
            config,
            peripheral_online: true,
            answers: Vec::new(),
            seen: Vec::new(),
        };
        Self {
            client,
            now: Duration::ZERO,
            delay: Duration::ZERO,
            sides: sides.into_iter().map(script).collect(),
            events: Vec::new(),
            attempts: Vec::new(),
            written: Vec::new(),
            wires: BTreeMap::new(),
            connecting: VecDeque::new(),
        }
    }

    /// Answers requests of `side`.
    pub(crate) fn answer(
        &mut self,
        side: usize,
        answer: impl FnMut(&Message) -> Option<Reply> + 'static,
    ) {
        self.sides[side].answers.push(Box::new(answer));
    }

    /// Opens the client and carries bytes until nothing moves.
    pub(crate) fn open(&mut self) {
        self.client.open(self.now).unwrap();
        self.settle();
    }

    /// Moves the clock from timer to timer up to `until`.
    pub(crate) fn drive(&mut self, until: Duration) {
        self.settle();
        while let Some(next) = self.next_time().filter(|next| *next <= until) {
            self.now = self.now.max(next);
            self.client.handle_timeout(self.now);
            for wire in self.wires.values_mut() {
                wire.server.handle_timeout(self.now);
            }
            self.settle();
        }
        self.now = until;
    }

    pub(crate) fn drive_for(&mut self, seconds: u64) {
        self.drive(self.now + Duration::from_secs(seconds));
    }

    /// Takes what the client told.
    pub(crate) fn take(&mut self) -> Vec<Event> {
        let events = std::mem::take(&mut self.events);
        events.into_iter().map(|(_, event)| event).collect()
    }

    /// Sends an event on every open session of `side`.
    pub(crate) fn send(&mut self, side: usize, message: impl Into<Message>) {
        let message = message.into();
        for wire in self.wires.values_mut() {
            if wire.side == Side(side) && wire.server.is_open() {
                wire.server.send(message.clone()).map(drop).unwrap();
            }
        }
        self.settle();
    }

    /// Answers a request that was left open on `side`.
    pub(crate) fn reply(&mut self, side: usize, invoke_id: InvokeId, reply: Reply) {
        for wire in self.wires.values_mut() {
            if wire.side == Side(side) && wire.server.is_open() {
                reply_to(&mut wire.server, invoke_id, Some(reply.clone()));
            }
        }
        self.settle();
    }

    /// InvokeIDs and requests that `side` saw since the last call.
    pub(crate) fn requests(&mut self, side: usize) -> Vec<(InvokeId, Message)> {
        let seen = std::mem::take(&mut self.sides[side].seen).into_iter();
        seen.filter_map(|event| match event {
            server::Event::Request { invoke_id, message } => Some((invoke_id, message)),
            _ => None,
        })
        .collect()
    }

    /// A side that stood by serves from now on, and says so.
    pub(crate) fn take_over(&mut self, side: usize) {
        self.sides[side].mood = Mood::Serve;
        for wire in self.wires.values_mut() {
            if wire.side == Side(side) {
                wire.server.set_standing(Standing::Master);
            }
        }
        self.settle();
    }

    /// Breaks all connections of `side`; the client is told.
    pub(crate) fn cut(&mut self, side: usize) {
        let cut = self.of_side(side);
        for connection in cut {
            self.wires.remove(&connection);
            self.client.handle_eof(self.now, connection);
        }
        self.settle();
    }

    /// Nothing goes through the connections of `side` any more, and nobody is told.
    pub(crate) fn half_open(&mut self, side: usize) {
        for wire in self.wires.values_mut() {
            wire.carries &= wire.side != Side(side);
        }
    }

    /// Ends the sessions of `side` by FAILURE_EVENT.
    pub(crate) fn shut(&mut self, side: usize, status: StatusCode) {
        for wire in self.wires.values_mut() {
            if wire.side == Side(side) {
                wire.server.close(status);
            }
        }
        self.settle();
    }

    /// How many connections of `side` stand.
    pub(crate) fn connections(&self, side: usize) -> usize {
        self.of_side(side).len()
    }

    /// Message types that the client wrote to `side` since the last call of `clear`.
    pub(crate) fn types(&self, side: usize) -> Vec<u8> {
        let written = self.written.iter().filter(|(_, to, _)| *to == side);
        written.map(|(_, _, bytes)| bytes[7]).collect()
    }

    /// Forgets what was told and written.
    pub(crate) fn clear(&mut self) {
        self.events.clear();
        self.attempts.clear();
        self.written.clear();
    }

    /// Attempts so far: the second, and the side.
    pub(crate) fn attempts(&self) -> Vec<(u64, usize)> {
        let attempts = self.attempts.iter();
        attempts.map(|(at, side)| (at.as_secs(), *side)).collect()
    }

    /// Carries bytes until nothing moves at this time.
    pub(crate) fn settle(&mut self) {
        loop {
            let mut moved = self.flush_client();
            moved |= self.connect_due();
            moved |= self.serve();
            moved |= self.deliver();
            if !moved {
                return;
            }
        }
    }

    fn of_side(&self, side: usize) -> Vec<Connection> {
        let wires = self.wires.iter();
        let of_side = wires.filter(|(_, wire)| wire.side == Side(side));
        of_side.map(|(connection, _)| *connection).collect()
    }

    fn next_time(&self) -> Option<Duration> {
        let wires = self.wires.values();
        let servers = wires.clone().filter_map(|wire| wire.server.poll_timeout());
        let arrivals = wires.flat_map(|wire| [wire.to_client.front(), wire.to_server.front()]);
        let arrivals = arrivals.flatten().map(|(at, _)| *at);
        let connecting = self.connecting.iter().map(|(at, ..)| *at);
        let client = self.client.poll_timeout();
        servers
            .chain(arrivals)
            .chain(connecting)
            .chain(client)
            .min()
    }

    fn flush_client(&mut self) -> bool {
        let mut moved = false;
        while let Some(transmit) = self.client.poll_transmit() {
            moved = true;
            let Some(wire) = self.wires.get_mut(&transmit.connection) else {
                continue;
            };
            let mut rest = &transmit.bytes[..];
            while !rest.is_empty() {
                let len = usize::try_from(u32::from_be_bytes(rest[..4].try_into().unwrap()));
                let (message, after) = rest.split_at(len.unwrap() + 8);
                self.written.push((self.now, wire.side.0, message.to_vec()));
                rest = after;
            }
            wire.to_server
                .push_back((self.now + self.delay, transmit.bytes));
        }
        while let Some(event) = self.client.poll_event() {
            moved = true;
            match event {
                Event::Connect { connection, side } => {
                    self.attempts.push((self.now, side.0));
                    let stands = match self.sides[side.0].mood {
                        Mood::BlackHole => continue,
                        Mood::Unreachable => false,
                        _ => true,
                    };
                    let at = self.now + self.delay;
                    self.connecting.push_back((at, connection, side, stands));
                }
                Event::Disconnect { connection } => {
                    self.connecting
                        .retain(|(_, other, ..)| *other != connection);
                    if let Some(mut wire) = self.wires.remove(&connection) {
                        // What was written before still arrives.
                        for (_, bytes) in wire.to_server.drain(..) {
                            wire.server_input.extend_from_slice(&bytes);
                        }
                        let _ = wire.server.handle_input(self.now, &mut wire.server_input);
                        let seen = std::iter::from_fn(|| wire.server.poll_event());
                        self.sides[wire.side.0].seen.extend(seen);
                    }
                }
                event => self.events.push((self.now, event)),
            }
        }
        moved
    }

    fn connect_due(&mut self) -> bool {
        let due = self.connecting.iter().position(|(at, ..)| *at <= self.now);
        let Some((_, connection, side, stands)) = due.and_then(|at| self.connecting.remove(at))
        else {
            return false;
        };
        if !stands {
            self.client.handle_connect_failed(self.now, connection);
            return true;
        }
        let config = self.sides[side.0].config.clone();
        let standing = match self.sides[side.0].mood {
            Mood::StandBy => Standing::Standby,
            _ => Standing::Master,
        };
        let wire = Wire {
            side,
            server: Server::new(self.now, config.standing(standing)),
            to_client: VecDeque::new(),
            to_server: VecDeque::new(),
            client_input: BytesMut::new(),
            server_input: BytesMut::new(),
            carries: true,
        };
        self.wires.insert(connection, wire);
        self.client.handle_connected(self.now, connection);
        true
    }

    /// Lets the servers read and answer.
    fn serve(&mut self) -> bool {
        let mut moved = false;
        for wire in self.wires.values_mut() {
            let script = &mut self.sides[wire.side.0];
            while let Some((_, bytes)) = wire.to_server.pop_front_if(|(at, _)| *at <= self.now) {
                moved = true;
                if wire.carries && script.mood != Mood::Mute {
                    wire.server_input.extend_from_slice(&bytes);
                }
            }
            let _ = wire.server.handle_input(self.now, &mut wire.server_input);
            while let Some(event) = wire.server.poll_event() {
                moved = true;
                match &event {
                    server::Event::OpenRequested { request, .. } => {
                        match decide(script, request.services_requested) {
                            Ok(conf) => wire.server.accept(self.now, conf).unwrap(),
                            Err(status) => wire.server.refuse(status).unwrap(),
                        }
                        let _ = wire.server.handle_input(self.now, &mut wire.server_input);
                    }
                    server::Event::Request { invoke_id, message } => {
                        let answers = script.answers.iter_mut();
                        let reply = answers.rev().find_map(|answer| answer(message));
                        reply_to(&mut wire.server, *invoke_id, reply);
                    }
                    _ => {}
                }
                script.seen.push(event);
            }
            while let Some(bytes) = wire.server.poll_transmit() {
                moved = true;
                if wire.carries {
                    wire.to_client.push_back((self.now + self.delay, bytes));
                }
            }
        }
        moved
    }

    fn deliver(&mut self) -> bool {
        let mut due = Vec::new();
        for (connection, wire) in &mut self.wires {
            while let Some((_, bytes)) = wire.to_client.pop_front_if(|(at, _)| *at <= self.now) {
                wire.client_input.extend_from_slice(&bytes);
            }
            if wire.carries && !wire.client_input.is_empty() {
                due.push((*connection, wire.client_input.split()));
            }
        }
        let moved = !due.is_empty();
        for (connection, mut input) in due {
            self.client.handle_input(self.now, connection, &mut input);
            if let Some(wire) = self.wires.get_mut(&connection) {
                input.unsplit(wire.client_input.split());
                wire.client_input = input;
            }
        }
        moved
    }
}

fn decide(script: &Script, asks: ServiceMask) -> Result<OpenConf, StatusCode> {
    if let Mood::Refuse(status) = script.mood {
        return Err(status);
    }
    Ok(OpenConf::with(|conf| {
        conf.services_granted = asks;
        conf.peripheral_online = script.peripheral_online;
    }))
}

fn reply_to(server: &mut Server, invoke_id: InvokeId, reply: Option<Reply>) {
    match reply {
        Some(Ok(message)) => server.answer(invoke_id, message).unwrap(),
        Some(Err(status)) => server.fail(invoke_id, status).unwrap(),
        None => {}
    }
}
