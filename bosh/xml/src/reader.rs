//! The pull reader: quick-xml finds the tokens, everything else is decided here.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use memchr::{memchr, memmem};

use crate::chars::{
    attribute_value, find_illegal, is_ncname, is_space, push_normalized, resolve_reference,
};
use crate::error::{Error, ErrorKind};
use crate::limits::{Limits, Profile};
use crate::name::{Name, Str};
use crate::scope::{Scope, XML_NAMESPACE, XMLNS_NAMESPACE};

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
    bindings: Vec<Binding<'a>>,
    inherited: Vec<InheritedUse>,
    open: Vec<Open<'a>>,
    attributes: Vec<AttributeRef<'a>>,
    /// Attributes of one tag before their prefixes are resolved.
    unresolved: Vec<Unresolved<'a>>,
    /// A self-closing tag was reported; its end is due.
    end_due: bool,
    root_seen: bool,
    failed: Option<Error>,
}

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
            open: Vec::new(),
            attributes: Vec::new(),
            unresolved: Vec::new(),
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

    fn on_start(&mut self, token: Token) -> Result<Event<'a>, Error> {
        if self.open.is_empty() {
            if self.root_seen && self.mode != Mode::Fragment {
                return Err(Error::new(ErrorKind::OutsideRoot, token.start));
            }
            self.root_seen = true;
        }
        if self.open.len() >= self.limits.effective_depth() {
            return Err(Error::new(ErrorKind::Limit("depth"), token.start));
        }
        let self_closing = token.kind == TokenKind::Empty;
        let from = token.start + 1;
        let source = self.source;
        let tag = &source[from..token.end - if self_closing { 2 } else { 1 }];
        let name_len = tag.bytes().position(is_space).unwrap_or(tag.len());
        let (qname, rest) = tag.split_at(name_len);
        let (prefix, local) = self.split_name(qname, from)?;
        let outside = self.bindings.len();
        self.read_attributes(rest, from + name_len, outside)?;
        let ns = self
            .resolve(prefix)
            .ok_or_else(|| Error::new(ErrorKind::UndeclaredPrefix, from))?;
        self.resolve_attributes(token.start)?;
        self.open.push(Open {
            qname,
            start: token.start,
            bindings: outside,
        });
        self.end_due = self_closing;
        Ok(Event::Start(Start {
            name: Name {
                ns,
                local: Str::borrowed(local),
            },
            range: token.start..token.end,
            self_closing,
            name_end: from + name_len,
        }))
    }

    /// Reads `(S Attribute)* S?`, keeps declarations as bindings and the others unresolved.
    fn read_attributes(
        &mut self,
        tag: &'a str,
        offset: usize,
        outside: usize,
    ) -> Result<(), Error> {
        let bytes = tag.as_bytes();
        let syntax = |at: usize| Error::new(ErrorKind::Syntax, offset + at);
        self.unresolved.clear();
        let mut at = 0;
        loop {
            let name_start = skip_space(bytes, at);
            if name_start == bytes.len() {
                return Ok(());
            }
            if name_start == at {
                return Err(syntax(at));
            }
            let name_end = bytes[name_start..]
                .iter()
                .position(|&b| is_space(b) || b == b'=')
                .map_or(bytes.len(), |len| name_start + len);
            let equals = skip_space(bytes, name_end);
            if bytes.get(equals) != Some(&b'=') {
                return Err(syntax(equals));
            }
            let open = skip_space(bytes, equals + 1);
            let Some(&quote @ (b'"' | b'\'')) = bytes.get(open) else {
                return Err(syntax(open));
            };
            let value_start = open + 1;
            let Some(len) = memchr(quote, &bytes[value_start..]) else {
                return Err(syntax(open));
            };
            let raw = &tag[value_start..value_start + len];
            if let Some(bad) = memchr(b'<', raw.as_bytes()) {
                return Err(syntax(value_start + bad));
            }
            if len > self.limits.attribute_value {
                let kind = ErrorKind::Limit("attribute_value");
                return Err(Error::new(kind, offset + value_start));
            }
            let value = attribute_value(raw, offset + value_start)?;
            self.on_attribute(
                &tag[name_start..name_end],
                value,
                offset + name_start,
                outside,
            )?;
            at = value_start + len + 1;
        }
    }

    fn on_attribute(
        &mut self,
        qname: &'a str,
        value: Cow<'a, str>,
        offset: usize,
        outside: usize,
    ) -> Result<(), Error> {
        let (prefix, local) = self.split_name(qname, offset)?;
        if prefix != "xmlns" && (!prefix.is_empty() || local != "xmlns") {
            if self.unresolved.len() >= self.limits.attributes {
                return Err(Error::new(ErrorKind::Limit("attributes"), offset));
            }
            self.unresolved.push(Unresolved {
                prefix,
                local,
                value,
                offset,
            });
            return Ok(());
        }
        let bound = if prefix.is_empty() { "" } else { local };
        let legal = match (bound, &*value) {
            ("xml", ns) => ns == XML_NAMESPACE,
            ("xmlns", _) | (_, XML_NAMESPACE | XMLNS_NAMESPACE) => false,
            ("", _) => true,
            (_, ns) => !ns.is_empty(),
        };
        if !legal {
            return Err(Error::new(ErrorKind::NamespaceDeclaration, offset));
        }
        if self.bindings[outside..]
            .iter()
            .any(|binding| binding.prefix == bound)
        {
            return Err(Error::new(ErrorKind::DuplicateAttribute, offset));
        }
        if self.bindings.len() >= self.limits.namespaces {
            return Err(Error::new(ErrorKind::Limit("namespaces"), offset));
        }
        if value.len() > self.limits.namespace_name {
            return Err(Error::new(ErrorKind::Limit("namespace_name"), offset));
        }
        if self.open.is_empty() {
            for (binding, used) in self.bindings.iter().zip(&mut self.inherited) {
                used.hidden_on_root |= binding.prefix == bound;
            }
        }
        let ns = match value {
            Cow::Borrowed(ns) => Str::borrowed(ns),
            Cow::Owned(ns) => Str::from(ns),
        };
        self.bindings.push(Binding {
            prefix: Str::borrowed(bound),
            ns,
        });
        Ok(())
    }

    fn resolve_attributes(&mut self, offset: usize) -> Result<(), Error> {
        let mut unresolved = std::mem::take(&mut self.unresolved);
        let mut result = Ok(());
        for Unresolved {
            prefix,
            local,
            value,
            offset,
        } in unresolved.drain(..)
        {
            let ns = if prefix.is_empty() {
                Some(Str::default())
            } else {
                self.resolve(prefix)
            };
            let Some(ns) = ns else {
                result = Err(Error::new(ErrorKind::UndeclaredPrefix, offset));
                break;
            };
            self.attributes.push(AttributeRef {
                name: Name {
                    ns,
                    local: local.into(),
                },
                value,
            });
        }
        self.unresolved = unresolved;
        result?;
        if has_duplicate(&self.attributes) {
            return Err(Error::new(ErrorKind::DuplicateAttribute, offset));
        }
        Ok(())
    }

    fn on_end(&mut self, token: Token) -> Result<(), Error> {
        let name = self.source[token.start + 2..token.end - 1].trim_end_matches(is_space_char);
        let mismatch = Error::new(ErrorKind::MismatchedEnd, token.start);
        if self.open.last().ok_or(mismatch)?.qname != name {
            return Err(mismatch);
        }
        self.close();
        Ok(())
    }

    fn close(&mut self) {
        if let Some(open) = self.open.pop() {
            self.bindings.truncate(open.bindings);
        }
    }

    /// Joins the run of text that begins with `first`. `None` if it is white space outside the
    /// root, or empty.
    fn on_text(&mut self, first: Token, texts: Texts) -> Result<Option<Cow<'a, str>>, Error> {
        let mut text: Cow<'a, str> = Cow::Borrowed("");
        let mut token = first;
        loop {
            if token.end - first.start > self.limits.text {
                return Err(Error::new(ErrorKind::Limit("text"), token.start));
            }
            self.on_text_part(token, texts, &mut text)?;
            token = self.token()?;
            match token.kind {
                TokenKind::Text | TokenKind::Reference | TokenKind::CData => {}
                TokenKind::Comment => {
                    self.on_comment(token)?;
                    // An empty part: the run goes on behind the comment.
                    token = Token {
                        kind: TokenKind::Text,
                        start: token.end,
                        end: token.end,
                    };
                }
                TokenKind::Start
                | TokenKind::Empty
                | TokenKind::End
                | TokenKind::Instruction
                | TokenKind::Declaration
                | TokenKind::DocType
                | TokenKind::Eof => break,
            }
        }
        self.peeked = Some(token);
        let outside = self.open.is_empty() && self.mode != Mode::Fragment;
        Ok((!outside && (!text.is_empty() || texts == Texts::Skip)).then_some(text))
    }

    fn on_text_part(
        &self,
        token: Token,
        texts: Texts,
        text: &mut Cow<'a, str>,
    ) -> Result<(), Error> {
        let raw = &self.source[token.start..token.end];
        if self.open.is_empty()
            && self.mode != Mode::Fragment
            && (token.kind != TokenKind::Text || !raw.bytes().all(is_space))
        {
            return Err(Error::new(ErrorKind::OutsideRoot, token.start));
        }
        let part = if token.kind == TokenKind::Reference {
            let c = resolve_reference(&raw[1..raw.len() - 1], token.start)?;
            if texts == Texts::Build {
                text.to_mut().push(c);
            }
            return Ok(());
        } else if token.kind == TokenKind::CData {
            // `<![CDATA[` and `]]>`
            &raw[9..raw.len() - 3]
        } else if let Some(at) = memmem::find(raw.as_bytes(), b"]]>") {
            return Err(Error::new(ErrorKind::Syntax, token.start + at));
        } else {
            raw
        };
        if texts == Texts::Skip || part.is_empty() {
            return Ok(());
        }
        if text.is_empty() && memchr(b'\r', part.as_bytes()).is_none() {
            *text = Cow::Borrowed(part);
        } else {
            push_normalized(text.to_mut(), part);
        }
        Ok(())
    }

    fn on_comment(&self, token: Token) -> Result<(), Error> {
        if self.profile == Profile::Xmpp {
            return Err(Error::new(ErrorKind::Comment, token.start));
        }
        // `<!--` and `-->`; XML 1.0 §2.5 allows no `--` between them and no `-` before the end.
        let body = self.source.as_bytes().get(token.start + 4..token.end - 3);
        if body.is_none_or(|body| body.ends_with(b"-") || memmem::find(body, b"--").is_some()) {
            return Err(Error::new(ErrorKind::Syntax, token.start));
        }
        Ok(())
    }

    /// XML 1.0 §2.8 `XMLDecl`.
    fn on_declaration(&mut self, token: Token) -> Result<(), Error> {
        let allowed = matches!(
            self.mode,
            Mode::Document { declaration: true } | Mode::Header
        );
        if !allowed || token.start != 0 {
            return Err(Error::new(ErrorKind::ProcessingInstruction, token.start));
        }
        let declaration = Error::new(ErrorKind::Declaration, token.start);
        let source = self.source;
        let inside = &source[token.start + 5..token.end - 2];
        let outside = self.bindings.len();
        self.read_attributes(inside, token.start + 5, outside)?;
        if self.bindings.len() != outside {
            return Err(declaration);
        }
        let mut rest = self.unresolved.iter().peekable();
        let mut take = |name: &str| {
            rest.next_if(|attribute| attribute.prefix.is_empty() && attribute.local == name)
                .map(|attribute| &*attribute.value)
        };
        let version = take("version");
        let encoding = take("encoding");
        let standalone = take("standalone");
        if rest.next().is_some()
            || !version.is_some_and(|version| {
                version.strip_prefix("1.").is_some_and(|minor| {
                    !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit())
                })
            })
            || standalone.is_some_and(|value| !matches!(value, "yes" | "no"))
            || (self.profile == Profile::Xmpp
                && encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("utf-8")))
        {
            return Err(declaration);
        }
        self.unresolved.clear();
        Ok(())
    }

    /// Splits and checks a qualified name: (prefix, local), the prefix empty if there is none.
    fn split_name(&self, qname: &'a str, offset: usize) -> Result<(&'a str, &'a str), Error> {
        if qname.len() > self.limits.name {
            return Err(Error::new(ErrorKind::Limit("name"), offset));
        }
        let (prefix, local) = match qname.split_once(':') {
            Some((prefix, local)) if is_ncname(prefix) => (prefix, local),
            Some(_) => return Err(Error::new(ErrorKind::Name, offset)),
            None => ("", qname),
        };
        if !is_ncname(local) {
            return Err(Error::new(ErrorKind::Name, offset));
        }
        Ok((prefix, local))
    }

    fn resolve(&mut self, prefix: &str) -> Option<Str<'a>> {
        if prefix == "xml" {
            return Some(Str::borrowed(XML_NAMESPACE));
        }
        let Some(index) = self
            .bindings
            .iter()
            .rposition(|binding| binding.prefix == prefix)
        else {
            return prefix.is_empty().then(Str::default);
        };
        if let Some(used) = self.inherited.get_mut(index) {
            used.in_use = true;
        }
        Some(self.bindings[index].ns.clone())
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

fn skip_space(bytes: &[u8], at: usize) -> usize {
    bytes[at..]
        .iter()
        .position(|&b| !is_space(b))
        .map_or(bytes.len(), |len| at + len)
}

const fn is_space_char(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Compares in pairs while that is cheap, by sorting where a limit was set high.
fn has_duplicate(attributes: &[AttributeRef<'_>]) -> bool {
    if attributes.len() <= PAIRWISE {
        return attributes.iter().enumerate().any(|(index, attribute)| {
            attributes[..index]
                .iter()
                .any(|other| other.name == attribute.name)
        });
    }
    let mut names: Vec<_> = attributes
        .iter()
        .map(|attribute| (attribute.name.local(), attribute.name.ns()))
        .collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1])
}

const PAIRWISE: usize = 16;
