//! The hand-over before maintenance, version 24.
//!
//! ```text
//!   server, active side                 client                  server, other side
//!        │ ACTIVE_MAINTENANCE_REQ_MSG     │                             │
//!        ├───────────────────────────────►│ consent, within 5 s         │
//!        │     ACTIVE_MAINTENANCE_RESP_MSG│                             │
//!        │◄───────────────────────────────┤                             │
//!        │ ACTIVE_MAINTENANCE_EVENT_MSG   │                             │
//!        ├───────────────────────────────►│ no more requests            │
//!        │   STOPPING_REQUESTS_TO_THIS_   │                             │
//!        │◄────────────────────── SIDE_IND┤                             │
//!        │ answers to what was asked      │ STANDBY_ACTIVE_EVENT_MSG    │
//!        ├───────────────────────────────►│◄────────────────────────────┤
//!        │                      CLOSE_REQ │ requests                    │
//!        │◄───────────────────────────────┼────────────────────────────►│
//! ```

use core::time::Duration;

use crate::code::InvokeId;
use crate::session::failover::event::Connection;

/// What is open between the active side and this client.
#[derive(Debug, Default)]
pub(super) enum Maintenance {
    /// Nothing.
    #[default]
    None,
    /// The side waits for the application's consent.
    Asked {
        connection: Connection,
        invoke_id: InvokeId,
        deadline: Duration,
    },
    /// The side was told that no more requests come.
    Leaving {
        /// When it is left, whether or not the other side is active by then.
        close: Duration,
        /// When the connection is dropped.
        drop: Duration,
    },
}

impl Maintenance {
    pub(super) const fn asked(connection: Connection, invoke_id: InvokeId, now: Duration) -> Self {
        Self::Asked {
            connection,
            invoke_id,
            deadline: now.saturating_add(REPLY),
        }
    }

    pub(super) const fn leaving(now: Duration) -> Self {
        Self::Leaving {
            close: now.saturating_add(CLOSE),
            drop: now.saturating_add(LEAVE),
        }
    }

    /// Whether no more requests go to the active side.
    pub(super) const fn is_leaving(&self) -> bool {
        matches!(self, Self::Leaving { .. })
    }

    pub(super) const fn poll_timeout(&self) -> Option<Duration> {
        match self {
            Self::None => None,
            Self::Asked { deadline, .. } => Some(*deadline),
            Self::Leaving { close, .. } => Some(*close),
        }
    }
}

/// How long the server waits for consent. GED-188, "ACTIVE_MAINTENANCE_REQ_MSG".
const REPLY: Duration = Duration::from_secs(5);
/// How long the client may take to leave. GED-188, "ACTIVE_MAINTENANCE_EVENT_MSG".
const LEAVE: Duration = Duration::from_secs(5);
/// When CLOSE_REQ goes out at the latest, so that CLOSE_CONF can come in time.
const CLOSE: Duration = Duration::from_secs(4);
