//! The pull reader: quick-xml finds the tokens, everything else is decided here.

mod content;
mod tags;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use smallvec::SmallVec;

use crate::chars::find_illegal;
use crate::error::{Error, ErrorKind};
use crate::limits::{Limits, Profile};
use crate::name::{Name, Str};
use crate::scope::Scope;

/// What a [`Reader`] found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event<'a> {
    /// A start tag. Its attributes are at the reader until the next call.
    Start(Start<'a>),
    /// A run of text: references resolved, CDATA sections joined, line ends made LF.
    Text(Cow<'a, str>),
    /// The end of the element that was opened last; also follows a self-closing tag.
    End,
}

/// A start tag.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Start<'a> {
    /// Expanded name of the element.
    pub name: Name<'a>,
    /// The bytes of the tag, from `<` to `>`, in the input.
    pub range: Range<usize>,
    /// Whether the tag ends in `/>`.
    pub self_closing: bool,
    /// Where the qualified name ends, so that an attribute can be put there.
    pub(crate) name_end: usize,
}

/// An attribute of the start tag read last.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AttributeRef<'a> {
    /// Expanded name; without a prefix there is no namespace.
    pub name: Name<'a>,
    /// The value, references resolved and white space normalized.
    pub value: Cow<'a, str>,
}

/// Reads a complete document, fragment or stream header, one event at a time.
///
/// After an error every further call returns the same error.
pub struct Reader<'a> {
    source: &'a str,
    tokens: quick_xml::Reader<&'a [u8]>,
    peeked: Option<Token>,
    profile: Profile,
    limits: Limits,
    mode: Mode,
    /// Inherited bindings first, then those of the open elements.
    bindings: SmallVec<[Binding<'a>; BINDINGS]>,
    inherited: Vec<InheritedUse>,
    open: SmallVec<[Open<'a>; DEPTH]>,
    attributes: SmallVec<[AttributeRef<'a>; ATTRIBUTES]>,
    /// Attributes of one tag before their prefixes are resolved.
    unresolved: SmallVec<[Unresolved<'a>; ATTRIBUTES]>,
    /// A self-closing tag was reported; its end is due.
    end_due: bool,
    root_seen: bool,
    failed: Option<Error>,
}

// What a reader has room for before it asks the allocator: a stanza, a BOSH wrapper.
const BINDINGS: usize = 6;
const DEPTH: usize = 8;
const ATTRIBUTES: usize = 6;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mode {
    /// One root element, white space around it.
    Document { declaration: bool },
    /// Any number of elements and text.
    Fragment,
    /// One start tag, perhaps never closed.
    Header,
}

struct Binding<'a> {
    prefix: Str<'a>,
    ns: Str<'a>,
}

/// How a document made use of one inherited binding.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct InheritedUse {
    pub(crate) in_use: bool,
    /// The root element itself binds the prefix anew.
    pub(crate) hidden_on_root: bool,
}

struct Open<'a> {
    qname: &'a str,
    start: usize,
    /// How many bindings were in force outside.
    bindings: usize,
}

struct Unresolved<'a> {
    prefix: &'a str,
    local: &'a str,
    value: Cow<'a, str>,
    offset: usize,
}

#[derive(Clone, Copy)]
struct Token {
    kind: TokenKind,
    start: usize,
    end: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum TokenKind {
    Start,
    Empty,
    End,
    Text,
    Reference,
    CData,
    Comment,
    Instruction,
    Declaration,
    DocType,
    Eof,
}

impl<'a> Reader<'a> {
    /// Reads one document: an optional XML declaration, one root element, white space around it.
    ///
    /// # Errors
    ///
    /// If the input is too long, not UTF-8, or holds a character that XML forbids.
    pub fn document(input: &'a [u8], profile: Profile, limits: &Limits) -> Result<Self, Error> {
        Self::new(
            input,
            profile,
            limits,
            Mode::Document { declaration: true },
            None,
        )
    }

    /// Reads one element that was cut out of a document in which `scope` was in force.
    ///
    /// # Errors
    ///
    /// As for [`Reader::document`].
    pub fn document_in(
        input: &'a [u8],
        profile: Profile,
        limits: &Limits,
        scope: &Scope,
    ) -> Result<Self, Error> {
        Self::new(
            input,
            profile,
            limits,
            Mode::Document { declaration: false },
            Some(scope),
        )
    }

    /// Reads the content of an element: any number of elements and text, with `scope` in force.
    ///
    /// # Errors
    ///
    /// As for [`Reader::document`].
    pub fn fragment(
        input: &'a [u8],
        profile: Profile,
        limits: &Limits,
        scope: &Scope,
    ) -> Result<Self, Error> {
        Self::new(input, profile, limits, Mode::Fragment, Some(scope))
    }

    /// Reads the opening of a stream: an optional XML declaration and one start tag, after which
    /// the input may end. [`Reader::scope`] then has what the stanzas inherit.
    ///
    /// # Errors
    ///
    /// As for [`Reader::document`].
    pub fn header(input: &'a [u8], profile: Profile, limits: &Limits) -> Result<Self, Error> {
        Self::new(input, profile, limits, Mode::Header, None)
    }

    fn new(
        input: &'a [u8],
        profile: Profile,
        limits: &Limits,
        mode: Mode,
        scope: Option<&Scope>,
    ) -> Result<Self, Error> {
        if input.len() > limits.document {
            return Err(Error::new(ErrorKind::Limit("document"), limits.document));
        }
        let source = std::str::from_utf8(input)
            .map_err(|error| Error::new(ErrorKind::NotUtf8, error.valid_up_to()))?;
        if source.starts_with('\u{feff}') {
            return Err(Error::new(ErrorKind::ByteOrderMark, 0));
        }
        if let Some(at) = find_illegal(source) {
            return Err(Error::new(ErrorKind::Character, at));
        }
        let mut tokens = quick_xml::Reader::from_reader(source.as_bytes());
        let config = tokens.config_mut();
        // End tags are matched here, by their place in the source.
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        let scope = scope.map_or(&[][..], Scope::bindings);
        if scope.len() > limits.namespaces {
            return Err(Error::new(ErrorKind::Limit("namespaces"), 0));
        }
        let bindings = scope
            .iter()
            .map(|(prefix, ns)| Binding {
                prefix: prefix.clone(),
                ns: ns.clone(),
            })
            .collect();
        Ok(Self {
            source,
            tokens,
            peeked: None,
            profile,
            limits: *limits,
            mode,
            bindings,
            inherited: vec![InheritedUse::default(); scope.len()],
            open: SmallVec::new(),
            attributes: SmallVec::new(),
            unresolved: SmallVec::new(),
            end_due: false,
            root_seen: false,
            failed: None,
        })
    }

    /// The next event, or `None` at the end of the input.
    ///
    /// # Errors
    ///
    /// If the document is not well-formed, uses what the profile refuses, or passes a limit.
    pub fn next_event(&mut self) -> Result<Option<Event<'a>>, Error> {
        self.step(Texts::Build)
    }

    /// Skips to the end of the element whose start tag (or whose last child) was read last and
    /// returns the bytes of the whole element. What is skipped is checked as if it were read.
    ///
    /// # Errors
    ///
    /// As for [`Reader::next_event`]; [`ErrorKind::UnexpectedEnd`] if no element is open.
    pub fn skip_element(&mut self) -> Result<Range<usize>, Error> {
        let Some(open) = self.open.last() else {
            return Err(Error::new(ErrorKind::UnexpectedEnd, self.position()));
        };
        let (start, depth) = (open.start, self.open.len());
        while self.open.len() >= depth {
            if self.step(Texts::Skip)?.is_none() {
                return Err(Error::new(ErrorKind::UnexpectedEnd, self.position()));
            }
        }
        Ok(start..self.position())
    }

    /// The attributes of the start tag read last, in document order, without namespace
    /// declarations. Empty after any other event.
    #[must_use]
    pub fn attributes(&self) -> &[AttributeRef<'a>] {
        &self.attributes
    }

    /// The value of an attribute of the start tag read last; `ns` is `""` for one without prefix.
    #[must_use]
    pub fn attribute(&self, ns: &str, local: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name.is(ns, local))
            .map(|attribute| &*attribute.value)
    }

    /// The bindings in force inside the element that is open now.
    #[must_use]
    pub fn scope(&self) -> Scope {
        let mut bindings: Vec<(Str<'static>, Str<'static>)> = Vec::new();
        for (index, binding) in self.bindings.iter().enumerate() {
            let later = &self.bindings[index + 1..];
            let hidden = later.iter().any(|other| other.prefix == binding.prefix);
            if !hidden && !binding.ns.is_empty() {
                bindings.push((binding.prefix.to_shared(), binding.ns.to_shared()));
            }
        }
        Scope::from_bindings(bindings)
    }

    /// How many elements are open.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// The place in the input behind the event read last, in bytes.
    #[must_use]
    pub fn position(&self) -> usize {
        self.peeked
            .map_or_else(|| self.token_position(), |token| token.start)
    }

    pub(crate) fn inherited_use(&self) -> impl Iterator<Item = InheritedUse> {
        self.inherited.iter().copied()
    }

    fn step(&mut self, texts: Texts) -> Result<Option<Event<'a>>, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let result = self.advance(texts);
        if let Err(error) = &result {
            self.failed = Some(*error);
            self.attributes.clear();
        }
        result
    }

    fn advance(&mut self, texts: Texts) -> Result<Option<Event<'a>>, Error> {
        self.attributes.clear();
        if self.end_due {
            self.end_due = false;
            self.close();
            return Ok(Some(Event::End));
        }
        loop {
            let token = self.token()?;
            let refuse = |kind| Err(Error::new(kind, token.start));
            match token.kind {
                TokenKind::Start | TokenKind::Empty => return self.on_start(token).map(Some),
                TokenKind::End => {
                    self.on_end(token)?;
                    return Ok(Some(Event::End));
                }
                TokenKind::Text | TokenKind::Reference | TokenKind::CData => {
                    if let Some(text) = self.on_text(token, texts)? {
                        return Ok(Some(Event::Text(text)));
                    }
                }
                TokenKind::Comment => self.on_comment(token)?,
                TokenKind::Declaration => self.on_declaration(token)?,
                TokenKind::Instruction => return refuse(ErrorKind::ProcessingInstruction),
                TokenKind::DocType => return refuse(ErrorKind::Dtd),
                TokenKind::Eof => {
                    let complete = match self.mode {
                        Mode::Document { .. } => self.root_seen && self.open.is_empty(),
                        Mode::Fragment => self.open.is_empty(),
                        Mode::Header => self.root_seen && self.open.len() <= 1,
                    };
                    return if complete {
                        Ok(None)
                    } else {
                        refuse(ErrorKind::UnexpectedEnd)
                    };
                }
            }
        }
    }

    fn token(&mut self) -> Result<Token, Error> {
        use quick_xml::events::Event as Raw;

        if let Some(token) = self.peeked.take() {
            return Ok(token);
        }
        let start = self.token_position();
        let kind = match self.tokens.read_event() {
            Ok(Raw::Start(_)) => TokenKind::Start,
            Ok(Raw::Empty(_)) => TokenKind::Empty,
            Ok(Raw::End(_)) => TokenKind::End,
            Ok(Raw::Text(_)) => TokenKind::Text,
            Ok(Raw::GeneralRef(_)) => TokenKind::Reference,
            Ok(Raw::CData(_)) => TokenKind::CData,
            Ok(Raw::Comment(_)) => TokenKind::Comment,
            Ok(Raw::PI(_)) => TokenKind::Instruction,
            Ok(Raw::Decl(_)) => TokenKind::Declaration,
            Ok(Raw::DocType(_)) => TokenKind::DocType,
            Ok(Raw::Eof) => TokenKind::Eof,
            // A DTD or comment that is not closed is still told by its beginning.
            Err(_) => return Err(Error::new(ErrorKind::Syntax, start)),
        };
        Ok(Token {
            kind,
            start,
            end: self.token_position(),
        })
    }

    fn token_position(&self) -> usize {
        // The source is a slice, so the count fits.
        usize::try_from(self.tokens.buffer_position()).unwrap_or(self.source.len())
    }
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("position", &self.position())
            .field("depth", &self.depth())
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

/// Whether text is handed out or only checked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Texts {
    Build,
    Skip,
}
