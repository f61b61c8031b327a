//! Bytes that could not be read.

use crate::id::{IdError, StanzaId};
use crate::jid::{Jid, JidError};
use crate::other::Other;
use crate::stanza::{Condition, ErrorType, Iq, IqContent, StanzaError};

/// Why bytes of a peer are not what they should be.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not XML as XMPP allows it, or over a limit: the stream cannot go on.
    #[error(transparent)]
    Xml(#[from] wire_xml::Error),
    /// Another element than can stand here.
    #[error("unexpected element {name}")]
    Unexpected {
        /// Expanded name of the element.
        name: String,
    },
    /// An attribute or child that must be there is not.
    #[error("<{element}> has no {field}")]
    Missing {
        /// Where it is missing.
        element: &'static str,
        /// What is missing.
        field: &'static str,
    },
    /// A value outside what the field allows.
    #[error("{field} of <{element}> is invalid")]
    Invalid {
        /// Where the value stands.
        element: &'static str,
        /// Which field has it.
        field: &'static str,
    },
    /// An address that cannot be prepared.
    #[error("{field} of <{element}>: {error}")]
    Jid {
        /// Where the address stands.
        element: &'static str,
        /// Which field has it.
        field: &'static str,
        /// What is wrong with it.
        error: JidError,
    },
    /// A name that cannot be.
    #[error("{field} of <{element}>: {error}")]
    Id {
        /// Where the name stands.
        element: &'static str,
        /// Which field has it.
        field: &'static str,
        /// What is wrong with it.
        error: IdError,
    },
    /// A stanza of which enough was read to answer it.
    #[error("malformed stanza: {}", .0.reason)]
    Stanza(Box<Malformed>),
}

impl DecodeError {
    /// The stanza error that tells a peer about it. RFC 6120 §8.3.3.
    #[must_use]
    pub fn to_stanza_error(&self) -> StanzaError {
        let condition = match self {
            Self::Jid { .. } => Condition::JID_MALFORMED,
            Self::Stanza(malformed) => return malformed.reason.to_stanza_error(),
            Self::Xml(_)
            | Self::Unexpected { .. }
            | Self::Missing { .. }
            | Self::Invalid { .. }
            | Self::Id { .. } => Condition::BAD_REQUEST,
        };
        StanzaError::new(ErrorType::Modify, condition).with_text(&self.to_string())
    }
}

/// What is known of a stanza that could not be read whole.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Malformed {
    /// What is wrong.
    pub reason: DecodeError,
    /// The id, where it is an IQ that asks for an answer.
    pub request: Option<StanzaId>,
    /// Who sent it, if that could be read.
    pub from: Option<Jid>,
    /// Whom the sender addressed, if that could be read.
    pub to: Option<Jid>,
}

impl Malformed {
    /// The error to send back to the sender, if the stanza asks for an answer (XC-SZ-05).
    #[must_use]
    pub fn to_answer(&self) -> Option<Iq> {
        Some(Iq {
            from: self.to.clone(),
            to: self.from.clone(),
            id: self.request.clone()?,
            lang: None,
            content: IqContent::Error {
                error: Box::new(self.reason.to_stanza_error()),
                request: None,
            },
            other: Other::new(),
        })
    }
}
