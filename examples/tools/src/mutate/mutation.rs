//! What is done to a message that was right.

use cti_proto::{FieldWidth, Message, Version};

use super::dice::Dice;
use super::draft::{Draft, Floating};

/// Makes one thing in `draft` wrong and says what.
pub(crate) fn mutate(draft: &mut Draft, version: Version, dice: &mut Dice) -> String {
    // A mutation that has nothing to work on leaves the message as it is; the next one is tried.
    for _ in 0..MUTATIONS.len() {
        if let Some(mutation) = dice.pick(MUTATIONS)
            && let Some(what) = mutation(draft, version, dice)
        {
            return what;
        }
    }
    "nothing".to_owned()
}

type Mutation = fn(&mut Draft, Version, &mut Dice) -> Option<String>;

const MUTATIONS: &[Mutation] = &[
    flip_a_bit,
    put_an_extreme,
    lie_about_a_count,
    lie_about_a_field_length,
    repeat_a_field,
    change_the_order,
    add_an_unknown_field,
    grow_a_field,
    empty_a_field,
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
    let width = field.bytes.len().min(8);
    field.bytes = extreme.to_be_bytes()[8 - width..].to_vec();
    Some(format!("{} set to {:02x?}", field.name, field.bytes))
}

fn lie_about_a_count(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    let mut counts: Vec<_> = draft
        .fixed
        .iter_mut()
        .filter(|field| field.counts || field.name.starts_with("num_"))
        .map(|field| (field.name, &mut field.bytes))
        .chain(
            draft
                .floating
                .iter_mut()
                .filter(|field| field.name.starts_with("num_"))
                .map(|field| (field.name, &mut field.data)),
        )
        .collect();
    let place = dice.below(counts.len());
    let (name, bytes) = counts.get_mut(place)?;
    let lie: u16 = *dice.pick(&[0, 1, 2, 10, 11, 99, 0x7fff, 0xffff])?;
    **bytes = lie.to_be_bytes().to_vec();
    Some(format!("{name} says {lie}"))
}

fn lie_about_a_field_length(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    let field = pick_field(draft, dice)?;
    let truth = u16::try_from(field.data.len()).unwrap_or(u16::MAX);
    let lie = *dice.pick(&[
        0,
        1,
        truth.wrapping_add(1),
        truth.wrapping_sub(1),
        255,
        256,
        0xffff,
    ])?;
    field.announced = Some(lie);
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

fn add_an_unknown_field(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    let tag = match dice.below(3) {
        0 => *dice.pick(&[0, 240, 241, 255, 256, 301, 308, 0xffff])?,
        _ => u16::try_from(dice.below(320)).unwrap_or(0),
    };
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
        },
    );
    Some(format!("a field of tag {tag} added"))
}

fn grow_a_field(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    let len = *dice.pick(&[17, 41, 65, 129, 212, 255, 300, 2_001, 4_000])?;
    let field = pick_field(draft, dice)?;
    field.data = vec![b'A'; len];
    Some(format!("{} of {len} bytes", field.name))
}

fn empty_a_field(draft: &mut Draft, _: Version, dice: &mut Dice) -> Option<String> {
    let field = pick_field(draft, dice)?;
    field.data.clear();
    Some(format!("{} without a byte", field.name))
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
            let table = Message::TABLES
                .iter()
                .filter(|table| !table.gate.admits(version))
                .nth(dice.below(20))?;
            table.number.0
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
    Some(format!("floating fields written as {width:?}"))
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
