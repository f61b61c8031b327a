//! Client against connection manager over a network that delays, drops, copies, reorders and cuts, in
//! virtual time and from a seed: every payload arrives exactly once and in order, or both ends are over
//! with a reason and what was put nowhere is handed back; every request is answered once and in time;
//! memory stays within the settings, and both ends come to rest.
//!
//! With the feature `serde` each end is also taken down now and then, and taken up by another process
//! whose clock shows another time; all of this still holds.
//!
//! `SIMULATION_SEEDS=10000` runs as many seeds (1,000 otherwise), `SIMULATION_SEED=7` that one and prints
//! what happened.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests may panic like tests"
)]

#[path = "common/simulation/mod.rs"]
mod simulation;

use std::env;

use simulation::{Figures, Simulation};

/// Seeds that run by default, in as many tests as run beside each other.
const SEEDS: u64 = 1_000;
const SHARES: u64 = 4;

fn number(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    Some(value.parse().expect("a number"))
}

fn run(seed: u64) -> Figures {
    match Simulation::new(seed, false).run() {
        Ok(figures) => figures,
        Err(fault) => {
            let mut again = Simulation::new(seed, true);
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
            print(seed);
        }
        return;
    }
    let seeds = number("SIMULATION_SEEDS").unwrap_or(SEEDS);
    let mut all = Figures::default();
    for seed in (first..seeds).step_by(usize::try_from(SHARES).unwrap()) {
        all += run(seed);
    }
    println!("{all}");
    // Chance must have spared neither end, nor killed every session.
    let enough =
        all.lost >= all.runs * 3 && all.payloads >= all.runs * 100 && all.survived >= all.runs / 5;
    assert!(enough || all.runs < 100, "{all}");
    let muted = all.mute_pauses >= all.runs / 20;
    assert!(muted || all.runs < 100, "{all}");
    let moved = all.hand_overs >= all.runs * 2 || cfg!(not(feature = "serde"));
    assert!(moved || all.runs < 100, "{all}");
}

#[allow(clippy::print_stdout, reason = "the transcript is what was asked for")]
fn print(seed: u64) {
    let mut simulation = Simulation::new(seed, true);
    let result = simulation.run();
    println!("{}", simulation.transcript());
    result.unwrap();
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
        let mut simulation = Simulation::new(seed, true);
        simulation.run().unwrap();
        simulation.transcript().to_owned()
    };
    let first = transcript(11);
    assert!(first.lines().count() > 100);
    assert_eq!(first, transcript(11));
    assert_ne!(first, transcript(12));
}

/// Seeds that once failed: a client guessed that its pause was lost, and the server, which had answered
/// it, ended the session.
#[test]
fn a_pause_that_comes_again_ends_no_session() {
    for seed in [16_022, 81_839] {
        run(seed);
    }
}
