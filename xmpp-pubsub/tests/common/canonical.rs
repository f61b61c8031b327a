//! Documents compared by what they mean: the order of attributes, prefixes, quotes, and white space between elements
//! do not count.

use wire_xml::{Element, Limits, Node, Profile, Scope};
use xmpp_pubsub::ns;

/// Reads a document in which `scope` is in force. Text that is only white space stays where it is all there is.
pub(crate) fn read(source: &[u8], scope: &Scope) -> Element {
    Element::parse_in(source, Profile::Xmpp, &Limits::default(), scope).unwrap()
}

/// The scope inside a stream, which gives the examples their namespace (trap 27 of XEP-0060).
pub(crate) fn stream_scope() -> Scope {
    Scope::new().with("", ns::CLIENT)
}

/// One line for each tag and text. Equal lines mean equal documents.
pub(crate) fn canonical(element: &Element) -> String {
    let mut out = String::new();
    write(&mut out, element, 0);
    out
}

fn write(out: &mut String, element: &Element, depth: usize) {
    let indent = "  ".repeat(depth);
    out.push_str(&format!("{indent}{{{}}}{}", element.ns(), element.local()));
    let mut attributes: Vec<_> = element.attributes().iter().collect();
    attributes.sort_by_key(|attribute| attribute.name.parts());
    for attribute in attributes {
        let (ns, local) = attribute.name.parts();
        out.push_str(&format!(" {{{ns}}}{local}={:?}", attribute.value));
    }
    out.push('\n');
    let has_elements = element.children().next().is_some();
    for node in element.nodes() {
        match node {
            Node::Element(child) => write(out, child, depth + 1),
            Node::Text(text) if has_elements && text.trim().is_empty() => {}
            Node::Text(text) => out.push_str(&format!("{indent}  {text:?}\n")),
        }
    }
}

/// The same tree with every element changed by `change`, from the leaves up.
pub(crate) fn changed(element: &Element, change: &dyn Fn(Element) -> Element) -> Element {
    let copy = element.nodes().iter().fold(empty(element), |copy, node| {
        push(
            copy,
            match node {
                Node::Element(child) => Node::Element(changed(child, change)),
                Node::Text(text) => Node::Text(text.clone()),
            },
        )
    });
    change(copy)
}

/// The element with these nodes instead of its own.
pub(crate) fn with_nodes(element: &Element, nodes: impl IntoIterator<Item = Node>) -> Element {
    nodes.into_iter().fold(empty(element), push)
}

fn empty(element: &Element) -> Element {
    renamed(element, element.local())
}

/// An element with the attributes of this one, another local name and nothing in it.
pub(crate) fn renamed(element: &Element, local: &str) -> Element {
    let mut copy = Element::new(
        wire_xml::Str::from(element.ns().to_owned()),
        wire_xml::Str::from(local.to_owned()),
    );
    for attribute in element.attributes() {
        let (ns, local) = attribute.name.parts();
        copy.set_attr(
            wire_xml::Str::from(ns.to_owned()),
            wire_xml::Str::from(local.to_owned()),
            attribute.value.clone(),
        );
    }
    copy
}

fn push(mut element: Element, node: Node) -> Element {
    match node {
        Node::Element(child) => element.push_child(child),
        Node::Text(text) => element.push_text(text),
    }
    element
}
