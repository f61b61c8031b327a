//! Sessions of a BOSH connection manager, to be measured.

use std::io::Write;
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

/// What the client of a session knows, in one line of a cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Held {
    id: SessionId,
    rid: u64,
    sid: [u8; SID],
}

/// Bytes of a session id: as long as 128 bits in base 16.
const SID: usize = 32;

impl Held {
    /// An empty request.
    fn request(&self) -> Bytes {
        let mut request = BytesMut::with_capacity(128).writer();
        let sid = str::from_utf8(&self.sid).expect("digits");
        // Request ids begin here, so that all have as many digits.
        let rid = FIRST_RID + self.rid;
        let begin = "<body xmlns='http://jabber.org/protocol/httpbind'";
        write!(request, "{begin} rid='{rid}' sid='{sid}'/>").expect("memory grows");
        let request = request.into_inner();
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
        let sid = sid.as_bytes().try_into().expect("as long as all are");
        self.held.push(Held { id, rid: 0, sid });
        self.manager.poll_transmit().expect("an answer")
    }

    /// What the client of the session at this place knows when its next request is due.
    fn client(&mut self, place: usize) -> Held {
        let held = &mut self.held[place];
        held.rid += 1;
        *held
    }

    /// So much later, a client gets `payload`, and asks again. What is due then is done, as a host
    /// does it. Returns the length of the answer.
    ///
    /// # Panics
    ///
    /// If no answer comes.
    fn push(&mut self, later: Duration, client: &Held, payload: Bytes) -> usize {
        self.pass(later);
        assert_eq!(self.manager.send(self.now, client.id, payload), Ok(()));
        let answer = self.manager.poll_transmit().expect("an answer");
        self.post(client.request());
        answer.body.len()
    }

    /// Lets time pass, and does what is due then.
    fn pass(&mut self, time: Duration) {
        self.now += time;
        if self.manager.poll_timeout().is_some_and(|at| at <= self.now) {
            self.manager.handle_timeout(self.now);
        }
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

/// Events to held sessions, one after another in an order that suits no cache: each is far from
/// the one before, all others come in between before a session has its turn again, and those that
/// came just before or behind it then do not the next time. Each session has one every ten
/// seconds, however many there are.
///
/// The manager is what is measured: what the bench knows of a client is fetched while the event
/// before is at work.
#[derive(Debug)]
pub struct Pushes {
    sessions: Sessions,
    count: usize,
    /// Of this round.
    pushed: usize,
    rounds: usize,
    place: usize,
    /// At that place.
    client: Held,
    payload: Bytes,
}

/// From one session to the next, in each round another. They are primes, so that all sessions have
/// their turn if their number is of 2 and 5 alone.
const STRIDES: [usize; 7] = [7_919, 52_361, 31_337, 87_407, 12_553, 61_981, 40_009];
/// How often a session has an event, on average and nearly so.
const PERIOD: Duration = Duration::from_secs(10);

impl Pushes {
    /// So many sessions, each with a request that waits.
    #[must_use]
    pub fn to(count: usize) -> Self {
        let mut sessions = Sessions::room_for(count);
        for _ in 0..count {
            // So that their timers do not all run out together.
            sessions.pass(period(count));
            let _ = sessions.open();
        }
        sessions.hold_all();
        let client = sessions.client(0);
        let mut pushes = Self {
            sessions,
            count,
            pushed: 0,
            rounds: 0,
            place: 0,
            client,
            payload: Bytes::from_static(b"<message xmlns='jabber:client'/>"),
        };
        // Until all is as it stays: creation responses are stored for two rounds.
        for _ in 0..3 * count {
            pushes.step();
        }
        pushes
    }

    /// One event and the next request of its client. Returns the length of the answer.
    #[inline(never)]
    pub fn next_event(&mut self) -> usize {
        self.step()
    }

    fn step(&mut self) -> usize {
        self.pushed += 1;
        if self.pushed > self.count {
            self.pushed = 1;
            self.rounds += 1;
        }
        self.place = (self.place + STRIDES[self.rounds % STRIDES.len()]) % self.count;
        let client = std::mem::replace(&mut self.client, self.sessions.client(self.place));
        let later = period(self.count);
        self.sessions.push(later, &client, self.payload.clone())
    }
}

/// From one event to the next.
fn period(count: usize) -> Duration {
    PERIOD / u32::try_from(count).unwrap_or(u32::MAX)
}

fn sid(number: u64) -> String {
    format!("{number:0SID$}")
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
