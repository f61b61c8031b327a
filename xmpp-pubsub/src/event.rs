//! Events of publish-subscribe: namespace `http://jabber.org/protocol/pubsub#event`. XEP-0060 §7 to §9 and §12.

use wire_xml::Element;

use crate::decode::{expect, item_id, node};
use crate::error::DecodeError;
use crate::form::Form;
use crate::id::{ItemId, NodeId};
use crate::ns;
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
    },
    /// Settings changed. §8.2.5.4.
    Configuration {
        /// Of what.
        node: Option<NodeId>,
        /// The settings now.
        form: Option<Form>,
    },
    /// A node is gone. §8.4.2.
    Delete {
        /// Which.
        node: NodeId,
        /// Where it went.
        redirect: Option<String>,
    },
    /// All items of a node are gone. §8.5.2.
    Purge {
        /// Which.
        node: NodeId,
    },
    /// A subscription changed. §12.14.
    Subscription(Subscription),
    /// Something else, associations with collections among it: the whole element.
    Other(Element),
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
    /// Reads an `event` element.
    ///
    /// # Errors
    ///
    /// If it is another element, or holds a name or address that cannot be.
    pub fn decode(payload: &Payload) -> Result<Self, DecodeError> {
        let element = payload.to_element()?;
        expect(&element, ns::PUBSUB_EVENT, "event")?;
        let mut children = element.children();
        let (Some(child), None) = (children.next(), children.next()) else {
            return Ok(Self::Other(element.clone()));
        };
        let (ns::PUBSUB_EVENT, local) = child.name().parts() else {
            return Ok(Self::Other(element.clone()));
        };
        let named = |name: &'static str| {
            node(child, name)?.ok_or(DecodeError::Missing {
                element: name,
                field: "node",
            })
        };
        Ok(match local {
            "items" => {
                let mut changes = Vec::new();
                for entry in child.children() {
                    match entry.name().parts() {
                        (ns::PUBSUB_EVENT, "item") => {
                            changes.push(ItemChange::Published(Item::from_element(entry)?));
                        }
                        (ns::PUBSUB_EVENT, "retract") => {
                            let id = item_id(entry, "retract")?;
                            changes.push(ItemChange::Retracted(id.ok_or(
                                DecodeError::Missing {
                                    element: "retract",
                                    field: "id",
                                },
                            )?));
                        }
                        _ => {}
                    }
                }
                Self::Items {
                    node: named("items")?,
                    changes,
                }
            }
            "configuration" => Self::Configuration {
                node: node(child, "configuration")?,
                form: form(child)?,
            },
            "delete" => Self::Delete {
                node: named("delete")?,
                redirect: child
                    .child(ns::PUBSUB_EVENT, "redirect")
                    .and_then(|redirect| redirect.attr("uri"))
                    .map(str::to_owned),
            },
            "purge" => Self::Purge {
                node: named("purge")?,
            },
            "subscription" => Self::Subscription(Subscription::from_element(child)?),
            _ => Self::Other(element.clone()),
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
            writer.start(NS, "event");
            match self {
                Self::Items { node, changes } => {
                    writer.start(NS, "items").attr("node", node.as_str());
                    for change in changes {
                        match change {
                            ItemChange::Published(item) => item.write(writer, NS),
                            ItemChange::Retracted(id) => {
                                writer.start(NS, "retract").attr("id", id.as_str()).end();
                            }
                        }
                    }
                    writer.end();
                }
                Self::Configuration { node, form } => {
                    writer
                        .start(NS, "configuration")
                        .attr_opt("node", node.as_ref().map(NodeId::as_str));
                    write_form(writer, form.as_ref());
                    writer.end();
                }
                Self::Delete { node, redirect } => {
                    writer.start(NS, "delete").attr("node", node.as_str());
                    if let Some(uri) = redirect {
                        writer.start(NS, "redirect").attr("uri", uri).end();
                    }
                    writer.end();
                }
                Self::Purge { node } => {
                    writer.start(NS, "purge").attr("node", node.as_str()).end();
                }
                Self::Subscription(subscription) => subscription.write(writer, NS),
                Self::Other(_) => {}
            }
            writer.end();
        })
    }
}
