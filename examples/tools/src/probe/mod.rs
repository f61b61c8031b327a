//! `bosh-probe`: runs scenarios against any BOSH server and reports by requirement of XEP-0124 and
//! XEP-0206.
//!
//! `scenario/` holds what is played, each on a `stage` of its own that sends, waits and keeps the log;
//! `session` plays the client, `observe` looks at every answer, `report`
//! and `command` print.

mod answer;
mod calm;
mod catalog;
mod command;
mod observe;
mod report;
mod scenario;
mod session;
mod stage;
mod verdict;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

pub use crate::net::{Target, TargetError, Trust};
pub use catalog::Requirement;
pub use command::main;
pub use report::{Report, ScenarioReport};
pub use scenario::Scenario;
pub use verdict::{Exchange, Finding, Verdict, What};

use crate::net::Connection;
use calm::Calm;
use stage::Stage;
use verdict::Stop;

/// Whom to test, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The server.
    pub target: Target,
    /// Domain that sessions ask for.
    pub domain: String,
    /// Who logs in; without, scenarios log in anonymously if the server lets them.
    pub credentials: Option<Credentials>,
    /// Names of scenarios to run; empty for all.
    pub only: Vec<String>,
    /// Names of scenarios to leave out.
    pub skip: Vec<String>,
    /// Whether scenarios run that wait for minutes.
    pub slow: bool,
    /// Longest time of a scenario.
    pub timeout: Duration,
    /// Scenarios at the same time.
    pub jobs: usize,
    /// Most requests of the whole run.
    pub max_requests: usize,
}

/// Who logs in.
#[derive(Clone)]
pub struct Credentials {
    /// Local part of the JID.
    pub user: String,
    /// Secret, which is never shown.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// All scenarios but the slow ones, four at a time, each for 60 s at most, in sessions for the host of
    /// the URL, without credentials; 5,000 requests at most.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self {
            domain: target.host().to_owned(),
            target,
            credentials: None,
            only: Vec::new(),
            skip: Vec::new(),
            slow: false,
            timeout: Duration::from_secs(60),
            jobs: 4,
            max_requests: 5_000,
        }
    }

    fn wants(&self, scenario: &Scenario) -> bool {
        let named = |names: &[String]| names.iter().any(|name| scenario.is_meant(name));
        // Whoever names a slow scenario wants it.
        let only = if self.only.is_empty() {
            self.slow || !scenario.slow
        } else {
            named(&self.only)
        };
        only && !named(&self.skip)
    }
}

/// Why nothing was tested.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nobody listens there, or not with the TLS that is wanted.
    #[error("cannot reach {target}: {reason}")]
    Unreachable {
        /// The URL.
        target: String,
        /// What went wrong.
        reason: String,
    },
    /// There is no scenario of that name.
    #[error("no scenario is called {0}; --list names them")]
    UnknownScenario(String),
}

/// Runs all scenarios wanted; `done` hears of each in the order of the list.
///
/// # Errors
///
/// The server cannot be reached, or a name is that of no scenario.
pub fn run(settings: &Settings, mut done: impl FnMut(&ScenarioReport)) -> Result<Report, Error> {
    for name in settings.only.iter().chain(&settings.skip) {
        if !Scenario::all()
            .iter()
            .any(|scenario| scenario.is_meant(name))
        {
            return Err(Error::UnknownScenario(name.clone()));
        }
    }
    Connection::open(&settings.target, REACH)
        .map_err(|broken| Error::Unreachable {
            target: settings.target.to_string(),
            reason: broken.to_string(),
        })?
        .close();
    let began = Instant::now();
    let wanted: Vec<&'static Scenario> = Scenario::all()
        .iter()
        .filter(|scenario| settings.wants(scenario))
        .copied()
        .collect();
    let sent = AtomicUsize::new(0);
    let mut report = Report::default();
    let mut general = Vec::new();
    let queue = Mutex::new(wanted.iter().enumerate());
    let calm = Calm::default();
    thread::scope(|scope| {
        scope.spawn(|| calm.watch());
        let (results, inbox) = mpsc::channel();
        for _ in 0..settings.jobs.clamp(1, MOST_JOBS) {
            let (queue, results, sent, calm) = (&queue, results.clone(), &sent, &calm);
            scope.spawn(move || {
                loop {
                    let next = queue.lock().ok().and_then(|mut queue| queue.next());
                    let Some((place, scenario)) = next else {
                        break;
                    };
                    let result = play_in_calm(settings, scenario, sent, calm);
                    if results.send((place, result)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(results);
        // Told in the order of the list, whichever is done first.
        let mut early = BTreeMap::new();
        let mut next = 0;
        for (place, result) in inbox {
            early.insert(place, result);
            while let Some((scenario, found)) = early.remove(&next) {
                next += 1;
                done(&scenario);
                report.scenarios.push(scenario);
                general.extend(found);
            }
        }
        calm.end();
    });
    if !report.scenarios.is_empty() {
        let answers = scenario::every_answer(general);
        done(&answers);
        report.scenarios.push(answers);
    }
    report.requests = sent.load(Ordering::Relaxed);
    report.took = began.elapsed();
    Ok(report)
}

/// Plays a scenario again whose findings may be the doing of this machine, unless it takes minutes.
fn play_in_calm(
    settings: &Settings,
    scenario: &'static Scenario,
    sent: &AtomicUsize,
    calm: &Calm,
) -> (ScenarioReport, Vec<Finding>) {
    let mut plays = 0;
    loop {
        let breaks = calm.breaks();
        let (report, general) = play(settings, scenario, sent);
        plays += 1;
        let is_found = |finding: &Finding| {
            let verdict = finding.verdict;
            verdict >= Verdict::Deviates || verdict == Verdict::Inconclusive
        };
        let was_calm = calm.breaks() == breaks || scenario.slow;
        if was_calm || plays >= MOST_PLAYS || !report.findings.iter().any(is_found) {
            return (report, general);
        }
    }
}

fn play(
    settings: &Settings,
    scenario: &'static Scenario,
    sent: &AtomicUsize,
) -> (ScenarioReport, Vec<Finding>) {
    let limit = if scenario.slow {
        settings.timeout.max(SLOW_LIMIT)
    } else {
        settings.timeout
    };
    let mut stage = Stage::new(settings, sent, limit);
    let began = Instant::now();
    let stop = match (scenario.play)(&mut stage) {
        Ok(()) => Stop::inconclusive("the scenario did not come so far"),
        Err(stop) => stop,
    };
    stage.stop(scenario.checks, &stop);
    stage.leave();
    let (findings, general) = stage.into_findings();
    let report = ScenarioReport::new(scenario.name, scenario.what, began.elapsed(), findings);
    (report, general)
}

const REACH: Duration = Duration::from_secs(5);
const MOST_JOBS: usize = 16;
/// How often a scenario is played at most.
const MOST_PLAYS: usize = 4;
/// A slow scenario waits for two periods of inactivity of two minutes.
const SLOW_LIMIT: Duration = Duration::from_secs(300);
