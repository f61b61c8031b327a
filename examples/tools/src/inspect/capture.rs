//! Capture files: pcap and pcapng.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::time::Duration;

use pcap_parser::traits::{PcapNGPacketBlock, PcapReaderIterator};
use pcap_parser::{Block, PcapBlockOwned, PcapError, create_reader};

use crate::inspect::Failure;
use crate::inspect::args::Args;
use crate::inspect::flow::Flows;
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
        self.last = captured.time.unwrap_or(self.last);
        if !is_read(captured.link_type) {
            *self.unread.entry(captured.link_type).or_default() += 1;
        }
        match parse(captured.link_type, captured.data) {
            Packet::Tcp(segment) => self.flows.segment(self.last, &segment, report)?,
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
    data: &'a [u8],
}

/// What the headers of the file say of the packets behind them.
#[derive(Debug, Default)]
struct Clocks {
    interfaces: Vec<Interface>,
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link_type: i32,
    /// Units of time in a second.
    resolution: u64,
    /// Seconds to add.
    offset: i64,
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
                    resolution,
                    offset: 0,
                }];
                None
            }
            PcapBlockOwned::Legacy(packet) => {
                let interface = self.interfaces.first()?;
                let second = u64::from(packet.ts_sec) * interface.resolution;
                Some(Captured {
                    link_type: interface.link_type,
                    time: interface.time(second + u64::from(packet.ts_usec)),
                    data: packet.data,
                })
            }
            PcapBlockOwned::NG(Block::SectionHeader(_)) => {
                self.interfaces.clear();
                None
            }
            PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
                if self.interfaces.len() < MOST_INTERFACES {
                    self.interfaces.push(Interface {
                        link_type: interface.linktype.0,
                        resolution: interface.ts_resolution().unwrap_or(1_000_000),
                        offset: interface.ts_offset(),
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
                    data: captured_part(packet.data, packet.caplen),
                })
            }
            PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                let interface = self.interfaces.first()?;
                Some(Captured {
                    link_type: interface.link_type,
                    time: None,
                    data: captured_part(packet.data, packet.orig_len()),
                })
            }
            PcapBlockOwned::NG(_) => None,
        }
    }
}

impl Interface {
    fn time(&self, units: u64) -> Option<Timestamp> {
        let seconds = (units.checked_div(self.resolution)?).saturating_add_signed(self.offset);
        let rest = u128::from(units % self.resolution) * 1_000_000_000;
        // Less than a second.
        let nanos = (rest / u128::from(self.resolution)) as u32;
        Some(Timestamp(Duration::new(seconds, nanos)))
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
