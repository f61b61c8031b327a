//! Requests that wait for their answers.

use alloc::collections::{BTreeMap, BTreeSet};
use core::time::Duration;

use crate::code::{InvokeId, MessageType};
use crate::message::Message;
use crate::session::client::request::{Answer, Failure};

/// Requests in flight, by InvokeID and by deadline.
#[derive(Debug, Default)]
pub(super) struct Pending {
    by_id: BTreeMap<InvokeId, Waiting>,
    by_deadline: BTreeSet<(Duration, InvokeId)>,
}

/// One request in flight.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) request: MessageType,
    pub(super) confirmation: MessageType,
    pub(super) deadline: Duration,
}

impl Pending {
    pub(super) fn insert(&mut self, id: InvokeId, waiting: Waiting) {
        self.by_id.insert(id, waiting);
        self.by_deadline.insert((waiting.deadline, id));
    }

    /// The answer that `message` is, if a request waits for it: its own confirmation, FAILURE_CONF or
    /// CONTROL_FAILURE_CONF. GED-188, "Session rules" 9.
    ///
    /// Whatever else bears the InvokeID of a request leaves it waiting.
    pub(super) fn answer(&mut self, message: Message) -> Answered {
        let waiting = message
            .invoke_id()
            .and_then(|id| Some((id, *self.by_id.get(&id)?)));
        let Some((invoke_id, waiting)) = waiting else {
            return Answered::Passed(message);
        };
        let result = match message {
            Message::FailureConf(failure) => Err(Failure::Server(failure)),
            Message::ControlFailureConf(failure) => Err(Failure::Switch(failure)),
            message if message.message_type() == waiting.confirmation => Ok(message),
            message => return Answered::Passed(message),
        };
        self.remove(invoke_id);
        Answered::Answer(Answer {
            invoke_id,
            request: waiting.request,
            result,
        })
    }

    /// Ends one request whose deadline has passed.
    pub(super) fn pop_due(&mut self, now: Duration) -> Option<Answer> {
        let (deadline, id) = *self.by_deadline.first()?;
        (deadline <= now).then_some(())?;
        self.give_up(id, Failure::TimedOut)
    }

    /// Ends any one request because the session does.
    pub(super) fn pop_closed(&mut self) -> Option<Answer> {
        let (_, id) = *self.by_deadline.first()?;
        self.give_up(id, Failure::Closed)
    }

    pub(super) fn contains(&self, id: InvokeId) -> bool {
        self.by_id.contains_key(&id)
    }

    pub(super) fn next_deadline(&self) -> Option<Duration> {
        self.by_deadline.first().map(|(deadline, _)| *deadline)
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    fn give_up(&mut self, invoke_id: InvokeId, failure: Failure) -> Option<Answer> {
        let waiting = self.remove(invoke_id)?;
        Some(Answer {
            invoke_id,
            request: waiting.request,
            result: Err(failure),
        })
    }

    fn remove(&mut self, id: InvokeId) -> Option<Waiting> {
        let waiting = self.by_id.remove(&id)?;
        self.by_deadline.remove(&(waiting.deadline, id));
        Some(waiting)
    }
}

/// What a message is to the requests in flight.
#[derive(Debug)]
pub(super) enum Answered {
    /// The answer of one, which waits no longer.
    Answer(Answer),
    /// Nothing.
    Passed(Message),
}
