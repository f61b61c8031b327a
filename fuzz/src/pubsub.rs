//! xmpp-pubsub: a publish-subscribe service, its host, its journal and its storage; the logs of a cluster.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use wire_xml::Limits;
use xmpp_pubsub::pubsub::{Affiliation, Item};
use xmpp_pubsub::service::cluster::{Member, MemberConfig, MemberId, Record};
use xmpp_pubsub::service::journal::Entry;
use xmpp_pubsub::service::storage::{MemoryStorage, StorageError, StorageRequest};
use xmpp_pubsub::service::{
    Availability, Config, Contact, NewNode, NodeConfig, Persistence, Service,
};
use xmpp_pubsub::stanza::{IqContent, Payload};
use xmpp_pubsub::{Feature, Jid, NodeId, Stanza};

const SENDERS: [&str; 3] = ["a@localhost/r", "b@localhost/r", "finesse@localhost/s"];
const MOST_NODES: usize = 6;
const MOST_RECORDS: u64 = 10_000;

/// Operations with NUL between them. A small letter first: a stanza follows, and the letter says who sends it. Any other
/// byte is something that the host, the journal or the storage does, to whom and to what the bytes after it say. `0` at
/// the very beginning makes a service without a journal.
///
/// Every request is answered once, to who sent it; what goes out can be read; what was written down makes the same
/// service again; limits hold.
pub fn service(data: &[u8]) {
    let (persistence, data) = match data.strip_prefix(b"0") {
        Some(data) => (Persistence::Memory, data),
        None => (Persistence::Journal, data),
    };
    let mut world = World::new(persistence);
    for operation in data.split(|byte| *byte == 0) {
        if let Some((what, rest)) = operation.split_first() {
            world.operate(*what, rest);
            world.settle();
        }
    }
    world.finish();
}

/// A record of a cluster's log, in front of a member that owns the partition.
///
/// What was read and written is read as the same, and so is whatever the member appends for it.
pub fn record(data: &[u8]) {
    let Ok(record) = Record::decode(data) else {
        return;
    };
    assert_eq!(Record::decode(&record.encode()).as_ref(), Ok(&record));
    let now = Duration::ZERO;
    let id = MemberId::new("m");
    let config = |id| MemberConfig::new(id, config(Persistence::Memory, 7));
    let member = id.map(|id| Member::new(config(id)));
    let Ok(Ok(mut member)) = member else {
        unreachable!("a name, and settings that can be shared: {member:?}");
    };
    member.session_opened(now, &jid(SENDERS[0]));
    member.ownership_gained(now, 0, 1);
    member.rewound(0);
    let mut offset = 0;
    let mut given = Some(record);
    // Its own records come back, and the strange one behind the first of them.
    while let Some(next) = member.poll_append().map(|append| append.record) {
        let written = next.encode();
        assert_eq!(Record::decode(&written).as_ref(), Ok(&next));
        for record in [Some(next), given.take()].into_iter().flatten() {
            member.handle_record(now, 0, offset, &record);
            offset += 1;
        }
        assert!(offset < MOST_RECORDS, "the member never comes to rest");
    }
    while let Some(out) = member.poll_transmit() {
        let written = out.to_bytes();
        let again = Stanza::parse(&written, &Limits::default().with_document(usize::MAX));
        assert!(again.is_ok(), "{again:?}");
    }
}

struct World {
    persistence: Persistence,
    service: Service,
    now: Duration,
    entries: Vec<Entry>,
    storage: MemoryStorage,
    confirmed: usize,
    questions: VecDeque<StorageRequest>,
    /// Requests without an answer, by sender and id.
    open: BTreeMap<(String, String), usize>,
}

impl World {
    fn new(persistence: Persistence) -> Self {
        let config = config(persistence, 7);
        Self {
            persistence,
            service: Service::new(config),
            now: Duration::ZERO,
            entries: Vec::new(),
            storage: MemoryStorage::default(),
            confirmed: 0,
            questions: VecDeque::new(),
            open: BTreeMap::new(),
        }
    }

    fn operate(&mut self, what: u8, rest: &[u8]) {
        let now = self.now;
        let who = jid(SENDERS[usize::from(rest.first().copied().unwrap_or(0)) % 3]);
        let bit = rest.get(1).is_some_and(|byte| byte & 1 == 1);
        let name = rest.get(2..).unwrap_or_default();
        let name = core::str::from_utf8(name).ok();
        let node = name.and_then(|name| NodeId::new(name).ok());
        match (what, node) {
            (b'a'..=b'z', _) => self.say(SENDERS[usize::from(what) % 3], rest),
            (b'C', _) => self.confirm(self.entries.len()),
            (b'D', _) => self.confirm(self.confirmed + 1),
            (b'S', _) => self.answer(0, false),
            (b'T', _) => self.answer(usize::MAX, false),
            (b'E', _) => self.answer(0, true),
            (b'W', _) => {
                let seconds = rest.iter().map(|byte| u64::from(*byte)).sum();
                self.now += Duration::from_secs(seconds);
                self.service.handle_timeout(self.now);
            }
            (b'P', _) => {
                let there = if bit {
                    Availability::ONLINE
                } else {
                    Availability::Unavailable
                };
                self.service.set_presence(now, &who, there);
            }
            (b'R', _) => {
                let fact = bit.then(|| Contact {
                    sees_presence: true,
                    groups: vec!["friends".to_owned()],
                });
                self.service
                    .set_contact(now, &jid("a@localhost"), &who, fact);
            }
            (b'A', _) => {
                let all = Affiliation::ALL;
                let which = usize::from(rest.get(1).copied().unwrap_or(0)) % all.len();
                self.service.set_service_affiliation(now, &who, all[which]);
            }
            (b'N', Some(node)) => {
                let config = if bit {
                    NodeConfig::transient()
                } else {
                    NodeConfig::default()
                };
                let owner = Some(who);
                // Refused where it is there, and where there are too many.
                let _ = self.service.create_node(
                    now,
                    NewNode {
                        node,
                        config,
                        owner,
                    },
                );
            }
            (b'X', Some(node)) => {
                self.service
                    .delete_node(now, &node, bit.then_some("xmpp:elsewhere"));
            }
            (b'H', Some(node)) => {
                let Ok(payload) = Payload::parse(b"<e xmlns='urn:e'/>", &Limits::default()) else {
                    unreachable!("an element");
                };
                let _ = self.service.publish(now, &node, &who, Item::new(payload));
            }
            (b'U', Some(node)) => {
                if bit {
                    let _ = self.service.subscribe_automatically(now, &node, &who);
                } else {
                    self.service.unsubscribe_automatically(now, &node, &who);
                }
            }
            (b'F', _) => self.begin_again(),
            _ => {}
        }
    }

    fn say(&mut self, sender: &str, xml: &[u8]) {
        let Ok(mut stanza) = Stanza::parse(xml, &Limits::default()) else {
            return;
        };
        stanza.set_sender(Some(jid(sender)));
        if let Stanza::Iq(request) = &stanza
            && matches!(request.content, IqContent::Get(_) | IqContent::Set(_))
        {
            let key = (sender.to_owned(), request.id.to_string());
            *self.open.entry(key).or_default() += 1;
        }
        // Leases, digests and items end meanwhile.
        self.now += Duration::from_secs(60);
        self.service.handle_stanza(self.now, &stanza);
    }

    fn confirm(&mut self, count: usize) {
        self.confirmed = count.min(self.entries.len());
        let seq = u64::try_from(self.confirmed).unwrap_or(u64::MAX);
        self.service.journal_confirmed(self.now, seq);
    }

    fn answer(&mut self, place: usize, fails: bool) {
        let place = place.min(self.questions.len().saturating_sub(1));
        let Some(question) = self.questions.remove(place) else {
            return;
        };
        let found = self.storage.read(&question.node, &question.items);
        let answer = if fails { Err(StorageError) } else { Ok(found) };
        self.service.handle_storage(self.now, question.id, answer);
    }

    /// The journal fails: nobody is told anything any more, and another service goes on with what is confirmed.
    fn begin_again(&mut self) {
        if self.persistence == Persistence::Memory {
            return;
        }
        self.service.journal_failed();
        assert!(self.service.poll_transmit().is_none());
        assert!(self.service.is_ended());
        self.entries.truncate(self.confirmed);
        self.storage = MemoryStorage::default();
        for entry in &self.entries {
            self.storage.append(entry.clone());
        }
        let seed = 8 + u64::try_from(self.entries.len()).unwrap_or(0);
        self.service = Service::restore(config(self.persistence, seed), self.entries.clone());
        self.questions.clear();
        self.open.clear();
    }

    fn settle(&mut self) {
        while let Some(entry) = self.service.poll_journal() {
            assert_eq!(Ok(entry.seq), u64::try_from(self.entries.len() + 1));
            assert_eq!(Entry::decode(&entry.encode()).as_ref(), Ok(&entry));
            self.storage.append(entry.clone());
            self.entries.push(entry);
        }
        while let Some(question) = self.service.poll_storage() {
            self.questions.push_back(question);
        }
        while let Some(out) = self.service.poll_transmit() {
            let written = out.to_bytes();
            let again = Stanza::parse(&written, &Limits::default().with_document(usize::MAX));
            assert!(
                again.is_ok(),
                "{again:?} in {}",
                String::from_utf8_lossy(&written)
            );
            if let Stanza::Iq(answer) = &out
                && !answer.is_request()
            {
                let to = out.recipient().map(ToString::to_string);
                let key = (to.unwrap_or_default(), answer.id.to_string());
                let open = self.open.get_mut(&key).filter(|open| **open > 0);
                assert!(open.is_some(), "an answer to nothing: {out:?}");
                *open.unwrap_or(&mut 1) -= 1;
            }
        }
        assert!(self.service.node_count() <= MOST_NODES);
    }

    /// Everything that is under way comes to its end.
    fn finish(&mut self) {
        loop {
            self.confirm(self.entries.len());
            self.settle();
            if self.confirmed < self.entries.len() {
                continue;
            }
            if self.questions.is_empty() {
                break;
            }
            self.answer(0, false);
            self.settle();
        }
        let open: Vec<_> = self.open.iter().filter(|(_, open)| **open > 0).collect();
        assert!(open.is_empty(), "requests without an answer: {open:?}");
        if self.persistence == Persistence::Journal {
            let again = Service::restore(config(self.persistence, 0), self.entries.clone());
            assert_eq!(again.snapshot(), self.service.snapshot());
        }
    }
}

/// Everything is offered, and limits are small.
fn config(persistence: Persistence, seed: u64) -> Config {
    let mut config = Config::new(jid("pubsub.localhost"), seed);
    config.persistence = persistence;
    config.batches = true;
    config.max_nodes = MOST_NODES;
    config.max_items = 5;
    config.max_subscriptions_per_user = 5;
    config.max_unconfirmed = 8;
    config.max_withheld = (32, 8);
    config.max_waiting_per_node = 3;
    config.max_digest = 3;
    for feature in [
        Feature::AUTO_CREATE,
        Feature::COLLECTIONS,
        Feature::MULTI_COLLECTION,
        Feature::MULTI_SUBSCRIBE,
    ] {
        config = config.with_feature(feature, true);
    }
    config
}

fn jid(text: &str) -> Jid {
    match Jid::new(text) {
        Ok(jid) => jid,
        Err(error) => unreachable!("{error}: {text}"),
    }
}
