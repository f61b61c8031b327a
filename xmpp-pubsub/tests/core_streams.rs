//! Streams of RFC 6120 §4: what each end says, refuses and waits for.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use bytes::BytesMut;
use common::ends::{
    AUTH, BIND, HEADER, NOW, bound, clear, clear_client, client, client_end, ends_with, feed, hear,
    id_of, said, server_end, server_of,
};
use common::{Pair, client_config, jid, sent, server_config};
use xmpp_pubsub::session::{CloseReason, Error, ServerConfig, ServerEvent};
use xmpp_pubsub::stanza::{Message, MessageKind, Stanza};
use xmpp_pubsub::stream::{Form, StartTls, StreamCondition, StreamError, TcpFraming};
use xmpp_pubsub::xml::{Element, Limits, Profile};

#[test]
fn the_initial_header_names_the_domain_and_not_the_user() {
    let mut client = client(client_config("1001001@localhost/desktop", "right"));
    let header = said(&mut client);
    assert_eq!(
        header,
        "<?xml version='1.0'?><stream:stream xmlns:stream=\"http://etherx.jabber.org/streams\" \
         xmlns=\"jabber:client\" to=\"localhost\" version=\"1.0\" xml:lang=\"en\">",
        "XC-ST-01, XC-ST-02"
    );
}

#[test]
fn the_answering_header() {
    let mut server = server_of(server_config());
    let header = HEADER.replace("version", "from='1001001@localhost/x' version");
    feed(&mut server, &header).unwrap();
    let text = sent(&mut server);
    let id = id_of(&text).to_owned();
    assert_eq!(
        text,
        format!(
            "<?xml version='1.0'?><stream:stream \
             xmlns:stream=\"http://etherx.jabber.org/streams\" xmlns=\"jabber:client\" \
             to=\"1001001@localhost\" from=\"localhost\" id=\"{id}\" version=\"1.0\" \
             xml:lang=\"en\"><stream:features>\
             <mechanisms xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\">\
             <mechanism>PLAIN</mechanism></mechanisms></stream:features>"
        ),
        "XC-ST-03, XC-ST-04"
    );
    // Another session, another seed.
    let mut other = server_of(ServerConfig {
        seed: 8,
        ..server_config()
    });
    feed(&mut other, HEADER).unwrap();
    assert_ne!(id_of(&sent(&mut other)), id, "XC-ST-03");
}

#[test]
fn where_nothing_can_be_negotiated_features_are_empty() {
    let mut server = server_of(clear(StartTls::Off));
    feed(&mut server, HEADER).unwrap();
    let text = sent(&mut server);
    assert!(text.ends_with("<stream:features/>"), "XC-ST-04: {text}");
}

#[test]
fn another_root_or_content_namespace_is_refused() {
    for (header, expected) in [
        (
            HEADER.replace("etherx", "other"),
            StreamCondition::INVALID_NAMESPACE,
        ),
        (
            HEADER.replace("jabber:client", "jabber:server"),
            StreamCondition::INVALID_NAMESPACE,
        ),
        (
            HEADER.replace("<stream:stream", "<stream:strom"),
            StreamCondition::BAD_FORMAT,
        ),
        (
            HEADER.replace("xmlns:stream", "xmlns:other"),
            StreamCondition::BAD_NAMESPACE_PREFIX,
        ),
        (
            HEADER.replace("1.0", "0.9"),
            StreamCondition::UNSUPPORTED_VERSION,
        ),
        (
            HEADER.replace(" version='1.0'", ""),
            StreamCondition::UNSUPPORTED_VERSION,
        ),
    ] {
        let mut server = server_of(server_config());
        assert_eq!(
            ends_with(&mut server, &header),
            expected,
            "XC-ST-01: {header}"
        );
    }
}

#[test]
fn after_login_nothing_of_the_old_stream_is_left() {
    let mut server = server_of(server_config());
    feed(
        &mut server,
        &HEADER.replace(
            "xmlns='jabber:client'",
            "xmlns='jabber:client' xmlns:p='urn:p'",
        ),
    )
    .unwrap();
    let first = sent(&mut server);
    feed(&mut server, AUTH).unwrap();
    server.authenticate_ok().unwrap();
    feed(&mut server, HEADER).unwrap();
    let second = sent(&mut server);
    assert_ne!(id_of(&first), id_of(&second), "XC-ST-05");
    assert_eq!(
        ends_with(&mut server, "<p:iq type='set' id='1'/>"),
        StreamCondition::BAD_NAMESPACE_PREFIX,
        "XC-ST-05: the prefix went with the stream that declared it"
    );
}

#[test]
fn an_end_in_order_waits_for_the_other_end() {
    // The server's end.
    let mut server = bound();
    server.close(None);
    assert_eq!(sent(&mut server), "</stream:stream>", "XC-ST-06");
    assert_eq!(server_end(&mut server), None, "XC-ST-06");
    server.send(&Stanza::Message(Message::new(
        MessageKind::Normal,
        Vec::new(),
    )));
    feed(&mut server, "<message to='a@localhost'/><iq type='set' id='1'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>").unwrap();
    assert!(
        matches!(server.poll_event(), Some(ServerEvent::Stanza(_))),
        "XC-ST-06: what was on its way is heard"
    );
    feed(&mut server, "</stream:stream>").unwrap();
    assert_eq!(
        server_end(&mut server),
        Some(CloseReason::Ended),
        "XC-ST-06"
    );
    assert_eq!(sent(&mut server), "", "XC-ST-06: nothing follows the end");
    // The client's.
    let mut pair = Pair::new(
        Form::Tcp,
        client_config("1001001@localhost/desktop", "right"),
        server_config(),
    );
    pair.client.close();
    assert!(!pair.client.is_closed(), "XC-ST-06");
    pair.settle();
    assert!(
        pair.transcript
            .ends_with("C: </stream:stream>\nS: </stream:stream>\n"),
        "XC-ST-06"
    );
    assert!(pair.client.is_closed() && pair.server.is_closed());
}

#[test]
fn an_end_that_is_not_answered_is_over_in_time() {
    let mut server = bound();
    server.close(None);
    assert_eq!(server.poll_timeout(), Some(NOW), "asks for the time");
    server.handle_timeout(Duration::from_secs(100));
    assert_eq!(server.poll_timeout(), Some(Duration::from_secs(105)));
    server.handle_timeout(Duration::from_secs(104));
    assert!(!server.is_closed());
    server.handle_timeout(Duration::from_secs(105));
    assert_eq!(
        server_end(&mut server),
        Some(CloseReason::Ended),
        "XC-ST-06"
    );
    assert_eq!(server.poll_timeout(), None);

    let mut client = clear_client();
    client.close();
    client.handle_timeout(Duration::from_secs(7));
    client.handle_timeout(Duration::from_secs(11));
    assert!(!client.is_closed());
    assert!(hear(&mut client, "GET / HTTP/1.1").is_err());
    assert_eq!(
        client_end(&mut client),
        Some(CloseReason::Ended),
        "XC-ST-06"
    );
}

#[test]
fn each_stream_error_is_written_and_read() {
    for name in StreamCondition::KNOWN {
        let mut server = bound();
        let error = StreamError::new(StreamCondition::from_name(name), "words");
        server.close(Some(error.clone()));
        let text = sent(&mut server);
        assert_eq!(
            text,
            format!(
                "<stream:error><{name} xmlns=\"urn:ietf:params:xml:ns:xmpp-streams\"/>\
                 <text xmlns=\"urn:ietf:params:xml:ns:xmpp-streams\">words</text></stream:error>\
                 </stream:stream>"
            ),
            "XC-ST-07"
        );
        let mut client = clear_client();
        said(&mut client);
        let answer = format!("{}{text}", HEADER.replace("to=", "from="));
        hear(&mut client, &answer).unwrap();
        assert_eq!(
            client_end(&mut client),
            Some(CloseReason::PeerError(error)),
            "XC-ST-07"
        );
        assert_eq!(said(&mut client), "</stream:stream>", "XC-ST-07");
    }
    assert_eq!(StreamCondition::KNOWN.len(), 25);
    // What no text names is kept by name.
    let element = Element::parse(
        b"<error xmlns='http://etherx.jabber.org/streams'><new xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></error>",
        Profile::Xmpp,
        &Limits::default(),
    );
    let error = StreamError::from_element(&element.unwrap());
    assert_eq!(error.condition.as_str(), "new");
}

#[test]
fn what_xml_of_xmpp_may_not_hold() {
    for (piece, expected) in [
        ("<!-- c -->", StreamCondition::RESTRICTED_XML),
        ("<?pi?>", StreamCondition::RESTRICTED_XML),
        ("<message><?pi?></message>", StreamCondition::RESTRICTED_XML),
        (
            "<message><body>&euro;</body></message>",
            StreamCondition::RESTRICTED_XML,
        ),
        ("<message></presence>", StreamCondition::NOT_WELL_FORMED),
        ("<a:message/>", StreamCondition::BAD_NAMESPACE_PREFIX),
    ] {
        assert_eq!(
            ends_with(&mut bound(), piece),
            expected,
            "XC-ST-08: {piece}"
        );
    }
    let mut server = bound();
    let mut input = BytesMut::from(&b"<message><body>\xff</body></message>"[..]);
    let Err(Error::Peer(error)) = server.handle_input(NOW, &mut input) else {
        panic!()
    };
    assert_eq!(
        error.condition,
        StreamCondition::UNSUPPORTED_ENCODING,
        "XC-ST-08"
    );
    // The five names and references to characters are no fault.
    let mut server = bound();
    feed(
        &mut server,
        "<message><body>&lt;&amp;&gt;&quot;&apos;&#228;&#xe4;</body></message>",
    )
    .unwrap();
    assert!(
        matches!(server.poll_event(), Some(ServerEvent::Stanza(_))),
        "XC-ST-08"
    );
}

#[test]
fn white_space_is_no_stanza_and_keeps_alive() {
    let mut server = bound();
    server
        .handle_input(Duration::from_secs(50), &mut BytesMut::from(" \n\t "))
        .unwrap();
    assert!(server.poll_event().is_none(), "XC-ST-09");
    server.handle_timeout(Duration::from_secs(61));
    assert_eq!(sent(&mut server), "", "XC-ST-09: it was heard a moment ago");
    server.handle_timeout(Duration::from_secs(110));
    assert!(
        sent(&mut server).contains("<ping xmlns=\"urn:xmpp:ping\"/>"),
        "XC-ST-10"
    );
    server.handle_timeout(Duration::from_secs(140));
    let Some(CloseReason::Error(error)) = server_end(&mut server) else {
        panic!()
    };
    assert_eq!(
        error.condition,
        StreamCondition::CONNECTION_TIMEOUT,
        "XC-ST-10"
    );
}

#[test]
fn limits_of_a_stanza() {
    // 10,000 bytes pass, whatever is set before login.
    let stanza = |len: usize| {
        let empty = "<message><body></body></message>";
        format!(
            "<message><body>{}</body></message>",
            "x".repeat(len - empty.len())
        )
    };
    let limits = Limits::default().with_document(10_000);
    let mut server = {
        let mut config = server_config();
        config.limits = limits;
        let mut server = server_of(config);
        feed(&mut server, HEADER).unwrap();
        feed(&mut server, AUTH).unwrap();
        server.authenticate_ok().unwrap();
        feed(&mut server, HEADER).unwrap();
        feed(&mut server, BIND).unwrap();
        server.bind_ok(jid("1001001@localhost/desktop")).unwrap();
        server
    };
    feed(&mut server, &stanza(10_000)).unwrap();
    assert_eq!(
        ends_with(&mut server, &stanza(10_001)),
        StreamCondition::POLICY_VIOLATION,
        "XC-ST-11"
    );
    let deep = format!("{}{}", "<message>".repeat(200), "</message>".repeat(200));
    assert_eq!(
        ends_with(&mut bound(), &deep),
        StreamCondition::POLICY_VIOLATION,
        "XC-ST-11"
    );
    let attributes: String = (0..1000).map(|n| format!(" a{n}=''")).collect();
    assert_eq!(
        ends_with(&mut bound(), &format!("<message{attributes}/>")),
        StreamCondition::POLICY_VIOLATION,
        "XC-ST-11"
    );
    // The client has limits too.
    let mut framing = TcpFraming::new(limits);
    let mut input = BytesMut::from(HEADER);
    framing.next_frame(&mut input).unwrap();
    input.extend_from_slice(stanza(10_001).as_bytes());
    let error = framing.next_frame(&mut input).unwrap_err();
    assert_eq!(
        error.condition,
        StreamCondition::POLICY_VIOLATION,
        "XC-ST-11"
    );
}

#[test]
fn nothing_but_negotiation_before_a_login() {
    for early in [
        "<message to='a@localhost'/>",
        "<presence/>",
        BIND,
        "<a xmlns='urn:a'/>",
    ] {
        let mut server = server_of(server_config());
        feed(&mut server, HEADER).unwrap();
        assert_eq!(
            ends_with(&mut server, early),
            StreamCondition::NOT_AUTHORIZED,
            "XC-ST-12: {early}"
        );
    }
    // And nothing but the resource before there is one (XC-BI-01).
    let mut server = server_of(server_config());
    feed(&mut server, HEADER).unwrap();
    feed(&mut server, AUTH).unwrap();
    server.authenticate_ok().unwrap();
    feed(&mut server, HEADER).unwrap();
    assert_eq!(
        ends_with(&mut server, "<message to='a@localhost'/>"),
        StreamCondition::NOT_AUTHORIZED,
        "XC-BI-01"
    );
}

#[test]
fn the_language_of_a_stream_is_that_of_its_stanzas() {
    let in_language = |lang: &str, stanza: &str| {
        let header = HEADER.replace("version", &format!("xml:lang='{lang}' version"));
        let mut server = server_of(server_config());
        feed(&mut server, HEADER).unwrap();
        feed(&mut server, AUTH).unwrap();
        server.authenticate_ok().unwrap();
        feed(&mut server, &header).unwrap();
        feed(&mut server, BIND).unwrap();
        server.bind_ok(jid("1001001@localhost/desktop")).unwrap();
        feed(&mut server, stanza).unwrap();
        match std::iter::from_fn(|| server.poll_event()).last() {
            Some(ServerEvent::Stanza(stanza)) => stanza.lang().map(str::to_owned),
            other => panic!("{other:?}"),
        }
    };
    let plain = "<message><body>x</body></message>";
    assert_eq!(
        in_language("de-AT", plain).as_deref(),
        Some("de-AT"),
        "XC-SZ-13: the stream's"
    );
    assert_eq!(
        in_language("de", "<message xml:lang='fr'/>").as_deref(),
        Some("fr"),
        "XC-SZ-13: its own"
    );
    assert_eq!(
        in_language("en", plain),
        None,
        "XC-SZ-13: what every stream of ours says"
    );
    assert_eq!(in_language("no tag &quot;", plain), None, "XC-SZ-13");
}
