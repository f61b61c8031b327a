//! A client and a server on one wire, under operations in any order.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use arbitrary::{Arbitrary, Result, Unstructured};
use bytes::BytesMut;
use cti_proto::code::{InvokeId, MessageType, ServiceMask, StatusCode};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{OpenConf, Role};
use cti_proto::session::{Client, Error, Server, client, server};
use cti_proto::{Dialect, Message, Version};

use super::{confirmation_of, message_of, only_whole_messages, pick_version, seldom};

/// A version and what happens, one after the other, to a client and a server that are joined by a wire.
///
/// Every request is answered once. Each session ends once, says so, and then says nothing more; what it sends are whole
/// messages; a timer that has run out does not stay. While the wire changes nothing, no side blames the other, and what
/// the server takes for a request was asked by the client.
pub fn session(data: &[u8]) {
    let mut data = Unstructured::new(data);
    let Ok(choice) = data.arbitrary() else {
        return;
    };
    let mut pair = Pair::new(pick_version(choice));
    while !(data.is_empty() || pair.client_over && pair.server_over) {
        let Ok(operation) = data.arbitrary() else {
            break;
        };
        if pair.run(operation, &mut data).is_err() {
            break;
        }
    }
    pair.finish();
}

#[derive(Arbitrary, Debug)]
enum Operation {
    /// The client asks for something.
    Request,
    /// The client sends a message without waiting for an answer.
    SendToServer,
    CloseClient(u8),
    Accept,
    Refuse(u8),
    /// The server confirms its n-th open request.
    Answer(u8),
    /// The server fails it.
    Fail(u8, u8),
    SendToClient,
    CloseServer(u8),
    /// So many bytes reach the other end.
    ToServer(u16),
    ToClient(u16),
    /// Everything reaches the other end.
    Settle,
    /// A byte on the wire changes.
    CorruptToServer(u8, u8),
    CorruptToClient(u8, u8),
    EndOfServer,
    EndOfClient,
    Wait(u16),
    /// Time goes on until the next timer of either.
    NextTimer,
    /// Time is told as it was: timers are asked about twice.
    Again,
    Jump(u32),
}

struct Pair {
    version: Version,
    client: Client,
    server: Server,
    now: Duration,
    /// Written by the client, not yet at the server.
    to_server: BytesMut,
    to_client: BytesMut,
    /// Read off the wire, left by the machine.
    server_input: BytesMut,
    client_input: BytesMut,
    client_sent: BytesMut,
    server_sent: BytesMut,
    unanswered: BTreeSet<InvokeId>,
    /// At the server, under each InvokeID all that came.
    open: BTreeMap<InvokeId, Vec<MessageType>>,
    /// Whether the wire carried what was written, and only that.
    honest: bool,
    deciding: bool,
    client_over: bool,
    server_over: bool,
}

impl Pair {
    fn new(version: Version) -> Self {
        let mut config = client::Config::new(version, Text::EMPTY, Secret::default());
        config.services = ServiceMask::ALL_EVENTS;
        config.max_requests = MAX_REQUESTS;
        config.max_events = MAX_EVENTS;
        let versions = match version.dialect() {
            Dialect::Ucce => 5..=25,
            Dialect::Uccx => 10..=18,
        };
        let mut limits = server::Config::new(version.dialect(), versions)
            .inferred_layouts(server::InferredLayouts::Taken);
        limits.max_requests = MAX_REQUESTS;
        limits.max_events = MAX_EVENTS;
        let mut client = Client::new(config);
        client.open(Duration::ZERO).expect("nothing was begun yet");
        Self {
            version,
            client,
            server: Server::new(Duration::ZERO, limits),
            now: Duration::ZERO,
            to_server: BytesMut::new(),
            to_client: BytesMut::new(),
            server_input: BytesMut::new(),
            client_input: BytesMut::new(),
            client_sent: BytesMut::new(),
            server_sent: BytesMut::new(),
            unanswered: BTreeSet::new(),
            open: BTreeMap::new(),
            honest: true,
            deciding: false,
            client_over: false,
            server_over: false,
        }
    }

    fn run(&mut self, operation: Operation, data: &mut Unstructured<'_>) -> Result<()> {
        match operation {
            Operation::Request => self.request(message_of(self.version, &[Role::Request], data)?),
            Operation::SendToServer => {
                // A request, or a message before the session is open, is refused.
                let roles = [Role::Event, Role::Confirmation];
                let _ = self.client.send(message_of(self.version, &roles, data)?);
            }
            Operation::CloseClient(status) => {
                self.client.close(self.now, StatusCode(u32::from(status)));
            }
            Operation::Accept => {
                let accepted = self.server.accept(self.now, OpenConf::default());
                assert_eq!(accepted.is_ok(), self.deciding);
                self.deciding = false;
            }
            Operation::Refuse(status) => {
                let refused = self.server.refuse(StatusCode(u32::from(status)));
                assert_eq!(refused.is_ok(), self.deciding);
                self.deciding = false;
            }
            Operation::Answer(which) => {
                if let Some((asked, request)) = self.asked(which) {
                    let message = if seldom(data)? {
                        Some(message_of(self.version, &[Role::Confirmation], data)?)
                    } else {
                        confirmation_of(request, self.version, data)?
                    };
                    if let Some(message) = message
                        && self.server.answer(asked, message).is_ok()
                    {
                        self.settled(asked);
                    }
                }
            }
            Operation::Fail(which, status) => {
                if let Some((asked, _)) = self.asked(which) {
                    let status = StatusCode(u32::from(status));
                    match self.server.fail(asked, status) {
                        Ok(()) => self.settled(asked),
                        Err(Error::Caller { .. } | Error::SlowPeer { .. }) => {}
                        Err(error) => panic!("{asked:?} cannot be failed: {error}"),
                    }
                }
            }
            Operation::SendToClient => {
                let message = message_of(self.version, &[Role::Event], data)?;
                let _ = self.server.send(message);
            }
            Operation::CloseServer(status) => {
                self.server.close(StatusCode(u32::from(status)));
                self.deciding = false;
            }
            Operation::ToServer(len) => self.deliver_to_server(usize::from(len)),
            Operation::ToClient(len) => self.deliver_to_client(usize::from(len)),
            Operation::Settle => self.settle(),
            Operation::CorruptToServer(place, change) => {
                self.honest &= !corrupt(&mut self.to_server, place, change);
            }
            Operation::CorruptToClient(place, change) => {
                self.honest &= !corrupt(&mut self.to_client, place, change);
            }
            Operation::EndOfServer => self.client.handle_eof(),
            Operation::EndOfClient => {
                self.server.handle_eof();
                self.deciding = false;
            }
            Operation::Wait(milliseconds) => {
                self.pass(Duration::from_millis(u64::from(milliseconds)));
            }
            Operation::NextTimer => {
                let timers = self.client.poll_timeout().into_iter();
                if let Some(at) = timers.chain(self.server.poll_timeout()).min() {
                    self.pass(at.saturating_sub(self.now));
                }
            }
            Operation::Again => self.pass(Duration::ZERO),
            Operation::Jump(seconds) => self.pass(Duration::from_secs(u64::from(seconds))),
        }
        self.drain();
        Ok(())
    }

    fn request(&mut self, message: Message) {
        if let Ok(asked) = self.client.request(self.now, message) {
            let asked = asked.invoke_id();
            assert!(
                self.unanswered.insert(asked),
                "{asked:?} is in use by another request"
            );
            assert!(self.unanswered.len() <= MAX_REQUESTS);
        }
    }

    fn asked(&self, which: u8) -> Option<(InvokeId, MessageType)> {
        let which = usize::from(which) % self.open.len().max(1);
        let (asked, requests) = self.open.iter().nth(which)?;
        Some((*asked, *requests.first()?))
    }

    fn settled(&mut self, asked: InvokeId) {
        if let Some(requests) = self.open.get_mut(&asked) {
            requests.remove(0);
            if requests.is_empty() {
                self.open.remove(&asked);
            }
        }
    }

    fn deliver_to_server(&mut self, len: usize) {
        let len = len.min(self.to_server.len());
        let bytes = self.to_server.split_to(len);
        self.server_input.extend_from_slice(&bytes);
        let result = self.server.handle_input(self.now, &mut self.server_input);
        self.drain();
        assert!(
            result.is_ok() || self.server_over,
            "a failed server goes on"
        );
        assert!(
            !blames_the_peer(&result) || !self.honest,
            "the server blames the client: {result:?}"
        );
    }

    fn deliver_to_client(&mut self, len: usize) {
        let len = len.min(self.to_client.len());
        let bytes = self.to_client.split_to(len);
        self.client_input.extend_from_slice(&bytes);
        let result = self.client.handle_input(self.now, &mut self.client_input);
        self.drain();
        assert!(
            result.is_ok() || self.client_over,
            "a failed client goes on"
        );
        assert!(
            !blames_the_peer(&result) || !self.honest,
            "the client blames the server: {result:?}"
        );
    }

    fn settle(&mut self) {
        self.deliver_to_server(usize::MAX);
        self.deliver_to_client(usize::MAX);
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.saturating_add(time);
        self.client.handle_timeout(self.now);
        self.server.handle_timeout(self.now);
        for next in [self.client.poll_timeout(), self.server.poll_timeout()] {
            assert!(
                next.is_none_or(|next| next > self.now),
                "the timer of {next:?} is due at {:?} and stays",
                self.now
            );
        }
    }

    /// Takes all output and events of both.
    fn drain(&mut self) {
        while let Some(bytes) = self.client.poll_transmit() {
            self.client_sent.extend_from_slice(&bytes);
            self.to_server.extend_from_slice(&bytes);
        }
        while let Some(bytes) = self.server.poll_transmit() {
            self.server_sent.extend_from_slice(&bytes);
            self.to_client.extend_from_slice(&bytes);
        }
        let mut count = 0;
        while let Some(event) = self.client.poll_event() {
            count += 1;
            self.on_client_event(event);
        }
        assert!(
            // The last message may bring two changes, and then the session ends.
            count <= MAX_EVENTS + MAX_REQUESTS + 4,
            "more events than the limit"
        );
        count = 0;
        while let Some(event) = self.server.poll_event() {
            count += 1;
            self.on_server_event(event);
        }
        assert!(count <= MAX_EVENTS + 1, "more events than the limit");
    }

    fn on_client_event(&mut self, event: client::Event) {
        assert!(!self.client_over, "{event:?} after the end");
        match event {
            client::Event::Answer(answer) => assert!(
                self.unanswered.remove(&answer.invoke_id),
                "{answer:?} was not asked"
            ),
            client::Event::Malformed { error, .. } => {
                assert!(!self.honest, "the server wrote what is not read: {error}");
            }
            client::Event::Closed(_) => {
                assert!(self.unanswered.is_empty(), "requests without an answer");
                self.client_over = true;
            }
            _ => {}
        }
    }

    fn on_server_event(&mut self, event: server::Event) {
        assert!(!self.server_over, "{event:?} after the end");
        match event {
            server::Event::OpenRequested { .. } => self.deciding = true,
            server::Event::Request {
                invoke_id, message, ..
            } => {
                let requests = self.open.entry(invoke_id).or_default();
                requests.push(message.message_type());
                assert!(self.open.values().map(Vec::len).sum::<usize>() <= MAX_REQUESTS);
            }
            server::Event::Closed(_) => {
                self.deciding = false;
                self.server_over = true;
            }
            _ => {}
        }
    }

    fn finish(mut self) {
        self.client.handle_eof();
        self.server.handle_eof();
        self.drain();
        assert!(self.client_over && self.server_over);
        assert_eq!(self.client.poll_timeout(), None);
        assert_eq!(self.server.poll_timeout(), None);
        only_whole_messages(&mut self.client_sent);
        only_whole_messages(&mut self.server_sent);
    }
}

/// Changes the byte at `place`; whether there was one and it is another now.
fn corrupt(wire: &mut BytesMut, place: u8, change: u8) -> bool {
    match wire.get_mut(usize::from(place)) {
        Some(byte) => {
            *byte ^= change;
            change != 0
        }
        None => false,
    }
}

const MAX_REQUESTS: usize = 8;
const MAX_EVENTS: usize = 64;

/// More events in one read than the machine keeps are nobody's fault but its host's.
const fn blames_the_peer(result: &std::result::Result<(), Error>) -> bool {
    !matches!(result, Ok(()) | Err(Error::EventsUnread { .. }))
}
