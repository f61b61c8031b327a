//! Streams inside BOSH bodies. XEP-0206.
//!
//! The layer that speaks BOSH knows what a body is, and this one does not. What they have to say to each other:
//!
//! | below | here |
//! | --- | --- |
//! | a session is created, or restarted (§5) | [`Server::handle_opening`](crate::session::Server::handle_opening) |
//! | a child of a body, with the namespaces that it inherits | `handle_payload` of the server or client |
//! | a body of type `terminate` | `handle_terminate` of the server or client |
//! | a child of the next body | `poll_transmit` |
//! | a restart request | [`ClientEvent::Restart`](crate::session::ClientEvent::Restart) |
//! | the end: condition `remote-stream-error` around the error, or none | `poll_stream_error`, when `Closed` was told |

use bytes::Bytes;
use wire_xml::{Event, Limits, Profile, Reader, Scope};

use super::{Fragment, Header, StreamCondition, StreamError};

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

impl Header {
    /// The opening that attributes of a body stand for.
    pub(crate) fn of_body(
        to: Option<&str>,
        from: Option<&str>,
        lang: Option<&str>,
    ) -> Result<Self, StreamError> {
        Ok(Self {
            to: Self::address("to", to)?,
            from: Self::address("from", from)?,
            id: None,
            // Whoever speaks XEP-0206 speaks RFC 6120, whether it says so or not.
            version: Some("1.0".to_owned()),
            lang: lang.map(str::to_owned),
        })
    }
}

/// What a condition of BOSH says about the stream, where both know it by one name. XEP-0124 §17.2 took the names of
/// RFC 6120 §4.9.3.
pub(crate) fn end_of_stream(condition: &str) -> Option<StreamError> {
    const SHARED: [StreamCondition; 7] = [
        StreamCondition::HOST_GONE,
        StreamCondition::HOST_UNKNOWN,
        StreamCondition::IMPROPER_ADDRESSING,
        StreamCondition::INTERNAL_SERVER_ERROR,
        StreamCondition::POLICY_VIOLATION,
        StreamCondition::REMOTE_CONNECTION_FAILED,
        StreamCondition::SYSTEM_SHUTDOWN,
    ];
    SHARED
        .into_iter()
        .find(|shared| shared.as_str() == condition)
        .or_else(|| {
            // The error itself went before, unless it got lost on the way.
            (condition == "remote-stream-error").then_some(StreamCondition::UNDEFINED_CONDITION)
        })
        .map(StreamError::from)
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

    #[test]
    fn the_attributes_of_a_body_are_a_header() {
        let header = Header::of_body(Some("localhost"), Some("a@localhost"), Some("en")).unwrap();
        assert_eq!(header.to.unwrap().as_str(), "localhost");
        assert_eq!(header.from.unwrap().as_str(), "a@localhost");
        assert_eq!(header.lang.as_deref(), Some("en"));
        let to = Header::of_body(Some("@"), None, None).unwrap_err();
        assert_eq!(to.condition, StreamCondition::HOST_UNKNOWN);
        let from = Header::of_body(None, Some("@"), None).unwrap_err();
        assert_eq!(from.condition, StreamCondition::INVALID_FROM);
    }

    #[test]
    fn a_condition_of_the_stream_is_told_from_one_of_bosh() {
        let of = |condition| end_of_stream(condition).map(|error| error.condition);
        assert_eq!(
            of("system-shutdown"),
            Some(StreamCondition::SYSTEM_SHUTDOWN)
        );
        assert_eq!(
            of("remote-stream-error"),
            Some(StreamCondition::UNDEFINED_CONDITION)
        );
        assert_eq!(of("item-not-found"), None);
        assert_eq!(of("other-request"), None);
    }
}
