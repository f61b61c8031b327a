//! The server's end against bytes as real clients send them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use bytes::BytesMut;
use common::{bosh_open, jid, sent, server_config};
use proptest::prelude::*;
use wire_xml::{Limits, Scope};
use xmpp_pubsub::ns;
use xmpp_pubsub::sasl::SaslCondition;
use xmpp_pubsub::session::{CloseReason, Error, Server, ServerEvent};
use xmpp_pubsub::stanza::{Condition, ErrorType, Stanza, StanzaError};
use xmpp_pubsub::stream::{Form, Frame, Header, StreamCondition, fragments};

const HEADER: &str = "<stream:stream to='localhost' xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";
// NUL 1001001 NUL right.
const AUTH: &str = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' \
    mechanism='PLAIN'>ADEwMDEwMDEAcmlnaHQ=</auth>";
// NUL finesse NUL x.
const OTHER_AUTH: &str = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' \
    mechanism='PLAIN'>AGZpbmVzc2UAeA==</auth>";
const ABORT: &str = "<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
const ABORTED: &str = "<failure xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"><aborted/></failure>";
const BIND: &str = "<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
    <resource>desktop</resource></bind></iq>";

fn server() -> Server {
    Server::new(Duration::ZERO, server_config(), Form::Tcp)
}

fn feed(server: &mut Server, text: &str) -> Result<(), Error> {
    let mut input = BytesMut::from(text);
    server.handle_input(Duration::ZERO, &mut input)
}

fn event(server: &mut Server) -> ServerEvent {
    server.poll_event().unwrap()
}

/// A session that has its address.
fn bound() -> Server {
    let mut server = server();
    feed(&mut server, HEADER).unwrap();
    feed(&mut server, AUTH).unwrap();
    let ServerEvent::Authenticate { user, credentials } = event(&mut server) else {
        panic!()
    };
    assert_eq!(user, jid("1001001@localhost"));
    assert!(credentials.password.matches("right"));
    server.authenticate_ok().unwrap();
    feed(&mut server, HEADER).unwrap();
    feed(&mut server, BIND).unwrap();
    let ServerEvent::Bind { user, resource } = event(&mut server) else {
        panic!()
    };
    assert_eq!(resource.as_deref(), Some("desktop"));
    server
        .bind_ok(user.with_resource("desktop").unwrap())
        .unwrap();
    sent(&mut server);
    server
}

fn closed_with(server: &mut Server) -> StreamCondition {
    let event = event(server);
    let ServerEvent::Closed {
        reason: CloseReason::Error(error),
    } = event
    else {
        panic!("{event:?}");
    };
    error.condition
}

#[test]
fn xc_st_03_04_header_and_features_byte_for_byte() {
    let mut server = server();
    feed(&mut server, HEADER).unwrap();
    let text = sent(&mut server);
    let id = text
        .split(" id=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap();
    assert_eq!(
        text,
        format!(
            "<?xml version='1.0'?><stream:stream \
             xmlns:stream=\"http://etherx.jabber.org/streams\" xmlns=\"jabber:client\" \
             from=\"localhost\" id=\"{id}\" version=\"1.0\" xml:lang=\"en\">\
             <stream:features><mechanisms xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\">\
             <mechanism>PLAIN</mechanism></mechanisms></stream:features>"
        )
    );
    assert!(
        !text.contains("starttls") && !text.contains("urn:xmpp:sm"),
        "not offered"
    );
}

#[test]
fn xc_st_05_after_login_a_new_stream_with_a_new_id() {
    let mut server = server();
    feed(&mut server, HEADER).unwrap();
    let first = sent(&mut server);
    feed(&mut server, AUTH).unwrap();
    server.authenticate_ok().unwrap();
    assert_eq!(
        sent(&mut server),
        "<success xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>"
    );
    feed(&mut server, &format!("<?xml version='1.0'?>{HEADER}")).unwrap();
    let second = sent(&mut server);
    let id = |text: &str| {
        text.split(" id=\"")
            .nth(1)
            .map(|rest| rest[..16].to_owned())
    };
    assert_ne!(id(&first), id(&second));
    assert!(second.contains(
        "<stream:features><bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"/>\
         <session xmlns=\"urn:ietf:params:xml:ns:xmpp-session\"><optional/></session>\
         </stream:features>"
    ));
    assert!(!second.contains("PLAIN"));
}

#[test]
fn xc_bi_01_03_bind_and_session_echo_their_ids() {
    let mut server = server();
    feed(&mut server, HEADER).unwrap();
    feed(&mut server, AUTH).unwrap();
    server.authenticate_ok().unwrap();
    feed(&mut server, HEADER).unwrap();
    sent(&mut server);
    feed(
        &mut server,
        "<iq type='set' id='a/+=1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
    )
    .unwrap();
    server.bind_ok(jid("1001001@localhost/made")).unwrap();
    assert_eq!(
        sent(&mut server),
        "<iq to=\"1001001@localhost/made\" id=\"a/+=1\" type=\"result\">\
         <bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\">\
         <jid>1001001@localhost/made</jid></bind></iq>"
    );
    feed(
        &mut server,
        "<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>",
    )
    .unwrap();
    assert_eq!(
        sent(&mut server),
        "<iq to=\"1001001@localhost/made\" id=\"s\" type=\"result\"/>"
    );
}

#[test]
fn xc_bi_02_a_refused_resource_can_be_asked_for_again() {
    let mut server = server();
    feed(&mut server, HEADER).unwrap();
    feed(&mut server, AUTH).unwrap();
    server.authenticate_ok().unwrap();
    feed(&mut server, HEADER).unwrap();
    feed(&mut server, BIND).unwrap();
    server
        .bind_failed(StanzaError::new(ErrorType::Cancel, Condition::CONFLICT))
        .unwrap();
    assert!(sent(&mut server).contains("<conflict "));
    feed(&mut server, BIND).unwrap();
    server.bind_ok(jid("1001001@localhost/other")).unwrap();
    assert_eq!(server.jid(), Some(&jid("1001001@localhost/other")));
}

#[test]
fn xc_st_12_nothing_but_negotiation_before_login() {
    let mut server = server();
    feed(&mut server, HEADER).unwrap();
    sent(&mut server);
    assert!(feed(&mut server, "<message to='x@localhost'/>").is_err());
    assert_eq!(closed_with(&mut server), StreamCondition::NOT_AUTHORIZED);
    assert_eq!(
        sent(&mut server),
        "<stream:error><not-authorized xmlns=\"urn:ietf:params:xml:ns:xmpp-streams\"/>\
         </stream:error></stream:stream>"
    );
}

#[test]
fn xc_st_07_an_error_before_the_header_opens_a_stream_for_it() {
    let mut server = server();
    assert!(feed(&mut server, "GET / HTTP/1.1\r\n\r\n").is_err());
    let text = sent(&mut server);
    assert!(
        text.starts_with("<?xml version='1.0'?><stream:stream "),
        "{text}"
    );
    assert!(text.contains("<not-well-formed "), "{text}");
    assert!(text.ends_with("</stream:error></stream:stream>"), "{text}");
}

#[test]
fn a_domain_that_is_not_served_is_host_unknown() {
    let mut server = server();
    assert!(feed(&mut server, &HEADER.replace("localhost", "elsewhere")).is_err());
    assert_eq!(closed_with(&mut server), StreamCondition::HOST_UNKNOWN);
}

#[test]
fn xc_sa_07_after_three_failures_the_stream_ends() {
    let mut server = server();
    feed(&mut server, HEADER).unwrap();
    for attempt in 1..=3 {
        feed(&mut server, AUTH).unwrap();
        assert!(matches!(
            event(&mut server),
            ServerEvent::Authenticate { .. }
        ));
        server
            .authenticate_failed(SaslCondition::NOT_AUTHORIZED)
            .unwrap();
        assert_eq!(server.is_closed(), attempt == 3, "attempt {attempt}");
    }
    assert_eq!(closed_with(&mut server), StreamCondition::POLICY_VIOLATION);
}

#[test]
fn xc_sa_06_failures_that_need_no_password_check() {
    let cases = [
        (
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='DIGEST-MD5'/>",
            "invalid-mechanism",
        ),
        (
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>!</auth>",
            "incorrect-encoding",
        ),
        (
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>YQ==</auth>",
            "malformed-request",
        ),
        (ABORT, "aborted"),
        // a@localhost NUL b NUL right.
        (
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>YUBsb2NhbGhvc3QAYgByaWdodA==</auth>",
            "invalid-authzid",
        ),
    ];
    for (input, condition) in cases {
        let mut server = server();
        feed(&mut server, HEADER).unwrap();
        sent(&mut server);
        feed(&mut server, input).unwrap();
        assert_eq!(
            sent(&mut server),
            format!("<failure xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"><{condition}/></failure>")
        );
        assert!(server.poll_event().is_none());
    }
}

/// RFC 6120 §6.4.4.
#[test]
fn an_aborted_login_fails_whatever_the_host_says_of_it() {
    for verdict in [Ok(()), Err(SaslCondition::NOT_AUTHORIZED)] {
        let mut server = server();
        feed(&mut server, HEADER).unwrap();
        sent(&mut server);
        feed(&mut server, &format!("{AUTH}{ABORT}")).unwrap();
        assert_eq!(sent(&mut server), "", "the host has not answered yet");
        event(&mut server);
        match verdict {
            Ok(()) => server.authenticate_ok().unwrap(),
            Err(condition) => server.authenticate_failed(condition).unwrap(),
        }
        assert_eq!(sent(&mut server), ABORTED);
        // Then it may log in again.
        feed(&mut server, OTHER_AUTH).unwrap();
        let ServerEvent::Authenticate { user, .. } = event(&mut server) else {
            panic!()
        };
        assert_eq!(user, jid("finesse@localhost"));
    }
}

#[test]
fn no_login_takes_the_place_of_one_that_was_aborted() {
    for input in [
        format!("{AUTH}{ABORT}{OTHER_AUTH}"),
        format!("{AUTH}{ABORT}{ABORT}"),
        format!("{AUTH}{OTHER_AUTH}"),
    ] {
        let mut server = server();
        feed(&mut server, HEADER).unwrap();
        sent(&mut server);
        assert!(feed(&mut server, &input).is_err());
        let ServerEvent::Authenticate { user, .. } = event(&mut server) else {
            panic!()
        };
        assert_eq!(user, jid("1001001@localhost"));
        assert_eq!(closed_with(&mut server), StreamCondition::POLICY_VIOLATION);
        assert!(server.authenticate_ok().is_err());
        assert!(!sent(&mut server).contains("<success"));
        assert!(server.poll_event().is_none());
    }
}

#[test]
fn a_client_that_does_not_log_in_is_dropped() {
    let mut server = server();
    feed(&mut server, HEADER).unwrap();
    assert_eq!(server.poll_timeout(), Some(Duration::from_secs(30)));
    server.handle_timeout(Duration::from_secs(29));
    assert!(!server.is_closed());
    server.handle_timeout(Duration::from_secs(30));
    assert_eq!(
        closed_with(&mut server),
        StreamCondition::CONNECTION_TIMEOUT
    );
}

#[test]
fn xc_sz_01_a_sender_that_is_not_the_client_is_invalid_from() {
    let mut server = bound();
    feed(
        &mut server,
        "<message from='1001001@localhost' to='pubsub.localhost'/>",
    )
    .unwrap();
    let ServerEvent::Stanza(stanza) = event(&mut server) else {
        panic!()
    };
    assert_eq!(stanza.sender(), Some(&jid("1001001@localhost/desktop")));
    assert!(feed(&mut server, "<message from='1001002@localhost'/>").is_err());
    assert_eq!(closed_with(&mut server), StreamCondition::INVALID_FROM);
}

#[test]
fn xc_sz_03_a_malformed_request_is_answered_once() {
    let mut server = bound();
    feed(&mut server, "<iq type='get' id='1' to='pubsub.localhost'/>").unwrap();
    let text = sent(&mut server);
    assert!(
        text.starts_with(
            "<iq from=\"pubsub.localhost\" to=\"1001001@localhost/desktop\" id=\"1\" \
             type=\"error\"><error type=\"modify\"><bad-request "
        ),
        "{text}"
    );
    feed(
        &mut server,
        "<iq type='get' id='2' to='a@b@c/d/'><x xmlns='urn:x'/></iq>",
    )
    .unwrap();
    assert!(sent(&mut server).contains("<jid-malformed "));
    // XC-SZ-05: an answer is not answered, an IQ without id cannot be.
    feed(
        &mut server,
        "<iq type='result' to='a@b@c'/><iq type='get'><x xmlns='urn:x'/></iq>",
    )
    .unwrap();
    assert_eq!(sent(&mut server), "");
    assert!(!server.is_closed());
}

#[test]
fn unknown_elements_and_stream_errors_end_the_stream() {
    let mut server = bound();
    assert!(feed(&mut server, "<x xmlns='urn:x'/>").is_err());
    assert_eq!(
        closed_with(&mut server),
        StreamCondition::UNSUPPORTED_STANZA_TYPE
    );
    let mut server = bound();
    feed(
        &mut server,
        "<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
    )
    .unwrap();
    let ServerEvent::Closed {
        reason: CloseReason::PeerError(error),
    } = event(&mut server)
    else {
        panic!()
    };
    assert_eq!(error.condition, StreamCondition::RESET);
}

#[test]
fn xc_st_08_what_xmpp_forbids_inside_a_stanza() {
    for part in ["&lol;", "<!-- c -->", "<?pi?>"] {
        let mut server = bound();
        assert!(
            feed(
                &mut server,
                &format!("<message><body>{part}</body></message>")
            )
            .is_err()
        );
        assert_eq!(
            closed_with(&mut server),
            StreamCondition::RESTRICTED_XML,
            "{part}"
        );
    }
}

#[test]
fn xc_st_11_limits_are_tight_before_login_and_wide_after() {
    let mut stanza = String::from("<message to='pubsub.localhost'><body>");
    stanza.push_str(&"x".repeat(100_000));
    stanza.push_str("</body></message>");
    let mut server = server();
    feed(&mut server, HEADER).unwrap();
    assert!(feed(&mut server, &stanza).is_err());
    assert_eq!(closed_with(&mut server), StreamCondition::POLICY_VIOLATION);
    let mut server = bound();
    feed(&mut server, &stanza).unwrap();
    assert!(matches!(
        event(&mut server),
        ServerEvent::Stanza(Stanza::Message(_))
    ));
}

#[test]
fn jabberwerx_over_bosh() {
    // Restart alone in a body, bind without session, then two requests in one body.
    let mut server = Server::new(Duration::ZERO, server_config(), Form::Bosh);
    let give = |server: &mut Server, content: &'static str| {
        let scope = Scope::new().with("", ns::CLIENT);
        let content = bytes::Bytes::from_static(content.as_bytes());
        for fragment in fragments(&content, &scope, &Limits::default()).unwrap() {
            server
                .handle_frame(Duration::ZERO, Frame::Fragment(fragment))
                .unwrap();
        }
    };
    server.handle_frame(Duration::ZERO, bosh_open()).unwrap();
    assert_eq!(
        sent(&mut server),
        "<stream:features xmlns:stream=\"http://etherx.jabber.org/streams\">\
         <mechanisms xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"><mechanism>PLAIN</mechanism>\
         </mechanisms></stream:features>"
    );
    give(&mut server, AUTH);
    server.authenticate_ok().unwrap();
    server
        .handle_frame(Duration::ZERO, Frame::Open(Header::default()))
        .unwrap();
    sent(&mut server);
    give(&mut server, BIND);
    server.bind_ok(jid("1001001@localhost/cisco")).unwrap();
    assert!(sent(&mut server).starts_with("<iq xmlns=\"jabber:client\" "));
    while server.poll_event().is_some() {}
    give(
        &mut server,
        "<iq type='get' to='localhost' id='1'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>\
         <iq type='get' to='localhost' id='2'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>",
    );
    assert!(matches!(
        event(&mut server),
        ServerEvent::Stanza(Stanza::Iq(_))
    ));
    assert!(matches!(
        event(&mut server),
        ServerEvent::Stanza(Stanza::Iq(_))
    ));
    assert_eq!(
        server.poll_timeout(),
        None,
        "BOSH watches over silence itself"
    );
}

#[test]
fn strophe_over_websocket() {
    let mut server = Server::new(Duration::ZERO, server_config(), Form::WebSocket);
    let open = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>";
    server.handle_message(Duration::ZERO, open.into()).unwrap();
    let first = String::from_utf8(server.poll_transmit().unwrap().to_vec()).unwrap();
    assert!(
        first.starts_with("<open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" "),
        "{first}"
    );
    assert!(first.ends_with("/>"), "{first}");
    let features = String::from_utf8(server.poll_transmit().unwrap().to_vec()).unwrap();
    assert!(
        features.starts_with("<stream:features xmlns:stream="),
        "{features}"
    );
    // authzid is the bare address: 1001001@localhost NUL 1001001 NUL right.
    let auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' \
        mechanism='PLAIN'>MTAwMTAwMUBsb2NhbGhvc3QAMTAwMTAwMQByaWdodA==</auth>";
    server.handle_message(Duration::ZERO, auth.into()).unwrap();
    assert!(matches!(
        event(&mut server),
        ServerEvent::Authenticate { .. }
    ));
    server
        .handle_message(
            Duration::ZERO,
            "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>".into(),
        )
        .unwrap();
    assert_eq!(
        sent(&mut server),
        "<close xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\"/>"
    );
}

#[test]
fn what_was_cut_off_at_any_byte_neither_panics_nor_acts() {
    let all = format!("{HEADER}{AUTH}");
    for end in 0..all.len() {
        let mut server = server();
        feed(&mut server, &all[..end]).unwrap();
        assert!(server.poll_event().is_none(), "at {end}");
    }
}

proptest! {
    #[test]
    fn any_split_of_the_input_yields_the_same(cuts in proptest::collection::vec(1_usize..60, 0..40)) {
        let stanzas = "<message to='pubsub.localhost'><body>1 &lt; 2</body></message> \
            <presence/><iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq></stream:stream>";
        let mut whole = bound();
        feed(&mut whole, stanzas).unwrap();
        let mut parts = bound();
        let mut input = BytesMut::new();
        let mut rest = stanzas.as_bytes();
        for cut in cuts {
            let (part, after) = rest.split_at(cut.min(rest.len()));
            input.extend_from_slice(part);
            parts.handle_input(Duration::ZERO, &mut input).unwrap();
            rest = after;
        }
        input.extend_from_slice(rest);
        parts.handle_input(Duration::ZERO, &mut input).unwrap();
        let events = |server: &mut Server| {
            std::iter::from_fn(|| server.poll_event())
                .map(|event| format!("{event:?}"))
                .collect::<Vec<_>>()
        };
        let expected = events(&mut whole);
        prop_assert_eq!(expected.len(), 4);
        prop_assert_eq!(events(&mut parts), expected);
    }

    #[test]
    fn random_bytes_end_in_an_error_or_wait(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut server = bound();
        let mut input = BytesMut::from(bytes.as_slice());
        let result = server.handle_input(Duration::ZERO, &mut input);
        prop_assert_eq!(result.is_err(), server.is_closed());
    }
}
