//! What a server keeps instead of a password. RFC 5802 §3.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::sasl::mechanism::MIN_ITERATIONS;
use crate::sasl::{Password, ScramHash, ScramPolicy};

impl ScramHash {
    pub(super) fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Sha1 => digest::<Sha1>(parts),
            Self::Sha256 => digest::<Sha256>(parts),
        }
    }

    pub(super) fn hmac(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Sha1 => mac::<Hmac<Sha1>>(key, parts),
            Self::Sha256 => mac::<Hmac<Sha256>>(key, parts),
        }
    }

    /// `Hi` of RFC 5802 §2.2: costs `iterations` times one HMAC.
    pub(super) fn salted(self, password: &str, salt: &[u8], iterations: u32) -> Vec<u8> {
        let mut out = vec![0; self.output_len()];
        match self {
            Self::Sha1 => {
                pbkdf2::pbkdf2_hmac::<Sha1>(password.as_bytes(), salt, iterations, &mut out)
            }
            Self::Sha256 => {
                pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), salt, iterations, &mut out);
            }
        }
        out
    }
}

fn digest<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = D::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().to_vec()
}

fn mac<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // RFC 2104 §2: a key may have any length, so that this cannot fail.
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// What a server keeps of a password. It lets nobody log in elsewhere, but a weak password can be found from it: keep it
/// as secret as a password. Not printed.
#[derive(Clone, Eq, PartialEq)]
pub struct ScramKeys {
    hash: ScramHash,
    salt: Box<[u8]>,
    iterations: u32,
    stored_key: Box<[u8]>,
    server_key: Box<[u8]>,
}

impl ScramKeys {
    /// Makes the keys of a password. `salt` is random, at least 8 bytes, and another one for each user.
    ///
    /// Returns `None` for a password that SASLprep forbids, a shorter salt, or less than 4096 iterations.
    #[must_use]
    pub fn derive(
        hash: ScramHash,
        password: &Password,
        salt: &[u8],
        iterations: u32,
    ) -> Option<Self> {
        let password = stringprep::saslprep(password.reveal()).ok()?;
        if salt.len() < MIN_SALT || iterations < MIN_ITERATIONS {
            return None;
        }
        let salted = hash.salted(&password, salt, iterations);
        let client_key = hash.hmac(&salted, &[b"Client Key"]);
        Some(Self {
            hash,
            salt: Box::from(salt),
            iterations,
            stored_key: hash.digest(&[&client_key]).into(),
            server_key: hash.hmac(&salted, &[b"Server Key"]).into(),
        })
    }

    /// Takes keys that were kept. `None` if a key has not the length of the hash, or the salt or the count is nothing.
    #[must_use]
    pub fn from_parts(
        hash: ScramHash,
        salt: &[u8],
        iterations: u32,
        stored_key: &[u8],
        server_key: &[u8],
    ) -> Option<Self> {
        let fits = stored_key.len() == hash.output_len()
            && server_key.len() == hash.output_len()
            && !salt.is_empty()
            && iterations > 0;
        fits.then(|| Self {
            hash,
            salt: Box::from(salt),
            iterations,
            stored_key: Box::from(stored_key),
            server_key: Box::from(server_key),
        })
    }

    /// Keys of nobody, the same each time that the name is asked for: whoever tries it sees a salt like any other.
    pub(crate) fn of_nobody(hash: ScramHash, policy: &ScramPolicy, name: &str) -> Self {
        let make = |what: &[u8]| hash.hmac(policy.secret(), &[what, b"\0", name.as_bytes()]);
        let salt = make(b"salt");
        Self {
            hash,
            salt: Box::from(salt.get(..16).unwrap_or(&salt)),
            iterations: policy.iterations(),
            stored_key: make(b"stored key").into(),
            server_key: make(b"server key").into(),
        }
    }

    /// Which hash they are of.
    #[must_use]
    pub const fn hash(&self) -> ScramHash {
        self.hash
    }

    /// The salt; no secret.
    #[must_use]
    pub const fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// The iteration count.
    #[must_use]
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }

    /// `StoredKey`, to keep.
    #[must_use]
    pub const fn stored_key(&self) -> &[u8] {
        &self.stored_key
    }

    /// `ServerKey`, to keep.
    #[must_use]
    pub const fn server_key(&self) -> &[u8] {
        &self.server_key
    }
}

impl fmt::Debug for ScramKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScramKeys({:?}, ..)", self.hash)
    }
}

/// Less would let two users share one by chance.
const MIN_SALT: usize = 8;
