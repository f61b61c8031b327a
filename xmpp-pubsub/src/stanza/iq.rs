//! Requests and their answers. RFC 6120 §8.2.3.

use bytes::BufMut;
use wire_xml::Writer;

use super::{Payload, StanzaError, write_lang};
use crate::id::StanzaId;
use crate::jid::Jid;
use crate::ns;
use crate::other::Other;

/// An `iq` stanza.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Iq {
    /// Who sent it; a server sets it for its clients.
    pub from: Option<Jid>,
    /// Whom it is for; absent means the sender's own account.
    pub to: Option<Jid>,
    /// Chosen by the requester, given back in the answer.
    pub id: StanzaId,
    /// `xml:lang`.
    pub lang: Option<Box<str>>,
    /// Request or answer.
    pub content: IqContent,
    /// Attributes that RFC 6120 does not name, and payloads of an answer that has more than the one it may have.
    pub other: Other,
}

/// The four types of [`Iq`], each with what it carries (XC-SZ-03).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum IqContent {
    /// Asks for something.
    Get(Payload),
    /// Asks for a change.
    Set(Payload),
    /// Answers a request.
    Result(Option<Payload>),
    /// Refuses a request.
    Error {
        /// Why.
        error: Box<StanzaError>,
        /// The refused request, where it is repeated.
        request: Option<Payload>,
    },
}

impl Iq {
    /// A request without addresses.
    #[must_use]
    pub const fn new(id: StanzaId, content: IqContent) -> Self {
        Self {
            from: None,
            to: None,
            id,
            lang: None,
            content,
            other: Other::new(),
        }
    }

    /// Sets the addressee.
    #[must_use]
    pub fn with_to(mut self, to: Jid) -> Self {
        self.to = Some(to);
        self
    }

    /// The answer to this request: addresses exchanged, id the same.
    #[must_use]
    pub fn to_result(&self, payload: Option<Payload>) -> Self {
        self.answer(IqContent::Result(payload))
    }

    /// The refusal of this request: addresses exchanged, id the same.
    #[must_use]
    pub fn to_error(&self, error: StanzaError) -> Self {
        self.answer(IqContent::Error {
            error: Box::new(error),
            request: None,
        })
    }

    /// Whether an answer is due.
    #[must_use]
    pub const fn is_request(&self) -> bool {
        matches!(self.content, IqContent::Get(_) | IqContent::Set(_))
    }

    /// Writes the stanza where `writer` stands.
    pub fn write<B: BufMut>(&self, writer: &mut Writer<B>) {
        let kind = match &self.content {
            IqContent::Get(_) => "get",
            IqContent::Set(_) => "set",
            IqContent::Result(_) => "result",
            IqContent::Error { .. } => "error",
        };
        let tag = writer
            .start(ns::CLIENT, "iq")
            .attr_opt("from", self.from.as_ref().map(Jid::as_str))
            .attr_opt("to", self.to.as_ref().map(Jid::as_str))
            .attr("id", self.id.as_str())
            .attr("type", kind);
        write_lang(self.other.write_attributes(tag), self.lang.as_deref());
        match &self.content {
            IqContent::Get(payload) | IqContent::Set(payload) => {
                writer.raw(payload.as_bytes());
            }
            IqContent::Result(payload) => {
                if let Some(payload) = payload {
                    writer.raw(payload.as_bytes());
                }
            }
            IqContent::Error { error, request } => {
                if let Some(request) = request {
                    writer.raw(request.as_bytes());
                }
                error.write(writer);
            }
        }
        self.other.write_elements(writer);
        writer.end();
    }

    fn answer(&self, content: IqContent) -> Self {
        Self {
            from: self.to.clone(),
            to: self.from.clone(),
            id: self.id.clone(),
            lang: None,
            content,
            other: Other::new(),
        }
    }
}
