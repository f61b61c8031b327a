//! Which mechanisms there are, and what they ask of the stream below. RFC 6120 §13.8.

use core::fmt;

use crate::names::closed_names;

closed_names! {
    /// A mechanism, from the weakest to the strongest: a client takes the greatest that both ends know.
    ///
    /// Channel binding counts more than the hash, since it is what somebody between the two ends cannot pass on.
    pub enum Mechanism {
        /// Name and password as they are. RFC 4616.
        Plain = "PLAIN",
        /// RFC 5802.
        ScramSha1 = "SCRAM-SHA-1",
        /// RFC 7677.
        ScramSha256 = "SCRAM-SHA-256",
        /// RFC 5802, bound to the TLS channel.
        ScramSha1Plus = "SCRAM-SHA-1-PLUS",
        /// RFC 7677, bound to the TLS channel.
        ScramSha256Plus = "SCRAM-SHA-256-PLUS",
    }
}

impl Mechanism {
    /// Whether it is bound to the TLS channel.
    #[must_use]
    pub const fn is_bound(self) -> bool {
        matches!(self, Self::ScramSha1Plus | Self::ScramSha256Plus)
    }

    /// Whether the password itself passes.
    #[must_use]
    pub const fn reveals_password(self) -> bool {
        matches!(self, Self::Plain)
    }

    /// Whether this build of the crate speaks it.
    pub(crate) const fn is_built(self) -> bool {
        self.reveals_password() || cfg!(feature = "scram")
    }
}

/// What is unique to one TLS connection, so that a login cannot be passed on through another. RFC 5056.
#[derive(Clone, Eq, PartialEq)]
pub struct ChannelBinding {
    kind: Box<str>,
    data: Box<[u8]>,
}

impl ChannelBinding {
    /// The one of TLS 1.3: 32 bytes that both ends export from the connection. RFC 9266.
    pub const TLS_EXPORTER: &'static str = "tls-exporter";
    /// The hash of the server's certificate. RFC 5929 §4.
    pub const TLS_SERVER_END_POINT: &'static str = "tls-server-end-point";

    /// Takes the data as the TLS layer gives them; `None` for a kind that is no name (letters, digits, `.`, `-`).
    #[must_use]
    pub fn new(kind: &str, data: &[u8]) -> Option<Self> {
        let is_name = !kind.is_empty()
            && kind
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        is_name.then(|| Self {
            kind: Box::from(kind),
            data: Box::from(data),
        })
    }

    /// The name of the kind.
    #[must_use]
    pub const fn kind(&self) -> &str {
        &self.kind
    }

    /// The bytes.
    #[must_use]
    pub const fn data(&self) -> &[u8] {
        &self.data
    }
}

impl fmt::Debug for ChannelBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChannelBinding({}, ..)", self.kind)
    }
}

/// What a server needs to offer SCRAM, beside the keys of its users. Its secret is not printed.
#[derive(Clone)]
pub struct ScramPolicy {
    #[cfg_attr(
        not(feature = "scram"),
        allow(
            dead_code,
            reason = "a setting is the same in every build; without SCRAM nobody asks for it"
        )
    )]
    secret: Box<[u8]>,
    iterations: u32,
}

impl ScramPolicy {
    /// `secret` is at least 16 random bytes of the host's, the same in every process and after every start: nonces and the salts of users
    /// that do not exist are made from it. `iterations` is the count of the users' stored keys; where they differ, a name
    /// with another count is known to exist. `None` for a shorter secret, or less than 4096 iterations (RFC 7677 §4).
    #[must_use]
    pub fn new(secret: &[u8], iterations: u32) -> Option<Self> {
        (secret.len() >= MIN_SECRET && iterations >= MIN_ITERATIONS).then(|| Self {
            secret: Box::from(secret),
            iterations,
        })
    }

    /// How many iterations a stored key takes.
    #[must_use]
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }

    #[cfg(feature = "scram")]
    pub(crate) const fn secret(&self) -> &[u8] {
        &self.secret
    }
}

impl fmt::Debug for ScramPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScramPolicy(.., {} iterations)", self.iterations)
    }
}

/// The hash that a mechanism is named after.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ScramHash {
    /// SHA-1. RFC 5802.
    Sha1,
    /// SHA-256. RFC 7677.
    Sha256,
}

impl ScramHash {
    /// The hash of a mechanism, if it is a SCRAM.
    #[must_use]
    pub const fn of(mechanism: Mechanism) -> Option<Self> {
        match mechanism {
            Mechanism::Plain => None,
            Mechanism::ScramSha1 | Mechanism::ScramSha1Plus => Some(Self::Sha1),
            Mechanism::ScramSha256 | Mechanism::ScramSha256Plus => Some(Self::Sha256),
        }
    }

    /// Bytes of its output.
    #[must_use]
    pub const fn output_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// Why a client does not go on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScramError {
    /// Name or password hold what SASLprep forbids. RFC 4013.
    #[error("name or password hold a forbidden character")]
    Unprepared,
    /// The message is none that can come here.
    #[error("the message cannot be read")]
    Malformed,
    /// The server's nonce does not go on where ours ended.
    #[error("the nonce is not ours")]
    Nonce,
    /// An iteration count outside what the client takes: too few protect nothing, too many cost too much.
    #[error("{0} iterations are outside the bounds")]
    Iterations(u32),
    /// The server did not prove that it knows the password.
    #[error("the server does not know the password")]
    Signature,
}

/// RFC 7677 §4, for both hashes.
pub(crate) const MIN_ITERATIONS: u32 = 4096;
/// As many bits as the salts that are made from it.
const MIN_SECRET: usize = 16;
