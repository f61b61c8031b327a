//! Finds the items of an answer in the pieces that it arrives in.
//!
//! ```text
//!   head --- `return` opens ---> items --- `return` closes ---> tail --- end ---> over
//!     |                                                          ^
//!     +--- a fault, another answer, an empty `return` -----------+
//! ```
//!
//! What stands before and behind the items is kept: without them the answer is an envelope like
//! any other, and is read as one when it is complete, so that everything an envelope can have
//! wrong is found by [`EnvelopeCodec`](crate::EnvelopeCodec). Once more it is read when the first
//! item comes, with its end tags made up, so that no item of a wrong envelope comes out.

use core::fmt;

use crate::{
    CallError, DecodeError, DecodeErrorKind, Decoder, EncodingError, ResponseHead,
    axl::{
        AxlCallError,
        client::{Expected, no_entry},
    },
    client, encoding,
    xml::{ErrorKind, Event, Limits, Name, Profile, Reader, Scope, Start},
};

/// What takes the items.
pub(super) trait Sink {
    /// A window of the answer, from which the next items come.
    fn begin(&mut self, window: &str);

    /// Reads the open item.
    fn item(
        &mut self,
        name: &Name<'_>,
        window: &str,
        decoder: &mut Decoder<'_>,
    ) -> Result<(), DecodeError>;
}

pub(super) struct Stream {
    expected: Expected,
    /// The response, when its head says that it has no items.
    refused: Option<client::Incoming>,
    charset: Option<String>,
    state: State,
    /// What came and is not read: from `start` on.
    buffer: Vec<u8>,
    start: usize,
    /// How much of it was looked at in vain.
    tried: usize,
    /// The answer without its items.
    frame: Vec<u8>,
    /// What is bound where the items stand.
    scope: Scope,
    max_item: usize,
    ended: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Head,
    /// In UTF-16 or the like: held until it is complete.
    Foreign,
    Items,
    Tail,
    Over,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("state", &self.state)
            .field("buffered", &self.buffered())
            .finish_non_exhaustive()
    }
}

impl Stream {
    pub(super) fn new(expected: Expected, head: ResponseHead) -> Self {
        let charset = head.content_type().and_then(|kind| kind.charset.clone());
        let incoming = client::Incoming::of_any_length(expected.codec.clone(), head);
        Self {
            refused: Some(incoming).filter(|incoming| !incoming.is_answer()),
            expected,
            charset,
            state: State::Head,
            buffer: Vec::new(),
            start: 0,
            tried: 0,
            frame: Vec::new(),
            scope: Scope::new(),
            max_item: MAX_ITEM,
            ended: false,
        }
    }

    pub(super) fn set_max_item(&mut self, bytes: usize) {
        self.max_item = bytes;
    }

    pub(super) fn handle_body(&mut self, piece: &[u8]) -> Result<(), AxlCallError> {
        if let Some(refused) = &mut self.refused {
            return Ok(refused.handle_body(piece)?);
        }
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(piece);
        Ok(())
    }

    pub(super) fn handle_end(&mut self) {
        self.ended = true;
    }

    pub(super) fn is_over(&self) -> bool {
        self.state == State::Over
    }

    pub(super) fn buffered(&self) -> usize {
        self.buffer.len() + self.frame.len()
    }

    /// Reads on; `false` when more has to come, and at the end.
    pub(super) fn read(&mut self, sink: &mut impl Sink) -> Result<bool, AxlCallError> {
        let read = self.advance(sink);
        if read.is_err() {
            self.state = State::Over;
        }
        read
    }

    fn advance(&mut self, sink: &mut impl Sink) -> Result<bool, AxlCallError> {
        if self.ended
            && let Some(refused) = self.refused.take()
        {
            self.state = State::Over;
            return Err(refused.finish(|_, decoder| decoder.skip()).map_or_else(
                AxlCallError::from,
                // Only what is no answer was held.
                |_| no_entry(),
            ));
        }
        match self.state {
            State::Head => self.read_head(),
            State::Foreign => self.read_foreign(),
            State::Items => self.read_items(sink),
            State::Tail => self.read_tail(),
            State::Over => Ok(false),
        }
    }

    /// Looks for the start of the items.
    fn read_head(&mut self) -> Result<bool, AxlCallError> {
        if self.buffer.len() < self.tried.saturating_mul(2) && !self.ended {
            return Ok(false);
        }
        self.tried = self.buffer.len();
        let Some(start) =
            encoding::utf8_start(&self.buffer, self.charset.as_deref()).map_err(decode_error)?
        else {
            self.state = State::Foreign;
            return Ok(true);
        };
        let limits = self.expected.codec.limits();
        let found = match to_last_tag(&self.buffer[start..]).map_err(decode_error)? {
            Some(text) => find_items(text, &limits, &self.expected.name),
            None => None,
        };
        match found {
            Some(Found::Items { at, scope, closing }) => {
                self.start = start + at;
                self.frame.extend_from_slice(&self.buffer[..self.start]);
                self.scope = scope;
                let closed = [&self.frame, closing.as_bytes()].concat();
                self.expected.read_frame(closed)?;
                self.state = State::Items;
            }
            Some(Found::Nothing) => self.state = State::Tail,
            None if self.ended => self.state = State::Tail,
            None if self.buffer.len() > self.max_item => return Err(self.too_long()),
            None => return Ok(false),
        }
        self.tried = 0;
        Ok(true)
    }

    fn read_foreign(&mut self) -> Result<bool, AxlCallError> {
        let max = self.expected.codec.max_len();
        if self.buffer.len() > max {
            return Err(CallError::TooLong { max }.into());
        }
        if !self.ended {
            return Ok(false);
        }
        let bytes = core::mem::take(&mut self.buffer);
        let (mut text, start) =
            encoding::into_text(bytes, self.charset.as_deref()).map_err(decode_error)?;
        text.drain(..start);
        self.buffer = text.into_bytes();
        self.charset = Some("utf-8".to_owned());
        self.state = State::Head;
        Ok(true)
    }

    /// Hands out the items of one window.
    fn read_items(&mut self, sink: &mut impl Sink) -> Result<bool, AxlCallError> {
        let mut size = WINDOW;
        loop {
            let unread = self.buffer.get(self.start..).unwrap_or_default();
            let is_all = unread.len() <= size;
            if is_all && unread.len() < self.tried.saturating_mul(2) && !self.ended {
                return Ok(false);
            }
            let limits = items_limits(self.expected.codec.limits());
            let text = to_last_tag(&unread[..unread.len().min(size)]).map_err(decode_error)?;
            let window = match text {
                Some(text) => {
                    read_window(text, &limits, &self.scope, sink).map_err(CallError::from)?
                }
                None => Window::default(),
            };
            self.start += window.end;
            self.tried = 0;
            if window.closed {
                self.state = State::Tail;
                return Ok(true);
            }
            if window.items > 0 {
                return Ok(true);
            }
            if is_all {
                self.tried = self.buffer.len() - self.start;
                if self.ended {
                    // No end of the items comes any more: the frame tells what is missing.
                    self.state = State::Tail;
                }
                return Ok(self.ended);
            }
            if size >= self.max_item {
                return Err(self.too_long());
            }
            size = size.saturating_mul(2).min(self.max_item);
        }
    }

    /// Everything behind the items is kept; at the end the frame is read.
    fn read_tail(&mut self) -> Result<bool, AxlCallError> {
        let rest = self.buffer.get(self.start..).unwrap_or_default();
        if self.frame.len() + rest.len() > self.max_item {
            return Err(self.too_long());
        }
        self.frame.extend_from_slice(rest);
        self.buffer.clear();
        self.start = 0;
        if self.ended {
            self.state = State::Over;
            self.expected.read_frame(core::mem::take(&mut self.frame))?;
        }
        Ok(false)
    }

    fn too_long(&self) -> AxlCallError {
        CallError::TooLong { max: self.max_item }.into()
    }
}

/// What the beginning of an answer says.
enum Found {
    Items {
        /// Where the first can stand.
        at: usize,
        scope: Scope,
        /// The end tags of the elements around them.
        closing: String,
    },
    /// There are none.
    Nothing,
}

/// Looks for `Envelope/Body/<name>/return`; `None` when the text ends before that is known.
fn find_items(text: &str, limits: &Limits, name: &str) -> Option<Found> {
    let path = ["Envelope", "Body", name, "return"];
    let mut reader = Reader::document(text.as_bytes(), Profile::Soap, limits).ok()?;
    let mut open: Vec<&str> = Vec::new();
    loop {
        match reader.next_event() {
            Ok(Some(Event::Start(start))) if path.get(open.len()) == Some(&start.name.local()) => {
                open.push(qname(text, &start));
                if open.len() < path.len() {
                    continue;
                }
                if start.self_closing {
                    return Some(Found::Nothing);
                }
                let closing = open.iter().rev().map(|name| format!("</{name}>"));
                return Some(Found::Items {
                    at: start.range.end,
                    scope: reader.scope(),
                    closing: closing.collect(),
                });
            }
            Ok(Some(Event::Start(_))) => {
                reader.skip_element().ok()?;
            }
            Ok(Some(Event::Text(_))) => {}
            // Behind what could have held them.
            Ok(Some(Event::End) | None) => return Some(Found::Nothing),
            Err(error) if is_unfinished(error.kind) => return None,
            Err(_) => return Some(Found::Nothing),
        }
    }
}

/// The name of a start tag as it stands there.
fn qname<'a>(text: &'a str, start: &Start<'_>) -> &'a str {
    let tag = text.get(start.range.clone()).unwrap_or_default();
    let name = tag.trim_start_matches('<');
    let end = name.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'));
    &name[..end.unwrap_or(name.len())]
}

/// What was read of a window.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    /// Where the next item can stand.
    end: usize,
    items: usize,
    /// What stands there closes the element around the items.
    closed: bool,
}

fn read_window(
    text: &str,
    limits: &Limits,
    scope: &Scope,
    sink: &mut impl Sink,
) -> Result<Window, DecodeError> {
    let reader = Reader::fragment(text.as_bytes(), Profile::Soap, limits, scope)?;
    let mut decoder = Decoder::new(reader, usize::MAX);
    let mut window = Window::default();
    sink.begin(text);
    loop {
        let read = match decoder.child() {
            Ok(Some(name)) => read_item(&name, text, &mut decoder, sink),
            Ok(None) => return Ok(window),
            Err(error) => Err(error),
        };
        match read {
            Ok(()) => {
                window.items += 1;
                window.end = decoder.offset();
            }
            Err(DecodeError {
                kind: DecodeErrorKind::Xml(ErrorKind::MismatchedEnd),
                offset,
            }) if decoder.depth() == 0 => {
                window.end = offset;
                window.closed = true;
                return Ok(window);
            }
            // The last item goes on in the next window.
            Err(DecodeError {
                kind: DecodeErrorKind::Xml(kind),
                ..
            }) if is_unfinished(kind) => return Ok(window),
            Err(error) => return Err(error),
        }
    }
}

fn read_item(
    name: &Name<'_>,
    text: &str,
    decoder: &mut Decoder<'_>,
    sink: &mut impl Sink,
) -> Result<(), DecodeError> {
    sink.item(name, text, decoder)?;
    // It may have stopped half way.
    while decoder.depth() > 0 {
        decoder.skip()?;
    }
    Ok(())
}

/// Whether more text may make it good: a token is told to be wrong where it is not closed.
fn is_unfinished(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Syntax | ErrorKind::UnexpectedEnd)
}

/// The text up to the last end of a tag, so that no character and hardly a token is cut.
fn to_last_tag(bytes: &[u8]) -> Result<Option<&str>, EncodingError> {
    let Some(last) = bytes.iter().rposition(|byte| *byte == b'>') else {
        return Ok(None);
    };
    let text = core::str::from_utf8(&bytes[..=last]);
    text.map(Some).map_err(|error| EncodingError::Malformed {
        offset: error.valid_up_to(),
    })
}

/// Bounds of what is inside `Envelope/Body/<name>/return`.
fn items_limits(limits: Limits) -> Limits {
    limits
        .with_document(usize::MAX)
        .with_depth(limits.depth.saturating_sub(4))
}

fn decode_error(error: EncodingError) -> AxlCallError {
    CallError::Decode(error.into()).into()
}

/// How much is read at a time, in bytes. Long enough that beginning a window costs little, short
/// enough to stay in a processor's nearest cache.
const WINDOW: usize = 32 * 1024;
/// The longest item, in bytes, if not set otherwise. The longest that we know, a phone with all
/// its lines, is below 100 KB.
const MAX_ITEM: usize = 1024 * 1024;
