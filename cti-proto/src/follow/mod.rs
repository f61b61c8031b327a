//! Following a captured stream, from its beginning or from the middle, for analysis tools.
//!
//! - [`Follower`] takes the bytes of one direction of a connection as they were captured, losses
//!   included, and cuts them into frames. Where it cannot tell where a message begins it searches
//!   for the next one and says what it skipped and why.
//! - [`VersionGuess`] finds the version of a session: from its OPEN_REQ, or from the layouts that
//!   its messages fit. One serves both directions.
//! - [`findings`] lists what a frame has that its table does not foresee.
//!
//! ```
//! use cti_proto::follow::{Event, Follower, VersionGuess, findings};
//! use cti_proto::{Message, Version};
//!
//! let mut follower = Follower::in_the_middle();
//! let mut guess = VersionGuess::new();
//! // The end of a message whose beginning is not known, then a HEARTBEAT_CONF.
//! follower.handle_input(&[0x13, 0x88, 0, 0, 0, 4, 0, 0, 0, 6, 0, 0, 0, 7]);
//! follower.handle_end();
//!
//! while let Some(event) = follower.poll_event() {
//!     match event {
//!         Event::Frame { offset, frame } => {
//!             assert_eq!(offset, 2);
//!             guess.observe(&frame);
//!             assert_eq!(findings(guess.version(), &frame), []);
//!             let message = Message::decode(guess.version(), frame)?;
//!             assert_eq!(message.table().map(|table| table.name), Some("HEARTBEAT_CONF"));
//!         }
//!         Event::Skipped { offset, len, .. } => assert_eq!((offset, len), (0, 2)),
//!         _ => {}
//!     }
//! }
//! # Ok::<(), cti_proto::DecodeError>(())
//! ```

use alloc::collections::VecDeque;

use bytes::{Buf, BytesMut};

use crate::code::MessageType;
use crate::frame::{Frame, HEADER_LEN};
use crate::version::Version;

mod finding;
mod guess;
mod search;

pub use finding::{Finding, findings};
pub use guess::{Certainty, VersionGuess};

use search::{Judgement, Search};

/// What the bytes of a stream turned out to be.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A message. Its type may be unknown and its body wrong; only the length was believed.
    Frame {
        /// Place of its header in the stream, lost bytes counted.
        offset: u64,
        /// Header and body. It shares the follower's buffer; see [`Frame::detach`].
        frame: Frame,
    },
    /// Bytes that belong to no message that could be read.
    Skipped {
        /// Place of the first one in the stream.
        offset: u64,
        /// How many, lost ones included.
        len: u64,
        /// Why they could not be read.
        reason: SkipReason,
    },
}

/// Why bytes were skipped.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SkipReason {
    /// The capture begins inside a message.
    #[error("the capture begins inside a message")]
    Middle,
    /// The capture lost bytes of the message.
    #[error("the capture lost bytes")]
    Gap,
    /// No message begins where one was due.
    #[error("no message: a header of length {len} and type {number}")]
    Header {
        /// What stands where the length of a body should.
        len: u32,
        /// What stands where the type should.
        number: u32,
    },
    /// The stream ends inside a message.
    #[error("the stream ends inside a message")]
    End,
}

/// Follows one direction of a captured stream.
///
/// It believes a header in step with the stream if its length is within the limit and its type is
/// below 1024. Out of step it takes a place for the beginning of a message when that and the next
/// ones have listed types and bodies that fit the tables of a version, up to a header or the end.
///
/// Holds at most three messages and a header, plus what one call brought. The time taken grows with
/// the bytes, whatever they are.
#[derive(Clone, Debug)]
pub struct Follower {
    max_len: usize,
    version: Option<Version>,
    buffer: BytesMut,
    /// Place of the buffer's front in the stream.
    offset: u64,
    state: State,
    events: VecDeque<Event>,
}

#[derive(Clone, Debug)]
enum State {
    /// A header stands at the front of the buffer.
    InStep,
    /// Bytes of a message that lost others pass by; the next header stands behind `left` of them.
    Passing { since: u64, left: u64 },
    /// The next header is looked for.
    Searching {
        since: u64,
        reason: SkipReason,
        search: Search,
    },
}

impl Follower {
    /// For a stream captured from its beginning.
    pub fn at_the_beginning() -> Self {
        Self {
            max_len: MAX_LEN,
            version: None,
            buffer: BytesMut::new(),
            offset: 0,
            state: State::InStep,
            events: VecDeque::new(),
        }
    }

    /// For a stream that was under way when the capture began.
    pub fn in_the_middle() -> Self {
        Self {
            state: State::Searching {
                since: 0,
                reason: SkipReason::Middle,
                search: Search::new(),
            },
            ..Self::at_the_beginning()
        }
    }

    /// With another limit for a whole message, header included. Unless told it is 12,500 bytes, the
    /// highest of all versions.
    #[must_use]
    pub const fn with_max_len(mut self, max_len: usize) -> Self {
        self.max_len = max_len;
        self
    }

    /// Tells the version of the session. A search then tries its layouts only.
    pub const fn set_version(&mut self, version: Version) {
        self.version = Some(version);
    }

    /// Takes the next bytes of the stream.
    pub fn handle_input(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        self.advance(Rest::MoreMayCome);
    }

    /// Takes note that the capture lost the next `lost` bytes of the stream.
    ///
    /// When they all belong to a message whose header was seen, the follower stays in step.
    pub fn handle_gap(&mut self, lost: u64) {
        if lost == 0 {
            return;
        }
        self.advance(Rest::Cut);
        let here = self.offset;
        let missing = self.missing();
        self.drop_front(self.buffer.len());
        self.offset = self.offset.saturating_add(lost);
        match &mut self.state {
            State::InStep => {
                self.state = match missing.and_then(|missing| missing.checked_sub(lost)) {
                    Some(left) => State::Passing { since: here, left },
                    None => State::searching(here, SkipReason::Gap),
                };
            }
            State::Passing { since, left } => match left.checked_sub(lost) {
                Some(still) => *left = still,
                None => self.state = State::searching(*since, SkipReason::Gap),
            },
            State::Searching { search, .. } => search.restart(),
        }
        self.advance(Rest::MoreMayCome);
    }

    /// Takes note that the stream is over. What comes after it is taken for a new stream that goes
    /// on counting.
    pub fn handle_end(&mut self) {
        self.advance(Rest::Cut);
        let (since, reason) = match self.state {
            State::InStep => (self.offset, SkipReason::End),
            State::Passing { since, .. } => (since, SkipReason::Gap),
            State::Searching { since, reason, .. } => (since, reason),
        };
        self.drop_front(self.buffer.len());
        self.skipped(since, reason);
        self.state = State::InStep;
    }

    /// What the bytes so far turned out to be. Call until `None`.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Since which place in the stream no message could be read; `None` in step with it.
    pub const fn lost_since(&self) -> Option<u64> {
        match self.state {
            State::InStep => None,
            State::Passing { since, .. } | State::Searching { since, .. } => Some(since),
        }
    }

    fn advance(&mut self, rest: Rest) {
        loop {
            let moved = match self.state {
                State::InStep => self.take_frame(),
                State::Passing { .. } => self.pass(),
                State::Searching { .. } => self.search(rest),
            };
            if !moved {
                return;
            }
        }
    }

    fn take_frame(&mut self) -> bool {
        let Some(header) = Header::first(&self.buffer) else {
            return false;
        };
        let Some(len) = header.wire_len(self.max_len) else {
            let reason = SkipReason::Header {
                len: header.len,
                number: header.message_type.0,
            };
            self.state = State::searching(self.offset, reason);
            return true;
        };
        if self.buffer.len() < len {
            return false;
        }
        let mut body = self.buffer.split_to(len).freeze();
        body.advance(HEADER_LEN);
        self.events.push_back(Event::Frame {
            offset: self.offset,
            frame: Frame {
                message_type: header.message_type,
                body,
            },
        });
        self.offset = self.offset.saturating_add(len as u64);
        true
    }

    fn pass(&mut self) -> bool {
        let State::Passing { since, left } = &mut self.state else {
            return false;
        };
        let since = *since;
        let held = self.buffer.len() as u64;
        let passing = held.min(*left);
        *left -= passing;
        let done = *left == 0;
        // No more than is held.
        self.drop_front(passing as usize);
        if done {
            self.skipped(since, SkipReason::Gap);
            self.state = State::InStep;
        }
        done
    }

    fn search(&mut self, rest: Rest) -> bool {
        let State::Searching {
            since,
            reason,
            search,
        } = &mut self.state
        else {
            return false;
        };
        let (since, reason) = (*since, *reason);
        let mut at = 0;
        let found = loop {
            let Some(bytes) = self.buffer.get(at..).filter(|bytes| !bytes.is_empty()) else {
                break false;
            };
            match search.judge(bytes, rest, self.version, self.max_len) {
                Judgement::Message => break true,
                Judgement::Nothing => at += 1,
                Judgement::Unclear => break false,
            }
        };
        self.drop_front(at);
        if found {
            self.skipped(since, reason);
            self.state = State::InStep;
        }
        found
    }

    /// Bytes still to come of the message that begins at the front; `None` without its header.
    fn missing(&self) -> Option<u64> {
        let len = Header::first(&self.buffer)?.wire_len(self.max_len)?;
        len.checked_sub(self.buffer.len()).map(|len| len as u64)
    }

    fn drop_front(&mut self, len: usize) {
        self.buffer.advance(len);
        self.offset = self.offset.saturating_add(len as u64);
    }

    fn skipped(&mut self, since: u64, reason: SkipReason) {
        let len = self.offset - since;
        if len > 0 {
            self.events.push_back(Event::Skipped {
                offset: since,
                len,
                reason,
            });
        }
    }
}

impl State {
    const fn searching(since: u64, reason: SkipReason) -> Self {
        Self::Searching {
            since,
            reason,
            search: Search::new(),
        }
    }
}

/// Whether bytes can follow those that are held.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Rest {
    MoreMayCome,
    /// A gap or the end follows.
    Cut,
}

#[derive(Clone, Copy, Debug)]
struct Header {
    len: u32,
    message_type: MessageType,
}

impl Header {
    fn first(bytes: &[u8]) -> Option<Self> {
        let [a, b, c, d, e, f, g, h] = *bytes.first_chunk::<HEADER_LEN>()?;
        Some(Self {
            len: u32::from_be_bytes([a, b, c, d]),
            message_type: MessageType(u32::from_be_bytes([e, f, g, h])),
        })
    }

    /// Bytes of the message, header included, if the header can be believed.
    fn wire_len(self, max_len: usize) -> Option<usize> {
        let len = usize::try_from(self.len).ok()?.checked_add(HEADER_LEN)?;
        let number = self.message_type.0;
        (len <= max_len && (1..TYPE_LIMIT).contains(&number)).then_some(len)
    }
}

/// No list has a number as high. What announces one is no header.
const TYPE_LIMIT: u32 = 1_024;

const MAX_LEN: usize = Version::ucce(25).max_message_len();
