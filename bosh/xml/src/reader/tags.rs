//! Start and end tags: attributes, declarations, names.

use std::borrow::Cow;

use memchr::memchr;
use quick_xml::events::attributes::{AttrError, Attributes};

use super::{AttributeRef, Binding, Event, Mode, Open, Reader, Rest, Start};
use crate::chars::{
    NAME_CLASSES, attribute_value, is_ncname, is_plain, is_space, plain_name, skip_space,
};
use crate::error::{Error, ErrorKind};
use crate::name::{Name, Str};
use crate::scope::{XML_NAMESPACE, XMLNS_NAMESPACE};

/// A start tag.
pub(super) struct Tag<'a> {
    qname: &'a str,
    prefix: &'a str,
    local: &'a str,
    /// Number of the binding of the element's prefix, `None` for no namespace and for `xml`.
    binding: Option<usize>,
    pub(super) name_end: usize,
    pub(super) self_closing: bool,
    pub(super) rests_on: Rest,
}

/// A qualified name in its place; the prefix is empty if there is none.
struct QName<'a> {
    whole: &'a str,
    prefix: &'a str,
    local: &'a str,
    end: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn on_start(&mut self) -> Result<Event<'a>, Error> {
        let start = self.at;
        if self.open.is_empty() {
            if self.root_seen && self.mode != Mode::Fragment {
                return Err(Error::new(ErrorKind::OutsideRoot, start));
            }
            self.root_seen = true;
        }
        let bindings = self.bindings.len();
        let tag = self.tag(self.open.len())?;
        self.open.push(Open {
            qname: tag.qname,
            start,
            bindings,
            rests_on: tag.rests_on,
        });
        self.end_due = tag.self_closing;
        let ns = match tag.binding {
            Some(index) => self.bindings[index].ns.clone(),
            None if tag.prefix.is_empty() => Str::default(),
            None => Str::borrowed(XML_NAMESPACE),
        };
        Ok(Event::Start(Start {
            name: Name {
                ns,
                local: Str::borrowed(tag.local),
            },
            range: start..self.at,
            self_closing: tag.self_closing,
            name_end: tag.name_end,
        }))
    }

    /// Reads a start tag at that depth, keeps its attributes and what it declares.
    pub(super) fn tag(&mut self, depth: usize) -> Result<Tag<'a>, Error> {
        let start = self.at;
        if depth >= self.limits.effective_depth() {
            return Err(Error::new(ErrorKind::Limit("depth"), start));
        }
        if let Some(tag) = self.plain_tag(start)? {
            return Ok(tag);
        }
        let tag = self
            .tokens
            .start_tag(start)
            .ok_or_else(|| Error::new(ErrorKind::Syntax, start))?;
        let name = self.qname(start + 1)?;
        let outside = self.bindings.len();
        let mut rests_on = Rest::NOTHING;
        match tag.content.as_bytes().get(name.whole.len()) {
            Some(&byte) if is_space(byte) => {
                self.read_attributes(tag.content, name.whole.len(), outside)?;
                rests_on = self.resolve_attributes(start)?;
            }
            Some(_) => return Err(Error::new(ErrorKind::Name, start + 1)),
            None => {}
        }
        self.at = tag.end;
        let binding = self.find_binding(name.prefix, start + 1)?;
        if name.prefix.is_empty() || binding.is_some() {
            rests_on = rests_on.min(binding.map_or(Rest::NO_DEFAULT, Rest::on));
        }
        Ok(Tag {
            qname: name.whole,
            prefix: name.prefix,
            local: name.local,
            binding,
            name_end: name.end,
            self_closing: tag.self_closing,
            rests_on,
        })
    }

    /// The start tag that begins here, if there is nothing in it but a name without prefix and with ASCII alone.
    fn plain_tag(&mut self, start: usize) -> Result<Option<Tag<'a>>, Error> {
        let bytes = &self.source.as_bytes()[start + 1..];
        let len = plain_name(bytes);
        let (self_closing, tag_len) = match bytes[len..] {
            [b'>', ..] => (false, len + 1),
            [b'/', b'>', ..] => (true, len + 2),
            _ => return Ok(None),
        };
        if !(1..=self.limits.name).contains(&len) {
            return Ok(None);
        }
        let name_end = start + 1 + len;
        let local = &self.source[start + 1..name_end];
        self.at = start + 1 + tag_len;
        let binding = self.find_binding("", start + 1)?;
        Ok(Some(Tag {
            qname: local,
            prefix: "",
            local,
            binding,
            name_end,
            self_closing,
            rests_on: binding.map_or(Rest::NO_DEFAULT, Rest::on),
        }))
    }

    /// Reads `(S Attribute)* S?` behind the name of that length; keeps declarations as bindings and the others with their
    /// prefix where the namespace will be.
    pub(super) fn read_attributes(
        &mut self,
        content: &'a str,
        name_len: usize,
        outside: usize,
    ) -> Result<(), Error> {
        let bytes = self.source.as_bytes();
        let syntax = |at: usize| Error::new(ErrorKind::Syntax, at);
        let mut attributes = Attributes::new(content, name_len);
        // Names are compared once their namespaces are known.
        attributes.with_checks(false);
        for attribute in attributes {
            let attribute =
                attribute.map_err(|error| syntax(self.place(content) + fault(&error)))?;
            let (key, Cow::Borrowed(raw)) = (attribute.key.into_inner(), attribute.value) else {
                return Err(syntax(self.place(content)));
            };
            let at = self.place(key);
            // quick-xml asks for no white space between attributes.
            if !is_space(bytes[at - 1]) {
                return Err(syntax(at));
            }
            let name = self.qname(at)?;
            if name.whole.len() != key.len() {
                return Err(Error::new(ErrorKind::Name, at));
            }
            let start = self.place(raw);
            if raw.len() > self.limits.attribute_value {
                return Err(Error::new(ErrorKind::Limit("attribute_value"), start));
            }
            let value = if is_plain(raw.as_bytes()) {
                Cow::Borrowed(raw)
            } else if let Some(less) = memchr(b'<', raw.as_bytes()) {
                return Err(syntax(start + less));
            } else {
                attribute_value(raw, start)?
            };
            self.on_attribute(&name, value, at, outside)?;
        }
        Ok(())
    }

    /// Where a part of the source begins.
    fn place(&self, part: &str) -> usize {
        part.as_ptr().addr() - self.source.as_ptr().addr()
    }

    fn on_attribute(
        &mut self,
        &QName { prefix, local, .. }: &QName<'a>,
        value: Cow<'a, str>,
        offset: usize,
        outside: usize,
    ) -> Result<(), Error> {
        if prefix != "xmlns" && (!prefix.is_empty() || local != "xmlns") {
            if self.attributes.len() >= self.limits.attributes {
                return Err(Error::new(ErrorKind::Limit("attributes"), offset));
            }
            self.attributes.push(AttributeRef {
                name: Name {
                    ns: Str::borrowed(prefix),
                    local: Str::borrowed(local),
                },
                value,
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

    /// Puts namespaces where the prefixes of attributes are, and tells what they rest on.
    fn resolve_attributes(&mut self, offset: usize) -> Result<Rest, Error> {
        let mut rests_on = Rest::NOTHING;
        for index in 0..self.attributes.len() {
            let prefix = self.attributes[index].name.ns.clone();
            if prefix.is_empty() {
                continue;
            }
            let place = self.place(&prefix);
            self.attributes[index].name.ns = match self.find_binding(&prefix, place)? {
                Some(binding) => {
                    rests_on = rests_on.min(Rest::on(binding));
                    self.bindings[binding].ns.clone()
                }
                None => Str::borrowed(XML_NAMESPACE),
            };
        }
        if has_duplicate(&self.attributes) {
            return Err(Error::new(ErrorKind::DuplicateAttribute, offset));
        }
        Ok(rests_on)
    }

    pub(super) fn on_end(&mut self) -> Result<(), Error> {
        let Some(open) = self.open.last() else {
            return Err(Error::new(ErrorKind::MismatchedEnd, self.at));
        };
        self.at = self.end_tag(open.qname.as_bytes())?;
        self.close();
        Ok(())
    }

    /// The place behind the end tag that stands here, which must be the one of `qname`.
    pub(super) fn end_tag(&self, qname: &[u8]) -> Result<usize, Error> {
        let bytes = self.source.as_bytes();
        let end = self.at + 2 + qname.len();
        let mismatch = || Error::new(ErrorKind::MismatchedEnd, self.at);
        if bytes.get(self.at + 2..end) != Some(qname) {
            return Err(mismatch());
        }
        if bytes.get(end) == Some(&b'>') {
            return Ok(end + 1);
        }
        let close = skip_space(bytes, end);
        match bytes.get(close) {
            Some(b'>') => Ok(close + 1),
            None => Err(Error::new(ErrorKind::Syntax, self.at)),
            Some(_) => Err(mismatch()),
        }
    }

    /// Closes the innermost element; returns what it and what was in it rest on.
    pub(super) fn close(&mut self) -> Rest {
        let Some(open) = self.open.pop() else {
            return Rest::NOTHING;
        };
        self.bindings.truncate(open.bindings);
        if let Some(parent) = self.open.last_mut() {
            parent.rests_on = parent.rests_on.min(open.rests_on);
        }
        open.rests_on
    }

    /// Reads and checks the qualified name that begins at `from`; what may follow it is the caller's to check.
    fn qname(&self, from: usize) -> Result<QName<'a>, Error> {
        let bytes = &self.source.as_bytes()[from..];
        let mut len = plain_name(bytes);
        let is_plain = len > 0
            && bytes
                .get(len)
                .is_none_or(|&byte| NAME_CLASSES[usize::from(byte)] == 0);
        if !is_plain {
            let inside = |&byte: &u8| NAME_CLASSES[usize::from(byte)] != 0;
            len = bytes
                .iter()
                .position(|byte| !inside(byte))
                .unwrap_or(bytes.len());
        }
        let end = from + len;
        let whole = &self.source[from..end];
        if len > self.limits.name {
            return Err(Error::new(ErrorKind::Limit("name"), from));
        }
        let (prefix, local) = if is_plain {
            ("", whole)
        } else {
            let (prefix, local) = match whole.split_once(':') {
                Some((prefix, local)) if is_ncname(prefix) => (prefix, local),
                Some(_) => return Err(Error::new(ErrorKind::Name, from)),
                None => ("", whole),
            };
            if !is_ncname(local) {
                return Err(Error::new(ErrorKind::Name, from));
            }
            (prefix, local)
        };
        Ok(QName {
            whole,
            prefix,
            local,
            end,
        })
    }

    /// The binding that a prefix stands for; `None` for `xml`, and for no prefix where there is no default namespace.
    pub(super) fn find_binding(
        &mut self,
        prefix: &str,
        offset: usize,
    ) -> Result<Option<usize>, Error> {
        if prefix == "xml" {
            return Ok(None);
        }
        let found = self
            .bindings
            .iter()
            .rposition(|binding| binding.prefix == prefix);
        if let Some(index) = found {
            if let Some(used) = self.inherited.get_mut(index) {
                used.in_use = true;
            }
        } else if !prefix.is_empty() {
            return Err(Error::new(ErrorKind::UndeclaredPrefix, offset));
        }
        Ok(found)
    }
}

/// Where quick-xml found the fault, from where the tag's content begins.
const fn fault(error: &AttrError) -> usize {
    match *error {
        AttrError::ExpectedEq(at)
        | AttrError::ExpectedValue(at)
        | AttrError::UnquotedValue(at)
        | AttrError::ExpectedQuote(at, _)
        | AttrError::Duplicated(at, _) => at,
    }
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
