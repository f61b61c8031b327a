//! RFC 7395 by its sections: what each end says and takes, byte for byte.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{client_config, jid, server_config};
use xmpp_pubsub::sasl::SaslCondition;
use xmpp_pubsub::session::{
    Client, ClientEvent, CloseReason, Error, Security, Server, ServerEvent,
};
use xmpp_pubsub::stanza::{Message, MessageKind, Stanza};
use xmpp_pubsub::stream::{Form, SUBPROTOCOL, SeeOtherUri, StreamCondition, StreamError};

const NOW: Duration = Duration::ZERO;
const OPEN: &str =
    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>";
const CLOSE: &str = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>";
const CLOSED: &str = "<close xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\"/>";
const FEATURES: &str = "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>\
    <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>\
    <mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>\
    </stream:features>";
// NUL 1001001 NUL right.
const AUTH: &str = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' \
    mechanism='PLAIN'>ADEwMDEwMDEAcmlnaHQ=</auth>";
const SUCCESS: &str = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
const BIND: &str = "<iq xmlns='jabber:client' type='set' id='b1'>\
    <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>desktop</resource></bind></iq>";

fn server() -> Server {
    Server::new(NOW, server_config(), Form::WebSocket)
}

fn client() -> Client {
    let mut client = Client::new(
        client_config("1001001@localhost/desktop", "right"),
        Form::WebSocket,
    );
    client.open(NOW).unwrap();
    client
}

/// Each message that an end has to send.
trait Said {
    fn hear(&mut self, message: &str) -> Result<(), Error>;
    fn said(&mut self) -> Vec<String>;
}

macro_rules! said {
    ($($end:ty),*) => { $(
        impl Said for $end {
            fn hear(&mut self, message: &str) -> Result<(), Error> {
                self.handle_message(NOW, Bytes::copy_from_slice(message.as_bytes()))
            }

            fn said(&mut self) -> Vec<String> {
                std::iter::from_fn(|| self.poll_transmit())
                    .map(|message| String::from_utf8(message.to_vec()).unwrap())
                    .collect()
            }
        }
    )* };
}
said!(Server, Client);

fn server_ended(server: &mut Server) -> CloseReason {
    match std::iter::from_fn(|| server.poll_event()).last() {
        Some(ServerEvent::Closed { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

fn client_ended(client: &mut Client) -> CloseReason {
    match std::iter::from_fn(|| client.poll_event()).last() {
        Some(ClientEvent::Closed { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

fn bound() -> Server {
    let mut server = server();
    server.hear(OPEN).unwrap();
    server.hear(AUTH).unwrap();
    server.authenticate_ok().unwrap();
    server.hear(OPEN).unwrap();
    server.hear(BIND).unwrap();
    server.bind_ok(jid("1001001@localhost/desktop")).unwrap();
    server.said();
    while server.poll_event().is_some() {}
    server
}

fn online() -> Client {
    let mut client = client();
    client.hear(OPEN).unwrap();
    client.hear(FEATURES).unwrap();
    client.hear(SUCCESS).unwrap();
    client.hear(OPEN).unwrap();
    client
        .hear(
            "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>\
             <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>",
        )
        .unwrap();
    let request = client.said().pop().unwrap();
    let id = request.split(" id=\"").nth(1).unwrap();
    let id = id.split('"').next().unwrap();
    client
        .hear(&format!(
            "<iq xmlns='jabber:client' type='result' id='{id}'>\
             <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
             <jid>1001001@localhost/desktop</jid></bind></iq>"
        ))
        .unwrap();
    let Some(ClientEvent::Online { .. }) = client.poll_event() else {
        panic!()
    };
    client.said();
    client
}

#[test]
fn section_3_1_the_subprotocol() {
    assert_eq!(SUBPROTOCOL, "xmpp");
}

#[test]
fn section_3_3_3_each_message_declares_what_it_needs() {
    let mut server = bound();
    let mut message = Message::new(MessageKind::Headline, None);
    message.from = Some(jid("pubsub.localhost"));
    let stanza = Stanza::Message(message);
    server.send(&stanza);
    server.send(&stanza);
    let one = "<message xmlns=\"jabber:client\" from=\"pubsub.localhost\" type=\"headline\"/>";
    assert_eq!(
        server.said(),
        [one, one],
        "XC-ST-13: two stanzas, two messages"
    );

    let mut client = online();
    client.send(&stanza).unwrap();
    assert_eq!(client.said(), [one], "XC-ST-13");
}

#[test]
fn section_3_3_3_what_is_no_document_of_its_own_ends_the_stream() {
    let presence = "<presence xmlns='jabber:client'/>";
    for (message, condition) in [
        (format!("{presence}{presence}"), "not-well-formed"),
        (format!(" {presence}"), "not-well-formed"),
        ("<presence/>".to_owned(), "invalid-namespace"),
        ("<stream:error/>".to_owned(), "bad-namespace-prefix"),
        (format!("{presence}<!-- c -->"), "restricted-xml"),
        (OPEN.replace("/>", ">"), "not-well-formed"),
    ] {
        let mut server = bound();
        assert!(server.hear(&message).is_err(), "{message}");
        let said = server.said();
        let [error, close] = said.as_slice() else {
            panic!("{message}: {said:?}")
        };
        assert!(
            error.starts_with(&format!(
                "<stream:error xmlns:stream=\"http://etherx.jabber.org/streams\">\
                 <{condition} xmlns=\"urn:ietf:params:xml:ns:xmpp-streams\"/>"
            )),
            "{message}: {error}"
        );
        assert_eq!(close, CLOSED);

        let mut client = online();
        assert!(client.hear(&message).is_err(), "{message}");
        let said = client.said();
        assert!(said[0].contains(&format!("<{condition} ")), "{said:?}");
        assert_eq!(said[1..], [CLOSED]);
    }
}

#[test]
fn section_3_4_the_opening_of_both_ends() {
    let mut client = client();
    assert_eq!(
        client.said(),
        [
            "<open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" to=\"localhost\" version=\"1.0\" \
             xml:lang=\"en\"/>"
        ]
    );

    let mut server = server();
    server.hear(OPEN).unwrap();
    let said = server.said();
    let id = said[0].split(" id=\"").nth(1).unwrap();
    let id = id.split('"').next().unwrap();
    assert_eq!(
        said,
        [
            &format!(
                "<open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" from=\"localhost\" \
                 id=\"{id}\" version=\"1.0\" xml:lang=\"en\"/>"
            ),
            "<stream:features xmlns:stream=\"http://etherx.jabber.org/streams\">\
             <mechanisms xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"><mechanism>PLAIN</mechanism>\
             </mechanisms></stream:features>"
        ]
    );
}

#[test]
fn section_3_4_the_first_message_opens() {
    for first in [AUTH, "<presence xmlns='jabber:client'/>"] {
        let mut server = server();
        assert!(server.hear(first).is_err());
        let said = server.said();
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(said[1].contains("<bad-format "), "{said:?}");
        assert!(
            server
                .poll_event()
                .is_some_and(|event| matches!(event, ServerEvent::Closed { .. }))
        );
    }
    let mut server = bound();
    assert!(server.hear(OPEN).is_err(), "one stream in a WebSocket");
    assert!(server.said()[0].contains("<bad-format "));
}

#[test]
fn section_3_4_an_opening_may_be_answered_by_close() {
    let mut client = client();
    client.said();
    client.hear(CLOSE).unwrap();
    assert_eq!(client.said(), [CLOSED]);
    assert_eq!(client_ended(&mut client), CloseReason::Peer);

    let mut server = server();
    server.hear(CLOSE).unwrap();
    assert_eq!(server.said(), [CLOSED]);
    assert_eq!(server_ended(&mut server), CloseReason::Peer);
}

#[test]
fn section_3_5_an_error_while_opening_comes_after_an_open() {
    for (open, condition) in [
        (OPEN.replace("localhost", "elsewhere"), "host-unknown"),
        (OPEN.replace("1.0", "0.9"), "unsupported-version"),
        (OPEN.replace("localhost", "@"), "host-unknown"),
        ("<a xmlns='urn:x'>".to_owned(), "bad-format"),
        (String::new(), "not-well-formed"),
    ] {
        let mut server = server();
        assert!(server.hear(&open).is_err(), "{open}");
        let said = server.said();
        let [opened, error, close] = said.as_slice() else {
            panic!("{open}: {said:?}")
        };
        assert!(
            opened.starts_with(
                "<open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" from=\"localhost\" id=\""
            ),
            "{opened}"
        );
        assert!(
            error.starts_with(&format!(
                "<stream:error xmlns:stream=\"http://etherx.jabber.org/streams\">\
                 <{condition} xmlns=\"urn:ietf:params:xml:ns:xmpp-streams\"/>"
            )),
            "{error}"
        );
        assert_eq!(close, CLOSED, "§3.6");
    }
}

#[test]
fn section_3_5_an_error_ends_the_session_at_the_client() {
    // As in §3.5, once by prefix and once without.
    for error in [
        "<stream:error xmlns:stream='http://etherx.jabber.org/streams'>\
         <host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
        "<error xmlns='http://etherx.jabber.org/streams'>\
         <host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></error>",
    ] {
        let mut client = client();
        client.said();
        client.hear(OPEN).unwrap();
        client.hear(error).unwrap();
        assert_eq!(client.said(), [CLOSED]);
        assert_eq!(
            client_ended(&mut client),
            CloseReason::PeerError(StreamCondition::HOST_UNKNOWN.into())
        );
    }
}

#[test]
fn section_3_6_either_end_closes_and_the_other_answers() {
    let mut server = bound();
    server.hear(CLOSE).unwrap();
    assert_eq!(server.said(), [CLOSED]);
    assert_eq!(server_ended(&mut server), CloseReason::Peer);

    let mut server = bound();
    server.close(None);
    assert_eq!(server.said(), [CLOSED]);
    assert!(
        server.poll_event().is_none(),
        "XC-ST-06: the other end first"
    );
    server.hear(CLOSE).unwrap();
    assert_eq!(server_ended(&mut server), CloseReason::Ended);
    server.hear("<presence xmlns='jabber:client'/>").unwrap();
    assert!(server.said().is_empty() && server.poll_event().is_none());

    let mut client = online();
    client.hear(CLOSE).unwrap();
    assert_eq!(client.said(), [CLOSED]);
    assert_eq!(client_ended(&mut client), CloseReason::Peer);

    let mut client = online();
    client.close();
    assert_eq!(client.said(), [CLOSED]);
    client.hear(CLOSE).unwrap();
    assert!(client.said().is_empty());
    assert_eq!(client_ended(&mut client), CloseReason::Ended);
}

#[test]
fn section_3_6_1_the_server_names_another_endpoint() {
    let uri = SeeOtherUri::new("wss://otherendpoint.example/xmpp-bind").unwrap();
    for mut server in [server(), bound()] {
        server.redirect(&uri).unwrap();
        assert_eq!(
            server.said(),
            ["<close xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" \
                 see-other-uri=\"wss://otherendpoint.example/xmpp-bind\"/>"]
        );
        assert!(server.redirect(&uri).is_err(), "once is enough");
        server.hear(CLOSE).unwrap();
        assert_eq!(server_ended(&mut server), CloseReason::Ended);
        assert!(server.redirect(&uri).is_err(), "it is over");
    }
    let mut tcp = Server::new(NOW, server_config(), Form::Tcp);
    assert!(tcp.redirect(&uri).is_err());
    assert!(!tcp.is_closed());
}

#[test]
fn section_3_6_1_the_client_goes_to_no_endpoint_with_less_security() {
    let close = |uri: &str| CLOSE.replace("/>", &format!(" see-other-uri='{uri}'/>"));
    for uri in [
        "wss://otherendpoint.example/xmpp-bind",
        "https://otherendpoint.example/http-bind/",
    ] {
        let mut client = client();
        client.said();
        client.hear(&close(uri)).unwrap();
        assert_eq!(client.said(), [CLOSED]);
        assert_eq!(
            client_ended(&mut client),
            CloseReason::Moved(SeeOtherUri::new(uri).unwrap())
        );
    }
    for uri in [
        "ws://otherendpoint.example/",
        "http://otherendpoint.example/",
    ] {
        let mut client = client();
        client.hear(&close(uri)).unwrap();
        assert_eq!(client_ended(&mut client), CloseReason::Peer, "from TLS");

        let config = client_config("1001001@localhost", "right").with_security(Security::Clear);
        let mut client = Client::new(config, Form::WebSocket);
        client.open(NOW).unwrap();
        client.hear(&close(uri)).unwrap();
        assert!(matches!(client_ended(&mut client), CloseReason::Moved(_)));
    }
}

#[test]
fn section_3_7_after_success_both_streams_are_new_without_a_close() {
    let mut server = server();
    server.hear(OPEN).unwrap();
    let first = server.said();
    server.hear(AUTH).unwrap();
    server.authenticate_ok().unwrap();
    assert_eq!(
        server.said(),
        ["<success xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>"]
    );
    server.hear(OPEN).unwrap();
    let second = server.said();
    let id = |said: &[String]| said[0].split(" id=\"").nth(1).unwrap()[..16].to_owned();
    assert_ne!(id(&first), id(&second), "XC-ST-05");
    assert_eq!(
        second[1],
        "<stream:features xmlns:stream=\"http://etherx.jabber.org/streams\">\
         <bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"/>\
         <session xmlns=\"urn:ietf:params:xml:ns:xmpp-session\"><optional/></session>\
         </stream:features>"
    );

    let mut client = client();
    client.said();
    client.hear(OPEN).unwrap();
    client.hear(FEATURES).unwrap();
    client.said();
    client.hear(SUCCESS).unwrap();
    assert_eq!(
        client.said(),
        [
            "<open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" to=\"localhost\" version=\"1.0\" \
             xml:lang=\"en\"/>"
        ]
    );
}

#[test]
fn section_3_7_a_login_that_failed_restarts_nothing() {
    let mut server = server();
    server.hear(OPEN).unwrap();
    server.said();
    server.hear(AUTH).unwrap();
    server
        .authenticate_failed(SaslCondition::NOT_AUTHORIZED)
        .unwrap();
    assert_eq!(
        server.said(),
        ["<failure xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"><not-authorized/></failure>"]
    );
    assert!(server.hear(OPEN).is_err());
}

#[test]
fn section_3_8_white_space_keeps_nothing_alive() {
    for blank in [" ", "\n", ""] {
        let mut server = bound();
        let Err(Error::Peer(StreamError { condition, .. })) = server.hear(blank) else {
            panic!("{blank:?}")
        };
        assert_eq!(condition, StreamCondition::NOT_WELL_FORMED);
        let mut client = online();
        assert!(client.hear(blank).is_err());
    }
    // XEP-0199 is what both use instead.
    let mut server = bound();
    server.handle_timeout(Duration::from_secs(60));
    let ping = server.said().pop().unwrap();
    assert!(
        ping.starts_with("<iq xmlns=\"jabber:client\" from=\"localhost\" ")
            && ping.ends_with("<ping xmlns=\"urn:xmpp:ping\"/></iq>"),
        "{ping}"
    );
    let mut client = online();
    client.handle_timeout(Duration::from_secs(20));
    let ping = client.said().pop().unwrap();
    assert!(
        ping.ends_with("<ping xmlns=\"urn:xmpp:ping\"/></iq>"),
        "{ping}"
    );
}

#[test]
fn section_3_9_tls_is_neither_offered_nor_taken() {
    let mut server = server();
    server.hear(OPEN).unwrap();
    assert!(!server.said().concat().contains("starttls"));
    server
        .hear("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        .unwrap_err();

    let mut client = client();
    client.said();
    client.hear(OPEN).unwrap();
    client.hear(FEATURES).unwrap();
    assert_eq!(client.said(), [AUTH.replace('\'', "\"")]);
}

#[test]
fn before_login_a_message_is_limited_more() {
    let long = format!(
        "<message xmlns='jabber:client'><body>{}</body></message>",
        "x".repeat(20_000)
    );
    let mut server = server();
    server.hear(OPEN).unwrap();
    server.said();
    assert!(server.hear(&long).is_err());
    assert!(server.said()[0].contains("<policy-violation "), "XC-ST-11");
    let mut server = bound();
    server.hear(&long).unwrap();
    assert!(matches!(server.poll_event(), Some(ServerEvent::Stanza(_))));
}
