//! What a client asks for and how long it tries, with reasons beside the defaults.

use std::time::Duration;

use wire_xml::Limits;

use crate::body::{BodyCodec, Version};
use crate::rid::Rid;

/// Settings of a [`Client`](crate::session::Client).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientConfig {
    /// Domain to be served by.
    pub to: String,
    /// Request id of the creation request: random, so that nobody can guess the next ones
    /// (XEP-0124 §19.3).
    pub first_rid: Rid,
    /// Originator of the stream. Default none: it would be sent before TLS is certain.
    pub from: Option<String>,
    /// `proto:host:port` towards a proxying server. Default none.
    pub route: Option<String>,
    /// `xml:lang`. Default `en`.
    pub lang: Option<String>,
    /// Content-Type that responses must have. Default none, so that it is the usual one.
    pub content: Option<String>,
    /// Longest time that the server may hold a request, in whole seconds; less than one polls. Default
    /// 60 s.
    pub wait: Duration,
    /// Most requests that the server may hold; 0 polls. Default 1.
    pub hold: u32,
    /// Highest BOSH version spoken; `None` makes a legacy client. Default 1.11.
    pub version: Option<Version>,
    /// Version of XMPP announced, `None` for another protocol. Default 1.0.
    pub xmpp_version: Option<Version>,
    /// Whether responses are acknowledged (§9.2). Default yes: it costs nothing while all goes
    /// well.
    pub acks: bool,
    /// How a broken connection is tried again.
    pub retry: Retry,
    /// From what the waiting times of `retry` are drawn: the same seed gives the same times.
    /// Default the first request id, which is random.
    pub seed: u64,
    /// URI that requests are sent to, by which a redirect is judged (§17.2). Default none: then
    /// only https is followed.
    pub uri: Option<String>,
    /// How often a session may still be sent to another URI. Default 3.
    pub redirects: u32,
    /// How long a request may be on its way: then a response that does not acknowledge it means
    /// that it was lost (§9.1), and a pause that is never answered counts as received
    /// ([`Pauses::Unanswered`]). Default 2 s: an early copy costs a request, a late one the time.
    pub lost_after: Duration,
    /// Most requests without a response, whatever the server grants. Default 16.
    pub max_requests: usize,
    /// Most streams in a session, those that were asked for included. Default 8.
    pub max_streams: usize,
    /// What HTTP 400, 403 and 404 mean. Default [`HttpErrors::Final`].
    pub http_errors: HttpErrors,
    /// What becomes of a pause request (§10). Default [`Pauses::Answered`].
    pub pauses: Pauses,
    /// Whether no request overtakes one whose connection broke: it waits until that one is sent
    /// again. Default no: a request is only to be late by what the network loses (§14.2).
    pub in_order: bool,
    /// Shortest time from one request to the next, so that the second does not overtake the first
    /// on another connection. Default none: a server takes them in order (§14.2).
    pub pace: Duration,
    /// How much longer than `wait` a response may take before its connection counts as broken.
    /// Default 10 s.
    pub response_margin: Duration,
    /// How much longer than for one response an unreachable server is tried when it names no
    /// `inactivity`, and while the session is being created. Default 60 s.
    pub give_up: Duration,
    /// How long the end of the session may take. Default 5 s.
    pub close_timeout: Duration,
    /// Time between polls where the server allows it. Default 5 s.
    pub poll_interval: Duration,
    /// Most bytes of payloads in one request, the first payload apart. Default 64 KiB.
    pub max_request: usize,
    /// Most bytes of payloads queued. Default 1 MiB.
    pub max_queue: usize,
    /// Reads responses. Default limits: 1 MiB, 64 deep, 1,024 payloads.
    pub codec: BodyCodec,
}

/// Waiting times between attempts, doubled each time and shortened by chance, so that clients
/// that lost their server at the same moment do not come back at the same moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Retry {
    /// Before the second attempt. Default 500 ms.
    pub first: Duration,
    /// The longest. Default 10 s.
    pub longest: Duration,
    /// By how many percent of it a waiting time may be shortened, at most 100. Default 50.
    pub jitter: u32,
}

impl Retry {
    /// The longest that is waited after so many failed attempts.
    #[must_use]
    pub fn delay(self, failed: u32) -> Duration {
        let factor = 1_u32
            .checked_shl(failed.saturating_sub(1))
            .unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.longest)
    }

    /// What is waited after so many failed attempts when `chance` was drawn.
    pub(super) fn wait(self, failed: u32, chance: u64) -> Duration {
        let delay = self.delay(failed);
        // At most 100, so that it fits.
        let percent = u64::from(self.jitter.min(100));
        let share = u32::try_from(chance % (percent * 10 + 1)).unwrap_or(0);
        delay - delay / 1000 * share
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(10),
            jitter: 50,
        }
    }
}

/// What HTTP 400, 403 and 404 mean when both sides speak a version of BOSH (§17.1). A server
/// without `ver` always means the end by them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum HttpErrors {
    /// The session is over.
    ///
    /// Quirk: Openfire, and so Cisco Finesse, answers this way whatever the client's version.
    #[default]
    Final,
    /// An intermediary spoke; the request is sent again.
    Retry,
}

/// What becomes of a pause request.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Pauses {
    /// It is answered at once, as all requests before it (§10).
    #[default]
    Answered,
    /// It is taken, and never answered.
    ///
    /// Quirk: ejabberd 23.01. If its connection still stands after [`ClientConfig::lost_after`], the
    /// request counts as received: it takes no place of the next ones any more.
    /// [`outstanding`](super::Client::outstanding) counts it until one of those is answered.
    Unanswered,
}

impl ClientConfig {
    /// Asks for a session with `to`. The first request id is lowered to 2^52 if it is above, so
    /// that ids do not run out (XEP-0124 §14.1).
    #[must_use]
    pub fn new(to: impl Into<String>, first_rid: Rid) -> Self {
        let highest = Rid::new(1 << 52).unwrap_or(Rid::MAX);
        Self {
            to: to.into(),
            first_rid: first_rid.min(highest),
            from: None,
            route: None,
            lang: Some("en".to_owned()),
            content: None,
            wait: Duration::from_secs(60),
            hold: 1,
            version: Some(Version::new(1, 11)),
            xmpp_version: Some(Version::new(1, 0)),
            acks: true,
            retry: Retry::default(),
            seed: first_rid.get(),
            uri: None,
            redirects: 3,
            lost_after: Duration::from_secs(2),
            max_requests: 16,
            max_streams: 8,
            http_errors: HttpErrors::default(),
            pauses: Pauses::default(),
            in_order: false,
            pace: Duration::ZERO,
            response_margin: Duration::from_secs(10),
            give_up: Duration::from_secs(60),
            close_timeout: Duration::from_secs(5),
            poll_interval: Duration::from_secs(5),
            max_request: 64 * 1024,
            max_queue: 1024 * 1024,
            codec: BodyCodec::new(Limits::default()),
        }
    }

    /// Sets how long and how many requests the server may hold.
    #[must_use]
    pub const fn with_wait(mut self, wait: Duration, hold: u32) -> Self {
        self.wait = wait;
        self.hold = hold;
        self
    }

    /// Sets the version of BOSH announced.
    #[must_use]
    pub const fn with_version(mut self, version: Option<Version>) -> Self {
        self.version = version;
        self
    }

    /// Sets the originator of the stream.
    #[must_use]
    pub fn with_from(mut self, from: impl Into<String>) -> Self {
        self.from = Some(from.into());
        self
    }

    /// Sets whether responses are acknowledged.
    #[must_use]
    pub const fn with_acks(mut self, acks: bool) -> Self {
        self.acks = acks;
        self
    }

    /// Sets how a broken connection is tried again.
    #[must_use]
    pub const fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Sets from what the waiting times between attempts are drawn.
    #[must_use]
    pub const fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the URI that requests are sent to, and how often it may change.
    #[must_use]
    pub fn with_uri(mut self, uri: impl Into<String>, redirects: u32) -> Self {
        self.uri = Some(uri.into());
        self.redirects = redirects;
        self
    }

    /// Sets what HTTP errors mean.
    #[must_use]
    pub const fn with_http_errors(mut self, http_errors: HttpErrors) -> Self {
        self.http_errors = http_errors;
        self
    }

    /// Sets what becomes of a pause request.
    #[must_use]
    pub const fn with_pauses(mut self, pauses: Pauses) -> Self {
        self.pauses = pauses;
        self
    }

    /// Sets whether requests keep their order, and the shortest time from one to the next.
    #[must_use]
    pub const fn with_order(mut self, in_order: bool, pace: Duration) -> Self {
        self.in_order = in_order;
        self.pace = pace;
        self
    }

    /// Sets how long an unreachable server is tried, and how long the end may take.
    #[must_use]
    pub const fn with_give_up(mut self, give_up: Duration, close_timeout: Duration) -> Self {
        self.give_up = give_up;
        self.close_timeout = close_timeout;
        self
    }

    /// Sets the time between polls.
    #[must_use]
    pub const fn with_poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// Sets what reads responses.
    #[must_use]
    pub const fn with_codec(mut self, codec: BodyCodec) -> Self {
        self.codec = codec;
        self
    }
}
