//! bosh: wrappers, and a connection manager under any sequence of requests and calls.

mod client;
mod session;

pub use client::client;
pub use session::session;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bosh::session::{Event, Farewell, Manager, RequestSlot, ServerConfig, SessionId};
use bosh::{Body, BodyCodec};
use bytes::Bytes;
use wire_xml::{Element, ErrorKind, Limits};

/// A wrapper; what can be read is written and read again as the same.
pub fn body(data: &[u8]) {
    let codec = BodyCodec::new(Limits::default());
    let Ok(body) = codec.decode(&Bytes::copy_from_slice(data)) else {
        return;
    };
    let written = body.to_bytes();
    let again = BodyCodec::new(Limits::default().with_document(usize::MAX)).decode(&written);
    let Ok(again) = again else {
        panic!("{again:?} in {}", String::from_utf8_lossy(&written));
    };
    assert_eq!(elements(&again), elements(&body));
    assert_eq!(without_payloads(again), without_payloads(body));
}

/// Payloads as trees. One that is well-formed as far as the wrapper goes may be refused when it is read. One in no
/// namespace is written into the wrapper's, where it counts as a stanza.
fn elements(body: &Body) -> Vec<Result<Element, ErrorKind>> {
    body.payloads
        .iter()
        .map(|payload| payload.to_element(&Limits::default()).map_err(|error| error.kind))
        .filter(|element| !matches!(element, Ok(element) if ["", "jabber:client"].contains(&element.ns())))
        .collect()
}

fn without_payloads(mut body: Body) -> Body {
    body.payloads.clear();
    body
}

/// A sequence of requests, calls and waiting, one step for each byte or two.
///
/// Every request is answered exactly once, or its connection was closed; nothing follows the end of a session; what
/// goes out is a wrapper.
pub fn manager(data: &[u8]) {
    let mut scene = Scene::new();
    let mut data = data;
    while let [step, argument, rest @ ..] = data {
        data = rest;
        if step % 12 == 6 {
            let (raw, rest) = data.split_at(data.len().min(usize::from(*argument)));
            data = rest;
            scene.request(raw.to_vec());
        } else {
            scene.step(*step % 12, u64::from(*argument));
        }
    }
    scene.manager.shutdown(scene.now);
    scene.drain();
    // Longer than any timer: what still waits is answered now.
    for _ in 0..8 {
        scene.step(7, 255);
        scene.now += Duration::from_secs(600);
    }
    assert!(
        scene.waiting.is_empty(),
        "never answered: {:?}",
        scene.waiting
    );
}

struct Scene {
    manager: Manager,
    now: Duration,
    slots: u64,
    waiting: BTreeMap<RequestSlot, Option<SessionId>>,
    live: BTreeSet<SessionId>,
    ended: BTreeSet<SessionId>,
    /// Session name to the highest request id used, in the order the sessions were made.
    rids: BTreeMap<u64, u64>,
}

impl Scene {
    fn new() -> Self {
        let mut last = 0_u64;
        let sids = move || {
            last += 1;
            format!("s{last}")
        };
        Self {
            manager: Manager::new(ServerConfig::default(), sids),
            now: Duration::ZERO,
            slots: 0,
            waiting: BTreeMap::new(),
            live: BTreeSet::new(),
            ended: BTreeSet::new(),
            rids: BTreeMap::new(),
        }
    }

    fn step(&mut self, step: u8, argument: u64) {
        match step {
            0 => {
                self.rids.insert(self.rids.len() as u64 + 1, 1000);
                let (wait, hold) = (argument % 64, argument / 64);
                self.wrapper(
                    &format!("rid='1000' to='localhost' wait='{wait}' hold='{hold}' ver='1.11'"),
                    "",
                );
            }
            1 => self.next(
                argument,
                "",
                "<iq type='get' id='1' xmlns='jabber:client'/>",
            ),
            2 => self.next(argument, "", ""),
            3 => self.next(argument, "type='terminate'", ""),
            4 => self.next(
                argument,
                "xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh' to='localhost'",
                "",
            ),
            5 => self.next(argument, &format!("pause='{argument}'"), ""),
            7 => {
                self.now += Duration::from_millis(argument * 500);
                self.manager.handle_timeout(self.now);
            }
            8 => {
                let nth = self.waiting.iter().nth(argument as usize);
                if let Some((slot, session)) = nth.map(|(&slot, &session)| (slot, session)) {
                    self.waiting.remove(&slot);
                    let session = session.expect("who is refused does not wait");
                    self.manager.handle_disconnect(self.now, session, slot);
                }
            }
            9 => {
                if let Some(id) = self.pick(argument) {
                    // A full queue refuses; so does a session that is being ended.
                    let _ = self.manager.send(
                        self.now,
                        id,
                        Bytes::from_static(b"<message xmlns='jabber:client'/>"),
                    );
                }
            }
            10 => {
                if let Some(id) = self.pick(argument) {
                    let _ = self.manager.close(self.now, id, Farewell::plain());
                }
            }
            _ => {
                if let Some(id) = self.pick(argument) {
                    let _ = self.manager.set_authenticated(id);
                }
            }
        }
        self.drain();
    }

    /// A request of some session near its highest request id: behind, at it, and ahead.
    fn next(&mut self, argument: u64, attributes: &str, payload: &str) {
        let name = argument % 4 + 1;
        let Some(rid) = self.rids.get_mut(&name) else {
            return;
        };
        let shifted = (*rid + argument / 4 % 8).saturating_sub(3);
        *rid = shifted.max(*rid);
        self.wrapper(
            &format!("rid='{shifted}' sid='s{name}' {attributes}"),
            payload,
        );
    }

    fn wrapper(&mut self, attributes: &str, payload: &str) {
        let text = format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' {attributes}>{payload}</body>"
        );
        self.request(text.into_bytes());
    }

    fn request(&mut self, body: Vec<u8>) {
        self.slots += 1;
        let slot = RequestSlot(self.slots);
        let session = self
            .manager
            .handle_request(self.now, slot, Bytes::from(body));
        self.waiting.insert(slot, session);
        self.drain();
    }

    fn pick(&self, argument: u64) -> Option<SessionId> {
        self.live.iter().nth(argument as usize % 4).copied()
    }

    fn drain(&mut self) {
        loop {
            let mut quiet = true;
            while let Some((id, event)) = self.manager.poll_event() {
                quiet = false;
                assert!(!self.ended.contains(&id), "{event:?} after the end of {id}");
                match event {
                    Event::Open(_) => assert!(self.live.insert(id), "{id} was opened twice"),
                    Event::Terminated { .. } => {
                        self.live.remove(&id);
                        self.ended.insert(id);
                    }
                    _ => assert!(
                        self.live.contains(&id),
                        "{event:?} of {id}, which was never opened"
                    ),
                }
            }
            while let Some(response) = self.manager.poll_transmit() {
                quiet = false;
                assert!(
                    self.waiting.remove(&response.slot).is_some(),
                    "{:?} was answered twice",
                    response.slot
                );
                if response.status == 200 {
                    let body = BodyCodec::new(Limits::default()).decode(&response.body);
                    assert!(
                        body.is_ok(),
                        "{body:?}: {}",
                        String::from_utf8_lossy(&response.body)
                    );
                }
            }
            if quiet {
                return;
            }
        }
    }
}
