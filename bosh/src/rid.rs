//! Request ids and session ids.

use std::fmt;
use std::num::NonZeroU64;

use smallvec::SmallVec;

/// A request id: a positive integer up to [`Rid::MAX`] (XEP-0124 §14.1).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Rid(NonZeroU64);

impl Rid {
    /// 2^53 - 1, the largest integer that every client language holds exactly.
    pub const MAX: Self = Self(NonZeroU64::MIN.saturating_add(9_007_199_254_740_990));

    /// Checks the range.
    #[must_use]
    pub const fn new(value: u64) -> Option<Self> {
        match NonZeroU64::new(value) {
            Some(value) if value.get() <= Self::MAX.get() => Some(Self(value)),
            _ => None,
        }
    }

    /// Reads the lexical forms of `xs:positiveInteger` without a sign: white space around it and
    /// leading zeros are allowed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_unsigned(text).and_then(Self::new)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// The id after this one, or `None` at the end of the range.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        Self::new(self.get() + 1)
    }

    /// The id before this one, or `None` for 1.
    #[must_use]
    pub const fn previous(self) -> Option<Self> {
        Self::new(self.get() - 1)
    }

    /// How far this id lies above `other`; `None` if it lies below.
    #[must_use]
    pub const fn above(self, other: Self) -> Option<u64> {
        self.get().checked_sub(other.get())
    }
}

impl fmt::Display for Rid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A session id. Whoever knows it can act in the session, so `Debug` shows only its beginning.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Sid(SmallVec<[u8; INLINE]>);

/// A session id of so many bytes asks for no memory: 128 bits in base 16.
const INLINE: usize = 32;

impl Sid {
    /// Takes any text; what it means is the server's business.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(SmallVec::from_slice(text.as_ref().as_bytes()))
    }

    /// Bytes of the text.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The text on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Made of text.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.as_str().chars().take(4).collect();
        write!(f, "Sid({shown}…)")
    }
}

/// Decimal digits with white space around them; `None` for anything else and above `u64`.
pub(crate) fn parse_unsigned(text: &str) -> Option<u64> {
    let digits = wire_xml::text::trim(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bosh_14_1_03_a_rid_is_a_positive_integer_up_to_two_to_the_53() {
        for (text, value) in [
            ("1", Some(1)),
            (" 0042\n", Some(42)),
            ("9007199254740991", Some(9_007_199_254_740_991)),
            ("9007199254740992", None),
            ("99999999999999999999999", None),
            ("0", None),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.0", None),
            ("1e3", None),
            ("0x10", None),
            ("1 2", None),
            ("\u{0661}", None),
        ] {
            assert_eq!(
                Rid::parse(text).map(Rid::get),
                value,
                "BOSH-14.1-03, J6 {text:?}"
            );
        }
    }

    #[test]
    fn a_session_id_is_not_shown_whole() {
        assert_eq!(format!("{:?}", Sid::new("secret-id")), "Sid(secr…)");
    }
}
