//! Feature `serde`: the wire's own text for what the wire has text for.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::body::Version;
use crate::condition::Condition;
use crate::rid::{Rid, Sid};
use crate::session::StreamName;

/// A number in its range.
impl Serialize for Rid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.get())
    }
}

impl<'de> Deserialize<'de> for Rid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(deserializer)?;
        Self::new(number).ok_or_else(|| {
            D::Error::invalid_value(Unexpected::Unsigned(number), &"a request id up to 2^53 - 1")
        })
    }
}

/// A value that is one text.
trait Text: Sized {
    const EXPECTED: &'static str;

    fn read(text: &str) -> Option<Self>;
}

impl Text for Sid {
    const EXPECTED: &'static str = "a session id";

    fn read(text: &str) -> Option<Self> {
        Some(Self::new(text))
    }
}

impl Text for StreamName {
    const EXPECTED: &'static str = "the name of a stream";

    fn read(text: &str) -> Option<Self> {
        Some(Self::new(text))
    }
}

impl Text for Condition {
    const EXPECTED: &'static str = "a terminal binding condition";

    fn read(text: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|condition| condition.as_str() == text)
    }
}

impl Text for Version {
    const EXPECTED: &'static str = "major.minor";

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

struct Reading<T>(PhantomData<T>);

impl<T: Text> Visitor<'_> for Reading<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        // What does not fit may be a secret at the wrong place, so it does not show.
        T::read(text).ok_or_else(|| E::invalid_value(Unexpected::Other("another text"), &self))
    }
}

macro_rules! texts {
    ($($type:ident, $text:expr;)*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let text: fn(&Self, S) -> Result<S::Ok, S::Error> = $text;
                text(self, serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Reading(PhantomData))
            }
        }
    )*};
}

texts! {
    Sid, |sid, serializer| serializer.serialize_str(sid.as_str());
    StreamName, |name, serializer| serializer.serialize_str(name.as_str());
    Condition, |condition, serializer| serializer.serialize_str(condition.as_str());
    Version, |version, serializer| serializer.collect_str(version);
}
