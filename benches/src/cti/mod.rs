//! What the CTI benches share: sample messages with 20 floating fields each, and readers and
//! writers of them by hand.

use bytes::{Bytes, BytesMut};
use cti_proto::Message;
use cti_proto::code::{
    AgentState, CallDirection, CallId, CallType, ConnectionDeviceIdType, EventCause,
    LocalConnectionState, PeripheralId, ServiceId, SkillGroupId, Timestamp,
};
use cti_proto::codec::{Blob, NamedVariable, Text};
use cti_proto::message::{
    AgentStateEvent, BeginCallEvent, CallDeliveredEvent, CtiClient, SkillGroup,
};

pub mod layout;
pub mod read;
pub mod write;

/// A call rings at an agent.
#[must_use]
pub fn call_delivered() -> CallDeliveredEvent {
    CallDeliveredEvent::with(|event| {
        event.peripheral_id = PeripheralId(1);
        event.connection_device_id_type = ConnectionDeviceIdType::STATIC;
        event.connection_call_id = CallId(16_777_300);
        event.service_number = ServiceId(4);
        event.local_connection_state = LocalConnectionState::ALERTING;
        event.event_cause = EventCause::NEW_CALL;
        event.connection_device_id = text("1001001");
        event.alerting_device_id = text("1001001");
        event.calling_device_id = text("+4930555123");
        event.called_device_id = text("8000");
        event.last_redirect_device_id = text("8000");
        event.secondary_connection_call_id = Some(CallId(7));
        event.ani = text("+4930555123");
        event.dnis = text("8000");
        event.dialed_number = text("8000");
        event.caller_entered_digits = text("4711");
        event.call_variable1 = text("gold");
        event.call_variable2 = text("order 52311");
        event.call_variable3 = text("de");
        event.call_variable4 = text("returning");
        event.call_variable5 = text("0");
        event.call_variable6 = text("blue");
        event.call_variable10 = text("last");
        event.call_wrapup_data = text("done");
        event.named_variables.push(variable("user.order", "52311"));
        event.named_variables.push(variable("user.language", "de"));
    })
}

/// An agent with four skill groups became available.
#[must_use]
pub fn agent_state() -> AgentStateEvent {
    AgentStateEvent::with(|event| {
        event.peripheral_id = PeripheralId(1);
        event.agent_state = AgentState::AVAILABLE;
        event.state_duration = 12;
        event.agent_id = text("1001001");
        event.agent_extension = text("1001001");
        event.agent_instrument = text("1001001");
        event.direction = Some(CallDirection(1));
        for number in 1..=4 {
            event.skill_groups.push(SkillGroup::with(|group| {
                group.number = Some(SkillGroupId(number));
                group.id = Some(SkillGroupId::NULL);
                group.priority = Some(0);
                group.state = Some(AgentState::AVAILABLE);
            }));
        }
    })
}

/// A call that one client uses already.
#[must_use]
pub fn begin_call() -> BeginCallEvent {
    BeginCallEvent::with(|event| {
        event.peripheral_id = PeripheralId(1);
        event.call_type = CallType(1);
        event.connection_device_id_type = ConnectionDeviceIdType::STATIC;
        event.connection_call_id = CallId(16_777_300);
        event.connection_device_id = text("1001001");
        event.ani = text("+4930555123");
        event.user_to_user_info = Some(Blob(Bytes::from_static(b"\x04uui-0123456789")));
        event.dnis = text("8000");
        event.dialed_number = text("8000");
        event.caller_entered_digits = text("4711");
        event.router_call_key_day = Some(153_120);
        event.router_call_key_call_id = Some(4_242);
        event.router_call_key_sequence_number = Some(1);
        event.call_variable1 = text("gold");
        event.call_variable2 = text("order 52311");
        event.call_variable3 = text("de");
        event.call_variable4 = text("returning");
        event.call_variable5 = text("0");
        event.call_wrapup_data = text("done");
        event.named_variables.push(variable("user.order", "52311"));
        event.named_variables.push(variable("user.language", "de"));
        event.call_reference_id = Some(Blob(Bytes::from_static(b"0123456789abcdef")));
        event.cti_clients.push(CtiClient::with(|client| {
            client.signature = text("desktop 1001001");
            client.timestamp = Some(Timestamp(1_700_000_000));
        }));
    })
}

/// The body of `message`, cut from a buffer as a session cuts it.
///
/// # Panics
///
/// When `message` cannot be written in the layout.
#[must_use]
pub fn body_of<L: layout::Layout>(message: impl Into<Message>) -> Bytes {
    let mut wire = BytesMut::new();
    let written = message.into().encode(L::VERSION, &mut wire);
    assert_eq!(written, Ok(()));
    wire.split_off(cti_proto::HEADER_LEN).freeze()
}

fn text(text: &'static str) -> Option<Text> {
    Some(Text::until_nul(Bytes::from_static(text.as_bytes())))
}

fn variable(name: &'static str, value: &'static str) -> NamedVariable {
    let [name, value] =
        [name, value].map(|text| Text::until_nul(Bytes::from_static(text.as_bytes())));
    NamedVariable::new(name, value)
}
