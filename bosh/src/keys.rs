//! Key sequences, which tie the requests of a session together without TLS (XEP-0124 §15).

use std::fmt;

use sha1::{Digest, Sha1};

/// What a server remembers: the value that the next key must hash to.
#[derive(Clone, Eq, PartialEq)]
pub struct KeyCheck {
    expected: Option<Box<str>>,
}

impl KeyCheck {
    /// Starts with the `newkey` of the creation request, or with none: then nothing is checked
    /// until a request brings one.
    #[must_use]
    pub fn new(new_key: Option<&str>) -> Self {
        Self {
            expected: new_key.map(in_lower_case),
        }
    }

    /// Checks the keys of the next request in the order of request ids, and remembers them.
    ///
    /// The case of hexadecimal digits does not count: a key is hashed as it came, and in lower
    /// case if that does not fit (the client hashed its own text, which is mostly lower case).
    pub fn accept(&mut self, key: Option<&str>, new_key: Option<&str>) -> bool {
        if let Some(expected) = &self.expected {
            let fits = key.is_some_and(|key| {
                hash(key) == **expected || hash(&key.to_ascii_lowercase()) == **expected
            });
            if !fits {
                return false;
            }
        }
        if let Some(next) = new_key.or_else(|| key.filter(|_| self.expected.is_some())) {
            self.expected = Some(in_lower_case(next));
        }
        true
    }

    /// What the next key must hash to.
    #[cfg(feature = "serde")]
    pub(crate) fn expected(&self) -> Option<&str> {
        self.expected.as_deref()
    }
}

/// The keys do not show.
impl fmt::Debug for KeyCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyCheck")
            .field("in_use", &self.expected.is_some())
            .finish()
    }
}

/// What a client holds: a sequence of keys, spent from its end.
#[derive(Clone, Eq, PartialEq)]
pub struct KeySequence {
    /// K(1) first. The one to send next is the last.
    keys: Vec<String>,
}

impl KeySequence {
    /// Computes `length` keys from a seed that nobody can guess. At least two are made, since
    /// the last of one sequence travels with the first of another.
    #[must_use]
    pub fn new(seed: &str, length: usize) -> Self {
        Self::from_first(hash(seed), length.max(2))
    }

    /// So many keys, of which this is K(1).
    pub(crate) fn from_first(first: String, length: usize) -> Self {
        let mut keys = vec![first];
        while keys.len() < length {
            let next = hash(&keys[keys.len() - 1]);
            keys.push(next);
        }
        Self { keys }
    }

    /// K(1), from which all others follow; `None` when all are spent.
    #[cfg(feature = "serde")]
    pub(crate) fn first(&self) -> Option<&str> {
        self.keys.first().map(String::as_str)
    }

    /// The next key; `None` when all are spent.
    pub fn take(&mut self) -> Option<String> {
        self.keys.pop()
    }

    /// How many keys are left.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.keys.len()
    }
}

/// The keys do not show.
impl fmt::Debug for KeySequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySequence")
            .field("remaining", &self.keys.len())
            .finish()
    }
}

fn in_lower_case(key: &str) -> Box<str> {
    key.to_ascii_lowercase().into_boxed_str()
}

/// The SHA-1 of a text, as lower-case hexadecimal.
fn hash(text: &str) -> String {
    let mut hex = String::with_capacity(40);
    for byte in Sha1::digest(text.as_bytes()) {
        for digit in [byte >> 4, byte & 15] {
            hex.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digest of "abc" is that of FIPS 180.
    #[test]
    fn bosh_15_3_02_keys_are_hashes_of_hexadecimal_text() {
        let mut sequence = KeySequence::new("abc", 2);
        let second = sequence.take();
        let first = sequence.take();
        assert_eq!(
            first.as_deref(),
            Some("a9993e364706816aba3e25717850c26c9cd0d89d"),
            "BOSH-15.3-02"
        );
        // `printf a9993e364706816aba3e25717850c26c9cd0d89d | sha1sum`
        assert_eq!(
            second.as_deref(),
            Some("9ef2bdeea2b1bae79b9ddb930427d0b2c880bdac"),
            "BOSH-15.3-02: the text is hashed, not the digest"
        );
        assert_eq!(sequence.take(), None);
    }

    #[test]
    fn bosh_15_4_03_each_key_hashes_to_the_one_before() {
        let mut sequence = KeySequence::new("seed", 4);
        let mut check = KeyCheck::new(sequence.take().as_deref());
        let second = sequence.take();
        assert!(check.accept(second.as_deref(), None), "BOSH-15.4-03");
        assert!(
            !check.accept(second.as_deref(), None),
            "BOSH-15.4-04: a key is good once"
        );
        assert!(
            !check.accept(None, None),
            "BOSH-15.4-04: a key must be there"
        );
        let third = sequence.take().map(|key| key.to_ascii_uppercase());
        assert!(check.accept(third.as_deref(), None), "BOSH-15.3-03");
        let mut fresh = KeySequence::new("other seed", 3);
        let new_key = fresh.take();
        assert!(
            check.accept(sequence.take().as_deref(), new_key.as_deref()),
            "BOSH-15.4-03: `newkey` begins another sequence"
        );
        assert!(check.accept(fresh.take().as_deref(), None), "BOSH-15.4-03");
    }
}
