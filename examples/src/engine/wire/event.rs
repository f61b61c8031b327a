//! Notices as events.

use cti_proto::{
    Message,
    code::{
        AgentMode, CallId, CallType, ConnectionDeviceIdType, DeviceIdType, EventCause, LineType,
        LocalConnectionState, ReasonCode, ServiceId, SkillGroupId,
    },
    codec::Text,
    message::{
        AgentStateEvent, BeginCallEvent, CallClearedEvent, CallConnectionClearedEvent,
        CallDataUpdateEvent, CallDeliveredEvent, CallEstablishedEvent, CallFailedEvent,
        CallHeldEvent, CallOriginatedEvent, CallQueuedEvent, CallRetrievedEvent,
        CallServiceInitiatedEvent, EndCallEvent, SkillGroup,
    },
};

use super::{
    MAX_EXTENSION, MAX_LOGIN_ID, PERIPHERAL, PERIPHERAL_TYPE, device, device_type, put_data, state,
    text,
};
use crate::{
    engine::{
        agent::AgentState,
        notice::{AgentNotice, CallEvent, CallFacts, CallKind, CallNotice, Party},
    },
    telephony::{Address, Cause},
};

/// AGENT_STATE_EVENT.
pub(in crate::engine) fn agent_state(agent: &AgentNotice, queue: u32) -> AgentStateEvent {
    AgentStateEvent::with(|event| {
        let extension = agent.line.as_ref().map(extension);
        event.peripheral_id = PERIPHERAL;
        event.peripheral_type = PERIPHERAL_TYPE;
        event.skill_group_state = state(agent.state);
        event.state_duration = seconds(agent.duration);
        event.skill_group_number = SkillGroupId(queue);
        event.agent_state = state(agent.state);
        event.event_reason_code = ReasonCode(agent.reason);
        event.agent_mode = mode(agent.state);
        event.agent_id = Some(text(&agent.login_id, MAX_LOGIN_ID));
        event.agent_instrument.clone_from(&extension);
        event.agent_extension = extension;
        event.next_agent_state = agent
            .pending_not_ready
            .then_some(cti_proto::code::AgentState::NOT_READY);
        event.skill_groups = vec![skill_group(agent.state, queue)];
    })
}

/// AgentExtension and AgentInstrument.
pub(in crate::engine) fn extension(line: &Address) -> Text {
    text(line.as_str(), MAX_EXTENSION)
}

/// The one CSQ, with the agent's state in it.
pub(super) fn skill_group(agent: AgentState, queue: u32) -> SkillGroup {
    SkillGroup::with(|group| {
        group.number = Some(SkillGroupId(queue));
        group.id = Some(SkillGroupId::NULL);
        group.priority = Some(0);
        group.state = Some(state(agent));
    })
}

pub(super) fn mode(agent: AgentState) -> AgentMode {
    if agent == AgentState::Ready {
        AgentMode::ROUTABLE
    } else {
        AgentMode::NOT_ROUTABLE
    }
}

pub(super) fn call_type(kind: CallKind) -> CallType {
    match kind {
        CallKind::Queue => CallType::ACD_IN,
        CallKind::OtherIn => CallType::OTHER_IN,
        CallKind::Inside => CallType::AGENT_INSIDE,
        CallKind::Out => CallType::OUT,
    }
}

fn seconds(time: core::time::Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}

/// Fills what all call events have.
macro_rules! put_connection {
    ($event:ident, $notice:ident) => {
        $event.peripheral_id = PERIPHERAL;
        $event.peripheral_type = PERIPHERAL_TYPE;
        $event.connection_device_id_type = ConnectionDeviceIdType::STATIC;
        $event.connection_call_id = CallId($notice.call.id.0);
        $event.connection_device_id = device(&$notice.device.address);
    };
}

/// Fills state and cause.
macro_rules! put_state {
    ($event:ident, $notice:ident, $state:expr) => {
        $event.local_connection_state = $state;
        $event.event_cause = cause($notice.cause);
    };
}

/// Fills line, application and CSQ.
macro_rules! put_line {
    ($event:ident, $call:ident, $queue:ident) => {
        $event.line_type = line_type($call.kind);
        $event.service_number = application($call, $queue);
        $event.skill_group_number = csq($call, $queue);
    };
}

/// Fills the caller and what was dialled.
macro_rules! put_parties {
    ($event:ident, $call:ident) => {
        $event.calling_device_type = device_type($call.calling.kind);
        $event.calling_device_id = device(&$call.calling.address);
        $event.called_device_type = device_type($call.called.kind);
        $event.called_device_id = device(&$call.called.address);
    };
}

/// The event that tells what happened to a call.
pub(in crate::engine) fn call_event(notice: &CallNotice, queue: u32) -> Message {
    let (call, party) = (&notice.call, &notice.device);
    match notice.event {
        CallEvent::Began => BeginCallEvent::with(|event| {
            put_connection!(event, notice);
            event.call_type = call_type(call.kind);
            event.ani = device(&call.calling.address);
            event.dnis = number(call);
            event.dialed_number = number(call);
            put_data!(event, &call.data);
        })
        .into(),
        CallEvent::ServiceInitiated => CallServiceInitiatedEvent::with(|event| {
            put_connection!(event, notice);
            put_line!(event, call, queue);
            event.calling_device_type = device_type(party.kind);
            event.calling_device_id = device(&party.address);
            put_state!(event, notice, LocalConnectionState::INITIATE);
        })
        .into(),
        CallEvent::Originated => CallOriginatedEvent::with(|event| {
            put_connection!(event, notice);
            put_line!(event, call, queue);
            put_parties!(event, call);
            put_state!(event, notice, LocalConnectionState::CONNECT);
        })
        .into(),
        CallEvent::Queued => queued(notice, queue).into(),
        CallEvent::Delivered => delivered(notice, queue).into(),
        CallEvent::Established => CallEstablishedEvent::with(|event| {
            put_connection!(event, notice);
            put_line!(event, call, queue);
            put_parties!(event, call);
            (event.answering_device_type, event.answering_device_id) = typed(party);
            (
                event.last_redirect_device_type,
                event.last_redirect_device_id,
            ) = redirect(call);
            put_state!(event, notice, LocalConnectionState::CONNECT);
        })
        .into(),
        CallEvent::Held => CallHeldEvent::with(|event| {
            put_connection!(event, notice);
            (event.holding_device_type, event.holding_device_id) = typed(party);
            put_state!(event, notice, LocalConnectionState::HOLD);
        })
        .into(),
        CallEvent::Retrieved => CallRetrievedEvent::with(|event| {
            put_connection!(event, notice);
            (event.retrieving_device_type, event.retrieving_device_id) = typed(party);
            put_state!(event, notice, LocalConnectionState::CONNECT);
        })
        .into(),
        CallEvent::Failed => CallFailedEvent::with(|event| {
            put_connection!(event, notice);
            (event.failing_device_type, event.failing_device_id) = typed(party);
            event.called_device_type = device_type(call.called.kind);
            event.called_device_id = device(&call.called.address);
            put_state!(event, notice, LocalConnectionState::FAIL);
        })
        .into(),
        CallEvent::ConnectionCleared => CallConnectionClearedEvent::with(|event| {
            put_connection!(event, notice);
            (event.releasing_device_type, event.releasing_device_id) = typed(party);
            put_state!(event, notice, LocalConnectionState::NULL);
        })
        .into(),
        CallEvent::Cleared => CallClearedEvent::with(|event| {
            put_connection!(event, notice);
            put_state!(event, notice, LocalConnectionState::NULL);
        })
        .into(),
        CallEvent::Ended => EndCallEvent::with(|event| {
            put_connection!(event, notice);
        })
        .into(),
        CallEvent::DataUpdated => CallDataUpdateEvent::with(|event| {
            put_connection!(event, notice);
            event.call_type = call_type(call.kind);
            // The call keeps its id and device.
            event.new_connection_device_id_type = ConnectionDeviceIdType::NONE;
            event.ani = device(&call.calling.address);
            event.dnis = number(call);
            event.dialed_number = number(call);
            put_data!(event, &call.data);
        })
        .into(),
    }
}

fn queued(notice: &CallNotice, queue: u32) -> CallQueuedEvent {
    let call = &notice.call;
    CallQueuedEvent::with(|event| {
        put_connection!(event, notice);
        event.service_number = ServiceId(queue);
        event.queue_device_type = DeviceIdType::QUEUE;
        event.queue_device_id = device(&notice.device.address);
        put_parties!(event, call);
        (
            event.last_redirect_device_type,
            event.last_redirect_device_id,
        ) = redirect(call);
        event.skill_groups = vec![SkillGroup::with(|group| {
            group.number = Some(SkillGroupId(queue));
            group.id = Some(SkillGroupId::NULL);
            group.priority = Some(0);
        })];
        put_state!(event, notice, LocalConnectionState::QUEUED);
    })
}

fn delivered(notice: &CallNotice, queue: u32) -> CallDeliveredEvent {
    let call = &notice.call;
    CallDeliveredEvent::with(|event| {
        put_connection!(event, notice);
        put_line!(event, call, queue);
        put_parties!(event, call);
        (event.alerting_device_type, event.alerting_device_id) = typed(&notice.device);
        (
            event.last_redirect_device_type,
            event.last_redirect_device_id,
        ) = redirect(call);
        event.ani = device(&call.calling.address);
        event.dnis = number(call);
        event.dialed_number = number(call);
        put_data!(event, &call.data);
        put_state!(event, notice, LocalConnectionState::ALERTING);
    })
}

fn typed(party: &Party) -> (DeviceIdType, Option<Text>) {
    (device_type(party.kind), device(&party.address))
}

fn redirect(call: &CallFacts) -> (DeviceIdType, Option<Text>) {
    call.last_redirect
        .as_ref()
        .map_or((DeviceIdType::NONE, None), typed)
}

/// DNIS has room for 31 bytes, as an address has.
pub(super) fn number(call: &CallFacts) -> Option<Text> {
    device(&call.called.address)
}

fn application(call: &CallFacts, queue: u32) -> ServiceId {
    if call.queued {
        ServiceId(queue)
    } else {
        ServiceId::NULL
    }
}

fn csq(call: &CallFacts, queue: u32) -> SkillGroupId {
    if call.queued {
        SkillGroupId(queue)
    } else {
        SkillGroupId::NULL
    }
}

fn line_type(kind: CallKind) -> LineType {
    match kind {
        CallKind::Queue => LineType::INBOUND_ACD,
        CallKind::OtherIn => LineType::NON_ACD_IN,
        CallKind::Inside => LineType::INSIDE,
        CallKind::Out => LineType::OUTBOUND,
    }
}

fn cause(cause: Cause) -> EventCause {
    match cause {
        Cause::Normal => EventCause::NONE,
        Cause::NewCall => EventCause::NEW_CALL,
        Cause::Busy => EventCause::BUSY,
        Cause::BadDestination => EventCause::DEST_NOT_OBTAINABLE,
        Cause::NoAnswer => EventCause::CALL_NOT_ANSWERED,
        Cause::Redirected => EventCause::REDIRECTED,
    }
}
