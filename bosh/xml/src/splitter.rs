//! Cuts a growing buffer into stream header, stanzas and stream end.

use bytes::{Buf, Bytes, BytesMut};
use memchr::{memchr, memchr2, memchr3};

use crate::chars::is_space;
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;

/// A part of a stream, cut out of the caller's buffer without a copy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Part {
    /// The start tag of the stream, with the XML declaration if there was one; read it with
    /// [`Reader::header`](crate::Reader::header).
    Header(Bytes),
    /// One complete child of the stream; read it with
    /// [`Reader::document_in`](crate::Reader::document_in).
    Stanza(Bytes),
    /// The end tag of the stream, or a self-closing header that was reported just before.
    End,
}

/// Finds where the parts of an XML stream (RFC 6120 §4) end, as bytes arrive.
///
/// Only the nesting of tags is followed, under the XMPP profile: comments, processing
/// instructions and DTDs are refused as soon as they are seen, white space between stanzas is
/// dropped (keep-alives, RFC 6120 §4.6.1), other text there is refused. That names, attributes
/// and namespaces are right is the [`Reader`](crate::Reader)'s to check, on each part.
///
/// The work is linear in the bytes, however small the pieces in which they come. After an error
/// the splitter keeps returning it.
///
/// A new stream on the same connection (after SASL, RFC 6120 §6.4.6) gets a new splitter; bytes
/// already in the buffer stay there for it.
///
/// ```
/// use bytes::BytesMut;
/// use wire_xml::{Element, Event, Limits, Part, Profile, Reader, Scope, Splitter};
///
/// let limits = Limits::default();
/// let mut splitter = Splitter::new(limits);
/// let mut scope = Scope::new();
/// let mut buffer = BytesMut::new();
/// for received in ["<stream:stream xmlns='jabber:client' xmlns:stream='urn:s'><pre", "sence/>"] {
///     buffer.extend_from_slice(received.as_bytes());
///     while let Some(part) = splitter.next_part(&mut buffer)? {
///         match part {
///             Part::Header(header) => {
///                 let mut reader = Reader::header(&header, Profile::Xmpp, &limits)?;
///                 assert!(matches!(reader.next_event()?, Some(Event::Start(_))));
///                 scope = reader.scope();
///             }
///             Part::Stanza(stanza) => {
///                 let stanza = Element::parse_in(&stanza, Profile::Xmpp, &limits, &scope)?;
///                 assert!(stanza.is("jabber:client", "presence"));
///             }
///             Part::End => println!("the peer has left"),
///         }
///     }
/// }
/// # Ok::<(), wire_xml::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Splitter {
    limits: Limits,
    /// Bytes from the front of the buffer that were looked at.
    scanned: usize,
    state: State,
    /// Where the tag or section being scanned starts.
    tag_start: usize,
    /// Open elements, the stream included.
    depth: usize,
    /// Qualified name of the stream, to match its end tag.
    stream_name: Vec<u8>,
    /// A self-closing header was reported; the end is due.
    end_due: bool,
    failed: Option<Error>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// Before the header, or its XML declaration.
    Prolog,
    /// Between stanzas.
    Between,
    /// Inside a stanza, outside of markup.
    Content,
    /// Behind a `<`.
    Markup,
    /// Inside a start tag; the flag tells whether the last byte was a `/`.
    StartTag { slash: bool },
    /// Inside an attribute value that ends with this quote.
    Value { quote: u8 },
    /// Inside an end tag.
    EndTag,
    /// Inside the XML declaration.
    Declaration,
    /// Inside `<![CDATA[`; the number of bytes matched.
    CDataOpen { matched: usize },
    /// Inside a CDATA section; how many `]` came last, at most two.
    CData { brackets: u8 },
    /// Behind the end tag.
    Ended,
}

impl Splitter {
    /// Waits for a stream header. Of the limits, [`Limits::document`] bounds each part and
    /// [`Limits::depth`] counts from the stanza.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            scanned: 0,
            state: State::Prolog,
            tag_start: 0,
            depth: 0,
            stream_name: Vec::new(),
            end_due: false,
            failed: None,
        }
    }

    /// Takes the next part off the front of `buffer`, or returns `None` until more has arrived.
    /// Between calls, bytes may only be added at the end. Bytes behind the end of the stream
    /// stay where they are.
    ///
    /// # Errors
    ///
    /// If the stream cannot be well-formed any more, uses what XMPP refuses, or a part is longer
    /// or deeper than the limits.
    pub fn next_part(&mut self, buffer: &mut BytesMut) -> Result<Option<Part>, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let part = self.scan(buffer);
        if let Err(error) = part {
            self.failed = Some(error);
        }
        part
    }

    /// Whether the end of the stream was reported.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.state == State::Ended && !self.end_due
    }

    fn scan(&mut self, buffer: &mut BytesMut) -> Result<Option<Part>, Error> {
        if std::mem::take(&mut self.end_due) {
            return Ok(Some(Part::End));
        }
        loop {
            if matches!(self.state, State::Prolog | State::Between)
                && self.tag_start == self.scanned
            {
                // Nothing of the next part has come: white space can go at once.
                let spaces = buffer[self.scanned..]
                    .iter()
                    .position(|&b| !is_space(b))
                    .unwrap_or(buffer.len() - self.scanned);
                if self.scanned == 0 {
                    buffer.advance(spaces);
                } else {
                    self.scanned += spaces;
                    self.tag_start = self.scanned;
                }
            }
            let Some(&byte) = buffer.get(self.scanned) else {
                return self.check_length().map(|()| None);
            };
            let part = self.on_byte(byte, buffer)?;
            self.check_length()?;
            if part.is_some() {
                return Ok(part);
            }
            if self.state == State::Ended {
                return Ok(None);
            }
        }
    }

    fn on_byte(&mut self, byte: u8, buffer: &mut BytesMut) -> Result<Option<Part>, Error> {
        let at = self.scanned;
        let rest = &buffer[at..];
        let error = |kind| Err(Error::new(kind, at));
        self.scanned += 1;
        match (self.state, byte) {
            (State::Prolog | State::Between, b'<') => {
                self.tag_start = at;
                self.state = State::Markup;
            }
            (State::Prolog | State::Between, _) => return error(ErrorKind::OutsideRoot),
            (State::Content, b'<') => {
                self.tag_start = at;
                self.state = State::Markup;
            }
            (State::Content, _) => self.skip_to(at, memchr(b'<', rest), rest),
            (State::Markup, b'/') if self.depth > 0 => self.state = State::EndTag,
            (State::Markup, b'?') if self.depth == 0 && at == 1 => {
                self.state = State::Declaration;
            }
            (State::Markup, b'?') => return error(ErrorKind::ProcessingInstruction),
            (State::Markup, b'!') => self.state = State::CDataOpen { matched: 0 },
            (State::Markup, b'/' | b'>' | b'=') => return error(ErrorKind::Syntax),
            (State::Markup, b) if is_space(b) => return error(ErrorKind::Syntax),
            (State::Markup, _) => self.state = State::StartTag { slash: false },
            (State::StartTag { .. }, b'/') => self.state = State::StartTag { slash: true },
            (State::StartTag { slash }, b'>') => return self.on_start_tag(slash, buffer),
            (State::StartTag { .. }, quote @ (b'"' | b'\'')) => {
                self.state = State::Value { quote };
            }
            (State::StartTag { .. }, b'<') => return error(ErrorKind::Syntax),
            (State::StartTag { .. }, _) => self.state = State::StartTag { slash: false },
            (State::Value { quote }, b) if b == quote => {
                self.state = State::StartTag { slash: false };
            }
            (State::Value { .. }, b'<') => return error(ErrorKind::Syntax),
            (State::Value { quote }, _) => self.skip_to(at, memchr2(quote, b'<', rest), rest),
            (State::EndTag, b'>') => return self.on_end_tag(buffer),
            (State::EndTag, b'<') => return error(ErrorKind::Syntax),
            (State::EndTag, _) => self.skip_to(at, memchr2(b'>', b'<', rest), rest),
            (State::Declaration, b'>') => {
                if !buffer[..at].ends_with(b"?") || !buffer.starts_with(b"<?xml") {
                    return error(ErrorKind::ProcessingInstruction);
                }
                self.state = State::Prolog;
                self.tag_start = self.scanned;
            }
            (State::Declaration, b'<') => return error(ErrorKind::Syntax),
            (State::Declaration, _) => self.skip_to(at, memchr2(b'>', b'<', rest), rest),
            (State::CDataOpen { matched }, b) => self.on_cdata_open(matched, b, at)?,
            (State::CData { brackets: 2 }, b'>') => self.state = State::Content,
            (State::CData { brackets }, b']') => {
                self.state = State::CData {
                    brackets: (brackets + 1).min(2),
                };
            }
            (State::CData { .. }, _) => {
                self.state = State::CData { brackets: 0 };
                self.skip_to(at, memchr(b']', rest), rest);
            }
            (State::Ended, _) => self.scanned = at,
        }
        Ok(None)
    }

    /// Goes on at the byte found, or behind everything that has come.
    fn skip_to(&mut self, at: usize, found: Option<usize>, rest: &[u8]) {
        self.scanned = at + found.unwrap_or(rest.len());
    }

    fn on_cdata_open(&mut self, matched: usize, byte: u8, at: usize) -> Result<(), Error> {
        let expected = CDATA_OPEN.get(matched);
        if expected != Some(&byte) || self.depth < 2 {
            let kind = match (matched, byte) {
                (0, b'-') => ErrorKind::Comment,
                (0, b'D') => ErrorKind::Dtd,
                (0, b'[') => ErrorKind::OutsideRoot,
                _ => ErrorKind::Syntax,
            };
            return Err(Error::new(kind, at));
        }
        self.state = if matched + 1 == CDATA_OPEN.len() {
            State::CData { brackets: 0 }
        } else {
            State::CDataOpen {
                matched: matched + 1,
            }
        };
        Ok(())
    }

    fn on_start_tag(&mut self, slash: bool, buffer: &mut BytesMut) -> Result<Option<Part>, Error> {
        if self.depth > self.limits.effective_depth() {
            return Err(Error::new(ErrorKind::Limit("depth"), self.tag_start));
        }
        match self.depth {
            0 => {
                let name = tag_name(&buffer[self.tag_start + 1..self.scanned]);
                if name.len() > self.limits.name {
                    return Err(Error::new(ErrorKind::Limit("name"), self.tag_start));
                }
                self.stream_name = name.to_vec();
                self.check_length()?;
                self.end_due = slash;
                self.depth = 1;
                let next = if slash { State::Ended } else { State::Between };
                Ok(Some(Part::Header(self.cut(buffer, next))))
            }
            1 if slash => {
                self.check_length()?;
                Ok(Some(Part::Stanza(self.cut(buffer, State::Between))))
            }
            _ => {
                self.depth += usize::from(!slash);
                self.state = State::Content;
                Ok(None)
            }
        }
    }

    fn on_end_tag(&mut self, buffer: &mut BytesMut) -> Result<Option<Part>, Error> {
        self.depth -= 1;
        match self.depth {
            0 => {
                if tag_name(&buffer[self.tag_start + 2..self.scanned]) != self.stream_name {
                    return Err(Error::new(ErrorKind::MismatchedEnd, self.tag_start));
                }
                self.cut(buffer, State::Ended);
                Ok(Some(Part::End))
            }
            1 => {
                self.check_length()?;
                Ok(Some(Part::Stanza(self.cut(buffer, State::Between))))
            }
            _ => {
                self.state = State::Content;
                Ok(None)
            }
        }
    }

    fn cut(&mut self, buffer: &mut BytesMut, next: State) -> Bytes {
        let part = buffer.split_to(self.scanned).freeze();
        self.scanned = 0;
        self.tag_start = 0;
        self.state = next;
        part
    }

    fn check_length(&self) -> Result<(), Error> {
        if self.scanned > self.limits.document {
            return Err(Error::new(
                ErrorKind::Limit("document"),
                self.limits.document,
            ));
        }
        Ok(())
    }
}

fn tag_name(tag: &[u8]) -> &[u8] {
    let end = memchr3(b'/', b'>', b' ', tag).unwrap_or(tag.len());
    let name = &tag[..end];
    &name[..name.iter().position(|&b| is_space(b)).unwrap_or(end)]
}

/// What follows `<!`.
const CDATA_OPEN: &[u8] = b"[CDATA[";
