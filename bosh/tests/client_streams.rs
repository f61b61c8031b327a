//! Several streams in one session (XEP-0124 §16), at the client.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking, and looks at the few things that it names"
)]

mod peer;

use std::time::Duration;

use bosh::Condition;
use bosh::session::{
    ClientEvent, ClientStreamEvent, ClientTransmit, Error, Event, Farewell, Manager, RequestSlot,
    ServerConfig, StreamEvent, StreamName, StreamRequest,
};
use bytes::Bytes;
use peer::{GRANTED, NS, Peer, config, empty};

fn offered() -> String {
    format!("{GRANTED} stream='one'")
}

fn name(text: &str) -> StreamName {
    StreamName::new(text)
}

fn element(name: &str) -> Bytes {
    Bytes::from(format!("<{name} xmlns='urn:p'/>"))
}

fn open_stream(peer: &mut Peer, to: &str) -> Result<(), Error> {
    peer.client.open_stream(peer.now, StreamRequest::new(to))
}

/// Two streams, `one` and `two`; the next request id is 104, and 103 is in flight.
fn double() -> (Peer, ClientTransmit) {
    let (mut peer, poll) = Peer::open(config(), &offered());
    open_stream(&mut peer, "example.org").unwrap();
    let open = peer.sent();
    peer.answer(poll.id, "/>");
    peer.answer(open.id, "stream='two' from='example.org'/>");
    assert_eq!(told(&mut peer), ["two:opened"]);
    let poll = peer.sent();
    assert_eq!(poll.body, empty(103));
    (peer, poll)
}

/// What happened, as `stream:name` for payloads.
fn told(peer: &mut Peer) -> Vec<String> {
    let one = |event: ClientEvent| match event {
        ClientEvent::Payload(payload) => payload.name().local().to_owned(),
        ClientEvent::From(from) => format!("from {from}"),
        ClientEvent::Stream(event) => match event {
            ClientStreamEvent::Opened { stream, .. } => format!("{}:opened", stream.as_str()),
            ClientStreamEvent::Payload { stream, payload } => {
                format!("{}:{}", stream.as_str(), payload.name().local())
            }
            ClientStreamEvent::From { stream, from } => {
                format!("{}:from {from}", stream.as_str())
            }
            ClientStreamEvent::Closed {
                stream,
                condition,
                unsent,
            } => format!("{}:closed {condition:?} {}", stream.as_str(), unsent.len()),
            _ => "?".to_owned(),
        },
        ClientEvent::Closed { reason, .. } => format!("{reason:?}"),
        _ => "?".to_owned(),
    };
    std::iter::from_fn(|| peer.event()).map(one).collect()
}

#[test]
fn bosh_16_2_02_without_a_name_there_is_one_stream() {
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    assert!(
        matches!(
            open_stream(&mut peer, "example.org"),
            Err(Error::Caller { .. })
        ),
        "BOSH-16.2-02"
    );
    assert!(peer.is_silent(), "BOSH-16.2-02");
    assert_eq!(peer.opened.clone().unwrap().stream, None, "BOSH-16.2-02");
    assert_eq!(peer.client.streams().count(), 0);
    assert_eq!(
        peer.client.send_to(peer.now, &name("one"), element("a")),
        Err(Error::NoStream)
    );
    peer.answer(poll.id, "><x xmlns='urn:x'/></body>");
    assert_eq!(told(&mut peer), ["x"]);
}

#[test]
fn bosh_16_3_01_a_further_stream_in_bytes() {
    let (mut peer, _poll) = Peer::open(config(), &offered());
    assert_eq!(peer.opened.clone().unwrap().stream, Some(name("one")));
    let request = StreamRequest::new("example.org")
        .with_from("user@example.org")
        .with_route("xmpp:example.org:9999");
    peer.client.open_stream(peer.now, request).unwrap();
    let open = peer.sent();
    assert_eq!(
        open.body,
        format!(
            "<body xmlns=\"{NS}\" xmlns:xmpp=\"urn:xmpp:xbosh\" rid=\"102\" sid=\"s1\" \
             to=\"example.org\" from=\"user@example.org\" route=\"xmpp:example.org:9999\" \
             xml:lang=\"en\" xmpp:version=\"1.0\"/>"
        ),
        "BOSH-16.3-01, BOSH-16.3-02, XBOSH-4-08"
    );
    peer.answer(_poll.id, "/>");
    peer.answer(
        open.id,
        "stream='two' from='example.org' xmlns:x='urn:xmpp:xbosh' x:version='1.0'><f xmlns='urn:f'/></body>",
    );
    let Some(ClientEvent::Stream(ClientStreamEvent::Opened {
        stream, to, from, ..
    })) = peer.event()
    else {
        panic!("BOSH-16.3-01: not opened")
    };
    assert_eq!(
        (stream, to.as_str(), from.as_deref()),
        (name("two"), "example.org", Some("example.org")),
        "BOSH-16.3-01"
    );
    assert_eq!(told(&mut peer), ["two:f"]);
    let open: Vec<_> = peer.client.streams().cloned().collect();
    assert_eq!(open, [name("one"), name("two")]);
}

#[test]
fn bosh_16_4_02_each_request_names_its_stream_or_goes_to_all() {
    let (mut peer, poll) = double();
    let now = peer.now;
    let wrapped = |rid: u64, stream: &str, payload: &str| {
        format!("<body xmlns=\"{NS}\" rid=\"{rid}\" sid=\"s1\"{stream}>{payload}</body>")
    };
    let (one, two) = (" stream=\"one\"", " stream=\"two\"");
    peer.client.send(now, element("a")).unwrap();
    peer.client.send(now, element("b")).unwrap();
    peer.client
        .send_to(now, &name("two"), element("c"))
        .unwrap();
    peer.client
        .send_to(now, &name("two"), element("d"))
        .unwrap();
    peer.client.broadcast(now, element("e")).unwrap();
    peer.client
        .send_to(now, &name("one"), element("f"))
        .unwrap();
    peer.client.restart_stream(now, &name("two")).unwrap();
    let mut waiting = vec![poll];
    let mut bodies = Vec::new();
    for _ in 0..6 {
        let request = peer.sent();
        bodies.push(String::from_utf8(request.body.to_vec()).unwrap());
        waiting.push(request);
        let answered = waiting.remove(0);
        peer.answer(answered.id, "/>");
    }
    assert_eq!(
        bodies,
        [
            wrapped(104, one, "<a xmlns='urn:p'/>"),
            wrapped(105, one, "<b xmlns='urn:p'/>"),
            wrapped(106, two, "<c xmlns='urn:p'/><d xmlns='urn:p'/>"),
            wrapped(107, "", "<e xmlns='urn:p'/>"),
            wrapped(108, one, "<f xmlns='urn:p'/>"),
            format!(
                "<body xmlns=\"{NS}\" xmlns:xmpp=\"urn:xmpp:xbosh\" rid=\"109\" sid=\"s1\" \
                 to=\"example.org\" stream=\"two\" xml:lang=\"en\" xmpp:restart=\"true\"/>"
            ),
        ],
        "BOSH-16.4-02, BOSH-16.4-03"
    );
    peer.answer(waiting[0].id, "/>");
    assert_eq!(peer.sent().body, empty(110), "BOSH-16.4-07");
}

#[test]
fn bosh_16_4_08_what_has_no_name_is_the_first_streams() {
    let (mut peer, poll) = double();
    peer.answer(poll.id, "><x xmlns='urn:x'/></body>");
    assert_eq!(told(&mut peer), ["one:x"], "BOSH-16.4-08");
    let poll = peer.sent();
    peer.answer(poll.id, "stream='two'><y xmlns='urn:y'/></body>");
    assert_eq!(told(&mut peer), ["two:y"], "BOSH-16.4-08");
    let poll = peer.sent();
    // Even when it is closed: then nobody hears it.
    peer.client
        .close_stream(peer.now, &name("one"), Farewell::plain())
        .unwrap();
    let close = peer.sent();
    assert_eq!(
        close.body,
        format!("<body xmlns=\"{NS}\" rid=\"106\" sid=\"s1\" type=\"terminate\" stream=\"one\"/>")
    );
    peer.answer(poll.id, "><x xmlns='urn:x'/></body>");
    peer.answer(close.id, "stream='one'><x xmlns='urn:x'/></body>");
    assert_eq!(told(&mut peer), [""; 0], "BOSH-16.4-08, BOSH-16.4-06");
    assert_eq!(
        peer.client.send(peer.now, element("a")),
        Err(Error::NoStream)
    );
    assert!(!peer.client.is_closed(), "BOSH-16.4-08");
}

#[test]
fn bosh_16_4_05_an_unknown_name_ends_the_session() {
    for rest in [
        "stream='three'><x xmlns='urn:x'/></body>",
        "stream='three' from='a'/>",
    ] {
        let (mut peer, poll) = double();
        peer.answer(poll.id, rest);
        assert_eq!(
            peer.text(),
            format!(
                "<body xmlns=\"{NS}\" rid=\"104\" sid=\"s1\" type=\"terminate\" condition=\"item-not-found\"/>"
            ),
            "BOSH-16.4-05"
        );
        peer.seconds(5);
        assert_eq!(
            told(&mut peer),
            ["Local(Some(ItemNotFound))"],
            "BOSH-16.4-05"
        );
    }
    // A server that offered one stream.
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    peer.answer(poll.id, "stream='one'><x xmlns='urn:x'/></body>");
    assert!(peer.text().contains("type=\"terminate\""), "BOSH-16.4-05");
    // Nothing is said: the name does not matter.
    let (mut peer, poll) = double();
    peer.answer(poll.id, "stream='three'/>");
    assert_eq!(peer.sent().body, empty(104), "BOSH-16.4-07");
}

#[test]
fn bosh_16_5_01_one_stream_is_closed_with_its_last_payloads() {
    let (mut peer, poll) = double();
    peer.send("<a xmlns='urn:a'/>");
    let _busy = peer.sent();
    peer.client
        .send_to(peer.now, &name("two"), element("b"))
        .unwrap();
    let farewell = Farewell::plain().with_payload(element("c"));
    peer.client
        .close_stream(peer.now, &name("two"), farewell)
        .unwrap();
    assert_eq!(
        peer.client.send_to(peer.now, &name("two"), element("d")),
        Err(Error::NoStream)
    );
    peer.answer(poll.id, "/>");
    assert_eq!(
        peer.text(),
        format!(
            "<body xmlns=\"{NS}\" rid=\"105\" sid=\"s1\" type=\"terminate\" stream=\"two\">\
             <b xmlns='urn:p'/><c xmlns='urn:p'/></body>"
        ),
        "BOSH-16.5-01"
    );
    // The last one: the session ends.
    peer.client
        .close_stream(peer.now, &name("one"), Farewell::plain())
        .unwrap();
    peer.answer(_busy.id, "/>");
    assert_eq!(
        peer.text(),
        format!("<body xmlns=\"{NS}\" rid=\"106\" sid=\"s1\" type=\"terminate\"/>"),
        "BOSH-16.5-02"
    );
}

#[test]
fn bosh_16_6_01_an_end_with_a_name_is_that_streams_end() {
    let (mut peer, poll) = double();
    peer.send("<a xmlns='urn:a'/>");
    let _busy = peer.sent();
    peer.client
        .send_to(peer.now, &name("two"), element("b"))
        .unwrap();
    peer.answer(
        poll.id,
        "type='terminate' stream='two' condition='remote-stream-error'><e xmlns='urn:e'/></body>",
    );
    assert_eq!(
        told(&mut peer),
        ["two:e", "two:closed Some(RemoteStreamError) 1"],
        "BOSH-16.6-01"
    );
    peer.send("<c xmlns='urn:c'/>");
    assert!(
        peer.text().contains("stream=\"one\"><c "),
        "BOSH-16.6-01: the session goes on"
    );
    peer.answer(_busy.id, "type='terminate' condition='system-shutdown'/>");
    assert_eq!(
        told(&mut peer),
        ["Peer(Some(SystemShutdown))"],
        "BOSH-16.6-02"
    );
}

#[test]
fn a_stream_may_be_refused_and_their_number_is_bounded() {
    let (mut peer, poll) = Peer::open(config(), &offered());
    open_stream(&mut peer, "nowhere.example").unwrap();
    let open = peer.sent();
    peer.answer(poll.id, "/>");
    peer.answer(
        open.id,
        "type='terminate' stream='two' condition='host-unknown'/>",
    );
    assert_eq!(told(&mut peer), ["two:closed Some(HostUnknown) 0"]);
    for _ in 0..7 {
        open_stream(&mut peer, "example.org").unwrap();
    }
    assert!(matches!(
        open_stream(&mut peer, "example.org"),
        Err(Error::Caller { .. })
    ));
}

#[test]
fn bosh_16_3_05_a_stream_may_name_its_backend_later() {
    let (mut peer, poll) = double();
    peer.answer(poll.id, "stream='two' from='backend.example'/>");
    assert_eq!(
        told(&mut peer),
        ["two:from backend.example"],
        "BOSH-16.3-05, BOSH-7.2-19"
    );
}

#[test]
fn the_last_words_of_a_session_of_many_go_to_all_and_last() {
    let (mut peer, poll) = double();
    peer.client
        .send_to(peer.now, &name("two"), element("a"))
        .unwrap();
    let first = peer.sent();
    peer.client
        .send_to(peer.now, &name("two"), element("b"))
        .unwrap();
    peer.client.terminate(peer.now, &[element("z")]).unwrap();
    peer.answer(poll.id, "/>");
    let second = peer.sent();
    assert_eq!(
        second.body,
        format!(
            "<body xmlns=\"{NS}\" rid=\"105\" sid=\"s1\" stream=\"two\"><b xmlns='urn:p'/></body>"
        ),
        "BOSH-16.4-03"
    );
    peer.answer(first.id, "/>");
    let last = peer.sent();
    assert_eq!(
        last.body,
        format!(
            "<body xmlns=\"{NS}\" rid=\"106\" sid=\"s1\" type=\"terminate\"><z xmlns='urn:p'/></body>"
        ),
        "BOSH-16.5-03"
    );
    peer.answer(second.id, "/>");
    peer.answer(last.id, "type='terminate'/>");
    assert_eq!(told(&mut peer), ["Local(None)"]);
}

/// Our own server: each stream hears its own.
#[test]
fn two_streams_with_our_server() {
    let mut sids = 0;
    let config_of_server = ServerConfig::default().with_max_streams(2);
    let mut server = Manager::new(config_of_server, move || {
        sids += 1;
        format!("sid{sids}")
    });
    let mut peer = Peer::new(config());
    let mut now = Duration::ZERO;
    let mut slots = Vec::new();
    let (mut heard, mut said) = (Vec::new(), Vec::new());
    for step in 0..200 {
        while let Some(request) = peer.client.poll_transmit() {
            let slot = RequestSlot(slots.len() as u64);
            slots.push(request.id);
            server.handle_request(now, slot, request.body);
        }
        while let Some((session, event)) = server.poll_event() {
            match event {
                Event::Open(_) => {
                    server.set_authenticated(session).unwrap();
                    server.send(now, session, element("features")).unwrap();
                }
                Event::Stream(StreamEvent::Open(open)) => {
                    let features = element("features");
                    server
                        .send_to(now, session, &open.stream, features)
                        .unwrap();
                }
                Event::Stream(StreamEvent::Payload { stream, payload }) => {
                    heard.push(format!("{}:{}", stream.as_str(), payload.name().local()));
                    let echo = payload.to_standalone();
                    server.send_to(now, session, &stream, echo).unwrap();
                }
                Event::Stream(StreamEvent::Closed { stream, .. }) => {
                    heard.push(format!("{}:closed", stream.as_str()));
                }
                Event::Terminated { reason, .. } => heard.push(format!("{reason:?}")),
                _ => {}
            }
        }
        while let Some(response) = server.poll_transmit() {
            let id = slots[usize::try_from(response.slot.0).unwrap()];
            peer.client
                .handle_response(now, id, response.status, &response.body);
        }
        said.extend(told(&mut peer));
        match step {
            2 => open_stream(&mut peer, "example.org").unwrap(),
            20 => {
                peer.client.broadcast(now, element("all")).unwrap();
                let second = peer.client.streams().nth(1).unwrap().clone();
                peer.client.send_to(now, &second, element("b")).unwrap();
                peer.client.send(now, element("a")).unwrap();
                let farewell = Farewell::condition(Condition::UndefinedCondition);
                peer.client.close_stream(now, &second, farewell).unwrap();
            }
            60 => peer.client.terminate(now, &[]).unwrap(),
            _ => {}
        }
        now += Duration::from_millis(100);
        peer.client.handle_timeout(now);
        server.handle_timeout(now);
        peer.now = now;
    }
    assert_eq!(
        heard,
        [
            "sid2:all",
            "sid3:all",
            "sid3:b",
            "sid2:a",
            "sid3:closed",
            "Peer(None)"
        ]
    );
    assert_eq!(said[..3], ["?", "features", "sid3:opened"]);
    // What the second stream was told while it was being closed may be dropped (§16.4).
    for word in ["sid3:features", "sid2:all", "sid2:a", "Local(None)"] {
        assert!(said.iter().any(|said| said == word), "{word}: {said:?}");
    }
    assert_eq!(
        peer.client.streams().count(),
        1,
        "what is open when the session ends"
    );
}
