//! What one hostile session does, settled before it begins.

use core::time::Duration;

use bytes::BytesMut;
use cti_proto::code::{
    AgentStateMask, CallEventMask, InvokeId, PeripheralId, ServiceMask, StatusCode,
};
use cti_proto::codec::{Secret, Text};
use cti_proto::message::{CloseReq, HeartbeatReq, OpenReq, Role, Table};
use cti_proto::{Dialect, Message, Version};

use super::Settings;
use super::dice::Dice;
use super::draft::{Draft, Known};
use super::mutation::mutate;

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
    /// Bytes in small pieces, with a pause between.
    Drip(Vec<u8>, usize),
    /// Reads until a message has come, or not for a while.
    Await,
    Pause(Duration),
    /// Bytes of a request with this InvokeID; reads up to its answer, for what was not read yet.
    Settle(Vec<u8>, u32),
    /// So many connections that send this and are dropped.
    Storm(Vec<u8>, usize),
    /// The connection is dropped, whatever is on it.
    Drop,
}

/// What session `number` does; the same for the same settings.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    /// Whether the first message is an OPEN_REQ as it should be: then the version of the answers is certain.
    pub(crate) opens: bool,
}

pub(crate) fn plan(settings: &Settings, number: u64) -> Plan {
    let mut planner = Planner {
        settings,
        dice: Dice::of_session(settings.seed, number),
        steps: Vec::new(),
        invoke_id: 0,
    };
    let opens = planner.open();
    for _ in 0..1 + planner.dice.below(MOST_STEPS) {
        planner.go_on();
    }
    planner.end();
    Plan {
        steps: planner.steps,
        opens,
    }
}

struct Planner<'a> {
    settings: &'a Settings,
    dice: Dice,
    steps: Vec<Step>,
    invoke_id: u32,
}

impl Planner<'_> {
    /// Whether it begins as it should.
    fn open(&mut self) -> bool {
        self.add("connect", Act::Connect);
        let opens = self.dice.chance(80);
        if opens {
            let bytes = open_req(self.settings, HOSTILE, self.next_id());
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
                self.add(&format!("{what}, in drips"), Act::Drip(bytes, 3));
            }
            1 => {
                // Half a message, silence, and the rest.
                let (what, bytes) = self.message();
                let half = self.dice.below(bytes.len());
                self.add(&format!("{what}, half"), Act::Send(bytes[..half].to_vec()));
                let pause = Duration::from_millis(1 + self.dice.roll() % 20);
                self.add("pause", Act::Pause(pause));
                self.add("the other half", Act::Send(bytes[half..].to_vec()));
            }
            2 => {
                let open = open_req(self.settings, HOSTILE, self.next_id());
                let len = if self.dice.chance(50) {
                    open.len()
                } else {
                    self.dice.below(open.len())
                };
                let count = 2 + self.dice.below(12);
                let what = format!("{count} connections with {len} bytes of OPEN_REQ");
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
                let open = open_req(self.settings, HOSTILE, self.next_id());
                self.add("OPEN_REQ again", Act::Send(open));
            }
            5 => {
                let close = write(
                    self.settings.version,
                    CloseReq::with(|close| {
                        close.invoke_id = InvokeId(self.invoke_id);
                        close.status = StatusCode::NO_ERROR;
                    }),
                );
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
        let mut draft = Draft::new(table, self.settings.version, known, &mut self.dice);
        // Now and then an InvokeID that is in use.
        let invoke_id = if self.dice.chance(15) {
            self.invoke_id
        } else {
            self.next_id()
        };
        draft.set_invoke_id(invoke_id);
        draft
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

/// An OPEN_REQ that keeps every rule.
pub(crate) fn open_req(settings: &Settings, client_id: &str, invoke_id: u32) -> Vec<u8> {
    let version = settings.version;
    let Known { peripheral_id, .. } = settings.known;
    let open = OpenReq::with(|open| {
        open.invoke_id = InvokeId(invoke_id);
        open.version_number = version.number();
        open.idle_timeout = match version.dialect() {
            Dialect::Ucce => 0xffff_ffff,
            Dialect::Uccx => 119,
        };
        open.peripheral_id = PeripheralId(match version.dialect() {
            Dialect::Ucce => 0xffff_ffff,
            Dialect::Uccx => peripheral_id,
        });
        open.services_requested = ServiceMask::ALL_EVENTS;
        open.call_msg_mask = CallEventMask::KNOWN;
        open.agent_state_mask = AgentStateMask::KNOWN;
        open.client_id = Some(Text::until_nul(client_id.to_owned()));
        open.client_password = Some(Secret::new(settings.password.clone()));
    });
    write(version, open)
}

pub(crate) fn heartbeat_req(version: Version, invoke_id: u32) -> Vec<u8> {
    write(
        version,
        HeartbeatReq::with(|beat| beat.invoke_id = InvokeId(invoke_id)),
    )
}

/// A message that is right; nothing if it is too long, which a long password can make it.
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
