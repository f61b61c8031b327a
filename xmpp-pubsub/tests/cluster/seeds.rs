//! Random histories: what clients see is what one service would have told them, whatever brokers and members do.
//!
//! `XMPP_PUBSUB_CLUSTER_SEEDS` asks for more histories, `XMPP_PUBSUB_CLUSTER_SEED` for one of them.

use std::env;

use crate::stats::Stats;
use crate::world::World;

/// How many histories there are by default, in as many tests as run beside each other.
const SEEDS: u64 = 200;
const SHARES: u64 = 4;
const STEPS: usize = 120;

fn number(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    Some(value.parse().expect("a number"))
}

fn run(seed: u64) -> Stats {
    println!("seed {seed}"); // the last one shown is the one that failed
    let mut world = World::new(seed);
    world.run(STEPS);
    world.check();
    world.stats
}

fn share(share: u64) {
    if let Some(seed) = number("XMPP_PUBSUB_CLUSTER_SEED") {
        if share == 0 {
            println!("{:?}", run(seed));
        }
        return;
    }
    let seeds = number("XMPP_PUBSUB_CLUSTER_SEEDS").unwrap_or(SEEDS) / SHARES;
    let mut total = Stats::default();
    for seed in share * seeds..(share + 1) * seeds {
        total.add(&run(seed));
    }
    println!("{total:?}");
    let seeds = usize::try_from(seeds).unwrap();
    for (what, count) in [
        ("takeovers", total.takeovers),
        ("compared states", total.compared),
        ("lost leases", total.fenced),
        ("void records", total.void),
        ("duplicate appends", total.duplicates),
        ("records that were cut", total.cut),
        ("answers", total.answers),
        ("events", total.events),
    ] {
        assert!(count >= seeds, "{count} {what}");
    }
    // Some histories have none.
    assert!(
        seeds < 20 || total.crashes > 0 && total.expelled > 0,
        "{total:?}"
    );
}

#[test]
fn any_history_is_that_of_one_service() {
    share(0);
}

#[test]
fn any_history_is_that_of_one_service_2() {
    share(1);
}

#[test]
fn any_history_is_that_of_one_service_3() {
    share(2);
}

#[test]
fn any_history_is_that_of_one_service_4() {
    share(3);
}
