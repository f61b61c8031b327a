//! Events of publish-subscribe: namespace `http://jabber.org/protocol/pubsub#event`. XEP-0060 §7 to §9 and §12.

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

/// The `event` element.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Items were published or retracted. §7.1.2.1 and §7.2.2.1.
    Items {
        /// Where.
        node: NodeId,
        /// What, in order. Empty where a node delivers no payloads and keeps no items.
        changes: Vec<ItemChange>,
        /// What else was there.
        other: Other,
    },
    /// Nodes joined or left a collection. XEP-0248 §9.
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

/// One entry of a collection event. XEP-0248 §9.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Association {
    /// The node joined.
    Associate(NodeId),
    /// The node left.
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
    pub const fn items(node: NodeId, changes: Vec<ItemChange>) -> Self {
        Self::Items {
            node,
            changes,
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

    /// Reads an `event` element.
    ///
    /// # Errors
    ///
    /// If it is another element, or holds a name or address that cannot be.
    pub fn decode(payload: &Payload) -> Result<Self, DecodeError> {
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
                    matches!(child.name().parts(), (NS, "associate" | "disassociate"))
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
        Payload::known(NS, "event", |writer| {
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
            (ns::PUBSUB_EVENT, "disassociate") => {
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
