//! What is played, by subject.

mod acks;
mod activity;
mod creation;
mod held;
mod http;
mod keys;
mod order;
mod pause;
mod repeats;
mod streams;
mod terminate;
mod wrapper;
mod xmpp;

use std::sync::LazyLock;
use std::time::Duration;

#[cfg(test)]
use super::observe;
use super::report::ScenarioReport;
use super::stage::Stage;
use super::verdict::{Finding, Stop};

/// One thing that is played against a server.
pub struct Scenario {
    /// Name, for `--only`.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub what: &'static str,
    /// Requirements it comes to a verdict about.
    pub checks: &'static [&'static str],
    /// Whether it waits for minutes.
    pub slow: bool,
    pub(crate) play: fn(&mut Stage<'_>) -> Result<(), Stop>,
}

impl Scenario {
    /// All of them, in the order in which they are told.
    #[must_use]
    pub fn all() -> &'static [&'static Self] {
        &ALL
    }

    /// Whether a name on the command line means this one.
    pub(crate) fn is_meant(&self, name: &str) -> bool {
        !name.is_empty() && self.name.contains(name)
    }
}

impl std::fmt::Debug for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scenario")
            .field("name", &self.name)
            .field("checks", &self.checks)
            .field("slow", &self.slow)
            .finish_non_exhaustive()
    }
}

static ALL: LazyLock<Vec<&'static Scenario>> = LazyLock::new(|| {
    [
        wrapper::ALL,
        creation::ALL,
        order::ALL,
        held::ALL,
        repeats::ALL,
        activity::ALL,
        pause::ALL,
        acks::ALL,
        keys::ALL,
        terminate::ALL,
        streams::ALL,
        xmpp::ALL,
        http::ALL,
    ]
    .into_iter()
    .flatten()
    .collect()
});

/// What all answers of a run showed.
pub(crate) fn every_answer(found: Vec<Finding>) -> ScenarioReport {
    ScenarioReport::new(
        "every-answer",
        "What all answers of the run have in common.",
        Duration::ZERO,
        found,
    )
}

/// The requirements that any scenario looks at.
#[cfg(test)]
fn looked_at() -> std::collections::BTreeSet<&'static str> {
    let checks = ALL.iter().flat_map(|it| it.checks.iter().copied());
    checks.chain(observe::IDS.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::catalog::Requirement;
    use super::*;

    /// What clients do and the same paragraph has servers take.
    const TAKEN_BY_SERVERS: [&str; 2] = ["BOSH-10-11", "BOSH-16.4-02"];

    #[test]
    fn every_id_is_a_requirement_of_servers_or_a_judgement_call() {
        for id in looked_at() {
            let requirement = Requirement::find(id).unwrap();
            assert!(
                requirement.binds_servers() || TAKEN_BY_SERVERS.contains(&id),
                "{id} binds {}",
                requirement.who
            );
        }
    }

    #[test]
    fn names_are_unique_and_say_what_is_done() {
        let names: BTreeSet<&str> = ALL.iter().map(|it| it.name).collect();
        assert_eq!(names.len(), ALL.len());
        for scenario in ALL.iter() {
            assert!(!scenario.checks.is_empty(), "{}", scenario.name);
            assert!(scenario.what.ends_with('.'), "{}", scenario.name);
        }
    }
}
