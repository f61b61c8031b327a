//! Items that go: retracted, purged, expired, or with their publisher. XEP-0060 §7.2, §8.5 and §12.24.

use std::collections::BTreeSet;

use super::Service;
use super::journal::Change;
use super::node::Node;
use super::notify::{About, Telling};
use super::refusal::{
    bad_request, forbidden, max_items_exceeded, nodeid_required, not_found, unsupported,
};
use super::request::{Outcome, Reply};
use crate::event::Event;
use crate::feature::Feature;
use crate::id::{ItemId, NodeId};
use crate::jid::Jid;
use crate::pubsub::{Affiliation, Item};
use crate::stanza::{PubSubCondition, StanzaError};

impl Service {
    pub(super) fn on_retract(
        &mut self,
        from: &Jid,
        id: Option<&NodeId>,
        notify: Option<bool>,
        items: &[Item],
    ) -> Outcome {
        if !self.config.has(&Feature::PERSISTENT_ITEMS) {
            return Err(unsupported(&Feature::PERSISTENT_ITEMS).into());
        }
        for feature in [Feature::DELETE_ITEMS, Feature::RETRACT_ITEMS] {
            if !self.config.has(&feature) {
                return Err(unsupported(&feature).into());
            }
        }
        let id = id.ok_or_else(nodeid_required)?;
        let node = self.node(id)?;
        if !self.may_publish(node, from) {
            return Err(self.forbidden_at(node, from).into());
        }
        let named: Option<Vec<ItemId>> = items.iter().map(|item| item.id.clone()).collect();
        let named = named.filter(|named| !named.is_empty());
        let named = named.ok_or_else(|| bad_request(PubSubCondition::ITEM_REQUIRED))?;
        // Trap 1.
        if named.len() > 1 && !self.config.batches {
            return Err(max_items_exceeded().into());
        }
        // Who names an item twice means one.
        let mut seen = BTreeSet::new();
        let mut named = named;
        named.retain(|item| seen.insert(item.clone()));
        if !node.config.persist_items {
            return Err(unsupported(&Feature::PERSISTENT_ITEMS).into());
        }
        // PS-12.11-02: all of them or none.
        for item in &named {
            self.check_delete(node, from, item)?;
        }
        self.commit(Change::ItemsRemoved {
            node: id.clone(),
            items: named.clone(),
        });
        self.tell_retracted(id, named, notify.unwrap_or(false));
        Ok(Reply::Done(None))
    }

    fn check_delete(&self, node: &Node, from: &Jid, item: &ItemId) -> Result<(), StanzaError> {
        let stored = node.items.get(item).ok_or_else(not_found)?;
        // PS-4.1-05: who only publishes reaches no further than his own.
        let any = match self.affiliation_at(node, from) {
            Affiliation::Owner => true,
            Affiliation::Publisher => self.config.publishers_delete_all,
            Affiliation::PublishOnly
            | Affiliation::Member
            | Affiliation::None
            | Affiliation::Outcast => false,
        };
        if any || stored.publisher.same_bare(from) {
            return Ok(());
        }
        Err(forbidden())
    }

    /// §8.5.
    pub(super) fn on_purge(&mut self, from: &Jid, id: Option<&NodeId>) -> Outcome {
        if !self.config.has(&Feature::PERSISTENT_ITEMS) {
            return Err(unsupported(&Feature::PERSISTENT_ITEMS).into());
        }
        if !self.config.has(&Feature::PURGE_NODES) {
            return Err(unsupported(&Feature::PURGE_NODES).into());
        }
        let id = id.ok_or_else(nodeid_required)?;
        let node = self.node(id)?;
        let by_publisher = self.config.publishers_delete_all
            && self.affiliation_at(node, from) == Affiliation::Publisher;
        if !by_publisher {
            self.owned(from, Some(id))?;
        }
        let node = self.node(id)?;
        if !node.config.persist_items || node.config.is_collection() {
            return Err(unsupported(&Feature::PERSISTENT_ITEMS).into());
        }
        self.purge(id);
        Ok(Reply::Done(None))
    }

    /// PS-8.5-02: one event, however many items there were.
    pub(super) fn purge(&mut self, id: &NodeId) {
        self.commit(Change::Purged { node: id.clone() });
        let told = self
            .state
            .nodes
            .get(id)
            .is_some_and(|node| node.config.notify_retract);
        if told {
            let event = Event::purge(id.clone());
            self.notify(id, &Telling::new(&event, About::Node));
        }
    }

    /// PS-12.24-01: `item_expire`. Nobody is told.
    pub(super) fn expire_items(&mut self, id: &NodeId) {
        let Some(node) = self.state.nodes.get_mut(id) else {
            return;
        };
        // It is out of the calendar.
        node.items_due = None;
        let Some(seconds) = node.config.item_expire else {
            return;
        };
        let millis = i64::try_from(seconds)
            .unwrap_or(i64::MAX)
            .saturating_mul(1000);
        let utc = self.utc;
        let old: Vec<ItemId> = node
            .items
            .iter()
            .take_while(|item| item.published_at.saturating_add(millis) <= utc)
            .map(|item| item.id.clone())
            .collect();
        if old.is_empty() {
            return self.state.arm_items(id);
        }
        self.commit(Change::ItemsRemoved {
            node: id.clone(),
            items: old,
        });
    }

    /// PS-12.24-01: `purge_offline`. What the user published goes when he does, and subscribers are told where the node
    /// tells of retractions.
    pub(super) fn purge_offline(&mut self, user: &Jid) {
        let Some(known) = self.state.roles.get_mut(&user.bare()) else {
            return;
        };
        for id in core::mem::take(&mut known.published) {
            let Some(node) = self.state.nodes.get_mut(&id) else {
                continue;
            };
            node.publishers.remove(user.bare_str());
            if !node.config.purge_offline {
                continue;
            }
            let own = node
                .items
                .iter()
                .filter(|item| item.publisher.same_bare(user));
            let items: Vec<ItemId> = own.map(|item| item.id.clone()).collect();
            if items.is_empty() {
                continue;
            }
            self.commit(Change::ItemsRemoved {
                node: id.clone(),
                items: items.clone(),
            });
            self.tell_retracted(&id, items, false);
        }
        self.state.forget_roles_if_empty(user);
    }
}
