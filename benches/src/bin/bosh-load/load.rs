//! The commands.

use std::{
    cell::{Cell, RefCell},
    io::{self, Write as _},
    rc::Rc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_local},
    time::{sleep, sleep_until, timeout_at},
};
use xmpp_pubsub::Jid;

use super::{
    Options,
    http::{Connections, Target},
    pusher::Pusher,
    session::{self, Common, Order, Report},
};

/// Does what standard input says until it ends.
pub(super) async fn run(options: Options) -> io::Result<()> {
    let (reports, inbox) = mpsc::unbounded_channel();
    let common = Common {
        target: Target::new(&options.url)?,
        profile: options.profile.profile(),
        domain: options.domain.clone(),
        origin: Instant::now(),
        reports,
        exchanged: RefCell::default(),
        pushed: RefCell::default(),
        bounced: Cell::default(),
    };
    let mut load = Load {
        options,
        common: Rc::new(common),
        inbox,
        sessions: Vec::new(),
        holding: Vec::new(),
        closed: 0,
        is_ending: false,
    };
    let mut lines = super::lines();
    while let Some(line) = lines.recv().await {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ends = words == ["end"];
        let answer = load.command(&words).await?;
        let mut output = io::stdout().lock();
        writeln!(output, "{answer}")?;
        output.flush()?;
        if ends {
            break;
        }
    }
    Ok(())
}

struct Load {
    options: Options,
    common: Rc<Common>,
    inbox: mpsc::UnboundedReceiver<Report>,
    /// By number of the account.
    sessions: Vec<Session>,
    /// Requests without BOSH that are never answered.
    holding: Vec<JoinHandle<()>>,
    /// Sessions that ended without being told to.
    closed: usize,
    is_ending: bool,
}

struct Session {
    /// `None` once it is over.
    orders: Option<mpsc::UnboundedSender<Order>>,
    jid: Option<Jid>,
    /// It did what was ordered last.
    is_done: bool,
}

impl Load {
    /// What came of a command, with what all commands tell.
    async fn command(&mut self, words: &[&str]) -> io::Result<Value> {
        let counts = self.common.target.counts.clone();
        let before = (
            counts.requests.get(),
            counts.bytes.get(),
            counts.errors.get(),
        );
        self.common.exchanged.borrow_mut().clear();
        self.common.pushed.borrow_mut().clear();
        self.common.bounced.set(0);
        self.closed = 0;
        let started = Instant::now();
        let number = |at: usize| {
            let word = words.get(at).and_then(|word| word.parse::<u32>().ok());
            word.filter(|number| (1..=MOST).contains(number))
                .ok_or_else(|| {
                    io::Error::other(format!(
                        "`{}` lacks a number of 1 to {MOST}",
                        words.join(" ")
                    ))
                })
        };
        let seconds = |at| number(at).map(|seconds| Duration::from_secs(seconds.into()));
        let count = |at| number(at).map(|count| count as usize);
        let mut answer = match *words {
            ["login", _] => self.login(count(1)?).await,
            ["exchange", _, _] if count(1)? > self.sessions.len() => {
                return Err(io::Error::other("there are not so many sessions"));
            }
            ["exchange", _, _] => self.exchange(count(1)?, seconds(2)?).await,
            ["hold", _] => {
                sleep(seconds(1)?).await;
                json!({})
            }
            ["push", _, _] => self.push(number(1)?, number(2)?).await?,
            ["check"] => self.check().await,
            ["post", _, _, _] => self.post(count(1)?, seconds(2)?, count(3)?).await,
            ["holdpost", _] => self.holdpost(count(1)?).await,
            ["end"] => self.end().await,
            _ => {
                let line = words.join(" ");
                return Err(io::Error::other(format!("`{line}` is no command")));
            }
        };
        while let Ok(report) = self.inbox.try_recv() {
            self.on_report(report);
        }
        for (name, value) in [
            ("seconds", json!(started.elapsed().as_secs_f64())),
            ("requests", json!(counts.requests.get() - before.0)),
            ("bytes", json!(counts.bytes.get() - before.1)),
            ("errors", json!(counts.errors.get() - before.2)),
            ("bounced", json!(self.common.bounced.get())),
            ("closed", json!(self.closed)),
        ] {
            answer[name] = value;
        }
        Ok(answer)
    }

    async fn login(&mut self, count: usize) -> Value {
        let end = Instant::now() + LOGIN;
        let first = self.sessions.len();
        let pending = |sessions: &[Session]| {
            let new = sessions.get(first..).unwrap_or_default();
            let waits = |session: &&Session| session.jid.is_none() && session.orders.is_some();
            new.iter().filter(waits).count()
        };
        let mut waiting = 0;
        while self.sessions.len() < count || waiting > 0 {
            while self.sessions.len() < count && waiting < AT_ONCE {
                let (orders, receiver) = mpsc::unbounded_channel();
                let number = self.sessions.len();
                spawn_local(session::run(number, self.common.clone(), receiver));
                self.sessions.push(Session {
                    orders: Some(orders),
                    jid: None,
                    is_done: false,
                });
                waiting += 1;
            }
            if !self.hear(end).await {
                break;
            }
            // Exact, but not for each of ten thousand.
            waiting -= 1;
            if waiting == 0 {
                waiting = pending(&self.sessions);
            }
        }
        json!({"online": self.online()})
    }

    async fn exchange(&mut self, count: usize, length: Duration) -> Value {
        let end = Instant::now() + length;
        self.exchange_of(0..count, MESSAGES, end).await;
        for session in self.sessions.iter().take(count) {
            if let Some(orders) = &session.orders {
                // If it is over, its report is on the way.
                let _ = orders.send(Order::Rest);
            }
        }
        self.all_done(0..count, Instant::now() + WEDGED).await;
        let mut took = self.common.exchanged.borrow_mut();
        let mut answer = quantiles(&mut took);
        answer["messages"] = json!(took.len());
        drop(took);
        answer["wedged"] = json!(self.wedged(0..count));
        answer
    }

    async fn push(&mut self, count: u32, rate: u32) -> io::Result<Value> {
        let Options {
            pusher,
            domain,
            pusher_user,
            pusher_password,
            ..
        } = &self.options;
        let address = pusher.ok_or_else(|| io::Error::other("`push` needs --pusher"))?;
        let jid = Jid::from_parts(Some(pusher_user), domain, Some("pusher"));
        let jid = jid.map_err(io::Error::other)?;
        let mut pusher = Pusher::connect(address, jid, pusher_password).await?;
        // What the server tells of somebody new is not measured.
        sleep(SETTLE).await;
        let jids: Vec<&Jid> = self
            .sessions
            .iter()
            .filter_map(|s| s.jid.as_ref())
            .collect();
        let each = Duration::from_secs(1) / rate;
        let started = Instant::now();
        for (turn, jid) in (0..count).zip(jids.iter().cycle()) {
            sleep_until((started + each * turn).into()).await;
            let now = session::micros(self.common.origin.elapsed());
            pusher.send(jid, &format!("push-{now};")).await?;
        }
        let end = Instant::now() + WEDGED;
        let expected = if jids.is_empty() { 0 } else { count as usize };
        while self.common.pushed.borrow().len() < expected && Instant::now() < end {
            sleep(Duration::from_millis(10)).await;
        }
        let mut took = self.common.pushed.borrow_mut();
        let mut answer = quantiles(&mut took);
        answer["lost"] = json!(expected.saturating_sub(took.len()));
        Ok(answer)
    }

    async fn check(&mut self) -> Value {
        let mut wedged = 0;
        let mut from = 0;
        while from < self.sessions.len() {
            let turn = from..self.sessions.len().min(from + AT_ONCE);
            self.exchange_of(turn.clone(), 1, Instant::now() + WEDGED)
                .await;
            wedged += self.wedged(turn.clone());
            from = turn.end;
        }
        json!({"wedged": wedged, "online": self.online()})
    }

    async fn post(&mut self, count: usize, length: Duration, bytes: usize) -> Value {
        let target = self.common.target.with_path("/echo");
        let end = Instant::now() + length;
        let body = Bytes::from(vec![b'x'; bytes]);
        let tasks: Vec<_> = (0..count)
            .map(|_| {
                let (connections, body) = (Connections::new(target.clone()), body.clone());
                spawn_local(async move {
                    while Instant::now() < end && connections.post(body.clone()).await.is_ok() {}
                })
            })
            .collect();
        for task in tasks {
            // Nothing in it panics.
            let _ = task.await;
        }
        json!({})
    }

    async fn holdpost(&mut self, count: usize) -> Value {
        let target = self.common.target.with_path("/hold");
        let body = Bytes::from_static(&[b'x'; EMPTY]);
        for number in self.holding.len()..count {
            let (connections, body) = (Connections::new(target.clone()), body.clone());
            self.holding.push(spawn_local(async move {
                // It only ends with the server.
                let _ = connections.post(body).await;
            }));
            if number % AT_ONCE == 0 {
                sleep(STEP).await;
            }
        }
        sleep(SETTLE).await;
        let held = self
            .holding
            .iter()
            .filter(|task| !task.is_finished())
            .count();
        json!({"held": held})
    }

    async fn end(&mut self) -> Value {
        let (online, ended_before) = (self.online(), self.closed);
        self.is_ending = true;
        for from in (0..self.sessions.len()).step_by(AT_ONCE) {
            self.order(from..self.sessions.len().min(from + AT_ONCE), Order::End);
            let end = Instant::now() + SETTLE;
            while self.sessions[from..]
                .iter()
                .take(AT_ONCE)
                .any(|s| s.orders.is_some())
                && self.hear(end).await
            {}
        }
        self.closed = ended_before;
        json!({"online": online})
    }

    /// Lets sessions write to themselves until all have done it so many times, or until the end.
    async fn exchange_of(&mut self, range: std::ops::Range<usize>, messages: u32, end: Instant) {
        for from in range.clone().step_by(AT_ONCE) {
            self.order(
                from..range.end.min(from + AT_ONCE),
                Order::Exchange(messages),
            );
            // Each opens a connection, and a server takes in only so many at one time.
            sleep(STEP).await;
        }
        self.all_done(range, end).await;
    }

    fn order(&mut self, range: std::ops::Range<usize>, order: Order) {
        for session in self.sessions.get_mut(range).unwrap_or_default() {
            session.is_done = false;
            if let Some(orders) = &session.orders {
                // If it is over, its report is on the way.
                let _ = orders.send(order);
            }
        }
    }

    async fn all_done(&mut self, range: std::ops::Range<usize>, end: Instant) {
        let mut open = self.open(range.clone());
        while open > 0 && self.hear(end).await {
            open -= 1;
            if open == 0 {
                open = self.open(range.clone());
            }
        }
    }

    /// How many may still do what was ordered: one that is over does not.
    fn open(&self, range: std::ops::Range<usize>) -> usize {
        let sessions = self.sessions.get(range).unwrap_or_default();
        let waits = |session: &&Session| !session.is_done && session.orders.is_some();
        sessions.iter().filter(waits).count()
    }

    /// How many have not done what was ordered.
    fn wedged(&self, range: std::ops::Range<usize>) -> usize {
        let sessions = self.sessions.get(range).unwrap_or_default();
        let waits = |session: &&Session| !session.is_done;
        sessions.iter().filter(waits).count()
    }

    /// Takes a report; false when none came in time.
    async fn hear(&mut self, end: Instant) -> bool {
        match timeout_at(end.into(), self.inbox.recv()).await {
            Ok(Some(report)) => {
                self.on_report(report);
                true
            }
            Ok(None) | Err(_) => false,
        }
    }

    fn on_report(&mut self, report: Report) {
        match report {
            Report::Online { number, jid } => {
                if let Some(session) = self.sessions.get_mut(number) {
                    session.jid = Some(jid);
                }
            }
            Report::Done { number } => {
                if let Some(session) = self.sessions.get_mut(number) {
                    session.is_done = true;
                }
            }
            Report::Closed { number, reason } => {
                if let Some(session) = self.sessions.get_mut(number) {
                    session.orders = None;
                    session.jid = None;
                }
                if self.closed < SHOWN && !self.is_ending {
                    eprintln!("agent{number}: closed: {reason}");
                }
                self.closed += 1;
            }
        }
    }

    fn online(&self) -> usize {
        self.sessions.iter().filter(|s| s.jid.is_some()).count()
    }
}

/// Of what took so many microseconds.
fn quantiles(took: &mut [u64]) -> Value {
    took.sort_unstable();
    let at = |share: f64| {
        let last = took.len().saturating_sub(1);
        // Of a list in memory: it fits.
        took.get((last as f64 * share).round() as usize).copied()
    };
    json!({"p50": at(0.5), "p99": at(0.99), "max": at(1.0)})
}

/// The largest number in a command.
const MOST: u32 = 1_000_000;
/// Logins, and other things that open connections, at one time.
const AT_ONCE: usize = 64;
const LOGIN: Duration = Duration::from_secs(600);
/// What has not come back by then does not come.
const WEDGED: Duration = Duration::from_secs(30);
/// Between those.
const STEP: Duration = Duration::from_millis(5);
/// Messages of a session in one exchange: our server takes 1,000 at once and then 100 a second.
const MESSAGES: u32 = 900;
const SETTLE: Duration = Duration::from_secs(1);
/// Bytes of an empty BOSH request.
const EMPTY: usize = 120;
/// Sessions whose unexpected end is explained.
const SHOWN: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_what_there_is() {
        let mut took: Vec<u64> = (1..=101).rev().collect();
        assert_eq!(
            quantiles(&mut took),
            json!({"p50": 51, "p99": 100, "max": 101})
        );
        assert_eq!(
            quantiles(&mut []),
            json!({"p50": null, "p99": null, "max": null})
        );
    }
}
