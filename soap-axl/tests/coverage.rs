//! `spec/coverage.md`, which operations have a type and which travel as trees, is made here and compared.
//!
//! `UPDATE_COVERAGE=1 cargo test -p soap-axl --test coverage` writes it anew.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write,
    fs,
};

use soap_axl::axl::{Effect, Field, Request};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/spec/coverage.md");

/// Names of all operations of 12.5, 14.0 and 15.0.
const OPERATIONS: &str = include_str!("../spec/operation_names.txt");

#[test]
fn the_coverage_table_is_up_to_date() {
    let made = coverage();
    if env::var_os("UPDATE_COVERAGE").is_some() {
        fs::write(PATH, &made).unwrap();
    }
    let kept = fs::read_to_string(PATH).unwrap_or_default();
    assert!(
        kept == made,
        "run the test with UPDATE_COVERAGE=1 and commit {PATH}"
    );
}

#[test]
fn every_typed_operation_is_one_of_the_schema() {
    let known: BTreeSet<_> = OPERATIONS.lines().collect();
    assert_eq!(known.len(), 1068);
    for name in Request::TYPED {
        assert!(known.contains(name), "{name}");
    }
}

/// `add` and `Phone` of `addPhone`.
fn parts(operation: &str) -> (&str, &str) {
    operation.split_at(operation.find(|c: char| c.is_ascii_uppercase()).unwrap())
}

/// Wire names and types, as the registry has them.
fn types() -> impl Iterator<Item = (&'static str, &'static str)> {
    let registry = include_str!("../src/axl/registry.rs");
    let (_, list) = registry.split_once("\nregistry! {").unwrap();
    let (list, _) = list.split_once('}').unwrap();
    let names: Vec<_> = list.split(',').map(str::trim).collect();
    Request::TYPED.iter().map(move |wire| {
        let name = names.iter().find(|name| name.eq_ignore_ascii_case(wire));
        (*wire, *name.unwrap())
    })
}

/// Fields of a record and of those in it.
fn count(fields: &[Field]) -> usize {
    fields.iter().map(|field| 1 + count(field.inner)).sum()
}

fn coverage() -> String {
    let typed: BTreeMap<_, _> = types().collect();
    let mut verbs: BTreeMap<_, (usize, usize)> = BTreeMap::new();
    let mut objects: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for name in OPERATIONS.lines() {
        let (verb, object) = parts(name);
        let (all, with_type) = verbs.entry(verb).or_default();
        *all += 1;
        if typed.contains_key(name) {
            *with_type += 1;
        } else {
            objects.entry(object).or_default().push(verb);
        }
    }
    let all = OPERATIONS.lines().count();
    let mut out = format!(
        "Every operation of AXL 12.5, 14.0 and 15.0: {all}, of which {} have a type and {} travel as trees \
         ([`Dynamic`](crate::axl::Dynamic)), at both ends.\n\
         \n\
         What is typed is validated: requests and answers of every typed operation, every field among them, are \
         held against Cisco's schema of 11.5 to 15.0 by `tests/schema_typed.rs`, and again by libxml2 in the tests \
         with foreign clients. Trees are checked with `Schema::check` before they are sent, where the \
         user has the schema (feature `schema`).\n\
         \n\
         | verb | operations | typed |\n| --- | ---: | ---: |\n",
        typed.len(),
        all - typed.len(),
    );
    for (verb, (all, with_type)) in verbs {
        writeln!(out, "| {verb} | {all} | {with_type} |").unwrap();
    }
    out += "\n# Operations with a type\n\
        \n\
        Fields are those of the record and of the records in it; what is not among them is kept in `other`.\n\
        \n\
        | operation | type | effect | fields of the request | fields of the answer |\n\
        | --- | --- | --- | ---: | ---: |\n";
    for table in Request::TABLES {
        let name = typed[table.name];
        let effect = match Effect::of(table.name) {
            Effect::Read => "read",
            Effect::Write => "write",
        };
        let answer = match count(table.reply) {
            0 => "text".to_owned(),
            fields => fields.to_string(),
        };
        let request = count(table.request);
        let operation = table.name;
        writeln!(
            out,
            "| {operation} | [`{name}`](crate::axl::{name}) | {effect} | {request} | {answer} |"
        )
        .unwrap();
    }
    out += "\n# Operations as trees\n\n| object | verbs |\n| --- | --- |\n";
    for (object, verbs) in objects {
        writeln!(out, "| {object} | {} |", verbs.join(", ")).unwrap();
    }
    out
}
