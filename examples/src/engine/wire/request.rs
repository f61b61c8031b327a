//! Requests of clients, and their confirmations.

use cti_proto::{
    Message,
    code::{self, CallId, ConnectionDeviceIdType, ForcedFlag, MessageType},
    codec::Text,
    message::{
        AnswerCallConf, ClearCallConf, ClearConnectionConf, HoldCallConf, MakeCallConf,
        RetrieveCallConf, SetAgentStateConf, SetAgentStateReq, SetCallDataConf,
    },
};

use super::take_data;
use crate::{
    engine::{
        agent::{Asked, Force},
        failure::Failure,
        machine::{Command, Done, Engine},
    },
    telephony::{self, Address},
};

/// What a request is.
#[derive(Debug)]
pub(in crate::engine) enum Asks {
    /// Something to do, whose answer may take a while.
    Command(Command),
    /// Something that cannot be done.
    Refused(Failure),
    /// None of these; a look at the engine may answer it.
    Other(Box<Message>),
}

/// Reads a request.
pub(in crate::engine) fn parse(engine: &Engine, message: Message) -> Asks {
    match command(engine, &message) {
        Some(Ok(command)) => Asks::Command(command),
        Some(Err(failure)) => Asks::Refused(failure),
        None => Asks::Other(Box::new(message)),
    }
}

/// The confirmation of a request that was carried out.
pub(in crate::engine) fn confirmation(request: MessageType, done: Done) -> Option<Message> {
    Some(match request {
        MessageType::SET_AGENT_STATE_REQ => SetAgentStateConf::new().into(),
        MessageType::ANSWER_CALL_REQ => AnswerCallConf::new().into(),
        MessageType::HOLD_CALL_REQ => HoldCallConf::new().into(),
        MessageType::RETRIEVE_CALL_REQ => RetrieveCallConf::new().into(),
        MessageType::CLEAR_CONNECTION_REQ => ClearConnectionConf::new().into(),
        MessageType::CLEAR_CALL_REQ => ClearCallConf::new().into(),
        MessageType::SET_CALL_DATA_REQ => SetCallDataConf::new().into(),
        MessageType::MAKE_CALL_REQ => MakeCallConf::with(|conf| {
            conf.new_connection_call_id = done.call.map_or(CallId::NULL, |call| CallId(call.0));
            conf.new_connection_device_id_type = ConnectionDeviceIdType::STATIC;
        })
        .into(),
        _ => return None,
    })
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the requests that the engine carries out"
)]
fn command(engine: &Engine, message: &Message) -> Option<Result<Command, Failure>> {
    Some(match message {
        Message::SetAgentStateReq(request) => set_agent_state(engine, request),
        Message::MakeCallReq(request) => {
            let data = take_data!(request);
            let line = named(&request.agent_instrument, Failure::INVALID_CALLING_DEVICE);
            let to = named(&request.dialed_number, Failure::INVALID_DESTINATION);
            line.and_then(|line| {
                Ok(Command::MakeCall {
                    line,
                    to: to?,
                    data,
                })
            })
        }
        Message::AnswerCallReq(request) => {
            let call = known(request.connection_call_id).ok();
            let line = own_line(&request.connection_device_id, &request.agent_instrument);
            line.map(|line| Command::Answer { call, line })
        }
        Message::HoldCallReq(request) => {
            let line = own_line(&request.connection_device_id, &request.agent_instrument);
            let call = known(request.connection_call_id);
            call.and_then(|call| Ok(Command::Hold { call, line: line? }))
        }
        Message::RetrieveCallReq(request) => {
            let line = own_line(
                &request.held_connection_device_id,
                &request.agent_instrument,
            );
            let call = known(request.held_connection_call_id);
            call.and_then(|call| Ok(Command::Retrieve { call, line: line? }))
        }
        Message::ClearConnectionReq(request) => {
            let line = own_line(&request.connection_device_id, &request.agent_instrument);
            let call = known(request.connection_call_id);
            call.and_then(|call| Ok(Command::Drop { call, line: line? }))
        }
        Message::ClearCallReq(request) => {
            known(request.connection_call_id).map(|call| Command::Clear { call })
        }
        Message::SetCallDataReq(request) => {
            let data = take_data!(request);
            known(request.connection_call_id).map(|call| Command::SetData { call, data })
        }
        _ => return None,
    })
}

fn set_agent_state(engine: &Engine, request: &SetAgentStateReq) -> Result<Command, Failure> {
    let line = match &request.agent_instrument {
        Some(instrument) => Some(address(instrument).ok_or(Failure::INVALID_LOGON_DEVICE)?),
        None => None,
    };
    let login_id = match (&request.agent_id, &line) {
        (Some(login_id), _) => login_id.to_string(),
        (None, Some(line)) => engine
            .agent_on(line)
            .map(str::to_owned)
            .ok_or(Failure::UNKNOWN_AGENT)?,
        (None, None) => return Err(Failure::UNKNOWN_AGENT),
    };
    let reason = request.event_reason_code.0;
    let asked = match request.agent_state {
        code::AgentState::LOGIN => Asked::Login,
        code::AgentState::LOGOUT => Asked::Logout(reason),
        code::AgentState::NOT_READY => Asked::NotReady(reason),
        code::AgentState::AVAILABLE => Asked::Ready,
        code::AgentState::WORK_NOT_READY | code::AgentState::WORK_READY => Asked::Work,
        _ => return Err(Failure::VALUE_OUT_OF_RANGE),
    };
    let force = match request.forced_flag {
        ForcedFlag::FALSE => Force::Asked,
        ForcedFlag::TRUE => Force::Forced,
        _ => return Err(Failure::VALUE_OUT_OF_RANGE),
    };
    Ok(Command::SetState {
        login_id,
        line,
        asked,
        force,
    })
}

fn known(call: CallId) -> Result<telephony::CallId, Failure> {
    if call == CallId::NULL {
        Err(Failure::UNKNOWN_CALL)
    } else {
        Ok(telephony::CallId(call.0))
    }
}

/// The device of the connection; where the client leaves it out, its own telephone.
fn own_line(connection: &Option<Text>, instrument: &Option<Text>) -> Result<Address, Failure> {
    let device = connection
        .as_ref()
        .filter(|text| !text.is_empty())
        .or(instrument.as_ref());
    device.and_then(address).ok_or(Failure::UNKNOWN_DEVICE)
}

fn named(text: &Option<Text>, failure: Failure) -> Result<Address, Failure> {
    text.as_ref().and_then(address).ok_or(failure)
}

/// The address that a text holds. A copy: texts keep their frame alive.
pub(super) fn address(text: &Text) -> Option<Address> {
    Address::new(text.to_str().ok()?).ok()
}
