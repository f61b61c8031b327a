//! Phones: `addPhone`, `getPhone`, `listPhone`, and what is done to one.

mod button;
mod line;
mod record;
mod update;

pub use button::{
    AddOnModule, AddOnModules, BlfDirectedCallPark, BlfDirectedCallParks, BlfFeatures,
    BusyLampField, BusyLampFields, CallParkPattern, CurrentConfig, PhoneService, PhoneServices,
    SpeedDial, SpeedDials,
};
pub use line::{
    AssociatedEndusers, CallInfoDisplay, Dirn, Enduser, LineIdentifier, PhoneLine, PhoneLines,
};
pub use record::{ConfidentialAccess, Phone};
pub use update::UpdatePhone;

use crate::axl::{
    ForeignKey, Tags, Uuid,
    macros::{choice, command, open_string, operation, record},
};

record! {
    /// What phones to list: `LIKE` patterns with `%`, all of which must match.
    PhoneCriteria "searchCriteria" with Default {
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
        phone: Phone = "phone";
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
