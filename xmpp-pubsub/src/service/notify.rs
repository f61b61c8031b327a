//! Events on their way to subscribers. XEP-0060 §12.3 and §12.4.

use std::collections::BTreeSet;

use super::Service;
use super::config::Overlap;
use super::node::{Node, Subscriber};
use crate::event::{Event, ItemChange};
use crate::id::NodeId;
use crate::jid::Jid;
use crate::pubsub::{Item, Subscription, SubscriptionState};
use crate::shim::{Header, Headers};
use crate::stanza::{Message, MessageKind, Payload, Payloads, Stanza};

/// Whether an event is told with the subids that caused it. §12.16: items and retractions are.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum SubIds {
    Told,
    Left,
}

impl Service {
    /// The event of a published item, as the node's settings want it told. §4.3.
    pub(super) fn item_event(&self, id: &NodeId, node: &Node, item: &Item) -> Event {
        let mut told = item.clone();
        if !node.config.deliver_payloads {
            told.payloads = Payloads::default();
        }
        let bare_notification = !node.config.deliver_payloads && !node.config.persist_items;
        let changes = if bare_notification {
            Vec::new()
        } else {
            vec![ItemChange::Published(told)]
        };
        Event::items(id.clone(), changes)
    }

    /// Sends an event to every subscriber of a node; it is encoded once.
    pub(super) fn notify(&mut self, id: &NodeId, event: &Event, subids: SubIds) {
        let Some(node) = self.nodes.get(id) else {
            return;
        };
        if !node.config.deliver_notifications {
            return;
        }
        let kind = node.config.notification_type;
        let payload = event.to_payload();
        let deliveries: Vec<(Jid, Payloads)> = node
            .subscribers
            .iter()
            .filter(|(jid, _)| !covered(node, &self.reachable, self.config.overlap, jid))
            .map(|(jid, subscriber)| {
                let payloads = match subids {
                    SubIds::Told => with_subids(&payload, subscriber),
                    SubIds::Left => payload.clone().into(),
                };
                (jid.clone(), payloads)
            })
            .collect();
        for (to, payloads) in deliveries {
            self.send_message(to, kind, payloads);
        }
    }

    /// Tells an address what became of its subscription. §12.14.
    pub(super) fn notify_subscription(&mut self, id: &NodeId, jid: Jid, state: SubscriptionState) {
        let event = Event::Subscription(Subscription::new(id.clone(), jid.clone(), state));
        self.send_message(jid, MessageKind::Headline, event.to_payload().into());
    }

    fn send_message(&mut self, to: Jid, kind: MessageKind, payloads: Payloads) {
        let mut message = Message::new(kind, payloads);
        message.from = Some(self.config.address.clone());
        message.to = Some(to);
        message.id = self.next_message_id();
        self.out.push_back(Stanza::Message(message));
    }
}

/// Whether this session gets the event through its user's bare address.
fn covered(node: &Node, reachable: &BTreeSet<Jid>, overlap: Overlap, jid: &Jid) -> bool {
    overlap == Overlap::OncePerSession
        && !jid.is_bare()
        && reachable.contains(jid)
        && node.subscribers.contains_key(jid.bare_str())
}

fn with_subids(payload: &Payload, subscriber: &Subscriber) -> Payloads {
    let headers: Vec<Header> = subscriber
        .explicit
        .iter()
        .filter_map(|explicit| explicit.subid.as_ref())
        .map(|subid| Header::new("SubID", subid.as_str()))
        .collect();
    if headers.is_empty() {
        return payload.clone().into();
    }
    // PS-7.1-14: the headers come last.
    vec![payload.clone(), Headers::new(headers).to_payload()].into()
}
