//! Route patterns: which numbers leave by which way.

use crate::axl::{
    ForeignKey, LineKey, Presence, Tags, Uuid,
    macros::{command, operation, record},
};

record! {
    /// A route pattern.
    RoutePattern "routePattern" with Default {
        attributes {
            /// Key of the pattern.
            uuid: Uuid = "uuid";
        }
        children {
            /// Digits and wildcards, as in `9.@`.
            pattern: Presence<String> = "pattern";
            /// Free text.
            description: Presence<String> = "description";
            /// `Route`; only read.
            usage: Presence<String> = "usage";
            /// Partition.
            route_partition_name: Presence<ForeignKey> = "routePartitionName";
            /// Whether calls are refused.
            block_enable: Presence<bool> = "blockEnable";
            /// Mask put over the number called.
            called_party_transformation_mask: Presence<String> = "calledPartyTransformationMask";
            /// Mask put over the number of the caller.
            calling_party_transformation_mask: Presence<String> = "callingPartyTransformationMask";
            /// Whether the caller's external mask is used: `On`, `Off`, `Default`.
            use_calling_party_phone_mask: Presence<String> = "useCallingPartyPhoneMask";
            /// Digits put before the number of the caller.
            calling_party_prefix_digits: Presence<String> = "callingPartyPrefixDigits";
            /// Dial plan of a pattern with `@`.
            dial_plan_name: Presence<ForeignKey> = "dialPlanName";
            /// Number from the dial plan wizard; only read.
            dial_plan_wizard_gen_id: Presence<String> = "dialPlanWizardGenId";
            /// Which digits are taken off, as in `PreDot`.
            digit_discard_instruction_name: Presence<ForeignKey> = "digitDiscardInstructionName";
            /// Whether calls leave the house: `OnNet`, `OffNet`.
            network_location: Presence<String> = "networkLocation";
            /// Whether it is taken without waiting for more digits.
            pattern_urgency: Presence<bool> = "patternUrgency";
            /// Digits put before the number called.
            prefix_digits_out: Presence<String> = "prefixDigitsOut";
            /// Route filter.
            route_filter_name: Presence<ForeignKey> = "routeFilterName";
            /// Whether the caller's number is shown: `Default`, `Allowed`, `Restricted`.
            calling_line_presentation_bit: Presence<String> = "callingLinePresentationBit";
            /// Whether the caller's name is shown.
            calling_name_presentation_bit: Presence<String> = "callingNamePresentationBit";
            /// Whether the number connected is shown.
            connected_line_presentation_bit: Presence<String> = "connectedLinePresentationBit";
            /// Whether the name connected is shown.
            connected_name_presentation_bit: Presence<String> = "connectedNamePresentationBit";
            /// Whether digits are sent one by one.
            support_overlap_sending: Presence<bool> = "supportOverlapSending";
            /// Precedence, `Default` most often.
            pattern_precedence: Presence<String> = "patternPrecedence";
            /// What callers that are refused hear.
            release_clause: Presence<String> = "releaseClause";
            /// Whether the device may say otherwise.
            allow_device_override: Presence<bool> = "allowDeviceOverride";
            /// Whether callers hear a second dial tone.
            provide_outside_dialtone: Presence<bool> = "provideOutsideDialtone";
            /// Numbering plan of the caller's number.
            calling_party_numbering_plan: Presence<String> = "callingPartyNumberingPlan";
            /// Kind of the caller's number.
            calling_party_number_type: Presence<String> = "callingPartyNumberType";
            /// Numbering plan of the number called.
            called_party_numbering_plan: Presence<String> = "calledPartyNumberingPlan";
            /// Kind of the number called.
            called_party_number_type: Presence<String> = "calledPartyNumberType";
            /// Where calls go.
            destination: Presence<RouteDestination> = "destination";
            /// Whether callers have to enter an authorization code.
            authorization_code_required: Presence<bool> = "authorizationCodeRequired";
            /// Lowest level of that code.
            authorization_level_required: Presence<String> = "authorizationLevelRequired";
            /// Whether callers have to enter a client code.
            client_code_required: Presence<bool> = "clientCodeRequired";
            /// Tag that calls are marked with; only read.
            with_tag: Presence<String> = "withTag";
            /// Condition of the pattern; only read.
            with_value_clause: Presence<String> = "withValueClause";
            /// Facilities asked of an ISDN network.
            isdn_nsf_info_element: Presence<IsdnNsfInfo> = "isdnNsfInfoElement";
            /// Namespace of precedence of SIP calls.
            resource_priority_namespace_name: Presence<ForeignKey> = "resourcePriorityNamespaceName";
            /// Kind of traffic, as in `Default` or `Voice`.
            route_class: Presence<String> = "routeClass";
            /// Whether a part of the calls is blocked under stress.
            enable_dcc_enforcement: Presence<bool> = "enableDccEnforcement";
            /// How many of them, in percent.
            blocked_call_percentage: Presence<String> = "blockedCallPercentage";
            /// Profile of external call control.
            external_call_control: Presence<ForeignKey> = "externalCallControl";
            /// Whether it is an emergency number.
            is_emergency_service_number: Presence<bool> = "isEmergencyServiceNumber";
        }
    }

    /// Where calls of a route pattern go: one of both.
    RouteDestination "destination" with Default {
        children {
            /// A gateway or trunk.
            gateway_name: Presence<ForeignKey> = "gatewayName";
            /// A route list.
            route_list_name: Presence<ForeignKey> = "routeListName";
        }
    }

    /// Facilities asked of an ISDN network.
    IsdnNsfInfo "isdnNsfInfoElement" with Default {
        children {
            /// Carrier identification code.
            cic: Presence<String> = "cic";
            /// Protocol of the service.
            network_service_protocol: Presence<String> = "networkServiceProtocol";
            /// The service.
            network_service: Presence<String> = "networkService";
            /// Its parameter.
            param_value: Presence<String> = "paramValue";
        }
    }

    /// Which to list: `LIKE` patterns with `%`, all of which must match.
    RoutePatternCriteria "searchCriteria" with Default {
        children {
            /// Pattern.
            pattern: Option<String> = "pattern";
            /// Description.
            description: Option<String> = "description";
            /// Partition.
            route_partition_name: Option<String> = "routePartitionName";
            /// Whether the pattern is for emergency calls.
            is_emergency_service_number: Option<String> = "isEmergencyServiceNumber";
        }
    }
}

operation! {
    /// Asks for one route pattern.
    GetRoutePattern "getRoutePattern" {
        /// Which.
        key: LineKey = "uuid | pattern";
        /// Partition of the pattern.
        route_partition_name: Presence<ForeignKey> = "routePartitionName";
        /// Dial plan of the pattern.
        dial_plan_name: Presence<ForeignKey> = "dialPlanName";
        /// Route filter of the pattern.
        route_filter_name: Presence<ForeignKey> = "routeFilterName";
        /// What of it; everything when there is no mask.
        returned_tags: Option<Tags> = "returnedTags";
    }
    /// The route pattern.
    -> GetRoutePatternReply {
        /// The route pattern, reduced to what was asked.
        route_pattern: RoutePattern = "routePattern";
    }

    /// Asks for route patterns.
    ListRoutePattern "listRoutePattern" {
        /// Which.
        criteria: RoutePatternCriteria = "searchCriteria";
        /// What of each.
        returned_tags: Tags = "returnedTags";
        /// How many to leave out at the front.
        skip: Option<u64> = "skip";
        /// How many to answer at most.
        first: Option<u64> = "first";
    }
    /// The route patterns; past the end there are none.
    -> ListRoutePatternReply {
        /// The route patterns, reduced to what was asked.
        route_patterns: Vec<RoutePattern> = "routePattern";
    }
}

command! {
    /// Adds a route pattern. The schema wants pattern, routePartitionName, blockEnable,
    /// useCallingPartyPhoneMask, dialPlanName, digitDiscardInstructionName, networkLocation,
    /// prefixDigitsOut, routeFilterName and destination; references may be nil.
    AddRoutePattern "addRoutePattern" {
        /// The route pattern.
        route_pattern: RoutePattern = "routePattern";
    }

    /// Changes a route pattern. What is absent stays as it is; nil, or an empty value, clears.
    UpdateRoutePattern "updateRoutePattern" {
        /// Which.
        key: LineKey = "uuid | pattern";
        /// Partition of the pattern.
        route_partition_name: Presence<ForeignKey> = "routePartitionName";
        /// Dial plan of the pattern.
        dial_plan_name: Presence<ForeignKey> = "dialPlanName";
        /// Route filter of the pattern.
        route_filter_name: Presence<ForeignKey> = "routeFilterName";
        /// New digits and wildcards, as in `9.@`.
        new_pattern: Presence<String> = "newPattern";
        /// Free text.
        description: Presence<String> = "description";
        /// New partition.
        new_route_partition_name: Presence<ForeignKey> = "newRoutePartitionName";
        /// Whether calls are refused.
        block_enable: Presence<bool> = "blockEnable";
        /// Mask put over the number called.
        called_party_transformation_mask: Presence<String> = "calledPartyTransformationMask";
        /// Mask put over the number of the caller.
        calling_party_transformation_mask: Presence<String> = "callingPartyTransformationMask";
        /// Whether the caller's external mask is used: `On`, `Off`, `Default`.
        use_calling_party_phone_mask: Presence<String> = "useCallingPartyPhoneMask";
        /// Digits put before the number of the caller.
        calling_party_prefix_digits: Presence<String> = "callingPartyPrefixDigits";
        /// New dial plan of a pattern with `@`.
        new_dial_plan_name: Presence<ForeignKey> = "newDialPlanName";
        /// Which digits are taken off, as in `PreDot`.
        digit_discard_instruction_name: Presence<ForeignKey> = "digitDiscardInstructionName";
        /// Whether calls leave the house: `OnNet`, `OffNet`.
        network_location: Presence<String> = "networkLocation";
        /// Whether it is taken without waiting for more digits.
        pattern_urgency: Presence<bool> = "patternUrgency";
        /// Digits put before the number called.
        prefix_digits_out: Presence<String> = "prefixDigitsOut";
        /// New route filter.
        new_route_filter_name: Presence<ForeignKey> = "newRouteFilterName";
        /// Whether the caller's number is shown: `Default`, `Allowed`, `Restricted`.
        calling_line_presentation_bit: Presence<String> = "callingLinePresentationBit";
        /// Whether the caller's name is shown.
        calling_name_presentation_bit: Presence<String> = "callingNamePresentationBit";
        /// Whether the number connected is shown.
        connected_line_presentation_bit: Presence<String> = "connectedLinePresentationBit";
        /// Whether the name connected is shown.
        connected_name_presentation_bit: Presence<String> = "connectedNamePresentationBit";
        /// Whether digits are sent one by one.
        support_overlap_sending: Presence<bool> = "supportOverlapSending";
        /// Precedence, `Default` most often.
        pattern_precedence: Presence<String> = "patternPrecedence";
        /// What callers that are refused hear.
        release_clause: Presence<String> = "releaseClause";
        /// Whether the device may say otherwise.
        allow_device_override: Presence<bool> = "allowDeviceOverride";
        /// Whether callers hear a second dial tone.
        provide_outside_dialtone: Presence<bool> = "provideOutsideDialtone";
        /// Numbering plan of the caller's number.
        calling_party_numbering_plan: Presence<String> = "callingPartyNumberingPlan";
        /// Kind of the caller's number.
        calling_party_number_type: Presence<String> = "callingPartyNumberType";
        /// Numbering plan of the number called.
        called_party_numbering_plan: Presence<String> = "calledPartyNumberingPlan";
        /// Kind of the number called.
        called_party_number_type: Presence<String> = "calledPartyNumberType";
        /// Where calls go.
        destination: Presence<RouteDestination> = "destination";
        /// Whether callers have to enter an authorization code.
        authorization_code_required: Presence<bool> = "authorizationCodeRequired";
        /// Lowest level of that code.
        authorization_level_required: Presence<String> = "authorizationLevelRequired";
        /// Whether callers have to enter a client code.
        client_code_required: Presence<bool> = "clientCodeRequired";
        /// Facilities asked of an ISDN network.
        isdn_nsf_info_element: Presence<IsdnNsfInfo> = "isdnNsfInfoElement";
        /// Namespace of precedence of SIP calls.
        resource_priority_namespace_name: Presence<ForeignKey> = "resourcePriorityNamespaceName";
        /// Kind of traffic, as in `Default` or `Voice`.
        route_class: Presence<String> = "routeClass";
        /// Whether a part of the calls is blocked under stress.
        enable_dcc_enforcement: Presence<bool> = "enableDccEnforcement";
        /// How many of them, in percent.
        blocked_call_percentage: Presence<String> = "blockedCallPercentage";
        /// Profile of external call control.
        external_call_control: Presence<ForeignKey> = "externalCallControl";
        /// Whether it is an emergency number.
        is_emergency_service_number: Presence<bool> = "isEmergencyServiceNumber";
    }

    /// Takes a route pattern out of the configuration.
    RemoveRoutePattern "removeRoutePattern" {
        /// Which.
        key: LineKey = "uuid | pattern";
        /// Partition of the pattern.
        route_partition_name: Presence<ForeignKey> = "routePartitionName";
        /// Dial plan of the pattern.
        dial_plan_name: Presence<ForeignKey> = "dialPlanName";
        /// Route filter of the pattern.
        route_filter_name: Presence<ForeignKey> = "routeFilterName";
    }
}
