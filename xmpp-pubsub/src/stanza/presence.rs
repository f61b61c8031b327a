//! Presence. RFC 6121 §4.

use bytes::BufMut;
use wire_xml::Writer;

use super::{Payloads, StanzaError, write_lang};
use crate::id::StanzaId;
use crate::jid::Jid;
use crate::names::closed_names;
use crate::ns;
use crate::other::Other;

closed_names! {
    /// What a presence stanza says. RFC 6121 §4.7.1.
    pub enum PresenceKind {
        /// Here; written as no type at all.
        Available = "available",
        /// Gone.
        Unavailable = "unavailable",
        /// Asks to see presence.
        Subscribe = "subscribe",
        /// Lets see.
        Subscribed = "subscribed",
        /// Wants to see no more.
        Unsubscribe = "unsubscribe",
        /// Refuses, or lets see no more.
        Unsubscribed = "unsubscribed",
        /// A server asks for the present state.
        Probe = "probe",
        /// A presence of ours came back.
        Error = "error",
    }
}

closed_names! {
    /// How available somebody is. RFC 6121 §4.7.2.1.
    pub enum Show {
        /// Not at the desk.
        Away = "away",
        /// Glad to talk.
        Chat = "chat",
        /// Not to be disturbed.
        Dnd = "dnd",
        /// Not at the desk for long.
        Xa = "xa",
    }
}

/// A `presence` stanza.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Presence {
    /// Who sent it; a server sets it for its clients.
    pub from: Option<Jid>,
    /// Whom it is for; absent means everybody who may see it.
    pub to: Option<Jid>,
    /// Chosen by the sender.
    pub id: Option<StanzaId>,
    /// What it says.
    pub kind: PresenceKind,
    /// `xml:lang`.
    pub lang: Option<Box<str>>,
    /// How available.
    pub show: Option<Show>,
    /// Words for people.
    pub status: Option<Box<str>>,
    /// From -128 to 127; a negative one gets nothing that is sent to the bare address (XC-PR-03).
    pub priority: i8,
    /// Capabilities and whatever else it carries.
    pub payloads: Payloads,
    /// Why it came back.
    pub error: Option<Box<StanzaError>>,
    /// Attributes that RFC 6120 does not name. Every child is a payload.
    pub other: Other,
}

impl Presence {
    /// A presence without addresses, priority 0.
    #[must_use]
    pub fn new(kind: PresenceKind) -> Self {
        Self {
            from: None,
            to: None,
            id: None,
            kind,
            lang: None,
            show: None,
            status: None,
            priority: 0,
            payloads: Payloads::default(),
            error: None,
            other: Other::new(),
        }
    }

    /// This presence sent back with a reason.
    #[must_use]
    pub fn to_error(&self, error: StanzaError) -> Self {
        Self {
            from: self.to.clone(),
            to: self.from.clone(),
            id: self.id.clone(),
            error: Some(Box::new(error)),
            ..Self::new(PresenceKind::Error)
        }
    }

    /// Whether who sent it gets what is sent to his bare address: available, priority 0 or more.
    #[must_use]
    pub const fn is_reachable(&self) -> bool {
        matches!(self.kind, PresenceKind::Available) && self.priority >= 0
    }

    /// Writes the stanza where `writer` stands.
    pub fn write<B: BufMut>(&self, writer: &mut Writer<B>) {
        let kind = (self.kind != PresenceKind::Available).then(|| self.kind.as_str());
        let tag = writer
            .start(ns::CLIENT, "presence")
            .attr_opt("from", self.from.as_ref().map(Jid::as_str))
            .attr_opt("to", self.to.as_ref().map(Jid::as_str))
            .attr_opt("id", self.id.as_ref().map(StanzaId::as_str))
            .attr_opt("type", kind);
        write_lang(self.other.write_attributes(tag), self.lang.as_deref());
        if let Some(show) = self.show {
            writer.text_element(ns::CLIENT, "show", show.as_str());
        }
        if let Some(status) = &self.status {
            writer.text_element(ns::CLIENT, "status", status);
        }
        if self.priority != 0 {
            writer.text_element(ns::CLIENT, "priority", &self.priority.to_string());
        }
        for payload in &self.payloads {
            writer.raw(payload.as_bytes());
        }
        if let Some(error) = &self.error {
            error.write(writer);
        }
        writer.end();
    }
}
