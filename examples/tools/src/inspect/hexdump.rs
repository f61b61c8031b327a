//! Hex dumps: plain digits, xxd, `hexdump -C`, Wireshark's.

use std::io::{BufRead, Read};

use bytes::Bytes;

use crate::inspect::Failure;
use crate::inspect::args::Show;
use crate::inspect::conversation::{Begin, Conversation, Over, Sender, Trust};
use crate::inspect::reassembly::Piece;
use crate::inspect::report::Report;
use crate::inspect::timestamp::Timestamp;

/// Reads a dump to its end as one stream. Which side sent a message is told by its type.
pub(crate) fn read(
    mut input: impl BufRead,
    show: &Show,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut conversation = Conversation::new(
        show,
        Begin {
            peers: None,
            from_its_beginning: true,
            trust: Trust::Full,
            sides_are_known: false,
        },
    );
    let read = read_lines(&mut input, |bytes| {
        let piece = Piece::Data(Timestamp::default(), bytes);
        conversation.take(None, Sender::Client, piece, report)
    });
    if matches!(read, Err(Failure::Write(_))) {
        return read;
    }
    // What stands above a line that cannot be read is shown.
    let ended = conversation.take(None, Sender::Client, Piece::End, report);
    let finished = conversation.finish(Timestamp::default(), Over::Closed, report);
    read.and(ended).and(finished)
}

fn read_lines(
    input: &mut impl BufRead,
    mut take: impl FnMut(Bytes) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut dump = Dump::default();
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let len = input
            .by_ref()
            .take(LONGEST_LINE + 1)
            .read_until(b'\n', &mut line)
            .map_err(Failure::Read)?;
        if len == 0 {
            break;
        }
        if len as u64 > LONGEST_LINE {
            let what = format!("line {number} is longer than 1 MiB");
            return Err(Failure::Format(what));
        }
        let text =
            std::str::from_utf8(&line).map_err(|_| Failure::Format("it is binary".into()))?;
        let bytes = dump
            .line(text)
            .map_err(|what| Failure::Format(format!("line {number} {what}")))?;
        if !bytes.is_empty() {
            take(Bytes::from(bytes))?;
        }
    }
    Ok(())
}

/// What earlier lines say about later ones.
#[derive(Debug, Default)]
struct Dump {
    /// Offset behind the last line, as the dump counts.
    offset: Option<u64>,
    /// Bytes came without offset.
    is_plain: bool,
    last: Vec<u8>,
    /// A `*` stands for lines like the last one up to the next offset.
    repeats: bool,
}

impl Dump {
    /// The bytes of a line, and those of the lines that it says were left out before it.
    fn line(&mut self, line: &str) -> Result<Vec<u8>, &'static str> {
        let line = line.trim_end();
        if line.trim() == "*" && self.offset.is_some() {
            self.repeats = true;
            return Ok(Vec::new());
        }
        let Some((offset, rest)) = self.with_offset(line)? else {
            let bytes = plain(line)?;
            self.is_plain |= !bytes.is_empty();
            return Ok(bytes);
        };
        let mut bytes = Vec::new();
        if std::mem::take(&mut self.repeats) {
            let missing = offset.saturating_sub(self.offset.unwrap_or(offset));
            if missing > MOST_REPEATED {
                return Err("repeats too much");
            }
            let repeated = self.last.iter().cycle().copied();
            // At most `MOST_REPEATED`.
            bytes.extend(repeated.take(missing as usize));
        }
        let own = columns(rest)?;
        self.offset = Some(offset + own.len() as u64);
        bytes.extend_from_slice(&own);
        self.last = own;
        Ok(bytes)
    }

    /// Offset and rest of a line such as `00000010: 0000 0004` or `0010   00 00 00 04`, and of the
    /// last line of `hexdump -C`, which is an offset alone. `None` for a line of plain digits.
    fn with_offset<'a>(&self, line: &'a str) -> Result<Option<(u64, &'a str)>, &'static str> {
        let end = line
            .find(|letter: char| !letter.is_ascii_hexdigit())
            .unwrap_or(line.len());
        let (digits, rest) = line.split_at(end);
        if !(4..=16).contains(&digits.len()) {
            return Ok(None);
        }
        let Ok(offset) = u64::from_str_radix(digits, 16) else {
            return Ok(None);
        };
        if let Some(rest) = rest.strip_prefix(':') {
            // Nothing else has a colon there. Dumps of several parts may stand in one file.
            return Ok(rest.starts_with([' ', '\t']).then_some((offset, rest)));
        }
        let is_set_off = rest.starts_with("  ");
        let Some(next) = self.offset else {
            // The first word may be data. A dump begins at zero, or has a text column.
            let is_dump = is_set_off && !self.is_plain && (offset == 0 || rest.ends_with('|'));
            return Ok(is_dump.then_some((offset, rest)));
        };
        if !is_set_off && !rest.is_empty() {
            return Ok(None);
        }
        // The next packet of Wireshark's begins at zero again.
        let goes_on =
            offset == next || (self.repeats && offset > next) || (offset == 0 && !rest.is_empty());
        if goes_on {
            Ok(Some((offset, rest)))
        } else {
            Err("has another offset than the line before leads to")
        }
    }
}

/// Groups of digits up to the text column, which is set off by at least two spaces.
fn columns(rest: &str) -> Result<Vec<u8>, &'static str> {
    let mut bytes = Vec::new();
    let mut digits = rest.trim_start();
    loop {
        let end = digits.find(' ').unwrap_or(digits.len());
        let (group, tail) = digits.split_at(end);
        let is_hex = group.bytes().all(|digit| digit.is_ascii_hexdigit());
        if group.is_empty() || !is_hex || group.len() % 2 == 1 {
            break;
        }
        bytes.extend(decode(group)?);
        if bytes.len() > MOST_COLUMNS {
            return Err("has more than 256 bytes behind an offset");
        }
        let gap = tail.len() - tail.trim_start().len();
        // `hexdump -C` has two spaces in the middle, xxd before its text.
        if gap > 2 || (gap == 2 && bytes.len() != 8) {
            break;
        }
        digits = tail.trim_start();
    }
    Ok(bytes)
}

/// Digits alone, or with spaces, commas, colons, `0x` or `\x` between them; `#` begins a comment.
fn plain(line: &str) -> Result<Vec<u8>, &'static str> {
    let line = line.split('#').next().unwrap_or_default();
    let words = line.split([' ', '\t', ',', ':', ';', '\r', '"', '{', '}']);
    let mut bytes = Vec::new();
    for word in words.flat_map(|word| word.split("\\x")) {
        let digits = word
            .strip_prefix("0x")
            .or_else(|| word.strip_prefix("0X"))
            .unwrap_or(word);
        bytes.extend(decode(digits)?);
    }
    Ok(bytes)
}

fn decode(digits: &str) -> Result<Vec<u8>, &'static str> {
    if digits.len() % 2 == 1 {
        return Err("has half a byte");
    }
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            let pair = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(pair, 16)
                .ok()
                .filter(|_| !pair.starts_with('+'))
        })
        .collect::<Option<_>>()
        .ok_or("has something else than hexadecimal digits")
}

const LONGEST_LINE: u64 = 1 << 20;

/// Bytes that a `*` may stand for.
const MOST_REPEATED: u64 = 1 << 20;

/// No dump has more bytes in a line but `xxd -c` and the like.
const MOST_COLUMNS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(dump: &str) -> Vec<u8> {
        let mut reader = Dump::default();
        dump.lines()
            .flat_map(|line| reader.line(line).unwrap())
            .collect()
    }

    const HEARTBEAT: [u8; 12] = [0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 0x41];

    #[test]
    fn plain_digits() {
        assert_eq!(bytes("000000040000000500000041"), HEARTBEAT);
        assert_eq!(
            bytes("00 00 00 04  # length\n00 00 00 05\n# 99\n00:00:00:41"),
            HEARTBEAT
        );
        assert_eq!(
            bytes("0x00, 0x00,0x00,0x04\n\\x00\\x00\\x00\\x05 00000041"),
            HEARTBEAT
        );
    }

    #[test]
    fn xxd() {
        let dump = "00000000: 0000 0004 0000 0005 0000 0041            ...........A\n";
        assert_eq!(bytes(dump), HEARTBEAT);
        let dump =
            "00000000: 00 00 00 04 00 00 00 05  ........\n00000008: 00 00 00 41              ...A";
        assert_eq!(bytes(dump), HEARTBEAT);
    }

    #[test]
    fn hexdump_canonical_with_repeated_lines() {
        let dump = "00000000  00 00 00 04 00 00 00 05  00 00 00 41 00 00 00 00  |...........A....|\n\
                    00000010  ff ff ff ff ff ff ff ff  ff ff ff ff ff ff ff ff  |................|\n\
                    *\n\
                    00000040  01                                                |.|\n\
                    00000041";
        let bytes = bytes(dump);
        assert_eq!(bytes.len(), 0x41);
        assert_eq!(&bytes[..12], HEARTBEAT);
        assert_eq!((bytes[0x3f], bytes[0x40]), (0xff, 1));
    }

    #[test]
    fn wireshark() {
        let dump = "0000   00 00 00 04 00 00 00 05 00 00 00 41               ...........A";
        assert_eq!(bytes(dump), HEARTBEAT);
    }

    #[test]
    fn the_first_word_of_plain_digits_is_no_offset() {
        assert_eq!(bytes("00000004  00000005  00000041"), HEARTBEAT);
        assert_eq!(bytes("00000004\n00000005  00000041"), HEARTBEAT);
        // After plain digits even a zero is data.
        assert_eq!(
            bytes("00 00 00 04\n0000  0005 0000 0041"),
            [0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 0x41]
        );
        // `hexdump -C -s 16`.
        let dump = "00000010  00 00 00 04 00 00 00 05  00 00 00 41              |...........A|\n\
                    0000001c";
        assert_eq!(bytes(dump), HEARTBEAT);
    }

    #[test]
    fn offsets_go_on() {
        let lines = [
            "0000   00 00 00 04",
            "0004   00 00 00 05",
            "0000   00 00 00 41",
        ];
        assert_eq!(bytes(&lines.join("\n")), HEARTBEAT);
        let mut reader = Dump::default();
        assert!(reader.line(lines[0]).is_ok());
        assert!(reader.line("0008   00 00 00 05").is_err());
        assert!(reader.line("00000008").is_err());
        // Parts of a file.
        assert!(reader.line("00000100: 0000 0005").is_ok());
    }

    #[test]
    fn lines_are_limited() {
        let mut reader = Dump::default();
        let line = |columns| format!("00000000: {}", vec!["00"; columns].join(" "));
        assert_eq!(reader.line(&line(256)).map(|bytes| bytes.len()), Ok(256));
        assert!(reader.line(&line(257)).is_err());
        let mut long = vec![b'0'; 1 << 20];
        let read = |text: &[u8]| {
            let mut len = 0;
            let read = read_lines(&mut &*text, |bytes| {
                len += bytes.len();
                Ok(())
            });
            read.map(|()| len).ok()
        };
        assert_eq!(read(&long), Some(1 << 19));
        long.extend(b"00");
        assert_eq!(read(&long), None);
    }

    #[test]
    fn what_is_no_dump_is_refused() {
        let mut reader = Dump::default();
        assert!(reader.line("hello world").is_err());
        assert!(reader.line("0 1").is_err());
        assert!(reader.line("+1").is_err());
    }
}
