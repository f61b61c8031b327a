//! Events of publish-subscribe, to be decoded and encoded, and what walks over the same bytes.

use std::fmt::Write;

use bytes::Bytes;
use memchr::memchr3_iter;
use quick_xml::events::Event as Raw;
use wire_xml::{Limits, Scope};
use xmpp_pubsub::event::{Event, ItemChange};
use xmpp_pubsub::{Payload, Stanza, ns};

/// How an item holds its document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// As elements.
    Nested,
    /// As text inside one element: the form of the Finesse notification service.
    Escaped,
}

impl Form {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Nested, Self::Escaped];

    /// A word for titles.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nested => "nested",
            Self::Escaped => "escaped",
        }
    }
}

/// What a user's state is told with, in as many dialogs as fill a stanza of about `len` bytes.
#[must_use]
pub fn document(form: Form, len: usize) -> String {
    let mut document = String::from("<Update><data><user><state>READY</state>");
    let written = |document: &str| match form {
        Form::Nested => document.len(),
        Form::Escaped => quick_xml::escape::escape(document).len(),
    };
    let mut number = 16_777_216;
    while written(&document) + AROUND < len {
        let _ = write!(
            document,
            "<dialog><id>{number}</id><state>ACTIVE</state><fromAddress>1001{:03}</fromAddress></dialog>",
            number % 1_000
        );
        number += 1;
    }
    document.push_str("</user></data></Update>");
    document
}

/// A message with an event of one item, of about `len` bytes.
#[must_use]
pub fn message(form: Form, len: usize) -> Bytes {
    let document = document(form, len);
    let content = match form {
        Form::Nested => document,
        Form::Escaped => quick_xml::escape::partial_escape(document).into_owned(),
    };
    Bytes::from(format!(
        "<message xmlns='jabber:client' from='pubsub.localhost' to='1001001@localhost/desktop' \
         id='5f1c9a2e' type='headline'>\
         <event xmlns='http://jabber.org/protocol/pubsub#event'><items node='/finesse/api/User/1001001'>\
         <item id='0e5c2d6a-7f1b-4c43-9b0c-2f6d3b5a8e91'>\
         <notification xmlns='http://jabber.org/protocol/pubsub'>{content}</notification>\
         </item></items></event></message>"
    ))
}

/// The event of a message, and the payload of its only item: all that a subscriber asks for.
///
/// # Panics
///
/// If the bytes are not [`message`]'s.
#[must_use]
pub fn decode(input: &Bytes) -> (Event, Payload) {
    let Ok(Stanza::Message(message)) =
        Stanza::decode_shared(input, &Scope::new(), &Limits::default())
    else {
        panic!("the sample is a message");
    };
    let event = message.payloads.find(ns::PUBSUB_EVENT, "event");
    let Some(Ok(event)) = event.map(Event::decode) else {
        panic!("the sample has an event");
    };
    let Event::Items { changes, .. } = &event else {
        panic!("the sample has items");
    };
    let payload = match changes.as_slice() {
        [ItemChange::Published(item)] => item.payload().cloned(),
        _ => None,
    };
    (event, payload.expect("an item with a payload"))
}

/// As [`quick_xml_walk`](crate::quick_xml_walk), with the namespaces of elements resolved.
///
/// # Panics
///
/// If the bytes are no XML.
#[must_use]
pub fn ns_reader_walk(bytes: &[u8]) -> usize {
    let mut reader = quick_xml::NsReader::from_reader(bytes);
    let mut count = 0;
    loop {
        match reader.read_resolved_event() {
            Ok((_, Raw::Start(tag) | Raw::Empty(tag))) => count += 1 + tag.attributes().count(),
            Ok((_, Raw::Eof)) => return count,
            Ok(_) => count += 1,
            Err(error) => panic!("{error}"),
        }
    }
}

/// The physical limit: each place where markup or a reference begins or a tag ends, and nothing made of it.
#[must_use]
pub fn hand_scan(bytes: &[u8]) -> usize {
    memchr3_iter(b'<', b'>', b'&', bytes).fold(0, |sum, place| sum ^ place)
}

/// About what stands around the document.
const AROUND: usize = 420;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_about_as_long_as_asked_and_has_the_document() {
        for form in Form::ALL {
            for len in [512, 1_024, 16_384] {
                let message = message(form, len);
                assert!(
                    message.len().abs_diff(len) < 200,
                    "{} for {len}",
                    message.len()
                );
                let (event, payload) = decode(&message);
                assert_eq!(event.other().map(xmpp_pubsub::Other::is_empty), Some(true));
                let document = document(form, len);
                let found = match form {
                    Form::Nested => String::from_utf8_lossy(payload.as_bytes()).into_owned(),
                    Form::Escaped => {
                        xmpp_pubsub::notification::unwrap(&payload).unwrap_or_default()
                    }
                };
                assert!(found.contains(&document));
            }
        }
    }
}
