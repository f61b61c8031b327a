//! What a service tells the application.

use core::fmt;

use crate::code::{InvokeId, StatusCode};
use crate::frame::Frame;
use crate::message::{ClientEventReportReq, Message, OpenReq};
use crate::session::CloseReason;
use crate::version::Version;

/// Names a connection of a [`Service`](super::Service). Never used twice.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ConnectionId(pub(super) u64);

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What the application should know.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "nearly all events are messages")]
pub enum Event {
    /// A client asks for a session, and its OPEN_REQ keeps the rules. Left to decide: whether the
    /// password is right, and whether agent and device exist. Answer by
    /// [`Service::admit`](super::Service::admit) or [`Service::refuse`](super::Service::refuse),
    /// and then call `handle_input` again: what came behind the OPEN_REQ waits in the caller's
    /// buffer.
    OpenRequested {
        /// The connection.
        connection: ConnectionId,
        /// The version it asks for.
        version: Version,
        /// All it said.
        request: OpenReq,
    },
    /// A request. Answer by [`Service::answer`](super::Service::answer),
    /// [`Service::fail`](super::Service::fail) or
    /// [`Service::fail_control`](super::Service::fail_control).
    Request {
        /// The connection.
        connection: ConnectionId,
        /// Names the request in the answer.
        invoke_id: InvokeId,
        /// The request.
        message: Message,
    },
    /// A message without an answer that the service does not act on.
    Message {
        /// The connection.
        connection: ConnectionId,
        /// The message.
        message: Message,
    },
    /// CLIENT_EVENT_REPORT_REQ: something for the log. It is confirmed already.
    Report {
        /// The connection.
        connection: ConnectionId,
        /// What the client reports.
        report: ClientEventReportReq,
    },
    /// A message that could not be read, is not part of the version, or contradicts itself; it was
    /// answered with FAILURE_CONF.
    Rejected {
        /// The connection.
        connection: ConnectionId,
        /// The whole message.
        frame: Frame,
        /// What the client was told.
        status: StatusCode,
    },
    /// A session is over. Requests of it that are unanswered need no answer. Write what
    /// `poll_transmit` still has and drop the connection.
    Closed {
        /// The connection.
        connection: ConnectionId,
        /// Why.
        reason: CloseReason,
    },
    /// All clients have answered ACTIVE_MAINTENANCE_REQ_MSG, or 5 s are over; the outcome has been
    /// told. When `moves` is set, [`Event::MaintenanceOver`] follows.
    MaintenanceDecided {
        /// Whether the clients move: no client declined or kept silent.
        moves: bool,
        /// Clients that agreed.
        accepted: usize,
        /// Clients that declined or kept silent.
        declined: usize,
    },
    /// All clients have moved, or 5 s are over. This side is standby now.
    MaintenanceOver {
        /// Clients that said that they ask nothing more of this side.
        moved: usize,
        /// Clients that did not.
        left: usize,
    },
}
