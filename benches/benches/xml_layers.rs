//! The layers above XML beside a bare quick-xml walk over the same bytes: reader, event, BOSH request.

use std::time::Duration;

use benches::Comparison;
use bosh::{
    BodyCodec,
    session::{Event as BoshEvent, Manager, RequestSlot, ServerConfig},
};
use bytes::Bytes;
use quick_xml::events::Event as Raw;
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

    let request = Bytes::from(format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='1000000' sid='sid'>{stanza}</body>"
    ));
    Comparison::new(format!("a BOSH request of {} bytes", request.len()))
        .candidate("quick-xml, events and attributes", || {
            quick_xml_walk(&request)
        })
        .candidate("bosh wrapper", || {
            BodyCodec::default()
                .decode(&request)
                .map(|body| body.payloads.len())
        })
        .run();

    let mut sessions = Sessions::start();
    Comparison::new("a message round trip of a held session")
        .candidate("quick-xml walk of the request, copy of the answer", || {
            (quick_xml_walk(&request), request.to_vec())
        })
        .candidate("bosh manager: request in, event out, answer", || {
            sessions.exchange(&stanza)
        })
        .run();
}

fn stanza() -> String {
    let update = "&lt;Update&gt;&lt;data&gt;&lt;user&gt;&lt;state&gt;READY&lt;/state&gt;&lt;/user&gt;&lt;/data&gt;"
        .repeat(6);
    format!(
        "<message xmlns='jabber:client' from='pubsub.localhost' to='1001001@localhost/desktop' id='m1'>\
         <event xmlns='http://jabber.org/protocol/pubsub#event'><items node='/finesse/api/User/1001001'>\
         <item id='7'><notification xmlns='http://jabber.org/protocol/pubsub'>{update}</notification>\
         </item></items></event></message>"
    )
}

fn quick_xml_walk(bytes: &[u8]) -> usize {
    let mut reader = quick_xml::Reader::from_reader(bytes);
    let mut count = 0;
    loop {
        match reader.read_event() {
            Ok(Raw::Start(tag) | Raw::Empty(tag)) => count += 1 + tag.attributes().count(),
            Ok(Raw::Eof) => return count,
            Ok(_) => count += 1,
            Err(error) => panic!("{error}"),
        }
    }
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

/// One session; each exchange sends a request with a message and gets one back.
struct Sessions {
    manager: Manager,
    rid: u64,
    slot: u64,
    now: Duration,
}

impl Sessions {
    fn start() -> Self {
        let mut manager = Manager::new(ServerConfig::default(), || "sid".to_owned());
        let create = "<body xmlns='http://jabber.org/protocol/httpbind' rid='1' to='localhost' wait='60' \
                      hold='1' ver='1.6'/>";
        manager.handle_request(Duration::ZERO, RequestSlot(0), Bytes::from(create));
        let Some((session, BoshEvent::Open(_))) = manager.poll_event() else {
            panic!("a session opens");
        };
        assert_eq!(manager.set_authenticated(session), Ok(()));
        assert_eq!(
            manager.send(Duration::ZERO, session, Bytes::from_static(b"<a/>")),
            Ok(())
        );
        assert!(manager.poll_transmit().is_some());
        Self {
            manager,
            rid: 1,
            slot: 0,
            now: Duration::ZERO,
        }
    }

    fn exchange(&mut self, stanza: &str) -> usize {
        self.rid += 1;
        self.slot += 1;
        self.now += Duration::from_secs(6);
        let request = format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' rid='{}' sid='sid'>{stanza}</body>",
            self.rid
        );
        self.manager
            .handle_request(self.now, RequestSlot(self.slot), Bytes::from(request));
        let Some((session, BoshEvent::Payload(payload))) = self.manager.poll_event() else {
            panic!("a payload comes");
        };
        let answer = payload.bytes().clone();
        assert_eq!(self.manager.send(self.now, session, answer), Ok(()));
        self.manager
            .poll_transmit()
            .map_or(0, |answer| answer.body.len())
    }
}
