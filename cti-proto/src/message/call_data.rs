//! Data of calls: their begin, end and change.

use alloc::vec::Vec;

use crate::code::{
    CallId, CallType, ConnectionDeviceIdType, DispositionCode, EnabledService, InvokeId,
    PeripheralId, PeripheralType, ServiceId, SkillGroupId, StatusCode, Timestamp,
};
use crate::codec::{Blob, NamedArray, NamedVariable, Text};
use crate::macros::{group, message};

message! {
    /// The routing data of a call that is on its way to the peripheral.
    ///
    /// GED-188, "CALL_TRANSLATION_ROUTE_EVENT".
    event CallTranslationRouteEvent "CALL_TRANSLATION_ROUTE_EVENT" = 22, ucce 5,
        read ucce 14 15 23 24 25
    {
        fixed {}
        counts {
            num_named_variables of named_variables, since 6;
            num_named_arrays of named_arrays, since 6;
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
            /// Sequence part of the router call key.
            router_call_key_sequence_number: Option<u32> = ROUTER_CALL_KEY_SEQUENCE_NUM;
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
            /// Expanded call context variables.
            named_variables: Vec<NamedVariable> = NAMED_VARIABLE, max 251, since 6;
            /// Expanded call context arrays.
            named_arrays: Vec<NamedArray> = NAMED_ARRAY, max 252, since 6;
        }
    }

    /// The session hears of a call for the first time.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "BEGIN_CALL_EVENT".
    event BeginCallEvent "BEGIN_CALL_EVENT" = 23, read ucce 14 15 23 24 25 uccx cut {
        fixed {
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Kind of the switch.
            peripheral_type: PeripheralType;
        }
        counts {
            num_cti_clients of cti_clients;
            num_named_variables of named_variables, since 6;
            num_named_arrays of named_arrays, since 6;
        }
        fixed {
            /// Kind of the call.
            call_type: CallType;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Id of the call.
            connection_call_id: CallId;
            /// How the called party ended up.
            called_party_disposition: DispositionCode, since 8;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
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
            /// Sequence part of the router call key.
            router_call_key_sequence_number: Option<u32> = ROUTER_CALL_KEY_SEQUENCE_NUM;
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
        }
        lists {
            /// The clients that use the call.
            cti_clients: CtiClient;
        }
    }

    /// The session will hear no more of a call.
    ///
    /// GED-188, "END_CALL_EVENT".
    event EndCallEvent "END_CALL_EVENT" = 24, read ucce 23 24 25 uccx whole {
        fixed {
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Kind of the switch.
            peripheral_type: PeripheralType;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Id of the call.
            connection_call_id: CallId;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
        }
    }

    /// Data of a call changed, its id among them.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "CALL_DATA_UPDATE_EVENT".
    event CallDataUpdateEvent(connection_device_id: Text) "CALL_DATA_UPDATE_EVENT" = 25,
        read ucce 14 23 24 25 uccx cut
    {
        fixed {
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Kind of the switch.
            peripheral_type: PeripheralType;
        }
        counts {
            num_cti_clients of cti_clients;
            num_named_variables of named_variables, since 6;
            num_named_arrays of named_arrays, since 6;
        }
        fixed {
            /// Kind of the call.
            call_type: CallType;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Id of the call.
            connection_call_id: CallId;
            /// Kind of `new_connection_device_id`.
            new_connection_device_id_type: ConnectionDeviceIdType;
            /// New connection call.
            new_connection_call_id: CallId;
            /// How the called party ended up.
            called_party_disposition: DispositionCode, since 8;
            /// Outbound campaign; zero without one.
            campaign_id: u32, since 9;
            /// Query rule of the campaign; zero without one.
            query_rule_id: u32, since 9;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required;
            /// New connection device.
            new_connection_device_id: Option<Text> = NEW_CONNECTION_DEVID, max 64, required ucce;
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
            /// Sequence part of the router call key.
            router_call_key_sequence_number: Option<u32> = ROUTER_CALL_KEY_SEQUENCE_NUM;
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
            /// Number of the customer called.
            customer_phone_number: Option<Text> = CUSTOMER_PHONE_NUMBER, max 20;
            /// Account of the customer called.
            customer_account_number: Option<Text> = CUSTOMER_ACCOUNT_NUMBER, max 32;
            /// Identifies the call across the enterprise.
            call_reference_id: Option<Blob> = CALL_REFERENCE_ID, max 32, ucce 14, uccx 10;
        }
        lists {
            /// The clients that use the call.
            cti_clients: CtiClient;
        }
    }

    /// Changes the data of a call.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "SET_CALL_DATA_REQ".
    request SetCallDataReq "SET_CALL_DATA_REQ" = 26, read ucce 15 23 24 25 uccx cut {
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
        counts {
            num_named_variables of named_variables, since 6;
            num_named_arrays of named_arrays, since 6;
        }
        fixed {
            /// Kind of the call.
            call_type: CallType, since 8;
            /// How the called party ended up.
            called_party_disposition: DispositionCode, since 8;
            /// Outbound campaign; zero without one.
            campaign_id: u32, since 9;
            /// Query rule of the campaign; zero without one.
            query_rule_id: u32, since 9;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
            /// Number of the caller.
            ani: Option<Text> = ANI, max 40;
            /// ISDN user to user information.
            user_to_user_info: Option<Blob> = UUI, max 131;
            /// Digits that the caller entered.
            caller_entered_digits: Option<Text> = CED, max 40;
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
            /// Number of the customer called.
            customer_phone_number: Option<Text> = CUSTOMER_PHONE_NUMBER, max 20;
            /// Account of the customer called.
            customer_account_number: Option<Text> = CUSTOMER_ACCOUNT_NUMBER, max 32;
            /// Day part of the router call key.
            router_call_key_day: Option<u32> = ROUTER_CALL_KEY_DAY, ucce 14, uccx 10;
            /// Call part of the router call key.
            router_call_key_call_id: Option<u32> = ROUTER_CALL_KEY_CALLID, ucce 14, uccx 10;
            /// Sequence part of the router call key.
            router_call_key_sequence_number: Option<u32> = ROUTER_CALL_KEY_SEQUENCE_NUM, ucce 14, uccx 10;
            /// How the call came about.
            call_originated_from: Option<u8> = CALL_ORIGINATED_FROM;
        }
    }

    /// The call data are set.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "SET_CALL_DATA_CONF".
    confirmation SetCallDataConf "SET_CALL_DATA_CONF" = 27, read ucce 9 14 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Says that the client has done with a call's data.
    ///
    /// GED-188, "RELEASE_CALL_REQ".
    request ReleaseCallReq "RELEASE_CALL_REQ" = 28, ucce 5, read ucce 23 24 25 {
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
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64;
        }
    }

    /// The call is released.
    ///
    /// GED-188, "RELEASE_CALL_CONF".
    confirmation ReleaseCallConf "RELEASE_CALL_CONF" = 29, ucce 5, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// A call was routed to the agent and will arrive soon.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "AGENT_PRE_CALL_EVENT".
    event AgentPreCallEvent "AGENT_PRE_CALL_EVENT" = 105, since 6, read ucce 23 24 25 {
        fixed {
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
        }
        counts {
            num_named_variables of named_variables;
            num_named_arrays of named_arrays;
        }
        fixed {
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
            /// Media routing domain.
            mrd_id: i32;
            /// Agent as the routing database numbers it.
            agent_skill_target_id: u32, since 20;
        }
        floating {
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
            /// Day part of the router call key.
            router_call_key_day: Option<u32> = ROUTER_CALL_KEY_DAY;
            /// Call part of the router call key.
            router_call_key_call_id: Option<u32> = ROUTER_CALL_KEY_CALLID;
            /// Sequence part of the router call key.
            router_call_key_sequence_number: Option<u32> = ROUTER_CALL_KEY_SEQUENCE_NUM;
            /// Number of the caller.
            ani: Option<Text> = ANI, max 40;
            /// ISDN user to user information.
            user_to_user_info: Option<Blob> = UUI, max 131;
            /// Number that was dialled.
            dialed_number: Option<Text> = DIALED_NUMBER, max 40;
            /// Digits that the caller entered.
            caller_entered_digits: Option<Text> = CED, max 40;
            /// Call type as the routing database numbers it.
            call_type_id: Option<u32> = CALL_TYPE_ID, since 14;
            /// Ties the event to a later answer.
            pre_call_invoke_id: Option<u32> = PRE_CALL_INVOKE_ID, since 14;
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
            /// Expanded call context variables.
            named_variables: Vec<NamedVariable> = NAMED_VARIABLE, max 251;
            /// Expanded call context arrays.
            named_arrays: Vec<NamedArray> = NAMED_ARRAY, max 252;
            /// Login id of the agent.
            agent_id: Option<Text> = AGENT_ID | AGENT_ID_LONG, max 12 | 129, since 20;
            /// Identifies the call at the gateway.
            protocol_reference_guid: Option<Text> = PROTOCOL_REFERENCE_GUID, max 40, since 24;
            /// Entries of `enabled_services`.
            num_enabled_services: Option<u16> = NUM_OF_ENABLED_SERVICES, counts enabled_services, since 24;
            /// Services enabled for the agent. Quirk: repeated fields, as in
            /// [`skill_groups`](crate::message::AgentRecord::skill_groups) of a configured agent.
            enabled_services: Vec<EnabledService> = FLT_ENABLED_SERVICES, since 24;
            /// Configuration of the artificial intelligence services.
            ccai_config_id: Option<Text> = CCAI_CONFIG_ID, max 40, since 24;
        }
    }

    /// A call announced by AGENT_PRE_CALL_EVENT will not come.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "AGENT_PRE_CALL_ABORT_EVENT".
    event AgentPreCallAbortEvent "AGENT_PRE_CALL_ABORT_EVENT" = 106, since 6,
        read ucce 9 15 17 23 24 25
    {
        fixed {
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
            /// Media routing domain.
            mrd_id: i32;
        }
        floating {
            /// The agent's telephone.
            agent_instrument: Option<Text> = AGENT_INSTRUMENT, max 64;
            /// Day part of the router call key.
            router_call_key_day: Option<u32> = ROUTER_CALL_KEY_DAY;
            /// Call part of the router call key.
            router_call_key_call_id: Option<u32> = ROUTER_CALL_KEY_CALLID;
            /// Sequence part of the router call key.
            router_call_key_sequence_number: Option<u32> = ROUTER_CALL_KEY_SEQUENCE_NUM;
        }
    }

    /// Changes data of a call or a task on the router.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "SET_APP_DATA_REQ".
    request SetAppDataReq "SET_APP_DATA_REQ" = 129, since 8, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
        floating {
            /// Application path of the client. Quirk: the guide of version 9 gives APPPATHID tag 84, which is the
            /// call control table in the tag lists; those give 97. A field with tag 84 is kept in `other`.
            application_path_id: Option<i32> = APP_PATH_ID;
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
            /// Call type as the routing database numbers it.
            call_type_id: Option<u32> = CALL_TYPE_ID, since 14;
            /// Ties the event to a later answer.
            pre_call_invoke_id: Option<u32> = PRE_CALL_INVOKE_ID, since 14;
        }
    }

    /// The data are set.
    ///
    /// Inferred for UCCX: no table of it is public; the layout is the one of UCCE version 18.
    ///
    /// GED-188, "SET_APP_DATA_CONF".
    confirmation SetAppDataConf "SET_APP_DATA_CONF" = 130, since 8, read ucce 23 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
        }
    }

    /// Reports how an agent used the suggestions of a service.
    ///
    /// Quirk: no public document has the tag of TotalAnswersSuggestion. It is kept in `other`.
    ///
    /// GED-188, "SET_AGENT_SERVICE_DATA_REQ".
    request SetAgentServiceDataReq "SET_AGENT_SERVICE_DATA_REQ" = 283, since 24, read ucce 24 25 {
        fixed {
            /// Returned in the answer.
            invoke_id: InvokeId;
            /// Day part of the router call key.
            router_call_key_day: u32;
            /// Call part of the router call key.
            router_call_key: u32;
            /// Sequence part of the router call key.
            router_call_key_sequence_number: u32;
            /// Agent as the routing database numbers it.
            agent_skill_target_id: u32;
        }
        floating {
            /// Entries of `enabled_services`.
            num_enabled_services: Option<u16> = NUM_OF_ENABLED_SERVICES, counts enabled_services;
            /// Services enabled for the agent. Quirk: repeated fields, as in
            /// [`skill_groups`](crate::message::AgentRecord::skill_groups) of a configured agent.
            enabled_services: Vec<EnabledService> = FLT_ENABLED_SERVICES;
            /// Suggestions the agent used. Quirk: version 25 calls its tag MEDIA_TYPE, version 24 after this
            /// field. In this message it is taken for this field in both; elsewhere it is kept in `other`.
            num_positive_answers_suggestions: Option<u16> = MEDIA_TYPE;
            /// Suggestions the agent rejected. Quirk: version 25 calls its tag MEDIA_PROVIDER, version 24
            /// after this field. In this message it is taken for this field in both; elsewhere it is kept in
            /// `other`.
            num_negative_answers_suggestions: Option<u16> = MEDIA_PROVIDER;
        }
    }

    /// The report was taken.
    ///
    /// GED-188, "SET_AGENT_SERVICE_DATA_CONF".
    confirmation SetAgentServiceDataConf(
        status: StatusCode
    ) "SET_AGENT_SERVICE_DATA_CONF" = 284, since 24, read ucce 24 25 {
        fixed {
            /// Returned from the request. Quirk: the guide names it NumInvokeID.
            invoke_id: InvokeId;
            /// What became of the request.
            status: StatusCode;
        }
    }
}

group! {
    /// A client that uses a call.
    CtiClient {
        /// Its signature.
        signature: Text = CTI_CLIENT_SIGNATURE, max 64;
        /// When it came to use the call.
        timestamp: Timestamp = CTI_CLIENT_TIMESTAMP;
    }
}
