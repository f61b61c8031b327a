//! A publish-subscribe service in memory: nodes, affiliations, subscriptions, items and events. XEP-0060.
//!
//! A machine of many parties: stanzas go in by [`Service::handle_stanza`], answers and events come out by
//! [`Service::poll_transmit`], each with its addressee. Whatever a peer sends gets an answer where one is due and is
//! never an error of the machine; the host's own calls say if they make no sense.
//!
//! No operation walks all nodes or all subscriptions, but for the list of all nodes. There are no timers here.
//!
//! ```
//! use xmpp_pubsub::service::{Config, NewNode, NodeConfig, Service};
//! use xmpp_pubsub::{Jid, NodeId, notification, pubsub::Item};
//!
//! let mut service = Service::new(Config::new(Jid::new("pubsub.localhost")?, 1));
//! let node = NodeId::new("/finesse/api/User/1001001")?;
//! let config = NodeConfig::transient();
//! service.create_node(NewNode { node: node.clone(), config, owner: None })?;
//! service.subscribe_automatically(&node, &Jid::new("1001001@localhost")?)?;
//! service.publish(&node, &Jid::new("finesse@localhost")?, Item::new(notification::wrap("<Update/>")))?;
//! let event = service.poll_transmit().ok_or("no event")?;
//! assert_eq!(event.recipient().map(Jid::as_str), Some("1001001@localhost"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod affiliation;
mod config;
mod discovery;
mod item;
mod manage;
mod node;
mod notify;
mod refusal;
mod request;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::disco;
use crate::event::Event;
use crate::id::{IdSource, ItemId, NodeId, StanzaId, SubId};
use crate::jid::Jid;
use crate::ns;
use crate::owner::Owner;
use crate::pubsub::{Affiliation, Item, PubSub, SubscriptionState};
use crate::stanza::{
    Condition, ErrorType, Iq, IqContent, Payload, PubSubCondition, Stanza, StanzaError,
};

use manage::Refused;
use node::{Node, Subscriber};
use notify::SubIds;

pub use config::{AccessModel, Config, CreatePolicy, NewNode, NodeConfig, Overlap, PublishModel};

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
}

impl ServiceError {
    fn to_stanza_error(self) -> StanzaError {
        match self {
            Self::Exists => StanzaError::new(ErrorType::Cancel, Condition::CONFLICT),
            Self::NoSuchNode => refusal::not_found(),
            Self::TooManyNodes => StanzaError::new(ErrorType::Cancel, Condition::NOT_ALLOWED)
                .with_pubsub(PubSubCondition::MAX_NODES_EXCEEDED),
        }
    }
}

/// A publish-subscribe service. See the [module](self) documentation.
#[derive(Debug)]
pub struct Service {
    config: Config,
    ids: IdSource,
    /// First half of each event's message id, so that ids of another process are others.
    message_prefix: String,
    messages: u64,
    nodes: BTreeMap<NodeId, Node>,
    /// By bare address: what a user has, so that finding it does not walk the nodes.
    users: BTreeMap<Jid, User>,
    /// Full addresses that get what is sent to their bare address.
    reachable: BTreeSet<Jid>,
    out: VecDeque<Stanza>,
}

#[derive(Debug, Default)]
struct User {
    /// On every node, unless the node says more.
    service: Option<Affiliation>,
    /// Where an address of the user is subscribed.
    nodes: BTreeSet<NodeId>,
    /// Where the user has an affiliation.
    affiliated: BTreeSet<NodeId>,
    /// How many subscriptions the user made himself.
    explicit: usize,
}

impl User {
    fn is_empty(&self) -> bool {
        self.service.is_none() && self.nodes.is_empty() && self.affiliated.is_empty()
    }
}

impl Service {
    /// A service without nodes.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let mut ids = IdSource::new(config.seed);
        Self {
            message_prefix: ids.next_hex(),
            ids,
            config,
            messages: 0,
            nodes: BTreeMap::new(),
            users: BTreeMap::new(),
            reachable: BTreeSet::new(),
            out: VecDeque::new(),
        }
    }

    /// Takes a stanza that is addressed to the service. Its sender must be set by who received it; without one it is
    /// ignored.
    pub fn handle_stanza(&mut self, stanza: &Stanza) {
        match stanza {
            Stanza::Iq(iq) => self.on_iq(iq),
            // Bounces and presence sent to the service change nothing yet.
            Stanza::Message(_) | Stanza::Presence(_) => {}
        }
    }

    /// A session gets, or no longer gets, what is sent to its bare address.
    pub fn set_reachable(&mut self, jid: &Jid, reachable: bool) {
        if reachable {
            self.reachable.insert(jid.clone());
        } else {
            self.reachable.remove(jid);
        }
    }

    /// Makes a node.
    ///
    /// # Errors
    ///
    /// If the name is taken, or there are too many.
    pub fn create_node(&mut self, new: NewNode) -> Result<(), ServiceError> {
        if self.nodes.contains_key(&new.node) {
            return Err(ServiceError::Exists);
        }
        if self.nodes.len() >= self.config.max_nodes {
            return Err(ServiceError::TooManyNodes);
        }
        self.nodes.insert(new.node.clone(), Node::new(new.config));
        match new.owner {
            Some(owner) => self.set_affiliation(&new.node, &owner, Affiliation::Owner),
            None => Ok(()),
        }
    }

    /// Deletes a node and tells its subscribers, with the address of its successor if there is one. §8.4.
    /// Returns whether it was there.
    pub fn delete_node(&mut self, id: &NodeId, redirect: Option<&str>) -> bool {
        if self
            .nodes
            .get(id)
            .is_some_and(|node| node.config.notify_delete)
        {
            let redirect = redirect.map(str::to_owned);
            self.notify(id, &Event::delete(id.clone(), redirect), SubIds::Left);
        }
        let Some(node) = self.nodes.remove(id) else {
            return false;
        };
        for (jid, subscriber) in &node.subscribers {
            if let Some(user) = self.users.get_mut(jid.bare_str()) {
                user.nodes.remove(id);
                user.explicit = user.explicit.saturating_sub(subscriber.explicit.len());
            }
            self.forget_user_if_empty(jid);
        }
        for jid in node.affiliations.keys() {
            if let Some(user) = self.users.get_mut(jid) {
                user.affiliated.remove(id);
            }
            self.forget_user_if_empty(jid);
        }
        true
    }

    /// Says what a user may do on every node, where the node itself does not say more: `owner` for an administrator,
    /// `member` for somebody who may see everything, `outcast` for somebody who may nothing. `none` takes it back.
    pub fn set_service_affiliation(&mut self, user: &Jid, affiliation: Affiliation) {
        let bare = user.bare();
        let entry = self.users.entry(bare.clone()).or_default();
        entry.service = (affiliation != Affiliation::None).then_some(affiliation);
        for id in entry.nodes.clone() {
            self.drop_if_unreadable(&id, &bare);
        }
        self.forget_user_if_empty(&bare);
    }

    /// Says what a user may do with a node. §4.1.
    ///
    /// # Errors
    ///
    /// If there is no such node.
    pub fn set_affiliation(
        &mut self,
        id: &NodeId,
        user: &Jid,
        affiliation: Affiliation,
    ) -> Result<(), ServiceError> {
        let node = self.nodes.get_mut(id).ok_or(ServiceError::NoSuchNode)?;
        let bare = user.bare();
        let entry = self.users.entry(bare.clone()).or_default();
        if affiliation == Affiliation::None {
            node.affiliations.remove(&bare);
            entry.affiliated.remove(id);
        } else {
            node.affiliations.insert(bare.clone(), affiliation);
            entry.affiliated.insert(id.clone());
        }
        self.drop_if_unreadable(id, &bare);
        self.forget_user_if_empty(&bare);
        Ok(())
    }

    /// Subscribes an address on the user's behalf. Such a subscription is not listed and cannot be ended by the client;
    /// one that the client makes stands beside it, and an event is still sent once. Like a subscription that presence
    /// implies (§9.1).
    ///
    /// # Errors
    ///
    /// If there is no such node.
    pub fn subscribe_automatically(&mut self, id: &NodeId, jid: &Jid) -> Result<(), ServiceError> {
        self.subscriber(id, jid)
            .ok_or(ServiceError::NoSuchNode)?
            .automatic = true;
        Ok(())
    }

    /// Takes back what [`subscribe_automatically`](Self::subscribe_automatically) did.
    pub fn unsubscribe_automatically(&mut self, id: &NodeId, jid: &Jid) {
        let subscriber = self
            .nodes
            .get_mut(id)
            .and_then(|node| node.subscribers.get_mut(jid));
        if let Some(subscriber) = subscriber {
            subscriber.automatic = false;
        }
        self.forget_if_empty(id, jid);
    }

    /// Publishes on the host's behalf: nothing is asked about rights or limits. §7.1.
    ///
    /// # Errors
    ///
    /// If there is no such node.
    pub fn publish(
        &mut self,
        id: &NodeId,
        publisher: &Jid,
        mut item: Item,
    ) -> Result<(), ServiceError> {
        if !self.nodes.contains_key(id) {
            return Err(ServiceError::NoSuchNode);
        }
        if item.id.is_none() {
            item.id = ItemId::new(&self.ids.next_hex()).ok();
        }
        self.store_and_notify(id, publisher, Some(item));
        Ok(())
    }

    /// The next stanza to send.
    pub fn poll_transmit(&mut self) -> Option<Stanza> {
        self.out.pop_front()
    }

    /// Whether there is a node of that name.
    #[must_use]
    pub fn contains_node(&self, id: &NodeId) -> bool {
        self.nodes.contains_key(id)
    }

    /// How many nodes there are.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// How many addresses are subscribed to a node.
    #[must_use]
    pub fn subscriber_count(&self, id: &NodeId) -> usize {
        self.nodes.get(id).map_or(0, |node| node.subscribers.len())
    }

    fn on_iq(&mut self, iq: &Iq) {
        let Some(from) = &iq.from else {
            return;
        };
        // What is told of a change follows the answer to who made it.
        let place = self.out.len();
        let result = match &iq.content {
            IqContent::Get(payload) => self.on_get_payload(from, payload).map_err(Refused::from),
            IqContent::Set(payload) => self.on_set_payload(from, payload),
            // XC-SZ-05: answers are not answered.
            IqContent::Result(_) | IqContent::Error { .. } => return,
        };
        let answer = match result {
            Ok(payload) => iq.to_result(payload),
            Err(Refused { error, entries }) => {
                let mut answer = iq.to_error(error);
                if let IqContent::Error { request, .. } = &mut answer.content {
                    *request = entries.map(|entries| *entries);
                }
                answer
            }
        };
        self.out.insert(place, Stanza::Iq(answer));
    }

    fn on_get_payload(
        &self,
        from: &Jid,
        payload: &Payload,
    ) -> Result<Option<Payload>, StanzaError> {
        let unreadable = |error: crate::DecodeError| error.to_stanza_error();
        match payload.name().parts() {
            (ns::PUBSUB, "pubsub") => {
                self.on_get(from, &PubSub::decode(payload).map_err(unreadable)?)
            }
            (ns::PUBSUB_OWNER, "pubsub") => {
                self.on_owner_get(from, &Owner::decode(payload).map_err(unreadable)?)
            }
            (ns::DISCO_INFO, "query") => {
                self.on_disco_info(from, &disco::Info::decode(payload).map_err(unreadable)?)
            }
            (ns::DISCO_ITEMS, "query") => {
                self.on_disco_items(from, &disco::Items::decode(payload).map_err(unreadable)?)
            }
            (ns::PING, "ping") => Ok(None),
            _ => Err(refusal::service_unavailable()),
        }
    }

    fn on_set_payload(
        &mut self,
        from: &Jid,
        payload: &Payload,
    ) -> Result<Option<Payload>, Refused> {
        match payload.name().parts() {
            (ns::PUBSUB, "pubsub") => {
                let request = PubSub::decode(payload).map_err(|error| error.to_stanza_error())?;
                Ok(self.on_set(from, &request)?)
            }
            (ns::PUBSUB_OWNER, "pubsub") => {
                let request = Owner::decode(payload).map_err(|error| error.to_stanza_error())?;
                self.on_owner_set(from, &request)
            }
            _ => Err(refusal::service_unavailable().into()),
        }
    }

    /// The subscriptions of an address to a node, made if there are none.
    fn subscriber(&mut self, id: &NodeId, jid: &Jid) -> Option<&mut Subscriber> {
        let node = self.nodes.get_mut(id)?;
        self.users
            .entry(jid.bare())
            .or_default()
            .nodes
            .insert(id.clone());
        Some(node.subscribers.entry(jid.clone()).or_default())
    }

    /// Ends subscriptions that the user made: that with the subid, or all of the address.
    fn drop_explicit(&mut self, id: &NodeId, jid: &Jid, subid: Option<&SubId>) {
        let subscriber = self
            .nodes
            .get_mut(id)
            .and_then(|node| node.subscribers.get_mut(jid));
        let Some(subscriber) = subscriber else {
            return;
        };
        let before = subscriber.explicit.len();
        subscriber
            .explicit
            .retain(|explicit| subid.is_some() && explicit.subid.as_ref() != subid);
        let dropped = before - subscriber.explicit.len();
        if let Some(user) = self.users.get_mut(jid.bare_str()) {
            user.explicit = user.explicit.saturating_sub(dropped);
        }
        self.forget_if_empty(id, jid);
    }

    /// Ends what the user subscribed to and may not read any more, and says so. §12.14.
    fn drop_if_unreadable(&mut self, id: &NodeId, user: &Jid) {
        let Some(node) = self.nodes.get(id) else {
            return;
        };
        if self.may_read(node, user) {
            return;
        }
        for jid in node.addresses_of(user) {
            let known = self
                .nodes
                .get(id)
                .and_then(|node| node.subscribers.get(&jid));
            if known.is_some_and(|subscriber| !subscriber.explicit.is_empty()) {
                self.drop_explicit(id, &jid, None);
                self.notify_subscription(id, jid, SubscriptionState::None);
            }
        }
    }

    fn forget_if_empty(&mut self, id: &NodeId, jid: &Jid) {
        let Some(node) = self.nodes.get_mut(id) else {
            return;
        };
        if node.subscribers.get(jid).is_some_and(Subscriber::is_empty) {
            node.subscribers.remove(jid);
        }
        if node.addresses_of(jid).is_empty() {
            if let Some(user) = self.users.get_mut(jid.bare_str()) {
                user.nodes.remove(id);
            }
            self.forget_user_if_empty(jid);
        }
    }

    fn forget_user_if_empty(&mut self, jid: &Jid) {
        if self.users.get(jid.bare_str()).is_some_and(User::is_empty) {
            self.users.remove(jid.bare_str());
        }
    }

    fn service_affiliation(&self, user: &Jid) -> Affiliation {
        self.users
            .get(user.bare_str())
            .and_then(|user| user.service)
            .unwrap_or(Affiliation::None)
    }

    /// What a user may do with a node, by the service and by the node.
    fn affiliation_at(&self, node: &Node, user: &Jid) -> Affiliation {
        self.service_affiliation(user)
            .combine(node.affiliation(user))
    }

    fn may_read(&self, node: &Node, user: &Jid) -> bool {
        self.affiliation_at(node, user)
            .may_read(node.config.access_model)
    }

    /// PS-14.5-01: where closed nodes are hidden, they answer as if they were not there.
    fn hidden_or(&self, error: StanzaError) -> StanzaError {
        if self.config.hide_closed_nodes {
            refusal::not_found()
        } else {
            error
        }
    }

    /// PS-12.4-01: unique in the service.
    fn next_message_id(&mut self) -> Option<StanzaId> {
        self.messages += 1;
        StanzaId::new(&format!("{}-{:x}", self.message_prefix, self.messages)).ok()
    }
}
