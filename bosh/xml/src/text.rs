//! Conversions between text and the simple types that XMPP and SOAP payloads use.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::BufMut;
use memchr::{memchr_iter, memchr3};

use crate::writer;

/// Reads an `xs:boolean` (XML Schema part 2 §3.2.2): `true`, `false`, `1`, `0`, with white space
/// around it.
#[must_use]
pub fn parse_bool(text: &str) -> Option<bool> {
    match trim(text) {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// The canonical `xs:boolean`.
#[must_use]
pub const fn format_bool(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// Removes the white space of XML (not of Unicode) from both ends.
#[must_use]
pub fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

/// Reads an `xs:dateTime` (XEP-0082) as milliseconds since 1970-01-01T00:00:00Z. Without a zone
/// the time is taken as UTC. Digits below the millisecond are dropped. Years 0000 to 9999.
#[must_use]
pub fn parse_date_time(text: &str) -> Option<i64> {
    let text = trim(text);
    let (date, rest) = text.split_at_checked(10)?;
    let [y, m, d] = fields(date, b'-', &[4, 2, 2])?;
    let time = rest.strip_prefix('T')?;
    let (clock, rest) = time.split_at_checked(8)?;
    let [hour, minute, second] = fields(clock, b':', &[2, 2, 2])?;
    if !(1..=12).contains(&m) || d < 1 || d > days_in_month(y, m) {
        return None;
    }
    // 24:00:00 is the end of the day; :60 is a leap second, which the count does not know.
    let end_of_day = hour == 24 && minute == 0 && second == 0;
    if !(hour < 24 || end_of_day) || minute > 59 || second > 60 {
        return None;
    }
    let (millis, zone) = match rest.strip_prefix('.') {
        Some(fraction) => {
            let len = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if len == 0 {
                return None;
            }
            let (digits, zone) = fraction.split_at(len);
            let millis = digits.bytes().chain(*b"000").take(3);
            (
                millis.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')),
                zone,
            )
        }
        None => (0, rest),
    };
    let offset_minutes = match zone.as_bytes() {
        [] | b"Z" => 0,
        [sign @ (b'+' | b'-'), ..] => {
            let [hours, minutes] = fields(&zone[1..], b':', &[2, 2])?;
            if hours > 14 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if *sign == b'-' { -1 } else { 1 }
        }
        _ => return None,
    };
    let seconds = days_from_civil(y, m, d) * 86_400 + hour * 3600 + minute * 60 + second.min(59)
        - offset_minutes * 60;
    Some(seconds * 1000 + millis)
}

/// Writes milliseconds since 1970-01-01T00:00:00Z as `xs:dateTime` in UTC (XEP-0082), with three
/// decimals unless they are zero. Times outside the years 0000 to 9999 are moved to the nearest
/// that can be written.
#[must_use]
pub fn format_date_time(utc_millis: i64) -> String {
    let millis = utc_millis.clamp(FIRST_MILLIS, LAST_MILLIS);
    let (days, in_day) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    let (y, m, d) = civil_from_days(days);
    let (seconds, fraction) = (in_day / 1000, in_day % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let whole = format!("{y:04}-{m:02}-{d:02}T{hour:02}:{minute:02}:{second:02}");
    if fraction == 0 {
        format!("{whole}Z")
    } else {
        format!("{whole}.{fraction:03}Z")
    }
}

/// Writes a value of an attribute as [`Tag::attr`](crate::Tag::attr) does, without the quotes, for whoever puts a start tag
/// together from pieces.
pub fn escape_attribute(value: &str, out: &mut impl BufMut) {
    writer::put_value(out, value);
}

/// Whether text that a reader has taken is written as [`Writer::text`](crate::Writer::text) writes it: no other reference
/// than those to `<`, `>` and `&`, no section, no line end that a reader would change.
#[must_use]
pub fn is_escaped(text: &[u8]) -> bool {
    let is_ours = |at| {
        let rest = text.get(at..).unwrap_or_default();
        let ours: [&[u8]; 3] = [b"&lt;", b"&gt;", b"&amp;"];
        ours.iter().any(|reference| rest.starts_with(reference))
    };
    memchr3(b'<', b'>', b'\r', text).is_none() && memchr_iter(b'&', text).all(is_ours)
}

/// Base64 with padding (RFC 4648 §4).
#[must_use]
pub fn encode_base64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// Reads base64 with padding. White space is refused, as SASL does (RFC 6120 §6.4.2); an
/// `xs:base64Binary` may hold some, which [`decode_base64_binary`] skips.
#[must_use]
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Reads an `xs:base64Binary`: base64 with white space anywhere.
#[must_use]
pub fn decode_base64_binary(text: &str) -> Option<Vec<u8>> {
    let packed: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '\t' | '\r' | '\n'))
        .collect();
    decode_base64(&packed)
}

/// Numbers of given widths with a separator between them, and nothing else.
fn fields<const N: usize>(text: &str, separator: u8, widths: &[usize; N]) -> Option<[i64; N]> {
    let mut values = [0; N];
    let mut rest = text.as_bytes();
    for (index, (value, &width)) in values.iter_mut().zip(widths).enumerate() {
        if index > 0 {
            rest = rest.strip_prefix(&[separator])?;
        }
        let (digits, tail) = rest.split_at_checked(width)?;
        for digit in digits {
            if !digit.is_ascii_digit() {
                return None;
            }
            *value = *value * 10 + i64::from(digit - b'0');
        }
        rest = tail;
    }
    rest.is_empty().then_some(values)
}

const fn is_leap_year(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap_year(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar. Years are counted from March, so
/// that the leap day is the last of its year.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// 0000-01-01T00:00:00.000Z
const FIRST_MILLIS: i64 = -62_167_219_200_000;
/// 9999-12-31T23:59:59.999Z
const LAST_MILLIS: i64 = 253_402_300_799_999;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_as_it_is_written() {
        for (text, is_ours) in [
            ("", true),
            ("a \t\n&lt;b&gt; &amp;amp; '\"", true),
            ("a > b", false),
            ("&quot;", false),
            ("&#65;", false),
            ("&amp", false),
            ("<![CDATA[x]]>", false),
            ("a\r", false),
        ] {
            assert_eq!(is_escaped(text.as_bytes()), is_ours, "{text}");
        }
    }

    #[test]
    fn dates_of_xep_0082_are_read() {
        assert_eq!(parse_date_time("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(
            parse_date_time("1969-07-21T02:56:15Z"),
            Some(-14_159_025_000)
        );
        assert_eq!(
            parse_date_time("1969-07-20T21:56:15-05:00"),
            Some(-14_159_025_000)
        );
        assert_eq!(
            parse_date_time("2002-09-10T23:41:07.5Z"),
            Some(1_031_701_267_500)
        );
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "2002-09-10",
            "2002-13-10T00:00:00Z",
            "2001-02-29T00:00:00Z",
            "2002-9-10T00:00:00Z",
            "2002-09-10T25:00:00Z",
            "2002-09-10T00:00:00.Z",
            "2002-09-10T00:00:00+5",
            "2002-09-10T00:00:00ZZ",
            "+002-09-10T00:00:00Z",
            "２002-09-10T00:00:00Z",
        ] {
            assert_eq!(parse_date_time(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_written_is_read_back() {
        for millis in [
            0,
            1,
            -1,
            951_782_400_000,
            1_709_164_800_123,
            FIRST_MILLIS,
            LAST_MILLIS,
        ] {
            assert_eq!(
                parse_date_time(&format_date_time(millis)),
                Some(millis),
                "{millis}"
            );
        }
        assert_eq!(format_date_time(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(format_date_time(i64::MAX), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn booleans_have_four_spellings() {
        assert_eq!(
            ["true", "1", " false\n", "0", "TRUE", ""].map(parse_bool),
            [Some(true), Some(true), Some(false), Some(false), None, None]
        );
    }

    #[test]
    fn base64_refuses_what_sasl_refuses() {
        assert_eq!(decode_base64("AGEAYg=="), Some(b"\0a\0b".to_vec()));
        assert_eq!(decode_base64("AGEA Yg=="), None);
        assert_eq!(decode_base64("AGEAYg"), None);
        assert_eq!(
            decode_base64_binary("AGEA\n Yg=="),
            Some(b"\0a\0b".to_vec())
        );
        assert_eq!(encode_base64("\0a\0b"), "AGEAYg==");
    }
}
