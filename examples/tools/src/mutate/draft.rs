//! A message as a list of fields that can be made wrong one by one.

use cti_proto::codec::{Field, Place};
use cti_proto::message::Table;
use cti_proto::{FieldWidth, Tag, Version};

use super::dice::Dice;

/// What a tester knows about the server: the values that some fields must have to be looked at further.
#[derive(Clone, Debug)]
pub struct Known {
    /// Switch to name in requests.
    pub peripheral_id: u32,
    /// Login ids, extensions and telephones to name in requests.
    pub devices: Vec<String>,
}

/// A message that is not yet bytes.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) message_type: u32,
    pub(crate) fixed: Vec<Fixed>,
    pub(crate) floating: Vec<Floating>,
    /// Behind the last field.
    pub(crate) tail: Vec<u8>,
    /// How long a tag and a length are written, if not as the version has it.
    pub(crate) width: FieldWidth,
    /// Bytes that are left out at the end of the body, and not counted in the header.
    pub(crate) cut: usize,
    /// What the header says, if not the truth.
    pub(crate) announced: Option<u32>,
}

#[derive(Clone, Debug)]
pub(crate) struct Fixed {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) counts: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Floating {
    pub(crate) name: &'static str,
    pub(crate) tag: u16,
    pub(crate) data: Vec<u8>,
    /// What the length says, if not the truth.
    pub(crate) announced: Option<u16>,
    pub(crate) counts: bool,
    /// Whether the message is not what it should be without it.
    pub(crate) required: bool,
}

impl Draft {
    /// A message of `table` with all of its fixed part, and some of what may follow.
    pub(crate) fn new(table: &Table, version: Version, known: &Known, dice: &mut Dice) -> Self {
        let mut draft = Self::empty(table, version);
        let entries = 1 + dice.below(3);
        draft.fill(table.fields, version, known, dice, entries, true);
        for field in live(table.fields, version) {
            let (bytes, counts) = match field.place {
                Place::Fixed { width } => (number(field, width, known, dice), false),
                Place::Count { list } => (draft.count(table, version, list, entries), true),
                Place::Floating { .. } | Place::List { .. } | _ => continue,
            };
            draft.fixed.push(Fixed {
                name: field.name,
                bytes,
                counts,
            });
        }
        draft
    }

    /// The message of `table` that has this body, which is as it should be.
    pub(crate) fn read(table: &Table, version: Version, mut body: &[u8]) -> Self {
        let mut draft = Self::empty(table, version);
        for field in live(table.fields, version) {
            let (width, counts) = match field.place {
                Place::Fixed { width } => (width, false),
                Place::Count { .. } => (COUNTER, true),
                Place::Floating { .. } | Place::List { .. } | _ => continue,
            };
            draft.fixed.push(Fixed {
                name: field.name,
                bytes: take(&mut body, width),
                counts,
            });
        }
        while !body.is_empty() {
            let (tag_len, len_len) = match draft.width {
                FieldWidth::Narrow => (1, 1),
                FieldWidth::WideTag => (2, 1),
                FieldWidth::Wide => (2, 2),
            };
            let tag = big_endian(&take(&mut body, tag_len));
            let len = big_endian(&take(&mut body, len_len));
            let field = live(table.fields, version).find(|field| field.accepts(version, Tag(tag)));
            draft.floating.push(Floating {
                name: field.map_or("unknown", |field| field.name),
                tag,
                data: take(&mut body, usize::from(len)),
                announced: None,
                counts: field.is_some_and(|field| field.counts.is_some()),
                required: field.is_some_and(|field| field.required.admits(version)),
            });
        }
        draft
    }

    fn empty(table: &Table, version: Version) -> Self {
        Self {
            message_type: table.number.0,
            fixed: Vec::new(),
            floating: Vec::new(),
            tail: Vec::new(),
            width: version.field_width(),
            cut: 0,
            announced: None,
        }
    }

    /// Floating fields, and entries of each list. An entry that has not `begun` needs its first field: it is by that one
    /// that a reader knows it.
    fn fill(
        &mut self,
        fields: &'static [Field],
        version: Version,
        known: &Known,
        dice: &mut Dice,
        entries: usize,
        mut begun: bool,
    ) {
        for field in live(fields, version) {
            let Some(tag) = field.tag(version) else {
                continue;
            };
            let counts = field.counts.is_some();
            let required = counts || field.required.admits(version) || !begun;
            begun = true;
            if !required && !dice.chance(60) {
                continue;
            }
            let repeats = field.type_name.starts_with("Vec");
            for _ in 0..if repeats { entries } else { 1 } {
                let data = if counts {
                    sized(entries as u64, field.max(version))
                } else {
                    data(field, version, known, dice)
                };
                self.floating.push(Floating {
                    name: field.name,
                    tag: tag.0,
                    data,
                    announced: None,
                    counts,
                    required,
                });
            }
        }
        for field in live(fields, version) {
            if let Place::List { entry } = field.place {
                for _ in 0..entries {
                    self.fill(entry, version, known, dice, entries, false);
                }
            }
        }
    }

    /// What the counter of `list` says: entries, or fields of that name.
    fn count(&self, table: &Table, version: Version, list: &str, entries: usize) -> Vec<u8> {
        let field = live(table.fields, version).find(|field| field.name == list);
        let count = match field.map(|field| field.place) {
            Some(Place::List { .. }) => entries,
            _ => self
                .floating
                .iter()
                .filter(|field| field.name == list)
                .count(),
        };
        sized(count as u64, COUNTER)
    }

    /// Sets the first four bytes, which are the InvokeID of a request.
    pub(crate) fn set_invoke_id(&mut self, invoke_id: u32) {
        if let Some(first) = self.fixed.first_mut()
            && first.name == "invoke_id"
        {
            first.bytes = invoke_id.to_be_bytes().to_vec();
        }
    }

    /// Header and body.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for fixed in &self.fixed {
            body.extend(&fixed.bytes);
        }
        for field in &self.floating {
            field.write(self.width, &mut body);
        }
        body.extend(&self.tail);
        body.truncate(body.len().saturating_sub(self.cut));
        let truth = u32::try_from(body.len()).unwrap_or(u32::MAX);
        let mut message = self.announced.unwrap_or(truth).to_be_bytes().to_vec();
        message.extend(self.message_type.to_be_bytes());
        message.extend(body);
        message
    }
}

impl Floating {
    fn write(&self, width: FieldWidth, out: &mut Vec<u8>) {
        let room = width.max_data_len();
        let data = &self.data[..self.data.len().min(room)];
        let truth = u16::try_from(data.len()).unwrap_or(u16::MAX);
        let [tag_high, tag_low] = self.tag.to_be_bytes();
        let [len_high, len_low] = self.announced.unwrap_or(truth).to_be_bytes();
        match width {
            FieldWidth::Narrow => out.extend([tag_low, len_low]),
            FieldWidth::WideTag => out.extend([tag_high, tag_low, len_low]),
            FieldWidth::Wide => out.extend([tag_high, tag_low, len_high, len_low]),
        }
        out.extend(data);
    }
}

fn live(fields: &'static [Field], version: Version) -> impl Iterator<Item = &'static Field> {
    fields
        .iter()
        .filter(move |field| field.gate.admits(version))
}

/// A number that a server may well take: what it knows, what is absent, or a small one.
fn number(field: &Field, width: usize, known: &Known, dice: &mut Dice) -> Vec<u8> {
    let value = match field.name {
        "peripheral_id" => u64::from(known.peripheral_id),
        _ => match dice.below(6) {
            0 => 0,
            1 => 1,
            2 => u64::MAX,
            3 => dice.roll() % 8,
            4 => dice.roll() % 300,
            _ => dice.roll(),
        },
    };
    let value = if field.type_name.contains("bool") {
        value & 1
    } else {
        value
    };
    sized(value, width)
}

/// The lowest bytes of a number.
pub(crate) fn sized(value: u64, width: usize) -> Vec<u8> {
    value.to_be_bytes()[8 - width.min(8)..].to_vec()
}

fn big_endian(bytes: &[u8]) -> u16 {
    bytes
        .iter()
        .fold(0, |value, byte| (value << 8) | u16::from(*byte))
}

/// Takes bytes off the front; fewer if there are no more.
fn take(bytes: &mut &[u8], len: usize) -> Vec<u8> {
    let (front, rest) = bytes.split_at(len.min(bytes.len()));
    *bytes = rest;
    front.to_vec()
}

fn data(field: &Field, version: Version, known: &Known, dice: &mut Dice) -> Vec<u8> {
    let inner = field
        .type_name
        .split(['<', '>'])
        .nth(1)
        .unwrap_or(field.type_name);
    match inner.trim() {
        "NamedVariable" => pair(dice),
        "NamedArray" => {
            let mut data = vec![u8::try_from(dice.below(256)).unwrap_or(0)];
            data.extend(pair(dice));
            data
        }
        // A password that the server knows is in OPEN_REQ alone.
        "Secret" => "x\0".repeat(dice.below(2)).into_bytes(),
        "Text" => {
            let mut text = match dice.below(5) {
                0 => String::new(),
                1 => "x".repeat(dice.below(field.max(version).max(1))),
                _ => dice.pick(&known.devices).cloned().unwrap_or_default(),
            }
            .into_bytes();
            text.push(0);
            text
        }
        "Blob" => (0..field.max(version).min(16))
            .map(|_| dice.roll().to_be_bytes()[0])
            .collect(),
        _ => number(field, field.max(version), known, dice),
    }
}

/// Name and value of a named variable, each closed by NUL.
fn pair(dice: &mut Dice) -> Vec<u8> {
    let name = dice
        .pick(&["user.a", "user.media.id", "BACampaign", ""])
        .copied()
        .unwrap_or("");
    let value = "v".repeat(dice.below(40));
    format!("{name}\0{value}\0").into_bytes()
}

/// Bytes of a counter in the fixed part.
const COUNTER: usize = 2;

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use cti_proto::message::Role;
    use cti_proto::{FrameCodec, HEADER_LEN, Message};

    use super::*;

    fn known() -> Known {
        Known {
            peripheral_id: 1,
            devices: vec!["1001".to_owned()],
        }
    }

    fn versions() -> impl Iterator<Item = Version> {
        let ucce = (5..=25).map(Version::ucce);
        ucce.chain((10..=18).map(Version::uccx))
    }

    #[test]
    fn every_request_of_every_version_is_drafted_as_it_should_be() {
        for version in versions() {
            let mut dice = Dice::new(u64::from(version.number()));
            let requests = Message::TABLES
                .iter()
                .filter(|table| table.role == Role::Request && table.gate.admits(version));
            for table in requests {
                for _ in 0..10 {
                    let draft = Draft::new(table, version, &known(), &mut dice);
                    let mut bytes = BytesMut::from(&draft.write()[..]);
                    let frame = FrameCodec::new(version)
                        .decode(&mut bytes)
                        .unwrap()
                        .unwrap();
                    assert!(bytes.is_empty(), "{} in {version}", table.name);
                    let read = Message::decode(version, frame);
                    assert!(read.is_ok(), "{} in {version}: {read:?}", table.name);
                    for field in live(table.fields, version) {
                        let there = draft.floating.iter().any(|own| own.name == field.name);
                        assert!(
                            there || !(field.required.admits(version) || field.counts.is_some()),
                            "{} of {} in {version}",
                            field.name,
                            table.name
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn an_entry_of_a_list_begins_with_its_first_field() {
        let mut lists = 0;
        for table in Message::TABLES {
            let version = Version::ucce(25);
            let entry = |field: &Field| {
                let Place::List { entry } = field.place else {
                    return None;
                };
                live(entry, version).next()
            };
            for first in live(table.fields, version).filter_map(entry) {
                lists += 1;
                let draft = Draft::new(table, version, &known(), &mut Dice::new(1));
                let found = draft.floating.iter().find(|field| field.name == first.name);
                assert!(
                    found.is_some_and(|field| field.required),
                    "{} of {}",
                    first.name,
                    table.name
                );
            }
        }
        assert!(lists > 5);
    }

    #[test]
    fn a_message_that_was_read_is_written_as_it_was() {
        for version in versions() {
            let mut dice = Dice::new(4);
            for table in Message::TABLES {
                if table.gate.admits(version) {
                    let bytes = Draft::new(table, version, &known(), &mut dice).write();
                    let draft = Draft::read(table, version, &bytes[HEADER_LEN..]);
                    assert_eq!(draft.write(), bytes, "{} in {version}", table.name);
                }
            }
        }
    }
}
