//! Pull reading of what is inside an envelope.

use core::fmt;
use std::borrow::Cow;

use crate::{
    DecodeError, DecodeErrorKind, ns,
    tree::{self, Arena},
    xml::{AttributeRef, Element, ErrorKind, Event, Leaf, Name, Reader, Scope, Start},
};

/// A place inside a message: the element whose start tag was read last is open.
///
/// Each of [`Decoder::child`], [`Decoder::text`], [`Decoder::element`] and [`Decoder::skip`]
/// leaves the decoder in a state where the next call makes sense: `child` opens an element, and
/// one of the others reads it to its end, as does `child` itself when it returns `None`.
pub struct Decoder<'a> {
    reader: Reader<'a>,
    /// The start tag read last, while nothing behind it has been read.
    start: Option<Start<'a>>,
    /// The element that is open, when it was read to its end at once.
    leaf: Option<Leaf<'a>>,
    /// Elements that may still come.
    elements_left: usize,
    max_elements: usize,
}

/// Where it is; no text, which may be secret.
impl fmt::Debug for Decoder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("reader", &self.reader)
            .field("elements_left", &self.elements_left)
            .finish_non_exhaustive()
    }
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(reader: Reader<'a>, max_elements: usize) -> Self {
        Self {
            reader,
            start: None,
            leaf: None,
            elements_left: max_elements,
            max_elements,
        }
    }

    /// A decoder at a start tag that was read already, without a limit on elements.
    pub(crate) fn opened(reader: Reader<'a>, start: Start<'a>) -> Self {
        Self {
            start: Some(start),
            ..Self::new(reader, usize::MAX)
        }
    }

    /// Opens the next child of the open element, or reads the end of the open element and returns
    /// `None`. Text between children is skipped.
    ///
    /// # Errors
    ///
    /// When the XML is not well-formed or passes a limit.
    pub fn child(&mut self) -> Result<Option<Name<'a>>, DecodeError> {
        if self.leaf.take().is_some() {
            return Ok(None);
        }
        loop {
            if let Some(leaf) = self.next_leaf()? {
                let name = leaf.name.clone();
                self.start = None;
                self.leaf = Some(leaf);
                return Ok(Some(name));
            }
            match self.reader.next_event()? {
                Some(Event::Start(start)) => {
                    self.count()?;
                    let name = start.name.clone();
                    self.start = Some(start);
                    return Ok(Some(name));
                }
                Some(Event::Text(_)) => {}
                Some(Event::End) | None => return Ok(None),
            }
        }
    }

    /// Reads the text of the open element and its end. Children are skipped.
    ///
    /// # Errors
    ///
    /// When the XML is not well-formed or passes a limit.
    pub fn text(&mut self) -> Result<Cow<'a, str>, DecodeError> {
        if let Some(leaf) = self.leaf.take() {
            return Ok(leaf.text);
        }
        let mut text = Cow::Borrowed("");
        loop {
            match self.reader.next_event()? {
                Some(Event::Start(_)) => {
                    self.count()?;
                    self.reader.skip_element()?;
                }
                Some(Event::Text(more)) if text.is_empty() => text = more,
                Some(Event::Text(more)) => text.to_mut().push_str(&more),
                Some(Event::End) | None => return Ok(text),
            }
        }
    }

    /// Reads the open element whole, as a tree.
    ///
    /// # Errors
    ///
    /// When the XML is not well-formed or passes a limit.
    pub fn element(&mut self) -> Result<Element, DecodeError> {
        if let Some(leaf) = self.leaf.take() {
            return Ok(leaf.to_element());
        }
        let start = self.take_start()?;
        Ok(Element::read(&start, &mut self.reader)?)
    }

    /// As [`Decoder::element`], with places in `source` instead of copies. `source` is what this
    /// decoder reads.
    pub(crate) fn arena(&mut self, source: &str) -> Result<Arena, DecodeError> {
        tree::read(source, self)
    }

    /// The start tag that was read last.
    pub(crate) fn take_start(&mut self) -> Result<Start<'a>, DecodeError> {
        // The caller may have opened nothing, or read inside what it opened.
        let start = self.start.take();
        start.ok_or_else(|| self.error(DecodeErrorKind::NothingOpen))
    }

    /// The open element, if it was read to its end.
    pub(crate) fn take_leaf(&mut self) -> Option<Leaf<'a>> {
        self.leaf.take()
    }

    /// An element that holds text alone, read to its end, if it is what comes next; counted.
    #[inline]
    pub(crate) fn next_leaf(&mut self) -> Result<Option<Leaf<'a>>, DecodeError> {
        let leaf = self.reader.next_leaf();
        if leaf.is_some() {
            self.count()?;
        }
        Ok(leaf)
    }

    /// The next event, its elements counted.
    #[inline]
    pub(crate) fn next_event(&mut self) -> Result<Option<Event<'a>>, DecodeError> {
        let event = self.reader.next_event()?;
        if let Some(Event::Start(_)) = event {
            self.count()?;
        }
        Ok(event)
    }

    /// Attributes of the start tag read last.
    pub(crate) fn attributes(&self) -> &[AttributeRef<'a>] {
        self.reader.attributes()
    }

    /// Reads the text of the open element, a QName, and resolves it as [`Decoder::resolve`] does.
    ///
    /// # Errors
    ///
    /// When the prefix is not bound, or the XML is not well-formed or passes a limit.
    pub fn qname(&mut self, field: &'static str) -> Result<Name<'static>, DecodeError> {
        let scope = self.reader.scope();
        let text = self.text()?;
        resolve(&scope, &text).ok_or_else(|| self.invalid(field, "a name with a bound prefix"))
    }

    /// The name that a QName in content means by the bindings in force here, as for the value of
    /// `xsi:type`; `None` when its prefix is not bound. Without a prefix it is in the default
    /// namespace. XML Schema part 2 §3.2.18.
    pub fn resolve(&self, qname: &str) -> Option<Name<'static>> {
        resolve(&self.reader.scope(), qname)
    }

    /// Skips the open element.
    ///
    /// # Errors
    ///
    /// When the XML is not well-formed or passes a limit.
    pub fn skip(&mut self) -> Result<(), DecodeError> {
        if self.leaf.take().is_none() {
            self.reader.skip_element()?;
        }
        Ok(())
    }

    /// An attribute of the element that was opened last; only right behind [`Decoder::child`].
    /// `namespace` is empty for an attribute without prefix.
    pub fn attribute(&self, namespace: &str, local: &str) -> Option<&str> {
        self.reader.attribute(namespace, local)
    }

    /// Whether the element that was opened last says `xsi:nil`; only right behind
    /// [`Decoder::child`].
    ///
    /// # Errors
    ///
    /// When the attribute is no boolean.
    pub fn is_nil(&self) -> Result<bool, DecodeError> {
        match self.attribute(ns::XSI, "nil").map(str::trim) {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(_) => Err(self.invalid("xsi:nil", "a boolean")),
        }
    }

    /// How far the message has been read, in bytes.
    pub fn offset(&self) -> usize {
        match &self.leaf {
            Some(leaf) => leaf.inside,
            None => self.reader.position(),
        }
    }

    /// An error at this place: a value that is not what it should be.
    pub fn invalid(&self, field: &'static str, expected: &'static str) -> DecodeError {
        self.error(DecodeErrorKind::Value { field, expected })
    }

    /// An error at this place: an element that should be there.
    pub fn missing(&self, field: &'static str) -> DecodeError {
        self.error(DecodeErrorKind::Missing(field))
    }

    /// An error at this place.
    pub(crate) fn error(&self, kind: DecodeErrorKind) -> DecodeError {
        DecodeError::new(kind, self.offset())
    }

    /// An error: more text than places in it can be told.
    pub(crate) fn too_long(&self) -> DecodeError {
        self.error(DecodeErrorKind::Xml(ErrorKind::Limit("document")))
    }

    pub(crate) fn depth(&self) -> usize {
        self.reader.depth() + usize::from(self.leaf.is_some())
    }

    /// Reads to the end of the message, so that what is wrong behind the envelope is seen.
    pub(crate) fn finish(&mut self) -> Result<(), DecodeError> {
        while self.reader.next_event()?.is_some() {}
        Ok(())
    }

    fn count(&mut self) -> Result<(), DecodeError> {
        match self.elements_left.checked_sub(1) {
            Some(left) => {
                self.elements_left = left;
                Ok(())
            }
            None => Err(self.error(DecodeErrorKind::TooManyElements(self.max_elements))),
        }
    }
}

fn resolve(scope: &Scope, qname: &str) -> Option<Name<'static>> {
    let qname = qname.trim();
    let (prefix, local) = qname.split_once(':').unwrap_or(("", qname));
    if local.is_empty() {
        return None;
    }
    let namespace = match scope.namespace(prefix) {
        Some(namespace) => namespace,
        None if prefix.is_empty() => "",
        None => return None,
    };
    Some(Name::new(namespace.to_owned(), local.to_owned()))
}
