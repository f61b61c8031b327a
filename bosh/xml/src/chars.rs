//! Character classes of XML 1.0 (fifth edition) and references.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr3};

use crate::error::{Error, ErrorKind};

/// XML 1.0 §2.3 `S`.
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// XML 1.0 §2.2 `Char`.
pub(crate) const fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// What a look at all bytes finds.
pub(crate) struct Survey {
    /// The first byte of a character that no XML document may hold.
    pub(crate) illegal: Option<usize>,
    /// Whether there is a carriage return.
    pub(crate) returns: bool,
}

pub(crate) fn survey(source: &str) -> Survey {
    let bytes = source.as_bytes();
    // Without a jump in the inner loop, so that it works on many bytes at once.
    let (mut low, mut high) = (0, 0);
    for chunk in bytes.chunks(256) {
        for &b in chunk {
            low |= u8::from(b < b' ');
            high |= u8::from(b == 0xef);
        }
    }
    Survey {
        illegal: (low | high != 0).then(|| find_illegal(source)).flatten(),
        returns: low != 0 && memchr(b'\r', bytes).is_some(),
    }
}

fn find_illegal(source: &str) -> Option<usize> {
    let bytes = source.as_bytes();
    let control = bytes.iter().position(|&b| b < b' ' && !is_space(b));
    // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
    let noncharacter = memchr_iter(0xef, bytes)
        .find(|&at| matches!(bytes.get(at + 1..at + 3), Some([0xbf, 0xbe | 0xbf])));
    match (control, noncharacter) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// How many bytes make up a name without prefix and with ASCII alone; 0 if there is no such name.
pub(crate) fn plain_name(bytes: &[u8]) -> usize {
    let inside = |&byte: &u8| NAME_CLASSES[usize::from(byte)] & (NAME_START | NAME_INSIDE) != 0;
    match bytes.first() {
        Some(&first) if NAME_CLASSES[usize::from(first)] == NAME_START => bytes
            .iter()
            .position(|byte| !inside(byte))
            .unwrap_or(bytes.len()),
        _ => 0,
    }
}

/// Where the first of these three bytes stands. What is near is found without a call, eight bytes at a time.
#[inline]
pub(crate) fn find3(a: u8, b: u8, c: u8, bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < NEAR {
        let Some(word) = bytes[at.min(bytes.len())..].first_chunk() else {
            let rest = bytes.get(at..).unwrap_or_default();
            let is_found = |&byte: &u8| (byte == a) | (byte == b) | (byte == c);
            return rest.iter().position(is_found).map(|len| at + len);
        };
        let word = u64::from_le_bytes(*word);
        let found = zeros(word ^ all(a)) | zeros(word ^ all(b)) | zeros(word ^ all(c));
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    memchr3(a, b, c, &bytes[at..]).map(|len| at + len)
}

/// Where the characters that begin at `from` end: at markup or a reference.
pub(crate) fn characters(bytes: &[u8], from: usize) -> Result<usize, Error> {
    let mut at = from;
    loop {
        let rest = &bytes[at..];
        match find3(b'<', b'&', b']', rest) {
            Some(len) if rest[len] == b']' => {
                // XML 1.0 §2.4.
                if rest[len..].starts_with(b"]]>") {
                    return Err(Error::new(ErrorKind::Syntax, at + len));
                }
                at += len + 1;
            }
            Some(len) => return Ok(at + len),
            None => return Ok(bytes.len()),
        }
    }
}

/// Where the white space that begins at `at` ends.
pub(crate) fn skip_space(bytes: &[u8], at: usize) -> usize {
    bytes[at..]
        .iter()
        .position(|&b| !is_space(b))
        .map_or(bytes.len(), |len| at + len)
}

/// Whether a value is what it stands for: without `<`, references, tabs and line ends.
pub(crate) fn is_plain(value: &[u8]) -> bool {
    let (words, rest) = value.as_chunks();
    let special = |word| {
        let low = below_space(word);
        low | zeros(word ^ all(b'<')) | zeros(word ^ all(b'&'))
    };
    words
        .iter()
        .all(|word| special(u64::from_le_bytes(*word)) == 0)
        && rest.iter().all(|&b| b >= b' ' && b != b'<' && b != b'&')
}

/// Marks the highest bit of bytes that are below a space, as [`zeros`] does.
const fn below_space(word: u64) -> u64 {
    word.wrapping_sub(all(b' ')) & !word & all(0x80)
}

/// Marks the highest bit of bytes that are zero. Behind the first such byte others may be marked too.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(all(1)) & !word & all(0x80)
}

const fn all(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Up to here a loop over the bytes is quicker than what looks at many at once.
const NEAR: usize = 16;

/// What begins a CDATA section.
pub(crate) const CDATA_OPEN: &[u8] = b"<![CDATA[";

/// Class of a byte in [`NAME_CLASSES`]: it may begin a name.
const NAME_START: u8 = 1;
/// It may stand in a name but not begin one.
const NAME_INSIDE: u8 = 2;
/// It parts prefix and local name.
const COLON: u8 = 4;
/// It is part of a character that has to be looked up.
const NOT_ASCII: u8 = 8;

/// What each byte may do in a qualified name; 0 ends it.
pub(crate) static NAME_CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => NAME_START,
            b'0'..=b'9' | b'-' | b'.' => NAME_INSIDE,
            b':' => COLON,
            0x80.. => NOT_ASCII,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

/// Namespaces in XML 1.0 §3 `NCName`.
pub(crate) fn is_ncname(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}

const fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}'
        | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}'
        | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}'
        | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

const fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}'
            | '\u{203f}'..='\u{2040}')
}

/// Resolves the reference that begins with the `&` at `at`; returns the place behind it too.
pub(crate) fn reference(source: &str, at: usize) -> Result<(char, usize), Error> {
    let rest = &source.as_bytes()[at + 1..];
    let (c, len) = match rest {
        [b'l', b't', b';', ..] => ('<', 3),
        [b'g', b't', b';', ..] => ('>', 3),
        [b'a', b'm', b'p', b';', ..] => ('&', 4),
        _ => match memchr3(b';', b'&', b'<', rest) {
            Some(len) if rest[len] == b';' => (
                resolve_reference(&source[at + 1..at + 1 + len], at)?,
                len + 1,
            ),
            _ => return Err(Error::new(ErrorKind::Syntax, at)),
        },
    };
    Ok((c, at + 1 + len))
}

/// Resolves what stands between `&` and `;`.
pub(crate) fn resolve_reference(body: &str, offset: usize) -> Result<char, Error> {
    let Some(number) = body.strip_prefix('#') else {
        return match body {
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "amp" => Ok('&'),
            "apos" => Ok('\''),
            "quot" => Ok('"'),
            _ => Err(Error::new(ErrorKind::Entity, offset)),
        };
    };
    let (digits, radix) = number
        .strip_prefix('x')
        .map_or((number, 10), |hexadecimal| (hexadecimal, 16));
    // `from_str_radix` would also take a sign.
    let legal = digits.bytes().all(|b| b.is_ascii_hexdigit());
    u32::from_str_radix(digits, radix)
        .ok()
        .filter(|_| legal)
        .and_then(char::from_u32)
        .filter(|&c| is_char(c))
        .ok_or_else(|| Error::new(ErrorKind::CharacterReference, offset))
}

/// Appends text with its line ends made LF (XML 1.0 §2.11).
pub(crate) fn push_normalized(out: &mut String, mut text: &str) {
    while let Some(at) = memchr(b'\r', text.as_bytes()) {
        out.push_str(&text[..at]);
        out.push('\n');
        let next = at + 1 + usize::from(text.as_bytes().get(at + 1) == Some(&b'\n'));
        text = &text[next..];
    }
    out.push_str(text);
}

/// The value of an attribute from its literal: references resolved, white space made a space
/// (XML 1.0 §3.3.3; without a DTD every attribute is of type CDATA).
pub(crate) fn attribute_value(raw: &str, offset: usize) -> Result<Cow<'_, str>, Error> {
    let special = |b: &u8| matches!(b, b'&' | b'\t' | b'\n' | b'\r');
    if !raw.as_bytes().iter().any(special) {
        return Ok(Cow::Borrowed(raw));
    }
    let mut out = String::with_capacity(raw.len());
    let mut at = 0;
    while let Some(found) = raw.as_bytes()[at..].iter().position(special) {
        let here = at + found;
        out.push_str(&raw[at..here]);
        match raw.as_bytes()[here] {
            b'&' => {
                let (c, end) = reference(raw, here).map_err(|error| Error {
                    offset: offset + here,
                    ..error
                })?;
                out.push(c);
                at = end;
            }
            b'\r' if raw.as_bytes().get(here + 1) == Some(&b'\n') => {
                out.push(' ');
                at = here + 2;
            }
            _ => {
                out.push(' ');
                at = here + 1;
            }
        }
    }
    out.push_str(&raw[at..]);
    Ok(Cow::Owned(out))
}
