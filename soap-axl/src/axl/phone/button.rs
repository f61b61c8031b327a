//! What is behind a phone's buttons beside lines, and what is in force on it.

use crate::{
    axl::{DeviceProtocol, ForeignKey, Presence, Product, Uuid, macros::record},
    xml::Element,
};

record! {
    /// Numbers behind buttons.
    SpeedDials "speeddials" with Default {
        children {
            /// In the order of their index.
            speed_dials: Vec<SpeedDial> = "speeddial";
        }
    }

    /// A number behind a button.
    SpeedDial "speeddial" with Default {
        children {
            /// The number.
            dirn: Presence<String> = "dirn";
            /// Label beside the button.
            label: Presence<String> = "label";
            /// Which of the speed dials, from 1.
            index: Presence<String> = "index";
        }
    }

    /// Buttons that show whether others are in a call.
    BusyLampFields "busyLampFields" with Default {
        children {
            /// In the order of their index.
            busy_lamp_fields: Vec<BusyLampField> = "busyLampField";
        }
    }

    /// A button that shows whether another is in a call. Its line is told by number and partition, or by any address.
    BusyLampField "busyLampField" with Default {
        children {
            /// Address of the other, where it is no line of this cluster.
            blf_dest: Presence<String> = "blfDest";
            /// Directory number.
            blf_dirn: Presence<String> = "blfDirn";
            /// Partition of the number.
            route_partition: Presence<String> = "routePartition";
            /// Label beside the button.
            label: Presence<String> = "label";
            /// What else the button does.
            associated_blf_sd_features: Presence<BlfFeatures> = "associatedBlfSdFeatures";
            /// Which of the buttons, from 1.
            index: Presence<String> = "index";
        }
    }

    /// What else a button does.
    BlfFeatures "associatedBlfSdFeatures" with Default {
        children {
            /// Names, as in `Pickup`.
            features: Vec<String> = "feature";
        }
    }

    /// Buttons that show whether a place to park calls is taken.
    BlfDirectedCallParks "blfDirectedCallParks" with Default {
        children {
            /// In the order of their index.
            blf_directed_call_parks: Vec<BlfDirectedCallPark> = "blfDirectedCallPark";
        }
    }

    /// A button that shows whether a place to park calls is taken.
    BlfDirectedCallPark "blfDirectedCallPark" with Default {
        children {
            /// Label beside the button.
            label: Presence<String> = "label";
            /// The place, by key.
            directed_call_park_id: Presence<Uuid> = "directedCallParkId";
            /// The place, by number.
            directed_call_park_dn_and_partition: Presence<CallParkPattern> = "directedCallParkDnAndPartition";
            /// Which of the buttons, from 1.
            index: Presence<String> = "index";
        }
    }

    /// A place to park calls, by number.
    CallParkPattern "directedCallParkDnAndPartition" with Default {
        children {
            /// Number.
            dn_pattern: Presence<String> = "dnPattern";
            /// Partition.
            route_partition_name: Presence<ForeignKey> = "routePartitionName";
        }
    }

    /// Modules with more buttons.
    AddOnModules "addOnModules" with Default {
        children {
            /// In the order of their index.
            add_on_modules: Vec<AddOnModule> = "addOnModule";
        }
    }

    /// A module with more buttons.
    AddOnModule "addOnModule" with Default {
        attributes {
            /// Key of the module.
            uuid: Uuid = "uuid";
        }
        children {
            /// Firmware, text with an attribute `special` when it is not the default.
            load_information: Option<Element> = "loadInformation";
            /// Model.
            model: Presence<String> = "model";
            /// Which of the modules, from 1.
            index: Presence<String> = "index";
        }
    }

    /// Phone services that are subscribed to.
    PhoneServices "services" with Default {
        children {
            /// The services.
            services: Vec<PhoneService> = "service";
        }
    }

    /// A phone service that is subscribed to.
    PhoneService "service" with Default {
        attributes {
            /// Key of the subscription.
            uuid: Uuid = "uuid";
        }
        children {
            /// The service.
            telecaster_service_name: Presence<ForeignKey> = "telecasterServiceName";
            /// Name of the subscription.
            name: Presence<String> = "name";
            /// Where the service is.
            url: Presence<String> = "url";
            /// Button of the service, from 1; 0 for none.
            url_button_index: Presence<String> = "urlButtonIndex";
            /// Label beside the button.
            url_label: Presence<String> = "urlLabel";
            /// Name without letters beyond ASCII.
            service_name_ascii: Presence<String> = "serviceNameAscii";
            /// Kind of the service; only read.
            phone_service: Presence<String> = "phoneService";
            /// Category of the service; only read.
            phone_service_category: Presence<String> = "phoneServiceCategory";
            /// Vendor of the service; only read.
            vendor: Presence<String> = "vendor";
            /// Version of the service; only read.
            version: Presence<String> = "version";
            /// Where the service stands among others; only read.
            priority: Presence<i64> = "priority";
        }
    }

    /// What is in force on a device, the profile of who is signed in included.
    CurrentConfig "currentConfig" with Default {
        children {
            /// Number of the music while the user holds a call.
            user_hold_moh_audio_source_id: Presence<String> = "userHoldMohAudioSourceId";
            /// Button template.
            phone_template_name: Presence<ForeignKey> = "phoneTemplateName";
            /// Domain of precedence calls.
            mlpp_domain_id: Presence<String> = "mlppDomainId";
            /// Whether precedence is shown.
            mlpp_indication_status: Presence<String> = "mlppIndicationStatus";
            /// How calls of higher precedence take over.
            preemption: Presence<String> = "preemption";
            /// Softkey template.
            softkey_template_name: Presence<ForeignKey> = "softkeyTemplateName";
            /// Whether calls from inside show their number whatever they ask.
            ignore_presentation_indicators: Presence<bool> = "ignorePresentationIndicators";
            /// Whether one button joins a shared line's call.
            single_button_barge: Presence<String> = "singleButtonBarge";
            /// Whether calls of different lines can be joined.
            join_across_lines: Presence<String> = "joinAcrossLines";
            /// Whether others on a shared line see the call.
            call_info_privacy_status: Presence<String> = "callInfoPrivacyStatus";
            /// Whether `do not disturb` is on.
            dnd_status: Presence<bool> = "dndStatus";
            /// How a call is told while it is on.
            dnd_ring_setting: Presence<String> = "dndRingSetting";
            /// What `do not disturb` does.
            dnd_option: Presence<String> = "dndOption";
            /// Whether lifting the handset always takes the first line.
            always_use_prime_line: Presence<String> = "alwaysUsePrimeLine";
            /// Whether the message button always takes the first line.
            always_use_prime_line_for_voice_message: Presence<String> = "alwaysUsePrimeLineForVoiceMessage";
            /// Calling search space of users of other clusters.
            emcc_calling_search_space_name: Presence<ForeignKey> = "emccCallingSearchSpaceName";
            /// Device name.
            device_name: Presence<String> = "deviceName";
            /// Model.
            model: Presence<String> = "model";
            /// Product.
            product: Presence<Product> = "product";
            /// Signalling protocol.
            device_protocol: Presence<DeviceProtocol> = "deviceProtocol";
            /// Class of the device.
            class: Presence<String> = "class";
            /// Which addresses of the internet protocol it has.
            address_mode: Presence<String> = "addressMode";
            /// Whether it may configure its address itself: `On`, `Off` or `Default`.
            allow_auto_config: Presence<String> = "allowAutoConfig";
            /// What a phone of another cluster does when the network fails.
            remote_srst_option: Presence<String> = "remoteSrstOption";
            /// Address of the gateway for that.
            remote_srst_ip: Presence<String> = "remoteSrstIp";
            /// Its port.
            remote_srst_port: Presence<String> = "remoteSrstPort";
            /// Address of the gateway for that, for SIP.
            remote_sip_srst_ip: Presence<String> = "remoteSipSrstIp";
            /// Its port.
            remote_sip_srst_port: Presence<String> = "remoteSipSrstPort";
            /// Geographic location as a visited cluster is told.
            geolocation_info: Presence<String> = "geolocationInfo";
            /// Location in a visited cluster.
            remote_location_name: Presence<String> = "remoteLocationName";
        }
    }
}
