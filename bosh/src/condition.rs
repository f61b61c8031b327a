//! Terminal binding conditions (XEP-0124 §17.2).

use std::fmt;

/// Why a session was ended, or could not be created.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Condition {
    /// The HTTP header or the wrapper is not acceptable.
    BadRequest,
    /// The domain or route is no longer served.
    HostGone,
    /// The domain or route is not known.
    HostUnknown,
    /// `to` or `route` is missing or empty where it is needed.
    ImproperAddressing,
    /// A fault inside the connection manager.
    InternalServerError,
    /// Unknown session or stream, request id outside the window, response no longer stored, or
    /// wrong key: one answer for all, so that nothing leaks.
    ItemNotFound,
    /// Another request, processed at the same time, ended the session.
    OtherRequest,
    /// The rules of the session were broken (rate, count).
    PolicyViolation,
    /// The backend cannot be reached, not securely, or was lost.
    RemoteConnectionFailed,
    /// An error of the transported protocol, which is inside the wrapper.
    RemoteStreamError,
    /// The service is at another URI, which is inside the wrapper.
    SeeOtherUri,
    /// The connection manager is being shut down.
    SystemShutdown,
    /// None of the others; also what an unknown name is read as.
    UndefinedCondition,
}

impl Condition {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::HostGone => "host-gone",
            Self::HostUnknown => "host-unknown",
            Self::ImproperAddressing => "improper-addressing",
            Self::InternalServerError => "internal-server-error",
            Self::ItemNotFound => "item-not-found",
            Self::OtherRequest => "other-request",
            Self::PolicyViolation => "policy-violation",
            Self::RemoteConnectionFailed => "remote-connection-failed",
            Self::RemoteStreamError => "remote-stream-error",
            Self::SeeOtherUri => "see-other-uri",
            Self::SystemShutdown => "system-shutdown",
            Self::UndefinedCondition => "undefined-condition",
        }
    }

    /// Reads a name; one that nobody knows is [`Condition::UndefinedCondition`], not a fault.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|condition| condition.as_str() == name)
            .unwrap_or(Self::UndefinedCondition)
    }

    /// The HTTP status that a client without `ver` gets instead (XEP-0124 §17.1).
    #[must_use]
    pub const fn legacy_status(self) -> Option<u16> {
        match self {
            Self::BadRequest => Some(400),
            Self::PolicyViolation => Some(403),
            Self::ItemNotFound => Some(404),
            Self::HostGone
            | Self::HostUnknown
            | Self::ImproperAddressing
            | Self::InternalServerError
            | Self::OtherRequest
            | Self::RemoteConnectionFailed
            | Self::RemoteStreamError
            | Self::SeeOtherUri
            | Self::SystemShutdown
            | Self::UndefinedCondition => None,
        }
    }

    /// What an HTTP status from a server without `ver` means.
    #[must_use]
    pub const fn from_legacy_status(status: u16) -> Option<Self> {
        match status {
            400 => Some(Self::BadRequest),
            403 => Some(Self::PolicyViolation),
            404 => Some(Self::ItemNotFound),
            _ => None,
        }
    }

    /// Every condition of the specification.
    pub const ALL: [Self; 13] = [
        Self::BadRequest,
        Self::HostGone,
        Self::HostUnknown,
        Self::ImproperAddressing,
        Self::InternalServerError,
        Self::ItemNotFound,
        Self::OtherRequest,
        Self::PolicyViolation,
        Self::RemoteConnectionFailed,
        Self::RemoteStreamError,
        Self::SeeOtherUri,
        Self::SystemShutdown,
        Self::UndefinedCondition,
    ];
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
