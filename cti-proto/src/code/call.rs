//! Codes about calls, media and recording.

use crate::macros::{bit_mask, open_enum};

open_enum! {
    /// State of the connection between a device and a call.
    ///
    /// GED-188, "Local Connection States".
    pub struct LocalConnectionState(u16 absent 0xffff) {
        NONE = 0xffff,
        NULL = 0,
        INITIATE = 1,
        ALERTING = 2,
        CONNECT = 3,
        HOLD = 4,
        QUEUED = 5,
        FAIL = 6,
    }
}

open_enum! {
    /// Why a call event happened; the `CECX_` values come in CALL_CLEARED_EVENT and its like.
    ///
    /// Quirk: the guide gives 1056 a second name, CECX_APPL_INVALID_DIALOGUE_ID.
    ///
    /// GED-188, "Event Cause Codes".
    pub struct EventCause(u16 absent 0xffff) {
        NONE = 0xffff,
        ACTIVE_MONITOR = 1,
        ALTERNATE = 2,
        BUSY = 3,
        CALL_BACK = 4,
        CALL_CANCELLED = 5,
        CALL_FORWARD_ALWAYS = 6,
        CALL_FORWARD_BUSY = 7,
        CALL_FORWARD_NO_ANSWER = 8,
        CALL_FORWARD = 9,
        CALL_NOT_ANSWERED = 10,
        CALL_PICKUP = 11,
        CAMP_ON = 12,
        DEST_NOT_OBTAINABLE = 13,
        DO_NOT_DISTURB = 14,
        INCOMPATIBLE_DESTINATION = 15,
        INVALID_ACCOUNT_CODE = 16,
        KEY_CONFERENCE = 17,
        LOCKOUT = 18,
        MAINTENANCE = 19,
        NETWORK_CONGESTION = 20,
        NETWORK_NOT_OBTAINABLE = 21,
        NEW_CALL = 22,
        NO_AVAILABLE_AGENTS = 23,
        OVERRIDE = 24,
        PARK = 25,
        OVERFLOW = 26,
        RECALL = 27,
        REDIRECTED = 28,
        REORDER_TONE = 29,
        RESOURCES_NOT_AVAILABLE = 30,
        SILENT_MONITOR = 31,
        TRANSFER = 32,
        TRUNKS_BUSY = 33,
        VOICE_UNIT_INITIATOR = 34,
        TIME_OUT = 35,
        NEW_CALL_INTERFLOW = 36,
        SIMULATION_INIT_REQUEST = 37,
        SIMULATION_RESET_REQUEST = 38,
        CTI_LINK_DOWN = 39,
        PERIPHERAL_RESET_REQUEST = 40,
        MD110_CONFERENCE_TRANSFER = 41,
        REMAINS_IN_Q = 42,
        SUPERVISOR_ASSIST = 43,
        EMERGENCY_CALL = 44,
        SUPERVISOR_CLEAR = 45,
        SUPERVISOR_MONITOR = 46,
        SUPERVISOR_WHISPER = 47,
        SUPERVISOR_BARGE_IN = 48,
        SUPERVISOR_INTERCEPT = 49,
        CALL_PARTY_UPDATE_IND = 50,
        CONSULT = 51,
        NIC_CALL_CLEAR = 52,
        DNP = 53,
        ROUTER_REQUERY_BEFORE_ANSWER = 54,
        ROUTER_REQUERY_AFTER_ANSWER = 55,
        NETWORK_ERROR = 56,
        NETWORK_ERROR_BEFORE_ANSWER = 57,
        NETWORK_ERROR_AFTER_ANSWER = 58,
        GREETING = 59,
        RECORD_AGENT_GREETING = 60,
        SNAPSHOT = 61,
        MAX_QUEUE_EXCEEDED = 62,
        CECX_ABAND_NETWORK = 1001,
        CECX_ABAND_LOCAL_QUEUE = 1002,
        CECX_ABAND_RING = 1003,
        CECX_ABAND_DELAY = 1004,
        CECX_ABAND_INTERFLOW = 1005,
        CECX_ABAND_AGENT_TERMINAL = 1006,
        CECX_SHORT = 1007,
        CECX_BUSY = 1008,
        CECX_FORCED_BUSY = 1009,
        CECX_DROP_NO_ANSWER = 1010,
        CECX_DROP_BUSY = 1011,
        CECX_DROP_REORDER = 1012,
        CECX_DROP_HANDLED_PRIMARY_ROUTE = 1013,
        CECX_DROP_HANDLED_OTHER = 1014,
        CECX_REDIRECTED = 1015,
        CECX_CUT_THROUGH = 1016,
        CECX_INTRAFLOW = 1017,
        CECX_INTERFLOW = 1018,
        CECX_RING_NO_ANSWER = 1019,
        CECX_INTERCEPT_REORDER = 1020,
        CECX_INTERCEPT_DENIAL = 1021,
        CECX_TIME_OUT = 1022,
        CECX_VOICE_ENERGY = 1023,
        CECX_NONCLASSIFIED_ENERGY_DETECT = 1024,
        CECX_NO_CUT_THROUGH = 1025,
        CECX_UABORT = 1026,
        CECX_FAILED_SOFTWARE = 1027,
        CECX_BLIND_TRANSFER = 1028,
        CECX_ANNOUNCED_TRANSFER = 1029,
        CECX_CONFERENCED = 1030,
        CECX_DUPLICATE_TRANSFER = 1031,
        CECX_UNMONITORED_DEVICE = 1032,
        CECX_ANSWERING_MACHINE = 1033,
        CECX_NETWORK_BLIND_TRANSFER = 1034,
        CECX_TASK_ABANDONED_IN_ROUTER = 1035,
        CECX_TASK_ABANDONED_BEFORE_OFFERED = 1036,
        CECX_TASK_ABANDONED_WHILE_OFFERED = 1037,
        CECX_NORMAL_END_TASK = 1038,
        CECX_CANT_OBTAIN_TASK_ID = 1039,
        CECX_AGENT_LOGGED_OUT_DURING_TASK = 1040,
        CECX_MAX_TASK_LIFETIME_EXCEEDED = 1041,
        CECX_APPLICATION_PATH_WENT_DOWN = 1042,
        CECX_ICM_ROUTING_COMPLETE = 1043,
        CECX_ICM_ROUTING_DISABLED = 1044,
        CECX_APPL_INVALID_MRD_ID = 1045,
        CECX_APPL_DUPLICATE_DIALOGUE_ID = 1047,
        CECX_APPL_INVALID_INVOKE_ID = 1048,
        CECX_APPL_INVALID_SCRIPT_SELECTOR = 1049,
        CECX_APPL_TERMINATE_DIALOGUE = 1050,
        CECX_TASK_ENDED_DURING_APP_INIT = 1051,
        CECX_CALLED_PARTY_DISCONNECTED = 1052,
        CECX_PARTIAL_CALL = 1053,
        CECX_DROP_NETWORK_CONSULT = 1054,
        CECX_NETWORK_CONSULT_TRANSFER = 1055,
        CECX_NETWORK_CONFERENCE = 1056,
        CECX_ABAND_NETWORK_CONSULT = 1057,
    }
}

open_enum! {
    /// Kind of a call.
    ///
    /// Quirk: the guide also gives 27 the name of 38, NON_ACD. UCCX reads 1 as a contact of its own and 34 as
    /// agent outbound.
    ///
    /// GED-188, "Call Types".
    pub struct CallType(u16) {
        /// No call type (UCCX).
        INVALID = 0,
        ACD_IN = 1,
        PREROUTE_ACD_IN = 2,
        PREROUTE_DIRECT_AGENT = 3,
        TRANSFER_IN = 4,
        OVERFLOW_IN = 5,
        OTHER_IN = 6,
        AUTO_OUT = 7,
        AGENT_OUT = 8,
        OUT = 9,
        AGENT_INSIDE = 10,
        OFFERED = 11,
        CONSULT = 12,
        CONSULT_OFFERRED = 13,
        CONSULT_CONFERENCE = 14,
        CONFERENCE = 15,
        UNMONITORED = 16,
        PREVIEW = 17,
        RESERVATION = 18,
        ASSIST = 19,
        EMERGENCY = 20,
        SUPERVISOR_MONITOR = 21,
        SUPERVISOR_WHISPER = 22,
        SUPERVISOR_BARGEIN = 23,
        SUPERVISOR_INTERCEPT = 24,
        TASK_ROUTED_BY_ICM = 25,
        TASK_ROUTED_BY_APPLICATION = 26,
        RESERVATION_PREVIEW = 27,
        RESERVATION_PREVIEW_DIRECT = 28,
        RESERVATION_PREDICTIVE = 29,
        RESERVATION_CALLBACK = 30,
        RESERVATION_PERSONAL_CALLBACK = 31,
        CUSTOMER_PREVIEW = 32,
        CUSTOMER_PREVIEW_DIRECT = 33,
        CUSTOMER_PREDICTIVE = 34,
        CUSTOMER_CALLBACK = 35,
        CUSTOMER_PERSONAL = 36,
        CUSTOMER_IVR = 37,
        NON_ACD = 38,
        PLAY_AGENT_GREETING = 39,
        RECORD_AGENT_GREETING = 40,
        VOICE_CALL_BACK = 41,
    }
}

open_enum! {
    /// Kind of a teleset line.
    pub struct LineType(u16 absent 0xffff) {
        INBOUND_ACD = 0,
        OUTBOUND_ACD = 1,
        INSIDE = 2,
        UNKNOWN = 3,
        SUPERVISOR = 4,
        MESSAGE = 5,
        HELP = 6,
        OUTBOUND = 7,
        DID = 8,
        SILENT_MONITOR = 9,
        NON_ACD_IN = 10,
        NON_ACD_OUT = 11,
    }
}

open_enum! {
    /// How the called party ended up.
    pub struct DispositionCode(u16) {
        ABANDONED_IN_NETWORK = 1,
        ABANDONED_IN_LOCAL_QUEUE = 2,
        ABANDONED_RING = 3,
        ABANDONED_DELAY = 4,
        ABANDONED_INTERFLOW = 5,
        ABANDONED_AGENT_TERMINAL = 6,
        SHORT = 7,
        BUSY = 8,
        FORCED_BUSY = 9,
        DISCONNECT_DROP_NO_ANSWER = 10,
        DISCONNECT_DROP_BUSY = 11,
        DISCONNECT_DROP_REORDER = 12,
        DISCONNECT_DROP_HANDLED_PRIMARY_ROUTE = 13,
        DISCONNECT_DROP_HANDLED_OTHER = 14,
        REDIRECTED = 15,
        CUT_THROUGH = 16,
        INTRAFLOW = 17,
        INTERFLOW = 18,
        RING_NO_ANSWER = 19,
        INTERCEPT_REORDER = 20,
        INTERCEPT_DENIAL = 21,
        TIME_OUT = 22,
        VOICE_ENERGY = 23,
        NON_CLASSIFIED_ENERGY_DETECTED = 24,
        NO_CUT_THROUGH = 25,
        U_ABORT = 26,
        FAILED_SOFTWARE = 27,
        BLIND_TRANSFER = 28,
        ANNOUNCED_TRANSFER = 29,
        CONFERENCED = 30,
        DUPLICATE_TRANSFER = 31,
        UNMONITORED_DEVICE = 32,
        ANSWERING_MACHINE = 33,
        NETWORK_BLIND_TRANSFER = 34,
        TASK_ABANDONED_IN_ROUTER = 35,
        TASK_ABANDONED_BEFORE_OFFERED = 36,
        TASK_ABANDONED_WHILE_OFFERED = 37,
        NORMAL_END_TASK = 38,
        CAN_T_OBTAIN_TASK_ID = 39,
        AGENT_LOGGED_OUT_DURING_TASK = 40,
        MAXIMUM_TASK_LIFETIME_EXCEEDED = 41,
        APPLICATION_PATH_WENT_DOWN = 42,
        UNIFIED_CCE_ROUTING_COMPLETE = 43,
        UNIFIED_CCE_ROUTING_DISABLED = 44,
        APPLICATION_INVALID_MRD_ID = 45,
        APPLICATION_INVALID_DIALOGUE_ID = 46,
        APPLICATION_DUPLICATE_DIALOGUE_ID = 47,
        APPLICATION_INVALID_INVOKE_ID = 48,
        APPLICATION_INVALID_SCRIPT_SELECTOR = 49,
        APPLICATION_TERMINATE_DIALOGUE = 50,
        TASK_ENDED_DURING_APPLICATION_INIT = 51,
        CALLED_PARTY_DISCONNECTED = 52,
        PARTIAL_CALL = 53,
        DROP_NETWORK_CONSULT = 54,
        NETWORK_CONSULT_TRANSFER = 55,
        ABANDON_NETWORK_CONSULT = 57,
        ROUTER_REQUERY_BEFORE_ANSWER = 58,
        ROUTER_REQUERY_AFTER_ANSWER = 59,
        NETWORK_ERROR = 60,
        NETWORK_ERROR_BEFORE_ANSWER = 61,
        NETWORK_ERROR_AFTER_ANSWER = 62,
        TASK_TRANSFER = 63,
        APPLICATION_DISCONNECTED = 64,
        TASK_TRANSFERRED_ON_AGENT_LOGOUT = 65,
    }
}

open_enum! {
    /// When a predictive call is connected to its agent.
    pub struct AllocationState(u16) {
        CALL_DELIVERED = 0,
        CALL_ESTABLISHED = 1,
    }
}

open_enum! {
    /// How a call is placed.
    pub struct CallPlacementType(u16) {
        UNSPECIFIED = 0,
        LINE_CALL = 1,
        OUTBOUND = 2,
        OUTBOUND_NO_ACCESS_CODE = 3,
        DIRECT_POSITION = 4,
        DIRECT_AGENT = 5,
        SUPERVISOR_ASSIST = 6,
    }
}

open_enum! {
    /// What to do when the calling device is busy.
    pub struct CallMannerType(u16) {
        UNSPECIFIED = 0,
        POLITE = 1,
        BELLIGERENT = 2,
        SEMI_POLITE = 3,
        RESERVED = 4,
    }
}

open_enum! {
    /// Options of the switch when placing a call.
    pub struct CallOption(u16) {
        UNSPECIFIED = 0,
        CALLING_AGENT_ONLINE = 1,
        CALLING_AGENT_RESERVED = 2,
        CALLING_AGENT_NOT_RESERVED = 3,
        CALLING_AGENT_BUZZ_BASE = 4,
        CALLING_AGENT_BEEP_HSET = 5,
        SERVICE_CIRCUIT_ON = 6,
    }
}

open_enum! {
    /// What a consultation call leads to.
    pub struct ConsultType(u16) {
        UNSPECIFIED = 0,
        TRANSFER = 1,
        CONFERENCE = 2,
    }
}

open_enum! {
    /// What FacilityCode names.
    pub struct FacilityType(u16) {
        UNSPECIFIED = 0,
        TRUNK_GROUP = 1,
        SKILL_GROUP = 2,
    }
}

open_enum! {
    /// What to do when a machine answers.
    pub struct AnsweringMachine(u16) {
        UNSPECIFIED = 0,
        CONNECT = 1,
        DISCONNECT = 2,
        NONE = 3,
        NONE_NO_MODEM = 4,
        CONNECT_NO_MODEM = 5,
    }
}

open_enum! {
    /// How an answer is detected.
    pub struct AnswerDetectMode(u16) {
        UNSPECIFIED = 0,
        VOICE_THRESHOLD = 1,
        VOICE_END = 2,
        VOICE_END_DELAY = 3,
        VOICE_AND_BEEP = 4,
        BEEP = 5,
    }
}

open_enum! {
    /// Country of a predictive call.
    pub struct DestinationCountry(u16) {
        UNSPECIFIED = 0,
        US_AND_CANADA = 1,
    }
}

bit_mask! {
    /// Call variables that an application owns.
    pub struct CallVariableMask(u16) {
        VAR_1_MASK = 1,
        VAR_2_MASK = 2,
        VAR_3_MASK = 4,
        VAR_4_MASK = 8,
        VAR_5_MASK = 0x10,
        VAR_6_MASK = 0x20,
        VAR_7_MASK = 0x40,
        VAR_8_MASK = 0x80,
        VAR_9_MASK = 0x100,
        VAR_10_MASK = 0x200,
    }
}

open_enum! {
    /// Direction of a media stream.
    pub struct RtpDirection(u16) {
        INPUT = 0,
        OUTPUT = 1,
        BIDIRECTIONAL = 2,
    }
}

open_enum! {
    /// Kind of a media stream.
    pub struct RtpType(u16) {
        AUDIO = 0,
        VIDEO = 1,
        DATA = 2,
    }
}

open_enum! {
    /// Who hears the recording tone.
    pub struct PlayToneDirection(u16) {
        LOCAL = 0,
        REMOTE = 1,
        BOTH = 2,
        NONE = 3,
    }
}

open_enum! {
    /// What starts a recording.
    pub struct RecordingType(u16) {
        NONE = 0,
        AUTOMATIC = 1,
        APPLICATION_SILENT = 2,
        USER_FROM_DEVICE = 3,
        USER_FROM_APPLICATION = 4,
    }
}

open_enum! {
    /// What forks the media of a recorded call.
    pub struct MediaForkingDeviceType(u16) {
        NONE = 0,
        PHONE = 1,
        GATEWAY = 2,
    }
}

open_enum! {
    /// Weight of a recorder.
    pub struct RecorderType(u16) {
        UNKNOWN = 0,
        OPTIONAL = 1,
        MANDATORY = 2,
    }
}

open_enum! {
    /// Outcome at a recorder.
    pub struct RecorderStatus(u16) {
        UNKNOWN = 0,
        SUCCESS = 1,
        FAILURE = 2,
    }
}

open_enum! {
    /// Artificial intelligence service of a call.
    pub struct EnabledService(u16) {
        AGENT_ANSWERS = 1,
        AGENT_CALL_TRANSCRIPTION = 2,
    }
}
