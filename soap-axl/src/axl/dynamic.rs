//! Any operation by name, with trees for what is inside.

use core::fmt;
use std::borrow::Cow;

use crate::{
    DecodeError, Decoder, Encoder, TreeNode,
    axl::{Content, Presence},
    names::Names,
    xml::Element,
};

/// An operation or an answer that has no type here: what is inside its own element as trees, in
/// order.
///
/// Of an answer that is most often one `return`, for which there is [`Dynamic::returned`]. Some have
/// other children instead of it or beside it.
///
/// `Debug` prints names alone: what is inside may be secret.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Dynamic {
    /// Name of the operation, as in `addPhone`; empty for an answer.
    pub name: String,
    /// Names and values of attributes of its own element, as `isMGCP` of `doDeviceReset`. The number
    /// of a message, `sequence`, is not read into them. XML allows each name once: nothing but
    /// `Schema::check` looks for one that comes again.
    pub attributes: Vec<(String, String)>,
    /// Children in order. AXL's are in no namespace.
    pub children: Vec<Element>,
}

impl Dynamic {
    /// An operation without children.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::BLANK
        }
    }

    /// Says an attribute, in the place of what it was before or at the end.
    #[must_use]
    pub fn with_attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        match self.attributes.iter_mut().find(|(have, _)| *have == name) {
            Some((_, had)) => *had = value,
            None => self.attributes.push((name, value)),
        }
        self
    }

    /// Adds a child at the end.
    #[must_use]
    pub fn with(mut self, child: Element) -> Self {
        self.children.push(child);
        self
    }

    /// What an answer returns: the text or the children of `return`. `None` where there is none, as
    /// in answers of `listChange` and `updateSyslogConfiguration`.
    pub fn returned(&self) -> Option<&Element> {
        self.child("return")
    }

    /// The first child of this name.
    pub fn child(&self, local: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.local() == local)
    }
}

impl fmt::Debug for Dynamic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attributes: Vec<_> = self.attributes.iter().map(|(name, _)| name).collect();
        f.debug_struct("Dynamic")
            .field("name", &self.name)
            .field("attributes", &attributes)
            .field("children", &Names::all(&self.children))
            .finish()
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
    const BLANK: Self = Self {
        name: String::new(),
        attributes: Vec::new(),
        children: Vec::new(),
    };

    fn fill(&mut self, decoder: &mut Decoder<'_>, _wire: &'static str) -> Result<(), DecodeError> {
        for attribute in decoder.attributes() {
            if attribute.name.ns().is_empty() && attribute.name.local() != "sequence" {
                let name = attribute.name.local().to_owned();
                let value = attribute.value.clone().into_owned();
                self.attributes.push((name, value));
            }
        }
        while decoder.child()?.is_some() {
            self.children.push(decoder.element()?);
        }
        Ok(())
    }

    fn write(&self, encoder: &mut Encoder, wire: &str) {
        let mut tag = encoder.open(wire);
        for (name, value) in &self.attributes {
            tag = tag.attr(name, value);
        }
        self.write_inside(encoder);
        encoder.close();
    }

    fn attributes(&self) -> Vec<(Cow<'static, str>, String)> {
        let attributes = self.attributes.iter().cloned();
        attributes
            .map(|(name, value)| (name.into(), value))
            .collect()
    }

    fn write_inside(&self, encoder: &mut Encoder) {
        for child in &self.children {
            encoder.element(child);
        }
    }
}
