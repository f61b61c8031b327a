//! Requests of owners. XEP-0060 §8.2 to §8.9.

use std::collections::BTreeSet;

use super::Service;
use super::node::Explicit;
use super::notify::SubIds;
use super::refusal::{
    forbidden, nodeid_required, not_found, plain_bad_request, some_not_acceptable,
};
use crate::event::Event;
use crate::form::{Form, FormKind};
use crate::id::NodeId;
use crate::jid::Jid;
use crate::other::Other;
use crate::owner::Owner;
use crate::pubsub::{Affiliation, AffiliationEntry, Subscription, SubscriptionState};
use crate::stanza::{Payload, StanzaError};

/// A refusal, with the entries that were not changed where there are any.
pub(super) struct Refused {
    pub(super) error: StanzaError,
    pub(super) entries: Option<Box<Payload>>,
}

impl From<StanzaError> for Refused {
    fn from(error: StanzaError) -> Self {
        Self {
            error,
            entries: None,
        }
    }
}

impl Service {
    pub(super) fn on_owner_get(
        &self,
        from: &Jid,
        request: &Owner,
    ) -> Result<Option<Payload>, StanzaError> {
        let answer = match request {
            Owner::Configure { node, .. } => {
                let id = self.owned(from, node.as_ref())?;
                let form = self
                    .nodes
                    .get(id)
                    .map(|node| node.config.to_form(FormKind::Form));
                Owner::Configure {
                    node: Some(id.clone()),
                    form,
                    other: Other::new(),
                }
            }
            Owner::Default { kind, .. } => {
                if kind.as_deref().is_some_and(|kind| kind != "leaf") {
                    return Err(StanzaError::unsupported("collections"));
                }
                let form = self.config.node_defaults.to_form(FormKind::Form);
                Owner::Default {
                    kind: None,
                    form: Some(form),
                    other: Other::new(),
                }
            }
            Owner::Affiliations { node, .. } => {
                let id = self.owned(from, node.as_ref())?;
                let node = self.nodes.get(id).ok_or_else(not_found)?;
                let entries = node
                    .affiliations
                    .iter()
                    .map(|(jid, affiliation)| entry(jid, *affiliation))
                    .collect();
                Owner::Affiliations {
                    node: Some(id.clone()),
                    entries,
                    other: Other::new(),
                }
            }
            Owner::Subscriptions { node, .. } => {
                let id = self.owned(from, node.as_ref())?;
                let node = self.nodes.get(id).ok_or_else(not_found)?;
                let entries = node
                    .subscribers
                    .iter()
                    .flat_map(|(jid, subscriber)| {
                        subscriber.explicit.iter().map(|explicit| Subscription {
                            node: None,
                            subid: explicit.subid.clone(),
                            ..Subscription::new(
                                id.clone(),
                                jid.clone(),
                                SubscriptionState::Subscribed,
                            )
                        })
                    })
                    .collect();
                Owner::Subscriptions {
                    node: Some(id.clone()),
                    entries,
                    other: Other::new(),
                }
            }
            Owner::Delete { .. } | Owner::Purge { .. } | Owner::Other(_) => {
                return Err(plain_bad_request());
            }
        };
        Ok(Some(answer.to_payload()))
    }

    pub(super) fn on_owner_set(
        &mut self,
        from: &Jid,
        request: &Owner,
    ) -> Result<Option<Payload>, Refused> {
        match request {
            Owner::Configure { node, form, .. } => {
                let id = self.owned(from, node.as_ref())?.clone();
                self.on_configure(&id, form.as_ref())?;
            }
            Owner::Delete { node, redirect, .. } => {
                let id = self.owned(from, node.as_ref())?.clone();
                self.delete_node(&id, redirect.as_deref());
            }
            Owner::Purge { node, .. } => {
                let id = self.owned(from, node.as_ref())?.clone();
                self.on_purge(&id)?;
            }
            Owner::Affiliations { node, entries, .. } => {
                let id = self.owned(from, node.as_ref())?.clone();
                self.on_affiliations(from, &id, entries)?;
            }
            Owner::Subscriptions { node, entries, .. } => {
                let id = self.owned(from, node.as_ref())?.clone();
                self.on_subscriptions(&id, entries)?;
            }
            Owner::Default { .. } | Owner::Other(_) => return Err(plain_bad_request().into()),
        }
        Ok(None)
    }

    fn on_configure(&mut self, id: &NodeId, form: Option<&Form>) -> Result<(), StanzaError> {
        let form = form.ok_or_else(plain_bad_request)?;
        if form.kind == FormKind::Cancel {
            return Ok(());
        }
        let node = self.nodes.get(id).ok_or_else(not_found)?;
        let mut config = node.config.clone();
        config.apply(form, &self.config)?;
        let node = self.nodes.get_mut(id).ok_or_else(not_found)?;
        if !config.persist_items {
            node.items.clear();
        }
        let same_access = node.config.access_model == config.access_model;
        node.config = config;
        if same_access {
            return Ok(());
        }
        // PS-8.2-09: who may not receive any more does not.
        let subscribers: BTreeSet<Jid> = node.subscribers.keys().map(Jid::bare).collect();
        for user in subscribers {
            self.drop_if_unreadable(id, &user);
        }
        Ok(())
    }

    fn on_purge(&mut self, id: &NodeId) -> Result<(), StanzaError> {
        let node = self.nodes.get_mut(id).ok_or_else(not_found)?;
        if !node.config.persist_items {
            return Err(StanzaError::unsupported("persistent-items"));
        }
        node.items.clear();
        if node.config.notify_retract {
            self.notify(id, &Event::purge(id.clone()), SubIds::Left);
        }
        Ok(())
    }

    fn on_affiliations(
        &mut self,
        from: &Jid,
        id: &NodeId,
        entries: &[AffiliationEntry],
    ) -> Result<(), Refused> {
        let mut seen = BTreeSet::new();
        for entry in entries {
            let jid = entry.jid.as_ref().ok_or_else(plain_bad_request)?;
            if !seen.insert(jid.bare()) {
                // PS-8.9-07.
                return Err(plain_bad_request().into());
            }
        }
        let mut refused = Vec::new();
        for (jid, wanted) in entries
            .iter()
            .filter_map(|e| Some((e.jid.as_ref()?, e.affiliation)))
        {
            let Some(node) = self.nodes.get(id) else {
                continue;
            };
            let present = node.affiliation(jid);
            let known = node.affiliations.contains_key(jid.bare_str());
            let full = node.affiliations.len() >= self.config.max_affiliations_per_node;
            let allowed = match (present, wanted) {
                (present, wanted) if present == wanted => true,
                // PS-8.9-15: an owner only resigns, and not as the last one (PS-8.9-08).
                (Affiliation::Owner, Affiliation::None) => {
                    jid.same_bare(from) && node.owners().count() > 1
                }
                (Affiliation::Owner, _) | (Affiliation::Publisher, Affiliation::Member) => false,
                _ => known || !full,
            };
            if allowed {
                // The node is there: it was looked up above.
                let _ = self.set_affiliation(id, jid, wanted);
            } else {
                refused.push(entry(&jid.bare(), present));
            }
        }
        if refused.is_empty() {
            return Ok(());
        }
        let entries = Owner::Affiliations {
            node: Some(id.clone()),
            entries: refused,
            other: Other::new(),
        };
        Err(Refused {
            error: some_not_acceptable(),
            entries: Some(Box::new(entries.to_payload())),
        })
    }

    fn on_subscriptions(&mut self, id: &NodeId, entries: &[Subscription]) -> Result<(), Refused> {
        let mut refused = Vec::new();
        for entry in entries {
            let jid = &entry.jid;
            let present = self
                .nodes
                .get(id)
                .and_then(|node| node.subscribers.get(jid));
            let subscribed = present.is_some_and(|subscriber| !subscriber.explicit.is_empty());
            match entry.state {
                // PS-8.8-05: no state, no change.
                None => {}
                Some(SubscriptionState::Subscribed) if subscribed => {}
                Some(SubscriptionState::Subscribed) if self.may_add(id, jid) => {
                    self.users.entry(jid.bare()).or_default().explicit += 1;
                    if let Some(subscriber) = self.subscriber(id, jid) {
                        subscriber.explicit.push(Explicit { subid: None });
                    }
                    self.notify_subscription(id, jid.clone(), SubscriptionState::Subscribed);
                }
                Some(SubscriptionState::None) if subscribed => {
                    self.drop_explicit(id, jid, entry.subid.as_ref());
                    self.notify_subscription(id, jid.clone(), SubscriptionState::None);
                }
                Some(_) => refused.push(Subscription {
                    node: None,
                    state: Some(SubscriptionState::None),
                    other: Other::new(),
                    ..entry.clone()
                }),
            }
        }
        if refused.is_empty() {
            return Ok(());
        }
        let entries = Owner::Subscriptions {
            node: Some(id.clone()),
            entries: refused,
            other: Other::new(),
        };
        Err(Refused {
            error: some_not_acceptable(),
            entries: Some(Box::new(entries.to_payload())),
        })
    }

    /// Whether an owner can subscribe this address: it may read, and has room.
    fn may_add(&self, id: &NodeId, jid: &Jid) -> bool {
        let room = self
            .users
            .get(jid.bare_str())
            .is_none_or(|user| user.explicit < self.config.max_subscriptions_per_user);
        // Subids are given to who asks for them himself.
        room && !self.config.multi_subscribe
            && self
                .nodes
                .get(id)
                .is_some_and(|node| self.may_read(node, jid))
    }

    /// The node, if it is there and the requester may do everything with it.
    fn owned<'n>(&self, from: &Jid, id: Option<&'n NodeId>) -> Result<&'n NodeId, StanzaError> {
        let id = id.ok_or_else(nodeid_required)?;
        let node = self.nodes.get(id).ok_or_else(not_found)?;
        if self.affiliation_at(node, from) == Affiliation::Owner {
            return Ok(id);
        }
        if self.may_read(node, from) {
            return Err(forbidden());
        }
        Err(self.hidden_or(forbidden()))
    }
}

fn entry(jid: &Jid, affiliation: Affiliation) -> AffiliationEntry {
    AffiliationEntry::of_entity(jid.clone(), affiliation)
}
