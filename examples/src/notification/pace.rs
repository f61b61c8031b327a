//! How much one client may say: what each stanza costs is small, but every presence is told to the web service.

use std::time::Duration;

/// A bucket that fills with time and from which each stanza takes one.
#[derive(Debug)]
pub(super) struct Pace {
    left: u32,
    filled_at: Duration,
}

impl Pace {
    /// A full bucket.
    pub(super) const fn new(now: Duration) -> Self {
        Self {
            left: BURST,
            filled_at: now,
        }
    }

    /// Takes one; false when there is none left.
    pub(super) fn take(&mut self, now: Duration) -> bool {
        let since = now.saturating_sub(self.filled_at);
        let gained = u32::try_from(since.as_nanos() / EACH.as_nanos()).unwrap_or(u32::MAX);
        if gained > 0 {
            self.left = self.left.saturating_add(gained).min(BURST);
            self.filled_at = now;
        }
        let taken = self.left > 0;
        self.left = self.left.saturating_sub(1);
        taken
    }
}

/// A client that has used up its burst gets one stanza in this time.
pub(super) const EACH: Duration = Duration::from_millis(10);
/// A page subscribes to its nodes all at once.
const BURST: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_an_even_pace() {
        let mut pace = Pace::new(Duration::ZERO);
        assert!((0..BURST).all(|_| pace.take(Duration::ZERO)));
        assert!(!pace.take(Duration::ZERO));
        assert!(!pace.take(Duration::from_millis(9)));
        assert!(pace.take(Duration::from_millis(20)));
        assert!(pace.take(Duration::from_millis(20)));
        assert!(!pace.take(Duration::from_millis(20)));
        let later = Duration::from_secs(3600);
        assert!(
            (0..BURST).all(|_| pace.take(later)),
            "never more than a burst"
        );
        assert!(!pace.take(later));
    }
}
