//! Numbers with names: open newtypes, one file for each family of tables.
//!
//! A value that has no name here survives a round trip and prints as its number.

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
