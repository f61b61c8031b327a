//! Items that are asked for. XEP-0060 §6.5, XEP-0059.

use std::collections::BTreeSet;

use super::Service;
use super::journal::ItemRecord;
use super::models::ItemReply;
use super::node::Node;
use super::refusal::{self, bad_request, invalid_subid, nodeid_required, not_found, unsupported};
use super::request::{Outcome, Reply};
use super::storage::{Purpose, StorageError, StoredItem};
use crate::feature::Feature;
use crate::id::{NodeId, SubId};
use crate::jid::Jid;
use crate::other::Other;
use crate::pubsub::{Affiliation, Child, Item, Items, PubSub};
use crate::rsm;
use crate::stanza::{Iq, PubSubCondition, StanzaError};

impl Service {
    pub(super) fn on_items(
        &mut self,
        from: &Jid,
        iq: &Iq,
        request: &Items,
        set: Option<&rsm::Set>,
    ) -> Outcome {
        if !self.config.has(&Feature::PERSISTENT_ITEMS) {
            return Err(unsupported(&Feature::PERSISTENT_ITEMS).into());
        }
        if !self.config.has(&Feature::RETRIEVE_ITEMS) {
            return Err(unsupported(&Feature::RETRIEVE_ITEMS).into());
        }
        let id = request.node.as_ref().ok_or_else(nodeid_required)?;
        let node = self.node(id)?;
        self.check_retrieve(node, from)?;
        self.check_subid(node, from, request.subid.as_ref())?;
        if node.config.is_collection() {
            // CN-09: it holds none.
            return Err(unsupported(&Feature::RETRIEVE_ITEMS).into());
        }
        if !node.config.persist_items {
            return self.only_the_last(id);
        }
        let set = set.filter(|_| self.config.has(&Feature::RSM));
        let (items, set) = self.selected(node, request, set)?;
        let wanted = items.iter().map(|item| item.id.clone()).collect();
        let request = Box::new(iq.clone());
        if items.is_empty() {
            return Ok(items_reply(id, Vec::new(), set));
        }
        self.fetch(
            id,
            wanted,
            Purpose::Items {
                request,
                items,
                set,
            },
        );
        Ok(Reply::Later)
    }

    /// The answer, now that the storage said what the items hold.
    pub(super) fn answer_items(
        &mut self,
        id: &NodeId,
        request: &Iq,
        items: Vec<ItemRecord>,
        set: Option<rsm::Set>,
        answer: Result<Vec<StoredItem>, StorageError>,
    ) {
        let outcome = match (answer, self.state.nodes.get(id)) {
            (Err(StorageError), _) => Err(refusal::internal().into()),
            (Ok(_), None) => Err(not_found().into()),
            (Ok(stored), Some(node)) => {
                let mut stored: std::collections::BTreeMap<_, _> = stored
                    .into_iter()
                    .map(|stored| (stored.id, stored.payload))
                    .collect();
                // What is not there any more went while the storage was asked.
                let items = items.into_iter().filter_map(|item| {
                    let payload = stored.remove(&item.id)?;
                    Some(shown_item(node, item, payload))
                });
                Ok(items_reply(id, items.collect(), set))
            }
        };
        self.answer(request, outcome);
    }

    /// PS-6.5-08: the last item of a node that keeps none.
    fn only_the_last(&self, id: &NodeId) -> Outcome {
        let node = self.node(id)?;
        let Some((item, payload)) = node.items.last().cloned() else {
            return Err(unsupported(&Feature::PERSISTENT_ITEMS).into());
        };
        let item = shown_item(node, item, payload);
        Ok(items_reply(id, vec![item], None))
    }

    /// The rows of §6.5.9.1 and §6.5.9.2. Who has no subscription at all needs no subid (PS-6.5-16).
    fn check_subid(
        &self,
        node: &Node,
        from: &Jid,
        subid: Option<&SubId>,
    ) -> Result<(), StanzaError> {
        let made = || {
            node.of_user(from)
                .flat_map(|(_, subscriber)| &subscriber.made)
        };
        match subid {
            Some(subid) => {
                let mut subids = made().filter_map(|made| made.subid.as_ref());
                let in_use = made().any(|made| made.subid.is_some());
                if in_use && !subids.any(|known| known == subid) {
                    return Err(invalid_subid());
                }
            }
            None => {
                let listed = matches!(
                    self.affiliation_at(node, from),
                    Affiliation::Owner | Affiliation::Publisher
                );
                let several = made().filter(|made| made.subid.is_some()).nth(1).is_some();
                if several && !listed {
                    return Err(bad_request(PubSubCondition::SUBID_REQUIRED));
                }
            }
        }
        Ok(())
    }

    /// Which items are meant, oldest first, and what page they are of.
    fn selected(
        &self,
        node: &Node,
        request: &Items,
        set: Option<&rsm::Set>,
    ) -> Result<(Vec<ItemRecord>, Option<rsm::Set>), StanzaError> {
        let most = self.config.max_listed;
        if !request.items.is_empty() {
            // PS-6.5-15: what is not there is left out, not an error.
            let mut seen = BTreeSet::new();
            let asked = request.items.iter().filter_map(|asked| asked.id.as_ref());
            let asked = asked.filter(|id| seen.insert(*id));
            let found = asked.filter_map(|id| node.items.get(id).cloned());
            return Ok((found.take(most).collect(), None));
        }
        let newest = request.max_items.map(usize::try_from);
        let newest = newest.map_or(usize::MAX, |newest| newest.unwrap_or(usize::MAX));
        let skip = node.items.len().saturating_sub(newest);
        let all: Vec<&ItemRecord> = node.items.iter().skip(skip).collect();
        let (range, set) = match set {
            Some(set) => {
                let (range, set) = page(&all, |item| item.id.as_str(), set, most)?;
                (range, Some(set))
            }
            // PS-6.5-06: what is too much is the newest, with where it stands.
            None if all.len() > most => {
                let last_page = rsm::Set {
                    before: Some(String::new()),
                    ..rsm::Set::default()
                };
                let (range, set) = page(&all, |item| item.id.as_str(), &last_page, most)?;
                (range, self.config.has(&Feature::RSM).then_some(set))
            }
            None => (0..all.len(), None),
        };
        let chosen = all.get(range).unwrap_or_default();
        Ok((chosen.iter().map(|item| (*item).clone()).collect(), set))
    }
}

/// The page that `set` asks for, of everything in order. RS-01 to RS-03.
pub(super) fn page<T>(
    all: &[T],
    id: impl Fn(&T) -> &str,
    set: &rsm::Set,
    most: usize,
) -> Result<(core::ops::Range<usize>, rsm::Set), StanzaError> {
    let limit = set
        .max
        .map_or(most, |max| usize::try_from(max).unwrap_or(most).min(most));
    let find = |anchor: &str| {
        let place = all.iter().position(|entry| id(entry) == anchor);
        place.ok_or_else(not_found)
    };
    let range = if let Some(after) = &set.after {
        let start = find(after)? + 1;
        start..all.len().min(start + limit)
    } else if let Some(before) = &set.before {
        let end = if before.is_empty() {
            all.len()
        } else {
            find(before)?
        };
        end.saturating_sub(limit)..end
    } else {
        let start = set.index.unwrap_or(0);
        let start = usize::try_from(start).unwrap_or(usize::MAX).min(all.len());
        start..all.len().min(start + limit)
    };
    let chosen = all.get(range.clone()).unwrap_or_default();
    let position = |index: usize| u64::try_from(index).unwrap_or(u64::MAX);
    let answer = rsm::Set {
        first: chosen.first().map(|first| rsm::First {
            index: Some(position(range.start)),
            id: id(first).to_owned(),
        }),
        last: chosen.last().map(|last| id(last).to_owned()),
        count: Some(position(all.len())),
        ..rsm::Set::default()
    };
    Ok((range, answer))
}

/// An item as it is told. PS-7.1-11: who published it is on every retrieval, or on none.
fn shown_item(node: &Node, item: ItemRecord, payload: Option<crate::stanza::Payload>) -> Item {
    Item {
        id: Some(item.id),
        publisher: (node.config.itemreply == ItemReply::Publisher).then(|| item.publisher.bare()),
        payloads: payload.into(),
        other: Other::new(),
    }
}

fn items_reply(id: &NodeId, items: Vec<Item>, set: Option<rsm::Set>) -> Reply {
    let items = Items {
        node: Some(id.clone()),
        items,
        ..Items::default()
    };
    let mut answer = PubSub::new(Child::Items(items));
    // Trap 7: beside the items.
    answer.children.extend(set.map(Child::Set));
    answer.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(set: &rsm::Set) -> Result<(String, rsm::Set), StanzaError> {
        let all = ["a", "b", "c", "d", "e"];
        let (range, set) = page(&all, |id| id, set, 3)?;
        Ok((all[range].concat(), set))
    }

    fn set(build: impl FnOnce(&mut rsm::Set)) -> rsm::Set {
        let mut set = rsm::Set::with_max(2);
        build(&mut set);
        set
    }

    #[test]
    fn rs_02_pages_follow_their_anchor() {
        for (asked, found) in [
            (set(|_| ()), "ab"),
            (set(|set| set.after = Some("b".into())), "cd"),
            (set(|set| set.after = Some("e".into())), ""),
            (set(|set| set.before = Some("d".into())), "bc"),
            (set(|set| set.before = Some("b".into())), "a"),
            (set(|set| set.before = Some(String::new())), "de"),
            (set(|set| set.index = Some(3)), "de"),
            (set(|set| set.max = Some(100)), "abc"),
        ] {
            let (chosen, _) = ids(&asked).unwrap();
            assert_eq!(chosen, found, "RS-01, RS-02: {asked:?}");
        }
    }

    #[test]
    fn rs_03_the_edges_of_paging() {
        let unknown = ids(&set(|set| set.after = Some("x".into()))).unwrap_err();
        assert_eq!(
            unknown,
            not_found(),
            "RS-03: an unknown anchor is item-not-found"
        );
        for asked in [
            set(|set| set.max = Some(0)),
            set(|set| set.index = Some(99)),
        ] {
            let (chosen, answer) = ids(&asked).unwrap();
            assert_eq!(chosen, "", "RS-03: an empty page");
            assert_eq!(
                (answer.first, answer.last, answer.count),
                (None, None, Some(5)),
                "RS-03: an empty page has neither first nor last"
            );
        }
    }
}
