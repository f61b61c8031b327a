//! Which items of a node are known already.

use std::collections::{BTreeMap, VecDeque};

use wire_xml::{Element, Node};

use crate::id::ItemId;
use crate::pubsub::Item;

/// The newest items that were seen, up to a limit.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// By name; what was in it, where that was sent.
    items: BTreeMap<ItemId, Option<u64>>,
    /// The oldest first.
    order: VecDeque<ItemId>,
}

impl Seen {
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(super) fn has(&self, id: &ItemId) -> bool {
        self.items.contains_key(id)
    }

    /// Whether this very item was seen. An item that was published anew under its old name was not; where a payload was left
    /// out, the name decides.
    pub(super) fn knows(&self, item: &Item) -> bool {
        let Some(known) = item.id.as_ref().and_then(|id| self.items.get(id)) else {
            return false;
        };
        match (known, content(item)) {
            (Some(known), Some(now)) => *known == now,
            (None, _) | (_, None) => true,
        }
    }

    pub(super) fn insert(&mut self, item: &Item, most: usize) {
        let Some(id) = &item.id else {
            return;
        };
        if self.items.insert(id.clone(), content(item)).is_none() {
            self.order.push_back(id.clone());
        }
        while self.order.len() > most {
            if let Some(oldest) = self.order.pop_front() {
                self.items.remove(&oldest);
            }
        }
    }

    pub(super) fn remove(&mut self, id: &ItemId) {
        if self.items.remove(id).is_some() {
            self.order.retain(|known| known != id);
        }
    }
}

/// FNV-1a over what the payload means: in an event and in a list of items it need not be written alike. Who could make
/// two items collide could as well send neither.
fn content(item: &Item) -> Option<u64> {
    let payload = item.payload()?;
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    match payload.to_element() {
        Ok(element) => hash.element(&element),
        Err(_) => hash.bytes(payload.as_bytes()),
    }
    Some(hash.0)
}

struct Fnv(u64);

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        // 0xff is in no text: it says where one ends.
        for byte in bytes.iter().chain(&[0xff]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// As deep as a stanza may be.
    fn element(&mut self, element: &Element) {
        self.bytes(element.ns().as_bytes());
        self.bytes(element.local().as_bytes());
        let attributes = element.attributes().iter();
        let mut attributes: Vec<_> = attributes
            .map(|attribute| {
                let name = &attribute.name;
                (name.ns(), name.local(), attribute.value.as_str())
            })
            .collect();
        attributes.sort_unstable();
        for (ns, local, value) in attributes {
            for part in [ns, local, value] {
                self.bytes(part.as_bytes());
            }
        }
        self.bytes(b"");
        for node in element.nodes() {
            match node {
                Node::Element(child) => self.element(child),
                Node::Text(text) => self.bytes(text.as_bytes()),
            }
        }
        self.bytes(b"");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notification;

    fn item(id: &str, payload: Option<&str>) -> Item {
        let id = Some(ItemId::new(id).unwrap());
        match payload {
            Some(text) => Item {
                id,
                ..Item::new(notification::wrap(text))
            },
            None => Item {
                id,
                ..Item::default()
            },
        }
    }

    #[test]
    fn an_item_is_known_by_name_and_content() {
        let mut seen = Seen::default();
        seen.insert(&item("a", Some("1")), 10);
        assert!(seen.knows(&item("a", Some("1"))));
        assert!(!seen.knows(&item("a", Some("2"))), "published anew");
        assert!(seen.knows(&item("a", None)), "only its name was sent");
        assert!(!seen.knows(&item("b", Some("1"))));
        assert!(
            !seen.knows(&Item::default()),
            "without a name nothing is known"
        );
    }

    #[test]
    fn how_a_payload_is_written_does_not_count() {
        let written = |xml: &[u8]| Item {
            id: Some(ItemId::new("a").unwrap()),
            ..Item::new(crate::Payload::parse(xml, &wire_xml::Limits::default()).unwrap())
        };
        let mut seen = Seen::default();
        seen.insert(&written(b"<p xmlns='urn:p' a='1' b='2'>x<q/></p>"), 10);
        assert!(seen.knows(&written(
            b"<z:p b=\"2\" a=\"1\" xmlns:z=\"urn:p\">x<z:q></z:q></z:p>"
        )));
        for other in [
            &b"<p xmlns='urn:p' a='1' b='2'><q/>x</p>"[..],
            b"<p xmlns='urn:p' a='1' b='2'>x<q>x</q></p>",
            b"<p xmlns='urn:p' a='12' b=''>x<q/></p>",
            b"<p xmlns='urn:q' a='1' b='2'>x<q/></p>",
        ] {
            assert!(!seen.knows(&written(other)));
        }
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut seen = Seen::default();
        for name in ["a", "b", "c", "b"] {
            seen.insert(&item(name, None), 2);
        }
        let known = ["a", "b", "c"].map(|name| seen.has(&ItemId::new(name).unwrap()));
        assert_eq!(known, [false, true, true]);
        seen.remove(&ItemId::new("b").unwrap());
        assert_eq!(seen.order.len(), 1);
    }
}
