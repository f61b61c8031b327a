//! The client's requirements of XEP-0124 and XEP-0206, byte by byte, in virtual time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use bosh::session::{
    Client, ClientConfig, ClientEvent, ClientTransmit, CloseReason, Error, HttpErrors, RequestId,
    Retry,
};
use bosh::{Condition, Rid, Version};
use bytes::Bytes;

const NS: &str = "http://jabber.org/protocol/httpbind";
const GRANTED: &str =
    "sid='s1' wait='60' hold='1' requests='2' ver='1.6' inactivity='30' polling='5'";

struct Peer {
    client: Client,
    now: Duration,
}

fn config() -> ClientConfig {
    let retry = Retry {
        jitter: 0,
        ..Retry::default()
    };
    ClientConfig::new("localhost", Rid::new(100).unwrap())
        .with_acks(false)
        .with_retry(retry)
}

impl Peer {
    fn new(config: ClientConfig) -> Self {
        let mut client = Client::new(config);
        client.open(Duration::ZERO).unwrap();
        Self {
            client,
            now: Duration::ZERO,
        }
    }

    /// Creates the session as the server grants it; the first empty request is in flight.
    fn open(config: ClientConfig, granted: &str) -> (Self, ClientTransmit) {
        let mut peer = Self::new(config);
        let create = peer.sent();
        peer.answer(create.id, &format!("{granted}><f xmlns='urn:f'/></body>"));
        assert!(matches!(peer.event(), Some(ClientEvent::Opened(_))));
        assert_eq!(peer.payload(), "f");
        let poll = peer.client.poll_transmit();
        (peer, poll.unwrap_or(create))
    }

    fn sent(&mut self) -> ClientTransmit {
        self.client.poll_transmit().expect("a request goes out")
    }

    fn text(&mut self) -> String {
        String::from_utf8(self.sent().body.to_vec()).unwrap()
    }

    fn is_silent(&mut self) -> bool {
        self.client.poll_transmit().is_none()
    }

    fn answer(&mut self, id: RequestId, rest: &str) {
        let body = Bytes::from(format!("<body xmlns='{NS}' {rest}"));
        self.client.handle_response(self.now, id, 200, &body);
    }

    fn event(&mut self) -> Option<ClientEvent> {
        self.client.poll_event()
    }

    fn payload(&mut self) -> String {
        match self.event() {
            Some(ClientEvent::Payload(payload)) => payload.name().local().to_owned(),
            other => panic!("no payload but {other:?}"),
        }
    }

    fn closed(&mut self) -> Option<CloseReason> {
        match self.event() {
            Some(ClientEvent::Closed { reason, .. }) => Some(reason),
            _ => None,
        }
    }

    fn send(&mut self, payload: &'static str) {
        self.client
            .send(self.now, Bytes::from_static(payload.as_bytes()))
            .unwrap();
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.client.poll_timeout().filter(|&at| at <= end) {
            self.now = self.now.max(at);
            self.client.handle_timeout(self.now);
        }
        self.now = end;
    }

    fn seconds(&mut self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }
}

#[test]
fn bosh_7_1_the_creation_request_in_bytes() {
    let mut peer = Peer::new(config());
    assert_eq!(
        peer.text(),
        concat!(
            "<body xmlns=\"http://jabber.org/protocol/httpbind\" xmlns:xmpp=\"urn:xmpp:xbosh\" ",
            "rid=\"100\" to=\"localhost\" ver=\"1.11\" wait=\"60\" hold=\"1\" xml:lang=\"en\" ",
            "xmpp:version=\"1.0\"/>"
        ),
        "BOSH-7.1-01 BOSH-7.1-03 BOSH-7.1-04 BOSH-7.1-05 XBOSH-3-01"
    );
    assert!(peer.is_silent(), "nothing more before there is a sid");
}

#[test]
fn bosh_7_1_02_and_10_01_with_nothing_to_say_an_empty_request_waits() {
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    assert_eq!(
        poll.body,
        format!("<body xmlns=\"{NS}\" rid=\"101\" sid=\"s1\"/>"),
        "BOSH-7.1-02"
    );
    peer.answer(poll.id, "/>");
    assert_eq!(
        peer.text(),
        format!("<body xmlns=\"{NS}\" rid=\"102\" sid=\"s1\"/>"),
        "BOSH-10-01, BOSH-8-10"
    );
}

#[test]
fn bosh_11_01_no_more_requests_are_open_than_agreed() {
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    peer.send("<a xmlns='urn:a'/>");
    let first = peer.sent();
    assert_eq!(
        first.body,
        format!("<body xmlns=\"{NS}\" rid=\"102\" sid=\"s1\"><a xmlns='urn:a'/></body>")
    );
    peer.send("<b xmlns='urn:b'/>");
    peer.send("<c xmlns='urn:c'/>");
    assert!(peer.is_silent(), "BOSH-11-01");
    peer.answer(poll.id, "/>");
    assert_eq!(
        peer.text(),
        format!(
            "<body xmlns=\"{NS}\" rid=\"103\" sid=\"s1\"><b xmlns='urn:b'/><c xmlns='urn:c'/></body>"
        ),
        "BOSH-14.1-01"
    );
}

#[test]
fn bosh_8_12_responses_are_handled_in_the_order_of_their_requests() {
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    peer.send("<a xmlns='urn:a'/>");
    let second = peer.sent();
    peer.answer(second.id, "><two xmlns='urn:t'/></body>");
    assert!(peer.event().is_none(), "BOSH-8-12, BOSH-14.2-02");
    peer.answer(poll.id, "><one xmlns='urn:o'/></body>");
    assert_eq!(
        (peer.payload(), peer.payload()),
        ("one".to_owned(), "two".to_owned()),
        "BOSH-8-12"
    );
}

#[test]
fn bosh_14_3_03_a_broken_connection_is_tried_again_with_the_same_bytes() {
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    let copy = poll.body.clone();
    peer.client.handle_failure(peer.now, poll.id);
    assert!(peer.is_silent());
    peer.pass(Duration::from_millis(500));
    let again = peer.sent();
    assert_eq!((again.id.attempt, again.body), (2, copy), "BOSH-14.3-03");
    peer.client.handle_failure(peer.now, poll.id);
    assert_eq!(
        peer.client.outstanding(),
        1,
        "the failure of an old copy changes nothing"
    );
    peer.client.handle_failure(peer.now, again.id);
    peer.pass(Duration::from_millis(999));
    assert!(peer.is_silent(), "the time between attempts doubles");
    peer.pass(Duration::from_millis(1));
    let third = peer.sent();
    peer.answer(third.id, "><x xmlns='urn:x'/></body>");
    assert_eq!(peer.payload(), "x");
    peer.answer(again.id, "><x xmlns='urn:x'/></body>");
    assert!(peer.event().is_none(), "an answer counts once");
}

#[test]
fn a_response_that_does_not_come_counts_as_a_broken_connection() {
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    peer.seconds(70);
    assert!(peer.is_silent());
    peer.pass(Duration::from_millis(500));
    assert_eq!(peer.sent().body, poll.body);
}

#[test]
fn an_unreachable_server_is_given_up_when_the_session_must_be_gone() {
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    let mut last = poll;
    let mut attempts = 0;
    while !peer.client.is_closed() {
        peer.client.handle_failure(peer.now, last.id);
        peer.seconds(1);
        while let Some(transmit) = peer.client.poll_transmit() {
            last = transmit;
            attempts += 1;
        }
        assert!(peer.now <= Duration::from_secs(100), "J13");
    }
    assert_eq!(peer.closed(), Some(CloseReason::Unreachable), "J13");
    assert!((8..=20).contains(&attempts), "{attempts} attempts");
    assert_eq!(peer.client.poll_timeout(), None);
}

#[test]
fn bosh_17_3_02_a_recoverable_error_repeats_it_and_all_before_it() {
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    peer.send("<a xmlns='urn:a'/>");
    let second = peer.sent();
    peer.answer(second.id, "type='error'/>");
    let (first_again, second_again) = (peer.sent(), peer.sent());
    assert_eq!(first_again.body, poll.body, "BOSH-17.3-02");
    assert_eq!(second_again.body, second.body, "BOSH-17.3-02");
    peer.answer(poll.id, "type='error'/>");
    assert!(peer.is_silent(), "the older copy was told to give way");
}

#[test]
fn bosh_13_05_the_end_of_the_session_is_the_end() {
    for (rest, reason) in [
        ("type='terminate'/>", CloseReason::Peer(None)),
        ("type='terminal'/>", CloseReason::Peer(None)),
        (
            "type='terminate' condition='conflict'/>",
            CloseReason::Peer(Some(Condition::UndefinedCondition)),
        ),
        (
            "type='terminate' condition='item-not-found'/>",
            CloseReason::Peer(Some(Condition::ItemNotFound)),
        ),
    ] {
        let (mut peer, poll) = Peer::open(config(), GRANTED);
        peer.answer(poll.id, rest);
        assert_eq!(peer.closed(), Some(reason), "BOSH-13-05 {rest}");
        assert!(peer.is_silent() && peer.client.is_closed());
        assert!(
            peer.client
                .send(peer.now, Bytes::from_static(b"<a/>"))
                .is_err()
        );
    }
}

#[test]
fn a_stream_error_is_handed_over_before_the_end() {
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    peer.answer(
        poll.id,
        "type='terminate' condition='remote-stream-error' xmlns:stream='http://etherx.jabber.org/streams'><message/><stream:error/></body>",
    );
    assert_eq!(
        (peer.payload(), peer.payload()),
        ("message".to_owned(), "error".to_owned()),
        "XBOSH-6-01"
    );
    assert_eq!(
        peer.closed(),
        Some(CloseReason::Peer(Some(Condition::RemoteStreamError)))
    );
}

#[test]
fn bosh_17_2_13_the_other_uri_is_told() {
    let mut peer = Peer::new(config());
    let create = peer.sent();
    peer.answer(
        create.id,
        "type='terminate' condition='see-other-uri'><uri>https://b/</uri></body>",
    );
    assert!(matches!(peer.event(), Some(ClientEvent::SeeOtherUri(uri)) if uri == "https://b/"));
    assert_eq!(
        peer.closed(),
        Some(CloseReason::Peer(Some(Condition::SeeOtherUri))),
        "BOSH-17.2-13"
    );
}

#[test]
fn bosh_13_01_terminate_takes_along_what_was_queued() {
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    peer.send("<a xmlns='urn:a'/>");
    let _second = peer.sent();
    peer.send("<b xmlns='urn:b'/>");
    peer.client
        .terminate(peer.now, &[Bytes::from_static(b"<p xmlns='urn:p'/>")])
        .unwrap();
    assert_eq!(
        peer.text(),
        format!(
            "<body xmlns=\"{NS}\" rid=\"103\" sid=\"s1\" type=\"terminate\"><b xmlns='urn:b'/><p xmlns='urn:p'/></body>"
        ),
        "BOSH-13-01, BOSH-11-02"
    );
    peer.answer(poll.id, "type='terminate'/>");
    assert_eq!(
        peer.closed(),
        Some(CloseReason::Local(None)),
        "BOSH-13-05, J5"
    );
}

#[test]
fn an_end_that_nobody_confirms_still_ends() {
    let (mut peer, _) = Peer::open(config(), GRANTED);
    peer.client.terminate(peer.now, &[]).unwrap();
    peer.seconds(5);
    assert_eq!(peer.closed(), Some(CloseReason::Local(None)));
}

#[test]
fn bosh_10_08_no_pause_is_sent_unless_it_was_granted() {
    let (mut peer, _) = Peer::open(config(), GRANTED);
    let error = peer.client.pause(peer.now, Duration::from_secs(10));
    assert!(matches!(error, Err(Error::Caller { .. })), "BOSH-10-08");
    assert!(peer.is_silent());
}

#[test]
fn bosh_10_07_a_pause_is_silent_until_the_client_has_something_to_say() {
    let granted = format!("{GRANTED} maxpause='100'");
    let (mut peer, poll) = Peer::open(config(), &granted);
    peer.client
        .pause(peer.now, Duration::from_secs(80))
        .unwrap();
    let pause = peer.sent();
    assert_eq!(
        pause.body,
        format!("<body xmlns=\"{NS}\" rid=\"102\" sid=\"s1\" pause=\"80\"/>"),
        "BOSH-10-07"
    );
    peer.answer(poll.id, "/>");
    peer.answer(pause.id, "/>");
    peer.seconds(59);
    assert!(peer.is_silent(), "BOSH-10-07");
    peer.seconds(1);
    assert!(!peer.is_silent(), "BOSH-10-02: before the server forgets");

    let (mut peer, _) = Peer::open(config(), &granted);
    peer.client
        .pause(peer.now, Duration::from_secs(80))
        .unwrap();
    assert_eq!(peer.sent().id.rid.get(), 102);
    assert!(
        peer.client
            .pause(peer.now, Duration::from_secs(101))
            .is_err()
    );
}

#[test]
fn bosh_12_01_a_polling_client_asks_at_intervals() {
    let granted = "sid='s1' wait='0' hold='0' requests='1' ver='1.6' inactivity='60' polling='7'";
    let polls = config().with_wait(Duration::ZERO, 0);
    let asked = Peer::new(polls.clone()).text();
    assert!(
        asked.contains(" wait=\"0\" hold=\"0\" "),
        "BOSH-12-01: {asked}"
    );
    let (mut peer, _) = Peer::open(polls, granted);
    assert!(peer.is_silent());
    peer.seconds(6);
    assert!(peer.is_silent(), "BOSH-12-01");
    peer.seconds(1);
    let poll = peer.sent();
    peer.answer(poll.id, "/>");
    peer.send("<a xmlns='urn:a'/>");
    assert!(
        !peer.is_silent(),
        "BOSH-12-01: payloads do not wait for the interval"
    );
}

#[test]
fn bosh_9_2_02_and_03_acknowledgements_are_sent_when_a_response_is_missing() {
    let acks = config().with_acks(true);
    let mut peer = Peer::new(acks.clone());
    assert!(
        peer.text().contains(" ack=\"1\""),
        "BOSH-7.1-17, BOSH-9.2-02"
    );
    let (mut peer, poll) = Peer::open(acks, &format!("{GRANTED} ack='100'"));
    assert!(
        !poll.body.windows(4).any(|part| part == b" ack"),
        "BOSH-9.2-03, BOSH-9.1-04"
    );
    peer.send("<a xmlns='urn:a'/>");
    assert!(
        peer.text().contains(" ack=\"100\""),
        "BOSH-9.2-01, BOSH-9.2-02"
    );
}

#[test]
fn xbosh_5_a_restart_goes_behind_what_was_queued() {
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    peer.send("<a xmlns='urn:a'/>");
    peer.client.restart(peer.now).unwrap();
    let first = peer.sent();
    assert!(peer.is_silent());
    peer.answer(poll.id, "/>");
    assert_eq!(
        peer.text(),
        format!(
            "<body xmlns=\"{NS}\" xmlns:xmpp=\"urn:xmpp:xbosh\" rid=\"103\" sid=\"s1\" to=\"localhost\" xml:lang=\"en\" xmpp:restart=\"true\"/>"
        ),
        "XBOSH-5-01 XBOSH-5-02 XBOSH-5-03"
    );
    peer.answer(first.id, "/>");
}

#[test]
fn bosh_17_1_04_http_errors_end_the_session_where_they_must() {
    for (status, condition) in [
        (400, Condition::BadRequest),
        (403, Condition::PolicyViolation),
        (404, Condition::ItemNotFound),
    ] {
        let legacy = GRANTED.replace("ver='1.6'", "");
        let keep = config().with_http_errors(HttpErrors::Retry);
        let (mut peer, poll) = Peer::open(keep.clone(), &legacy);
        peer.client
            .handle_response(peer.now, poll.id, status, &Bytes::new());
        assert_eq!(
            peer.closed(),
            Some(CloseReason::Peer(Some(condition))),
            "BOSH-17.1-04"
        );

        let (mut peer, poll) = Peer::open(keep, GRANTED);
        peer.client
            .handle_response(peer.now, poll.id, status, &Bytes::new());
        assert_eq!(peer.closed(), None, "BOSH-17.1-05");
        peer.seconds(1);
        assert_eq!(peer.sent().body, poll.body, "BOSH-17.1-05");

        let (mut peer, poll) = Peer::open(config(), GRANTED);
        peer.client
            .handle_response(peer.now, poll.id, status, &Bytes::new());
        assert_eq!(
            peer.closed(),
            Some(CloseReason::Peer(Some(condition))),
            "OLD-4"
        );
    }
    let (mut peer, poll) = Peer::open(config().with_version(None), GRANTED);
    assert!(!poll.body.windows(4).any(|part| part == b" ver"));
    peer.client
        .handle_response(peer.now, poll.id, 502, &Bytes::from_static(b"<html>"));
    assert_eq!(peer.closed(), None, "J13");
}

#[test]
fn bosh_14_1_02_ids_cannot_run_out() {
    let config = ClientConfig::new("a", Rid::MAX);
    assert_eq!(config.first_rid, Rid::new(1 << 52).unwrap(), "BOSH-14.1-02");
    assert_eq!(config.version, Some(Version::new(1, 11)));
}

#[test]
fn responses_that_are_no_bosh_end_the_session_in_the_end() {
    let (mut peer, mut poll) = Peer::open(config(), GRANTED);
    for _ in 0..2 {
        peer.client
            .handle_response(peer.now, poll.id, 200, &Bytes::from_static(b"<html/>"));
        assert!(!peer.client.is_closed(), "an intermediary may have spoken");
        peer.seconds(5);
        poll = peer.sent();
    }
    peer.client
        .handle_response(peer.now, poll.id, 200, &Bytes::from_static(b"<html/>"));
    assert_eq!(peer.closed(), Some(CloseReason::Malformed));

    let mut peer = Peer::new(config());
    let create = peer.sent();
    peer.answer(create.id, "wait='60'/>");
    assert_eq!(
        peer.closed(),
        Some(CloseReason::Malformed),
        "BOSH-7.2-02: no sid"
    );

    let (mut peer, poll) = Peer::open(config(), GRANTED);
    peer.answer(poll.id, "sid='s1'/>");
    assert!(!peer.client.is_closed(), "OLD-6");
    let poll = peer.sent();
    peer.answer(poll.id, "sid='other'/>");
    assert_eq!(peer.closed(), Some(CloseReason::Malformed), "OLD-6");
}

#[test]
fn bosh_9_2_06_a_reported_response_is_asked_for_again() {
    let (mut peer, poll) = Peer::open(config().with_acks(true), GRANTED);
    peer.send("<a xmlns='urn:a'/>");
    let second = peer.sent();
    peer.answer(second.id, "report='101' time='1500'/>");
    let again = peer.sent();
    assert_eq!(again.body, poll.body, "BOSH-9.2-06");
    peer.answer(again.id, "/>");
    let third = peer.sent();
    peer.answer(third.id, "report='101' time='2500'/>");
    assert_eq!(
        peer.sent().id.rid.get(),
        104,
        "BOSH-9.2-06: that one has come"
    );
}

#[test]
fn bosh_15_5_02_keys_go_over_from_one_sequence_into_the_next() {
    let mut seeds = ["third", "other", "abc"].map(str::to_owned).to_vec();
    let mut client = Client::new(config()).with_keys(3, move || seeds.pop().expect("a seed"));
    client.open(Duration::ZERO).unwrap();
    let create = client.poll_transmit().unwrap();
    let keys =
        |transmit: &ClientTransmit| (attribute(transmit, "key"), attribute(transmit, "newkey"));
    let pair = |key: &str, newkey: Option<&str>| (Some(key.to_owned()), newkey.map(str::to_owned));
    // By sha1sum, beginning with the digest of "abc" in FIPS 180.
    let abc = [
        "a9993e364706816aba3e25717850c26c9cd0d89d",
        "9ef2bdeea2b1bae79b9ddb930427d0b2c880bdac",
        "86d431a290d3ff6078b5907e6ac1405d7059dcc5",
    ];
    let other = [
        "d0941e68da8f38151ff86a61fc59f7c5cf9fcaa2",
        "4d829478b5db370c05b913314bc241a8625db9b0",
        "8095d8fc99eea74ed91b9b92a83290879a7b45ef",
    ];
    assert_eq!(
        keys(&create),
        (None, Some(abc[2].to_owned())),
        "BOSH-15.4-01"
    );
    let granted = Bytes::from(format!("<body xmlns='{NS}' {GRANTED}/>"));
    client.handle_response(Duration::ZERO, create.id, 200, &granted);
    assert!(matches!(client.poll_event(), Some(ClientEvent::Opened(_))));
    let mut next = || {
        let poll = client.poll_transmit().unwrap();
        let empty = Bytes::from(format!("<body xmlns='{NS}'/>"));
        client.handle_response(Duration::ZERO, poll.id, 200, &empty);
        poll
    };
    assert_eq!(keys(&next()), pair(abc[1], None), "BOSH-15.4-02");
    assert_eq!(
        keys(&next()),
        pair(abc[0], Some(other[2])),
        "BOSH-15.5-02, BOSH-15.3-02: K(1) of the old with K(n) of the new"
    );
    assert_eq!(keys(&next()), pair(other[1], None), "BOSH-15.4-02");
}

fn attribute(transmit: &ClientTransmit, name: &str) -> Option<String> {
    let limits = bosh::xml::Limits::default();
    let body = bosh::xml::Element::parse(&transmit.body, bosh::xml::Profile::Xmpp, &limits);
    body.unwrap().attr(name).map(str::to_owned)
}

#[test]
fn secrets_do_not_show() {
    let (mut peer, poll) = Peer::open(config(), &GRANTED.replace("s1", "secret-session"));
    peer.send("<auth xmlns='urn:s'>cGFzc3dvcmQ=</auth>");
    let sent = peer.sent();
    let shown = format!(
        "{poll:?} {sent:?} {:?} {:?}",
        peer.client.sid(),
        peer.client
    );
    assert!(
        !shown.contains("secret-session") && !shown.contains("cGFz"),
        "{shown}"
    );
    peer.answer(
        poll.id,
        "><success xmlns='urn:s'>cGFzc3dvcmQ=</success></body>",
    );
    assert!(!format!("{:?}", peer.event()).contains("cGFz"));
}
