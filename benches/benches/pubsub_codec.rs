//! Events of publish-subscribe, decoded and encoded, beside walks of quick-xml over the same bytes, xmpp-parsers, and a
//! scan by hand.

use benches::pubsub::{Form, decode, document, hand_scan, message, ns_reader_walk};
use benches::{Comparison, quick_xml_walk};
use bytes::{BufMut, Bytes, BytesMut};
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event as Raw};
use wire_xml::{Element, Limits, Profile, Writer};
use xmpp_pubsub::event::{Event, ItemChange};
use xmpp_pubsub::pubsub::Item;
use xmpp_pubsub::stanza::{Message, MessageKind};
use xmpp_pubsub::{ItemId, Jid, NodeId, Payload, StanzaId, notification};

fn main() {
    for form in Form::ALL {
        for len in [512, 1_024, 4_096, 16_384] {
            decode_event(form, len);
        }
    }
    unescape(1_024);
    unescape(16_384);
    for form in Form::ALL {
        for len in [1_024, 16_384] {
            encode_event(form, len);
        }
    }
}

fn decode_event(form: Form, len: usize) {
    let message = message(form, len);
    let (own, theirs) = (decode(&message), xmpp_parsers(&message));
    assert_eq!(theirs, 1);
    assert!(!own.1.as_bytes().is_empty());
    Comparison::new(format!(
        "decode an event, {}, {} bytes",
        form.name(),
        message.len()
    ))
    .candidate("quick-xml Reader, events and attributes", || {
        quick_xml_walk(&message)
    })
    .candidate("quick-xml NsReader", || ns_reader_walk(&message))
    .candidate("Stanza::decode_shared and Event::decode", || {
        decode(&message)
    })
    .candidate("xmpp-parsers", || xmpp_parsers(&message))
    .candidate("scan by hand", || hand_scan(&message))
    .run();
}

/// The document inside the escaped form, as text.
fn unescape(len: usize) {
    let (_, payload) = decode(&message(Form::Escaped, len));
    let document = document(Form::Escaped, len);
    let escaped = quick_xml::escape::partial_escape(document.as_str()).into_owned();
    assert_eq!(notification::unwrap(&payload).as_deref(), Some(&*document));
    Comparison::new(format!("unescape a document, {} bytes", document.len()))
        .candidate("quick-xml unescape, of the text alone", || {
            quick_xml::escape::unescape(&escaped).map(String::from)
        })
        .candidate("notification::unwrap, of the payload", || {
            notification::unwrap(&payload)
        })
        .run();
}

fn encode_event(form: Form, len: usize) {
    let document = document(form, len);
    let element = nested(&document);
    let event = |payload| {
        let item = Item::new(payload).with_id(ItemId::new(ITEM).expect("an id"));
        let node = NodeId::new(NODE).expect("a name");
        Event::items(node, ItemChange::Published(item))
    };
    let jid = |text| Jid::new(text).expect("an address");
    let (from, to) = (jid(FROM), jid(TO));
    let id = StanzaId::new(ID).expect("an id");
    let write = |out: &mut BytesMut, payload: Payload| {
        let mut message = Message::new(MessageKind::Headline, event(payload).to_payload());
        message.from = Some(from.clone());
        message.to = Some(to.clone());
        message.id = Some(id.clone());
        message.write(&mut Writer::new(out));
    };
    let payload = || match form {
        Form::Nested => Payload::from_element(&element),
        Form::Escaped => notification::wrap(&document),
    };
    let markup = payload();
    let events = events(&document);
    let (mut own, mut theirs) = (
        BytesMut::with_capacity(65_536),
        BytesMut::with_capacity(65_536),
    );
    write(&mut own, payload());
    quick_xml_write(&mut theirs, form, &document, &events);
    let read = |bytes: &[u8]| Element::parse(bytes, Profile::Xmpp, &Limits::default());
    assert_eq!(read(&own), read(&theirs));

    let of = format!("{}, {} bytes", form.name(), own.len());
    Comparison::new(format!("encode an event, {of}"))
        .candidate("quick-xml Writer", || {
            theirs.clear();
            quick_xml_write(&mut theirs, form, &document, &events);
            theirs.len()
        })
        .candidate("payload, Event::to_payload and Message::write", || {
            own.clear();
            write(&mut own, payload());
            own.len()
        })
        .run();
    Comparison::new(format!("encode an event with a payload as it is, {of}"))
        .candidate("quick-xml Writer", || {
            theirs.clear();
            quick_xml_around(&mut theirs, |writer| {
                writer.get_mut().get_mut().put_slice(markup.as_bytes());
            });
            theirs.len()
        })
        .candidate("Event::to_payload and Message::write", || {
            own.clear();
            write(&mut own, markup.clone());
            own.len()
        })
        .run();
}

fn nested(document: &str) -> Element {
    let source = format!(
        "<notification xmlns='{}'>{document}</notification>",
        xmpp_pubsub::ns::PUBSUB
    );
    Element::parse(source.as_bytes(), Profile::Xmpp, &Limits::default()).expect("the sample")
}

/// The document as the writer of quick-xml takes it.
fn events(document: &str) -> Vec<Raw<'static>> {
    let mut reader = quick_xml::Reader::from_str(document);
    let mut events = Vec::new();
    loop {
        let event = reader.read_event().expect("the sample");
        if matches!(event, Raw::Eof) {
            return events;
        }
        events.push(event.into_owned());
    }
}

fn quick_xml_write(out: &mut BytesMut, form: Form, document: &str, events: &[Raw<'static>]) {
    quick_xml_around(out, |writer| {
        let mut write = |event: Raw<'_>| writer.write_event(event).expect("a buffer");
        let name = "notification";
        let start = BytesStart::new(name).with_attributes([("xmlns", xmpp_pubsub::ns::PUBSUB)]);
        write(Raw::Start(start));
        match form {
            Form::Nested => events.iter().for_each(|event| write(event.borrow())),
            Form::Escaped => write(Raw::Text(BytesText::new(document))),
        }
        write(Raw::End(BytesEnd::new(name)));
    });
}

type QuickXmlWriter<'a> = quick_xml::Writer<bytes::buf::Writer<&'a mut BytesMut>>;

/// The stanza with what `inside` writes as payload.
fn quick_xml_around(out: &mut BytesMut, inside: impl FnOnce(&mut QuickXmlWriter<'_>)) {
    let mut writer = quick_xml::Writer::new(out.writer());
    let message = BytesStart::new("message").with_attributes([
        ("xmlns", xmpp_pubsub::ns::CLIENT),
        ("from", FROM),
        ("to", TO),
        ("id", ID),
        ("type", "headline"),
    ]);
    let event =
        BytesStart::new("event").with_attributes([("xmlns", xmpp_pubsub::ns::PUBSUB_EVENT)]);
    let items = BytesStart::new("items").with_attributes([("node", NODE)]);
    let item = BytesStart::new("item").with_attributes([("id", ITEM)]);
    let starts = [message, event, items, item];
    for start in &starts {
        writer
            .write_event(Raw::Start(start.borrow()))
            .expect("a buffer");
    }
    inside(&mut writer);
    for start in starts.iter().rev() {
        writer
            .write_event(Raw::End(start.to_end()))
            .expect("a buffer");
    }
}

/// How many items the event has, by what xmpp-parsers reads.
fn xmpp_parsers(bytes: &Bytes) -> usize {
    use xmpp_parsers::message::Message;
    use xmpp_parsers::pubsub::event;

    let message: Message = xso::from_bytes(bytes).expect("the sample is a message");
    let event = message.payloads.into_iter().next().expect("an event");
    let event = event::Event::try_from(event).expect("the sample has an event");
    let event::Payload::Items { published, .. } = event.payload else {
        panic!("{event:?}")
    };
    published.len()
}

const FROM: &str = "pubsub.localhost";
const TO: &str = "1001001@localhost/desktop";
const ID: &str = "5f1c9a2e";
const NODE: &str = "/finesse/api/User/1001001";
const ITEM: &str = "0e5c2d6a-7f1b-4c43-9b0c-2f6d3b5a8e91";
