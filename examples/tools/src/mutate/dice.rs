//! Numbers that follow from a seed.

/// SplitMix64: small, even enough for a tester, the same on every machine.
#[derive(Clone, Debug)]
pub(crate) struct Dice {
    state: u64,
}

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Dice for the `number`-th session of a run with `seed`.
    ///
    /// Both are mixed by a roll: states that are near each other, or a multiple of the step apart, would give the same
    /// numbers a little earlier or later.
    pub(crate) const fn of_session(seed: u64, number: u64) -> Self {
        let seed = Self::new(seed).roll();
        Self::new(Self::new(seed ^ number).roll())
    }

    pub(crate) const fn roll(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 if `end` is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.roll() % end).unwrap_or(0)
    }

    /// True `percent` times of a hundred.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.roll() % 100 < percent
    }

    /// One of `all`; `None` if there is none.
    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn sessions_do_not_repeat_each_other() {
        for seed in [0, 1, 7] {
            let mut seen = BTreeSet::new();
            for number in 0..1_000 {
                let mut dice = Dice::of_session(seed, number);
                seen.extend((0..300).map(|_| dice.roll()));
            }
            assert!(seen.len() > 299_000, "{} of seed {seed}", seen.len());
        }
    }
}
