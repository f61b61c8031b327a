//! Device pools: what devices have in common.

use crate::axl::{
    ForeignKey, NameKey, Presence, Tags, Uuid,
    macros::{command, operation, record},
};

record! {
    /// A device pool.
    DevicePool "devicePool" with Default {
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
            /// Calling search space that changes the number of the caller.
            cgpn_transformation_css_name: Presence<ForeignKey> = "cgpnTransformationCssName";
            /// Calling search space that changes the number called.
            cdpn_transformation_css_name: Presence<ForeignKey> = "cdpnTransformationCssName";
            /// Local route group, where there is only the standard one.
            local_route_group_name: Presence<ForeignKey> = "localRouteGroupName";
            /// Geographic location.
            geo_location_name: Presence<ForeignKey> = "geoLocationName";
            /// Filter of geographic locations.
            geo_location_filter_name: Presence<ForeignKey> = "geoLocationFilterName";
            /// Put before a national number of the caller.
            calling_party_national_prefix: Presence<String> = "callingPartyNationalPrefix";
            /// Put before an international number of the caller.
            calling_party_international_prefix: Presence<String> = "callingPartyInternationalPrefix";
            /// Put before a number of the caller of unknown kind.
            calling_party_unknown_prefix: Presence<String> = "callingPartyUnknownPrefix";
            /// Put before a subscriber's number of the caller.
            calling_party_subscriber_prefix: Presence<String> = "callingPartySubscriberPrefix";
            /// Calling search space of calls that come by intercompany media.
            adjunct_calling_search_space: Presence<ForeignKey> = "adjunctCallingSearchSpace";
            /// How many digits a national number of the caller loses at the front.
            calling_party_national_strip_digits: Presence<String> = "callingPartyNationalStripDigits";
            /// How many digits an international number of the caller loses at the front.
            calling_party_international_strip_digits: Presence<String> = "callingPartyInternationalStripDigits";
            /// How many digits a number of the caller of unknown kind loses at the front.
            calling_party_unknown_strip_digits: Presence<String> = "callingPartyUnknownStripDigits";
            /// How many digits a subscriber's number of the caller loses at the front.
            calling_party_subscriber_strip_digits: Presence<String> = "callingPartySubscriberStripDigits";
            /// Calling search space that changes a national number of the caller.
            calling_party_national_transformation_css_name: Presence<ForeignKey> = "callingPartyNationalTransformationCssName";
            /// Calling search space that changes an international number of the caller.
            calling_party_international_transformation_css_name: Presence<ForeignKey> = "callingPartyInternationalTransformationCssName";
            /// Calling search space that changes a number of the caller of unknown kind.
            calling_party_unknown_transformation_css_name: Presence<ForeignKey> = "callingPartyUnknownTransformationCssName";
            /// Calling search space that changes a subscriber's number of the caller.
            calling_party_subscriber_transformation_css_name: Presence<ForeignKey> = "callingPartySubscriberTransformationCssName";
            /// Put before a national number called.
            called_party_national_prefix: Presence<String> = "calledPartyNationalPrefix";
            /// Put before an international number called.
            called_party_international_prefix: Presence<String> = "calledPartyInternationalPrefix";
            /// Put before a number called of unknown kind.
            called_party_unknown_prefix: Presence<String> = "calledPartyUnknownPrefix";
            /// Put before a subscriber's number called.
            called_party_subscriber_prefix: Presence<String> = "calledPartySubscriberPrefix";
            /// How many digits a national number called loses at the front.
            called_party_national_strip_digits: Presence<String> = "calledPartyNationalStripDigits";
            /// How many digits an international number called loses at the front.
            called_party_international_strip_digits: Presence<String> = "calledPartyInternationalStripDigits";
            /// How many digits a number called of unknown kind loses at the front.
            called_party_unknown_strip_digits: Presence<String> = "calledPartyUnknownStripDigits";
            /// How many digits a subscriber's number called loses at the front.
            called_party_subscriber_strip_digits: Presence<String> = "calledPartySubscriberStripDigits";
            /// Calling search space that changes a national number called.
            called_party_national_transformation_css_name: Presence<ForeignKey> = "calledPartyNationalTransformationCssName";
            /// Calling search space that changes an international number called.
            called_party_international_transformation_css_name: Presence<ForeignKey> = "calledPartyInternationalTransformationCssName";
            /// Calling search space that changes a number called of unknown kind.
            called_party_unknown_transformation_css_name: Presence<ForeignKey> = "calledPartyUnknownTransformationCssName";
            /// Calling search space that changes a subscriber's number called.
            called_party_subscriber_transformation_css_name: Presence<ForeignKey> = "calledPartySubscriberTransformationCssName";
            /// Patterns enrolled in intercompany media.
            ime_enrolled_pattern_group_name: Presence<ForeignKey> = "imeEnrolledPatternGroupName";
            /// Calling search space that changes the number connected.
            cntd_pn_transformation_css_name: Presence<ForeignKey> = "cntdPnTransformationCssName";
            /// Route groups by their local names.
            local_route_group: Vec<LocalRouteGroup> = "localRouteGroup";
            /// Calling search space that changes the number of who redirects.
            redirecting_party_transformation_css: Presence<ForeignKey> = "redirectingPartyTransformationCSS";
            /// Calling search space that changes the caller's number as phones show it.
            calling_party_transformation_css: Presence<ForeignKey> = "callingPartyTransformationCSS";
            /// Group of wireless LAN profiles.
            wireless_lan_profile_group: Presence<ForeignKey> = "wirelessLanProfileGroup";
            /// Group of emergency location numbers.
            elin_group: Presence<ForeignKey> = "elinGroup";
            /// Domain of mobile and remote access. From 12.5 on.
            mra_service_domain: Presence<ForeignKey> = "mraServiceDomain";
        }
    }

    /// A route group under the name that route lists know it by.
    LocalRouteGroup "localRouteGroup" with Default {
        children {
            /// Local name, as in `Standard Local Route Group`.
            name: Presence<String> = "name";
            /// Name of the route group; empty for none.
            value: Presence<String> = "value";
        }
    }

    /// Which to list: `LIKE` patterns with `%`, all of which must match.
    DevicePoolCriteria "searchCriteria" with Default {
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
        device_pool: DevicePool = "devicePool";
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
        /// Calling search space that changes the number of the caller.
        cgpn_transformation_css_name: Presence<ForeignKey> = "cgpnTransformationCssName";
        /// Calling search space that changes the number called.
        cdpn_transformation_css_name: Presence<ForeignKey> = "cdpnTransformationCssName";
        /// Local route group, where there is only the standard one.
        local_route_group_name: Presence<ForeignKey> = "localRouteGroupName";
        /// Geographic location.
        geo_location_name: Presence<ForeignKey> = "geoLocationName";
        /// Filter of geographic locations.
        geo_location_filter_name: Presence<ForeignKey> = "geoLocationFilterName";
        /// Put before a national number of the caller.
        calling_party_national_prefix: Presence<String> = "callingPartyNationalPrefix";
        /// Put before an international number of the caller.
        calling_party_international_prefix: Presence<String> = "callingPartyInternationalPrefix";
        /// Put before a number of the caller of unknown kind.
        calling_party_unknown_prefix: Presence<String> = "callingPartyUnknownPrefix";
        /// Put before a subscriber's number of the caller.
        calling_party_subscriber_prefix: Presence<String> = "callingPartySubscriberPrefix";
        /// Calling search space of calls that come by intercompany media.
        adjunct_calling_search_space: Presence<ForeignKey> = "adjunctCallingSearchSpace";
        /// How many digits a national number of the caller loses at the front.
        calling_party_national_strip_digits: Presence<String> = "callingPartyNationalStripDigits";
        /// How many digits an international number of the caller loses at the front.
        calling_party_international_strip_digits: Presence<String> = "callingPartyInternationalStripDigits";
        /// How many digits a number of the caller of unknown kind loses at the front.
        calling_party_unknown_strip_digits: Presence<String> = "callingPartyUnknownStripDigits";
        /// How many digits a subscriber's number of the caller loses at the front.
        calling_party_subscriber_strip_digits: Presence<String> = "callingPartySubscriberStripDigits";
        /// Calling search space that changes a national number of the caller.
        calling_party_national_transformation_css_name: Presence<ForeignKey> = "callingPartyNationalTransformationCssName";
        /// Calling search space that changes an international number of the caller.
        calling_party_international_transformation_css_name: Presence<ForeignKey> = "callingPartyInternationalTransformationCssName";
        /// Calling search space that changes a number of the caller of unknown kind.
        calling_party_unknown_transformation_css_name: Presence<ForeignKey> = "callingPartyUnknownTransformationCssName";
        /// Calling search space that changes a subscriber's number of the caller.
        calling_party_subscriber_transformation_css_name: Presence<ForeignKey> = "callingPartySubscriberTransformationCssName";
        /// Put before a national number called.
        called_party_national_prefix: Presence<String> = "calledPartyNationalPrefix";
        /// Put before an international number called.
        called_party_international_prefix: Presence<String> = "calledPartyInternationalPrefix";
        /// Put before a number called of unknown kind.
        called_party_unknown_prefix: Presence<String> = "calledPartyUnknownPrefix";
        /// Put before a subscriber's number called.
        called_party_subscriber_prefix: Presence<String> = "calledPartySubscriberPrefix";
        /// How many digits a national number called loses at the front.
        called_party_national_strip_digits: Presence<String> = "calledPartyNationalStripDigits";
        /// How many digits an international number called loses at the front.
        called_party_international_strip_digits: Presence<String> = "calledPartyInternationalStripDigits";
        /// How many digits a number called of unknown kind loses at the front.
        called_party_unknown_strip_digits: Presence<String> = "calledPartyUnknownStripDigits";
        /// How many digits a subscriber's number called loses at the front.
        called_party_subscriber_strip_digits: Presence<String> = "calledPartySubscriberStripDigits";
        /// Calling search space that changes a national number called.
        called_party_national_transformation_css_name: Presence<ForeignKey> = "calledPartyNationalTransformationCssName";
        /// Calling search space that changes an international number called.
        called_party_international_transformation_css_name: Presence<ForeignKey> = "calledPartyInternationalTransformationCssName";
        /// Calling search space that changes a number called of unknown kind.
        called_party_unknown_transformation_css_name: Presence<ForeignKey> = "calledPartyUnknownTransformationCssName";
        /// Calling search space that changes a subscriber's number called.
        called_party_subscriber_transformation_css_name: Presence<ForeignKey> = "calledPartySubscriberTransformationCssName";
        /// Patterns enrolled in intercompany media.
        ime_enrolled_pattern_group_name: Presence<ForeignKey> = "imeEnrolledPatternGroupName";
        /// Calling search space that changes the number connected.
        cntd_pn_transformation_css_name: Presence<ForeignKey> = "cntdPnTransformationCssName";
        /// Route groups by their local names.
        local_route_group: Vec<LocalRouteGroup> = "localRouteGroup";
        /// Calling search space that changes the number of who redirects.
        redirecting_party_transformation_css: Presence<ForeignKey> = "redirectingPartyTransformationCSS";
        /// Calling search space that changes the caller's number as phones show it.
        calling_party_transformation_css: Presence<ForeignKey> = "callingPartyTransformationCSS";
        /// Group of wireless LAN profiles.
        wireless_lan_profile_group: Presence<ForeignKey> = "wirelessLanProfileGroup";
        /// Group of emergency location numbers.
        elin_group: Presence<ForeignKey> = "elinGroup";
        /// Domain of mobile and remote access. From 12.5 on.
        mra_service_domain: Presence<ForeignKey> = "mraServiceDomain";
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
