//! The envelope: header blocks and one body entry, in both versions of SOAP.

use core::fmt;

use bytes::Bytes;

use crate::{
    DecodeError, DecodeErrorKind, Decoder, Encoder, Fault, FaultCode, Tree, encoding,
    names::Names,
    ns,
    xml::{Element, Event, Limits, Name, Profile, Reader},
};

/// A version of SOAP.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum SoapVersion {
    /// SOAP 1.1, which AXL speaks.
    V11,
    /// SOAP 1.2.
    V12,
}

impl SoapVersion {
    /// The namespace of the envelope.
    pub const fn namespace(self) -> &'static str {
        match self {
            Self::V11 => ns::SOAP11,
            Self::V12 => ns::SOAP12,
        }
    }

    /// The version whose envelope is in this namespace.
    pub fn from_namespace(namespace: &str) -> Option<Self> {
        [Self::V11, Self::V12]
            .into_iter()
            .find(|version| version.namespace() == namespace)
    }

    /// The content type to send. SOAP 1.1 §6; SOAP 1.2 part 2 §7.1.4.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::V11 => "text/xml;charset=UTF-8",
            Self::V12 => "application/soap+xml;charset=UTF-8",
        }
    }

    /// The prefix that we write. CUCM's; naive clients look for it as a plain string.
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::V11 => "soapenv",
            Self::V12 => "env",
        }
    }
}

/// A message: who wrote which version, the header blocks, and the body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Envelope<T> {
    /// The version it was written in.
    pub version: SoapVersion,
    /// Header blocks in order.
    pub headers: Vec<HeaderBlock>,
    /// What the body holds.
    pub body: Body<T>,
}

/// What a body holds. Document/literal has at most one entry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Body<T> {
    /// Nothing.
    Empty,
    /// The one entry.
    Entry(T),
    /// A fault.
    Fault(Box<Fault>),
}

/// A header block. SOAP 1.1 §4.2; SOAP 1.2 part 1 §5.2. `Debug` prints names alone of what is in
/// the element.
#[derive(Clone, Eq, PartialEq)]
pub struct HeaderBlock {
    /// The block with all its attributes.
    pub element: Element,
    /// Whether the addressee must understand it or refuse the message.
    pub must_understand: bool,
    /// Whom it is for: `actor` of 1.1, `role` of 1.2.
    pub role: Role,
    /// 1.2 only: to be passed on when it was not processed.
    pub relay: bool,
}

impl fmt::Debug for HeaderBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeaderBlock")
            .field("element", &Names::one(&self.element))
            .field("must_understand", &self.must_understand)
            .field("role", &self.role)
            .field("relay", &self.relay)
            .finish()
    }
}

/// Whom a header block is for.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Role {
    /// The node that the message is for in the end; no role means this.
    UltimateReceiver,
    /// Whoever gets it first.
    Next,
    /// Nobody. 1.2 only.
    None,
    /// Whoever acts in the role with this URI.
    Uri(String),
}

/// How much is taken that the specifications forbid to write.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Strictness {
    /// Taken are: elements behind a 1.1 body, spelled-out mustUnderstand values, an encoding style
    /// on a 1.2 envelope, and a content type of the other version.
    #[default]
    Lenient,
    /// These are errors.
    Strict,
}

/// Limits and options for reading envelopes.
#[derive(Clone, Debug)]
pub struct EnvelopeCodec {
    limits: Limits,
    max_elements: usize,
    versions: Vec<SoapVersion>,
    understood: Vec<Name<'static>>,
    strictness: Strictness,
}

impl Default for EnvelopeCodec {
    /// Both versions, no header block understood, lenient, 16 MiB.
    fn default() -> Self {
        Self {
            // AXL refuses results over 8 MB; the markup around the data is counted in here.
            limits: Limits::default()
                .with_document(16 * 1024 * 1024)
                .with_depth(64),
            max_elements: 2_000_000,
            versions: vec![SoapVersion::V11, SoapVersion::V12],
            understood: Vec::new(),
            strictness: Strictness::Lenient,
        }
    }
}

impl EnvelopeCodec {
    /// Bounds of the XML; its `document` is the most bytes of a message.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The most elements of a message that are looked at one by one.
    #[must_use]
    pub fn with_max_elements(mut self, count: usize) -> Self {
        self.max_elements = count;
        self
    }

    /// The versions taken, in the order of preference.
    #[must_use]
    pub fn with_versions(mut self, versions: &[SoapVersion]) -> Self {
        self.versions = versions.to_vec();
        self
    }

    /// Names of the header blocks that the caller processes.
    #[must_use]
    pub fn with_understood(mut self, names: Vec<Name<'static>>) -> Self {
        self.understood = names;
        self
    }

    /// How much is taken that is forbidden to write.
    #[must_use]
    pub fn with_strictness(mut self, strictness: Strictness) -> Self {
        self.strictness = strictness;
        self
    }

    /// The most bytes of a message.
    pub fn max_len(&self) -> usize {
        self.limits.document
    }

    /// Bounds of the XML.
    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether what is forbidden to write is taken.
    pub fn strictness(&self) -> Strictness {
        self.strictness
    }

    /// The versions taken.
    pub fn versions(&self) -> &[SoapVersion] {
        &self.versions
    }

    /// Reads a message. `read` gets the name of the body's entry, opened at the decoder, and reads
    /// it; it is not called for a fault or an empty body, nor before the header blocks are checked.
    ///
    /// # Errors
    ///
    /// When the message is not well-formed, no envelope, of a version not taken, passes a limit,
    /// has blocks that must be understood and are not, or `read` fails.
    pub fn decode<'a, T>(
        &self,
        message: &'a [u8],
        read: impl FnOnce(Name<'a>, &mut Decoder<'a>) -> Result<T, DecodeError>,
    ) -> Result<Envelope<T>, DecodeError> {
        let mut reader = Reader::document(message, Profile::Soap, &self.limits)?;
        let Some(Event::Start(root)) = reader.next_event()? else {
            // A document has a root; a reader that says otherwise has failed before.
            return Err(DecodeError::new(DecodeErrorKind::NoBody, reader.position()));
        };
        let version = self.version_of(&root.name, root.range.start)?;
        let mut decoder = Decoder::new(reader, self.max_elements);
        check_encoding_style(version, self.strictness, "the envelope", &decoder)?;
        let mut headers = None;
        let mut read = Some(read);
        let mut body = None;
        while let Some(name) = decoder.child()? {
            if name.is(version.namespace(), "Header") && headers.is_none() && body.is_none() {
                check_encoding_style(version, self.strictness, "the header", &decoder)?;
                headers = Some(self.decode_headers(version, &mut decoder)?);
            } else if name.is(version.namespace(), "Body")
                && let Some(read) = read.take()
            {
                check_encoding_style(version, self.strictness, "the body", &decoder)?;
                self.check_understood(headers.as_deref().unwrap_or_default(), &decoder)?;
                body = Some(decode_body(version, self.strictness, &mut decoder, read)?);
            } else if body.is_some()
                && name.ns() != version.namespace()
                && version == SoapVersion::V11
                && self.strictness == Strictness::Lenient
            {
                decoder.skip()?;
            } else {
                return Err(misplaced(&name, "the envelope", &decoder));
            }
        }
        decoder.finish()?;
        let body = body.ok_or_else(|| decoder.error(DecodeErrorKind::NoBody))?;
        Ok(Envelope {
            version,
            headers: headers.unwrap_or_default(),
            body,
        })
    }

    /// Reads a message with its entry as a tree.
    ///
    /// # Errors
    ///
    /// As for [`EnvelopeCodec::decode`].
    pub fn decode_element(&self, message: &[u8]) -> Result<Envelope<Element>, DecodeError> {
        self.decode(message, |_, decoder| decoder.element())
    }

    /// Reads a message in UTF-8 with its entry as a tree that keeps the text of the message.
    ///
    /// # Errors
    ///
    /// As for [`EnvelopeCodec::decode`].
    pub fn decode_tree(&self, message: impl Into<Vec<u8>>) -> Result<Envelope<Tree>, DecodeError> {
        let (text, start) = encoding::into_text(message.into(), Some("utf-8"))?;
        self.decode_tree_in(text, start)
    }

    /// As [`EnvelopeCodec::decode_tree`], from a text whose message begins at `start`.
    pub(crate) fn decode_tree_in(
        &self,
        text: String,
        start: usize,
    ) -> Result<Envelope<Tree>, DecodeError> {
        let message = text.get(start..).unwrap_or_default();
        let envelope = self.decode(message.as_bytes(), |_, decoder| decoder.arena(&text))?;
        let Envelope {
            version,
            headers,
            body,
        } = envelope;
        let body = match body {
            Body::Empty => Body::Empty,
            Body::Entry(arena) => Body::Entry(Tree::new(text, arena)),
            Body::Fault(fault) => Body::Fault(fault),
        };
        Ok(Envelope {
            version,
            headers,
            body,
        })
    }

    /// Writes a message with a fault.
    ///
    /// In 1.2 each name of [`Fault::not_understood`] becomes a `NotUnderstood` block (SOAP 1.2
    /// part 1 §5.4.8), and a version mismatch lists the versions taken in an `Upgrade` block
    /// (§5.4.7).
    pub fn encode_fault(&self, version: SoapVersion, fault: &Fault) -> Bytes {
        let mut encoder = Encoder::new(version);
        encoder.open_envelope("Envelope");
        let mismatch = fault.code == FaultCode::VersionMismatch;
        if version == SoapVersion::V12 && (mismatch || !fault.not_understood.is_empty()) {
            encoder.open_envelope("Header");
            for name in &fault.not_understood {
                encoder
                    .open_envelope("NotUnderstood")
                    .declare("block", name.ns())
                    .attr("qname", &format!("block:{}", name.local()))
                    .end();
            }
            if mismatch {
                encoder.open_envelope("Upgrade");
                for supported in &self.versions {
                    encoder
                        .open_envelope("SupportedEnvelope")
                        .declare(supported.prefix(), supported.namespace())
                        .attr("qname", &format!("{}:Envelope", supported.prefix()))
                        .end();
                }
                encoder.close();
            }
            encoder.close();
        }
        encoder.open_envelope("Body");
        fault.write(&mut encoder);
        encoder.close();
        encoder.close();
        encoder.finish()
    }

    /// SOAP 1.1 §4.1.2; SOAP 1.2 part 1 §5.4.7: another namespace is another version.
    fn version_of(&self, root: &Name<'_>, offset: usize) -> Result<SoapVersion, DecodeError> {
        if root.local() != "Envelope" {
            return Err(DecodeError::new(
                DecodeErrorKind::NotEnvelope(root.to_string()),
                offset,
            ));
        }
        SoapVersion::from_namespace(root.ns())
            .filter(|version| self.versions.contains(version))
            .ok_or_else(|| DecodeError::new(DecodeErrorKind::Version(root.ns().to_owned()), offset))
    }

    fn decode_headers(
        &self,
        version: SoapVersion,
        decoder: &mut Decoder<'_>,
    ) -> Result<Vec<HeaderBlock>, DecodeError> {
        let mut blocks = Vec::new();
        while let Some(name) = decoder.child()? {
            if name.ns().is_empty() {
                return Err(misplaced(&name, "the header", decoder));
            }
            let namespace = version.namespace();
            let must_understand = self.flag(version, decoder, "mustUnderstand")?;
            let (attribute, relay) = match version {
                SoapVersion::V11 => ("actor", false),
                SoapVersion::V12 => ("role", self.flag(version, decoder, "relay")?),
            };
            let role = Role::parse(decoder.attribute(namespace, attribute).unwrap_or_default());
            blocks.push(HeaderBlock {
                element: decoder.element()?,
                must_understand,
                role,
                relay,
            });
        }
        Ok(blocks)
    }

    /// SOAP 1.1 §4.2.3 has `0` and `1` only, SOAP 1.2 part 1 §5.2.3 the boolean of XML Schema.
    fn flag(
        &self,
        version: SoapVersion,
        decoder: &Decoder<'_>,
        name: &'static str,
    ) -> Result<bool, DecodeError> {
        let words = version == SoapVersion::V12 || self.strictness == Strictness::Lenient;
        match decoder.attribute(version.namespace(), name).map(str::trim) {
            None | Some("0") => Ok(false),
            Some("1") => Ok(true),
            Some("true") if words => Ok(true),
            Some("false") if words => Ok(false),
            Some(_) => Err(decoder.invalid(name, "0 or 1")),
        }
    }

    /// SOAP 1.1 §4.2.3; SOAP 1.2 part 1 §2.4: before anything is processed.
    fn check_understood(
        &self,
        headers: &[HeaderBlock],
        decoder: &Decoder<'_>,
    ) -> Result<(), DecodeError> {
        let names: Vec<_> = headers
            .iter()
            .filter(|block| block.must_understand && block.role.is_ours())
            .map(|block| block.element.name())
            .filter(|name| !self.understood.contains(name))
            .cloned()
            .collect();
        if names.is_empty() {
            return Ok(());
        }
        Err(decoder.error(DecodeErrorKind::NotUnderstood(names)))
    }
}

/// Writes a message. `write` writes the body's entry, or nothing.
pub fn encode(
    version: SoapVersion,
    headers: &[Element],
    write: impl FnOnce(&mut Encoder),
) -> Bytes {
    let mut encoder = Encoder::new(version);
    encoder.open_envelope("Envelope");
    if !headers.is_empty() {
        encoder.open_envelope("Header");
        for header in headers {
            encoder.element(header);
        }
        encoder.close();
    }
    encoder.open_envelope("Body");
    write(&mut encoder);
    encoder.close();
    encoder.close();
    encoder.finish()
}

impl HeaderBlock {
    /// Whether an intermediary passes this block on. `acts_in` says which roles it acts in besides
    /// [`Role::Next`], `processed` whether it has processed this block.
    ///
    /// What is addressed to the node stops there; 1.2 lets a block that was not processed go on
    /// when it says `relay`. SOAP 1.1 §4.2.2; SOAP 1.2 part 1 §2.7.2.
    pub fn passes(&self, acts_in: impl FnOnce(&Role) -> bool, processed: bool) -> bool {
        let ours = self.role == Role::Next || acts_in(&self.role);
        !ours || (self.relay && !processed)
    }
}

impl Role {
    fn parse(uri: &str) -> Self {
        match uri.trim() {
            "" | ns::SOAP12_ULTIMATE => Self::UltimateReceiver,
            ns::SOAP11_NEXT | ns::SOAP12_NEXT => Self::Next,
            ns::SOAP12_NONE => Self::None,
            other => Self::Uri(other.to_owned()),
        }
    }

    /// Whether the ultimate receiver acts in this role.
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::UltimateReceiver | Self::Next)
    }
}

fn decode_body<'a, T>(
    version: SoapVersion,
    strictness: Strictness,
    decoder: &mut Decoder<'a>,
    read: impl FnOnce(Name<'a>, &mut Decoder<'a>) -> Result<T, DecodeError>,
) -> Result<Body<T>, DecodeError> {
    let outside = decoder.depth();
    let Some(name) = decoder.child()? else {
        return Ok(Body::Empty);
    };
    let body = if Fault::is_name(version, &name) {
        Body::Fault(Box::new(Fault::read(version, strictness, decoder)?))
    } else {
        Body::Entry(read(name, decoder)?)
    };
    // `read` may have stopped half way.
    while decoder.depth() > outside {
        decoder.skip()?;
    }
    match decoder.child()? {
        Some(second) => Err(misplaced(&second, "a body that has an entry", decoder)),
        None => Ok(body),
    }
}

/// SOAP 1.2 part 1 §5.1.1: only blocks, body entries and entries of details have one. SOAP 1.1
/// allows it anywhere; in either version it means nothing here.
pub(crate) fn check_encoding_style(
    version: SoapVersion,
    strictness: Strictness,
    place: &'static str,
    decoder: &Decoder<'_>,
) -> Result<(), DecodeError> {
    let has_one = decoder
        .attribute(version.namespace(), "encodingStyle")
        .is_some();
    if has_one && version == SoapVersion::V12 && strictness == Strictness::Strict {
        let name = "encodingStyle".to_owned();
        return Err(decoder.error(DecodeErrorKind::Misplaced { name, place }));
    }
    Ok(())
}

fn misplaced(name: &Name<'_>, place: &'static str, decoder: &Decoder<'_>) -> DecodeError {
    decoder.error(DecodeErrorKind::Misplaced {
        name: name.to_string(),
        place,
    })
}
