//! Messages. RFC 6121 §5.

use bytes::BufMut;
use wire_xml::Writer;

use super::{Payloads, StanzaError, write_lang};
use crate::id::StanzaId;
use crate::jid::Jid;
use crate::names::closed_names;
use crate::ns;
use crate::other::Other;

closed_names! {
    /// What kind of message it is, which decides how it is delivered. RFC 6121 §5.2.2.
    pub enum MessageKind {
        /// Stands alone; also what an absent or unknown type means.
        Normal = "normal",
        /// Part of a conversation.
        Chat = "chat",
        /// From or to a room.
        Groupchat = "groupchat",
        /// News that is not stored for later.
        Headline = "headline",
        /// A message of ours came back.
        Error = "error",
    }
}

/// A `message` stanza.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// Who sent it; a server sets it for its clients.
    pub from: Option<Jid>,
    /// Whom it is for.
    pub to: Option<Jid>,
    /// Chosen by the sender.
    pub id: Option<StanzaId>,
    /// How it is delivered. `normal` is written as no type at all.
    pub kind: MessageKind,
    /// `xml:lang`.
    pub lang: Option<Box<str>>,
    /// Body, subject, events and whatever else it carries.
    pub payloads: Payloads,
    /// Why it came back.
    pub error: Option<Box<StanzaError>>,
    /// Attributes that RFC 6120 does not name. Every child is a payload.
    pub other: Other,
}

impl Message {
    /// A message without addresses.
    #[must_use]
    pub fn new(kind: MessageKind, payloads: impl Into<Payloads>) -> Self {
        Self {
            from: None,
            to: None,
            id: None,
            kind,
            lang: None,
            payloads: payloads.into(),
            error: None,
            other: Other::new(),
        }
    }

    /// This message sent back with a reason.
    #[must_use]
    pub fn to_error(&self, error: StanzaError) -> Self {
        Self {
            from: self.to.clone(),
            to: self.from.clone(),
            id: self.id.clone(),
            kind: MessageKind::Error,
            lang: None,
            payloads: Payloads::default(),
            error: Some(Box::new(error)),
            other: Other::new(),
        }
    }

    /// Writes the stanza where `writer` stands.
    pub fn write<B: BufMut>(&self, writer: &mut Writer<B>) {
        let kind = (self.kind != MessageKind::Normal).then(|| self.kind.as_str());
        let tag = writer
            .start(ns::CLIENT, "message")
            .attr_opt("from", self.from.as_ref().map(Jid::as_str))
            .attr_opt("to", self.to.as_ref().map(Jid::as_str))
            .attr_opt("id", self.id.as_ref().map(StanzaId::as_str))
            .attr_opt("type", kind);
        write_lang(self.other.write_attributes(tag), self.lang.as_deref());
        for payload in &self.payloads {
            writer.raw(payload.as_bytes());
        }
        if let Some(error) = &self.error {
            error.write(writer);
        }
        writer.end();
    }
}
