//! Responses kept for clients that ask again (XEP-0124 §14.3).

use std::collections::VecDeque;

use bytes::Bytes;

use super::moment::Moment;
use super::server::ROOM;
use crate::body::Body;
use crate::rid::Rid;

/// The newest responses, in the order of request ids.
#[derive(Default)]
pub(super) struct Replay {
    stored: VecDeque<Stored>,
}

/// A response that was given.
pub(super) struct Stored {
    pub(super) rid: Rid,
    pub(super) body: Bytes,
    pub(super) sent: Moment,
    pub(super) keys: Keys,
    pub(super) repeats: u32,
}

/// The keys of a request: a copy of it must have the same (§15.5).
#[derive(Clone, Default, Eq, PartialEq)]
pub(super) struct Keys(Option<Box<(Option<String>, Option<String>)>>);

impl Keys {
    pub(super) fn of(body: &Body) -> Self {
        if body.key.is_none() && body.newkey.is_none() {
            return Self(None);
        }
        Self(Some(Box::new((body.key.clone(), body.newkey.clone()))))
    }

    pub(super) fn key(&self) -> Option<&str> {
        self.0.as_ref().and_then(|keys| keys.0.as_deref())
    }

    pub(super) fn new_key(&self) -> Option<&str> {
        self.0.as_ref().and_then(|keys| keys.1.as_deref())
    }
}

impl Replay {
    pub(super) fn find(&mut self, rid: Rid) -> Option<&mut Stored> {
        self.stored.iter_mut().find(|stored| stored.rid == rid)
    }

    /// Makes room for one more: of those stored, the newest are kept that make `always` with it,
    /// and of the others those above `acknowledged`, but never more than make `most` with it.
    pub(super) fn make_room(&mut self, always: usize, acknowledged: Option<Rid>, most: usize) {
        while let Some(oldest) = self.stored.front() {
            let stored = self.stored.len() + 1;
            let missed = acknowledged.is_some_and(|acknowledged| oldest.rid > acknowledged);
            if stored <= always || (missed && stored <= most) {
                break;
            }
            self.stored.pop_front();
        }
        if self.stored.capacity() == 0 {
            self.stored.reserve_exact(always.min(ROOM));
        }
    }

    pub(super) fn push(&mut self, response: Stored) {
        self.stored.push_back(response);
    }

    #[cfg(feature = "serde")]
    pub(super) fn iter(&self) -> impl Iterator<Item = &Stored> {
        self.stored.iter()
    }

    pub(super) fn clear(&mut self) {
        self.stored = VecDeque::new();
    }
}
