//! A service, its journal and storage, and the model beside it, in virtual time and from a seed.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::time::Duration;

use xmpp_pubsub::pubsub::{Affiliation, Item};
use xmpp_pubsub::service::journal::Entry;
use xmpp_pubsub::service::storage::{MemoryStorage, RequestId, StoredItem};
use xmpp_pubsub::service::{Availability, Config, Contact, Persistence, Service, ServiceError};
use xmpp_pubsub::{Feature, ItemId, NodeId};

use super::acts::{Act, Call, Delivered};
use super::at_hand::AtHand;
use super::books::{Books, Bounds};
use super::digests::COLLECTED;
use super::facts::Facts;
use super::figures::Figures;
use super::model::{MOST_BOUNCES, Model, WARNING};
use super::random::Random;
use super::script::{self, ACCOUNT, Known, USERS};
use super::words::{SERVICE, bounce, heard, jid, payload, stanza};

const STEPS: usize = 150;
/// 2006-01-01T00:00:00Z.
const START: i64 = 1_136_073_600_000;
/// How much longer a service is, written out, when its nodes and users are gone: it remembers where nodes went.
const MOST_LEFT: usize = 1_000;

/// A question of the service's that is not answered.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) id: RequestId,
    pub(super) node: NodeId,
    pub(super) items: Vec<ItemId>,
    /// Where the storage looked at once; else it looks when it answers.
    pub(super) found: Option<Vec<StoredItem>>,
}

pub(crate) struct World {
    pub(super) random: Random,
    pub(super) service: Service,
    pub(super) storage: MemoryStorage,
    pub(super) model: Model,
    pub(super) books: Books,
    pub(super) now: Duration,
    /// Everything that was handed out since the first process, without what crashes lost.
    pub(super) entries: Vec<Entry>,
    /// Handed out in the present call, and not yet accounted for.
    pub(super) fresh: VecDeque<Entry>,
    pub(super) last: u64,
    pub(super) confirmed: u64,
    /// A snapshot as it was at the last entry.
    pub(super) base: Entry,
    /// A snapshot of some earlier time.
    pub(super) old: Option<Entry>,
    /// What was so after each entry that is not confirmed, and after the last that is.
    pub(super) versions: Vec<(u64, Facts)>,
    /// The last entry about each node, each user, a user's rights on every node, and about which nodes there are.
    pub(super) nodes: BTreeMap<String, u64>,
    pub(super) users: BTreeMap<String, u64>,
    pub(super) everywhere: BTreeMap<String, u64>,
    pub(super) list: u64,
    pub(super) at_hand: AtHand,
    pub(super) questions: BTreeMap<u64, Question>,
    pub(super) asked: u64,
    /// Messages that can come back, from the first process on.
    pub(super) delivered: Vec<Delivered>,
    /// Acts that wait for a node, in order.
    pub(super) waiting: BTreeMap<String, VecDeque<Act>>,
    pub(super) most_waiting: usize,
    pub(super) most_unconfirmed: u64,
    pub(super) processes: u64,
    pub(super) seed: u64,
    pub(super) count: usize,
    pub(super) figures: Figures,
    pub(super) transcript: Option<String>,
}

impl World {
    pub(crate) fn new(seed: u64, prints: bool) -> Self {
        let mut random = Random::new(seed);
        let several = random.chance(50);
        let most_waiting = random.pick(&[2, 100]);
        let most_unconfirmed = random.pick(&[5, 10_000]);
        let batches = random.chance(50);
        let auto_create = random.chance(30);
        let most_listed = random.pick(&[2, 1_000]);
        let most_digest = random.pick(&[3, 100]);
        let mut facts = Facts::default();
        if random.chance(40) {
            facts.account = Some(ACCOUNT.to_owned());
            let owner = (ACCOUNT.to_owned(), "owner".to_owned());
            facts.everywhere.push(owner);
        }
        let mut world = Self {
            service: Service::new(Config::new(jid(SERVICE), 1)),
            random,
            storage: MemoryStorage::default(),
            model: Model {
                several,
                batches,
                auto_create,
                most_listed,
                most_digest,
                facts: facts.clone(),
                ..Model::default()
            },
            books: Books::default(),
            now: Duration::ZERO,
            entries: Vec::new(),
            fresh: VecDeque::new(),
            last: 0,
            confirmed: 0,
            base: Entry {
                seq: 0,
                changes: Vec::new(),
            },
            old: None,
            versions: vec![(0, facts)],
            nodes: BTreeMap::new(),
            users: BTreeMap::new(),
            everywhere: BTreeMap::new(),
            list: 0,
            at_hand: AtHand::default(),
            questions: BTreeMap::new(),
            asked: 0,
            delivered: Vec::new(),
            waiting: BTreeMap::new(),
            most_waiting,
            most_unconfirmed,
            processes: 0,
            seed,
            count: 0,
            figures: Figures {
                runs: 1,
                ..Figures::default()
            },
            transcript: prints.then(String::new),
        };
        world.service = Service::new(world.config());
        world.service.set_clock(Duration::ZERO, START);
        world
    }

    pub(crate) fn transcript(&self) -> &str {
        self.transcript.as_deref().unwrap_or_default()
    }

    pub(crate) fn run(&mut self) -> Result<Figures, String> {
        let result = self.play();
        if result.is_err() {
            // For who reads the transcript.
            while let Some(stanza) = self.service.poll_transmit() {
                let (to, text) = heard(&stanza);
                self.note(|| format!("  {to}: {text}"));
            }
        }
        result
    }

    fn play(&mut self) -> Result<Figures, String> {
        for _ in 0..STEPS {
            self.step()?;
        }
        self.quiet()?;
        self.wind_down()?;
        self.figures.entries = self.last;
        self.figures.digests = self.model.sent_digests;
        self.figures.by_presence = self.model.by_presence;
        Ok(self.figures)
    }

    pub(super) fn config(&self) -> Config {
        let seed = self.seed * 1_000 + self.processes;
        let mut config = match &self.model.facts.account {
            Some(account) => Config::account(&jid(account), seed),
            None => Config::new(jid(SERVICE), seed),
        };
        config.persistence = Persistence::Journal;
        config.lease_warning = Duration::from_millis(WARNING.unsigned_abs());
        config.max_waiting_per_node = self.most_waiting;
        config.max_unconfirmed = self.most_unconfirmed;
        config.remembered_moves = 4;
        config.max_bounces = u32::try_from(MOST_BOUNCES).unwrap();
        config.batches = self.model.batches;
        config.max_listed = self.model.most_listed;
        config.max_digest = self.model.most_digest;
        config.digest_frequency = Duration::from_millis(COLLECTED.unsigned_abs());
        config.node_defaults.roster_groups_allowed = vec!["friends".to_owned()];
        config
            .with_auto_create(self.model.auto_create)
            .with_feature(Feature::COLLECTIONS, true)
            .with_feature(Feature::MULTI_COLLECTION, true)
            .with_multi_subscribe(self.model.several)
    }

    fn step(&mut self) -> Result<(), String> {
        if self.random.chance(40) {
            let more = self.random.pick(&[10, 500, 3_000, 20_000]);
            self.now += Duration::from_millis(more);
        }
        match self.random.below(100) {
            0..55 => {
                let act = self.next_act();
                self.act(act)
            }
            55..78 => self.confirm(),
            78..95 => self.answer_storage(),
            95..97 => self.wait(),
            97..99 => {
                let snapshot = self.service.snapshot();
                self.note(|| format!("snapshot {snapshot:?}"));
                self.old = Some(snapshot);
                Ok(())
            }
            _ => self.crash(),
        }
    }

    fn next_act(&mut self) -> Act {
        self.count += 1;
        let known = Known {
            facts: &self.model.facts,
            now: self.utc(),
            count: self.count,
            subids: &self.books.subids,
            delivered: &self.delivered,
        };
        script::next(&mut self.random, &known)
    }

    fn address(&self) -> &'static str {
        match self.model.facts.account {
            Some(_) => ACCOUNT,
            None => SERVICE,
        }
    }

    pub(super) fn utc(&self) -> i64 {
        START + i64::try_from(self.now.as_millis()).unwrap()
    }

    pub(super) fn note(&mut self, text: impl FnOnce() -> String) {
        let now = self.now;
        if let Some(transcript) = &mut self.transcript {
            let _ = writeln!(transcript, "{:>9} {}", now.as_millis(), text());
        }
    }

    /// Something is done to the service and to the model.
    fn act(&mut self, act: Act) -> Result<(), String> {
        self.note(|| format!("{act:?}"));
        self.figures.acts += 1;
        self.figures.note(&act);
        let result = self.do_act(&act);
        self.collect();
        self.time()?;
        self.judge_call(&act, result)?;
        if let Act::Request { from, id, .. } = &act
            && self.last - self.confirmed >= self.most_unconfirmed
        {
            self.refuse_for_now(from, id);
        } else if let Some(node) = act
            .waits_for()
            .filter(|node| self.is_busy(node))
            .map(str::to_owned)
        {
            let queue = self.waiting.entry(node).or_default();
            if queue.len() < self.most_waiting {
                self.figures.waited += 1;
                queue.push_back(act);
            } else if let Act::Request { from, id, .. } = &act {
                self.refuse_for_now(from, id);
            }
        } else {
            self.follow(&act)?;
        }
        self.settle()
    }

    pub(super) fn is_busy(&self, node: &str) -> bool {
        self.model.opened.iter().any(|read| read.node == node) || self.waiting.contains_key(node)
    }

    fn refuse_for_now(&mut self, from: &str, id: &str) {
        let text = format!("{id} error wait resource-constraint -");
        self.model.answer(from, text, Vec::new());
        let said = std::mem::take(&mut self.model.said);
        self.books.write(said, |_| Bounds {
            not_before: 0,
            no_later_than: 0,
        });
    }

    fn do_act(&mut self, act: &Act) -> Result<(), ServiceError> {
        let now = self.now;
        let node = |name: &str| NodeId::new(name).unwrap();
        match act {
            Act::Request { from, id, request } => {
                let request = stanza(self.address(), from, id, request);
                self.service.handle_stanza(now, &request);
            }
            Act::Call(call) => match call {
                Call::Publish {
                    node: name,
                    id,
                    payload: text,
                } => {
                    let mut item = Item::new(payload(text));
                    item.id = Some(ItemId::new(id).unwrap());
                    return self
                        .service
                        .publish(now, &node(name), &jid("host@d.lit"), item);
                }
                Call::Delete { node: name } => {
                    self.service.delete_node(now, &node(name), None);
                }
                Call::Presence {
                    session,
                    online: true,
                } => {
                    self.service
                        .set_presence(now, &jid(session), Availability::ONLINE);
                }
                Call::Presence {
                    session,
                    online: false,
                } => {
                    self.service
                        .set_presence(now, &jid(session), Availability::Unavailable);
                }
                Call::Contact {
                    account,
                    user,
                    fact,
                } => {
                    let fact = fact.map(|(sees_presence, friend)| Contact {
                        sees_presence,
                        groups: friend.then(|| "friends".to_owned()).into_iter().collect(),
                    });
                    self.service
                        .set_contact(now, &jid(account), &jid(user), fact);
                }
                Call::Interests { session, nodes } => {
                    let nodes = nodes.iter().map(|name| node(name));
                    self.service.set_interests(now, &jid(session), nodes);
                }
                Call::Automatic {
                    node: name,
                    jid: who,
                    on: true,
                } => {
                    return self
                        .service
                        .subscribe_automatically(now, &node(name), &jid(who));
                }
                Call::Automatic {
                    node: name,
                    jid: who,
                    on: false,
                } => {
                    self.service
                        .unsubscribe_automatically(now, &node(name), &jid(who));
                }
                Call::Everywhere { user, affiliation } => {
                    let affiliation = Affiliation::from_name(affiliation).unwrap();
                    self.service
                        .set_service_affiliation(now, &jid(user), affiliation);
                }
                Call::Associate {
                    collection,
                    node: name,
                    on: true,
                } => {
                    return self.service.associate(now, &node(collection), &node(name));
                }
                Call::Associate {
                    collection,
                    node: name,
                    on: false,
                } => {
                    return self
                        .service
                        .disassociate(now, &node(collection), &node(name));
                }
            },
            Act::Bounce { message, error } => {
                let back = bounce(self.address(), message, *error);
                self.service.handle_stanza(now, &back);
            }
            Act::Nothing => self.service.handle_timeout(now),
        }
        Ok(())
    }

    /// Whether a call of the host may fail as it did.
    fn judge_call(&self, act: &Act, result: Result<(), ServiceError>) -> Result<(), String> {
        let expected = match act {
            Act::Call(Call::Publish { node, .. }) => match self.model.facts.node(node) {
                None => Err(ServiceError::NoSuchNode),
                Some(known) if known.settings.is_collection() => Err(ServiceError::WrongType),
                Some(_) => {
                    let waiting = self.waiting.get(node).map_or(0, VecDeque::len);
                    let full = self.is_busy(node) && waiting >= self.most_waiting;
                    if full {
                        Err(ServiceError::Busy)
                    } else {
                        Ok(())
                    }
                }
            },
            Act::Call(Call::Automatic { node, on: true, .. })
                if self.model.facts.node(node).is_none() =>
            {
                Err(ServiceError::NoSuchNode)
            }
            _ => Ok(()),
        };
        if expected == result {
            return Ok(());
        }
        Err(format!("{act:?} is {result:?}, not {expected:?}"))
    }

    fn wait(&mut self) -> Result<(), String> {
        if let Some(until) = self.service.poll_timeout() {
            self.now = self.now.max(until);
        }
        self.act(Act::Nothing)
    }

    /// Everything that is under way comes to its end.
    fn quiet(&mut self) -> Result<(), String> {
        while let Some(number) = self.questions.keys().next().copied() {
            self.answer_question(number, false)?;
        }
        // A confirmation is a call, in which something may be due.
        while self.confirmed < self.last {
            self.confirm_to(self.last)?;
        }
        match self.books.waiting() {
            0 => Ok(()),
            some => Err(format!("{some} wait for nothing")),
        }
    }

    /// Nothing is left of nodes and users that are gone.
    fn wind_down(&mut self) -> Result<(), String> {
        let mut calls = Vec::new();
        for session in self.model.facts.online.clone() {
            calls.push(Call::Presence {
                session,
                online: false,
            });
        }
        for node in self.model.facts.nodes.clone() {
            calls.push(Call::Delete { node: node.name });
        }
        for user in USERS.map(str::to_owned) {
            let accounts = USERS.map(str::to_owned);
            calls.extend(accounts.map(|account| Call::Contact {
                account,
                user: user.clone(),
                fact: None,
            }));
            if self.address() != user {
                calls.push(Call::Everywhere {
                    user,
                    affiliation: "none",
                });
            }
        }
        for call in calls {
            self.act(Act::Call(call))?;
            self.quiet()?;
        }
        let mut left = without_memory(&format!("{:?}", self.service));
        if self.model.facts.account.is_some() {
            // Himself, but none of his sessions.
            left = left.replace(&format!("{ACCOUNT:?}"), "");
        }
        let fresh = format!("{:?}", Service::new(self.config()));
        if left.contains("@d.lit") || left.len() > fresh.len() + MOST_LEFT {
            return Err(format!(
                "{} bytes more than at first are left of nothing: {left}",
                left.len() - fresh.len()
            ));
        }
        Ok(())
    }
}

/// What is written out of a service, without the messages that it remembers in case that they come back: there is a limit
/// to their number, and time does not touch them.
fn without_memory(text: &str) -> String {
    let mut text = text.to_owned();
    for (start, end) in [("asked: [", "]"), ("Bounces { events: [", "]")] {
        let (before, rest) = text.split_once(start).unwrap();
        let (_, after) = rest.split_once(end).unwrap();
        text = format!("{before}{start}{end}{after}");
    }
    text
}
