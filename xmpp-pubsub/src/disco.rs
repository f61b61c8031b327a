//! Discovery. XEP-0030.

use wire_xml::{Element, XML_NAMESPACE};

use crate::decode::{expect, jid};
use crate::error::DecodeError;
use crate::form::Form;
use crate::jid::Jid;
use crate::ns;
use crate::other::{Other, first};
use crate::rsm;
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
    /// What else was there, the language of the name among it.
    pub other: Other,
}

impl Identity {
    /// An identity without a name.
    #[must_use]
    pub fn new(category: &str, kind: &str) -> Self {
        Self {
            category: category.to_owned(),
            kind: kind.to_owned(),
            name: None,
            other: Other::new(),
        }
    }

    /// `xml:lang`: the language of the name.
    #[must_use]
    pub fn lang(&self) -> Option<&str> {
        let lang = self
            .other
            .attributes()
            .iter()
            .find(|attribute| attribute.name.is(XML_NAMESPACE, "lang"));
        lang.map(|lang| lang.value.as_str())
    }

    fn from_element(element: &Element) -> Self {
        let attr = |name| element.attr(name).unwrap_or_default().to_owned();
        Self {
            category: attr("category"),
            kind: attr("type"),
            name: element.attr("name").map(str::to_owned),
            other: Other::of(element, &["category", "type", "name"], |_| false),
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
    /// What else was there.
    pub other: Other,
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
        Ok(Self {
            node: element.attr("node").map(str::to_owned),
            identities: element
                .children_named(ns::DISCO_INFO, "identity")
                .map(Identity::from_element)
                .collect(),
            features: element
                .children_named(ns::DISCO_INFO, "feature")
                .map(|child| child.attr("var").unwrap_or_default().to_owned())
                .collect(),
            forms: element
                .children_named(ns::DATA_FORMS, "x")
                .map(Form::from_element)
                .collect::<Result<_, _>>()?,
            other: Other::of(&element, &["node"], |child| {
                matches!(
                    child.name().parts(),
                    (ns::DISCO_INFO, "identity" | "feature") | (ns::DATA_FORMS, "x")
                )
            }),
        })
    }

    /// Whether the entity can do this.
    #[must_use]
    pub fn has_feature(&self, namespace: &str) -> bool {
        self.features.iter().any(|feature| feature == namespace)
    }

    /// Whether it says that it is that. What a service is, its identity says, not a feature (XEP-0060 §5.1).
    #[must_use]
    pub fn is(&self, category: &str, kind: &str) -> bool {
        let mut identities = self.identities.iter();
        identities.any(|identity| identity.category == category && identity.kind == kind)
    }

    /// Whether the entity is a service of publish-subscribe: by its identity, never by a feature, since the plain namespace
    /// stands for other things too. XEP-0060 §5.1. `generic` is what a service called itself before version 1.5.
    #[must_use]
    pub fn is_pubsub_service(&self) -> bool {
        self.identities.iter().any(|identity| {
            identity.category == "pubsub"
                && matches!(identity.kind.as_str(), "service" | "pep" | "generic")
        })
    }

    /// The element.
    #[must_use]
    pub fn to_payload(&self) -> Payload {
        Payload::known(ns::DISCO_INFO, "query", |writer| {
            let tag = writer
                .start(ns::DISCO_INFO, "query")
                .attr_opt("node", self.node.as_deref());
            self.other.write_attributes(tag);
            for identity in &self.identities {
                let tag = writer
                    .start(ns::DISCO_INFO, "identity")
                    .attr("category", &identity.category)
                    .attr("type", &identity.kind)
                    .attr_opt("name", identity.name.as_deref());
                identity.other.write_attributes(tag);
                identity.other.write_elements(writer);
                writer.end();
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
            self.other.write_elements(writer);
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
    /// Which page. XEP-0059 §3.2.
    pub set: Option<rsm::Set>,
    /// What else was there.
    pub other: Other,
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
    /// What else was there.
    pub other: Other,
}

impl Item {
    /// An address, without node and name.
    #[must_use]
    pub const fn new(jid: Jid) -> Self {
        Self {
            jid,
            node: None,
            name: None,
            other: Other::new(),
        }
    }
}

impl Items {
    /// Reads a `query` element, of a request or an answer.
    ///
    /// # Errors
    ///
    /// If it is another element, an entry has no address, or the page cannot be read.
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
                    other: Other::of(child, &["jid", "node", "name"], |_| false),
                })
            })
            .collect::<Result<_, DecodeError>>()?;
        let mut is_set = first(ns::RSM, "set");
        Ok(Self {
            node: element.attr("node").map(str::to_owned),
            items,
            set: element
                .child(ns::RSM, "set")
                .map(rsm::Set::from_element)
                .transpose()?,
            other: Other::of(&element, &["node"], |child| {
                child.is(ns::DISCO_ITEMS, "item") || is_set(child)
            }),
        })
    }

    /// The element.
    #[must_use]
    pub fn to_payload(&self) -> Payload {
        Payload::known(ns::DISCO_ITEMS, "query", |writer| {
            let tag = writer
                .start(ns::DISCO_ITEMS, "query")
                .attr_opt("node", self.node.as_deref());
            self.other.write_attributes(tag);
            for item in &self.items {
                let tag = writer
                    .start(ns::DISCO_ITEMS, "item")
                    .attr("jid", item.jid.as_str())
                    .attr_opt("node", item.node.as_deref())
                    .attr_opt("name", item.name.as_deref());
                item.other.write_attributes(tag);
                item.other.write_elements(writer);
                writer.end();
            }
            if let Some(set) = &self.set {
                set.write(writer);
            }
            self.other.write_elements(writer);
            writer.end();
        })
    }
}

#[cfg(test)]
mod tests {
    use wire_xml::Limits;

    use super::*;

    #[test]
    fn what_is_not_understood_is_written_again() {
        let source = br#"<query xmlns="http://jabber.org/protocol/disco#info" a="1"><identity category="pubsub" type="leaf" name="n" xml:lang="de" b="2"/><feature var="urn:f"/><x xmlns="urn:more"/></query>"#;
        let info = Info::decode(&Payload::parse(source, &Limits::default()).unwrap()).unwrap();
        assert_eq!(info.identities[0].lang(), Some("de"));
        assert!(info.has_feature("urn:f"));
        assert_eq!(info.to_payload().as_bytes().as_ref(), source);
    }

    #[test]
    fn items_come_in_pages_too() {
        let source = br#"<query xmlns="http://jabber.org/protocol/disco#items"><item jid="a.b" c="3"/><set xmlns="http://jabber.org/protocol/rsm"><count>9</count></set></query>"#;
        let items = Items::decode(&Payload::parse(source, &Limits::default()).unwrap()).unwrap();
        assert_eq!(items.set.as_ref().unwrap().count, Some(9));
        assert_eq!(items.to_payload().as_bytes().as_ref(), source);
    }
}
