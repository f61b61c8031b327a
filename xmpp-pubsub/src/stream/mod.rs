//! Streams: how stanzas follow each other on a transport. RFC 6120 §4, RFC 7395, XEP-0206.
//!
//! | form | opening | a stanza | end |
//! | --- | --- | --- | --- |
//! | [`Form::Tcp`] | `<stream:stream …>` | child of the stream | `</stream:stream>` |
//! | [`Form::WebSocket`] | `<open …/>` | a message of its own | `<close/>` |
//! | [`Form::Bosh`] | attributes of the first body | child of a body | `type="terminate"` |
//!
//! On WebSocket and BOSH each element declares all its namespaces: there is no stream element to take them from. After
//! login all three open anew: a header, an `<open/>`, a restart request.
//!
//! Readers turn bytes into [`Frame`]s, the [`Outbox`] turns elements into bytes; what is between is the same for all
//! three.

mod bosh;
mod error;
mod features;
mod outbox;
mod tcp;
mod websocket;

use std::sync::LazyLock;

use bytes::Bytes;
use wire_xml::{Element, Limits, Name, Profile, Reader, Scope, Str, XML_NAMESPACE};

use crate::error::DecodeError;
use crate::jid::Jid;
use crate::ns;
use crate::stanza::Stanza;

pub use bosh::fragments;
pub use error::{StreamCondition, StreamError};
pub use features::{Features, StartTls};
pub use outbox::Outbox;
pub use tcp::TcpFraming;
pub use websocket::{SUBPROTOCOL, SeeOtherUri, decode_message};

pub(crate) use bosh::end_of_stream;

/// The transports that a stream can run on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// One XML document in each direction. RFC 6120 §4.
    Tcp,
    /// One element in each message. RFC 7395.
    WebSocket,
    /// Elements inside bodies, which another layer makes. XEP-0206.
    Bosh,
}

impl Form {
    /// What is in force where the elements of a stream of ours stand.
    pub(crate) fn scope(self) -> &'static Scope {
        match self {
            Self::Tcp => &IN_STREAM,
            Self::WebSocket | Self::Bosh => &ALONE,
        }
    }
}

/// What the header of a TCP stream declares for everything behind it.
static IN_STREAM: LazyLock<Scope> =
    LazyLock::new(|| Scope::new().with("", ns::CLIENT).with("stream", ns::STREAM));
static ALONE: LazyLock<Scope> = LazyLock::new(Scope::new);

/// What opens a stream. RFC 6120 §4.7.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Header {
    /// The domain asked for, or the user's address in an answer.
    pub to: Option<Jid>,
    /// The user's address, or the domain in an answer.
    pub from: Option<Jid>,
    /// The id that a server gives.
    pub id: Option<String>,
    /// The version, such as `1.0`.
    pub version: Option<String>,
    /// `xml:lang`.
    pub lang: Option<String>,
}

/// A part of a stream.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Frame {
    /// The stream begins, or begins anew.
    Open(Header),
    /// A stanza, or an element of the negotiation.
    Fragment(Fragment),
    /// The stream ends.
    Close,
    /// The stream ends here, and goes on at another endpoint. WebSocket only.
    Moved(SeeOtherUri),
}

/// An element of a stream as it came, with the namespaces that it inherits. Only its name is printed: it may hold a
/// password.
#[derive(Clone, Eq, PartialEq)]
pub struct Fragment {
    name: Name<'static>,
    xml: Bytes,
    scope: Scope,
}

impl Fragment {
    /// Takes an element out of a place in which `scope` was in force, such as a child of a BOSH body.
    ///
    /// # Errors
    ///
    /// If the bytes do not begin with a start tag.
    pub fn new(xml: Bytes, scope: Scope, limits: &Limits) -> Result<Self, wire_xml::Error> {
        let mut reader = Reader::document_in(&xml, Profile::Xmpp, limits, &scope)?;
        let name = match reader.next_event()? {
            Some(wire_xml::Event::Start(start)) => Name::new(
                ns::intern(start.name.ns()),
                Str::from(start.name.local()).to_shared(),
            ),
            // A document reader starts with its root or fails.
            Some(_) | None => Name::new("", ""),
        };
        drop(reader);
        Ok(Self { name, xml, scope })
    }

    /// The expanded name.
    #[must_use]
    pub const fn name(&self) -> &Name<'static> {
        &self.name
    }

    /// The stanza that it is.
    ///
    /// # Errors
    ///
    /// As [`Stanza::decode`].
    pub fn to_stanza(&self, limits: &Limits) -> Result<Stanza, DecodeError> {
        Stanza::decode(&self.xml, &self.scope, limits)
    }

    /// The tree.
    ///
    /// # Errors
    ///
    /// If it is not well-formed, or passes a limit.
    pub fn to_element(&self, limits: &Limits) -> Result<Element, wire_xml::Error> {
        Element::parse_in(&self.xml, Profile::Xmpp, limits, &self.scope)
    }
}

impl core::fmt::Debug for Fragment {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Fragment({}, ..)", self.name)
    }
}

impl Header {
    /// The header of a client: it asks for a domain.
    #[must_use]
    pub fn to_domain(domain: Jid) -> Self {
        Self {
            to: Some(domain),
            version: Some("1.0".to_owned()),
            ..Self::default()
        }
    }

    /// Whether the version is 1 of any minor.
    #[must_use]
    pub fn is_version_1(&self) -> bool {
        self.version
            .as_deref()
            .is_some_and(|version| version.starts_with("1."))
    }

    /// Reads the attributes of the start tag read last.
    fn read(reader: &Reader<'_>) -> Result<Self, StreamError> {
        let jid = |field| Self::address(field, reader.attribute("", field));
        Ok(Self {
            to: jid("to")?,
            from: jid("from")?,
            id: reader.attribute("", "id").map(str::to_owned),
            version: reader.attribute("", "version").map(str::to_owned),
            lang: reader.attribute(XML_NAMESPACE, "lang").map(str::to_owned),
        })
    }

    /// What `to` or `from` says.
    fn address(field: &str, value: Option<&str>) -> Result<Option<Jid>, StreamError> {
        value.map(Jid::new).transpose().map_err(|error| {
            StreamError::new(
                match field {
                    "to" => StreamCondition::HOST_UNKNOWN,
                    _ => StreamCondition::INVALID_FROM,
                },
                &error.to_string(),
            )
        })
    }
}
