//! Recorded sessions (`tests/transcripts`), and our client in the place of the recorded one.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking, and looks at the few things that it names"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use bosh::session::{Client, ClientConfig, ClientEvent, RequestId};
use bosh::{Body, BodyCodec, BodyKind};
use bytes::Bytes;

/// One thing that happened; requests have numbers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    Request(usize, Bytes),
    Response {
        number: usize,
        status: u16,
        content: String,
        body: Bytes,
    },
    /// No answer for some seconds.
    Silence(usize, u64),
    Broken(usize),
    Passed(u64),
}

pub(crate) struct Transcript {
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
}

impl Transcript {
    pub(crate) fn read(name: &str) -> Self {
        let path = format!(
            "{}/tests/transcripts/{name}.txt",
            env!("CARGO_MANIFEST_DIR")
        );
        let text = std::fs::read_to_string(&path).expect(&path);
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self {
            name: name.to_owned(),
            steps: lines.map(step).collect(),
        }
    }

    /// The body of a request.
    pub(crate) fn request(&self, wanted: usize) -> Body {
        let found = self.steps.iter().find_map(|step| match step {
            Step::Request(number, body) if *number == wanted => Some(body),
            _ => None,
        });
        read(found.expect("a request"))
    }

    /// Status, Content-Type and body of an answer; `None` if none came.
    pub(crate) fn answer(&self, wanted: usize) -> Option<(u16, &str, &Bytes)> {
        self.steps.iter().find_map(|step| match step {
            Step::Response {
                number,
                status,
                content,
                body,
            } if *number == wanted => Some((*status, content.as_str(), body)),
            _ => None,
        })
    }

    /// The wrapper of an answer.
    pub(crate) fn response(&self, wanted: usize) -> Body {
        read(self.answer(wanted).expect("an answer").2)
    }

    /// Whether it was written down that a request had no answer.
    pub(crate) fn is_silent_on(&self, wanted: usize) -> bool {
        let silent = |step: &Step| matches!(step, Step::Silence(number, _) if *number == wanted);
        self.steps.iter().any(silent)
    }
}

fn step(line: &str) -> Step {
    let (kind, rest) = line.split_at(1);
    let (number, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let number = number.parse().expect(line);
    match kind {
        "C" => Step::Request(number, Bytes::copy_from_slice(rest.as_bytes())),
        "S" => {
            let at = rest.find('<').unwrap_or(rest.len());
            let (head, body) = rest.split_at(at);
            let (status, content) = head.split_once(' ').expect(line);
            Step::Response {
                number,
                status: status.parse().expect(line),
                content: content.trim().to_owned(),
                body: Bytes::copy_from_slice(body.as_bytes()),
            }
        }
        "N" => Step::Silence(number, rest.parse().expect(line)),
        "B" => Step::Broken(number),
        "T" => Step::Passed(number as u64),
        _ => panic!("{line}"),
    }
}

pub(crate) fn read(body: &Bytes) -> Body {
    BodyCodec::default().decode(body).unwrap()
}

/// Our client, which does what the recorded one did. Each request that it makes is compared with the recorded one,
/// attribute by attribute and payload by payload.
pub(crate) struct Replay {
    pub(crate) client: Client,
    pub(crate) now: Duration,
    /// What it told.
    pub(crate) events: Vec<String>,
    ids: BTreeMap<usize, RequestId>,
}

impl Replay {
    /// `config` is given the recorded first request id.
    pub(crate) fn new(
        transcript: &Transcript,
        config: impl FnOnce(ClientConfig) -> ClientConfig,
    ) -> Self {
        let first = transcript.request(1).rid.unwrap();
        let config = config(ClientConfig::new("localhost", first));
        Self {
            client: Client::new(config),
            now: Duration::ZERO,
            events: Vec::new(),
            ids: BTreeMap::new(),
        }
    }

    /// Runs it up to the request with that number, which is not made, or to the end.
    pub(crate) fn run(&mut self, transcript: &Transcript, until: usize) {
        for step in &transcript.steps {
            match step {
                Step::Request(number, _) if *number >= until => return,
                Step::Request(number, body) => self.speak(&transcript.name, *number, body),
                Step::Response {
                    number,
                    status,
                    body,
                    ..
                } => {
                    self.client
                        .handle_response(self.now, self.ids[number], *status, body);
                }
                Step::Silence(_, seconds) | Step::Passed(seconds) => {
                    self.pass(Duration::from_secs(*seconds));
                }
                Step::Broken(number) => {
                    self.client.handle_failure(self.now, self.ids[number]);
                }
            }
            self.listen();
        }
    }

    fn speak(&mut self, name: &str, number: usize, recorded: &Bytes) {
        let body = read(recorded);
        let payloads: Vec<Bytes> = body.payloads.iter().map(|p| p.bytes().clone()).collect();
        if body.sid.is_none() {
            self.client.open(self.now).unwrap();
        } else if body.restart {
            self.client.restart(self.now).unwrap();
        } else if let Some(seconds) = body.pause {
            let length = Duration::from_secs(u64::from(seconds));
            self.client.pause(self.now, length).unwrap();
        } else if body.kind == BodyKind::Terminate {
            self.client.terminate(self.now, &payloads).unwrap();
        } else {
            for payload in payloads {
                self.client.send(self.now, payload).unwrap();
            }
        }
        let mut sent = self.client.poll_transmit();
        if sent.is_none() {
            // The recorded client left a tenth of a second between requests.
            self.pass(Duration::from_millis(100));
            sent = self.client.poll_transmit();
        }
        let sent = sent.unwrap_or_else(|| panic!("{name}: request {number} is not made"));
        self.ids.insert(number, sent.id);
        let (own, own_payloads) = parts(&sent.body);
        let (theirs, their_payloads) = parts(recorded);
        assert!(
            own == theirs,
            "{name}: request {number} is {own:?}, recorded {theirs:?}"
        );
        assert_eq!(own_payloads, their_payloads, "{name}: request {number}");
        assert!(
            self.client.poll_transmit().is_none(),
            "{name}: one request at a time, as recorded"
        );
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.client.poll_timeout().filter(|&at| at <= end) {
            self.now = self.now.max(at);
            self.client.handle_timeout(self.now);
        }
        self.now = end;
    }

    fn listen(&mut self) {
        while let Some(event) = self.client.poll_event() {
            self.events.push(match event {
                ClientEvent::Opened(opened) => format!("opened by {}", opened.from.unwrap()),
                ClientEvent::Payload(payload) => payload.name().local().to_owned(),
                ClientEvent::Closed { reason, unsent } => format!("{reason:?} {}", unsent.len()),
                other => format!("{other:?}"),
            });
        }
    }
}

fn parts(body: &Bytes) -> (Body, Vec<Bytes>) {
    let mut body = read(body);
    let payloads = std::mem::take(&mut body.payloads);
    (body, payloads.iter().map(|p| p.bytes().clone()).collect())
}
