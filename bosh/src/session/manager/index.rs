//! Finds a session by something of it, without keeping that a second time.

/// A hash table of places: open addressing, where a line of a cache holds eight of them.
///
/// It holds 32 bits of each hash beside the place, so that hardly a session is looked at in vain,
/// and none to make the table larger.
#[derive(Default)]
pub(super) struct Index {
    lines: Vec<Line>,
    len: usize,
}

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([Bucket; LINE]);

#[derive(Clone, Copy)]
struct Bucket {
    hash: u32,
    /// [`NOTHING`] if it is free.
    place: u32,
}

impl Index {
    /// Puts a place in, which is not there under this hash.
    pub(super) fn insert(&mut self, hash: u32, place: u32) {
        // Three quarters are full at most.
        if (self.len + 1) * 4 > self.lines.len() * LINE * 3 {
            self.grow();
        }
        let mut at = self.home(hash);
        while self.bucket(at).place != NOTHING {
            at = self.following(at);
        }
        *self.bucket_mut(at) = Bucket { hash, place };
        self.len += 1;
    }

    /// The place under a hash that is the one meant.
    pub(super) fn find(&self, hash: u32, mut is_meant: impl FnMut(u32) -> bool) -> Option<u32> {
        let at = self.search(hash, &mut is_meant)?;
        Some(self.bucket(at).place)
    }

    /// Takes out the place under a hash that is the one meant, and returns it.
    pub(super) fn remove(
        &mut self,
        hash: u32,
        mut is_meant: impl FnMut(u32) -> bool,
    ) -> Option<u32> {
        let mut hole = self.search(hash, &mut is_meant)?;
        let place = self.bucket(hole).place;
        // What stands behind it moves up, as far as it does not pass its home.
        let mut at = self.following(hole);
        while self.bucket(at).place != NOTHING {
            let bucket = self.bucket(at);
            if self.distance(self.home(bucket.hash), at) >= self.distance(hole, at) {
                *self.bucket_mut(hole) = bucket;
                hole = at;
            }
            at = self.following(at);
        }
        *self.bucket_mut(hole) = Bucket::FREE;
        self.len -= 1;
        Some(place)
    }

    /// Reads where the search for a hash begins.
    pub(super) fn look(&self, hash: u32) -> usize {
        if self.len == 0 {
            return 0;
        }
        self.bucket(self.home(hash)).place as usize
    }

    fn search(&self, hash: u32, is_meant: &mut impl FnMut(u32) -> bool) -> Option<usize> {
        if self.len == 0 {
            return None;
        }
        let mut at = self.home(hash);
        loop {
            let bucket = self.bucket(at);
            if bucket.place == NOTHING {
                return None;
            }
            if bucket.hash == hash && is_meant(bucket.place) {
                return Some(at);
            }
            at = self.following(at);
        }
    }

    fn grow(&mut self) {
        let lines = vec![Line([Bucket::FREE; LINE]); (self.lines.len() * 2).max(1)];
        let before = std::mem::replace(&mut self.lines, lines);
        self.len = 0;
        let buckets = before.iter().flat_map(|line| line.0);
        for bucket in buckets.filter(|bucket| bucket.place != NOTHING) {
            self.insert(bucket.hash, bucket.place);
        }
    }

    /// Where a hash stands if nothing stood there before.
    fn home(&self, hash: u32) -> usize {
        hash as usize & self.mask()
    }

    fn following(&self, at: usize) -> usize {
        (at + 1) & self.mask()
    }

    fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & self.mask()
    }

    /// The number of buckets is a power of two.
    fn mask(&self) -> usize {
        self.lines.len() * LINE - 1
    }

    fn bucket(&self, at: usize) -> Bucket {
        self.lines[at / LINE].0[at % LINE]
    }

    fn bucket_mut(&mut self, at: usize) -> &mut Bucket {
        &mut self.lines[at / LINE].0[at % LINE]
    }
}

impl Bucket {
    const FREE: Self = Self {
        hash: 0,
        place: NOTHING,
    };
}

/// Buckets in 64 bytes.
const LINE: usize = 8;
const NOTHING: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Held against a sorted set; few hashes, so that many stand where another should.
        #[test]
        fn what_was_put_in_and_not_taken_out_is_found(
            steps in vec((any::<bool>(), 0_u32..24, 0_u32..6), 1..400),
        ) {
            let mut index = Index::default();
            let mut model = BTreeSet::new();
            for (puts, hash, place) in steps {
                // Some homes lie at the end of the table.
                let hash = hash.wrapping_sub(12);
                let is_there = model.contains(&(hash, place));
                if puts && !is_there {
                    index.insert(hash, place);
                    model.insert((hash, place));
                } else if !puts {
                    let taken = index.remove(hash, |other| other == place);
                    prop_assert_eq!(taken, is_there.then_some(place));
                    model.remove(&(hash, place));
                }
                prop_assert_eq!(index.len, model.len());
                for hash in 0..24_u32 {
                    let hash = hash.wrapping_sub(12);
                    for place in 0..6 {
                        let found = index.find(hash, |other| other == place);
                        let expected = model.contains(&(hash, place)).then_some(place);
                        prop_assert_eq!(found, expected);
                    }
                }
            }
        }
    }

    #[test]
    fn a_table_grows_without_losing_anything() {
        let mut index = Index::default();
        let hash = |place: u32| place.wrapping_mul(0x9e37_79b9);
        for place in 0..10_000 {
            index.insert(hash(place), place);
        }
        assert!(index.lines.len() * LINE <= 16_384, "{}", index.lines.len());
        for place in 0..10_000 {
            let found = index.find(hash(place), |other| other == place);
            assert_eq!(found, Some(place));
        }
    }
}
