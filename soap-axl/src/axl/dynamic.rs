//! Any operation by name, with trees for what is inside.

use std::borrow::Cow;

use crate::{
    DecodeError, Decoder, Encoder, TreeNode,
    axl::{Content, Presence},
    xml::Element,
};

/// An operation or an answer that has no type here: children as trees, in order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Dynamic {
    /// Name of the operation, as in `addPhone`; empty for the content of an answer.
    pub name: String,
    /// Children in order. AXL's are in no namespace.
    pub children: Vec<Element>,
}

impl Dynamic {
    /// An operation without children.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            children: Vec::new(),
        }
    }

    /// Adds a child at the end.
    #[must_use]
    pub fn with(mut self, child: Element) -> Self {
        self.children.push(child);
        self
    }

    /// The first child of this name.
    pub fn child(&self, local: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.local() == local)
    }
}

/// Reading of AXL's answers: elements by local name, in three states.
impl<'t> TreeNode<'t> {
    /// The text that a path of local names leads to: absent, nil, or a value that may be empty.
    pub fn presence(self, path: &str) -> Presence<Cow<'t, str>> {
        match self.path(path) {
            None => Presence::Absent,
            Some(node) if node.is_nil() => Presence::Nil,
            Some(node) => Presence::Value(node.text()),
        }
    }
}

impl Content for Dynamic {
    fn read(decoder: &mut Decoder<'_>, _wire: &'static str) -> Result<Self, DecodeError> {
        let mut children = Vec::new();
        while decoder.child()?.is_some() {
            children.push(decoder.element()?);
        }
        Ok(Self {
            name: String::new(),
            children,
        })
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        encoder.open(wire);
        for child in &self.children {
            encoder.element(child);
        }
        encoder.close();
    }
}
