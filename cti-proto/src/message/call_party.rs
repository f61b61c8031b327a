//! Events of calls whose parties or attributes change.

use crate::code::{
    CallId, ConnectionDeviceIdType, DeviceIdType, EventCause, LineHandle, LineType,
    LocalConnectionState, PeripheralId, PeripheralType, ServiceId, SkillGroupId,
};
use crate::codec::Text;
use crate::macros::{group, message};

message! {
    /// Two calls became one with more than two parties.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "CALL_CONFERENCED_EVENT".
    event CallConferencedEvent "CALL_CONFERENCED_EVENT" = 17, read ucce 23 24 25 uccx cut {
        fixed {
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Kind of the switch.
            peripheral_type: PeripheralType;
            /// Kind of `primary_device_id`.
            primary_device_id_type: ConnectionDeviceIdType;
            /// Primary call.
            primary_call_id: CallId;
            /// Line of the teleset.
            line_handle: LineHandle;
            /// Kind of that line.
            line_type: LineType;
            /// Skill group as the switch numbers it; in UCCX the CSQ.
            skill_group_number: SkillGroupId;
            /// Skill group as the routing database numbers it.
            skill_group_id: SkillGroupId;
            /// Priority of the skill group; zero in UCCX.
            skill_group_priority: u16;
        }
        counts {
            num_parties of connected_parties;
        }
        fixed {
            /// Kind of `secondary_device_id`.
            secondary_device_id_type: ConnectionDeviceIdType;
            /// Secondary call.
            secondary_call_id: CallId;
            /// Kind of `controller_device_id`.
            controller_device_type: DeviceIdType;
            /// Kind of `added_party_device_id`.
            added_party_device_type: DeviceIdType;
            /// State of the local end of the connection.
            local_connection_state: LocalConnectionState;
            /// Why it happened.
            event_cause: EventCause;
        }
        floating {
            /// Primary device.
            primary_device_id: Option<Text> = PRIMARY_DEVID, max 64;
            /// Secondary device.
            secondary_device_id: Option<Text> = SECONDARY_DEVID, max 64;
            /// Controller device.
            controller_device_id: Option<Text> = CONTROLLER_DEVID, max 64;
            /// Added party device.
            added_party_device_id: Option<Text> = ADDED_PARTY_DEVID, max 64;
        }
        lists {
            /// The parties of the call.
            connected_parties: ConnectedParty;
        }
    }

    /// A call went to another device and the one that sent it left.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "CALL_TRANSFERRED_EVENT".
    event CallTransferredEvent "CALL_TRANSFERRED_EVENT" = 18, read ucce 23 24 25 uccx cut {
        fixed {
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Kind of the switch.
            peripheral_type: PeripheralType;
            /// Kind of `primary_device_id`.
            primary_device_id_type: ConnectionDeviceIdType;
            /// Primary call.
            primary_call_id: CallId;
            /// Line of the teleset.
            line_handle: LineHandle;
            /// Kind of that line.
            line_type: LineType;
            /// Skill group as the switch numbers it; in UCCX the CSQ.
            skill_group_number: SkillGroupId;
            /// Skill group as the routing database numbers it.
            skill_group_id: SkillGroupId;
            /// Priority of the skill group; zero in UCCX.
            skill_group_priority: u16;
        }
        counts {
            num_parties of connected_parties;
        }
        fixed {
            /// Kind of `secondary_device_id`.
            secondary_device_id_type: ConnectionDeviceIdType;
            /// Secondary call.
            secondary_call_id: CallId;
            /// Kind of `transferring_device_id`.
            transferring_device_type: DeviceIdType;
            /// Kind of `transferred_device_id`.
            transferred_device_type: DeviceIdType;
            /// State of the local end of the connection.
            local_connection_state: LocalConnectionState;
            /// Why it happened.
            event_cause: EventCause;
        }
        floating {
            /// Primary device.
            primary_device_id: Option<Text> = PRIMARY_DEVID, max 64;
            /// Secondary device.
            secondary_device_id: Option<Text> = SECONDARY_DEVID, max 64;
            /// Transferring device.
            transferring_device_id: Option<Text> = TRANSFERRING_DEVID, max 64;
            /// Transferred device.
            transferred_device_id: Option<Text> = TRANSFERRED_DEVID, max 64;
        }
        lists {
            /// The parties of the call.
            connected_parties: ConnectedParty;
        }
    }

    /// A call was sent on from one delivery target to another.
    ///
    /// GED-188, "CALL_DIVERTED_EVENT".
    event CallDivertedEvent "CALL_DIVERTED_EVENT" = 19, read ucce 23 24 25 uccx whole {
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
            /// Service as the switch numbers it; in UCCX the application.
            service_number: ServiceId;
            /// Service as the routing database numbers it.
            service_id: ServiceId;
            /// Kind of `diverting_device_id`.
            diverting_device_type: DeviceIdType;
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
            /// Diverting device.
            diverting_device_id: Option<Text> = DIVERTING_DEVID, max 64, required uccx;
            /// Called device.
            called_device_id: Option<Text> = CALLED_DEVID, max 64, required uccx;
        }
    }

    /// Call type or service of a call changed.
    ///
    /// Quirk: 240 is this event in the lists of versions 14 to 17; newer lists reserve the number, yet the
    /// event is still described. It is read and written in every version of UCCE. The table prints size 4
    /// beside the type USHORT of ConnectionDeviceIDType: both sizes are read, 2 bytes are written. In UCCX
    /// the number is [`QueryAgentQueueStatisticsConf`](crate::message::QueryAgentQueueStatisticsConf).
    ///
    /// GED-188, "CALL_ATTRIBUTE_CHANGE_EVENT".
    event CallAttributeChangeEvent "CALL_ATTRIBUTE_CHANGE_EVENT" = 240, ucce 5, read ucce 15 {
        fixed {
            /// The monitor that brought the event; zero without one.
            monitor_id: u32;
            /// The switch.
            peripheral_id: PeripheralId;
            /// Kind of the switch.
            peripheral_type: PeripheralType;
            /// Kind of `connection_device_id`.
            connection_device_id_type: ConnectionDeviceIdType;
            /// Call type as the routing database numbers it.
            call_type_id: u32;
            /// Service as the switch numbers it; in UCCX the application.
            service_number: ServiceId;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64;
        }
    }
}

group! {
    /// A party of a call with several.
    ConnectedParty {
        /// Its call.
        call_id: CallId = PARTY_CALLID;
        /// Kind of `device_id`.
        device_id_type: ConnectionDeviceIdType = PARTY_DEVID_TYPE;
        /// Its device.
        device_id: Text = PARTY_DEVID, max 64;
    }
}
