//! Tokens: quick-xml says what stands at a place and where it ends, characters and the plainest tags apart.

use quick_xml::events::Event as Raw;
use quick_xml::parser::{ElementParser, Parser};

use crate::chars::CDATA_OPEN;

/// quick-xml over the whole input. It has no place of its own: each token is asked for where it begins.
pub(super) struct Tokens<'a> {
    source: &'a str,
    /// Before a token; made when one is asked for first, which most documents never do.
    reader: Option<quick_xml::Reader<&'a [u8]>>,
}

/// What stands between tags, characters apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Token<'a> {
    /// What is in a CDATA section.
    CData(&'a str),
    Comment,
    /// The XML declaration, between `<?` and `?>`.
    Declaration(&'a str),
}

/// A start tag, not looked into.
pub(super) struct StartTag<'a> {
    /// Name and attributes.
    pub(super) content: &'a str,
    pub(super) self_closing: bool,
    pub(super) end: usize,
}

impl<'a> Tokens<'a> {
    pub(super) const fn over(source: &'a str) -> Self {
        Self {
            source,
            reader: None,
        }
    }

    /// The start tag that begins here; `None` if it has no end.
    ///
    /// Start tags are left to the parser that quick-xml's reader has for them, since the reader itself copies the name of
    /// every element that is open.
    pub(super) fn start_tag(&self, at: usize) -> Option<StartTag<'a>> {
        let len = ElementParser::default().feed(&self.source.as_bytes()[at..])?;
        let end = at + len + 1;
        let inside = &self.source[at + 1..end - 1];
        let content = inside.strip_suffix('/');
        Some(StartTag {
            content: content.unwrap_or(inside),
            self_closing: content.is_some(),
            end,
        })
    }

    /// The token that begins here, and its end. `None` if it is not well-formed, or neither of these.
    pub(super) fn token(&mut self, at: usize) -> Option<(Token<'a>, usize)> {
        let reader = self.reader.get_or_insert_with(reader);
        *reader.get_mut() = &self.source.as_bytes()[at..];
        let event = reader.read_event().ok()?;
        let end = self.source.len() - reader.get_ref().len();
        let token = match event {
            Raw::CData(_) => Token::CData(&self.source[at + CDATA_OPEN.len()..end - 3]),
            Raw::Comment(_) => Token::Comment,
            Raw::Decl(_) => Token::Declaration(&self.source[at + 2..end - 2]),
            Raw::Text(_)
            | Raw::Start(_)
            | Raw::Empty(_)
            | Raw::End(_)
            | Raw::GeneralRef(_)
            | Raw::PI(_)
            | Raw::DocType(_)
            | Raw::Eof => return None,
        };
        Some((token, end))
    }
}

fn reader<'a>() -> quick_xml::Reader<&'a [u8]> {
    // With one token behind it, so that what looks like a byte order mark is text like any other.
    let mut reader = quick_xml::Reader::from_reader(&b"<a>"[..]);
    reader.config_mut().check_comments = true;
    let _ = reader.read_event();
    reader
}
