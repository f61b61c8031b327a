//! Sessions without IO: who may say what, and when.
//!
//! | you write | take | connections | your part |
//! | --- | --- | --- | --- |
//! | a tool or a test that speaks with one server | [`Client`] | one | to connect anew when it ends |
//! | a desktop or a bridge that has to stay connected | [`Failover`] | to each side | sockets; which server is which side |
//! | a CTI server | [`Service`] | many | the switch and the data: passwords, agents, calls |
//! | one connection of a server, or a test's peer | [`Server`] | one | all that sessions share, and which client hears of what |
//!
//! [`Failover`] runs a [`Client`] for each side, and [`Service`] a [`Server`] for each connection:
//! settings, handles, answers and statuses are those of [`client`] and [`server`].
//! [`follow`](crate::follow) is for who listens to the sessions of others.
//!
//! All four take bytes by `handle_input` and time by `handle_timeout`, and hand out bytes by
//! `poll_transmit`, events by `poll_event` and their next timer by `poll_timeout`. After any call
//! with `&mut self`, drain the first two until both are empty and re-arm from the third. `now` is the
//! time since an origin that the caller fixed once. [`Failover`] and [`Service`] name the connection
//! that bytes belong to.
//!
//! An `Err` of `handle_input` of [`Client`] or [`Server`] ends that session. [`Failover`] and
//! [`Service`] never fail for what a peer does: they tell it as an event.

pub mod client;
pub mod failover;
pub mod server;
pub mod service;

mod admission;
mod config_key;
mod filter;
mod inspection;
mod later;
mod outbox;

pub use client::Client;
pub use config_key::ConfigKey;
pub use failover::Failover;
pub use server::Server;
pub use service::Service;

use crate::code::{InvokeId, MessageType, StatusCode};
use crate::error::{DecodeError, EncodeError};

/// Why a session ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum CloseReason {
    /// This side closed it.
    Local,
    /// The peer closed it by CLOSE_REQ.
    Peer {
        /// What the peer gave as its reason.
        status: StatusCode,
    },
    /// OPEN_REQ was refused.
    Refused {
        /// Why: 1 for the version, 92 for a node that is not the master.
        status: StatusCode,
    },
    /// The server ended the session by FAILURE_EVENT, or answered a heartbeat with FAILURE_CONF.
    Failure {
        /// Why: 15 when the server goes off-line, 92 when a UCCX node is the master no more, 11 when the same client opened another session.
        status: StatusCode,
    },
    /// OPEN_REQ did not come, or was not answered, in time.
    OpenTimedOut,
    /// Three heartbeats in a row stayed without any sign of life.
    HeartbeatsMissed,
    /// The client was silent for longer than its IdleTimeout.
    IdleTimedOut,
    /// The connection ended under the session.
    Disconnected,
    /// The peer broke the protocol; the call that saw it returned the [`Error`].
    Protocol,
    /// The peer takes its messages too slowly: the limit of unsent bytes is reached.
    SlowPeer,
    /// The application leaves events unread beyond the limit.
    EventsUnread,
}

/// What ended the session, or what cannot be done now.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The peer's bytes cannot be followed any further.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The caller's message cannot be written; the session goes on.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The peer sent what it may not send now; `reply` was answered.
    #[error("peer sent {got:?} while {state}")]
    Peer {
        /// What came.
        got: MessageType,
        /// What the session was doing.
        state: &'static str,
        /// The status that the peer was told.
        reply: StatusCode,
    },
    /// The caller asked for what is not possible now; the session goes on.
    #[error("cannot {attempted} while {state}")]
    Caller {
        /// What was asked for.
        attempted: &'static str,
        /// What the session is doing.
        state: &'static str,
    },
    /// No request with this InvokeID waits for an answer; the session goes on.
    #[error("no request {invoke_id:?} waits for an answer")]
    NotWaiting {
        /// The InvokeID that was named.
        invoke_id: InvokeId,
    },
    /// The message does not have the role that the call needs; the session goes on.
    #[error("{message_type:?} is not a {wanted}")]
    WrongRole {
        /// The message.
        message_type: MessageType,
        /// `request`, `confirmation` or `event`.
        wanted: &'static str,
    },
    /// As many requests wait for an answer as the configuration allows; the session goes on.
    #[error("{max} requests wait for an answer")]
    TooManyRequests {
        /// The limit.
        max: usize,
    },
    /// As many agents or devices are watched as the configuration allows; nothing else changes.
    #[error("{max} agents or devices are watched")]
    TooManyWatched {
        /// The limit.
        max: usize,
    },
    /// As many calls are followed as the configuration allows; nobody got the event.
    #[error("{max} calls are followed")]
    TooManyCalls {
        /// The limit.
        max: usize,
    },
    /// The application leaves events unread beyond the limit of the configuration.
    #[error("{max} events are unread")]
    EventsUnread {
        /// The limit.
        max: usize,
    },
    /// More bytes wait to be sent than the configuration allows: the peer is too slow.
    #[error("{len} bytes wait to be sent where {max} are allowed")]
    SlowPeer {
        /// Bytes that wait.
        len: usize,
        /// The limit.
        max: usize,
    },
}
