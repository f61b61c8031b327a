//! A BOSH client between a server that answers anything and an application that asks for anything.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bosh::session::{
    Client, ClientConfig, ClientEvent, ClientStreamEvent, Farewell, Profile, RequestId, StreamName,
    StreamRequest,
};
use bosh::{BodyCodec, Condition, Payload, Rid, Sid};
use bytes::Bytes;

const FIRST: u64 = 1000;
const MAX_REQUESTS: usize = 4;

/// A byte that picks the settings, then one step for each two bytes.
///
/// Every request goes out once for each attempt, with the next id or the bytes that it had before. A payload of the
/// application travels in one request, in its order, or is handed back when the session ends. A payload of the server is
/// told once, in the order of request ids. Nothing follows the end, and silence leads there.
pub fn client(data: &[u8]) {
    let Some((&settings, mut data)) = data.split_first() else {
        return;
    };
    let mut scene = Scene::new(settings);
    while let [step, argument, rest @ ..] = data {
        data = rest;
        if step % 20 == 6 {
            let (raw, rest) = data.split_at(data.len().min(usize::from(*argument)));
            data = rest;
            scene.answer(0, 200, raw.to_vec(), None);
        } else {
            scene.step(*step % 20, u64::from(*argument));
        }
        scene.look();
    }
    scene.is_lazy = false;
    scene.look();
    scene.fall_silent();
}

struct Scene {
    client: Client,
    now: Duration,
    /// HTTP requests without an answer.
    waiting: Vec<RequestId>,
    /// Bytes of each request, and how often it went out.
    requests: BTreeMap<u64, (Bytes, u32)>,
    /// The application does not take events.
    is_lazy: bool,
    is_closed: bool,
    max_pause: Option<u64>,
    /// Numbers of payloads that the client took, and of those that it sent or handed back.
    taken: BTreeSet<u64>,
    gone: BTreeSet<u64>,
    /// Number of the newest payload that travelled.
    newest: BTreeMap<String, u64>,
    numbers: u64,
    /// Payloads of the server by number, with the request that they answered; and the highest one told.
    answers: BTreeMap<u64, u64>,
    told: BTreeSet<u64>,
    told_rid: u64,
}

impl Scene {
    fn new(settings: u8) -> Self {
        let profiles = [
            Profile::XEP,
            Profile::OPENFIRE,
            Profile::PROSODY,
            Profile::EJABBERD,
        ];
        let mut config = ClientConfig::new("localhost", Rid::new(FIRST).expect("a rid"))
            .with_profile(&profiles[usize::from(settings % 4)])
            .with_acks(settings & 4 != 0)
            .with_wait(Duration::from_secs(10), u32::from(settings & 8 == 0));
        config.max_requests = MAX_REQUESTS;
        config.max_queue = 4096;
        config.max_request = 256;
        if settings & 16 != 0 {
            config = config.with_version(None);
        }
        let mut client = Client::new(config);
        if settings & 32 != 0 {
            client = client.with_keys(3, || "seed".to_owned());
        }
        client.open(Duration::ZERO).expect("it is new");
        let mut scene = Self {
            client,
            now: Duration::ZERO,
            waiting: Vec::new(),
            requests: BTreeMap::new(),
            is_lazy: false,
            is_closed: false,
            max_pause: None,
            taken: BTreeSet::new(),
            gone: BTreeSet::new(),
            newest: BTreeMap::new(),
            numbers: 0,
            answers: BTreeMap::new(),
            told: BTreeSet::new(),
            told_rid: 0,
        };
        scene.look();
        scene
    }

    fn step(&mut self, step: u8, argument: u64) {
        let now = self.now;
        let pick = argument as usize;
        match step {
            0 => self.wrap(pick, "/>"),
            1 => self.carry(pick, "", "message"),
            2 => {
                let requests = argument / 4 % 4;
                let stream = ["", " stream='one'"][usize::from(argument & 64 != 0)];
                let pause = ["", " maxpause='60'"][usize::from(argument & 128 != 0)];
                let hold = argument % 2;
                self.carry(
                    0,
                    &format!(
                        " sid='s' wait='10' hold='{hold}' requests='{requests}' inactivity='30' ver='1.6'{stream}{pause}"
                    ),
                    "features",
                );
            }
            3 => {
                let ends = [
                    "/>",
                    " condition='item-not-found'/>",
                    " condition='other-request'/>",
                    " condition='see-other-uri'><uri>https://other/</uri></body>",
                ];
                let end = ends[pick / 4 % 4];
                self.wrap(pick, &format!(" type='terminate'{end}"));
            }
            4 => self.wrap(pick, " type='error'/>"),
            5 => {
                let id = FIRST + argument / 4 % 8;
                let name = ["ack", "report"][usize::from(argument & 128 != 0)];
                self.carry(pick, &format!(" {name}='{id}'"), "message");
            }
            7 => {
                let status = [400, 403, 404, 500, 502, 200, 0, 301][pick / 4 % 8];
                self.answer(pick, status, Vec::new(), None);
            }
            8 => {
                if let Some(id) = self.take(pick) {
                    self.client.handle_failure(now, id);
                }
            }
            9 => {
                self.now += Duration::from_millis(argument * 50);
                self.client.handle_timeout(self.now);
            }
            10 => self.wake(),
            11 => self.send(argument),
            12 => drop(self.client.restart(now)),
            13 => drop(self.client.pause(now, Duration::from_secs(argument))),
            14 => self.client.resume(now),
            15 => self.leave(argument),
            16 => self.stream(argument),
            17 => {
                let stream = ["one", "two", "three", ""][pick / 4 % 4];
                let end = ["", " type='terminate'"][usize::from(argument & 128 != 0)];
                self.carry(pick, &format!(" stream='{stream}'{end}"), "message");
            }
            18 => {
                if argument > 250 {
                    self.client.abandon();
                }
            }
            _ => self.is_lazy = argument % 2 == 1,
        }
    }

    fn payload(&mut self) -> (u64, Bytes) {
        self.numbers += 1;
        let text = format!("<message xmlns='jabber:client' id='{}'/>", self.numbers);
        (self.numbers, text.into())
    }

    fn send(&mut self, argument: u64) {
        let (number, payload) = self.payload();
        let sent = match argument % 4 {
            0..2 => self.client.send(self.now, payload),
            2 => self.client.broadcast(self.now, payload),
            _ => {
                let stream = StreamName::new(["one", "two"][argument as usize / 4 % 2]);
                self.client.send_to(self.now, &stream, payload)
            }
        };
        if sent.is_ok() {
            self.taken.insert(number);
        }
    }

    fn leave(&mut self, argument: u64) {
        if argument < 128 {
            return;
        }
        let (number, payload) = self.payload();
        let left = if argument.is_multiple_of(2) {
            self.client.terminate(self.now, &[payload])
        } else {
            let farewell = Farewell::condition(Condition::PolicyViolation).with_payload(payload);
            self.client.terminate_with(self.now, farewell)
        };
        if left.is_ok() {
            self.taken.insert(number);
        }
    }

    fn stream(&mut self, argument: u64) {
        if argument.is_multiple_of(2) {
            let request = StreamRequest::new("example.org");
            let _ = self.client.open_stream(self.now, request);
            return;
        }
        let (number, payload) = self.payload();
        let name = StreamName::new(["one", "two"][argument as usize / 2 % 2]);
        let farewell = Farewell::plain().with_payload(payload);
        if self.client.close_stream(self.now, &name, farewell).is_ok() {
            self.taken.insert(number);
        }
    }

    fn wrap(&mut self, pick: usize, rest: &str) {
        let body = format!("<body xmlns='http://jabber.org/protocol/httpbind'{rest}");
        self.answer(pick, 200, body.into_bytes(), None);
    }

    /// An answer with a payload of a number of its own.
    fn carry(&mut self, pick: usize, attributes: &str, name: &str) {
        let (number, _) = self.payload();
        let body = format!(
            "<body xmlns='http://jabber.org/protocol/httpbind'{attributes}><{name} xmlns='urn:s' id='{number}'/></body>"
        );
        self.answer(pick, 200, body.into_bytes(), Some(number));
    }

    fn answer(&mut self, pick: usize, status: u16, body: Vec<u8>, number: Option<u64>) {
        let Some(id) = self.take(pick) else {
            return;
        };
        if let Some(number) = number {
            self.answers.insert(number, id.rid.get());
        }
        self.client
            .handle_response(self.now, id, status, &body.into());
    }

    fn take(&mut self, pick: usize) -> Option<RequestId> {
        let count = self.waiting.len();
        (count > 0).then(|| self.waiting.remove(pick % 4 % count))
    }

    fn wake(&mut self) {
        let Some(at) = self.client.poll_timeout() else {
            return;
        };
        self.now = self.now.max(at);
        self.client.handle_timeout(self.now);
        if let Some(next) = self.client.poll_timeout() {
            assert!(
                next > self.now,
                "busy at {next:?}, and it is {:?}",
                self.now
            );
        }
    }

    /// The server answers no more: the session ends after a bounded number of timers.
    fn fall_silent(&mut self) {
        for _ in 0..1000 {
            while let Some(id) = self.take(0) {
                self.client.handle_failure(self.now, id);
                self.look();
            }
            if self.is_closed {
                return;
            }
            assert!(
                self.client.poll_timeout().is_some(),
                "it waits for nothing: {:?}",
                self.client
            );
            self.wake();
            self.look();
        }
        panic!("it goes on for ever: {:?}", self.client);
    }

    /// Takes what came out.
    fn look(&mut self) {
        while let Some(event) = (!self.is_lazy).then(|| self.client.poll_event()).flatten() {
            self.on_event(event);
        }
        while let Some(request) = self.client.poll_transmit() {
            assert!(!self.is_closed, "a request after the end");
            self.on_request(request.id, request.body);
        }
        // One more may pause, and one more may end the session.
        let outstanding = self.client.outstanding();
        assert!(outstanding <= MAX_REQUESTS + 2, "{outstanding} requests");
        assert!(
            !self.is_closed || self.client.poll_timeout().is_none(),
            "a timer after the end"
        );
    }

    fn on_request(&mut self, id: RequestId, body: Bytes) {
        let rid = id.rid.get();
        let next = FIRST + self.requests.len() as u64;
        if let Some((bytes, attempts)) = self.requests.get_mut(&rid) {
            assert_eq!(*bytes, body, "request {rid} has changed");
            assert_eq!(id.attempt, *attempts + 1, "attempts of {rid}");
            *attempts += 1;
        } else {
            assert_eq!((rid, id.attempt), (next, 1), "the next request");
            self.on_new_request(&body);
            self.requests.insert(rid, (body, 1));
        }
        self.waiting.push(id);
    }

    fn on_new_request(&mut self, bytes: &Bytes) {
        let body = BodyCodec::default().decode(bytes);
        let body =
            body.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)));
        let is_first = self.requests.is_empty();
        let sid = body.sid.as_ref().map(Sid::as_str);
        assert_eq!(
            sid,
            self.client.sid().map(Sid::as_str).filter(|_| !is_first),
            "the session of a request"
        );
        if let Some(pause) = body.pause {
            let granted = self
                .max_pause
                .is_some_and(|longest| u64::from(pause) <= longest);
            assert!(
                granted || self.is_lazy,
                "a pause of {pause} s, granted {:?}",
                self.max_pause
            );
        }
        let stream = body.stream.clone().unwrap_or_default();
        for number in body.payloads.iter().filter_map(number) {
            assert!(self.taken.contains(&number), "payload {number} was refused");
            assert!(self.gone.insert(number), "payload {number} travels twice");
            let newest = self.newest.insert(stream.clone(), number);
            assert!(
                newest.is_none_or(|newest| newest < number),
                "payload {number} behind {newest:?}"
            );
        }
        assert!(
            body.payloads.len() <= 512,
            "{} payloads",
            body.payloads.len()
        );
    }

    fn on_event(&mut self, event: ClientEvent) {
        assert!(!self.is_closed, "{event:?} after the end");
        match event {
            ClientEvent::Opened(opened) => {
                self.max_pause = opened.max_pause.map(|longest| longest.as_secs());
                assert!(opened.requests <= MAX_REQUESTS);
            }
            ClientEvent::Payload(payload) => self.on_told(&payload),
            ClientEvent::Stream(ClientStreamEvent::Payload { payload, .. }) => {
                self.on_told(&payload)
            }
            ClientEvent::Stream(ClientStreamEvent::Closed { unsent, .. }) => {
                self.on_unsent(&unsent)
            }
            ClientEvent::Closed { unsent, .. } => {
                self.is_closed = true;
                self.on_unsent(&unsent);
                assert_eq!(
                    self.gone, self.taken,
                    "payloads that were sent or handed back, and those taken"
                );
            }
            _ => {}
        }
    }

    fn on_told(&mut self, payload: &Payload) {
        let Some(number) = number(payload) else {
            return;
        };
        let Some(&rid) = self.answers.get(&number) else {
            return;
        };
        assert!(self.told.insert(number), "{number} is told twice");
        assert!(
            rid >= self.told_rid,
            "{number} of {rid} behind {}",
            self.told_rid
        );
        self.told_rid = rid;
    }

    fn on_unsent(&mut self, unsent: &[Bytes]) {
        for payload in unsent {
            let text = String::from_utf8_lossy(payload);
            let number = text
                .split('\'')
                .nth(3)
                .and_then(|number| number.parse().ok());
            let number: u64 = number.expect("a payload of ours");
            assert!(
                self.gone.insert(number),
                "{number} was sent and is handed back"
            );
        }
    }
}

/// The number in a payload.
pub(super) fn number(payload: &Payload) -> Option<u64> {
    let text = String::from_utf8_lossy(payload.bytes());
    text.split('\'').nth(3)?.parse().ok()
}
