//! Phones: `addPhone`, `getPhone`, `listPhone`, and what is done to one.

use crate::{
    Secret,
    axl::{
        ForeignKey, Presence, Tags, Uuid,
        macros::{choice, command, open_string, operation, record},
    },
    xml::Element,
};

record! {
    /// A phone, as `getPhone` (all fields) and `listPhone` (no nested lists) answer it.
    #[derive(Default)]
    Phone "phone" {
        attributes {
            /// Number of the device in the database.
            ctiid: u64 = "ctiid";
            /// Key of the phone.
            uuid: Uuid = "uuid";
        }
        children {
            /// Device name, as in `SEP001122334455`.
            name: Presence<String> = "name";
            /// Free text.
            description: Presence<String> = "description";
            /// Product that it is configured as.
            product: Presence<Product> = "product";
            /// Model.
            model: Presence<String> = "model";
            /// `Phone` and others.
            class: Presence<String> = "class";
            /// Signalling protocol.
            protocol: Presence<DeviceProtocol> = "protocol";
            /// `User` or `Network`.
            protocol_side: Presence<String> = "protocolSide";
            /// Calling search space.
            calling_search_space_name: Presence<ForeignKey> = "callingSearchSpaceName";
            /// Device pool.
            device_pool_name: Presence<ForeignKey> = "devicePoolName";
            /// Common device configuration.
            common_device_config_name: Presence<ForeignKey> = "commonDeviceConfigName";
            /// Common phone profile.
            common_phone_config_name: Presence<ForeignKey> = "commonPhoneConfigName";
            /// Whether it is inside: `OnNet`, `OffNet`, `Use System Default`.
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
            /// Firmware, text with an attribute `special` when it is not the default.
            load_information: Option<Element> = "loadInformation";
            /// Settings of the model as free XML, kept as it came.
            vendor_config: Option<Element> = "vendorConfig";
            /// Whether the phone is traced.
            trace_flag: Presence<bool> = "traceFlag";
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
            /// Whether the one of the device pool is used instead.
            use_device_pool_cgpn_transform_css: Presence<bool> = "useDevicePoolCgpnTransformCss";
            /// Geographic location.
            geo_location_name: Presence<ForeignKey> = "geoLocationName";
            /// Lines on the phone.
            lines: Presence<PhoneLines> = "lines";
            /// How many buttons its template has; only read.
            number_of_buttons: Presence<String> = "numberOfButtons";
            /// Button template.
            phone_template_name: Presence<ForeignKey> = "phoneTemplateName";
            /// The phone whose settings it shares.
            primary_phone_name: Presence<ForeignKey> = "primaryPhoneName";
            /// Language of the phone.
            user_locale: Presence<String> = "userLocale";
            /// Locale of tones and cadences.
            network_locale: Presence<String> = "networkLocale";
            /// Seconds until the idle page is shown.
            idle_timeout: Presence<String> = "idleTimeout";
            /// Where services have users checked.
            authentication_url: Presence<String> = "authenticationUrl";
            /// Where the directory is.
            directory_url: Presence<String> = "directoryUrl";
            /// The page shown when nothing happens.
            idle_url: Presence<String> = "idleUrl";
            /// Where services are.
            services_url: Presence<String> = "servicesUrl";
            /// Softkey template.
            softkey_template_name: Presence<ForeignKey> = "softkeyTemplateName";
            /// Who is signed in by extension mobility.
            login_user_id: Presence<String> = "loginUserId";
            /// Profile when nobody is signed in.
            default_profile_name: Presence<ForeignKey> = "defaultProfileName";
            /// Whether users can sign in.
            enable_extension_mobility: Presence<bool> = "enableExtensionMobility";
            /// Profile that is in force; only read.
            current_profile_name: Presence<ForeignKey> = "currentProfileName";
            /// When the user signed in, in seconds since 1970; only read.
            login_time: Presence<String> = "loginTime";
            /// Seconds until the user is signed out; only read.
            login_duration: Presence<String> = "loginDuration";
            /// Whether one button joins a shared line's call: `Off`, `Barge`, `CBarge`, `Default`.
            single_button_barge: Presence<String> = "singleButtonBarge";
            /// Whether calls of different lines can be joined: `On`, `Off`, `Default`.
            join_across_lines: Presence<String> = "joinAcrossLines";
            /// Whether the built-in bridge is on, as recording needs it.
            built_in_bridge_status: Presence<String> = "builtInBridgeStatus";
            /// Whether others on a shared line see the call.
            call_info_privacy_status: Presence<String> = "callInfoPrivacyStatus";
            /// Whether it is signed in to hunt groups.
            hlog_status: Presence<String> = "hlogStatus";
            /// Who owns the phone.
            owner_user_name: Presence<ForeignKey> = "ownerUserName";
            /// Whether calls from inside show their number whatever they ask.
            ignore_presentation_indicators: Presence<bool> = "ignorePresentationIndicators";
            /// `None` or a mode of packet capture.
            packet_capture_mode: Presence<String> = "packetCaptureMode";
            /// Minutes of packet capture.
            packet_capture_duration: Presence<String> = "packetCaptureDuration";
            /// Calling search space of presence requests.
            subscribe_calling_search_space_name: Presence<ForeignKey> = "subscribeCallingSearchSpaceName";
            /// Calling search space of calls that are rerouted.
            reroute_calling_search_space_name: Presence<ForeignKey> = "rerouteCallingSearchSpaceName";
            /// Whether CTI applications may control it.
            allow_cti_control_flag: Presence<bool> = "allowCtiControlFlag";
            /// Presence group.
            presence_group_name: Presence<ForeignKey> = "presenceGroupName";
            /// What is to be done with the certificate, most often `No Pending Operation`.
            certificate_operation: Presence<String> = "certificateOperation";
            /// State of the certificate; only read.
            certificate_status: Presence<String> = "certificateStatus";
            /// Whether the phone may roam: `On`, `Off` or `Default`.
            device_mobility_mode: Presence<String> = "deviceMobilityMode";
            /// Device pool where it is now; only read.
            roaming_device_pool_name: Presence<ForeignKey> = "roamingDevicePoolName";
            /// Whether it is far away, so that less is sent.
            remote_device: Presence<bool> = "remoteDevice";
            /// What `do not disturb` does.
            dnd_option: Presence<String> = "dndOption";
            /// How a call is told while `do not disturb` is on.
            dnd_ring_setting: Presence<String> = "dndRingSetting";
            /// Whether `do not disturb` is on.
            dnd_status: Presence<bool> = "dndStatus";
            /// Whether it counts for the licence.
            is_active: Presence<bool> = "isActive";
            /// User of a mobile phone.
            mobility_user_id_name: Presence<ForeignKey> = "mobilityUserIdName";
            /// Whether media pass a termination point.
            mtp_required: Presence<bool> = "mtpRequired";
            /// Dial rules.
            dial_rules_name: Presence<ForeignKey> = "dialRulesName";
            /// User of the secure shell.
            ssh_user_id: Presence<String> = "sshUserId";
            /// Password of the secure shell.
            ssh_pwd: Presence<Secret> = "sshPwd";
            /// User of SIP digests.
            digest_user: Presence<String> = "digestUser";
            /// Whether it calls one number when the handset is lifted.
            hotline_device: Presence<bool> = "hotlineDevice";
            /// Whether lifting the handset always takes the first line.
            always_use_prime_line: Presence<String> = "alwaysUsePrimeLine";
            /// Whether the message button always takes the first line.
            always_use_prime_line_for_voice_message: Presence<String> = "alwaysUsePrimeLineForVoiceMessage";
            /// Which features are on.
            feature_control_policy: Presence<ForeignKey> = "featureControlPolicy";
            /// `Trusted` or `Not Trusted`.
            device_trust_mode: Presence<String> = "deviceTrustMode";
            /// Whether emergency calls need to know where it is.
            require_off_premise_location: Presence<bool> = "requireOffPremiseLocation";
            /// Whether it is activated by a code. From 12.5 on.
            enable_activation_id: Presence<bool> = "enableActivationID";
            /// Domain of mobile and remote access. From 12.5 on.
            mra_service_domain: Presence<ForeignKey> = "mraServiceDomain";
            /// Whether it may be used through mobile and remote access. From 12.5 on.
            allow_mra_mode: Presence<bool> = "allowMraMode";
        }
    }

    /// Lines of a phone.
    #[derive(Default)]
    PhoneLines "lines" {
        children {
            /// In the order of their index.
            lines: Vec<PhoneLine> = "line";
        }
    }

    /// One appearance of a line on a phone.
    #[derive(Default)]
    PhoneLine "line" {
        attributes {
            /// Number of the association in the database.
            ctiid: u64 = "ctiid";
            /// Key of the association.
            uuid: Uuid = "uuid";
        }
        children {
            /// Button, from 1.
            index: Presence<String> = "index";
            /// Label beside the button.
            label: Presence<String> = "label";
            /// Name shown to the called party.
            display: Presence<String> = "display";
            /// The line.
            dirn: Presence<Dirn> = "dirn";
            /// How it rings.
            ring_setting: Presence<String> = "ringSetting";
            /// Name shown to the called party, without letters beyond ASCII.
            display_ascii: Presence<String> = "displayAscii";
            /// Mask that makes the number one of the public network.
            e164_mask: Presence<String> = "e164Mask";
            /// Most calls at a time.
            max_num_calls: Presence<String> = "maxNumCalls";
            /// Calls from which on the line is busy.
            busy_trigger: Presence<String> = "busyTrigger";
            /// Recording profile.
            recording_profile_name: Presence<ForeignKey> = "recordingProfileName";
            /// Calling search space of those who listen in.
            monitoring_css_name: Presence<ForeignKey> = "monitoringCssName";
            /// `Call Recording Disabled`, or who starts recording.
            recording_flag: Presence<String> = "recordingFlag";
            /// Users whose presence follows the line.
            associated_endusers: Presence<AssociatedEndusers> = "associatedEndusers";
            /// Whether calls that nobody took are listed.
            missed_call_logging: Presence<bool> = "missedCallLogging";
        }
    }

    /// Users of a line on a phone.
    #[derive(Default)]
    AssociatedEndusers "associatedEndusers" {
        children {
            /// The users.
            endusers: Vec<Enduser> = "enduser";
        }
    }

    /// A user of a line on a phone.
    #[derive(Default)]
    Enduser "enduser" {
        children {
            /// Login name.
            user_id: Presence<String> = "userId";
        }
    }

    /// A line by pattern and partition.
    #[derive(Default)]
    Dirn "dirn" {
        attributes {
            /// Key of the line.
            uuid: Uuid = "uuid";
        }
        children {
            /// Directory number.
            pattern: Presence<String> = "pattern";
            /// Partition.
            route_partition_name: Presence<ForeignKey> = "routePartitionName";
        }
    }

    /// What phones to list: `LIKE` patterns with `%`, all of which must match.
    #[derive(Default)]
    PhoneCriteria "searchCriteria" {
        children {
            /// Device name.
            name: Option<String> = "name";
            /// Description.
            description: Option<String> = "description";
            /// Signalling protocol.
            protocol: Option<String> = "protocol";
            /// Calling search space.
            calling_search_space_name: Option<String> = "callingSearchSpaceName";
            /// Device pool.
            device_pool_name: Option<String> = "devicePoolName";
            /// Security profile.
            security_profile_name: Option<String> = "securityProfileName";
        }
    }
}

open_string! {
    /// Product of a phone. The schema lists hundreds and takes any text.
    Product {
        /// Cisco 8841.
        CISCO_8841 = "Cisco 8841",
        /// Cisco Unified Client Services Framework: Jabber on a desktop.
        CLIENT_SERVICES_FRAMEWORK = "Cisco Unified Client Services Framework",
        /// CTI port.
        CTI_PORT = "CTI Port",
    }

    /// Signalling protocol of a device.
    DeviceProtocol {
        /// SIP.
        SIP = "SIP",
        /// Skinny.
        SCCP = "SCCP",
    }
}

choice! {
    /// Names an object that has a name.
    NameKey {
        /// By name.
        Name(String) = "name",
        /// By key.
        Uuid(Uuid) = "uuid",
    }
}

choice! {
    /// How a device is reset.
    DeviceReset {
        /// Whether from its power on, or by registering anew.
        IsHard(bool) = "isHardReset",
        /// By the name of the way: `Reset`, `Restart` and others.
        Kind(String) = "deviceResetType",
    }

    /// Names a user whose phones are meant.
    DndUser {
        /// By login name.
        UserId(String) = "userID",
        /// By key.
        Uuid(Uuid) = "uuid",
    }
}

operation! {
    /// Asks for one phone.
    GetPhone "getPhone" {
        /// Which.
        key: NameKey = "name | uuid";
        /// What of it; everything when there is no mask.
        returned_tags: Option<Tags> = "returnedTags";
    }
    /// The phone.
    -> GetPhoneReply {
        /// The phone, reduced to what was asked.
        phone: Phone = "phone";
    }

    /// Asks for phones.
    ListPhone "listPhone" {
        /// Which.
        criteria: PhoneCriteria = "searchCriteria";
        /// What of each.
        returned_tags: Tags = "returnedTags";
        /// How many to leave out at the front.
        skip: Option<u64> = "skip";
        /// How many to answer at most.
        first: Option<u64> = "first";
    }
    /// The phones; past the end there are none.
    -> ListPhoneReply {
        /// The phones, reduced to what was asked.
        phones: Vec<Phone> = "phone";
    }
}

command! {
    /// Adds a phone.
    ///
    /// The schema wants name, product, class, protocol, protocolSide, devicePoolName,
    /// commonPhoneConfigName, locationName, useTrustedRelayPoint, phoneTemplateName,
    /// primaryPhoneName (nil is enough), builtInBridgeStatus, packetCaptureMode,
    /// certificateOperation and deviceMobilityMode.
    AddPhone "addPhone" {
        /// The phone.
        phone: Box<Phone> = "phone";
    }

    /// Changes a phone. What is absent stays as it is; nil, or an empty value, clears.
    UpdatePhone "updatePhone" {
        /// Which.
        key: NameKey = "name | uuid";
        /// New name.
        new_name: Presence<String> = "newName";
        /// Free text.
        description: Presence<String> = "description";
        /// Calling search space.
        calling_search_space_name: Presence<ForeignKey> = "callingSearchSpaceName";
        /// Device pool.
        device_pool_name: Presence<ForeignKey> = "devicePoolName";
        /// Common device configuration.
        common_device_config_name: Presence<ForeignKey> = "commonDeviceConfigName";
        /// Common phone profile.
        common_phone_config_name: Presence<ForeignKey> = "commonPhoneConfigName";
        /// Whether it is inside: `OnNet`, `OffNet`, `Use System Default`.
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
        /// Firmware, text with an attribute `special` when it is not the default.
        load_information: Option<Element> = "loadInformation";
        /// Settings of the model as free XML, kept as it came.
        vendor_config: Option<Element> = "vendorConfig";
        /// Whether the phone is traced.
        trace_flag: Presence<bool> = "traceFlag";
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
        /// Whether the one of the device pool is used instead.
        use_device_pool_cgpn_transform_css: Presence<bool> = "useDevicePoolCgpnTransformCss";
        /// Geographic location.
        geo_location_name: Presence<ForeignKey> = "geoLocationName";
        /// Lines to take off.
        remove_lines: Presence<PhoneLines> = "removeLines";
        /// Lines to put on.
        add_lines: Presence<PhoneLines> = "addLines";
        /// All lines, instead of what there is; not together with the two above.
        lines: Presence<PhoneLines> = "lines";
        /// Button template.
        phone_template_name: Presence<ForeignKey> = "phoneTemplateName";
        /// The phone whose settings it shares.
        primary_phone_name: Presence<ForeignKey> = "primaryPhoneName";
        /// Language of the phone.
        user_locale: Presence<String> = "userLocale";
        /// Locale of tones and cadences.
        network_locale: Presence<String> = "networkLocale";
        /// Seconds until the idle page is shown.
        idle_timeout: Presence<String> = "idleTimeout";
        /// Where services have users checked.
        authentication_url: Presence<String> = "authenticationUrl";
        /// Where the directory is.
        directory_url: Presence<String> = "directoryUrl";
        /// The page shown when nothing happens.
        idle_url: Presence<String> = "idleUrl";
        /// Where services are.
        services_url: Presence<String> = "servicesUrl";
        /// Softkey template.
        softkey_template_name: Presence<ForeignKey> = "softkeyTemplateName";
        /// Profile when nobody is signed in.
        default_profile_name: Presence<ForeignKey> = "defaultProfileName";
        /// Whether users can sign in.
        enable_extension_mobility: Presence<bool> = "enableExtensionMobility";
        /// Whether one button joins a shared line's call: `Off`, `Barge`, `CBarge`, `Default`.
        single_button_barge: Presence<String> = "singleButtonBarge";
        /// Whether calls of different lines can be joined: `On`, `Off`, `Default`.
        join_across_lines: Presence<String> = "joinAcrossLines";
        /// Whether the built-in bridge is on, as recording needs it.
        built_in_bridge_status: Presence<String> = "builtInBridgeStatus";
        /// Whether others on a shared line see the call.
        call_info_privacy_status: Presence<String> = "callInfoPrivacyStatus";
        /// Whether it is signed in to hunt groups.
        hlog_status: Presence<String> = "hlogStatus";
        /// Who owns the phone.
        owner_user_name: Presence<ForeignKey> = "ownerUserName";
        /// Whether calls from inside show their number whatever they ask.
        ignore_presentation_indicators: Presence<bool> = "ignorePresentationIndicators";
        /// `None` or a mode of packet capture.
        packet_capture_mode: Presence<String> = "packetCaptureMode";
        /// Minutes of packet capture.
        packet_capture_duration: Presence<String> = "packetCaptureDuration";
        /// Calling search space of presence requests.
        subscribe_calling_search_space_name: Presence<ForeignKey> = "subscribeCallingSearchSpaceName";
        /// Calling search space of calls that are rerouted.
        reroute_calling_search_space_name: Presence<ForeignKey> = "rerouteCallingSearchSpaceName";
        /// Whether CTI applications may control it.
        allow_cti_control_flag: Presence<bool> = "allowCtiControlFlag";
        /// Presence group.
        presence_group_name: Presence<ForeignKey> = "presenceGroupName";
        /// What is to be done with the certificate, most often `No Pending Operation`.
        certificate_operation: Presence<String> = "certificateOperation";
        /// Whether the phone may roam: `On`, `Off` or `Default`.
        device_mobility_mode: Presence<String> = "deviceMobilityMode";
        /// Whether it is far away, so that less is sent.
        remote_device: Presence<bool> = "remoteDevice";
        /// What `do not disturb` does.
        dnd_option: Presence<String> = "dndOption";
        /// How a call is told while `do not disturb` is on.
        dnd_ring_setting: Presence<String> = "dndRingSetting";
        /// Whether `do not disturb` is on.
        dnd_status: Presence<bool> = "dndStatus";
        /// Whether it counts for the licence.
        is_active: Presence<bool> = "isActive";
        /// User of a mobile phone.
        mobility_user_id_name: Presence<ForeignKey> = "mobilityUserIdName";
        /// Whether media pass a termination point.
        mtp_required: Presence<bool> = "mtpRequired";
        /// Dial rules.
        dial_rules_name: Presence<ForeignKey> = "dialRulesName";
        /// User of the secure shell.
        ssh_user_id: Presence<String> = "sshUserId";
        /// Password of the secure shell.
        ssh_pwd: Presence<Secret> = "sshPwd";
        /// User of SIP digests.
        digest_user: Presence<String> = "digestUser";
        /// Whether it calls one number when the handset is lifted.
        hotline_device: Presence<bool> = "hotlineDevice";
        /// Whether lifting the handset always takes the first line.
        always_use_prime_line: Presence<String> = "alwaysUsePrimeLine";
        /// Whether the message button always takes the first line.
        always_use_prime_line_for_voice_message: Presence<String> = "alwaysUsePrimeLineForVoiceMessage";
        /// Which features are on.
        feature_control_policy: Presence<ForeignKey> = "featureControlPolicy";
        /// `Trusted` or `Not Trusted`.
        device_trust_mode: Presence<String> = "deviceTrustMode";
        /// Whether emergency calls need to know where it is.
        require_off_premise_location: Presence<bool> = "requireOffPremiseLocation";
        /// Whether it is activated by a code. From 12.5 on.
        enable_activation_id: Presence<bool> = "enableActivationID";
        /// Domain of mobile and remote access. From 12.5 on.
        mra_service_domain: Presence<ForeignKey> = "mraServiceDomain";
        /// Whether it may be used through mobile and remote access. From 12.5 on.
        allow_mra_mode: Presence<bool> = "allowMraMode";
    }

    /// Takes a phone out of the configuration.
    RemovePhone "removePhone" {
        /// Which.
        key: NameKey = "name | uuid";
    }

    /// Makes changes of the configuration take effect, with as little interruption as possible.
    ApplyPhone "applyPhone" {
        /// Which.
        key: NameKey = "name | uuid";
    }

    /// Makes the phone start anew from its power on.
    ResetPhone "resetPhone" {
        /// Which.
        key: NameKey = "name | uuid";
    }

    /// Makes the phone register anew.
    RestartPhone "restartPhone" {
        /// Which.
        key: NameKey = "name | uuid";
    }

    /// Erases a mobile phone at its next registration.
    WipePhone "wipePhone" {
        /// Which.
        key: NameKey = "name | uuid";
    }

    /// Locks a mobile phone at its next registration.
    LockPhone "lockPhone" {
        /// Which.
        key: NameKey = "name | uuid";
    }

    /// Signs a user in at a phone: extension mobility.
    DoDeviceLogin "doDeviceLogin" {
        /// The phone.
        device_name: ForeignKey = "deviceName";
        /// Seconds until the user is signed out; 0 for never.
        login_duration: u64 = "loginDuration";
        /// The device profile that the phone takes on.
        profile_name: ForeignKey = "profileName";
        /// The user.
        user_id: String = "userId";
    }

    /// Resets a device of any kind.
    DoDeviceReset "doDeviceReset" attributes {
        /// Whether it speaks MGCP.
        is_mgcp: bool = "isMGCP";
    } {
        /// The device.
        device_name: ForeignKey = "deviceName";
        /// How.
        reset: DeviceReset = "isHardReset | deviceResetType";
    }

    /// Turns `do not disturb` on or off on all phones of a user.
    DoChangeDndStatus "doChangeDNDStatus" {
        /// Whose.
        user: DndUser = "userID | uuid";
        /// Whether it is on.
        dnd_status: bool = "dndStatus";
    }

    /// Signs the user of a phone out.
    DoDeviceLogout "doDeviceLogout" {
        /// The phone.
        device_name: ForeignKey = "deviceName";
    }
}

impl GetPhone {
    /// Asks for a phone by name, whole.
    pub fn by_name(name: impl Into<String>) -> Self {
        Self {
            key: NameKey::Name(name.into()),
            returned_tags: None,
            other: Vec::new(),
        }
    }
}
