//! Writing of what is inside an envelope.

use core::fmt;

use bytes::Bytes;

use crate::{
    SoapVersion, ns,
    xml::{Element, Node, Tag, Writer},
};

/// A place inside a message that is being written. `Debug` prints nothing of the message.
pub struct Encoder {
    writer: Writer<Vec<u8>>,
    version: SoapVersion,
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Encoder {
    pub(crate) fn new(version: SoapVersion) -> Self {
        let mut out = Vec::with_capacity(CAPACITY);
        out.extend_from_slice(DECLARATION);
        Self {
            writer: Writer::new(out),
            version,
        }
    }

    /// Opens an element without a namespace; the tag takes attributes.
    pub fn open(&mut self, local: &str) -> Tag<'_, Vec<u8>> {
        self.writer.start("", local)
    }

    /// Opens an element in a namespace under this prefix, which is declared where it is not yet.
    pub fn open_prefixed(
        &mut self,
        prefix: &str,
        namespace: &str,
        local: &str,
    ) -> Tag<'_, Vec<u8>> {
        self.writer.start_prefixed(prefix, namespace, local)
    }

    /// Writes text inside the open element.
    pub fn text(&mut self, text: &str) {
        self.writer.text(text);
    }

    /// Closes the element that was opened last.
    pub fn close(&mut self) {
        self.writer.end();
    }

    /// Writes an element without a namespace that holds only text.
    pub fn text_element(&mut self, local: &str, text: &str) {
        self.writer.start("", local).text(text).end();
    }

    /// Writes an empty element without a namespace that says `xsi:nil`.
    pub fn nil_element(&mut self, local: &str) {
        self.writer
            .start("", local)
            .declare("xsi", ns::XSI)
            .attr_ns(ns::XSI, "nil", "true")
            .end();
    }

    /// Writes a tree.
    pub fn element(&mut self, element: &Element) {
        self.writer.element(element);
    }

    /// The version of the envelope around.
    pub fn version(&self) -> SoapVersion {
        self.version
    }

    /// Opens an element in the namespace of the envelope.
    pub(crate) fn open_envelope(&mut self, local: &str) -> Tag<'_, Vec<u8>> {
        self.writer
            .start_prefixed(self.version.prefix(), self.version.namespace(), local)
    }

    /// Writes a QName as text. A namespace other than the envelope's must be bound to `code`.
    pub(crate) fn qname(&mut self, namespace: &str, local: &str) {
        let prefix = if namespace == self.version.namespace() {
            self.version.prefix()
        } else if namespace.is_empty() {
            ""
        } else {
            "code"
        };
        if !prefix.is_empty() {
            self.writer.text(prefix).text(":");
        }
        self.writer.text(local);
    }

    /// Writes attributes and content of `element` under another name.
    pub(crate) fn detail(&mut self, namespace: &str, local: &str, element: &Element) {
        let mut tag = self
            .writer
            .start_prefixed(self.version.prefix(), namespace, local);
        for attribute in element.attributes() {
            tag = tag.attr_ns(
                attribute.name.ns(),
                attribute.name.local(),
                &attribute.value,
            );
        }
        for node in element.nodes() {
            match node {
                Node::Element(child) => self.writer.element(child),
                Node::Text(text) => self.writer.text(text),
            };
        }
        self.writer.end();
    }

    pub(crate) fn finish(self) -> Bytes {
        Bytes::from(self.writer.into_inner())
    }
}

/// Room for most requests, in bytes.
const CAPACITY: usize = 2048;
const DECLARATION: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
