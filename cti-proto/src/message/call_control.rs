//! Requests that act on calls.

use alloc::vec::Vec;

use crate::code::{
    AllocationState, AnswerDetectMode, AnsweringMachine, CallId, CallMannerType, CallOption,
    CallPlacementType, ConnectionDeviceIdType, ConsultType, DestinationCountry, DeviceIdType,
    FacilityType, InvokeId, LineHandle, LineType, PeripheralId, SkillGroupId,
};
use crate::codec::{Blob, NamedArray, NamedVariable, Text};
use crate::macros::message;
use crate::message::ConnectedParty;

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

    /// Joins a held and an active call into a conference, or adds a party to a call.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "CONFERENCE_CALL_REQ".
    request ConferenceCallReq "CONFERENCE_CALL_REQ" = 48, read ucce 23 24 25 uccx cut {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Held connection call.
            held_connection_call_id: CallId;
            /// Active connection call.
            active_connection_call_id: CallId;
            /// Kind of `held_connection_device_id`.
            held_connection_device_id_type: ConnectionDeviceIdType;
            /// Kind of `active_connection_device_id`.
            active_connection_device_id_type: ConnectionDeviceIdType;
            /// How the call is placed.
            call_placement_type: CallPlacementType;
            /// What to do when the calling device is busy.
            call_manner_type: CallMannerType;
            /// Rings before the call counts as not answered; zero for no limit.
            alert_rings: u16;
            /// Option of the switch.
            call_option: CallOption;
            /// What `facility_code` names.
            facility_type: FacilityType;
            /// What to do when a machine answers.
            answering_machine: AnsweringMachine;
            /// Whether the call goes before others.
            priority: bool;
            /// Whether the router chooses the destination.
            post_route: bool;
        }
        counts {
            num_named_variables of named_variables, since 6;
            num_named_arrays of named_arrays, since 6;
        }
        floating {
            /// Active connection device.
            active_connection_device_id: Option<Text> = ACTIVE_CONN_DEVID, max 64;
            /// Held connection device.
            held_connection_device_id: Option<Text> = HELD_CONN_DEVID, max 64;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64, since 8;
            /// Number that was dialled.
            dialed_number: Option<Text> = DIALED_NUMBER, max 40;
            /// ISDN user to user information.
            user_to_user_info: Option<Blob> = UUI, max 131;
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
            /// Trunk group or skill group to use.
            facility_code: Option<Text> = FACILITY_CODE, max 40;
            /// Code that permits the call.
            authorization_code: Option<Text> = AUTHORIZATION_CODE, max 40;
            /// Account of the call.
            account_code: Option<Text> = ACCOUNT_CODE, max 40;
        }
    }

    /// The conference was made.
    ///
    /// GED-188, "CONFERENCE_CALL_CONF".
    confirmation ConferenceCallConf "CONFERENCE_CALL_CONF" = 49, read ucce 23 24 25 uccx whole {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// New connection call.
            new_connection_call_id: CallId;
            /// Kind of `new_connection_device_id`.
            new_connection_device_id_type: ConnectionDeviceIdType;
        }
        counts {
            num_parties of connected_parties;
        }
        fixed {
            /// Line of the teleset.
            line_handle: LineHandle;
            /// Kind of that line.
            line_type: LineType;
        }
        floating {
            /// New connection device.
            new_connection_device_id: Option<Text> = NEW_CONNECTION_DEVID, max 64, required uccx;
        }
        lists {
            /// The parties of the call.
            connected_parties: ConnectedParty;
        }
    }

    /// Holds the active call and places a new one.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "CONSULTATION_CALL_REQ".
    request ConsultationCallReq "CONSULTATION_CALL_REQ" = 50, read ucce 23 24 25 uccx cut {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Active connection call.
            active_connection_call_id: CallId;
            /// Kind of `active_connection_device_id`.
            active_connection_device_id_type: ConnectionDeviceIdType;
            /// How the call is placed.
            call_placement_type: CallPlacementType;
            /// What to do when the calling device is busy.
            call_manner_type: CallMannerType;
            /// What the consultation leads to.
            consult_type: ConsultType;
            /// Rings before the call counts as not answered; zero for no limit.
            alert_rings: u16;
            /// Option of the switch.
            call_option: CallOption;
            /// What `facility_code` names.
            facility_type: FacilityType;
            /// What to do when a machine answers.
            answering_machine: AnsweringMachine;
            /// Whether the call goes before others.
            priority: bool;
            /// Whether the router chooses the destination.
            post_route: bool;
        }
        counts {
            num_named_variables of named_variables, since 6;
            num_named_arrays of named_arrays, since 6;
        }
        floating {
            /// Active connection device.
            active_connection_device_id: Option<Text> = ACTIVE_CONN_DEVID, max 64, required uccx;
            /// Number that was dialled.
            dialed_number: Option<Text> = DIALED_NUMBER, max 40, required uccx;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
            /// ISDN user to user information.
            user_to_user_info: Option<Blob> = UUI, max 131;
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
            /// Trunk group or skill group to use.
            facility_code: Option<Text> = FACILITY_CODE, max 40;
            /// Code that permits the call.
            authorization_code: Option<Text> = AUTHORIZATION_CODE, max 40;
            /// Account of the call.
            account_code: Option<Text> = ACCOUNT_CODE, max 40;
        }
    }

    /// The consultation call was placed.
    ///
    /// GED-188, "CONSULTATION_CALL_CONF".
    confirmation ConsultationCallConf "CONSULTATION_CALL_CONF" = 51,
        read ucce 9 15 23 24 25 uccx whole
    {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// New connection call.
            new_connection_call_id: CallId;
            /// Kind of `new_connection_device_id`.
            new_connection_device_id_type: ConnectionDeviceIdType;
            /// Line of the teleset.
            line_handle: LineHandle;
            /// Kind of that line.
            line_type: LineType;
        }
        floating {
            /// New connection device.
            new_connection_device_id: Option<Text> = NEW_CONNECTION_DEVID, max 64, required uccx;
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

    /// Places a call.
    ///
    /// GED-188, "MAKE_CALL_REQ".
    request MakeCallReq "MAKE_CALL_REQ" = 56, read ucce 9 23 24 25 uccx whole {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// How the call is placed.
            call_placement_type: CallPlacementType;
            /// What to do when the calling device is busy.
            call_manner_type: CallMannerType;
            /// Rings before the call counts as not answered; zero for no limit.
            alert_rings: u16;
            /// Option of the switch.
            call_option: CallOption;
            /// What `facility_code` names.
            facility_type: FacilityType;
            /// What to do when a machine answers.
            answering_machine: AnsweringMachine;
            /// Whether the call goes before others.
            priority: bool;
            /// Whether the router chooses the destination.
            post_route: bool;
        }
        counts {
            num_named_variables of named_variables, since 6;
            num_named_arrays of named_arrays, since 6;
        }
        fixed {
            /// Skill group as the switch numbers it; in UCCX the CSQ.
            skill_group_number: SkillGroupId, since 14;
        }
        floating {
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64, required uccx;
            /// Number that was dialled.
            dialed_number: Option<Text> = DIALED_NUMBER, max 40, required uccx;
            /// ISDN user to user information.
            user_to_user_info: Option<Blob> = UUI, max 131, ucce 5;
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
            call_wrapup_data: Option<Text> = CALL_WRAPUP_DATA, max 40, ucce 5, uccx 10 until 16;
            /// Expanded call context variables.
            named_variables: Vec<NamedVariable> = NAMED_VARIABLE, max 251, since 6;
            /// Expanded call context arrays.
            named_arrays: Vec<NamedArray> = NAMED_ARRAY, max 252, since 6;
            /// Trunk group or skill group to use.
            facility_code: Option<Text> = FACILITY_CODE, max 40, ucce 5;
            /// Code that permits the call.
            authorization_code: Option<Text> = AUTHORIZATION_CODE, max 40, ucce 5;
            /// Account of the call.
            account_code: Option<Text> = ACCOUNT_CODE, max 40, ucce 5;
            /// Call control table of the call.
            call_control_table: Option<Text> = CALL_CONTROL_TABLE, max 4, ucce 5;
        }
    }

    /// The call was placed.
    ///
    /// GED-188, "MAKE_CALL_CONF".
    confirmation MakeCallConf "MAKE_CALL_CONF" = 57, read ucce 23 24 25 uccx whole {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// New connection call.
            new_connection_call_id: CallId;
            /// Kind of `new_connection_device_id`.
            new_connection_device_id_type: ConnectionDeviceIdType;
            /// Line of the teleset.
            line_handle: LineHandle;
            /// Kind of that line.
            line_type: LineType;
        }
        floating {
            /// New connection device.
            new_connection_device_id: Option<Text> = NEW_CONNECTION_DEVID, max 64, required uccx;
        }
    }

    /// Places a call for a group of agents before one of them is chosen.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "MAKE_PREDICTIVE_CALL_REQ".
    request MakePredictiveCallReq "MAKE_PREDICTIVE_CALL_REQ" = 58, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// The switch.
            peripheral_id: PeripheralId;
            /// How the call is placed.
            call_placement_type: CallPlacementType;
            /// What to do when the calling device is busy.
            call_manner_type: CallMannerType;
            /// Rings before the call counts as not answered; zero for no limit.
            alert_rings: u16;
            /// Option of the switch.
            call_option: CallOption;
            /// What `facility_code` names.
            facility_type: FacilityType;
            /// What to do when a machine answers.
            answering_machine: AnsweringMachine;
            /// Whether the call goes before others.
            priority: bool;
            /// When the call is connected to its agent.
            allocation_state: AllocationState;
            /// Country of the call.
            destination_country: DestinationCountry;
            /// How an answer is detected.
            answer_detect_mode: AnswerDetectMode;
            /// Seconds that the detection may take.
            answer_detect_time: u16;
            /// First control value of the answer detection.
            answer_detect_control1: u32;
            /// Second control value of the answer detection.
            answer_detect_control2: u32;
        }
        counts {
            num_named_variables of named_variables, since 6;
            num_named_arrays of named_arrays, since 6;
        }
        floating {
            /// Originating device.
            originating_device_id: Option<Text> = ORIGINATING_DEVID, max 64;
            /// Number that was dialled.
            dialed_number: Option<Text> = DIALED_NUMBER, max 40;
            /// ISDN user to user information.
            user_to_user_info: Option<Blob> = UUI, max 131;
            /// Call variable 1.
            call_variable1: Option<Text> = CALL_VAR_1, max 41;
            /// Call variable 2.
            call_variable2: Option<Text> = CALL_VAR_2, max 41;
            /// Call variable 3.
            call_variable3: Option<Text> = CALL_VAR_3, max 41;
            /// Call variable 4.
            call_variable4: Option<Text> = CALL_VAR_4, max 41;
            /// Call variable 5.
            call_variable5: Option<Text> = CALL_VAR_5, max 41;
            /// Call variable 6.
            call_variable6: Option<Text> = CALL_VAR_6, max 41;
            /// Call variable 7.
            call_variable7: Option<Text> = CALL_VAR_7, max 41;
            /// Call variable 8.
            call_variable8: Option<Text> = CALL_VAR_8, max 41;
            /// Call variable 9.
            call_variable9: Option<Text> = CALL_VAR_9, max 41;
            /// Call variable 10.
            call_variable10: Option<Text> = CALL_VAR_10, max 41;
            /// Wrap-up data of the call.
            call_wrapup_data: Option<Text> = CALL_WRAPUP_DATA, max 40;
            /// Expanded call context variables.
            named_variables: Vec<NamedVariable> = NAMED_VARIABLE, max 251, since 6;
            /// Expanded call context arrays.
            named_arrays: Vec<NamedArray> = NAMED_ARRAY, max 252, since 6;
            /// Trunk group or skill group to use.
            facility_code: Option<Text> = FACILITY_CODE, max 40;
            /// Code that permits the call.
            authorization_code: Option<Text> = AUTHORIZATION_CODE, max 40;
            /// Account of the call.
            account_code: Option<Text> = ACCOUNT_CODE, max 40;
            /// Line of the caller.
            originating_line_id: Option<Text> = ORIGINATING_LINE_ID, max 40;
            /// Call control table of the call.
            call_control_table: Option<Text> = CALL_CONTROL_TABLE, max 4;
        }
    }

    /// The predictive call was placed.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "MAKE_PREDICTIVE_CALL_CONF".
    confirmation MakePredictiveCallConf "MAKE_PREDICTIVE_CALL_CONF" = 59, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// New connection call.
            new_connection_call_id: CallId;
            /// Kind of `new_connection_device_id`.
            new_connection_device_id_type: ConnectionDeviceIdType;
            /// Line of the teleset.
            line_handle: LineHandle;
            /// Kind of that line.
            line_type: LineType;
        }
        floating {
            /// New connection device.
            new_connection_device_id: Option<Text> = NEW_CONNECTION_DEVID, max 64;
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

    /// Sends the held call to the party of the active one, or to a number.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "TRANSFER_CALL_REQ".
    request TransferCallReq "TRANSFER_CALL_REQ" = 64, read ucce 23 24 25 uccx cut {
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
            /// How the call is placed.
            call_placement_type: CallPlacementType;
            /// What to do when the calling device is busy.
            call_manner_type: CallMannerType;
            /// Rings before the call counts as not answered; zero for no limit.
            alert_rings: u16;
            /// Option of the switch.
            call_option: CallOption;
            /// What `facility_code` names.
            facility_type: FacilityType;
            /// What to do when a machine answers.
            answering_machine: AnsweringMachine;
            /// Whether the call goes before others.
            priority: bool;
            /// Whether the router chooses the destination.
            post_route: bool;
        }
        counts {
            num_named_variables of named_variables, since 6;
            num_named_arrays of named_arrays, since 6;
        }
        floating {
            /// Active connection device.
            active_connection_device_id: Option<Text> = ACTIVE_CONN_DEVID, max 64;
            /// Held connection device.
            held_connection_device_id: Option<Text> = HELD_CONN_DEVID, max 64;
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64, since 8;
            /// Number that was dialled.
            dialed_number: Option<Text> = DIALED_NUMBER, max 40;
            /// ISDN user to user information.
            user_to_user_info: Option<Blob> = UUI, max 131;
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
            /// Trunk group or skill group to use.
            facility_code: Option<Text> = FACILITY_CODE, max 40;
            /// Code that permits the call.
            authorization_code: Option<Text> = AUTHORIZATION_CODE, max 40;
            /// Account of the call.
            account_code: Option<Text> = ACCOUNT_CODE, max 40;
        }
    }

    /// The transfer was made.
    ///
    /// GED-188, "TRANSFER_CALL_CONF".
    confirmation TransferCallConf "TRANSFER_CALL_CONF" = 65, read ucce 9 23 24 25 uccx whole {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// New connection call.
            new_connection_call_id: CallId;
            /// Kind of `new_connection_device_id`.
            new_connection_device_id_type: ConnectionDeviceIdType;
        }
        counts {
            num_parties of connected_parties;
        }
        fixed {
            /// Line of the teleset.
            line_handle: LineHandle;
            /// Kind of that line.
            line_type: LineType;
        }
        floating {
            /// New connection device.
            new_connection_device_id: Option<Text> = NEW_CONNECTION_DEVID, max 64, required uccx;
        }
        lists {
            /// The parties of the call.
            connected_parties: ConnectedParty, ucce 5;
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
