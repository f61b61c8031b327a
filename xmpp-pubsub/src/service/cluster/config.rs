//! What a member is set to.

use core::num::NonZeroU16;
use core::time::Duration;

use crate::feature::Feature;
use crate::id::MemberId;
use crate::service::{Config, Kind, Persistence};

/// Settings of a [`Member`](super::Member). All but `id` and the seed of `service` must be the same for all members.
#[derive(Clone, Debug)]
pub struct MemberConfig {
    /// The name of this run of this member: one that starts again takes another.
    pub id: MemberId,
    /// What the service offers, and its limits, which hold for each partition. With more than one partition there are no
    /// collections and no commands; see [what is not covered](super#what-is-not-covered).
    pub service: Config,
    /// How many logs there are. It cannot be changed while there are nodes.
    pub partitions: NonZeroU16,
    /// Most inputs of this member to one partition that nothing has come of; then requests are told to wait.
    /// Default 1,000. What is said of sessions always goes out.
    pub max_open: usize,
    /// Longest stanza that is taken, in bytes. Default 256 KiB.
    pub max_input: usize,
    /// About how long a record of an owner may be, in bytes; what is longer is cut into several. One change or stanza is
    /// never cut. Default 256 KiB.
    pub max_record: usize,
    /// Most records of an owner that are on their way to the log; then inputs wait. Default 1,000.
    pub max_in_flight: u64,
    /// After how many inputs of which nothing came the log is told that they are handled. Default 64.
    pub mark_after: usize,
    /// After what time it is told at the latest. Default one second.
    pub mark_delay: Duration,
    /// After how many records of a log, snapshots not counted, its owner writes a snapshot. Default 10,000.
    pub snapshot_after: u32,
    /// Most members at a time. Default 1,000.
    pub max_members: usize,
    /// How many members are remembered that are gone, so that nothing of them counts any more. Default 1,000.
    pub remembered_members: usize,
}

impl MemberConfig {
    /// Settings for a member of that name, with one partition. Each run needs a `seed` of its own in `service`.
    #[must_use]
    pub const fn new(id: MemberId, service: Config) -> Self {
        Self {
            id,
            service,
            partitions: NonZeroU16::MIN,
            max_open: 1_000,
            max_input: 256 * 1024,
            max_record: 256 * 1024,
            max_in_flight: 1_000,
            mark_after: 64,
            mark_delay: Duration::from_secs(1),
            snapshot_after: 10_000,
            max_members: 1_000,
            remembered_members: 1_000,
        }
    }

    /// Sets how many logs there are.
    #[must_use]
    pub const fn with_partitions(mut self, partitions: NonZeroU16) -> Self {
        self.partitions = partitions;
        self
    }

    /// Sets after how many records an owner writes a snapshot.
    #[must_use]
    pub const fn with_snapshot_after(mut self, records: u32) -> Self {
        self.snapshot_after = records;
        self
    }

    /// Sets about how long a record of an owner may be.
    #[must_use]
    pub const fn with_max_record(mut self, bytes: usize) -> Self {
        self.max_record = bytes;
        self
    }

    /// Sets how many inputs may be open.
    #[must_use]
    pub const fn with_max_open(mut self, inputs: usize) -> Self {
        self.max_open = inputs;
        self
    }

    /// The settings as a service can have them here.
    pub(super) fn checked(mut self) -> Result<Self, MemberError> {
        if self.service.kind != Kind::Service {
            return Err(MemberError::Account);
        }
        self.service.persistence = Persistence::WholeJournal;
        if self.partitions > NonZeroU16::MIN {
            let service = self.service;
            self.service = service
                .with_feature(Feature::COLLECTIONS, false)
                .with_feature(Feature::MULTI_COLLECTION, false);
            self.service.commands = false;
        }
        Ok(self)
    }
}

/// Settings that a member cannot have.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MemberError {
    /// The service is that of an account.
    #[error("the service of an account is not shared")]
    Account,
}
