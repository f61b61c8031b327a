//! Who may do what with a node. XEP-0060 §4.1 and §4.5.

use super::Service;
use super::config::CreatePolicy;
use super::journal::Change;
use super::models::AccessModel;
use super::node::Node;
use super::people::{Rosters, Standing};
use super::refusal::{self, closed_node, forbidden, not_authorized, not_found};
use crate::id::NodeId;
use crate::jid::Jid;
use crate::pubsub::{Affiliation, SubscriptionState};
use crate::stanza::{Condition, ErrorType, PubSubCondition, StanzaError};

/// What the access model says to somebody who wants to subscribe.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Access {
    Granted,
    /// An owner has to decide.
    Approval,
}

impl Service {
    /// What a user may do with a node, by the service and by the node.
    pub(super) fn affiliation_at(&self, node: &Node, user: &Jid) -> Affiliation {
        self.service_affiliation(user)
            .combine(node.affiliation(user))
    }

    pub(super) fn service_affiliation(&self, user: &Jid) -> Affiliation {
        self.state
            .roles
            .get(&user.bare())
            .and_then(|roles| roles.service)
            .unwrap_or(Affiliation::None)
    }

    /// The first table of XEP-0060 §4.5. Who is affiliated needs no leave of the model (trap 26).
    pub(super) fn access(&self, node: &Node, user: &Jid) -> Result<Access, StanzaError> {
        match self.affiliation_at(node, user) {
            Affiliation::Owner | Affiliation::Publisher | Affiliation::Member => {
                return Ok(Access::Granted);
            }
            Affiliation::Outcast | Affiliation::PublishOnly => return Err(forbidden()),
            Affiliation::None => {}
        }
        if self.people.standing(user) == Standing::PaymentDue {
            // Trap 14.
            return Err(StanzaError::new(
                ErrorType::Auth,
                Condition::PAYMENT_REQUIRED,
            ));
        }
        match node.config.access_model {
            AccessModel::Open => Ok(Access::Granted),
            AccessModel::Authorize => Ok(Access::Approval),
            AccessModel::Whitelist => Err(closed_node()),
            AccessModel::Presence => {
                if self.sees_presence(node, user) {
                    Ok(Access::Granted)
                } else {
                    Err(not_authorized(
                        PubSubCondition::PRESENCE_SUBSCRIPTION_REQUIRED,
                    ))
                }
            }
            AccessModel::Roster => {
                let allowed = &node.config.roster_groups_allowed;
                let in_group = |owner: &Jid| {
                    let contact = self.people.contact(owner, user);
                    contact.is_some_and(|contact| {
                        contact.groups.iter().any(|group| allowed.contains(group))
                    })
                };
                if self.rosters(node).any(in_group) {
                    Ok(Access::Granted)
                } else {
                    Err(not_authorized(PubSubCondition::NOT_IN_ROSTER_GROUP))
                }
            }
        }
    }

    /// The first table again, for items: where an owner approves, only the subscribed retrieve (PS-6.5-02), besides
    /// owners and publishers (trap 18).
    pub(super) fn check_retrieve(&self, node: &Node, user: &Jid) -> Result<(), StanzaError> {
        let by_subscription = node.config.access_model == AccessModel::Authorize
            && matches!(
                self.affiliation_at(node, user),
                Affiliation::Member | Affiliation::None
            );
        match self.access(node, user) {
            Ok(_) if by_subscription && !node.is_subscribed(user) => {
                Err(not_authorized(PubSubCondition::NOT_SUBSCRIBED))
            }
            Ok(Access::Granted | Access::Approval) => Ok(()),
            Err(error) => Err(self.hidden_or(error)),
        }
    }

    pub(super) fn sees_presence(&self, node: &Node, user: &Jid) -> bool {
        self.rosters(node).any(|owner| {
            let contact = self.people.contact(owner, user);
            contact.is_some_and(|contact| contact.sees_presence)
        })
    }

    /// Whose rosters count for a node: those of its owners, or of the account.
    fn rosters<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = &'a Jid> {
        node.owners()
            .chain(self.is_account().then_some(&self.config.address))
    }

    /// Whether the user can know that the node is there.
    pub(super) fn is_visible(&self, node: &Node, user: &Jid) -> bool {
        !self.config.hide_closed_nodes || self.access(node, user).is_ok()
    }

    /// PS-14.5-01: where closed nodes are hidden, they answer as if they were not there.
    pub(super) fn hidden_or(&self, error: StanzaError) -> StanzaError {
        if self.config.hide_closed_nodes {
            not_found()
        } else {
            error
        }
    }

    /// The error for who may not do this with a node that he may, or may not, know of.
    pub(super) fn forbidden_at(&self, node: &Node, user: &Jid) -> StanzaError {
        if self.is_visible(node, user) {
            forbidden()
        } else {
            not_found()
        }
    }

    pub(super) fn may_publish(&self, node: &Node, user: &Jid) -> bool {
        let affiliation = self.affiliation_at(node, user);
        affiliation.may_publish(node.config.publish_model, node.is_subscribed(user))
    }

    pub(super) fn may_create(&self, user: &Jid) -> bool {
        match (self.service_affiliation(user), self.config.create) {
            (Affiliation::Owner, _) => true,
            (Affiliation::Outcast, _) => false,
            (_, CreatePolicy::Anyone) => true,
            (_, CreatePolicy::ServiceOwners) => false,
        }
    }

    /// The node, if it is there and the requester may do everything with it.
    pub(super) fn owned(&self, from: &Jid, id: Option<&NodeId>) -> Result<&Node, StanzaError> {
        let id = id.ok_or_else(refusal::nodeid_required)?;
        let node = self.node(id)?;
        if self.affiliation_at(node, from) == Affiliation::Owner {
            return Ok(node);
        }
        Err(self.forbidden_at(node, from))
    }

    pub(super) fn node(&self, id: &NodeId) -> Result<&Node, StanzaError> {
        self.state.nodes.get(id).ok_or_else(not_found)
    }

    /// The node, if it is there for all that this user can know.
    pub(super) fn visible(&self, id: &NodeId, user: &Jid) -> Result<&Node, StanzaError> {
        let node = self.node(id)?;
        if self.is_visible(node, user) {
            return Ok(node);
        }
        Err(not_found())
    }

    /// Looks again at what a user is subscribed to on a node, after something changed that his access hangs on.
    /// PS-8.2-09, PS-8.7-05, PS-9.3-03.
    pub(super) fn reassess(&mut self, id: &NodeId, user: &Jid) {
        let Some(node) = self.state.nodes.get(id) else {
            return;
        };
        let access = self.access(node, user);
        if self.rosters == Rosters::Incomplete && access.as_ref().is_err_and(is_for_want_of_roster)
        {
            return;
        }
        let mut ended = Vec::new();
        let mut approved = Vec::new();
        for (jid, subscriber) in node.of_user(user) {
            for made in &subscriber.made {
                match (&access, made.state) {
                    (Err(_), _) => ended.push((jid.clone(), made.subid.clone())),
                    (Ok(Access::Granted), SubscriptionState::Pending) => {
                        approved.push((jid.clone(), made.clone()));
                    }
                    (Ok(_), _) => {}
                }
            }
        }
        for (jid, subid) in ended {
            self.end_subscription(id, &jid, subid.as_ref());
        }
        for (jid, made) in approved {
            self.approve(id, &jid, made);
        }
    }

    /// As [`reassess`](Self::reassess), wherever a user is subscribed.
    pub(super) fn reassess_everywhere(&mut self, user: &Jid) {
        let known = self.state.users.get(&user.bare());
        let nodes = known.map(|known| known.nodes.clone()).unwrap_or_default();
        for id in nodes.iter() {
            self.reassess(id, user);
        }
    }

    /// Says what a user may do with a node, and what follows from it.
    pub(super) fn affiliate(&mut self, id: &NodeId, user: &Jid, affiliation: Affiliation) {
        let bare = user.bare();
        let Some(node) = self.state.nodes.get(id) else {
            return;
        };
        let before = node.affiliation(&bare);
        if before == affiliation {
            return;
        }
        self.commit(Change::Affiliated {
            node: id.shown(),
            user: bare.clone(),
            affiliation,
        });
        let owner = |affiliation| affiliation == Affiliation::Owner;
        let node = self.state.nodes.get(id);
        let by_roster = node.is_some_and(|node| node.config.access_model.is_by_roster());
        if by_roster && owner(before) != owner(affiliation) {
            // Whose rosters count is another question now.
            self.reassess_all(id);
        } else {
            self.reassess(id, &bare);
        }
    }

    pub(super) fn reassess_all(&mut self, id: &NodeId) {
        let Some(node) = self.state.nodes.get(id) else {
            return;
        };
        let mut users: Vec<Jid> = node.subscribers.keys().map(Jid::bare).collect();
        users.dedup();
        for user in users {
            self.reassess(id, &user);
        }
    }
}

/// Whether another fact about rosters could still grant it.
fn is_for_want_of_roster(error: &StanzaError) -> bool {
    error.pubsub.as_ref().is_some_and(|condition| {
        [
            PubSubCondition::PRESENCE_SUBSCRIPTION_REQUIRED,
            PubSubCondition::NOT_IN_ROSTER_GROUP,
        ]
        .contains(condition)
    })
}
