//! A publish-subscribe service: nodes, collections, affiliations, subscriptions, items and events. XEP-0060, XEP-0248.
//!
//! A machine of many parties: stanzas go in by [`Service::handle_stanza`], answers and events come out by
//! [`Service::poll_transmit`], each with its addressee. Whatever a peer sends gets an answer where one is due and is
//! never an error of the machine; the host's own calls say if they make no sense. What the service offers, and its
//! limits, are one value: [`Config`].
//!
//! Who is available, and who is whose contact, are facts that the host feeds in: [`Service::set_presence`],
//! [`Service::set_contact`]. No operation walks all nodes or all subscriptions, but the one that ends a restart:
//! [`Service::set_rosters`].
//!
//! Several services can share their nodes, and take over from each other: [`cluster`].
//!
//! # In memory
//!
//! ```
//! use std::time::Duration;
//! use xmpp_pubsub::service::{Config, NewNode, NodeConfig, Service};
//! use xmpp_pubsub::{Jid, NodeId, notification, pubsub::Item};
//!
//! let now = Duration::ZERO; // since an origin of yours
//! let mut service = Service::new(Config::new(Jid::new("pubsub.localhost")?, 1));
//! service.set_clock(now, 1_767_225_600_000); // milliseconds since 1970, UTC
//! let node = NodeId::new("/finesse/api/User/1001001")?;
//! let config = NodeConfig::transient();
//! service.create_node(now, NewNode { node: node.clone(), config, owner: None })?;
//! service.subscribe_automatically(now, &node, &Jid::new("1001001@localhost")?)?;
//! service.publish(now, &node, &Jid::new("finesse@localhost")?, Item::new(notification::wrap("<Update/>")))?;
//! let event = service.poll_transmit().ok_or("no event")?;
//! assert_eq!(event.recipient().map(Jid::as_str), Some("1001001@localhost"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # With a journal
//!
//! After each call, drain all three queues, then sleep until [`Service::poll_timeout`]. What an input changes lastingly is
//! one [`journal::Entry`]; what it causes to be said is held back until the entry is confirmed. Transient things (items
//! that are not kept, subscriptions that end with presence) write no entry and wait for nothing.
//!
//! ```
//! use std::time::Duration;
//! use xmpp_pubsub::Jid;
//! use xmpp_pubsub::service::storage::MemoryStorage; // stands for a database
//! use xmpp_pubsub::service::{Config, Persistence, Service};
//!
//! let config = Config::new(Jid::new("pubsub.localhost")?, 1).with_persistence(Persistence::Journal);
//! let mut storage = MemoryStorage::default();
//! let mut service = Service::restore(config, storage.entries());
//! let now = Duration::from_secs(1);
//! // service.handle_stanza(now, &stanza), service.handle_timeout(now), ...
//! while let Some(entry) = service.poll_journal() {
//!     let seq = entry.seq;
//!     storage.append(entry); // and make it safe; several may be confirmed at once
//!     service.journal_confirmed(now, seq);
//! }
//! while let Some(request) = service.poll_storage() {
//!     let answer = storage.read(&request.node, &request.items);
//!     service.handle_storage(now, request.id, Ok(answer));
//! }
//! while let Some(stanza) = service.poll_transmit() {
//!     // send it
//! }
//! let wake_at = service.poll_timeout();
//! # assert_eq!(wake_at, None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod access;
mod account;
mod affiliation;
mod approval;
mod bounce;
mod by_address;
mod capabilities;
mod clock;
pub mod cluster;
mod collection;
mod config;
mod configure;
mod create;
mod digest;
mod discovery;
mod host;
mod item;
pub mod journal;
mod last_item;
mod lease;
mod manage;
mod models;
mod node;
mod node_config;
mod node_set;
mod notify;
mod options;
mod outbox;
mod people;
mod publish;
mod refusal;
mod request;
mod restore;
mod retract;
mod retrieve;
mod state;
pub mod storage;
mod subscribe;

#[cfg(feature = "contract")]
pub mod contract;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use crate::id::{IdSource, NodeId};
use crate::jid::Jid;
use crate::stanza::{Message, Outgoing, Stanza};

use approval::Approvals;
use bounce::Bounces;
use capabilities::Known;
use clock::{Clock, Due};
use cluster::Share;
use digest::Digests;
use journal::{Change, Journal};
use outbox::Outbox;
use people::People;
use state::State;
use storage::Storage;

pub use config::{
    Config, Configuration, CreatePolicy, Kind, NewNode, OnBounce, Overlap, Persistence,
};
pub use models::{
    AccessModel, AssociationPolicy, ItemReply, NodeFull, NodeType, PublishModel, SendLast,
};
pub use node_config::NodeConfig;
pub use people::{Availability, Contact, Rosters, Standing};

/// What the host asked for and cannot have.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// There is a node of that name.
    #[error("the node exists")]
    Exists,
    /// There is no node of that name.
    #[error("no such node")]
    NoSuchNode,
    /// There are as many nodes as there can be.
    #[error("too many nodes")]
    TooManyNodes,
    /// It is a collection, and would have to be a leaf, or the other way round.
    #[error("the node is of the other type")]
    WrongType,
    /// A collection would be in itself, or too deep.
    #[error("the collections would not be a tree of the allowed depth")]
    Graph,
    /// The storage is asked something about the node, and enough is waiting for that already.
    #[error("the node is busy")]
    Busy,
    /// The journal failed: the service is over.
    #[error("the service has ended")]
    Ended,
}

/// A publish-subscribe service. See the [module](self) documentation.
#[derive(Debug)]
pub struct Service {
    config: Config,
    ids: IdSource,
    clock: Clock,
    now: Duration,
    /// The date at `now`.
    utc: i64,
    state: State,
    people: People,
    rosters: Rosters,
    journal: Journal,
    storage: Storage,
    outbox: Outbox,
    /// What the present input causes, the answer first.
    answer: Option<Outgoing>,
    staged: Vec<Outgoing>,
    /// What must be confirmed before anybody is told what the present input saw.
    seen: u64,
    /// How many messages were made.
    messages: u64,
    digests: Digests,
    bounces: Bounces,
    capabilities: Known,
    approvals: Approvals,
    /// Nodes that nobody can configure for now.
    locked: BTreeSet<NodeId>,
    /// Where to subscribe instead, for now.
    redirects: BTreeMap<NodeId, String>,
    /// Which names this service may give to nodes, where it shares them with others.
    share: Option<Share>,
    ended: bool,
}

impl Service {
    /// Takes a stanza that is addressed to the service. Its sender must be set by who received it; without one it is
    /// ignored.
    pub fn handle_stanza(&mut self, now: Duration, stanza: &Stanza) {
        self.begin(now);
        match stanza {
            Stanza::Iq(iq) => self.on_iq(iq),
            Stanza::Message(message) => self.on_message(message),
            Stanza::Presence(presence) => self.on_presence(presence),
        }
        self.finish();
    }

    /// Does what is due. May be called early, or twice.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.begin(now);
        self.finish();
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        if self.ended {
            return None;
        }
        let due = self.state.calendar.next().map(|utc| self.clock.when(utc));
        due.into_iter().chain(self.digests.next()).min()
    }

    /// The next stanza to send, by itself.
    pub fn poll_transmit(&mut self) -> Option<Stanza> {
        self.poll_outgoing().map(Outgoing::into_stanza)
    }

    /// The next stanza to send, as [`poll_transmit`](Self::poll_transmit) gives it too: an event that goes to many is the same
    /// bytes for all of them, and a copy of it costs an address and a reference count.
    pub fn poll_outgoing(&mut self) -> Option<Outgoing> {
        self.outbox.pop()
    }

    /// Says what date it is at `now`, in milliseconds since 1970, UTC: creation dates, delay stamps and leases count on
    /// from there. Without it the calendar starts in 1970.
    pub fn set_clock(&mut self, now: Duration, utc_millis: i64) {
        self.clock = Clock::new(now, utc_millis);
        self.begin(now);
        self.finish();
    }

    /// Whether the journal failed, so that nothing is done any more.
    #[must_use]
    pub const fn is_ended(&self) -> bool {
        self.ended
    }

    /// How many events were dropped because too much waited for their addressee, see [`Config::max_withheld`].
    #[must_use]
    pub const fn dropped_events(&self) -> u64 {
        self.outbox.dropped()
    }

    /// The settings.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    fn on_message(&mut self, message: &Message) {
        match &message.error {
            Some(error) => self.on_bounce(message, error),
            None => self.on_answer_of_owner(message),
        }
    }

    /// Starts an input: what is due by now comes first.
    fn begin(&mut self, now: Duration) {
        self.now = self.now.max(now);
        self.utc = self.clock.utc(self.now);
        self.state.utc = self.utc;
        self.seen = 0;
        if self.ended {
            return;
        }
        while let Some(due) = self.state.calendar.pop(self.utc) {
            match due {
                Due::Items(node) => self.expire_items(&node),
                Due::Warning(node, jid, subid) => self.warn_of_end(&node, &jid, subid.as_ref()),
                Due::End(node, jid, subid) => self.end_lease(&node, &jid, subid.as_ref()),
            }
        }
        self.send_due_digests();
        self.finish();
        self.seen = 0;
    }

    /// Ends an input: what it changed is one entry of the journal, what it said waits for that.
    fn finish(&mut self) {
        let after = self.journal.finish().max(self.seen);
        if let Some(answer) = self.answer.take() {
            self.outbox.push_all(after, &mut vec![answer]);
        }
        self.outbox.push_all(after, &mut self.staged);
    }

    /// Makes a change. What lasts goes to the journal.
    fn commit(&mut self, change: Change) {
        let persistence = self.config.persistence;
        let recorded = match persistence {
            Persistence::Memory => None,
            Persistence::Journal => self.lasting(&change),
            Persistence::WholeJournal => Some(change.clone()),
        };
        if persistence != Persistence::Journal && self.state.is_kept(&change) {
            self.storage.keep(&change);
        }
        self.state.apply(&change);
        if let Some(change) = recorded {
            self.journal.record(change);
        }
    }

    /// What of a change is written down. To be asked before it is made.
    fn lasting(&self, change: &Change) -> Option<Change> {
        let known = |node: &Option<NodeId>, jid: &Jid, subid| {
            let node = self.state.nodes.get(&state::key(node.as_ref()))?;
            node.made(jid, subid)
        };
        match change {
            Change::Subscribed {
                node,
                jid,
                subscription,
            } if subscription.is_transient() => {
                let subid = &subscription.subid;
                let was = known(node, jid, subid.as_ref())?;
                // What was written down ends there.
                (!was.is_transient()).then(|| Change::Unsubscribed {
                    node: node.clone(),
                    jid: jid.clone(),
                    subid: subid.clone(),
                })
            }
            Change::Unsubscribed { node, jid, subid } => {
                let was = known(node, jid, subid.as_ref())?;
                (!was.is_transient()).then(|| change.clone())
            }
            Change::ItemPublished { .. } => self.state.is_kept(change).then(|| change.clone()),
            Change::NodeCreated { .. }
            | Change::NodeConfigured { .. }
            | Change::NodeDeleted { .. }
            | Change::Associated { .. }
            | Change::Disassociated { .. }
            | Change::Affiliated { .. }
            | Change::ServiceAffiliated { .. }
            | Change::Subscribed { .. }
            | Change::ItemKept { .. }
            | Change::ItemsRemoved { .. }
            | Change::Purged { .. } => Some(change.clone()),
        }
    }

    /// What the present input says depends on this node.
    fn see_node(&mut self, id: &NodeId) {
        let of_node = if self.state.nodes.contains_key(id) {
            0
        } else {
            self.journal.of_list()
        };
        self.seen = self.seen.max(self.journal.of_node(id)).max(of_node);
    }

    fn see_user(&mut self, user: &Jid) {
        self.seen = self.seen.max(self.journal.of_user(user));
    }

    fn see_list(&mut self) {
        self.seen = self.seen.max(self.journal.of_list());
    }

    fn stage(&mut self, stanza: impl Into<Stanza>) {
        self.staged.push(stanza.into().into());
    }

    fn next_number(&mut self) -> u64 {
        self.messages += 1;
        self.messages
    }

    fn is_account(&self) -> bool {
        self.config.kind == Kind::Account
    }
}
