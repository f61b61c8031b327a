//! Nodes in nodes. XEP-0248.

use std::collections::BTreeSet;

use wire_xml::Element;

use super::journal::Change;
use super::models::AssociationPolicy;
use super::node::Node;
use super::notify::{About, Telling};
use super::refusal::{
    forbidden, invalid_graph, not_found, plain_bad_request, too_many_nodes, unsupported,
};
use super::request::{Outcome, Reply};
use super::{Service, ServiceError};
use crate::event::{Association, Event};
use crate::feature::Feature;
use crate::id::NodeId;
use crate::jid::Jid;
use crate::ns;
use crate::other::Other;
use crate::pubsub::Affiliation;
use crate::stanza::StanzaError;

impl Service {
    /// Puts a node into a collection on the host's behalf. XEP-0248.
    ///
    /// # Errors
    ///
    /// If one of them is not there, the first is no collection, or would be in itself or too deep.
    pub fn associate(
        &mut self,
        now: core::time::Duration,
        collection: &NodeId,
        node: &NodeId,
    ) -> Result<(), ServiceError> {
        self.host_input(now)?;
        let parent = self.state.nodes.get(collection);
        let parent = parent.ok_or(ServiceError::NoSuchNode)?;
        if !self.state.nodes.contains_key(node) {
            return Err(ServiceError::NoSuchNode);
        }
        if !parent.config.is_collection() {
            return Err(ServiceError::WrongType);
        }
        if parent.children.len() >= parent.config.children_max {
            return Err(ServiceError::TooManyNodes);
        }
        self.check_acyclic(collection, node)
            .map_err(|_| ServiceError::Graph)?;
        self.join(collection, node);
        self.finish();
        Ok(())
    }

    /// Takes a node out of a collection on the host's behalf.
    ///
    /// # Errors
    ///
    /// If the service has ended.
    pub fn disassociate(
        &mut self,
        now: core::time::Duration,
        collection: &NodeId,
        node: &NodeId,
    ) -> Result<(), ServiceError> {
        self.host_input(now)?;
        self.leave(collection, node);
        self.finish();
        Ok(())
    }

    /// CN-14: `collection` with `associate` or `dissociate`.
    pub(super) fn on_collection(&mut self, from: &Jid, request: &Element) -> Outcome {
        let collection = request.child(ns::PUBSUB_OWNER, "collection");
        let Some(element) = collection else {
            return Err(plain_bad_request().into());
        };
        if !self.config.has(&Feature::COLLECTIONS) {
            return Err(unsupported(&Feature::COLLECTIONS).into());
        }
        let name = |element: &Element| {
            let name = element.attr("node").filter(|name| !name.is_empty());
            name.and_then(|name| NodeId::new(name).ok())
        };
        let collection = name(element).ok_or_else(plain_bad_request)?;
        let mut children = element.children();
        let (Some(child), None) = (children.next(), children.next()) else {
            return Err(plain_bad_request().into());
        };
        let node = name(child).ok_or_else(plain_bad_request)?;
        self.see_node(&collection);
        self.see_node(&node);
        self.owned(from, Some(&node))?;
        match child.name().parts() {
            (ns::PUBSUB_OWNER, "associate") => {
                let known = self.node(&node)?.parents.contains(&collection);
                if !known {
                    self.check_join(&collection, Some(from))?;
                    self.check_acyclic(&collection, &node)?;
                    self.check_parents(&node, 1)?;
                    self.join(&collection, &node);
                }
            }
            // Both spellings (CN-07).
            (ns::PUBSUB_OWNER, "dissociate" | "disassociate") => {
                self.node(&collection)?;
                if !self.node(&node)?.parents.contains(&collection) {
                    return Err(plain_bad_request().into());
                }
                self.leave(&collection, &node);
            }
            _ => return Err(plain_bad_request().into()),
        }
        Ok(Reply::Done(None))
    }

    /// Whether one more node can be put into a collection, and by this user.
    pub(super) fn check_join(
        &self,
        collection: &NodeId,
        by: Option<&Jid>,
    ) -> Result<(), StanzaError> {
        let parent = self.state.nodes.get(collection).ok_or_else(not_found)?;
        if !parent.config.is_collection() {
            return Err(invalid_graph());
        }
        if parent.children.len() >= parent.config.children_max {
            return Err(too_many_nodes());
        }
        if self.depth(collection) >= self.config.max_depth {
            return Err(invalid_graph());
        }
        let Some(by) = by else {
            return Ok(());
        };
        let owner = self.affiliation_at(parent, by) == Affiliation::Owner;
        let allowed = match parent.config.children_association_policy {
            AssociationPolicy::All => self.access(parent, by).is_ok(),
            AssociationPolicy::Owner => false,
            AssociationPolicy::Whitelist => {
                let listed = &parent.config.children_association_whitelist;
                listed.iter().any(|jid| jid.same_bare(by))
            }
        };
        if owner || allowed {
            return Ok(());
        }
        Err(if self.is_visible(parent, by) {
            forbidden()
        } else {
            not_found()
        })
    }

    /// CN-02: no collection is in itself, and none is too deep.
    pub(super) fn check_acyclic(
        &self,
        collection: &NodeId,
        node: &NodeId,
    ) -> Result<(), StanzaError> {
        let above = self.ancestors(collection);
        if collection == node || above.iter().any(|(above, _)| above == node) {
            return Err(invalid_graph());
        }
        if self.depth(collection) + 1 + self.height(node) > self.config.max_depth + 1 {
            return Err(invalid_graph());
        }
        Ok(())
    }

    /// Whether a node can be in so many collections more.
    pub(super) fn check_parents(&self, node: &NodeId, more: usize) -> Result<(), StanzaError> {
        let held = self.node(node)?.parents.len() + more;
        if held > 1 && !self.config.has(&Feature::MULTI_COLLECTION) {
            return Err(unsupported(&Feature::MULTI_COLLECTION));
        }
        Ok(())
    }

    /// Puts a node into a collection, and tells those who follow it (CN-07).
    pub(super) fn join(&mut self, collection: &NodeId, node: &NodeId) {
        self.commit(Change::Associated {
            collection: collection.clone(),
            node: node.clone(),
        });
        self.tell_association(collection, Association::Associate(node.clone()));
    }

    pub(super) fn leave(&mut self, collection: &NodeId, node: &NodeId) {
        let known = self
            .state
            .nodes
            .get(node)
            .is_some_and(|node| node.parents.contains(collection));
        if !known {
            return;
        }
        self.commit(Change::Disassociated {
            collection: collection.clone(),
            node: node.clone(),
        });
        self.tell_association(collection, Association::Disassociate(node.clone()));
    }

    fn tell_association(&mut self, collection: &NodeId, change: Association) {
        let event = Event::Collection {
            node: collection.shown(),
            changes: vec![change],
            other: Other::new(),
        };
        self.notify(collection, &Telling::new(&event, About::Node));
    }

    /// Every collection above a node, the root among them, with how far above at least.
    pub(super) fn ancestors(&self, id: &NodeId) -> Vec<(NodeId, u64)> {
        if !self.config.has(&Feature::COLLECTIONS) || id.is_root() {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut level = vec![id.clone()];
        let mut depth = 0;
        while !level.is_empty() {
            depth += 1;
            let mut next = Vec::new();
            for node in level.iter().filter_map(|id| self.state.nodes.get(id)) {
                let root = node.parents.is_empty().then(NodeId::root);
                for parent in node.parents.iter().cloned().chain(root) {
                    if seen.insert(parent.clone()) {
                        found.push((parent.clone(), depth));
                        if !parent.is_root() {
                            next.push(parent);
                        }
                    }
                }
            }
            level = next;
        }
        found
    }

    /// How many collections are above a node by the longest way, the root not counted.
    fn depth(&self, id: &NodeId) -> usize {
        self.levels(id, |node| &node.parents)
    }

    /// How many levels hang below a node.
    fn height(&self, id: &NodeId) -> usize {
        self.levels(id, |node| &node.children)
    }

    /// Counts level by level, so that no node is looked at more often than there are levels.
    fn levels(&self, id: &NodeId, next: fn(&Node) -> &BTreeSet<NodeId>) -> usize {
        let mut level = BTreeSet::from([id.clone()]);
        let mut count = 0;
        while count <= self.config.max_depth {
            let nodes = level.iter().filter_map(|id| self.state.nodes.get(id));
            level = nodes.flat_map(next).cloned().collect();
            if level.is_empty() {
                break;
            }
            count += 1;
        }
        count
    }
}
