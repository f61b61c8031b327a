//! Requests of subscribers and publishers. XEP-0060 §5.6, §5.7, §6, §7 and §8.1.

use super::config::{CreatePolicy, NewNode, NodeConfig};
use super::item::StoredItem;
use super::node::Explicit;
use super::notify::SubIds;
use super::refusal::{
    bad_request, closed_node, forbidden, invalid_subid, nodeid_required, not_found, not_subscribed,
    plain_bad_request,
};
use super::{Service, User};
use crate::event::{Event, ItemChange};
use crate::form::{Form, FormKind};
use crate::id::{ItemId, NodeId, SubId};
use crate::jid::Jid;
use crate::other::Other;
use crate::pubsub::{
    Affiliation, AffiliationEntry, Child, Item, Items, PubSub, Subscription, SubscriptionState,
};
use crate::stanza::{Condition, ErrorType, Payload, PubSubCondition, StanzaError};

impl Service {
    pub(super) fn on_get(
        &self,
        from: &Jid,
        request: &PubSub,
    ) -> Result<Option<Payload>, StanzaError> {
        match request.children.as_slice() {
            // Paging is not offered: what comes beside the items is ignored.
            [Child::Items(items), ..] => self.on_items(from, items),
            [Child::Subscriptions { node, .. }] => {
                Ok(Some(self.subscriptions_of(from, node.as_ref())))
            }
            [Child::Affiliations { node, .. }] => {
                Ok(Some(self.affiliations_of(from, node.as_ref())))
            }
            [Child::Default { .. } | Child::Options { .. }] => {
                Err(StanzaError::unsupported("subscription-options"))
            }
            _ => Err(plain_bad_request()),
        }
    }

    pub(super) fn on_set(
        &mut self,
        from: &Jid,
        request: &PubSub,
    ) -> Result<Option<Payload>, StanzaError> {
        match request.children.as_slice() {
            [Child::Subscribe { node, jid, .. }] => {
                self.on_subscribe(from, node.as_ref(), jid.as_ref())
            }
            [
                Child::Subscribe { .. },
                Child::Options {
                    node: None,
                    jid: None,
                    ..
                },
            ]
            | [Child::Options { .. }] => Err(StanzaError::unsupported("subscription-options")),
            [
                Child::Unsubscribe {
                    node, jid, subid, ..
                },
            ] => self.on_unsubscribe(from, node.as_ref(), jid.as_ref(), subid.as_ref()),
            [Child::Publish { node, items, .. }] => {
                self.on_publish(from, node.as_ref(), items, None)
            }
            [
                Child::Publish { node, items, .. },
                Child::PublishOptions { form, .. },
            ] => self.on_publish(from, node.as_ref(), items, form.as_ref()),
            [
                Child::Retract {
                    node,
                    notify,
                    items,
                    ..
                },
            ] => self.on_retract(from, node.as_ref(), *notify, items),
            [Child::Create { node, .. }] => self.on_create(from, node.as_ref(), None),
            [
                Child::Create { node, .. },
                Child::Configure {
                    node: None, form, ..
                },
            ] => self.on_create(from, node.as_ref(), form.as_ref()),
            _ => Err(plain_bad_request()),
        }
    }

    fn on_subscribe(
        &mut self,
        from: &Jid,
        id: Option<&NodeId>,
        jid: Option<&Jid>,
    ) -> Result<Option<Payload>, StanzaError> {
        let jid = jid.filter(|jid| jid.same_bare(from));
        let jid = jid.ok_or_else(|| bad_request(PubSubCondition::INVALID_JID))?;
        // PS-6.1-01: without a node it is the root collection, which is not there.
        let id = id.ok_or_else(not_found)?;
        let node = self.nodes.get(id).ok_or_else(not_found)?;
        self.check_readable(node, from)?;
        if !node.config.subscribe {
            return Err(StanzaError::unsupported("subscribe"));
        }
        let known = node
            .subscribers
            .get(jid)
            .and_then(|subscriber| subscriber.explicit.first());
        if let (Some(known), false) = (known, self.config.multi_subscribe) {
            // PS-6.1-22: the present state, as if just approved.
            return Ok(Some(subscribed(id, jid, known.subid.clone())));
        }
        let subid = self
            .config
            .multi_subscribe
            .then(|| self.next_sub_id())
            .flatten();
        let most = self.config.max_subscriptions_per_user;
        let many = |user: &User| user.explicit >= most;
        if self.users.get(jid.bare_str()).is_some_and(many) {
            self.drop_gone_sessions(from);
        }
        let user = self.users.entry(jid.bare()).or_default();
        if user.explicit >= self.config.max_subscriptions_per_user {
            return Err(
                StanzaError::new(ErrorType::Wait, Condition::POLICY_VIOLATION)
                    .with_pubsub(PubSubCondition::TOO_MANY_SUBSCRIPTIONS),
            );
        }
        user.explicit += 1;
        let subscriber = self.subscriber(id, jid);
        subscriber.ok_or_else(not_found)?.explicit.push(Explicit {
            subid: subid.clone(),
        });
        Ok(Some(subscribed(id, jid, subid)))
    }

    /// Ends what the user subscribed by the address of a session that is not available any more, and says so: a client
    /// that gets another address at each login would use up what the user may have. Not those of `from` itself.
    fn drop_gone_sessions(&mut self, from: &Jid) {
        let Some(user) = self.users.get(from.bare_str()) else {
            return;
        };
        let mut gone = Vec::new();
        for id in &user.nodes {
            let Some(node) = self.nodes.get(id) else {
                continue;
            };
            gone.extend(
                node.addresses_of(from)
                    .into_iter()
                    .filter(|jid| !jid.is_bare() && jid != from && !self.reachable.contains(jid))
                    .filter(|jid| {
                        let subscriber = node.subscribers.get(jid);
                        subscriber.is_some_and(|subscriber| !subscriber.explicit.is_empty())
                    })
                    .map(|jid| (id.clone(), jid)),
            );
        }
        for (id, jid) in gone {
            self.drop_explicit(&id, &jid, None);
            self.notify_subscription(&id, jid, SubscriptionState::None);
        }
    }

    fn on_unsubscribe(
        &mut self,
        from: &Jid,
        id: Option<&NodeId>,
        jid: Option<&Jid>,
        subid: Option<&SubId>,
    ) -> Result<Option<Payload>, StanzaError> {
        let jid = jid.ok_or_else(|| bad_request(PubSubCondition::JID_REQUIRED))?;
        if !jid.same_bare(from) {
            return Err(forbidden());
        }
        let id = id.ok_or_else(not_found)?;
        let node = self.nodes.get_mut(id).ok_or_else(not_found)?;
        let subscriber = node
            .subscribers
            .get_mut(jid)
            .filter(|subscriber| !subscriber.explicit.is_empty())
            .ok_or_else(not_subscribed)?;
        let index = match (subid, self.config.multi_subscribe) {
            // PS-6.2-07: where none is in use it is ignored.
            (_, false) => 0,
            (None, true) if subscriber.explicit.len() == 1 => 0,
            (None, true) => return Err(bad_request(PubSubCondition::SUBID_REQUIRED)),
            (Some(subid), true) => subscriber
                .explicit
                .iter()
                .position(|explicit| explicit.subid.as_ref() == Some(subid))
                .ok_or_else(invalid_subid)?,
        };
        subscriber.explicit.remove(index);
        if let Some(user) = self.users.get_mut(jid.bare_str()) {
            user.explicit = user.explicit.saturating_sub(1);
        }
        self.forget_if_empty(id, jid);
        Ok(None)
    }

    /// §5.6: every address of the user, all nodes or one. What the host subscribed is not listed.
    fn subscriptions_of(&self, from: &Jid, only: Option<&NodeId>) -> Payload {
        let mut entries = Vec::new();
        if let Some(user) = self.users.get(from.bare_str()) {
            for id in user
                .nodes
                .iter()
                .filter(|id| only.is_none_or(|only| only == *id))
            {
                let Some(node) = self.nodes.get(id) else {
                    continue;
                };
                for jid in node.addresses_of(from) {
                    let explicit = node
                        .subscribers
                        .get(&jid)
                        .map(|entry| entry.explicit.as_slice());
                    entries.extend(
                        explicit
                            .unwrap_or_default()
                            .iter()
                            .map(|explicit| subscription(id, &jid, explicit.subid.clone())),
                    );
                }
            }
        }
        PubSub::new(Child::Subscriptions {
            node: only.cloned(),
            entries,
            other: Other::new(),
        })
        .to_payload()
    }

    fn affiliations_of(&self, from: &Jid, only: Option<&NodeId>) -> Payload {
        let mut entries = Vec::new();
        if let Some(user) = self.users.get(from.bare_str()) {
            for id in user
                .affiliated
                .iter()
                .filter(|id| only.is_none_or(|only| only == *id))
            {
                if let Some(node) = self.nodes.get(id) {
                    let affiliation = node.affiliation(from);
                    entries.push(AffiliationEntry::of_node(id.clone(), affiliation));
                }
            }
        }
        PubSub::new(Child::Affiliations {
            node: only.cloned(),
            entries,
            other: Other::new(),
        })
        .to_payload()
    }

    fn on_items(&self, from: &Jid, request: &Items) -> Result<Option<Payload>, StanzaError> {
        let id = request.node.as_ref().ok_or_else(nodeid_required)?;
        let node = self.nodes.get(id).ok_or_else(not_found)?;
        self.check_readable(node, from)?;
        if !node.config.persist_items {
            return Err(StanzaError::unsupported("persistent-items"));
        }
        if let (Some(subid), true) = (&request.subid, self.config.multi_subscribe) {
            let known = node.addresses_of(from).iter().any(|jid| {
                node.subscribers.get(jid).is_some_and(|subscriber| {
                    subscriber
                        .explicit
                        .iter()
                        .any(|e| e.subid.as_ref() == Some(subid))
                })
            });
            if !known {
                return Err(invalid_subid());
            }
        }
        let item = |(id, stored): (&ItemId, &StoredItem)| Item {
            id: Some(id.clone()),
            publisher: None,
            payloads: stored.payload.clone().into(),
            other: Other::new(),
        };
        let items = if request.items.is_empty() {
            let newest = request.max_items.map(usize::try_from).and_then(Result::ok);
            node.items
                .newest(newest.unwrap_or(usize::MAX))
                .map(item)
                .collect()
        } else {
            // PS-6.5-15: what is not there is left out, not an error.
            let asked = request.items.iter().filter_map(|asked| asked.id.as_ref());
            asked
                .filter_map(|id| node.items.get(id).map(|stored| item((id, stored))))
                .collect()
        };
        let items = Items {
            node: Some(id.clone()),
            items,
            ..Items::default()
        };
        Ok(Some(PubSub::new(Child::Items(items)).to_payload()))
    }

    fn on_publish(
        &mut self,
        from: &Jid,
        id: Option<&NodeId>,
        items: &[Item],
        options: Option<&Form>,
    ) -> Result<Option<Payload>, StanzaError> {
        let id = id.ok_or_else(nodeid_required)?;
        let created = match self.nodes.get(id) {
            Some(node) => {
                let subscribed = || !node.addresses_of(from).is_empty();
                let affiliation = self.affiliation_at(node, from);
                if !affiliation.may_publish(node.config.publish_model, subscribed()) {
                    return Err(self.hidden_or_forbidden(node, from));
                }
                // PS-7.1-43: an unknown field refuses the publish.
                let unmet = options.is_some_and(|form| {
                    form.fields.iter().any(|field| {
                        field.var.as_deref() != Some("FORM_TYPE")
                            && node.config.matches(field, &self.config) != Some(true)
                    })
                });
                if unmet {
                    return Err(StanzaError::new(ErrorType::Cancel, Condition::CONFLICT)
                        .with_pubsub(PubSubCondition::PRECONDITION_NOT_MET));
                }
                None
            }
            None => Some(self.config_for_publish(from, options)?),
        };
        let config = match (&created, self.nodes.get(id)) {
            (Some(config), _) => config,
            (None, node) => &node.ok_or_else(not_found)?.config,
        };
        let given = checked_item(config, items)?;
        // Only a publish that is taken makes a node.
        if let Some(config) = created {
            let owner = Some(from.bare());
            let node = id.clone();
            self.create_node(NewNode {
                node,
                config,
                owner,
            })
            .map_err(|error| error.to_stanza_error())?;
        }
        let generated = given.is_some_and(|given| given.id.is_none());
        let item = given.map(|given| Item {
            id: given
                .id
                .clone()
                .or_else(|| ItemId::new(&self.ids.next_hex()).ok()),
            // PS-7.1-12: what a client says of the publisher is not believed.
            publisher: None,
            payloads: given.payloads.clone(),
            other: Other::new(),
        });
        let answer = match (&item, generated) {
            (Some(item), true) => {
                let named = Item {
                    id: item.id.clone(),
                    ..Item::default()
                };
                let child = Child::Publish {
                    node: Some(id.clone()),
                    items: vec![named],
                    other: Other::new(),
                };
                Some(PubSub::new(child).to_payload())
            }
            _ => None,
        };
        self.store_and_notify(id, from, item);
        Ok(answer)
    }

    /// PS-7.1-45: a node that is made by a publish has the defaults plus the options.
    fn config_for_publish(
        &self,
        from: &Jid,
        options: Option<&Form>,
    ) -> Result<NodeConfig, StanzaError> {
        if !self.config.auto_create || !self.may_create(from) {
            return Err(not_found());
        }
        let mut config = self.config.node_defaults.clone();
        if let Some(form) = options {
            config.apply(form, &self.config)?;
        }
        Ok(config)
    }

    pub(super) fn store_and_notify(&mut self, id: &NodeId, publisher: &Jid, item: Option<Item>) {
        let Some(node) = self.nodes.get_mut(id) else {
            return;
        };
        let item = item.unwrap_or_default();
        if let (Some(name), true) = (&item.id, node.config.persist_items) {
            let stored = StoredItem {
                publisher: publisher.clone(),
                payload: item.payload().cloned(),
            };
            node.items
                .insert(name.clone(), stored, node.config.max_items);
        }
        if let Some(node) = self.nodes.get(id) {
            let event = self.item_event(id, node, &item);
            self.notify(id, &event, SubIds::Told);
        }
    }

    fn on_retract(
        &mut self,
        from: &Jid,
        id: Option<&NodeId>,
        notify: Option<bool>,
        items: &[Item],
    ) -> Result<Option<Payload>, StanzaError> {
        let id = id.ok_or_else(nodeid_required)?;
        let node = self.nodes.get(id).ok_or_else(not_found)?;
        let affiliation = self.affiliation_at(node, from);
        if !affiliation.may_publish(
            node.config.publish_model,
            !node.addresses_of(from).is_empty(),
        ) {
            return Err(self.hidden_or_forbidden(node, from));
        }
        let [Item { id: Some(item), .. }] = items else {
            return Err(bad_request(PubSubCondition::ITEM_REQUIRED));
        };
        if !node.config.persist_items {
            return Err(StanzaError::unsupported("persistent-items"));
        }
        let stored = node.items.get(item).ok_or_else(not_found)?;
        // PS-4.1-05: only owners and publishers reach beyond their own items.
        let any = matches!(affiliation, Affiliation::Owner | Affiliation::Publisher);
        if !any && !stored.publisher.same_bare(from) {
            return Err(forbidden());
        }
        let told = notify.unwrap_or(false) || node.config.notify_retract;
        if let Some(node) = self.nodes.get_mut(id) {
            node.items.remove(item);
        }
        if told {
            let changes = vec![ItemChange::Retracted(item.clone())];
            self.notify(id, &Event::items(id.clone(), changes), SubIds::Told);
        }
        Ok(None)
    }

    fn on_create(
        &mut self,
        from: &Jid,
        id: Option<&NodeId>,
        form: Option<&Form>,
    ) -> Result<Option<Payload>, StanzaError> {
        if !self.may_create(from) {
            return Err(forbidden());
        }
        let mut config = self.config.node_defaults.clone();
        if let Some(form) = form.filter(|form| form.kind == FormKind::Submit) {
            config.apply(form, &self.config)?;
        }
        let made = match id {
            Some(_) => None,
            None => NodeId::new(&self.ids.next_hex()).ok(),
        };
        let node = id
            .cloned()
            .or_else(|| made.clone())
            .ok_or_else(nodeid_required)?;
        let new = NewNode {
            node,
            config,
            owner: Some(from.bare()),
        };
        self.create_node(new)
            .map_err(|error| error.to_stanza_error())?;
        // PS-8.1-04: an id that the service made is told.
        Ok(made.map(|node| {
            let child = Child::Create {
                node: Some(node),
                other: Other::new(),
            };
            PubSub::new(child).to_payload()
        }))
    }

    pub(super) fn may_create(&self, user: &Jid) -> bool {
        match (self.service_affiliation(user), self.config.create) {
            (Affiliation::Owner, _) => true,
            (Affiliation::Outcast, _) => false,
            (_, CreatePolicy::Anyone) => true,
            (_, CreatePolicy::ServiceOwners) => false,
        }
    }

    /// Refuses who may neither subscribe nor retrieve. §6.1.3 and §6.5.9.
    fn check_readable(&self, node: &super::node::Node, from: &Jid) -> Result<(), StanzaError> {
        if self.may_read(node, from) {
            return Ok(());
        }
        Err(match self.affiliation_at(node, from) {
            Affiliation::Outcast | Affiliation::PublishOnly => self.hidden_or(forbidden()),
            Affiliation::Owner
            | Affiliation::Publisher
            | Affiliation::Member
            | Affiliation::None => self.hidden_or(closed_node()),
        })
    }

    fn hidden_or_forbidden(&self, node: &super::node::Node, from: &Jid) -> StanzaError {
        if self.may_read(node, from) {
            forbidden()
        } else {
            self.hidden_or(forbidden())
        }
    }

    fn next_sub_id(&mut self) -> Option<SubId> {
        SubId::new(&self.ids.next_hex()).ok()
    }
}

/// The item as the node will take it, or none where the node takes none. §4.3.
fn checked_item<'a>(
    config: &NodeConfig,
    items: &'a [Item],
) -> Result<Option<&'a Item>, StanzaError> {
    let wants_item = config.persist_items || config.deliver_payloads;
    let item = match items {
        [] if wants_item => return Err(bad_request(PubSubCondition::ITEM_REQUIRED)),
        [] => return Ok(None),
        [_] if !wants_item => return Err(bad_request(PubSubCondition::ITEM_FORBIDDEN)),
        [item] => item,
        // Trap 1: several items at once are not offered.
        _ => {
            return Err(StanzaError::new(ErrorType::Cancel, Condition::NOT_ALLOWED)
                .with_pubsub(PubSubCondition::MAX_ITEMS_EXCEEDED));
        }
    };
    match item.payloads.as_slice() {
        [] if config.deliver_payloads => Err(bad_request(PubSubCondition::PAYLOAD_REQUIRED)),
        [payload] if payload.as_bytes().len() > config.max_payload_size => Err(StanzaError::new(
            ErrorType::Modify,
            Condition::NOT_ACCEPTABLE,
        )
        .with_pubsub(PubSubCondition::PAYLOAD_TOO_BIG)),
        [] | [_] => Ok(Some(item)),
        _ => Err(bad_request(PubSubCondition::INVALID_PAYLOAD)),
    }
}

fn subscription(id: &NodeId, jid: &Jid, subid: Option<SubId>) -> Subscription {
    let state = SubscriptionState::Subscribed;
    Subscription {
        subid,
        ..Subscription::new(id.clone(), jid.clone(), state)
    }
}

fn subscribed(id: &NodeId, jid: &Jid, subid: Option<SubId>) -> Payload {
    PubSub::new(Child::Subscription(subscription(id, jid, subid))).to_payload()
}
