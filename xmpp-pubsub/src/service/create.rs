//! Nodes that are made and deleted. XEP-0060 §8.1 and §8.4.

use super::Service;
use super::config::{Config, NewNode};
use super::journal::Change;
use super::node_config::{NodeConfig, associations};
use super::notify::{About, Telling};
use super::people::Standing;
use super::refusal::{
    forbidden, nodeid_required, not_acceptable, not_allowed, too_many_nodes, unsupported,
};
use super::request::{Outcome, Reply};
use crate::event::{Association, Event};
use crate::feature::Feature;
use crate::form::{Form, FormKind};
use crate::id::NodeId;
use crate::jid::Jid;
use crate::other::Other;
use crate::pubsub::{Affiliation, Child, PubSub};
use crate::stanza::{Condition, ErrorType, PubSubCondition, StanzaError};

impl Service {
    pub(super) fn on_create(
        &mut self,
        from: &Jid,
        id: Option<&NodeId>,
        form: Option<&Form>,
    ) -> Outcome {
        if !self.config.has(&Feature::CREATE_NODES) {
            return Err(unsupported(&Feature::CREATE_NODES).into());
        }
        if self.people.standing(from) == Standing::Unregistered {
            return Err(StanzaError::new(ErrorType::Auth, Condition::REGISTRATION_REQUIRED).into());
        }
        if !self.may_create(from) {
            return Err(forbidden().into());
        }
        let made = match id {
            Some(_) => None,
            None if !self.config.has(&Feature::INSTANT_NODES) => {
                // Trap 8.
                return Err(not_acceptable()
                    .with_pubsub(PubSubCondition::NODEID_REQUIRED)
                    .into());
            }
            None => self.next_node_id(),
        };
        let node = id.cloned().or_else(|| made.clone());
        let node = node.ok_or_else(nodeid_required)?;
        if self.state.nodes.contains_key(&node) {
            return Err(StanzaError::new(ErrorType::Cancel, Condition::CONFLICT).into());
        }
        let mut config = self.config.node_defaults.clone();
        let mut parents = Vec::new();
        let mut children = Vec::new();
        // PS-8.1-10: where it is not offered it is ignored.
        let submitted = form
            .filter(|form| form.kind == FormKind::Submit)
            .filter(|_| self.config.has(&Feature::CREATE_AND_CONFIGURE));
        if let Some(form) = submitted {
            config.apply(form, &self.config)?;
            let named = |var| associations(form, var, &self.config);
            parents = named("pubsub#collection")?.unwrap_or_default();
            children = named("pubsub#children")?.unwrap_or_default();
        }
        check_config(&mut config, &self.config);
        if config.is_collection() && !self.config.create_collections {
            return Err(not_allowed().into());
        }
        if !children.is_empty() {
            if !config.is_collection() {
                // CN-11.
                return Err(super::refusal::invalid_graph().into());
            }
            if children.len() > config.children_max {
                return Err(too_many_nodes().into());
            }
            for child in &children {
                self.owned(from, Some(child))?;
                if parents.contains(child) || *child == node {
                    return Err(super::refusal::invalid_graph().into());
                }
                self.check_parents(child, 1)?;
            }
        }
        let new = NewNode {
            node: node.clone(),
            config,
            owner: Some(from.bare()),
        };
        self.create(new, Some(from), &parents)?;
        for child in children {
            self.join(&node, &child);
        }
        // PS-8.1-04: a name that was made here is told.
        Ok(Reply::Done(made.map(|node| {
            PubSub::new(Child::Create {
                node: Some(node),
                other: Other::new(),
            })
            .to_payload()
        })))
    }

    /// A name that nobody has given, and that others would look for here.
    fn next_node_id(&mut self) -> Option<NodeId> {
        let share = self.share;
        let tries = share.map_or(1, |share| 64 * usize::from(share.partitions.get()));
        (0..tries)
            .filter_map(|_| NodeId::new(&self.ids.next_hex()).ok())
            .find(|id| share.is_none_or(|share| share.has(id)))
    }

    /// Makes a node in these collections. `by` is who wants it, unless that is the host.
    pub(super) fn create(
        &mut self,
        new: NewNode,
        by: Option<&Jid>,
        parents: &[NodeId],
    ) -> Result<(), StanzaError> {
        // The root is not counted.
        if self.state.nodes.len() > self.config.max_nodes {
            return Err(too_many_nodes());
        }
        for collection in parents {
            self.check_join(collection, by)?;
        }
        if parents.len() > 1 && !self.config.has(&Feature::MULTI_COLLECTION) {
            return Err(unsupported(&Feature::MULTI_COLLECTION));
        }
        let id = new.node;
        self.commit(Change::NodeCreated {
            node: id.clone(),
            config: Box::new(new.config),
            creator: by.map(Jid::bare),
            created_at: self.utc,
        });
        if let Some(owner) = new.owner {
            self.commit(Change::Affiliated {
                node: Some(id.clone()),
                user: owner.bare(),
                affiliation: Affiliation::Owner,
            });
        }
        for collection in parents {
            self.join(collection, &id);
        }
        if parents.is_empty() {
            self.tell_root(&id);
        }
        Ok(())
    }

    /// Those who follow the root collection hear of new nodes there.
    fn tell_root(&mut self, id: &NodeId) {
        let root = NodeId::root();
        let heard = self
            .state
            .nodes
            .get(&root)
            .is_some_and(|root| !root.subscribers.is_empty());
        if heard {
            let event = Event::Collection {
                node: None,
                changes: vec![Association::Associate(id.clone())],
                other: Other::new(),
            };
            self.notify(&root, &Telling::new(&event, About::Node));
        }
    }

    /// §8.4.
    pub(super) fn on_delete(
        &mut self,
        from: &Jid,
        id: Option<&NodeId>,
        redirect: Option<&str>,
    ) -> Outcome {
        if !self.config.has(&Feature::DELETE_NODES) {
            return Err(unsupported(&Feature::DELETE_NODES).into());
        }
        let Some(id) = id else {
            // CN-13: the root stays.
            return Err(if self.config.has(&Feature::COLLECTIONS) {
                not_allowed()
            } else {
                nodeid_required()
            }
            .into());
        };
        self.owned(from, Some(id))?;
        if redirect.is_some_and(|to| to.len() > MAX_REDIRECT) {
            return Err(not_acceptable().into());
        }
        self.delete(id, redirect);
        Ok(Reply::Done(None))
    }

    /// Deletes a node and tells its subscribers, those too who still wait, or get no events now (PS-8.4-03). An owner
    /// who set `notify_delete` off has said that they are not told.
    pub(super) fn delete(&mut self, id: &NodeId, redirect: Option<&str>) {
        let Some(node) = self.state.nodes.get(id) else {
            return;
        };
        let subscribers: Vec<Jid> = node.subscribers.keys().cloned().collect();
        if node.config.notify_delete {
            let event = Event::delete(id.clone(), redirect.map(str::to_owned));
            self.notify(id, &Telling::new(&event, About::End));
        }
        for jid in subscribers {
            self.digests.forget_all(id, &jid);
            self.bounces.forget(id, &jid);
        }
        self.digests.forget_node(id);
        self.locked.remove(id);
        self.commit(Change::NodeDeleted {
            node: id.clone(),
            moved_to: redirect.map(str::to_owned),
        });
    }
}

/// Takes back what a service without some feature cannot have, from defaults that the host may have set otherwise.
pub(super) fn check_config(config: &mut NodeConfig, limits: &Config) {
    if !limits.has(&Feature::PERSISTENT_ITEMS) {
        config.persist_items = false;
    }
    if !limits.has(&Feature::MULTI_ITEMS) {
        config.max_items = 1;
    }
    if !limits.has(&Feature::PRESENCE_NOTIFICATIONS) {
        config.presence_based_delivery = false;
    }
    config.max_items = config.max_items.min(limits.max_items).max(1);
    config.max_payload_size = config.max_payload_size.min(limits.max_payload);
    config.children_max = config.children_max.min(limits.max_children);
}

/// The longest address to which a deleted node can redirect, in bytes.
const MAX_REDIRECT: usize = 4096;
