//! What happened, in numbers.

use std::fmt::{self, Display};
use std::ops::AddAssign;

/// What happened over a run, in numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) runs: usize,
    pub(crate) acts: usize,
    pub(crate) refused: usize,
    pub(crate) told: usize,
    pub(crate) entries: u64,
    pub(crate) reads: usize,
    pub(crate) waited: usize,
    pub(crate) crashes: usize,
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.runs += other.runs;
        self.acts += other.acts;
        self.refused += other.refused;
        self.told += other.told;
        self.entries += other.entries;
        self.reads += other.reads;
        self.waited += other.waited;
        self.crashes += other.crashes;
    }
}

impl Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} seeds, {} acts, {} refused, {} told, {} entries, {} reads, {} waited, {} crashes",
            self.runs,
            self.acts,
            self.refused,
            self.told,
            self.entries,
            self.reads,
            self.waited,
            self.crashes
        )
    }
}
