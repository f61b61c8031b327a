//! Any message, written and read.

use arbitrary::Unstructured;
use bytes::BytesMut;
use cti_proto::{EncodeError, FrameCodec, Message};

use super::pick_version;

/// Any message of the version that the first byte picks. What fits its limits as a whole is written, read as the same,
/// and written as the same bytes again.
pub fn roundtrip(data: &[u8]) {
    let [choice, data @ ..] = data else {
        return;
    };
    let version = pick_version(*choice);
    let Ok(message) = Message::arbitrary_in(version, &mut Unstructured::new(data)) else {
        return;
    };
    let mut wire = BytesMut::new();
    match message.encode(version, &mut wire) {
        Ok(()) => {}
        Err(EncodeError::TooLong { .. } | EncodeError::TooMuchCallData { .. }) => {
            assert!(wire.is_empty(), "half a message was left");
            return;
        }
        Err(error) => panic!("{message:?} cannot be written: {error}"),
    }
    let bytes = wire.clone();
    let frame = FrameCodec::new(version).decode(&mut wire);
    let Ok(Some(frame)) = frame else {
        panic!("no frame was written for {message:?}: {frame:?}");
    };
    assert!(
        wire.is_empty(),
        "more than a frame was written for {message:?}"
    );
    let again = Message::decode(version, frame).expect("what was written can be read");
    assert_eq!(again, message);
    assert_eq!(again.encode(version, &mut wire), Ok(()));
    assert_eq!(wire, bytes, "{message:?}");
}
