//! Messages that come back. XEP-0060 §12.4: which subscription they were for is told by their id (trap 19).

use std::collections::{BTreeMap, VecDeque};

use super::Service;
use super::config::OnBounce;
use crate::id::NodeId;
use crate::jid::Jid;
use crate::stanza::{Condition, ErrorType, Message, StanzaError};

/// Which numbers of messages belong to events of which node, and what came back.
#[derive(Debug, Default)]
pub(super) struct Bounces {
    /// The number before the first one, the last one, and the node, in order.
    events: VecDeque<(u64, u64, NodeId)>,
    most: usize,
    /// How often messages to an address for a node came back with an error that may pass.
    counts: BTreeMap<(NodeId, Jid), u32>,
}

impl Bounces {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            ..Self::default()
        }
    }

    /// Remembers the messages after `before` up to `last`: one entry, however many they are.
    pub(super) fn remember(&mut self, before: u64, last: u64, node: &NodeId) {
        if before == last {
            return;
        }
        self.events.push_back((before, last, node.clone()));
        while self.events.len() > self.most {
            self.events.pop_front();
        }
    }

    fn node_of(&self, number: u64) -> Option<&NodeId> {
        let place = self.events.partition_point(|(_, last, _)| *last < number);
        let (before, _, node) = self.events.get(place)?;
        (*before < number).then_some(node)
    }

    pub(super) fn forget(&mut self, node: &NodeId, jid: &Jid) {
        if !self.counts.is_empty() {
            self.counts.remove(&(node.clone(), jid.clone()));
        }
    }
}

impl Service {
    pub(super) fn on_bounce(&mut self, message: &Message, error: &StanzaError) {
        if self.config.on_bounce == OnBounce::Nothing || self.ended {
            return;
        }
        let (Some(from), Some(id)) = (&message.from, &message.id) else {
            return;
        };
        let number = self.outbox.number_of(id);
        let Some(node) = number
            .and_then(|number| self.bounces.node_of(number))
            .cloned()
        else {
            return;
        };
        // Only a subscriber's own message counts, and none of those that the host subscribed.
        let made = |id: &NodeId| {
            let node = self.state.nodes.get(id)?;
            let made = &node.subscribers.get(from)?.made;
            (!made.is_empty()).then(|| id.clone())
        };
        let above = self.ancestors(&node);
        let places: Vec<NodeId> = core::iter::once(&node)
            .chain(above.iter().map(|(collection, _)| collection))
            .filter_map(made)
            .collect();
        let forever = error.kind == ErrorType::Cancel || error.condition == Condition::GONE;
        for place in places {
            if forever || self.count_bounce(&place, from) {
                self.end_all(&place, from);
            }
        }
    }

    /// PS-12.4-03. Returns whether the limit is reached.
    fn count_bounce(&mut self, node: &NodeId, jid: &Jid) -> bool {
        let counts = &mut self.bounces.counts;
        if counts.len() >= self.bounces.most {
            counts.clear();
        }
        let count = counts.entry((node.clone(), jid.clone())).or_default();
        *count += 1;
        *count >= self.config.max_bounces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_message_tells_its_node() {
        let node = |name: &str| NodeId::new(name).unwrap();
        let mut bounces = Bounces::new(2);
        bounces.remember(0, 3, &node("a"));
        bounces.remember(3, 3, &node("nobody"));
        bounces.remember(4, 6, &node("b"));
        for (number, expected) in [
            (0, None),
            (1, Some("a")),
            (3, Some("a")),
            (4, None),
            (5, Some("b")),
            (7, None),
        ] {
            assert_eq!(
                bounces.node_of(number).map(NodeId::as_str),
                expected,
                "{number}"
            );
        }
        bounces.remember(6, 7, &node("c"));
        assert_eq!(bounces.node_of(1), None, "T19: the oldest is forgotten");
    }
}
