//! XEP-0206: what passes between a stream and the layer that makes bodies.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{client_config, server_config};
use wire_xml::Scope;
use xmpp_pubsub::session::{Client, ClientEvent, CloseReason, Server, ServerEvent};
use xmpp_pubsub::stream::{Form, StreamCondition, StreamError};

const NOW: Duration = Duration::ZERO;

fn server() -> Server {
    Server::new(NOW, server_config(), Form::Bosh)
}

fn client() -> Client {
    let mut client = Client::new(client_config("1001001@localhost", "right"), Form::Bosh);
    client.open(NOW).unwrap();
    client
}

fn ended(client: &mut Client) -> CloseReason {
    match client.poll_event() {
        Some(ClientEvent::Closed { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn xbosh_3_02_an_opening_is_answered_by_features_alone() {
    let mut server = server();
    server
        .handle_opening(NOW, Some("localhost"), None, None)
        .unwrap();
    assert_eq!(
        server.poll_transmit().unwrap(),
        "<stream:features xmlns:stream=\"http://etherx.jabber.org/streams\">\
         <mechanisms xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"><mechanism>PLAIN</mechanism>\
         </mechanisms></stream:features>",
        "XBOSH-2-02, XBOSH-3-02, XC-ST-13"
    );
    assert_eq!(server.poll_transmit(), None, "XBOSH-3-02");
    assert_eq!(client().poll_transmit(), None, "XBOSH-3-02");
}

#[test]
fn xbosh_2_03_a_refusal_is_for_the_terminating_body() {
    for (to, condition) in [("elsewhere", "host-unknown"), ("@", "host-unknown")] {
        let mut server = server();
        assert!(server.handle_opening(NOW, Some(to), None, None).is_err());
        assert_eq!(server.poll_transmit(), None, "{to}");
        let error = server.poll_stream_error().unwrap();
        let error = std::str::from_utf8(&error).unwrap();
        assert!(
            error.starts_with(&format!(
                "<stream:error xmlns:stream=\"http://etherx.jabber.org/streams\">\
                 <{condition} xmlns=\"urn:ietf:params:xml:ns:xmpp-streams\"/>"
            )) && error.ends_with("</stream:error>"),
            "XBOSH-2-02: {error}"
        );
        assert_eq!(server.poll_stream_error(), None);
    }
}

#[test]
fn a_payload_that_cannot_be_read_ends_the_stream() {
    let mut server = server();
    server
        .handle_opening(NOW, Some("localhost"), None, None)
        .unwrap();
    server.poll_transmit();
    let broken = Bytes::from_static(b"<x:auth/>");
    assert!(server.handle_payload(NOW, broken, Scope::new()).is_err());
    let error = server.poll_stream_error().unwrap();
    assert!(String::from_utf8_lossy(&error).contains("<bad-namespace-prefix "));
}

#[test]
fn a_client_that_terminates_has_left_in_order() {
    let mut server = server();
    server.handle_terminate();
    server.handle_terminate();
    let Some(ServerEvent::Closed {
        reason: CloseReason::Peer,
    }) = server.poll_event()
    else {
        panic!()
    };
    assert!(server.poll_event().is_none());
    assert_eq!(
        (server.poll_transmit(), server.poll_stream_error()),
        (None, None)
    );
}

#[test]
fn xbosh_6_01_a_stream_error_comes_whole_or_as_its_content() {
    let scope = || Scope::new().with("stream", "http://etherx.jabber.org/streams");
    for payload in [
        "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
        "<conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>",
    ] {
        let mut client = client();
        client
            .handle_payload(NOW, Bytes::from_static(payload.as_bytes()), scope())
            .unwrap();
        client.handle_terminate(Some("remote-stream-error"));
        assert_eq!(
            ended(&mut client),
            CloseReason::PeerError(StreamCondition::CONFLICT.into()),
            "XBOSH-6-01: {payload}"
        );
        assert!(client.poll_event().is_none(), "it ends once");
    }
}

#[test]
fn what_a_terminating_body_says_about_the_stream() {
    let error = |condition| CloseReason::PeerError(StreamError::from(condition));
    for (condition, reason) in [
        (None, CloseReason::Peer),
        (
            Some("system-shutdown"),
            error(StreamCondition::SYSTEM_SHUTDOWN),
        ),
        (Some("host-unknown"), error(StreamCondition::HOST_UNKNOWN)),
        (
            Some("remote-stream-error"),
            error(StreamCondition::UNDEFINED_CONDITION),
        ),
        // Of the session below, not of the stream.
        (Some("item-not-found"), CloseReason::TransportLost),
        (
            Some("remote-connection-failed"),
            error(StreamCondition::REMOTE_CONNECTION_FAILED),
        ),
    ] {
        let mut client = client();
        client.handle_terminate(condition);
        assert_eq!(ended(&mut client), reason, "{condition:?}");
    }
}
