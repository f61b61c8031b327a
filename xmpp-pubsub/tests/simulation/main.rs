//! Random acts of users, host and time against a service and against a model of a few lines, in virtual time and from
//! a seed. The journal is confirmed late and several entries at once, the storage answers late and in any order between
//! nodes, messages come back, and processes crash. The service stands alone, or is that of an account. After each act:
//!
//! - answers and deliveries are those of the model, to each address in order, and every request has one answer;
//! - nothing is handed out before the entries that it tells of are confirmed, and nothing waits for more than it must:
//!   what is transient waits for nothing;
//! - each lasting change is in one entry of the journal, and nothing else makes one;
//! - a service made again from snapshot and later entries, or from all entries, has the same state at every entry;
//! - after a crash a service made from the confirmed entries is what everybody was told;
//! - when all nodes and users are gone, nothing is left of them.
//!
//! `SIMULATION_SEEDS=10000` runs as many seeds (1,000 otherwise), `SIMULATION_SEED=7` that one and prints what happened.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test acts on the few things that it names"
)]
#![cfg(feature = "service")]

#[path = "../common/canonical.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod canonical;

mod accounts;
mod acts;
mod at_hand;
mod books;
mod digests;
mod durable;
mod facts;
mod figures;
mod model;
mod nodes;
mod publishing;
mod random;
mod script;
mod subscribing;
mod telling;
mod words;
mod world;

use std::env;

use figures::Figures;
use world::World;

/// Seeds that run by default, in as many tests as run beside each other.
const SEEDS: u64 = 1_000;
const SHARES: u64 = 4;

fn number(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    Some(value.parse().unwrap())
}

fn run(seed: u64) -> Figures {
    match World::new(seed, false).run() {
        Ok(figures) => figures,
        Err(fault) => {
            let mut again = World::new(seed, true);
            let _ = again.run();
            let lines: Vec<&str> = again.transcript().lines().collect();
            let last = &lines[lines.len().saturating_sub(40)..];
            panic!(
                "seed {seed}: {fault}; SIMULATION_SEED={seed} prints what happened, which ends\n{}",
                last.join("\n")
            );
        }
    }
}

/// Every `SHARES`th seed, from `first` on.
#[allow(clippy::print_stdout, reason = "the figures are part of the result")]
fn share(first: u64) {
    if let Some(seed) = number("SIMULATION_SEED") {
        if seed % SHARES == first {
            let mut world = World::new(seed, true);
            let result = world.run();
            println!("{}", world.transcript());
            result.unwrap();
        }
        return;
    }
    let seeds = number("SIMULATION_SEEDS").unwrap_or(SEEDS);
    let mut all = Figures::default();
    for seed in (first..seeds).step_by(usize::try_from(SHARES).unwrap()) {
        all += run(seed);
    }
    println!("{all}");
    // Chance must have spared nothing.
    let enough = all.told >= all.runs * 30
        && all.refused * 10 <= all.told * 9
        && all.reads >= all.runs
        && all.waited * 2 >= all.runs
        && all.crashes >= all.runs
        && all.bounced >= all.runs
        && all.digests * 4 >= all.runs
        && all.pages >= all.runs
        && all.batches >= all.runs
        && all.by_presence * 2 >= all.runs;
    assert!(enough || all.runs < 100, "{all}");
}

#[test]
fn first_share_of_seeds() {
    share(0);
}

#[test]
fn second_share_of_seeds() {
    share(1);
}

#[test]
fn third_share_of_seeds() {
    share(2);
}

#[test]
fn fourth_share_of_seeds() {
    share(3);
}

#[test]
fn the_same_seed_gives_the_same_transcript() {
    let transcript = |seed| {
        let mut world = World::new(seed, true);
        world.run().unwrap();
        world.transcript().to_owned()
    };
    let first = transcript(11);
    assert!(first.lines().count() > 100);
    assert_eq!(first, transcript(11));
    assert_ne!(first, transcript(12));
}
