//! What the failover client tells.

use core::time::Duration;

use bytes::Bytes;

use crate::code::{PeripheralId, StatusCode};
use crate::codec::Text;
use crate::error::DecodeError;
use crate::frame::Frame;
use crate::message::{Message, OpenConf};
use crate::session::client::{Answer, ConfigEvent, Failure, SystemChange, TeamChange};
use crate::session::failover::difference::Difference;
use crate::session::failover::loss::Lost;
use crate::session::failover::picture::{AgentKey, CallKey};
use crate::session::{CloseReason, Error};
use crate::version::Version;

/// A server: its place in the host's list of addresses.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Side(pub usize);

/// A connection that the machine asked the host for. Never used twice.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Connection(pub u64);

/// A device that is watched: a telephone at a switch.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct DeviceKey {
    /// The switch.
    pub peripheral_id: PeripheralId,
    /// The telephone.
    pub instrument: Text,
}

impl DeviceKey {
    /// The telephone `instrument` at a switch. The text is copied.
    pub fn new(peripheral_id: PeripheralId, instrument: &Text) -> Self {
        Self {
            peripheral_id,
            instrument: instrument.detach(),
        }
    }
}

/// Bytes for a connection.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct Transmit {
    /// Where they go.
    pub connection: Connection,
    /// What goes.
    pub bytes: Bytes,
}

/// What the host should do and the application should know.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "nearly all events are messages")]
pub enum Event {
    /// For the host: connect to `side`, then call
    /// [`handle_connected`](super::Failover::handle_connected) or
    /// [`handle_connect_failed`](super::Failover::handle_connect_failed).
    Connect {
        /// Names the connection from here on.
        connection: Connection,
        /// The server.
        side: Side,
    },
    /// For the host: drop the connection, or the attempt, once all that `poll_transmit` gave for it
    /// is written. It does not come for a connection whose end the host has told itself.
    Disconnect {
        /// Which.
        connection: Connection,
    },
    /// A side refused OPEN_REQ; the walk goes on, on the same side with an older version after
    /// status 1.
    Refused {
        /// The server.
        side: Side,
        /// The version that was asked for.
        version: Version,
        /// Why: 92 or 15 from a standby node, 107 from a standby side whose client did not ask for
        /// `ACTIVE_STANDBY`, 110 during maintenance.
        status: StatusCode,
    },
    /// `side` serves the application from now on. What follows is what this side tells.
    Active {
        /// The server.
        side: Side,
        /// The version of its session.
        version: Version,
        /// Its OPEN_CONF.
        conf: OpenConf,
    },
    /// `side` stands by: it is connected and can become active (version 24).
    Standby {
        /// The server.
        side: Side,
    },
    /// A side that stood by is gone; it is connected again as soon as it can be.
    StandbyGone {
        /// The server.
        side: Side,
        /// Why.
        reason: CloseReason,
    },
    /// No side serves the application now. What it believes grows old from `last_heard` on.
    Interrupted {
        /// The server that served it.
        side: Side,
        /// Why it does no more.
        reason: CloseReason,
        /// When the last bytes came from it. With a half-open connection that can be long ago.
        last_heard: Duration,
    },
    /// A side serves the application again. What the protocol cannot bring back is listed.
    Lost(Lost),
    /// A snapshot differs from what the application was told last.
    Difference(Difference),
    /// A query of recovery brought no answer that could be used, or could not be asked: what is
    /// believed about `subject` may be wrong.
    Unrecovered {
        /// What was asked about.
        subject: Subject,
        /// Why nothing is known.
        failure: Unknown,
    },
    /// The limits of the configuration do not let the machine keep `subject` in mind: no difference
    /// will be told about it. Events tell it once for agents and once for calls, snapshots each time.
    BeyondLimit {
        /// What is not kept.
        subject: Subject,
    },
    /// All that is known and watched was asked about; what the application believes is as the server
    /// has it, but for what [`Event::Unrecovered`] named. It comes after each opening, after a switch
    /// came back, and after something was watched while a side was active.
    Recovered {
        /// How many were.
        unrecovered: usize,
    },
    /// A request is done. Each request ends in exactly one of these. What was open when a session
    /// ended has [`Failure::Closed`]: it may or may not have happened.
    Answer(Answer),
    /// A message of the active side that answers no request.
    Message(Message),
    /// The message before this one changed what [`session`](super::Failover::session) knows of
    /// peripherals and the rest of the system.
    System(SystemChange),
    /// The message before this one changed what [`session`](super::Failover::session) knows of teams.
    Team(TeamChange),
    /// Configuration, once [`upload`](super::Failover::upload) was called. A break ends an upload.
    Config(ConfigEvent),
    /// A body of the active side that cannot be read; the session goes on.
    Malformed {
        /// The whole message.
        frame: Frame,
        /// What is wrong with it.
        error: DecodeError,
    },
    /// The active side asks to be left for maintenance. Answer by
    /// [`answer_maintenance`](super::Failover::answer_maintenance); silence counts as no.
    MaintenanceAsked {
        /// When the server stops to wait.
        deadline: Duration,
    },
    /// Whether the active side goes into maintenance. If it does, no requests are taken until the
    /// other side is active.
    MaintenanceDecided {
        /// Whether it does.
        takes_place: bool,
    },
    /// Walking cannot help; the machine ends.
    Failed(Failed),
    /// The machine has ended: all connections are gone, nothing follows.
    Closed,
}

/// What a query of recovery is about.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Subject {
    /// State of an agent.
    Agent(AgentKey),
    /// The calls at a device, and what it can do.
    Device(DeviceKey),
    /// A call.
    Call(CallKey),
    /// All that is known and watched of a switch.
    Peripheral(PeripheralId),
}

/// Why recovery knows nothing about a subject.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Unknown {
    /// The query was refused or stayed without an answer.
    Failed(Failure),
    /// The session was not granted `CLIENT_CONTROL`, without which nothing can be asked.
    NotGranted,
    /// The query cannot be written: an id is too long for its field, or UCCX wants a device of the call
    /// and none was ever named.
    NotWritable(Error),
    /// The switch stayed off-line for longer than
    /// [`Config::offline_timeout`](super::Config::offline_timeout). It is asked about when it is back.
    OffLine,
}

/// What walking from side to side cannot cure.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Failed {
    /// OPEN_REQ was refused for what stands in it: 36 for a wrong password, 19 to 21 and 95 for masks,
    /// 7 and 8 for the peripheral and the agent, 10 for a device that another client has, 6 and 32 for
    /// devices that are missing or disagree.
    Refused {
        /// Who refused.
        side: Side,
        /// Why.
        status: StatusCode,
    },
    /// No side takes any of the versions.
    NoVersion,
    /// The same client opened a session elsewhere (status 11). Coming back would end that one.
    TakenOver {
        /// Where.
        side: Side,
    },
    /// OPEN_REQ cannot be written: a text of the configuration is too long.
    Config(Error),
}
