//! Settings of a server's session, and what it tells.

use std::time::Duration;

use wire_xml::Limits;

use crate::jid::Jid;
use crate::sasl::{ChannelBinding, Mechanism, Plain, SaslCondition, ScramHash, ScramPolicy};
use crate::session::CloseReason;
use crate::stanza::Stanza;
use crate::stream::StartTls;

/// Settings of a [`Server`](super::Server) session.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The domain served.
    pub domain: Jid,
    /// Random number of the host's: makes stream ids, ping ids and nonces. One per session.
    pub seed: u64,
    /// What is below the stream. PLAIN is offered on [`Security::Protected`] only (XC-SA-02).
    pub security: Security,
    /// On TCP and [`Security::Clear`]: whether the stream can, or must, go on over TLS. Off by default.
    pub starttls: StartTls,
    /// What is unique to the TLS connection below: with it, mechanisms that are bound to the channel are offered.
    pub channel_binding: Option<ChannelBinding>,
    /// What the host can check: PLAIN where it has passwords or asks somebody who does, SCRAM where it keeps keys. Those that
    /// the stream below permits are offered. Default: PLAIN.
    pub mechanisms: Vec<Mechanism>,
    /// Without it, and without the feature `scram`, no SCRAM is offered.
    pub scram: Option<ScramPolicy>,
    /// How long a client may take from the first byte to a bound resource. Default 30 s.
    pub negotiation_timeout: Duration,
    /// How many logins may fail before the stream ends. Default 3. RFC 6120 §6.4.5 asks for two to five retries: a number
    /// outside 3 to 6 counts as the nearer of these (XC-SA-07).
    pub max_attempts: u32,
    /// What a client may send before it has logged in. Default: stanzas of 10,000 bytes (XC-ST-11), depth 8.
    pub limits_before_login: Limits,
    /// What a client may send afterwards. Default: stanzas of 256 KiB.
    pub limits: Limits,
    /// On TCP and WebSocket: after this silence the client is pinged. Default 60 s; none never pings.
    pub ping_after: Option<Duration>,
    /// How long the client may then stay silent before the session ends (XC-ST-10). Default 30 s.
    pub ping_timeout: Duration,
    /// How long the client may take to end its stream when ours has ended in order. Default 5 s.
    pub close_timeout: Duration,
}

/// What is below a stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Security {
    /// TLS, or an address that only this machine reaches: passwords may pass.
    Protected,
    /// Anybody may listen: no password passes.
    Clear,
}

impl ServerConfig {
    /// Settings for a domain. `seed` is a random number of the host's.
    #[must_use]
    pub fn new(domain: Jid, seed: u64, security: Security) -> Self {
        Self {
            domain,
            seed,
            security,
            starttls: StartTls::Off,
            channel_binding: None,
            mechanisms: vec![Mechanism::Plain],
            scram: None,
            negotiation_timeout: Duration::from_secs(30),
            max_attempts: 3,
            limits_before_login: Limits::default().with_document(10_000).with_depth(8),
            limits: Limits::default().with_document(256 * 1024),
            ping_after: Some(Duration::from_secs(60)),
            ping_timeout: Duration::from_secs(30),
            close_timeout: Duration::from_secs(5),
        }
    }

    /// Sets whether a stream in the clear can, or must, go on over TLS.
    #[must_use]
    pub const fn with_starttls(mut self, starttls: StartTls) -> Self {
        self.starttls = starttls;
        self
    }

    /// Sets what is unique to the TLS connection below.
    #[must_use]
    pub fn with_channel_binding(mut self, binding: ChannelBinding) -> Self {
        self.channel_binding = Some(binding);
        self
    }

    /// Sets what the host can check.
    #[must_use]
    pub fn with_mechanisms(mut self, mechanisms: impl IntoIterator<Item = Mechanism>) -> Self {
        self.mechanisms = mechanisms.into_iter().collect();
        self
    }

    /// Sets what SCRAM needs beside the keys of users.
    #[must_use]
    pub fn with_scram(mut self, policy: ScramPolicy) -> Self {
        self.scram = Some(policy);
        self
    }

    /// Sets how long a client may take until it has a resource.
    #[must_use]
    pub const fn with_negotiation_timeout(mut self, timeout: Duration) -> Self {
        self.negotiation_timeout = timeout;
        self
    }

    /// Sets after what silence a client is pinged, and how long it may stay silent then.
    #[must_use]
    pub const fn with_ping(mut self, after: Option<Duration>, timeout: Duration) -> Self {
        self.ping_after = after;
        self.ping_timeout = timeout;
        self
    }

    /// What is offered as things stand, the strongest first.
    pub(super) fn offered(&self) -> Vec<Mechanism> {
        let mut offered = self.mechanisms.clone();
        offered.retain(|mechanism| {
            mechanism.is_built()
                && if mechanism.reveals_password() {
                    self.security == Security::Protected
                } else {
                    self.scram.is_some()
                        && (!mechanism.is_bound() || self.channel_binding.is_some())
                }
        });
        offered.sort_unstable();
        offered.dedup();
        offered.reverse();
        offered
    }

    pub(super) fn most_attempts(&self) -> u32 {
        self.max_attempts.clamp(3, 6)
    }
}

/// What the host should know or do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ServerEvent {
    /// Send what [`Server::poll_transmit`](super::Server::poll_transmit) still has, make TLS on the connection, then call
    /// [`Server::tls_ok`](super::Server::tls_ok). Bytes that come in between are those of TLS.
    StartTls,
    /// Somebody wants to log in. Answer with [`Server::authenticate_ok`](super::Server::authenticate_ok) or
    /// [`Server::authenticate_failed`](super::Server::authenticate_failed), now or later; until then there is no other
    /// login.
    Authenticate {
        /// The user's bare address.
        user: Jid,
        /// Name and password.
        credentials: Plain,
    },
    /// Somebody wants to log in by SCRAM. Answer with `Server::scram_keys` (feature `scram`), now or later, for
    /// users that do not exist too; until then there is no other login.
    ScramKeys {
        /// The user's bare address.
        user: Jid,
        /// Of which hash the keys are needed.
        hash: ScramHash,
    },
    /// A login by SCRAM came to its end.
    LoginChecked {
        /// The user's bare address.
        user: Jid,
        /// Whether the password was right, or why it came to nothing.
        outcome: Result<(), SaslCondition>,
    },
    /// The user wants a full address. Answer with [`Server::bind_ok`](super::Server::bind_ok) or
    /// [`Server::bind_failed`](super::Server::bind_failed).
    Bind {
        /// The user's bare address.
        user: Jid,
        /// What was asked for; without it the server chooses.
        resource: Option<String>,
    },
    /// A stanza of a bound client; its sender is set to the session's full address, its language to that of the stream where
    /// it has none.
    Stanza(Stanza),
    /// The session is over. Send what [`Server::poll_transmit`](super::Server::poll_transmit) still has, on BOSH also
    /// [`Server::poll_stream_error`](super::Server::poll_stream_error), then close the transport.
    Closed {
        /// Why.
        reason: CloseReason,
    },
}
