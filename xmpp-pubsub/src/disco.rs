//! Discovery. XEP-0030.

use wire_xml::Element;

use crate::decode::{expect, jid};
use crate::error::DecodeError;
use crate::form::Form;
use crate::jid::Jid;
use crate::ns;
use crate::stanza::Payload;

/// What an entity is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    /// A registered category, such as `pubsub`.
    pub category: String,
    /// A registered type inside the category, such as `leaf`.
    pub kind: String,
    /// A name for people.
    pub name: Option<String>,
}

impl Identity {
    /// An identity without a name.
    #[must_use]
    pub fn new(category: &str, kind: &str) -> Self {
        Self {
            category: category.to_owned(),
            kind: kind.to_owned(),
            name: None,
        }
    }
}

/// The `query` of disco#info. XEP-0030 §3.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Info {
    /// The node asked about. A node id of pubsub, or a name of another protocol: text of any form.
    pub node: Option<String>,
    /// What the entity is.
    pub identities: Vec<Identity>,
    /// What it can do: namespaces.
    pub features: Vec<String>,
    /// Extensions. XEP-0128.
    pub forms: Vec<Form>,
}

impl Info {
    /// Reads a `query` element, of a request or an answer.
    ///
    /// # Errors
    ///
    /// If it is another element, or holds a form that cannot be read.
    pub fn decode(payload: &Payload) -> Result<Self, DecodeError> {
        let element = payload.to_element()?;
        expect(&element, ns::DISCO_INFO, "query")?;
        let attr = |child: &Element, name| child.attr(name).unwrap_or_default().to_owned();
        Ok(Self {
            node: element.attr("node").map(str::to_owned),
            identities: element
                .children_named(ns::DISCO_INFO, "identity")
                .map(|child| Identity {
                    category: attr(child, "category"),
                    kind: attr(child, "type"),
                    name: child.attr("name").map(str::to_owned),
                })
                .collect(),
            features: element
                .children_named(ns::DISCO_INFO, "feature")
                .map(|child| attr(child, "var"))
                .collect(),
            forms: element
                .children_named(ns::DATA_FORMS, "x")
                .map(Form::from_element)
                .collect::<Result<_, _>>()?,
        })
    }

    /// The element.
    #[must_use]
    pub fn to_payload(&self) -> Payload {
        Payload::known(ns::DISCO_INFO, "query", |writer| {
            writer
                .start(ns::DISCO_INFO, "query")
                .attr_opt("node", self.node.as_deref());
            for identity in &self.identities {
                writer
                    .start(ns::DISCO_INFO, "identity")
                    .attr("category", &identity.category)
                    .attr("type", &identity.kind)
                    .attr_opt("name", identity.name.as_deref())
                    .end();
            }
            for feature in &self.features {
                writer
                    .start(ns::DISCO_INFO, "feature")
                    .attr("var", feature)
                    .end();
            }
            for form in &self.forms {
                form.write(writer);
            }
            writer.end();
        })
    }
}

/// The `query` of disco#items. XEP-0030 §4.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Items {
    /// The node asked about.
    pub node: Option<String>,
    /// What belongs to the entity.
    pub items: Vec<Item>,
}

/// Something that belongs to an entity.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Item {
    /// Where it is.
    pub jid: Jid,
    /// Which node there.
    pub node: Option<String>,
    /// A name for people; for items of a node, the item id (PS-5.5-01).
    pub name: Option<String>,
}

impl Items {
    /// Reads a `query` element, of a request or an answer.
    ///
    /// # Errors
    ///
    /// If it is another element, or an entry has no address.
    pub fn decode(payload: &Payload) -> Result<Self, DecodeError> {
        let element = payload.to_element()?;
        expect(&element, ns::DISCO_ITEMS, "query")?;
        let items = element
            .children_named(ns::DISCO_ITEMS, "item")
            .map(|child| {
                Ok(Item {
                    jid: jid(child, "item", "jid")?.ok_or(DecodeError::Missing {
                        element: "item",
                        field: "jid",
                    })?,
                    node: child.attr("node").map(str::to_owned),
                    name: child.attr("name").map(str::to_owned),
                })
            })
            .collect::<Result<_, DecodeError>>()?;
        Ok(Self {
            node: element.attr("node").map(str::to_owned),
            items,
        })
    }

    /// The element.
    #[must_use]
    pub fn to_payload(&self) -> Payload {
        Payload::known(ns::DISCO_ITEMS, "query", |writer| {
            writer
                .start(ns::DISCO_ITEMS, "query")
                .attr_opt("node", self.node.as_deref());
            for item in &self.items {
                writer
                    .start(ns::DISCO_ITEMS, "item")
                    .attr("jid", item.jid.as_str())
                    .attr_opt("node", item.node.as_deref())
                    .attr_opt("name", item.name.as_deref())
                    .end();
            }
            writer.end();
        })
    }
}
