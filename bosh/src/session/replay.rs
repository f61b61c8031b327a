//! Responses kept for clients that ask again (XEP-0124 §14.3).

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
    /// The session's own copy. Its memory serves again for the response that takes its place, so
    /// that a session with something to say asks for none.
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
    /// Keeps a response, if it is not long in the memory of one that is no longer needed.
    pub(super) fn of(response: &Bytes, spare: Option<Self>) -> Self {
        let len = response.len();
        if len > LONGEST_COPIED {
            return Self::Shared(response.clone());
        }
        let fitting = len..=len * 2 + SPARE;
        let mut copy = match spare {
            Some(Self::Copied(spare)) if fitting.contains(&spare.capacity()) => spare,
            Some(_) | None => Vec::with_capacity(len),
        };
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

    /// Reads where they begin and end.
    fn look(&self) -> usize {
        match self {
            Self::Copied(bytes) => {
                let ends = [bytes.first(), bytes.last()];
                ends.into_iter()
                    .flatten()
                    .map(|&end| usize::from(end))
                    .sum()
            }
            Self::Shared(bytes) => bytes.len(),
        }
    }
}

impl Replay {
    pub(super) fn find(&mut self, rid: Rid) -> Option<&mut Stored> {
        self.stored.iter_mut().find(|stored| stored.rid == rid)
    }

    /// Makes room for one more: of those stored, the newest are kept that make `always` with it,
    /// and of the others those above `acknowledged`, but never more than make `most` with it.
    /// Returns the last of those that were given up.
    pub(super) fn make_room(
        &mut self,
        always: usize,
        acknowledged: Option<Rid>,
        most: usize,
    ) -> Option<Kept> {
        let mut spare = None;
        while let Some(oldest) = self.stored.first() {
            let stored = self.stored.len() + 1;
            let missed = acknowledged.is_some_and(|acknowledged| oldest.rid > acknowledged);
            if stored <= always || (missed && stored <= most) {
                break;
            }
            spare = Some(self.stored.remove(0).body);
        }
        spare
    }

    pub(super) fn push(&mut self, response: Stored) {
        self.stored.push(response);
    }

    #[cfg(feature = "serde")]
    pub(super) fn iter(&self) -> impl Iterator<Item = &Stored> {
        self.stored.iter()
    }

    pub(super) fn clear(&mut self) {
        self.stored = SmallVec::new();
    }

    /// Reads a little of what is stored, and of the response whose memory serves for the next one.
    pub(super) fn look(&self) -> usize {
        let repeats = self.stored.iter().map(|stored| stored.repeats as usize);
        let oldest = self.stored.first().map_or(0, |stored| stored.body.look());
        oldest + repeats.sum::<usize>()
    }
}

/// Longest response in bytes that is copied into the store: what is longer costs more to copy
/// than to share.
const LONGEST_COPIED: usize = 4096;
/// Bytes of memory that a response may leave unused, besides as much as it has itself.
const SPARE: usize = 64;

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
    fn a_response_takes_the_memory_of_the_one_before_unless_it_is_far_too_large() {
        let first = Kept::of(&bytes(900), None);
        assert_eq!(capacity(&first), Some(900), "no more than it needs");
        let second = Kept::of(&bytes(500), Some(first));
        assert_eq!(capacity(&second), Some(900), "used again");
        assert_eq!(second.to_bytes(), bytes(500));
        let third = Kept::of(&bytes(100), Some(second));
        assert_eq!(capacity(&third), Some(100), "800 bytes would lie idle");
        let fourth = Kept::of(&bytes(101), Some(third));
        assert_eq!(capacity(&fourth), Some(101), "too small");
    }

    #[test]
    fn a_long_response_is_shared() {
        let long = bytes(LONGEST_COPIED + 1);
        let kept = Kept::of(&long, None);
        assert_eq!(kept.to_bytes().as_ptr(), long.as_ptr());
        let short = bytes(LONGEST_COPIED);
        let kept = Kept::of(&short, None);
        assert_ne!(kept.to_bytes().as_ptr(), short.as_ptr());
    }
}
