//! A service that is subscribed to another: §12.18.

use std::time::Duration;

use wire_xml::{Limits, Scope};
use xmpp_pubsub::client::{Config, Event, Outcome, PubSub};
use xmpp_pubsub::ns;
use xmpp_pubsub::stanza::Stanza;

use crate::common::{Bench, NOW, jid, node, to};

const ENGLAND: &str = "pubsub.england.lit";

fn decode(line: &str) -> Stanza {
    let scope = Scope::new().with("", ns::CLIENT);
    Stanza::decode(line.as_bytes(), &scope, &Limits::default()).unwrap()
}

#[test]
fn a_service_subscribes_by_its_own_address() {
    let mut denmark = Bench::open();
    // The host of a service asks on its behalf, from the address of the service.
    let mut england = PubSub::new(Config::new(jid("pubsub.shakespeare.lit"), 1));
    england.subscribe(NOW, &node("princely_musings"), jid(ENGLAND));
    let Some(Stanza::Iq(mut asked)) = england.poll_transmit() else {
        panic!("nothing was asked")
    };
    asked.from = Some(jid(ENGLAND));
    let text = String::from_utf8(Stanza::Iq(asked).to_bytes().to_vec()).unwrap();
    assert!(
        text.contains("jid=\"pubsub.england.lit\""),
        "PS-12.18-01: not that of a node: {text}"
    );
    let answer = denmark.say(&text);
    england.handle_stanza(Duration::ZERO, decode(answer.trim_end()));
    let Some(Event::Done {
        outcome: Outcome::Subscribed(Some(subscription)),
        ..
    }) = england.poll_event()
    else {
        panic!("not subscribed: {answer}")
    };
    assert_eq!(subscription.jid.as_str(), ENGLAND, "PS-12.18-01");
    let sent = denmark.publish("a");
    let events = to(&sent, ENGLAND);
    assert_eq!(events.len(), 1, "PS-12.18-01: {sent}");
    england.handle_stanza(Duration::ZERO, decode(events[0]));
    assert!(
        matches!(england.poll_event(), Some(Event::Notification(_))),
        "PS-12.18-01: the event arrives at the other service"
    );
}
