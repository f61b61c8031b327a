//! Headers of a captured packet, from the link to TCP.

use std::net::{IpAddr, SocketAddr};

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice, ether_type};

/// A TCP segment as it was captured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'a> {
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) sequence: u32,
    /// What the sender has received from the other side, if it says so.
    pub(crate) acknowledged: Option<u32>,
    pub(crate) syn: bool,
    pub(crate) fin: bool,
    pub(crate) rst: bool,
    pub(crate) payload: &'a [u8],
    /// Bytes of payload that were sent but not captured, behind those that were.
    pub(crate) cut: u64,
}

/// What a packet is to us.
#[derive(Debug)]
pub(crate) enum Packet<'a> {
    Tcp(Segment<'a>),
    /// A part of an IP packet; parts are not put together.
    Fragment,
    /// Something else.
    Other,
}

/// Reads the packet's headers. `link_type` is a number of the registry that pcap and pcapng share.
pub(crate) fn parse(link_type: i32, data: &[u8]) -> Packet<'_> {
    let sliced = match link_type {
        ETHERNET => LaxSlicedPacket::from_ethernet(data).ok(),
        RAW | RAW_OF_BSD | RAW_OF_OPENBSD | IPV4 | IPV6 => LaxSlicedPacket::from_ip(data).ok(),
        // The address family in the byte order of its machine: nothing but IP is TCP.
        NULL | LOOP => data
            .get(4..)
            .and_then(|data| LaxSlicedPacket::from_ip(data).ok()),
        LINUX_SLL => behind(data, 14, 16),
        LINUX_SLL2 => behind(data, 0, 20),
        _ => None,
    };
    sliced.map_or(Packet::Other, |sliced| tcp(&sliced))
}

/// A packet whose EtherType and contents stand at these offsets.
fn behind(data: &[u8], type_at: usize, contents_at: usize) -> Option<LaxSlicedPacket<'_>> {
    let number = data.get(type_at..)?.first_chunk()?;
    let ether_type = EtherType(u16::from_be_bytes(*number));
    let is_carried = [
        ether_type::IPV4,
        ether_type::IPV6,
        ether_type::VLAN_TAGGED_FRAME,
        ether_type::PROVIDER_BRIDGING,
        ether_type::VLAN_DOUBLE_TAGGED_FRAME,
    ]
    .contains(&ether_type);
    let contents = data.get(contents_at..)?;
    is_carried.then(|| LaxSlicedPacket::from_ether_type(ether_type, contents))
}

fn tcp<'a>(sliced: &LaxSlicedPacket<'a>) -> Packet<'a> {
    let (source, destination, ip_payload, sent): (IpAddr, IpAddr, _, usize) = match &sliced.net {
        Some(LaxNetSlice::Ipv4(ip)) => {
            let header = ip.header();
            // An authentication header counts as payload in the length, but not in the slice.
            let extensions = ip.extensions().auth.map_or(0, |auth| auth.slice().len());
            let headers = header.slice().len() + extensions;
            let sent = usize::from(header.total_len()).saturating_sub(headers);
            (
                header.source_addr().into(),
                header.destination_addr().into(),
                ip.payload(),
                sent,
            )
        }
        Some(LaxNetSlice::Ipv6(ip)) => {
            let header = ip.header();
            // Extension headers count as payload in the length, but not in the slice.
            let extensions: usize = ip.extensions().slice().len();
            let sent = usize::from(header.payload_length()).saturating_sub(extensions);
            (
                header.source_addr().into(),
                header.destination_addr().into(),
                ip.payload(),
                sent,
            )
        }
        Some(LaxNetSlice::Arp(_)) | None => return Packet::Other,
    };
    if ip_payload.fragmented {
        return Packet::Fragment;
    }
    let Some(TransportSlice::Tcp(tcp)) = &sliced.transport else {
        return Packet::Other;
    };
    Packet::Tcp(Segment {
        source: SocketAddr::new(source, tcp.source_port()),
        destination: SocketAddr::new(destination, tcp.destination_port()),
        sequence: tcp.sequence_number(),
        acknowledged: tcp.ack().then(|| tcp.acknowledgment_number()),
        syn: tcp.syn(),
        fin: tcp.fin(),
        rst: tcp.rst(),
        payload: tcp.payload(),
        // A length of zero stands for what the sender's network card will cut into packets.
        cut: sent.saturating_sub(ip_payload.payload.len()) as u64,
    })
}

const NULL: i32 = 0;
const ETHERNET: i32 = 1;
const RAW_OF_BSD: i32 = 12;
const RAW_OF_OPENBSD: i32 = 14;
const RAW: i32 = 101;
const LOOP: i32 = 108;
const LINUX_SLL: i32 = 113;
const IPV4: i32 = 228;
const IPV6: i32 = 229;
const LINUX_SLL2: i32 = 276;
