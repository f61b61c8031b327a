//! What the codec of events asks of the allocator, counted.

use allocation_counter::measure;
use benches::pubsub::{Form, decode, message};
use bytes::{Bytes, BytesMut};
use wire_xml::{Limits, Scope};
use xmpp_pubsub::event::{Event, ItemChange};
use xmpp_pubsub::{Stanza, ns};

/// Names of the stanza share one copy, names of the event another.
const ALLOCATIONS: u64 = 2;

#[test]
fn an_event_with_one_item_takes_two_allocations() {
    for form in Form::ALL {
        for len in [512, 1_024, 16_384] {
            let message = arrived(&message(form, len));
            let mut decoded = None;
            let count = measure(|| decoded = Some(decode(&message)));
            assert!(
                count.count_total <= ALLOCATIONS,
                "{form:?}, {len}: {count:?}"
            );
            let (event, payload) = decoded.expect("decoded");
            let Event::Items { node, changes, .. } = &event else {
                panic!("{event:?}");
            };
            assert_eq!(node.as_str(), "/finesse/api/User/1001001");
            assert!(matches!(changes.as_slice(), [ItemChange::Published(_)]));
            // The payload is where it came in.
            let input = message.as_ptr().addr()..message.as_ptr().addr() + message.len();
            assert!(input.contains(&payload.as_bytes().as_ptr().addr()));
        }
    }
}

#[test]
fn what_a_stanza_carries_is_copied_once_where_the_input_is_not_shared() {
    let message = message(Form::Escaped, 1_024);
    let mut payload = None;
    let count = measure(|| {
        let stanza = Stanza::decode(&message, &Scope::new(), &Limits::default());
        let Ok(Stanza::Message(message)) = stanza else {
            panic!("a message");
        };
        payload = message.payloads.find(ns::PUBSUB_EVENT, "event").cloned();
    });
    assert!(payload.is_some());
    // The names of the stanza, the copy, and what counts its owners.
    assert!(count.count_total <= 3, "{count:?}");
}

/// As bytes that came off a socket: the buffer counts its owners already.
fn arrived(bytes: &Bytes) -> Bytes {
    let mut input = BytesMut::with_capacity(65_536);
    input.extend_from_slice(bytes);
    input.split().freeze()
}
