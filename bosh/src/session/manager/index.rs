//! Finds a session by something of it, without keeping that a second time.

/// A hash table of places, in lines of eight as caches have them: a place stands in the line that
/// its hash names, or if that is full in the first one behind it that is not.
///
/// It holds 32 bits of each hash beside the place, so that hardly a session is looked at in vain,
/// and none to make the table larger.
#[derive(Default)]
pub(super) struct Index {
    /// A power of two.
    lines: Vec<Line>,
    len: usize,
}

/// Two lists, so that all of one are compared at once.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line {
    hashes: [u32; LINE],
    /// [`NOTHING`] where there is room.
    places: [u32; LINE],
}

impl Index {
    /// Puts a place in, which is not there under this hash.
    pub(super) fn insert(&mut self, hash: u32, place: u32) {
        // Three quarters are taken at most, so that a line with room is not far.
        if (self.len + 1) * 4 > self.lines.len() * LINE * 3 {
            self.grow();
        }
        let mut line = self.home(hash);
        loop {
            let free = self.lines[line].free();
            if free != 0 {
                self.lines[line].set(first(free), hash, place);
                self.len += 1;
                return;
            }
            line = self.behind(line);
        }
    }

    /// The place under a hash that is the one meant.
    pub(super) fn find(&self, hash: u32, is_meant: impl FnMut(u32) -> bool) -> Option<u32> {
        let (line, at) = self.search(hash, is_meant)?;
        Some(self.lines[line].places[at])
    }

    /// Takes out the place under a hash that is the one meant, and returns it.
    pub(super) fn remove(&mut self, hash: u32, is_meant: impl FnMut(u32) -> bool) -> Option<u32> {
        let (mut hole, mut at) = self.search(hash, is_meant)?;
        let place = self.lines[hole].places[at];
        // What passed a full line may stand there now.
        let mut line = hole;
        while self.lines[line].free() == 0 {
            line = self.behind(line);
            let Line { hashes, places } = self.lines[line];
            let has_passed = |&at: &usize| {
                let way = self.way(self.home(hashes[at]), line);
                places[at] != NOTHING && way >= self.way(hole, line)
            };
            if let Some(passed) = (0..LINE).find(has_passed) {
                self.lines[hole].set(at, hashes[passed], places[passed]);
                (hole, at) = (line, passed);
            }
        }
        self.lines[hole].places[at] = NOTHING;
        self.len -= 1;
        Some(place)
    }

    /// Reads where the search for a hash begins.
    pub(super) fn look(&self, hash: u32) -> usize {
        let line = self.lines.get(self.home(hash));
        line.map_or(0, |line| line.places[0] as usize)
    }

    /// Line, and place in it.
    fn search(&self, hash: u32, mut is_meant: impl FnMut(u32) -> bool) -> Option<(usize, usize)> {
        let mut number = self.home(hash);
        loop {
            let line = self.lines.get(number)?;
            let free = line.free();
            let mut like = line.like(hash) & !free;
            while like != 0 {
                let at = first(like);
                if is_meant(line.places[at]) {
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
        let lines = vec![Line::FREE; (self.lines.len() * 2).max(1)];
        let before = std::mem::replace(&mut self.lines, lines);
        self.len = 0;
        for line in before {
            let taken = (0..LINE).filter(|&at| line.places[at] != NOTHING);
            taken.for_each(|at| self.insert(line.hashes[at], line.places[at]));
        }
    }

    /// The line that a hash names.
    fn home(&self, hash: u32) -> usize {
        hash as usize & self.mask()
    }

    fn behind(&self, line: usize) -> usize {
        (line + 1) & self.mask()
    }

    /// How many lines lie between, or one less behind the other.
    fn way(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & self.mask()
    }

    fn mask(&self) -> usize {
        self.lines.len().saturating_sub(1)
    }
}

impl Line {
    const FREE: Self = Self {
        hashes: [0; LINE],
        places: [NOTHING; LINE],
    };

    fn set(&mut self, at: usize, hash: u32, place: u32) {
        self.hashes[at] = hash;
        self.places[at] = place;
    }

    /// A bit for each place that is free.
    fn free(&self) -> u32 {
        bits(&self.places, NOTHING)
    }

    /// A bit for each hash that is this one.
    fn like(&self, hash: u32) -> u32 {
        bits(&self.hashes, hash)
    }
}

fn bits(numbers: &[u32; LINE], wanted: u32) -> u32 {
    let bit = |(at, number)| u32::from(number == wanted) << at;
    numbers.iter().copied().enumerate().map(bit).sum()
}

fn first(bits: u32) -> usize {
    bits.trailing_zeros() as usize
}

/// Places in 64 bytes.
const LINE: usize = 8;
const NOTHING: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Held against a sorted set; few hashes, so that many do not stand in their line.
        #[test]
        fn what_was_put_in_and_not_taken_out_is_found(
            steps in vec((0_u8..3, 0_u32..24, 0_u32..6), 1..400),
        ) {
            let mut index = Index::default();
            let mut model = BTreeSet::new();
            for (step, hash, place) in steps {
                let puts = step > 0;
                // Some stand at the end of the table, and pass it.
                let hash = (hash / 4).wrapping_sub(3);
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
                for hash in 0..6_u32 {
                    let hash = hash.wrapping_sub(3);
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
