//! Open requests: which answer is for whom, and until when. RFC 6120 §8.1.3 and §8.2.3.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::follow::FollowKey;
use super::items::Paging;
use crate::id::StanzaId;

/// Names a request until its outcome is known.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RequestId(pub(super) u64);

/// What was asked, which says how the answer is read and who gets it.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Publish,
    Subscribe,
    Subscriptions,
    Affiliations,
    Options,
    Items,
    Pages(Box<Paging>),
    Create,
    Configuration,
    NodeSubscriptions,
    NodeAffiliations,
    Pending,
    Info,
    Entries,
    Other,
    /// Of the followed nodes: the application gets no answer.
    Follow(FollowStep),
}

/// A request that keeps subscriptions alive.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum FollowStep {
    /// Which subscriptions are there already.
    List,
    Subscribe(FollowKey),
    Items(FollowKey),
    Unsubscribe,
}

#[derive(Debug)]
struct Open {
    id: StanzaId,
    ends: Duration,
    kind: Kind,
}

/// The open requests.
#[derive(Debug, Default)]
pub(super) struct Requests {
    open: BTreeMap<RequestId, Open>,
    by_id: BTreeMap<StanzaId, RequestId>,
    deadlines: BTreeSet<(Duration, RequestId)>,
}

impl Requests {
    pub(super) const fn new() -> Self {
        Self {
            open: BTreeMap::new(),
            by_id: BTreeMap::new(),
            deadlines: BTreeSet::new(),
        }
    }

    pub(super) fn insert(&mut self, request: RequestId, id: StanzaId, ends: Duration, kind: Kind) {
        self.by_id.insert(id.clone(), request);
        self.deadlines.insert((ends, request));
        self.open.insert(request, Open { id, ends, kind });
    }

    /// The request that an answer with this id is for. It is open no more.
    pub(super) fn take(&mut self, id: &StanzaId) -> Option<(RequestId, Kind)> {
        let request = self.by_id.get(id).copied()?;
        Some((request, self.remove(request)?))
    }

    /// A request that waited too long. It is open no more.
    pub(super) fn take_late(&mut self, now: Duration) -> Option<(RequestId, Kind)> {
        let (ends, request) = self.deadlines.first().copied()?;
        if ends > now {
            return None;
        }
        Some((request, self.remove(request)?))
    }

    /// Any request, the oldest first. It is open no more.
    pub(super) fn take_any(&mut self) -> Option<(RequestId, Kind)> {
        let request = *self.open.first_key_value()?.0;
        Some((request, self.remove(request)?))
    }

    /// Moves a deadline; whether the request is open.
    pub(super) fn set_deadline(&mut self, request: RequestId, ends: Duration) -> bool {
        let Some(open) = self.open.get_mut(&request) else {
            return false;
        };
        self.deadlines.remove(&(open.ends, request));
        self.deadlines.insert((ends, request));
        open.ends = ends;
        true
    }

    pub(super) fn next_deadline(&self) -> Option<Duration> {
        self.deadlines.first().map(|(ends, _)| *ends)
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    fn remove(&mut self, request: RequestId) -> Option<Kind> {
        let open = self.open.remove(&request)?;
        self.by_id.remove(&open.id);
        self.deadlines.remove(&(open.ends, request));
        Some(open.kind)
    }
}
