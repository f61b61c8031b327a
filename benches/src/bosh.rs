//! Sessions of a BOSH connection manager, to be measured.

use std::fmt::Write;
use std::time::Duration;

use bosh::session::{Event, Manager, RequestSlot, ServerConfig, SessionId, Transmit};
use bytes::{BufMut, Bytes, BytesMut};

/// A connection manager with sessions whose clients are authenticated.
#[derive(Debug)]
pub struct Sessions {
    manager: Manager,
    held: Vec<Held>,
    slot: u64,
    now: Duration,
}

/// What the client of a session knows.
#[derive(Debug)]
struct Held {
    id: SessionId,
    sid: String,
    rid: u64,
}

impl Held {
    /// An empty request.
    fn request(&self) -> Bytes {
        let mut request = BytesMut::with_capacity(128);
        request.put_slice(b"<body xmlns='http://jabber.org/protocol/httpbind' rid='");
        // Request ids begin here, so that all have as many digits.
        let _ = write!(request, "{}", FIRST_RID + self.rid);
        request.put_slice(b"' sid='");
        request.put_slice(self.sid.as_bytes());
        request.put_slice(b"'/>");
        request.freeze()
    }
}

/// The request id of creation.
const FIRST_RID: u64 = 1_000_000;
/// The longest time that a request waits.
const WAIT: Duration = Duration::from_secs(60);

impl Sessions {
    /// Room for `count` sessions, and none yet.
    #[must_use]
    pub fn room_for(count: usize) -> Self {
        let mut next = 0_u64;
        let sids = move || {
            next += 1;
            sid(next)
        };
        let mut config = ServerConfig::default();
        config.max_sessions = count;
        config.max_unauthenticated = count;
        Self {
            manager: Manager::new(config, sids),
            held: Vec::with_capacity(count),
            slot: 0,
            now: Duration::ZERO,
        }
    }

    /// Opens one more session up to its features. Returns the answer, which the session stores.
    ///
    /// # Panics
    ///
    /// If it does not open.
    pub fn open(&mut self) -> Transmit {
        let create = "<body xmlns='http://jabber.org/protocol/httpbind' rid='1000000' to='localhost' \
                      wait='60' hold='1' ver='1.11'/>";
        self.post(Bytes::from_static(create.as_bytes()));
        let Some((id, Event::Open(_))) = self.manager.poll_event() else {
            panic!("a session opens");
        };
        assert_eq!(self.manager.set_authenticated(id), Ok(()));
        let features = Bytes::from_static(b"<stream:features/>");
        assert_eq!(self.manager.send(self.now, id, features), Ok(()));
        let sid = sid(self.held.len() as u64 + 1);
        self.held.push(Held { id, sid, rid: 0 });
        self.manager.poll_transmit().expect("an answer")
    }

    /// The client of the session at this place gets `payload`, and asks again. Returns the length
    /// of the answer.
    ///
    /// # Panics
    ///
    /// If no answer comes.
    #[inline(never)]
    pub fn push(&mut self, place: usize, payload: Bytes) -> usize {
        self.now += Duration::from_micros(100);
        let held = &mut self.held[place];
        held.rid += 1;
        let (id, request) = (held.id, held.request());
        assert_eq!(self.manager.send(self.now, id, payload), Ok(()));
        let answer = self.manager.poll_transmit().expect("an answer");
        self.post(request);
        answer.body.len()
    }

    /// The next request of each session, which is empty.
    #[must_use]
    pub fn requests(&mut self) -> Vec<Bytes> {
        let sessions = self.held.iter_mut();
        sessions
            .map(|held| {
                held.rid += 1;
                held.request()
            })
            .collect()
    }

    /// Each session has a request that waits, so that it can be pushed to.
    pub fn hold_all(&mut self) {
        for request in self.requests() {
            self.post(request);
        }
    }

    /// Takes a request.
    pub fn post(&mut self, request: Bytes) {
        self.slot += 1;
        self.manager
            .handle_request(self.now, RequestSlot(self.slot), request);
    }

    /// The next event.
    pub fn event(&mut self) -> Option<Event> {
        self.manager.poll_event().map(|(_, event)| event)
    }

    /// The next answer.
    pub fn answer(&mut self) -> Option<Transmit> {
        self.manager.poll_transmit()
    }

    /// Lets as much time pass as a request waits.
    pub fn pass_wait(&mut self) {
        self.now += WAIT;
        self.manager.handle_timeout(self.now);
    }
}

/// Events to held sessions, one after another in an order that suits no cache.
#[derive(Debug)]
pub struct Pushes {
    sessions: Sessions,
    count: usize,
    place: usize,
    payload: Bytes,
}

impl Pushes {
    /// So many sessions, each with a request that waits.
    #[must_use]
    pub fn to(count: usize) -> Self {
        let mut sessions = Sessions::room_for(count);
        for _ in 0..count {
            let _ = sessions.open();
        }
        sessions.hold_all();
        Self {
            sessions,
            count,
            place: 0,
            payload: Bytes::from_static(b"<message xmlns='jabber:client'/>"),
        }
    }

    /// One event and the next request of its client. Returns the length of the answer.
    pub fn next_event(&mut self) -> usize {
        self.place = (self.place + 7_919) % self.count;
        self.sessions.push(self.place, self.payload.clone())
    }
}

/// As long as 128 bits in base 16.
fn sid(number: u64) -> String {
    format!("{number:032}")
}

/// An event of the notification service, about 880 bytes long.
#[must_use]
pub fn stanza() -> String {
    let update = "&lt;Update&gt;&lt;data&gt;&lt;user&gt;&lt;state&gt;READY&lt;/state&gt;&lt;/user&gt;&lt;/data&gt;"
        .repeat(6);
    format!(
        "<message xmlns='jabber:client' from='pubsub.localhost' to='1001001@localhost/desktop' id='m1'>\
         <event xmlns='http://jabber.org/protocol/pubsub#event'><items node='/finesse/api/User/1001001'>\
         <item id='7'><notification xmlns='http://jabber.org/protocol/pubsub'>{update}</notification>\
         </item></items></event></message>"
    )
}
