//! Bodies that end too early where the documents do not agree on the layout.

use bytes::{Bytes, BytesMut};
use cti_proto::code::MessageType;
use cti_proto::codec::Place;
use cti_proto::message::Table;
use cti_proto::{EncodeError, Frame, HEADER_LEN, Message, Version};

/// Checks a message that was read from a cut `body` of a disputed layout: what is left may be whole in
/// the other form, and is then a message like any other.
pub(crate) fn assert_whole_in_a_form(
    table: &Table,
    version: Version,
    body: &[u8],
    message: &Message,
) {
    let name = format!("{} {version} {}", table.name, body.len());
    assert!(body.len() >= shared_len(table, version), "{name}");
    assert_eq!(message.table().unwrap().name, table.name, "{name}");
    let mut wire = BytesMut::new();
    match message.encode(version, &mut wire) {
        Ok(()) => {
            let frame = Frame {
                message_type: table.number,
                body: Bytes::copy_from_slice(&wire[HEADER_LEN..]),
            };
            let again = Message::decode(version, frame);
            assert_eq!(again.as_ref(), Ok(message), "{name}");
        }
        // It was cut off.
        Err(EncodeError::MissingField { field, .. }) => {
            let is_required = table.fields.iter().any(|line| {
                line.name == field && line.gate.admits(version) && line.required.admits(version)
            });
            assert!(is_required, "{name}: {field}");
        }
        other => panic!("{name}: {other:?}"),
    }
}

/// Bytes that the fixed part has in each of its forms.
fn shared_len(table: &Table, version: Version) -> usize {
    let len = |other: bool| -> usize {
        let lines = table.fields.iter().filter(|line| {
            let flipped = other && line.perhaps.admits(version);
            line.gate.admits(version) != flipped
        });
        let widths = lines.map(|line| match line.place {
            Place::Fixed { width } => width,
            Place::Count { .. } => 2,
            Place::Floating { .. } | Place::List { .. } | _ => 0,
        });
        widths.sum()
    };
    // PauseDuration may have 2 bytes less; ConnectionDeviceIDType may only have more.
    let narrower = match table.number {
        MessageType::SEND_DTMF_SIGNAL_REQ => 2,
        _ => 0,
    };
    len(false).min(len(true)) - narrower
}
