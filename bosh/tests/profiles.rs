//! Each profile of a server, field by field, against sessions that were recorded with that server; and our client with
//! that profile in the place of the recorded one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

#[path = "common/transcript.rs"]
mod transcript;

use std::time::Duration;

use bosh::session::{Client, ClientConfig, ClientEvent, Error, HttpErrors, Pauses, Profile};
use bosh::{BodyKind, Condition, Rid, Version};
use bytes::Bytes;
use transcript::{Replay, Transcript};

const SERVERS: [(&str, &Profile); 2] = [
    ("prosody", &Profile::PROSODY),
    ("ejabberd", &Profile::EJABBERD),
];

fn recorded(server: &str, scenario: &str) -> Transcript {
    Transcript::read(&format!("{server}-{scenario}"))
}

/// What our client with the profile tells, in the place of the recorded one.
fn heard(profile: &Profile, transcript: &Transcript, until: usize) -> Vec<String> {
    let mut replay = Replay::new(transcript, |config| config.with_profile(profile));
    replay.run(transcript, until);
    replay.events
}

const ALL: usize = usize::MAX;
const LOGIN: [&str; 6] = [
    "opened by localhost",
    "features",
    "success",
    "features",
    "iq",
    "presence",
];

fn login_and(rest: &[&str]) -> Vec<String> {
    let all = LOGIN.iter().chain(rest);
    all.map(|&name| name.to_owned()).collect()
}

#[test]
fn the_creation_responses_are_as_the_profiles_say() {
    for (server, profile) in SERVERS {
        let login = recorded(server, "login");
        let granted = login.response(1);
        assert_eq!(
            granted.ver,
            Some(profile.answers_version),
            "BOSH-7.1-06 {server}"
        );
        assert_eq!(granted.wait, Some(60), "{server}: as `wait` asks");
        assert_eq!(granted.hold, Some(profile.hold), "{server}");
        assert_eq!(granted.requests, Some(2), "{server}");
        assert_eq!(
            granted.maxpause.is_some(),
            profile.pauses.is_some(),
            "{server}"
        );
        assert_eq!(
            granted.restartlogic == Some(true),
            profile.restartlogic,
            "XBOSH-4-03 {server}"
        );
        let bytes = login.answer(1).unwrap().2;
        let secure = bytes.windows(8).any(|window| window == b" secure=");
        assert_eq!(secure, profile.secure, "OLD-1 {server}");
    }
}

#[test]
fn our_client_logs_in_and_leaves_as_recorded() {
    for (server, profile) in SERVERS {
        // Prosody says once more that the presence went.
        let gone: &[&str] = match server {
            "prosody" => &["presence", "Local(None) 0"],
            _ => &["Local(None) 0"],
        };
        assert_eq!(
            heard(profile, &recorded(server, "login"), ALL),
            login_and(gone),
            "OLD-1, OLD-6 {server}"
        );
    }
}

#[test]
fn our_client_exchanges_messages_as_recorded() {
    for (server, profile) in SERVERS {
        let expected = login_and(&["message", "message", "Local(None) 0"]);
        let transcript = recorded(server, "message");
        assert_eq!(heard(profile, &transcript, ALL), expected, "{server}");
        let transcript = recorded(server, "namespace");
        let expected = login_and(&["message", "Local(None) 0"]);
        assert_eq!(heard(profile, &transcript, ALL), expected, "{server}");
    }
}

#[test]
fn our_client_leaves_while_a_request_is_held_as_recorded() {
    for (server, profile) in SERVERS {
        let transcript = recorded(server, "terminate");
        let expected = login_and(&["Local(None) 0"]);
        assert_eq!(heard(profile, &transcript, ALL), expected, "{server}");
    }
}

#[test]
fn prosody_offers_no_pause_and_holds_it_as_any_request() {
    let transcript = recorded("prosody", "pause");
    assert!(transcript.is_silent_on(7), "the pause is held");
    assert_eq!(
        transcript.response(7).payloads.len(),
        1,
        "a later message answers it"
    );
    let mut replay = Replay::new(&transcript, |config| config.with_profile(&Profile::PROSODY));
    replay.run(&transcript, 7);
    let refused = replay.client.pause(replay.now, Duration::from_secs(10));
    assert!(matches!(refused, Err(Error::Caller { .. })), "BOSH-10-08");
}

#[test]
fn ejabberd_never_answers_a_pause_and_our_client_goes_on() {
    let transcript = recorded("ejabberd", "pause");
    assert_eq!(Profile::EJABBERD.pauses, Some(Pauses::Unanswered));
    assert!(transcript.is_silent_on(7), "the pause has no answer");
    let end = transcript.response(7).condition;
    assert_eq!(
        end,
        Some(Condition::ItemNotFound),
        "but when the session is gone"
    );
    let mut replay = Replay::new(&transcript, |config| {
        config.with_profile(&Profile::EJABBERD)
    });
    replay.run(&transcript, 8);
    let message = Bytes::from_static(b"<message xmlns='jabber:client'/>");
    for free in [true, true, false] {
        replay.client.send(replay.now, message.clone()).unwrap();
        replay.pass(Profile::EJABBERD.pace);
        let sent = replay.client.poll_transmit();
        assert_eq!(
            sent.is_some(),
            free,
            "both requests are free behind a pause"
        );
    }
    let expected = login_and(&["message", "Local(None) 0"]);
    assert_eq!(heard(&Profile::EJABBERD, &transcript, ALL), expected);
}

#[test]
fn neither_server_acknowledges() {
    for (server, profile) in SERVERS {
        let transcript = recorded(server, "acks");
        assert!(transcript.request(1).ack.is_some());
        let silent = transcript.response(1).ack.is_none() && transcript.is_silent_on(6);
        assert_eq!(profile.acks, !silent, "{server}: no `ack`, no report");
        assert_eq!(transcript.response(6).report, None, "{server}");
        // Our client does not announce them, and announcing them changes nothing.
        let mut replay = Replay::new(&transcript, |config| {
            config.with_profile(profile).with_acks(true)
        });
        replay.run(&transcript, 6);
        assert_eq!(replay.events, login_and(&[]), "{server}");
    }
}

#[test]
fn a_wrong_key_ends_the_session_where_the_profile_says_so() {
    for (server, profile) in SERVERS {
        let transcript = recorded(server, "keys");
        let ends = transcript.response(5).condition == Some(Condition::ItemNotFound);
        assert_eq!(ends, profile.keys, "{server}");
        let mut replay = Replay::new(&transcript, |config| config.with_profile(profile));
        let mut number = 0;
        replay.client = replay.client.with_keys(3, move || {
            number += 1;
            format!("seed-{number}")
        });
        replay.run(&transcript, 5);
        assert_eq!(replay.events, login_and(&[])[..5], "{server}");
    }
}

#[test]
fn neither_server_heeds_the_content_type_asked_for() {
    for (server, profile) in SERVERS {
        let transcript = recorded(server, "content");
        let asked = transcript.request(1).content.unwrap();
        for number in [1, 2] {
            let (_, given, _) = transcript.answer(number).unwrap();
            assert_eq!(given == asked, profile.content, "{server}");
            assert_eq!(given, "text/xml; charset=utf-8", "{server}");
        }
        let mut replay = Replay::new(&transcript, |config| {
            let mut config = config.with_profile(profile);
            config.content = Some(asked);
            config
        });
        replay.run(&transcript, ALL);
        assert_eq!(replay.events.last().unwrap(), "Local(None) 0", "{server}");
    }
}

#[test]
fn a_session_that_is_to_poll_is_held_all_the_same() {
    for (server, profile) in SERVERS {
        let transcript = recorded(server, "polling");
        assert_eq!(transcript.request(1).hold, Some(0));
        assert_eq!(
            profile.polls,
            !transcript.is_silent_on(6),
            "{server}: an empty request is held"
        );
        let mut replay = Replay::new(&transcript, |config| {
            config.with_profile(profile).with_wait(profile.wait, 0)
        });
        replay.run(&transcript, 7);
        assert_eq!(replay.events, login_and(&[]), "{server}");
    }
    let granted = |server| recorded(server, "polling").response(1);
    assert_eq!(granted("prosody").hold, Some(1), "more than was asked for");
    let ejabberd = granted("ejabberd");
    assert_eq!((ejabberd.hold, ejabberd.requests), (Some(0), Some(1)));
}

#[test]
fn errors_are_told_to_old_clients_by_wrappers_too() {
    for (server, profile) in SERVERS {
        for (scenario, number) in [("legacy", 2), ("unknown", 1)] {
            let transcript = recorded(server, scenario);
            let (status, _, _) = transcript.answer(number).unwrap();
            let end = transcript.response(number);
            assert_eq!((status, end.kind), (200, BodyKind::Terminate), "{server}");
            assert_eq!(end.condition, Some(Condition::ItemNotFound), "{server}");
        }
        let transcript = recorded(server, "legacy");
        let mut replay = Replay::new(&transcript, |config| {
            config.with_profile(profile).with_version(None)
        });
        replay.run(&transcript, 2);
        assert_eq!(replay.events, login_and(&[])[..2], "BOSH-7.1-05 {server}");
    }
}

#[test]
fn a_wrapper_that_is_no_xml_is_a_bad_request_whichever_way_it_is_told() {
    for (server, profile) in SERVERS {
        let transcript = recorded(server, "malformed");
        let (status, _, body) = transcript.answer(6).unwrap();
        assert_eq!(status, if server == "prosody" { 200 } else { 400 });
        assert_eq!(profile.http_errors, HttpErrors::Final, "{server}");
        let mut replay = Replay::new(&transcript, |config| config.with_profile(profile));
        replay.run(&transcript, 6);
        // Told to our client instead, to its first empty request.
        let poll = replay.client.poll_transmit().unwrap();
        replay
            .client
            .handle_response(replay.now, poll.id, status, body);
        let Some(ClientEvent::Closed { reason, .. }) = replay.client.poll_event() else {
            panic!("{server}: goes on");
        };
        assert_eq!(
            format!("{reason:?}"),
            "Peer(Some(BadRequest))",
            "BOSH-17.1-04 {server}"
        );
    }
    // Prosody ends no session by it.
    assert!(recorded("prosody", "malformed").is_silent_on(7));
}

#[test]
fn a_request_that_is_answered_or_held_may_come_again() {
    for (server, _) in SERVERS {
        let transcript = recorded(server, "repeat");
        let (_, _, answered) = transcript.answer(6).unwrap();
        assert_eq!(
            Some(answered),
            transcript.answer(5).map(|answer| answer.2),
            "BOSH-14.3-04 {server}"
        );
        assert!(
            transcript.is_silent_on(7) && transcript.is_silent_on(8),
            "{server}"
        );
        let old = transcript.response(7);
        assert!(
            old.kind == BodyKind::Normal && old.payloads.is_empty(),
            "BOSH-14.3-05 {server}: by an empty wrapper, not a recoverable error"
        );
    }
}

#[test]
fn prosody_forgets_a_held_request_when_the_next_one_comes() {
    let transcript = recorded("prosody", "older");
    let (older, newer) = (transcript.request(8).rid, transcript.request(7).rid);
    assert!(
        older < newer,
        "the older one comes again behind the newer one"
    );
    assert_eq!(transcript.request(6).rid, older, "its connection broke");
    assert_eq!(
        transcript.response(8).condition,
        Some(Condition::ItemNotFound)
    );
    let (_, profile) = SERVERS[0];
    assert!(profile.in_order);
    assert_eq!(
        recorded("ejabberd", "older").response(8).kind,
        BodyKind::Normal
    );

    let mut replay = Replay::new(&transcript, |config| config.with_profile(&Profile::PROSODY));
    replay.run(&transcript, 7);
    let message = Bytes::from_static(b"<message xmlns='jabber:client'/>");
    replay.client.send(replay.now, message).unwrap();
    assert!(
        replay.client.poll_transmit().is_none(),
        "our newer one waits"
    );
    replay.pass(Duration::from_millis(500));
    let sent = std::iter::from_fn(|| replay.client.poll_transmit());
    let rids: Vec<_> = sent
        .map(|request| transcript::read(&request.body).rid)
        .collect();
    assert_eq!(rids, [older, newer], "BOSH-14.3-03: in their order");
}

#[test]
fn ejabberd_loses_a_request_that_overtakes_an_empty_one() {
    let transcript = recorded("ejabberd", "early");
    let (ahead, turn) = (transcript.request(6), transcript.request(7));
    assert!(ahead.rid > turn.rid && turn.payloads.is_empty() && ahead.payloads.len() == 1);
    assert!(
        transcript.is_silent_on(6) && transcript.is_silent_on(7),
        "the message comes nowhere"
    );
    assert_eq!(transcript.request(8).rid, ahead.rid, "it comes again");
    assert_eq!(
        transcript.response(8).condition,
        Some(Condition::InternalServerError)
    );
    assert_eq!(
        transcript.response(9).condition,
        Some(Condition::ItemNotFound),
        "it has crashed"
    );
    assert_eq!(recorded("prosody", "early").response(7).payloads.len(), 1);

    let profile = &Profile::EJABBERD;
    assert!(profile.in_order && !profile.pace.is_zero());
    let mut replay = Replay::new(&transcript, |config| config.with_profile(profile));
    replay.run(&transcript, 6);
    let empty = replay.client.poll_transmit().unwrap();
    assert_eq!(transcript::read(&empty.body).rid, turn.rid);
    let message = Bytes::from_static(b"<message xmlns='jabber:client'/>");
    replay.client.send(replay.now, message).unwrap();
    assert!(
        replay.client.poll_transmit().is_none(),
        "ours keeps its distance"
    );
    replay.pass(profile.pace);
    assert!(replay.client.poll_transmit().is_some());
}

#[test]
fn bind_without_a_restart_ends_a_session_of_ejabberd() {
    let events = heard(&Profile::EJABBERD, &recorded("ejabberd", "unbound"), 4);
    assert_eq!(
        events,
        [
            "opened by localhost",
            "features",
            "success",
            "error",
            "Peer(Some(RemoteStreamError)) 0"
        ],
        "XBOSH-6-01"
    );
    let events = heard(&Profile::PROSODY, &recorded("prosody", "unbound"), ALL);
    assert_eq!(
        events[3..],
        ["features", "iq", "Local(None) 0"],
        "Prosody restarts by itself"
    );
}

/// There is no such server among our peers: this says what the profile is, and that a session as its documentation
/// describes it runs. It proves nothing about the server.
#[test]
fn openfire_is_asked_for_what_its_documentation_says() {
    let rid = Rid::new(100).unwrap();
    let config = ClientConfig::new("localhost", rid).with_profile(&Profile::OPENFIRE);
    let mut client = Client::new(config);
    client.open(Duration::ZERO).unwrap();
    let create = client.poll_transmit().unwrap();
    assert_eq!(
        create.body,
        concat!(
            "<body xmlns=\"http://jabber.org/protocol/httpbind\" xmlns:xmpp=\"urn:xmpp:xbosh\" rid=\"100\" ",
            "to=\"localhost\" ver=\"1.6\" wait=\"30\" hold=\"1\" ack=\"1\" xml:lang=\"en\" xmpp:version=\"1.0\"/>"
        ),
    );
    let granted = "<body xmlns='http://jabber.org/protocol/httpbind' sid='s' authid='s' secure='true' \
                   requests='2' inactivity='30' polling='5' wait='30' hold='1' ack='100' maxpause='300' ver='1.6'/>";
    client.handle_response(
        Duration::ZERO,
        create.id,
        200,
        &Bytes::from_static(granted.as_bytes()),
    );
    let Some(ClientEvent::Opened(opened)) = client.poll_event() else {
        panic!("not opened");
    };
    assert_eq!(opened.ver, Some(Version::new(1, 6)));
    let poll = client.poll_transmit().unwrap();
    client.handle_response(Duration::ZERO, poll.id, 404, &Bytes::new());
    let Some(ClientEvent::Closed { reason, .. }) = client.poll_event() else {
        panic!("goes on");
    };
    assert_eq!(format!("{reason:?}"), "Peer(Some(ItemNotFound))", "OLD-4");
}
