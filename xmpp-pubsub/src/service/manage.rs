//! What owners ask and change: the lists of who is subscribed and affiliated. XEP-0060 §5.7, §8.8 and §8.9.

use std::collections::BTreeSet;

use super::Service;
use super::journal::{Change, Subscription};
use super::node::Node;
use super::refusal::{not_acceptable, plain_bad_request, unsupported};
use super::request::{Outcome, Refused, Reply};
use super::subscribe::shown;
use crate::feature::Feature;
use crate::id::NodeId;
use crate::jid::Jid;
use crate::other::Other;
use crate::owner::Owner;
use crate::pubsub::{self, Affiliation, AffiliationEntry, Child, PubSub, SubscriptionState};
use crate::stanza::{MessageKind, StanzaError};

impl Service {
    pub(super) fn on_owner_get(&mut self, from: &Jid, request: &Owner) -> Outcome {
        match request {
            Owner::Configure { node, .. } => self.on_configure_get(from, node.as_ref()),
            Owner::Default { kind, .. } => self.on_default_config(kind.as_deref()),
            Owner::Affiliations { node, .. } => {
                self.need(&Feature::MODIFY_AFFILIATIONS)?;
                let known = self.owned(from, node.as_ref())?;
                let all = known.affiliations.iter();
                let entries = all.map(|(jid, affiliation)| entry(jid, *affiliation));
                let answer = Owner::Affiliations {
                    node: node.clone(),
                    entries: entries.collect(),
                    other: Other::new(),
                };
                Ok(Reply::Done(Some(answer.to_payload())))
            }
            Owner::Subscriptions { node, .. } => {
                self.need(&Feature::MANAGE_SUBSCRIPTIONS)?;
                let known = self.owned(from, node.as_ref())?;
                let answer = Owner::Subscriptions {
                    node: node.clone(),
                    entries: listed(known).collect(),
                    other: Other::new(),
                };
                Ok(Reply::Done(Some(answer.to_payload())))
            }
            Owner::Delete { .. } | Owner::Purge { .. } | Owner::Other(_) => {
                Err(plain_bad_request().into())
            }
        }
    }

    pub(super) fn on_owner_set(&mut self, from: &Jid, request: &Owner) -> Outcome {
        match request {
            Owner::Configure { node, form, .. } => {
                self.on_configure_set(from, node.as_ref(), form.as_ref())
            }
            Owner::Delete { node, redirect, .. } => {
                self.on_delete(from, node.as_ref(), redirect.as_deref())
            }
            Owner::Purge { node, .. } => self.on_purge(from, node.as_ref()),
            Owner::Affiliations { node, entries, .. } => {
                self.need(&Feature::MODIFY_AFFILIATIONS)?;
                self.owned(from, node.as_ref())?;
                let id = node.clone().unwrap_or_else(NodeId::root);
                self.set_affiliations(from, &id, entries)
            }
            Owner::Subscriptions { node, entries, .. } => {
                self.need(&Feature::MANAGE_SUBSCRIPTIONS)?;
                self.owned(from, node.as_ref())?;
                let id = node.clone().unwrap_or_else(NodeId::root);
                self.set_subscriptions(from, &id, entries)
            }
            Owner::Other(element) => self.on_collection(from, element),
            Owner::Default { .. } => Err(plain_bad_request().into()),
        }
    }

    /// §5.7: what the user is to nodes.
    pub(super) fn on_affiliations(&mut self, from: &Jid, only: Option<&NodeId>) -> Outcome {
        self.need(&Feature::RETRIEVE_AFFILIATIONS)?;
        let roles = self.state.roles.get(&from.bare());
        let nodes = roles.map(|roles| &roles.affiliated).into_iter().flatten();
        let nodes: Vec<NodeId> = nodes
            .filter(|id| only.is_none_or(|only| only == *id))
            .cloned()
            .collect();
        let mut entries = Vec::new();
        for id in nodes {
            self.see_node(&id);
            if let Some(node) = self.state.nodes.get(&id) {
                entries.push(AffiliationEntry::of_node(id, node.affiliation(from)));
            }
        }
        Ok(PubSub::new(Child::Affiliations {
            node: only.cloned(),
            entries,
            other: Other::new(),
        })
        .into())
    }

    fn set_affiliations(
        &mut self,
        from: &Jid,
        id: &NodeId,
        entries: &[AffiliationEntry],
    ) -> Outcome {
        let mut seen = BTreeSet::new();
        let mut wanted = Vec::new();
        for entry in entries {
            let jid = entry.jid.as_ref().ok_or_else(plain_bad_request)?;
            // PS-8.9-07.
            if !seen.insert(jid.bare()) {
                return Err(plain_bad_request().into());
            }
            wanted.push((jid.bare(), entry.affiliation));
            if let Some(feature) = entry.affiliation.feature() {
                self.need(&feature)?;
            }
        }
        let mut refused = Vec::new();
        for (jid, wanted) in wanted {
            let node = self.node(id)?;
            let present = node.affiliation(&jid);
            let known = node.affiliations.contains_key(jid.bare_str());
            let full = node.affiliations.len() >= self.config.max_affiliations_per_node;
            // PS-8.9-08: somebody has to be left.
            let last = present == Affiliation::Owner && node.owners == 1;
            let resigns = jid.same_bare(from);
            let allowed = present.may_become(wanted, resigns, self.config.publisher_to_member)
                && (known || !full)
                && !(last && wanted != Affiliation::Owner);
            if !allowed {
                refused.push(entry(&jid, present));
            } else if present != wanted {
                self.affiliate(id, &jid, wanted);
                self.tell_affiliation(id, &jid, wanted);
            }
        }
        if refused.is_empty() {
            return Ok(Reply::Done(None));
        }
        let entries = Owner::Affiliations {
            node: id.shown(),
            entries: refused,
            other: Other::new(),
        };
        Err(some_refused(&entries))
    }

    /// PS-8.9-10: in the right spelling (trap 24).
    fn tell_affiliation(&mut self, id: &NodeId, user: &Jid, affiliation: Affiliation) {
        let told = PubSub::new(Child::Affiliations {
            node: id.shown(),
            entries: vec![entry(user, affiliation)],
            other: Other::new(),
        });
        let payloads = told.to_payload().into();
        self.send_message(user.clone(), MessageKind::Headline, payloads);
    }

    fn set_subscriptions(
        &mut self,
        from: &Jid,
        id: &NodeId,
        entries: &[pubsub::Subscription],
    ) -> Outcome {
        // PS-8.8-07.
        let mut seen = BTreeSet::new();
        if !entries
            .iter()
            .all(|entry| seen.insert((&entry.jid, &entry.subid)))
        {
            return Err(plain_bad_request().into());
        }
        let mut refused = Vec::new();
        for entry in entries {
            // PS-8.8-05: no state, no change.
            let Some(wanted) = entry.state else {
                continue;
            };
            if !self.set_subscription(from, id, entry, wanted)? {
                refused.extend(self.present(id, entry));
            }
        }
        if refused.is_empty() {
            return Ok(Reply::Done(None));
        }
        let entries = Owner::Subscriptions {
            node: id.shown(),
            entries: refused,
            other: Other::new(),
        };
        Err(some_refused(&entries))
    }

    /// PS-8.8-06: what an entry is about, as it is. Without a subid that may be several subscriptions.
    fn present(&self, id: &NodeId, entry: &pubsub::Subscription) -> Vec<pubsub::Subscription> {
        let subscriber = self
            .state
            .nodes
            .get(id)
            .and_then(|node| node.subscribers.get(&entry.jid));
        let made = subscriber.into_iter().flat_map(|known| &known.made);
        let meant = made.filter(|made| match (&entry.subid, &made.subid) {
            (Some(subid), Some(known)) => subid == known,
            (Some(_) | None, _) => true,
        });
        let present: Vec<_> = meant.map(|made| listed_as(&entry.jid, made)).collect();
        if !present.is_empty() {
            return present;
        }
        vec![pubsub::Subscription {
            node: None,
            state: Some(SubscriptionState::None),
            other: Other::new(),
            ..entry.clone()
        }]
    }

    /// Sets one. Returns whether it could be.
    fn set_subscription(
        &mut self,
        from: &Jid,
        id: &NodeId,
        entry: &pubsub::Subscription,
        wanted: SubscriptionState,
    ) -> Result<bool, StanzaError> {
        let jid = &entry.jid;
        let node = self.node(id)?;
        let all = node.made_by(jid);
        let known = match (&entry.subid, all) {
            (Some(subid), all) if all.iter().any(|made| made.subid.is_some()) => {
                all.iter().find(|made| made.subid.as_ref() == Some(subid))
            }
            (_, [only]) => Some(only),
            (_, []) => None,
            // PS-8.8-07: which of several?
            (None, _) if wanted != SubscriptionState::None => {
                return Ok(false);
            }
            (None, all) => {
                let subids: Vec<_> = all.iter().map(|made| made.subid.clone()).collect();
                for subid in subids {
                    self.end_subscription(id, jid, subid.as_ref());
                }
                return Ok(true);
            }
            (Some(_), _) => None,
        };
        let known = known.cloned();
        let present = known
            .as_ref()
            .map_or(SubscriptionState::None, |made| made.state);
        match (wanted, known) {
            (wanted, _) if wanted == present && wanted != SubscriptionState::None => Ok(true),
            (SubscriptionState::None, Some(made)) => {
                self.end_subscription(id, jid, made.subid.as_ref());
                Ok(true)
            }
            (SubscriptionState::Subscribed, Some(made))
                if made.state == SubscriptionState::Pending =>
            {
                self.approve(id, jid, made);
                Ok(true)
            }
            (SubscriptionState::Subscribed, None) if entry.subid.is_none() => {
                let readable = self.access(self.node(id)?, jid).is_ok();
                if !readable || self.check_room(from, id, jid).is_err() {
                    return Ok(false);
                }
                self.subscribe_for(id, jid);
                Ok(true)
            }
            // It is so already. A subid would be one that nobody has.
            (SubscriptionState::None, None) => Ok(entry.subid.is_none()),
            _ => Ok(false),
        }
    }

    /// Subscribes somebody on an owner's word.
    fn subscribe_for(&mut self, id: &NodeId, jid: &Jid) {
        let multi = self.config.has(&Feature::MULTI_SUBSCRIBE);
        let state = self.state_of(None);
        let subscription = Subscription {
            subid: multi.then(|| self.next_subid()).flatten(),
            state,
            options: self.with_lease(id, state, None),
        };
        let told = shown(id, jid, &subscription);
        let subid = subscription.subid.clone();
        self.commit(Change::Subscribed {
            node: id.shown(),
            jid: jid.clone(),
            subscription,
        });
        // PS-8.8-09.
        self.send_subscription(jid.clone(), told);
        if state == SubscriptionState::Subscribed {
            self.send_last_to(id, jid, subid.as_ref());
        }
    }

    fn need(&self, feature: &Feature) -> Result<(), StanzaError> {
        if self.config.has(feature) {
            return Ok(());
        }
        Err(unsupported(feature))
    }
}

/// PS-8.8-03: those who are subscribed or have to configure; not those who wait for approval.
fn listed(node: &Node) -> impl Iterator<Item = pubsub::Subscription> {
    node.subscribers.iter().flat_map(|(jid, subscriber)| {
        let made = subscriber.made.iter();
        let told = made.filter(|made| made.state != SubscriptionState::Pending);
        told.map(|made| listed_as(jid, made))
    })
}

/// A subscription in a list that names the node.
fn listed_as(jid: &Jid, made: &Subscription) -> pubsub::Subscription {
    pubsub::Subscription {
        node: None,
        options: None,
        ..shown(&NodeId::root(), jid, made)
    }
}

fn entry(jid: &Jid, affiliation: Affiliation) -> AffiliationEntry {
    AffiliationEntry::of_entity(jid.clone(), affiliation)
}

/// Entries that could not be changed are given back; the others were. §8.8.2.4, §8.9.2.4.
fn some_refused(entries: &Owner) -> Refused {
    Refused {
        error: Box::new(not_acceptable()),
        entries: Some(Box::new(entries.to_payload())),
    }
}
