//! cti-proto: frames and messages of every version, and its sessions.

mod client;
mod failover;
mod follow;
mod message;
mod roundtrip;
mod server;
mod service;
mod session;
mod small;

pub(crate) use failover::seed as failover_seed;
pub(crate) use service::seed as service_seed;

pub use client::client;
pub use failover::failover;
pub use follow::follow;
pub use message::message;
pub use roundtrip::roundtrip;
pub use server::server;
pub use service::service;
pub use session::session;

use bytes::{Bytes, BytesMut};
use cti_proto::codec::Place;
use cti_proto::{Frame, FrameCodec, Message, Version};

/// One of the 30 versions of both dialects.
fn pick_version(choice: u8) -> Version {
    match choice % 30 {
        number @ 0..=20 => Version::ucce(u32::from(number) + 5),
        number => Version::uccx(u32::from(number) - 11),
    }
}

/// The message of one of the tables with nothing but zeros in its fixed part, if the version has it.
fn blank(version: Version, pick: u8) -> Option<Message> {
    let table = Message::TABLES[usize::from(pick) % Message::TABLES.len()];
    if !table.gate.admits(version) {
        return None;
    }
    let fields = table
        .fields
        .iter()
        .filter(|field| field.gate.admits(version));
    let len = fields
        .map(|field| match field.place {
            Place::Fixed { width } => width,
            Place::Count { .. } => 2,
            _ => 0,
        })
        .sum();
    let frame = Frame {
        message_type: table.number,
        body: Bytes::from(vec![0; len]),
    };
    Some(Message::decode(version, frame).expect("a body of the table's length"))
}

/// The input of which the derived `Arbitrary` of an enum with `count` variants makes the one at `place`.
fn variant(place: usize, count: usize) -> [u8; 4] {
    let (place, count) = (place as u64, count as u64);
    // It multiplies four bytes by the count and takes the upper half.
    let least = (place << 32).div_ceil(count);
    (least as u32).to_le_bytes()
}

/// What a machine sent ends with a whole message.
fn only_whole_messages(sent: &mut BytesMut) {
    let codec = FrameCodec::new(Version::ucce(25));
    while let Ok(Some(_)) = codec.decode(sent) {}
    assert!(sent.is_empty(), "half a message was sent");
}
