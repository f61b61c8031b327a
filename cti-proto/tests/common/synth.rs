//! Makes bytes of any message from its field table alone, without the encoder.

use cti_proto::codec::{Field, Place};
use cti_proto::message::Table;
use cti_proto::{FieldWidth, Version};

/// A tag that the specification leaves unused, and its data.
pub(crate) const UNKNOWN_TAG: u16 = 240;
pub(crate) const UNKNOWN_DATA: &[u8] = &[1, 2, 3];

/// A body and where its parts end.
pub(crate) struct Sample {
    pub(crate) body: Vec<u8>,
    pub(crate) fixed_len: usize,
    /// Offsets at which a floating field begins or the body ends.
    pub(crate) boundaries: Vec<usize>,
}

/// Every version the tables cover.
pub(crate) fn versions() -> impl Iterator<Item = Version> {
    (5..=25)
        .map(Version::ucce)
        .chain((10..=18).map(Version::uccx))
}

/// Whether the documents do not agree on the layout, so that a body decides how it is read.
pub(crate) fn is_disputed(table: &Table, version: Version) -> bool {
    let mut fixed = table.fields.iter();
    fixed.any(|field| field.perhaps.admits(version))
        || matches!(
            table.name,
            "SEND_DTMF_SIGNAL_REQ" | "CALL_ATTRIBUTE_CHANGE_EVENT"
        )
        || version == Version::uccx(18)
}

/// All fields of `table` that `version` has, each list with two entries, and an unknown field
/// before the lists of the message and of each record.
pub(crate) fn sample(table: &Table, version: Version) -> Sample {
    let mut body = Vec::new();
    let mut seed = 0;
    for field in table
        .fields
        .iter()
        .filter(|field| field.gate.admits(version))
    {
        match field.place {
            Place::Fixed { .. } if field.type_name == "bool" => body.extend([0, 1]),
            Place::Fixed { width } => body.extend(bytes(&mut seed, width)),
            Place::Count { list } => body.extend(entries(table, list, version).to_be_bytes()),
            Place::Floating { .. } | Place::List { .. } => {}
            _ => unreachable!("a new place"),
        }
    }
    let mut sample = Sample {
        fixed_len: body.len(),
        boundaries: vec![body.len()],
        body,
    };
    let floating = table
        .fields
        .iter()
        .filter(|field| matches!(field.place, Place::Floating { .. }));
    fields(&mut sample, floating, version, &mut seed);
    put(&mut sample, version, UNKNOWN_TAG, UNKNOWN_DATA);
    lists(&mut sample, table.fields, version, &mut seed);
    sample
}

fn lists(sample: &mut Sample, all: &'static [Field], version: Version, seed: &mut u8) {
    for field in all.iter().filter(|field| field.gate.admits(version)) {
        if let Place::List { entry } = field.place {
            for _ in 0..2 {
                let floating = entry
                    .iter()
                    .filter(|field| matches!(field.place, Place::Floating { .. }));
                fields(sample, floating, version, seed);
                if entry[0].name == "record_type" {
                    put(sample, version, UNKNOWN_TAG, UNKNOWN_DATA);
                }
                lists(sample, entry, version, seed);
            }
        }
    }
}

fn fields(
    sample: &mut Sample,
    fields: impl Iterator<Item = &'static Field>,
    version: Version,
    seed: &mut u8,
) {
    for field in fields.filter(|field| field.gate.admits(version)) {
        let times = if field.type_name.starts_with("Vec") {
            2
        } else {
            1
        };
        for _ in 0..times {
            let data = data(field, version, seed);
            put(sample, version, field.tag(version).unwrap().0, &data);
        }
    }
}

/// Entries that `sample` gives the list called `list`.
fn entries(table: &Table, list: &str, version: Version) -> u16 {
    let field = table
        .fields
        .iter()
        .find(|field| field.name == list)
        .unwrap();
    if field.gate.admits(version) { 2 } else { 0 }
}

fn data(field: &Field, version: Version, seed: &mut u8) -> Vec<u8> {
    if field.counts.is_some() {
        return vec![0, 2];
    }
    let inner = field.type_name.split(['<', '>']).nth(1).unwrap().trim();
    *seed = seed.wrapping_add(1);
    match inner {
        "Text" => vec![b'a' + *seed % 26, 0],
        "Secret" | "Blob" => vec![*seed; 4],
        "NamedVariable" => vec![b'n', 0, b'v', 0],
        "NamedArray" => vec![*seed, b'n', 0, b'v', 0],
        "bool" => vec![0, 1],
        _ => bytes(seed, field.max(version)),
    }
}

fn bytes(seed: &mut u8, len: usize) -> Vec<u8> {
    (0..len)
        .map(|_| {
            *seed = seed.wrapping_add(1);
            *seed
        })
        .collect()
}

fn put(sample: &mut Sample, version: Version, tag: u16, data: &[u8]) {
    put_field(&mut sample.body, version.field_width(), tag, data);
    sample.boundaries.push(sample.body.len());
}

/// Appends one floating field.
pub(crate) fn put_field(out: &mut Vec<u8>, width: FieldWidth, tag: u16, data: &[u8]) {
    match width {
        FieldWidth::Narrow => out.extend([
            u8::try_from(tag).unwrap(),
            u8::try_from(data.len()).unwrap(),
        ]),
        FieldWidth::WideTag => {
            out.extend(tag.to_be_bytes());
            out.push(u8::try_from(data.len()).unwrap());
        }
        FieldWidth::Wide => {
            out.extend(tag.to_be_bytes());
            out.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        }
    }
    out.extend(data);
}
