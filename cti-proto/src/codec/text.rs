//! STRING and UNSPEC: bytes of the peer, kept as they came.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::str::Utf8Error;

use bytes::{Bytes, BytesMut};

use crate::codec::floating::{Data, Value};

/// STRING: text without NUL, by rule ASCII (UCCE) or UTF-8 (UCCX).
///
/// What a peer sends otherwise is kept byte for byte. The closing NUL is no part of the value: it
/// is written, and reading stops at the first one, or at the end of the field if there is none.
///
/// A text read from a frame is a slice of that frame's buffer and keeps it alive; [`Text::detach`]
/// makes a copy that does not.
#[derive(Clone, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Text(Bytes);

impl Text {
    /// The empty text.
    pub const EMPTY: Self = Self(Bytes::new());

    /// Takes `bytes` as a text.
    ///
    /// # Errors
    ///
    /// [`TextError`] when they hold a NUL, which would end the text on the wire.
    pub fn new(bytes: impl Into<Bytes>) -> Result<Self, TextError> {
        let bytes = bytes.into();
        match bytes.iter().position(|byte| *byte == 0) {
            None => Ok(Self(bytes)),
            Some(offset) => Err(TextError { offset }),
        }
    }

    /// Takes `bytes` up to the first NUL, as a reader of the wire does.
    pub fn until_nul(bytes: impl Into<Bytes>) -> Self {
        let mut bytes = bytes.into();
        if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
            bytes.truncate(end);
        }
        Self(bytes)
    }

    /// The bytes without the closing NUL.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether nothing is left before the NUL.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As text.
    ///
    /// # Errors
    ///
    /// When the peer's bytes are not UTF-8.
    pub fn to_str(&self) -> Result<&str, Utf8Error> {
        core::str::from_utf8(&self.0)
    }

    /// As text, with U+FFFD for what is not UTF-8.
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// A copy of its own, which does not keep the input buffer alive.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self(Bytes::copy_from_slice(&self.0))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// As it came, control characters of the peer included; what goes to a terminal or log is better
/// written by `{:?}`, or as a part of its message, which both escape.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_string_lossy())
    }
}

impl TryFrom<&str> for Text {
    type Error = TextError;

    fn try_from(text: &str) -> Result<Self, TextError> {
        Self::new(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl TryFrom<String> for Text {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        Self::new(text)
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

/// Quirk: both known suites write an empty STRING as length 1 with the NUL; a length of 0 is read
/// the same way.
impl Value for Text {
    #[inline]
    fn parse(data: &Data<'_>) -> Option<Self> {
        let bytes = data.bytes();
        let end = bytes
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(bytes.len());
        Some(Self(data.slice(0..end)))
    }

    fn wire_len(&self) -> usize {
        self.0.len() + 1
    }

    fn put(&self, out: &mut BytesMut) {
        out.extend_from_slice(&self.0);
        out.extend_from_slice(&[0]);
    }
}

/// A text would hold a NUL.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("text holds a NUL at byte {offset}")]
pub struct TextError {
    /// Where the first one stands.
    pub offset: usize,
}

/// UNSPEC: opaque bytes.
#[derive(Clone, Default, Eq, Hash, PartialEq)]
pub struct Blob(pub Bytes);

impl Blob {
    /// A copy of its own, which does not keep the input buffer alive.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self(Bytes::copy_from_slice(&self.0))
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({:02x?})", &self.0[..])
    }
}

impl Value for Blob {
    fn parse(data: &Data<'_>) -> Option<Self> {
        Some(Self(data.keep().data))
    }

    fn wire_len(&self) -> usize {
        self.0.len()
    }

    fn put(&self, out: &mut BytesMut) {
        out.extend_from_slice(&self.0);
    }
}

/// A password. Neither `Debug` nor any error shows it.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Secret(Bytes);

impl Secret {
    /// Takes the password as the field carries it: for `UNSPEC` all bytes, for `STRING` with its
    /// closing NUL (see [`Secret::text`]).
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self(bytes.into())
    }

    /// Takes a password for a STRING field and adds the NUL that closes it.
    pub fn text(password: &str) -> Self {
        let mut bytes = BytesMut::with_capacity(password.len() + 1);
        bytes.extend_from_slice(password.as_bytes());
        bytes.extend_from_slice(&[0]);
        Self(bytes.freeze())
    }

    /// The password up to a closing NUL, for the one place that checks it.
    pub fn expose(&self) -> &[u8] {
        let end = self.0.iter().position(|byte| *byte == 0);
        &self.0[..end.unwrap_or(self.0.len())]
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Value for Secret {
    fn parse(data: &Data<'_>) -> Option<Self> {
        Some(Self(data.keep().data))
    }

    fn wire_len(&self) -> usize {
        self.0.len()
    }

    fn put(&self, out: &mut BytesMut) {
        out.extend_from_slice(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn text_stops_at_the_first_nul_or_the_end() {
        assert_eq!(Text::until_nul(&b"100\0junk"[..]), "100");
        assert_eq!(Text::until_nul(&b"100"[..]), "100");
        assert_eq!(Text::until_nul(&b""[..]), "");
        assert_eq!(Text::new(&b"1\0"[..]), Err(TextError { offset: 1 }));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_kept() {
        let text = Text::until_nul(&b"M\xfcller\0"[..]);
        assert_eq!(text.as_bytes(), b"M\xfcller");
        assert!(text.to_str().is_err());
        assert_eq!(text.to_string_lossy(), "M\u{fffd}ller");
        assert_eq!(format!("{text:?}"), r#""M\xfcller""#);
    }

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::text("hunter2");
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        assert_eq!(secret.expose(), b"hunter2");
    }
}
