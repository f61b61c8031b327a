//! Authentication. RFC 6120 §6.

mod mechanism;
mod plain;
#[cfg(feature = "scram")]
pub mod scram;

use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::BufMut;
use subtle::ConstantTimeEq;
use wire_xml::{Element, Writer};

use crate::jid::Jid;
use crate::names::open_names;
use crate::ns;

pub use mechanism::{ChannelBinding, Mechanism, ScramError, ScramHash, ScramPolicy};
pub use plain::Plain;

pub(crate) use mechanism::MIN_ITERATIONS;

open_names! {
    /// Why an authentication failed. RFC 6120 §6.5.
    pub struct SaslCondition {
        /// The client gave up. §6.5.1.
        ABORTED = "aborted",
        /// The account is switched off. §6.5.2.
        ACCOUNT_DISABLED = "account-disabled",
        /// The password must be changed. §6.5.3.
        CREDENTIALS_EXPIRED = "credentials-expired",
        /// The mechanism needs TLS below it. §6.5.4.
        ENCRYPTION_REQUIRED = "encryption-required",
        /// The text is not base64. §6.5.5.
        INCORRECT_ENCODING = "incorrect-encoding",
        /// The identity asked for is not the user's own. §6.5.6.
        INVALID_AUTHZID = "invalid-authzid",
        /// The mechanism was not offered. §6.5.7.
        INVALID_MECHANISM = "invalid-mechanism",
        /// The message does not follow its mechanism. §6.5.8.
        MALFORMED_REQUEST = "malformed-request",
        /// The mechanism is weaker than policy asks. §6.5.9.
        MECHANISM_TOO_WEAK = "mechanism-too-weak",
        /// Wrong name or password; which of them is not told. §6.5.10.
        NOT_AUTHORIZED = "not-authorized",
        /// The directory cannot be asked just now. §6.5.11.
        TEMPORARY_AUTH_FAILURE = "temporary-auth-failure",
    }
}

/// The elements of a negotiation. RFC 6120 §6.4. Messages are not printed: they hold passwords.
#[derive(Clone, Eq, PartialEq)]
pub enum SaslElement {
    /// The client begins, perhaps with a first message.
    Auth {
        /// Which mechanism.
        mechanism: String,
        /// Base64; `=` for an empty message.
        message: String,
    },
    /// The server goes on.
    Challenge(String),
    /// The client goes on.
    Response(String),
    /// The client gives up.
    Abort,
    /// The server is satisfied, perhaps with a last message.
    Success(String),
    /// The server refuses.
    Failure {
        /// Why.
        condition: SaslCondition,
        /// Words for people.
        text: Option<String>,
    },
}

impl SaslElement {
    /// Reads an element of the SASL namespace, or returns `None` for another.
    #[must_use]
    pub fn from_element(element: &Element) -> Option<Self> {
        let (ns::SASL, local) = element.name().parts() else {
            return None;
        };
        let message = || element.text().trim().to_owned();
        Some(match local {
            "auth" => Self::Auth {
                mechanism: element.attr("mechanism").unwrap_or_default().to_owned(),
                message: message(),
            },
            "challenge" => Self::Challenge(message()),
            "response" => Self::Response(message()),
            "abort" => Self::Abort,
            "success" => Self::Success(message()),
            "failure" => Self::Failure {
                condition: element
                    .children()
                    .find(|child| child.ns() == ns::SASL && child.local() != "text")
                    .map_or(SaslCondition::NOT_AUTHORIZED, |child| {
                        SaslCondition::from_name(child.local())
                    }),
                text: element
                    .child(ns::SASL, "text")
                    .map(|text| text.text().into_owned()),
            },
            _ => return None,
        })
    }

    /// Writes the element where `writer` stands.
    pub fn write<B: BufMut>(&self, writer: &mut Writer<B>) {
        match self {
            Self::Auth { mechanism, message } => {
                writer
                    .start(ns::SASL, "auth")
                    .attr("mechanism", mechanism)
                    .text(message)
                    .end();
            }
            Self::Challenge(message) => {
                writer.text_element(ns::SASL, "challenge", message);
            }
            Self::Response(message) => {
                writer.text_element(ns::SASL, "response", message);
            }
            Self::Abort => {
                writer.start(ns::SASL, "abort").end();
            }
            Self::Success(message) => {
                writer.text_element(ns::SASL, "success", message);
            }
            Self::Failure { condition, text } => {
                writer.start(ns::SASL, "failure");
                writer.start(ns::SASL, condition.as_str()).end();
                if let Some(text) = text {
                    writer.text_element(ns::SASL, "text", text);
                }
                writer.end();
            }
        }
    }
}

/// The base64 text of an element for `message`; an empty one is `=` (RFC 6120 §6.4.2).
pub(crate) fn encode_message(message: &str) -> String {
    match message {
        "" => "=".to_owned(),
        message => STANDARD.encode(message),
    }
}

/// The message that an element's text stands for. RFC 6120 §6.4.
pub(crate) fn decode_message(text: &str) -> Result<String, SaslCondition> {
    if text.len() > MAX_MESSAGE {
        return Err(SaslCondition::MALFORMED_REQUEST);
    }
    let text = match text.trim() {
        "=" => "",
        text => text,
    };
    let bytes = STANDARD
        .decode(text)
        .map_err(|_| SaslCondition::INCORRECT_ENCODING)?;
    String::from_utf8(bytes).map_err(|_| SaslCondition::INCORRECT_ENCODING)
}

/// The bare address of the user `authcid` at `domain`, if `authzid` asks for that identity and no other (XC-SA-10).
///
/// The name may be given with or without the domain, since clients do both.
pub(crate) fn identity(
    authcid: &str,
    authzid: Option<&str>,
    domain: &str,
) -> Result<Jid, SaslCondition> {
    let name = match authcid.split_once('@') {
        Some((name, at)) if at.eq_ignore_ascii_case(domain) => name,
        Some(_) => return Err(SaslCondition::NOT_AUTHORIZED),
        None => authcid,
    };
    let user =
        Jid::from_parts(Some(name), domain, None).map_err(|_| SaslCondition::NOT_AUTHORIZED)?;
    match authzid {
        Some(authzid) if Jid::new(authzid).ok().as_ref() != Some(&user) => {
            Err(SaslCondition::INVALID_AUTHZID)
        }
        _ => Ok(user),
    }
}

/// The longest text of an element: three parts of PLAIN with at most 1023 bytes, two separators, and a third that base64
/// adds. SCRAM stays below.
const MAX_MESSAGE: usize = 4 * Jid::MAX_PART_LEN + 16;

impl fmt::Debug for SaslElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auth { mechanism, .. } => write!(f, "Auth({mechanism}, ..)"),
            Self::Challenge(_) => f.write_str("Challenge(..)"),
            Self::Response(_) => f.write_str("Response(..)"),
            Self::Abort => f.write_str("Abort"),
            Self::Success(_) => f.write_str("Success(..)"),
            Self::Failure { condition, .. } => write!(f, "Failure({condition})"),
        }
    }
}

/// A password: compares in constant time, prints as nothing.
#[derive(Clone)]
pub struct Password(Box<str>);

impl Password {
    /// Takes a copy of the secret.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        Self(Box::from(secret))
    }

    /// The secret itself, to hand to whoever checks it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether the secret equals `expected`, in a time that depends on the lengths only.
    #[must_use]
    pub fn matches(&self, expected: &str) -> bool {
        self.0.as_bytes().ct_eq(expected.as_bytes()).into()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}
