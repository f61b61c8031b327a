//! What the host does and says: nodes, affiliations and subscriptions on its own behalf, and facts about users.

use core::time::Duration;

use super::config::NewNode;
use super::create::check_config;
use super::journal::Change;
use super::node::Node;
use super::node_config::NodeConfig;
use super::people::{self, Availability, Contact, Rosters, Standing};
use super::request::Work;
use super::{Service, ServiceError};
use crate::id::NodeId;
use crate::jid::Jid;
use crate::pubsub::{Affiliation, Item};
use crate::stanza::{Presence, PresenceKind};

impl Service {
    /// Makes a node.
    ///
    /// # Errors
    ///
    /// If the name is taken, or there are too many.
    pub fn create_node(&mut self, now: Duration, new: NewNode) -> Result<(), ServiceError> {
        self.host_input(now)?;
        if self.state.nodes.contains_key(&new.node) {
            return Err(ServiceError::Exists);
        }
        let mut new = new;
        check_config(&mut new.config, &self.config);
        let made = self.create(new, None, &[]);
        self.finish();
        made.map_err(|_| ServiceError::TooManyNodes)
    }

    /// Sets a node, as an owner could, and does what follows from it: who loses his access loses his subscriptions, items
    /// that do not fit any more go, and who asked for it is told. A node that is set so already stays as it is. §8.2.
    ///
    /// # Errors
    ///
    /// If there is no such node, or it would become a collection, or a leaf.
    pub fn configure_node(
        &mut self,
        now: Duration,
        id: &NodeId,
        config: NodeConfig,
    ) -> Result<(), ServiceError> {
        self.host_input(now)?;
        let node = self.state.nodes.get(id).ok_or(ServiceError::NoSuchNode)?;
        if node.config.node_type != config.node_type {
            return Err(ServiceError::WrongType);
        }
        let mut config = config;
        check_config(&mut config, &self.config);
        self.configure(id, config);
        self.finish();
        Ok(())
    }

    /// Deletes a node and tells its subscribers, with the address of its successor if there is one. §8.4.
    /// Returns whether it was there.
    pub fn delete_node(&mut self, now: Duration, id: &NodeId, redirect: Option<&str>) -> bool {
        if self.host_input(now).is_err() || id.is_root() || !self.state.nodes.contains_key(id) {
            return false;
        }
        self.delete(id, redirect);
        self.finish();
        true
    }

    /// Says what a user may do on every node, where the node itself does not say more: `owner` for an administrator,
    /// `member` for somebody who may see everything, `outcast` for somebody who may nothing. `none` takes it back.
    pub fn set_service_affiliation(&mut self, now: Duration, user: &Jid, affiliation: Affiliation) {
        if self.host_input(now).is_err() {
            return;
        }
        let bare = user.bare();
        if self.service_affiliation(&bare) != affiliation {
            self.commit(Change::ServiceAffiliated {
                user: bare.clone(),
                affiliation,
            });
            self.reassess_everywhere(&bare);
        }
        self.finish();
    }

    /// Says what a user may do with a node. §4.1.
    ///
    /// # Errors
    ///
    /// If there is no such node.
    pub fn set_affiliation(
        &mut self,
        now: Duration,
        id: &NodeId,
        user: &Jid,
        affiliation: Affiliation,
    ) -> Result<(), ServiceError> {
        self.host_input(now)?;
        if !self.state.nodes.contains_key(id) {
            return Err(ServiceError::NoSuchNode);
        }
        self.affiliate(id, user, affiliation);
        self.finish();
        Ok(())
    }

    /// Subscribes an address on the user's behalf. Such a subscription is not listed and cannot be ended by the client;
    /// one that the client makes stands beside it, and an event is still sent once. Like a subscription that presence
    /// implies (§9.1). It is not written down: the host makes it anew after a restart.
    ///
    /// # Errors
    ///
    /// If there is no such node.
    pub fn subscribe_automatically(
        &mut self,
        now: Duration,
        id: &NodeId,
        jid: &Jid,
    ) -> Result<(), ServiceError> {
        self.host_input(now)?;
        let subscriber = self.state.subscriber(id, jid);
        let subscriber = subscriber.ok_or(ServiceError::NoSuchNode)?;
        subscriber.automatic = true;
        subscriber.settle();
        Ok(())
    }

    /// Takes back what [`subscribe_automatically`](Self::subscribe_automatically) did.
    pub fn unsubscribe_automatically(&mut self, now: Duration, id: &NodeId, jid: &Jid) {
        if self.host_input(now).is_err() {
            return;
        }
        let node = self.state.nodes.get_mut(id);
        if let Some(subscriber) = node.and_then(|node| node.subscribers.get_mut(jid)) {
            subscriber.automatic = false;
            subscriber.settle();
        }
        self.state.forget_subscriber_if_empty(id, jid);
    }

    /// Publishes on the host's behalf: nothing is asked about rights or limits. §7.1. While the storage is asked something
    /// about the node, it waits its turn.
    ///
    /// # Errors
    ///
    /// If there is no such node, it is a collection, or too much waits for it.
    pub fn publish(
        &mut self,
        now: Duration,
        id: &NodeId,
        publisher: &Jid,
        item: Item,
    ) -> Result<(), ServiceError> {
        self.host_input(now)?;
        let node = self.state.nodes.get(id).ok_or(ServiceError::NoSuchNode)?;
        if node.config.is_collection() {
            return Err(ServiceError::WrongType);
        }
        if self.storage.is_busy(id) {
            let publisher = publisher.clone();
            return self.put_off(id, Work::Publish { publisher, item });
        }
        self.publish_now(id, publisher, item);
        self.finish();
        Ok(())
    }

    /// Says whether a session is available, and how. What ends with presence ends here, and who comes may get the last
    /// items. Presence that is sent to the service counts as well.
    pub fn set_presence(&mut self, now: Duration, session: &Jid, availability: Availability) {
        if self.host_input(now).is_err() {
            return;
        }
        self.presence(session, availability);
        self.finish();
    }

    /// A session gets, or no longer gets, what is sent to its bare address: [`set_presence`](Self::set_presence) in its
    /// simplest form.
    pub fn set_reachable(&mut self, now: Duration, session: &Jid, reachable: bool) {
        let availability = if reachable {
            Availability::ONLINE
        } else {
            Availability::Unavailable
        };
        self.set_presence(now, session, availability);
    }

    /// Says what the roster of an account has about a contact; `None` for one that it has not. The models `presence` and
    /// `roster` go by the rosters of a node's owners. Who loses his access loses his subscriptions, while rosters are
    /// [complete](Self::set_rosters). Returns whether the fact was taken: there is a
    /// [limit](super::Config::max_presences).
    pub fn set_contact(
        &mut self,
        now: Duration,
        account: &Jid,
        contact: &Jid,
        fact: Option<Contact>,
    ) -> bool {
        if self.host_input(now).is_err() {
            return false;
        }
        let (account, contact) = (account.bare(), contact.bare());
        let known = self.people.contact(&account, &contact);
        if known == fact.as_ref() {
            return true;
        }
        let most = self.config.max_presences;
        let had = self.implied_to(&contact);
        let taken = self.people.set_contact(&account, &contact, fact, most);
        self.reassess_everywhere(&contact);
        self.contact_gained(&contact, &had);
        self.finish();
        taken
    }

    /// Says whether [`set_contact`](Self::set_contact) has said all that the rosters have. A service begins with
    /// [`Complete`](Rosters::Complete). After a restart each fact comes by itself, and until the last one has come, the
    /// first ones would put out whoever is in another roster: say [`Incomplete`](Rosters::Incomplete) before the first.
    /// Then nobody loses a subscription for want of a roster that lets him in; what he asks is answered by what is known.
    /// With `Complete` every subscription under `presence` and `roster` is looked at, also those of contacts that were lost
    /// while there was no service. It walks all nodes.
    pub fn set_rosters(&mut self, now: Duration, rosters: Rosters) {
        if self.host_input(now).is_err() {
            return;
        }
        let before = core::mem::replace(&mut self.rosters, rosters);
        if (before, rosters) == (Rosters::Incomplete, Rosters::Complete) {
            let nodes = self.state.nodes.iter();
            let by_roster = nodes.filter(|(_, node)| node.config.access_model.is_by_roster());
            let by_roster: Vec<NodeId> = by_roster.map(|(id, _)| id.clone()).collect();
            for id in by_roster {
                self.reassess_all(&id);
            }
        }
        self.finish();
    }

    /// Says that a user is kept from something, or not any more. Who owes and is not affiliated loses his subscriptions.
    /// Returns whether the fact was taken: there is a [limit](super::Config::max_presences).
    pub fn set_standing(&mut self, now: Duration, user: &Jid, standing: Standing) -> bool {
        if self.host_input(now).is_err() {
            return false;
        }
        let user = user.bare();
        let most = self.config.max_presences;
        let taken = self.people.set_standing(&user, standing, most);
        self.reassess_everywhere(&user);
        self.finish();
        taken
    }

    /// Keeps owners from seeing and changing the settings of a node, or lets them again. §8.2.3.4.
    ///
    /// # Errors
    ///
    /// If there is no such node.
    pub fn lock_node(
        &mut self,
        now: Duration,
        id: &NodeId,
        locked: bool,
    ) -> Result<(), ServiceError> {
        self.host_input(now)?;
        if !self.state.nodes.contains_key(id) {
            return Err(ServiceError::NoSuchNode);
        }
        if locked {
            self.locked.insert(id.clone());
        } else {
            self.locked.remove(id);
        }
        Ok(())
    }

    /// Sends who wants to subscribe elsewhere for now, or no longer: the answer is `redirect` with the address. §6.1.3.11.
    /// A node that is gone for good says so by itself, see [`delete_node`](Self::delete_node). It is not written down.
    ///
    /// # Errors
    ///
    /// If there are as many redirections as there can be nodes.
    pub fn set_redirect(
        &mut self,
        now: Duration,
        id: &NodeId,
        to: Option<&str>,
    ) -> Result<(), ServiceError> {
        self.host_input(now)?;
        let Some(to) = to else {
            self.redirects.remove(id);
            return Ok(());
        };
        if self.redirects.len() >= self.config.max_nodes {
            return Err(ServiceError::TooManyNodes);
        }
        self.redirects.insert(id.clone(), to.to_owned());
        Ok(())
    }

    /// Whether there is a node of that name.
    #[must_use]
    pub fn contains_node(&self, id: &NodeId) -> bool {
        self.state.nodes.contains_key(id)
    }

    /// How many nodes there are, the root collection not counted.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.state.nodes.len().saturating_sub(1)
    }

    /// How many addresses are subscribed to a node.
    #[must_use]
    pub fn subscriber_count(&self, id: &NodeId) -> usize {
        let node = self.state.nodes.get(id);
        node.map_or(0, Node::subscribed_addresses)
    }

    /// Starts an input of the host.
    pub(super) fn host_input(&mut self, now: Duration) -> Result<(), ServiceError> {
        if self.ended {
            return Err(ServiceError::Ended);
        }
        self.begin(now);
        Ok(())
    }

    /// Presence that was sent to the service.
    pub(super) fn on_presence(&mut self, presence: &Presence) {
        let Some(from) = presence.from.as_ref().filter(|_| !self.ended) else {
            return;
        };
        match presence.kind {
            PresenceKind::Available => {
                let availability = Availability::Available {
                    show: presence.show,
                    priority: presence.priority,
                };
                self.presence(from, availability);
                self.on_capabilities(from, presence);
            }
            PresenceKind::Unavailable => self.presence(from, Availability::Unavailable),
            PresenceKind::Subscribe => {
                // The service has no presence that could be seen.
                let answer = presence_answer(presence, PresenceKind::Unsubscribed);
                self.stage(answer);
            }
            PresenceKind::Error
            | PresenceKind::Probe
            | PresenceKind::Subscribed
            | PresenceKind::Unsubscribe
            | PresenceKind::Unsubscribed => {}
        }
    }

    fn presence(&mut self, session: &Jid, availability: Availability) {
        let most = self.config.max_presences;
        match self.people.set_presence(session, availability, most) {
            people::Change::None => {}
            people::Change::Came => self.send_last_on_presence(session),
            people::Change::Went { last } => {
                self.capabilities.forget(session);
                self.end_presence_bound(session, last);
                if last {
                    self.purge_offline(&session.bare());
                }
            }
        }
    }
}

fn presence_answer(presence: &Presence, kind: PresenceKind) -> Presence {
    let mut answer = Presence::new(kind);
    answer.from = presence.to.clone();
    answer.to = presence.from.as_ref().map(Jid::bare);
    answer.id = presence.id.clone();
    answer
}
