//! Responses kept for clients that ask again (XEP-0124 §14.3).

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use smallvec::SmallVec;

use super::moment::Moment;
use super::server::USUAL_REQUESTS;
use crate::body::Body;
use crate::rid::Rid;

/// The newest responses, in the order of request ids.
#[derive(Default)]
pub(super) struct Replay {
    stored: SmallVec<[Stored; USUAL_REQUESTS]>,
    /// The newest pauses, in the order of request ids; `None` in a session that never paused.
    pauses: Option<Box<SmallVec<[AnsweredPause; USUAL_PAUSES]>>>,
}

/// A pause that was answered. The response is not kept, which would be at the cost of others
/// (§14.3): it says nothing, so it is made anew.
pub(super) struct AnsweredPause {
    pub(super) rid: Rid,
    /// How long the client may be silent.
    pub(super) length: Duration,
    pub(super) keys: Keys,
    pub(super) repeats: u32,
}

/// A response that was given.
pub(super) struct Stored {
    pub(super) rid: Rid,
    pub(super) body: Kept,
    pub(super) sent: Moment,
    pub(super) keys: Keys,
    pub(super) repeats: u32,
}

/// The bytes of a response.
pub(super) enum Kept {
    /// A copy in memory that served for others before, and will again: see [`BufferPool`].
    Copied(Vec<u8>),
    /// Shared with whoever sends it: what is long, or the same for all sessions.
    Shared(Bytes),
}

/// The keys of a request: a copy of it must have the same (§15.5).
#[derive(Clone, Default, Eq, PartialEq)]
pub(super) struct Keys(Option<Box<(Option<String>, Option<String>)>>);

impl Keys {
    pub(super) const NONE: Self = Self(None);

    pub(super) fn of(body: &Body) -> Self {
        if body.key.is_none() && body.newkey.is_none() {
            return Self::NONE;
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

impl Kept {
    /// Keeps a response.
    pub(super) fn of(response: &Bytes, pool: &mut BufferPool) -> Self {
        if response.len() > LONGEST_COPIED {
            return Self::Shared(response.clone());
        }
        let mut copy = pool.take(response.len());
        copy.clear();
        copy.extend_from_slice(response);
        Self::Copied(copy)
    }

    /// The bytes, to be sent once more.
    pub(super) fn to_bytes(&self) -> Bytes {
        match self {
            Self::Copied(bytes) => Bytes::copy_from_slice(bytes),
            Self::Shared(bytes) => bytes.clone(),
        }
    }
}

/// Memory of responses that are stored no longer, for those to come.
///
/// What a session gave up was written long ago and is in no cache. Of many sessions it is read in
/// batches, before it is written anew: then a batch comes from memory in little more time than one
/// would.
pub(super) struct BufferPool {
    batch: usize,
    ready: Vec<Vec<u8>>,
    /// Given up and not read yet.
    given: Vec<Vec<u8>>,
}

impl BufferPool {
    /// For the sessions of a manager.
    pub(super) fn of_many() -> Self {
        Self {
            batch: BATCH,
            ready: Vec::with_capacity(BATCH),
            given: Vec::with_capacity(BATCH),
        }
    }

    /// Memory for so many bytes, and for not far more.
    fn take(&mut self, len: usize) -> Vec<u8> {
        if self.ready.is_empty() && self.given.len() == self.batch {
            let lines = self
                .given
                .iter()
                .flat_map(|spare| spare.iter().step_by(LINE));
            black_box(lines.map(|&byte| usize::from(byte)).sum::<usize>());
            std::mem::swap(&mut self.ready, &mut self.given);
        }
        let spare = self.ready.pop();
        let fitting = len..=len * 2 + UNUSED;
        spare
            .filter(|spare| fitting.contains(&spare.capacity()))
            .unwrap_or_else(|| Vec::with_capacity(len))
    }

    fn recycle(&mut self, kept: Kept) {
        if let Kept::Copied(spare) = kept
            && self.given.len() < self.batch
        {
            self.given.push(spare);
        }
    }
}

/// For a session alone, which has its memory in the cache or not.
impl Default for BufferPool {
    fn default() -> Self {
        Self {
            batch: 1,
            ready: Vec::new(),
            given: Vec::new(),
        }
    }
}

impl Replay {
    pub(super) fn find(&mut self, rid: Rid) -> Option<&mut Stored> {
        self.stored.iter_mut().find(|stored| stored.rid == rid)
    }

    /// Makes room for one more: of those stored, the newest are kept that make `always` with it,
    /// and of the others those above `acknowledged`, but never more than make `most` with it.
    pub(super) fn make_room(
        &mut self,
        always: usize,
        acknowledged: Option<Rid>,
        most: usize,
        pool: &mut BufferPool,
    ) {
        while let Some(oldest) = self.stored.first() {
            let stored = self.stored.len() + 1;
            let missed = acknowledged.is_some_and(|acknowledged| oldest.rid > acknowledged);
            if stored <= always || (missed && stored <= most) {
                break;
            }
            pool.recycle(self.stored.remove(0).body);
        }
    }

    pub(super) fn push(&mut self, response: Stored) {
        self.stored.push(response);
    }

    pub(super) fn find_pause(&mut self, rid: Rid) -> Option<&mut AnsweredPause> {
        let pauses = self.pauses.as_mut()?;
        pauses.iter_mut().find(|pause| pause.rid == rid)
    }

    /// Remembers a pause, and of those before the newest that make `most` with it.
    pub(super) fn push_pause(&mut self, pause: AnsweredPause, most: usize) {
        let pauses = self.pauses.get_or_insert_default();
        while !pauses.is_empty() && pauses.len() >= most {
            pauses.remove(0);
        }
        pauses.push(pause);
    }

    /// Whether a request is answered the same as before.
    pub(super) fn knows(&mut self, rid: Rid) -> bool {
        self.find(rid).is_some() || self.find_pause(rid).is_some()
    }

    #[cfg(feature = "serde")]
    pub(super) fn iter(&self) -> impl Iterator<Item = &Stored> {
        self.stored.iter()
    }

    #[cfg(feature = "serde")]
    pub(super) fn pauses(&self) -> impl Iterator<Item = &AnsweredPause> {
        self.pauses.iter().flat_map(|pauses| pauses.iter())
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Reads a little of what is stored.
    pub(super) fn prefetch(&self) {
        for stored in &self.stored {
            black_box(stored.repeats);
        }
    }
}

/// So many requests may be open, and one more that pauses (§11).
const USUAL_PAUSES: usize = USUAL_REQUESTS + 1;
/// Longest response in bytes that is copied into the store: what is longer costs more to copy
/// than to share.
pub(super) const LONGEST_COPIED: usize = 4096;
/// Bytes of memory that a response may leave unused, besides as many as it has itself.
const UNUSED: usize = 64;
/// As many responses as come from memory at once.
const BATCH: usize = 16;
/// Bytes that come from memory together.
const LINE: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(len: usize) -> Bytes {
        Bytes::from(vec![b'a'; len])
    }

    fn capacity(kept: &Kept) -> Option<usize> {
        match kept {
            Kept::Copied(bytes) => Some(bytes.capacity()),
            Kept::Shared(_) => None,
        }
    }

    #[test]
    fn a_response_takes_the_memory_of_one_before_unless_it_is_far_too_large() {
        let mut pool = BufferPool::default();
        let mut kept = Kept::of(&bytes(900), &mut pool);
        assert_eq!(capacity(&kept), Some(900), "no more than it needs");
        for (len, expected, why) in [
            (500, 900, "used again"),
            (100, 100, "800 bytes would lie idle"),
            (101, 101, "too small"),
        ] {
            pool.recycle(kept);
            kept = Kept::of(&bytes(len), &mut pool);
            assert_eq!(capacity(&kept), Some(expected), "{why}");
            assert_eq!(kept.to_bytes(), bytes(len));
        }
    }

    #[test]
    fn no_more_is_kept_for_the_sessions_of_a_manager_than_two_batches() {
        let mut pool = BufferPool::of_many();
        let mut keep = |_| Kept::of(&bytes(100), &mut pool);
        let kept: Vec<_> = (0..3 * BATCH).map(&mut keep).collect();
        for kept in kept {
            pool.recycle(kept);
        }
        assert_eq!((pool.ready.len(), pool.given.len()), (0, BATCH));
        let again = Kept::of(&bytes(90), &mut pool);
        assert_eq!(capacity(&again), Some(100));
        assert_eq!((pool.ready.len(), pool.given.len()), (BATCH - 1, 0));
    }

    #[test]
    fn a_long_response_is_shared() {
        let mut pool = BufferPool::default();
        let long = bytes(LONGEST_COPIED + 1);
        let kept = Kept::of(&long, &mut pool);
        assert_eq!(kept.to_bytes().as_ptr(), long.as_ptr());
        let short = bytes(LONGEST_COPIED);
        let kept = Kept::of(&short, &mut pool);
        assert_ne!(kept.to_bytes().as_ptr(), short.as_ptr());
    }
}
