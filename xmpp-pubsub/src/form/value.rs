//! What fields of typed forms hold.

use wire_xml::text::{format_bool, format_date_time, parse_date_time};

use super::parse_boolean;
use crate::id::{NodeId, SubId};
use crate::jid::Jid;

/// A type that the values of one field are read as.
pub(super) trait Value: Sized + PartialEq {
    /// The value, or `None` if the texts are not one.
    fn read(texts: &[String]) -> Option<Self>;
    /// The texts of the value.
    fn to_texts(&self) -> Vec<String>;
}

/// `xs:integer` or `max`, which means the limit of the service. XEP-0060 §12.23.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IntegerOrMax {
    /// That many.
    Integer(u64),
    /// As many as the service has room for.
    Max,
}

/// A date of XEP-0082, in milliseconds since 1970, UTC.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct DateTime(pub i64);

/// The only text. DF-03: one value, unless the type of the field says otherwise.
pub(super) fn single(texts: &[String]) -> Option<&str> {
    match texts {
        [text] => Some(text),
        _ => None,
    }
}

impl Value for String {
    fn read(texts: &[String]) -> Option<Self> {
        single(texts).map(str::to_owned)
    }

    fn to_texts(&self) -> Vec<String> {
        vec![self.clone()]
    }
}

impl Value for bool {
    fn read(texts: &[String]) -> Option<Self> {
        parse_boolean(single(texts)?)
    }

    fn to_texts(&self) -> Vec<String> {
        vec![format_bool(*self).to_owned()]
    }
}

impl Value for u64 {
    fn read(texts: &[String]) -> Option<Self> {
        wire_xml::text::trim(single(texts)?).parse().ok()
    }

    fn to_texts(&self) -> Vec<String> {
        vec![self.to_string()]
    }
}

impl Value for IntegerOrMax {
    fn read(texts: &[String]) -> Option<Self> {
        match wire_xml::text::trim(single(texts)?) {
            "max" => Some(Self::Max),
            number => number.parse().ok().map(Self::Integer),
        }
    }

    fn to_texts(&self) -> Vec<String> {
        vec![match self {
            Self::Integer(number) => number.to_string(),
            Self::Max => "max".to_owned(),
        }]
    }
}

impl Value for DateTime {
    fn read(texts: &[String]) -> Option<Self> {
        parse_date_time(single(texts)?).map(Self)
    }

    fn to_texts(&self) -> Vec<String> {
        vec![format_date_time(self.0)]
    }
}

impl Value for Vec<String> {
    fn read(texts: &[String]) -> Option<Self> {
        Some(texts.to_vec())
    }

    fn to_texts(&self) -> Vec<String> {
        self.clone()
    }
}

/// An address or a name.
macro_rules! parsed_value {
    ($($kind:ident),+) => { $(
        impl Value for $kind {
            fn read(texts: &[String]) -> Option<Self> {
                Self::new(single(texts)?).ok()
            }

            fn to_texts(&self) -> Vec<String> {
                vec![self.to_string()]
            }
        }
    )+ };
}

parsed_value!(Jid, NodeId, SubId);

/// DF-05: an address that comes again is dropped.
impl Value for Vec<Jid> {
    fn read(texts: &[String]) -> Option<Self> {
        let mut all = Self::new();
        for text in texts {
            let jid = Jid::new(text).ok()?;
            if !all.contains(&jid) {
                all.push(jid);
            }
        }
        Some(all)
    }

    fn to_texts(&self) -> Vec<String> {
        self.iter().map(ToString::to_string).collect()
    }
}

/// An empty name is that of the root collection, which lists leave out (trap 22 of XEP-0060).
impl Value for Vec<NodeId> {
    fn read(texts: &[String]) -> Option<Self> {
        let named = texts.iter().filter(|text| !text.is_empty());
        named.map(|text| NodeId::new(text).ok()).collect()
    }

    fn to_texts(&self) -> Vec<String> {
        self.iter().map(ToString::to_string).collect()
    }
}

/// A word out of an open set.
macro_rules! word_value {
    ($($kind:ident),+) => { $(
        impl super::value::Value for $kind {
            fn read(texts: &[String]) -> Option<Self> {
                super::value::single(texts).map(Self::from_name)
            }

            fn to_texts(&self) -> Vec<String> {
                vec![self.as_str().to_owned()]
            }
        }
    )+ };
}

pub(super) use word_value;
