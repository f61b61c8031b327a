//! The items that a node keeps. XEP-0060 §12.1: an ordered map, where a re-publish makes an item the newest.

use std::collections::BTreeMap;

use crate::id::ItemId;
use crate::jid::Jid;
use crate::stanza::Payload;

/// An item as it is kept.
#[derive(Clone, Debug)]
pub(super) struct StoredItem {
    /// Who published it (PS-7.1-09).
    pub(super) publisher: Jid,
    pub(super) payload: Option<Payload>,
}

#[derive(Debug, Default)]
pub(super) struct Items {
    by_age: BTreeMap<u64, (ItemId, StoredItem)>,
    age_of: BTreeMap<ItemId, u64>,
    next_age: u64,
}

impl Items {
    /// Puts an item in the newest place and drops the oldest beyond `max`.
    pub(super) fn insert(&mut self, id: ItemId, item: StoredItem, max: usize) {
        self.remove(&id);
        self.age_of.insert(id.clone(), self.next_age);
        self.by_age.insert(self.next_age, (id, item));
        self.next_age += 1;
        while self.by_age.len() > max {
            if let Some((_, (oldest, _))) = self.by_age.pop_first() {
                self.age_of.remove(&oldest);
            }
        }
    }

    pub(super) fn remove(&mut self, id: &ItemId) -> Option<StoredItem> {
        let age = self.age_of.remove(id)?;
        self.by_age.remove(&age).map(|(_, item)| item)
    }

    pub(super) fn clear(&mut self) {
        self.by_age.clear();
        self.age_of.clear();
    }

    pub(super) fn get(&self, id: &ItemId) -> Option<&StoredItem> {
        self.by_age.get(self.age_of.get(id)?).map(|(_, item)| item)
    }

    /// The newest `count` items, oldest of them first.
    pub(super) fn newest(&self, count: usize) -> impl Iterator<Item = (&ItemId, &StoredItem)> {
        let skip = self.by_age.len().saturating_sub(count);
        self.by_age.values().skip(skip).map(|(id, item)| (id, item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(items: &mut Items, id: &str, max: usize) {
        let publisher = Jid::new("finesse@localhost").unwrap();
        items.insert(
            ItemId::new(id).unwrap(),
            StoredItem {
                publisher,
                payload: None,
            },
            max,
        );
    }

    fn ids(items: &Items, count: usize) -> Vec<&str> {
        items.newest(count).map(|(id, _)| id.as_str()).collect()
    }

    #[test]
    fn ps_12_1_01_a_republish_moves_the_item_to_newest() {
        let mut items = Items::default();
        for id in ["a", "b", "c", "a"] {
            put(&mut items, id, 10);
        }
        assert_eq!(ids(&items, 10), ["b", "c", "a"]);
        assert_eq!(ids(&items, 2), ["c", "a"]);
    }

    #[test]
    fn ps_7_1_15_the_oldest_item_goes_at_the_cap() {
        let mut items = Items::default();
        for id in ["a", "b", "c"] {
            put(&mut items, id, 2);
        }
        assert_eq!(ids(&items, 10), ["b", "c"]);
        assert!(items.get(&ItemId::new("a").unwrap()).is_none());
        assert!(items.remove(&ItemId::new("b").unwrap()).is_some());
        assert_eq!(ids(&items, 10), ["c"]);
    }
}
