//! What is asked of a switch, what it answers, and what it tells.
//!
//! The same values travel in process and, as JSON, over the [line protocol](super::line).

use core::fmt;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::state::{ConnectionState, TerminalState};

/// Number of a call. The switch gives it, and it stays until the call ends, whoever restarts
/// meanwhile.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct CallId(pub u32);

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A number that can be on a call: the line of a phone, a route point, an outside number.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

impl Address {
    /// Longest address, in bytes. The CTI protocol leaves room for 63 and a NUL.
    pub const MAX_LEN: usize = 31;

    /// Checks and takes an address.
    ///
    /// # Errors
    ///
    /// [`InvalidAddress`] when it is empty, longer than [`Self::MAX_LEN`], or holds something
    /// other than ASCII letters, digits and `+ * # . _ -`.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidAddress> {
        let text = text.into();
        let fits = (1..=Self::MAX_LEN).contains(&text.len());
        let legal = text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+*#._-".contains(&b));
        if fits && legal {
            Ok(Self(text))
        } else {
            Err(InvalidAddress)
        }
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Address {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        Self::new(text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0
    }
}

/// A text that is no address.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a dialable address")]
pub struct InvalidAddress;

/// What a number is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressKind {
    /// The line of a phone that belongs to the switch.
    Line,
    /// A CTI route point: no phone, calls wait there for a program.
    RoutePoint,
    /// Beyond the switch.
    Outside,
}

/// Variables of a call: `callVariable1` to `callVariable10`, `wrapUpReason`, and names of the
/// program's own.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct CallData(pub BTreeMap<String, String>);

impl CallData {
    /// Most variables of one call.
    pub const MAX_ENTRIES: usize = 24;
    /// Longest name, in bytes. GED-188 leaves room for 32 and a NUL.
    pub const MAX_NAME: usize = 32;
    /// Longest value, in bytes. GED-188 leaves room for 210 and a NUL in a named variable.
    pub const MAX_VALUE: usize = 210;
    /// Longest value of `callVariable1` to `callVariable10` and `wrapUpReason`, in bytes. GED-188
    /// leaves room for 39 and a NUL.
    pub const MAX_CALL_VARIABLE: usize = 39;
    /// Most bytes of all other variables, names and NULs included. GED-188's limit.
    pub const MAX_NAMED: usize = 2000;

    /// Whether the limits above are kept and no text holds a NUL.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let fits = |(name, value): (&String, &String)| {
            let max = if Self::has_tag(name) {
                Self::MAX_CALL_VARIABLE
            } else {
                Self::MAX_VALUE
            };
            (1..=Self::MAX_NAME).contains(&name.len())
                && value.len() <= max
                && !name.contains('\0')
                && !value.contains('\0')
        };
        let named = self.0.iter().filter(|(name, _)| !Self::has_tag(name));
        self.0.len() <= Self::MAX_ENTRIES
            && self.0.iter().all(fits)
            && named
                .map(|(name, value)| name.len() + value.len() + 2)
                .sum::<usize>()
                <= Self::MAX_NAMED
    }

    /// Whether GED-188 has a field of its own for a variable of this name.
    #[must_use]
    pub fn has_tag(name: &str) -> bool {
        let number = name
            .strip_prefix("callVariable")
            .and_then(|number| number.parse().ok());
        name == "wrapUpReason" || number.is_some_and(|number: u8| (1..=10).contains(&number))
    }
}

/// Why a connection or terminal connection changed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Nothing out of the ordinary.
    Normal,
    /// A new call.
    NewCall,
    /// The number is on another call.
    Busy,
    /// There is no such number.
    BadDestination,
    /// Nobody answered in time.
    NoAnswer,
    /// The call was sent on to another address.
    Redirected,
}

/// Where a call came from.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// From outside.
    Inbound,
    /// From a line of the switch.
    Line,
}

/// One address on a call.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Leg {
    /// The address.
    pub address: Address,
    /// What the address is.
    pub kind: AddressKind,
    /// Its connection.
    pub connection: ConnectionState,
    /// Its phone, where it has one that takes part.
    pub terminal: Option<TerminalState>,
}

/// A call as it stands.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Call {
    /// Its number.
    pub id: CallId,
    /// Where it came from.
    pub origin: Origin,
    /// Who started it.
    pub calling: Address,
    /// What was dialled.
    pub called: Address,
    /// Its variables.
    pub data: CallData,
    /// The addresses on it; those that left are gone from the list.
    pub legs: Vec<Leg>,
}

impl Call {
    /// The leg of an address.
    #[must_use]
    pub fn leg(&self, address: &Address) -> Option<&Leg> {
        self.legs.iter().find(|leg| leg.address == *address)
    }
}

/// Everything a program must know to take over where another left off.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Snapshot {
    /// Number of the last event that is part of this picture.
    pub sequence: u64,
    /// Lines of the switch, in order.
    pub lines: Vec<Address>,
    /// Route points of the switch, in order.
    pub route_points: Vec<Address>,
    /// Calls, by number.
    pub calls: Vec<Call>,
}

/// Something that happened on the switch.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A call has become active. Its legs follow as events of their own.
    CallActive(Call),
    /// A connection changed. The first event of a connection also says what its address is.
    Connection {
        /// The call.
        call: CallId,
        /// The address.
        address: Address,
        /// What the address is.
        kind: AddressKind,
        /// The new state.
        state: ConnectionState,
        /// Why.
        cause: Cause,
    },
    /// A terminal connection changed.
    Terminal {
        /// The call.
        call: CallId,
        /// The address whose phone it is.
        address: Address,
        /// The new state.
        state: TerminalState,
        /// Why.
        cause: Cause,
    },
    /// The variables of a call changed; all of them are given.
    Data {
        /// The call.
        call: CallId,
        /// The variables.
        data: CallData,
    },
    /// A call is over.
    CallInvalid {
        /// The call.
        call: CallId,
    },
}

/// What a program may ask of the switch. Each variant says what must hold before; if it does
/// not, the answer is a [`Refusal`] and nothing has changed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// A line goes off hook and dials. The line may have held calls, but none that rings or
    /// talks. A busy or unknown number is no refusal: the caller's connection goes to FAILED.
    MakeCall {
        /// The line.
        from: Address,
        /// What it dials.
        to: Address,
        /// Variables of the new call.
        #[serde(default)]
        data: CallData,
    },
    /// Answers. The terminal connection must be RINGING.
    Answer {
        /// The call.
        call: CallId,
        /// The line that answers.
        address: Address,
    },
    /// Puts on hold. The terminal connection must be TALKING, the connection ESTABLISHED.
    Hold {
        /// The call.
        call: CallId,
        /// The line that holds.
        address: Address,
    },
    /// Takes back from hold. The terminal connection must be HELD, and no other call of the line
    /// RINGING or TALKING.
    Unhold {
        /// The call.
        call: CallId,
        /// The line that retrieves.
        address: Address,
    },
    /// Leaves a call. The connection must be anything but IDLE or DISCONNECTED.
    Disconnect {
        /// The call.
        call: CallId,
        /// The address that leaves.
        address: Address,
    },
    /// Disconnects every address of a call.
    Clear {
        /// The call.
        call: CallId,
    },
    /// Sends a call on to another address, which must be free. The connection must be OFFERED or
    /// ALERTING.
    Redirect {
        /// The call.
        call: CallId,
        /// The address that gives the call away.
        address: Address,
        /// Where it goes.
        to: Address,
    },
    /// Lets a call wait at a route point. The connection must be OFFERED.
    Queue {
        /// The call.
        call: CallId,
        /// The route point.
        address: Address,
    },
    /// Takes a call out of the queue of a route point and sends it to an address, which must be
    /// free. The connection must be QUEUED.
    Route {
        /// The call.
        call: CallId,
        /// The route point.
        address: Address,
        /// Where the call goes.
        to: Address,
    },
    /// Sets variables of a call; those not named stay.
    SetData {
        /// The call.
        call: CallId,
        /// The variables to set.
        data: CallData,
    },
    /// Lets somebody outside call in, for demonstrations and tests.
    SimulateCall(SimulatedCall),
    /// Asks for everything as it stands now.
    Snapshot,
    /// Does nothing but get an answer.
    Ping,
}

/// A caller outside, played by the switch.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SimulatedCall {
    /// The caller's number; it must not be a number of the switch.
    pub from: Address,
    /// What is dialled: a line or a route point.
    pub to: Address,
    /// Variables of the call.
    #[serde(default)]
    pub data: CallData,
    /// After how long without an answer the caller gives up, in milliseconds. Absent: never.
    #[serde(default)]
    pub patience_ms: Option<u32>,
    /// How long after the answer the caller hangs up, in milliseconds. Absent: never.
    #[serde(default)]
    pub talk_ms: Option<u32>,
}

/// The answer to a request that was carried out.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Done; what came of it arrives as events.
    Done,
    /// A call was made; this is its number.
    Call(CallId),
    /// Everything as it stood.
    Snapshot(Snapshot),
}

/// Why a request was not carried out.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No call has this number.
    #[error("there is no such call")]
    UnknownCall,
    /// The address is not of the kind that the request needs.
    #[error("the switch has no such line or route point")]
    UnknownAddress,
    /// The address is not on the call.
    #[error("the address is not on the call")]
    NotOnCall,
    /// The state is not one that the request starts from.
    #[error("the call is not in a state that allows this")]
    InvalidState,
    /// The address has another call.
    #[error("the line is busy")]
    Busy,
    /// The destination does not exist or is the caller.
    #[error("the destination cannot be reached")]
    BadDestination,
    /// A limit of the switch was met.
    #[error("the switch is full")]
    Full,
    /// A variable is too long, or there are too many.
    #[error("the call variables break a limit")]
    InvalidData,
    /// Too many requests wait already. This one was not sent, and the switch is still there.
    #[error("too many requests wait for the switch")]
    Overrun,
    /// The switch could not be reached, or was lost before it answered. Whether the request was
    /// carried out is for the next snapshot to tell.
    #[error("the switch cannot be reached")]
    Lost,
}
