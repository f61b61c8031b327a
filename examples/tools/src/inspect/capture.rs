//! Capture files: pcap and pcapng.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::time::Duration;

use pcap_parser::traits::{PcapNGPacketBlock, PcapReaderIterator};
use pcap_parser::{Block, PcapBlockOwned, PcapError, create_reader};

use crate::inspect::Failure;
use crate::inspect::args::Args;
use crate::inspect::flow::{Flows, When};
use crate::inspect::packet::{Packet, parse};
use crate::inspect::report::Report;
use crate::inspect::timestamp::Timestamp;

/// Whether a file that begins with `head` is a capture.
pub(crate) fn is_capture(head: &[u8]) -> bool {
    const MAGICS: [[u8; 4]; 6] = [
        [0xa1, 0xb2, 0xc3, 0xd4],
        [0xd4, 0xc3, 0xb2, 0xa1],
        [0xa1, 0xb2, 0x3c, 0x4d],
        [0x4d, 0x3c, 0xb2, 0xa1],
        // With fields of a patched kernel of the nineties.
        [0x34, 0xcd, 0xb2, 0xa1],
        SECTION_HEADER,
    ];
    MAGICS.iter().any(|magic| magic == head)
}

/// Reads a capture that begins with `head` to its end; one that breaks off is read as far as it goes.
pub(crate) fn read(
    mut head: Vec<u8>,
    mut input: impl Read + Send,
    args: &Args,
    report: &mut Report,
) -> Result<(), Failure> {
    read_first_block(&mut head, &mut input).map_err(Failure::Read)?;
    let input = io::Cursor::new(head).chain(input);
    let reader = create_reader(FIRST_BUFFER, input).map_err(|error| damaged(&error))?;
    let mut packets = Packets {
        clocks: Clocks::default(),
        flows: Flows::new(args),
        last: Timestamp::default(),
        fragments: 0,
        unread: BTreeMap::new(),
        untimed: 0,
    };
    let read = packets.read(reader, report);
    if matches!(read, Err(Failure::Write(_))) {
        return read;
    }
    // What was read up to a damage is shown, and what is missing told.
    let finished = packets.finish(report);
    read.and(finished)
}

/// What the packets so far came to.
struct Packets<'a> {
    clocks: Clocks,
    flows: Flows<'a>,
    /// When the last packet was captured.
    last: Timestamp,
    /// Parts of IP packets.
    fragments: u64,
    /// Packets of each link type that cannot be read.
    unread: BTreeMap<i32, u64>,
    /// Packets of interfaces whose unit of time is none.
    untimed: u64,
}

impl Packets<'_> {
    fn read(
        &mut self,
        mut reader: Box<dyn PcapReaderIterator + '_>,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let mut capacity = FIRST_BUFFER;
        loop {
            match reader.next() {
                Ok((len, block)) => {
                    if let Some(captured) = self.clocks.captured(block) {
                        self.packet(&captured, report)?;
                    }
                    reader.consume(len);
                }
                Err(PcapError::Eof) => return Ok(()),
                Err(PcapError::Incomplete(_)) => {
                    reader.refill().map_err(|error| damaged(&error))?
                }
                Err(PcapError::BufferTooSmall) if capacity < MOST_BUFFER => {
                    capacity *= 2;
                    reader.grow(capacity);
                    reader.refill().map_err(|error| damaged(&error))?;
                }
                Err(PcapError::UnexpectedEof) => {
                    return report.notice("the capture breaks off inside a packet");
                }
                Err(error) => return Err(damaged(&error)),
            }
        }
    }

    fn packet(&mut self, captured: &Captured<'_>, report: &mut Report) -> Result<(), Failure> {
        if let Some(time) = captured.time {
            report.begin(time);
            self.last = time;
        }
        self.untimed += u64::from(captured.is_untimed);
        if !is_read(captured.link_type) {
            *self.unread.entry(captured.link_type).or_default() += 1;
        }
        match parse(captured.link_type, captured.data) {
            Packet::Tcp(segment) => {
                let time = When {
                    last: self.last,
                    is_known: captured.time.is_some(),
                };
                self.flows.segment(time, &segment, report)?;
            }
            Packet::Fragment => self.fragments += 1,
            Packet::Other => {}
        }
        Ok(())
    }

    /// Tells what the end of the file leaves open, and what could not be read.
    fn finish(&mut self, report: &mut Report) -> Result<(), Failure> {
        self.flows.finish(self.last, report)?;
        if self.fragments > 0 {
            report.notice(&format!(
                "{} parts of IP packets were left out; their data count as lost",
                self.fragments
            ))?;
        }
        for (link_type, packets) in &self.unread {
            report.notice(&format!(
                "{packets} packets of link type {link_type} cannot be read"
            ))?;
        }
        if self.untimed > 0 {
            report.notice(&format!(
                "{} packets have no time: the file gives no unit for it",
                self.untimed
            ))?;
        }
        Ok(())
    }
}

/// Reads on until `head` is the file's header: the reader wants to see that at once, whatever a pipe
/// brings at a time.
fn read_first_block(head: &mut Vec<u8>, input: &mut impl Read) -> io::Result<()> {
    let mut read_up_to = |len: usize, head: &mut Vec<u8>| {
        let missing = len.saturating_sub(head.len()) as u64;
        input.take(missing).read_to_end(head).map(drop)
    };
    if *head != SECTION_HEADER {
        return read_up_to(PCAP_HEADER_LEN, head);
    }
    read_up_to(12, head)?;
    let len = match head.as_slice() {
        [_, _, _, _, a, b, c, d, 0x1a, 0x2b, 0x3c, 0x4d] => u32::from_be_bytes([*a, *b, *c, *d]),
        [_, _, _, _, a, b, c, d, ..] => u32::from_le_bytes([*a, *b, *c, *d]),
        _ => 0,
    };
    read_up_to(
        usize::try_from(len).map_or(FIRST_BUFFER, |len| len.min(FIRST_BUFFER)),
        head,
    )
}

/// A packet out of its block.
struct Captured<'a> {
    link_type: i32,
    time: Option<Timestamp>,
    /// It has a time in a unit that is none.
    is_untimed: bool,
    data: &'a [u8],
}

/// What the headers of the file say of the packets behind them.
#[derive(Debug, Default)]
struct Clocks {
    interfaces: Vec<Interface>,
    /// Whether the section was written by a big-endian machine.
    is_big_endian: bool,
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link_type: i32,
    /// Units of time in a second; `None` if there are more than can be counted.
    resolution: Option<u64>,
    /// Seconds to add.
    offset: i64,
    /// Bytes of a packet that are captured at most.
    snap_len: u32,
}

impl Clocks {
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "blocks without packets are passed over"
    )]
    fn captured<'a>(&mut self, block: PcapBlockOwned<'a>) -> Option<Captured<'a>> {
        match block {
            PcapBlockOwned::LegacyHeader(header) => {
                let resolution = if header.is_nanosecond_precision() {
                    1_000_000_000
                } else {
                    1_000_000
                };
                self.interfaces = vec![Interface {
                    link_type: header.network.0 & LINK_TYPE,
                    resolution: Some(resolution),
                    offset: 0,
                    snap_len: header.snaplen,
                }];
                None
            }
            PcapBlockOwned::Legacy(packet) => {
                let interface = self.interfaces.first()?;
                let second = u64::from(packet.ts_sec) * interface.resolution.unwrap_or_default();
                Some(Captured {
                    link_type: interface.link_type,
                    time: interface.time(second + u64::from(packet.ts_usec)),
                    is_untimed: false,
                    data: packet.data,
                })
            }
            PcapBlockOwned::NG(Block::SectionHeader(section)) => {
                self.interfaces.clear();
                self.is_big_endian = section.big_endian();
                None
            }
            PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
                if self.interfaces.len() < MOST_INTERFACES {
                    self.interfaces.push(Interface {
                        link_type: interface.linktype.0,
                        resolution: resolution(interface.if_tsresol),
                        // The reader takes it for little-endian.
                        offset: if self.is_big_endian {
                            interface.if_tsoffset.swap_bytes()
                        } else {
                            interface.if_tsoffset
                        },
                        snap_len: interface.snaplen,
                    });
                }
                None
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let index = usize::try_from(packet.if_id).ok()?;
                let interface = self.interfaces.get(index)?;
                let units = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                Some(Captured {
                    link_type: interface.link_type,
                    time: interface.time(units),
                    is_untimed: interface.resolution.is_none(),
                    data: captured_part(packet.data, packet.caplen),
                })
            }
            PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                let interface = self.interfaces.first()?;
                Some(Captured {
                    link_type: interface.link_type,
                    time: None,
                    is_untimed: false,
                    // How much was captured is not in the block.
                    data: captured_part(packet.data, interface.limited(packet.orig_len())),
                })
            }
            PcapBlockOwned::NG(_) => None,
        }
    }
}

impl Interface {
    fn time(&self, units: u64) -> Option<Timestamp> {
        let resolution = self.resolution?;
        let seconds = (units.checked_div(resolution)?).saturating_add_signed(self.offset);
        let rest = u128::from(units % resolution) * 1_000_000_000;
        // Less than a second.
        let nanos = (rest / u128::from(resolution)) as u32;
        Some(Timestamp(Duration::new(seconds, nanos)))
    }

    /// Bytes that were captured of a packet of that length.
    const fn limited(&self, len: u32) -> u32 {
        // Zero is no limit.
        if self.snap_len > 0 && self.snap_len < len {
            self.snap_len
        } else {
            len
        }
    }
}

/// Units in a second by `if_tsresol`: a power of ten, or of two if the highest bit is set.
const fn resolution(if_tsresol: u8) -> Option<u64> {
    let power = (if_tsresol & 0x7f) as u32;
    if if_tsresol & 0x80 == 0 {
        10_u64.checked_pow(power)
    } else {
        1_u64.checked_shl(power)
    }
}

/// Without the padding of the block.
fn captured_part(data: &[u8], len: u32) -> &[u8] {
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    data.get(..len).unwrap_or(data)
}

/// Link types that `packet` reads.
const fn is_read(link_type: i32) -> bool {
    matches!(
        link_type,
        0 | 1 | 12 | 14 | 101 | 108 | 113 | 228 | 229 | 276
    )
}

/// The error without the bytes it points to.
fn damaged<T>(error: &PcapError<T>) -> Failure {
    let text = match error {
        PcapError::Eof | PcapError::UnexpectedEof | PcapError::Incomplete(_) => "it is cut off",
        PcapError::BufferTooSmall => "a packet is larger than 16 MiB",
        PcapError::ReadError => "it cannot be read",
        PcapError::HeaderNotRecognized => "its header is unknown",
        PcapError::NomError(..) | PcapError::OwnedNomError(..) => "a block is malformed",
    };
    Failure::Capture(text.to_owned())
}

/// How a pcapng file begins.
const SECTION_HEADER: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

const PCAP_HEADER_LEN: usize = 24;

/// The upper bits of a pcap header's link type say how long checksums are.
const LINK_TYPE: i32 = 0xffff;

const FIRST_BUFFER: usize = 1 << 17;

/// The longest packet that a capture may hold.
const MOST_BUFFER: usize = 1 << 24;

const MOST_INTERFACES: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_time_are_powers_of_ten_or_two() {
        assert_eq!(resolution(6), Some(1_000_000));
        assert_eq!(resolution(19), Some(10_000_000_000_000_000_000));
        assert_eq!(resolution(20), None);
        assert_eq!(resolution(0x80), Some(1));
        assert_eq!(resolution(0x80 | 63), Some(1 << 63));
        assert_eq!(resolution(0x80 | 64), None);
    }
}
