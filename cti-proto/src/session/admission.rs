//! What an OPEN_REQ must keep to.

use crate::code::{
    AgentStateMask, CallEventMask, ConfigMask, PeripheralId, ServiceMask, StatusCode,
};
use crate::message::OpenReq;
use crate::session::later::Later;
use crate::session::server::Standing;
use crate::version::{Dialect, Version};

/// Rules of OPEN_REQ that need no knowledge of agents and devices, in the order of the fields.
/// GED-188, "OPEN_REQ".
pub(crate) fn check_open(version: Version, request: &OpenReq) -> Result<(), StatusCode> {
    let services = request.services_requested;
    let uccx = version.dialect() == Dialect::Uccx;
    let idle_timeout = match version.dialect() {
        Dialect::Ucce => 20..=u32::MAX,
        // Twice the least heartbeat interval, and below 120.
        Dialect::Uccx => 10..=119,
    };
    if request.idle_timeout != NO_IDLE_TIMEOUT && !idle_timeout.contains(&request.idle_timeout) {
        return Err(StatusCode::INVALID_TIMEOUT);
    }
    let unused = Unused::in_version(version);
    let modes = ServiceMask::CLIENT_EVENTS | ServiceMask::ALL_EVENTS;
    if services.intersects(unused.services) || (uccx && services.contains(modes)) {
        return Err(StatusCode::INVALID_SERVICE_MASK);
    }
    if request.call_msg_mask.intersects(unused.call_events) {
        return Err(StatusCode::INVALID_CALL_MSG_MASK);
    }
    if request.agent_state_mask.without(AgentStateMask::KNOWN) != AgentStateMask::NONE {
        return Err(StatusCode::INVALID_AGENT_STATE_MASK);
    }
    if request.config_msg_mask.intersects(unused.config_records) {
        return Err(StatusCode::INVALID_CONFIG_MSG_MASK);
    }
    if (request.reserved1, request.reserved2, request.reserved3) != (0, 0, 0) {
        return Err(StatusCode::INVALID_RESERVED_FIELD);
    }
    // UCCX has no meaning for PeripheralID: its clients write 1 or the null value.
    let client_events = services.contains(ServiceMask::CLIENT_EVENTS);
    if !uccx && client_events == (request.peripheral_id == PeripheralId::NULL) {
        return Err(StatusCode::INVALID_PERIPHERAL_ID);
    }
    let nobody = request.agent_extension.is_none()
        && request.agent_id.is_none()
        && request.agent_instrument.is_none();
    if request.client_id.is_none() || request.client_password.is_none() || (client_events && nobody)
    {
        return Err(StatusCode::REQUIRED_DATA_MISSING);
    }
    Ok(())
}

/// Bits that no client of a version may set.
pub(crate) struct Unused {
    services: ServiceMask,
    pub(crate) call_events: CallEventMask,
    config_records: ConfigMask,
}

impl Unused {
    pub(crate) fn in_version(version: Version) -> Self {
        let unnamed = Self {
            services: ServiceMask(!0).without(ServiceMask::KNOWN),
            call_events: CallEventMask(!0).without(CallEventMask::KNOWN),
            config_records: ConfigMask(!0).without(ConfigMask::KNOWN),
        };
        match version.dialect() {
            Dialect::Ucce => {
                let later = Later::than(version);
                Self {
                    services: unnamed.services | later.services,
                    call_events: unnamed.call_events | later.call_events,
                    config_records: unnamed.config_records | later.config_records,
                }
            }
            // Its guide does not say what becomes of bits that only UCCE has: they do nothing.
            Dialect::Uccx => unnamed,
        }
    }
}

/// Whether a server in `standing` takes a session that asks for `services`. GED-188, "Active and standby".
pub(crate) fn check_standing(
    version: Version,
    services: ServiceMask,
    standing: Standing,
) -> Result<(), StatusCode> {
    let knows_standby = version.dialect() == Dialect::Ucce && version.number() >= 24;
    match (standing, version.dialect()) {
        (Standing::Master, _) => Ok(()),
        (Standing::Standby | Standing::Maintenance, Dialect::Uccx) => {
            Err(StatusCode::SERVER_NOT_MASTER)
        }
        (Standing::Standby | Standing::Maintenance, Dialect::Ucce) if !knows_standby => {
            Err(StatusCode::CTI_SERVER_OFFLINE)
        }
        (Standing::Maintenance, Dialect::Ucce) => Err(StatusCode::SERVER_IN_MAINTENANCE_MODE),
        (Standing::Standby, Dialect::Ucce) => {
            if services.contains(ServiceMask::ACTIVE_STANDBY) {
                Ok(())
            } else {
                Err(StatusCode::INVALID_CLIENT_FOR_STANDBY)
            }
        }
    }
}

/// IdleTimeout of a client without heartbeats. GED-188, "OPEN_REQ".
pub(crate) const NO_IDLE_TIMEOUT: u32 = 0xffff_ffff;
