//! Requirements that no larger story of the other files tells.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use bosh::session::{
    Client, ClientConfig, ClientEvent, Event, Farewell, Manager, RequestSlot, ServerConfig,
};
use bosh::{BodyCodec, Condition, KeySequence, Rid};
use bytes::Bytes;
use common::{EMPTY, FIRST, NS, Server, parse, terminate, wrapped};

fn client(config: ClientConfig) -> (Client, String) {
    let mut client = Client::new(config);
    client.open(Duration::ZERO).unwrap();
    let text = String::from_utf8(client.poll_transmit().unwrap().body.to_vec()).unwrap();
    (client, text)
}

fn config() -> ClientConfig {
    ClientConfig::new("localhost", Rid::new(100).unwrap())
}

/// A client whose session was granted so, with what it sent after the creation.
fn opened(granted: &str) -> Client {
    let mut client = Client::new(config());
    client.open(Duration::ZERO).unwrap();
    let create = client.poll_transmit().unwrap();
    let body = Bytes::from(format!("<body xmlns='{NS}' sid='s' ver='1.6' {granted}/>"));
    client.handle_response(Duration::ZERO, create.id, 200, &body);
    assert!(matches!(client.poll_event(), Some(ClientEvent::Opened(_))));
    client
}

#[test]
fn bosh_17_2_15_undefined_conditions_carry_information_of_the_application() {
    let mut server = Server::open();
    let slot = server.empty(1);
    let why = Bytes::from_static(b"<why xmlns='urn:why'/>");
    let farewell = Farewell::condition(Condition::UndefinedCondition).with_payload(why);
    server
        .manager
        .close(server.now, server.id(), farewell)
        .unwrap();
    server.drain();
    assert_eq!(
        server.taken(slot),
        terminate("undefined-condition").replace("/>", "><why xmlns='urn:why'/></body>"),
        "BOSH-17.2-15"
    );
}

#[test]
fn bosh_11_07_the_limits_hold_for_polling_sessions_too() {
    const POLLING: &str = "wait='0' hold='1' ver='1.6'";
    // Two unanswered requests are agreed; a third is too much.
    let mut server = Server::open_with(ServerConfig::default(), POLLING);
    let early = server.empty(2);
    let above = server.empty(3);
    assert_eq!(
        (server.taken(early), server.taken(above)),
        (terminate("other-request"), terminate("item-not-found")),
        "BOSH-11-07"
    );
    // And the pace is limited.
    let mut server = Server::open_with(ServerConfig::default(), POLLING);
    let first = server.empty(1);
    server.pass(Duration::from_millis(1999));
    let second = server.empty(2);
    assert_eq!(
        (server.taken(first), server.taken(second)),
        (EMPTY.to_owned(), terminate("policy-violation")),
        "BOSH-11-07"
    );
}

#[test]
fn bosh_7_2_01_session_ids_are_the_callers_and_never_used_twice() {
    let mut manager = Manager::new(ServerConfig::default(), || "same".to_owned());
    let create = Bytes::from(format!(
        "<body xmlns='{NS}' rid='{FIRST}' to='a' ver='1.6'/>"
    ));
    manager.handle_request(Duration::ZERO, RequestSlot(1), create.clone());
    manager.handle_request(Duration::ZERO, RequestSlot(2), create);
    let refused = manager.poll_transmit().unwrap();
    assert_eq!(refused.slot, RequestSlot(2), "BOSH-7.2-01, BOSH-19.3-01");
    assert_eq!(
        refused.body,
        terminate("internal-server-error"),
        "BOSH-7.2-01, BOSH-17.2-07"
    );
    assert_eq!(manager.len(), 1);

    let mut manager = Manager::new(ServerConfig::default(), String::new);
    let create = Bytes::from(format!(
        "<body xmlns='{NS}' rid='{FIRST}' to='a' ver='1.6'/>"
    ));
    manager.handle_request(Duration::ZERO, RequestSlot(1), create);
    let refused = manager.poll_transmit().unwrap();
    assert_eq!(
        refused.body,
        terminate("internal-server-error"),
        "without randomness, no session"
    );
}

#[test]
fn the_creation_response_names_what_is_configured() {
    let config = ServerConfig::default()
        .with_from("chat.example")
        .with_accept("gzip");
    let response = parse(&Server::new(config).create("hold='1'"));
    assert_eq!(response.attr("from"), Some("chat.example"), "BOSH-7.2-11");
    assert_eq!(response.attr("accept"), Some("gzip"), "BOSH-7.2-12");
    assert_eq!(response.attr("hold"), Some("1"), "BOSH-7.2-09");
    assert_eq!(response.attr("maxpause"), Some("120"), "BOSH-7.2-15");
    assert_eq!(
        response.attr("inactivity"),
        Some("30"),
        "BOSH-10-06: above a bad round trip"
    );
}

#[test]
fn bosh_8_01_payloads_are_forwarded_before_their_request_is_answered() {
    let mut server = Server::open();
    let slot = server.payload(1, "a");
    assert_eq!(server.told(), ["a"], "BOSH-8-01");
    assert!(server.is_waiting(slot), "BOSH-8-01");
}

#[test]
fn bosh_17_4_01_errors_of_stanzas_pass_through() {
    let mut server = Server::open();
    let stanza = "<iq xmlns='jabber:client' type='error'><error type='cancel'/></iq>";
    let slot = server.request(1, &format!(">{stanza}</body>"));
    let Event::Payload(payload) = &server.events[0].1 else {
        panic!("no payload")
    };
    assert_eq!(payload.bytes(), stanza, "BOSH-17.4-01");
    server.send(stanza);
    assert_eq!(server.taken(slot), wrapped(stanza), "BOSH-17.4-01");
    assert_eq!(server.reason(), None);
}

#[test]
fn bosh_5_11_a_session_does_not_depend_on_connections() {
    // A slot stands for a connection; each request comes on another one, the third before the
    // second.
    let mut server = Server::open();
    let slots = [server.payload(1, "a"), server.payload(3, "c")];
    server.send("<x xmlns='urn:x'/>");
    assert_eq!(
        server.taken(slots[0]),
        wrapped("<x xmlns='urn:x'/>"),
        "BOSH-5-11"
    );
    server.payload(2, "b");
    assert_eq!(server.told(), ["a", "b", "c"], "BOSH-5-11");
}

#[test]
fn bosh_14_3_06_repeats_are_counted_per_request() {
    let config = ServerConfig::default().with_max_repeats(1);
    let mut server = Server::open_with(config, "wait='60' hold='1' ver='1.6'");
    for rid in 1..=3 {
        server.payload(rid, "a");
        server.payload(rid, "a");
        server.send("<x xmlns='urn:x'/>");
    }
    assert_eq!(server.reason(), None, "BOSH-14.3-06");
    assert_eq!(server.told(), ["a", "a", "a"], "BOSH-14.3-06");
}

#[test]
fn bosh_12_02_a_server_that_holds_nothing_makes_sessions_poll() {
    let config = ServerConfig::default().with_max_hold(0);
    let response = parse(&Server::new(config).create("wait='60' hold='1' ver='1.6'"));
    assert_eq!(response.attr("requests"), Some("1"), "BOSH-12-02");
    let client = opened("wait='60' hold='1' requests='1' polling='3' inactivity='60'");
    assert_eq!(client.outstanding(), 0, "the client does not try to wait");
    assert_eq!(client.poll_timeout(), Some(Duration::from_secs(5)));
}

#[test]
fn bosh_11_04_without_a_limit_requests_are_not_limited() {
    let mut client = opened("wait='60' hold='1'");
    for _ in 0..5 {
        client
            .send(Duration::ZERO, Bytes::from_static(b"<a xmlns='urn:a'/>"))
            .unwrap();
    }
    assert_eq!(client.outstanding(), 5, "BOSH-11-04");
}

#[test]
fn the_creation_request_says_how_the_server_may_hold_requests() {
    let (_, text) = client(config().with_wait(Duration::from_secs(30), 0));
    let body = parse(&text);
    assert_eq!(body.attr("wait"), Some("30"), "BOSH-7.1-07");
    assert_eq!(body.attr("hold"), Some("0"), "BOSH-7.1-08, BOSH-7.1-10");
    let (_, text) = client(config());
    assert_eq!(parse(&text).attr("hold"), Some("1"), "BOSH-7.1-09");
}

#[test]
fn the_creation_request_says_what_is_configured() {
    let (_, text) = client(config().with_from("a@localhost"));
    assert_eq!(
        parse(&text).attr("from"),
        Some("a@localhost"),
        "BOSH-7.1-16"
    );
    let mut routed = config();
    routed.route = Some("xmpp:a:5222".to_owned());
    routed.content = Some("text/plain".to_owned());
    let (_, text) = client(routed);
    let body = parse(&text);
    assert_eq!(body.attr("route"), Some("xmpp:a:5222"), "BOSH-7.1-13");
    assert_eq!(body.attr("content"), Some("text/plain"), "BOSH-7.1-18");
}

#[test]
fn bosh_7_1_11_later_requests_repeat_nothing_of_the_first() {
    let mut client = opened("wait='60' hold='1' requests='2'");
    let text = String::from_utf8(client.poll_transmit().unwrap().body.to_vec()).unwrap();
    let body = parse(&text);
    let names: Vec<_> = body
        .attributes()
        .iter()
        .map(|attribute| attribute.name.local())
        .collect();
    assert_eq!(names, ["rid", "sid"], "BOSH-7.1-11, BOSH-6-11");
}

#[test]
fn xbosh_3_02_no_stream_tag_is_ever_sent() {
    let mut server = Server::new(ServerConfig::default());
    let created = server.create("wait='60' hold='1' ver='1.6'");
    assert!(!created.contains("stream:stream"), "XBOSH-3-02");
    let slot = server.request(1, "xmlns:x='urn:xmpp:xbosh' x:restart='true'/>");
    server.send("<stream:features/>");
    assert_eq!(
        server.taken(slot),
        concat!(
            "<body xmlns=\"http://jabber.org/protocol/httpbind\" ",
            "xmlns:stream=\"http://etherx.jabber.org/streams\"><stream:features/></body>"
        ),
        "XBOSH-3-02"
    );
    let (_, text) = client(config());
    assert!(!text.contains("stream"), "XBOSH-3-02");
}

#[test]
fn xbosh_2_01_a_stream_error_comes_behind_the_stanzas() {
    let mut server = Server::open();
    server.send("<message xmlns='jabber:client'/>");
    let error = Bytes::from_static(b"<stream:error/>");
    server
        .manager
        .close(server.now, server.id(), Farewell::stream_error(error))
        .unwrap();
    let slot = server.empty(1);
    assert_eq!(
        server.taken(slot),
        concat!(
            "<body xmlns=\"http://jabber.org/protocol/httpbind\" ",
            "xmlns:stream=\"http://etherx.jabber.org/streams\" type=\"terminate\" ",
            "condition=\"remote-stream-error\"><message xmlns='jabber:client'/><stream:error/></body>"
        ),
        "XBOSH-2-01, BOSH-17.2-12"
    );
}

#[test]
fn bosh_15_3_04_keys_are_hashed_as_they_came() {
    let mut keys = KeySequence::new("seed", 3);
    assert_eq!(keys.remaining(), 3);
    let newkey = keys.take().unwrap().to_ascii_uppercase();
    let attributes = format!("wait='60' hold='1' ver='1.6' newkey='{newkey}'");
    let mut server = Server::open_with(ServerConfig::default(), &attributes);
    let key = keys.take().unwrap();
    server.request(1, &format!("key='{key}'><a xmlns=''/></body>"));
    assert_eq!(server.told(), ["a"], "BOSH-15.3-03");
    // The client hashed lower case and shows upper case.
    let key = keys.take().unwrap().to_ascii_uppercase();
    server.request(2, &format!("key='{key}'><b xmlns=''/></body>"));
    assert_eq!(server.told(), ["a", "b"], "BOSH-15.3-04, J7");
}

#[test]
fn bosh_7_2_16_bodies_are_utf_8() {
    let codec = BodyCodec::default();
    let body = Bytes::from(format!(
        "<?xml version='1.0' encoding='utf-8'?><body xmlns='{NS}' to='é'/>"
    ));
    assert_eq!(
        codec.decode(&body).unwrap().to.as_deref(),
        Some("é"),
        "BOSH-7.2-16"
    );
    let latin =
        Bytes::from_static(b"<body xmlns='http://jabber.org/protocol/httpbind' to='\xe9'/>");
    assert!(codec.decode(&latin).is_err(), "BOSH-7.2-16");
    let mut server = Server::open();
    server.send("<a xmlns='urn:a'>é</a>");
    let slot = server.empty(1);
    assert_eq!(
        server.response(slot).unwrap().body,
        &b"<body xmlns=\"http://jabber.org/protocol/httpbind\"><a xmlns='urn:a'>\xc3\xa9</a></body>"[..],
        "BOSH-7.2-16"
    );
}

#[test]
fn bosh_7_2_19_the_backend_may_name_itself_later() {
    let body = Bytes::from(format!("<body xmlns='{NS}' from='b'/>"));
    let body = BodyCodec::default().decode(&body).unwrap();
    assert_eq!(body.from.as_deref(), Some("b"), "BOSH-7.2-19");
}

#[test]
fn bosh_17_1_01_a_client_without_version_is_a_legacy_client() {
    let mut server = Server::new(ServerConfig::default().with_sessions(0, 0));
    let legacy = server.post(&format!("<body xmlns='{NS}' rid='1' to='a'/>"));
    assert_eq!(server.response(legacy).unwrap().status, 403, "BOSH-17.1-01");
    let modern = server.post(&format!("<body xmlns='{NS}' rid='1' to='a' ver='1.6'/>"));
    assert_eq!(server.response(modern).unwrap().status, 200, "BOSH-17.1-01");
}

#[test]
fn time_that_stands_still_or_comes_twice_is_harmless() {
    let mut server = Server::open();
    let slot = server.empty(1);
    for _ in 0..3 {
        server.manager.handle_timeout(server.now);
        server.drain();
    }
    assert!(server.is_waiting(slot));
    server.seconds(60);
    assert_eq!(server.taken(slot), EMPTY);
    server.manager.handle_timeout(Duration::ZERO);
    server.drain();
    assert_eq!(server.manager.len(), 1, "a time in the past ends nothing");
}

#[test]
fn an_idle_session_is_small() {
    let size = size_of::<bosh::session::Session>();
    assert!(
        size <= 768,
        "{size} bytes, to which come session id and stored answers"
    );
}
