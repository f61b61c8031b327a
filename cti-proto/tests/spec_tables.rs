//! The tables of this crate beside tables that a script takes from the facts: `spec/*.tsv`, written
//! by `spec/transcribe.py`.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use std::collections::{BTreeMap, BTreeSet};

use cti_proto::code::{
    AgentState, AgentStateMask, CallEventMask, CallType, ConnectionDeviceIdType,
    ControlFailureCode, DeviceIdType, EventCause, LineType, LocalConnectionState, MessageType,
    ServiceMask, StatusCode,
};
use cti_proto::codec::{Field, Place};
use cti_proto::message::Table;
use cti_proto::{Dialect, Message, Tag, Version};

/// A line of `messages.tsv`.
struct Line {
    dialect: Dialect,
    number: u32,
    message: &'static str,
    whole: bool,
    place: &'static str,
    field: &'static str,
    tag: Option<u16>,
    size: usize,
    since: (u32, u32),
    removed: (u32, u32),
}

impl Line {
    /// Whether `version` has the field; `None` where the documents do not say.
    fn applies(&self, version: u32) -> Option<bool> {
        let (first, last) = self.since;
        if first != last && (first..last).contains(&version) {
            return None;
        }
        let (gone_first, gone_last) = self.removed;
        if gone_first != 0 && version >= gone_first {
            return if version >= gone_last {
                Some(false)
            } else {
                None
            };
        }
        Some(version >= last)
    }
}

fn range(text: &str) -> (u32, u32) {
    let (first, last) = text.split_once('-').unwrap_or(("0", "0"));
    (first.parse().unwrap(), last.parse().unwrap())
}

fn lines() -> Vec<Line> {
    let text = include_str!("spec/messages.tsv");
    text.lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            Line {
                dialect: if cells[0] == "ucce" {
                    Dialect::Ucce
                } else {
                    Dialect::Uccx
                },
                number: cells[1].parse().unwrap(),
                message: cells[2],
                whole: cells[3] == "whole",
                place: cells[4],
                field: cells[5],
                tag: cells[6].parse().ok(),
                size: cells[8].parse().unwrap_or(0),
                since: range(cells[9]),
                removed: range(cells[10]),
            }
        })
        .collect()
}

/// The lines of one message of one dialect.
fn rows() -> BTreeMap<(Dialect, u32), Vec<Line>> {
    let mut rows = BTreeMap::<_, Vec<_>>::new();
    for line in lines() {
        rows.entry((line.dialect, line.number))
            .or_default()
            .push(line);
    }
    rows
}

fn table(number: u32, version: Version) -> Option<&'static Table> {
    let mut tables = Message::TABLES.iter();
    tables
        .find(|table| table.number.0 == number && table.gate.admits(version))
        .copied()
}

fn versions(dialect: Dialect) -> impl Iterator<Item = Version> {
    let numbers = match dialect {
        Dialect::Ucce => 5..=25,
        Dialect::Uccx => 10..=18,
    };
    numbers.map(move |number| Version::new(dialect, number))
}

#[test]
fn every_known_body_is_typed_and_every_number_has_its_name() {
    for ((dialect, number), lines) in rows() {
        let name = lines[0].message;
        let typed = versions(dialect).find_map(|version| table(number, version));
        if lines[0].place == "unknown" {
            assert!(typed.is_none(), "{name}: no body is public");
        } else {
            let own = typed.unwrap_or_else(|| panic!("{name} is not typed")).name;
            // UCCX calls two messages CONSULT_CALL_*.
            assert_eq!(own, name.replace("CONSULT_CALL", "CONSULTATION_CALL"));
        }
        assert!(MessageType(number).name().is_some(), "{name}");
    }
}

#[test]
fn fixed_parts_have_the_widths_of_the_documents_in_each_version() {
    let mut compared = 0;
    for ((dialect, number), lines) in rows() {
        for version in versions(dialect) {
            let Some(table) = table(number, version) else {
                continue;
            };
            let fixed = || lines.iter().filter(|line| line.place == "fixed");
            let sure = fixed().all(|line| line.applies(version.number()).is_some());
            if !sure || disputed(table.name, version) {
                continue;
            }
            let theirs: Vec<usize> = fixed()
                .filter(|line| line.applies(version.number()) == Some(true))
                .map(|line| line.size)
                .collect();
            let ours: Vec<usize> = table
                .fields
                .iter()
                .filter(|field| field.gate.admits(version))
                .filter_map(width)
                .collect();
            if lines[0].place != "unknown" {
                assert_eq!(ours, theirs, "{} {version}", table.name);
                compared += 1;
            }
        }
    }
    assert!(compared > 3_000, "{compared} layouts");
}

/// Where this crate follows the best reading of the documents' notes instead of the plain table.
fn disputed(name: &str, version: Version) -> bool {
    match (name, version.dialect(), version.number()) {
        // The UINT at the end came with 12, the UCHAR before it with 10.
        ("SET_AGENT_STATE_REQ", _, 10..=11) => true,
        // CONFIG_REQUEST_KEY_EVENT and CONFIG_REQUEST_EVENT have their last UINT from 11 on.
        ("CONFIG_REQUEST_KEY_EVENT" | "CONFIG_REQUEST_EVENT", Dialect::Uccx, 10) => true,
        // SessionType: printed in the guide of version 23, given to 24 by the change list.
        ("OPEN_CONF", Dialect::Ucce, 23) => true,
        _ => false,
    }
}

fn width(field: &Field) -> Option<usize> {
    match field.place {
        Place::Fixed { width } => Some(width),
        Place::Count { .. } => Some(2),
        Place::Floating { .. } | Place::List { .. } | _ => None,
    }
}

/// All floating fields of a table, those of lists and records too.
fn floating(fields: &'static [Field], version: Version, out: &mut Vec<&'static Field>) {
    for field in fields.iter().filter(|field| field.gate.admits(version)) {
        match field.place {
            Place::Floating { .. } => out.push(field),
            Place::List { entry } => floating(entry, version, out),
            Place::Fixed { .. } | Place::Count { .. } | _ => {}
        }
    }
}

#[test]
fn floating_fields_have_the_tags_and_maxima_of_the_documents() {
    for ((dialect, number), lines) in rows() {
        for version in versions(dialect) {
            let Some(table) = table(number, version) else {
                continue;
            };
            let mut ours = Vec::new();
            floating(table.fields, version, &mut ours);
            let mut known = BTreeSet::new();
            for line in lines.iter().filter(|line| line.place == "floating") {
                let Some(tag) = line.tag else { continue };
                known.insert(tag);
                if line.field == "reserved" || line.applies(version.number()) != Some(true) {
                    continue;
                }
                let place = format!("{} {} {version}", table.name, line.field);
                let field = ours
                    .iter()
                    .find(|field| field.tag(version) == Some(Tag(tag)));
                let field = field.unwrap_or_else(|| panic!("{place}: tag {tag} is missing"));
                assert_eq!(field.max(version), line.size, "{place}");
            }
            if lines[0].whole && lines[0].place != "unknown" {
                for field in ours {
                    let tag = field.tag(version).unwrap();
                    // `DeviceCall` holds the tags of both dialects, `SkillGroup` the state that queues
                    // leave out.
                    let shared = matches!((number, tag.0), (85, _) | (21 | 86, 65));
                    assert!(known.contains(&tag.0) || shared, "{} {field:?}", table.name);
                }
            }
        }
    }
}

#[test]
fn tags_and_codes_have_the_values_of_the_documents() {
    let tables: [(&str, &dyn Fn(i64) -> bool); 14] = [
        ("FloatingFieldTag", &|value| {
            Tag(value as u16).name().is_some()
        }),
        ("StatusCode", &|value| {
            StatusCode(value as u32).name().is_some()
        }),
        ("ControlFailureCode", &|value| {
            ControlFailureCode(value as u16).name().is_some()
        }),
        ("ExtendedControlFailureCode", &|value| {
            ControlFailureCode(value as u16).name().is_some()
        }),
        ("AgentState", &|value| {
            AgentState(value as u16).name().is_some()
        }),
        ("LocalConnectionState", &|value| {
            LocalConnectionState(value as u16).name().is_some()
        }),
        ("EventCause", &|value| {
            EventCause(value as u16).name().is_some()
        }),
        ("ExtendedCallClearedEventCause", &|value| {
            EventCause(value as u16).name().is_some()
        }),
        ("CallType", &|value| CallType(value as u16).name().is_some()),
        ("DeviceIDType", &|value| {
            DeviceIdType(value as u16).name().is_some()
        }),
        ("ConnectionDeviceIDType", &|value| {
            ConnectionDeviceIdType(value as u16).name().is_some()
        }),
        ("LineType", &|value| LineType(value as u16).name().is_some()),
        ("CtiServiceMask", &|value| {
            ServiceMask::KNOWN.contains(ServiceMask(value as u32))
        }),
        ("AgentStateMask", &|value| {
            AgentStateMask::KNOWN.contains(AgentStateMask(value as u32))
        }),
    ];
    let mut seen = 0;
    for line in include_str!("spec/codes.tsv").lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let value: i64 = cells[2].parse().unwrap();
        if let Some((_, known)) = tables.iter().find(|(name, _)| *name == cells[0]) {
            assert!(known(value), "{line}");
            seen += 1;
        }
    }
    assert!(seen > 500, "{seen} values");
    assert_eq!(CallEventMask::KNOWN.0, u32::MAX);
    assert_eq!(StatusCode::SERVER_NOT_MASTER.0, 92);
    assert_eq!(Tag::AGENT_ID_LONG.0, 194);
}
