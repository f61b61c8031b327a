//! Requests on their way: the handle that names one, and its answer.

use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;

use crate::code::{InvokeId, MessageType};
use crate::message::{ControlFailureConf, FailureConf, Message, Request};

/// Names a request that was sent; [`Answer::of`] finds its answer by it.
///
/// It is the InvokeID that the request went under, with the type of the request. InvokeIDs count up
/// within a session and are not used twice before all others were.
#[must_use = "the answer is found by it"]
pub struct Handle<R> {
    invoke_id: InvokeId,
    request: PhantomData<fn() -> R>,
}

impl<R> Handle<R> {
    pub(in crate::session) const fn new(invoke_id: InvokeId) -> Self {
        Self {
            invoke_id,
            request: PhantomData,
        }
    }

    /// What the request carries on the wire, and its answer repeats.
    pub const fn invoke_id(self) -> InvokeId {
        self.invoke_id
    }
}

impl<R> Clone for Handle<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Handle<R> {}

impl<R> fmt::Debug for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({})", self.invoke_id.0)
    }
}

impl<R> Eq for Handle<R> {}

impl<R> PartialEq for Handle<R> {
    fn eq(&self, other: &Self) -> bool {
        self.invoke_id == other.invoke_id
    }
}

impl<R> Ord for Handle<R> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.invoke_id.cmp(&other.invoke_id)
    }
}

impl<R> PartialOrd for Handle<R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<R> Hash for Handle<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.invoke_id.hash(state);
    }
}

/// What became of a request. Each request has exactly one.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// The InvokeID of the request's [`Handle`].
    pub invoke_id: InvokeId,
    /// The request.
    pub request: MessageType,
    /// The confirmation, or why there is none.
    pub result: Result<Message, Failure>,
}

impl Answer {
    /// The result, if this is the answer to the request that `handle` names.
    pub fn of<R: Request>(&self, handle: Handle<R>) -> Option<Result<&R::Confirmation, &Failure>> {
        if handle.invoke_id != self.invoke_id {
            return None;
        }
        match &self.result {
            Ok(message) => R::confirmation(message).map(Ok),
            Err(failure) => Some(Err(failure)),
        }
    }
}

/// Why a request has no confirmation.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Failure {
    /// FAILURE_CONF: the server refused.
    Server(FailureConf),
    /// CONTROL_FAILURE_CONF: the switch refused.
    Switch(ControlFailureConf),
    /// No answer came in time. Whether the request was carried out is not known.
    TimedOut,
    /// The session ended first. Whether the request was carried out is not known.
    Closed,
    /// The request was sent, and the session has
    /// [`ServiceMask::IGNORE_CONF`](crate::code::ServiceMask::IGNORE_CONF), under which the server
    /// leaves out confirmations of [third-party
    /// control](crate::message::Confirmed::UnlessIgnored). What came of it shows in events; a
    /// refusal, if the server sends one, comes as
    /// [`Event::Message`](crate::session::client::Event::Message) with the request's InvokeID.
    Unconfirmed,
}

impl Failure {
    /// Whether the request may have been carried out all the same. A refused one was not.
    pub const fn is_in_doubt(&self) -> bool {
        match self {
            Self::Server(_) | Self::Switch(_) => false,
            Self::TimedOut | Self::Closed | Self::Unconfirmed => true,
        }
    }
}
