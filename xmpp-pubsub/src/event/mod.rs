//! Events of publish-subscribe: namespace `http://jabber.org/protocol/pubsub#event`. XEP-0060 §7 to §9 and §12.

mod changes;
mod items;

use bytes::BufMut;
use wire_xml::{Element, Writer};

use crate::decode::{expect, is_redirect, item_id, node, only_child, redirect};
use crate::error::DecodeError;
use crate::form::Form;
use crate::id::{ItemId, NodeId};
use crate::ns;
use crate::other::{Other, first, write_around};
use crate::pubsub::{Item, Subscription, form, write_form};
use crate::stanza::Payload;

pub use changes::Changes;

/// The `event` element.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Items were published or retracted. §7.1.2.1 and §7.2.2.1.
    Items {
        /// Where.
        node: NodeId,
        /// What, in order. Empty where a node delivers no payloads and keeps no items.
        changes: Changes,
        /// What else was there.
        other: Other,
    },
    /// Nodes joined or left a collection. XEP-0248 §5.3.2.
    Collection {
        /// The collection; absent means the root.
        node: Option<NodeId>,
        /// Which, in order.
        changes: Vec<Association>,
        /// What else was there.
        other: Other,
    },
    /// Settings changed. §8.2.5.4.
    Configuration {
        /// Of what.
        node: Option<NodeId>,
        /// The settings now.
        form: Option<Form>,
        /// What else was there.
        other: Other,
    },
    /// A node is gone. §8.4.2.
    Delete {
        /// Which.
        node: NodeId,
        /// Where it went.
        redirect: Option<String>,
        /// What else was there.
        other: Other,
    },
    /// All items of a node are gone. §8.5.2.
    Purge {
        /// Which.
        node: NodeId,
        /// What else was there.
        other: Other,
    },
    /// A subscription changed. §12.14.
    Subscription(Subscription),
    /// Something else: the whole element.
    Other(Element),
}

/// One entry of a collection event. XEP-0248 §5.3.2.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Association {
    /// The node joined.
    Associate(NodeId),
    /// The node left. The schema of XEP-0060 calls the element `disassociate`, the text of XEP-0248 `dissociate`: both are
    /// read, the former is written.
    Disassociate(NodeId),
}

/// One entry of an items event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ItemChange {
    /// Published, or published anew.
    Published(Item),
    /// Retracted.
    Retracted(ItemId),
}

impl Event {
    /// Items were published or retracted.
    #[must_use]
    pub fn items(node: NodeId, changes: impl Into<Changes>) -> Self {
        Self::Items {
            node,
            changes: changes.into(),
            other: Other::new(),
        }
    }

    /// A node is gone.
    #[must_use]
    pub const fn delete(node: NodeId, redirect: Option<String>) -> Self {
        Self::Delete {
            node,
            redirect,
            other: Other::new(),
        }
    }

    /// All items of a node are gone.
    #[must_use]
    pub const fn purge(node: NodeId) -> Self {
        Self::Purge {
            node,
            other: Other::new(),
        }
    }

    /// What the element has beyond the fields of its type.
    #[must_use]
    pub const fn other(&self) -> Option<&Other> {
        match self {
            Self::Items { other, .. }
            | Self::Collection { other, .. }
            | Self::Configuration { other, .. }
            | Self::Delete { other, .. }
            | Self::Purge { other, .. } => Some(other),
            Self::Subscription(subscription) => Some(&subscription.other),
            Self::Other(_) => None,
        }
    }

    /// Reads an `event` element. Payloads of items may be slices of it, see [`detach`](Self::detach).
    ///
    /// # Errors
    ///
    /// If it is another element, or holds a name or address that cannot be.
    pub fn decode(payload: &Payload) -> Result<Self, DecodeError> {
        match items::decode(payload)? {
            Some(event) => Ok(event),
            None => Self::decode_tree(payload),
        }
    }

    /// The same event with nothing left in it that is a slice of an input, for whoever keeps it.
    #[must_use]
    pub fn detach(&self) -> Self {
        let mut event = self.clone();
        match &mut event {
            Self::Items { node, changes, .. } => {
                *node = node.detach();
                for change in changes.iter_mut() {
                    match change {
                        ItemChange::Published(item) => *item = item.detach(),
                        ItemChange::Retracted(id) => *id = id.detach(),
                    }
                }
            }
            // Read from a tree, which shares nothing.
            Self::Collection { .. }
            | Self::Configuration { .. }
            | Self::Delete { .. }
            | Self::Purge { .. }
            | Self::Subscription(_)
            | Self::Other(_) => {}
        }
        event
    }

    fn decode_tree(payload: &Payload) -> Result<Self, DecodeError> {
        const NS: &str = ns::PUBSUB_EVENT;
        let element = payload.to_element()?;
        expect(&element, NS, "event")?;
        let Some(child) = only_child(&element, NS) else {
            return Ok(Self::Other(element));
        };
        let around = || Other::beside(&element, child);
        let other = |attributes: &[&str], is_known: &mut dyn FnMut(&Element) -> bool| {
            Other::of(child, attributes, is_known).with_around(around())
        };
        Ok(match child.local() {
            "items" => Self::Items {
                node: named(child, "items")?,
                changes: child
                    .children()
                    .filter_map(ItemChange::from_element)
                    .collect::<Result<_, _>>()?,
                other: other(&["node"], &mut |child| {
                    matches!(child.name().parts(), (NS, "item" | "retract"))
                }),
            },
            "collection" => Self::Collection {
                node: node(child, "collection")?,
                changes: child
                    .children()
                    .filter_map(Association::from_element)
                    .collect::<Result<_, _>>()?,
                other: other(&["node"], &mut |child| {
                    matches!(
                        child.name().parts(),
                        (NS, "associate" | "disassociate" | "dissociate")
                    )
                }),
            },
            "configuration" => Self::Configuration {
                node: node(child, "configuration")?,
                form: form(child)?,
                other: other(&["node"], &mut first(ns::DATA_FORMS, "x")),
            },
            "delete" => Self::Delete {
                node: named(child, "delete")?,
                redirect: redirect(child, NS),
                other: other(&["node"], &mut is_redirect(NS)),
            },
            "purge" => Self::Purge {
                node: named(child, "purge")?,
                other: other(&["node"], &mut |_| false),
            },
            "subscription" => {
                let mut subscription = Subscription::from_element(child)?;
                subscription.other = subscription.other.with_around(around());
                Self::Subscription(subscription)
            }
            _ => Self::Other(element),
        })
    }

    /// The element. It carries its namespace itself: clients are known that select on that attribute.
    #[must_use]
    pub fn to_payload(&self) -> Payload {
        const NS: &str = ns::PUBSUB_EVENT;
        if let Self::Other(element) = self {
            return Payload::from_element(element);
        }
        let mut carried = 0;
        if let Self::Items { changes, .. } = self {
            carried = changes.iter().map(ItemChange::carried).sum();
        }
        Payload::carrying(carried, NS, "event", |writer| {
            write_around(writer, (NS, "event"), self.other(), |writer| {
                self.write_child(writer);
            });
        })
    }

    fn write_child<B: BufMut>(&self, writer: &mut Writer<B>) {
        const NS: &str = ns::PUBSUB_EVENT;
        let other = match self {
            Self::Items {
                node,
                changes,
                other,
            } => {
                let tag = writer.start(NS, "items").attr("node", node.as_str());
                other.write_attributes(tag);
                for change in changes {
                    match change {
                        ItemChange::Published(item) => item.write(writer, NS),
                        ItemChange::Retracted(id) => {
                            writer.start(NS, "retract").attr("id", id.as_str()).end();
                        }
                    }
                }
                other
            }
            Self::Collection {
                node,
                changes,
                other,
            } => {
                let tag = writer
                    .start(NS, "collection")
                    .attr_opt("node", node.as_ref().map(NodeId::as_str));
                other.write_attributes(tag);
                for change in changes {
                    let (local, node) = match change {
                        Association::Associate(node) => ("associate", node),
                        Association::Disassociate(node) => ("disassociate", node),
                    };
                    writer.start(NS, local).attr("node", node.as_str()).end();
                }
                other
            }
            Self::Configuration { node, form, other } => {
                let tag = writer
                    .start(NS, "configuration")
                    .attr_opt("node", node.as_ref().map(NodeId::as_str));
                other.write_attributes(tag);
                write_form(writer, form.as_ref());
                other
            }
            Self::Delete {
                node,
                redirect,
                other,
            } => {
                let tag = writer.start(NS, "delete").attr("node", node.as_str());
                other.write_attributes(tag);
                if let Some(uri) = redirect {
                    writer.start(NS, "redirect").attr("uri", uri).end();
                }
                other
            }
            Self::Purge { node, other } => {
                let tag = writer.start(NS, "purge").attr("node", node.as_str());
                other.write_attributes(tag);
                other
            }
            Self::Subscription(subscription) => return subscription.write(writer, NS),
            Self::Other(_) => return,
        };
        other.write_elements(writer);
        writer.end();
    }
}

impl ItemChange {
    /// How many bytes of payload there are.
    fn carried(&self) -> usize {
        match self {
            Self::Published(item) => item
                .payloads
                .iter()
                .map(|payload| payload.as_bytes().len())
                .sum(),
            Self::Retracted(_) => 0,
        }
    }

    fn from_element(element: &Element) -> Option<Result<Self, DecodeError>> {
        match element.name().parts() {
            (ns::PUBSUB_EVENT, "item") => Some(Item::from_element(element).map(Self::Published)),
            (ns::PUBSUB_EVENT, "retract") => {
                let id = item_id(element, "retract").and_then(|id| {
                    id.ok_or(DecodeError::Missing {
                        element: "retract",
                        field: "id",
                    })
                });
                Some(id.map(Self::Retracted))
            }
            _ => None,
        }
    }
}

impl Association {
    fn from_element(element: &Element) -> Option<Result<Self, DecodeError>> {
        match element.name().parts() {
            (ns::PUBSUB_EVENT, "associate") => {
                Some(named(element, "associate").map(Self::Associate))
            }
            // CN-07.
            (ns::PUBSUB_EVENT, "disassociate" | "dissociate") => {
                Some(named(element, "disassociate").map(Self::Disassociate))
            }
            _ => None,
        }
    }
}

/// The node that an element must name.
fn named(element: &Element, name: &'static str) -> Result<NodeId, DecodeError> {
    node(element, name)?.ok_or(DecodeError::Missing {
        element: name,
        field: "node",
    })
}

#[cfg(test)]
mod tests {
    use wire_xml::{Limits, Profile};

    use super::*;

    fn payload(content: &str) -> Payload {
        let source = format!("<event xmlns='{}'>{content}</event>", ns::PUBSUB_EVENT);
        let whole = format!("<message xmlns='jabber:client'>{source}</message>");
        let stanza = crate::Stanza::parse(whole.as_bytes(), &Limits::default()).unwrap();
        let crate::Stanza::Message(message) = stanza else {
            panic!("a message");
        };
        assert_eq!(message.payloads.as_slice()[0].as_bytes(), source.as_bytes());
        message.payloads.as_slice()[0].clone()
    }

    /// Payloads as trees: read in place they keep their bytes, read from the tree they are written anew.
    fn meaning(event: Event) -> (Event, Vec<Element>) {
        let mut trees = Vec::new();
        let Event::Items {
            node,
            changes,
            other,
        } = event
        else {
            return (event, trees);
        };
        let mut changes: Vec<_> = changes.into_iter().collect();
        for change in &mut changes {
            if let ItemChange::Published(item) = change {
                trees.extend(
                    item.payloads
                        .iter()
                        .map(|payload| payload.to_element().unwrap()),
                );
                item.payloads = crate::stanza::Payloads::default();
            }
        }
        let changes = Changes::from(changes);
        (
            Event::Items {
                node,
                changes,
                other,
            },
            trees,
        )
    }

    #[test]
    fn what_is_read_in_place_means_what_the_tree_means() {
        for content in [
            "<items node='n'/>",
            "<items node='n'><item id='1'/></items>",
            "<items node='n'>\n <item id='1' publisher='A@b/c'>\n <a xmlns='urn:a'><b/>t</a>\n </item> </items>\n",
            "<items node='n&amp;m'><item><x xmlns='urn:x'/><p:y xmlns:p='urn:p' p:z=''/></item><retract id='2'/></items>",
            "<items node='n'><item id=''><a/></item></items>",
            "<items node='n'><item id='1'><a xmlns=''/></item></items>",
        ] {
            let payload = payload(content);
            let found = items::decode(&payload).unwrap().expect(content);
            let tree = Event::decode_tree(&payload).unwrap();
            assert_eq!(meaning(found), meaning(tree), "{content}");
        }
    }

    #[test]
    fn the_leaving_of_a_node_is_read_in_both_spellings() {
        let node = NodeId::new("old-node-id").unwrap();
        for spelling in ["disassociate", "dissociate"] {
            let content = format!(
                "<collection node='some-collection'><{spelling} node='old-node-id'/></collection>"
            );
            let event = Event::decode(&payload(&content)).unwrap();
            let left = Event::Collection {
                node: NodeId::new("some-collection").ok(),
                changes: vec![Association::Disassociate(node.clone())],
                other: Other::new(),
            };
            assert_eq!(event, left, "CN-07: {spelling}");
            assert_eq!(
                event.to_payload().as_bytes(),
                &b"<event xmlns=\"http://jabber.org/protocol/pubsub#event\">\
                  <collection node=\"some-collection\"><disassociate node=\"old-node-id\"/>\
                  </collection></event>"[..],
                "CN-07: {spelling} is written as the schema has it"
            );
        }
        let nobody = payload("<collection><dissociate/></collection>");
        assert!(Event::decode(&nobody).is_err());
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_tree() {
        for content in [
            "",
            "<items/>",
            "<items node=''/>",
            "<items node='n' more='1'/>",
            "<items node='n'/><items node='m'/>",
            "<items node='n'/><more xmlns='urn:m'/>",
            "<items node='n'><item id='1' more='1'/></items>",
            "<items node='n'>text<item id='1'/></items>",
            "<items node='n'><item id='1'>text</item></items>",
            "<items node='n'><more/></items>",
            "<items node='n'><retract id='1'><more/></retract></items>",
            "<items node='n'><retract/></items>",
            "<items node='n'><item publisher='@'/></items>",
            "<purge node='n'/>",
        ] {
            assert_eq!(items::decode(&payload(content)), Ok(None), "{content}");
        }
        let other = Payload::from_element(
            &Element::parse(b"<event xmlns='urn:e'/>", Profile::Xmpp, &Limits::default()).unwrap(),
        );
        assert_eq!(items::decode(&other), Ok(None));
        assert!(Event::decode(&other).is_err());
    }
}
