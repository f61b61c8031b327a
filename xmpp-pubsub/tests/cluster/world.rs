//! Logs in memory and members around them, in virtual time, with everything that a broker may do.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use xmpp_pubsub::NodeId;
use xmpp_pubsub::service::Availability;
use xmpp_pubsub::service::cluster::{Event, Member, MemberId, Record};
use xmpp_pubsub::stanza::Stanza;

use crate::common::{Reference, config, describe, jid, member, open_form, request, undated};
use crate::stats::{Stats, void};

pub(crate) const PARTITIONS: u16 = 3;
const NODES: u64 = 6;
const USERS: u64 = 5;
/// An owner writes a snapshot after so many records.
const SNAPSHOT_AFTER: u32 = 40;
/// Most records that a log keeps in the end, snapshots not counted: those since the last snapshot was taken, and what was
/// on its way then.
const MOST_KEPT: usize = 250;
const MAX_OPEN: usize = 40;
/// What a member answers by itself.
const BUSY: &str = "resource-constraint";

/// A log. Offsets are not dense.
#[derive(Default)]
struct Log {
    /// Every record that there ever was, as it was read from its bytes.
    all: Vec<Record>,
    /// The first that there still is.
    first: usize,
    /// The first that an owner said is needed.
    needed: usize,
    epoch: u64,
    holder: Option<usize>,
}

impl Log {
    fn offset(place: usize) -> u64 {
        u64::try_from(place).unwrap() * 3 + 7
    }

    fn place(&self, offset: Option<u64>) -> usize {
        let place = offset.map_or(0, |offset| usize::try_from((offset - 7) / 3).unwrap());
        place.max(self.first)
    }
}

struct Host {
    name: String,
    member: Member,
    alive: bool,
    paused_until: u64,
    /// What it reads next, by partition.
    places: Vec<usize>,
    /// What it has not seen acknowledged, by partition.
    appends: Vec<VecDeque<Bytes>>,
    sessions: Vec<String>,
    delivered: Vec<String>,
    requests: Vec<String>,
}

pub(crate) struct World {
    state: u64,
    now: u64,
    logs: Vec<Log>,
    hosts: Vec<Host>,
    started: usize,
    asked: usize,
    faults: bool,
    pub(crate) stats: Stats,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut world = Self {
            state: seed,
            now: 0,
            logs: (0..PARTITIONS).map(|_| Log::default()).collect(),
            hosts: Vec::new(),
            started: 0,
            asked: 0,
            faults: true,
            stats: Stats::default(),
        };
        for _ in 0..3 {
            world.start();
        }
        for partition in 0..usize::from(PARTITIONS) {
            world.grant(partition);
        }
        world
    }

    pub(crate) fn run(&mut self, steps: usize) {
        for _ in 0..steps {
            self.now += self.below(40);
            self.fault();
            for _ in 0..2 {
                self.act();
            }
            for host in 0..self.hosts.len() {
                self.turn(host);
            }
            self.cut();
        }
        self.settle();
    }

    /// No more faults: everything comes to an end.
    fn settle(&mut self) {
        self.faults = false;
        let longest = self.hosts.iter().map(|host| host.paused_until).max();
        self.now = self.now.max(longest.unwrap());
        for _ in 0..5_000 {
            self.now += 20;
            for host in 0..self.hosts.len() {
                self.turn(host);
            }
            for partition in 0..self.logs.len() {
                let holder = self.logs[partition].holder;
                if !holder.is_some_and(|host| self.hosts[host].alive) {
                    self.grant(partition);
                }
            }
            self.cut();
            let done = self.hosts.iter().filter(|host| host.alive).all(|host| {
                host.member.backlog() == 0
                    && host.appends.iter().all(VecDeque::is_empty)
                    && host.member.poll_timeout().is_none()
                    && host
                        .places
                        .iter()
                        .zip(&self.logs)
                        .all(|(place, log)| *place == log.all.len())
            });
            let owned = (0..PARTITIONS)
                .all(|partition| self.hosts.iter().any(|host| host.member.owns(partition)));
            if done && owned {
                return;
            }
        }
        panic!("it does not come to an end");
    }

    /// Everything that must hold in the end.
    pub(crate) fn check(&mut self) {
        let mut expected = Vec::new();
        for (partition, log) in (0..).zip(&self.logs) {
            let reference = Reference::of(&log.all);
            self.stats.void += void(&log.all);
            let owners: Vec<_> = self
                .hosts
                .iter()
                .filter(|host| host.alive && host.member.owns(partition))
                .collect();
            assert_eq!(owners.len(), 1, "owners of {partition}");
            let snapshot = owners[0].member.snapshot(partition).unwrap();
            assert_eq!(
                undated(&snapshot),
                reference.snapshot(),
                "state of {partition}"
            );
            let kept = log.all[log.first..].iter();
            let kept = kept.filter(|record| !matches!(record, Record::Snapshot { .. }));
            let kept = kept.count();
            self.stats.kept = self.stats.kept.max(kept);
            assert!(kept < MOST_KEPT, "{kept} of {} records", log.all.len());
            expected.push(reference);
        }
        for host in &self.hosts {
            let empty = Vec::new();
            for (partition, reference) in (0..).zip(&mut expected) {
                let wanted = reference.expected.get(&host.name).unwrap_or(&empty);
                let mut wanted = wanted.iter();
                let mut next = wanted.next();
                for said in host.delivered.iter() {
                    if said.contains(BUSY) || self.partition_of(said) != partition {
                        continue;
                    }
                    if Some(said) == next {
                        next = wanted.next();
                        continue;
                    }
                    // Not for a session: whoever owned the partition has it, once.
                    let left = reference.nowhere.get_mut(said);
                    let left = left.filter(|left| **left > 0);
                    *left.unwrap_or_else(|| {
                        panic!(
                            "{} of {partition}: {said}, but {next:?} was next",
                            host.name
                        )
                    }) -= 1;
                }
                if host.alive {
                    assert_eq!(next, None, "{} of {partition} has not delivered", host.name);
                }
            }
            for id in &host.requests {
                let id = format!(" {id} ");
                let answers = host.delivered.iter().filter(|said| said.contains(&id));
                let answers = answers.count();
                let fine = answers == 1 || answers == 0 && !host.alive;
                assert!(fine, "{answers} answers to {id} of {}", host.name);
                self.stats.answers += answers;
            }
            let events = host.delivered.iter().filter(|said| said.contains("<event"));
            self.stats.events += events.count();
            let busy = host.delivered.iter();
            self.stats.busy += busy.filter(|said| said.contains(BUSY)).count();
        }
    }

    fn partition_of(&self, said: &str) -> u16 {
        let partition = |node: &str| {
            self.hosts[0]
                .member
                .partition_of(&NodeId::new(node).unwrap())
        };
        if let Some((_, rest)) = said.split_once(" node=\"") {
            return partition(rest.split('"').next().unwrap());
        }
        // The id of a request names its node.
        let id = said.split(' ').nth(1).unwrap();
        partition(id.split('.').next().unwrap())
    }

    fn start(&mut self) {
        self.started += 1;
        let name = format!("m{}", self.started);
        let seed = self.random();
        let config = config(&name, seed, PARTITIONS)
            .with_snapshot_after(SNAPSHOT_AFTER)
            .with_max_open(MAX_OPEN)
            .with_max_record(6_000);
        self.hosts.push(Host {
            name,
            member: member(config),
            alive: true,
            paused_until: 0,
            places: self.logs.iter().map(|log| log.first).collect(),
            appends: self.logs.iter().map(|_| VecDeque::new()).collect(),
            sessions: Vec::new(),
            delivered: Vec::new(),
            requests: Vec::new(),
        });
    }

    /// Somebody who is awake gets a lease. Who had it may hear of that, or not.
    fn grant(&mut self, partition: usize) {
        let awake = self.awake();
        let chosen = self.index(awake.len());
        let Some(&host) = awake.get(chosen) else {
            return;
        };
        let told = self.below(2) == 0;
        let log = &mut self.logs[partition];
        let before = log.holder.replace(host);
        log.epoch += 1 + u64::from(told);
        let epoch = log.epoch;
        let number = u16::try_from(partition).unwrap();
        let now = self.time();
        if let Some(before) = before.filter(|before| told && awake.contains(before)) {
            self.hosts[before].member.ownership_lost(now, number);
        }
        self.hosts[host].member.ownership_gained(now, number, epoch);
        self.stats.takeovers += 1;
    }

    fn fault(&mut self) {
        match self.below(60) {
            0 => {
                let partition = self.index(usize::from(PARTITIONS));
                self.grant(partition);
            }
            // A member sleeps. Its leases may pass on meanwhile, and it may be taken for gone.
            1 | 2 => {
                let awake = self.awake();
                if awake.len() < 2 {
                    return;
                }
                let host = awake[self.index(awake.len())];
                self.hosts[host].paused_until = self.now + self.below(1_500);
                self.pass_on(host);
                if self.below(4) == 0 {
                    self.give_up(host);
                }
            }
            3 => {
                let awake = self.awake();
                if awake.len() < 2 {
                    return;
                }
                let host = awake[self.index(awake.len())];
                self.hosts[host].alive = false;
                self.stats.crashes += 1;
                self.pass_on(host);
                self.give_up(host);
                self.start();
            }
            _ => {}
        }
    }

    fn pass_on(&mut self, host: usize) {
        for partition in 0..usize::from(PARTITIONS) {
            if self.logs[partition].holder == Some(host) {
                self.grant(partition);
            }
        }
    }

    /// Two others notice that a member is gone.
    fn give_up(&mut self, host: usize) {
        let gone = MemberId::new(&self.hosts[host].name).unwrap();
        let now = self.time();
        for other in self.awake().into_iter().take(2) {
            self.hosts[other].member.member_gone(now, &gone);
        }
    }

    /// A client does something.
    fn act(&mut self) {
        let awake = self.awake();
        let chosen = self.index(awake.len());
        let Some(&host) = awake.get(chosen) else {
            return;
        };
        let now = self.time();
        let user = self.below(USERS);
        if self.hosts[host].sessions.is_empty() || self.below(12) == 0 {
            let session = format!("u{user}@localhost/{}", self.below(3));
            let elsewhere = self
                .hosts
                .iter()
                .any(|host| host.sessions.contains(&session));
            if elsewhere && self.below(3) > 0 {
                return;
            }
            for host in &mut self.hosts {
                host.sessions.retain(|known| *known != session);
            }
            let host = &mut self.hosts[host];
            host.member.session_opened(now, &jid(&session));
            host.sessions.push(session);
            return;
        }
        let session = self.index(self.hosts[host].sessions.len());
        let session = self.hosts[host].sessions[session].clone();
        let choice = self.below(16);
        let sometimes = self.below(3) == 0;
        let member = &mut self.hosts[host].member;
        match choice {
            0 => {
                let online = Availability::ONLINE;
                return member.set_presence(now, &jid(&session), online);
            }
            1 => {
                let gone = Availability::Unavailable;
                return member.set_presence(now, &jid(&session), gone);
            }
            2 if sometimes => {
                let host = &mut self.hosts[host];
                host.sessions.retain(|known| *known != session);
                return host.member.session_closed(now, &jid(&session));
            }
            _ => {}
        }
        let name = format!("n{}", self.below(NODES));
        let bare = session.split('/').next().unwrap();
        let temporary = "<options><x xmlns='jabber:x:data' type='submit'>\
            <field var='FORM_TYPE' type='hidden'>\
            <value>http://jabber.org/protocol/pubsub#subscribe_options</value></field>\
            <field var='pubsub#expire'><value>presence</value></field></x></options>";
        self.asked += 1;
        let asked = self.asked;
        let content = match self.below(14) {
            0 => format!("<create node='{name}'/>{}", open_form()),
            1 | 2 => format!("<subscribe node='{name}' jid='{bare}'/>"),
            3 | 4 => format!("<subscribe node='{name}' jid='{session}'/>"),
            5 => format!("<subscribe node='{name}' jid='{session}'/>{temporary}"),
            6 => format!("<unsubscribe node='{name}' jid='{bare}'/>"),
            7 => format!("<unsubscribe node='{name}' jid='{session}'/>"),
            8 => format!(
                "<retract node='{name}' notify='1'><item id='i{}'/></retract>",
                asked / 2
            ),
            _ => format!(
                "<publish node='{name}'><item id='i{asked}'><e xmlns='urn:e'>{}</e></item></publish>",
                "x".repeat(asked % 700)
            ),
        };
        let id = format!("{name}.{asked}");
        let stanza = request(&session, &id, "set", &content);
        let host = &mut self.hosts[host];
        host.member.handle_stanza(now, &stanza);
        host.requests.push(id);
    }

    /// A host does what it can, and the broker what it likes.
    fn turn(&mut self, host: usize) {
        if !self.hosts[host].alive || self.hosts[host].paused_until > self.now {
            return;
        }
        let now = self.time();
        self.hosts[host].member.handle_timeout(now);
        self.drain(host);
        for partition in 0..self.logs.len() {
            self.append(host, partition);
            self.read(host, partition);
        }
    }

    fn append(&mut self, host: usize, partition: usize) {
        let queue = self.hosts[host].appends[partition].len();
        let count = if self.faults {
            self.index(queue.min(4) + 1)
        } else {
            queue
        };
        let log = &mut self.logs[partition].all;
        let appended = self.hosts[host].appends[partition].iter().take(count);
        log.extend(appended.map(|bytes| Record::decode(bytes).unwrap()));
        // What is not acknowledged is appended again.
        let acknowledged = if self.faults && self.below(4) == 0 {
            self.index(count + 1)
        } else {
            count
        };
        self.stats.duplicates += count - acknowledged;
        self.hosts[host].appends[partition].drain(..acknowledged);
    }

    fn read(&mut self, host: usize, partition: usize) {
        let count = if self.faults { self.index(8) } else { 50 };
        for _ in 0..count {
            if !self.hosts[host].alive {
                return;
            }
            let log = &self.logs[partition];
            let place = self.hosts[host].places[partition];
            let Some(record) = log.all.get(place) else {
                return;
            };
            let number = u16::try_from(partition).unwrap();
            let now = self.time();
            self.hosts[host].places[partition] += 1;
            let member = &mut self.hosts[host].member;
            member.handle_record(now, number, Log::offset(place), record);
            self.drain(host);
            if self.faults && self.below(20) == 0 {
                // The broker goes back.
                let back = self.index(12);
                let first = self.logs[partition].first;
                let place = &mut self.hosts[host].places[partition];
                *place = place.saturating_sub(back).max(first);
            }
        }
    }

    fn drain(&mut self, host: usize) {
        let mut taken = Vec::new();
        let known = &mut self.hosts[host];
        assert!(known.member.backlog() < 4_000, "{}", known.member.backlog());
        while let Some(event) = known.member.poll_event() {
            match event {
                Event::Read { partition, from } => {
                    let log = usize::from(partition);
                    known.places[log] = self.logs[log].place(from);
                    known.member.rewound(partition);
                }
                Event::Owned { partition, epoch } => taken.push((partition, epoch)),
                Event::Lost { .. } => self.stats.fenced += 1,
                Event::Compacted { partition, before } => {
                    let log = &mut self.logs[usize::from(partition)];
                    log.needed = log.needed.max(log.place(Some(before)));
                }
                Event::Expelled => {
                    known.alive = false;
                    self.stats.expelled += 1;
                    self.start();
                    return;
                }
                other => panic!("{other:?}"),
            }
        }
        let known = &mut self.hosts[host];
        while let Some(append) = known.member.poll_append() {
            let queue = &mut known.appends[usize::from(append.partition)];
            queue.push_back(append.record.encode());
        }
        while let Some(stanza) = known.member.poll_transmit() {
            known.delivered.push(describe(&stanza));
            if let Stanza::Message(message) = &stanza {
                assert!(message.id.is_some(), "{message:?}");
            }
        }
        for (partition, epoch) in taken {
            self.compare(host, partition, epoch);
        }
    }

    /// What a member took over is what one service would have.
    fn compare(&mut self, host: usize, partition: u16, epoch: u64) {
        let log = &self.logs[usize::from(partition)].all;
        let claim = log.iter().position(
            |record| matches!(record, Record::Claim { epoch: found, .. } if *found == epoch),
        );
        let snapshot = self.hosts[host].member.snapshot(partition).unwrap();
        let reference = Reference::of(&log[..claim.unwrap()]);
        assert_eq!(
            undated(&snapshot),
            reference.snapshot(),
            "state of {partition} under {epoch}"
        );
        self.stats.compared += 1;
    }

    /// Cuts what nobody needs: no owner to begin from, and no member to read on.
    fn cut(&mut self) {
        for (partition, log) in self.logs.iter_mut().enumerate() {
            let alive = self.hosts.iter().filter(|host| host.alive);
            let slowest = alive.map(|host| host.places[partition]).min().unwrap();
            let first = log.needed.min(slowest).max(log.first);
            self.stats.cut += first - log.first;
            log.first = first;
        }
    }

    fn awake(&self) -> Vec<usize> {
        let awake = |host: &Host| host.alive && host.paused_until <= self.now;
        (0..self.hosts.len())
            .filter(|host| awake(&self.hosts[*host]))
            .collect()
    }

    fn time(&self) -> Duration {
        Duration::from_millis(self.now)
    }

    /// `SplitMix64`.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.random() % limit.max(1)
    }

    fn index(&mut self, limit: usize) -> usize {
        usize::try_from(self.below(u64::try_from(limit).unwrap())).unwrap()
    }
}
