//! What a program that routes calls sees of a switch: JTAPI's role.

use core::future::Future;

use tokio::sync::mpsc::error::TrySendError;

use super::message::{Event, Refusal, Reply, Request, Snapshot};

/// Number that a program's request has and its answer repeats.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RequestId(pub u64);

/// What a provider tells, in the order in which it happened.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ProviderEvent {
    /// The switch can be used, and this is how it stands. Events that follow come after it.
    InService(Snapshot),
    /// The switch cannot be reached. Requests are refused with [`Refusal::Lost`], and what
    /// happens meanwhile is in the next snapshot only.
    OutOfService,
    /// Something happened on the switch.
    Event(Event),
    /// The answer to a request. It precedes the events that the request caused.
    Answer {
        /// The request.
        request: RequestId,
        /// What came of it.
        result: Result<Reply, Refusal>,
    },
}

/// A way to one switch.
///
/// [`LocalProvider`](super::LocalProvider) reaches a switch of the same process,
/// [`RemoteProvider`](super::RemoteProvider) one behind the line protocol. What may be asked is
/// [`Request`]; that is where consultation, transfer, conference, digits and recording get
/// variants of their own once the switch can do them.
pub trait Provider: Send {
    /// Sends a request. Its answer comes as a [`ProviderEvent::Answer`], whatever happens:
    /// [`Refusal::Overrun`] if too many wait already.
    fn request(&mut self, request: Request) -> RequestId;

    /// Waits for what the provider tells next. `None` means that the provider has been shut
    /// down, which is final. Dropping the future loses nothing.
    fn next(&mut self) -> impl Future<Output = Option<ProviderEvent>> + Send;
}

/// Why a provider could not pass a request on.
pub(super) fn not_sent<T>(error: &TrySendError<T>) -> Refusal {
    match error {
        TrySendError::Full(_) => Refusal::Overrun,
        TrySendError::Closed(_) => Refusal::Lost,
    }
}
