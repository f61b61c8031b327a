//! The measuring loop of the benches.
//!
//! A bench compares candidates in one run: ours, a peer, and a physical limit. They take turns in short
//! rounds, so that a noisy machine hurts all alike, and what is printed is each one's ratio to the
//! first. `cargo bench -p benches` runs all; with `-- --test` each candidate runs once.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// Candidates that do the same work.
pub struct Comparison<'a> {
    title: String,
    candidates: Vec<Candidate<'a>>,
}

struct Candidate<'a> {
    name: String,
    run: Box<dyn FnMut() + 'a>,
}

/// What one candidate took.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Its name.
    pub name: String,
    /// Median over the rounds, time of one run.
    pub time: Duration,
    /// Median over the rounds of its time divided by the first candidate's in the same round.
    pub ratio: f64,
}

impl<'a> Comparison<'a> {
    /// Starts a comparison.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            candidates: Vec::new(),
        }
    }

    /// Adds a candidate; the first one is the measure of the others.
    #[must_use]
    pub fn candidate<T>(
        mut self,
        name: impl Into<String>,
        mut run: impl FnMut() -> T + 'a,
    ) -> Self {
        let run = Box::new(move || {
            black_box(run());
        });
        self.candidates.push(Candidate {
            name: name.into(),
            run,
        });
        self
    }

    /// Measures, prints a table, and returns what it printed.
    pub fn run(mut self) -> Vec<Measured> {
        let rounds = if is_test() { 1 } else { ROUNDS };
        let repeats: Vec<u32> = self.candidates.iter_mut().map(calibrate).collect();
        let mut times = vec![Vec::with_capacity(rounds); self.candidates.len()];
        for _ in 0..rounds {
            for ((candidate, repeats), times) in
                self.candidates.iter_mut().zip(&repeats).zip(&mut times)
            {
                let start = Instant::now();
                for _ in 0..*repeats {
                    (candidate.run)();
                }
                times.push(start.elapsed().as_secs_f64() / f64::from(*repeats));
            }
        }
        let measured: Vec<Measured> = self
            .candidates
            .iter()
            .zip(&times)
            .map(|(candidate, own)| Measured {
                name: candidate.name.clone(),
                time: Duration::from_secs_f64(median(own.clone())),
                ratio: median(
                    own.iter()
                        .zip(&times[0])
                        .map(|(own, first)| own / first)
                        .collect(),
                ),
            })
            .collect();
        println!("{}", self.title);
        for candidate in &measured {
            println!(
                "  {:<44} {:>12} {:>8.2}",
                candidate.name,
                format!("{:?}", candidate.time),
                candidate.ratio
            );
        }
        println!();
        measured
    }
}

impl std::fmt::Debug for Comparison<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Comparison")
            .field("title", &self.title)
            .finish_non_exhaustive()
    }
}

/// Whether each candidate only has to run once.
#[must_use]
pub fn is_test() -> bool {
    std::env::args().any(|argument| argument == "--test")
}

/// How often a candidate runs in a round of about [`ROUND`].
fn calibrate(candidate: &mut Candidate<'_>) -> u32 {
    if is_test() {
        return 1;
    }
    let mut repeats = 1_u32;
    loop {
        let start = Instant::now();
        for _ in 0..repeats {
            (candidate.run)();
        }
        let elapsed = start.elapsed();
        if elapsed >= ROUND / 2 || repeats >= 1 << 30 {
            return repeats;
        }
        repeats *= 2;
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

const ROUNDS: usize = 41;
const ROUND: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_work_takes_about_twice_as_long() {
        let work = |turns: u32| move || (0..turns).fold(0_u32, |a, b| black_box(a ^ b));
        let measured = Comparison::new("turns")
            .candidate("one", work(20_000))
            .candidate("two", work(40_000))
            .run();
        assert!((1.2..4.0).contains(&measured[1].ratio), "{measured:?}");
    }
}
