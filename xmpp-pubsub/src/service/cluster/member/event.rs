//! What a member asks of its host.

use crate::service::cluster::record::Record;

/// What the host of a member should know.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The log of the partition is needed again, from that record on, or from the first one. Go back there, and say so by
    /// [`Member::rewound`](super::Member::rewound).
    Read {
        /// Which log.
        partition: u16,
        /// The offset of the record; nothing for the first one that there is.
        from: Option<u64>,
    },
    /// The member has taken the partition over and handles its inputs.
    Owned {
        /// Which.
        partition: u16,
        /// Under which claim.
        epoch: u64,
    },
    /// The member does not own the partition, or not any more.
    Lost {
        /// Which.
        partition: u16,
        /// Under which claim it did.
        epoch: u64,
    },
    /// Records of the log before that one can go, once no member that lives has to read them any more.
    Compacted {
        /// Which log.
        partition: u16,
        /// The offset of the first record that is needed.
        before: u64,
    },
    /// The others take this member for gone. It does nothing any more: its sessions must end, and the host starts a new
    /// one, of another name.
    Expelled,
}

/// Something to append to a log.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct Append {
    /// Which log.
    pub partition: u16,
    /// What.
    pub record: Record,
}
