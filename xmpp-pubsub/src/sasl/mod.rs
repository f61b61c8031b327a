//! Authentication. RFC 6120 §6.

mod plain;

use core::fmt;

use subtle::ConstantTimeEq;

use crate::names::open_names;

pub use plain::Plain;

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
