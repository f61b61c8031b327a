//! Dialect and version: what fixes the layout of every message of a session.

use core::fmt;

/// Which family of CTI servers the peer belongs to.
///
/// The two share framing and most layouts; the numbers 86, 235, 236 and 240 mean different messages.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "UPPERCASE"))]
pub enum Dialect {
    /// Unified Contact Center Enterprise, protocol versions 5 to 25.
    Ucce,
    /// Unified Contact Center Express, protocol versions 10 to 18.
    Uccx,
}

/// A dialect and the VersionNumber that OPEN_REQ names.
///
/// Any number can be held, since a client may ask for one that nobody speaks; [`Version::is_known`]
/// tells whether the tables of this crate cover it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Version {
    dialect: Dialect,
    number: u32,
}

impl Version {
    /// A version of the UCCE dialect.
    pub const fn ucce(number: u32) -> Self {
        Self {
            dialect: Dialect::Ucce,
            number,
        }
    }

    /// A version of the UCCX dialect.
    pub const fn uccx(number: u32) -> Self {
        Self {
            dialect: Dialect::Uccx,
            number,
        }
    }

    /// A version of the given dialect.
    pub const fn new(dialect: Dialect, number: u32) -> Self {
        Self { dialect, number }
    }

    /// The family of the peer.
    pub const fn dialect(self) -> Dialect {
        self.dialect
    }

    /// The VersionNumber as OPEN_REQ carries it.
    pub const fn number(self) -> u32 {
        self.number
    }

    /// Whether the message tables cover this version: UCCE 5 to 25, UCCX 10 to 18.
    pub const fn is_known(self) -> bool {
        match self.dialect {
            Dialect::Ucce => self.number >= 5 && self.number <= 25,
            Dialect::Uccx => self.number >= 10 && self.number <= 18,
        }
    }

    /// Whether a document of this version was read for the layouts of the messages that open and
    /// keep a session (numbers 1 to 8).
    ///
    /// UCCE: 15, 23, 24 and 25. The guides of 9, 14 and 17 were read in part; what they confirm is
    /// told message by message ([`Table::is_inferred`](crate::message::Table::is_inferred)). UCCX: 10
    /// to 17, which one guide covers, with marks where a version added something; some of its pages
    /// were cut, OPEN_REQ among them, and follow UCCE. UCCX 18 is left out, since the width of its
    /// floating fields rests on one sentence.
    ///
    /// A server offers other versions only when its configuration says so.
    pub const fn is_confirmed(self) -> bool {
        match self.dialect {
            Dialect::Ucce => matches!(self.number, 15 | 23..=25),
            Dialect::Uccx => matches!(self.number, 10..=17),
        }
    }

    /// How wide the tag and the length of a floating field are.
    #[inline]
    pub const fn field_width(self) -> FieldWidth {
        match self.dialect {
            Dialect::Ucce if self.number >= 20 => FieldWidth::Wide,
            Dialect::Uccx if self.number >= 18 => FieldWidth::WideTag,
            Dialect::Ucce | Dialect::Uccx => FieldWidth::Narrow,
        }
    }

    /// Largest message in bytes, header included.
    ///
    /// The guides print 4329 for version 9 and 12500 from version 23 on; the step is put at
    /// version 20, where the floating fields grew. UCCX gives no figure of its own and lists up to
    /// 99 queues in one event, so it gets the larger limit.
    pub const fn max_message_len(self) -> usize {
        match self.dialect {
            Dialect::Ucce if self.number < 20 => 4_329,
            Dialect::Ucce | Dialect::Uccx => 12_500,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dialect = match self.dialect {
            Dialect::Ucce => "UCCE",
            Dialect::Uccx => "UCCX",
        };
        write!(f, "{dialect} {}", self.number)
    }
}

/// Sizes of the two numbers before the data of a floating field.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FieldWidth {
    /// Tag 1 byte, length 1 byte: UCCE up to 19, UCCX up to 17.
    Narrow,
    /// Tag 2 bytes, length 1 byte: UCCX 18.
    ///
    /// Quirk: the guide prints the 2-byte tag for named variables only, and has tags above 255. It is
    /// taken for all fields; a body that does not come out even so is read with the widths of UCCX 17,
    /// then of UCCE 20.
    WideTag,
    /// Tag 2 bytes, length 2 bytes: UCCE from 20 on.
    Wide,
}

impl FieldWidth {
    /// Bytes before the data.
    pub const fn header_len(self) -> usize {
        match self {
            Self::Narrow => 2,
            Self::WideTag => 3,
            Self::Wide => 4,
        }
    }

    /// Most data one field can hold.
    pub const fn max_data_len(self) -> usize {
        match self {
            Self::Narrow | Self::WideTag => u8::MAX as usize,
            Self::Wide => u16::MAX as usize,
        }
    }

    /// Highest tag that can be written.
    pub const fn max_tag(self) -> u16 {
        match self {
            Self::Narrow => u8::MAX as u16,
            Self::WideTag | Self::Wide => u16::MAX,
        }
    }
}

/// The versions of each dialect that have a message or a field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Gate {
    ucce: Range,
    uccx: Range,
}

impl Gate {
    /// Every version of both dialects.
    pub const ALWAYS: Self = Self::since(0);

    /// From version `first` on, in both dialects.
    pub const fn since(first: u8) -> Self {
        Self {
            ucce: Range {
                first,
                last: u8::MAX,
            },
            uccx: Range {
                first,
                last: u8::MAX,
            },
        }
    }

    /// No version: the start of a gate that [`Gate::ucce`] and [`Gate::uccx`] open.
    pub const fn closed() -> Self {
        Self {
            ucce: Range::NONE,
            uccx: Range::NONE,
        }
    }

    /// Opens the gate for UCCE versions `first` to `last`.
    #[must_use]
    pub const fn ucce(self, first: u8, last: u8) -> Self {
        Self {
            ucce: Range { first, last },
            uccx: self.uccx,
        }
    }

    /// Opens the gate for UCCX versions `first` to `last`.
    #[must_use]
    pub const fn uccx(self, first: u8, last: u8) -> Self {
        Self {
            ucce: self.ucce,
            uccx: Range { first, last },
        }
    }

    /// Whether any version has it.
    pub(crate) const fn is_open(self) -> bool {
        self.ucce.first <= self.ucce.last || self.uccx.first <= self.uccx.last
    }

    /// Whether any version of `dialect` has it.
    pub const fn opens(self, dialect: Dialect) -> bool {
        let range = match dialect {
            Dialect::Ucce => self.ucce,
            Dialect::Uccx => self.uccx,
        };
        range.first <= range.last
    }

    /// Whether `version` has it.
    #[inline]
    pub const fn admits(self, version: Version) -> bool {
        // Most gates are open: one comparison, or none where the gate is a constant.
        if self.is_always() {
            return true;
        }
        let range = match version.dialect {
            Dialect::Ucce => self.ucce,
            Dialect::Uccx => self.uccx,
        };
        let number = if version.number < u8::MAX as u32 {
            version.number as u8
        } else {
            u8::MAX
        };
        range.first <= number && number <= range.last
    }

    pub(crate) const fn is_always(self) -> bool {
        self.bits() == Self::ALWAYS.bits()
    }

    const fn bits(self) -> u32 {
        u32::from_ne_bytes([
            self.ucce.first,
            self.ucce.last,
            self.uccx.first,
            self.uccx.last,
        ])
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Range {
    first: u8,
    last: u8,
}

impl Range {
    /// No version reaches it: the first lies behind the last.
    const NONE: Self = Self {
        first: u8::MAX,
        last: 0,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_follow_dialect_and_version() {
        assert_eq!(Version::ucce(19).field_width(), FieldWidth::Narrow);
        assert_eq!(Version::ucce(20).field_width(), FieldWidth::Wide);
        assert_eq!(Version::uccx(17).field_width(), FieldWidth::Narrow);
        assert_eq!(Version::uccx(18).field_width(), FieldWidth::WideTag);
    }

    #[test]
    fn gates_tell_dialects_apart() {
        let gate = Gate::closed().ucce(14, u8::MAX).uccx(10, 16);
        assert!(!gate.admits(Version::ucce(13)));
        assert!(gate.admits(Version::ucce(14)));
        assert!(gate.admits(Version::uccx(16)));
        assert!(!gate.admits(Version::uccx(17)));
        assert!(!Gate::closed().ucce(5, u8::MAX).admits(Version::uccx(17)));
        assert!(!Gate::closed().admits(Version::ucce(300)));
        assert!(Gate::ALWAYS.admits(Version::ucce(300)));
    }
}
