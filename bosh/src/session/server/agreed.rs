//! What client and server settle on at creation (XEP-0124 §7).

use std::sync::Arc;
use std::time::Duration;

use wire_xml::Str;

use super::super::config::ServerConfig;
use crate::body::{Body, CONTENT_TYPE, Version};
use crate::rid::{Rid, Sid};
use crate::session::StreamName;

/// What client and server settled on at creation.
pub(super) struct Agreed {
    pub(super) wait: Duration,
    pub(super) inactivity: Option<Duration>,
    /// `None` for the usual one.
    pub(super) content_type: Option<Arc<str>>,
    pub(super) hold: u32,
    pub(super) polling: bool,
    /// The client sent no `ver` (XEP-0124 §17.1).
    pub(super) legacy: bool,
    /// The client announced acknowledgements (§9).
    pub(super) client_acks: bool,
}

impl Agreed {
    /// §7.1 and §7.2.
    pub(super) fn new(config: &ServerConfig, request: &Body) -> Self {
        let asked = |seconds: u32| Duration::from_secs(u64::from(seconds));
        let wait = request
            .wait
            .map_or(config.max_wait, |wait| asked(wait).min(config.max_wait));
        // A fraction of a second cannot be told to the client.
        let wait = Duration::from_secs(wait.as_secs());
        let hold = request.hold.unwrap_or(1).min(config.max_hold).min(MAX_HOLD);
        let polling = hold == 0 || wait.is_zero();
        Self {
            wait,
            hold,
            inactivity: if polling {
                config.polling_inactivity
            } else {
                config.inactivity
            },
            polling,
            legacy: request.ver.is_none(),
            content_type: request.content.as_deref().map(Arc::from),
            client_acks: request.ack.is_some(),
        }
    }

    /// How many requests may be unanswered.
    pub(super) fn requests(&self) -> u64 {
        u64::from(self.hold) + 1
    }

    /// What answers are labelled with.
    pub(super) fn content_type(&self) -> Str<'static> {
        let own = self.content_type.clone();
        own.map_or(Str::borrowed(CONTENT_TYPE), Str::from)
    }

    pub(super) fn response(
        &self,
        config: &ServerConfig,
        sid: &Sid,
        rid: Rid,
        request: &Body,
        stream: Option<&StreamName>,
    ) -> Body {
        let seconds = |time: Duration| u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
        Body {
            sid: Some(sid.clone()),
            wait: Some(seconds(self.wait)),
            hold: Some(self.hold),
            requests: u32::try_from(self.requests()).ok(),
            ver: Some(
                request
                    .ver
                    .map_or(config.version, |ver| ver.min(config.version)),
            ),
            // Rounded up: whoever keeps to it must not come too soon.
            polling: config
                .polling
                .map(|polling| seconds(polling.saturating_add(ALMOST_A_SECOND))),
            inactivity: self.inactivity.map(seconds),
            maxpause: config.max_pause.map(seconds),
            accept: config.accept.clone(),
            from: config.from.clone().or_else(|| request.to.clone()),
            ack: Some(rid).filter(|_| config.acks && self.client_acks),
            xmpp_version: request
                .xmpp_version
                .map(|version| version.min(Version::new(1, 0))),
            restartlogic: Some(true),
            stream: stream.map(|stream| stream.as_str().to_owned()),
            ..Body::default()
        }
    }
}

/// One below the largest number in a wrapper, which is `requests`.
const MAX_HOLD: u32 = u32::MAX - 1;
const ALMOST_A_SECOND: Duration = Duration::from_nanos(999_999_999);
