//! One node: its settings, who is affiliated, who is subscribed, what it keeps, and where it stands.

use std::collections::{BTreeMap, BTreeSet};

use smallvec::SmallVec;

use super::by_address::ByAddress;
use super::item::Items;
use super::journal::Subscription;
use super::models::SendLast;
use super::node_config::NodeConfig;
use crate::form::{Expire, SubscribeOptions};
use crate::id::{NodeId, SubId};
use crate::jid::Jid;
use crate::pubsub::{Affiliation, SubscriptionState};

#[derive(Debug)]
pub(super) struct Node {
    pub(super) config: NodeConfig,
    pub(super) creator: Option<Jid>,
    pub(super) created_at: i64,
    /// By bare address (PS-4.1-01). `none` has no entry.
    pub(super) affiliations: BTreeMap<Jid, Affiliation>,
    /// How many of them are owners.
    pub(super) owners: usize,
    /// By the address that is subscribed, bare or full.
    pub(super) subscribers: ByAddress<Subscriber>,
    /// How many subscriptions that were made by stanza there are.
    pub(super) subscriptions: usize,
    /// Addresses of which a subscription waits for approval.
    pub(super) pending: BTreeSet<Jid>,
    pub(super) items: Items,
    /// Whose items go when he does, by bare address.
    pub(super) publishers: BTreeSet<Jid>,
    /// When the oldest item is too old, if that is in the calendar.
    pub(super) items_due: Option<i64>,
    /// The collections that it is in. Without any it is in the root collection.
    pub(super) parents: BTreeSet<NodeId>,
    /// What a collection holds.
    pub(super) children: BTreeSet<NodeId>,
}

/// One address and its subscriptions to one node.
#[derive(Debug, Default)]
pub(super) struct Subscriber {
    /// Made by the host; the client neither sees nor ends it.
    pub(super) automatic: bool,
    /// Made by stanza: at most one without multi-subscribe.
    pub(super) made: SmallVec<[Subscription; 1]>,
    /// How much thought an event takes.
    way: Way,
}

/// How much thought an event to a subscriber takes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Way {
    /// No event is sent.
    #[default]
    Silent,
    /// Every event is sent as it is.
    Plain,
    /// Options or subids have to be looked at.
    Choosy,
}

impl Subscriber {
    pub(super) fn is_empty(&self) -> bool {
        !self.automatic && self.made.is_empty()
    }

    pub(super) const fn way(&self) -> Way {
        self.way
    }

    /// To be called after each change.
    pub(super) fn settle(&mut self) {
        let live = |made: &Subscription| made.is_live();
        self.way = if self.made.iter().any(|made| live(made) && !made.is_plain()) {
            Way::Choosy
        } else if self.automatic || self.made.iter().any(live) {
            Way::Plain
        } else {
            Way::Silent
        };
    }

    /// Puts the address of the subscriber among those who wait for approval, or takes it from them.
    pub(super) fn note_pending(&self, jid: &Jid, pending: &mut BTreeSet<Jid>) {
        let mut made = self.made.iter();
        if made.any(|made| made.state == SubscriptionState::Pending) {
            pending.insert(jid.clone());
        } else {
            pending.remove(jid);
        }
    }

    pub(super) fn position(&self, subid: Option<&SubId>) -> Option<usize> {
        self.made
            .iter()
            .position(|made| made.subid.as_ref() == subid)
    }
}

impl Subscription {
    /// Whether it brings events (PS-4.2-01, PS-4.2-03).
    pub(super) const fn is_live(&self) -> bool {
        matches!(self.state, SubscriptionState::Subscribed)
    }

    /// Whether it needs no thought when an event is sent.
    fn is_plain(&self) -> bool {
        let usual = |options: &SubscribeOptions| {
            options.deliver != Some(false)
                && options.digest != Some(true)
                && options.include_body != Some(true)
                && options.show_values.is_none()
                && options.subscription_type.is_none()
                && options.subscription_depth.is_none()
        };
        self.subid.is_none() && self.options.as_deref().is_none_or(usual)
    }

    pub(super) fn expire(&self) -> Option<Expire> {
        self.options.as_deref().and_then(|options| options.expire)
    }

    /// Whether it ends with presence, and so is not written down. XEP-0060 §12.5.
    pub(super) fn is_transient(&self) -> bool {
        self.expire() == Some(Expire::Presence)
    }

    /// The date at which it ends.
    pub(super) fn ends_at(&self) -> Option<i64> {
        match self.expire() {
            Some(Expire::At(utc)) => Some(utc),
            Some(Expire::Presence) | None => None,
        }
    }
}

impl Node {
    pub(super) fn new(config: NodeConfig, creator: Option<Jid>, created_at: i64) -> Self {
        Self {
            config,
            creator,
            created_at,
            affiliations: BTreeMap::new(),
            owners: 0,
            subscribers: ByAddress::new(),
            subscriptions: 0,
            pending: BTreeSet::new(),
            items: Items::default(),
            publishers: BTreeSet::new(),
            items_due: None,
            parents: BTreeSet::new(),
            children: BTreeSet::new(),
        }
    }

    pub(super) fn affiliation(&self, user: &Jid) -> Affiliation {
        self.affiliations
            .get(user.bare_str())
            .copied()
            .unwrap_or(Affiliation::None)
    }

    /// Every address of one user that is subscribed: the bare one, then the full ones. Found by order, not by a walk.
    pub(super) fn of_user<'a>(
        &'a self,
        user: &Jid,
    ) -> impl Iterator<Item = (&'a Jid, &'a Subscriber)> + use<'a> {
        self.subscribers.of_user(user)
    }

    /// Whether some address of the user gets events, or would if there were any.
    pub(super) fn is_subscribed(&self, user: &Jid) -> bool {
        self.of_user(user).any(|(_, subscriber)| {
            subscriber.automatic || subscriber.made.iter().any(Subscription::is_live)
        })
    }

    /// How many addresses are subscribed. Those that only wait for approval are not.
    pub(super) fn subscribed_addresses(&self) -> usize {
        let waits = |jid: &&Jid| {
            let subscriber = self.subscribers.get(jid);
            subscriber.is_some_and(|subscriber| subscriber.way() == Way::Silent)
        };
        self.subscribers.len() - self.pending.iter().filter(waits).count()
    }

    /// What an address made by stanza.
    pub(super) fn made_by(&self, jid: &Jid) -> &[Subscription] {
        let subscriber = self.subscribers.get(jid);
        subscriber.map_or(&[], |subscriber| &subscriber.made)
    }

    pub(super) fn made(&self, jid: &Jid, subid: Option<&SubId>) -> Option<&Subscription> {
        let subscriber = self.subscribers.get(jid)?;
        subscriber.made.get(subscriber.position(subid)?)
    }

    pub(super) fn owners(&self) -> impl Iterator<Item = &Jid> {
        self.with_affiliation(Affiliation::Owner)
    }

    pub(super) fn with_affiliation(&self, wanted: Affiliation) -> impl Iterator<Item = &Jid> {
        self.affiliations
            .iter()
            .filter(move |(_, affiliation)| **affiliation == wanted)
            .map(|(jid, _)| jid)
    }

    /// Whether the newest item is kept for those who come later.
    pub(super) fn keeps_last(&self) -> bool {
        self.config.send_last != SendLast::Never
    }
}
