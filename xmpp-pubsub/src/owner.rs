//! Owner use cases of publish-subscribe: namespace `http://jabber.org/protocol/pubsub#owner`. XEP-0060 §8.

use bytes::BufMut;
use wire_xml::{Element, Writer};

use crate::decode::{expect, is_redirect, node, only_child, redirect};
use crate::error::DecodeError;
use crate::form::Form;
use crate::id::NodeId;
use crate::ns;
use crate::other::{Other, first, write_around};
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
        /// What else was there.
        other: Other,
    },
    /// Shows or changes settings. §8.2.
    Configure {
        /// Of what.
        node: Option<NodeId>,
        /// The settings.
        form: Option<Form>,
        /// What else was there.
        other: Other,
    },
    /// Asks for the settings that new nodes get. §8.3.
    Default {
        /// Of leaf or collection nodes.
        kind: Option<String>,
        /// The answer.
        form: Option<Form>,
        /// What else was there.
        other: Other,
    },
    /// Deletes a node. §8.4.
    Delete {
        /// Which.
        node: Option<NodeId>,
        /// Where it went.
        redirect: Option<String>,
        /// What else was there.
        other: Other,
    },
    /// Deletes all items of a node. §8.5.
    Purge {
        /// Which.
        node: Option<NodeId>,
        /// What else was there.
        other: Other,
    },
    /// Lists or changes who is subscribed. §8.8.
    Subscriptions {
        /// To what.
        node: Option<NodeId>,
        /// The list, or the changes.
        entries: Vec<Subscription>,
        /// What else was there.
        other: Other,
    },
    /// Something else: the whole element.
    Other(Element),
}

impl Owner {
    /// What the element has beyond the fields of its type.
    #[must_use]
    pub const fn other(&self) -> Option<&Other> {
        match self {
            Self::Affiliations { other, .. }
            | Self::Configure { other, .. }
            | Self::Default { other, .. }
            | Self::Delete { other, .. }
            | Self::Purge { other, .. }
            | Self::Subscriptions { other, .. } => Some(other),
            Self::Other(_) => None,
        }
    }

    /// Reads a `pubsub` element.
    ///
    /// # Errors
    ///
    /// If it is another element, or holds a name, address or word that cannot be.
    pub fn decode(payload: &Payload) -> Result<Self, DecodeError> {
        let element = payload.to_element()?;
        expect(&element, ns::PUBSUB_OWNER, "pubsub")?;
        let Some(child) = only_child(&element, ns::PUBSUB_OWNER) else {
            return Ok(Self::Other(element));
        };
        let other = |attributes: &[&str], is_known: &mut dyn FnMut(&Element) -> bool| {
            Other::of(child, attributes, is_known).with_around(Other::beside(&element, child))
        };
        Ok(match child.local() {
            "affiliations" => Self::Affiliations {
                node: node(child, "affiliations")?,
                entries: child
                    .children_named(ns::PUBSUB_OWNER, "affiliation")
                    .map(AffiliationEntry::from_element)
                    .collect::<Result<_, _>>()?,
                other: other(&["node"], &mut |child| {
                    child.is(ns::PUBSUB_OWNER, "affiliation")
                }),
            },
            "configure" => Self::Configure {
                node: node(child, "configure")?,
                form: form(child)?,
                other: other(&["node"], &mut first(ns::DATA_FORMS, "x")),
            },
            "default" => Self::Default {
                kind: child.attr("type").map(str::to_owned),
                form: form(child)?,
                other: other(&["type"], &mut first(ns::DATA_FORMS, "x")),
            },
            "delete" => Self::Delete {
                node: node(child, "delete")?,
                redirect: redirect(child, ns::PUBSUB_OWNER),
                other: other(&["node"], &mut is_redirect(ns::PUBSUB_OWNER)),
            },
            "purge" => Self::Purge {
                node: node(child, "purge")?,
                other: other(&["node"], &mut |_| false),
            },
            "subscriptions" => Self::Subscriptions {
                node: node(child, "subscriptions")?,
                entries: child
                    .children_named(ns::PUBSUB_OWNER, "subscription")
                    .map(Subscription::from_element)
                    .collect::<Result<_, _>>()?,
                other: other(&["node"], &mut |child| {
                    child.is(ns::PUBSUB_OWNER, "subscription")
                }),
            },
            _ => Self::Other(element),
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
            write_around(writer, (NS, "pubsub"), self.other(), |writer| {
                self.write_child(writer);
            });
        })
    }

    fn write_child<B: BufMut>(&self, writer: &mut Writer<B>) {
        const NS: &str = ns::PUBSUB_OWNER;
        let other = match self {
            Self::Affiliations {
                node,
                entries,
                other,
            } => {
                let tag = writer
                    .start(NS, "affiliations")
                    .attr_opt("node", node.as_ref().map(NodeId::as_str));
                other.write_attributes(tag);
                for entry in entries {
                    entry.write(writer, NS);
                }
                other
            }
            Self::Configure { node, form, other } => {
                let tag = writer
                    .start(NS, "configure")
                    .attr_opt("node", node.as_ref().map(NodeId::as_str));
                other.write_attributes(tag);
                write_form(writer, form.as_ref());
                other
            }
            Self::Default { kind, form, other } => {
                let tag = writer
                    .start(NS, "default")
                    .attr_opt("type", kind.as_deref());
                other.write_attributes(tag);
                write_form(writer, form.as_ref());
                other
            }
            Self::Delete {
                node,
                redirect,
                other,
            } => {
                let tag = writer
                    .start(NS, "delete")
                    .attr_opt("node", node.as_ref().map(NodeId::as_str));
                other.write_attributes(tag);
                if let Some(uri) = redirect {
                    writer.start(NS, "redirect").attr("uri", uri).end();
                }
                other
            }
            Self::Purge { node, other } => {
                let tag = writer
                    .start(NS, "purge")
                    .attr_opt("node", node.as_ref().map(NodeId::as_str));
                other.write_attributes(tag);
                other
            }
            Self::Subscriptions {
                node,
                entries,
                other,
            } => {
                let tag = writer
                    .start(NS, "subscriptions")
                    .attr_opt("node", node.as_ref().map(NodeId::as_str));
                other.write_attributes(tag);
                for entry in entries {
                    entry.write(writer, NS);
                }
                other
            }
            Self::Other(_) => return,
        };
        other.write_elements(writer);
        writer.end();
    }
}
