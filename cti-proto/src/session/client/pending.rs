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

    /// Moves the deadline of a request that still waits.
    pub(super) fn extend(&mut self, id: InvokeId, deadline: Duration) {
        if let Some(waiting) = self.by_id.get_mut(&id) {
            self.by_deadline.remove(&(waiting.deadline, id));
            waiting.deadline = deadline;
            self.by_deadline.insert((deadline, id));
        }
    }

    /// Takes the request that `message` answers by its own confirmation, FAILURE_CONF or
    /// CONTROL_FAILURE_CONF. GED-188, "Session rules" 9.
    ///
    /// Whatever else bears the InvokeID of a request leaves it waiting.
    pub(super) fn settle(&mut self, message: &Message) -> Option<(InvokeId, Waiting)> {
        let id = message.invoke_id()?;
        let waiting = self.by_id.get(&id)?;
        let answers = [
            waiting.confirmation,
            MessageType::FAILURE_CONF,
            MessageType::CONTROL_FAILURE_CONF,
        ];
        if !answers.contains(&message.message_type()) {
            return None;
        }
        self.remove(id).map(|waiting| (id, waiting))
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
