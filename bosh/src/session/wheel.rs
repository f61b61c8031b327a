//! The deadlines of many sessions: a hierarchical timing wheel whose costs do not grow with their
//! number.
//!
//! Deadlines are whole nanoseconds. A level has 64 slots; a slot of the lowest level is one
//! nanosecond, one of the next level as long as all of the level below. A deadline stands in the
//! level of the highest digit (to the base 64) by which it differs from the time that has passed,
//! and moves down as that digit comes up. So setting and taking back are a few steps, whatever
//! else is set, and each deadline moves at most once for each level.

use std::time::Duration;

/// One deadline for each index, or none.
pub(super) struct Wheel {
    passed: u64,
    levels: Vec<Level>,
    nodes: Vec<Node>,
}

#[derive(Clone)]
struct Level {
    /// A bit for each slot that is not empty.
    occupied: u64,
    heads: [u32; SLOTS],
}

/// A link of the list that a slot is.
#[derive(Clone, Copy)]
struct Node {
    deadline: u64,
    previous: u32,
    next: u32,
    /// Level and slot, or [`UNSET`].
    place: u16,
}

impl Wheel {
    pub(super) fn new() -> Self {
        let empty = Level {
            occupied: 0,
            heads: [NOBODY; SLOTS],
        };
        Self {
            passed: 0,
            levels: vec![empty; LEVELS],
            nodes: Vec::new(),
        }
    }

    /// Sets the deadline of an index, or takes it back.
    pub(super) fn set(&mut self, index: u32, deadline: Option<Duration>) {
        let at = index as usize;
        if self.nodes.len() <= at {
            self.nodes.resize(at + 1, Node::UNSET);
        }
        self.unlink(index);
        if let Some(deadline) = deadline {
            self.nodes[at].deadline = nanoseconds(deadline);
            self.link(index);
        }
    }

    /// The earliest deadline; or, if many are close together and far away, a time before it at
    /// which [`take_due`](Self::take_due) wants to sort them.
    pub(super) fn next(&self) -> Option<Duration> {
        let (level, slot, start) = self.first()?;
        let mut earliest = u64::MAX;
        let mut index = self.levels[level].heads[slot];
        for _ in 0..LOOKED_AT {
            if index == NOBODY {
                return Some(Duration::from_nanos(earliest));
            }
            let node = self.nodes[index as usize];
            earliest = earliest.min(node.deadline);
            index = node.next;
        }
        Some(Duration::from_nanos(start))
    }

    /// Takes the deadlines up to `now` out, as (deadline, index).
    pub(super) fn take_due(&mut self, now: Duration, due: &mut Vec<(Duration, u32)>) {
        let now = nanoseconds(now);
        while let Some((level, slot, start)) = self.first().filter(|&(.., start)| start <= now) {
            self.passed = self.passed.max(start);
            let mut index = std::mem::replace(&mut self.levels[level].heads[slot], NOBODY);
            self.levels[level].occupied &= !(1 << slot);
            while index != NOBODY {
                let node = &mut self.nodes[index as usize];
                let following = node.next;
                node.place = UNSET;
                if node.deadline <= self.passed {
                    due.push((Duration::from_nanos(node.deadline), index));
                } else {
                    self.link(index);
                }
                index = following;
            }
        }
        self.passed = self.passed.max(now);
    }

    /// The first slot that is not empty: level, slot, first nanosecond.
    fn first(&self) -> Option<(usize, usize, u64)> {
        // All of a level is earlier than all of the next one.
        let level = self.levels.iter().position(|level| level.occupied != 0)?;
        let slot = self.levels[level].occupied.trailing_zeros();
        let shift = BITS * u32::try_from(level).unwrap_or_default();
        let above = self.passed.checked_shr(shift + BITS).unwrap_or_default();
        let above = above.checked_shl(shift + BITS).unwrap_or_default();
        Some((level, slot as usize, above | u64::from(slot) << shift))
    }

    fn link(&mut self, index: u32) {
        let deadline = self.nodes[index as usize].deadline.max(self.passed);
        let differing = (deadline ^ self.passed) | (SLOTS as u64 - 1);
        let level = differing.ilog2() / BITS;
        let slot = (deadline >> (level * BITS)) as usize % SLOTS;
        let place = level as usize * SLOTS + slot;
        let level = &mut self.levels[level as usize];
        let next = std::mem::replace(&mut level.heads[slot], index);
        level.occupied |= 1 << slot;
        if let Some(next) = self.nodes.get_mut(next as usize) {
            next.previous = index;
        }
        let node = &mut self.nodes[index as usize];
        node.previous = NOBODY;
        node.next = next;
        node.place = u16::try_from(place).unwrap_or(UNSET);
    }

    fn unlink(&mut self, index: u32) {
        let node = self.nodes[index as usize];
        if node.place == UNSET {
            return;
        }
        self.nodes[index as usize].place = UNSET;
        if let Some(next) = self.nodes.get_mut(node.next as usize) {
            next.previous = node.previous;
        }
        if let Some(previous) = self.nodes.get_mut(node.previous as usize) {
            previous.next = node.next;
            return;
        }
        let place = usize::from(node.place);
        let (level, slot) = (&mut self.levels[place / SLOTS], place % SLOTS);
        level.heads[slot] = node.next;
        if node.next == NOBODY {
            level.occupied &= !(1 << slot);
        }
    }
}

impl Node {
    const UNSET: Self = Self {
        deadline: 0,
        previous: NOBODY,
        next: NOBODY,
        place: UNSET,
    };
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
/// As many digits to the base 64 as a `u64` has.
const LEVELS: usize = 11;
const NOBODY: u32 = u32::MAX;
const UNSET: u16 = u16::MAX;
/// In a slot with fewer deadlines the earliest is searched for.
const LOOKED_AT: usize = 8;

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Set(u32, u64),
        Unset(u32),
        Pass(u64),
        /// To the time that the wheel asks for.
        Wake,
    }

    fn step() -> impl Strategy<Value = Step> {
        let near = || prop_oneof![0_u64..70, 0_u64..5_000, 0_u64..90_000_000_000];
        let ahead = prop_oneof![4 => near(), 1 => any::<u64>()];
        prop_oneof![
            6 => (0_u32..40, ahead).prop_map(|(index, ahead)| Step::Set(index, ahead)),
            1 => (0_u32..40).prop_map(Step::Unset),
            1 => near().prop_map(Step::Pass),
            3 => Just(Step::Wake),
        ]
    }

    proptest! {
        /// Held against a sorted list.
        #[test]
        fn deadlines_come_due_when_they_are_and_never_before(steps in vec(step(), 1..200)) {
            let mut wheel = Wheel::new();
            let mut model = BTreeMap::new();
            let mut now = 0_u64;
            for step in steps {
                match step {
                    Step::Set(index, ahead) => {
                        let deadline = now.saturating_add(ahead);
                        wheel.set(index, Some(Duration::from_nanos(deadline)));
                        model.insert(index, deadline);
                    }
                    Step::Unset(index) => {
                        wheel.set(index, None);
                        model.remove(&index);
                    }
                    Step::Pass(time) => now = now.saturating_add(time),
                    Step::Wake => {
                        let next = wheel.next().map_or(now, nanoseconds);
                        now = now.max(next);
                    }
                }
                let mut due = Vec::new();
                wheel.take_due(Duration::from_nanos(now), &mut due);
                let due: BTreeSet<_> = due
                    .into_iter()
                    .map(|(deadline, index)| (index, nanoseconds(deadline)))
                    .collect();
                let expected: BTreeSet<_> = model
                    .iter()
                    .map(|(&index, &deadline)| (index, deadline))
                    .filter(|&(_, deadline)| deadline <= now)
                    .collect();
                prop_assert_eq!(&due, &expected);
                for (index, _) in due {
                    model.remove(&index);
                }
                let earliest = model.values().min().copied();
                let next = wheel.next().map(nanoseconds);
                prop_assert_eq!(next.is_some(), earliest.is_some());
                prop_assert!(next <= earliest, "{next:?} is after {earliest:?}");
                prop_assert!(next.is_none_or(|next| next > now), "a wake that does nothing");
                if model.len() < LOOKED_AT {
                    prop_assert_eq!(next, earliest);
                }
            }
        }
    }

    #[test]
    fn a_crowd_of_deadlines_costs_few_wakes() {
        let mut wheel = Wheel::new();
        for index in 0..10_000 {
            let deadline = Duration::from_secs(60) + Duration::from_nanos(u64::from(index) * 999);
            wheel.set(index, Some(deadline));
        }
        let (mut wakes, mut taken) = (0, Vec::new());
        while let Some(next) = wheel.next() {
            wheel.take_due(next, &mut taken);
            wakes += 1;
        }
        assert_eq!(taken.len(), 10_000);
        assert!(taken.is_sorted(), "in the order of deadlines");
        assert!(wakes <= 10_000 + 10_000 / 8, "{wakes} wakes");
    }
}
