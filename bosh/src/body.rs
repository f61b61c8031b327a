//! The wrapper element: `<body/>` with its attributes and payloads (XEP-0124 §6, XEP-0206).

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use wire_xml::{AttributeRef, Event, Limits, Name, Profile, Reader, Scope, Str, Tag, Writer};

use crate::condition::Condition;
use crate::error::DecodeError;
use crate::ns;
use crate::payload::Payload;
use crate::rid::{Rid, Sid, parse_unsigned};

/// A wrapper as it is read or written: one type for requests and responses, since their
/// attributes overlap.
///
/// Times are in the unit of the attribute. `None` means that the attribute is not there.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Body {
    /// Request id; in every request.
    pub rid: Option<Rid>,
    /// Session id; in every request but the first, and in the creation response.
    pub sid: Option<Sid>,
    /// Highest request (or response) received with all below it. In a creation request, 1 says
    /// that acknowledgements will come (§9).
    pub ack: Option<Rid>,
    /// What the wrapper is about, apart from carrying payloads.
    pub kind: BodyKind,
    /// Terminal condition (§17.2).
    pub condition: Option<Condition>,
    /// Domain that the client wants, or address for a restart.
    pub to: Option<String>,
    /// Originator of the stream, or identity of the backend.
    pub from: Option<String>,
    /// `proto:host:port` for a proxying connection manager; not a URI.
    pub route: Option<String>,
    /// `xml:lang`.
    pub lang: Option<String>,
    /// Highest version of BOSH.
    pub ver: Option<Version>,
    /// Seconds that a request may be held.
    pub wait: Option<u32>,
    /// Requests that may be held.
    pub hold: Option<u32>,
    /// Requests that may be unanswered.
    pub requests: Option<u32>,
    /// Seconds between polls, at least.
    pub polling: Option<u32>,
    /// Seconds without a request, at most.
    pub inactivity: Option<u32>,
    /// Longest pause in seconds.
    pub maxpause: Option<u32>,
    /// Seconds of silence asked for now.
    pub pause: Option<u32>,
    /// Content-Type that the client needs.
    pub content: Option<String>,
    /// Content codings that the server decompresses.
    pub accept: Option<String>,
    /// Character encodings that the server converts.
    pub charsets: Option<String>,
    /// Next key of a sequence (§15).
    pub key: Option<String>,
    /// First key of a new sequence.
    pub newkey: Option<String>,
    /// First response that the client seems to miss (§9.2).
    pub report: Option<Rid>,
    /// Milliseconds since that response was sent.
    pub time: Option<u64>,
    /// Name of the stream (§16).
    pub stream: Option<String>,
    /// Stream id for XEP-0078.
    pub authid: Option<String>,
    /// Whether the backend link is secure; old, still sent by servers.
    pub secure: Option<bool>,
    /// Version of XMPP (`xmpp:version`).
    pub xmpp_version: Option<Version>,
    /// Whether a new stream is asked for (`xmpp:restart`).
    pub restart: bool,
    /// Whether the server supports restarts (`xmpp:restartlogic`).
    pub restartlogic: Option<bool>,
    /// Where to go instead, of a wrapper with [`Condition::SeeOtherUri`].
    pub uri: Option<String>,
    /// Attributes that none of the above describes, as (expanded name, value).
    pub other: Vec<(Name<'static>, String)>,
    /// The payloads in order.
    pub payloads: Vec<Payload>,
}

/// The `type` of a wrapper. A value that is none of these is read as [`BodyKind::Normal`], but
/// `terminal`, which some software writes, as [`BodyKind::Terminate`].
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum BodyKind {
    /// No type.
    #[default]
    Normal,
    /// The session ends (§13, §17.2).
    Terminate,
    /// A recoverable condition (§17.3): the request is to be sent again.
    Error,
}

/// `major.minor`, two integers: 1.10 is newer than 1.6 (§7.1).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Version {
    /// Before the dot.
    pub major: u32,
    /// Behind the dot.
    pub minor: u32,
}

impl Version {
    /// Joins two numbers.
    #[must_use]
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// Reads `major.minor`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (major, minor) = wire_xml::text::trim(text).split_once('.')?;
        let number = |text: &str| {
            let digits = text.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|_| digits)
        };
        Some(Self {
            major: number(major)?,
            minor: number(minor)?,
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Reads wrappers within limits.
#[derive(Clone, Copy, Debug)]
pub struct BodyCodec {
    limits: Limits,
    max_payloads: usize,
}

impl BodyCodec {
    /// Reads wrappers as long and deep as `limits` allows, with at most 1,024 payloads.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            max_payloads: 1024,
        }
    }

    /// Sets the most payloads in one wrapper.
    #[must_use]
    pub const fn with_max_payloads(mut self, count: usize) -> Self {
        self.max_payloads = count;
        self
    }

    /// What a wrapper is read under.
    #[cfg(feature = "serde")]
    pub(crate) const fn limits(&self) -> &Limits {
        &self.limits
    }

    #[cfg(feature = "serde")]
    pub(crate) const fn max_payloads(&self) -> usize {
        self.max_payloads
    }

    /// Reads a wrapper. Payloads are checked to their last byte and sliced from `bytes`.
    ///
    /// # Errors
    ///
    /// If XEP-0124 §6 forbids what came, an attribute is not of its type, or a limit is passed.
    pub fn decode(&self, bytes: &Bytes) -> Result<Body, DecodeError> {
        let mut reader = Reader::document(bytes, Profile::Xmpp, &self.limits)?;
        let Some(Event::Start(start)) = reader.next_event()? else {
            return Err(DecodeError::NotBody);
        };
        if !start.name.is(ns::HTTPBIND, "body") {
            return Err(DecodeError::NotBody);
        }
        let mut body = Body::default();
        for attribute in reader.attributes() {
            body.read_attribute(attribute)?;
        }
        let scope = if start.self_closing {
            Scope::new()
        } else {
            payload_scope(&reader.scope())
        };
        while let Some(event) = reader.next_event()? {
            match event {
                Event::Start(start) => {
                    if start.name.is(ns::HTTPBIND, "uri")
                        && body.condition == Some(Condition::SeeOtherUri)
                    {
                        body.uri = Some(read_uri(&mut reader)?);
                        continue;
                    }
                    if body.payloads.len() >= self.max_payloads {
                        return Err(DecodeError::TooManyPayloads {
                            max: self.max_payloads,
                        });
                    }
                    let range = reader.skip_element()?;
                    let bytes = bytes.slice(range);
                    let name = if start.name.ns() == ns::HTTPBIND {
                        inherited_name(&bytes, &self.limits, &scope)?
                    } else {
                        shared_name(&start.name)
                    };
                    body.payloads.push(Payload {
                        name,
                        bytes,
                        scope: scope.clone(),
                    });
                }
                Event::Text(text) if wire_xml::text::trim(&text).is_empty() => {}
                Event::Text(_) => {
                    return Err(DecodeError::Text {
                        offset: reader.position(),
                    });
                }
                Event::End => {}
            }
        }
        Ok(body)
    }
}

impl Default for BodyCodec {
    /// A wrapper may hold 1 MiB, nested 64 deep, as [`Limits`] has it.
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Body {
    /// An empty request.
    #[must_use]
    pub fn request(rid: Rid, sid: Option<Sid>) -> Self {
        Self {
            rid: Some(rid),
            sid,
            ..Self::default()
        }
    }

    /// The end of a session, with a reason if it is not a plain one.
    #[must_use]
    pub fn terminate(condition: Option<Condition>) -> Self {
        Self {
            kind: BodyKind::Terminate,
            condition,
            ..Self::default()
        }
    }

    /// Writes the wrapper around its payloads and `more`, which are complete elements that
    /// declare their own namespaces; they may use the prefix `stream`.
    pub fn encode<'a>(&self, more: impl IntoIterator<Item = &'a Bytes>, out: &mut BytesMut) {
        let more: Vec<&Bytes> = more.into_iter().collect();
        let own: Vec<Bytes> = self.payloads.iter().map(Payload::to_standalone).collect();
        let payloads = || own.iter().chain(more.iter().copied());
        let mut writer = Writer::new(&mut *out);
        let mut tag = writer.start(ns::HTTPBIND, "body");
        if self.xmpp_version.is_some() || self.restart || self.restartlogic.is_some() {
            tag = tag.declare("xmpp", ns::XBOSH);
        }
        // XEP-0206 §2: features and errors of streams use the prefix of the wrapper.
        if payloads().any(|payload| payload.starts_with(b"<stream:")) {
            tag = tag.declare("stream", ns::STREAMS);
        }
        self.write_attributes(tag);
        if let Some(uri) = &self.uri {
            writer.text_element(ns::HTTPBIND, "uri", uri);
        }
        for payload in payloads() {
            writer.raw(payload);
        }
        writer.end();
    }

    /// The wrapper as bytes of its own.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(128);
        self.encode([], &mut out);
        out.freeze()
    }

    fn write_attributes<B: BufMut>(&self, tag: Tag<'_, B>) {
        let kind = match self.kind {
            BodyKind::Normal => None,
            BodyKind::Terminate => Some("terminate"),
            BodyKind::Error => Some("error"),
        };
        let tag = put(tag, "rid", self.rid)
            .attr_opt("sid", self.sid.as_ref().map(Sid::as_str))
            .attr_opt("type", kind)
            .attr_opt("condition", self.condition.map(Condition::as_str))
            .attr_opt("to", self.to.as_deref())
            .attr_opt("from", self.from.as_deref())
            .attr_opt("route", self.route.as_deref())
            .attr_opt("stream", self.stream.as_deref())
            .attr_opt("content", self.content.as_deref())
            .attr_opt("accept", self.accept.as_deref())
            .attr_opt("charsets", self.charsets.as_deref())
            .attr_opt("authid", self.authid.as_deref())
            .attr_opt("key", self.key.as_deref())
            .attr_opt("newkey", self.newkey.as_deref())
            .attr_opt("secure", self.secure.map(wire_xml::text::format_bool));
        let tag = put(tag, "ver", self.ver);
        let tag = put(tag, "wait", self.wait);
        let tag = put(tag, "hold", self.hold);
        let tag = put(tag, "requests", self.requests);
        let tag = put(tag, "polling", self.polling);
        let tag = put(tag, "inactivity", self.inactivity);
        let tag = put(tag, "maxpause", self.maxpause);
        let tag = put(tag, "pause", self.pause);
        let tag = put(tag, "ack", self.ack);
        let tag = put(tag, "report", self.report);
        let mut tag = put(tag, "time", self.time);
        if let Some(lang) = &self.lang {
            tag = tag.attr_ns(wire_xml::XML_NAMESPACE, "lang", lang);
        }
        if let Some(version) = self.xmpp_version {
            tag = tag.attr_ns(ns::XBOSH, "version", &version.to_string());
        }
        if self.restart {
            tag = tag.attr_ns(ns::XBOSH, "restart", "true");
        }
        if let Some(restartlogic) = self.restartlogic {
            let value = wire_xml::text::format_bool(restartlogic);
            tag = tag.attr_ns(ns::XBOSH, "restartlogic", value);
        }
        for (name, value) in &self.other {
            tag = tag.attr_ns(name.ns(), name.local(), value);
        }
    }

    fn read_attribute(&mut self, attribute: &AttributeRef<'_>) -> Result<(), DecodeError> {
        let text = &*attribute.value;
        match attribute.name.parts() {
            ("", "rid") => self.rid = Some(checked("rid", Rid::parse(text))?),
            ("", "sid") => self.sid = Some(Sid::new(text)),
            ("", "ack") => self.ack = Some(checked("ack", Rid::parse(text))?),
            ("", "type") => {
                self.kind = match text {
                    "terminate" | "terminal" => BodyKind::Terminate,
                    "error" => BodyKind::Error,
                    _ => BodyKind::Normal,
                }
            }
            ("", "condition") => self.condition = Some(Condition::from_name(text)),
            ("", "to") => self.to = owned(text),
            ("", "from") => self.from = owned(text),
            ("", "route") => self.route = owned(text),
            (wire_xml::XML_NAMESPACE, "lang") => self.lang = owned(text),
            ("", "ver") => self.ver = Some(checked("ver", Version::parse(text))?),
            ("", "wait") => self.wait = Some(number("wait", text)?),
            ("", "hold") => self.hold = Some(number("hold", text)?),
            ("", "requests") => self.requests = Some(number("requests", text)?),
            ("", "polling") => self.polling = Some(number("polling", text)?),
            ("", "inactivity") => self.inactivity = Some(number("inactivity", text)?),
            ("", "maxpause") => self.maxpause = Some(number("maxpause", text)?),
            ("", "pause") => self.pause = Some(number("pause", text)?),
            ("", "content") => self.content = Some(checked("content", content_type(text))?),
            ("", "accept") => self.accept = owned(text),
            ("", "charsets") => self.charsets = owned(text),
            ("", "key") => self.key = owned(text),
            ("", "newkey") => self.newkey = owned(text),
            ("", "report") => self.report = Some(checked("report", Rid::parse(text))?),
            ("", "time") => self.time = Some(checked("time", parse_unsigned(text))?),
            ("", "stream") => self.stream = owned(text),
            ("", "authid") => self.authid = owned(text),
            ("", "secure") => self.secure = wire_xml::text::parse_bool(text),
            (ns::XBOSH, "version") => {
                self.xmpp_version = Some(checked("version", Version::parse(text))?);
            }
            (ns::XBOSH, "restart") => {
                self.restart = checked("restart", wire_xml::text::parse_bool(text))?;
            }
            (ns::XBOSH, "restartlogic") => {
                let value = checked("restartlogic", wire_xml::text::parse_bool(text))?;
                self.restartlogic = Some(value);
            }
            (namespace, local) => {
                let name = Name::new(namespace.to_owned(), local.to_owned());
                self.other.push((name, text.to_owned()));
            }
        }
        Ok(())
    }
}

/// Keys and payloads do not show.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("rid", &self.rid)
            .field("sid", &self.sid)
            .field("kind", &self.kind)
            .field("condition", &self.condition)
            .field("restart", &self.restart)
            .field("payloads", &self.payloads)
            .finish_non_exhaustive()
    }
}

fn checked<T>(name: &'static str, value: Option<T>) -> Result<T, DecodeError> {
    value.ok_or(DecodeError::Attribute { name })
}

fn number(name: &'static str, text: &str) -> Result<u32, DecodeError> {
    let digits = wire_xml::text::trim(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DecodeError::Attribute { name });
    }
    // A longer number is legal and means "as much as you allow".
    Ok(digits.parse().unwrap_or(u32::MAX))
}

fn owned(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// What may stand in an HTTP header: BOSH hands the text back as one (§7.1).
pub(crate) fn content_type(text: &str) -> Option<String> {
    let legal = text.len() <= MAX_CONTENT_TYPE && text.bytes().all(|b| matches!(b, b' '..=b'~'));
    (legal && !text.trim().is_empty()).then(|| text.to_owned())
}

fn put<'w, B: BufMut, T: ToString>(tag: Tag<'w, B>, name: &str, value: Option<T>) -> Tag<'w, B> {
    match value {
        Some(value) => tag.attr(name, &value.to_string()),
        None => tag,
    }
}

/// Where a payload inherits the wrapper's namespace by default, a stanza is meant (XEP-0206 §2).
fn payload_scope(wrapper: &Scope) -> Scope {
    if wrapper.namespace("") == Some(ns::HTTPBIND) {
        wrapper.with("", ns::CLIENT)
    } else {
        wrapper.clone()
    }
}

/// The name of a payload that seems to be in the httpbind namespace: inherited as default, or
/// really meant.
fn inherited_name(
    payload: &[u8],
    limits: &Limits,
    scope: &Scope,
) -> Result<Name<'static>, DecodeError> {
    let mut reader = Reader::document_in(payload, Profile::Xmpp, limits, scope)?;
    match reader.next_event()? {
        Some(Event::Start(start)) => Ok(shared_name(&start.name)),
        Some(Event::Text(_) | Event::End) | None => Err(DecodeError::NotBody),
    }
}

/// A copy that does not borrow; the common namespaces cost nothing.
pub(crate) fn shared_name(name: &Name<'_>) -> Name<'static> {
    let ns = match name.ns() {
        ns::CLIENT => Str::borrowed(ns::CLIENT),
        ns::STREAMS => Str::borrowed(ns::STREAMS),
        other => Str::from(other.to_owned()),
    };
    let local = match name.local() {
        "message" => Str::borrowed("message"),
        "presence" => Str::borrowed("presence"),
        "iq" => Str::borrowed("iq"),
        other => Str::from(other.to_owned()),
    };
    Name::new(ns, local)
}

fn read_uri(reader: &mut Reader<'_>) -> Result<String, DecodeError> {
    let mut uri = String::new();
    let inside = reader.depth();
    while let Some(event) = reader.next_event()? {
        match event {
            Event::Text(text) => uri.push_str(&text),
            Event::Start(_) => {}
            Event::End if reader.depth() < inside => break,
            Event::End => {}
        }
    }
    Ok(uri)
}

/// Of requests, and of responses whose client named no other (XEP-0124 §7.1).
pub(crate) const CONTENT_TYPE: &str = "text/xml; charset=utf-8";
/// Longest Content-Type that is handed back.
const MAX_CONTENT_TYPE: usize = 128;
