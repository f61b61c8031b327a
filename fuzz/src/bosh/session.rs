//! One session of a connection manager between a client that sends anything and a host that asks for anything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bosh::session::{
    Event, Farewell, PauseAboveMaximum, RequestSlot, ServerConfig, Session, StreamEvent,
    StreamName, Transmit,
};
use bosh::{BodyCodec, BodyKind, Condition, KeySequence, Payload, Rid, Sid};
use bytes::Bytes;

use super::client::number;

const FIRST: u64 = 1000;
const KEYS: usize = 128;
/// `wait`, creation grace and gap margin together, and a second.
const BOUND: Duration = Duration::from_secs(10 + 5 + 5 + 1);

/// Two bytes that pick settings of both sides, then one step for each two bytes.
///
/// Every request is answered once and within a bounded time, in the order of request ids; a repeat like the first one.
/// Payloads of the client are told once and in that order, those of the host travel once and in their order or are
/// handed back. Nothing follows the end.
pub fn session(data: &[u8]) {
    let [server, client, rest @ ..] = data else {
        return;
    };
    let mut data = rest;
    let Some(mut scene) = Scene::new(*server, *client) else {
        return;
    };
    while let [step, argument, rest @ ..] = data {
        data = rest;
        if step % 20 == 6 {
            let (raw, rest) = data.split_at(data.len().min(usize::from(*argument)));
            data = rest;
            scene.request(Bytes::copy_from_slice(raw));
        } else {
            scene.step(*step % 20, u64::from(*argument));
        }
        scene.look();
    }
    scene.end();
}

struct Scene {
    session: Session,
    now: Duration,
    slots: u64,
    /// Requests without an answer: their ids, and when they came.
    waiting: BTreeMap<RequestSlot, (u64, Duration)>,
    /// The bytes last sent under each id, and the highest of those.
    bodies: BTreeMap<u64, Bytes>,
    top: u64,
    keys: Vec<String>,
    is_lazy: bool,
    is_ended: bool,
    /// Answers without a type, by request id; the id of the newest one.
    answers: BTreeMap<u64, Bytes>,
    answered: u64,
    numbers: u64,
    /// Payloads of the client by number, with the request and its copy; those told; which copy of a request was told.
    asked: BTreeMap<u64, (u64, u64)>,
    told: BTreeSet<(String, u64)>,
    told_rid: u64,
    copies: BTreeMap<u64, u64>,
    /// Payloads of the host that were taken, that were seen in an answer, and that were handed back.
    taken: BTreeSet<u64>,
    seen: BTreeSet<u64>,
    back: BTreeSet<u64>,
    newest: BTreeMap<String, u64>,
    /// An answer may have been made that nobody saw.
    has_lost: bool,
}

impl Scene {
    fn new(server: u8, client: u8) -> Option<Self> {
        let above = [PauseAboveMaximum::Terminate, PauseAboveMaximum::Shorten];
        let mut config = ServerConfig::default()
            .with_max_wait(Duration::from_secs(10))
            .with_max_hold(u32::from(server % 3))
            .with_acks(server & 4 != 0)
            .with_max_streams(if server & 8 != 0 { 3 } else { 1 })
            .with_polling((server & 16 != 0).then_some(Duration::from_secs(2)))
            .with_inactivity((server & 32 != 0).then_some(Duration::from_secs(30)))
            .with_max_pause(
                (server & 64 != 0).then_some(Duration::from_secs(60)),
                above[usize::from(server >> 7)],
            )
            .with_creation_grace(Duration::from_secs(5))
            .with_gap_margin(Duration::from_secs(5))
            .with_bytes(256, 1024);
        config.max_stored_responses = 4096;
        let mut creation = format!("rid='{FIRST}' to='localhost'");
        for (bit, attribute) in [
            (1, " wait='10'"),
            (2, " hold='1'"),
            (4, " ver='1.11'"),
            (8, " ack='1'"),
            (16, " content='text/plain'"),
        ] {
            if client & bit != 0 {
                creation.push_str(attribute);
            }
        }
        let mut keys = Vec::new();
        if client & 32 != 0 {
            let mut sequence = KeySequence::new("seed", KEYS);
            keys.extend(std::iter::from_fn(|| sequence.take()));
            creation.push_str(&format!(" newkey='{}'", keys[0]));
        }
        let bytes = wrapper(&creation, "");
        let body = BodyCodec::default().decode(&bytes).ok()?;
        let first = (server & 8 != 0).then(|| StreamName::new("one"));
        let rid = Rid::new(FIRST)?;
        let session = Session::create_with_streams(
            Arc::new(config),
            Sid::new("s"),
            Duration::ZERO,
            RequestSlot(0),
            rid,
            body,
            first,
        );
        Some(Self {
            session,
            now: Duration::ZERO,
            slots: 0,
            waiting: BTreeMap::from([(RequestSlot(0), (FIRST, Duration::ZERO))]),
            bodies: BTreeMap::from([(FIRST, bytes)]),
            top: FIRST,
            keys,
            is_lazy: false,
            is_ended: false,
            answers: BTreeMap::new(),
            answered: 0,
            numbers: 0,
            asked: BTreeMap::new(),
            told: BTreeSet::new(),
            told_rid: 0,
            copies: BTreeMap::new(),
            taken: BTreeSet::new(),
            seen: BTreeSet::new(),
            back: BTreeSet::new(),
            newest: BTreeMap::new(),
            has_lost: false,
        })
    }

    fn step(&mut self, step: u8, argument: u64) {
        let next = self.top + 1;
        match step {
            0 => self.post(next, "", true),
            1 => self.post(next, "", false),
            2 => self.post(next + argument % 4, "", argument & 128 == 0),
            3 => {
                let rid = self.top.saturating_sub(argument % 8);
                if let Some(body) = self.bodies.get(&rid).cloned() {
                    self.request(body);
                }
            }
            4 => self.post(self.top.saturating_sub(argument % 8), "", true),
            5 => self.post(
                next,
                &format!(" pause='{argument}'"),
                argument.is_multiple_of(2),
            ),
            7 => self.post(next, " type='terminate'", argument.is_multiple_of(2)),
            8 => self.post(
                next,
                " to='localhost' xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh'",
                false,
            ),
            9 => {
                let slot = self.waiting.keys().nth(argument as usize % 4).copied();
                if let Some(slot) = slot {
                    self.waiting.remove(&slot);
                    self.has_lost = true;
                    self.session.handle_disconnect(self.now, slot);
                }
            }
            10 => self.pass(Duration::from_millis(argument * 100)),
            11 => {
                self.wake(Duration::MAX);
            }
            12 => {
                let (number, payload) = self.payload();
                if self.session.send(self.now, payload).is_ok() {
                    self.taken.insert(number);
                }
            }
            13 => self.close(argument),
            14 => self.session.set_authenticated(),
            15 => {
                let ack = self.top.saturating_sub(argument % 8);
                self.post(next, &format!(" ack='{ack}'"), argument & 128 != 0);
            }
            16 => {
                // A key that does not fit, or a new one.
                let key = &self
                    .keys
                    .get(argument as usize)
                    .cloned()
                    .unwrap_or_default();
                self.request(wrapper(
                    &format!("rid='{next}' sid='s' key='{key}' newkey='{key}'"),
                    "",
                ));
            }
            17 => {
                let stream = ["", " to='example.org'", " stream='one'", " stream='n1'"];
                let end = ["", " type='terminate'"][usize::from(argument & 128 != 0)];
                let stream = stream[argument as usize % 4];
                self.post(next, &format!("{stream}{end}"), argument & 64 != 0);
            }
            18 => self.stream(argument),
            _ => self.is_lazy = argument % 2 == 1,
        }
    }

    fn payload(&mut self) -> (u64, Bytes) {
        self.numbers += 1;
        let text = format!("<message xmlns='jabber:client' id='{}'/>", self.numbers);
        (self.numbers, text.into())
    }

    fn close(&mut self, argument: u64) {
        if argument < 128 {
            return;
        }
        let (number, payload) = self.payload();
        let farewell = match argument % 3 {
            0 => Farewell::see_other_uri("https://other/"),
            1 => Farewell::condition(Condition::SystemShutdown),
            _ => Farewell::plain(),
        };
        // It is seen, or lost with the session.
        if self
            .session
            .close(self.now, farewell.with_payload(payload))
            .is_ok()
        {
            self.taken.insert(number);
            self.has_lost = true;
        }
    }

    fn stream(&mut self, argument: u64) {
        let streams: Vec<StreamName> = self.session.streams().cloned().collect();
        let Some(stream) = streams.get(argument as usize % 3) else {
            return;
        };
        if argument >= 192 {
            let _ = self.session.send_from(self.now, stream, "backend");
            return;
        }
        let (number, payload) = self.payload();
        let done = if argument < 128 {
            self.session.send_to(self.now, stream, payload)
        } else {
            self.has_lost = true;
            self.session
                .close_stream(self.now, stream, Farewell::plain().with_payload(payload))
        };
        if done.is_ok() {
            self.taken.insert(number);
        }
    }

    /// A request with a payload of a number of its own, and the key of its place.
    fn post(&mut self, rid: u64, attributes: &str, with_payload: bool) {
        let (number, payload) = self.payload();
        let payload = String::from_utf8_lossy(&payload).into_owned();
        if with_payload {
            self.asked.insert(number, (rid, number));
        }
        let key = rid
            .checked_sub(FIRST)
            .and_then(|place| self.keys.get(place as usize));
        let key = key.map_or_else(String::new, |key| format!(" key='{key}'"));
        let payload = if with_payload { payload.as_str() } else { "" };
        self.request(wrapper(
            &format!("rid='{rid}' sid='s'{key}{attributes}"),
            payload,
        ));
    }

    fn request(&mut self, bytes: Bytes) {
        let Ok(body) = BodyCodec::default().decode(&bytes) else {
            return;
        };
        let Some(rid) = body.rid else {
            return;
        };
        self.slots += 1;
        let slot = RequestSlot(self.slots);
        self.waiting.insert(slot, (rid.get(), self.now));
        self.bodies.insert(rid.get(), bytes);
        if rid.get() <= self.top + 8 {
            self.top = self.top.max(rid.get());
        }
        let streams = self.slots;
        let mut names = || format!("n{streams}");
        self.session
            .handle_request_with_streams(self.now, slot, rid, body, &mut names);
        self.look();
    }

    /// Lets time pass, with every timer in its time.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.wake(end) {}
        self.now = end;
    }

    /// The next timer, if it is due by then.
    fn wake(&mut self, end: Duration) -> bool {
        let Some(at) = self.session.poll_timeout().filter(|&at| at <= end) else {
            return false;
        };
        self.now = self.now.max(at);
        self.session.handle_timeout(self.now);
        self.look();
        if let Some(next) = self.session.poll_timeout() {
            assert!(
                next > self.now,
                "busy at {next:?}, and it is {:?}",
                self.now
            );
        }
        for (slot, (rid, since)) in &self.waiting {
            assert!(
                *since + BOUND >= self.now,
                "{rid} at {slot:?} waits since {since:?}"
            );
        }
        true
    }

    fn end(&mut self) {
        self.is_lazy = false;
        let _ = self.session.close(self.now, Farewell::plain());
        self.look();
        for _ in 0..1000 {
            if !self.wake(Duration::MAX) {
                break;
            }
        }
        assert!(
            self.session.poll_timeout().is_none() && self.is_ended,
            "it does not end"
        );
        assert!(
            self.waiting.is_empty(),
            "never answered: {:?}",
            self.waiting
        );
        let known: BTreeSet<u64> = self.seen.union(&self.back).copied().collect();
        assert!(known.is_subset(&self.taken), "payloads that nobody sent");
        assert!(
            self.has_lost || known == self.taken,
            "{known:?} of {:?}",
            self.taken
        );
    }

    fn look(&mut self) {
        while let Some(event) = (!self.is_lazy).then(|| self.session.poll_event()).flatten() {
            self.on_event(event);
        }
        while let Some(answer) = self.session.poll_transmit() {
            self.on_answer(&answer);
        }
    }

    fn on_event(&mut self, event: Event) {
        assert!(!self.is_ended, "{event:?} after the end");
        match event {
            Event::Payload(payload) => self.on_told("", &payload),
            // What is for all streams is told to each.
            Event::Stream(StreamEvent::Payload {
                stream, payload, ..
            }) => self.on_told(stream.as_str(), &payload),
            Event::Stream(StreamEvent::Closed { undelivered, .. }) => self.on_back(&undelivered),
            Event::Terminated { undelivered, .. } => {
                self.is_ended = true;
                self.on_back(&undelivered);
            }
            _ => {}
        }
    }

    fn on_back(&mut self, undelivered: &[Bytes]) {
        for payload in undelivered {
            let text = String::from_utf8_lossy(payload);
            let number = text
                .split('\'')
                .nth(3)
                .and_then(|number| number.parse().ok());
            let number: u64 = number.expect("a payload of ours");
            assert!(
                !self.seen.contains(&number),
                "{number} was sent and is handed back"
            );
            assert!(self.back.insert(number), "{number} is handed back twice");
        }
    }

    fn on_told(&mut self, stream: &str, payload: &Payload) {
        let Some(number) = number(payload) else {
            return;
        };
        // One of a raw request says nothing.
        let Some(&(rid, copy)) = self.asked.get(&number) else {
            return;
        };
        let is_new = self.told.insert((stream.to_owned(), number));
        assert!(is_new, "{number} is told twice");
        assert!(
            rid >= self.told_rid,
            "{rid} is told behind {}",
            self.told_rid
        );
        self.told_rid = rid;
        let first = *self.copies.entry(rid).or_insert(copy);
        assert_eq!(first, copy, "two requests with the id {rid}");
    }

    fn on_answer(&mut self, answer: &Transmit) {
        let waiting = self.waiting.remove(&answer.slot);
        let Some((rid, _)) = waiting else {
            panic!("{:?} is answered, and does not wait", answer.slot);
        };
        if answer.status != 200 {
            assert!(answer.body.is_empty());
            return;
        }
        let body = BodyCodec::default().decode(&answer.body);
        let body = body
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&answer.body)));
        assert!(
            body.payloads.len() <= 512,
            "{} payloads",
            body.payloads.len()
        );
        if body.kind == BodyKind::Error {
            return;
        }
        if let Some(before) = self.answers.get(&rid) {
            // The end is told to what is stored no more.
            let is_end = body.kind == BodyKind::Terminate;
            let is_same = *before == answer.body || body.payloads.is_empty() || is_end;
            assert!(is_same, "the answer to {rid} has changed");
            return;
        }
        if body.kind == BodyKind::Normal {
            assert!(
                rid > self.answered || body.payloads.is_empty(),
                "{rid} behind {}",
                self.answered
            );
            self.answered = self.answered.max(rid);
            self.answers.insert(rid, answer.body.clone());
        }
        let stream = body.stream.unwrap_or_default();
        for number in body.payloads.iter().filter_map(number) {
            if !self.seen.insert(number) {
                // The end may be told again.
                assert_eq!(body.kind, BodyKind::Terminate, "{number} travels twice");
                continue;
            }
            assert!(
                !self.back.contains(&number),
                "{number} was handed back and is sent"
            );
            let newest = self.newest.insert(stream.clone(), number);
            assert!(
                newest.is_none_or(|newest| newest < number),
                "{number} behind {newest:?}"
            );
        }
    }
}

fn wrapper(attributes: &str, payload: &str) -> Bytes {
    format!("<body xmlns='http://jabber.org/protocol/httpbind' {attributes}>{payload}</body>")
        .into()
}
