//! Start and end tags: attributes, declarations, names.

use std::borrow::Cow;

use memchr::memchr;

use super::{
    AttributeRef, Binding, Event, Mode, Open, Reader, Start, Token, TokenKind, Unresolved,
};
use crate::chars::{attribute_value, is_ncname, is_space};
use crate::error::{Error, ErrorKind};
use crate::name::{Name, Str};
use crate::scope::{XML_NAMESPACE, XMLNS_NAMESPACE};

impl<'a> Reader<'a> {
    pub(super) fn on_start(&mut self, token: Token) -> Result<Event<'a>, Error> {
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
    pub(super) fn read_attributes(
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
        for index in 0..self.unresolved.len() {
            let Unresolved {
                prefix,
                local,
                offset,
                ..
            } = self.unresolved[index];
            let ns = if prefix.is_empty() {
                Some(Str::default())
            } else {
                self.resolve(prefix)
            };
            let Some(ns) = ns else {
                return Err(Error::new(ErrorKind::UndeclaredPrefix, offset));
            };
            let value = std::mem::take(&mut self.unresolved[index].value);
            self.attributes.push(AttributeRef {
                name: Name {
                    ns,
                    local: local.into(),
                },
                value,
            });
        }
        self.unresolved.clear();
        if has_duplicate(&self.attributes) {
            return Err(Error::new(ErrorKind::DuplicateAttribute, offset));
        }
        Ok(())
    }

    pub(super) fn on_end(&mut self, token: Token) -> Result<(), Error> {
        let name = self.source[token.start + 2..token.end - 1].trim_end_matches(is_space_char);
        let mismatch = Error::new(ErrorKind::MismatchedEnd, token.start);
        if self.open.last().ok_or(mismatch)?.qname != name {
            return Err(mismatch);
        }
        self.close();
        Ok(())
    }

    pub(super) fn close(&mut self) {
        if let Some(open) = self.open.pop() {
            self.bindings.truncate(open.bindings);
        }
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
