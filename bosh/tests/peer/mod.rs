//! A client with a fake clock whose server is played by the test.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::time::Duration;

use bosh::Rid;
use bosh::session::{
    Client, ClientConfig, ClientEvent, ClientTransmit, CloseReason, Opened, RequestId, Retry,
};
use bytes::Bytes;

pub(crate) const NS: &str = "http://jabber.org/protocol/httpbind";
pub(crate) const GRANTED: &str =
    "sid='s1' wait='60' hold='1' requests='2' ver='1.6' inactivity='30' polling='5'";

/// First request id 100, no acknowledgements, waiting times to the millisecond.
pub(crate) fn config() -> ClientConfig {
    let retry = Retry {
        jitter: 0,
        ..Retry::default()
    };
    ClientConfig::new("localhost", Rid::new(100).unwrap())
        .with_acks(false)
        .with_retry(retry)
}

/// The empty request with this id.
pub(crate) fn empty(rid: u64) -> String {
    format!("<body xmlns=\"{NS}\" rid=\"{rid}\" sid=\"s1\"/>")
}

pub(crate) struct Peer {
    pub(crate) client: Client,
    pub(crate) now: Duration,
    pub(crate) opened: Option<Opened>,
}

impl Peer {
    pub(crate) fn new(config: ClientConfig) -> Self {
        let mut client = Client::new(config);
        client.open(Duration::ZERO).unwrap();
        Self {
            client,
            now: Duration::ZERO,
            opened: None,
        }
    }

    /// Creates the session as the server grants it. The first empty request is in flight, unless
    /// the client polls.
    pub(crate) fn open(config: ClientConfig, granted: &str) -> (Self, ClientTransmit) {
        let mut peer = Self::new(config);
        let create = peer.sent();
        peer.answer(create.id, &format!("{granted}/>"));
        let Some(ClientEvent::Opened(opened)) = peer.event() else {
            panic!("not opened");
        };
        peer.opened = Some(opened);
        let poll = peer.client.poll_transmit();
        (peer, poll.unwrap_or(create))
    }

    pub(crate) fn sent(&mut self) -> ClientTransmit {
        self.client.poll_transmit().expect("a request goes out")
    }

    pub(crate) fn text(&mut self) -> String {
        String::from_utf8(self.sent().body.to_vec()).unwrap()
    }

    pub(crate) fn is_silent(&mut self) -> bool {
        self.client.poll_transmit().is_none()
    }

    pub(crate) fn answer(&mut self, id: RequestId, rest: &str) {
        let body = Bytes::from(format!("<body xmlns='{NS}' {rest}"));
        self.client.handle_response(self.now, id, 200, &body);
    }

    pub(crate) fn event(&mut self) -> Option<ClientEvent> {
        self.client.poll_event()
    }

    pub(crate) fn payload(&mut self) -> String {
        match self.event() {
            Some(ClientEvent::Payload(payload)) => payload.name().local().to_owned(),
            other => panic!("no payload but {other:?}"),
        }
    }

    pub(crate) fn payloads(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        while let Some(event) = self.event() {
            let ClientEvent::Payload(payload) = event else {
                panic!("no payload but {event:?}");
            };
            names.push(payload.name().local().to_owned());
        }
        names
    }

    pub(crate) fn closed(&mut self) -> Option<CloseReason> {
        match self.event() {
            Some(ClientEvent::Closed { reason, .. }) => Some(reason),
            _ => None,
        }
    }

    pub(crate) fn send(&mut self, payload: &'static str) {
        self.client.send(self.now, payload.into()).unwrap();
    }

    pub(crate) fn pause(&mut self, seconds: u64) {
        let length = Duration::from_secs(seconds);
        self.client.pause(self.now, length).unwrap();
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.client.poll_timeout().filter(|&at| at <= end) {
            self.now = self.now.max(at);
            self.client.handle_timeout(self.now);
        }
        self.now = end;
    }

    pub(crate) fn seconds(&mut self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }
}
