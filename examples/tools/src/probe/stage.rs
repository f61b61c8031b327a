//! Where a scenario plays: sends, waits, keeps the log, and collects verdicts.

use std::collections::BTreeMap;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::Settings;
use super::answer::{Answer, Seen};
use super::catalog::Requirement;
use super::observe;
use super::session::HTTPBIND;
use super::verdict::{Exchange, Finding, Stop, Verdict, What};
use crate::net::{Broken, Connection, Response};

/// The world of one scenario.
pub(crate) struct Stage<'a> {
    pub(crate) settings: &'a Settings,
    /// Requests of the whole run.
    sent: &'a AtomicUsize,
    origin: Instant,
    /// When the scenario must be over.
    end: Duration,
    connections: usize,
    log: Vec<Exchange>,
    findings: Vec<Finding>,
    /// What every answer shows, whatever the scenario is about.
    general: Vec<Finding>,
    /// Texts that are never shown.
    secrets: Vec<String>,
    /// Sessions that may be alive, with the highest rid sent in each.
    alive: BTreeMap<String, u64>,
}

/// What is known of a request when its answer is judged.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ask {
    /// It creates a session, or would if it were right.
    pub(crate) creation: bool,
    /// Its client gave no `ver`.
    pub(crate) legacy: bool,
    /// The Content-Type that was asked for.
    pub(crate) content: Option<String>,
    /// Nothing can be said of its answer in general.
    pub(crate) unusual: bool,
}

/// A request under way.
pub(crate) struct Pending {
    outcomes: Receiver<(Instant, Result<Response, Broken>)>,
    closer: Option<TcpStream>,
    connection: usize,
    sent: Instant,
    ask: Ask,
    sid: Option<String>,
    rid: u64,
    seen: Option<Seen>,
}

/// Nobody waits for the answer any more.
impl Drop for Pending {
    fn drop(&mut self) {
        self.shut();
    }
}

impl Pending {
    fn shut(&self) {
        if let Some(closer) = &self.closer {
            // What is closed already needs no more.
            let _ = closer.shutdown(Shutdown::Both);
        }
    }
}

impl<'a> Stage<'a> {
    pub(crate) fn new(settings: &'a Settings, sent: &'a AtomicUsize, limit: Duration) -> Self {
        Self {
            settings,
            sent,
            origin: Instant::now(),
            end: limit,
            connections: 0,
            log: Vec::new(),
            findings: Vec::new(),
            general: Vec::new(),
            secrets: Vec::new(),
            alive: BTreeMap::new(),
        }
    }

    /// Leaves the sessions that may be alive, as a good guest does.
    pub(crate) fn leave(&mut self) {
        // What the sessions asked for is forgotten by now.
        let ask = Ask {
            unusual: true,
            content: Some(String::new()),
            ..Ask::default()
        };
        for (sid, rid) in std::mem::take(&mut self.alive) {
            let body = format!(
                "<body rid='{}' sid='{sid}' type='terminate' xmlns='{HTTPBIND}'/>",
                rid + 1
            );
            let Ok(mut pending) = self.send(body, &ask) else {
                return;
            };
            self.look(&mut pending, STEP);
        }
    }

    /// The findings of the scenario, and what its answers show in general.
    pub(crate) fn into_findings(self) -> (Vec<Finding>, Vec<Finding>) {
        (self.findings, self.general)
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.origin.elapsed()
    }

    /// Begins a part with a log of its own.
    pub(crate) fn part(&mut self, what: impl Into<String>) {
        self.log.clear();
        self.remark(what);
    }

    pub(crate) fn remark(&mut self, what: impl Into<String>) {
        self.log.push(Exchange {
            at: self.elapsed(),
            connection: 0,
            what: What::Remark(what.into()),
        });
    }

    pub(crate) fn hide(&mut self, secret: impl Into<String>) {
        let secret = secret.into();
        if !secret.is_empty() {
            self.secrets.push(secret);
        }
    }

    /// Sleeps, unless the scenario would take too long.
    pub(crate) fn sleep(&mut self, time: Duration) -> Result<(), Stop> {
        if self.elapsed() + time > self.end {
            return Err(Stop::inconclusive(format!(
                "it would have to wait for {} s, longer than --timeout allows",
                time.as_secs()
            )));
        }
        if time >= Duration::from_millis(500) {
            self.remark(format!("waits for {:.1} s", time.as_secs_f64()));
        }
        thread::sleep(time);
        Ok(())
    }

    /// POSTs a body on a connection of its own.
    pub(crate) fn send(&mut self, body: impl AsRef<[u8]>, ask: &Ask) -> Result<Pending, Stop> {
        self.send_as(&self.head(), body.as_ref(), ask)
    }

    /// The usual head: no more than HTTP and XEP-0124 §5 want.
    pub(crate) fn head(&self) -> String {
        let target = &self.settings.target;
        format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: text/xml; charset=utf-8\r\n",
            target.path, target.authority
        )
    }

    /// The same with a head of the caller's, which lacks the length and the empty line.
    pub(crate) fn send_as(&mut self, head: &str, body: &[u8], ask: &Ask) -> Result<Pending, Stop> {
        let mut bytes = format!("{head}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
        bytes.extend_from_slice(body);
        self.send_bytes(&bytes, head, body, ask)
    }

    /// Sends bytes of an HTTP request; `head` and `body` are what the log shows of them.
    pub(crate) fn send_bytes(
        &mut self,
        bytes: &[u8],
        head: &str,
        body: &[u8],
        ask: &Ask,
    ) -> Result<Pending, Stop> {
        self.count()?;
        self.connections += 1;
        let connection = self.connections;
        let opened = Connection::open(&self.settings.target, CONNECT_TIMEOUT);
        self.log_sent(connection, head, body);
        let text = String::from_utf8_lossy(body);
        let sid = attribute(&text, "sid").map(str::to_owned);
        let rid: u64 = attribute(&text, "rid")
            .and_then(|it| it.trim().parse().ok())
            .unwrap_or_default();
        if let Some(last) = sid.as_ref().and_then(|sid| self.alive.get_mut(sid)) {
            *last = rid.max(*last);
        }
        let (outcome, outcomes) = mpsc::channel();
        let sent = Instant::now();
        let prepared = opened.and_then(|mut connection| {
            connection.write(bytes)?;
            let closer = connection.closer()?;
            Ok((connection, closer))
        });
        let closer = match prepared {
            Ok((mut connection, closer)) => {
                let patience = self.end + READ_MARGIN;
                thread::spawn(move || {
                    let response = connection.read(patience);
                    // A scenario that is over asks no more.
                    let _ = outcome.send((Instant::now(), response));
                });
                Some(closer)
            }
            Err(broken) => {
                // The channel is open and empty.
                let _ = outcome.send((Instant::now(), Err(broken)));
                None
            }
        };
        Ok(Pending {
            outcomes,
            closer,
            connection,
            sent,
            ask: ask.clone(),
            sid,
            rid,
            seen: None,
        })
    }

    /// Waits for an answer that is due, at most so long, and on while the way to the server is slow: that is no
    /// silence of the server's.
    pub(crate) fn wait(&mut self, pending: &mut Pending, limit: Duration) -> Seen {
        let mut seen = self.look(pending, limit);
        for _ in 0..MOST_TURNS {
            if !seen.is_silent() || !self.is_slow() {
                break;
            }
            seen = self.look(pending, limit.max(PROMPT));
        }
        seen
    }

    /// Whether the server, or the machine or network between, takes its time with what nothing holds back: a request
    /// that is no XML.
    fn is_slow(&mut self) -> bool {
        let began = Instant::now();
        if self.elapsed() > self.end || self.count().is_err() {
            return false;
        }
        let request = format!("{}Content-Length: 1\r\n\r\n<", self.head());
        let answer = Connection::open(&self.settings.target, CONNECT_TIMEOUT).and_then(|mut it| {
            it.write(request.as_bytes())?;
            it.read(SLACK)
        });
        let is_slow = began.elapsed() > PROMPT / 4 && !matches!(answer, Err(Broken::Refused(_)));
        if is_slow {
            let took = began.elapsed().as_secs_f64();
            self.remark(format!("a request that is no XML took {took:.1} s"));
        }
        is_slow
    }

    /// Waits for an answer that may come, at most so long. What was seen once is seen again.
    pub(crate) fn look(&mut self, pending: &mut Pending, limit: Duration) -> Seen {
        if let Some(seen) = &pending.seen {
            return seen.clone();
        }
        let left = self.end.saturating_sub(self.elapsed());
        let limit = limit.min(left.max(PROMPT));
        let (at, outcome) = match pending.outcomes.recv_timeout(limit) {
            Ok(outcome) => outcome,
            Err(RecvTimeoutError::Timeout) => {
                self.remark(format!(
                    "c{}: no answer for {:.1} s",
                    pending.connection,
                    pending.sent.elapsed().as_secs_f64()
                ));
                return Seen::Silent(limit);
            }
            Err(RecvTimeoutError::Disconnected) => {
                (Instant::now(), Err(Broken::Closed { partial: false }))
            }
        };
        let at_stage = at.saturating_duration_since(self.origin);
        let seen = match outcome {
            Ok(response) => {
                let took = at.saturating_duration_since(pending.sent);
                let answer = Answer::new(at_stage, took, response);
                self.log_received(pending.connection, &answer);
                if let Ok(body) = &answer.body
                    && let Some(sid) = body.sid.as_ref().filter(|_| pending.sid.is_none())
                {
                    self.alive.insert(sid.as_str().to_owned(), pending.rid);
                }
                for (id, what) in observe::faults(&answer, &pending.ask) {
                    self.general_fault(id, what);
                }
                for id in observe::looked_at(&answer, &pending.ask) {
                    self.general_pass(id);
                }
                Seen::Answer(Box::new(answer))
            }
            Err(broken) => {
                self.remark(format!("c{}: {broken}", pending.connection));
                Seen::Broken(broken)
            }
        };
        pending.seen = Some(seen.clone());
        seen
    }

    /// The answer, without which there is no going on.
    pub(crate) fn answer(
        &mut self,
        pending: &mut Pending,
        limit: Duration,
    ) -> Result<Answer, Stop> {
        match self.wait(pending, limit) {
            Seen::Answer(answer) => Ok(*answer),
            seen @ (Seen::Broken(_) | Seen::Silent(_)) => Err(Stop::inconclusive(seen.to_string())),
        }
    }

    /// Whether nothing comes for a moment: the server keeps the request.
    pub(crate) fn is_held(&mut self, pending: &mut Pending) -> bool {
        self.look(pending, PROMPT).is_silent()
    }

    /// Closes the connection of a request.
    pub(crate) fn cut(&mut self, pending: Pending) {
        self.remark(format!("closes c{}", pending.connection));
        drop(pending);
    }

    /// Opens a connection to write on it piece by piece.
    pub(crate) fn connect(&mut self) -> Result<(usize, Connection), Stop> {
        self.count()?;
        self.connections += 1;
        let connection = Connection::open(&self.settings.target, CONNECT_TIMEOUT)
            .map_err(|broken| Stop::inconclusive(broken.to_string()))?;
        Ok((self.connections, connection))
    }

    /// Writes on a connection of [`connect`](Self::connect).
    pub(crate) fn write(
        &mut self,
        (number, connection): &mut (usize, Connection),
        bytes: &[u8],
    ) -> Result<(), Stop> {
        self.count()?;
        let text = String::from_utf8_lossy(bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or(("", &text));
        self.log_sent(*number, head, body.as_bytes());
        connection
            .write(bytes)
            .map_err(|broken| Stop::inconclusive(broken.to_string()))
    }

    /// Reads from a connection of [`connect`](Self::connect).
    pub(crate) fn read(
        &mut self,
        (number, connection): &mut (usize, Connection),
        patience: Duration,
    ) -> Seen {
        let sent = Instant::now();
        match connection.read(patience) {
            Ok(response) => {
                let answer = Answer::new(self.elapsed(), sent.elapsed(), response);
                self.log_received(*number, &answer);
                Seen::Answer(Box::new(answer))
            }
            Err(Broken::Silent) => {
                self.remark(format!("c{number}: no answer"));
                Seen::Silent(patience)
            }
            Err(broken) => {
                self.remark(format!("c{number}: {broken}"));
                Seen::Broken(broken)
            }
        }
    }

    /// The server does as required.
    pub(crate) fn pass(&mut self, id: &'static str) {
        self.push(id, Verdict::Pass, String::new());
    }

    /// It does, or it does not; then `why` says what it does instead.
    pub(crate) fn check(&mut self, id: &'static str, right: bool, why: impl FnOnce() -> String) {
        if right {
            self.pass(id);
        } else if let Some(requirement) = Requirement::find(id) {
            self.push(id, Verdict::of_broken(requirement), why());
        }
    }

    /// The server does so in time, or late; while the way to it is slow, nobody can tell.
    pub(crate) fn check_time(
        &mut self,
        id: &'static str,
        right: bool,
        why: impl FnOnce() -> String,
    ) {
        if !right && self.is_slow() {
            self.inconclusive(id, "the way to the server is slow");
        } else {
            self.check(id, right, why);
        }
    }

    /// Either way is allowed, and this is the server's.
    pub(crate) fn note(&mut self, id: &'static str, what: impl Into<String>) {
        self.push(id, Verdict::Note, what.into());
    }

    pub(crate) fn not_applicable(&mut self, id: &'static str, why: impl Into<String>) {
        self.push(id, Verdict::NotApplicable, why.into());
    }

    pub(crate) fn inconclusive(&mut self, id: &'static str, why: impl Into<String>) {
        self.push(id, Verdict::Inconclusive, why.into());
    }

    /// No verdict for all of `ids` that have none yet.
    pub(crate) fn stop(&mut self, ids: &[&'static str], stop: &Stop) {
        for id in ids {
            let has = |finding: &Finding| finding.requirement.id == *id;
            if !self.findings.iter().any(has) {
                self.push(id, stop.verdict, stop.reason.clone());
            }
        }
    }

    fn push(&mut self, id: &'static str, verdict: Verdict, text: String) {
        let Some(requirement) = Requirement::find(id) else {
            return;
        };
        let exchanges = self.evidence(verdict);
        self.findings.push(Finding {
            requirement,
            verdict,
            text,
            exchanges,
        });
    }

    fn evidence(&self, verdict: Verdict) -> Vec<Exchange> {
        if !matches!(verdict, Verdict::Fail | Verdict::Deviates) {
            return Vec::new();
        }
        let mut exchanges = self.log.clone();
        exchanges.sort_by_key(|exchange| exchange.at);
        exchanges
    }

    fn general_fault(&mut self, id: &'static str, text: String) {
        let known = |finding: &Finding| {
            finding.requirement.id == id && finding.verdict >= Verdict::Deviates
        };
        if self.general.iter().any(known) {
            return;
        }
        let Some(requirement) = Requirement::find(id) else {
            return;
        };
        let verdict = Verdict::of_broken(requirement);
        // The last request and its answer are enough.
        let mut exchanges = self.evidence(verdict);
        exchanges.retain(|exchange| !matches!(exchange.what, What::Remark(_)));
        let connection = exchanges.last().map(|exchange| exchange.connection);
        exchanges.retain(|exchange| Some(exchange.connection) == connection);
        self.general.push(Finding {
            requirement,
            verdict,
            text,
            exchanges,
        });
    }

    fn general_pass(&mut self, id: &'static str) {
        let known = |finding: &Finding| finding.requirement.id == id;
        if self.general.iter().any(known) {
            return;
        }
        if let Some(requirement) = Requirement::find(id) {
            self.general.push(Finding {
                requirement,
                verdict: Verdict::Pass,
                text: String::new(),
                exchanges: Vec::new(),
            });
        }
    }

    fn count(&self) -> Result<(), Stop> {
        if self.sent.fetch_add(1, Ordering::Relaxed) >= self.settings.max_requests {
            return Err(Stop::inconclusive("the run has sent all requests it may"));
        }
        if self.elapsed() > self.end {
            return Err(Stop::inconclusive(
                "the scenario took longer than --timeout",
            ));
        }
        Ok(())
    }

    fn log_sent(&mut self, connection: usize, head: &str, body: &[u8]) {
        let usual = self.head();
        let mut shown = String::new();
        for line in head.lines() {
            // What every request has, but the first line, tells nothing.
            if shown.is_empty() {
                shown.push_str(line);
            } else if !usual.contains(line) && !line.is_empty() {
                shown.push_str(" | ");
                shown.push_str(line);
            }
        }
        self.log.push(Exchange {
            at: self.elapsed(),
            connection,
            what: What::Sent {
                head: shown,
                body: self.mask(body),
            },
        });
    }

    fn log_received(&mut self, connection: usize, answer: &Answer) {
        let response = &answer.response;
        let mut head = format!("{} {}", response.status, response.reason);
        if let Some(content) = response.header("content-type") {
            head.push_str(", ");
            head.push_str(content);
        }
        if response.is_chunked() {
            head.push_str(", chunked");
        }
        if let Some(coding) = response.header("content-encoding") {
            head.push_str(", ");
            head.push_str(coding);
        }
        self.log.push(Exchange {
            at: answer.at,
            connection,
            what: What::Received {
                head,
                body: self.mask(&response.body),
            },
        });
    }

    /// The text without secrets and with control characters escaped.
    fn mask(&self, bytes: &[u8]) -> String {
        let mut text = String::from_utf8_lossy(bytes).into_owned();
        for secret in &self.secrets {
            text = text.replace(secret, "[hidden]");
        }
        let mut shown = String::with_capacity(text.len());
        for character in text.chars().take(MOST_SHOWN) {
            if character.is_control() && character != '\n' {
                shown.extend(character.escape_default());
            } else {
                shown.push(character);
            }
        }
        if text.chars().nth(MOST_SHOWN).is_some() {
            shown.push_str(" ..");
        }
        shown
    }
}

/// Value of an attribute as this tool writes it.
fn attribute<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let start = text.find(&format!(" {name}='"))? + name.len() + 3;
    text[start..].split('\'').next()
}

/// What counts as at once.
pub(crate) const PROMPT: Duration = Duration::from_millis(1_000);
/// How much later than promised an answer may come.
pub(crate) const SLACK: Duration = Duration::from_millis(1_500);
/// Between two requests whose order of arrival matters.
pub(crate) const STEP: Duration = Duration::from_millis(150);
/// How often an answer is waited for once more.
const MOST_TURNS: usize = 10;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A reader outlives its scenario by so much at most.
const READ_MARGIN: Duration = Duration::from_secs(5);
/// Characters of a body that are shown.
const MOST_SHOWN: usize = 2_000;
