//! Which items a node has. XEP-0060 §12.1: an ordered map, where a re-publish makes an item the newest.
//! What they hold is in the storage; the newest one is here too.

use std::collections::BTreeMap;

use super::journal::ItemRecord;
use crate::id::ItemId;
use crate::stanza::Payload;

#[derive(Debug, Default)]
pub(super) struct Items {
    by_age: BTreeMap<u64, ItemRecord>,
    age_of: BTreeMap<ItemId, u64>,
    next_age: u64,
    /// The newest item and what it holds, of transient nodes too (PS-3-07).
    last: Option<(ItemRecord, Option<Payload>)>,
}

impl Items {
    /// Puts an item in the newest place.
    pub(super) fn insert(&mut self, item: ItemRecord) {
        self.remove(&item.id);
        self.age_of.insert(item.id.clone(), self.next_age);
        self.by_age.insert(self.next_age, item);
        self.next_age += 1;
    }

    pub(super) fn set_last(&mut self, item: ItemRecord, payload: Option<Payload>) {
        self.last = Some((item, payload));
    }

    pub(super) fn forget_last(&mut self) {
        self.last = None;
    }

    /// The newest item with what it holds, if that is known here.
    pub(super) const fn last(&self) -> Option<&(ItemRecord, Option<Payload>)> {
        self.last.as_ref()
    }

    pub(super) fn remove(&mut self, id: &ItemId) -> Option<ItemRecord> {
        if self.last.as_ref().is_some_and(|(last, _)| last.id == *id) {
            self.last = None;
        }
        let age = self.age_of.remove(id)?;
        self.by_age.remove(&age)
    }

    pub(super) fn clear(&mut self) {
        self.by_age.clear();
        self.age_of.clear();
        self.last = None;
    }

    pub(super) fn len(&self) -> usize {
        self.by_age.len()
    }

    pub(super) fn get(&self, id: &ItemId) -> Option<&ItemRecord> {
        self.by_age.get(self.age_of.get(id)?)
    }

    pub(super) fn oldest(&self) -> Option<&ItemRecord> {
        self.by_age.values().next()
    }

    pub(super) fn newest(&self) -> Option<&ItemRecord> {
        self.by_age.values().next_back()
    }

    /// All of them, oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &ItemRecord> {
        self.by_age.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jid::Jid;

    fn put(items: &mut Items, id: &str) {
        items.insert(ItemRecord {
            id: ItemId::new(id).unwrap(),
            publisher: Jid::new("finesse@localhost").unwrap(),
            published_at: 0,
            size: 0,
        });
    }

    #[test]
    fn ps_12_1_01_a_republish_moves_the_item_to_newest() {
        let mut items = Items::default();
        for id in ["a", "b", "c", "a"] {
            put(&mut items, id);
        }
        let ids: Vec<_> = items.iter().map(|item| item.id.as_str()).collect();
        assert_eq!(
            ids,
            ["b", "c", "a"],
            "PS-12.1-01: a re-publish moves the item to newest"
        );
        assert_eq!(items.oldest().unwrap().id.as_str(), "b");
        assert_eq!(items.newest().unwrap().id.as_str(), "a");
        items.remove(&ItemId::new("c").unwrap());
        assert_eq!(items.len(), 2);
    }
}
