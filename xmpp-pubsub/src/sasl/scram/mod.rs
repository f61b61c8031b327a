//! SCRAM: both ends prove that they know the password, and neither sends it. RFC 5802, RFC 7677.
//!
//! ```text
//!  client                                       server
//!  ScramClient::first    ── n,,n=user,r=a ──▶   ScramServer::new, then the user's ScramKeys are looked up
//!  ScramClient::proof    ◀─ r=ab,s=salt,i=n ──  ScramServer::challenge
//!                        ── c=..,r=ab,p=.. ──▶  ScramServer::verify
//!  ScramClient::verify   ◀─ v=signature ──────
//! ```
//!
//! Messages here are text; the session writes them as base64.

mod client;
mod keys;
mod message;
mod server;

pub use client::{Binding, ScramClient};
pub use keys::ScramKeys;
pub use server::ScramServer;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{ScramError, ScramHash};

/// A nonce for a server: nobody without the secret can tell it in advance. `seed` and `count` never come twice together.
pub(crate) fn server_nonce(secret: &[u8], seed: u64, count: u64) -> String {
    let mac = ScramHash::Sha256.hmac(
        secret,
        &[b"nonce", &seed.to_be_bytes(), &count.to_be_bytes()],
    );
    nonce(&mac)
}

/// A nonce for a client, as good as its seed; what is sent does not tell the seed.
pub(crate) fn client_nonce(seed: u64) -> String {
    nonce(&ScramHash::Sha256.digest(&[b"nonce", &seed.to_be_bytes()]))
}

fn nonce(bytes: &[u8]) -> String {
    STANDARD.encode(bytes.get(..NONCE_LEN).unwrap_or(bytes))
}

/// 24 characters.
const NONCE_LEN: usize = 18;
