//! Elements as this tool changes and shows them: without namespaces, which AXL's insides do not have.

use std::fmt;

use soap_axl::axl::is_secret;
use soap_axl::ns;
use soap_axl::xml::{Element, Node as XmlNode};

/// An element.
#[derive(Clone, Default, Eq, PartialEq)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    /// It says `xsi:nil`.
    pub(super) nil: bool,
    pub(super) text: String,
    pub(super) children: Vec<Self>,
}

impl Node {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    pub(super) fn leaf(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::new(name)
        }
    }

    pub(super) fn with(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// An element that came, with the spaces between tags left out.
    pub(super) fn of(element: &Element) -> Self {
        let mut node = Self::new(element.local());
        for attribute in element.attributes() {
            let value = attribute.value.clone();
            if attribute.name.is(ns::XSI, "nil") {
                node.nil = matches!(value.trim(), "true" | "1");
            } else if attribute.name.ns() != ns::XSI {
                node.attributes
                    .push((attribute.name.local().to_owned(), value));
            }
        }
        for inside in element.nodes() {
            match inside {
                XmlNode::Element(child) => node.children.push(Self::of(child)),
                XmlNode::Text(text) => node.text.push_str(text),
            }
        }
        if !node.children.is_empty() && node.text.trim().is_empty() {
            node.text.clear();
        }
        node
    }

    pub(super) fn to_element(&self) -> Element {
        let mut element = Element::new("", self.name.clone());
        for (name, value) in &self.attributes {
            element.set_attr("", name.clone(), value.clone());
        }
        if self.nil {
            element.set_attr(ns::XSI, "nil", "true");
        }
        element.push_text(&self.text);
        for child in &self.children {
            element.push_child(child.to_element());
        }
        element
    }

    /// Says an attribute, in the place of what it was before.
    pub(super) fn set_attribute(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        match self.attributes.iter_mut().find(|(have, _)| *have == name) {
            Some((_, had)) => *had = value,
            None => self.attributes.push((name, value)),
        }
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(have, _)| have == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether it says nothing: nil, or empty.
    pub(super) fn is_empty(&self) -> bool {
        self.nil || (self.text.is_empty() && self.children.is_empty())
    }

    /// The same, with a word in the place of passwords.
    pub(super) fn without_secrets(&self) -> Self {
        let mut node = self.clone();
        if node.children.is_empty() {
            let is_flag = matches!(node.text.as_str(), "" | "t" | "f" | "true" | "false");
            if is_secret(&node.name) && !is_flag {
                HIDDEN.clone_into(&mut node.text);
            }
        }
        node.children = node.children.iter().map(Self::without_secrets).collect();
        node
    }

    /// The element in lines, two spaces deeper with each level; without passwords.
    pub(super) fn to_xml(&self) -> String {
        let mut out = String::new();
        self.without_secrets().write_xml(0, &mut out);
        out
    }

    fn write_xml(&self, depth: usize, out: &mut String) {
        let indent = "  ".repeat(depth);
        if self.children.is_empty() || !self.text.is_empty() {
            out.push_str(&format!("{indent}{}\n", self.to_element()));
            return;
        }
        let mut shell = self.clone();
        shell.children.clear();
        let shell = shell.to_element().to_string();
        let open = shell.strip_suffix("/>").unwrap_or(&shell);
        out.push_str(&format!("{indent}{open}>\n"));
        for child in &self.children {
            child.write_xml(depth + 1, out);
        }
        out.push_str(&format!("{indent}</{}>\n", self.name));
    }
}

/// As XML, without passwords.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.without_secrets().to_element(), f)
    }
}

const HIDDEN: &str = "(hidden)";
