//! What a client asks for in OPEN_REQ, and its limits.

use core::time::Duration;

use crate::code::{AgentStateMask, CallEventMask, ConfigMask, InvokeId, PeripheralId, ServiceMask};
use crate::codec::{Secret, Text};
use crate::message::OpenReq;
use crate::session::admission::NO_IDLE_TIMEOUT;
use crate::version::{Dialect, Version};

/// What the client asks for and how long it waits.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// The version to ask for. The server does not bargain: after a refusal with status 1 a new
    /// session asks for a lower one.
    pub version: Version,
    /// Name of the client application.
    pub client_id: Text,
    /// Its password; may be empty.
    pub password: Secret,
    /// Text that identifies its user.
    pub signature: Option<Text>,
    /// Services to ask for.
    pub services: ServiceMask,
    /// Call events to ask for.
    pub call_events: CallEventMask,
    /// Agent states whose events to ask for.
    pub agent_states: AgentStateMask,
    /// Kinds of configuration records to ask for.
    pub config_records: ConfigMask,
    /// The switch; needed for [`ServiceMask::CLIENT_EVENTS`] in UCCE. UCCX always takes 1.
    pub peripheral_id: PeripheralId,
    /// Extension of the agent, for [`ServiceMask::CLIENT_EVENTS`].
    pub agent_extension: Option<Text>,
    /// Login id of the agent, for [`ServiceMask::CLIENT_EVENTS`].
    pub agent_id: Option<Text>,
    /// Telephone of the agent, for [`ServiceMask::CLIENT_EVENTS`].
    pub agent_instrument: Option<Text>,
    /// Time between heartbeats; `None` sends none. 5 s is the least that servers take, and is used
    /// when less is set; desktops should use 90 s. The IdleTimeout follows from it: four times as
    /// much. UCCX wants that below 120 s and at least twice the interval, so 59 s is the most there.
    pub heartbeat: Option<Duration>,
    /// How long OPEN_CONF may take: 30 s, with more than 500 clients 60 s.
    pub open_timeout: Duration,
    /// How long an answer may take.
    pub request_timeout: Duration,
    /// How long CLOSE_CONF may take: 5 s.
    pub close_timeout: Duration,
    /// The first InvokeID; later ones count up and wrap, leaving out 0 and `0xffff_ffff`.
    pub first_invoke_id: InvokeId,
    /// Most requests that wait for an answer at a time.
    pub max_requests: usize,
    /// Most events that wait to be polled.
    pub max_events: usize,
}

impl Config {
    /// Asks for `version` as `client_id`, without services, with a heartbeat each 5 s.
    pub fn new(version: Version, client_id: Text, password: Secret) -> Self {
        Self {
            version,
            client_id,
            password,
            signature: None,
            services: ServiceMask::NONE,
            call_events: CallEventMask::NONE,
            agent_states: AgentStateMask::NONE,
            config_records: ConfigMask::NONE,
            peripheral_id: match version.dialect() {
                Dialect::Ucce => PeripheralId::NULL,
                Dialect::Uccx => PeripheralId(1),
            },
            agent_extension: None,
            agent_id: None,
            agent_instrument: None,
            heartbeat: Some(MIN_HEARTBEAT),
            open_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(30),
            close_timeout: Duration::from_secs(5),
            first_invoke_id: InvokeId(1),
            max_requests: 1_024,
            max_events: 65_536,
        }
    }

    /// Services to ask for.
    #[must_use]
    pub fn services(mut self, services: ServiceMask) -> Self {
        self.services = services;
        self
    }

    /// Call events to ask for.
    #[must_use]
    pub fn call_events(mut self, events: CallEventMask) -> Self {
        self.call_events = events;
        self
    }

    /// Agent states whose events to ask for.
    #[must_use]
    pub fn agent_states(mut self, states: AgentStateMask) -> Self {
        self.agent_states = states;
        self
    }

    /// Kinds of configuration records to ask for.
    #[must_use]
    pub fn config_records(mut self, records: ConfigMask) -> Self {
        self.config_records = records;
        self
    }

    /// The switch.
    #[must_use]
    pub fn peripheral_id(mut self, peripheral_id: PeripheralId) -> Self {
        self.peripheral_id = peripheral_id;
        self
    }

    /// Text that identifies the user of the application.
    #[must_use]
    pub fn signature(mut self, signature: Text) -> Self {
        self.signature = Some(signature);
        self
    }

    /// Telephone of the agent, for [`ServiceMask::CLIENT_EVENTS`].
    #[must_use]
    pub fn agent_instrument(mut self, instrument: Text) -> Self {
        self.agent_instrument = Some(instrument);
        self
    }

    /// Time between heartbeats; `None` sends none.
    #[must_use]
    pub fn heartbeat(mut self, interval: Option<Duration>) -> Self {
        self.heartbeat = interval;
        self
    }

    /// How long an answer may take.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    pub(super) fn open_req(&self, invoke_id: InvokeId) -> OpenReq {
        OpenReq::with(|open| {
            open.invoke_id = invoke_id;
            open.version_number = self.version.number();
            open.idle_timeout = self.idle_timeout();
            open.peripheral_id = self.peripheral_id;
            open.services_requested = self.services;
            open.call_msg_mask = self.call_events;
            open.agent_state_mask = self.agent_states;
            open.config_msg_mask = self.config_records;
            open.client_id = Some(self.client_id.clone());
            open.client_password = Some(self.password.clone());
            open.client_signature = self.signature.clone();
            open.agent_extension = self.agent_extension.clone();
            open.agent_id = self.agent_id.clone();
            open.agent_instrument = self.agent_instrument.clone();
        })
    }

    /// The interval within what servers take.
    pub(super) fn heartbeat_interval(&self) -> Option<Duration> {
        let interval = self.heartbeat?.max(MIN_HEARTBEAT);
        Some(match self.version.dialect() {
            Dialect::Ucce => interval,
            Dialect::Uccx => interval.min(MAX_UCCX_HEARTBEAT),
        })
    }

    /// Seconds; four heartbeats, but never below what servers take.
    fn idle_timeout(&self) -> u32 {
        let Some(interval) = self.heartbeat_interval() else {
            return NO_IDLE_TIMEOUT;
        };
        let seconds = interval.as_secs().saturating_mul(4).max(MIN_IDLE_TIMEOUT);
        let seconds = match self.version.dialect() {
            Dialect::Ucce => seconds,
            Dialect::Uccx => seconds.min(MAX_UCCX_IDLE_TIMEOUT),
        };
        u32::try_from(seconds).unwrap_or(NO_IDLE_TIMEOUT)
    }
}

/// Least time between heartbeats. GED-188, "HEARTBEAT_REQ".
const MIN_HEARTBEAT: Duration = Duration::from_secs(5);
/// Four times the least heartbeat interval, in seconds.
const MIN_IDLE_TIMEOUT: u64 = 20;
/// UCCX wants an IdleTimeout below 120 s. "OPEN_REQ" of its guide.
const MAX_UCCX_IDLE_TIMEOUT: u64 = 119;
/// Half of the longest IdleTimeout of UCCX.
const MAX_UCCX_HEARTBEAT: Duration = Duration::from_secs(59);
