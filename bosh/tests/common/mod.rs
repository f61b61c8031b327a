//! A connection manager with a fake clock, driven by typed requests.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use bosh::session::{CloseReason, Event, Manager, RequestSlot, ServerConfig, SessionId, Transmit};
use bosh::xml::{Element, Limits, Profile};
use bytes::Bytes;

pub(crate) const NS: &str = "http://jabber.org/protocol/httpbind";
pub(crate) const EMPTY: &str = "<body xmlns=\"http://jabber.org/protocol/httpbind\"/>";
/// The request id of the creation request.
pub(crate) const FIRST: u64 = 1000;

pub(crate) fn terminate(condition: &str) -> String {
    format!("<body xmlns=\"{NS}\" type=\"terminate\" condition=\"{condition}\"/>")
}

pub(crate) fn error() -> String {
    format!("<body xmlns=\"{NS}\" type=\"error\"/>")
}

pub(crate) fn wrapped(payload: &str) -> String {
    format!("<body xmlns=\"{NS}\">{payload}</body>")
}

/// One manager, the session created last, and everything that came out.
pub(crate) struct Server {
    pub(crate) manager: Manager,
    pub(crate) now: Duration,
    pub(crate) session: Option<SessionId>,
    next_slot: u64,
    pub(crate) events: Vec<(SessionId, Event)>,
    transmits: Vec<Transmit>,
}

impl Server {
    pub(crate) fn new(config: ServerConfig) -> Self {
        let mut number = 0;
        let sids = move || {
            number += 1;
            format!("sid-{number}")
        };
        Self {
            manager: Manager::new(config, sids),
            now: Duration::ZERO,
            session: None,
            next_slot: 0,
            events: Vec::new(),
            transmits: Vec::new(),
        }
    }

    /// A session of default settings, created and with its creation response taken.
    pub(crate) fn open() -> Self {
        Self::open_with(ServerConfig::default(), "wait='60' hold='1' ver='1.6'")
    }

    pub(crate) fn open_with(config: ServerConfig, attributes: &str) -> Self {
        let mut server = Self::new(config);
        server.create(attributes);
        server
    }

    /// Creates a session and returns the creation response.
    pub(crate) fn create(&mut self, attributes: &str) -> String {
        let slot = self.post(&format!(
            "<body xmlns='{NS}' rid='{FIRST}' to='localhost' {attributes}/>"
        ));
        self.send("<f xmlns='urn:f'/>");
        let session = self.id();
        let _ = self.manager.set_authenticated(session);
        let response = self.taken(slot);
        self.events.clear();
        response
    }

    pub(crate) fn id(&self) -> SessionId {
        self.session.expect("a session was created")
    }

    /// Posts a whole body.
    pub(crate) fn post(&mut self, body: &str) -> RequestSlot {
        let slot = RequestSlot(self.next_slot);
        self.next_slot += 1;
        self.manager
            .handle_request(self.now, slot, Bytes::copy_from_slice(body.as_bytes()));
        self.drain();
        slot
    }

    /// The connection of a request is gone.
    pub(crate) fn disconnect(&mut self, slot: RequestSlot) {
        self.manager.handle_disconnect(self.now, self.id(), slot);
    }

    /// Posts to the session; `rid` counts from the creation request.
    pub(crate) fn request(&mut self, rid: u64, rest: &str) -> RequestSlot {
        self.post(&format!(
            "<body xmlns='{NS}' rid='{}' sid='sid-1' {rest}",
            FIRST + rid
        ))
    }

    pub(crate) fn empty(&mut self, rid: u64) -> RequestSlot {
        self.request(rid, "/>")
    }

    pub(crate) fn payload(&mut self, rid: u64, name: &str) -> RequestSlot {
        self.request(rid, &format!("><{name} xmlns='urn:p'/></body>"))
    }

    pub(crate) fn send(&mut self, payload: &str) {
        let session = self.id();
        self.manager
            .send(
                self.now,
                session,
                Bytes::copy_from_slice(payload.as_bytes()),
            )
            .unwrap();
        self.drain();
    }

    /// Lets time pass, waking up the manager when it asks to.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        let mut wakes = 0;
        while let Some(deadline) = self
            .manager
            .poll_timeout()
            .filter(|&deadline| deadline <= end)
        {
            self.now = self.now.max(deadline);
            self.manager.handle_timeout(self.now);
            self.drain();
            wakes += 1;
            assert!(wakes < 1000, "the manager does not come to rest");
        }
        self.now = end;
    }

    pub(crate) fn seconds(&mut self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }

    pub(crate) fn drain(&mut self) {
        while let Some(transmit) = self.manager.poll_transmit() {
            let twice = self
                .transmits
                .iter()
                .any(|other| other.slot == transmit.slot);
            assert!(!twice, "{:?} was answered twice", transmit.slot);
            self.transmits.push(transmit);
        }
        while let Some((session, event)) = self.manager.poll_event() {
            if let Event::Open(_) = event {
                self.session = Some(session);
            }
            self.events.push((session, event));
        }
    }

    pub(crate) fn response(&self, slot: RequestSlot) -> Option<&Transmit> {
        self.transmits.iter().find(|transmit| transmit.slot == slot)
    }

    /// Requests in the order in which they were answered.
    pub(crate) fn answered(&self) -> Vec<RequestSlot> {
        self.transmits
            .iter()
            .map(|transmit| transmit.slot)
            .collect()
    }

    /// The body that answered a request.
    pub(crate) fn taken(&self, slot: RequestSlot) -> String {
        let transmit = self.response(slot).expect("the request was answered");
        String::from_utf8(transmit.body.to_vec()).unwrap()
    }

    pub(crate) fn is_waiting(&self, slot: RequestSlot) -> bool {
        self.response(slot).is_none()
    }

    /// Local names of the payloads that were forwarded, and what else happened.
    pub(crate) fn told(&self) -> Vec<String> {
        self.events
            .iter()
            .map(|(_, event)| match event {
                Event::Open(_) => "open".to_owned(),
                Event::Restart(_) => "restart".to_owned(),
                Event::Payload(payload) => payload.name().local().to_owned(),
                Event::Terminated { reason, .. } => format!("{reason:?}"),
                Event::Stream(_) | _ => "?".to_owned(),
            })
            .collect()
    }

    pub(crate) fn reason(&self) -> Option<CloseReason> {
        self.events.iter().find_map(|(_, event)| {
            let Event::Terminated { reason, .. } = event else {
                return None;
            };
            Some(*reason)
        })
    }
}

pub(crate) fn parse(body: &str) -> Element {
    Element::parse(body.as_bytes(), Profile::Xmpp, &Limits::default()).unwrap()
}
