//! Supervisors and their teams.

use alloc::vec::Vec;

use crate::code::{
    AgentFlags, AgentState, CallId, ConnectionDeviceIdType, InvokeId, LineHandle, LineType,
    MemberType, PeripheralId, RecordType, StatusCode, SupervisoryAction, TeamConfigOperation,
    TeamOperation,
};
use crate::codec::Text;
use crate::macros::{group, message};

message! {
    /// An agent asks a supervisor for help.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "SUPERVISOR_ASSIST_REQ".
    request SupervisorAssistReq "SUPERVISOR_ASSIST_REQ" = 118, since 8,
        read ucce 9 15 23 24 25 uccx cut
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Id of the call.
            connection_call_id: CallId;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
            /// Extension of the agent.
            agent_extension: Option<Text> = AGENT_EXTENSION, max 16;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
        }
    }

    /// The call for help was placed.
    ///
    /// GED-188, "SUPERVISOR_ASSIST_CONF".
    confirmation SupervisorAssistConf "SUPERVISOR_ASSIST_CONF" = 119, since 8,
        read ucce 9 23 24 25 uccx whole
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// Id of the call.
            connection_call_id: CallId;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Line of the teleset.
            line_handle: LineHandle;
            /// Kind of that line.
            line_type: LineType;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
        }
    }

    /// A call for help was placed.
    ///
    /// Inferred for UCCE: no guide prints it; the body is the one of UCCX.
    ///
    /// GED-188, "SUPERVISOR_ASSIST_EVENT".
    event SupervisorAssistEvent "SUPERVISOR_ASSIST_EVENT" = 120, since 8, read uccx whole {
        fixed {
            /// The switch.
            peripheral_id: PeripheralId;
            /// Id of the call.
            connection_call_id: CallId;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// The session at the server; zero without one.
            session_id: u32;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
            /// Name of the client application.
            client_id: Option<Text> = CLIENT_ID, max 64, required uccx;
            /// Text for a human reader.
            text: Option<Text> = TEXT, max 255;
        }
    }

    /// An agent reports an emergency.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "EMERGENCY_CALL_REQ".
    request EmergencyCallReq "EMERGENCY_CALL_REQ" = 121, since 8,
        read ucce 14 15 17 23 24 25 uccx cut
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Id of the call.
            connection_call_id: CallId;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
            /// Extension of the agent.
            agent_extension: Option<Text> = AGENT_EXTENSION, max 16;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
        }
    }

    /// The emergency call was placed.
    ///
    /// GED-188, "EMERGENCY_CALL_CONF".
    confirmation EmergencyCallConf "EMERGENCY_CALL_CONF" = 122, since 8,
        read ucce 9 23 24 25 uccx whole
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// Id of the call.
            connection_call_id: CallId;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Line of the teleset.
            line_handle: LineHandle;
            /// Kind of that line.
            line_type: LineType;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
        }
    }

    /// An emergency call was placed.
    ///
    /// Quirk: UCCX prints an InvokeID first (18 bytes), UCCE does not (14), though its printed sizes would
    /// fit 18. Both are read in both dialects, as the rest comes out even; UCCE writes the InvokeID only
    /// when it is not zero.
    ///
    /// GED-188, "EMERGENCY_CALL_EVENT".
    event EmergencyCallEvent "EMERGENCY_CALL_EVENT" = 123, since 8,
        read ucce 9 14 15 23 24 25 uccx whole
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId, uccx 10, perhaps ucce 8 uccx 10;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Id of the call.
            connection_call_id: CallId;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// The session at the server; zero without one.
            session_id: u32;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
            /// Name of the client application.
            client_id: Option<Text> = CLIENT_ID, max 64;
            /// IP address of the client end.
            client_address: Option<Text> = CLIENT_ADDRESS, max 64 | 16;
            /// Extension of the agent.
            agent_extension: Option<Text> = AGENT_EXTENSION, max 16 | 64;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
        }
    }

    /// A supervisor listens to, joins, takes or ends an agent's call.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "SUPERVISE_CALL_REQ".
    request SuperviseCallReq(
        supervisory_action: SupervisoryAction
    ) "SUPERVISE_CALL_REQ" = 124, since 8, read ucce 9 14 15 23 24 25 uccx cut {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Agent connection call.
            agent_connection_call_id: CallId;
            /// Supervisor connection call.
            supervisor_connection_call_id: CallId;
            /// Kind of `agent_connection_device_id`.
            agent_connection_device_id_type: ConnectionDeviceIdType;
            /// Kind of `supervisor_connection_device_id`.
            supervisor_connection_device_id_type: ConnectionDeviceIdType;
            /// What the supervisor does.
            supervisory_action: SupervisoryAction;
        }
        floating {
            /// Agent connection device.
            agent_connection_device_id: Option<Text> = AGENT_CONNECTION_DEVID, max 64;
            /// Supervisor connection device.
            supervisor_connection_device_id: Option<Text> = SUPERVISOR_CONNECTION_DEVID, max 64;
            /// Extension of the agent.
            agent_extension: Option<Text> = AGENT_EXTENSION, max 16;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
            /// Telephone of the supervisor.
            supervisor_instrument: Option<Text> = SUPERVISOR_INSTRUMENT, max 64;
        }
    }

    /// The supervisor's action took place.
    ///
    /// GED-188, "SUPERVISE_CALL_CONF".
    confirmation SuperviseCallConf "SUPERVISE_CALL_CONF" = 125, since 8,
        read ucce 9 14 15 17 23 24 25 uccx whole
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// Id of the call.
            connection_call_id: CallId;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
        }
    }

    /// Members of a team, sent to its supervisor.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "AGENT_TEAM_CONFIG_EVENT".
    event AgentTeamConfigEvent(team_id: u32) "AGENT_TEAM_CONFIG_EVENT" = 128, since 8,
        read ucce 9 15 23 24 25
    {
        fixed {
            /// The switch.
            peripheral_id: PeripheralId;
            /// The team.
            team_id: u32;
        }
        counts {
            number_of_agents of agents;
        }
        fixed {
            /// What to do with the members.
            config_operation: TeamConfigOperation;
            /// Department of the agent.
            department_id: i32, since 19;
        }
        floating {
            /// Name of the team.
            agent_team_name: Option<Text> = AGENT_TEAM_NAME, max 32, since 16;
        }
        lists {
            /// The members.
            agents: TeamAgent;
        }
    }

    /// Asks for the teams of a supervisor.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "LIST_AGENT_TEAM_REQ".
    request ListAgentTeamReq(supervisor_id: u32) "LIST_AGENT_TEAM_REQ" = 133, since 8,
        read ucce 14 15 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// Login id of the supervisor.
            supervisor_id: u32;
        }
    }

    /// Teams of a supervisor, in one or more segments.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "LIST_AGENT_TEAM_CONF".
    confirmation ListAgentTeamConf "LIST_AGENT_TEAM_CONF" = 134, since 8, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
        counts {
            number_of_agent_teams of team_ids;
        }
        fixed {
            /// Number of this segment, from 1.
            segment_number: u16;
            /// Segments still to come.
            more: u16;
        }
        floating {
            /// The team.
            team_ids: Vec<u32> = LIST_TEAM_ID;
        }
    }

    /// Begins to watch the agents of a team.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "MONITOR_AGENT_TEAM_START_REQ".
    request MonitorAgentTeamStartReq(team_id: u32) "MONITOR_AGENT_TEAM_START_REQ" = 135, since 8,
        read ucce 9 15 17 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The team.
            team_id: u32;
        }
    }

    /// The team monitor runs.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "MONITOR_AGENT_TEAM_START_CONF".
    confirmation MonitorAgentTeamStartConf(
        monitor_id: u32
    ) "MONITOR_AGENT_TEAM_START_CONF" = 136, since 8, read ucce 9 15 17 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
        }
    }

    /// Ends a team monitor.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "MONITOR_AGENT_TEAM_STOP_REQ".
    request MonitorAgentTeamStopReq(monitor_id: u32) "MONITOR_AGENT_TEAM_STOP_REQ" = 137, since 8,
        read ucce 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
        }
    }

    /// The team monitor is ended.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "MONITOR_AGENT_TEAM_STOP_CONF".
    confirmation MonitorAgentTeamStopConf "MONITOR_AGENT_TEAM_STOP_CONF" = 138, since 8,
        read ucce 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Asks for the teams of a supervisor. Needs
    /// [`ServiceMask::SUPERVISOR`](crate::code::ServiceMask::SUPERVISOR).
    ///
    /// Quirk: guides 14 and 15 of UCCE give 236 to 238 to the three TEAM_CONFIG messages, whose bodies only
    /// the UCCX guide prints; clients saw CONFIG messages under these numbers at version 15 already. Below
    /// UCCE 19 they come as [`Message::Unknown`](crate::Message::Unknown); `decode` of
    /// [`Body`](crate::message::Body) reads the body as either.
    ///
    /// GED-188, "TEAM_CONFIG_REQ".
    request TeamConfigReq "TEAM_CONFIG_REQ" = 242, uccx 10, read uccx whole {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// Parameter of the configuration.
            config_param: u16;
            /// Zero.
            reserved: [u8; 8];
        }
    }

    /// Members of a team.
    ///
    /// GED-188, "TEAM_CONFIG_EVENT".
    event TeamConfigEvent(team_id: u32, team_name: Text) "TEAM_CONFIG_EVENT" = 243, uccx 10,
        read uccx whole
    {
        fixed {
            /// The team.
            team_id: u32;
        }
        counts {
            num_records of members;
        }
        fixed {
            /// What to do with the members.
            operation: TeamOperation;
            /// Zero.
            reserved: [u8; 8];
        }
        floating {
            /// Its name.
            team_name: Option<Text> = TEAM_NAME, max 50, required;
        }
        lists {
            /// The members.
            members: TeamMember;
        }
    }

    /// Ends the upload of teams.
    ///
    /// GED-188, "TEAM_CONFIG_CONF".
    confirmation TeamConfigConf(status: StatusCode) "TEAM_CONFIG_CONF" = 244, uccx 10,
        read uccx whole
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// What became of the request.
            status: StatusCode;
        }
        floating {
            /// Text for a human reader.
            text: Option<Text> = TEXT, max 128;
        }
    }
}

group! {
    /// A member of a team (UCCE).
    TeamAgent {
        /// Login id.
        agent_id: Text = ATC_AGENT_ID, max 12;
        /// Standing in the team.
        flags: AgentFlags = AGENT_FLAGS;
        /// State of the agent.
        state: AgentState = ATC_AGENT_STATE;
        /// Seconds since the agent entered the state.
        state_duration: u32 = ATC_STATE_DURATION;
    }

    /// A member of a team (UCCX): an agent, a supervisor or a CSQ.
    TeamMember {
        /// Login id, or the CSQ id when `member_type` says so.
        agent_id: Text = AGENT_ID_LONG, max 129;
        /// Standing in the team.
        flags: AgentFlags = AGENT_FLAGS;
        /// What to do with the member.
        record_type: RecordType = RECORD_TYPE;
        /// What the member is.
        member_type: MemberType = MEMBER_TYPE;
    }
}
