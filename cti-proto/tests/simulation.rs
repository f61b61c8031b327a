//! A failover client, two servers and a network that cuts, from a seed: no request stays unanswered
//! past its deadline, no event comes out of order or twice, what is missing lies in a gap that was told,
//! and what the client believes after recovery is what is so.
//!
//! `SIMULATION_SEEDS=10000` runs as many seeds (1,000 otherwise), `SIMULATION_SEED=7` that one and prints
//! what happened.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use std::env;

use common::simulation::Simulation;

/// Seeds that ran by default, in as many tests as run beside each other.
const SEEDS: u64 = 1_000;
const SHARES: u64 = 4;

fn number(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    Some(value.parse().expect("a number"))
}

fn run(seed: u64) -> (usize, usize) {
    let mut simulation = Simulation::new(seed, false);
    if let Err(fault) = simulation.run() {
        panic!("seed {seed}: {fault}; SIMULATION_SEED={seed} prints what happened");
    }
    (simulation.compared, simulation.breaks)
}

/// Every `SHARES`th seed, from `first` on.
fn share(first: u64) {
    if let Some(seed) = number("SIMULATION_SEED") {
        if seed % SHARES == first {
            print(seed);
        }
        return;
    }
    let seeds = number("SIMULATION_SEEDS").unwrap_or(SEEDS);
    let (mut compared, mut breaks) = (0, 0);
    for seed in (first..seeds).step_by(usize::try_from(SHARES).unwrap()) {
        let (more_compared, more_breaks) = run(seed);
        compared += more_compared;
        breaks += more_breaks;
    }
    // Chance must not have spared the client.
    let runs = usize::try_from(seeds / SHARES).unwrap();
    assert!(
        compared >= runs * 20,
        "{compared} comparisons in {runs} runs"
    );
    assert!(breaks >= runs, "{breaks} breaks in {runs} runs");
    println!("{runs} seeds, {breaks} breaks, {compared} comparisons");
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

/// UCCX: BEGIN_CALL_EVENT fell into a gap, so that only connections named the call, and all of them were
/// gone at the next break.
#[test]
fn a_call_that_only_gone_connections_named_is_asked_about() {
    run(4640);
}

/// Version 24: the OPEN_CONF of a side that was active until the other one took over came late.
#[test]
fn an_open_conf_from_before_the_other_side_took_over_is_not_believed() {
    run(5466);
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
