//! Items of a node: the newest, some by name, or all of them page by page. XEP-0060 §6.5, XEP-0059.

use std::time::Duration;

use super::PubSub;
use super::event::{Event, Outcome};
use super::request::{Kind, RequestId};
use crate::id::{ItemId, NodeId};
use crate::pubsub::{Child, Item, Items, PubSub as Element};
use crate::rsm;
use crate::stanza::{IqContent, Payload};

/// How far a request for pages has come.
#[derive(Clone, Debug)]
pub(super) struct Paging {
    node: NodeId,
    page: u64,
    most: usize,
    after: Option<String>,
    items: Vec<Item>,
}

impl PubSub {
    /// Asks for the newest items of a node, or all that the service gives at once. XEP-0060 §6.5.
    pub fn items(&mut self, now: Duration, node: &NodeId, newest: Option<u64>) -> RequestId {
        self.request(now, Kind::Items, newest_items(node, newest))
    }

    /// Asks for items by their names. §6.5.8.
    pub fn items_by_id(
        &mut self,
        now: Duration,
        node: &NodeId,
        ids: impl IntoIterator<Item = ItemId>,
    ) -> RequestId {
        let items = Items {
            node: Some(node.clone()),
            items: ids
                .into_iter()
                .map(|id| Item {
                    id: Some(id),
                    ..Item::default()
                })
                .collect(),
            ..Items::default()
        };
        let payload = Element::new(Child::Items(items)).to_payload();
        self.request(now, Kind::Items, IqContent::Get(payload))
    }

    /// Asks for all items of a node, `page` of them at a time, until there are no more or `most` have come: one request, of
    /// which each page has the time of its own. §6.5.4, XEP-0059 §2.2.
    pub fn all_items(&mut self, now: Duration, node: &NodeId, page: u64, most: usize) -> RequestId {
        let paging = Paging {
            node: node.clone(),
            page: page.max(1),
            most,
            after: None,
            items: Vec::new(),
        };
        let content = paging.content();
        self.request(now, Kind::Pages(Box::new(paging)), content)
    }

    /// Takes a page: goes on to the next, or tells all of them.
    pub(super) fn on_page(
        &mut self,
        now: Duration,
        request: RequestId,
        mut paging: Paging,
        children: Vec<Child>,
    ) {
        let (mut found, mut set) = (Vec::new(), None);
        for child in children {
            if let Child::Items(items) = child {
                found = items.items;
            } else if let Child::Set(page) = child {
                set = Some(page);
            }
        }
        let is_empty = found.is_empty();
        paging.items.append(&mut found);
        // A service that pages not at all has given everything; one that does not move on has no more to give.
        let set = set.unwrap_or_default();
        let total = set.count.and_then(|count| usize::try_from(count).ok());
        let is_last = is_empty
            || set.last.is_none()
            || set.last == paging.after
            || paging.items.len() >= paging.most
            || total.is_some_and(|total| paging.items.len() >= total);
        if is_last {
            paging.items.truncate(paging.most);
            let outcome = Outcome::Items(paging.items);
            return self.events.push_back(Event::Done { request, outcome });
        }
        paging.after = set.last;
        let content = paging.content();
        self.send_as(now, request, Kind::Pages(Box::new(paging)), content);
    }
}

impl Paging {
    fn content(&self) -> IqContent {
        let items = Items {
            node: Some(self.node.clone()),
            ..Items::default()
        };
        let mut element = Element::new(Child::Items(items));
        element.children.push(Child::Set(rsm::Set {
            after: self.after.clone(),
            ..rsm::Set::with_max(self.page)
        }));
        IqContent::Get(element.to_payload())
    }
}

pub(super) fn newest_items(node: &NodeId, newest: Option<u64>) -> IqContent {
    let items = Items {
        node: Some(node.clone()),
        max_items: newest,
        ..Items::default()
    };
    let payload: Payload = Element::new(Child::Items(items)).to_payload();
    IqContent::Get(payload)
}
