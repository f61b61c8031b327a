//! Monitors of calls, devices and sessions; text among clients.

use alloc::vec::Vec;

use crate::code::{
    AgentStateMask, CallEventMask, CallId, CallVariableMask, ClientEventState,
    ConnectionDeviceIdType, DeviceIdType, DistributionType, InvokeId, PeripheralId, ServiceMask,
    StatusCode, Timestamp,
};
use crate::codec::{NamedArray, NamedVariable, Text};
use crate::macros::message;

message! {
    /// Begins to watch a call or a device.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "MONITOR_START_REQ".
    request MonitorStartReq(
        connection_device_id: Text,
        monitored_device_id: Text
    ) "MONITOR_START_REQ" = 93, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Id of the call.
            connection_call_id: CallId;
            /// Call events wanted.
            call_msg_mask: CallEventMask;
            /// Agent states whose events are wanted.
            agent_state_mask: AgentStateMask;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Kind of `monitored_device_id`.
            monitored_device_type: DeviceIdType;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required;
            /// Monitored device.
            monitored_device_id: Option<Text> = MONITORED_DEVID, max 64, required;
        }
    }

    /// The monitor runs.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "MONITOR_START_CONF".
    confirmation MonitorStartConf(monitor_id: u32) "MONITOR_START_CONF" = 94, read ucce 9 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
        }
    }

    /// Ends a monitor.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "MONITOR_STOP_REQ".
    request MonitorStopReq(monitor_id: u32) "MONITOR_STOP_REQ" = 95, read ucce 9 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
        }
    }

    /// The monitor is ended.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "MONITOR_STOP_CONF".
    confirmation MonitorStopConf "MONITOR_STOP_CONF" = 96, read ucce 9 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Changes which events a monitor sends.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "CHANGE_MONITOR_MASK_REQ".
    request ChangeMonitorMaskReq(monitor_id: u32) "CHANGE_MONITOR_MASK_REQ" = 97,
        read ucce 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
            /// Call events wanted.
            call_msg_mask: CallEventMask;
            /// Agent states whose events are wanted.
            agent_state_mask: AgentStateMask;
        }
    }

    /// The masks are changed.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "CHANGE_MONITOR_MASK_CONF".
    confirmation ChangeMonitorMaskConf "CHANGE_MONITOR_MASK_CONF" = 98, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Another client opened a session.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "CLIENT_SESSION_OPENED_EVENT".
    event ClientSessionOpenedEvent(session_id: u32) "CLIENT_SESSION_OPENED_EVENT" = 99,
        read ucce 23 24 25
    {
        fixed {
            /// The session at the server; zero without one.
            session_id: u32;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Services the session has.
            services_granted: ServiceMask;
            /// Call events wanted.
            call_msg_mask: CallEventMask;
            /// Agent states whose events are wanted.
            agent_state_mask: AgentStateMask;
            /// UDP or TCP port of the client end.
            client_port: u32;
        }
        floating {
            /// IP address of the client end.
            client_address: Option<Text> = CLIENT_ADDRESS, max 64;
            /// Name of the client application.
            client_id: Option<Text> = CLIENT_ID, max 64;
            /// Text that identifies the user of the application.
            client_signature: Option<Text> = CLIENT_SIGNATURE, max 64;
            /// Extension of the agent.
            agent_extension: Option<Text> = AGENT_EXTENSION, max 16;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
        }
    }

    /// The session of another client ended.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "CLIENT_SESSION_CLOSED_EVENT".
    event ClientSessionClosedEvent(
        session_id: u32,
        status: StatusCode
    ) "CLIENT_SESSION_CLOSED_EVENT" = 100, read ucce 23 24 25 {
        fixed {
            /// The session at the server; zero without one.
            session_id: u32;
            /// The switch.
            peripheral_id: PeripheralId;
            /// What became of the request.
            status: StatusCode;
            /// UDP or TCP port of the client end.
            client_port: u32;
        }
        floating {
            /// IP address of the client end.
            client_address: Option<Text> = CLIENT_ADDRESS, max 64;
            /// Name of the client application.
            client_id: Option<Text> = CLIENT_ID, max 64;
            /// Text that identifies the user of the application.
            client_signature: Option<Text> = CLIENT_SIGNATURE, max 64;
            /// Extension of the agent.
            agent_extension: Option<Text> = AGENT_EXTENSION, max 16;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
        }
    }

    /// Begins to watch the session of another client.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "SESSION_MONITOR_START_REQ".
    request SessionMonitorStartReq(session_id: u32) "SESSION_MONITOR_START_REQ" = 101,
        read ucce 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The session at the server; zero without one.
            session_id: u32;
        }
    }

    /// The session monitor runs.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "SESSION_MONITOR_START_CONF".
    confirmation SessionMonitorStartConf(monitor_id: u32) "SESSION_MONITOR_START_CONF" = 102,
        read ucce 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
        }
    }

    /// Ends a session monitor.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "SESSION_MONITOR_STOP_REQ".
    request SessionMonitorStopReq(monitor_id: u32) "SESSION_MONITOR_STOP_REQ" = 103,
        read ucce 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
        }
    }

    /// The session monitor is ended.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "SESSION_MONITOR_STOP_CONF".
    confirmation SessionMonitorStopConf "SESSION_MONITOR_STOP_CONF" = 104, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Puts an event of the client into the log of the server.
    ///
    /// GED-188, "CLIENT_EVENT_REPORT_REQ".
    request ClientEventReportReq "CLIENT_EVENT_REPORT_REQ" = 32, ucce 5, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// Severity.
            state: ClientEventState;
        }
        floating {
            /// Names the object.
            object_name: Option<Text> = OBJECT_NAME, max 128;
            /// Text for a human reader.
            text: Option<Text> = TEXT, max 255;
        }
    }

    /// The event is logged.
    ///
    /// GED-188, "CLIENT_EVENT_REPORT_CONF".
    confirmation ClientEventReportConf "CLIENT_EVENT_REPORT_CONF" = 33, ucce 5,
        read ucce 14 15 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Sends text to other clients.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "USER_MESSAGE_REQ".
    request UserMessageReq "USER_MESSAGE_REQ" = 107, since 6, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Who gets it.
            distribution: DistributionType;
        }
        floating {
            /// Name of the client application.
            client_id: Option<Text> = CLIENT_ID, max 64;
            /// Extension of the agent.
            agent_extension: Option<Text> = AGENT_EXTENSION, max 16;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
            /// Text for a human reader.
            text: Option<Text> = TEXT, max 255;
        }
    }

    /// The text was passed on.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "USER_MESSAGE_CONF".
    confirmation UserMessageConf "USER_MESSAGE_CONF" = 108, since 6, read ucce 9 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Text of another client.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "USER_MESSAGE_EVENT".
    event UserMessageEvent "USER_MESSAGE_EVENT" = 109, since 6, read ucce 9 14 23 24 25 {
        fixed {
            /// Clock of the central controller.
            icm_central_controller_time: Timestamp;
            /// Who gets it.
            distribution: DistributionType;
        }
        floating {
            /// Name of the client application.
            client_id: Option<Text> = CLIENT_ID, max 64;
            /// Text for a human reader.
            text: Option<Text> = TEXT, max 255;
        }
    }

    /// Names the call variables that the client will use.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "REGISTER_VARIABLES_REQ".
    request RegisterVariablesReq "REGISTER_VARIABLES_REQ" = 110, since 6, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// Call variables the client will use.
            call_variable_mask: CallVariableMask;
        }
        counts {
            num_named_variables of named_variables;
            num_named_arrays of named_arrays;
        }
        floating {
            /// Expanded call context variables.
            named_variables: Vec<NamedVariable> = NAMED_VARIABLE, max 251;
            /// Expanded call context arrays.
            named_arrays: Vec<NamedArray> = NAMED_ARRAY, max 252;
        }
    }

    /// The variables are registered.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "REGISTER_VARIABLES_CONF".
    confirmation RegisterVariablesConf "REGISTER_VARIABLES_CONF" = 111, since 6,
        read ucce 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }
}
