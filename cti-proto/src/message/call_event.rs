//! Events of a connection: from the first ring to the end.

use alloc::vec::Vec;

use crate::code::{
    CallId, ConnectionDeviceIdType, DeviceIdType, EventCause, LineHandle, LineType,
    LocalConnectionState, PeripheralId, PeripheralType, ServiceId, SkillGroupId,
};
use crate::codec::{Blob, NamedArray, NamedVariable, Text};
use crate::macros::message;

message! {
    /// A call rings at a device.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "CALL_DELIVERED_EVENT".
    event CallDeliveredEvent "CALL_DELIVERED_EVENT" = 9, read ucce 23 24 25 uccx cut {
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
            /// Line of the teleset.
            line_handle: LineHandle;
            /// Kind of that line.
            line_type: LineType;
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
            /// Kind of `alerting_device_id`.
            alerting_device_type: DeviceIdType;
            /// Kind of `calling_device_id`.
            calling_device_type: DeviceIdType;
            /// Kind of `called_device_id`.
            called_device_type: DeviceIdType;
            /// Kind of `last_redirect_device_id`.
            last_redirect_device_type: DeviceIdType;
            /// State of the local end of the connection.
            local_connection_state: LocalConnectionState;
            /// Why it happened.
            event_cause: EventCause;
        }
        counts {
            num_named_variables of named_variables;
            num_named_arrays of named_arrays;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
            /// Alerting device.
            alerting_device_id: Option<Text> = ALERTING_DEVID, max 64;
            /// Calling device.
            calling_device_id: Option<Text> = CALLING_DEVID, max 64;
            /// Called device.
            called_device_id: Option<Text> = CALLED_DEVID, max 64;
            /// Device that sent the call on last.
            last_redirect_device_id: Option<Text> = LAST_REDIRECT_DEVID, max 64;
            /// Trunk of the call.
            trunk_number: Option<u32> = TRUNK_NUMBER;
            /// Trunk group of the call.
            trunk_group_number: Option<u32> = TRUNK_GROUP_NUMBER;
            /// Id of the other call that the delivery belongs to.
            secondary_connection_call_id: Option<CallId> = SECONDARY_CONNECTION_CALL_ID;
            /// Number of the caller.
            ani: Option<Text> = ANI, max 40;
            /// Kind of line of the caller.
            ani_ii: Option<Text> = ANI_II, max 2;
            /// ISDN user to user information.
            user_to_user_info: Option<Blob> = UUI, max 131;
            /// Number that was dialled, as the network tells.
            dnis: Option<Text> = DNIS, max 32;
            /// Number that was dialled.
            dialed_number: Option<Text> = DIALED_NUMBER, max 40;
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
            named_variables: Vec<NamedVariable> = NAMED_VARIABLE, max 251;
            /// Expanded call context arrays.
            named_arrays: Vec<NamedArray> = NAMED_ARRAY, max 252;
        }
    }

    /// A call was answered.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "CALL_ESTABLISHED_EVENT".
    event CallEstablishedEvent "CALL_ESTABLISHED_EVENT" = 10, read ucce 23 24 25 uccx cut {
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
            /// Line of the teleset.
            line_handle: LineHandle;
            /// Kind of that line.
            line_type: LineType;
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
            /// Kind of `answering_device_id`.
            answering_device_type: DeviceIdType;
            /// Kind of `calling_device_id`.
            calling_device_type: DeviceIdType;
            /// Kind of `called_device_id`.
            called_device_type: DeviceIdType;
            /// Kind of `last_redirect_device_id`.
            last_redirect_device_type: DeviceIdType;
            /// State of the local end of the connection.
            local_connection_state: LocalConnectionState;
            /// Why it happened.
            event_cause: EventCause;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
            /// Answering device.
            answering_device_id: Option<Text> = ANSWERING_DEVID, max 64;
            /// Calling device.
            calling_device_id: Option<Text> = CALLING_DEVID, max 64;
            /// Called device.
            called_device_id: Option<Text> = CALLED_DEVID, max 64;
            /// Device that sent the call on last.
            last_redirect_device_id: Option<Text> = LAST_REDIRECT_DEVID, max 64;
            /// Trunk of the call.
            trunk_number: Option<u32> = TRUNK_NUMBER;
            /// Trunk group of the call.
            trunk_group_number: Option<u32> = TRUNK_GROUP_NUMBER;
        }
    }

    /// A device put its call on hold.
    ///
    /// GED-188, "CALL_HELD_EVENT".
    event CallHeldEvent "CALL_HELD_EVENT" = 11, read ucce 15 23 24 25 uccx whole {
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
            /// Kind of `holding_device_id`.
            holding_device_type: DeviceIdType;
            /// State of the local end of the connection.
            local_connection_state: LocalConnectionState;
            /// Why it happened.
            event_cause: EventCause;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
            /// Holding device.
            holding_device_id: Option<Text> = HOLDING_DEVID, max 64, required uccx;
        }
    }

    /// A held call was taken up again.
    ///
    /// GED-188, "CALL_RETRIEVED_EVENT".
    event CallRetrievedEvent "CALL_RETRIEVED_EVENT" = 12, read ucce 14 15 17 23 24 25 uccx whole {
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
            /// Kind of `retrieving_device_id`.
            retrieving_device_type: DeviceIdType;
            /// State of the local end of the connection.
            local_connection_state: LocalConnectionState;
            /// Why it happened.
            event_cause: EventCause;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
            /// Retrieving device.
            retrieving_device_id: Option<Text> = RETRIEVING_DEVID, max 64;
        }
    }

    /// The last connection of a call is gone.
    ///
    /// GED-188, "CALL_CLEARED_EVENT".
    event CallClearedEvent "CALL_CLEARED_EVENT" = 13, read ucce 15 23 24 25 uccx whole {
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
            /// State of the local end of the connection.
            local_connection_state: LocalConnectionState;
            /// Why it happened.
            event_cause: EventCause;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64;
        }
    }

    /// One party left a call.
    ///
    /// GED-188, "CALL_CONNECTION_CLEARED_EVENT".
    event CallConnectionClearedEvent "CALL_CONNECTION_CLEARED_EVENT" = 14,
        read ucce 15 23 24 25 uccx whole
    {
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
            /// Kind of `releasing_device_id`.
            releasing_device_type: DeviceIdType;
            /// State of the local end of the connection.
            local_connection_state: LocalConnectionState;
            /// Why it happened.
            event_cause: EventCause;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
            /// Releasing device.
            releasing_device_id: Option<Text> = RELEASING_DEVID, max 64, required uccx;
        }
    }

    /// The peripheral attempts a call on behalf of a device.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "CALL_ORIGINATED_EVENT".
    event CallOriginatedEvent "CALL_ORIGINATED_EVENT" = 15, read ucce 23 24 25 uccx cut {
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
            /// Line of the teleset.
            line_handle: LineHandle;
            /// Kind of that line.
            line_type: LineType;
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
            /// Kind of `calling_device_id`.
            calling_device_type: DeviceIdType;
            /// Kind of `called_device_id`.
            called_device_type: DeviceIdType;
            /// State of the local end of the connection.
            local_connection_state: LocalConnectionState;
            /// Why it happened.
            event_cause: EventCause;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
            /// Calling device.
            calling_device_id: Option<Text> = CALLING_DEVID, max 64, required uccx;
            /// Called device.
            called_device_id: Option<Text> = CALLED_DEVID, max 64;
        }
    }

    /// A call could not be completed.
    ///
    /// Quirk: the guides of versions 14 and 15 leave MonitorID out of the table, though their printed size
    /// has room for it. It is written; in these versions a body that only comes out even without it is
    /// read so.
    ///
    /// GED-188, "CALL_FAILED_EVENT".
    event CallFailedEvent "CALL_FAILED_EVENT" = 16, read ucce 14 15 23 24 25 uccx whole {
        fixed {
            /// The monitor that brought the event; zero without one.
            monitor_id: u32, since 5, perhaps ucce 14 until 15;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Kind of the switch.
            peripheral_type: PeripheralType;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Id of the call.
            connection_call_id: CallId;
            /// Kind of `failing_device_id`.
            failing_device_type: DeviceIdType;
            /// Kind of `called_device_id`.
            called_device_type: DeviceIdType;
            /// State of the local end of the connection.
            local_connection_state: LocalConnectionState;
            /// Why it happened.
            event_cause: EventCause;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
            /// Failing device.
            failing_device_id: Option<Text> = FAILING_DEVID, max 64;
            /// Called device.
            called_device_id: Option<Text> = CALLED_DEVID, max 64;
        }
    }

    /// A device went off hook or was prompted to.
    ///
    /// GED-188, "CALL_SERVICE_INITIATED_EVENT".
    event CallServiceInitiatedEvent "CALL_SERVICE_INITIATED_EVENT" = 20,
        read ucce 23 24 25 uccx whole
    {
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
            /// Line of the teleset.
            line_handle: LineHandle;
            /// Kind of that line.
            line_type: LineType;
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
            /// Kind of `calling_device_id`.
            calling_device_type: DeviceIdType;
            /// State of the local end of the connection.
            local_connection_state: LocalConnectionState;
            /// Why it happened.
            event_cause: EventCause;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
            /// Calling device.
            calling_device_id: Option<Text> = CALLING_DEVID, max 64, required uccx;
            /// Identifies the call across the enterprise.
            call_reference_id: Option<Blob> = CALL_REFERENCE_ID, max 32, ucce 5;
            /// Coc connection call.
            coc_connection_call_id: Option<CallId> = COC_CONNECTION_CALL_ID, ucce 14;
            /// Kind of `coc_connection_device_id`.
            coc_connection_device_id_type: Option<ConnectionDeviceIdType> = COC_CONNECTION_DEVICE_ID_TYPE, ucce 14;
        }
    }

    /// An outgoing call left the switch for another network.
    ///
    /// Quirk: version 9 has 24 fixed bytes, 14 has 28 with LineHandle and LineType, and no document says
    /// which version brought them. They are written from version 10 on; from 10 to 13 a body is read with
    /// them or without them, as the rest comes out even.
    ///
    /// GED-188, "CALL_REACHED_NETWORK_EVENT".
    event CallReachedNetworkEvent "CALL_REACHED_NETWORK_EVENT" = 34, ucce 5,
        read ucce 9 14 15 17 23 24 25
    {
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
            /// Line of the teleset.
            line_handle: LineHandle, since 10, perhaps ucce 10 until 13;
            /// Kind of that line.
            line_type: LineType, since 10, perhaps ucce 10 until 13;
            /// Kind of `trunk_used_device_id`.
            trunk_used_device_type: DeviceIdType;
            /// Kind of `called_device_id`.
            called_device_type: DeviceIdType;
            /// State of the local end of the connection.
            local_connection_state: LocalConnectionState;
            /// Why it happened.
            event_cause: EventCause;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64;
            /// Trunk used device.
            trunk_used_device_id: Option<Text> = TRUNK_USED_DEVID, max 64;
            /// Called device.
            called_device_id: Option<Text> = CALLED_DEVID, max 64;
            /// Trunk of the call.
            trunk_number: Option<u32> = TRUNK_NUMBER;
            /// Trunk group of the call.
            trunk_group_number: Option<u32> = TRUNK_GROUP_NUMBER;
        }
    }
}
