//! Device pools: what devices have in common.

use crate::axl::{
    ForeignKey, NameKey, Presence, Tags, Uuid,
    macros::{command, operation, record},
};

record! {
    /// A device pool.
    #[derive(Default)]
    DevicePool "devicePool" {
        attributes {
            /// Key of the device pool.
            uuid: Uuid = "uuid";
        }
        children {
            /// Name.
            name: Presence<String> = "name";
            /// Calling search space for automatic registration.
            auto_search_space_name: Presence<ForeignKey> = "autoSearchSpaceName";
            /// Date and time group.
            date_time_setting_name: Presence<ForeignKey> = "dateTimeSettingName";
            /// Group of nodes that devices register with.
            call_manager_group_name: Presence<ForeignKey> = "callManagerGroupName";
            /// Media resource group list.
            media_resource_list_name: Presence<ForeignKey> = "mediaResourceListName";
            /// Region.
            region_name: Presence<ForeignKey> = "regionName";
            /// Locale of tones and cadences.
            network_locale: Presence<String> = "networkLocale";
            /// Gateway that serves when the nodes cannot be reached.
            srst_name: Presence<ForeignKey> = "srstName";
            /// Seconds before devices return from that gateway; -1 or empty for the default.
            connection_monitor_duration: Presence<String> = "connectionMonitorDuration";
            /// Calling search space of automated alternate routing.
            automated_alternate_routing_css_name: Presence<ForeignKey> = "automatedAlternateRoutingCssName";
            /// Group of automated alternate routing.
            aar_neighborhood_name: Presence<ForeignKey> = "aarNeighborhoodName";
            /// Location.
            location_name: Presence<ForeignKey> = "locationName";
            /// Calling search space of devices that roam here.
            mobility_css_name: Presence<ForeignKey> = "mobilityCssName";
            /// Physical location.
            physical_location_name: Presence<ForeignKey> = "physicalLocationName";
            /// Device mobility group.
            device_mobility_group_name: Presence<ForeignKey> = "deviceMobilityGroupName";
            /// How calls that revert are served.
            revert_priority: Presence<String> = "revertPriority";
            /// Whether one button joins a shared line's call: `Off`, `Barge`, `CBarge`, `Default`.
            single_button_barge: Presence<String> = "singleButtonBarge";
            /// Whether calls of different lines can be joined: `On`, `Off`, `Default`.
            join_across_lines: Presence<String> = "joinAcrossLines";
            /// Route groups by their local names.
            local_route_group: Vec<LocalRouteGroup> = "localRouteGroup";
        }
    }

    /// A route group under the name that route lists know it by.
    #[derive(Default)]
    LocalRouteGroup "localRouteGroup" {
        children {
            /// Local name, as in `Standard Local Route Group`.
            name: Presence<String> = "name";
            /// Name of the route group; empty for none.
            value: Presence<String> = "value";
        }
    }

    /// Which to list: `LIKE` patterns with `%`, all of which must match.
    #[derive(Default)]
    DevicePoolCriteria "searchCriteria" {
        children {
            /// Name.
            name: Option<String> = "name";
            /// Group of nodes.
            call_manager_group_name: Option<String> = "callManagerGroupName";
            /// Region.
            region_name: Option<String> = "regionName";
        }
    }
}

operation! {
    /// Asks for one device pool.
    GetDevicePool "getDevicePool" {
        /// Which.
        key: NameKey = "name | uuid";
        /// What of it; everything when there is no mask.
        returned_tags: Option<Tags> = "returnedTags";
    }
    /// The device pool.
    -> GetDevicePoolReply {
        /// The device pool, reduced to what was asked.
        device_pool: DevicePool = "devicePool";
    }

    /// Asks for device pools.
    ListDevicePool "listDevicePool" {
        /// Which.
        criteria: DevicePoolCriteria = "searchCriteria";
        /// What of each.
        returned_tags: Tags = "returnedTags";
        /// How many to leave out at the front.
        skip: Option<u64> = "skip";
        /// How many to answer at most.
        first: Option<u64> = "first";
    }
    /// The device pools; past the end there are none.
    -> ListDevicePoolReply {
        /// The device pools, reduced to what was asked.
        device_pools: Vec<DevicePool> = "devicePool";
    }
}

command! {
    /// Adds a device pool. The schema wants name, dateTimeSettingName,
    /// callManagerGroupName, regionName, srstName and aarNeighborhoodName (nil is enough).
    AddDevicePool "addDevicePool" {
        /// The device pool.
        device_pool: Box<DevicePool> = "devicePool";
    }

    /// Changes a device pool. What is absent stays as it is; nil, or an empty value, clears.
    UpdateDevicePool "updateDevicePool" {
        /// Which.
        key: NameKey = "name | uuid";
        /// New name.
        new_name: Presence<String> = "newName";
        /// Calling search space for automatic registration.
        auto_search_space_name: Presence<ForeignKey> = "autoSearchSpaceName";
        /// Date and time group.
        date_time_setting_name: Presence<ForeignKey> = "dateTimeSettingName";
        /// Group of nodes that devices register with.
        call_manager_group_name: Presence<ForeignKey> = "callManagerGroupName";
        /// Media resource group list.
        media_resource_list_name: Presence<ForeignKey> = "mediaResourceListName";
        /// Region.
        region_name: Presence<ForeignKey> = "regionName";
        /// Locale of tones and cadences.
        network_locale: Presence<String> = "networkLocale";
        /// Gateway that serves when the nodes cannot be reached.
        srst_name: Presence<ForeignKey> = "srstName";
        /// Seconds before devices return from that gateway; -1 or empty for the default.
        connection_monitor_duration: Presence<String> = "connectionMonitorDuration";
        /// Calling search space of automated alternate routing.
        automated_alternate_routing_css_name: Presence<ForeignKey> = "automatedAlternateRoutingCssName";
        /// Group of automated alternate routing.
        aar_neighborhood_name: Presence<ForeignKey> = "aarNeighborhoodName";
        /// Location.
        location_name: Presence<ForeignKey> = "locationName";
        /// Calling search space of devices that roam here.
        mobility_css_name: Presence<ForeignKey> = "mobilityCssName";
        /// Physical location.
        physical_location_name: Presence<ForeignKey> = "physicalLocationName";
        /// Device mobility group.
        device_mobility_group_name: Presence<ForeignKey> = "deviceMobilityGroupName";
        /// How calls that revert are served.
        revert_priority: Presence<String> = "revertPriority";
        /// Whether one button joins a shared line's call: `Off`, `Barge`, `CBarge`, `Default`.
        single_button_barge: Presence<String> = "singleButtonBarge";
        /// Whether calls of different lines can be joined: `On`, `Off`, `Default`.
        join_across_lines: Presence<String> = "joinAcrossLines";
        /// Route groups by their local names.
        local_route_group: Vec<LocalRouteGroup> = "localRouteGroup";
    }

    /// Takes a device pool out of the configuration.
    RemoveDevicePool "removeDevicePool" {
        /// Which.
        key: NameKey = "name | uuid";
    }

    /// Makes changes of a device pool take effect, with as little interruption as possible.
    ApplyDevicePool "applyDevicePool" {
        /// Which.
        key: NameKey = "name | uuid";
    }

    /// Makes the devices of a device pool start anew from their power on.
    ResetDevicePool "resetDevicePool" {
        /// Which.
        key: NameKey = "name | uuid";
    }

    /// Makes the devices of a device pool register anew.
    RestartDevicePool "restartDevicePool" {
        /// Which.
        key: NameKey = "name | uuid";
    }
}
