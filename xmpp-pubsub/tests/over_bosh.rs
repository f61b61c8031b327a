//! What a stream does inside the bodies of BOSH (XEP-0206).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::client_config;
use wire_xml::{Limits, Scope};
use xmpp_pubsub::session::{Client, ClientEvent};
use xmpp_pubsub::stream::{Form, Frame, fragments};

#[test]
fn xbosh_4_06_a_tls_feature_is_ignored() {
    let now = Duration::ZERO;
    for required in ["", "<required/>"] {
        let mut client = Client::new(client_config("juliet@localhost", "right"), Form::Bosh);
        client.open(now).unwrap();
        assert_eq!(client.poll_transmit(), None);
        let features = format!(
            "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>\
             <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>{required}</starttls>\
             <mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism>\
             </mechanisms></stream:features>"
        );
        let features = Bytes::from(features);
        for fragment in fragments(&features, &Scope::new(), &Limits::default()).unwrap() {
            client.handle_frame(now, Frame::Fragment(fragment)).unwrap();
        }
        // `printf '\0juliet\0right' | base64`
        assert_eq!(
            client.poll_transmit().unwrap(),
            "<auth xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\" mechanism=\"PLAIN\">\
             AGp1bGlldAByaWdodA==</auth>",
            "XBOSH-4-06"
        );
        assert_eq!(client.poll_transmit(), None, "XBOSH-4-06: no starttls");
    }
}

#[test]
fn xbosh_5_01_success_is_followed_by_a_restart() {
    let now = Duration::ZERO;
    let mut client = Client::new(client_config("juliet@localhost", "right"), Form::Bosh);
    client.open(now).unwrap();
    let mut hear = |element: &'static str| {
        let element = Bytes::from_static(element.as_bytes());
        let scope = Scope::new().with("stream", "http://etherx.jabber.org/streams");
        for fragment in fragments(&element, &scope, &Limits::default()).unwrap() {
            client.handle_frame(now, Frame::Fragment(fragment)).unwrap();
        }
        let said: Vec<_> = std::iter::from_fn(|| client.poll_transmit()).collect();
        let restarts = std::iter::from_fn(|| client.poll_event())
            .filter(|event| matches!(event, ClientEvent::Restart))
            .count();
        (said, restarts)
    };
    let mechanisms = "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>\
                      <mechanism>PLAIN</mechanism></mechanisms></stream:features>";
    let (said, restarts) = hear(mechanisms);
    assert_eq!((said.len(), restarts), (1, 0));
    let success = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
    assert_eq!(
        hear(success),
        (Vec::new(), 1),
        "XBOSH-5-01: of the layer below, and nothing is said before it"
    );
}
