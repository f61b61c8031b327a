//! Items: published, retracted, asked for.

use super::acts::{Edge, Which};
use super::facts::{Item, Node, Refusal, bare};
use super::model::{Answer, FORBIDDEN, MISSING, Model, NO_ITEMS, Purpose, Read, done};
use super::telling::About;

impl Model {
    pub(super) fn publish(&mut self, from: &str, name: &str, items: &[(String, String)]) -> Answer {
        let there = self.facts.node(name).cloned();
        if there.is_none() && (!self.auto_create || !self.may_create(from)) {
            return Err(MISSING);
        }
        if let Some(node) = &there {
            if !self.facts.may_publish(node, from) {
                return Err(FORBIDDEN);
            }
            if node.settings.is_collection() {
                return Err("cancel feature-not-implemented unsupported publish");
            }
        }
        let settings = there
            .as_ref()
            .map_or_else(|| self.settings(), |node| node.settings.clone());
        let wants = settings.is("persist_items") || settings.is("deliver_payloads");
        if items.is_empty() && wants {
            return Err("modify bad-request item-required");
        }
        if !items.is_empty() && !wants {
            return Err("modify bad-request item-forbidden");
        }
        // §12.11: several where that is offered, and as many as there is room for.
        let room = settings.is("persist_items").then(|| settings.max_items());
        if items.len() > 1 && (!self.batches || room.is_some_and(|room| items.len() > room)) {
            return Err("cancel not-allowed max-items-exceeded");
        }
        let mut names: Vec<&String> = items.iter().map(|(id, _)| id).collect();
        names.sort();
        names.dedup();
        if names.len() < items.len() {
            return Err("modify bad-request invalid-payload");
        }
        let kept = self.facts.items_of(name);
        names.retain(|id| kept.iter().all(|item| item.id != **id));
        if settings.is("persist_items")
            && settings.get("publish_node_full") == "reject"
            && kept.len() + names.len() > settings.max_items()
        {
            return Err("cancel conflict node-full");
        }
        let node = there.unwrap_or_else(|| self.make_node(from, name, settings));
        self.keep_and_tell(&node, from, items);
        done()
    }

    pub(super) fn keep_and_tell(
        &mut self,
        node: &Node,
        publisher: &str,
        items: &[(String, String)],
    ) {
        let name = &node.name;
        let settings = &node.settings;
        let items: Vec<Item> = items
            .iter()
            .map(|(id, payload)| Item {
                node: name.clone(),
                id: id.clone(),
                payload: payload.clone(),
                publisher: bare(publisher).to_owned(),
                at: self.now,
            })
            .collect();
        let mut dropped = Vec::new();
        if settings.is("persist_items") && !items.is_empty() {
            let replaced = |known: &Item| items.iter().any(|item| item.id == known.id);
            let mut others = self.facts.items_of(name);
            others.retain(|known| !replaced(known));
            let over = (others.len() + items.len()).saturating_sub(settings.max_items());
            dropped = others.into_iter().take(over).map(|item| item.id).collect();
            self.remove(name, &dropped);
            self.lasting = true;
            self.facts.unkept.retain(|known| known.node != *name);
            self.facts
                .items
                .retain(|known| known.node != *name || !replaced(known));
            self.facts.items.extend(items.iter().cloned());
        } else if let Some(last) = items.last()
            && settings.get("send_last_published_item") != "never"
        {
            self.facts.unkept.retain(|known| known.node != *name);
            self.facts.unkept.push(last.clone());
        }
        let mut text = format!("items {name}");
        if settings.is("persist_items") || settings.is("deliver_payloads") {
            for item in &items {
                let shown = shown_item(node, item, settings.is("deliver_payloads"));
                text = format!("{text} {shown}");
            }
        }
        self.event(name, About::Items, &text);
        let told =
            settings.get("publish_node_full") == "retract-oldest" && settings.max_items() > 1;
        if told && settings.is("notify_retract") {
            self.retracted(name, &dropped);
        }
    }

    pub(super) fn retracted(&mut self, name: &str, items: &[String]) {
        if !items.is_empty() {
            let items = items.iter().map(|item| format!(" -{item}"));
            self.event(
                name,
                About::Items,
                &format!("items {name}{}", items.collect::<String>()),
            );
        }
    }

    /// Nobody is told.
    pub(super) fn remove(&mut self, name: &str, items: &[String]) {
        self.lasting |= !items.is_empty();
        let all = &mut self.facts.items;
        all.retain(|item| item.node != name || !items.contains(&item.id));
    }

    pub(super) fn retract(
        &mut self,
        from: &str,
        name: &str,
        items: &[String],
        notify: bool,
    ) -> Answer {
        let node = self.existing(name)?;
        if !self.facts.may_publish(&node, from) {
            return Err(FORBIDDEN);
        }
        if items.len() > 1 && !self.batches {
            return Err("cancel not-allowed max-items-exceeded");
        }
        // Who names an item twice means one.
        let mut named: Vec<String> = Vec::new();
        for item in items {
            if !named.contains(item) {
                named.push(item.clone());
            }
        }
        if !node.settings.is("persist_items") {
            return Err(NO_ITEMS);
        }
        let any = matches!(self.facts.affiliation(name, from), "owner" | "publisher");
        for item in &named {
            let stored = self.facts.items_of(name).into_iter();
            let stored = stored.into_iter().find(|known| known.id == *item);
            let stored = stored.ok_or(MISSING)?;
            if !any && stored.publisher != bare(from) {
                return Err(FORBIDDEN);
            }
        }
        self.remove(name, &named);
        if notify || node.settings.is("notify_retract") {
            self.retracted(name, &named);
        }
        done()
    }

    pub(super) fn purge(&mut self, from: &str, name: &str) -> Answer {
        let node = self.existing(name)?;
        if !matches!(self.facts.affiliation(name, from), "owner" | "publisher") {
            return Err(FORBIDDEN);
        }
        if !node.settings.is("persist_items") || node.settings.is_collection() {
            return Err(NO_ITEMS);
        }
        self.lasting = true;
        self.facts.items.retain(|item| item.node != name);
        self.facts.unkept.retain(|item| item.node != name);
        if node.settings.is("notify_retract") {
            self.event(name, About::Node, &format!("purge {name}"));
        }
        done()
    }

    pub(super) fn items(&mut self, from: &str, id: &str, name: &str, which: &Which) -> Answer {
        let node = self.existing(name)?;
        self.facts.may_retrieve(&node, from)?;
        let listed = matches!(self.facts.affiliation(name, from), "owner" | "publisher");
        if self.several && self.facts.made_by(name, from).len() > 1 && !listed {
            return Err("modify bad-request subid-required");
        }
        if node.settings.is_collection() {
            return Err("cancel feature-not-implemented unsupported retrieve-items");
        }
        if !node.settings.is("persist_items") {
            let last = self
                .facts
                .unkept
                .iter()
                .find(|item| item.node == name)
                .ok_or(NO_ITEMS)?;
            return Ok(Some(format!(
                "items {name} {}",
                shown_item(&node, last, true)
            )));
        }
        let (items, page) = select(self.facts.items_of(name), which, self.most_listed)?;
        if items.is_empty() {
            return Ok(Some(format!("items {name} {page}").trim_end().to_owned()));
        }
        let ids: Vec<_> = items.iter().map(|item| item.id.clone()).collect();
        let purpose = Purpose::Items {
            from: from.to_owned(),
            id: id.to_owned(),
            items,
            page,
        };
        if !self.open(name, &ids, purpose) {
            self.fault = Some(format!("the storage is not asked for {ids:?} of {name}"));
        }
        Ok(None)
    }

    /// Whether the storage was asked just that.
    pub(super) fn open(&mut self, name: &str, ids: &[String], purpose: Purpose) -> bool {
        let mut all = self.asked.iter();
        let place = all.position(|(_, node, items)| node == name && items == ids);
        if let Some((number, ..)) = place.and_then(|place| self.asked.remove(place)) {
            self.opened.push(Read {
                number,
                node: name.to_owned(),
                purpose,
                after: 0,
            });
            return true;
        }
        false
    }
}

/// Which of all items are meant, and what page they are of, if any. §6.5, XEP-0059 §2.
fn select(all: Vec<Item>, which: &Which, most: usize) -> Result<(Vec<Item>, String), Refusal> {
    let count = all.len();
    let place = |anchor: &String| {
        let mut items = all.iter();
        items.position(|item| item.id == *anchor).ok_or(MISSING)
    };
    let (start, end) = match which {
        Which::Named(names) => {
            let mut found: Vec<Item> = Vec::new();
            for name in names {
                let item = all.iter().find(|item| item.id == *name);
                found.extend(
                    item.filter(|item| found.iter().all(|known| known.id != item.id))
                        .cloned(),
                );
            }
            found.truncate(most);
            return Ok((found, String::new()));
        }
        Which::All | Which::Newest(_) => {
            let newest = match which {
                Which::Newest(newest) => count.min(*newest),
                _ => count,
            };
            if newest <= most {
                return Ok((all[count - newest..].to_vec(), String::new()));
            }
            // The last page of those that are meant.
            let meant = all[count - newest..].to_vec();
            let last = Which::Page {
                max: None,
                edge: Edge::Last,
            };
            return select(meant, &last, most);
        }
        Which::Page { max, edge } => {
            let limit = max.map_or(most, |max| max.min(most));
            match edge {
                Edge::First => (0, limit.min(count)),
                Edge::Last => (count - limit.min(count), count),
                Edge::After(anchor) => {
                    let start = place(anchor)? + 1;
                    (start, count.min(start + limit))
                }
                Edge::Before(anchor) => {
                    let end = place(anchor)?;
                    (end - limit.min(end), end)
                }
                Edge::From(index) => {
                    let start = count.min(*index);
                    (start, count.min(start + limit))
                }
            }
        }
    };
    let chosen = all[start..end].to_vec();
    let edges = match (chosen.first(), chosen.last()) {
        (Some(first), Some(last)) => format!("{}@{start}-{}", first.id, last.id),
        _ => String::new(),
    };
    Ok((chosen, format!("page:{edges}/{count}")))
}

pub(super) fn shown_item(node: &Node, item: &Item, payload: bool) -> String {
    let payload = if payload { item.payload.as_str() } else { "" };
    let by_publisher = node.settings.get("itemreply") == "publisher";
    let publisher = if by_publisher {
        item.publisher.as_str()
    } else {
        ""
    };
    format!("{}={payload}/{publisher}", item.id)
}
