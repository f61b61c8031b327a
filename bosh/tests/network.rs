//! Client against server over a network that delays, drops, repeats, reorders and cuts, in
//! virtual time: every payload arrives exactly once and in order, or both ends close.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use bosh::Rid;
use bosh::session::{
    Client, ClientConfig, ClientEvent, CloseReason, Event, Manager, RequestId, RequestSlot,
    ServerConfig, SessionId,
};
use bytes::Bytes;

/// How bad the network is, in percent.
#[derive(Clone, Copy)]
struct Weather {
    lost_requests: u64,
    lost_responses: u64,
    repeated: u64,
    cuts: u64,
    slowest: Duration,
}

const CALM: Weather = Weather {
    lost_requests: 0,
    lost_responses: 0,
    repeated: 0,
    cuts: 0,
    slowest: Duration::from_millis(20),
};

const STORM: Weather = Weather {
    lost_requests: 12,
    lost_responses: 12,
    repeated: 6,
    cuts: 15,
    slowest: Duration::from_millis(400),
};

enum Packet {
    Request {
        slot: RequestSlot,
        body: Bytes,
    },
    Response {
        id: RequestId,
        status: u16,
        body: Bytes,
    },
    /// The client sees its connection break.
    Broken {
        id: RequestId,
    },
    /// The server sees a connection break.
    Gone {
        slot: RequestSlot,
    },
    ClientSpeaks,
    ServerSpeaks,
}

struct World {
    random: u64,
    now: Duration,
    weather: Weather,
    storm_ends: Duration,
    client: Client,
    server: Manager,
    session: Option<SessionId>,
    slots: BTreeMap<RequestSlot, Option<RequestId>>,
    next_slot: u64,
    /// By time, then by number, so that a run can be repeated.
    packets: BTreeMap<(Duration, u64), Packet>,
    next_packet: u64,
    said_by_client: u64,
    said_by_server: u64,
    heard_by_client: u64,
    heard_by_server: u64,
    opened: bool,
    client_closed: Option<CloseReason>,
    server_closed: Option<CloseReason>,
}

const MESSAGES: u64 = 15;

impl World {
    fn new(seed: u64, weather: Weather) -> Self {
        let mut sids = 0;
        let polling = seed % 5 == 4;
        let client = ClientConfig::new("localhost", Rid::new(seed * 1000 + 1).unwrap())
            .with_wait(Duration::from_secs(10), if polling { 0 } else { 1 })
            .with_acks(seed.is_multiple_of(2));
        let mut world = Self {
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            now: Duration::ZERO,
            weather,
            storm_ends: Duration::from_secs(90),
            client: Client::new(client),
            server: Manager::new(ServerConfig::default(), move || {
                sids += 1;
                format!("sid{sids}")
            }),
            session: None,
            slots: BTreeMap::new(),
            next_slot: 0,
            packets: BTreeMap::new(),
            next_packet: 0,
            said_by_client: 0,
            said_by_server: 0,
            heard_by_client: 0,
            heard_by_server: 0,
            opened: false,
            client_closed: None,
            server_closed: None,
        };
        for _ in 0..MESSAGES {
            let at = Duration::from_millis(world.roll(60_000));
            world.post(at, Packet::ClientSpeaks);
            let at = Duration::from_millis(world.roll(60_000));
            world.post(at, Packet::ServerSpeaks);
        }
        world.client.open(world.now).unwrap();
        world
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % sides
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.now < self.storm_ends && self.roll(100) < percent
    }

    fn delay(&mut self) -> Duration {
        let most = if self.now < self.storm_ends {
            self.weather.slowest
        } else {
            CALM.slowest
        };
        Duration::from_millis(1 + self.roll(most.as_millis() as u64))
    }

    fn post(&mut self, after: Duration, packet: Packet) {
        self.packets
            .insert((self.now + after, self.next_packet), packet);
        self.next_packet += 1;
    }

    fn slot(&mut self, id: Option<RequestId>) -> RequestSlot {
        let slot = RequestSlot(self.next_slot);
        self.next_slot += 1;
        self.slots.insert(slot, id);
        slot
    }

    /// Takes everything out of both machines and puts it on the wire.
    fn drain(&mut self) {
        loop {
            let mut quiet = true;
            while let Some(event) = self.client.poll_event() {
                quiet = false;
                self.on_client_event(event);
            }
            while let Some((session, event)) = self.server.poll_event() {
                quiet = false;
                self.on_server_event(session, event);
            }
            while let Some(transmit) = self.client.poll_transmit() {
                quiet = false;
                let delay = self.delay();
                if self.chance(self.weather.lost_requests) {
                    self.post(delay, Packet::Broken { id: transmit.id });
                    continue;
                }
                let slot = self.slot(Some(transmit.id));
                self.post(
                    delay,
                    Packet::Request {
                        slot,
                        body: transmit.body.clone(),
                    },
                );
                if self.chance(self.weather.repeated) {
                    let (slot, delay) = (self.slot(None), self.delay());
                    self.post(
                        delay,
                        Packet::Request {
                            slot,
                            body: transmit.body,
                        },
                    );
                }
                if self.chance(self.weather.cuts) {
                    let after = Duration::from_millis(self.roll(12_000));
                    self.post(after, Packet::Broken { id: transmit.id });
                    // The server may never notice.
                    if self.chance(50) {
                        self.post(after, Packet::Gone { slot });
                    }
                }
            }
            while let Some(transmit) = self.server.poll_transmit() {
                quiet = false;
                let id = self
                    .slots
                    .remove(&transmit.slot)
                    .expect("a slot is answered once");
                let Some(id) = id else {
                    continue;
                };
                let delay = self.delay();
                if self.chance(self.weather.lost_responses) {
                    self.post(delay, Packet::Broken { id });
                } else {
                    let (status, body) = (transmit.status, transmit.body);
                    self.post(delay, Packet::Response { id, status, body });
                }
            }
            if quiet {
                return;
            }
        }
    }

    fn on_client_event(&mut self, event: ClientEvent) {
        match event {
            ClientEvent::Opened(_) => self.opened = true,
            ClientEvent::Payload(payload) if payload.name().local() == "s" => {
                let number: u64 = number(&payload);
                assert_eq!(number, self.heard_by_client, "exactly once and in order");
                self.heard_by_client += 1;
            }
            ClientEvent::Closed { reason, .. } => self.client_closed = Some(reason),
            ClientEvent::Payload(_) | ClientEvent::SeeOtherUri(_) | _ => {}
        }
    }

    fn on_server_event(&mut self, session: SessionId, event: Event) {
        match event {
            Event::Open(_) => {
                // A creation request that was repeated makes one more session; the client uses
                // the one whose answer came first.
                self.server.set_authenticated(session).unwrap();
                let features = Bytes::from_static(b"<f xmlns='urn:f'/>");
                self.server.send(self.now, session, features).unwrap();
            }
            Event::Payload(payload) => {
                self.session.get_or_insert(session);
                assert_eq!(self.session, Some(session));
                let number: u64 = number(&payload);
                assert_eq!(number, self.heard_by_server, "exactly once and in order");
                self.heard_by_server += 1;
            }
            Event::Terminated { reason, .. } if self.session == Some(session) => {
                self.server_closed = Some(reason);
            }
            Event::Terminated { .. } | Event::Restart(_) | _ => {}
        }
    }

    fn step(&mut self) -> bool {
        self.drain();
        let packet = self.packets.keys().next().map(|&(at, _)| at);
        let times = [
            packet,
            self.client.poll_timeout(),
            self.server.poll_timeout(),
        ];
        let Some(next) = times.into_iter().flatten().min() else {
            return false;
        };
        self.now = self.now.max(next);
        let now = self.now;
        if let Some(entry) = self
            .packets
            .first_entry()
            .filter(|entry| entry.key().0 <= now)
        {
            match entry.remove() {
                // A connection that was cut before delivers nothing.
                Packet::Request { slot, .. } if !self.slots.contains_key(&slot) => {}
                Packet::Request { slot, body } => self.server.handle_request(now, slot, body),
                Packet::Response { id, status, body } => {
                    self.client.handle_response(now, id, status, &body);
                }
                Packet::Broken { id } => self.client.handle_failure(now, id),
                Packet::Gone { slot } => {
                    if self.slots.remove(&slot).is_some() {
                        self.server.handle_disconnect(now, slot);
                    }
                }
                Packet::ClientSpeaks => self.client_speaks(),
                Packet::ServerSpeaks => self.server_speaks(),
            }
        } else {
            self.client.handle_timeout(now);
            self.server.handle_timeout(now);
        }
        true
    }

    fn client_speaks(&mut self) {
        let payload = format!("<c xmlns='urn:c' n='{}'/>", self.said_by_client);
        match self.client.send(self.now, Bytes::from(payload)) {
            Ok(()) => self.said_by_client += 1,
            Err(_) if self.client_closed.is_some() => {}
            Err(_) => self.post(Duration::from_secs(1), Packet::ClientSpeaks),
        }
    }

    fn server_speaks(&mut self) {
        let payload = format!("<s xmlns='urn:s' n='{}'/>", self.said_by_server);
        let sent = self
            .session
            .map(|id| self.server.send(self.now, id, Bytes::from(payload)));
        match sent {
            Some(Ok(())) => self.said_by_server += 1,
            Some(Err(_)) => {}
            // The client has not spoken in any session yet.
            None if self.client_closed.is_some() => {}
            None => self.post(Duration::from_secs(1), Packet::ServerSpeaks),
        }
    }

    fn is_done(&self) -> bool {
        self.said_by_client == MESSAGES
            && self.said_by_server == MESSAGES
            && self.heard_by_server == MESSAGES
            && self.heard_by_client == MESSAGES
    }
}

fn number(payload: &bosh::Payload) -> u64 {
    let limits = bosh::xml::Limits::default();
    payload
        .to_element(&limits)
        .unwrap()
        .attr("n")
        .unwrap()
        .parse()
        .unwrap()
}

/// Returns whether everything arrived; otherwise both ends have closed.
fn run(seed: u64, weather: Weather) -> bool {
    let mut world = World::new(seed, weather);
    for _ in 0..20_000 {
        if world.is_done() {
            return true;
        }
        if !world.step() {
            let reasons = (world.client_closed, world.server_closed, world.session);
            assert!(
                world.client_closed.is_some(),
                "seed {seed}: stalled {reasons:?}"
            );
            assert!(
                world.server.is_empty(),
                "seed {seed}: the server keeps a session"
            );
            return false;
        }
    }
    panic!(
        "seed {seed}: does not come to rest at {:?}: {:?}",
        world.now, world.client
    );
}

#[test]
fn on_a_calm_network_everything_arrives() {
    for seed in 0..50 {
        assert!(run(seed, CALM), "seed {seed}");
    }
}

#[test]
fn in_a_storm_everything_arrives_once_and_in_order_or_both_ends_close() {
    let arrived = (0..1_000).filter(|&seed| run(seed, STORM)).count();
    // A session that is given up is allowed, but must stay the exception.
    assert!(arrived >= 990, "only {arrived} of 1,000 sessions survived");
}
