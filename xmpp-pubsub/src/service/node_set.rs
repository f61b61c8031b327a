//! The names of a few nodes.

use std::collections::BTreeSet;

use crate::id::NodeId;

/// A set of names, in order. One name takes no memory of its own: most users are subscribed to one node, and a leaf of a tree
/// has room for eleven.
#[derive(Clone, Debug)]
pub(super) enum NodeSet {
    One(NodeId),
    /// None, or more than one at some time.
    Tree(BTreeSet<NodeId>),
}

impl NodeSet {
    pub(super) fn insert(&mut self, id: NodeId) {
        match self {
            Self::One(known) if *known == id => {}
            Self::One(known) => *self = Self::Tree(BTreeSet::from([known.clone(), id])),
            Self::Tree(tree) if tree.is_empty() => *self = Self::One(id),
            Self::Tree(tree) => {
                tree.insert(id);
            }
        }
    }

    pub(super) fn remove(&mut self, id: &NodeId) {
        match self {
            Self::One(known) if known == id => *self = Self::default(),
            Self::One(_) => {}
            Self::Tree(tree) => {
                tree.remove(id);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Tree(tree) if tree.is_empty())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &NodeId> {
        let (one, tree) = match self {
            Self::One(id) => (Some(id), None),
            Self::Tree(tree) => (None, Some(tree)),
        };
        one.into_iter()
            .chain(tree.map(BTreeSet::iter).into_iter().flatten())
    }
}

impl Default for NodeSet {
    fn default() -> Self {
        Self::Tree(BTreeSet::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_none_one_and_several_is_in_order_and_has_each_once() {
        let id = |name: &str| NodeId::new(name).unwrap();
        let names = |set: &NodeSet| -> Vec<String> { set.iter().map(NodeId::to_string).collect() };
        let mut set = NodeSet::default();
        assert!(set.is_empty());
        set.remove(&id("b"));
        for (added, then) in [
            ("b", &["b"][..]),
            ("b", &["b"]),
            ("a", &["a", "b"]),
            ("c", &["a", "b", "c"]),
            ("a", &["a", "b", "c"]),
        ] {
            set.insert(id(added));
            assert_eq!(names(&set), then);
            assert!(!set.is_empty());
        }
        for (removed, then) in [
            ("a", &["b", "c"][..]),
            ("a", &["b", "c"]),
            ("c", &["b"]),
            ("b", &[]),
        ] {
            set.remove(&id(removed));
            assert_eq!(names(&set), then);
        }
        assert!(set.is_empty());
        set.insert(id("d"));
        set.remove(&id("e"));
        assert_eq!(names(&set), ["d"]);
        set.remove(&id("d"));
        assert!(set.is_empty());
    }
}
