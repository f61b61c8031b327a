//! Events on their way to subscribers. XEP-0060 §12.3, §12.4, §12.6 and XEP-0248 §5.3.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Service;
use super::config::{Config, Overlap};
use super::digest::Source;
use super::journal::Subscription;
use super::node::{Node, Subscriber, Way};
use super::people::People;
use crate::event::{Changes, Event, ItemChange};
use crate::form::{Depth, SubscribeOptions, SubscriptionType};
use crate::id::{NodeId, StanzaId, SubId};
use crate::jid::Jid;
use crate::ns;
use crate::pubsub;
use crate::shim::{Header, Headers};
use crate::stanza::{Message, MessageKind, Multicast, Payload, Payloads, Stanza};

/// What an event is about.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum About {
    /// Items: it has subids (§12.16), may be collected in a digest, and goes to subscriptions of type `items`.
    Items,
    /// The node: it goes to subscriptions of type `nodes` above.
    Node,
    /// The node's end: it goes to those too who still wait (PS-8.4-03).
    End,
}

/// An event and what else is said with it.
pub(super) struct Telling<'a> {
    pub(super) event: &'a Event,
    pub(super) about: About,
    /// The words for people, where somebody wants them (§12.8).
    pub(super) body: Option<String>,
    /// Whose address is for replies (§12.17).
    pub(super) reply_to: Option<Jid>,
}

impl<'a> Telling<'a> {
    pub(super) const fn new(event: &'a Event, about: About) -> Self {
        Self {
            event,
            about,
            body: None,
            reply_to: None,
        }
    }
}

/// What one address gets.
#[derive(Debug, Default)]
struct Choice {
    subids: Vec<SubId>,
    collections: Vec<NodeId>,
    body: bool,
    /// Whether something wants the event at once.
    now: bool,
    /// After how many milliseconds a digest is sent, where that is enough.
    digest: Option<u64>,
    /// The subscriptions for which that is enough.
    sources: Vec<Source>,
}

impl Service {
    /// Tells every subscriber of a node, and of the collections above it. The event is encoded once.
    pub(super) fn notify(&mut self, id: &NodeId, telling: &Telling<'_>) {
        let Some(node) = self.state.nodes.get(id) else {
            return;
        };
        // The end is told all the same: the subscriptions are over (PS-8.4-03).
        if !node.config.deliver_notifications && telling.about != About::End {
            return;
        }
        let first = self.messages;
        let kind = node.config.notification_type;
        let above = self.above(id);
        self.see_node(id);
        for (collection, _) in &above {
            self.see_node(collection);
        }
        let from = (self.config.address.clone(), self.outbox.id().clone());
        let variants = Variants::new(from, kind, telling);
        let others = self.gather(id, &above, telling);
        self.walk(id, telling, &variants, others);
        self.bounces.remember(first, self.messages, id);
        self.send_full_digests();
    }

    /// Tells the subscribers of the node in the order of their addresses, then those whom `others` adds. An address that is
    /// reached in several ways gets one event (PS-6.1-23).
    fn walk(
        &mut self,
        id: &NodeId,
        telling: &Telling<'_>,
        variants: &Variants<'_>,
        mut others: BTreeMap<Jid, Choice>,
    ) {
        let Self {
            state,
            people,
            config,
            staged,
            messages,
            digests,
            now,
            ..
        } = self;
        let Some(node) = state.nodes.get(id) else {
            return;
        };
        let plain = variants.plain();
        let by_presence = node.config.presence_based_delivery && telling.about != About::End;
        let absent = |jid: &Jid| by_presence && !people.is_available(jid);
        let mut deliver = |jid: &Jid, event: Arc<Multicast>| {
            *messages += 1;
            staged.push(event.copy(jid.clone(), *messages));
        };
        let mut choose = |jid: &Jid, choice: Choice| {
            if choice.now {
                return Some(variants.make(&choice));
            }
            if let (Some(after), Event::Items { changes, .. }) = (choice.digest, telling.event) {
                let after = config.digest_after(after);
                digests.add(*now, id, jid, changes, after, &choice.sources);
            }
            None
        };
        for (jid, subscriber) in node.subscribers.iter() {
            let other = if others.is_empty() {
                None
            } else {
                others.remove(jid)
            };
            let way = match subscriber.way() {
                _ if other.is_some() => Way::Choosy,
                Way::Silent if telling.about == About::End => Way::Plain,
                way @ (Way::Silent | Way::Plain | Way::Choosy) => way,
            };
            if way == Way::Silent || absent(jid) || covered(node, people, config, jid) {
                continue;
            }
            if way == Way::Plain {
                deliver(jid, Arc::clone(&plain));
                continue;
            }
            let mut choice = other.unwrap_or_default();
            choice.add_own((id, node), jid, subscriber, people, telling.about);
            if let Some(event) = choose(jid, choice) {
                deliver(jid, event);
            }
        }
        for (jid, choice) in others {
            if absent(&jid) || covered(node, people, config, &jid) {
                continue;
            }
            if let Some(event) = choose(&jid, choice) {
                deliver(&jid, event);
            }
        }
    }

    /// Who else gets the event: by a collection above, or by his presence.
    fn gather(
        &self,
        id: &NodeId,
        above: &[(NodeId, u64)],
        telling: &Telling<'_>,
    ) -> BTreeMap<Jid, Choice> {
        let mut choices: BTreeMap<Jid, Choice> = BTreeMap::new();
        let Some(node) = self.state.nodes.get(id) else {
            return choices;
        };
        for (collection, depth) in above {
            let Some(parent) = self.state.nodes.get(collection) else {
                continue;
            };
            for (jid, subscriber) in parent.subscribers.iter() {
                // PS-14.3-01: the leaf's access model rules.
                if self.check_retrieve(node, jid).is_ok() {
                    let choice = choices.entry(jid.clone()).or_default();
                    let place = (collection, *depth);
                    choice.add_above(place, jid, subscriber, &self.people, telling.about);
                }
            }
        }
        if self.is_account() {
            for jid in self.implied(id, node) {
                choices.entry(jid).or_default().now = true;
            }
        }
        choices
    }

    /// The collections above a node that somebody is subscribed to, with how far above.
    fn above(&self, id: &NodeId) -> Vec<(NodeId, u64)> {
        let mut found = Vec::new();
        for (collection, depth) in self.ancestors(id) {
            let node = self.state.nodes.get(&collection);
            if node.is_some_and(|node| !node.subscribers.is_empty()) {
                found.push((collection, depth));
            }
        }
        found
    }

    /// Sends a message of the service's own.
    pub(super) fn send_message(&mut self, to: Jid, kind: MessageKind, payloads: Payloads) {
        let number = self.next_number();
        let mut message = Message::new(kind, payloads);
        message.from = Some(self.config.address.clone());
        message.to = Some(to);
        message.id = Some(self.outbox.message_id(number));
        self.stage(Stanza::Message(message));
    }

    /// Tells of a subscription by an event. §12.14.
    pub(super) fn send_subscription(&mut self, to: Jid, subscription: pubsub::Subscription) {
        if !self
            .config
            .has(&crate::feature::Feature::SUBSCRIPTION_NOTIFICATIONS)
        {
            return;
        }
        let event = Event::Subscription(subscription);
        self.send_message(to, MessageKind::Headline, event.to_payload().into());
    }
}

impl Config {
    fn digest_after(&self, asked: u64) -> core::time::Duration {
        core::time::Duration::from_millis(asked).min(self.digest_frequency)
    }
}

impl Choice {
    /// What the subscriptions of an address to the node itself want.
    fn add_own(
        &mut self,
        (id, node): (&NodeId, &Node),
        jid: &Jid,
        subscriber: &Subscriber,
        people: &People,
        about: About,
    ) {
        if about == About::End {
            self.now = true;
            return;
        }
        let collection = node.config.is_collection();
        self.now |= subscriber.automatic;
        for made in subscriber.made.iter().filter(|made| made.is_live()) {
            // A leaf has items alone to tell of, whatever the type says.
            let fits = !collection || wants(made, about);
            if fits && is_wanted(made, jid, people) {
                self.add(id, made, about);
            }
        }
    }

    /// What those to a collection so far above want.
    fn add_above(
        &mut self,
        (collection, depth): (&NodeId, u64),
        jid: &Jid,
        subscriber: &Subscriber,
        people: &People,
        about: About,
    ) {
        let mut via = subscriber.automatic;
        self.now |= subscriber.automatic;
        for made in subscriber.made.iter().filter(|made| made.is_live()) {
            if reaches(made, depth) && wants(made, about) && is_wanted(made, jid, people) {
                self.add(collection, made, about);
                via = true;
            }
        }
        if via && !collection.is_root() {
            self.collections.push(collection.clone());
        }
    }

    /// `place` is what is subscribed to.
    fn add(&mut self, place: &NodeId, made: &Subscription, about: About) {
        if about == About::Items {
            self.subids.extend(made.subid.clone());
        }
        let options = made.options.as_deref();
        // PS-12.8-03: one that wants the body is enough.
        self.body |= options.is_some_and(|options| options.include_body == Some(true));
        match options.filter(|options| options.digest == Some(true)) {
            Some(options) if about == About::Items => {
                // Where nothing is said it is as long as the service collects.
                let after = options.digest_frequency.filter(|millis| *millis > 0);
                let after = after.unwrap_or(u64::MAX);
                self.digest = Some(self.digest.map_or(after, |known| known.min(after)));
                self.sources.push(Source {
                    node: place.clone(),
                    subid: made.subid.clone(),
                });
            }
            Some(_) | None => self.now = true,
        }
    }
}

/// The options that have nothing to do with collections.
fn is_wanted(made: &Subscription, jid: &Jid, people: &People) -> bool {
    made.options.as_deref().is_none_or(|options| {
        options.deliver != Some(false)
            && options
                .show_values
                .as_ref()
                .is_none_or(|wanted| people.shows(jid, wanted))
    })
}

/// CN-06: type `nodes` unless the options say more.
fn wants(made: &Subscription, about: About) -> bool {
    let options = made.options.as_deref();
    let kind = options.and_then(|options| options.subscription_type.as_ref());
    let kind = kind.unwrap_or(&SubscriptionType::NODES);
    if *kind == SubscriptionType::ALL {
        return true;
    }
    match about {
        About::Items => *kind == SubscriptionType::ITEMS,
        About::Node | About::End => *kind == SubscriptionType::NODES,
    }
}

/// CN-06: depth 1 unless the options say more.
fn reaches(made: &Subscription, depth: u64) -> bool {
    let depth_of = |options: &SubscribeOptions| options.subscription_depth;
    match made.options.as_deref().and_then(depth_of) {
        Some(Depth::All) => true,
        Some(Depth::Levels(levels)) => depth <= levels,
        None => depth <= 1,
    }
}

/// Whether this session gets the event through its user's bare address.
fn covered(node: &Node, people: &People, config: &Config, jid: &Jid) -> bool {
    config.overlap == Overlap::OncePerSession
        && !jid.is_bare()
        && people.is_reachable(jid)
        && node.subscribers.contains_key(&jid.bare())
}

/// The forms in which one event is sent: its bytes are made once.
struct Variants<'a> {
    /// The service, and what the ids of its messages begin with.
    from: (Jid, StanzaId),
    kind: MessageKind,
    event: Payload,
    telling: &'a Telling<'a>,
    plain: Arc<Multicast>,
}

impl<'a> Variants<'a> {
    fn new(from: (Jid, StanzaId), kind: MessageKind, telling: &'a Telling<'a>) -> Self {
        let event = telling.event.to_payload();
        let payloads = match &telling.reply_to {
            Some(jid) => vec![event.clone(), reply_to(jid)].into(),
            None => event.clone().into(),
        };
        let (address, id) = from.clone();
        Self {
            from,
            kind,
            event,
            telling,
            plain: Arc::new(Multicast::numbered(address, id, kind, payloads)),
        }
    }

    fn plain(&self) -> Arc<Multicast> {
        Arc::clone(&self.plain)
    }

    fn make(&self, choice: &Choice) -> Arc<Multicast> {
        let body = self.telling.body.as_deref().filter(|_| choice.body);
        if body.is_none() && choice.subids.is_empty() && choice.collections.is_empty() {
            return self.plain();
        }
        let mut payloads = Vec::new();
        payloads.extend(body.map(body_payload));
        payloads.push(self.event.clone());
        payloads.extend(self.telling.reply_to.as_ref().map(reply_to));
        payloads.extend(headers(&choice.subids, &choice.collections));
        let (address, id) = self.from.clone();
        Arc::new(Multicast::numbered(address, id, self.kind, payloads.into()))
    }
}

/// PS-7.1-14 and CN-04: the headers come last.
pub(super) fn headers(subids: &[SubId], collections: &[NodeId]) -> Option<Payload> {
    let subids = subids
        .iter()
        .map(|subid| Header::new("SubID", subid.as_str()));
    let collections = collections
        .iter()
        .map(|collection| Header::new("Collection", collection.as_str()));
    let headers: Vec<_> = subids.chain(collections).collect();
    (!headers.is_empty()).then(|| Headers::new(headers).to_payload())
}

pub(super) fn body_payload(text: &str) -> Payload {
    Payload::known(ns::CLIENT, "body", |writer| {
        writer.text_element(ns::CLIENT, "body", text);
    })
}

/// Where replies go. XEP-0060 §12.17, XEP-0033 §4.2.
fn reply_to(jid: &Jid) -> Payload {
    Payload::known(ns::ADDRESS, "addresses", |writer| {
        writer.start(ns::ADDRESS, "addresses");
        writer
            .start(ns::ADDRESS, "address")
            .attr("type", "replyto")
            .attr("jid", jid.as_str())
            .end();
        writer.end();
    })
}

/// The event of items, as the node's settings want it told. §4.3.
pub(super) fn items_event(id: &NodeId, node: &Node, items: &[pubsub::Item]) -> Event {
    if !node.config.deliver_payloads && !node.config.persist_items {
        return Event::items(id.clone(), Vec::new());
    }
    let changes = items.iter().map(|item| {
        let mut told = item.clone();
        if !node.config.deliver_payloads {
            told.payloads = Payloads::default();
        }
        ItemChange::Published(told)
    });
    Event::items(id.clone(), changes.collect::<Changes>())
}
