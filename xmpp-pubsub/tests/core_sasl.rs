//! The login of RFC 6120 §6, as far as it is the same for every mechanism.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use bytes::BytesMut;
use common::{client_config, jid, sent, server_config};
use xmpp_pubsub::sasl::{Mechanism, SaslCondition, SaslElement};
use xmpp_pubsub::session::{
    Client, ClientEvent, CloseReason, Security, Server, ServerConfig, ServerEvent,
};
use xmpp_pubsub::stream::{Form, StreamCondition};
use xmpp_pubsub::xml::{Element, Limits, Profile, Writer};

const NOW: Duration = Duration::ZERO;
const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
const HEADER: &str = "<stream:stream to='localhost' xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";
// NUL 1001001 NUL right.
const RIGHT: &str = "ADEwMDEwMDEAcmlnaHQ=";

fn feed(server: &mut Server, text: &str) {
    let _ = server.handle_input(NOW, &mut BytesMut::from(text));
}

fn auth(mechanism: &str, message: &str) -> String {
    format!("<auth xmlns='{SASL}' mechanism='{mechanism}'>{message}</auth>")
}

fn failure(condition: &str) -> String {
    format!("<failure xmlns=\"{SASL}\"><{condition}/></failure>")
}

/// A server that has offered its mechanisms.
fn offering(config: ServerConfig) -> Server {
    let mut server = Server::new(NOW, config, Form::Tcp);
    feed(&mut server, HEADER);
    sent(&mut server);
    server
}

/// A client that was offered PLAIN, and what it said to that.
fn offered(mechanisms: &str) -> (Client, String) {
    let mut client = Client::new(client_config("1001001@localhost", "right"), Form::Tcp);
    client.open(NOW).unwrap();
    client.poll_transmit();
    let features = format!(
        "{}<stream:features><mechanisms xmlns='{SASL}'>{mechanisms}</mechanisms></stream:features>",
        HEADER.replace("to=", "from=")
    );
    client
        .handle_input(NOW, &mut BytesMut::from(features.as_str()))
        .unwrap();
    let said = client.poll_transmit().unwrap();
    (client, String::from_utf8(said.to_vec()).unwrap())
}

fn client_end(client: &mut Client) -> CloseReason {
    match client.poll_event() {
        Some(ClientEvent::Closed { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_client_sends_its_first_message_with_the_mechanism() {
    let (_, said) = offered("<mechanism>OTHER</mechanism><mechanism>PLAIN</mechanism>");
    assert_eq!(
        said,
        format!("<auth xmlns=\"{SASL}\" mechanism=\"PLAIN\">{RIGHT}</auth>"),
        "XC-SA-04"
    );
    let (mut client, said) = offered("<mechanism>OTHER</mechanism>");
    assert_eq!(said, "</stream:stream>");
    assert!(matches!(
        client_end(&mut client),
        CloseReason::Unsupported(_)
    ));
}

#[test]
fn an_empty_first_message_is_an_equals_sign() {
    let mut server = offering(server_config());
    feed(&mut server, &auth("PLAIN", "="));
    assert_eq!(
        sent(&mut server),
        failure("malformed-request"),
        "XC-SA-04: empty is no PLAIN"
    );
    // None at all: the server asks for it.
    feed(&mut server, &auth("PLAIN", ""));
    assert_eq!(
        sent(&mut server),
        format!("<challenge xmlns=\"{SASL}\"/>"),
        "XC-SA-04"
    );
    feed(
        &mut server,
        &format!("<response xmlns='{SASL}'>{RIGHT}</response>"),
    );
    let Some(ServerEvent::Authenticate { user, .. }) = server.poll_event() else {
        panic!()
    };
    assert_eq!(user, jid("1001001@localhost"), "XC-SA-05");
    server.authenticate_ok().unwrap();
    assert_eq!(
        sent(&mut server),
        format!("<success xmlns=\"{SASL}\"/>"),
        "XC-SA-05"
    );
}

#[test]
fn each_element_is_written_and_read() {
    for (element, text) in [
        (
            SaslElement::Auth {
                mechanism: "PLAIN".to_owned(),
                message: "AA==".to_owned(),
            },
            "<auth xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\" mechanism=\"PLAIN\">AA==</auth>",
        ),
        (
            SaslElement::Challenge("AA==".to_owned()),
            "<challenge xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\">AA==</challenge>",
        ),
        (
            SaslElement::Response(String::new()),
            "<response xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>",
        ),
        (
            SaslElement::Abort,
            "<abort xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>",
        ),
        (
            SaslElement::Success("dj0=".to_owned()),
            "<success xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\">dj0=</success>",
        ),
    ] {
        let mut out = BytesMut::new();
        element.write(&mut Writer::new(&mut out));
        assert_eq!(out, text, "XC-SA-05");
        let read = Element::parse(text.as_bytes(), Profile::Xmpp, &Limits::default()).unwrap();
        assert_eq!(SaslElement::from_element(&read), Some(element), "XC-SA-05");
    }
}

#[test]
fn each_failure_reaches_the_client() {
    assert_eq!(
        SaslCondition::KNOWN,
        [
            "aborted",
            "account-disabled",
            "credentials-expired",
            "encryption-required",
            "incorrect-encoding",
            "invalid-authzid",
            "invalid-mechanism",
            "malformed-request",
            "mechanism-too-weak",
            "not-authorized",
            "temporary-auth-failure"
        ],
        "XC-SA-06"
    );
    for name in SaslCondition::KNOWN {
        let condition = SaslCondition::from_name(name);
        let mut server = offering(server_config());
        feed(&mut server, &auth("PLAIN", RIGHT));
        server.authenticate_failed(condition.clone()).unwrap();
        let said = sent(&mut server);
        assert_eq!(said, failure(name), "XC-SA-06");
        let (mut client, _) = offered("<mechanism>PLAIN</mechanism>");
        client
            .handle_input(NOW, &mut BytesMut::from(said.as_str()))
            .unwrap();
        assert_eq!(
            client_end(&mut client),
            CloseReason::Refused(condition),
            "XC-SA-06"
        );
    }
}

#[test]
fn what_fails_without_the_host() {
    for (mechanism, message, expected) in [
        ("DIGEST-MD5", "", "invalid-mechanism"),
        ("SCRAM-SHA-1", "biws", "invalid-mechanism"),
        ("plain", RIGHT, "invalid-mechanism"),
        ("PLAIN", "*", "incorrect-encoding"),
        ("PLAIN", "AGEA", "malformed-request"),
        // NUL a@elsewhere NUL b.
        ("PLAIN", "AGFAZWxzZXdoZXJlAGI=", "not-authorized"),
    ] {
        let mut server = offering(server_config());
        feed(&mut server, &auth(mechanism, message));
        assert_eq!(
            sent(&mut server),
            failure(expected),
            "XC-SA-06: {mechanism} {message}"
        );
        assert!(server.poll_event().is_none());
    }
    let mut server = offering(ServerConfig::new(jid("localhost"), 7, Security::Clear));
    feed(&mut server, &auth("PLAIN", RIGHT));
    assert_eq!(
        sent(&mut server),
        failure("encryption-required"),
        "XC-SA-02"
    );
}

#[test]
fn whom_a_user_may_act_as() {
    // authzid NUL 1001001 NUL right.
    for (message, expected) in [
        ("MTAwMTAwMUBsb2NhbGhvc3QAMTAwMTAwMQByaWdodA==", None),
        (
            "MTAwMTAwMkBsb2NhbGhvc3QAMTAwMTAwMQByaWdodA==",
            Some("invalid-authzid"),
        ),
        // His own address with a resource is not his bare one.
        (
            "MTAwMTAwMUBsb2NhbGhvc3QveAAxMDAxMDAxAHJpZ2h0",
            Some("invalid-authzid"),
        ),
    ] {
        let mut server = offering(server_config());
        feed(&mut server, &auth("PLAIN", message));
        match expected {
            None => {
                let Some(ServerEvent::Authenticate { user, credentials }) = server.poll_event()
                else {
                    panic!()
                };
                assert_eq!(user, jid("1001001@localhost"), "XC-SA-10");
                assert_eq!(
                    credentials.authzid.as_deref(),
                    Some("1001001@localhost"),
                    "XC-SA-10"
                );
            }
            Some(condition) => assert_eq!(sent(&mut server), failure(condition), "XC-SA-10"),
        }
    }
}

#[test]
fn a_login_may_be_tried_again_two_to_five_times() {
    for (configured, attempts) in [(0, 3), (1, 3), (3, 3), (5, 5), (6, 6), (1000, 6)] {
        let mut config = server_config();
        config.max_attempts = configured;
        let mut server = offering(config);
        for attempt in 1..=attempts {
            assert!(
                !server.is_closed(),
                "XC-SA-07: attempt {attempt} of {attempts}"
            );
            feed(&mut server, &auth("PLAIN", RIGHT));
            server
                .authenticate_failed(SaslCondition::NOT_AUTHORIZED)
                .unwrap();
        }
        let end = std::iter::from_fn(|| server.poll_event()).last();
        let Some(ServerEvent::Closed {
            reason: CloseReason::Error(error),
        }) = end
        else {
            panic!("{end:?}")
        };
        assert_eq!(
            error.condition,
            StreamCondition::POLICY_VIOLATION,
            "XC-SA-07"
        );
    }
}

#[test]
fn what_does_not_belong_to_a_login() {
    let mut server = offering(server_config());
    feed(
        &mut server,
        &format!("<response xmlns='{SASL}'>{RIGHT}</response>"),
    );
    assert_eq!(
        sent(&mut server),
        failure("malformed-request"),
        "XC-SA-05: nothing was asked"
    );
    feed(&mut server, &format!("<abort xmlns='{SASL}'/>"));
    assert_eq!(sent(&mut server), failure("aborted"), "XC-SA-05");
    // A challenge is none of PLAIN.
    let (mut client, _) = offered("<mechanism>PLAIN</mechanism>");
    let challenge = format!("<challenge xmlns='{SASL}'/>");
    assert!(
        client
            .handle_input(NOW, &mut BytesMut::from(challenge.as_str()))
            .is_err()
    );
    let CloseReason::Error(error) = client_end(&mut client) else {
        panic!()
    };
    assert_eq!(
        error.condition,
        StreamCondition::POLICY_VIOLATION,
        "XC-SA-05"
    );
}

#[test]
fn mechanisms_from_the_weakest_to_the_strongest() {
    let names: Vec<_> = Mechanism::ALL
        .iter()
        .map(|mechanism| mechanism.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "PLAIN",
            "SCRAM-SHA-1",
            "SCRAM-SHA-256",
            "SCRAM-SHA-1-PLUS",
            "SCRAM-SHA-256-PLUS"
        ],
        "XC-SA-03"
    );
    assert!(Mechanism::ALL.is_sorted());
    // Without the keys' secret, or the feature, SCRAM is not offered.
    let config = server_config().with_mechanisms(Mechanism::ALL.iter().copied());
    let mut server = Server::new(NOW, config, Form::Tcp);
    feed(&mut server, HEADER);
    let said = sent(&mut server);
    assert!(
        said.contains("<mechanism>PLAIN</mechanism></mechanisms>"),
        "XC-SA-02: {said}"
    );
    assert!(!said.contains("SCRAM"), "XC-SA-02");
}
