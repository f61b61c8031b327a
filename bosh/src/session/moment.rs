//! A time that may lie before the caller's origin.

use std::ops::Add;
use std::time::Duration;

/// Nanoseconds since the caller's origin, or before it: a session that another process began
/// remembers what happened before this one's clock started.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Moment(i64);

impl Moment {
    /// The time that the caller says it is; what is later than 292 years is as good as never.
    pub(super) fn of(now: Duration) -> Self {
        Self(nanoseconds(now))
    }

    /// How long after `earlier` this is, zero if it is not.
    pub(super) fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or_default())
    }

    /// Nanoseconds from `now`, fewer than none if this is over.
    #[cfg(feature = "serde")]
    pub(super) fn relative_to(self, now: Self) -> i64 {
        self.0.saturating_sub(now.0)
    }

    /// The moment so many nanoseconds from `now`.
    #[cfg(feature = "serde")]
    pub(super) fn after(now: Self, nanoseconds: i64) -> Self {
        Self(now.0.saturating_add(nanoseconds))
    }

    /// The caller's form, zero for what lies before its origin.
    pub(super) fn to_duration(self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0).unwrap_or_default())
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, time: Duration) -> Self {
        Self(self.0.saturating_add(nanoseconds(time)))
    }
}

fn nanoseconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}
