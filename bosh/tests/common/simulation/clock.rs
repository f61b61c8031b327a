//! The clock of one process.

use std::time::Duration;

/// What a process calls the time: it counts from an origin of its own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    started: Duration,
    /// What the clock showed then.
    shown: Duration,
}

impl Clock {
    /// A clock that shows `shown` now.
    #[cfg(feature = "serde")]
    pub(crate) const fn new(now: Duration, shown: Duration) -> Self {
        Self {
            started: now,
            shown,
        }
    }

    pub(crate) fn show(&self, now: Duration) -> Duration {
        self.shown + (now - self.started)
    }

    /// When it will show this, or when it began if that is later.
    pub(crate) fn when(&self, shows: Duration) -> Duration {
        let time = shows.saturating_sub(self.shown);
        self.started.saturating_add(time)
    }
}
