//! A client session under a server's bytes.

use core::time::Duration;
use std::collections::BTreeSet;

use arbitrary::Unstructured;
use bytes::BytesMut;
use cti_proto::code::{ConfigMask, InvokeId, ServiceMask, StatusCode};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{OpenConf, Role};
use cti_proto::session::client::{
    Client, Config, ConfigEvent, ConfigKey, ConfigKeys, ConfigKind, ConfigUpload, Event,
};
use cti_proto::{Message, Version};

use super::{only_whole_messages, pick_version, zeros};

/// Bytes of a server. The first byte picks the version, the second how the bytes are cut. The third tells what else
/// happens: bit 0, the session is opened first; bit 1, all timers run out between the pieces; bit 2, the client closes at
/// half time; the rest, which requests are made: every other one with zeros, the others with what the next bytes make
/// of them. Teams are asked for and configuration is uploaded in between.
///
/// Every request is answered once and every upload ends once; the session ends once, says so, and then says nothing more; what it sends are whole
/// messages.
pub fn client(data: &[u8]) {
    let [choice, piece, doings, data @ ..] = data else {
        return;
    };
    let version = pick_version(*choice);
    let mut session = Session::new(version);
    if doings & 1 != 0 {
        session.open(version);
    }
    let pieces = data.chunks(usize::from(*piece).max(1));
    let half = pieces.len() / 2;
    let mut input = BytesMut::new();
    for (count, chunk) in pieces.enumerate() {
        if count % 7 == 0 {
            session.request(request(version, doings >> 3, count / 7, chunk));
        }
        if count % 5 == 2 {
            session.begin_operation(count);
        }
        input.extend_from_slice(chunk);
        session.feed(&mut input);
        if doings & 2 != 0 {
            session.wait();
        }
        if doings & 4 != 0 && count == half {
            session.client.close(session.now, StatusCode::NO_ERROR);
            session.drain();
        }
        if session.closed {
            break;
        }
    }
    session.finish();
}

/// The n-th request that the version has, counted from one that `doings` picks.
fn request(version: Version, doings: u8, count: usize, bytes: &[u8]) -> Message {
    let tables: Vec<_> = Message::TABLES
        .iter()
        .filter(|table| table.role == Role::Request && table.gate.admits(version))
        .collect();
    let pick = usize::from(doings) * 29 + count * 7;
    let table = tables[pick % tables.len()];
    let plain = (usize::from(doings >> 4) + count).is_multiple_of(2);
    let made = Message::arbitrary_of(table, version, &mut Unstructured::new(bytes));
    match made {
        Ok(message) if !plain => message,
        _ => zeros(table, version),
    }
}

struct Session {
    client: Client,
    now: Duration,
    unanswered: BTreeSet<InvokeId>,
    /// Uploads that run.
    uploads: usize,
    sent: BytesMut,
    closed: bool,
}

impl Session {
    fn new(version: Version) -> Self {
        let mut config = Config::new(version, Text::EMPTY, Secret::default());
        config.services = ServiceMask::ALL_EVENTS;
        config.max_requests = MAX_REQUESTS;
        config.max_events = MAX_EVENTS;
        config.max_tracked = MAX_TRACKED;
        let mut client = Client::new(config);
        client.open(Duration::ZERO).expect("nothing was begun yet");
        Self {
            client,
            now: Duration::ZERO,
            unanswered: BTreeSet::new(),
            uploads: 0,
            sent: BytesMut::new(),
            closed: false,
        }
    }

    fn open(&mut self, version: Version) {
        let conf = OpenConf::with(|conf| {
            conf.invoke_id = InvokeId(1);
            conf.services_granted = ServiceMask::KNOWN.without(ServiceMask::IGNORE_CONF);
        });
        let mut wire = BytesMut::new();
        let written = Message::from(conf).encode(version, &mut wire);
        assert_eq!(written, Ok(()));
        self.feed(&mut wire);
        assert!(self.client.is_open());
    }

    fn request(&mut self, message: Message) {
        // What the session asks itself, or comes before it is open, is refused.
        if let Ok(asked) = self.client.request(self.now, message) {
            let asked = asked.invoke_id();
            assert!(
                self.unanswered.insert(asked),
                "{asked:?} is in use by another request"
            );
            assert!(self.unanswered.len() <= MAX_REQUESTS);
        }
        self.drain();
    }

    /// Asks for teams, or for an upload with and without keys.
    fn begin_operation(&mut self, pick: usize) {
        if pick.is_multiple_of(2) {
            if let Ok(asked) = self.client.request_teams(self.now) {
                assert!(self.unanswered.insert(asked.invoke_id()));
            }
        } else {
            let mut keys = ConfigKeys::new();
            if pick.is_multiple_of(3) {
                keys.set(ConfigKind::Agent, ConfigKey([1; 8]));
            }
            let upload = ConfigUpload::new(ConfigMask::KNOWN).known(keys);
            let ran = self.client.is_uploading();
            let began = self.client.upload(self.now, upload).is_ok();
            assert!(!(ran && began), "two uploads at a time");
            self.uploads += usize::from(began);
        }
        self.drain();
    }

    fn feed(&mut self, input: &mut BytesMut) {
        self.now += Duration::from_millis(1);
        let failed = self.client.handle_input(self.now, input).is_err();
        self.drain();
        assert!(
            self.closed || !failed,
            "a failed session did not say that it is over"
        );
    }

    /// Lets the next timer run out.
    fn wait(&mut self) {
        let Some(at) = self.client.poll_timeout() else {
            return;
        };
        self.now = self.now.max(at);
        self.client.handle_timeout(self.now);
        self.drain();
        let next = self.client.poll_timeout();
        assert!(
            next.is_none_or(|next| next > self.now),
            "the timer of {next:?} is due at {:?} and stays",
            self.now
        );
    }

    fn finish(mut self) {
        if !self.closed {
            self.client.handle_eof();
            self.drain();
        }
        assert!(self.closed, "the connection is gone and the session is not");
        assert_eq!(self.client.poll_timeout(), None);
        only_whole_messages(&mut self.sent);
    }

    /// Takes all output and events.
    fn drain(&mut self) {
        while let Some(bytes) = self.client.poll_transmit() {
            self.sent.extend_from_slice(&bytes);
        }
        let mut count = 0;
        while let Some(event) = self.client.poll_event() {
            assert!(!self.closed, "{event:?} after the end");
            count += 1;
            assert!(
                count <= MAX_EVENTS + MAX_REQUESTS + OF_LAST_MESSAGE,
                "more events than the limit"
            );
            match event {
                Event::Answer(answer) => assert!(
                    self.unanswered.remove(&answer.invoke_id),
                    "{answer:?} was not asked"
                ),
                Event::Config(ConfigEvent::Done(_) | ConfigEvent::Failed { .. }) => {
                    assert_eq!(self.uploads, 1, "an upload ended twice");
                    self.uploads = 0;
                }
                Event::Closed(_) => {
                    assert!(self.unanswered.is_empty(), "requests without an answer");
                    assert_eq!(self.uploads, 0, "an upload without an end");
                    self.closed = true;
                }
                _ => {}
            }
        }
        let (system, teams) = (self.client.system(), self.client.teams());
        let members = teams.iter().map(|(_, team)| team.members.len());
        assert!(system.out_of_service().count() <= MAX_TRACKED);
        assert!(teams.len() <= MAX_TRACKED && members.sum::<usize>() <= MAX_TRACKED);
        assert_eq!(self.uploads == 1, self.client.is_uploading());
    }
}

const MAX_REQUESTS: usize = 8;
const MAX_EVENTS: usize = 64;
const MAX_TRACKED: usize = 16;
/// The last message itself, two changes that it brings, the upload's end and the session's.
const OF_LAST_MESSAGE: usize = 4;
