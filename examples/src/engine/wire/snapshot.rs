//! Answers that a look at the engine gives.

use core::time::Duration;

use cti_proto::{
    code::{
        CallControlMask, CallEventMask, CallId, ClassOfDevice, ConnectionDeviceIdType,
        LocalConnectionState, TypeOfDevice,
    },
    message::{
        CallDevice, DeviceCall, QueryAgentStateConf, QueryAgentStateReq, QueryDeviceInfoConf,
        SnapshotCallConf, SnapshotDeviceConf, SnapshotDeviceReq,
    },
};

use super::{
    MAX_EXTENSION, MAX_LOGIN_ID, PERIPHERAL_TYPE, device, device_type,
    event::{call_type, mode, number, skill_group},
    put_data,
    request::address,
    state, text,
};
use crate::{
    engine::{failure::Failure, machine::Engine},
    telephony::{self, Call, ConnectionState, Leg, TerminalState},
};

/// QUERY_AGENT_STATE_CONF.
pub(in crate::engine) fn query_agent(
    engine: &Engine,
    now: Duration,
    request: &QueryAgentStateReq,
) -> Result<QueryAgentStateConf, Failure> {
    let named = request.agent_id.as_ref().map(ToString::to_string);
    let device = request
        .agent_instrument
        .as_ref()
        .or(request.agent_extension.as_ref());
    let login_id = named.or_else(|| {
        let line = device.and_then(address)?;
        engine.agent_on(&line).map(str::to_owned)
    });
    let agent = login_id.and_then(|login_id| engine.agent(now, &login_id));
    let agent = agent.ok_or(Failure::UNKNOWN_AGENT)?;
    let queue = engine.config().queue.id;
    Ok(QueryAgentStateConf::with(|conf| {
        let extension = agent
            .line
            .as_ref()
            .map(|line| text(line.as_str(), MAX_EXTENSION));
        conf.agent_state = state(agent.state);
        conf.agent_mode = mode(agent.state);
        conf.agent_id = Some(text(&agent.login_id, MAX_LOGIN_ID));
        conf.agent_instrument.clone_from(&extension);
        conf.agent_extension = extension;
        conf.internal_agent_state = Some(state(agent.state));
        conf.skill_groups = vec![skill_group(agent.state, queue)];
    }))
}

/// SNAPSHOT_CALL_CONF.
pub(in crate::engine) fn snapshot_call(
    engine: &Engine,
    call: CallId,
) -> Result<SnapshotCallConf, Failure> {
    let tracked = engine
        .call(telephony::CallId(call.0))
        .ok_or(Failure::UNKNOWN_CALL)?;
    let facts = tracked.facts();
    Ok(SnapshotCallConf::with(|conf| {
        conf.call_type = call_type(facts.kind);
        conf.ani = device(&facts.calling.address);
        conf.dnis = number(&facts);
        conf.dialed_number = number(&facts);
        put_data!(conf, &facts.data);
        conf.call_devices = tracked
            .call
            .legs
            .iter()
            .map(|leg| {
                CallDevice::with(|entry| {
                    entry.connection_call_id = Some(call);
                    entry.connection_device_id_type = Some(ConnectionDeviceIdType::STATIC);
                    entry.connection_device_id = device(&leg.address);
                    entry.device_type = Some(device_type(leg.kind));
                    entry.device_id = device(&leg.address);
                    entry.connection_state = Some(local_state(&tracked.call, leg));
                })
            })
            .collect();
    }))
}

/// SNAPSHOT_DEVICE_CONF: the calls at a line.
pub(in crate::engine) fn snapshot_device(
    engine: &Engine,
    request: &SnapshotDeviceReq,
) -> Result<SnapshotDeviceConf, Failure> {
    let line = request.agent_instrument.as_ref().and_then(address);
    let line = line.ok_or(Failure::UNKNOWN_DEVICE)?;
    Ok(SnapshotDeviceConf::with(|conf| {
        conf.calls = engine
            .call_ids()
            .filter_map(|id| {
                let call = &engine.call(id)?.call;
                Some((id, local_state(call, call.leg(&line)?)))
            })
            .map(|(id, state)| {
                DeviceCall::with(|entry| {
                    entry.connection_call_id = Some(CallId(id.0));
                    entry.connection_device_id_type = Some(ConnectionDeviceIdType::STATIC);
                    entry.connection_device_id = device(&line);
                    entry.state = Some(state);
                })
            })
            .collect();
    }))
}

/// QUERY_DEVICE_INFO_CONF: what a line can do.
pub(in crate::engine) fn device_info() -> QueryDeviceInfoConf {
    QueryDeviceInfoConf::with(|conf| {
        conf.peripheral_type = PERIPHERAL_TYPE;
        conf.type_of_device = TypeOfDevice::STATION;
        conf.class_of_device = ClassOfDevice::VOICE;
        conf.max_active_calls = 1;
        conf.max_held_calls = 2;
        conf.call_events_supported = CallEventMask::CALL_DELIVERED_MASK
            | CallEventMask::CALL_QUEUED_MASK
            | CallEventMask::CALL_ESTABLISHED_MASK
            | CallEventMask::CALL_HELD_MASK
            | CallEventMask::CALL_RETRIEVED_MASK
            | CallEventMask::CALL_CLEARED_MASK
            | CallEventMask::CALL_CONNECTION_CLEARED_MASK
            | CallEventMask::CALL_ORIGINATED_MASK
            | CallEventMask::CALL_SERVICE_INITIATED_MASK
            | CallEventMask::BEGIN_CALL_MASK
            | CallEventMask::END_CALL_MASK
            | CallEventMask::CALL_DATA_UPDATE_MASK
            | CallEventMask::CALL_FAILED_MASK;
        conf.call_control_supported = CallControlMask::QUERY_AGENT_STATE
            | CallControlMask::SET_AGENT_STATE
            | CallControlMask::ANSWER_CALL
            | CallControlMask::CLEAR_CALL
            | CallControlMask::CLEAR_CONNECTION
            | CallControlMask::HOLD_CALL
            | CallControlMask::MAKE_CALL
            | CallControlMask::RETRIEVE_CALL
            | CallControlMask::QUERY_DEVICE_INFO
            | CallControlMask::SNAPSHOT_CALL
            | CallControlMask::SNAPSHOT_DEVICE;
    })
}

/// A caller whom nobody has answered is connected to the switch, but not yet to anybody.
fn local_state(call: &Call, leg: &Leg) -> LocalConnectionState {
    if leg.terminal == Some(TerminalState::Held) {
        return LocalConnectionState::HOLD;
    }
    let talks = |other: &Leg| {
        other.address != leg.address && other.connection == ConnectionState::Established
    };
    match leg.connection {
        ConnectionState::Initiated
        | ConnectionState::Dialing
        | ConnectionState::NetworkReached
        | ConnectionState::NetworkAlerting => LocalConnectionState::INITIATE,
        ConnectionState::Established if !call.legs.iter().any(talks) => {
            LocalConnectionState::INITIATE
        }
        ConnectionState::Established => LocalConnectionState::CONNECT,
        ConnectionState::Offered | ConnectionState::Alerting => LocalConnectionState::ALERTING,
        ConnectionState::Queued => LocalConnectionState::QUEUED,
        ConnectionState::Failed => LocalConnectionState::FAIL,
        ConnectionState::Idle | ConnectionState::Disconnected => LocalConnectionState::NULL,
        ConnectionState::Unknown => LocalConnectionState::NONE,
    }
}
