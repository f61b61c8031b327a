//! What happened in a history.

use xmpp_pubsub::service::cluster::Record;

/// What happened, so that a test knows that it tested something.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    pub(crate) takeovers: usize,
    pub(crate) compared: usize,
    pub(crate) fenced: usize,
    /// Records of owners whose lease was over.
    pub(crate) void: usize,
    pub(crate) duplicates: usize,
    pub(crate) crashes: usize,
    pub(crate) expelled: usize,
    pub(crate) cut: usize,
    /// Most records of a log in the end, snapshots not counted.
    pub(crate) kept: usize,
    pub(crate) answers: usize,
    pub(crate) events: usize,
    pub(crate) busy: usize,
}

impl Stats {
    pub(crate) const fn add(&mut self, other: &Self) {
        self.takeovers += other.takeovers;
        self.compared += other.compared;
        self.fenced += other.fenced;
        self.void += other.void;
        self.duplicates += other.duplicates;
        self.crashes += other.crashes;
        self.expelled += other.expelled;
        self.cut += other.cut;
        if other.kept > self.kept {
            self.kept = other.kept;
        }
        self.answers += other.answers;
        self.events += other.events;
        self.busy += other.busy;
    }
}

/// How many records are of an older claim than the last one before them.
pub(crate) fn void(log: &[Record]) -> usize {
    let mut current = 0;
    let mut void = 0;
    for record in log {
        match record {
            Record::Claim { epoch, .. } => current = current.max(*epoch),
            Record::Outcome { epoch, .. } | Record::Snapshot { epoch, .. } => {
                void += usize::from(*epoch < current);
            }
            Record::Input { .. } => {}
        }
    }
    void
}
