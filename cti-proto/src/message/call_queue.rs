//! Events of calls in queues.

use crate::code::{
    CallId, ConnectionDeviceIdType, DeviceIdType, EventCause, LocalConnectionState, PeripheralId,
    PeripheralType, ServiceId,
};
use crate::codec::Text;
use crate::macros::message;
use crate::message::SkillGroup;

message! {
    /// A call waits in a queue.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "CALL_QUEUED_EVENT".
    event CallQueuedEvent "CALL_QUEUED_EVENT" = 21, read ucce 23 24 25 uccx cut {
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
            /// Kind of `queue_device_id`.
            queue_device_type: DeviceIdType;
            /// Kind of `calling_device_id`.
            calling_device_type: DeviceIdType;
            /// Kind of `called_device_id`.
            called_device_type: DeviceIdType;
            /// Kind of `last_redirect_device_id`.
            last_redirect_device_type: DeviceIdType;
            /// Calls in the queue.
            num_queued: u16;
        }
        counts {
            num_skill_groups of skill_groups;
        }
        fixed {
            /// State of the local end of the connection.
            local_connection_state: LocalConnectionState;
            /// Why it happened.
            event_cause: EventCause;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required uccx;
            /// Queue device.
            queue_device_id: Option<Text> = QUEUE_DEVID, max 64;
            /// Calling device.
            calling_device_id: Option<Text> = CALLING_DEVID, max 64;
            /// Called device.
            called_device_id: Option<Text> = CALLED_DEVID, max 64;
            /// Device that sent the call on last.
            last_redirect_device_id: Option<Text> = LAST_REDIRECT_DEVID, max 64;
        }
        lists {
            /// Skill groups, in UCCX CSQs: of the agent, or where the call waits.
            skill_groups: SkillGroup;
        }
    }

    /// A call left a queue.
    ///
    /// Quirk: a change list of versions 10 to 13 names a field DeQueueType that no table shows. It is not
    /// read; should it come as a floating field, it is kept in `other`.
    ///
    /// GED-188, "CALL_DEQUEUED_EVENT".
    event CallDequeuedEvent "CALL_DEQUEUED_EVENT" = 86, ucce 5, read ucce 23 24 25 {
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
            /// Kind of `queue_device_id`.
            queue_device_type: DeviceIdType;
            /// Service as the switch numbers it; in UCCX the application.
            service_number: ServiceId;
            /// Service as the routing database numbers it.
            service_id: ServiceId;
            /// Calls in the queue.
            num_queued: u16;
        }
        counts {
            num_skill_groups of skill_groups;
        }
        fixed {
            /// State of the local end of the connection.
            local_connection_state: LocalConnectionState;
            /// Why it happened.
            event_cause: EventCause;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64;
        }
        lists {
            /// Skill groups, in UCCX CSQs: of the agent, or where the call waits.
            skill_groups: SkillGroup;
        }
    }

    /// A call left a queue.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "CALL_DEQUEUED_EVENT".
    event CsqDequeuedEvent(connection_device_id: Text) "CALL_DEQUEUED_EVENT" = 86, uccx 10,
        read uccx cut
    {
        fixed {
            /// Zero.
            reserved: u32;
            /// Zero.
            reserved_2: u32;
            /// Zero.
            reserved_3: u16;
            /// Kind of `connection_device_id`.
            connection_device_type: DeviceIdType;
            /// Id of the call.
            call_id: CallId;
            /// The application.
            application_id: u32;
            /// Zero.
            reserved_4: u32;
            /// Kind of `queue_device_id`.
            queue_device_type: DeviceIdType;
            /// Calls in the queue.
            num_queued: u16;
        }
        counts {
            num_csqs of skill_groups;
        }
        fixed {
            /// State of the local end of the connection.
            local_connection_state: LocalConnectionState;
            /// Why it happened.
            event_cause: EventCause;
        }
        floating {
            /// Device of the connection.
            connection_device_id: Option<Text> = CONNECTION_DEVID, max 64, required;
            /// Queue device.
            queue_device_id: Option<Text> = QUEUE_DEVID, max 64;
        }
        lists {
            /// Skill groups, in UCCX CSQs: of the agent, or where the call waits.
            skill_groups: SkillGroup;
        }
    }
}
