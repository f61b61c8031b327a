//! Lines: `addLine`, `getLine`, `listLine`, and what is done to one.

use crate::axl::{
    AssociatedDevices, ConfidentialAccess, ForeignKey, Presence, Tags, Uuid,
    macros::{choice, command, operation, record},
};

record! {
    /// A line: a directory number in a partition.
    Line "line" with Default {
        attributes {
            /// Key of the line.
            uuid: Uuid = "uuid";
        }
        children {
            /// Directory number.
            pattern: Presence<String> = "pattern";
            /// Free text.
            description: Presence<String> = "description";
            /// `Device` for a line of a phone.
            usage: Presence<String> = "usage";
            /// Partition.
            route_partition_name: Presence<ForeignKey> = "routePartitionName";
            /// Group of automated alternate routing.
            aar_neighborhood_name: Presence<ForeignKey> = "aarNeighborhoodName";
            /// Mask of automated alternate routing.
            aar_destination_mask: Presence<String> = "aarDestinationMask";
            /// Whether automated alternate routing keeps the call's history.
            aar_keep_call_history: Presence<bool> = "aarKeepCallHistory";
            /// Whether automated alternate routing goes to voice mail.
            aar_voice_mail_enabled: Presence<bool> = "aarVoiceMailEnabled";
            /// Where all calls go.
            call_forward_all: Presence<CallForward> = "callForwardAll";
            /// Where calls from outside go when the line is busy.
            call_forward_busy: Presence<CallForward> = "callForwardBusy";
            /// Where calls from inside go when the line is busy.
            call_forward_busy_int: Presence<CallForward> = "callForwardBusyInt";
            /// Where calls from outside go when nobody answers.
            call_forward_no_answer: Presence<CallForward> = "callForwardNoAnswer";
            /// Where calls from inside go when nobody answers.
            call_forward_no_answer_int: Presence<CallForward> = "callForwardNoAnswerInt";
            /// Where calls from outside go when a hunt group has nobody.
            call_forward_no_coverage: Presence<CallForward> = "callForwardNoCoverage";
            /// Where calls from inside go when a hunt group has nobody.
            call_forward_no_coverage_int: Presence<CallForward> = "callForwardNoCoverageInt";
            /// Where calls go when the phone fails.
            call_forward_on_failure: Presence<CallForward> = "callForwardOnFailure";
            /// Where precedence calls go that nobody takes.
            call_forward_alternate_party: Presence<CallForward> = "callForwardAlternateParty";
            /// Where calls from outside go when no phone is registered.
            call_forward_not_registered: Presence<CallForward> = "callForwardNotRegistered";
            /// Where calls from inside go when no phone is registered.
            call_forward_not_registered_int: Presence<CallForward> = "callForwardNotRegisteredInt";
            /// Group whose members may take its calls.
            call_pickup_group_name: Presence<ForeignKey> = "callPickupGroupName";
            /// Whether calls are answered by themselves.
            auto_answer: Presence<String> = "autoAnswer";
            /// Number of the music while the system holds a call.
            network_hold_moh_audio_source_id: Presence<String> = "networkHoldMohAudioSourceId";
            /// Number of the music while the user holds a call.
            user_hold_moh_audio_source_id: Presence<String> = "userHoldMohAudioSourceId";
            /// Whether the caller's number is shown after a diversion. From 12.5 on.
            calling_id_presentation_when_diverted: Presence<String> = "callingIdPresentationWhenDiverted";
            /// Name shown to the caller while it rings.
            alerting_name: Presence<String> = "alertingName";
            /// The same without letters beyond ASCII.
            ascii_alerting_name: Presence<String> = "asciiAlertingName";
            /// Presence group.
            presence_group_name: Presence<ForeignKey> = "presenceGroupName";
            /// Calling search space of the line.
            share_line_appearance_css_name: Presence<ForeignKey> = "shareLineAppearanceCssName";
            /// Voice mail profile.
            voice_mail_profile_name: Presence<ForeignKey> = "voiceMailProfileName";
            /// Precedence, `Default` most often.
            pattern_precedence: Presence<String> = "patternPrecedence";
            /// What callers that are refused hear.
            release_clause: Presence<String> = "releaseClause";
            /// Seconds until a call on hold reverts.
            hr_duration: Presence<String> = "hrDuration";
            /// Seconds between reminders of a call on hold.
            hr_interval: Presence<String> = "hrInterval";
            /// Which calling search space forwarding of all calls uses.
            cfa_css_policy: Presence<String> = "cfaCssPolicy";
            /// The phone that a shared line is active on.
            default_activated_device_name: Presence<ForeignKey> = "defaultActivatedDeviceName";
            /// Where a parked call from outside goes when nobody takes it back.
            park_mon_forward_no_retrieve_dn: Presence<String> = "parkMonForwardNoRetrieveDn";
            /// Where a parked call from inside goes when nobody takes it back.
            park_mon_forward_no_retrieve_int_dn: Presence<String> = "parkMonForwardNoRetrieveIntDn";
            /// Whether a parked call from outside goes to voice mail then.
            park_mon_forward_no_retrieve_vm_enabled: Presence<bool> = "parkMonForwardNoRetrieveVmEnabled";
            /// Whether a parked call from inside goes to voice mail then.
            park_mon_forward_no_retrieve_int_vm_enabled: Presence<bool> = "parkMonForwardNoRetrieveIntVmEnabled";
            /// Calling search space of the way for calls from outside.
            park_mon_forward_no_retrieve_css_name: Presence<ForeignKey> = "parkMonForwardNoRetrieveCssName";
            /// Calling search space of the way for calls from inside.
            park_mon_forward_no_retrieve_int_css_name: Presence<ForeignKey> = "parkMonForwardNoRetrieveIntCssName";
            /// Seconds until who parked a call is reminded.
            park_mon_reversion_timer: Presence<String> = "parkMonReversionTimer";
            /// Whether a tone tells that someone joins: `On`, `Off`, `Default`.
            party_entrance_tone: Presence<String> = "partyEntranceTone";
            /// URIs that the line is called by.
            directory_uris: Presence<DirectoryUris> = "directoryURIs";
            /// Whether CTI applications may control it.
            allow_cti_control_flag: Presence<bool> = "allowCtiControlFlag";
            /// Whether calls without a number are refused.
            reject_anonymous_call: Presence<bool> = "rejectAnonymousCall";
            /// Whether it is taken without waiting for more digits.
            pattern_urgency: Presence<bool> = "patternUrgency";
            /// How confidential its calls are.
            confidential_access: Presence<ConfidentialAccess> = "confidentialAccess";
            /// Profile of external call control.
            external_call_control_profile: Presence<ForeignKey> = "externalCallControlProfile";
            /// The number by which the enterprise calls it.
            enterprise_alt_num: Presence<AlternateNumber> = "enterpriseAltNum";
            /// The number by which the world calls it.
            e164_alt_num: Presence<AlternateNumber> = "e164AltNum";
            /// Which alternate number is called over the public network when the network fails.
            pstn_failover: Presence<String> = "pstnFailover";
            /// Profile of call control agents.
            call_control_agent_profile: Presence<String> = "callControlAgentProfile";
            /// Phones that have it; only read.
            associated_devices: Presence<AssociatedDevices> = "associatedDevices";
            /// Whether there is a number for the enterprise.
            use_enterprise_alt_num: Presence<bool> = "useEnterpriseAltNum";
            /// Whether there is a number for the world.
            use_e164_alt_num: Presence<bool> = "useE164AltNum";
            /// Whether calls reach it.
            active: Presence<bool> = "active";
            /// Number and name that those outside see. From 12.5 on.
            external_presentation_info: Presence<ExternalPresentationInfo> = "externalPresentationInfo";
        }
    }

    /// Where calls go instead. Which children there are depends on why.
    CallForward "callForward" with Default {
        children {
            /// Whether to voice mail.
            forward_to_voice_mail: Presence<bool> = "forwardToVoiceMail";
            /// Calling search space of the way.
            calling_search_space_name: Presence<ForeignKey> = "callingSearchSpaceName";
            /// A second one, for [`Line::call_forward_all`].
            secondary_calling_search_space_name: Presence<ForeignKey> = "secondaryCallingSearchSpaceName";
            /// The number.
            destination: Presence<String> = "destination";
            /// Seconds until it is done, where nobody answers.
            duration: Presence<String> = "duration";
        }
    }

    /// URIs that a line is called by.
    DirectoryUris "directoryURIs" with Default {
        children {
            /// The URIs.
            directory_uris: Vec<DirectoryUri> = "directoryUri";
        }
    }

    /// A URI that a line is called by.
    DirectoryUri "directoryUri" with Default {
        attributes {
            /// Key of the URI.
            uuid: Uuid = "uuid";
        }
        children {
            /// Whether it is the one shown.
            is_primary: Presence<bool> = "isPrimary";
            /// User and host.
            uri: Presence<String> = "uri";
            /// Partition.
            partition: Presence<ForeignKey> = "partition";
            /// Whether other clusters are told.
            advertise_globally_via_ils: Presence<bool> = "advertiseGloballyViaIls";
        }
    }

    /// Another number that a line is called by.
    AlternateNumber "altNum" with Default {
        children {
            /// The number, with `X` for digits of the line's own.
            num_mask: Presence<String> = "numMask";
            /// Whether it is taken without waiting for more digits.
            is_urgent: Presence<bool> = "isUrgent";
            /// Whether it is called in this cluster.
            add_local_route_partition: Presence<bool> = "addLocalRoutePartition";
            /// Partition for that.
            route_partition: Presence<ForeignKey> = "routePartition";
            /// Whether other clusters are told.
            advertise_globally_ils: Presence<bool> = "advertiseGloballyIls";
        }
    }

    /// What those outside see of a caller: nothing, or this number and name.
    ExternalPresentationInfo "externalPresentationInfo" with Default {
        children {
            /// Whether nothing.
            is_anonymous: Presence<bool> = "isAnonymous";
            /// Number and name.
            presentation_info: Presence<PresentationInfo> = "presentationInfo";
        }
    }

    /// Number and name that those outside see.
    PresentationInfo "presentationInfo" with Default {
        children {
            /// Number, with `X` for digits of the line's own.
            external_presentation_number: Presence<String> = "externalPresentationNumber";
            /// Name.
            external_presentation_name: Presence<String> = "externalPresentationName";
        }
    }

    /// What lines to list: `LIKE` patterns with `%`, all of which must match.
    LineCriteria "searchCriteria" with Default {
        children {
            /// Directory number.
            pattern: Option<String> = "pattern";
            /// Description.
            description: Option<String> = "description";
            /// Usage.
            usage: Option<String> = "usage";
            /// Partition.
            route_partition_name: Option<String> = "routePartitionName";
        }
    }
}

choice! {
    /// Names a line; a pattern goes with a partition.
    LineKey {
        /// By key.
        Uuid(Uuid) = "uuid",
        /// By directory number.
        Pattern(String) = "pattern",
    }
}

command! {
    /// Adds a line. The schema wants pattern and usage.
    AddLine "addLine" {
        /// The line.
        line: Line = "line";
    }

    /// Changes a line. What is absent stays as it is; nil, or an empty value, clears.
    UpdateLine "updateLine" {
        /// Which.
        key: LineKey = "uuid | pattern";
        /// Partition of the pattern.
        route_partition_name: Presence<ForeignKey> = "routePartitionName";
        /// New directory number.
        new_pattern: Presence<String> = "newPattern";
        /// Free text.
        description: Presence<String> = "description";
        /// New partition.
        new_route_partition_name: Presence<ForeignKey> = "newRoutePartitionName";
        /// Group of automated alternate routing.
        aar_neighborhood_name: Presence<ForeignKey> = "aarNeighborhoodName";
        /// Mask of automated alternate routing.
        aar_destination_mask: Presence<String> = "aarDestinationMask";
        /// Whether automated alternate routing keeps the call's history.
        aar_keep_call_history: Presence<bool> = "aarKeepCallHistory";
        /// Whether automated alternate routing goes to voice mail.
        aar_voice_mail_enabled: Presence<bool> = "aarVoiceMailEnabled";
        /// Where all calls go.
        call_forward_all: Presence<CallForward> = "callForwardAll";
        /// Where calls from outside go when the line is busy.
        call_forward_busy: Presence<CallForward> = "callForwardBusy";
        /// Where calls from inside go when the line is busy.
        call_forward_busy_int: Presence<CallForward> = "callForwardBusyInt";
        /// Where calls from outside go when nobody answers.
        call_forward_no_answer: Presence<CallForward> = "callForwardNoAnswer";
        /// Where calls from inside go when nobody answers.
        call_forward_no_answer_int: Presence<CallForward> = "callForwardNoAnswerInt";
        /// Where calls from outside go when a hunt group has nobody.
        call_forward_no_coverage: Presence<CallForward> = "callForwardNoCoverage";
        /// Where calls from inside go when a hunt group has nobody.
        call_forward_no_coverage_int: Presence<CallForward> = "callForwardNoCoverageInt";
        /// Where calls go when the phone fails.
        call_forward_on_failure: Presence<CallForward> = "callForwardOnFailure";
        /// Where precedence calls go that nobody takes.
        call_forward_alternate_party: Presence<CallForward> = "callForwardAlternateParty";
        /// Where calls from outside go when no phone is registered.
        call_forward_not_registered: Presence<CallForward> = "callForwardNotRegistered";
        /// Where calls from inside go when no phone is registered.
        call_forward_not_registered_int: Presence<CallForward> = "callForwardNotRegisteredInt";
        /// Group whose members may take its calls.
        call_pickup_group_name: Presence<ForeignKey> = "callPickupGroupName";
        /// Whether calls are answered by themselves.
        auto_answer: Presence<String> = "autoAnswer";
        /// Number of the music while the system holds a call.
        network_hold_moh_audio_source_id: Presence<String> = "networkHoldMohAudioSourceId";
        /// Number of the music while the user holds a call.
        user_hold_moh_audio_source_id: Presence<String> = "userHoldMohAudioSourceId";
        /// Whether the caller's number is shown after a diversion. From 12.5 on.
        calling_id_presentation_when_diverted: Presence<String> = "callingIdPresentationWhenDiverted";
        /// Name shown to the caller while it rings.
        alerting_name: Presence<String> = "alertingName";
        /// The same without letters beyond ASCII.
        ascii_alerting_name: Presence<String> = "asciiAlertingName";
        /// Presence group.
        presence_group_name: Presence<ForeignKey> = "presenceGroupName";
        /// Calling search space of the line.
        share_line_appearance_css_name: Presence<ForeignKey> = "shareLineAppearanceCssName";
        /// Voice mail profile.
        voice_mail_profile_name: Presence<ForeignKey> = "voiceMailProfileName";
        /// Precedence, `Default` most often.
        pattern_precedence: Presence<String> = "patternPrecedence";
        /// What callers that are refused hear.
        release_clause: Presence<String> = "releaseClause";
        /// Seconds until a call on hold reverts.
        hr_duration: Presence<String> = "hrDuration";
        /// Seconds between reminders of a call on hold.
        hr_interval: Presence<String> = "hrInterval";
        /// Which calling search space forwarding of all calls uses.
        cfa_css_policy: Presence<String> = "cfaCssPolicy";
        /// The phone that a shared line is active on.
        default_activated_device_name: Presence<ForeignKey> = "defaultActivatedDeviceName";
        /// Where a parked call from outside goes when nobody takes it back.
        park_mon_forward_no_retrieve_dn: Presence<String> = "parkMonForwardNoRetrieveDn";
        /// Where a parked call from inside goes when nobody takes it back.
        park_mon_forward_no_retrieve_int_dn: Presence<String> = "parkMonForwardNoRetrieveIntDn";
        /// Whether a parked call from outside goes to voice mail then.
        park_mon_forward_no_retrieve_vm_enabled: Presence<bool> = "parkMonForwardNoRetrieveVmEnabled";
        /// Whether a parked call from inside goes to voice mail then.
        park_mon_forward_no_retrieve_int_vm_enabled: Presence<bool> = "parkMonForwardNoRetrieveIntVmEnabled";
        /// Calling search space of the way for calls from outside.
        park_mon_forward_no_retrieve_css_name: Presence<ForeignKey> = "parkMonForwardNoRetrieveCssName";
        /// Calling search space of the way for calls from inside.
        park_mon_forward_no_retrieve_int_css_name: Presence<ForeignKey> = "parkMonForwardNoRetrieveIntCssName";
        /// Seconds until who parked a call is reminded.
        park_mon_reversion_timer: Presence<String> = "parkMonReversionTimer";
        /// Whether a tone tells that someone joins: `On`, `Off`, `Default`.
        party_entrance_tone: Presence<String> = "partyEntranceTone";
        /// URIs that the line is called by.
        directory_uris: Presence<DirectoryUris> = "directoryURIs";
        /// Whether CTI applications may control it.
        allow_cti_control_flag: Presence<bool> = "allowCtiControlFlag";
        /// Whether calls without a number are refused.
        reject_anonymous_call: Presence<bool> = "rejectAnonymousCall";
        /// Whether it is taken without waiting for more digits.
        pattern_urgency: Presence<bool> = "patternUrgency";
        /// How confidential its calls are.
        confidential_access: Presence<ConfidentialAccess> = "confidentialAccess";
        /// Profile of external call control.
        external_call_control_profile: Presence<ForeignKey> = "externalCallControlProfile";
        /// The number by which the enterprise calls it.
        enterprise_alt_num: Presence<AlternateNumber> = "enterpriseAltNum";
        /// The number by which the world calls it.
        e164_alt_num: Presence<AlternateNumber> = "e164AltNum";
        /// Which alternate number is called over the public network when the network fails.
        pstn_failover: Presence<String> = "pstnFailover";
        /// Profile of call control agents.
        call_control_agent_profile: Presence<String> = "callControlAgentProfile";
        /// Whether there is a number for the enterprise.
        use_enterprise_alt_num: Presence<bool> = "useEnterpriseAltNum";
        /// Whether there is a number for the world.
        use_e164_alt_num: Presence<bool> = "useE164AltNum";
        /// Whether calls reach it.
        active: Presence<bool> = "active";
        /// Number and name that those outside see. From 12.5 on.
        external_presentation_info: Presence<ExternalPresentationInfo> = "externalPresentationInfo";
    }

    /// Takes a line out of the configuration.
    RemoveLine "removeLine" {
        /// Which.
        key: LineKey = "uuid | pattern";
        /// Partition of the pattern.
        route_partition_name: Presence<ForeignKey> = "routePartitionName";
    }

    /// Makes changes of the configuration take effect, with as little interruption as possible.
    ApplyLine "applyLine" {
        /// Which.
        key: LineKey = "uuid | pattern";
        /// Partition of the pattern.
        route_partition_name: Presence<ForeignKey> = "routePartitionName";
    }

    /// Makes the phones of the line register anew.
    RestartLine "restartLine" {
        /// Which.
        key: LineKey = "uuid | pattern";
        /// Partition of the pattern.
        route_partition_name: Presence<ForeignKey> = "routePartitionName";
    }

    /// Makes the phones of the line start anew.
    ResetLine "resetLine" {
        /// Which.
        key: LineKey = "uuid | pattern";
        /// Partition of the pattern.
        route_partition_name: Presence<ForeignKey> = "routePartitionName";
    }
}

operation! {
    /// Asks for one line.
    GetLine "getLine" {
        /// Which.
        key: LineKey = "uuid | pattern";
        /// Partition of the pattern.
        route_partition_name: Presence<ForeignKey> = "routePartitionName";
        /// What of it; everything when there is no mask.
        returned_tags: Option<Tags> = "returnedTags";
    }
    /// The line.
    -> GetLineReply {
        /// The line, reduced to what was asked.
        line: Line = "line";
    }

    /// Asks for lines.
    ListLine "listLine" {
        /// Which.
        criteria: LineCriteria = "searchCriteria";
        /// What of each.
        returned_tags: Tags = "returnedTags";
        /// How many to leave out at the front.
        skip: Option<u64> = "skip";
        /// How many to answer at most.
        first: Option<u64> = "first";
    }
    /// The lines; past the end there are none.
    -> ListLineReply {
        /// The lines, reduced to what was asked.
        lines: Vec<Line> = "line";
    }
}
