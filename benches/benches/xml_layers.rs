//! The layers above XML beside a bare quick-xml walk over the same bytes: reader, event.

use benches::bosh::stanza;
use benches::{Comparison, quick_xml_walk};
use wire_xml::{Event as XmlEvent, Limits, Profile, Reader};
use xmpp_pubsub::{event::Event, ns, stanza::Stanza};

fn main() {
    let stanza = stanza();
    Comparison::new(format!("an event of {} bytes", stanza.len()))
        .candidate("quick-xml, events and attributes", || {
            quick_xml_walk(stanza.as_bytes())
        })
        .candidate("wire-xml reader, namespaces resolved", || {
            wire_xml_walk(stanza.as_bytes())
        })
        .candidate("xmpp-pubsub, typed event", || {
            typed_event(stanza.as_bytes())
        })
        .run();
}

fn wire_xml_walk(bytes: &[u8]) -> usize {
    let read = || {
        let mut reader = Reader::document(bytes, Profile::Xmpp, &Limits::default())?;
        let mut count = 0;
        while let Some(event) = reader.next_event()? {
            count += 1;
            if matches!(event, XmlEvent::Start(_)) {
                count += reader.attributes().len();
            }
        }
        Ok::<usize, wire_xml::Error>(count)
    };
    read().unwrap_or_else(|error| panic!("{error}"))
}

fn typed_event(bytes: &[u8]) -> usize {
    let Ok(Stanza::Message(message)) = Stanza::parse(bytes, &Limits::default()) else {
        panic!("the sample is a message");
    };
    let event = message
        .payloads
        .find(ns::PUBSUB_EVENT, "event")
        .map(Event::decode);
    let Some(Ok(Event::Items { changes, .. })) = event else {
        panic!("the sample is an event with items");
    };
    changes.len()
}
