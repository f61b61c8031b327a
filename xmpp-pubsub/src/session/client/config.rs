//! Settings of a client's session, and what it tells.

use core::ops::RangeInclusive;
use std::time::Duration;

use wire_xml::Limits;

use crate::disco;
use crate::jid::Jid;
use crate::sasl::{ChannelBinding, MIN_ITERATIONS, Mechanism, Password};
use crate::session::{CloseReason, Security};
use crate::stanza::{Presence, PresenceKind, Stanza};
use crate::stream::StartTls;

/// Settings of a [`Client`](super::Client) session.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Who logs in; its resource, if it has one, is asked for.
    pub jid: Jid,
    /// The password. It passes as PLAIN where nothing stronger is offered, and on [`Security::Protected`] only.
    pub password: Password,
    /// Random number of the host's: makes the ids of requests, and the nonce of SCRAM. One per session, never used again.
    pub seed: u64,
    /// What is below the stream. From [`Security::Protected`] no server moves the session to a transport without TLS:
    /// such a move counts as an end in order (RFC 7395 §3.6.1). Default protected.
    pub security: Security,
    /// On TCP and [`Security::Clear`]: whether to go on over TLS. Default required.
    pub starttls: StartTls,
    /// What is unique to the TLS connection below: with it, a mechanism that is bound to the channel is preferred.
    pub channel_binding: Option<ChannelBinding>,
    /// Nothing weaker is taken, so that nobody between the two ends talks them into it. Default PLAIN; who knows what the
    /// server can do says so here.
    pub weakest: Mechanism,
    /// How many iterations of SCRAM the server may ask: fewer protect the password badly, more cost time (a million takes
    /// about a second). Default 4,096 (RFC 7677 §4) to 1,000,000.
    pub iterations: RangeInclusive<u32>,
    /// What the client says it is, to who asks (XEP-0030). Default: a `bot`.
    pub identity: disco::Identity,
    /// Sent as soon as there is an address; without it nobody's bare address reaches this session. Default: available,
    /// priority 0.
    pub initial_presence: Option<Presence>,
    /// How long the server may take until there is an address. Default 30 s.
    pub negotiation_timeout: Duration,
    /// What the server may send. Default: stanzas of 1 MiB.
    pub limits: Limits,
    /// After this silence the server is pinged. Default 20 s; none never pings.
    pub ping_after: Option<Duration>,
    /// How long the server may then stay silent before it counts as lost. Default 20 s.
    pub ping_timeout: Duration,
    /// How long the server may take to end its stream when ours has ended. Default 5 s.
    pub close_timeout: Duration,
}

impl ClientConfig {
    /// Settings to log in as `jid`. `seed` is a random number of the host's.
    #[must_use]
    pub fn new(jid: Jid, password: Password, seed: u64) -> Self {
        Self {
            jid,
            password,
            seed,
            security: Security::Protected,
            starttls: StartTls::Required,
            channel_binding: None,
            weakest: Mechanism::Plain,
            iterations: MIN_ITERATIONS..=1_000_000,
            identity: disco::Identity::new("client", "bot"),
            initial_presence: Some(Presence::new(PresenceKind::Available)),
            negotiation_timeout: Duration::from_secs(30),
            limits: Limits::default(),
            ping_after: Some(Duration::from_secs(20)),
            ping_timeout: Duration::from_secs(20),
            close_timeout: Duration::from_secs(5),
        }
    }

    /// Sets what is below the stream.
    #[must_use]
    pub const fn with_security(mut self, security: Security) -> Self {
        self.security = security;
        self
    }

    /// Sets whether a stream in the clear goes on over TLS.
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

    /// Sets the weakest mechanism that is taken.
    #[must_use]
    pub const fn with_weakest(mut self, mechanism: Mechanism) -> Self {
        self.weakest = mechanism;
        self
    }

    /// Sets what presence is sent first, if any.
    #[must_use]
    pub fn with_initial_presence(mut self, presence: Option<Presence>) -> Self {
        self.initial_presence = presence;
        self
    }

    /// Sets after what silence the server is pinged, and how long it may stay silent then.
    #[must_use]
    pub const fn with_ping(mut self, after: Option<Duration>, timeout: Duration) -> Self {
        self.ping_after = after;
        self.ping_timeout = timeout;
        self
    }
}

/// What the application should know or do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientEvent {
    /// Send what [`Client::poll_transmit`](super::Client::poll_transmit) still has, make TLS on the connection, then call [`Client::tls_ok`](super::Client::tls_ok). Bytes that
    /// come in between are those of TLS.
    StartTls,
    /// On BOSH only: send a body that restarts the stream. XEP-0206 §5.
    Restart,
    /// There is an address; stanzas can be sent.
    Online {
        /// The full address, as the server gave it.
        jid: Jid,
    },
    /// A stanza for the application. Pings are answered already.
    Stanza(Stanza),
    /// The session is over. Send what [`Client::poll_transmit`](super::Client::poll_transmit) still has, on BOSH also
    /// [`Client::poll_stream_error`](super::Client::poll_stream_error), then close the transport.
    Closed {
        /// Why.
        reason: CloseReason,
    },
}
