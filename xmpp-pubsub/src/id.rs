//! Names inside the protocol: nodes, items, subscriptions and stanzas, each a type of its own.

use crate::shared::{Shared, Stretch};

macro_rules! identifier {
    ($(#[$meta:meta])* $name:ident, max $max:expr) => {
        $(#[$meta])*
        ///
        /// Cloning costs a reference count. The text is never a slice of input: a copy of its own, or one with the names
        /// that stood beside it.
        #[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(Shared);

        impl $name {
            /// The longest identifier that is accepted, in bytes.
            pub const MAX_LEN: usize = $max;

            /// Takes a copy of `text`.
            ///
            /// # Errors
            ///
            /// The text is empty, longer than [`MAX_LEN`](Self::MAX_LEN), or holds a character that XML cannot carry.
            pub fn new(text: &str) -> Result<Self, IdError> {
                check(text, Self::MAX_LEN)?;
                Ok(Self(Shared::copy(text)))
            }

            /// The same identifier with a copy of its own, for whoever keeps it: the copy that it may share with the
            /// names beside it has up to 512 bytes.
            #[must_use]
            pub fn detach(&self) -> Self {
                Self(self.0.detach())
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Debug::fmt(&self.0, f)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl core::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl core::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }
    };
}

identifier! {
    /// Name of a node, unique in its service. XEP-0060 §4.6 and §12.9. Slashes carry no meaning.
    NodeId, max 1023
}

identifier! {
    /// Name of an item, unique in its node. XEP-0060 §12.9.
    ItemId, max 1023
}

identifier! {
    /// Name of one subscription of an address to a node. XEP-0060 §6.1.6.
    SubId, max 1023
}

identifier! {
    /// The `id` of a stanza, opaque to everyone but its sender. RFC 6120 §8.1.3.
    StanzaId, max 4096
}

#[cfg(feature = "service")]
identifier! {
    /// Name of one run of one member of a [`cluster`](crate::service::cluster): a member that starts again takes another.
    MemberId, max 255
}

#[cfg(feature = "service")]
impl NodeId {
    /// The name of the root collection inside a service; no peer can send it (XEP-0248 §8.1).
    pub(crate) fn root() -> Self {
        Self(Shared::copy(""))
    }

    pub(crate) fn is_root(&self) -> bool {
        self.0.as_str().is_empty()
    }

    /// The name as peers see it: the root collection has none.
    pub(crate) fn shown(&self) -> Option<Self> {
        (!self.is_root()).then(|| self.clone())
    }
}

impl StanzaId {
    /// Two texts in one, which together have at most [`MAX_LEN`](Self::MAX_LEN) bytes: the caller has checked the first, and
    /// the second is ASCII.
    pub(crate) fn joined(first: &str, second: &str) -> Self {
        Self(Shared::joined(first, second))
    }
}

macro_rules! among_neighbours {
    ($($name:ident),+) => { $(
        impl $name {
            /// As [`new`](Self::new), out of the copy of its neighbours.
            pub(crate) fn within(text: &str, stretch: &mut Stretch<'_>) -> Result<Self, IdError> {
                check(text, Self::MAX_LEN)?;
                Ok(Self(stretch.text(text)))
            }
        }
    )+ };
}

among_neighbours!(NodeId, ItemId, StanzaId);

/// Why a text cannot be an identifier.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// Nothing there.
    #[error("identifier is empty")]
    Empty,
    /// More bytes than the type allows.
    #[error("identifier of {len} bytes is longer than {max}")]
    TooLong {
        /// Length found, in bytes.
        len: usize,
        /// Length allowed, in bytes.
        max: usize,
    },
    /// A character outside what XML 1.0 can carry.
    #[error("identifier holds a character that XML cannot carry")]
    Character,
}

/// Numbers that look random, from a seed that the host made from real randomness.
///
/// The sequence is SplitMix64. Whoever knows the seed knows the sequence, and a few outputs reveal it:
/// good for stream ids, message ids and resources, not for keys.
#[derive(Clone, Debug)]
pub(crate) struct IdSource {
    state: u64,
}

impl IdSource {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(crate) fn next_hex(&mut self) -> String {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        format!("{:016x}", z ^ (z >> 31))
    }
}

fn check(text: &str, max: usize) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.len() > max {
        return Err(IdError::TooLong {
            len: text.len(),
            max,
        });
    }
    let is_plain = text
        .bytes()
        .fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'));
    if !is_plain && !text.chars().all(is_xml_char) {
        return Err(IdError::Character);
    }
    Ok(())
}

/// XML 1.0, production 2 (`Char`).
pub(crate) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ps_12_15_01_slashes_in_a_node_id_are_plain_characters() {
        let node = NodeId::new("/finesse/api/User/1001001").unwrap();
        assert_eq!(node.as_str(), "/finesse/api/User/1001001");
    }

    #[test]
    fn what_xml_cannot_carry_is_refused() {
        assert_eq!(NodeId::new("a\u{0}b"), Err(IdError::Character));
        assert_eq!(ItemId::new(""), Err(IdError::Empty));
        assert_eq!(
            ItemId::new(&"x".repeat(1024)),
            Err(IdError::TooLong {
                len: 1024,
                max: 1023
            })
        );
    }

    #[test]
    fn a_seed_gives_one_sequence_without_repeats() {
        let mut one = IdSource::new(7);
        let mut two = IdSource::new(7);
        let first = one.next_hex();
        assert_eq!(first, two.next_hex());
        assert_ne!(first, one.next_hex());
    }
}
