//! Writes XML that any reader takes back as the same tree.

use std::ops::Range;

use bytes::BufMut;
use smallvec::SmallVec;

use crate::chars::is_char;
use crate::element::Element;
use crate::name::Str;
use crate::scope::{Scope, XML_NAMESPACE};

/// Writes elements into a buffer and declares namespaces where they are needed.
///
/// The calls follow the document: [`start`](Self::start) opens an element and returns its
/// [`Tag`], which takes attributes; then come text and children; [`end`](Self::end) closes it
/// (as `<a/>` if nothing came between). Markup characters are escaped. A character that XML
/// cannot hold is written as U+FFFD. Element and attribute names are the caller's to choose and
/// are written as given.
///
/// ```
/// let mut out = bytes::BytesMut::new();
/// let mut writer = wire_xml::Writer::new(&mut out);
/// writer.start("jabber:client", "message").attr("to", "bob@example.com");
/// writer.start("jabber:client", "body").text("1 < 2");
/// writer.end().end();
/// assert_eq!(
///     out,
///     r#"<message xmlns="jabber:client" to="bob@example.com"><body>1 &lt; 2</body></message>"#
/// );
/// ```
#[derive(Debug)]
pub struct Writer<B> {
    out: B,
    /// The start tag written last still lacks its `>`.
    tag_open: bool,
    /// Names of the open elements and what they declare, in the order they came: a stack.
    texts: String,
    bindings: SmallVec<[Binding; 8]>,
    open: SmallVec<[Open; 8]>,
}

/// Places in the stack of texts.
#[derive(Clone, Debug)]
struct Binding {
    prefix: Range<usize>,
    ns: Range<usize>,
}

#[derive(Debug)]
struct Open {
    /// The qualified name, in the stack of texts.
    name: Range<usize>,
    /// How many bindings were in force outside.
    bindings: usize,
}

impl<B: BufMut> Writer<B> {
    /// Writes a document of its own into `out`.
    pub fn new(out: B) -> Self {
        Self::within(out, &Scope::new())
    }

    /// Writes into a place where `scope` is in force: what it binds is not declared again.
    pub fn within(out: B, scope: &Scope) -> Self {
        let mut writer = Self {
            out,
            tag_open: false,
            texts: String::with_capacity(ROOM),
            bindings: SmallVec::new(),
            open: SmallVec::new(),
        };
        for (prefix, ns) in scope.iter() {
            writer.bind(prefix, ns);
        }
        writer
    }

    /// Opens an element whose name has no prefix; `ns` becomes the default namespace if it is
    /// not already. An empty `ns` means no namespace.
    pub fn start(&mut self, ns: &str, local: &str) -> Tag<'_, B> {
        self.start_prefixed("", ns, local)
    }

    /// Opens an element named `prefix:local`; the prefix is declared if it does not stand for
    /// `ns` already. With no namespace there can be no prefix, so that it is left out.
    pub fn start_prefixed(&mut self, prefix: &str, ns: &str, local: &str) -> Tag<'_, B> {
        let prefix = if ns.is_empty() { "" } else { prefix };
        self.close_tag();
        let name = self.texts.len();
        if !prefix.is_empty() {
            self.texts.push_str(prefix);
            self.texts.push(':');
        }
        self.texts.push_str(local);
        self.out.put_u8(b'<');
        self.out.put_slice(&self.texts.as_bytes()[name..]);
        self.open.push(Open {
            name: name..self.texts.len(),
            bindings: self.bindings.len(),
        });
        self.tag_open = true;
        // Not `unwrap_or_default`: comparing no text with no text, at no address, is what some
        // processors take a hundred cycles for.
        let is_bound = match self.bound(prefix) {
            Some(bound) => bound == ns,
            None => ns.is_empty(),
        };
        if !is_bound {
            self.declare(prefix, ns);
        }
        Tag { writer: self }
    }

    /// Writes text inside the open element.
    pub fn text(&mut self, text: &str) -> &mut Self {
        if !text.is_empty() {
            self.close_tag();
            put_text(&mut self.out, text);
        }
        self
    }

    /// Writes a whole element with everything in it.
    pub fn element(&mut self, element: &Element) -> &mut Self {
        element.write(self);
        self
    }

    /// Writes bytes as they are: complete markup that makes sense in the scope of this place.
    pub fn raw(&mut self, markup: &[u8]) -> &mut Self {
        if !markup.is_empty() {
            self.close_tag();
            self.out.put_slice(markup);
        }
        self
    }

    /// Closes the element opened last. Does nothing if none is open.
    pub fn end(&mut self) -> &mut Self {
        let Some(open) = self.open.pop() else {
            return self;
        };
        if self.tag_open {
            self.out.put_slice(b"/>");
            self.tag_open = false;
        } else {
            self.out.put_slice(b"</");
            self.out
                .put_slice(&self.texts.as_bytes()[open.name.clone()]);
            self.out.put_u8(b'>');
        }
        self.texts.truncate(open.name.start);
        self.bindings.truncate(open.bindings);
        self
    }

    /// Writes an element that holds only text.
    pub fn text_element(&mut self, ns: &str, local: &str, text: &str) -> &mut Self {
        self.start(ns, local);
        self.text(text).end()
    }

    /// Completes the start tag and leaves its element open, as a stream header does.
    pub fn finish_tag(&mut self) -> &mut Self {
        self.close_tag();
        self
    }

    /// What is in force at this place, for a reader or writer of what follows.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.bindings
            .iter()
            .fold(Scope::new(), |scope, Binding { prefix, ns }| {
                let ns = Str::from(&self.texts[ns.clone()]).to_shared();
                scope.with(&self.texts[prefix.clone()], ns)
            })
    }

    /// How many elements are open.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Gives the buffer back.
    pub fn into_inner(self) -> B {
        self.out
    }

    fn close_tag(&mut self) {
        if self.tag_open {
            self.out.put_u8(b'>');
            self.tag_open = false;
        }
    }

    fn bound(&self, prefix: &str) -> Option<&str> {
        if prefix == "xml" {
            return Some(XML_NAMESPACE);
        }
        self.bindings
            .iter()
            .rfind(|binding| &self.texts[binding.prefix.clone()] == prefix)
            .map(|binding| &self.texts[binding.ns.clone()])
    }

    fn declare(&mut self, prefix: &str, ns: &str) {
        self.out.put_slice(if prefix.is_empty() {
            b" xmlns"
        } else {
            b" xmlns:"
        });
        self.out.put_slice(prefix.as_bytes());
        put_attribute(&mut self.out, ns);
        self.bind(prefix, ns);
    }

    fn bind(&mut self, prefix: &str, ns: &str) {
        let start = self.texts.len();
        self.texts.push_str(prefix);
        let middle = self.texts.len();
        self.texts.push_str(ns);
        self.bindings.push(Binding {
            prefix: start..middle,
            ns: middle..self.texts.len(),
        });
    }

    /// Writes a prefix that stands for `ns` here, and before that declares one if there is none.
    fn put_prefix(&mut self, ns: &str) {
        if ns == XML_NAMESPACE {
            self.out.put_slice(b" xml:");
            return;
        }
        let found = self.bindings.iter().rposition(|binding| {
            let prefix = &self.texts[binding.prefix.clone()];
            !prefix.is_empty()
                && &self.texts[binding.ns.clone()] == ns
                && self.bound(prefix) == Some(ns)
        });
        let index = found.unwrap_or_else(|| {
            let mut number = self.bindings.len();
            let prefix = loop {
                let candidate = format!("ns{number}");
                if self.bound(&candidate).is_none() {
                    break candidate;
                }
                number += 1;
            };
            self.declare(&prefix, ns);
            self.bindings.len() - 1
        });
        let prefix = self.bindings[index].prefix.clone();
        self.out.put_u8(b' ');
        self.out.put_slice(&self.texts.as_bytes()[prefix]);
        self.out.put_u8(b':');
    }

    /// Whether the innermost element has declared `prefix` itself.
    fn declared_here(&self, prefix: &str) -> bool {
        let outside = self.open.last().map_or(0, |open| open.bindings);
        self.bindings[outside..]
            .iter()
            .any(|binding| &self.texts[binding.prefix.clone()] == prefix)
    }
}

/// A start tag that still takes attributes. Dropping it changes nothing.
#[derive(Debug)]
pub struct Tag<'w, B> {
    writer: &'w mut Writer<B>,
}

impl<'w, B: BufMut> Tag<'w, B> {
    /// Adds an attribute without a namespace. Each name may be given once.
    pub fn attr(self, local: &str, value: &str) -> Self {
        let out = &mut self.writer.out;
        out.put_u8(b' ');
        out.put_slice(local.as_bytes());
        put_attribute(out, value);
        self
    }

    /// Adds an attribute if there is a value.
    pub fn attr_opt(self, local: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.attr(local, value),
            None => self,
        }
    }

    /// Adds an attribute with a namespace, under a prefix that is in force or one made up.
    pub fn attr_ns(self, ns: &str, local: &str, value: &str) -> Self {
        if ns.is_empty() {
            return self.attr(local, value);
        }
        self.writer.put_prefix(ns);
        let out = &mut self.writer.out;
        out.put_slice(local.as_bytes());
        put_attribute(out, value);
        self
    }

    /// Declares a prefix, so that this element and its children can use it. Does nothing if it
    /// stands for `ns` already, or if this very tag has declared it otherwise.
    pub fn declare(self, prefix: &str, ns: &str) -> Self {
        let known = self.writer.bound(prefix) == Some(ns);
        // The element's own name rests on the default namespace even if that is none.
        let fixed = prefix.is_empty() || ns.is_empty() || self.writer.declared_here(prefix);
        if !known && !fixed {
            self.writer.declare(prefix, ns);
        }
        self
    }

    /// Writes the text of this element.
    pub fn text(self, text: &str) -> &'w mut Writer<B> {
        self.writer.text(text)
    }

    /// Closes this element as empty.
    pub fn end(self) -> &'w mut Writer<B> {
        self.writer.end()
    }
}

/// `="value"`.
pub(crate) fn put_attribute(out: &mut impl BufMut, value: &str) {
    out.put_slice(b"=\"");
    put_value(out, value);
    out.put_u8(b'"');
}

pub(crate) fn put_value(out: &mut impl BufMut, value: &str) {
    put_escaped(out, value, IN_VALUES);
}

pub(crate) fn put_text(out: &mut impl BufMut, text: &str) {
    put_escaped(out, text, IN_TEXT);
}

/// Copies what stands as it is in long pieces, and escapes what `place` forbids.
fn put_escaped(out: &mut impl BufMut, text: &str, place: u8) {
    let bytes = text.as_bytes();
    let mut done = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if ESCAPED[usize::from(byte)] & place == 0 {
            at += 1;
            continue;
        }
        let (replacement, len): (&[u8], usize) = match byte {
            b'&' => (b"&amp;", 1),
            b'<' => (b"&lt;", 1),
            b'>' => (b"&gt;", 1),
            b'"' => (b"&quot;", 1),
            b'\t' => (b"&#9;", 1),
            b'\n' => (b"&#10;", 1),
            b'\r' => (b"&#13;", 1),
            // Control characters, U+FFFE and U+FFFF.
            _ => match text[at..].chars().next().filter(|&c| !is_char(c)) {
                Some(c) => ("\u{fffd}".as_bytes(), c.len_utf8()),
                None => {
                    at += 1;
                    continue;
                }
            },
        };
        out.put_slice(&bytes[done..at]);
        out.put_slice(replacement);
        at += len;
        done = at;
    }
    out.put_slice(&bytes[done..]);
}

const IN_TEXT: u8 = 1;
const IN_VALUES: u8 = 2;

/// Where each byte is escaped, or looked at because it may be no character of XML.
static ESCAPED: [u8; 256] = {
    let mut escaped = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        escaped[byte] = match byte as u8 {
            b'&' | b'<' => IN_TEXT | IN_VALUES,
            // In text always, so that `]]>` never comes to be.
            b'>' => IN_TEXT | IN_VALUES,
            b'"' => IN_VALUES,
            // As they are they would come back as spaces.
            b'\t' | b'\n' => IN_VALUES,
            // As it is it would come back as a line feed.
            b'\r' => IN_TEXT | IN_VALUES,
            0..b' ' | 0xef => IN_TEXT | IN_VALUES,
            _ => 0,
        };
        byte += 1;
    }
    escaped
};

/// What a writer has room for in its stack of texts, in bytes: a stanza.
const ROOM: usize = 256;
