//! A connection to the server, and what comes back on it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use cti_proto::{DecodeError, FrameCodec, Message, Version};

/// A connection whose answers are decoded as they come.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    /// What bodies are read as; `None` if it is not certain which version the server took.
    version: Option<Version>,
    input: BytesMut,
    /// Messages that came and were not yet looked at.
    pub(crate) messages: Vec<Message>,
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
            messages: Vec::new(),
        })
    }

    /// A server that reads slowly, or has closed, is no fault of its own.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Seen {
        match self.stream.write_all(bytes) {
            Ok(()) => Seen::Open,
            Err(_) => Seen::Closed,
        }
    }

    /// Reads until `enough` says so of a message, the server closes, or `patience` is over; without any patience, what is
    /// there already.
    pub(crate) fn read(
        &mut self,
        patience: Duration,
        mut enough: impl FnMut(&Message) -> bool,
    ) -> Result<Seen, DecodeError> {
        let end = Instant::now() + patience;
        let mut buffer = [0; 16 * 1024];
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let count = match self.read_within(left, &mut buffer) {
                Ok(0) => return Ok(Seen::Closed),
                Ok(count) => count,
                Err(error) if IS_SILENCE.contains(&error.kind()) => return Ok(Seen::Open),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return Ok(Seen::Closed),
            };
            self.input.extend_from_slice(&buffer[..count]);
            let mut found = false;
            while let Some(message) = self.next_message()? {
                found |= enough(&message);
                self.messages.push(message);
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
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);
