//! What all records do, by their tables: one engine, which sees fields as [`Slot`]s.
//!
//! The macros leave little to each record, so that a thousand of them compile in reasonable time:
//! its struct, its table, and its fields as slots.

use core::{any::Any, fmt};
use std::borrow::Cow;

use crate::{
    DecodeError, DecodeErrorKind, Decoder, Encoder,
    axl::{AttributeSlot, Content, Field, Occurs, Slot, Tags, slot::Shown},
    names::Names,
    xml::Element,
};

/// Something stated in a table.
pub trait Record: AnyRecord + Clone + PartialEq + fmt::Debug + Sized + 'static {
    /// Name of the element in the schema.
    const NAME: &'static str;
    /// Nothing read.
    const BLANK: Self;
    /// Its attributes, then its children in the order they are written.
    const FIELDS: &'static [Field];
}

/// A record, whichever it is.
#[doc(hidden)]
pub trait AnyRecord {
    /// Calls `visit` once with the parts.
    fn with_parts(&self, visit: &mut dyn FnMut(Parts<'_>));
    /// Calls `visit` once with the parts, which it may change.
    fn with_parts_mut(&mut self, visit: &mut dyn FnMut(PartsMut<'_, '_>));
}

/// The parts of a record.
#[doc(hidden)]
#[derive(Debug)]
pub struct Parts<'a> {
    /// The table: attributes, then children.
    pub fields: &'static [Field],
    /// As many as the table begins with.
    pub attributes: &'a [&'a dyn AttributeSlot],
    /// As many as the table goes on with.
    pub children: &'a [&'a dyn Slot],
    /// What is not in the table.
    pub other: &'a [Element],
}

/// The parts of a record that is being changed.
#[doc(hidden)]
#[derive(Debug)]
pub struct PartsMut<'a, 'r> {
    /// The table: attributes, then children.
    pub fields: &'static [Field],
    /// As many as the table begins with.
    pub attributes: &'a mut [&'r mut dyn AttributeSlot],
    /// As many as the table goes on with.
    pub children: &'a mut [&'r mut dyn Slot],
    /// What is not in the table.
    pub other: &'r mut Vec<Element>,
}

impl<R: Record> Content for R {
    const BLANK: Self = <R as Record>::BLANK;
    const FIELDS: &'static [Field] = <R as Record>::FIELDS;

    fn fill(&mut self, decoder: &mut Decoder<'_>, _wire: &'static str) -> Result<(), DecodeError> {
        fill(self, decoder)
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        write(self, encoder, wire);
    }

    fn attributes(&self) -> Vec<(Cow<'static, str>, String)> {
        attributes(self)
    }

    fn write_inside(&self, encoder: &mut Encoder) {
        write_inside(self, encoder);
    }

    fn mask(&mut self, tags: &Tags) {
        mask(self, tags);
    }
}

/// A copy of a record.
#[doc(hidden)]
pub fn copy<R: Record>(record: &R) -> R {
    let mut copy = <R as Record>::BLANK;
    copy_from(&mut copy, record);
    copy
}

/// Whether two records of one type are equal.
#[doc(hidden)]
pub fn is_same(one: &dyn AnyRecord, other: &dyn AnyRecord) -> bool {
    let mut is_same = false;
    one.with_parts(&mut |one| other.with_parts(&mut |other| is_same = one.is_same(&other)));
    is_same
}

/// Prints what is there, under the name of the record. Of what is not in the table only names are
/// printed: it may be secret.
#[doc(hidden)]
pub fn debug(record: &dyn AnyRecord, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut result = Ok(());
    record.with_parts(&mut |parts| result = parts.debug(name, f));
    result
}

/// Prints what was chosen, as records print their fields.
#[doc(hidden)]
pub fn debug_choice(name: &str, value: &dyn Slot, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.debug_tuple(name).field(&Shown(value)).finish()
}

fn fill(record: &mut dyn AnyRecord, decoder: &mut Decoder<'_>) -> Result<(), DecodeError> {
    let mut result = Ok(());
    record.with_parts_mut(&mut |parts| result = parts.fill(decoder));
    result
}

fn write(record: &dyn AnyRecord, encoder: &mut Encoder, wire: &str) {
    record.with_parts(&mut |parts| parts.write(encoder, wire));
}

fn attributes(record: &dyn AnyRecord) -> Vec<(Cow<'static, str>, String)> {
    let mut found = Vec::new();
    record.with_parts(&mut |parts| {
        let attributes = parts.attributes.iter().zip(parts.fields);
        found
            .extend(attributes.filter_map(|(slot, field)| Some((field.wire.into(), slot.text()?))));
    });
    found
}

fn write_inside(record: &dyn AnyRecord, encoder: &mut Encoder) {
    record.with_parts(&mut |parts| parts.write_inside(encoder));
}

fn mask(record: &mut dyn AnyRecord, tags: &Tags) {
    record.with_parts_mut(&mut |parts| parts.mask(tags));
}

fn copy_from(record: &mut dyn AnyRecord, other: &dyn AnyRecord) {
    other.with_parts(&mut |other| record.with_parts_mut(&mut |parts| parts.copy_from(&other)));
}

impl PartsMut<'_, '_> {
    fn fill(self, decoder: &mut Decoder<'_>) -> Result<(), DecodeError> {
        let (attributes, fields) = self.fields.split_at(self.attributes.len());
        for (slot, field) in self.attributes.iter_mut().zip(attributes) {
            match decoder.attribute("", field.wire) {
                // One that is empty counts as left out.
                None | Some("") => {}
                Some(text) => {
                    if !slot.take(text) {
                        return Err(decoder.invalid(field.wire, "a value of its type"));
                    }
                }
            }
        }
        let mut came = Came::default();
        // Fields come in the order of the table, so that the next is looked for from the one before
        // on, and only then from the beginning.
        let mut last = 0;
        while let Some(name) = decoder.child()? {
            let local = name.local();
            let (before, onwards) = fields.split_at(last);
            let found = onwards.iter().position(|field| field.is_named(local));
            let found = match found {
                Some(at) => Some(last + at),
                None => before.iter().position(|field| field.is_named(local)),
            };
            let slot = found.and_then(|at| Some((at, self.children.get_mut(at)?)));
            let Some((at, slot)) = slot else {
                self.other.push(decoder.element()?);
                continue;
            };
            let field = &fields[at];
            if came.add(at) && field.occurs != Occurs::Any {
                return Err(decoder.error(DecodeErrorKind::Repeated(field.wire)));
            }
            slot.absorb(field.wire, local, decoder)?;
            last = at;
        }
        let mut fields = fields.iter().enumerate();
        match fields.find(|(at, field)| field.is_required() && !came.has(*at)) {
            Some((_, field)) => Err(decoder.missing(field.wire)),
            None => Ok(()),
        }
    }

    fn mask(self, tags: &Tags) {
        let fields = &self.fields[self.attributes.len()..];
        for (slot, field) in self.children.iter_mut().zip(fields) {
            slot.mask(field.wire, tags);
        }
        self.other.retain(|element| tags.wants(element.local()));
    }

    /// Becomes as the other, which is of the same record.
    fn copy_from(self, other: &Parts<'_>) {
        for (slot, other) in self.attributes.iter_mut().zip(other.attributes) {
            slot.copy_from(*other);
        }
        for (slot, other) in self.children.iter_mut().zip(other.children) {
            slot.copy_from(*other);
        }
        other.other.clone_into(self.other);
    }
}

impl Parts<'_> {
    fn write(&self, encoder: &mut Encoder, wire: &str) {
        let mut tag = encoder.open(wire);
        for (slot, field) in self.attributes.iter().zip(self.fields) {
            if let Some(text) = slot.text() {
                tag = tag.attr(field.wire, &text);
            }
        }
        self.write_inside(encoder);
        encoder.close();
    }

    /// Writes the children alone, in the order of the table.
    fn write_inside(&self, encoder: &mut Encoder) {
        let fields = &self.fields[self.attributes.len()..];
        for (slot, field) in self.children.iter().zip(fields) {
            slot.emit(field.wire, encoder);
        }
        for element in self.other {
            encoder.element(element);
        }
    }

    /// Whether the other, which is of the same record, has the same parts.
    fn is_same(&self, other: &Self) -> bool {
        let mut attributes = self.attributes.iter().zip(other.attributes);
        let mut children = self.children.iter().zip(other.children);
        attributes.all(|(slot, other)| slot.is_same(*other as &dyn Any))
            && children.all(|(slot, other)| slot.is_same(*other as &dyn Any))
            && self.other == other.other
    }

    fn debug(&self, record: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (attributes, fields) = self.fields.split_at(self.attributes.len());
        let mut out = f.debug_struct(record);
        for (slot, field) in self.attributes.iter().zip(attributes) {
            if slot.text().is_some() {
                out.field(field.name, slot);
            }
        }
        for (slot, field) in self.children.iter().zip(fields) {
            if slot.is_there() {
                out.field(field.name, &Shown(*slot));
            }
        }
        if !self.other.is_empty() {
            out.field("other", &Names::all(self.other));
        }
        out.finish()
    }
}

/// Which fields came.
#[derive(Debug, Default)]
struct Came {
    first: [u64; 4],
    /// Of records that have more than 256 fields.
    rest: Vec<usize>,
}

impl Came {
    /// Adds a field; returns whether it had come before.
    fn add(&mut self, at: usize) -> bool {
        let had = self.has(at);
        match self.first.get_mut(at / 64) {
            Some(bits) => *bits |= 1 << (at % 64),
            None if !had => self.rest.push(at),
            None => {}
        }
        had
    }

    fn has(&self, at: usize) -> bool {
        match self.first.get(at / 64) {
            Some(bits) => bits >> (at % 64) & 1 == 1,
            None => self.rest.contains(&at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::axl::{Css, CssMember, CssMembers, GetLine, Presence, Uuid};

    fn css() -> Css {
        Css {
            uuid: Some(Uuid::new("{1}")),
            name: "Internal".into(),
            description: Presence::Nil,
            members: CssMembers {
                members: vec![CssMember::default()],
                ..CssMembers::default()
            }
            .into(),
            other: vec![Element::new("", "rank").with_text("1")],
            ..Css::default()
        }
    }

    #[test]
    fn a_copy_is_equal_until_any_part_of_it_changes() {
        let copy = css().clone();
        assert_eq!(copy, css());
        let changes: [fn(&mut Css); 6] = [
            |css| css.uuid = None,
            |css| css.name = "External".into(),
            |css| css.description = Presence::Absent,
            |css| css.clause = "".into(),
            |css| css.members = CssMembers::default().into(),
            |css| css.other.clear(),
        ];
        for change in changes {
            let mut copy = css();
            change(&mut copy);
            assert_ne!(copy, css());
        }
    }

    #[test]
    fn the_table_says_how_often_fields_come_and_what_they_are_called() {
        let table = <GetLine as Content>::FIELDS;
        let said: Vec<_> = table
            .iter()
            .map(|field| (field.name, field.wire, field.occurs))
            .collect();
        assert_eq!(
            said,
            [
                ("key", "uuid | pattern", Occurs::Choice),
                (
                    "route_partition_name",
                    "routePartitionName",
                    Occurs::Optional
                ),
                ("returned_tags", "returnedTags", Occurs::Optional),
            ]
        );
        assert!(table[0].is_named("pattern") && !table[0].is_named("uuid | pattern"));
        assert!(table[0].is_required() && !table[1].is_required());
    }

    #[test]
    fn fields_of_any_number_are_known_to_have_come() {
        let mut came = Came::default();
        for at in [0, 63, 64, 255, 256, 1000] {
            assert!(!came.has(at));
            assert!(!came.add(at), "{at} for the first time");
            assert!(came.has(at));
            assert!(came.add(at), "{at} once more");
        }
        assert!(!came.has(65) && !came.has(257));
    }
}
