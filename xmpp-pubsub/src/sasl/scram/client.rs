//! The client's end of one login.

use core::fmt;
use core::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

use super::message::{Attributes, escape, is_nonce};
use super::{ScramError, ScramHash};
use crate::sasl::{ChannelBinding, Password};

/// What a client says about channel binding. RFC 5802 §6.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Binding {
    /// It has no data of the channel.
    None,
    /// It has, but the server offered no mechanism that is bound. A server that did offer one knows from this that
    /// somebody took it out of the list.
    NotOffered,
    /// The mechanism is bound to this channel.
    Used(ChannelBinding),
}

/// One login, at the client. Secrets are not printed.
#[derive(Clone)]
pub struct ScramClient {
    hash: ScramHash,
    password: String,
    gs2_header: String,
    binding: Binding,
    nonce: String,
    /// `client-first-message-bare`.
    bare: String,
    iterations: RangeInclusive<u32>,
    server_signature: Option<Vec<u8>>,
}

impl ScramClient {
    /// Begins a login. `nonce` is new and random, printable ASCII without a comma; an iteration count outside
    /// `iterations` is refused before it costs anything.
    ///
    /// # Errors
    ///
    /// `user` or `password` cannot be prepared, or `nonce` cannot stand in a message.
    pub fn new(
        hash: ScramHash,
        user: &str,
        password: &Password,
        nonce: &str,
        binding: Binding,
        iterations: RangeInclusive<u32>,
    ) -> Result<Self, ScramError> {
        let user = stringprep::saslprep(user).map_err(|_| ScramError::Unprepared)?;
        let password =
            stringprep::saslprep(password.reveal()).map_err(|_| ScramError::Unprepared)?;
        if user.is_empty() || password.is_empty() {
            return Err(ScramError::Unprepared);
        }
        if !is_nonce(nonce) {
            return Err(ScramError::Nonce);
        }
        Ok(Self {
            hash,
            password: password.into_owned(),
            gs2_header: match &binding {
                Binding::None => "n,,".to_owned(),
                Binding::NotOffered => "y,,".to_owned(),
                Binding::Used(channel) => format!("p={},,", channel.kind()),
            },
            binding,
            nonce: nonce.to_owned(),
            bare: format!("n={},r={nonce}", escape(&user)),
            iterations,
            server_signature: None,
        })
    }

    /// The first message.
    #[must_use]
    pub fn first(&self) -> String {
        format!("{}{}", self.gs2_header, self.bare)
    }

    /// Reads the server's challenge and gives the answer to it. Costs as much time as the server asks iterations.
    ///
    /// # Errors
    ///
    /// The challenge cannot be read, has not our nonce, or asks too few or too many iterations.
    pub fn proof(&mut self, challenge: &str) -> Result<String, ScramError> {
        let mut attributes = Attributes::of(challenge);
        let (Some(nonce), Some(salt), Some(count)) = (
            attributes.next('r'),
            attributes.next('s'),
            attributes.next('i'),
        ) else {
            return Err(ScramError::Malformed);
        };
        if !attributes.only_extensions_follow() {
            return Err(ScramError::Malformed);
        }
        let added = nonce.strip_prefix(&self.nonce).ok_or(ScramError::Nonce)?;
        if !is_nonce(added) {
            return Err(ScramError::Nonce);
        }
        let salt = STANDARD.decode(salt).map_err(|_| ScramError::Malformed)?;
        let iterations: u32 = count.parse().map_err(|_| ScramError::Malformed)?;
        if salt.is_empty() {
            return Err(ScramError::Malformed);
        }
        if !self.iterations.contains(&iterations) {
            return Err(ScramError::Iterations(iterations));
        }
        let salted = self.hash.salted(&self.password, &salt, iterations);
        let client_key = self.hash.hmac(&salted, &[b"Client Key"]);
        let stored_key = self.hash.digest(&[&client_key]);
        let without_proof = format!("c={},r={nonce}", STANDARD.encode(self.channel_input()));
        let message = format!("{},{challenge},{without_proof}", self.bare);
        let mut proof = self.hash.hmac(&stored_key, &[message.as_bytes()]);
        for (byte, key) in proof.iter_mut().zip(&client_key) {
            *byte ^= key;
        }
        let server_key = self.hash.hmac(&salted, &[b"Server Key"]);
        self.server_signature = Some(self.hash.hmac(&server_key, &[message.as_bytes()]));
        Ok(format!("{without_proof},p={}", STANDARD.encode(proof)))
    }

    /// Reads the server's last message: it must prove that the server knows the password too.
    ///
    /// # Errors
    ///
    /// It does not, or comes before [`proof`](Self::proof).
    pub fn verify(&self, message: &str) -> Result<(), ScramError> {
        let expected = self
            .server_signature
            .as_ref()
            .ok_or(ScramError::Malformed)?;
        let signature = Attributes::of(message)
            .next('v')
            .ok_or(ScramError::Signature)?;
        let signature = STANDARD
            .decode(signature)
            .map_err(|_| ScramError::Malformed)?;
        if bool::from(signature.ct_eq(expected)) {
            Ok(())
        } else {
            Err(ScramError::Signature)
        }
    }

    fn channel_input(&self) -> Vec<u8> {
        let mut input = self.gs2_header.as_bytes().to_vec();
        if let Binding::Used(channel) = &self.binding {
            input.extend_from_slice(channel.data());
        }
        input
    }
}

impl fmt::Debug for ScramClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScramClient({:?}, ..)", self.hash)
    }
}
