//! Why the engine does not do what a client asks.

use crate::telephony::Refusal;

/// A refusal in the numbers of CONTROL_FAILURE_CONF.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("control failure {code}, peripheral error {peripheral}")]
pub struct Failure {
    /// `FailureCode`.
    pub code: u16,
    /// `PeripheralErrorCode`; 0 when there is none.
    pub peripheral: u32,
}

impl Failure {
    /// CF_VALUE_OUT_OF_RANGE.
    pub const VALUE_OUT_OF_RANGE: Self = Self::new(3, 0);
    /// CF_INVALID_CALLING_DEVICE: nobody is signed in on the line.
    pub const INVALID_CALLING_DEVICE: Self = Self::new(5, 0);
    /// CF_PRIVILEGE_VIOLATION_ON_SPECIFIED_DEVICE: somebody else's agent or line.
    pub const PRIVILEGE_VIOLATION: Self = Self::new(8, 0);
    /// CF_INVALID_CSTA_CALL_IDENTIFIER: there is no such call.
    pub const UNKNOWN_CALL: Self = Self::new(11, 0);
    /// CF_INVALID_CSTA_DEVICE_IDENTIFIER: there is no such line.
    pub const UNKNOWN_DEVICE: Self = Self::new(12, 0);
    /// CF_INVALID_CSTA_CONNECTION_IDENTIFIER: the line is not on the call.
    pub const NOT_ON_CALL: Self = Self::new(13, 0);
    /// CF_INVALID_DESTINATION.
    pub const INVALID_DESTINATION: Self = Self::new(14, 0);
    /// CF_INVALID_OBJECT_STATE: not in this state of the agent or the call.
    pub const INVALID_STATE: Self = Self::new(22, 0);
    /// CF_NO_CALL_TO_ANSWER: nothing rings.
    pub const NO_CALL_TO_ANSWER: Self = Self::new(28, 0);
    /// CF_GENERIC_SYSTEM_RESOURCE_AVAILABILITY: the switch is full.
    pub const NO_RESOURCE: Self = Self::new(31, 0);
    /// CF_RESOURCE_BUSY with CCX_AGENT_DEVICE_BUSY.
    pub const BUSY: Self = Self::new(33, 88_005);
    /// CF_RESOURCE_OUT_OF_SERVICE with CCX_JTAPI_CCM_PROBLEM: the switch cannot be reached.
    pub const OUT_OF_SERVICE: Self = Self::new(34, 88_001);
    /// CF_INVALID_AGENT_ID_SPECIFIED.
    pub const UNKNOWN_AGENT: Self = Self::new(256, 88_009);
    /// CF_INVALID_LOGON_DEVICE_SPECIFIED: not the agent's line.
    pub const INVALID_LOGON_DEVICE: Self = Self::new(260, 88_003);
    /// CF_INVALID_AGENT_WORKMODE: one NOT_READY can wait for the end of a call, and nothing else.
    pub const INVALID_WORK_MODE: Self = Self::new(265, 0);

    const fn new(code: u16, peripheral: u32) -> Self {
        Self { code, peripheral }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::UnknownCall => Self::UNKNOWN_CALL,
            Refusal::UnknownAddress => Self::UNKNOWN_DEVICE,
            Refusal::NotOnCall => Self::NOT_ON_CALL,
            Refusal::InvalidState => Self::INVALID_STATE,
            Refusal::Busy => Self::BUSY,
            Refusal::BadDestination => Self::INVALID_DESTINATION,
            Refusal::Full | Refusal::Overrun => Self::NO_RESOURCE,
            Refusal::InvalidData => Self::VALUE_OUT_OF_RANGE,
            Refusal::Lost => Self::OUT_OF_SERVICE,
        }
    }
}
