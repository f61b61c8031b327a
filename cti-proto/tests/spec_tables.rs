//! The tables of this crate beside tables that a script takes from the facts: `spec/*.tsv`, written
//! by `spec/transcribe.py`.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use std::collections::{BTreeMap, BTreeSet};

use cti_proto::code::MessageType;
use cti_proto::codec::{Field, Place};
use cti_proto::message::Table;
use cti_proto::{Dialect, Message, Tag, Version};

/// A line of `messages.tsv`.
struct Line {
    dialect: Dialect,
    number: u32,
    message: &'static str,
    whole: bool,
    read: &'static str,
    place: &'static str,
    field: &'static str,
    tag: Option<u16>,
    size: usize,
    required: bool,
    since: (u32, u32),
    removed: (u32, u32),
    /// The first version that has the message.
    from: u32,
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
    let text = include_str!("../spec/messages.tsv");
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
                read: cells[4],
                place: cells[5],
                field: cells[6],
                tag: cells[7].parse().ok(),
                size: cells[9].parse().unwrap_or(0),
                required: cells[10] == "required",
                since: range(cells[11]),
                removed: range(cells[12]),
                from: cells[13].parse().unwrap(),
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
fn fields_stand_in_the_order_of_the_documents_by_their_names() {
    let mut compared = 0;
    for ((dialect, number), lines) in rows() {
        for version in versions(dialect) {
            let Some(table) = table(number, version) else {
                continue;
            };
            let theirs = lines.iter().filter(|line| line.place == "fixed");
            if theirs
                .clone()
                .any(|line| line.applies(version.number()).is_none())
            {
                continue;
            }
            let theirs = theirs.filter(|line| line.applies(version.number()) == Some(true));
            let ours = table.fields.iter();
            let ours = ours.filter(|field| field.gate.admits(version) && width(field).is_some());
            for (field, line) in ours.zip(theirs) {
                let same = names_agree(field.name, line.field);
                assert!(
                    same,
                    "{} {version}: {} is {}",
                    table.name, field.name, line.field
                );
                compared += 1;
            }
            let mut ours = Vec::new();
            floating(table.fields, version, &mut ours);
            for line in lines.iter().filter(|line| line.place == "floating") {
                let mut tagged = ours
                    .iter()
                    .filter(|field| line.tag.map(Tag) == field.tag(version))
                    .filter(|_| line.applies(version.number()) == Some(true))
                    .peekable();
                let same = tagged.peek().is_none()
                    || tagged.any(|field| names_agree(field.name, line.field));
                assert!(same, "{} {version}: {}", table.name, line.field);
                compared += 1;
            }
        }
    }
    assert!(compared > 30_000, "{compared} names");
}

/// Whether a field here has the name of the documents, but for what they say in two ways: the
/// older tables and those of UCCX leave out `Connection` and `ID`; an entry of a list leaves out the
/// name of the list; UCCX reserves places in which UCCE has a meaning.
fn names_agree(ours: &str, theirs: &str) -> bool {
    let plain = |name: &str| {
        name.replace('_', "")
            .to_lowercase()
            .replace("devicetype", "deviceidtype")
            .replace("connection", "")
    };
    theirs == "reserved"
        || OTHER_NAMES.contains(&(ours, theirs))
        || plain(theirs).ends_with(&plain(ours))
        || plain(ours)
            .strip_suffix('s')
            .is_some_and(|one| plain(theirs).ends_with(one))
}

/// Names here, and what else the documents call the field.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("agent_service_req", "AgentCapacity"),
    ("call_control_table", "CCT"),
    ("coc_connection_device_id", "COCCallConnectionDeviceID"),
    (
        "coc_connection_device_id_type",
        "COCCallConnectionDeviceIDType",
    ),
    ("config_information", "ConfigurationMask"),
    ("dialed_number", "DeviceField2"),
    ("extension", "DeviceField4"),
    ("icm_central_controller_time", "CCXTime"),
    ("mrd_id", "FltMRDomainID"),
    ("mrd_id", "MRDomainID"),
    ("num_enabled_services", "NumOfEnabledServices"),
    ("num_skill_groups", "NumCSQs"),
    ("num_skill_groups", "NumFltSkillGroups"),
    ("num_skill_groups", "numCSQs"),
    ("num_skills", "NumCSQ"),
    ("number", "CSQID"),
    ("peripheral_number", "DeviceField0"),
    ("peripheral_online", "CCXOnline"),
    ("pg_status", "CCXStatus"),
    ("service_config_key", "ApplicationConfigKey"),
    ("service_id", "DeviceField1"),
    ("service_number", "ApplicationID"),
    ("skill_group_config_key", "CSQConfigKey"),
    ("skill_group_config_key", "CSQueueConfigKey"),
    ("skill_group_number", "CSQID"),
    ("skill_group_priority", "lineType"),
    ("skill_group_state", "CSQState"),
];

#[test]
fn tables_are_marked_as_read_where_a_document_was_read() {
    for ((dialect, number), lines) in rows() {
        let Some(table) = versions(dialect).find_map(|version| table(number, version)) else {
            continue;
        };
        let read = match dialect {
            Dialect::Ucce if table.evidence.ucce.is_empty() => "nothing".to_owned(),
            Dialect::Ucce => {
                let numbers: Vec<String> = table.evidence.ucce.iter().map(u8::to_string).collect();
                numbers.join(" ")
            }
            Dialect::Uccx => format!("{:?}", table.evidence.uccx).to_lowercase(),
        };
        assert_eq!(read, lines[0].read, "{} {dialect:?}", table.name);
        for version in versions(dialect).filter(|version| table.gate.admits(*version)) {
            let confirmed = match dialect {
                Dialect::Ucce => lines[0]
                    .read
                    .split(' ')
                    .any(|number| number == version.number().to_string()),
                Dialect::Uccx => lines[0].read == "whole",
            };
            assert_ne!(
                table.is_inferred(version),
                confirmed,
                "{} {version}",
                table.name
            );
        }
    }
}

#[test]
fn messages_are_there_from_the_version_on_that_the_documents_name() {
    for ((dialect, number), lines) in rows() {
        let first = versions(dialect).find(|version| table(number, *version).is_some());
        if let Some(first) = first {
            assert_eq!(
                first.number(),
                lines[0].from,
                "{} {dialect:?}",
                lines[0].message
            );
        }
    }
}

#[test]
fn a_layout_without_a_row_of_its_own_is_inferred() {
    let rows = rows();
    let mut inferred = 0;
    for table in Message::TABLES {
        for version in (5..=25)
            .map(Version::ucce)
            .chain((10..=18).map(Version::uccx))
        {
            if table.gate.admits(version)
                && !rows.contains_key(&(version.dialect(), table.number.0))
            {
                assert!(table.is_inferred(version), "{} {version}", table.name);
                inferred += 1;
            }
        }
    }
    assert!(inferred > 300, "{inferred}");
}

#[test]
fn versions_are_confirmed_where_the_messages_that_keep_a_session_were_read() {
    for version in versions(Dialect::Ucce) {
        let inferred =
            (1..=8).filter(|number| table(*number, version).unwrap().is_inferred(version));
        assert_eq!(version.is_confirmed(), inferred.count() == 0, "{version}");
    }
    let confirmed: Vec<u32> = versions(Dialect::Uccx)
        .filter(|version| version.is_confirmed())
        .map(Version::number)
        .collect();
    assert_eq!(confirmed, [10, 11, 12, 13, 14, 15, 16, 17]);
}

#[test]
fn required_fields_are_those_of_the_documents() {
    let rows = rows();
    for ((dialect, number), lines) in &rows {
        for version in versions(*dialect) {
            let Some(table) = table(*number, version) else {
                continue;
            };
            let required = |tag: u16| {
                let mut lines = lines.iter();
                lines.any(|line| line.tag == Some(tag) && line.required)
            };
            let floating = table
                .fields
                .iter()
                .filter(|field| field.gate.admits(version));
            for field in floating {
                let Some(tag) = field.tag(version) else {
                    continue;
                };
                // UCCX: the table of OPEN_REQ is cut; the rules of the session say it for both.
                let rule = *number == 3 && field.name.starts_with("client_") && tag.0 < 3;
                let expected = required(tag.0) || rule;
                let ours = field.required.admits(version);
                assert_eq!(ours, expected, "{} {} {version}", table.name, field.name);
            }
        }
    }
}
