//! Finds a session by something of it, without keeping that a second time.

use std::hint::black_box;

/// A hash table of places, in buckets of eight, each one a line of a cache: a place stands in the
/// bucket that its hash names, or if that is full in the first one behind it that is not.
///
/// It holds 32 bits of each hash beside the place, so that hardly a session is looked at in vain,
/// and none to make the table larger.
#[derive(Default)]
pub(super) struct Index {
    /// A power of two.
    buckets: Vec<Bucket>,
    len: usize,
}

/// Two lists, so that all of one are compared at once.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Bucket {
    hashes: [u32; PLACES],
    /// [`EMPTY`] where there is room.
    places: [u32; PLACES],
}

impl Index {
    /// Puts a place in. It may be there more than once under a hash: [`remove`](Self::remove) takes
    /// one out.
    pub(super) fn insert(&mut self, hash: u32, place: u32) {
        // Three quarters are taken at most, so that a bucket with room is not far.
        if (self.len + 1) * 4 > self.buckets.len() * PLACES * 3 {
            self.grow();
        }
        let mut bucket = self.home(hash);
        loop {
            let free = self.buckets[bucket].free();
            if free != 0 {
                self.buckets[bucket].set(first(free), hash, place);
                self.len += 1;
                return;
            }
            bucket = self.behind(bucket);
        }
    }

    /// The place under a hash that is the one meant.
    pub(super) fn find(&self, hash: u32, is_meant: impl FnMut(u32) -> bool) -> Option<u32> {
        let (bucket, at) = self.search(hash, is_meant)?;
        Some(self.buckets[bucket].places[at])
    }

    /// Takes out one place under a hash that is the one meant, and returns it.
    pub(super) fn remove(&mut self, hash: u32, is_meant: impl FnMut(u32) -> bool) -> Option<u32> {
        let (mut hole, mut at) = self.search(hash, is_meant)?;
        let place = self.buckets[hole].places[at];
        // What passed a full bucket may stand there now.
        let mut bucket = hole;
        while self.buckets[bucket].free() == 0 {
            bucket = self.behind(bucket);
            let Bucket { hashes, places } = self.buckets[bucket];
            let has_passed = |&at: &usize| {
                let distance = self.distance(self.home(hashes[at]), bucket);
                places[at] != EMPTY && distance >= self.distance(hole, bucket)
            };
            if let Some(passed) = (0..PLACES).find(has_passed) {
                self.buckets[hole].set(at, hashes[passed], places[passed]);
                (hole, at) = (bucket, passed);
            }
        }
        self.buckets[hole].places[at] = EMPTY;
        self.len -= 1;
        Some(place)
    }

    /// Reads where the search for a hash begins.
    pub(super) fn prefetch(&self, hash: u32) {
        let bucket = self.buckets.get(self.home(hash));
        black_box(bucket.map(|bucket| bucket.places[0]));
    }

    /// Bucket, and place in it.
    fn search(&self, hash: u32, mut is_meant: impl FnMut(u32) -> bool) -> Option<(usize, usize)> {
        let mut number = self.home(hash);
        loop {
            let bucket = self.buckets.get(number)?;
            let free = bucket.free();
            let mut like = bucket.like(hash) & !free;
            while like != 0 {
                let at = first(like);
                if is_meant(bucket.places[at]) {
                    return Some((number, at));
                }
                like &= like - 1;
            }
            if free != 0 {
                return None;
            }
            number = self.behind(number);
        }
    }

    fn grow(&mut self) {
        let buckets = vec![Bucket::FREE; (self.buckets.len() * 2).max(1)];
        let before = std::mem::replace(&mut self.buckets, buckets);
        self.len = 0;
        for bucket in before {
            let taken = (0..PLACES).filter(|&at| bucket.places[at] != EMPTY);
            taken.for_each(|at| self.insert(bucket.hashes[at], bucket.places[at]));
        }
    }

    /// The bucket that a hash names.
    fn home(&self, hash: u32) -> usize {
        hash as usize & self.mask()
    }

    fn behind(&self, bucket: usize) -> usize {
        (bucket + 1) & self.mask()
    }

    /// How many buckets lie between, or one less behind the other.
    fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & self.mask()
    }

    fn mask(&self) -> usize {
        self.buckets.len().saturating_sub(1)
    }
}

impl Bucket {
    const FREE: Self = Self {
        hashes: [0; PLACES],
        places: [EMPTY; PLACES],
    };

    fn set(&mut self, at: usize, hash: u32, place: u32) {
        self.hashes[at] = hash;
        self.places[at] = place;
    }

    /// A bit for each place that is free.
    fn free(&self) -> u32 {
        bits(&self.places, EMPTY)
    }

    /// A bit for each hash that is this one.
    fn like(&self, hash: u32) -> u32 {
        bits(&self.hashes, hash)
    }
}

fn bits(numbers: &[u32; PLACES], wanted: u32) -> u32 {
    let bit = |(at, number)| u32::from(number == wanted) << at;
    numbers.iter().copied().enumerate().map(bit).sum()
}

fn first(bits: u32) -> usize {
    bits.trailing_zeros() as usize
}

/// Places in 64 bytes.
const PLACES: usize = 8;
const EMPTY: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Held against a sorted multiset; few hashes, so that many do not stand in their bucket.
        #[test]
        fn what_was_put_in_and_not_taken_out_is_found(
            steps in vec((0_u8..3, 0_u32..24, 0_u32..6), 1..400),
        ) {
            let mut index = Index::default();
            let mut model = BTreeMap::<(u32, u32), usize>::new();
            for (step, hash, place) in steps {
                let puts = step > 0;
                // Some stand at the end of the table, and pass it.
                let hash = (hash / 4).wrapping_sub(3);
                let count = model.entry((hash, place)).or_default();
                if puts {
                    index.insert(hash, place);
                    *count += 1;
                } else {
                    let taken = index.remove(hash, |other| other == place);
                    prop_assert_eq!(taken, (*count > 0).then_some(place));
                    *count = count.saturating_sub(1);
                }
                prop_assert_eq!(index.len, model.values().sum::<usize>());
                for hash in 0..6_u32 {
                    let hash = hash.wrapping_sub(3);
                    for place in 0..6 {
                        let found = index.find(hash, |other| other == place);
                        let count = model.get(&(hash, place)).copied().unwrap_or_default();
                        prop_assert_eq!(found, (count > 0).then_some(place));
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
        assert!(
            index.buckets.len() * PLACES <= 16_384,
            "{}",
            index.buckets.len()
        );
        for place in 0..10_000 {
            let found = index.find(hash(place), |other| other == place);
            assert_eq!(found, Some(place));
        }
    }
}
