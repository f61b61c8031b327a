//! Opening, keeping and closing a session; failures and system events.

use crate::code::{
    AgentState, AgentStateMask, CallEventMask, ConfigMask, ControlFailureCode, DeviceIdType,
    InvokeId, MultilineAgentControl, PeripheralErrorCode, PeripheralId, PeripheralType, PgStatus,
    ServiceMask, SessionType, StatusCode, SystemEventId, Timestamp,
};
use crate::codec::{Secret, Text};
use crate::macros::{group, message};

message! {
    /// Refuses a request on the protocol level.
    ///
    /// Quirk: the guides of versions 24 and 25 print a 10-byte body (FailureCode and PeripheralErrorCode in
    /// place of Status) without a note of a change. From version 24 on a body of 10 bytes is read as that
    /// form, its FailureCode becoming `status`, and written so when `peripheral_error_code` is not zero
    /// (with the four bytes of a status that two cannot hold). Otherwise the 8-byte form is written.
    ///
    /// GED-188, "FAILURE_CONF".
    confirmation FailureConf(status: StatusCode) "FAILURE_CONF" = 1,
        read ucce 9 15 17 23 24 25 uccx whole
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// What became of the request.
            status: StatusCode;
            /// The switch's own number for it; zero for the usual 8-byte form.
            peripheral_error_code: PeripheralErrorCode, perhaps ucce 24;
        }
        floating {
            /// Text for a human reader.
            text: Option<Text> = TEXT, max 255, uccx 10;
        }
    }

    /// Tells of a fault that no request brought about; with [`StatusCode::CTI_SERVER_OFFLINE`] it ends the
    /// session.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "FAILURE_EVENT".
    event FailureEvent(status: StatusCode) "FAILURE_EVENT" = 2, read ucce 9 15 17 23 24 25 {
        fixed {
            /// What became of the request.
            status: StatusCode;
        }
    }

    /// Opens the session: which version, which services, who asks.
    ///
    /// Quirk: no public document has the tag of UniqueInstanceID, a field of version 24. It is kept in
    /// `other`.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "OPEN_REQ".
    request OpenReq(version_number: u32, client_id: Text, client_password: Secret) "OPEN_REQ" = 3,
        read ucce 14 15 23 24 25 uccx cut
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// Version that fixes the layout of the whole session.
            version_number: u32;
            /// Seconds without any message from the client after which the server hangs up; `0xffff_ffff` for none.
            idle_timeout: u32;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Services the client wants.
            services_requested: ServiceMask;
            /// Call events wanted.
            call_msg_mask: CallEventMask;
            /// Agent states whose events are wanted.
            agent_state_mask: AgentStateMask;
            /// Kinds of configuration records wanted.
            config_msg_mask: ConfigMask;
            /// Zero.
            reserved1: u32;
            /// Zero.
            reserved2: u32;
            /// Zero.
            reserved3: u32;
        }
        floating {
            /// Name of the client application.
            client_id: Option<Text> = CLIENT_ID, max 64, required;
            /// Its password; the field is sent even when it is empty.
            client_password: Option<Secret> = CLIENT_PASSWORD, max 64, required;
            /// Text that identifies the user of the application.
            client_signature: Option<Text> = CLIENT_SIGNATURE, max 64;
            /// Extension of the agent.
            agent_extension: Option<Text> = AGENT_EXTENSION, max 16;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
            /// Application path of the client. Quirk: the guide of version 9 gives APPPATHID tag 84, which is the
            /// call control table in the tag lists; those give 97. A field with tag 84 is kept in `other`.
            application_path_id: Option<i32> = APP_PATH_ID;
        }
    }

    /// Accepts the session and tells what was granted.
    ///
    /// Quirk: SessionType is printed in the guide of version 23 too, the change list gives 24. Version 23
    /// writes it only when it says something. From version 23 on a body is read with it or without it, as
    /// the rest comes out even.
    ///
    /// GED-188, "OPEN_CONF".
    confirmation OpenConf "OPEN_CONF" = 4, read ucce 15 23 24 25 uccx whole {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// Services the session has.
            services_granted: ServiceMask;
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
            /// What is down; zero when all is well. In UCCX a [`UccxStatus`](crate::code::UccxStatus).
            pg_status: PgStatus;
            /// Clock of the central controller.
            icm_central_controller_time: Timestamp;
            /// Whether the switch can be reached.
            peripheral_online: bool;
            /// Kind of the switch.
            peripheral_type: PeripheralType;
            /// State of the agent.
            agent_state: AgentState;
            /// Department of the agent.
            department_id: i32, since 19;
            /// Whether the side is active or standby.
            session_type: SessionType, since 24, perhaps ucce 23;
        }
        floating {
            /// Extension of the agent.
            agent_extension: Option<Text> = AGENT_EXTENSION, max 16;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
            /// Entries of `peripherals`.
            num_peripherals: Option<u16> = NUM_PERIPHERALS, counts peripherals, since 14;
        }
        lists {
            /// The peripherals of the server.
            peripherals: OpenPeripheral, since 14;
        }
    }

    /// Asks whether the server is alive. Only clients send it.
    ///
    /// GED-188, "HEARTBEAT_REQ".
    request HeartbeatReq "HEARTBEAT_REQ" = 5, read ucce 15 23 24 25 uccx whole {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Answers a heartbeat.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "HEARTBEAT_CONF".
    confirmation HeartbeatConf "HEARTBEAT_CONF" = 6, read ucce 15 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Ends the session.
    ///
    /// GED-188, "CLOSE_REQ".
    request CloseReq(status: StatusCode) "CLOSE_REQ" = 7, read ucce 15 23 24 25 uccx whole {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// What became of the request.
            status: StatusCode;
        }
    }

    /// Agrees to the end of the session.
    ///
    /// GED-188, "CLOSE_CONF".
    confirmation CloseConf "CLOSE_CONF" = 8, read ucce 15 23 24 25 uccx whole {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Something changed at the server, the central controller or a peripheral.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "SYSTEM_EVENT".
    event SystemEvent(system_event_id: SystemEventId) "SYSTEM_EVENT" = 31,
        read ucce 23 24 25 uccx cut
    {
        fixed {
            /// What is down; zero when all is well. In UCCX a [`UccxStatus`](crate::code::UccxStatus).
            pg_status: PgStatus;
            /// Clock of the central controller.
            icm_central_controller_time: Timestamp;
            /// What happened.
            system_event_id: SystemEventId;
            /// First argument; its meaning depends on the event.
            system_event_arg1: u32;
            /// Second argument.
            system_event_arg2: u32;
            /// Third argument.
            system_event_arg3: u32;
            /// Kind of `event_device_id`.
            event_device_type: DeviceIdType, since 10;
        }
        floating {
            /// Text for a human reader.
            text: Option<Text> = TEXT, max 255;
            /// Device that the event is about.
            event_device_id: Option<Text> = EVENT_DEVICE_ID, max 64, since 10;
        }
    }

    /// The switch refuses a control request.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "CONTROL_FAILURE_CONF".
    confirmation ControlFailureConf(failure_code: ControlFailureCode) "CONTROL_FAILURE_CONF" = 35,
        read ucce 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// Why the switch refused.
            failure_code: ControlFailureCode;
            /// The switch's own number for it.
            peripheral_error_code: PeripheralErrorCode;
        }
    }

    /// The standby side became the active one.
    ///
    /// GED-188, "STANDBY_ACTIVE_EVENT_MSG".
    event StandbyActiveEventMsg "STANDBY_ACTIVE_EVENT_MSG" = 277, since 24, read ucce 24 25 {
    }

    /// The active side asks its clients to move to the other side.
    ///
    /// GED-188, "ACTIVE_MAINTENANCE_REQ_MSG".
    event ActiveMaintenanceReqMsg "ACTIVE_MAINTENANCE_REQ_MSG" = 278, since 24, read ucce 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Whether the client agrees to move.
    ///
    /// GED-188, "ACTIVE_MAINTENANCE_RESP_MSG".
    event ActiveMaintenanceRespMsg(
        maintenance_mode_accepted: bool
    ) "ACTIVE_MAINTENANCE_RESP_MSG" = 279, since 24, read ucce 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// Whether the client agrees.
            maintenance_mode_accepted: bool;
        }
    }

    /// Whether the move takes place.
    ///
    /// GED-188, "ACTIVE_MAINTENANCE_EVENT_MSG".
    event ActiveMaintenanceEventMsg(
        maintenance_mode_status: bool
    ) "ACTIVE_MAINTENANCE_EVENT_MSG" = 280, since 24, read ucce 24 25 {
        fixed {
            /// Whether the move takes place.
            maintenance_mode_status: bool;
        }
    }

    /// The client sends no more requests to this side.
    ///
    /// GED-188, "STOPPING_REQUESTS_TO_THIS_SIDE_IND".
    event StoppingRequestsToThisSideInd "STOPPING_REQUESTS_TO_THIS_SIDE_IND" = 281, since 24,
        read ucce 24 25
    {
    }
}

group! {
    /// A peripheral that OPEN_CONF lists.
    OpenPeripheral {
        /// The switch.
        id: PeripheralId = PERIPHERAL_ID;
        /// Whether its agents control several lines.
        multiline_agent_control: MultilineAgentControl = MULTI_LINE_AGENT_CONTROL;
    }
}
