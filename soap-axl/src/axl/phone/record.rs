//! The phone itself.

use crate::{
    Secret,
    axl::{
        AddOnModules, BlfDirectedCallParks, BusyLampFields, CurrentConfig, DeviceProtocol,
        ForeignKey, PhoneLines, PhoneServices, Presence, Product, SpeedDials, Uuid, macros::record,
    },
    xml::Element,
};

record! {
    /// A phone, as `getPhone` (all fields) and `listPhone` (no nested lists) answer it.
    Phone "phone" with Default {
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
            /// Changes when the configuration of the device does; only read.
            version_stamp: Presence<String> = "versionStamp";
            /// Whether the phone is traced.
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
            /// Whether the one of the device pool is used instead.
            use_device_pool_cgpn_transform_css: Presence<bool> = "useDevicePoolCgpnTransformCss";
            /// Geographic location.
            geo_location_name: Presence<ForeignKey> = "geoLocationName";
            /// Filter of geographic locations.
            geo_location_filter_name: Presence<ForeignKey> = "geoLocationFilterName";
            /// Whether the geographic location is told to others.
            send_geo_location: Presence<bool> = "sendGeoLocation";
            /// Lines on the phone.
            lines: Presence<PhoneLines> = "lines";
            /// How many buttons its template has; only read.
            number_of_buttons: Presence<String> = "numberOfButtons";
            /// Button template.
            phone_template_name: Presence<ForeignKey> = "phoneTemplateName";
            /// Numbers behind buttons.
            speed_dials: Presence<SpeedDials> = "speeddials";
            /// Buttons that show whether others are in a call.
            busy_lamp_fields: Presence<BusyLampFields> = "busyLampFields";
            /// The phone whose settings it shares.
            primary_phone_name: Presence<ForeignKey> = "primaryPhoneName";
            /// Whether a tone tells of calls of watched lines while the phone is idle: `On`, `Off`, `Default`.
            ring_setting_idle_blf_audible_alert: Presence<String> = "ringSettingIdleBlfAudibleAlert";
            /// The same while the phone is in use.
            ring_setting_busy_blf_audible_alert: Presence<String> = "ringSettingBusyBlfAudibleAlert";
            /// Buttons that show whether a place to park calls is taken.
            blf_directed_call_parks: Presence<BlfDirectedCallParks> = "blfDirectedCallParks";
            /// Modules with more buttons.
            add_on_modules: Presence<AddOnModules> = "addOnModules";
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
            /// Where help for buttons is.
            information_url: Presence<String> = "informationUrl";
            /// Where messages are.
            messages_url: Presence<String> = "messagesUrl";
            /// Proxy of the phone's web client, host and port.
            proxy_server_url: Presence<String> = "proxyServerUrl";
            /// Where services are.
            services_url: Presence<String> = "servicesUrl";
            /// Phone services that are subscribed to.
            services: Presence<PhoneServices> = "services";
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
            /// What is in force now, the profile of who is signed in included; only read.
            current_config: Presence<CurrentConfig> = "currentConfig";
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
            /// Whether nobody sits at the device, as for voice mail.
            unattended_port: Presence<bool> = "unattendedPort";
            /// Whether it has to hear DTMF.
            require_dtmf_reception: Presence<bool> = "requireDtmfReception";
            /// Whether DTMF is kept out of RTP.
            rfc2833_disabled: Presence<bool> = "rfc2833Disabled";
            /// What is to be done with the certificate, most often `No Pending Operation`.
            certificate_operation: Presence<String> = "certificateOperation";
            /// How it proves itself to get a certificate.
            authentication_mode: Presence<String> = "authenticationMode";
            /// Bits of an RSA key.
            key_size: Presence<String> = "keySize";
            /// Which keys it uses: RSA, elliptic curves, or one before the other.
            key_order: Presence<String> = "keyOrder";
            /// Bits of a key on elliptic curves.
            ec_key_size: Presence<String> = "ecKeySize";
            /// Digits that are typed in at the phone to get a certificate.
            authentication_string: Presence<Secret> = "authenticationString";
            /// State of the certificate; only read.
            certificate_status: Presence<String> = "certificateStatus";
            /// Until when the certificate has to be made: year, month, day and hour, each after a colon.
            upgrade_finish_time: Presence<String> = "upgradeFinishTime";
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
            /// Whether it is a phone of two networks.
            is_dual_mode: Presence<bool> = "isDualMode";
            /// User of a mobile phone.
            mobility_user_id_name: Presence<ForeignKey> = "mobilityUserIdName";
            /// Whether users choose the phone's looks: `Disabled`, `Enabled`, `Default`.
            phone_suite: Presence<String> = "phoneSuite";
            /// Which services it shows: `Internal`, `External URL`, `Both`, `Default`.
            phone_service_display: Presence<String> = "phoneServiceDisplay";
            /// Whether a tone tells that a call is encrypted.
            is_protected: Presence<bool> = "isProtected";
            /// Whether media pass a termination point.
            mtp_required: Presence<bool> = "mtpRequired";
            /// Codec of the media termination point.
            mtp_prefered_codec: Presence<String> = "mtpPreferedCodec";
            /// Dial rules.
            dial_rules_name: Presence<ForeignKey> = "dialRulesName";
            /// User of the secure shell.
            ssh_user_id: Presence<String> = "sshUserId";
            /// Password of the secure shell.
            ssh_pwd: Presence<Secret> = "sshPwd";
            /// User of SIP digests.
            digest_user: Presence<String> = "digestUser";
            /// What is done with a call when all of the line's are in use.
            outbound_call_rollover: Presence<String> = "outboundCallRollover";
            /// Whether it calls one number when the handset is lifted.
            hotline_device: Presence<bool> = "hotlineDevice";
            /// Where help for buttons is, over TLS.
            secure_information_url: Presence<String> = "secureInformationUrl";
            /// Where the directory is, over TLS.
            secure_directory_url: Presence<String> = "secureDirectoryUrl";
            /// Where messages are, over TLS.
            secure_message_url: Presence<String> = "secureMessageUrl";
            /// Where services are, over TLS.
            secure_services_url: Presence<String> = "secureServicesUrl";
            /// Where services have users checked, over TLS.
            secure_authentication_url: Presence<String> = "secureAuthenticationUrl";
            /// The page shown when nothing happens, over TLS.
            secure_idle_url: Presence<String> = "secureIdleUrl";
            /// Whether lifting the handset always takes the first line.
            always_use_prime_line: Presence<String> = "alwaysUsePrimeLine";
            /// Whether the message button always takes the first line.
            always_use_prime_line_for_voice_message: Presence<String> = "alwaysUsePrimeLineForVoiceMessage";
            /// Which features are on.
            feature_control_policy: Presence<ForeignKey> = "featureControlPolicy";
            /// `Trusted` or `Not Trusted`.
            device_trust_mode: Presence<String> = "deviceTrustMode";
            /// Whether voice calls begin with an offer of media.
            early_offer_support_for_voice_call: Presence<bool> = "earlyOfferSupportForVoiceCall";
            /// Whether it registers through another.
            require_third_party_registration: Presence<bool> = "requireThirdPartyRegistration";
            /// Whether no calls come while it roams.
            block_incoming_calls_when_roaming: Presence<bool> = "blockIncomingCallsWhenRoaming";
            /// Network that it is at home in.
            home_network_id: Presence<String> = "homeNetworkId";
            /// Whether slides can be shared (BFCP).
            allow_presentation_sharing_using_bfcp: Presence<bool> = "AllowPresentationSharingUsingBfcp";
            /// How confidential its calls are.
            confidential_access: Presence<ConfidentialAccess> = "confidentialAccess";
            /// Whether emergency calls need to know where it is.
            require_off_premise_location: Presence<bool> = "requireOffPremiseLocation";
            /// Whether channels of conference control (iX) are allowed.
            allow_ix_applicable_media: Presence<bool> = "allowiXApplicableMedia";
            /// Calling search space that changes the caller's number for the phone.
            cgpn_ingress_dn: Presence<ForeignKey> = "cgpnIngressDN";
            /// Whether the one of the device pool is used instead.
            use_device_pool_cgpn_ingress_dn: Presence<bool> = "useDevicePoolCgpnIngressDN";
            /// Number in the mobile network.
            msisdn: Presence<String> = "msisdn";
            /// Whether calls go to remote destinations when none is active.
            enable_call_routing_to_rd_when_none_is_active: Presence<bool> = "enableCallRoutingToRdWhenNoneIsActive";
            /// Profile of a wireless hotspot.
            wifi_hotspot_profile: Presence<ForeignKey> = "wifiHotspotProfile";
            /// Group of wireless LAN profiles.
            wireless_lan_profile_group: Presence<ForeignKey> = "wirelessLanProfileGroup";
            /// Group of emergency location numbers.
            elin_group: Presence<ForeignKey> = "elinGroup";
            /// Whether it is activated by a code. From 12.5 on.
            enable_activation_id: Presence<bool> = "enableActivationID";
            /// State of the activation code; only read. From 12.5 on.
            activation_id_status: Presence<String> = "activationIDStatus";
            /// Domain of mobile and remote access. From 12.5 on.
            mra_service_domain: Presence<ForeignKey> = "mraServiceDomain";
            /// Whether it may be used through mobile and remote access. From 12.5 on.
            allow_mra_mode: Presence<bool> = "allowMraMode";
        }
    }

    /// How confidential the calls of a device or a line are.
    ConfidentialAccess "confidentialAccess" with Default {
        children {
            /// `Fixed` or `Variable`.
            confidential_access_mode: Presence<String> = "confidentialAccessMode";
            /// Level, from 0 to 99.
            confidential_access_level: Presence<String> = "confidentialAccessLevel";
        }
    }
}
