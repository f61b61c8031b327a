//! Input without types.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};

/// Any value that a self-describing format can hold, but for fractions.
#[derive(Debug)]
pub(super) enum Tree {
    Null,
    Flag(bool),
    Number(i64),
    Text(String),
    List(Vec<Self>),
    Map(BTreeMap<String, Self>),
}

impl Tree {
    pub(super) fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Level(MAX_DEPTH).deserialize(input)
    }
}

/// How many levels may follow.
#[derive(Clone, Copy)]
struct Level(u8);

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Tree;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Tree, D::Error> {
        input.deserialize_any(self)
    }
}

impl Level {
    fn next<E: Error>(self) -> Result<Self, E> {
        match self.0.checked_sub(1) {
            Some(left) => Ok(Self(left)),
            None => Err(E::custom("nested deeper than any message")),
        }
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, a text, a list or an object")
    }

    fn visit_unit<E: Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, input: D) -> Result<Tree, D::Error> {
        self.deserialize(input)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Tree, E> {
        Ok(Tree::Flag(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Tree, E> {
        Ok(Tree::Number(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Tree, E> {
        match i64::try_from(number) {
            Ok(number) => Ok(Tree::Number(number)),
            Err(_) => Err(E::custom(format_args!("{number} fits no field"))),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.into()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Tree, E> {
        Ok(Tree::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut input: A) -> Result<Tree, A::Error> {
        let level = self.next()?;
        let mut list = Vec::new();
        while let Some(item) = input.next_element_seed(level)? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut input: A) -> Result<Tree, A::Error> {
        let level = self.next()?;
        let mut map = BTreeMap::new();
        while let Some(key) = input.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!("{key:?} stands twice")));
            }
            map.insert(key, input.next_value_seed(level)?);
        }
        Ok(Tree::Map(map))
    }
}

/// Message, list of records, record, list of entries, entry, text in hexadecimal.
const MAX_DEPTH: u8 = 6;
