//! What a body has that its table does not foresee.

use alloc::vec::Vec;

use crate::code::MessageType;
use crate::codec::{Field, Form, Place, Ranges, field_header};
use crate::error::DecodeError;
use crate::frame::Frame;
use crate::message::{Message, Table};
use crate::tag::Tag;
use crate::version::Version;

/// Something about a frame that its table does not foresee. Offsets count from the first byte of
/// the body.
///
/// Only [`Unreadable`](Self::Unreadable) keeps [`Message::decode`] from reading the body.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// No list has this number.
    #[error("{number} is no known message type")]
    UnknownType {
        /// The number in the header.
        number: u32,
    },
    /// Another version or the other dialect has the message.
    #[error("{message} is not part of {version}")]
    NotInVersion {
        /// The message as the specification names it.
        message: &'static str,
        /// The version it was read in.
        version: Version,
    },
    /// The message is longer than its version allows.
    #[error("message of {len} bytes where {version} allows {max}")]
    TooLong {
        /// Whole message, header included.
        len: usize,
        /// Most bytes of a message.
        max: usize,
        /// The version it was read in.
        version: Version,
    },
    /// The body cannot be read.
    #[error(transparent)]
    Unreadable(#[from] DecodeError),
    /// The message has no such floating field in this version.
    #[error("{tag:?} (tag {}, {len} bytes) at byte {offset} is no field of the message", .tag.0)]
    UnknownTag {
        /// Tag of the field.
        tag: Tag,
        /// Where the field begins.
        offset: usize,
        /// Bytes of its data.
        len: usize,
    },
    /// A number has another size than its type, or a text or blob is beyond its maximum.
    #[error("{field} at byte {offset} has {len} bytes instead of {expected}")]
    FieldLength {
        /// The field.
        field: &'static str,
        /// Where the field begins.
        offset: usize,
        /// Bytes of its data.
        len: usize,
        /// Size of a number; the most of a text.
        expected: usize,
    },
    /// A STRING ends without its NUL.
    #[error("{field} at byte {offset} has no closing NUL")]
    NoNul {
        /// The field.
        field: &'static str,
        /// Where the field begins.
        offset: usize,
    },
    /// A field that comes once came again.
    #[error("{field} comes again at byte {offset}")]
    Repeated {
        /// The field.
        field: &'static str,
        /// Where it begins the second time.
        offset: usize,
    },
    /// A field that the guides require did not come.
    #[error("{field} is missing, which {version} requires")]
    Missing {
        /// The field.
        field: &'static str,
        /// The version of the session.
        version: Version,
    },
    /// A counter does not say how many entries its list has.
    #[error("{counter} is {says}, but {list} has {has}")]
    Counter {
        /// The counter.
        counter: &'static str,
        /// Its value.
        says: u16,
        /// The list.
        list: &'static str,
        /// Entries that came.
        has: u16,
    },
}

/// Lists what `frame` has that the table of its message does not foresee in `version`, in wire
/// order. Nothing is said of messages whose bodies are not public.
pub fn findings(version: Version, frame: &Frame) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (len, max) = (frame.wire_len(), version.max_message_len());
    if len > max {
        findings.push(Finding::TooLong { len, max, version });
    }
    match Lookup::of(frame.message_type, version) {
        Lookup::Table(_) if has_two_bodies(frame.message_type) => {
            // The tables have one of two disputed bodies; the decoder knows both.
            if let Err(error) = Message::decode(version, frame.clone()) {
                findings.push(error.into());
            }
        }
        Lookup::Table(table) => {
            let form = Form::of(table.fields, &table.shape, version, &frame.body);
            walk(table, version, form, &frame.body, &mut |finding| {
                findings.push(finding);
            });
            let readable = !findings
                .iter()
                .any(|finding| matches!(finding, Finding::Unreadable(_)));
            if readable {
                findings.extend(missing(table, version, form, &frame.body));
            }
        }
        Lookup::OtherVersion(message) => findings.push(Finding::NotInVersion { message, version }),
        Lookup::NoBody => {}
        Lookup::NotListed => findings.push(Finding::UnknownType {
            number: frame.message_type.0,
        }),
    }
    findings
}

/// The required fields of a table that a body without other faults does not have.
fn missing(
    table: &'static Table,
    version: Version,
    form: Form,
    body: &[u8],
) -> impl Iterator<Item = Finding> {
    let start = form.fixed_len(table.fields, &table.shape, version);
    let came = Ranges::new(table.name, form.width, body, start).filter_map(Result::ok);
    let required = table
        .fields
        .iter()
        .filter(move |field| field.required.admits(version) && field.gate.admits(version));
    required
        .filter(move |field| !came.clone().any(|(tag, _)| field.accepts(version, tag)))
        .map(move |field| Finding::Missing {
            field: field.name,
            version,
        })
}

/// Whether the guides print two layouts for one version.
pub(super) const fn has_two_bodies(message_type: MessageType) -> bool {
    matches!(
        message_type,
        MessageType::FAILURE_CONF | MessageType::CONFIG_REQUEST_EVENT
    )
}

/// What the tables know of a number.
pub(super) enum Lookup {
    Table(&'static Table),
    /// Only other versions have it, under this name.
    OtherVersion(&'static str),
    /// A name without a body.
    NoBody,
    NotListed,
}

impl Lookup {
    pub(super) fn of(message_type: MessageType, version: Version) -> Self {
        let mut named = Message::TABLES
            .iter()
            .filter(|table| table.number == message_type);
        let Some(first) = named.clone().next() else {
            return if message_type.name().is_some() {
                Self::NoBody
            } else {
                Self::NotListed
            };
        };
        match named.find(|table| table.gate.admits(version)) {
            Some(table) => Self::Table(table),
            None => Self::OtherVersion(first.name),
        }
    }
}

/// Reads `body` by its table in one form and reports what does not fit; returns how many floating
/// fields did.
pub(super) fn walk(
    table: &'static Table,
    version: Version,
    form: Form,
    body: &[u8],
    report: &mut dyn FnMut(Finding),
) -> usize {
    let mut counters = Vec::new();
    let mut at = 0;
    for field in table
        .fields
        .iter()
        .filter(|field| form.shows(version, field))
    {
        let width = fixed_width(field);
        let Some(bytes) = body.get(at..at + width) else {
            report(Finding::Unreadable(DecodeError::FixedPartTruncated {
                message: table.name,
                field: field.name,
                offset: at,
            }));
            return 0;
        };
        if let (Place::Count { list }, &[high, low]) = (field.place, bytes) {
            let says = u16::from_be_bytes([high, low]);
            counters.push(Counted::new(field.name, says, list));
        }
        at += width;
    }
    let known = walk_floating(table, (version, form), (body, at), &mut counters, report);
    for counted in counters {
        if counted.says != counted.has {
            report(Finding::Counter {
                counter: counted.counter,
                says: counted.says,
                list: counted.list,
                has: counted.has,
            });
        }
    }
    known
}

fn walk_floating(
    table: &'static Table,
    (version, form): (Version, Form),
    (body, mut at): (&[u8], usize),
    counters: &mut [Counted],
    report: &mut dyn FnMut(Finding),
) -> usize {
    let width = form.width;
    let mut known = 0;
    // One bit for each line of the table: whether it came.
    let mut seen = 0_u128;
    while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
        let offset = at;
        let start = width.header_len();
        let field = field_header(width, rest)
            .and_then(|(tag, len)| Some((tag, rest.get(start..start + len)?)));
        let Some((tag, data)) = field else {
            report(Finding::Unreadable(DecodeError::FloatingPartTruncated {
                message: table.name,
                offset,
            }));
            return known;
        };
        at += start + data.len();
        let Some(line) = Line::find(table.fields, version, tag) else {
            report(Finding::UnknownTag {
                tag,
                offset,
                len: data.len(),
            });
            continue;
        };
        known += 1;
        line.check((version, form), offset, data, report);
        for counted in counters.iter_mut() {
            counted.count(&line);
        }
        if line.field.type_name.starts_with("Option") && line.entry.is_none() {
            let bit = 1_u128.checked_shl(line.index).unwrap_or(0);
            if seen & bit != 0 {
                report(Finding::Repeated {
                    field: line.field.name,
                    offset,
                });
            }
            seen |= bit;
        }
    }
    known
}

/// The line of a table that takes a floating field.
struct Line {
    field: &'static Field,
    /// Its place in the table.
    index: u32,
    /// For a field of a list: its place in an entry.
    entry: Option<Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    list: &'static str,
    place: usize,
    /// Whether only the first field opens an entry, as RecordType does.
    record: bool,
}

impl Line {
    fn find(fields: &'static [Field], version: Version, tag: Tag) -> Option<Self> {
        let single = (0..)
            .zip(fields)
            .find(|(_, field)| field.accepts(version, tag));
        if let Some((index, field)) = single {
            return Some(Self {
                field,
                index,
                entry: None,
            });
        }
        let lists = (0..)
            .zip(fields)
            .filter(|(_, field)| field.gate.admits(version));
        for (index, list) in lists {
            let Place::List { entry } = list.place else {
                continue;
            };
            if let Some(place) = entry.iter().position(|field| field.accepts(version, tag)) {
                return Some(Self {
                    field: entry.get(place)?,
                    index,
                    entry: Some(Entry {
                        list: list.name,
                        place,
                        record: entry.first()?.name == "record_type",
                    }),
                });
            }
            // Records hold lists of their own.
            if let Some(line) = Self::find(entry, version, tag) {
                return Some(Self { index, ..line });
            }
        }
        None
    }

    fn check(
        &self,
        (version, form): (Version, Form),
        offset: usize,
        data: &[u8],
        report: &mut dyn FnMut(Finding),
    ) {
        let expected = self.field.max(version).min(form.width.max_data_len());
        let Kind { number, text } = Kind::of(self.field.type_name);
        if data.len() > expected || (number && data.len() != expected) {
            report(Finding::FieldLength {
                field: self.field.name,
                offset,
                len: data.len(),
                expected,
            });
        } else if text && !data.is_empty() && !data.contains(&0) {
            report(Finding::NoNul {
                field: self.field.name,
                offset,
            });
        }
    }
}

struct Kind {
    number: bool,
    text: bool,
}

impl Kind {
    /// Of the data that a slot such as `Option<Text>` holds.
    fn of(type_name: &str) -> Self {
        let value = type_name
            .trim_start_matches("Option")
            .trim_start_matches("Vec")
            .trim_matches(['<', '>', ' ']);
        Self {
            number: !matches!(
                value,
                "Text" | "Blob" | "Secret" | "NamedVariable" | "NamedArray"
            ),
            text: value == "Text",
        }
    }
}

/// A counter, and how many entries of its list came so far.
struct Counted {
    counter: &'static str,
    says: u16,
    list: &'static str,
    has: u16,
    /// Place in its entry of the last field that came.
    last: Option<usize>,
}

impl Counted {
    const fn new(counter: &'static str, says: u16, list: &'static str) -> Self {
        Self {
            counter,
            says,
            list,
            has: 0,
            last: None,
        }
    }

    /// A field opens a new entry when the last entry already holds it or a later one.
    fn count(&mut self, line: &Line) {
        match line.entry {
            Some(entry) if entry.list == self.list => {
                let opens = match self.last {
                    _ if entry.record => entry.place == 0,
                    Some(last) => entry.place <= last,
                    None => true,
                };
                self.has = self.has.saturating_add(u16::from(opens));
                self.last = Some(entry.place);
            }
            None if line.field.name == self.list => self.has = self.has.saturating_add(1),
            Some(_) | None => {}
        }
    }
}

/// Bytes of a line in the fixed part.
pub(super) const fn fixed_width(field: &Field) -> usize {
    match field.place {
        Place::Fixed { width } => width,
        Place::Count { .. } => 2,
        Place::Floating { .. } | Place::List { .. } => 0,
    }
}
