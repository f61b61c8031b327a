//! The measuring loop of the benches.
//!
//! A bench compares candidates in one run: ours, a peer, and a physical limit. They take turns in short
//! rounds, so that a noisy machine hurts all alike, and what is printed is each one's ratio to the
//! first: in time, and in instructions where the machine counts them. Instructions hardly vary between
//! runs and do not know caches; time does both. `cargo bench -p benches` runs all; with `-- --test`
//! each candidate runs once, and `-- encode UCCX` runs the comparisons whose title has both words.

pub mod axl;
pub mod bosh;
pub mod cti;
mod instructions;
pub mod login;
pub mod memory;
pub mod pubsub;
pub mod subscribers;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use instructions::Instructions;

/// Candidates that do the same work.
pub struct Comparison<'a> {
    title: String,
    /// Pieces of work in one run, and what they are called.
    units: Option<(u32, &'static str)>,
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
    /// Instructions of one run, median over the rounds; `None` where the machine does not count them.
    pub instructions: Option<Instructed>,
}

/// Instructions that one candidate took in user space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Instructed {
    /// Of one run.
    pub count: f64,
    /// Divided by the first candidate's.
    pub ratio: f64,
}

impl<'a> Comparison<'a> {
    /// Starts a comparison.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            units: None,
            candidates: Vec::new(),
        }
    }

    /// One run does `count` pieces of work called `name`; what they take is printed too.
    #[must_use]
    pub fn units(mut self, count: u32, name: &'static str) -> Self {
        self.units = Some((count, name));
        self
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

    /// Measures, prints a table, and returns what it printed; nothing if a word on the command line is
    /// not in the title.
    pub fn run(mut self) -> Vec<Measured> {
        if !is_chosen(&self.title) {
            return Vec::new();
        }
        let rounds = if is_test() { 1 } else { ROUNDS };
        let repeats: Vec<u32> = self.candidates.iter_mut().map(calibrate).collect();
        let mut instructions = Instructions::new();
        let mut times = vec![Vec::with_capacity(rounds); self.candidates.len()];
        let mut counts = times.clone();
        for _ in 0..rounds {
            for (index, candidate) in self.candidates.iter_mut().enumerate() {
                let repeats = repeats[index];
                let start = Instant::now();
                let count = instructions.during(|| {
                    for _ in 0..repeats {
                        (candidate.run)();
                    }
                });
                times[index].push(start.elapsed().as_secs_f64() / f64::from(repeats));
                counts[index].extend(count.map(|count| count / f64::from(repeats)));
            }
        }
        let first_count = median(&counts[0]);
        let measured: Vec<Measured> = self
            .candidates
            .iter()
            .zip(times.iter().zip(&counts))
            .map(|(candidate, (own, counts))| {
                let ratios: Vec<f64> = own.iter().zip(&times[0]).map(|(a, b)| a / b).collect();
                Measured {
                    name: candidate.name.clone(),
                    time: Duration::from_secs_f64(median(own).unwrap_or_default()),
                    ratio: median(&ratios).unwrap_or_default(),
                    instructions: median(counts).zip(first_count).map(|(count, first)| {
                        Instructed {
                            count,
                            ratio: count / first,
                        }
                    }),
                }
            })
            .collect();
        print(&self.title, self.units, &measured);
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

fn print(title: &str, units: Option<(u32, &str)>, measured: &[Measured]) {
    println!(
        "{title:<58} {:>12} {:>6} {:>12} {:>6}",
        "time", "ratio", "instructions", "ratio"
    );
    for candidate in measured {
        let Measured {
            name, time, ratio, ..
        } = candidate;
        print!("  {name:<56} {:>12} {ratio:>6.2}", format!("{time:.1?}"));
        match candidate.instructions {
            Some(Instructed { count, ratio }) => print!(" {count:>12.0} {ratio:>6.2}"),
            None => print!(" {:>12} {:>6}", "-", "-"),
        }
        if let Some((count, unit)) = units {
            let each = time.as_secs_f64() / f64::from(count);
            print!("  {:.0} ns a {unit}, {:.2} M/s", each * 1e9, 1e-6 / each);
        }
        println!();
    }
    println!();
}

/// Whether each candidate only has to run once.
#[must_use]
pub fn is_test() -> bool {
    std::env::args().any(|argument| argument == "--test")
}

/// Whether the title has each word of the command line.
#[must_use]
pub fn is_chosen(title: &str) -> bool {
    std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .all(|word| title.contains(&word))
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

fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

const ROUNDS: usize = 41;
const ROUND: Duration = Duration::from_millis(10);

/// The physical limit of whoever reads XML: every event and attribute of a document, counted.
///
/// # Panics
///
/// If it is none.
pub fn quick_xml_walk(bytes: &[u8]) -> usize {
    let mut reader = quick_xml::Reader::from_reader(bytes);
    let mut count = 0;
    loop {
        match reader.read_event() {
            Ok(quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag)) => {
                count += 1 + tag.attributes().count()
            }
            Ok(quick_xml::events::Event::Eof) => return count,
            Ok(_) => count += 1,
            Err(error) => panic!("{error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_work_is_about_twice_as_much() {
        let work = |turns: u32| move || (0..turns).fold(0_u32, |a, b| black_box(a ^ b));
        let measured = Comparison::new("turns")
            .candidate("one", work(20_000))
            .candidate("two", work(40_000))
            .run();
        let ratio = match measured[1].instructions {
            Some(instructions) => instructions.ratio,
            None => measured[1].ratio,
        };
        assert!((1.2..4.0).contains(&ratio), "{measured:?}");
    }
}
