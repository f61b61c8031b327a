//! What outlives an input does not keep it: events out of reads of 64 KiB, held by the application. Memory is counted by
//! the allocator.

use allocation_counter::measure;
use benches::pubsub::{Form, decode, message};
use bytes::BytesMut;
use wire_xml::{Limits, Scope};
use xmpp_pubsub::event::Event;
use xmpp_pubsub::{Jid, Stanza};

const EVENTS: usize = 1_000;
const READ_LEN: usize = 65_536;

/// One event out of each read, the rest of which is something else.
fn events(keep: impl Fn(&Event) -> Event) -> Vec<Event> {
    let message = message(Form::Escaped, 512);
    (0..EVENTS)
        .map(|_| {
            let mut read = BytesMut::with_capacity(READ_LEN);
            read.extend_from_slice(&message);
            read.resize(READ_LEN, b' ');
            keep(&decode(&read.split_to(message.len()).freeze()).0)
        })
        .collect()
}

#[test]
fn a_detached_event_costs_its_own_bytes() {
    let len = message(Form::Escaped, 512).len();
    let mut held = Vec::new();
    let detached = measure(|| held = events(Event::detach)).bytes_current;
    let each = i64::try_from(len + size_of::<Event>() + 256).expect("a small number");
    let count = i64::try_from(held.len()).expect("a small number");
    assert!(
        detached <= count * each,
        "{detached} bytes, {} each",
        detached / count
    );
    // What is not detached keeps every read alive: this is what `detach` is for.
    let pinned = measure(|| held = events(Event::clone)).bytes_current;
    assert!(
        pinned + detached > count * READ_LEN as i64,
        "{pinned} bytes"
    );
}

#[test]
fn names_keep_their_neighbours_and_no_input() {
    let message = message(Form::Escaped, 1_024);
    let mut held: Vec<Jid> = Vec::with_capacity(EVENTS);
    let decoded = || {
        let stanza = Stanza::decode_shared(&message, &Scope::new(), &Limits::default());
        let sender = stanza.ok().and_then(|stanza| stanza.sender().cloned());
        sender.expect("a stanza with a sender")
    };
    let count = EVENTS as i64;
    let shared = measure(|| held.extend((0..EVENTS).map(|_| decoded()))).bytes_current;
    assert!(shared <= count * 128, "{} bytes each", shared / count);
    held.clear();
    let detached = measure(|| held.extend((0..EVENTS).map(|_| decoded().detach()))).bytes_current;
    assert!(detached <= count * 40, "{} bytes each", detached / count);
    assert_eq!(held[471].as_str(), "pubsub.localhost");
}
