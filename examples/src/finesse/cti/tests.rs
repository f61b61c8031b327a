//! Messages to the words of the web service and back, and what makes the picture complete.
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test names the few messages it looks at"
)]

use bytes::BytesMut;
use cti_proto::{
    FrameCodec,
    code::{
        AgentFlags, AgentState as State, AgentType, CallId as ConnectionCallId, CallType,
        ConnectionDeviceIdType, ControlFailureCode, EventCause, ForcedFlag, InvokeId,
        LocalConnectionState, MemberType, PeripheralErrorCode, PeripheralId, ReasonCode,
        RecordType, SkillGroupId, StatusCode, TeamOperation,
    },
    codec::{NamedArray, NamedVariable, Text},
    message::{
        AgentRecord as ConfiguredAgent, AgentStateEvent, AnswerCallReq, BeginCallEvent,
        CallDeliveredEvent, CallDevice, CallFailedEvent, CallRetrievedEvent, ConfigAgentEvent,
        ConfigCsqEvent, ControlFailureConf, CsqRecord, DeviceCall, FailureConf, MakeCallReq,
        OpenConf, QueryAgentStateConf, SetAgentStateReq, SetCallDataReq, SnapshotCallConf,
        SnapshotDeviceConf, TeamConfigEvent, TeamMember as ConfiguredMember,
    },
    session::client::Failure as Refusal,
};

use super::*;
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
        read::agents(&agents),
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
    assert_eq!(read::queues(&queues), [EngineEvent::Queue(queue)]);

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

/// An engine that answers what the failover client asks, one message a time.
struct Engine {
    machine: Failover,
    connection: Connection,
    asked: Vec<Message>,
}

impl Engine {
    fn open() -> Self {
        let mut machine = Failover::new(config(1));
        machine.open(Duration::ZERO).unwrap();
        let Some(Event::Connect { connection, .. }) = machine.poll_event() else {
            panic!("no connection is asked for");
        };
        machine.handle_connected(Duration::ZERO, connection);
        let mut engine = Self {
            machine,
            connection,
            asked: Vec::new(),
        };
        engine.listen();
        let Some(Message::OpenReq(request)) = engine.asked.pop() else {
            panic!("no OPEN_REQ");
        };
        engine.say(OpenConf::with(|conf| {
            conf.invoke_id = request.invoke_id;
            conf.services_granted = request.services_requested;
            conf.peripheral_online = true;
        }));
        engine
    }

    fn say(&mut self, message: impl Into<Message>) {
        let mut wire = BytesMut::new();
        let message: Message = message.into();
        message.encode(Version::uccx(VERSION), &mut wire).unwrap();
        self.machine
            .handle_input(Duration::ZERO, self.connection, &mut wire);
        self.listen();
    }

    fn listen(&mut self) {
        let codec = FrameCodec::new(Version::uccx(VERSION));
        while let Some(transmit) = self.machine.poll_transmit() {
            let mut wire = BytesMut::from(&transmit.bytes[..]);
            while let Some(frame) = codec.decode(&mut wire).unwrap() {
                self.asked
                    .push(Message::decode(Version::uccx(VERSION), frame).unwrap());
            }
        }
    }

    fn is_done(&self, progress: &Progress) -> bool {
        progress.is_asked() && self.machine.is_recovered()
    }
}

fn configured(login_id: &str) -> ConfigAgentEvent {
    ConfigAgentEvent::with(|event| {
        event.records = vec![ConfiguredAgent::with(RecordType::ADD, |record| {
            record.login_id = text(login_id);
        })];
    })
}

#[tokio::test]
async fn the_picture_is_complete_when_configuration_teams_agents_and_calls_have_come() {
    let mut engine = Engine::open();
    let mut progress = Progress::new(Instant::now());
    engine
        .machine
        .upload(Duration::ZERO, picture::upload())
        .unwrap();
    engine.listen();
    assert!(matches!(
        engine.asked.pop(),
        Some(Message::ConfigRequestEvent(_))
    ));
    assert!(!engine.is_done(&progress), "the configuration is missing");

    let watches = picture::watches(&configured("1001"));
    progress.on_uploaded(&watches);
    let [Watch::Begin(key)] = &watches[..] else {
        panic!("{watches:?}")
    };
    engine
        .machine
        .watch_agent(Duration::ZERO, key.clone())
        .unwrap();
    let teams = engine
        .machine
        .request_teams(Duration::ZERO)
        .unwrap()
        .invoke_id();
    progress.on_asked(teams);
    engine.listen();
    assert!(!engine.is_done(&progress), "teams and agents are missing");
    progress.on_answer(InvokeId(u32::MAX));
    assert!(!progress.is_asked(), "another request was answered");
    progress.on_answer(teams);
    assert!(!engine.is_done(&progress), "the agent is missing");

    let Some(query) = engine.asked.iter().find_map(|message| match message {
        Message::QueryAgentStateReq(query) => Some(query.clone()),
        _ => None,
    }) else {
        panic!("{:?}", engine.asked);
    };
    assert_eq!(query.agent_id, text("1001"));
    engine.asked.clear();
    engine.say(QueryAgentStateConf::with(|conf| {
        conf.invoke_id = query.invoke_id;
        conf.agent_state = State::TALKING;
        conf.agent_id = text("1001");
        conf.agent_extension = text("2001");
        conf.agent_instrument = text("2001");
    }));
    // The line of the agent, and the calls on it.
    while let Some(message) = engine.asked.pop() {
        match message {
            Message::SnapshotDeviceReq(request) => engine.say(SnapshotDeviceConf::with(|conf| {
                conf.invoke_id = request.invoke_id;
                conf.calls = vec![DeviceCall::with(|call| {
                    call.connection_call_id = Some(ConnectionCallId(9));
                    call.connection_device_id_type = Some(ConnectionDeviceIdType::STATIC);
                    call.connection_device_id = text("2001");
                    call.state = Some(LocalConnectionState::HOLD);
                })];
            })),
            Message::SnapshotCallReq(request) => engine.say(SnapshotCallConf::with(|conf| {
                conf.invoke_id = request.invoke_id;
                conf.call_type = CallType::ACD_IN;
                conf.call_variable3 = text("three");
                conf.named_arrays = vec![NamedArray::new(
                    2,
                    text("user.path").unwrap(),
                    text("x").unwrap(),
                )];
                conf.call_devices = vec![CallDevice::with(|device| {
                    device.connection_call_id = Some(ConnectionCallId(9));
                    device.connection_device_id = text("2001");
                    device.connection_state = Some(LocalConnectionState::HOLD);
                })];
            })),
            other => panic!("{other:?}"),
        }
    }
    assert!(engine.is_done(&progress));

    let (key, agent) = engine.machine.picture().agents().next().unwrap();
    let report = AgentReport {
        login_id: "1001".into(),
        extension: Some("2001".into()),
        state: AgentState::Talking,
        reason: None,
        for_seconds: None,
        next: None,
    };
    assert_eq!(
        read::agent(key, agent),
        Some(EngineEvent::AgentState(report))
    );
    let (key, told) = engine.machine.picture().calls().next().unwrap();
    let variables = [("callVariable3", "three"), ("user.path[2]", "x")];
    let data = CallData {
        call_type: Some("ACD_IN".into()),
        variables: variables
            .map(|(name, value)| (name.into(), value.into()))
            .to_vec(),
        ..CallData::default()
    };
    let parties = vec![("2001".to_owned(), PartyState::Held)];
    let expected = call(9, CallEvent::Snapshot { data, parties });
    assert_eq!(vec![read::call(*key, told)], expected);
}

#[tokio::test]
async fn who_is_not_configured_any_more_is_not_watched_any_more() {
    let mut progress = Progress::new(Instant::now());
    progress.on_uploaded(&picture::watches(&configured("1001")));
    let watched = ["1001", "1002"]
        .map(|login_id| AgentKey::new(PeripheralId(1), &text(login_id).unwrap()))
        .into();
    let gone = [AgentKey::new(PeripheralId(1), &text("1002").unwrap())];
    assert_eq!(progress.gone(&watched), gone);
}
