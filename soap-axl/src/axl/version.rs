//! Schema version of AXL, a value at run time.

use core::fmt;
use core::str::FromStr;

use crate::ns;

/// Version of the AXL schema, as in the namespace `http://www.cisco.com/AXL/API/14.0`.
///
/// 12.5, 14.0 and 15.0 have the same structure, so that one model serves them. Any number is
/// legal here; a server decides which it knows.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Version {
    major: u8,
    minor: u8,
}

impl Version {
    /// CUCM 11.5.
    pub const V11_5: Self = Self::new(11, 5);
    /// CUCM 12.0.
    pub const V12_0: Self = Self::new(12, 0);
    /// CUCM 12.5.
    pub const V12_5: Self = Self::new(12, 5);
    /// CUCM 14.
    pub const V14_0: Self = Self::new(14, 0);
    /// CUCM 15.
    pub const V15_0: Self = Self::new(15, 0);

    /// The versions whose structure this crate models, oldest first.
    pub const KNOWN: &'static [Self] = &[
        Self::V11_5,
        Self::V12_0,
        Self::V12_5,
        Self::V14_0,
        Self::V15_0,
    ];

    /// A version by its two numbers.
    pub const fn new(major: u8, minor: u8) -> Self {
        Self { major, minor }
    }

    /// The version that a namespace names, if it is one of AXL's.
    pub fn from_namespace(namespace: &str) -> Option<Self> {
        namespace.strip_prefix(ns::AXL_PREFIX)?.parse().ok()
    }

    /// Its two numbers.
    #[cfg(feature = "schema")]
    pub(crate) const fn parts(self) -> (u8, u8) {
        (self.major, self.minor)
    }

    /// The namespace of this version's operation elements.
    pub fn namespace(self) -> String {
        format!("{}{self}", ns::AXL_PREFIX)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let (major, minor) = text.split_once('.').ok_or(VersionError)?;
        Ok(Self {
            major: number(major)?,
            minor: number(minor)?,
        })
    }
}

/// The text is not a version such as `14.0`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an axl version is two numbers from 0 to 255, as in 14.0")]
pub struct VersionError;

fn number(text: &str) -> Result<u8, VersionError> {
    // `u8::from_str` takes a plus sign, the schema's names do not.
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(VersionError);
    }
    text.parse().map_err(|_| VersionError)
}

/// What the `SOAPAction` header of AXL says: `CUCM:DB ver=14.0 getPhone`.
///
/// CUCM chooses the schema by this header; the body's namespace names it too.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Action {
    /// Version of the schema.
    pub version: Version,
    /// Name of the operation; may be missing.
    pub operation: Option<String>,
}

impl Action {
    /// Reads the header's value without its quotes; `None` when it is none of AXL's.
    pub fn parse(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        if !words.next()?.eq_ignore_ascii_case("CUCM:DB") {
            return None;
        }
        let version = words.next()?.strip_prefix("ver=")?.parse().ok()?;
        Some(Self {
            version,
            operation: words.next().map(str::to_owned),
        })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CUCM:DB ver={}", self.version)?;
        match &self.operation {
            Some(operation) => write!(f, " {operation}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_names_a_version() {
        let namespace = "http://www.cisco.com/AXL/API/12.5";
        assert_eq!(Version::from_namespace(namespace), Some(Version::V12_5));
        assert_eq!(Version::V12_5.namespace(), namespace);
        for other in [
            "http://www.cisco.com/AXL/API/",
            "http://www.cisco.com/AXL/14.0",
            "",
        ] {
            assert_eq!(Version::from_namespace(other), None, "{other}");
        }
    }

    #[test]
    fn versions_are_ordered_by_their_numbers() {
        assert!(Version::KNOWN.is_sorted());
        assert!(Version::new(9, 1) < Version::V11_5);
    }

    #[test]
    fn only_two_plain_numbers_are_a_version() {
        assert_eq!("15.0".parse(), Ok(Version::V15_0));
        for bad in [
            "", "15", "15.", ".0", "+1.0", "1.0.0", "256.0", "a.b", " 14.0",
        ] {
            assert_eq!(bad.parse::<Version>(), Err(VersionError), "{bad}");
        }
    }

    #[test]
    fn the_action_header_names_version_and_operation() {
        let action = Action::parse("CUCM:DB ver=14.0 getPhone").unwrap();
        assert_eq!(action.version, Version::V14_0);
        assert_eq!(action.operation.as_deref(), Some("getPhone"));
        assert_eq!(action.to_string(), "CUCM:DB ver=14.0 getPhone");
        assert_eq!(Action::parse("CUCM:DB ver=14.0").unwrap().operation, None);
        assert_eq!(Action::parse(""), None);
        assert_eq!(Action::parse("urn:other"), None);
    }
}
