//! What the log of a partition holds.

use crate::id::MemberId;
use crate::jid::Jid;
use crate::pubsub::Affiliation;
use crate::service::journal::Entry;
use crate::service::people::Availability;
use crate::stanza::Stanza;

/// One record of the log of a partition. [`encode`](Self::encode) and [`decode`](Self::decode) make it bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Record {
    /// Something that happened at a member, for the owner to handle.
    Input {
        /// Where it happened.
        member: MemberId,
        /// Its place among the inputs of that member to this partition: 1, 2, 3 and so on. A number that is not higher
        /// than the last one is a duplicate.
        number: u64,
        /// What happened.
        input: Input,
    },
    /// A member owns the partition from here on: what earlier owners append after this is void.
    Claim {
        /// The fencing token of the lease.
        epoch: u64,
        /// Who owns it.
        member: MemberId,
    },
    /// What the owner made of inputs, or of time.
    Outcome {
        /// Under which claim.
        epoch: u64,
        /// Its place among the records of that claim, snapshots counted too: 1, 2, 3 and so on.
        number: u64,
        /// What came of it.
        outcome: Outcome,
    },
    /// All that there is, so that the records before need not be kept.
    Snapshot {
        /// Under which claim.
        epoch: u64,
        /// Its place among the records of that claim.
        number: u64,
        /// What there is.
        snapshot: Snapshot,
    },
}

/// What happens at a member.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Input {
    /// A stanza for the service.
    Stanza(Box<Stanza>),
    /// A session is there, by full address.
    Opened(Jid),
    /// A session is available, or not any more.
    Presence(Jid, Availability),
    /// A session is gone.
    Closed(Jid),
    /// What a user may do with every node.
    ServiceAffiliation(Jid, Affiliation),
    /// A member is gone with all its sessions: what it appends after this is void.
    Gone(MemberId),
}

/// Which record of a run this is. A run of records counts as a whole, once its last one is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Part {
    /// It begins the run.
    pub first: bool,
    /// It ends the run.
    pub last: bool,
}

impl Part {
    /// A run of one record.
    pub const WHOLE: Self = Self {
        first: true,
        last: true,
    };
}

/// What came of inputs: changes and what is said, together or not at all.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outcome {
    /// Its place in the run. The outputs and entries of a run follow each other; an entry that is cut has its number twice.
    pub part: Part,
    /// The offset up to which inputs are handled.
    pub handled: Option<u64>,
    /// What changed.
    pub entries: Vec<Entry>,
    /// What is said to whom.
    pub outputs: Vec<Output>,
}

/// A stanza on its way to the member that delivers it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Output {
    /// Who delivers it.
    pub member: MemberId,
    /// Which of that member's inputs it answers.
    pub answers: Option<u64>,
    /// What is delivered.
    pub stanza: Stanza,
}

/// All that an owner knows, in one run of records.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Snapshot {
    /// Its place in the run.
    pub part: Part,
    /// The offset up to which inputs are handled. Later ones are not in it, though they may stand before it.
    pub handled: Option<u64>,
    /// The service's own [snapshot](crate::service::Service::snapshot), or a piece of it.
    pub entry: Entry,
    /// Which sessions there are.
    pub sessions: Vec<SessionRecord>,
    /// The number of the last input of each member.
    pub members: Vec<(MemberId, u64)>,
    /// Members that are gone, the oldest first.
    pub gone: Vec<MemberId>,
}

/// A session of a [`Snapshot`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionRecord {
    /// Its full address.
    pub jid: Jid,
    /// Where it is.
    pub member: MemberId,
    /// Whether it is available, if it said so.
    pub availability: Option<Availability>,
}
