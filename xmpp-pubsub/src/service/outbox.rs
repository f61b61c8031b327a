//! What goes out, and what has to wait until the journal has it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::id::StanzaId;
use crate::jid::Jid;
use crate::stanza::{Outgoing, Stanza};

/// What one addressee waits for: each with the place in the journal, and in the order of all.
type Queue = VecDeque<(u64, u64, Outgoing)>;

#[derive(Debug)]
pub(super) struct Outbox {
    /// First part of each message id.
    id: StanzaId,
    ready: VecDeque<Outgoing>,
    /// By bare address, so that a user's sessions see his things in order.
    withheld: BTreeMap<Jid, Queue>,
    /// Whose queue waits for which place in the journal.
    heads: BTreeMap<u64, BTreeSet<Jid>>,
    confirmed: u64,
    order: u64,
    held: usize,
    dropped: u64,
    most_per_peer: usize,
}

impl Outbox {
    pub(super) fn new(prefix: &str, most_per_peer: usize) -> Self {
        Self {
            id: StanzaId::joined(prefix, "-"),
            ready: VecDeque::new(),
            withheld: BTreeMap::new(),
            heads: BTreeMap::new(),
            confirmed: 0,
            order: 0,
            held: 0,
            dropped: 0,
            most_per_peer,
        }
    }

    /// Takes what one input caused. It goes out once `after` is in the journal.
    pub(super) fn push_all(&mut self, after: u64, all: &mut Vec<Outgoing>) {
        if self.withheld.is_empty() && after <= self.confirmed {
            self.ready.extend(all.drain(..));
            return;
        }
        for out in all.drain(..) {
            self.push(after, out);
        }
    }

    fn push(&mut self, after: u64, out: Outgoing) {
        let Some(peer) = out.recipient().map(Jid::bare) else {
            self.ready.push_back(out);
            return;
        };
        if let Some(queue) = self.withheld.get_mut(&peer) {
            if queue.len() >= self.most_per_peer {
                if !matches!(out.as_stanza(), Some(Stanza::Iq(_))) {
                    self.dropped += 1;
                    return;
                }
                if after <= self.confirmed {
                    // It would wait for nothing but its turn, and more of them could wait than there is room for.
                    self.ready.push_back(out);
                    return;
                }
            }
            queue.push_back((after, self.order, out));
        } else if after > self.confirmed {
            self.heads.entry(after).or_default().insert(peer.clone());
            self.withheld
                .insert(peer, VecDeque::from([(after, self.order, out)]));
        } else {
            self.ready.push_back(out);
            return;
        }
        self.order += 1;
        self.held += 1;
    }

    /// Everything up to that place is in the journal.
    pub(super) fn confirm(&mut self, seq: u64) {
        if seq <= self.confirmed {
            return;
        }
        self.confirmed = seq;
        let later = self.heads.split_off(&(seq + 1));
        let free = core::mem::replace(&mut self.heads, later);
        let mut released = BTreeMap::new();
        for peer in free.into_values().flatten() {
            let Some(queue) = self.withheld.get_mut(&peer) else {
                continue;
            };
            while let Some((after, order, out)) = queue.pop_front() {
                if after > seq {
                    self.heads.entry(after).or_default().insert(peer.clone());
                    queue.push_front((after, order, out));
                    break;
                }
                released.insert(order, out);
            }
            if queue.is_empty() {
                self.withheld.remove(&peer);
            }
        }
        self.held = self.held.saturating_sub(released.len());
        self.ready.extend(released.into_values());
    }

    /// Nothing that waits will ever be in the journal.
    pub(super) fn give_up(&mut self) {
        self.withheld.clear();
        self.heads.clear();
        self.held = 0;
    }

    pub(super) fn pop(&mut self) -> Option<Outgoing> {
        self.ready.pop_front()
    }

    /// What each message id begins with.
    pub(super) const fn id(&self) -> &StanzaId {
        &self.id
    }

    /// PS-12.4-01: unique in the service.
    pub(super) fn message_id(&self, number: u64) -> StanzaId {
        self.id.numbered(number)
    }

    /// The number in a message id of ours.
    pub(super) fn number_of(&self, id: &StanzaId) -> Option<u64> {
        let number = id.as_str().strip_prefix(self.id.as_str())?;
        u64::from_str_radix(number, 16).ok()
    }

    pub(super) const fn held(&self) -> usize {
        self.held
    }

    pub(super) const fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::stanza::{Iq, IqContent, MessageKind, Multicast, Payload};

    fn outbox() -> Outbox {
        Outbox::new("p", 2)
    }

    fn to(jid: &str, number: u64) -> Outgoing {
        let from = Jid::new("pubsub.localhost").unwrap();
        let payload = Payload::empty("urn:e", "e");
        let kind = MessageKind::Headline;
        let event = Multicast::numbered(from, outbox().id, kind, payload.into());
        Arc::new(event).copy(Jid::new(jid).unwrap(), number)
    }

    fn sent(outbox: &mut Outbox) -> Vec<String> {
        core::iter::from_fn(|| outbox.pop())
            .map(|out| match out.into_stanza() {
                Stanza::Message(message) => message.id.unwrap().to_string(),
                other @ (Stanza::Iq(_) | Stanza::Presence(_)) => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn what_one_addressee_waits_for_holds_back_nobody_else() {
        let mut outbox = outbox();
        outbox.push_all(1, &mut vec![to("a@b/1", 1), to("c@b", 2)]);
        outbox.push_all(0, &mut vec![to("a@b", 3), to("d@b", 4)]);
        assert_eq!(sent(&mut outbox), ["p-4"]);
        outbox.push_all(2, &mut vec![to("c@b", 5)]);
        outbox.confirm(1);
        assert_eq!(sent(&mut outbox), ["p-1", "p-2", "p-3"]);
        outbox.confirm(2);
        assert_eq!(sent(&mut outbox), ["p-5"]);
        assert_eq!(outbox.held(), 0);
    }

    #[test]
    fn ps_14_5_02_what_waits_for_one_peer_has_a_limit() {
        let mut outbox = outbox();
        outbox.push_all(1, &mut (1..=4).map(|number| to("a@b", number)).collect());
        assert_eq!((outbox.held(), outbox.dropped()), (2, 2));
    }

    #[test]
    fn ps_14_5_02_answers_that_wait_for_their_turn_have_a_limit_too() {
        let mut outbox = outbox();
        outbox.push_all(1, &mut vec![to("a@b", 1), to("a@b", 2)]);
        for _ in 0..10 {
            let mut answer = Iq::new(StanzaId::new("i").unwrap(), IqContent::Result(None));
            answer.to = Some(Jid::new("a@b").unwrap());
            outbox.push_all(0, &mut vec![Stanza::Iq(answer).into()]);
        }
        let ready = core::iter::from_fn(|| outbox.pop()).count();
        assert_eq!((ready, outbox.held()), (10, 2), "PS-14.5-02");
    }

    #[test]
    fn a_message_id_tells_its_number() {
        let outbox = outbox();
        for number in [0, 1, 15, 16, 0xdead_beef, u64::MAX] {
            let id = outbox.message_id(number);
            assert_eq!(outbox.number_of(&id), Some(number), "{id}");
        }
        assert_eq!(outbox.number_of(&StanzaId::new("q-1").unwrap()), None);
    }
}
