//! Requests of the web service as GED-188 messages.

use cti_proto::{
    Message,
    code::{
        AgentState, CallId as ConnectionCallId, ConnectionDeviceIdType, ForcedFlag, ReasonCode,
    },
    codec::{NamedArray, NamedVariable, Text},
    message::{
        AnswerCallReq, ClearConnectionReq, HoldCallReq, MakeCallReq, RetrieveCallReq,
        SetAgentStateReq, SetCallDataReq,
    },
};

use super::picture::PERIPHERAL;
use crate::finesse::core::{AskedState, CallAction, CallData, CallId, EngineRequest, Variable};

/// The message for a request.
pub(super) fn message(request: &EngineRequest) -> Message {
    match request {
        EngineRequest::SetAgentState {
            login_id,
            extension,
            state,
            reason,
            forced,
        } => SetAgentStateReq::with(|message| {
            message.peripheral_id = PERIPHERAL;
            message.agent_state = agent_state(*state);
            message.event_reason_code = ReasonCode(*reason);
            message.forced_flag = if *forced {
                ForcedFlag::TRUE
            } else {
                ForcedFlag::FALSE
            };
            message.agent_instrument = text(extension);
            message.agent_id = text(login_id);
        })
        .into(),
        EngineRequest::MakeCall { from, to } => MakeCallReq::with(|message| {
            message.peripheral_id = PERIPHERAL;
            message.agent_instrument = text(from);
            message.dialed_number = text(to);
        })
        .into(),
        EngineRequest::Control {
            call,
            device,
            action,
        } => control(*call, device, *action),
        EngineRequest::SetCallData { call, device, data } => set_call_data(*call, device, data),
    }
}

fn control(call: CallId, device: &str, action: CallAction) -> Message {
    let call = ConnectionCallId(call.0);
    let kind = ConnectionDeviceIdType::STATIC;
    match action {
        CallAction::Answer => AnswerCallReq::with(|message| {
            message.peripheral_id = PERIPHERAL;
            message.connection_call_id = call;
            message.connection_device_id_type = kind;
            message.connection_device_id = text(device);
            message.agent_instrument = text(device);
        })
        .into(),
        CallAction::Hold => HoldCallReq::with(|message| {
            message.peripheral_id = PERIPHERAL;
            message.connection_call_id = call;
            message.connection_device_id_type = kind;
            message.connection_device_id = text(device);
            message.agent_instrument = text(device);
        })
        .into(),
        CallAction::Retrieve => RetrieveCallReq::with(|message| {
            message.peripheral_id = PERIPHERAL;
            message.held_connection_call_id = call;
            message.held_connection_device_id_type = kind;
            message.held_connection_device_id = text(device);
            message.agent_instrument = text(device);
        })
        .into(),
        CallAction::Drop => ClearConnectionReq::with(|message| {
            message.peripheral_id = PERIPHERAL;
            message.connection_call_id = call;
            message.connection_device_id_type = kind;
            message.connection_device_id = text(device);
            message.agent_instrument = text(device);
        })
        .into(),
    }
}

fn set_call_data(call: CallId, device: &str, data: &CallData) -> Message {
    SetCallDataReq::with(|message| {
        message.peripheral_id = PERIPHERAL;
        message.connection_call_id = ConnectionCallId(call.0);
        message.connection_device_id_type = ConnectionDeviceIdType::STATIC;
        message.connection_device_id = text(device);
        message.call_wrapup_data = data.wrap_up.as_deref().and_then(text);
        for (name, value) in &data.variables {
            let value = text(value);
            match name.as_str() {
                "callVariable1" => message.call_variable1 = value,
                "callVariable2" => message.call_variable2 = value,
                "callVariable3" => message.call_variable3 = value,
                "callVariable4" => message.call_variable4 = value,
                "callVariable5" => message.call_variable5 = value,
                "callVariable6" => message.call_variable6 = value,
                "callVariable7" => message.call_variable7 = value,
                "callVariable8" => message.call_variable8 = value,
                "callVariable9" => message.call_variable9 = value,
                "callVariable10" => message.call_variable10 = value,
                named => {
                    let (base, index) = match Variable::named(named) {
                        Some(Variable::Entry { array, index }) => (array, Some(index)),
                        Some(Variable::Named | Variable::Numbered) | None => (named, None),
                    };
                    let (Some(base), Some(value)) = (text(base), value) else {
                        continue;
                    };
                    match index {
                        Some(index) => message
                            .named_arrays
                            .push(NamedArray::new(index, base, value)),
                        None => message
                            .named_variables
                            .push(NamedVariable::new(base, value)),
                    }
                }
            }
        }
    })
    .into()
}

fn agent_state(state: AskedState) -> AgentState {
    match state {
        AskedState::Login => AgentState::LOGIN,
        AskedState::Logout => AgentState::LOGOUT,
        AskedState::Ready => AgentState::AVAILABLE,
        AskedState::NotReady => AgentState::NOT_READY,
    }
}

/// `None` for what holds a NUL, which no text of the API does.
fn text(text: &str) -> Option<Text> {
    Text::try_from(text).ok()
}
