//! A message's entry as a tree over the text that it came in.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use crate::{
    DecodeError, DecodeErrorKind, Decoder, encoding, ns,
    xml::{
        AttributeRef, Element, ErrorKind, Event, Leaf, Limits, Name, Profile, Reader, Start, Str,
    },
};

/// An element with everything in it, in one piece of memory over the text of its message.
///
/// Names, and text and values that need no unescaping, are not copied: they are places in the
/// message, which the tree keeps. It is read only; [`TreeNode::to_element`] gives what can be
/// changed. A tree takes at most 16 bytes of memory for each byte of its message, and about four
/// for messages of real life.
#[derive(Clone, Default)]
pub struct Tree {
    source: String,
    arena: Arena,
}

impl Tree {
    pub(crate) fn new(source: String, arena: Arena) -> Self {
        Self { source, arena }
    }

    /// Reads a document of any kind.
    ///
    /// # Errors
    ///
    /// When it is not in UTF-8, not well-formed, or passes a limit.
    pub fn parse(
        document: impl Into<Vec<u8>>,
        profile: Profile,
        limits: &Limits,
    ) -> Result<Self, DecodeError> {
        let (source, start) = encoding::into_text(document.into(), Some("utf-8"))?;
        let arena = read_document(&source, start, profile, limits)?;
        Ok(Self { source, arena })
    }

    /// The element that everything else is inside of.
    pub fn root(&self) -> TreeNode<'_> {
        TreeNode {
            tree: self,
            index: 0,
        }
    }

    /// All elements in the order of their start tags, the root first.
    pub fn elements(&self) -> impl Iterator<Item = TreeNode<'_>> {
        (0..self.arena.nodes.len())
            .map(|index| TreeNode { tree: self, index })
            .filter(|node| node.is_element())
    }

    /// The text of the message that the tree was read from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The node at this index.
    pub(crate) fn node(&self, index: usize) -> TreeNode<'_> {
        TreeNode { tree: self, index }
    }

    /// Forgets everything and takes another text; [`read_more`] then adds trees of it.
    pub(crate) fn refill(&mut self, source: &str) {
        self.source.clear();
        self.source.push_str(source);
        self.arena.clear();
    }

    pub(crate) fn arena_mut(&mut self) -> &mut Arena {
        &mut self.arena
    }

    #[inline]
    fn slice(&self, place: Place) -> &str {
        let from = if place.len & UNESCAPED == 0 {
            &self.source
        } else {
            &self.arena.unescaped
        };
        let start = place.start as usize;
        from.get(start..start + (place.len & !UNESCAPED) as usize)
            .unwrap_or_default()
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree")
            .field("root", &self.root().name())
            .field("nodes", &self.arena.nodes.len())
            .finish_non_exhaustive()
    }
}

/// An element of a [`Tree`].
#[derive(Clone, Copy)]
pub struct TreeNode<'t> {
    tree: &'t Tree,
    index: usize,
}

/// What stands inside an element of a [`Tree`]. `Debug` prints of text how long it is.
#[derive(Clone, Copy)]
pub enum TreeContent<'t> {
    /// A child element.
    Element(TreeNode<'t>),
    /// A run of text, never empty.
    Text(&'t str),
}

impl fmt::Debug for TreeContent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Element(node) => f.debug_tuple("Element").field(node).finish(),
            Self::Text(text) => {
                let length = format_args!("{} bytes", text.len());
                f.debug_tuple("Text").field(&length).finish()
            }
        }
    }
}

impl<'t> TreeNode<'t> {
    /// The local name.
    #[inline]
    pub fn local(self) -> &'t str {
        self.tree.slice(self.data().place)
    }

    /// The namespace, empty for none.
    pub fn ns(self) -> &'t str {
        match self.data().kind {
            Kind::Element { ns, .. } => self.tree.arena.namespace(ns),
            Kind::Text => "",
        }
    }

    /// The expanded name.
    pub fn name(self) -> Name<'t> {
        Name::new(self.ns(), self.local())
    }

    /// Whether the element has this expanded name.
    pub fn is(self, ns: &str, local: &str) -> bool {
        self.local() == local && self.ns() == ns
    }

    /// The value of an attribute without a namespace.
    pub fn attr(self, local: &str) -> Option<&'t str> {
        self.attr_ns("", local)
    }

    /// The value of an attribute; `ns` is empty for none.
    pub fn attr_ns(self, ns: &str, local: &str) -> Option<&'t str> {
        self.attributes()
            .find(|(name, _)| name.is(ns, local))
            .map(|(_, value)| value)
    }

    /// Names and values of all attributes, in the order they came.
    pub fn attributes(self) -> impl Iterator<Item = (Name<'t>, &'t str)> {
        let (start, end) = match self.data().kind {
            Kind::Element { attributes, .. } => attributes,
            Kind::Text => (0, 0),
        };
        let attributes = self.tree.arena.attributes.get(start as usize..end as usize);
        attributes.unwrap_or_default().iter().map(move |attribute| {
            let ns = self.tree.arena.namespace(attribute.ns);
            let name = Name::new(ns, self.tree.slice(attribute.name));
            (name, self.tree.slice(attribute.value))
        })
    }

    /// Child elements and text, in order.
    #[inline]
    pub fn contents(self) -> impl Iterator<Item = TreeContent<'t>> {
        let tree = self.tree;
        let end = self.data().end as usize;
        let mut next = self.index + 1;
        core::iter::from_fn(move || {
            if next >= end {
                return None;
            }
            let node = TreeNode { tree, index: next };
            let data = node.data();
            // Behind everything that is inside of it; never back, whatever the arena says.
            next = (data.end as usize).max(next + 1);
            Some(match data.kind {
                Kind::Element { .. } => TreeContent::Element(node),
                Kind::Text => TreeContent::Text(tree.slice(data.place)),
            })
        })
    }

    /// The child elements, in order.
    #[inline]
    pub fn children(self) -> impl Iterator<Item = Self> {
        self.contents().filter_map(|content| match content {
            TreeContent::Element(child) => Some(child),
            TreeContent::Text(_) => None,
        })
    }

    /// The first child of this local name, in whatever namespace.
    pub fn child(self, local: &str) -> Option<Self> {
        self.children().find(|child| child.local() == local)
    }

    /// All children of this local name, in order.
    pub fn children_named(self, local: &str) -> impl Iterator<Item = Self> {
        self.children().filter(move |child| child.local() == local)
    }

    /// The first element that this path of local names leads to, as in
    /// `return/phone/devicePoolName`. An empty path leads to the element itself.
    ///
    /// Of several children with a name only the first is looked into.
    pub fn path(self, path: &str) -> Option<Self> {
        path.split('/')
            .filter(|step| !step.is_empty())
            .try_fold(self, |node, step| node.child(step))
    }

    /// The text directly inside, without that of children.
    #[inline]
    pub fn text(self) -> Cow<'t, str> {
        // Nearly all elements that hold text hold one run and nothing else.
        if self.data().end as usize == self.index + 2 {
            let inner = self.tree.node(self.index + 1).data();
            if matches!(inner.kind, Kind::Text) {
                return Cow::Borrowed(self.tree.slice(inner.place));
            }
        }
        let mut text = Cow::Borrowed("");
        for content in self.contents() {
            match content {
                TreeContent::Text(run) if text.is_empty() => text = Cow::Borrowed(run),
                TreeContent::Text(run) => text.to_mut().push_str(run),
                TreeContent::Element(_) => {}
            }
        }
        text
    }

    /// Whether the element says `xsi:nil`.
    pub fn is_nil(self) -> bool {
        matches!(
            self.attr_ns(ns::XSI, "nil").map(str::trim),
            Some("true" | "1")
        )
    }

    /// The type that `xsi:type` names, its prefix resolved where it stood; `None` without one, or
    /// when the prefix was not bound.
    pub fn xsi_type(self) -> Option<Name<'t>> {
        let types = &self.tree.arena.types;
        let found = types.binary_search_by_key(&self.index, |data| data.index);
        let data = types.get(found.ok()?)?;
        let ns = self.tree.arena.namespace(data.ns);
        Some(Name::new(ns, self.tree.slice(data.local)))
    }

    /// A copy that borrows nothing and can be changed.
    pub fn to_element(self) -> Element {
        // As deep as the limits let the message be.
        let mut element = Element::new(self.ns().to_owned(), self.local().to_owned());
        for (name, value) in self.attributes() {
            element.set_attr(name.ns().to_owned(), name.local().to_owned(), value);
        }
        for content in self.contents() {
            match content {
                TreeContent::Element(child) => element.push_child(child.to_element()),
                TreeContent::Text(text) => element.push_text(text),
            }
        }
        element
    }

    fn is_element(self) -> bool {
        matches!(self.data().kind, Kind::Element { .. })
    }

    #[inline]
    fn data(self) -> &'t NodeData {
        self.tree.arena.nodes.get(self.index).unwrap_or(&NOTHING)
    }
}

impl fmt::Debug for TreeNode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TreeNode").field(&self.name()).finish()
    }
}

/// The nodes of a tree, with places in a text that is kept elsewhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arena {
    /// In the order of the start tags; the root is the first.
    nodes: Vec<NodeData>,
    attributes: Vec<AttributeData>,
    namespaces: Vec<Str<'static>>,
    /// Text that does not stand in the message as it is meant.
    unescaped: String,
    /// Of the elements with an `xsi:type` that means something, in their order.
    types: Vec<TypeData>,
    /// Indices of the namespaces.
    known: BTreeMap<Str<'static>, u32>,
    /// Index of the namespace met last.
    last: u32,
    /// Elements that are being read.
    open: Vec<usize>,
}

#[derive(Clone, Copy, Debug)]
struct NodeData {
    /// Of the local name, or the text.
    place: Place,
    /// The index behind the last node inside.
    end: u32,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Element { ns: u32, attributes: (u32, u32) },
    Text,
}

#[derive(Clone, Copy, Debug)]
struct AttributeData {
    ns: u32,
    name: Place,
    value: Place,
}

#[derive(Clone, Copy, Debug)]
struct TypeData {
    /// Of the element.
    index: usize,
    ns: u32,
    local: Place,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    start: u32,
    /// With [`UNESCAPED`] when it is a place in `unescaped`, not in the message.
    len: u32,
}

/// Longer texts than this bit can say are not read.
const UNESCAPED: u32 = 1 << 31;

/// What stands at an index that no node has.
const NOTHING: NodeData = NodeData {
    place: Place { start: 0, len: 0 },
    end: 0,
    kind: Kind::Text,
};

impl Arena {
    fn clear(&mut self) {
        self.nodes.clear();
        self.attributes.clear();
        self.namespaces.clear();
        self.namespaces.push(Str::default());
        self.unescaped.clear();
        self.types.clear();
        self.known.clear();
        self.last = 0;
    }

    fn namespace(&self, index: u32) -> &str {
        self.namespaces
            .get(index as usize)
            .map_or("", |namespace| namespace)
    }
}

/// Puts an arena together.
struct Builder<'a> {
    source: &'a str,
    arena: &'a mut Arena,
}

fn read_document(
    source: &str,
    start: usize,
    profile: Profile,
    limits: &Limits,
) -> Result<Arena, DecodeError> {
    let text = source.get(start..).unwrap_or_default();
    let mut reader = Reader::document(text.as_bytes(), profile, limits)?;
    let Some(Event::Start(start)) = reader.next_event()? else {
        // A document has a root; a reader that says otherwise has failed before.
        return Ok(Arena::default());
    };
    let mut decoder = Decoder::opened(reader, start);
    let arena = read(source, &mut decoder)?;
    decoder.finish()?;
    Ok(arena)
}

/// Reads the element whose start tag `decoder` has just read; `source` is what it reads from.
pub(crate) fn read(source: &str, decoder: &mut Decoder<'_>) -> Result<Arena, DecodeError> {
    let mut arena = Arena::default();
    // Nodes of about 32 bytes of message each, in those that we have seen.
    arena.nodes.reserve(source.len() / 32);
    arena.clear();
    read_more(&mut arena, source, decoder)?;
    Ok(arena)
}

/// Adds the element whose start tag `decoder` has just read; returns the index of its node.
pub(crate) fn read_more(
    arena: &mut Arena,
    source: &str,
    decoder: &mut Decoder<'_>,
) -> Result<usize, DecodeError> {
    if source.len() >= UNESCAPED as usize {
        return Err(decoder.too_long());
    }
    let mut builder = Builder { source, arena };
    if let Some(leaf) = decoder.take_leaf() {
        return Ok(builder.leaf(&leaf));
    }
    let start = decoder.take_start()?;
    let root = builder.start(&start, decoder);
    builder.arena.open.clear();
    builder.arena.open.push(root);
    while !builder.arena.open.is_empty() {
        if let Some(leaf) = decoder.next_leaf()? {
            builder.leaf(&leaf);
            continue;
        }
        match decoder.next_event()? {
            Some(Event::Start(start)) => {
                let at = builder.start(&start, decoder);
                builder.arena.open.push(at);
            }
            Some(Event::Text(text)) => builder.text(&text),
            Some(Event::End) => {
                let end = index(builder.arena.nodes.len());
                let closed = builder.arena.open.pop();
                if let Some(node) = closed.and_then(|at| builder.arena.nodes.get_mut(at)) {
                    node.end = end;
                }
            }
            None => {
                let kind = DecodeErrorKind::Xml(ErrorKind::UnexpectedEnd);
                return Err(decoder.error(kind));
            }
        }
    }
    Ok(root)
}

impl Builder<'_> {
    /// An element with its text; returns the index of its node.
    #[inline]
    fn leaf(&mut self, leaf: &Leaf<'_>) -> usize {
        let at = self.arena.nodes.len();
        let attributes = index(self.arena.attributes.len());
        let data = NodeData {
            place: self.place(leaf.name.local()),
            end: index(at + 1 + usize::from(!leaf.text.is_empty())),
            kind: Kind::Element {
                ns: self.namespace(leaf.name.ns()),
                attributes: (attributes, attributes),
            },
        };
        self.arena.nodes.push(data);
        if !leaf.text.is_empty() {
            self.text(&leaf.text);
        }
        at
    }

    fn start(&mut self, start: &Start<'_>, decoder: &Decoder<'_>) -> usize {
        let at = self.arena.nodes.len();
        let first = index(self.arena.attributes.len());
        let attributes = decoder.attributes();
        for attribute in attributes {
            self.attribute(attribute);
            if attribute.name.is(ns::XSI, "type")
                && let Some(name) = decoder.resolve(&attribute.value)
            {
                let ns = self.namespace(name.ns());
                let local = attribute.value.trim();
                let local = local.split_once(':').map_or(local, |(_, local)| local);
                let local = self.place(local);
                self.arena.types.push(TypeData {
                    index: at,
                    ns,
                    local,
                });
            }
        }
        let data = NodeData {
            place: self.place(start.name.local()),
            end: index(at),
            kind: Kind::Element {
                ns: self.namespace(start.name.ns()),
                attributes: (first, first + index(attributes.len())),
            },
        };
        self.arena.nodes.push(data);
        at
    }

    fn attribute(&mut self, attribute: &AttributeRef<'_>) {
        let data = AttributeData {
            ns: self.namespace(attribute.name.ns()),
            name: self.place(attribute.name.local()),
            value: self.place(&attribute.value),
        };
        self.arena.attributes.push(data);
    }

    #[inline]
    fn text(&mut self, text: &str) {
        let data = NodeData {
            place: self.place(text),
            end: index(self.arena.nodes.len() + 1),
            kind: Kind::Text,
        };
        self.arena.nodes.push(data);
    }

    /// Where the text stands in the message; one that does not is copied.
    #[inline]
    fn place(&mut self, text: &str) -> Place {
        let base = self.source.as_ptr().addr();
        let start = text.as_ptr().addr().wrapping_sub(base);
        let len = index(text.len());
        if start <= self.source.len() && text.len() <= self.source.len() - start {
            return Place {
                start: index(start),
                len,
            };
        }
        let start = index(self.arena.unescaped.len());
        self.arena.unescaped.push_str(text);
        Place {
            start,
            len: len | UNESCAPED,
        }
    }

    fn namespace(&mut self, namespace: &str) -> u32 {
        if namespace.is_empty() {
            return 0;
        }
        if self.arena.namespace(self.arena.last) == namespace {
            return self.arena.last;
        }
        self.arena.last = match self.arena.known.get(namespace) {
            Some(known) => *known,
            None => {
                let new = index(self.arena.namespaces.len());
                let shared = Str::from(namespace).to_shared();
                self.arena.namespaces.push(shared.clone());
                self.arena.known.insert(shared, new);
                new
            }
        };
        self.arena.last
    }
}

/// Nothing that is counted here can be more than the bytes of the message, which fit.
fn index(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
