//! The tables of the operations against a transcription made apart from them.

#![allow(clippy::unwrap_used, reason = "helpers of a test may do as tests do")]

use std::collections::BTreeSet;

use soap_axl::axl::{Field, OperationTable, Place, ReplyPlace, Request};

const TABLE: &str = include_str!("../spec/operations.tsv");

/// Rows of the transcription: operation, part, children.
fn rows() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    TABLE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut columns = line.split('\t');
            let mut next = || columns.next().unwrap();
            (next(), next(), next().split(", ").collect())
        })
        .collect()
}

/// Names of the children; those of a choice one after the other.
fn children(fields: &[Field]) -> Vec<&'static str> {
    fields
        .iter()
        .filter(|field| field.place == Place::Child)
        .flat_map(|field| field.wire.split(" | "))
        .collect()
}

fn table(name: &str) -> &'static OperationTable {
    let mut tables = Request::TABLES.iter();
    tables.find(|table| table.name == name).unwrap()
}

/// Whether all of `part` is in `whole`, each behind the one before. The order of a choice is free.
fn is_in_order(part: &[Field], whole: &[&str]) -> bool {
    let place = |name: &str| whole.iter().position(|other| *other == name);
    let mut last = None;
    part.iter()
        .filter(|field| field.place == Place::Child)
        .all(|field| {
            let mut places = field.wire.split(" | ").map(place);
            let first = places.clone().min().flatten();
            let fits = places.all(|place| place.is_some()) && first > last;
            last = first;
            fits
        })
}

#[test]
fn requests_have_the_children_of_the_schema_in_its_order() {
    for (name, part, expected) in rows() {
        if part != "request" {
            continue;
        }
        let request = table(name).request;
        assert!(
            is_in_order(request, &expected),
            "{name}: {:?} in {expected:?}",
            children(request)
        );
        assert!(!request.is_empty(), "{name}");
    }
}

#[test]
fn answers_have_all_children_of_the_schema_where_it_has_them() {
    for (name, part, expected) in rows() {
        let OperationTable { place, reply, .. } = *table(name);
        match part {
            "request" => continue,
            "return" => assert_eq!(place, ReplyPlace::Return, "{name}"),
            "answer" => assert_eq!(place, ReplyPlace::Answer, "{name}"),
            other => panic!("{other}"),
        }
        if expected == ["text"] {
            assert_eq!(reply, [], "{name}");
        } else {
            assert_eq!(children(reply), expected, "{name}");
        }
    }
}

#[test]
fn every_typed_operation_is_in_the_transcription() {
    let transcribed: BTreeSet<_> = rows().into_iter().map(|(name, _, _)| name).collect();
    let typed: BTreeSet<_> = Request::TYPED.iter().copied().collect();
    assert_eq!(typed, transcribed);
    assert_eq!(typed.len(), 95);
}

/// `| Phone | add, get |` of the README, and the names that stand for themselves.
#[test]
fn the_readme_lists_every_typed_operation() {
    let readme = include_str!("../README.md");
    let (_, table) = readme
        .split_once("| object | operations with a type |")
        .unwrap();
    let mut listed = BTreeSet::new();
    for line in table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
    {
        let (object, verbs) = line.trim_matches('|').split_once('|').unwrap();
        for verb in verbs.trim().split(", ") {
            listed.insert(match verb.strip_prefix('`') {
                Some(name) => name.trim_end_matches('`').to_owned(),
                None => format!("{verb}{}", object.trim().trim_matches('`')),
            });
        }
    }
    let typed: BTreeSet<_> = Request::TYPED
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    assert_eq!(listed, typed);
}
