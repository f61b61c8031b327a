//! Settings of a client.

use std::time::Duration;

use crate::jid::Jid;

/// Settings of a [`PubSub`](super::PubSub) client.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address of the service, such as `pubsub.localhost`.
    pub service: Jid,
    /// Random number of the host's: makes the ids of requests. Another one for each process, so that late answers of an
    /// earlier one match nothing.
    pub seed: u64,
    /// How long to wait for an answer. Default 30 s.
    pub timeout: Duration,
    /// Most requests that are open at a time; one more fails at once. Default 10,000.
    pub max_open: usize,
    /// How many requests are under way at a time to make subscriptions anew. Default 16.
    pub follow_window: usize,
    /// How many items of each followed node are remembered, to know them again. Default 200.
    pub remembered: usize,
    /// How many events of a node wait while the items are fetched that were missed. More are told at once. Default 1,000.
    pub max_held: usize,
}

impl Config {
    /// Settings for a service. `seed` is a random number of the host's.
    #[must_use]
    pub const fn new(service: Jid, seed: u64) -> Self {
        Self {
            service,
            seed,
            timeout: Duration::from_secs(30),
            max_open: 10_000,
            follow_window: 16,
            remembered: 200,
            max_held: 1_000,
        }
    }

    /// Sets how long to wait for an answer.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how many items of each followed node are remembered.
    #[must_use]
    pub const fn with_remembered(mut self, items: usize) -> Self {
        self.remembered = items;
        self
    }
}
