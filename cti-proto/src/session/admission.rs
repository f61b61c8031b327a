//! What an OPEN_REQ must keep to.

use crate::code::{
    AgentStateMask, CallEventMask, ConfigMask, PeripheralId, ServiceMask, StatusCode,
};
use crate::message::OpenReq;
use crate::version::{Dialect, Version};

/// Rules of OPEN_REQ that need no knowledge of agents and devices. GED-188, "OPEN_REQ".
pub(crate) fn check_open(version: Version, request: &OpenReq) -> Result<(), StatusCode> {
    let services = request.services_requested;
    let modes = ServiceMask::CLIENT_EVENTS | ServiceMask::ALL_EVENTS;
    let uccx = version.dialect() == Dialect::Uccx;
    if services.without(ServiceMask::KNOWN) != ServiceMask::NONE
        || (uccx && services.contains(modes))
    {
        return Err(StatusCode::INVALID_SERVICE_MASK);
    }
    if request.call_msg_mask.without(CallEventMask::KNOWN) != CallEventMask::NONE {
        return Err(StatusCode::INVALID_CALL_MSG_MASK);
    }
    if request.agent_state_mask.without(AgentStateMask::KNOWN) != AgentStateMask::NONE {
        return Err(StatusCode::INVALID_AGENT_STATE_MASK);
    }
    if request.config_msg_mask.without(ConfigMask::KNOWN) != ConfigMask::NONE {
        return Err(StatusCode::INVALID_CONFIG_MSG_MASK);
    }
    if (request.reserved1, request.reserved2, request.reserved3) != (0, 0, 0) {
        return Err(StatusCode::INVALID_RESERVED_FIELD);
    }
    let idle_timeout = match version.dialect() {
        Dialect::Ucce => 20..=u32::MAX,
        Dialect::Uccx => 10..=119,
    };
    if request.idle_timeout != NO_IDLE_TIMEOUT && !idle_timeout.contains(&request.idle_timeout) {
        return Err(StatusCode::INVALID_TIMEOUT);
    }
    if request.client_id.is_none() || request.client_password.is_none() {
        return Err(StatusCode::REQUIRED_DATA_MISSING);
    }
    if services.contains(ServiceMask::CLIENT_EVENTS) {
        if !uccx && request.peripheral_id == PeripheralId::NULL {
            return Err(StatusCode::INVALID_PERIPHERAL_ID);
        }
        if request.agent_extension.is_none()
            && request.agent_id.is_none()
            && request.agent_instrument.is_none()
        {
            return Err(StatusCode::REQUIRED_DATA_MISSING);
        }
    }
    Ok(())
}

/// IdleTimeout of a client without heartbeats. GED-188, "OPEN_REQ".
pub(crate) const NO_IDLE_TIMEOUT: u32 = 0xffff_ffff;
