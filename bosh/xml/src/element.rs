//! An owned tree for payloads that no type describes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};

use crate::error::{Error, ErrorKind};
use crate::limits::{Limits, Profile};
use crate::name::{Name, Str};
use crate::reader::{Event, Reader, Start};
use crate::scope::Scope;
use crate::writer::Writer;

/// An element with everything in it.
///
/// Expanded names, attributes and text survive reading and writing; prefixes need not. Two
/// elements are equal if they mean the same: the order of attributes does not count, and text
/// has one form because neighbouring runs are joined.
#[derive(Clone)]
pub struct Element {
    name: Name<'static>,
    attributes: Vec<Attribute>,
    children: Vec<Node>,
}

/// An attribute of an [`Element`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attribute {
    /// Expanded name, the namespace empty for an attribute without prefix.
    pub name: Name<'static>,
    /// The value, unescaped.
    pub value: String,
}

/// What an [`Element`] holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Node {
    /// A child element.
    Element(Element),
    /// A run of text, never empty and never beside another.
    Text(String),
}

impl Element {
    /// An empty element whose name is known when the program is compiled. `ns` is `""` for no namespace.
    #[must_use]
    pub const fn from_static(ns: &'static str, local: &'static str) -> Self {
        Self {
            name: Name {
                ns: Str::borrowed(ns),
                local: Str::borrowed(local),
            },
            attributes: Vec::new(),
            children: Vec::new(),
        }
    }

    /// An empty element. `ns` is `""` for no namespace.
    pub fn new(ns: impl Into<Str<'static>>, local: impl Into<Str<'static>>) -> Self {
        Self {
            name: Name::new(ns, local),
            attributes: Vec::new(),
            children: Vec::new(),
        }
    }

    /// Reads a document of one element.
    ///
    /// # Errors
    ///
    /// As for [`Reader::next_event`].
    pub fn parse(input: &[u8], profile: Profile, limits: &Limits) -> Result<Self, Error> {
        Self::parse_document(Reader::document(input, profile, limits)?)
    }

    /// Reads one element that was cut out of a document in which `scope` was in force.
    ///
    /// # Errors
    ///
    /// As for [`Reader::next_event`].
    pub fn parse_in(
        input: &[u8],
        profile: Profile,
        limits: &Limits,
        scope: &Scope,
    ) -> Result<Self, Error> {
        Self::parse_document(Reader::document_in(input, profile, limits, scope)?)
    }

    /// Reads the element whose start tag `reader` has just returned, to its end.
    ///
    /// # Errors
    ///
    /// As for [`Reader::next_event`].
    pub fn read(start: &Start<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut shared = SharedNames::default();
        let mut parents: Vec<Self> = Vec::new();
        let mut element = shared.element(start, reader);
        loop {
            match reader.next_event()? {
                Some(Event::Start(start)) => {
                    let child = shared.element(&start, reader);
                    parents.push(std::mem::replace(&mut element, child));
                }
                Some(Event::Text(text)) => element.push_text(text),
                Some(Event::End) => match parents.pop() {
                    Some(mut parent) => {
                        parent.children.push(Node::Element(element));
                        element = parent;
                    }
                    None => return Ok(element),
                },
                None => return Err(Error::new(ErrorKind::UnexpectedEnd, reader.position())),
            }
        }
    }

    fn parse_document(mut reader: Reader<'_>) -> Result<Self, Error> {
        let Some(Event::Start(start)) = reader.next_event()? else {
            return Err(Error::new(ErrorKind::UnexpectedEnd, reader.position()));
        };
        let element = Self::read(&start, &mut reader)?;
        // What follows the root may still be wrong.
        while reader.next_event()?.is_some() {}
        Ok(element)
    }

    /// Adds or replaces an attribute without a namespace.
    #[must_use]
    pub fn with_attr(mut self, local: impl Into<Str<'static>>, value: impl Into<String>) -> Self {
        self.set_attr("", local, value);
        self
    }

    /// Adds or replaces an attribute with a namespace.
    #[must_use]
    pub fn with_attr_ns(
        mut self,
        ns: impl Into<Str<'static>>,
        local: impl Into<Str<'static>>,
        value: impl Into<String>,
    ) -> Self {
        self.set_attr(ns, local, value);
        self
    }

    /// Adds a child at the end.
    #[must_use]
    pub fn with_child(mut self, child: Self) -> Self {
        self.push_child(child);
        self
    }

    /// Adds text at the end.
    #[must_use]
    pub fn with_text(mut self, text: impl AsRef<str>) -> Self {
        self.push_text(text);
        self
    }

    /// Adds or replaces an attribute; `ns` is `""` for none.
    pub fn set_attr(
        &mut self,
        ns: impl Into<Str<'static>>,
        local: impl Into<Str<'static>>,
        value: impl Into<String>,
    ) {
        let (name, value) = (Name::new(ns, local), value.into());
        match self
            .attributes
            .iter_mut()
            .find(|attribute| attribute.name == name)
        {
            Some(attribute) => attribute.value = value,
            None => self.attributes.push(Attribute { name, value }),
        }
    }

    /// Adds a child at the end.
    pub fn push_child(&mut self, child: Self) {
        self.children.push(Node::Element(child));
    }

    /// Adds text at the end, joined with text that is there already.
    pub fn push_text(&mut self, text: impl AsRef<str>) {
        let text = text.as_ref();
        match self.children.last_mut() {
            _ if text.is_empty() => {}
            Some(Node::Text(last)) => last.push_str(text),
            Some(Node::Element(_)) | None => self.children.push(Node::Text(text.to_owned())),
        }
    }

    /// The expanded name.
    #[must_use]
    pub fn name(&self) -> &Name<'static> {
        &self.name
    }

    /// The namespace name, empty if none.
    #[must_use]
    pub fn ns(&self) -> &str {
        self.name.ns()
    }

    /// The local name.
    #[must_use]
    pub fn local(&self) -> &str {
        self.name.local()
    }

    /// Whether the element has this expanded name.
    #[must_use]
    pub fn is(&self, ns: &str, local: &str) -> bool {
        self.name.is(ns, local)
    }

    /// All attributes, in the order they came.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The value of an attribute without a namespace.
    #[must_use]
    pub fn attr(&self, local: &str) -> Option<&str> {
        self.attr_ns("", local)
    }

    /// The value of an attribute with a namespace.
    #[must_use]
    pub fn attr_ns(&self, ns: &str, local: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name.is(ns, local))
            .map(|attribute| attribute.value.as_str())
    }

    /// Children and text, in order.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.children
    }

    /// The child elements, in order.
    pub fn children(&self) -> impl DoubleEndedIterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The child elements, in order, without the rest of it.
    pub fn into_children(self) -> impl DoubleEndedIterator<Item = Self> {
        self.children.into_iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first child of that name.
    #[must_use]
    pub fn child(&self, ns: &str, local: &str) -> Option<&Self> {
        self.children().find(|child| child.is(ns, local))
    }

    /// All children of that name, in order.
    pub fn children_named(&self, ns: &str, local: &str) -> impl Iterator<Item = &Self> {
        self.children().filter(move |child| child.is(ns, local))
    }

    /// The text directly inside this element, without that of its children.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        let mut runs = self.children.iter().filter_map(|node| match node {
            Node::Element(_) => None,
            Node::Text(text) => Some(text.as_str()),
        });
        let mut text = Cow::Borrowed(runs.next().unwrap_or_default());
        for run in runs {
            text.to_mut().push_str(run);
        }
        text
    }

    /// Writes the element where `writer` stands.
    ///
    /// Namespaces are declared as default where they change. One that would be declared over and
    /// over, to 16 KiB and more, gets a prefix on this element instead, so that what is written
    /// stays in proportion to what was read.
    pub fn write<B: BufMut>(&self, writer: &mut Writer<B>) {
        let mut cost = BTreeMap::new();
        self.count_declarations(self.ns(), &mut cost);
        let costly = cost
            .into_iter()
            .filter(|&(_, bytes)| bytes > MAX_DECLARATIONS);
        let prefixes: BTreeMap<&str, String> = costly
            .enumerate()
            .map(|(number, (ns, _))| (ns, format!("n{number}")))
            .collect();
        self.write_in(writer, &prefixes, true);
    }

    /// Adds up how many bytes of namespace names the declarations in this tree would take.
    fn count_declarations<'e>(&'e self, outer: &str, cost: &mut BTreeMap<&'e str, usize>) {
        let own = Some(self.ns()).filter(|ns| *ns != outer);
        let attributes = self.attributes.iter().map(|attribute| attribute.name.ns());
        for ns in own
            .into_iter()
            .chain(attributes)
            .filter(|ns| !ns.is_empty())
        {
            *cost.entry(ns).or_default() += ns.len();
        }
        for child in self.children() {
            child.count_declarations(self.ns(), cost);
        }
    }

    fn write_in<B: BufMut>(
        &self,
        writer: &mut Writer<B>,
        prefixes: &BTreeMap<&str, String>,
        root: bool,
    ) {
        let prefix = prefixes.get(self.ns()).map_or("", String::as_str);
        let mut tag = writer.start_prefixed(prefix, self.ns(), self.local());
        if root {
            for (ns, prefix) in prefixes {
                tag = tag.declare(prefix, ns);
            }
        }
        for Attribute { name, value } in &self.attributes {
            tag = tag.attr_ns(name.ns(), name.local(), value);
        }
        for node in &self.children {
            match node {
                Node::Element(child) => child.write_in(writer, prefixes, false),
                Node::Text(text) => {
                    writer.text(text);
                }
            }
        }
        writer.end();
    }

    /// The element as a document of its own.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let mut out = BytesMut::new();
        Writer::new(&mut out).element(self);
        out.freeze()
    }
}

impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.attributes.len() == other.attributes.len()
            && self
                .attributes
                .iter()
                .all(|attribute| other.attributes.contains(attribute))
            && self.children == other.children
    }
}

impl Eq for Element {}

/// The element as XML.
impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.to_bytes()))
    }
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Bytes of declarations of one namespace above which it gets a prefix. Stanzas of real life stay
/// far below, and clients that look at names without namespaces understand them.
const MAX_DECLARATIONS: usize = 16 * 1024;

/// One copy of each namespace name of a document, however many elements use it. A declaration
/// is known by its place in the input, so that finding it does not depend on its length.
#[derive(Default)]
struct SharedNames(BTreeMap<(usize, usize), Str<'static>>);

impl SharedNames {
    fn element(&mut self, start: &Start<'_>, reader: &Reader<'_>) -> Element {
        let attributes = reader
            .attributes()
            .iter()
            .map(|attribute| Attribute {
                name: self.name(&attribute.name),
                value: attribute.value.clone().into_owned(),
            })
            .collect();
        Element {
            name: self.name(&start.name),
            attributes,
            children: Vec::new(),
        }
    }

    fn name(&mut self, name: &Name<'_>) -> Name<'static> {
        let ns = match name.ns.place() {
            Some(place) => self
                .0
                .entry(place)
                .or_insert_with(|| name.ns.to_shared())
                .clone(),
            None => name.ns.to_shared(),
        };
        Name {
            ns,
            local: name.local.to_shared(),
        }
    }
}
