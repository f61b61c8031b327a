//! What a failover client asks for, of whom, and its limits.

use alloc::vec::Vec;
use core::time::Duration;

use crate::session::client;
use crate::version::Version;

/// What a [`Failover`](super::Failover) client asks for, of whom, and how much it keeps.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// What each session asks for. Its version is replaced by one of `versions`; with more than 500
    /// `clients` its open timeout is at least 60 s.
    pub client: client::Config,
    /// How many servers there are; the host knows their addresses.
    pub sides: usize,
    /// Versions to ask for, newest first. Status 1 steps down to the next.
    pub versions: Vec<Version>,
    /// Where the random waits come from. Two clients should not share it.
    pub seed: u64,
    /// About how many clients the server has: each adds a tenth of a second to the longest random
    /// wait.
    pub clients: u32,
    /// How long the host may take to connect.
    pub connect_timeout: Duration,
    /// UCCX: how long a node is left alone that could not be reached or whose session broke at once.
    /// One that refused is left alone for 10 s.
    pub retry_after: Duration,
    /// How long [`Event::Recovered`](super::Event::Recovered) waits for switches that are off-line.
    /// Then [`Event::Unrecovered`](super::Event::Unrecovered) names them.
    pub offline_timeout: Duration,
    /// What is said when a side asks to be left for maintenance (version 24).
    pub maintenance: Consent,
    /// Most queries that recovery has open at a time; the rest of
    /// [`client::Config::max_requests`] is left to the application.
    pub max_queries: usize,
    /// Most agents that are kept in mind.
    pub max_agents: usize,
    /// Most calls that are kept in mind.
    pub max_calls: usize,
    /// Most connections of one call that are kept in mind.
    pub max_parties: usize,
    /// Most agents, and most devices, that the application watches.
    pub max_watched: usize,
    /// Most events that wait to be polled. Beyond, sessions are closed and none is opened.
    pub max_events: usize,
}

/// What is said when the active side asks for consent to maintenance.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Consent {
    /// Yes if the other side is connected, no if leaving would leave the client without a side.
    #[default]
    WithStandby,
    /// No.
    Never,
    /// The application is asked by [`Event::MaintenanceAsked`](super::Event::MaintenanceAsked).
    Ask,
}

impl Config {
    /// Walks two sides and asks each for `client`.
    pub fn new(client: client::Config) -> Self {
        Self {
            versions: alloc::vec![client.version],
            client,
            sides: 2,
            seed: 0,
            clients: 100,
            connect_timeout: Duration::from_secs(10),
            // As long as after a refusal.
            retry_after: Duration::from_secs(10),
            offline_timeout: Duration::from_secs(10),
            maintenance: Consent::WithStandby,
            max_queries: 16,
            max_agents: 20_000,
            max_calls: 20_000,
            max_parties: 32,
            max_watched: 20_000,
            max_events: 65_536,
        }
    }

    /// How many servers there are.
    #[must_use]
    pub fn sides(mut self, sides: usize) -> Self {
        self.sides = sides;
        self
    }

    /// Versions to ask for, newest first.
    #[must_use]
    pub fn versions(mut self, versions: impl IntoIterator<Item = Version>) -> Self {
        self.versions = versions.into_iter().collect();
        self
    }

    /// Where the random waits come from.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// About how many clients the server has.
    #[must_use]
    pub fn clients(mut self, clients: u32) -> Self {
        self.clients = clients;
        self
    }

    /// How long a node of UCCX is left alone that could not be reached.
    #[must_use]
    pub fn retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = pause;
        self
    }

    /// How long `Recovered` waits for switches that are off-line.
    #[must_use]
    pub fn offline_timeout(mut self, timeout: Duration) -> Self {
        self.offline_timeout = timeout;
        self
    }

    /// What is said when a side asks to be left for maintenance.
    #[must_use]
    pub fn maintenance(mut self, consent: Consent) -> Self {
        self.maintenance = consent;
        self
    }

    /// Most queries that recovery has open at a time.
    #[must_use]
    pub fn max_queries(mut self, queries: usize) -> Self {
        self.max_queries = queries;
        self
    }

    /// How long the host may take to connect.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Most agents, calls, and connections of one call that are kept in mind.
    #[must_use]
    pub fn max_picture(mut self, agents: usize, calls: usize, parties: usize) -> Self {
        self.max_agents = agents;
        self.max_calls = calls;
        self.max_parties = parties;
        self
    }

    /// Most agents, and most devices, that the application watches.
    #[must_use]
    pub fn max_watched(mut self, watched: usize) -> Self {
        self.max_watched = watched;
        self
    }

    /// Most events that wait to be polled.
    #[must_use]
    pub fn max_events(mut self, events: usize) -> Self {
        self.max_events = events;
        self
    }
}
