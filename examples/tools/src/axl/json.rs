//! Elements as JSON, in their order, and back.
//!
//! | element | JSON |
//! | --- | --- |
//! | text | a string |
//! | nil | `null` |
//! | children | an object; those of one name in an array |
//! | an attribute | `"@name"` beside the children; text then is `"#text"` |

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use soap_axl::axl::is_secret;

use super::node::Node;

/// What is inside an element, for serde.
pub(super) struct Inside<'n>(pub(super) &'n Node);

impl Serialize for Inside<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let node = self.0;
        if node.nil {
            return serializer.serialize_none();
        }
        if node.children.is_empty() && node.attributes.is_empty() {
            return serializer.serialize_str(&node.text);
        }
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &node.attributes {
            map.serialize_entry(&format!("@{name}"), value)?;
        }
        if !node.text.is_empty() {
            map.serialize_entry("#text", &node.text)?;
        }
        for (at, child) in node.children.iter().enumerate() {
            let same = |other: &&Node| other.name == child.name;
            if node.children.iter().take(at).any(|other| same(&other)) {
                continue;
            }
            let all: Vec<_> = node.children.iter().filter(same).map(Inside).collect();
            match all.as_slice() {
                [one] => map.serialize_entry(&child.name, one)?,
                several => map.serialize_entry(&child.name, several)?,
            }
        }
        map.end()
    }
}

/// JSON whose objects keep their order. Numbers and truth values are their text, as in AXL.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Json {
    Null,
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Json {
    /// Whether there is a password in what stands under this name.
    pub(super) fn has_secret(&self, name: &str) -> bool {
        match self {
            Self::Null => false,
            Self::Text(text) => is_secret(name) && !text.is_empty(),
            Self::List(items) => items.iter().any(|item| item.has_secret(name)),
            Self::Object(fields) => fields.iter().any(|(name, value)| value.has_secret(name)),
        }
    }

    /// The elements of this name that it stands for.
    pub(super) fn into_nodes(self, name: &str) -> Result<Vec<Node>, String> {
        let mut node = Node::new(name);
        match self {
            Self::Null => node.nil = true,
            Self::Text(text) => node.text = text,
            Self::Object(fields) => fill(&mut node, fields)?,
            Self::List(items) => {
                let mut nodes = Vec::new();
                for item in items {
                    if let Self::List(_) = item {
                        return Err(format!("{name} is an array in an array"));
                    }
                    nodes.extend(item.into_nodes(name)?);
                }
                return Ok(nodes);
            }
        }
        Ok(vec![node])
    }
}

fn fill(node: &mut Node, fields: Vec<(String, Json)>) -> Result<(), String> {
    for (name, value) in fields {
        if let Some(attribute) = name.strip_prefix('@') {
            let Json::Text(value) = value else {
                return Err(format!("{name} of {} is no text", node.name));
            };
            node.set_attribute(attribute, value);
        } else if name == "#text" {
            let Json::Text(value) = value else {
                return Err(format!("{name} of {} is no text", node.name));
            };
            node.text = value;
        } else if !super::fields::is_name(&name) {
            return Err(format!("{name:?} is no name of an element"));
        } else {
            node.children.extend(value.into_nodes(&name)?);
        }
    }
    Ok(())
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Text(value.to_string()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Text(value.to_string()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Text(value.to_string()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Text(value.to_string()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = entries.next_entry()? {
            fields.push(field);
        }
        Ok(Json::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use soap_axl::xml::{Element, Limits, Profile};

    use super::*;

    #[test]
    fn elements_come_back_from_json_as_they_were_and_in_order() {
        let xml = r#"<phone ctiid="7"><name>SEP1</name><pool uuid="{1}">Default</pool><note/><owner xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:nil="true"/><lines><line>1</line><line>2</line></lines><class>Phone</class></phone>"#;
        let element = Element::parse(xml.as_bytes(), Profile::Soap, &Limits::default()).unwrap();
        let node = Node::of(&element);
        let json = serde_json::to_string(&Inside(&node)).unwrap();
        assert_eq!(
            json,
            r##"{"@ctiid":"7","name":"SEP1","pool":{"@uuid":"{1}","#text":"Default"},"note":"","owner":null,"lines":{"line":["1","2"]},"class":"Phone"}"##
        );
        let back: Json = serde_json::from_str(&json).unwrap();
        assert_eq!(back.into_nodes("phone").unwrap(), [node]);
    }

    #[test]
    fn what_is_no_element_is_refused() {
        for bad in [
            r#"[["a"]]"#,
            r#"{"a b":"1"}"#,
            r#"{"@a":{}}"#,
            r##"{"#text":[]}"##,
        ] {
            let json: Json = serde_json::from_str(bad).unwrap();
            assert!(json.into_nodes("x").is_err(), "{bad}");
        }
        let json: Json = serde_json::from_str(r#"{"@a":1,"@b":2,"@a":3}"#).unwrap();
        let nodes = json.into_nodes("x").unwrap();
        let said: Vec<_> = nodes.iter().flat_map(|node| &node.attributes).collect();
        let expected =
            [("a", "3"), ("b", "2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(said, expected.iter().collect::<Vec<_>>());
        let json: Json = serde_json::from_str(r#"{"a":1,"b":true}"#).unwrap();
        let nodes = json.into_nodes("x").unwrap();
        assert_eq!(
            nodes,
            [Node::new("x")
                .with(Node::leaf("a", "1"))
                .with(Node::leaf("b", "true"))]
        );
    }
}
