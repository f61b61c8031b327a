//! What a server takes and how long it waits.

use core::ops::RangeInclusive;
use core::time::Duration;

use crate::version::{Dialect, Version};

/// What the server takes and how long it waits.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// The family this server belongs to; the number in OPEN_REQ does not tell.
    pub dialect: Dialect,
    /// Versions that are taken; others are refused with status 1.
    pub versions: RangeInclusive<u32>,
    /// What becomes of versions in `versions` whose layouts no document confirms
    /// ([`Version::is_confirmed`]): refused with status 1 unless this says otherwise.
    pub inferred_layouts: InferredLayouts,
    /// Whether clients are served.
    pub standing: Standing,
    /// How long the connection may stay without OPEN_REQ.
    pub open_timeout: Duration,
    /// How long the application may think about an OPEN_REQ; then it is refused with status 16.
    /// Less than the 30 s that clients wait at least.
    pub decision_timeout: Duration,
    /// Most requests of the client that wait for an answer; more are refused with status 17.
    pub max_requests: usize,
    /// Most encoded bytes that wait to be polled; beyond, the session ends.
    pub max_unsent: usize,
    /// Most messages that wait to be polled; beyond, the session ends.
    pub max_unsent_messages: usize,
    /// Most events that wait to be polled.
    pub max_events: usize,
}

/// Whether a server serves clients. GED-188, "Active and standby".
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Standing {
    /// It does: the active side of UCCE, the master of UCCX.
    #[default]
    Master,
    /// The other side does. UCCX refuses every OPEN_REQ with status 92. UCCE refuses versions
    /// below 24 with 15 and newer ones without ACTIVE_STANDBY with 107; the rest get sessions of
    /// which heartbeats and the end are served, until the side becomes active.
    Standby,
    /// It does, and asks its clients to move to the other side. UCCE 24 and later are refused with
    /// 110, older ones with 15.
    Maintenance,
}

/// What becomes of versions whose layouts are inferred from their neighbours.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum InferredLayouts {
    /// They are refused like unknown ones.
    #[default]
    Refused,
    /// They are taken: the peer is known to agree with the tables of this crate.
    Taken,
}

impl Config {
    /// Takes the given versions of `dialect`, as master.
    pub const fn new(dialect: Dialect, versions: RangeInclusive<u32>) -> Self {
        Self {
            dialect,
            versions,
            inferred_layouts: InferredLayouts::Refused,
            standing: Standing::Master,
            open_timeout: Duration::from_secs(30),
            decision_timeout: Duration::from_secs(20),
            max_requests: 256,
            max_unsent: 1 << 20,
            max_unsent_messages: 16_384,
            max_events: 65_536,
        }
    }

    /// What becomes of versions whose layouts no document confirms.
    #[must_use]
    pub fn inferred_layouts(mut self, inferred: InferredLayouts) -> Self {
        self.inferred_layouts = inferred;
        self
    }

    /// Whether this node serves clients.
    #[must_use]
    pub fn standing(mut self, standing: Standing) -> Self {
        self.standing = standing;
        self
    }

    /// How long the connection may stay without OPEN_REQ.
    #[must_use]
    pub fn open_timeout(mut self, timeout: Duration) -> Self {
        self.open_timeout = timeout;
        self
    }

    /// How long the application may think about an OPEN_REQ.
    #[must_use]
    pub fn decision_timeout(mut self, timeout: Duration) -> Self {
        self.decision_timeout = timeout;
        self
    }

    /// Most encoded bytes that wait to be polled.
    #[must_use]
    pub fn max_unsent(mut self, bytes: usize) -> Self {
        self.max_unsent = bytes;
        self
    }

    /// Most messages that wait to be polled.
    #[must_use]
    pub fn max_unsent_messages(mut self, messages: usize) -> Self {
        self.max_unsent_messages = messages;
        self
    }

    /// Most requests of the client that wait for an answer.
    #[must_use]
    pub fn max_requests(mut self, requests: usize) -> Self {
        self.max_requests = requests;
        self
    }

    /// Whether an OPEN_REQ may ask for `version`.
    pub(crate) fn takes(&self, version: Version) -> bool {
        version.is_known()
            && self.versions.contains(&version.number())
            && (self.inferred_layouts == InferredLayouts::Taken || version.is_confirmed())
    }

    /// The layout in which a peer is answered that has not named a version.
    pub(crate) const fn newest(&self) -> Version {
        Version::new(self.dialect, *self.versions.end())
    }
}
