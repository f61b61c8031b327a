//! What goes out, and what has to wait until the journal has it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::id::StanzaId;
use crate::jid::Jid;
use crate::stanza::{Message, MessageKind, Payloads, Stanza};

/// One unit of output. A delivery is an address, a number and a reference count until it is handed out.
#[derive(Clone, Debug)]
pub(super) enum Out {
    Stanza(Box<Stanza>),
    Delivery {
        to: Jid,
        number: u64,
        event: Arc<Delivered>,
    },
}

/// What many addresses are sent.
#[derive(Debug)]
pub(super) struct Delivered {
    pub(super) kind: MessageKind,
    pub(super) payloads: Payloads,
}

impl Out {
    fn recipient(&self) -> Option<&Jid> {
        match self {
            Self::Stanza(stanza) => stanza.recipient(),
            Self::Delivery { to, .. } => Some(to),
        }
    }

    fn is_answer(&self) -> bool {
        matches!(self, Self::Stanza(stanza) if matches!(**stanza, Stanza::Iq(_)))
    }
}

/// What one addressee waits for: each with the place in the journal, and in the order of all.
type Queue = VecDeque<(u64, u64, Out)>;

#[derive(Debug)]
pub(super) struct Outbox {
    address: Jid,
    /// First part of each message id, and room for the second.
    id: String,
    prefix: usize,
    ready: VecDeque<Out>,
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
    pub(super) fn new(address: Jid, prefix: &str, most_per_peer: usize) -> Self {
        let id = format!("{prefix}-");
        Self {
            address,
            prefix: id.len(),
            id,
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
    pub(super) fn push_all(&mut self, after: u64, all: &mut Vec<Out>) {
        if self.withheld.is_empty() && after <= self.confirmed {
            self.ready.extend(all.drain(..));
            return;
        }
        for out in all.drain(..) {
            self.push(after, out);
        }
    }

    fn push(&mut self, after: u64, out: Out) {
        let Some(peer) = out.recipient().map(Jid::bare) else {
            self.ready.push_back(out);
            return;
        };
        if let Some(queue) = self.withheld.get_mut(&peer) {
            if queue.len() >= self.most_per_peer {
                if !out.is_answer() {
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

    pub(super) fn pop(&mut self) -> Option<Stanza> {
        Some(match self.ready.pop_front()? {
            Out::Stanza(stanza) => *stanza,
            Out::Delivery { to, number, event } => {
                let mut message = Message::new(event.kind, event.payloads.clone());
                message.from = Some(self.address.clone());
                message.to = Some(to);
                message.id = Some(self.message_id(number));
                Stanza::Message(message)
            }
        })
    }

    /// PS-12.4-01: unique in the service.
    pub(super) fn message_id(&mut self, number: u64) -> StanzaId {
        self.id.truncate(self.prefix);
        let mut digits = [0_u8; 16];
        let mut rest = number;
        let mut len = 0;
        for digit in digits.iter_mut().rev() {
            *digit = b"0123456789abcdef"[(rest & 15) as usize];
            len += 1;
            rest >>= 4;
            if rest == 0 {
                break;
            }
        }
        self.id
            .extend(digits.iter().skip(16 - len).map(|digit| char::from(*digit)));
        StanzaId::made(&self.id)
    }

    /// The number in a message id of ours.
    pub(super) fn number_of(&self, id: &StanzaId) -> Option<u64> {
        let number = id.as_str().strip_prefix(self.id.get(..self.prefix)?)?;
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
    use super::*;
    use crate::stanza::{Iq, IqContent, Payload};

    fn outbox() -> Outbox {
        Outbox::new(Jid::new("pubsub.localhost").unwrap(), "p", 2)
    }

    fn to(jid: &str, number: u64) -> Out {
        let event = Arc::new(Delivered {
            kind: MessageKind::Headline,
            payloads: Payload::empty("urn:e", "e").into(),
        });
        Out::Delivery {
            to: Jid::new(jid).unwrap(),
            number,
            event,
        }
    }

    fn sent(outbox: &mut Outbox) -> Vec<String> {
        core::iter::from_fn(|| outbox.pop())
            .map(|stanza| match stanza {
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
            outbox.push_all(0, &mut vec![Out::Stanza(Box::new(Stanza::Iq(answer)))]);
        }
        let ready = core::iter::from_fn(|| outbox.pop()).count();
        assert_eq!((ready, outbox.held()), (10, 2), "PS-14.5-02");
    }

    #[test]
    fn a_message_id_tells_its_number() {
        let mut outbox = outbox();
        for number in [0, 1, 15, 16, 0xdead_beef, u64::MAX] {
            let id = outbox.message_id(number);
            assert_eq!(outbox.number_of(&id), Some(number), "{id}");
        }
        assert_eq!(outbox.number_of(&StanzaId::new("q-1").unwrap()), None);
    }
}
