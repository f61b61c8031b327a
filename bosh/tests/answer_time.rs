//! Every request is answered at a time that follows from the terms, whatever the client does, and whatever
//! the application does or leaves undone: the bound that `Session` documents.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use std::collections::BTreeMap;
use std::time::Duration;

use bosh::Condition;
use bosh::session::{Event, Farewell, Manager, RequestSlot, ServerConfig, SessionId};
use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

const NS: &str = "http://jabber.org/protocol/httpbind";
const FIRST: u64 = 1000;

#[derive(Clone, Debug)]
struct Terms {
    wait: u32,
    hold: u32,
    attributes: &'static str,
    config: ServerConfig,
}

#[derive(Clone, Debug)]
enum Step {
    /// Rid, of which 3 is the next, and what the wrapper says.
    Post(u64, &'static str),
    /// One that waits loses its connection.
    Cut(prop::sample::Index),
    Send(usize),
    Close(Condition),
    Authenticate,
    Shutdown,
    /// The process ends and another goes on, with the feature `serde`.
    HandOver,
    Pass(u64),
}

fn milliseconds(of: &'static [u64]) -> impl Strategy<Value = Duration> {
    prop::sample::select(of).prop_map(Duration::from_millis)
}

fn terms() -> impl Strategy<Value = Terms> {
    let config = (
        (milliseconds(&[0, 2_000, 9_000]), 0_u32..4),
        milliseconds(&[0, 700, 4_000]),
        milliseconds(&[0, 1_000, 5_000]),
        prop::sample::select(&[None, Some(4), Some(30)][..]),
        (prop::sample::select(&[10, 300, 100_000][..]), 1_usize..4),
        prop::sample::select(&[None, Some(2)][..]),
    );
    let config = config.prop_map(
        |((wait, hold), grace, margin, silence, (bytes, streams), pace)| {
            ServerConfig::default()
                .with_max_wait(wait)
                .with_max_hold(hold)
                .with_creation_grace(grace)
                .with_gap_margin(margin)
                .with_inactivity(silence.map(Duration::from_secs))
                .with_polling_inactivity(silence.map(Duration::from_secs))
                .with_bytes(bytes, 4 * bytes)
                .with_max_streams(streams)
                .with_polling(pace.map(Duration::from_secs))
        },
    );
    let attributes = prop::sample::select(
        &[
            "ver='1.6'",
            "ver='1.11' ack='1'",
            "",
            "ver='1.6' newkey='k'",
        ][..],
    );
    (config, 0_u32..12, 0_u32..4, attributes).prop_map(|(config, wait, hold, attributes)| Terms {
        wait,
        hold,
        attributes,
        config,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let said = &[
        "/>",
        "/>",
        "/>",
        "><p xmlns='urn:p'/></body>",
        "><p xmlns='urn:p'/></body>",
        " ack='999'/>",
        " pause='3'/>",
        " pause='1000'/>",
        " type='terminate'/>",
        " type='terminate' stream='name-2'/>",
        " xmlns:xmpp='urn:xmpp:xbosh' xmpp:restart='true'/>",
        " to='other'/>",
        " stream='name-3'><p xmlns='urn:p'/></body>",
        " key='wrong'/>",
    ][..];
    let rid = prop_oneof![20 => Just(3), 4 => Just(4), 2 => Just(5), 3 => 1_u64..3, 1 => 0_u64..8];
    prop_oneof![
        30 => (rid, prop::sample::select(said)).prop_map(|(rid, said)| Step::Post(rid, said)),
        3 => any::<prop::sample::Index>().prop_map(Step::Cut),
        6 => (0_usize..400).prop_map(Step::Send),
        1 => Just(Step::Close(Condition::HostGone)),
        2 => Just(Step::Authenticate),
        1 => Just(Step::Shutdown),
        1 => Just(Step::HandOver),
        20 => (0_u64..4_000).prop_map(Step::Pass),
    ]
}

/// A request that waits.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    /// `None` if it is refused.
    session: Option<SessionId>,
    /// `None` asks for a session.
    rid: Option<u64>,
    posted: Duration,
    /// When its first copy came.
    arrived: Duration,
    /// The session was over.
    over: bool,
}

struct Host {
    terms: Terms,
    manager: Manager,
    now: Duration,
    session: Option<SessionId>,
    over: bool,
    slots: u64,
    waiting: BTreeMap<RequestSlot, Waiting>,
    /// When each request id came first.
    arrived: BTreeMap<u64, Duration>,
    /// Highest one that came with all below it.
    through: u64,
    longest: Duration,
}

impl Host {
    fn new(terms: Terms) -> Self {
        let mut number = 0;
        let names = move || {
            number += 1;
            format!("name-{number}")
        };
        Self {
            manager: Manager::new(terms.config.clone(), names),
            terms,
            now: Duration::ZERO,
            session: None,
            over: false,
            slots: 0,
            waiting: BTreeMap::new(),
            arrived: BTreeMap::new(),
            through: FIRST,
            longest: Duration::ZERO,
        }
    }

    fn wait(&self) -> Duration {
        let asked = Duration::from_secs(u64::from(self.terms.wait));
        Duration::from_secs(asked.min(self.terms.config.max_wait).as_secs())
    }

    /// When a request must have its answer.
    fn deadline(&self, request: &Waiting) -> Duration {
        let config = &self.terms.config;
        let by_terms = match request.rid {
            _ if request.over => request.posted,
            None | Some(FIRST) => request.arrived + config.creation_grace,
            Some(rid) if rid <= self.through => {
                (request.arrived + self.wait()).max(self.filled(rid))
            }
            Some(_) => request.arrived + self.wait() + config.gap_margin,
        };
        // A copy of what was answered already is answered at once.
        by_terms.max(request.posted)
    }

    /// When the last of those up to a request came.
    fn filled(&self, rid: u64) -> Duration {
        let below = self.arrived.range(..=rid).map(|(_, &arrived)| arrived);
        below.max().unwrap_or_default()
    }

    fn post(&mut self, rid: Option<u64>, said: &str) {
        let slot = RequestSlot(self.slots);
        self.slots += 1;
        let body = match rid {
            Some(rid) => format!("<body xmlns='{NS}' rid='{rid}' sid='name-1'{said}"),
            None => format!("<body xmlns='{NS}' rid='{FIRST}' to='localhost' {said}/>"),
        };
        let key = rid.unwrap_or(FIRST);
        let arrived = *self.arrived.entry(key).or_insert(self.now);
        while self.arrived.contains_key(&(self.through + 1)) {
            self.through += 1;
        }
        let session = self
            .manager
            .handle_request(self.now, slot, Bytes::from(body));
        let request = Waiting {
            session,
            rid,
            posted: self.now,
            arrived,
            over: self.over,
        };
        self.waiting.insert(slot, request);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some((id, event)) = self.manager.poll_event() {
            match event {
                Event::Open(_) => self.session = Some(id),
                Event::Terminated { .. } => self.over = true,
                Event::Payload(_) | Event::Restart(_) | Event::Stream(_) | _ => {}
            }
        }
        while let Some(transmit) = self.manager.poll_transmit() {
            let request = self
                .waiting
                .remove(&transmit.slot)
                .expect("a request that waits");
            let late = self.now.saturating_sub(self.deadline(&request));
            assert!(
                late.is_zero(),
                "BOSH-8-05: {request:?} is answered {late:?} late"
            );
            self.longest = self.longest.max(self.now - request.posted);
        }
        let overdue = self
            .waiting
            .values()
            .find(|request| self.deadline(request) < self.now);
        assert!(
            overdue.is_none(),
            "BOSH-8-05: {overdue:?} is not answered at {:?}",
            self.now
        );
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        let mut wakes = 0;
        while let Some(at) = self.manager.poll_timeout().filter(|&at| at <= end) {
            self.now = self.now.max(at);
            self.manager.handle_timeout(self.now);
            self.drain();
            wakes += 1;
            assert!(wakes < 1_000, "the manager does not come to rest");
        }
        self.now = end;
        self.drain();
    }

    #[cfg(feature = "serde")]
    fn hand_over(&mut self) {
        let replacement = Manager::new(ServerConfig::default(), String::new);
        let state = std::mem::replace(&mut self.manager, replacement).into_state(self.now);
        let mut number = 1_000;
        let names = move || {
            number += 1;
            format!("name-{number}")
        };
        let config = self.terms.config.clone();
        self.manager = Manager::from_state(config, names, self.now, state).unwrap();
        self.session = self.manager.sessions().next().map(|(id, _)| id);
        // Its connections are gone.
        self.waiting.clear();
        self.drain();
    }

    #[cfg(not(feature = "serde"))]
    const fn hand_over(&mut self) {}

    fn take(&mut self, step: Step) {
        let now = self.now;
        match (step, self.session) {
            (Step::Post(rid, said), _) => {
                self.post(Some((self.through + rid).saturating_sub(2)), said)
            }
            (Step::Cut(which), _) if !self.waiting.is_empty() => {
                let slots: Vec<RequestSlot> = self.waiting.keys().copied().collect();
                let slot = *which.get(&slots);
                let session = self.waiting.remove(&slot).and_then(|it| it.session);
                let session = session.expect("who is refused does not wait");
                self.manager.handle_disconnect(now, session, slot);
            }
            (Step::Send(length), Some(id)) => {
                let payload = format!("<s xmlns='urn:s'>{}</s>", "x".repeat(length));
                let _ = self.manager.send(now, id, Bytes::from(payload));
            }
            (Step::Close(condition), Some(id)) => {
                let _ = self.manager.close(now, id, Farewell::condition(condition));
            }
            (Step::Authenticate, Some(id)) => {
                let _ = self.manager.set_authenticated(id);
            }
            (Step::Shutdown, _) => self.manager.shutdown(now),
            (Step::HandOver, _) => self.hand_over(),
            (Step::Pass(time), _) => self.pass(Duration::from_millis(time)),
            (Step::Cut(_) | Step::Send(_) | Step::Close(_) | Step::Authenticate, _) => {}
        }
        self.drain();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_request_is_answered_in_the_time_that_the_terms_give_it(
        terms in terms(),
        steps in vec(step(), 1..80),
    ) {
        let mut host = Host::new(terms);
        let (wait, hold) = (host.terms.wait, host.terms.hold);
        let creation = format!("wait='{wait}' hold='{hold}' {}", host.terms.attributes);
        host.post(None, &creation);
        for step in steps {
            host.take(step);
        }
        let config = host.terms.config.clone();
        host.pass(config.longest_answer());
        prop_assert!(host.waiting.is_empty(), "BOSH-8-05: never answered: {:?}", host.waiting);
        prop_assert!(
            host.longest <= config.longest_answer(),
            "BOSH-8-05: {:?} is above {:?}",
            host.longest,
            config.longest_answer()
        );
        // The longest silence is a pause; a farewell waits for a minute.
        host.pass(Duration::from_secs(121));
        let is_over = host.manager.is_empty() || config.inactivity.is_none();
        prop_assert!(is_over, "BOSH-10-03: nobody asks, and the session goes on");
    }
}
