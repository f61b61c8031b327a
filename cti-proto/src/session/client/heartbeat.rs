//! Heartbeats. GED-188, "Session rules" 6.

use alloc::collections::VecDeque;
use core::time::Duration;

use crate::code::{InvokeId, MessageType};
use crate::frame::Frame;

/// The heartbeats of an open session.
#[derive(Debug)]
pub(super) struct Heartbeat {
    interval: Duration,
    next: Duration,
    /// How many were sent since the last sign of life.
    missed: usize,
    /// The last ones sent, at most three. Other messages may overtake the refusal of one.
    sent: VecDeque<InvokeId>,
}

/// What is due.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Due {
    Nothing,
    Beat,
    /// Three stayed without any sign of life.
    Lost,
}

impl Heartbeat {
    pub(super) fn new(now: Duration, interval: Duration) -> Self {
        Self {
            interval,
            next: now.saturating_add(interval),
            missed: 0,
            sent: VecDeque::new(),
        }
    }

    pub(super) fn due(&self, now: Duration) -> Due {
        if self.next > now {
            Due::Nothing
        } else if self.missed >= MISSED_HEARTBEATS {
            Due::Lost
        } else {
            Due::Beat
        }
    }

    /// A heartbeat was sent under `id`.
    pub(super) fn sent(&mut self, now: Duration, id: InvokeId) {
        self.next = now.saturating_add(self.interval);
        self.missed += 1;
        if self.sent.len() >= MISSED_HEARTBEATS {
            self.sent.pop_front();
        }
        self.sent.push_back(id);
    }

    /// Any message counts as life but FAILURE_CONF to a heartbeat.
    pub(super) fn hear(&mut self, frame: &Frame) {
        if !self.refuses(frame) {
            self.missed = 0;
        }
    }

    pub(super) const fn next(&self) -> Duration {
        self.next
    }

    pub(super) fn contains(&self, id: InvokeId) -> bool {
        self.sent.contains(&id)
    }

    fn refuses(&self, frame: &Frame) -> bool {
        frame.message_type == MessageType::FAILURE_CONF
            && frame
                .body
                .first_chunk()
                .is_some_and(|id| self.contains(InvokeId(u32::from_be_bytes(*id))))
    }
}

/// Unanswered heartbeats that end the session.
const MISSED_HEARTBEATS: usize = 3;
