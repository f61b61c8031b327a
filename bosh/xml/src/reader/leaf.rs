//! Elements that hold nothing but text, read in one step: most of what lists and tables are made of.
//!
//! What is not plain is left to be read event by event. `tests/leaf.rs` reads the same documents with and without.

use std::borrow::Cow;

use memchr::memchr;

use super::{Mode, Reader, Rest};
use crate::chars::{characters, plain_name, reference};
use crate::element::Element;
use crate::name::{Name, Str};

/// An element without attributes and declarations that holds text alone.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Leaf<'a> {
    /// Expanded name of the element.
    pub name: Name<'a>,
    /// What it holds, as [`Event::Text`](super::Event::Text) has it; may be empty.
    pub text: Cow<'a, str>,
    /// The place in the input behind its start tag, in bytes.
    pub inside: usize,
}

impl<'a> Reader<'a> {
    /// Reads the element that begins here to its end, if it has no attributes and holds text alone. `None` when anything else
    /// comes next, be it wrong or only unusual: nothing has been read then, and [`Reader::next_event`] tells what it is.
    pub fn next_leaf(&mut self) -> Option<Leaf<'a>> {
        let is_outside = self.open.is_empty() && self.mode != Mode::Fragment;
        let is_too_deep = self.open.len() >= self.limits.effective_depth();
        if self.end_due || is_outside || is_too_deep || self.failed.is_some() {
            return None;
        }
        let source = self.source;
        let bytes = source.as_bytes();
        let name = self.at + 1;
        let [b'<', rest @ ..] = bytes.get(self.at..)? else {
            return None;
        };
        let len = plain_name(rest);
        if rest.get(len) != Some(&b'>') || !(1..=self.limits.name).contains(&len) {
            return None;
        }
        let inside = name + len + 1;
        let (text, end) = self.text_up_to_tag(inside)?;
        let close = bytes.get(end..end + len + 3)?;
        let is_its_own = close.starts_with(b"</")
            && close[2..].starts_with(&rest[..len])
            && close.ends_with(b">");
        if !is_its_own {
            return None;
        }
        let binding = self.find_binding("", self.at).ok()?;
        if let Some(parent) = self.open.last_mut() {
            let rests_on = binding.map_or(Rest::NO_DEFAULT, Rest::on);
            parent.rests_on = parent.rests_on.min(rests_on);
        }
        self.root_seen = true;
        self.attributes.clear();
        self.at = end + len + 3;
        Some(Leaf {
            name: Name {
                ns: binding.map_or_else(Str::default, |index| self.bindings[index].ns.clone()),
                local: Str::borrowed(&source[name..name + len]),
            },
            text,
            inside,
        })
    }

    /// The text that begins here and goes up to a `<`, and where that stands. `None` for text that is wrong or too long, or
    /// has line ends to be changed.
    fn text_up_to_tag(&self, from: usize) -> Option<(Cow<'a, str>, usize)> {
        let source = self.source;
        let bytes = source.as_bytes();
        let mut text = Cow::Borrowed("");
        // Up to where it is in `text`.
        let mut taken = from;
        let mut at = from;
        loop {
            at = characters(bytes, at).ok()?;
            if *bytes.get(at)? == b'<' {
                break;
            }
            let (c, end) = reference(source, at).ok()?;
            let text = text.to_mut();
            text.push_str(&source[taken..at]);
            text.push(c);
            (taken, at) = (end, end);
        }
        let has_returns = self.has_returns && memchr(b'\r', &bytes[from..at]).is_some();
        if at - from > self.limits.text || has_returns {
            return None;
        }
        if text.is_empty() {
            text = Cow::Borrowed(&source[taken..at]);
        } else {
            text.to_mut().push_str(&source[taken..at]);
        }
        Some((text, at))
    }
}

impl Leaf<'_> {
    /// A copy that borrows nothing.
    #[must_use]
    pub fn to_element(&self) -> Element {
        Element::new(self.name.ns.to_shared(), self.name.local.to_shared()).with_text(&self.text)
    }
}
