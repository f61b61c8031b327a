//! Capabilities that presence tells of. XEP-0115, as XEP-0060 §9.2 uses them.

use core::fmt::Write as _;
use std::collections::BTreeSet;

use sha1::{Digest, Sha1};
use wire_xml::Element;

use crate::decode::expect;
use crate::disco;
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

    /// Whether `ver` is the hash of this answer, so that it can be kept for whoever has the same `ver` (XEP-0115 §5.4). Only
    /// `sha-1` is known; what is of another hash, or of the older form, is true of its sender alone.
    #[must_use]
    pub fn is_hash_of(&self, info: &disco::Info) -> bool {
        self.hash.as_deref() == Some("sha-1") && sha1_ver(info).as_deref() == Some(&*self.ver)
    }

    /// The node of disco#info that tells what `ver` stands for. §6.2.
    #[must_use]
    pub fn info_node(&self) -> String {
        format!("{}#{}", self.node, self.ver)
    }
}

/// `ver` of an answer by SHA-1, or `None` for one that XEP-0115 §5.4 calls ill-formed: an identity, a feature or a form
/// comes twice, or a form has no `FORM_TYPE` of one value.
#[must_use]
pub fn sha1_ver(info: &disco::Info) -> Option<String> {
    let mut text = String::new();
    let mut identities = BTreeSet::new();
    for identity in &info.identities {
        let new = identities.insert((
            identity.category.as_str(),
            identity.kind.as_str(),
            identity.lang().unwrap_or_default(),
            identity.name.as_deref().unwrap_or_default(),
        ));
        new.then_some(())?;
    }
    for (category, kind, lang, name) in identities {
        let _ = write!(text, "{category}/{kind}/{lang}/{name}<");
    }
    let features: BTreeSet<&str> = info.features.iter().map(String::as_str).collect();
    if features.len() != info.features.len() {
        return None;
    }
    for feature in features {
        let _ = write!(text, "{feature}<");
    }
    let mut forms = BTreeSet::new();
    for form in &info.forms {
        let field = form.field("FORM_TYPE")?;
        let [form_type] = field.values.as_slice() else {
            return None;
        };
        let mut fields: Vec<(&str, BTreeSet<&str>)> = form
            .fields
            .iter()
            .filter_map(|field| Some((field.var.as_deref()?, field)))
            .filter(|(var, _)| *var != "FORM_TYPE")
            .map(|(var, field)| (var, field.values.iter().map(String::as_str).collect()))
            .collect();
        fields.sort();
        if forms.iter().any(|(known, _)| *known == form_type) {
            return None;
        }
        forms.insert((form_type, fields));
    }
    for (form_type, fields) in forms {
        let _ = write!(text, "{form_type}<");
        for (var, values) in fields {
            let _ = write!(text, "{var}<");
            for value in values {
                let _ = write!(text, "{value}<");
            }
        }
    }
    Some(wire_xml::text::encode_base64(Sha1::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use wire_xml::Limits;

    use crate::form::{Field, Form, FormKind};

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

    fn exodus() -> disco::Info {
        disco::Info {
            identities: vec![disco::Identity {
                name: Some("Exodus 0.9.1".to_owned()),
                ..disco::Identity::new("client", "pc")
            }],
            features: [
                ns::DISCO_INFO,
                ns::CAPS,
                ns::DISCO_ITEMS,
                "http://jabber.org/protocol/muc",
            ]
            .map(str::to_owned)
            .to_vec(),
            ..disco::Info::default()
        }
    }

    #[test]
    fn ps_9_2_02_the_hash_of_the_document() {
        // XEP-0115 §5.2.
        let ver = sha1_ver(&exodus());
        assert_eq!(
            ver.as_deref(),
            Some("QgayPKawpkPSDYmwT/WM94uAlu0="),
            "PS-9.2-02: the order of features does not count"
        );
        let mut caps = Capabilities {
            node: "http://code.google.com/p/exodus".to_owned(),
            ver: ver.unwrap(),
            hash: Some("sha-1".to_owned()),
            other: Other::new(),
        };
        assert!(caps.is_hash_of(&exodus()), "PS-9.2-02");
        caps.hash = None;
        assert!(
            !caps.is_hash_of(&exodus()),
            "PS-9.2-02: the older form proves nothing"
        );
    }

    #[test]
    fn an_answer_that_says_something_twice_has_no_hash() {
        let mut info = exodus();
        info.features.push(ns::CAPS.to_owned());
        assert_eq!(sha1_ver(&info), None);
        let mut info = exodus();
        info.identities.push(info.identities[0].clone());
        assert_eq!(sha1_ver(&info), None);
        let mut info = exodus();
        let form = Form::new(FormKind::Result, "urn:xmpp:dataforms:softwareinfo");
        info.forms = vec![form.clone(), form];
        assert_eq!(sha1_ver(&info), None);
    }

    #[test]
    fn forms_count_with_their_values_in_order() {
        let mut info = exodus();
        let mut form = Form::new(FormKind::Result, "urn:xmpp:dataforms:softwareinfo");
        let field = |var: &str, values: &[&str]| {
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            Field::new(var, None, values)
        };
        form.fields.push(field("os", &["Mac"]));
        form.fields.push(field("ip_version", &["ipv4", "ipv6"]));
        info.forms = vec![form.clone()];
        let one = sha1_ver(&info);
        form.fields.reverse();
        form.fields[0].values.reverse();
        info.forms = vec![form];
        assert_eq!(sha1_ver(&info), one);
        assert_ne!(one, sha1_ver(&exodus()));
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
