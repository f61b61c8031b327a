//! What a client asks for in OPEN_REQ, and its limits.

use alloc::vec::Vec;
use core::time::Duration;

use crate::code::{AgentStateMask, CallEventMask, ConfigMask, InvokeId, PeripheralId, ServiceMask};
use crate::codec::{Secret, Text};
use crate::message::OpenReq;
use crate::session::admission::NO_IDLE_TIMEOUT;
use crate::session::later::Later;
use crate::version::{Dialect, Version};

/// What the client asks for and how long it waits.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// The version to ask for. The server does not bargain, see [`Config::next_lower`].
    pub version: Version,
    /// VersionNumbers to ask for in later sessions, in this order, if the server refuses this one.
    pub lower_versions: Vec<u32>,
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
    /// How long the server may send nothing of an upload that runs.
    pub upload_silence: Duration,
    /// What SYSTEM_EVENT off-line does to the session.
    pub off_line: OffLine,
    /// Most requests that wait for an answer at a time.
    pub max_requests: usize,
    /// Most events that wait to be polled, give or take what the last message brings.
    pub max_events: usize,
    /// Most teams, members of teams, and telephones out of service that are held, each.
    pub max_tracked: usize,
}

/// What a SYSTEM_EVENT that tells of the one peripheral of UCCX being off-line does to a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OffLine {
    /// It ends it as a failure with
    /// [`StatusCode::CTI_SERVER_OFFLINE`](crate::code::StatusCode::CTI_SERVER_OFFLINE), so that the
    /// client looks for another node. UCCX asks for that.
    Ends,
    /// It is told and nothing more. UCCE, whose servers have several peripherals.
    Tells,
}

/// A device or person that a client in agent mode stands for.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AgentDevice {
    /// The agent's extension.
    Extension(Text),
    /// The agent's login id.
    AgentId(Text),
    /// The agent's telephone.
    Instrument(Text),
}

impl Config {
    /// Asks for `version` as `client_id`, without services, with a heartbeat each 5 s.
    pub fn new(version: Version, client_id: Text, password: Secret) -> Self {
        Self {
            version,
            lower_versions: Vec::new(),
            client_id,
            password,
            signature: None,
            services: ServiceMask::NONE,
            call_events: CallEventMask::NONE,
            agent_states: AgentStateMask::NONE,
            config_records: ConfigMask::NONE,
            peripheral_id: Self::no_peripheral(version),
            agent_extension: None,
            agent_id: None,
            agent_instrument: None,
            heartbeat: Some(MIN_HEARTBEAT),
            open_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(30),
            close_timeout: Duration::from_secs(5),
            first_invoke_id: InvokeId(1),
            upload_silence: Duration::from_secs(60),
            off_line: match version.dialect() {
                Dialect::Ucce => OffLine::Tells,
                Dialect::Uccx => OffLine::Ends,
            },
            max_requests: 1_024,
            max_events: 65_536,
            max_tracked: 65_536,
        }
    }

    /// Agent mode: events and control of one agent's telephone, with the heartbeat of a desktop.
    ///
    /// Asks for [`ServiceMask::CLIENT_EVENTS`] and [`ServiceMask::CLIENT_CONTROL`] and all call and
    /// agent events. UCCE wants the switch; UCCX takes 1 whatever is given. More of the agent can be
    /// named by the setters; what disagrees is refused with status 32. GED-188, "Session rules" 4.
    #[must_use]
    pub fn agent_mode(self, peripheral_id: PeripheralId, device: AgentDevice) -> Self {
        let services = self.services.without(ServiceMask::ALL_EVENTS);
        let peripheral_id = match self.version.dialect() {
            Dialect::Ucce => peripheral_id,
            Dialect::Uccx => PeripheralId(1),
        };
        let config = self
            .services(services | ServiceMask::CLIENT_EVENTS | ServiceMask::CLIENT_CONTROL)
            .all_events_of_mode()
            .peripheral_id(peripheral_id)
            .heartbeat(Some(DESKTOP_HEARTBEAT));
        match device {
            AgentDevice::Extension(extension) => config.agent_extension(extension),
            AgentDevice::AgentId(agent_id) => config.agent_id(agent_id),
            AgentDevice::Instrument(instrument) => config.agent_instrument(instrument),
        }
    }

    /// Bridge mode: events and control of all agents and calls.
    ///
    /// Asks for [`ServiceMask::ALL_EVENTS`] and [`ServiceMask::CLIENT_CONTROL`] and all call and agent
    /// events, for no switch and no agent. The server tells of each peripheral then. GED-188, "Session
    /// rules" 5.
    #[must_use]
    pub fn bridge_mode(mut self) -> Self {
        let services = self.services.without(ServiceMask::CLIENT_EVENTS);
        self.peripheral_id = Self::no_peripheral(self.version);
        self.agent_extension = None;
        self.agent_id = None;
        self.agent_instrument = None;
        self.services(services | ServiceMask::ALL_EVENTS | ServiceMask::CLIENT_CONTROL)
            .all_events_of_mode()
    }

    /// Asks for the teams of a supervisor beside what the mode asks for. GED-188, "Session rules" 13.
    #[must_use]
    pub fn supervisor(mut self) -> Self {
        self.services = self.services | ServiceMask::SUPERVISOR;
        self.call_events = self.call_events | CallEventMask::AGENT_TEAM_CONFIG_MASK;
        self
    }

    /// Asks for configuration records of `kinds`; UCCX wants a service for them.
    /// [`Client::upload`](crate::session::Client::upload) fetches them.
    #[must_use]
    pub fn configuration(mut self, kinds: ConfigMask) -> Self {
        self.config_records = kinds;
        if self.version.dialect() == Dialect::Uccx {
            self.services = self.services | ServiceMask::CONFIG_EVENTS;
        }
        self
    }

    /// VersionNumbers to ask for if the server refuses this one, the highest first. Those that are not
    /// below the version are left out.
    #[must_use]
    pub fn lower_versions(mut self, numbers: impl IntoIterator<Item = u32>) -> Self {
        let highest = self.version.number();
        self.lower_versions = numbers
            .into_iter()
            .filter(|number| *number < highest)
            .collect();
        self.lower_versions
            .sort_unstable_by(|one, other| other.cmp(one));
        self.lower_versions.dedup();
        self
    }

    /// The settings for the session after this one's version was refused with status 1; `None` when
    /// no version is left.
    ///
    /// A server that does not speak the version makes no counter-offer, and the connection is of no
    /// more use. The next OPEN_REQ goes over a new one, whole anew: it is written in the widths and
    /// with the fields of the version that it asks for. GED-188, "Session rules" 2.
    pub fn next_lower(&self) -> Option<Self> {
        let (number, rest) = self.lower_versions.split_first()?;
        Some(Self {
            version: Version::new(self.version.dialect(), *number),
            lower_versions: rest.to_vec(),
            ..self.clone()
        })
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

    /// Extension of the agent, for [`ServiceMask::CLIENT_EVENTS`].
    #[must_use]
    pub fn agent_extension(mut self, extension: Text) -> Self {
        self.agent_extension = Some(extension);
        self
    }

    /// Login id of the agent, for [`ServiceMask::CLIENT_EVENTS`].
    #[must_use]
    pub fn agent_id(mut self, agent_id: Text) -> Self {
        self.agent_id = Some(agent_id);
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

    /// What SYSTEM_EVENT off-line does to the session.
    #[must_use]
    pub fn off_line(mut self, off_line: OffLine) -> Self {
        self.off_line = off_line;
        self
    }

    /// How long an answer may take.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// OPEN_REQ in the version it asks for: bits that came later are left out, so that a step down
    /// needs no other masks.
    pub(super) fn open_req(&self, invoke_id: InvokeId) -> OpenReq {
        let later = Later::than(self.version);
        OpenReq::with(|open| {
            open.invoke_id = invoke_id;
            open.version_number = self.version.number();
            open.idle_timeout = self.idle_timeout();
            open.peripheral_id = self.peripheral_id;
            open.services_requested = self.services.without(later.services);
            open.call_msg_mask = self.call_events.without(later.call_events);
            open.agent_state_mask = self.agent_states;
            open.config_msg_mask = self.config_records.without(later.config_records);
            open.client_id = Some(self.client_id.clone());
            open.client_password = Some(self.password.clone());
            open.client_signature = self.signature.clone();
            open.agent_extension = self.agent_extension.clone();
            open.agent_id = self.agent_id.clone();
            open.agent_instrument = self.agent_instrument.clone();
        })
    }

    fn all_events_of_mode(self) -> Self {
        self.call_events(CallEventMask::KNOWN)
            .agent_states(AgentStateMask::KNOWN)
    }

    const fn no_peripheral(version: Version) -> PeripheralId {
        match version.dialect() {
            Dialect::Ucce => PeripheralId::NULL,
            Dialect::Uccx => PeripheralId(1),
        }
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
/// Time between heartbeats of a desktop. GED-188, "HEARTBEAT_REQ".
const DESKTOP_HEARTBEAT: Duration = Duration::from_secs(90);
/// Four times the least heartbeat interval, in seconds.
const MIN_IDLE_TIMEOUT: u64 = 20;
/// UCCX wants an IdleTimeout below 120 s. "OPEN_REQ" of its guide.
const MAX_UCCX_IDLE_TIMEOUT: u64 = 119;
/// Half of the longest IdleTimeout of UCCX.
const MAX_UCCX_HEARTBEAT: Duration = Duration::from_secs(59);
