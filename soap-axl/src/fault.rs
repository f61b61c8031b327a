//! The fault: what a node says when it cannot do what was asked.
//!
//! One value for both versions. SOAP 1.1 §4.4 and SOAP 1.2 part 1 §5.4 say the same things in
//! other words; the table in [`FaultCode`] shows which.

use core::fmt;

use crate::{
    DecodeError, DecodeErrorKind, Decoder, Encoder, SoapVersion, Strictness,
    envelope::check_encoding_style,
    names::Names,
    ns,
    xml::{Element, Name, XML_NAMESPACE},
};

/// A fault, as it stands in a body. `Debug` prints names alone of what is in the detail.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct Fault {
    /// What kind of fault.
    pub code: FaultCode,
    /// Finer codes, outermost first: `Subcode` of 1.2, the dotted parts of a 1.1 `faultcode`.
    pub subcodes: Vec<Name<'static>>,
    /// The reason, for people; at least one. 1.1 writes the first.
    pub reasons: Vec<Reason>,
    /// URI of the node that faulted. 1.2 only.
    pub node: Option<String>,
    /// URI of the role it acted in: `faultactor` of 1.1, `Role` of 1.2.
    pub role: Option<String>,
    /// `detail` of 1.1, `Detail` of 1.2: there when the fault is about the body. SOAP 1.1 §4.4.
    pub detail: Option<Element>,
    /// Names for the `NotUnderstood` header blocks of 1.2; 1.1 does not write them.
    pub not_understood: Vec<Name<'static>>,
}

/// Kind of a fault.
///
/// | here | SOAP 1.1 §4.4.1 | SOAP 1.2 part 1 §5.4.6 |
/// | --- | --- | --- |
/// | `VersionMismatch` | `VersionMismatch` | `VersionMismatch` |
/// | `MustUnderstand` | `MustUnderstand` | `MustUnderstand` |
/// | `DataEncodingUnknown` | `Client` | `DataEncodingUnknown` |
/// | `Sender` | `Client` | `Sender` |
/// | `Receiver` | `Server` | `Receiver` |
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum FaultCode {
    /// The envelope is of another version.
    VersionMismatch,
    /// A header block that has to be understood is not.
    MustUnderstand,
    /// The encoding style of the data is not known.
    DataEncodingUnknown,
    /// The message is at fault; sending it again does not help.
    Sender,
    /// The node is at fault; the same message may work later.
    Receiver,
    /// A code that 1.1 lets others define.
    Other(Name<'static>),
}

/// One reason in one language.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reason {
    /// Language tag; empty when it is not known.
    pub language: String,
    /// The text as it came, not trimmed.
    pub text: String,
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("code", &self.code)
            .field("subcodes", &self.subcodes)
            .field("reasons", &self.reasons)
            .field("node", &self.node)
            .field("role", &self.role)
            .field("detail", &self.detail.as_ref().map(Names::one))
            .field("not_understood", &self.not_understood)
            .finish()
    }
}

impl Fault {
    /// A fault with an English reason and nothing else.
    pub fn new(code: FaultCode, reason: impl Into<String>) -> Self {
        Self {
            code,
            subcodes: Vec::new(),
            reasons: vec![Reason {
                language: "en".to_owned(),
                text: reason.into(),
            }],
            node: None,
            role: None,
            detail: None,
            not_understood: Vec::new(),
        }
    }

    /// Adds the detail, whose name is made to fit the version when it is written.
    #[must_use]
    pub fn with_detail(mut self, detail: Element) -> Self {
        self.detail = Some(detail);
        self
    }

    /// The first reason; empty when there is none.
    pub fn reason(&self) -> &str {
        self.reasons.first().map_or("", |reason| &reason.text)
    }

    /// The HTTP status that goes with it. SOAP 1.1 §6.2; SOAP 1.2 part 2 §7.5.2.2.
    pub fn http_status(&self, version: SoapVersion) -> u16 {
        match (version, &self.code) {
            (SoapVersion::V12, FaultCode::Sender) => 400,
            _ => 500,
        }
    }

    /// Whether `name` is that of a fault in this version.
    pub(crate) fn is_name(version: SoapVersion, name: &Name<'_>) -> bool {
        name.is(version.namespace(), "Fault")
    }

    /// Reads the open `Fault` element.
    pub(crate) fn read(
        version: SoapVersion,
        strictness: Strictness,
        decoder: &mut Decoder<'_>,
    ) -> Result<Self, DecodeError> {
        match version {
            SoapVersion::V11 => Self::read_11(decoder),
            SoapVersion::V12 => Self::read_12(strictness, decoder),
        }
    }

    /// SOAP 1.1 §4.4. The children are unqualified and ordered; any order and qualified ones are
    /// read as well, since servers send both.
    fn read_11(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let mut code = None;
        let mut reason = None;
        let mut role = None;
        let mut detail = None;
        while let Some(name) = decoder.child()? {
            match name.local() {
                "faultcode" if code.is_none() => {
                    code = Some(split_code(&decoder.qname("faultcode")?));
                }
                "faultstring" if reason.is_none() => {
                    let language = decoder.attribute(XML_NAMESPACE, "lang");
                    let language = language.unwrap_or_default().to_owned();
                    reason = Some(Reason {
                        language,
                        text: decoder.text()?.into_owned(),
                    });
                }
                "faultactor" if role.is_none() => role = Some(decoder.text()?.trim().to_owned()),
                "detail" if detail.is_none() => detail = Some(decoder.element()?),
                "faultcode" => return Err(decoder.error(DecodeErrorKind::Repeated("faultcode"))),
                "faultstring" => {
                    return Err(decoder.error(DecodeErrorKind::Repeated("faultstring")));
                }
                "faultactor" => return Err(decoder.error(DecodeErrorKind::Repeated("faultactor"))),
                "detail" => return Err(decoder.error(DecodeErrorKind::Repeated("detail"))),
                _ => decoder.skip()?,
            }
        }
        let missing = |field| decoder.error(DecodeErrorKind::Missing(field));
        let (code, subcodes) = code.ok_or_else(|| missing("faultcode"))?;
        let reason = reason.ok_or_else(|| missing("faultstring"))?;
        let mut fault = Self::new(code, "");
        fault.subcodes = subcodes;
        fault.reasons = vec![reason];
        fault.role = role;
        fault.detail = detail;
        Ok(fault)
    }

    /// SOAP 1.2 part 1 §5.4.
    fn read_12(strictness: Strictness, decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let check = |decoder: &Decoder<'_>| {
            check_encoding_style(SoapVersion::V12, strictness, "a fault", decoder)
        };
        check(decoder)?;
        let mut codes = None;
        let mut reasons = Vec::new();
        let mut fault = Self::new(FaultCode::Receiver, "");
        while let Some(name) = decoder.child()? {
            if name.ns() != ns::SOAP12 {
                decoder.skip()?;
                continue;
            }
            check(decoder)?;
            match name.local() {
                "Code" if codes.is_none() => codes = Some(read_codes(decoder)?),
                "Code" => return Err(decoder.error(DecodeErrorKind::Repeated("Code"))),
                "Reason" => {
                    while let Some(text) = decoder.child()? {
                        if !text.is(ns::SOAP12, "Text") {
                            decoder.skip()?;
                            continue;
                        }
                        let language = decoder.attribute(XML_NAMESPACE, "lang");
                        let language = language.unwrap_or_default().to_owned();
                        reasons.push(Reason {
                            language,
                            text: decoder.text()?.into_owned(),
                        });
                    }
                }
                "Node" => fault.node = Some(decoder.text()?.trim().to_owned()),
                "Role" => fault.role = Some(decoder.text()?.trim().to_owned()),
                "Detail" => fault.detail = Some(decoder.element()?),
                _ => decoder.skip()?,
            }
        }
        let missing = |field| decoder.error(DecodeErrorKind::Missing(field));
        let mut codes = codes.unwrap_or_default().into_iter();
        let code = codes.next().ok_or_else(|| missing("Code"))?;
        fault.code = FaultCode::from_name(&code);
        fault.subcodes = codes.collect();
        if reasons.is_empty() {
            return Err(missing("Reason"));
        }
        fault.reasons = reasons;
        Ok(fault)
    }

    /// Writes the `Fault` element.
    pub(crate) fn write(&self, encoder: &mut Encoder) {
        match encoder.version() {
            SoapVersion::V11 => self.write_11(encoder),
            SoapVersion::V12 => self.write_12(encoder),
        }
    }

    fn write_11(&self, encoder: &mut Encoder) {
        encoder.open_envelope("Fault");
        let name = self.code.to_name(SoapVersion::V11);
        let mut code = name.local().to_owned();
        for subcode in &self.subcodes {
            code.push('.');
            code.push_str(subcode.local());
        }
        encoder
            .open("faultcode")
            .declare("code", foreign(name.ns(), SoapVersion::V11));
        encoder.qname(name.ns(), &code);
        encoder.close();
        encoder.text_element("faultstring", self.reason());
        if let Some(role) = &self.role {
            encoder.text_element("faultactor", role);
        }
        if let Some(detail) = &self.detail {
            encoder.detail("", "detail", detail);
        }
        encoder.close();
    }

    fn write_12(&self, encoder: &mut Encoder) {
        encoder.open_envelope("Fault");
        encoder.open_envelope("Code");
        let code = self.code.to_name(SoapVersion::V12);
        encoder.open_envelope("Value");
        encoder.qname(code.ns(), code.local());
        encoder.close();
        for subcode in &self.subcodes {
            encoder.open_envelope("Subcode");
            encoder
                .open_envelope("Value")
                .declare("code", foreign(subcode.ns(), SoapVersion::V12));
            encoder.qname(subcode.ns(), subcode.local());
            encoder.close();
        }
        for _ in &self.subcodes {
            encoder.close();
        }
        encoder.close();
        encoder.open_envelope("Reason");
        for reason in &self.reasons {
            let language = if reason.language.is_empty() {
                "en"
            } else {
                &reason.language
            };
            encoder
                .open_envelope("Text")
                .attr_ns(XML_NAMESPACE, "lang", language)
                .text(&reason.text);
            encoder.close();
        }
        encoder.close();
        for (name, uri) in [("Node", &self.node), ("Role", &self.role)] {
            if let Some(uri) = uri {
                encoder.open_envelope(name).text(uri);
                encoder.close();
            }
        }
        if let Some(detail) = &self.detail {
            encoder.detail(ns::SOAP12, "Detail", detail);
        }
        encoder.close();
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.reason())
    }
}

impl core::error::Error for Fault {}

impl FaultCode {
    /// The code of this name in either version, or [`FaultCode::Other`].
    fn from_name(name: &Name<'_>) -> Self {
        match name.parts() {
            (ns::SOAP11 | ns::SOAP12, "VersionMismatch") => Self::VersionMismatch,
            (ns::SOAP11 | ns::SOAP12, "MustUnderstand") => Self::MustUnderstand,
            (ns::SOAP12, "DataEncodingUnknown") => Self::DataEncodingUnknown,
            (ns::SOAP11, "Client") | (ns::SOAP12, "Sender") => Self::Sender,
            (ns::SOAP11, "Server") | (ns::SOAP12, "Receiver") => Self::Receiver,
            (namespace, local) => Self::Other(owned(namespace, local)),
        }
    }

    fn to_name(&self, version: SoapVersion) -> Name<'static> {
        let local = match (self, version) {
            (Self::VersionMismatch, _) => "VersionMismatch",
            (Self::MustUnderstand, _) => "MustUnderstand",
            (Self::DataEncodingUnknown, SoapVersion::V12) => "DataEncodingUnknown",
            (Self::Sender | Self::DataEncodingUnknown, SoapVersion::V11) => "Client",
            (Self::Sender, SoapVersion::V12) => "Sender",
            (Self::Receiver, SoapVersion::V11) => "Server",
            (Self::Receiver, SoapVersion::V12) => "Receiver",
            // 1.2 has no codes of others; they go on as a kind of `Receiver`.
            (Self::Other(_), SoapVersion::V12) => "Receiver",
            (Self::Other(name), SoapVersion::V11) => return name.clone(),
        };
        Name::new(version.namespace(), local)
    }
}

impl fmt::Display for FaultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VersionMismatch => "version mismatch",
            Self::MustUnderstand => "must understand",
            Self::DataEncodingUnknown => "data encoding unknown",
            Self::Sender => "sender",
            Self::Receiver => "receiver",
            Self::Other(name) => name.local(),
        })
    }
}

/// Splits a 1.1 code at its dots: `Client.Authentication`. SOAP 1.1 §4.4.1. Codes of others are
/// left whole.
fn split_code(name: &Name<'_>) -> (FaultCode, Vec<Name<'static>>) {
    let mut parts = name.local().split('.');
    let first = parts.next().unwrap_or_default();
    let code = FaultCode::from_name(&Name::new(name.ns(), first));
    if matches!(code, FaultCode::Other(_)) {
        return (FaultCode::Other(owned(name.ns(), name.local())), Vec::new());
    }
    (code, parts.map(|part| owned(name.ns(), part)).collect())
}

/// `Code` and the `Subcode`s inside, outermost first. The depth limit bounds the recursion that
/// the peer may ask for; there is none here.
fn read_codes(decoder: &mut Decoder<'_>) -> Result<Vec<Name<'static>>, DecodeError> {
    let mut names = Vec::new();
    let outside = decoder.depth();
    while decoder.depth() >= outside {
        let Some(name) = decoder.child()? else {
            continue;
        };
        match name.parts() {
            (ns::SOAP12, "Subcode") => {}
            (ns::SOAP12, "Value") => {
                names.push(decoder.qname("Value")?);
            }
            _ => decoder.skip()?,
        }
    }
    Ok(names)
}

/// The namespace when it needs a prefix of its own.
fn foreign(namespace: &str, version: SoapVersion) -> &str {
    if namespace == version.namespace() {
        ""
    } else {
        namespace
    }
}

fn owned(namespace: &str, local: &str) -> Name<'static> {
    Name::new(namespace.to_owned(), local.to_owned())
}
