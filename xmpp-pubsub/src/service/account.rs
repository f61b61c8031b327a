//! The service of an account: who gets events by presence. XEP-0060 §9 and XEP-0163.

use std::collections::BTreeSet;

use super::Service;
use super::access::Access;
use super::models::{AccessModel, SendLast};
use super::node::Node;
use crate::id::NodeId;
use crate::jid::Jid;

impl Service {
    /// Says which nodes a session wants events of: those that its capabilities list with `+notify` (XEP-0060 §9.2). The
    /// service finds that out itself where presence comes as a stanza; this is for a host that feeds presence by
    /// [`set_presence`](Self::set_presence). The session must be available; the list ends with it.
    ///
    /// Only a service of an account sends by this.
    pub fn set_interests(
        &mut self,
        now: core::time::Duration,
        session: &Jid,
        nodes: impl IntoIterator<Item = NodeId>,
    ) {
        self.begin(now);
        let nodes: BTreeSet<NodeId> = nodes.into_iter().take(self.config.max_listed).collect();
        if !self.ended {
            self.interests(session, nodes);
        }
        self.finish();
    }

    pub(super) fn interests(&mut self, session: &Jid, nodes: BTreeSet<NodeId>) {
        let new = self.people.set_interests(session, nodes);
        if !self.is_account() {
            return;
        }
        for id in new {
            // PS-9.3-04: once, when it comes.
            let wanted = self.state.nodes.get(&id).is_some_and(|node| {
                node.config.send_last == SendLast::OnSubAndPresence
                    && self.gets_by_presence(node, session)
            });
            if wanted {
                self.send_last(&id, session.clone(), Vec::new());
            }
        }
    }

    /// The sessions that get events of a node by presence and capabilities. PS-9.1-01 to -03, PS-9.2-01, PS-9.3-02.
    pub(super) fn implied(&self, id: &NodeId, node: &Node) -> Vec<Jid> {
        let interested = self.people.interested.get(id).into_iter().flatten();
        interested
            .filter(|session| self.gets_by_presence(node, session))
            .cloned()
            .collect()
    }

    /// The owner himself, his contacts, and on an open node whoever lets his presence be seen (PS-9.1-05).
    fn gets_by_presence(&self, node: &Node, session: &Jid) -> bool {
        let own = session.same_bare(&self.config.address);
        let contact =
            self.sees_presence(node, session) || node.config.access_model == AccessModel::Open;
        self.people.is_available(session)
            && (own || contact)
            && matches!(self.access(node, session), Ok(Access::Granted))
    }

    /// PS-8.2-09: access was gained, so that the last item is news to those who got no events before (PS-9.3-04).
    pub(super) fn access_gained(&mut self, id: &NodeId, had: &[Jid]) {
        let Some(node) = self.state.nodes.get(id).filter(|_| self.is_account()) else {
            return;
        };
        if node.config.send_last != SendLast::OnSubAndPresence {
            return;
        }
        for session in self.implied(id, node) {
            if !had.contains(&session) {
                self.send_last(id, session, Vec::new());
            }
        }
    }

    /// The same for one contact, whose roster entry is another now. `had` is what he got before.
    pub(super) fn contact_gained(&mut self, contact: &Jid, had: &BTreeSet<(NodeId, Jid)>) {
        for (id, session) in self.implied_to(contact) {
            let wanted = self
                .state
                .nodes
                .get(&id)
                .is_some_and(|node| node.config.send_last == SendLast::OnSubAndPresence);
            if wanted && !had.contains(&(id.clone(), session.clone())) {
                self.send_last(&id, session, Vec::new());
            }
        }
    }

    /// The sessions of a contact that get events by presence and capabilities, with the nodes.
    pub(super) fn implied_to(&self, contact: &Jid) -> BTreeSet<(NodeId, Jid)> {
        let mut found = BTreeSet::new();
        if !self.is_account() {
            return found;
        }
        for (session, known) in self.people.sessions_of(contact) {
            for id in &known.interests {
                let node = self.state.nodes.get(id);
                if node.is_some_and(|node| self.gets_by_presence(node, session)) {
                    found.insert((id.clone(), session.clone()));
                }
            }
        }
        found
    }
}
