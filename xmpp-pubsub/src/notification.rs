//! A document inside an item, as text: the payload form of the Finesse notification service.
//!
//! ```xml
//! <notification xmlns="http://jabber.org/protocol/pubsub">&lt;Update&gt;...&lt;/Update&gt;</notification>
//! ```
//!
//! The document is escaped once as a whole, so that it arrives as text. It must not begin with an XML declaration:
//! clients are known that put the text where only an element may stand.

use wire_xml::{Event, Name, Profile, Reader};

use crate::ns;
use crate::stanza::Payload;

/// Wraps a document in the namespace of older releases, `http://jabber.org/protocol/pubsub`.
///
/// ```
/// # use xmpp_pubsub::notification;
/// let payload = notification::wrap("<Update><event>PUT</event></Update>");
/// assert_eq!(
///     payload.as_bytes(),
///     "<notification xmlns=\"http://jabber.org/protocol/pubsub\">\
///      &lt;Update&gt;&lt;event&gt;PUT&lt;/event&gt;&lt;/Update&gt;</notification>"
/// );
/// assert_eq!(notification::unwrap(&payload).unwrap(), "<Update><event>PUT</event></Update>");
/// ```
#[must_use]
pub fn wrap(document: &str) -> Payload {
    wrap_in(ns::PUBSUB, document)
}

/// Wraps a document in a namespace of the caller's, such as [`ns::PUSH`].
#[must_use]
pub fn wrap_in(namespace: &str, document: &str) -> Payload {
    // Every eighth byte of a document of short elements is escaped, by three more.
    let room = document.len() + document.len() / 2 + ROOM;
    Payload::build(Name::new(ns::intern(namespace), LOCAL), room, |writer| {
        writer.text_element(namespace, LOCAL, without_declaration(document));
    })
}

/// The document inside a `notification` of any namespace, or `None` for another payload.
///
/// Some senders nest the document as elements instead; then there is no text, and this is `None` too.
#[must_use]
pub fn unwrap(payload: &Payload) -> Option<String> {
    let mut reader = Reader::accepted(payload.as_bytes(), Profile::Xmpp).ok()?;
    match reader.next_event().ok()? {
        Some(Event::Start(start)) if start.name.local() == LOCAL => {}
        _ => return None,
    }
    let mut document = String::new();
    loop {
        match reader.next_event().ok()? {
            Some(Event::Text(text)) if document.is_empty() => document = text.into_owned(),
            Some(Event::Text(text)) => document.push_str(&text),
            Some(Event::Start(_)) => {
                reader.skip_element().ok()?;
            }
            Some(Event::End) | None => break,
        }
    }
    (!document.trim().is_empty()).then_some(document)
}

fn without_declaration(document: &str) -> &str {
    let trimmed = document.trim_start();
    match trimmed.strip_prefix("<?xml") {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_whitespace()) => rest
            .split_once("?>")
            .map_or(document, |(_, document)| document.trim_start()),
        _ => document,
    }
}

const LOCAL: &str = "notification";

/// For the element around the document, in bytes.
const ROOM: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_with_special_characters_is_escaped_twice_on_the_wire() {
        let document = "<Update><data><firstName>A &amp; B</firstName></data></Update>";
        let payload = wrap(document);
        let wire = std::str::from_utf8(payload.as_bytes()).unwrap();
        assert!(wire.contains("A &amp;amp; B"), "{wire}");
        assert_eq!(unwrap(&payload).unwrap(), document);
    }

    #[test]
    fn an_xml_declaration_is_left_out() {
        let payload = wrap("<?xml version=\"1.0\"?>\n<Update/>");
        assert_eq!(unwrap(&payload).unwrap(), "<Update/>");
    }

    #[test]
    fn the_namespace_does_not_matter_to_a_reader() {
        let payload = wrap_in(ns::PUSH, "<Update/>");
        assert!(payload.is(ns::PUSH, "notification"));
        assert_eq!(unwrap(&payload).unwrap(), "<Update/>");
        assert_eq!(
            unwrap(&Payload::from_element(&wire_xml::Element::new(
                ns::PING,
                "ping"
            ))),
            None
        );
    }
}
