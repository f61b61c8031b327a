//! What a service knows without asking its storage.

use std::collections::{BTreeMap, BTreeSet};

use xmpp_pubsub::service::SendLast;
use xmpp_pubsub::service::journal::{Change, Entry};

/// Which newest items a service knows with what they hold: those that were published in its journal, on nodes that send
/// the last one to who comes later.
#[derive(Debug, Default)]
pub(super) struct AtHand {
    pub(super) newest: BTreeMap<String, String>,
    never: BTreeSet<String>,
}

impl AtHand {
    pub(super) fn follow(&mut self, entry: &Entry) {
        for change in &entry.changes {
            match change {
                Change::NodeCreated { node, config, .. }
                | Change::NodeConfigured {
                    node: Some(node),
                    config,
                } => {
                    let node = node.to_string();
                    if config.send_last == SendLast::Never {
                        self.newest.remove(&node);
                        self.never.insert(node);
                    } else {
                        self.never.remove(&node);
                    }
                }
                Change::ItemPublished { node, item, .. } => {
                    let node = node.to_string();
                    if !self.never.contains(&node) {
                        self.newest.insert(node, item.id.to_string());
                    }
                }
                Change::ItemsRemoved { node, items } => {
                    let node = node.to_string();
                    let known = self.newest.get(&node);
                    if known.is_some_and(|known| items.iter().any(|id| id.as_str() == known)) {
                        self.newest.remove(&node);
                    }
                }
                Change::Purged { node } | Change::NodeDeleted { node, .. } => {
                    self.newest.remove(node.as_str());
                }
                _ => {}
            }
        }
    }
}
