//! What a client's session tells its application.

use crate::error::DecodeError;
use crate::frame::Frame;
use crate::message::{Message, OpenConf};
use crate::session::CloseReason;
use crate::session::client::request::Answer;
use crate::session::client::system::SystemChange;
use crate::session::client::teams::TeamChange;
use crate::session::client::upload::ConfigEvent;

/// What the application should know.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "nearly all events are messages")]
pub enum Event {
    /// The session is open.
    Opened(OpenConf),
    /// A request is done. Each request ends in exactly one of these.
    Answer(Answer),
    /// A message that answers no request: an event, or a confirmation that came after its deadline.
    Message(Message),
    /// The message before this one changed [`Client::system`](crate::session::Client::system).
    System(SystemChange),
    /// The message before this one changed [`Client::teams`](crate::session::Client::teams).
    Team(TeamChange),
    /// Configuration, once [`Client::upload`](crate::session::Client::upload) was called; until then
    /// its messages come as they are.
    Config(ConfigEvent),
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
