//! A client and a server, in each of the three forms of a stream.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use bytes::BytesMut;
use common::{Pair, client_config, jid, server_config};
use xmpp_pubsub::sasl::SaslCondition;
use xmpp_pubsub::session::{ClientEvent, CloseReason, Security, ServerEvent};
use xmpp_pubsub::stanza::{Message, MessageKind, Payload, PresenceKind, Stanza};
use xmpp_pubsub::stream::{Form, StreamCondition, StreamError};
use xmpp_pubsub::xml::{Element, Scope};

const FORMS: [Form; 3] = [Form::Tcp, Form::WebSocket, Form::Bosh];

fn online(form: Form) -> Pair {
    Pair::new(
        form,
        client_config("1001001@localhost/desktop", "right"),
        server_config(),
    )
}

fn close_reason(events: &[ClientEvent]) -> CloseReason {
    let Some(ClientEvent::Closed { reason }) = events.last() else {
        panic!("{events:?}")
    };
    reason.clone()
}

#[test]
fn all_forms_yield_the_same_events() {
    let mut seen = Vec::new();
    for form in FORMS {
        let mut pair = online(form);
        let body = Element::new("jabber:client", "body").with_text("hello");
        let mut message = Message::new(MessageKind::Chat, Payload::from_element(&body));
        message.to = Some(jid("1001002@localhost"));
        pair.client.send(&Stanza::Message(message.clone())).unwrap();
        message.from = Some(jid("pubsub.localhost"));
        pair.server.send(&Stanza::Message(message));
        pair.settle();
        pair.client.close();
        pair.settle();
        pair.client_events
            .retain(|event| !matches!(event, ClientEvent::Restart));
        seen.push((
            format!("{:?}", pair.client_events),
            format!("{:?}", pair.server_events),
        ));
    }
    assert_eq!(seen[0], seen[1], "TCP and WebSocket");
    assert_eq!(seen[0], seen[2], "TCP and BOSH");
    assert!(
        seen[0].1.ends_with("Closed { reason: Peer }]")
            && seen[0].0.ends_with("Closed { reason: Ended }]"),
        "{seen:?}"
    );
    assert!(
        seen[0]
            .0
            .contains("Online { jid: \"1001001@localhost/desktop\" }"),
        "XC-BI-01"
    );
}

#[test]
fn xc_pr_01_initial_presence_follows_the_address() {
    let pair = online(Form::Tcp);
    let Some(ServerEvent::Stanza(Stanza::Presence(presence))) = pair.server_events.last() else {
        panic!("{:?}", pair.server_events);
    };
    assert_eq!(presence.kind, PresenceKind::Available);
    assert_eq!(
        presence.from,
        Some(jid("1001001@localhost/desktop")),
        "XC-SZ-01"
    );
}

#[test]
fn a_wrong_password_is_not_authorized() {
    for form in FORMS {
        let pair = Pair::new(
            form,
            client_config("1001001@localhost", "wrong"),
            server_config(),
        );
        assert_eq!(
            close_reason(&pair.client_events),
            CloseReason::Refused(SaslCondition::NOT_AUTHORIZED)
        );
        assert!(
            pair.transcript.contains(
                r#"<failure xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><not-authorized/></failure>"#
            ),
            "{}",
            pair.transcript
        );
    }
}

#[test]
fn xc_sa_02_plain_is_not_offered_in_the_clear() {
    let mut config = server_config();
    config.security = Security::Clear;
    let pair = Pair::new(
        Form::Tcp,
        client_config("1001001@localhost", "right"),
        config,
    );
    assert_eq!(
        close_reason(&pair.client_events),
        CloseReason::Unsupported("mechanism that is strong enough")
    );
    assert!(
        !pair.transcript.contains("<auth"),
        "the password stays here"
    );
}

#[test]
fn xc_st_10_a_silent_client_is_pinged_and_one_that_answers_stays() {
    let mut config = client_config("1001001@localhost", "right");
    config.ping_after = None;
    let mut pair = Pair::new(Form::Tcp, config, server_config());
    pair.drive(Duration::from_secs(300));
    assert!(
        pair.transcript.matches("urn:xmpp:ping").count() >= 4,
        "{}",
        pair.transcript
    );
    assert!(!pair.server.is_closed());
}

#[test]
fn xc_st_10_a_client_that_is_gone_ends_with_connection_timeout() {
    let mut pair = online(Form::Tcp);
    let start = pair.now;
    pair.server.handle_timeout(start + Duration::from_secs(60));
    assert!(!pair.server.is_closed(), "it is asked first");
    pair.server.handle_timeout(start + Duration::from_secs(89));
    assert!(!pair.server.is_closed());
    pair.server.handle_timeout(start + Duration::from_secs(90));
    assert!(pair.server.is_closed());
    pair.settle();
    let CloseReason::PeerError(error) = close_reason(&pair.client_events) else {
        panic!()
    };
    assert_eq!(error.condition, StreamCondition::CONNECTION_TIMEOUT);
}

#[test]
fn a_server_that_is_gone_is_noticed_by_the_client() {
    let mut pair = online(Form::Tcp);
    pair.client.handle_timeout(Duration::from_secs(20));
    assert!(!pair.client.is_closed());
    pair.client.handle_timeout(Duration::from_secs(40));
    assert!(pair.client.is_closed());
}

#[test]
fn a_shutdown_is_said_in_the_stream() {
    for form in FORMS {
        let mut pair = online(form);
        let error = StreamError::from(StreamCondition::SYSTEM_SHUTDOWN);
        pair.server.close(Some(error.clone()));
        pair.settle();
        assert_eq!(
            close_reason(&pair.client_events),
            CloseReason::PeerError(error)
        );
    }
}

#[test]
fn a_server_that_ends_in_order_is_told_apart_from_one_that_complains() {
    for form in FORMS {
        let mut pair = online(form);
        pair.server.close(None);
        pair.settle();
        assert_eq!(close_reason(&pair.client_events), CloseReason::Peer);
        let last = pair.transcript.lines().last().unwrap();
        let end = match form {
            Form::Tcp => "C: </stream:stream>",
            Form::WebSocket => "C: <close xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\"/>",
            Form::Bosh => "S: BOSH terminate in order ",
        };
        assert_eq!(last, end);

        let mut pair = online(form);
        pair.server.close(Some(StreamCondition::CONFLICT.into()));
        pair.settle();
        let conflict = StreamError::from(StreamCondition::CONFLICT);
        assert_eq!(
            close_reason(&pair.client_events),
            CloseReason::PeerError(conflict)
        );
        let error = "<stream:error xmlns:stream=\"http://etherx.jabber.org/streams\">\
                     <conflict xmlns=\"urn:ietf:params:xml:ns:xmpp-streams\"/></stream:error>";
        let said = match form {
            Form::Tcp => {
                "S: <stream:error><conflict xmlns=\"urn:ietf:params:xml:ns:xmpp-streams\"/>\
                          </stream:error></stream:stream>\n"
                    .to_owned()
            }
            Form::WebSocket => {
                format!("S: {error}\nS: <close xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\"/>\n")
            }
            Form::Bosh => format!("S: BOSH terminate remote-stream-error {error}\n"),
        };
        assert!(
            pair.transcript.contains(&said),
            "{form:?}: {}",
            pair.transcript
        );
    }
}

#[test]
fn after_login_each_form_opens_anew() {
    for (form, opening) in [
        (Form::Tcp, "C: <?xml version='1.0'?><stream:stream "),
        (
            Form::WebSocket,
            "C: <open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" ",
        ),
        (Form::Bosh, "C: BOSH "),
    ] {
        let pair = online(form);
        let success = "S: <success xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>\n";
        let (before, after) = pair.transcript.split_once(success).unwrap();
        assert!(before.starts_with(opening), "{before}");
        assert!(after.starts_with(opening), "RFC 7395 §3.7: {after}");
        assert!(!before.contains("<close"), "RFC 7395 §3.7: {before}");
    }
}

#[test]
fn a_client_that_complains_is_heard_in_each_form() {
    for form in FORMS {
        let mut pair = online(form);
        let nonsense = "<nonsense xmlns='urn:x'/>".into();
        let refused = match form {
            Form::Tcp => pair
                .client
                .handle_input(pair.now, &mut BytesMut::from("<s:a xmlns:s='urn:x'/>")),
            Form::WebSocket => pair.client.handle_message(pair.now, nonsense),
            Form::Bosh => pair.client.handle_payload(pair.now, nonsense, Scope::new()),
        };
        assert!(refused.is_err());
        pair.settle();
        let Some(ServerEvent::Closed {
            reason: CloseReason::PeerError(error),
        }) = pair.server_events.last()
        else {
            panic!("{form:?}: {:?}", pair.server_events);
        };
        assert_eq!(error.condition, StreamCondition::UNSUPPORTED_STANZA_TYPE);
    }
}

#[test]
fn what_is_late_or_twice_is_harmless() {
    let mut pair = online(Form::Tcp);
    pair.client.close();
    pair.client.close();
    pair.settle();
    pair.server.close(None);
    pair.server.transport_lost();
    pair.server.handle_timeout(Duration::from_secs(1_000));
    pair.settle();
    let closed = pair
        .server_events
        .iter()
        .filter(|event| matches!(event, ServerEvent::Closed { .. }));
    assert_eq!(closed.count(), 1);
    assert!(
        pair.client
            .send(&Stanza::Message(Message::new(MessageKind::Chat, None)))
            .is_err()
    );
}
