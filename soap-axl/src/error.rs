//! What can be wrong with a message, and where.

use crate::{EncodingError, Fault, FaultCode, SoapVersion, ns, xml};

/// A message that could not be read: the reason and the byte where it was noticed.
///
/// Values of the message are never repeated here, since they may be secret; names are.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct DecodeError {
    /// The reason.
    pub kind: DecodeErrorKind,
    /// Offset into the message, in bytes of its UTF-8 text behind the XML declaration.
    pub offset: usize,
}

/// Why a message could not be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes are not text of their charset.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// Not well-formed, forbidden in SOAP, or past a limit.
    #[error("{0}")]
    Xml(xml::ErrorKind),
    /// The root is not named `Envelope`.
    #[error("root element {0} is no soap envelope")]
    NotEnvelope(String),
    /// The root is an `Envelope` of a SOAP version that is not taken here.
    #[error("envelope of another soap version, namespace {0:?}")]
    Version(String),
    /// Header entries addressed to us with mustUnderstand, in `{namespace}local` notation.
    #[error("header entries that must be understood and are not: {0:?}")]
    NotUnderstood(Vec<xml::Name<'static>>),
    /// An element or attribute where the envelope has no place for it.
    #[error("{name} cannot stand in {place}")]
    Misplaced {
        /// The element or attribute.
        name: String,
        /// The part of the envelope.
        place: &'static str,
    },
    /// The envelope has no `Body`.
    #[error("the envelope has no body")]
    NoBody,
    /// An attribute or element with a text that it cannot have.
    #[error("{field} is not {expected}")]
    Value {
        /// Name of the attribute or element.
        field: &'static str,
        /// What it should have been.
        expected: &'static str,
    },
    /// A required element or attribute is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// An element came twice that may come once, or two of a choice.
    #[error("{0} came twice")]
    Repeated(&'static str),
    /// The caller of a [`Decoder`](crate::Decoder) asked for a tree with no element open.
    #[error("no element is open")]
    NothingOpen,
    /// More elements than the limit of the codec.
    #[error("more than {0} elements")]
    TooManyElements(usize),
}

impl DecodeError {
    pub(crate) fn new(kind: DecodeErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// Whether the bytes are no XML at all, so that there is nothing to answer in SOAP.
    pub fn is_malformed(&self) -> bool {
        if let DecodeErrorKind::Xml(kind) = &self.kind {
            return matches!(
                kind.class(),
                xml::ErrorClass::Malformed | xml::ErrorClass::Encoding | xml::ErrorClass::Namespace
            );
        }
        matches!(self.kind, DecodeErrorKind::Encoding(_))
    }

    /// The fault to answer with. SOAP 1.1 §4.4.1; SOAP 1.2 part 1 §5.4.6.
    pub fn to_fault(&self) -> Fault {
        if let DecodeErrorKind::Version(_) = &self.kind {
            let reason = "the envelope is of another SOAP version";
            return Fault::new(FaultCode::VersionMismatch, reason);
        }
        if let DecodeErrorKind::NotUnderstood(names) = &self.kind {
            let reason = "a header entry must be understood and is not";
            let mut fault = Fault::new(FaultCode::MustUnderstand, reason);
            fault.not_understood.clone_from(names);
            return fault;
        }
        Fault::new(FaultCode::Sender, self.to_string())
    }

    /// The version of the envelope to answer in: the sender's if it is taken here, else the one
    /// we like best. A 1.1 envelope that is not taken is still answered in 1.1 (SOAP 1.2 part 1
    /// appendix A).
    pub(crate) fn answer_version(
        &self,
        accepted: &[SoapVersion],
        claimed: SoapVersion,
    ) -> SoapVersion {
        if let DecodeErrorKind::Version(namespace) = &self.kind
            && namespace == ns::SOAP11
        {
            return SoapVersion::V11;
        }
        let best = accepted.first().copied().unwrap_or(claimed);
        if accepted.contains(&claimed) {
            claimed
        } else {
            best
        }
    }
}

impl From<xml::Error> for DecodeError {
    fn from(error: xml::Error) -> Self {
        Self {
            kind: DecodeErrorKind::Xml(error.kind),
            offset: error.offset,
        }
    }
}

impl From<EncodingError> for DecodeError {
    fn from(error: EncodingError) -> Self {
        let offset = match error {
            EncodingError::Malformed { offset } => offset,
            EncodingError::Unknown => 0,
        };
        Self {
            kind: DecodeErrorKind::Encoding(error),
            offset,
        }
    }
}
