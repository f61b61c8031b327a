//! `spec/coverage.md`, one line for each message that the documents name, is made here and compared.
//!
//! `UPDATE_COVERAGE=1 cargo test -p cti-proto --test coverage` writes it anew.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::{env, fs};

use bytes::Bytes;
use cti_proto::code::MessageType;
use cti_proto::message::{Extent, Table};
use cti_proto::{Dialect, Frame, Message, Version};

use common::synth::{sample, versions};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/spec/coverage.md");

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

/// A row of the documents: name and first version.
fn rows() -> BTreeMap<(Dialect, u32), (&'static str, &'static str)> {
    let lines = include_str!("../spec/messages.tsv").lines().skip(1);
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let dialect = match cells[0] {
                "ucce" => Dialect::Ucce,
                _ => Dialect::Uccx,
            };
            let number = cells[1].parse().unwrap();
            ((dialect, number), (cells[2], cells[13]))
        })
        .collect()
}

fn coverage() -> String {
    let rows = rows();
    let (mut lines, mut typed, mut inferred) = (String::new(), 0, 0);
    for ((dialect, number), (name, first)) in &rows {
        let mut own = versions().filter(|version| version.dialect() == *dialect);
        let table = own.find_map(|version| {
            let table = Message::table_of(version, MessageType(*number))?;
            Some((table, version))
        });
        let (body, read, link) = match table {
            None => (
                "raw",
                "none is public".to_owned(),
                "[`Unknown`](crate::Message::Unknown)".to_owned(),
            ),
            Some((table, version)) => {
                typed += 1;
                let read = read(table, *dialect);
                inferred += usize::from(read.is_empty());
                let body = match (read.as_str(), dialect) {
                    ("", _) => "inferred",
                    ("cut", Dialect::Uccx) => "typed, end inferred",
                    _ => "typed",
                };
                let name = struct_name(table, version);
                (body, read, format!("[`{name}`](crate::message::{name})"))
            }
        };
        let dialect = format!("{dialect:?}").to_uppercase();
        writeln!(
            lines,
            "| {number} | {name} | {dialect} | {first} | {body} | {read} | {link} |"
        )
        .unwrap();
    }
    let (all, raw) = (rows.len(), rows.len() - typed);
    format!(
        "Every message that the public documents name, by dialect and number: {all} rows, of which {typed} are \
         typed ({inferred} of these inferred as a whole) and {raw}, whose bodies no public document prints, are \
         carried as they are.\n\
         \n\
         - *since*: the first version that has the message, or the oldest that is known.\n\
         - *body*: `typed`; `inferred` where no table of the dialect was read, so that the layout follows the \
         other dialect, from some place on where the table was cut; `raw` where the body is kept unread.\n\
         - *tables read*: the versions of UCCE in whose guides the table was read as a whole; for UCCX, whose \
         one guide covers 10 to 18, how much of it was. In all other versions the layout is inferred from these: \
         [`Table::is_inferred`](crate::message::Table::is_inferred) tells.\n\
         \n\
         Messages that UCCX shares with UCCE by number, but that have no row of their own here, are read by the \
         row of UCCE 18, inferred.\n\
         \n\
         | number | name | dialect | since | body | tables read | type |\n\
         | ---: | --- | --- | ---: | --- | --- | --- |\n\
         {lines}"
    )
}

/// Where the table was read; empty if nowhere.
fn read(table: &Table, dialect: Dialect) -> String {
    match (dialect, table.evidence.uccx) {
        (Dialect::Ucce, _) => {
            let numbers = table.evidence.ucce.iter().map(u8::to_string);
            numbers.collect::<Vec<_>>().join(", ")
        }
        (Dialect::Uccx, Extent::Whole) => "whole".to_owned(),
        (Dialect::Uccx, Extent::Cut) => "cut".to_owned(),
        (Dialect::Uccx, Extent::Nothing) => String::new(),
    }
}

/// The Rust type, as `Debug` of the variant that holds it begins.
fn struct_name(table: &'static Table, version: Version) -> String {
    let frame = Frame {
        message_type: table.number,
        body: Bytes::from(sample(table, version).body),
    };
    let shown = format!("{:?}", Message::decode(version, frame).unwrap());
    shown.split('(').next().unwrap().to_owned()
}
