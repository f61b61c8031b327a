//! The 8-byte header and the frames of a byte stream.

use core::fmt;

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::code::MessageType;
use crate::error::{DecodeError, EncodeError};
use crate::version::Version;

/// Bytes of the header MHDR: body length, then message type, both UINT. GED-188, "MHDR".
pub const HEADER_LEN: usize = 8;

/// One message with its body unread.
#[derive(Clone, Eq, PartialEq)]
pub struct Frame {
    /// What the header says the body is.
    pub message_type: MessageType,
    /// Fixed part and floating part.
    pub body: Bytes,
}

impl Frame {
    /// Bytes on the wire, header included.
    pub fn wire_len(&self) -> usize {
        HEADER_LEN + self.body.len()
    }

    /// A copy that does not keep the buffer alive from which the frame was cut.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self {
            message_type: self.message_type,
            body: Bytes::copy_from_slice(&self.body),
        }
    }
}

/// Shows type and length only: the body of an OPEN_REQ or SET_AGENT_STATE_REQ holds a password.
impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("message_type", &self.message_type)
            .field("body_len", &self.body.len())
            .finish()
    }
}

/// One message in the buffer it was read into, with its body unread.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct FrameRef<'a> {
    /// What the header says the body is.
    pub message_type: MessageType,
    /// Fixed part and floating part.
    pub body: &'a [u8],
}

impl FrameRef<'_> {
    /// Bytes on the wire, header included.
    pub const fn wire_len(&self) -> usize {
        HEADER_LEN + self.body.len()
    }
}

impl<'a> From<&'a Frame> for FrameRef<'a> {
    fn from(frame: &'a Frame) -> Self {
        Self {
            message_type: frame.message_type,
            body: &frame.body,
        }
    }
}

/// Shows type and length only, like [`Frame`].
impl fmt::Debug for FrameRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameRef")
            .field("message_type", &self.message_type)
            .field("body_len", &self.body.len())
            .finish()
    }
}

/// Cuts frames off a stream and writes them; holds the length limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FrameCodec {
    max_len: usize,
}

impl FrameCodec {
    /// With the limit of `version`: 4329 bytes for UCCE up to 19, else 12500.
    pub const fn new(version: Version) -> Self {
        Self {
            max_len: version.max_message_len(),
        }
    }

    /// With another limit for a whole message, header included.
    pub const fn with_max_len(max_len: usize) -> Self {
        Self { max_len }
    }

    /// The limit for a whole message, header included.
    pub const fn max_len(&self) -> usize {
        self.max_len
    }

    /// Takes one frame off the front of `src`, or returns `None` and leaves `src` alone.
    ///
    /// # Errors
    ///
    /// [`DecodeError::TooLong`] as soon as a header announces more than the limit; nothing is
    /// allocated for it and `src` is left alone.
    pub fn decode(&self, src: &mut BytesMut) -> Result<Option<Frame>, DecodeError> {
        let Some(FrameRef { message_type, body }) = self.peek(src)? else {
            return Ok(None);
        };
        let len = HEADER_LEN + body.len();
        let mut body = src.split_to(len).freeze();
        body.advance(HEADER_LEN);
        Ok(Some(Frame { message_type, body }))
    }

    /// The frame at the front of `src`, in place; `None` while it is not there as a whole. What
    /// follows begins [`FrameRef::wire_len`] bytes further.
    ///
    /// # Errors
    ///
    /// As for [`FrameCodec::decode`].
    #[inline]
    pub fn peek<'a>(&self, src: &'a [u8]) -> Result<Option<FrameRef<'a>>, DecodeError> {
        let Some((&[a, b, c, d, e, f, g, h], rest)) = src.split_first_chunk::<HEADER_LEN>() else {
            return Ok(None);
        };
        let body_len = u32::from_be_bytes([a, b, c, d]);
        let message_type = MessageType(u32::from_be_bytes([e, f, g, h]));
        let len = u64::from(body_len) + HEADER_LEN as u64;
        if usize::try_from(len).is_ok_and(|len| len <= self.max_len) {
            let body = usize::try_from(body_len)
                .ok()
                .and_then(|len| rest.get(..len));
            return Ok(body.map(|body| FrameRef { message_type, body }));
        }
        Err(DecodeError::TooLong {
            len,
            max: self.max_len,
        })
    }

    /// Appends `frame` to `dst`.
    ///
    /// # Errors
    ///
    /// [`EncodeError::TooLong`] when the frame passes the limit; `dst` is left alone.
    pub fn encode(&self, frame: &Frame, dst: &mut BytesMut) -> Result<(), EncodeError> {
        let len = frame.wire_len();
        let (Ok(body_len), true) = (u32::try_from(frame.body.len()), len <= self.max_len) else {
            let message_type = frame.message_type;
            return Err(EncodeError::TooLong {
                message_type,
                len,
                max: self.max_len,
            });
        };
        dst.reserve(len);
        dst.put_u32(body_len);
        dst.put_u32(frame.message_type.0);
        dst.put_slice(&frame.body);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEARTBEAT: [u8; 12] = [0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 7];

    #[test]
    fn a_frame_is_taken_when_its_last_byte_is_there() {
        let codec = FrameCodec::new(Version::uccx(17));
        let mut src = BytesMut::new();
        for byte in &HEARTBEAT[..11] {
            src.put_u8(*byte);
            assert_eq!(codec.decode(&mut src), Ok(None));
        }
        src.put_u8(HEARTBEAT[11]);
        let peeked = codec.peek(&HEARTBEAT).unwrap().unwrap();
        assert_eq!(peeked.wire_len(), HEARTBEAT.len());
        let frame = codec.decode(&mut src).unwrap().unwrap();
        assert_eq!(FrameRef::from(&frame), peeked);
        assert_eq!(frame.message_type, MessageType::HEARTBEAT_REQ);
        assert_eq!(&frame.body[..], [0, 0, 0, 7]);
        assert!(src.is_empty());
        codec.encode(&frame, &mut src).unwrap();
        assert_eq!(&src[..], HEARTBEAT);
    }

    #[test]
    fn a_length_past_the_limit_is_refused_at_the_header() {
        let mut src = BytesMut::from(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 5][..]);
        let error = FrameCodec::new(Version::uccx(17))
            .decode(&mut src)
            .unwrap_err();
        assert_eq!(
            error,
            DecodeError::TooLong {
                len: 0x1_0000_0007,
                max: 12_500
            }
        );
        let mut src = BytesMut::from(&[0, 0, 0x10, 0xe2, 0, 0, 0, 5][..]);
        assert!(FrameCodec::new(Version::ucce(19)).decode(&mut src).is_err());
        assert_eq!(
            FrameCodec::new(Version::ucce(20)).decode(&mut src),
            Ok(None)
        );
    }
}
