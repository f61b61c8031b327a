//! The last item, for those who come later. XEP-0060 §6.1.7, §12.2 and §12.10.

use super::Service;
use super::journal::{ItemRecord, Subscription};
use super::models::{ItemReply, SendLast};
use super::notify::{headers, items_event};
use super::storage::Purpose;
use crate::delay::Delay;
use crate::id::{NodeId, SubId};
use crate::jid::Jid;
use crate::other::Other;
use crate::pubsub::Item;
use crate::stanza::Payload;

impl Service {
    /// PS-6.1-25, PS-12.10-01: somebody is subscribed from now on. Once, however many subscriptions he has (trap 21).
    pub(super) fn send_last_to(&mut self, id: &NodeId, jid: &Jid, subid: Option<&SubId>) {
        let Some(node) = self.state.nodes.get(id) else {
            return;
        };
        let is_other = |made: &Subscription| made.is_live() && made.subid.as_ref() != subid;
        if node.config.send_last == SendLast::Never || node.made_by(jid).iter().any(is_other) {
            return;
        }
        self.send_last(id, jid.clone(), subid.into_iter().cloned().collect());
    }

    /// PS-4.3-03, PS-9.3-04: a session of a subscriber comes. The bare address has the others already, so it goes to the
    /// session.
    pub(super) fn send_last_on_presence(&mut self, session: &Jid) {
        let Some(user) = self.state.users.get(&session.bare()) else {
            return;
        };
        let mut wanted = Vec::new();
        for id in user.nodes.iter() {
            let Some(node) = self.state.nodes.get(id) else {
                continue;
            };
            if node.config.send_last != SendLast::OnSubAndPresence {
                continue;
            }
            let mut subids = Vec::new();
            let mut any = false;
            for (jid, subscriber) in node.of_user(session) {
                if !jid.is_bare() && jid != session {
                    continue;
                }
                any |= subscriber.automatic;
                for made in subscriber.made.iter().filter(|made| made.is_live()) {
                    any |= made.wants_events();
                    subids.extend(made.subid.clone());
                }
            }
            if any {
                wanted.push((id.clone(), subids));
            }
        }
        for (id, subids) in wanted {
            self.send_last(&id, session.clone(), subids);
        }
    }

    /// Sends the newest item, from here or from the storage.
    pub(super) fn send_last(&mut self, id: &NodeId, to: Jid, subids: Vec<SubId>) {
        let Some(node) = self.state.nodes.get(id) else {
            return;
        };
        if !node.config.deliver_notifications || node.config.is_collection() {
            return;
        }
        if let Some((item, payload)) = node.items.last().cloned() {
            self.send_stored(id, to, subids, item, payload);
        } else if let Some(item) = node.items.newest().cloned() {
            let items = vec![item.id.clone()];
            self.fetch(id, items, Purpose::Last { to, subids, item });
        }
    }

    /// Sends an item that was published before, with the date (PS-6.1-25).
    pub(super) fn send_stored(
        &mut self,
        id: &NodeId,
        to: Jid,
        subids: Vec<SubId>,
        item: ItemRecord,
        payload: Option<Payload>,
    ) {
        let Some(node) = self.state.nodes.get(id) else {
            return;
        };
        let kind = node.config.notification_type;
        let told = Item {
            id: Some(item.id),
            publisher: (node.config.itemreply == ItemReply::Publisher)
                .then(|| item.publisher.bare()),
            payloads: payload.into(),
            other: Other::new(),
        };
        let event = items_event(id, node, &[told]);
        let delay = Delay {
            from: None,
            stamp: item.published_at,
            reason: None,
            other: Other::new(),
        };
        let payloads: Vec<_> = [event.to_payload(), delay.to_payload()]
            .into_iter()
            .chain(headers(&subids, &[]))
            .collect();
        self.see_node(id);
        let first = self.messages;
        self.send_message(to, kind, payloads.into());
        self.bounces.remember(first, self.messages, id);
    }
}

impl Subscription {
    fn wants_events(&self) -> bool {
        self.options
            .as_deref()
            .is_none_or(|options| options.deliver != Some(false))
    }
}
