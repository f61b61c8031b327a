//! Recorded sessions: our client accepts the servers of the field, our server their clients.
//!
//! `transcripts/*.txt` hold the bodies of HTTP requests (`C:`) and responses (`S:`) of sessions
//! recorded on loopback with accounts made for it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use bosh::session::{
    Client, ClientConfig, ClientEvent, CloseReason, Event, Manager, RequestSlot, ServerConfig,
    Transmit,
};
use bosh::{BodyCodec, Condition, Rid};
use bytes::Bytes;

const PROSODY: &str = include_str!("transcripts/prosody-login.txt");
const EJABBERD: &str = include_str!("transcripts/ejabberd-login.txt");
const STROPHE: &str = include_str!("transcripts/strophe-login.txt");
const MALFORMED: &str = include_str!("transcripts/ejabberd-malformed.txt");
const NAMESPACE: &str = include_str!("transcripts/ejabberd-namespace.txt");

fn bodies(transcript: &'static str, side: &str) -> Vec<Bytes> {
    let lines = transcript
        .lines()
        .filter_map(|line| line.strip_prefix(side));
    lines
        .map(|line| Bytes::from_static(line.as_bytes()))
        .collect()
}

/// What a client tells when a recorded server answers its requests, and whether the server
/// said anything after the end.
fn heard(transcript: &'static str) -> Vec<String> {
    let rid = Rid::new(4_100_350_036).unwrap();
    let mut client = Client::new(ClientConfig::new("localhost", rid));
    client.open(Duration::ZERO).unwrap();
    let mut events = Vec::new();
    for response in bodies(transcript, "S: ") {
        let Some(request) = client.poll_transmit() else {
            break;
        };
        client.handle_response(Duration::ZERO, request.id, 200, &response);
        events.extend(std::iter::from_fn(|| client.poll_event()));
    }
    events
        .into_iter()
        .map(|event| match event {
            ClientEvent::Opened(opened) => format!("opened by {}", opened.from.unwrap()),
            ClientEvent::Payload(payload) => payload.name().to_string(),
            ClientEvent::Closed { reason, .. } => format!("{reason:?}"),
            ClientEvent::SeeOtherUri(_) | _ => "elsewhere".to_owned(),
        })
        .collect()
}

const LOGIN: [&str; 5] = [
    "opened by localhost",
    "{http://etherx.jabber.org/streams}features",
    "{urn:ietf:params:xml:ns:xmpp-sasl}success",
    "{http://etherx.jabber.org/streams}features",
    "{jabber:client}iq",
];

#[test]
fn our_client_logs_in_at_prosody() {
    let rest = [
        "{jabber:client}presence",
        "{jabber:client}message",
        "{jabber:client}presence",
    ];
    let expected = [&LOGIN[..], &rest[..], &["Peer(None)"]].concat();
    assert_eq!(heard(PROSODY), expected, "OLD-1, OLD-6");
}

#[test]
fn our_client_logs_in_at_ejabberd() {
    let rest = ["{jabber:client}presence", "{jabber:client}message"];
    assert_eq!(
        heard(EJABBERD),
        [&LOGIN[..], &rest[..], &["Peer(None)"]].concat()
    );
    assert_eq!(
        heard(NAMESPACE),
        [&LOGIN[..], &rest[..], &["Peer(None)"]].concat()
    );
}

#[test]
fn our_client_logs_in_where_strophe_did() {
    let events = heard(STROPHE);
    let challenge = "{urn:ietf:params:xml:ns:xmpp-sasl}challenge";
    assert_eq!(events[2], challenge);
    assert_eq!(events.last().map(String::as_str), Some("Peer(None)"));
    assert_eq!(
        events
            .iter()
            .filter(|name| *name == "{jabber:client}message")
            .count(),
        1
    );
}

#[test]
fn a_wrapper_with_an_attribute_twice_is_survived() {
    let events = heard(MALFORMED);
    let error = "{http://etherx.jabber.org/streams}error".to_owned();
    assert!(events.contains(&error), "XBOSH-6-01");
    assert_eq!(
        events.last(),
        Some(&format!(
            "{:?}",
            CloseReason::Peer(Some(Condition::RemoteStreamError))
        ))
    );
    let last = bodies(MALFORMED, "S: ").pop().unwrap();
    assert!(BodyCodec::default().decode(&last).is_err(), "BOSH-6-02");
}

fn is_wrapper(answer: &Transmit) -> bool {
    answer.status == 200 && BodyCodec::default().decode(&answer.body).is_ok()
}

/// What our server tells when a recorded client speaks, and to how many requests it answered
/// by 200 and a wrapper, each
/// request before the next.
fn told(transcript: &'static str, wait: u64) -> (Vec<String>, usize) {
    let requests = bodies(transcript, "C: ");
    let sid = BodyCodec::default()
        .decode(&requests[1])
        .unwrap()
        .sid
        .unwrap();
    let mut server = Manager::new(ServerConfig::default(), move || sid.as_str().to_owned());
    let mut now = Duration::ZERO;
    let (mut told, mut answered) = (Vec::new(), 0);
    for (number, request) in requests.into_iter().enumerate() {
        server.handle_request(now, RequestSlot(number as u64), request);
        while let Some((session, event)) = server.poll_event() {
            let name = match event {
                Event::Open(open) => format!("open {}", open.to.unwrap()),
                Event::Restart(restart) => format!("restart {}", restart.to.unwrap()),
                Event::Payload(payload) => payload.name().local().to_owned(),
                Event::Terminated { reason, .. } => format!("{reason:?}"),
                Event::Stream(_) | _ => "?".to_owned(),
            };
            // An ended session takes no answer.
            let _ = server.send(now, session, Bytes::from_static(b"<ok xmlns='urn:ok'/>"));
            told.push(name);
        }
        // An empty request waits until something comes, here the end of its time.
        let mut answers: Vec<_> = std::iter::from_fn(|| server.poll_transmit()).collect();
        if answers.is_empty() {
            now += Duration::from_secs(wait);
            server.handle_timeout(now);
            answers.extend(std::iter::from_fn(|| server.poll_transmit()));
        }
        assert!(!answers.is_empty(), "an answer in time");
        answered += answers.iter().filter(|answer| is_wrapper(answer)).count();
    }
    (told, answered)
}

#[test]
fn our_server_serves_a_scripted_client() {
    for transcript in [PROSODY, EJABBERD] {
        let (events, answered) = told(transcript, 3);
        let expected = [
            "open localhost",
            "auth",
            "restart localhost",
            "iq",
            "presence",
            "message",
            "presence",
            "Peer(None)",
        ];
        assert_eq!(events, expected, "XBOSH-5-07");
        assert_eq!(answered, 9, "BOSH-8-03: the request after the end as well");
    }
}

#[test]
fn our_server_serves_strophe() {
    let (events, _) = told(STROPHE, 10);
    let expected = [
        "open localhost",
        "auth",
        "response",
        "restart localhost",
        "iq",
        "iq",
        "presence",
        "message",
        "presence",
        "Peer(None)",
    ];
    assert_eq!(events, expected);
}

#[test]
fn a_recorded_stanza_without_namespace_keeps_its_body() {
    let request = &bodies(NAMESPACE, "C: ")[5];
    let body = BodyCodec::default().decode(request).unwrap();
    let message = body.payloads[0]
        .to_element(&bosh::xml::Limits::default())
        .unwrap();
    assert!(message.is("jabber:client", "message"), "XBOSH-2-04");
    assert_eq!(
        message.child("jabber:client", "body").unwrap().text(),
        "no xmlns",
        "XBOSH-2-04, J8"
    );
}
