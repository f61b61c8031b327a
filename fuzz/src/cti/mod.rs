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

use arbitrary::{Result, Unstructured};
use bytes::{Bytes, BytesMut};
use cti_proto::code::MessageType;
use cti_proto::codec::Place;
use cti_proto::message::{Pair, Role, Table};
use cti_proto::{Frame, FrameCodec, Message, Version};

/// One of the 30 versions of both dialects.
fn pick_version(choice: u8) -> Version {
    match choice % 30 {
        number @ 0..=20 => Version::ucce(u32::from(number) + 5),
        number => Version::uccx(u32::from(number) - 11),
    }
}

/// A message of the version: mostly of one of the roles, now and then any.
fn message_of(version: Version, roles: &[Role], data: &mut Unstructured<'_>) -> Result<Message> {
    let any = seldom(data)?;
    let tables: Vec<_> = Message::TABLES
        .iter()
        .copied()
        .filter(|table| table.gate.admits(version) && (any || roles.contains(&table.role)))
        .collect();
    made(data.choose(&tables)?, version, data)
}

/// What confirms a request of this number; `None` if the version has no such request.
fn confirmation_of(
    request: MessageType,
    version: Version,
    data: &mut Unstructured<'_>,
) -> Result<Option<Message>> {
    Pair::of(request)
        .map(|pair| pair.confirmation)
        .filter(|table| table.gate.admits(version))
        .map(|table| made(table, version, data))
        .transpose()
}

/// The message of `table`, with any content or with zeros, which lacks what some versions require.
fn made(table: &Table, version: Version, data: &mut Unstructured<'_>) -> Result<Message> {
    if data.arbitrary()? {
        Message::arbitrary_of(table, version, data)
    } else {
        Ok(zeros(table, version))
    }
}

/// The message of `table`, which the version has, with nothing but zeros in its fixed part.
fn zeros(table: &Table, version: Version) -> Message {
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
    Message::decode(version, frame).expect("a body of the table's length")
}

/// True once in eight times, and not behind the end of the data.
fn seldom(data: &mut Unstructured<'_>) -> Result<bool> {
    Ok(!data.ratio(7, 8)?)
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
