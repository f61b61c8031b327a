//! Codes about agents, teams and supervisors.

use crate::macros::{bit_mask, open_enum};

open_enum! {
    /// State of an agent, or of an agent in one skill group or CSQ.
    ///
    /// GED-188, "Agent States".
    pub struct AgentState(u16) {
        LOGIN = 0,
        LOGOUT = 1,
        NOT_READY = 2,
        AVAILABLE = 3,
        TALKING = 4,
        WORK_NOT_READY = 5,
        WORK_READY = 6,
        BUSY_OTHER = 7,
        RESERVED = 8,
        UNKNOWN = 9,
        HOLD = 10,
        ACTIVE = 11,
        PAUSED = 12,
        INTERRUPTED = 13,
        NOT_ACTIVE = 14,
    }
}

open_enum! {
    /// Whether routing may pick the agent.
    pub struct AgentMode(u16) {
        NOT_ROUTABLE = 0,
        ROUTABLE = 1,
    }
}

open_enum! {
    /// How the agent wants calls: mode asked for at login.
    pub struct AgentWorkMode(u16) {
        AWM_UNSPECIFIED = 0,
        AWM_AUTO_IN = 1,
        AWM_MANUAL_IN = 2,
        RA_CALL_BY_CALL = 3,
        RA_NAILED_CONNECTION = 4,
    }
}

open_enum! {
    /// Whether a state change is forced on the agent.
    pub struct ForcedFlag(u8) {
        FALSE = 0,
        TRUE = 1,
        AUTHENTICATE_ONLY = 2,
    }
}

bit_mask! {
    /// Services that an agent asks for at login. UCCX calls the field AgentCapacity.
    pub struct AgentServiceMask(u32) {
        OUTBOUND_SUPPORT = 1,
    }
}

open_enum! {
    /// Why an agent changed state. Configured by the site, but for the numbers UCCX itself sets, which have
    /// names here.
    pub struct ReasonCode(u16) {
        AGT_RELOGON = 32767,
        AGT_CONN_DOWN = 32765,
        CCX_FAILURE = 32764,
        AGT_RNA = 32763,
        AGT_OFFHOOK = 32762,
        AGT_NON_ICD = 32761,
        AGT_LOGON = 32760,
        AGT_PHONE_DOWN = 32759,
        AGT_WORK_TIMER_EXP = 32758,
        CM_FAILOVER = 32757,
        AGT_PHONE_UP = 32756,
        AGT_CALL_ENDED = 32755,
        AGT_DEVICE_RESTRICTED = 32754,
        AGT_LINE_RESTRICTED = 32753,
        AGT_CANCEL_RESERVATION = 32752,
        AGT_SKIPS = 32751,
        AGT_ICD_EXTENSION_CHANGED = 32750,
        AGT_CANCEL_CONSULT = 32749,
    }
}

open_enum! {
    /// Whether an agent logs in by single sign-on.
    pub struct SsoEnabled(u16) {
        DISABLED = 0,
        ENABLED = 1,
    }
}

open_enum! {
    /// Role of a configured agent.
    pub struct AgentType(u16) {
        AGENT = 1,
        SUPERVISOR = 2,
    }
}

bit_mask! {
    /// Standing of a member in a team. 0 is a plain agent.
    pub struct AgentFlags(u16) {
        PRIMARY_SUPERVISOR = 1,
        TEMPORARY_AGENT = 2,
        SUPERVISOR = 4,
    }
}

open_enum! {
    /// Direction of the call that decides the agent's state.
    pub struct CallDirection(u32) {
        NONE = 0,
        IN = 1,
        OUT = 2,
        OTHER_IN = 3,
        OTHER_OUT = 4,
        OUTBOUND_RESERVE = 5,
        OUTBOUND_PREVIEW = 6,
        OUTBOUND_PREDICTIVE = 7,
    }
}

open_enum! {
    /// What AGENT_TEAM_CONFIG_EVENT does to a team.
    pub struct TeamConfigOperation(u16) {
        RESTORE_PERMANENT = 0,
        ADD_AGENT = 1,
        REMOVE_AGENT = 2,
    }
}

open_enum! {
    /// What TEAM_CONFIG_EVENT does to a team (UCCX).
    pub struct TeamOperation(u16) {
        ADD_TEAM = 1,
        REMOVE_TEAM = 2,
        CHANGE_TEAM = 3,
    }
}

open_enum! {
    /// What a member of a UCCX team is.
    pub struct MemberType(u16) {
        AGENT_OR_SUPERVISOR = 1,
        CSQ = 2,
    }
}

open_enum! {
    /// What a supervisor does to an agent's call.
    pub struct SupervisoryAction(u16) {
        CLEAR = 0,
        MONITOR = 1,
        WHISPER = 2,
        BARGE_IN = 3,
        INTERCEPT = 4,
    }
}

open_enum! {
    /// Part of a device in a silent monitor call.
    pub struct SilentMonitorStatus(u16) {
        NONE = 0,
        INITIATOR = 1,
        TARGET = 2,
    }
}

open_enum! {
    /// What happened to an agent greeting.
    pub struct GreetingEventCode(u16) {
        STARTED = 0,
        ENDED = 1,
        FAILED = 2,
    }
}

open_enum! {
    /// What the agent wants with greetings.
    pub struct GreetingAgentAction(u16) {
        STOP_CURRENT = 0,
        DISABLE_FOR_SESSION = 1,
        ENABLE_FOR_SESSION = 2,
    }
}

bit_mask! {
    /// Switches of an agent's desk settings.
    pub struct DeskSettingsMask(u32) {
        AVAIL_AFTER_INCOMING_MASK = 1,
        AVAIL_AFTER_OUTGOING_MASK = 2,
        AUTO_ANSWER_ENABLED_MASK = 4,
        IDLE_REASON_REQUIRED_MASK = 8,
        LOGOUT_REASON_REQUIRED_MASK = 0x10,
        SUPERVISOR_CALLS_ALLOWED_MASK = 0x20,
        AGENT_TO_AGENT_CALLS_ALLOWED = 0x40,
        OUTBOUND_ACCESS_INTERNATIONAL_MASK = 0x80,
        OUTBOUND_ACCESS_PUBLIC_NET_MASK = 0x100,
        OUTBOUND_ACCESS_PRIVATE_NET_MASK = 0x200,
        OUTBOUND_ACCESS_OPERATOR_ASSISTED_MASK = 0x400,
        OUTBOUND_ACCESS_PBX_MASK = 0x800,
        NON_ACD_CALLS_ALLOWED_MASK = 0x1000,
        AGENT_CAN_SELECT_GROUP_MASK = 0x2000,
    }
}

open_enum! {
    /// Whether wrap-up data must be entered.
    pub struct WrapupDataMode(u32) {
        REQUIRED = 0,
        OPTIONAL = 1,
        NOT_ALLOWED = 2,
        REQUIRED_WITH_DATA = 3,
    }
}
