//! One node: its settings, who is affiliated, who is subscribed, what it keeps.

use core::ops::Bound;
use std::collections::BTreeMap;

use super::config::NodeConfig;
use super::item::Items;
use crate::id::SubId;
use crate::jid::Jid;
use crate::pubsub::Affiliation;

#[derive(Debug)]
pub(super) struct Node {
    pub(super) config: NodeConfig,
    /// By bare address (PS-4.1-01). `none` has no entry.
    pub(super) affiliations: BTreeMap<Jid, Affiliation>,
    /// By the address that is subscribed, bare or full.
    pub(super) subscribers: BTreeMap<Jid, Subscriber>,
    pub(super) items: Items,
}

/// One address and its subscriptions to one node.
#[derive(Debug, Default)]
pub(super) struct Subscriber {
    /// Made by the host; the client neither sees nor ends it.
    pub(super) automatic: bool,
    /// Made by the client: at most one without multi-subscribe.
    pub(super) explicit: Vec<Explicit>,
}

#[derive(Clone, Debug)]
pub(super) struct Explicit {
    /// Where the service uses subids.
    pub(super) subid: Option<SubId>,
}

impl Subscriber {
    pub(super) fn is_empty(&self) -> bool {
        !self.automatic && self.explicit.is_empty()
    }
}

impl Node {
    pub(super) fn new(config: NodeConfig) -> Self {
        Self {
            config,
            affiliations: BTreeMap::new(),
            subscribers: BTreeMap::new(),
            items: Items::default(),
        }
    }

    pub(super) fn affiliation(&self, user: &Jid) -> Affiliation {
        self.affiliations
            .get(user.bare_str())
            .copied()
            .unwrap_or(Affiliation::None)
    }

    /// Every address of one user that is subscribed: the bare one, then the full ones. Found by order, not by a walk.
    pub(super) fn addresses_of(&self, user: &Jid) -> Vec<Jid> {
        let bare = user.bare();
        let mut found: Vec<Jid> = self
            .subscribers
            .get_key_value(&bare)
            .map(|(jid, _)| jid.clone())
            .into_iter()
            .collect();
        // Full addresses begin with the bare one and a slash; `0` is the character behind it.
        let first = format!("{bare}/");
        let behind = format!("{bare}0");
        let full = self.subscribers.range::<str, _>((
            Bound::Included(first.as_str()),
            Bound::Excluded(behind.as_str()),
        ));
        found.extend(full.map(|(jid, _)| jid.clone()));
        found
    }

    pub(super) fn owners(&self) -> impl Iterator<Item = &Jid> {
        self.affiliations
            .iter()
            .filter(|(_, affiliation)| **affiliation == Affiliation::Owner)
            .map(|(jid, _)| jid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_user_and_of_nobody_else() {
        let mut node = Node::new(NodeConfig::default());
        for jid in [
            "a@b", "a@b/1", "a@b/2", "a@b.c", "a@b.c/1", "a@b-c/1", "aa@b/1", "a@b1/1",
        ] {
            node.subscribers
                .insert(Jid::new(jid).unwrap(), Subscriber::default());
        }
        let found = node.addresses_of(&Jid::new("a@b/whatever").unwrap());
        let found: Vec<_> = found.iter().map(Jid::as_str).collect();
        assert_eq!(found, ["a@b", "a@b/1", "a@b/2"]);
    }
}
