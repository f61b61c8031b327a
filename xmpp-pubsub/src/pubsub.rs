//! Requests and answers of publish-subscribe: namespace `http://jabber.org/protocol/pubsub`. XEP-0060 §5 to §7.

use bytes::BufMut;
use wire_xml::{Element, Writer};

use crate::decode::{expect, item_id, jid, node, sub_id, word};
use crate::error::DecodeError;
use crate::form::{Form, parse_boolean};
use crate::id::{ItemId, NodeId, SubId};
use crate::jid::Jid;
use crate::names::closed_names;
use crate::ns;
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
    },
    /// Settings for the node that `create` beside it makes. §8.1.3.
    Configure {
        /// Never set by who keeps to the text; kept so that it can be refused (PS-8.1-09).
        node: Option<NodeId>,
        /// The settings.
        form: Option<Form>,
    },
    /// Makes a node. §8.1.
    Create {
        /// Its name, or none to get one.
        node: Option<NodeId>,
    },
    /// Asks for the default subscription options. §6.4.
    Default {
        /// Of a node, or of the service.
        node: Option<NodeId>,
        /// The answer.
        form: Option<Form>,
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
    },
    /// Publishes. §7.1.
    Publish {
        /// Where.
        node: Option<NodeId>,
        /// What.
        items: Vec<Item>,
    },
    /// Preconditions of the publish beside it. §7.1.5.
    PublishOptions(Option<Form>),
    /// Deletes items. §7.2.
    Retract {
        /// Where.
        node: Option<NodeId>,
        /// Whether subscribers are told.
        notify: Option<bool>,
        /// Which: only the ids count.
        items: Vec<Item>,
    },
    /// Subscribes. §6.1.
    Subscribe {
        /// To what; none is the root collection.
        node: Option<NodeId>,
        /// Who.
        jid: Option<Jid>,
    },
    /// Tells of a subscription. §6.1.2.
    Subscription(Subscription),
    /// Asks for, or lists, an entity's subscriptions. §5.6.
    Subscriptions {
        /// Of one node, or all.
        node: Option<NodeId>,
        /// The list.
        entries: Vec<Subscription>,
    },
    /// Ends a subscription. §6.2.
    Unsubscribe {
        /// To what.
        node: Option<NodeId>,
        /// Whose.
        jid: Option<Jid>,
        /// Which of several.
        subid: Option<SubId>,
    },
    /// What is not known here, paging of XEP-0059 among it.
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
}

impl Item {
    /// An item without a name.
    #[must_use]
    pub fn new(payload: Payload) -> Self {
        Self {
            id: None,
            publisher: None,
            payloads: payload.into(),
        }
    }

    /// Names the item.
    #[must_use]
    pub fn with_id(mut self, id: ItemId) -> Self {
        self.id = Some(id);
        self
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
        })
    }

    pub(crate) fn write<B: BufMut>(&self, writer: &mut Writer<B>, ns: &str) {
        writer
            .start(ns, "item")
            .attr_opt("id", self.id.as_ref().map(ItemId::as_str))
            .attr_opt("publisher", self.publisher.as_ref().map(Jid::as_str));
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
    /// When the lease ends. §12.19.
    pub expiry: Option<String>,
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
        })
    }

    pub(crate) fn write<B: BufMut>(&self, writer: &mut Writer<B>, ns: &str) {
        writer
            .start(ns, "subscription")
            .attr_opt("node", self.node.as_ref().map(NodeId::as_str))
            .attr("jid", self.jid.as_str())
            .attr_opt("subid", self.subid.as_ref().map(SubId::as_str))
            .attr_opt("subscription", self.state.map(SubscriptionState::as_str))
            .attr_opt("expiry", self.expiry.as_deref());
        if let Some(options) = self.options {
            writer.start(ns::PUBSUB, "subscribe-options");
            if options == SubscribeOptions::Required {
                writer.start(ns::PUBSUB, "required").end();
            }
            writer.end();
        }
        writer.end();
    }
}

impl PubSub {
    /// One child.
    #[must_use]
    pub fn new(child: Child) -> Self {
        Self {
            children: vec![child],
        }
    }

    /// Reads a `pubsub` element.
    ///
    /// # Errors
    ///
    /// If it is another element, or holds a name, address or word that cannot be.
    pub fn decode(payload: &Payload) -> Result<Self, DecodeError> {
        let element = payload.to_element()?;
        expect(&element, ns::PUBSUB, "pubsub")?;
        let children = element
            .children()
            .map(Child::from_element)
            .collect::<Result<_, _>>()?;
        Ok(Self { children })
    }

    /// The element.
    #[must_use]
    pub fn to_payload(&self) -> Payload {
        Payload::known(ns::PUBSUB, "pubsub", |writer| {
            writer.start(ns::PUBSUB, "pubsub");
            for child in &self.children {
                child.write(writer);
            }
            writer.end();
        })
    }
}

impl Child {
    fn from_element(element: &Element) -> Result<Self, DecodeError> {
        let (ns::PUBSUB, local) = element.name().parts() else {
            return Ok(Self::Other(element.clone()));
        };
        Ok(match local {
            "affiliations" => Self::Affiliations {
                node: node(element, "affiliations")?,
                entries: element
                    .children()
                    // The second spelling is that of an example in the text (trap 24).
                    .filter(|child| {
                        child.is(ns::PUBSUB, "affiliation") || child.is(ns::PUBSUB, "affilation")
                    })
                    .map(AffiliationEntry::from_element)
                    .collect::<Result<_, _>>()?,
            },
            "configure" => Self::Configure {
                node: node(element, "configure")?,
                form: form(element)?,
            },
            "create" => Self::Create {
                node: node(element, "create")?,
            },
            "default" => Self::Default {
                node: node(element, "default")?,
                form: form(element)?,
            },
            "items" => Self::Items(Items {
                node: node(element, "items")?,
                max_items: element
                    .attr("max_items")
                    .map(|count| {
                        count.parse().map_err(|_| DecodeError::Invalid {
                            element: "items",
                            field: "max_items",
                        })
                    })
                    .transpose()?,
                subid: sub_id(element, "items")?,
                items: items(element)?,
            }),
            "options" => Self::Options {
                node: node(element, "options")?,
                jid: jid(element, "options", "jid")?,
                subid: sub_id(element, "options")?,
                form: form(element)?,
            },
            "publish" => Self::Publish {
                node: node(element, "publish")?,
                items: items(element)?,
            },
            "publish-options" => Self::PublishOptions(form(element)?),
            "retract" => Self::Retract {
                node: node(element, "retract")?,
                notify: word(element, "retract", "notify", parse_boolean)?,
                items: items(element)?,
            },
            "subscribe" => Self::Subscribe {
                node: node(element, "subscribe")?,
                jid: jid(element, "subscribe", "jid")?,
            },
            "subscription" => Self::Subscription(Subscription::from_element(element)?),
            "subscriptions" => Self::Subscriptions {
                node: node(element, "subscriptions")?,
                entries: element
                    .children_named(ns::PUBSUB, "subscription")
                    .map(Subscription::from_element)
                    .collect::<Result<_, _>>()?,
            },
            "unsubscribe" => Self::Unsubscribe {
                node: node(element, "unsubscribe")?,
                jid: jid(element, "unsubscribe", "jid")?,
                subid: sub_id(element, "unsubscribe")?,
            },
            _ => Self::Other(element.clone()),
        })
    }

    fn write<B: BufMut>(&self, writer: &mut Writer<B>) {
        fn text(node: Option<&NodeId>) -> Option<&str> {
            node.map(NodeId::as_str)
        }
        match self {
            Self::Affiliations { node, entries } => {
                writer
                    .start(ns::PUBSUB, "affiliations")
                    .attr_opt("node", text(node.as_ref()));
                for entry in entries {
                    entry.write(writer, ns::PUBSUB);
                }
            }
            Self::Configure { node, form } => {
                writer
                    .start(ns::PUBSUB, "configure")
                    .attr_opt("node", text(node.as_ref()));
                write_form(writer, form.as_ref());
            }
            Self::Create { node } => {
                writer
                    .start(ns::PUBSUB, "create")
                    .attr_opt("node", text(node.as_ref()));
            }
            Self::Default { node, form } => {
                writer
                    .start(ns::PUBSUB, "default")
                    .attr_opt("node", text(node.as_ref()));
                write_form(writer, form.as_ref());
            }
            Self::Items(items) => {
                let max_items = items.max_items.map(|count| count.to_string());
                writer
                    .start(ns::PUBSUB, "items")
                    .attr_opt("node", text(items.node.as_ref()))
                    .attr_opt("max_items", max_items.as_deref())
                    .attr_opt("subid", items.subid.as_ref().map(SubId::as_str));
                write_items(writer, &items.items);
            }
            Self::Options {
                node,
                jid,
                subid,
                form,
            } => {
                writer
                    .start(ns::PUBSUB, "options")
                    .attr_opt("node", text(node.as_ref()))
                    .attr_opt("jid", jid.as_ref().map(Jid::as_str))
                    .attr_opt("subid", subid.as_ref().map(SubId::as_str));
                write_form(writer, form.as_ref());
            }
            Self::Publish { node, items } => {
                writer
                    .start(ns::PUBSUB, "publish")
                    .attr_opt("node", text(node.as_ref()));
                write_items(writer, items);
            }
            Self::PublishOptions(form) => {
                writer.start(ns::PUBSUB, "publish-options");
                write_form(writer, form.as_ref());
            }
            Self::Retract {
                node,
                notify,
                items,
            } => {
                let notify = notify.map(|notify| if notify { "true" } else { "false" });
                writer
                    .start(ns::PUBSUB, "retract")
                    .attr_opt("node", text(node.as_ref()))
                    .attr_opt("notify", notify);
                write_items(writer, items);
            }
            Self::Subscribe { node, jid } => {
                writer
                    .start(ns::PUBSUB, "subscribe")
                    .attr_opt("node", text(node.as_ref()))
                    .attr_opt("jid", jid.as_ref().map(Jid::as_str));
            }
            Self::Subscription(subscription) => return subscription.write(writer, ns::PUBSUB),
            Self::Subscriptions { node, entries } => {
                writer
                    .start(ns::PUBSUB, "subscriptions")
                    .attr_opt("node", text(node.as_ref()));
                for entry in entries {
                    entry.write(writer, ns::PUBSUB);
                }
            }
            Self::Unsubscribe { node, jid, subid } => {
                writer
                    .start(ns::PUBSUB, "unsubscribe")
                    .attr_opt("node", text(node.as_ref()))
                    .attr_opt("jid", jid.as_ref().map(Jid::as_str))
                    .attr_opt("subid", subid.as_ref().map(SubId::as_str));
            }
            Self::Other(element) => {
                writer.element(element);
                return;
            }
        }
        writer.end();
    }
}

impl AffiliationEntry {
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
        })
    }

    pub(crate) fn write<B: BufMut>(&self, writer: &mut Writer<B>, ns: &str) {
        writer
            .start(ns, "affiliation")
            .attr_opt("node", self.node.as_ref().map(NodeId::as_str))
            .attr_opt("jid", self.jid.as_ref().map(Jid::as_str))
            .attr("affiliation", self.affiliation.as_str())
            .end();
    }
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
