//! Masks and codes of a session.

use crate::macros::{bit_mask, open_enum};
use crate::version::Version;

bit_mask! {
    /// Services of a session: asked for in OPEN_REQ, granted in OPEN_CONF.
    ///
    /// GED-188, "CTI Service Masks".
    pub struct ServiceMask(u32) {
        DEBUG = 0x80000000,
        CLIENT_EVENTS = 1,
        CALL_DATA_UPDATE = 2,
        CLIENT_CONTROL = 4,
        CONNECTION_MONITOR = 8,
        ALL_EVENTS = 0x10,
        PERIPHERAL_MONITOR = 0x20,
        CLIENT_MONITOR = 0x40,
        SUPERVISOR = 0x80,
        SERVER = 0x100,
        AGENT_REPORTING = 0x400,
        ALL_TASK_EVENTS = 0x800,
        TASK_MONITOR = 0x1000,
        AGENT_STATE_CONTROL_ONLY = 0x2000,
        UPDATE_EVENTS = 0x80000,
        IGNORE_DUPLICATE_AGENT_EVENTS = 0x100000,
        IGNORE_CONF = 0x200000,
        ACD_LINE_ONLY = 0x400000,
        ACTIVE_STANDBY = 0x2000000,
        DEVICE_STATE_CONTROL = 0x8000,
        CONFIG_EVENTS = 0x40000,
    }
}

bit_mask! {
    /// Call events that a session wants, and that a device supports.
    ///
    /// GED-188, "Call Event Message Masks".
    pub struct CallEventMask(u32) {
        CALL_DELIVERED_MASK = 1,
        CALL_QUEUED_MASK = 2,
        CALL_ESTABLISHED_MASK = 4,
        CALL_HELD_MASK = 8,
        CALL_RETRIEVED_MASK = 0x10,
        CALL_CLEARED_MASK = 0x20,
        CALL_CONNECTION_CLEARED_MASK = 0x40,
        CALL_ORIGINATED_MASK = 0x80,
        CALL_CONFERENCED_MASK = 0x100,
        CALL_TRANSFERRED_MASK = 0x200,
        CALL_DIVERTED_MASK = 0x400,
        CALL_SERVICE_INITIATED_MASK = 0x800,
        CALL_TRANSLATION_ROUTE_MASK = 0x1000,
        BEGIN_CALL_MASK = 0x2000,
        END_CALL_MASK = 0x4000,
        CALL_DATA_UPDATE_MASK = 0x8000,
        CALL_FAILED_MASK = 0x10000,
        CALL_REACHED_NETWORK_MASK = 0x20000,
        CALL_DEQUEUED_MASK = 0x40000,
        AGENT_PRE_CALL_MASK = 0x80000,
        AGENT_PRE_CALL_ABORT_MASK = 0x100000,
        RTP_STARTED_MASK = 0x200000,
        RTP_STOPPED_MASK = 0x400000,
        AGENT_TEAM_CONFIG_MASK = 0x800000,
        AGENT_LEGACY_PRE_CALL_MASK = 0x1000000,
        CALL_ATTRIBUTE_CHANGE_MASK = 0x2000000,
        CALL_TERMINATION_MASK = 0x4000000,
        CALL_AGENT_GREETING_MASK = 0x8000000,
        NETWORK_RECORDING_STARTED_MASK = 0x10000000,
        NETWORK_RECORDING_ENDED_MASK = 0x20000000,
        NETWORK_RECORDING_FAILED_MASK = 0x40000000,
        NETWORK_RECORDING_TARGET_INFO_MASK = 0x80000000,
    }
}

impl CallEventMask {
    /// All bits that a version has. GED-188, "Version history".
    #[must_use]
    pub const fn known_in(version: Version) -> Self {
        let mut later = Self::NONE;
        if version.number() < 15 {
            later = later.with(Self::CALL_AGENT_GREETING_MASK);
        }
        if version.number() < 23 {
            later = later
                .with(Self::NETWORK_RECORDING_STARTED_MASK)
                .with(Self::NETWORK_RECORDING_ENDED_MASK)
                .with(Self::NETWORK_RECORDING_FAILED_MASK)
                .with(Self::NETWORK_RECORDING_TARGET_INFO_MASK);
        }
        Self::KNOWN.without(later)
    }
}

bit_mask! {
    /// Agent states whose events a session wants.
    ///
    /// GED-188, "Agent State Masks".
    pub struct AgentStateMask(u32) {
        LOGIN_MASK = 1,
        LOGOUT_MASK = 2,
        NOT_READY_MASK = 4,
        AVAILABLE_MASK = 8,
        TALKING_MASK = 0x10,
        WORK_NOT_READY_MASK = 0x20,
        WORK_READY_MASK = 0x40,
        BUSY_OTHER_MASK = 0x80,
        RESERVED_MASK = 0x100,
        HOLD_MASK = 0x200,
        ACTIVE_MASK = 0x400,
        PAUSED_MASK = 0x800,
        INTERRUPTED_MASK = 0x1000,
        NOT_ACTIVE_MASK = 0x2000,
    }
}

bit_mask! {
    /// Kinds of configuration records. In UCCX the first two are applications and CSQs, and
    /// `CALL_TYPE` (0x10) means terminals, from version 18 on.
    pub struct ConfigMask(u32) {
        SERVICE = 1,
        SKILL_GROUP = 2,
        AGENT = 4,
        DEVICE = 8,
        CALL_TYPE = 0x10,
        MEDIA_ROUTING_DOMAIN = 0x20,
        PERIPHERAL = 0x40,
        AGENT_DESK_SETTINGS = 0x80,
        TERMINAL = 0x100,
        AGENT_SERVICES = 0x200,
    }
}

open_enum! {
    /// Role of the server side that answered OPEN_REQ.
    pub struct SessionType(u16) {
        UNKNOWN = 0,
        ACTIVE = 1,
        STANDBY = 2,
    }
}

open_enum! {
    /// Kind of switch behind the peripheral.
    pub struct PeripheralType(u16 absent 0xffff) {
        NONE = 0xffff,
        MERIDIAN = 2,
        G2 = 3,
        DEFINITY_ECS_NON_EAS = 4,
        DEFINITY_ECS_EAS = 5,
        GALAXY = 6,
        SPECTRUM = 7,
        VRU = 8,
        VRU_POLLED = 9,
        DMS100 = 10,
        SIEMENS_9006 = 11,
        SIEMENS_9005 = 12,
        ALCATEL = 13,
        NEC_NEAX_2X00 = 14,
        ACP_1000 = 15,
        ENTERPRISE_AGENT = 17,
        MD110 = 18,
        MEDIA_ROUTING = 19,
        GENERIC = 20,
        ACMI_CRS = 21,
        ACMI_IPCC = 22,
        ARS = 24,
        ACMI_ERS = 25,
        ACMI_EXPERT_ADVISOR = 26,
        ASPECT = 1,
        SYMPOSIUM = 16,
        SIMPLIFIED_IPCC = 23,
    }
}

open_enum! {
    /// Whether agents of a peripheral control more than one line.
    pub struct MultilineAgentControl(u16) {
        SINGLE_LINE = 0,
        MULTI_LINE = 1,
    }
}

open_enum! {
    /// How requests are shared among the applications that registered for a service.
    pub struct ServerMode(u16) {
        EXCLUSIVE = 0,
        ROUND_ROBIN = 1,
        PARALLEL = 2,
    }
}

open_enum! {
    /// Severity of a CLIENT_EVENT_REPORT_REQ.
    pub struct ClientEventState(u16) {
        NORMAL = 0,
        WARNING = 1,
        ERROR = 2,
    }
}

open_enum! {
    /// Who gets a user message.
    pub struct DistributionType(u16) {
        DISTRIBUTE_TO_CLIENT = 0,
        DISTRIBUTE_TO_SUPERVISOR = 1,
        DISTRIBUTE_TO_TEAM = 2,
        DISTRIBUTE_TO_ALL = 3,
    }
}
