//! State and settings of agents.

use crate::code::{
    AgentMode, AgentServiceMask, AgentState, AgentWorkMode, CallDirection, CallId,
    ConnectionDeviceIdType, DeskSettingsMask, ForcedFlag, GreetingAgentAction, GreetingEventCode,
    InvokeId, PeripheralErrorCode, PeripheralId, PeripheralType, ReasonCode, SkillGroupId,
    SsoEnabled, WrapupDataMode,
};
use crate::codec::{Secret, Text};
use crate::macros::{group, message};

message! {
    /// An agent changed state, as a whole or in one skill group or CSQ.
    ///
    /// Quirk: the table of UCCE says CTIClientSignature, its tag list says tag 3; UCCX uses tag 23.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "AGENT_STATE_EVENT".
    event AgentStateEvent(agent_state: AgentState) "AGENT_STATE_EVENT" = 30,
        read ucce 23 24 25 uccx cut
    {
        fixed {
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
            /// The switch.
            peripheral_id: PeripheralId;
            /// The session at the server; zero without one.
            session_id: u32, since 8;
            /// Kind of the switch.
            peripheral_type: PeripheralType;
            /// State of the agent in this skill group or CSQ.
            skill_group_state: AgentState;
            /// Seconds since the agent entered the state.
            state_duration: u32;
            /// Skill group as the switch numbers it; in UCCX the CSQ.
            skill_group_number: SkillGroupId;
            /// Skill group as the routing database numbers it.
            skill_group_id: SkillGroupId;
            /// Priority of the skill group; zero in UCCX.
            skill_group_priority: u16;
            /// State of the agent.
            agent_state: AgentState;
            /// Why the agent changed state.
            event_reason_code: ReasonCode, since 6;
            /// Media routing domain.
            mrd_id: i32;
            /// Tasks assigned to the agent.
            num_tasks: u32;
            /// Whether routing may pick the agent.
            agent_mode: AgentMode;
            /// Most tasks the agent can have at a time.
            max_task_limit: u32;
            /// Agent as the routing database numbers it.
            icm_agent_id: i32, since 9;
            /// Whether the agent can take a task of this domain.
            agent_availability_status: u32, since 9;
        }
        counts {
            num_skill_groups of skill_groups, since 10;
        }
        fixed {
            /// Department of the agent.
            department_id: i32, since 19;
        }
        floating {
            /// Signature of the client that owns the agent or the call.
            cti_client_signature: Option<Text> = CLIENT_SIGNATURE | CTI_CLIENT_SIGNATURE, max 64;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
            /// Extension of the agent.
            agent_extension: Option<Text> = AGENT_EXTENSION, max 16;
            /// Terminal the agent is logged in on.
            active_terminal: Option<Text> = FLT_TERM_DEVICE_NAME, max 64, since 24;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
            /// Seconds that the state is expected to last.
            duration: Option<u32> = DURATION, since 10;
            /// State that follows when the present call ends.
            next_agent_state: Option<AgentState> = EXT_AGENT_STATE, since 10;
            /// Direction.
            direction: Option<CallDirection> = DIRECTION, ucce 16, uccx 10;
            /// Most tasks beyond that limit.
            max_beyond_task_limit: Option<u32> = MAX_BEYOND_TASK_LIMIT, since 22;
        }
        lists {
            /// Skill groups, in UCCX CSQs: of the agent, or where the call waits.
            skill_groups: SkillGroup, since 10;
        }
    }

    /// Asks for the present state of an agent.
    ///
    /// GED-188, "QUERY_AGENT_STATE_REQ".
    request QueryAgentStateReq "QUERY_AGENT_STATE_REQ" = 36, read ucce 14 23 24 25 uccx whole {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Media routing domain.
            mrd_id: i32;
            /// Agent as the routing database numbers it.
            icm_agent_id: i32;
        }
        floating {
            /// Extension of the agent.
            agent_extension: Option<Text> = AGENT_EXTENSION, max 16;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
        }
    }

    /// The present state of an agent.
    ///
    /// GED-188, "QUERY_AGENT_STATE_CONF".
    confirmation QueryAgentStateConf(agent_state: AgentState) "QUERY_AGENT_STATE_CONF" = 37,
        read ucce 15 23 24 25 uccx whole
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// State of the agent.
            agent_state: AgentState;
        }
        counts {
            num_skill_groups of skill_groups;
        }
        fixed {
            /// Media routing domain.
            mrd_id: i32;
            /// Tasks assigned to the agent.
            num_tasks: u32;
            /// Whether routing may pick the agent.
            agent_mode: AgentMode;
            /// Most tasks the agent can have at a time.
            max_task_limit: u32;
            /// Agent as the routing database numbers it.
            icm_agent_id: i32, since 9;
            /// Whether the agent can take a task of this domain.
            agent_availability_status: u32, since 9;
            /// Department of the agent.
            department_id: i32, since 19;
        }
        floating {
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
            /// Extension of the agent.
            agent_extension: Option<Text> = AGENT_EXTENSION, max 16;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
            /// State inside the server (UCCX).
            internal_agent_state: Option<AgentState> = INTERNAL_AGENT_STATE, ucce 19, uccx 10;
            /// Most tasks beyond that limit.
            max_beyond_task_limit: Option<u32> = MAX_BEYOND_TASK_LIMIT, since 22;
        }
        lists {
            /// Skill groups, in UCCX CSQs: of the agent, or where the call waits.
            skill_groups: SkillGroup;
        }
    }

    /// Logs an agent in or out, or changes the state.
    ///
    /// [`LOGIN`](AgentState::LOGIN) names the agent, the telephone and, where there is one, the password.
    /// That the state has changed is told by [`AgentStateEvent`].
    ///
    /// Packed without padding: after `forced_flag` all fields are unaligned.
    ///
    /// Quirk: the last two fields came into UCCE between version 10 and 13, and no guide says with which.
    /// UCCX has `forced_flag` from 10 on and the other from 12 on, and so has UCCE here: 17 bytes in 10 and
    /// 11, 21 from 12 on. From 10 to 13 UCCE reads a body of either size, as the rest comes out even, and
    /// writes `agent_service_req` in 10 and 11 when it is set. Bodies of 16 bytes end with version 9.
    ///
    /// GED-188, "SET_AGENT_STATE_REQ".
    request SetAgentStateReq(agent_state: AgentState) "SET_AGENT_STATE_REQ" = 38,
        read ucce 15 17 23 24 25 uccx whole
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// State of the agent.
            agent_state: AgentState;
            /// How the agent wants calls.
            agent_work_mode: AgentWorkMode;
        }
        counts {
            num_skill_groups of skill_groups;
        }
        fixed {
            /// Why the agent changed state.
            event_reason_code: ReasonCode;
            /// Whether the change is forced.
            forced_flag: ForcedFlag, since 10;
            /// Services the agent asks for; AgentCapacity in UCCX.
            agent_service_req: AgentServiceMask, since 12, perhaps ucce 10 until 13;
        }
        floating {
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64, required uccx;
            /// Terminal the agent is logged in on.
            active_terminal: Option<Text> = FLT_TERM_DEVICE_NAME, max 64, ucce 24, uccx 18;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
            /// Password of the agent.
            agent_password: Option<Secret> = AGENT_PASSWORD, max 64;
            /// Position of the agent.
            position_id: Option<Text> = POSITION_ID, max 12, ucce 5;
            /// Login id of the supervisor.
            supervisor_id: Option<Text> = SUPERVISOR_ID, max 12, ucce 5;
            /// Whether single sign-on is used.
            sso_enabled: Option<SsoEnabled> = SSO_ENABLED, since 20;
        }
        lists {
            /// Skill groups or CSQs of the agent.
            skill_groups: AgentSkillGroup, ucce 5;
        }
    }

    /// The request for a new state was taken.
    ///
    /// GED-188, "SET_AGENT_STATE_CONF".
    confirmation SetAgentStateConf "SET_AGENT_STATE_CONF" = 39, read ucce 9 23 24 25 uccx whole {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Asks for the desk settings of an agent.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "AGENT_DESK_SETTINGS_REQ".
    request AgentDeskSettingsReq "AGENT_DESK_SETTINGS_REQ" = 131, since 8,
        read ucce 9 15 17 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
        }
        floating {
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
        }
    }

    /// The desk settings of an agent.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "AGENT_DESK_SETTINGS_CONF".
    confirmation AgentDeskSettingsConf "AGENT_DESK_SETTINGS_CONF" = 132, since 8,
        read ucce 15 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// The switches.
            desk_settings_mask: DeskSettingsMask;
            /// Wrap-up data after incoming calls.
            wrapup_data_incoming_mode: WrapupDataMode;
            /// Wrap-up data after outgoing calls.
            wrapup_data_outgoing_mode: WrapupDataMode;
            /// Seconds without activity before an agent who is not ready is logged out.
            logout_non_activity_time: u32;
            /// How often a call is recorded.
            quality_recording_rate: u32;
            /// Seconds of ringing before the call goes elsewhere.
            ring_no_answer_time: u32;
            /// Whether a warning is shown while monitored.
            silent_monitor_warning_message: u32;
            /// Whether a click is heard when monitoring begins.
            silent_monitor_audible_indication: u32;
            /// How a call for help is placed.
            supervisor_assist_call_method: u32;
            /// How an emergency call is placed.
            emergency_call_method: u32;
            /// Whether emergency calls are recorded.
            auto_record_on_emergency: u32;
            /// Whether requests to record go through the server.
            recording_mode: u32;
            /// Seconds of wrap-up time.
            work_mode_timer: u32;
            /// Where such a call goes.
            ring_no_answer_dn: u32;
        }
        floating {
            /// Port of the agent's device.
            default_device_port_address: Option<Text> = DEFAULT_DEVICE_PORT_ADDRESS, max 32;
            /// Whether a tone announces a call.
            play_zip_tone: Option<u32> = PLAY_ZIP_TONE, since 24;
            /// How shared lines are used.
            acd_shared_line_usage: Option<u32> = ACD_SHARED_LINE_USAGE, since 24;
        }
    }

    /// An agent greeting began, ended or failed.
    ///
    /// Quirk: no public document has the tag of GreetingType, a text. It is kept in `other`.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "CALL_AGENT_GREETING_EVENT".
    event CallAgentGreetingEvent(
        connection_device_id: Text,
        agent_id: Text
    ) "CALL_AGENT_GREETING_EVENT" = 248, since 15, read ucce 23 24 25 {
        fixed {
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Id of the call.
            connection_call_id: CallId;
            /// What happened to the greeting.
            event_code: GreetingEventCode;
            /// The switch's own number for it.
            peripheral_error_code: PeripheralErrorCode;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129, required;
        }
    }

    /// Stops the greeting that plays, or turns greetings off and on.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "AGENT_GREETING_CONTROL_REQ".
    request AgentGreetingControlReq(agent_id: Text) "AGENT_GREETING_CONTROL_REQ" = 249, since 15,
        read ucce 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// What the agent wants.
            agent_action: GreetingAgentAction;
        }
        floating {
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129, required;
        }
    }

    /// The request about greetings was taken.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "AGENT_GREETING_CONTROL_CONF".
    confirmation AgentGreetingControlConf "AGENT_GREETING_CONTROL_CONF" = 250, since 15,
        read ucce 15 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }
}

group! {
    /// A skill group, in UCCX a CSQ. The four fields stand together on the wire in this order.
    SkillGroup {
        /// As the switch numbers it; in UCCX the CSQ id.
        number: SkillGroupId = SKILL_GROUP_NUMBER;
        /// As the routing database numbers it.
        id: SkillGroupId = SKILL_GROUP_ID;
        /// Priority of the skill group.
        priority: u16 = SKILL_GROUP_PRIORITY;
        /// State of the agent in it.
        state: AgentState = SKILL_GROUP_STATE;
    }

    /// A skill group or CSQ with its priority.
    AgentSkillGroup {
        /// As the switch numbers it; in UCCX the CSQ id.
        number: SkillGroupId = SKILL_GROUP_NUMBER;
        /// Priority of the skill group.
        priority: u16 = SKILL_GROUP_PRIORITY;
    }
}
