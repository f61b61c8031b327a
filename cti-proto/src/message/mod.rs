//! The messages, one file for each chapter, and the registry that ties numbers to them.
//!
//! [`coverage`] lists them all and says what was read of each.
//!
//! The docs of a field say what its table says: the tag of a floating field, its greatest length, whether
//! it may be left out, the versions that have it. What is not said holds for every version. `Required`
//! fields that `new` does not take have to be set before the message is sent, or it is not written.
//! Lengths of texts count the byte 0 at their end.

use core::cell::Cell;

use bytes::{BufMut, Bytes, BytesMut};

use crate::code::{InvokeId, MessageType};
#[cfg(any(feature = "serde", feature = "arbitrary"))]
use crate::codec::Fill;
use crate::codec::{Contents, Field, Fields, Floating, MAX_ENTRIES, Shape};
use crate::error::{DecodeError, EncodeError};
use crate::frame::{Frame, HEADER_LEN};
use crate::version::{Dialect, Gate, Version};

mod agent;
mod call_control;
mod call_data;
mod call_event;
mod call_party;
mod call_placing;
mod call_queue;
mod config;
mod device;
mod disputed;
mod media;
mod monitor;
mod pair;
mod queue_statistics;
mod session;
mod statistics;
mod supervisor;

pub(crate) use disputed::table_of_body;

pub use agent::{
    AgentDeskSettingsConf, AgentDeskSettingsReq, AgentGreetingControlConf, AgentGreetingControlReq,
    AgentSkillGroup, AgentStateEvent, CallAgentGreetingEvent, QueryAgentStateConf,
    QueryAgentStateReq, SetAgentStateConf, SetAgentStateReq, SkillGroup,
};
pub use call_control::{
    AlternateCallConf, AlternateCallReq, AnswerCallConf, AnswerCallReq, BadCallConf, BadCallReq,
    ClearCallConf, ClearCallReq, ClearConnectionConf, ClearConnectionReq, DeflectCallConf,
    DeflectCallReq, HoldCallConf, HoldCallReq, ReconnectCallConf, ReconnectCallReq,
    RetrieveCallConf, RetrieveCallReq, SendDtmfSignalConf, SendDtmfSignalReq,
};
pub use call_data::{
    AgentPreCallAbortEvent, AgentPreCallEvent, BeginCallEvent, CallDataUpdateEvent,
    CallTranslationRouteEvent, CtiClient, EndCallEvent, ReleaseCallConf, ReleaseCallReq,
    SetAgentServiceDataConf, SetAgentServiceDataReq, SetAppDataConf, SetAppDataReq,
    SetCallDataConf, SetCallDataReq,
};
pub use call_event::{
    CallClearedEvent, CallConnectionClearedEvent, CallDeliveredEvent, CallEstablishedEvent,
    CallFailedEvent, CallHeldEvent, CallOriginatedEvent, CallReachedNetworkEvent,
    CallRetrievedEvent, CallServiceInitiatedEvent,
};
pub use call_party::{
    CallAttributeChangeEvent, CallConferencedEvent, CallDivertedEvent, CallTransferredEvent,
    ConnectedParty,
};
pub use call_placing::{
    ConferenceCallConf, ConferenceCallReq, ConsultationCallConf, ConsultationCallReq, MakeCallConf,
    MakeCallReq, MakePredictiveCallConf, MakePredictiveCallReq, TransferCallConf, TransferCallReq,
};
pub use call_queue::{CallDequeuedEvent, CallQueuedEvent, CsqDequeuedEvent};
pub use config::{
    AgentMrd, AgentRecord, AgentServiceRecord, ApplicationRecord, CallTypeRecord,
    ConfigAgentDeskSettingsEvent, ConfigAgentEvent, ConfigAgentServiceEvent,
    ConfigApplicationEvent, ConfigBeginEvent, ConfigCallTypeEvent, ConfigCsqEvent,
    ConfigDeviceEvent, ConfigEndEvent, ConfigKeyEvent, ConfigMrdEvent, ConfigPeripheralEvent,
    ConfigRequestEvent, ConfigRequestKeyEvent, ConfigServiceEvent, ConfigSkillGroupEvent,
    ConfigTerminalEvent, CsqRecord, DeskSettingsRecord, DeviceRecord, MrdRecord, PeripheralRecord,
    ServiceMember, ServiceRecord, SkillGroupRecord, TerminalRecord,
};
pub use device::{
    CallDevice, DeviceCall, Line, QueryDeviceInfoConf, QueryDeviceInfoReq, SetDeviceAttributesConf,
    SetDeviceAttributesReq, SnapshotCallConf, SnapshotCallReq, SnapshotDeviceConf,
    SnapshotDeviceReq,
};
pub use media::{
    NetworkRecordingEndedEvent, NetworkRecordingFailedEvent, NetworkRecordingStartedEvent,
    NetworkRecordingTargetInfoEvent, RegisterServiceConf, RegisterServiceReq, RtpStartedEvent,
    RtpStoppedEvent, StartNetworkRecordingConf, StartNetworkRecordingReq, StartRecordingConf,
    StartRecordingReq, StopNetworkRecordingConf, StopNetworkRecordingReq, StopRecordingConf,
    StopRecordingReq, UnregisterServiceConf, UnregisterServiceReq,
};
pub use monitor::{
    ChangeMonitorMaskConf, ChangeMonitorMaskReq, ClientEventReportConf, ClientEventReportReq,
    ClientSessionClosedEvent, ClientSessionOpenedEvent, MonitorStartConf, MonitorStartReq,
    MonitorStopConf, MonitorStopReq, RegisterVariablesConf, RegisterVariablesReq,
    SessionMonitorStartConf, SessionMonitorStartReq, SessionMonitorStopConf, SessionMonitorStopReq,
    UserMessageConf, UserMessageEvent, UserMessageReq,
};
pub use pair::{Confirmed, Pair, Request};
pub use queue_statistics::{
    QueryAgentQueueStatisticsConf, QueryAgentQueueStatisticsReq, QueryQueueStatisticsConf,
    QueryQueueStatisticsReq, QuerySummaryStatisticsConf, QuerySummaryStatisticsReq,
};
pub use session::{
    ActiveMaintenanceEventMsg, ActiveMaintenanceReqMsg, ActiveMaintenanceRespMsg, CloseConf,
    CloseReq, ControlFailureConf, FailureConf, FailureEvent, HeartbeatConf, HeartbeatReq, OpenConf,
    OpenPeripheral, OpenReq, StandbyActiveEventMsg, StoppingRequestsToThisSideInd, SystemEvent,
};
pub use statistics::{
    QueryAgentStatisticsConf, QueryAgentStatisticsReq, QuerySkillGroupStatisticsConf,
    QuerySkillGroupStatisticsReq,
};
pub use supervisor::{
    AgentTeamConfigEvent, EmergencyCallConf, EmergencyCallEvent, EmergencyCallReq,
    ListAgentTeamConf, ListAgentTeamReq, MonitorAgentTeamStartConf, MonitorAgentTeamStartReq,
    MonitorAgentTeamStopConf, MonitorAgentTeamStopReq, SuperviseCallConf, SuperviseCallReq,
    SupervisorAssistConf, SupervisorAssistEvent, SupervisorAssistReq, TeamAgent, TeamConfigConf,
    TeamConfigEvent, TeamConfigReq, TeamMember,
};

#[doc = include_str!("../../spec/coverage.md")]
pub mod coverage {}

/// What a message is in the matching of answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// Begins with an InvokeID that the answer repeats.
    Request,
    /// Answers the request whose InvokeID it begins with.
    Confirmation,
    /// Stands alone; the CONFIG_* requests do too.
    Event,
}

/// What the tables say about one message.
#[derive(Debug)]
pub struct Table {
    /// As the specification names it.
    pub name: &'static str,
    /// Its number.
    pub number: MessageType,
    /// Its part in the matching of answers.
    pub role: Role,
    /// The versions that have it.
    pub gate: Gate,
    /// Where its layout was read.
    pub evidence: Evidence,
    /// Its lines: fixed fields and counters in wire order, floating fields, lists.
    pub fields: &'static [Field],
    /// Of the fixed part.
    pub(crate) shape: Shape,
}

impl Table {
    /// Whether no document that was read confirms the layout in `version`: it is carried over from
    /// the neighbouring versions or from the other dialect.
    pub const fn is_inferred(&self, version: Version) -> bool {
        match version.dialect() {
            Dialect::Ucce => {
                let mut rest = self.evidence.ucce;
                while let [first, others @ ..] = rest {
                    if *first as u32 == version.number() {
                        return false;
                    }
                    rest = others;
                }
                true
            }
            Dialect::Uccx => !matches!(self.evidence.uccx, Extent::Whole),
        }
    }
}

/// In which documents the layout of a message was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Evidence {
    /// UCCE versions whose guide prints the table, read as a whole.
    pub ucce: &'static [u8],
    /// What was read of the UCCX table; one guide covers all versions.
    pub uccx: Extent,
}

/// How much of a table was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Extent {
    /// Nothing, or a number that only implementations know: the layout follows UCCE 18.
    Nothing,
    /// The beginning; the rest follows UCCE 18.
    Cut,
    /// All of it.
    Whole,
}

/// A typed message body.
pub trait Body: AnyBody + Sized {
    /// Its table.
    const TABLE: Table;

    /// Reads a body in the layout of `version`.
    ///
    /// Reading is lenient: counters are not compared, a floating field of the wrong size, beyond its
    /// list, or unknown in this version ends up in `other`.
    ///
    /// # Errors
    ///
    /// When the body ends too early.
    fn decode(version: Version, body: &Bytes) -> Result<Self, DecodeError>;
}

/// What all typed bodies share; object-safe.
pub trait AnyBody {
    /// The message's table.
    fn table(&self) -> &'static Table;

    /// The InvokeID of a request or confirmation.
    fn invoke_id(&self) -> Option<InvokeId>;

    /// Sets the InvokeID of a request or confirmation; nothing for an event.
    fn set_invoke_id(&mut self, invoke_id: InvokeId);

    /// Its fields by name.
    fn contents(&self) -> Contents<'_>;

    /// Appends the body in the layout of `version`. What that version does not have is left out.
    ///
    /// # Errors
    ///
    /// When a field or a list is too long.
    fn encode_body(&self, version: Version, out: &mut BytesMut) -> Result<(), EncodeError>;
}

macro_rules! registry {
    ($($name:ident,)*) => {
        /// Any message.
        ///
        /// What a peer sends under a number that the session's dialect and version do not have, or
        /// whose body is not public, comes as `Unknown` and can be sent on unchanged.
        #[derive(Clone, Debug, Eq, PartialEq)]
        #[non_exhaustive]
        #[allow(missing_docs, reason = "the structs carry the docs")]
        #[allow(clippy::large_enum_variant, reason = "a message is moved a few times, a box is \
            an allocation for each")]
        pub enum Message {
            $( $name($name), )*
            /// A body that was not read.
            Unknown(Frame),
        }

        impl Message {
            /// The tables of all typed messages, in the order of the chapters.
            pub const TABLES: &'static [&'static Table] = &[ $( &$name::TABLE, )* ];

            /// Reads the body of `frame` in the layout of `version`.
            ///
            /// # Errors
            ///
            /// When the body ends too early. The stream is not lost: the next frame can be read.
            pub fn decode(version: Version, frame: Frame) -> Result<Self, DecodeError> {
                if let Some(failure) = disputed::printed_failure(version, &frame) {
                    return Ok(failure.into());
                }
                let frame = disputed::usual_width(version, frame);
                match frame.message_type {
                    $(
                        number if number == $name::TABLE.number
                            && $name::TABLE.gate.admits(version) =>
                        {
                            typed::<$name>(version, &frame.body)
                        }
                    )*
                    _ => Ok(Self::Unknown(frame)),
                }
            }

            /// The table that reads bodies of this number in `version`; `None` where a frame comes as
            /// [`Message::Unknown`].
            pub const fn table_of(
                version: Version,
                message_type: MessageType,
            ) -> Option<&'static Table> {
                match message_type.0 {
                    $(
                        number if number == $name::TABLE.number.0
                            && $name::TABLE.gate.admits(version) =>
                        {
                            Some(const { &$name::TABLE })
                        }
                    )*
                    _ => None,
                }
            }

            pub(crate) fn typed(&self) -> Result<&dyn AnyBody, &Frame> {
                match self {
                    $( Self::$name(body) => Ok(body), )*
                    Self::Unknown(frame) => Err(frame),
                }
            }

            fn typed_mut(&mut self) -> Option<&mut dyn AnyBody> {
                match self {
                    $( Self::$name(body) => Some(body), )*
                    Self::Unknown(_) => None,
                }
            }
        }

        #[cfg(any(feature = "serde", feature = "arbitrary"))]
        impl Message {
            /// The message of `table`, with the protocol's absent values.
            pub(crate) fn blank(table: &Table) -> Option<Self> {
                // The dialects share a name for different messages, so it alone does not tell.
                let wanted = (table.name, table.gate);
                $(
                    if wanted == ($name::TABLE.name, $name::TABLE.gate) {
                        return Some(<$name as Fill>::blank().into());
                    }
                )*
                None
            }

            pub(crate) fn fill(&mut self) -> Option<&mut dyn Fill> {
                match self {
                    $( Self::$name(body) => Some(body), )*
                    Self::Unknown(_) => None,
                }
            }
        }

        $(
            impl From<$name> for Message {
                fn from(body: $name) -> Self {
                    Self::$name(body)
                }
            }
        )*
    };
}

registry! {
    FailureConf,
    FailureEvent,
    OpenReq,
    OpenConf,
    HeartbeatReq,
    HeartbeatConf,
    CloseReq,
    CloseConf,
    SystemEvent,
    ControlFailureConf,
    StandbyActiveEventMsg,
    ActiveMaintenanceReqMsg,
    ActiveMaintenanceRespMsg,
    ActiveMaintenanceEventMsg,
    StoppingRequestsToThisSideInd,
    CallDeliveredEvent,
    CallEstablishedEvent,
    CallHeldEvent,
    CallRetrievedEvent,
    CallClearedEvent,
    CallConnectionClearedEvent,
    CallOriginatedEvent,
    CallFailedEvent,
    CallConferencedEvent,
    CallTransferredEvent,
    CallDivertedEvent,
    CallServiceInitiatedEvent,
    CallQueuedEvent,
    CallReachedNetworkEvent,
    CallDequeuedEvent,
    CsqDequeuedEvent,
    CallAttributeChangeEvent,
    CallTranslationRouteEvent,
    BeginCallEvent,
    EndCallEvent,
    CallDataUpdateEvent,
    SetCallDataReq,
    SetCallDataConf,
    ReleaseCallReq,
    ReleaseCallConf,
    AgentPreCallEvent,
    AgentPreCallAbortEvent,
    SetAppDataReq,
    SetAppDataConf,
    SetAgentServiceDataReq,
    SetAgentServiceDataConf,
    AgentStateEvent,
    QueryAgentStateReq,
    QueryAgentStateConf,
    SetAgentStateReq,
    SetAgentStateConf,
    AgentDeskSettingsReq,
    AgentDeskSettingsConf,
    CallAgentGreetingEvent,
    AgentGreetingControlReq,
    AgentGreetingControlConf,
    AlternateCallReq,
    AlternateCallConf,
    AnswerCallReq,
    AnswerCallConf,
    ClearCallReq,
    ClearCallConf,
    ClearConnectionReq,
    ClearConnectionConf,
    ConferenceCallReq,
    ConferenceCallConf,
    ConsultationCallReq,
    ConsultationCallConf,
    DeflectCallReq,
    DeflectCallConf,
    HoldCallReq,
    HoldCallConf,
    MakeCallReq,
    MakeCallConf,
    MakePredictiveCallReq,
    MakePredictiveCallConf,
    ReconnectCallReq,
    ReconnectCallConf,
    RetrieveCallReq,
    RetrieveCallConf,
    TransferCallReq,
    TransferCallConf,
    SendDtmfSignalReq,
    SendDtmfSignalConf,
    BadCallReq,
    BadCallConf,
    QueryDeviceInfoReq,
    QueryDeviceInfoConf,
    SnapshotCallReq,
    SnapshotCallConf,
    SnapshotDeviceReq,
    SnapshotDeviceConf,
    SetDeviceAttributesReq,
    SetDeviceAttributesConf,
    MonitorStartReq,
    MonitorStartConf,
    MonitorStopReq,
    MonitorStopConf,
    ChangeMonitorMaskReq,
    ChangeMonitorMaskConf,
    ClientSessionOpenedEvent,
    ClientSessionClosedEvent,
    SessionMonitorStartReq,
    SessionMonitorStartConf,
    SessionMonitorStopReq,
    SessionMonitorStopConf,
    ClientEventReportReq,
    ClientEventReportConf,
    UserMessageReq,
    UserMessageConf,
    UserMessageEvent,
    RegisterVariablesReq,
    RegisterVariablesConf,
    QueryAgentStatisticsReq,
    QueryAgentStatisticsConf,
    QuerySkillGroupStatisticsReq,
    QuerySkillGroupStatisticsConf,
    QueryQueueStatisticsReq,
    QueryQueueStatisticsConf,
    QuerySummaryStatisticsReq,
    QuerySummaryStatisticsConf,
    QueryAgentQueueStatisticsReq,
    QueryAgentQueueStatisticsConf,
    RtpStartedEvent,
    RtpStoppedEvent,
    RegisterServiceReq,
    RegisterServiceConf,
    UnregisterServiceReq,
    UnregisterServiceConf,
    StartRecordingReq,
    StartRecordingConf,
    StopRecordingReq,
    StopRecordingConf,
    StartNetworkRecordingReq,
    StartNetworkRecordingConf,
    StopNetworkRecordingReq,
    StopNetworkRecordingConf,
    NetworkRecordingStartedEvent,
    NetworkRecordingEndedEvent,
    NetworkRecordingFailedEvent,
    NetworkRecordingTargetInfoEvent,
    SupervisorAssistReq,
    SupervisorAssistConf,
    SupervisorAssistEvent,
    EmergencyCallReq,
    EmergencyCallConf,
    EmergencyCallEvent,
    SuperviseCallReq,
    SuperviseCallConf,
    AgentTeamConfigEvent,
    ListAgentTeamReq,
    ListAgentTeamConf,
    MonitorAgentTeamStartReq,
    MonitorAgentTeamStartConf,
    MonitorAgentTeamStopReq,
    MonitorAgentTeamStopConf,
    TeamConfigReq,
    TeamConfigEvent,
    TeamConfigConf,
    ConfigRequestKeyEvent,
    ConfigKeyEvent,
    ConfigRequestEvent,
    ConfigBeginEvent,
    ConfigEndEvent,
    ConfigServiceEvent,
    ConfigApplicationEvent,
    ConfigSkillGroupEvent,
    ConfigCsqEvent,
    ConfigAgentEvent,
    ConfigDeviceEvent,
    ConfigCallTypeEvent,
    ConfigMrdEvent,
    ConfigPeripheralEvent,
    ConfigAgentDeskSettingsEvent,
    ConfigTerminalEvent,
    ConfigAgentServiceEvent,
}

impl Message {
    /// Appends header and body in the layout of `version`.
    ///
    /// Writing is strict: a message that `version` does not have, a field beyond its maximum and a
    /// message beyond the version's limit are refused; a field that `version` does not have is left
    /// out.
    ///
    /// # Errors
    ///
    /// As above; `dst` is left as it was.
    pub fn encode(&self, version: Version, dst: &mut BytesMut) -> Result<(), EncodeError> {
        let start = dst.len();
        let result = self.append(version, dst, start);
        if result.is_err() {
            dst.truncate(start);
        }
        result
    }

    /// The number in the header.
    pub fn message_type(&self) -> MessageType {
        match self.typed() {
            Ok(body) => body.table().number,
            Err(frame) => frame.message_type,
        }
    }

    /// What the tables say about it; `None` for an unknown message.
    pub fn table(&self) -> Option<&'static Table> {
        self.typed().ok().map(AnyBody::table)
    }

    /// The InvokeID of a request or confirmation.
    pub fn invoke_id(&self) -> Option<InvokeId> {
        self.typed().ok().and_then(AnyBody::invoke_id)
    }

    /// Its fields by name; `None` for an unknown message.
    pub fn contents(&self) -> Option<Contents<'_>> {
        self.typed().ok().map(AnyBody::contents)
    }

    /// Sets the InvokeID of a request or confirmation; nothing for other messages.
    pub fn set_invoke_id(&mut self, invoke_id: InvokeId) {
        if let Some(body) = self.typed_mut() {
            body.set_invoke_id(invoke_id);
        }
    }

    fn append(
        &self,
        version: Version,
        dst: &mut BytesMut,
        start: usize,
    ) -> Result<(), EncodeError> {
        let max = version.max_message_len();
        match self.typed() {
            Ok(body) => {
                let table = body.table();
                if !table.gate.admits(version) {
                    return Err(EncodeError::NotInVersion {
                        message: table.name,
                        version,
                    });
                }
                dst.put_u32(0);
                dst.put_u32(table.number.0);
                body.encode_body(version, dst)?;
                if let Self::FailureConf(failure) = self {
                    disputed::print_failure(failure, version, start + HEADER_LEN, dst);
                }
            }
            Err(frame) => {
                dst.put_u32(0);
                dst.put_u32(frame.message_type.0);
                dst.extend_from_slice(&frame.body);
            }
        }
        let len = dst.len() - start;
        let body_len = u32::try_from(len - HEADER_LEN).ok().filter(|_| len <= max);
        let (Some(body_len), Some(header)) = (body_len, dst.get_mut(start..start + 4)) else {
            return Err(EncodeError::TooLong {
                message_type: self.message_type(),
                len,
                max,
            });
        };
        header.copy_from_slice(&body_len.to_be_bytes());
        Ok(())
    }
}

fn typed<T: Body + Into<Message>>(version: Version, body: &Bytes) -> Result<Message, DecodeError> {
    T::decode(version, body).map(Into::into)
}

/// Gives each floating field to the message and keeps what it does not take.
pub(crate) fn read_floating<T: Floating>(
    message: &mut T,
    version: Version,
    mut fields: Fields<'_>,
) -> Result<(), DecodeError> {
    let refused = Cell::new(None);
    while let Some(data) = fields.next_data(&refused)? {
        if !message.absorb(version, &data) {
            message.keep(data.keep());
        }
    }
    if let Some(offset) = refused.get() {
        return Err(fields.too_many_entries(offset));
    }
    message.settle();
    Ok(())
}

/// Writes the entries of a list into its counter, where `version` has it: none of a list that
/// `version` does not have.
pub(crate) fn put_count(
    (message, count, list): (&'static str, &'static Field, &'static Field),
    len: usize,
    version: Version,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    if !count.gate.admits(version) {
        return Ok(());
    }
    let len = if list.gate.admits(version) { len } else { 0 };
    match u16::try_from(len) {
        Ok(count) if len <= MAX_ENTRIES => {
            out.put_u16(count);
            Ok(())
        }
        _ => Err(EncodeError::TooManyEntries {
            message,
            field: count.name,
            len,
            max: MAX_ENTRIES,
        }),
    }
}
