//! Phones: `addPhone`, `getPhone`, `listPhone`, and what is done to one.

use crate::{
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
            /// Location.
            location_name: Presence<ForeignKey> = "locationName";
            /// Settings of the model as free XML, kept as it came.
            vendor_config: Option<Element> = "vendorConfig";
            /// Whether media pass a trusted relay point: `On`, `Off` or `Default`.
            use_trusted_relay_point: Presence<String> = "useTrustedRelayPoint";
            /// Security profile.
            security_profile_name: Presence<ForeignKey> = "securityProfileName";
            /// SIP profile.
            sip_profile_name: Presence<ForeignKey> = "sipProfileName";
            /// Lines on the phone.
            lines: Presence<PhoneLines> = "lines";
            /// Button template.
            phone_template_name: Presence<ForeignKey> = "phoneTemplateName";
            /// The phone whose settings it shares.
            primary_phone_name: Presence<ForeignKey> = "primaryPhoneName";
            /// Who is signed in by extension mobility.
            login_user_id: Presence<String> = "loginUserId";
            /// Whether the built-in bridge is on, as recording needs it.
            built_in_bridge_status: Presence<String> = "builtInBridgeStatus";
            /// Who owns the phone.
            owner_user_name: Presence<ForeignKey> = "ownerUserName";
            /// `None` or a mode of packet capture.
            packet_capture_mode: Presence<String> = "packetCaptureMode";
            /// Whether CTI applications may control it.
            allow_cti_control_flag: Presence<bool> = "allowCtiControlFlag";
            /// What is to be done with the certificate, most often `No Pending Operation`.
            certificate_operation: Presence<String> = "certificateOperation";
            /// Whether the phone may roam: `On`, `Off` or `Default`.
            device_mobility_mode: Presence<String> = "deviceMobilityMode";
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
