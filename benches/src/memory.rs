//! The physical limit of work that is spread over much memory.

/// Lines of a cache, each of which says which one is read next.
#[derive(Debug)]
pub struct Lines {
    lines: Vec<Line>,
    at: u32,
}

#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line {
    next: u32,
}

/// From one line to the next: a prime, far enough that hardly two in a row are on one page.
const STRIDE: usize = 1_000_003;

impl Lines {
    /// So many lines of 64 bytes, of which every one is read before the first is again.
    ///
    /// # Panics
    ///
    /// If there are more than a `u32` can number.
    #[must_use]
    pub fn of(count: usize) -> Self {
        assert!(!count.is_multiple_of(STRIDE), "they are read in a circle");
        let next = |line: usize| u32::try_from((line + STRIDE) % count).expect("few enough");
        let lines = (0..count).map(|line| Line { next: next(line) });
        Self {
            lines: lines.collect(),
            at: 0,
        }
    }

    /// Reads so many, one after the other.
    pub fn read(&mut self, count: usize) -> u32 {
        for _ in 0..count {
            self.at = self.lines[self.at as usize].next;
        }
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lines_are_read_in_turn() {
        let mut lines = Lines::of(1_000);
        let mut seen: Vec<u32> = (0..1_000).map(|_| lines.read(1)).collect();
        assert_eq!(lines.read(1_000), 0);
        seen.sort_unstable();
        assert_eq!(seen, (0..1_000).collect::<Vec<u32>>());
    }
}
