//! The list inside an items event.

use core::fmt;
use core::ops::{Deref, DerefMut};

use smallvec::SmallVec;

use super::ItemChange;

/// What happened to the items of a node, in order. A single change, which is what nearly every event has, needs no memory
/// of its own.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Changes(SmallVec<[ItemChange; 1]>);

impl Changes {
    /// No change: where a node delivers no payloads and keeps no items.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a change at the end.
    pub fn push(&mut self, change: ItemChange) {
        self.0.push(change);
    }

    /// Keeps those changes of which `keep` is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&ItemChange) -> bool) {
        self.0.retain(|change| keep(change));
    }

    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[ItemChange] {
        &self.0
    }

    /// The changes as a vector.
    #[must_use]
    pub fn into_vec(self) -> Vec<ItemChange> {
        self.0.into_vec()
    }
}

impl Deref for Changes {
    type Target = [ItemChange];

    fn deref(&self) -> &[ItemChange] {
        &self.0
    }
}

impl DerefMut for Changes {
    fn deref_mut(&mut self) -> &mut [ItemChange] {
        &mut self.0
    }
}

impl From<ItemChange> for Changes {
    fn from(change: ItemChange) -> Self {
        Self(SmallVec::from_buf([change]))
    }
}

impl From<Vec<ItemChange>> for Changes {
    fn from(changes: Vec<ItemChange>) -> Self {
        changes.into_iter().collect()
    }
}

impl FromIterator<ItemChange> for Changes {
    fn from_iter<I: IntoIterator<Item = ItemChange>>(changes: I) -> Self {
        Self(changes.into_iter().collect())
    }
}

impl IntoIterator for Changes {
    type Item = ItemChange;
    type IntoIter = std::vec::IntoIter<ItemChange>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_vec().into_iter()
    }
}

impl<'a> IntoIterator for &'a Changes {
    type Item = &'a ItemChange;
    type IntoIter = core::slice::Iter<'a, ItemChange>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}
