//! A client, a connection manager and a network that delays, drops, copies, reorders and cuts HTTP
//! requests, all driven by one seed in virtual time; and what must hold whatever happens.
//!
//! With the feature `serde` both ends are also handed over to another process now and then.
//!
//! `scenario` decides the settings, `network` carries requests and responses, `applications` are
//! what speaks at both ends, `books` keep what was said, put on the wire and heard.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking, and acts on the few things that it names"
)]

mod applications;
mod books;
mod clock;
#[cfg(feature = "serde")]
mod hand_over;
mod network;
mod scenario;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Write};
use std::ops::AddAssign;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bosh::session::{Client, CloseReason, Manager, Pauses, RequestSlot, SessionId};
use bytes::Bytes;

use self::books::{Kept, Said};
use self::clock::Clock;
use self::network::{Packet, Wire};
use self::scenario::{Ending, Random, Scenario, Weather};

/// How long all may take to arrive once the network is well again: a response that was lost is
/// missed after `wait` and a margin, and a pause may be under way.
const HEALING: Duration = Duration::from_secs(400);
/// How long both ends may take to be over: what a client waits for a server that is gone.
const REST: Duration = Duration::from_secs(1_000);
/// No run comes near.
const MOST_STEPS: usize = 200_000;

/// What happened over a run, in numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) runs: usize,
    /// Sessions that lived until an end wanted them to end.
    pub(crate) survived: usize,
    /// HTTP requests that the client made.
    pub(crate) requests: usize,
    /// Requests and responses that did not arrive.
    pub(crate) lost: usize,
    /// Requests that arrived once more without the client's doing.
    pub(crate) copies: usize,
    /// Payloads that arrived.
    pub(crate) payloads: usize,
    /// How often a machine, or a session of it, went to another process.
    pub(crate) hand_overs: usize,
    /// Pauses whose answer never came while their connection stood.
    pub(crate) mute_pauses: usize,
}

pub(crate) struct Simulation {
    random: Random,
    scenario: Scenario,
    weather: Weather,
    now: Duration,
    client: Client,
    client_clock: Clock,
    server: Manager,
    server_clock: Clock,
    /// How many session ids were made.
    #[cfg_attr(
        not(feature = "serde"),
        allow(dead_code, reason = "for the next process")
    )]
    sids: Arc<AtomicU64>,
    #[cfg(feature = "serde")]
    hand_overs: hand_over::HandOvers,
    /// What the client said.
    said: Said,
    /// The conversation that the server's payloads must belong to.
    bound: Option<SessionId>,
    hosts: BTreeMap<SessionId, Host>,
    /// Bodies of the client's requests by request id.
    asked: BTreeMap<u64, Asked>,
    /// The newest copy of each of them.
    newest: BTreeMap<u64, u32>,
    /// Responses that came to the client while it was open.
    handed: BTreeSet<u64>,
    /// Requests that pause.
    pauses: BTreeSet<u64>,
    client_over: Option<CloseReason>,
    client_gone: bool,
    server_gone: bool,
    shut_down: bool,
    asleep_until: Duration,
    outage_until: Duration,
    next_outage: Duration,
    next_client: Duration,
    next_host: Duration,
    wires: BTreeMap<RequestSlot, Wire>,
    slots: u64,
    packets: BTreeMap<(Duration, u64), Packet>,
    packet: u64,
    client_queue: Kept,
    client_requests: Kept,
    client_responses: Kept,
    figures: Figures,
    ended: bool,
    transcript: Option<String>,
}

/// A session of the server, and the application behind it.
struct Host {
    sid: String,
    said: Said,
    first: u64,
    arrived: BTreeSet<u64>,
    /// Highest request id that arrived with all below it.
    through: u64,
    /// First responses by request id.
    answers: BTreeMap<u64, Answer>,
    closing: bool,
    /// Declares the client authenticated when it speaks.
    waits_for_word: bool,
    over: Option<CloseReason>,
    /// Handed back, to be compared when the last responses are out.
    undelivered: Option<Vec<Bytes>>,
    /// Last words, until they are said.
    last_words: Option<Bytes>,
    queue: Kept,
    replay: Kept,
    early: Kept,
}

struct Asked {
    body: Bytes,
    /// What the client had put into requests by then.
    through: usize,
}

struct Answer {
    body: Bytes,
    through: usize,
    is_stored: bool,
}

impl Simulation {
    pub(crate) fn new(seed: u64, write: bool) -> Self {
        let mut random = Random(seed);
        let scenario = Scenario::new(&mut random);
        let mut client = Client::new(scenario.client.clone());
        if let Some(length) = scenario.keys {
            let mut seeds = 0;
            client = client.with_keys(length, move || {
                seeds += 1;
                format!("seed {seeds}")
            });
        }
        let sids = Arc::default();
        let server = Manager::new(scenario.server.clone(), names(&sids));
        let next_outage = match scenario.weather.outage_every {
            Duration::MAX => Duration::MAX,
            every => every / 2,
        };
        Self {
            weather: scenario.weather,
            scenario,
            now: Duration::ZERO,
            client,
            client_clock: Clock::default(),
            server,
            server_clock: Clock::default(),
            sids,
            #[cfg(feature = "serde")]
            hand_overs: hand_over::HandOvers::new(seed),
            said: Said::new("c", 0),
            bound: None,
            hosts: BTreeMap::new(),
            asked: BTreeMap::new(),
            newest: BTreeMap::new(),
            handed: BTreeSet::new(),
            pauses: BTreeSet::new(),
            client_over: None,
            client_gone: false,
            server_gone: false,
            shut_down: false,
            asleep_until: Duration::ZERO,
            outage_until: Duration::ZERO,
            next_outage,
            next_client: random.up_to(2_000),
            next_host: random.up_to(2_000),
            random,
            wires: BTreeMap::new(),
            slots: 0,
            packets: BTreeMap::new(),
            packet: 0,
            client_queue: Kept::default(),
            client_requests: Kept::default(),
            client_responses: Kept::default(),
            figures: Figures::default(),
            ended: false,
            transcript: write.then(String::new),
        }
    }

    /// Runs to the end; `Err` says what did not hold.
    pub(crate) fn run(&mut self) -> Result<Figures, String> {
        self.describe();
        self.client
            .open(self.client_now())
            .map_err(|error| error.to_string())?;
        self.settle()?;
        let trouble = self.scenario.trouble;
        self.drive(self.scenario.ends_at.min(trouble))?;
        if self.scenario.ends_at < trouble {
            self.end()?;
            self.drive(trouble)?;
        }
        self.heal()?;
        let mut deadline = self.now + HEALING;
        while !self.ended && !self.all_arrived() && self.client_over.is_none() {
            let before = self.heard();
            self.drive(self.now + Duration::from_secs(1))?;
            if self.heard() > before {
                // A poller takes its time.
                deadline = self.now + HEALING;
            }
            if self.now >= deadline {
                return Err("not all arrives".into());
            }
        }
        if !self.ended {
            self.figures.survived += usize::from(self.client_over.is_none());
            self.end()?;
        }
        let mut deadline = self.now + REST;
        while self.next_time().is_some() && self.now < deadline {
            let before = self.heard();
            self.drive(self.now + Duration::from_secs(10))?;
            if self.heard() > before {
                // What was queued goes first.
                deadline = self.now + REST;
            }
        }
        // Some servers are told to wait for ever.
        if !self.server_gone && !self.server.is_empty() {
            if self.scenario.server.inactivity.is_some() {
                return Err(format!("the server keeps a session: {:?}", self.server));
            }
            self.shut_down()?;
            self.drive(self.now + Duration::from_secs(100))?;
        }
        self.at_rest()?;
        self.figures.runs = 1;
        self.figures.payloads = self.said.heard;
        self.figures.payloads += self
            .hosts
            .values()
            .map(|host| host.said.heard)
            .sum::<usize>();
        Ok(self.figures)
    }

    /// What happened, line by line: the time in seconds, who, what, and the particulars.
    pub(crate) fn transcript(&self) -> &str {
        self.transcript.as_deref().unwrap_or_default()
    }

    fn drive(&mut self, until: Duration) -> Result<(), String> {
        let mut steps = 0;
        while let Some(next) = self.next_time().filter(|next| *next <= until) {
            steps += 1;
            if steps > MOST_STEPS {
                return Err("time stands still".into());
            }
            self.now = self.now.max(next);
            while let Some(entry) = self.packets.first_entry() {
                if entry.key().0 > self.now {
                    break;
                }
                let packet = entry.remove();
                self.carry(packet)?;
                self.settle()?;
            }
            self.timers()?;
            if self.next_outage <= self.now {
                self.outage();
            }
            if self.next_client <= self.now {
                self.client_acts()?;
                self.settle()?;
            }
            if self.next_host <= self.now {
                self.host_acts()?;
                self.settle()?;
            }
            #[cfg(feature = "serde")]
            if self.hand_overs.next <= self.now {
                self.hand_over()?;
            }
            self.check()?;
        }
        self.now = self.now.max(until);
        Ok(())
    }

    /// What the client's clock shows.
    fn client_now(&self) -> Duration {
        self.client_clock.show(self.now)
    }

    fn server_now(&self) -> Duration {
        self.server_clock.show(self.now)
    }

    #[cfg(feature = "serde")]
    fn sids(&self) -> impl FnMut() -> String + Send + 'static {
        names(&self.sids)
    }

    fn client_sleeps(&self) -> bool {
        self.now < self.asleep_until
    }

    fn client_timer(&self) -> Option<Duration> {
        let timer = self.client.poll_timeout().filter(|_| !self.client_gone);
        timer.map(|at| self.client_clock.when(at).max(self.asleep_until))
    }

    fn server_timer(&self) -> Option<Duration> {
        let timer = self.server.poll_timeout().filter(|_| !self.server_gone);
        timer.map(|at| self.server_clock.when(at))
    }

    fn next_time(&self) -> Option<Duration> {
        let packet = self.packets.keys().next().map(|&(at, _)| at);
        let own = [self.next_client, self.next_host, self.next_outage];
        let times = [packet, self.client_timer(), self.server_timer()];
        let times = times.into_iter().flatten().chain(own);
        #[cfg(feature = "serde")]
        let times = times.chain([self.hand_overs.next]);
        times.filter(|at| *at < Duration::MAX).min()
    }

    /// Timers are called when they are due, and now and then without need.
    fn timers(&mut self) -> Result<(), String> {
        let needless = self.random.permille(30);
        if !self.client_gone
            && !self.client_sleeps()
            && (needless || self.client_timer().is_some_and(|at| at <= self.now))
        {
            let now = self.client_now();
            self.client.handle_timeout(now);
            self.settle()?;
            if self.client_timer().is_some_and(|at| at <= self.now) {
                return Err(format!("the client's timer stays: {:?}", self.client));
            }
        }
        if !self.server_gone && (needless || self.server_timer().is_some_and(|at| at <= self.now)) {
            let now = self.server_now();
            self.server.handle_timeout(now);
            self.settle()?;
            if self.server_timer().is_some_and(|at| at <= self.now) {
                return Err("the server's timer stays".into());
            }
        }
        Ok(())
    }

    /// What must hold at any time.
    fn check(&mut self) -> Result<(), String> {
        if !self.server_gone {
            let late = |wire: &&Wire| wire.deadline.is_some_and(|deadline| deadline < self.now);
            if let Some(wire) = self.wires.values().find(late) {
                return Err(format!("not answered in time: {wire:?}"));
            }
        }
        if self.client_over.is_none() && !self.client_gone && self.client_timer().is_none() {
            return Err(format!("the client waits for nothing: {:?}", self.client));
        }
        self.check_memory()
    }

    /// Whoever holds bytes stays within what the settings allow.
    fn check_memory(&mut self) -> Result<(), String> {
        let (client, server) = (&self.scenario.client, &self.scenario.server);
        let requests = self.requests();
        let (_, queued) = self.client_queue.count();
        let (outstanding, _) = self.client_requests.count();
        let (early, _) = self.client_responses.count();
        // One more may pause, and one terminate (§11, §13).
        let most = requests + if self.ended { 2 } else { 1 };
        // Requests that wait for their turn keep their payloads, to hand them back.
        let waits = client.in_order || !client.pace.is_zero();
        let kept = if waits { 1 + most } else { 1 };
        if queued > client.max_queue * kept || outstanding > most || early > most {
            return Err(format!(
                "the client holds {queued} bytes, {outstanding} requests, {early} responses"
            ));
        }
        let stored = match client.acks {
            true => server.max_stored_responses.max(requests),
            false => requests,
        };
        for (id, host) in &mut self.hosts {
            let (_, queued) = host.queue.count();
            let (replay, _) = host.replay.count();
            let (early, _) = host.early.count();
            let most = if host.over.is_some() { 0 } else { stored };
            let farewell = if host.closing { FAREWELL } else { 0 };
            if queued > server.max_queue + farewell || replay > most || early > requests + 1 {
                return Err(format!(
                    "session {id} holds {queued} bytes, {replay} responses, {early} requests"
                ));
            }
        }
        Ok(())
    }

    /// What both ends settle on.
    fn requests(&self) -> usize {
        let hold = self.scenario.client.hold.min(self.scenario.server.max_hold);
        hold as usize + 1
    }

    fn wait(&self) -> Duration {
        let wait = self.scenario.client.wait.min(self.scenario.server.max_wait);
        Duration::from_secs(wait.as_secs())
    }

    /// Nothing happens that an end must not survive. Where one request alone is granted, a client that is not told of
    /// pauses without answers waits for one while the session runs out.
    fn is_harmless(&self) -> bool {
        let is_told = self.scenario.client.pauses == Pauses::Unanswered;
        let waits_in_vain = self.scenario.mute_pauses && !is_told && self.requests() == 1;
        self.scenario.weather.is_harmless() && !waits_in_vain
    }

    fn all_arrived(&self) -> bool {
        let bound = self.bound.and_then(|id| self.hosts.get(&id));
        let all = |said: &Said| said.heard == said.len();
        all(&self.said) && bound.is_some_and(|host| all(&host.said))
    }

    fn heard(&self) -> usize {
        let hosts = self.hosts.values().map(|host| host.said.heard);
        self.said.heard + hosts.sum::<usize>()
    }

    /// No more faults, and the applications are silent.
    fn heal(&mut self) -> Result<(), String> {
        self.note("network", &"heals");
        self.weather = Weather::healed();
        self.outage_until = self.now;
        self.next_outage = Duration::MAX;
        self.next_client = Duration::MAX;
        self.next_host = Duration::MAX;
        #[cfg(feature = "serde")]
        {
            self.hand_overs.next = Duration::MAX;
        }
        self.settle()
    }

    /// When all is over.
    fn at_rest(&mut self) -> Result<(), String> {
        if self.client_over.is_none() && !self.client_gone {
            return Err(format!(
                "the client does not come to rest: {:?}",
                self.client
            ));
        }
        if !self.server_gone && !self.server.is_empty() {
            return Err(format!(
                "the server does not come to rest: {:?}",
                self.server
            ));
        }
        if let Some(at) = self.client_timer().or_else(|| self.server_timer()) {
            return Err(format!("a timer is left at {at:?}"));
        }
        if let Some(wire) = self.wires.values().find(|wire| wire.arrived.is_some())
            && !self.server_gone
        {
            return Err(format!("never answered: {wire:?}"));
        }
        let client = &mut [
            &mut self.client_queue,
            &mut self.client_requests,
            &mut self.client_responses,
        ];
        if !self.client_gone && client.iter_mut().any(|kept| kept.count().0 > 0) {
            return Err(format!("the client keeps bytes: {client:?}"));
        }
        for host in self.hosts.values_mut() {
            let kept = [&mut host.queue, &mut host.replay, &mut host.early];
            if !self.server_gone && kept.into_iter().any(|kept| kept.count().0 > 0) {
                return Err(format!("session {} keeps bytes", host.sid));
            }
        }
        Ok(())
    }

    fn describe(&mut self) {
        let Scenario {
            client,
            server,
            weather,
            ending,
            keys,
            mute_pauses,
            ..
        } = &self.scenario;
        let text = format!(
            "{weather:?}\n{ending:?}, keys {keys:?}, mute pauses {mute_pauses}\n{client:?}\n{server:?}"
        );
        self.note("seed", &text);
    }

    fn note(&mut self, who: &str, what: &dyn Display) {
        let now = self.now.as_secs_f64();
        if let Some(transcript) = &mut self.transcript {
            writeln!(transcript, "{now:9.3} {who:>7}: {what}").unwrap();
        }
    }
}

/// Makes session ids, none twice.
fn names(made: &Arc<AtomicU64>) -> impl FnMut() -> String + Send + 'static {
    let made = Arc::clone(made);
    move || format!("sid-{}", made.fetch_add(1, Ordering::Relaxed) + 1)
}

/// The longest payload of a farewell.
const FAREWELL: usize = 200;

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.runs += other.runs;
        self.survived += other.survived;
        self.requests += other.requests;
        self.lost += other.lost;
        self.copies += other.copies;
        self.payloads += other.payloads;
        self.hand_overs += other.hand_overs;
        self.mute_pauses += other.mute_pauses;
    }
}

impl Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            runs,
            survived,
            requests,
            lost,
            copies,
            payloads,
            hand_overs,
            mute_pauses,
        } = self;
        write!(
            f,
            "{runs} seeds, {requests} requests, {lost} lost, {copies} copied, {payloads} payloads, \
             {hand_overs} handed over, {mute_pauses} pauses unanswered, {survived} ended by will"
        )
    }
}
