//! What sessions want, by the capabilities in their presence. XEP-0115, XEP-0060 §9.2.
//!
//! The service of an account asks what a `ver` stands for once. An answer whose hash is right is true of whoever has the
//! same `ver`; another is true of its sender alone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Service;
use crate::caps::Capabilities;
use crate::disco;
use crate::id::{NodeId, StanzaId};
use crate::jid::Jid;
use crate::ns;
use crate::stanza::{Iq, IqContent, Payload, Presence};

/// What is known and asked.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// By `ver` whose hash was right.
    interests: BTreeMap<String, BTreeSet<NodeId>>,
    order: VecDeque<String>,
    /// By the number of the question. A session is asked once at a time.
    asked: BTreeMap<u64, (Jid, Capabilities)>,
    asking: BTreeMap<Jid, u64>,
}

impl Known {
    fn keep(&mut self, ver: &str, interests: BTreeSet<NodeId>, most: usize) {
        if self.interests.insert(ver.to_owned(), interests).is_none() {
            self.order.push_back(ver.to_owned());
        }
        while self.order.len() > most {
            if let Some(oldest) = self.order.pop_front() {
                self.interests.remove(&oldest);
            }
        }
    }

    /// Forgets a question to a session.
    pub(super) fn forget(&mut self, session: &Jid) {
        if let Some(number) = self.asking.remove(session) {
            self.asked.remove(&number);
        }
    }
}

impl Service {
    /// Looks at the capabilities of a presence.
    pub(super) fn on_capabilities(&mut self, session: &Jid, presence: &Presence) {
        let payload = presence.payloads.find(ns::CAPS, "c");
        let caps = payload.and_then(|payload| Capabilities::decode(payload).ok());
        let Some(caps) = caps.filter(|_| self.is_account()) else {
            return;
        };
        let known = (caps.hash.as_deref() == Some("sha-1"))
            .then(|| self.capabilities.interests.get(&caps.ver).cloned())
            .flatten();
        match known {
            Some(interests) => self.interests(session, interests),
            None => self.ask_capabilities(session, caps),
        }
    }

    fn ask_capabilities(&mut self, session: &Jid, caps: Capabilities) {
        let asked = self.capabilities.asking.get(session);
        let asked = asked.and_then(|number| self.capabilities.asked.get(number));
        if asked.is_some_and(|(_, asked)| *asked == caps)
            || !self.people.is_available(session)
            || self.capabilities.asking.len() >= self.config.max_presences
        {
            return;
        }
        self.capabilities.forget(session);
        let number = self.next_number();
        let query = disco::Info {
            node: Some(caps.info_node()),
            ..disco::Info::default()
        };
        let id = self.outbox.message_id(number);
        let mut iq = Iq::new(id, IqContent::Get(query.to_payload())).with_to(session.clone());
        iq.from = Some(self.config.address.clone());
        self.stage(iq);
        self.capabilities.asking.insert(session.clone(), number);
        self.capabilities
            .asked
            .insert(number, (session.clone(), caps));
    }

    /// Takes what a session answers.
    pub(super) fn on_capabilities_answer(
        &mut self,
        from: &Jid,
        id: &StanzaId,
        payload: Option<&Payload>,
    ) {
        let Some(number) = self.outbox.number_of(id) else {
            return;
        };
        let own = self.capabilities.asking.get(from) == Some(&number);
        let Some((_, caps)) = self
            .capabilities
            .asked
            .get(&number)
            .filter(|_| own)
            .cloned()
        else {
            return;
        };
        self.capabilities.forget(from);
        let Some(info) = payload.and_then(|payload| disco::Info::decode(payload).ok()) else {
            return;
        };
        let wanted = info
            .features
            .iter()
            .filter_map(|feature| NodeId::new(feature.strip_suffix("+notify")?).ok());
        let interests: BTreeSet<NodeId> = wanted.take(self.config.max_listed).collect();
        // PS-9.2-02.
        if caps.is_hash_of(&info) {
            let most = self.config.remembered_capabilities;
            self.capabilities.keep(&caps.ver, interests.clone(), most);
        }
        self.interests(from, interests);
    }
}
