//! Snapshots and attributes of calls and devices.

use alloc::vec::Vec;

use crate::code::{
    CallControlMask, CallEventMask, CallId, CallType, ClassOfDevice, ConnectionDeviceIdType,
    DeviceIdType, DispositionCode, EnabledService, InvokeId, LineHandle, LineType,
    LocalConnectionState, OtherFeatureMask, PeripheralId, PeripheralType, ServiceId,
    SilentMonitorStatus, SkillGroupId, TransferConferenceSetup, TypeOfDevice,
};
use crate::codec::{Blob, NamedArray, NamedVariable, Text};
use crate::macros::{group, message};
use crate::message::CtiClient;

message! {
    /// Asks what a device can do.
    ///
    /// GED-188, "QUERY_DEVICE_INFO_REQ".
    request QueryDeviceInfoReq "QUERY_DEVICE_INFO_REQ" = 78, read ucce 9 14 15 23 24 25 uccx whole {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Zero.
            reserved: u16;
        }
        floating {
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64, required uccx;
        }
    }

    /// What a device can do.
    ///
    /// Quirk: the guide of version 9 prints one more UINT at the end, 44 bytes; those of 15, 17, 23 to 25
    /// and UCCX do not. Both lengths are read in all versions, as the rest comes out even; from version 10
    /// on the field is written only when it is not zero.
    ///
    /// GED-188, "QUERY_DEVICE_INFO_CONF".
    confirmation QueryDeviceInfoConf "QUERY_DEVICE_INFO_CONF" = 79,
        read ucce 9 15 23 24 25 uccx whole
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// Kind of the switch.
            peripheral_type: PeripheralType;
            /// What the device is.
            type_of_device: TypeOfDevice;
            /// What the device carries.
            class_of_device: ClassOfDevice;
        }
        counts {
            num_lines of lines;
        }
        fixed {
            /// Zero.
            reserved: u16;
            /// Most active calls at a time.
            max_active_calls: u16;
            /// Most held calls at a time.
            max_held_calls: u16;
            /// Most devices in a conference.
            max_devices_in_conference: u16;
            /// How the device places calls.
            make_call_setup: u32;
            /// How the device transfers and conferences.
            transfer_conference_setup: TransferConferenceSetup;
            /// Events the device brings.
            call_events_supported: CallEventMask;
            /// Requests the device takes.
            call_control_supported: CallControlMask;
            /// Further features.
            other_features_supported: OtherFeatureMask;
            /// Supervision the device takes.
            supervision_service_supported: u32, ucce 5 until 9, perhaps ucce 5 uccx 10;
        }
        lists {
            /// The lines of the device.
            lines: Line;
        }
    }

    /// Asks for all about one call.
    ///
    /// GED-188, "SNAPSHOT_CALL_REQ".
    request SnapshotCallReq "SNAPSHOT_CALL_REQ" = 82, read ucce 14 23 24 25 uccx whole {
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
        }
    }

    /// All about one call.
    ///
    /// Quirk: UCCX prints four more fixed bytes from version 11 on, which no guide of UCCE has. UCCX reads
    /// both lengths, as the rest comes out even.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "SNAPSHOT_CALL_CONF".
    confirmation SnapshotCallConf "SNAPSHOT_CALL_CONF" = 83, read ucce 14 23 24 25 uccx cut {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// Kind of the call.
            call_type: CallType;
        }
        counts {
            num_cti_clients of cti_clients;
            num_call_devices of call_devices;
            num_named_variables of named_variables, since 6;
            num_named_arrays of named_arrays, since 6;
        }
        fixed {
            /// How the called party ended up.
            called_party_disposition: DispositionCode, since 8;
            /// Zero.
            reserved: i32, uccx 11, perhaps uccx 10;
        }
        floating {
            /// Number of the caller.
            ani: Option<Text> = ANI, max 40;
            /// ISDN user to user information.
            user_to_user_info: Option<Blob> = UUI, max 131;
            /// Number that was dialled, as the network tells.
            dnis: Option<Text> = DNIS, max 32;
            /// Number that was dialled.
            dialed_number: Option<Text> = DIALED_NUMBER, max 40;
            /// Digits that the caller entered.
            caller_entered_digits: Option<Text> = CED, max 40;
            /// Day part of the router call key.
            router_call_key_day: Option<u32> = ROUTER_CALL_KEY_DAY;
            /// Call part of the router call key.
            router_call_key_call_id: Option<u32> = ROUTER_CALL_KEY_CALLID;
            /// Call variable 1.
            call_variable1: Option<Text> = CALL_VAR_1, max 41 | 40;
            /// Call variable 2.
            call_variable2: Option<Text> = CALL_VAR_2, max 41 | 40;
            /// Call variable 3.
            call_variable3: Option<Text> = CALL_VAR_3, max 41 | 40;
            /// Call variable 4.
            call_variable4: Option<Text> = CALL_VAR_4, max 41 | 40;
            /// Call variable 5.
            call_variable5: Option<Text> = CALL_VAR_5, max 41 | 40;
            /// Call variable 6.
            call_variable6: Option<Text> = CALL_VAR_6, max 41 | 40;
            /// Call variable 7.
            call_variable7: Option<Text> = CALL_VAR_7, max 41 | 40;
            /// Call variable 8.
            call_variable8: Option<Text> = CALL_VAR_8, max 41 | 40;
            /// Call variable 9.
            call_variable9: Option<Text> = CALL_VAR_9, max 41 | 40;
            /// Call variable 10.
            call_variable10: Option<Text> = CALL_VAR_10, max 41 | 40;
            /// Wrap-up data of the call.
            call_wrapup_data: Option<Text> = CALL_WRAPUP_DATA, max 40;
            /// Expanded call context variables.
            named_variables: Vec<NamedVariable> = NAMED_VARIABLE, max 251, since 6;
            /// Expanded call context arrays.
            named_arrays: Vec<NamedArray> = NAMED_ARRAY, max 252, since 6;
            /// Identifies the call across the enterprise.
            call_reference_id: Option<Blob> = CALL_REFERENCE_ID, max 32, ucce 14, uccx 10;
            /// Coc connection call.
            coc_connection_call_id: Option<CallId> = COC_CONNECTION_CALL_ID, ucce 14, uccx 10;
            /// Kind of `coc_connection_device_id`.
            coc_connection_device_id_type: Option<ConnectionDeviceIdType> = COC_CONNECTION_DEVICE_ID_TYPE, ucce 14, uccx 10;
            /// Coc call connection device.
            coc_connection_device_id: Option<Text> = COC_CONNECTION_DEVICE_ID, max 64, ucce 14, uccx 10;
            /// Identifies the call at the gateway.
            protocol_reference_guid: Option<Text> = PROTOCOL_REFERENCE_GUID, max 40, since 24;
            /// Configuration of the artificial intelligence services.
            ccai_config_id: Option<Text> = CCAI_CONFIG_ID, max 40, since 24;
            /// Entries of `enabled_services`.
            num_enabled_services: Option<u16> = NUM_OF_ENABLED_SERVICES, counts enabled_services, since 24;
            /// Services enabled for the agent. Quirk: repeated fields, as in
            /// [`skill_groups`](crate::message::AgentRecord::skill_groups) of a configured agent.
            enabled_services: Vec<EnabledService> = FLT_ENABLED_SERVICES, since 24;
        }
        lists {
            /// The clients that use the call.
            cti_clients: CtiClient;
            /// The devices of the call.
            call_devices: CallDevice;
        }
    }

    /// Asks for the calls at a device.
    ///
    /// GED-188, "SNAPSHOT_DEVICE_REQ".
    request SnapshotDeviceReq "SNAPSHOT_DEVICE_REQ" = 84, read ucce 15 17 23 24 25 uccx whole {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Kind of the device.
            snapshot_device_type: DeviceIdType;
        }
        floating {
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64, required uccx;
        }
    }

    /// The calls at a device.
    ///
    /// GED-188, "SNAPSHOT_DEVICE_CONF".
    confirmation SnapshotDeviceConf "SNAPSHOT_DEVICE_CONF" = 85,
        read ucce 9 15 17 23 24 25 uccx whole
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
        counts {
            num_calls of calls;
        }
        lists {
            /// The calls.
            calls: DeviceCall;
        }
    }

    /// Changes the default service and skill group of a device.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "SET_DEVICE_ATTRIBUTES_REQ".
    request SetDeviceAttributesReq(
        calling_device_id: Text
    ) "SET_DEVICE_ATTRIBUTES_REQ" = 141, since 8, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Service as the switch numbers it; in UCCX the application.
            service_number: ServiceId;
            /// Service as the routing database numbers it.
            service_id: ServiceId;
            /// Skill group as the switch numbers it; in UCCX the CSQ.
            skill_group_number: SkillGroupId;
            /// Skill group as the routing database numbers it.
            skill_group_id: SkillGroupId;
            /// Priority of the skill group; zero in UCCX.
            skill_group_priority: u16;
            /// Kind of the call.
            call_type: CallType;
            /// Kind of `calling_device_id`.
            calling_device_type: DeviceIdType;
        }
        floating {
            /// Calling device.
            calling_device_id: Option<Text> = CALLING_DEVID, max 64, required;
        }
    }

    /// The attributes are set.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "SET_DEVICE_ATTRIBUTES_CONF".
    confirmation SetDeviceAttributesConf "SET_DEVICE_ATTRIBUTES_CONF" = 142, since 8,
        read ucce 15 23 24 25
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }
}

group! {
    /// A device of a call.
    CallDevice {
        /// Call id of its connection.
        connection_call_id: CallId = CALL_CONN_CALLID;
        /// Kind of `connection_device_id`.
        connection_device_id_type: ConnectionDeviceIdType = CALL_CONN_DEVID_TYPE;
        /// Device id of its connection.
        connection_device_id: Text = CALL_CONN_DEVID, max 64;
        /// Kind of `device_id`.
        device_type: DeviceIdType = CALL_DEVID_TYPE;
        /// The device.
        device_id: Text = CALL_DEVID, max 64;
        /// State of its connection.
        connection_state: LocalConnectionState = CALL_DEV_CONN_STATE;
    }

    /// A call at a device. UCCE tells its state by tag 75, UCCX by tag 61.
    DeviceCall {
        /// Call id of the connection.
        connection_call_id: CallId = CALL_CONN_CALLID;
        /// Kind of `connection_device_id`.
        connection_device_id_type: ConnectionDeviceIdType = CALL_CONN_DEVID_TYPE;
        /// Device id of the connection.
        connection_device_id: Text = CALL_CONN_DEVID, max 64;
        /// State of the connection.
        state: LocalConnectionState = CALL_STATE | CALL_DEV_CONN_STATE;
        /// Part of the device in a silent monitor call.
        silent_monitor_status: SilentMonitorStatus = SILENT_MONITOR_STATUS;
    }

    /// A line of a device.
    Line {
        /// The line.
        handle: LineHandle = LINE_HANDLE;
        /// Its kind.
        line_type: LineType = LINE_TYPE;
    }
}
