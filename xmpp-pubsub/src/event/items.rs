//! Items events, read in place: no tree, and payloads that are slices.
//!
//! Only what nearly every event is: one `items` with `item` and `retract` in it and nothing that would have to be kept. All
//! else, faults among it, is left to the reader of trees, which says the same of the events that are read here.

use std::borrow::Cow;

use smallvec::SmallVec;
use wire_xml::text::trim;
use wire_xml::{Event as XmlEvent, Limits, Profile, Reader, Start};

use super::{Changes, Event, ItemChange};
use crate::error::DecodeError;
use crate::id::{ItemId, NodeId};
use crate::jid::Jid;
use crate::ns::PUBSUB_EVENT as NS;
use crate::other::Other;
use crate::pubsub::Item;
use crate::shared::Stretch;
use crate::stanza::Payload;

/// The event, or `None` if it is not as plain as that.
pub(super) fn decode(payload: &Payload) -> Result<Option<Event>, DecodeError> {
    let reader = Reader::accepted(payload.as_bytes(), Profile::Xmpp)?;
    Ok(Items { payload, reader }.event())
}

struct Items<'a> {
    payload: &'a Payload,
    reader: Reader<'a>,
}

/// What stands inside an element next.
enum Next<'a> {
    Start(Start<'a>),
    End,
}

impl<'a> Items<'a> {
    fn event(mut self) -> Option<Event> {
        let Next::Start(event) = self.next()? else {
            return None;
        };
        if !event.name.is(NS, "event") || !self.reader.attributes().is_empty() {
            return None;
        }
        let Next::Start(items) = self.next()? else {
            return None;
        };
        if !items.name.is(NS, "items") {
            return None;
        }
        let [node] = self.attributes(["node"])?;
        let node = node.filter(|node| !node.is_empty())?;
        let xml = self.payload.as_bytes();

        let mut kept_node = None;
        let mut changes = Changes::new();
        while let Next::Start(start) = self.next()? {
            let [id, publisher] = self.attributes(["id", "publisher"])?;
            let id = id.filter(|id| !id.is_empty());
            // The first item stands beside the name of the node.
            let first = kept_node.is_none().then_some(&*node);
            let mut stretch = Stretch::over(xml, [first, id.as_deref(), publisher.as_deref()]);
            if kept_node.is_none() {
                kept_node = Some(NodeId::within(&node, &mut stretch).ok()?);
            }
            let id = match id {
                Some(id) => Some(ItemId::within(&id, &mut stretch).ok()?),
                None => None,
            };
            let publisher = match publisher {
                Some(jid) => Some(Jid::within(&jid, &mut stretch).ok()?),
                None => None,
            };
            changes.push(if start.name.is(NS, "item") {
                ItemChange::Published(self.item(id, publisher)?)
            } else if start.name.is(NS, "retract") && publisher.is_none() {
                let Next::End = self.next()? else {
                    return None;
                };
                ItemChange::Retracted(id?)
            } else {
                return None;
            });
        }
        let Next::End = self.next()? else {
            return None;
        };
        Some(Event::Items {
            node: match kept_node {
                Some(node) => node,
                None => NodeId::new(&node).ok()?,
            },
            changes,
            other: Other::new(),
        })
    }

    fn item(&mut self, id: Option<ItemId>, publisher: Option<Jid>) -> Option<Item> {
        let xml = self.payload.as_bytes();
        let mut payloads: SmallVec<[Payload; 1]> = SmallVec::new();
        while let Next::Start(start) = self.next()? {
            let skipped = self.reader.skip().ok()?;
            payloads.push(if skipped.standalone {
                Payload::slice(&start.name, xml, skipped.range, |range| xml.slice(range))
            } else {
                let part = xml.get(skipped.range)?;
                Payload::cut(&start.name, part, &self.reader.scope(), &Limits::MAX).ok()?
            });
        }
        Some(Item {
            id,
            publisher,
            payloads: payloads.into(),
            other: Other::new(),
        })
    }

    /// The next tag inside an element, where there is nothing but white space before it.
    fn next(&mut self) -> Option<Next<'a>> {
        loop {
            match self.reader.next_event().ok()?? {
                XmlEvent::Start(start) => return Some(Next::Start(start)),
                XmlEvent::End => return Some(Next::End),
                XmlEvent::Text(text) if trim(&text).is_empty() => {}
                XmlEvent::Text(_) => return None,
            }
        }
    }

    /// The values of these attributes of the tag read last, if it has no other.
    fn attributes<const N: usize>(&self, names: [&str; N]) -> Option<[Option<Cow<'a, str>>; N]> {
        let mut values = [const { None }; N];
        for attribute in self.reader.attributes() {
            let place = names.iter().position(|name| attribute.name.is("", name))?;
            values[place] = Some(attribute.value.clone());
        }
        Some(values)
    }
}
