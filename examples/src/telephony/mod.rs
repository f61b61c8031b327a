//! The simulated switch, and how programs reach it.
//!
//! [`Switch`] is a machine without sockets or clock that keeps JTAPI's states to the letter
//! ([`ConnectionState`], [`TerminalState`], [`CallState`]). [`host::spawn`] runs one in a task;
//! [`server::start`] adds the listener that programs of other processes connect to. A program
//! sees either through the trait [`Provider`], so that an engine does not know whether its switch
//! is near or far, and calls live on in the switch when an engine dies.
//!
//! One call from line 1001001 to 1001002, in the order of its events:
//!
//! | event | 1001001 | 1001002 |
//! | --- | --- | --- |
//! | call active | | |
//! | off hook | INITIATED, TALKING | |
//! | digits | DIALING | |
//! | placed | ESTABLISHED | |
//! | reaches the line | | OFFERED, ALERTING, RINGING |
//! | answered | | ESTABLISHED, TALKING |
//! | hung up | DROPPED, DISCONNECTED | DROPPED, DISCONNECTED |
//! | call invalid | | |
//!
//! A call to a route point stops at OFFERED. An engine lets it wait there ([`Request::Queue`])
//! and sends it on ([`Request::Route`], [`Request::Redirect`]).
//!
//! Not there yet: consultation, transfer, conference, digits and recording. They become variants
//! of [`Request`], carried out in [`Switch`]; neither the providers nor the line protocol change.

pub mod host;
pub mod line;
mod message;
mod provider;
mod remote;
pub mod script;
pub mod server;
mod state;
mod switch;

pub use host::{LocalProvider, SwitchHandle};
pub use message::{
    Address, AddressKind, Call, CallData, CallId, Cause, Event, InvalidAddress, Leg, Origin,
    Refusal, Reply, Request, SimulatedCall, Snapshot,
};
pub use provider::{Provider, ProviderEvent, RequestId};
pub use remote::RemoteProvider;
pub use state::{CallState, ConnectionState, TerminalState};
pub use switch::{Config, Sequenced, Switch};
