//! The pull reader: quick-xml takes apart what is not plain, all else is found and decided here.

mod content;
mod leaf;
mod skip;
mod tags;
mod tokens;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use memchr::memchr;
use smallvec::SmallVec;

use crate::chars::{CDATA_OPEN, survey};
use crate::error::{Error, ErrorKind};
use crate::limits::{Limits, Profile};
use crate::name::{Name, Str};
use crate::scope::Scope;

use tokens::Tokens;

pub use leaf::Leaf;
pub use skip::Skipped;

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
    tokens: Tokens<'a>,
    /// Behind what was read last.
    at: usize,
    /// There is a carriage return somewhere, so that texts are looked at for them.
    has_returns: bool,
    /// A reader has accepted the input before.
    is_accepted: bool,
    profile: Profile,
    limits: Limits,
    mode: Mode,
    /// Inherited bindings first, then those of the open elements.
    bindings: SmallVec<[Binding<'a>; BINDINGS]>,
    inherited: SmallVec<[InheritedUse; BINDINGS]>,
    open: SmallVec<[Open<'a>; DEPTH]>,
    attributes: SmallVec<[AttributeRef<'a>; ATTRIBUTES]>,
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
    /// The outermost binding that the element and what is in it rest on.
    rests_on: Rest,
}

/// What a name rests on: a higher value is a binding further inside.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Rest(usize);

impl Rest {
    /// That no default namespace is declared.
    const NO_DEFAULT: Self = Self(0);
    /// Nothing that a declaration could change.
    const NOTHING: Self = Self(usize::MAX);

    /// The binding of this number.
    const fn on(binding: usize) -> Self {
        Self(binding + 1)
    }
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

    /// Reads again one document that [`Reader::document`] has read to its end before, under the same profile and any
    /// limits. Less is checked: characters are taken for legal, and the end of an element that is skipped is only looked
    /// for. With other input nothing worse comes of it than an answer that makes no sense.
    ///
    /// # Errors
    ///
    /// If the input is not UTF-8.
    pub fn accepted(input: &'a [u8], profile: Profile) -> Result<Self, Error> {
        let source = std::str::from_utf8(input)
            .map_err(|error| Error::new(ErrorKind::NotUtf8, error.valid_up_to()))?;
        let mode = Mode::Document { declaration: true };
        let mut reader = Self::over(source, profile, &Limits::MAX, mode, &[]);
        reader.is_accepted = true;
        reader.has_returns = memchr(b'\r', input).is_some();
        Ok(reader)
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
        let survey = survey(source);
        if let Some(at) = survey.illegal {
            return Err(Error::new(ErrorKind::Character, at));
        }
        let scope = scope.map_or(&[][..], Scope::bindings);
        if scope.len() > limits.namespaces {
            return Err(Error::new(ErrorKind::Limit("namespaces"), 0));
        }
        let mut reader = Self::over(source, profile, limits, mode, scope);
        reader.has_returns = survey.returns;
        Ok(reader)
    }

    fn over(
        source: &'a str,
        profile: Profile,
        limits: &Limits,
        mode: Mode,
        scope: &[(Str<'static>, Str<'static>)],
    ) -> Self {
        let bindings = scope
            .iter()
            .map(|(prefix, ns)| Binding {
                prefix: prefix.clone(),
                ns: ns.clone(),
            })
            .collect();
        Self {
            source,
            tokens: Tokens::over(source),
            at: 0,
            has_returns: false,
            is_accepted: false,
            profile,
            limits: *limits,
            mode,
            bindings,
            inherited: SmallVec::from_elem(InheritedUse::default(), scope.len()),
            open: SmallVec::new(),
            attributes: SmallVec::new(),
            end_due: false,
            root_seen: false,
            failed: None,
        }
    }

    /// The next event, or `None` at the end of the input.
    ///
    /// # Errors
    ///
    /// If the document is not well-formed, uses what the profile refuses, or passes a limit.
    pub fn next_event(&mut self) -> Result<Option<Event<'a>>, Error> {
        self.step(Self::advance)
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
        self.at
    }

    pub(crate) fn inherited_use(&self) -> impl Iterator<Item = InheritedUse> {
        self.inherited.iter().copied()
    }

    /// Does a step, unless one has failed before.
    fn step<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.attributes.clear();
        let result = step(self);
        if let Err(error) = &result {
            self.failed = Some(*error);
            self.attributes.clear();
        }
        result
    }

    fn advance(&mut self) -> Result<Option<Event<'a>>, Error> {
        if self.end_due {
            self.end_due = false;
            self.close();
            return Ok(Some(Event::End));
        }
        loop {
            match self.markup() {
                Markup::Start => return self.on_start().map(Some),
                Markup::End => {
                    self.on_end()?;
                    return Ok(Some(Event::End));
                }
                Markup::Text => {
                    if let Some(text) = self.on_text(Texts::Build)? {
                        return Ok(Some(Event::Text(text)));
                    }
                }
                Markup::Comment => self.on_comment()?,
                Markup::Question => self.on_question()?,
                Markup::Declaration => return Err(self.on_declaration()),
                Markup::Nothing => return self.on_nothing().map(|()| None),
            }
        }
    }

    /// What comes next, by its first bytes.
    fn markup(&self) -> Markup {
        match &self.source.as_bytes()[self.at..] {
            [] => Markup::Nothing,
            [b'<', b'/', ..] => Markup::End,
            [b'<', b'?', ..] => Markup::Question,
            [b'<', b'!', b'-', b'-', ..] => Markup::Comment,
            rest @ [b'<', b'!', ..] if rest.starts_with(CDATA_OPEN) => Markup::Text,
            [b'<', b'!', ..] => Markup::Declaration,
            [b'<', ..] => Markup::Start,
            _ => Markup::Text,
        }
    }

    /// The input may end here, or not.
    fn on_nothing(&self) -> Result<(), Error> {
        let complete = match self.mode {
            Mode::Document { .. } => self.root_seen && self.open.is_empty(),
            Mode::Fragment => self.open.is_empty(),
            Mode::Header => self.root_seen && self.open.len() <= 1,
        };
        if complete {
            return Ok(());
        }
        Err(Error::new(ErrorKind::UnexpectedEnd, self.at))
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

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Markup {
    Start,
    End,
    /// Characters, a reference or a CDATA section.
    Text,
    Comment,
    /// A processing instruction, or the XML declaration.
    Question,
    /// A declaration of a DTD, or something that only looks like one.
    Declaration,
    Nothing,
}

/// Whether text is handed out or only checked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Texts {
    Build,
    Skip,
}
