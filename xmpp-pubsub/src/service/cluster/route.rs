//! Which partition has which node, and lists that all partitions have a piece of.

use core::num::NonZeroU16;
use std::collections::BTreeMap;

use crate::id::NodeId;
use crate::stanza::{Iq, IqContent, Payload};
use crate::xml::Element;

/// Which nodes one service has of those that several share.
#[derive(Clone, Copy, Debug)]
pub(in crate::service) struct Share {
    pub(in crate::service) partition: u16,
    pub(in crate::service) partitions: NonZeroU16,
}

impl Share {
    pub(in crate::service) fn has(self, node: &NodeId) -> bool {
        partition_of(node.as_str(), self.partitions) == self.partition
    }
}

/// The partition of a name: FNV-1a of 64 bits over its bytes, modulo how many there are. Every member of every version has
/// to come to the same.
pub(super) fn partition_of(name: &str, partitions: NonZeroU16) -> u16 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The rest is less than a number of 16 bits.
    (hash % u64::from(partitions.get())) as u16
}

/// Requests that went to every partition, and what was answered so far.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    /// By partition and by the number of the input there.
    pieces: BTreeMap<(u16, u64), u64>,
    open: BTreeMap<u64, Open>,
    last: u64,
}

#[derive(Debug)]
struct Open {
    missing: usize,
    /// The answers by partition, so that lists are in the same order whoever is faster.
    answers: BTreeMap<u16, Iq>,
}

impl Gathering {
    /// Waits for an answer to each of these inputs.
    pub(super) fn open(&mut self, pieces: &[(u16, u64)]) {
        self.last += 1;
        for piece in pieces {
            self.pieces.insert(*piece, self.last);
        }
        let open = Open {
            missing: pieces.len(),
            answers: BTreeMap::new(),
        };
        self.open.insert(self.last, open);
    }

    /// Takes an answer. Returns it if it was the only one that is waited for, or the whole list if it was the last.
    pub(super) fn take(&mut self, partition: u16, number: u64, answer: Iq) -> Option<Iq> {
        let Some(id) = self.pieces.remove(&(partition, number)) else {
            return Some(answer);
        };
        let open = self.open.get_mut(&id)?;
        open.answers.insert(partition, answer);
        if open.answers.len() < open.missing {
            return None;
        }
        self.open.remove(&id).and_then(|open| merge(open.answers))
    }
}

/// One answer of several. If one of them is an error, the list is not known, and that is the answer.
fn merge(answers: BTreeMap<u16, Iq>) -> Option<Iq> {
    let mut list: Option<(Iq, Element)> = None;
    for answer in answers.into_values() {
        let IqContent::Result(Some(payload)) = &answer.content else {
            return Some(answer);
        };
        let Ok(piece) = payload.to_element() else {
            return Some(answer);
        };
        match &mut list {
            None => list = Some((answer, piece)),
            Some((_, list)) => join(list, &piece),
        }
    }
    let (mut answer, list) = list?;
    answer.content = IqContent::Result(Some(Payload::from_element(&list)));
    Some(answer)
}

/// The entries of disco stand in its element, those of pubsub one deeper.
fn join(list: &mut Element, piece: &Element) {
    if list.ns() == crate::ns::DISCO_ITEMS {
        for entry in piece.children() {
            list.push_child(entry.clone());
        }
        return;
    }
    let mut whole = Element::new(list.ns().to_owned(), list.local().to_owned());
    let mut more = piece.children();
    for inner in list.children() {
        let mut inner = inner.clone();
        for entry in more.next().into_iter().flat_map(Element::children) {
            inner.push_child(entry.clone());
        }
        whole.push_child(inner);
    }
    *list = whole;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::StanzaId;
    use crate::stanza::{Condition, ErrorType, StanzaError};

    #[test]
    fn names_hash_as_fnv_1a_says() {
        let most = NonZeroU16::MAX;
        // The published values for "" and "foobar" are cbf29ce484222325 and 85944171f73967e8.
        assert_eq!(
            u64::from(partition_of("", most)),
            0xcbf2_9ce4_8422_2325 % 65_535
        );
        assert_eq!(
            u64::from(partition_of("foobar", most)),
            0x8594_4171_f739_67e8 % 65_535
        );
    }

    fn answer(content: &str) -> Iq {
        let limits = wire_xml::Limits::default();
        let payload = Payload::parse(content.as_bytes(), &limits).unwrap();
        Iq::new(
            StanzaId::new("1").unwrap(),
            IqContent::Result(Some(payload)),
        )
    }

    fn text(iq: Option<Iq>) -> String {
        let stanza = crate::stanza::Stanza::Iq(iq.expect("an answer"));
        String::from_utf8(stanza.to_bytes().to_vec()).unwrap()
    }

    #[test]
    fn a_list_is_whole_when_every_piece_is_there() {
        let mut gathering = Gathering::default();
        gathering.open(&[(0, 5), (1, 9)]);
        let piece = |node| {
            answer(&format!(
                "<pubsub xmlns='urn:p'><affiliations><affiliation node='{node}'/></affiliations></pubsub>"
            ))
        };
        assert!(gathering.take(1, 9, piece("b")).is_none());
        assert!(
            gathering.take(0, 4, piece("x")).is_some(),
            "another request"
        );
        let whole = text(gathering.take(0, 5, piece("a")));
        assert!(
            whole.contains(
                "<affiliations><affiliation node=\"a\"/><affiliation node=\"b\"/></affiliations>"
            ),
            "{whole}"
        );
        assert!(gathering.pieces.is_empty() && gathering.open.is_empty());
    }

    #[test]
    fn a_list_that_has_a_hole_is_an_error() {
        let mut gathering = Gathering::default();
        gathering.open(&[(0, 1), (1, 1)]);
        let piece = answer("<query xmlns='http://jabber.org/protocol/disco#items'/>");
        let error = StanzaError::new(ErrorType::Wait, Condition::RESOURCE_CONSTRAINT);
        let refused = piece.to_error(error);
        assert!(gathering.take(0, 1, piece).is_none());
        assert!(text(gathering.take(1, 1, refused)).contains("resource-constraint"));
    }
}
