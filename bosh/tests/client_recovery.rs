//! What the client does when the network or the server fails it: nothing is lost or doubled.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod peer;

use std::time::Duration;

use bosh::session::{ClientEvent, CloseReason, Farewell, RedirectRefused, Retry};
use bosh::{Condition, Rid};
use bytes::Bytes;
use peer::{GRANTED, NS, Peer, config, empty};

#[test]
fn bosh_14_3_05_the_empty_answer_to_an_old_copy_is_not_the_answer() {
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    peer.seconds(70);
    peer.pass(Duration::from_millis(500));
    let again = peer.sent();
    // Prosody and ejabberd answer the old copy so, and the new one when there is something.
    peer.answer(poll.id, "/>");
    assert_eq!((peer.client.outstanding(), peer.is_silent()), (1, true));
    peer.answer(again.id, "><x xmlns='urn:x'/></body>");
    assert_eq!(peer.payloads(), ["x"]);
}

#[test]
fn an_answer_that_waits_for_its_turn_is_not_replaced() {
    let (mut peer, _poll) = Peer::open(config().with_acks(true), GRANTED);
    peer.send("<a xmlns='urn:a'/>");
    let second = peer.sent();
    peer.answer(second.id, "><x xmlns='urn:x'/></body>");
    peer.answer(second.id, "/>");
    peer.answer(_poll.id, "/>");
    assert_eq!(peer.payloads(), ["x"]);
}

#[test]
fn bosh_14_2_02_the_end_waits_for_the_answers_before_it() {
    let end = "type='terminate' condition='remote-stream-error'><e xmlns='urn:e'/></body>";
    let reason = CloseReason::Peer(Some(Condition::RemoteStreamError));
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    peer.send("<a xmlns='urn:a'/>");
    let second = peer.sent();
    peer.answer(second.id, end);
    assert!(peer.event().is_none(), "BOSH-14.2-02: poll is on its way");
    peer.send("<b xmlns='urn:b'/>");
    assert!(peer.is_silent());
    peer.answer(poll.id, "><x xmlns='urn:x'/></body>");
    assert_eq!(peer.payload(), "x", "BOSH-14.2-02");
    assert_eq!(peer.payload(), "e");
    let Some(ClientEvent::Closed {
        reason: told,
        unsent,
    }) = peer.event()
    else {
        panic!("not closed");
    };
    assert_eq!(told, reason);
    assert_eq!(
        unsent,
        ["<b xmlns='urn:b'/>"],
        "what came too late is handed back"
    );

    // The answer before it does not come: its connection breaks, or it takes too long.
    for broken in [true, false] {
        let (mut peer, poll) = Peer::open(config(), GRANTED);
        peer.send("<a xmlns='urn:a'/>");
        let second = peer.sent();
        peer.answer(second.id, end);
        if broken {
            peer.client.handle_failure(peer.now, poll.id);
        } else {
            peer.seconds(5);
        }
        assert_eq!(peer.payload(), "e");
        assert_eq!(peer.closed(), Some(reason));
        assert!(peer.is_silent());
    }
}

#[test]
fn the_reason_is_that_of_the_request_that_ended_the_session() {
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    peer.send("<a xmlns='urn:a'/>");
    let second = peer.sent();
    peer.answer(second.id, "type='terminate' condition='policy-violation'/>");
    peer.answer(poll.id, "type='terminate' condition='other-request'/>");
    assert_eq!(
        peer.closed(),
        Some(CloseReason::Peer(Some(Condition::PolicyViolation))),
        "J14"
    );
}

#[test]
fn bosh_9_1_04_a_request_that_is_not_acknowledged_was_lost() {
    let acks = format!("{GRANTED} ack='100'");
    for (ack, lost) in [("", true), ("ack='101'", true), ("ack='102'", false)] {
        let (mut peer, poll) = Peer::open(config().with_acks(true), &acks);
        peer.send("<a xmlns='urn:a'/>");
        let second = peer.sent();
        peer.seconds(2);
        peer.answer(poll.id, &format!("{ack}/>"));
        if lost {
            let again = peer.sent();
            assert_eq!(
                (again.id.attempt, again.body),
                (2, second.body),
                "BOSH-9.1-04 {ack:?}"
            );
        }
        assert!(peer.is_silent(), "BOSH-9.1-04 {ack:?}");
    }
    // It may still be on its way; or nobody said that there would be acknowledgements.
    for (granted, seconds) in [(acks.as_str(), 1), (GRANTED, 10)] {
        let (mut peer, poll) = Peer::open(config().with_acks(true), granted);
        peer.send("<a xmlns='urn:a'/>");
        let _second = peer.sent();
        peer.seconds(seconds);
        peer.answer(poll.id, "/>");
        assert!(peer.is_silent(), "BOSH-9.1-04");
    }
}

#[test]
fn a_server_that_asks_again_and_again_is_given_time_and_given_up() {
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    let mut last = poll;
    let mut copies = 0;
    while !peer.client.is_closed() {
        peer.answer(last.id, "type='error'/>");
        peer.pass(Duration::from_millis(250));
        while let Some(transmit) = peer.client.poll_transmit() {
            last = transmit;
            copies += 1;
        }
        assert!(peer.now <= Duration::from_secs(101));
    }
    assert_eq!(peer.closed(), Some(CloseReason::Unreachable));
    assert!((8..=20).contains(&copies), "{copies} copies");
}

#[test]
fn waiting_times_are_drawn_from_the_seed_and_bounded() {
    let waits = |seed: u64| {
        let retry = Retry {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(4),
            jitter: 50,
        };
        let config = config().with_retry(retry).with_seed(seed);
        let (mut peer, mut last) = Peer::open(config, GRANTED);
        let mut waits = Vec::new();
        for _ in 0..6 {
            peer.client.handle_failure(peer.now, last.id);
            let at = peer.client.poll_timeout().unwrap();
            waits.push(at - peer.now);
            peer.pass(at - peer.now);
            last = peer.sent();
        }
        waits
    };
    assert_eq!(waits(7), waits(7));
    assert_ne!(waits(7), waits(8));
    for seed in 0..200 {
        for (wait, longest) in waits(seed).into_iter().zip([1, 2, 4, 4, 4, 4]) {
            let longest = Duration::from_secs(longest);
            assert!(
                longest / 2 <= wait && wait <= longest,
                "{wait:?} of {longest:?}"
            );
        }
    }
}

const PAUSES: &str =
    "sid='s1' wait='60' hold='1' requests='2' ver='1.6' inactivity='30' maxpause='600'";

#[test]
fn bosh_10_10_a_pause_is_answered_when_a_later_request_is() {
    let (mut peer, poll) = Peer::open(config(), PAUSES);
    peer.pause(400);
    let pause = peer.sent();
    peer.answer(poll.id, "/>");
    // The server need not know the pause again: to repeat it may end the session.
    peer.client.handle_failure(peer.now, pause.id);
    peer.seconds(200);
    assert!(peer.is_silent(), "BOSH-14.3-01");
    peer.send("<a xmlns='urn:a'/>");
    let next = peer.sent();
    assert_eq!(
        next.body,
        format!("<body xmlns=\"{NS}\" rid=\"103\" sid=\"s1\"><a xmlns='urn:a'/></body>")
    );
    peer.answer(next.id, "><x xmlns='urn:x'/></body>");
    assert_eq!(peer.payloads(), ["x"], "BOSH-10-10");
    assert_eq!(peer.sent().body, empty(104), "BOSH-10-01");
    assert_eq!(peer.client.outstanding(), 1, "BOSH-10-10");
}

#[test]
fn a_pause_that_got_lost_is_sent_again_when_nothing_is_answered() {
    let (mut peer, poll) = Peer::open(config(), PAUSES);
    peer.pause(400);
    let pause = peer.sent();
    peer.answer(poll.id, "/>");
    peer.client.handle_failure(peer.now, pause.id);
    peer.seconds(10);
    peer.client.resume(peer.now);
    let next = peer.sent();
    assert_eq!(next.body, empty(103));
    // With the pause received, that would have been answered after `wait`.
    peer.seconds(64);
    assert!(peer.is_silent());
    peer.seconds(1);
    assert_eq!(peer.sent().body, pause.body, "BOSH-14.3-03");
}

#[test]
fn an_acknowledgement_or_a_report_does_not_send_a_pause_again() {
    for answer in ["ack='101'/>", "/>", "report='102' time='1500'/>"] {
        let granted = format!("{PAUSES} ack='100'");
        let (mut peer, poll) = Peer::open(config().with_acks(true), &granted);
        peer.pause(400);
        let _pause = peer.sent();
        peer.seconds(20);
        // It may be a stored one, of a time before the pause came.
        peer.answer(poll.id, answer);
        assert!(peer.is_silent(), "BOSH-9.1-04, BOSH-14.3-01 {answer}");
        assert_eq!(peer.client.outstanding(), 1, "{answer}");
    }
}

#[test]
fn a_pause_waits_for_the_answers_before_it_when_there_is_no_room_to_ask() {
    let (mut peer, poll) = Peer::open(config(), PAUSES);
    peer.pause(400);
    let pause = peer.sent();
    peer.client.handle_failure(peer.now, pause.id);
    peer.client.resume(peer.now);
    peer.seconds(66);
    assert!(
        peer.is_silent(),
        "BOSH-14.3-01: nothing was asked behind it"
    );
    peer.answer(poll.id, "/>");
    let next = peer.sent();
    assert_eq!(next.body, empty(103), "BOSH-11-01: now there is room");
    peer.seconds(64);
    assert!(peer.is_silent());
    peer.seconds(1);
    assert_eq!(peer.sent().body, pause.body, "BOSH-14.3-03");
}

#[test]
fn a_pause_is_answered_when_a_later_request_is_though_the_end_is_known() {
    let granted = PAUSES.replace("requests='2'", "requests='4'");
    let (mut peer, poll) = Peer::open(config(), &granted);
    peer.pause(400);
    let pause = peer.sent();
    peer.answer(poll.id, "/>");
    peer.client.handle_failure(peer.now, pause.id);
    peer.send("<a xmlns='urn:a'/>");
    let next = peer.sent();
    peer.send("<b xmlns='urn:b'/>");
    let last = peer.sent();
    peer.answer(last.id, "type='terminate' condition='other-request'/>");
    peer.answer(next.id, "><x xmlns='urn:x'/></body>");
    assert_eq!(peer.payload(), "x", "BOSH-10-10, BOSH-14.2-02");
    assert!(peer.closed().is_some());
}

#[test]
fn a_long_pause_does_not_look_like_a_dead_server() {
    let (mut peer, poll) = Peer::open(config(), PAUSES);
    peer.send("<a xmlns='urn:a'/>");
    let second = peer.sent();
    peer.client
        .send(peer.now, "<b xmlns='urn:b'/>".into())
        .unwrap();
    peer.pause(600);
    let pause = peer.sent();
    assert_eq!(
        pause.body,
        format!(
            "<body xmlns=\"{NS}\" rid=\"103\" sid=\"s1\" pause=\"600\"><b xmlns='urn:b'/></body>"
        ),
        "BOSH-11-02: what waits goes along, in one request more than agreed"
    );
    for id in [poll.id, second.id, pause.id] {
        peer.answer(id, "/>");
    }
    peer.seconds(449);
    assert!(peer.is_silent());
    peer.seconds(1);
    let next = peer.sent();
    assert_eq!(
        next.body,
        empty(104),
        "BOSH-10-02: three quarters of the time"
    );
    peer.seconds(60);
    assert!(!peer.client.is_closed());
    peer.answer(next.id, "/>");
    assert_eq!(peer.sent().body, empty(105));
}

#[test]
fn bosh_12_02_one_request_alone_makes_the_client_poll() {
    let granted = "sid='s1' wait='60' hold='1' requests='1' ver='1.6' inactivity='60' polling='5'";
    let (mut peer, _) = Peer::open(config(), granted);
    assert!(peer.opened.as_ref().unwrap().polling, "BOSH-12-02");
    peer.seconds(4);
    assert!(peer.is_silent(), "BOSH-12-02");
    peer.seconds(1);
    let poll = peer.sent();
    assert_eq!(poll.body, empty(101), "BOSH-12-02");
    // The answer is slow: the next poll keeps its distance from the request that came late.
    peer.seconds(3);
    peer.answer(poll.id, "/>");
    peer.seconds(4);
    assert!(peer.is_silent(), "BOSH-12-04");
    peer.seconds(1);
    assert_eq!(peer.sent().body, empty(102));
}

#[test]
fn a_server_cannot_make_the_client_keep_more_than_it_wants() {
    let granted = "sid='s1' wait='4000000' hold='1' requests='4000000000' ver='1.6'";
    let (mut peer, _) = Peer::open(config(), granted);
    let opened = peer.opened.clone().unwrap();
    assert_eq!(
        (opened.wait, opened.requests),
        (Duration::from_secs(60), 16)
    );
    for _ in 0..100 {
        peer.send("<a xmlns='urn:a'/>");
    }
    assert_eq!(peer.client.outstanding(), 16);
    // Nothing is said of `requests`: there is no limit but the client's.
    let (mut peer, _) = Peer::open(config(), "sid='s1' wait='60' hold='1' ver='1.6'");
    for _ in 0..100 {
        peer.send("<a xmlns='urn:a'/>");
    }
    assert_eq!(peer.client.outstanding(), 16, "BOSH-11-04");
}

#[test]
fn bosh_7_2_13_the_codings_of_the_server_are_told() {
    let (peer, _) = Peer::open(config(), &format!("{GRANTED} accept='gzip, Deflate'"));
    assert_eq!(
        peer.opened.unwrap().accept,
        ["gzip", "deflate"],
        "BOSH-7.2-13"
    );
    let (peer, _) = Peer::open(config(), GRANTED);
    assert!(peer.opened.unwrap().accept.is_empty(), "BOSH-7.2-13");
}

#[test]
fn bosh_7_2_19_the_backend_may_name_itself_in_any_response() {
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    assert_eq!(peer.opened.clone().unwrap().from, None);
    peer.answer(poll.id, "from='backend.example'><x xmlns='urn:x'/></body>");
    assert!(
        matches!(peer.event(), Some(ClientEvent::From(from)) if from == "backend.example"),
        "BOSH-7.2-19"
    );
    assert_eq!(peer.payload(), "x");
}

#[test]
fn bosh_17_2_13_redirects_are_judged() {
    let secure = || config().with_uri("https://a.example/http-bind/", 2);
    let clear = || config().with_uri("http://a.example/http-bind/", 2);
    let long = format!("https://b.example/{}", "x".repeat(2048));
    for (config, uri, verdict) in [
        (secure(), "https://b.example/", Ok(())),
        (secure(), "HTTPS://b.example", Ok(())),
        (
            secure(),
            "http://b.example/",
            Err(RedirectRefused::Insecure),
        ),
        (
            config(),
            "http://b.example/",
            Err(RedirectRefused::Insecure),
        ),
        (config(), "https://b.example/", Ok(())),
        (clear(), "http://b.example/", Ok(())),
        (clear(), "https://b.example/", Ok(())),
        (secure(), "ftp://b.example/", Err(RedirectRefused::NoHttp)),
        (secure(), "https:///x", Err(RedirectRefused::NoHttp)),
        (
            secure(),
            "https://b.example/ x",
            Err(RedirectRefused::NoHttp),
        ),
        (secure(), "/http-bind/", Err(RedirectRefused::NoHttp)),
        (secure(), "", Err(RedirectRefused::NoHttp)),
        (secure(), &long, Err(RedirectRefused::NoHttp)),
    ] {
        let mut peer = Peer::new(config);
        let create = peer.sent();
        peer.answer(
            create.id,
            &format!("type='terminate' condition='see-other-uri'><uri>{uri}</uri></body>"),
        );
        match (peer.event(), verdict) {
            (Some(ClientEvent::SeeOtherUri(told)), Ok(())) => {
                assert_eq!(told, uri, "BOSH-17.2-13");
            }
            (Some(ClientEvent::RedirectRefused { uri: told, reason }), Err(why)) => {
                assert_eq!((told.as_str(), reason), (uri, why), "BOSH-17.2-13");
            }
            (other, _) => panic!("{uri}: {other:?}"),
        }
        assert_eq!(
            peer.closed(),
            Some(CloseReason::Peer(Some(Condition::SeeOtherUri)))
        );
        let next = peer.client.redirected(Rid::new(500).unwrap());
        assert_eq!(next.is_some(), verdict.is_ok(), "BOSH-17.2-13 {uri}");
        if let Some(next) = next {
            assert_eq!(
                (next.uri.as_deref(), next.first_rid.get()),
                (Some(uri), 500)
            );
        }
    }
}

#[test]
fn bosh_17_2_13_hops_are_bounded() {
    let mut config = config().with_uri("https://a.example/", 2);
    for hop in 1_u64.. {
        let mut peer = Peer::new(config.clone());
        let create = peer.sent();
        let other =
            "type='terminate' condition='see-other-uri'><uri>https://b.example/</uri></body>";
        peer.answer(create.id, other);
        let Some(next) = peer.client.redirected(Rid::new(1000 * hop).unwrap()) else {
            assert!(
                matches!(
                    peer.event(),
                    Some(ClientEvent::RedirectRefused {
                        reason: RedirectRefused::TooMany,
                        ..
                    })
                ),
                "BOSH-17.2-13"
            );
            assert_eq!(hop, 3, "BOSH-17.2-13");
            return;
        };
        config = next;
    }
}

#[test]
fn bosh_17_2_17_a_client_may_tell_why_it_leaves() {
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    let why = Farewell::condition(Condition::UndefinedCondition)
        .with_payload(Bytes::from_static(b"<why xmlns='urn:w'/>"));
    peer.client.terminate_with(peer.now, why).unwrap();
    assert_eq!(
        peer.sent().body,
        format!(
            "<body xmlns=\"{NS}\" rid=\"102\" sid=\"s1\" type=\"terminate\" \
             condition=\"undefined-condition\"><why xmlns='urn:w'/></body>"
        ),
        "BOSH-17.2-17"
    );
    peer.answer(poll.id, "type='terminate'/>");
    assert_eq!(
        peer.closed(),
        Some(CloseReason::Local(Some(Condition::UndefinedCondition)))
    );
}

#[test]
fn bosh_19_1_04_a_session_can_be_given_up_without_another_request() {
    let (mut peer, poll) = Peer::open(config(), GRANTED);
    peer.send("<a xmlns='urn:a'/>");
    peer.client.abandon();
    assert!(peer.is_silent(), "BOSH-19.1-04");
    assert_eq!(peer.closed(), Some(CloseReason::Abandoned), "BOSH-19.1-04");
    peer.answer(poll.id, "><x xmlns='urn:x'/></body>");
    peer.seconds(1000);
    assert!(peer.event().is_none() && peer.is_silent(), "BOSH-19.1-04");
}

#[test]
fn xbosh_5_05_a_restart_may_name_the_originator() {
    let (mut peer, _poll) = Peer::open(config(), GRANTED);
    peer.client
        .restart_from(peer.now, "agent@localhost")
        .unwrap();
    assert_eq!(
        peer.sent().body,
        format!(
            "<body xmlns=\"{NS}\" xmlns:xmpp=\"urn:xmpp:xbosh\" rid=\"102\" sid=\"s1\" to=\"localhost\" \
             from=\"agent@localhost\" xml:lang=\"en\" xmpp:restart=\"true\"/>"
        ),
        "XBOSH-5-05"
    );
}

#[test]
fn an_empty_request_waits_until_the_events_were_heard() {
    // What the host says to the features takes the place of an empty request.
    let mut peer = Peer::new(config());
    let create = peer.sent();
    peer.answer(create.id, &format!("{GRANTED}><f xmlns='urn:f'/></body>"));
    assert!(peer.is_silent(), "two events are waiting");
    assert!(peer.event().is_some());
    assert_eq!(peer.payload(), "f");
    peer.send("<auth xmlns='urn:a'/>");
    let auth = peer.sent();
    assert_eq!(
        auth.body,
        format!("<body xmlns=\"{NS}\" rid=\"101\" sid=\"s1\"><auth xmlns='urn:a'/></body>")
    );
    assert!(peer.is_silent(), "that request is one to answer");

    // A host that has nothing to say lets it go, in whichever order it drains.
    peer.answer(auth.id, "><success xmlns='urn:a'/></body>");
    assert!(peer.is_silent());
    assert_eq!(peer.payload(), "success");
    assert_eq!(peer.text(), empty(102), "BOSH-10-01: at once");
}

#[test]
fn an_empty_request_is_not_held_back_for_a_host_that_takes_no_events() {
    let mut peer = Peer::new(config());
    let create = peer.sent();
    peer.answer(create.id, &format!("{GRANTED}/>"));
    assert!(peer.is_silent());
    assert_eq!(peer.client.poll_timeout(), Some(peer.now), "it is due now");
    peer.seconds(0);
    assert_eq!(peer.text(), empty(101), "BOSH-10-01");
    assert_eq!(
        peer.client.poll_timeout(),
        Some(Duration::from_secs(70)),
        "`wait` and a margin"
    );
}
