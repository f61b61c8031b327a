//! A time that may lie before the caller's origin.

use std::num::NonZeroU64;
use std::ops::Add;
use std::time::Duration;

/// Nanoseconds since the caller's origin, or before it: a session that another process began
/// remembers what happened before this one's clock started.
///
/// As a number from 1, the origin being 2^63: one that may be missing takes no more memory.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Moment(NonZeroU64);

impl Moment {
    /// The time that the caller says it is; what is later than 292 years is as good as never.
    pub(super) fn of(now: Duration) -> Self {
        Self::at(nanoseconds(now))
    }

    /// How long after `earlier` this is, zero if it is not.
    pub(super) fn since(self, earlier: Self) -> Duration {
        let passed = self.0.get().saturating_sub(earlier.0.get());
        // As far as two moments can lie apart that the caller has seen.
        Duration::from_nanos(passed.min(i64::MAX as u64))
    }

    /// Nanoseconds from `now`, fewer than none if this is over.
    #[cfg(feature = "serde")]
    pub(super) fn relative_to(self, now: Self) -> i64 {
        self.nanoseconds().saturating_sub(now.nanoseconds())
    }

    /// The moment so many nanoseconds from `now`.
    #[cfg(feature = "serde")]
    pub(super) fn after(now: Self, nanoseconds: i64) -> Self {
        Self::at(now.nanoseconds().saturating_add(nanoseconds))
    }

    /// The caller's form, zero for what lies before its origin.
    pub(super) fn to_duration(self) -> Duration {
        Duration::from_nanos(u64::try_from(self.nanoseconds()).unwrap_or_default())
    }

    fn at(nanoseconds: i64) -> Self {
        let number = (nanoseconds as u64) ^ ORIGIN;
        // The very first one counts as the second.
        Self(NonZeroU64::new(number).unwrap_or(NonZeroU64::MIN))
    }

    fn nanoseconds(self) -> i64 {
        (self.0.get() ^ ORIGIN) as i64
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, time: Duration) -> Self {
        Self::at(self.nanoseconds().saturating_add(nanoseconds(time)))
    }
}

fn nanoseconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

/// The number of the caller's origin.
const ORIGIN: u64 = 1 << 63;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_before_the_origin_are_earlier() {
        let origin = Moment::of(Duration::ZERO);
        let later = Moment::of(Duration::from_nanos(7));
        let before = Moment::at(-7);
        assert!(Moment::at(i64::MIN) < before && before < origin && origin < later);
        assert_eq!(before + Duration::from_nanos(7), origin);
        assert_eq!(later.since(before), Duration::from_nanos(14));
        assert_eq!(before.since(later), Duration::ZERO);
        assert_eq!(before.to_duration(), Duration::ZERO);
        assert_eq!(Moment::of(Duration::MAX).nanoseconds(), i64::MAX);
        assert_eq!(Moment::at(i64::MIN).nanoseconds(), i64::MIN + 1);
        assert_eq!(size_of::<Option<Moment>>(), 8);
    }
}
