//! Codes about devices.

use crate::macros::{bit_mask, open_enum};

open_enum! {
    /// Kind of a device id. With `NONE` the floating field that would hold the id is missing.
    ///
    /// GED-188, "Device ID Types".
    pub struct DeviceIdType(u16 absent 0xffff) {
        NONE = 0xffff,
        DEVICE_IDENTIFIER = 0,
        TRUNK_IDENTIFIER = 70,
        TRUNK_GROUP_IDENTIFIER = 71,
        IP_PHONE_MAC_IDENTIFIER = 72,
        CTI_PORT = 73,
        ROUTE_POINT = 74,
        EXTERNAL = 75,
        AGENT_DEVICE = 76,
        QUEUE = 77,
        NON_ACD_DEVICE_IDENTIFIER = 78,
        SHARED_DEVICE_IDENTIFIER = 79,
    }
}

open_enum! {
    /// How long a connection device id stays the same.
    pub struct ConnectionDeviceIdType(u16 absent 0xffff) {
        NONE = 0xffff,
        STATIC = 0,
        DYNAMIC = 1,
    }
}

open_enum! {
    /// What a device is.
    pub struct TypeOfDevice(u16) {
        STATION = 0,
        LINE = 1,
        BUTTON = 2,
        ACD = 3,
        TRUNK = 4,
        OPERATOR = 5,
        STATION_GROUP = 16,
        LINE_GROUP = 17,
        BUTTON_GROUP = 18,
        ACD_GROUP = 19,
        TRUNK_GROUP = 20,
        OPERATOR_GROUP = 21,
        CTI_PORT_SCCP = 22,
        CTI_PORT_SIP = 23,
        OTHER = 255,
    }
}

bit_mask! {
    /// What a device carries.
    ///
    /// Quirk: the guide prints 10x, 20x, 40x and 80x; read as hexadecimal.
    pub struct ClassOfDevice(u16) {
        OTHER = 0x10,
        IMAGE = 0x20,
        DATA = 0x40,
        VOICE = 0x80,
    }
}

bit_mask! {
    /// How a device transfers and conferences.
    pub struct TransferConferenceSetup(u32) {
        CONF_SETUP_CONSULT_SPECIFIC = 1,
        CONF_SETUP_CONSULT_ANY = 2,
        CONF_SETUP_CONN_HELD = 4,
        CONF_SETUP_ANY_TWO_CALLS = 8,
        CONF_SETUP_SINGLE_ACD_CALL = 0x10,
        TRANS_SETUP_SINGLE_ACD_CALL = 0x20,
        CONF_SETUP_ANY_SINGLE_CALL = 0x40,
        TRANS_SETUP_ANY_SINGLE_CALL = 0x80,
    }
}

bit_mask! {
    /// Requests that a device supports.
    pub struct CallControlMask(u32) {
        QUERY_AGENT_STATE = 1,
        SET_AGENT_STATE = 2,
        ALTERNATE_CALL = 4,
        ANSWER_CALL = 8,
        CLEAR_CALL = 0x10,
        CLEAR_CONNECTION = 0x20,
        CONFERENCE_CALL = 0x40,
        CONSULTATION_CALL = 0x80,
        DEFLECT_CALL = 0x100,
        HOLD_CALL = 0x200,
        MAKE_CALL = 0x400,
        MAKE_PREDICTIVE_CALL = 0x800,
        RECONNECT_CALL = 0x1000,
        RETRIEVE_CALL = 0x2000,
        TRANSFER_CALL = 0x4000,
        QUERY_DEVICE_INFO = 0x8000,
        SNAPSHOT_CALL = 0x10000,
        SNAPSHOT_DEVICE = 0x20000,
        SEND_DTMF_SIGNAL = 0x40000,
    }
}

bit_mask! {
    /// Further features of a device.
    pub struct OtherFeatureMask(u32) {
        POST_ROUTE = 1,
        UNIQUE_CONSULT_CALLID = 2,
    }
}
