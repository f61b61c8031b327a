//! What a connection manager grants, with reasons beside the defaults.

use std::time::Duration;

use wire_xml::Limits;

use crate::body::{BodyCodec, Version};

/// Settings of a [`Manager`](super::Manager) or [`Session`](super::Session).
///
/// Clients are told times in whole seconds: `polling` is rounded up, all others down.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerConfig {
    /// Longest `wait`. Default 60 s: below the idle timeout of common HTTP proxies.
    pub max_wait: Duration,
    /// Largest `hold`. Default 1: more ties up connections and gains nothing.
    pub max_hold: u32,
    /// Silence that ends a session, `None` for never. Default 30 s, somewhat above a bad round
    /// trip (XEP-0124 §10).
    pub inactivity: Option<Duration>,
    /// The same for polling sessions, which are silent by nature (§12). Default 90 s.
    pub polling_inactivity: Option<Duration>,
    /// Shortest time between polls, `None` for any. Default 2 s.
    pub polling: Option<Duration>,
    /// Longest pause, `None` if pausing is not supported. Default 120 s.
    pub max_pause: Option<Duration>,
    /// What a longer pause leads to. The specification does not say.
    pub pause_above_maximum: PauseAboveMaximum,
    /// Highest BOSH version spoken. Default 1.11.
    pub version: Version,
    /// Whether responses carry `ack` for clients that announce acknowledgements. Default yes.
    pub acks: bool,
    /// An acknowledgement that lags behind for longer is reported (§9.2). Default 1 s, so that
    /// a response on its way is not taken for a lost one.
    pub report_after: Duration,
    /// How long the creation request waits for the first payload, so that features come with
    /// the creation response. Default 1 s.
    pub creation_grace: Duration,
    /// How much longer than `wait` a gap in the request ids may last. Default 5 s. The
    /// specification forbids answers out of order, so the session ends then.
    pub gap_margin: Duration,
    /// How often one request may be repeated (§14.3). Default 10: a client that tries for
    /// minutes stays below.
    pub max_repeats: u32,
    /// Most responses kept for a client that acknowledges. Default 16; others have as many kept
    /// as `requests` says.
    pub max_stored_responses: usize,
    /// Most bytes of payloads in one response, the first payload apart. Default 256 KiB.
    pub max_response: usize,
    /// Most bytes of payloads queued for a client that does not ask for them. Default 1 MiB.
    pub max_queue: usize,
    /// Time until a session must be declared authenticated, `None` for ever. Default 60 s.
    pub authentication_timeout: Option<Duration>,
    /// Most sessions. Default 10,000.
    pub max_sessions: usize,
    /// Most sessions that are not declared authenticated. Default 1,000.
    pub max_unauthenticated: usize,
    /// Most streams in one session at a time. Default 1: several streams (XEP-0124 §16) are not
    /// announced, and a request for one is an ordinary one. A client that opens more than this
    /// breaks a rule of the session.
    pub max_streams: usize,
    /// `from` of creation responses. Default: the `to` of the request.
    pub from: Option<String>,
    /// Content codings that the host decompresses, for `accept`. Default none.
    pub accept: Option<String>,
    /// Reads requests. Default limits: 1 MiB, 64 deep, 1,024 payloads.
    pub codec: BodyCodec,
}

/// What a `pause` above `maxpause` leads to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum PauseAboveMaximum {
    /// The session ends with policy-violation, as field servers do.
    #[default]
    Terminate,
    /// The longest pause is granted.
    Shorten,
}

impl ServerConfig {
    /// The longest that any request waits for its answer: `max_wait` and `gap_margin`, or
    /// `creation_grace` if that is longer. [`Session`](super::Session) says which waits how long.
    /// Whatever stands between client and host must have more patience.
    #[must_use]
    pub fn longest_answer(&self) -> Duration {
        let above_a_gap = self.max_wait.saturating_add(self.gap_margin);
        above_a_gap.max(self.creation_grace)
    }

    /// Sets the longest `wait`.
    #[must_use]
    pub const fn with_max_wait(mut self, wait: Duration) -> Self {
        self.max_wait = wait;
        self
    }

    /// Sets the largest `hold`.
    #[must_use]
    pub const fn with_max_hold(mut self, hold: u32) -> Self {
        self.max_hold = hold;
        self
    }

    /// Sets the silence that ends a session that does not poll.
    #[must_use]
    pub const fn with_inactivity(mut self, inactivity: Option<Duration>) -> Self {
        self.inactivity = inactivity;
        self
    }

    /// Sets the silence that ends a polling session.
    #[must_use]
    pub const fn with_polling_inactivity(mut self, inactivity: Option<Duration>) -> Self {
        self.polling_inactivity = inactivity;
        self
    }

    /// Sets the shortest time between polls.
    #[must_use]
    pub const fn with_polling(mut self, polling: Option<Duration>) -> Self {
        self.polling = polling;
        self
    }

    /// Sets the longest pause and what a longer one leads to.
    #[must_use]
    pub const fn with_max_pause(
        mut self,
        pause: Option<Duration>,
        above: PauseAboveMaximum,
    ) -> Self {
        self.max_pause = pause;
        self.pause_above_maximum = above;
        self
    }

    /// Sets whether acknowledgements are sent.
    #[must_use]
    pub const fn with_acks(mut self, acks: bool) -> Self {
        self.acks = acks;
        self
    }

    /// Sets how long the creation request waits for features.
    #[must_use]
    pub const fn with_creation_grace(mut self, grace: Duration) -> Self {
        self.creation_grace = grace;
        self
    }

    /// Sets how much longer than `wait` a gap may last.
    #[must_use]
    pub const fn with_gap_margin(mut self, margin: Duration) -> Self {
        self.gap_margin = margin;
        self
    }

    /// Sets how often a request may be repeated.
    #[must_use]
    pub const fn with_max_repeats(mut self, repeats: u32) -> Self {
        self.max_repeats = repeats;
        self
    }

    /// Sets the bytes of payloads in one response and in the queue.
    #[must_use]
    pub const fn with_bytes(mut self, response: usize, queue: usize) -> Self {
        self.max_response = response;
        self.max_queue = queue;
        self
    }

    /// Sets the time until a session must be declared authenticated.
    #[must_use]
    pub const fn with_authentication_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.authentication_timeout = timeout;
        self
    }

    /// Sets the most sessions, all and not authenticated.
    #[must_use]
    pub const fn with_sessions(mut self, all: usize, unauthenticated: usize) -> Self {
        self.max_sessions = all;
        self.max_unauthenticated = unauthenticated;
        self
    }

    /// Sets the most streams in one session.
    #[must_use]
    pub const fn with_max_streams(mut self, streams: usize) -> Self {
        self.max_streams = streams;
        self
    }

    /// Sets `from` of creation responses.
    #[must_use]
    pub fn with_from(mut self, from: impl Into<String>) -> Self {
        self.from = Some(from.into());
        self
    }

    /// Sets the content codings that the host decompresses.
    #[must_use]
    pub fn with_accept(mut self, accept: impl Into<String>) -> Self {
        self.accept = Some(accept.into());
        self
    }

    /// Sets what reads requests.
    #[must_use]
    pub const fn with_codec(mut self, codec: BodyCodec) -> Self {
        self.codec = codec;
        self
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            max_wait: Duration::from_secs(60),
            max_hold: 1,
            inactivity: Some(Duration::from_secs(30)),
            polling_inactivity: Some(Duration::from_secs(90)),
            polling: Some(Duration::from_secs(2)),
            max_pause: Some(Duration::from_secs(120)),
            pause_above_maximum: PauseAboveMaximum::default(),
            version: Version::new(1, 11),
            acks: true,
            report_after: Duration::from_secs(1),
            creation_grace: Duration::from_secs(1),
            gap_margin: Duration::from_secs(5),
            max_repeats: 10,
            max_stored_responses: 16,
            max_response: 256 * 1024,
            max_queue: 1024 * 1024,
            authentication_timeout: Some(Duration::from_secs(60)),
            max_sessions: 10_000,
            max_unauthenticated: 1_000,
            max_streams: 1,
            from: None,
            accept: None,
            codec: BodyCodec::new(Limits::default()),
        }
    }
}
