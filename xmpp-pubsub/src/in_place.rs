//! Elements of publish-subscribe, read in place: no tree, and payloads that are slices.
//!
//! Every step gives up (`None`) where something stands that is not as plain as expected: that, faults among it, is left to
//! the readers of trees.

use std::borrow::Cow;

use smallvec::SmallVec;
use wire_xml::text::trim;
use wire_xml::{Element, Event, Limits, Profile, Reader, Start};

use crate::error::DecodeError;
use crate::id::{ItemId, NodeId};
use crate::jid::Jid;
use crate::other::Other;
use crate::pubsub::Item;
use crate::shared::Stretch;
use crate::stanza::Payload;

/// A payload, and how far it is read.
pub(crate) struct InPlace<'a> {
    payload: &'a Payload,
    reader: Reader<'a>,
}

/// What stands inside an element next.
pub(crate) enum Next<'a> {
    Start(Start<'a>),
    End,
}

/// What becomes of the payloads of an item.
#[derive(Clone, Copy)]
pub(crate) enum Carried {
    /// They stay where they are, and as they are.
    Slices,
    /// They are written again, as the readers of trees do.
    Anew,
}

/// The name of the node that an element is about, which is kept together with those of its first item.
pub(crate) struct NodeName<'a> {
    text: Cow<'a, str>,
    kept: Option<NodeId>,
}

/// The names in the tag of an item.
pub(crate) struct ItemNames {
    pub(crate) id: Option<ItemId>,
    pub(crate) publisher: Option<Jid>,
}

impl<'a> InPlace<'a> {
    pub(crate) fn new(payload: &'a Payload) -> Result<Self, DecodeError> {
        let reader = Reader::accepted(payload.as_bytes(), Profile::Xmpp)?;
        Ok(Self { payload, reader })
    }

    /// The next tag inside an element, where there is nothing but white space before it.
    pub(crate) fn next(&mut self) -> Option<Next<'a>> {
        loop {
            match self.reader.next_event().ok()?? {
                Event::Start(start) => return Some(Next::Start(start)),
                Event::End => return Some(Next::End),
                Event::Text(text) if trim(&text).is_empty() => {}
                Event::Text(_) => return None,
            }
        }
    }

    /// Goes on if the next tag opens that element.
    pub(crate) fn open(&mut self, ns: &str, local: &str) -> Option<()> {
        match self.next()? {
            Next::Start(start) if start.name.is(ns, local) => Some(()),
            Next::Start(_) | Next::End => None,
        }
    }

    /// Goes on if an element ends here.
    pub(crate) fn close(&mut self) -> Option<()> {
        match self.next()? {
            Next::End => Some(()),
            Next::Start(_) => None,
        }
    }

    /// The name of the node in the tag read last, which has no other attribute.
    pub(crate) fn node(&self) -> Option<NodeName<'a>> {
        let [node] = self.attributes(["node"])?;
        Some(NodeName {
            text: node.filter(|node| !node.is_empty())?,
            kept: None,
        })
    }

    /// What the tag of an item says, which was read last and has no other attribute.
    pub(crate) fn names(&self, node: &mut NodeName<'a>) -> Option<ItemNames> {
        let [id, publisher] = self.attributes(["id", "publisher"])?;
        let id = id.filter(|id| !id.is_empty());
        // The first item stands beside the name of the node.
        let first = node.kept.is_none().then_some(&*node.text);
        let values = [first, id.as_deref(), publisher.as_deref()];
        let mut stretch = Stretch::over(self.payload.as_bytes(), values);
        if node.kept.is_none() {
            node.kept = Some(NodeId::within(&node.text, &mut stretch).ok()?);
        }
        let id = id.map(|id| ItemId::within(&id, &mut stretch));
        let publisher = publisher.map(|jid| Jid::within(&jid, &mut stretch));
        Some(ItemNames {
            id: id.transpose().ok()?,
            publisher: publisher.transpose().ok()?,
        })
    }

    /// The rest of an item of these names.
    pub(crate) fn item(&mut self, names: ItemNames, payloads: Carried) -> Option<Item> {
        let xml = self.payload.as_bytes();
        let mut read: SmallVec<[Payload; 1]> = SmallVec::new();
        while let Next::Start(start) = self.next()? {
            let is_bare = self.reader.attributes().is_empty();
            let skipped = self.reader.skip().ok()?;
            let part = xml.get(skipped.range.clone())?;
            read.push(match payloads {
                Carried::Slices if skipped.standalone => {
                    Payload::slice(&start.name, xml, skipped.range, |range| xml.slice(range))
                }
                Carried::Slices => {
                    Payload::cut(&start.name, part, &self.reader.scope(), &Limits::MAX).ok()?
                }
                Carried::Anew => match Payload::of_text(&start.name, part).filter(|_| is_bare) {
                    Some(payload) => payload,
                    None => {
                        let scope = self.reader.scope();
                        let tree = Element::parse_in(part, Profile::Xmpp, &Limits::MAX, &scope);
                        Payload::from_element(&tree.ok()?)
                    }
                },
            });
        }
        Some(Item {
            id: names.id,
            publisher: names.publisher,
            payloads: read.into(),
            other: Other::new(),
        })
    }

    /// Goes on if the tag read last has no attribute.
    pub(crate) fn no_attributes(&self) -> Option<()> {
        self.reader.attributes().is_empty().then_some(())
    }

    /// The values of these attributes of the tag read last, if it has no other.
    pub(crate) fn attributes<const N: usize>(
        &self,
        names: [&str; N],
    ) -> Option<[Option<Cow<'a, str>>; N]> {
        let mut values = [const { None }; N];
        for attribute in self.reader.attributes() {
            let place = names.iter().position(|name| attribute.name.is("", name))?;
            values[place] = Some(attribute.value.clone());
        }
        Some(values)
    }
}

impl NodeName<'_> {
    pub(crate) fn into_id(self) -> Option<NodeId> {
        match self.kept {
            Some(node) => Some(node),
            None => NodeId::new(&self.text).ok(),
        }
    }
}
