//! Owner use cases of publish-subscribe: namespace `http://jabber.org/protocol/pubsub#owner`. XEP-0060 §8.

use wire_xml::Element;

use crate::decode::{expect, node};
use crate::error::DecodeError;
use crate::form::Form;
use crate::id::NodeId;
use crate::ns;
use crate::pubsub::{AffiliationEntry, Subscription, form, write_form};
use crate::stanza::Payload;

/// The `pubsub` element of owners: one use case.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Owner {
    /// Lists or changes who is affiliated. §8.9.
    Affiliations {
        /// With what.
        node: Option<NodeId>,
        /// The list, or the changes.
        entries: Vec<AffiliationEntry>,
    },
    /// Shows or changes settings. §8.2.
    Configure {
        /// Of what.
        node: Option<NodeId>,
        /// The settings.
        form: Option<Form>,
    },
    /// Asks for the settings that new nodes get. §8.3.
    Default {
        /// Of leaf or collection nodes.
        kind: Option<String>,
        /// The answer.
        form: Option<Form>,
    },
    /// Deletes a node. §8.4.
    Delete {
        /// Which.
        node: Option<NodeId>,
        /// Where it went.
        redirect: Option<String>,
    },
    /// Deletes all items of a node. §8.5.
    Purge {
        /// Which.
        node: Option<NodeId>,
    },
    /// Lists or changes who is subscribed. §8.8.
    Subscriptions {
        /// To what.
        node: Option<NodeId>,
        /// The list, or the changes.
        entries: Vec<Subscription>,
    },
    /// Something else: the whole element.
    Other(Element),
}

impl Owner {
    /// Reads a `pubsub` element.
    ///
    /// # Errors
    ///
    /// If it is another element, or holds a name, address or word that cannot be.
    pub fn decode(payload: &Payload) -> Result<Self, DecodeError> {
        let element = payload.to_element()?;
        expect(&element, ns::PUBSUB_OWNER, "pubsub")?;
        let mut children = element.children();
        let (Some(child), None) = (children.next(), children.next()) else {
            return Ok(Self::Other(element.clone()));
        };
        let (ns::PUBSUB_OWNER, local) = child.name().parts() else {
            return Ok(Self::Other(element.clone()));
        };
        Ok(match local {
            "affiliations" => Self::Affiliations {
                node: node(child, "affiliations")?,
                entries: child
                    .children_named(ns::PUBSUB_OWNER, "affiliation")
                    .map(AffiliationEntry::from_element)
                    .collect::<Result<_, _>>()?,
            },
            "configure" => Self::Configure {
                node: node(child, "configure")?,
                form: form(child)?,
            },
            "default" => Self::Default {
                kind: child.attr("type").map(str::to_owned),
                form: form(child)?,
            },
            "delete" => Self::Delete {
                node: node(child, "delete")?,
                redirect: child
                    .child(ns::PUBSUB_OWNER, "redirect")
                    .and_then(|redirect| redirect.attr("uri"))
                    .map(str::to_owned),
            },
            "purge" => Self::Purge {
                node: node(child, "purge")?,
            },
            "subscriptions" => Self::Subscriptions {
                node: node(child, "subscriptions")?,
                entries: child
                    .children_named(ns::PUBSUB_OWNER, "subscription")
                    .map(Subscription::from_element)
                    .collect::<Result<_, _>>()?,
            },
            _ => Self::Other(element.clone()),
        })
    }

    /// The element.
    #[must_use]
    pub fn to_payload(&self) -> Payload {
        const NS: &str = ns::PUBSUB_OWNER;
        if let Self::Other(element) = self {
            return Payload::from_element(element);
        }
        Payload::known(NS, "pubsub", |writer| {
            writer.start(NS, "pubsub");
            match self {
                Self::Affiliations { node, entries } => {
                    writer
                        .start(NS, "affiliations")
                        .attr_opt("node", node.as_ref().map(NodeId::as_str));
                    for entry in entries {
                        entry.write(writer, NS);
                    }
                }
                Self::Configure { node, form } => {
                    writer
                        .start(NS, "configure")
                        .attr_opt("node", node.as_ref().map(NodeId::as_str));
                    write_form(writer, form.as_ref());
                }
                Self::Default { kind, form } => {
                    writer
                        .start(NS, "default")
                        .attr_opt("type", kind.as_deref());
                    write_form(writer, form.as_ref());
                }
                Self::Delete { node, redirect } => {
                    writer
                        .start(NS, "delete")
                        .attr_opt("node", node.as_ref().map(NodeId::as_str));
                    if let Some(uri) = redirect {
                        writer.start(NS, "redirect").attr("uri", uri).end();
                    }
                }
                Self::Purge { node } => {
                    writer
                        .start(NS, "purge")
                        .attr_opt("node", node.as_ref().map(NodeId::as_str));
                }
                Self::Subscriptions { node, entries } => {
                    writer
                        .start(NS, "subscriptions")
                        .attr_opt("node", node.as_ref().map(NodeId::as_str));
                    for entry in entries {
                        entry.write(writer, NS);
                    }
                }
                Self::Other(_) => {}
            }
            writer.end().end();
        })
    }
}
