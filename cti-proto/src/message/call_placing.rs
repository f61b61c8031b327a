//! Requests that place or join calls: make, consult, transfer, conference.

use alloc::vec::Vec;

use crate::code::{
    AllocationState, AnswerDetectMode, AnsweringMachine, CallId, CallMannerType, CallOption,
    CallPlacementType, ConnectionDeviceIdType, ConsultType, DestinationCountry, FacilityType,
    InvokeId, LineHandle, LineType, PeripheralId, SkillGroupId,
};
use crate::codec::{Blob, NamedArray, NamedVariable, Text};
use crate::macros::message;
use crate::message::ConnectedParty;

message! {
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
}
