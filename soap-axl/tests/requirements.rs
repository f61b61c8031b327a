//! Every requirement has a test that proves it, and every test that is named exists.

use std::collections::BTreeMap;

const REQUIREMENTS: &str = include_str!("spec/requirements.tsv");

/// Everything that has tests in it.
const SOURCES: &[&str] = &[
    include_str!("soap11.rs"),
    include_str!("soap12.rs"),
    include_str!("http.rs"),
    include_str!("golden.rs"),
    include_str!("malformed.rs"),
    include_str!("../src/encoding.rs"),
    include_str!("../src/http.rs"),
];

/// Rows of the table: id, side, level, statement, tests.
fn rows() -> Vec<[&'static str; 5]> {
    REQUIREMENTS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let columns: Vec<_> = line.split('\t').collect();
            columns.try_into().expect("five columns")
        })
        .collect()
}

#[test]
fn every_requirement_is_proved_by_tests_that_exist() {
    for [id, side, level, _, tests] in rows() {
        assert!(matches!(side, "C" | "S" | "B"), "{id}: {side}");
        assert!(matches!(level, "MUST" | "SHOULD" | "MAY"), "{id}: {level}");
        if tests.starts_with('[') {
            assert_ne!(level, "MUST", "{id} has only a reason");
            continue;
        }
        assert!(!tests.is_empty(), "{id} has neither test nor reason");
        for test in tests.split(' ') {
            let header = format!("#[test]\nfn {test}()");
            let nested = format!("#[test]\n    fn {test}()");
            let exists = SOURCES
                .iter()
                .any(|source| source.contains(&header) || source.contains(&nested));
            assert!(exists, "{id}: there is no test {test}");
        }
    }
}

#[test]
fn no_id_comes_twice_and_no_test_proves_too_much() {
    let mut proved: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ids: Vec<_> = rows().iter().map(|row| row[0]).collect();
    for [_, _, _, _, tests] in rows() {
        for test in tests.split(' ') {
            *proved.entry(test).or_default() += 1;
        }
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    assert_eq!(count, 49);
    let too_much: Vec<_> = proved.iter().filter(|(_, count)| **count > 5).collect();
    assert_eq!(too_much, []);
}
