//! What is done to a message that was right.

use cti_proto::{FieldWidth, Message, Version};

use super::dice::Dice;
use super::draft::{Draft, Floating, sized};

/// Makes one thing in `draft` wrong and says what.
pub(crate) fn mutate(draft: &mut Draft, version: Version, dice: &mut Dice) -> String {
    draw(draft, version, dice).map_or_else(|| "nothing".to_owned(), |(_, what)| what)
}

/// Place in [`MUTATIONS`] of the one that was done, and what it did. One that has nothing to work on, or leaves the bytes as
/// they were, is undone and another is tried.
fn draw(draft: &mut Draft, version: Version, dice: &mut Dice) -> Option<(usize, String)> {
    let before = draft.write();
    let mut left: Vec<_> = MUTATIONS.iter().enumerate().collect();
    while !left.is_empty() {
        let (place, mutation) = left.swap_remove(dice.below(left.len()));
        let mut mutated = draft.clone();
        if let Some(what) = mutation(&mut mutated, version, dice)
            && mutated.write() != before
        {
            *draft = mutated;
            return Some((place, what));
        }
    }
    None
}

type Mutation = fn(&mut Draft, Version, &mut Dice) -> Option<String>;

const MUTATIONS: &[Mutation] = &[
    flip_a_bit,
    put_an_extreme,
    lie_about_a_count,
    lie_about_a_field_length,
    repeat_a_field,
    change_the_order,
    add_a_field,
    grow_a_field,
    empty_a_field,
    leave_out_a_field,
    break_a_text,
    cut_the_body,
    add_to_the_body,
    announce_another_length,
    name_another_message,
    write_another_width,
    repeat_everything,
];

fn flip_a_bit(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    let place = dice.below(draft.fixed.len());
    let field = draft.fixed.get_mut(place)?;
    let (byte, bit) = (dice.below(field.bytes.len()), dice.below(8));
    *field.bytes.get_mut(byte)? ^= 1 << bit;
    Some(format!("a bit of {} flipped", field.name))
}

fn put_an_extreme(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    let place = dice.below(draft.fixed.len());
    let field = draft.fixed.get_mut(place)?;
    let extremes: &[u64] = &[
        0,
        1,
        0x7fff_ffff,
        0x8000_0000,
        0x7fff,
        0x8000,
        u64::MAX,
        u64::MAX - 1,
    ];
    let extreme = *dice.pick(extremes)?;
    field.bytes = sized(extreme, field.bytes.len());
    Some(format!("{} set to {:02x?}", field.name, field.bytes))
}

fn lie_about_a_count(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    let mut counts: Vec<_> = draft
        .fixed
        .iter_mut()
        .filter(|field| field.counts)
        .map(|field| (field.name, &mut field.bytes))
        .chain(
            draft
                .floating
                .iter_mut()
                .filter(|field| field.counts)
                .map(|field| (field.name, &mut field.data)),
        )
        .collect();
    let place = dice.below(counts.len());
    let (name, bytes) = counts.get_mut(place)?;
    let lie = *dice.pick(&[0, 1, 2, 10, 11, 99, 0x7fff, 0xffff])?;
    **bytes = sized(lie, bytes.len());
    Some(format!("{name} says {lie}"))
}

fn lie_about_a_field_length(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    let most = draft.width.max_data_len();
    let field = pick_field(draft, dice)?;
    let truth = field.data.len().min(most);
    let lies: Vec<_> = [0, 1, truth + 1, truth.wrapping_sub(1), 255, 256, 0xffff]
        .into_iter()
        .filter(|lie| *lie <= most)
        .collect();
    let lie = *dice.pick(&lies)?;
    field.announced = Some(u16::try_from(lie).ok()?);
    Some(format!("length of {} says {lie} for {truth}", field.name))
}

fn repeat_a_field(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    let field = pick_field(draft, dice)?.clone();
    let times = 1 + dice.below(40);
    let name = field.name;
    let place = dice.below(draft.floating.len() + 1);
    for _ in 0..times {
        draft.floating.insert(place, field.clone());
    }
    Some(format!("{name} {times} times more"))
}

fn change_the_order(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    if draft.floating.len() < 2 {
        return None;
    }
    for place in (1..draft.floating.len()).rev() {
        draft.floating.swap(place, dice.below(place + 1));
    }
    Some("floating fields shuffled".to_owned())
}

/// Of a tag that the message may have, that another has, or that none has.
fn add_a_field(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    let tag = match dice.below(3) {
        0 => *dice.pick(&[0, 240, 241, 255, 256, 301, 308, 0xffff])?,
        _ => u16::try_from(dice.below(320)).unwrap_or(0),
    };
    if tag > draft.width.max_tag() {
        return None;
    }
    let data = (0..dice.below(80))
        .map(|_| dice.roll().to_be_bytes()[0])
        .collect();
    let place = dice.below(draft.floating.len() + 1);
    draft.floating.insert(
        place,
        Floating {
            name: "added",
            tag,
            data,
            announced: None,
            counts: false,
            required: false,
        },
    );
    Some(format!("a field of tag {tag} added"))
}

fn grow_a_field(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    let len = *dice.pick(&[17, 41, 65, 129, 212, 255, 300, 2_001, 4_000])?;
    if len > draft.width.max_data_len() {
        return None;
    }
    let field = pick_field(draft, dice)?;
    field.data = vec![b'A'; len];
    Some(format!("{} of {len} bytes", field.name))
}

fn empty_a_field(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    let field = pick_field(draft, dice)?;
    field.data.clear();
    Some(format!("{} without a byte", field.name))
}

fn leave_out_a_field(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    let required: Vec<_> = (0..draft.floating.len())
        .filter(|place| draft.floating[*place].required)
        .collect();
    let place = *dice.pick(&required)?;
    let field = draft.floating.remove(place);
    Some(format!("{} left out", field.name))
}

fn break_a_text(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    let broken: &[&[u8]] = &[
        b"no end",
        b"\0",
        b"\0\0\0\0",
        b"a\0b\0c\0",
        b"\xff\xfe\0",
        b"\xc3\x28\0",
        b"M\xfcller\0",
        b"'; DROP TABLE agents; --\0",
        b"../../../etc/passwd\0",
        b"%s%n%x\0",
        b"\r\nInjected: 1\0",
    ];
    let broken = *dice.pick(broken)?;
    let field = pick_field(draft, dice)?;
    field.data = broken.to_vec();
    Some(format!("{} is \"{}\"", field.name, broken.escape_ascii()))
}

fn cut_the_body(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    let len = draft.write().len().saturating_sub(8);
    draft.cut = 1 + dice.below(len);
    Some(format!("{} of {len} bytes left out", draft.cut.min(len)))
}

fn add_to_the_body(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    let len = 1 + dice.below(30);
    draft.tail = (0..len).map(|_| dice.roll().to_be_bytes()[0]).collect();
    Some(format!("{len} bytes behind the last field"))
}

/// A header that lies takes what follows for a part of this message, or the end of this one for the next header.
fn announce_another_length(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    let truth = u32::try_from(draft.write().len().saturating_sub(8)).unwrap_or(u32::MAX);
    let near = [
        0,
        3,
        4,
        truth.saturating_sub(1),
        truth.saturating_add(1),
        truth.saturating_add(12),
        4_321,
        4_322,
        12_492,
    ];
    let lie = match dice.below(12) {
        // Rarely, since a server may well end the session there.
        0 => *dice.pick(&[12_493, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff])?,
        _ => *dice.pick(&near)?,
    };
    draft.announced = Some(lie);
    Some(format!("header says {lie} bytes for {truth}"))
}

fn name_another_message(draft: &mut Draft, version: Version, dice: &mut Dice) -> Option<String> {
    let number = match dice.below(3) {
        0 => *dice.pick(&[0, 66, 126, 151, 200, 259, 1_000, 0x7fff_ffff, 0xffff_ffff])?,
        1 => {
            Message::TABLES
                .get(dice.below(Message::TABLES.len()))?
                .number
                .0
        }
        _ => {
            let absent: Vec<_> = Message::TABLES
                .iter()
                .filter(|table| !table.gate.admits(version))
                .collect();
            dice.pick(&absent)?.number.0
        }
    };
    draft.message_type = number;
    Some(format!("called message {number}"))
}

fn write_another_width(draft: &mut Draft, version: Version, dice: &mut Dice) -> Option<String> {
    let widths = [FieldWidth::Narrow, FieldWidth::WideTag, FieldWidth::Wide];
    let width = *dice.pick(&widths)?;
    if width == version.field_width() || draft.floating.is_empty() {
        return None;
    }
    draft.width = width;
    let cut = draft.floating.iter().any(|field| {
        field.tag > width.max_tag()
            || field.data.len() > width.max_data_len()
            || usize::from(field.announced.unwrap_or(0)) > width.max_data_len()
    });
    let cut = if cut { ", what is too large cut" } else { "" };
    Some(format!("floating fields written as {width:?}{cut}"))
}

fn repeat_everything(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    let fields = draft.floating.clone();
    if fields.is_empty() {
        return None;
    }
    let times = 1 + dice.below(30);
    for _ in 0..times {
        draft.floating.extend_from_slice(&fields);
    }
    Some(format!("all floating fields {times} times more"))
}

fn pick_field<'a>(draft: &'a mut Draft, dice: &mut Dice) -> Option<&'a mut Floating> {
    let place = dice.below(draft.floating.len());
    draft.floating.get_mut(place)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cti_proto::codec::Place;

    use super::*;
    use crate::mutate::draft::Known;

    const VERSIONS: [Version; 3] = [Version::ucce(15), Version::uccx(18), Version::ucce(25)];

    /// Calls `each` with drafts of all messages that have a floating part.
    fn drafts(version: Version, dice: &mut Dice, mut each: impl FnMut(&Draft, &mut Dice)) {
        let known = Known {
            peripheral_id: 1,
            devices: vec!["1001".to_owned()],
        };
        for table in Message::TABLES {
            let is_floating = |place| matches!(place, Place::Floating { .. });
            if table.gate.admits(version)
                && table.fields.iter().any(|field| is_floating(field.place))
            {
                each(&Draft::new(table, version, &known, dice), dice);
            }
        }
    }

    #[test]
    fn every_mutation_is_reached_and_changes_the_bytes() {
        for version in VERSIONS {
            let mut dice = Dice::new(1);
            let mut reached = BTreeSet::new();
            for _ in 0..20 {
                drafts(version, &mut dice, |draft, dice| {
                    let mut mutated = draft.clone();
                    let (place, what) = draw(&mut mutated, version, dice).unwrap();
                    assert_ne!(mutated.write(), draft.write(), "{version}: {what}");
                    reached.insert(place);
                });
            }
            assert_eq!(reached.len(), MUTATIONS.len(), "{version}: {reached:?}");
        }
    }

    #[test]
    fn what_is_said_of_a_field_is_what_is_written() {
        for version in VERSIONS {
            let mut dice = Dice::new(2);
            let width = version.field_width();
            drafts(version, &mut dice, |draft, dice| {
                for mutation in [add_a_field, grow_a_field, lie_about_a_field_length] {
                    let mut mutated = draft.clone();
                    let _ = mutation(&mut mutated, version, dice);
                    for field in &mutated.floating {
                        assert!(field.tag <= width.max_tag(), "{version}: {field:?}");
                        assert!(
                            field.data.len() <= width.max_data_len(),
                            "{version}: {field:?}"
                        );
                        let announced = usize::from(field.announced.unwrap_or(0));
                        assert!(announced <= width.max_data_len(), "{version}: {field:?}");
                    }
                }
            });
        }
    }

    #[test]
    fn a_counter_that_lies_keeps_its_width() {
        let version = Version::ucce(25);
        let mut dice = Dice::new(3);
        let mut lies = 0;
        drafts(version, &mut dice, |draft, dice| {
            let mut mutated = draft.clone();
            if let Some(what) = lie_about_a_count(&mut mutated, version, dice) {
                lies += 1;
                assert_eq!(mutated.write().len(), draft.write().len(), "{what}");
                // These are numbers of their own.
                assert!(
                    !what.contains("num_tasks") && !what.contains("suggestions"),
                    "{what}"
                );
            }
        });
        assert!(lies > 5);
    }
}
