//! STARTTLS of RFC 6120 §5: what is offered, what the host is asked, and what in the clear does not count.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use bytes::BytesMut;
use common::ends::{
    AUTH, HEADER, NOW, STARTTLS, clear, clear_client, client_end, features, feed, hear, id_of,
    said, server_end, server_of,
};
use common::{Pair, client_config, jid, sent, server_config};
use xmpp_pubsub::ns;
use xmpp_pubsub::sasl::SaslCondition;
use xmpp_pubsub::session::{CloseReason, Error, Security, ServerEvent};
use xmpp_pubsub::stream::{Form, StartTls};

#[test]
fn tls_is_offered_in_the_clear_and_asked_of_the_host() {
    for (policy, offer) in [
        (
            StartTls::Optional,
            "<starttls xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/>",
        ),
        (
            StartTls::Required,
            "<starttls xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"><required/></starttls>",
        ),
    ] {
        let mut server = server_of(clear(policy));
        feed(&mut server, HEADER).unwrap();
        let first = sent(&mut server);
        assert!(
            first.ends_with(&format!("<stream:features>{offer}</stream:features>")),
            "XC-SA-01: {first}"
        );
        feed(&mut server, STARTTLS).unwrap();
        assert_eq!(
            sent(&mut server),
            "<proceed xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/>",
            "XC-SA-01"
        );
        assert!(
            matches!(server.poll_event(), Some(ServerEvent::StartTls)),
            "XC-SA-01"
        );
        server.tls_ok(None).unwrap();
        assert!(server.tls_ok(None).is_err(), "once");
        feed(&mut server, HEADER).unwrap();
        let second = sent(&mut server);
        assert!(
            second.contains("<mechanism>PLAIN</mechanism>") && !second.contains("starttls"),
            "XC-SA-01: {second}"
        );
        assert_ne!(id_of(&first), id_of(&second), "XC-ST-05");
    }
}

#[test]
fn nothing_in_the_clear_passes_for_what_tls_protects() {
    // Behind `starttls`, in one piece.
    let mut server = server_of(clear(StartTls::Required));
    feed(&mut server, HEADER).unwrap();
    sent(&mut server);
    let mut input = BytesMut::from(format!("{STARTTLS}{HEADER}{AUTH}").as_str());
    assert!(server.handle_input(NOW, &mut input).is_err());
    assert!(input.is_empty(), "XC-ST-05: thrown away");
    let text = sent(&mut server);
    assert!(
        text.contains("<policy-violation ") && !text.contains("<proceed"),
        "XC-SA-01: {text}"
    );
    assert!(matches!(
        server_end(&mut server),
        Some(CloseReason::Error(_))
    ));
    // Behind `proceed`, while TLS is being made.
    let mut server = server_of(clear(StartTls::Required));
    feed(&mut server, &format!("{HEADER}{STARTTLS}")).unwrap();
    sent(&mut server);
    let mut input = BytesMut::from(HEADER);
    assert!(matches!(
        server.handle_input(NOW, &mut input),
        Err(Error::Caller { .. })
    ));
    assert!(input.is_empty() && sent(&mut server).is_empty(), "XC-ST-05");
    server.tls_ok(None).unwrap();
    feed(&mut server, HEADER).unwrap();
    assert!(
        sent(&mut server).contains("<mechanism>PLAIN</mechanism>"),
        "XC-ST-05"
    );
    // And at the client.
    let offer =
        features("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>");
    let mut client = clear_client();
    hear(&mut client, &offer).unwrap();
    let asked = said(&mut client);
    assert!(
        asked.ends_with("<starttls xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/>"),
        "XC-SA-01: {asked}"
    );
    let injected = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><stream:features>";
    assert!(hear(&mut client, injected).is_err(), "XC-ST-05");
    assert!(
        matches!(client_end(&mut client), Some(CloseReason::Error(_))),
        "XC-ST-05"
    );
}

#[test]
fn a_client_in_the_clear_goes_on_over_tls() {
    let server = clear(StartTls::Required);
    let user = client_config("1001001@localhost/desktop", "right").with_security(Security::Clear);
    let pair = Pair::new(Form::Tcp, user, server);
    let (clear, tls) = pair.transcript.split_once("TLS\n").unwrap();
    assert!(
        !clear.contains("<auth") && tls.contains("<auth"),
        "XC-SA-02: {tls}"
    );
    assert_eq!(
        pair.client.jid(),
        Some(&jid("1001001@localhost/desktop")),
        "XC-ST-05"
    );

    let mut client = clear_client();
    hear(&mut client, &features("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>")).unwrap();
    let text = said(&mut client);
    assert!(
        text.ends_with("</stream:stream>") && !text.contains("<auth"),
        "XC-SA-02: {text}"
    );
    assert_eq!(
        client_end(&mut client),
        Some(CloseReason::TlsFailed),
        "XC-SA-02: an offer that somebody took away is missed"
    );
    let mut client = clear_client();
    hear(
        &mut client,
        &features("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
    )
    .unwrap();
    hear(
        &mut client,
        "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    )
    .unwrap();
    assert_eq!(
        client_end(&mut client),
        Some(CloseReason::TlsFailed),
        "XC-SA-01"
    );
}

#[test]
fn tls_that_is_not_offered_is_refused() {
    for config in [server_config(), clear(StartTls::Off)] {
        let mut server = server_of(config);
        feed(&mut server, HEADER).unwrap();
        sent(&mut server);
        feed(&mut server, STARTTLS).unwrap();
        assert_eq!(
            sent(&mut server),
            "<failure xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/></stream:stream>",
            "XC-SA-01: RFC 6120 §5.4.2.2"
        );
        assert_eq!(server_end(&mut server), Some(CloseReason::TlsFailed));
    }
    // A login before a TLS that must be.
    let mut server = server_of(clear(StartTls::Required));
    feed(&mut server, HEADER).unwrap();
    sent(&mut server);
    feed(&mut server, AUTH).unwrap();
    assert_eq!(
        sent(&mut server),
        format!(
            "<failure xmlns=\"{}\"><{}/></failure>",
            ns::SASL,
            SaslCondition::ENCRYPTION_REQUIRED
        ),
        "XC-SA-02"
    );
}

#[test]
fn tls_that_does_not_come_ends_without_a_word() {
    let mut server = server_of(clear(StartTls::Required));
    feed(&mut server, &format!("{HEADER}{STARTTLS}")).unwrap();
    sent(&mut server);
    server.handle_timeout(Duration::from_secs(30));
    assert_eq!(sent(&mut server), "", "the bytes would be those of TLS");
    assert_eq!(
        server_end(&mut server),
        Some(CloseReason::TlsFailed),
        "XC-SA-01"
    );
}
