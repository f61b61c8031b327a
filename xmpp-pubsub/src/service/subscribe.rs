//! Subscriptions: made, ended, listed. XEP-0060 §5.6, §6.1, §6.2 and §12.14.

use super::Service;
use super::access::Access;
use super::config::Configuration;
use super::journal::{Change, Subscription};
use super::node::Node;
use super::people::Standing;
use super::refusal::{
    bad_request, forbidden, invalid_subid, not_acceptable, not_allowed, not_authorized, not_found,
    not_subscribed, unsupported,
};
use super::request::{Outcome, Reply};
use super::state::State;
use crate::feature::Feature;
use crate::form::{Expire, Form, SubscribeOptions, SubscriptionType};
use crate::id::{NodeId, SubId};
use crate::jid::Jid;
use crate::other::Other;
use crate::pubsub::{self, Child, PubSub, SubscriptionState};
use crate::stanza::{Condition, ErrorType, PubSubCondition, StanzaError};

impl Service {
    pub(super) fn on_subscribe(
        &mut self,
        from: &Jid,
        id: Option<&NodeId>,
        jid: Option<&Jid>,
        form: Option<&Form>,
    ) -> Outcome {
        if !self.config.has(&Feature::SUBSCRIBE) {
            return Err(unsupported(&Feature::SUBSCRIBE).into());
        }
        let jid = jid.filter(|jid| self.may_act_for(from, jid));
        let jid = jid.ok_or_else(|| bad_request(PubSubCondition::INVALID_JID))?;
        let id = &self.named_or_root(id)?;
        if let Some(to) = self.redirects.get(id) {
            return Err(moved(Condition::REDIRECT, to).into());
        }
        let Some(node) = self.state.nodes.get(id) else {
            return Err(self.moved_or_not_found(id).into());
        };
        let access = self
            .access(node, jid)
            .map_err(|error| self.hidden_or(error))?;
        if self.people.standing(jid) == Standing::Anonymous {
            // PS-6.1-07: the table has `cancel`.
            return Err(StanzaError::new(ErrorType::Cancel, Condition::FORBIDDEN).into());
        }
        if !node.config.subscribe {
            return Err(unsupported(&Feature::SUBSCRIBE).into());
        }
        let made = node.made_by(jid);
        if made
            .iter()
            .any(|made| made.state == SubscriptionState::Pending)
        {
            return Err(not_authorized(PubSubCondition::PENDING_SUBSCRIPTION).into());
        }
        let multi = self.config.has(&Feature::MULTI_SUBSCRIBE);
        if let (Some(known), false) = (made.first().cloned(), multi) {
            // PS-6.1-22: the present state, as if just approved.
            let known = match form {
                Some(form) => self.reconfigure(id, jid, &known, form)?,
                None => known,
            };
            return Ok(self.subscribed(id, jid, &known, form.is_some()).into());
        }
        let options = form
            .map(|form| self.read_options(node, None, form))
            .transpose()?;
        let options = options.flatten();
        if self.config.configuration == Configuration::WithRequest && options.is_none() {
            return Err(not_acceptable()
                .with_pubsub(PubSubCondition::CONFIGURATION_REQUIRED)
                .into());
        }
        check_collection(node, made, options.as_deref())?;
        self.check_room(from, id, jid)?;
        let state = match access {
            Access::Approval => SubscriptionState::Pending,
            Access::Granted => self.state_of(options.as_deref()),
        };
        let subscription = Subscription {
            subid: multi.then(|| self.next_subid()).flatten(),
            state,
            options: self.with_lease(id, state, options),
        };
        let answer = self.subscribed(id, jid, &subscription, form.is_some());
        let subid = subscription.subid.clone();
        self.ask_presence(id, jid, &subscription);
        self.commit(Change::Subscribed {
            node: id.shown(),
            jid: jid.clone(),
            subscription,
        });
        match state {
            SubscriptionState::Pending => self.ask_owners(id, jid, subid.as_ref()),
            SubscriptionState::Subscribed => {
                self.tell_owners(id, jid, subid.as_ref(), state);
                self.send_last_to(id, jid, subid.as_ref());
            }
            SubscriptionState::Unconfigured | SubscriptionState::None => {}
        }
        Ok(answer.into())
    }

    pub(super) fn on_unsubscribe(
        &mut self,
        from: &Jid,
        id: Option<&NodeId>,
        jid: Option<&Jid>,
        subid: Option<&SubId>,
    ) -> Outcome {
        if !self.config.has(&Feature::SUBSCRIBE) {
            return Err(unsupported(&Feature::SUBSCRIBE).into());
        }
        let jid = jid.ok_or_else(|| bad_request(PubSubCondition::JID_REQUIRED))?;
        if !self.may_act_for(from, jid) {
            return Err(forbidden().into());
        }
        let id = &self.named_or_root(id)?;
        let node = self.visible(id, jid)?;
        let subid = self.which(node, jid, subid, ErrorType::Cancel)?;
        self.remove_subscription(id, jid, subid.as_ref());
        Ok(Reply::Done(None))
    }

    /// §5.6: every address of the user, all nodes or one. What the host subscribed is not listed.
    pub(super) fn on_subscriptions(&mut self, from: &Jid, only: Option<&NodeId>) -> Outcome {
        if !self.config.has(&Feature::RETRIEVE_SUBSCRIPTIONS) {
            return Err(unsupported(&Feature::RETRIEVE_SUBSCRIPTIONS).into());
        }
        let user = self.state.users.get(&from.bare());
        let nodes = user.into_iter().flat_map(|user| user.nodes.iter());
        let nodes: Vec<NodeId> = nodes
            .filter(|id| only.is_none_or(|only| only == *id))
            .cloned()
            .collect();
        let mut entries = Vec::new();
        for id in nodes {
            self.see_node(&id);
            let Some(node) = self.state.nodes.get(&id) else {
                continue;
            };
            for (jid, subscriber) in node.of_user(from) {
                let made = subscriber.made.iter();
                entries.extend(made.map(|made| shown(&id, jid, made)));
            }
        }
        Ok(PubSub::new(Child::Subscriptions {
            node: only.cloned(),
            entries,
            other: Other::new(),
        })
        .into())
    }

    /// Which subscription of an address is meant: the rows of §6.2.3, §6.3.4 and their like.
    pub(super) fn which(
        &self,
        node: &Node,
        jid: &Jid,
        subid: Option<&SubId>,
        kind: ErrorType,
    ) -> Result<Option<SubId>, StanzaError> {
        let made = node.made_by(jid);
        let Some(first) = made.first() else {
            return Err(not_subscribed(kind));
        };
        match subid {
            // PS-6.2-07: where none is in use it is ignored.
            Some(subid) if made.iter().any(|made| made.subid.is_some()) => {
                let known = made.iter().any(|made| made.subid.as_ref() == Some(subid));
                let subid = known.then(|| subid.clone());
                subid.map(Some).ok_or_else(invalid_subid)
            }
            None if made.len() > 1 => Err(bad_request(PubSubCondition::SUBID_REQUIRED)),
            Some(_) | None => Ok(first.subid.clone()),
        }
    }

    /// Ends a subscription and tells its address so. §12.14.
    pub(super) fn end_subscription(&mut self, id: &NodeId, jid: &Jid, subid: Option<&SubId>) {
        if !self.remove_subscription(id, jid, subid) {
            return;
        }
        let ended = Subscription {
            subid: subid.cloned(),
            state: SubscriptionState::None,
            options: None,
        };
        self.see_node(id);
        self.send_subscription(jid.clone(), shown(id, jid, &ended));
    }

    /// Ends whatever an address made.
    pub(super) fn end_all(&mut self, id: &NodeId, jid: &Jid) {
        let subscriber = self
            .state
            .nodes
            .get(id)
            .and_then(|node| node.subscribers.get(jid));
        let made = subscriber.map(|known| known.made.clone());
        for made in made.unwrap_or_default() {
            self.end_subscription(id, jid, made.subid.as_ref());
        }
    }

    /// Returns whether it was there.
    fn remove_subscription(&mut self, id: &NodeId, jid: &Jid, subid: Option<&SubId>) -> bool {
        let node = self.state.nodes.get(id);
        let Some(state) = node
            .and_then(|node| node.made(jid, subid))
            .map(|made| made.state)
        else {
            return false;
        };
        self.commit(Change::Unsubscribed {
            node: id.shown(),
            jid: jid.clone(),
            subid: subid.cloned(),
        });
        self.digests.forget(id, jid, subid);
        self.bounces.forget(id, jid);
        if state == SubscriptionState::Subscribed {
            self.tell_owners(id, jid, subid, SubscriptionState::None);
        }
        true
    }

    /// `pubsub#notify_sub`: owners are told who comes and goes.
    pub(super) fn tell_owners(
        &mut self,
        id: &NodeId,
        jid: &Jid,
        subid: Option<&SubId>,
        state: SubscriptionState,
    ) {
        let Some(node) = self.state.nodes.get(id) else {
            return;
        };
        if !node.config.notify_sub {
            return;
        }
        let owners: Vec<Jid> = node
            .owners()
            .filter(|owner| !owner.same_bare(jid))
            .cloned()
            .collect();
        let told = Subscription {
            subid: subid.cloned(),
            state,
            options: None,
        };
        for owner in owners {
            self.send_subscription(owner, shown(id, jid, &told));
        }
    }

    /// PS-6.1-03, PS-6.1-04: his own addresses, or anybody's by a proxy.
    pub(super) fn may_act_for(&self, from: &Jid, jid: &Jid) -> bool {
        jid.same_bare(from) || self.config.proxies.contains(from.bare_str())
    }

    /// PS-6.1-01: without a node it is the root collection.
    pub(super) fn named_or_root(&self, id: Option<&NodeId>) -> Result<NodeId, StanzaError> {
        match id {
            Some(id) => Ok(id.clone()),
            None if self.config.has(&Feature::COLLECTIONS) => Ok(NodeId::root()),
            None => Err(unsupported(&Feature::COLLECTIONS)),
        }
    }

    pub(super) fn next_subid(&mut self) -> Option<SubId> {
        SubId::new(&self.ids.next_hex()).ok()
    }

    /// What a subscription starts as where nobody has to approve it. §6.1.5.
    pub(super) fn state_of(&self, options: Option<&SubscribeOptions>) -> SubscriptionState {
        match self.config.configuration {
            Configuration::Required if options.is_none() => SubscriptionState::Unconfigured,
            Configuration::Required
            | Configuration::Optional
            | Configuration::Offered
            | Configuration::WithRequest => SubscriptionState::Subscribed,
        }
    }

    /// The options with the end that the node or the service sets.
    pub(super) fn with_lease(
        &self,
        id: &NodeId,
        state: SubscriptionState,
        options: Option<Box<SubscribeOptions>>,
    ) -> Option<Box<SubscribeOptions>> {
        let temporary = self
            .state
            .nodes
            .get(id)
            .is_some_and(|node| node.config.tempsub);
        let expire = if temporary {
            // PS-12.5-02.
            Some(Expire::Presence)
        } else if state == SubscriptionState::Unconfigured {
            // PS-6.1-16.
            Some(self.after(self.config.unconfigured_timeout))
        } else {
            let asked = options.as_deref().and_then(|options| options.expire);
            asked.or_else(|| self.longest_lease())
        };
        if expire.is_none() {
            return options;
        }
        let mut options = options.unwrap_or_default();
        options.expire = expire;
        Some(options)
    }

    /// §6.1.3.12, and where a node went §6.1.3.11 and §8.4.
    pub(super) fn moved_or_not_found(&self, id: &NodeId) -> StanzaError {
        match self.state.moved.get(id) {
            Some(to) => moved(Condition::GONE, to),
            None => not_found(),
        }
    }

    /// The limits of subscriptions (PS-6.1-10).
    pub(super) fn check_room(
        &mut self,
        from: &Jid,
        id: &NodeId,
        jid: &Jid,
    ) -> Result<(), StanzaError> {
        let most = self.config.max_subscriptions_per_user;
        let many = |state: &State| {
            let user = state.users.get(&jid.bare());
            user.map_or(0, |user| user.made) >= most
        };
        let mut has_many = many(&self.state);
        if has_many {
            self.drop_gone_sessions(jid, from);
            has_many = many(&self.state);
        }
        let full = self
            .state
            .nodes
            .get(id)
            .is_some_and(|node| node.subscriptions >= self.config.max_subscriptions_per_node);
        if full || has_many {
            return Err(
                StanzaError::new(ErrorType::Wait, Condition::POLICY_VIOLATION)
                    .with_pubsub(PubSubCondition::TOO_MANY_SUBSCRIPTIONS),
            );
        }
        Ok(())
    }

    /// Ends what the user subscribed by the address of a session that is not available any more, and says so: a client
    /// that gets another address at each login would use up what the user may have. Not those of `from` itself.
    fn drop_gone_sessions(&mut self, user: &Jid, from: &Jid) {
        let Some(known) = self.state.users.get(&user.bare()) else {
            return;
        };
        let mut gone = Vec::new();
        for id in known.nodes.iter() {
            let Some(node) = self.state.nodes.get(id) else {
                continue;
            };
            let addresses = node.of_user(user).filter(|(jid, subscriber)| {
                !jid.is_bare()
                    && *jid != from
                    && !self.people.is_available(jid)
                    && !subscriber.made.is_empty()
            });
            gone.extend(addresses.map(|(jid, _)| (id.clone(), jid.clone())));
        }
        for (id, jid) in gone {
            self.end_all(&id, &jid);
        }
    }

    fn subscribed(&self, id: &NodeId, jid: &Jid, made: &Subscription, configured: bool) -> PubSub {
        let mut told = shown(id, jid, made);
        if self.config.configuration == Configuration::Offered
            && self.config.has(&Feature::SUBSCRIPTION_OPTIONS)
        {
            // PS-6.1-18.
            told.options = told.options.or(Some(pubsub::SubscribeOptions::Optional));
        }
        let mut answer = PubSub::new(Child::Subscription(told));
        if let (true, Some(node)) = (configured, self.state.nodes.get(id)) {
            // PS-6.3-13: the options now in force (trap 6).
            answer.children.push(Child::Options {
                node: None,
                jid: None,
                subid: None,
                form: Some(self.options_result(node, made)),
                other: Other::new(),
            });
        }
        answer
    }
}

/// §6.1.3.11: for good or for now.
fn moved(condition: Condition, to: &str) -> StanzaError {
    let mut error = StanzaError::new(ErrorType::Modify, condition);
    error.address = Some(Box::from(to));
    error
}

/// A subscription as it is told.
pub(super) fn shown(id: &NodeId, jid: &Jid, made: &Subscription) -> pubsub::Subscription {
    let unconfigured = made.state == SubscriptionState::Unconfigured;
    pubsub::Subscription {
        node: id.shown(),
        subid: made.subid.clone(),
        // PS-6.1-15.
        options: unconfigured.then_some(pubsub::SubscribeOptions::Required),
        ..pubsub::Subscription::new(id.clone(), jid.clone(), made.state)
    }
}

/// CN-08: a second subscription of the same type to a collection, or one that another has in it already.
fn check_collection(
    node: &Node,
    made: &[Subscription],
    options: Option<&SubscribeOptions>,
) -> Result<(), StanzaError> {
    if !node.config.is_collection() {
        return Ok(());
    }
    let kind = |options: Option<&SubscribeOptions>| {
        let kind = options.and_then(|options| options.subscription_type.clone());
        kind.unwrap_or(SubscriptionType::NODES)
    };
    let wanted = kind(options);
    for known in made.iter().map(|made| kind(made.options.as_deref())) {
        if known == wanted {
            return Err(StanzaError::new(ErrorType::Cancel, Condition::CONFLICT));
        }
        if known == SubscriptionType::ALL || wanted == SubscriptionType::ALL {
            return Err(not_allowed());
        }
    }
    Ok(())
}
