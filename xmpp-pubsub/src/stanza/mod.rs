//! The three stanzas. RFC 6120 §8.

mod error;
mod iq;
mod message;
mod outgoing;
mod payload;
mod presence;

use core::ops::Range;
use std::borrow::Cow;
use std::str::FromStr;

use bytes::{BufMut, Bytes, BytesMut};
use smallvec::SmallVec;
use wire_xml::{Element, Event, Limits, Profile, Reader, Scope, Start, Tag, Writer, XML_NAMESPACE};

use crate::error::{DecodeError, Malformed};
use crate::id::StanzaId;
use crate::jid::Jid;
use crate::ns;
use crate::other::Other;
use crate::shared::Stretch;

pub use error::{Condition, ErrorType, PubSubCondition, StanzaError};
pub use iq::{Iq, IqContent};
pub use message::{Message, MessageKind};
pub use outgoing::{Multicast, Outgoing};
pub use payload::{Payload, Payloads};
pub use presence::{Presence, PresenceKind, Show};

/// One stanza of a stream.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Stanza {
    /// A request or its answer.
    Iq(Iq),
    /// A message.
    Message(Message),
    /// A presence.
    Presence(Presence),
}

impl Stanza {
    /// Reads one stanza that was cut out of a stream in which `scope` was in force. What it carries is copied,
    /// so that nothing of the input is kept.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Xml`] for bytes that end the stream, [`DecodeError::Unexpected`] for an element that is no stanza,
    /// [`DecodeError::Stanza`] for a stanza that can be answered with an error.
    pub fn decode(input: &[u8], scope: &Scope, limits: &Limits) -> Result<Self, DecodeError> {
        let copy = |range| Bytes::copy_from_slice(input.get(range).unwrap_or_default());
        Self::read(input, scope, limits, copy)
    }

    /// As [`decode`](Self::decode), but what the stanza carries stays where it is: payloads that declare the namespaces
    /// they use are slices of `input` and keep all of it in memory. What is to outlive the input is detached
    /// ([`Stanza::detach`], [`Payload::detach`]).
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn decode_shared(
        input: &Bytes,
        scope: &Scope,
        limits: &Limits,
    ) -> Result<Self, DecodeError> {
        Self::read(input, scope, limits, |range| input.slice(range))
    }

    /// The same stanza with nothing left in it that is a slice of an input, or shared with another stanza.
    #[must_use]
    pub fn detach(&self) -> Self {
        let mut stanza = self.clone();
        let (from, to, payloads) = match &mut stanza {
            Self::Iq(iq) => {
                iq.id = iq.id.detach();
                match &mut iq.content {
                    IqContent::Get(payload)
                    | IqContent::Set(payload)
                    | IqContent::Result(Some(payload))
                    | IqContent::Error {
                        request: Some(payload),
                        ..
                    } => *payload = payload.detach(),
                    IqContent::Result(None) | IqContent::Error { request: None, .. } => {}
                }
                (&mut iq.from, &mut iq.to, None)
            }
            Self::Message(message) => {
                message.id = message.id.as_ref().map(StanzaId::detach);
                (
                    &mut message.from,
                    &mut message.to,
                    Some(&mut message.payloads),
                )
            }
            Self::Presence(presence) => {
                presence.id = presence.id.as_ref().map(StanzaId::detach);
                (
                    &mut presence.from,
                    &mut presence.to,
                    Some(&mut presence.payloads),
                )
            }
        };
        for jid in [from, to].into_iter().flatten() {
            *jid = jid.detach();
        }
        if let Some(payloads) = payloads {
            *payloads = payloads.detach();
        }
        stanza
    }

    fn read(
        input: &[u8],
        scope: &Scope,
        limits: &Limits,
        share: impl Fn(Range<usize>) -> Bytes,
    ) -> Result<Self, DecodeError> {
        let mut reader = Reader::document_in(input, Profile::Xmpp, limits, scope)?;
        let Some(Event::Start(start)) = reader.next_event()? else {
            return Err(DecodeError::Unexpected {
                name: String::new(),
            });
        };
        let head = Head::read(&start, &reader, input)?;
        let body = Body::read(input, &mut reader, limits, share)?;
        let address = |address: &Result<Option<Jid>, _>| address.as_ref().ok().cloned().flatten();
        let (from, to) = (address(&head.from), address(&head.to));
        let is_request =
            head.local == Local::Iq && matches!(head.kind.as_deref(), Some("get" | "set"));
        let request = if is_request {
            head.id.as_ref().ok().cloned().flatten()
        } else {
            None
        };
        head.build(body).map_err(|reason| {
            DecodeError::Stanza(Box::new(Malformed {
                reason,
                request,
                from,
                to,
            }))
        })
    }

    /// Reads a stanza that stands alone, with every namespace declared.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn parse(input: &[u8], limits: &Limits) -> Result<Self, DecodeError> {
        Self::decode(input, &Scope::new(), limits)
    }

    /// Writes the stanza where `writer` stands.
    pub fn write<B: BufMut>(&self, writer: &mut Writer<B>) {
        match self {
            Self::Iq(iq) => iq.write(writer),
            Self::Message(message) => message.write(writer),
            Self::Presence(presence) => presence.write(writer),
        }
    }

    /// The stanza as bytes of its own, with every namespace declared.
    #[must_use]
    pub fn to_bytes(&self) -> BytesMut {
        let mut out = BytesMut::new();
        self.write(&mut Writer::new(&mut out));
        out
    }

    /// Who sent it.
    #[must_use]
    pub const fn sender(&self) -> Option<&Jid> {
        match self {
            Self::Iq(iq) => iq.from.as_ref(),
            Self::Message(message) => message.from.as_ref(),
            Self::Presence(presence) => presence.from.as_ref(),
        }
    }

    /// Whom it is for.
    #[must_use]
    pub const fn recipient(&self) -> Option<&Jid> {
        match self {
            Self::Iq(iq) => iq.to.as_ref(),
            Self::Message(message) => message.to.as_ref(),
            Self::Presence(presence) => presence.to.as_ref(),
        }
    }

    /// Says who sent it.
    pub fn set_sender(&mut self, from: Option<Jid>) {
        match self {
            Self::Iq(iq) => iq.from = from,
            Self::Message(message) => message.from = from,
            Self::Presence(presence) => presence.from = from,
        }
    }

    /// `xml:lang`.
    #[must_use]
    pub fn lang(&self) -> Option<&str> {
        match self {
            Self::Iq(iq) => iq.lang.as_deref(),
            Self::Message(message) => message.lang.as_deref(),
            Self::Presence(presence) => presence.lang.as_deref(),
        }
    }

    /// Sets `xml:lang`.
    pub fn set_lang(&mut self, lang: Option<Box<str>>) {
        match self {
            Self::Iq(iq) => iq.lang = lang,
            Self::Message(message) => message.lang = lang,
            Self::Presence(presence) => presence.lang = lang,
        }
    }

    pub(crate) fn is_pubsub_event(&self) -> bool {
        match self {
            Self::Message(message) => message.payloads.find(ns::PUBSUB_EVENT, "event").is_some(),
            Self::Iq(_) | Self::Presence(_) => false,
        }
    }
}

impl From<Iq> for Stanza {
    fn from(iq: Iq) -> Self {
        Self::Iq(iq)
    }
}

impl From<Message> for Stanza {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl From<Presence> for Stanza {
    fn from(presence: Presence) -> Self {
        Self::Presence(presence)
    }
}

/// `xml:lang`, the last attribute that each stanza writes.
fn write_lang<B: BufMut>(tag: Tag<'_, B>, lang: Option<&str>) {
    if let Some(lang) = lang {
        tag.attr_ns(XML_NAMESPACE, "lang", lang);
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Local {
    Iq,
    Message,
    Presence,
}

impl Local {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Iq => "iq",
            Self::Message => "message",
            Self::Presence => "presence",
        }
    }
}

/// The attributes of a stanza, each as good as it is: a bad one must not hide the others from the answer.
struct Head<'a> {
    local: Local,
    from: Result<Option<Jid>, DecodeError>,
    to: Result<Option<Jid>, DecodeError>,
    id: Result<Option<StanzaId>, DecodeError>,
    kind: Option<Cow<'a, str>>,
    lang: Option<Box<str>>,
    other: Other,
}

impl<'a> Head<'a> {
    fn read(start: &Start<'_>, reader: &Reader<'a>, input: &[u8]) -> Result<Self, DecodeError> {
        let local = match start.name.parts() {
            (ns::CLIENT, "iq") => Local::Iq,
            (ns::CLIENT, "message") => Local::Message,
            (ns::CLIENT, "presence") => Local::Presence,
            _ => {
                return Err(DecodeError::Unexpected {
                    name: start.name.to_string(),
                });
            }
        };
        let element = local.as_str();
        let [from, to, id] = ["from", "to", "id"].map(|field| reader.attribute("", field));
        let mut stretch = Stretch::over(input, [from, to, id]);
        let mut jid = |text: Option<&str>, field| {
            text.map(|text| Jid::within(text, &mut stretch))
                .transpose()
                .map_err(|error| DecodeError::Jid {
                    element,
                    field,
                    error,
                })
        };
        let (from, to) = (jid(from, "from"), jid(to, "to"));
        let id = id
            .map(|id| StanzaId::within(id, &mut stretch))
            .transpose()
            .map_err(|error| DecodeError::Id {
                element,
                field: "id",
                error,
            });
        Ok(Self {
            local,
            from,
            to,
            id,
            kind: reader
                .attributes()
                .iter()
                .find(|attribute| attribute.name.is("", "type"))
                .map(|attribute| attribute.value.clone()),
            lang: reader.attribute(XML_NAMESPACE, "lang").map(Box::from),
            other: Other::of_tag(reader, ATTRIBUTES),
        })
    }

    fn build(self, body: Body) -> Result<Stanza, DecodeError> {
        Ok(match self.local {
            Local::Iq => Stanza::Iq(self.into_iq(body)?),
            Local::Message => Stanza::Message(self.into_message(body)?),
            Local::Presence => Stanza::Presence(self.into_presence(body)?),
        })
    }

    fn into_iq(self, body: Body) -> Result<Iq, DecodeError> {
        let missing = |field| DecodeError::Missing {
            element: "iq",
            field,
        };
        let id = self.id?.ok_or_else(|| missing("id"))?;
        let kind = self.kind.ok_or_else(|| missing("type"))?;
        let payloads = body.payloads;
        let mut other = self.other;
        let mut first = |payloads: SmallVec<[Payload; 1]>| -> Result<Option<Payload>, DecodeError> {
            let mut payloads = payloads.into_iter();
            let first = payloads.next();
            for more in payloads {
                other = core::mem::take(&mut other).with_element(more.to_element()?);
            }
            Ok(first)
        };
        let only = |payloads: SmallVec<[Payload; 1]>| -> Result<Payload, DecodeError> {
            let mut payloads = payloads.into_iter();
            match (payloads.next(), payloads.next()) {
                (Some(payload), None) => Ok(payload),
                _ => Err(DecodeError::Invalid {
                    element: "iq",
                    field: "content",
                }),
            }
        };
        let content = match &*kind {
            "get" => IqContent::Get(only(payloads)?),
            "set" => IqContent::Set(only(payloads)?),
            "result" => IqContent::Result(first(payloads)?),
            "error" => IqContent::Error {
                error: body.error.ok_or_else(|| missing("error"))?,
                request: first(payloads)?,
            },
            _ => {
                return Err(DecodeError::Invalid {
                    element: "iq",
                    field: "type",
                });
            }
        };
        Ok(Iq {
            from: self.from?,
            to: self.to?,
            id,
            lang: self.lang,
            content,
            other,
        })
    }

    fn into_message(self, body: Body) -> Result<Message, DecodeError> {
        // XC-SZ-06: an unknown type is `normal`.
        let kind = self.kind.as_deref().and_then(MessageKind::from_name);
        Ok(Message {
            from: self.from?,
            to: self.to?,
            id: self.id?,
            kind: kind.unwrap_or(MessageKind::Normal),
            lang: self.lang,
            payloads: body.payloads.into(),
            error: body.error,
            other: self.other,
        })
    }

    fn into_presence(self, body: Body) -> Result<Presence, DecodeError> {
        let invalid = |field| DecodeError::Invalid {
            element: "presence",
            field,
        };
        let kind = match self.kind.as_deref() {
            None => PresenceKind::Available,
            Some("available") => return Err(invalid("type")),
            Some(name) => PresenceKind::from_name(name).ok_or_else(|| invalid("type"))?,
        };
        let mut presence = Presence {
            from: self.from?,
            to: self.to?,
            id: self.id?,
            lang: self.lang,
            error: body.error,
            other: self.other,
            ..Presence::new(kind)
        };
        let mut others = SmallVec::new();
        for payload in body.payloads {
            match payload.name().parts() {
                (ns::CLIENT, "show") => {
                    let show = payload.to_element()?;
                    presence.show =
                        Some(Show::from_name(show.text().trim()).ok_or_else(|| invalid("show"))?);
                }
                (ns::CLIENT, "priority") => {
                    let priority = payload.to_element()?;
                    presence.priority =
                        i8::from_str(priority.text().trim()).map_err(|_| invalid("priority"))?;
                }
                (ns::CLIENT, "status") if presence.status.is_none() => {
                    presence.status = Some(Box::from(&*payload.to_element()?.text()));
                }
                _ => others.push(payload),
            }
        }
        presence.payloads = others.into();
        Ok(presence)
    }
}

/// The attributes that [`Head`] has fields for.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("", "from"),
    ("", "to"),
    ("", "id"),
    ("", "type"),
    (XML_NAMESPACE, "lang"),
];

/// The children of a stanza.
struct Body {
    payloads: SmallVec<[Payload; 1]>,
    error: Option<Box<StanzaError>>,
}

impl Body {
    fn read(
        input: &[u8],
        reader: &mut Reader<'_>,
        limits: &Limits,
        share: impl Fn(Range<usize>) -> Bytes,
    ) -> Result<Self, DecodeError> {
        let mut body = Self {
            payloads: SmallVec::new(),
            error: None,
        };
        while let Some(event) = reader.next_event()? {
            let Event::Start(start) = event else {
                continue;
            };
            let skipped = reader.skip()?;
            let xml = input.get(skipped.range.clone()).unwrap_or_default();
            if start.name.is(ns::CLIENT, "error") {
                let element = Element::parse_in(xml, Profile::Xmpp, limits, &reader.scope())?;
                body.error = Some(Box::new(StanzaError::from_element(&element)?));
            } else if skipped.standalone {
                let payload = Payload::slice(&start.name, input, skipped.range, &share);
                body.payloads.push(payload);
            } else {
                let payload = Payload::cut(&start.name, xml, &reader.scope(), limits)?;
                body.payloads.push(payload);
            }
        }
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_rule_names_is_written_again() {
        for source in [
            r#"<message xmlns="jabber:client" to="a.b" more="1"/>"#,
            r#"<presence xmlns="jabber:client" more="1"/>"#,
            r#"<iq xmlns="jabber:client" id="1" type="result" more="1"><a xmlns="urn:a"/><b xmlns="urn:b"/></iq>"#,
            r#"<iq xmlns="jabber:client" id="1" type="result" xmlns:n0="urn:n" n0:more="1"/>"#,
        ] {
            let stanza = Stanza::parse(source.as_bytes(), &Limits::default()).unwrap();
            let written = stanza.to_bytes();
            let again = Stanza::parse(&written, &Limits::default()).unwrap();
            assert_eq!(again, stanza);
            let read =
                |bytes: &[u8]| Element::parse(bytes, Profile::Xmpp, &Limits::default()).unwrap();
            assert_eq!(read(&written), read(source.as_bytes()));
        }
    }
}
