//! Requests that act on calls that are there.

use crate::code::{CallId, ConnectionDeviceIdType, DeviceIdType, InvokeId, PeripheralId};
use crate::codec::Text;
use crate::macros::message;

message! {
    /// Holds the active call and takes up the other one.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "ALTERNATE_CALL_REQ".
    request AlternateCallReq "ALTERNATE_CALL_REQ" = 40, read ucce 23 24 25 uccx cut {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Active connection call.
            active_connection_call_id: CallId;
            /// Other connection call.
            other_connection_call_id: CallId;
            /// Kind of `active_connection_device_id`.
            active_connection_device_id_type: ConnectionDeviceIdType;
            /// Kind of `other_connection_device_id`.
            other_connection_device_id_type: ConnectionDeviceIdType;
        }
        floating {
            /// Active connection device.
            active_connection_device_id: Option<Text> = ACTIVE_CONN_DEVID, max 64, required uccx;
            /// Other connection device.
            other_connection_device_id: Option<Text> = OTHER_CONN_DEVID, max 64, required uccx;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64, since 8;
        }
    }

    /// The request was taken.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "ALTERNATE_CALL_CONF".
    confirmation AlternateCallConf "ALTERNATE_CALL_CONF" = 41, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Answers a ringing call.
    ///
    /// GED-188, "ANSWER_CALL_REQ".
    request AnswerCallReq "ANSWER_CALL_REQ" = 42, read ucce 23 24 25 uccx whole {
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
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
        }
    }

    /// The request was taken.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "ANSWER_CALL_CONF".
    confirmation AnswerCallConf "ANSWER_CALL_CONF" = 43, read ucce 9 15 17 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Ends a call for all its parties.
    ///
    /// GED-188, "CLEAR_CALL_REQ".
    request ClearCallReq "CLEAR_CALL_REQ" = 44, read ucce 9 15 17 23 24 25 uccx whole {
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
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64, since 8;
        }
    }

    /// The request was taken.
    ///
    /// GED-188, "CLEAR_CALL_CONF".
    confirmation ClearCallConf "CLEAR_CALL_CONF" = 45, read ucce 23 24 25 uccx whole {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Takes one party out of a call.
    ///
    /// Quirk: UCCX prints 14 bytes for all its versions, UCCE 16 from version 14 on. UCCX reads both from
    /// version 14 on and writes the longer form only when `requesting_device_id_type` is set.
    ///
    /// GED-188, "CLEAR_CONNECTION_REQ".
    request ClearConnectionReq "CLEAR_CONNECTION_REQ" = 46, read ucce 15 17 23 24 25 uccx whole {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Id of the call.
            connection_call_id: CallId;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Kind of `requesting_device_id`.
            requesting_device_id_type: DeviceIdType, ucce 14, perhaps uccx 14;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
            /// Requesting device.
            requesting_device_id: Option<Text> = REQUESTING_DEVICE_ID, max 64, ucce 14;
        }
    }

    /// The request was taken.
    ///
    /// GED-188, "CLEAR_CONNECTION_CONF".
    confirmation ClearConnectionConf "CLEAR_CONNECTION_CONF" = 47,
        read ucce 14 23 24 25 uccx whole
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Sends a ringing call to another device.
    ///
    /// GED-188, "DEFLECT_CALL_REQ".
    request DeflectCallReq "DEFLECT_CALL_REQ" = 52, ucce 5, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Id of the call.
            connection_call_id: CallId;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Kind of `called_device_id`.
            called_device_type: DeviceIdType;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64;
            /// Called device.
            called_device_id: Option<Text> = CALLED_DEVID, max 64;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64, since 8;
        }
    }

    /// The request was taken.
    ///
    /// GED-188, "DEFLECT_CALL_CONF".
    confirmation DeflectCallConf "DEFLECT_CALL_CONF" = 53, ucce 5, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Puts a call on hold.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "HOLD_CALL_REQ".
    request HoldCallReq "HOLD_CALL_REQ" = 54, read ucce 14 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Id of the call.
            connection_call_id: CallId;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Whether the call reserves an agent.
            reservation: bool;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64, since 8;
        }
    }

    /// The request was taken.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "HOLD_CALL_CONF".
    confirmation HoldCallConf "HOLD_CALL_CONF" = 55, read ucce 14 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Drops the active call and takes up the held one.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "RECONNECT_CALL_REQ".
    request ReconnectCallReq "RECONNECT_CALL_REQ" = 60, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Active connection call.
            active_connection_call_id: CallId;
            /// Held connection call.
            held_connection_call_id: CallId;
            /// Kind of `active_connection_device_id`.
            active_connection_device_id_type: ConnectionDeviceIdType;
            /// Kind of `held_connection_device_id`.
            held_connection_device_id_type: ConnectionDeviceIdType;
        }
        floating {
            /// Active connection device.
            active_connection_device_id: Option<Text> = ACTIVE_CONN_DEVID, max 64;
            /// Held connection device.
            held_connection_device_id: Option<Text> = HELD_CONN_DEVID, max 64;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64, since 8;
        }
    }

    /// The request was taken.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "RECONNECT_CALL_CONF".
    confirmation ReconnectCallConf "RECONNECT_CALL_CONF" = 61, read ucce 14 15 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Takes up a held call.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "RETRIEVE_CALL_REQ".
    request RetrieveCallReq "RETRIEVE_CALL_REQ" = 62, read ucce 14 15 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Held connection call.
            held_connection_call_id: CallId;
            /// Kind of `held_connection_device_id`.
            held_connection_device_id_type: ConnectionDeviceIdType;
        }
        floating {
            /// Held connection device.
            held_connection_device_id: Option<Text> = HELD_CONN_DEVID, max 64;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64, since 8;
        }
    }

    /// The request was taken.
    ///
    /// GED-188, "RETRIEVE_CALL_CONF".
    confirmation RetrieveCallConf "RETRIEVE_CALL_CONF" = 63, read ucce 23 24 25 uccx whole {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Plays touch tones into a call.
    ///
    /// Quirk: PauseDuration has 4 bytes in the table of version 9 already; a change list says that it grew
    /// from 2 to 4 with versions 10 to 13, and that the server copes with both. Both are read, 4 are
    /// written.
    ///
    /// GED-188, "SEND_DTMF_SIGNAL_REQ".
    request SendDtmfSignalReq "SEND_DTMF_SIGNAL_REQ" = 91, read ucce 9 23 24 25 uccx whole {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Id of the call.
            connection_call_id: CallId;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Milliseconds of a tone.
            tone_duration: u16;
            /// Milliseconds between tones.
            pause_duration: u32;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
            /// The tones: 0 to 9, `*`, `#`.
            dtmf_string: Option<Text> = DTMF_STRING, max 32, required uccx;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64, since 8;
        }
    }

    /// The tones are on their way.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "SEND_DTMF_SIGNAL_CONF".
    confirmation SendDtmfSignalConf "SEND_DTMF_SIGNAL_CONF" = 92, read ucce 9 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Reports that the line of a call is bad.
    ///
    /// GED-188, "BAD_CALL_REQ".
    request BadCallReq "BAD_CALL_REQ" = 139, since 8, read ucce 23 24 25 uccx whole {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Id of the call.
            connection_call_id: CallId;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129;
        }
    }

    /// The report was taken.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "BAD_CALL_CONF".
    confirmation BadCallConf "BAD_CALL_CONF" = 140, since 8, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }
}
