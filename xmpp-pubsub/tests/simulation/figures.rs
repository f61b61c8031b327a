//! What happened, in numbers.

use std::fmt::{self, Display};
use std::ops::AddAssign;

use super::acts::{Act, Request, Which};

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
    /// Messages that came back.
    pub(crate) bounced: usize,
    pub(crate) digests: usize,
    /// Requests for a page, and with several items.
    pub(crate) pages: usize,
    pub(crate) batches: usize,
    /// Events that reached somebody without a subscription.
    pub(crate) by_presence: usize,
}

impl Figures {
    /// Counts what happens now and then.
    pub(crate) fn note(&mut self, act: &Act) {
        match act {
            Act::Bounce { .. } => self.bounced += 1,
            Act::Request { request, .. } => match request {
                Request::Publish { items, .. } if items.len() > 1 => self.batches += 1,
                Request::Retract { items, .. } if items.len() > 1 => self.batches += 1,
                Request::Items {
                    which: Which::Page { .. },
                    ..
                } => self.pages += 1,
                _ => {}
            },
            Act::Call(_) | Act::Nothing => {}
        }
    }
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
        self.bounced += other.bounced;
        self.digests += other.digests;
        self.pages += other.pages;
        self.batches += other.batches;
        self.by_presence += other.by_presence;
    }
}

impl Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} seeds, {} acts, {} refused, {} told, {} entries, {} reads, {} waited, {} crashes, {} bounced, \
             {} digests, {} pages, {} batches, {} reached by presence",
            self.runs,
            self.acts,
            self.refused,
            self.told,
            self.entries,
            self.reads,
            self.waited,
            self.crashes,
            self.bounced,
            self.digests,
            self.pages,
            self.batches,
            self.by_presence
        )
    }
}
