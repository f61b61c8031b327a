//! A service in a few lines: what follows from an act, by XEP-0060 and by the decisions of the README. It knows of no
//! journal, index or queue; where the storage is asked, it is told so.

use std::collections::{BTreeMap, VecDeque};

use super::acts::{Act, Call, Request};
use super::digests::Digest;
use super::facts::{End, Facts, Item, Node, Refusal, Subscription, bare};
use super::publishing::shown_item;
use super::telling::About;

/// What somebody is told.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) to: String,
    pub(crate) is_answer: bool,
    pub(crate) text: String,
    /// The nodes of which it tells.
    pub(crate) about: Vec<String>,
    /// The number of the event, if messages that bring it can come back.
    pub(crate) event: Option<usize>,
    /// Whether it goes through all that a user has.
    pub(crate) is_list: bool,
}

/// A question to the storage that is not answered yet.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) number: u64,
    pub(crate) node: String,
    pub(crate) purpose: Purpose,
    /// The entry that must be confirmed before anybody is told of it.
    pub(crate) after: u64,
}

#[derive(Clone, Debug)]
pub(crate) enum Purpose {
    Items {
        from: String,
        id: String,
        items: Vec<Item>,
        page: String,
    },
    Last {
        to: String,
        subids: Vec<usize>,
        item: Item,
    },
}

/// A question that the service was seen to ask: number, node, items.
pub(crate) type Asked = (u64, String, Vec<String>);

#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) facts: Facts,
    /// Whether an address can have several subscriptions to a node.
    pub(crate) several: bool,
    /// Whether several items can come at once.
    pub(crate) batches: bool,
    /// Whether a publish makes its node.
    pub(crate) auto_create: bool,
    /// How many events a digest may hold.
    pub(crate) most_digest: usize,
    /// Most items in one answer.
    pub(crate) most_listed: usize,
    pub(crate) now: i64,
    pub(crate) numbers: usize,
    pub(crate) said: Vec<Said>,
    /// Whether something changed that lasts.
    pub(crate) lasting: bool,
    /// What the service was seen to ask its storage, and is not accounted for.
    pub(crate) asked: VecDeque<Asked>,
    /// The newest item of a node, where the service has what it holds at hand.
    pub(crate) at_hand: BTreeMap<String, String>,
    pub(crate) opened: Vec<Read>,
    /// What is collected, and how many of them were sent.
    pub(crate) digests: Vec<Digest>,
    pub(crate) sent_digests: usize,
    /// How often somebody was reached without a subscription.
    pub(crate) by_presence: usize,
    /// How many events there were, and the nodes of those whose messages can come back.
    pub(crate) events: usize,
    pub(crate) remembered: BTreeMap<usize, String>,
    /// How often something came back that may pass, by node and address.
    pub(crate) bounces: BTreeMap<(String, String), usize>,
    pub(crate) fault: Option<String>,
}

/// How often something may come back that may pass.
pub(crate) const MOST_BOUNCES: usize = 2;

/// How long before its end a lease is warned of.
pub(crate) const WARNING: i64 = 10_000;

pub(super) type Answer = Result<Option<String>, Refusal>;

pub(super) const MISSING: Refusal = "cancel item-not-found -";
pub(super) const FORBIDDEN: Refusal = "auth forbidden -";
pub(super) const NO_ITEMS: Refusal = "cancel feature-not-implemented unsupported persistent-items";

pub(super) fn done() -> Answer {
    Ok(Some("result".to_owned()))
}

impl Model {
    pub(crate) fn act(&mut self, act: &Act) {
        match act {
            Act::Request { from, id, request } => {
                let text = match self.request(from, id, request) {
                    Ok(None) => return,
                    Ok(Some(text)) => format!("{id} {text}"),
                    Err(refusal) => format!("{id} error {refusal}"),
                };
                let about = match request {
                    Request::Subscriptions => {
                        let made = self.facts.subscriptions.iter();
                        let own = made.filter(|made| bare(&made.jid) == bare(from));
                        own.map(|made| made.node.clone()).collect()
                    }
                    Request::Affiliations => {
                        let all = self.facts.affiliations.iter();
                        let own = all.filter(|(_, who, _)| who == bare(from));
                        own.map(|(node, ..)| node.clone()).collect()
                    }
                    _ => request.node().map(str::to_owned).into_iter().collect(),
                };
                self.answer(from, text, about);
                let is_list = matches!(request, Request::Subscriptions | Request::Affiliations);
                self.said.iter_mut().for_each(|said| said.is_list = is_list);
            }
            Act::Call(call) => self.call(call),
            Act::Bounce { message, error } => {
                let forever = matches!(error, ("cancel", _) | (_, "gone"));
                self.bounce(&message.to, message.event, forever);
            }
            Act::Nothing => {}
        }
    }

    pub(crate) fn answer(&mut self, to: &str, text: String, about: Vec<String>) {
        self.said.push(Said {
            to: to.to_owned(),
            is_answer: true,
            text,
            about,
            event: None,
            is_list: false,
        });
    }

    pub(super) fn tell(&mut self, to: &str, about: &str, text: String) {
        self.said.push(Said {
            to: to.to_owned(),
            is_answer: false,
            text,
            about: vec![about.to_owned()],
            event: None,
            is_list: false,
        });
    }

    /// Leases that end, or will soon, and items that are too old.
    pub(crate) fn time(&mut self, now: i64) {
        self.now = now;
        for made in self.facts.subscriptions.clone() {
            if made.warning.is_some_and(|at| at <= now) {
                for known in &mut self.facts.subscriptions {
                    if known.number == made.number {
                        known.warning = None;
                    }
                }
                let text = self.shown(
                    &made,
                    if made.pending {
                        "pending"
                    } else {
                        "subscribed"
                    },
                );
                self.tell(&made.jid, &made.node, format!("{text} expires"));
            }
        }
        for made in self.facts.subscriptions.clone() {
            if matches!(made.options.end, Some(End::At(end)) if end <= now) {
                self.end(&made);
            }
        }
        for node in self.facts.nodes.clone() {
            let Some(expire) = node.settings.item_expire() else {
                continue;
            };
            let old = self.facts.items_of(&node.name).into_iter();
            let old = old.filter(|item| item.at + expire <= now);
            self.remove(&node.name, &old.map(|item| item.id).collect::<Vec<_>>());
        }
        self.send_digests(|digest| digest.due <= now);
    }

    /// The storage answered: these of the items are there, or it failed.
    pub(crate) fn read(&mut self, read: Read, found: Option<&[String]>) {
        match read.purpose {
            Purpose::Items {
                from,
                id,
                items,
                page,
            } => {
                let text = match (found, self.facts.node(&read.node).cloned()) {
                    (None, _) => format!("{id} error wait internal-server-error -"),
                    (Some(_), None) => format!("{id} error {MISSING}"),
                    (Some(found), Some(node)) => {
                        let items = items.iter().filter(|item| found.contains(&item.id));
                        let items: Vec<String> =
                            items.map(|item| shown_item(&node, item, true)).collect();
                        let words = [format!("{id} items {}", read.node)];
                        let words = words.into_iter().chain(items);
                        let words = words.chain((!page.is_empty()).then_some(page));
                        words.collect::<Vec<_>>().join(" ")
                    }
                };
                self.answer(&from, text, vec![read.node]);
            }
            Purpose::Last { to, subids, item } => {
                let there = found.is_some_and(|found| found.contains(&item.id));
                if let (true, Some(node)) = (there, self.facts.node(&read.node).cloned()) {
                    self.tell_last(&node, &to, &subids, &item);
                }
            }
        }
    }

    fn request(&mut self, from: &str, id: &str, request: &Request) -> Answer {
        match request {
            Request::Ping => done(),
            Request::Create {
                node,
                fields,
                parent,
            } => self.create(from, node, fields, parent.as_deref()),
            Request::Delete { node, redirect } => {
                self.owned(from, node)?;
                self.delete(node, redirect.as_deref());
                done()
            }
            Request::Configure { node, field, value } => {
                let known = self.owned(from, node)?;
                let mut settings = known.settings.clone();
                settings.set(field, value);
                self.configure(&known, settings);
                done()
            }
            Request::Subscribe { node, jid, options } => self.subscribe(from, node, jid, options),
            Request::Unsubscribe { node, jid, subid } => {
                self.unsubscribe(from, node, jid, subid.as_ref())
            }
            Request::Publish { node, items } => self.publish(from, node, items),
            Request::Retract {
                node,
                items,
                notify,
            } => self.retract(from, node, items, *notify),
            Request::Purge { node } => self.purge(from, node),
            Request::Items { node, which } => self.items(from, id, node, which),
            Request::Affiliate {
                node,
                user,
                affiliation,
            } => self.set_affiliation(from, node, user, affiliation),
            Request::Decide { node, jid, state } => self.decide(from, node, jid, state),
            Request::Subscriptions => {
                let mut own: Vec<_> = self.facts.subscriptions.clone();
                own.retain(|made| bare(&made.jid) == bare(from));
                own.sort_by(|one, other| (&one.node, &one.jid).cmp(&(&other.node, &other.jid)));
                Ok(Some(self.list("subscriptions", &own)))
            }
            Request::Affiliations => {
                let mut own = self.facts.affiliations.clone();
                own.retain(|(_, who, _)| who == bare(from));
                own.sort();
                let own = own
                    .iter()
                    .map(|(node, _, affiliation)| format!(" {node} {affiliation}"));
                Ok(Some(format!("affiliations{}", own.collect::<String>())))
            }
            Request::Subscribers { node } => {
                self.owned(from, node)?;
                let mut all = self.facts.subscriptions.clone();
                all.retain(|made| made.node == *node && !made.pending);
                all.sort_by(|one, other| one.jid.cmp(&other.jid));
                Ok(Some(self.list("subscribers", &all)))
            }
            Request::Affiliated { node } => {
                self.owned(from, node)?;
                let mut all = self.facts.affiliations.clone();
                all.retain(|(of, ..)| of == node);
                all.sort();
                let all = all
                    .iter()
                    .map(|(_, who, affiliation)| format!(" {who} {affiliation}"));
                Ok(Some(format!("affiliated{}", all.collect::<String>())))
            }
        }
    }

    fn list(&self, name: &str, all: &[Subscription]) -> String {
        let entries = all.iter().map(|made| {
            let state = if made.pending {
                "pending"
            } else {
                "subscribed"
            };
            let node = if name == "subscriptions" {
                made.node.as_str()
            } else {
                "-"
            };
            format!(" {node} {} {state}{}", made.jid, self.subid(made.number))
        });
        format!("{name}{}", entries.collect::<String>())
    }

    pub(super) fn subid(&self, number: usize) -> String {
        if self.several {
            format!(" #{number}")
        } else {
            String::new()
        }
    }

    pub(super) fn shown(&self, made: &Subscription, state: &str) -> String {
        let subid = self.subid(made.number);
        format!("subscription {} {} {state}{subid}", made.node, made.jid)
    }

    pub(super) fn existing(&self, node: &str) -> Result<Node, Refusal> {
        self.facts.node(node).cloned().ok_or(MISSING)
    }

    pub(super) fn owned(&self, from: &str, node: &str) -> Result<Node, Refusal> {
        let known = self.existing(node)?;
        if self.facts.owns(node, from) {
            Ok(known)
        } else {
            Err(FORBIDDEN)
        }
    }

    fn call(&mut self, call: &Call) {
        match call {
            Call::Publish { node, id, payload } => {
                if let Some(node) = self.facts.node(node).cloned() {
                    let item = (id.clone(), payload.clone());
                    self.keep_and_tell(&node, "host@d.lit", &[item]);
                }
            }
            Call::Delete { node } => self.delete(node, None),
            Call::Presence { session, online } => self.presence(session, *online),
            Call::Contact {
                account,
                user,
                fact,
            } => self.contact(account, user, *fact),
            Call::Interests { session, nodes } => self.interests(session, nodes),
            Call::Automatic { node, jid, on } => {
                let all = &mut self.facts.automatic;
                all.retain(|(of, who)| of != node || who != jid);
                if *on && self.facts.nodes.iter().any(|known| known.name == *node) {
                    all.push((node.clone(), jid.clone()));
                }
            }
            Call::Everywhere { user, affiliation } => {
                if self.facts.everywhere(user) == *affiliation {
                    return;
                }
                self.lasting = true;
                let all = &mut self.facts.everywhere;
                all.retain(|(who, _)| who != user);
                if *affiliation != "none" {
                    all.push((user.clone(), (*affiliation).to_owned()));
                }
                self.reassess_everywhere(user);
            }
            Call::Associate {
                collection,
                node,
                on: true,
            } => self.associate(collection, node),
            Call::Associate {
                collection,
                node,
                on: false,
            } => {
                let known = self
                    .facts
                    .nodes
                    .iter_mut()
                    .find(|known| known.name == *node);
                let Some(known) = known.filter(|known| known.parents.contains(collection)) else {
                    return;
                };
                known.parents.retain(|parent| parent != collection);
                self.lasting = true;
                self.event(
                    collection,
                    About::Node,
                    &format!("collection {collection} -{node}"),
                );
            }
        }
    }

    /// §12.4: a message comes back from whom it was sent to.
    fn bounce(&mut self, from: &str, event: usize, forever: bool) {
        let Some(node) = self.remembered.get(&event).cloned() else {
            return;
        };
        let above = self.facts.above(&node).into_iter();
        let mut places: Vec<String> = above.map(|(collection, _)| collection).collect();
        places.push(node);
        places.retain(|place| !self.facts.made(place, from).is_empty());
        for place in places {
            let count = self
                .bounces
                .entry((place.clone(), from.to_owned()))
                .or_default();
            *count += 1;
            if forever || *count >= MOST_BOUNCES {
                for made in self.facts.made(&place, from) {
                    self.end(&made);
                }
            }
        }
    }

    fn reassess_everywhere(&mut self, user: &str) {
        for node in self.facts.nodes.clone() {
            self.reassess(&node.name, Some(user));
        }
    }

    fn contact(&mut self, account: &str, user: &str, fact: Option<(bool, bool)>) {
        let all = &mut self.facts.contacts;
        let known = all
            .iter()
            .find(|known| known.account == account && known.user == user);
        if known.map(|known| (known.sees_presence, known.friend)) == fact {
            return;
        }
        let before: Vec<_> = self
            .facts
            .nodes
            .iter()
            .map(|node| (node.name.clone(), self.facts.implied(node)))
            .collect();
        let all = &mut self.facts.contacts;
        all.retain(|known| known.account != account || known.user != user);
        if let Some((sees_presence, friend)) = fact {
            all.push(super::facts::Contact {
                account: account.to_owned(),
                user: user.to_owned(),
                sees_presence,
                friend,
            });
        }
        self.reassess_everywhere(user);
        for (name, had) in before {
            let node = self.facts.node(&name).cloned().unwrap();
            for session in self.facts.implied(&node) {
                if !had.contains(&session) {
                    self.last_by_presence(&node, &session);
                }
            }
        }
    }

    fn interests(&mut self, session: &str, nodes: &[String]) {
        if !self.facts.is_online(session) {
            return;
        }
        let nodes = &nodes[..nodes.len().min(self.most_listed)];
        let (own, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.facts.interests)
            .into_iter()
            .partition(|(of, _)| of == session);
        self.facts.interests = others;
        let new = nodes.iter().map(|name| (session.to_owned(), name.clone()));
        self.facts.interests.extend(new);
        for name in nodes {
            let known = own.iter().any(|(_, known)| known == name);
            let node = self.facts.node(name).cloned();
            if let Some(node) = node.filter(|_| !known)
                && self.facts.gets_by_presence(&node, session)
            {
                self.last_by_presence(&node, session);
            }
        }
    }

    fn presence(&mut self, session: &str, online: bool) {
        let was = self.facts.online.iter().any(|known| known == session);
        if was == online {
            return;
        }
        let user = bare(session);
        if online {
            self.facts.online.push(session.to_owned());
            for node in self.facts.nodes.clone() {
                self.last_on_presence(&node, session);
            }
            return;
        }
        self.facts.online.retain(|known| known != session);
        self.facts.interests.retain(|(known, _)| known != session);
        let last = !self.facts.is_online(user);
        for made in self.facts.subscriptions.clone() {
            if made.is_transient() && (made.jid == session || (last && made.jid == user)) {
                self.end(&made);
            }
        }
        for node in self.facts.nodes.clone() {
            if last && node.settings.is("purge_offline") {
                let own = self.facts.items_of(&node.name).into_iter();
                let own = own.filter(|item| item.publisher == user);
                let own: Vec<_> = own.map(|item| item.id).collect();
                self.remove(&node.name, &own);
                if node.settings.is("notify_retract") {
                    self.retracted(&node.name, &own);
                }
            }
        }
    }
}
