//! What the simulation (`simulation.rs`) and fuzzing found at the client, each fault as the shortest exchange that shows it. Sections
//! are those of XEP-0124.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking, and looks at the few things that it names"
)]

mod common;

use std::time::Duration;

use bosh::Rid;
use bosh::session::{
    Client, ClientConfig, ClientEvent, ClientTransmit, CloseReason, Error, Farewell, StreamRequest,
};
use bytes::Bytes;
use common::{EMPTY, NS};

/// A client whose session is open, and its requests since.
fn client(config: ClientConfig, attributes: &str) -> (Client, Vec<ClientTransmit>) {
    let mut client = Client::new(config);
    client.open(Duration::ZERO).unwrap();
    let creation = client.poll_transmit().unwrap();
    let response = format!("<body xmlns='{NS}' sid='s' ver='1.6' {attributes}/>");
    let response = Bytes::from(response);
    client.handle_response(Duration::ZERO, creation.id, 200, &response);
    while client.poll_event().is_some() {}
    let requests = requests(&mut client);
    (client, requests)
}

fn requests(client: &mut Client) -> Vec<ClientTransmit> {
    std::iter::from_fn(|| client.poll_transmit()).collect()
}

fn config() -> ClientConfig {
    ClientConfig::new("localhost", Rid::new(1).unwrap()).with_acks(false)
}

fn answer(client: &mut Client, now: Duration, request: &ClientTransmit, body: &str) {
    let body = Bytes::copy_from_slice(body.as_bytes());
    client.handle_response(now, request.id, 200, &body);
}

fn closed(client: &mut Client) -> Option<(CloseReason, usize)> {
    std::iter::from_fn(|| client.poll_event()).find_map(|event| match event {
        ClientEvent::Closed { reason, unsent } => Some((reason, unsent.len())),
        _ => None,
    })
}

const AGREED: &str = "wait='10' hold='1' requests='2' inactivity='10' maxpause='100'";

#[test]
fn a_client_is_well_after_a_pause_that_is_longer_than_inactivity() {
    let (mut client, held) = client(config(), AGREED);
    client
        .pause(Duration::ZERO, Duration::from_secs(100))
        .unwrap();
    for request in held.iter().chain(&requests(&mut client)) {
        answer(&mut client, Duration::ZERO, request, EMPTY);
    }
    let resumed = client.poll_timeout().unwrap();
    assert!(resumed > Duration::from_secs(60), "{resumed:?}");
    client.handle_timeout(resumed);
    assert_eq!(requests(&mut client).len(), 1, "§10");
    client.handle_timeout(resumed);
    assert_eq!(
        closed(&mut client),
        None,
        "§10: a silence that was agreed says nothing about the server"
    );
}

#[test]
fn a_poller_ends_a_short_pause_whenever_the_next_poll_is_due() {
    let polling = "wait='10' hold='0' requests='1' inactivity='60' maxpause='100'";
    let config = config().with_poll_interval(Duration::from_secs(30));
    let (mut client, _) = client(config, polling);
    client
        .pause(Duration::ZERO, Duration::from_secs(8))
        .unwrap();
    for request in requests(&mut client) {
        answer(&mut client, Duration::ZERO, &request, EMPTY);
    }
    let resumed = client.poll_timeout().unwrap();
    client.handle_timeout(resumed);
    assert!(resumed < Duration::from_secs(8));
    assert_eq!(
        requests(&mut client).len(),
        1,
        "§10: a pause below `inactivity` shortens the time to the next request"
    );
}

#[test]
fn polls_are_counted_from_the_response() {
    let polling = "wait='10' hold='0' requests='1' polling='5' inactivity='60'";
    let config = config().with_poll_interval(Duration::from_secs(5));
    let (mut client, _) = client(config, polling);
    let first = client.poll_timeout().unwrap();
    client.handle_timeout(first);
    let [poll] = &requests(&mut client)[..] else {
        panic!("one poll");
    };
    // It was slow to arrive; the next one may be quick.
    let answered = first + Duration::from_secs(3);
    answer(&mut client, answered, poll, EMPTY);
    assert_eq!(
        client.poll_timeout(),
        Some(answered + Duration::from_secs(5)),
        "§12: no two polls arrive closer than `polling`"
    );
}

#[test]
fn a_client_leaves_with_as_many_requests_as_it_takes() {
    let (mut client, held) = client(config(), AGREED);
    let now = Duration::from_secs(1);
    let payload = Bytes::from_static(b"<c xmlns='urn:c'/>");
    client.send(now, payload.clone()).unwrap();
    let first = requests(&mut client);
    for _ in 0..600 {
        client.send(now, payload.clone()).unwrap();
    }
    client
        .terminate(now, &[Bytes::from_static(b"<bye xmlns='urn:c'/>")])
        .unwrap();
    assert!(requests(&mut client).is_empty(), "§11");
    answer(&mut client, now, &held[0], EMPTY);
    let [next, last] = &requests(&mut client)[..] else {
        panic!("§11: one request is free, and one more may terminate");
    };
    let text = String::from_utf8(next.body.to_vec()).unwrap();
    assert_eq!(text.matches("<c ").count(), 512, "§6");
    assert!(!text.contains("terminate"), "{text}");
    let text = String::from_utf8(last.body.to_vec()).unwrap();
    assert_eq!(text.matches("<c ").count(), 88);
    assert!(text.contains("type=\"terminate\""), "§13: {text}");
    assert!(text.ends_with("<bye xmlns='urn:c'/></body>"), "{text}");
    answer(&mut client, now, &first[0], EMPTY);
    answer(&mut client, now, next, EMPTY);
    assert_eq!(closed(&mut client), None);
    answer(
        &mut client,
        now,
        last,
        &format!("<body xmlns='{NS}' type='terminate'/>"),
    );
    assert_eq!(closed(&mut client), Some((CloseReason::Local(None), 0)));
}

#[test]
fn no_stream_is_closed_behind_the_end() {
    let (mut client, _held) = client(config(), &format!("{AGREED} stream='one'"));
    let now = Duration::ZERO;
    let one = client.streams().next().unwrap().clone();
    client.open_stream(now, StreamRequest::new("b")).unwrap();
    client.terminate(now, &[]).unwrap();
    let farewell = Farewell::plain().with_payload(Bytes::from_static(b"<bye xmlns='urn:c'/>"));
    let closed = client.close_stream(now, &one, farewell);
    assert!(
        matches!(closed, Err(Error::Caller { .. })),
        "a payload that is taken is sent or handed back: {closed:?}"
    );
}
