//! Bytes of a stream on their way out.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use wire_xml::{Writer, XML_NAMESPACE};

use super::{Form, Header, SeeOtherUri, StreamError};
use crate::jid::Jid;
use crate::ns;
use crate::stanza::{Outgoing, Stanza};

/// Collects what a session sends, in the form of its transport.
///
/// On TCP, [`poll`](Self::poll) gives all bytes at once. On WebSocket and BOSH it gives one element at a time, each
/// with its namespaces declared, since each is a message, or a child of a body, of its own.
#[derive(Debug)]
#[repr(C)]
pub struct Outbox {
    form: Form,
    /// The stream was ended: nothing follows.
    ended: bool,
    bytes: BytesMut,
    elements: VecDeque<Bytes>,
    /// On BOSH: what the terminating body carries.
    farewell: Option<Bytes>,
}

impl Outbox {
    /// Nothing to send.
    #[must_use]
    pub fn new(form: Form) -> Self {
        Self {
            form,
            bytes: BytesMut::new(),
            elements: VecDeque::new(),
            farewell: None,
            ended: false,
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

    /// Sends what `write` writes: one element. Nothing is sent behind the end of the stream.
    pub fn element(&mut self, write: impl FnOnce(&mut Writer<&mut BytesMut>)) {
        if self.ended {
            return;
        }
        match self.form {
            Form::Tcp => write(&mut Writer::within(&mut self.bytes, self.form.scope())),
            Form::WebSocket | Form::Bosh => {
                let mut out = BytesMut::new();
                write(&mut Writer::within(&mut out, self.form.scope()));
                self.elements.push_back(out.freeze());
            }
        }
    }

    /// Sends a stanza.
    pub fn stanza(&mut self, stanza: &Stanza) {
        self.element(|writer| stanza.write(writer));
    }

    /// Sends a stanza on.
    pub fn outgoing(&mut self, outgoing: &Outgoing) {
        if self.ended {
            return;
        }
        match self.form {
            Form::Tcp => outgoing.encode(self.form, &mut self.bytes),
            Form::WebSocket | Form::Bosh => {
                let mut out = BytesMut::new();
                outgoing.encode(self.form, &mut out);
                self.elements.push_back(out.freeze());
            }
        }
    }

    /// Sends a stanza on behind all that waits. On TCP the bytes of both are appended to `out`, and nothing waits any more;
    /// elsewhere, where each element is apart from others, they are left to [`poll`](Self::poll).
    pub fn outgoing_into(&mut self, outgoing: &Outgoing, out: &mut BytesMut) {
        if self.form != Form::Tcp {
            return self.outgoing(outgoing);
        }
        if !self.bytes.is_empty() {
            out.extend_from_slice(&self.bytes.split());
        }
        if !self.ended {
            outgoing.encode(self.form, out);
        }
    }

    /// Sends a stream error. The stream must be open. BOSH says it in the terminating body
    /// ([`take_error`](Self::take_error)).
    pub fn error(&mut self, error: &StreamError) {
        if self.ended {
            return;
        }
        self.element(|writer| error.write(writer));
        if self.form == Form::Bosh {
            self.farewell = self.elements.pop_back();
        }
    }

    /// On BOSH: the stream error that goes into the terminating body. XEP-0206 §6.
    pub fn take_error(&mut self) -> Option<Bytes> {
        self.farewell.take()
    }

    /// Ends the stream, once. BOSH says this with a terminating body.
    pub fn close(&mut self) {
        if core::mem::replace(&mut self.ended, true) {
            return;
        }
        match self.form {
            Form::Tcp => self.bytes.extend_from_slice(b"</stream:stream>"),
            Form::WebSocket => self.close_frame(None),
            Form::Bosh => {}
        }
    }

    /// Ends the stream, which goes on elsewhere. Only WebSocket can say so; nothing happens on others. RFC 7395 §3.6.1.
    pub fn redirect(&mut self, to: &SeeOtherUri) {
        if self.form == Form::WebSocket && !core::mem::replace(&mut self.ended, true) {
            self.close_frame(Some(to.as_str()));
        }
    }

    fn close_frame(&mut self, see_other_uri: Option<&str>) {
        let mut out = BytesMut::new();
        let mut writer = Writer::new(&mut out);
        writer
            .start(ns::FRAMING, "close")
            .attr_opt("see-other-uri", see_other_uri);
        writer.end();
        self.elements.push_back(out.freeze());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stanza::{Presence, PresenceKind};

    fn presence() -> Outgoing {
        Stanza::from(Presence::new(PresenceKind::Available)).into()
    }

    #[test]
    fn on_tcp_what_waits_goes_before_a_stanza_that_is_handed_on() {
        let mut outbox = Outbox::new(Form::Tcp);
        outbox.element(|writer| {
            writer.start(ns::CLIENT, "iq").end();
        });
        let mut out = BytesMut::from("<before/>");
        outbox.outgoing_into(&presence(), &mut out);
        assert_eq!(out, "<before/><iq/><presence/>");
        assert_eq!(outbox.poll(), None);
        outbox.close();
        outbox.outgoing_into(&presence(), &mut out);
        assert_eq!(out, "<before/><iq/><presence/></stream:stream>");
    }

    #[test]
    fn elsewhere_a_stanza_that_is_handed_on_is_an_element_of_its_own() {
        let mut outbox = Outbox::new(Form::WebSocket);
        let mut out = BytesMut::new();
        outbox.outgoing_into(&presence(), &mut out);
        outbox.outgoing(&presence());
        assert!(out.is_empty());
        for _ in 0..2 {
            let element = outbox.poll();
            assert_eq!(
                element.as_deref(),
                Some(&b"<presence xmlns=\"jabber:client\"/>"[..])
            );
        }
        assert_eq!(outbox.poll(), None);
    }
}
