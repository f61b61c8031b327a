//! Codes of the configuration messages.

use crate::macros::open_enum;

open_enum! {
    /// What brought a configuration upload.
    pub struct ConfigType(u16) {
        UNUSED = 0,
        SOLICITED = 1,
        UNSOLICITED_UPDATE = 2,
    }
}

open_enum! {
    /// What a configuration record does.
    pub struct RecordType(u16) {
        ADD = 0,
        CHANGE = 1,
        DELETE = 2,
    }
}

open_enum! {
    /// Kind of a configured device. In UCCX 3 is an agent device.
    pub struct ConfigDeviceType(u16) {
        UNKNOWN = 0,
        SERVICE = 1,
        SKILL_GROUP = 2,
        AGENT_ID = 3,
        AGENT_DEVICE_EXTENSION = 4,
        ROUTE_POINT = 5,
        CTI_PORT = 6,
        CALL_CONTROL_GROUP = 7,
    }
}
