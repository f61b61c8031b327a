//! Publishing. XEP-0060 §7.1 and §12.11.

use super::config::NewNode;
use super::journal::{Change, ItemRecord};
use super::models::{ItemReply, NodeFull};
use super::node::Node;
use super::node_config::{NodeConfig, associations};
use super::notify::{About, Telling, items_event};
use super::refusal::{
    bad_request, max_items_exceeded, nodeid_required, not_acceptable, not_found, plain_bad_request,
    unsupported,
};
use super::request::{Outcome, Reply};
use super::{Service, create};
use crate::event::{Changes, Event, ItemChange};
use crate::feature::Feature;
use crate::form::{Field, Form};
use crate::id::{ItemId, NodeId};
use crate::jid::Jid;
use crate::ns;
use crate::other::Other;
use crate::pubsub::{Child, Item, PubSub};
use crate::stanza::{Condition, ErrorType, PubSubCondition, StanzaError};

impl Service {
    pub(super) fn on_publish(
        &mut self,
        from: &Jid,
        id: Option<&NodeId>,
        items: &[Item],
        options: Option<Option<&Form>>,
    ) -> Outcome {
        if !self.config.has(&Feature::PUBLISH) {
            return Err(unsupported(&Feature::PUBLISH).into());
        }
        if options.is_some() && !self.config.has(&Feature::PUBLISH_OPTIONS) {
            return Err(unsupported(&Feature::PUBLISH_OPTIONS).into());
        }
        let options = options.flatten();
        // PS-7.1-42: a form of another type is not conditions.
        let form_type = options.and_then(Form::form_type);
        if form_type.is_some_and(|form_type| form_type != ns::PUBLISH_OPTIONS) {
            return Err(plain_bad_request().into());
        }
        let id = id.ok_or_else(nodeid_required)?;
        let created = match self.state.nodes.get(id) {
            Some(node) => {
                self.check_publish(node, from, options)?;
                None
            }
            None => Some(self.config_for_publish(from, options)?),
        };
        let config = match &created {
            Some((config, _)) => config,
            None => &self.node(id)?.config,
        };
        self.check_items(config, items)?;
        if let (None, Ok(node)) = (&created, self.node(id)) {
            self.check_space(node, items)?;
        }
        // Only a publish that is taken makes a node.
        if let Some((config, parents)) = created {
            let new = NewNode {
                node: id.clone(),
                config,
                owner: Some(from.bare()),
            };
            self.create(new, Some(from), &parents)?;
        }
        let generated = items.iter().any(|item| item.id.is_none());
        let keeps_ids = self.config.has(&Feature::ITEM_IDS);
        let items: Vec<Item> = items
            .iter()
            .map(|given| Item {
                id: given
                    .id
                    .clone()
                    .filter(|_| keeps_ids)
                    .or_else(|| self.next_item_id()),
                // PS-7.1-12: what a client says of the publisher is not believed.
                publisher: None,
                payloads: given.payloads.clone(),
                other: Other::new(),
            })
            .collect();
        let named = items.iter().map(|item| Item {
            id: item.id.clone(),
            ..Item::default()
        });
        // PS-7.1-05: a name that was made here is told.
        let answer = (!items.is_empty() && (generated || !keeps_ids)).then(|| {
            PubSub::new(Child::Publish {
                node: Some(id.clone()),
                items: named.collect(),
                other: Other::new(),
            })
            .to_payload()
        });
        self.store_and_notify(id, from, items);
        Ok(Reply::Done(answer))
    }

    /// Publishes on the host's behalf.
    pub(super) fn publish_now(&mut self, id: &NodeId, publisher: &Jid, mut item: Item) {
        if item.id.is_none() {
            item.id = self.next_item_id();
        }
        self.store_and_notify(id, publisher, vec![item]);
    }

    fn check_publish(
        &self,
        node: &Node,
        from: &Jid,
        options: Option<&Form>,
    ) -> Result<(), StanzaError> {
        if !self.may_publish(node, from) {
            return Err(self.forbidden_at(node, from));
        }
        if node.config.is_collection() {
            // CN-03.
            return Err(unsupported(&Feature::PUBLISH));
        }
        let Some(form) = options else {
            return Ok(());
        };
        if form.fields.len() > self.config.max_form_fields {
            return Err(unmet());
        }
        // PS-7.1-43: an unknown field refuses the publish.
        let met = |field: &Field| {
            let var = field.var.as_deref().unwrap_or_default();
            match var {
                "FORM_TYPE" => Some(true),
                "pubsub#collection" => {
                    let wanted = associations(form, var, &self.config).ok()??;
                    Some(
                        wanted
                            .into_iter()
                            .collect::<std::collections::BTreeSet<_>>()
                            == node.parents,
                    )
                }
                "pubsub#children" => Some(field.values.iter().all(String::is_empty)),
                _ => node.config.matches(field, &self.config),
            }
        };
        if form.fields.iter().all(|field| met(field) == Some(true)) {
            return Ok(());
        }
        Err(unmet())
    }

    /// PS-7.1-45: a node that is made by a publish has the defaults plus the options.
    fn config_for_publish(
        &self,
        from: &Jid,
        options: Option<&Form>,
    ) -> Result<(NodeConfig, Vec<NodeId>), StanzaError> {
        if !self.config.has(&Feature::AUTO_CREATE) || !self.may_create(from) {
            return Err(not_found());
        }
        let mut config = self.config.node_defaults.clone();
        let mut parents = Vec::new();
        if let Some(form) = options {
            if form
                .fields
                .iter()
                .any(|field| !is_known(field, &self.config))
            {
                return Err(unmet());
            }
            config.apply(form, &self.config)?;
            parents = associations(form, "pubsub#collection", &self.config)?.unwrap_or_default();
        }
        if config.is_collection() {
            return Err(unsupported(&Feature::PUBLISH));
        }
        create::check_config(&mut config, &self.config);
        Ok((config, parents))
    }

    /// The items as the node will take them. §4.3.
    fn check_items(&self, config: &NodeConfig, items: &[Item]) -> Result<(), StanzaError> {
        let wants_item = config.persist_items || config.deliver_payloads;
        match items {
            [] if wants_item => return Err(bad_request(PubSubCondition::ITEM_REQUIRED)),
            [_, ..] if !wants_item => return Err(bad_request(PubSubCondition::ITEM_FORBIDDEN)),
            [] | [_] => {}
            // Trap 1, and PS-12.11-03 where batches are offered.
            [_, _, ..] if !self.config.batches || items.len() > self.most_items(config) => {
                return Err(max_items_exceeded());
            }
            [_, _, ..] => {}
        }
        for (place, item) in items.iter().enumerate() {
            let same = |other: &Item| other.id.is_some() && other.id == item.id;
            if items.iter().take(place).any(same) {
                return Err(bad_request(PubSubCondition::INVALID_PAYLOAD));
            }
            check_payload(config, item)?;
        }
        Ok(())
    }

    fn most_items(&self, config: &NodeConfig) -> usize {
        if config.persist_items {
            config.max_items
        } else {
            self.config.max_items
        }
    }

    /// PS-7.1-17: a full node that refuses more.
    fn check_space(&self, node: &Node, items: &[Item]) -> Result<(), StanzaError> {
        if node.config.publish_node_full != NodeFull::Reject || !node.config.persist_items {
            return Ok(());
        }
        let known = |item: &&Item| {
            item.id
                .as_ref()
                .is_some_and(|id| node.items.get(id).is_some())
        };
        let new = items.iter().filter(|item| !known(item)).count();
        if node.items.len() + new > node.config.max_items {
            return Err(StanzaError::new(ErrorType::Cancel, Condition::CONFLICT)
                .with_pubsub(PubSubCondition::NODE_FULL));
        }
        Ok(())
    }

    fn store_and_notify(&mut self, id: &NodeId, publisher: &Jid, items: Vec<Item>) {
        let retracted = self.make_room(id, &items);
        for item in &items {
            let Some(name) = item.id.clone() else {
                continue;
            };
            let payload = item.payload().cloned();
            let size = payload
                .as_ref()
                .map_or(0, |payload| payload.as_bytes().len());
            let lasts = self
                .state
                .nodes
                .get(id)
                .is_some_and(|node| node.config.persist_items || node.keeps_last());
            if lasts {
                self.commit(Change::ItemPublished {
                    node: id.clone(),
                    item: ItemRecord {
                        id: name,
                        publisher: publisher.clone(),
                        published_at: self.utc,
                        size: u64::try_from(size).unwrap_or(u64::MAX),
                    },
                    payload,
                });
            }
        }
        let Some(node) = self.state.nodes.get(id) else {
            return;
        };
        let reply_to = match node.config.itemreply {
            ItemReply::Owner => node.owners().next().cloned(),
            ItemReply::Publisher => Some(publisher.bare()),
            ItemReply::None => None,
        };
        let told: Vec<Item> = items
            .into_iter()
            .map(|item| Item {
                publisher: (node.config.itemreply == ItemReply::Publisher)
                    .then(|| publisher.bare()),
                ..item
            })
            .collect();
        let event = items_event(id, node, &told);
        let body = self.config.body.and_then(|body| {
            let payload = told.first()?.payload()?;
            node.config.deliver_payloads.then(|| body(payload))?
        });
        let telling = Telling {
            body,
            reply_to,
            ..Telling::new(&event, About::Items)
        };
        self.notify(id, &telling);
        if !retracted.is_empty() {
            self.tell_retracted(id, retracted, false);
        }
    }

    /// Drops the oldest items beyond what the node keeps. Returns those of which somebody is told. PS-7.1-15 to -17.
    fn make_room(&mut self, id: &NodeId, items: &[Item]) -> Vec<ItemId> {
        let Some(node) = self.state.nodes.get(id) else {
            return Vec::new();
        };
        if !node.config.persist_items {
            return Vec::new();
        }
        let replaced = |id: &ItemId| items.iter().any(|item| item.id.as_ref() == Some(id));
        let stays = node.items.iter().filter(|item| !replaced(&item.id));
        let staying = node.items.len()
            - items
                .iter()
                .filter_map(|item| item.id.as_ref())
                .filter(|id| node.items.get(id).is_some())
                .count();
        let over = (staying + items.len()).saturating_sub(node.config.max_items);
        let dropped: Vec<ItemId> = stays.take(over).map(|item| item.id.clone()).collect();
        let told = node.config.publish_node_full == NodeFull::RetractOldest
            && node.config.notify_retract
            // A node of one item is a state, of which the next is news enough.
            && node.config.max_items > 1;
        if !dropped.is_empty() {
            self.commit(Change::ItemsRemoved {
                node: id.clone(),
                items: dropped.clone(),
            });
        }
        if told { dropped } else { Vec::new() }
    }

    /// Tells subscribers that items are gone, if the publisher or the node wants it (trap 11).
    pub(super) fn tell_retracted(&mut self, id: &NodeId, items: Vec<ItemId>, wanted: bool) {
        let told = self
            .state
            .nodes
            .get(id)
            .is_some_and(|node| node.config.notify_retract);
        if told || wanted {
            let changes: Changes = items.into_iter().map(ItemChange::Retracted).collect();
            let event = Event::items(id.clone(), changes);
            self.notify(id, &Telling::new(&event, About::Items));
        }
    }

    fn next_item_id(&mut self) -> Option<ItemId> {
        ItemId::new(&self.ids.next_hex()).ok()
    }
}

fn check_payload(config: &NodeConfig, item: &Item) -> Result<(), StanzaError> {
    match item.payloads.as_slice() {
        [] if config.deliver_payloads => Err(bad_request(PubSubCondition::PAYLOAD_REQUIRED)),
        [payload] if payload.as_bytes().len() > config.max_payload_size => {
            Err(not_acceptable().with_pubsub(PubSubCondition::PAYLOAD_TOO_BIG))
        }
        [payload]
            if !config.payload_type.is_empty() && payload.name().ns() != config.payload_type =>
        {
            Err(bad_request(PubSubCondition::INVALID_PAYLOAD))
        }
        [] | [_] => Ok(()),
        _ => Err(bad_request(PubSubCondition::INVALID_PAYLOAD)),
    }
}

fn is_known(field: &Field, limits: &super::Config) -> bool {
    let var = field.var.as_deref().unwrap_or_default();
    matches!(var, "FORM_TYPE" | "pubsub#collection")
        || NodeConfig::default().matches(field, limits).is_some()
}

/// §7.1.5.
fn unmet() -> StanzaError {
    StanzaError::new(ErrorType::Cancel, Condition::CONFLICT)
        .with_pubsub(PubSubCondition::PRECONDITION_NOT_MET)
}
