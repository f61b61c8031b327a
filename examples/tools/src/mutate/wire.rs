//! A connection to the server, and what comes back on it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use cti_proto::{DecodeError, FrameCodec, Message, Version};

use super::report::Fault;

/// A connection whose answers are decoded as they come.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    /// What bodies are read as; `None` if it is not certain which version the server took.
    version: Option<Version>,
    input: BytesMut,
    /// Whether the server did not take all that was sent: then it may leave an answer half written, too.
    choked: bool,
}

/// What reading found.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Seen {
    /// The connection stands.
    Open,
    /// The server ended it, in order or not.
    Closed,
}

impl Wire {
    pub(crate) fn connect(to: SocketAddr, version: Option<Version>) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&to, CONNECT_TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
        Ok(Self {
            stream,
            version,
            input: BytesMut::new(),
            choked: false,
        })
    }

    /// A server that reads slowly, or has closed, is no fault of its own.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Seen {
        match self.stream.write_all(bytes) {
            Ok(()) => Seen::Open,
            Err(_) => {
                self.choked = true;
                Seen::Closed
            }
        }
    }

    /// Reads until `enough` says so of a message, the server closes, or `patience` is over; without any patience, what is
    /// there already. A server that never stops is left after `patience` too, or after [`MOST_AT_ONCE`].
    ///
    /// # Errors
    ///
    /// What came cannot be read, or ends in the middle of a message.
    pub(crate) fn read(
        &mut self,
        patience: Duration,
        mut enough: impl FnMut(Message) -> bool,
    ) -> Result<Seen, Fault> {
        let begin = Instant::now();
        let mut buffer = [0; 16 * 1024];
        let mut taken = 0;
        loop {
            let left = patience.saturating_sub(begin.elapsed());
            let over = if patience.is_zero() {
                taken >= MOST_AT_ONCE
            } else {
                left.is_zero()
            };
            if over {
                return Ok(Seen::Open);
            }
            let count = match self.read_within(left, &mut buffer) {
                Ok(0) if !self.input.is_empty() && !self.choked => {
                    return Err(Fault::Cut(self.input.len()));
                }
                Ok(0) => return Ok(Seen::Closed),
                Ok(count) => count,
                Err(error) if IS_SILENCE.contains(&error.kind()) => return Ok(Seen::Open),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return Ok(Seen::Closed),
            };
            taken += count;
            self.input.extend_from_slice(&buffer[..count]);
            let mut found = false;
            while let Some(message) = self.next_message().map_err(Fault::Malformed)? {
                found |= enough(message);
            }
            if found {
                return Ok(Seen::Open);
            }
        }
    }

    fn read_within(&mut self, time: Duration, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_nonblocking(time.is_zero())?;
        if !time.is_zero() {
            self.stream.set_read_timeout(Some(time))?;
        }
        let read = self.stream.read(buffer);
        self.stream.set_nonblocking(false)?;
        read
    }

    fn next_message(&mut self) -> Result<Option<Message>, DecodeError> {
        let codec = FrameCodec::with_max_len(MAX_ANSWER);
        let Some(frame) = codec.decode(&mut self.input)? else {
            return Ok(None);
        };
        let Some(version) = self.version else {
            return Ok(Some(Message::Unknown(frame)));
        };
        Message::decode(version, frame).map(Some)
    }
}

/// What a read that found nothing in time ends with.
const IS_SILENCE: [ErrorKind; 2] = [ErrorKind::WouldBlock, ErrorKind::TimedOut];
/// Largest message of any version.
const MAX_ANSWER: usize = 12_500;
/// Bytes that are read at most where no answer is waited for.
const MOST_AT_ONCE: usize = 1 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);
