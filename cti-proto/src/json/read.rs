//! JSON to values: each becomes the bytes of the wire, which its type then reads.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::tree::Tree;
use super::write::{BODY, DATA, DIALECT, HEX, INDEX, MESSAGE, NAME, NUMBER, OTHER, TAG, VALUE};
use crate::code::MessageType;
use crate::codec::{
    Blob, Cell, Data, Field, Fill, Kind, Kinded, NamedArray, NamedVariable, Place, RawField,
    Secret, Text, Value,
};
use crate::frame::Frame;
use crate::message::Message;
use crate::tag::Tag;
use crate::version::Dialect;

/// What is wrong, behind the names that lead to it.
type Fault = String;

type Map = BTreeMap<String, Tree>;

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        whole(input, message)
    }
}

impl<'de> Deserialize<'de> for Frame {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        whole(input, frame)
    }
}

impl<'de> Deserialize<'de> for RawField {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        whole(input, raw_field)
    }
}

/// A struct that a table lists.
pub(crate) fn filled<'de, T: Fill, D: Deserializer<'de>>(input: D) -> Result<T, D::Error> {
    whole(input, |map| {
        let mut value = T::blank();
        fill(&mut value, map)?;
        Ok(value)
    })
}

/// A code, a text, call data.
pub(crate) fn value<'de, T, D>(input: D) -> Result<T, D::Error>
where
    T: Value + Kinded,
    D: Deserializer<'de>,
{
    let tree = Tree::read(input)?;
    single(tree).map_err(D::Error::custom)
}

macro_rules! values {
    ($($ty:ty)*) => {$(
        impl<'de> Deserialize<'de> for $ty {
            fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                value(input)
            }
        }
    )*};
}

values! { Text Blob Secret NamedVariable NamedArray }

fn whole<'de, T, D: Deserializer<'de>>(
    input: D,
    read: impl FnOnce(Map) -> Result<T, Fault>,
) -> Result<T, D::Error> {
    let tree = Tree::read(input)?;
    map(tree).and_then(read).map_err(D::Error::custom)
}

fn message(mut map: Map) -> Result<Message, Fault> {
    if map.contains_key(BODY) {
        return frame(map).map(Message::Unknown);
    }
    let name = text(take(&mut map, MESSAGE)?)?;
    let dialect = match map.remove(DIALECT) {
        Some(dialect) => Some(self::dialect(&text(dialect)?)?),
        None => None,
    };
    let table = Message::TABLES
        .iter()
        .filter(|table| table.name == name)
        .find(|table| dialect.is_none_or(|dialect| table.gate.opens(dialect)));
    let Some(mut message) = table.and_then(|table| Message::blank(table)) else {
        return Err(format!("there is no message {name:?}"));
    };
    if let Some(body) = message.fill() {
        fill(body, map).map_err(|fault| format!("{name}: {fault}"))?;
    }
    Ok(message)
}

fn dialect(name: &str) -> Result<Dialect, Fault> {
    match name {
        "UCCE" => Ok(Dialect::Ucce),
        "UCCX" => Ok(Dialect::Uccx),
        _ => Err(format!("there is no dialect {name:?}")),
    }
}

fn frame(mut map: Map) -> Result<Frame, Fault> {
    // For human readers: the number says it all.
    map.remove(MESSAGE);
    let frame = Frame {
        message_type: MessageType(single(take(&mut map, NUMBER)?)?),
        body: single::<Blob>(take(&mut map, BODY)?)?.0,
    };
    nothing_left(map)?;
    Ok(frame)
}

fn raw_field(mut map: Map) -> Result<RawField, Fault> {
    let field = RawField {
        tag: single::<Tag>(take(&mut map, TAG)?)?,
        data: single::<Blob>(take(&mut map, DATA)?)?.0,
    };
    nothing_left(map)?;
    Ok(field)
}

/// Puts what `map` has into the fields of its names; what it does not have stays absent.
fn fill(target: &mut dyn Fill, mut map: Map) -> Result<(), Fault> {
    let lines = target
        .lines()
        .iter()
        .filter(|line| !matches!(line.place, Place::Count { .. }));
    for (line, cell) in lines.zip(target.cells()) {
        let tree = match map.remove(line.name) {
            None | Some(Tree::Null) => continue,
            Some(tree) => tree,
        };
        set(line, cell, tree).map_err(|fault| format!("{}: {fault}", line.name))?;
    }
    if let Some(other) = target.other_mut()
        && let Some(tree) = map.remove(OTHER)
    {
        for tree in list(tree)? {
            let field = self::map(tree).and_then(raw_field);
            other.push(field.map_err(|fault| format!("{OTHER}: {fault}"))?);
        }
    }
    nothing_left(map)
}

fn set(line: &Field, cell: Cell<'_>, tree: Tree) -> Result<(), Fault> {
    match cell {
        Cell::Fixed(cell) => fits(cell.set(&data(cell.kind(), tree)?)),
        Cell::Slot(cell) => {
            let trees = if cell.repeats() {
                list(tree)?
            } else {
                Vec::from([tree])
            };
            for tree in trees {
                let mut data = data(cell.kind(), tree)?;
                if is_closed_secret(line) {
                    data.push(0);
                }
                fits(cell.absorb(&Data::whole(Tag(0), &data.into())))?;
            }
            Ok(())
        }
        Cell::List(cell) => list(tree)?
            .into_iter()
            .try_for_each(|tree| fill(cell.push(), map(tree)?)),
    }
}

/// The password of an agent is a STRING, with a NUL; the one of a client is an UNSPEC.
const fn is_closed_secret(line: &Field) -> bool {
    matches!(
        line.place,
        Place::Floating {
            ucce_tag: Tag::AGENT_PASSWORD,
            ..
        }
    )
}

fn single<T: Value + Kinded>(tree: Tree) -> Result<T, Fault> {
    let data = Bytes::from(data(T::KIND, tree)?);
    T::parse(&Data::whole(Tag(0), &data)).ok_or_else(|| "does not fit".into())
}

fn fits(fits: bool) -> Result<(), Fault> {
    if fits {
        Ok(())
    } else {
        Err("does not fit".into())
    }
}

/// What stands on the wire.
fn data(kind: Kind, tree: Tree) -> Result<Vec<u8>, Fault> {
    match (kind, tree) {
        (Kind::Flag, Tree::Flag(flag)) => Ok(Vec::from([0, flag.into()])),
        (Kind::Number { width, signed }, Tree::Number(number)) => integer(number, width, signed),
        (Kind::Code { width, .. } | Kind::Mask { width, .. }, Tree::Number(number)) => {
            integer(number, width, false)
        }
        (Kind::Code { width, names }, Tree::Text(name)) => {
            integer(number_of(names, &name)?.into(), width, false)
        }
        (Kind::Mask { width, names }, Tree::List(bits)) => {
            let bits = bits.into_iter().try_fold(0, |bits, name| {
                Ok::<_, Fault>(bits | number_of(names, &text(name)?)?)
            })?;
            integer(bits.into(), width, false)
        }
        (Kind::Text, tree) => {
            let mut text = characters(tree)?;
            text.push(0);
            Ok(text)
        }
        (Kind::Secret, tree) => characters(tree),
        (Kind::Bytes { exactly }, Tree::Text(digits)) => {
            let bytes = unhex(&digits)?;
            match exactly {
                Some(width) if width != bytes.len() => Err(format!("takes {width} bytes")),
                Some(_) | None => Ok(bytes),
            }
        }
        (Kind::Variable, Tree::Map(map)) => pair(map),
        (Kind::Array, Tree::Map(mut map)) => {
            let index = data(u8::KIND, take(&mut map, INDEX)?)?;
            Ok([index, pair(map)?].concat())
        }
        (kind, _) => Err(format!("takes {}", wanted(kind))),
    }
}

const fn wanted(kind: Kind) -> &'static str {
    match kind {
        Kind::Number { .. } => "a whole number",
        Kind::Flag => "true or false",
        Kind::Code { .. } => "a name or a whole number",
        Kind::Mask { .. } => "a list of names or a whole number",
        Kind::Text | Kind::Secret => "a string, or an object with `hex`",
        Kind::Bytes { .. } => "a string of hexadecimal digits",
        Kind::Variable => "an object with `name` and `value`",
        Kind::Array => "an object with `index`, `name` and `value`",
    }
}

/// Big-endian in `width` bytes.
fn integer(number: i64, width: usize, signed: bool) -> Result<Vec<u8>, Fault> {
    let values = 1_i64 << (8 * width.min(4));
    let range = if signed {
        -values / 2..values / 2
    } else {
        0..values
    };
    if !range.contains(&number) {
        return Err(format!("{number} does not fit {width} bytes"));
    }
    Ok(number
        .to_be_bytes()
        .into_iter()
        .skip(8_usize.saturating_sub(width))
        .collect())
}

fn number_of(names: &[(&str, u32)], name: &str) -> Result<u32, Fault> {
    let number = names.iter().find(|(known, _)| *known == name);
    match number {
        Some((_, number)) => Ok(*number),
        None => Err(format!("there is no {name:?}")),
    }
}

/// name NUL value NUL
fn pair(mut map: Map) -> Result<Vec<u8>, Fault> {
    let mut pair = data(Kind::Text, take(&mut map, NAME)?)?;
    pair.extend(data(Kind::Text, take(&mut map, VALUE)?)?);
    nothing_left(map)?;
    Ok(pair)
}

/// A text without the NUL that closes it: there can be no other.
fn characters(tree: Tree) -> Result<Vec<u8>, Fault> {
    let bytes = match tree {
        Tree::Text(text) => text.into_bytes(),
        Tree::Map(mut map) => {
            let bytes = unhex(&text(take(&mut map, HEX)?)?)?;
            nothing_left(map)?;
            bytes
        }
        Tree::Null | Tree::Flag(_) | Tree::Number(_) | Tree::List(_) => {
            return Err(format!("takes {}", wanted(Kind::Text)));
        }
    };
    match bytes.iter().position(|byte| *byte == 0) {
        Some(offset) => Err(format!("holds a NUL at byte {offset}")),
        None => Ok(bytes),
    }
}

fn unhex(digits: &str) -> Result<Vec<u8>, Fault> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let bytes = pairs.iter().map(|[high, low]| {
        let byte = digit(*high)? << 4 | digit(*low)?;
        u8::try_from(byte).ok()
    });
    match bytes.collect::<Option<_>>() {
        Some(bytes) if rest.is_empty() => Ok(bytes),
        Some(_) | None => Err(format!("takes {}", wanted(Kind::Bytes { exactly: None }))),
    }
}

fn map(tree: Tree) -> Result<Map, Fault> {
    match tree {
        Tree::Map(map) => Ok(map),
        Tree::Null | Tree::Flag(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) => {
            Err("takes an object".into())
        }
    }
}

fn list(tree: Tree) -> Result<Vec<Tree>, Fault> {
    match tree {
        Tree::List(list) => Ok(list),
        Tree::Null | Tree::Flag(_) | Tree::Number(_) | Tree::Text(_) | Tree::Map(_) => {
            Err("takes a list".into())
        }
    }
}

fn text(tree: Tree) -> Result<String, Fault> {
    match tree {
        Tree::Text(text) => Ok(text),
        Tree::Null | Tree::Flag(_) | Tree::Number(_) | Tree::List(_) | Tree::Map(_) => {
            Err("takes a string".into())
        }
    }
}

fn take(map: &mut Map, key: &str) -> Result<Tree, Fault> {
    map.remove(key).ok_or_else(|| format!("{key:?} is missing"))
}

fn nothing_left(map: Map) -> Result<(), Fault> {
    match map.keys().next() {
        Some(key) => Err(format!("there is no {key:?} here")),
        None => Ok(()),
    }
}
