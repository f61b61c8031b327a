//! Capabilities that presence tells of. XEP-0115, as XEP-0060 §9.2 uses them.

use std::collections::BTreeSet;

use wire_xml::Element;

use crate::decode::expect;
use crate::disco::Info;
use crate::error::DecodeError;
use crate::form::{FieldKind, Form};
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

    /// Whether `ver` is the hash of this answer, so that it can be kept for whoever has the same `ver` (§5.4). Only
    /// `sha-1` is known; what is of another hash, or of the older form, is true of its sender alone.
    #[cfg(feature = "caps-hash")]
    #[must_use]
    pub fn is_hash_of(&self, info: &Info) -> bool {
        self.hash.as_deref() == Some("sha-1") && sha1_ver(info).as_deref() == Some(&*self.ver)
    }

    /// The node of disco#info that tells what `ver` stands for. §6.2.
    #[must_use]
    pub fn info_node(&self) -> String {
        format!("{}#{}", self.node, self.ver)
    }
}

/// The text whose hash is `ver`. §5.1. `None` for an answer that §5.4 calls ill-formed: an identity, a feature or a
/// `FORM_TYPE` that comes twice, or a form with several types.
#[must_use]
pub fn verification_string(info: &Info) -> Option<String> {
    let mut identities = BTreeSet::new();
    for identity in &info.identities {
        let lang = identity.lang().unwrap_or_default();
        let name = identity.name.as_deref().unwrap_or_default();
        let parts = (&*identity.category, &*identity.kind, lang, name);
        identities.insert(parts).then_some(())?;
    }
    let mut features = BTreeSet::new();
    for feature in &info.features {
        features.insert(feature.as_str()).then_some(())?;
    }
    let mut forms = BTreeSet::new();
    for form in &info.forms {
        match form_type(form)? {
            Some(form_type) if forms.iter().any(|(known, _)| *known == form_type) => return None,
            Some(form_type) => {
                forms.insert((form_type, form_fields(form)));
            }
            // Without a type, or with one that is shown, a form does not count.
            None => {}
        }
    }

    let mut text = String::new();
    let mut push = |part: &str| {
        text.push_str(part);
        text.push('<');
    };
    for (category, kind, lang, name) in identities {
        push(&format!("{category}/{kind}/{lang}/{name}"));
    }
    features.into_iter().for_each(&mut push);
    for (form_type, fields) in forms {
        push(form_type);
        for (var, values) in fields {
            push(var);
            values.into_iter().for_each(&mut push);
        }
    }
    Some(text)
}

/// `ver` of an answer, with the hash `sha-1` that all entities know. §5.1 and §8.1. `None` as for
/// [`verification_string`].
#[cfg(feature = "caps-hash")]
#[must_use]
pub fn sha1_ver(info: &Info) -> Option<String> {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use sha1::{Digest, Sha1};

    Some(STANDARD.encode(Sha1::digest(verification_string(info)?)))
}

/// The type of a form that counts, `Some(None)` for a form that does not, `None` for several types.
fn form_type(form: &Form) -> Option<Option<&str>> {
    let Some(field) = form.field("FORM_TYPE") else {
        return Some(None);
    };
    let (first, others) = match field.values.split_first() {
        Some((first, others)) if field.kind == Some(FieldKind::Hidden) => (first, others),
        _ => return Some(None),
    };
    others
        .iter()
        .all(|other| other == first)
        .then_some(Some(first))
}

/// The other fields of a form with their values, both in order.
fn form_fields(form: &Form) -> Vec<(&str, Vec<&str>)> {
    let named = form.fields.iter().filter_map(|field| {
        let var = field.var.as_deref().filter(|var| *var != "FORM_TYPE")?;
        let mut values: Vec<_> = field.values.iter().map(String::as_str).collect();
        values.sort_unstable();
        Some((var, values))
    });
    let mut fields: Vec<_> = named.collect();
    fields.sort();
    fields
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

    fn info(content: &str) -> Info {
        let source = format!("<query xmlns='{}'>{content}</query>", ns::DISCO_INFO);
        Info::decode(&Payload::parse(source.as_bytes(), &Limits::default()).unwrap()).unwrap()
    }

    const FEATURES: &str = "<feature var='http://jabber.org/protocol/disco#info'/>\
        <feature var='http://jabber.org/protocol/disco#items'/>\
        <feature var='http://jabber.org/protocol/muc'/><feature var='http://jabber.org/protocol/caps'/>";
    const SORTED: &str = "http://jabber.org/protocol/caps<http://jabber.org/protocol/disco#info<\
        http://jabber.org/protocol/disco#items<http://jabber.org/protocol/muc<";
    const SOFTWARE: &str = "<x xmlns='jabber:x:data' type='result'>\
        <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>\
        <field var='os'><value>Mac</value></field>\
        <field var='ip_version'><value>ipv6</value><value>ipv4</value></field>\
        <field var='software'><value>Psi</value></field><field var='software_version'><value>0.11</value></field>\
        <field var='os_version'><value>10.5.1</value></field></x>";

    /// XEP-0115 §5.2.
    fn simple() -> Info {
        let identity = "<identity category='client' name='Exodus 0.9.1' type='pc'/>";
        info(&format!("{identity}{FEATURES}"))
    }

    /// XEP-0115 §5.3.
    fn complex() -> Info {
        let identities = "<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>\
            <identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>";
        info(&format!("{identities}{FEATURES}{SOFTWARE}"))
    }

    #[test]
    fn the_texts_of_the_examples() {
        assert_eq!(
            verification_string(&simple()).unwrap(),
            format!("client/pc//Exodus 0.9.1<{SORTED}")
        );
        assert_eq!(
            verification_string(&complex()).unwrap(),
            format!(
                "client/pc/el/Ψ 0.11<client/pc/en/Psi 0.11<{SORTED}\
                 urn:xmpp:dataforms:softwareinfo<ip_version<ipv4<ipv6<os<Mac<os_version<10.5.1<\
                 software<Psi<software_version<0.11<"
            )
        );
    }

    #[cfg(feature = "caps-hash")]
    #[test]
    fn the_hashes_of_the_examples() {
        let ver = sha1_ver(&simple()).unwrap();
        assert_eq!(ver, "QgayPKawpkPSDYmwT/WM94uAlu0=", "PS-9.2-02");
        let mut caps = Capabilities {
            node: "http://code.google.com/p/exodus".to_owned(),
            ver,
            hash: Some("sha-1".to_owned()),
            other: Other::new(),
        };
        assert!(caps.is_hash_of(&simple()), "PS-9.2-02");
        caps.hash = None;
        assert!(
            !caps.is_hash_of(&simple()),
            "PS-9.2-02: the older form proves nothing"
        );
        assert_eq!(
            sha1_ver(&complex()).unwrap(),
            "q07IKJEyjvHSyhy//CH0CxmKi8w="
        );
    }

    #[test]
    fn what_is_ill_formed_has_no_text() {
        let feature = "<feature var='urn:a'/>";
        let identity = "<identity category='client' type='pc'/>";
        for content in [
            format!("{feature}{feature}"),
            format!("{identity}{identity}"),
            format!("{SOFTWARE}{SOFTWARE}"),
            SOFTWARE.replace("softwareinfo<", "softwareinfo</value><value>urn:other<"),
        ] {
            assert_eq!(verification_string(&info(&content)), None, "{content}");
        }
        // A type that is not hidden is none, and the form does not count.
        let shown = SOFTWARE.replace(" type='hidden'", "");
        assert_eq!(
            verification_string(&info(&format!("{feature}{shown}"))).unwrap(),
            "urn:a<"
        );
    }
}
