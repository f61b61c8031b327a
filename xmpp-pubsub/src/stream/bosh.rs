//! Frames out of BOSH bodies. XEP-0206.
//!
//! The layer that speaks BOSH knows what a body is; it hands over the content: each child with the namespaces that it
//! inherits, by [`Fragment::new`], or all of it by [`fragments`].

use bytes::Bytes;
use wire_xml::{Event, Limits, Profile, Reader, Scope};

use super::{Fragment, StreamError};

/// Splits the content of a body, in which `scope` was in force, into its elements.
///
/// # Errors
///
/// The stream error to send: the content is not well-formed.
pub fn fragments(
    content: &Bytes,
    scope: &Scope,
    limits: &Limits,
) -> Result<Vec<Fragment>, StreamError> {
    let mut reader = Reader::fragment(content, Profile::Xmpp, limits, scope)?;
    let mut found = Vec::new();
    while let Some(event) = reader.next_event()? {
        if let Event::Start(_) = event {
            let xml = content.slice(reader.skip_element()?);
            found.push(Fragment::new(xml, scope.clone(), limits)?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ns;

    #[test]
    fn several_stanzas_of_one_body_come_in_order() {
        let content = Bytes::from_static(
            b"<presence/> <iq id='1' type='get'><ping xmlns='urn:xmpp:ping'/></iq>",
        );
        let scope = Scope::new().with("", ns::CLIENT);
        let found = fragments(&content, &scope, &Limits::default()).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|fragment| fragment.name().local())
            .collect();
        assert_eq!(names, ["presence", "iq"]);
        assert!(found[1].to_stanza(&Limits::default()).is_ok());
    }
}
