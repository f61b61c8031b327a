//! Messages to the words of the web service and back, and the order of the queries.

use cti_proto::{
    code::{
        AgentFlags, AgentState as State, AgentType, CallId as ConnectionCallId, CallType,
        ConfigEndStatus, ConfigMask, ConnectionDeviceIdType, ControlFailureCode, EventCause,
        ForcedFlag, InvokeId, LocalConnectionState, MemberType, PeripheralErrorCode, PeripheralId,
        ReasonCode, RecordType, SkillGroupId, StatusCode, TeamOperation,
    },
    codec::{NamedArray, NamedVariable, Text},
    message::{
        AgentRecord as ConfiguredAgent, AgentStateEvent, AnswerCallReq, BeginCallEvent,
        CallDeliveredEvent, CallDevice, CallFailedEvent, CallRetrievedEvent, ConfigAgentEvent,
        ConfigBeginEvent, ConfigCsqEvent, ConfigEndEvent, ControlFailureConf, CsqRecord,
        DeviceCall, FailureConf, MakeCallReq, QueryAgentStateConf, SetAgentStateReq,
        SetCallDataReq, SnapshotCallConf, SnapshotDeviceConf, TeamConfigEvent,
        TeamMember as ConfiguredMember,
    },
    session::client::Failure as Refusal,
};

use super::{rebuild::Rebuild, *};
use crate::finesse::core::{
    AgentRecord, AgentReport, AgentState, AskedState, CallAction, CallData, CallEvent, CallId,
    Failure, FailureCause, PartyState, QueueRecord, Role, TeamMember, TeamRecord,
};

fn text(text: &str) -> Option<Text> {
    Some(Text::try_from(text).unwrap())
}

fn call(id: u32, event: CallEvent) -> Vec<EngineEvent> {
    vec![EngineEvent::Call {
        id: CallId(id),
        event,
    }]
}

#[test]
fn an_agent_state_event_says_who_where_and_why() {
    let message = AgentStateEvent::with(|event| {
        event.agent_id = text("1001");
        event.agent_extension = text("2001");
        event.agent_state = State::TALKING;
        event.event_reason_code = ReasonCode(7);
        event.state_duration = 3;
        event.next_agent_state = Some(State::NOT_READY);
    });
    let report = AgentReport {
        login_id: "1001".into(),
        extension: Some("2001".into()),
        state: AgentState::Talking,
        reason: Some(7),
        for_seconds: Some(3),
        next: Some(AgentState::NotReady),
    };
    assert_eq!(
        read::events(&message.into()),
        [EngineEvent::AgentState(report)]
    );
}

#[test]
fn states_have_the_names_of_the_api() {
    let cases = [
        (State::LOGOUT, "LOGOUT"),
        (State::NOT_READY, "NOT_READY"),
        (State::AVAILABLE, "READY"),
        (State::RESERVED, "RESERVED"),
        (State::TALKING, "TALKING"),
        (State::HOLD, "HOLD"),
        (State::WORK_NOT_READY, "WORK"),
        (State::WORK_READY, "WORK_READY"),
        (State::UNKNOWN, "UNKNOWN"),
    ];
    for (state, name) in cases {
        let message = AgentStateEvent::with(|event| {
            event.agent_id = text("1001");
            event.agent_state = state;
        });
        let events = read::events(&message.into());
        assert!(
            matches!(&events[..], [EngineEvent::AgentState(report)] if report.state.as_str() == name),
            "{state:?} {events:?}"
        );
    }
}

#[test]
fn a_call_that_begins_brings_its_data() {
    let message = BeginCallEvent::with(|event| {
        event.connection_call_id = ConnectionCallId(9);
        event.call_type = CallType::ACD_IN;
        event.ani = text("5550001");
        event.dnis = text("6000");
        event.call_variable1 = text("one");
        event.call_variable10 = text("ten");
        event.named_variables = vec![NamedVariable::new(
            text("user.tier").unwrap(),
            text("gold").unwrap(),
        )];
        event.named_arrays = vec![NamedArray::new(
            2,
            text("user.path").unwrap(),
            text("x").unwrap(),
        )];
    });
    let data = CallData {
        call_type: Some("ACD_IN".into()),
        ani: Some("5550001".into()),
        dnis: Some("6000".into()),
        dialed_number: None,
        variables: [
            ("callVariable1", "one"),
            ("callVariable10", "ten"),
            ("user.tier", "gold"),
            ("user.path[2]", "x"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec(),
        wrap_up: None,
    };
    assert_eq!(
        read::events(&message.into()),
        call(9, CallEvent::Began(data))
    );
}

#[test]
fn a_delivered_call_names_its_queue_or_none() {
    let delivered = |queue: SkillGroupId| {
        let message = CallDeliveredEvent::with(|event| {
            event.connection_call_id = ConnectionCallId(9);
            event.alerting_device_id = text("1001");
            event.calling_device_id = text("5550001");
            event.called_device_id = text("6000");
            event.skill_group_number = queue;
        });
        read::events(&message.into())
    };
    let expected = |queue| {
        call(
            9,
            CallEvent::Delivered {
                alerting: "1001".into(),
                calling: "5550001".into(),
                called: "6000".into(),
                queue,
                data: CallData::default(),
            },
        )
    };
    assert_eq!(delivered(SkillGroupId(4)), expected(Some(4)));
    assert_eq!(delivered(SkillGroupId::NULL), expected(None));
}

#[test]
fn a_retrieved_call_without_its_device_takes_that_of_the_connection() {
    let message = CallRetrievedEvent::with(|event| {
        event.connection_call_id = ConnectionCallId(9);
        event.connection_device_id = text("1001");
    });
    let expected = call(
        9,
        CallEvent::Retrieved {
            device: "1001".into(),
        },
    );
    assert_eq!(read::events(&message.into()), expected);
}

#[test]
fn a_failed_call_says_why() {
    let cases = [
        (EventCause::BUSY, FailureCause::Busy),
        (
            EventCause::DEST_NOT_OBTAINABLE,
            FailureCause::BadDestination,
        ),
        (EventCause::NONE, FailureCause::Other),
    ];
    for (given, cause) in cases {
        let message = CallFailedEvent::with(|event| {
            event.connection_call_id = ConnectionCallId(9);
            event.failing_device_id = text("1001");
            event.event_cause = given;
        });
        let expected = call(
            9,
            CallEvent::Failed {
                device: "1001".into(),
                cause,
            },
        );
        assert_eq!(read::events(&message.into()), expected);
    }
}

#[test]
fn configuration_comes_record_by_record() {
    let agents = ConfigAgentEvent::with(|event| {
        event.records = vec![
            ConfiguredAgent::with(RecordType::ADD, |record| {
                record.login_id = text("1019");
                record.first_name = text("Ann");
                record.last_name = text("Lee");
                record.extension = text("2019");
                record.agent_type = Some(AgentType::SUPERVISOR);
            }),
            ConfiguredAgent::with(RecordType::DELETE, |record| {
                record.login_id = text("1001");
            }),
        ];
    });
    let supervisor = AgentRecord {
        login_id: "1019".into(),
        first_name: "Ann".into(),
        last_name: "Lee".into(),
        extension: "2019".into(),
        role: Role::Supervisor,
    };
    assert_eq!(
        read::events(&agents.into()),
        [
            EngineEvent::Agent(supervisor),
            EngineEvent::AgentRemoved {
                login_id: "1001".into()
            },
        ]
    );

    let queues = ConfigCsqEvent::with(|event| {
        event.records = vec![CsqRecord::with(RecordType::ADD, |record| {
            record.csq_id = Some(SkillGroupId(3));
            record.csq_name = text("Service");
            record.auto_work = Some(true);
        })];
    });
    let queue = QueueRecord {
        id: 3,
        name: "Service".into(),
        wrap_up: true,
    };
    assert_eq!(read::events(&queues.into()), [EngineEvent::Queue(queue)]);

    let member = |id: &str, flags, kind| {
        ConfiguredMember::with(|member| {
            member.agent_id = text(id);
            member.flags = Some(flags);
            member.record_type = Some(RecordType::ADD);
            member.member_type = Some(kind);
        })
    };
    let team = TeamConfigEvent::with(|event| {
        event.team_id = 1;
        event.operation = TeamOperation::ADD_TEAM;
        event.team_name = text("Service");
        event.members = vec![
            member("1001", AgentFlags::NONE, MemberType::AGENT_OR_SUPERVISOR),
            member(
                "1019",
                AgentFlags::PRIMARY_SUPERVISOR,
                MemberType::AGENT_OR_SUPERVISOR,
            ),
            member("3", AgentFlags::NONE, MemberType::CSQ),
        ];
    });
    let member = |id: &str, supervises| TeamMember {
        login_id: id.into(),
        supervises,
        removed: false,
    };
    let expected = TeamRecord {
        id: 1,
        name: "Service".into(),
        members: vec![member("1001", false), member("1019", true)],
    };
    assert_eq!(read::events(&team.into()), [EngineEvent::Team(expected)]);
}

#[test]
fn refusals_keep_their_number_and_constant() {
    let switch = Refusal::Switch(ControlFailureConf::with(|conf| {
        conf.failure_code = ControlFailureCode::INVALID_OBJECT_STATE;
        conf.peripheral_error_code = PeripheralErrorCode(88_005);
    }));
    let expected = Failure {
        code: 22,
        name: "CF_INVALID_OBJECT_STATE".into(),
        peripheral: 88_005,
    };
    assert_eq!(read::failure(&switch), expected);

    let server = Refusal::Server(FailureConf::with(|conf| {
        conf.status = StatusCode::INVALID_FIELD_LENGTH;
    }));
    let expected = Failure {
        code: 23,
        name: "E_CTI_INVALID_FIELD_LENGTH".into(),
        peripheral: 0,
    };
    assert_eq!(read::failure(&server), expected);

    let unknown = Refusal::Switch(ControlFailureConf::with(|conf| {
        conf.failure_code = ControlFailureCode(999);
    }));
    assert_eq!(read::failure(&unknown).name, "CF_999");
}

#[test]
fn a_state_change_names_agent_line_reason_and_force() {
    let request = EngineRequest::SetAgentState {
        login_id: "1001".into(),
        extension: "2001".into(),
        state: AskedState::Logout,
        reason: 255,
        forced: true,
    };
    let expected = SetAgentStateReq::with(|message| {
        message.peripheral_id = PeripheralId(1);
        message.agent_state = State::LOGOUT;
        message.event_reason_code = ReasonCode(255);
        message.forced_flag = ForcedFlag::TRUE;
        message.agent_instrument = text("2001");
        message.agent_id = text("1001");
    });
    assert_eq!(write::message(&request), expected.into());
}

#[test]
fn calls_are_made_and_answered_on_the_agents_line() {
    let request = EngineRequest::MakeCall {
        from: "1001".into(),
        to: "1002".into(),
    };
    let expected = MakeCallReq::with(|message| {
        message.peripheral_id = PeripheralId(1);
        message.agent_instrument = text("1001");
        message.dialed_number = text("1002");
    });
    assert_eq!(write::message(&request), expected.into());

    let request = EngineRequest::Control {
        call: CallId(9),
        device: "1001".into(),
        action: CallAction::Answer,
    };
    let expected = AnswerCallReq::with(|message| {
        message.peripheral_id = PeripheralId(1);
        message.connection_call_id = ConnectionCallId(9);
        message.connection_device_id_type = ConnectionDeviceIdType::STATIC;
        message.connection_device_id = text("1001");
        message.agent_instrument = text("1001");
    });
    assert_eq!(write::message(&request), expected.into());
}

#[test]
fn call_data_goes_into_the_field_of_its_name() {
    let variables = [
        ("callVariable3", "three"),
        ("user.tier", "gold"),
        ("user.path[2]", "x"),
    ];
    let request = EngineRequest::SetCallData {
        call: CallId(9),
        device: "1001".into(),
        data: CallData {
            variables: variables
                .map(|(name, value)| (name.into(), value.into()))
                .to_vec(),
            wrap_up: Some("Solved".into()),
            ..CallData::default()
        },
    };
    let expected = SetCallDataReq::with(|message| {
        message.peripheral_id = PeripheralId(1);
        message.connection_call_id = ConnectionCallId(9);
        message.connection_device_id_type = ConnectionDeviceIdType::STATIC;
        message.connection_device_id = text("1001");
        message.call_wrapup_data = text("Solved");
        message.call_variable3 = text("three");
        message.named_variables = vec![NamedVariable::new(
            text("user.tier").unwrap(),
            text("gold").unwrap(),
        )];
        message.named_arrays = vec![NamedArray::new(
            2,
            text("user.path").unwrap(),
            text("x").unwrap(),
        )];
    });
    assert_eq!(write::message(&request), expected.into());
}

#[test]
fn the_picture_is_asked_for_step_by_step() {
    let mut rebuild = Rebuild::new();
    let mut next_id = 0;
    let mut ask = |rebuild: &mut Rebuild| {
        let mut asked = Vec::new();
        while let Some((query, message)) = rebuild.next_query() {
            rebuild.sent(InvokeId(next_id), query);
            asked.push((InvokeId(next_id), message.message_type()));
            next_id += 1;
        }
        asked
    };
    assert!(
        ask(&mut rebuild).is_empty(),
        "first the configuration must come"
    );

    for kind in [ConfigMask::SKILL_GROUP, ConfigMask::AGENT] {
        let begin = ConfigBeginEvent::with(|begin| begin.config_information = kind);
        rebuild.on_message(&begin.into());
        let agent = ConfiguredAgent::with(RecordType::ADD, |record| {
            record.login_id = text("1001");
        });
        rebuild.on_message(&ConfigAgentEvent::with(|event| event.records = vec![agent]).into());
        rebuild.on_message(&ConfigEndEvent::new(ConfigEndStatus::SUCCESS).into());
    }
    let asked = ask(&mut rebuild);
    assert_eq!(asked.len(), 1, "TEAM_CONFIG_REQ");
    assert!(
        rebuild
            .on_answer(asked[0].0, &Err(Refusal::TimedOut))
            .is_none()
    );

    let asked = ask(&mut rebuild);
    assert_eq!(asked.len(), 1, "QUERY_AGENT_STATE_REQ");
    let conf = QueryAgentStateConf::with(|conf| {
        conf.agent_state = State::TALKING;
        conf.agent_extension = text("2001");
    });
    let event = rebuild.on_answer(asked[0].0, &Ok(conf.into()));
    assert!(matches!(event, Some(EngineEvent::AgentState(report)) if report.login_id == "1001"));

    let asked = ask(&mut rebuild);
    assert_eq!(asked.len(), 1, "SNAPSHOT_DEVICE_REQ");
    let conf = SnapshotDeviceConf::with(|conf| {
        conf.calls = vec![DeviceCall::with(|call| {
            call.connection_call_id = Some(ConnectionCallId(9));
        })];
    });
    rebuild.on_answer(asked[0].0, &Ok(conf.into()));

    let asked = ask(&mut rebuild);
    assert_eq!(asked.len(), 1, "SNAPSHOT_CALL_REQ");
    assert!(!rebuild.is_finished());
    let conf = SnapshotCallConf::with(|conf| {
        conf.call_type = CallType::ACD_IN;
        conf.call_devices = vec![CallDevice::with(|device| {
            device.device_id = text("2001");
            device.connection_state = Some(LocalConnectionState::HOLD);
        })];
    });
    let event = rebuild.on_answer(asked[0].0, &Ok(conf.into()));
    let data = CallData {
        call_type: Some("ACD_IN".into()),
        ..CallData::default()
    };
    let parties = vec![("2001".to_owned(), PartyState::Held)];
    let expected = EngineEvent::Call {
        id: CallId(9),
        event: CallEvent::Snapshot { data, parties },
    };
    assert_eq!(event, Some(expected));
    assert!(rebuild.is_finished());
}

#[test]
fn an_engine_without_agents_is_complete_after_its_teams() {
    let mut rebuild = Rebuild::new();
    let all = ConfigMask::SKILL_GROUP | ConfigMask::AGENT;
    rebuild.on_message(&ConfigBeginEvent::with(|begin| begin.config_information = all).into());
    rebuild.on_message(&ConfigEndEvent::new(ConfigEndStatus::SUCCESS).into());
    let (query, _) = rebuild.next_query().unwrap();
    rebuild.sent(InvokeId(1), query);
    rebuild.on_answer(InvokeId(1), &Err(Refusal::TimedOut));
    assert!(rebuild.is_finished());
}
