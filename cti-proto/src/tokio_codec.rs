//! `tokio_util::codec` on [`FrameCodec`], for transports that are already framed that way.

use bytes::BytesMut;
use tokio_util::codec::{Decoder, Encoder};

use crate::error::{DecodeError, EncodeError};
use crate::frame::{Frame, FrameCodec};

/// What a framed transport can fail with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The transport failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The peer's bytes cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The frame cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

impl Decoder for FrameCodec {
    type Item = Frame;
    type Error = CodecError;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        Ok(Self::decode(self, src)?)
    }
}

impl Encoder<Frame> for FrameCodec {
    type Error = CodecError;

    fn encode(&mut self, frame: Frame, dst: &mut BytesMut) -> Result<(), CodecError> {
        Ok(Self::encode(self, &frame, dst)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::MessageType;

    #[test]
    fn a_frame_goes_through_both_traits() {
        let mut codec = FrameCodec::with_max_len(100);
        let body = bytes::Bytes::from_static(&[0, 0, 0, 7]);
        let frame = Frame {
            message_type: MessageType::HEARTBEAT_REQ,
            body,
        };
        let mut wire = BytesMut::new();
        Encoder::encode(&mut codec, frame.clone(), &mut wire).unwrap();
        assert_eq!(Decoder::decode(&mut codec, &mut wire).unwrap(), Some(frame));
    }
}
