//! What is known of the servers in the field, as data.

use std::time::Duration;

use super::{ClientConfig, HttpErrors, Pauses};
use crate::body::Version;

/// How to speak to one server, and what it does otherwise than the specification says.
///
/// [`ClientConfig::with_profile`] takes over what a client can be told. The other fields are what a host should know
/// before it asks for something.
///
/// [`PROSODY`](Self::PROSODY) and [`EJABBERD`](Self::EJABBERD) are proven field by field by sessions recorded with these
/// servers (`tests/profiles.rs` over `tests/transcripts`), and by live sessions. [`OPENFIRE`](Self::OPENFIRE) is not: see
/// there.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Profile {
    /// The server, and the version that was recorded.
    pub name: &'static str,
    /// `wait` to ask for.
    pub wait: Duration,
    /// `hold` to ask for.
    pub hold: u32,
    /// Whether a session with `hold` 0 is one that polls.
    pub polls: bool,
    /// `ver` to announce.
    pub version: Version,
    /// `ver` of the creation response.
    pub answers_version: Version,
    /// Whether `content` decides the Content-Type of responses (XEP-0124 §7.1).
    pub content: bool,
    /// Whether acknowledgements have an effect (§9).
    pub acks: bool,
    /// What becomes of a pause (§10), `None` where the server offers none.
    pub pauses: Option<Pauses>,
    /// Whether a wrong key ends the session (§15). Elsewhere keys cost and protect nothing.
    pub keys: bool,
    /// Whether the creation response says `secure`, which older revisions had. It means nothing.
    pub secure: bool,
    /// Whether the creation response says `restartlogic` (XEP-0206 §4). All of them restart.
    pub restartlogic: bool,
    /// What HTTP 400, 403 and 404 mean (§17.1).
    pub http_errors: HttpErrors,
    /// Whether a request must not overtake one whose connection broke.
    pub in_order: bool,
    /// How far apart requests must be so that they do not overtake each other.
    pub pace: Duration,
}

impl Profile {
    /// What XEP-0124 and XEP-0206 promise, with the defaults of [`ClientConfig`].
    pub const XEP: Self = Self {
        name: "XEP-0124 1.11",
        wait: Duration::from_secs(60),
        // A client that can use connections again (§7.1).
        hold: 1,
        polls: true,
        version: Version::new(1, 11),
        answers_version: Version::new(1, 11),
        content: true,
        acks: true,
        pauses: Some(Pauses::Answered),
        keys: true,
        // Dropped in revision 1.11.
        secure: false,
        restartlogic: true,
        // A status that is no BOSH comes from an intermediary, but no client loses much by believing it.
        http_errors: HttpErrors::Final,
        in_order: false,
        pace: Duration::ZERO,
    };

    /// Openfire as Cisco Finesse ships it.
    ///
    /// **Not proven by a recording**: no package registry has a server that a test could install, so there is neither a
    /// transcript nor a live session behind this. Each field says what it rests on: *documented* by the vendor of
    /// Finesse, *known* of Openfire from descriptions of how it answers, or *assumed*, which is what the XEPs promise
    /// where nothing else is known. A test holds the known answers against the client
    /// (`openfire_is_asked_for_what_its_documentation_says`), which shows that the client takes them, not that a server
    /// gives them.
    pub const OPENFIRE: Self = Self {
        name: "Openfire (Cisco Finesse)",
        // Documented: the vendor's own client asks for a long poll of 30 s, at `/http-bind/`.
        wait: Duration::from_secs(30),
        // Known: it grants what is asked, and two requests with it.
        hold: 1,
        // Known: it grants `hold` 0, and ends a session whose polls are less than 5 s apart.
        polls: true,
        // Known: it announces 1.6.
        version: Version::new(1, 6),
        answers_version: Version::new(1, 6),
        // Assumed.
        content: true,
        // Known: the creation response has `ack` with its request id; old versions repeat it in every response.
        acks: true,
        // Known: it offers `maxpause` 300, and ends a session that asks for more. Assumed: it answers as §10 says.
        pauses: Some(Pauses::Answered),
        // Assumed.
        keys: true,
        // Known.
        secure: true,
        // Known: it restarts without saying that it can.
        restartlogic: false,
        // Known: HTTP 404 and 400 for an unknown session and a malformed request, to clients with a version too.
        http_errors: HttpErrors::Final,
        // Assumed.
        in_order: false,
        // Assumed.
        pace: Duration::ZERO,
    };

    /// Prosody 0.12.3.
    pub const PROSODY: Self = Self {
        name: "prosody 0.12.3",
        // It holds one request, whatever is asked: a session that is to poll is a normal one.
        polls: false,
        // Whatever is asked.
        answers_version: Version::new(1, 6),
        // Always `text/xml; charset=utf-8`.
        content: false,
        // They are not looked at.
        acks: false,
        // No `maxpause`; a request with `pause` is held as any other.
        pauses: None,
        // They are not looked at.
        keys: false,
        secure: true,
        restartlogic: false,
        // A request whose connection broke while it was held is forgotten when the next one comes; sent again behind
        // that, it is item-not-found. Sent again before it, nothing is lost.
        in_order: true,
        ..Self::XEP
    };

    /// ejabberd 23.01.
    pub const EJABBERD: Self = Self {
        name: "ejabberd 23.01",
        // It says `hold` 0 and holds requests all the same, so each poll takes `wait`.
        polls: false,
        // Always `text/xml; charset=utf-8`.
        content: false,
        // It never sends `ack`, nor a report.
        acks: false,
        // The requests before it are answered, the pause is not.
        pauses: Some(Pauses::Unanswered),
        secure: true,
        // A request that overtakes an empty one is lost, and when it is sent again the session crashes.
        in_order: true,
        // On loopback; over a network it is a matter of luck.
        pace: Duration::from_millis(20),
        ..Self::XEP
    };
}

impl ClientConfig {
    /// Takes over how to speak to a server of the field. What is set later wins.
    #[must_use]
    pub const fn with_profile(mut self, profile: &Profile) -> Self {
        self.wait = profile.wait;
        self.hold = profile.hold;
        self.version = Some(profile.version);
        self.acks = profile.acks;
        self.http_errors = profile.http_errors;
        if let Some(pauses) = profile.pauses {
            self.pauses = pauses;
        }
        self.in_order = profile.in_order;
        self.pace = profile.pace;
        self
    }
}
