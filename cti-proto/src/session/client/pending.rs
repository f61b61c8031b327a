//! Requests that wait for their answers.

use alloc::collections::{BTreeMap, BTreeSet};
use core::time::Duration;

use crate::code::{InvokeId, MessageType};

/// Requests that wait for an answer, by InvokeID and by deadline.
#[derive(Debug, Default)]
pub(super) struct Pending {
    by_id: BTreeMap<InvokeId, (MessageType, Duration)>,
    by_deadline: BTreeSet<(Duration, InvokeId)>,
}

impl Pending {
    pub(super) fn insert(&mut self, id: InvokeId, request: MessageType, deadline: Duration) {
        self.by_id.insert(id, (request, deadline));
        self.by_deadline.insert((deadline, id));
    }

    pub(super) fn remove(&mut self, id: InvokeId) -> Option<MessageType> {
        let (request, deadline) = self.by_id.remove(&id)?;
        self.by_deadline.remove(&(deadline, id));
        Some(request)
    }

    /// Takes one request whose deadline has passed.
    pub(super) fn pop_due(&mut self, now: Duration) -> Option<(InvokeId, MessageType)> {
        let (deadline, id) = *self.by_deadline.first()?;
        if deadline > now {
            return None;
        }
        self.remove(id).map(|request| (id, request))
    }

    /// Takes any one request.
    pub(super) fn pop(&mut self) -> Option<(InvokeId, MessageType)> {
        self.pop_due(Duration::MAX)
    }

    pub(super) fn request(&self, id: InvokeId) -> Option<MessageType> {
        self.by_id.get(&id).map(|(request, _)| *request)
    }

    pub(super) fn next_deadline(&self) -> Option<Duration> {
        self.by_deadline.first().map(|(deadline, _)| *deadline)
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }
}
