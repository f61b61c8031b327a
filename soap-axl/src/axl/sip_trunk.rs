//! SIP trunks.

use crate::{
    axl::{
        ConfidentialAccess, DeviceProtocol, ExternalPresentationInfo, ForeignKey, NameKey,
        Presence, Product, Tags, Uuid,
        macros::{command, operation, record},
    },
    xml::Element,
};

record! {
    /// A SIP trunk.
    SipTrunk "sipTrunk" with Default {
        attributes {
            /// Number of the trunk in the database.
            ctiid: u64 = "ctiid";
            /// Key of the trunk.
            uuid: Uuid = "uuid";
        }
        children {
            /// Name.
            name: Presence<String> = "name";
            /// Free text.
            description: Presence<String> = "description";
            /// `SIP Trunk`.
            product: Presence<Product> = "product";
            /// Model; only read.
            model: Presence<String> = "model";
            /// `Trunk`.
            class: Presence<String> = "class";
            /// `SIP`.
            protocol: Presence<DeviceProtocol> = "protocol";
            /// `Network`.
            protocol_side: Presence<String> = "protocolSide";
            /// Calling search space of calls that come in.
            calling_search_space_name: Presence<ForeignKey> = "callingSearchSpaceName";
            /// Device pool.
            device_pool_name: Presence<ForeignKey> = "devicePoolName";
            /// Common device configuration.
            common_device_config_name: Presence<ForeignKey> = "commonDeviceConfigName";
            /// Whether calls over it are inside: `OnNet`, `OffNet`, `Use System Default`.
            network_location: Presence<String> = "networkLocation";
            /// Location.
            location_name: Presence<ForeignKey> = "locationName";
            /// Media resource group list.
            media_resource_list_name: Presence<ForeignKey> = "mediaResourceListName";
            /// Number of the music while the system holds a call.
            network_hold_moh_audio_source_id: Presence<String> = "networkHoldMohAudioSourceId";
            /// Number of the music while the user holds a call.
            user_hold_moh_audio_source_id: Presence<String> = "userHoldMohAudioSourceId";
            /// Calling search space of automated alternate routing.
            automated_alternate_routing_css_name: Presence<ForeignKey> = "automatedAlternateRoutingCssName";
            /// Group of automated alternate routing.
            aar_neighborhood_name: Presence<ForeignKey> = "aarNeighborhoodName";
            /// `None` or a mode of packet capture.
            packet_capture_mode: Presence<String> = "packetCaptureMode";
            /// Minutes of packet capture.
            packet_capture_duration: Presence<String> = "packetCaptureDuration";
            /// Firmware, text with an attribute `special` when it is not the default.
            load_information: Option<Element> = "loadInformation";
            /// Changes when the configuration of the device does; only read.
            version_stamp: Presence<String> = "versionStamp";
            /// Whether the device is traced.
            trace_flag: Presence<bool> = "traceFlag";
            /// Domain of precedence calls.
            mlpp_domain_id: Presence<String> = "mlppDomainId";
            /// Whether precedence is shown: `On`, `Off` or `Default`.
            mlpp_indication_status: Presence<String> = "mlppIndicationStatus";
            /// How calls of higher precedence take over: `Disabled`, `Forceful`, `Default`.
            preemption: Presence<String> = "preemption";
            /// Whether media pass a trusted relay point: `On`, `Off` or `Default`.
            use_trusted_relay_point: Presence<String> = "useTrustedRelayPoint";
            /// Whether a video call that fails is tried as audio.
            retry_video_call_as_audio: Presence<bool> = "retryVideoCallAsAudio";
            /// Security profile.
            security_profile_name: Presence<ForeignKey> = "securityProfileName";
            /// SIP profile.
            sip_profile_name: Presence<ForeignKey> = "sipProfileName";
            /// Calling search space that changes the number of the caller.
            cgpn_transformation_css_name: Presence<ForeignKey> = "cgpnTransformationCssName";
            /// Whether the one of the device pool is used for the caller's number.
            use_device_pool_cgpn_transform_css: Presence<bool> = "useDevicePoolCgpnTransformCss";
            /// Geographic location.
            geo_location_name: Presence<ForeignKey> = "geoLocationName";
            /// Filter of geographic locations.
            geo_location_filter_name: Presence<ForeignKey> = "geoLocationFilterName";
            /// Whether the geographic location is told to others.
            send_geo_location: Presence<bool> = "sendGeoLocation";
            /// Calling search space that changes the number called.
            cdpn_transformation_css_name: Presence<ForeignKey> = "cdpnTransformationCssName";
            /// Whether the one of the device pool is used for the number called.
            use_device_pool_cdpn_transform_css: Presence<bool> = "useDevicePoolCdpnTransformCss";
            /// Whether nobody sits at the device, as for voice mail.
            unattended_port: Presence<bool> = "unattendedPort";
            /// Whether names are sent in UTF-8.
            transmit_utf8: Presence<bool> = "transmitUtf8";
            /// Calling search space of presence requests.
            subscribe_calling_search_space_name: Presence<ForeignKey> = "subscribeCallingSearchSpaceName";
            /// Calling search space of calls that are rerouted.
            reroute_calling_search_space_name: Presence<ForeignKey> = "rerouteCallingSearchSpaceName";
            /// Calling search space of calls that a REFER starts.
            refer_calling_search_space_name: Presence<ForeignKey> = "referCallingSearchSpaceName";
            /// Whether media pass a termination point.
            mtp_required: Presence<bool> = "mtpRequired";
            /// Presence group.
            presence_group_name: Presence<ForeignKey> = "presenceGroupName";
            /// Put before a number of the caller of unknown kind.
            unknown_prefix: Presence<String> = "unknownPrefix";
            /// Whether the destination is an SRV record.
            dest_addr_is_srv: Presence<bool> = "destAddrIsSrv";
            /// Codec of the media termination point.
            tk_sip_codec: Presence<String> = "tkSipCodec";
            /// How many digits of a called number count: text, with an attribute `enable`.
            sig_digits: Option<Element> = "sigDigits";
            /// Whether the name connected is shown: `Default`, `Allowed`, `Restricted`.
            connected_name_presentation: Presence<String> = "connectedNamePresentation";
            /// Whether the number connected is shown.
            connected_party_id_presentation: Presence<String> = "connectedPartyIdPresentation";
            /// Whose number stands for the caller: `Originator` and others.
            calling_party_selection: Presence<String> = "callingPartySelection";
            /// Whether the caller's name is shown.
            callingname: Presence<String> = "callingname";
            /// Whether the caller's number is shown.
            calling_line_id_presentation: Presence<String> = "callingLineIdPresentation";
            /// Put before numbers called by what comes in.
            prefix_dn: Presence<String> = "prefixDn";
            /// Number and name that those outside see. From 12.5 on.
            external_presentation_info: Presence<ExternalPresentationInfo> = "externalPresentationInfo";
            /// Whether who redirected is taken from what comes in.
            accept_inbound_rdnis: Presence<bool> = "acceptInboundRdnis";
            /// Whether who redirected is told in what goes out.
            accept_outbound_rdnis: Presence<bool> = "acceptOutboundRdnis";
            /// Whether media may be encrypted.
            srtp_allowed: Presence<bool> = "srtpAllowed";
            /// Whether media go unencrypted when there is no other way.
            srtp_fallback_allowed: Presence<bool> = "srtpFallbackAllowed";
            /// Whether `P-Asserted-Identity` is sent.
            is_pai_enabled: Presence<bool> = "isPaiEnabled";
            /// Privacy that is asked for.
            sip_privacy: Presence<String> = "sipPrivacy";
            /// Whether `Remote-Party-ID` is sent.
            is_rpid_enabled: Presence<bool> = "isRpidEnabled";
            /// Which header asserts the identity: `Default`, `PAI`, `PPI`.
            sip_asserted_type: Presence<String> = "sipAssertedType";
            /// Which identities are trusted. From 12.0 on.
            trust_received_identity: Presence<String> = "trustReceivedIdentity";
            /// How digits are sent: `No Preference`, `RFC 2833` and others.
            dtmf_signaling_method: Presence<String> = "dtmfSignalingMethod";
            /// Whether the kind of traffic is signalled: `On`, `Off` or `Default`.
            route_class_signalling: Presence<String> = "routeClassSignalling";
            /// What the trunk is for: `None(Default)` and others.
            sip_trunk_type: Presence<String> = "sipTrunkType";
            /// Whether it leads to the public network.
            pstn_access: Presence<bool> = "pstnAccess";
            /// Transformation of numbers for intercompany media.
            ime_e164_transformation_name: Presence<ForeignKey> = "imeE164TransformationName";
            /// Whether intercompany media use the public address.
            use_ime_public_ip_port: Presence<bool> = "useImePublicIpPort";
            /// Whether the one of the device pool is used for the number connected.
            use_device_pool_cntd_pn_transformation_css: Presence<bool> = "useDevicePoolCntdPnTransformationCss";
            /// Calling search space that changes the number connected.
            cntd_pn_transformation_css_name: Presence<ForeignKey> = "cntdPnTransformationCssName";
            /// Whether the one of the device pool is used for numbers of the caller of unknown kind.
            use_device_pool_cgpn_transform_css_unkn: Presence<bool> = "useDevicePoolCgpnTransformCssUnkn";
            /// Calling search space that changes the number of who redirects.
            rdn_transformation_css_name: Presence<ForeignKey> = "rdnTransformationCssName";
            /// Whether the one of the device pool is used for it.
            use_device_pool_rdn_transform_css: Presence<bool> = "useDevicePoolRdnTransformCss";
            /// Whether the first caller's presentation is kept by a diversion. From 12.5 on.
            use_orig_calling_party_pres_on_divert: Presence<bool> = "useOrigCallingPartyPresOnDivert";
            /// Script that changes SIP messages.
            sip_normalization_script_name: Presence<ForeignKey> = "sipNormalizationScriptName";
            /// Whether every node serves it.
            run_on_every_node: Presence<bool> = "runOnEveryNode";
            /// Where it leads.
            destinations: Presence<SipTrunkDestinations> = "destinations";
            /// How many digits a number of the caller of unknown kind loses at the front.
            unknown_strip_digits: Presence<String> = "unknownStripDigits";
            /// Calling search space that changes a number of the caller of unknown kind.
            cgpn_transformation_unknown_css_name: Presence<ForeignKey> = "cgpnTransformationUnknownCssName";
            /// Protocol inside SIP: `None`, `QSIG`.
            tunneled_protocol: Presence<String> = "tunneledProtocol";
            /// How object identifiers of QSIG are encoded.
            asn1_rose_oid_encoding: Presence<String> = "asn1RoseOidEncoding";
            /// Variant of QSIG.
            qsig_variant: Presence<String> = "qsigVariant";
            /// Whether QSIG may find a shorter path.
            path_replacement_support: Presence<bool> = "pathReplacementSupport";
            /// Whether names of QSIG are in UTF-8.
            enable_qsig_utf8: Presence<bool> = "enableQsigUtf8";
            /// Parameters of the script.
            script_parameters: Presence<String> = "scriptParameters";
            /// Whether the script is traced.
            script_trace_enabled: Presence<bool> = "scriptTraceEnabled";
            /// When calls count as secure.
            trunk_traffic_secure: Presence<String> = "trunkTrafficSecure";
            /// Whether numbers or URIs tell the parties.
            calling_and_called_party_info_format: Presence<String> = "callingAndCalledPartyInfoFormat";
            /// Whether the trunk's caller number and name stand in requests.
            use_caller_id_caller_namein_uri_outgoing_request: Presence<bool> = "useCallerIdCallerNameinUriOutgoingRequest";
            /// Service that parameters are given for. From 12.0 on.
            service: Presence<String> = "service";
            /// Parameter of the service. From 12.0 on.
            parameter_label: Presence<String> = "parameterLabel";
            /// Its value for calls that go out. From 12.0 on.
            originating_parameter_value: Presence<String> = "originatingParameterValue";
            /// Its value for calls that come in. From 12.0 on.
            terminating_parameter_value: Presence<String> = "terminatingParameterValue";
            /// How URIs of calls that go out are routed. From 12.0 on.
            outbound_uri_routing_instructions: Presence<String> = "outboundUriRoutingInstructions";
            /// Domain in the URI of requests.
            request_uri_domain_name: Presence<String> = "requestUriDomainName";
            /// Whether recording is signalled through QSIG.
            enable_cisco_recording_qsig_tunneling: Presence<bool> = "enableCiscoRecordingQsigTunneling";
            /// Whether the trunk leads to a gateway that records: 0, 1 or 2.
            recording_information: Presence<String> = "recordingInformation";
            /// Calling search space that changes a number called of unknown kind.
            called_party_unknown_transformation_css_name: Presence<ForeignKey> = "calledPartyUnknownTransformationCssName";
            /// Put before a number called of unknown kind.
            called_party_unknown_prefix: Presence<String> = "calledPartyUnknownPrefix";
            /// How many digits a number called of unknown kind loses at the front.
            called_party_unknown_strip_digits: Presence<String> = "calledPartyUnknownStripDigits";
            /// Whether the one of the device pool is used for numbers called of unknown kind.
            use_device_pool_called_css_unkn: Presence<bool> = "useDevicePoolCalledCssUnkn";
            /// How confidential its calls are.
            confidential_access: Presence<ConfidentialAccess> = "confidentialAccess";
        }
    }

    /// Destinations of a SIP trunk.
    SipTrunkDestinations "destinations" with Default {
        children {
            /// In the order they are tried.
            destination: Vec<SipTrunkDestination> = "destination";
        }
    }

    /// A destination of a SIP trunk.
    SipTrunkDestination "destination" with Default {
        attributes {
            /// Key of the destination.
            uuid: Uuid = "uuid";
        }
        children {
            /// Address or host name.
            address_ipv4: Presence<String> = "addressIpv4";
            /// Address of IPv6.
            address_ipv6: Presence<String> = "addressIpv6";
            /// Port, 5060 most often.
            port: Presence<String> = "port";
            /// Place in the order, from 1.
            sort_order: Presence<String> = "sortOrder";
        }
    }

    /// Which to list: `LIKE` patterns with `%`, all of which must match.
    SipTrunkCriteria "searchCriteria" with Default {
        children {
            /// Name.
            name: Option<String> = "name";
            /// Description.
            description: Option<String> = "description";
            /// Calling search space.
            calling_search_space_name: Option<String> = "callingSearchSpaceName";
            /// Device pool.
            device_pool_name: Option<String> = "devicePoolName";
        }
    }
}

operation! {
    /// Asks for one SIP trunk.
    GetSipTrunk "getSipTrunk" {
        /// Which.
        key: NameKey = "name | uuid";
        /// What of it; everything when there is no mask.
        returned_tags: Option<Tags> = "returnedTags";
    }
    /// The SIP trunk.
    -> GetSipTrunkReply {
        /// The SIP trunk, reduced to what was asked.
        sip_trunk: SipTrunk = "sipTrunk";
    }

    /// Asks for SIP trunks.
    ListSipTrunk "listSipTrunk" {
        /// Which.
        criteria: SipTrunkCriteria = "searchCriteria";
        /// What of each.
        returned_tags: Tags = "returnedTags";
        /// How many to leave out at the front.
        skip: Option<u64> = "skip";
        /// How many to answer at most.
        first: Option<u64> = "first";
    }
    /// The SIP trunks; past the end there are none.
    -> ListSipTrunkReply {
        /// The SIP trunks, reduced to what was asked.
        sip_trunks: Vec<SipTrunk> = "sipTrunk";
    }
}

command! {
    /// Adds a SIP trunk. The schema wants name, product, class, protocol, protocolSide,
    /// devicePoolName, locationName, securityProfileName, sipProfileName, presenceGroupName and
    /// callingAndCalledPartyInfoFormat.
    AddSipTrunk "addSipTrunk" {
        /// The SIP trunk.
        sip_trunk: SipTrunk = "sipTrunk";
    }

    /// Changes a SIP trunk. What is absent stays as it is; nil, or an empty value, clears.
    UpdateSipTrunk "updateSipTrunk" {
        /// Which.
        key: NameKey = "name | uuid";
        /// New name.
        new_name: Presence<String> = "newName";
        /// Free text.
        description: Presence<String> = "description";
        /// Calling search space of calls that come in.
        calling_search_space_name: Presence<ForeignKey> = "callingSearchSpaceName";
        /// Device pool.
        device_pool_name: Presence<ForeignKey> = "devicePoolName";
        /// Common device configuration.
        common_device_config_name: Presence<ForeignKey> = "commonDeviceConfigName";
        /// Whether calls over it are inside: `OnNet`, `OffNet`, `Use System Default`.
        network_location: Presence<String> = "networkLocation";
        /// Location.
        location_name: Presence<ForeignKey> = "locationName";
        /// Media resource group list.
        media_resource_list_name: Presence<ForeignKey> = "mediaResourceListName";
        /// Number of the music while the system holds a call.
        network_hold_moh_audio_source_id: Presence<String> = "networkHoldMohAudioSourceId";
        /// Number of the music while the user holds a call.
        user_hold_moh_audio_source_id: Presence<String> = "userHoldMohAudioSourceId";
        /// Calling search space of automated alternate routing.
        automated_alternate_routing_css_name: Presence<ForeignKey> = "automatedAlternateRoutingCssName";
        /// Group of automated alternate routing.
        aar_neighborhood_name: Presence<ForeignKey> = "aarNeighborhoodName";
        /// `None` or a mode of packet capture.
        packet_capture_mode: Presence<String> = "packetCaptureMode";
        /// Minutes of packet capture.
        packet_capture_duration: Presence<String> = "packetCaptureDuration";
        /// Domain of precedence calls.
        mlpp_domain_id: Presence<String> = "mlppDomainId";
        /// Whether precedence is shown: `On`, `Off` or `Default`.
        mlpp_indication_status: Presence<String> = "mlppIndicationStatus";
        /// How calls of higher precedence take over: `Disabled`, `Forceful`, `Default`.
        preemption: Presence<String> = "preemption";
        /// Whether media pass a trusted relay point: `On`, `Off` or `Default`.
        use_trusted_relay_point: Presence<String> = "useTrustedRelayPoint";
        /// Whether a video call that fails is tried as audio.
        retry_video_call_as_audio: Presence<bool> = "retryVideoCallAsAudio";
        /// Security profile.
        security_profile_name: Presence<ForeignKey> = "securityProfileName";
        /// SIP profile.
        sip_profile_name: Presence<ForeignKey> = "sipProfileName";
        /// Calling search space that changes the number of the caller.
        cgpn_transformation_css_name: Presence<ForeignKey> = "cgpnTransformationCssName";
        /// Whether the one of the device pool is used for the caller's number.
        use_device_pool_cgpn_transform_css: Presence<bool> = "useDevicePoolCgpnTransformCss";
        /// Geographic location.
        geo_location_name: Presence<ForeignKey> = "geoLocationName";
        /// Filter of geographic locations.
        geo_location_filter_name: Presence<ForeignKey> = "geoLocationFilterName";
        /// Whether the geographic location is told to others.
        send_geo_location: Presence<bool> = "sendGeoLocation";
        /// Calling search space that changes the number called.
        cdpn_transformation_css_name: Presence<ForeignKey> = "cdpnTransformationCssName";
        /// Whether the one of the device pool is used for the number called.
        use_device_pool_cdpn_transform_css: Presence<bool> = "useDevicePoolCdpnTransformCss";
        /// Whether nobody sits at the device, as for voice mail.
        unattended_port: Presence<bool> = "unattendedPort";
        /// Whether names are sent in UTF-8.
        transmit_utf8: Presence<bool> = "transmitUtf8";
        /// Calling search space of presence requests.
        subscribe_calling_search_space_name: Presence<ForeignKey> = "subscribeCallingSearchSpaceName";
        /// Calling search space of calls that are rerouted.
        reroute_calling_search_space_name: Presence<ForeignKey> = "rerouteCallingSearchSpaceName";
        /// Calling search space of calls that a REFER starts.
        refer_calling_search_space_name: Presence<ForeignKey> = "referCallingSearchSpaceName";
        /// Whether media pass a termination point.
        mtp_required: Presence<bool> = "mtpRequired";
        /// Presence group.
        presence_group_name: Presence<ForeignKey> = "presenceGroupName";
        /// Put before a number of the caller of unknown kind.
        unknown_prefix: Presence<String> = "unknownPrefix";
        /// Whether the destination is an SRV record.
        dest_addr_is_srv: Presence<bool> = "destAddrIsSrv";
        /// Codec of the media termination point.
        tk_sip_codec: Presence<String> = "tkSipCodec";
        /// How many digits of a called number count: text, with an attribute `enable`.
        sig_digits: Option<Element> = "sigDigits";
        /// Whether the name connected is shown: `Default`, `Allowed`, `Restricted`.
        connected_name_presentation: Presence<String> = "connectedNamePresentation";
        /// Whether the number connected is shown.
        connected_party_id_presentation: Presence<String> = "connectedPartyIdPresentation";
        /// Whose number stands for the caller: `Originator` and others.
        calling_party_selection: Presence<String> = "callingPartySelection";
        /// Whether the caller's name is shown.
        callingname: Presence<String> = "callingname";
        /// Whether the caller's number is shown.
        calling_line_id_presentation: Presence<String> = "callingLineIdPresentation";
        /// Put before numbers called by what comes in.
        prefix_dn: Presence<String> = "prefixDn";
        /// Number and name that those outside see. From 12.5 on.
        external_presentation_info: Presence<ExternalPresentationInfo> = "externalPresentationInfo";
        /// Whether who redirected is taken from what comes in.
        accept_inbound_rdnis: Presence<bool> = "acceptInboundRdnis";
        /// Whether who redirected is told in what goes out.
        accept_outbound_rdnis: Presence<bool> = "acceptOutboundRdnis";
        /// Whether media may be encrypted.
        srtp_allowed: Presence<bool> = "srtpAllowed";
        /// Whether media go unencrypted when there is no other way.
        srtp_fallback_allowed: Presence<bool> = "srtpFallbackAllowed";
        /// Whether `P-Asserted-Identity` is sent.
        is_pai_enabled: Presence<bool> = "isPaiEnabled";
        /// Privacy that is asked for.
        sip_privacy: Presence<String> = "sipPrivacy";
        /// Whether `Remote-Party-ID` is sent.
        is_rpid_enabled: Presence<bool> = "isRpidEnabled";
        /// Which header asserts the identity: `Default`, `PAI`, `PPI`.
        sip_asserted_type: Presence<String> = "sipAssertedType";
        /// Which identities are trusted. From 12.0 on.
        trust_received_identity: Presence<String> = "trustReceivedIdentity";
        /// How digits are sent: `No Preference`, `RFC 2833` and others.
        dtmf_signaling_method: Presence<String> = "dtmfSignalingMethod";
        /// Whether the kind of traffic is signalled: `On`, `Off` or `Default`.
        route_class_signalling: Presence<String> = "routeClassSignalling";
        /// What the trunk is for: `None(Default)` and others.
        sip_trunk_type: Presence<String> = "sipTrunkType";
        /// Whether it leads to the public network.
        pstn_access: Presence<bool> = "pstnAccess";
        /// Transformation of numbers for intercompany media.
        ime_e164_transformation_name: Presence<ForeignKey> = "imeE164TransformationName";
        /// Whether intercompany media use the public address.
        use_ime_public_ip_port: Presence<bool> = "useImePublicIpPort";
        /// Whether the one of the device pool is used for the number connected.
        use_device_pool_cntd_pn_transformation_css: Presence<bool> = "useDevicePoolCntdPnTransformationCss";
        /// Calling search space that changes the number connected.
        cntd_pn_transformation_css_name: Presence<ForeignKey> = "cntdPnTransformationCssName";
        /// Whether the one of the device pool is used for numbers of the caller of unknown kind.
        use_device_pool_cgpn_transform_css_unkn: Presence<bool> = "useDevicePoolCgpnTransformCssUnkn";
        /// Calling search space that changes the number of who redirects.
        rdn_transformation_css_name: Presence<ForeignKey> = "rdnTransformationCssName";
        /// Whether the one of the device pool is used for it.
        use_device_pool_rdn_transform_css: Presence<bool> = "useDevicePoolRdnTransformCss";
        /// Whether the first caller's presentation is kept by a diversion. From 12.5 on.
        use_orig_calling_party_pres_on_divert: Presence<bool> = "useOrigCallingPartyPresOnDivert";
        /// Script that changes SIP messages.
        sip_normalization_script_name: Presence<ForeignKey> = "sipNormalizationScriptName";
        /// Whether every node serves it.
        run_on_every_node: Presence<bool> = "runOnEveryNode";
        /// Destinations to take out.
        remove_destinations: Presence<SipTrunkDestinations> = "removeDestinations";
        /// Destinations to put in.
        add_destinations: Presence<SipTrunkDestinations> = "addDestinations";
        /// All destinations, instead of what there is; not together with the two above.
        destinations: Presence<SipTrunkDestinations> = "destinations";
        /// How many digits a number of the caller of unknown kind loses at the front.
        unknown_strip_digits: Presence<String> = "unknownStripDigits";
        /// Calling search space that changes a number of the caller of unknown kind.
        cgpn_transformation_unknown_css_name: Presence<ForeignKey> = "cgpnTransformationUnknownCssName";
        /// Protocol inside SIP: `None`, `QSIG`.
        tunneled_protocol: Presence<String> = "tunneledProtocol";
        /// How object identifiers of QSIG are encoded.
        asn1_rose_oid_encoding: Presence<String> = "asn1RoseOidEncoding";
        /// Variant of QSIG.
        qsig_variant: Presence<String> = "qsigVariant";
        /// Whether QSIG may find a shorter path.
        path_replacement_support: Presence<bool> = "pathReplacementSupport";
        /// Whether names of QSIG are in UTF-8.
        enable_qsig_utf8: Presence<bool> = "enableQsigUtf8";
        /// Parameters of the script.
        script_parameters: Presence<String> = "scriptParameters";
        /// Whether the script is traced.
        script_trace_enabled: Presence<bool> = "scriptTraceEnabled";
        /// When calls count as secure.
        trunk_traffic_secure: Presence<String> = "trunkTrafficSecure";
        /// Whether numbers or URIs tell the parties.
        calling_and_called_party_info_format: Presence<String> = "callingAndCalledPartyInfoFormat";
        /// Whether the trunk's caller number and name stand in requests.
        use_caller_id_caller_namein_uri_outgoing_request: Presence<bool> = "useCallerIdCallerNameinUriOutgoingRequest";
        /// Service that parameters are given for. From 12.0 on.
        service: Presence<String> = "service";
        /// Parameter of the service. From 12.0 on.
        parameter_label: Presence<String> = "parameterLabel";
        /// Its value for calls that go out. From 12.0 on.
        originating_parameter_value: Presence<String> = "originatingParameterValue";
        /// Its value for calls that come in. From 12.0 on.
        terminating_parameter_value: Presence<String> = "terminatingParameterValue";
        /// How URIs of calls that go out are routed. From 12.0 on.
        outbound_uri_routing_instructions: Presence<String> = "outboundUriRoutingInstructions";
        /// Domain in the URI of requests.
        request_uri_domain_name: Presence<String> = "requestUriDomainName";
        /// Whether recording is signalled through QSIG.
        enable_cisco_recording_qsig_tunneling: Presence<bool> = "enableCiscoRecordingQsigTunneling";
        /// Whether the trunk leads to a gateway that records: 0, 1 or 2.
        recording_information: Presence<String> = "recordingInformation";
        /// Calling search space that changes a number called of unknown kind.
        called_party_unknown_transformation_css_name: Presence<ForeignKey> = "calledPartyUnknownTransformationCssName";
        /// Put before a number called of unknown kind.
        called_party_unknown_prefix: Presence<String> = "calledPartyUnknownPrefix";
        /// How many digits a number called of unknown kind loses at the front.
        called_party_unknown_strip_digits: Presence<String> = "calledPartyUnknownStripDigits";
        /// Whether the one of the device pool is used for numbers called of unknown kind.
        use_device_pool_called_css_unkn: Presence<bool> = "useDevicePoolCalledCssUnkn";
        /// How confidential its calls are.
        confidential_access: Presence<ConfidentialAccess> = "confidentialAccess";
    }

    /// Takes a SIP trunk out of the configuration.
    RemoveSipTrunk "removeSipTrunk" {
        /// Which.
        key: NameKey = "name | uuid";
    }

    /// Makes the devices of a SIP trunk start anew from their power on.
    ResetSipTrunk "resetSipTrunk" {
        /// Which.
        key: NameKey = "name | uuid";
    }

    /// Makes the devices of a SIP trunk register anew.
    RestartSipTrunk "restartSipTrunk" {
        /// Which.
        key: NameKey = "name | uuid";
    }
}
