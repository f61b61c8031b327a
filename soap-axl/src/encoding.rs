//! Bytes of a message to UTF-8 text. SOAP 1.1 over HTTP may come in UTF-16.

use std::borrow::Cow;

/// The text of a message without byte order mark and XML declaration.
///
/// The charset parameter of the content type beats the byte order mark, which beats the
/// declaration (RFC 7303 §3 calls the last two the other way round; Basic Profile 1.1 R1012 wants
/// UTF-8 and UTF-16 read). `text/xml` without charset is not US-ASCII here.
///
/// # Errors
///
/// [`EncodingError`] for a charset that is not known or bytes that are not of it.
pub(crate) fn to_text<'a>(
    bytes: &'a [u8],
    charset: Option<&str>,
) -> Result<Cow<'a, str>, EncodingError> {
    let (source, mark) = Source::of(bytes, charset)?;
    let bytes = bytes.get(mark..).unwrap_or_default();
    if source == Source::Utf8 {
        let text = core::str::from_utf8(bytes).map_err(|error| malformed(mark, error))?;
        return Ok(Cow::Borrowed(&text[declaration_len(text)..]));
    }
    let mut text = transcode(source, bytes, mark)?;
    text.drain(..declaration_len(&text));
    Ok(Cow::Owned(text))
}

/// As [`to_text`], with the bytes made the text where that is possible: all of it, and where the
/// text behind mark and declaration begins.
///
/// # Errors
///
/// As for [`to_text`].
pub(crate) fn into_text(
    bytes: Vec<u8>,
    charset: Option<&str>,
) -> Result<(String, usize), EncodingError> {
    let (source, mark) = Source::of(&bytes, charset)?;
    let (text, mark) = if source == Source::Utf8 {
        let text = String::from_utf8(bytes).map_err(|error| malformed(0, error.utf8_error()))?;
        (text, mark)
    } else {
        (
            transcode(source, bytes.get(mark..).unwrap_or_default(), mark)?,
            0,
        )
    };
    let start = mark + declaration_len(text.get(mark..).unwrap_or_default());
    Ok((text, start))
}

/// Where the text of a message in UTF-8 begins; `None` when it is in another charset.
///
/// # Errors
///
/// When the charset is not known.
pub(crate) fn utf8_start(
    bytes: &[u8],
    charset: Option<&str>,
) -> Result<Option<usize>, EncodingError> {
    let (source, mark) = Source::of(bytes, charset)?;
    Ok((source == Source::Utf8).then_some(mark))
}

fn transcode(source: Source, bytes: &[u8], mark: usize) -> Result<String, EncodingError> {
    match source {
        Source::Utf8 | Source::Latin1 => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
        Source::Utf16Le => utf16(bytes, mark, u16::from_le_bytes),
        Source::Utf16Be => utf16(bytes, mark, u16::from_be_bytes),
    }
}

fn malformed(mark: usize, error: core::str::Utf8Error) -> EncodingError {
    EncodingError::Malformed {
        offset: mark + error.valid_up_to(),
    }
}

/// What the bytes of a message are, when everything that says so has been weighed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Source {
    Utf8,
    Latin1,
    Utf16Le,
    Utf16Be,
}

impl Source {
    /// With the length of the byte order mark.
    fn of(bytes: &[u8], charset: Option<&str>) -> Result<(Self, usize), EncodingError> {
        let (sniffed, mark) = sniff(bytes);
        let charset = match charset {
            Some(name) => Charset::named(name)?,
            None => sniffed.map_or_else(|| declared(bytes), Ok)?,
        };
        let source = match (charset, sniffed) {
            (Charset::Utf8, _) => Self::Utf8,
            (Charset::Latin1, _) => Self::Latin1,
            (Charset::Utf16Le, _) | (Charset::Utf16, Some(Charset::Utf16Le)) => Self::Utf16Le,
            (Charset::Utf16Be | Charset::Utf16, _) => Self::Utf16Be,
        };
        // The mark of another charset is none, but text that cannot be.
        let is_mark = match sniffed {
            Some(Charset::Utf8) => source == Self::Utf8,
            Some(Charset::Utf16Le) => source == Self::Utf16Le,
            Some(Charset::Utf16Be) => source == Self::Utf16Be,
            Some(Charset::Utf16 | Charset::Latin1) | None => false,
        };
        Ok((source, if is_mark { mark } else { 0 }))
    }
}

/// Why the bytes of a message are not text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodingError {
    /// A charset other than UTF-8, UTF-16, US-ASCII and ISO-8859-1.
    #[error("the message is in a charset that is not known")]
    Unknown,
    /// Bytes that the charset does not have.
    #[error("byte {offset} is not of the charset of the message")]
    Malformed {
        /// Offset of the first wrong byte in the message.
        offset: usize,
    },
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Charset {
    Utf8,
    /// The mark tells the order; without a mark it is big endian.
    Utf16,
    Utf16Le,
    Utf16Be,
    Latin1,
}

impl Charset {
    fn named(name: &str) -> Result<Self, EncodingError> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" | "us-ascii" | "ascii" => Self::Utf8,
            "utf-16" => Self::Utf16,
            "utf-16le" => Self::Utf16Le,
            "utf-16be" => Self::Utf16Be,
            "iso-8859-1" | "latin1" => Self::Latin1,
            _ => return Err(EncodingError::Unknown),
        })
    }
}

/// What the first bytes say, and how many of them are a mark. XML 1.0 appendix F.1.
fn sniff(bytes: &[u8]) -> (Option<Charset>, usize) {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => (Some(Charset::Utf8), 3),
        [0xff, 0xfe, ..] => (Some(Charset::Utf16Le), 2),
        [0xfe, 0xff, ..] => (Some(Charset::Utf16Be), 2),
        [b'<', 0, ..] => (Some(Charset::Utf16Le), 0),
        [0, b'<', ..] => (Some(Charset::Utf16Be), 0),
        _ => (None, 0),
    }
}

/// The charset of the XML declaration, UTF-8 if it has none.
fn declared(bytes: &[u8]) -> Result<Charset, EncodingError> {
    let head = bytes
        .get(..bytes.len().min(MAX_DECLARATION))
        .unwrap_or_default();
    let ascii = head
        .iter()
        .position(|byte| !byte.is_ascii())
        .unwrap_or(head.len());
    let head = core::str::from_utf8(&head[..ascii]).unwrap_or_default();
    let declaration = head
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split_once("?>"));
    let Some((_, name)) = declaration.and_then(|(inside, _)| inside.split_once("encoding")) else {
        return Ok(Charset::Utf8);
    };
    let name = name.trim_start().trim_start_matches('=').trim_start();
    let name = name
        .trim_start_matches(['"', '\''])
        .split(['"', '\''])
        .next()
        .unwrap_or_default();
    match Charset::named(name)? {
        // The bytes could be read as ASCII, so they are not UTF-16 whatever they say.
        Charset::Utf16 | Charset::Utf16Le | Charset::Utf16Be => Ok(Charset::Utf8),
        charset @ (Charset::Utf8 | Charset::Latin1) => Ok(charset),
    }
}

fn utf16(bytes: &[u8], start: usize, unit: fn([u8; 2]) -> u16) -> Result<String, EncodingError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(EncodingError::Malformed {
            offset: start + bytes.len() - 1,
        });
    }
    let mut offset = start;
    let mut text = String::with_capacity(pairs.len());
    for character in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        let character = character.map_err(|_| EncodingError::Malformed { offset })?;
        offset += 2 * character.len_utf16();
        text.push(character);
    }
    Ok(text)
}

/// How long the declaration is. It says nothing any more: the text is UTF-8 now.
fn declaration_len(text: &str) -> usize {
    let is_declaration = text
        .strip_prefix("<?xml")
        .is_some_and(|rest| rest.starts_with([' ', '\t', '\r', '\n']));
    let end = if is_declaration {
        text.find("?>")
    } else {
        None
    };
    end.map_or(0, |end| end + 2)
}

/// How far the encoding in an XML declaration is looked for, in bytes.
const MAX_DECLARATION: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16le(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn utf16be(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_be_bytes).collect()
    }

    #[test]
    fn soap11_env_5_utf_8_and_utf_16_are_read() {
        let text = "<a>\u{e4}\u{1f600}</a>";
        let declared = format!("<?xml version=\"1.0\" encoding=\"utf-16\"?>{text}");
        assert_eq!(to_text(text.as_bytes(), None).unwrap(), text);
        assert_eq!(
            to_text(&[b"\xef\xbb\xbf", text.as_bytes()].concat(), None).unwrap(),
            text
        );
        assert_eq!(
            to_text(&[b"\xff\xfe", &utf16le(&declared)[..]].concat(), None).unwrap(),
            text
        );
        assert_eq!(
            to_text(&[b"\xfe\xff", &utf16be(&declared)[..]].concat(), None).unwrap(),
            text
        );
        assert_eq!(
            to_text(&utf16le(&declared), None).unwrap(),
            text,
            "SOAP11-ENV-5: UTF-16"
        );
        assert_eq!(to_text(&utf16be(&declared), Some("utf-16")).unwrap(), text);
    }

    #[test]
    fn soap11_http_1_the_charset_beats_the_declaration() {
        let bytes = b"<?xml version='1.0' encoding='UTF-8'?><a>\xe4</a>";
        assert_eq!(
            to_text(bytes, Some("ISO-8859-1")).unwrap(),
            "<a>\u{e4}</a>",
            "SOAP11-HTTP-1"
        );
        assert!(matches!(
            to_text(bytes, None),
            Err(EncodingError::Malformed { .. })
        ));
        let bytes = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4</a>";
        assert_eq!(to_text(bytes, None).unwrap(), "<a>\u{e4}</a>");
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        assert_eq!(to_text(b"<a>", Some("ebcdic")), Err(EncodingError::Unknown));
        assert_eq!(
            to_text(b"<a>\xff", None),
            Err(EncodingError::Malformed { offset: 3 })
        );
        let lone = [b"\xff\xfe".as_slice(), &[b'<', 0, 0x00, 0xd8]].concat();
        assert_eq!(
            to_text(&lone, None),
            Err(EncodingError::Malformed { offset: 4 })
        );
        assert_eq!(
            to_text(b"\xff\xfe<", None),
            Err(EncodingError::Malformed { offset: 2 })
        );
    }

    #[test]
    fn no_prefix_of_a_message_panics() {
        let message = [
            b"\xff\xfe",
            &utf16le("<?xml version='1.0'?><a>\u{1f600}</a>")[..],
        ]
        .concat();
        for end in 0..message.len() {
            for charset in [None, Some("utf-8"), Some("utf-16"), Some("latin1")] {
                let text = to_text(&message[..end], charset);
                let owned = into_text(message[..end].to_vec(), charset);
                assert_eq!(
                    text,
                    owned.map(|(text, start)| text[start..].to_owned().into())
                );
            }
        }
    }
}
