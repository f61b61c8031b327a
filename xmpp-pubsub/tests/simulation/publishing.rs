//! Items: published, retracted, asked for.

use super::facts::{Item, Node, bare};
use super::model::{Answer, FORBIDDEN, MISSING, Model, NO_ITEMS, Purpose, Read, done};
use super::telling::About;

impl Model {
    pub(super) fn publish(
        &mut self,
        from: &str,
        name: &str,
        item: Option<&(String, String)>,
    ) -> Answer {
        let node = self.existing(name)?;
        if !self.facts.may_publish(&node, from) {
            return Err(FORBIDDEN);
        }
        if node.settings.is_collection() {
            return Err("cancel feature-not-implemented unsupported publish");
        }
        let wants = node.settings.is("persist_items") || node.settings.is("deliver_payloads");
        match item {
            None if wants => return Err("modify bad-request item-required"),
            Some(_) if !wants => return Err("modify bad-request item-forbidden"),
            _ => {}
        }
        let kept = self.facts.items_of(name);
        let known = |(id, _): &(String, String)| kept.iter().any(|item| item.id == *id);
        let full = kept.len() >= node.settings.max_items() && !item.is_some_and(known);
        if node.settings.is("persist_items")
            && node.settings.get("publish_node_full") == "reject"
            && full
        {
            return Err("cancel conflict node-full");
        }
        self.keep_and_tell(&node, from, item);
        done()
    }

    pub(super) fn keep_and_tell(
        &mut self,
        node: &Node,
        publisher: &str,
        item: Option<&(String, String)>,
    ) {
        let name = &node.name;
        let settings = &node.settings;
        let Some((id, payload)) = item else {
            return self.event(name, About::Items, &format!("items {name}"));
        };
        let item = Item {
            node: name.clone(),
            id: id.clone(),
            payload: payload.clone(),
            publisher: bare(publisher).to_owned(),
            at: self.now,
        };
        let mut dropped = Vec::new();
        if settings.is("persist_items") {
            let others = self.facts.items_of(name).into_iter();
            let others: Vec<_> = others.filter(|known| known.id != *id).collect();
            let over = (others.len() + 1).saturating_sub(settings.max_items());
            dropped = others.into_iter().take(over).map(|item| item.id).collect();
            self.remove(name, &dropped);
            self.lasting = true;
            self.facts.unkept.retain(|known| known.node != *name);
            self.facts
                .items
                .retain(|known| known.node != *name || known.id != *id);
            self.facts.items.push(item.clone());
        } else if settings.get("send_last_published_item") != "never" {
            self.facts.unkept.retain(|known| known.node != *name);
            self.facts.unkept.push(item.clone());
        }
        let text = if settings.is("persist_items") || settings.is("deliver_payloads") {
            let shown = shown_item(node, &item, settings.is("deliver_payloads"));
            format!("items {name} {shown}")
        } else {
            format!("items {name}")
        };
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

    pub(super) fn retract(&mut self, from: &str, name: &str, item: &str, notify: bool) -> Answer {
        let node = self.existing(name)?;
        if !self.facts.may_publish(&node, from) {
            return Err(FORBIDDEN);
        }
        if !node.settings.is("persist_items") {
            return Err(NO_ITEMS);
        }
        let stored = self
            .facts
            .items_of(name)
            .into_iter()
            .find(|known| known.id == item);
        let stored = stored.ok_or(MISSING)?;
        let any = matches!(self.facts.affiliation(name, from), "owner" | "publisher");
        if !any && stored.publisher != bare(from) {
            return Err(FORBIDDEN);
        }
        self.remove(name, &[item.to_owned()]);
        if notify || node.settings.is("notify_retract") {
            self.retracted(name, &[item.to_owned()]);
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

    pub(super) fn items(&mut self, from: &str, id: &str, name: &str) -> Answer {
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
        let items = self.facts.items_of(name);
        if items.is_empty() {
            return Ok(Some(format!("items {name}")));
        }
        let ids: Vec<_> = items.iter().map(|item| item.id.clone()).collect();
        let purpose = Purpose::Items {
            from: from.to_owned(),
            id: id.to_owned(),
            items,
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
