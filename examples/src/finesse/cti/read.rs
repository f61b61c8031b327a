//! GED-188 messages of the engine, in the words of the web service.

use cti_proto::{
    Message,
    code::{
        AgentFlags, AgentState as State, AgentType, CallType, ControlFailureCode, EventCause,
        LocalConnectionState, MemberType, ReasonCode, RecordType, SkillGroupId, TeamOperation,
    },
    codec::Text,
    message::{
        AgentStateEvent, CallDeliveredEvent, ConfigAgentEvent, ConfigCsqEvent, TeamConfigEvent,
    },
    session::{
        client::Failure as Refusal,
        failover::{Agent, AgentKey, Call, CallKey},
    },
};

use crate::finesse::core::{
    AgentRecord, AgentReport, AgentState, CallData, CallEvent, CallId, EngineEvent, Failure,
    FailureCause, PartyState, QueueRecord, Role, TeamMember, TeamRecord,
};

/// Call data of any message that carries it.
macro_rules! call_data {
    ($message:expr) => {{
        let message = $message;
        let numbered = [
            &message.call_variable1,
            &message.call_variable2,
            &message.call_variable3,
            &message.call_variable4,
            &message.call_variable5,
            &message.call_variable6,
            &message.call_variable7,
            &message.call_variable8,
            &message.call_variable9,
            &message.call_variable10,
        ];
        let numbered = (1..).zip(numbered).filter_map(|(number, value): (u8, _)| {
            Some((format!("callVariable{number}"), value.as_ref()?.to_string()))
        });
        let named = message.named_variables.iter();
        let named = named.map(|variable| (variable.name.to_string(), variable.value.to_string()));
        let arrays = message.named_arrays.iter();
        let arrays = arrays.map(|entry| {
            (
                format!("{}[{}]", entry.name, entry.index),
                entry.value.to_string(),
            )
        });
        CallData {
            call_type: None,
            ani: given(&message.ani),
            dnis: given(&message.dnis),
            dialed_number: given(&message.dialed_number),
            variables: numbered.chain(named).chain(arrays).collect(),
            wrap_up: given(&message.call_wrapup_data),
        }
    }};
}

/// What a message says that answers no request and is no record of configuration.
#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "the web service follows a few of the messages"
)]
pub(super) fn events(message: &Message) -> Vec<EngineEvent> {
    match message {
        Message::TeamConfigEvent(event) => vec![team(event)],
        Message::AgentStateEvent(event) => agent_state(event).into_iter().collect(),
        _ => call_event(message)
            .map(|(id, event)| EngineEvent::Call { id, event })
            .into_iter()
            .collect(),
    }
}

/// An agent of the picture; `None` for one in a state that the web service does not know.
pub(super) fn agent(key: &AgentKey, agent: &Agent) -> Option<EngineEvent> {
    Some(EngineEvent::AgentState(AgentReport {
        login_id: key.agent_id.to_string(),
        extension: given(&agent.extension),
        state: agent_state_of(agent.state)?,
        reason: agent.reason.map(|ReasonCode(reason)| reason),
        for_seconds: None,
        next: None,
    }))
}

/// A call of the picture.
pub(super) fn call(key: CallKey, call: &Call) -> EngineEvent {
    let data = &call.data;
    let numbered = (1..).zip(&data.variables);
    let numbered = numbered.filter_map(|(number, value): (u8, _)| {
        Some((format!("callVariable{number}"), given(value)?))
    });
    let named = data.named_variables.iter();
    let named = named.map(|(name, value)| (name.to_string(), value.to_string()));
    let arrays = data.named_arrays.iter();
    let arrays =
        arrays.map(|((name, index), value)| (format!("{name}[{index}]"), value.to_string()));
    let parties = call.parties.iter();
    let parties = parties.map(|(device, party)| (device.to_string(), party_state(party.state)));
    let event = CallEvent::Snapshot {
        data: CallData {
            call_type: call_type(call.call_type),
            ani: given(&data.ani),
            dnis: given(&data.dnis),
            dialed_number: given(&data.dialed_number),
            variables: numbered.chain(named).chain(arrays).collect(),
            wrap_up: given(&data.wrapup_data),
        },
        parties: parties.collect(),
    };
    EngineEvent::Call {
        id: CallId(key.call_id.0),
        event,
    }
}

/// Why a request was not carried out.
pub(super) fn failure(refusal: &Refusal) -> Failure {
    match refusal {
        Refusal::Switch(conf) => Failure {
            code: conf.failure_code.0,
            name: constant("CF", conf.failure_code.name(), conf.failure_code.0.into()),
            peripheral: conf.peripheral_error_code.0,
        },
        Refusal::Server(conf) => Failure {
            code: u16::try_from(conf.status.0).unwrap_or(ControlFailureCode::GENERIC_OPERATION.0),
            name: constant("E_CTI", conf.status.name(), conf.status.0),
            peripheral: 0,
        },
        Refusal::TimedOut => Failure::timeout(),
        Refusal::Closed | _ => Failure::out_of_service(),
    }
}

/// What records of agents say.
pub(super) fn agents(event: &ConfigAgentEvent) -> Vec<EngineEvent> {
    let records = event.records.iter().filter_map(|record| {
        let login_id = record.login_id.as_ref()?.to_string();
        if record.record_type == RecordType::DELETE {
            return Some(EngineEvent::AgentRemoved { login_id });
        }
        let text = |text: &Option<Text>| given(text).unwrap_or_default();
        let supervises = record.agent_type == Some(AgentType::SUPERVISOR);
        Some(EngineEvent::Agent(AgentRecord {
            login_id,
            first_name: text(&record.first_name),
            last_name: text(&record.last_name),
            extension: text(&record.extension),
            role: if supervises {
                Role::Supervisor
            } else {
                Role::Agent
            },
        }))
    });
    records.collect()
}

/// What records of CSQs say.
pub(super) fn queues(event: &ConfigCsqEvent) -> Vec<EngineEvent> {
    // A queue that is gone has no more calls; nothing shows it then.
    let there = event
        .records
        .iter()
        .filter(|record| record.record_type != RecordType::DELETE);
    let records = there.filter_map(|record| {
        Some(EngineEvent::Queue(QueueRecord {
            id: record.csq_id?.0,
            name: given(&record.csq_name).unwrap_or_default(),
            wrap_up: record.auto_work.unwrap_or_default(),
        }))
    });
    records.collect()
}

fn team(event: &TeamConfigEvent) -> EngineEvent {
    if event.operation == TeamOperation::REMOVE_TEAM {
        return EngineEvent::TeamRemoved { id: event.team_id };
    }
    let people = event.members.iter().filter(|member| {
        member
            .member_type
            .is_none_or(|kind| kind == MemberType::AGENT_OR_SUPERVISOR)
    });
    let members = people.filter_map(|member| {
        let supervisor = AgentFlags::PRIMARY_SUPERVISOR | AgentFlags::SUPERVISOR;
        Some(TeamMember {
            login_id: member.agent_id.as_ref()?.to_string(),
            supervises: member
                .flags
                .is_some_and(|flags| flags.intersects(supervisor)),
            removed: member.record_type == Some(RecordType::DELETE),
        })
    });
    EngineEvent::Team(TeamRecord {
        id: event.team_id,
        name: given(&event.team_name).unwrap_or_default(),
        members: members.collect(),
    })
}

fn agent_state(event: &AgentStateEvent) -> Option<EngineEvent> {
    let ReasonCode(reason) = event.event_reason_code;
    Some(EngineEvent::AgentState(AgentReport {
        login_id: event.agent_id.as_ref()?.to_string(),
        extension: given(&event.agent_extension),
        state: agent_state_of(event.agent_state)?,
        reason: Some(reason),
        for_seconds: Some(event.state_duration),
        next: event.next_agent_state.and_then(agent_state_of),
    }))
}

fn agent_state_of(state: State) -> Option<AgentState> {
    Some(match state {
        State::LOGIN | State::NOT_READY | State::BUSY_OTHER => AgentState::NotReady,
        State::LOGOUT => AgentState::Logout,
        State::AVAILABLE => AgentState::Ready,
        State::TALKING => AgentState::Talking,
        // UCCX knows one wrap-up state.
        State::WORK_NOT_READY => AgentState::Work,
        State::WORK_READY => AgentState::WorkReady,
        State::RESERVED => AgentState::Reserved,
        State::HOLD => AgentState::Hold,
        State::UNKNOWN => AgentState::Unknown,
        // States of tasks in other media than voice.
        _ => return None,
    })
}

#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "the web service follows a few of the messages"
)]
fn call_event(message: &Message) -> Option<(CallId, CallEvent)> {
    let text = |text: &Option<Text>| given(text).unwrap_or_default();
    let (id, event) = match message {
        Message::BeginCallEvent(event) => {
            let data = CallData {
                call_type: call_type(event.call_type),
                ..call_data!(event)
            };
            (event.connection_call_id, CallEvent::Began(data))
        }
        Message::CallServiceInitiatedEvent(event) => {
            let calling = text(&event.calling_device_id);
            (
                event.connection_call_id,
                CallEvent::ServiceInitiated { calling },
            )
        }
        Message::CallOriginatedEvent(event) => {
            let calling = text(&event.calling_device_id);
            let called = text(&event.called_device_id);
            (
                event.connection_call_id,
                CallEvent::Originated { calling, called },
            )
        }
        Message::CallDeliveredEvent(event) => (event.connection_call_id, delivered(event)),
        Message::CallEstablishedEvent(event) => (
            event.connection_call_id,
            CallEvent::Established {
                answering: text(&event.answering_device_id),
                calling: text(&event.calling_device_id),
                called: text(&event.called_device_id),
            },
        ),
        Message::CallHeldEvent(event) => {
            let device = text(&event.holding_device_id);
            (event.connection_call_id, CallEvent::Held { device })
        }
        Message::CallRetrievedEvent(event) => {
            // Optional in UCCX; the connection is the retrieving one.
            let device = event
                .retrieving_device_id
                .as_ref()
                .or(event.connection_device_id.as_ref());
            let device = device.map(Text::to_string).unwrap_or_default();
            (event.connection_call_id, CallEvent::Retrieved { device })
        }
        Message::CallFailedEvent(event) => {
            let device = event
                .failing_device_id
                .as_ref()
                .or(event.connection_device_id.as_ref());
            let device = device.map(Text::to_string).unwrap_or_default();
            let cause = failure_cause(event.event_cause);
            (
                event.connection_call_id,
                CallEvent::Failed { device, cause },
            )
        }
        Message::CallConnectionClearedEvent(event) => {
            let device = text(&event.releasing_device_id);
            (
                event.connection_call_id,
                CallEvent::ConnectionCleared { device },
            )
        }
        Message::CallClearedEvent(event) => (event.connection_call_id, CallEvent::Cleared),
        Message::EndCallEvent(event) => (event.connection_call_id, CallEvent::Ended),
        Message::CallDataUpdateEvent(event) => {
            let data = CallData {
                call_type: call_type(event.call_type),
                ..call_data!(event)
            };
            (event.connection_call_id, CallEvent::Data(data))
        }
        _ => return None,
    };
    Some((CallId(id.0), event))
}

fn delivered(event: &CallDeliveredEvent) -> CallEvent {
    let text = |text: &Option<Text>| given(text).unwrap_or_default();
    let queue = event.skill_group_number;
    CallEvent::Delivered {
        alerting: text(&event.alerting_device_id),
        calling: text(&event.calling_device_id),
        called: text(&event.called_device_id),
        // Zero is a CSQ that nobody can configure, and what some senders write for none.
        queue: (queue != SkillGroupId::NULL && queue.0 != 0).then_some(queue.0),
        data: call_data!(event),
    }
}

fn failure_cause(cause: EventCause) -> FailureCause {
    match cause {
        EventCause::BUSY => FailureCause::Busy,
        EventCause::DEST_NOT_OBTAINABLE
        | EventCause::INCOMPATIBLE_DESTINATION
        | EventCause::NETWORK_NOT_OBTAINABLE => FailureCause::BadDestination,
        _ => FailureCause::Other,
    }
}

fn party_state(state: LocalConnectionState) -> PartyState {
    match state {
        LocalConnectionState::INITIATE => PartyState::Initiated,
        LocalConnectionState::ALERTING => PartyState::Alerting,
        LocalConnectionState::CONNECT => PartyState::Connected,
        LocalConnectionState::HOLD => PartyState::Held,
        LocalConnectionState::FAIL => PartyState::Failed,
        _ => PartyState::Gone,
    }
}

/// The constant of the API, where GED-188 has another.
fn call_type(kind: CallType) -> Option<String> {
    let constant = match kind {
        CallType(0) => return None,
        CallType::TRANSFER_IN => "TRANSFER",
        CallType::CONSULT_OFFERRED => "CONSULT_OFFERED",
        CallType::SUPERVISOR_BARGEIN => "SUPERVISOR_BARGE",
        _ => kind.name()?,
    };
    Some(constant.to_owned())
}

fn given(text: &Option<Text>) -> Option<String> {
    text.as_ref().map(Text::to_string)
}

fn constant(family: &str, name: Option<&str>, code: u32) -> String {
    name.map_or_else(
        || format!("{family}_{code}"),
        |name| format!("{family}_{name}"),
    )
}
