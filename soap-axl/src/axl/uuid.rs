//! The database's key of an object.

use core::fmt;
use core::hash::{Hash, Hasher};

/// Key of an object: `{8-4-4-4-12}` in upper case on AXL, the same without braces in lower case
/// in SQL's `pkid`.
///
/// The schema allows any characters, so any text is kept as it came. Two spellings of one key are
/// equal: braces and case do not count.
#[derive(Clone)]
pub struct Uuid(String);

impl Uuid {
    /// No characters: no key yet.
    pub const EMPTY: Self = Self(String::new());

    /// A key as the peer wrote it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The spelling of SQL: lower case, no braces.
    pub fn to_pkid(&self) -> String {
        self.bare().to_ascii_lowercase()
    }

    /// The spelling of AXL: upper case in braces.
    pub fn to_braced(&self) -> String {
        format!("{{{}}}", self.bare().to_ascii_uppercase())
    }

    fn bare(&self) -> &str {
        self.0
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'))
            .unwrap_or(&self.0)
    }
}

impl PartialEq for Uuid {
    fn eq(&self, other: &Self) -> bool {
        self.bare().eq_ignore_ascii_case(other.bare())
    }
}

impl Eq for Uuid {}

impl Hash for Uuid {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.bare().bytes() {
            state.write_u8(byte.to_ascii_lowercase());
        }
        state.write_u8(0xff);
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uuid({})", self.0)
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Uuid {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_and_case_do_not_count() {
        let axl = Uuid::new("{0D5C1A3B-7E1F-4A55-9C3E-2F6B8A0D1E42}");
        let sql = Uuid::new("0d5c1a3b-7e1f-4a55-9c3e-2f6b8a0d1e42");
        assert_eq!(axl, sql);
        assert_eq!(axl.to_pkid(), sql.as_str());
        assert_eq!(sql.to_braced(), axl.as_str());
        assert_ne!(axl, Uuid::new("{0D5C1A3B-7E1F-4A55-9C3E-2F6B8A0D1E43}"));
    }

    #[test]
    fn any_text_is_kept() {
        assert_eq!(Uuid::new("{odd").as_str(), "{odd");
        assert_eq!(Uuid::new("{").to_braced(), "{{}");
    }
}
