//! The server's end of one login.

use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

use super::message::{Attributes, is_nonce, unescape};
use super::{ScramHash, ScramKeys};
use crate::sasl::{ChannelBinding, Mechanism, SaslCondition};

/// One login, at the server. Secrets are not printed.
#[derive(Clone)]
pub struct ScramServer {
    hash: ScramHash,
    authzid: Option<String>,
    authcid: String,
    /// What `c` of the last message must say.
    channel_input: Vec<u8>,
    /// `client-first-message-bare`.
    bare: String,
    /// Of both ends.
    nonce: String,
    challenge: Option<(String, ScramKeys)>,
}

impl ScramServer {
    /// Reads the client's first message. `nonce` is new and random; `channel` is what the server could bind to, and
    /// `is_bound_offered` whether a mechanism that does so was offered.
    ///
    /// # Errors
    ///
    /// `malformed-request` for what is no first message, has a mandatory extension, or names another channel than
    /// `channel`; `not-authorized` where the client was told that no bound mechanism is offered, and it is (RFC 5802 §6).
    pub fn new(
        mechanism: Mechanism,
        message: &str,
        nonce: &str,
        channel: Option<&ChannelBinding>,
        is_bound_offered: bool,
    ) -> Result<Self, SaslCondition> {
        const MALFORMED: SaslCondition = SaslCondition::MALFORMED_REQUEST;
        let hash = ScramHash::of(mechanism).ok_or(SaslCondition::INVALID_MECHANISM)?;
        let (flag, rest) = message.split_once(',').ok_or(MALFORMED)?;
        let (authzid, bare) = rest.split_once(',').ok_or(MALFORMED)?;
        let mut channel_input = format!("{flag},{authzid},").into_bytes();
        match (flag, mechanism.is_bound()) {
            ("n", false) => {}
            ("y", false) if is_bound_offered => return Err(SaslCondition::NOT_AUTHORIZED),
            ("y", false) => {}
            (flag, true) => {
                let kind = flag.strip_prefix("p=").ok_or(MALFORMED)?;
                let channel = channel.filter(|channel| channel.kind() == kind);
                channel_input.extend_from_slice(channel.ok_or(MALFORMED)?.data());
            }
            (_, false) => return Err(MALFORMED),
        }
        let authzid = match authzid {
            "" => None,
            text => {
                let name = text.strip_prefix("a=").and_then(unescape);
                Some(name.ok_or(MALFORMED)?)
            }
        };
        let mut attributes = Attributes::of(bare);
        // `m=`, which must be understood, would stand in the place of the name.
        let authcid = attributes.next('n').and_then(unescape).ok_or(MALFORMED)?;
        let theirs = attributes
            .next('r')
            .filter(|nonce| is_nonce(nonce))
            .ok_or(MALFORMED)?;
        if !attributes.only_extensions_follow() {
            return Err(MALFORMED);
        }
        let authcid = stringprep::saslprep(&authcid).map_err(|_| SaslCondition::NOT_AUTHORIZED)?;
        Ok(Self {
            hash,
            authzid,
            authcid: authcid.into_owned(),
            channel_input,
            bare: bare.to_owned(),
            nonce: format!("{theirs}{nonce}"),
            challenge: None,
        })
    }

    /// The name, prepared.
    #[must_use]
    pub fn authcid(&self) -> &str {
        &self.authcid
    }

    /// Whom the client wants to act as, if it says so.
    #[must_use]
    pub fn authzid(&self) -> Option<&str> {
        self.authzid.as_deref()
    }

    /// Which keys of the user are needed.
    #[must_use]
    pub const fn hash(&self) -> ScramHash {
        self.hash
    }

    /// The challenge. `keys` are of [`hash`](Self::hash).
    pub fn challenge(&mut self, keys: ScramKeys) -> String {
        let salt = STANDARD.encode(keys.salt());
        let message = format!("r={},s={salt},i={}", self.nonce, keys.iterations());
        self.challenge = Some((message.clone(), keys));
        message
    }

    /// Reads the client's last message and gives ours, which proves that we know the password too.
    ///
    /// # Errors
    ///
    /// `not-authorized` for a wrong password, nonce or channel, and for no challenge before it; `malformed-request` for
    /// what cannot be read.
    pub fn verify(&self, message: &str) -> Result<String, SaslCondition> {
        const MALFORMED: SaslCondition = SaslCondition::MALFORMED_REQUEST;
        let (challenge, keys) = self
            .challenge
            .as_ref()
            .ok_or(SaslCondition::NOT_AUTHORIZED)?;
        // The proof comes last; extensions stand before it.
        let (without_proof, proof) = message.rsplit_once(",p=").ok_or(MALFORMED)?;
        let mut attributes = Attributes::of(without_proof);
        let channel = attributes.next('c').ok_or(MALFORMED)?;
        let nonce = attributes.next('r').ok_or(MALFORMED)?;
        if !attributes.only_extensions_follow() {
            return Err(MALFORMED);
        }
        let decode = |text| STANDARD.decode(text).map_err(|_| MALFORMED);
        let (channel, proof) = (decode(channel)?, decode(proof)?);
        let message = format!("{},{challenge},{without_proof}", self.bare);
        let signature = self.hash.hmac(keys.stored_key(), &[message.as_bytes()]);
        let client_key: Vec<u8> = signature.iter().zip(&proof).map(|(a, b)| a ^ b).collect();
        let is_right = self.hash.digest(&[&client_key]).ct_eq(keys.stored_key())
            & channel.ct_eq(&self.channel_input)
            & nonce.as_bytes().ct_eq(self.nonce.as_bytes());
        if proof.len() != self.hash.output_len() || !bool::from(is_right) {
            return Err(SaslCondition::NOT_AUTHORIZED);
        }
        let signature = self.hash.hmac(keys.server_key(), &[message.as_bytes()]);
        Ok(format!("v={}", STANDARD.encode(signature)))
    }
}

impl fmt::Debug for ScramServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScramServer({:?}, ..)", self.hash)
    }
}
