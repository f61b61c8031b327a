//! Recorded sessions, made by `transcripts/record.py`: our server answers the clients of the field, and our client accepts
//! our server as it was recorded with Strophe.js and stanza. Foreign servers are in `profiles.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking, and looks at the few things that it names"
)]

#[path = "common/transcript.rs"]
mod transcript;

use std::collections::BTreeMap;
use std::time::Duration;

use bosh::session::{
    Client, ClientConfig, ClientEvent, CloseReason, Event, Manager, RequestSlot, ServerConfig,
    SessionId, Transmit,
};
use bosh::{BodyCodec, BodyKind, Condition, Rid};
use bytes::Bytes;
use transcript::{Replay, Step, Transcript, read};

/// Our server in the place of the recorded one: what it told its host, and its answers by the number of the request.
struct Served {
    told: Vec<String>,
    answers: BTreeMap<usize, Transmit>,
    /// Which session each request was for.
    sessions: BTreeMap<usize, SessionId>,
    manager: Manager,
    now: Duration,
}

impl Served {
    /// The host answers each stanza by an element of its own; presence and messages of the client it sends back.
    fn by(name: &str) -> Self {
        let transcript = Transcript::read(name);
        let sid = || "SID".to_owned();
        let mut served = Self {
            told: Vec::new(),
            answers: BTreeMap::new(),
            sessions: BTreeMap::new(),
            manager: Manager::new(ServerConfig::default(), sid),
            now: Duration::ZERO,
        };
        for step in &transcript.steps {
            match step {
                Step::Request(number, body) => {
                    served.pass(Duration::from_millis(100));
                    let slot = RequestSlot(*number as u64);
                    let session = served
                        .manager
                        .handle_request(served.now, slot, body.clone());
                    served.sessions.extend(session.map(|id| (*number, id)));
                }
                Step::Broken(number) => {
                    let slot = RequestSlot(*number as u64);
                    let session = served.sessions[number];
                    served.manager.handle_disconnect(served.now, session, slot);
                }
                Step::Silence(_, seconds) | Step::Passed(seconds) => {
                    served.pass(Duration::from_secs(*seconds));
                }
                Step::Response { .. } => {}
            }
            served.drain();
        }
        served
    }

    fn drain(&mut self) {
        while let Some((session, event)) = self.manager.poll_event() {
            let answer = match &event {
                Event::Open(_) | Event::Restart(_) => Some("<features xmlns='urn:f'/>".into()),
                Event::Payload(payload) => match payload.name().local() {
                    "auth" => Some("<success xmlns='urn:f'/>".into()),
                    "iq" => Some("<iq xmlns='jabber:client' type='result'/>".into()),
                    _ => Some(payload.to_standalone()),
                },
                _ => None,
            };
            if let Some(answer) = answer {
                // An ended session takes no answer.
                let _ = self.manager.send(self.now, session, answer);
            }
            self.told.push(match event {
                Event::Open(open) => format!("open {}", open.to.unwrap()),
                Event::Restart(restart) => format!("restart {}", restart.to.unwrap()),
                Event::Payload(payload) => payload.name().local().to_owned(),
                Event::Terminated { reason, .. } => format!("{reason:?}"),
                _ => "?".to_owned(),
            });
        }
        while let Some(answer) = self.manager.poll_transmit() {
            let number = usize::try_from(answer.slot.0).unwrap();
            let twice = self.answers.insert(number, answer);
            assert_eq!(twice, None, "one answer for one request");
        }
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.manager.poll_timeout().filter(|&at| at <= end) {
            self.now = self.now.max(at);
            self.manager.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    /// Names of the payloads in an answer.
    fn payloads(&self, number: usize) -> Vec<String> {
        let body = read(&self.answers[&number].body);
        let names = body
            .payloads
            .iter()
            .map(|payload| payload.name().local().to_owned());
        names.collect()
    }

    fn condition(&self, number: usize) -> Option<Condition> {
        read(&self.answers[&number].body).condition
    }

    fn kind(&self, number: usize) -> BodyKind {
        read(&self.answers[&number].body).kind
    }

    /// How many requests were answered by a wrapper.
    fn answered(&self) -> usize {
        let is_wrapper = |answer: &&Transmit| {
            answer.status == 200
                && answer.content_type == "text/xml; charset=utf-8"
                && BodyCodec::default().decode(&answer.body).is_ok()
        };
        self.answers.values().filter(is_wrapper).count()
    }
}

const LOGIN: [&str; 5] = [
    "open localhost",
    "auth",
    "restart localhost",
    "iq",
    "presence",
];

fn login_and(rest: &[&str]) -> Vec<String> {
    let all = LOGIN.iter().chain(rest);
    all.map(|&name| name.to_owned()).collect()
}

#[test]
fn our_server_serves_a_scripted_client() {
    let served = Served::by("prosody-login");
    assert_eq!(
        served.told,
        login_and(&["presence", "Peer(None)"]),
        "XBOSH-5-07"
    );
    assert_eq!(served.answered(), 6, "BOSH-8-03");
    let served = Served::by("prosody-terminate");
    assert_eq!(served.told, login_and(&["Peer(None)"]));
    assert_eq!(served.answered(), 7, "BOSH-8-03");
    assert_eq!(
        (served.kind(6), served.kind(7)),
        (BodyKind::Terminate, BodyKind::Normal),
        "BOSH-13-04"
    );
}

#[test]
fn our_server_delivers_what_a_scripted_client_sends_itself() {
    for name in ["prosody-message", "ejabberd-message"] {
        let served = Served::by(name);
        let expected = login_and(&["message", "message", "Peer(None)"]);
        assert_eq!(served.told, expected, "BOSH-8-02");
        let is_empty = served.payloads(6).is_empty();
        assert!(is_empty, "BOSH-8-06: it gives way to the next one");
        assert_eq!(served.payloads(7), ["message"], "BOSH-8-07");
        let all = if name == "prosody-message" { 9 } else { 11 };
        assert_eq!(served.answered(), all, "BOSH-8-03");
    }
    let served = Served::by("ejabberd-namespace");
    assert_eq!(served.payloads(6), ["message"]);
    let message = read(&served.answers[&6].body).payloads[0]
        .to_element(&bosh::xml::Limits::default())
        .unwrap();
    assert!(message.is("jabber:client", "message"), "XBOSH-2-04");
    let text = message.child("jabber:client", "body").unwrap().text();
    assert_eq!(text, "no xmlns", "XBOSH-2-04, J8");
}

#[test]
fn our_server_lets_a_scripted_client_pause() {
    let served = Served::by("ejabberd-pause");
    assert_eq!(served.told, login_and(&["message", "Peer(None)"]));
    assert_eq!(served.answered(), 9, "BOSH-8-03");
    for number in [6, 7] {
        let is_empty = served.payloads(number).is_empty();
        assert!(is_empty, "BOSH-10-09, BOSH-10-10: {number}");
    }
    assert_eq!(served.payloads(8), ["message"], "BOSH-10-12");
}

#[test]
fn our_server_takes_keys_and_refuses_a_wrong_one() {
    let served = Served::by("ejabberd-keys");
    assert_eq!(served.told[..4], login_and(&[])[..4], "BOSH-15.5-02");
    assert_eq!(
        served.condition(5),
        Some(Condition::ItemNotFound),
        "BOSH-15.3-04"
    );
    assert!(
        !served.told.contains(&"presence".to_owned()),
        "nothing of it is heard"
    );
}

#[test]
fn our_server_keeps_the_order_that_a_scripted_client_does_not() {
    let served = Served::by("ejabberd-early");
    assert_eq!(
        served.told,
        login_and(&["message"]),
        "BOSH-14.2-01, BOSH-14.3-04"
    );
    let lower = served.payloads(7).is_empty();
    assert!(lower, "BOSH-8-07: the lower id is answered first");
    assert_eq!(served.payloads(6), ["message"], "BOSH-8-07");
    // A held request whose connection broke is one that may come again.
    let served = Served::by("prosody-older");
    assert_eq!(served.told, login_and(&["message"]));
    assert_eq!(served.kind(8), BodyKind::Normal, "BOSH-14.3-03");
    // One that was answered, and one that is held.
    let served = Served::by("prosody-repeat");
    assert_eq!(served.told, login_and(&["Peer(None)"]), "BOSH-14.3-04");
    assert_eq!(
        served.answers[&6].body, served.answers[&5].body,
        "BOSH-14.3-04"
    );
    assert_eq!(served.kind(7), BodyKind::Error, "BOSH-14.3-05");
    assert_eq!(served.answered(), 9);
}

#[test]
fn our_server_grants_what_a_scripted_client_asks_for() {
    let served = Served::by("ejabberd-content");
    let kinds: Vec<_> = served
        .answers
        .values()
        .map(|answer| &answer.content_type[..])
        .collect();
    assert_eq!(kinds, ["text/html; charset=utf-8"; 2], "BOSH-7.1-19");
    let served = Served::by("ejabberd-polling");
    assert_eq!(served.told, login_and(&["message", "Peer(None)"]));
    let granted = read(&served.answers[&1].body);
    assert_eq!(granted.hold, Some(0), "BOSH-7.2-10");
    assert_eq!(served.payloads(6), ["presence"], "BOSH-12-06");
    assert_eq!(served.answered(), 8, "BOSH-8-03");
}

#[test]
fn our_server_tells_errors_the_way_the_client_knows() {
    let served = Served::by("ejabberd-legacy");
    assert_eq!(
        served.answers[&2].status, 404,
        "BOSH-17.1-02: it announced no version"
    );
    let served = Served::by("ejabberd-unknown");
    assert_eq!(
        served.condition(1),
        Some(Condition::ItemNotFound),
        "BOSH-17.2-08"
    );
    let served = Served::by("ejabberd-malformed");
    assert_eq!(
        served.condition(6),
        Some(Condition::BadRequest),
        "BOSH-6-02"
    );
}

#[test]
fn our_server_serves_strophe_and_our_client_takes_its_place() {
    let served = Served::by("strophe-login");
    let expected = [
        "open localhost",
        "auth",
        "restart localhost",
        "iq",
        "iq",
        "presence",
        "message",
        "presence",
        "Peer(None)",
    ];
    assert_eq!(served.told, expected);
    assert_eq!(served.answered(), 8, "BOSH-8-03");
    assert_eq!(served.payloads(6), ["presence", "message"], "BOSH-8-01");

    let transcript = Transcript::read("strophe-login");
    let mut replay = Replay::new(&transcript, |config| {
        let version = transcript.request(1).ver;
        let mut config = config.with_version(version).with_acks(false);
        config.content = transcript.request(1).content;
        config
    });
    replay.run(&transcript, 6);
    let expected = [
        "opened by localhost",
        "features",
        "success",
        "features",
        "iq",
        "iq",
    ];
    assert_eq!(replay.events, expected);
}

#[test]
fn our_server_serves_stanza_and_our_client_takes_its_place() {
    let served = Served::by("stanza-login");
    assert_eq!(served.told, login_and(&["message", "Peer(None)"]));
    assert_eq!(served.answered(), 8, "BOSH-8-03");
    // It asks to hold two, and goes by what it gets.
    let granted = read(&served.answers[&1].body);
    assert_eq!((granted.hold, granted.requests), (Some(1), Some(2)));
    assert_eq!(served.payloads(5), ["presence"], "BOSH-8-01");
    assert_eq!(served.payloads(6), ["message"], "BOSH-8-01");
    assert_eq!(
        (served.kind(7), served.kind(8)),
        (BodyKind::Terminate, BodyKind::Normal),
        "BOSH-13-04: the held one is told"
    );

    // As far as the restart, in which stanza leaves the language out.
    let transcript = Transcript::read("stanza-login");
    let mut replay = Replay::new(&transcript, |config| {
        let asked = transcript.request(1);
        let wait = Duration::from_secs(asked.wait.unwrap().into());
        config
            .with_version(asked.ver)
            .with_acks(false)
            .with_wait(wait, asked.hold.unwrap())
    });
    replay.run(&transcript, 3);
    let expected = ["opened by localhost", "features", "success"];
    assert_eq!(replay.events, expected);
}

#[test]
fn a_wrapper_with_an_attribute_twice_is_survived() {
    // As ejabberd 23.01 may answer what comes while it ends a session by a stream error.
    let twice = "<body type='terminate' condition='remote-stream-error' \
                 xmlns='http://jabber.org/protocol/httpbind' type='terminate'/>";
    let twice = Bytes::from_static(twice.as_bytes());
    assert!(BodyCodec::default().decode(&twice).is_err(), "BOSH-6-02");
    let rid = Rid::new(1000).unwrap();
    let mut client = Client::new(ClientConfig::new("localhost", rid));
    client.open(Duration::ZERO).unwrap();
    let mut now = Duration::ZERO;
    let mut reason = None;
    while reason.is_none() {
        while let Some(request) = client.poll_transmit() {
            client.handle_response(now, request.id, 200, &twice);
        }
        if let Some(ClientEvent::Closed { reason: why, .. }) = client.poll_event() {
            reason = Some(why);
        }
        now = client.poll_timeout().unwrap_or(now);
        client.handle_timeout(now);
    }
    assert_eq!(reason, Some(CloseReason::Malformed), "BOSH-6-02");
}
