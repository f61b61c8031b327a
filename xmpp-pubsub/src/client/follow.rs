//! Subscriptions that outlive a connection.
//!
//! ```text
//!            connected                subscribed              items, or none asked
//!  Waiting ────────────▶ Queued ───────────────▶ Recovering ──────────────────────▶ Active
//!     ▲                                                                               │
//!     └─────────────────────────────── connection_lost ───────────────────────────────┘
//! ```
//!
//! Events that come while items are fetched wait for them, so that what was missed is told first.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::PubSub;
use super::event::{Event, Failure, Notification, Origin, Outcome};
use super::items::newest_items;
use super::request::{FollowStep, Kind, RequestId};
use super::seen::Seen;
use super::subscriber::{subscribe_content, subscriptions_content, unsubscribe_content};
use crate::event::{Event as PubSubEvent, ItemChange};
use crate::form::SubscribeOptions;
use crate::id::{NodeId, SubId};
use crate::jid::Jid;
use crate::pubsub::{Item, Subscription, SubscriptionState};

/// Which address of this user's is subscribed.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Address {
    /// The bare one: the subscription is the user's, and outlives the session.
    Bare,
    /// The full one, as it is in each session.
    Full,
}

/// How a node is followed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Follow {
    /// Which address is subscribed.
    pub address: Address,
    /// Options of the subscription, if the defaults will not do.
    pub options: Option<SubscribeOptions>,
    /// After a reconnect, so many of the newest items are fetched to find what was missed. At most as many as
    /// [`Config::remembered`](super::Config::remembered) are of use. 0 for a node that keeps no items: what was missed cannot
    /// be known then.
    pub recover: u64,
}

impl Default for Follow {
    /// The bare address, and the newest 50 items.
    fn default() -> Self {
        Self {
            address: Address::Bare,
            options: None,
            recover: 50,
        }
    }
}

/// Why events may be missing.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Gap {
    /// The node keeps no items, or none any more, that could tell.
    NotKept,
    /// None of the items that were fetched was seen before: there may have been more between.
    TooMany,
    /// The items could not be fetched.
    Failed(Failure),
}

/// Names a followed node.
pub(super) type FollowKey = (NodeId, Address);

#[derive(Debug)]
pub(super) struct Followed {
    how: Follow,
    state: State,
    /// As the service has it.
    subscription: Option<(Jid, Option<SubId>)>,
    seen: Seen,
    /// Whether it was subscribed to before, so that something can be missing.
    is_known: bool,
    held: VecDeque<Notification>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Waiting,
    Queued,
    Recovering,
    Active,
}

/// All that is followed.
#[derive(Debug, Default)]
pub(super) struct Follows {
    nodes: BTreeMap<FollowKey, Followed>,
    /// What is to be asked, in turn.
    queue: VecDeque<FollowStep>,
    under_way: usize,
    /// How many ends of subscriptions are awaited, once the application leaves.
    leaving: Option<usize>,
    left_behind: usize,
}

impl Follows {
    pub(super) const fn new() -> Self {
        Self {
            nodes: BTreeMap::new(),
            queue: VecDeque::new(),
            under_way: 0,
            leaving: None,
            left_behind: 0,
        }
    }
}

impl PubSub {
    /// Keeps a subscription: it is made now, or as soon as [`connected`](Self::connected), and again after each
    /// reconnect, where the service has it no more. After a reconnect the items of the node are compared with those that were
    /// seen: the ones that were missed come as notifications with [`Origin::Recovered`], those that come twice are
    /// dropped, and where it cannot be known whether something is missing there is an [`Event::PossibleGap`]. What was
    /// retracted meanwhile is not told.
    ///
    /// A node that is followed already keeps what was seen of it.
    pub fn follow(&mut self, now: Duration, node: &NodeId, how: Follow) {
        let key = (node.clone(), how.address);
        if let Some(followed) = self.follows.nodes.get_mut(&key) {
            followed.how = how;
            return;
        }
        let followed = Followed {
            how,
            state: State::Waiting,
            subscription: None,
            seen: Seen::default(),
            is_known: false,
            held: VecDeque::new(),
        };
        self.follows.nodes.insert(key.clone(), followed);
        if self.own.is_some() && self.follows.leaving.is_none() {
            self.enqueue_subscribe(&key);
            self.pump_follows(now);
        }
    }

    /// Follows a node no more, and ends the subscription. `None` if it was not subscribed to.
    pub fn unfollow(
        &mut self,
        now: Duration,
        node: &NodeId,
        address: Address,
    ) -> Option<RequestId> {
        let followed = self.forget(&(node.clone(), address))?;
        let (jid, subid) = followed.subscription?;
        self.own.as_ref()?;
        Some(self.unsubscribe(now, node, jid, subid))
    }

    /// There is a session, with this address: what is followed is subscribed to again.
    pub fn connected(&mut self, now: Duration, own: &Jid) {
        self.own = Some(own.clone());
        self.follows.leaving = None;
        if self.follows.nodes.is_empty() {
            return;
        }
        // What is there already needs no second subscription, which would be one with a subid of its own.
        let step = FollowStep::List;
        self.follows.under_way += 1;
        self.request(now, Kind::Follow(step), subscriptions_content(None));
    }

    /// Ends all subscriptions that are followed, before the application exits. [`Event::Left`] says when the session can be
    /// closed. They are followed no more.
    pub fn leave(&mut self, now: Duration) {
        self.follows.queue.clear();
        let mut subscriptions = Vec::new();
        for ((node, _), mut followed) in core::mem::take(&mut self.follows.nodes) {
            self.release(&mut followed);
            subscriptions.extend(followed.subscription.map(|(jid, subid)| (node, jid, subid)));
        }
        if subscriptions.is_empty() || self.own.is_none() {
            let remaining = subscriptions.len();
            return self.events.push_back(Event::Left { remaining });
        }
        self.follows.leaving = Some(subscriptions.len());
        self.follows.left_behind = 0;
        for (node, jid, subid) in subscriptions {
            let content = unsubscribe_content(Some(&node), jid, subid);
            self.request(now, Kind::Follow(FollowStep::Unsubscribe), content);
        }
    }

    /// Which nodes are followed, and how.
    pub fn followed(&self) -> impl Iterator<Item = (&NodeId, &Follow)> {
        let nodes = self.follows.nodes.iter();
        nodes.map(|((node, _), followed)| (node, &followed.how))
    }

    pub(super) fn follows_lost(&mut self) {
        self.follows.queue.clear();
        self.follows.under_way = 0;
        let mut nodes = core::mem::take(&mut self.follows.nodes);
        for followed in nodes.values_mut() {
            self.release(followed);
            followed.state = State::Waiting;
        }
        self.follows.nodes = nodes;
        if let Some(remaining) = self.follows.leaving.take() {
            let remaining = remaining + self.follows.left_behind;
            self.events.push_back(Event::Left { remaining });
        }
    }

    /// Takes the outcome of a request that keeps subscriptions alive.
    pub(super) fn on_follow_step(
        &mut self,
        now: Duration,
        step: FollowStep,
        outcome: Result<Outcome, Failure>,
    ) {
        if step != FollowStep::Unsubscribe {
            self.follows.under_way = self.follows.under_way.saturating_sub(1);
        }
        match step {
            FollowStep::List => self.on_list(match outcome {
                Ok(Outcome::Subscriptions(entries)) => entries,
                // A service that cannot tell is asked to subscribe all the same.
                Ok(_) | Err(_) => Vec::new(),
            }),
            FollowStep::Subscribe(key) => match outcome {
                Ok(Outcome::Subscribed(subscription)) => self.on_subscribed(&key, subscription),
                Ok(_) => self.end_follow(&key, Some(Failure::Unreadable)),
                Err(failure) => self.end_follow(&key, Some(failure)),
            },
            FollowStep::Items(key) => self.on_recovered(
                &key,
                match outcome {
                    Ok(Outcome::Items(items)) => Ok(items),
                    Ok(_) => Err(Failure::Unreadable),
                    Err(failure) => Err(failure),
                },
            ),
            FollowStep::Unsubscribe => {
                if outcome.is_err() {
                    self.follows.left_behind += 1;
                }
                let remaining = self.follows.left_behind;
                if let Some(awaited) = &mut self.follows.leaving {
                    *awaited = awaited.saturating_sub(1);
                    if *awaited == 0 {
                        self.follows.leaving = None;
                        self.events.push_back(Event::Left { remaining });
                    }
                }
            }
        }
        self.pump_follows(now);
    }

    /// Sends what is next, as long as not too much is under way.
    pub(super) fn pump_follows(&mut self, now: Duration) {
        while self.follows.under_way < self.config.follow_window.max(1)
            && self.requests.len() < self.config.max_open
        {
            let Some(step) = self.follows.queue.pop_front() else {
                return;
            };
            let content = match &step {
                FollowStep::Subscribe(key) => {
                    match (self.follows.nodes.get(key), self.address(key.1)) {
                        (Some(followed), Some(jid)) => {
                            subscribe_content(Some(&key.0), jid, followed.how.options.as_ref())
                        }
                        _ => continue,
                    }
                }
                FollowStep::Items(key) => match self.follows.nodes.get(key) {
                    Some(followed) => newest_items(&key.0, Some(followed.how.recover)),
                    None => continue,
                },
                FollowStep::List | FollowStep::Unsubscribe => continue,
            };
            self.follows.under_way += 1;
            self.request(now, Kind::Follow(step), content);
        }
    }

    /// Takes an event of the service, tells it, or holds it back.
    pub(super) fn on_notification(&mut self, now: Duration, mut notification: Notification) {
        if let PubSubEvent::Subscription(subscription) = &notification.event {
            let subscription = subscription.clone();
            self.events.push_back(Event::Notification(notification));
            return self.on_subscription_event(now, subscription);
        }
        let Some(key) = self.key_of(&notification) else {
            return self.events.push_back(Event::Notification(notification));
        };
        let most = self.config.remembered;
        let max_held = self.config.max_held;
        let Some(followed) = self.follows.nodes.get_mut(&key) else {
            return;
        };
        if matches!(notification.event, PubSubEvent::Delete { .. }) {
            self.forget(&key);
            self.events.push_back(Event::Notification(notification));
            let node = key.0;
            let failure = None;
            return self.events.push_back(Event::FollowEnded { node, failure });
        }
        if followed.state == State::Recovering && followed.held.len() < max_held {
            return followed.held.push_back(notification);
        }
        // An old item, such as the last one that comes with a subscription.
        let is_late = notification.delay.is_some();
        if is_late && !drop_known(&mut notification, &followed.seen) {
            return;
        }
        remember(&notification, &mut followed.seen, most);
        self.events.push_back(Event::Notification(notification));
    }

    fn on_list(&mut self, entries: Vec<Subscription>) {
        let mut there: BTreeMap<(NodeId, Jid), Subscription> = BTreeMap::new();
        for entry in entries {
            let is_alive = matches!(
                entry.state,
                Some(SubscriptionState::Subscribed | SubscriptionState::Pending)
            );
            if let (Some(node), true) = (&entry.node, is_alive) {
                there
                    .entry((node.clone(), entry.jid.clone()))
                    .or_insert(entry);
            }
        }
        let keys: Vec<FollowKey> = self.follows.nodes.keys().cloned().collect();
        for key in keys {
            let found = self
                .address(key.1)
                .and_then(|jid| there.remove(&(key.0.clone(), jid)));
            match found {
                Some(subscription) => self.on_subscribed(&key, Some(subscription)),
                None => self.enqueue_subscribe(&key),
            }
        }
    }

    fn enqueue_subscribe(&mut self, key: &FollowKey) {
        if let Some(followed) = self.follows.nodes.get_mut(key) {
            followed.state = State::Queued;
            self.follows
                .queue
                .push_back(FollowStep::Subscribe(key.clone()));
        }
    }

    fn on_subscribed(&mut self, key: &FollowKey, subscription: Option<Subscription>) {
        let address = self.address(key.1);
        let Some(followed) = self.follows.nodes.get_mut(key) else {
            return;
        };
        let named = subscription
            .as_ref()
            .map(|subscription| (subscription.jid.clone(), subscription.subid.clone()));
        followed.subscription = named.or_else(|| address.map(|jid| (jid, None)));
        let state = subscription
            .as_ref()
            .and_then(|subscription| subscription.state);
        self.events.push_back(Event::Followed {
            node: key.0.clone(),
            subscription,
        });
        if matches!(
            state,
            Some(SubscriptionState::Pending | SubscriptionState::Unconfigured)
        ) {
            followed.state = State::Active;
        } else if followed.how.recover > 0 {
            followed.state = State::Recovering;
            self.follows.queue.push_back(FollowStep::Items(key.clone()));
        } else {
            followed.state = State::Active;
            if core::mem::replace(&mut followed.is_known, true) {
                self.tell_gap(key, Gap::NotKept);
            }
        }
    }

    /// The items that the node keeps, against those that were seen.
    fn on_recovered(&mut self, key: &FollowKey, items: Result<Vec<Item>, Failure>) {
        let most = self.config.remembered;
        let own = self.address(key.1);
        let Some(mut followed) = self.follows.nodes.remove(key) else {
            return;
        };
        let was_known = core::mem::replace(&mut followed.is_known, true);
        match items {
            // The first time: nothing was missed, and this is what will be known from now on.
            Ok(items) if !was_known => {
                for item in &items {
                    followed.seen.insert(item, most);
                }
                followed.state = State::Active;
                while let Some(notification) = followed.held.pop_front() {
                    remember(&notification, &mut followed.seen, most);
                    self.events.push_back(Event::Notification(notification));
                }
            }
            Ok(items) => {
                let overlaps = items
                    .iter()
                    .any(|item| item.id.as_ref().is_some_and(|id| followed.seen.has(id)));
                if !overlaps {
                    let is_full =
                        u64::try_from(items.len()).is_ok_and(|len| len >= followed.how.recover);
                    // A node of which nothing was ever seen, and that has room for more, has all there was.
                    if is_full {
                        self.tell_gap(key, Gap::TooMany);
                    } else if !followed.seen.is_empty() {
                        self.tell_gap(key, Gap::NotKept);
                    }
                }
                let missed: Vec<ItemChange> = items
                    .into_iter()
                    .filter(|item| !followed.seen.knows(item))
                    .map(ItemChange::Published)
                    .collect();
                if !missed.is_empty() {
                    let notification = Notification {
                        to: own,
                        event: PubSubEvent::items(key.0.clone(), missed),
                        delay: None,
                        origin: Origin::Recovered,
                    };
                    remember(&notification, &mut followed.seen, most);
                    self.events.push_back(Event::Notification(notification));
                }
                self.release(&mut followed);
            }
            Err(failure) => {
                if was_known {
                    self.tell_gap(key, Gap::Failed(failure));
                }
                self.release(&mut followed);
            }
        }
        followed.state = State::Active;
        self.follows.nodes.insert(key.clone(), followed);
    }

    /// Tells what was held back, without what is known by now.
    fn release(&mut self, followed: &mut Followed) {
        while let Some(mut notification) = followed.held.pop_front() {
            if drop_known(&mut notification, &followed.seen) {
                remember(&notification, &mut followed.seen, self.config.remembered);
                self.events.push_back(Event::Notification(notification));
            }
        }
    }

    fn on_subscription_event(&mut self, now: Duration, subscription: Subscription) {
        let Some(node) = subscription.node.clone() else {
            return;
        };
        let keys = [(node.clone(), Address::Bare), (node, Address::Full)];
        let key = keys.into_iter().find(|key| {
            self.follows.nodes.contains_key(key)
                && self.address(key.1).as_ref() == Some(&subscription.jid)
        });
        let Some(key) = key else {
            return;
        };
        match subscription.state {
            Some(SubscriptionState::None) => self.end_follow(&key, None),
            Some(SubscriptionState::Subscribed) => {
                let is_waiting =
                    self.follows.nodes.get(&key).is_some_and(|followed| {
                        followed.state == State::Active && !followed.is_known
                    });
                if is_waiting {
                    self.on_subscribed(&key, Some(subscription));
                    self.pump_follows(now);
                }
            }
            Some(SubscriptionState::Pending | SubscriptionState::Unconfigured) | None => {}
        }
    }

    fn end_follow(&mut self, key: &FollowKey, failure: Option<Failure>) {
        // An answer that never came says nothing about the subscription.
        if matches!(failure, Some(Failure::Timeout | Failure::TooManyOpen)) {
            return self.enqueue_subscribe(key);
        }
        if self.forget(key).is_some() {
            let node = key.0.clone();
            self.events.push_back(Event::FollowEnded { node, failure });
        }
    }

    fn forget(&mut self, key: &FollowKey) -> Option<Followed> {
        let mut followed = self.follows.nodes.remove(key)?;
        self.release(&mut followed);
        Some(followed)
    }

    fn tell_gap(&mut self, key: &FollowKey, reason: Gap) {
        let node = key.0.clone();
        self.events.push_back(Event::PossibleGap { node, reason });
    }

    fn address(&self, address: Address) -> Option<Jid> {
        let own = self.own.as_ref()?;
        Some(match address {
            Address::Bare => own.bare(),
            Address::Full => own.clone(),
        })
    }

    /// Which of the followed nodes an event is of. Addressed to the session it is of the full address, if that is followed.
    fn key_of(&self, notification: &Notification) -> Option<FollowKey> {
        let node = match &notification.event {
            PubSubEvent::Items { node, .. }
            | PubSubEvent::Purge { node, .. }
            | PubSubEvent::Delete { node, .. } => node,
            PubSubEvent::Collection { .. }
            | PubSubEvent::Configuration { .. }
            | PubSubEvent::Subscription(_)
            | PubSubEvent::Other(_) => return None,
        };
        let bare = (node.clone(), Address::Bare);
        let full = (node.clone(), Address::Full);
        let is_for_session = notification.to.as_ref().is_some_and(|to| !to.is_bare());
        let order = if is_for_session {
            [full, bare]
        } else {
            [bare, full]
        };
        order
            .into_iter()
            .find(|key| self.follows.nodes.contains_key(key))
    }
}

/// Takes items out of an event that are known; whether anything is left.
fn drop_known(notification: &mut Notification, seen: &Seen) -> bool {
    let PubSubEvent::Items { changes, .. } = &mut notification.event else {
        return true;
    };
    if changes.is_empty() {
        return true;
    }
    changes.retain(|change| match change {
        ItemChange::Published(item) => !seen.knows(item),
        ItemChange::Retracted(_) => true,
    });
    !changes.is_empty()
}

fn remember(notification: &Notification, seen: &mut Seen, most: usize) {
    if let PubSubEvent::Items { changes, .. } = &notification.event {
        for change in changes {
            match change {
                ItemChange::Published(item) => seen.insert(item, most),
                ItemChange::Retracted(id) => seen.remove(id),
            }
        }
    }
}
