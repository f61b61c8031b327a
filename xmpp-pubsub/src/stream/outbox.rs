//! Bytes of a stream on their way out.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use wire_xml::{Scope, Writer, XML_NAMESPACE};

use super::{Form, Header, StreamError};
use crate::jid::Jid;
use crate::ns;
use crate::stanza::Stanza;

/// Collects what a session sends, in the form of its transport.
///
/// On TCP, [`poll`](Self::poll) gives all bytes at once. On WebSocket and BOSH it gives one element at a time, each
/// with its namespaces declared, since each is a message, or a child of a body, of its own.
#[derive(Debug)]
pub struct Outbox {
    form: Form,
    /// What the stream header declares for everything after it.
    scope: Scope,
    bytes: BytesMut,
    elements: VecDeque<Bytes>,
}

impl Outbox {
    /// Nothing to send.
    #[must_use]
    pub fn new(form: Form) -> Self {
        let scope = match form {
            Form::Tcp => Scope::new().with("", ns::CLIENT).with("stream", ns::STREAM),
            Form::WebSocket | Form::Bosh => Scope::new(),
        };
        Self {
            form,
            scope,
            bytes: BytesMut::new(),
            elements: VecDeque::new(),
        }
    }

    /// Opens the stream, or opens it anew. BOSH says this in attributes of its own.
    pub fn open(&mut self, header: &Header) {
        match self.form {
            Form::Tcp => {
                self.bytes.extend_from_slice(b"<?xml version='1.0'?>");
                let mut writer = Writer::new(&mut self.bytes);
                let tag = writer.start_prefixed("stream", ns::STREAM, "stream");
                // A prefixed element leaves the default namespace free: it is that of the stanzas.
                header.write_attributes(tag.attr("xmlns", ns::CLIENT));
                writer.finish_tag();
            }
            Form::WebSocket => {
                let mut out = BytesMut::new();
                let mut writer = Writer::new(&mut out);
                header.write_attributes(writer.start(ns::FRAMING, "open"));
                writer.end();
                self.elements.push_back(out.freeze());
            }
            Form::Bosh => {}
        }
    }

    /// Sends what `write` writes: one element.
    pub fn element(&mut self, write: impl FnOnce(&mut Writer<&mut BytesMut>)) {
        match self.form {
            Form::Tcp => write(&mut Writer::within(&mut self.bytes, &self.scope)),
            Form::WebSocket | Form::Bosh => {
                let mut out = BytesMut::new();
                write(&mut Writer::within(&mut out, &self.scope));
                self.elements.push_back(out.freeze());
            }
        }
    }

    /// Sends a stanza.
    pub fn stanza(&mut self, stanza: &Stanza) {
        self.element(|writer| stanza.write(writer));
    }

    /// Sends a stream error. The stream must be open.
    pub fn error(&mut self, error: &StreamError) {
        self.element(|writer| error.write(writer));
    }

    /// Ends the stream. BOSH says this with a terminating body.
    pub fn close(&mut self) {
        match self.form {
            Form::Tcp => self.bytes.extend_from_slice(b"</stream:stream>"),
            Form::WebSocket => {
                let mut out = BytesMut::new();
                Writer::new(&mut out).start(ns::FRAMING, "close").end();
                self.elements.push_back(out.freeze());
            }
            Form::Bosh => {}
        }
    }

    /// The next bytes to send.
    pub fn poll(&mut self) -> Option<Bytes> {
        match self.form {
            Form::Tcp => (!self.bytes.is_empty()).then(|| self.bytes.split().freeze()),
            Form::WebSocket | Form::Bosh => self.elements.pop_front(),
        }
    }
}

impl Header {
    fn write_attributes<B: bytes::BufMut>(&self, tag: wire_xml::Tag<'_, B>) {
        let tag = tag
            .attr_opt("to", self.to.as_ref().map(Jid::as_str))
            .attr_opt("from", self.from.as_ref().map(Jid::as_str))
            .attr_opt("id", self.id.as_deref())
            .attr_opt("version", self.version.as_deref());
        if let Some(lang) = &self.lang {
            tag.attr_ns(XML_NAMESPACE, "lang", lang);
        }
    }
}
