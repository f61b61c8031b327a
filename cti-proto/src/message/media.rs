//! Media streams, recording and the services of other clients.

use crate::code::{
    CallId, ConnectionDeviceIdType, DeviceIdType, InvokeId, MediaForkingDeviceType, PeripheralId,
    PlayToneDirection, RecorderStatus, RecorderType, RecordingType, RtpDirection, RtpType,
    ServerMode,
};
use crate::codec::Text;
use crate::macros::message;

message! {
    /// A media stream began.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "RTP_STARTED_EVENT".
    event RtpStartedEvent "RTP_STARTED_EVENT" = 116, since 7, read ucce 9 15 23 24 25 uccx cut {
        fixed {
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
            /// The switch.
            peripheral_id: PeripheralId;
            /// UDP or TCP port of the client end.
            client_port: u32;
            /// Direction.
            direction: RtpDirection;
            /// Kind of the stream.
            rtp_type: RtpType;
            /// Bits a second.
            bit_rate: u32;
            /// Whether echo is cancelled.
            echo_cancellation: u16;
            /// Milliseconds in a packet.
            packet_size: u32;
            /// Payload type of the codec.
            payload_type: u16;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Id of the call.
            connection_call_id: CallId;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
            /// IP address of the client end.
            client_address: Option<Text> = CLIENT_ADDRESS, max 64 | 16;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
            /// Extension of the agent.
            agent_extension: Option<Text> = AGENT_EXTENSION, max 16;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
            /// IP address of the sending end.
            sending_address: Option<Text> = SENDING_ADDRESS, max 64 | 16, since 10;
            /// Port of the sending end.
            sending_port: Option<u32> = SENDING_PORT, since 10;
        }
    }

    /// A media stream ended.
    ///
    /// GED-188, "RTP_STOPPED_EVENT".
    event RtpStoppedEvent "RTP_STOPPED_EVENT" = 117, since 7, read ucce 23 24 25 uccx whole {
        fixed {
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
            /// The switch.
            peripheral_id: PeripheralId;
            /// UDP or TCP port of the client end.
            client_port: u32;
            /// Direction.
            direction: RtpDirection;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Id of the call.
            connection_call_id: CallId;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
            /// IP address of the client end.
            client_address: Option<Text> = CLIENT_ADDRESS, max 64 | 16, required uccx;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
            /// Extension of the agent.
            agent_extension: Option<Text> = AGENT_EXTENSION, max 16;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
            /// IP address of the sending end.
            sending_address: Option<Text> = SENDING_ADDRESS, max 64 | 16, since 10;
            /// Port of the sending end.
            sending_port: Option<u32> = SENDING_PORT, since 10;
        }
    }

    /// Offers a service, such as recording, to other clients.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "REGISTER_SERVICE_REQ".
    request RegisterServiceReq "REGISTER_SERVICE_REQ" = 143, since 8, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// How requests are shared.
            server_mode: ServerMode;
        }
        floating {
            /// Name of the service.
            service_name: Option<Text> = SERVICE_NAME, max 64;
        }
    }

    /// The service is registered.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "REGISTER_SERVICE_CONF".
    confirmation RegisterServiceConf(
        registered_service_id: u32
    ) "REGISTER_SERVICE_CONF" = 144, since 8, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// Id of the registration.
            registered_service_id: u32;
        }
    }

    /// Takes the offer of a service back.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "UNREGISTER_SERVICE_REQ".
    request UnregisterServiceReq(
        registered_service_id: u32
    ) "UNREGISTER_SERVICE_REQ" = 145, since 8, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// Id of the registration.
            registered_service_id: u32;
        }
    }

    /// The service is withdrawn.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "UNREGISTER_SERVICE_CONF".
    confirmation UnregisterServiceConf "UNREGISTER_SERVICE_CONF" = 146, since 8,
        read ucce 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Begins to record a call; passed on to the client that offers the service.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "START_RECORDING_REQ".
    request StartRecordingReq "START_RECORDING_REQ" = 147, since 8, read ucce 15 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Id of the call.
            connection_call_id: CallId;
            /// UDP or TCP port of the client end.
            client_port: u32;
            /// Bits a second.
            bit_rate: u32;
            /// Milliseconds in a packet.
            packet_size: u32;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Direction.
            direction: RtpDirection;
            /// Kind of the stream.
            rtp_type: RtpType;
            /// Whether echo is cancelled.
            echo_cancellation: u16;
            /// Payload type of the codec.
            payload_type: u16;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64;
            /// Name of the client application.
            client_id: Option<Text> = CLIENT_ID, max 64;
            /// IP address of the client end.
            client_address: Option<Text> = CLIENT_ADDRESS, max 64;
            /// Extension of the agent.
            agent_extension: Option<Text> = AGENT_EXTENSION, max 16;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
        }
    }

    /// The recording runs.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "START_RECORDING_CONF".
    confirmation StartRecordingConf "START_RECORDING_CONF" = 148, since 8, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The session at the server; zero without one.
            session_id: u32;
            /// Handle of the recording server.
            server_data: u32;
        }
        floating {
            /// Name of the client application.
            client_id: Option<Text> = CLIENT_ID, max 64;
            /// IP address of the client end.
            client_address: Option<Text> = CLIENT_ADDRESS, max 64;
        }
    }

    /// Ends a recording.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "STOP_RECORDING_REQ".
    request StopRecordingReq "STOP_RECORDING_REQ" = 149, since 8, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Id of the call.
            connection_call_id: CallId;
            /// UDP or TCP port of the client end.
            client_port: u32;
            /// The session at the server; zero without one.
            session_id: u32;
            /// Handle of the recording server.
            server_data: u32;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Direction.
            direction: RtpDirection;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64;
            /// Name of the client application.
            client_id: Option<Text> = CLIENT_ID, max 64;
            /// IP address of the client end.
            client_address: Option<Text> = CLIENT_ADDRESS, max 64;
            /// Extension of the agent.
            agent_extension: Option<Text> = AGENT_EXTENSION, max 16;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
        }
    }

    /// The recording is ended.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "STOP_RECORDING_CONF".
    confirmation StopRecordingConf "STOP_RECORDING_CONF" = 150, since 8, read ucce 9 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
        floating {
            /// Name of the client application.
            client_id: Option<Text> = CLIENT_ID, max 64;
            /// IP address of the client end.
            client_address: Option<Text> = CLIENT_ADDRESS, max 64;
        }
    }

    /// Begins to record a call in the network.
    ///
    /// Quirk: the list of message types numbers the eight network recording messages one lower, 267 to 274,
    /// than their tables, 268 to 275. The tables are followed: 276 and 277 go on from them. No body tells
    /// which numbers a server has; `decode` of [`Body`](crate::message::Body) reads one whatever its number.
    ///
    /// GED-188, "START_NETWORK_RECORDING_REQ".
    request StartNetworkRecordingReq "START_NETWORK_RECORDING_REQ" = 268, since 23,
        read ucce 23 24 25
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
            /// Who hears the tone.
            play_tone_direction: Option<PlayToneDirection> = PLAY_TONE_DIRECTION;
            /// What started the recording.
            invocation_type: Option<RecordingType> = INVOCATION_TYPE;
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
        }
    }

    /// The network recording was asked for.
    ///
    /// Quirk: numbered as [`StartNetworkRecordingReq`] says.
    ///
    /// GED-188, "START_NETWORK_RECORDING_CONF".
    confirmation StartNetworkRecordingConf "START_NETWORK_RECORDING_CONF" = 269, since 23,
        read ucce 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Ends a network recording.
    ///
    /// Quirk: numbered as [`StartNetworkRecordingReq`] says.
    ///
    /// GED-188, "STOP_NETWORK_RECORDING_REQ".
    request StopNetworkRecordingReq "STOP_NETWORK_RECORDING_REQ" = 270, since 23,
        read ucce 23 24 25
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
            /// What started the recording.
            invocation_type: Option<RecordingType> = INVOCATION_TYPE;
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
        }
    }

    /// The end of the network recording was asked for.
    ///
    /// Quirk: numbered as [`StartNetworkRecordingReq`] says.
    ///
    /// GED-188, "STOP_NETWORK_RECORDING_CONF".
    confirmation StopNetworkRecordingConf "STOP_NETWORK_RECORDING_CONF" = 271, since 23,
        read ucce 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// A network recording began.
    ///
    /// Quirk: numbered as [`StartNetworkRecordingReq`] says.
    ///
    /// GED-188, "NETWORK_RECORDING_STARTED_EVENT".
    event NetworkRecordingStartedEvent "NETWORK_RECORDING_STARTED_EVENT" = 272, since 23,
        read ucce 23 24 25
    {
        fixed {
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Id of the call.
            connection_call_id: CallId;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Kind of `recording_device_id`.
            recording_device_type: DeviceIdType;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64;
            /// Device that is recorded.
            recording_device_id: Option<Text> = RECORDING_DEVICE_ID, max 64;
        }
    }

    /// A network recording ended.
    ///
    /// Quirk: numbered as [`StartNetworkRecordingReq`] says.
    ///
    /// GED-188, "NETWORK_RECORDING_ENDED_EVENT".
    event NetworkRecordingEndedEvent "NETWORK_RECORDING_ENDED_EVENT" = 273, since 23,
        read ucce 23 24 25
    {
        fixed {
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Id of the call.
            connection_call_id: CallId;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Kind of `recording_device_id`.
            recording_device_type: DeviceIdType;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64;
            /// Device that is recorded.
            recording_device_id: Option<Text> = RECORDING_DEVICE_ID, max 64;
        }
    }

    /// A network recording failed.
    ///
    /// Quirk: numbered as [`StartNetworkRecordingReq`] says.
    ///
    /// GED-188, "NETWORK_RECORDING_FAILED_EVENT".
    event NetworkRecordingFailedEvent "NETWORK_RECORDING_FAILED_EVENT" = 274, since 23,
        read ucce 23 24 25
    {
        fixed {
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Id of the call.
            connection_call_id: CallId;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Kind of `recording_device_id`.
            recording_device_type: DeviceIdType;
            /// Why it failed.
            record_failure_cause: u16;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64;
            /// Device that is recorded.
            recording_device_id: Option<Text> = RECORDING_DEVICE_ID, max 64;
        }
    }

    /// What a recorder needs to find the two media streams of a call.
    ///
    /// Quirk: numbered as [`StartNetworkRecordingReq`] says.
    ///
    /// GED-188, "NETWORK_RECORDING_TARGET_INFO_EVENT".
    event NetworkRecordingTargetInfoEvent "NETWORK_RECORDING_TARGET_INFO_EVENT" = 275, since 23,
        read ucce 23 24 25
    {
        fixed {
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Id of the call.
            connection_call_id: CallId;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Kind of `recording_device_id`.
            recording_device_type: DeviceIdType;
            /// What started the recording.
            recording_type: RecordingType;
            /// Kind of `media_forking_device_id`.
            media_forking_device_type: MediaForkingDeviceType;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64;
            /// Device that is recorded.
            recording_device_id: Option<Text> = RECORDING_DEVICE_ID, max 64;
            /// Address of the recorder.
            recorder_address: Option<Text> = RECORDER_ADDRESS, max 64;
            /// Name of the terminal.
            terminal_name: Option<Text> = TERMINAL_NAME, max 64;
            /// Name of the device that forks the media.
            media_forking_device_name: Option<Text> = MEDIA_FORKING_DEVICE_NAME, max 64;
            /// Identifies the call at the gateway.
            protocol_reference_guid: Option<Text> = PROTOCOL_REFERENCE_GUID, max 64;
            /// Cluster of the device that forks the media.
            media_forking_cluster_id: Option<Text> = MEDIA_FORKING_CLUSTER_ID, max 64;
            /// URI of the recorder.
            recorder_uri: Option<Text> = RECORDER_URI, max 64;
            /// What the recorder says is wrong.
            recorder_error_msg: Option<Text> = RECORDER_ERROR_MSG, max 64;
            /// Weight of the recorder.
            recorder_type: Option<RecorderType> = RECORDER_TYPE;
            /// Outcome at the recorder.
            recorder_status: Option<RecorderStatus> = RECORDER_STATUS;
        }
    }
}
