//! Partitions: what directory numbers and patterns are told apart by.

use crate::axl::{
    ForeignKey, NameKey, Presence, Tags, Uuid,
    macros::{command, operation, record},
};

record! {
    /// A partition.
    RoutePartition "routePartition" with Default {
        attributes {
            /// Key of the partition.
            uuid: Uuid = "uuid";
        }
        children {
            /// Name.
            name: Presence<String> = "name";
            /// Free text.
            description: Presence<String> = "description";
            /// Which run of a wizard made it; only read.
            dial_plan_wizard_gen_id: Presence<String> = "dialPlanWizardGenId";
            /// Hours in which it can be reached.
            time_schedule_id_name: Presence<ForeignKey> = "timeScheduleIdName";
            /// Whether these are hours of the caller's time zone.
            use_originating_device_time_zone: Presence<bool> = "useOriginatingDeviceTimeZone";
            /// Time zone of the hours otherwise.
            time_zone: Presence<String> = "timeZone";
            /// `General` for one that people make.
            partition_usage: Presence<String> = "partitionUsage";
        }
    }

    /// Which to list: `LIKE` patterns with `%`, all of which must match.
    RoutePartitionCriteria "searchCriteria" with Default {
        children {
            /// Name.
            name: Option<String> = "name";
            /// Description.
            description: Option<String> = "description";
        }
    }
}

operation! {
    /// Asks for one partition.
    GetRoutePartition "getRoutePartition" {
        /// Which.
        key: NameKey = "name | uuid";
        /// What of it; everything when there is no mask.
        returned_tags: Option<Tags> = "returnedTags";
    }
    /// The partition.
    -> GetRoutePartitionReply {
        /// The partition, reduced to what was asked.
        route_partition: RoutePartition = "routePartition";
    }

    /// Asks for partitions.
    ListRoutePartition "listRoutePartition" {
        /// Which.
        criteria: RoutePartitionCriteria = "searchCriteria";
        /// What of each.
        returned_tags: Tags = "returnedTags";
        /// How many to leave out at the front.
        skip: Option<u64> = "skip";
        /// How many to answer at most.
        first: Option<u64> = "first";
    }
    /// The partitions; past the end there are none.
    -> ListRoutePartitionReply {
        /// The partitions, reduced to what was asked.
        route_partitions: Vec<RoutePartition> = "routePartition";
    }
}

command! {
    /// Adds a partition. The schema wants the name.
    AddRoutePartition "addRoutePartition" {
        /// The partition.
        route_partition: RoutePartition = "routePartition";
    }

    /// Changes a partition. What is absent stays as it is; nil, or an empty value, clears.
    UpdateRoutePartition "updateRoutePartition" {
        /// Which.
        key: NameKey = "name | uuid";
        /// New name.
        new_name: Presence<String> = "newName";
        /// Free text.
        description: Presence<String> = "description";
        /// Hours in which it can be reached.
        time_schedule_id_name: Presence<ForeignKey> = "timeScheduleIdName";
        /// Whether these are hours of the caller's time zone.
        use_originating_device_time_zone: Presence<bool> = "useOriginatingDeviceTimeZone";
        /// Time zone of the hours otherwise.
        time_zone: Presence<String> = "timeZone";
    }

    /// Takes a partition out of the configuration.
    RemoveRoutePartition "removeRoutePartition" {
        /// Which.
        key: NameKey = "name | uuid";
    }

    /// Makes changes of a partition take effect, with as little interruption as possible.
    ApplyRoutePartition "applyRoutePartition" {
        /// Which.
        key: NameKey = "name | uuid";
    }

    /// Makes the devices of a partition register anew.
    RestartRoutePartition "restartRoutePartition" {
        /// Which.
        key: NameKey = "name | uuid";
    }
}
