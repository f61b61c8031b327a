//! The configuration of nodes. XEP-0060 §8.2 and §8.3.

use std::collections::BTreeSet;

use super::Service;
use super::create::check_config;
use super::journal::Change;
use super::models::NodeType;
use super::node::Node;
use super::node_config::{NodeConfig, associations};
use super::notify::{About, Telling};
use super::refusal::{
    invalid_graph, not_acceptable, not_allowed, plain_bad_request, too_many_nodes, unsupported,
};
use super::request::{Outcome, Reply};
use crate::event::Event;
use crate::feature::Feature;
use crate::form::{Field, FieldKind, Form, FormKind};
use crate::id::{ItemId, NodeId};
use crate::jid::Jid;
use crate::other::Other;
use crate::owner::Owner;
use crate::stanza::StanzaError;

impl Service {
    pub(super) fn on_configure_get(&mut self, from: &Jid, id: Option<&NodeId>) -> Outcome {
        self.check_config_node()?;
        let node = self.configurable(from, id)?;
        let form = self.config_form(node, FormKind::Form);
        let answer = Owner::Configure {
            node: id.cloned(),
            form: Some(form),
            other: Other::new(),
        };
        Ok(Reply::Done(Some(answer.to_payload())))
    }

    pub(super) fn on_configure_set(
        &mut self,
        from: &Jid,
        id: Option<&NodeId>,
        form: Option<&Form>,
    ) -> Outcome {
        self.check_config_node()?;
        let node = self.configurable(from, id)?;
        let form = form.ok_or_else(plain_bad_request)?;
        if form.kind == FormKind::Cancel {
            // PS-8.2-06.
            return Ok(Reply::Done(None));
        }
        let mut config = node.config.clone();
        config.apply(form, &self.config)?;
        let named = |var| associations(form, var, &self.config);
        let parents = named("pubsub#collection")?;
        let children = named("pubsub#children")?;
        let id = id.cloned().unwrap_or_else(NodeId::root);
        self.check_type(&id, &config, children.as_deref())?;
        let changes = self.check_associations(from, &id, &config, parents, children)?;
        self.configure(&id, config);
        for (collection, node, joins) in changes {
            if joins {
                self.join(&collection, &node);
            } else {
                self.leave(&collection, &node);
            }
        }
        Ok(Reply::Done(None))
    }

    /// §8.3.
    pub(super) fn on_default_config(&self, kind: Option<&str>) -> Outcome {
        self.check_config_node()?;
        if !self.config.has(&Feature::RETRIEVE_DEFAULT) {
            return Err(unsupported(&Feature::RETRIEVE_DEFAULT).into());
        }
        // PS-8.3-02: without a type it is a leaf.
        let kind = kind.unwrap_or(NodeType::Leaf.as_str());
        let node_type = NodeType::from_name(kind).ok_or_else(not_acceptable)?;
        if node_type == NodeType::Collection && !self.config.has(&Feature::COLLECTIONS) {
            return Err(unsupported(&Feature::COLLECTIONS).into());
        }
        let mut config = NodeConfig {
            node_type,
            ..self.config.node_defaults.clone()
        };
        check_config(&mut config, &self.config);
        let node = Node::new(config, None, 0);
        let answer = Owner::Default {
            kind: None,
            form: Some(self.config_form(&node, FormKind::Form)),
            other: Other::new(),
        };
        Ok(Reply::Done(Some(answer.to_payload())))
    }

    /// Sets a node, and does what follows from it.
    pub(super) fn configure(&mut self, id: &NodeId, config: NodeConfig) {
        let Some(node) = self.state.nodes.get(id) else {
            return;
        };
        let before = node.config.clone();
        if before == config {
            return;
        }
        // What does not fit any more goes first. CN-12.
        if node.items.len() > 0 && (!config.persist_items || config.is_collection()) {
            self.commit(Change::Purged { node: id.clone() });
        }
        self.trim(id, config.max_items);
        let access = before.access_model != config.access_model
            || before.roster_groups_allowed != config.roster_groups_allowed;
        let notify = config.notify_config;
        let had = if access && self.is_account() {
            let node = self.state.nodes.get(id);
            node.map_or_else(Vec::new, |node| self.implied(id, node))
        } else {
            Vec::new()
        };
        self.commit(Change::NodeConfigured {
            node: id.shown(),
            config: Box::new(config),
        });
        if access {
            // PS-8.2-09. Who is put out does not see the new settings.
            self.reassess_all(id);
            self.access_gained(id, &had);
        }
        if notify {
            self.tell_configuration(id);
        }
    }

    fn trim(&mut self, id: &NodeId, max: usize) {
        let Some(node) = self.state.nodes.get(id) else {
            return;
        };
        let over = node.items.len().saturating_sub(max);
        let oldest = node.items.iter().take(over);
        let items: Vec<ItemId> = oldest.map(|item| item.id.clone()).collect();
        if !items.is_empty() {
            self.commit(Change::ItemsRemoved {
                node: id.clone(),
                items,
            });
        }
    }

    /// PS-8.2-08: with the form where the node delivers payloads.
    fn tell_configuration(&mut self, id: &NodeId) {
        let Some(node) = self.state.nodes.get(id) else {
            return;
        };
        let form = node
            .config
            .deliver_payloads
            .then(|| self.config_form(node, FormKind::Result));
        let event = Event::Configuration {
            node: id.shown(),
            form,
            other: Other::new(),
        };
        self.notify(id, &Telling::new(&event, About::Node));
    }

    /// The form of a node, with where it stands (CN-10, CN-16).
    fn config_form(&self, node: &Node, kind: FormKind) -> Form {
        let mut form = node.config.to_form(kind, &self.config);
        if self.config.has(&Feature::COLLECTIONS) {
            let names = |nodes: &BTreeSet<NodeId>| -> Vec<String> {
                let listed = nodes.iter().take(self.config.max_listed);
                listed.map(ToString::to_string).collect()
            };
            let multi = Some(FieldKind::TextMulti);
            let parents = names(&node.parents);
            form.fields
                .push(Field::new("pubsub#collection", multi, parents));
            if node.config.is_collection() {
                let children = names(&node.children);
                form.fields
                    .push(Field::new("pubsub#children", multi, children));
            }
        }
        form
    }

    /// The node, if the requester owns it and it is not locked (§8.2.3.4).
    fn configurable(&self, from: &Jid, id: Option<&NodeId>) -> Result<&Node, StanzaError> {
        let node = self.owned(from, id)?;
        if id.is_some_and(|id| self.locked.contains(id)) {
            return Err(not_allowed());
        }
        Ok(node)
    }

    fn check_config_node(&self) -> Result<(), StanzaError> {
        if self.config.has(&Feature::CONFIG_NODE) {
            return Ok(());
        }
        Err(unsupported(&Feature::CONFIG_NODE))
    }

    /// CN-11: what a node cannot become.
    fn check_type(
        &self,
        id: &NodeId,
        config: &NodeConfig,
        children: Option<&[NodeId]>,
    ) -> Result<(), StanzaError> {
        let node = self.node(id)?;
        let some = children.is_some_and(|children| !children.is_empty());
        if node.config.is_collection() && !config.is_collection() {
            return Err(invalid_graph());
        }
        if config.is_collection() && !node.config.is_collection() && !self.config.create_collections
        {
            return Err(not_allowed());
        }
        if some && !config.is_collection() {
            return Err(invalid_graph());
        }
        let held = children.map_or(node.children.len(), <[NodeId]>::len);
        if !id.is_root() && held > config.children_max {
            return Err(too_many_nodes());
        }
        Ok(())
    }

    /// What the two fields of associations change: collection, node, and whether it joins.
    #[allow(
        clippy::type_complexity,
        reason = "a list that lives between two lines of one caller"
    )]
    fn check_associations(
        &self,
        from: &Jid,
        id: &NodeId,
        config: &NodeConfig,
        parents: Option<Vec<NodeId>>,
        children: Option<Vec<NodeId>>,
    ) -> Result<Vec<(NodeId, NodeId, bool)>, StanzaError> {
        let node = self.node(id)?;
        let mut changes = Vec::new();
        if let Some(parents) = parents {
            let wanted: BTreeSet<NodeId> = parents.into_iter().collect();
            if wanted.len() > 1 && !self.config.has(&Feature::MULTI_COLLECTION) {
                return Err(unsupported(&Feature::MULTI_COLLECTION));
            }
            for collection in wanted.difference(&node.parents) {
                self.check_join(collection, Some(from))?;
                self.check_acyclic(collection, id)?;
                changes.push((collection.clone(), id.clone(), true));
            }
            let left = node.parents.difference(&wanted);
            changes.extend(left.map(|collection| (collection.clone(), id.clone(), false)));
        }
        let Some(children) = children.filter(|_| config.is_collection() && !id.is_root()) else {
            return Ok(changes);
        };
        let wanted: BTreeSet<NodeId> = children.into_iter().collect();
        for child in wanted.difference(&node.children) {
            self.owned(from, Some(child))?;
            self.check_acyclic(id, child)?;
            self.check_parents(child, 1)?;
            changes.push((id.clone(), child.clone(), true));
        }
        let left = node.children.difference(&wanted);
        changes.extend(left.map(|child| (id.clone(), child.clone(), false)));
        // One form could join and be joined.
        let above = changes
            .iter()
            .filter(|(_, node, joins)| *joins && node == id);
        for (collection, ..) in above {
            if wanted.contains(collection) {
                return Err(invalid_graph());
            }
        }
        Ok(changes)
    }
}
