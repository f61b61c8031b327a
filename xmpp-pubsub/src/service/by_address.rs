//! A map from addresses in which a look-up touches few addresses.
//!
//! An address is a shared string, each somewhere else in memory, and with a million of them nearly every one that a walk down
//! the tree compares has to be fetched. So the first bytes of the bare address stand in the tree itself, and a string is only
//! looked at when these are the same.

use core::cmp::Ordering;
use std::collections::{BTreeMap, btree_map};

use crate::jid::Jid;

/// In the order of bare addresses, and of one user's: the bare one, then the full ones by resource.
#[derive(Debug)]
pub(in crate::service) struct ByAddress<T>(BTreeMap<Key, T>);

#[derive(Debug)]
struct Key {
    /// The first bytes of the bare address, zeros behind a shorter one. No address has a zero in it.
    head: [u64; 2],
    jid: Jid,
}

impl Key {
    fn of(jid: Jid) -> Self {
        let bare = jid.bare_str().as_bytes();
        let word = |from: usize| {
            let rest = bare.get(from..).unwrap_or_default();
            u64::from_be_bytes(match rest.first_chunk() {
                Some(word) => *word,
                None => core::array::from_fn(|place| rest.get(place).copied().unwrap_or(0)),
            })
        };
        Self {
            head: [word(0), word(size_of::<u64>())],
            jid,
        }
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.head.cmp(&other.head).then_with(|| {
            let by_user = self.jid.bare_str().cmp(other.jid.bare_str());
            by_user.then_with(|| self.jid.resource().cmp(&other.jid.resource()))
        })
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

impl<T> ByAddress<T> {
    pub(in crate::service) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    pub(in crate::service) fn get(&self, jid: &Jid) -> Option<&T> {
        self.0.get(&Key::of(jid.clone()))
    }

    pub(in crate::service) fn get_mut(&mut self, jid: &Jid) -> Option<&mut T> {
        self.0.get_mut(&Key::of(jid.clone()))
    }

    pub(in crate::service) fn contains_key(&self, jid: &Jid) -> bool {
        self.get(jid).is_some()
    }

    pub(in crate::service) fn entry(&mut self, jid: Jid) -> Entry<'_, T> {
        Entry(self.0.entry(Key::of(jid)))
    }

    /// Returns what was there.
    pub(in crate::service) fn insert(&mut self, jid: Jid, value: T) -> Option<T> {
        self.0.insert(Key::of(jid), value)
    }

    pub(in crate::service) fn remove(&mut self, jid: &Jid) -> Option<T> {
        self.0.remove(&Key::of(jid.clone()))
    }

    /// The entries of one user: of the bare address, then of the full ones. Found by order, not by a walk.
    pub(in crate::service) fn of_user<'a>(
        &'a self,
        user: &Jid,
    ) -> impl Iterator<Item = (&'a Jid, &'a T)> + use<'a, T> {
        let user = user.bare();
        let from = self.0.range(Key::of(user.clone())..);
        from.map(|(key, value)| (&key.jid, value))
            .take_while(move |(jid, _)| jid.same_bare(&user))
    }

    pub(in crate::service) fn iter(&self) -> impl Iterator<Item = (&Jid, &T)> {
        self.0.iter().map(|(key, value)| (&key.jid, value))
    }

    pub(in crate::service) fn keys(&self) -> impl Iterator<Item = &Jid> {
        self.0.keys().map(|key| &key.jid)
    }

    pub(in crate::service) fn len(&self) -> usize {
        self.0.len()
    }

    pub(in crate::service) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for ByAddress<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// The place of an address, taken or not.
pub(in crate::service) struct Entry<'a, T>(btree_map::Entry<'a, Key, T>);

impl<'a, T: Default> Entry<'a, T> {
    pub(in crate::service) fn or_default(self) -> &'a mut T {
        self.0.or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jid(text: &str) -> Jid {
        Jid::new(text).unwrap()
    }

    #[test]
    fn addresses_of_one_user_and_of_nobody_else() {
        let mut map = ByAddress::new();
        let long = "somebody.with.a.long.name@b";
        let all = [
            "a@b", "a@b/1", "a@b/2", "a@b.c", "a@b.c/1", "a@b-c/1", "aa@b/1", "a@b1/1", "b",
        ];
        let longer =
            ["", "/1", "/2", ".c", ".c/1", "-c/1", "1/1"].map(|end| format!("{long}{end}"));
        for address in all.into_iter().chain(longer.iter().map(String::as_str)) {
            assert_eq!(map.insert(jid(address), address.len()), None);
        }
        let of = |user: &str| -> Vec<String> {
            let found = map.of_user(&jid(user));
            found.map(|(jid, _)| jid.to_string()).collect()
        };
        assert_eq!(of("a@b/whatever"), ["a@b", "a@b/1", "a@b/2"]);
        assert_eq!(of(long), [long, &longer[1], &longer[2]]);
        assert_eq!(of("b"), ["b"]);
        assert_eq!(of("a@c"), [""; 0]);
        for address in map.keys() {
            assert_eq!(map.get(address), Some(&address.as_str().len()));
        }
        assert_eq!(map.get(&jid("a@b/3")), None);
        assert_eq!(map.len(), 16);
    }

    #[test]
    fn an_address_goes_and_its_neighbours_stay() {
        let mut map: ByAddress<u8> = ByAddress::new();
        for address in ["a@b", "a@b/1", "a@b/1 "] {
            map.entry(jid(address)).or_default();
        }
        assert_eq!(map.remove(&jid("a@b/1")), Some(0));
        assert!(!map.contains_key(&jid("a@b/1")));
        assert_eq!(map.len(), 2);
        assert!(!map.is_empty());
    }
}
