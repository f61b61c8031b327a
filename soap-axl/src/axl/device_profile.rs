//! Device profiles: what a phone becomes when a user signs in.

use crate::{
    axl::{
        AddOnModules, BlfDirectedCallParks, BusyLampFields, CurrentConfig, DeviceProtocol,
        ForeignKey, NameKey, PhoneLines, PhoneServices, Presence, Product, SpeedDials, Tags, Uuid,
        macros::{command, operation, record},
    },
    xml::Element,
};

record! {
    /// A device profile.
    DeviceProfile "deviceProfile" with Default {
        attributes {
            /// Number of the profile in the database.
            ctiid: u64 = "ctiid";
            /// Key of the profile.
            uuid: Uuid = "uuid";
        }
        children {
            /// Name.
            name: Presence<String> = "name";
            /// Free text.
            description: Presence<String> = "description";
            /// Product that it is made for.
            product: Presence<Product> = "product";
            /// Model; only read.
            model: Presence<String> = "model";
            /// `Device Profile`.
            class: Presence<String> = "class";
            /// Signalling protocol.
            protocol: Presence<DeviceProtocol> = "protocol";
            /// `User`.
            protocol_side: Presence<String> = "protocolSide";
            /// Kind of the profile; only read.
            kind: Presence<String> = "type";
            /// Number of the music that others hear on hold.
            user_hold_moh_audio_source_id: Presence<String> = "userHoldMohAudioSourceId";
            /// Settings of the model as free XML, kept as it came.
            vendor_config: Option<Element> = "vendorConfig";
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
            /// Lines.
            lines: Presence<PhoneLines> = "lines";
            /// How many buttons its template has; only read.
            number_of_buttons: Presence<String> = "numberOfButtons";
            /// Button template.
            phone_template_name: Presence<ForeignKey> = "phoneTemplateName";
            /// Numbers behind buttons.
            speed_dials: Presence<SpeedDials> = "speeddials";
            /// Buttons that show whether others are in a call.
            busy_lamp_fields: Presence<BusyLampFields> = "busyLampFields";
            /// Buttons that show whether a place to park calls is taken.
            blf_directed_call_parks: Presence<BlfDirectedCallParks> = "blfDirectedCallParks";
            /// Modules with more buttons.
            add_on_modules: Presence<AddOnModules> = "addOnModules";
            /// Language of the phone.
            user_locale: Presence<String> = "userLocale";
            /// Profile that is taken when the user has none; only read.
            default_profile_name: Presence<String> = "defaultProfileName";
            /// Profile that is in force; only read.
            current_profile_name: Presence<ForeignKey> = "currentProfileName";
            /// When the user signed in, in seconds since 1970; only read.
            login_time: Presence<String> = "loginTime";
            /// Seconds until the user is signed out; only read.
            login_duration: Presence<String> = "loginDuration";
            /// Whether one button joins a shared line's call.
            single_button_barge: Presence<String> = "singleButtonBarge";
            /// Whether calls of different lines can be joined.
            join_across_lines: Presence<String> = "joinAcrossLines";
            /// User that signs in without being asked.
            login_user_id: Presence<ForeignKey> = "loginUserId";
            /// Whether calls from inside show their number whatever they ask.
            ignore_presentation_indicators: Presence<bool> = "ignorePresentationIndicators";
            /// What `do not disturb` does.
            dnd_option: Presence<String> = "dndOption";
            /// How a call is told while `do not disturb` is on.
            dnd_ring_setting: Presence<String> = "dndRingSetting";
            /// Whether `do not disturb` is on.
            dnd_status: Presence<bool> = "dndStatus";
            /// Calling search space when a user of another cluster signs in.
            emcc_calling_search_space: Presence<ForeignKey> = "emccCallingSearchSpace";
            /// Whether lifting the handset always takes the first line.
            always_use_prime_line: Presence<String> = "alwaysUsePrimeLine";
            /// Whether the message button always takes the first line.
            always_use_prime_line_for_voice_message: Presence<String> = "alwaysUsePrimeLineForVoiceMessage";
            /// Softkey template.
            softkey_template_name: Presence<ForeignKey> = "softkeyTemplateName";
            /// Whether others on a shared line see the call.
            call_info_privacy_status: Presence<String> = "callInfoPrivacyStatus";
            /// What is in force now, the profile of who is signed in included; only read.
            current_config: Presence<CurrentConfig> = "currentConfig";
            /// Phone services that are subscribed to.
            services: Presence<PhoneServices> = "services";
            /// Which features are on.
            feature_control_policy: Presence<ForeignKey> = "featureControlPolicy";
        }
    }

    /// Which to list: `LIKE` patterns with `%`, all of which must match.
    DeviceProfileCriteria "searchCriteria" with Default {
        children {
            /// Name.
            name: Option<String> = "name";
            /// Description.
            description: Option<String> = "description";
        }
    }
}

operation! {
    /// Asks for one device profile.
    GetDeviceProfile "getDeviceProfile" {
        /// Which.
        key: NameKey = "name | uuid";
        /// What of it; everything when there is no mask.
        returned_tags: Option<Tags> = "returnedTags";
    }
    /// The device profile.
    -> GetDeviceProfileReply {
        /// The device profile, reduced to what was asked.
        device_profile: DeviceProfile = "deviceProfile";
    }

    /// Asks for device profiles.
    ListDeviceProfile "listDeviceProfile" {
        /// Which.
        criteria: DeviceProfileCriteria = "searchCriteria";
        /// What of each.
        returned_tags: Tags = "returnedTags";
        /// How many to leave out at the front.
        skip: Option<u64> = "skip";
        /// How many to answer at most.
        first: Option<u64> = "first";
    }
    /// The device profiles; past the end there are none.
    -> ListDeviceProfileReply {
        /// The device profiles, reduced to what was asked.
        device_profiles: Vec<DeviceProfile> = "deviceProfile";
    }
}

command! {
    /// Adds a device profile. The schema wants name, product, class, protocol,
    /// protocolSide and phoneTemplateName.
    AddDeviceProfile "addDeviceProfile" {
        /// The device profile.
        device_profile: DeviceProfile = "deviceProfile";
    }

    /// Changes a device profile. What is absent stays as it is; nil, or an empty value, clears.
    UpdateDeviceProfile "updateDeviceProfile" {
        /// Which.
        key: NameKey = "name | uuid";
        /// New name.
        new_name: Presence<String> = "newName";
        /// Free text.
        description: Presence<String> = "description";
        /// Number of the music that others hear on hold.
        user_hold_moh_audio_source_id: Presence<String> = "userHoldMohAudioSourceId";
        /// Settings of the model as free XML, kept as it came.
        vendor_config: Option<Element> = "vendorConfig";
        /// Domain of precedence calls.
        mlpp_domain_id: Presence<String> = "mlppDomainId";
        /// Whether precedence is shown: `On`, `Off` or `Default`.
        mlpp_indication_status: Presence<String> = "mlppIndicationStatus";
        /// How calls of higher precedence take over: `Disabled`, `Forceful`, `Default`.
        preemption: Presence<String> = "preemption";
        /// Lines.
        lines: Presence<PhoneLines> = "lines";
        /// Button template.
        phone_template_name: Presence<ForeignKey> = "phoneTemplateName";
        /// Numbers behind buttons.
        speed_dials: Presence<SpeedDials> = "speeddials";
        /// Buttons that show whether others are in a call.
        busy_lamp_fields: Presence<BusyLampFields> = "busyLampFields";
        /// Buttons that show whether a place to park calls is taken.
        blf_directed_call_parks: Presence<BlfDirectedCallParks> = "blfDirectedCallParks";
        /// Modules with more buttons.
        add_on_modules: Presence<AddOnModules> = "addOnModules";
        /// Language of the phone.
        user_locale: Presence<String> = "userLocale";
        /// Whether one button joins a shared line's call.
        single_button_barge: Presence<String> = "singleButtonBarge";
        /// Whether calls of different lines can be joined.
        join_across_lines: Presence<String> = "joinAcrossLines";
        /// User that signs in without being asked.
        login_user_id: Presence<ForeignKey> = "loginUserId";
        /// Whether calls from inside show their number whatever they ask.
        ignore_presentation_indicators: Presence<bool> = "ignorePresentationIndicators";
        /// What `do not disturb` does.
        dnd_option: Presence<String> = "dndOption";
        /// How a call is told while `do not disturb` is on.
        dnd_ring_setting: Presence<String> = "dndRingSetting";
        /// Whether `do not disturb` is on.
        dnd_status: Presence<bool> = "dndStatus";
        /// Calling search space when a user of another cluster signs in.
        emcc_calling_search_space: Presence<ForeignKey> = "emccCallingSearchSpace";
        /// Whether lifting the handset always takes the first line.
        always_use_prime_line: Presence<String> = "alwaysUsePrimeLine";
        /// Whether the message button always takes the first line.
        always_use_prime_line_for_voice_message: Presence<String> = "alwaysUsePrimeLineForVoiceMessage";
        /// Softkey template.
        softkey_template_name: Presence<ForeignKey> = "softkeyTemplateName";
        /// Whether others on a shared line see the call.
        call_info_privacy_status: Presence<String> = "callInfoPrivacyStatus";
        /// Phone services that are subscribed to.
        services: Presence<PhoneServices> = "services";
        /// Which features are on.
        feature_control_policy: Presence<ForeignKey> = "featureControlPolicy";
    }

    /// Takes a device profile out of the configuration.
    RemoveDeviceProfile "removeDeviceProfile" {
        /// Which.
        key: NameKey = "name | uuid";
    }
}
