//! Requests and answers of publish-subscribe: namespace `http://jabber.org/protocol/pubsub`. XEP-0060 §5 to §7.

mod publish;

use bytes::BufMut;
use wire_xml::text::format_bool;
use wire_xml::{Element, Writer};

use crate::decode::{expect, item_id, jid, node, number, sub_id, word};
use crate::error::DecodeError;
use crate::form::{Form, parse_boolean};
use crate::id::{ItemId, NodeId, SubId};
use crate::jid::Jid;
use crate::names::closed_names;
use crate::ns;
use crate::other::{Other, first};
use crate::rsm;
use crate::stanza::{Payload, Payloads};

closed_names! {
    /// What an entity may do with a node, by its bare address. XEP-0060 §4.1.
    pub enum Affiliation {
        /// Everything.
        Owner = "owner",
        /// Publish, subscribe, retrieve.
        Publisher = "publisher",
        /// Publish and nothing else.
        PublishOnly = "publish-only",
        /// Subscribe and retrieve.
        Member = "member",
        /// What the access model leaves open.
        None = "none",
        /// Nothing.
        Outcast = "outcast",
    }
}

closed_names! {
    /// How far a subscription has come. XEP-0060 §4.2.
    pub enum SubscriptionState {
        /// There is none.
        None = "none",
        /// An owner has not yet decided.
        Pending = "pending",
        /// Options must be set first.
        Unconfigured = "unconfigured",
        /// Events are sent.
        Subscribed = "subscribed",
    }
}

/// The `pubsub` element: its children in the order they came, each typed.
///
/// Nothing is rejected for standing beside something else; which combinations mean something is up to whoever is asked.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PubSub {
    /// The children.
    pub children: Vec<Child>,
    /// Attributes; the text names none. Every child has its place above.
    pub other: Other,
}

/// A child of `pubsub`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Child {
    /// Asks for, or lists, an entity's affiliations. §5.7.
    Affiliations {
        /// One node, or all.
        node: Option<NodeId>,
        /// The list.
        entries: Vec<AffiliationEntry>,
        /// What else was there.
        other: Other,
    },
    /// Settings for the node that `create` beside it makes. §8.1.3.
    Configure {
        /// Never set by who keeps to the text; kept so that it can be refused (PS-8.1-09).
        node: Option<NodeId>,
        /// The settings.
        form: Option<Form>,
        /// What else was there.
        other: Other,
    },
    /// Makes a node. §8.1.
    Create {
        /// Its name, or none to get one.
        node: Option<NodeId>,
        /// What else was there.
        other: Other,
    },
    /// Asks for the default subscription options. §6.4.
    Default {
        /// Of a node, or of the service.
        node: Option<NodeId>,
        /// The answer.
        form: Option<Form>,
        /// What else was there.
        other: Other,
    },
    /// Asks for, or lists, items. §6.5.
    Items(Items),
    /// Subscription options. §6.3.
    Options {
        /// The node; absent beside `subscribe`.
        node: Option<NodeId>,
        /// The subscriber; absent beside `subscribe`.
        jid: Option<Jid>,
        /// Which of several.
        subid: Option<SubId>,
        /// The options.
        form: Option<Form>,
        /// What else was there.
        other: Other,
    },
    /// Publishes. §7.1.
    Publish {
        /// Where.
        node: Option<NodeId>,
        /// What.
        items: Vec<Item>,
        /// What else was there.
        other: Other,
    },
    /// Preconditions of the publish beside it. §7.1.5.
    PublishOptions {
        /// The preconditions.
        form: Option<Form>,
        /// What else was there.
        other: Other,
    },
    /// Deletes items. §7.2.
    Retract {
        /// Where.
        node: Option<NodeId>,
        /// Whether subscribers are told.
        notify: Option<bool>,
        /// Which: only the ids count.
        items: Vec<Item>,
        /// What else was there.
        other: Other,
    },
    /// Subscribes. §6.1.
    Subscribe {
        /// To what; none is the root collection.
        node: Option<NodeId>,
        /// Who.
        jid: Option<Jid>,
        /// What else was there.
        other: Other,
    },
    /// Tells of a subscription. §6.1.2.
    Subscription(Subscription),
    /// Asks for, or lists, an entity's subscriptions. §5.6.
    Subscriptions {
        /// Of one node, or all.
        node: Option<NodeId>,
        /// The list.
        entries: Vec<Subscription>,
        /// What else was there.
        other: Other,
    },
    /// Ends a subscription. §6.2.
    Unsubscribe {
        /// To what.
        node: Option<NodeId>,
        /// Whose.
        jid: Option<Jid>,
        /// Which of several.
        subid: Option<SubId>,
        /// What else was there.
        other: Other,
    },
    /// Which page of the list beside it. §6.5.4, XEP-0059.
    Set(rsm::Set),
    /// What is not known here.
    Other(Element),
}

/// One row of `affiliations`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AffiliationEntry {
    /// The node, in lists of one entity's affiliations.
    pub node: Option<NodeId>,
    /// The entity, in lists of one node's affiliations.
    pub jid: Option<Jid>,
    /// What it may do.
    pub affiliation: Affiliation,
    /// What else was there.
    pub other: Other,
}

/// The `items` element of requests and answers.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Items {
    /// The node.
    pub node: Option<NodeId>,
    /// Only the newest so many.
    pub max_items: Option<u64>,
    /// Which subscription asks.
    pub subid: Option<SubId>,
    /// The items, or the ids asked for.
    pub items: Vec<Item>,
    /// What else was there.
    pub other: Other,
}

/// An item.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Item {
    /// Its name; the service makes one where it is left out.
    pub id: Option<ItemId>,
    /// Who published it; only a service sets it (PS-7.1-12).
    pub publisher: Option<Jid>,
    /// One element by the text; more are kept, so that a service can refuse them.
    pub payloads: Payloads,
    /// Attributes that the text does not name. Every child is a payload.
    pub other: Other,
}

impl Item {
    /// An item without a name.
    #[must_use]
    pub fn new(payload: Payload) -> Self {
        Self {
            id: None,
            publisher: None,
            payloads: payload.into(),
            other: Other::new(),
        }
    }

    /// Names the item.
    #[must_use]
    pub fn with_id(mut self, id: ItemId) -> Self {
        self.id = Some(id);
        self
    }

    /// The same item with nothing left in it that is a slice of an input, for whoever keeps it.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self {
            id: self.id.as_ref().map(ItemId::detach),
            publisher: self.publisher.as_ref().map(Jid::detach),
            payloads: self.payloads.detach(),
            other: self.other.clone(),
        }
    }

    /// The payload, if there is one.
    #[must_use]
    pub fn payload(&self) -> Option<&Payload> {
        self.payloads.as_slice().first()
    }

    pub(crate) fn from_element(element: &Element) -> Result<Self, DecodeError> {
        let payloads: Vec<_> = element.children().map(Payload::from_element).collect();
        Ok(Self {
            id: item_id(element, "item")?,
            publisher: jid(element, "item", "publisher")?,
            payloads: payloads.into(),
            other: Other::of(element, &["id", "publisher"], |_| true),
        })
    }

    pub(crate) fn write<B: BufMut>(&self, writer: &mut Writer<B>, ns: &str) {
        let tag = writer
            .start(ns, "item")
            .attr_opt("id", self.id.as_ref().map(ItemId::as_str))
            .attr_opt("publisher", self.publisher.as_ref().map(Jid::as_str));
        self.other.write_attributes(tag);
        for payload in &self.payloads {
            writer.raw(payload.as_bytes());
        }
        writer.end();
    }
}

/// The `subscription` element, in answers, lists and events.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subscription {
    /// To what.
    pub node: Option<NodeId>,
    /// Whose.
    pub jid: Jid,
    /// Which of several.
    pub subid: Option<SubId>,
    /// How far it has come.
    pub state: Option<SubscriptionState>,
    /// Whether options can, or must, be set. §6.1.5.
    pub options: Option<SubscribeOptions>,
    /// When the lease ends, as a date of XEP-0082. §12.19.
    pub expiry: Option<String>,
    /// What else was there.
    pub other: Other,
}

/// Whether a subscription takes options.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SubscribeOptions {
    /// They can be set.
    Optional,
    /// They must be set before events are sent.
    Required,
}

impl Subscription {
    /// A subscription without subid and options.
    #[must_use]
    pub const fn new(node: NodeId, jid: Jid, state: SubscriptionState) -> Self {
        Self {
            node: Some(node),
            jid,
            subid: None,
            state: Some(state),
            options: None,
            expiry: None,
            other: Other::new(),
        }
    }

    pub(crate) fn from_element(element: &Element) -> Result<Self, DecodeError> {
        let name = "subscription";
        let options = element
            .child(ns::PUBSUB, "subscribe-options")
            .map(|options| match options.child(ns::PUBSUB, "required") {
                Some(_) => SubscribeOptions::Required,
                None => SubscribeOptions::Optional,
            });
        Ok(Self {
            node: node(element, name)?,
            jid: jid(element, name, "jid")?.ok_or(DecodeError::Missing {
                element: name,
                field: "jid",
            })?,
            subid: sub_id(element, name)?,
            state: word(element, name, "subscription", SubscriptionState::from_name)?,
            options,
            expiry: element.attr("expiry").map(str::to_owned),
            other: Other::of(
                element,
                &["node", "jid", "subid", "subscription", "expiry"],
                first(ns::PUBSUB, "subscribe-options"),
            ),
        })
    }

    pub(crate) fn write<B: BufMut>(&self, writer: &mut Writer<B>, ns: &str) {
        let tag = writer
            .start(ns, "subscription")
            .attr_opt("node", self.node.as_ref().map(NodeId::as_str))
            .attr("jid", self.jid.as_str())
            .attr_opt("subid", self.subid.as_ref().map(SubId::as_str))
            .attr_opt("subscription", self.state.map(SubscriptionState::as_str))
            .attr_opt("expiry", self.expiry.as_deref());
        self.other.write_attributes(tag);
        if let Some(options) = self.options {
            writer.start(ns::PUBSUB, "subscribe-options");
            if options == SubscribeOptions::Required {
                writer.start(ns::PUBSUB, "required").end();
            }
            writer.end();
        }
        self.other.write_elements(writer);
        writer.end();
    }
}

impl PubSub {
    /// One child.
    #[must_use]
    pub fn new(child: Child) -> Self {
        Self {
            children: vec![child],
            other: Other::new(),
        }
    }

    /// Reads a `pubsub` element.
    ///
    /// # Errors
    ///
    /// If it is another element, or holds a name, address or word that cannot be.
    pub fn decode(payload: &Payload) -> Result<Self, DecodeError> {
        match publish::decode(payload)? {
            Some(publish) => Ok(Self::new(publish)),
            None => Self::decode_tree(payload),
        }
    }

    fn decode_tree(payload: &Payload) -> Result<Self, DecodeError> {
        let element = payload.to_element()?;
        expect(&element, ns::PUBSUB, "pubsub")?;
        let children = element
            .children()
            .map(Child::from_element)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            children,
            other: Other::of(&element, &[], |_| true),
        })
    }

    /// The element.
    #[must_use]
    pub fn to_payload(&self) -> Payload {
        Payload::known(ns::PUBSUB, "pubsub", |writer| {
            let tag = writer.start(ns::PUBSUB, "pubsub");
            self.other.write_attributes(tag);
            for child in &self.children {
                child.write(writer);
            }
            writer.end();
        })
    }
}

impl Child {
    /// What the element has beyond the fields of its type.
    #[must_use]
    pub const fn other(&self) -> Option<&Other> {
        match self {
            Self::Affiliations { other, .. }
            | Self::Configure { other, .. }
            | Self::Create { other, .. }
            | Self::Default { other, .. }
            | Self::Options { other, .. }
            | Self::Publish { other, .. }
            | Self::PublishOptions { other, .. }
            | Self::Retract { other, .. }
            | Self::Subscribe { other, .. }
            | Self::Subscriptions { other, .. }
            | Self::Unsubscribe { other, .. } => Some(other),
            Self::Items(items) => Some(&items.other),
            Self::Subscription(subscription) => Some(&subscription.other),
            Self::Set(set) => Some(&set.other),
            Self::Other(_) => None,
        }
    }

    fn from_element(element: &Element) -> Result<Self, DecodeError> {
        let local = match element.name().parts() {
            (ns::PUBSUB, local) => local,
            (ns::RSM, "set") => return Ok(Self::Set(rsm::Set::from_element(element)?)),
            _ => return Ok(Self::Other(element.clone())),
        };
        let is_form = first(ns::DATA_FORMS, "x");
        let is_item = |child: &Element| child.is(ns::PUBSUB, "item");
        Ok(match local {
            "affiliations" => Self::Affiliations {
                node: node(element, "affiliations")?,
                entries: element
                    .children()
                    .filter(is_affiliation)
                    .map(AffiliationEntry::from_element)
                    .collect::<Result<_, _>>()?,
                other: Other::of(element, &["node"], |child| is_affiliation(&child)),
            },
            "configure" => Self::Configure {
                node: node(element, "configure")?,
                form: form(element)?,
                other: Other::of(element, &["node"], is_form),
            },
            "create" => Self::Create {
                node: node(element, "create")?,
                other: Other::of(element, &["node"], |_| false),
            },
            "default" => Self::Default {
                node: node(element, "default")?,
                form: form(element)?,
                other: Other::of(element, &["node"], is_form),
            },
            "items" => Self::Items(Items {
                node: node(element, "items")?,
                max_items: number(element.attr("max_items"), "items", "max_items")?,
                subid: sub_id(element, "items")?,
                items: items(element)?,
                other: Other::of(element, &["node", "max_items", "subid"], is_item),
            }),
            "options" => Self::Options {
                node: node(element, "options")?,
                jid: jid(element, "options", "jid")?,
                subid: sub_id(element, "options")?,
                form: form(element)?,
                other: Other::of(element, &["node", "jid", "subid"], is_form),
            },
            "publish" => Self::Publish {
                node: node(element, "publish")?,
                items: items(element)?,
                other: Other::of(element, &["node"], is_item),
            },
            "publish-options" => Self::PublishOptions {
                form: form(element)?,
                other: Other::of(element, &[], is_form),
            },
            "retract" => Self::Retract {
                node: node(element, "retract")?,
                notify: word(element, "retract", "notify", parse_boolean)?,
                items: items(element)?,
                other: Other::of(element, &["node", "notify"], is_item),
            },
            "subscribe" => Self::Subscribe {
                node: node(element, "subscribe")?,
                jid: jid(element, "subscribe", "jid")?,
                other: Other::of(element, &["node", "jid"], |_| false),
            },
            "subscription" => Self::Subscription(Subscription::from_element(element)?),
            "subscriptions" => Self::Subscriptions {
                node: node(element, "subscriptions")?,
                entries: element
                    .children_named(ns::PUBSUB, "subscription")
                    .map(Subscription::from_element)
                    .collect::<Result<_, _>>()?,
                other: Other::of(element, &["node"], |child| {
                    child.is(ns::PUBSUB, "subscription")
                }),
            },
            "unsubscribe" => Self::Unsubscribe {
                node: node(element, "unsubscribe")?,
                jid: jid(element, "unsubscribe", "jid")?,
                subid: sub_id(element, "unsubscribe")?,
                other: Other::of(element, &["node", "jid", "subid"], |_| false),
            },
            _ => Self::Other(element.clone()),
        })
    }

    fn write<B: BufMut>(&self, writer: &mut Writer<B>) {
        fn text(node: Option<&NodeId>) -> Option<&str> {
            node.map(NodeId::as_str)
        }
        let other = match self {
            Self::Affiliations {
                node,
                entries,
                other,
            } => {
                let tag = writer.start(ns::PUBSUB, "affiliations");
                other.write_attributes(tag.attr_opt("node", text(node.as_ref())));
                for entry in entries {
                    entry.write(writer, ns::PUBSUB);
                }
                other
            }
            Self::Configure { node, form, other } => {
                let tag = writer.start(ns::PUBSUB, "configure");
                other.write_attributes(tag.attr_opt("node", text(node.as_ref())));
                write_form(writer, form.as_ref());
                other
            }
            Self::Create { node, other } => {
                let tag = writer.start(ns::PUBSUB, "create");
                other.write_attributes(tag.attr_opt("node", text(node.as_ref())));
                other
            }
            Self::Default { node, form, other } => {
                let tag = writer.start(ns::PUBSUB, "default");
                other.write_attributes(tag.attr_opt("node", text(node.as_ref())));
                write_form(writer, form.as_ref());
                other
            }
            Self::Items(items) => {
                let max_items = items.max_items.map(|count| count.to_string());
                let tag = writer
                    .start(ns::PUBSUB, "items")
                    .attr_opt("node", text(items.node.as_ref()))
                    .attr_opt("max_items", max_items.as_deref())
                    .attr_opt("subid", items.subid.as_ref().map(SubId::as_str));
                items.other.write_attributes(tag);
                write_items(writer, &items.items);
                &items.other
            }
            Self::Options {
                node,
                jid,
                subid,
                form,
                other,
            } => {
                let tag = writer
                    .start(ns::PUBSUB, "options")
                    .attr_opt("node", text(node.as_ref()))
                    .attr_opt("jid", jid.as_ref().map(Jid::as_str))
                    .attr_opt("subid", subid.as_ref().map(SubId::as_str));
                other.write_attributes(tag);
                write_form(writer, form.as_ref());
                other
            }
            Self::Publish { node, items, other } => {
                let tag = writer.start(ns::PUBSUB, "publish");
                other.write_attributes(tag.attr_opt("node", text(node.as_ref())));
                write_items(writer, items);
                other
            }
            Self::PublishOptions { form, other } => {
                other.write_attributes(writer.start(ns::PUBSUB, "publish-options"));
                write_form(writer, form.as_ref());
                other
            }
            Self::Retract {
                node,
                notify,
                items,
                other,
            } => {
                let tag = writer
                    .start(ns::PUBSUB, "retract")
                    .attr_opt("node", text(node.as_ref()))
                    .attr_opt("notify", notify.map(format_bool));
                other.write_attributes(tag);
                write_items(writer, items);
                other
            }
            Self::Subscribe { node, jid, other } => {
                let tag = writer
                    .start(ns::PUBSUB, "subscribe")
                    .attr_opt("node", text(node.as_ref()))
                    .attr_opt("jid", jid.as_ref().map(Jid::as_str));
                other.write_attributes(tag);
                other
            }
            Self::Subscriptions {
                node,
                entries,
                other,
            } => {
                let tag = writer.start(ns::PUBSUB, "subscriptions");
                other.write_attributes(tag.attr_opt("node", text(node.as_ref())));
                for entry in entries {
                    entry.write(writer, ns::PUBSUB);
                }
                other
            }
            Self::Unsubscribe {
                node,
                jid,
                subid,
                other,
            } => {
                let tag = writer
                    .start(ns::PUBSUB, "unsubscribe")
                    .attr_opt("node", text(node.as_ref()))
                    .attr_opt("jid", jid.as_ref().map(Jid::as_str))
                    .attr_opt("subid", subid.as_ref().map(SubId::as_str));
                other.write_attributes(tag);
                other
            }
            Self::Subscription(subscription) => return subscription.write(writer, ns::PUBSUB),
            Self::Set(set) => return set.write(writer),
            Self::Other(element) => {
                writer.element(element);
                return;
            }
        };
        other.write_elements(writer);
        writer.end();
    }
}

impl AffiliationEntry {
    /// An entity in the list of a node.
    #[must_use]
    pub const fn of_entity(jid: Jid, affiliation: Affiliation) -> Self {
        Self {
            node: None,
            jid: Some(jid),
            affiliation,
            other: Other::new(),
        }
    }

    /// A node in the list of an entity.
    #[must_use]
    pub const fn of_node(node: NodeId, affiliation: Affiliation) -> Self {
        Self {
            node: Some(node),
            jid: None,
            affiliation,
            other: Other::new(),
        }
    }

    pub(crate) fn from_element(element: &Element) -> Result<Self, DecodeError> {
        let name = "affiliation";
        Ok(Self {
            node: node(element, name)?,
            jid: jid(element, name, "jid")?,
            affiliation: word(element, name, "affiliation", Affiliation::from_name)?.ok_or(
                DecodeError::Missing {
                    element: name,
                    field: "affiliation",
                },
            )?,
            other: Other::of(element, &["node", "jid", "affiliation"], |_| false),
        })
    }

    pub(crate) fn write<B: BufMut>(&self, writer: &mut Writer<B>, ns: &str) {
        let tag = writer
            .start(ns, "affiliation")
            .attr_opt("node", self.node.as_ref().map(NodeId::as_str))
            .attr_opt("jid", self.jid.as_ref().map(Jid::as_str))
            .attr("affiliation", self.affiliation.as_str());
        self.other.write_attributes(tag);
        self.other.write_elements(writer);
        writer.end();
    }
}

/// The second spelling is that of an example in the text (trap 24). It is read, and the first is written.
fn is_affiliation(child: &&Element) -> bool {
    child.is(ns::PUBSUB, "affiliation") || child.is(ns::PUBSUB, "affilation")
}

/// The form inside, if there is one.
pub(crate) fn form(element: &Element) -> Result<Option<Form>, DecodeError> {
    element
        .child(ns::DATA_FORMS, "x")
        .map(Form::from_element)
        .transpose()
}

pub(crate) fn write_form<B: BufMut>(writer: &mut Writer<B>, form: Option<&Form>) {
    if let Some(form) = form {
        form.write(writer);
    }
}

fn items(element: &Element) -> Result<Vec<Item>, DecodeError> {
    element
        .children_named(ns::PUBSUB, "item")
        .map(Item::from_element)
        .collect()
}

fn write_items<B: BufMut>(writer: &mut Writer<B>, items: &[Item]) {
    for item in items {
        item.write(writer, ns::PUBSUB);
    }
}
