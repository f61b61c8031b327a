//! What a client's session tells its application.

use crate::code::{InvokeId, MessageType};
use crate::error::DecodeError;
use crate::frame::Frame;
use crate::message::{ControlFailureConf, FailureConf, Message, OpenConf};
use crate::session::CloseReason;

/// What the application should know.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "nearly all events are messages")]
pub enum Event {
    /// The session is open.
    Opened(OpenConf),
    /// A request is done. Each request ends in exactly one of these.
    Answer {
        /// What [`Client::request`] returned.
        invoke_id: InvokeId,
        /// The request.
        request: MessageType,
        /// The confirmation, or why there is none.
        result: Result<Message, Failure>,
    },
    /// A message that answers no request: an event, or a confirmation that came after its deadline.
    Message(Message),
    /// A body that cannot be read; the session goes on.
    Malformed {
        /// The whole message.
        frame: Frame,
        /// What is wrong with it.
        error: DecodeError,
    },
    /// The session is over; nothing follows. The connection can be dropped once `poll_transmit` is
    /// empty.
    Closed(CloseReason),
}

/// Why a request has no confirmation.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Failure {
    /// FAILURE_CONF: the server refused.
    Server(FailureConf),
    /// CONTROL_FAILURE_CONF: the switch refused.
    Switch(ControlFailureConf),
    /// No answer came in time.
    TimedOut,
    /// The session ended first.
    Closed,
}
