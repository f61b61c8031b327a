//! Frames and messages of every version.

use bytes::{Bytes, BytesMut};
use cti_proto::{Frame, FrameCodec, Message, Tag, Version, View};

use super::pick_version;

/// A byte stream of a session. The first byte picks dialect and version, the second how the stream is cut; what can be
/// read and written is read again as the same.
pub fn message(data: &[u8]) {
    let [choice, piece, data @ ..] = data else {
        return;
    };
    let version = pick_version(*choice);
    let whole = frames(version, data, data.len().max(1));
    assert_eq!(frames(version, data, usize::from(*piece).max(1)), whole);
    for frame in whole {
        let Ok(message) = Message::decode(version, frame.clone()) else {
            continue;
        };
        printed(&message);
        // Reading is lenient and writing strict: not everything can be written.
        let mut written = BytesMut::new();
        if message.encode(version, &mut written).is_err() {
            assert!(written.is_empty(), "half a message was left");
            continue;
        }
        let codec = FrameCodec::new(version);
        let Ok(Some(again)) = codec.decode(&mut written) else {
            panic!("no frame was written for {message:?}");
        };
        assert!(
            written.is_empty(),
            "more than a frame was written for {message:?}"
        );
        match Message::decode(version, again) {
            // No document has tag 0, and where layouts are disputed it tells that a body is of another one.
            Ok(again) if again != message && has_tag_zero(version, &frame) => {}
            Ok(again) => assert_eq!(again, message, "{frame:?}"),
            Err(error) => panic!("{error} in what was written for {message:?}"),
        }
    }
}

fn has_tag_zero(version: Version, frame: &Frame) -> bool {
    let view = View::new(version, frame).ok().flatten();
    view.is_some_and(|view| {
        let mut tags = view.floating().filter_map(Result::ok);
        tags.any(|(tag, _)| tag == Tag(0))
    })
}

/// A peer's bytes reach no terminal as they are.
fn printed(message: &Message) {
    let line = format!("{message}");
    assert!(!line.contains(char::is_control), "{line:?}");
    let block = format!("{message:#}");
    let strange = |sign: char| sign.is_control() && sign != '\n';
    assert!(!block.contains(strange), "{block:?}");
}

fn frames(version: Version, data: &[u8], piece: usize) -> Vec<Frame> {
    let codec = FrameCodec::new(version);
    let mut input = BytesMut::new();
    let mut found = Vec::new();
    for chunk in data.chunks(piece) {
        input.extend_from_slice(chunk);
        loop {
            match codec.decode(&mut input) {
                Ok(Some(frame)) => found.push(Frame {
                    body: Bytes::copy_from_slice(&frame.body),
                    ..frame
                }),
                Ok(None) => break,
                Err(_) => return found,
            }
        }
    }
    found
}
