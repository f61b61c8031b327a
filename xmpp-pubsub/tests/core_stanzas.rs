//! The stanzas of RFC 6120 §8: who sends them, how they are answered, what their errors say.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use bytes::BytesMut;
use common::{Pair, client_config, jid, sent, server_config};
use xmpp_pubsub::delay::Delay;
use xmpp_pubsub::session::{
    Client, ClientEvent, CloseReason, Router, RouterConfig, Server, ServerEvent, SessionKey,
};
use xmpp_pubsub::stanza::{
    Condition, ErrorType, Iq, IqContent, MessageKind, PresenceKind, Stanza, StanzaError,
};
use xmpp_pubsub::stream::{Form, StreamCondition};
use xmpp_pubsub::xml::{Limits, Scope};
use xmpp_pubsub::{Payload, ns};

const NOW: Duration = Duration::ZERO;
const HEADER: &str = "<stream:stream to='localhost' xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";
// NUL 1001001 NUL right.
const AUTH: &str = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' \
    mechanism='PLAIN'>ADEwMDEwMDEAcmlnaHQ=</auth>";

fn feed(server: &mut Server, text: &str) {
    let _ = server.handle_input(NOW, &mut BytesMut::from(text));
}

/// A server whose client has logged in.
fn binding() -> Server {
    let mut server = Server::new(NOW, server_config(), Form::Tcp);
    feed(&mut server, HEADER);
    feed(&mut server, AUTH);
    server.authenticate_ok().unwrap();
    server.poll_event();
    feed(&mut server, HEADER);
    sent(&mut server);
    server
}

fn bound() -> Server {
    let mut server = binding();
    feed(
        &mut server,
        "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
    );
    server.bind_ok(jid("1001001@localhost/desktop")).unwrap();
    server.poll_event();
    sent(&mut server);
    server
}

fn stanza(text: &str) -> Stanza {
    let scope = Scope::new().with("", ns::CLIENT);
    Stanza::decode(text.as_bytes(), &scope, &Limits::default()).unwrap()
}

fn online() -> Client {
    let pair = Pair::new(
        Form::Tcp,
        client_config("1001001@localhost/desktop", "right"),
        server_config(),
    );
    let mut client = pair.client;
    while client.poll_event().is_some() {}
    client
}

fn answer(client: &mut Client, text: &str) -> String {
    client.handle_input(NOW, &mut BytesMut::from(text)).unwrap();
    let said = std::iter::from_fn(|| client.poll_transmit());
    said.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
        .collect()
}

#[test]
fn a_resource_is_bound_before_any_stanza() {
    let mut server = binding();
    feed(
        &mut server,
        "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>mine</resource></bind></iq>",
    );
    let Some(ServerEvent::Bind { user, resource }) = server.poll_event() else {
        panic!()
    };
    assert_eq!(
        (user, resource.as_deref()),
        (jid("1001001@localhost"), Some("mine")),
        "XC-BI-01"
    );
    // The server may alter it.
    server.bind_ok(jid("1001001@localhost/another")).unwrap();
    assert_eq!(
        sent(&mut server),
        "<iq to=\"1001001@localhost/another\" id=\"b\" type=\"result\">\
         <bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"><jid>1001001@localhost/another</jid></bind></iq>",
        "XC-BI-01"
    );
    // The client takes what it gets.
    let mut pair = Pair::new(
        Form::Tcp,
        client_config("1001001@localhost", "right"),
        server_config(),
    );
    assert_eq!(
        pair.client.jid(),
        Some(&jid("1001001@localhost/made")),
        "XC-BI-01"
    );
    pair.settle();
}

#[test]
fn the_session_of_older_clients_is_optional_and_empty() {
    let mut server = Server::new(NOW, server_config(), Form::Tcp);
    feed(&mut server, HEADER);
    feed(&mut server, AUTH);
    server.authenticate_ok().unwrap();
    sent(&mut server);
    feed(&mut server, HEADER);
    let features = sent(&mut server);
    assert!(
        features.contains(
            "<session xmlns=\"urn:ietf:params:xml:ns:xmpp-session\"><optional/></session>"
        ),
        "XC-BI-03: {features}"
    );
    let mut server = bound();
    feed(
        &mut server,
        "<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>",
    );
    assert_eq!(
        sent(&mut server),
        "<iq to=\"1001001@localhost/desktop\" id=\"s\" type=\"result\"/>",
        "XC-BI-03"
    );
}

#[test]
fn a_client_speaks_for_itself() {
    for (from, is_taken) in [
        (None, true),
        (Some("1001001@localhost/desktop"), true),
        (Some("1001001@localhost"), true),
        (Some("1001001@localhost/other"), false),
        (Some("1001002@localhost"), false),
        (Some("localhost"), false),
    ] {
        let from_attribute = from.map_or(String::new(), |from| format!(" from='{from}'"));
        let mut server = bound();
        feed(
            &mut server,
            &format!("<message{from_attribute} to='a@localhost'/>"),
        );
        match server.poll_event() {
            Some(ServerEvent::Stanza(stanza)) => {
                let sender = jid("1001001@localhost/desktop");
                assert_eq!(
                    (is_taken, stanza.sender()),
                    (true, Some(&sender)),
                    "XC-SZ-01: {from:?}"
                );
            }
            Some(ServerEvent::Closed {
                reason: CloseReason::Error(error),
            }) => {
                assert_eq!(
                    (is_taken, error.condition),
                    (false, StreamCondition::INVALID_FROM),
                    "XC-SZ-01: {from:?}"
                );
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_request_has_an_id_and_one_child_and_is_answered_once() {
    for (request, expected) in [
        ("<iq type='get' id='1'/>", Some("<bad-request ")),
        (
            "<iq type='set' id='1'><a xmlns='a'/><b xmlns='b'/></iq>",
            Some("<bad-request "),
        ),
        (
            "<iq type='get' id='1' to='@'><a xmlns='a'/></iq>",
            Some("<jid-malformed "),
        ),
        // Without an id there is nothing to answer to.
        ("<iq type='get'><a xmlns='a'/></iq>", None),
        // What is no request is not answered (XC-SZ-05).
        ("<iq type='result' id='1' to='@'/>", None),
        ("<iq type='error' id='1'/>", None),
        ("<iq type='other' id='1'><a xmlns='a'/></iq>", None),
    ] {
        let mut server = bound();
        feed(&mut server, request);
        let said = sent(&mut server);
        assert_eq!(
            said.matches("<iq ").count(),
            usize::from(expected.is_some()),
            "XC-SZ-03: {request}"
        );
        assert!(
            said.contains(expected.unwrap_or_default()),
            "XC-SZ-03, XC-SZ-05: {said}"
        );
        assert!(
            server.poll_event().is_none() && !server.is_closed(),
            "XC-SZ-03"
        );
        // The same at a client, which tells the sender.
        let mut client = online();
        let said = answer(
            &mut client,
            &request.replace("<iq", "<iq from='pubsub.localhost'"),
        );
        assert_eq!(
            said.matches("<iq ").count(),
            usize::from(expected.is_some()),
            "XC-SZ-03: {request}"
        );
        if expected.is_some() {
            assert!(
                said.starts_with("<iq to=\"pubsub.localhost\" id=\"1\" type=\"error\">"),
                "XC-SZ-03: {said}"
            );
        }
    }
}

#[test]
fn what_nobody_knows_is_service_unavailable() {
    let unknown = "<iq from='b@localhost/x' to='1001001@localhost/desktop' type='get' id='u'><q xmlns='urn:q'/></iq>";
    let said = answer(&mut online(), unknown);
    assert_eq!(
        said,
        "<iq from=\"1001001@localhost/desktop\" to=\"b@localhost/x\" id=\"u\" type=\"error\">\
         <error type=\"cancel\"><service-unavailable xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/></error></iq>",
        "XC-SZ-03"
    );
    let mut router = Router::new(RouterConfig::new(jid("localhost"), 1));
    router
        .bind(NOW, SessionKey(1), &jid("a@localhost"), Some("x"))
        .unwrap();
    for to in [
        "",
        " to='localhost'",
        " to='a@localhost'",
        " to='b@localhost'",
    ] {
        let request = format!("<iq{to} type='set' id='u'><q xmlns='urn:q'/></iq>");
        router.handle_stanza(NOW, SessionKey(1), stanza(&request));
        let said = router.poll_transmit().unwrap().stanza.to_bytes();
        let said = String::from_utf8(said.to_vec()).unwrap();
        assert!(said.contains("<service-unavailable "), "XC-SZ-03: {said}");
        assert!(router.poll_transmit().is_none(), "XC-SZ-03: once");
    }
}

#[test]
fn an_answer_has_our_id_and_our_server_as_sender() {
    // The answer to bind: the own account, the own server and nobody are equal.
    let answered = |from: &str| {
        let mut client = Client::new(
            client_config("1001001@localhost/desktop", "right"),
            Form::Tcp,
        );
        client.open(NOW).unwrap();
        let header = HEADER.replace("to=", "from=");
        let mechanisms = "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>\
                          <mechanism>PLAIN</mechanism></mechanisms></stream:features>";
        answer(&mut client, &format!("{header}{mechanisms}"));
        answer(
            &mut client,
            "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
        );
        let features =
            "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>";
        let said = answer(&mut client, &format!("{header}{features}"));
        let id = said
            .split(" id=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        answer(
            &mut client,
            &format!(
                "<iq{from} type='result' id='{id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
                 <jid>1001001@localhost/desktop</jid></bind></iq>"
            ),
        );
        matches!(client.poll_event(), Some(ClientEvent::Online { .. }))
    };
    for from in [
        "",
        " from='localhost'",
        " from='1001001@localhost'",
        " from='1001001@localhost/desktop'",
    ] {
        assert!(answered(from), "XC-SZ-04: {from}");
    }
    for from in [
        " from='1001002@localhost'",
        " from='elsewhere'",
        " from='pubsub.localhost'",
    ] {
        assert!(!answered(from), "XC-SZ-04: {from}");
    }
}

#[test]
fn errors_and_results_are_not_answered() {
    for text in [
        "<iq from='a@b' type='result' id='1'/>",
        "<iq from='a@b' type='error' id='1'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
        "<message from='a@b' type='error'><error type='cancel'/></message>",
        "<presence from='a@b' type='error'/>",
    ] {
        assert_eq!(answer(&mut online(), text), "", "XC-SZ-05: {text}");
        let mut router = Router::new(RouterConfig::new(jid("localhost"), 1));
        router
            .bind(NOW, SessionKey(1), &jid("a@localhost"), Some("x"))
            .unwrap();
        let text = text.replace("from='a@b'", "to='nobody@localhost'");
        router.handle_stanza(NOW, SessionKey(1), stanza(&text));
        assert!(router.poll_transmit().is_none(), "XC-SZ-05: {text}");
    }
}

#[test]
fn kinds_of_messages_and_presence() {
    for (kind, expected) in [
        ("", MessageKind::Normal),
        (" type='normal'", MessageKind::Normal),
        (" type='whatever'", MessageKind::Normal),
        (" type='chat'", MessageKind::Chat),
        (" type='groupchat'", MessageKind::Groupchat),
        (" type='headline'", MessageKind::Headline),
        (" type='error'", MessageKind::Error),
    ] {
        let Stanza::Message(message) = stanza(&format!("<message{kind}/>")) else {
            panic!()
        };
        assert_eq!(message.kind, expected, "XC-SZ-06");
    }
    for (kind, expected) in [
        ("", PresenceKind::Available),
        (" type='unavailable'", PresenceKind::Unavailable),
        (" type='subscribe'", PresenceKind::Subscribe),
        (" type='subscribed'", PresenceKind::Subscribed),
        (" type='unsubscribe'", PresenceKind::Unsubscribe),
        (" type='unsubscribed'", PresenceKind::Unsubscribed),
        (" type='probe'", PresenceKind::Probe),
        (" type='error'", PresenceKind::Error),
    ] {
        let Stanza::Presence(presence) = stanza(&format!("<presence{kind}/>")) else {
            panic!()
        };
        assert_eq!(presence.kind, expected, "XC-SZ-06");
        let written = String::from_utf8(Stanza::Presence(presence).to_bytes().to_vec()).unwrap();
        assert!(
            written.contains(&kind.replace('\'', "\"")),
            "XC-SZ-06: {written}"
        );
    }
    let scope = Scope::new().with("", ns::CLIENT);
    for kind in ["available", "whatever"] {
        let text = format!("<presence type='{kind}'/>");
        let decoded = Stanza::decode(text.as_bytes(), &scope, &Limits::default());
        assert!(decoded.is_err(), "XC-SZ-06: {kind}");
    }
}

fn error_of(stanza: Stanza) -> StanzaError {
    let Stanza::Iq(Iq {
        content: IqContent::Error { error, .. },
        ..
    }) = stanza
    else {
        panic!("{stanza:?}")
    };
    *error
}

#[test]
fn an_error_has_a_type_and_a_condition() {
    for kind in ["auth", "cancel", "continue", "modify", "wait"] {
        let text = format!(
            "<iq type='error' id='1'><error type='{kind}'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
        );
        assert_eq!(error_of(stanza(&text)).kind.as_str(), kind, "XC-SZ-07");
    }
    let whole = "<iq xmlns=\"jabber:client\" id=\"1\" type=\"error\"><error type=\"cancel\" by=\"a.b\">\
        <gone xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\">xmpp:b@c</gone>\
        <text xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\">it moved</text>\
        <own xmlns=\"urn:own\"/></error></iq>";
    let read = Stanza::parse(whole.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(read.to_bytes(), whole, "XC-SZ-07");
    let error = error_of(read);
    assert_eq!(error.address.as_deref(), Some("xmpp:b@c"), "XC-SZ-07");
    assert_eq!(
        (error.by(), error.text.as_deref()),
        (Some(jid("a.b")), Some("it moved")),
        "XC-SZ-07"
    );
    assert_eq!(error.other.elements().len(), 1, "XC-SZ-07");
}

#[test]
fn each_condition_is_written_and_read() {
    let names = [
        "bad-request",
        "conflict",
        "feature-not-implemented",
        "forbidden",
        "gone",
        "internal-server-error",
        "item-not-found",
        "jid-malformed",
        "not-acceptable",
        "not-allowed",
        "not-authorized",
        "policy-violation",
        "recipient-unavailable",
        "redirect",
        "registration-required",
        "remote-server-not-found",
        "remote-server-timeout",
        "resource-constraint",
        "service-unavailable",
        "subscription-required",
        "undefined-condition",
        "unexpected-request",
        "payment-required",
    ];
    assert_eq!(Condition::KNOWN, names, "XC-SZ-08");
    for name in names {
        let condition = Condition::from_name(name);
        let Stanza::Iq(request) = stanza("<iq type='get' id='1'><q xmlns='urn:q'/></iq>") else {
            panic!()
        };
        let answer =
            Stanza::Iq(request.to_error(StanzaError::new(ErrorType::Wait, condition.clone())));
        let written = answer.to_bytes();
        let expected = format!(
            "<error type=\"wait\"><{name} xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/></error>"
        );
        assert!(
            String::from_utf8_lossy(&written).contains(&expected),
            "XC-SZ-08: {name}"
        );
        let read = Stanza::parse(&written, &Limits::default()).unwrap();
        assert_eq!(error_of(read).condition, condition, "XC-SZ-08");
    }
}

#[test]
fn disco_ping_and_delay() {
    let mut client = online();
    assert_eq!(
        answer(
            &mut client,
            "<iq from='localhost' type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>"
        ),
        "<iq to=\"localhost\" id=\"p\" type=\"result\"/>",
        "XC-EX-01"
    );
    assert_eq!(
        answer(
            &mut client,
            "<iq from='localhost' type='get' id='d'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>"
        ),
        "<iq to=\"localhost\" id=\"d\" type=\"result\"><query xmlns=\"http://jabber.org/protocol/disco#info\">\
         <identity category=\"client\" type=\"bot\"/>\
         <feature var=\"http://jabber.org/protocol/disco#info\"/><feature var=\"urn:xmpp:ping\"/></query></iq>",
        "XC-EX-01"
    );
    let unknown = answer(
        &mut client,
        "<iq from='a@b' type='get' id='n'><query xmlns='http://jabber.org/protocol/disco#info' node='x'/></iq>",
    );
    assert!(unknown.contains("<item-not-found "), "XC-EX-01: {unknown}");
    let Stanza::Message(message) = stanza(
        "<message><delay xmlns='urn:xmpp:delay' from='localhost' stamp='2002-09-10T23:08:25Z'>Offline</delay></message>",
    ) else {
        panic!()
    };
    let delay: Option<&Payload> = message.payloads.find(ns::DELAY, "delay");
    let delay = Delay::decode(delay.unwrap()).unwrap();
    assert_eq!(delay.stamp, 1_031_699_305_000, "XC-EX-01");
}
