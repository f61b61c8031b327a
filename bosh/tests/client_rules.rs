//! Rules for the client: what every request has, when it asks, what it lives through.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use bosh::session::{Client, ClientConfig, ClientEvent, ClientTransmit, CloseReason};
use bosh::xml::{Element, Limits, Profile};
use bosh::{Condition, Rid};
use bytes::Bytes;

const NS: &str = "http://jabber.org/protocol/httpbind";
const GRANTED: &str =
    "sid='s1' wait='60' hold='1' requests='2' ver='1.6' inactivity='30' polling='5' maxpause='60'";

fn config() -> ClientConfig {
    ClientConfig::new("localhost", Rid::new(100).unwrap()).with_acks(false)
}

/// A client whose session was granted so.
fn opened(config: ClientConfig, granted: &str) -> Client {
    let mut client = Client::new(config);
    client.open(Duration::ZERO).unwrap();
    let create = sent(&mut client);
    answer(
        &mut client,
        Duration::ZERO,
        &create,
        &format!("{granted}/>"),
    );
    assert!(matches!(client.poll_event(), Some(ClientEvent::Opened(_))));
    client
}

fn sent(client: &mut Client) -> ClientTransmit {
    client.poll_transmit().expect("a request goes out")
}

fn answer(client: &mut Client, now: Duration, request: &ClientTransmit, rest: &str) {
    let body = Bytes::from(format!("<body xmlns='{NS}' {rest}"));
    client.handle_response(now, request.id, 200, &body);
}

fn parse(request: &ClientTransmit) -> Element {
    Element::parse(&request.body, Profile::Xmpp, &Limits::default()).unwrap()
}

fn payloads(client: &mut Client) -> Vec<String> {
    std::iter::from_fn(|| client.poll_event())
        .filter_map(|event| {
            let ClientEvent::Payload(payload) = event else {
                return None;
            };
            Some(payload.name().local().to_owned())
        })
        .collect()
}

fn closed(client: &mut Client) -> Option<CloseReason> {
    std::iter::from_fn(|| client.poll_event()).find_map(|event| {
        let ClientEvent::Closed { reason, .. } = event else {
            return None;
        };
        Some(reason)
    })
}

#[test]
fn bosh_6_11_every_request_has_the_next_rid() {
    let now = Duration::ZERO;
    let mut client = Client::new(config());
    client.open(now).unwrap();
    let mut requests = vec![sent(&mut client)];
    answer(&mut client, now, &requests[0], &format!("{GRANTED}/>"));
    while client.poll_event().is_some() {}
    // An empty request, one with a payload, a restart, a pause, the end.
    requests.push(sent(&mut client));
    answer(&mut client, now, &requests[1], "/>");
    requests.push(sent(&mut client));
    client.send(now, "<a xmlns='urn:a'/>".into()).unwrap();
    requests.push(sent(&mut client));
    answer(&mut client, now, &requests[2], "/>");
    client.restart(now).unwrap();
    requests.push(sent(&mut client));
    answer(&mut client, now, &requests[3], "/>");
    answer(&mut client, now, &requests[4], "/>");
    requests.push(sent(&mut client));
    client.pause(now, Duration::from_secs(20)).unwrap();
    requests.push(sent(&mut client));
    answer(&mut client, now, &requests[5], "/>");
    answer(&mut client, now, &requests[6], "/>");
    client.terminate(now, &[]).unwrap();
    requests.push(sent(&mut client));

    let bodies: Vec<Element> = requests.iter().map(parse).collect();
    let rids: Vec<_> = bodies
        .iter()
        .map(|body| body.attr("rid").unwrap())
        .collect();
    assert_eq!(
        rids,
        ["100", "101", "102", "103", "104", "105", "106", "107"],
        "BOSH-6-11, BOSH-14.1-01"
    );
    let sids: Vec<_> = bodies.iter().map(|body| body.attr("sid")).collect();
    assert_eq!(sids[0], None, "BOSH-7.1-01");
    assert_eq!(sids[1..], [Some("s1"); 7], "BOSH-7.1-02");
    assert_eq!(bodies[6].attr("pause"), Some("20"));
    assert_eq!(bodies[7].attr("type"), Some("terminate"));
}

#[test]
fn bosh_10_02_a_client_that_polls_asks_before_the_silence_is_over() {
    for inactivity in [2, 4, 60] {
        let granted = format!("sid='s' wait='0' hold='0' requests='1' inactivity='{inactivity}'");
        let mut client = opened(config().with_wait(Duration::ZERO, 0), &granted);
        assert!(client.poll_transmit().is_none());
        let at = client.poll_timeout().expect("it will ask");
        assert!(
            at < Duration::from_secs(inactivity),
            "BOSH-10-02 {inactivity}: {at:?}"
        );
        client.handle_timeout(at);
        let poll = parse(&sent(&mut client));
        assert_eq!(poll.attr("rid"), Some("101"), "BOSH-10-02 {inactivity}");
    }
}

#[test]
fn bosh_10_11_a_pause_may_be_shorter_than_the_inactivity() {
    let mut client = opened(config(), GRANTED);
    let _poll = sent(&mut client);
    client
        .pause(Duration::ZERO, Duration::from_secs(10))
        .unwrap();
    assert_eq!(
        sent(&mut client).body,
        format!("<body xmlns=\"{NS}\" rid=\"102\" sid=\"s1\" pause=\"10\"/>"),
        "BOSH-10-11"
    );
}

#[test]
fn bosh_9_1_04_an_acknowledgement_that_lags_is_no_fault() {
    let now = Duration::ZERO;
    let mut client = opened(config().with_acks(true), &format!("{GRANTED} ack='100'"));
    let poll = sent(&mut client);
    client.send(now, "<a xmlns='urn:a'/>".into()).unwrap();
    let second = sent(&mut client);
    // The second is on its way: the server has the first alone. Then one without any.
    answer(
        &mut client,
        now,
        &poll,
        "ack='101'><b xmlns='urn:b'/></body>",
    );
    answer(&mut client, now, &second, "><c xmlns='urn:c'/></body>");
    assert_eq!(payloads(&mut client), ["b", "c"], "BOSH-9.1-04");
    assert!(!client.is_closed(), "BOSH-9.1-04");
}

#[test]
fn xbosh_4_04_a_client_asks_until_features_come() {
    let now = Duration::ZERO;
    let mut client = opened(config(), GRANTED);
    for rid in [101, 102] {
        let poll = sent(&mut client);
        assert_eq!(
            poll.body,
            format!("<body xmlns=\"{NS}\" rid=\"{rid}\" sid=\"s1\"/>"),
            "XBOSH-4-04"
        );
        answer(&mut client, now, &poll, "/>");
    }
    let poll = sent(&mut client);
    let features = "xmlns:stream='http://etherx.jabber.org/streams'><stream:features/></body>";
    answer(&mut client, now, &poll, features);
    assert_eq!(payloads(&mut client), ["features"], "XBOSH-4-04");
}

#[test]
fn xbosh_4_02_a_restart_does_not_depend_on_the_announcement() {
    for announced in ["", "xmlns:x='urn:xmpp:xbosh' x:restartlogic='true'"] {
        let mut client = opened(config(), &format!("{GRANTED} {announced}"));
        let _poll = sent(&mut client);
        client.restart(Duration::ZERO).unwrap();
        assert_eq!(
            sent(&mut client).body,
            format!(
                "<body xmlns=\"{NS}\" xmlns:xmpp=\"urn:xmpp:xbosh\" rid=\"102\" sid=\"s1\" \
                 to=\"localhost\" xml:lang=\"en\" xmpp:restart=\"true\"/>"
            ),
            "XBOSH-4-02"
        );
    }
}

#[test]
fn xbosh_4_05_a_stream_id_is_handed_on() {
    let mut client = Client::new(config());
    client.open(Duration::ZERO).unwrap();
    let create = sent(&mut client);
    answer(
        &mut client,
        Duration::ZERO,
        &create,
        "sid='s' authid='ServerStreamID'/>",
    );
    let Some(ClientEvent::Opened(opened)) = client.poll_event() else {
        panic!("not opened")
    };
    assert_eq!(
        opened.authid.as_deref(),
        Some("ServerStreamID"),
        "XBOSH-4-05"
    );
}

#[test]
fn bosh_15_1_01_a_client_sends_keys_only_when_told_to() {
    let mut client = Client::new(config());
    client.open(Duration::ZERO).unwrap();
    let create = sent(&mut client);
    answer(
        &mut client,
        Duration::ZERO,
        &create,
        &format!("{GRANTED}/>"),
    );
    while client.poll_event().is_some() {}
    for request in [create, sent(&mut client)] {
        let body = parse(&request);
        assert_eq!(
            (body.attr("key"), body.attr("newkey")),
            (None, None),
            "BOSH-15.1-01"
        );
    }
}

#[test]
fn bosh_17_2_02_a_terminate_without_condition_is_a_plain_end() {
    for (kind, id) in [("terminate", "BOSH"), ("terminal", "gloox")] {
        let mut client = opened(config(), GRANTED);
        let poll = sent(&mut client);
        answer(
            &mut client,
            Duration::ZERO,
            &poll,
            &format!("type='{kind}'/>"),
        );
        assert_eq!(
            closed(&mut client),
            Some(CloseReason::Peer(None)),
            "BOSH-17.2-02, OLD-5: by {id}"
        );
    }
}

#[test]
fn bosh_17_2_16_an_unknown_condition_is_undefined_condition() {
    let mut client = opened(config(), GRANTED);
    let poll = sent(&mut client);
    answer(
        &mut client,
        Duration::ZERO,
        &poll,
        "type='terminate' condition='conflict'/>",
    );
    assert_eq!(
        closed(&mut client),
        Some(CloseReason::Peer(Some(Condition::UndefinedCondition))),
        "BOSH-17.2-16"
    );
}

#[test]
fn xbosh_6_01_the_content_of_a_stream_error_alone_is_understood() {
    let mut client = opened(config(), GRANTED);
    let poll = sent(&mut client);
    // The older form: what the error holds, without the error.
    let old = "type='terminate' condition='remote-stream-error'>\
               <message xmlns='jabber:client'/>\
               <conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></body>";
    answer(&mut client, Duration::ZERO, &poll, old);
    assert_eq!(payloads(&mut client), ["message", "conflict"], "XBOSH-6-01");
    assert!(client.is_closed(), "XBOSH-6-01");
}

#[test]
fn an_end_is_an_end_on_whichever_request_it_comes() {
    // We terminate: the answer to the held request says so, or that to the last one.
    for (held, last) in [("type='terminate'/>", "/>"), ("/>", "type='terminate'/>")] {
        let mut client = opened(config(), GRANTED);
        let poll = sent(&mut client);
        client.terminate(Duration::ZERO, &[]).unwrap();
        let end = sent(&mut client);
        answer(&mut client, Duration::ZERO, &poll, held);
        answer(&mut client, Duration::ZERO, &end, last);
        assert_eq!(closed(&mut client), Some(CloseReason::Local(None)), "J5");
    }
    // The server ends the session for one request and tells the held one, or does not.
    for held in ["type='terminate' condition='other-request'/>", "/>"] {
        let mut client = opened(config(), GRANTED);
        let poll = sent(&mut client);
        client
            .send(Duration::ZERO, "<a xmlns='urn:a'/>".into())
            .unwrap();
        let second = sent(&mut client);
        answer(&mut client, Duration::ZERO, &poll, held);
        let end = "type='terminate' condition='policy-violation'/>";
        answer(&mut client, Duration::ZERO, &second, end);
        assert!(
            matches!(closed(&mut client), Some(CloseReason::Peer(Some(_)))),
            "J14"
        );
    }
}
