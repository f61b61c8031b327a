//! The tags and codes of this crate beside `spec/codes.tsv`, by name and value.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

use std::collections::BTreeSet;

use cti_proto::Tag;
use cti_proto::code::{
    AgentFlags, AgentMode, AgentServiceMask, AgentState, AgentStateMask, AgentType, AgentWorkMode,
    AllocationState, AnswerDetectMode, AnsweringMachine, CallControlMask, CallDirection,
    CallEventMask, CallMannerType, CallOption, CallPlacementType, CallType, CallVariableMask,
    ClassOfDevice, ClientEventState, ConfigDeviceType, ConfigEndStatus, ConfigKeyStatus,
    ConfigMask, ConfigType, ConnectionDeviceIdType, ConsultType, ControlFailureCode,
    DeskSettingsMask, DestinationCountry, DeviceIdType, DispositionCode, DistributionType,
    EnabledService, EventCause, FacilityType, ForcedFlag, GreetingAgentAction, GreetingEventCode,
    LineType, LocalConnectionState, MediaForkingDeviceType, MemberType, MultilineAgentControl,
    OtherFeatureMask, PeripheralErrorCode, PeripheralType, PgStatus, PlayToneDirection, ReasonCode,
    RecordType, RecorderStatus, RecorderType, RecordingType, RtpDirection, RtpType, ServerMode,
    ServiceMask, SessionType, SilentMonitorStatus, SsoEnabled, StatusCode, SupervisoryAction,
    SystemEventId, TeamConfigOperation, TeamOperation, TransferConferenceSetup, TypeOfDevice,
    UccxStatus, WrapupDataMode,
};

/// The names that a table of this crate has for a value.
type Names = fn(u32) -> Vec<String>;

macro_rules! codes {
    ($($table:literal => $ty:ident: $kind:ident),* $(,)?) => {
        &[ $( ($table, |value| codes!(@$kind $ty value)), )* ]
    };
    (@code $ty:ident $value:ident) => {{
        let value = $ty($value.try_into().unwrap());
        let named = $ty::NAMES.iter().filter(|(_, known)| *known == value);
        named.map(|(name, _)| (*name).to_owned()).collect()
    }};
    (@mask $ty:ident $value:ident) => {{
        let mask = $ty($value.try_into().unwrap());
        let known = $ty::KNOWN.contains(mask) && mask != $ty::NONE;
        let shown = format!("{mask:?}");
        let bit = shown.split(['(', ')']).nth(1).unwrap_or_default().to_owned();
        known.then_some(bit).into_iter().collect()
    }};
}

const CODES: &[(&str, Names)] = codes! {
    "FloatingFieldTag" => Tag: code,
    "StatusCode" => StatusCode: code,
    "UccxStatusCode" => StatusCode: code,
    "ControlFailureCode" => ControlFailureCode: code,
    "ExtendedControlFailureCode" => ControlFailureCode: code,
    "AgentState" => AgentState: code,
    "AgentMode" => AgentMode: code,
    "AgentWorkMode" => AgentWorkMode: code,
    "AgentType" => AgentType: code,
    "AgentFlags" => AgentFlags: mask,
    "SsoEnabled" => SsoEnabled: code,
    "ForcedFlag" => ForcedFlag: code,
    "CallDirection" => CallDirection: code,
    "SupervisoryAction" => SupervisoryAction: code,
    "SilentMonitorStatus" => SilentMonitorStatus: code,
    "GreetingEventCode" => GreetingEventCode: code,
    "GreetingAgentAction" => GreetingAgentAction: code,
    "WrapupDataMode" => WrapupDataMode: code,
    "TeamConfigOperation" => TeamConfigOperation: code,
    "UccxTeamOperation" => TeamOperation: code,
    "UccxMemberType" => MemberType: code,
    "DeskSettingsMask" => DeskSettingsMask: mask,
    "AgentServiceRequestMask" => AgentServiceMask: mask,
    "LocalConnectionState" => LocalConnectionState: code,
    "EventCause" => EventCause: code,
    "ExtendedCallClearedEventCause" => EventCause: code,
    "UccxEventCause" => EventCause: code,
    "CallType" => CallType: code,
    "LineType" => LineType: code,
    "DispositionCode" => DispositionCode: code,
    "AllocationState" => AllocationState: code,
    "CallPlacementType" => CallPlacementType: code,
    "CallMannerType" => CallMannerType: code,
    "CallOption" => CallOption: code,
    "ConsultType" => ConsultType: code,
    "FacilityType" => FacilityType: code,
    "AnsweringMachine" => AnsweringMachine: code,
    "AnswerDetectMode" => AnswerDetectMode: code,
    "DestinationCountry" => DestinationCountry: code,
    "CallVariableMask" => CallVariableMask: mask,
    "RtpDirection" => RtpDirection: code,
    "RtpType" => RtpType: code,
    "PlayToneDirection" => PlayToneDirection: code,
    "RecordingType" => RecordingType: code,
    "MediaForkingDeviceType" => MediaForkingDeviceType: code,
    "RecorderType" => RecorderType: code,
    "RecorderStatus" => RecorderStatus: code,
    "EnabledService" => EnabledService: code,
    "ConfigType" => ConfigType: code,
    "RecordType" => RecordType: code,
    "ConfigDeviceType" => ConfigDeviceType: code,
    "ConfigKeyStatus" => ConfigKeyStatus: code,
    "UccxConfigKeyStatus" => ConfigKeyStatus: code,
    "ConfigEndStatus" => ConfigEndStatus: code,
    "ConfigInformationMask" => ConfigMask: mask,
    "DeviceIDType" => DeviceIdType: code,
    "ConnectionDeviceIDType" => ConnectionDeviceIdType: code,
    "TypeOfDevice" => TypeOfDevice: code,
    "ClassOfDevice" => ClassOfDevice: mask,
    "TransferConferenceSetupMask" => TransferConferenceSetup: mask,
    "CallControlMask" => CallControlMask: mask,
    "OtherFeatureMask" => OtherFeatureMask: mask,
    "CtiServiceMask" => ServiceMask: mask,
    "UccxServiceMask" => ServiceMask: mask,
    "CallEventMessageMask" => CallEventMask: mask,
    "AgentStateMask" => AgentStateMask: mask,
    "SessionType" => SessionType: code,
    "PeripheralType" => PeripheralType: code,
    "MultilineAgentControl" => MultilineAgentControl: code,
    "ServerMode" => ServerMode: code,
    "ClientEventState" => ClientEventState: code,
    "DistributionType" => DistributionType: code,
    "SystemEventID" => SystemEventId: code,
    "UccxSystemEventID" => SystemEventId: code,
    "PGStatus" => PgStatus: mask,
    "UccxStatusMask" => UccxStatus: code,
    "AgentInternalState" => AgentState: code,
    "UccxCallType" => CallType: code,
    "UccxConfigDeviceType" => ConfigDeviceType: code,
    "UccxConfigEndStatus" => ConfigEndStatus: code,
    "UccxConfigMask" => ConfigMask: mask,
    "UccxDeviceType" => DeviceIdType: code,
    "UccxErrorCode" => PeripheralErrorCode: code,
    "UccxReasonCode" => ReasonCode: code,
};

/// Tables without a type here: truth values, nulls, and numbers that no known body holds.
const WITHOUT_TYPE: &[&str] = &["Bool", "ForwardType", "SpecialValues", "TaskState"];

/// Values that have two names: the same number under another name in UCCX, or printed twice in one
/// table.
const OTHER_NAMES: &[(&str, &str, &str)] = &[
    ("FloatingFieldTag", "AGENT_SKILL_TARGET_ID_TAG", "AUTO_WORK"),
    (
        "ExtendedCallClearedEventCause",
        "CECX_APPL_INVALID_DIALOGUE_ID",
        "CECX_NETWORK_CONFERENCE",
    ),
    ("CallType", "CALLTYPE_NON_ACD", "RESERVATION_PREVIEW"),
    ("UccxSystemEventID", "SYS_CCX_ONLINE", "PERIPHERAL_ONLINE"),
    ("UccxSystemEventID", "SYS_CCX_OFFLINE", "PERIPHERAL_OFFLINE"),
    (
        "UccxConfigEndStatus",
        "CONFIG_SERVICE_PROVIDER",
        "NO_SERVICE_PROVIDER",
    ),
    (
        "UccxConfigEndStatus",
        "CONFIG_UNKNOWN_DATA",
        "UNKNOWN_CUSTOMER",
    ),
    ("UccxConfigEndStatus", "CONFIG_ERROR", "INVALID"),
    ("UccxConfigMask", "APPLICATION", "SERVICE"),
    ("UccxConfigMask", "CSQ", "SKILL_GROUP"),
    ("UccxConfigMask", "TERMINAL", "CALL_TYPE"),
    ("UccxCallType", "CALLTYPE_CCX_IN", "ACD_IN"),
    (
        "UccxCallType",
        "CALLTYPE_AGENT_OUTBOUND",
        "CUSTOMER_PREDICTIVE",
    ),
    ("UccxConfigDeviceType", "AGENT_DEVICE", "AGENT_ID"),
    (
        "UccxStatusCode",
        "E_CTI_INVALID_MESSAGE_TYPE",
        "INVALID_MESSAGE_LENGTH",
    ),
    ("UccxStatusCode", "E_CTI_INVALID_FIELD", "INVALID_FIELD_TAG"),
    ("UccxStatusCode", "E_CTI_INVALID_CSQ", "INVALID_CSD"),
];

#[test]
fn tags_and_codes_have_the_names_and_values_of_the_documents() {
    let (mut seen, mut different) = (BTreeSet::new(), Vec::new());
    for line in include_str!("../spec/codes.tsv").lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let Some((table, names)) = CODES.iter().find(|(table, _)| *table == cells[0]) else {
            assert!(WITHOUT_TYPE.contains(&cells[0]), "{line}");
            continue;
        };
        seen.insert(table);
        let value: i64 = cells[2].parse().unwrap();
        let names = names(u32::try_from(value).unwrap());
        // A tag is printed with this ending, a status may end the same way.
        let ends = |name: &str, end: &String| letters(name).ends_with(&letters(end));
        let same = |name: &String| {
            ends(cells[1], name)
                || ends(cells[1].trim_end_matches("_TAG"), name)
                || OTHER_NAMES.contains(&(cells[0], cells[1], name))
        };
        if !names.iter().any(same) {
            different.push(format!("{} {} {names:?}", cells[0], cells[1]));
        }
    }
    assert!(different.is_empty(), "{different:#?}");
    assert_eq!(seen.len(), CODES.len());
    assert_eq!(CallEventMask::KNOWN.0, u32::MAX);
}

/// A name without what writers leave out or put in.
fn letters(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_uppercase()).collect()
}
