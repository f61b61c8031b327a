//! Numbers with names: open newtypes, one file for each family of tables.
//!
//! A value that has no name here survives a round trip and prints as hexadecimal.

use core::fmt;

mod agent;
mod call;
mod config;
mod device;
mod id;
mod message_type;
mod session;
mod status;

pub use agent::{
    AgentFlags, AgentMode, AgentServiceMask, AgentState, AgentType, AgentWorkMode, CallDirection,
    DeskSettingsMask, ForcedFlag, GreetingAgentAction, GreetingEventCode, MemberType, ReasonCode,
    SilentMonitorStatus, SsoEnabled, SupervisoryAction, TeamConfigOperation, TeamOperation,
    WrapupDataMode,
};
pub use call::{
    AllocationState, AnswerDetectMode, AnsweringMachine, CallMannerType, CallOption,
    CallPlacementType, CallType, CallVariableMask, ConsultType, DestinationCountry,
    DispositionCode, EnabledService, EventCause, FacilityType, LineType, LocalConnectionState,
    MediaForkingDeviceType, PlayToneDirection, RecorderStatus, RecorderType, RecordingType,
    RtpDirection, RtpType,
};
pub use config::{ConfigDeviceType, ConfigType, RecordType};
pub use device::{
    CallControlMask, ClassOfDevice, ConnectionDeviceIdType, DeviceIdType, OtherFeatureMask,
    TransferConferenceSetup, TypeOfDevice,
};
pub use id::{CallId, InvokeId, LineHandle, PeripheralId, ServiceId, SkillGroupId, Timestamp};
pub use message_type::MessageType;
pub use session::{
    AgentStateMask, CallEventMask, ClientEventState, ConfigMask, DistributionType,
    MultilineAgentControl, PeripheralType, ServerMode, ServiceMask, SessionType,
};
pub use status::{
    ConfigEndStatus, ConfigKeyStatus, ControlFailureCode, PeripheralErrorCode, PgStatus,
    StatusCode, SystemEventId, UccxStatus,
};

/// Prints the names of the set bits, then what has no name.
pub(crate) fn fmt_mask(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    names: &[(&str, impl Copy + Into<u32>)],
    bits: u32,
) -> fmt::Result {
    let mut left = bits;
    let mut first = true;
    write!(f, "{name}(")?;
    for (bit_name, bit) in names {
        let bit: u32 = (*bit).into();
        if bit != 0 && bits & bit == bit {
            write!(f, "{}{bit_name}", if first { "" } else { "|" })?;
            left &= !bit;
            first = false;
        }
    }
    if left != 0 || first {
        write!(f, "{}{left:#x}", if first { "" } else { "|" })?;
    }
    write!(f, ")")
}
