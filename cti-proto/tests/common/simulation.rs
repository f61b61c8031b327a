//! A failover client, two servers over one switch, and a network that delays, cuts and half-opens, all
//! driven by one seed; and what must hold whatever happens.
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "the simulation acts on the few things that it names"
)]

use std::collections::{BTreeMap, VecDeque};
use std::fmt::{Display, Write};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use cti_proto::code::{
    AgentState, AgentStateMask, CallEventMask, InvokeId, LocalConnectionState, PeripheralId,
    ServiceMask, StatusCode, SystemEventId,
};
use cti_proto::codec::Secret;
use cti_proto::message::{
    ActiveMaintenanceEventMsg, ActiveMaintenanceReqMsg, OpenConf, SetAgentStateConf,
    SetAgentStateReq, SystemEvent,
};
use cti_proto::session::failover::{
    AgentKey, CallKey, Config, Connection, DeviceKey, Event, Failover, Side,
};
use cti_proto::session::server::{self, Server, Standing};
use cti_proto::session::{Error, client};
use cti_proto::{Dialect, Message, Version};

use super::world::{Agent, Call, SWITCH, World, text};

/// How long faults happen.
const TROUBLE: Duration = Duration::from_secs(240);
/// How long the client may take to be well again: two rounds of rule 12 and what a mute side costs.
const HEALING: Duration = Duration::from_secs(400);
/// The longest a byte travels.
const SLOWEST: Duration = Duration::from_secs(2);
/// [`client::Config::request_timeout`].
const DEADLINE: Duration = Duration::from_secs(30);
/// Agents, each with a device of its own.
const AGENTS: usize = 6;

/// What the two servers are to each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Family {
    /// UCCE 23: both serve.
    Duplex,
    /// UCCE 24: one is active, the other stands by and takes connections.
    Standby,
    /// UCCX 17: one is master, the other refuses.
    Express,
}

struct Site {
    /// Whether it takes connections.
    up: bool,
    /// Whether it takes connections and says nothing.
    mute: bool,
    /// Whether it serves.
    active: bool,
    /// Refuses with 110 until then.
    maintenance: Duration,
}

struct Wire {
    side: usize,
    server: Server,
    to_client: VecDeque<(Duration, Bytes)>,
    to_server: VecDeque<(Duration, Bytes)>,
    client_input: BytesMut,
    server_input: BytesMut,
    carries: bool,
    /// The client hears of the end then.
    end: Option<Duration>,
    /// Requests that are answered later, or never.
    late: Vec<(Duration, InvokeId)>,
}

/// What the network or a site does at a time.
#[derive(Clone, Debug)]
enum Plan {
    Connected(Connection, usize),
    Up(usize),
    Speak(usize),
    /// The maintenance of the active side is decided.
    Decide(usize),
    /// The other side becomes active.
    TakeOver(usize),
}

pub(crate) struct Simulation {
    random: Random,
    family: Family,
    client: Failover,
    now: Duration,
    world: World,
    sites: [Site; 2],
    wires: BTreeMap<Connection, Wire>,
    plans: Vec<(Duration, Plan)>,
    next_change: Duration,
    next_fault: Duration,
    next_request: Duration,
    /// Requests without an answer, and when each must have one.
    open: BTreeMap<InvokeId, Duration>,
    /// When each event of the world happened. Its place is its MonitorID.
    happened: Vec<Duration>,
    /// The last event that the client told.
    told: usize,
    /// Gaps that the client told.
    lost: Vec<(Duration, Duration)>,
    was_active: bool,
    /// A gap must be told before anything else is.
    owes_lost: bool,
    /// Whether all questions of this session had answers.
    sure: bool,
    /// Whether anything is new since the last comparison.
    news: bool,
    consented: bool,
    /// The trouble is over: nothing stays without an answer.
    healed: bool,
    pub(crate) compared: usize,
    pub(crate) breaks: usize,
    transcript: Option<String>,
}

impl Simulation {
    pub(crate) fn new(seed: u64, write: bool) -> Self {
        let mut random = Random(seed);
        let family = [Family::Duplex, Family::Standby, Family::Express][random.below(3)];
        let (version, extra) = match family {
            Family::Duplex => (Version::ucce(23), ServiceMask::NONE),
            Family::Standby => (Version::ucce(24), ServiceMask::ACTIVE_STANDBY),
            Family::Express => (Version::uccx(17), ServiceMask::NONE),
        };
        let services = ServiceMask::ALL_EVENTS | ServiceMask::CLIENT_CONTROL | extra;
        let session = client::Config::new(version, text("bridge"), Secret::default())
            .services(services)
            .call_events(CallEventMask::KNOWN)
            .agent_states(AgentStateMask::KNOWN)
            .request_timeout(DEADLINE);
        let mut client = Failover::new(Config::new(session).seed(seed).clients(20).max_queries(3));
        for agent in 0..AGENTS {
            let key = AgentKey::new(SWITCH, &text(&login(agent)));
            client.watch_agent(Duration::ZERO, key).unwrap();
            let key = DeviceKey::new(SWITCH, &text(&device(agent)));
            client.watch_device(Duration::ZERO, key).unwrap();
        }
        let site = |active| Site {
            up: true,
            mute: false,
            active: active || family == Family::Duplex,
            maintenance: Duration::ZERO,
        };
        Self {
            random,
            family,
            client,
            now: Duration::ZERO,
            world: World::default(),
            sites: [site(true), site(false)],
            wires: BTreeMap::new(),
            plans: Vec::new(),
            next_change: Duration::ZERO,
            next_fault: Duration::from_secs(20),
            next_request: Duration::from_secs(1),
            open: BTreeMap::new(),
            happened: vec![Duration::ZERO],
            told: 0,
            lost: Vec::new(),
            was_active: false,
            owes_lost: false,
            sure: false,
            news: true,
            consented: false,
            healed: false,
            compared: 0,
            breaks: 0,
            transcript: write.then(String::new),
        }
    }

    /// Runs to the end; `Err` says what did not hold.
    pub(crate) fn run(&mut self) -> Result<(), String> {
        self.client
            .open(self.now)
            .map_err(|error| error.to_string())?;
        self.settle()?;
        self.drive(TROUBLE)?;
        self.heal()?;
        let deadline = self.now + HEALING;
        while self.now < deadline {
            self.drive(self.now + Duration::from_secs(1))?;
            if self.is_quiet() && self.open.is_empty() {
                return self.compare();
            }
        }
        Err("it is not well again in time".into())
    }

    /// What happened, line by line.
    pub(crate) fn transcript(&self) -> &str {
        self.transcript.as_deref().unwrap_or_default()
    }

    fn drive(&mut self, until: Duration) -> Result<(), String> {
        while let Some(next) = self.next_time().filter(|next| *next <= until) {
            self.now = self.now.max(next);
            self.client.handle_timeout(self.now);
            for wire in self.wires.values_mut() {
                wire.server.handle_timeout(self.now);
            }
            self.settle()?;
            self.plans_due()?;
            if self.next_change <= self.now {
                self.change();
                self.next_change = self.now + self.random.up_to(4_000);
            }
            if self.next_request <= self.now {
                self.request();
                self.next_request = self.now + self.random.up_to(10_000);
            }
            if self.next_fault <= self.now {
                self.fault();
                self.next_fault = self.now + self.random.up_to(40_000);
            }
            self.settle()?;
            self.check()?;
        }
        self.now = until;
        Ok(())
    }

    fn next_time(&self) -> Option<Duration> {
        let wires = self.wires.values();
        let servers = wires.clone().filter_map(|wire| wire.server.poll_timeout());
        let ends = wires.clone().filter_map(|wire| wire.end);
        let late = wires
            .clone()
            .flat_map(|wire| wire.late.iter().map(|(at, _)| *at));
        let arrivals = wires.flat_map(|wire| [wire.to_client.front(), wire.to_server.front()]);
        let arrivals = arrivals.flatten().map(|(at, _)| *at);
        let plans = self.plans.iter().map(|(at, _)| *at);
        let own = [self.next_change, self.next_fault, self.next_request];
        let times = servers.chain(ends).chain(late).chain(arrivals).chain(plans);
        let times = times.chain(self.client.poll_timeout()).chain(own);
        times.filter(|at| *at < Duration::MAX).min()
    }

    /// What must hold at any time.
    fn check(&mut self) -> Result<(), String> {
        let timer = self.client.poll_timeout();
        if timer.is_none_or(|at| at <= self.now) {
            return Err(format!("its next timer is {timer:?}"));
        }
        if let Some((id, _)) = self.open.iter().find(|(_, deadline)| **deadline < self.now) {
            return Err(format!("request {id:?} is beyond its deadline"));
        }
        if self.wires.len() > 4 {
            return Err(format!("{} connections", self.wires.len()));
        }
        if self.news && self.is_quiet() {
            self.news = false;
            self.compare()?;
        }
        Ok(())
    }

    /// Whether the client must know all that is so.
    fn is_quiet(&self) -> bool {
        let Some(Side(side)) = self.client.active_side() else {
            return false;
        };
        let of_side = |wire: &&Wire| wire.side == side && wire.end.is_none();
        let mut wires = self.wires.values().filter(of_side);
        let (Some(wire), None) = (wires.next(), wires.next()) else {
            return false;
        };
        self.client.is_recovered()
            && self.sure
            && self.sites[side].active
            && wire.carries
            && wire.server.is_open()
            && wire.to_client.is_empty()
            && wire.client_input.is_empty()
    }

    /// Compares what the client believes with what is so.
    fn compare(&mut self) -> Result<(), String> {
        self.compared += 1;
        let picture = self.client.picture();
        for agent in 0..AGENTS {
            let key = AgentKey::new(SWITCH, &text(&login(agent)));
            let believed = picture.agent(&key);
            let so = self.world.agents.get(&login(agent));
            let state = believed.map(|agent| agent.state);
            let group = believed.and_then(|agent| agent.skill_groups.values().next().copied());
            let same = match so {
                Some(so) => state == Some(so.state) && group == Some(so.group),
                None => state.is_none_or(|state| state == AgentState::LOGOUT),
            };
            if !same {
                return Err(format!("agent {agent} is {so:?}, believed {believed:?}"));
            }
        }
        let believed: Vec<u32> = picture.calls().map(|(key, _)| key.call_id.0).collect();
        let so: Vec<u32> = self.world.calls.keys().copied().collect();
        if believed != so {
            return Err(format!("calls are {so:?}, believed {believed:?}"));
        }
        for (id, call) in &self.world.calls {
            let key = CallKey::new(SWITCH, cti_proto::code::CallId(*id));
            let believed = picture.call(&key).unwrap();
            let parties = believed.parties.iter();
            let parties = parties.map(|(device, party)| (device.to_string(), party.state));
            let named = believed.data.named_variables.iter();
            let named = named.map(|(name, value)| (name.to_string(), value.to_string()));
            let believed = Call {
                parties: parties.collect(),
                variable: believed.data.variables[0]
                    .clone()
                    .unwrap_or_default()
                    .to_string(),
                named: named.collect(),
            };
            if believed != *call {
                return Err(format!("call {id} is {call:?}, believed {believed:?}"));
            }
        }
        Ok(())
    }

    /// Carries bytes until nothing moves at this time.
    fn settle(&mut self) -> Result<(), String> {
        loop {
            let mut moved = self.flush()?;
            for connection in self.wires.keys().copied().collect::<Vec<_>>() {
                moved |= self.serve(connection);
                moved |= self.deliver(connection);
            }
            if !moved {
                return Ok(());
            }
        }
    }

    fn flush(&mut self) -> Result<bool, String> {
        let mut moved = false;
        while let Some(transmit) = self.client.poll_transmit() {
            moved = true;
            if self.wires.contains_key(&transmit.connection) {
                self.put(transmit.connection, transmit.bytes, Towards::Server);
            }
        }
        while let Some(event) = self.client.poll_event() {
            moved = true;
            self.on_event(event)?;
        }
        Ok(moved)
    }

    /// Puts bytes on the wire, in pieces, each with a delay of its own and none before another.
    fn put(&mut self, connection: Connection, mut bytes: Bytes, towards: Towards) {
        let Some(wire) = self.wires.get_mut(&connection) else {
            return;
        };
        let queue = match towards {
            Towards::Client => &mut wire.to_client,
            Towards::Server => &mut wire.to_server,
        };
        while !bytes.is_empty() && wire.carries && wire.end.is_none() {
            let piece = bytes.split_to(1 + self.random.below(bytes.len()));
            let delay = match self.random.below(40) {
                0 => self
                    .random
                    .up_to(u64::try_from(SLOWEST.as_millis()).unwrap()),
                _ => self.random.up_to(60),
            };
            let last = queue.back().map_or(self.now, |(at, _)| *at);
            queue.push_back((last.max(self.now + delay), piece));
        }
    }

    fn on_event(&mut self, event: Event) -> Result<(), String> {
        self.news = true;
        if !matches!(event, Event::Message(_)) {
            self.note("client", &format!("{event:?}"));
        }
        if self.owes_lost && !matches!(event, Event::Lost(_) | Event::Connect { .. }) {
            return Err(format!("a gap was not told before {event:?}"));
        }
        match event {
            Event::Connect { connection, side } => {
                if self.sites[side.0].up {
                    let at = self.now + self.random.up_to(200);
                    self.plans.push((at, Plan::Connected(connection, side.0)));
                } else if self.random.below(2) == 0 {
                    self.client.handle_connect_failed(self.now, connection);
                }
            }
            Event::Disconnect { connection } => {
                self.plans.retain(
                    |(_, plan)| !matches!(plan, Plan::Connected(other, _) if *other == connection),
                );
                self.wires.remove(&connection);
            }
            Event::Active { .. } => {
                self.owes_lost = self.was_active;
                self.was_active = true;
                self.sure = true;
            }
            Event::Interrupted { .. } => self.breaks += 1,
            Event::Lost(lost) => {
                self.owes_lost = false;
                self.lost.push((lost.since, lost.until));
            }
            Event::Unrecovered { .. } => self.sure = false,
            Event::Answer(answer) => {
                let waited = self.open.remove(&answer.invoke_id);
                waited.ok_or_else(|| format!("nobody waits for {answer:?}"))?;
            }
            Event::Message(message) => self.on_message(&message)?,
            Event::Malformed { error, .. } => return Err(error.to_string()),
            Event::BeyondLimit { .. } | Event::Failed(_) | Event::Closed => {
                return Err(format!("{event:?}"));
            }
            _ => {}
        }
        Ok(())
    }

    /// Events come in order and once, and what is missing is in a gap that was told.
    fn on_message(&mut self, message: &Message) -> Result<(), String> {
        self.note("client", &message);
        let Some(place) = monitor_id(message) else {
            return Ok(());
        };
        if place <= self.told {
            return Err(format!("event {place} came after {}", self.told));
        }
        for missing in self.told + 1..place {
            let at = self.happened[missing];
            // What was on its way when the side was heard last counts as heard of.
            let told =
                |(since, until): &(Duration, Duration)| at + SLOWEST >= *since && at <= *until;
            let before_the_first = self.lost.is_empty() && self.told == 0;
            if !before_the_first && !self.lost.iter().any(told) {
                return Err(format!(
                    "event {missing} of {at:?} is missing, and no gap was told"
                ));
            }
        }
        self.told = place;
        Ok(())
    }

    fn serve(&mut self, connection: Connection) -> bool {
        let mut moved = false;
        let Some(wire) = self.wires.get_mut(&connection) else {
            return false;
        };
        let site = &self.sites[wire.side];
        while let Some((_, bytes)) = wire.to_server.pop_front_if(|(at, _)| *at <= self.now) {
            moved = true;
            if wire.carries && !site.mute {
                wire.server_input.extend_from_slice(&bytes);
            }
        }
        let _ = wire.server.handle_input(self.now, &mut wire.server_input);
        let mut closed = wire.server.is_closed();
        while let Some(event) = self
            .wires
            .get_mut(&connection)
            .and_then(|w| w.server.poll_event())
        {
            moved = true;
            closed |= matches!(event, server::Event::Closed(_));
            self.on_server_event(connection, event);
        }
        let Some(wire) = self.wires.get_mut(&connection) else {
            return moved;
        };
        let mut due = Vec::new();
        wire.late.retain(|(at, id)| {
            if *at <= self.now {
                due.push(*id);
            }
            *at > self.now
        });
        for invoke_id in due {
            moved = true;
            let _ = wire.server.answer(invoke_id, SetAgentStateConf::new());
        }
        let mut out = Vec::new();
        while let Some(bytes) = wire.server.poll_transmit() {
            out.push(bytes);
        }
        for bytes in out {
            moved = true;
            self.put(connection, bytes, Towards::Client);
        }
        if closed && let Some(wire) = self.wires.get_mut(&connection) {
            // The server hangs up behind its last words.
            let last = wire.to_client.back().map_or(self.now, |(at, _)| *at);
            if wire.carries {
                wire.end.get_or_insert(last);
            }
        }
        moved
    }

    fn on_server_event(&mut self, connection: Connection, event: server::Event) {
        let Some(wire) = self.wires.get_mut(&connection) else {
            return;
        };
        let side = wire.side;
        let site = &self.sites[side];
        match event {
            server::Event::OpenRequested { request, .. } => {
                let maintenance = site.maintenance > self.now;
                let refusal = maintenance.then_some(StatusCode::SERVER_IN_MAINTENANCE_MODE);
                let conf =
                    OpenConf::with(|conf| conf.services_granted = request.services_requested);
                let now = self.now;
                let done = match refusal {
                    Some(status) => wire.server.refuse(status),
                    None => wire.server.accept(now, conf),
                };
                done.unwrap();
                let _ = wire.server.handle_input(now, &mut wire.server_input);
                self.note(name(side), &format!("opens: {refusal:?}"));
            }
            server::Event::Request { invoke_id, message } => {
                if !site.active {
                    return;
                }
                let fate = if self.healed {
                    99
                } else {
                    self.random.below(100)
                };
                let late = self.now + self.random.up_to(5_000);
                let answered = match self.world.reply(&message) {
                    Some(Ok(message)) if fate > 0 => wire.server.answer(invoke_id, message),
                    Some(Err(status)) if fate > 0 => wire.server.fail(invoke_id, status),
                    None if (20..40).contains(&fate) => wire
                        .server
                        .fail(invoke_id, StatusCode::INVALID_OBJECT_STATE),
                    None if fate >= 40 => {
                        wire.late.push((late, invoke_id));
                        Ok(())
                    }
                    Some(_) | None => Ok(()),
                };
                // The client may have said goodbye behind its request.
                assert!(answered.is_ok() || wire.server.is_closed());
            }
            server::Event::Message(Message::ActiveMaintenanceRespMsg(response)) => {
                self.consented = response.maintenance_mode_accepted;
            }
            _ => {}
        }
    }

    fn deliver(&mut self, connection: Connection) -> bool {
        let Some(wire) = self.wires.get_mut(&connection) else {
            return false;
        };
        let mut moved = false;
        while let Some((_, bytes)) = wire.to_client.pop_front_if(|(at, _)| *at <= self.now) {
            if wire.carries {
                moved = true;
                wire.client_input.extend_from_slice(&bytes);
            }
        }
        if moved {
            let mut input = std::mem::take(&mut wire.client_input);
            self.client.handle_input(self.now, connection, &mut input);
            if let Some(wire) = self.wires.get_mut(&connection) {
                wire.client_input = input;
            }
        }
        let wire = self.wires.get(&connection);
        if wire
            .and_then(|wire| wire.end)
            .is_some_and(|end| end <= self.now)
        {
            self.wires.remove(&connection);
            self.client.handle_eof(self.now, connection);
            return true;
        }
        moved
    }

    fn plans_due(&mut self) -> Result<(), String> {
        while let Some(place) = self.plans.iter().position(|(at, _)| *at <= self.now) {
            let (_, plan) = self.plans.remove(place);
            match plan {
                Plan::Connected(connection, side) if self.sites[side].up => {
                    self.connect(connection, side);
                }
                Plan::Connected(connection, _) => {
                    self.client.handle_connect_failed(self.now, connection);
                }
                Plan::Up(side) => self.sites[side].up = true,
                Plan::Speak(side) => self.sites[side].mute = false,
                Plan::Decide(side) => {
                    let takes_place = self.consented && self.sites[1 - side].up;
                    self.tell(
                        side,
                        ActiveMaintenanceEventMsg::with(|event| {
                            event.maintenance_mode_status = takes_place;
                        }),
                    );
                    if takes_place {
                        self.sites[side].maintenance = self.now + Duration::from_secs(20);
                        let at = self.now + self.random.up_to(4_000);
                        self.plans.push((at, Plan::TakeOver(1 - side)));
                    }
                }
                Plan::TakeOver(side) => self.take_over(side),
            }
            self.settle()?;
        }
        Ok(())
    }

    fn connect(&mut self, connection: Connection, side: usize) {
        let dialect = match self.family {
            Family::Duplex | Family::Standby => Dialect::Ucce,
            Family::Express => Dialect::Uccx,
        };
        let standing = self.standing(side);
        let config = server::Config::new(dialect, 10..=25).standing(standing);
        let wire = Wire {
            side,
            server: Server::new(self.now, config),
            to_client: VecDeque::new(),
            to_server: VecDeque::new(),
            client_input: BytesMut::new(),
            server_input: BytesMut::new(),
            carries: true,
            end: None,
            late: Vec::new(),
        };
        self.wires.insert(connection, wire);
        self.client.handle_connected(self.now, connection);
    }

    /// `side` serves from now on, and the other does not.
    fn take_over(&mut self, side: usize) {
        self.note(name(side), &"takes over");
        if self.family == Family::Express {
            self.tell(
                1 - side,
                SystemEvent::with(|event| {
                    event.system_event_id = SystemEventId::PERIPHERAL_OFFLINE;
                    event.system_event_arg1 = PeripheralId(1).0;
                }),
            );
        }
        for place in 0..2 {
            self.sites[place].active = place == side || self.family == Family::Duplex;
        }
        let standings = [self.standing(0), self.standing(1)];
        for wire in self.wires.values_mut() {
            wire.server.set_standing(standings[wire.side]);
        }
    }

    const fn standing(&self, side: usize) -> Standing {
        if self.sites[side].active {
            Standing::Master
        } else {
            Standing::Standby
        }
    }

    /// Sends a message on all open sessions of a side.
    fn tell(&mut self, side: usize, message: impl Into<Message>) {
        let message = message.into();
        self.note(name(side), &message);
        for wire in self.wires.values_mut() {
            if wire.side == side && wire.server.is_open() {
                wire.server.send(message.clone()).map(drop).unwrap();
            }
        }
    }

    /// Something happened at the switch: all sides that serve tell their clients.
    fn happen(&mut self, mut message: Message) {
        let place = u32::try_from(self.happened.len()).unwrap();
        self.happened.push(self.now);
        set_monitor_id(&mut message, place);
        for side in 0..2 {
            if self.sites[side].active {
                self.tell(side, message.clone());
            }
        }
    }

    fn change(&mut self) {
        self.news = true;
        let agent = self.random.below(AGENTS);
        let (login, device) = (login(agent), device(agent));
        let calls: Vec<u32> = self.world.calls.keys().copied().collect();
        let call = (!calls.is_empty()).then(|| calls[self.random.below(calls.len())]);
        let connected = [LocalConnectionState::CONNECT, LocalConnectionState::HOLD];
        match (self.random.below(10), call) {
            (0..4, _) => {
                let state = AgentState(u16::try_from(1 + self.random.below(8)).unwrap());
                let agent = Agent::new(state, &device);
                match state {
                    AgentState::LOGOUT => drop(self.world.agents.remove(&login)),
                    _ => drop(self.world.agents.insert(login.clone(), agent)),
                }
                self.happen(self.world.agent_event(&login).into());
            }
            (4 | 5, _) | (_, None) => {
                let id = u32::try_from(1 + self.random.below(30)).unwrap();
                if self.world.calls.contains_key(&id) {
                    return;
                }
                let variable = self.random.below(1_000).to_string();
                let call = Call::new(&device, connected[0], &variable);
                self.world.calls.insert(id, call);
                self.happen(self.world.begin_event(id).into());
                self.happen(self.world.connection_event(id, &device));
            }
            (6, Some(id)) => {
                self.world.calls.remove(&id);
                self.happen(super::world::end_event(id).into());
            }
            (7, Some(id)) => {
                let value = self.random.below(1_000).to_string();
                let call = self.world.calls.get_mut(&id).unwrap();
                call.variable.clone_from(&value);
                call.named.insert("user.order".into(), value);
                self.happen(self.world.data_event(id).into());
            }
            (8, Some(id)) => {
                let call = self.world.calls.get_mut(&id).unwrap();
                if call.parties.len() > 1 && call.parties.remove(&device).is_some() {
                    self.happen(super::world::cleared_event(id, &device).into());
                }
            }
            (_, Some(id)) => {
                let state = connected[self.random.below(2)];
                let call = self.world.calls.get_mut(&id).unwrap();
                call.parties.insert(device.clone(), state);
                self.happen(self.world.connection_event(id, &device));
            }
        }
    }

    fn request(&mut self) {
        let request = SetAgentStateReq::with(|request| {
            request.peripheral_id = SWITCH;
            request.agent_state = AgentState::AVAILABLE;
            request.agent_id = Some(text(&login(0)));
            request.agent_instrument = Some(text(&device(0)));
        });
        match self.client.request(self.now, request) {
            Ok(handle) => {
                self.open.insert(handle.invoke_id(), self.now + DEADLINE);
            }
            Err(error) => assert!(matches!(error, Error::Caller { .. }), "{error}"),
        }
    }

    fn fault(&mut self) {
        let side = self.random.below(2);
        let fault = self.random.below(6);
        self.note(name(side), &format!("fault {fault}"));
        match fault {
            0 => self.cut(side),
            1 => {
                let wires = self.wires.values_mut().filter(|wire| wire.side == side);
                wires.for_each(|wire| wire.carries = false);
            }
            2 => {
                self.sites[side].up = false;
                self.cut(side);
                let at = self.now + self.random.up_to(60_000);
                self.plans.push((at, Plan::Up(side)));
                if self.family != Family::Duplex && self.sites[side].active {
                    let at = self.now + self.random.up_to(3_000);
                    self.plans.push((at, Plan::TakeOver(1 - side)));
                }
            }
            3 => {
                self.sites[side].mute = true;
                let at = self.now + self.random.up_to(60_000);
                self.plans.push((at, Plan::Speak(side)));
            }
            4 => {
                let wires = self.wires.values_mut().filter(|wire| wire.side == side);
                wires.for_each(|wire| wire.server.close(StatusCode::CTI_SERVER_OFFLINE));
            }
            _ => match self.family {
                Family::Standby if self.sites[side].active => {
                    self.consented = false;
                    self.tell(
                        side,
                        ActiveMaintenanceReqMsg::with(|request| {
                            request.invoke_id = InvokeId(77);
                        }),
                    );
                    let at = self.now + Duration::from_secs(5);
                    self.plans.push((at, Plan::Decide(side)));
                    // One move at a time.
                    self.next_fault = self.now + Duration::from_secs(30);
                }
                Family::Express if !self.sites[side].active => self.take_over(side),
                _ => {}
            },
        }
    }

    fn cut(&mut self, side: usize) {
        for wire in self.wires.values_mut() {
            if wire.side != side {
                continue;
            }
            // What is on its way arrives, or it does not.
            let at = match self.random.below(2) {
                0 => self.now,
                _ => wire.to_client.back().map_or(self.now, |(at, _)| *at),
            };
            wire.end.get_or_insert(at);
        }
    }

    /// No more faults and changes; the last break makes the client ask for everything.
    fn heal(&mut self) -> Result<(), String> {
        self.note("all", &"heals");
        self.next_fault = Duration::MAX;
        self.next_change = Duration::MAX;
        self.next_request = Duration::MAX;
        self.healed = true;
        for place in 0..self.plans.len() {
            let side = match self.plans[place].1 {
                Plan::Decide(side) => 1 - side,
                Plan::TakeOver(side) => side,
                _ => continue,
            };
            self.take_over(side);
        }
        self.plans
            .retain(|(_, plan)| matches!(plan, Plan::Connected(..)));
        for side in 0..2 {
            self.sites[side].up = true;
            self.sites[side].mute = false;
            self.sites[side].maintenance = Duration::ZERO;
            self.cut(side);
        }
        self.settle()
    }

    fn note(&mut self, who: &str, what: &impl Display) {
        let now = self.now.as_secs_f64();
        if let Some(transcript) = &mut self.transcript {
            writeln!(transcript, "{now:9.3} {who:>6}: {what}").unwrap();
        }
    }
}

#[derive(Clone, Copy)]
enum Towards {
    Client,
    Server,
}

const fn name(side: usize) -> &'static str {
    if side == 0 { "side A" } else { "side B" }
}

fn login(agent: usize) -> String {
    format!("{}", 100 + agent)
}

fn device(agent: usize) -> String {
    format!("{}", 1_000 + agent)
}

/// The number that an event of the world bears.
fn monitor_id(message: &Message) -> Option<usize> {
    let id = match message {
        Message::AgentStateEvent(event) => event.monitor_id,
        Message::BeginCallEvent(event) => event.monitor_id,
        Message::EndCallEvent(event) => event.monitor_id,
        Message::CallDataUpdateEvent(event) => event.monitor_id,
        Message::CallEstablishedEvent(event) => event.monitor_id,
        Message::CallHeldEvent(event) => event.monitor_id,
        Message::CallConnectionClearedEvent(event) => event.monitor_id,
        _ => return None,
    };
    usize::try_from(id).ok()
}

fn set_monitor_id(message: &mut Message, id: u32) {
    match message {
        Message::AgentStateEvent(event) => event.monitor_id = id,
        Message::BeginCallEvent(event) => event.monitor_id = id,
        Message::EndCallEvent(event) => event.monitor_id = id,
        Message::CallDataUpdateEvent(event) => event.monitor_id = id,
        Message::CallEstablishedEvent(event) => event.monitor_id = id,
        Message::CallHeldEvent(event) => event.monitor_id = id,
        Message::CallConnectionClearedEvent(event) => event.monitor_id = id,
        _ => unreachable!("not an event of the world"),
    }
}

/// The only source of chance.
struct Random(u64);

impl Random {
    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    /// A time up to so many milliseconds, and not zero.
    fn up_to(&mut self, milliseconds: u64) -> Duration {
        Duration::from_millis(1 + self.next() % milliseconds)
    }
}
