//! Holds `spec/requirements.tsv` against the tests: each requirement names the tests that prove
//! it or the reason why none does.
//!
//! A test proves a requirement if the id stands in its body, outside of comments: in the message
//! of an assertion. `cargo test -p bosh --test requirements -- --nocapture` prints the coverage.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

struct Requirement {
    id: String,
    who: String,
    level: String,
    tests: Vec<String>,
    reason: String,
}

fn table() -> Vec<Requirement> {
    include_str!("../spec/requirements.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [id, who, level, statement, tests, reason] = fields[..] else {
                panic!("six fields: {line}");
            };
            assert!(!statement.is_empty(), "{id} says nothing");
            Requirement {
                id: id.to_owned(),
                who: who.to_owned(),
                level: level.to_owned(),
                tests: tests
                    .split(' ')
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned)
                    .collect(),
                reason: reason.to_owned(),
            }
        })
        .collect()
}

/// Bodies of all tests of this crate, without comments, by name.
fn tests() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeMap::new();
    let mut files = Vec::new();
    for directory in ["src", "tests"] {
        collect(&root.join(directory), &mut files);
    }
    for file in files {
        let source = fs::read_to_string(file).unwrap();
        for part in source.split("#[test]").skip(1) {
            let name = part.split_once("fn ").unwrap().1.split('(').next().unwrap();
            let end = part.find("\n}\n").into_iter().chain(
                part.find("\n    }\n")
                    .filter(|_| part.starts_with("\n    fn ")),
            );
            let body = &part[..end.min().unwrap()];
            let code = body
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            let twice = found.insert(name.to_owned(), code.collect::<Vec<_>>().join("\n"));
            assert!(twice.is_none(), "two tests named {name}");
        }
    }
    found
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Whether a body names the id, and not only a longer one.
fn names(body: &str, id: &str) -> bool {
    body.match_indices(id).any(|(at, _)| {
        let next = body.as_bytes().get(at + id.len());
        let before = body[..at].chars().next_back();
        !next.is_some_and(u8::is_ascii_digit) && !before.is_some_and(|c| c.is_ascii_alphanumeric())
    })
}

#[test]
fn every_requirement_is_proved_or_says_why_not() {
    let (table, tests) = (table(), tests());
    assert_eq!(table.len(), 231);
    let mut ids = BTreeSet::new();
    let mut coverage: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut reasons_only = 0;
    for requirement in &table {
        let Requirement {
            id,
            who,
            level,
            tests: named,
            reason,
        } = requirement;
        assert!(ids.insert(id), "{id} is listed twice");
        let counts = coverage.entry(who).or_default();
        counts.1 += 1;
        if named.is_empty() {
            assert!(
                !reason.is_empty(),
                "{id} ({level}) has neither a test nor a reason"
            );
            reasons_only += 1;
            continue;
        }
        counts.0 += 1;
        for name in named {
            let body = tests
                .get(name)
                .unwrap_or_else(|| panic!("{id}: no test named {name}"));
            assert!(names(body, id), "{name} does not name {id}");
        }
    }
    for (who, (proved, all)) in &coverage {
        println!("{who}: {proved} of {all} requirements are proved by tests");
    }
    println!("without a test, for a reason: {reasons_only}");
    assert!(
        reasons_only <= MOST_REASONS,
        "{reasons_only} requirements have only a reason"
    );
}

#[test]
fn every_id_in_a_test_is_in_the_table() {
    let table: BTreeMap<String, Vec<String>> = table()
        .into_iter()
        .map(|requirement| (requirement.id, requirement.tests))
        .collect();
    for (name, body) in tests()
        .iter()
        .filter(|(name, _)| !name.starts_with("every_"))
    {
        for word in body.split(|c: char| !(c.is_ascii_alphanumeric() || "-.".contains(c))) {
            let id = word.trim_end_matches(['.', '-']);
            if id.starts_with("BOSH-") || id.starts_with("XBOSH-") || id.starts_with("OLD-") {
                let listed = table
                    .get(id)
                    .unwrap_or_else(|| panic!("{name}: no requirement {id}"));
                assert!(listed.contains(name), "{id} does not list {name}");
            }
        }
    }
}

/// May only go down.
const MOST_REASONS: usize = 52;
