//! Which version a session speaks.

use alloc::vec::Vec;

use crate::code::{MessageType, PeripheralType};
use crate::codec::Form;
use crate::follow::finding::{Finding, Lookup, fixed_width, has_two_bodies, walk};
use crate::frame::Frame;
use crate::version::{Dialect, Version};

/// Finds the version of a session from its messages, of both directions.
///
/// An OPEN_REQ names the number; the dialect comes from [`with_dialect`](Self::with_dialect) or
/// from what fits better. Without an OPEN_REQ each message is read in the layout of every version,
/// and what does not fit counts against it. Several versions may fit alike: then the newest counts,
/// where UCCE from 20 on stands before UCCX and that before older UCCE.
#[derive(Clone, Debug)]
pub struct VersionGuess {
    dialect: Option<Dialect>,
    candidates: Vec<Candidate>,
    certainty: Certainty,
    observed: u32,
}

/// How a version was found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Certainty {
    /// The caller said so.
    Given,
    /// An OPEN_REQ named the number.
    Opened,
    /// It fits the messages best.
    Guessed,
}

#[derive(Clone, Debug)]
struct Candidate {
    version: Version,
    /// Fields that fit, less those that do not.
    score: i32,
}

impl VersionGuess {
    /// Every known version may be it.
    pub fn new() -> Self {
        Self {
            dialect: None,
            candidates: Candidate::all(&KNOWN),
            certainty: Certainty::Guessed,
            observed: 0,
        }
    }

    /// The caller knows the version: nothing is guessed.
    pub fn given(version: Version) -> Self {
        Self {
            dialect: Some(version.dialect()),
            candidates: Candidate::all(&[version]),
            certainty: Certainty::Given,
            observed: 0,
        }
    }

    /// Only versions of `dialect` may be it.
    #[must_use]
    pub fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self.candidates
            .retain(|candidate| candidate.version.dialect() == dialect);
        self
    }

    /// Takes a message of either direction into account.
    pub fn observe(&mut self, frame: &Frame) {
        if self.certainty == Certainty::Given {
            return;
        }
        if frame.message_type == MessageType::OPEN_REQ {
            self.opened(frame);
        }
        if self.candidates.len() < 2
            || self.observed >= ENOUGH
            || has_two_bodies(frame.message_type)
        {
            return;
        }
        self.observed += 1;
        let mut best = i32::MIN;
        for candidate in &mut self.candidates {
            candidate.score += score(candidate.version, frame);
            best = best.max(candidate.score);
        }
        self.candidates
            .retain(|candidate| candidate.score > best - HOPELESS);
    }

    /// The most plausible version.
    pub fn version(&self) -> Version {
        self.candidates
            .iter()
            .rev()
            .max_by_key(|candidate| candidate.score)
            .map_or(Version::ucce(25), |candidate| candidate.version)
    }

    /// All versions that fit as well as the most plausible one, itself included.
    pub fn equals(&self) -> impl Iterator<Item = Version> {
        let best = self
            .candidates
            .iter()
            .map(|candidate| candidate.score)
            .max();
        self.candidates
            .iter()
            .filter(move |candidate| Some(candidate.score) == best)
            .map(|candidate| candidate.version)
    }

    /// How [`version`](Self::version) was found.
    pub const fn certainty(&self) -> Certainty {
        self.certainty
    }

    /// A session begins: what came before was another one's.
    fn opened(&mut self, frame: &Frame) {
        let Some(number) = frame.body.get(4..).and_then(<[u8]>::first_chunk) else {
            return;
        };
        let number = u32::from_be_bytes(*number);
        // What nobody speaks will be refused; its answer is read as before.
        let known = KNOWN.iter().any(|version| version.number() == number);
        if !known {
            return;
        }
        // A number that only UCCE has tells the dialect; one that both have leaves it open.
        let versions: Vec<Version> = KNOWN
            .iter()
            .filter(|version| version.number() == number)
            .filter(|version| {
                self.dialect
                    .is_none_or(|dialect| version.dialect() == dialect)
            })
            .copied()
            .collect();
        self.candidates = match (versions.is_empty(), self.dialect) {
            (true, Some(dialect)) => Candidate::all(&[Version::new(dialect, number)]),
            (true, None) | (false, _) => Candidate::all(&versions),
        };
        self.certainty = Certainty::Opened;
        self.observed = 0;
    }
}

impl Default for VersionGuess {
    fn default() -> Self {
        Self::new()
    }
}

impl Candidate {
    fn all(versions: &[Version]) -> Vec<Self> {
        versions
            .iter()
            .map(|version| Self {
                version: *version,
                score: 0,
            })
            .collect()
    }
}

/// How well `frame` fits `version`.
fn score(version: Version, frame: &Frame) -> i32 {
    let table = match Lookup::of(frame.message_type, version) {
        Lookup::Table(table) => table,
        Lookup::OtherVersion(_) => return -6,
        Lookup::NoBody | Lookup::NotListed => return 0,
    };
    let (mut readable, mut odd) = (true, 0_i32);
    let known = walk(
        table,
        version,
        Form::usual(version),
        &frame.body,
        &mut |finding| {
            odd = odd.saturating_add(match finding {
                Finding::Unreadable(_) => {
                    readable = false;
                    0
                }
                Finding::Counter { .. } | Finding::FieldLength { .. } => 4,
                Finding::UnknownTag { .. } => 3,
                Finding::Repeated { .. } => 2,
                Finding::NoNul { .. }
                | Finding::UnknownType { .. }
                | Finding::NotInVersion { .. }
                | Finding::TooLong { .. }
                | Finding::Missing { .. } => 1,
            });
        },
    );
    // One message alone decides nothing, and one that can be read stands before one that cannot.
    let mut score = if readable {
        i32::try_from(known).map_or(MOST, |known| known.min(MOST)) - odd.min(MOST)
    } else {
        -UNREADABLE
    };
    let mut at = 0;
    for field in table
        .fields
        .iter()
        .filter(|field| field.gate.admits(version))
    {
        let width = fixed_width(field);
        let bytes = frame.body.get(at..at + width);
        if let ("PeripheralType", Some(&[high, low])) = (field.type_name, bytes) {
            let kind = PeripheralType(u16::from_be_bytes([high, low]));
            // UCCX sets this one in its events; no UCCE has such a switch.
            let told = match kind {
                PeripheralType::ACMI_CRS => Some(Dialect::Uccx),
                PeripheralType::NONE => None,
                other => other.name().map(|_| Dialect::Ucce),
            };
            if told.is_some_and(|dialect| dialect != version.dialect()) {
                score -= 3;
            }
        }
        at += width;
    }
    score
}

/// Every version with tables, the preferred ones first.
pub(super) const KNOWN: [Version; 30] = {
    let mut versions = [Version::ucce(0); 30];
    let mut at = 0;
    while at < versions.len() {
        let back = at as u32;
        versions[at] = match at {
            0..6 => Version::ucce(25 - back),
            6..15 => Version::uccx(18 + 6 - back),
            _ => Version::ucce(19 + 15 - back),
        };
        at += 1;
    }
    versions
};

/// Messages after which nothing more is learnt.
const ENOUGH: u32 = 256;

/// The most that the fields of one message count for or against a version.
const MOST: i32 = 12;

/// What counts against a version in which a message cannot be read.
const UNREADABLE: i32 = 20;

/// A version that lags behind the best by as much is given up.
const HOPELESS: i32 = 48;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_version_is_there_once() {
        assert!(KNOWN.iter().all(|version| version.is_known()));
        for (at, version) in KNOWN.iter().enumerate() {
            assert!(!KNOWN[..at].contains(version), "{version}");
        }
    }
}
