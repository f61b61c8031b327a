//! How long to wait before another try.

use core::time::Duration;

use crate::{RefusalKind, axl::AxlCallError};

/// When a server that asks to wait (503) is asked again.
///
/// CUCM throttles when too many changes wait to be told to its own services; it says so for all
/// requests that write, whoever sends them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct BackOff {
    /// Tries of one request, the first included. Default 6.
    pub max_tries: u32,
    /// The first wait, when the server does not say how long; it doubles with each try. Default
    /// 1 s.
    pub first_wait: Duration,
    /// The longest wait, whatever the server says. Default 60 s.
    pub longest_wait: Duration,
}

impl Default for BackOff {
    fn default() -> Self {
        Self {
            max_tries: 6,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
        }
    }
}

impl BackOff {
    /// Sets how often one request is tried; at least once.
    #[must_use]
    pub fn with_max_tries(mut self, tries: u32) -> Self {
        self.max_tries = tries.max(1);
        self
    }

    /// Sets the first and the longest wait.
    #[must_use]
    pub fn with_waits(mut self, first: Duration, longest: Duration) -> Self {
        self.first_wait = first;
        self.longest_wait = longest;
        self
    }

    /// How long to wait after `tries` tries, the last of which ended with `error`; `None` when it
    /// is not to be tried again.
    pub fn wait(&self, tries: u32, error: &AxlCallError) -> Option<Duration> {
        let again = error.refusal() == Some(RefusalKind::Throttled) && tries < self.max_tries;
        again.then(|| self.wait_after(tries, error))
    }

    /// How long to wait after `tries` tries, whatever the error is.
    pub(crate) fn wait_after(&self, tries: u32, error: &AxlCallError) -> Duration {
        let doubled = self
            .first_wait
            .saturating_mul(1 << tries.saturating_sub(1).min(16));
        let asked = error
            .retry_after()
            .map(|seconds| Duration::from_secs(seconds.into()));
        asked.unwrap_or(doubled).min(self.longest_wait)
    }
}
