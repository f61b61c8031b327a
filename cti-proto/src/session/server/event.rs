//! What a server's session tells the application.

use crate::code::{InvokeId, StatusCode};
use crate::frame::Frame;
use crate::message::{Message, OpenReq};
use crate::session::CloseReason;
use crate::version::Version;

/// What the application should know.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "nearly all events are messages")]
pub enum Event {
    /// A client asks for a session, and its OPEN_REQ keeps the rules. Answer by
    /// [`Server::accept`](super::Server::accept) or [`Server::refuse`](super::Server::refuse)
    /// within [`Config::decision_timeout`](super::Config::decision_timeout), and then call
    /// `handle_input` again: what came behind the OPEN_REQ waits in the caller's buffer.
    OpenRequested {
        /// The version it asks for.
        version: Version,
        /// All it said.
        request: OpenReq,
    },
    /// A request. Answer by [`Server::answer`](super::Server::answer),
    /// [`Server::fail`](super::Server::fail) or
    /// [`Server::fail_control`](super::Server::fail_control).
    Request {
        /// Names the request in the answer.
        invoke_id: InvokeId,
        /// The request.
        message: Message,
    },
    /// A message without an answer: CONFIG_REQUEST_EVENT and its like, or a confirmation.
    Message(Message),
    /// A message that could not be read, is not part of the version, or contradicts itself; it was
    /// answered with FAILURE_CONF.
    Rejected {
        /// The whole message.
        frame: Frame,
        /// What the client was told.
        status: StatusCode,
    },
    /// The session is over; nothing follows. The connection can be dropped once `poll_transmit` is
    /// empty.
    Closed(CloseReason),
}

/// What became of a message for the client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum Delivery {
    /// It waits to be polled.
    Queued,
    /// The client did not ask for it.
    Filtered,
}
