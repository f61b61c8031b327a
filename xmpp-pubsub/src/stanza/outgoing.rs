//! Stanzas on their way out, of which many may be copies of one message.

use core::fmt;
use std::sync::{Arc, OnceLock};

use bytes::{Bytes, BytesMut};
use wire_xml::{Writer, text};

use super::{Message, MessageKind, Payloads, Stanza};
use crate::id::{IdError, StanzaId};
use crate::jid::Jid;
use crate::ns;
use crate::stream::Form;

/// A stanza on its way out: one of its own, or one addressee's copy of a message that goes to many.
///
/// A copy is an address, a number and a reference count. What all copies share is encoded once, when the first of them is,
/// and [`encode`](Self::encode) writes the address and the id of the copy in between.
#[derive(Clone)]
pub struct Outgoing(Repr);

#[derive(Clone)]
enum Repr {
    Own(Box<Stanza>),
    Copy {
        to: Jid,
        number: u64,
        message: Arc<Multicast>,
    },
}

/// A message to many: what all [copies](Multicast::copy) of it share.
#[derive(Debug)]
pub struct Multicast {
    from: Jid,
    /// The first part of each id.
    id: StanzaId,
    kind: MessageKind,
    payloads: Payloads,
    encoded: OnceLock<Encoded>,
}

/// The message from behind its name on, in three pieces: the addressee stands behind the first, the number of the copy behind
/// the second.
#[derive(Debug)]
struct Encoded {
    bytes: Bytes,
    to: usize,
    number: usize,
}

impl Outgoing {
    /// Who sent it.
    #[must_use]
    pub fn sender(&self) -> Option<&Jid> {
        match &self.0 {
            Repr::Own(stanza) => stanza.sender(),
            Repr::Copy { message, .. } => Some(&message.from),
        }
    }

    /// Whom it is for.
    #[must_use]
    pub fn recipient(&self) -> Option<&Jid> {
        match &self.0 {
            Repr::Own(stanza) => stanza.recipient(),
            Repr::Copy { to, .. } => Some(to),
        }
    }

    /// The stanza by itself.
    #[must_use]
    pub fn into_stanza(self) -> Stanza {
        match self.0 {
            Repr::Own(stanza) => *stanza,
            Repr::Copy {
                to,
                number,
                message,
            } => Stanza::Message(message.for_one(to, number)),
        }
    }

    /// Appends the stanza to `out`: on TCP as a child of the stream, whose default namespace is [`ns::CLIENT`], elsewhere
    /// with every namespace declared.
    pub fn encode(&self, form: Form, out: &mut BytesMut) {
        match &self.0 {
            Repr::Own(stanza) => stanza.write(&mut Writer::within(out, form.scope())),
            Repr::Copy {
                to,
                number,
                message,
            } => message.encode(to, *number, form, out),
        }
    }

    /// The stanza as bytes of its own, with every namespace declared.
    #[must_use]
    pub fn to_bytes(&self) -> BytesMut {
        let mut out = BytesMut::new();
        self.encode(Form::WebSocket, &mut out);
        out
    }

    /// The stanza, unless it is a copy.
    pub(crate) fn as_stanza(&self) -> Option<&Stanza> {
        match &self.0 {
            Repr::Own(stanza) => Some(stanza),
            Repr::Copy { .. } => None,
        }
    }

    /// What kind of message it is, if it is one.
    pub(crate) fn message_kind(&self) -> Option<MessageKind> {
        match &self.0 {
            Repr::Own(stanza) => match &**stanza {
                Stanza::Message(message) => Some(message.kind),
                Stanza::Iq(_) | Stanza::Presence(_) => None,
            },
            Repr::Copy { message, .. } => Some(message.kind),
        }
    }

    pub(crate) fn is_presence(&self) -> bool {
        matches!(self.as_stanza(), Some(Stanza::Presence(_)))
    }

    pub(crate) fn is_pubsub_event(&self) -> bool {
        match &self.0 {
            Repr::Own(stanza) => stanza.is_pubsub_event(),
            Repr::Copy { message, .. } => {
                message.payloads.find(ns::PUBSUB_EVENT, "event").is_some()
            }
        }
    }
}

impl From<Stanza> for Outgoing {
    fn from(stanza: Stanza) -> Self {
        Self(Repr::Own(Box::new(stanza)))
    }
}

/// As the stanza by itself.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Own(stanza) => stanza.fmt(f),
            Repr::Copy {
                to,
                number,
                message,
            } => message.for_one(to.clone(), *number).fmt(f),
        }
    }
}

impl Multicast {
    /// A message from `from`. The id of each copy is `id` with a number behind it.
    ///
    /// # Errors
    ///
    /// `id` is so long that no number of 16 digits fits behind it.
    pub fn new(
        from: Jid,
        id: StanzaId,
        kind: MessageKind,
        payloads: Payloads,
    ) -> Result<Self, IdError> {
        let (len, max) = (id.as_str().len(), StanzaId::MAX_LEN - DIGITS);
        if len > max {
            return Err(IdError::TooLong { len, max });
        }
        Ok(Self::numbered(from, id, kind, payloads))
    }

    /// As [`new`](Self::new), with an id of ours, which is short.
    pub(crate) const fn numbered(
        from: Jid,
        id: StanzaId,
        kind: MessageKind,
        payloads: Payloads,
    ) -> Self {
        Self {
            from,
            id,
            kind,
            payloads,
            encoded: OnceLock::new(),
        }
    }

    /// The copy for `to`. `number`, in base 16, ends its id.
    #[must_use]
    pub const fn copy(self: Arc<Self>, to: Jid, number: u64) -> Outgoing {
        Outgoing(Repr::Copy {
            to,
            number,
            message: self,
        })
    }

    fn for_one(&self, to: Jid, number: u64) -> Message {
        let mut message = Message::new(self.kind, self.payloads.clone());
        message.from = Some(self.from.clone());
        message.to = Some(to);
        message.id = Some(self.id.numbered(number));
        message
    }

    fn encode(&self, to: &Jid, number: u64, form: Form, out: &mut BytesMut) {
        let encoded = self.encoded.get_or_init(|| Encoded::new(self));
        let (head, rest) = encoded.bytes.split_at(encoded.to);
        let (middle, tail) = rest.split_at(encoded.number);
        let mut digits = [0; DIGITS];
        out.reserve(ROOM + to.as_str().len() + encoded.bytes.len());
        out.extend_from_slice(b"<message");
        if form != Form::Tcp {
            out.extend_from_slice(b" xmlns=\"jabber:client\"");
        }
        out.extend_from_slice(head);
        text::escape_attribute(to.as_str(), out);
        out.extend_from_slice(middle);
        out.extend_from_slice(hex(number, &mut digits).as_bytes());
        out.extend_from_slice(tail);
    }
}

impl Encoded {
    fn new(message: &Multicast) -> Self {
        let content: usize = message
            .payloads
            .iter()
            .map(|one| one.as_bytes().len())
            .sum();
        let mut bytes = BytesMut::with_capacity(2 * ROOM + content);
        bytes.extend_from_slice(b" from=\"");
        text::escape_attribute(message.from.as_str(), &mut bytes);
        bytes.extend_from_slice(b"\" to=\"");
        let to = bytes.len();
        bytes.extend_from_slice(b"\" id=\"");
        text::escape_attribute(message.id.as_str(), &mut bytes);
        let number = bytes.len() - to;
        bytes.extend_from_slice(b"\"");
        if message.kind != MessageKind::Normal {
            bytes.extend_from_slice(b" type=\"");
            bytes.extend_from_slice(message.kind.as_str().as_bytes());
            bytes.extend_from_slice(b"\"");
        }
        if message.payloads.is_empty() {
            bytes.extend_from_slice(b"/>");
        } else {
            bytes.extend_from_slice(b">");
            for payload in &message.payloads {
                bytes.extend_from_slice(payload.as_bytes());
            }
            bytes.extend_from_slice(b"</message>");
        }
        Self {
            bytes: bytes.freeze(),
            to,
            number,
        }
    }
}

impl StanzaId {
    /// This id with a number behind it, in base 16.
    pub(crate) fn numbered(&self, number: u64) -> Self {
        let mut digits = [0; DIGITS];
        Self::joined(self.as_str(), hex(number, &mut digits))
    }
}

fn hex(number: u64, digits: &mut [u8; DIGITS]) -> &str {
    let mut rest = number;
    let mut first = DIGITS;
    for (place, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b"0123456789abcdef"[(rest & 15) as usize];
        first = place;
        rest >>= 4;
        if rest == 0 {
            break;
        }
    }
    // Both are ASCII and in range: the default is never taken.
    let written = digits.get(first..).unwrap_or_default();
    core::str::from_utf8(written).unwrap_or_default()
}

/// Of a `u64` in base 16.
const DIGITS: usize = 16;
/// Name, namespace and number, in bytes.
const ROOM: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stanza::Payload;

    fn copy(to: &str, kind: MessageKind, payloads: impl Into<Payloads>) -> Outgoing {
        let from = Jid::new("pubsub.localhost").unwrap();
        let id = StanzaId::new("p-").unwrap();
        let message = Arc::new(Multicast::new(from, id, kind, payloads.into()).unwrap());
        message.copy(Jid::new(to).unwrap(), 0x1a2b)
    }

    fn written(outgoing: &Outgoing, form: Form) -> String {
        let mut out = BytesMut::new();
        outgoing.encode(form, &mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn a_copy_has_its_own_address_and_id() {
        let event = Payload::empty("urn:e", "e");
        let copy = copy("a@localhost/r", MessageKind::Headline, event);
        assert_eq!(
            written(&copy, Form::Tcp),
            "<message from=\"pubsub.localhost\" to=\"a@localhost/r\" id=\"p-1a2b\" type=\"headline\">\
             <e xmlns=\"urn:e\"/></message>"
        );
        assert_eq!(
            written(&copy, Form::Bosh),
            "<message xmlns=\"jabber:client\" from=\"pubsub.localhost\" to=\"a@localhost/r\" id=\"p-1a2b\" \
             type=\"headline\"><e xmlns=\"urn:e\"/></message>"
        );
    }

    #[test]
    fn a_copy_is_written_as_the_stanza_by_itself_is() {
        let one = || Payload::empty("urn:e", "e");
        let payloads = [
            Payloads::default(),
            one().into(),
            vec![one(), Payload::empty("urn:f", "f")].into(),
        ];
        for payloads in payloads {
            for kind in [
                MessageKind::Normal,
                MessageKind::Headline,
                MessageKind::Chat,
            ] {
                for to in ["localhost", "a@localhost", "a@localhost/<&\"'>\u{e9}"] {
                    let copy = copy(to, kind, payloads.clone());
                    let own = Outgoing::from(copy.clone().into_stanza());
                    for form in [Form::Tcp, Form::WebSocket, Form::Bosh] {
                        assert_eq!(written(&copy, form), written(&own, form), "{to}");
                    }
                    assert_eq!(copy.to_bytes(), own.to_bytes());
                    assert_eq!(copy.recipient(), own.recipient());
                    assert_eq!(copy.sender(), own.sender());
                    assert_eq!(copy.message_kind(), own.message_kind());
                }
            }
        }
    }

    #[test]
    fn an_id_leaves_room_for_a_number() {
        let new = |len: usize| {
            let id = StanzaId::new(&"i".repeat(len)).unwrap();
            let from = Jid::new("pubsub.localhost").unwrap();
            Multicast::new(from, id, MessageKind::Normal, Payloads::default()).map(drop)
        };
        let max = StanzaId::MAX_LEN - 16;
        assert_eq!(new(max), Ok(()));
        assert_eq!(new(max + 1), Err(IdError::TooLong { len: max + 1, max }));
    }

    #[test]
    fn a_number_has_as_many_digits_as_it_needs() {
        for (number, expected) in [
            (0, "p-0"),
            (15, "p-f"),
            (16, "p-10"),
            (u64::MAX, "p-ffffffffffffffff"),
        ] {
            let id = StanzaId::new("p-").unwrap();
            assert_eq!(id.numbered(number).as_str(), expected);
        }
    }
}
