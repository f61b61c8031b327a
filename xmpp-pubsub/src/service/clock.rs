//! What time it is, and what happens later.

use core::time::Duration;
use std::collections::BTreeSet;

use crate::id::{NodeId, SubId};
use crate::jid::Jid;

/// What the calendar said at some `now`. Starts in 1970.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    at: Duration,
    utc: i64,
}

impl Clock {
    pub(super) const fn new(at: Duration, utc: i64) -> Self {
        Self { at, utc }
    }

    /// The date at `now`, in milliseconds since 1970.
    pub(super) fn utc(self, now: Duration) -> i64 {
        let passed = now.saturating_sub(self.at).as_millis();
        self.utc
            .saturating_add(i64::try_from(passed).unwrap_or(i64::MAX))
    }

    /// When it will be that date.
    pub(super) fn when(self, utc: i64) -> Duration {
        let ahead = utc.saturating_sub(self.utc);
        self.at + Duration::from_millis(u64::try_from(ahead).unwrap_or(0))
    }
}

/// What happens at a date.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Due {
    /// The oldest items of a node are too old.
    Items(NodeId),
    /// A subscription ends soon. XEP-0060 §12.19.
    Warning(NodeId, Jid, Option<SubId>),
    /// A subscription ends.
    End(NodeId, Jid, Option<SubId>),
}

/// What happens at which date.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    dues: BTreeSet<(i64, Due)>,
}

impl Calendar {
    pub(super) fn add(&mut self, utc: i64, due: Due) {
        self.dues.insert((utc, due));
    }

    pub(super) fn remove(&mut self, utc: i64, due: Due) {
        self.dues.remove(&(utc, due));
    }

    pub(super) fn next(&self) -> Option<i64> {
        self.dues.first().map(|(utc, _)| *utc)
    }

    /// Takes out what is due.
    pub(super) fn pop(&mut self, utc: i64) -> Option<Due> {
        if self.next()? > utc {
            return None;
        }
        self.dues.pop_first().map(|(_, due)| due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_follow_the_clock() {
        let clock = Clock::new(Duration::from_secs(10), 1_000_000);
        assert_eq!(clock.utc(Duration::from_secs(12)), 1_002_000);
        assert_eq!(
            clock.utc(Duration::ZERO),
            1_000_000,
            "time that stands still"
        );
        assert_eq!(clock.when(1_002_000), Duration::from_secs(12));
        assert_eq!(
            clock.when(0),
            Duration::from_secs(10),
            "what is past is due"
        );
    }

    #[test]
    fn what_is_due_comes_out_in_order() {
        let mut calendar = Calendar::default();
        let node = |name: &str| Due::Items(NodeId::new(name).unwrap());
        calendar.add(2, node("b"));
        calendar.add(1, node("a"));
        assert_eq!(calendar.next(), Some(1));
        assert_eq!(calendar.pop(1), Some(node("a")));
        assert_eq!(calendar.pop(1), None);
        calendar.remove(2, node("b"));
        assert_eq!(calendar.next(), None);
    }
}
