//! Whom events reach. XEP-0060 §4.3, §6.1.7 and §12.3, XEP-0248 §5.3 and §6.1.

use super::digests::Choice;
use super::facts::{Item, Node, Subscription, bare};
use super::model::{Model, Purpose};
use super::publishing::shown_item;

/// What an event is about.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum About {
    Items,
    Node,
    End,
}

impl Model {
    /// §6.1.7: once for an address.
    pub(super) fn last_on_subscribing(&mut self, made: &Subscription) {
        let Some(node) = self.facts.node(&made.node).cloned() else {
            return;
        };
        let mut others = self.facts.made(&made.node, &made.jid);
        others.retain(|other| other.number != made.number && !other.pending);
        if others.is_empty() && node.settings.get("send_last_published_item") != "never" {
            self.last(&node, &made.jid, vec![made.number]);
        }
    }

    /// §4.3: what is for the session, or for its bare address.
    pub(super) fn last_on_presence(&mut self, node: &Node, session: &str) {
        if node.settings.get("send_last_published_item") != "on_sub_and_presence" {
            return;
        }
        let his = |jid: &str| jid == session || jid == bare(session);
        let made = self.facts.made_by(&node.name, session).into_iter();
        let made: Vec<_> = made
            .filter(|made| his(&made.jid) && !made.pending)
            .collect();
        let wants = made.iter().any(|made| made.options.deliver != Some(false))
            || self
                .facts
                .automatic
                .iter()
                .any(|(of, jid)| *of == node.name && his(jid));
        if wants {
            self.last(node, session, made.iter().map(|made| made.number).collect());
        }
    }

    /// §4.3 and XEP-0163: what is wanted by capabilities.
    pub(super) fn last_by_presence(&mut self, node: &Node, session: &str) {
        if node.settings.get("send_last_published_item") == "on_sub_and_presence" {
            self.by_presence += 1;
            self.last(node, session, Vec::new());
        }
    }

    pub(super) fn last(&mut self, node: &Node, to: &str, subids: Vec<usize>) {
        if !node.settings.is("deliver_notifications") || node.settings.is_collection() {
            return;
        }
        let newest = self.facts.items_of(&node.name).into_iter().next_back();
        let unkept = self.facts.unkept.iter().find(|item| item.node == node.name);
        if let Some(item) = newest {
            let purpose = Purpose::Last {
                to: to.to_owned(),
                subids: subids.clone(),
                item: item.clone(),
            };
            if self.at_hand.get(&node.name) == Some(&item.id) {
                self.tell_last(node, to, &subids, &item);
            } else if !self.open(&node.name, core::slice::from_ref(&item.id), purpose) {
                self.fault = Some(format!(
                    "the storage is not asked for the last of {}",
                    node.name
                ));
            }
        } else if let Some(item) = unkept.cloned() {
            self.tell_last(node, to, &subids, &item);
        }
    }

    pub(super) fn tell_last(&mut self, node: &Node, to: &str, subids: &[usize], item: &Item) {
        let settings = &node.settings;
        let payloads = settings.is("deliver_payloads");
        let shown = if payloads || settings.is("persist_items") {
            format!(" {}", shown_item(node, item, payloads))
        } else {
            String::new()
        };
        let subids: String = subids.iter().map(|number| self.subid(*number)).collect();
        let text = format!("last items {}{shown}{subids}", node.name);
        let number = self.next_event(&node.name);
        self.tell_event(to, &node.name, text, number);
    }

    /// Tells everybody whom an event of a node reaches. §12.3, XEP-0248 §5.3.
    pub(super) fn event(&mut self, name: &str, about: About, text: &str) {
        let Some(node) = self.facts.node(name).cloned() else {
            return;
        };
        // That all subscriptions are over is told even where events are not.
        if !node.settings.is("deliver_notifications") && about != About::End {
            return;
        }
        let above = self.facts.above(name);
        let mut places = above.clone();
        places.push((name.to_owned(), 0));
        let mut addresses: Vec<String> = Vec::new();
        for (place, _) in &places {
            let made = self.facts.subscriptions.iter();
            let made = made
                .filter(|made| made.node == *place)
                .map(|made| made.jid.clone());
            addresses.extend(made);
            let automatic = self.facts.automatic.iter();
            let automatic = automatic
                .filter(|(of, _)| of == place)
                .map(|(_, jid)| jid.clone());
            addresses.extend(automatic);
        }
        let implied = self.facts.implied(&node);
        addresses.extend(implied.iter().cloned());
        addresses.sort();
        addresses.dedup();
        let number = self.next_event(name);
        for jid in addresses {
            let by_presence = node.settings.is("presence_based_delivery") && about != About::End;
            if by_presence && !self.facts.is_online(&jid) {
                continue;
            }
            let mut reached = implied.contains(&jid);
            let mut choice = Choice::new(reached);
            self.by_presence += usize::from(reached);
            let (mut subids, mut via) = (String::new(), String::new());
            for (place, depth) in &places {
                let own = place == name;
                if !own && self.facts.may_retrieve(&node, &jid).is_err() {
                    continue;
                }
                let mut automatic = self.facts.automatic.iter();
                let mut here = automatic.any(|(of, who)| of == place && *who == jid);
                choice.now |= here;
                for made in self.facts.made(place, &jid) {
                    let kind = made.options.kind.as_deref().unwrap_or("nodes");
                    let kind = kind == "all" || (kind == "items") == (about == About::Items);
                    let fits = match own {
                        true if about == About::End => true,
                        true => !made.pending && (kind || !node.settings.is_collection()),
                        false => !made.pending && kind && (*depth == 1 || made.options.all_levels),
                    };
                    let wanted =
                        made.options.deliver != Some(false) || (own && about == About::End);
                    if fits && wanted {
                        here = true;
                        if about == About::Items {
                            subids.push_str(&self.subid(made.number));
                        }
                        choice.add(place, &made, about);
                    }
                }
                if here && !own {
                    via.push_str(&format!(" via {place}"));
                }
                reached |= here;
            }
            if reached && choice.now {
                self.tell_event(&jid, name, format!("{text}{subids}{via}"), number);
            } else if reached {
                self.collect(name, &jid, text, &choice);
            }
        }
        let most = self.most_digest;
        self.send_digests(|digest| digest.changes.len() >= most);
    }

    /// The number of a new event of a node.
    pub(super) fn next_event(&mut self, name: &str) -> usize {
        self.events += 1;
        self.remembered.insert(self.events, name.to_owned());
        self.events
    }

    pub(super) fn tell_event(&mut self, to: &str, about: &str, text: String, number: usize) {
        self.tell(to, about, text);
        if let Some(said) = self.said.last_mut() {
            said.event = Some(number);
        }
    }
}
