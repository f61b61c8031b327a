//! Hostile peers: any requests against the server, any responses against the client.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bosh::Rid;
use bosh::session::{
    Client, ClientConfig, ClientEvent, Event, Farewell, Manager, RequestId, RequestSlot,
    ServerConfig, SessionId,
};
use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

const NS: &str = "http://jabber.org/protocol/httpbind";

/// Attributes and content of a request or response, mostly sensible.
fn wrapper() -> impl Strategy<Value = String> {
    let attribute = prop_oneof![
        4 => Just(String::new()),
        1 => (0_u32..200).prop_map(|seconds| format!(" pause='{seconds}'")),
        1 => Just(" type='terminate'".to_owned()),
        1 => Just(" type='error'".to_owned()),
        1 => Just(" condition='item-not-found'".to_owned()),
        1 => Just(" xmlns:x='urn:xmpp:xbosh' x:restart='true'".to_owned()),
        1 => (990_u32..1010).prop_map(|rid| format!(" ack='{rid}'")),
        1 => (99_u32..110).prop_map(|rid| format!(" report='{rid}'")),
        1 => Just(" key='0'".to_owned()),
        1 => Just(" hold='0' wait='0'".to_owned()),
        1 => Just(" wait='-'".to_owned()),
    ];
    let content = prop_oneof![
        3 => Just("/>".to_owned()),
        3 => Just("><message xmlns='jabber:client'><body>x</body></message></body>".to_owned()),
        1 => Just("><a xmlns='urn:a'/><b/></body>".to_owned()),
        1 => Just(">text</body>".to_owned()),
        1 => Just("><uri>https://b/</uri></body>".to_owned()),
        1 => Just("><unclosed></body>".to_owned()),
        1 => "[<>&'/a-c =]{0,12}",
    ];
    (attribute, content).prop_map(|(attribute, content)| format!("{attribute}{content}"))
}

#[derive(Clone, Debug)]
enum Step {
    Request { session: u8, rid: u64, rest: String },
    Create { rest: String },
    Bytes(Vec<u8>),
    Wait(u64),
    Send,
    Close,
    Disconnect(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1_u8..3, 998_u64..1012, wrapper())
            .prop_map(|(session, rid, rest)| Step::Request { session, rid, rest }),
        1 => wrapper().prop_map(|rest| Step::Create { rest }),
        1 => vec(any::<u8>(), 0..40).prop_map(Step::Bytes),
        2 => (0_u64..40_000).prop_map(Step::Wait),
        2 => Just(Step::Send),
        1 => Just(Step::Close),
        1 => (0_u64..30).prop_map(Step::Disconnect),
    ]
}

proptest! {
    #[test]
    fn every_request_is_answered_once_whatever_was_asked(
        steps in vec(step(), 1..40),
        ack in any::<bool>(),
    ) {
        let mut number = 0;
        let sids = move || { number += 1; format!("sid{number}") };
        let mut manager = Manager::new(ServerConfig::default(), sids);
        let mut now = Duration::ZERO;
        let mut waiting = BTreeMap::new();
        let mut sessions = Vec::new();
        let mut ended = BTreeSet::new();
        let mut slots = 0;
        let mut post = |manager: &mut Manager, waiting: &mut BTreeMap<_, _>, now, body: Vec<u8>| {
            let slot = RequestSlot(slots);
            slots += 1;
            let session = manager.handle_request(now, slot, Bytes::from(body));
            waiting.insert(slot, session);
        };
        let ack = if ack { " ack='1'" } else { "" };
        let create = |rest: &str| format!("<body xmlns='{NS}' rid='1000' to='a' ver='1.6'{ack}{rest}");
        post(&mut manager, &mut waiting, now, create("/>").into_bytes());
        for step in steps {
            match step {
                Step::Request { session, rid, rest } => {
                    let body = format!("<body xmlns='{NS}' sid='sid{session}' rid='{rid}'{rest}");
                    post(&mut manager, &mut waiting, now, body.into_bytes());
                }
                Step::Create { rest } => {
                    post(&mut manager, &mut waiting, now, create(&rest).into_bytes());
                }
                Step::Bytes(bytes) => post(&mut manager, &mut waiting, now, bytes),
                Step::Wait(millis) => {
                    now += Duration::from_millis(millis);
                    manager.handle_timeout(now);
                }
                Step::Send => {
                    if let Some(&session) = sessions.last() {
                        let _ = manager.send(now, session, Bytes::from_static(b"<s xmlns='urn:s'/>"));
                    }
                }
                Step::Close => {
                    if let Some(&session) = sessions.first() {
                        let _ = manager.close(now, session, Farewell::plain());
                    }
                }
                Step::Disconnect(slot) => {
                    let slot = RequestSlot(slot);
                    if let Some(session) = waiting.remove(&slot) {
                        let session = session.expect("who is refused does not wait");
                        manager.handle_disconnect(now, session, slot);
                    }
                }
            }
            drain(&mut manager, &mut waiting, &mut sessions, &mut ended)?;
        }
        // Every timer runs out, and with it every session.
        for _ in 0..50 {
            let Some(deadline) = manager.poll_timeout() else { break };
            now = now.max(deadline);
            manager.handle_timeout(now);
            drain(&mut manager, &mut waiting, &mut sessions, &mut ended)?;
        }
        prop_assert!(waiting.is_empty(), "never answered: {waiting:?}");
        prop_assert!(manager.is_empty());
        prop_assert_eq!(sessions.len(), ended.len());
    }

    #[test]
    fn a_client_comes_out_of_any_responses(
        responses in vec((0_u64..6, 0_u32..3, 0_u8..12, wrapper()), 1..30),
    ) {
        let mut client = Client::new(ClientConfig::new("a", Rid::new(100).unwrap()));
        let mut now = Duration::ZERO;
        client.open(now).unwrap();
        let mut newest = 100;
        let mut closed = 0;
        let mut first = true;
        for (back, attempt, status, rest) in responses {
            while let Some(transmit) = client.poll_transmit() {
                newest = newest.max(transmit.id.rid.get());
                prop_assert!(transmit.body.starts_with(b"<body "));
            }
            let rid = Rid::new(newest.saturating_sub(back).max(1)).unwrap();
            let id = RequestId { rid, attempt: attempt + 1 };
            let granted = if first { " sid='s' wait='9' hold='1' requests='2' ver='1.6'" } else { "" };
            first = false;
            let body = Bytes::from(format!("<body xmlns='{NS}'{granted}{rest}"));
            match status {
                0 => client.handle_failure(now, id),
                1 => client.handle_response(now, id, 503, &Bytes::new()),
                2 => { let _ = client.send(now, Bytes::from_static(b"<a xmlns='urn:a'/>")); }
                3 => { now += Duration::from_secs(3); client.handle_timeout(now); }
                _ => client.handle_response(now, id, 200, &body),
            }
            while let Some(event) = client.poll_event() {
                prop_assert_eq!(closed, 0, "nothing follows the end");
                closed += usize::from(matches!(event, ClientEvent::Closed { .. }));
            }
        }
        // Nobody answers any more: the client gives up.
        for _ in 0..200 {
            while client.poll_transmit().is_some() {}
            let Some(deadline) = client.poll_timeout() else { break };
            now = now.max(deadline);
            client.handle_timeout(now);
        }
        prop_assert!(client.is_closed(), "{client:?}");
    }
}

fn drain(
    manager: &mut Manager,
    waiting: &mut BTreeMap<RequestSlot, Option<SessionId>>,
    sessions: &mut Vec<SessionId>,
    ended: &mut BTreeSet<SessionId>,
) -> Result<(), TestCaseError> {
    while let Some(transmit) = manager.poll_transmit() {
        prop_assert!(
            waiting.remove(&transmit.slot).is_some(),
            "{:?} was not waiting",
            transmit.slot
        );
        prop_assert!(
            transmit.status == 200,
            "every client here names its version"
        );
        let read = bosh::BodyCodec::default().decode(&transmit.body);
        prop_assert!(read.is_ok(), "{read:?}");
    }
    while let Some((session, event)) = manager.poll_event() {
        prop_assert!(!ended.contains(&session), "nothing follows the end");
        match event {
            Event::Open(_) => sessions.push(session),
            Event::Terminated { .. } => {
                ended.insert(session);
            }
            Event::Payload(payload) => {
                prop_assert!(payload.to_element(&bosh::xml::Limits::default()).is_ok());
            }
            Event::Restart(_) | _ => {}
        }
    }
    Ok(())
}
