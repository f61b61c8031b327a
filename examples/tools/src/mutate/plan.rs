//! What one hostile session does, settled before it begins.

use core::time::Duration;

use bytes::BytesMut;
use cti_proto::code::{
    AgentStateMask, CallEventMask, InvokeId, PeripheralId, ServiceMask, StatusCode,
};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{CloseReq, HeartbeatReq, Role, Table};
use cti_proto::session::client::Config;
use cti_proto::session::{self, Client};
use cti_proto::{Dialect, HEADER_LEN, Message, Version};

use super::dice::Dice;
use super::draft::Draft;
use super::mutation::mutate;
use super::{Error, Settings};

/// One thing that the tester does on its hostile connection.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) what: String,
    pub(crate) act: Act,
}

#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// A new connection; the one before is dropped.
    Connect,
    /// Bytes in one piece.
    Send(Vec<u8>),
    /// Bytes in pieces of this length, with a pause between.
    Drip(Vec<u8>, usize),
    /// So many of these bytes, a pause, and the rest.
    Halves(Vec<u8>, usize, Duration),
    /// Reads until a message has come, or not for a while.
    Await,
    /// Bytes of a request with this InvokeID; reads up to its answer, for what was not read yet.
    Settle(Vec<u8>, u32),
    /// So many connections at once that send this, and are dropped together.
    Storm(Vec<u8>, usize),
    /// The connection is dropped, whatever is on it.
    Drop,
}

impl Act {
    /// What it sends.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Send(bytes)
            | Self::Drip(bytes, _)
            | Self::Halves(bytes, _, _)
            | Self::Settle(bytes, _)
            | Self::Storm(bytes, _) => bytes,
            Self::Connect | Self::Await | Self::Drop => &[],
        }
    }

    /// Whether there has to be a session for it: one is opened again when the server has ended it.
    pub(crate) const fn needs_session(&self) -> bool {
        match self {
            Self::Send(_) | Self::Drip(..) | Self::Halves(..) => true,
            Self::Connect | Self::Await | Self::Settle(..) | Self::Storm(..) | Self::Drop => false,
        }
    }

    /// Whether it sends anything, if a connection stands or not.
    pub(crate) fn is_sent(&self, connected: bool) -> bool {
        !self.bytes().is_empty() && (connected || matches!(self, Self::Storm(..)))
    }
}

/// What session `number` does; the same for the same settings.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    /// Whether the first message is an OPEN_REQ as it should be: then the version of the answers is certain.
    pub(crate) opens: bool,
    /// OPEN_REQ as it should be, to go on with when the server has ended the session.
    pub(crate) reopen: Vec<u8>,
}

/// `open` is the OPEN_REQ of [`right_open`].
pub(crate) fn plan(settings: &Settings, open: &Draft, number: u64) -> Plan {
    let mut planner = Planner {
        settings,
        open,
        dice: Dice::of_session(settings.seed, number),
        steps: Vec::new(),
        invoke_id: 0,
    };
    let opens = planner.begin();
    for _ in 0..1 + planner.dice.below(MOST_STEPS) {
        planner.go_on();
    }
    planner.end();
    let reopen = planner.open_req();
    Plan {
        steps: planner.steps,
        opens,
        reopen,
    }
}

struct Planner<'a> {
    settings: &'a Settings,
    open: &'a Draft,
    dice: Dice,
    steps: Vec<Step>,
    invoke_id: u32,
}

impl Planner<'_> {
    /// Whether it begins as it should.
    fn begin(&mut self) -> bool {
        self.add("connect", Act::Connect);
        let opens = self.dice.chance(80);
        if opens {
            let bytes = self.open_req();
            self.add("OPEN_REQ", Act::Send(bytes));
        } else if self.dice.chance(80) {
            let (what, draft) = self.mutated(table_of("OPEN_REQ"));
            self.add(&what, Act::Send(draft.write()));
        }
        if self.dice.chance(90) {
            self.add("wait for an answer", Act::Await);
        }
        opens
    }

    fn go_on(&mut self) {
        match self.dice.below(20) {
            0 => {
                let (what, bytes) = self.message();
                let len = (bytes.len() / MOST_DRIPS).max(3);
                self.add(&format!("{what}, in drips of {len}"), Act::Drip(bytes, len));
            }
            1 => {
                // Half a message, silence, and the rest.
                let (what, bytes) = self.message();
                let half = 1 + self.dice.below(bytes.len() - 1);
                let pause = Duration::from_millis(1 + self.dice.roll() % 20);
                self.add(
                    &format!("{what}, {half} bytes and {pause:?} later the rest"),
                    Act::Halves(bytes, half, pause),
                );
            }
            2 => {
                let open = self.open_req();
                let len = if self.dice.chance(50) {
                    open.len()
                } else {
                    self.dice.below(open.len())
                };
                let count = 2 + self.dice.below(12);
                let what =
                    format!("{count} connections at once, each with {len} bytes of OPEN_REQ");
                self.add(&what, Act::Storm(open[..len].to_vec(), count));
            }
            3 => {
                let (what, bytes) = self.message();
                let times = 2 + self.dice.below(200);
                self.add(
                    &format!("{what}, {times} times"),
                    Act::Send(bytes.repeat(times)),
                );
            }
            4 => {
                let open = self.open_req();
                self.add("OPEN_REQ again", Act::Send(open));
            }
            5 => {
                let close = close_req(self.settings.version, self.invoke_id);
                self.add("CLOSE_REQ, and more", Act::Send(close));
            }
            6 => self.add("wait for an answer", Act::Await),
            7 => {
                let heartbeat = heartbeat_req(self.settings.version, self.invoke_id);
                self.add(
                    "HEARTBEAT_REQ with an InvokeID in use",
                    Act::Send(heartbeat),
                );
            }
            _ => {
                let (what, bytes) = self.message();
                self.add(&what, Act::Send(bytes));
            }
        }
    }

    /// The server has looked at all before the honest session is asked.
    fn end(&mut self) {
        let invoke_id = self.next_id();
        let heartbeat = heartbeat_req(self.settings.version, invoke_id);
        self.add("a last HEARTBEAT_REQ", Act::Settle(heartbeat, invoke_id));
        self.add("drop the connection", Act::Drop);
    }

    /// A message that a client may send, and sometimes one that it may not; mostly with something wrong.
    fn message(&mut self) -> (String, Vec<u8>) {
        let version = self.settings.version;
        let client_only = !self.dice.chance(10);
        let tables: Vec<&Table> = Message::TABLES
            .iter()
            .copied()
            .filter(|table| table.gate.admits(version))
            .filter(|table| !client_only || from_client(table))
            .collect();
        let table = self.dice.pick(&tables).copied();
        let table = table.unwrap_or_else(|| table_of("HEARTBEAT_REQ"));
        if self.dice.chance(30) {
            let draft = self.draft(table);
            return (table.name.to_owned(), draft.write());
        }
        let (what, draft) = self.mutated(table);
        (what, draft.write())
    }

    fn mutated(&mut self, table: &Table) -> (String, Draft) {
        let mut draft = self.draft(table);
        let mut what = table.name.to_owned();
        let several = if self.dice.chance(25) {
            1 + self.dice.below(3)
        } else {
            0
        };
        for count in 0..=several {
            what.push_str(if count == 0 { ": " } else { ", " });
            what.push_str(&mutate(&mut draft, self.settings.version, &mut self.dice));
        }
        (what, draft)
    }

    fn draft(&mut self, table: &Table) -> Draft {
        let known = &self.settings.known;
        // Random fields would be refused before anything else of it is looked at.
        let mut draft = if table.name == "OPEN_REQ" {
            self.open.clone()
        } else {
            Draft::new(table, self.settings.version, known, &mut self.dice)
        };
        // Now and then an InvokeID that is in use.
        let invoke_id = if self.dice.chance(15) {
            self.invoke_id
        } else {
            self.next_id()
        };
        draft.set_invoke_id(invoke_id);
        draft
    }

    /// OPEN_REQ as it should be.
    fn open_req(&mut self) -> Vec<u8> {
        let mut open = self.open.clone();
        open.set_invoke_id(self.next_id());
        open.write()
    }

    fn next_id(&mut self) -> u32 {
        self.invoke_id += 1;
        self.invoke_id
    }

    fn add(&mut self, what: &str, act: Act) {
        self.steps.push(Step {
            what: what.to_owned(),
            act,
        });
    }
}

/// What a client sends: requests, and the configuration messages, which have no InvokeID.
fn from_client(table: &Table) -> bool {
    table.role == Role::Request
        || ["CONFIG_REQUEST_KEY_EVENT", "CONFIG_REQUEST_EVENT"].contains(&table.name)
}

fn table_of(name: &str) -> &'static Table {
    Message::TABLES
        .iter()
        .copied()
        .find(|table| table.name == name)
        .unwrap_or(Message::TABLES[0])
}

/// The OPEN_REQ of hostile sessions before anything is done to it.
///
/// # Errors
///
/// As for [`open_req`].
pub(crate) fn right_open(settings: &Settings) -> Result<Draft, Error> {
    let bytes = open_req(settings, HOSTILE, 1).map_err(Error::OpenReq)?;
    Ok(Draft::read(
        table_of("OPEN_REQ"),
        settings.version,
        bytes.get(HEADER_LEN..).unwrap_or_default(),
    ))
}

/// The OPEN_REQ that a client of the crate sends: it keeps every rule of its version.
///
/// # Errors
///
/// The password is longer than the field.
pub(crate) fn open_req(
    settings: &Settings,
    client_id: &str,
    invoke_id: u32,
) -> Result<Vec<u8>, session::Error> {
    let client_id = Text::until_nul(client_id.to_owned());
    let password = Secret::new(settings.password.clone());
    let mut config = Config::new(settings.version, client_id, password);
    config.services = ServiceMask::ALL_EVENTS;
    config.call_events = CallEventMask::KNOWN;
    config.agent_states = AgentStateMask::KNOWN;
    config.first_invoke_id = InvokeId(invoke_id);
    // The sessions send heartbeats when they like: the server must not wait for them.
    match settings.version.dialect() {
        Dialect::Ucce => config.heartbeat = None,
        Dialect::Uccx => {
            config.heartbeat = Some(LONGEST);
            config.peripheral_id = PeripheralId(settings.known.peripheral_id);
        }
    }
    let mut client = Client::new(config);
    client.open(Duration::ZERO)?;
    Ok(client.poll_transmit().unwrap_or_default().to_vec())
}

pub(crate) fn heartbeat_req(version: Version, invoke_id: u32) -> Vec<u8> {
    write(
        version,
        HeartbeatReq::with(|beat| beat.invoke_id = InvokeId(invoke_id)),
    )
}

pub(crate) fn close_req(version: Version, invoke_id: u32) -> Vec<u8> {
    let close = CloseReq::with(|close| {
        close.invoke_id = InvokeId(invoke_id);
        close.status = StatusCode::NO_ERROR;
    });
    write(version, close)
}

/// A message that every version has, and that has no field that could be too long.
fn write(version: Version, message: impl Into<Message>) -> Vec<u8> {
    let mut out = BytesMut::new();
    match message.into().encode(version, &mut out) {
        Ok(()) => out.to_vec(),
        Err(_) => Vec::new(),
    }
}

/// ClientID of the hostile sessions.
const HOSTILE: &str = "cti-mutate";
const MOST_STEPS: usize = 14;
/// Pieces of a message that comes in drips, about.
const MOST_DRIPS: usize = 300;
/// Between heartbeats: no UCCX client may take longer. UCCE need not have any.
const LONGEST: Duration = Duration::from_secs(59);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bytes::BytesMut;
    use cti_proto::FrameCodec;

    use super::*;

    fn settings(version: Version) -> Settings {
        Settings::new("127.0.0.1:42027".parse().unwrap(), version)
    }

    /// What the steps of a session say, and send.
    fn played(settings: &Settings, number: u64) -> Vec<(String, Vec<u8>)> {
        let plan = plan(settings, &right_open(settings).unwrap(), number);
        let steps = plan.steps.iter();
        steps
            .map(|step| (step.what.clone(), step.act.bytes().to_vec()))
            .collect()
    }

    #[test]
    fn a_session_follows_from_the_settings_and_its_number() {
        for version in [Version::ucce(15), Version::uccx(18), Version::ucce(23)] {
            let mut settings = settings(version);
            let first = played(&settings, 3);
            assert_eq!(played(&settings, 3), first);
            assert_ne!(played(&settings, 4), first);
            settings.seed = 2;
            assert_ne!(played(&settings, 3), first);
        }
    }

    #[test]
    fn every_request_is_sent_and_something_is_always_wrong_where_it_is_said_to_be() {
        for version in [Version::ucce(5), Version::uccx(17), Version::ucce(25)] {
            let settings = settings(version);
            let steps: Vec<_> = (0..400)
                .flat_map(|number| played(&settings, number))
                .collect();
            let names: BTreeSet<_> = steps
                .iter()
                .filter_map(|(what, _)| what.split([':', ',', ' ']).next())
                .collect();
            for table in Message::TABLES {
                if from_client(table) && table.gate.admits(version) {
                    assert!(names.contains(table.name), "{} in {version}", table.name);
                }
            }
            assert!(!steps.iter().any(|(what, _)| what.contains("nothing")));
        }
    }

    #[test]
    fn a_wrong_open_req_is_like_the_right_one_but_for_one_field() {
        let settings = settings(Version::ucce(23));
        let right = right_open(&settings).unwrap();
        let mut wrong = 0;
        for number in 0..200 {
            let plan = plan(&settings, &right, number);
            let Some(what) = plan.steps[1].what.strip_prefix("OPEN_REQ: a bit of ") else {
                continue;
            };
            wrong += usize::from(!what.contains(','));
            if what.contains(',') {
                continue;
            }
            let bytes = plan.steps[1].act.bytes();
            let mut expected = right.clone();
            expected.set_invoke_id(u32::from_be_bytes(bytes[8..12].try_into().unwrap()));
            let expected = expected.write();
            assert_eq!(bytes.len(), expected.len(), "{what}");
            let differing: Vec<_> = (0..bytes.len())
                .filter(|at| bytes[*at] != expected[*at])
                .collect();
            assert!(differing.len() <= 1, "{what}: {differing:?}");
        }
        assert!(wrong > 0);
    }

    #[test]
    fn the_right_open_req_names_the_masks_of_its_version() {
        // Bits of recording came with version 23, that of the greeting with 15. GED-188, "Version history".
        let mask = |version| {
            let bytes = open_req(&settings(version), HOSTILE, 1).unwrap();
            let frame = FrameCodec::new(version).decode(&mut BytesMut::from(&bytes[..]));
            let Message::OpenReq(open) = Message::decode(version, frame.unwrap().unwrap()).unwrap()
            else {
                panic!("no OPEN_REQ");
            };
            assert_eq!(open.version_number, version.number());
            open.call_msg_mask
        };
        assert!(mask(Version::ucce(23)).contains(CallEventMask::NETWORK_RECORDING_STARTED_MASK));
        assert!(!mask(Version::ucce(15)).intersects(CallEventMask::NETWORK_RECORDING_STARTED_MASK));
        assert!(!mask(Version::ucce(14)).intersects(CallEventMask::CALL_AGENT_GREETING_MASK));
    }

    #[test]
    fn a_password_that_is_too_long_is_no_fault_of_the_server() {
        let mut settings = settings(Version::ucce(23));
        settings.password = vec![b'x'; 65];
        assert!(matches!(settings.check(), Err(Error::OpenReq(_))));
    }
}
