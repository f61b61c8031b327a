//! Hostile sessions against a CTI server: well framed, mostly right, and wrong in one place.
//!
//! A second, honest session stands beside them, and after each a new honest one is opened and closed. What is looked for:
//! the server takes no connection or opens no session any more, the honest session ends or gets no answer to a heartbeat in
//! time, or an answer cannot be read. What a session sends follows from the settings and its number alone, so that what was
//! found can be played again.

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
pub use report::{Fate, Fault, Finding, Report};

use plan::{Act, Plan, Step, close_req, heartbeat_req, open_req, plan, right_open};
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
    /// The server may be on another machine: it is the tester's own, and nobody else depends on it.
    pub i_own_this_server: bool,
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
            i_own_this_server: false,
        }
    }

    /// Whether a run may begin with these.
    ///
    /// # Errors
    ///
    /// The server is on another machine, the version is not known, or the password is too long.
    pub fn check(&self) -> Result<(), Error> {
        if !self.is_local() && !self.i_own_this_server {
            return Err(Error::Remote(self.server));
        }
        if !self.version.is_known() {
            return Err(Error::Version(self.version));
        }
        right_open(self).map(|_| ())
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
    /// The settings do not say that a server on another machine may be attacked.
    #[error("{0} is not on this machine: these sessions can end a server for all of its users")]
    Remote(SocketAddr),
    /// There are no tables for this version.
    #[error("{0} is not known: UCCE has the versions 5 to 25, UCCX 10 to 18")]
    Version(Version),
    /// An OPEN_REQ cannot be written: the password is too long.
    #[error("no session can be asked for")]
    OpenReq(#[source] cti_proto::session::Error),
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
/// The settings are refused, the server was not there, or it did not open an honest session, before anything hostile was
/// sent.
pub fn run(settings: &Settings, mut progress: impl FnMut(&Report)) -> Result<Report, Error> {
    settings.check()?;
    let open = right_open(settings)?;
    let honest = open_req(settings, HONEST, 1).map_err(Error::OpenReq)?;
    let server = settings.server;
    if let Err(source) = Wire::connect(server, None) {
        return Err(Error::Connect { server, source });
    }
    let mut tester = Tester {
        settings,
        probe: Probe::open(settings, &honest).map_err(Error::Open)?,
        honest,
        report: Report::default(),
    };
    for number in settings.first..settings.first.saturating_add(settings.sessions) {
        let plan = plan(settings, &open, number);
        tester.report.sessions += 1;
        let mut trace = Trace::default();
        if let Err(fault) = tester.play(&plan, &mut trace) {
            let sent = plan.steps.get(trace.step).map(|step| step.act.bytes());
            tester.report.finding = Some(Finding {
                session: number,
                step: trace.step,
                fault,
                steps: plan.steps.iter().map(|step| step.what.clone()).collect(),
                fates: trace.fates,
                bytes: sent.unwrap_or_default().to_vec(),
            });
            break;
        }
        progress(&tester.report);
    }
    Ok(tester.report)
}

/// What was played of a session.
#[derive(Debug, Default)]
struct Trace {
    fates: Vec<Fate>,
    /// The last step that sent something.
    step: usize,
}

struct Tester<'a> {
    settings: &'a Settings,
    /// The standing honest session.
    probe: Probe,
    /// OPEN_REQ of honest sessions.
    honest: Vec<u8>,
    report: Report,
}

impl Tester<'_> {
    /// Plays one session, up to what goes wrong.
    fn play(&mut self, plan: &Plan, trace: &mut Trace) -> Result<(), Fault> {
        let alone = self.settings.sessions == 1;
        let mut wire = None;
        for (place, step) in plan.steps.iter().enumerate() {
            let mut was_open = wire.is_some();
            let mut fate = Fate::Played;
            if !was_open && step.act.needs_session() {
                wire = Some(self.connect(Some(self.settings.version))?);
                self.send(&mut wire, &plan.reopen)?;
                self.read(&mut wire, AWAIT)?;
                (was_open, fate) = (true, Fate::Anew);
            }
            trace.fates.push(fate);
            if step.act.is_sent(wire.is_some()) {
                trace.step = place;
            }
            self.act(step, plan, &mut wire)?;
            let dropped = was_open && wire.is_none() && !matches!(step.act, Act::Drop);
            self.report.closed += u64::from(dropped);
            if dropped || alone {
                self.look()?;
            }
            if alone {
                self.knock()?;
            }
        }
        self.look()?;
        self.knock()
    }

    fn act(&mut self, step: &Step, plan: &Plan, wire: &mut Option<Wire>) -> Result<(), Fault> {
        match &step.act {
            Act::Connect => {
                let version = plan.opens.then_some(self.settings.version);
                *wire = Some(self.connect(version)?);
            }
            Act::Send(bytes) => self.send(wire, bytes)?,
            Act::Drip(bytes, len) => {
                for piece in bytes.chunks(*len) {
                    self.send(wire, piece)?;
                    thread::sleep(DRIP);
                }
            }
            Act::Halves(bytes, half, pause) => {
                let (first, rest) = bytes.split_at(*half);
                self.send(wire, first)?;
                thread::sleep(*pause);
                self.send(wire, rest)?;
            }
            Act::Await => self.read(wire, AWAIT)?,
            Act::Storm(bytes, count) => {
                let mut others = Vec::new();
                for _ in 0..*count {
                    let mut other = Some(self.connect(None)?);
                    self.send(&mut other, bytes)?;
                    others.push(other);
                }
            }
            Act::Settle(bytes, invoke_id) => {
                self.send(wire, bytes)?;
                let asked = Some(InvokeId(*invoke_id));
                self.read_until(wire, SETTLE, |message| message.invoke_id() == asked)?;
            }
            Act::Drop => *wire = None,
        }
        Ok(())
    }

    fn connect(&self, version: Option<Version>) -> Result<Wire, Fault> {
        connect(self.settings, version)
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
        self.read_until(wire, patience, |_| true)
    }

    fn read_until(
        &mut self,
        wire: &mut Option<Wire>,
        patience: Duration,
        enough: impl Fn(&Message) -> bool,
    ) -> Result<(), Fault> {
        let Some(open) = wire else {
            return Ok(());
        };
        let seen = open.read(patience, |message| {
            self.report.answered(&message);
            enough(&message)
        })?;
        if seen == Seen::Closed {
            *wire = None;
        }
        Ok(())
    }

    /// Asks on the honest session whether the server is well.
    fn look(&mut self) -> Result<(), Fault> {
        let Err(fault) = self.probe.beat(self.settings) else {
            return Ok(());
        };
        // A server that is gone altogether is worse than one that ended the honest session; it may take a moment.
        thread::sleep(LAST_BREATH);
        self.connect(None)?;
        Err(fault)
    }

    /// Asks with a new honest session whether the server still opens some.
    fn knock(&self) -> Result<(), Fault> {
        let visit = || Probe::open(self.settings, &self.honest)?.close(self.settings);
        let visited = match visit() {
            Err(Fault::Ended | Fault::Refused(_)) => {
                // It may need a moment to let go of connections that were dropped all at once.
                thread::sleep(LAST_BREATH);
                visit()
            }
            visited => visited,
        };
        visited.map_err(|fault| match fault {
            Fault::Ended | Fault::Silent(_) | Fault::Refused(_) => Fault::Shut(Box::new(fault)),
            Fault::Gone(_) | Fault::Shut(_) | Fault::Malformed(_) | Fault::Cut(_) => fault,
        })
    }
}

fn connect(settings: &Settings, version: Option<Version>) -> Result<Wire, Fault> {
    Wire::connect(settings.server, version).map_err(|error| Fault::Gone(error.kind()))
}

/// An honest session.
struct Probe {
    wire: Wire,
    invoke_id: u32,
}

impl Probe {
    fn open(settings: &Settings, open_req: &[u8]) -> Result<Self, Fault> {
        let wire = connect(settings, Some(settings.version))?;
        let mut probe = Self { wire, invoke_id: 1 };
        probe.ask(settings, open_req, |message| {
            matches!(message, Message::OpenConf(_))
        })?;
        Ok(probe)
    }

    /// A heartbeat and its answer.
    fn beat(&mut self, settings: &Settings) -> Result<(), Fault> {
        self.invoke_id = self.invoke_id.wrapping_add(1);
        let request = heartbeat_req(settings.version, self.invoke_id);
        self.ask(settings, &request, |message| {
            matches!(message, Message::HeartbeatConf(_))
        })
    }

    /// Says goodbye. The server need not answer that.
    fn close(mut self, settings: &Settings) -> Result<(), Fault> {
        let request = close_req(settings.version, self.invoke_id.wrapping_add(1));
        if self.wire.send(&request) == Seen::Open {
            self.wire
                .read(SETTLE, |message| matches!(message, Message::CloseConf(_)))?;
        }
        Ok(())
    }

    /// Sends a request and waits for its answer. Other messages are read and forgotten.
    fn ask(
        &mut self,
        settings: &Settings,
        request: &[u8],
        confirms: impl Fn(&Message) -> bool,
    ) -> Result<(), Fault> {
        let asked = Some(InvokeId(self.invoke_id));
        if self.wire.send(request) == Seen::Closed {
            return Err(Fault::Ended);
        }
        let mut answered = None;
        let seen = self.wire.read(settings.patience, |message| {
            if message.invoke_id() == asked {
                if let Message::FailureConf(failure) = &message {
                    answered = Some(Err(Fault::Refused(failure.status)));
                } else if confirms(&message) {
                    answered = Some(Ok(()));
                }
            }
            answered.is_some()
        })?;
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
/// Between the end or refusal of an honest session and the second look.
const LAST_BREATH: Duration = Duration::from_millis(200);
/// How long the answer to a last heartbeat may take; a message that announced more than came keeps it away.
const SETTLE: Duration = Duration::from_millis(200);
/// Where no answer is waited for, what is there already is taken.
const GLANCE: Duration = Duration::ZERO;
