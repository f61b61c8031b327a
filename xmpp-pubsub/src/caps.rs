//! Capabilities that presence tells of. XEP-0115, as XEP-0060 §9.2 uses them.

use wire_xml::Element;

use crate::decode::expect;
use crate::error::DecodeError;
use crate::ns;
use crate::other::Other;
use crate::stanza::Payload;

/// The `c` element: where, and under which name, what an entity can do can be asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Capabilities {
    /// A URI of the software. §4.
    pub node: String,
    /// The hash of what the entity can do; in the older form a version. §5.
    pub ver: String,
    /// Which hash `ver` is; the older form has none. §4.
    pub hash: Option<String>,
    /// What else was there; `ext` of the older form among it.
    pub other: Other,
}

impl Capabilities {
    /// Reads a `c` element.
    ///
    /// # Errors
    ///
    /// If it is another element, or lacks `node` or `ver`.
    pub fn decode(payload: &Payload) -> Result<Self, DecodeError> {
        let element = payload.to_element()?;
        expect(&element, ns::CAPS, "c")?;
        let required = |element: &Element, field| {
            element
                .attr(field)
                .map(str::to_owned)
                .ok_or(DecodeError::Missing {
                    element: "c",
                    field,
                })
        };
        Ok(Self {
            node: required(&element, "node")?,
            ver: required(&element, "ver")?,
            hash: element.attr("hash").map(str::to_owned),
            other: Other::of(&element, &["node", "ver", "hash"], |_| false),
        })
    }

    /// The element.
    #[must_use]
    pub fn to_payload(&self) -> Payload {
        Payload::known(ns::CAPS, "c", |writer| {
            let tag = writer
                .start(ns::CAPS, "c")
                .attr_opt("hash", self.hash.as_deref())
                .attr("node", &self.node)
                .attr("ver", &self.ver);
            self.other.write_attributes(tag);
            self.other.write_elements(writer);
            writer.end();
        })
    }

    /// The node of disco#info that tells what `ver` stands for. §6.2.
    #[must_use]
    pub fn info_node(&self) -> String {
        format!("{}#{}", self.node, self.ver)
    }
}

#[cfg(test)]
mod tests {
    use wire_xml::Limits;

    use super::*;

    #[test]
    fn all_attributes_are_kept_those_of_the_older_form_too() {
        let source = br#"<c xmlns="http://jabber.org/protocol/caps" hash="sha-1" node="http://code.matthewwild.co.uk/verse/" ver="x=" ext="voice"/>"#;
        let payload = Payload::parse(source, &Limits::default()).unwrap();
        let caps = Capabilities::decode(&payload).unwrap();
        assert_eq!(caps.hash.as_deref(), Some("sha-1"));
        assert_eq!(caps.info_node(), "http://code.matthewwild.co.uk/verse/#x=");
        assert_eq!(caps.to_payload().as_bytes().as_ref(), source);
    }

    #[test]
    fn without_ver_it_tells_nothing() {
        let source = br#"<c xmlns="http://jabber.org/protocol/caps" node="n"/>"#;
        let payload = Payload::parse(source, &Limits::default()).unwrap();
        assert_eq!(
            Capabilities::decode(&payload),
            Err(DecodeError::Missing {
                element: "c",
                field: "ver"
            })
        );
    }
}
