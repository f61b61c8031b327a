//! Limits of a service, and what it asks the application.

use core::time::Duration;

use crate::session::server;

/// What a service takes and how much it holds.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// What holds for each session: versions, standing, timeouts, the bounds of what waits for a
    /// client that reads slowly.
    pub session: server::Config,
    /// Most connections at a time, open or not.
    pub max_connections: usize,
    /// Most events that wait to be polled. At the limit, input is left to the caller until events
    /// have been polled.
    pub max_events: usize,
    /// Most calls that are followed at a time.
    pub max_calls: usize,
    /// Most monitors of one client.
    pub max_monitors: usize,
    /// How long bytes for a client may wait to be polled after the end of its session: 5 s, as for
    /// CLOSE_CONF.
    pub linger: Duration,
}

impl Config {
    /// Sessions by `session`, with room for 16,384 of them.
    pub const fn new(session: server::Config) -> Self {
        Self {
            session,
            max_connections: 16_384,
            max_events: 65_536,
            max_calls: 100_000,
            max_monitors: 256,
            linger: Duration::from_secs(5),
        }
    }

    /// Most connections at a time.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections;
        self
    }

    /// Most events that wait to be polled.
    #[must_use]
    pub fn max_events(mut self, events: usize) -> Self {
        self.max_events = events;
        self
    }

    /// Most calls that are followed at a time.
    #[must_use]
    pub fn max_calls(mut self, calls: usize) -> Self {
        self.max_calls = calls;
        self
    }

    /// Most monitors of one client.
    #[must_use]
    pub fn max_monitors(mut self, monitors: usize) -> Self {
        self.max_monitors = monitors;
        self
    }

    /// How long bytes for a client are kept after the end of its session.
    #[must_use]
    pub fn linger(mut self, time: Duration) -> Self {
        self.linger = time;
        self
    }
}
