//! Hostile sessions against a CTI server: well framed, mostly right, and wrong in one place.
//!
//! A second, honest session stands beside them. What is looked for: the server takes no connection any more, the honest
//! session ends or gets no answer to a heartbeat in time, or an answer cannot be read. Every session follows from a seed
//! and its number alone, so that what was found can be played again.

mod command;
mod dice;
mod draft;
mod mutation;
mod plan;
mod report;
mod wire;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::thread;
use std::time::Duration;

use cti_proto::code::InvokeId;
use cti_proto::{Message, Version};

pub use command::main;
pub use draft::Known;
pub use report::{Fault, Finding, Report};

use plan::{Act, Plan, Step, heartbeat_req, open_req, plan};
use wire::{Seen, Wire};

/// Whom to test, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The server.
    pub server: SocketAddr,
    /// Dialect and version of all sessions.
    pub version: Version,
    /// What everything follows from.
    pub seed: u64,
    /// Number of the first session.
    pub first: u64,
    /// How many sessions. One alone is looked at after every step, not only at its end.
    pub sessions: u64,
    /// How long an answer to the honest session's heartbeat may take.
    pub patience: Duration,
    /// ClientPassword of all sessions.
    pub password: Vec<u8>,
    /// Values that the server knows.
    pub known: Known,
}

impl Settings {
    /// Sessions 0 to 999 of seed 1, with 5 s for an answer, no password, and devices that may not exist.
    pub fn new(server: SocketAddr, version: Version) -> Self {
        Self {
            server,
            version,
            seed: 1,
            first: 0,
            sessions: 1_000,
            patience: Duration::from_secs(5),
            password: Vec::new(),
            known: Known {
                peripheral_id: 1,
                devices: vec!["1001".to_owned(), "2001".to_owned()],
            },
        }
    }

    /// Whether the server is on this machine: nobody else's can be hit by a slip of the pen.
    pub const fn is_local(&self) -> bool {
        match self.server.ip() {
            IpAddr::V4(ip) => ip.is_loopback(),
            IpAddr::V6(ip) => ip.is_loopback(),
        }
    }
}

/// Why a run could not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nobody listens there.
    #[error("cannot connect to {server}")]
    Connect {
        /// The address that was tried.
        server: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The honest session was not opened.
    #[error("the server does not open an honest session: {0}")]
    Open(Fault),
}

/// Plays all sessions, up to the first finding.
///
/// # Errors
///
/// The server was not there, or did not open an honest session, before anything hostile was sent.
pub fn run(settings: &Settings, mut progress: impl FnMut(&Report)) -> Result<Report, Error> {
    if let Err(source) = Wire::connect(settings.server, None) {
        let server = settings.server;
        return Err(Error::Connect { server, source });
    }
    let mut tester = Tester {
        settings,
        probe: Probe::open(settings).map_err(Error::Open)?,
        report: Report::default(),
    };
    for number in settings.first..settings.first.saturating_add(settings.sessions) {
        let plan = plan(settings, number);
        tester.report.sessions += 1;
        if let Err((step, fault)) = tester.play(&plan) {
            tester.report.finding = Some(Finding {
                session: number,
                step,
                fault,
                steps: plan.steps.iter().map(|step| step.what.clone()).collect(),
                bytes: match plan.steps.get(step).map(|step| &step.act) {
                    Some(
                        Act::Send(bytes)
                        | Act::Drip(bytes, _)
                        | Act::Storm(bytes, _)
                        | Act::Settle(bytes, _),
                    ) => bytes.clone(),
                    Some(Act::Connect | Act::Await | Act::Pause(_) | Act::Drop) | None => {
                        Vec::new()
                    }
                },
            });
            break;
        }
        progress(&tester.report);
    }
    Ok(tester.report)
}

struct Tester<'a> {
    settings: &'a Settings,
    probe: Probe,
    report: Report,
}

impl Tester<'_> {
    /// Plays one session; what went wrong, and at which step it was seen.
    fn play(&mut self, plan: &Plan) -> Result<(), (usize, Fault)> {
        let version = plan.opens.then_some(self.settings.version);
        let mut wire = None;
        for (place, step) in plan.steps.iter().enumerate() {
            let at = |fault| (place, fault);
            let was_open = wire.is_some();
            self.act(step, version, &mut wire).map_err(at)?;
            let dropped = was_open && wire.is_none() && !matches!(step.act, Act::Drop);
            self.report.closed += u64::from(dropped);
            if dropped || self.settings.sessions == 1 {
                self.look().map_err(at)?;
            }
        }
        let last = plan.steps.len().saturating_sub(1);
        self.look().map_err(|fault| (last, fault))
    }

    fn act(
        &mut self,
        step: &Step,
        version: Option<Version>,
        wire: &mut Option<Wire>,
    ) -> Result<(), Fault> {
        let server = self.settings.server;
        match &step.act {
            Act::Connect => {
                *wire = Some(
                    Wire::connect(server, version).map_err(|error| Fault::Gone(error.kind()))?,
                );
            }
            Act::Send(bytes) => self.send(wire, bytes)?,
            Act::Drip(bytes, pieces) => {
                for piece in bytes.chunks(*pieces) {
                    self.send(wire, piece)?;
                    thread::sleep(DRIP);
                }
            }
            Act::Await => self.read(wire, AWAIT)?,
            Act::Pause(time) => thread::sleep(*time),
            Act::Storm(bytes, count) => {
                for _ in 0..*count {
                    let mut other =
                        Wire::connect(server, None).map_err(|error| Fault::Gone(error.kind()))?;
                    self.report.bytes += bytes.len() as u64;
                    let _ = other.send(bytes);
                }
            }
            Act::Settle(bytes, invoke_id) => {
                self.send(wire, bytes)?;
                if let Some(open) = wire {
                    let asked = Some(InvokeId(*invoke_id));
                    let answered = |message: &Message| message.invoke_id() == asked;
                    let _ = open.read(SETTLE, answered).map_err(Fault::Malformed)?;
                    self.count(open);
                }
            }
            Act::Drop => *wire = None,
        }
        Ok(())
    }

    /// Sends, and takes the answers that are there already, so that the server can write on.
    fn send(&mut self, wire: &mut Option<Wire>, bytes: &[u8]) -> Result<(), Fault> {
        let Some(open) = wire else {
            return Ok(());
        };
        self.report.messages += 1;
        self.report.bytes += bytes.len() as u64;
        if open.send(bytes) == Seen::Closed {
            // What the server said before it closed is read all the same.
            self.read(wire, GLANCE)?;
            *wire = None;
            return Ok(());
        }
        self.read(wire, GLANCE)
    }

    fn read(&mut self, wire: &mut Option<Wire>, patience: Duration) -> Result<(), Fault> {
        let Some(open) = wire else {
            return Ok(());
        };
        let seen = open.read(patience, |_| true).map_err(Fault::Malformed)?;
        self.count(open);
        if seen == Seen::Closed {
            *wire = None;
        }
        Ok(())
    }

    fn count(&mut self, wire: &mut Wire) {
        for message in wire.messages.drain(..) {
            self.report.answered(&message);
        }
    }

    /// Asks on the honest session whether the server is well.
    fn look(&mut self) -> Result<(), Fault> {
        let Err(fault) = self.probe.beat(self.settings) else {
            return Ok(());
        };
        // A server that is gone altogether is worse than one that ended the honest session; it may take a moment.
        thread::sleep(LAST_BREATH);
        match Wire::connect(self.settings.server, None) {
            Err(error) => Err(Fault::Gone(error.kind())),
            Ok(_) => Err(fault),
        }
    }
}

/// The honest session.
struct Probe {
    wire: Wire,
    invoke_id: u32,
}

impl Probe {
    fn open(settings: &Settings) -> Result<Self, Fault> {
        let wire = Wire::connect(settings.server, Some(settings.version))
            .map_err(|error| Fault::Gone(error.kind()))?;
        let mut probe = Self { wire, invoke_id: 1 };
        if probe.wire.send(&open_req(settings, HONEST, 1)) == Seen::Closed {
            return Err(Fault::Ended);
        }
        let mut refused = None;
        let mut opened = false;
        let seen = probe
            .wire
            .read(settings.patience, |message| {
                if let Message::FailureConf(failure) = message {
                    refused = Some(failure.status);
                }
                opened |= matches!(message, Message::OpenConf(_));
                opened || refused.is_some()
            })
            .map_err(Fault::Malformed)?;
        match (refused, opened, seen) {
            (Some(status), ..) => Err(Fault::Refused(status)),
            (None, true, _) => Ok(probe),
            (None, false, Seen::Closed) => Err(Fault::Ended),
            (None, false, Seen::Open) => Err(Fault::Silent(settings.patience)),
        }
    }

    /// A heartbeat and its answer. Other messages are read and forgotten.
    fn beat(&mut self, settings: &Settings) -> Result<(), Fault> {
        self.invoke_id = self.invoke_id.wrapping_add(1);
        let asked = self.invoke_id;
        if self.wire.send(&heartbeat_req(settings.version, asked)) == Seen::Closed {
            return Err(Fault::Ended);
        }
        let mut answered = None;
        let seen = self
            .wire
            .read(settings.patience, |message| {
                if message.invoke_id() == Some(InvokeId(asked)) {
                    if let Message::FailureConf(failure) = message {
                        answered = Some(Err(Fault::Refused(failure.status)));
                    } else if matches!(message, Message::HeartbeatConf(_)) {
                        answered = Some(Ok(()));
                    }
                }
                answered.is_some()
            })
            .map_err(Fault::Malformed)?;
        self.wire.messages.clear();
        match (answered, seen) {
            (Some(answer), _) => answer,
            (None, Seen::Closed) => Err(Fault::Ended),
            (None, Seen::Open) => Err(Fault::Silent(settings.patience)),
        }
    }
}

/// ClientID of the honest session.
const HONEST: &str = "cti-mutate-honest";
/// Between two pieces of a message that comes in drips.
const DRIP: Duration = Duration::from_millis(1);
/// How long a step waits for an answer.
const AWAIT: Duration = Duration::from_millis(50);
/// Between the end of the honest session and the look whether the server is there.
const LAST_BREATH: Duration = Duration::from_millis(200);
/// How long the answer to a last heartbeat may take; a message that announced more than came keeps it away.
const SETTLE: Duration = Duration::from_millis(200);
/// Where no answer is waited for, what is there already is taken.
const GLANCE: Duration = Duration::ZERO;
